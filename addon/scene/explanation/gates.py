# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a unit of an LSTM, GRU or RNN is made of at a step: its gates, its cell state, and what it gives. Touches no
Blender.

Order of gates, formulas and layouts: the ONNX operator specifications of LSTM (i, o, f, c), GRU (z, r, h) and RNN, with
their default activations. X and Y have the steps first; W is (directions, gates x hidden, inputs), R (directions, gates
x hidden, hidden), B (directions, 2 x gates x hidden). What a run does not tell, the cell states, is worked out in
double precision from what it tells, and held against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx

from ...containers import CheckpointError
from ...network import Layer, Network
from ...network.joins.recurrent import GATES, Recurrent
from ...network.network import sample_of
from .nodes_of import attribute, constant, nodes
from .terms import cells_of, check

MOST = 1_000_000  # weights that a scene takes
DEFAULTS = {"LSTM": [b"Sigmoid", b"Tanh", b"Tanh"], "GRU": [b"Sigmoid", b"Tanh"], "RNN": [b"Tanh"]}
NAMES = {
    "LSTM": ("input gate", "output gate", "forget gate", "candidate"),
    "GRU": ("update gate", "reset gate", "candidate"),
    "RNN": ("sum",),
}


@dataclass(frozen=True)
class Gates:
    """A cell (unit, row, column) of a recurrent `layer` that reads `source`.

    `inputs` (steps, inputs) with the unit, row and column of each in the source, `cells` (steps, inputs, 3); `before`
    and `states` (steps, directions, hidden) are what the units gave and held one step earlier, `reset` what of `before`
    the reset gate lets through. `weights` (directions, gates, hidden, inputs), `again` (directions, gates, hidden,
    hidden) and `bias` (directions, 2, gates, hidden). `given` (steps, directions, hidden) is what onnxruntime gave.
    `after` tells that the reset gate acts behind the weights.
    """

    layer: str
    op: str
    cell: tuple[int, int, int]
    source: str
    inputs: np.ndarray
    cells: np.ndarray
    before: np.ndarray
    states: np.ndarray
    reset: np.ndarray
    weights: np.ndarray
    again: np.ndarray
    bias: np.ndarray
    given: np.ndarray
    after: bool
    result: float


def gates(network: Network, layer: Layer, cell: tuple[int, int, int], values: Mapping[str, np.ndarray]) -> Gates:
    """What a cell of a recurrent layer is made of. Raises `CheckpointError` where the layer does what is not known, or
    its numbers do not come to what onnxruntime gave."""
    node = next((node for node in nodes(network, layer) if node.op_type in GATES), None)
    joins = (
        connection
        for connection in network.connections
        if connection.target is layer
        and isinstance(connection.join.inner, Recurrent)
        and connection.source is not layer
    )
    connection = next(joins, None)
    given = values.get(node.output[0]) if node is not None else None
    if node is None or connection is None or given is None or given.ndim != 4 or given.shape[2] != 1:
        raise CheckpointError(layer.name, "cannot be opened", "choose a recurrent layer of one sample")
    _plain(node, layer)
    steps, directions, _, hidden = given.shape
    op, count = node.op_type, GATES[node.op_type]
    stored = [constant(network, name) for name in [*node.input[1:4], "", ""][:3]]
    if stored[0] is None or stored[1] is None or given.size != layer.grid.size:
        raise CheckpointError(layer.name, "reads weights that are not in the file", "choose another layer")
    weights, again = (
        np.asarray(array, np.float32).reshape(directions, count, hidden, -1)
        for array in stored[:2]
        if array is not None
    )
    if max(weights.size, again.size) > MOST:
        raise CheckpointError(layer.name, f"has {weights.size + again.size:,} weights", "open a smaller layer")
    bias = np.zeros((directions, 2, count, hidden), np.float32)
    if stored[2] is not None:
        bias = np.asarray(stored[2], np.float32).reshape(bias.shape)
    source = connection.source
    first = np.arange(steps) * directions * hidden  # a cell of each step
    places, _ = connection.join.slots(first)
    if (places < 0).any() or places.shape[1] != weights.shape[3]:
        raise CheckpointError(layer.name, "reads numbers that are not known", "choose another layer")
    inputs = sample_of(values[source.tensor], source.grid).reshape(-1)[places].astype(np.float32)
    sizes = steps, directions, hidden
    outputs = given.reshape(sizes).astype(np.float64)
    begin = [_initial(network, layer, node, slot, values, directions, hidden) for slot in (5, 6)]
    made = _run(op, node, inputs, outputs, weights, again, bias, begin)
    before, states, reset, whole = made
    check(layer, outputs.ravel(), whole.ravel())
    flat = int(np.dot(cell, layer.grid.strides))
    return Gates(
        layer.name,
        op,
        cell,
        source.name,
        inputs,
        cells_of(source, places.ravel()).reshape(*places.shape, 3),
        before,
        states,
        reset,
        weights,
        again,
        bias,
        outputs,
        bool(attribute(node, "linear_before_reset", 0)),
        float(outputs.reshape(-1)[flat]),
    )


