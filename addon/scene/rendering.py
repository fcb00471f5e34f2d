# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stills and films of a scene. A film is rendered frame by frame, and goes on where it was stopped."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bpy

from .. import compat
from ..checkpoints import CheckpointError
from . import film, quality, shots, tags

ENGINES = {"cycles": "CYCLES", "eevee": compat.EEVEE}
NOTE = "Note"  # the entry of a picture's metadata that is ours


@dataclass(frozen=True)
class Options:
    """What a picture is to be; None leaves what the scene says. `frames` are the first and the last of a sequence."""

    shot: str | None = None
    engine: str | None = None
    samples: int | None = None
    size: tuple[int, int] | None = None
    frames: tuple[int, int] | None = None
    quality: str | None = None
    transparent: bool = False


def cameras() -> dict[str, tuple[bpy.types.Scene, bpy.types.Object]]:
    """The shots of the open file by name: cameras of ours by their shot, other cameras by their own name."""
    found = {}
    for scene in bpy.data.scenes:
        for thing in scene.objects:
            if thing.type == "CAMERA":
                found.setdefault(tags.read(thing).get("shot", thing.name), (scene, thing))
    return found


def render(output: Path, options: Options, progress: Callable[[str], None] = lambda text: None) -> str:
    """Render a shot of the open file into a PNG (with `frames`: a sequence) or MP4; says what was written.

    A shot that we know and the file has not is added. Raises `CheckpointError`.
    """
    scene = prepare(output, options)
    output.parent.mkdir(parents=True, exist_ok=True)
    note = stamp(scene)
    if output.suffix.lower() == ".mp4":
        first, last = options.frames or (scene.frame_start, scene.frame_end)
        folder = output.with_name(f"{output.stem}_frames")
        frames = _frames(scene, folder / output.name, first, last, note, progress)
        progress("putting the frames together")
        film.encode(scene, frames, output, note)
        shutil.rmtree(folder)
        written = [output]
    elif options.frames:
        written = _frames(scene, output, *options.frames, note, progress)
    else:
        with film.told(scene, progress):
            written = [_still(scene, output)]
    missing = next((one for one in written if not one.is_file()), None)
    if missing:
        raise CheckpointError(missing, "Blender wrote no picture", "is the folder writable?")
    return str(written[0]) if len(written) == 1 else f"{written[0]} to {written[-1].name}"


def prepare(output: Path, options: Options) -> bpy.types.Scene:
    """The scene of a shot, looked through its camera and set to these options. Raises `CheckpointError`."""
    known, shot, networks = cameras(), options.shot, tags.networks()
    if shot in shots.KINDS and shot not in known and networks:
        shots.add(networks[0], shot)
        known = cameras()
    name = shot or ("hero" if "hero" in known else next(iter(known), None))
    if name not in known:
        raise CheckpointError(bpy.data.filepath or output, f"has no shot '{shot}'" if shot else "has no camera",
                              f"the shots are: {', '.join(dict.fromkeys((*known, *shots.KINDS)))}")
    scene, camera = known[name]
    network = tags.network_of(camera)
    ours = network is not None and shots.framed(network, camera)
    if ours and scene.camera != camera:
        shots.switch(network, name)
    scene.camera = camera
    if options.quality:
        quality.apply(scene, options.quality)
    settings = scene.render
    if options.engine:
        settings.engine = ENGINES[options.engine]
    if options.samples:
        scene.cycles.samples = scene.eevee.taa_render_samples = options.samples
    if options.size and options.size != (settings.resolution_x, settings.resolution_y):
        settings.resolution_x, settings.resolution_y = options.size
        settings.resolution_percentage = 100
        if ours:
            shots.refit(network, name)
    compat.still(settings)
    settings.use_file_extension = True
    settings.film_transparent = options.transparent
    settings.image_settings.color_mode = "RGBA" if options.transparent else "RGB"
    return scene


def _still(scene, path: Path) -> Path:
    scene.render.filepath = str(path.resolve())
    bpy.ops.render.render(write_still=True, scene=scene.name)
    return path


def _frames(scene, output: Path, first: int, last: int, note: str, progress) -> list[Path]:
    """Render frames NAME_0001.png ... beside an output; those that are there already, of just this job, stay."""
    output.parent.mkdir(parents=True, exist_ok=True)
    paths = {frame: output.with_name(f"{output.stem}_{frame:04}.png") for frame in range(first, last + 1)}
    left = [frame for frame, path in paths.items() if film.note_of(path) != f"{note} {frame}"]
    begun = time.monotonic()
    for done, frame in enumerate(left):
        took = time.monotonic() - begun
        rest = f", {film.clock(took / done * (len(left) - done))} left" if done else ""
        progress(f"frame {frame}, {len(paths) - len(left) + done + 1} of {len(paths)}{rest}")
        scene.frame_set(frame)
        scene.render.stamp_note_text = f"{note} {frame}"
        unfinished = paths[frame].with_suffix(".part.png")
        _still(scene, unfinished)
        unfinished.replace(paths[frame])
    return list(paths.values())


def stamp(scene) -> str:
    """Let pictures carry what they show: the models, their hashes, and a digest of all that decides how they look."""
    models = [f"{Path(facts['source']).name} sha256 {facts['sha256'][:16]}"
              for facts in map(tags.read, tags.networks()) if facts.get("sha256")]
    settings = scene.render
    settings.use_stamp_note, settings.stamp_note_text = True, ""
    look = json.dumps([scene.camera.name, settings.engine, settings.resolution_x, settings.resolution_y,
                       settings.resolution_percentage, scene.cycles.samples, scene.eevee.taa_render_samples,
                       settings.film_transparent, bpy.app.version, _digest()])
    job = hashlib.sha256(look.encode()).hexdigest()[:12]
    settings.stamp_note_text = f"Neuroscene; {', '.join(models) or 'no network'}; job {job}"
    return settings.stamp_note_text


def _digest() -> str:
    """The hash of the open file, or of what the networks in it were made with."""
    path = Path(bpy.data.filepath)
    if bpy.data.filepath and path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    made_with = ("sha256", "settings", "sizes", "input_path", "style")
    return json.dumps([[facts.get(name) for name in made_with] for facts in map(tags.read, tags.networks())])
