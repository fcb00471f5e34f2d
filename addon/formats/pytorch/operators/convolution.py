# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Convolution, pooling and resizing."""

from __future__ import annotations

from typing import Any

from onnx import TensorProto

from .emitter import Emitter, MismatchError, UnknownError
from .shaping import slice_, unsqueeze
from .table import OPERATORS, op, pair

MODES = {"nearest": "nearest", "bilinear": "linear", "linear": "linear", "trilinear": "linear", "bicubic": "cubic"}


def _convolve(e: Emitter, x, weight, bias, stride, padding, dilation, groups, transposed=False, output_padding=(0,)):
    if weight.shape is None:
        raise UnknownError("a convolution with weights of unknown shape")
    axes = len(weight.shape) - 2
    if x.shape is not None:
        if x.rank == axes + 1:  # a single picture
            return e.node(
                "Squeeze",
                _convolve(
                    e, unsqueeze(e, x, 0), weight, bias, stride, padding, dilation, groups, transposed, output_padding
                ),
                e.constant([0]),
            )
        channels = weight.shape[0] if transposed else weight.shape[1] * groups
        if x.rank != axes + 2 or x.sizes[1] != channels:
            deep = x.rank == axes + 3
            raise MismatchError(f"a convolution of {channels} channels gets the shape {list(x.sizes)}", deep=deep)
    more: dict[str, Any] = (
        {"auto_pad": "SAME_UPPER" if padding == "same" else "VALID"}
        if isinstance(padding, str)
        else {"pads": pair(padding, axes) * 2}
    )
    if transposed:
        more["output_padding"] = pair(output_padding, axes)
    return e.node(
        "ConvTranspose" if transposed else "Conv",
        x,
        weight,
        bias,
        kernel_shape=list(weight.shape[2:]),
        strides=pair(stride, axes),
        dilations=pair(dilation, axes),
        group=groups,
        **more,
    )


