# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Convolutions, pooling, and normalisation of maps. Kernels are (rows, columns, in, out) in the file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from onnx import TensorProto

from ..graph import Call, Unwritable, Value
from .table import Written, op

NEAR = 8  # nodes among which the reshaping of a bias is looked for
EPSILON = 1e-4  # of FusedBatchNorm where it says none


def is_first(call: Call) -> bool:
    """Whether channels come before the space in the file."""
    return str(call.get("data_format", "NHWC")).startswith("NC")


def spatial(call: Call, name: str, count: int) -> list[int]:
    """A setting with a number for each axis, of those in space."""
    sizes = [int(size) for size in call.get(name, [1] * (count + 2))]
    if len(sizes) == 1:
        sizes = sizes * (count + 2)
    if len(sizes) != count + 2:
        raise Unwritable(f"{name} of {len(sizes)} axes")
    kept = sizes[2:] if is_first(call) else sizes[1:-1]
    if min(kept) < 1:
        raise Unwritable("a window of no size")
    return kept


def entering(call: Call, value: Value, rank: int = 4) -> str:
    """What a convolution reads, with its channels behind the batch; of `rank` axes where the file says no shape."""
    call.assume_rank(value, rank)
    return call.plain(value) if is_first(call) else call.maps(value)


def leaving(call: Call, name: str) -> Value:
    return Value(name, not is_first(call))


