# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Caffe: layers as text (.prototxt) and with their weights as a message (.caffemodel), of both generations of layers.

Numbers of fields: Caffe's public description (src/caffe/proto/caffe.proto). A network is shown as it is tested: layers
of training, labels and losses are left away.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from math import ceil, prod
from pathlib import Path

import numpy as np
from onnx import TensorProto

from ..containers.errors import CheckpointError
from ..containers.natural_order import brief
from ..containers.protobuf import Description, Many, decode
from ..containers.stored import MOST_AXES, MOST_ELEMENTS, Stored
from .checkpoint import Checkpoint
from .named_layers import Layers, Unwritable
from .tensorflow.graph_text import Text, parse

FORMAT = "caffe"
LARGEST_TEXT, MOST_LAYERS = 1 << 24, 1 << 15
SHAPE = Description({1: ("dim", Many("int"))})
BLOB = Description(
    {
        1: ("num", "int"),
        2: ("channels", "int"),
        3: ("height", "int"),
        4: ("width", "int"),
        5: ("data", "span"),
        7: ("shape", SHAPE),
        8: ("double_data", "span"),
    }
)
RULE = Description({1: ("phase", "text_or_int")})
CONVOLUTION = Description(
    {
        1: ("num_output", "int"),
        2: ("bias_term", "int"),
        3: ("pad", Many("int")),
        4: ("kernel_size", Many("int")),
        5: ("group", "int"),
        6: ("stride", Many("int")),
        9: ("pad_h", "int"),
        10: ("pad_w", "int"),
        11: ("kernel_h", "int"),
        12: ("kernel_w", "int"),
        13: ("stride_h", "int"),
        14: ("stride_w", "int"),
        18: ("dilation", Many("int")),
    }
)
POOLING = Description(
    {
        1: ("pool", "text_or_int"),
        2: ("kernel_size", "int"),
        3: ("stride", "int"),
        4: ("pad", "int"),
        5: ("kernel_h", "int"),
        6: ("kernel_w", "int"),
        7: ("stride_h", "int"),
        8: ("stride_w", "int"),
        9: ("pad_h", "int"),
        10: ("pad_w", "int"),
        12: ("global_pooling", "int"),
        13: ("round_mode", "text_or_int"),
    }
)
PARAMETERS = {
    "convolution_param": CONVOLUTION,
    "pooling_param": POOLING,
    "inner_product_param": Description({1: ("num_output", "int"), 5: ("axis", "int"), 6: ("transpose", "int")}),
    "lrn_param": Description(
        {
            1: ("local_size", "int"),
            2: ("alpha", "float"),
            3: ("beta", "float"),
            4: ("norm_region", "text_or_int"),
            5: ("k", "float"),
        }
    ),
    "relu_param": Description({1: ("negative_slope", "float")}),
    "batch_norm_param": Description({3: ("eps", "float")}),
    "scale_param": Description({1: ("axis", "int"), 2: ("num_axes", "int"), 4: ("bias_term", "int")}),
    "bias_param": Description({1: ("axis", "int")}),
    "eltwise_param": Description({1: ("operation", "text_or_int"), 2: ("coeff", Many("float"))}),
    "softmax_param": Description({2: ("axis", "int")}),
    "concat_param": Description({1: ("concat_dim", "int"), 2: ("axis", "int")}),
    "flatten_param": Description({1: ("axis", "int"), 2: ("end_axis", "int")}),
    "reshape_param": Description({1: ("shape", SHAPE)}),
    "power_param": Description({1: ("power", "float"), 2: ("scale", "float"), 3: ("shift", "float")}),
    "elu_param": Description({1: ("alpha", "float")}),
    "slice_param": Description({1: ("slice_dim", "int"), 2: ("slice_point", Many("int")), 3: ("axis", "int")}),
    "input_param": Description({1: ("shape", Many(SHAPE))}),
    "transform_param": Description({3: ("crop_size", "int")}),
    "permute_param": Description({1: ("order", Many("int"))}),
}
NUMBERS = {
    100: "transform_param",
    104: "concat_param",
    106: "convolution_param",
    110: "eltwise_param",
    117: "inner_product_param",
    118: "lrn_param",
    121: "pooling_param",
    122: "power_param",
    123: "relu_param",
    125: "softmax_param",
    126: "slice_param",
    133: "reshape_param",
    135: "flatten_param",
    139: "batch_norm_param",
    140: "elu_param",
    141: "bias_param",
    142: "scale_param",
    143: "input_param",
    202: "permute_param",
}
FIRST_NUMBERS = {
    9: "concat_param",
    10: "convolution_param",
    17: "inner_product_param",
    18: "lrn_param",
    19: "pooling_param",
    21: "power_param",
    24: "eltwise_param",
    30: "relu_param",
    31: "slice_param",
    36: "transform_param",
    39: "softmax_param",
}
LAYER = Description(
    {
        1: ("name", "text"),
        2: ("type", "text"),
        3: ("bottom", Many("text")),
        4: ("top", Many("text")),
        7: ("blobs", Many(BLOB)),
        8: ("include", Many(RULE)),
        9: ("exclude", Many(RULE)),
    }
    | {number: (name, PARAMETERS[name]) for number, name in NUMBERS.items()}
)
FIRST_LAYER = Description(
    {
        2: ("bottom", Many("text")),
        3: ("top", Many("text")),
        4: ("name", "text"),
        5: ("type", "text_or_int"),
        6: ("blobs", Many(BLOB)),
        32: ("include", Many(RULE)),
        33: ("exclude", Many(RULE)),
    }
    | {number: (name, PARAMETERS[name]) for number, name in FIRST_NUMBERS.items()}
)
NETWORK = Description(
    {
        1: ("name", "text"),
        2: ("layers", Many(FIRST_LAYER)),
        3: ("input", Many("text")),
        4: ("input_dim", Many("int")),
        8: ("input_shape", Many(SHAPE)),
        100: ("layer", Many(LAYER)),
    }
)
# The first generation of layers: numbers and names in capitals -> those of the second.
FIRST_TYPES = {
    1: "Accuracy",
    3: "Concat",
    4: "Convolution",
    5: "Data",
    6: "Dropout",
    7: "EuclideanLoss",
    8: "Flatten",
    9: "HDF5Data",
    12: "ImageData",
    14: "InnerProduct",
    15: "LRN",
    17: "Pooling",
    18: "ReLU",
    19: "Sigmoid",
    20: "Softmax",
    21: "SoftmaxWithLoss",
    22: "Split",
    23: "TanH",
    25: "Eltwise",
    26: "Power",
    29: "MemoryData",
    30: "ArgMax",
    33: "Slice",
    35: "AbsVal",
    36: "Silence",
    39: "Deconvolution",
}
CAPITALS = {name.upper(): name for name in FIRST_TYPES.values()} | {
    "INNER_PRODUCT": "InnerProduct",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "EUCLIDEAN_LOSS": "EuclideanLoss",
    "IMAGE_DATA": "ImageData",
    "HDF5_DATA": "HDF5Data",
    "MEMORY_DATA": "MemoryData",
}
DATA = ("Data", "ImageData", "HDF5Data", "MemoryData", "WindowData", "DummyData", "AnnotatedData", "Python")
TRAIN, TEST = (0, "TRAIN"), (1, "TEST")


