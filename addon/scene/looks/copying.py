# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copying how one layer, bundle or block looks to others: all that its sockets say but what it shows, and where."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ... import compat
from ...nodes.interface import Interface
from ...nodes.sockets import LAYER, OF
from .. import palettes
from ..entities import Bundle, LayerObject, kind, modifier


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
    """Give objects of the same kind the look of `source`; returns how many.

    The radius of lines that carry no weight, and their material, stay apart from those of lines that do.
    """
    given = modifier(source)
    count = 0
    for target in targets:
        changed = modifier(target)
        if target == source or changed is None or kind(target) != kind(source):
            continue
        names = sockets(given, OF[kind(source)])
        if _carries(target) != _carries(source):
            names = [name for name in names if name not in ("Material", "Radius")]
        if _is_box(target) or _is_box(source):
            names = [name for name in names if name not in LAYER.having("boxed")]
        known = compat.identifiers(changed.node_group)
        compat.set_inputs(changed, {name: compat.get_input(given, name) for name in names if name in known})
        palettes.follow([target])
        target.update_tag()
        count += 1
    return count


def _carries(obj) -> str:
    bundle = Bundle.of(obj)
    return bundle.carries if bundle else ""


def _is_box(obj) -> bool:
    layer = LayerObject.of(obj)
    return layer is not None and layer.has_one_cell
