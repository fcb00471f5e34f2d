# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arrange the layers and blocks that stand in a scene anew; what was moved by hand stays where it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...layout import HEIGHT, Arrangement, BlockPiece, LayoutSettings, Piece, Shape, arrange
from ...layout.layered import axes
from ...network import Network
from .. import tags
from ..building import bars, blocks, connections, layers
from . import room

LONGEST = 14.0 * HEIGHT  # of a row
MOVED = 1e-3  # metres; what stands farther from where it was put was moved by hand
BOW = 0.15 * HEIGHT  # metres, of lines from a layer to itself


def pieces(network: Network, formed: dict[str, Shape]) -> list[Piece]:
    return [Piece(layer.name, tuple(layer.inputs), formed[layer.name].size, layer.block) for layer in network.layers]


def parts(network: Network) -> list[BlockPiece]:
    return [BlockPiece(block.path, block.parent, block.layers) for block in network.blocks]


def settings_of(network: bpy.types.Collection) -> LayoutSettings:
    """The settings that a network was arranged with."""
    return LayoutSettings(**tags.read(network)["settings"]["layout"])


def lift_of(source: str, target: str, arrangement: Arrangement) -> tuple[float, float, float]:
    """How the lines between two layers are led: round what they skip, and from a layer to itself in a bow before it."""
    if source == target:
        return tuple((arrangement.turn @ (-BOW, 0.0, 0.0)).tolist())
    return arrangement.lifts[source, target]


def moved(obj: bpy.types.Object) -> bool:
    """Whether somebody has moved a layer or a block away from where it was put."""
    facts = obj[tags.KEY]
    placed = facts.get("placed", obj.location)
    return bool(facts.get("pinned")) or any(
        abs(is_ - was) > MOVED for is_, was in zip(obj.location, placed, strict=True)
    )


def by_hand(network: bpy.types.Collection) -> list[bpy.types.Object]:
    """The layers and blocks that were moved by hand."""
    return [member for kind in ("block", "layer") for member in tags.members(network, kind) if moved(member)]


def rearrange(network: bpy.types.Collection, settings: LayoutSettings, reset: Collection[bpy.types.Object] = ()) -> int:
    """Put layers and blocks where these settings and the folded blocks want them, and keep the settings.

    What was moved by hand stays where it is, unless it is in `reset`. Returns how many layers stay so.
    """
    for obj in reset:
        tags.write(obj, **(tags.read(obj) | {"pinned": False}))
        obj.location = tags.read(obj)["placed"]
    objs = {
        tags.read(layer)["layer"]: layer
        for layer in sorted(tags.members(network, "layer"), key=lambda one: tags.read(one)["order"])
    }
    facts = {name: tags.read(obj) for name, obj in objs.items()}
    boxes = {
        path: one
        for path, one in blocks.by_path(network).items()
        if not objs.keys().isdisjoint(tags.read(one)["layers"])
    }  # layers may have been deleted
    known, still = {path: tags.read(box) for path, box in boxes.items()}, set()
    for path, box in boxes.items():  # a block in one that was moved goes with it
        if moved(box) or known[path]["parent"] in still:
            still.add(path)
    inside = {name for path in still for name in known[path]["layers"]}
    pinned = {name: tuple(place_of(obj)) for name, obj in objs.items() if name in inside or moved(obj)}
    stood, closed = {path: place_of(boxes[path]) for path in still}, blocks.folded(boxes)
    unseen = {name for path in closed for name in known[path]["layers"]} - inside  # boxes stand as if none was moved
    sizes = dict(zip(objs, room.sizes(objs.values()), strict=True))
    arrangement = arrange(
        [
            Piece(
                name, tuple(fact for fact in facts[name]["inputs"] if fact in objs), sizes[name], facts[name]["block"]
            )
            for name in objs
        ],
        [
            BlockPiece(path, one["parent"], tuple(name for name in one["layers"] if name in objs))
            for path, one in known.items()
        ],
        settings,
        closed,
        {name: place for name, place in pinned.items() if name not in unseen},
    )
    for path, box in boxes.items():
        frame, outer = arrangement.frames[path], known[path]["parent"]
        if path not in still:
            blocks.put(box, frame, arrangement.frames.get(outer))
            continue
        if outer not in still:
            pin(box, stood[path])
        blocks.form(box, frame, Vector(frame.middle) - stood[path])
    for name, box in objs.items():
        if name not in pinned:
            layers.put(box, name, arrangement, place_of(box.parent))
        elif name not in inside:
            pin(box, pinned[name])
    for kind in ("bars", "class"):
        for box in tags.members(network, kind):
            if (name := tags.read(box)["layer"]) in objs:
                bars.turn(box, arrangement.places[name].backwards)
    for bundle in tags.members(network, "connections"):
        ends = [tags.read(bundle)[end] for end in ("source", "target")]
        if objs.keys() >= set(ends):
            connections.lead(bundle, lift_of(*ends, arrangement), arrangement.turn)
    _swing(network, axes(settings.direction) @ axes(settings_of(network).direction).T)
    state = tags.read(network)
    tags.write(network, **(state | {"settings": state["settings"] | {"layout": asdict(settings)}}))
    return len(pinned)


def _swing(network, turn):
    """Let the lights of a network turn with it; `turn` is a rotation (3, 3)."""
    if not np.allclose(turn, np.eye(3)):
        for light in tags.members(network, "light"):
            light.matrix_basis = Matrix(turn).to_4x4() @ light.matrix_basis


def pin(obj, place):
    """Leave a thing where it stands, however the block round it has moved, and remember that somebody put it there:
    a block whose layers were all moved alike stands round them as before."""
    obj.location = Vector(place) - place_of(obj.parent)
    tags.write(obj, **(tags.read(obj) | {"pinned": True}))


def place_of(obj: bpy.types.Object | None) -> Vector:
    """Where a layer or a block stands in the space of the network's root, from the locations of the blocks round it."""
    return sum((one.location for one in _upward(obj)), Vector())


def _upward(obj) -> Iterator[bpy.types.Object]:
    while obj is not None and tags.kind(obj) in ("layer", "block"):
        yield obj
        obj = obj.parent
