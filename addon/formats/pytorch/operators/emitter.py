# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tensors of a PyTorch program while it is followed, and the ONNX nodes that are written for them.

A program is followed for inputs of an assumed size, so that the shape of every tensor is a row of numbers, whatever the
program does with it. A size that was read from a tensor stays `Open`: the graph works it out anew when it runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import onnx
from onnx import TensorProto, helper, shape_inference

from ....containers.stored import Stored
from ...graph_writer import OPSET, Writer

LARGEST_KNOWN = 64  # numbers of a constant that shape inference is shown
MOST_NODES, MOST_CONSTANTS = 50_000, 1 << 27  # nodes, bytes of constants
SAME_SHAPE = ("GroupNormalization", "InstanceNormalization", "Mish", "Celu")  # of single nodes, inference lacks these
OPSETS = [helper.make_opsetid("", OPSET)]
FLOATS = (TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.FLOAT, TensorProto.DOUBLE)
INTEGERS = (
    TensorProto.BOOL,
    TensorProto.UINT8,
    TensorProto.INT8,
    TensorProto.INT16,
    TensorProto.INT32,
    TensorProto.INT64,
)


class UnknownError(Exception):
    """Something that cannot be written as ONNX, or that depends on what a run computes: what it is."""


class UndecidedError(Exception):
    """The program cannot be followed any further: why."""


class UnpackedError(UndecidedError):
    """A shape, or another list, is unpacked into `wanted` names and has not as many parts."""

    def __init__(self, wanted: int):
        super().__init__("values are unpacked that are not as many")
        self.wanted = wanted


class MismatchError(Exception):
    """Shapes do not fit: the assumed sizes of the inputs are wrong. `short` tells whether they are too small, `deep`
    that there is an axis too many."""

    def __init__(self, reason: str, short: bool | None = None, deep: bool = False):
        super().__init__(reason)
        self.short, self.deep = short, deep


class ShapelessError(Exception):
    """The shape of a tensor is asked for that nobody knows."""

    def __init__(self, value: Value):
        super().__init__(f"the shape of '{value.name}' is not known")
        self.value = value


