# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rays: where one looks, and how near something must be to be meant."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import bpy
import numpy as np

NEAR = 5.0  # pixels, that a line or a small cell may be beside the pointer


@dataclass(frozen=True, eq=False)
class Ray:
    """A half-line in the world: `origin` (3,) in metres and unit `direction` (3,). What is nearer to it than `width` +
    `spread` x its distance from the origin counts as met; metres, and metres a metre."""

    origin: np.ndarray
    direction: np.ndarray
    width: float = 0.0
    spread: float = 0.0

    @classmethod
    def towards(cls, origin, point, width: float = 0.0, spread: float = 0.0) -> Ray:
        """From one place through another."""
        begin, end = np.asarray(origin, np.float64), np.asarray(point, np.float64)
        way = end - begin
        return cls(begin, way / np.linalg.norm(way), width, spread)

    @classmethod
    def through(cls, region: bpy.types.Region, view: bpy.types.RegionView3D, x: float, y: float) -> Ray:
        """What lies under a pixel of a region of a 3D view."""
        from bpy_extras import view3d_utils  # here: only windows have views

        begin = np.array(view3d_utils.region_2d_to_origin_3d(region, view, (x, y)))
        way = np.array(view3d_utils.region_2d_to_vector_3d(region, view, (x, y)))
        beside = np.array(view3d_utils.region_2d_to_vector_3d(region, view, (x + NEAR, y)))
        if view.is_perspective:
            return cls(begin, way / np.linalg.norm(way), spread=float(np.linalg.norm(np.cross(way, beside))))
        other = np.array(view3d_utils.region_2d_to_origin_3d(region, view, (x + NEAR, y)))
        return cls(begin, way / np.linalg.norm(way), width=float(np.linalg.norm(other - begin)))

    def reach(self, depth):
        """How far from the ray something may be at a distance from the origin, metres."""
        return self.width + self.spread * depth

    def at(self, depth: float) -> np.ndarray:
        """The place at a distance, (3,)."""
        return self.origin + depth * self.direction

    def inside(self, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Origin and direction in the space of an object with this matrix (4, 4); the direction keeps its length in the
        world, so that distances along it are those of the world."""
        inverse = np.linalg.inv(matrix)
        return inverse[:3, :3] @ self.origin + inverse[:3, 3], inverse[:3, :3] @ self.direction

    @cached_property
    def frame(self) -> np.ndarray:
        """Rows are two axes across the ray and the one along it, (3, 3)."""
        aside = np.cross(self.direction, np.eye(3)[np.abs(self.direction).argmin()])
        aside /= np.linalg.norm(aside)
        return np.stack([aside, np.cross(self.direction, aside), self.direction])
