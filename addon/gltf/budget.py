# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping to a number of triangles: plainer tiles and balls, and tubes of fewer sides and points."""

from __future__ import annotations

from dataclasses import dataclass, replace

import bmesh
import numpy as np

from . import tubes
from .gather import ScenePart
from .shapes import BALL, TILE, TILE_STEPS, CellCopies, Curves, tile

LINES, BALLS = 250_000, 500_000  # triangles of tubes, and of balls, where cells are instances
BALL_STEPS = (320, 80, 20)  # triangles of a ball, as it is modelled first
VERTICES = {BALL: {320: 162, 80: 42, 20: 12}, TILE: {12: 8, 10: 8, 2: 4}}


@dataclass(frozen=True)
class Plan:
    """How things are drawn: triangles of a tile and of a ball, sides and points of a tube (None: bare lines), and
    whether cells become plain meshes."""

    tile: int
    ball: int
    tube: tuple[int, int] | None
    realise: bool = False

    def __str__(self):
        shapes = [
            f"{form}s of {faces} triangles"
            for form, faces, best in ((BALL, self.ball, BALL_STEPS[0]), (TILE, self.tile, TILE_STEPS[0]))
            if faces != best
        ]
        return ", ".join(
            [
                *shapes,
                "connections as tubes of {} sides and {} points".format(*self.tube)
                if self.tube
                else "connections as bare lines",
            ]
        )

    def apply(self, parts: list[ScenePart], whole: bool = False) -> None:
        """Change what parts show as planned; with `whole` also cells that have no size become meshes."""
        for part in parts:
            part.content = self._changed(part.content, whole)

    def vertices(self, parts: list[ScenePart]) -> int:
        """How many vertices plain meshes of these parts have, before the plan is applied."""
        return sum(self._vertices(part.content) for part in parts if part.content is not None)

    def _vertices(self, content):
        if isinstance(content, CellCopies):
            each = VERTICES[content.form][getattr(self, content.form)] if content.form else len(content.points)
            return len(content.matrices) * each
        if isinstance(content, Curves):
            sides, points = self.tube or tubes.LADDER[-1]
            return len(content.points) * sides * tubes.pieces(content, points)
        return len(content.points)

    def _changed(self, content, whole):
        if isinstance(content, Curves):
            return tubes.tubes(content, *self.tube) if self.tube else tubes.lines(content)
        if not isinstance(content, CellCopies):
            return content
        if content.form:
            points, triangles = tile(self.tile) if content.form == TILE else ball(self.ball)
            content = replace(content, points=points, triangles=triangles)
        return content.realised(whole) if self.realise else content


def instanced(parts: list[ScenePart]) -> Plan:
    """Cells stay instances; curves become tubes, or bare lines if there are too many."""
    return Plan(TILE_STEPS[0], _step(BALL_STEPS, _many(parts, BALL), BALLS), tubes.step(_curves(parts), LINES))


def realised(parts: list[ScenePart], budget: int) -> Plan:
    """Everything becomes plain meshes, of at most so many triangles if that can be.

    Balls may have what the plainest tiles and tubes leave, tiles what the plainest tubes then leave, tubes the rest.
    """
    curves = _curves(parts)
    balls = _many(parts, BALL)
    tiles = _many(parts, TILE)
    left = budget - sum(
        part.content.faces
        for part in parts
        if part.content is not None and not isinstance(part.content, Curves) and not getattr(part.content, "form", "")
    )
    least = tubes.total(curves, tubes.LADDER[-1])
    ball_faces = _step(BALL_STEPS, balls, left - least - tiles * TILE_STEPS[-1])
    tile_faces = _step(TILE_STEPS, tiles, left - least - balls * ball_faces)
    tube = tubes.step(curves, left - balls * ball_faces - tiles * tile_faces) or tubes.LADDER[-1]
    return Plan(tile_faces, ball_faces, tube, True)


def _curves(parts):
    return [part.content for part in parts if isinstance(part.content, Curves)]


def _many(parts, form):
    """How many cells of a form there are."""
    return sum(len(part.content.matrices) for part in parts if getattr(part.content, "form", "") == form)


def _step(steps, many, budget):
    """The most triangles of which so many things keep to a budget, or the fewest."""
    return next((step for step in steps if many * step <= budget), steps[-1])


def ball(faces: int) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 3) and triangles of an icosphere one metre wide of so many triangles, one of `BALL_STEPS`."""
    made = bmesh.new()
    bmesh.ops.create_icosphere(made, subdivisions=len(BALL_STEPS) - BALL_STEPS.index(faces), radius=0.5)
    points = np.array([vert.co for vert in made.verts], np.float64)
    triangles = np.array([[vertex.index for vertex in face.verts] for face in made.faces], np.int32)
    made.free()
    return points, triangles
