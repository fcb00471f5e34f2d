# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network without the least important units of its hidden layers: what it then says of an input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..network import Network
from ..network.importance import Ranking, rank, units_of
from .inputs import Fitted
from .session import run


@dataclass(frozen=True)
class Pruned:
    """What a pruned network gives: every tensor, and of each layer how many units went and how many there were."""

    values: dict[str, np.ndarray] = field(repr=False)
    units: dict[str, tuple[int, int]]


def run_pruned(
    network: Network, fitted: Sequence[Fitted], whole: dict[str, np.ndarray], share: float, parts: bool = False
) -> Pruned:
    """Run a sample with the outputs of the least important units set to 0, this share of each hidden layer's.

    `whole` is what the unpruned network gives for the sample: a unit's importance follows its activations. Raises
    `CheckpointError`.
    """
    ranks = rank(network, whole)
    kept = {name: ranking.kept(share) for name, ranking in ranks.items()}
    masks = {
        network.layer(name).tensor: _factors(network.layer(name), ranks[name], left, whole)
        for name, left in kept.items()
        if not left.all()
    }
    units = {name: (int((~left).sum()), len(left)) for name, left in kept.items() if ranks[name].leader == name}
    return Pruned(run(network, *fitted, parts=parts, masks=masks), units)


def _factors(layer, ranking: Ranking, kept, whole):
    value = whole[layer.tensor]
    factors = kept.astype(value.dtype)[units_of(layer, ranking.axis)]
    return np.ascontiguousarray(np.broadcast_to(factors.reshape(layer.shape), value.shape))
