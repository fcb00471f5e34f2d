# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A layer as a mesh of one vertex a cell, with its modifier."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...colormaps import value_range
from ...layout import Arrangement, Shape
from ...network import Grid, Layer
from ...network.drawn import CELLS, PLANES, Drawn
from ...network.statistics import Statistics
from ...nodes import loose_end
from ...nodes.layer import layer_group
from ...nodes.tree import attach
from .. import palettes, sockets
from ..attributes import array, forget_steps, has_steps
from ..editing import by_hand, ranges, together
from ..entities import LayerCopy, LayerObject
from ..texts import labels

ABOUT = np.array([-1.0, -1.0, 1.0])  # of depth, side and up: half a turn about the last
LESS = 0.38  # of a ball's width has one of value 0 less than one of full value
LARGEST_BIAS = 1 << 24  # units; a longer bias is not read to colour a resting layer


def resting_values(layer: Layer, drawn: Drawn) -> tuple[np.ndarray, str]:
    """Values of the drawn cells while no input has run, and what they are: the bias, else the mean of the weights.

    A unit's number is that of all its cells; of a matrix of tokens x features, each feature's that of its column.
    """
    bias = layer.bias
    if bias is not None and bias.size <= LARGEST_BIAS and (axis := _axis(layer, bias.size)) is not None:
        return _spread(np.asarray(bias.array(), np.float32).ravel(), drawn, axis), "bias"
    mean = layer.mean() if layer.mean is not None else ()
    if len(mean) and (axis := _axis(layer, len(mean))) is not None:
        return _spread(mean.astype(np.float32), drawn, axis), "mean weight"
    return np.zeros(drawn.size, np.float32), "none"


def _axis(layer, count) -> int | None:
    """Along which of a cell's indices so many numbers go: the units, or the columns of a matrix."""
    if count == layer.grid.units:
        return 0
    return 2 if layer.grid.units == 1 and count == layer.grid.columns else None


def _spread(values, drawn, axis):
    return np.full(1, values.mean(), np.float32) if drawn.has_one_cell else values[drawn.cells[axis]]


def make(
    layer: Layer, drawn: Drawn, shape: Shape, values: np.ndarray | None, materials: dict, cells: dict
) -> bpy.types.Object:
    """The object of a layer, at the origin. `values` are the activations of one sample, flat, or None."""
    obj = bpy.data.objects.new(layer.name, bpy.data.meshes.new(layer.name))
    attach(
        obj,
        "Layer",
        layer_group(labels.font()),
        {
            "Cell": cells["tile"],
            "Material": materials["cells"],
            "Palette": palettes.of(materials["cells"], cells["tile"]),
            "Backing Material": materials["plate"],
            "Number Material": materials["label"],
        },
    )
    LayerObject.make(obj)
    know(obj, layer)
    show(obj, layer, drawn, shape, cells)
    if values is None:
        set_values(obj, *resting_values(layer, drawn))
    else:
        set_activation(obj, drawn, values)
    return obj


def know(obj: bpy.types.Object, layer: Layer) -> None:
    """Write what the model says of a layer onto its object; what else is known of that stays."""
    LayerObject(obj).tell(
        name=layer.name,
        op=layer.op,
        shape=[size or 0 for size in layer.shape or ()],
        parameters=layer.parameters,
        tensor=layer.tensor,
        strides=layer.grid.strides,
        grid=(layer.grid.units, layer.grid.rows, layer.grid.columns),
        sources=layer.inputs,
        parts=[part.op for part in layer.parts],
        tensors=[part.tensor for part in layer.parts],
        nodes=layer.nodes,
        block=layer.block,
        multiply_adds=layer.multiply_adds,
        open=layer.open,
    )
    _leave_loose(LayerObject(obj))


