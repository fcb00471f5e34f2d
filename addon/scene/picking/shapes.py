# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a ray meets boxes, balls, lines and texts; distances along the ray in metres, infinite where it meets none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .rays import Ray


def boxes(origin: np.ndarray, direction: np.ndarray, centre: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Distances (n,) to boxes along the axes, by centre and half size (3, n); boxes without size are met by none."""
    near = np.full(centre.shape[1], -np.inf, np.float32)
    far = np.full(centre.shape[1], np.inf, np.float32)
    for axis in range(3):
        way = np.float32(direction[axis])
        away = centre[axis] - np.float32(origin[axis])
        if abs(way) < 1e-12:
            far[np.abs(away) > half[axis]] = -np.inf
            continue
        away /= way
        reach = half[axis] / abs(way)
        np.maximum(near, away - reach, out=near)
        away += reach
        np.minimum(far, away, out=far)
    met = (near <= far) & (far > 0) & ((half[0] > 0) | (half[1] > 0) | (half[2] > 0))
    return np.where(met, np.maximum(near, 0), np.float32(np.inf))


def balls(origin: np.ndarray, direction: np.ndarray, centre: np.ndarray, half: np.ndarray) -> np.ndarray:
    """The same of ellipsoids in such boxes."""
    with np.errstate(divide="ignore", invalid="ignore"):
        away = (origin.astype(np.float32)[:, None] - centre) / half
        way = direction.astype(np.float32)[:, None] / half
        a, b, c = ((one * other).sum(0) for one, other in ((way, way), (away, way), (away, away)))
        root = b * b - a * (c - 1)
        near = (-b - np.sqrt(root)) / a
        far = (-b + np.sqrt(root)) / a
        met = (root >= 0) & (far > 0)
    return np.where(met, np.maximum(near, 0), np.float32(np.inf))


@dataclass(frozen=True, eq=False)
class Lines:
    """Lines that can be seen, by their `index` (n,): `points` (n, k, 3), the places where each begins and ends (3, n),
    and how far its points are from the straight way between these at most (n,); all in one space."""

    index: np.ndarray
    points: np.ndarray
    ends: tuple[np.ndarray, np.ndarray]
    bend: np.ndarray

    @classmethod
    def of(cls, points: np.ndarray, seen: np.ndarray) -> Lines:
        """The lines of `points` (n, k, 3) that are `seen` (n,)."""
        index = np.flatnonzero(seen)
        points = points[index]
        begin, end = (np.ascontiguousarray(points[:, at].T) for at in (0, -1))
        way = end - begin
        length = np.maximum((way * way).sum(0), 1e-30)
        bend = np.zeros(len(index), np.float32)
        for at in range(1, points.shape[1] - 1):
            from_begin = points[:, at].T - begin
            share = ((from_begin * way).sum(0) / length).clip(0, 1)
            away = from_begin - share * way
            np.maximum(bend, (away * away).sum(0), out=bend)
        bend = np.sqrt(bend)
        bend[~np.isfinite(bend)] = np.inf
        return cls(index, points, (begin, end), bend)


def _may_meet(ray: Ray, lines: Lines, matrix: np.ndarray) -> np.ndarray:
    """Which lines may come near a ray (n,): by the straight way between their ends, and how far they leave that."""
    turn = (ray.frame @ matrix[:3, :3]).astype(np.float32)
    shift = (ray.frame @ (matrix[:3, 3] - ray.origin)).astype(np.float32)
    bend = lines.bend * np.float32(np.linalg.norm(matrix[:3, :3], 2) * (1 + 1e-4))
    (x, y, near), (u, v, far) = (
        [end[0] * row[0] + end[1] * row[1] + end[2] * row[2] + away for row, away in zip(turn, shift, strict=True)]
        for end in lines.ends
    )
    depth = np.maximum(near, far) + bend
    u -= x
    v -= y
    share = -(x * u + y * v) / np.maximum(u * u + v * v, np.float32(1e-30))
    np.clip(share, 0, 1, out=share)
    u *= share
    v *= share
    u += x
    v += y
    reach = bend + np.float32(ray.width) + np.float32(ray.spread * (1 + 1e-4)) * depth
    reach += np.float32(1e-5) * depth
    outside = (u * u + v * v > reach * reach) | (depth <= 0)
    return np.flatnonzero(~outside)


def nearest_line(ray: Ray, lines: Lines, matrix: np.ndarray) -> tuple[int, float, float]:
    """The line that a ray passes nearest: its index, how far from it in shares of the ray's reach (infinite if beyond
    1), and at which distance. `matrix` is that of the space of the lines."""
    some = _may_meet(ray, lines, matrix)
    if not len(some):
        return -1, np.inf, np.inf
    index, away, depth = _nearest(ray, lines.points[some], matrix)
    return (int(lines.index[some[index]]), away, depth) if index >= 0 else (-1, np.inf, np.inf)


def _nearest(ray, points, matrix):
    count, each = points.shape[:2]
    turn = (ray.frame @ matrix[:3, :3]).astype(np.float32)
    shift = (ray.frame @ (matrix[:3, 3] - ray.origin)).astype(np.float32)
    axes = np.ascontiguousarray(points.reshape(-1, 3).T)  # not by a product of matrices, whose threads wait for others
    across, up, depth = (
        (axes[0] * row[0] + axes[1] * row[1] + axes[2] * row[2] + away).reshape(count, each)
        for row, away in zip(turn, shift, strict=True)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 1 / np.maximum(ray.reach(np.maximum(depth, 0)), 1e-9)
    x, y = across * scale, up * scale
    chosen = np.ones(count, bool)
    for axis in (x, y):
        low, high = axis[:, 0].copy(), axis[:, 0].copy()
        for point in range(1, each):
            np.minimum(low, axis[:, point], out=low)
            np.maximum(high, axis[:, point], out=high)
        chosen &= (low <= 1) & (high >= -1)
    some = np.flatnonzero(chosen)
    if not len(some):
        return -1, np.inf, np.inf
    x, y, depth = x[some].astype(np.float64), y[some].astype(np.float64), depth[some]
    before = np.stack([x[:, :-1], y[:, :-1]], -1)
    way = np.stack([np.diff(x), np.diff(y)], -1)
    share = -(before * way).sum(-1) / np.maximum((way * way).sum(-1), 1e-18)
    share = share.clip(0, 1)
    away = np.linalg.norm(before + share[..., None] * way, axis=-1)
    deep = depth[:, :-1] + share * np.diff(depth)
    away[(deep <= 0) | ~np.isfinite(away)] = np.inf
    line, segment = np.unravel_index(away.argmin(), away.shape)
    if away[line, segment] > 1:
        return -1, np.inf, np.inf
    return int(some[line]), float(away[line, segment]), float(deep[line, segment])


def flat(ray: Ray, matrix: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """The distance to a rectangle in the plane z = 0 of a space with this matrix, between two corners (3,)."""
    origin, direction = ray.inside(matrix)
    if abs(direction[2]) < 1e-12:
        return np.inf
    depth = -origin[2] / direction[2]
    x, y, _ = origin + depth * direction
    return depth if depth > 0 and low[0] <= x <= high[0] and low[1] <= y <= high[1] else np.inf
