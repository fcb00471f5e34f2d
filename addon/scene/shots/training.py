# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network learns: its slider passes every checkpoint, a chart below says how well it does, words say where it is."""

from __future__ import annotations

from math import radians

import bpy
import numpy as np
from mathutils import Vector

from ... import compat
from ...containers import CheckpointError
from ...nodes import materials as shaders
from ...nodes.sockets.series import SLIDERS, attribute
from ..camera import framing, picture
from ..entities import InputPicture, NetworkScene, RoleMaterial
from ..storyboard.sentences import percent
from ..texts import labels
from ..texts.words import shortened
from . import film_parts, keys
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


def check(network: bpy.types.Collection) -> None:
    """Raises `CheckpointError` if a network has no checkpoints to go through."""
    from ..series import known, showing  # here: these build on shots

    if KIND not in known.read(network) or showing.slider(network, KIND) is None:
        raise CheckpointError(
            network.name, "has no series of checkpoints", "build it of a training run: the folder of its checkpoints"
        )


def place(stage: Stage) -> None:
    """Put up the chart and the words, and move slider and camera."""
    from ..series import known

    check(stage.network)
    series = known.read(stage.network)[KIND]
    scene = NetworkScene(stage.network)
    view = stage.seen()
    camera = stage.camera
    heading = stage.view.azimuth + stage.heading
    paints = scene.materials | {"loss": blue(scene)}
    points = np.concatenate([view.points, _chart(stage, series, view.points, paints)])
    slide(stage, (FAR, HELD))
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
    words_of_steps(stage, series, paints, view.aspect, FAR)
    _title(stage, series, paints, view.aspect)
    stage.near(view)


def slide(stage: Stage, span: tuple[float, float]) -> None:
    """Let the slider pass all steps within these shares of the shot."""
    from ..series import playing, showing

    root = NetworkScene(stage.network).root().obj
    path = compat.input_path(showing.slider(stage.network, KIND), SLIDERS[KIND])
    times = playing.times(stage.network, KIND, "EASED", 0.0)
    whole = times[-1][0] or 1.0
    made: dict[int, float] = {stage.first: 0.0}
    for at, step in times:
        made[stage.frame(span[0] + (span[1] - span[0]) * at / whole)] = step
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
        take(stage, obj, "chart", FAR * 0.8, 1.0)
    reach = chart.left_of(series, height)
    box = [(x, z) for x in (-reach, width + 1.1 * height) for z in (-0.55 * height, 1.2 * height)]
    return np.array([np.array((*left[:2], foot)) + right * x + np.array((0, 0, z)) for x, z in box])


def words_of_steps(stage: Stage, series, paints, aspect: float, begin: float) -> None:
    """What each step is called, what was measured at it and what the network says, from a share of the shot on."""
    from ..series import words

    follow = {"Network": NetworkScene(stage.network).root().obj, "Slider": attribute(KIND)}
    steps = range(len(series))
    measured = [series.measured(step) for step in steps]
    said = {
        "epoch": [series.heads(step) for step in steps],
        "measured": [
            series.says(step).partition(" · ")[2] + _right(told) for step, told in zip(steps, measured, strict=True)
        ],
        "answer": [f"it says {shortened(str(best[0]), LONGEST)}" if best else "" for best in series.top],
        "sure": [f"{percent(best[1])} sure" if best and 0 <= best[1] <= 1 else "" for best in series.top],
    }
    for role, texts in said.items():
        if any(texts):
            x, y, size, paint, align = PLACES[role]
            starts = words.begins(stage.network, series) if role in ("answer", "sure") else ()
            obj = words.make(f"{stage.network.name} {role}", texts, size, paints[paint], follow, align, begins=starts)
            hang(stage, obj, role, x, y, aspect, begin, 1.0)


def _title(stage: Stage, series, paints, aspect: float) -> None:
    scene = NetworkScene(stage.network)
    lines = {
        "title": shortened(stage.network.name, LONGEST),
        "subtitle": f"{scene.parameters:,} parameters · {series.unit} {series.numbers[0]:,} to {series.numbers[-1]:,}",
    }
    for role, text in lines.items():
        x, y, size, paint, align = PLACES[role]
        hang(stage, labels.text(text, size, paints[paint], align, "BOTTOM"), role, x, y, aspect, 0.0, TITLE)


def _right(told) -> str:
    return " right" if told and "accuracy" in told[0] else ""


def hang(stage: Stage, obj, role: str, x: float, y: float, aspect: float, begin: float, end: float) -> None:
    """Hang a text before the camera, seen in a span of the shot; x and y are shares of the frame, its size is in frame
    heights."""
    film_parts.hang(stage, obj, x, y, aspect)
    take(stage, obj, role, begin, end)


def take(stage: Stage, obj, role: str, begin: float, end: float) -> None:
    """Make an object a part of the shot, seen in a span of it."""
    first, last = (stage.frame(share) for share in (begin, end))
    film_parts.take(stage, obj, role, [(first, stage.last + 1 if end >= 1 else last)])


def blue(scene: NetworkScene) -> bpy.types.Material:
    """The color of the loss."""
    name = f"{scene.collection.name} Loss"
    known = next((material for material in bpy.data.materials if material.name == name), None)
    if known:
        return known
    made = shaders.flat(name, "#8ec6e0", 1.2)
    RoleMaterial.make(made, role="loss")
    return made
