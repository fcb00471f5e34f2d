# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cells go when a network is pruned, written on the layers; the sliders of the modifiers do the rest."""

from __future__ import annotations

from collections.abc import Mapping

import bpy
import numpy as np

from ..inference import Ran
from ..network import Network
from ..network.drawn import BOX, Drawn
from ..network.importance import rank

ATTRIBUTE = "pruned_at"  # of the cells: the share of its layer that has to go before it does; 0 where it never goes


def mark(network: Network, things: Mapping[str, bpy.types.Object], drawn: Mapping[str, Drawn], ran: Ran | None) -> None:
    """Write onto the cells of layers (objects by name) when pruning hides them, by what ran if anything did."""
    found = rank(network, ran.values if ran else {})
    for name, thing in things.items():
        if name in found and drawn[name].level != BOX:
            one = found[name]
            values = one.pruned_at[drawn[name].cells[one.axis]]
        else:
            values = np.zeros(len(thing.data.vertices), np.float32)
        attributes = thing.data.attributes
        attribute = attributes.get(ATTRIBUTE) or attributes.new(ATTRIBUTE, "FLOAT", "POINT")
        attribute.data.foreach_set("value", np.ascontiguousarray(values, np.float32))
