# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open one cell of a layer in the scene: a panel above the layer with what the cell is made of.

Numbers are worked out by geometry nodes from the cells of the layers, so that they follow what these show; which rows
there are, and what they are called, is of the run in which the cell was opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import bpy
import numpy as np

from ... import colormaps
from ...containers import CheckpointError
from ...inference import fit_file, run
from ...layout import HEIGHT
from ...network import Network
from ...nodes import legend, opened
from ...nodes import materials as shaders
from ...nodes.tree import attach
from .. import removing
from ..attributes import array
from ..background import in_background
from ..building import importing
from ..building.paints import kept
from ..building.planned import Steps
from ..camera import framing
from ..entities import LayerObject, NetworkScene, Opened, OpenedPart
from ..texts import labels
from ..texts.words import short_name
from . import terms as reading
from .terms import LARGEST, MEAN, SOFTMAX, SUM, Terms

MOST, CLASSES = 8, 12  # rows that are shown one by one, and those of a softmax
GRIDS = 25  # cells of a kernel that is shown cell by cell
TILE = 0.11 * HEIGHT  # the width of a tile of a row of one
GRID = 0.11 * HEIGHT  # the width of a kernel
NUMBER, WORD = 0.042 * HEIGHT, 0.042 * HEIGHT
ROW_GAP = 0.024 * HEIGHT
ABOVE = 0.16 * HEIGHT  # between a layer and what is opened above it
HOWS = {SUM: "Sum", LARGEST: "Largest", MEAN: "Mean", SOFTMAX: "Softmax"}
COLUMNS = {
    SUM: ("cell", "weight", "product", "sum"),
    LARGEST: ("", "", "", ""),
    MEAN: ("", "", "", ""),
    SOFTMAX: ("score", "e^(s − max)", "share", ""),
}


@dataclass(frozen=True)
class Row:
    """A row of terms: what it is called, which terms these are, the width of its tiles, 0 where none are shown."""

    name: str
    terms: np.ndarray
    tile: float
    numbers: bool


def steps(collection: bpy.types.Collection, name: str, cell: tuple[int, int, int] | None = None) -> Steps:
    """Open a cell of a layer, the largest where none is said. Yields as `build.build`, changes nothing before the last
    step; returns the `Terms`. Raises `CheckpointError`."""
    scene = NetworkScene(collection)
    if not scene.input_path:
        raise CheckpointError(collection.name, "shows no input that ran", "run an input first")
    if scene.series:
        raise CheckpointError(
            collection.name,
            "has steps, and what is opened would not follow their slider",
            "import one checkpoint with one input",
        )
    given = bpy.path.abspath(scene.input_path)
    network = yield from importing.reopen_steps(collection)

    def read() -> Terms:
        layer = network.layer(name)
        values = run(network, *fit_file(given, network), parts=True)
        return reading.terms(network, layer, cell or reading.strongest(layer, values), values)

    terms = yield from in_background(read, "running the input")
    close(collection)
    make(collection, network, terms)
    return terms


def close(collection: bpy.types.Collection) -> int:
    """Take what is opened away; how many objects that were."""
    gone = [member.obj for member in NetworkScene(collection).members(Opened, OpenedPart)]
    removing.remove(gone)
    return len(gone)


def rows_of(network: Network, terms: Terms) -> list[Row]:
    """The rows of an explanation: classes, a window, the kernels that give most, or the products that are largest; then
    all others together."""
    count = len(terms.values)
    every = np.arange(count)
    if terms.how == SOFTMAX:
        order = np.argsort(-terms.values, kind="stable")[:CLASSES]
        order = np.sort(order if terms.cell[0] in order else np.append(order[:-1], terms.cell[0]))
        named = network.classes if len(network.classes) == count else [str(at) for at in range(count)]
        made = [Row(named[at], np.array([at]), 0.0, True) for at in order]
        return made + _others(np.setdiff1d(every, order))
    if terms.how in (LARGEST, MEAN):
        small = count <= GRIDS
        return [Row(f"{count:,} cells", every, GRID / _side(terms, every) if small else 0.0, small)]
    source = network.layer(terms.source)
    units = terms.cells[:, 0]
    kernels = source.grid.is_map and np.bincount(units).max(initial=0) > 1 and count // len(np.unique(units)) <= GRIDS
    if kernels:
        total = {unit: float(terms.products[units == unit].sum()) for unit in np.unique(units).tolist()}
        kept = sorted(total, key=lambda unit: -abs(total[unit]))[:MOST]
        made = []
        for place, unit in enumerate(kept):
            own = every[units == unit]
            side = _side(terms, own)
            large = place == 0 and side <= 3
            made.append(Row(f"map {unit + 1:,}", own, (2.2 if large else 1.0) * GRID / side, large))
        return made + _others(every[~np.isin(units, kept)])
    order = np.argsort(-np.abs(terms.products), kind="stable")[:MOST]
    return [Row(_cell_name(source, terms.cells[at]), np.array([at]), TILE, True) for at in order] + _others(
        np.setdiff1d(every, order)
    )


