# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Add shots to a network's scene, look through one of them, fit one to another format, take one away."""

from __future__ import annotations

import json

import bpy

from ...containers import CheckpointError
from .. import removing, transaction
from ..building import studio
from ..camera import picture
from ..editing import arranging
from ..entities import (
    CaptionPart,
    ClassName,
    FilmPart,
    Label,
    Leader,
    NetworkScene,
    Rig,
    Scrim,
    ShotCamera,
    ShotCollection,
    StudioScene,
    objects,
    scene_of,
)
from ..looks import painting, styles
from ..texts import caption
from ..texts.forms import SHEETS
from . import film_parts, forward, keys, passing
from .kinds import KINDS, RATE
from .stage import Stage

APART = 100  # shots begin at the frames 1, 101, 201 ...


def shots(network: bpy.types.Collection) -> dict[str, bpy.types.Object]:
    """The cameras of a network's shots by the name of the shot, in the order of their frames."""
    cameras = NetworkScene(network).members(ShotCamera)
    return {camera.shot: camera.obj for camera in sorted(cameras, key=lambda camera: _frames(camera.obj))}


def add(network: bpy.types.Collection, name: str, seconds: float = 0.0) -> bpy.types.Object:
    """Add a shot of one of KINDS to the scene of a network, and look through it; one that is there is made anew. It
    takes so many seconds, its own time at 0.

    Raises `CheckpointError` where there is no such kind, or the network stands in no scene.
    """
    kind = KINDS.get(name)
    if kind is None:
        raise CheckpointError(network.name, f"there is no shot '{name}'", f"the shots are: {', '.join(KINDS)}")
    scene = _scene(network)
    check(network, name)
    frames = kind.length(network, seconds) if kind.length else round(seconds * RATE) or kind.frames
    made = transaction.Made()
    _keep_frames(scene)
    before = ShotCamera(scene.camera).shot if scene.camera in shots(network).values() else None
    if name in shots(network):
        remove(network, name)
    first = 1 + APART * max((-(-_frames(other)[1] // APART) for other in shots(network).values()), default=0)
    view = kind.shelf if kind.shelf and arranging.settings_of(network).slant else kind.view
    if view == studio.SHELF and caption.form_of(network) is SHEETS:
        view = studio.SHEETS
    camera = studio.make_camera(f"{network.name} {name.title()}", name, view)
    ShotCamera(camera).frames = first, first + frames - 1
    _shelf(network, name).objects.link(camera)
    switch(network, name)
    for shot, other in shots(network).items():
        _mark(scene, shot, other)
    try:
        refit(network, name)
    except CheckpointError:
        remove(network, name)
        made.remove()
        if before in shots(network):
            switch(network, before)
        raise
    return camera


def check(network: bpy.types.Collection, name: str) -> None:
    """Raises `CheckpointError` if a network has not what a kind of shot shows; changes nothing."""
    if not picture.anything(network, _scene(network)):
        raise CheckpointError(network.name, "shows no layer", "undo what took them away, or set their detail")
    if KINDS[name].check:
        KINDS[name].check(network)


def _camera(network, name) -> bpy.types.Object:
    """The camera of a shot that there is, in a scene. Raises `CheckpointError`."""
    known = shots(network)
    if name not in known:
        there = f"there are: {', '.join(known)}" if known else "it has none"
        raise CheckpointError(network.name, f"has no shot '{name}'", f"add it; {there}")
    _scene(network)
    return known[name]


def _scene(network) -> bpy.types.Scene:
    """The scene of a network. Raises `CheckpointError`."""
    scene = scene_of(network)
    if scene is None:
        raise CheckpointError(network.name, "stands in no scene", "link its collection to one")
    return scene


def _mark(scene, shot, camera):
    """Mark where a shot begins. In a scene of ours the marker switches cameras; every shot then needs one, for Blender
    takes the first also for the frames before it."""
    if not any(marker.camera == camera or marker.name == shot for marker in scene.timeline_markers):
        marker = scene.timeline_markers.new(shot, frame=_frames(camera)[0])
        if StudioScene.is_one(scene):
            marker.camera = camera


def switch(network: bpy.types.Collection, name: str) -> None:
    """Look through the camera of a shot: its frames, its style, caption and labels are then those of the scene.

    Raises `CheckpointError` if there is no such shot.
    """
    camera = _camera(network, name)
    scene = scene_of(network)
    kind = KINDS.get(name)
    _keep_frames(scene)
    first, last = _frames(camera)
    scene.camera = camera
    scene.frame_start = first
    scene.frame_end = last
    scene.frame_set(min(first + kind.poster, last) if kind else first)
    _dress(network, kind.style if kind else "")
    picture.face(network, camera)
    picture.rehang(network, camera, scene)
    _show(network, kind)


def _show(network, kind):
    """Show the texts that belong to a kind of shot, and no others."""
    picture.hide(network, CaptionPart, bool(kind and not kind.caption))
    picture.hide(network, Scrim, not (kind and kind.scrim))
    for part in NetworkScene(network).members(FilmPart):
        part.obj.hide_viewport = not (kind and part.shot == kind.name)
        if part.obj.animation_data is None:  # else it comes and goes in its shot
            part.obj.hide_render = part.obj.hide_viewport
    picture.hide(network, ClassName, bool(kind and not kind.classes))
    if kind and not kind.labels:
        picture.hide(network, Label)
        picture.hide(network, Leader)
    else:
        picture.relabel(network)


def refit(network: bpy.types.Collection, name: str) -> None:
    """Put the camera of a shot in its place for the format of its scene's picture, and make its keyframes anew."""
    scene = scene_of(network)
    camera = shots(network)[name]
    kind = KINDS[name]
    first, last = _frames(camera)
    _clear(network, camera)
    scene.frame_set(first)
    if kind.move is None:
        picture.frame(network, scene, camera)
    else:
        kind.move(Stage(network, scene, camera, _shelf(network, name), first, last))
    scene.frame_set(min(first + kind.poster, last))


def remove(network: bpy.types.Collection, name: str) -> None:
    """Take a shot away with all that was added for it; the hero shot takes its place where it was looked through.

    Raises `CheckpointError` if there is no such shot.
    """
    camera = _camera(network, name)
    scene = scene_of(network)
    _clear(network, camera)
    for marker in list(scene.timeline_markers):
        if marker.camera == camera or marker.camera is None and marker.name == name:
            scene.timeline_markers.remove(marker)
    picture.let_go(network, camera)
    shelf = next(filter(ShotCollection.is_one, camera.users_collection), None)
    removing.remove([camera, shelf])
    left = shots(network)
    if scene.camera is None and left:
        switch(network, "hero" if "hero" in left else next(iter(left)))


def framed(network: bpy.types.Collection, camera: bpy.types.Object) -> bool:
    """Whether a camera is that of a shot that can be fitted anew."""
    shot = ShotCamera.of(camera)
    return shot is not None and shot.shot in KINDS and shots(network).get(shot.shot) == camera


def _clear(network, camera):
    """Take away what a shot's maker added beside its camera: rigs, constraints and keyframes."""
    (first, last), name = _frames(camera), ShotCamera(camera).shot
    keys.clear(objects(network), name, first, last)
    camera.animation_data_clear()
    camera.parent = None
    for constraint in list(camera.constraints):
        camera.constraints.remove(constraint)
    removing.remove([part.obj for part in NetworkScene(network).members(Rig, FilmPart) if part.shot == name])
    film_parts.forget_paints(network)
    if name == forward.KIND:
        passing.forget(network)


def _frames(camera) -> tuple[int, int]:
    return ShotCamera(camera).frames or (1, studio.STILL)


def _keep_frames(scene):
    """Remember how long the shot is now that the scene looks through: somebody may have changed it."""
    if shot := ShotCamera.of(scene.camera):
        shot.frames = scene.frame_start, scene.frame_end


def _shelf(network, name) -> bpy.types.Collection:
    """The collection of a shot, in that of all shots."""
    every = NetworkScene(network).child("shots")
    shelves = filter(None, map(ShotCollection.of, every.children))
    shelf = next((shelf for shelf in shelves if shelf.shot == name), None)
    if shelf is None:
        shelf = ShotCollection.make(bpy.data.collections.new(f"{network.name} {name.title()}"), shot=name)
        every.children.link(shelf.id_data)
    return shelf.id_data


def _dress(network, wanted: str):
    """Give a network the style that a shot asks for, or the look back that it had before one did."""
    shown = NetworkScene(network)
    part = painting.part_of(bpy.context, network)
    own = shown.own_look
    if wanted and shown.style != wanted:
        own = own or json.dumps(styles.taken(shown.style or styles.CINEMA.name, part, None).as_data())
        styles.apply(styles.STYLES[wanted], part)
        shown.own_look = own
    elif not wanted and own:
        styles.apply(styles.Style.of(json.loads(own)), part)
        del shown.own_look
