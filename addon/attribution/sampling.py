# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Samples of a data set that rank the units of a network, and others that prove the ranking."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..containers import CheckpointError
from ..inference import load_arrays
from ..inference.samples import answers_of, samples_of
from ..network import Network
from .masking import Masked

RANKED = 500  # samples that rank at the most
PAIRS = (("x", "y"), ("x_test", "y_test"), ("x_train", "y_train"))


@dataclass(frozen=True)
class Samples:
    """Samples that rank and others that prove, with their classes; `own`: these are the network's own decisions."""

    ranking: np.ndarray
    ranking_answers: np.ndarray
    proving: np.ndarray
    proving_answers: np.ndarray
    own: bool


def load_samples(path: str | Path, network: Network, masked: Masked) -> Samples:
    """Samples of a .npz file with x and y, or x_test and y_test, x_train and y_train. Where both of these are there,
    the training samples rank and the others prove; else one half and the other. Raises `CheckpointError`."""
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(path, "no such file", "check the path of the data")
    arrays = load_arrays(path)
    have = [pair for pair in PAIRS if pair[0] in arrays]
    if not have:
        raise CheckpointError(path, "holds no array 'x'", "save x and y with numpy.savez")
    parts = []
    for name, answer in have[:2] if have[0][0] != "x" else have[:1]:
        samples = samples_of(path, name, arrays[name], network.inputs[0])
        answers = arrays.get(answer)
        if len(samples) < 2:
            raise CheckpointError(path, f"has one sample in '{name}', and one cannot rank and prove")
        if answers is not None and len(answers) != len(samples):
            raise CheckpointError(
                path, f"has {len(samples):,} samples in '{name}', but {len(answers):,} answers in '{answer}'"
            )
        parts.append((samples, None if answers is None else answers_of(path, answer, answers)))
    own = any(answers is None for _, answers in parts)
    known = [
        (x, _classes(masked.scores_of(x, masked.all_kept()).argmax(1) if own else answers)) for x, answers in parts
    ]
    if len(known) == 2:
        (proving, right), (ranking, of_ranking) = known
    else:
        ((whole, classes),) = known
        half = len(whole) // 2
        ranking, of_ranking, proving, right = whole[:half], classes[:half], whole[half:], classes[half:]
    return Samples(ranking[:RANKED], of_ranking[:RANKED], proving, right, own)


def checked_samples(path: str | Path, network: Network, masked: Masked) -> Samples:
    """The same, of classes that the network gives. Raises `CheckpointError`."""
    samples = load_samples(path, network, masked)
    classes = masked.scores_of(samples.proving[:1], masked.all_kept()).shape[1]
    if max(samples.ranking_answers.max(), samples.proving_answers.max()) >= classes:
        raise CheckpointError(path, f"has a class that the network does not give: it gives {classes:,}")
    return samples


def _classes(answers) -> np.ndarray:
    return np.asarray(answers).reshape(-1).astype(np.int64)
