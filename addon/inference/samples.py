# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many samples and what is right for each, as arrays of a file."""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np

from ..containers import CheckpointError
from ..network import Spec

BYTES = 255.0  # what pixels of 8 bits are divided by


def samples_of(path: Path, name: str, array: np.ndarray, spec: Spec) -> np.ndarray:
    """An array (n, ...) as samples for an input; pixels of 8 bits become 0 to 1. Raises `CheckpointError`."""
    if not array.ndim or not len(array):
        raise CheckpointError(path, f"has no samples in '{name}'")
    dtype = np.dtype(spec.dtype)
    if array.dtype == np.uint8 and dtype.kind == "f":
        array = array.astype(dtype) / dtype.type(BYTES)
    shape = spec.shape[1:] if spec.shape else array.shape[1:]
    if None in shape:
        shape = array.shape[1:]
    if prod(array.shape[1:]) != prod(size or 1 for size in shape):
        raise CheckpointError(
            path, f"has samples of shape {list(array.shape[1:])} in '{name}', and the network reads {list(shape)}"
        )
    return np.ascontiguousarray(array.reshape(len(array), *(size or 1 for size in shape)).astype(dtype))


def answers_of(path: Path, name: str, array: np.ndarray) -> np.ndarray:
    """What is right: classes (n,) int64, or for each token (n, steps), -1 where none is asked for; or numbers (n, ...)
    float32. Raises `CheckpointError`."""
    if not array.ndim:
        raise CheckpointError(path, f"has one number in '{name}', and needs one for each sample")
    if array.ndim == 2 and array.shape[1] == 1 and array.dtype.kind in "iu":
        array = array[:, 0]
    if array.dtype.kind in "iub":
        if array.size and int(array.min()) < (-1 if array.ndim > 1 else 0):
            raise CheckpointError(path, f"has a class below 0 in '{name}'")
        return array.astype(np.int64)
    if not np.isfinite(array).all():
        raise CheckpointError(path, f"has numbers in '{name}' that are not finite")
    return array.astype(np.float32)
