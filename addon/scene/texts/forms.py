# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forms of the caption: where its words and legends stand, in frame heights."""

from __future__ import annotations

from dataclasses import dataclass, replace

MARGIN = 0.04  # from the edges, of the frame's width and height


@dataclass(frozen=True)
class Words:
    """A text: its place from the edge on its side (of "middle" from the left edge of that column), size and paint."""

    x: float
    y: float
    side: str
    size: float
    paint: str = "dim"


@dataclass(frozen=True)
class Form:
    """A form of the caption. `texts` are those of words by their role; a legend is `length` long and `between` away
    from the next. `height` is what it takes of the frame, `row` how much more where words and legends have no room side
    by side (`all` frame heights wide); words alone take `words`. `middle` is where the column in the middle begins, as
    a share of the width; a `rule` runs above all."""

    texts: dict[str, Words]
    length: float
    between: float
    height: float
    row: float
    words: float
    all: float
    middle: float = 0.0
    raised: float = 0.0  # by how much that column is higher where all stand one above the other
    rule: float = 0.0  # how high it runs
    legends: tuple[str, ...] = ("cube", "line")

    def legend(self, name: str) -> float:
        """Where a legend begins, from the right edge."""
        behind = len(self.legends) - self.legends.index(name)
        return -behind * self.length - (behind - 1) * self.between

    def room(self, aspect: float) -> tuple[float, bool]:
        """How large the caption is drawn in a picture of this width by height, and whether words and legends stand one
        above the other."""
        width = aspect * (1 - 2 * MARGIN)
        return min(1.0, width / self.words), width < self.all

    def band(self, aspect: float) -> float:
        """The share of the frame's height that it takes."""
        scale, stacked = self.room(aspect)
        return (self.height + self.row * stacked) * scale


STRIP = Form(  # under networks whose layers are all seen
    {
        "name": Words(0.0, 0.052, "left", 0.034, "label"),
        "facts": Words(0.0, 0.026, "left", 0.0185),
        "sentence": Words(0.0, 0.0, "left", 0.0185),
        "not finite": Words(0.0, 0.0, "left", 0.0185, "not_finite"),  # in its place, where it has something to say
    },
    length=0.25,
    between=0.1,
    height=0.15,
    row=0.08,
    words=0.72,
    all=1.4,
)
BAND = Form(  # under a shelf of books
    {
        "name": Words(0.0, 0.022, "left", 0.037, "label"),
        "facts": Words(0.0, -0.008, "left", 0.0185),
        "sentence": Words(0.0, 0.027, "middle", 0.0205, "label"),
        "explanation": Words(0.0, -0.008, "middle", 0.018),
        "not finite": Words(0.0, -0.008, "middle", 0.0185, "not_finite"),
    },
    length=0.15,
    between=0.07,
    height=0.118,
    row=0.15,
    words=1.0,
    all=1.5,
    middle=0.21,
    raised=0.085,
    rule=0.072,
    legends=("cover", "cube", "line"),
)
SHEETS = replace(BAND, legends=("cover", "heads", "norms"))  # where tokens look at one another
FORMS = {"strip": STRIP, "band": BAND, "sheets": SHEETS}
