# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""File > Export > Neural Network."""

from pathlib import Path

import bpy
from bpy_extras.io_utils import ExportHelper

from ..addon.containers import CheckpointError
from ..addon.gltf import export
from ..addon.scene.entities import networks

FORMATS = (
    ("glb", "glTF", "Cells as colored instances, for browsers and most programs"),
    ("html", "Page", "One page that shows the network in any browser, without network access"),
    ("usdz", "USD Package", "Plain meshes with the material that shows their colors, in one file"),
    ("usdc", "USD", "Plain meshes, whose colors are their displayColor"),
    ("obj", "OBJ", "Plain meshes"),
)

LIGHTS = (
    ("STYLE", "As the Style", "Lit where cells of the style do not glow by themselves, as in Clay"),
    ("LIT", "Lit", "Let the viewer's light fall on it"),
    ("UNLIT", "Unlit", "Show colors as they are"),
)
LIT = {"STYLE": None, "LIT": True, "UNLIT": False}


class NEUROSCENE_OT_export_gltf(bpy.types.Operator, ExportHelper):
    """Write the networks of this scene with the colors of their ramps"""

    bl_idname = "neuroscene.export_gltf"
    bl_label = "Export Network"
    bl_options = {"PRESET"}

    filename_ext = ".glb"
    check_extension = None
    filter_glob: bpy.props.StringProperty(default="*.glb;*.html;*.usdz;*.usdc;*.obj", options={"HIDDEN"})
    format: bpy.props.EnumProperty(name="Format", items=FORMATS, description="Choose the file format")
    realise: bpy.props.BoolProperty(
        name="Plain Meshes",
        default=False,
        description="Write plain meshes for programs without instancing, such as Unreal and older viewers. The file "
        "is larger",
    )
    triangles: bpy.props.IntProperty(
        name="Triangles",
        default=export.TRIANGLES,
        min=1,
        soft_max=10_000_000,
        description="Limit the triangles of plain meshes. Lines and spheres become simpler",
    )
    poses: bpy.props.IntProperty(
        name="Poses",
        default=0,
        min=0,
        max=240,
        description="Export keyframed folds, arrangements and values as this many poses of plain meshes. 0 exports "
        "none",
    )
    small: bpy.props.BoolProperty(
        name="Compress",
        default=False,
        description="Compress with Draco if this Blender has it. Otherwise store positions in 16 bits",
    )
    light: bpy.props.EnumProperty(
        name="Light", items=LIGHTS, description="Choose whether the lights of the viewer shade the cells"
    )

    cost = 0.0  # megabytes of a pose, at most

    @classmethod
    def poll(cls, context):
        return bool(networks())

    def invoke(self, context, event):
        try:
            self.cost = export.cost(1)
        except CheckpointError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if not self.filepath and not bpy.data.filepath:
            network = (networks(context.scene) or networks())[0]
            self.filepath = f"{bpy.path.clean_name(network.name)}.{self.format}"
        return super().invoke(context, event)

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "format")
        coloured, glb = self.format in ("glb", "html"), self.format == "glb"
        if glb:
            row = layout.row()
            row.active = not self.poses  # these are of plain meshes anyway
            row.prop(self, "realise")
        if not coloured or self.poses or glb and self.realise:
            layout.prop(self, "triangles")
        if coloured:
            layout.prop(self, "poses")
            if self.poses:
                layout.label(text=f"At most {self.poses * self.cost:,.0f} MB", icon="INFO")
        if coloured or self.format == "usdz":
            layout.prop(self, "light")
        if glb:
            layout.prop(self, "small")

    def check(self, context):
        path = Path(self.filepath)
        wanted = str(path.with_suffix(f".{self.format}"))
        changed = wanted != self.filepath
        self.filepath = wanted
        return changed

    def execute(self, context):
        try:
            options = export.ExportOptions(self.realise, self.triangles, self.poses, LIT[self.light], self.small)
            report = export.export(Path(self.filepath), options)
        except CheckpointError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Wrote {report}")
        return {"FINISHED"}
