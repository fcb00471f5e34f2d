# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a network does in a shot: it unfolds, or lights up with the signal. Inputs of modifiers with keyframes.

Times are shares of the shot's length.
"""

from __future__ import annotations

import bpy
import numpy as np

from ... import compat
from .. import selection, tags
from ..building import blocks
from ..camera import picture
from . import keys
from .stage import Stage

OPENING = 0.3  # of the shot, the time in which one layer unfolds
EARLY, LATE = 0.06, 0.8  # when the signal reaches the first layer and the last
MOST = 1200  # layers, and bundles; more keyframes would make the file slow


def unfold(stage: Stage) -> None:
    """Let every layer that is open now unfold from a slab, one after the other along the signal."""
    picture.frame(stage.network, stage.scene, stage.camera)
    objs = {name: layer for name, layer in selection.layers(stage.network).items() if _input(layer, "Fold") < 1.0}
    begins = dict(zip(objs, np.linspace(EARLY, 1.0 - OPENING - EARLY, len(objs)), strict=True))
    for name, obj in list(objs.items())[:MOST]:
        _change(stage, obj, "Fold", 1.0, begins[name], begins[name] + OPENING)
    _appear(stage, {name: begin + OPENING / 2 for name, begin in begins.items()}, ("bars", "class", "label"))
    for bundle, ends in _bundles(stage.network):
        begin = max(begins.get(end, 0.0) for end in ends)
        _change(stage, bundle, "Trim End", 0.0, begin, begin + OPENING)


def arrivals(network: bpy.types.Collection) -> dict[str, float]:
    """When the signal reaches each layer, in order; a folded block takes it as long as a layer."""
    takes, boxes = dict.fromkeys(selection.layers(network), 1.0), blocks.by_path(network)
    for path in blocks.folded(boxes):
        inside = tags.read(boxes[path])["layers"]
        takes |= {name: min(takes[name], 1.0 / len(inside)) for name in inside if name in takes}
    after = np.cumsum(list(takes.values()))
    shares = (after - after[0]) / max(after[-1] - after[0], 1.0)
    return dict(zip(takes, EARLY + (LATE - EARLY) * shares, strict=True))


def signal(stage: Stage) -> None:
    """Let the layers appear as the signal reaches them, and the lines grow towards them, a pulse at their head."""
    objs, times = selection.layers(stage.network), arrivals(stage.network)
    step = max(0.03, (LATE - EARLY) / max(len(objs), 1))
    for name, bars in list(objs.items())[1:MOST]:  # the first is the input, which is there
        _change(stage, bars, "Reveal", 0.0, times[name], times[name] + step)
    for bundle, (source, target) in _bundles(stage.network):
        begin = times.get(source, 0.0) + step / 3
        end = max(times.get(target, 1.0) + step / 3, begin + 0.02)
        _change(stage, bundle, "Trim End", 0.0, begin, end)
        frames = stage.frame(begin), max(stage.frame(end), stage.frame(begin) + 1)
        for name, values, how in (("Pulse", (0.0, 1.0), "LINEAR"), ("Pulse Strength", (2.0, 2.0), "CONSTANT")):
            keys.move_input(stage.shot, bundle, name, list(zip(frames, values, strict=True)), how)
    _appear(stage, {name: time + step / 2 for name, time in times.items()}, ("bars", "class"))
    for bars in tags.members(stage.network, "bars"):
        begin = times.get(tags.read(bars)["layer"], LATE) + step / 2
        _change(stage, bars, "Length", 0.0, begin, begin + step)


def _appear(stage, times, kinds):
    """Let things beside or under layers appear when these do; those of blocks are there."""
    for kind in kinds:
        for member in tags.members(stage.network, kind):
            facts = tags.read(member)
            time = times.get(facts.get("layer") or facts["owner"])
            if time is not None and facts.get("of") != "block":
                keys.appear(stage.shot, member, stage.first, stage.frame(time), stage.last)


def _bundles(network):
    """The bundles of a network, each with the names of the layers that it joins."""
    for bundle in list(tags.members(network, "connections"))[:MOST]:
        facts = tags.read(bundle)
        yield bundle, (facts["source"], facts["target"])


def _change(stage, obj, name, start, begin, end):
    """Let an input have a value from the start of the shot until a time, and its own from another on."""
    own, begin = _input(obj, name), min(begin, 0.98)
    frames = stage.first, max(stage.frame(begin), stage.first + 1), max(stage.frame(end), stage.frame(begin) + 2)
    keys.move_input(
        stage.shot,
        obj,
        name,
        [
            *((frame, value) for frame, value in zip(frames, (start, start, own), strict=True)),
            (max(stage.last, frames[-1] + 1), own),
        ],
    )


def _input(obj: bpy.types.Object, name: str) -> float:
    return float(compat.get_input(tags.nodes(obj), name))
