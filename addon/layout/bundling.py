# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines between two layers drawn together where many run: iterative bundling by kernel density.

After C. Hurter, O. Ersoy, A. Telea, "Graph Bundling by Kernel Density Estimation", Computer Graphics Forum 31(3),
2012, and M. van der Zwan, V. Codreanu, A. Telea, "CUBu: Universal Real-Time Bundling for Large Graphs", IEEE TVCG
22(12), 2016. Theirs is flat; here a line has points at equal shares of the way between two layers, which move across it
only. So there is a density for each share, over the plane across. Points go up its gradient by the mean shift step
h^2 grad/density (Y. Cheng, "Mean Shift, Mode Seeking, and Clustering", IEEE TPAMI 17(8), 1995), which has no step size
to choose and does not overshoot, while the bandwidth h shrinks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

POINTS = 8  # of a line
STEPS = 2  # up the gradient in one iteration
HEAVY = 0.6  # by how much less the strongest line moves than the weakest
REACH = 3.0  # bandwidths, beyond which the kernel is 0


@dataclass(frozen=True)
class Bundling:
    """How lines are bundled: `sampling` are the cells of the longer side of the plane across; the bandwidth shrinks
    from `widest` to `narrowest`, as shares of that side; `smoothing` is how much of each step is given up to keep a
    line smooth."""

    sampling: int = 72
    widest: float = 0.07
    narrowest: float = 0.025
    smoothing: float = 0.3


DEFAULT = Bundling()


def bundle(
    ends: np.ndarray,
    weights: np.ndarray,
    frame: np.ndarray,
    iterations: int = 6,
    ease: float = 0.75,
    how: Bundling = DEFAULT,
) -> np.ndarray:
    """By how much the points of lines move, after each iteration: (iterations, n, 8, 3) float32, metres.

    `ends` (n, 2, 3) are where lines begin and end, in metres; `weights` (n,) how much each attracts the others, by its
    magnitude: those of large weight move less. `frame` (3, 3) has as columns the directions along the lines and both
    across. `ease` is that of the lines (0 straight, 1 a full S-curve). The ends do not move, all lines stay in their
    order, and what is not finite does not move and attracts nothing.
    """
    count = len(ends)
    offsets = np.zeros((iterations, count, POINTS, 3), np.float32)
    whole = np.isfinite(ends).all((1, 2))
    if not whole.any():
        return offsets
    base = _across(ends, whole, frame, ease)
    low = base.min((0, 1))
    side = float((base.max((0, 1)) - low).max())
    if side <= 0 or count < 2:
        return offsets
    mass = _mass(np.where(whole, weights, 0.0))
    loose = (1 - HEAVY * np.minimum(mass / np.percentile(mass, 99.5), 1)).astype(np.float32)
    cell = side / (how.sampling - 1)
    start = (base - low) / cell
    place = start.copy()
    shape = (len(base), *(np.ceil(start.max((0, 1))).astype(int) + 1))
    narrower = (how.narrowest / how.widest) ** (1 / max(1, iterations * STEPS - 1))
    across = np.asarray(frame[:, 1:].T * cell, np.float32)
    for number in range(iterations):
        for step in range(STEPS):
            width = how.widest * narrower ** (number * STEPS + step) * how.sampling
            _climb(place, mass, loose, shape, width)
            _smooth(place, start, how.smoothing)
            np.clip(place, 0, np.array(shape[1:], np.float32) - 1, out=place)
        offsets[number, :, 1:-1] = ((place - start) @ across).swapaxes(0, 1)
    offsets[:, ~whole] = 0
    return offsets


def densities(
    ends: np.ndarray, offsets: np.ndarray, frame: np.ndarray, ease: float = 0.75, how: Bundling = DEFAULT
) -> np.ndarray:
    """How densely lines run about each of them, (n,) float32: the mean over its points, 1 where it is largest.

    `offsets` (n, 8, 3) are by how much its points were moved; the others are as for `bundle`. What is not finite has 0.
    """
    whole = np.isfinite(ends).all((1, 2))
    if not whole.any():
        return np.zeros(len(ends), np.float32)
    moved = np.asarray(offsets[:, 1:-1] @ frame[:, 1:], np.float32).swapaxes(0, 1)
    place = _across(ends, whole, frame, ease) + np.where(whole[None, :, None], moved, 0)
    place -= place.min((0, 1))
    side = float(place.max()) or 1.0
    place *= (how.sampling - 1) / side
    shape = (len(place), *(np.ceil(place.max((0, 1))).astype(int) + 1))
    field, index = _density(place, whole.astype(np.float32), shape, how.widest * how.sampling)
    mean = field.ravel()[index].mean(0) * whole
    return (mean / (mean.max() or 1.0)).astype(np.float32)


