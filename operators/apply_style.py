# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give a network, or a part of it, a style."""

import bpy

from ..addon.scene.looks import saved_styles
from ..addon.scene.texts.words import counted
from .bases.on_part import OnPart

_items = []  # Blender keeps no reference to texts of its own


def styles(self, context):
    """The styles there are, for a menu."""
    _items[:] = [(name, name, style.about) for name, style in saved_styles.every()[0].items()]
    return _items


class NEUROSCENE_OT_apply_style(OnPart, bpy.types.Operator):
    """Change the look of a network without changing its data. A part of it gets materials of its own"""

    bl_idname = "neuroscene.apply_style"
    bl_label = "Apply Style"
    bl_options = {"REGISTER", "UNDO"}

    style: bpy.props.EnumProperty(name="Style", items=styles, description="Choose the style")
    ramps: bpy.props.BoolProperty(
        name="Replace Edited Ramps",
        default=False,
        options={"SKIP_SAVE"},
        description="Replace color ramps that you edited by hand, too",
    )

    def run_on(self, context, part):
        count, problems = saved_styles.apply(self.style, part, self.ramps)
        for problem in problems:
            self.report({"WARNING"}, problem)
        return f"{self.style}: {counted(count, 'object')} of {part.name}"
