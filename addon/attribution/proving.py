# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which units a network can do without, ranked on some samples and proven on others."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..containers import CheckpointError
from ..containers.stepping import part
from ..inference import Choice
from ..network import Network
from .masking import Masked, accuracy
from .orders import RANKINGS, goals, kept_of, removed, usual, without
from .sampling import checked_samples

RANDOM = 20  # orders of chance that a ranking is held against


@dataclass(frozen=True)
class Proof:
    """`kept` are by layer the units that are left; `accuracy` that of the pruned network on samples that did not rank,
    `whole` that of the unpruned one, `chance` those of pruned networks with units taken at random; `choices` say of
    which elements these units are, `sample` is one that proved."""

    by: str
    share: float
    kept: dict[str, np.ndarray] = field(repr=False)
    accuracy: float
    whole: float
    chance: list[float]
    ranked_on: int
    proven_on: int
    own: bool
    choices: list[Choice] = field(default_factory=list, repr=False)
    sample: dict[str, np.ndarray] = field(default_factory=dict, repr=False)


def prove(
    network: Network, path: str | Path, share: float, by: str = "", seed: int = 0
) -> Generator[tuple[float, str], None, Proof]:
    """Prune this share of the units of every hidden layer, ranked on one part of the samples, and measure on the other.

    `by` is one of `RANKINGS`; unless said each unit is tried ("greedy") in a small network, else "taylor-iterative".
    Yields (share done, what is next). Raises `CheckpointError`.
    """
    if by not in ("", *RANKINGS):
        raise CheckpointError(
            network.checkpoint.path, f"there is no ranking '{by}'", f"the rankings are: {', '.join(RANKINGS)}"
        )
    masked = Masked(network)
    if not by:
        by = usual(masked)
    samples = checked_samples(path, network, masked)
    yield 0.0, "ranking"
    goal = goals(masked, share)
    order = yield from part(removed(masked, network, samples, [share], by), 0.0, 0.9)
    kept = kept_of(order, masked, share)
    yield 0.9, "the proof"
    whole = accuracy(masked.scores_of(samples.proving, masked.all_kept()), samples.proving_answers)
    pruned = accuracy(masked.scores_of(samples.proving, kept), samples.proving_answers)
    random = np.random.default_rng(seed)
    chance = []
    for number in range(RANDOM):
        yield 0.9 + 0.1 * number / RANDOM, "orders of chance"
        some = {
            name: without(hidden.count, random.permutation(hidden.count)[: goal[name]])
            for name, hidden in masked.hidden.items()
        }
        chance.append(accuracy(masked.scores_of(samples.proving, some), samples.proving_answers))
    return Proof(
        by,
        share,
        kept,
        pruned,
        whole,
        chance,
        len(samples.ranking),
        len(samples.proving),
        samples.own,
        [Choice(name, each.layer.tensor, each.units, kept[name]) for name, each in masked.hidden.items()],
        {masked.input: samples.proving[:1]},
    )