def read(path: Path) -> Checkpoint:
    """Open a .caffemodel, or a .prototxt with or without the weights beside it. Raises `CheckpointError`."""
    if is_text(path):
        network = _text(path)
        beside = _weights_of(path)
        weights, data = _message(beside) if beside else ({}, memoryview(b""))
        return _Network(path, network, weights, beside, data).checkpoint()
    weights, data = _message(path)
    deploy = next(
        (file for file in (path.with_suffix(".prototxt"), path.with_name("deploy.prototxt")) if file.is_file()), None
    )
    return _Network(path, _text(deploy) if deploy else weights, weights, path, data).checkpoint()


def is_text(path: Path) -> bool:
    """Whether a network is written as text."""
    with path.open("rb") as file:
        head = file.read(256)
    return not any(byte < 9 for byte in head)


def _weights_of(path: Path) -> Path | None:
    """The weights that lie beside a network's text: of its name, or the only ones."""
    same = path.with_suffix(".caffemodel")
    if same.is_file():
        return same
    others = sorted(path.parent.glob("*.caffemodel"))[:2]
    return others[0] if len(others) == 1 else None


def _text(path: Path) -> dict:
    if path.stat().st_size > LARGEST_TEXT:
        raise CheckpointError(path, f"a text of {path.stat().st_size:,} bytes", "refused for safety")
    try:
        return parse(path.read_text(encoding="utf-8", errors="replace"), NETWORK, Text())
    except (ValueError, RecursionError) as error:
        raise CheckpointError(path, f"a network of Caffe that is damaged ({error})", "fetch it again") from error


