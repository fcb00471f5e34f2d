# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bundle of connections as a Curves object whose ends follow the cells of two layers."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...layout.skyline import smooth, swell
from ...network import Connection
from ...network.joins import UNKNOWN, WEIGHT
from ...network.lines import Lines
from ...network.visible import Joint
from ...nodes.bundling import STORED
from ...nodes.connections import POINTS, connections_group
from ...nodes.tree import attach
from .. import sockets
from ..attributes import DTYPES, array, array_of, forget_steps, has_steps
from ..entities import Bundle, NetworkScene, RoleMaterial, network_of

RADIUS = 0.008  # metres, of the most important line; layers are ten metres high
COPY_RADIUS = 0.55  # of lines that carry no weight, as a share

FEW = 12  # lines between a block without its inside and a layer
NONE = Lines("unknown", *(np.zeros(0, kind) for kind in (np.int32, np.int32, *[np.float32] * 3)), total=0)


def base_points(count: int) -> np.ndarray:
    """Positions (count, 8, 3) of curves before their modifier: x the way along, y the same smoothed, z the lift."""
    return np.broadcast_to(BASE, (count, POINTS, 3))


def _base():
    along = np.linspace(0, 1, POINTS, dtype=np.float32)
    return np.stack([along, smooth(along), swell(along)], -1)


BASE = _base()


def make(
    index: int,
    connection: Connection,
    lines: Lines,
    source: bpy.types.Object,
    target: bpy.types.Object,
    root: bpy.types.Object,
    materials: dict,
    weight_range: float,
) -> bpy.types.Object:
    """The object of a bundle; `index` is its place among the connections, for two may join the same layers."""
    weighted = connection.join.carries == WEIGHT
    obj = _new(
        source,
        target,
        root,
        {
            "Radius": RADIUS * (1.0 if weighted else COPY_RADIUS),
            "Weight Range": weight_range,
            "Material": materials["lines" if weighted and lines.grain != "unknown" else "copies"],
        },
    )
    Bundle.make(
        obj,
        source=connection.source.name,
        target=connection.target.name,
        index=index,
        carries=connection.join.carries,
        form=connection.join.form,
        taps=int(connection.join.taps),
    )
    set_lines(obj, lines)
    return obj


def join(
    joint: Joint, source: bpy.types.Object, target: bpy.types.Object, root: bpy.types.Object, materials: dict
) -> bpy.types.Object:
    """The object of the lines between a block without its inside and another or a layer: a few, and they say only that
    the two are joined."""
    obj = _new(source, target, root, {"Radius": RADIUS * COPY_RADIUS, "Material": materials["copies"]})
    Bundle.make(
        obj,
        source=joint.source,
        target=joint.target,
        source_block=joint.source_block,
        target_block=joint.target_block,
        index=Bundle.JOINT,
        carries=UNKNOWN,
    )
    cells = [
        1 if path else len(end.data.vertices)
        for end, path in ((source, joint.source_block), (target, joint.target_block))
    ]
    count = min(FEW, max(cells))
    ends = [np.linspace(0, number - 1, count).round().astype(np.int32) for number in cells]
    nothing = np.zeros(count, np.float32)
    set_lines(obj, Lines("unknown", *ends, nothing, nothing, nothing, total=0))
    return obj


def _new(source, target, root, values) -> bpy.types.Object:
    """Curves with the attributes of a bundle, and their modifier with these inputs."""
    curves = bpy.data.hair_curves.new(f"{source.name} to {target.name}")
    for name, kind in (
        ("source", "INT"),
        ("target", "INT"),
        ("weight", "FLOAT"),
        ("magnitude", "FLOAT"),
        ("importance", "FLOAT"),
    ):
        curves.attributes.new(name, kind, "CURVE")
    obj = bpy.data.objects.new(curves.name, curves)
    obj.parent = root
    attach(obj, "Connections", connections_group(), {"Source": source, "Target": target, "Network": root} | values)
    return obj


def set_lines(obj: bpy.types.Object, lines: Lines) -> bool:
    """Put these connections into a bundle, in place of those it has; offsets by which others were bundled go. Whether
    they are others: what stays the same is not touched, so that Blender need not work it out again."""
    values = {name: getattr(lines, name) for name in ("source", "target", "weight", "magnitude", "importance")}
    changed = has_steps(obj) or not holds(obj.data, len(lines), values)
    if changed:
        drop_offsets(obj)
        forget_steps(obj)
        fill(obj.data, len(lines), values)
        if len(lines):
            _bend(obj)
    finite = lines.importance[np.isfinite(lines.importance)]
    high = int(0.995 * len(finite))
    extent = float(np.partition(finite, high)[high]) if len(finite) else 1.0
    bundle = Bundle(obj)
    sockets.refresh(bundle, {"Importance Range": extent or 1.0})
    bundle.tell(grain=lines.grain, drawn=len(lines), total=lines.total)
    _paint(bundle)
    return changed


