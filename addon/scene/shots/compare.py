# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two checkpoints in one scene, to be compared: one above the other, in the same colours for the same numbers."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from ...containers import CheckpointError
from ...layout import HEIGHT, LayoutSettings
from .. import sockets
from ..building import build, importing
from ..camera import framing, picture
from ..entities import Bundle, LayerObject, NetworkScene, Title, WithSockets, kind, networks, scene_of
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
    shown = NetworkScene(network)
    if shown.scene != bpy.context.scene:
        raise CheckpointError(network.name, "does not stand in the open scene", "open its scene first")
    known, uuid = shown.settings, shown.uuid
    settings = build.Settings(**known | {"layout": LayoutSettings(**known["layout"])})
    given = bpy.path.abspath(shown.input_path) or None
    other = yield from importing.import_steps(
        path, replace(settings, new_scene=False), given, shown.sizes, architecture or None
    )
    for child in other.children:
        if kind(child) == "studio":  # there is a camera, a light and a legend already
            child.hide_viewport = child.hide_render = True
    NetworkScene(other).beside = uuid
    return other


def partner(network: bpy.types.Collection) -> bpy.types.Collection | None:
    """The network that stands in the same scene to be compared with this one."""
    uuid = NetworkScene(network).uuid
    scene = scene_of(network)
    return next(
        (other for other in networks() if NetworkScene(other).beside == uuid and scene_of(other) == scene), None
    )


def pair(network: bpy.types.Collection) -> tuple[bpy.types.Collection, bpy.types.Collection]:
    """A network and its `partner`. Raises `CheckpointError` where there is none, or one of them shows no layer."""
    beside = partner(network)
    if beside is None:
        raise CheckpointError(network.name, "is alone in its scene", "compare it with another checkpoint first")
    scene = scene_of(network)
    for compared in (network, beside):
        NetworkScene(compared).root()
        if not picture.anything(compared, scene) or not len(_boxes(compared, scene)):
            raise CheckpointError(compared.name, "shows no layer", "undo what took them away, or set their detail")
    return network, beside


def place(stage: Stage) -> None:
    """Put the other network below, give both the same ranges and a title, and look at both.

    Raises `CheckpointError` where there is no other.
    """
    both = network, beside = pair(stage.network)
    _below(stage, network, beside)
    _same_ranges(network, beside)
    for compared in both:
        _title(compared, stage)
    picture.frame(network, stage.scene, stage.camera, beside=beside)


def _below(stage, network, other):
    root = NetworkScene(other).root().obj
    if not any(root.location):  # else somebody has put it elsewhere
        root.location.z = float(_boxes(network, stage.scene)[:, 2].min() - _boxes(other, stage.scene)[:, 2].max()) - GAP


def _boxes(network, scene) -> np.ndarray:
    """The corners (n, 3) of the layers of a network as they are now."""
    view_layer = scene.view_layers[0]
    view_layer.update()
    objs = [layer.obj for layer in NetworkScene(network).members(LayerObject)]
    return framing.corners(objs, view_layer.depsgraph)


def _same_ranges(network, other):
    """The larger of both ranges for layers of one name, and for the connections between them."""
    mine, others = NetworkScene(network), NetworkScene(other)
    _share(mine.layers(), others.layers(), "Range")
    _share(_bundles(mine), _bundles(others), "Weight Range")


def _bundles(network: NetworkScene) -> dict[tuple[str, str, int], Bundle]:
    """The bundles of a network by their ends and their place among the connections; of copies the first."""
    bundles: dict[tuple[str, str, int], Bundle] = {}
    for bundle in network.bundles():
        bundles.setdefault((*bundle.ends, bundle.index), bundle)
    return bundles


def _share(mine: Mapping[Any, WithSockets], others: Mapping[Any, WithSockets], name: str) -> None:
    for key in mine.keys() & others.keys():
        pair = mine[key], others[key]
        value = max(float(entity.inputs[name]) for entity in pair)
        for entity in pair:
            sockets.refresh(entity, {name: value})
            entity.obj.update_tag()


def _title(network, stage):
    """The name of the file before a network, where the signal enters."""
    shown = NetworkScene(network)
    title = next((member.obj for member in shown.members(Title)), None)
    box = _boxes(network, stage.scene)
    if title is None:
        title = labels.text(words.shortened(network.name), TITLE, shown.materials["label"], "RIGHT", "CENTER")
        Title.make(title)
        shown.child("labels").objects.link(title)
        framing.face(title, stage.camera)
    root = shown.root().obj
    title.parent = root
    local = (box - np.array(root.matrix_world.translation)) @ np.array(stage.turn)
    low = local.min(0)
    high = local.max(0)
    title.location = stage.turn @ Vector((low[0] - 0.1 * HEIGHT, low[1], (low[2] + high[2]) / 2))
