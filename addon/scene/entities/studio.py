# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is round a network: cameras and rigs of shots, lights, floor, world, and the scene if we made it."""

from __future__ import annotations

import bpy

from .entity import Entity, ObjectEntity
from .facts import FLAG, GROUP, NUMBER, NUMBERS, SPAN, TEXT, Fact


class ShotCamera(ObjectEntity):
    """The camera of a shot. `view` is how it looks (see `studio.View`), `frames` the first and the last frame of the
    shot, `caption` how far before it the caption hangs, 0 before it has one,
    `framed` where it was put so that all is in its picture."""

    __slots__ = ()
    KIND = "camera"
    shot: Fact[str] = Fact(TEXT)
    view: Fact[dict] = Fact(GROUP, {})
    frames: Fact[tuple[int, int] | None] = Fact(SPAN, None)
    caption: Fact[float] = Fact(NUMBER, 0.0)
    framed: Fact[list[float]] = Fact(NUMBERS, [])


class Rig(ObjectEntity):
    """An empty that carries or leads the camera of a shot."""

    __slots__ = ()
    KIND = "rig"
    shot: Fact[str] = Fact(TEXT)


class FilmPart(ObjectEntity):
    """A text or a chart that was made for a shot, and is seen in that alone. `role` is what it is."""

    __slots__ = ()
    KIND = "film part"
    shot: Fact[str] = Fact(TEXT)
    role: Fact[str] = Fact(TEXT, "")


class ShotCollection(Entity):
    """The collection of a shot, with its camera and rigs."""

    __slots__ = ()
    KIND = "shot"
    TYPE = bpy.types.Collection
    shot: Fact[str] = Fact(TEXT)


class Light(ObjectEntity):
    """A light of a network. `role` is "Key", "Fill" or "Rim", "" of others; `share` what a style leaves of its
    energy."""

    __slots__ = ()
    KIND = "light"
    role: Fact[str] = Fact(TEXT, "")
    share: Fact[float] = Fact(NUMBER, 1.0)


class Floor(ObjectEntity):
    """The plane under a network that only the camera sees."""

    __slots__ = ()
    KIND = "floor"


class StudioWorld(Entity):
    """The world of a scene that we made."""

    __slots__ = ()
    KIND = "world"
    TYPE = bpy.types.World


class StudioScene(Entity):
    """A scene that we made. `denoised`: whether we have switched denoising off, and it comes back."""

    __slots__ = ()
    KIND = "scene"
    TYPE = bpy.types.Scene
    denoised: Fact[bool] = Fact(FLAG, False)
