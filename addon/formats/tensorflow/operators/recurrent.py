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


@op("KerasLSTM", "KerasGRU")
def keras(call: Call) -> Written:
    """A recurrent layer as Keras 2 calls it: (batch, steps, in), states, kernel (in, gates x units), recurrent kernel,
    bias. Gives the last step, all steps, the states."""
    is_lstm = call.op == "KerasLSTM"
    states = [
        call.node("Unsqueeze", call.plain(call.value(1 + place)), call.constant([0])) for place in range(1 + is_lstm)
    ]
    kernel, recurrent_kernel, bias = (call.plain(call.value(place)) for place in range(2 + is_lstm, 5 + is_lstm))
    units = call.graph.shape(recurrent_kernel)[0]
    if units is None:
        raise Unwritable("an open number of units")
    gates = LSTM_GATES if is_lstm else (0, 1, 2)
    weights = [
        call.node("Unsqueeze", _below(call, call.transpose(name, 1, 0), gates), call.constant([0]))
        for name in (kernel, recurrent_kernel)
    ]
    if is_lstm:
        biases = [_below(call, bias, gates), call.constant(np.zeros(4 * units), np.float32)]
    else:  # of what it reads, and of its state: it is reset after the product
        pair = call.node("Split", bias, outputs=2, num_outputs=2)
        biases = [call.node("Squeeze", half, call.constant([0])) for half in pair]
    row = call.node("Unsqueeze", call.node("Concat", *biases, axis=0), call.constant([0]))
    call.assume_rank(call.x, 3)
    x = call.plain(call.x)
    x = x if call.get("time_major") else call.transpose(x, 1, 0, 2)
    backwards = bool(call.get("backwards"))
    y, *last = call.node(
        "LSTM" if is_lstm else "GRU",
        x,
        *weights,
        row,
        "",
        *states,
        outputs=2 + is_lstm,
        hidden_size=units,
        direction="reverse" if backwards else "forward",
        linear_before_reset=None if is_lstm else 1,
    )
    steps = call.node("Squeeze", y, call.constant([1]))
    if backwards:  # Keras gives the steps in the order in which it took them
        steps = call.node("Slice", steps, *(call.constant([bound]) for bound in (-1, np.iinfo(np.int64).min, 0, -1)))
    if not call.get("time_major"):
        steps = call.node("Transpose", steps, perm=[1, 0, 2])
    ends = [Value(call.node("Squeeze", state, call.constant([0]))) for state in last]
    return [ends[0], Value(steps), *ends]


def _below(call, name, gates):
    """The gates of a tensor in another order along its first axis."""
    if gates == tuple(range(len(gates))):
        return name
    parts = call.node("Split", name, outputs=len(gates), num_outputs=len(gates), axis=0)
    return call.node("Concat", *(parts[gate] for gate in gates), axis=0)
