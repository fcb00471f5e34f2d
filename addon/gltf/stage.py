# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A scene of copies for Blender's exporters, which goes away with all that was made for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import bpy
from mathutils import Matrix

from ..scene.transaction import Made
from .gather import ScenePart

FRAME = ("resolution_x", "resolution_y", "pixel_aspect_x", "pixel_aspect_y")


@contextmanager
def staged(
    parts: list[ScenePart], scene: bpy.types.Scene, data: Callable[[ScenePart], bpy.types.ID | None] = lambda part: None
) -> Iterator[dict[str, ScenePart]]:
    """Have a scene with an object for each part for a while, for exporters to write; `data` gives what it shows, and
    the picture is as large as that of `scene`. Yields the parts by the names of their objects.

    """
    made = Made()
    try:
        stage = bpy.data.scenes.new("stage")
        for name in FRAME:
            setattr(stage.render, name, getattr(scene.render, name))
        by_name, objs = {}, {None: None}
        for part in parts:
            obj = bpy.data.objects.new("part", part.camera.data if part.camera else data(part))
            obj.parent = objs[part.parent]
            obj.matrix_basis = Matrix(part.local)
            stage.collection.objects.link(obj)
            by_name[obj.name], objs[part] = part, obj
        stage.view_layers[0].update()
        with bpy.context.temp_override(scene=stage, view_layer=stage.view_layers[0]):
            yield by_name
    finally:
        made.remove()
