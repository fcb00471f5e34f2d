# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A flat TensorFlow graph as an ONNX model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from ...containers import stopping
from ...containers.errors import CheckpointError
from ...containers.natural_order import brief
from ...containers.stored import FLOATS, MOST_AXES, MOST_ELEMENTS, Stored, numbers
from ..checkpoint import Checkpoint
from .ends import WEIGHTED
from .flat import FIRST_INPUTS, QUEUES, VARIABLES, Flat, Node, Place, closed, ordered
from .graph import CONTRADICTIONS, Call, Shape, TensorGraph, Unwritable, Value
from .layer_names import LayerNames
from .loops import open_up
from .messages import FIELD_OF, data_type, sizes
from .operators import OPERATORS

MOST_CONSTANT = 1 << 24  # numbers of a constant that is one number everywhere
BATCH_NORM = "BatchNormInference"


@dataclass
class Ends:
    """What a model reads and gives: name in the graph -> (name for people, shape, type), and the outputs' names."""

    inputs: dict[Place, tuple[str, Shape | None, int | None]] = field(default_factory=dict)
    outputs: dict[str, Place] = field(default_factory=dict)


@dataclass
class Source:
    """Where the numbers of a graph lie: the file's bytes, its name as the checkpoint's folder has it, and variables
    by the names of their nodes."""

    path: Path
    data: memoryview
    file: str
    variable: Callable[[Node], Stored | None] = lambda node: None
    constant: Callable[[Node], Stored | None] = lambda node: None  # of what is kept outside of the graph


