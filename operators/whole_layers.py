# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Layers as wholes: renamed, hidden, looked at alone, duplicated and deleted with all that belongs to them."""

import bpy

from ..addon.scene.camera import viewport
from ..addon.scene.editing import together, watching
from ..addon.scene.entities import BlockBox, Bundle, LayerCopy, LayerObject, networks
from .bases.whole import Whole

OURS = (LayerObject, BlockBox, Bundle, LayerCopy)


def chosen(context) -> list[bpy.types.Object]:
    """The selected objects, if a layer, a block, a duplicate or lines are among them."""
    objs = list(context.view_layer.objects.selected)
    return objs if any(kind.is_one(obj) for obj in objs for kind in OURS) else []


class OnWholeLayers(Whole):
    """Works on the selected layers, blocks and lines, in Object Mode."""

    @classmethod
    def poll(cls, context):
        if context.mode == "OBJECT" and networks() and chosen(context):
            return True
        cls.poll_message_set("Select a layer, a block or lines in Object Mode")
        return False


class NEUROSCENE_OT_delete_layers(OnWholeLayers, bpy.types.Operator):
    """Delete the selected layers with their labels, plates and lines"""

    bl_idname = "neuroscene.delete_layers"
    bl_label = "Delete Layers"
    bl_options = {"REGISTER", "UNDO"}

    confirm: bpy.props.BoolProperty(
        name="Confirm", default=False, options={"SKIP_SAVE", "HIDDEN"}, description="Ask before anything is deleted"
    )

    def invoke(self, context, event):
        if self.confirm:
            return context.window_manager.invoke_confirm(
                self, event, title="Delete selected layers?", confirm_text="Delete"
            )
        return self.execute(context)

    def execute(self, context):
        objs = chosen(context)
        count = len(objs)
        layers = together.remove(objs)
        self.report({"INFO"}, _said(layers, "layer") if layers else _said(count, "object"))
        return {"FINISHED"}


def _said(count, noun):
    one = count == 1
    return f"Deleted {count:,} {noun}{'' if one else 's'} with all that belonged to {'it' if one else 'them'}"


class NEUROSCENE_OT_hide_layers(OnWholeLayers, bpy.types.Operator):
    """Hide the selected layers with their labels and lines, or all others"""

    bl_idname = "neuroscene.hide_layers"
    bl_label = "Hide Layers"
    bl_options = {"REGISTER", "UNDO"}

    unselected: bpy.props.BoolProperty(
        name="Unselected", default=False, options={"SKIP_SAVE"}, description="Hide all layers but the selected ones"
    )

    def execute(self, context):
        objs = chosen(context)
        view_layer = context.view_layer
        if self.unselected:
            kept = set(objs)
            objs = [obj for obj in view_layer.objects if LayerObject.is_one(obj) and obj not in kept]
        together.set_hidden(objs, True, view_layer)
        return {"FINISHED"}


class NEUROSCENE_OT_toggle_layer(Whole, bpy.types.Operator):
    """Show or hide a layer or block with all that belongs to it"""

    bl_idname = "neuroscene.toggle_layer"
    bl_label = "Show or Hide"
    bl_options = {"UNDO", "INTERNAL"}

    layer: bpy.props.StringProperty(name="Layer", description="Name of the object", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        if networks():
            return True
        cls.poll_message_set("There is no network in this file")
        return False

    def execute(self, context):
        obj = context.view_layer.objects.get(self.layer)
        if obj is None:
            return {"CANCELLED"}
        together.set_hidden([obj], not obj.hide_get(view_layer=context.view_layer), context.view_layer)
        return {"FINISHED"}


class NEUROSCENE_OT_isolate_layers(OnWholeLayers, bpy.types.Operator):
    """Look at the selected layers alone, with their labels and lines, or at everything again"""

    bl_idname = "neuroscene.isolate_layers"
    bl_label = "Isolate Layers"

    @classmethod
    def poll(cls, context):
        area = viewport.view(context)
        if area and area.spaces.active.local_view:
            return True
        return super().poll(context)

    def execute(self, context):
        area = viewport.view(context)
        if area is None:
            self.report({"WARNING"}, "Needs a 3D view in this window")
            return {"CANCELLED"}
        region = next(region for region in area.regions if region.type == "WINDOW")
        view_layer = context.view_layer
        objs = [] if area.spaces.active.local_view else chosen(context)
        added = [part for obj in objs for part in together.parts(obj) if not part.select_get(view_layer=view_layer)]
        locked = [part for part in added if part.hide_select]
        for part in locked:
            part.hide_select = False
        for part in added:
            if part.name in view_layer.objects:
                part.select_set(True, view_layer=view_layer)
        with context.temp_override(area=area, region=region):
            bpy.ops.view3d.localview(frame_selected=False)
        for part in added:
            if part.name in view_layer.objects:
                part.select_set(False, view_layer=view_layer)
        for part in locked:
            part.hide_select = True
        return {"FINISHED"}


class NEUROSCENE_OT_duplicate_layers(OnWholeLayers, bpy.types.Operator):
    """Duplicate the selected layers with their labels and incoming lines: a snapshot, or a follower of the same data"""

    bl_idname = "neuroscene.duplicate_layers"
    bl_label = "Duplicate Layers"
    bl_options = {"REGISTER", "UNDO"}

    follow: bpy.props.BoolProperty(
        name="Follow", default=False, description="Show what the layer shows, now and later, in place of a snapshot"
    )

    @classmethod
    def poll(cls, context):
        if context.mode == "OBJECT" and any(map(LayerObject.is_one, context.view_layer.objects.selected)):
            return True
        cls.poll_message_set("Select a layer in Object Mode")
        return False

    def execute(self, context):
        together.duplicate(chosen(context), self.follow, context.view_layer)
        return {"FINISHED"}


class NEUROSCENE_OT_duplicate_and_move(Whole, bpy.types.Macro):
    """Duplicate the selected layers with their labels and incoming lines, and move the duplicates"""

    bl_idname = "neuroscene.duplicate_and_move"
    bl_label = "Duplicate Layers and Move"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        return NEUROSCENE_OT_duplicate_layers.poll(context)


class NEUROSCENE_OT_rename_layer(OnWholeLayers, bpy.types.Operator):
    """Rename the active layer: its label and its lines are called so too"""

    bl_idname = "neuroscene.rename_layer"
    bl_label = "Rename Layer"
    bl_options = {"REGISTER", "UNDO"}

    name: bpy.props.StringProperty(name="Name", description="Set the name; empty for that of the file")

    @classmethod
    def poll(cls, context):
        if context.mode == "OBJECT" and LayerObject.is_one(context.object):
            return True
        cls.poll_message_set("Make a layer active in Object Mode")
        return False

    def invoke(self, context, event):
        self.name = LayerObject(context.object).called
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context):
        self.layout.activate_init = True  # so that one can type at once
        self.layout.prop(self, "name")

    def execute(self, context):
        layer = LayerObject(context.object)
        layer.obj.name = self.name or layer.name
        together.follow_name(layer)
        watching.look(context.scene)
        return {"FINISHED"}


def define() -> None:
    """Say what the macro is made of; it has to be registered."""
    NEUROSCENE_OT_duplicate_and_move.define("NEUROSCENE_OT_duplicate_layers")
    NEUROSCENE_OT_duplicate_and_move.define("TRANSFORM_OT_translate")
