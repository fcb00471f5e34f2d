# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Layers that move numbers, leave some away, or put zeros or copies between."""

from __future__ import annotations

from math import prod

from ...indexing import FAR
from ..call import Call, known, tuple_of
from ..graph import Unwritable, Value
from .convolution import axes_of
from .table import Written, writes


@writes("Flatten")
def flatten(call: Call) -> Written:
    """Numbers of a sample in Keras's order, the channels last; torch's weights expect them first."""
    x = call.x.name if call.torch else call.plain(call.x)
    rank = len(call.graph.shape(x))
    if call.get("data_format") == "channels_first" and rank > 2 and call.version[0] > 1 and not call.torch:
        x = call.transpose(x, 0, *range(2, rank), 1)
    return Value(call.node("Flatten", x))


@writes("Reshape")
def reshape(call: Call) -> Written:
    """The numbers of each sample in another shape."""
    x = call.plain(call.x)
    target = list(call.config["target_shape"])
    sample = call.graph.shape(x)[1:]
    if target.count(-1) == 1 and None not in sample:
        target[target.index(-1)] = prod(known(sample)) // max(1, prod(size for size in target if size != -1))
    return Value(call.reshape(x, 0 if -1 in target else -1, *target))


@writes("Permute")
def permute(call: Call) -> Written:
    """The axes of each sample in another order."""
    dims = call.config["dims"]
    if sorted(dims) != list(range(1, call.rank(call.x))):
        raise Unwritable("axes that are not those of its input")
    return Value(call.node("Transpose", call.plain(call.x), perm=[0, *dims]))


@writes("RepeatVector")
def repeat(call: Call) -> Written:
    """A vector so many times: (batch, features) -> (batch, n, features)."""
    x = call.node("Unsqueeze", call.plain(call.x), call.constant([1]))
    return Value(call.node("Tile", x, call.constant([1, call.config["n"], 1])))


def _space(call):
    """The tensor as it is, and where its spatial axes are in it."""
    count = axes_of(call)
    start = 2 if call.first else 1
    return call.x.name, [call.axis(call.x, axis) for axis in range(start, start + count)]


def _both_ends(value, count):
    """Sizes before and after each axis: one number, one for an axis, or a pair for an axis."""
    if isinstance(value, int) or all(isinstance(size, int) for size in value) and len(value) == count > 1:
        return [(size, size) for size in tuple_of(value, count)]
    pairs = [value] if count == 1 else value
    return [tuple_of(pair, 2) for pair in pairs]


@writes("Cropping1D", "Cropping2D", "Cropping3D")
def crop(call: Call) -> Written:
    """Rows, columns and the like cut off at the edges."""
    x, axes = _space(call)
    cuts = _both_ends(call.config["cropping"], len(axes))
    ends = [-after if after else FAR for _, after in cuts]
    return Value(
        call.node("Slice", x, call.constant([before for before, _ in cuts]), call.constant(ends), call.constant(axes)),
        call.x.maps,
    )


@writes("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def pad(call: Call) -> Written:
    """Zeros round the edges."""
    x, axes = _space(call)
    sizes = _both_ends(call.config["padding"], len(axes))
    pads = [*(before for before, _ in sizes), *(after for _, after in sizes)]
    return Value(call.node("Pad", x, call.constant(pads), "", call.constant(axes)), call.x.maps)


# Keras's interpolation -> ONNX's, as TensorFlow does it: by the centres of pixels, without those beyond the edge.
RESIZING: dict[str, dict] = {
    "nearest": {"mode": "nearest", "nearest_mode": "round_prefer_ceil"},
    "bilinear": {"mode": "linear"},
    "bicubic": {"mode": "cubic", "cubic_coeff_a": -0.5, "exclude_outside": 1},
}


@writes("UpSampling1D", "UpSampling2D", "UpSampling3D")
def upsample(call: Call) -> Written:
    """Maps larger by whole factors."""
    x = call.real(call.maps(call.x))
    factors = tuple_of(call.get("size", 2), axes_of(call))
    scales = call.number([1, 1, *factors])
    return call.as_value(resized(call, x, scales, "", call.get("interpolation", "nearest")))


def resized(call: Call, x: str, scales: str, sizes: str, interpolation: str) -> str:
    """Maps at another size: by factors, or to whole sizes."""
    if interpolation not in RESIZING:
        raise Unwritable(f"the interpolation {interpolation!r}"[:60])
    given = [scales, sizes] if sizes else [scales]
    return call.node("Resize", x, "", *given, coordinate_transformation_mode="half_pixel", **RESIZING[interpolation])