class Writing:
    """Writes the nodes that lead from the inputs to the outputs."""

    def __init__(self, flat: Flat, source: Source, ends: Ends):
        self.flat, self.source, self.ends = flat, source, ends
        self.values: dict[Place, Value | None] = {}
        self.graph = TensorGraph("model")
        self.unknown: Counter[str] = Counter()
        self.missing: list[str] = []
        self.inputs_by_node: dict[str, list[Place]] = {}
        for at in ends.inputs:
            self.inputs_by_node.setdefault(at[0], []).append(at)

    def checkpoint(self, format: str, producer: str = "", notes: Iterable[str] = ()) -> Checkpoint:
        """The whole. Raises `CheckpointError`."""
        for at in self.ends.inputs:
            self.flat.nodes[at[0]].reads = []
        order = ordered(self.flat, [name for name, _ in self.ends.outputs.values()])
        if closed(self.flat, order):
            open_up(self.flat)
            order = ordered(self.flat, [name for name, _ in self.ends.outputs.values()])
        if closed(self.flat, order):
            raise Unwritable("it has a loop")
        self.order = order
        self.readers = Counter(at for name in order for at in self.flat.nodes[name].reads)
        merge_normalisations(self.flat, order, self.readers)
        self.layers = LayerNames(
            self._placed(self.flat.nodes[name])
            for name in order
            if self.flat.nodes[name].op in WEIGHTED and self._reads_weights(name)
        )
        for at, (name, shape, kind) in self.ends.inputs.items():
            data = TensorProto.FLOAT if kind is None else kind
            if shape is None:
                entered = self.graph.writer.input(name, None, data)  # type: ignore[arg-type]
                self.graph.types[entered] = data
                self.values[at] = Value(entered)
            else:
                self.values[at] = self.graph.input(name, shape, data)
        for name in ordered(self.flat, [name for name, _ in self.ends.outputs.values()]):
            stopping.check()
            self._node(self.flat.nodes[name])
        for name, at in self.ends.outputs.items():
            value = self.values.get(at)
            if value is None:
                raise CheckpointError(self.source.path, f"does not say what its output '{brief(name)}' is")
            self.graph.output(value, name)
        self.graph.sweep()
        self._give_ranks()
        notes = [*notes, *self.flat.notes, *self._notes()]
        return self.graph.writer.checkpoint(self.source.path, format, "graph", producer, notes)

    def _give_ranks(self):
        """Inputs of which the file says no shape have as many axes as what reads them needs."""
        for value in self.graph.writer.graph.input:
            kind = value.type.tensor_type
            if not kind.HasField("shape") and value.name in self.graph.shapes:
                kind.shape.SetInParent()
                for _ in self.graph.shapes[value.name]:
                    kind.shape.dim.add()

    def _notes(self):
        for op, count in sorted(self.unknown.items()):
            yield f"'{brief(op)}' ({count} times) is shown as it is named: what it computes is not known here"
        if self.missing:
            yield f"weights that the checkpoint has not: {', '.join(map(brief, self.missing[:4]))}"

    def _placed(self, node: Node) -> str:
        """The name by which the layer of a node is told: of one that stands for several that of its weights."""
        if "Fused" in node.op and not node.op.startswith("FusedBatch") and len(node.reads) > 1:
            name = self.flat.source(node.reads[1])[0].removesuffix("/ReadVariableOp")
            return name if "/" in name else node.name
        return node.name

    def _reads_weights(self, name) -> bool:
        return any(
            (node := self.flat.nodes.get(self.flat.source(at)[0])) is not None and node.op in (*VARIABLES, "Const")
            for at in self.flat.nodes[name].reads
        )

    def _node(self, node: Node):
        if node.name in self.inputs_by_node:
            return
        self.graph.layer = self.layers.of(self._placed(node))
        if node.op == "Const":
            self._keep(node, self._constant(node))
            return
        if node.op in VARIABLES:
            self._keep(node, self._variable(node))
            return
        if node.op in FIRST_INPUTS or QUEUES.search(node.op):
            self._entry(node)
            return
        if node.op == "NoOp":
            return
        call = self.call(node)
        mark = self.graph.mark()
        try:
            written = OPERATORS[node.op](call) if node.op in OPERATORS else None
        except (Unwritable, *CONTRADICTIONS):
            written = None
        if written is None:
            self.graph.undo(mark)
            written = self._unknown(node, call)
        values = written if isinstance(written, list) else [written]
        if values and values[0] is not None:
            values[0] = self.graph.called(values[0], node.name, mark)
        for index, value in enumerate(values):
            self.values[node.name, index] = value

    def call(self, node: Node) -> Call:
        """A node as the functions see it that write operators."""
        settings = {}
        for name in node.attributes:
            value = node.setting(name)
            settings[name] = data_type(value) if "type" in node.attributes[name] else value
        outputs = (
            1 + max((index for name, index in self.readers if name == node.name), default=0)
            if node.op in COUNTED
            else 1
        )
        first = node.reads[0] if node.reads else ("", 0)
        return Call(
            self.graph,
            node.op,
            node.name,
            [self.values.get(at) for at in node.reads],
            settings,
            outputs,
            self.readers[first],
        )

    def _keep(self, node, value):
        self.values[node.name, 0] = value

    def _entry(self, node):
        """What the graph reads and nobody said: an input of its own."""
        shape = sizes(node.setting("shape")) if isinstance(node.setting("shape"), dict) else None
        kind = data_type(node.setting("dtype")) or TensorProto.FLOAT
        name = self.graph.writer.input(node.name, None if shape is None else list(shape), kind)  # type: ignore[arg-type]
        self.graph.types[name] = kind
        if shape is not None:
            self.graph.shapes[name] = shape
        self._keep(node, Value(name))

    def _variable(self, node) -> Value | None:
        stored = self.source.variable(node)
        if stored is not None:
            return Value(self.graph.weight(stored))
        self.missing.append(node.name)
        shape = sizes(node.setting("shape")) if isinstance(node.setting("shape"), dict) else None
        (name,) = self.graph.opaque("Variable", [], node.name, [shape])
        return Value(name)

    def _constant(self, node) -> Value | None:
        outside = self.source.constant(node)
        if outside is not None:
            if outside.data_type in FLOATS and outside.shape:
                return Value(self.graph.weight(outside))
            return self._setting(node, outside)
        tensor = node.setting("value")
        if not isinstance(tensor, dict):
            return None
        stored = tensor_of(self.source, node.name, tensor)
        if isinstance(stored, Stored):
            return Value(self.graph.weight(stored))
        if stored is None or stored.dtype == object:
            return None
        return Value(self.graph.constant(stored, stored.dtype, node.name))

    def _setting(self, node, stored):
        if prod(stored.shape) > MOST_CONSTANT:
            return Value(self.graph.weight(stored))
        array = numbers(stored, self.source.path.parent)
        return Value(self.graph.constant(array, array.dtype, node.name))

    def _unknown(self, node, call) -> list[Value]:
        self.unknown[node.op] += 1
        shapes = (node.attributes.get("_output_shapes", {}).get("list") or {}).get("shape", [])
        count = max(1, call.outputs, 1 + max((index for name, index in self.readers if name == node.name), default=0))
        said = [sizes(shapes[index]) if index < len(shapes) else None for index in range(count)]
        read = [
            self.graph.plain(value, node.name) for value in call.inputs if value is not None and self._ranked(value)
        ]
        return [Value(name) for name in self.graph.opaque(node.op, read, node.name, said)]

    def _ranked(self, value):
        return not value.maps or value.name in self.graph.shapes


