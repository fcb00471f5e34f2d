# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user has set for all files. Without an installed extension, as in tests, everything has its default."""

from __future__ import annotations

from typing import Any

import bpy

PACKAGE = __package__.rpartition(".addon")[0]
HOVER = (
    ("ALWAYS", "Always", "Read what is under the mouse with every tool"),
    ("TOOL", "With the Tool", "Read what is under the mouse with the tool Read Cells alone"),
    ("OFF", "Never", "Never read what is under the mouse"),
)
DEFAULTS: dict[str, Any] = {
    "hover": "ALWAYS",
    "dim": 0.55,
    "max_cells": 150_000,
    "max_connections": 150_000,
    "fold_repeats": True,
    "samples": "",
}


class NEUROSCENE_Preferences(bpy.types.AddonPreferences):
    bl_idname = PACKAGE

    hover: bpy.props.EnumProperty(
        name="Read Under Mouse", items=HOVER, default="ALWAYS", description="Choose when values show beside the mouse"
    )
    dim: bpy.props.FloatProperty(
        name="Dim the Rest",
        default=0.55,
        min=0.0,
        max=0.9,
        subtype="FACTOR",
        description="Darken what does not belong to the cell that is read",
    )
    max_cells: bpy.props.IntProperty(
        name="Cells", default=150_000, min=1, description="Limit the cells of a new network"
    )
    max_connections: bpy.props.IntProperty(
        name="Lines", default=150_000, min=1, description="Limit the lines of a new network"
    )
    fold_repeats: bpy.props.BoolProperty(
        name="Fold Repeats", default=True, description="Close repeated blocks of a large network at first"
    )
    samples: bpy.props.StringProperty(
        name="Inputs", subtype="DIR_PATH", description="Open the file browser for inputs in this folder"
    )

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        flow = layout.grid_flow(columns=2, even_columns=True, align=False)
        column = flow.column()
        column.label(text="New Networks")
        column.prop(self, "max_cells", text="Maximum Cells")
        column.prop(self, "max_connections", text="Maximum Lines")
        column.prop(self, "fold_repeats")
        column = flow.column()
        column.label(text="Viewport")
        column.prop(self, "hover")
        column.prop(self, "dim")
        column.label(text="File Paths")
        column.prop(self, "samples")
        column.operator("neuroscene.install_library", icon="ASSET_MANAGER")


def value(name: str) -> Any:
    """A setting by its name, or its default."""
    addon = bpy.context.preferences.addons.get(PACKAGE)
    return getattr(addon.preferences if addon else None, name, DEFAULTS[name])


def register():
    """Let the extension have preferences."""
    bpy.utils.register_class(NEUROSCENE_Preferences)


def unregister():
    """Take them back."""
    bpy.utils.unregister_class(NEUROSCENE_Preferences)
