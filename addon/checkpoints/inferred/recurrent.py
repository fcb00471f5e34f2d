# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""LSTM, GRU and RNN as ONNX has them: the gates in its order, an axis for the directions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .modules import Node
from .sizes import directions, gates_of

if TYPE_CHECKING:
    from .graph import Graph, Signal

TORCH_GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN": (0,)}  # places of ONNX's gates among torch's
KERAS_GATES = {"LSTM": (0, 3, 1, 2), "GRU": (0, 1, 2), "RNN": (0,)}  # and among Keras's (i f c o; z r h)


def recurrent(graph: Graph, node: Node, signal: Signal | None) -> Signal | None:
    """LSTM, GRU or RNN, layer after layer, as torch's exporter puts its gates and directions."""
    roles, layer = node.tensors, 0
    if "recurrent" in roles:
        return _layer(graph, node, signal, [(roles["weight"], roles["recurrent"], roles.get("bias"), None)])
    suffixes = directions(roles, 0)
    while suffixes:
        parts = [tuple(roles.get(f"{name}{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
                 for suffix in suffixes]
        signal = _layer(graph, node, signal, parts)
        layer += 1
        suffixes = directions(roles, layer)
    return signal if layer else graph.opaque(node, signal)


def _layer(graph, node, signal, parts):
    op, inputs, hidden = gates_of(parts[0], graph.torch, graph.weights, node)
    source = graph.fit(signal, "sequence", inputs, path=node.path) if signal else graph.input("sequence", inputs)
    if source is None or not op:
        used = Node(node.path, {str(i): one for i, one in enumerate(one for part in parts for one in part if one)})
        return graph.opaque(used, signal, "Recurrent", len(parts) * hidden)
    order = (TORCH_GATES if graph.torch else KERAS_GATES)[op]
    weight, again, shift = ([_gates(graph, node.path, part, slot, order, hidden) for part in parts]
                            for slot in (0, 1, 2))
    tensor = graph.op(node.path, "Transpose", source.tensor, perm=[1, 0, 2])
    stacked = [_stacked(graph, node.path, one) for one in (weight, again, shift) if one[0]]
    both = len(parts) == 2
    reset = op == "GRU" and (graph.torch or parts[0][2] is not None and len(parts[0][2].shape) == 2)
    made = graph.op(node.path, op, tensor, *stacked, hidden_size=hidden, direction="bidirectional" if both else None,
                    linear_before_reset=1 if reset else None)
    if both:
        made = graph.op(node.path, "Reshape", graph.op(node.path, "Transpose", made, perm=[0, 2, 1, 3]),
                       graph.ints(0, 0, -1))
    else:
        made = graph.op(node.path, "Squeeze", made, graph.ints(1))
    made = graph.op(node.path, "Transpose", made, perm=[1, 0, 2])
    return graph.seen_as(replace(source, tensor=made, width=len(parts) * hidden))


def _gates(graph, path, part, slot, order, hidden):
    """A weight with its gates in ONNX's order, (1, gates x hidden, ...); slot 2 is both biases in one row."""
    if slot == 2:
        biases = [one for one in part[2:] if one is not None]
        if not biases:
            return ""
        if len(biases) == 1 and graph.torch:
            return ""
        made = [_ordered(graph, path, graph.weight(path, one), order, hidden, ()) for one in biases]
        if len(made) == 1 and len(biases[0].shape) == 1:
            made.append(graph.op(path, "Mul", made[0], graph.number(0.0)))
        return graph.op(path, "Concat", *made, axis=1) if len(made) > 1 else made[0]
    tensor = graph.weight(path, part[slot])
    if not graph.torch:
        tensor = graph.op(path, "Transpose", tensor, perm=[1, 0])
    return _ordered(graph, path, tensor, order, hidden, (-1,))


def _ordered(graph, path, tensor, order, hidden, rest):
    if len(order) > 1:
        tensor = graph.op(path, "Reshape", tensor, graph.ints(len(order), hidden, *rest) if rest else
                         graph.ints(-1, len(order), hidden))
        tensor = graph.op(path, "Gather", tensor, graph.ints(*order), axis=0 if rest else 1)
    return graph.op(path, "Reshape", tensor, graph.ints(1, len(order) * hidden, *rest) if rest else
                   graph.ints(1, -1))


def _stacked(graph, path, tensors):
    return graph.op(path, "Concat", *tensors, axis=0) if len(tensors) > 1 else tensors[0]
