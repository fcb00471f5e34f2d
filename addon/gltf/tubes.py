# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Curves as tubes, round by as many sides and bent by as many points as a budget allows, or as bare lines."""

from __future__ import annotations

import numpy as np

from .shapes import Curves, Strands, Surface

LADDER = ((4, 8), (3, 8), (3, 6), (3, 4))  # sides and points of a tube, finest first
FINER = 3  # times as many pieces has a curve that is led round something
LINE = 5  # points of a bare line


def faces(count: int, sides: int, points: int) -> int:
    """Triangles of so many tubes."""
    return count * sides * 2 * (points - 1)


def pieces(curves: Curves, points: int) -> int:
    """With how many points these curves are drawn where others have `points`."""
    return FINER * (points - 1) + 1 if curves.smooth else points


def step(bundles: list[Curves], budget: int) -> tuple[int, int] | None:
    """The finest sides and points with which all curves stay below so many triangles; None if no tubes do."""
    return next((sides for sides in LADDER if total(bundles, sides) <= budget), None)


def total(bundles: list[Curves], shape: tuple[int, int]) -> int:
    """Triangles of bundles as tubes of such sides and points."""
    sides, points = shape
    return sum(faces(len(bundle.points), sides, pieces(bundle, points)) for bundle in bundles)


def lines(curves: Curves, points: int = LINE) -> Strands:
    """Curves without a width. Those that were thinner are the fainter, by the square of how much."""
    width = curves.radius.max(1)
    colours = curves.colours.copy()
    colours[:, 3] *= (width / width.max()) ** 2
    return Strands(resampled(curves.points, pieces(curves, points), curves.smooth), colours, curves.numbers)


def tubes(curves: Curves, sides: int, points: int) -> Surface:
    """Every curve as an open tube, in its place and width."""
    count = len(curves.points)
    each = pieces(curves, points)
    centre = resampled(curves.points, each, curves.smooth)
    radius = resampled(curves.radius[..., None], each, False)
    along = np.gradient(centre, axis=1)
    along /= np.maximum(np.linalg.norm(along, axis=2, keepdims=True), 1e-9)
    side = np.cross(along, np.where(np.abs(along[..., 2:]) < 0.9, [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]))
    side /= np.maximum(np.linalg.norm(side, axis=2, keepdims=True), 1e-9)
    up = np.cross(side, along)
    turn = np.arange(sides) * 2 * np.pi / sides
    ring = np.cos(turn)[:, None] * side[:, :, None] + np.sin(turn)[:, None] * up[:, :, None]
    rings = centre[:, :, None] + ring * radius[..., None]
    corner = each * sides
    triangles = _sides(sides, each)[None] + np.arange(count)[:, None, None] * corner
    return Surface(
        rings.reshape(-1, 3),
        triangles.reshape(-1, 3),
        np.repeat(curves.colours, corner, axis=0),
        {name: np.repeat(number, corner) for name, number in curves.numbers.items()},
    )


def _sides(sides, each):
    """The triangles of one tube, without its ends."""
    row, corner = np.meshgrid(np.arange(each - 1), np.arange(sides), indexing="ij")
    here, there = row * sides + corner, row * sides + (corner + 1) % sides
    quads = np.stack([here, there, there + sides, here + sides], -1).reshape(-1, 4)
    return quads[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)


def resampled(points: np.ndarray, count: int, smooth: bool) -> np.ndarray:
    """Points (n, k, d) of curves at `count` even steps of their parameter, straight or by Catmull-Rom between."""
    last = points.shape[1] - 1
    if count == last + 1:
        return points
    at = np.linspace(0, last, count)
    first = np.minimum(at.astype(int), last - 1)
    t = (at - first)[:, None]
    if not smooth:
        return points[:, first] * (1 - t) + points[:, first + 1] * t
    padded = np.concatenate([points[:, :1], points, points[:, -1:]], axis=1)  # as Blender's own
    a, b, c, d = (padded[:, first + step] for step in range(4))
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