@op("conv1d", "conv2d", "conv3d")
def conv(e, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """x (batch, channels, ...) with kernels (out, in / groups, ...); a single sample may lack the batch."""
    return _convolve(e, x, weight, bias, stride, padding, dilation, groups)


@op("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def conv_transpose(e, x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """A transposed convolution, with kernels (in, out / groups, ...)."""
    return _convolve(e, x, weight, bias, stride, padding, dilation, groups, True, output_padding)


@op("_convolution", "convolution")
def convolution(e, x, weight, bias, stride, padding, dilation, transposed, output_padding, groups, *rest):
    """Either of the two, as the tracer writes it."""
    return _convolve(e, x, weight, bias, stride, padding, dilation, groups, transposed, output_padding)


@op("_convolution_mode")
def convolution_mode(e, x, weight, bias, stride, padding, dilation, groups):
    """A convolution whose padding is a text: "same" or "valid"."""
    return _convolve(e, x, weight, bias, stride, padding, dilation, groups)


# pooling


def _max_pool(axes, outputs=1):
    def work(e: Emitter, x, kernel_size, stride=(), padding=0, dilation=1, ceil_mode=False):
        kernel = pair(kernel_size, axes)
        made = e.node(
            "MaxPool",
            x,
            outputs=outputs,
            kernel_shape=kernel,
            strides=pair(stride, axes) if stride else kernel,
            pads=pair(padding, axes) * 2,
            dilations=pair(dilation, axes),
            ceil_mode=int(ceil_mode),
        )
        return made if outputs == 1 else tuple(made)

    return work


def _average_pool(axes):
    def work(
        e: Emitter, x, kernel_size, stride=(), padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
    ):
        if divisor_override is not None:
            raise UnknownError("an average with a divisor of its own")
        kernel = pair(kernel_size, axes)
        return e.node(
            "AveragePool",
            x,
            kernel_shape=kernel,
            strides=pair(stride, axes) if stride else kernel,
            pads=pair(padding, axes) * 2,
            ceil_mode=int(ceil_mode),
            count_include_pad=int(count_include_pad),
        )

    return work


def _adaptive_pool(axes, kind, outputs=1):
    def work(e: Emitter, x, output_size):
        """To one number a channel, or by windows of one size where the sides are multiples."""
        before = x.sizes[-axes:]
        sizes = [had if want is None else want for want, had in zip(pair(output_size, axes), before, strict=True)]
        if set(sizes) == {1}:
            made = e.node(f"Global{kind}Pool", x)
            return made if outputs == 1 else (made, e.opaque("MaxPoolIndices", x))
        if any(had % want for want, had in zip(sizes, before, strict=True)):
            raise UnknownError(f"pooling of {list(before)} to {sizes}, which is no divisor")
        kernel = [had // want for want, had in zip(sizes, before, strict=True)]
        if set(kernel) == {1} and outputs == 1:
            return x
        made = e.node(f"{kind}Pool", x, outputs=outputs, kernel_shape=kernel, strides=kernel)
        return made if outputs == 1 else tuple(made)

    return work


for _axes in (1, 2, 3):
    OPERATORS[f"max_pool{_axes}d"] = _max_pool(_axes)
    OPERATORS[f"max_pool{_axes}d_with_indices"] = _max_pool(_axes, 2)
    OPERATORS[f"avg_pool{_axes}d"] = _average_pool(_axes)
    OPERATORS[f"adaptive_avg_pool{_axes}d"] = _adaptive_pool(_axes, "Average")
    OPERATORS[f"adaptive_max_pool{_axes}d"] = _adaptive_pool(_axes, "Max", 2)


# resizing


def _resize(mode, has_corners):
    def work(e: Emitter, x, output_size, *args):
        """x, the size or None, whether corners are aligned if the mode asks that, then scales, one or one an axis."""
        corners = bool(args[0]) if has_corners else False
        scales = [
            scale
            for arg in args[int(has_corners) :]
            if arg is not None
            for scale in (arg if isinstance(arg, (list, tuple)) else [arg])
        ]
        axes = x.rank - 2
        more: dict[str, Any] = {"mode": MODES[mode]}
        if mode == "nearest":
            more |= {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        else:
            more["coordinate_transformation_mode"] = "align_corners" if corners else "pytorch_half_pixel"
        if mode == "bicubic":
            more["cubic_coeff_a"] = -0.75
        if output_size is None and scales:
            return e.node("Resize", x, None, e.constant([1, 1, *pair(scales, axes)], TensorProto.FLOAT), **more)
        sizes = [*(e.size(x, axis) for axis in (0, 1)), *pair(output_size, axes)]
        return e.node("Resize", x, None, None, e.integers(sizes), **more)

    return work


OPERATORS.update(
    {
        f"upsample_{name}": _resize(mode, corners)
        for name, mode, corners in (
            ("nearest1d", "nearest", False),
            ("nearest2d", "nearest", False),
            ("nearest3d", "nearest", False),
            ("linear1d", "linear", True),
            ("bilinear2d", "bilinear", True),
            ("trilinear3d", "trilinear", True),
            ("bicubic2d", "bicubic", True),
        )
    }
)


@op("grid_sampler")
def grid_sampler(e, x, grid, interpolation_mode, padding_mode, align_corners):
    """Pictures read at the places of a grid."""
    return e.node(
        "GridSample",
        x,
        grid,
        mode=("linear", "nearest", "cubic")[interpolation_mode],
        padding_mode=("zeros", "border", "reflection")[padding_mode],
        align_corners=int(align_corners),
    )


@op("unfold")
def unfold(e, x, dim, size, step):
    """Windows along an axis, put behind the other axes."""
    dim = x.axis(dim)
    count = (x.sizes[dim] - size) // step + 1
    if count > 256:
        raise UnknownError("many windows")
    windows = [unsqueeze(e, slice_(e, x, dim, place * step, place * step + size), dim) for place in range(count)]
    joined = e.node("Concat", *windows, axis=dim)
    order = [axis for axis in range(x.rank + 1) if axis != dim + 1]
    return e.node("Transpose", joined, perm=[*order, dim + 1])