def _message(path: Path) -> tuple[dict, memoryview]:
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        return decode(NETWORK, data, 0, len(data)), data
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            path, f"a model of Caffe that is damaged or cut short ({error})", "fetch it again"
        ) from error


class _Network:
    def __init__(self, path: Path, network: dict, weights: dict, file: Path | None, data: memoryview):
        self.path, self.network, self.file, self.data = path, network, file, data
        self.layers = [layer for layer in _layers(network) if _counts(layer)]
        if not self.layers or len(self.layers) > MOST_LAYERS:
            raise CheckpointError(path, f"a network of Caffe with {len(self.layers):,} layers")
        self.blobs = {layer.get("name", ""): layer.get("blobs", []) for layer in _layers(weights)}
        self.made = Layers(path, network.get("name", ""))
        self.values: dict[str, str] = {}
        self.held: list[Stored] = []

    def checkpoint(self) -> Checkpoint:
        self._inputs()
        for layer in self.layers:
            self._layer(layer)
        given = {
            name: self.values[name]
            for layer in self.layers
            for name in layer.get("top", []) or [layer.get("name", "")]
            if name in self.values and layer["type"] not in ("Input", *DATA)
        }
        ends = {name: tensor for name, tensor in given.items() if not self._read_later(name)}
        notes = [] if self.file else ["a network without its weights: put its .caffemodel beside it"]
        return self.made.checkpoint(ends, FORMAT, "Caffe", notes, self.held)

    def _read_later(self, name) -> bool:
        """Whether a layer reads a tensor for another: one that gives its own name again stands in its place."""
        return any(
            name in layer.get("bottom", []) and name not in layer.get("top", []) and layer["type"] not in DROPPED
            for layer in self.layers
        )

    def _inputs(self):
        shapes = [tuple(shape.get("dim", [])) for shape in self.network.get("input_shape", [])]
        dims = self.network.get("input_dim", [])
        shapes = shapes or [tuple(dims[at : at + 4]) for at in range(0, len(dims), 4)]
        for place, name in enumerate(self.network.get("input", [])):
            self._input(name, shapes[place] if place < len(shapes) else ())

    def _input(self, name, shape):
        if len(shape) > MOST_AXES or any(not 0 <= size < 1 << 31 for size in shape):
            raise CheckpointError(self.path, f"the input '{brief(name)}' has a shape that cannot be")
        self.values[name] = self.made.input(name, [None, *shape[1:]] if shape else [None, None, None, None])

    def _layer(self, layer):
        name, kind, tops = layer.get("name", "layer"), layer["type"], layer.get("top", [])
        if kind == "Input":
            shapes = layer.get("input_param", {}).get("shape", [])
            for place, top in enumerate(tops):
                self._input(top, tuple(shapes[min(place, len(shapes) - 1)].get("dim", [])) if shapes else ())
            return
        if kind in DATA and not layer.get("bottom"):
            self._data(layer)
            return
        if kind in DROPPED:
            return
        bottoms = layer.get("bottom", [])
        if kind == "SoftmaxWithLoss":
            bottoms, kind, tops = bottoms[:1], "Softmax", tops or [name]
        missing = next((bottom for bottom in bottoms if bottom not in self.values), None)
        if missing is not None:
            raise CheckpointError(self.path, f"layer '{brief(name)}' reads '{brief(missing)}', which nothing makes")
        inputs = [self.values[bottom] for bottom in bottoms]
        blobs = [self._stored(name, place, blob) for place, blob in enumerate(self.blobs.get(name, []))]
        self.held += blobs
        write = WRITERS.get(kind)
        blank = kind in WEIGHTED and not blobs or kind == "Scale" and len(inputs) < 2 and not blobs
        if write is not None and blank:
            blobs = _blank(self.made, layer, inputs)
            write = write if blobs else None
        call = None if write is None else (lambda: write(self.made, layer, inputs, blobs))
        made = self.made.layer(name, kind, call, inputs, max(1, len(tops)), blank=blank)
        for place, top in enumerate(tops):
            self.values[top] = made[min(place, len(made) - 1)]

    def _data(self, layer):
        """A layer that reads pictures from a data base: an input of the model, as large as it is cut."""
        tops = layer.get("top", [])
        if not tops:
            return
        size = layer.get("transform_param", {}).get("crop_size") or None
        first = next(
            (
                other
                for other in self.layers
                if tops[0] in other.get("bottom", []) and self.blobs.get(other.get("name"))
            ),
            None,
        )
        channels = None
        if first is not None and first["type"] == "Convolution":
            shape = _shape(self.blobs[first["name"]][0])
            group = first.get("convolution_param", {}).get("group", 1)
            channels = shape[1] * group if len(shape) > 1 else None
        self._input(tops[0], (1, channels or 3, size or 224, size or 224))

    def _stored(self, name, place, blob) -> Stored:
        shape = _shape(blob)
        if len(shape) > MOST_AXES or prod(max(1, size) for size in shape) > MOST_ELEMENTS or min(shape, default=1) < 0:
            raise CheckpointError(self.path, f"a blob of '{brief(name)}' has an absurd shape", "refused for safety")
        kind, field, width = TensorProto.FLOAT, "data", 4
        if "data" not in blob and "double_data" in blob:
            kind, field, width = TensorProto.DOUBLE, "double_data", 8
        begin, end = blob.get(field, (0, 0))
        if end - begin != width * prod(shape):
            raise CheckpointError(
                self.path,
                f"a blob of '{brief(name)}' needs {width * prod(shape):,} bytes and has {end - begin:,}",
                "fetch it again",
            )
        file = self.file.name if self.file else ""
        return Stored(f"{name}/{NAMES.get(place, place)}", shape, kind, file, begin)


