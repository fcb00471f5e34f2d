# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The panel of attention: a row for each token that is looked at, and the query and a key number by number."""

from __future__ import annotations

import bpy
import numpy as np

from ...containers import CheckpointError
from ...layout import HEIGHT
from ...network import Network
from ...nodes import opened, opened_attention
from ..entities import NetworkScene
from ..texts.words import short_name
from . import panel as drawing
from .attention import BLOCKED, Attention
from .panel import DIGIT, NUMBER, ROW_GAP, WORD, Figure, Panel

SHOWN = 12  # tokens one by one
ROW = 1.7 * NUMBER
BLOCK = 5.4 * NUMBER
LENGTH = 0.45 * HEIGHT
TILE = 0.06 * HEIGHT
WIDEST = 1.6 * HEIGHT  # of a query, number by number
HEADINGS = ("query · key", "score", "e^(s − max)", "share", "value")


def make(collection: bpy.types.Collection, network: Network, attention: Attention) -> bpy.types.Object:
    """The panel of attention, a child of its layer's object. Raises `CheckpointError` where that is not there."""
    scene = NetworkScene(collection)
    layer = scene.layers().get(attention.layer)
    if layer is None:
        raise CheckpointError(attention.layer, "is not in the scene", "unfold the block that it is in")
    heads, tokens, size = attention.queries.shape
    others, features = attention.values.shape[1:]
    shown = min(SHOWN, others)
    panel = Panel(attention.layer)
    sums = (len(HEADINGS) + 0.1) * BLOCK
    bars = sums + 3.2 * NUMBER
    numbers = {"size": 0.9 * NUMBER, "decimals": 3}
    for other in range(others):
        for slot in range(size):
            panel.add(0, 0, opened.TERM, key=other, slot=slot)
    for other in range(others):
        panel.add(0, 0, opened.ROW, key=other, **numbers)
    for place, heading in enumerate(HEADINGS):
        panel.say("column", heading, place * BLOCK, 1.4 * WORD, 0.9 * WORD)
    panel.say("column", "token", -0.9 * BLOCK, 1.4 * WORD, 0.9 * WORD)
    panel.say("column", "share × value", sums, 1.4 * WORD, 0.9 * WORD)
    panel.reach(bars + LENGTH, 0.0)
    low = -shown * ROW
    if others > shown:
        panel.add(0, low - ROW / 2, opened_attention.STRIP + 2, **numbers)
        panel.say("row", "others, net", sums - 3.2 * NUMBER, low - ROW / 2, WORD, "dim", "RIGHT")
        low -= ROW
    low -= 1.2 * NUMBER + ROW_GAP
    panel.add(0, low, opened.STEP, size=1.25 * NUMBER, decimals=4)
    panel.say("step", "sum", sums - 3.2 * NUMBER, low, WORD, "dim", "RIGHT")
    _query(panel, size, low - 1.8 * NUMBER)
    _write_formula(panel, attention)
    words = ("head", "token", "feature")
    panel.title(
        short_name(network.layer(attention.layer)),
        (heads, tokens, features),
        panel.left,
        3.6 * WORD,
        opened.TITLE,
        words,
    )
    inputs = {
        "Target": layer.obj,
        "First": (0.0, 0.0, 0.0),
        "Last": (heads - 1.0, tokens - 1.0, features - 1.0),
        "Keys": others,
        "Size": size,
        "Queries": tokens,
        "Features": features,
        "Factor": attention.factor,
        "Own Mask": len(attention.mask) > 1,
        "Ranked": others > shown,
        "Shown": shown,
        "Block": BLOCK,
        "Row Height": ROW,
        "Sums": sums,
        "Bars": bars,
        "Length": LENGTH,
        "Thickness": 0.8 * NUMBER,
        "Pitch": float(layer.inputs["Pitch"]),
        "Frame": drawing.FRAME,
        "Label Size": WORD,
    }
    group = opened_attention.attention_group()
    return drawing.stand(scene, layer, panel, _table(attention, layer), group, inputs, attention.cell)


def _query(panel: Panel, size: int, top: float) -> None:
    """The query, the key that gives most, and their products: a tile a number, under the rows."""
    tile = min(TILE, WIDEST / size)
    for slot in range(size):
        panel.add((slot + 0.5) * tile, top - ROW, opened_attention.STRIP, slot=slot, tile=tile)
    for place, word in enumerate(("query", "key of token", "products")):
        z = top - (place + 1) * ROW
        end = -0.5 * NUMBER
        if place == 1:
            end -= 2.4 * DIGIT
            panel.add(end + 1.3 * DIGIT, z, opened_attention.STRIP + 1, size=WORD)
        panel.say("row", word, end, z, WORD, "dim", "RIGHT")
    panel.reach(size * tile, top - 4 * ROW)


def _write_formula(panel: Panel, attention: Attention) -> None:
    """The shares and values that give most as one line."""
    largest = float(np.abs(attention.values).max(initial=0.0))
    others = attention.values.shape[1]
    line: list[str | Figure] = []
    for place in range(min(3, others)):
        line += ["+"] if place else []
        line.append(Figure(opened.VALUES[place], 1, drawing.finer(3, largest)))
        line += ["×", Figure(opened.WEIGHTS[place], drawing.digits(largest), 4)]
    if others > 3:
        line += [Figure(opened.REST, drawing.digits(largest), 4, plus=True), "(others)"]
    panel.formula([*line, "=", Figure(opened.SUM, drawing.digits(largest), 3, last=True)])


def _table(attention: Attention, layer) -> bpy.types.Mesh:
    heads, tokens, _ = attention.queries.shape
    others = attention.values.shape[1]
    grid = layer.grid
    cells = np.stack([axis.ravel() for axis in np.indices((heads, tokens, others))], -1)
    shows = tuple(grid) == (heads, tokens, others)
    columns = {
        "query": attention.queries.ravel(),
        "other": attention.keys.ravel(),
        "value": attention.values.ravel(),
        "mask": np.maximum(attention.mask, 10 * BLOCKED).ravel(),
        "target": drawing.drawn(layer, cells) if shows else np.full(len(cells), -1),
    }
    return drawing.mesh_of(f"{attention.layer} table", columns, ("target",))
