# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which samples excite a unit of a layer most."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from ..containers import CheckpointError
from ..containers.natural_order import brief
from ..network import Network
from ..network.network import by_unit
from .datasets import DataSet
from .runner import Runner


def excitation(
    network: Network, data: DataSet, layer: str, unit: int
) -> Generator[tuple[float, str], None, np.ndarray]:
    """The largest activation of a unit, anywhere in its map, for each sample, (n,) float64. Yields (share done, what is
    next). Raises `CheckpointError` where there is no such unit."""
    of = network.by_name.get(layer)
    if of is None:
        raise CheckpointError(
            network.checkpoint.path, f"has no layer '{brief(layer)}'", "choose one of those that 'inspect' lists"
        )
    if not 0 <= unit < of.grid.units:
        raise CheckpointError(
            network.checkpoint.path,
            f"'{brief(layer)}' has no unit {unit}: it has {of.grid.units:,}",
            f"choose one of 0 to {of.grid.units - 1}",
        )
    runner = Runner(network, [of.shown or of.tensor])
    most = []
    for begin in range(0, len(data), runner.at_once):
        yield begin / len(data), f"sample {begin + 1:,} of {len(data):,}"
        for values in runner.many(data.batch(begin, runner.at_once)):
            most.append(float(by_unit(values[of.shown or of.tensor], of.grid)[unit].max()))
    return np.array(most)


def strongest(excitations: np.ndarray) -> list[int]:
    """The places of samples, those that excite most first; what is not finite comes last."""
    return np.argsort(-np.nan_to_num(excitations, nan=-np.inf), kind="stable").tolist()