def _across(ends, whole, frame, ease):
    """Where lines are across the way, (6, n, 2), at their points but for the ends."""
    local = np.asarray(np.where(whole[:, None, None], ends, ends[whole][:1]) @ frame[:, 1:], np.float32)
    way = np.linspace(0, 1, POINTS, dtype=np.float32)[1:-1]
    eased = (way + ease * (way * way * (3 - 2 * way) - way))[:, None, None]
    return local[:, 0] * (1 - eased) + local[:, 1] * eased


def _mass(weights):
    """How much each line attracts, above 0 and 1 on average."""
    size = np.abs(np.nan_to_num(weights, nan=0.0, posinf=0.0, neginf=0.0)).astype(np.float32)
    mean = size.mean()
    return 0.1 + 0.9 * size / mean if mean > 0 else np.ones_like(size)


def _climb(place, mass, loose, shape, width):
    """Move points (slices, n, 2), in cells, up the gradient of the density of their own and the neighbouring slices."""
    slices, rows, columns = shape
    begin = (np.arange(slices) * rows * columns)[:, None]
    density, _ = _density(place, mass, shape, width)
    density += 1e-6 * density.max()
    shift = (
        np.stack(
            [np.gradient(density, axis=axis) if density.shape[axis] > 1 else np.zeros_like(density) for axis in (1, 2)],
            -1,
        )
        * (width * width)
        / density[..., None]
    )
    size = np.sqrt((shift * shift).sum(-1, keepdims=True))
    shift *= np.minimum(1, width / np.maximum(size, 1e-9))  # where there is next to nothing, not far
    place += _between(shift.reshape(-1, 2), place, begin, rows, columns) * loose[:, None]


def _density(place, mass, shape, width):
    """The density (slices, rows, columns) of points (slices, n, 2), in cells, and the flat index of each in it."""
    slices, rows, columns = shape
    begin = (np.arange(slices) * rows * columns)[:, None]
    nearest = (place + 0.5).astype(np.int32)
    index = begin + nearest[..., 0] * columns + nearest[..., 1]
    density = (
        np.stack(
            [
                np.bincount(cell, mass, slices * rows * columns)[at : at + rows * columns]
                for cell, at in zip(index, begin[:, 0], strict=True)
            ]
        )
        .reshape(shape)
        .astype(np.float32)
    )
    density[1:-1] = 0.5 * density[1:-1] + 0.25 * (density[:-2] + density[2:])
    return _blurred(_blurred(density, width, 1), width, 2), index


def _between(table, place, begin, rows, columns):
    """A table (cells, 2) at points between its cells, bilinearly."""
    low = np.minimum(place.astype(np.int32), np.array([max(0, rows - 2), max(0, columns - 2)], np.int32))
    share = place - low
    index = begin + low[..., 0] * columns + low[..., 1]
    right, down = (1 if columns > 1 else 0), (columns if rows > 1 else 0)
    row, column = share[..., :1], share[..., 1:]
    total = table[index] * ((1 - row) * (1 - column))
    for step, part in ((right, (1 - row) * column), (down, row * (1 - column)), (right + down, row * column)):
        total += table[index + step] * part
    return total


def _smooth(place, start, stiff):
    """Pull each point's offset towards the mean of its neighbours'; both ends have none."""
    offset = place - start
    around = np.zeros_like(offset)
    around[1:] += offset[:-1]
    around[:-1] += offset[1:]
    place += stiff * (0.5 * around - offset)


def _blurred(values, width, axis):
    """Values under a Gaussian of this width in cells, along one axis; beyond the edges there is nothing."""
    reach = min(int(np.ceil(REACH * width)), values.shape[axis] - 1)
    steps = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (steps / width) ** 2)
    length = values.shape[axis]
    matrix = np.zeros((length, length), np.float32)
    for step, weight in zip(steps, kernel / kernel.sum(), strict=True):
        matrix += np.diag(np.full(length - abs(step), weight, np.float32), step)
    # einsum and not @: see architecture, no BLAS for small sums
    return np.einsum("sij,ik->skj" if axis == 1 else "sij,jk->sik", values, matrix)
