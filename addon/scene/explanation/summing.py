# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The panel of a sum, a largest number, a mean or a softmax: rows of cells, weights and products, and what is made of
their sums, with the maps before and behind."""

from __future__ import annotations

import bpy
import numpy as np

from ...containers import CheckpointError
from ...layout import HEIGHT
from ...network import Network
from ...nodes import opened
from ..entities import LayerObject, NetworkScene
from ..texts.words import short_name
from . import panel as drawing
from .panel import DIGIT, LAST, NUMBER, ROW_GAP, WORD, Figure, Panel
from .rows import Row, Rows, rows_of
from .tables import Table
from .terms import LARGEST, MEAN, SOFTMAX, SUM, Terms

HOWS = {SUM: "Sum", LARGEST: "Largest", MEAN: "Mean", SOFTMAX: "Softmax"}
COLUMNS = {
    SUM: ("cell", "weight", "product", "sum"),
    LARGEST: ("", "", "", ""),
    MEAN: ("", "", "", ""),
    SOFTMAX: ("score", "e^(s − max)", "share", ""),
}
MAP = 0.62 * HEIGHT  # the width of a map beside the panel
CELLS = 4096  # that such a map has at the most
GAP = 0.12 * HEIGHT
LENGTH = 0.45 * HEIGHT  # of all bars together
LABELS, AXES = ("map", "row", "column"), ("unit", "row", "column")
ON_TILE = 0.78  # of a tile that its number is wide, the sign of a negative included
LEAST = 1.6 * NUMBER  # the height of a row


def make(collection: bpy.types.Collection, network: Network, terms: Terms, table: Table) -> bpy.types.Object:
    """The panel of an explanation, a child of its layer's object. Raises `CheckpointError` where that is not there."""
    scene = NetworkScene(collection)
    layer = scene.layers().get(terms.layer)
    if layer is None:
        raise CheckpointError(terms.layer, "is not in the scene", "unfold the block that it is in")
    source = scene.layers().get(terms.source) if terms.how != SOFTMAX else None
    rows = rows_of(network, terms, table)
    panel = Panel(terms.layer)
    single = terms.how in (LARGEST, MEAN)
    widest = max((row.width for row in rows.rows), default=0.0)
    block = max(1.3 * widest, 5.5 * NUMBER if terms.how == SOFTMAX else 4.2 * NUMBER)
    sums = (0.5 * widest + 9 * NUMBER) if single else 3.2 * block
    bars = sums + 3.2 * NUMBER
    tops, extra = _heights(rows.rows, terms)
    edge = -0.62 * block
    flat = _is_flattened(network, terms, table, rows)
    place_at = edge - 0.5 * max(2.2 * WORD, DIGIT * len(str(table.places.shape[1]))) if flat else 0.0
    if flat:
        panel.say("column", "place", place_at, 1.6 * WORD, 0.85 * WORD)
    labels = _labels(panel, rows, table, 2 * place_at - edge - 0.6 * WORD if flat else edge)
    decimals = _rows(panel, terms, rows, tops, extra, edge, labels)
    for place, text in enumerate(COLUMNS[terms.how]):
        if text:
            panel.say("column", text, sums if place == 3 else place * block, 1.6 * WORD)
    _steps(panel, terms, table, sums, (extra or tops)[-1], decimals)
    right = bars + (LENGTH if terms.how in (SUM, SOFTMAX) else 0.0)
    panel.reach(right, 0.0)
    vector = (0.0, 0.0, 0.0)
    if flat:
        vector = panel.left, place_at, 4.2 * WORD
        panel.say("vector", "all cells in a row, as they are read", panel.left, 6.0 * WORD, 0.85 * WORD, "dim", "LEFT")
    area = _maps(panel, network, terms, table, right)
    _title(panel, network, terms, table)
    if line := _formula(terms, table):
        panel.formula(line)
    largest = float(np.abs(terms.values).max(initial=1e-9))
    inputs = {
        "How": HOWS[terms.how],
        "Source": source.obj if source else None,
        "Target": layer.obj,
        "First": tuple(map(float, table.first)),
        "Last": tuple(map(float, table.last)),
        "Ranked": bool(len(rows.ranked)),
        "Shown": rows.labelled,
        "Source Area": area,
        "Block": block,
        "Sums": sums,
        "Bars": bars,
        "Length": LENGTH,
        "Vector Width": right - vector[0] if flat else 0.0,
        "Vector At": vector,
        "Thickness": 0.9 * NUMBER,
        "Range": float(source.inputs["Range"]) if source else largest,
        "Target Range": float(layer.inputs["Range"]),
        "Pitch": float(source.inputs["Pitch"]) if source else 0.1,
        "Frame": drawing.FRAME,
        "Label Size": WORD,
        "Target Material": drawing.cells_material(scene),
    }
    mesh = _table_mesh(terms, table, source, layer)
    return drawing.stand(scene, layer, panel, mesh, opened.opened_group(), inputs, terms.cell)