COUNTED = ("Split", "SplitV", "Unpack", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3", "IdentityN", "ShapeN")


def tensor_of(source: Source, name: str, tensor: dict) -> Stored | np.ndarray | None:
    """The tensor of a constant: a weight that stays in the file if it is a row or more of real numbers, else the
    numbers themselves; None for types that ONNX has not. Raises `CheckpointError`."""
    kind = data_type(tensor.get("dtype"))
    shape = sizes(tensor.get("tensor_shape", {}))
    if kind is None or shape is None or None in shape:
        return None
    whole = tuple(size or 0 for size in shape)
    if len(whole) > MOST_AXES or prod(max(1, size) for size in whole) > MOST_ELEMENTS:
        raise CheckpointError(source.path, f"the constant '{brief(name)}' has an absurd shape", "refused for safety")
    count = prod(whole)
    if kind == TensorProto.STRING:
        return np.array(tensor.get("string_val", []), object)
    dtype = np.dtype(helper.tensor_dtype_to_np_dtype(kind))
    if "tensor_content" in tensor:
        begin, end = tensor["tensor_content"]
        if end - begin != count * dtype.itemsize:
            raise CheckpointError(
                source.path,
                f"the constant '{brief(name)}' needs {count * dtype.itemsize:,} bytes and has {end - begin:,}",
                "fetch it again",
            )
        if kind in FLOATS and whole and count > 1 and source.file:
            return Stored(name, whole, kind, source.file, begin)
        return np.frombuffer(source.data[begin:end], dtype).reshape(whole)
    held = tensor.get(FIELD_OF.get(tensor.get("dtype", 0) % 100, "int_val"), [])
    if len(held) > count:
        raise CheckpointError(source.path, f"the constant '{brief(name)}' has more numbers than its shape", "damaged")
    if count > MOST_CONSTANT and len(held) != count:
        raise CheckpointError(source.path, f"the constant '{brief(name)}' would be {count:,} equal numbers")
    if kind in (TensorProto.FLOAT16, TensorProto.BFLOAT16):
        numbers = np.asarray(held, np.int64).astype(np.uint16).view(dtype)
    else:
        numbers = np.asarray(held).astype(dtype) if held else np.zeros(0, dtype)
    if len(numbers) < count:  # the last stands for all that follow
        last = numbers[-1] if len(numbers) else np.zeros((), dtype)
        numbers = np.concatenate([numbers, np.full(count - len(numbers), last, dtype)])
    numbers = numbers.reshape(whole)
    if kind in FLOATS and whole and count > 1:
        return Stored(name, whole, kind, read=lambda: numbers)
    return numbers


def merge_normalisations(flat: Flat, order: list[str], readers: Counter) -> None:
    """Put one operator in the place of a batch normalisation that Keras writes by its parts:
    x m + (offset - mean m), where m = scale / sqrt(variance + epsilon)."""
    for name in order:
        node = flat.nodes[name]
        if node.op not in ("AddV2", "Add") or len(node.reads) != 2:
            continue
        for left, right in (node.reads, node.reads[::-1]):
            product, rest = flat.nodes.get(left[0]), flat.nodes.get(right[0])
            if product is None or rest is None or product.op != "Mul" or rest.op != "Sub" or len(rest.reads) != 2:
                continue
            second = flat.nodes.get(rest.reads[1][0])
            if second is None or second.op != "Mul":
                continue
            shared = set(product.reads) & set(second.reads)
            if len(shared) != 1:
                continue
            m = shared.pop()
            parts = _scale(flat, m)
            x = next((at for at in product.reads if at != m), None)
            mean = next((at for at in second.reads if at != m), None)
            if parts is None or x is None or mean is None or readers[left] != 1 or readers[right] != 1:
                continue
            scale, variance, epsilon = parts
            if not all(_constant(flat, at) for at in (scale, variance, mean, rest.reads[0])):
                continue
            node.op = BATCH_NORM
            node.reads = [x, scale, rest.reads[0], mean, variance]
            node.attributes = {"epsilon": {"f": epsilon}}
            break


def _scale(flat: Flat, at: Place) -> tuple[Place, Place, float] | None:
    """(scale, variance, epsilon) of scale / sqrt(variance + epsilon)."""
    node = flat.nodes.get(at[0])
    if node is None or node.op != "Mul" or len(node.reads) != 2:
        return None
    for root, scale in (node.reads, node.reads[::-1]):
        rsqrt = flat.nodes.get(root[0])
        if rsqrt is None or rsqrt.op != "Rsqrt":
            continue
        total = flat.nodes.get(rsqrt.reads[0][0]) if rsqrt.reads else None
        if total is None or total.op not in ("AddV2", "Add") or len(total.reads) != 2:
            continue
        for variance, small in (total.reads, total.reads[::-1]):
            constant = flat.nodes.get(small[0])
            held = ((constant.attributes.get("value") or {}).get("tensor") or {}) if constant else {}
            if constant is not None and constant.op == "Const" and len(held.get("float_val", [])) == 1:
                return scale, variance, float(held["float_val"][0])
    return None


def _constant(flat: Flat, at: Place) -> bool:
    name, _ = flat.source(at)
    node = flat.nodes.get(name)
    return node is not None and node.op in (*VARIABLES, "Const")
