# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stills and films of a scene."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy

from .. import compat
from ..checkpoints import CheckpointError
from . import picture, tags

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
           size: tuple[int, int] | None = None, frames: tuple[int, int] | None = None,
           progress: Callable[[str], None] = lambda text: None) -> str:
    """Render a shot of the open file into a PNG (with `frames`: a sequence) or MP4; says what was written.

    Raises `CheckpointError`.
    """
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
            picture.frame(network, scene, camera)
    film = output.suffix.lower() == ".mp4"
    (compat.film if film else compat.still)(settings)
    settings.use_file_extension = not film
    output.parent.mkdir(parents=True, exist_ok=True)
    tell = bpy.app.handlers.render_stats
    tell.append(lambda stats: progress(f"frame {scene.frame_current}: {stats.split('|')[-1].strip()}"))
    try:
        written = _write(scene, output, film, frames)
    finally:
        tell.pop()
    missing = next((one for one in written if not one.is_file()), None)
    if missing:
        raise CheckpointError(missing, "Blender wrote no picture", "is the folder writable?")
    return str(written[0]) if len(written) == 1 else f"{written[0]} to {written[-1].name}"


def _write(scene, output, film, frames) -> list[Path]:
    """Render into files; returns those that must then be there."""
    settings = scene.render
    if frames or film:
        scene.frame_start, scene.frame_end = frames or (scene.frame_start, scene.frame_end)
        settings.filepath = str(output.resolve() if film else output.with_suffix("").resolve()) + ("" if film else "_")
        bpy.ops.render.render(animation=True, scene=scene.name)
        if film:
            return [output]
        return [output.with_name(f"{output.stem}_{frame:04}.png")
                for frame in range(scene.frame_start, scene.frame_end + 1)]
    settings.filepath = str(output.resolve())
    bpy.ops.render.render(write_still=True, scene=scene.name)
    return [output]