def show(obj: bpy.types.Object, layer: Layer, drawn: Drawn, shape: Shape, cells: dict) -> None:
    """Let a layer's object have these cells, in place of those it has; their values are still to be set.

    Cells that somebody has placed by hand stay where they are.
    """
    layer_object = LayerObject(obj)
    mesh = obj.data
    held = by_hand.held(obj)
    mesh.clear_geometry()
    mesh.vertices.add(drawn.size)
    counts = len(drawn.units), len(drawn.rows), len(drawn.columns)
    by_hand.put(mesh, shape.places(*counts))
    for name, index in zip(("unit", "row", "column"), drawn.cells, strict=True):
        mesh.attributes.new(name, "INT", "POINT").data.foreach_set("value", index)
    for name in ("value", "importance", "order", "importance_order"):
        mesh.attributes.new(name, "FLOAT", "POINT")
    mesh.attributes.new("unit_rank", "INT", "POINT")
    one = drawn.has_one_cell
    plane = drawn.detail in PLANES
    same = layer_object.detail == drawn.detail
    structure = dict(zip(("Units", "Rows", "Columns"), counts, strict=True))
    values = {
        "Pitch": shape.pitch,
        "Unit Columns": shape.unit_columns,
        "Unit Gap": shape.unit_gap,
        "Cell Size": shape.cell,
        "Backing": 0.12 * shape.pitch if layer.grid.is_map and not one else 0.0,
        "Plane": plane,
    }
    if not same:
        structure |= values | {
            "Cell": cells["tile"],
            "Shape": "Sphere" if shape.round else "Tile",
            "Size": 1.0 if shape.round or one else 0.95,
            "Size by Value": LESS if shape.round else 0.0,
            "Thickness": 1.0 if one else 0.3,
            "Relief": 0.0 if one else 1.3,
            "Line Axis": 0.0 if layer.grid.is_map else 1.0,
        }
    sockets.write(layer_object, structure)
    if same:  # what somebody has set stays
        sockets.refresh(layer_object, values)
    layer_object.tell(detail=drawn.detail, size=shape.size, turn=shape.turn)
    for copy in together.followers(obj):
        sockets.write(LayerCopy(copy), structure)
        LayerCopy(copy).tell(detail=drawn.detail, size=shape.size)
    by_hand.keep(obj, held)


def put(obj: bpy.types.Object, name: str, arrangement: Arrangement, outer: tuple[float, float, float]) -> None:
    """Give a layer its place; `outer` is that of the block it is in."""
    place = arrangement.places[name]
    obj.location = Vector(place.location) - Vector(outer)
    LayerObject(obj).tell(row=place.row, backwards=place.backwards, placed=obj.location)
    layer = LayerObject(obj)
    if layer.open:
        layer.upstream = arrangement.turn[:, 0] * (1.0 if place.backwards else -1.0)
    face(obj, arrangement.turn, arrangement.about)


def face(obj: bpy.types.Object, axes: np.ndarray, about: bool) -> None:
    """Turn a layer in a network with these axes; maps and planes are turned about where they are looked at from where
    the signal leaves."""
    layer = LayerObject(obj)
    maps = layer.grid[1] * layer.grid[2] > 1 or layer.is_plane
    layer.axes = (axes * ABOUT if about and maps else axes).ravel().tolist()
    turn(obj)


def turn(obj: bpy.types.Object) -> None:
    """Turn a layer as its shape and the direction of its network want it."""
    layer = LayerObject(obj)
    axes = Matrix(np.reshape(layer.axes, (3, 3)).tolist())
    axes = axes @ Matrix.Rotation(layer.turn, 3, "Z")
    obj.rotation_euler = axes.to_euler()
    _leave_loose(layer, axes)


def _leave_loose(layer: LayerObject, axes: Matrix | None = None) -> None:
    """Let dashes lead nowhere from a layer that reads what nobody knows; `axes` are the layer's in the network's space,
    if known."""
    if not layer.open:
        if "Loose End" in layer.given:
            sockets.refresh(layer, {"Loose End": (0.0, 0.0, 0.0)})
    elif axes is not None and layer.upstream:
        way = axes.transposed() @ Vector(layer.upstream)
        reach = loose_end.LENGTH + sum(abs(part) * side / 2 for part, side in zip(way, layer.size, strict=True))
        sockets.refresh(layer, {"Loose End": tuple(way * reach)})


