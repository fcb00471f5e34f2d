# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""LSTM, GRU and RNN: each of PyTorch's layers is one node; the gates of its weights are put into ONNX's order."""

from __future__ import annotations

from .emitter import Emitter, MismatchError, UnknownError, Value
from .shaping import slice_
from .table import OPERATORS

# PyTorch's gates in the order that ONNX has them: LSTM i f g o -> i o f c, GRU r z n -> z r h.
GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN": (0,)}


def _ordered(e: Emitter, kind, weight: Value) -> Value:
    order = GATES[kind]
    if len(order) == 1:
        return weight
    gates = e.node("Split", weight, outputs=len(order), axis=0, num_outputs=len(order))
    return e.node("Concat", *(gates[place] for place in order), axis=0)


def _stacked(e: Emitter, parts: list[Value]) -> Value:
    """One direction or two, along a new first axis."""
    parts = [e.node("Unsqueeze", part, e.constant([0])) for part in parts]
    return parts[0] if len(parts) == 1 else e.node("Concat", *parts, axis=0)


def _layer(e: Emitter, kind, x, weights, has_biases, directions, states, **more):
    """One layer: (steps, batch, features) -> (steps, batch, directions x hidden) and the last states."""
    each = 4 if has_biases else 2
    given = [weights[place : place + each] for place in range(0, each * directions, each)]
    w, r = (_stacked(e, [_ordered(e, kind, group[place]) for group in given]) for place in (0, 1))
    hidden = given[0][1].shape[1]
    if x.sizes[-1] != given[0][0].shape[1]:
        raise MismatchError(
            f"a recurrent layer of {given[0][0].shape[1]} inputs gets {x.sizes[-1]}", x.sizes[-1] < given[0][0].shape[1]
        )
    bias = (
        _stacked(
            e, [e.node("Concat", _ordered(e, kind, group[2]), _ordered(e, kind, group[3]), axis=0) for group in given]
        )
        if has_biases
        else None
    )
    outputs = 3 if kind == "LSTM" else 2
    made, *last = e.node(
        kind,
        x,
        w,
        r,
        bias,
        None,
        *states,
        outputs=outputs,
        hidden_size=hidden,
        direction="bidirectional" if directions == 2 else "forward",
        **more,
    )
    if directions == 1:
        return e.node("Squeeze", made, e.constant([1])), last
    return e.node("Reshape", e.node("Transpose", made, perm=[0, 2, 1, 3]), e.constant([0, 0, -1])), last


def _recurrent(kind, **more):
    def work(e: Emitter, x, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first=None):
        if batch_first is None or not isinstance(has_biases, bool):
            raise UnknownError("sequences of several lengths in one tensor")
        first = list(hx) if isinstance(hx, (list, tuple)) else [hx]
        directions = 2 if bidirectional else 1
        each = directions * (4 if has_biases else 2)
        if len(params) != each * num_layers:
            raise UnknownError("a recurrent layer with a projection")
        x = e.node("Transpose", x, perm=[1, 0, 2]) if batch_first else x
        last = []
        for layer in range(num_layers):
            place = layer * directions
            states = (
                []
                if all(state.zero for state in first)
                else [slice_(e, state, 0, place, place + directions) if num_layers > 1 else state for state in first]
            )
            x, ends = _layer(
                e, kind, x, params[layer * each : (layer + 1) * each], has_biases, directions, states, **more
            )
            last.append(ends)
        x = e.node("Transpose", x, perm=[1, 0, 2]) if batch_first else x
        ends = [
            states[0] if num_layers == 1 else e.node("Concat", *states, axis=0) for states in zip(*last, strict=True)
        ]
        return x, *ends

    return work


def _cell(kind, **more):
    def work(e: Emitter, x, hx, w_ih, w_hh, b_ih=None, b_hh=None):
        """One step: (batch, features) -> (batch, hidden), of an LSTM with the state of its cells."""
        states = [
            e.node("Unsqueeze", state, e.constant([0])) for state in (hx if isinstance(hx, (list, tuple)) else [hx])
        ]
        weights = [weight for weight in (w_ih, w_hh, b_ih, b_hh) if weight is not None]
        _, ends = _layer(e, kind, e.node("Unsqueeze", x, e.constant([0])), weights, b_ih is not None, 1, states, **more)
        ends = tuple(e.node("Squeeze", end, e.constant([0])) for end in ends)
        return ends if kind == "LSTM" else ends[0]

    return work


OPERATORS.update(
    {
        "lstm_cell": _cell("LSTM"),
        "gru_cell": _cell("GRU", linear_before_reset=1),
        "rnn_tanh_cell": _cell("RNN"),
        "rnn_relu_cell": _cell("RNN", activations=["Relu"]),
    }
)
OPERATORS.update(
    {
        "lstm": _recurrent("LSTM"),
        "gru": _recurrent("GRU", linear_before_reset=1),
        "rnn_tanh": _recurrent("RNN"),
        "rnn_relu": _recurrent("RNN", activations=["Relu"]),
    }
)
