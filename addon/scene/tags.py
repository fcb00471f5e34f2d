# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What we know of an object is written on it, in the custom property group "neuroscene"; names may change."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from ..containers import CheckpointError

KEY = "neuroscene"
TYPES = {
    "root": "MESH",
    "layer": "MESH",
    "gone": "MESH",
    "block": "MESH",
    "connections": "CURVES",
    "bars": "MESH",
    "kernels": "MESH",
    "label": "FONT",
    "class": "FONT",
    "title": "FONT",
    "camera": "CAMERA",
}
WITH_NODES = ("root", "layer", "gone", "block", "connections", "bars", "kernels")  # set by sockets


def write(block: bpy.types.ID, /, kind: str, **facts) -> None:
    """Mark a data-block as ours; values are numbers, strings, lists and dicts of them."""
    block[KEY] = {"kind": kind, **facts}


def read(block: bpy.types.ID | None) -> dict:
    """The facts on a data-block; empty if it is not ours."""
    facts = block.get(KEY) if block else None
    return facts.to_dict() if hasattr(facts, "to_dict") else {}


def kind(block: bpy.types.ID | None) -> str:
    """What a data-block of ours is, "" of others: also of an object that was turned into another type or has lost its
    nodes, as by Convert or Apply, for it has nothing any more that we could set."""
    facts = block.get(KEY) if block else None
    said = facts.get("kind", "") if hasattr(facts, "get") else ""
    if said in TYPES and isinstance(block, bpy.types.Object):
        if block.type != TYPES[said] or said in WITH_NODES and nodes(block) is None:
            return ""
    return said


def networks(scene: bpy.types.Scene | None = None) -> list[bpy.types.Collection]:
    """The networks of this file, or of one of its scenes."""
    found = [collection for collection in bpy.data.collections if kind(collection) == "network"]
    inside = set(scene.collection.children_recursive) if scene and found else ()
    return [one for one in found if one in inside] if scene else found


def objects(collection: bpy.types.Collection) -> list[bpy.types.Object]:
    """All objects of a collection and of those in it, each once.

    Not by Blender's `all_objects`: that list is kept, and where objects went or came back since it was made, it can
    hold freed ones. To hide one while it is walked through crashes too.
    """
    every = (obj for holder in (collection, *collection.children_recursive) for obj in holder.objects)
    return list(dict.fromkeys(every))


def members(network: bpy.types.Collection, wanted: str) -> Iterator[bpy.types.Object]:
    """The objects of one kind ("layer", "connections", "label", ...) of a network."""
    return (obj for obj in objects(network) if kind(obj) == wanted)


def network_of(obj: bpy.types.Object | None) -> bpy.types.Collection | None:
    """The network that an object belongs to."""
    if obj is None:
        return None
    holders = set(obj.users_collection)
    return next(
        (network for network in networks() if not holders.isdisjoint((network, *network.children_recursive))), None
    )


def root(network: bpy.types.Collection) -> bpy.types.Object:
    """The object with the sliders of a whole network. Raises `CheckpointError` if somebody has deleted it."""
    found = next(members(network, "root"), None)
    if found is None:
        raise CheckpointError(
            network.name,
            "has lost its root, the object that holds it together",
            "undo that, or import the network again",
        )
    return found


def part(collection: bpy.types.Collection, wanted: str) -> bpy.types.Collection:
    """The collection of one kind ("layers", "labels", "shots", ...) in another; made anew if there is none."""
    child = next((child for child in collection.children if kind(child) == wanted), None)
    if child is None:
        child = bpy.data.collections.new(f"{collection.name} {wanted.capitalize()}")
        write(child, wanted)
        collection.children.link(child)
    return child


def scene_of(network: bpy.types.Collection) -> bpy.types.Scene | None:
    """The scene that a network stands in, the first if there are several."""
    return next((scene for scene in bpy.data.scenes if network in scene.collection.children_recursive), None)


def chosen(context: bpy.types.Context, uuid: str = "") -> bpy.types.Collection | None:
    """The network with this uuid, of copies that of the active object; without one, that of the active object, else the
    first of the file."""
    active, found = (
        network_of(context.object),
        [network for network in networks() if not uuid or network[KEY]["uuid"] == uuid],
    )
    return active if active in found else next(iter(found), None)


def modifier(obj: bpy.types.Object | None) -> bpy.types.NodesModifier | None:
    """The geometry-nodes modifier of a network's root, a layer, a block or a bundle of connections: what a designer
    sets."""
    return nodes(obj) if kind(obj) in ("root", "layer", "block", "connections") else None


def nodes(obj: bpy.types.Object) -> bpy.types.NodesModifier | None:
    """The geometry-nodes modifier of any object."""
    return next((one for one in obj.modifiers if one.type == "NODES" and one.node_group), None)
