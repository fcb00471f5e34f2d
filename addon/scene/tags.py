# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What we know of an object is written on it, in the custom property group "neuroscene"; names may change."""

from __future__ import annotations

from collections.abc import Iterator

import bpy

KEY = "neuroscene"


def write(block: bpy.types.ID, /, kind: str, **facts) -> None:
    """Mark a data-block as ours; values are numbers, strings, lists and dicts of them."""
    block[KEY] = {"kind": kind, **facts}


def read(block: bpy.types.ID | None) -> dict:
    """The facts on a data-block; empty if it is not ours."""
    facts = block.get(KEY) if block else None
    return facts.to_dict() if hasattr(facts, "to_dict") else {}


def kind(block: bpy.types.ID | None) -> str:
    facts = block.get(KEY) if block else None
    return facts.get("kind", "") if hasattr(facts, "get") else ""


def networks(scene: bpy.types.Scene | None = None) -> list[bpy.types.Collection]:
    """The networks of this file, or of one of its scenes."""
    found = [one for one in bpy.data.collections if kind(one) == "network"]
    inside = set(scene.collection.children_recursive) if scene and found else ()
    return [one for one in found if one in inside] if scene else found


def members(network: bpy.types.Collection, wanted: str) -> Iterator[bpy.types.Object]:
    """The objects of one kind ("layer", "connections", "label", ...) of a network."""
    things = list(network.all_objects)  # hiding one of them while Blender's own list is walked through crashes
    return (one for one in things if kind(one) == wanted)


def network_of(thing: bpy.types.Object | None) -> bpy.types.Collection | None:
    """The network that an object belongs to."""
    if thing is None:
        return None
    return next((one for one in networks() if thing.name in one.all_objects), None)


def scene_of(network: bpy.types.Collection) -> bpy.types.Scene | None:
    """The scene that a network stands in, the first if there are several."""
    return next((one for one in bpy.data.scenes if network in one.collection.children_recursive), None)


def chosen(context: bpy.types.Context, uuid: str = "") -> bpy.types.Collection | None:
    """The network with this uuid, of copies that of the active object; without one, that of the active object, else the
    first of the file."""
    active, found = network_of(context.object), [one for one in networks() if not uuid or one[KEY]["uuid"] == uuid]
    return active if active in found else next(iter(found), None)


def modifier(thing: bpy.types.Object | None) -> bpy.types.NodesModifier | None:
    """The geometry-nodes modifier of a network's root, a layer, a block or a bundle of connections: what a designer
    sets."""
    return nodes(thing) if kind(thing) in ("root", "layer", "block", "connections") else None


def nodes(thing: bpy.types.Object) -> bpy.types.NodesModifier | None:
    """The geometry-nodes modifier of any object."""
    return next((one for one in thing.modifiers if one.type == "NODES" and one.node_group), None)
