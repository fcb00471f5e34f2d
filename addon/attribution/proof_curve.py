# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How well a network does at every share of pruned units: by a ranking, by its weights alone, and by chance."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..containers import CheckpointError
from ..containers.stepping import part
from ..network import Network
from .masking import Masked
from .orders import RANKINGS, kept_of, removed, usual
from .proving import RANDOM
from .sampling import checked_samples

MOST = 40  # shares that are measured; with fewer steps of all layers each of these is
GRID = 20  # of more, so many parts of the whole
TESTED = 500  # samples that prove
STAGES = (0.5, 0.75, 1.0)  # at which rankings that look anew have removed as much of each layer
CHANCES = 10  # shares at which orders of chance are measured: a band needs no more


@dataclass(frozen=True)
class ProofCurve:
    """`shares` (n,) are those at which the network was measured, from 0 to 1. `ours` (n,) are the shares of samples
    that are right by the ranking `by`, `weights` (n,) by the weights alone, `chance` (orders, k) those of orders of
    chance at `chance_shares` (k,). `index` is the one class that is looked at, -1 for all, of which there are `tested`
    samples that did not rank. `order` is by layer the place of each unit in the order in which it goes. `own`: what is
    right are the network's own decisions. `exact`: between two shares nothing changes."""

    by: str
    shares: np.ndarray
    ours: np.ndarray
    weights: np.ndarray
    chance: np.ndarray
    chance_shares: np.ndarray
    index: int
    ranked: int
    tested: int
    own: bool
    exact: bool
    order: dict[str, list[int]] = field(repr=False)


def prove_all(
    network: Network, path: str | Path, by: str = "", index: int = -1, seed: int = 0
) -> Generator[tuple[float, str], None, ProofCurve]:
    """Rank units on one part of the samples and measure on the other at every share. `index` is the class whose samples
    are counted, -1 for all; `by` is as for `prove`.

    Yields (share done, what is next). Raises `CheckpointError`.
    """
    if by not in ("", *RANKINGS):
        raise CheckpointError(network.checkpoint.path, f"there is no ranking '{by}'", f"they are {', '.join(RANKINGS)}")
    yield 0.0, "the samples"
    masked = Masked(network)
    by = by or usual(masked)
    samples = checked_samples(path, network, masked)
    counted = samples.proving_answers == index if index >= 0 else np.ones(len(samples.proving), bool)
    if not counted.any():
        raise CheckpointError(Path(path), f"has no sample of class {index} among those that prove", "choose another")
    proving, answers = samples.proving[counted][:TESTED], samples.proving_answers[counted][:TESTED]
    shares, exact = shares_of(masked)

    def right(kept) -> float:
        return float((masked.scores_of(proving, kept).argmax(1) == answers).mean())

    order = yield from part(removed(masked, network, samples, STAGES, by), 0.02, 0.6)
    ours = yield from part(_measured(right, masked, order, shares), 0.6, 0.68)
    by_weights = yield from removed(masked, network, samples, STAGES, "weights")
    weights = yield from part(_measured(right, masked, by_weights, shares), 0.68, 0.76)
    few = np.linspace(0, 1, CHANCES + 1)
    random = np.random.default_rng(seed)
    chance = np.zeros((RANDOM, len(few)))
    for row in range(RANDOM):
        orders = {name: random.permutation(hidden.count) for name, hidden in masked.hidden.items()}
        for column, share in enumerate(few):
            yield 0.76 + 0.24 * (row + column / len(few)) / RANDOM, f"order of chance {row + 1} of {RANDOM}"
            some = chance[0, 0] if row and not column else right(kept_of(orders, masked, float(share)))
            chance[row, column] = some
    return ProofCurve(
        by,
        np.array(shares),
        np.array(ours),
        np.array(weights),
        chance,
        few,
        index,
        len(samples.ranking),
        len(proving),
        samples.own,
        exact,
        {name: np.argsort(units, kind="stable").tolist() for name, units in order.items()},
    )


def shares_of(masked: Masked) -> tuple[list[float], bool]:
    """The shares at which a network is measured: where a layer loses a unit, or in large ones evenly; and whether these
    are all."""
    every = {unit / hidden.count for hidden in masked.hidden.values() for unit in range(hidden.count + 1)}
    exact = len(every) <= MOST
    return (sorted(every), True) if exact else ([step / GRID for step in range(GRID + 1)], False)


def _measured(right, masked, order, shares) -> Generator[tuple[float, str], None, list[float]]:
    made = []
    for number, share in enumerate(shares):
        yield number / len(shares), f"measuring {number + 1} of {len(shares)}"
        made.append(right(kept_of(order, masked, share)))
    return made
