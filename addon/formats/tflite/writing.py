# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A TensorFlow Lite model as an ONNX graph.

Quantised models compute with integers; here they are computed with the real numbers that these stand for, rounded
where the file rounds them: QuantizeLinear and DequantizeLinear stand wherever a tensor of the file holds integers, and
weights are the file's integers with their scales.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import prod

import numpy as np
from onnx import TensorProto, helper

from ...containers import stopping
from ...containers.natural_order import brief
from ...containers.stored import FLOATS, Stored
from ..checkpoint import Checkpoint
from ..tensorflow.graph import CONTRADICTIONS, Call, TensorGraph, Unwritable, Value
from ..tensorflow.layer_names import LayerNames
from ..tensorflow.operators import OPERATORS
from ..tensorflow.operators.shaping import joined
from .model import Model, Operator, Scale, Signature, Tensor
from .operators import ACTIVATIONS, KEEPING, SAME, Settings
from .special import CUSTOM, SPECIAL

INTEGERS = (TensorProto.INT8, TensorProto.UINT8, TensorProto.INT16, TensorProto.INT4, TensorProto.UINT16)
# Types that QuantizeLinear takes from opset 21 on. Of the others an earlier one is written: what onnxruntime 1.31 makes
# of them in the later ones, when it moves them past a Transpose, it does not take itself.
LATER = (TensorProto.INT16, TensorProto.UINT16, TensorProto.INT4)
EARLIER = 20
GRAPHS_INSIDE = {"WHILE": (0, 1), "IF": (0, 1), "CALL_ONCE": (0,)}  # fields that say which graphs an operator runs
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "CONV_3D", "BATCH_MATMUL")


