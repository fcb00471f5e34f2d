# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A signal goes through a network: the camera rests where the storyboard says, words tell what happens, and at the end
all is seen with the answer.

The camera hangs on an aim, so that it goes round and towards that and never swings. Every rest is worked out in closed
form from what the beat speaks of.
"""

from __future__ import annotations

from dataclasses import replace
from math import radians

import bpy
import numpy as np
from mathutils import Vector

from ... import compat
from ...containers import CheckpointError
from ...layout import HEIGHT
from ...nodes.sockets.series import SLIDERS
from ..camera import framing, picture
from ..entities import Bars, Book, ClassName, NetworkScene, layer_or_block
from ..storyboard import beats, run_facts, writing
from ..storyboard.beats import ALONE, END, RATE, TITLE, WHOLE, Beat, Storyboard
from . import captions, frames_round, keys, passing
from .stage import Stage

KIND = "forward"
TURN = radians(12)  # by how much the camera goes round from the first layer to the last
RAISED = radians(3)  # by how much it comes up to see the whole
TITLED = framing.Margins(left=0.53, right=0.08, bottom=0.2, top=0.18)
WIDE = framing.Margins(left=0.04, right=0.04, bottom=captions.FOOT + 0.02, top=0.05)
NEAR = framing.Margins(left=0.05, right=0.27, bottom=captions.FOOT + 0.02, top=0.07)
LAST = replace(NEAR, left=0.12, right=0.05)
ANCHOR, LAST_ANCHOR = 0.2, 0.75  # of the free width is left of what is shown
NARROW_ANCHOR = 1.2  # more of it, of a width of the picture that is not filled
SMALLEST = 0.45  # of the height of a network: nothing is looked at as if it were smaller
BACK = 3  # pieces before a beat's own that are in its picture, at most
SETTLE, REST = 0.15, 0.6  # seconds by which the camera is there before the signal; shares of the way that it rests
DRIFT = 0.012  # of the distance, by which it drifts while it rests


def check(network: bpy.types.Collection) -> None:
    """Raises `CheckpointError` where no input ran."""
    if not NetworkScene(network).input or run_facts.read(network) is None:
        raise CheckpointError(network.name, "shows no input that ran", "run an input first")


def length(network: bpy.types.Collection, seconds: float = 0.0) -> int:
    """How many frames the film has; the network keeps its storyboard. Raises `CheckpointError`."""
    check(network)
    board = writing.fitting(network, seconds)
    beats.write(network, board)
    return board.length


def place(stage: Stage) -> None:
    """Move camera, signal and words by the storyboard of the network."""
    check(stage.network)
    board = writing.fitting(stage.network)
    frames = stage.last - stage.first + 1
    if board.length != frames:
        board = board.timed(frames / RATE)
    board = board.in_order()
    beats.write(stage.network, board)
    view = stage.seen()
    when = passing.times(stage, board)
    boxes = _boxes(stage, board, view)
    frames_round.make(stage, board, view)  # before anything moves: it looks where units stand
    _camera(stage, board, view, boxes)
    captions.make(stage, board, view.aspect)
    passing.open_blocks(stage, board, when)
    passing.pull(stage, board)
    passing.signal(stage, when)
    _hold(stage)
    stage.near(view)
    keep_far(stage, view)


def _hold(stage: Stage) -> None:
    """Let sliders of series stand where they stood when the film was made, for its words speak of that step."""
    from ..series import known, playing, showing  # here: these build on shots

    root = NetworkScene(stage.network).root().obj
    for kind in known.read(stage.network):
        modifier = showing.slider(stage.network, kind)
        if modifier is not None:
            at = playing.place(stage.network, kind)
            path = compat.input_path(modifier, SLIDERS[kind])
            keys.move_path(stage.shot, root, path, [(stage.first, at), (stage.last, at)], "CONSTANT")


def keep_far(stage: Stage, view: picture.Seen) -> None:
    """Let the camera see to the end of the network from wherever it stands."""
    extent = float(np.linalg.norm(np.ptp(view.points, axis=0)))
    stage.camera.data.clip_end = max(stage.camera.data.clip_end, 6 * extent)


def _boxes(stage: Stage, board: Storyboard, view: picture.Seen) -> dict[str, tuple[np.ndarray, int]]:
    """The corners of each piece that the signal passes, in order, by what beats call it, and its row; of a block that
    opens those that it has then."""
    beside: dict[str, list[np.ndarray]] = {}
    for book in NetworkScene(stage.network).members(Book):
        box = framing.shown_corners(book.obj, stage.scene.view_layers[0])
        if book.obj.parent and len(box):
            beside.setdefault(book.obj.parent.name, []).append(box)
    found = {}
    for obj in view.labelled:
        owner = layer_or_block(obj.obj)
        if owner is not None and len(obj.box):
            about = beats.about(owner)
            found[about] = np.concatenate([obj.box, *beside.get(obj.obj.name, ())]), obj.row
    opened = passing.opened(stage, board)
    if opened:
        for box in opened.values():
            box.inputs["Fold"] = 0.0
        stage.scene.view_layers[0].update()
        depsgraph = stage.scene.view_layers[0].depsgraph
        scene = NetworkScene(stage.network)
        for about, box in opened.items():
            inside = framing.corners([layer.obj for layer in scene.layers_in(box)], depsgraph)
            if len(inside):
                found[about] = inside, box.row
        for box in opened.values():
            box.inputs["Fold"] = 1.0
        stage.scene.view_layers[0].update()
    order = [stop.about for stop in writing.stops(stage.network)]
    return {about: found[about] for about in order if about in found}


def _camera(stage: Stage, board: Storyboard, view: picture.Seen, boxes) -> None:
    """Keyframe the rests of the camera and the ways between them."""
    camera = stage.camera
    rig = stage.rig("Aim", Vector((0.0, 0.0, 0.0)))
    layers = board.layers
    order = list(boxes)
    out = {about: shift for about, (_, shift) in passing.out_of_row(stage, board).items()}
    stops: list[tuple[int, np.ndarray, np.ndarray, float]] = []

    def look(first: int, last: int, points, margins, turned: float, raised: float, anchor: float) -> None:
        framing.aim(camera, stage.view.azimuth + stage.heading + turned, stage.view.elevation + raised)
        framing.fit(camera, points, view.aspect, margins, anchor)
        away = float(framing.project(camera, points)[:, 2].mean())
        axes = framing.rotation(camera)
        at = np.array(camera.location) - axes[:, 2] * away
        turn = np.array(camera.rotation_euler)
        drift = axes[:, 0] * DRIFT * away if last > first else 0.0
        stops.extend([(first, at, turn, away), (last, at + drift, turn, away)])

    begins = [beat.frame for beat in board.beats]
    ends = [*begins[1:], board.length - 1]
    for index, (beat, following) in enumerate(zip(board.beats, ends, strict=True)):
        first, last = _rest(stage, beat, following, index == 0)
        share = layers.index(beat) / max(len(layers) - 1, 1) if beat in layers else 0.0
        turned = (share - 0.5) * TURN * _way(stage)
        if beat.about == TITLE and order:
            points = _grown(boxes[order[0]][0])
            look(stage.first, last, points, TITLED, -0.5 * TURN * _way(stage), 0.0, 0.5)
        elif beat.shot == WHOLE or beat.about not in boxes:
            end = stage.last if beat.about == END else last
            first = stage.first + beat.frame + _pull(beat, following) if beat.about == END else first
            look(min(first, end - 1), end, view.points, WIDE, 0.0, RAISED, 0.5)
        else:
            is_last = beat.about == order[-1]
            points, leftwards = _points(stage, beat, boxes, order, is_last, out.get(beat.about, 0.0))
            margins = _free(LAST if is_last else NEAR, view.aspect, leftwards)
            anchor = LAST_ANCHOR if is_last else _anchor(stage, points, view.aspect, margins)
            look(first, last, points, margins, turned, 0.0, 1 - anchor if leftwards else anchor)
    _put(camera, rig, _apart(stops))


def _anchor(stage: Stage, points: np.ndarray, aspect: float, margins: framing.Margins) -> float:
    """Where what is shown stands in the free width: in its middle if it is narrow, else where the signal comes from."""
    camera = stage.camera
    framing.aim(camera, stage.view.azimuth + stage.heading, stage.view.elevation)
    framing.fit(camera, points, aspect, margins)
    across, _ = framing.slopes(camera.data, aspect)
    wide = float(np.ptp(framing.project(camera, points)[:, 0])) / (2 * across)
    return float(np.clip(ANCHOR + NARROW_ANCHOR * (0.6 - wide), ANCHOR, LAST_ANCHOR))


def _way(stage: Stage) -> float:
    """Whether the camera turns towards the side (1) or away from where the signal leaves (-1)."""
    return 1.0 if stage.view.azimuth < radians(90) else -1.0


def _rest(stage: Stage, beat: Beat, following: int, is_first: bool) -> tuple[int, int]:
    """The first and the last frame in which the camera rests at a beat."""
    span = max(following - beat.frame, 2)
    begin = stage.first + beat.frame - (0 if is_first else min(round(SETTLE * RATE), span // 4))
    hold = min(max(beat.hold, round(0.2 * span)), round(REST * span))
    return begin, max(stage.first + beat.frame + hold, begin + 1)


def _pull(beat: Beat, following: int) -> int:
    """In how many frames the camera pulls back to the whole."""
    span = max(following - beat.frame, 2)
    return min(round(1.3 * RATE), max(span - beat.hold, span // 3))


def _points(stage, beat: Beat, boxes, order: list[str], is_last: bool, shift) -> tuple[np.ndarray, bool]:
    """What the picture of a beat shows, and whether the signal runs to the left in it."""
    own, row = boxes[beat.about]
    place = order.index(beat.about)
    before = []
    if beat.shot != ALONE:
        for about in order[max(0, place - BACK) : place]:
            if boxes[about][1] == row:
                before.append(boxes[about][0])
        before = before[-(1 if place > 3 else 2) :]
    leftwards = False
    if before:
        right = framing.rotation(stage.camera)[:, 0]
        leftwards = bool((own.mean(0) - before[-1].mean(0)) @ right < 0)
    points = [_grown(own + shift), *before]
    if is_last:
        scene = NetworkScene(stage.network)
        depsgraph = stage.scene.view_layers[0].depsgraph
        beside = framing.corners((member.obj for member in scene.members(Bars, ClassName)), depsgraph)
        points.append(beside)
    return np.concatenate(points), leftwards


def _grown(box: np.ndarray) -> np.ndarray:
    """A box that is at least as large as what may fill a picture."""
    middle = (box.max(0) + box.min(0)) / 2
    half = np.maximum(np.ptp(box, axis=0) / 2, (0.0, 0.0, SMALLEST * HEIGHT / 2))
    signs = np.array(np.meshgrid((-1, 1), (-1, 1), (-1, 1))).reshape(3, 8).T
    return np.concatenate([box, middle + signs * half])


def _free(margins: framing.Margins, aspect: float, leftwards: bool) -> framing.Margins:
    """Margins with the room ahead of the signal: less of it in a narrow picture."""
    ahead = margins.right if aspect > 1.2 else min(margins.right, 0.1)
    made = replace(margins, right=ahead)
    return replace(made, left=made.right, right=made.left) if leftwards else made


def _apart(stops):
    """Stops in the order of their frames, one a frame."""
    made: list = []
    for stop in sorted(stops, key=lambda stop: stop[0]):
        if made and stop[0] <= made[-1][0]:
            stop = (made[-1][0] + 1, *stop[1:])
        made.append(stop)
    return made


def _put(camera: bpy.types.Object, rig: bpy.types.Object, stops) -> None:
    """Hang the camera on its aim and keyframe both."""
    camera.parent = rig
    camera.rotation_euler = (0.0, 0.0, 0.0)
    camera.location = (0.0, 0.0, stops[0][3])
    keys.set_keys(camera, "location", [(frame, away) for frame, _, _, away in stops], index=2)
    for axis in range(3):
        keys.set_keys(rig, "location", [(frame, float(at[axis])) for frame, at, _, _ in stops], index=axis)
        keys.set_keys(rig, "rotation_euler", [(frame, float(turn[axis])) for frame, _, turn, _ in stops], index=axis)
