# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""ONNX graph -> Network: one layer a node that depends on the input; what depends on weights alone is folded."""

from __future__ import annotations

import ast
import json
from collections import Counter
from functools import cache
from math import prod

from onnx import TensorProto, helper

from ..checkpoints import Checkpoint, CheckpointError
from ..checkpoints.checkpoint import captured, subgraphs, tensors
from ..checkpoints.onnx_file import MOST_ELEMENTS
from . import constants, dimensions
from .constants import SETTINGS
from .joins import Context, Unknown, join
from .joins.elementwise import NORMAL, SEVERAL, UNARY
from .network import Connection, Grid, Layer, Network, Spec

FLOATS = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE} | {
    number for name, number in TensorProto.DataType.items() if name.startswith(("FLOAT8", "FLOAT4"))
}
QUANTIZED = {number for name, number in TensorProto.DataType.items() if name.endswith(("INT8", "INT4", "INT2"))}
MAPS = ("Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "MaxPool", "AveragePool", "LpPool", "DepthToSpace",
        "SpaceToDepth", "Resize", "Upsample", "GlobalAveragePool", "GlobalMaxPool")
LARGEST_STRENGTH = 1 << 28  # weights; units of a larger layer are not ranked by them


def summarise(checkpoint: Checkpoint, sizes: dict[str, int] | None = None) -> Network:
    """The network of a checkpoint. `sizes` fills dimensions that the file leaves open (see `dimensions.resolve`)."""
    model, assumed = dimensions.resolve(checkpoint, sizes or {})
    return _Builder(checkpoint, model, assumed).network()


