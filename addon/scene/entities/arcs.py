# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arcs: what tokens look at."""

from __future__ import annotations

import bpy

from .entity import WithSockets
from .facts import COUNT, TEXT, WHOLE, Fact


class Arcs(WithSockets):
    """The arcs of a `layer` of attention, from the sheet of the layer `source` to that of `target`, of which either may
    be the cover of a closed block. An arc is the mean of `heads`; `drawn` are shown of `total`, between `tokens`."""

    __slots__ = ()
    KIND = "arcs"
    TYPE = bpy.types.Object
    layer: Fact[str] = Fact(TEXT)
    source: Fact[str] = Fact(TEXT)
    target: Fact[str] = Fact(TEXT)
    heads: Fact[int] = Fact(WHOLE, 0)
    tokens: Fact[int] = Fact(WHOLE, 0)
    drawn: Fact[int] = Fact(WHOLE, 0)
    total: Fact[int] = Fact(COUNT, 0)
