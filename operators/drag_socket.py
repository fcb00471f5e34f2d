# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Spacing and fold of the active layer, set by dragging in the view."""

import bpy
import numpy as np

from ..addon.scene.camera import framing
from ..addon.scene.entities import LayerObject
from ..addon.scene.picking import pointing
from .bases.whole import Whole

AXES = {"Spacing": (1, -1.0), "Fold": (2, 1.0)}  # of a layer, and which way the arrow points
LIMITS = {"Spacing": (0.0, 10.0), "Fold": (0.0, 1.0)}
SIGNS = {"Spacing": 1.0, "Fold": -1.0}  # whether a drag along the arrow makes it more
STEP, FINE = 0.1, 0.1  # that Ctrl snaps to; of the way with Shift
LEAST = 20.0  # pixels to which the half of a layer counts at least


class NEUROSCENE_OT_drag_socket(Whole, bpy.types.Operator):
    """Drag to set the spacing or the fold of the active layer. Ctrl snaps, Shift is precise"""

    bl_idname = "neuroscene.drag_socket"
    bl_label = "Drag Spacing or Fold"
    bl_options = {"UNDO", "BLOCKING", "INTERNAL"}

    socket: bpy.props.EnumProperty(
        name="Setting",
        items=[("Spacing", "Spacing", "Room between units"), ("Fold", "Fold", "How far a layer is folded away")],
        description="Choose what the drag sets",
    )
    value: bpy.props.FloatProperty(name="Value", description="Set it to this")

    @classmethod
    def poll(cls, context):
        if context.mode == "OBJECT" and LayerObject.is_one(context.object):
            return True
        cls.poll_message_set("Make a layer active in Object Mode")
        return False

    def execute(self, context):
        self._set(context, self.value)
        return self._end(context, {"FINISHED"})

    def invoke(self, context, event):
        layer = LayerObject(context.object)
        self.begin = layer.inputs[self.socket]
        self.moved, self.before = 0.0, np.array([event.mouse_region_x, event.mouse_region_y], float)
        self.way = _way(context, self.socket)
        pointing.forget()  # its card would hide what is dragged
        context.window_manager.modal_handler_add(self)
        self._set(context, self.begin)
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        if event.type == "MOUSEMOVE":
            now = np.array([event.mouse_region_x, event.mouse_region_y], float)
            self.moved += float((now - self.before) @ self.way) * (FINE if event.shift else 1.0)
            self.before = now
            value = self.begin + SIGNS[self.socket] * self.moved
            self._set(context, round(value / STEP) * STEP if event.ctrl else value)
        elif event.type in {"ESC", "RIGHTMOUSE"}:
            self._set(context, self.begin)
            return self._end(context, {"CANCELLED"})
        elif event.type == "LEFTMOUSE" and event.value == "RELEASE" or event.type == "RET":
            return self._end(context, {"FINISHED"})
        return {"RUNNING_MODAL"}

    def _set(self, context, value):
        low, high = LIMITS[self.socket]
        self.value = min(high, max(low, value))
        layer = LayerObject(context.object)
        layer.inputs[self.socket] = self.value
        layer.obj.update_tag()
        if context.area:
            context.area.header_text_set(f"{self.socket} {self.value:.2f}    Ctrl: snap    Shift: precise")

    def _end(self, context, result):
        if context.area:
            context.area.header_text_set(None)
        return result


def ends(obj: bpy.types.Object, depsgraph: bpy.types.Depsgraph, socket: str) -> np.ndarray | None:
    """Where the arrow of a socket begins, and where it would be after one half of the layer more, (2, 3) in the world;
    None if the layer shows nothing."""
    corners = framing.box_corners(obj, depsgraph)
    if not len(corners):
        return None
    axis, sign = AXES[socket]
    matrix = np.array(obj.evaluated_get(depsgraph).matrix_world.to_3x3())
    along = matrix[:, axis] / (np.linalg.norm(matrix[:, axis]) or 1.0) * sign
    middle = corners.mean(0)
    half = float((corners @ along).max() - middle @ along)
    return np.stack([middle + half * along, middle + 2 * half * along])


def _way(context, socket) -> np.ndarray:
    """What a drag of one pixel right and one up makes of a socket, (2,): as much as the half of the layer counts 1."""
    from bpy_extras.view3d_utils import location_3d_to_region_2d  # here: only windows have views

    places = ends(context.object, context.evaluated_depsgraph_get(), socket)
    seen = (
        [] if places is None else [location_3d_to_region_2d(context.region, context.region_data, at) for at in places]
    )
    if len(seen) < 2 or None in seen:
        return np.array([0.0, 1.0]) / (10 * LEAST)
    way = np.array(seen[1]) - np.array(seen[0])
    length = max(float(np.linalg.norm(way)), LEAST)
    return way / length / length
