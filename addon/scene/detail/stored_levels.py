# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The levels of detail of a network's bundles, stored on request."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import bpy

from ...network.expand import budget
from .. import tags
from ..building import importing, layers
from . import expansion


def store(network: bpy.types.Collection, things: Sequence[bpy.types.Object],
          progress: Callable[[float], None] = lambda share: None) -> str:
    """Store the levels of these bundles of a network; reads their weights from the file.

    `progress` is told the share that is done. Returns one line on what was done; raises `CheckpointError`.
    """
    model = importing.reopen(network)
    drawn = {tags.read(one)["layer"]: layers.drawn_of(one) for one in tags.members(network, "layer")}
    done = 0
    for number, thing in enumerate(things):
        progress(number / len(things))
        facts = tags.read(thing)
        ends = [drawn.get(facts[end]) for end in ("source", "target")]
        if None not in ends:  # layers may have been deleted
            done += expansion.store(thing, model.connections[facts["index"]], *ends, *budget(len(things)))
    return f"{done:,} of {len(things):,} bundle{'' if len(things) == 1 else 's'} can be expanded"
