# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Books: what stands for a closed block, with its layers as pages and the numbers of the last one on the cover; and of
layers that stand as planes the covers alone."""

from __future__ import annotations

from .entity import WithSockets
from .facts import COUNT, FLAG, TEXT, TEXTS, WHOLE, WHOLES, Fact

COVER_ROLES = {"kernels": "norms", "norms": "norms", "heads": "heads"}


class Book(WithSockets):
    """The book of a block, by its `path`; the block's object is its parent. Or a plane of a `layer`, whose object is
    its parent: then it has no path and no pages, and `place` says which plane it is ("below", "above", "ahead").

    `pages` are the names of the layers that the pages show, `operators` what these do, `channels` how many they have,
    `ends` the places of the pages that are the sum of a residual block, `bars` what the bars of each page are.
    `shows` is what the cover has ("maps", "sheet", "heads", "kernels", "norms", "" of a bare one), `meaning` what a
    number there is, `layers` whose they are; `units` tiles are shown of `units_of`, `chosen`: those that vary most;
    `whole` (rows, columns) and `bins` are those of the first tile, and of all if they are `alike`; of large matrices
    one output in `every` counts. `heads` is the layer of attention above the cover, "" for none, of which `heads_shown`
    of `heads_of` are seen; `heads_meaning` is what a number there is, `heads_whole` are rows and columns of a pattern.
    `too_large` are layers whose weights were too many to be read, and `numbers` is how many there are on cover and
    heads. `turned`: of matrices a column is an output, in place of a row.
    """

    __slots__ = ()
    KIND = "book"
    path: Fact[str] = Fact(TEXT, "")
    layer: Fact[str] = Fact(TEXT, "")
    place: Fact[str] = Fact(TEXT, "")
    turned: Fact[bool] = Fact(FLAG, False)
    pages: Fact[list[str]] = Fact(TEXTS, [])
    operators: Fact[list[str]] = Fact(TEXTS, [])
    channels: Fact[list[int]] = Fact(WHOLES, [])
    ends: Fact[list[int]] = Fact(WHOLES, [])
    bars: Fact[list[str]] = Fact(TEXTS, [])
    shows: Fact[str] = Fact(TEXT, "")
    meaning: Fact[str] = Fact(TEXT, "none")
    layers: Fact[list[str]] = Fact(TEXTS, [])
    units: Fact[int] = Fact(WHOLE, 0)
    units_of: Fact[int] = Fact(WHOLE, 0, key="of")
    alike: Fact[bool] = Fact(FLAG, True)
    chosen: Fact[bool] = Fact(FLAG, False)
    whole: Fact[list[int]] = Fact(WHOLES, [])
    bins: Fact[list[int]] = Fact(WHOLES, [])
    every: Fact[int] = Fact(WHOLE, 1)
    heads: Fact[str] = Fact(TEXT, "")
    heads_shown: Fact[int] = Fact(WHOLE, 0)
    heads_of: Fact[int] = Fact(WHOLE, 0)
    heads_meaning: Fact[str] = Fact(TEXT, "")
    heads_whole: Fact[list[int]] = Fact(WHOLES, [])
    too_large: Fact[list[str]] = Fact(TEXTS, [])
    numbers: Fact[int] = Fact(COUNT, 0)

    @property
    def cover_role(self) -> str:
        """The role of the material of its cover."""
        return COVER_ROLES.get(self.shows, "maps")