def pads(call: Call, sizes: Sequence[int | None], kernel, strides, dilations) -> dict:
    """The padding of a window, as ONNX's attributes."""
    padding = str(call.get("padding", "VALID")).upper()
    count = len(kernel)
    if padding == "VALID":
        return {}
    if padding == "EXPLICIT":
        explicit = np.asarray(call.get("explicit_paddings"), np.int64).reshape(-1, 2)
        inner = explicit[2:] if is_first(call) else explicit[1:-1]
        return {"pads": [*map(int, inner[:, 0]), *map(int, inner[:, 1])]}
    if padding != "SAME":
        raise Unwritable(f"the padding {padding!r}"[:60])
    reach = [(size - 1) * step + 1 for size, step in zip(kernel, dilations, strict=True)]
    if any(size is None and stride > 1 for size, stride in zip(sizes, strides, strict=True)):
        if max(dilations) > 1:
            raise Unwritable("padding to the same size, which is open")
        return {"auto_pad": "SAME_UPPER"}
    totals = [
        extent - 1 if stride == 1 else max(0, (-(-(size or 0) // stride) - 1) * stride + extent - (size or 0))
        for size, extent, stride in zip(sizes, reach, strides, strict=True)
    ]
    made = [*(total // 2 for total in totals), *(total - total // 2 for total in totals)]
    return {"pads": made} if any(made) and count else {}


def window(call: Call, x: str, kernel: Sequence[int], dilated: bool = True) -> dict:
    """The attributes of a window over maps: its size, strides, dilations, padding."""
    count = len(kernel)
    strides = spatial(call, "strides", count)
    dilations = spatial(call, "dilations", count) if dilated else [1] * count
    made = {"kernel_shape": [int(size) for size in kernel], "strides": strides}
    if max(dilations) > 1:
        made["dilations"] = dilations
    return made | pads(call, call.graph.shape(x)[2:], kernel, strides, dilations)


def convolve(call: Call, x: str, weight: str, groups: int, *bias: str) -> Value:
    """A convolution of maps with a kernel (out, in, ...)."""
    kernel = closed(call.graph.shape(weight)[2:])
    if groups < 1:
        raise Unwritable("a kernel for no channel")
    made = call.node("Conv", x, weight, *bias, group=groups, **window(call, x, kernel))
    return leaving(call, made)


@op("Conv2D", "Conv3D", "Conv1D")
def conv(call: Call) -> Written:
    """A convolution, with groups where the kernel has fewer inputs than there are channels."""
    kernel = call.plain(call.value(1))
    shape = call.graph.shape(kernel)
    count = len(shape) - 2
    x = entering(call, call.x, len(shape))
    weight = call.transpose(kernel, count + 1, count, *range(count))
    channels, inputs = call.graph.shape(x)[1], shape[count]
    groups = channels // inputs if channels and inputs else 1
    return convolve(call, x, weight, groups)


@op("DepthwiseConv2dNative")
def depthwise(call: Call) -> Written:
    """Kernels (rows, columns, in, multiplier) for each channel by itself."""
    x = entering(call, call.x)
    kernel = call.plain(call.value(1))
    rows, columns, channels, multiplier = closed(call.graph.shape(kernel))
    weight = call.reshape(call.transpose(kernel, 2, 3, 0, 1), channels * multiplier, 1, rows, columns)
    return convolve(call, x, weight, channels)


@op("Conv2DBackpropInput", "Conv3DBackpropInputV2")
def transposed(call: Call) -> Written:
    """What a convolution with this padding would have made the input from: sizes, kernel (..., out, in), input."""
    kernel = call.plain(call.value(1))
    count = call.rank(call.value(1)) - 2
    weight = call.transpose(kernel, count + 1, count, *range(count))
    sizes = call.partly(0)
    wanted: list[int | None] = [None] * count
    if sizes is not None and sizes.size in (count, count + 2):
        inner = sizes if sizes.size == count else sizes[2:] if is_first(call) else sizes[1:-1]
        wanted = [None if size is None else int(size) for size in inner]
    return transpose_convolve(call, entering(call, call.value(2), count + 2), weight, wanted)


def transpose_convolve(call: Call, x: str, weight: str, wanted: Sequence[int | None], *bias: str) -> Value:
    """A transposed convolution with a kernel (in, out, ...) to maps of the wanted size, where that is known."""
    kernel = [int(size) for size in call.graph.shape(weight)[2:] if size is not None]
    count = len(kernel)
    strides, dilations = (spatial(call, name, count) for name in ("strides", "dilations"))
    same = str(call.get("padding")).upper() == "SAME"
    begins, ends, more = [], [], []
    for have, size, step, gap, want in zip(call.graph.shape(x)[2:], kernel, strides, dilations, wanted, strict=True):
        reach = (size - 1) * gap + 1
        if have is None or want is None:
            total = reach - step if same else min(0, reach - step)
        else:
            total = (have - 1) * step + reach - want
        begins.append(max(total, 0) // 2)
        ends.append(max(total, 0) - max(total, 0) // 2)
        more.append(max(-total, 0))
    made = call.node(
        "ConvTranspose",
        x,
        weight,
        *bias,
        kernel_shape=kernel,
        strides=strides,
        dilations=dilations,
        pads=[*begins, *ends],
        output_padding=more if any(more) else None,
    )
    return leaving(call, made)


@op("MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D")
def pool(call: Call) -> Written:
    """The largest number in each window, or the mean of those that are there."""
    x = entering(call, call.x, len(call.get("ksize", ())) if len(call.get("ksize", ())) > 3 else 4)
    kernel = spatial(call, "ksize", len(call.graph.shape(x)) - 2)
    kind = "MaxPool" if call.op.startswith("Max") else "AveragePool"
    return leaving(call, call.node(kind, x, **window(call, x, kernel, dilated=False)))


@op("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3", "BatchNormInference")
def normalise(call: Call) -> Written:
    """(x - mean) / sqrt(variance + epsilon) x scale + offset, with the moving mean and variance of the file."""
    if call.get("is_training", True) and call.op != "BatchNormInference":
        return _by_sample(call)
    call.assume_rank(call.x, 4)
    x = entering(call, call.x) if call.rank(call.x) > 2 else call.plain(call.x)
    scale, offset, mean, variance = (_row(call, call.value(place)) for place in range(1, 5))
    made = call.node(
        "BatchNormalization", x, scale, offset, mean, variance, epsilon=float(call.get("epsilon", EPSILON))
    )
    value = leaving(call, made) if call.rank(call.x) > 2 else Value(made)
    rest = [call.value(place) for place in range(1, 5)]
    return [value] if call.op == "BatchNormInference" else [value, *rest, *[call.value(4)] * call.outputs]


def _by_sample(call) -> Written:
    """Normalised by its own mean and variance: what Keras makes a layer normalisation of, with every vector as a
    channel of one sample. Of more samples it is training."""
    x = call.plain(call.x)
    if not is_first(call) or call.graph.shape(x)[0] != 1 or call.graph.is_stored(call.value(1).name):
        raise Unwritable("it normalises by the batch, as in training")
    scale, offset = (call.plain(call.value(place)) for place in (1, 2))
    return [Value(call.node("InstanceNormalization", x, scale, offset, epsilon=float(call.get("epsilon", EPSILON))))]


def _row(call, value):
    """A number for each channel, as a row, be it kept with axes of size 1 before it."""
    name = call.plain(value)
    return name if len(call.graph.shape(name)) == 1 else call.reshape(name, -1)


@op("BiasAdd", "BiasAddV1")
def bias(call: Call) -> Written:
    """A number added to each channel; right behind a convolution that nobody else reads it becomes that one's bias."""
    x, row = call.x, call.value(1)
    if add_to_convolution(call, x, row):
        return x
    if is_first(call) and call.rank(x) > 2:
        behind = call.node("Unsqueeze", row.name, call.constant(range(1, call.rank(x) - 1)))
        return Value(call.node("Add", call.plain(x), behind))
    (left, right), maps = call.alike([x, row])
    return Value(call.node("Add", left, right), maps)


def add_to_convolution(call: Call, x: Value, row: Value) -> bool:
    """Make a row of numbers the bias of the convolution that has just been written, if it has none."""
    shapes = call.graph.shapes
    if call.readers != 1 or x.name not in shapes or len(shapes.get(row.name, ())) != 1:
        return False
    node = next((node for node in reversed(call.graph.nodes[-NEAR:]) if x.name in node.output), None)
    if node is None:
        return False
    channels = call.graph.shape(x.name)[1] if call.rank(x) > 2 else None
    if (
        node.op_type not in ("Conv", "ConvTranspose")
        or len(node.input) > 2
        or channels != call.graph.shape(row.name)[0]
        or not (x.maps or is_first(call))
    ):
        return False
    stored = _origin(call, row.name, channels)
    if not stored:
        return False
    node.input.append(stored)
    return True


def _origin(call, name, count) -> str:
    """The stored row of numbers that a row is, back through what only reshapes it; empty where it is none."""
    makers = {node.output[0]: node for node in call.graph.nodes[-NEAR:]}
    for _ in range(NEAR):
        if call.graph.is_stored(name):
            return name if call.graph.shape(name) == (count,) else ""
        node = makers.get(name)
        if node is None or node.op_type not in ("Reshape", "Squeeze", "Unsqueeze", "Identity"):
            return ""
        name = node.input[0]
    return ""


@op("LRN")
def local_response(call: Call) -> Written:
    """x / (bias + alpha x sum of squares over neighbouring channels) ^ beta; ONNX divides alpha by their number."""
    size = 2 * int(call.get("depth_radius", 5)) + 1
    return Value(
        call.node(
            "LRN",
            call.maps(call.x),
            size=size,
            alpha=float(call.get("alpha", 1.0)) * size,
            beta=float(call.get("beta", 0.5)),
            bias=float(call.get("bias", 1.0)),
        ),
        True,
    )


@op("SpaceToDepth", "DepthToSpace")
def blocks(call: Call) -> Written:
    """Blocks of pixels as channels, or the other way round."""
    x = entering(call, call.x)
    size = int(call.get("block_size", 2))
    if call.op == "SpaceToDepth":
        return leaving(call, call.node("SpaceToDepth", x, blocksize=size))
    return leaving(call, call.node("DepthToSpace", x, blocksize=size, mode="DCR"))


def closed(sizes: Sequence[int | None]) -> list[int]:
    """Sizes that are all known. Raises `Unwritable` where one stays open."""
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        raise Unwritable("open sizes")
    return known


@op("SpaceToBatchND")
def space_to_batch(call: Call) -> Written:
    """Blocks of a map as samples, which convolutions with gaps are made of: (batch, space, ...)."""
    block, paddings = call.integers(1), call.static(2).reshape(-1, 2)
    x = call.plain(call.x)
    rank, count = len(call.graph.shape(x)), len(block)
    before, behind = [0] * rank, [0] * rank
    before[1 : 1 + count], behind[1 : 1 + count] = (paddings[:, side].tolist() for side in (0, 1))
    x = call.node("Pad", x, call.constant([*before, *behind]), call.number(0, x))
    shape = call.graph.shape(x)
    space, rest = closed(shape[1 : 1 + count]), closed(shape[1 + count :])
    split = [size for whole, part in zip(space, block, strict=True) for size in (whole // part, part)]
    x = call.reshape(x, -1, *split, *rest)
    inner = range(1 + 2 * count, 1 + 2 * count + len(rest))
    order = [*range(2, 1 + 2 * count, 2), 0, *range(1, 1 + 2 * count, 2), *inner]
    x = call.node("Transpose", x, perm=order)
    return Value(call.reshape(x, -1, *(whole // part for whole, part in zip(space, block, strict=True)), *rest))


@op("BatchToSpaceND")
def batch_to_space(call: Call) -> Written:
    """The samples of `SpaceToBatchND` as one map again, without its padding."""
    block, crops = call.integers(1), call.static(2).reshape(-1, 2)
    x = call.plain(call.x)
    shape, count = call.graph.shape(x), len(block)
    space, rest = closed(shape[1 : 1 + count]), closed(shape[1 + count :])
    x = call.reshape(x, *block, -1, *space, *rest)
    order = [count, *(axis for place in range(count) for axis in (count + 1 + place, place))]
    x = call.node("Transpose", x, perm=[*order, *range(1 + 2 * count, 1 + 2 * count + len(rest))])
    whole = [size * part for size, part in zip(space, block, strict=True)]
    x = call.reshape(x, -1, *whole, *rest)
    if not crops.any():
        return Value(x)
    ends = [size - crop for size, crop in zip(whole, crops[:, 1].tolist(), strict=True)]
    axes = call.constant(range(1, count + 1))
    return Value(call.node("Slice", x, call.constant(crops[:, 0]), call.constant(ends), axes))


@op("Dilation2D")
def dilation(call: Call) -> Written:
    raise Unwritable("ONNX has no such operator")


def as_float(call: Call, name: str) -> str:
    """A tensor as float32."""
    return call.cast(name, TensorProto.FLOAT)
