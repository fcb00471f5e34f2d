# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How large a book is: layers as pages, the maps of the last one as its cover. Metres; pages follow one another along
the signal, and the cover is on the side of the output."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from ..network.covers import columns_of
from .shapes import HEIGHT

THICKEST = 0.5 * HEIGHT  # the thickest book of a network
THIN = 0.15 * HEIGHT  # the same where books stand among sheets
PAGE = 0.009 * HEIGHT  # of thickness has a page of one channel at most, however few pages there are
LEAST_PAGE = 1e-5 * HEIGHT
GAP = 0.0028 * HEIGHT  # between pages
AFTER_SUM = 2.2  # more gaps stand behind the sum of a block
RISE, SPAN_RISE = 0.034, 0.24  # of an arch: of the height, and of its span
ARCH = 0.007  # of the height is half the width of an arch
ARCH_SIDE = 0.44  # of the width stand arches to the left of the middle
ARCH_CLEAR = 0.001 * HEIGHT
COVER = 0.0015 * HEIGHT  # the cells of the cover stand in front of their plate
MARGIN = 0.01  # of the height stands the plate out round the cover
STOREY = 0.055  # of the height is between the cover and the heads above it
STOREY_HIGH = 0.45  # of the height may they be


@dataclass(frozen=True)
class Reach:
    """Where something is along a book, in lengths that sockets scale: square roots of channels, gaps, and pages before
    it."""

    thick: float = 0.0
    gaps: float = 0.0
    pages: float = 0.0

    def metres(self, thickness: float, gap: float = GAP, apart: float = 0.0) -> float:
        """From the near side of the book; `apart` is what open pages are away from one another."""
        return self.thick * thickness + self.gaps * gap + self.pages * apart


def reaches(channels: Sequence[int], ends: Sequence[bool]) -> tuple[list[tuple[Reach, Reach]], Reach]:
    """The near and far side of each page of so many channels, and where the cover is; `ends` says behind which pages
    a residual block ends."""
    made = []
    thick = gaps = 0.0
    for number, (count, end) in enumerate(zip(channels, ends, strict=True)):
        near = Reach(thick, gaps, number)
        thick += sqrt(max(1, count))
        made.append((near, Reach(thick, gaps, number)))
        gaps += 1.0 + AFTER_SUM * end
    return made, Reach(thick, gaps, len(made))


def arches(channels: Sequence[int], ends: Sequence[bool]) -> list[tuple[Reach, Reach]]:
    """Where each arch begins and ends: in the middle of the sum before it, or at the near side of the book, and in the
    middle of its own."""
    pages, _ = reaches(channels, ends)
    made = []
    before = Reach()
    for (near, far), end in zip(pages, ends, strict=True):
        if end:
            middle = Reach((near.thick + far.thick) / 2, near.gaps, near.pages)
            made.append((before, middle))
            before = middle
    return made


def page_thickness(books: Iterable[tuple[Sequence[int], Sequence[bool]]], thickest: float = THICKEST) -> float:
    """How thick a page of one channel is, so that the thickest book of a network is `thickest`: `books` are channels
    and ends of each."""
    fits = [PAGE]
    for channels, ends in books:
        _, cover = reaches(channels, ends)
        if cover.thick:
            fits.append((thickest - cover.gaps * GAP) / cover.thick)
    return max(LEAST_PAGE, min(fits))


def book_size(
    channels: Sequence[int], ends: Sequence[bool], thickness: float | None = None, side: float = HEIGHT, heads: int = 0
) -> tuple[float, float, float]:
    """Depth along the signal, side, and height with arches and the heads of attention, of a book that is not turned.

    Without a `thickness` the book is as thick as if it were the only one of its network.
    """
    if thickness is None:
        thickness = page_thickness([(channels, ends)])
    _, cover = reaches(channels, ends)
    rises = [
        RISE * side + SPAN_RISE * (end.metres(thickness) - begin.metres(thickness)) + ARCH_CLEAR
        for begin, end in arches(channels, ends)
    ]
    above = storey(heads, side)[1] + STOREY * side if heads else 0.0
    return cover.metres(thickness) + COVER, side, side + 2 * max([above, *rises])


def storey(heads: int, side: float = HEIGHT) -> tuple[float, float]:
    """Width and height of the heads of attention above a cover of this side."""
    across = columns_of(heads)
    down = ceil(heads / across)
    tile = min(side / across, STOREY_HIGH * max(side, HEIGHT) / down)
    return tile * across, tile * down


def tile_gap(across: int) -> float:
    """The gap between tiles of a cover, as a share of its side."""
    return next((gap for most, gap in ((3, 0.022), (7, 0.013), (15, 0.008)) if across <= most), 0.006)
