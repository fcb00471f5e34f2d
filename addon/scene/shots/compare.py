# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two checkpoints in one scene, to be compared: one above the other, in the same colours for the same numbers."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

from ... import compat
from ...containers import CheckpointError
from ...layout import HEIGHT, LayoutSettings
from .. import selection, sockets, tags
from ..building import build, connections, importing
from ..camera import framing, picture
from ..texts import labels, words
from .stage import Stage

GAP = 0.45 * HEIGHT  # between the two; the labels of the upper one are in it
TITLE = 0.13 * HEIGHT


def steps(
    network: bpy.types.Collection, path: str | Path, architecture: str | Path = ""
) -> Generator[tuple[float, str], None, bpy.types.Collection]:
    """Import another checkpoint into the scene of a network, drawn as that and with the input that ran through that.

    Yields and returns as `build.build`. Raises `CheckpointError`.
    """
    facts = tags.read(network)
    if tags.scene_of(network) != bpy.context.scene:
        raise CheckpointError(network.name, "does not stand in the open scene", "open its scene first")
    known = dict(facts["settings"])
    settings = build.Settings(**known | {"layout": LayoutSettings(**known["layout"])})
    given = bpy.path.abspath(facts.get("input_path", "")) or None
    other = yield from importing.import_steps(
        path, replace(settings, new_scene=False), given, facts.get("sizes"), architecture or None
    )
    for child in other.children:
        if tags.kind(child) == "studio":  # there is a camera, a light and a legend already
            child.hide_viewport = child.hide_render = True
    tags.write(other, **(tags.read(other) | {"beside": facts["uuid"]}))
    return other


def partner(network: bpy.types.Collection) -> bpy.types.Collection | None:
    """The network that stands in the same scene to be compared with this one."""
    uuid, scene = tags.read(network)["uuid"], tags.scene_of(network)
    return next(
        (one for one in tags.networks() if tags.read(one).get("beside") == uuid and tags.scene_of(one) == scene), None
    )


def pair(network: bpy.types.Collection) -> tuple[bpy.types.Collection, bpy.types.Collection]:
    """A network and its `partner`. Raises `CheckpointError` where there is none, or one of them shows no layer."""
    beside = partner(network)
    if beside is None:
        raise CheckpointError(network.name, "is alone in its scene", "compare it with another checkpoint first")
    for one in (network, beside):
        tags.root(one)
        if not picture.anything(one, tags.scene_of(network)) or not len(_boxes(one, tags.scene_of(network))):
            raise CheckpointError(one.name, "shows no layer", "undo what took them away, or set their detail")
    return network, beside


def place(stage: Stage) -> None:
    """Put the other network below, give both the same ranges and a title, and look at both.

    Raises `CheckpointError` where there is no other.
    """
    both = network, beside = pair(stage.network)
    _below(stage, network, beside)
    _same_ranges(network, beside)
    for one in both:
        _title(one, stage)
    picture.frame(network, stage.scene, stage.camera, beside=beside)


def _below(stage, network, other):
    root = tags.root(other)
    if not any(root.location):  # else somebody has put it elsewhere
        root.location.z = float(_boxes(network, stage.scene)[:, 2].min() - _boxes(other, stage.scene)[:, 2].max()) - GAP


def _boxes(network, scene) -> np.ndarray:
    """The corners (n, 3) of the layers of a network as they are now."""
    view_layer = scene.view_layers[0]
    view_layer.update()
    return framing.corners(tags.members(network, "layer"), view_layer.depsgraph)


def _same_ranges(network, other):
    """The larger of both ranges for layers of one name, and for the connections between them."""
    _share(*(selection.layers(one) for one in (network, other)), "Range")
    _share(
        *(
            {
                (tags.read(one)["source"], tags.read(one)["target"], index): one
                for index, one in connections.by_index(each).items()
            }
            for each in (network, other)
        ),
        "Weight Range",
    )


def _share(mine, others, name):
    for key in mine.keys() & others.keys():
        pair = mine[key], others[key]
        value = max(float(compat.get_input(tags.modifier(one), name)) for one in pair)
        for one in pair:
            sockets.refresh(one, {name: value})
            one.update_tag()


def _title(network, stage):
    """The name of the file before a network, where the signal enters."""
    known = next(tags.members(network, "title"), None)
    box = _boxes(network, stage.scene)
    if known is None:
        paint = tags.read(network)["materials"]["label"]
        known = labels.text(words.shortened(network.name), TITLE, paint, "RIGHT", "CENTER")
        tags.write(known, "title")
        tags.part(network, "labels").objects.link(known)
        framing.face(known, stage.camera)
    root = tags.root(network)
    known.parent = root
    local = (box - np.array(root.matrix_world.translation)) @ np.array(stage.turn)
    low, high = local.min(0), local.max(0)
    known.location = stage.turn @ Vector((low[0] - 0.1 * HEIGHT, low[1], (low[2] + high[2]) / 2))
