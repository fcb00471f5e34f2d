# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of published families: their modules by the names that their libraries give them, and how they are called.

`WIRINGS` are programs, `BLOCKS` residual blocks; in each the first that fits counts, and programs come before blocks.
"""

from __future__ import annotations

from ..blocks import Block
from ..modules import Node
from ..wiring import Wiring
from . import audio, convolutions, detection, diffusion, language, vision
from .residual import BLOCKS

WIRINGS: tuple[Wiring, ...] = (
    *detection.WIRINGS,
    *convolutions.WIRINGS,
    *diffusion.WIRINGS,
    *vision.WIRINGS,
    *audio.WIRINGS,
    *language.WIRINGS,
)
# (place in the table, entry) by the name of a module that they all have
_PROGRAMS: dict[str, list[tuple[int, Wiring]]] = {}
_BLOCKS: dict[str, list[tuple[int, Block]]] = {}
for _place, _wiring in enumerate(WIRINGS):
    _PROGRAMS.setdefault(_wiring.has.split()[0].partition(".")[0], []).append((_place, _wiring))
for _place, _block in enumerate(BLOCKS):
    _BLOCKS.setdefault(_block.branches[0].body.required()[0].partition(".")[0], []).append((_place, _block))


def wiring_of(node: Node) -> Wiring | None:
    """The first program of the table whose modules a node has."""
    rows = (row for name in _PROGRAMS.keys() & node.children.keys() for row in _PROGRAMS[name] if row[1].fits(node))
    return min(rows, key=lambda row: row[0], default=(0, None))[1]


def block_of(node: Node) -> Block | None:
    """The first block of the table whose modules a node has."""
    rows = (row for name in _BLOCKS.keys() & node.children.keys() for row in _BLOCKS[name] if row[1].fits(node))
    return min(rows, key=lambda row: row[0], default=(0, None))[1]


def families() -> set[str]:
    """The names of all families in the tables."""
    return {wiring.family for wiring in WIRINGS} | {block.family for block in BLOCKS}
