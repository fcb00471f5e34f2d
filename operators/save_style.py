# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep how a network looks as a style of one's own."""

import bpy

from ..addon.containers import CheckpointError
from ..addon.scene.looks import saved_styles
from .bases.of_network import RefusedError
from .bases.on_part import OnPart


class NEUROSCENE_OT_save_style(OnPart, bpy.types.Operator):
    """Save the current look of the network, or of the active layer and its lines, as a style"""

    bl_idname = "neuroscene.save_style"
    bl_label = "Save Style"
    bl_options = {"REGISTER"}

    style: bpy.props.StringProperty(
        name="Name", description="Name the style. A style of yours with this name is replaced", options={"SKIP_SAVE"}
    )

    def invoke(self, context, event):
        return context.window_manager.invoke_props_dialog(self, confirm_text="Save")

    def run_on(self, context, part):
        try:
            path = saved_styles.save(self.style, part, context.view_layer.objects.active)
        except (ValueError, OSError, CheckpointError) as error:
            raise RefusedError(f"Not saved: {error}", "ERROR") from error
        return f"{self.style.strip()} saved as {path.name}"
