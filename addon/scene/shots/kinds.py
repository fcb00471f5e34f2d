# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of shots there are: how each looks at a network, for how long, and what moves in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import radians

from ..building.studio import SHELF, STILL, View
from ..storyboard.beats import RATE
from . import compare, forward, macro, moves, opened, reveals, training, training_close

END = 1 << 20  # as a poster: the last frame


@dataclass(frozen=True)
class Kind:
    """A kind of shot. `frames` is how long it is, unless `length` says so of a network, and `poster` the frame of it
    that a still shows (from 0). `style` is that which it is made for; without one the network keeps its own. `shelf` is
    how it looks at books on a shelf, as `view` without one. `move` puts the camera in its place and adds what moves,
    `check` raises `CheckpointError` where a network has not what it shows. `labels`, `classes`, `caption` and `scrim`
    tell whether those are shown; a caption that the network may come behind stands on a scrim.
    """

    name: str
    about: str
    view: View
    frames: int = STILL
    poster: int = 0
    style: str = ""
    shelf: View | None = None
    labels: bool = True
    classes: bool = True
    caption: bool = True
    scrim: bool = False
    move: Callable | None = None
    check: Callable | None = None
    length: Callable | None = None


KINDS = {
    kind.name: kind
    for kind in (
        Kind("hero", "From the side, in depth, everything in the picture", View(), shelf=SHELF),
        Kind(
            "elevation",
            "Flat from the side on white, for papers",
            View(azimuth=radians(90), elevation=0.0, flat=True),
            style="Paper",
        ),
        Kind("plan", "Flat from above", View(azimuth=radians(90), elevation=radians(90), flat=True), classes=False),
        Kind(
            "macro",
            "Close, between two layers, with a shallow depth of field",
            View(lens=60.0, azimuth=radians(62), elevation=radians(12), f_stop=0.9),
            labels=False,
            caption=False,
            move=macro.place,
            check=macro.check,
        ),
        Kind(
            "turntable",
            "Once around the network",
            View(elevation=radians(18), f_stop=0.0),
            10 * RATE,
            25,
            labels=False,
            move=moves.turntable,
        ),
        Kind(
            "fly-through",
            "Along the network, close to its layers",
            View(lens=30.0, f_stop=0.0),
            10 * RATE,
            150,
            labels=False,
            scrim=True,
            move=moves.fly_through,
        ),
        Kind(
            "dolly",
            "With the signal, from layer to layer, as each lights up",
            View(f_stop=0.0),
            10 * RATE,
            150,
            shelf=SHELF,
            labels=False,
            scrim=True,
            move=moves.dolly,
        ),
        Kind(
            "unfold",
            "From one slab a layer to every cell",
            View(),
            6 * RATE,
            6 * RATE - 1,
            shelf=SHELF,
            move=reveals.unfold,
        ),
        Kind(
            "forward",
            "The input goes through the network, layer by layer, with a line of explanation for each",
            View(azimuth=radians(65), elevation=radians(6), lens=42.0, f_stop=0.0),
            20 * RATE,
            END,
            shelf=View(azimuth=radians(115), elevation=radians(7), lens=44.0, f_stop=0.0),
            labels=False,
            caption=False,
            move=forward.place,
            check=forward.check,
            length=forward.length,
        ),
        Kind(
            "training",
            "The network learns: every checkpoint in turn, with a chart of what was measured",
            View(azimuth=radians(64), elevation=radians(8), f_stop=0.0),
            18 * RATE,
            18 * RATE - 1,
            shelf=View(azimuth=radians(112), elevation=radians(8), lens=48.0, f_stop=0.0),
            labels=False,
            caption=False,
            move=training.place,
            check=training.check,
        ),
        Kind(
            "training-close",
            "The network learns, seen from near: the layers between which most changes",
            View(azimuth=radians(58), elevation=radians(8), lens=50.0, f_stop=0.0),
            12 * RATE,
            12 * RATE - 1,
            shelf=View(azimuth=radians(116), elevation=radians(8), lens=50.0, f_stop=0.0),
            labels=False,
            caption=False,
            move=training_close.place,
            check=training.check,
        ),
        Kind(
            "opened",
            "What one cell is made of, from before it, after Open Cell",
            View(azimuth=radians(93), elevation=radians(1.5), lens=62.0, f_stop=0.0),
            10 * RATE,
            labels=False,
            classes=False,
            caption=False,
            move=opened.place,
            check=opened.check,
        ),
        Kind(
            "before-after",
            "Two or more checkpoints in one scene in the same colors, one above the other or side by side",
            View(azimuth=radians(72), elevation=radians(8), f_stop=0.0),
            move=compare.place,
            check=compare.every,
        ),
    )
}
