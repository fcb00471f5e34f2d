# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order the units of hidden layers go, by what a ranking says of them."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

import numpy as np

from ..containers.stepping import part
from ..network import Network
from .masking import Masked, loss
from .sampling import Samples

GREEDY = 200  # samples that a greedy ranking tries each unit on
ROUNDS = 96  # how often an iterative ranking looks anew
SMALL = 128  # hidden units, up to which each is tried
RANKINGS = ("weights", "activations", "taylor", "taylor-iterative", "greedy")

Steps = Generator[tuple[float, str], None, dict[str, np.ndarray]]
Looks = Generator[tuple[float, str], None, None]


def usual(masked: Masked) -> str:
    """The ranking that a network gets unless said: each unit is tried in a small one."""
    return "greedy" if sum(hidden.count for hidden in masked.hidden.values()) <= SMALL else "taylor-iterative"


def without(count: int, units) -> np.ndarray:
    kept = np.ones(count, bool)
    kept[units] = False
    return kept


def removed(
    masked: Masked, network: Network, samples: Samples, stages: Sequence[float], by: str
) -> Generator[tuple[float, str], None, dict[str, np.ndarray]]:
    """By layer the units in the order in which they go, at least as many as go at the last of these shares, which rise.

    A ranking that looks anew after each removal has at every stage removed this share of each layer, and in between
    what counts least anywhere.
    """
    if by in _ONCE:
        importance = yield from _ONCE[by](masked, network, samples)
        return {name: np.argsort(values, kind="stable") for name, values in importance.items()}
    kept = masked.all_kept()
    gone: dict[str, list[int]] = {name: [] for name in kept}
    for number, share in enumerate(stages):
        goal = goals(masked, share)
        rounds = max(1, ROUNDS // len(stages))
        looked = _AGAIN[by](masked, samples, goal, kept, gone, rounds)
        yield from part(looked, number / len(stages), (number + 1) / len(stages))
    return {name: np.array(units, int) for name, units in gone.items()}


def kept_of(order: Mapping[str, np.ndarray], masked: Masked, share: float) -> dict[str, np.ndarray]:
    """The units that are left (count,) bool when a share of each layer's has gone in an order."""
    goal = goals(masked, share)
    return {name: without(masked.hidden[name].count, units[: goal[name]]) for name, units in order.items()}


def goals(masked: Masked, share: float) -> dict[str, int]:
    """How many units of each layer go at a share, rounded down."""
    return {name: int(share * hidden.count + 1e-6) for name, hidden in masked.hidden.items()}


def _by_weights(masked: Masked, network: Network, samples: Samples) -> Steps:
    """Norms of the weights into a unit and out of it; no sample is looked at."""
    yield 0.5, "norms of weights"
    return {name: masked.ranks[name].importance for name in masked.hidden}


def _by_activations(masked: Masked, network: Network, samples: Samples) -> Steps:
    yield 0.1, "activations"
    size = masked.activations(samples.ranking, masked.all_kept())
    return {name: size[name] * _reach(masked, network, name) for name in masked.hidden}


def _reach(masked: Masked, network: Network, name: str) -> np.ndarray:
    """What is made of a unit: its importance by weights without the norm of the weights into it."""
    layer = network.layer(name)
    importance = masked.ranks[name].importance
    strength = layer.strength() if layer.strength else np.ones(len(importance))
    scale = layer.scale() if layer.scale else None
    if scale is not None and len(scale) == len(strength):
        strength = strength * np.abs(scale)
    return importance / np.maximum(strength, 1e-12)


def _by_taylor(masked: Masked, network: Network, samples: Samples) -> Steps:
    yield 0.1, "derivatives"
    return masked.taylor(samples.ranking, samples.ranking_answers, masked.all_kept())


def _by_taylor_again(masked: Masked, samples: Samples, goal: Mapping[str, int], kept, order, rounds: int) -> Looks:
    """The unit that counts least goes, of all layers that have to lose some; then all are looked at anew."""
    total = sum(max(0, goal[name] - int((~own).sum())) for name, own in kept.items())
    each = max(1, -(-total // rounds))
    gone = 0
    while gone < total:
        yield 0.9 * gone / max(total, 1), f"unit {gone + 1} of {total}"
        importance = masked.taylor(samples.ranking, samples.ranking_answers, kept)
        candidates = [
            (float(importance[name][unit]), name, int(unit))
            for name, own in kept.items()
            if (~own).sum() < goal[name]
            for unit in np.nonzero(own)[0]
        ]
        for _, name, unit in sorted(candidates):
            if (~kept[name]).sum() < goal[name]:
                kept[name][unit] = False
                order[name].append(unit)
                gone += 1
                if gone % each == 0 or gone >= total:
                    break


def _by_trying(masked: Masked, samples: Samples, goal: Mapping[str, int], kept, order, rounds: int) -> Looks:
    """The unit without which the loss is least goes; then all are tried anew."""
    x, y = samples.ranking[:GREEDY], samples.ranking_answers[:GREEDY]
    total = sum(max(0, goal[name] - int((~own).sum())) for name, own in kept.items())
    for gone in range(total):
        best: tuple[float, str, int] | None = None
        for name, own in kept.items():
            if (~own).sum() >= goal[name]:
                continue
            yield 0.9 * gone / total, f"unit {gone + 1} of {total}"
            for unit in np.nonzero(own)[0]:
                own[unit] = False
                tried = loss(masked.scores_of(x, kept), y), name, int(unit)
                own[unit] = True
                best = tried if best is None or tried < best else best
        if best is None:
            break
        kept[best[1]][best[2]] = False
        order[best[1]].append(best[2])


_ONCE = {"weights": _by_weights, "activations": _by_activations, "taylor": _by_taylor}
_AGAIN = {"taylor-iterative": _by_taylor_again, "greedy": _by_trying}
