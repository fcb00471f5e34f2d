# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A data set in a .npz file, as a network reads it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

from ..containers import CheckpointError
from ..inference import load_arrays
from ..network import Network, Spec

PARTS = ("x_train", "y_train", "x_test", "y_test")
BYTES = 255.0  # what whole numbers of 8 bits are divided by


@dataclass(frozen=True)
class DataSet:
    """Samples (n, ...) and what is right for each: a class (n,) int64, or numbers of the shape of the output."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray

    @property
    def classes(self) -> bool:
        """Whether what is right are classes."""
        return self.y_train.dtype.kind == "i"


def load(path: str | Path, network: Network) -> DataSet:
    """The arrays x_train, y_train, x_test, y_test of a file for a network of one input. Pixels of 8 bits become 0 to 1.

    Raises `CheckpointError`.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(path, "no such file", "check the path of the data")
    arrays = load_arrays(path)
    missing = [name for name in PARTS if name not in arrays]
    if missing:
        raise CheckpointError(path, f"holds no array '{missing[0]}'", f"save {', '.join(PARTS)} with numpy.savez")
    if len(network.inputs) != 1:
        raise CheckpointError(
            network.checkpoint.path, f"has {len(network.inputs)} inputs, and only networks of one can be trained"
        )
    (spec,) = network.inputs
    x_train, x_test = (_samples(path, name, arrays[name], spec) for name in ("x_train", "x_test"))
    y_train, y_test = (_answers(path, name, arrays[name]) for name in ("y_train", "y_test"))
    for name, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
        if len(x) != len(y):
            raise CheckpointError(path, f"has {len(x):,} samples in x_{name}, but {len(y):,} answers in y_{name}")
    if y_train.dtype.kind != y_test.dtype.kind:
        raise CheckpointError(path, "has classes in one of y_train and y_test, and numbers in the other")
    return DataSet(x_train, y_train, x_test, y_test)


def _samples(path: Path, name: str, array: np.ndarray, spec: Spec) -> np.ndarray:
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


def _answers(path: Path, name: str, array: np.ndarray) -> np.ndarray:
    if not array.ndim:
        raise CheckpointError(path, f"has one number in '{name}', and needs one for each sample")
    if array.ndim == 2 and array.shape[1] == 1 and array.dtype.kind in "iu":
        array = array[:, 0]
    if array.dtype.kind in "iub":
        if array.size and int(array.min()) < 0:
            raise CheckpointError(path, f"has a class below 0 in '{name}'")
        return array.astype(np.int64)
    if not np.isfinite(array).all():
        raise CheckpointError(path, f"has numbers in '{name}' that are not finite")
    return array.astype(np.float32)
