# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copying how one layer, bundle or block looks to others: all that its sockets say but what it shows, and where."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ... import compat
from .. import tags

KEPT_PANELS = {"Ends", "Window", "Hand"}
KEPT = {  # what a thing is, how large it is, and the numbers that come with its data
    "Units", "Rows", "Columns", "Unit Columns", "Pitch", "Unit Gap", "Cell Size", "Block", "Network", "Range",
    "By Hand", "Backing", "Weight Range", "Importance Range", "Lift", "Box", "Outer", "Fold",
    "Colour", "Detail", "Expansion"}
OBJECTS = {"Cell"}  # objects that belong to the look


def sockets(modifier: bpy.types.NodesModifier) -> list[str]:
    """The sockets of a layer's, bundle's or block's group that make up its look."""
    return [one.name for one in modifier.node_group.interface.items_tree
            if one.item_type == "SOCKET" and one.in_out == "INPUT" and one.socket_type != "NodeSocketGeometry"
            and one.name not in KEPT and one.parent.name not in KEPT_PANELS and not one.hide_in_modifier
            and (one.socket_type != "NodeSocketObject" or one.name in OBJECTS)]


def copy(source: bpy.types.Object, targets: Iterable[bpy.types.Object]) -> int:
    """Give things of the same kind the look of `source`; returns how many.

    The radius of lines that carry no weight, and their material, stay apart from those of lines that do.
    """
    given, count = tags.modifier(source), 0
    for thing in targets:
        modifier = tags.modifier(thing)
        if thing == source or modifier is None or tags.kind(thing) != tags.kind(source):
            continue
        names = sockets(given)
        if tags.read(thing).get("carries") != tags.read(source).get("carries"):
            names = [name for name in names if name not in ("Material", "Radius")]
        if tags.read(thing).get("level") == "box" or tags.read(source).get("level") == "box":
            names = [name for name in names if name not in ("Size", "Thickness", "Relief")]
        known = compat.identifiers(modifier.node_group)
        compat.set_inputs(modifier, {name: compat.get_input(given, name) for name in names if name in known})
        thing.update_tag()
        count += 1
    return count