def _is_flattened(network: Network, terms: Terms, table: Table, rows: Rows) -> bool:
    """Whether a dense layer reads whole maps one behind the other."""
    if terms.how != SUM or not len(rows.ranked) or table.places.shape[1] > CELLS:
        return False
    source = network.layer(terms.source).grid
    return source.is_map and sum(rows.axes) > 1 and table.places.shape[1] == source.size


def _heights(rows: list[Row], terms: Terms) -> tuple[list[float], list[float]]:
    """Where the middle of each row is below the first line, and that of the bias if there is one."""
    at = 0.0
    tops = []
    for row in rows:
        high = max(row.height, LEAST)
        tops.append(-(at + high / 2))
        at += high + ROW_GAP
    return tops, [tops[-1] - 1.6 * NUMBER - ROW_GAP] if terms.bias is not None else []


def _labels(panel: Panel, rows: Rows, table: Table, edge: float) -> dict[str, float]:
    """Headings above the numbers by which rows are called, from the right to the left; where each stands."""
    x = edge
    made = {}
    sizes = table.cells.max(0) + 1
    for axis in (2, 1, 0):
        if not rows.axes[axis]:
            continue
        wide = max(DIGIT * len(str(int(sizes[axis]))), 2.7 * WORD if axis == 2 else 1.8 * WORD)
        panel.say("column", LABELS[axis], x - wide / 2, 1.6 * WORD, 0.85 * WORD)
        made[f"{AXES[axis]}_at"] = x - wide / 2
        x -= wide + 0.6 * WORD
    panel.reach(x, 0.0)
    return made


def _rows(panel: Panel, terms: Terms, rows: Rows, tops, extra, edge: float, labels: dict[str, float]) -> int:
    """The points of terms and of rows, and their names; with how many decimals they are written."""
    largest = np.abs(terms.products).max(initial=0.0)
    decimals = 4 if terms.how == SOFTMAX or largest < 0.1 else 3 if largest < 1 else 2
    for number, row in enumerate(rows.rows):
        for place, slot in enumerate(row.slots.tolist()):
            where = {"across": row.across[place], "down": row.down[place]} if len(row.across) else {}
            panel.add(0, tops[number], opened.TERM, row=number, slot=slot, **where)
    for slot in rows.ranked.tolist():
        panel.add(0, tops[-1], opened.TERM, slot=slot)
    if terms.bias is not None:
        panel.add(0, extra[0], opened.TERM, row=len(rows.rows), slot=-1)
    for number, z in enumerate([*tops, *extra]):
        row = rows.rows[number] if number < len(rows.rows) else Row("bias", np.zeros(0, int))
        text = min(NUMBER, ON_TILE * row.tile / ((2 + decimals) * DIGIT / WORD + 0.26)) if row.tile else 0.8 * NUMBER
        text = text if row.numbers else 0.0
        said = terms.how != SOFTMAX or not row.numbers
        numbers = {"text": text, "size": NUMBER if said else 0.0, "decimals": decimals}
        panel.add(0, z, opened.ROW, row=number, tile=row.tile, **numbers, **(labels if row.labelled else {}))
        if row.name:
            panel.say("row", row.name, edge, z, WORD, "dim", "RIGHT")
    return decimals


