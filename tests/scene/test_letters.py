# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that are put together from letters are those that Blender makes."""

import bpy
import numpy as np
import pytest

from neuroscene.addon.scene.series.letters import joined, letters, mesh_of
from neuroscene.addon.scene.texts import labels

TEXTS = ["epoch 4 of 10 · 93.1\N{NO-BREAK SPACE}%", "it says “ö”: AVATAR To.", "−0.5", "x", " ", "Веса → ±1", "学習 3"]


def by_blender(text, size, align, foot):
    obj = labels.text(text, size, bpy.data.materials.new("m"), align, foot)
    mesh = bpy.data.meshes.new_from_object(obj)
    return np.array([tuple(vertex.co) for vertex in mesh.vertices]).reshape(-1, 3), [
        tuple(face.vertices) for face in mesh.polygons
    ]


@pytest.mark.parametrize("foot", ["BOTTOM", "BOTTOM_BASELINE"])
@pytest.mark.parametrize("align", ["LEFT", "CENTER", "RIGHT"])
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_as_blender_has_it(blank, text, align, foot):
    own = letters(text, 0.7, align, foot)
    corners, faces = by_blender(text, 0.7, align, foot)
    assert own.corners.shape == corners.shape and len(own.counts) == len(faces)
    assert np.allclose(own.corners, corners, atol=2e-4)
    # the same outlines may be cut into other triangles: each covers as much
    ends = np.cumsum(own.counts)[:-1]
    mine = [tuple(face) for face in np.split(own.loops, ends) if len(face)]
    assert area(own.corners, mine) == pytest.approx(area(corners, faces), abs=1e-4)


def area(corners, faces) -> float:
    """Of triangles in the plane."""
    assert {len(face) for face in faces} <= {3}
    points = np.array([corners[list(face), :2] for face in faces]).reshape(-1, 3, 2)
    one, other = points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]
    return float(np.abs(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]).sum() / 2)


def test_nothing_of_it_stays(blank):
    letters("warm up 0123", 1.0)
    before = {name: len(getattr(bpy.data, name)) for name in ("objects", "curves", "meshes", "materials")}
    letters("some more letters", 1.0)
    assert before == {name: len(getattr(bpy.data, name)) for name in before}


def test_a_mesh_of_several(blank):
    parts = [letters(text, 1.0) for text in ("a", "", "bc")]
    mesh = mesh_of("several", joined(parts))
    assert len(mesh.polygons) == sum(len(part.counts) for part in parts) and not mesh.validate()
    assert len(mesh_of("none", joined([letters("", 1.0)])).vertices) == 0
