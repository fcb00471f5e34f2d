# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a network does in a shot: it unfolds, or lights up with the signal. Inputs of modifiers with keyframes."""

from __future__ import annotations

import bpy
import numpy as np

from ... import compat
from .. import picture, selection, tags
from . import keys
from .stage import Stage

OPENING = 0.3  # of the shot, the time in which one layer unfolds or lights up
MOST = 1200  # layers and bundles; more keyframes would make the file slow


def unfold(stage: Stage) -> None:
    """Let every layer that is open now unfold from a slab, one after the other along the signal."""
    picture.frame(stage.network, stage.scene, stage.camera)
    things = [one for one in selection.layers(stage.network).values() if _input(one, "Fold") < 1.0]
    begins = np.linspace(0.08, 1.0 - OPENING - 0.08, max(len(things), 1))
    for thing, begin in list(zip(things, begins, strict=False))[:MOST]:
        keys.move_input(thing, "Fold", [(stage.first, 1.0), (stage.frame(begin), 1.0),
                                        (stage.frame(begin + OPENING), _input(thing, "Fold")),
                                        (stage.last, _input(thing, "Fold"))])
    for bundle in list(tags.members(stage.network, "connections"))[:MOST]:
        begin = _begin(bundle, dict(zip((tags.read(one)["layer"] for one in things), begins, strict=False)))
        end = _input(bundle, "Trim End")
        keys.move_input(bundle, "Trim End", [(stage.first, 0.0), (stage.frame(begin), 0.0),
                                             (stage.frame(begin + OPENING), end), (stage.last, end)])


def _begin(bundle, begins) -> float:
    """When the later end of a bundle begins to unfold."""
    facts = tags.read(bundle)
    return max(begins.get(facts["source"], 0.0), begins.get(facts["target"], 0.0))


def signal(stage: Stage) -> None:
    """Let the layers appear as the signal reaches them, the strongest cells first, and the lines grow towards them."""
    things = selection.layers(stage.network)
    turn = stage.turn.inverted()
    along = {name: (turn @ thing.matrix_world.translation).x for name, thing in things.items()}
    low, high = min(along.values()), max(along.values())
    times = {name: 0.05 + 0.75 * (x - low) / (high - low or 1.0) for name, x in along.items()}
    step = min(OPENING, max(0.06, 1.2 / max(len(things), 1)))
    for name, thing in list(things.items())[:MOST]:
        if times[name] > 0.05:
            end = _input(thing, "Reveal")
            keys.move_input(thing, "Reveal", [(stage.first, 0.0), (stage.frame(times[name]), 0.0),
                                              (stage.frame(min(times[name] + step, 1.0)), end), (stage.last, end)])
    for bundle in list(tags.members(stage.network, "connections"))[:MOST]:
        _run(stage, bundle, times, step)
    for thing in [*tags.members(stage.network, "bars"), *tags.members(stage.network, "class")]:
        arrives = times.get(tags.read(thing)["layer"], 0.9) + step / 2
        keys.appear(thing, stage.first, stage.frame(min(arrives, 0.99)), stage.last)
        if tags.kind(thing) == "bars":
            keys.move_input(thing, "Length", [(stage.first, 0.0), (stage.frame(min(arrives, 0.99)), 0.0),
                                              (stage.frame(min(arrives + step, 1.0)), _input(thing, "Length")),
                                              (stage.last, _input(thing, "Length"))])


def _run(stage, bundle, times, step):
    """Lines grow from their source to their target, a pulse at their head."""
    facts = tags.read(bundle)
    begin = times.get(facts["source"], 0.0) + step / 3
    arrive = max(times.get(facts["target"], 1.0) + step / 3, begin + 0.02)
    end = _input(bundle, "Trim End")
    span = [stage.frame(min(one, 1.0)) for one in (begin, arrive)]
    keys.move_input(bundle, "Trim End", [(stage.first, 0.0), (span[0], 0.0), (span[1], end), (stage.last, end)])
    keys.move_input(bundle, "Pulse", [(span[0], 0.0), (span[1], 1.0)], how="LINEAR")
    keys.move_input(bundle, "Pulse Strength", [(span[0], 2.0), (span[1], 2.0)], how="CONSTANT")


def _input(thing: bpy.types.Object, name: str) -> float:
    modifier = next(one for one in thing.modifiers if one.type == "NODES")
    return float(compat.get_input(modifier, name))
