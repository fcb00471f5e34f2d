# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operators of a graph that depend on its inputs, and who reads what; all else is folded into constants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import onnx

from ..containers import stopping
from ..formats import Checkpoint
from ..formats.checkpoint import LAYER, captured, subgraphs, tensors
from . import constants, dimensions, quantised
from .constants import Constant
from .scopes import scope_of


@dataclass
class Operator:
    """A node that depends on an input of the model; `index` is its place among those."""

    index: int
    node: onnx.NodeProto
    reads: list[tuple[int, str]]  # (slot, tensor) of what is not constant; what subgraphs capture comes after the slots
    constants: dict[int, Constant]  # by slot; those of subgraphs come after the slots
    scope: tuple[str, ...] = ()
    nodes: int = 1  # with the nodes folded into it
    of: onnx.NodeProto | None = None  # the file's own node where `node` stands for it; see `quantised`
    made: bool = False  # whether the file has no such node
    rounds: bool = False  # whether it gives what it reads, rounded for a quantised operator

    @property
    def kind(self) -> str:
        """The operator that the file has."""
        return (self.of or self.node).op_type

    @property
    def file_tensor(self) -> str:
        """The first output of the file's own node."""
        return next((name for name in (self.of or self.node).output if name), "")

    @cached_property
    def op(self) -> str:
        return self.node.op_type

    @cached_property
    def tensor(self) -> str:
        return next((name for name in self.node.output if name), "")

    @property
    def inputs(self) -> list[str]:
        return [name for _, name in self.reads]

    @cached_property
    def layer(self) -> str:
        """The path of the framework's layer that it is of, where our readers say it; else empty."""
        return next((prop.value for prop in self.node.metadata_props if prop.key == LAYER), "")

    @property
    def label(self) -> str:
        return self.node.name or self.tensor or self.op or "layer"

    def attribute(self, name: str, default=None):
        for attribute in self.node.attribute:
            if attribute.name == name:
                return onnx.helper.get_attribute_value(attribute)
        return default


@dataclass
class Operators:
    """The operators in the order of the graph. Shapes are whole, as `dimensions.infer` gives them."""

    checkpoint: Checkpoint
    shapes: dict
    known: dict[str, Constant]
    opsets: dict[str, int]
    inputs: list[onnx.ValueInfoProto]
    outputs: list[onnx.ValueInfoProto]
    all: list[Operator] = field(default_factory=list)
    made_by: dict[str, Operator] = field(default_factory=dict)  # tensor -> operator
    readers: dict[str, list[Operator]] = field(default_factory=dict)  # tensor -> operators, each once
    unsized: set[str] = field(default_factory=set)  # tensors of whose shape the file tells the channels alone

    def __post_init__(self):
        self._entering = {value.name for value in self.inputs}
        self._leaving = {value.name for value in self.outputs}

    def __iter__(self) -> Iterator[Operator]:
        return iter(self.all)

    def is_output(self, tensor: str) -> bool:
        return tensor in self._leaving

    def is_made(self, tensor: str) -> bool:
        """Whether a tensor is an input of the model, or an operator that was entered so far gives it."""
        return tensor in self.made_by or tensor in self._entering

    def only_reader(self, tensor: str) -> Operator | None:
        """The one operator that reads a tensor, if there is just one and the model does not give it out."""
        readers = self.readers.get(tensor, ())
        return readers[0] if len(readers) == 1 and not self.is_output(tensor) else None

    def constant(self, operator: Operator) -> Constant | None:
        """The one constant of an operator that reads one tensor and one constant, as x + c and c * x do."""
        if len(operator.reads) == 1 and len(operator.constants) == 1:
            return next(iter(operator.constants.values()))
        return None


def operators(checkpoint: Checkpoint, model: onnx.ModelProto, alone: bool = False) -> Operators:
    """Read the graph of a model whose inputs have whole shapes (see `dimensions.resolve`).

    Quantised operators become plain ones (see `quantised`, also for `alone`).
    """
    plain = quantised.plain(model, alone)
    stored = model.graph
    known = {
        tensor.name: constants.stored(checkpoint, tensor)
        for tensor in checkpoint.model.graph.initializer
        if tensor.name
    }
    known |= {
        constant.name: constant
        for tensor in checkpoint.model.graph.sparse_initializer
        if (constant := constants.sparse(checkpoint, tensor))
    }
    graph = Operators(
        checkpoint,
        dimensions.infer(model),
        known,
        {opset.domain: opset.version for opset in model.opset_import},
        [value for value in stored.input if value.name not in known],
        list(stored.output),
        unsized=set(checkpoint.unsized),
    )
    outputs = {value.name for value in stored.output}
    folded_nodes = []
    for node in stored.node:
        stopping.check()
        dimensions.infer_node(node, graph.shapes, known, graph.opsets)
        folded = constants.fold(checkpoint, node, known, graph.shapes, graph.opsets)
        if folded and not outputs.intersection(node.output):
            known.update((constant.name, constant) for constant in folded)
            folded_nodes.append(node)
        else:
            _enter(graph, node, plain)
    _count(graph, folded_nodes, plain.made)
    return graph


def _enter(graph, node, plain):
    inner = dict.fromkeys(captured(node))
    read = set(node.input)
    outside = [name for name in inner if name not in read and graph.is_made(name)]
    if outside:
        inside = {name for graph in subgraphs(node) for name in _made_inside(graph)}
        outside = [name for name in outside if name not in inside]
    reads = [(slot, name) for slot, name in enumerate(node.input) if graph.is_made(name)]
    reads += [(len(node.input), name) for name in outside]
    first = next(iter(node.output), "")
    operator = Operator(
        len(graph.all),
        node,
        reads,
        dict(_constants(graph, node, inner)),
        scope_of(node),
        int(first not in plain.made),
        plain.instead.get(first),
        first in plain.made,
        first in plain.rounds,
    )
    graph.all.append(operator)
    graph.made_by.update((name, operator) for name in node.output if name)
    if operator.op != "Expand" and not graph.unsized.isdisjoint(operator.inputs):
        graph.unsized.update(name for name in node.output if len(graph.shapes.get(name) or ()) > 2)
    for name in dict.fromkeys(operator.inputs):
        graph.readers.setdefault(name, []).append(operator)


def _made_inside(graph):
    yield from (value.name for value in graph.input)
    for node in graph.node:
        yield from node.output


def _constants(graph, node, inner):
    for slot, name in enumerate(node.input):
        if name in graph.known:
            yield slot, graph.known[name]
    read = set(node.input)
    names = [name for name in inner if name in graph.known and name not in read]
    stored = (value for subgraph in subgraphs(node) for value in tensors(subgraph))
    tensor = next((name for name in node.output if name), "")
    yield from enumerate(
        (
            *(graph.known[name] for name in names),
            *(constants.stored(graph.checkpoint, value, f"{tensor}/{i}") for i, value in enumerate(stored)),
        ),
        len(node.input),
    )


def _count(graph, folded, made):
    """Each folded node counts with the first operator that uses its result; one without use, with a neighbour."""
    counted = set(made)
    for operator in graph.all:
        behind = frozenset().union(*(constant.nodes for constant in operator.constants.values())) - counted
        operator.nodes += len(behind)
        counted |= behind
    for node in folded:
        if node.output[0] in counted or not graph.all:
            continue
        counted.add(node.output[0])
        before = next((graph.made_by[name] for name in node.input if name in graph.made_by), graph.all[0])
        before.nodes += 1