def tell(obj: bpy.types.Object, statistics: Statistics | None) -> None:
    """Write the statistics of its weights onto a layer."""
    if statistics is not None:
        LayerObject(obj).statistics = {
            "count": str(statistics.count),
            "zeros": str(statistics.zeros),
            "not_finite": str(statistics.not_finite),
            "mean": statistics.mean,
            "std": statistics.std,
            "min": statistics.minimum,
            "max": statistics.maximum,
        }


def set_activation(obj: bpy.types.Object, drawn: Drawn, values: np.ndarray) -> None:
    """Let a layer show the activations of one sample (flat); the range is that of all cells, drawn or not."""
    meaning = "activation" if drawn.detail == CELLS else "mean activation"
    layer = LayerObject(obj)
    if layer.looked in layer.tensors:
        meaning += f" after {layer.parts[layer.tensors.index(layer.looked)]}"
    set_values(obj, drawn.sample(values), meaning, value_range(values))
    ranges.note(obj, values)


def set_values(obj: bpy.types.Object, values: np.ndarray, meaning: str, extent: float | None = None) -> None:
    """Put values into the cells of a layer and its range into the modifier.

    `meaning` is "activation", "mean activation" (of what a cell stands for), "bias", "mean weight" or "none".
    """
    values = by_hand.of_vertices(obj, np.ascontiguousarray(values, np.float32))
    if has_steps(obj) or not _holds(obj, values):  # what stays the same need not be worked out again
        forget_steps(obj)
        _write(obj, "value", values)
        _write(obj, "importance", np.abs(values))
        rank(obj)
        obj.data.update_tag()
    ranges.note(obj, None)
    layer = LayerObject(obj)
    sockets.refresh(layer, {"Range": extent or value_range(values)})
    layer.value_is = meaning
    for copy in together.followers(obj):
        sockets.write(LayerCopy(copy), {"Range": LayerObject(obj).inputs["Range"]})
        LayerCopy(copy).value_is = meaning


def _holds(obj, values: np.ndarray) -> bool:
    there = obj.data.attributes
    if any(name not in there or there[name].data_type != "FLOAT" for name in ("value", "importance", "order")):
        return False
    return (
        array(obj, "value").tobytes() == values.tobytes()
        and array(obj, "importance").tobytes() == np.abs(values).tobytes()
    )


def rank(obj: bpy.types.Object) -> None:
    """Write which cells and units come first, from the values and importances that the layer has now.

    `order` and `importance_order`: the share of cells that are stronger, or more important (0 of the first);
    `unit_rank`: how many units are stronger, by the sum of their values without signs.
    """
    value, importance, unit = (array(obj, name) for name in ("value", "importance", "unit"))
    strong, importance = (np.nan_to_num(np.abs(numbers), nan=np.inf, posinf=np.inf) for numbers in (value, importance))
    order = _order(strong)
    _write(obj, "order", order)
    _write(obj, "importance_order", order if np.array_equal(strong, importance) else _order(importance))
    units, which = np.unique(unit, return_inverse=True)
    ranks = np.empty(len(units), np.int32)
    total = np.bincount(which, strong.astype(np.float64), len(units))
    ranks[np.argsort(-total, kind="stable")] = np.arange(len(units))
    _write(obj, "unit_rank", ranks[which], "INT")


def _order(strength: np.ndarray) -> np.ndarray:
    """The share of numbers that are larger than each, (n,); of equal ones the first comes first."""
    order = np.empty(len(strength), np.float32)
    order[np.argsort(-strength, kind="stable")] = np.arange(len(strength)) / max(1, len(strength))
    return order


def _write(obj, name, values, kind="FLOAT"):
    attributes = obj.data.attributes
    attribute = attributes.get(name) or attributes.new(name, kind, "POINT")
    attribute.data.foreach_set("value", np.ascontiguousarray(values))


def drawn_of(obj: bpy.types.Object) -> Drawn:
    """Which cells a layer object draws, read back from its attributes."""
    layer = LayerObject(obj)
    index = [np.unique(array(obj, name)).astype(np.int64) for name in ("unit", "row", "column")]
    return Drawn(Grid(*layer.grid, tuple(layer.strides)), *index, layer.detail)
