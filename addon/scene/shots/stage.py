# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the makers of shots share: the network, the camera, the frames, and a collection for what they add."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...containers import CheckpointError
from ...layout.layered import axes
from ..building import studio
from ..camera import picture
from ..editing import arranging
from ..entities import Rig, ShotCamera

NEAR = 0.6  # metres, before a camera that moves: its caption


@dataclass(frozen=True)
class Stage:
    """A shot that is being made. `first` and `last` are its frames; `shelf` is its collection."""

    network: bpy.types.Collection
    scene: bpy.types.Scene
    camera: bpy.types.Object
    shelf: bpy.types.Collection
    first: int
    last: int

    @property
    def view(self) -> studio.View:
        """How the shot looks at the network."""
        return studio.view_of(self.camera)

    @property
    def shot(self) -> str:
        """The name of the shot."""
        return ShotCamera(self.camera).shot

    @property
    def heading(self) -> float:
        """The direction of the signal, as `picture.heading` gives it."""
        return picture.heading(self.network)

    @property
    def turn(self) -> Matrix:
        """From the axes of the network, its signal along x, to those of the world."""
        settings = arranging.settings_of(self.network)
        return Matrix(np.array(axes(settings.direction)).tolist()) @ Matrix.Rotation(settings.slant, 3, "Z")

    def frame(self, share: float) -> int:
        """The frame at a share of the shot's length."""
        return self.first + round(min(float(share), 1.0) * (self.last - self.first))

    def seen(self) -> picture.Seen:
        """What is to be seen of the network, on its floor. Raises `CheckpointError` if it shows no layer."""
        view = picture.seen(self.network, self.scene)
        if not len(view.points):
            raise CheckpointError(self.network.name, "shows no layer", "undo what took them away")
        picture.ground(self.network, view)
        return view

    def rig(self, name: str, place: Vector) -> bpy.types.Object:
        """An empty of the shot, that carries or leads its camera."""
        obj = bpy.data.objects.new(f"{self.network.name} {name}", None)
        obj.empty_display_size = 0.5
        obj.location = place
        Rig.make(obj, shot=self.shot)
        self.shelf.objects.link(obj)
        return obj

    def near(self, view: picture.Seen) -> None:
        """Let a camera that moves see what is close to it, and hang its caption there."""
        self.camera.data.clip_start = 0.05
        picture.hang(self.network, self.camera, view.aspect, NEAR)
