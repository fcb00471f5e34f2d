# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checkpoints in one scene, to be compared: one above the other, or side by side, in the same colours for the same
numbers."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
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

GAP = 0.45 * HEIGHT  # between two; the labels of the upper one are in it
TITLE = 0.13 * HEIGHT


def steps(
    network: bpy.types.Collection, path: str | Path, architecture: str | Path = ""
) -> Generator[tuple[float, str], None, bpy.types.Collection]:
    """Import another checkpoint into the scene of a network, drawn as that and with the input that ran through that.

    Yields and returns as `build.build`. Raises `CheckpointError`.
    """
    network = head(network)
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
    NetworkScene(other).tell(beside=uuid, beside_place=len(others(network)) + 1)
    return other


def head(network: bpy.types.Collection) -> bpy.types.Collection:
    """The network with which this one is compared, itself where it is none of the others."""
    uuid = NetworkScene(network).beside
    return next((first for first in networks() if uuid and NetworkScene(first).uuid == uuid), network)


def others(network: bpy.types.Collection) -> list[bpy.types.Collection]:
    """The networks that stand in the same scene to be compared with this one, in the order in which they came."""
    uuid = NetworkScene(network).uuid
    scene = scene_of(network)
    beside = [other for other in networks() if NetworkScene(other).beside == uuid and scene_of(other) == scene]
    return sorted(beside, key=lambda other: (NetworkScene(other).beside_place, other.name))


def every(network: bpy.types.Collection) -> list[bpy.types.Collection]:
    """A network and the `others`. Raises `CheckpointError` where there are none, or one of them shows no layer."""
    beside = others(network)
    if not beside:
        raise CheckpointError(network.name, "is alone in its scene", "compare it with another checkpoint first")
    scene = scene_of(network)
    for compared in (network, *beside):
        NetworkScene(compared).root()
        if not picture.anything(compared, scene) or not len(_boxes(compared, scene)):
            raise CheckpointError(compared.name, "shows no layer", "undo what took them away, or set their detail")
    return [network, *beside]


def place(stage: Stage) -> None:
    """Put the other networks below, or beside where that makes all of them larger, give all the same ranges and a
    title, and look at all.

    Raises `CheckpointError` where there is no other.
    """
    compared = every(stage.network)
    in_row = _is_row(stage, compared)
    for before, other in zip(compared, compared[1:], strict=False):
        _place(stage, before, other, in_row)
    _same_ranges(compared)
    for shown, name in zip(compared, names(compared), strict=True):
        _title(shown, stage, name, in_row)
    picture.frame(stage.network, stage.scene, stage.camera, beside=compared[1:])


def _is_row(stage: Stage, compared) -> bool:
    """Whether networks stand side by side, along the signal: they are larger so than one above the other."""
    boxes = [_boxes(network, stage.scene) @ np.array(stage.turn) for network in compared]
    wide, high = (np.array([np.ptp(box[:, axis]) for box in boxes]) for axis in (0, 2))
    gaps = (len(boxes) - 1) * GAP
    aspect = stage.scene.render.resolution_x / stage.scene.render.resolution_y
    below = max(wide.max() / aspect, high.sum() + gaps)
    beside = max((wide.sum() + gaps) / aspect, high.max())
    return bool(beside < below)


def _place(stage, before, other, in_row: bool) -> None:
    root = NetworkScene(other).root().obj
    if any(root.location):  # somebody has put it elsewhere, or it stands already
        return
    ahead, own = (_boxes(network, stage.scene) @ np.array(stage.turn) for network in (before, other))
    if in_row:
        root.location = stage.turn @ Vector((float(ahead[:, 0].max() - own[:, 0].min()) + GAP, 0.0, 0.0))
    else:
        root.location.z = float(ahead[:, 2].min() - own[:, 2].max()) - GAP


def names(compared: Sequence[bpy.types.Collection]) -> list[str]:
    """What to call each network: by its file, and as much of where that lies as tells it from the others."""
    paths = [Path(NetworkScene(network).source) for network in compared]
    for said in (lambda path: path.stem, lambda path: path.name, lambda path: f"{path.parent.name}/{path.name}"):
        made = [said(path) for path in paths]
        if len(set(made)) == len(made):
            return made
    return [network.name for network in compared]


def retitle(network: bpy.types.Collection) -> None:
    """Let the titles of networks that are compared say which files they show now; words of the user stay."""
    first = head(network)
    compared = [first, *others(first)]
    for shown, name in zip(compared, names(compared), strict=True):
        for title in NetworkScene(shown).members(Title):
            _write(title, name)


def _write(title: Title, name: str) -> None:
    body = words.shortened(name)
    if not title.said or labels.body_of(title.obj) == title.said:
        labels.write_body(title.obj, body)
        title.said = body


def _boxes(network, scene) -> np.ndarray:
    """The corners (n, 3) of the layers of a network as they are now."""
    view_layer = scene.view_layers[0]
    view_layer.update()
    objs = [layer.obj for layer in NetworkScene(network).members(LayerObject)]
    return framing.corners(objs, view_layer.depsgraph)


def _same_ranges(compared) -> None:
    """The largest of all ranges for layers of one name, and for the connections between them."""
    scenes = [NetworkScene(network) for network in compared]
    _share([scene.layers() for scene in scenes], "Range")
    _share([_bundles(scene) for scene in scenes], "Weight Range")


def _bundles(network: NetworkScene) -> dict[tuple[str, str, int], Bundle]:
    """The bundles of a network by their ends and their place among the connections; of copies the first."""
    bundles: dict[tuple[str, str, int], Bundle] = {}
    for bundle in network.bundles():
        bundles.setdefault((*bundle.ends, bundle.index), bundle)
    return bundles


def _share(kinds: Sequence[Mapping[Any, WithSockets]], name: str) -> None:
    for key in dict.fromkeys(key for entities in kinds for key in entities):
        alike = [entities[key] for entities in kinds if key in entities]
        if len(alike) < 2:
            continue
        value = max(float(entity.inputs[name]) for entity in alike)
        for entity in alike:
            sockets.refresh(entity, {name: value})
            entity.obj.update_tag()


def _title(network, stage, name: str, above: bool):
    """The name of the file before a network, where the signal enters; or above it, where another stands there."""
    shown = NetworkScene(network)
    title = next(shown.members(Title), None)
    box = _boxes(network, stage.scene)
    if title is None:
        obj = labels.text(words.shortened(name), TITLE, shown.materials["label"], "RIGHT", "CENTER")
        title = Title.make(obj, said=words.shortened(name))
        shown.child("labels").objects.link(obj)
        framing.face(obj, stage.camera)
    else:
        _write(title, name)
    obj = title.obj
    root = shown.root().obj
    obj.parent = root
    obj.data.align_x = "CENTER" if above else "RIGHT"
    local = (box - np.array(root.matrix_world.translation)) @ np.array(stage.turn)
    low = local.min(0)
    high = local.max(0)
    if above:
        at = Vector(((low[0] + high[0]) / 2, low[1], high[2] + 1.2 * TITLE))
    else:
        at = Vector((low[0] - 0.1 * HEIGHT, low[1], (low[2] + high[2]) / 2))
    obj.location = stage.turn @ at