class _Builder:
    def __init__(self, checkpoint: Checkpoint, model, assumed):
        self.checkpoint, self.graph, self.assumed = checkpoint, model.graph, assumed
        self.shapes = dimensions.infer(model)
        self.opsets = {one.domain: one.version for one in model.opset_import}
        self.known = {tensor.name: constants.stored(checkpoint, tensor) for tensor in checkpoint.model.graph.initializer
                      if tensor.name}
        self.layers: list[Layer] = []
        self.connections: list[Connection] = []
        self.made_by: dict[str, Layer] = {}  # tensor -> layer
        self.channels: dict[str, int | None] = {}  # tensor -> axis of its units in the sample
        self.names: Counter[str] = Counter()
        self.counted: set[str] = set()

    def network(self) -> Network:
        inputs = [value for value in self.graph.input if value.name not in self.known]
        self.batch = {self._batch(value) for value in inputs} or {1}
        for value in inputs:
            self._input(value)
        for node in self.graph.node:
            folded = constants.fold(self.checkpoint, node, self.known, self.shapes, self.opsets)
            if folded and not self._is_output(node):
                self.known.update((one.name, one) for one in folded)
            else:
                self._layer(node)
        if not self.layers:
            raise CheckpointError(self.checkpoint.path, "the graph has no layer", "is this the whole model?")
        return Network(
            name=self.checkpoint.path.stem,
            checkpoint=self.checkpoint,
            layers=self.layers,
            connections=self.connections,
            inputs=[self._spec(value) for value in inputs],
            outputs=[self._spec(value) for value in self.graph.output],
            parameters=self._parameters(leaf for layer in self.layers for leaf in self._leaves(layer)),
            assumed=self.assumed,
            classes=_classes(self.checkpoint.model),
        )

    def _input(self, value):
        shape = self._sample(value.name)
        # A picture with its colours last, as TensorFlow has it; else channels come first.
        last = shape and len(shape) == 3 and shape[-1] in (1, 3, 4) and shape[0] not in (1, 3, 4)
        self.channels[value.name] = -1 if last else 0 if not shape or len(shape) != 2 else None
        self._add(Layer(self._unique(value.name), "Input", value.name, shape, self._grid(value.name, shape), nodes=0))

    def _layer(self, node):
        tensor = next((name for name in node.output if name), "")
        shape = self._sample(tensor)
        self.channels[tensor] = self._channel_axis(node, shape)
        path = [part for part in (node.name or tensor).split("/") if part]
        layer = Layer(
            name=self._unique(node.name or tensor or node.op_type or "layer"),
            op=node.op_type,
            tensor=tensor,
            shape=shape,
            grid=self._grid(tensor, shape),
            block="/".join(path[:-1]),
            weights=dict(self._weights(node, tensor)),
            node=node,
        )
        behind = frozenset().union(*(one.nodes for one in layer.weights.values())) - self.counted
        layer.nodes += len(behind)
        self.counted |= behind
        layer.parameters = self._parameters(self._leaves(layer))
        context = Context(node, self.shapes, self.known, self.opsets)
        read = [(slot, self.made_by[name]) for slot, name in enumerate(node.input) if name in self.made_by]
        for name in captured(node):
            if name in self.made_by and all(source is not self.made_by[name] for _, source in read):
                read.append((len(node.input), self.made_by[name]))
        for slot, source in read:
            through = join(context, slot, source.size, layer.size)
            if slot < len(node.input) and node.input[slot] != source.tensor:
                through = Unknown(source.size, layer.size)  # a second output, of which no cells are drawn
            self.connections.append(Connection(source, layer, through))
            if all(one.size <= LARGEST_STRENGTH for one in layer.weights.values()):
                if layer.strength is None and hasattr(through, "unit_strength"):
                    layer.strength, layer.mean = cache(through.unit_strength), through.unit_mean
        layer.inputs = list(dict.fromkeys(source.name for _, source in read))
        layer.elementwise = (len(read) == 1 and layer.op in (*UNARY, *NORMAL, *SEVERAL)
                             and layer.shape == read[0][1].shape and layer.shape is not None)
        self._add(layer)
        self.made_by.update((name, layer) for name in node.output if name)

    def _add(self, layer):
        self.layers.append(layer)
        if layer.tensor:
            self.made_by[layer.tensor] = layer

    def _weights(self, node, tensor):
        """The constants that a node reads, by input slot; those of its subgraphs get the slots after its own."""
        for slot, name in enumerate(node.input):
            if name in self.known:
                yield slot, self.known[name]
        names = dict.fromkeys(name for name in captured(node) if name in self.known and name not in node.input)
        inner = (one for graph in subgraphs(node) for one in tensors(graph))
        stored = (constants.stored(self.checkpoint, one, f"{tensor}/{i}") for i, one in enumerate(inner))
        yield from enumerate((*(self.known[name] for name in names), *stored), len(node.input))

    def _unique(self, name):
        self.names[name] += 1
        return name if self.names[name] == 1 else self._unique(f"{name} {self.names[name]}")

    def _batch(self, value):
        shape = self.shapes.get(value.name) or ()
        return shape[0] if len(shape) > 1 else 1

    def _sample(self, tensor):
        """The shape of one sample: the first axis is the batch where it has the batch's size."""
        shape = self.shapes.get(tensor)
        if shape and len(shape) > 1 and shape[0] in self.batch:
            return shape[1:]
        return shape

    def _grid(self, tensor, shape):
        if shape is None or None in shape or prod(shape) > MOST_ELEMENTS:
            return Grid()
        return Grid.of(shape, self.channels.get(tensor, 0))

    def _channel_axis(self, node, shape):
        """Where the units of this tensor are: convolutions set it, transposes move it, others keep it."""
        before = next((name for name in node.input if name in self.made_by), None)
        if shape is None or node.op_type in MAPS:
            return 0
        if before is not None and node.op_type in (*UNARY, *NORMAL, *SEVERAL, "Concat", "Pad", "Slice"):
            if len(shape) == len(self._sample(before) or ()):
                return self.channels.get(before, 0)
        if before is not None and node.op_type == "Transpose" and len(shape) == 3:
            order = next((list(a.ints) for a in node.attribute if a.name == "perm"), [3, 2, 1, 0])
            was = 1 if self.channels.get(before, 0) == 0 else 3
            return {1: 0, 3: -1}.get(order.index(was) if was in order else 1, 0)
        return None if len(shape) == 2 else 0

    def _leaves(self, layer):
        """The stored tensors that are weights of this layer."""
        steering = SETTINGS.get(layer.op, ())
        for slot, constant in layer.weights.items():
            if slot in steering or constant.data_type not in FLOATS | QUANTIZED or not constant.shape:
                continue
            if layer.op in SEVERAL and constant.size == 1:
                continue  # a scale or an epsilon
            for leaf in constant.leaves:
                if leaf.data_type in FLOATS | QUANTIZED and (leaf.size > 1 or constant.size == 1):
                    yield leaf

    @staticmethod
    def _parameters(leaves):
        return sum(leaf.size for leaf in dict.fromkeys(leaves))

    def _is_output(self, node):
        return any(value.name in node.output for value in self.graph.output)

    def _spec(self, value):
        number = self.shapes.get((value.name, "type"), TensorProto.UNDEFINED)
        named = number not in (TensorProto.UNDEFINED, TensorProto.STRING)
        dtype = helper.tensor_dtype_to_np_dtype(number).name if named else "string" if number else "unknown"
        return Spec(value.name, self.shapes.get(value.name), dtype)


def _classes(model) -> list[str]:
    """Class names that an exporter left in the metadata: a JSON list, or a Python dict from index to name."""
    for entry in model.metadata_props:
        if entry.key not in ("classes", "names", "labels", "class_names"):
            continue
        for parse in (json.loads, ast.literal_eval):
            try:
                found = parse(entry.value)
                if isinstance(found, dict):
                    found = [found[key] for key in sorted(found, key=int)]
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                continue
            if isinstance(found, list):
                return [str(one) for one in found]
    return []