@dataclass(eq=False)
class Value:
    """A tensor: its name in the graph, data type, and shape for the assumed inputs (None: unknown).

    In-place operations change what the record says, so all who hold it see them. `input` names the input of the model
    whose shape has to be learnt first, `write` puts a new value of a part of a tensor into that tensor, `zero` tells
    that it is all zeros, `fixed` that it is made of weights alone.
    """

    name: str
    type: int
    shape: tuple[int, ...] | None
    input: str = ""
    write: Callable[[Value], None] | None = None
    zero: bool = False
    fixed: bool = False

    @property
    def rank(self) -> int:
        """How many axes it has. Raises `ShapelessError`."""
        return len(self.sizes)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Its shape. Raises `ShapelessError` where that is not known."""
        if self.shape is None:
            raise ShapelessError(self)
        return self.shape

    def axis(self, number: int) -> int:
        """An axis counted from the front."""
        rank = max(self.rank, 1)
        if not -rank <= number < rank:
            raise MismatchError(f"'{self.name}' has no axis {number}")
        return number % rank

    def become(self, other: Value) -> Value:
        """What an in-place operation does: this tensor is now what that one is."""
        if self.write is not None:
            self.write(other)
        self.name, self.type, self.shape = other.name, other.type, other.shape
        self.zero, self.fixed = other.zero, other.fixed
        return self


class Open(int):
    """A size that depends on the sizes of the inputs: its value for the assumed ones, and how it is worked out.

    `made` is ("Shape", tensor, axis), or an operator of ONNX with two integers.
    """

    made: tuple

    def __new__(cls, value: int, *made):
        size = super().__new__(cls, value)
        size.made = made
        return size


@dataclass
class Emitter:
    """Writes nodes and infers the shapes of what they give. `scope` are the modules round the next node."""

    writer: Writer
    scope: list[str] = field(default_factory=list)
    _known: dict[str, np.ndarray] = field(default_factory=dict)
    _names: Counter[str] = field(default_factory=Counter)
    _constants: dict[tuple, Value] = field(default_factory=dict)
    _opened: dict[tuple, Value] = field(default_factory=dict)
    _bytes: int = 0

    def name(self, last: str) -> str:
        """The name of a node as torch's exporter writes it: "/layer1/layer1.0/conv1/Conv", the second time "Conv_1"."""
        path = "/".join(("", *self.scope, last))
        self._names[path] += 1
        return path if self._names[path] == 1 else f"{path}_{self._names[path] - 1}"

    def enter(self, module: str) -> None:
        """What follows is of this module; a module that is called again is "relu_1"."""
        self.scope.append(self.name(module).rpartition("/")[2])

    def node(self, op: str, *inputs: Value | None, outputs: int = 1, **attributes):
        """A node; returns what it gives, or a list where that is several. Raises `MismatchError`."""
        if len(self.writer.graph.node) >= MOST_NODES:
            raise UndecidedError("the program has too many operators")
        while inputs and inputs[-1] is None:
            inputs = inputs[:-1]
        names = [value.name if value is not None else "" for value in inputs]
        name = self.name(op)
        made = (
            self.writer.node(op, names, name=name, output=f"{name}_output_0", **attributes)
            if outputs == 1
            else (self.writer.node(op, names, name=name, outputs=outputs, **attributes))
        )
        inferred = self._infer(self.writer.graph.node[-1], [value for value in inputs if value is not None])
        waiting = next(
            (value.input for value in inputs if value is not None and value.shape is None and value.input), ""
        )
        if op in SAME_SHAPE and inputs[0] is not None:
            inferred[made] = inputs[0].type, inputs[0].shape
        fixed = all(value is None or value.fixed for value in inputs)
        values = []
        for tensor in [made] if outputs == 1 else made:
            data_type, shape = inferred.get(tensor, (TensorProto.FLOAT, None))
            values.append(Value(tensor, data_type, shape, waiting, fixed=fixed))
        return values[0] if outputs == 1 else values

    def opaque(self, kind: str, *inputs: Value) -> Value:
        """A node of which only its kind and what it reads are known."""
        made = self.writer.opaque(kind, [tensor.name for tensor in inputs], self.name(kind))
        return Value(made, TensorProto.FLOAT, None)

    def _infer(self, node, inputs) -> dict:
        types = {tensor.name: helper.make_tensor_type_proto(tensor.type, tensor.shape) for tensor in inputs}
        data = {
            tensor.name: onnx.numpy_helper.from_array(self._known[tensor.name], tensor.name)
            for tensor in inputs
            if tensor.name in self._known
        }
        try:
            inferred = shape_inference.infer_node_outputs(
                _schema(node.op_type), node, types, data, opset_imports=OPSETS
            )
        except shape_inference.InferenceError as error:
            raise MismatchError(f"{node.name}: {' '.join(str(error).split())[:200]}", _is_short(inputs)) from error
        return {name: (kind.tensor_type.elem_type, _shape(kind.tensor_type)) for name, kind in inferred.items()}

    def weight(self, stored: Stored) -> Value:
        """The tensor of a stored weight."""
        return Value(self.writer.weight(stored), stored.data_type, stored.shape, fixed=True)

    def constant(self, value, data_type: int = TensorProto.INT64) -> Value:
        """A small constant that is no weight."""
        array = np.asarray(value, helper.tensor_dtype_to_np_dtype(data_type))
        key = array.tobytes(), array.shape, data_type
        if key not in self._constants:
            self._bytes += array.nbytes
            if self._bytes > MOST_CONSTANTS:
                raise UndecidedError("the program makes too many numbers of its own")
            name = self.writer.constant(array, array.dtype)
            if array.size <= LARGEST_KNOWN:
                self._known[name] = array
            self._constants[key] = Value(name, data_type, array.shape, fixed=True)
        return self._constants[key]

    def integers(self, values: Sequence[int]) -> Value:
        """Integers as a tensor (n,), those that are open worked out by the graph."""
        if not any(isinstance(value, Open) for value in values):
            return self.constant([int(value) for value in values])
        parts = [self._integer(value) for value in values]
        if len(parts) == 1:
            return parts[0]
        made = self.node("Concat", *parts, axis=0)
        self._known[made.name] = np.array(values, np.int64)
        return made

    def integer(self, value: int) -> Value:
        """An integer as a tensor without axes."""
        if not isinstance(value, Open):
            return self.constant(value)
        made = self.node("Squeeze", self._integer(value), self.constant([0]))
        self._known[made.name] = np.array(value, np.int64)
        return made

    def _integer(self, value) -> Value:
        if not isinstance(value, Open):
            return self.constant([int(value)])
        op, *parts = value.made
        of_shape = op == "Shape"
        read = parts[:1] if of_shape else [self._integer(part) for part in parts]
        axis = {"start": parts[1], "end": parts[1] + 1} if of_shape else {}
        key = (op, *(tensor.name for tensor in read), *axis.values())
        if key not in self._opened:
            self._opened[key] = made = self.node(op, *read, **axis)
            self._known[made.name] = np.array([value], np.int64)
        return self._opened[key]

    def size(self, value: Value, axis: int) -> Open:
        """A tensor's size along an axis, as it will be when the graph runs."""
        held = Value(value.name, value.type, value.sizes)  # the tensor as it is now
        axis = value.axis(axis)
        return Open(value.sizes[axis], "Shape", held, axis)

    def tensor(self, value, like: Value | None = None) -> Value:
        """A tensor, or a number as one of the type that it takes beside `like`."""
        if isinstance(value, Value):
            return value
        kind: int
        if isinstance(value, bool):
            kind = TensorProto.BOOL
        elif isinstance(value, int):
            kind = TensorProto.INT64
        elif isinstance(value, float):
            kind = TensorProto.FLOAT
        else:
            raise UnknownError(f"{type(value).__name__} where a tensor should be")
        if like is not None and (like.type in FLOATS or kind in INTEGERS and like.type != TensorProto.BOOL):
            kind = like.type
        if isinstance(value, Open):
            return self.cast(self.integer(value), kind)
        return self.constant(value, kind)

    def cast(self, value: Value, data_type: int) -> Value:
        """A tensor as one of another type."""
        return value if value.type == data_type else self.node("Cast", value, to=data_type)

    def alike(self, *values) -> list[Value]:
        """Tensors and numbers of one type, the widest."""
        like = max((value for value in values if isinstance(value, Value)), key=_width, default=None)
        tensors = [self.tensor(value, like) for value in values]
        widest = max(tensors, key=_width).type
        return [self.cast(tensor, widest) for tensor in tensors]


