# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What in a .blend is ours: every data-block of ours carries the custom property group "neuroscene" with a kind."""

from __future__ import annotations

import bpy

from ...nodes import arrival, series

KEY = "neuroscene"
TYPES = {
    "root": "MESH",
    "layer": "MESH",
    "gone": "MESH",
    "copy": "MESH",
    "annotation": "MESH",
    "block": "MESH",
    "book": "MESH",
    "connections": "CURVES",
    "arcs": "CURVES",
    "bars": "MESH",
    "kernels": "MESH",
    "histogram": "MESH",
    "confusion": "MESH",
    "picture": "MESH",
    "label": "FONT",
    "leader": "MESH",
    "class": "FONT",
    "heading": "FONT",
    "opened": "MESH",
    "title": "FONT",
    "camera": "CAMERA",
}
WITH_NODES = (  # set by sockets
    "root",
    "layer",
    "gone",
    "copy",
    "annotation",
    "block",
    "book",
    "connections",
    "arcs",
    "bars",
    "kernels",
    "opened",
)
SET_BY_HAND = ("root", "layer", "copy", "annotation", "block", "book", "connections", "arcs")


def facts(id_data: bpy.types.ID | None):
    """The property group on a data-block, to be read and written in place; None if it is not ours."""
    group = id_data.get(KEY) if id_data else None
    return group if hasattr(group, "to_dict") else None


def kind(id_data: bpy.types.ID | None) -> str:
    """What a data-block of ours is, "" of others: also of an object that was turned into another type or has lost its
    nodes, as by Convert or Apply, for it has nothing any more that we could set."""
    group = facts(id_data)
    said = group.get("kind", "") if group is not None else ""
    if said in TYPES and isinstance(id_data, bpy.types.Object):
        if id_data.type != TYPES[said] or said in WITH_NODES and nodes(id_data) is None:
            return ""
    return said


def is_kind(id_data: bpy.types.ID, wanted: str) -> bool:
    """Whether a data-block of ours is of this kind, as `kind` has it; quick where it says another."""
    group = facts(id_data)
    return group is not None and group.get("kind", "") == wanted and kind(id_data) == wanted


def mark(id_data: bpy.types.ID, kind: str) -> None:
    """Make a data-block ours, as one of this kind that says nothing else yet."""
    id_data[KEY] = {"kind": kind}


def nodes(obj: bpy.types.Object) -> bpy.types.NodesModifier | None:
    """The geometry-nodes modifier of any object; those of series and films come before its own, and are none."""
    every = _every(obj)
    return next((modifier for modifier in every if not _comes_before(modifier.node_group)), None)


def series_nodes(obj: bpy.types.Object) -> list[bpy.types.NodesModifier]:
    """The modifiers of series on an object."""
    return [modifier for modifier in _every(obj) if series.is_of_series(modifier.node_group)]


def arrival_nodes(obj: bpy.types.Object) -> bpy.types.NodesModifier | None:
    """The modifier that lets the numbers of an object appear in a film."""
    return next((modifier for modifier in _every(obj) if arrival.is_arrival(modifier.node_group)), None)


def _comes_before(tree):
    return series.is_of_series(tree) or arrival.is_arrival(tree)


def _every(obj):
    return (modifier for modifier in obj.modifiers if modifier.type == "NODES" and modifier.node_group)


def modifier(obj: bpy.types.Object | None) -> bpy.types.NodesModifier | None:
    """The geometry-nodes modifier of a network's root, a layer, a block, a book or a bundle of connections: what a
    designer sets."""
    return nodes(obj) if kind(obj) in SET_BY_HAND else None
