# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what is under the mouse: beside the pointer, by a click, and pinned as an annotation."""

import bpy

from ..addon import preferences
from ..addon.scene import selection
from ..addon.scene.entities import networks
from ..addon.scene.picking import annotations, pointing, reading
from .bases.whole import Whole

TOOL = "neuroscene.read_cells"
PREFER = (
    ("CELLS", "Cells First", "Read a line only where no cell is under the mouse"),
    ("NEAREST", "Nearest", "Read what nothing else hides"),
    ("LINES", "Lines First", "Read a line however many cells are behind it"),
)


def in_view(context) -> bool:
    """Whether the mouse is over a 3D view in which there may be a network."""
    region = context.region
    return bool(
        context.area
        and context.area.type == "VIEW_3D"
        and region
        and region.type == "WINDOW"
        and context.region_data
        and networks(context.scene)
    )


def with_tool(context) -> bool:
    """Whether the tool *Read Cells* is active."""
    tool = context.workspace.tools.from_space_view3d_mode(context.mode, create=False) if context.workspace else None
    return bool(tool and tool.idname == TOOL)


class NEUROSCENE_OT_read_cells(bpy.types.Operator):
    """Show what is under the mouse: the value of a cell and what it is made of, or the weight of a line"""

    bl_idname = "neuroscene.read_cells"
    bl_label = "Read Cells"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context):
        return context.mode == "OBJECT" and in_view(context)

    def invoke(self, context, event):
        pointing.remember(context, event.mouse_region_x, event.mouse_region_y)
        hover, tool = preferences.value("hover"), with_tool(context)
        wanted = context.window_manager.neuroscene_reading.hover and (hover == "ALWAYS" or hover == "TOOL" and tool)
        playing = context.screen.is_animation_playing
        prefer = "LINES" if event.alt else context.window_manager.neuroscene_reading.prefer
        changed = (
            pointing.point(context, event.mouse_region_x, event.mouse_region_y, prefer, tool)
            if wanted and not playing
            else pointing.forget()
        )
        if changed:
            context.area.tag_redraw()
        return {"PASS_THROUGH"}

    def execute(self, context):
        return {"CANCELLED"}


class NEUROSCENE_OT_leave_view(bpy.types.Operator):
    """Stop showing what was under the mouse, which is in a 3D view no more"""

    bl_idname = "neuroscene.leave_view"
    bl_label = "Leave View"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context):
        return pointing.in_view() and not in_view(context)

    def invoke(self, context, event):
        if pointing.leave():
            pointing.redraw()
        return {"PASS_THROUGH"}

    def execute(self, context):
        return {"CANCELLED"}


class UnderMouse(Whole):
    """Works on what is under the mouse, at a place in a 3D view with a network."""

    needs = "Works over a network in a 3D view, in Object Mode"  # said where it cannot run

    x: bpy.props.IntProperty(name="X", description="Place in the view, in pixels", options={"SKIP_SAVE", "HIDDEN"})
    y: bpy.props.IntProperty(name="Y", description="Place in the view, in pixels", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def poll(cls, context):
        if context.mode == "OBJECT" and in_view(context):
            return True
        cls.poll_message_set(cls.needs)
        return False

    def invoke(self, context, event):
        self.x, self.y = event.mouse_region_x, event.mouse_region_y
        return self.execute(context)

    def hit(self, context):
        """What is picked there, or None."""
        return pointing.pick(context, self.x, self.y, context.window_manager.neuroscene_reading.prefer)


class NEUROSCENE_OT_select_under_mouse(UnderMouse, bpy.types.Operator):
    """Select the layer, block or bundle of lines that is under the mouse; a label stands for what it names"""

    bl_idname = "neuroscene.select_under_mouse"
    bl_label = "Select Under Mouse"
    bl_options = {"UNDO"}

    extend: bpy.props.BoolProperty(
        name="Extend", description="Keep the current selection", default=False, options={"SKIP_SAVE"}
    )

    def invoke(self, context, event):
        self.extend = event.shift
        return super().invoke(context, event)

    def execute(self, context):
        hit = self.hit(context)
        target = hit.target_obj if hit else None
        if target is None:
            return {"PASS_THROUGH"}
        if not selection.select(context, [target], self.extend):
            self.report({"WARNING"}, f"{target.name} cannot be selected: it is locked")
            return {"CANCELLED"}
        return {"FINISHED"}


class NEUROSCENE_OT_select_object(Whole, bpy.types.Operator):
    """Select the layer, block or bundle of lines that is named here"""

    bl_idname = "neuroscene.select_object"
    bl_label = "Select"
    bl_options = {"UNDO", "INTERNAL"}

    object: bpy.props.StringProperty(name="Object", description="Name of the object", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        if context.mode == "OBJECT" and networks():
            return True
        cls.poll_message_set("Works on a network in Object Mode")
        return False

    def execute(self, context):
        obj = context.view_layer.objects.get(self.object)
        if obj is None or not selection.select(context, [obj]):
            self.report({"WARNING"}, f"{self.object or 'That'} is hidden, locked or not in this scene")
            return {"CANCELLED"}
        return {"FINISHED"}


class NEUROSCENE_OT_pin_reading(UnderMouse, bpy.types.Operator):
    """Pin what is read under the mouse: an annotation that follows the cell or line, renders and can be moved"""

    bl_idname = "neuroscene.pin_reading"
    bl_label = "Pin Reading"
    bl_options = {"REGISTER", "UNDO"}

    needs = "Point at a cell or a line in a 3D view, in Object Mode"

    def execute(self, context):
        hit = self.hit(context)
        known = reading.read(hit, context.view_layer) if hit else None
        through = context.region_data.view_perspective == "CAMERA"
        look = annotations.Look.of_view(context.region_data)
        depsgraph = context.view_layer.depsgraph
        note = annotations.pin(known, look, depsgraph, context.scene.camera if through else None) if known else None
        if note is None:
            self.report({"WARNING"}, "Point at a cell or a line: nothing else has a number to pin")
            return {"CANCELLED"}
        selection.select(context, [note])
        self.report({"INFO"}, f"Pinned {known.line}")
        return {"FINISHED"}
