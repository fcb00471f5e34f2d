# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping to a number of triangles: plainer tiles and balls, and tubes of fewer sides and points."""

from __future__ import annotations

from dataclasses import replace

import bmesh
import numpy as np

from . import tubes
from .gather import Part
from .shapes import BALL, TILE, TILE_STEPS, Cells, Curves, tile

LINES, BALLS = 250_000, 500_000  # triangles of tubes, and of balls, where cells are instances
BALL_STEPS = (320, 80, 20)  # triangles of a ball, as it is modelled first


def instanced(parts: list[Part]) -> list[str]:
    """Cells stay instances; curves become tubes, or bare lines if there are too many. Says what was done."""
    said = _plainer(parts, BALL, BALL_STEPS, BALLS)
    bundles = _of(parts, Curves)
    shape = tubes.step([one.content for one in bundles], LINES)
    if shape:
        return said + _tubes(bundles, shape)
    for one in bundles:
        one.content = tubes.lines(one.content)
    return [*said, "connections as bare lines"]


def realised(parts: list[Part], budget: int) -> list[str]:
    """Everything becomes plain meshes, of at most so many triangles if that can be. Says what was done."""
    bundles = _of(parts, Curves)
    least = tubes.total([one.content for one in bundles], tubes.LADDER[-1])
    said = []
    for form, steps in ((BALL, BALL_STEPS), (TILE, TILE_STEPS)):  # each may have what the others leave
        others = sum(one.content.faces for one in parts if one.content is not None and one not in bundles
                     and not _has(one, form))
        said += _plainer(parts, form, steps, budget - others - least)
    for one in _of(parts, Cells):
        one.content = one.content.realised()
    used = sum(one.content.faces for one in parts if one.content is not None and one not in bundles)
    shape = tubes.step([one.content for one in bundles], budget - used) or tubes.LADDER[-1]
    said += _tubes(bundles, shape)
    if sum(one.content.faces for one in parts if one.content is not None) > budget:
        said.append(f"these are the fewest triangles, yet more than {budget:,}")
    return said


def _of(parts, kind):
    return [one for one in parts if isinstance(one.content, kind)]


def _has(part, form):
    return isinstance(part.content, Cells) and part.content.form == form


def _tubes(bundles, shape):
    for one in bundles:
        one.content = tubes.tubes(one.content, *shape)
    return ["connections as tubes of {} sides and {} points".format(*shape)] if bundles else []


def _plainer(parts, form, steps, budget):
    """Give cells of a form the finest shape with which all of them keep to a number of triangles, or the plainest."""
    some = [one for one in parts if _has(one, form)]
    many = sum(len(one.content.matrices) for one in some)
    faces = next((one for one in steps if many * one <= budget), steps[-1])
    if not some or faces == steps[0]:
        return []
    points, triangles = tile(faces) if form == TILE else ball(faces)
    for one in some:
        one.content = replace(one.content, points=points, triangles=triangles)
    return [f"{form}s of {faces} triangles"]


def ball(faces: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 3) and triangles of an icosphere one metre wide of so many triangles, one of `BALL_STEPS`."""
    made = bmesh.new()
    bmesh.ops.create_icosphere(made, subdivisions=len(BALL_STEPS) - BALL_STEPS.index(faces), radius=0.5)
    points = np.array([one.co for one in made.verts], np.float64)
    triangles = np.array([[vertex.index for vertex in one.verts] for one in made.faces], np.int32)
    made.free()
    return points, triangles
