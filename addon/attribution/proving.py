# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which units a network can do without, ranked on some samples and proven on others."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..containers import CheckpointError
from ..inference import Choice, load_arrays
from ..inference.samples import answers_of, samples_of
from ..network import Network
from .masking import Masked, accuracy, loss

RANKED = 500  # samples that rank at the most
GREEDY = 200  # of them, those that a greedy ranking tries each unit on
ROUNDS = 96  # how often an iterative ranking looks anew
RANDOM = 20  # orders of chance that a ranking is held against
SMALL = 128  # hidden units, up to which each is tried
RANKINGS = ("weights", "activations", "taylor", "taylor-iterative", "greedy")
PAIRS = (("x", "y"), ("x_test", "y_test"), ("x_train", "y_train"))


@dataclass(frozen=True)
class Samples:
    """Samples that rank and others that prove, with their classes; `own`: these are the network's own decisions."""

    ranking: np.ndarray
    ranking_answers: np.ndarray
    proving: np.ndarray
    proving_answers: np.ndarray
    own: bool


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


def _classes(answers) -> np.ndarray:
    return np.asarray(answers).reshape(-1).astype(np.int64)


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
        by = "greedy" if sum(hidden.count for hidden in masked.hidden.values()) <= SMALL else "taylor-iterative"
    samples = load_samples(path, network, masked)
    classes = masked.scores_of(samples.proving[:1], masked.all_kept()).shape[1]
    if max(samples.ranking_answers.max(), samples.proving_answers.max()) >= classes:
        raise CheckpointError(path, f"has a class that the network does not give: it gives {classes:,}")
    yield 0.0, "ranking"
    goal = {name: int(share * hidden.count) for name, hidden in masked.hidden.items()}
    kept = yield from _ORDERS[by](masked, network, samples, goal)
    yield 0.9, "the proof"
    whole = accuracy(masked.scores_of(samples.proving, masked.all_kept()), samples.proving_answers)
    pruned = accuracy(masked.scores_of(samples.proving, kept), samples.proving_answers)
    random = np.random.default_rng(seed)
    chance = []
    for number in range(RANDOM):
        yield 0.9 + 0.1 * number / RANDOM, "orders of chance"
        some = {
            name: _without(hidden.count, random.permutation(hidden.count)[: goal[name]])
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


def _without(count: int, units) -> np.ndarray:
    kept = np.ones(count, bool)
    kept[units] = False
    return kept


def _lowest(importance: Mapping[str, np.ndarray], goal: Mapping[str, int]) -> dict[str, np.ndarray]:
    return {
        name: _without(len(values), np.argsort(values, kind="stable")[: goal[name]])
        for name, values in importance.items()
    }


def _by_weights(masked: Masked, network: Network, samples: Samples, goal):
    """Norms of the weights into a unit and out of it; no sample is looked at."""
    yield 0.5, "norms of weights"
    return _lowest({name: masked.ranks[name].importance for name in masked.hidden}, goal)


def _by_activations(masked: Masked, network: Network, samples: Samples, goal):
    yield 0.1, "activations"
    size = masked.activations(samples.ranking, masked.all_kept())
    strengths = {name: size[name] * _reach(masked, network, name) for name in masked.hidden}
    return _lowest(strengths, goal)


def _reach(masked: Masked, network: Network, name: str) -> np.ndarray:
    """What is made of a unit: its importance by weights without the norm of the weights into it."""
    layer = network.layer(name)
    importance = masked.ranks[name].importance
    strength = layer.strength() if layer.strength else np.ones(len(importance))
    scale = layer.scale() if layer.scale else None
    if scale is not None and len(scale) == len(strength):
        strength = strength * np.abs(scale)
    return importance / np.maximum(strength, 1e-12)


def _by_taylor(masked: Masked, network: Network, samples: Samples, goal):
    yield 0.1, "derivatives"
    return _lowest(masked.taylor(samples.ranking, samples.ranking_answers, masked.all_kept()), goal)


def _by_taylor_again(masked: Masked, network: Network, samples: Samples, goal):
    """The unit that counts least goes, of all layers that have to lose some; then all are looked at anew."""
    kept = masked.all_kept()
    total = sum(goal.values())
    each = max(1, -(-total // ROUNDS))
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
                gone += 1
                if gone % each == 0 or gone >= total:
                    break
    return kept


def _by_trying(masked: Masked, network: Network, samples: Samples, goal):
    """The unit without which the loss is least goes; then all are tried anew."""
    kept = masked.all_kept()
    x, y = samples.ranking[:GREEDY], samples.ranking_answers[:GREEDY]
    total = sum(goal.values())
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
    return kept


_ORDERS = {
    "weights": _by_weights,
    "activations": _by_activations,
    "taylor": _by_taylor,
    "taylor-iterative": _by_taylor_again,
    "greedy": _by_trying,
}
