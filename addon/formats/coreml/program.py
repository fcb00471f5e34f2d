# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""ML programs: operators of MIL (Core ML's intermediate language) as ONNX nodes.

Formulas: the MIL operator reference of coremltools. Operators that are not written here are opaque, with the shapes
that the program tells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

from ...containers.errors import CheckpointError
from ...containers.natural_order import brief
from ...containers.stored import FLOATS, ITEM_SIZE, MOST_AXES, MOST_ELEMENTS, Stored
from ..checkpoint import Checkpoint
from ..named_layers import Layers, Shape, Unwritable
from .messages import NAMES, TYPES, producer

SENTINEL, META = 0xDEADBEEF, 64  # what every entry of the file of weights begins with, and how long that is
PLACE = "@model_path/"
MOST_OPERATORS = 1 << 17


def read(path: Path, model: dict, data: memoryview, format: str) -> Checkpoint:
    """The main function of a program. Raises `CheckpointError`, and ValueError for damaged messages."""
    functions = model["mlProgram"].get("functions", {})
    function = functions.get("main") or next(iter(functions.values()), None)
    if not function or not function.get("block_specializations"):
        raise CheckpointError(path, "an ML program without a function", "fetch it again")
    blocks = function["block_specializations"]
    block = blocks.get(function.get("opset", "")) or next(iter(blocks.values()))
    return _Program(path, data, function, block).checkpoint(format, producer(model))


def _type(said: dict | None) -> tuple[int | None, Shape]:
    """Type and shape of a tensor."""
    tensor = (said or {}).get("tensorType", {})
    shape = tuple(
        dim.get("constant", {}).get("size", 0) if "unknown" not in dim else None for dim in tensor.get("dimensions", [])
    )
    if len(shape) > MOST_AXES or any(size is not None and not 0 <= size < 1 << 48 for size in shape):
        raise ValueError("a shape that cannot be")
    if prod(size or 1 for size in shape) > MOST_ELEMENTS:
        raise ValueError("a shape that cannot be")
    return TYPES.get(tensor.get("dataType", 0)), shape


