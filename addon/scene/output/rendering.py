# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stills and films of a scene. A film is rendered frame by frame, and goes on where it was stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bpy

from ... import compat
from ...containers import CheckpointError
from ...written import replacing
from .. import shots
from ..camera import picture
from ..entities import Floor, NetworkScene, ShotCamera, network_of, networks
from . import film, quality

ENGINES = {"cycles": "CYCLES", "eevee": compat.EEVEE}


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
    seconds: float = 0.0
    step: int = 0


def cameras() -> dict[str, tuple[bpy.types.Scene, bpy.types.Object]]:
    """The shots of the open file by name: cameras of ours by their shot, other cameras by their own name."""
    known = {}
    for scene in bpy.data.scenes:
        for obj in scene.objects:
            if obj.type == "CAMERA":
                camera = ShotCamera.of(obj)
                known.setdefault(camera.shot if camera else obj.name, (scene, obj))
    return known


def render(output: Path, options: Options, progress: Callable[[str], None] = lambda text: None) -> str:
    """Render a shot of the open file into a PNG (with `frames`: a sequence) or MP4; says what was written.

    A shot that we know and the file has not is added. Raises `CheckpointError`.
    """
    scene = prepare(output, options)
    note = stamp(scene)
    if options.frames or output.suffix.lower() == ".mp4":
        made = film.Film(scene, output, options.frames or (scene.frame_start, scene.frame_end), note)
        made.make(progress)
        if made.moving:
            progress("putting the frames together")
        return film.said(made.join())
    with film.told(scene, progress), replacing(output) as part:
        scene.render.filepath = str(part.resolve())
        bpy.ops.render.render(write_still=True, scene=scene.name)
        film.written(part)
    return film.said([output])


def prepare(output: Path, options: Options) -> bpy.types.Scene:
    """The scene of a shot, looked through its camera and set to these options. Raises `CheckpointError`."""
    scene, camera, name = look_through(output, options.shot, options.seconds)
    network = network_of(camera)
    ours = network is not None and shots.framed(network, camera)
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
    if options.step:
        scene.frame_step = options.step
    settings.film_transparent = options.transparent
    if options.transparent and network:
        picture.hide(network, Floor)  # it is a part of the backdrop
    write_pictures(settings)
    return scene


def look_through(
    output: Path, shot: str | None = None, seconds: float = 0.0
) -> tuple[bpy.types.Scene, bpy.types.Object, str]:
    """Look through the camera of a shot, that of the hero without a name: its scene, the camera and the name.

    A shot that we know and the file has not is added. Raises `CheckpointError`.
    """
    known = cameras()
    shown = sorted(networks(), key=lambda network: bool(NetworkScene(network).beside))  # others are seen with the first
    if shot in shots.KINDS and shown and (shot not in known or seconds):
        shots.add(shown[0], shot, seconds)
        known = cameras()
    name = shot or ("hero" if "hero" in known else next(iter(known), None))
    if name not in known:
        raise CheckpointError(
            bpy.data.filepath or output,
            f"has no shot '{shot}'" if shot else "has no camera",
            f"the shots are: {', '.join(dict.fromkeys((*known, *shots.KINDS)))}",
        )
    scene, camera = known[name]
    network = network_of(camera)
    if network is not None and shots.framed(network, camera) and scene.camera != camera:
        shots.switch(network, name)
    scene.camera = camera
    return scene, camera, name


def write_pictures(settings: bpy.types.RenderSettings) -> None:
    """Write PNG pictures, with what is clear in them where the background is."""
    compat.still(settings)
    settings.use_file_extension = True
    settings.image_settings.color_mode = "RGBA" if settings.film_transparent else "RGB"


def stamp(scene: bpy.types.Scene) -> str:
    """Let pictures carry the note of the scene; returns it."""
    scene.render.use_stamp_note = True
    scene.render.stamp_note_text = note_of(scene)
    return scene.render.stamp_note_text


def note_of(scene: bpy.types.Scene, by_file: bool = True) -> str:
    """What pictures of a scene show, and a digest of all that decides how they look.

    Not `by_file`, the digest leaves out what was done by hand to a scene that is open in a window.
    """
    settings = scene.render
    look = json.dumps(
        [
            scene.camera.name,
            settings.engine,
            settings.resolution_x,
            settings.resolution_y,
            settings.resolution_percentage,
            scene.cycles.samples,
            scene.eevee.taa_render_samples,
            settings.film_transparent,
            bpy.app.version,
            _digest(by_file),
        ]
    )
    job = hashlib.sha256(look.encode()).hexdigest()[:12]
    return f"{film.shown(scene)}; job {job}"


def _digest(by_file) -> str:
    """The hash of the open file, or of what the networks in it were made with."""
    path = Path(bpy.data.filepath)
    if by_file and bpy.data.filepath and path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return json.dumps(
        [
            [network.sha256, network.settings, network.sizes, network.input_path, network.style or None, network.series]
            for network in map(NetworkScene, networks())
        ]
    )
