# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shots in which the camera moves: round a network, along it, and with the signal.

Places are worked out in the axes of the network: x along the signal, -y towards the viewer, z up.
"""

from __future__ import annotations

from math import tau

import bpy
import numpy as np
from mathutils import Vector

from ..camera import framing, picture
from ..editing import arranging
from ..entities import BlockBox, layer_or_block
from . import keys, reveals
from .stage import Stage

AROUND = 24  # directions from which a turntable is fitted
STOPS = 32  # of a dolly at the most


def turntable(stage: Stage) -> None:
    """Carry the camera round the middle of the network on a rig; it comes as near as all in the picture allows."""
    view = stage.seen()
    camera = stage.camera
    look = stage.view
    middle = (view.points.max(0) + view.points.min(0)) / 2
    apart = view.points - middle
    places = []
    for step in range(AROUND):
        framing.aim(camera, look.azimuth + stage.heading + tau * step / AROUND, look.elevation)
        framing.fit(camera, apart, view.aspect, picture.margins(stage.network, view.aspect))
        places.append(np.array(camera.location) @ framing.rotation(camera))
    back = np.array(places)
    back[:, 2] = np.maximum(back[:, 2], np.maximum(np.roll(back[:, 2], 1), np.roll(back[:, 2], -1)))
    framing.aim(camera, look.azimuth + stage.heading, look.elevation)
    rig = stage.rig("Turntable", Vector(middle))
    camera.parent = rig
    frames = [stage.first + (stage.last + 1 - stage.first) * step / AROUND for step in range(AROUND + 1)]
    across = framing.rotation(camera)
    for axis in range(3):
        keys.set_keys(
            camera,
            "location",
            [(frame, float((across @ back[step % AROUND])[axis])) for step, frame in enumerate(frames)],
            index=axis,
        )
    keys.set_keys(rig, "rotation_euler", [(stage.first, 0.0), (stage.last + 1, tau)], index=2, how="LINEAR")
    stage.near(view)


def fly_through(stage: Stage) -> None:
    """Fly past the layers from the first to the last, looking ahead at a target that flies before the camera."""
    view = stage.seen()
    turn = stage.turn
    places = view.points @ np.array(turn)
    low = places.min(0)
    high = places.max(0)
    size, long = high[2] - low[2], high[0] - low[0]
    beside, above = low[1] - 0.55 * size, (low[2] + high[2]) / 2
    path = [
        (low[0] - 1.3 * size, beside - 0.9 * size, above + 0.35 * size),
        (low[0] - 0.2 * size, beside, above + 0.22 * size),
        (low[0] + 0.55 * long, beside + 0.05 * size, above + 0.12 * size),
        (high[0] + 0.1 * size, beside - 0.7 * size, above + 0.15 * size),
        (high[0] + 0.5 * size, beside - 1.2 * size, above + 0.25 * size),
    ]
    goal = [
        (low[0] + 0.1 * size, low[1], above),
        (low[0] + 0.9 * size, low[1] + 0.1 * size, above),
        (low[0] + 0.8 * long, low[1] + 0.2 * size, above),
        (high[0] - 0.3 * size, (low[1] + high[1]) / 2, above),
        (high[0] - 0.65 * size, (low[1] + high[1]) / 2, above),
    ]
    times = np.array([0.0, 0.2, 0.6, 0.85, 1.0])
    target = stage.rig("Target", turn @ Vector(goal[0]))
    for obj, stops in ((stage.camera, path), (target, goal)):
        _travel(obj, stage, times, [turn @ Vector(stop) for stop in stops])
    constraint = stage.camera.constraints.new("TRACK_TO")
    constraint.target = target
    constraint.track_axis = "TRACK_NEGATIVE_Z"
    constraint.up_axis = "UP_Y"
    stage.near(view)


def dolly(stage: Stage) -> None:
    """Go with the signal, past layers and books, at a distance at which the highest of them fills the picture."""
    view = stage.seen()
    camera = stage.camera
    arrivals = reveals.arrivals(stage.network)
    picture.aim(stage.network, camera)
    boxes = {arrives: obj.box for obj in view.labelled if len(obj.box) and (arrives := _key(obj.obj)) in arrivals}
    tallest = max(boxes.values(), key=lambda box: np.ptp(box[:, 2]))
    framing.fit(camera, tallest, view.aspect, framing.Margins())
    apart = np.array(camera.location) - tallest.mean(0)
    passed = np.array([name for name in arrivals if name in boxes], object)
    stops = np.array_split(passed, min(len(passed), STOPS))  # branches are not chased after one by one
    times = [0.0, *(np.mean([arrivals[name] for name in stop]) for stop in stops), 1.0]
    places = [Vector(np.mean([boxes[name].mean(0) for name in stop], 0) + apart) for stop in stops]
    _travel(camera, stage, times, [places[0], *places, places[-1]])
    stage.near(view)
    reveals.signal(stage)


def _key(obj: bpy.types.Object) -> str:
    """By what `reveals.arrivals` knows a layer, or a block without its inside."""
    owner = layer_or_block(obj)
    return arranging.key_of(owner.named) if isinstance(owner, BlockBox) else owner.named


def _travel(obj: bpy.types.Object, stage: Stage, times, places: list[Vector]) -> None:
    """Keyframe the location of an object at shares of a shot's length."""
    for axis in range(3):
        keys.set_keys(
            obj,
            "location",
            [(stage.frame(share), place[axis]) for share, place in zip(times, places, strict=True)],
            index=axis,
        )
