# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a network does while a signal passes it: lines grow and pulse, numbers appear, closed blocks open, names come.

Everything is an input of a modifier with keyframes. Nothing is hidden: layers stand there from the start, dark.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from ... import compat
from ...nodes.arrival import arrival_group
from ...nodes.tree import attach
from ..building import blocks
from ..camera import framing
from ..editing import arranging
from ..entities import (
    Bars,
    BlockBox,
    Book,
    Bundle,
    ClassName,
    InputPicture,
    LayerObject,
    NetworkScene,
    arrival_nodes,
    objects,
)
from ..storyboard import writing
from ..storyboard.beats import BLOCK, END, RATE, Storyboard
from . import keys, reveals
from .stage import Stage

ARRIVAL = "Arrival"
BEFORE = 1.1  # seconds before a signal arrives, its lines begin to grow; all times shrink where the pace is quick
PACE = 1.7  # seconds from beat to beat at which times are as they are here
PULSE = 1.4  # strength of the pulse
LESS = 0.4  # of their radius is left of lines that the signal has passed, so that maps can be read
PULL = 0.62  # of its width, by which a book comes out of its row
SPREAD = 0.9  # of its depth, by which a book that is out opens


@dataclass(frozen=True)
class Times:
    """When the signal reaches each layer and closed block, by `reveals.arrivals`' keys, in frames; how many frames
    what takes a second has there, `ends` is where the last move back begins."""

    at: dict[str, float]
    second: dict[str, float]
    ends: int


def times(stage: Stage, board: Storyboard) -> Times:
    """Arrivals by the beats; what is between two beats is reached between them."""
    order = list(reveals.arrivals(stage.network))
    stops = {stop.about: stop.key for stop in writing.stops(stage.network)}
    place = {key: index for index, key in enumerate(order)}
    known = sorted(
        (place[stops[beat.about]], stage.first + beat.frame)
        for beat in board.layers
        if beat.about in stops and stops[beat.about] in place
    )
    ends = stage.first + next((beat.frame for beat in board.beats if beat.about == END), board.length)
    if not known or known[0][0] > 0:
        known.insert(0, (0, stage.first + board.length * 0.05))
    at, frames = (np.array(values, np.float64) for values in zip(*known, strict=True))
    frames = np.maximum.accumulate(frames)
    arrive = np.interp(np.arange(len(order)), at, frames)
    after = np.append(frames[1:], max(ends, frames[-1] + 1))
    span = np.maximum(after - frames, 2.0)
    paces = span[np.searchsorted(at, np.arange(len(order)), side="right").clip(1) - 1]
    seconds = np.minimum(paces / PACE, RATE)
    first = order[0]
    arrived = dict(zip(order, arrive.tolist(), strict=True))
    begin = next((beat.frame for beat in board.layers), RATE)
    arrived[first] = stage.first + 0.5 * begin  # what goes in lights up beside the title
    return Times(arrived, dict(zip(order, seconds.tolist(), strict=True)), ends)


def signal(stage: Stage, when: Times) -> None:
    """Let numbers, lines and names appear as the signal comes by."""
    scene = NetworkScene(stage.network)
    every = [*scene.members(LayerObject)][: reveals.MOST]
    for layer in every:
        if layer.name in when.at:
            _arrive(stage, layer.obj, when.at[layer.name], when.second[layer.name])
    for book in list(scene.members(Book))[: reveals.MOST]:
        key = arranging.key_of(book.path) if book.path else book.layer
        key = key if key in when.at else _inside(scene, book.path)
        if key in when.at:
            _arrive(stage, book.obj, when.at[key], when.second[key])
    for bars in scene.members(Bars):
        if bars.layer in when.at:
            second = when.second[bars.layer]
            _arrive(stage, bars.obj, when.at[bars.layer] + 0.35 * second, second)
    for name in scene.members(ClassName):
        if name.layer in when.at:
            keys.appear(stage.shot, name.obj, stage.first, round(when.at[name.layer]), stage.last)
    bundles = scene.bundles()[: reveals.MOST]
    last = max((when.at.get(_target(bundle), 0.0) for bundle in bundles), default=0.0)
    for bundle in bundles:
        if _target(bundle) in when.at:
            _lines(stage, bundle, when, when.at[_target(bundle)] == last)


