# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which layer of a composed network is being edited: that of the active object, else the one last chosen."""

from __future__ import annotations

import bpy

from ...composing import LayerSpec, Specification
from ..entities import LayerObject, NetworkScene, network_of


def chosen(collection: bpy.types.Collection, specification: Specification) -> LayerSpec | None:
    """The layer that the fields show; the last where none is chosen."""
    by_name = {layer.name: layer for layer in specification.layers}
    active = bpy.context.view_layer.objects.active if bpy.context.view_layer else None
    layer = LayerObject.of(active) if active is not None and network_of(active) == collection else None
    names = [collection.neuroscene_state.composed] if collection.neuroscene_state.composed else []
    if layer is not None and collection.neuroscene_state.composed_at != layer.name:
        names.insert(0, layer.name)
    return next((by_name[name] for name in names if name in by_name), specification.layers[-1])


def choose(collection: bpy.types.Collection, name: str) -> None:
    """Choose a layer in the list, also one that has no object of its own, as Dropout."""
    state = collection.neuroscene_state
    state.composed = name
    active = bpy.context.view_layer.objects.active
    layer = LayerObject.of(active) if active is not None else None
    state.composed_at = layer.name if layer is not None else ""
    own = NetworkScene(collection).layers().get(name)
    if own is not None and own.obj.name in bpy.context.view_layer.objects:
        for obj in bpy.context.selected_objects:
            obj.select_set(False)
        own.obj.select_set(True)
        bpy.context.view_layer.objects.active = own.obj
        state.composed_at = name
