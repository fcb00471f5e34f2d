# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words and numbers beside a layer: its largest value, or a text of one's own."""

import bpy
import numpy as np

from ..addon.layout import HEIGHT
from ..addon.scene import selection
from ..addon.scene.attributes import array
from ..addon.scene.building import studio
from ..addon.scene.camera import framing
from ..addon.scene.entities import LayerObject, NetworkScene, Note, network_of
from ..addon.scene.picking import annotations, hits, reading
from ..addon.scene.texts import labels
from .bases.of_network import ChangesNetwork, RefusedError

SIZE = 0.11 * HEIGHT  # of a text
ABOVE = 0.12 * HEIGHT  # a layer


class OnLayer(ChangesNetwork):
    """Works on the active layer. A subclass says in `annotate` what comes beside it: an object, and what to report."""

    def run(self, context, network):
        layer = LayerObject.of(context.view_layer.objects.active)
        if layer is None or network_of(layer.obj) != network:
            raise RefusedError("Select a layer of the network first")
        made, said = self.annotate(context, network, layer)
        selection.select(context, [made])
        return said

    def annotate(self, context, network, layer: LayerObject) -> tuple[bpy.types.Object, str]:
        raise NotImplementedError


class NEUROSCENE_OT_pin_largest(OnLayer, bpy.types.Operator):
    """Pin the largest value of the active layer: an annotation that follows its cell, renders and can be moved"""

    bl_idname = "neuroscene.pin_largest"
    bl_label = "Pin Largest Value"
    bl_options = {"REGISTER", "UNDO"}

    def annotate(self, context, network, layer):
        values = array(layer.obj, "value") if "value" in layer.obj.data.attributes else np.zeros(0, np.float32)
        if layer.value_is == "none" or not np.isfinite(values).any():
            raise RefusedError(f"{layer.called} shows no values: run an input first")
        index = int(np.where(np.isfinite(values), values, -np.inf).argmax())
        hit = hits.Hit(hits.CELL, layer.obj.name, index, 0.0, layer.obj.name)
        known = reading.read(hit, context.view_layer)
        region, camera = context.region_data, studio.camera_of(network)
        through = region is None or region.view_perspective == "CAMERA"
        if region is None and camera is None:
            raise RefusedError("The network has no camera of its own: pin it in a 3D view")
        render = context.scene.render
        look = (
            annotations.Look.of_view(region)
            if region is not None
            else annotations.Look.of_camera(camera, render.resolution_x / render.resolution_y)
        )
        depsgraph = context.view_layer.depsgraph
        note = annotations.pin(known, look, depsgraph, camera if through else None) if known else None
        if note is None:
            raise RefusedError(f"{layer.called} shows no cell with a number")
        return note, f"Pinned {known.line}"


class NEUROSCENE_OT_add_text(OnLayer, bpy.types.Operator):
    """Add a text above the active layer, in the letters and color of the labels. Press Tab to write in it"""

    bl_idname = "neuroscene.add_text"
    bl_label = "Add Text"
    bl_options = {"REGISTER", "UNDO"}

    text: bpy.props.StringProperty(name="Text", default="Text", description="Set what the text says")

    def annotate(self, context, network, layer):
        if not self.text.strip():
            raise RefusedError("Enter what the text says")
        scene, camera = NetworkScene(network), studio.camera_of(network)
        note = labels.text(self.text, SIZE, scene.materials["label"], "CENTER", "BOTTOM")
        note.name = f"{layer.called} text"
        Note.make(note, layer=layer.name)
        scene.child("labels").objects.link(note)
        context.view_layer.update()
        box = framing.box_corners(layer.obj, context.view_layer.depsgraph)
        place = np.array(layer.obj.matrix_world.translation) if not len(box) else box.mean(0)
        if len(box):
            place[2] = box[:, 2].max() + ABOVE
        note.parent = layer.obj
        note.matrix_parent_inverse = layer.obj.matrix_world.inverted_safe()
        note.location = place.tolist()
        if camera is not None:
            framing.face(note, camera)
        return note, f"{note.name}: press Tab to write in it"
