# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a network does in a shot: it unfolds, or lights up with the signal. Inputs of modifiers with keyframes.

Times are shares of the shot's length.
"""

from __future__ import annotations

import bpy
import numpy as np

from ..building import blocks
from ..camera import picture
from ..editing import arranging
from ..entities import Bars, Bundle, ClassName, Heading, Label, Leader, NetworkScene, ObjectEntity
from . import keys
from .stage import Stage

OPENING = 0.3  # of the shot, the time in which one layer unfolds
EARLY, LATE = 0.06, 0.8  # when the signal reaches the first layer and the last
MOST = 1200  # layers, and bundles; more keyframes would make the file slow


def unfold(stage: Stage) -> None:
    """Let every layer that is open now unfold from a slab, one after the other along the signal."""
    picture.frame(stage.network, stage.scene, stage.camera)
    layers = {name: layer for name, layer in NetworkScene(stage.network).layers().items() if layer.inputs["Fold"] < 1.0}
    begins = dict(zip(layers, np.linspace(EARLY, 1.0 - OPENING - EARLY, len(layers)), strict=True))
    for name, layer in list(layers.items())[:MOST]:
        _change(stage, layer, "Fold", 1.0, begins[name], begins[name] + OPENING)
    _appear(stage, {name: begin + OPENING / 2 for name, begin in begins.items()}, labels=True)
    for bundle in _bundles(stage.network):
        begin = max(begins.get(end, 0.0) for end in bundle.ends)
        _change(stage, bundle, "Trim End", 0.0, begin, begin + OPENING)


def arrivals(network: bpy.types.Collection) -> dict[str, float]:
    """When the signal reaches each layer, in order, and each block without its inside, by `arranging.key_of`; a folded
    block takes it as long as a layer."""
    scene = NetworkScene(network)
    boxes = scene.blocks()
    order = [(layer.order, name) for name, layer in scene.layers().items()]
    order += [(box.first, arranging.key_of(path)) for path, box in boxes.items() if not box.built]
    takes = {name: 1.0 for _, name in sorted(order, key=lambda pair: pair[0])}
    for path in blocks.folded(boxes):
        inside = boxes[path].layers
        takes |= {name: min(takes[name], 1.0 / len(inside)) for name in inside if name in takes}
    after = np.cumsum(list(takes.values()))
    shares = (after - after[0]) / max(after[-1] - after[0], 1.0)
    return dict(zip(takes, EARLY + (LATE - EARLY) * shares, strict=True))


def signal(stage: Stage) -> None:
    """Let the layers appear as the signal reaches them, and the lines grow towards them, a pulse at their head."""
    layers = NetworkScene(stage.network).layers()
    times = arrivals(stage.network)
    step = max(0.03, (LATE - EARLY) / max(len(layers), 1))
    for name, layer in list(layers.items())[1:MOST]:  # the first is the input, which is there
        _change(stage, layer, "Reveal", 0.0, times[name], times[name] + step)
    for bundle in _bundles(stage.network):
        begin = times.get(arranging.key_of(bundle.source_block, bundle.source), 0.0) + step / 3
        end = max(times.get(arranging.key_of(bundle.target_block, bundle.target), 1.0) + step / 3, begin + 0.02)
        _change(stage, bundle, "Trim End", 0.0, begin, end)
        frames = stage.frame(begin), max(stage.frame(end), stage.frame(begin) + 1)
        for name, values, how in (("Pulse", (0.0, 1.0), "LINEAR"), ("Pulse Strength", (2.0, 2.0), "CONSTANT")):
            keys.move_input(stage.shot, bundle.obj, name, list(zip(frames, values, strict=True)), how)
    _appear(stage, {name: time + step / 2 for name, time in times.items()})
    for bars in NetworkScene(stage.network).members(Bars):
        begin = times.get(bars.layer, LATE) + step / 2
        _change(stage, bars, "Length", 0.0, begin, begin + step)


def _appear(stage, times, labels: bool = False):
    """Let what is beside layers, or under them, appear when these do; the labels of blocks are there."""
    scene = NetworkScene(stage.network)
    owned = [(member, member.layer) for member in scene.members(Bars, ClassName, Heading)]
    owned += [(label, label.owner) for label in scene.members(Label, Leader) if labels and label.of_kind == "layer"]
    for member, name in owned:
        if name in times:
            keys.appear(stage.shot, member.obj, stage.first, stage.frame(times[name]), stage.last)


def _bundles(network) -> list[Bundle]:
    """The bundles of a network, as many as get keyframes."""
    return NetworkScene(network).bundles()[:MOST]


def _change(stage: Stage, entity: ObjectEntity, name: str, start: float, begin: float, end: float) -> None:
    """Let an input have a value from the start of the shot until a time, and its own from another on."""
    own = float(entity.inputs[name])
    begin = min(begin, 0.98)
    frames = stage.first, max(stage.frame(begin), stage.first + 1), max(stage.frame(end), stage.frame(begin) + 2)
    keys.move_input(
        stage.shot,
        entity.obj,
        name,
        [
            *((frame, value) for frame, value in zip(frames, (start, start, own), strict=True)),
            (max(stage.last, frames[-1] + 1), own),
        ],
    )