NAMES = {0: "weight", 1: "bias"}


def _layers(network: dict) -> list[dict]:
    """The layers of both generations, with the names of types of the second."""
    made = []
    for layer in network.get("layer", []) or network.get("layers", []):
        kind = layer.get("type", "")
        kind = FIRST_TYPES.get(kind, f"type {kind}") if isinstance(kind, int) else CAPITALS.get(kind, kind)
        made.append({**layer, "type": kind})
    return made


def _counts(layer: dict) -> bool:
    """Whether a layer is there when the network is tested."""
    includes, excludes = layer.get("include", []), layer.get("exclude", [])
    if includes and all(rule.get("phase") in TRAIN for rule in includes if "phase" in rule):
        return not any("phase" in rule for rule in includes)
    return not any(rule.get("phase") in TEST for rule in excludes)


def _shape(blob: dict) -> tuple[int, ...]:
    if "shape" in blob:
        return tuple(blob["shape"].get("dim", []))
    sizes = [blob.get(name, 1) for name in ("num", "channels", "height", "width")]
    while len(sizes) > 1 and sizes[0] == 1 and not _is_kernel(sizes):
        sizes = sizes[1:]
    return tuple(sizes)


def _is_kernel(sizes) -> bool:
    return len(sizes) == 4 and (sizes[2] > 1 or sizes[3] > 1) and sizes[1] > 1