def _side(terms: Terms, which: np.ndarray) -> int:
    """How many tiles a window is wide or high."""
    if not len(which):
        return 1
    spans = terms.cells[which, 1:]
    return max(len(np.unique(spans[:, axis])) for axis in (0, 1))


def _others(which: np.ndarray) -> list[Row]:
    return [Row(f"{len(which):,} other{'s' * (len(which) != 1)}, net", which, 0.0, False)] if len(which) else []


def _cell_name(source, cell: np.ndarray) -> str:
    unit, row, column = (int(at) + 1 for at in cell)
    if not source.grid.is_map:
        return f"unit {unit:,}"
    of_map = f"map {unit:,}, " if source.grid.units > 1 else ""
    return f"{of_map}row {row:,}, column {column:,}"


def make(collection: bpy.types.Collection, network: Network, terms: Terms) -> bpy.types.Object:
    """The panel of an explanation, a child of its layer's object; words are objects of their own."""
    scene = NetworkScene(collection)
    layer = scene.layers().get(terms.layer)
    if layer is None:
        raise CheckpointError(terms.layer, "is not in the scene", "unfold the block that it is in")
    rows = rows_of(network, terms)
    source = scene.layers().get(terms.source) if terms.how != SOFTMAX else None
    tops, extra, bottom = _heights(rows, terms)
    mesh = _mesh(source, rows, terms, tops, extra)
    widest = max((row.tile * _side(terms, row.terms) for row in rows), default=0.0)
    block = max(1.3 * widest, 5.5 * NUMBER if terms.how == SOFTMAX else 4.2 * NUMBER)
    one = terms.how in (LARGEST, MEAN)
    sums = (0.0 if one else 2 * block) + 1.2 * block
    bars = sums + 3.2 * NUMBER
    obj = bpy.data.objects.new(f"{terms.layer} opened", mesh)
    paints = scene.materials
    shelf = scene.child("labels")
    digits = _digits(terms.layer, paints)
    shelf.objects.link(digits)
    normal = next((step for step in terms.steps if "Normalization" in step.op), None)
    scale, shift = _normalization(network, terms, normal)
    attach(
        obj,
        "Opened",
        opened.opened_group(),
        {
            "How": HOWS[terms.how],
            "Source": source.obj if source else None,
            "Target": layer.obj,
            "Cell": _drawn(layer, terms.cell),
            "Result": terms.result,
            "Scale": scale,
            "Shift": shift,
            "Block": block,
            "Sums": sums,
            "Bars": bars,
            "Length": 0.45 * HEIGHT,
            "Thickness": 0.9 * NUMBER,
            "Range": float(source.inputs["Range"]) if source else float(np.abs(terms.values).max(initial=1e-9)),
            "Digits": digits,
            "Cell Material": paints["cells"],
            "Term Material": kept(scene, "products", lambda name: shaders.cells(name, colormaps.WEIGHT)),
            "Number Material": paints["label"],
            "Ink Material": kept(scene, "ink", lambda name: shaders.flat(name, "#05080f", 0.2)),
            "Result Material": paints["hot"],
        },
    )
    Opened.make(obj, layer=terms.layer, cell=list(terms.cell))
    shelf.objects.link(obj)
    obj.parent = layer.obj
    words = _words(network, terms, rows, tops, extra, block, sums, (scale, shift))
    texts = []
    for part, body, x, z, size, role, align in words:
        text = labels.text(body, size, paints[role], align, "CENTER")
        text.location = (x, 0.0, z)
        text.rotation_euler = (pi / 2, 0.0, 0.0)
        OpenedPart.make(text, layer=terms.layer, part=part)
        shelf.objects.link(text)
        text.parent = obj
        texts.append(text)
    _place(obj, layer, bars + 0.45 * HEIGHT, bottom)
    return obj