class Writing:
    """Writes the subgraph of a signature."""

    def __init__(self, model: Model, signature: Signature):
        self.model, self.signature = model, signature
        self.tensors = model.tensors(signature.subgraph)
        self.operators = list(model.operators(signature.subgraph))
        self.graph = TensorGraph("model")
        self.values: dict[int, Value] = {}
        self.unknown: Counter[str] = Counter()
        self.readers = Counter(index for operator in self.operators for index in operator.inputs)
        self.readers.update(index for _, index in signature.outputs)
        self.layers = LayerNames(
            self._name(operator) for operator in self.operators if operator.kind in WEIGHTED and operator.outputs
        )
        self.rounded: list[str] = []
        written = {index for operator in self.operators for index in operator.outputs}  # states of an LSTM are none
        written |= {index for _, index in signature.inputs}
        held = {
            tensor.data_type
            for tensor in self.tensors
            if tensor.scale is not None and (tensor.begin >= 0 or tensor.index in written)
        }
        self.quantised = any(tensor.begin < 0 and tensor.scale is not None for tensor in self.tensors)
        if self.quantised and not held & set(LATER):
            self.graph.writer.opset = EARLIER

    def checkpoint(self, format: str, producer: str) -> Checkpoint:
        """The whole. Raises `CheckpointError`, `Unwritable` and `FlatBufferError`."""
        for name, index in self.signature.inputs:
            self._input(name, self._tensor(index))
        for operator in self.operators:
            stopping.check()
            self._operator(operator)
        for name, index in self.signature.outputs:
            tensor = self._tensor(index)
            value = self._read(index)
            if value is None:
                raise Unwritable(f"nothing makes its output '{brief(name)}'")
            if tensor.scale is not None and tensor.data_type in INTEGERS:
                self.rounded.append(name)
            self.graph.output(value, name)
        self.graph.sweep()
        return self.graph.writer.checkpoint(self.model.path, format, "graph", producer, list(self._notes()))

    def _notes(self) -> Iterable[str]:
        for kind, count in sorted(self.unknown.items()):
            yield f"'{brief(kind)}' ({count} times) is shown as it is named: what it computes is not known here"
        yield from dict.fromkeys(self.graph.remarks)
        if self.rounded:
            named = ", ".join(map(brief, dict.fromkeys(self.rounded)))
            yield f"integers at its ends are given as the numbers that they stand for: {named}"[:200]

    def _tensor(self, index: int) -> Tensor:
        if not 0 <= index < len(self.tensors):
            raise Unwritable("an end of its graph is not there")
        return self.tensors[index]

    def _input(self, name, tensor):
        kind = tensor.data_type
        quantised = tensor.scale is not None and kind is not None and kind not in FLOATS
        data = TensorProto.FLOAT if quantised or kind is None else kind
        value = self.graph.input(name, tensor.shape, data)
        if quantised:
            self.graph.layer = ""
            self.rounded.append(name)
            value = self._round(value, tensor, name)
        self.values[tensor.index] = value

    def _name(self, operator: Operator) -> str:
        """The name of the node of TensorFlow that an operator came from: of several that were put together that of
        the layer whose weights it applies."""
        parts = self.tensors[operator.outputs[0]].name.split(";") if operator.outputs else [operator.kind]
        if operator.kind in WEIGHTED and len(operator.inputs) > 1 and operator.inputs[1] >= 0 and len(parts) > 1:
            weight = self.tensors[operator.inputs[1]].name.split(";")[0]
            scope = weight.rpartition("/")[0]
            return next((part for part in parts if scope and part.rpartition("/")[0] == scope), parts[0])
        return parts[0]

    # what is read

    def _read(self, index: int) -> Value | None:
        if index < 0:
            return None
        if index not in self.values:
            tensor = self.tensors[index]
            if tensor.begin < 0:
                return None
            self.values[index] = self._constant(tensor)
        return self.values[index]

    def _constant(self, tensor: Tensor) -> Value:
        if tensor.data_type in (None, TensorProto.STRING) or tensor.sparse:
            raise Unwritable("a constant of a type that ONNX has not")
        shape = tuple(size or 0 for size in tensor.shape)
        name = tensor.name.split(";")[0]
        stored = Stored(name, shape, tensor.data_type, self.model.path.name, tensor.begin)
        if tensor.scale is not None and tensor.data_type not in FLOATS:
            return Value(self._dequantised(stored, tensor.scale))
        if tensor.data_type in FLOATS and shape and tensor.size > 1:
            return Value(self.graph.weight(stored))
        if tensor.data_type == TensorProto.INT4:
            return Value(self.graph.weight(stored))
        array = self.model.array(tensor)
        if array.size > 1 << 16:
            return Value(self.graph.weight(stored))
        return Value(self.graph.constant(array, array.dtype, name))

    def _dequantised(self, stored: Stored, scale: Scale) -> str:
        if stored.data_type == TensorProto.INT64:  # ONNX scales none of 64 bits
            return self.graph.weight(self._real(stored, scale))
        weight = self.graph.weight(stored)
        each = scale.scales.size > 1
        scales = self.graph.constant(scale.scales if each else scale.scales[0], np.float32, f"{stored.name}/scale")
        if (
            not self.quantised and stored.data_type != TensorProto.INT4
        ):  # onnxruntime would round what they are applied to
            return self._product(weight, scales, scale, stored)
        # onnxruntime takes a zero point that is not said for one of unsigned integers
        inputs = [weight, scales, self._zero(scale, stored.data_type, stored.name)]
        axis = {"axis": scale.axis} if each else {}
        return self.graph.node("DequantizeLinear", inputs, stored.name, **axis)

    def _product(self, weight: str, scales: str, scale: Scale, stored: Stored) -> str:
        """Integers by their scales, written out."""
        real = self.graph.node("Cast", [weight], stored.name, to=TensorProto.FLOAT)
        along = [1] * len(stored.shape)
        if scale.scales.size > 1:
            along[scale.axis] = -1
            scales = self.graph.constant(scale.scales.reshape(along), np.float32, f"{stored.name}/scale")
        if scale.zeros.any():
            zeros = scale.zeros.reshape(along) if scale.zeros.size > 1 else scale.zeros[0]
            real = self.graph.node(
                "Sub", [real, self.graph.constant(zeros, np.float32, f"{stored.name}/zero")], stored.name
            )
        return self.graph.node("Mul", [real, scales], stored.name)

    def _real(self, stored: Stored, scale: Scale) -> Stored:
        def read() -> np.ndarray:
            begin = stored.offset or 0
            whole = np.frombuffer(self.model.data, "<i8", prod(stored.shape), begin).reshape(stored.shape)
            along = [1] * whole.ndim
            if scale.scales.size > 1:
                along[scale.axis] = -1
            zeros, scales = (part.reshape(along) for part in (scale.zeros, scale.scales))
            return ((whole - zeros) * scales.astype(np.float64)).astype(np.float32)

        return Stored(stored.name, stored.shape, TensorProto.FLOAT, read=read)

    def _zero(self, scale: Scale, kind: int, name: str) -> str:
        zeros = scale.zeros if scale.zeros.size > 1 else scale.zeros[0]
        return self.graph.constant(zeros, helper.tensor_dtype_to_np_dtype(kind), f"{name}/zero")

    def _round(self, value: Value, tensor: Tensor, name: str) -> Value:
        """What is left of numbers in a tensor of integers."""
        scale = tensor.scale
        if scale is None or scale.scales.size > 1 or tensor.data_type not in INTEGERS:
            return value
        ends = [
            self.graph.constant(scale.scales[0], np.float32, f"{name}/scale"),
            self._zero(scale, tensor.data_type, name),
        ]
        rounded = self.graph.node("QuantizeLinear", [value.name, *ends], name)
        return Value(self.graph.node("DequantizeLinear", [rounded, *ends], name), value.maps)

    # operators

    def _operator(self, operator: Operator):
        if not operator.outputs:
            return
        name = self._name(operator)
        self.graph.layer = self.layers.of(name)
        known = self._constants(operator)  # before the mark: they are kept if the operator is undone
        mark = self.graph.mark()
        try:
            values = self._written(operator, name) if known else None
        except (Unwritable, *CONTRADICTIONS):
            values = None
        if values is None:
            self.graph.undo(mark)
            values = self._opaque(operator, name)
        elif values:
            values[0] = self.graph.called(values[0], name, mark)
        first = self.tensors[operator.inputs[0]] if operator.inputs and operator.inputs[0] >= 0 else None
        for index, value in zip(operator.outputs, values, strict=False):
            tensor = self.tensors[index]
            keeps = operator.kind in KEEPING and first is not None and first.scale is not None
            if tensor.scale is not None and not (keeps and first and first.scale and first.scale.same(tensor.scale)):
                value = self._round(value, tensor, name)
            self.values[index] = value

    def _constants(self, operator) -> bool:
        """Write the constants that an operator reads; whether all could be."""
        try:
            for index in operator.inputs:
                self._read(index)
        except Unwritable:
            return False
        return True

    def _opaque(self, operator, name) -> list[Value]:
        self.unknown[operator.kind] += 1
        read = []
        for index in operator.inputs:
            try:
                value = self._read(index)
            except Unwritable:
                value = None
            if value is not None:
                read.append(self.graph.plain(value, name))
        read += self._weights_inside(operator)
        shapes = [self.tensors[index].shape for index in operator.outputs]
        kind = operator.kind if operator.custom else "".join(part.capitalize() for part in operator.kind.split("_"))
        return [Value(made) for made in self.graph.opaque(kind, read, name, shapes)]

    def _weights_inside(self, operator) -> list[str]:
        """The weights of the graphs that a loop or a choice runs."""
        made = []
        for place in GRAPHS_INSIDE.get(operator.kind, ()):
            number = operator.options.number(place, "i") if operator.options else 0
            for tensor in self.model.tensors(number) if 0 < number < len(self.model.subgraphs) else ():
                kind = tensor.data_type
                if tensor.begin >= 0 and kind in FLOATS and kind and tensor.size > 1 and not tensor.sparse:
                    shape = tuple(size or 0 for size in tensor.shape)
                    held = Stored(tensor.name, shape, kind, self.model.path.name, tensor.begin)
                    made.append(self.graph.weight(held))
        return made

    def _written(self, operator: Operator, name: str) -> list[Value] | None:
        """What an operator gives; None where it is not known."""
        inputs = [self._read(index) for index in operator.inputs]
        if operator.kind in ("QUANTIZE", "DEQUANTIZE"):
            return [self._converted(operator, inputs[0], name)]
        settings = Settings(operator.options)
        if operator.custom:
            return self._custom(operator, inputs, name)
        call = Call(self.graph, operator.kind, name, inputs, {}, len(operator.outputs), self._count(operator))
        activation: int | None = None
        if operator.kind in SPECIAL:
            write, activation = SPECIAL[operator.kind]
            made = write(call, settings, self._shapes(operator.outputs))
        elif operator.kind in SAME:
            target, settings_of, activation = SAME[operator.kind]
            call.op, call.settings = target, settings_of(settings)
            made = OPERATORS[target](call)
        elif operator.kind == "CONCATENATION":
            activation = 1
            made = joined(call, [value for value in inputs if value is not None], settings.number(0))
        else:
            return None
        values = made if isinstance(made, list) else [made]
        kind = ACTIVATIONS.get(settings.number(activation, "b")) if activation is not None else None
        if kind:
            behind = Call(self.graph, kind, name, [values[0]])
            acted = OPERATORS[kind](behind)
            values = [acted] if isinstance(acted, Value) else acted
        return values

    def _custom(self, operator, inputs, name) -> list[Value] | None:
        if operator.kind not in CUSTOM:
            return None
        call = Call(self.graph, operator.kind, name, inputs, {}, len(operator.outputs))
        return [CUSTOM[operator.kind](call, operator.data, self._shapes(operator.outputs))]

    def _count(self, operator) -> int:
        return self.readers[operator.inputs[0]] if operator.inputs else 1

    def _shapes(self, indices: Sequence[int]):
        return [self.tensors[index].shape for index in indices]

    def _converted(self, operator, value, name) -> Value:
        """Between real numbers and integers: the numbers stay what they stand for."""
        if value is None:
            raise Unwritable("it reads nothing")
        target = self.tensors[operator.outputs[0]]
        kind = self.graph.types.get(value.name, TensorProto.FLOAT)
        if target.data_type in FLOATS and kind != target.data_type:
            return Value(self.graph.node("Cast", [value.name], name, to=target.data_type), value.maps)
        return value