class _Program:
    def __init__(self, path: Path, data: memoryview, function: dict, block: dict):
        self.path, self.data, self.block = path, data, block
        self.made = Layers(path, "program", named=False)
        self.values: dict[str, str] = {}
        self.texts: dict[str, list[str]] = {}
        self.held: list[Stored] = []
        self.lengths: dict[str, int] = {}
        for value in function.get("inputs", []):
            kind, shape = _type(value.get("type"))
            name = value.get("name", "")
            self.values[name] = self.made.input(name, shape, kind or TensorProto.FLOAT)

    def checkpoint(self, format: str, producer: str) -> Checkpoint:
        operations = self.block.get("operations", [])
        if len(operations) > MOST_OPERATORS:
            raise CheckpointError(self.path, f"a program of {len(operations):,} operators", "refused for safety")
        for operation in operations:
            self._operation(operation)
        outputs = {}
        for name in self.block.get("outputs", []):
            if name not in self.values:
                raise CheckpointError(self.path, f"nothing makes its output '{brief(name)}'", "fetch it again")
            outputs[name] = self.values[name]
        return self.made.checkpoint(outputs, format, producer, (), self.held)

    def _operation(self, operation):
        outputs = operation.get("outputs", [])
        name = outputs[0].get("name", "") if outputs else ""
        if operation.get("type") == "const":
            self._constant(name, operation.get("attributes", {}).get("val", {}))
            return
        arguments = {}
        read = []
        for key, argument in operation.get("inputs", {}).items():
            held = []
            for place, binding in enumerate(argument.get("arguments", [])):
                if "value" in binding:
                    inner = f"{name}/{key}" if place == 0 else f"{name}/{key} {place}"
                    self._constant(inner, binding["value"])
                    held.append(inner)
                else:
                    held.append(binding.get("name", ""))
            for one in held:
                if one not in self.values and one not in self.texts:
                    raise CheckpointError(self.path, f"'{brief(name)}' reads '{brief(one)}', which nothing makes")
            arguments[key] = held
            read += [self.values[one] for one in held if one in self.values]
        kind = operation.get("type", "operator")
        call = Call(self.made, self.values, self.texts, arguments, len(outputs))
        function = OPERATORS.get(kind)
        write = None if function is None else (lambda: function(call))
        shapes = [_type(output.get("type"))[1] for output in outputs]
        made = self.made.layer(name, kind, write, read, max(1, len(outputs)), shapes)
        for output, tensor in zip(outputs, made, strict=False):
            self.values[output.get("name", "")] = tensor

    def _constant(self, name: str, value: dict):
        kind, shape = _type(value.get("type"))
        sizes = tuple(size or 0 for size in shape)
        immediate = value.get("immediateValue", {}).get("tensor")
        if kind == TensorProto.STRING:
            self.texts[name] = list((immediate or {}).get("strings", {}).get("values", []))
            return
        if kind is None:
            raise ValueError(f"the constant '{brief(name)}' is of an unknown type")
        dtype = np.dtype(helper.tensor_dtype_to_np_dtype(kind))
        if "blobFileValue" in value:
            file, offset = self._blob(name, value["blobFileValue"], prod(sizes) * ITEM_SIZE[kind])
            self._keep(name, Stored(name, sizes, kind, file, offset))
            return
        immediate = immediate or {}
        for field, size in (("floats", 4), ("doubles", 8), ("bytes", dtype.itemsize)):
            if field in immediate and "values" in immediate[field]:
                begin, end = immediate[field]["values"]
                if end - begin != prod(sizes) * size or size != dtype.itemsize:
                    raise ValueError(f"the constant '{brief(name)}' needs {prod(sizes) * size:,} bytes")
                self._keep(name, Stored(name, sizes, kind, self.path.name, begin))
                return
        numbers = next((list(held.get("values", [])) for held in immediate.values()), [])
        if len(numbers) != prod(sizes):
            raise ValueError(f"the constant '{brief(name)}' has {len(numbers):,} numbers, not {prod(sizes):,}")
        self.values[name] = self.made.graph.constant(np.array(numbers).astype(dtype).reshape(sizes), dtype, name)

    def _keep(self, name: str, stored: Stored):
        """A weight stays in its file; a single number is a setting."""
        if stored.data_type in FLOATS and prod(stored.shape) > 1 or prod(stored.shape) > 1 << 12:
            self.held.append(stored)
            self.values[name] = self.made.weight(stored)
            return
        dtype = helper.tensor_dtype_to_np_dtype(stored.data_type)
        file = self.path.parent / stored.file
        array = np.fromfile(file, dtype, prod(stored.shape), offset=stored.offset or 0).reshape(stored.shape)
        self.values[name] = self.made.graph.constant(array, dtype, name)

    def _blob(self, name: str, said: dict, needed: int) -> tuple[str, int]:
        """Where the numbers of a blob lie: behind its own description in the file of weights."""
        file = said.get("fileName", "").removeprefix(PLACE)
        parts = file.split("/")
        if not file or "\\" in file or "\0" in file or any(part in ("", ".", "..") for part in parts):
            raise CheckpointError(
                self.path, f"the weights of '{brief(name)}' lie outside of its folder", "refused for safety"
            )
        place = self.path.parent / file
        if not place.is_file():
            raise CheckpointError(self.path, f"the weights '{brief(file)}' are not there", "open the whole .mlpackage")
        if file not in self.lengths:
            self.lengths[file] = place.stat().st_size
        at = said.get("offset", 0)
        if not 0 <= at <= self.lengths[file] - META:
            raise CheckpointError(self.path, f"'{brief(file)}' is cut short before '{brief(name)}'", "fetch it again")
        with place.open("rb") as opened:
            opened.seek(at)
            head = opened.read(META)
        size, offset = (int.from_bytes(head[begin : begin + 8], "little") for begin in (8, 16))
        if offset + size > self.lengths[file]:
            raise CheckpointError(self.path, f"'{brief(file)}' is cut short at '{brief(name)}'", "fetch it again")
        if int.from_bytes(head[:4], "little") != SENTINEL or size != needed:
            raise CheckpointError(
                self.path, f"the weights of '{brief(name)}' are not where they should be", "fetch it again"
            )
        return file, offset


