# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A data set in a .npz file, as a network reads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..containers import CheckpointError
from ..inference import load_arrays, open_data
from ..inference.samples import answers_of, samples_of
from ..network import Network

TEST_EVERY = 5
MOST = 1 << 30  # numbers of all samples of a folder
PARTS = ("x_train", "y_train", "x_test", "y_test")


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


def load(path: str | Path, network: Network, reconstruct: bool = False) -> DataSet:
    """The arrays x_train, y_train, x_test, y_test of a file for a network of one input. Pixels of 8 bits become 0 to 1.

    Of a folder of pictures, with a folder for each class, every fifth of a class is kept for the test. With
    `reconstruct` what is right is what was read, whatever the data says, as an autoencoder learns it. Raises
    `CheckpointError`.
    """
    data = _read(Path(path), network)
    if not reconstruct:
        return data
    if data.x_train.dtype.kind != "f":
        raise CheckpointError(path, "is read as tokens, and only numbers can be given back", "train without that")
    return DataSet(data.x_train, data.x_train, data.x_test, data.x_test)


def _read(path: Path, network: Network) -> DataSet:
    if path.is_dir():
        return _of_folder(path, network)
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
    x_train, x_test = (samples_of(path, name, arrays[name], spec) for name in ("x_train", "x_test"))
    y_train, y_test = (answers_of(path, name, arrays[name]) for name in ("y_train", "y_test"))
    for name, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
        if len(x) != len(y):
            raise CheckpointError(path, f"has {len(x):,} samples in x_{name}, but {len(y):,} answers in y_{name}")
    if y_train.dtype.kind != y_test.dtype.kind:
        raise CheckpointError(path, "has classes in one of y_train and y_test, and numbers in the other")
    return DataSet(x_train, y_train, x_test, y_test)


def _of_folder(path: Path, network: Network) -> DataSet:
    data = open_data([path], network)
    if data.answers is None:
        raise CheckpointError(path, "does not say of which class its pictures are", "put each class into a folder")
    first = data.read(0)
    if len(first) != 1:
        raise CheckpointError(network.checkpoint.path, "has several inputs, and only networks of one can be trained")
    if len(data) * first[0].array.size > MOST:
        raise CheckpointError(path, f"has {len(data):,} samples, which are more than fit", "train on fewer")
    x = np.concatenate([data.read(place)[0].array for place in range(len(data))]).astype(np.float32)
    y = data.answers
    place_in_class = np.zeros(len(y), np.int64)
    for each in np.unique(y):
        places = np.flatnonzero(y == each)
        place_in_class[places] = np.arange(len(places))
    test = place_in_class % TEST_EVERY == TEST_EVERY - 1
    if not test.any():
        raise CheckpointError(path, f"has too few samples: {TEST_EVERY} of a class are needed to test")
    return DataSet(x[~test], y[~test], x[test], y[test])
