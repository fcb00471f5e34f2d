# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""State of the sidebar. It lives in the .blend with the collection that it belongs to."""

import bpy


def _select(self, context):
    """Make the layer that was clicked in the list the active object."""
    things = self.id_data.all_objects
    if not 0 <= self.active < len(things) or context.view_layer is None:
        return
    thing = things[self.active]
    if context.mode != "OBJECT" or thing.name not in context.view_layer.objects:
        return
    for other in context.selected_objects:
        other.select_set(False)
    thing.select_set(True)
    context.view_layer.objects.active = thing


class NetworkState(bpy.types.PropertyGroup):
    """What the sidebar remembers of a network."""

    active: bpy.props.IntProperty(name="Layer", description="The layer chosen in the list", default=-1, update=_select)
    expanded: bpy.props.BoolProperty(name="Layers", description="Show the layers of this network", default=True)


def register():
    bpy.utils.register_class(NetworkState)
    bpy.types.Collection.neuroscene_state = bpy.props.PointerProperty(type=NetworkState)


def unregister():
    del bpy.types.Collection.neuroscene_state
    bpy.utils.unregister_class(NetworkState)


