# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network learns: its slider passes every checkpoint, a chart below says how well it does, words say where it is."""

from __future__ import annotations

from collections.abc import Sequence
from math import radians

import bpy
import numpy as np
from mathutils import Vector

from ... import compat
from ...containers import CheckpointError
from ...nodes import materials as shaders
from ...nodes.sockets.series import SLIDERS, attribute
from ..camera import framing, picture
from ..entities import FilmPart, InputPicture, NetworkScene, RoleMaterial
from ..texts import labels
from ..texts.words import shortened
from . import keys
from .stage import Stage

KIND = "checkpoints"
TITLE, FAR, TURNED, HELD = 0.12, 0.21, 0.79, 0.8  # shares of the shot: the title goes, all is seen, the last step, rest
ARC = radians(6), radians(-1.5)  # by how much the camera goes on round the network while that learns, and comes down
WIDE = 0.92  # of the network, the chart
HIGH = 0.15  # of its width
GAP = 0.035  # of its width, between network and chart
MARGINS = framing.Margins(left=0.035, right=0.03, bottom=0.045, top=0.17)
CLOSE = framing.Margins(left=0.55, right=0.05, bottom=0.2, top=0.2)
PLACES = {  # of words: x and y in shares of the frame, size in its height, paint, side
    "epoch": (0.045, 0.905, 0.05, "label", "LEFT"),
    "measured": (0.045, 0.855, 0.03, "hot", "LEFT"),
    "answer": (0.955, 0.905, 0.05, "hot", "RIGHT"),
    "sure": (0.955, 0.855, 0.03, "dim", "RIGHT"),
    "title": (0.06, 0.56, 0.075, "label", "LEFT"),
    "subtitle": (0.06, 0.48, 0.032, "dim", "LEFT"),
}
LONGEST = 18  # letters of the title
NEAR = 2.0  # metres before the camera, where words hang


def check(network: bpy.types.Collection) -> None:
    """Raises `CheckpointError` if a network has no checkpoints to go through."""
    from ..series import known, showing  # here: these build on shots

    if KIND not in known.read(network) or showing.slider(network, KIND) is None:
        raise CheckpointError(
            network.name, "has no series of checkpoints", "build it of a training run: the folder of its checkpoints"
        )


def place(stage: Stage) -> None:
    """Put up the chart and the words, and move slider and camera."""
    from ..series import known, playing, showing

    check(stage.network)
    series = known.read(stage.network)[KIND]
    scene = NetworkScene(stage.network)
    root = scene.root().obj
    view = stage.seen()
    camera = stage.camera
    heading = stage.view.azimuth + stage.heading
    paints = scene.materials | {"loss": _blue(scene)}
    points = np.concatenate([view.points, _chart(stage, series, view.points, paints)])
    _slide(stage, root, showing.slider(stage.network, KIND), playing.times(stage.network, KIND, "EASED", 0.0))
    stops = []
    near = _first(stage, view)
    for share, turned, seen, margins in (
        (0.0, 0.0, near, CLOSE),
        (TITLE, 0.0, near, CLOSE),
        (FAR, 0.0, points, MARGINS),
        (TURNED, 1.0, points, MARGINS),
        (1.0, 1.1, points, MARGINS),
    ):
        framing.aim(camera, heading + turned * ARC[0], stage.view.elevation + turned * ARC[1])
        framing.fit(camera, seen, view.aspect, margins)
        stops.append((stage.frame(share), np.array(camera.location), np.array(camera.rotation_euler)))
    for axis in range(3):
        keys.set_keys(camera, "location", [(frame, float(at[axis])) for frame, at, _ in stops], index=axis)
        keys.set_keys(camera, "rotation_euler", [(frame, float(turn[axis])) for frame, _, turn in stops], index=axis)
    _words(stage, series, root, paints, view.aspect)
    stage.near(view)


def _slide(stage: Stage, root, modifier, times: Sequence[tuple[float, float]]) -> None:
    """Let the slider pass all steps between the pull back and the end."""
    path = compat.input_path(modifier, SLIDERS[KIND])
    whole = times[-1][0] or 1.0
    made: dict[int, float] = {stage.first: 0.0}
    for at, step in times:
        made[stage.frame(FAR + (HELD - FAR) * at / whole)] = step
    made[stage.last] = times[-1][1]
    keys.move_path(stage.shot, root, path, sorted(made.items()))


def _first(stage: Stage, view: picture.Seen) -> np.ndarray:
    """The corners of what the network reads."""
    scene = NetworkScene(stage.network)
    first = next(iter(scene.layers().values()))
    pictured = (picture.obj for picture in scene.members(InputPicture) if picture.layer == first.name)
    corners = framing.box_corners(next(pictured, first.obj), view.depsgraph)
    return corners if len(corners) else view.points


