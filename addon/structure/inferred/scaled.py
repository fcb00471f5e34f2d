# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Weights of few bits with their scales in tensors beside them, by the names that tools give these.

"fc.weight.scale" and "fc.weight.zero_point"; "fc.weight_scale" (and "fc.weight_zero_point") of compressed-tensors and
of vLLM, one number or one for each row; "fc.weight_scale_inv", one for each block of 128 x 128, of DeepSeek; "fc.SCB",
the largest of each row, of bitsandbytes.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from onnx import TensorProto

from ...containers.stored import Stored, numbers
from ...formats.weights import Weights

FEW_BITS = {number for name, number in TensorProto.DataType.items() if name.startswith(("FLOAT8", "INT8", "UINT8"))}
LARGEST = 127  # of the integers that stand for the largest number of a row in SCB
BLOCK = 128


def scale(weights: Weights) -> Weights:
    """The same with the numbers that such weights stand for; these are worked out when they are read."""
    by_name = {tensor.name: tensor for tensor in weights.tensors}
    made: dict[str, Stored] = {}
    gone: set[str] = set()
    for name, tensor in by_name.items():
        if tensor.data_type not in FEW_BITS:
            continue
        base = name.removesuffix("weight")
        for scale_name, zero_name, factor in (
            (f"{name}.scale", f"{name}.zero_point", 1.0),
            (f"{name}_scale", f"{name}_zero_point", 1.0),
            (f"{name}_scale_inv", "", 1.0),
            (f"{base}SCB", "", 1 / LARGEST),
        ):
            factors, zero = by_name.get(scale_name), by_name.get(zero_name)
            if factors is None or not _fits(factors.shape, tensor.shape):
                continue
            if zero is None or _fits(zero.shape, tensor.shape):
                made[name] = _scaled(tensor, factors, zero, factor, weights.path.parent)
                gone.update((scale_name, zero_name))
                break
    tensors = [made.get(tensor.name, tensor) for tensor in weights.tensors if tensor.name not in gone]
    return replace(weights, tensors=tensors) if made else weights


def _fits(part, shape):
    """Whether a scale is one number, one for each row, or one for each block of a matrix."""
    blocks = tuple(-(-size // BLOCK) for size in shape)
    return (
        max(part, default=1) == 1
        or part[:1] == shape[:1]
        and max(part[1:], default=1) == 1
        or (len(shape) == 2 and part == blocks)
    )


def _scaled(stored: Stored, scale: Stored, zero: Stored | None, factor: float, folder: Path) -> Stored:
    def read():
        made = numbers(stored, folder).astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):  # scales that are no numbers are the file's
            if zero is not None:
                made -= _spread(numbers(zero, folder), stored.shape)
            return made * (_spread(numbers(scale, folder), stored.shape) * np.float32(factor))

    return Stored(stored.name, stored.shape, TensorProto.FLOAT, read=read)


def _spread(part, shape):
    part = np.asarray(part).astype(np.float32)
    if part.size == 1:
        return part.reshape(())
    if part.size == shape[0]:
        return part.reshape(-1, *[1] * (len(shape) - 1))
    rows, columns = shape
    return np.repeat(np.repeat(part, BLOCK, 0)[:rows], BLOCK, 1)[:, :columns]
