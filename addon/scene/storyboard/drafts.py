# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of the sidebar in which somebody edits a storyboard: it is a draft until *Apply* makes the film anew of it.

It lies in the .blend as properties of the extension; what the film was made of stays with the network as plain text.
"""

from __future__ import annotations

from dataclasses import replace

import bpy

from . import beats, writing
from .beats import BLOCK, END, RATE, TITLE, Beat, Storyboard

EDITED = ("frame", "hold", "heading", "sentence", "shot")  # of a beat


def state_of(collection: bpy.types.Collection):
    """What the sidebar keeps of a network, None where the extension is not registered."""
    return getattr(collection, "neuroscene_state", None)


def fill(collection: bpy.types.Collection) -> None:
    """Let the list show the storyboard that a network keeps."""
    state = state_of(collection)
    if state is None:
        return
    board = beats.read(collection)
    state.beats.clear()
    for beat in board.beats if board else ():
        row = state.beats.add()
        row.about = beat.about
        for name in EDITED:
            setattr(row, name, getattr(beat, name))
    state.film_seconds = board.length / RATE if board else 0.0
    state.beat = min(state.beat, max(len(state.beats) - 1, 0))


def taken(collection: bpy.types.Collection) -> Storyboard | None:
    """The storyboard as the list has it now, with what only the network knows of each beat; None of an empty list."""
    state = state_of(collection)
    if state is None or not len(state.beats):
        return None
    board = beats.read(collection)
    known = {beat.about: beat for beat in board.beats} if board else {}
    made = []
    for row in state.beats:
        values = {name: getattr(row, name) for name in EDITED}
        base = known.get(row.about)
        made.append(replace(base, **values) if base else _new(collection, Beat(row.about, **values)))
    length = round(state.film_seconds * RATE)
    present = board.length if board else length
    drafted = Storyboard(made, present).in_order()
    return drafted if length == present else drafted.timed(length / RATE)


def _new(collection: bpy.types.Collection, beat: Beat) -> Beat:
    """A beat of which the network knows nothing yet: it knows which of its words are ours."""
    ours = writing.words_of(collection, beat.about)
    said = [ours.heading, ours.sentence] if ours else ["", ""]
    unit = ours.unit if ours and ours.sentence == beat.sentence else -1
    return replace(beat, said=said, unit=unit)


def add(collection: bpy.types.Collection, about: str, heading: str, sentence: str) -> None:
    """Put a beat on a layer or block into the list, behind that which is chosen."""
    state = state_of(collection)
    at = min(max(state.beat, 0), len(state.beats) - 1)
    present = state.beats[at]
    ends = state.beats[at + 1].frame if at + 1 < len(state.beats) else round(state.film_seconds * RATE)
    row = state.beats.add()
    row.about = about
    row.frame = (present.frame + ends) // 2
    row.hold = max(1, (ends - row.frame) // 2)
    row.heading = heading
    row.sentence = sentence
    state.beats.move(len(state.beats) - 1, at + 1)
    state.beat = at + 1


def remove(collection: bpy.types.Collection) -> None:
    """Take the chosen beat out of the list."""
    state = state_of(collection)
    state.beats.remove(state.beat)
    state.beat = min(state.beat, len(state.beats) - 1)


def called(about: str) -> str:
    """What the list calls a beat."""
    return {TITLE: "Title", END: "Answer"}.get(about, about.removeprefix(BLOCK).rpartition("/")[2] or about)
