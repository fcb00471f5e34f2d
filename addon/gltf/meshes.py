# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parts as Blender's own meshes, for its exporters of USD and OBJ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy
import numpy as np

from .gather import ScenePart
from .moves import Movement
from .shapes import Surface
from .stage import staged

COLOUR = "displayColor"  # as USD calls it
WRITERS = {  # by suffix: Blender's operator, and what it is told
    ".usdc": (
        "usd_export",
        {
            "export_materials": False,
            "export_animation": False,
            "evaluation_mode": "VIEWPORT",
            "export_normals": False,
            "export_uvmaps": False,
        },
    ),
    ".obj": (
        "obj_export",
        {
            "export_materials": False,
            "export_animation": False,
            "export_colors": True,
            "export_normals": False,
            "export_uv": False,
        },
    ),
}


def write(
    parts: list[ScenePart],
    scene: bpy.types.Scene,
    output: Path,
    film: Movement | None = None,
    frames: np.ndarray | None = None,
) -> None:
    """Write parts that are plain meshes as .usdc or .obj; of USD with what moves in a `film` at these frames. Raises
    `CheckpointError`.

    Blender's USD exporter writes no material that takes its color from vertices (its preview surface would be gray): so
    there are none, and `displayColor` is what viewers show.
    """
    name, options = WRITERS[output.suffix.lower()]
    moving = film is not None and name == "usd_export"
    if moving:
        options = options | {"export_animation": True}
    with staged(parts, scene, _mesh) as by_name, _named(by_name):
        if moving:
            _animate(film, frames, scene)
        for part in parts:
            bpy.data.objects[part.name]["neuroscene"] = json.dumps(part.facts)
        getattr(bpy.ops.wm, name)(filepath=str(output.resolve()), check_existing=False, **options)


def _animate(film: Movement, frames: np.ndarray, scene: bpy.types.Scene) -> None:
    """Let the objects of the stage move as their parts do, frame by frame."""
    stage = bpy.context.scene
    stage.render.fps, stage.render.fps_base = scene.render.fps, scene.render.fps_base
    stage.frame_start, stage.frame_end = int(frames[0]), int(frames[-1])
    for track in film.tracks:
        obj = bpy.data.objects[track.part.name]
        obj.rotation_mode = "QUATERNION"
        for path, values in (("location", track.places), ("rotation_quaternion", track.turns), ("scale", track.sizes)):
            for frame, value in zip(frames, values if values is not None else (), strict=values is not None):
                setattr(obj, path, value)
                obj.keyframe_insert(path, frame=int(frame))


@contextmanager
def _named(by_name: dict[str, ScenePart]) -> Iterator[None]:
    """Let the objects of the stage have the names of their parts: names are unique in a file, and those of the network
    have others for a while."""
    taken = [(obj, obj.name) for part in by_name.values() if (obj := bpy.data.objects.get(part.name))]
    for obj, _ in taken:
        obj.name = "exported"
    for name, part in by_name.items():
        bpy.data.objects[name].name = part.name
    try:
        yield
    finally:
        for part in by_name.values():
            bpy.data.objects[part.name].name = "part"
        for obj, name in taken:
            obj.name = name


def _mesh(part: ScenePart) -> bpy.types.Mesh | None:
    """The surface of a part, with a colour at each vertex."""
    return mesh_of(part.name, part.content) if part.content is not None else None


def mesh_of(name: str, surface: Surface) -> bpy.types.Mesh:
    """A mesh with the triangles and the colors of a surface."""
    mesh = bpy.data.meshes.new(name)
    triangles = surface.triangles
    mesh.vertices.add(len(surface.points))
    mesh.attributes["position"].data.foreach_set("vector", np.ascontiguousarray(surface.points, np.float32).ravel())
    mesh.loops.add(triangles.size)
    mesh.loops.foreach_set("vertex_index", np.ascontiguousarray(triangles, np.int32).ravel())
    mesh.polygons.add(len(triangles))
    mesh.polygons.foreach_set("loop_start", np.arange(0, triangles.size, 3, dtype=np.int32))
    mesh.update(calc_edges=True)
    attribute = mesh.color_attributes.new(COLOUR, "FLOAT_COLOR", "POINT")
    attribute.data.foreach_set("color", np.ascontiguousarray(surface.colours, np.float32).ravel())
    mesh.color_attributes.active_color = attribute
    return mesh