def _inside(scene: NetworkScene, path: str) -> str:
    """The key of a block that is built, of which the last layer tells when the signal has passed it."""
    box = scene.blocks().get(path)
    return box.layers[-1] if box and box.layers else ""


def _target(bundle: Bundle) -> str:
    return arranging.key_of(bundle.target_block, bundle.target)


def _arrive(stage: Stage, obj: bpy.types.Object, at: float, second: float) -> None:
    """Let the numbers of an object appear within a second round the time at which the signal arrives."""
    modifier = arrival_nodes(obj)
    if modifier is None:
        modifier = attach(obj, ARRIVAL, arrival_group(), {})
        obj.modifiers.move(len(obj.modifiers) - 1, 0)
    begin = max(round(at - 0.5 * second), stage.first + 1)
    end = max(round(at + 0.5 * second), begin + 1)
    path = compat.input_path(modifier, ARRIVAL)
    frames = [(stage.first, 0.0), (begin, 0.0), (end, 1.0), (max(stage.last, end + 1), 1.0)]
    keys.move_path(stage.shot, obj, path, frames, "LINEAR")


def forget(network: bpy.types.Collection) -> None:
    """Take the modifiers away that let numbers appear."""
    for obj in objects(network):
        modifier = arrival_nodes(obj)
        if modifier:
            obj.modifiers.remove(modifier)
            obj.update_tag()


