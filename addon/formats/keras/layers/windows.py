# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Windows that slide over maps: Keras's padding in ONNX's numbers.

"same" gives ceil(size / stride) positions; TensorFlow puts the odd row of padding behind, Theano before.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..call import Call, tuple_of
from ..graph import Unwritable


def extents(kernel: tuple[int, ...], dilations: tuple[int, ...]) -> list[int]:
    """How far kernels reach, with the gaps in them."""
    return [(size - 1) * step + 1 for size, step in zip(kernel, dilations, strict=True)]


@dataclass(frozen=True)
class Window:
    """The kernel's size, and the attributes of ONNX's Conv, MaxPool or AveragePool."""

    kernel: tuple[int, ...]
    attributes: dict

    @classmethod
    def of(cls, call: Call, kernel: tuple[int, ...], sizes: tuple[int | None, ...], strides=1) -> Window:
        """The window of a layer over maps of these sizes; `strides` are for settings that do not say them."""
        count = len(kernel)
        strides = tuple_of(call.get("strides", strides), count)
        dilations = tuple_of(call.get("dilation_rate", 1), count)
        if min((*kernel, *strides, *dilations)) < 1:
            raise Unwritable("a window of no size")
        attributes = {"kernel_shape": kernel, "strides": strides}
        if max(dilations) > 1:
            attributes["dilations"] = dilations
        padding = call.get("padding", "valid")
        if padding == "causal":
            attributes["pads"] = [extents(kernel, dilations)[0] - 1, 0]
        elif padding == "same":
            attributes |= _same(call, sizes, extents(kernel, dilations), strides, max(dilations))
        elif padding != "valid":
            raise Unwritable(f"the padding {padding!r}"[:60])
        return cls(kernel, attributes)


def _same(call, sizes, reach, strides, dilation):
    theano = getattr(call.find, "backend", "") == "theano"
    if any(size is None and stride > 1 for size, stride in zip(sizes, strides, strict=True)):
        if dilation > 1 or theano:
            raise Unwritable("padding to the same size, which is open")
        return {"auto_pad": "SAME_UPPER"}
    totals = [
        extent - 1 if stride == 1 else max(0, (-(-size // stride) - 1) * stride + extent - size)
        for size, extent, stride in zip(sizes, reach, strides, strict=True)
    ]
    if theano:
        begins = [extent // 2 for extent in reach]
        ends = [
            extent - 1 - extent // 2 if stride == 1 else extent // 2
            for extent, stride in zip(reach, strides, strict=True)
        ]
    else:
        begins = [total // 2 for total in totals]
        ends = [total - total // 2 for total in totals]
    return {"pads": [*begins, *ends]} if any((*begins, *ends)) else {}
