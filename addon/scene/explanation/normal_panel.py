# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The panel of a normalization: the numbers that are brought to one scale, and what becomes of one of them."""

from __future__ import annotations

import bpy
import numpy as np

from ...containers import CheckpointError
from ...layout import HEIGHT
from ...network import Network
from ...nodes import opened, opened_normal
from ..entities import NetworkScene
from ..texts import labels
from ..texts.words import short_name
from . import panel as drawing
from .normals import Normal
from .panel import NUMBER, WORD, Figure, Panel

WIDTH, HIGH = 1.5 * HEIGHT, 0.3 * HEIGHT  # of all numbers, of the largest
STEP = 2.0 * NUMBER


def make(collection: bpy.types.Collection, network: Network, normal: Normal) -> bpy.types.Object:
    """The panel of a normalization, a child of its layer's object. Raises `CheckpointError` where that is not there."""
    scene = NetworkScene(collection)
    layer = scene.layers().get(normal.layer)
    if layer is None:
        raise CheckpointError(normal.layer, "is not in the scene", "unfold the block that it is in")
    grid = network.layer(normal.layer).grid
    panel = Panel(normal.layer)
    for slot in range(normal.count):
        panel.add(0, 0, opened.TERM, slot=slot)
    decimals = 3
    for step, word in enumerate(("− spread", "mean", "+ spread") if normal.centered else ("− root", "", "root")):
        if word:
            panel.add(0, 0, opened_normal.LINE, step=step, size=0.8 * NUMBER, decimals=decimals, wide=2.4 * NUMBER)
    panel.reach(-0.5 * NUMBER, HIGH * 1.1)
    panel.reach(WIDTH + 4.5 * NUMBER, -HIGH * 1.1)
    widest = max(labels.width_of(word) for _, word in _steps(normal))
    sums = WIDTH + 5.0 * NUMBER + widest * WORD + 3.4 * NUMBER
    z = HIGH
    for step, word in _steps(normal):
        panel.add(0, z, opened.STEP, step=step, size=NUMBER, decimals=4)
        panel.say("step", word, sums - 2.6 * NUMBER, z, WORD, "dim", "RIGHT")
        panel.reach(sums + 2.5 * NUMBER, z)
        z -= STEP
    _write_formula(panel, normal)
    panel.say("column", f"{normal.count:,} numbers", WIDTH / 2, panel.top + 0.8 * WORD)
    token = grid.units == 1 and grid.columns > 1
    words = ("map", "row", "feature" if token else "column") if grid.is_map else ("unit", "row", "column")
    counts = (grid.units, grid.rows, grid.columns)
    panel.title(
        short_name(network.layer(normal.layer)), counts, panel.left, panel.top + 1.6 * WORD, opened.TITLE, words
    )
    spans = np.stack([axis.ravel() for axis in np.indices(counts)], -1)
    columns = {
        "at": spans @ np.array(grid.strides),
        "number": normal.numbers,
        "scale": normal.scale,
        "bias": normal.bias,
    }
    mesh = drawing.mesh_of(f"{normal.layer} table", columns, ("at",))
    inputs = {
        "First": (0.0, 0.0, 0.0),
        "Last": tuple(float(count - 1) for count in counts),
        "Count": normal.count,
        "Centered": normal.centered,
        "Epsilon": normal.epsilon,
        "Sums": sums,
        "Width": WIDTH,
        "Height": HIGH,
        "Frame": drawing.FRAME,
    }
    return drawing.stand(scene, layer, panel, mesh, opened_normal.normal_group(), inputs, normal.cell)


def _steps(normal: Normal) -> list[tuple[int, str]]:
    """What is told of the way from a number to what becomes of it."""
    made = [(opened_normal.X, "number")]
    if normal.centered:
        made.append((opened_normal.MEAN, "mean"))
        made.append((opened_normal.SPREAD, "spread, √(variance + ε)"))
        made.append((opened_normal.NORMALIZED, "(number − mean) ÷ spread"))
    else:
        made.append((opened_normal.SPREAD, "root of the mean square + ε"))
        made.append((opened_normal.NORMALIZED, "number ÷ root"))
    made.append((opened_normal.SCALE, "× scale"))
    if np.any(normal.bias):
        made.append((opened_normal.BIAS, "+ bias"))
    return [*made, (opened_normal.RESULT, "result")]


def _write_formula(panel: Panel, normal: Normal) -> None:
    """The way from a number to what becomes of it as one line."""
    largest = drawing.digits(float(np.abs(normal.numbers).max(initial=0.0)))
    scale = drawing.digits(float(np.abs(normal.scale).max(initial=0.0)))
    number, root = Figure(opened_normal.X, largest, 5), Figure(opened_normal.SPREAD, largest, 5)
    line = [number, "÷", root]
    if normal.centered:
        line = ["(", number, "−", Figure(opened_normal.MEAN, largest, 5), ") ÷", root]
    line += ["×", Figure(opened_normal.SCALE, scale, 4)]
    if np.any(normal.bias):
        line.append(Figure(opened_normal.BIAS, scale, 4, plus=True))
    panel.formula([*line, "=", Figure(opened_normal.RESULT, largest, 3, last=True)])
