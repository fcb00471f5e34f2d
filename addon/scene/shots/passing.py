# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a network does while a signal passes it: lines grow and pulse, numbers appear, closed blocks open, names come.

Everything is an input of a modifier with keyframes. Nothing is hidden: layers stand there from the start, dark.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ... import compat
from ...nodes.arrival import arrival_group
from ...nodes.tree import attach
from ..building import blocks
from ..camera import framing
from ..editing import arranging
from ..entities import Bars, BlockBox, Book, Bundle, ClassName, LayerObject, NetworkScene, arrival_nodes, objects
from ..storyboard import writing
from ..storyboard.beats import RATE, Storyboard
from . import keys, reveals
from .stage import Stage

ARRIVAL = "Arrival"
BEFORE = 1.1  # seconds before a signal arrives, its lines begin to grow; all times shrink where the pace is quick
PACE = 1.7  # seconds from beat to beat at which times are as they are here
PULSE = 1.4  # strength of the pulse
LESS = 0.4  # of their radius is left of lines that the signal has passed, so that maps can be read
FREE = 0.5  # of the room between two books, into which pages may spread
SPREAD = 0.9  # of its depth, by which a book opens at most


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
    ends = stage.first + next((beat.frame for beat in board.beats if beat.about == "end"), board.length)
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
        key = key if key in when.at else _inside(scene, book.path, when)
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


def _inside(scene: NetworkScene, path: str, when: Times) -> str:
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
    return {
        beat.about: boxes[path]
        for beat in board.layers
        if beat.about.startswith("block/") and (path := beat.about[6:]) in closed and boxes[path].built
    }


def open_blocks(stage: Stage, board: Storyboard, when: Times) -> None:
    """Let closed blocks open before the signal is in them, and close again when it has gone on."""
    following = _next(stage, board)
    scene = NetworkScene(stage.network)
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
    books = {book.path: book for book in scene.members(Book) if book.path}
    for beat in board.layers:
        book = books.get(beat.about.removeprefix("block/")) if beat.about.startswith("block/") else None
        if book is not None and beat.about in following:
            _leaf(stage, book, stage.first + beat.frame, following[beat.about])


def _next(stage: Stage, board: Storyboard) -> dict[str, int]:
    """The frame at which the beat after each begins."""
    order = board.beats
    ends = [*(beat.frame for beat in order[1:]), board.length]
    return {beat.about: stage.first + end for beat, end in zip(order, ends, strict=True)}


def _leaf(stage: Stage, book: Book, at: int, following: int) -> None:
    """Let the pages of a book spread while the signal is in them."""
    room = _room(stage, book)
    inputs = book.inputs
    own = float(inputs["Open"])
    whole = float(inputs["Spread"]) * float(inputs["Reach"][2])
    if whole <= 0 or room <= 0:
        return
    wide = min(own + room / whole, 1.0)
    span = max(following - at, 4)
    begin = max(round(at - 0.35 * span), stage.first + 1)
    frames = [
        (stage.first, own),
        (begin, own),
        (max(at, begin + 1), wide),
        (max(at + span // 2, begin + 2), wide),
        (max(following, begin + 3), own),
    ]
    _move(stage, book, "Open", frames, own)


def _room(stage: Stage, book: Book) -> float:
    """By how many metres a book may become longer without touching what stands before and behind it."""
    view_layer = stage.scene.view_layers[0]
    scene = NetworkScene(stage.network)
    turn = np.array(stage.turn)
    mine = framing.box_corners(book.obj, view_layer.depsgraph)
    if not len(mine):
        return 0.0
    low, high = (mine @ turn).min(0), (mine @ turn).max(0)
    least = np.inf
    for member in scene.members(Book, LayerObject):
        if member.obj == book.obj or member.obj.parent == book.obj:
            continue
        box = framing.shown_corners(member.obj, view_layer)
        if not len(box):
            continue
        other = box @ turn
        if (other.max(0)[2] < low[2]) or (other.min(0)[2] > high[2]):
            continue
        gap = max(other.min(0)[0] - high[0], low[0] - other.max(0)[0])
        if gap > 0:
            least = min(least, gap)
    depth = float(high[0] - low[0])
    return float(min(2 * FREE * least, SPREAD * depth)) if np.isfinite(least) else SPREAD * depth
