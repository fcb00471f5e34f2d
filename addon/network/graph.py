# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""ONNX graph -> Network: operators are put together to layers, and what joins them is worked out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import prod
from os.path import commonprefix

import numpy as np
from onnx import TensorProto

from ..containers import CheckpointError, stopping
from ..containers.stored import MOST_ELEMENTS
from ..formats import Checkpoint
from . import blocks, dimensions, rounded
from .classes import class_names
from .joins import Context, Map, Unknown, again, join, move, through
from .joins.elementwise import NORMAL, SEVERAL, UNARY
from .layer_weights import applied, bias, leaves, scale, wide
from .matrices import matrix_of
from .naming import name_of, named
from .network import Connection, Grid, Layer, Network, Part, Spec, count_of
from .operators import Operator, Operators, operators
from .recognise import RECURRENT, OperatorGroup, groups, is_move, is_reshape, single
from .samples import samples
from .stages import staged
from .work import multiply_adds

MAPS = (
    "Conv",
    "ConvTranspose",
    "ConvInteger",
    "QLinearConv",
    "MaxPool",
    "AveragePool",
    "LpPool",
    "DepthToSpace",
    "SpaceToDepth",
    "Resize",
    "Upsample",
    "GlobalAveragePool",
    "GlobalMaxPool",
)
# Operators whose constants are weights, be they all one number.
# The inputs of an operator that are matrices or kernels, not biases.
MOST_TURNED = 1 << 27  # elements that are followed back through moves while a model is opened
LARGEST_STRENGTH = 1 << 28  # weights; units of a larger layer are not ranked by them


def summarise(checkpoint: Checkpoint, sizes: dict[str, int] | None = None, by_node: bool = False) -> Network:
    """The network of a checkpoint.

    `sizes` fills dimensions that the file leaves open (see `dimensions.resolve`). With `by_node` each node of the graph
    is a layer of its own, else those that belong together are one (see `recognise`).
    """
    model, assumed = dimensions.resolve(checkpoint, sizes or {})
    graph = operators(checkpoint, model, by_node)
    return _Builder(graph, single(graph) if by_node else groups(graph)).network(assumed)


@dataclass(frozen=True)
class _View:
    """Where the elements of a tensor are found: in which layer, and at which of its cells (None: in the same order).

    `known` is False where the layer's cells are of another tensor.
    """

    layer: Layer
    source_of: _Way | None = None
    known: bool = True