def _blank(made: Layers, layer: dict, inputs: Sequence[str]) -> list[Stored]:
    """Weights that are in no file, of the shapes that a layer's settings ask for; none where these leave them open."""
    kind, x = layer["type"], made.graph.shapes.get(inputs[0], ()) if inputs else ()
    channels = x[1] if len(x) > 1 else None
    shapes: list[tuple[int | None, ...]] = [(channels,), (channels,)]
    if kind in ("Convolution", "ConvolutionDepthwise", "Deconvolution"):
        settings = layer.get("convolution_param", {})
        count, group = settings.get("num_output", 0), max(1, settings.get("group", 1))
        try:
            kernel = _pair(settings, "kernel_size", "kernel", 1)
        except (Unwritable, ValueError):
            return []
        ends = (channels, count // group) if kind == "Deconvolution" else (count, channels and channels // group)
        shapes = [(*ends, *kernel), (count,)]
    elif kind == "InnerProduct":
        settings = layer.get("inner_product_param", {})
        read = x[settings.get("axis", 1) :]
        sizes = (settings.get("num_output", 0), None if None in read else prod(size or 0 for size in read))
        shapes = [sizes[::-1] if settings.get("transpose") else sizes, (sizes[0],)]
    elif kind == "BatchNorm":
        shapes = [(channels,), (channels,), (1,)]
    elif kind in ("PReLU", "Bias"):
        shapes = [(channels,)]
    if any(size is None or not 0 < size < 1 << 31 for shape in shapes for size in shape):
        return []
    return [Stored(f"{place}", shape, TensorProto.FLOAT, read=np.zeros) for place, shape in enumerate(shapes)]  # type: ignore[arg-type]


# layers: (layers, settings, inputs, blobs) -> what a layer gives


def _pair(settings, name, short, default) -> list[int]:
    """A setting of both axes: one number, a list, or a number for each."""
    if f"{short}_h" in settings or f"{short}_w" in settings:
        return [int(settings.get(f"{short}_h", default)), int(settings.get(f"{short}_w", default))]
    held = settings.get(name, default)
    held = held if isinstance(held, list) else [held]
    held = held or [default]
    pair = [int(held[0]), int(held[-1])]
    if any(not 0 <= size < 1 << 20 for size in pair):
        raise Unwritable(f"{name} that cannot be")
    return pair


def _convolution(made: Layers, layer, inputs, blobs):
    settings = layer.get("convolution_param", {})
    kernel, stride = _pair(settings, "kernel_size", "kernel", 1), _pair(settings, "stride", "stride", 1)
    pad, gap = _pair(settings, "pad", "pad", 0), _pair(settings, "dilation", "dilation", 1)
    bias = [made.weight(blobs[1])] if len(blobs) > 1 else []
    weight = made.weight(blobs[0])
    if bias and len(blobs[1].shape) != 1:
        bias = [made.node("Reshape", bias[0], made.constant([-1]))]
    op = "ConvTranspose" if layer["type"] == "Deconvolution" else "Conv"
    if len(blobs[0].shape) != 4 or list(blobs[0].shape[2:]) != kernel:
        raise Unwritable("a kernel of another shape")
    settings_of: dict = {"dilations": gap} if max(gap) > 1 else {}
    group = int(settings.get("group", 1))
    return made.node(
        op, inputs[0], weight, *bias, kernel_shape=kernel, strides=stride, pads=[*pad, *pad], group=group, **settings_of
    )


def _pooling(made: Layers, layer, inputs, blobs):
    settings = layer.get("pooling_param", {})
    mean = settings.get("pool") in (1, "AVE")
    if settings.get("pool") in (2, "STOCHASTIC"):
        raise Unwritable("pooling by chance")
    if settings.get("global_pooling"):
        return made.node("GlobalAveragePool" if mean else "GlobalMaxPool", inputs[0])
    kernel, stride = _pair(settings, "kernel_size", "kernel", 1), _pair(settings, "stride", "stride", 1)
    pad = _pair(settings, "pad", "pad", 0)
    floor = settings.get("round_mode") in (1, "FLOOR")
    more = [0, 0]
    for axis, size in enumerate(made.shape(inputs[0])[2:]):
        if size is None or floor:
            continue
        whole = size + 2 * pad[axis]
        count = ceil((whole - kernel[axis]) / stride[axis]) + 1
        if pad[axis] and (count - 1) * stride[axis] >= size + pad[axis]:
            count -= 1  # the last window would lie in the padding alone
        more[axis] = max(0, (count - 1) * stride[axis] + kernel[axis] - whole)
    ends = [pad[0] + more[0], pad[1] + more[1]]
    attributes: dict = {"kernel_shape": kernel, "strides": stride, "pads": [*pad, *ends]}
    if mean:
        return made.node("AveragePool", inputs[0], **attributes, count_include_pad=int(any(pad)))
    return made.node("MaxPool", inputs[0], **attributes)


def _inner_product(made: Layers, layer, inputs, blobs):
    settings = layer.get("inner_product_param", {})
    x = made.node("Flatten", inputs[0], axis=int(settings.get("axis", 1)))
    weight = made.weight(blobs[0])
    if len(blobs[0].shape) != 2:
        weight = made.node("Reshape", weight, made.constant([blobs[0].shape[-2], blobs[0].shape[-1]]))
    bias = []
    if len(blobs) > 1:
        bias = [made.weight(blobs[1])]
        if len(blobs[1].shape) != 1:
            bias = [made.node("Reshape", bias[0], made.constant([-1]))]
    return made.node("Gemm", x, weight, *bias, transB=int(not settings.get("transpose")))


def _lrn(made: Layers, layer, inputs, blobs):
    settings = layer.get("lrn_param", {})
    if settings.get("norm_region") in (1, "WITHIN_CHANNEL"):
        raise Unwritable("normalisation within channels")
    return made.node(
        "LRN",
        inputs[0],
        size=int(settings.get("local_size", 5)),
        alpha=float(settings.get("alpha", 1.0)),
        beta=float(settings.get("beta", 0.75)),
        bias=float(settings.get("k", 1.0)),
    )


def _relu(made: Layers, layer, inputs, blobs):
    slope = float(layer.get("relu_param", {}).get("negative_slope", 0))
    return made.node("LeakyRelu", inputs[0], alpha=slope) if slope else made.node("Relu", inputs[0])


def _prelu(made: Layers, layer, inputs, blobs):
    behind = len(made.shape(inputs[0])) - 2  # axes behind the channels
    slope = made.node("Reshape", made.weight(blobs[0]), made.constant([-1] + [1] * behind))
    return made.node("PRelu", inputs[0], slope)


def _batch_norm(made: Layers, layer, inputs, blobs):
    """Mean and variance as sums, which the third blob counts."""
    channels = blobs[0].shape[-1]
    mean, variance, count = (made.weight(blob) for blob in blobs[:3])
    factor = made.node(
        "Where", made.node("Equal", count, made.number(0)), made.number(0), made.node("Reciprocal", count)
    )
    mean, variance = (made.node("Mul", part, factor) for part in (mean, variance))
    scale, shift = made.number(np.ones(channels)), made.number(np.zeros(channels))
    epsilon = float(layer.get("batch_norm_param", {}).get("eps", 1e-5))
    return made.node("BatchNormalization", inputs[0], scale, shift, mean, variance, epsilon=epsilon)


def _scale(made: Layers, layer, inputs, blobs):
    if len(inputs) > 1:
        factor = inputs[1]
        missing = len(made.shape(inputs[0])) - len(made.shape(factor)) - 1
        if missing > 0:
            factor = made.node("Unsqueeze", factor, made.constant(range(-missing, 0)))
        y = made.node("Mul", inputs[0], factor)
        return made.node("Add", y, made.along_channels(made.weight(blobs[0]), y)) if blobs else y
    y = made.node("Mul", inputs[0], made.along_channels(made.weight(blobs[0]), inputs[0]))
    return made.node("Add", y, made.along_channels(made.weight(blobs[1]), y)) if len(blobs) > 1 else y


def _bias(made: Layers, layer, inputs, blobs):
    return made.node("Add", inputs[0], made.along_channels(made.weight(blobs[0]), inputs[0]))


def _eltwise(made: Layers, layer, inputs, blobs):
    settings = layer.get("eltwise_param", {})
    kind = settings.get("operation", 1)
    if kind in (0, "PROD"):
        y = inputs[0]
        for other in inputs[1:]:
            y = made.node("Mul", y, other)
        return y
    if kind in (2, "MAX"):
        return made.node("Max", *inputs)
    factors = settings.get("coeff", [])
    if factors and set(factors) != {1.0}:
        inputs = [made.node("Mul", x, made.number(part)) for x, part in zip(inputs, factors, strict=True)]
    y = inputs[0]
    for other in inputs[1:]:
        y = made.node("Add", y, other)
    return y


def _softmax(made: Layers, layer, inputs, blobs):
    return made.node("Softmax", inputs[0], axis=int(layer.get("softmax_param", {}).get("axis", 1)))


def _concat(made: Layers, layer, inputs, blobs):
    settings = layer.get("concat_param", {})
    return made.node("Concat", *inputs, axis=int(settings.get("axis", settings.get("concat_dim", 1))))


def _flatten(made: Layers, layer, inputs, blobs):
    axis = int(layer.get("flatten_param", {}).get("axis", 1))
    if axis != 1:
        raise Unwritable("an axis that is not the second")
    return made.node("Flatten", inputs[0])


def _reshape(made: Layers, layer, inputs, blobs):
    sizes = [int(size) for size in layer.get("reshape_param", {}).get("shape", {}).get("dim", [])]
    return made.node("Reshape", inputs[0], made.constant(sizes))


def _power(made: Layers, layer, inputs, blobs):
    settings = layer.get("power_param", {})
    x = inputs[0]
    scale, shift, power = (float(settings.get(name, default)) for name, default in POWER)
    x = made.node("Mul", x, made.number(scale)) if scale != 1 else x
    x = made.node("Add", x, made.number(shift)) if shift else x
    return made.node("Pow", x, made.number(power)) if power != 1 else x


POWER = (("scale", 1.0), ("shift", 0.0), ("power", 1.0))


def _elu(made: Layers, layer, inputs, blobs):
    return made.node("Elu", inputs[0], alpha=float(layer.get("elu_param", {}).get("alpha", 1.0)))


def _slice(made: Layers, layer, inputs, blobs):
    settings = layer.get("slice_param", {})
    axis = int(settings.get("axis", settings.get("slice_dim", 1)))
    whole, points = made.shape(inputs[0])[axis], [int(point) for point in settings.get("slice_point", [])]
    count = len(layer.get("top", []))
    if whole is None:
        raise Unwritable("an open size")
    points = points or [whole // count * place for place in range(1, count)]
    sizes = [end - begin for begin, end in zip([0, *points], [*points, whole], strict=True)]
    if len(sizes) == 1:
        return [inputs[0]]
    return made.node("Split", inputs[0], made.constant(sizes), outputs=len(sizes), axis=axis)


def _split(made: Layers, layer, inputs, blobs):
    return [inputs[0]] * max(1, len(layer.get("top", [])))


def _permute(made: Layers, layer, inputs, blobs):
    return made.node(
        "Transpose", inputs[0], perm=[int(axis) for axis in layer.get("permute_param", {}).get("order", [])]
    )


def _plain(op):
    return lambda made, layer, inputs, blobs: made.node(op, inputs[0])


WRITERS = {
    "Convolution": _convolution,
    "ConvolutionDepthwise": _convolution,
    "Deconvolution": _convolution,
    "Pooling": _pooling,
    "InnerProduct": _inner_product,
    "LRN": _lrn,
    "ReLU": _relu,
    "PReLU": _prelu,
    "BatchNorm": _batch_norm,
    "Scale": _scale,
    "Bias": _bias,
    "Eltwise": _eltwise,
    "Softmax": _softmax,
    "Concat": _concat,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Power": _power,
    "ELU": _elu,
    "Slice": _slice,
    "Split": _split,
    "Permute": _permute,
    "Dropout": lambda made, layer, inputs, blobs: inputs[0],
    "Sigmoid": _plain("Sigmoid"),
    "TanH": _plain("Tanh"),
    "AbsVal": _plain("Abs"),
    "Swish": lambda made, layer, inputs, blobs: made.node("Mul", inputs[0], made.node("Sigmoid", inputs[0])),
}
WEIGHTED = ("Convolution", "ConvolutionDepthwise", "Deconvolution", "InnerProduct", "BatchNorm", "PReLU", "Bias")
DROPPED = (
    "Accuracy",
    "Silence",
    "EuclideanLoss",
    "HingeLoss",
    "SigmoidCrossEntropyLoss",
    "InfogainLoss",
    "MultinomialLogisticLoss",
    "ContrastiveLoss",
)
