# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The beats of a film as plain data, and as a network in a scene keeps them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace

import bpy

from ..entities import BlockBox, LayerObject, NetworkScene

RATE = 24  # frames a second
CLOSE, ALONE, WHOLE = "CLOSE", "ALONE", "WHOLE"
SHOTS = {
    CLOSE: ("With What It Reads", "Shows the layer with the one before it"),
    ALONE: ("Alone", "Shows the layer alone, as near as it fits"),
    WHOLE: ("Whole Network", "Shows the whole network"),
}
BLOCK = "block/"  # before the path of a block, in what a beat is about
TITLE, END = "title", "end"  # what beats are about that are no layer


@dataclass
class Beat:
    """A beat of a film. `about` is what it shows: the name of a layer, "block/" and the path of a block, "title" or
    "end". From `frame`, counted from 0, its words are there, and the signal is in it; then the camera rests for `hold`
    frames. `shot` is how it looks at it, `name` what the line of names calls it, `unit` the one that is framed, -1 for
    none. `said` are heading and sentence as we wrote them: what somebody has changed stays, all else is written anew
    with each run."""

    about: str
    frame: int
    hold: int
    heading: str = ""
    sentence: str = ""
    shot: str = CLOSE
    name: str = ""
    unit: int = -1
    said: list[str] = field(default_factory=list)

    @property
    def is_layer(self) -> bool:
        """Whether it shows a layer or a block."""
        return self.about not in (TITLE, END)

    @property
    def path(self) -> str:
        """The path of the block that it shows, "" for all else."""
        return self.about.removeprefix(BLOCK) if self.about.startswith(BLOCK) else ""

    def renewed(self, fresh: Beat) -> Beat:
        """This beat with words and unit of a fresh one, where nobody has changed the words."""
        heading, sentence = (
            new if not self.said or now == old else now
            for now, new, old in zip(
                (self.heading, self.sentence), (fresh.heading, fresh.sentence), self.said or ("", ""), strict=True
            )
        )
        unit = fresh.unit if sentence == fresh.sentence else -1
        return replace(
            self, heading=heading, sentence=sentence, unit=unit, name=fresh.name, said=[fresh.heading, fresh.sentence]
        )


@dataclass
class Storyboard:
    """The beats of a film in the order of their frames, and its length in frames."""

    beats: list[Beat]
    length: int

    @property
    def layers(self) -> list[Beat]:
        """The beats that show layers and blocks."""
        return [beat for beat in self.beats if beat.is_layer]

    @property
    def spans(self) -> list[tuple[Beat, int]]:
        """Each beat, and the frame at which the next begins."""
        ends = [*(beat.frame for beat in self.beats[1:]), self.length]
        return list(zip(self.beats, ends, strict=True))

    def timed(self, seconds: float) -> Storyboard:
        """The same beats in another length, at the same pace to one another."""
        length = max(round(seconds * RATE), 2 * len(self.beats) + 2)
        scale = length / max(self.length, 1)
        beats = [
            replace(beat, frame=round(beat.frame * scale), hold=max(1, round(beat.hold * scale))) for beat in self.beats
        ]
        return Storyboard(beats, length)

    def in_order(self) -> Storyboard:
        """Beats in the order of their frames, at least one frame apart, within the length."""
        beats = sorted((replace(beat) for beat in self.beats), key=lambda beat: beat.frame)
        at = -1
        for beat in beats:
            beat.frame = at = max(beat.frame, at + 1)
            beat.hold = max(beat.hold, 1)
        return Storyboard(beats, max(self.length, at + 2))


def about(owner: LayerObject | BlockBox) -> str:
    """What a beat that shows a layer or block is about."""
    return f"{BLOCK}{owner.path}" if isinstance(owner, BlockBox) else owner.named


def read(collection: bpy.types.Collection) -> Storyboard | None:
    """The storyboard that a network keeps, None where it has none that can be read."""
    text = NetworkScene(collection).storyboard
    if not text:
        return None
    try:
        plain = json.loads(text)
        beats = [Beat(**beat) for beat in plain["beats"]]
        return Storyboard(beats, int(plain["length"])) if beats else None
    except (ValueError, TypeError, KeyError, AttributeError):  # somebody has written over it
        return None


def write(collection: bpy.types.Collection, storyboard: Storyboard) -> None:
    """Let a network keep a storyboard."""
    NetworkScene(collection).storyboard = json.dumps(asdict(storyboard))


def forget(collection: bpy.types.Collection) -> None:
    """Let a network keep none."""
    NetworkScene(collection).storyboard = ""
