# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""State of the sidebar. It lives in the .blend with the collection that it belongs to."""

import bpy

from .layer_fields import LayerFields
from .nodes.sockets.layer import ARRANGEMENTS
from .scene import hierarchy, selection
from .scene.editing import watching
from .scene.entities import LayerCopy, LayerObject
from .scene.storyboard.beats import SHOTS


def _active(self):
    """The row of the active object."""
    active = bpy.context.view_layer.objects.active
    return self.rows.find(active.name) if active else -1


def _select(self, index):
    """Make the layer or block that was clicked in the list the active object."""
    known = bpy.context.view_layer.objects
    if bpy.context.mode != "OBJECT" or not 0 <= index < len(self.rows) or self.rows[index].name not in known:
        return
    obj = known[self.rows[index].name]
    selection.select(bpy.context, [obj])
    known.active = obj  # also a hidden one: its facts can be read


def _arrangement(self):
    """The arrangement that a layer is nearest to."""
    layer = LayerCopy.of(self) or LayerObject.of(self)
    return max(0, min(len(ARRANGEMENTS) - 1, round(layer.inputs["Arrangement"]))) if layer else 0


def _arrange(self, number):
    layer = LayerCopy.of(self) or LayerObject.of(self)
    if layer is not None:
        layer.inputs["Arrangement"] = float(number)


class HierarchyRow(bpy.types.PropertyGroup):
    """A layer or block in the sidebar's tree, by the name of its object; see `scene.hierarchy`."""

    text: bpy.props.StringProperty(name="Name", description="Say what it is called")
    depth: bpy.props.IntProperty(name="Depth", description="Say how many blocks are round it")
    op: bpy.props.StringProperty(name="Operator", description="Say what it does")
    count: bpy.props.StringProperty(name="Parameters", description="Say how many parameters it has")
    sought: bpy.props.StringProperty(name="Sought", description="Say by what a search finds it")
    parent: bpy.props.IntProperty(name="Parent", default=-1, description="Say which row is round it")
    opened: bpy.props.BoolProperty(name="Show Inside", default=True, description="Show what is in this block")


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


def _operators(self, context, text):
    """What layers of the network do."""
    return sorted({row.op for row in self.rows if row.op != "block" and text.lower() in row.op.lower()})


class NetworkState(bpy.types.PropertyGroup):
    """What the sidebar remembers of a network."""

    rows: bpy.props.CollectionProperty(type=HierarchyRow, name="Layers", description="List blocks and layers")
    active: bpy.props.IntProperty(name="Layer", description="Selects a layer in the list", get=_active, set=_select)
    composed: bpy.props.StringProperty(name="Chosen Layer", description="Name the layer whose settings are shown")
    composed_at: bpy.props.StringProperty(
        name="Chosen At", description="Name the active layer at the time when a layer was chosen", options={"HIDDEN"}
    )
    operators: bpy.props.StringProperty(
        name="Operator", description="Show only layers that do this. Empty shows all", search=_operators
    )
    beats: bpy.props.CollectionProperty(type=FilmBeat, name="Storyboard", description="List the beats of the film")
    beat: bpy.props.IntProperty(name="Beat", description="Choose a beat of the film", min=0)
    film_seconds: bpy.props.FloatProperty(
        name="Seconds",
        min=1.0,
        max=600.0,
        default=20.0,
        description="Set the length of the film. Apply fits all beats to it",
    )


def fill(network: bpy.types.Collection) -> None:
    """Let the sidebar's tree have the rows of a network as it is now; what was closed in it stays closed."""
    state = network.neuroscene_state
    closed = {row.name for row in state.rows if not row.opened}
    state.rows.clear()
    for told in hierarchy.rows(network):
        row = state.rows.add()
        row.name, row.text, row.depth, row.op = told.obj, told.text, told.depth, told.op
        row.count, row.sought, row.parent = hierarchy.counted(told.parameters), told.sought, told.parent
        row.opened = told.obj not in closed


def register():
    """Give collections the property `neuroscene_state`."""
    bpy.utils.register_class(FilmBeat)
    bpy.utils.register_class(HierarchyRow)
    watching.LISTENERS.append(fill)
    bpy.utils.register_class(NetworkState)
    bpy.utils.register_class(LayerFields)
    bpy.types.Collection.neuroscene_layer = bpy.props.PointerProperty(type=LayerFields)
    bpy.types.Object.neuroscene_arrangement = bpy.props.EnumProperty(
        name="Arrangement",
        items=[(name.upper(), name.capitalize(), f"Arrange units as a {name}") for name in ARRANGEMENTS],
        description="Arrange the units of this layer. Morph goes from one arrangement to the next",
        get=_arrangement,
        set=_arrange,
    )
    bpy.types.Collection.neuroscene_state = bpy.props.PointerProperty(type=NetworkState)


def unregister():
    """Take the property back."""
    del bpy.types.Collection.neuroscene_layer
    bpy.utils.unregister_class(LayerFields)
    del bpy.types.Collection.neuroscene_state
    del bpy.types.Object.neuroscene_arrangement
    watching.LISTENERS.remove(fill)
    bpy.utils.unregister_class(NetworkState)
    bpy.utils.unregister_class(HierarchyRow)
    bpy.utils.unregister_class(FilmBeat)