def _is_short(inputs) -> bool | None:
    """Whether what does not fit is smaller than the weights beside it, as far as that can be told."""
    shapes = {tensor.fixed: tensor.shape for tensor in inputs if tensor.shape is not None}
    if not len(shapes) == len(inputs) == 2:
        return None
    pairs = zip(reversed(shapes[False]), reversed(shapes[True]), strict=False)
    return next((had < wanted for had, wanted in pairs if had != wanted and 1 not in (had, wanted)), None)


def _width(value: Value) -> int:
    """Tensors without axes give way, as PyTorch's numbers do."""
    order = (*INTEGERS, *FLOATS)
    kind = order.index(value.type) if value.type in order else len(order)
    whole = value.shape != ()
    return (value.type in FLOATS) * 1000 + whole * 100 + kind


def leaves(value, most: int) -> Iterator:
    """What stands in lists, tuples and dicts in one another. Raises `UndecidedError` if that is more than `most`."""
    ahead, seen = [value], 0
    while ahead:
        value = ahead.pop()
        seen += 1
        if seen > most:
            raise UndecidedError("lists of the program are too large")
        if isinstance(value, (list, tuple, dict)):
            if len(value) > most:
                raise UndecidedError("lists of the program are too large")
            ahead.extend(reversed(list(value.values() if isinstance(value, dict) else value)))
        else:
            yield value


def _shape(kind) -> tuple[int, ...] | None:
    if not kind.HasField("shape"):
        return None
    if not all(dim.HasField("dim_value") for dim in kind.shape.dim):
        return None
    return tuple(dim.dim_value for dim in kind.shape.dim)


@cache
def _schema(op: str):
    return onnx.defs.get_schema(op, OPSET, "")
