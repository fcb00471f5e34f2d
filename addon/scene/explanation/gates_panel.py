# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The panel of a recurrent unit: a row for each gate, and what they make of its state."""

from __future__ import annotations

import bpy
import numpy as np

from ...containers import CheckpointError
from ...network import Network
from ...network.joins.recurrent import GATES
from ...nodes import opened, opened_gates
from ..entities import LayerObject, NetworkScene
from ..texts import labels
from ..texts.words import short_name
from . import panel as drawing
from .gates import NAMES, Gates
from .panel import NUMBER, ROW_GAP, WORD, Figure, Panel

ROW = 2.1 * NUMBER
BLOCK = 5.0 * NUMBER
STEPS = {
    "LSTM": (
        (opened_gates.BEFORE, "cell state before"),
        (opened_gates.FORGOTTEN, "forget gate × cell state"),
        (opened_gates.WRITTEN, "input gate × candidate"),
        (opened_gates.STATE, "their sum, the cell state"),
        (opened_gates.SQUASHED, "its tanh"),
        (opened_gates.RESULT, "output gate × tanh"),
    ),
    "GRU": (
        (opened_gates.BEFORE, "unit before"),
        (opened_gates.KEPT, "update gate × unit before"),
        (opened_gates.ANEW, "(1 − update gate) × candidate"),
        (opened_gates.RESULT, "their sum"),
    ),
    "RNN": ((opened_gates.RESULT, "tanh"),),
}


def make(collection: bpy.types.Collection, network: Network, gates: Gates) -> bpy.types.Object:
    """The panel of a recurrent unit, a child of its layer's object. Raises `CheckpointError` where there is none."""
    scene = NetworkScene(collection)
    layer = scene.layers().get(gates.layer)
    if layer is None:
        raise CheckpointError(gates.layer, "is not in the scene", "unfold the block that it is in")
    source = scene.layers().get(gates.source)
    panel = Panel(gates.layer)
    count, hidden, inputs = gates.weights.shape[1:]
    for gate in range(count):
        for again, size in enumerate((inputs, hidden)):
            for slot in range(size):
                panel.add(0, 0, opened.TERM, gate=gate, again=again, slot=slot)
    squashed = "sigmoid" if gates.op != "RNN" else "tanh"
    headings = (f"of {inputs:,} inputs", f"of {hidden:,} units before", "bias", "sum", squashed)
    wide = max(BLOCK, WORD * (0.85 * max(map(labels.width_of, headings)) + 0.8))
    for place, heading in enumerate(headings):
        panel.say("column", heading, place * wide, 1.5 * WORD, 0.85 * WORD)
    for gate, name in enumerate(NAMES[gates.op]):
        z = -(gate + 0.5) * ROW
        panel.add(0, z, opened.ROW, gate=gate, size=NUMBER, decimals=4)
        panel.say("row", name, -0.6 * wide, z, WORD, "dim", "RIGHT")
    if gates.op != "RNN":
        panel.say("row", "by tanh", 4.6 * wide, -(count - 0.5) * ROW, 0.85 * WORD, "dim", "LEFT")
    sums = 4 * wide
    z = -count * ROW - ROW_GAP
    for step, word in STEPS[gates.op]:
        z -= ROW
        size = 1.25 * NUMBER if step == opened_gates.RESULT else NUMBER
        panel.add(0, z, opened.STEP, step=step, size=size, decimals=4)
        panel.say("step", word, sums - 3.0 * NUMBER, z, WORD, "dim", "RIGHT")
        panel.reach(sums + 3 * NUMBER, z - NUMBER)
    _write_formula(panel, gates)
    grid = network.layer(gates.layer).grid
    tokens = grid.units == 1
    words = ("unit", "step" if tokens else "row", "unit" if tokens else "column")
    counts = (grid.units, grid.rows, grid.columns)
    panel.title(short_name(network.layer(gates.layer)), counts, panel.left, 3.8 * WORD, opened.TITLE, words)
    inputs_of = {
        "Kind": gates.op,
        "Source": source.obj if source else None,
        "First": (0.0, 0.0, 0.0),
        "Last": tuple(float(size - 1) for size in counts),
        "Inputs": inputs,
        "Hidden": hidden,
        "Reset After": gates.after,
        "Block": wide,
        "Sums": sums,
        "Pitch": float(source.inputs["Pitch"]) if source else 0.1,
        "Frame": drawing.FRAME,
    }
    mesh = _table(gates, grid, source)
    return drawing.stand(scene, layer, panel, mesh, opened_gates.gates_group(), inputs_of, gates.cell)


def _write_formula(panel: Panel, gates: Gates) -> None:
    """What the gates make of the state as one line."""
    first, second, third, fourth = (Figure(opened_gates.GATE + place, 1, 5) for place in range(4))
    result = Figure(opened_gates.RESULT, 1, 4, last=True)
    digits = drawing.digits(float(np.abs(gates.states).max(initial=0.0)))
    before, state = Figure(opened_gates.BEFORE, digits, 5), Figure(opened_gates.STATE, digits, 5)
    if gates.op == "LSTM":
        panel.formula([third, "×", before, "+", first, "×", fourth, "=", state, "→", second, "× tanh =", result])
    elif gates.op == "GRU":
        panel.formula([first, "×", before, "+ ( 1 −", first, ") ×", third, "=", result])
    else:
        panel.formula(["tanh (", Figure(opened_gates.WHOLE, 2, 5), ") =", result])


def _table(gates: Gates, grid, source: LayerObject | None) -> bpy.types.Mesh:
    """What the group reads by the number of a cell, and from there on."""
    _, directions, hidden = gates.given.shape
    count, inputs = GATES[gates.op], gates.inputs.shape[1]
    spans = np.stack([axis.ravel() for axis in np.indices((grid.units, grid.rows, grid.columns))], -1)
    own = spans @ np.array(grid.strides)
    step, rest = np.divmod(own, directions * hidden)
    direction, unit = np.divmod(rest, hidden)
    columns = {
        "x_at": step * inputs,
        "w_at": (direction * count * hidden + unit) * inputs,
        "r_at": (direction * count * hidden + unit) * hidden,
        "b_at": direction * 2 * count * hidden + unit,
        "h_at": own - unit,
        "own": own,
        "x": gates.inputs.ravel(),
        "drawn": drawing.drawn(source, gates.cells.reshape(-1, 3)),
        "w": gates.weights.ravel(),
        "r": gates.again.ravel(),
        "b": gates.bias.ravel(),
        "h": gates.before.ravel(),
        "reset": gates.reset.ravel(),
        "state": gates.states.ravel(),
    }
    wholes = ("x_at", "w_at", "r_at", "b_at", "h_at", "own", "drawn")
    return drawing.mesh_of(f"{gates.layer} table", columns, wholes)
