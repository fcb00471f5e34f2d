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


def store(
    network: bpy.types.Collection,
    objs: Sequence[bpy.types.Object],
    progress: Callable[[float], None] = lambda share: None,
) -> str:
    """Store the levels of these bundles of a network; reads their weights from the file.

    `progress` is told the share that is done. Returns one line on what was done; raises `CheckpointError`.
    """
    model = importing.reopen(network)
    drawn = {tags.read(layer)["layer"]: layers.drawn_of(layer) for layer in tags.members(network, "layer")}
    done = 0
    for number, obj in enumerate(objs):
        progress(number / len(objs))
        facts = tags.read(obj)
        ends = [drawn.get(facts[end]) for end in ("source", "target")]
        if None not in ends:  # layers may have been deleted
            done += expansion.store(obj, model.connections[facts["index"]], *ends, *budget(len(objs)))
    return f"{done:,} of {len(objs):,} bundle{'' if len(objs) == 1 else 's'} can be expanded"
