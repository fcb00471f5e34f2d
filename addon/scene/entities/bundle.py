# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bundles of connections, and the lines of every expansion that are stored beside them."""

from __future__ import annotations

import bpy

from .entity import ObjectEntity, WithSockets
from .facts import COUNTS, GROUP, TEXT, WHOLE, Fact
from .placed import LayerObject


class Bundle(WithSockets):
    """The lines of one connection. `source` and `target` are names of layers, `index` is its place among the
    connections; `carries` ("weight", "copy", "unknown") and `form` are those of the join, `taps` how many weights a
    kernel sums up. `grain` is what a line's weight is ("cell", "unit", "unknown"); `drawn` of `total` lines are there,
    and `counts` says how many there are at each expansion. Where one end is a block without its inside, `source_block`
    or `target_block` is its path, the name of the layer is "" there, and the index is `JOINT`. `bundling` tells how its
    lines were bundled, `called` is the last name that we gave its object."""

    __slots__ = ()
    KIND = "connections"
    JOINT = -1
    source: Fact[str] = Fact(TEXT)
    target: Fact[str] = Fact(TEXT)
    source_block: Fact[str] = Fact(TEXT, "")
    target_block: Fact[str] = Fact(TEXT, "")
    index: Fact[int] = Fact(WHOLE)
    carries: Fact[str] = Fact(TEXT)
    form: Fact[str] = Fact(TEXT, "")
    taps: Fact[int] = Fact(WHOLE, 1)
    grain: Fact[str] = Fact(TEXT, "")
    drawn: Fact[int] = Fact(WHOLE, 0)
    total: Fact[int] = Fact(WHOLE, 0)
    counts: Fact[list[int]] = Fact(COUNTS, [])
    bundling: Fact[dict] = Fact(GROUP, {})
    called: Fact[str] = Fact(TEXT, "")

    @property
    def ends(self) -> tuple[str, str]:
        """The names of the layers that it joins."""
        return self.source, self.target

    @property
    def is_joint(self) -> bool:
        """Whether it joins a block without its inside."""
        return bool(self.source_block or self.target_block)

    @property
    def named_source(self) -> str:
        """What its lines leave: a layer, or the path of a block."""
        return self.source or self.source_block

    @property
    def source_object(self) -> bpy.types.Object | None:
        """The object whose cells its lines leave; None if it was deleted."""
        return self.inputs["Source"]

    @property
    def target_object(self) -> bpy.types.Object | None:
        """The object whose cells its lines enter; None if it was deleted."""
        return self.inputs["Target"]

    @property
    def layers(self) -> tuple[LayerObject | None, LayerObject | None]:
        """The layers at its ends."""
        return LayerObject.of(self.source_object), LayerObject.of(self.target_object)


class Taps(ObjectEntity):
    """The lines of *Expansion* 1 to 3 of a bundle; it is in no collection."""

    __slots__ = ()
    KIND = "taps"