def _steps(panel: Panel, terms: Terms, table: Table, x: float, low: float, decimals: int) -> None:
    """What happens on the way from the sum to what the layer gives: words, and numbers at `x`."""
    made: list[tuple[int, str]] = []
    last = terms.steps[-1].op if terms.steps else ""
    if terms.how == SUM:
        made.append((opened.SUM, "sum with bias" if terms.bias is not None else "sum"))
        if table.normalized:
            made.append((opened.NORMALIZED, "normalized"))
    if last and "Normalization" not in last:
        made.append((opened.RESULT, last))
    elif terms.how in (LARGEST, MEAN):
        made.append((opened.RESULT, HOWS[terms.how].lower()))
    elif not table.normalized:
        made.append((opened.RESULT, "given on"))
    for number, (step, text) in enumerate(made):
        z = low - (1.9 + 1.9 * number) * NUMBER - 1.5 * ROW_GAP
        size = {"size": 1.25 * NUMBER, "decimals": min(decimals + 1, opened.DECIMALS)}
        panel.add(0, z, opened.STEP, row=LAST, step=step, **size)
        panel.say("step", text, x - 3.2 * NUMBER, z, WORD, "dim", "RIGHT")
        panel.reach(x, z - 1.2 * NUMBER)


def _formula(terms: Terms, table: Table) -> list[str | Figure]:
    """What the panel shows as one line that adds up by hand; none for a largest number."""
    values = float(np.abs(table.numbers).max(initial=0.0))
    result = float(np.abs(table.result).max(initial=0.0))
    if terms.how == SOFTMAX:
        score = Figure(opened.OWN, drawing.digits(values), 4)
        highest = Figure(opened.HIGHEST, drawing.digits(values), 4)
        return [
            "e^(",
            score,
            "−",
            highest,
            ") ÷",
            Figure(opened.POWERS, 2, 6),
            "=",
            Figure(opened.SHARE, 1, 5, last=True),
        ]
    if terms.how == MEAN:
        weight = float(np.abs(table.weights).max(initial=0.0))
        behind = drawing.decimals(result)
        whole = Figure(opened.ALL, drawing.digits(values / max(weight, 1e-9)), drawing.finer(behind, weight))
        factor = Figure(opened.WEIGHTS[0], 1, drawing.finer(behind, values / max(weight, 1e-9)))
        mean = Figure(opened.SUM, drawing.digits(result), behind, last=True)
        return ["sum of the cells", whole, "×", factor, "=", mean]
    if terms.how != SUM:
        return []
    weights = float(np.abs(table.weights).max(initial=0.0))
    before = (result + float(np.abs(table.shift).max())) / max(float(np.abs(table.scale).max()), 1e-9)
    behind = drawing.decimals(max(before, abs(terms.before)))
    scale = float(np.abs(table.scale).max())
    if table.normalized:
        behind = max(behind, drawing.finer(drawing.decimals(result) - 1, scale))
    made: list[str | Figure] = []
    fine = drawing.finer(behind, weights), drawing.finer(behind, values)
    for place in range(min(3, table.places.shape[1])):
        made += ["+"] if place else []
        made.append(Figure(opened.VALUES[place], drawing.digits(values), fine[0]))
        made += ["×", Figure(opened.WEIGHTS[place], drawing.digits(weights), fine[1])]
    wide = drawing.digits(max(before, abs(terms.before)))
    if table.places.shape[1] > 3:
        made += [Figure(opened.REST, wide, min(behind + 1, opened.DECIMALS), plus=True), "(others)"]
    if terms.bias is not None:
        made += [Figure(opened.BIAS, 1, min(behind + 1, opened.DECIMALS), plus=True), "(bias)"]
    made += ["=", Figure(opened.SUM, wide, behind)]
    if table.normalized:
        short = max(0, drawing.decimals(result) - 1)
        factor = Figure(opened.SCALE, drawing.digits(scale), drawing.finer(short, before))
        shift = Figure(opened.SHIFT, drawing.digits(float(np.abs(table.shift).max())), short + 1, plus=True)
        made += ["→ ×", factor, shift, "=", Figure(opened.NORMALIZED, drawing.digits(result), short)]
    last = terms.steps[-1].op if terms.steps else ""
    if last and "Normalization" not in last:
        short = max(0, drawing.decimals(result) - 1) if table.normalized else behind
        made += ["→", last, "→", Figure(opened.RESULT, drawing.digits(result), short, last=True)]
    return made


