# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a network makes of samples that two numbers place: of every point of a plane where it reads two numbers, of each
sample where a layer in it gives two, as the code of an autoencoder does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..colormaps import oklab, srgb
from ..colormaps.value import NOT_FINITE
from ..containers import CheckpointError
from ..inference import load_arrays
from ..inference.samples import answers_of, samples_of
from ..inference.session import opened
from ..network import Layer, Network
from .data import load

SURFACE, CODE = "surface", "code"
ACROSS = 80  # points of a side of the plane
ROOM = 1.1  # times the farthest sample reaches the plane
MOST = 1000  # samples
CLASSES = 10  # that have colors of their own
AT_ONCE = 256  # samples of one run
SUM = 1e-3  # so near 1 numbers from 0 on are shares
# Lightness, chroma and hue in OKLCH: teal and amber, which no values and weights have, for samples and for the plane
# where a class is certain.
TWO, TWO_DEEP = ((0.86, 0.12, 190), (0.84, 0.16, 80)), ((0.47, 0.09, 200), (0.68, 0.15, 64))
DARKER = 0.66  # is the plane than samples, of more classes
GRAY = (0.75, 0.78, 0.85)


@dataclass(frozen=True)
class Samples:
    """Samples to test with: `x` (n, ...) as the network reads them, `classes` (n,) int64, None where answers are no
    classes; `total` is how many there were."""

    x: np.ndarray
    classes: np.ndarray | None
    total: int


def place_of(network: Network) -> tuple[str, Layer] | None:
    """What can be drawn of a network in a plane, and the layer that it is of: ("surface", the output) where it reads
    two numbers, ("code", the layer) where one gives fewer numbers than all others, and two of them; else None."""
    if len(network.inputs) != 1 or not network.layers:
        return None
    (spec,) = network.inputs
    output = output_of(network)
    if spec.shape is not None and np.prod([size or 1 for size in spec.shape[1:]]) == 2 and output is not None:
        units = output.grid.units
        return (SURFACE, output) if output.size == units and units <= CLASSES else None
    inside = [layer for layer in network.layers if layer is not output and layer.op != "Input"]
    least = min(inside, key=lambda layer: layer.size, default=None)
    if least is not None and least.size == 2 and output is not None and output.size > 2:
        return CODE, least
    return None


def output_of(network: Network) -> Layer | None:
    """The layer that gives the first output."""
    made = {layer.tensor: layer for layer in network.layers}
    return made.get(network.outputs[0].name) if network.outputs else None


def samples(path: str | Path, network: Network) -> Samples:
    """Samples of a data set to test with, evenly so many as are drawn. Raises `CheckpointError`."""
    if Path(path).is_dir():
        data = load(path, network)
        return _some(data.x_test, data.y_test)
    arrays = load_arrays(Path(path))
    name = next((name for name in ("x_test", "x_train") if name in arrays), None)
    if name is None:
        raise CheckpointError(path, "holds no array 'x_test'", "save x_test and y_test with numpy.savez")
    x = samples_of(Path(path), name, arrays[name], network.inputs[0])
    answers = arrays.get(name.replace("x", "y", 1))
    classes = None if answers is None else answers_of(Path(path), name.replace("x", "y", 1), answers)
    return _some(x, classes)


def _some(x: np.ndarray, classes: np.ndarray | None) -> Samples:
    """Evenly so many samples as are drawn."""
    if classes is not None and (classes.dtype.kind != "i" or classes.shape != (len(x),)):
        classes = None
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST)).astype(int))
    return Samples(x[kept], None if classes is None else classes[kept], len(x))


def values(network: Network, tensor: str, x: np.ndarray) -> np.ndarray:
    """What a tensor is for each of many samples (n, ...): (n, numbers). Raises `CheckpointError`."""
    name = network.inputs[0].name
    session, names = opened(network.checkpoint, [tensor], batch=[name])
    if not names:
        return x.reshape(len(x), -1)
    parts = [session.run(names, {name: x[at : at + AT_ONCE]})[0] for at in range(0, len(x), AT_ONCE)]
    return np.concatenate([np.asarray(part, np.float32).reshape(len(part), -1) for part in parts])


def reach(points: np.ndarray) -> float:
    """How far from 0 a plane reaches that holds all of these points (n, 2)."""
    finite = np.abs(points[np.isfinite(points)])
    return ROOM * float(finite.max(initial=0.0)) or 1.0


