# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arrows on the active layer that set its spacing and its fold, while the tool *Read Cells* is in hand."""

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..addon.scene.entities import LayerObject
from ..addon.scene.picking import pointing
from ..operators.drag_socket import ends
from ..operators.read_cells import TOOL

COLORS = {"Spacing": (1.0, 0.72, 0.38), "Fold": (0.45, 0.75, 1.0)}
BRIGHT = (1.0, 1.0, 1.0)


class NEUROSCENE_GGT_layer(bpy.types.GizmoGroup):
    """Spacing and fold of a layer."""

    bl_label = "Layer"
    bl_space_type = "VIEW_3D"
    bl_region_type = "WINDOW"
    bl_options = {"3D", "PERSISTENT"}

    @classmethod
    def poll(cls, context):
        if context.mode != "OBJECT" or not LayerObject.is_one(context.object) or not context.object.select_get():
            return False
        tool = context.workspace.tools.from_space_view3d_mode(context.mode)
        return tool is not None and tool.idname == TOOL and context.object.visible_get()

    def setup(self, context):
        self.arrows = {}
        for socket, color in COLORS.items():
            arrow = self.gizmos.new("GIZMO_GT_arrow_3d")
            operator = arrow.target_set_operator("neuroscene.drag_socket")
            operator.socket = socket
            arrow.draw_style, arrow.length = "NORMAL", 0.7
            arrow.color, arrow.alpha = color, 0.85
            arrow.color_highlight, arrow.alpha_highlight = BRIGHT, 1.0
            arrow.line_width = 2.5
            self.arrows[socket] = arrow

    def draw_prepare(self, context):
        if any(arrow.is_highlight for arrow in self.arrows.values()):
            pointing.forget()  # a card would hide the arrow
        depsgraph = context.evaluated_depsgraph_get()
        for socket, arrow in self.arrows.items():
            places = ends(context.object, depsgraph, socket)
            arrow.hide = places is None
            if places is not None:
                arrow.matrix_basis = _towards(*places)


def _towards(begin: np.ndarray, end: np.ndarray) -> Matrix:
    """The matrix of an arrow from one place towards another."""
    turn = Vector(end - begin).to_track_quat("Z", "Y")
    return Matrix.Translation(Vector(begin)) @ turn.to_matrix().to_4x4()
