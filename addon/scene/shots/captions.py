# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of a film that follows a storyboard: a title, one place for all headings and sentences on a plate that is
dark at its foot, and a line of names on which a way walks with the signal."""

from __future__ import annotations

from ..storyboard.beats import END, RATE, TITLE, Beat, Storyboard
from ..texts.labels import width_of
from . import film_parts, keys
from .film_parts import AHEAD, BEHIND
from .stage import Stage

FOOT = 0.25  # of the height of the picture is for words
EDGE = 0.05  # of its width stays free beside them
HEADING, SENTENCE, NAME = 0.05, 0.028, 0.02  # heights of letters, in those of the frame
HEADING_AT, SENTENCE_AT, LINE_AT, NAMES_AT = 0.165, 0.115, 0.077, 0.032
TITLE_SIZE, SUBTITLE_SIZE, TITLE_AT, SUBTITLE_AT = 0.068, 0.03, 0.53, 0.45
TITLE_ROOM = 0.46  # of the width
FADE = 0.25  # seconds
EARLY, CLEAR = 0.1, 0.3  # seconds by which words come before their beat, and are gone before the next
THIN = 0.0035  # of the height: the line of names
CAPITALS = 0.73  # the height of capitals, in the size of letters


def make(stage: Stage, board: Storyboard, aspect: float) -> None:
    """Make all words of a film, for a picture of this width / height."""
    narrow = min(1.0, aspect / 1.5)
    spans = {}
    for beat, end in board.spans:
        pace = min(1.0, (end - beat.frame) / (1.2 * RATE))
        last = stage.last if beat is board.beats[-1] else stage.first + end - round((CLEAR + FADE) * pace * RATE)
        first = stage.first + beat.frame - (round(EARLY * pace * RATE) if beat.frame else 0)
        if beat.about == END:
            first = stage.first + beat.frame + round(0.5 * pace * RATE)
        spans[id(beat)] = first, max(last, first + 1), round(FADE * pace * RATE)
    shown = [beat for beat in board.beats if beat.about != TITLE]
    if shown:
        _plate(stage, spans[id(shown[0])], aspect)
    for number, beat in enumerate(board.beats):
        if beat.about == TITLE:
            _title(stage, beat, spans[id(beat)], aspect)
        else:
            _words(stage, beat, number, spans[id(beat)], aspect, narrow)
    _names(stage, board, aspect, narrow)


def _plate(stage: Stage, span, aspect: float) -> None:
    first, _, fade = span
    obj = film_parts.plate(f"{stage.network.name} plate", 1.04 * aspect, 1.15 * FOOT, film_parts.paint(stage, "scrim"))
    film_parts.hang(stage, obj, -0.02, -0.02, aspect, BEHIND)
    film_parts.take(stage, obj, "plate", [(first, stage.last)], 2 * fade)


def _title(stage: Stage, beat: Beat, span, aspect: float) -> None:
    room = TITLE_ROOM if aspect > 1.2 else 1 - 2 * EDGE
    for body, role, size, at in (
        (beat.heading, "label", TITLE_SIZE, TITLE_AT),
        (beat.sentence, "dim", SUBTITLE_SIZE, SUBTITLE_AT),
    ):
        at = at if aspect > 1.2 else at + 0.32
        _say(stage, body, role, f"title {role}", size, (EDGE + 0.01, at), room, span, aspect)


def _words(stage: Stage, beat: Beat, number: int, span, aspect: float, narrow: float) -> None:
    hot = beat.about == END
    for body, role, size, at in (
        (beat.heading, "hot" if hot else "label", HEADING, HEADING_AT),
        (beat.sentence, "label" if hot else "dim", SENTENCE, SENTENCE_AT),
    ):
        where = (EDGE, at)
        _say(stage, body, role, f"beat {number} {role}", size * narrow, where, 1 - 2 * EDGE, span, aspect)


def _say(stage, body, role, part, size, where, room, span, aspect) -> None:
    """A text that is as small as it must be to have room, a share of the width."""
    if not body.strip():
        return
    ems = size / CAPITALS
    ems *= min(1.0, room * aspect / max(ems * width_of(body), 1e-6))
    obj = film_parts.text(stage, body, role, ems)
    film_parts.hang(stage, obj, *where, aspect)
    first, last, fade = span
    film_parts.take(stage, obj, part, [(first, last)], fade)


def _names(stage: Stage, board: Storyboard, aspect: float, narrow: float) -> None:
    """The line of names: faint ahead of the signal, clear behind it."""
    layers = board.layers
    named = len(layers) > 1
    if not named:
        return
    begin = stage.first + layers[0].frame
    fade = round(FADE * RATE)
    wide = (1 - 2 * EDGE) * aspect
    room = (1 - 2 * EDGE) / (len(layers) - 1)
    high = THIN / 2
    rail = film_parts.plate(f"{stage.network.name} rail", wide, high, film_parts.paint(stage, "track"))
    film_parts.hang(stage, rail, EDGE, LINE_AT, aspect)
    film_parts.take(stage, rail, "rail", [(begin, stage.last)], fade)
    way = film_parts.plate(f"{stage.network.name} way", wide, 2 * high, film_parts.paint(stage, "hot"))
    film_parts.hang(stage, way, EDGE, LINE_AT - high / 2, aspect, AHEAD)
    film_parts.take(stage, way, "way", [(begin, stage.last)], fade)
    whole = way.scale.x
    walked = [(stage.first, 1e-3)]
    before = stage.first
    for number, beat in enumerate(layers):
        at = stage.first + beat.frame
        leaves = max(before + 1, at - round(0.6 * RATE))
        walked += [(leaves, max(number - 1, 0) / (len(layers) - 1)), (max(at, leaves + 1), number / (len(layers) - 1))]
        before = max(at, leaves + 1)
    keys.set_keys(way, "scale", [(frame, max(share, 1e-3) * whole) for frame, share in walked], index=0)
    size = NAME * narrow / CAPITALS
    longest = max(width_of(beat.name) for beat in layers)
    size *= min(1.0, 0.92 * room * aspect / max(size * longest, 1e-6))
    for number, beat in enumerate(layers):
        at = stage.first + beat.frame
        align = "LEFT" if number == 0 else "RIGHT" if number == len(layers) - 1 else "CENTER"
        x = EDGE + number * room
        ahead = [(begin, max(at - 1, begin + 1))] if at > begin + 1 else []
        for role, spans, depth in (("track", ahead, 1.0), ("label", [(max(at, begin), stage.last)], AHEAD)):
            if spans and beat.name.strip():
                obj = film_parts.text(stage, beat.name, role, size, align)
                film_parts.hang(stage, obj, x, NAMES_AT, aspect, depth)
                film_parts.take(stage, obj, f"name {number} {role}", spans, fade)