def edges(steps: Sequence[np.ndarray]) -> tuple[list[float], list[float]]:
    """The two numbers at the lower and at the upper edges of a plot that holds these points (n, 2) at all steps."""
    lows, highs = [], []
    for axis in range(2):
        finite = np.concatenate([step[:, axis] for step in steps])
        finite = finite[np.isfinite(finite)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (-1.0, 1.0)
        middle, half = (low + high) / 2, ROOM * (high - low) / 2 or 1.0
        lows.append(middle - half)
        highs.append(middle + half)
    return lows, highs


def within(steps: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Two points (1, 2) that reach as far as all of these (n, 2)."""
    every = np.concatenate(steps)
    with np.errstate(invalid="ignore"):
        kept = np.where(np.isfinite(every), every, np.nan)
    known = np.isfinite(kept).any(0)
    low, high = np.full(2, np.nan, every.dtype), np.full(2, np.nan, every.dtype)
    low[known], high[known] = np.nanmin(kept[:, known], 0), np.nanmax(kept[:, known], 0)
    return [low[None], high[None]]


def plane(half: float) -> np.ndarray:
    """The points (ACROSS x ACROSS, 2) in the middles of the faces of a plane from -half to half: rows from the top,
    each from the left."""
    at = (np.arange(ACROSS) + 0.5) / ACROSS * 2 - 1
    down, across = np.meshgrid(-at, at, indexing="ij")
    return (half * np.stack([across, down], -1)).reshape(-1, 2).astype(np.float32)


def surface(network: Network, half: float) -> np.ndarray:
    """The shares of classes at each point of such a plane, (ACROSS x ACROSS, classes) float32. What is no shares is
    brought to them by softmax; one number is that of the second of two classes. Raises `CheckpointError`."""
    (spec,) = network.inputs
    points = plane(half).reshape(-1, *(size or 1 for size in (spec.shape or (None, 2))[1:]))
    return shares(values(network, network.outputs[0].name, points.astype(spec.dtype)))


def shares(scores: np.ndarray) -> np.ndarray:
    """Scores (n, classes) as shares; see `surface`."""
    if scores.shape[1] == 1:
        scores = np.concatenate([1 - scores, scores], 1) if are_shares(scores) else np.pad(scores, ((0, 0), (1, 0)))
    if are_shares(scores):
        return scores
    away = np.exp(scores - scores.max(1, keepdims=True))
    return away / away.sum(1, keepdims=True)


def are_shares(scores: np.ndarray) -> bool:
    """Whether numbers are shares already, or one number from 0 to 1; what is not finite counts for nothing."""
    finite = scores[np.isfinite(scores).all(1)]
    if not ((finite >= 0) & (finite <= 1)).all():
        return False
    return scores.shape[1] == 1 or bool((np.abs(finite.sum(1) - 1) < SUM).all())


def colors(count: int, deep: bool = False) -> np.ndarray:
    """The colors of samples of so many classes as a screen shows them (count, 3), 0 to 1; with `deep` those of the
    plane where a class is certain."""
    if count <= 2:
        lch = np.array((TWO_DEEP if deep else TWO)[:count])
    else:
        light = np.where(np.arange(count) % 2, 0.66, 0.82) * (DARKER if deep else 1)
        lch = np.stack([light, np.full(count, 0.15), 20 + 360 * np.arange(count) / count], 1)
    return oklab.encode(oklab.shown(oklab.from_lch(lch))).astype(np.float32)


def color_of_samples(found: Samples, count: int) -> np.ndarray:
    """The color of each sample (n, 4), that of its class; gray where it has none."""
    made = np.ones((len(found.x), 4), np.float32)
    made[:, :3] = GRAY
    if found.classes is not None:
        own = (found.classes >= 0) & (found.classes < count)
        made[own, :3] = colors(count)[found.classes[own]]
    return made


def color_of_shares(some: np.ndarray) -> np.ndarray:
    """The colors (n, 4) of shares of classes (n, classes): the mean of the colors of classes, each by its share."""
    made = np.ones((len(some), 4), np.float32)
    with np.errstate(invalid="ignore"):
        made[:, :3] = some @ colors(some.shape[1], deep=True)
    made[~np.isfinite(some).all(1), :3] = srgb(NOT_FINITE)
    return made


def names_of(network: Network, count: int) -> list[str]:
    """What classes are called."""
    return list(network.classes) if len(network.classes) == count else [str(place) for place in range(count)]


def count_of(found: Samples, scores: int) -> int:
    """How many classes have a color: those of the scores, or of the samples where the network gives none."""
    if scores or found.classes is None:
        return scores
    return min(CLASSES, int(found.classes.max(initial=-1)) + 1)
