# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A layer as a mesh of one vertex a cell, with its modifier."""

from __future__ import annotations

import bpy
import numpy as np

from .. import compat
from ..colormaps import value_range
from ..layout import Placement
from ..network import Grid, Layer
from ..network.drawn import Drawn
from ..nodes.layer import layer_group
from ..nodes.tree import attach
from . import tags


def resting_values(layer: Layer, drawn: Drawn) -> tuple[np.ndarray, str]:
    """Values of the drawn cells while no input has run, and what they are: the bias, else the mean of the weights."""
    bias = bias_of(layer)
    if bias is not None and len(bias) == layer.grid.units:
        return bias.astype(np.float32)[drawn.cells[0]], "bias"
    if layer.mean is not None:
        mean = layer.mean()
        if len(mean) == layer.grid.units:
            return mean.astype(np.float32)[drawn.cells[0]], "mean weight"
    return np.zeros(drawn.size, np.float32), "none"


def bias_of(layer: Layer) -> np.ndarray | None:
    """The additive constant of each unit, if the file has one at this layer."""
    slot = {"Conv": 2, "ConvTranspose": 2, "Gemm": 2, "BatchNormalization": 2, "LayerNormalization": 2}.get(layer.op)
    if layer.op == "Add":
        slot = next(iter(layer.weights), None)
    constant = layer.weights.get(slot)
    return np.asarray(constant.array(), np.float32).ravel() if constant and constant.size <= 1 << 24 else None


def make(layer: Layer, drawn: Drawn, place: Placement, values: np.ndarray | None, materials: dict,
         cells: dict) -> bpy.types.Object:
    """The object of a layer. `values` are the activations of one sample, flat, or None."""
    mesh = bpy.data.meshes.new(layer.name)
    mesh.vertices.add(drawn.size)
    unit, row, column = np.meshgrid(*(np.arange(len(one)) for one in (drawn.units, drawn.rows, drawn.columns)),
                                    indexing="ij")
    position = np.stack([unit, column, row], -1).astype(np.float32)  # among the drawn
    mesh.attributes["position"].data.foreach_set("vector", position.ravel())
    for name, index in zip(("unit", "row", "column"), drawn.cells, strict=True):
        mesh.attributes.new(name, "INT", "POINT").data.foreach_set("value", index)
    for name in ("value", "importance"):
        mesh.attributes.new(name, "FLOAT", "POINT")
    thing = bpy.data.objects.new(layer.name, mesh)
    thing.location, thing.rotation_euler = (place.x, 0.0, place.z), (0.0, 0.0, place.turn)
    attach(thing, "Layer", layer_group(), {
        "Units": len(drawn.units), "Rows": len(drawn.rows), "Columns": len(drawn.columns),
        "Unit Columns": place.unit_columns, "Pitch": place.pitch, "Unit Gap": place.unit_gap,
        "Cell": cells["ball" if place.round else "tile"], "Round": place.round, "Size": 1.0 if place.round else 0.95,
        "Material": materials["cells"], "Backing Material": materials["plate"],
        "Backing": 0.12 * place.pitch if layer.grid.is_map else 0.0,
    })
    tags.write(thing, "layer", layer=layer.name, op=layer.op, shape=[n or 0 for n in layer.shape or ()],
               parameters=str(layer.parameters), row=place.row, tensor=layer.tensor, strides=list(layer.grid.strides),
               grid=[layer.grid.units, layer.grid.rows, layer.grid.columns])
    if values is None:
        set_values(thing, *resting_values(layer, drawn))
    else:
        set_activation(thing, drawn, values)
    return thing


def set_activation(thing: bpy.types.Object, drawn: Drawn, values: np.ndarray) -> None:
    """Let a layer show the activations of one sample (flat); the range is that of all cells, drawn or not."""
    set_values(thing, values[drawn.flat], "activation", value_range(values))


def set_values(thing: bpy.types.Object, values: np.ndarray, meaning: str, extent: float | None = None) -> None:
    """Put values into the cells of a layer and its range into the modifier.

    `meaning` is "activation", "bias", "mean weight" or "none".
    """
    values = np.ascontiguousarray(values, np.float32)
    thing.data.attributes["value"].data.foreach_set("value", values)
    thing.data.attributes["importance"].data.foreach_set("value", np.abs(values))
    thing.data.update_tag()
    compat.set_inputs(tags.modifier(thing), {"Range": extent or value_range(values)})
    tags.write(thing, **(tags.read(thing) | {"value_is": meaning}))


def drawn_of(thing: bpy.types.Object) -> Drawn:
    """Which cells a layer object draws, read back from its attributes."""
    facts = tags.read(thing)
    index = []
    for name in ("unit", "row", "column"):
        values = np.empty(len(thing.data.vertices), np.int32)
        thing.data.attributes[name].data.foreach_get("value", values)
        index.append(np.unique(values).astype(np.int64))
    return Drawn(Grid(*facts["grid"], tuple(facts["strides"])), *index)