def _chart(stage: Stage, series, points: np.ndarray, paints) -> np.ndarray:
    """Put the chart under the network, turned so that its foot is level in the picture; its corners (n, 3)."""
    from ..series import chart

    camera = stage.camera
    framing.aim(camera, stage.view.azimuth + stage.heading + ARC[0] / 2, 0.0)
    right = framing.rotation(camera)[:, 0]
    along = points @ right
    width = WIDE * float(np.ptp(along))
    height = HIGH * width
    made = chart.make(
        f"{stage.network.name} chart", series, NetworkScene(stage.network).root().obj, paints, width, height
    )
    if not made:
        return np.zeros((0, 3))
    middle = (points.max(0) + points.min(0)) / 2
    foot = float(points[:, 2].min()) - GAP * width - 1.2 * height
    left = middle + right * (along.min() + (np.ptp(along) - width) / 2 - middle @ right)
    axes = made[0]
    axes.location = Vector((*left[:2], foot))
    axes.rotation_euler = (0.0, 0.0, camera.rotation_euler.z)
    for obj in made:
        _take(stage, obj, "chart", FAR * 0.8, 1.0)
    reach = chart.left_of(series, height)
    box = [(x, z) for x in (-reach, width + 1.1 * height) for z in (-0.55 * height, 1.2 * height)]
    return np.array([np.array((*left[:2], foot)) + right * x + np.array((0, 0, z)) for x, z in box])


def _words(stage: Stage, series, root, paints, aspect: float) -> None:
    """The words of each step, and the title before the first."""
    from ..series import words

    follow = {"Network": root, "Slider": attribute(KIND)}
    steps = range(len(series))
    measured = [series.measured(step) for step in steps]
    said = {
        "epoch": [series.heads(step) for step in steps],
        "measured": [
            series.says(step).partition(" · ")[2] + _right(told) for step, told in zip(steps, measured, strict=True)
        ],
        "answer": [f"it says {shortened(str(best[0]), LONGEST)}" if best else "" for best in series.top],
        "sure": [f"{best[1]:.0%} sure".replace("%", " %") if best and 0 <= best[1] <= 1 else "" for best in series.top],
    }
    for role, texts in said.items():
        if any(texts):
            x, y, size, paint, align = PLACES[role]
            starts = words.begins(stage.network, series) if role in ("answer", "sure") else ()
            obj = words.make(f"{stage.network.name} {role}", texts, size, paints[paint], follow, align, begins=starts)
            _hang(stage, obj, role, x, y, aspect, FAR, 1.0)
    scene = NetworkScene(stage.network)
    unit = series.unit if series.unit != "checkpoint" else "checkpoint"
    lines = {
        "title": shortened(stage.network.name, LONGEST),
        "subtitle": f"{scene.parameters:,} parameters · {unit} {series.numbers[0]:,} to {series.numbers[-1]:,}",
    }
    for role, text in lines.items():
        x, y, size, paint, align = PLACES[role]
        _hang(stage, labels.text(text, size, paints[paint], align, "BOTTOM"), role, x, y, aspect, 0.0, TITLE)


def _right(told) -> str:
    return " right" if told and "accuracy" in told[0] else ""


def _hang(stage: Stage, obj, role: str, x: float, y: float, aspect: float, begin: float, end: float) -> None:
    """Hang a text before the camera; x and y are shares of the frame, its size is in frame heights."""
    across, up = framing.slopes(stage.camera.data, aspect)
    obj.parent = stage.camera
    obj.location = ((2 * x - 1) * across * NEAR, (2 * y - 1) * up * NEAR, -NEAR)
    obj.scale = (2 * up * NEAR,) * 3
    _take(stage, obj, role, begin, end)


def _take(stage: Stage, obj, role: str, begin: float, end: float) -> None:
    """Make an object a part of the shot, seen in a span of it."""
    FilmPart.make(obj, shot=stage.shot, role=role)
    stage.shelf.objects.link(obj)
    first, last = (stage.frame(share) for share in (begin, end))
    hidden = {stage.first - 1: 1.0, stage.first: float(begin > 0), first: 0.0, stage.last + 1: 1.0}
    if end < 1:
        hidden[last] = 1.0
    keys.set_keys(obj, "hide_render", sorted(hidden.items()), how="CONSTANT")


def _blue(scene: NetworkScene) -> bpy.types.Material:
    """The color of the loss."""
    name = f"{scene.collection.name} Loss"
    known = next((material for material in bpy.data.materials if material.name == name), None)
    if known:
        return known
    made = shaders.flat(name, "#8ec6e0", 1.2)
    RoleMaterial.make(made, role="loss")
    return made
