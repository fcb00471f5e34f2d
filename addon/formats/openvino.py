# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""OpenVINO's IR of versions 10 and 11: a graph in XML, and its constants in a .bin beside it.

Operators: "Operation Sets in OpenVINO" of its documentation; those not written here are opaque.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from ..containers.errors import CheckpointError
from ..containers.natural_order import brief
from ..containers.stored import FLOATS, ITEM_SIZE, MOST_AXES, MOST_ELEMENTS, Stored
from .checkpoint import Checkpoint
from .named_layers import Layers, Unwritable
from .tensorflow.flat import Flat, Node, closed, ordered

FORMAT = "openvino"
LARGEST, MOST_LAYERS = 1 << 28, 1 << 17
LARGEST_SETTING = 1 << 16  # numbers of a constant that is no weight
TYPES = {
    "f32": TensorProto.FLOAT,
    "f16": TensorProto.FLOAT16,
    "bf16": TensorProto.BFLOAT16,
    "f64": TensorProto.DOUBLE,
    "i64": TensorProto.INT64,
    "i32": TensorProto.INT32,
    "i16": TensorProto.INT16,
    "i8": TensorProto.INT8,
    "u64": TensorProto.UINT64,
    "u32": TensorProto.UINT32,
    "u16": TensorProto.UINT16,
    "u8": TensorProto.UINT8,
    "u4": TensorProto.UINT4,
    "i4": TensorProto.INT4,
    "boolean": TensorProto.BOOL,
    "f8e4m3": TensorProto.FLOAT8E4M3FN,
    "f8e5m2": TensorProto.FLOAT8E5M2,
}


def read(path: Path) -> Checkpoint:
    """Open an .xml with the .bin beside it, by either. Raises `CheckpointError`."""
    text = path if path.suffix != ".bin" else path.with_suffix(".xml")
    return _Graph(path, text, text.with_suffix(".bin")).checkpoint()


@dataclass
class _Layer:
    """A layer: its name, kind, settings, the shapes of what it gives, and the numbers of its ports."""

    name: str
    kind: str
    settings: dict[str, str]
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    shapes: list[tuple[int | None, ...]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)  # of tensors, one for each output, "" for none


