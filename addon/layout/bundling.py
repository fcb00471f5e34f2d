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

import numpy as np

POINTS = 8  # of a line
STEPS = 2  # up the gradient in one iteration
CELLS = 72  # of the longer side of the plane across
WIDEST, NARROWEST = 0.07, 0.025  # bandwidth, as a share of that side
STIFF = 0.3  # how much of each step is given up to keep a line smooth
HEAVY = 0.6  # by how much less the strongest line moves than the weakest
REACH = 3.0  # bandwidths, beyond which the kernel is 0


def bundle(
    ends: np.ndarray, weights: np.ndarray, frame: np.ndarray, iterations: int = 6, ease: float = 0.75
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
    local = np.asarray(np.where(whole[:, None, None], ends, ends[whole][:1]) @ frame[:, 1:], np.float32)
    way = np.linspace(0, 1, POINTS, dtype=np.float32)[1:-1]
    eased = (way + ease * (way * way * (3 - 2 * way) - way))[:, None, None]
    base = local[:, 0] * (1 - eased) + local[:, 1] * eased  # (6, n, 2)
    low = base.min((0, 1))
    side = float((base.max((0, 1)) - low).max())
    if side <= 0 or count < 2:
        return offsets
    mass = _mass(np.where(whole, weights, 0.0))
    loose = (1 - HEAVY * np.minimum(mass / np.percentile(mass, 99.5), 1)).astype(np.float32)
    cell = side / (CELLS - 1)
    start = (base - low) / cell
    place = start.copy()
    shape = (len(way), *(np.ceil(start.max((0, 1))).astype(int) + 1))
    narrower = (NARROWEST / WIDEST) ** (1 / max(1, iterations * STEPS - 1))
    across = np.asarray(frame[:, 1:].T * cell, np.float32)
    for number in range(iterations):
        for step in range(STEPS):
            width = WIDEST * narrower ** (number * STEPS + step) * CELLS
            _climb(place, mass, loose, shape, width)
            _smooth(place, start)
            np.clip(place, 0, np.array(shape[1:], np.float32) - 1, out=place)
        offsets[number, :, 1:-1] = ((place - start) @ across).swapaxes(0, 1)
    offsets[:, ~whole] = 0
    return offsets


def _mass(weights):
    """How much each line attracts, above 0 and 1 on average."""
    size = np.abs(np.nan_to_num(weights, nan=0.0, posinf=0.0, neginf=0.0)).astype(np.float32)
    mean = size.mean()
    return 0.1 + 0.9 * size / mean if mean > 0 else np.ones_like(size)


def _climb(place, mass, loose, shape, width):
    """Move points (slices, n, 2), in cells, up the gradient of the density of their own and the neighbouring slices."""
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
    density = _blurred(_blurred(density, width, 1), width, 2)
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


def _smooth(place, start):
    """Pull each point's offset towards the mean of its neighbours'; both ends have none."""
    offset = place - start
    around = np.zeros_like(offset)
    around[1:] += offset[:-1]
    around[:-1] += offset[1:]
    place += STIFF * (0.5 * around - offset)


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
