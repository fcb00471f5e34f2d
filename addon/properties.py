# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""State of the sidebar. It lives in the .blend with the collection that it belongs to."""

import bpy

from .layer_fields import LayerFields
from .scene import selection
from .scene.storyboard.beats import SHOTS


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


class FilmBeat(bpy.types.PropertyGroup):
    """A beat of a storyboard as the sidebar edits it; see `scene.storyboard.drafts`."""

    about: bpy.props.StringProperty(name="Shows", description="Name the layer or block that is shown")
    frame: bpy.props.IntProperty(
        name="Frame", min=0, description="Set when the signal is there, in frames from the beginning of the film"
    )
    hold: bpy.props.IntProperty(name="Hold", default=1, min=1, description="Set how many frames the camera rests")
    heading: bpy.props.StringProperty(name="Heading", description="Set the large words. Empty shows none")
    sentence: bpy.props.StringProperty(name="Sentence", description="Set the small words. Empty shows none")
    shot: bpy.props.EnumProperty(
        name="Shot",
        items=[(shot, *words) for shot, words in SHOTS.items()],
        description="Choose what the picture shows",
    )


class NetworkState(bpy.types.PropertyGroup):
    """What the sidebar remembers of a network."""

    active: bpy.props.IntProperty(name="Layer", description="Selects a layer in the list", get=_active, set=_select)
    composed: bpy.props.StringProperty(name="Chosen Layer", description="Name the layer whose settings are shown")
    composed_at: bpy.props.StringProperty(
        name="Chosen At", description="Name the active layer at the time when a layer was chosen", options={"HIDDEN"}
    )
    expanded: bpy.props.BoolProperty(name="Layers", description="Show the layers of this network", default=True)
    beats: bpy.props.CollectionProperty(type=FilmBeat, name="Storyboard", description="List the beats of the film")
    beat: bpy.props.IntProperty(name="Beat", description="Choose a beat of the film", min=0)
    film_seconds: bpy.props.FloatProperty(
        name="Seconds",
        min=1.0,
        max=600.0,
        default=20.0,
        description="Set the length of the film. Apply fits all beats to it",
    )


def register():
    """Give collections the property `neuroscene_state`."""
    bpy.utils.register_class(FilmBeat)
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
    bpy.utils.unregister_class(FilmBeat)