@dataclass
class Call:
    """An operator that is called: what it reads, by the names of its arguments."""

    made: Layers
    values: dict[str, str]
    texts: dict[str, list[str]]
    arguments: dict[str, list[str]]
    outputs: int

    def __contains__(self, name: str) -> bool:
        return bool(self.arguments.get(name))

    def x(self, name: str = "x") -> str:
        """An argument as a tensor."""
        if name not in self:
            raise Unwritable(f"it lacks its {name}")
        return self.values[self.arguments[name][0]]

    def all(self, name: str) -> list[str]:
        """The tensors of an argument that is a list."""
        return [self.values[one] for one in self.arguments.get(name, [])]

    def static(self, name: str, default=None) -> np.ndarray:
        """The numbers of an argument. Raises `Unwritable` where they are computed."""
        if name not in self:
            if default is None:
                raise Unwritable(f"it lacks its {name}")
            return np.asarray(default)
        known = self.made.graph.known.get(self.x(name))
        if known is None:
            raise Unwritable("a setting that is computed")
        return known

    def integers(self, name: str, default=None) -> list[int]:
        return [int(part) for part in self.static(name, default).reshape(-1)]

    def number(self, name: str, default: float | None = None) -> float:
        return float(self.static(name, default).reshape(-1)[0])

    def flag(self, name: str, default: bool = False) -> bool:
        return bool(self.static(name, default).reshape(-1)[0])

    def text(self, name: str, default: str = "") -> str:
        held = self.texts.get(self.arguments[name][0], []) if name in self else []
        return held[0] if held else default

    def node(self, op: str, *inputs: str, outputs: int = 1, **attributes):
        return self.made.node(op, *inputs, outputs=outputs, **attributes)

    def like(self, value, name: str = "x") -> str:
        """Numbers of the type of an argument."""
        kind = self.made.graph.types.get(self.x(name), TensorProto.FLOAT)
        return self.made.constant(value, helper.tensor_dtype_to_np_dtype(kind))

    def long(self, name: str) -> str:
        known = self.made.graph.known.get(self.x(name))
        return self.made.constant(known) if known is not None else self.node("Cast", self.x(name), to=TensorProto.INT64)


