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
from .. import removing
from ..attributes import forget_steps
from ..entities import Kernels, KernelsLabel, LayerObject, NetworkScene, kind, nodes
from ..texts import caption
from . import build, importing, planned
from .paints import kept

MOST = 1 << 17  # taps that are drawn
GAP = 1.0
CLEAR = 0.04 * HEIGHT  # taps between kernels; metres between them and their layer
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
    return build.finish(toggle_steps(network, names))


def toggle_steps(network: bpy.types.Collection, names: list[str]) -> planned.Steps:
    """As `toggle`, step by step; nothing changes before the last step. Yields as `build.build`."""
    scene = NetworkScene(network)
    shown = [kernels for kernels in scene.members(Kernels) if kernels.layer in names]
    if shown:
        for kernels in shown:
            _remove(kernels)
        return f"kernels of {len(shown):,} layer{'' if len(shown) == 1 else 's'} removed"
    model = yield from importing.reopen_steps(network)
    layers = scene.layers()
    pictured = {}
    for place, name in enumerate(names):
        yield place / len(names), f"kernels of {name}"
        weights = weights_of(model, name)
        if weights is not None:
            pictured[name] = weights
    if not pictured:
        raise CheckpointError(
            model.checkpoint.path,
            "no selected layer is a convolution of pictures",
            "select one that reads 1 or 3 channels",
        )
    for name, weights in pictured.items():
        make(network, layers[name].obj, weights)
    from ..series import following  # here: that builds on this

    yield from following.steps(network)
    count = sum(map(len, pictured.values()))
    return f"{count:,} kernels of {', '.join(pictured)}"


def refresh(network: bpy.types.Collection, model: Network) -> None:
    """Let the kernels that are shown have the weights of a model; those that it has no more are removed."""
    for kernels in list(NetworkScene(network).members(Kernels)):
        weights = weights_of(model, kernels.layer)
        if weights is None or list(weights.shape) != kernels.shape:
            _remove(kernels)
        else:
            _write(kernels, weights)


def make(network: bpy.types.Collection, layer: bpy.types.Object, weights: np.ndarray) -> bpy.types.Object:
    """The object with the kernels of a layer, and its label; `weights` are (units, 1 or 3, rows, columns)."""
    units, _, rows, columns = weights.shape
    scene = NetworkScene(network)
    facts = LayerObject(layer)
    down = ceil(units / ceil(sqrt(2 * units)))
    across = ceil(units / down)
    size = facts.size
    room = max(size[1], 0.3 * HEIGHT)
    pitch = min(room / (across * (columns + GAP) - GAP), 0.5 * HEIGHT / (down * (rows + GAP) - GAP))
    mesh = bpy.data.meshes.new(f"{layer.name} kernels")
    obj = bpy.data.objects.new(mesh.name, mesh)
    grid = np.meshgrid(*map(np.arange, (units, rows, columns)), indexing="ij")
    unit, row, column = map(np.ravel, grid)
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
            "Material": kept(scene, "kernels", shaders.kernels),
            "Block": layer.parent if kind(layer.parent) == "block" else None,
        },
    )
    _write(Kernels.make(obj, layer=facts.name, shape=weights.shape), weights)
    high = pitch * (down * (rows + GAP) - GAP)
    obj.parent = layer
    obj.location.z = size[2] / 2 + CLEAR + high / 2
    text = caption.live(
        f"{layer.name} kernels label", obj, "Weights", min(0.04 * HEIGHT, room / 14), scene.materials["dim"], "Center"
    )
    said = f"{units:,} kernels {rows} × {columns}"
    caption.tell(text, f"{said}, ±", True, "", f"{said}, clipped at ±")
    KernelsLabel.make(text, layer=facts.name)
    text.parent = obj
    text.location.z = high / 2 + 0.015 * HEIGHT
    text.rotation_euler = FACING.to_euler()
    for shown in (obj, text):
        layer.users_collection[0].objects.link(shown)
    return obj


def taps_of(weights: np.ndarray) -> np.ndarray:
    """The weights of red, green and blue at every tap, (units, rows, columns, 3); of one channel, three times."""
    return np.broadcast_to(weights.transpose(0, 2, 3, 1), (len(weights), *weights.shape[2:], 3))


def _write(kernels: Kernels, weights: np.ndarray) -> None:
    """Let kernels have these weights."""
    mesh = kernels.obj.data
    taps = taps_of(weights)
    forget_steps(kernels.obj)
    if 3 * len(mesh.vertices) == taps.size:  # nobody has deleted some of them
        mesh.attributes["weight"].data.foreach_set("vector", np.ascontiguousarray(taps, np.float32).ravel())
    kernels.inputs["Range"] = value_range(weights)
    mesh.update_tag()


def _remove(kernels: Kernels) -> None:
    own = [child for child in kernels.obj.children if kind(child) == "kernels label"]
    texts = [compat.get_input(modifier, part) for text in own if (modifier := nodes(text)) for part in caption.TEXTS]
    removing.remove([*own, kernels.obj, *texts])
