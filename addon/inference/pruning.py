# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network without the least important units of its hidden layers: what it then says of an input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..network import Network
from ..network.importance import ordered, rank, units_of
from .inputs import Fitted
from .session import run


@dataclass(frozen=True)
class Pruned:
    """What a pruned network gives: every tensor, and of each layer how many units went and how many there were."""

    values: dict[str, np.ndarray] = field(repr=False)
    units: dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Choice:
    """Which units of a layer are kept (count,) bool, and of which unit each element of its `tensor` is, one sample,
    (size,). `leads` where they are its own, and not those of a layer before that it passes on."""

    layer: str
    tensor: str
    units: np.ndarray = field(repr=False)
    kept: np.ndarray
    leads: bool = True

    def factors(self, like: np.ndarray) -> np.ndarray:
        """By what numbers of the tensor are multiplied, of its shape and type."""
        factors = self.kept.astype(like.dtype)[self.units]
        sample = like.shape[1:] if like.size != factors.size else like.shape
        return np.ascontiguousarray(np.broadcast_to(factors.reshape(sample), like.shape))

    def axis_in(self, shape: tuple[int, ...]) -> int | None:
        """The axis of the tensor, with its batch, along which its units lie; None where that is no axis."""
        sample = tuple(shape)
        ahead = 0
        if np.prod(shape, dtype=np.int64) != len(self.units):
            sample, ahead = tuple(shape[1:]), 1
        if np.prod(sample, dtype=np.int64) != len(self.units):
            return None
        units = self.units.reshape(sample)
        for axis, size in enumerate(sample):
            across = np.arange(size).reshape([-1 if own == axis else 1 for own in range(len(sample))])
            if size == len(self.kept) and np.array_equal(units, np.broadcast_to(across, sample)):
                return axis + ahead
        return None


def chosen(
    network: Network, share: float, values: Mapping[str, np.ndarray] = {}, order: Mapping[str, Sequence[int]] = {}
) -> list[Choice]:
    """The units that a network without the least important ones keeps, this share of each hidden layer's being pruned.

    `values` are the tensors that an input gives, by which it is told how important a unit is, else its weights tell.
    `order` says by layer in which place each unit goes, where that is known.
    """
    return [
        Choice(
            name,
            network.layer(name).tensor,
            units_of(network.layer(name), ranking.axis),
            ranking.kept(share),
            ranking.leader == name,
        )
        for name, ranking in ordered(rank(network, values), order).items()
    ]


def run_pruned(
    network: Network,
    fitted: Sequence[Fitted],
    whole: dict[str, np.ndarray],
    share: float,
    parts: bool = False,
    order: Mapping[str, Sequence[int]] = {},
) -> Pruned:
    """Run a sample with the outputs of the least important units set to 0, this share of each hidden layer's.

    `whole` is what the unpruned network gives for the sample: a unit's importance follows its activations, or
    `order`, as for `chosen`. Raises `CheckpointError`.
    """
    choices = chosen(network, share, whole, order)
    masks = {choice.tensor: choice.factors(whole[choice.tensor]) for choice in choices if not choice.kept.all()}
    units = {choice.layer: (int((~choice.kept).sum()), len(choice.kept)) for choice in choices if choice.leads}
    return Pruned(run(network, *fitted, parts=parts, masks=masks), units)