def _window(call: Call, kernel: list[int], strides: list[int], gaps: list[int]) -> dict:
    count = len(kernel)
    made: dict = {"kernel_shape": kernel, "strides": strides}
    if max(gaps) > 1:
        made["dilations"] = gaps
    way = call.text("pad_type", "valid")
    if way == "custom":
        pad = call.integers("pad")
        made["pads"] = [*pad[0 : 2 * count : 2], *pad[1 : 2 * count : 2]]
    elif way in ("same", "same_lower"):
        sizes = call.made.shape(call.x())[2:]
        if None in sizes:
            raise Unwritable("padding to an open size")
        totals = [
            max(0, (-(-int(size or 0) // stride) - 1) * stride + (part - 1) * gap + 1 - int(size or 0))
            for size, stride, part, gap in zip(sizes, strides, kernel, gaps, strict=True)
        ]
        first = [(total + (way == "same_lower")) // 2 for total in totals]
        made["pads"] = [*first, *(total - part for total, part in zip(totals, first, strict=True))]
    return made


def _conv(call: Call):
    weight = call.x("weight")
    kernel = [int(size or 1) for size in call.made.shape(weight)[2:]]
    ones = [1] * len(kernel)
    settings = _window(call, kernel, call.integers("strides", ones), call.integers("dilations", ones))
    bias = [call.x("bias")] if "bias" in call else []
    return call.node("Conv", call.x(), weight, *bias, group=int(call.number("groups", 1)), **settings)


def _conv_transpose(call: Call):
    weight = call.x("weight")
    kernel = [int(size or 1) for size in call.made.shape(weight)[2:]]
    ones = [1] * len(kernel)
    strides = call.integers("strides", ones)
    settings: dict = {"kernel_shape": kernel, "strides": strides, "dilations": call.integers("dilations", ones)}
    way = call.text("pad_type", "valid")
    if way == "custom":
        pad = call.integers("pad")
        settings["pads"] = [*pad[0::2], *pad[1::2]]
    elif way == "same":
        totals = [part - stride for part, stride in zip(kernel, strides, strict=True)]
        if min(totals) < 0:
            raise Unwritable("strides beyond the kernel")
        settings["pads"] = [*(total // 2 for total in totals), *(total - total // 2 for total in totals)]
    bias = [call.x("bias")] if "bias" in call else []
    return call.node("ConvTranspose", call.x(), weight, *bias, group=int(call.number("groups", 1)), **settings)


def _pool(op: str) -> Callable:
    def write(call: Call):
        kernel = call.integers("kernel_sizes")
        ones = [1] * len(kernel)
        settings = _window(call, kernel, call.integers("strides", ones), ones)
        settings["ceil_mode"] = int(call.flag("ceil_mode", False))
        if op == "AveragePool":
            settings["count_include_pad"] = int(not call.flag("exclude_padding_from_average", False))
        return call.node(op, call.x(), **settings)

    return write


def _batch_norm(call: Call):
    channels = int(call.made.shape(call.x("mean"))[0] or 0)
    scale = call.x("gamma") if "gamma" in call else call.like(np.ones(channels))
    shift = call.x("beta") if "beta" in call else call.like(np.zeros(channels))
    epsilon = call.number("epsilon", 1e-5)
    return call.node("BatchNormalization", call.x(), scale, shift, call.x("mean"), call.x("variance"), epsilon=epsilon)


def _instance_norm(call: Call):
    channels = int(call.made.shape(call.x())[1] or 0)
    scale = call.x("gamma") if "gamma" in call else call.like(np.ones(channels))
    shift = call.x("beta") if "beta" in call else call.like(np.zeros(channels))
    return call.node("InstanceNormalization", call.x(), scale, shift, epsilon=call.number("epsilon", 1e-5))


def _layer_norm(call: Call):
    rank = len(call.made.shape(call.x()))
    axes = sorted(axis % rank for axis in call.integers("axes"))
    sizes = call.made.shape(call.x())[axes[0] :]
    if axes != list(range(axes[0], rank)) or None in sizes:
        raise Unwritable("axes that are not the last")
    scale = call.x("gamma") if "gamma" in call else call.like(np.ones([int(size or 1) for size in sizes]))
    shift = [call.x("beta")] if "beta" in call else []
    return call.node("LayerNormalization", call.x(), scale, *shift, axis=axes[0], epsilon=call.number("epsilon", 1e-5))


def _linear(call: Call):
    """x w' + b."""
    y = call.node("MatMul", call.x(), call.node("Transpose", call.x("weight"), perm=[1, 0]))
    return call.node("Add", y, call.x("bias")) if "bias" in call else y


def _matmul(call: Call):
    sides = []
    for name in ("x", "y"):
        tensor = call.x(name)
        if call.flag(f"transpose_{name}", False):
            rank = len(call.made.shape(tensor))
            tensor = call.node("Transpose", tensor, perm=[*range(rank - 2), rank - 1, rank - 2])
        sides.append(tensor)
    return call.node("MatMul", *sides)


def _attention(call: Call):
    """softmax(q k' / sqrt(size) + mask) v."""
    query, key, value = (call.x(name) for name in ("query", "key", "value"))
    shape = call.made.shape(query)
    rank = len(shape)
    if shape[-1] is None:
        raise Unwritable("an open size")
    scores = call.node("MatMul", query, call.node("Transpose", key, perm=[*range(rank - 2), rank - 1, rank - 2]))
    scores = call.node("Mul", scores, call.like(shape[-1] ** -0.5, "query"))
    if "attn_mask" in call:
        mask = call.x("attn_mask")
        if call.made.graph.types.get(mask) == TensorProto.BOOL:
            mask = call.node("Where", mask, call.like(0.0, "query"), call.like(-np.inf, "query"))
        scores = call.node("Add", scores, mask)
    return call.node("MatMul", call.node("Softmax", scores, axis=-1), value)


def _unary(op: str) -> Callable:
    return lambda call: call.node(op, call.x())


def _binary(op: str) -> Callable:
    return lambda call: call.node(op, call.x(), call.x("y"))


def _reduce(op: str) -> Callable:
    def write(call: Call):
        axes = [call.made.constant(call.integers("axes"))] if "axes" in call else []
        return call.node(op, call.x(), *axes, keepdims=int(call.flag("keep_dims", False)))

    return write


def _gelu(call: Call):
    way = call.text("mode", "EXACT")
    if way == "SIGMOID_APPROXIMATION":
        return call.node("Mul", call.x(), call.node("Sigmoid", call.node("Mul", call.x(), call.like(1.702))))
    return call.node("Gelu", call.x(), approximate="tanh" if way == "TANH_APPROXIMATION" else "none")


def _prelu(call: Call):
    rank = len(call.made.shape(call.x()))
    return call.node(
        "PRelu", call.x(), call.node("Reshape", call.x("alpha"), call.made.constant([-1] + [1] * (rank - 2)))
    )


def _split(call: Call):
    axis = int(call.number("axis"))
    if "split_sizes" in call:
        sizes = call.integers("split_sizes")
    else:
        whole = call.made.shape(call.x())[axis]
        if whole is None:
            raise Unwritable("parts of an open size")
        sizes = [whole // call.outputs] * call.outputs
    return call.node("Split", call.x(), call.made.constant(sizes), outputs=len(sizes), axis=axis)


def _slice_by_index(call: Call):
    begin, end = call.integers("begin"), call.integers("end")
    count = len(begin)
    steps = call.integers("stride", [1] * count)
    masks = {name: call.static(f"{name}_mask", [False] * count).reshape(-1) for name in ("begin", "end", "squeeze")}
    far = np.iinfo(np.int64).max
    starts = [
        (0 if step > 0 else -1) if mask else part for part, mask, step in zip(begin, masks["begin"], steps, strict=True)
    ]
    stops = [
        (far if step > 0 else -far) if mask else part for part, mask, step in zip(end, masks["end"], steps, strict=True)
    ]
    gone = [axis for axis in range(count) if masks["squeeze"][axis]]
    for axis in gone:
        starts[axis], stops[axis] = begin[axis], begin[axis] + 1 if begin[axis] != -1 else far
    y = call.node("Slice", call.x(), *map(call.made.constant, (starts, stops, list(range(count)), steps)))
    return call.node("Squeeze", y, call.made.constant(gone)) if gone else y


def _slice_by_size(call: Call):
    begin, sizes = call.integers("begin"), call.integers("size")
    far = np.iinfo(np.int64).max
    ends = [far if size == -1 else start + size for start, size in zip(begin, sizes, strict=True)]
    return call.node("Slice", call.x(), *map(call.made.constant, (begin, ends, list(range(len(begin))))))


def _pad(call: Call):
    pad = call.integers("pad")
    rank = len(call.made.shape(call.x()))
    before = [0] * (rank - len(pad) // 2) + pad[0::2]
    behind = [0] * (rank - len(pad) // 2) + pad[1::2]
    mode = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}[call.text("mode", "constant")]
    value = [call.x("constant_val")] if "constant_val" in call and mode == "constant" else []
    return call.node("Pad", call.x(), call.made.constant([*before, *behind]), *value, mode=mode)


def _upsample(mode: str) -> Callable:
    def write(call: Call):
        scales = [1.0, 1.0, call.number("scale_factor_height", 1.0), call.number("scale_factor_width", 1.0)]
        settings: dict
        if mode == "nearest":
            settings = {"mode": mode, "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        else:
            way = "align_corners" if call.flag("align_corners", True) else "half_pixel"
            settings = {"mode": mode, "coordinate_transformation_mode": way}
        return call.made.node("Resize", call.x(), "", call.made.number(scales), **settings)

    return write


def _gather(call: Call):
    if int(call.number("batch_dims", 0)):
        raise Unwritable("indices for each sample")
    return call.node("Gather", call.x(), call.x("indices"), axis=int(call.number("axis", 0)))


def _stack(call: Call):
    axis = int(call.number("axis"))
    lifted = [call.node("Unsqueeze", tensor, call.made.constant([axis])) for tensor in call.all("values")]
    return call.node("Concat", *lifted, axis=axis)


def _affine(call: Call):
    """Integers by their scale and zero point."""
    axis = int(call.number("axis"))
    return call.node("DequantizeLinear", call.x("quantized_data"), call.x("scale"), call.x("zero_point"), axis=axis)


OPERATORS: dict[str, Callable[[Call], str | list[str]]] = {
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "max_pool": _pool("MaxPool"),
    "avg_pool": _pool("AveragePool"),
    "batch_norm": _batch_norm,
    "instance_norm": _instance_norm,
    "layer_norm": _layer_norm,
    "linear": _linear,
    "matmul": _matmul,
    "scaled_dot_product_attention": _attention,
    "gelu": _gelu,
    "prelu": _prelu,
    "split": _split,
    "slice_by_index": _slice_by_index,
    "slice_by_size": _slice_by_size,
    "pad": _pad,
    "gather": _gather,
    "stack": _stack,
    "upsample_nearest_neighbor": _upsample("nearest"),
    "upsample_bilinear": _upsample("linear"),
    "constexpr_affine_dequantize": _affine,
    "identity": lambda call: call.x(),
    "relu6": lambda call: call.node("Clip", call.x(), call.like(0), call.like(6)),
    "clip": lambda call: call.node("Clip", call.x(), call.like(call.number("alpha")), call.like(call.number("beta"))),
    "leaky_relu": lambda call: call.node("LeakyRelu", call.x(), alpha=call.number("alpha", 0.01)),
    "elu": lambda call: call.node("Elu", call.x(), alpha=call.number("alpha", 1.0)),
    "sigmoid_hard": lambda call: call.node(
        "HardSigmoid", call.x(), alpha=call.number("alpha", 0.2), beta=call.number("beta", 0.5)
    ),
    "silu": lambda call: call.node("Mul", call.x(), call.node("Sigmoid", call.x())),
    "square": lambda call: call.node("Mul", call.x(), call.x()),
    "rsqrt": lambda call: call.node(
        "Reciprocal", call.node("Sqrt", call.node("Add", call.x(), call.like(call.number("epsilon", 1e-12))))
    ),
    "inverse": lambda call: call.node("Reciprocal", call.x()),
    "softmax": lambda call: call.node("Softmax", call.x(), axis=int(call.number("axis", -1))),
    "concat": lambda call: call.node("Concat", *call.all("values"), axis=int(call.number("axis"))),
    "reshape": lambda call: call.node("Reshape", call.x(), call.long("shape")),
    "transpose": lambda call: call.node("Transpose", call.x(), perm=call.integers("perm")),
    "squeeze": lambda call: call.node(
        "Squeeze", call.x(), *([call.made.constant(call.integers("axes"))] if "axes" in call else [])
    ),
    "expand_dims": lambda call: call.node("Unsqueeze", call.x(), call.made.constant(call.integers("axes"))),
    "tile": lambda call: call.node("Tile", call.x(), call.long("reps")),
    "cast": lambda call: call.node("Cast", call.x(), to=NAMES[call.text("dtype")]),
    "select": lambda call: call.node("Where", call.x("cond"), call.x("a"), call.x("b")),
    "shape": lambda call: call.node("Cast", call.node("Shape", call.x()), to=TensorProto.INT32),
    "einsum": lambda call: call.node("Einsum", *call.all("values"), equation=call.text("equation")),
    "reduce_argmax": lambda call: call.node(
        "ArgMax", call.x(), axis=int(call.number("axis", -1)), keepdims=int(call.flag("keep_dims", False))
    ),
    **{
        name: _unary(op)
        for name, op in {
            "relu": "Relu",
            "sigmoid": "Sigmoid",
            "tanh": "Tanh",
            "softplus": "Softplus",
            "softsign": "Softsign",
            "sqrt": "Sqrt",
            "exp": "Exp",
            "log": "Log",
            "abs": "Abs",
            "erf": "Erf",
            "floor": "Floor",
            "ceil": "Ceil",
            "round": "Round",
            "sin": "Sin",
            "cos": "Cos",
            "sign": "Sign",
            "logical_not": "Not",
        }.items()
    },
    **{
        name: _binary(op)
        for name, op in {
            "add": "Add",
            "sub": "Sub",
            "mul": "Mul",
            "real_div": "Div",
            "pow": "Pow",
            "maximum": "Max",
            "minimum": "Min",
            "equal": "Equal",
            "greater": "Greater",
            "greater_equal": "GreaterOrEqual",
            "less": "Less",
            "less_equal": "LessOrEqual",
            "logical_and": "And",
            "logical_or": "Or",
        }.items()
    },
    **{
        name: _reduce(op)
        for name, op in {
            "reduce_mean": "ReduceMean",
            "reduce_sum": "ReduceSum",
            "reduce_max": "ReduceMax",
            "reduce_min": "ReduceMin",
            "reduce_prod": "ReduceProd",
            "reduce_l2_norm": "ReduceL2",
            "reduce_sum_square": "ReduceSumSquare",
        }.items()
    },
}
