# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Smaller files: Draco where the running Blender has it, else whole numbers of sixteen bits for places
(KHR_mesh_quantization). Weights and values stay as they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from .gather import ScenePart
from .shapes import Strands, Surface

EXTENSION = "KHR_mesh_quantization"
MOST = 32767
DRACO = {
    "export_draco_mesh_compression_enable": True,
    "export_draco_position_quantization": 20,
    "export_draco_color_quantization": 16,
    "export_draco_generic_quantization": 0,
}  # 0: as they are


def has_draco() -> bool:
    """Whether this Blender can compress meshes with Draco."""
    import io_scene_gltf2

    return io_scene_gltf2.is_draco_available()


def onto_grids(parts: list[ScenePart], moving: Collection[ScenePart]) -> set[ScenePart]:
    """Put places onto a grid of 65,535 steps, whose size goes into the node; returns the parts of which that is done:
    those that have nothing below them and do not move."""
    parents = {part.parent for part in parts}
    done = {
        part
        for part in parts
        if isinstance(part.content, Surface | Strands) and part not in parents and part not in moving
    }
    for part in done:
        points = part.content.points
        low = points.reshape(-1, 3).min(0)
        high = points.reshape(-1, 3).max(0)
        step = max((high - low).max() / 2 / MOST, 1e-12)
        middle = (low + high) / 2
        grid = np.diag([step, step, step, 1.0])
        grid[:3, 3] = middle
        part.matrix = part.matrix @ grid
        part.content = replace(part.content, points=np.rint((points - middle) / step))
    return done
