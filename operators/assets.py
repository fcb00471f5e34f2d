# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The asset library: written for this user, and what is in it given to layers and networks."""

import subprocess

import bpy

from ..addon.scene import selection
from ..addon.scene.assets import library
from ..addon.scene.assets.presets import PRESETS
from ..addon.scene.entities import Bundle, LayerObject, NetworkScene, network_of, networks
from .bases.whole import Whole

_ITEMS = [(key, preset.title, preset.about) for key, preset in PRESETS.items()]


class NEUROSCENE_OT_apply_preset(Whole, bpy.types.Operator):
    """Give the selected layers or their network what an asset of the library stands for"""

    bl_idname = "neuroscene.apply_preset"
    bl_label = "Apply Preset"
    bl_options = {"REGISTER", "UNDO"}

    preset: bpy.props.EnumProperty(name="Preset", items=_ITEMS, description="Choose what the layers or network get")
    object: bpy.props.StringProperty(
        name="Object",
        options={"SKIP_SAVE"},
        description="Name the object to work on. If empty, those selected are used",
    )

    @classmethod
    def poll(cls, context):
        if context.mode == "OBJECT" and networks(context.scene):
            return True
        cls.poll_message_set("Works on a network, in Object Mode")
        return False

    def execute(self, context):
        preset = PRESETS[self.preset]
        named = bpy.data.objects.get(self.object)
        if self.object and named is None:
            self.report({"WARNING"}, f"There is no object '{self.object}'")
            return {"CANCELLED"}
        if named is not None:
            selection.select(context, [named])
        if network_of(context.object) is None:
            self.report({"WARNING"}, "Select a layer first")
            return {"CANCELLED"}
        if preset.kind == "layer":
            return self._set(context, preset)
        uuid = NetworkScene(network_of(context.object)).uuid
        try:
            if preset.kind == "style":
                return bpy.ops.neuroscene.apply_style(uuid=uuid, style=preset.name)
            if preset.kind == "shot":
                return bpy.ops.neuroscene.add_shot(uuid=uuid, shot=preset.name)
            if preset.kind == "beside":
                return getattr(bpy.ops.neuroscene, preset.name)(uuid=uuid, **preset.inputs)
            return self._add(context, preset, uuid)
        except RuntimeError as error:  # what the other operator has reported
            self.report({"WARNING"}, str(error).removeprefix("Error: ").strip())
            return {"CANCELLED"}

    def _set(self, context, preset):
        layers = [layer for layer in map(LayerObject.of, context.view_layer.objects.selected) if layer]
        if not layers:
            self.report({"WARNING"}, f"{preset.title} is for layers: select one, or drop it onto one")
            return {"CANCELLED"}
        for layer in layers:
            layer.inputs.update(preset.inputs)
            layer.obj.update_tag()
        self.report({"INFO"}, f"{preset.title}: {len(layers):,} layer{'s' * (len(layers) != 1)}")
        return {"FINISHED"}

    def _add(self, context, preset, uuid):
        network = network_of(context.object)
        layer, bundle = LayerObject.of(context.object), Bundle.of(context.object)
        if not NetworkScene(network).specification:
            self.report({"WARNING"}, f"{network.name} was not composed: its layers are those of its file")
            return {"CANCELLED"}
        if bundle:
            return bpy.ops.neuroscene.insert_here(uuid=uuid, operator=preset.name, bundle=bundle.obj.name)
        name = layer.name if layer else ""
        return bpy.ops.neuroscene.add_layer(uuid=uuid, operator=preset.name, place="AFTER", layer=name)


class NEUROSCENE_OT_apply_asset(bpy.types.Operator):
    """Give what the chosen asset stands for to the active layer, or add the layer that it stands for after that"""

    bl_idname = "neuroscene.apply_asset"
    bl_label = "Apply to Active Layer"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context):
        if key_of(getattr(context, "asset", None)) is None:
            cls.poll_message_set("Choose a preset of the library Neuroscene")
            return False
        return NEUROSCENE_OT_apply_preset.poll(context)

    def execute(self, context):
        return bpy.ops.neuroscene.apply_preset("EXEC_DEFAULT", True, preset=key_of(context.asset))


class NEUROSCENE_OT_install_library(bpy.types.Operator):
    """Write the library of layers, arrangements, cells, styles, shots and materials, and list it in Preferences"""

    bl_idname = "neuroscene.install_library"
    bl_label = "Install Asset Library"

    def execute(self, context):
        try:
            folder = library.folder()
            library.build(folder)
        except (OSError, subprocess.TimeoutExpired) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        library.make_known(folder)
        self.report({"INFO"}, f"The Asset Browser has the library {library.NAME}")
        return {"FINISHED"}


def key_of(asset) -> str | None:
    """The key of the preset that an asset is, None of any other asset."""
    tags = asset.metadata.tags if asset is not None and asset.metadata is not None else ()
    return next((tag.name for tag in tags if tag.name in PRESETS), None)


def in_assets(self, context):
    """The entry in the menu of the right mouse button of the Asset Browser."""
    if key_of(getattr(context, "asset", None)) is not None:
        self.layout.separator()
        self.layout.operator("neuroscene.apply_asset", icon="OUTLINER_OB_POINTCLOUD")
