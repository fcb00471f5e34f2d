# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of every expansion of a network's bundles, stored on request."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import bpy

from ...network.expand import budget
from ..building import build, importing, layers
from ..entities import Bundle, LayerObject, NetworkScene
from . import expansion


def store(
    network: bpy.types.Collection,
    objs: Sequence[bpy.types.Object],
    progress: Callable[[float], None] = lambda share: None,
) -> str:
    """Store the lines of every expansion of these bundles of a network; reads their weights from the file.

    `progress` is told the share that is done. Returns one line on what was done; raises `CheckpointError`.
    """
    model = importing.reopen(network)
    drawn = {layer.name: layers.drawn_of(layer.obj) for layer in NetworkScene(network).members(LayerObject)}
    done = 0
    for number, obj in enumerate(objs):
        progress(number / len(objs))
        bundle = Bundle(obj)
        ends = [drawn.get(end) for end in bundle.ends]
        if None not in ends:  # layers may have been deleted
            done += expansion.store(obj, model.connections[bundle.index], *ends, *budget(len(objs)))
    from ..series import following  # here: that builds on this

    build.finish(following.steps(network))
    return f"{done:,} of {len(objs):,} bundle{'' if len(objs) == 1 else 's'} can be expanded"
