# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Layers of a network by name, by what joins them and by text, as their objects tell it; no model file is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import bpy

from . import tags

Layers = list[bpy.types.Object]


def layers(network: bpy.types.Collection) -> dict[str, bpy.types.Object]:
    """The objects of the layers by the layers' names, in the order of the network."""
    found: dict[str, bpy.types.Object] = {}
    for layer in sorted(tags.members(network, "layer"), key=order):
        found.setdefault(layer[tags.KEY]["layer"], layer)
    return found


def order(layer: bpy.types.Object) -> int:
    """The place of a layer in its network."""
    return layer[tags.KEY].get("order", 0)


def inputs(network: bpy.types.Collection, names: Iterable[str]) -> Layers:
    """The layers that these layers read."""
    return _joined(network, names, _sources)


def outputs(network: bpy.types.Collection, names: Iterable[str]) -> Layers:
    """The layers that read these layers."""
    return _joined(network, names, _readers)


def upstream(network: bpy.types.Collection, names: Iterable[str]) -> Layers:
    """The layers that feed these layers, directly or through others."""
    return _joined(network, names, _sources, onwards=True)


def downstream(network: bpy.types.Collection, names: Iterable[str]) -> Layers:
    """The layers that these layers feed, directly or through others."""
    return _joined(network, names, _readers, onwards=True)


def same_block(network: bpy.types.Collection, names: Iterable[str]) -> Layers:
    """The layers whose innermost block is that of one of these layers; they are among them."""
    every = layers(network)
    blocks = {_block(every[name]) for name in names} - {""}
    return [one for one in every.values() if _block(one) in blocks]


def found(network: bpy.types.Collection, text: str) -> Layers:
    """The layers that a text `matches`."""
    return [layer for layer in layers(network).values() if matches(layer, text)]


def matches(layer: bpy.types.Object, text: str) -> bool:
    """Whether each word is in the name of a layer, its op, those of its parts, or its block, in any case."""
    facts = layer[tags.KEY]
    said = "\n".join([layer.name, facts["layer"], facts["op"], *facts.get("parts", ()), _block(layer)]).lower()
    return all(word in said for word in text.lower().split())


def selected(context: bpy.types.Context, network: bpy.types.Collection) -> list[str]:
    """The names of the selected layers, else that of the active one."""
    every, view_layer = layers(network), context.view_layer
    return [name for name, one in every.items() if one.select_get(view_layer=view_layer)] or [
        name for name, one in every.items() if one == view_layer.objects.active
    ]


def select(context: bpy.types.Context, objs: Iterable[bpy.types.Object], extend: bool = False) -> Layers:
    """Select these objects, with `extend` besides those that are, and make the first active.

    Returns which could be: not those that are hidden, may not be selected, or are not in the view layer. If none could,
    nothing changes.
    """
    view_layer, space = context.view_layer, context.space_data
    view = space if space and space.type == "VIEW_3D" else None
    able = [obj for obj in objs if obj.visible_get(view_layer=view_layer, viewport=view) and not obj.hide_select]
    if not able:
        return able
    if not extend:
        for one in list(view_layer.objects.selected):
            one.select_set(False, view_layer=view_layer)
    for one in able:
        one.select_set(True, view_layer=view_layer)
    view_layer.objects.active = able[0]
    return able


def _joined(network, names, neighbours: Callable, onwards: bool = False) -> Layers:
    every = layers(network)
    beside = neighbours(every)
    reached, ahead = set(), list(names)
    while ahead:
        new = set(beside.get(ahead.pop(), ())) - reached
        reached |= new
        if onwards:
            ahead += new
    return [one for name, one in every.items() if name in reached]


def _sources(every: dict[str, bpy.types.Object]) -> dict[str, list[str]]:
    return {name: list(one[tags.KEY].get("inputs", ())) for name, one in every.items()}


def _readers(every: dict[str, bpy.types.Object]) -> dict[str, list[str]]:
    readers: dict[str, list[str]] = {}
    for name, sources in _sources(every).items():
        for source in sources:
            readers.setdefault(source, []).append(name)
    return readers


def _block(layer: bpy.types.Object) -> str:
    return layer[tags.KEY].get("block", "")
