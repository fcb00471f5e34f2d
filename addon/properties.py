# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""State of the sidebar. It lives in the .blend with the collection that it belongs to."""

import bpy

from .layer_fields import LayerFields
from .scene import selection


def _active(self):
    """The place of the active object among those of the network."""
    active = bpy.context.view_layer.objects.active
    return self.id_data.all_objects.find(active.name) if active else -1


def _select(self, index):
    """Make the layer that was clicked in the list the active object."""
    objs = self.id_data.all_objects
    known = bpy.context.view_layer.objects
    if bpy.context.mode != "OBJECT" or not 0 <= index < len(objs) or objs[index].name not in known:
        return
    selection.select(bpy.context, [objs[index]])
    known.active = objs[index]  # also a hidden one: its facts can be read


class NetworkState(bpy.types.PropertyGroup):
    """What the sidebar remembers of a network."""

    active: bpy.props.IntProperty(name="Layer", description="Selects a layer in the list", get=_active, set=_select)
    composed: bpy.props.StringProperty(name="Chosen Layer", description="Name the layer whose settings are shown")
    composed_at: bpy.props.StringProperty(
        name="Chosen At", description="Name the active layer at the time when a layer was chosen", options={"HIDDEN"}
    )
    expanded: bpy.props.BoolProperty(name="Layers", description="Show the layers of this network", default=True)


def register():
    """Give collections the property `neuroscene_state`."""
    bpy.utils.register_class(NetworkState)
    bpy.utils.register_class(LayerFields)
    bpy.types.Collection.neuroscene_layer = bpy.props.PointerProperty(type=LayerFields)
    bpy.types.Collection.neuroscene_state = bpy.props.PointerProperty(type=NetworkState)


def unregister():
    """Take the property back."""
    del bpy.types.Collection.neuroscene_layer
    bpy.utils.unregister_class(LayerFields)
    del bpy.types.Collection.neuroscene_state
    bpy.utils.unregister_class(NetworkState)
