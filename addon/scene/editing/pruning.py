# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cells go when a network is pruned, written on the layers; the sliders of the modifiers do the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import bpy
import numpy as np

from ...inference import Ran
from ...network import Network
from ...network.drawn import Drawn
from ...network.importance import ordered, rank
from . import by_hand

ATTRIBUTE = "pruned_at"  # of the cells: the share of its layer that has to go before it does; 0 where it never goes
MOST = 1 << 16  # units; a wider layer is never pruned on screen


def mark(
    network: Network,
    objs: Mapping[str, bpy.types.Object],
    drawn: Mapping[str, Drawn],
    ran: Ran | None,
    order: Mapping[str, Sequence[int]] = {},
) -> None:
    """Write onto layers (objects by name) when pruning hides their units: in an `order` by layers, where one was
    proven, else by what ran if anything did."""
    ranks = ordered(rank(network, ran.values if ran else {}, objs.keys()), order)
    for name, obj in objs.items():
        ranked = ranks.get(name)
        known = ranked is not None and len(ranked.importance) <= MOST
        obj.data[ATTRIBUTE] = [float(ranked.axis), *ranked.pruned_at.tolist()] if known else [0.0]
        put(obj, drawn[name])


def put(obj: bpy.types.Object, drawn: Drawn) -> None:
    """Let the cells that a layer draws now know when pruning hides them. Reads no weights."""
    axis, *units = obj.data.get(ATTRIBUTE, [0.0])
    values = np.zeros(drawn.size, np.float32)
    if units and not drawn.has_one_cell:
        values[:] = np.array(units, np.float32)[drawn.cells[int(axis)]]
    attributes = obj.data.attributes
    attribute = attributes.get(ATTRIBUTE) or attributes.new(ATTRIBUTE, "FLOAT", "POINT")
    attribute.data.foreach_set("value", by_hand.of_vertices(obj, values))
