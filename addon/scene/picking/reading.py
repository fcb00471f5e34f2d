# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that is known of what is under the mouse: of a cell, a line, a plane, a tray or a text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np

from ...network import Network
from ...network.fields import edges_into, flat, into, whole_kernel
from ...network.network import Grid
from ..attributes import array_of
from ..camera import framing
from ..entities import Arcs, BlockBox, Book, Bundle, LayerCopy, LayerObject, NetworkScene, Root, network_of
from ..texts import words
from . import hits, models
from .hits import Hit

DIGITS = 5  # of a number
BRIEF = {
    "BatchNormalization": "Batch Norm",
    "LayerNormalization": "Layer Norm",
    "Gemm": "Dense",
    "MatMul": "Dense",
    "Relu": "ReLU",
}
LARGEST = 100_000  # edges into a cell, that are read for its weights


@dataclass(frozen=True)
class Reading:
    """What is said of a hit: a `title` and what it is, then `rows` of label and text. `facts` are the same as numbers
    and plain values, units, rows and columns from 0; `place` is where it is in the world, (3,)."""

    hit: Hit
    title: str
    what: str
    rows: tuple[tuple[str, str], ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    place: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def line(self) -> str:
        """The same as one line."""
        return " · ".join([self.title, *(f"{label} {text}" for label, text in self.rows[:3])])


def read(hit: Hit, view_layer: bpy.types.ViewLayer, wait: bool = True) -> Reading | None:
    """What is known of a hit. What only the model's file tells is there if that can be read; without `wait`, once it
    has been. None if the object is gone."""
    obj = hit.obj
    if obj is None:
        return None
    depsgraph = view_layer.depsgraph
    if hit.kind == hits.CELL:
        return _cell(hit, obj, depsgraph, wait)
    if hit.kind == hits.LINE:
        return _line(hit, obj, depsgraph)
    if hit.kind == hits.PLANE:
        return _plane(hit, obj, depsgraph)
    return _whole(hit)


def number(value: float) -> str:
    """A number as the card has it."""
    return f"{value:.{DIGITS}g}"


def cell_places(obj: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> np.ndarray:
    """Where the cells of a layer stand in the world, (n, 3)."""
    geometry = framing.geometry_of(obj, depsgraph)
    cloud = geometry.instances_pointcloud() if geometry else None
    if cloud is None:
        return np.zeros((0, 3))
    matrices, _ = framing.instance_matrices(cloud)
    matrix = np.array(obj.evaluated_get(depsgraph).matrix_world, np.float64)
    return matrices[: len(obj.data.vertices), :3, 3] @ matrix[:3, :3].T + matrix[:3, 3]


def drawn_cells(obj: bpy.types.Object) -> np.ndarray:
    """The places of a layer's drawn cells in its tensor, (n,), in the order of its vertices."""
    layer = LayerObject(obj)
    index = (array_of(obj.data, name) for name in ("unit", "row", "column"))
    return flat(Grid(*layer.grid, tuple(layer.strides)), *index)


def _cell(hit, obj, depsgraph, wait):
    layer = LayerCopy.of(obj) or LayerObject(obj)
    units, rows_of, columns_of = layer.grid
    unit, row, column = (int(obj.data.attributes[name].data[hit.index].value) for name in ("unit", "row", "column"))
    value = _drawn(obj, depsgraph, hit.index)
    facts: dict[str, Any] = {
        "layer": layer.name,
        "unit": unit,
        "row": row,
        "column": column,
        "value": value,
        "value_is": layer.value_is,
        "detail": layer.detail,
        "block": layer.block,
    }
    rows = []
    if layer.detail == "box":
        rows.append(("Layer", "as one box"))
    elif units > 1 or rows_of * columns_of == 1:
        rows.append((_unit_word(layer), f"{unit + 1:,} of {units:,}"))
    if layer.detail == "cells" and rows_of * columns_of > 1:
        rows.append(("Row, Column", f"{row + 1:,}, {column + 1:,}"))
    if layer.value_is == "none":
        rows.append(("Value", "none until an input runs"))
    else:
        rows.append((_value_word(layer), number(value)))
    model = models.of(network_of(obj), wait) if network_of(obj) and not isinstance(layer, LayerCopy) else None
    if model and layer.name in model.by_name:
        rows += _of_model(model, layer, unit, row, column, facts)
    if layer.block:
        rows.append(("Block", words.shortened(layer.block)))
    if isinstance(layer, LayerCopy):
        rows.append(("Copy", copied(layer)))
    matrix = np.array(obj.evaluated_get(depsgraph).matrix_world)
    place = matrix @ np.array([*_instance(obj, depsgraph, hit.index), 1.0])
    return Reading(hit, called(obj), does(layer), tuple(rows), facts, tuple(place[:3].tolist()))


def _of_model(model: Network, shown: LayerObject, unit, row, column, facts) -> Iterator[tuple[str, str]]:
    layer = model.by_name[shown.name]
    if shown.detail == "box":
        return
    if layer.bias is not None and layer.bias.size == layer.grid.units:
        facts["bias"] = float(np.asarray(layer.bias.array()).reshape(-1)[unit])
        if shown.value_is != "bias":  # it has been told as the value
            yield "Bias", number(facts["bias"])
    if shown.detail != "cells":
        return
    cell = int(flat(layer.grid, unit, row, column))
    facts["cell"] = cell
    facts["sources"] = {}
    for connection in into(model, layer):
        name = connection.source.name
        if connection.join.fan_in > LARGEST:
            continue
        edges = edges_into(connection, cell)
        facts["sources"][name] = facts["sources"].get(name, 0) + len(edges)
        yield "From", f"{len(edges):,} cell{'s' * (len(edges) != 1)} of {words.shortened(name)}"
        if connection.join.carries == "weight" and len(edges):
            kernel = whole_kernel(connection, unit, cell)
            facts["kernel"] = float(kernel.min()), float(kernel.max())
            word = "Kernel" if connection.join.form == "kernels" else "Weights"
            yield word, f"{number(facts['kernel'][0])} to {number(facts['kernel'][1])}"


def _line(hit, obj, depsgraph):
    if Arcs.is_one(obj):
        return _arc(hit, obj, depsgraph)
    bundle = Bundle(obj)
    geometry = framing.geometry_of(obj, depsgraph)  # it owns the curves
    curves = geometry.curves
    ends = [int(array_of(curves, name)[hit.index]) for name in ("source", "target")]
    layers = [
        layer if layer and _is_end(layer, name) else None
        for layer, name in zip(bundle.layers, bundle.ends, strict=True)
    ]
    facts: dict[str, Any] = {
        "source": bundle.named_source,
        "target": bundle.target or bundle.target_block,
        "source_cell": ends[0],
        "target_cell": ends[1],
        "carries": bundle.carries,
        "grain": bundle.grain,
    }
    rows = []
    for label, layer, end in zip(("From", "To"), layers, ends, strict=True):
        text = place_words(layer, end) if layer else ""
        if text:
            rows.append((label, text))
    if bundle.is_joint or bundle.grain == "unknown" or bundle.carries == "unknown":
        rows.append(("Line", "says only that they are joined"))
    else:
        weight = float(array_of(curves, "weight")[hit.index])
        facts["weight"] = weight
        rows.append((_weight_word(bundle), number(weight)))
        source = layers[0]
        if source and source.value_is == "activation" and bundle.grain == "cell":
            value = _drawn(source.obj, depsgraph, ends[0])
            facts["activation"], facts["product"] = value, float(np.float32(weight) * np.float32(value))
            rows += [("Activation", number(value)), ("Product", number(facts["product"]))]
    title = f"{_end_name(bundle, 0, layers)} → {_end_name(bundle, 1, layers)}"
    total = f"{bundle.drawn:,} of {bundle.total:,} drawn" if bundle.total > bundle.drawn else f"{bundle.drawn:,} drawn"
    points = hits.curve_points(curves)[hit.index]
    matrix = np.array(obj.evaluated_get(depsgraph).matrix_world)
    place = points[len(points) // 2] @ matrix[:3, :3].T + matrix[:3, 3]
    return Reading(hit, title, f"line · {total}", tuple(rows), facts, tuple(place.tolist()))


def _is_end(layer: LayerObject, name: str) -> bool:
    return bool(name) and layer.name == name


def _end_name(bundle, end, layers):
    layer = layers[end]
    name = (bundle.named_source, bundle.target or bundle.target_block)[end]
    return called(layer.obj) if layer else words.shortened(name)


def _weight_word(bundle):
    if bundle.carries == "copy":
        return "Coefficient"
    return f"Sum of {bundle.taps:,} Weights" if bundle.grain == "unit" else "Weight"


def _arc(hit, obj, depsgraph):
    arcs = Arcs(obj)
    geometry = framing.geometry_of(obj, depsgraph)  # it owns the curves
    curves = geometry.curves
    ends = [int(array_of(curves, name)[hit.index]) for name in ("source", "target")]
    value = float(array_of(curves, "value")[hit.index])
    facts = {"layer": arcs.layer, "source_cell": ends[0], "target_cell": ends[1], "value": value}
    rows = (
        ("Token", f"{ends[1] + 1:,}"),
        ("Looks at", f"token {ends[0] + 1:,}"),
        (f"Mean of {arcs.heads:,} Heads" if arcs.heads > 1 else "Attention", number(value)),
    )
    return Reading(hit, words.shortened(arcs.layer), "attention", rows, facts)


def _plane(hit, obj, depsgraph):
    book = Book(obj)
    mesh = obj.evaluated_get(depsgraph).data
    facts: dict[str, Any] = {"block": book.path, "layer": book.layer}
    rows = []
    part = _face(mesh, "part", hit.index)
    if part in (0, 1) and (book.shows or part == 1):  # a cell of the cover or of the heads above it
        at = {name: int(_face(mesh, name, hit.index)) for name in ("unit", "row", "column")}
        value = float(_face(mesh, "value", hit.index))
        facts |= {"value": value, **at}
        if book.units_of > 1:
            rows.append(("Map" if book.shows == "maps" else "Part", f"{at['unit'] + 1:,} of {book.units_of:,}"))
        rows.append(("Row, Column", f"{at['row'] + 1:,}, {at['column'] + 1:,}"))
        meaning = (book.heads_meaning if part == 1 else book.meaning) or "value"
        rows.append((meaning[:1].upper() + meaning[1:], number(value)))
        if max(book.bins, default=1) > 1 and part == 0:
            rows.append(("Each Cell", f"{book.bins[0]:,} × {book.bins[1]:,} numbers"))
    if book.path:
        rows.append(("Layers", f"{len(book.pages):,} as pages"))
    matrix = np.array(obj.evaluated_get(depsgraph).matrix_world)
    place = matrix @ np.array([*mesh.polygons[hit.index].center, 1.0])
    title = words.shortened(book.path or book.layer)
    what = words.of_cover(book) if book.layer else "closed block"
    return Reading(hit, title, what, tuple(rows), facts, tuple(place[:3].tolist()))


def _whole(hit):
    target = hit.target_obj
    if target is None:
        return None
    place = tuple(target.matrix_world.translation)
    if (box := BlockBox.of(target)) is not None:
        facts = {"block": box.path, "layers": len(box.layers), "parameters": box.parameters}
        rows = [("Layers", f"{len(box.layers):,}"), ("Parameters", f"{box.parameters:,}")]
        if box.inferred:
            rows.append(("Found", "as a run of layers alike" if box.stage else "by its repetition"))
        return Reading(hit, words.block_name(box.name, box.repeat), "block", tuple(rows), facts, place)
    if (layer := LayerCopy.of(target) or LayerObject.of(target)) is not None:
        facts = {"layer": layer.name, "parameters": layer.parameters, "block": layer.block}
        rows = [("Shape", " × ".join(str(size or "?") for size in layer.shape))] if layer.shape else []
        rows.append(("Parameters", f"{layer.parameters:,}"))
        return Reading(hit, called(target), does(layer), tuple(rows), facts, place)
    network = network_of(target)
    if Root.is_one(target) and network:
        scene = NetworkScene(network)
        rows = (("Parameters", f"{scene.parameters:,}"), ("Input", scene.input or "none has run"))
        return Reading(hit, network.name, "network", rows, {"network": scene.uuid}, place)
    return Reading(hit, target.name, "", (), {}, place)


def called(obj: bpy.types.Object) -> str:
    """What a person calls a layer: the name of its object, without the number that Blender adds where one is taken."""
    layer = LayerCopy.of(obj) or LayerObject.of(obj)
    base, _, counted = obj.name.rpartition(".")
    own = layer.name if layer else ""
    return base if base and counted.isdigit() and obj.name != own else obj.name


def does(layer: LayerObject) -> str:
    """What a layer does, in a few words."""
    parts = [BRIEF.get(part, part) for part in layer.parts] or [layer.op]
    return words.shortened(" · ".join(dict.fromkeys(parts)) if len(parts) < 5 else layer.op, words.LONGEST_BLOCK)


def copied(layer: LayerCopy) -> str:
    """What a duplicate is, in words."""
    if layer.way == "follower":
        return f"follows {layer.name}"
    return f"snapshot of {layer.name}" + (f" with {layer.shows}" if layer.shows else "")


def place_words(layer: LayerObject, index: int) -> str:
    """Which cell of a layer a vertex is, in words: "unit 3 of 8, row 4, column 5"."""
    units, rows, columns = layer.grid
    if layer.has_one_cell or index >= len(layer.obj.data.vertices):
        return ""
    unit, row, column = (int(layer.obj.data.attributes[name].data[index].value) for name in ("unit", "row", "column"))
    said = [f"{_unit_word(layer).lower()} {unit + 1:,}"] if units > 1 or rows * columns == 1 else []
    if layer.detail == "cells" and rows * columns > 1:
        said.append(f"row {row + 1:,}, column {column + 1:,}")
    return ", ".join(said)


def _unit_word(layer):
    if layer.op == "Attention":
        return "Head"
    return "Map" if layer.grid[1] * layer.grid[2] > 1 else "Unit"


def _value_word(layer):
    word = layer.value_is
    return "Value" if word == "activation" else word[:1].upper() + word[1:]


def _drawn(obj, depsgraph, index) -> float:
    """The value of a cell as it is drawn, also by the step of a series."""
    geometry = framing.geometry_of(obj, depsgraph)
    cloud = geometry.instances_pointcloud() if geometry else None
    if cloud is not None and "value" in cloud.attributes:
        return float(cloud.attributes["value"].data[index].value)
    return float(obj.data.attributes["value"].data[index].value)


def _instance(obj, depsgraph, index):
    geometry = framing.geometry_of(obj, depsgraph)  # it owns the cloud
    matrix = geometry.instances_pointcloud().attributes["instance_transform"].data[index].value
    return tuple(matrix.translation)


def _face(mesh, name, index):
    return mesh.attributes[name].data[index].value if name in mesh.attributes else -1