def _lines(stage: Stage, bundle: Bundle, when: Times, stays: bool) -> None:
    """Lines grow towards what they enter, a pulse runs along them, and they step back when it has passed."""
    at = when.at[_target(bundle)]
    second = when.second[_target(bundle)]
    radius = float(bundle.inputs["Radius"])

    def frame(seconds: float, after: int) -> int:
        return max(round(at + seconds * second), after)

    begin = frame(-BEFORE, stage.first + 1)
    grown = frame(-0.1, begin + 1)
    _move(stage, bundle, "Trim End", [(stage.first, 0.0), (begin, 0.0), (grown, 1.0)], 1.0)
    pulsed = frame(1.0, grown + 2)
    keys.move_input(stage.shot, bundle.obj, "Pulse", [(grown, 0.0), (pulsed, 1.0)], "LINEAR")
    quarter = max(1, (pulsed - grown) // 4)
    strength = [
        (grown, 0.0),
        (grown + quarter, PULSE),
        (max(pulsed - quarter, grown + quarter + 1), PULSE),
        (max(pulsed + 1, grown + quarter + 2), 0.0),
    ]
    keys.move_input(stage.shot, bundle.obj, "Pulse Strength", strength, "LINEAR")
    if stays:
        return
    thin = frame(0.9, pulsed)
    back = max(when.ends + round(0.3 * second), thin + 1)
    wide = max(back + round(second), back + 1)
    _move(
        stage,
        bundle,
        "Radius",
        [
            (stage.first, radius),
            (max(pulsed - quarter, stage.first + 1), radius),
            (thin + 1, LESS * radius),
            (max(back, thin + 2), LESS * radius),
            (max(wide, thin + 3), radius),
        ],
        radius,
    )


def _move(stage, entity, name, frames, own) -> None:
    """Keyframe an input until the end of the shot, where it has its own value."""
    frames = [*frames, (max(stage.last, frames[-1][0] + 1), own)]
    keys.move_input(stage.shot, entity.obj, name, frames)


def opened(stage: Stage, board: Storyboard) -> dict[str, BlockBox]:
    """The blocks that this film opens, by what their beats are about: those that are closed and have an inside."""
    scene = NetworkScene(stage.network)
    boxes = scene.blocks()
    closed = blocks.folded(boxes)
    return {beat.about: boxes[path] for beat in board.layers if (path := beat.path) in closed and boxes[path].built}


def open_blocks(stage: Stage, board: Storyboard, when: Times) -> None:
    """Let closed blocks open before the signal is in them, and close again when it has gone on."""
    following = _next(stage, board)
    for about, box in opened(stage, board).items():
        inside = {name for name in box.layers if name in when.at}
        at = stage.first + next(beat.frame for beat in board.beats if beat.about == about)
        second = min((when.second[name] for name in inside), default=RATE)
        begin = max(round(at - second), stage.first + 1)
        wide = max(round(at - 0.2 * second), begin + 1)
        shut = max(following[about], wide + 1)
        done = max(round(shut + 0.8 * second), shut + 1)
        path = box.inputs.path("Fold")
        frames = [(stage.first, 1.0), (begin, 1.0), (wide, 0.0), (shut, 0.0), (done, 1.0)]
        keys.move_path(stage.shot, box.obj, path, [*frames, (max(stage.last, done + 1), 1.0)])


def out_of_row(stage: Stage, board: Storyboard) -> dict[str, tuple[bpy.types.Object, np.ndarray]]:
    """What comes out of the row while the signal is in it, by what its beat is about, and by how much (3,) in the
    world: of books and sheets on a shelf the next one hides much of what is behind it."""
    settings = arranging.settings_of(stage.network)
    if not settings.slant:
        return {}
    scene = NetworkScene(stage.network)
    boxes = scene.blocks()
    layers = scene.layers()
    closed = blocks.folded(boxes)
    turn = np.array(stage.turn) @ np.array(Matrix.Rotation(-settings.slant, 3, "Z"))
    depsgraph = stage.scene.view_layers[0].depsgraph
    made = {}
    for beat in board.layers:
        owner = boxes.get(beat.path) if beat.path in closed else layers.get(beat.about)
        if owner is None or isinstance(owner, BlockBox) and owner.built:
            continue
        shown = [member.obj for member in scene.members(Book, InputPicture) if member.obj.parent == owner.obj]
        corners = framing.corners(shown, depsgraph)
        if len(corners):
            wide = float(np.ptp(corners @ turn[:, 1]))
            made[beat.about] = owner.obj, -PULL * wide * turn[:, 1]
    return made


def pull(stage: Stage, board: Storyboard) -> None:
    """Let pieces come out of their row, and open, before the signal is in them, and go back when it has gone on."""
    following = _next(stage, board)
    books = {book.path: book for book in NetworkScene(stage.network).members(Book) if book.path}
    at = {beat.about: stage.first + beat.frame for beat in board.layers}
    for about, (obj, shift) in out_of_row(stage, board).items():
        span = max(following[about] - at[about], 8)
        part = min(round(0.6 * RATE), span // 3)
        begin = max(at[about] - part, stage.first + 1)
        frames = [begin, max(at[about], begin + 1), max(following[about] - part // 2, begin + 2)]
        frames.append(max(following[about] + part, frames[-1] + 1))
        within = np.array(obj.parent.matrix_world.to_3x3().inverted()) if obj.parent else np.eye(3)
        for axis, far in enumerate(within @ shift):
            if abs(far) > 1e-6:
                own = float(obj.delta_location[axis])
                path = [(stage.first, own), *zip(frames, (own, own + far, own + far, own), strict=True)]
                path.append((max(stage.last, frames[-1] + 1), own))
                keys.move_path(stage.shot, obj, "delta_location", path, index=axis)
        if book := books.get(about.removeprefix(BLOCK)):
            _leaf(stage, book, frames)


def _next(stage: Stage, board: Storyboard) -> dict[str, int]:
    """The frame at which the beat after each begins."""
    return {beat.about: stage.first + end for beat, end in board.spans}


def _leaf(stage: Stage, book: Book, frames: list[int]) -> None:
    """Let the pages of a book spread while it is out of its row."""
    inputs = book.inputs
    own = float(inputs["Open"])
    whole = float(inputs["Spread"]) * float(inputs["Reach"][2])
    corners = framing.box_corners(book.obj, stage.scene.view_layers[0].depsgraph)
    if whole <= 0 or not len(corners):
        return
    deep = float(np.ptp(corners @ np.array(stage.turn)[:, 0]))
    values = own, min(own + SPREAD * deep / whole, 1.0), own, own
    middle = (frames[1] + frames[2]) // 2
    between = [frames[0], frames[1], max(middle, frames[1] + 1), max(frames[2], middle + 1, frames[1] + 2)]
    _move(stage, book, "Open", [(stage.first, own), *zip(between, values, strict=True)], own)