def _heights(rows: list[Row], terms: Terms) -> tuple[list[float], list[float], float]:
    """Where the middle of each row is below the first line, that of the bias if there is one, and the lower edge of all
    rows but that."""
    at = 0.0
    tops = []
    for row in rows:
        high = max(row.tile * _side(terms, row.terms), 1.35 * NUMBER)
        tops.append(-(at + high / 2))
        at += high + ROW_GAP
    return tops, [tops[-1] - 1.6 * NUMBER - ROW_GAP] if terms.bias is not None else [], -at


def _mesh(source: LayerObject | None, rows, terms: Terms, tops, extra) -> bpy.types.Mesh:
    """The points of an explanation: terms, rows, steps."""
    points: dict[str, list] = {
        name: [] for name in ("part", "row", "value", "weight", "cell", "tile", "size", "decimals", "step")
    }
    places = []

    def add(place, **numbers):
        places.append(place)
        for name, values in points.items():
            values.append(numbers.get(name, 0))

    drawn = _places(source) if source else {}
    decimals = 2 if np.abs(terms.products).max(initial=0.0) >= 0.1 and terms.how != SOFTMAX else 4
    for number, (row, z) in enumerate(zip(rows, tops, strict=True)):
        order = terms.cells[row.terms, 1:]
        side = _side(terms, row.terms)
        down, across = (
            np.searchsorted(np.unique(order[:, axis]), order[:, axis]) - (len(np.unique(order[:, axis])) - 1) / 2
            for axis in (0, 1)
        )
        for place, at in enumerate(row.terms.tolist()):
            size = min(NUMBER, 0.33 * row.tile) if row.tile else 0.8 * NUMBER
            add(
                (across[place] * row.tile, 0.0, z - down[place] * row.tile) if side > 1 else (0.0, 0.0, z),
                part=opened.TERM,
                row=number,
                value=float(terms.values[at]),
                weight=float(terms.weights[at]),
                cell=drawn.get(tuple(terms.cells[at].tolist()), -1),
                tile=row.tile,
                size=size if row.numbers else 0.0,
                decimals=decimals,
            )
    bias_row = len(rows)
    if terms.bias is not None:
        add((0, 0, 0), part=opened.TERM, row=bias_row, value=terms.bias, weight=1.0, cell=-1)
    for number, z in enumerate([*tops, *extra] if terms.how in (SUM, SOFTMAX) else ()):
        said = number >= len(rows) or terms.how == SUM or not rows[number].numbers
        add((0, 0, z), part=opened.ROW, row=number, size=NUMBER if said else 0.0, decimals=decimals)
    for number, (step, _) in enumerate(_steps(terms)):
        z = _step_at(tops, extra, number)
        add(
            (0, 0, z),
            part=opened.STEP,
            row=len(rows),
            step=step,
            size=1.25 * NUMBER,
            decimals=min(decimals + 1, opened.DECIMALS),
        )
    mesh = bpy.data.meshes.new(f"{terms.layer} opened")
    mesh.vertices.add(len(places))
    mesh.vertices.foreach_set("co", np.array(places, np.float32).ravel())
    for name, values in points.items():
        whole = name in ("part", "row", "cell", "step")
        attribute = mesh.attributes.new(name, "INT" if whole else "FLOAT", "POINT")
        attribute.data.foreach_set("value", np.array(values, np.int32 if whole else np.float32))
    return mesh


def _steps(terms: Terms) -> list[tuple[int, str]]:
    """What is shown of the way from the sum to what the layer gives, and in which words."""
    made = []
    if terms.how == SUM:
        count = len(terms.values)
        made.append((opened.SUM, f"sum of {count:,}" + (" and bias" if terms.bias is not None else "")))
        if any("Normalization" in step.op for step in terms.steps):
            made.append((opened.NORMALIZED, "normalized"))
    last = terms.steps[-1].op if terms.steps else ""
    if last and "Normalization" not in last:
        made.append((opened.RESULT, last))
    elif terms.how in (LARGEST, MEAN):
        made.append((opened.RESULT, HOWS[terms.how].lower()))
    elif not terms.steps:
        made.append((opened.RESULT, "given on"))
    return made


