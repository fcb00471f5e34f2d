# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recurrent layers that Keras writes as a loop over the steps: While with a cell in its body.

    x -> TensorListFromTensor -> While(..., time, list of outputs, states, captured weights) -> TensorListStack

The body is compared operator by operator with what Keras 2 and 3 write for a SimpleRNN, a GRU that is reset after the
product, and an LSTM; one that has anything else in it (a mask, dropout, another activation) stays as it is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from .flat import Flat, Node, Place

LOOPS = ("While", "StatelessWhile")
PASSING = ("Identity", "ReadVariableOp", "Cast")
# Operators of a body, but for those that pass on or count: what a cell of Keras is made of.
GRU = {"MatMul": 2, "Split": 2, "Sigmoid": 2, "Tanh": 1, "Mul": 3, "Sub": 1}
CELLS = (
    ("KerasLSTM", {"MatMul": 2, "Split": 1, "Sigmoid": 3, "Tanh": 2, "Mul": 3}),
    ("KerasGRU", GRU),
    ("KerasGRU", GRU | {"Squeeze": 2, "StridedSlice": 3}),  # Keras 3
    ("KerasRNN", {"MatMul": 2}),
)
READS = {"MatMul": 2, "BiasAdd": 2, "TensorListSetItem": 2}
ACTIVATIONS = {"Tanh": "Tanh", "Relu": "Relu", "Sigmoid": "Sigmoid"}
UNCOUNTED = {"Const", "NoOp", "AddV2", "BiasAdd", "Unpack", "TensorListGetItem", "TensorListSetItem", *PASSING}
STATES = {"KerasLSTM": 2, "KerasGRU": 1, "KerasRNN": 1}
STACK_OF_LAST = "StackOfLast"  # the last step, with an axis of one step before it


@dataclass
class _Cell:
    """Where what a cell needs stands among the arguments of its body; -1 for a bias that is not there."""

    op: str
    items: int
    kernel: int
    recurrent: int
    bias: int
    states: list[int]
    outputs: int
    every_step: bool
    activation: str = ""


def recognise(graph: Flat) -> None:
    """Put one recurrent operator in the place of each loop that is a layer of Keras."""
    if graph.inliner is None:
        return
    moved: dict[Place, Place] = {}
    for node in list(graph.nodes.values()):
        if node.op not in LOOPS:
            continue
        name = (node.attributes.get("body") or {}).get("func", {}).get("name", "")
        function = graph.inliner.functions.get(name)
        cell = _cell(function) if function else None
        if cell is None or max(cell.items, cell.kernel, cell.recurrent, cell.bias, *cell.states) >= len(node.reads):
            continue
        listed = graph.nodes.get(graph.source(node.reads[cell.items])[0])
        if listed is None or listed.op != "TensorListFromTensor" or not listed.reads:
            continue
        _replace(graph, node, listed, cell, moved)
    if moved:
        for node in graph.nodes.values():
            node.reads = [moved.get(at, at) for at in node.reads]


def _replace(graph: Flat, node: Node, listed: Node, cell: _Cell, moved: dict[Place, Place]) -> None:
    weights = [node.reads[cell.kernel], node.reads[cell.recurrent]]
    if cell.bias >= 0:
        weights.append(node.reads[cell.bias])
    states = [node.reads[place] for place in cell.states]
    for reader in graph.nodes.values():
        if (
            reader.op == "TensorListStack"
            and reader.reads
            and graph.source(reader.reads[0]) == (node.name, cell.outputs)
        ):
            reader.op = "Identity" if cell.every_step else STACK_OF_LAST
            reader.reads = [(node.name, 1 if cell.every_step else 0)]
    for number, place in enumerate(cell.states):
        moved[node.name, place] = node.name, 2 + number
    node.op, node.reads = cell.op, [listed.reads[0], *states, *weights]
    node.attributes = {"time_major": {"b": True}, "activation": {"s": cell.activation}}


def _cell(function: dict) -> _Cell | None:
    """The cell in the body of a loop; None for anything else."""
    arguments = [argument.get("name", "") for argument in function.get("signature", {}).get("input_arg", [])]
    nodes = {one.get("name", ""): one for one in function.get("node_def", [])}
    counts = Counter(one.get("op", "") for one in nodes.values())
    body = _Body(arguments, nodes)
    own = {op: count for op, count in counts.items() if op not in UNCOUNTED}
    activation = ""
    op = next((op for op, wanted in CELLS if own == wanted), "")
    if not op:
        inside = [name for name in own if name in ACTIVATIONS]
        if own == {"MatMul": 2, **{name: 1 for name in inside}} and len(inside) == 1:
            op, activation = "KerasRNN", ACTIVATIONS[inside[0]]
    reads, writes, products = (body.of(name) for name in ("TensorListGetItem", "TensorListSetItem", "MatMul"))
    if not op or counts["TensorListGetItem"] != 1 or counts["TensorListSetItem"] != 1 or not reads or not writes:
        return None
    item, kept = reads[0], writes[0]
    first = [one for one in products if body.maker(one["input"][0]) is item]
    second = [one for one in products if body.argument(one["input"][0]) is not None]
    if len(first) != 1 or len(second) != 1:
        return None
    biases = {body.argument(one["input"][1]) for one in body.of("BiasAdd") if body.passes_weight(one["input"][1])}
    biases |= {body.argument(one["input"][0]) for one in body.of("Unpack")}
    for one in (*body.of("AddV2"), *body.of("Split")):  # Keras adds the rows of a GRU's bias so
        biases |= {body.argument(text) for text in one["input"] if body.passes_weight(text)}
    biases.discard(None)
    places = [
        body.argument(item["input"][0]),
        body.argument(first[0]["input"][1]),
        body.argument(second[0]["input"][1]),
        body.argument(kept["input"][0]),
    ]
    state = body.argument(second[0]["input"][0])
    if None in places or state is None or len(biases) > 1:
        return None
    items, kernel, recurrent, outputs = (place for place in places if place is not None)
    count = STATES[op]
    bias = next((place for place in biases if place is not None), -1)
    every_step = body.argument(kept["input"][1]) is not None
    return _Cell(op, items, kernel, recurrent, bias, list(range(state, state + count)), outputs, every_step, activation)


class _Body:
    """The nodes of a loop's body, and what they read."""

    def __init__(self, arguments: list[str], nodes: dict[str, dict]):
        self.places = {name: place for place, name in enumerate(arguments)}
        self.nodes = nodes

    def of(self, op: str) -> list[dict]:
        """The nodes of an operator that have the inputs it needs."""
        least = READS.get(op, 1)
        return [one for one in self.nodes.values() if one.get("op") == op and len(one.get("input", [])) >= least]

    def maker(self, text: str) -> dict | None:
        """The node that gives a tensor, behind what only passes it on."""
        return self.nodes.get(self._origin(text))

    def argument(self, text: str) -> int | None:
        """Which argument a tensor is, behind what only passes it on; None for what is made in the body."""
        name = self._origin(text)
        return None if name in self.nodes else self.places.get(name)

    def _origin(self, text: str) -> str:
        """The name of what gives a tensor, behind what only passes it on."""
        name = text.partition(":")[0]
        for _ in range(len(self.nodes)):  # nodes of a damaged file may pass on one another
            node = self.nodes.get(name)
            if node is None or node.get("op") not in PASSING or not node.get("input"):
                break
            name = node["input"][0].partition(":")[0]
        return name

    def passes_weight(self, text: str) -> bool:
        """Whether a tensor is read from a variable."""
        node = self.nodes.get(text.partition(":")[0])
        return node is not None and node.get("op") == "ReadVariableOp"
