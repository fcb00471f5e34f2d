# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copying how one layer, bundle or block looks to others: all that its sockets say but what it shows, and where."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ... import compat
from ...nodes.interface import Interface
from ...nodes.sockets import LAYER, OF
from .. import tags


def sockets(modifier: bpy.types.NodesModifier, interface: Interface) -> list[str]:
    """The sockets of a group that make up its look: those of ours that do, and what somebody has added to the group."""
    return [
        item.name
        for item in modifier.node_group.interface.items_tree
        if item.item_type == "SOCKET"
        and item.in_out == "INPUT"
        and item.socket_type != "NodeSocketGeometry"
        and (interface[item.name].look if item.name in interface else item.socket_type != "NodeSocketObject")
    ]


def copy(source: bpy.types.Object, targets: Iterable[bpy.types.Object]) -> int:
    """Give things of the same kind the look of `source`; returns how many.

    The radius of lines that carry no weight, and their material, stay apart from those of lines that do.
    """
    given, count = tags.modifier(source), 0
    for target in targets:
        modifier = tags.modifier(target)
        if target == source or modifier is None or tags.kind(target) != tags.kind(source):
            continue
        names = sockets(given, OF[tags.kind(source)])
        if tags.read(target).get("carries") != tags.read(source).get("carries"):
            names = [name for name in names if name not in ("Material", "Radius")]
        if tags.read(target).get("level") == "box" or tags.read(source).get("level") == "box":
            names = [name for name in names if name not in LAYER.having("boxed")]
        known = compat.identifiers(modifier.node_group)
        compat.set_inputs(modifier, {name: compat.get_input(given, name) for name in names if name in known})
        target.update_tag()
        count += 1
    return count