def _step_at(tops, extra, number: int) -> float:
    low = (extra or tops)[-1]
    return low - (1.9 + 1.9 * number) * NUMBER - 1.5 * ROW_GAP


def _words(network, terms: Terms, rows, tops, extra, block, sums, norm) -> list[tuple]:
    """All words of an explanation: part, text, x, z, size, role, side."""
    layer = network.layer(terms.layer)
    unit, row, column = terms.cell
    where = f"unit {unit + 1:,}"
    if layer.grid.is_map:
        where = f"map {unit + 1:,}, row {row + 1:,}, column {column + 1:,}"
    if terms.how == SOFTMAX and len(network.classes) == layer.grid.units:
        where = network.classes[unit]
    head = 2.6 * WORD
    edge = -block * 0.62
    made = [
        ("title", f"{short_name(layer)}: {where}", edge - 3.2 * WORD, head + 2.4 * WORD, 1.5 * WORD, "label", "LEFT")
    ]
    for place, text in enumerate(COLUMNS[terms.how]):
        x = sums if place == 3 else place * block
        if text:
            made.append(("column", text, x, head * 0.6, WORD, "dim", "CENTER"))
    for text, z in zip(rows, tops, strict=True):
        role = "hot" if terms.how == SOFTMAX and text.name == where else "dim"
        made.append(("row", text.name, edge, z, WORD, role, "RIGHT"))
    if extra:
        made.append(("row", "bias", edge, extra[0], WORD, "dim", "RIGHT"))
    for number, (step, text) in enumerate(_steps(terms)):
        if step == opened.NORMALIZED:
            sign = "−" if norm[1] < 0 else "+"
            text = f"{text}: × {norm[0]:.4g} {sign} {abs(norm[1]):.4g}"
        made.append(("step", text, sums - 3.2 * NUMBER, _step_at(tops, extra, number), WORD, "dim", "RIGHT"))
    return made


def _normalization(network: Network, terms: Terms, normal) -> tuple[float, float]:
    """By what a sum is multiplied and what is added to it, so that it is what the normalization gives."""
    if normal is None:
        return 1.0, 0.0
    layer = network.layer(terms.layer)
    scale = float(np.asarray(layer.scale()).reshape(-1)[terms.cell[0]]) if layer.scale else 1.0
    return scale, normal.value - scale * terms.before


def _places(layer: LayerObject) -> dict[tuple[int, int, int], int]:
    """The number of each drawn cell by its unit, row and column."""
    if layer.has_one_cell:
        return {}
    cells = np.stack([array(layer.obj, name) for name in ("unit", "row", "column")], -1)
    return {tuple(cell): number for number, cell in enumerate(cells.tolist())}


def _drawn(layer: LayerObject, cell) -> int:
    return _places(layer).get(tuple(cell), -1)


def _digits(name: str, paints) -> bpy.types.Object:
    """The letters that numbers are made of; nobody sees them."""
    mesh = bpy.data.meshes.new(f"{name} digits")
    obj = bpy.data.objects.new(mesh.name, mesh)
    given = {"Text": opened.GLYPHS, "Size": 1.0, "Material": paints["label"], "Align": "Left"}
    attach(obj, "Text", legend.text_group(labels.font()), given)
    OpenedPart.make(obj, layer=name, part="digits")
    obj.hide_render = True
    obj.hide_select = True
    obj.display_type = "BOUNDS"
    obj.scale = (1e-3,) * 3
    return obj


def _place(obj: bpy.types.Object, layer: LayerObject, wide: float, bottom: float) -> None:
    """Put the panel above its layer, in its middle, before all that is there."""
    scene = next(iter(obj.users_scene), None)
    box = np.zeros((0, 3))
    if scene is not None:
        scene.view_layers[0].update()
        box = framing.box_corners(layer.obj, scene.view_layers[0].depsgraph)
    inverse = np.array(layer.obj.matrix_world.inverted())
    local = box @ inverse[:3, :3].T + inverse[:3, 3] if len(box) else np.zeros((1, 3))
    top = float(local[:, 2].max())
    obj.location = (
        float(local[:, 0].mean()) - wide / 2 + 0.2 * wide,
        float(local[:, 1].min()),
        top + ABOVE - bottom + 4.5 * NUMBER,
    )
