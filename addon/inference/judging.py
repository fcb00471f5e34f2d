# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many of many samples a network gets right, and which classes it takes for which."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np

from ..containers import CheckpointError
from ..network import Network
from .datasets import DataSet, scores_spec
from .runner import Runner


@dataclass(frozen=True)
class Judged:
    """What a network says of samples: `scores` (n, classes), `answers` (n,) what is right, None where nobody says;
    `classes` are names."""

    names: list[str]
    scores: np.ndarray = field(repr=False)
    answers: np.ndarray | None
    classes: list[str]

    @property
    def said(self) -> np.ndarray:
        """The class (n,) with the highest score of each."""
        return np.nan_to_num(self.scores, nan=-np.inf).argmax(1)

    @property
    def accuracy(self) -> float | None:
        """The share that is right."""
        return None if self.answers is None else float((self.said == self.answers).mean())

    @property
    def confusion(self) -> np.ndarray | None:
        """How many samples of each class (row) were taken for each (column), (classes, classes) int64."""
        if self.answers is None:
            return None
        count = self.scores.shape[1]
        return np.bincount(self.answers * count + self.said, minlength=count * count).reshape(count, count)


def judge(network: Network, data: DataSet) -> Generator[tuple[float, str], None, Judged]:
    """Run all samples, several at once. Yields (share done, what is next). Raises `CheckpointError`."""
    spec = scores_spec(network)
    if spec is None:
        raise CheckpointError(network.checkpoint.path, "gives no scores of classes, so nothing can be counted")
    runner = Runner(network, [spec.name])
    count = runner.at_once
    rows = []
    for begin in range(0, len(data), count):
        yield begin / len(data), f"sample {begin + 1:,} of {len(data):,}"
        rows += [values[spec.name].reshape(-1) for values in runner.many(data.batch(begin, count))]
    names = network.classes if len(network.classes) == len(rows[0]) else [str(each) for each in range(len(rows[0]))]
    return Judged(data.names, np.stack(rows), data.answers, list(names))