class _Graph:
    def __init__(self, path: Path, text: Path, weights: Path):
        self.path, self.weights = path, weights
        self.length = weights.stat().st_size if weights.is_file() else 0
        root = self._parse(text)
        self.layers: dict[str, _Layer] = {}
        for element in root.iterfind("./layers/layer"):
            self.layers[element.get("id", "")] = self._layer(element)
        if not self.layers or len(self.layers) > MOST_LAYERS:
            raise CheckpointError(path, f"a network of OpenVINO with {len(self.layers):,} layers")
        self.sources: dict[tuple[str, str], tuple[str, str]] = {}
        for edge in root.iterfind("./edges/edge"):
            target = edge.get("to-layer", ""), edge.get("to-port", "")
            self.sources[target] = edge.get("from-layer", ""), edge.get("from-port", "")
        self.made = Layers(path, root.get("name", ""), named=False)
        self.values: dict[tuple[str, str], str] = {}
        self.held: list[Stored] = []
        self.version = root.get("version", "")

    def _parse(self, text: Path):
        if text.stat().st_size > LARGEST:
            raise CheckpointError(self.path, f"a text of {text.stat().st_size:,} bytes", "refused for safety")
        data = text.read_bytes()
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise CheckpointError(self.path, "an XML file with definitions of its own", "refused for safety")
        try:
            root = ET.fromstring(data)  # noqa: S314 - without definitions, and of bounded size
        except (ET.ParseError, ValueError, RecursionError) as error:
            raise CheckpointError(
                self.path, f"an XML file that is damaged or cut short ({error})", "fetch it again"
            ) from error
        if root.tag != "net":
            raise CheckpointError(self.path, "an XML file that is no network of OpenVINO")
        return root

    def _layer(self, element) -> _Layer:
        data = element.find("data")
        made = _Layer(element.get("name", ""), element.get("type", ""), dict(data.attrib) if data is not None else {})
        made.inputs = [port.get("id", "") for port in element.iterfind("./input/port")]
        for port in element.iterfind("./output/port"):
            sizes = []
            for dim in port.iterfind("dim"):
                said = (dim.text or "").strip()
                if not said.lstrip("-").isdecimal() or len(said) > 18:
                    raise CheckpointError(self.path, f"a size of '{brief(made.name)}' is no number", "fetch it again")
                sizes.append(int(said) if int(said) >= 0 else None)
            made.outputs.append(port.get("id", ""))
            made.shapes.append(tuple(sizes))
            made.names.append(port.get("names", "").split(",")[0])
        return made

    def checkpoint(self) -> Checkpoint:
        order = self._order()
        outputs: dict[str, str] = {}
        for number in order:
            layer = self.layers[number]
            if layer.kind == "Result":
                source = self.sources.get((number, layer.inputs[0] if layer.inputs else ""))
                tensor = self.values.get(source) if source else None
                if source is None or tensor is None:
                    raise CheckpointError(
                        self.path, f"nothing leads to its output '{brief(layer.name)}'", "fetch it again"
                    )
                outputs[self._output_name(source, outputs)] = tensor
                continue
            self._write(number, layer)
        producer = f"OpenVINO IR {brief(self.version, 8)}".strip()
        return self.made.checkpoint(outputs, FORMAT, producer, (), self.held)

    def _output_name(self, source, taken) -> str:
        layer = self.layers[source[0]]
        place = layer.outputs.index(source[1]) if source[1] in layer.outputs else 0
        name = layer.names[place] if place < len(layer.names) and layer.names[place] else layer.name
        while name in taken:
            name += " 2"
        return name

    def _order(self) -> list[str]:
        flat = Flat()
        for number, layer in self.layers.items():
            reads = [self.sources[number, port] for port in layer.inputs if (number, port) in self.sources]
            unknown = next((source for source, _ in reads if source not in self.layers), None)
            if unknown is not None:
                raise CheckpointError(
                    self.path, f"'{brief(layer.name)}' reads a layer that is not there", "fetch it again"
                )
            flat.nodes[number] = Node(number, layer.kind, [(source, 0) for source, _ in reads])
        order = ordered(flat, list(flat.nodes))
        if closed(flat, order):
            raise CheckpointError(self.path, "a network with a loop", "fetch it again")
        return order

    def _write(self, number: str, layer: _Layer):
        if layer.kind == "Parameter":
            kind = TYPES.get(layer.settings.get("element_type", ""), TensorProto.FLOAT)
            shape = layer.shapes[0] if layer.shapes else ()
            name = layer.names[0] if layer.names and layer.names[0] else layer.name
            self.values[number, layer.outputs[0]] = self.made.input(name, shape, kind)
            return
        if layer.kind == "Const":
            self.values[number, layer.outputs[0]] = self._constant(layer)
            return
        inputs = []
        for port in layer.inputs:
            source = self.sources.get((number, port))
            tensor = self.values.get(source) if source else None
            if tensor is None:
                raise CheckpointError(self.path, f"'{brief(layer.name)}' reads what nothing makes", "fetch it again")
            inputs.append(tensor)
        function = OPERATORS.get(layer.kind)
        call = _Call(self.made, layer, inputs)
        write = None if function is None else (lambda: function(call))
        made = self.made.layer(layer.name, layer.kind, write, inputs, len(layer.outputs), layer.shapes)
        for place, port in enumerate(layer.outputs):
            if place < len(made):
                self.values[number, port] = made[place]

    def _constant(self, layer: _Layer) -> str:
        settings = layer.settings
        kind = TYPES.get(settings.get("element_type", ""))
        texts = settings.get("offset", ""), settings.get("size", "")
        if not all(text.isdecimal() and len(text) < 19 for text in texts):
            raise CheckpointError(self.path, f"the constant '{brief(layer.name)}' has no place", "fetch it again")
        offset, size = map(int, texts)
        if not self.weights.is_file():
            raise CheckpointError(
                self.path, "a network of OpenVINO without its weights", f"put {self.weights.name} beside it"
            )
        if offset + size > self.length:
            raise CheckpointError(
                self.path,
                f"the constant '{brief(layer.name)}' needs bytes {offset:,} to {offset + size:,} of {self.length:,}",
                "the .bin is cut short: fetch it again",
            )
        shape = tuple(size or 0 for size in layer.shapes[0]) if layer.shapes else ()
        if kind is None or len(shape) > MOST_AXES or prod(max(1, size) for size in shape) > MOST_ELEMENTS:
            said = brief(settings.get("element_type", ""), 20)
            raise CheckpointError(self.path, f"the constant '{brief(layer.name)}' is of the type {said}", "not read")
        needed = -(-prod(shape) // 2) if kind not in ITEM_SIZE else prod(shape) * ITEM_SIZE[kind]
        if size != needed:
            raise CheckpointError(
                self.path,
                f"the constant '{brief(layer.name)}' needs {needed:,} bytes and has {size:,}",
                "fetch it again",
            )
        stored = Stored(layer.name, shape, kind, self.weights.name, offset)
        is_weight = kind in FLOATS and prod(shape) > 1
        if (
            is_weight
            or kind not in ITEM_SIZE
            or prod(shape) > LARGEST_SETTING
            or kind in (TensorProto.INT8, TensorProto.UINT8)
        ):
            self.held.append(stored)
            return self.made.weight(stored)
        dtype = helper.tensor_dtype_to_np_dtype(kind)
        array = np.fromfile(self.weights, dtype, prod(shape), offset=offset).reshape(shape)
        return self.made.graph.constant(array, dtype, layer.name)


# operators


@dataclass
class _Call:
    """A layer that is called: its settings as numbers, and what it reads."""

    made: Layers
    layer: _Layer
    inputs: list[str]

    def numbers(self, name: str, default=()) -> list[int]:
        """A setting that is a row of integers."""
        text = self.layer.settings.get(name, "")
        return [int(part) for part in text.split(",")] if text.strip() else list(default)

    def number(self, name: str, default: float = 0.0) -> float:
        return float(self.layer.settings.get(name, default))

    def flag(self, name: str, default: bool = False) -> bool:
        return self.layer.settings.get(name, str(default)).lower() in ("true", "1")

    def text(self, name: str, default: str = "") -> str:
        return self.layer.settings.get(name, default).lower()

    def node(self, op: str, *inputs: str, outputs: int = 1, **attributes):
        return self.made.node(op, *inputs, outputs=outputs, **attributes)

    def static(self, place: int) -> list[int]:
        """The integers of an input. Raises `Unwritable` where they are computed."""
        known = self.made.graph.known.get(self.inputs[place])
        if known is None:
            raise Unwritable("a setting that is computed")
        return [int(part) for part in known.reshape(-1)]

    def long(self, place: int) -> str:
        """An input as int64."""
        name = self.inputs[place]
        if name in self.made.graph.known:
            return self.made.constant(self.made.graph.known[name])
        if self.made.graph.types.get(name) == TensorProto.INT64:
            return name
        return self.node("Cast", name, to=TensorProto.INT64)

    def like(self, value: float, place: int = 0) -> str:
        """A number of the type of an input."""
        kind = self.made.graph.types.get(self.inputs[place], TensorProto.FLOAT)
        return self.made.constant(value, helper.tensor_dtype_to_np_dtype(kind))


def _window(call: _Call, count: int) -> dict:
    """Strides, dilations and padding, of a convolution or a pool."""
    begin, end = call.numbers("pads_begin", [0] * count), call.numbers("pads_end", [0] * count)
    made: dict = {"strides": call.numbers("strides", [1] * count)}
    gaps = call.numbers("dilations", [1] * count)
    if max(gaps) > 1:
        made["dilations"] = gaps
    automatic = call.text("auto_pad", "explicit")
    if automatic in ("same_upper", "same_lower"):
        made["auto_pad"] = automatic.upper()
    elif automatic != "valid":
        made["pads"] = [*begin, *end]
    return made


def _convolution(call: _Call):
    x, weight = call.inputs[:2]
    count = len(call.made.shape(x)) - 2
    kernel = call.made.shape(weight)
    group = 1
    if call.layer.kind.startswith("Group"):  # (groups, out, in, ...)
        group = int(kernel[0] or 1)
        weight = call.node("Reshape", weight, call.made.constant([-1, *(int(size or 1) for size in kernel[2:])]))
    sizes = [int(size or 1) for size in kernel[-count:]]
    return call.node("Conv", x, weight, kernel_shape=sizes, group=group, **_window(call, count))


def _transposed(call: _Call):
    if len(call.inputs) > 2:
        raise Unwritable("a size that is computed")
    x, weight = call.inputs[:2]
    count = len(call.made.shape(x)) - 2
    kernel = call.made.shape(weight)
    group = 1
    if call.layer.kind.startswith("Group"):
        group = int(kernel[0] or 1)
        weight = call.node("Reshape", weight, call.made.constant([-1, *(int(size or 1) for size in kernel[2:])]))
    more = call.numbers("output_padding", [0] * count)
    sizes = [int(size or 1) for size in kernel[-count:]]
    extra: dict = {"output_padding": more} if any(more) else {}
    return call.node("ConvTranspose", x, weight, kernel_shape=sizes, group=group, **extra, **_window(call, count))


def _pool(call: _Call):
    kernel = call.numbers("kernel")
    extra: dict = {"kernel_shape": kernel, "ceil_mode": int(call.text("rounding_type", "floor").startswith("ceil"))}
    if call.layer.kind == "AvgPool":
        extra["count_include_pad"] = int(not call.flag("exclude-pad", True))
        return call.node("AveragePool", call.inputs[0], **extra, **_window(call, len(kernel)))
    made = call.node("MaxPool", call.inputs[0], **extra, **_window(call, len(kernel)))
    return [made]


def _plain(op: str, count: int = 1) -> Callable:
    return lambda call: call.node(op, *call.inputs[:count])


def _prelu(call: _Call):
    slope = call.inputs[1]
    shape = call.made.shape(slope)
    rank = len(call.made.shape(call.inputs[0]))
    if len(shape) == 1 and shape[0] != 1 and rank > 2:
        slope = call.node("Unsqueeze", slope, call.made.constant(range(1, rank - 1)))
    return call.node("PRelu", call.inputs[0], slope)


def _clamp(call: _Call):
    return call.node("Clip", call.inputs[0], call.like(call.number("min")), call.like(call.number("max")))


def _hard_sigmoid(call: _Call):
    """max(0, min(1, alpha x + beta)), whose numbers are inputs."""
    known = [call.made.graph.known.get(name) for name in call.inputs[1:3]]
    if any(part is None for part in known):
        raise Unwritable("numbers that are computed")
    alpha, beta = (float(part.reshape(-1)[0]) for part in known if part is not None)
    return call.node("HardSigmoid", call.inputs[0], alpha=alpha, beta=beta)


def _swish(call: _Call):
    x = call.inputs[0]
    inner = call.node("Mul", x, call.inputs[1]) if len(call.inputs) > 1 else x
    return call.node("Mul", x, call.node("Sigmoid", inner))


def _gelu(call: _Call):
    way = "tanh" if call.text("approximation_mode", "erf") == "tanh" else "none"
    return call.node("Gelu", call.inputs[0], approximate=way)


def _softmax(call: _Call):
    op = "LogSoftmax" if call.layer.kind == "LogSoftmax" else "Softmax"
    return call.node(op, call.inputs[0], axis=int(call.number("axis", 1)))


def _matmul(call: _Call):
    sides = []
    for name, turned in zip(call.inputs, ("transpose_a", "transpose_b"), strict=False):
        rank = len(call.made.shape(name))
        if call.flag(turned) and rank > 1:
            name = call.node("Transpose", name, perm=[*range(rank - 2), rank - 1, rank - 2])
        sides.append(name)
    return call.node("MatMul", *sides)


def _concat(call: _Call):
    return call.node("Concat", *call.inputs, axis=int(call.number("axis")))


def _reshape(call: _Call):
    return call.node("Reshape", call.inputs[0], call.long(1), allowzero=int(not call.flag("special_zero")))


def _transpose(call: _Call):
    return call.node("Transpose", call.inputs[0], perm=call.static(1))


def _axes(op: str) -> Callable:
    def write(call: _Call):
        return call.node(op, call.inputs[0], *([call.long(1)] if len(call.inputs) > 1 else []))

    return write


def _split(call: _Call):
    (axis,) = call.static(1)
    whole = call.made.shape(call.inputs[0])[axis]
    count = len(call.layer.outputs)
    if call.layer.kind == "Split":
        if whole is None:
            raise Unwritable("parts of an open size")
        sizes = [whole // count] * count
    else:
        sizes = call.static(2)
        if -1 in sizes:
            sizes[sizes.index(-1)] = int(whole or 0) - sum(sizes) - 1
    if len(sizes) == 1:
        return [call.inputs[0]]
    return call.node("Split", call.inputs[0], call.made.constant(sizes), outputs=len(sizes), axis=axis)


def _gather(call: _Call):
    if int(call.number("batch_dims", 0)):
        raise Unwritable("indices for each sample")
    (axis,) = call.static(2)
    return call.node("Gather", call.inputs[0], call.inputs[1], axis=axis)


def _slice(call: _Call):
    """From, to, step and, where it is said, along which axes."""
    starts, stops, steps, *axes = (call.long(place) for place in range(1, len(call.inputs)))
    along = axes[0] if axes else call.made.constant(range(call.made.shape(starts)[0] or 0))
    return call.node("Slice", call.inputs[0], starts, stops, along, steps)


def _strided(call: _Call):
    """A slice with masks: where they are set, from the beginning, to the end, a new axis, or an axis that goes."""
    starts, stops = call.static(1), call.static(2)
    steps = call.static(3) if len(call.inputs) > 3 else [1] * len(starts)
    masks = {name: call.numbers(name) for name in ("begin_mask", "end_mask", "new_axis_mask", "shrink_axis_mask")}
    if any(call.numbers("ellipsis_mask")):
        raise Unwritable("an ellipsis")

    def is_set(name, place):
        return place < len(masks[name]) and masks[name][place]

    far = np.iinfo(np.int64).max
    columns: list[list[int]] = [[], [], [], []]
    gone, new = [], []
    axis = 0
    for place, (start, stop, step) in enumerate(zip(starts, stops, steps, strict=True)):
        if is_set("new_axis_mask", place):
            new.append(place)
            continue
        if is_set("shrink_axis_mask", place):
            gone.append(axis)
            stop = start + 1 if start != -1 else far
        else:
            start = (0 if step > 0 else -1) if is_set("begin_mask", place) else start
            stop = (far if step > 0 else -far) if is_set("end_mask", place) else stop
        for column, number in zip(columns, (start, stop, axis, step), strict=True):
            column.append(number)
        axis += 1
    x = call.node("Slice", call.inputs[0], *map(call.made.constant, columns)) if columns[0] else call.inputs[0]
    x = call.node("Squeeze", x, call.made.constant(gone)) if gone else x
    return call.node("Unsqueeze", x, call.made.constant(new)) if new else x


def _pad(call: _Call):
    begin, end = call.static(1), call.static(2)
    mode = {"constant": "constant", "reflect": "reflect", "edge": "edge"}[call.text("pad_mode", "constant")]
    value = [call.inputs[3]] if len(call.inputs) > 3 and mode == "constant" else []
    return call.node("Pad", call.inputs[0], call.made.constant([*begin, *end]), *value, mode=mode)


def _reduce(op: str) -> Callable:
    def write(call: _Call):
        return call.node(op, call.inputs[0], call.long(1), keepdims=int(call.flag("keep_dims")))

    return write


def _convert(call: _Call):
    return call.node("Cast", call.inputs[0], to=TYPES[call.text("destination_type")])


def _shape_of(call: _Call):
    made = call.node("Shape", call.inputs[0])
    return call.node("Cast", made, to=TensorProto.INT32) if call.text("output_type", "i64") == "i32" else made


def _broadcast(call: _Call):
    if len(call.inputs) > 2:
        raise Unwritable("axes that are mapped")
    return call.node("Expand", call.inputs[0], call.long(1))


def _range(call: _Call):
    kind = TYPES[call.text("output_type", "i64")]
    return call.node("Range", *(call.node("Cast", name, to=kind) for name in call.inputs[:3]))


def _interpolate(call: _Call):
    mode = {"nearest": "nearest", "linear": "linear", "linear_onnx": "linear", "cubic": "cubic"}[call.text("mode")]
    by_scale = call.text("shape_calculation_mode", "sizes") == "scales"
    rank = len(call.made.shape(call.inputs[0]))
    axes = call.static(3) if len(call.inputs) > 3 else list(range(rank))
    settings: dict = {
        "mode": mode,
        "coordinate_transformation_mode": call.text("coordinate_transformation_mode", "half_pixel"),
        "axes": axes,
    }
    if mode == "nearest":
        settings["nearest_mode"] = call.text("nearest_mode", "round_prefer_floor").replace("simple", "floor")
    if mode == "cubic":
        settings["cubic_coeff_a"] = call.number("cube_coeff", -0.75)
    if by_scale:
        return call.node("Resize", call.inputs[0], "", call.inputs[2 if len(call.inputs) > 3 else 1], **settings)
    return call.node("Resize", call.inputs[0], "", "", call.long(1), **settings)


def _batch_norm(call: _Call):
    x, *rest = call.inputs if call.layer.kind == "BatchNormInference" else call.inputs
    return call.node("BatchNormalization", x, *rest[:4], epsilon=call.number("epsilon", call.number("eps", 1e-5)))


def _mvn(call: _Call):
    """(x - mean) / sqrt(variance + epsilon) over axes; of the last ones what layer normalisation is."""
    x, axes = call.inputs[0], call.static(1)
    rank = len(call.made.shape(x))
    axes = sorted(axis % rank for axis in axes)
    epsilon = call.number("eps", 1e-5)
    inside = call.text("eps_mode", "inside_sqrt") == "inside_sqrt"
    sizes = call.made.shape(x)[-len(axes) :]
    if (
        call.flag("normalize_variance", True)
        and inside
        and axes == list(range(rank - len(axes), rank))
        and None not in sizes
    ):
        ones = call.made.number(np.ones([int(size or 1) for size in sizes]))
        return call.node("LayerNormalization", x, ones, axis=axes[0], epsilon=epsilon)
    along = call.made.constant(axes)
    apart = call.node("Sub", x, call.node("ReduceMean", x, along))
    if not call.flag("normalize_variance", True):
        return apart
    variance = call.node("ReduceMean", call.node("Mul", apart, apart), along)
    small = call.like(epsilon)
    if inside:
        return call.node("Div", apart, call.node("Sqrt", call.node("Add", variance, small)))
    return call.node("Div", apart, call.node("Add", call.node("Sqrt", variance), small))


def _attention(call: _Call):
    """softmax(q k' / sqrt(size) + mask) v."""
    query, key, value = call.inputs[:3]
    if call.flag("causal"):
        raise Unwritable("a causal mask of its own")
    shape = call.made.shape(query)
    rank = len(shape)
    turned = call.node("Transpose", key, perm=[*range(rank - 2), rank - 1, rank - 2])
    scores = call.node("MatMul", query, turned)
    if len(call.inputs) > 4:
        scores = call.node("Mul", scores, call.inputs[4])
    else:
        if shape[-1] is None:
            raise Unwritable("an open size")
        scores = call.node("Mul", scores, call.like(shape[-1] ** -0.5))
    if len(call.inputs) > 3 and call.made.graph.shapes.get(call.inputs[3]) != ():
        mask = call.inputs[3]
        if call.made.graph.types.get(mask) == TensorProto.BOOL:
            mask = call.node("Where", mask, call.like(0.0), call.like(-np.inf))
        scores = call.node("Add", scores, mask)
    return call.node("MatMul", call.node("Softmax", scores, axis=-1), value)


def _lstm(call: _Call):
    """(batch, steps, in) with states (batch, directions, units); gates are forget, input, cell, output."""
    x, hidden, cell, _, inner, recurrent, bias = call.inputs[:7]
    direction = call.text("direction", "forward")
    units = int(call.number("hidden_size"))
    order = call.made.constant(
        [g * units + u for g in (1, 3, 0, 2) for u in range(units)]
    )  # input, output, forget, cell

    def turned(name):
        return call.node("Gather", name, order, axis=1)

    weights = [turned(inner), turned(recurrent)]
    row = turned(bias)
    whole = call.node("Concat", row, call.node("Mul", row, call.made.number(0)), axis=1)
    states = [call.node("Transpose", state, perm=[1, 0, 2]) for state in (hidden, cell)]
    steps = call.node("Transpose", x, perm=[1, 0, 2])
    y, last, end = call.node(
        "LSTM", steps, *weights, whole, "", *states, outputs=3, hidden_size=units, direction=direction
    )
    y = call.node("Transpose", y, perm=[2, 1, 0, 3])
    return [y, *(call.node("Transpose", state, perm=[1, 0, 2]) for state in (last, end))]


def _fake_quantize(call: _Call):
    """Rounded to so many levels between two numbers, and given as as many between two others."""
    x, low, high, out_low, out_high = call.inputs[:5]
    levels = call.like(call.number("levels") - 1)
    inside = call.node("Max", call.node("Min", x, high), low)
    share = call.node("Div", call.node("Sub", inside, low), call.node("Sub", high, low))
    step = call.node("Div", call.node("Round", call.node("Mul", share, levels)), levels)
    return call.node("Add", call.node("Mul", step, call.node("Sub", out_high, out_low)), out_low)


def _squared_difference(call: _Call):
    apart = call.node("Sub", *call.inputs[:2])
    return call.node("Mul", apart, apart)


def _block(op: str) -> Callable:
    def write(call: _Call):
        size = int(call.number("block_size", 1))
        if op == "SpaceToDepth":
            return call.node(op, call.inputs[0], blocksize=size)
        return call.node(
            op, call.inputs[0], blocksize=size, mode="DCR" if call.text("mode") == "blocks_first" else "CRD"
        )

    return write


def _lrn(call: _Call):
    if call.static(1) != [1]:
        raise Unwritable("other axes than that of the channels")
    settings: dict = {name: call.number(name) for name in ("alpha", "beta", "bias")}
    return call.node("LRN", call.inputs[0], size=int(call.number("size")), **settings)


OPERATORS: dict[str, Callable] = {
    "Convolution": _convolution,
    "GroupConvolution": _convolution,
    "ConvolutionBackpropData": _transposed,
    "GroupConvolutionBackpropData": _transposed,
    "MaxPool": _pool,
    "AvgPool": _pool,
    "PReLU": _prelu,
    "Clamp": _clamp,
    "HardSigmoid": _hard_sigmoid,
    "Swish": _swish,
    "Gelu": _gelu,
    "SoftMax": _softmax,
    "Softmax": _softmax,
    "LogSoftmax": _softmax,
    "MatMul": _matmul,
    "Concat": _concat,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "Squeeze": _axes("Squeeze"),
    "Unsqueeze": _axes("Unsqueeze"),
    "Split": _split,
    "VariadicSplit": _split,
    "Gather": _gather,
    "Slice": _slice,
    "StridedSlice": _strided,
    "Pad": _pad,
    "Convert": _convert,
    "ShapeOf": _shape_of,
    "Broadcast": _broadcast,
    "Range": _range,
    "Interpolate": _interpolate,
    "BatchNormInference": _batch_norm,
    "MVN": _mvn,
    "ScaledDotProductAttention": _attention,
    "LSTMSequence": _lstm,
    "FakeQuantize": _fake_quantize,
    "SquaredDifference": _squared_difference,
    "DepthToSpace": _block("DepthToSpace"),
    "SpaceToDepth": _block("SpaceToDepth"),
    "LRN": _lrn,
    "HSigmoid": lambda call: call.node("HardSigmoid", call.inputs[0], alpha=1 / 6, beta=0.5),
    "Select": lambda call: call.node("Where", *call.inputs[:3]),
    "Tile": lambda call: call.node("Tile", call.inputs[0], call.long(1)),
    "Elu": lambda call: call.node("Elu", call.inputs[0], alpha=call.number("alpha", 1.0)),
    "NotEqual": lambda call: call.node("Not", call.node("Equal", *call.inputs[:2])),
    **{
        name: _reduce(name)
        for name in ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL2", "ReduceL1")
    },
    **{
        name: _plain(op)
        for name, op in {
            "ReLU": "Relu",
            "Relu": "Relu",
            "Sigmoid": "Sigmoid",
            "Tanh": "Tanh",
            "HSwish": "HardSwish",
            "Mish": "Mish",
            "SoftPlus": "Softplus",
            "SoftSign": "Softsign",
            "Sqrt": "Sqrt",
            "Exp": "Exp",
            "Log": "Log",
            "Erf": "Erf",
            "Abs": "Abs",
            "Negative": "Neg",
            "Floor": "Floor",
            "Ceiling": "Ceil",
            "Round": "Round",
            "Sin": "Sin",
            "Cos": "Cos",
            "Sign": "Sign",
            "LogicalNot": "Not",
        }.items()
    },
    **{
        name: _plain(op, 2)
        for name, op in {
            "Add": "Add",
            "Subtract": "Sub",
            "Multiply": "Mul",
            "Divide": "Div",
            "Power": "Pow",
            "Maximum": "Max",
            "Minimum": "Min",
            "Equal": "Equal",
            "Greater": "Greater",
            "GreaterEqual": "GreaterOrEqual",
            "Less": "Less",
            "LessEqual": "LessOrEqual",
            "LogicalAnd": "And",
            "LogicalOr": "Or",
        }.items()
    },
}
