# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kernels of a convolution that reads a picture, as pictures above its layer."""

from __future__ import annotations

from math import ceil, sqrt

import bpy
import numpy as np
from mathutils import Matrix

from ... import compat
from ...colormaps import value_range
from ...containers import CheckpointError
from ...layout import HEIGHT
from ...network import Network
from ...nodes import materials as shaders
from ...nodes.kernels import kernels_group
from ...nodes.tree import attach
from .. import removing, selection, tags
from ..texts import caption
from . import importing

MOST = 1 << 17  # taps that are drawn
GAP, CLEAR = 1.0, 0.04 * HEIGHT  # taps between kernels; metres between them and their layer
# Text lies in XY and looks along Z; a layer faces -X, with its columns along -Y.
FACING = Matrix(((0, 0, -1), (-1, 0, 0), (0, 1, 0)))


def weights_of(model: Network, name: str) -> np.ndarray | None:
    """The kernels of a layer that reads one channel or three, (units, channels, rows, columns), else None."""
    for connection in model.connections:
        join = connection.join.inner
        if connection.target.name == name and join.form == "kernels" and not join.window.transposed:
            shape = join.units, join.per_group, *join.window.kernel
            if len(shape) == 4 and shape[1] in (1, 3) and np.prod(shape) <= MOST:
                return np.asarray(join.weight(), np.float32).reshape(shape)
    return None


def toggle(network: bpy.types.Collection, names: list[str]) -> str:
    """Show the kernels of these layers, or if any are shown, hide them. Returns one line on what was done.

    Raises `CheckpointError`, and then nothing has changed.
    """
    shown = [kernels for kernels in tags.members(network, "kernels") if tags.read(kernels)["layer"] in names]
    if shown:
        for one in shown:
            _remove(one)
        return f"kernels of {len(shown):,} layer{'' if len(shown) == 1 else 's'} removed"
    model, objs = importing.reopen(network), selection.layers(network)
    found = {name: weights for name in names if (weights := weights_of(model, name)) is not None}
    if not found:
        raise CheckpointError(
            model.checkpoint.path,
            "no selected layer is a convolution of pictures",
            "select one that reads 1 or 3 channels",
        )
    for name, weights in found.items():
        make(network, objs[name], weights)
    count = sum(len(one) for one in found.values())
    return f"{count:,} kernels of {', '.join(found)}"


def refresh(network: bpy.types.Collection, model: Network) -> None:
    """Let the kernels that are shown have the weights of a model; those that it has no more are removed."""
    for kernels in list(tags.members(network, "kernels")):
        weights = weights_of(model, tags.read(kernels)["layer"])
        if weights is None or list(weights.shape) != tags.read(kernels)["shape"]:
            _remove(kernels)
        else:
            _write(kernels, weights)


def make(network: bpy.types.Collection, layer: bpy.types.Object, weights: np.ndarray) -> bpy.types.Object:
    """The object with the kernels of a layer, and its label; `weights` are (units, 1 or 3, rows, columns)."""
    units, _, rows, columns = weights.shape
    facts = tags.read(layer)
    down = ceil(units / ceil(sqrt(2 * units)))
    across = ceil(units / down)
    size = facts["size"]
    room = max(size[1], 0.3 * HEIGHT)
    pitch = min(room / (across * (columns + GAP) - GAP), 0.5 * HEIGHT / (down * (rows + GAP) - GAP))
    mesh = bpy.data.meshes.new(f"{layer.name} kernels")
    obj = bpy.data.objects.new(mesh.name, mesh)
    unit, row, column = (one.ravel() for one in np.meshgrid(*map(np.arange, (units, rows, columns)), indexing="ij"))
    mesh.vertices.add(len(unit))
    place = np.stack([unit, column, row], -1).astype(np.float32)
    mesh.attributes["position"].data.foreach_set("vector", place.ravel())
    for name, index in (("unit", unit), ("row", row), ("column", column)):
        mesh.attributes.new(name, "INT", "POINT").data.foreach_set("value", index.astype(np.int32))
    mesh.attributes.new("weight", "FLOAT_VECTOR", "POINT")
    attach(
        obj,
        "Kernels",
        kernels_group(),
        {
            "Tiles": units,
            "Tile Columns": across,
            "Rows": rows,
            "Columns": columns,
            "Pitch": pitch,
            "Gap": GAP,
            "Range": value_range(weights),
            "Material": _material(network),
            "Block": layer.parent if tags.kind(layer.parent) == "block" else None,
        },
    )
    tags.write(obj, "kernels", layer=facts["layer"], shape=list(weights.shape))
    _write(obj, weights)
    high = pitch * (down * (rows + GAP) - GAP)
    obj.parent, obj.location.z = layer, size[2] / 2 + CLEAR + high / 2
    text = caption.live(
        f"{layer.name} kernels label",
        obj,
        "Weights",
        min(0.04 * HEIGHT, room / 14),
        tags.read(network)["materials"]["dim"],
        "Center",
    )
    kernels = f"{units:,} kernels {rows} × {columns}"
    caption.tell(text, f"{kernels}, ±", True, "", f"{kernels}, clipped at ±")
    tags.write(text, "kernels label", layer=facts["layer"])
    text.parent, text.location.z = obj, high / 2 + 0.015 * HEIGHT
    text.rotation_euler = FACING.to_euler()
    for one in (obj, text):
        layer.users_collection[0].objects.link(one)
    return obj


def _write(obj, weights):
    """The weights of red, green and blue at every tap; of one channel, three times."""
    taps = np.broadcast_to(weights.transpose(0, 2, 3, 1), (len(weights), *weights.shape[2:], 3))
    if 3 * len(obj.data.vertices) == taps.size:  # nobody has deleted some of them
        obj.data.attributes["weight"].data.foreach_set("vector", np.ascontiguousarray(taps, np.float32).ravel())
    compat.set_inputs(tags.nodes(obj), {"Range": value_range(weights)})
    obj.data.update_tag()


def _material(network):
    """One for all kernels of a network."""
    facts = {"role": "kernels", "network": tags.read(network)["uuid"]}
    for material in bpy.data.materials:
        if tags.read(material).items() >= facts.items():
            return material
    made = shaders.kernels(f"{network.name} Kernels")
    tags.write(made, "material", **facts)
    return made


def _remove(obj):
    own = [child for child in obj.children if tags.kind(child) == "kernels label"]
    texts = [compat.get_input(nodes, part) for one in own if (nodes := tags.nodes(one)) for part in caption.TEXTS]
    removing.remove([*own, obj, *texts])