def _maps(panel: Panel, network: Network, terms: Terms, table: Table, right: float) -> int:
    """The map that is read, on the left, and that which is made, on the right, where they are small enough; how many
    cells the first has."""
    layer = network.layer(terms.layer)
    area = 0
    if terms.how != SOFTMAX:
        source = network.layer(terms.source).grid
        windowed = table.kernel != (1, 1) or terms.how in (LARGEST, MEAN)
        if windowed and table.whole and source.is_map and source.rows * source.columns <= CELLS:
            area = source.rows * source.columns
            tile = MAP / max(source.rows, source.columns)
            x = panel.left - GAP - source.columns * tile
            _map(panel, (source.rows, source.columns), x, tile, opened.FROM, opened.FROM_FRAME)
            panel.say("map", short_name(network.layer(terms.source)), x + source.columns * tile / 2, 1.6 * WORD)
    _, rows, columns = table.counts
    if 1 < rows * columns <= CELLS and (rows, columns) == (layer.grid.rows, layer.grid.columns) and layer.grid.is_map:
        tile = MAP / max(rows, columns)
        x = right + GAP
        _map(panel, (rows, columns), x, tile, opened.INTO, opened.INTO_FRAME)
        panel.say("map", short_name(layer), x + columns * tile / 2, 1.6 * WORD)
    return area


def _map(panel: Panel, size, x: float, tile: float, part: int, frame: int) -> None:
    """The cells of a map whose upper left corner is at the height of the first row, and the frame on it."""
    rows, columns = size
    x, z = x + tile / 2, -tile / 2
    for slot in range(rows * columns):
        row, column = divmod(slot, columns)
        panel.add(x + column * tile, z - row * tile, part, slot=slot, tile=tile, row=LAST)
    panel.add(x, z, frame, tile=tile, row=LAST)
    panel.reach(x - tile, z)
    panel.reach(x + columns * tile, z - rows * tile)


def _title(panel: Panel, network: Network, terms: Terms, table: Table) -> None:
    layer = network.layer(terms.layer)
    counts = (layer.grid.units, layer.grid.rows, layer.grid.columns)
    words = ("map" if layer.grid.is_map else "unit", "row", "column")
    panel.title(short_name(layer), counts, panel.left, max(4.2 * WORD, panel.top + 1.2 * WORD), opened.TITLE, words)


def _table_mesh(terms: Terms, table: Table, source: LayerObject | None, layer: LayerObject) -> bpy.types.Mesh:
    """What the group reads by the number of a cell, and by places in the source."""
    spans = [np.arange(begin, end + 1) for begin, end in zip(table.first, table.last, strict=True)]
    cells = np.stack([axis.ravel() for axis in np.meshgrid(*spans, indexing="ij")], -1)
    wide, heavy = table.places.shape[1], table.weights.shape[1]
    columns = {
        "places_at": table.place_of * wide,
        "weights_at": table.weight_of * heavy,
        "place": table.places.ravel(),
        "weight": table.weights.ravel(),
        "bias": table.bias,
        "scale": table.scale,
        "shift": table.shift,
        "result": table.result,
        "target": drawing.drawn(layer, cells),
        "number": table.numbers,
        "drawn": drawing.drawn(source, table.cells),
        "unit": table.cells[:, 0],
        "row": table.cells[:, 1],
        "column": table.cells[:, 2],
    }
    wholes = ("places_at", "weights_at", "place", "target", "drawn", "unit", "row", "column")
    return drawing.mesh_of(f"{terms.layer} table", columns, wholes)
