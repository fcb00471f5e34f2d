# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tool *Read Cells* of the 3D view's toolbar, and the keys of ours."""

from pathlib import Path

import bpy

from ..operators.read_cells import PREFER, TOOL

HERE = Path(__file__).parent
KEYS = (
    ("neuroscene.rename_layer", "F2", {}, {}),
    ("neuroscene.delete_layers", "X", {}, {"confirm": True}),
    ("neuroscene.delete_layers", "DEL", {}, {}),
    ("neuroscene.duplicate_and_move", "D", {"shift": True}, {}),
    ("neuroscene.hide_layers", "H", {}, {}),
    ("neuroscene.hide_layers", "H", {"shift": True}, {"unselected": True}),
    ("neuroscene.isolate_layers", "NUMPAD_SLASH", {}, {}),
    ("neuroscene.isolate_layers", "SLASH", {}, {}),
    ("wm.call_menu_pie", "Q", {"shift": True}, {"name": "NEUROSCENE_MT_pie"}),
)
_keys = []


class NeurosceneReading(bpy.types.PropertyGroup):
    """How the mouse reads; of this session, not of a file."""

    hover: bpy.props.BoolProperty(
        name="Read Under Mouse", default=True, description="Show the value of what is under the mouse"
    )
    prefer: bpy.props.EnumProperty(
        name="Read", items=PREFER, default="CELLS", description="Choose what is read where lines run before cells"
    )


class NEUROSCENE_WT_read_cells(bpy.types.WorkSpaceTool):
    bl_space_type = "VIEW_3D"
    bl_context_mode = "OBJECT"
    bl_idname = TOOL
    bl_label = "Read Cells"
    bl_description = (
        "Point at a cell or a line to read it; its incoming lines light up.\n"
        "Click selects its layer, Ctrl-click pins the reading, Alt reads lines first.\n"
        "Double-click a line of a network that you compose to put a layer there"
    )
    bl_icon = str(HERE / "icons" / "neuroscene.read_cells")
    bl_keymap = (
        ("neuroscene.read_cells", {"type": "MOUSEMOVE", "value": "ANY", "any": True}, None),
        ("neuroscene.pin_reading", {"type": "LEFTMOUSE", "value": "PRESS", "ctrl": True}, None),
        ("neuroscene.select_under_mouse", {"type": "LEFTMOUSE", "value": "PRESS", "shift": True}, None),
        ("neuroscene.insert_under_mouse", {"type": "LEFTMOUSE", "value": "DOUBLE_CLICK"}, None),
        ("neuroscene.select_under_mouse", {"type": "LEFTMOUSE", "value": "PRESS"}, None),
    )

    def draw_settings(context, layout, tool):  # noqa: N805 (Blender gives no self)
        reading = context.window_manager.neuroscene_reading
        layout.prop(reading, "hover", text="Read Under Mouse")
        layout.prop(reading, "prefer", text="")


def register():
    """Add the tool and the keys."""
    bpy.utils.register_class(NeurosceneReading)
    bpy.types.WindowManager.neuroscene_reading = bpy.props.PointerProperty(type=NeurosceneReading)
    if bpy.app.background:  # it has no toolbar
        return
    bpy.utils.register_tool(NEUROSCENE_WT_read_cells, separator=True)
    configuration = bpy.context.window_manager.keyconfigs.addon
    if configuration:
        keymap = configuration.keymaps.new("3D View", space_type="VIEW_3D")
        _keys.append((keymap, keymap.keymap_items.new("neuroscene.read_cells", "MOUSEMOVE", "ANY", any=True)))
        keymap = configuration.keymaps.new("Window")
        _keys.append((keymap, keymap.keymap_items.new("neuroscene.leave_view", "MOUSEMOVE", "ANY", any=True)))
        keymap = configuration.keymaps.new("Object Mode")
        for operator, key, options, settings in KEYS:  # where no layer is selected, Blender's own
            item = keymap.keymap_items.new(operator, key, "PRESS", **options)
            for name, value in settings.items():
                setattr(item.properties, name, value)
            _keys.append((keymap, item))


def unregister():
    """Take them back."""
    while _keys:
        keymap, item = _keys.pop()
        keymap.keymap_items.remove(item)
    if not bpy.app.background:
        bpy.utils.unregister_tool(NEUROSCENE_WT_read_cells)
    del bpy.types.WindowManager.neuroscene_reading
    bpy.utils.unregister_class(NeurosceneReading)