def shows_weights(obj: bpy.types.Object) -> bool:
    """Whether the lines of a bundle show weights of the file now; between layers that are drawn as one box they only
    say that these are joined."""
    bundle = Bundle(obj)
    return bundle.carries == WEIGHT and bundle.grain != "unknown"


def _paint(bundle: Bundle) -> None:
    """Give a bundle that shows weights only now, or no more, the network's material for such lines. One of somebody's
    own stays."""
    wanted = "lines" if shows_weights(bundle.obj) else "copies"
    material = RoleMaterial.of(bundle.inputs["Material"])
    others = {"lines", "copies"} - {wanted}
    if material and material.role in others and (network := network_of(bundle.obj)):
        bundle.inputs["Material"] = NetworkScene(network).materials[wanted]


def holds(curves: bpy.types.HairCurves, count: int, values: dict[str, np.ndarray]) -> bool:
    """Whether a data-block has so many curves with these attributes (count,) already, bit for bit."""
    if len(curves.curves) != count:
        return False
    return all(
        array_of(curves, name).tobytes() == np.ascontiguousarray(array, DTYPES[kind]).tobytes()
        for name, array in values.items()
        if (kind := curves.attributes[name].data_type) in DTYPES
    )


def fill(curves: bpy.types.HairCurves, count: int, values: dict[str, np.ndarray]) -> None:
    """Let a data-block have so many base curves with these attributes (count,), which are there."""
    if len(curves.curves) != count:
        curves.remove_curves()
        if count:
            curves.add_curves([POINTS] * count)
    if count:
        curves.attributes["position"].data.foreach_set("vector", base_points(count).ravel())
        for name, array in values.items():
            curves.attributes[name].data.foreach_set("value", array)
    curves.update_tag()


def drop_offsets(obj: bpy.types.Object) -> None:
    """Forget by how much the lines of a bundle were bundled."""
    attributes = obj.data.attributes
    stale = [attribute.name for attribute in attributes if attribute.name.startswith((STORED, "density"))]
    for name in stale:
        attributes.remove(attributes[name])
    if stale:
        Bundle(obj).inputs.update({"Iterations": 0.0, "Rounds": 0})


def lead(obj: bpy.types.Object, lift: tuple[float, float, float], turn: np.ndarray) -> None:
    """Lead the lines of a bundle round what they skip, and let its X, Y and Z be the directions along the signal, to
    the side and up: `turn` is where these point in the network's space, as columns (3, 3), as is `lift`."""
    axes = Matrix(np.asarray(turn).tolist())
    obj.rotation_euler = axes.to_euler()
    Bundle(obj).inputs["Lift"] = tuple(axes.transposed() @ Vector(lift))
    if len(obj.data.curves):
        _bend(obj)
    obj.update_tag()


def _bend(obj):
    """Poly curves: of others Blender evaluates twelve points a segment at every move of a layer. Lines that are led
    round something are few, and bend too much for eight points."""
    bent = any(Bundle(obj).inputs["Lift"])
    obj.data.set_types(type="CATMULL_ROM" if bent else "POLY")


def by_index(network: bpy.types.Collection) -> dict[int, bpy.types.Object]:
    """The bundles of a network between layers by their place among its connections; of copies the first."""
    bundles: dict[int, bpy.types.Object] = {}
    for bundle in NetworkScene(network).bundles():
        if not bundle.is_joint:
            bundles.setdefault(bundle.index, bundle.obj)
    return bundles


def lines_of(obj: bpy.types.Object) -> Lines:
    """The connections of a bundle, read back from it."""
    bundle = Bundle(obj)
    values = {name: array(obj, name) for name in ("source", "target", "weight", "magnitude", "importance")}
    return Lines(bundle.grain, **values, total=bundle.total)


def follow_range(obj: bpy.types.Object, before: float, now: float) -> None:
    """Give a bundle the network's new weight range, unless somebody has set its own."""
    inputs = Bundle(obj).inputs
    if np.isclose(inputs["Weight Range"], before):
        inputs.keep({"Weight Range": now})
