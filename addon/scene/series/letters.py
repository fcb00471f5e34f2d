# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts as faces, put together from letters that Blender has made once each: a text takes it 20 ms, and a series has
hundreds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import bpy
import numpy as np

from ..texts import labels, writing_systems

BAR = "|"  # a letter of one outline, that is put behind another to see where that ends


class Letters(NamedTuple):
    """Faces: corners (n, 3), the corners of each face one behind the other, and how many each has."""

    corners: np.ndarray
    loops: np.ndarray
    counts: np.ndarray


NONE = Letters(np.zeros((0, 3), np.float32), np.zeros(0, np.int32), np.zeros(0, np.int32))


class _Glyph(NamedTuple):
    faces: Letters
    width: float  # from where it begins to where the next does


def letters(text: str, size: float, align: str = "LEFT", foot: str = "BOTTOM") -> Letters:
    """A text in the x-y plane, as `labels.text` has it."""
    if not writing_systems.is_latin(text) or "\n" in text:
        return _by_blender(text, size, align, foot)
    glyphs = [_glyph(sign) for sign in text]
    widths = np.array([glyph.width for glyph in glyphs])
    begins = np.concatenate([[0.0], np.cumsum(widths)[:-1]]) if len(glyphs) else np.zeros(0)
    shift = {"LEFT": 0.0, "CENTER": -0.5, "RIGHT": -1.0}[align] * widths.sum()
    parts = [
        Letters(glyph.faces.corners + np.array([begin + shift, 0, 0], np.float32), *glyph.faces[1:])
        for glyph, begin in zip(glyphs, begins, strict=True)
    ]
    made = joined(parts[::-1])
    up = _foot() if foot == "BOTTOM" else 0.0
    return Letters((made.corners + np.array([0, up, 0], np.float32)) * np.float32(size), *made[1:])


def moved(part: Letters, across: float, up: float) -> Letters:
    """The same elsewhere in its plane."""
    return part._replace(corners=part.corners + np.array([across, up, 0.0], np.float32))


def joined(parts: Sequence[Letters]) -> Letters:
    """All of these."""
    if not parts:
        return NONE
    begins = np.cumsum([0, *(len(part.corners) for part in parts)])
    return Letters(
        np.concatenate([part.corners for part in parts]).astype(np.float32),
        np.concatenate([part.loops + begin for part, begin in zip(parts, begins, strict=False)]).astype(np.int32),
        np.concatenate([part.counts for part in parts]).astype(np.int32),
    )


def mesh_of(name: str, faces: Letters) -> bpy.types.Mesh:
    """A mesh of these faces."""
    mesh = bpy.data.meshes.new(name)
    if not len(faces.counts):
        return mesh
    mesh.vertices.add(len(faces.corners))
    mesh.vertices.foreach_set("co", np.ascontiguousarray(faces.corners, np.float32).ravel())
    mesh.loops.add(len(faces.loops))
    mesh.loops.foreach_set("vertex_index", np.ascontiguousarray(faces.loops, np.int32))
    mesh.polygons.add(len(faces.counts))
    starts = np.cumsum(faces.counts) - faces.counts
    mesh.polygons.foreach_set("loop_start", starts.astype(np.int32))
    mesh.update(calc_edges=True)
    return mesh


@cache
def _glyph(sign: str) -> _Glyph:
    """A letter one high that begins at the origin. Blender makes the last letter of a text first."""
    bar = _by_blender(BAR, 1.0, "LEFT", "BOTTOM_BASELINE")
    both = _by_blender(sign + BAR, 1.0, "LEFT", "BOTTOM_BASELINE")
    corners, loops, counts = (len(part) for part in bar)
    width = float(both.corners[:corners, 0].min() - bar.corners[:, 0].min())
    own = Letters(both.corners[corners:], both.loops[loops:] - corners, both.counts[counts:])
    return _Glyph(own, width)


@cache
def _foot() -> float:
    """By how much a text one high that stands on its lowest edge is above one that stands on its line."""
    low, line = (_by_blender(BAR, 1.0, "LEFT", foot) for foot in ("BOTTOM", "BOTTOM_BASELINE"))
    return float(low.corners[:, 1].min() - line.corners[:, 1].min())


def _by_blender(text: str, size: float, align: str, foot: str) -> Letters:
    if not text:
        return NONE
    material = bpy.data.materials.new("letters")
    obj = labels.text(text, size, material, align, foot)
    mesh = bpy.data.meshes.new_from_object(obj)
    corners = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", corners)
    loops = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", loops)
    counts = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_total", counts)
    curve = obj.data
    bpy.data.objects.remove(obj)
    bpy.data.curves.remove(curve)
    bpy.data.meshes.remove(mesh)
    bpy.data.materials.remove(material)
    return Letters(corners.reshape(-1, 3), loops, counts)