def _plain(node: onnx.NodeProto, layer: Layer) -> None:
    """Raises `CheckpointError` where an operator does more than its defaults."""
    directions = 2 if attribute(node, "direction", b"forward") == b"bidirectional" else 1
    activations = attribute(node, "activations", DEFAULTS[node.op_type] * directions)
    usual = [name.lower() for name in activations] == [name.lower() for name in DEFAULTS[node.op_type] * directions]
    more = attribute(node, "clip", 0.0) or attribute(node, "layout", 0) or attribute(node, "input_forget", 0)
    if not usual or more or len(node.input) > 7 and node.input[7]:
        raise CheckpointError(layer.name, f"is an {node.op_type} of a rare kind", "choose another layer")


def _initial(network, layer, node, slot, values, directions, hidden) -> np.ndarray:
    """The state before the first step, (directions, hidden)."""
    name = node.input[slot] if len(node.input) > slot else ""
    if not name or slot == 6 and node.op_type != "LSTM":
        return np.zeros((directions, hidden))
    known = constant(network, name)
    known = values.get(name) if known is None else known
    if known is None or known.size != directions * hidden:
        return np.zeros((directions, hidden))  # what comes of it is held against the run
    return np.asarray(known, np.float64).reshape(directions, hidden)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def _run(op, node, inputs, outputs, weights, again, bias, begin):
    """What units gave and held before each step, what is let through by the reset gate, and what they give."""
    steps, directions, hidden = outputs.shape
    before, states, reset, whole = (np.zeros(outputs.shape) for _ in range(4))
    after = bool(attribute(node, "linear_before_reset", 0))
    for direction in range(directions):
        backwards = direction == 1 or attribute(node, "direction", b"forward") == b"reverse"
        h, c = begin[0][direction], begin[1][direction]
        w, r, b = (array[direction].astype(np.float64) for array in (weights, again, bias))
        for step in range(steps - 1, -1, -1) if backwards else range(steps):
            before[step, direction], states[step, direction] = h, c
            x = w @ inputs[step].astype(np.float64) + b[0]
            if op == "LSTM":
                i, o, f = _sigmoid(x[:3] + r[:3] @ h + b[1, :3])
                c = f * c + i * np.tanh(x[3] + r[3] @ h + b[1, 3])
                made = o * np.tanh(c)
            elif op == "GRU":
                z, s = _sigmoid(x[:2] + r[:2] @ h + b[1, :2])
                reset[step, direction] = h if after else s * h
                inner = s * (r[2] @ h + b[1, 2]) if after else r[2] @ (s * h) + b[1, 2]
                made = (1.0 - z) * np.tanh(x[2] + inner) + z * h
            else:
                made = np.tanh(x[0] + r[0] @ h + b[1, 0])
            whole[step, direction] = made
            h = outputs[step, direction]  # of the run, as the next step reads it
    return before, states, reset, whole
