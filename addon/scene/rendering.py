# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stills and films of a scene."""

from __future__ import annotations

from pathlib import Path

import bpy

from .. import compat
from ..checkpoints import CheckpointError
from . import build, tags

ENGINES = {"cycles": "CYCLES", "eevee": compat.EEVEE}


def shots() -> dict[str, tuple[bpy.types.Scene, bpy.types.Object]]:
    """The shots of the open file by name: cameras of ours by their shot, other cameras by their own name."""
    found = {}
    for scene in bpy.data.scenes:
        for thing in scene.objects:
            if thing.type == "CAMERA":
                found.setdefault(tags.read(thing).get("shot", thing.name), (scene, thing))
    return found


def render(output: Path, shot: str | None = None, engine: str | None = None, samples: int | None = None,
           size: tuple[int, int] | None = None, frames: tuple[int, int] | None = None) -> None:
    """Render a shot of the open file into a PNG (with `frames`: a sequence) or MP4. Raises `CheckpointError`."""
    known = shots()
    name = shot or ("hero" if "hero" in known else next(iter(known), None))
    if name not in known:
        raise CheckpointError(bpy.data.filepath or output, f"has no shot '{shot}'" if shot else "has no camera",
                              f"the shots are: {', '.join(known) or 'none'}")
    scene, camera = known[name]
    scene.camera = camera
    settings = scene.render
    if engine:
        settings.engine = ENGINES[engine]
    if samples:
        scene.cycles.samples = scene.eevee.taa_render_samples = samples
    if size and size != (settings.resolution_x, settings.resolution_y):
        settings.resolution_x, settings.resolution_y = size
        settings.resolution_percentage = 100
        network = tags.network_of(camera)
        if network and tags.read(camera).get("shot") == "hero":
            build.frame(network, scene, camera)
    film = output.suffix.lower() == ".mp4"
    (compat.film if film else compat.still)(settings)
    settings.use_file_extension = not film
    output.parent.mkdir(parents=True, exist_ok=True)
    if frames or film:
        scene.frame_start, scene.frame_end = frames or (scene.frame_start, scene.frame_end)
        settings.filepath = str(output.resolve() if film else output.with_suffix("").resolve()) + ("" if film else "_")
        bpy.ops.render.render(animation=True, scene=scene.name)
        wanted = output if film else None
    else:
        settings.filepath = str(output.resolve())
        bpy.ops.render.render(write_still=True, scene=scene.name)
        wanted = output
    if wanted and not wanted.is_file():
        raise CheckpointError(output, "Blender wrote no picture", "is the folder writable?")
