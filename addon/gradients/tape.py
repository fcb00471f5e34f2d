# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the nodes of a derivative are written, and what is known of the tensors that they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import prod

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

PREFIX = "gradient/"
AXES_ARE_INPUTS = 18  # the version from which all reductions take their axes as an input


class NoRuleError(Exception):
    """A node through which no derivative is known: what is wrong with it, in words."""


@dataclass(frozen=True)
class Facts:
    """What is known of tensors before anything is derived: `shapes` for the inputs at hand, `types` of elements as ONNX
    numbers them, and the `values` of small ones that do not depend on the numbers of an input."""

    shapes: Mapping[str, tuple[int, ...]]
    types: Mapping[str, int]
    values: Mapping[str, np.ndarray]


@dataclass
class Tape:
    """Nodes and initializers in the order in which they are made; names never meet those of the model."""

    facts: Facts
    version: int  # of the operators
    relu: str = "gradient"  # or "guided", "deconvnet": what of a derivative passes a Relu
    training: bool = False  # normalise by the batch, and drop out
    nodes: list[NodeProto] = field(default_factory=list)
    initializers: list[TensorProto] = field(default_factory=list)
    masks: dict[str, tuple[tuple[int, ...], float]] = field(default_factory=dict)  # inputs: shape, share that is kept
    statistics: dict[str, tuple[str, float]] = field(default_factory=dict)  # running numbers: of this batch, momentum
    _constants: dict[tuple, str] = field(default_factory=dict)
    count: int = 0  # of names that were given

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor of the model."""
        if name not in self.facts.shapes:
            raise NoRuleError("the shape of what it reads is not known")
        return self.facts.shapes[name]

    def value(self, name: str) -> np.ndarray:
        """The numbers of a small tensor of the model that no input changes."""
        if name not in self.facts.values:
            raise NoRuleError("its settings depend on the input")
        return self.facts.values[name]

    def type(self, name: str) -> int:
        """The type of a tensor's elements."""
        return self.facts.types.get(name, TensorProto.FLOAT)

    def is_float(self, name: str) -> bool:
        return self.type(name) in (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16)

    def name(self, of: str) -> str:
        """A name that no tensor has yet."""
        self.count += 1
        return f"{PREFIX}{of}.{self.count}"

    def many(self, operator: str, *inputs: str, outputs: int, **attributes) -> list[str]:
        """A node with so many outputs; their names."""
        names = [self.name(operator) for _ in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, name=names[0], **attributes))
        return names

    def add(self, operator: str, *inputs: str, **attributes) -> str:
        """A node with one output; its name."""
        return self.many(operator, *inputs, outputs=1, **attributes)[0]

    def write(self, output: str, operator: str, *inputs: str, **attributes) -> str:
        """A node that gives a tensor of the model itself."""
        self.nodes.append(helper.make_node(operator, inputs, [output], name=self.name(operator), **attributes))
        return output

    def constant(self, values) -> str:
        """An initializer with these numbers; equal ones are one."""
        array = np.asarray(values)
        key = array.dtype.str, array.shape, array.tobytes()
        if key not in self._constants:
            self._constants[key] = self.name("constant")
            self.initializers.append(numpy_helper.from_array(array, self._constants[key]))
        return self._constants[key]

    def whole(self, values: Sequence[int]) -> str:
        """An initializer of whole numbers, as shapes and axes are."""
        return self.constant(np.asarray(values, np.int64))

    def number(self, value: float, like: str) -> str:
        """One number of the type of a tensor of the model."""
        return self.constant(np.asarray(value, helper.tensor_dtype_to_np_dtype(self.type(like))))

    # operators that are written often

    def sum_over(self, name: str, axes: Sequence[int], keep: bool = True) -> str:
        return self.add("ReduceSum", name, self.whole(axes), keepdims=int(keep)) if len(axes) else name

    def mean_over(self, name: str, axes: Sequence[int]) -> str:
        """The mean, with axes of one."""
        if self.version >= AXES_ARE_INPUTS:
            return self.add("ReduceMean", name, self.whole(axes), keepdims=1)
        return self.add("ReduceMean", name, axes=list(axes), keepdims=1)

    def reshape(self, name: str, shape: Sequence[int]) -> str:
        return self.add("Reshape", name, self.whole(shape)) if 0 not in shape else self._empty(name, shape)

    def _empty(self, name, shape):
        return self.add("Reshape", name, self.whole(shape), allowzero=1)

    def transpose(self, name: str, order: Sequence[int]) -> str:
        return self.add("Transpose", name, perm=list(order)) if list(order) != sorted(order) else name

    def expand(self, name: str, shape: Sequence[int]) -> str:
        return self.add("Expand", name, self.whole(shape))

    def slice(self, name: str, starts: Sequence[int], ends: Sequence[int], axes: Sequence[int]) -> str:
        return self.add("Slice", name, self.whole(starts), self.whole(ends), self.whole(axes))

    def cast(self, name: str, like: str) -> str:
        """A tensor in the type of one of the model."""
        return self.add("Cast", name, to=self.type(like))

    def where(self, condition: str, yes: str, no: str) -> str:
        return self.add("Where", condition, yes, no)

    def unbroadcast(self, gradient: str, given: Sequence[int], wanted: Sequence[int]) -> str:
        """The sum of a derivative of shape `given` over what was broadcast from the shape `wanted`."""
        if tuple(given) == tuple(wanted):
            return gradient
        ahead = len(given) - len(wanted)
        padded = (1,) * ahead + tuple(wanted)
        axes = [axis for axis, (have, want) in enumerate(zip(given, padded, strict=True)) if have != want]
        return self.reshape(self.sum_over(gradient, axes), wanted)

    def scatter(self, gradient: str, places: str, shape: Sequence[int], like: str) -> str:
        """Zeros of a shape, with the numbers of a derivative added at flat `places` (int64, as many)."""
        zero = numpy_helper.from_array(np.zeros(1, helper.tensor_dtype_to_np_dtype(self.type(like))))
        zeros = self.add("ConstantOfShape", self.whole([prod(shape)]), value=zero)
        flat = self.reshape(gradient, [-1])
        added = self.add("ScatterElements", zeros, self.reshape(places, [-1]), flat, axis=0, reduction="add")
        return self.reshape(added, shape)

    def places(self, shape: Sequence[int]) -> str:
        """The flat place of every element of a tensor of this shape, int64."""
        return self.constant(np.arange(prod(shape), dtype=np.int64).reshape(shape))

    @contextmanager
    def apart(self) -> Iterator[list[NodeProto]]:
        """What is written inside goes into a list of its own."""
        kept = self.nodes
        self.nodes = []
        try:
            yield self.nodes
        finally:
            self.nodes = kept


def attributes(node: NodeProto) -> dict:
    """The attributes of a node by name; texts as str."""
    values = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in values.items()}
