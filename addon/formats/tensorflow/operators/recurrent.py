# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recurrent layers that TensorFlow has as one operator."""

from __future__ import annotations

import numpy as np

from ..graph import Call, Unwritable, Value
from .table import Written, op

LSTM_GATES = (0, 3, 1, 2)  # Keras has the gates as input, forget, cell, output; ONNX as input, output, forget, cell


@op("CudnnRNN", "CudnnRNNV3", "BlockLSTM", "BlockLSTMV2")
def recurrent(call: Call) -> Written:
    raise Unwritable("weights in one row")


@op("KerasLSTM", "KerasGRU", "KerasRNN")
def keras(call: Call) -> Written:
    """A recurrent layer of Keras as one operator: (batch, steps, in), states, kernel (in, gates x units), recurrent
    kernel, bias if it has one. Gives the last step, all steps, the states."""
    is_lstm = call.op == "KerasLSTM"
    states = [
        call.node("Unsqueeze", call.plain(call.value(1 + place)), call.constant([0])) for place in range(1 + is_lstm)
    ]
    first = 2 + is_lstm
    kernel, recurrent_kernel = (call.plain(call.value(place)) for place in (first, first + 1))
    bias = call.plain(call.value(first + 2)) if call.has(first + 2) else ""
    units = call.graph.shape(recurrent_kernel)[0]
    if units is None:
        raise Unwritable("an open number of units")
    gates = {"KerasLSTM": LSTM_GATES, "KerasGRU": (0, 1, 2)}.get(call.op, (0,))
    weights = [
        call.node("Unsqueeze", _below(call, call.transpose(name, 1, 0), gates), call.constant([0]))
        for name in (kernel, recurrent_kernel)
    ]
    if not bias:
        biases = [call.constant(np.zeros(2 * len(gates) * units), np.float32)]
    elif call.op != "KerasGRU":
        biases = [_below(call, bias, gates), call.constant(np.zeros(len(gates) * units), np.float32)]
    else:  # of what it reads, and of its state: it is reset after the product
        pair = call.node("Split", bias, outputs=2, num_outputs=2)
        biases = [call.node("Squeeze", half, call.constant([0])) for half in pair]
    row = call.node("Unsqueeze", call.node("Concat", *biases, axis=0), call.constant([0]))
    call.assume_rank(call.x, 3)
    x = call.plain(call.x)
    x = x if call.get("time_major") else call.transpose(x, 1, 0, 2)
    backwards = bool(call.get("backwards"))
    y, *last = call.node(
        call.op.removeprefix("Keras"),
        x,
        *weights,
        row,
        "",
        *states,
        outputs=2 + is_lstm,
        hidden_size=units,
        direction="reverse" if backwards else "forward",
        linear_before_reset=1 if call.op == "KerasGRU" else None,
        activations=[call.get("activation") or "Affine"] if call.op == "KerasRNN" else None,
        activation_alpha=[1.0] if call.op == "KerasRNN" and not call.get("activation") else None,
        activation_beta=[0.0] if call.op == "KerasRNN" and not call.get("activation") else None,
    )
    steps = call.node("Squeeze", y, call.constant([1]))
    if backwards:  # Keras gives the steps in the order in which it took them
        steps = call.node("Slice", steps, *(call.constant([bound]) for bound in (-1, np.iinfo(np.int64).min, 0, -1)))
    if not call.get("time_major"):
        steps = call.node("Transpose", steps, perm=[1, 0, 2])
    ends = [Value(call.node("Squeeze", state, call.constant([0]))) for state in last]
    return [ends[0], Value(steps), *ends]


@op("StackOfLast")
def stack_of_last(call: Call) -> Written:
    """One step, with an axis of steps before it."""
    return Value(call.node("Unsqueeze", call.plain(call.x), call.constant([0])))


def _below(call, name, gates):
    """The gates of a tensor in another order along its first axis."""
    if gates == tuple(range(len(gates))):
        return name
    parts = call.node("Split", name, outputs=len(gates), num_outputs=len(gates), axis=0)
    return call.node("Concat", *(parts[gate] for gate in gates), axis=0)
