# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""LSTM, GRU and RNN as ONNX has them: the gates in its order, an axis for the directions."""

from __future__ import annotations

from dataclasses import replace

from .graph_state import Signal, Signals
from .modules import Node
from .sizes import directions, gates_of

TORCH_GATES = {"LSTM": (0, 3, 1, 2), "GRU": (1, 0, 2), "RNN": (0,)}  # places of ONNX's gates among torch's
KERAS_GATES = {"LSTM": (0, 3, 1, 2), "GRU": (0, 1, 2), "RNN": (0,)}  # and among Keras's (i f c o; z r h)


def recurrent(graph: Signals, node: Node, signal: Signal | None) -> Signal | None:
    """LSTM, GRU or RNN, layer after layer, as torch's exporter puts its gates and directions."""
    roles = node.tensors
    layer = 0
    if "recurrent" in roles:
        return _layer(graph, node, signal, [(roles["weight"], roles["recurrent"], roles.get("bias"), None)])
    suffixes = directions(roles, 0)
    while suffixes:
        parts = [
            tuple(roles.get(f"{name}{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
            for suffix in suffixes
        ]
        signal = _layer(graph, node, signal, parts)
        layer += 1
        suffixes = directions(roles, layer)
    return signal if layer else graph.opaque(node, signal)


def _layer(graph, node, signal, parts):
    """One layer; `parts` are (weight, recurrent weight, bias, second bias) of each direction, None for no bias."""
    op, inputs, hidden = gates_of(parts[0], graph.torch)
    if any(gates_of(part, graph.torch) != (op, inputs, hidden) for part in parts):
        op = ""
    source = graph.fit(signal, "sequence", inputs, path=node.path) if signal else graph.input("sequence", inputs)
    if not op:
        held = [stored for part in parts for stored in part if stored is not None]
        used = Node(node.path, {str(place): stored for place, stored in enumerate(held)})
        return graph.opaque(used, source, "Recurrent", len(parts) * hidden)
    path = node.path
    order = (TORCH_GATES if graph.torch else KERAS_GATES)[op]
    kernels = [[_kernel(graph, path, part[slot], order, hidden) for part in parts] for slot in (0, 1)]
    whole = 2 if graph.torch else 1  # how many biases a direction has, if any
    if all(sum(bias is not None for bias in part[2:]) == whole for part in parts):
        kernels.append([_biases(graph, path, part, order, hidden) for part in parts])
    both = len(parts) == 2
    stacked = [graph.op(path, "Concat", *kernel, axis=0) if both else kernel[0] for kernel in kernels]
    reset = op == "GRU" and (graph.torch or parts[0][2] is not None and len(parts[0][2].shape) == 2)
    tensor = graph.op(path, "Transpose", source.tensor, perm=[1, 0, 2])
    made = graph.op(
        path,
        op,
        tensor,
        *stacked,
        hidden_size=hidden,
        direction="bidirectional" if both else None,
        linear_before_reset=1 if reset else None,
    )
    if both:
        made = graph.op(path, "Transpose", made, perm=[0, 2, 1, 3])
        made = graph.op(path, "Reshape", made, graph.ints(0, 0, -1))
    else:
        made = graph.op(path, "Squeeze", made, graph.ints(1))
    made = graph.op(path, "Transpose", made, perm=[1, 0, 2])
    return replace(source, tensor=made, width=len(parts) * hidden)


def _kernel(graph, path, stored, order, hidden):
    """A matrix with its gates in ONNX's order, (1, gates x hidden, inputs)."""
    tensor = graph.weight(path, stored)
    if not graph.torch:
        tensor = graph.op(path, "Transpose", tensor, perm=[1, 0])
    if len(order) > 1:
        tensor = graph.op(path, "Reshape", tensor, graph.ints(len(order), hidden, -1))
        tensor = graph.op(path, "Gather", tensor, graph.ints(*order), axis=0)
    return graph.op(path, "Reshape", tensor, graph.ints(1, len(order) * hidden, -1))


def _biases(graph, path, part, order, hidden):
    """Both biases of a direction in one row, (1, 2 x gates x hidden); a second that is not there is 0."""
    made = []
    for bias in part[2:]:
        if bias is not None:
            tensor = graph.op(path, "Reshape", graph.weight(path, bias), graph.ints(-1, len(order), hidden))
            tensor = graph.op(path, "Gather", tensor, graph.ints(*order), axis=1)
            made.append(graph.op(path, "Reshape", tensor, graph.ints(1, -1)))
    if len(made) == 1 and len(part[2].shape) == 1:
        made.append(graph.op(path, "Mul", made[0], graph.number(0.0)))
    return graph.op(path, "Concat", *made, axis=1) if len(made) > 1 else made[0]
