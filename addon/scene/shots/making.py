# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Add shots to a network's scene, look through one of them, fit one to another format, take one away."""

from __future__ import annotations

import json

import bpy

from ...containers import CheckpointError
from .. import removing, tags, transaction
from ..building import studio
from ..camera import picture
from ..looks import painting, styles
from . import keys
from .kinds import KINDS
from .stage import Stage

APART = 100  # shots begin at the frames 1, 101, 201 ...
OWN_LOOK = "own_look"  # on a network: the look that it had before a shot asked for a style


def shots(network: bpy.types.Collection) -> dict[str, bpy.types.Object]:
    """The cameras of a network's shots by the name of the shot, in the order of their frames."""
    return {tags.read(camera)["shot"]: camera for camera in sorted(tags.members(network, "camera"), key=_frames)}


def add(network: bpy.types.Collection, name: str) -> bpy.types.Object:
    """Add a shot of one of KINDS to the scene of a network, and look through it; one that is there is made anew.

    Raises `CheckpointError` where there is no such kind, or the network stands in no scene.
    """
    kind = KINDS.get(name)
    if kind is None:
        raise CheckpointError(network.name, f"there is no shot '{name}'", f"the shots are: {', '.join(KINDS)}")
    scene = _scene(network)
    check(network, name)
    made = transaction.Made()
    _keep_frames(scene)
    before = tags.read(scene.camera).get("shot") if scene.camera in shots(network).values() else None
    if name in shots(network):
        remove(network, name)
    first = 1 + APART * max((-(-_frames(one)[1] // APART) for one in shots(network).values()), default=0)
    camera = studio.make_camera(f"{network.name} {name.title()}", name, kind.view)
    tags.write(camera, **(tags.read(camera) | {"frames": [first, first + kind.frames - 1]}))
    _shelf(network, name).objects.link(camera)
    switch(network, name)
    for shot, one in shots(network).items():
        _mark(scene, shot, one)
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
    scene = tags.scene_of(network)
    if scene is None:
        raise CheckpointError(network.name, "stands in no scene", "link its collection to one")
    return scene


def _mark(scene, shot, camera):
    """Mark where a shot begins. In a scene of ours the marker switches cameras; every shot then needs one, for Blender
    takes the first also for the frames before it."""
    if not any(one.camera == camera or one.name == shot for one in scene.timeline_markers):
        marker = scene.timeline_markers.new(shot, frame=_frames(camera)[0])
        if tags.kind(scene) == "scene":
            marker.camera = camera


def switch(network: bpy.types.Collection, name: str) -> None:
    """Look through the camera of a shot: its frames, its style, caption and labels are then those of the scene.

    Raises `CheckpointError` if there is no such shot.
    """
    camera, scene, kind = _camera(network, name), tags.scene_of(network), KINDS.get(name)
    _keep_frames(scene)
    first, last = _frames(camera)
    scene.camera, scene.frame_start, scene.frame_end = camera, first, last
    scene.frame_set(min(first + kind.poster, last) if kind else first)
    _dress(network, kind.style if kind else "")
    picture.face(network, camera)
    picture.rehang(network, camera, scene)
    _show(network, kind)


def _show(network, kind):
    """Show the texts that belong to a kind of shot, and no others."""
    picture.hide(network, "caption", bool(kind and not kind.caption))
    picture.hide(network, "scrim", not (kind and kind.scrim))
    picture.hide(network, "class", bool(kind and not kind.classes))
    if kind and not kind.labels:
        picture.hide(network, "label")
    else:
        picture.relabel(network)


def refit(network: bpy.types.Collection, name: str) -> None:
    """Put the camera of a shot in its place for the format of its scene's picture, and make its keyframes anew."""
    scene, camera, kind = tags.scene_of(network), shots(network)[name], KINDS[name]
    first, last = _frames(camera)
    _clear(network, scene, camera)
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
    camera, scene = _camera(network, name), tags.scene_of(network)
    _clear(network, scene, camera)
    gone = [one for one in scene.timeline_markers if one.camera == camera or one.camera is None and one.name == name]
    for marker in gone:
        scene.timeline_markers.remove(marker)
    picture.let_go(network, camera)
    shelf = next((one for one in camera.users_collection if tags.kind(one) == "shot"), None)
    removing.remove([camera, shelf])
    left = shots(network)
    if scene.camera is None and left:
        switch(network, "hero" if "hero" in left else next(iter(left)))


def framed(network: bpy.types.Collection, camera: bpy.types.Object) -> bool:
    """Whether a camera is that of a shot that can be fitted anew."""
    name = tags.read(camera).get("shot")
    return name in KINDS and shots(network).get(name) == camera


def _clear(network, scene, camera):
    """Take away what a shot's maker added beside its camera: rigs, constraints and keyframes."""
    (first, last), name = _frames(camera), tags.read(camera)["shot"]
    keys.clear(tags.objects(network), name, first, last)
    camera.animation_data_clear()
    camera.parent = None
    for constraint in list(camera.constraints):
        camera.constraints.remove(constraint)
    removing.remove([one for one in tags.members(network, "rig") if tags.read(one)["shot"] == name])


def _frames(camera) -> tuple[int, int]:
    return tuple(tags.read(camera).get("frames", (1, studio.STILL)))


def _keep_frames(scene):
    """Remember how long the shot is now that the scene looks through: somebody may have changed it."""
    facts = tags.read(scene.camera)
    if "shot" in facts:
        tags.write(scene.camera, **(facts | {"frames": [scene.frame_start, scene.frame_end]}))


def _shelf(network, name) -> bpy.types.Collection:
    """The collection of a shot, in that of all shots."""
    every = tags.part(network, "shots")
    child = next((child for child in every.children if tags.read(child).get("shot") == name), None)
    if child is None:
        child = bpy.data.collections.new(f"{network.name} {name.title()}")
        tags.write(child, "shot", shot=name)
        every.children.link(child)
    return child


def _dress(network, wanted: str):
    """Give a network the style that a shot asks for, or the look back that it had before one did."""
    facts = tags.read(network)
    part = painting.part_of(bpy.context, network)
    own = facts.get(OWN_LOOK)
    if wanted and facts.get("style") != wanted:
        own = own or json.dumps(styles.taken(facts.get("style", styles.CINEMA.name), part, None).as_data())
        styles.apply(styles.STYLES[wanted], part)
        tags.write(network, **(tags.read(network) | {OWN_LOOK: own}))
    elif not wanted and own:
        styles.apply(styles.Style.of(json.loads(own)), part)
        tags.write(network, **{name: one for name, one in tags.read(network).items() if name != OWN_LOOK})
