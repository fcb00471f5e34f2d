# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sliding windows: which positions of a map an operator reads for one position of its output.

Formulas: the ONNX operator specifications of Conv, ConvTranspose, MaxPool and AveragePool.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from .context import Context

LARGEST = 1 << 22  # taps; larger windows are not worked out


@dataclass(frozen=True)
class Window:
    """The geometry of a convolution or pooling over any number of spatial axes."""

    source: tuple[int, ...]  # spatial sizes of the input
    target: tuple[int, ...]  # and of the output
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    begin: tuple[int, ...]  # padding before each axis
    dilations: tuple[int, ...]
    end: tuple[int, ...]  # padding after each axis
    transposed: bool = False

    @classmethod
    def of(cls, context: Context, kernel: tuple[int, ...], transposed: bool = False) -> Window:
        axes = len(kernel)
        source = context.sample_in(0)[1:]
        target = context.sample_out()[1:]
        strides = tuple(context.attribute("strides", [1] * axes))
        dilations = tuple(context.attribute("dilations", [1] * axes))
        pads = tuple(context.attribute("pads", [0] * 2 * axes))
        if not len(source) == len(target) == len(strides) == len(dilations) == len(pads) / 2 == axes > 0:
            raise ValueError("attributes of different ranks")
        if prod(kernel) > LARGEST or min(strides) < 1:
            raise ValueError("an absurd window")
        pads, end = pads[:axes], pads[axes:]
        mode = context.attribute("auto_pad", b"NOTSET").decode()
        extent = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
        if mode.startswith("SAME") or transposed and context.attribute("output_shape", None):
            if transposed:
                extra = context.attribute("output_padding", [0] * axes)
                total = [
                    s * (i - 1) + p + e - o
                    for s, i, p, e, o in zip(strides, source, extra, extent, target, strict=True)
                ]
            else:
                total = [(o - 1) * s + e - i for o, s, e, i in zip(target, strides, extent, source, strict=True)]
            # the odd row or column of padding goes to the end for SAME_UPPER, to the start otherwise
            pads = tuple(max(0, t) // 2 if mode == "SAME_UPPER" else -(-max(0, t) // 2) for t in total)
            end = tuple(max(0, t) - p for t, p in zip(total, pads, strict=True))
        elif mode == "VALID":
            pads = end = (0,) * axes
        return cls(tuple(source), tuple(target), tuple(kernel), strides, pads, dilations, end, transposed)

    def padded_taps(self, positions: np.ndarray) -> np.ndarray:
        """How many taps lie on the input or its padding, (n,): with ceil_mode the last window may reach beyond."""
        count = np.ones(len(positions), np.int64)
        for axis, place in enumerate(np.unravel_index(positions, self.target)):
            room = self.source[axis] + self.begin[axis] + self.end[axis] - place * self.strides[axis]
            count *= np.clip(-(-room // self.dilations[axis]), 0, self.kernel[axis])
        return count

    def read(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The input positions under the kernel, for flat output positions: (n, taps) and a mask of the real ones."""
        place = np.stack(np.unravel_index(positions, self.target), -1)[:, None, :]
        tap = np.stack(np.unravel_index(np.arange(prod(self.kernel)), self.kernel), -1)[None] * np.array(self.dilations)
        if self.transposed:
            reach = place + np.array(self.begin) - tap
            at, rest = np.divmod(reach, np.array(self.strides))
            valid = (rest == 0).all(-1)
        else:
            at = place * np.array(self.strides) - np.array(self.begin) + tap
            valid = np.ones(at.shape[:2], bool)
        valid &= ((at >= 0) & (at < np.array(self.source))).all(-1)
        flat = np.zeros(at.shape[:2], np.int64)
        for axis, size in enumerate(self.source):
            flat = flat * size + at[..., axis]
        return np.where(valid, flat, 0), valid
