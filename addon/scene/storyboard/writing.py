# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing the storyboard of a network: which layers and blocks it rests at, in which pace, and what it says.

A network of a hundred layers has as few beats as one of eight: nobody reads more. The signal passes all of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ...containers import CheckpointError
from ..building import blocks
from ..editing import arranging
from ..entities import NetworkScene
from ..texts.words import shortened
from . import beats, run_facts
from .beats import BLOCK, END, TITLE, WHOLE, Beat, Storyboard
from .sentences import Said, Teller

MOST = 8  # beats of layers
BEFORE, AFTER = 2.0, 4.2  # seconds of title, and of pull back and answer
LEAST, EACH = 1.15, 1.9  # seconds of a beat, at least and where nobody asked for a length
ROUND = 0.4  # of a short film, at most, for title and answer
SHORTEST, LONGEST = 4.0, 600.0  # seconds of a film
FILLS = 0.4  # of the time between two beats, shared alike; the rest goes by how much there is to read
NAME = 16  # letters in the line of names


SHORT = {  # what long names of operators are in the line of names
    "GlobalAveragePool": "pool",
    "GlobalMaxPool": "pool",
    "AveragePool": "pool",
    "MaxPool": "pool",
    "BatchNormalization": "norm",
    "LayerNormalization": "norm",
    "InstanceNormalization": "norm",
    "GroupNormalization": "norm",
}


@dataclass(frozen=True)
class Stop:
    """Where the signal comes by: a layer, or a block that is closed. `key` is what `reveals.arrivals` knows it by."""

    about: str
    key: str
    name: str
    layers: list[str]
    parameters: int


def stops(collection: bpy.types.Collection) -> list[Stop]:
    """What the signal passes, in order: layers outside of closed blocks, and the outermost of these blocks."""
    scene = NetworkScene(collection)
    boxes = scene.blocks()
    closed = blocks.folded(boxes)
    outermost = {path: box for path, box in boxes.items() if path in closed and box.parent not in closed}
    inside = {name for box in outermost.values() for name in box.layers}
    every = [
        (layer.order, Stop(name, name, layer.label.get("name", name), [name], layer.parameters))
        for name, layer in scene.layers().items()
        if name not in inside
    ]
    for path, box in outermost.items():
        key = arranging.key_of(path) if not box.built else box.layers[-1]
        named = box.label.get("name", box.name)
        every.append((box.first, Stop(beats.about(box), key, named, list(box.layers), box.parameters)))
    return [stop for _, stop in sorted(every, key=lambda pair: pair[0])]


def chosen(every: list[Stop], count: int) -> list[Stop]:
    """So many of them at most: the first, the last, and between them those that are evenly far by the layers passed,
    so that a block counts as much as all that is in it."""
    if len(every) <= count:
        return every
    if count < 2:
        return every[-1:]
    passed = np.cumsum([len(stop.layers) for stop in every]).astype(np.float64)
    middles = passed - np.array([len(stop.layers) for stop in every]) / 2
    wanted = np.linspace(middles[0], middles[-1], count)
    places = np.unique(np.abs(middles[None, :] - wanted[:, None]).argmin(1))
    return [every[place] for place in places]


def write(collection: bpy.types.Collection, seconds: float = 0.0) -> Storyboard:
    """A new storyboard of a network, as long as it takes to read it, or so many seconds.

    Raises `CheckpointError` where nothing ran.
    """
    return _fresh(collection, _run(collection), stops(collection), seconds)


def _run(collection: bpy.types.Collection) -> run_facts.Run:
    run = run_facts.read(collection)
    if run is None:
        raise CheckpointError(collection.name, "shows no input that ran", "run an input first")
    return run


def _fresh(collection: bpy.types.Collection, run: run_facts.Run, every: list[Stop], seconds: float) -> Storyboard:
    scene = NetworkScene(collection)
    length = min(max(seconds, SHORTEST), LONGEST) if seconds else 0.0
    room = int((1 - ROUND) * length / LEAST) if seconds else MOST
    rests = chosen(every, min(MOST, max(room, 1)))
    teller = Teller(run)
    said = [_said(teller, stop, stop == every[-1]) for stop in rests]
    length = length or BEFORE + EACH * len(rests) + AFTER
    squeezed = min(1.0, ROUND * length / (BEFORE + AFTER))
    before, after = BEFORE * squeezed, AFTER * squeezed
    spans = _spans(said, length - before - after)
    title = teller.title(shortened(collection.name, 22), scene.layer_count, scene.parameters)
    made = [_beat(TITLE, 0.0, before * 0.6, title, "")]
    at = before
    for stop, words, span in zip(rests, said, spans, strict=True):
        made.append(_beat(stop.about, at, span * 0.45, words, _name(stop)))
        at += span
    end = _beat(END, at, after * 0.5, teller.end(scene.parameters), "")
    end.shot = WHOLE
    return Storyboard([*made, end], round(length * beats.RATE)).in_order()


def fitting(collection: bpy.types.Collection, seconds: float = 0.0) -> Storyboard:
    """The storyboard that a network keeps, as far as it still fits what is in the scene, with words of the present run
    where nobody has changed them; a new one where there is none. Raises `CheckpointError` as `write`."""
    run, every = _run(collection), stops(collection)
    fresh = _fresh(collection, run, every, seconds)
    kept = beats.read(collection)
    if kept is None:
        return fresh
    there = {stop.about: stop for stop in every}
    teller = Teller(run)
    words = {beat.about: beat for beat in fresh.beats}
    last = list(there)[-1] if there else ""
    made = []
    for beat in kept.in_order().beats:
        if not beat.is_layer:
            made.append(beat.renewed(words[beat.about]) if beat.about in words else beat)
        elif beat.about in there:
            stop = there[beat.about]
            told = words.get(beat.about) or _beat(
                beat.about, 0, 0, _said(teller, stop, beat.about == last), _name(stop)
            )
            made.append(beat.renewed(told))
    if not any(beat.is_layer for beat in made):
        return fresh
    board = Storyboard(made, kept.length)
    return board.timed(seconds) if seconds else board


def words_of(collection: bpy.types.Collection, about: str) -> Said | None:
    """What to say of a layer or block in a beat of its own, None where the signal does not come by."""
    run = run_facts.read(collection)
    every = stops(collection)
    stop = next((stop for stop in every if stop.about == about), None)
    return _said(Teller(run), stop, stop == every[-1]) if run and stop else None


def _said(teller: Teller, stop: Stop, last: bool) -> Said:
    if stop.about.startswith(BLOCK):
        return teller.block(stop.name, stop.layers, stop.parameters)
    return teller.layer(stop.about, stop.name, last)


def _name(stop: Stop) -> str:
    """What the line of names calls it."""
    name = stop.name.split(" · ")[0]
    return shortened(SHORT.get(name, name), NAME)


def _beat(about: str, second: float, hold: float, said: Said, name: str) -> Beat:
    return Beat(
        about,
        round(second * beats.RATE),
        max(1, round(hold * beats.RATE)),
        said.heading,
        said.sentence,
        name=name,
        unit=said.unit,
        said=[said.heading, said.sentence],
    )


def _spans(said: list[Said], seconds: float) -> list[float]:
    """How long each beat is, by how much there is to read."""
    letters = np.array([len(words.heading) + len(words.sentence) for words in said], np.float64) + 1
    shares = FILLS / len(said) + (1 - FILLS) * letters / letters.sum()
    return (shares * seconds).tolist()
