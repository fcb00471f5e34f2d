# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Layers of a network by name, by what joins them and by text, as their objects tell it; no model file is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import bpy

from .editing import arranging
from .entities import LayerObject, NetworkScene

Layers = list[bpy.types.Object]


def layers(network: bpy.types.Collection) -> dict[str, bpy.types.Object]:
    """The objects of the layers by the layers' names, in the order of the network."""
    return {name: layer.obj for name, layer in NetworkScene(network).layers().items()}


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
    every = NetworkScene(network).layers()
    blocks = {every[name].block for name in names} - {""}
    return [layer.obj for layer in every.values() if layer.block in blocks]


def matching(network: bpy.types.Collection, text: str) -> Layers:
    """The layers that a text `matches`."""
    return [layer for layer in layers(network).values() if matches(layer, text)]


def matches(obj: bpy.types.Object, text: str) -> bool:
    """Whether each word is in the name of a layer, its op, those of its parts, or its block, in any case."""
    layer = LayerObject(obj)
    said = "\n".join([obj.name, layer.name, layer.op, *layer.parts, layer.block]).lower()
    return all(word in said for word in text.lower().split())


def selected(context: bpy.types.Context, network: bpy.types.Collection) -> list[str]:
    """The names of the selected layers, else that of the active one."""
    every = layers(network)
    view_layer = context.view_layer
    return [name for name, layer in every.items() if layer.select_get(view_layer=view_layer)] or [
        name for name, layer in every.items() if layer == view_layer.objects.active
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
        for obj in list(view_layer.objects.selected):
            obj.select_set(False, view_layer=view_layer)
    for obj in able:
        obj.select_set(True, view_layer=view_layer)
    view_layer.objects.active = able[0]
    return able


def _joined(network, names, neighbours: Callable, onwards: bool = False) -> Layers:
    scene = NetworkScene(network)
    every = scene.layers()
    unbuilt = scene.unbuilt()
    at = {name: arranging.key_of(path) for path, box in unbuilt.items() for name in box.layers}  # a block as one layer
    sources = {name: layer.sources for name, layer in every.items()}
    sources |= {arranging.key_of(path): box.reads for path, box in unbuilt.items()}
    beside = neighbours({name: [at.get(source, source) for source in read] for name, read in sources.items()})
    reached = set()
    ahead = list(names)
    while ahead:
        new = set(beside.get(ahead.pop(), ())) - reached
        reached |= new
        if onwards:
            ahead += new
    return [layer.obj for name, layer in every.items() if name in reached]


def _sources(sources: dict[str, list[str]]) -> dict[str, list[str]]:
    return sources


def _readers(sources: dict[str, list[str]]) -> dict[str, list[str]]:
    readers: dict[str, list[str]] = {}
    for name, read in sources.items():
        for source in read:
            readers.setdefault(source, []).append(name)
    return readers