class _Builder:
    def __init__(self, graph: Operators, groups: list[OperatorGroup]):
        self.graph = graph
        self.groups = groups
        self.checkpoint, self.shapes = graph.checkpoint, graph.shapes
        self.sized = {name: shape for name, shape in graph.shapes.items() if name not in graph.unsized}
        self.owner = {member.index: group for group in groups for member in group.members}
        self.moves = {move.index for group in groups for move in group.moves}
        self.aside = {operator.index for group in groups for operator in group.aside}
        self.through = self.moves | self.aside  # what reads them reads what is before
        self.mains = Counter(group.main.layer for group in groups)
        self.scopes = Counter(
            operator.scope[:depth] for operator in graph for depth in range(1, len(operator.scope) + 1)
        )
        self.layers: list[Layer] = []
        self.layer_of: dict[int, Layer] = {}  # id of a group -> layer
        self.input_of: dict[str, Layer] = {}
        self.connections: list[Connection] = []
        self.channels: dict[str, int | None] = {}  # tensor -> axis of its units in the sample
        self.names: Counter[str] = Counter()
        self.contexts: dict[int, Context] = {}
        self.views: dict[str, _View | None] = {}
        self.turned = 0  # elements whose way back through moves was worked out

    def network(self, assumed) -> Network:
        self.count, self.batched = samples(self.graph)
        for value in self.graph.inputs:
            if value.name not in self.checkpoint.open:
                self._input(value)
        for operator in self.graph:
            self._channels(operator)
        for group in self.groups:
            stopping.check()
            self._layer(group)
        if not self.layers:
            raise CheckpointError(self.checkpoint.path, "the graph has no layer", "is this the whole model?")
        found_blocks, where = blocks.find(
            self.layers, {layer.name: [leaf.name for leaf in layer.weights] for layer in self.layers}
        )
        stages = staged(self.layers, found_blocks, where)
        for layer in self.layers:
            layer.block = stages.innermost.get(layer.name, "")
        return Network(
            name=name_of(self.checkpoint.path, _own_name(self.checkpoint.model)),
            checkpoint=self.checkpoint,
            layers=self.layers,
            connections=self.connections,
            inputs=[self._spec(value) for value in self.graph.inputs if value.name not in self.checkpoint.open],
            outputs=[self._spec(value) for value in self.graph.outputs],
            parameters=sum(
                leaf.size for leaf in {leaf.whole or leaf for layer in self.layers for leaf in layer.weights}
            )
            + self.checkpoint.unread,
            assumed=assumed,
            samples=self.count,
            classes=class_names(self.checkpoint.model),
            blocks=stages.blocks,
            closed=stages.closed,
            scales=rounded.scales(self.graph),
        )

    def _input(self, value):
        shape = self._sample(value.name)
        # A picture with its colours last, as TensorFlow has it; else channels come first.
        last = shape and len(shape) == 3 and shape[-1] in (1, 3, 4) and shape[0] not in (1, 3, 4)
        self.channels[value.name] = -1 if last else 0 if not shape or len(shape) != 2 else None
        if value.name in self.graph.unsized:
            self.channels[value.name] = 0
        layer = Layer(
            self._unique(value.name),
            "Input",
            value.name,
            self._told(value.name),
            self._grid(value.name),
            value.name,
            outputs=(value.name,),
            nodes=0,
        )
        self.layers.append(layer)
        self.input_of[value.name] = layer

    def _layer(self, group: OperatorGroup):
        shown = group.shown or group.out
        if group.shown and not self._sized(shown):
            shown = group.out
        layer = Layer(
            name=self._unique(self._name(group)),
            op=group.main.kind if group.op == group.main.op else group.op,
            tensor=group.out,
            shape=self._told(self._given(group)),
            grid=self._steps(group.out) if group.op in RECURRENT else self._grid(shown),
            shown=shown,
            parts=tuple(
                Part(member.label, member.kind, member.file_tensor, member.scope, member.label == member.layer)
                for member in group.members
                if member.index not in self.aside and not member.made
            ),
            steps=tuple(group.steps),
            inner=tuple(
                (attribute.name, tuple(node.op_type for node in attribute.g.node))
                for attribute in group.main.node.attribute
                if attribute.HasField("g")
            ),
            outputs=(group.out, *self._same(group)),
            nodes=sum(member.nodes for member in group.members),
            weights=tuple(dict.fromkeys(leaf for member in group.members for leaf in leaves(member))),
            applied=tuple({value.name: value for member in group.members for value in applied(member)}.values()),
            matrices=tuple(
                {
                    constant.name: matrix_of(member.op, slot, constant, member.attribute)
                    for member in group.members
                    for slot, constant in wide(member)
                    if constant.size and len(constant.shape) > 1
                }.values()
            ),
            bias=bias(group),
            scale=scale(group),
            multiply_adds=self._work(group),
        )
        layer.parameters = count_of(layer.weights)
        self.layer_of[id(group)] = layer
        self._connect(group, layer)
        self.layers.append(layer)

    def _name(self, group):
        if self._is_whole(group):
            return group.main.layer
        scope = tuple(commonprefix([member.scope for member in group.named])) if group.named else ()
        alone = group.op == "Attention" or scope and self.scopes[scope] == len(group.named)
        return "/".join(scope) if scope and alone else named(group)

    def _given(self, group):
        """The tensor that the framework's layer gives, where it is called after one: a pooling without its empty axes,
        a recurrent layer's last step. Else that of the group."""
        whole = (member for member in group.members if member.label == member.layer == group.main.layer)
        return next((member.tensor for member in whole if is_move(member) or member.index in self.aside), group.out)

    def _is_whole(self, group):
        """Whether a group is all that counts of a framework's layer, or gives what that layer gives."""
        layer = group.main.layer
        return layer and (
            self.mains[layer] == 1 or any(member.label == member.layer == layer for member in group.members)
        )

    def _same(self, group):
        """The tensors that hold the numbers of a layer in the same order: its reshapings."""
        same = [group.out]
        for reshaping in group.moves:
            if reshaping.rounds:
                continue
            if (
                reshaping.inputs[0] in same
                and is_reshape(reshaping)
                and self._sized(reshaping.tensor) == self._sized(group.out) > 0
            ):
                same.append(reshaping.tensor)
        return same[1:]

    def _work(self, group):
        counts = [multiply_adds(member, self.sized) for member in group.members]
        if None in counts:
            return None
        return sum(counts) // (self.count if group.out in self.batched else 1)

    def _connect(self, group: OperatorGroup, layer: Layer):
        """Join a layer to all that it reads."""
        inside = {member.index for member in group.members}
        into: list[Connection] = []
        vague: set[str] = set()
        members = [member for member in group.members if member.index not in self.through]
        for operator in members:
            for slot, tensor in operator.reads:
                maker = self.graph.made_by.get(tensor)
                if maker is not None and maker.index in inside and maker.index not in self.through:
                    continue
                if maker is not None and maker.op == "ReduceSum" and maker.index in self.aside:
                    continue  # how many steps count
                view = self._view(tensor)
                layer.open = layer.open or self._is_open(tensor)
                if view is None or view.layer is layer:
                    continue
                joined = self._join(group, layer, operator, slot, tensor, view)
                if joined is not None:
                    self._add(into, vague, view.layer, layer, joined)
        if group.main.op in RECURRENT and (itself := again(self._context(group.main), layer.size)):
            into.append(Connection(layer, layer, itself))
        layer.inputs = list(dict.fromkeys(end.source.name for end in into if end.source is not layer))
        self.connections += into

    def _add(self, into, vague, source, layer, joined):
        """Join a layer to a source; `into` are its connections so far, `vague` the sources that it is said to read
        without knowing how."""
        if joined.carries == Unknown.carries:
            if id(source) in vague:
                return  # once is enough
            vague.add(id(source))
        into.append(Connection(source, layer, joined))
        if layer.strength is None and joined.ranks and count_of(layer.weights) <= LARGEST_STRENGTH:
            layer.strength = cache(joined.unit_strength)
            layer.mean = joined.unit_mean

    def _join(self, group, layer, operator, slot, tensor, view):
        unknown = Unknown(view.layer.size, layer.size)
        if group.opaque or not view.known or layer.shown != group.out:
            return unknown
        if group.source:
            if operator is not next(member for member in group.members if group.source in member.inputs):
                return None  # the fork of a composite is one connection
            if group.main.op == "Mul":
                data = next(i for i, name in group.main.reads)
                joined = join(self._context(group.main), data, view.layer.size, layer.size)
            else:
                joined = Map() if self._sized(tensor) == layer.size else unknown
        else:
            if operator is not group.main or slot >= len(operator.node.input):
                return unknown
            if operator.node.output[:1] != [operator.tensor] or self._sized(operator.tensor) != layer.size:
                return unknown
            joined = join(self._context(operator), slot, view.layer.size, layer.size)
        if joined.carries == Unknown.carries:
            return unknown
        if view.source_of is None:
            return joined if self._sized(tensor) == view.layer.size else unknown
        moved = self._grid(tensor)
        self.turned += moved.size * view.source_of.steps
        return through(joined, view.source_of, moved, view.layer.grid, self.turned <= MOST_TURNED)

    def _view(self, tensor) -> _View | None:
        """Where the elements of a tensor are found; None where no layer made them. Their way can be long."""
        way = []
        while tensor not in self.views and (maker := self._mover(tensor)) is not None:
            way.append((maker, tensor))
            tensor = maker.inputs[0]
        if tensor not in self.views:
            view = self._first_view(tensor)
            if view is not None:  # else its layer is still to come
                self.views[tensor] = view
        view = self.views.get(tensor)
        for maker, moved in reversed(way):
            if view is None:
                return None
            view = self.views[moved] = self._moved(view, maker, moved)
        return view

    def _mover(self, tensor) -> Operator | None:
        """The operator that makes a tensor by moving elements; None for what a layer makes."""
        maker = self.graph.made_by.get(tensor)
        moves = maker is not None and (
            maker.index in self.moves or maker.op == "GatherND" and maker.index in self.aside
        )
        return maker if moves and tensor not in self.input_of else None

    def _is_open(self, tensor) -> bool:
        """Whether a tensor is of what nobody knows, moved or not."""
        while self.checkpoint.open and (maker := self._mover(tensor)) is not None:
            tensor = maker.inputs[0]
        return tensor in self.checkpoint.open

    def _first_view(self, tensor):
        if tensor in self.checkpoint.open:
            return None
        if tensor in self.input_of:
            return _View(self.input_of[tensor])
        layer = self.layer_of.get(id(self.owner[self.graph.made_by[tensor].index]))
        return layer and _View(layer, known=tensor == layer.shown)

    def _moved(self, before, maker, tensor):
        if maker.index not in self.moves:
            return before  # its steps are drawn where they were
        try:
            moved = move(self._context(maker), tensor)
        except ValueError:
            return _View(before.layer, known=False)
        return before if moved is None else _View(before.layer, _Way(before.source_of, moved), before.known)

    def _context(self, operator):
        if operator.index not in self.contexts:
            self.contexts[operator.index] = Context(operator.node, self.shapes, self.graph.known, self.graph.opsets)
        return self.contexts[operator.index]

    def _unique(self, name):
        self.names[name] += 1
        while self.names[name] > 1:
            name = f"{name} {self.names[name]}"
            self.names[name] += 1
        return name

    def _sample(self, tensor):
        """The shape of one sample: without a first axis that runs over samples, or that has one place alone."""
        shape = self.shapes.get(tensor)
        apart = tensor in self.batched or shape and shape[0] == 1 == self.count
        return shape[1:] if apart and len(shape) > 1 else shape

    def _told(self, tensor):
        """The shape of one sample as far as the file tells it: of some tensors it tells the channels alone."""
        shape = self._sample(tensor)
        if shape is None or tensor not in self.graph.unsized:
            return shape
        channels = 0 if self.channels.get(tensor, 0) == 0 else len(shape) - 1
        return tuple(size if axis == channels else None for axis, size in enumerate(shape))

    def _sized(self, tensor) -> int:
        """How many cells a tensor has; 0 if that is not known."""
        shape = self._sample(tensor)
        return 0 if shape is None or None in shape or prod(shape) > MOST_ELEMENTS else prod(shape)

    def _grid(self, tensor):
        return Grid.of(self._sample(tensor), self.channels.get(tensor, 0)) if self._sized(tensor) else Grid()

    def _steps(self, tensor):
        """A recurrent layer as a matrix: a row a step, a column a hidden unit."""
        size = self._sized(tensor)
        shape = self._sample(tensor)
        return Grid.of((shape[0], size // shape[0]), None) if size and len(shape) > 1 else self._grid(tensor)

    def _channels(self, operator):
        """Where the units of a tensor are: convolutions set it, transposes move it, others keep it."""
        tensor = operator.tensor
        before = next(iter(operator.inputs), None)
        shape = self._sample(tensor)
        axis = None if shape is None or len(shape) == 2 else 0
        if shape is None or operator.op in MAPS:
            axis = 0
        elif before is not None and operator.op in (*UNARY, *NORMAL, *SEVERAL, "Concat", "Pad", "Slice", "Split"):
            if len(shape) == len(self._sample(before) or ()):
                axis = self.channels.get(before, 0)
        elif before is not None and operator.op == "Transpose" and len(shape) == 3:
            order = list(operator.attribute("perm", [3, 2, 1, 0]))
            was = 1 if self.channels.get(before, 0) == 0 else 3
            axis = {1: 0, 3: -1}.get(order.index(was) if was in order else 1, 0)
        self.channels.update((name, axis) for name in operator.node.output if name)

    def _spec(self, value):
        dtype = dimensions.dtype_name(self.shapes.get((value.name, "type"), TensorProto.UNDEFINED))
        plain = value.type.WhichOneof("value") in (None, "tensor_type")
        whole = self.shapes.get(value.name)
        sample = self._told(value.name)
        return Spec(
            value.name,
            whole and (*whole[: len(whole) - len(sample)], *sample),
            dtype,
            "" if plain else dimensions.type_text(value.type),
        )


class _Way:
    """The way of elements back through moves, one behind the other; a function of cells as in `Map`, -1 stays -1."""

    def __init__(self, before: _Way | None, last: Callable):
        self.before = before
        self.last = last
        self.steps: int = 1 + (before.steps if before else 0)

    def __call__(self, cells: np.ndarray) -> np.ndarray:
        cells = self.last(cells)
        way = self.before
        while way is not None:
            moved = way.last(cells.clip(0))
            moved[cells < 0] = -1
            cells = moved
            way = way.before
        return cells


def _own_name(model) -> str:
    """The name that a composed model gives itself."""
    composed = any(entry.key == "specification" for entry in model.metadata_props)
    return model.graph.name if composed else ""
