# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""File > Import > Neural Network."""

from pathlib import Path

import bpy
from bpy_extras.io_utils import ImportHelper

from ..addon import preferences
from ..addon.formats import SUFFIXES
from ..addon.scene.building import build, importing
from ..addon.scene.camera import picture, viewport
from ..addon.scene.editing import arranging
from ..addon.scene.series import plots
from ..addon.scene.transaction import Made
from ..addon.scene.updating import reloading
from .arrange_network import DIRECTIONS
from .bases.stepwise import Stepwise

ENDINGS = tuple(
    dict.fromkeys(f".{suffix.rpartition('.')[2]}" for suffix in SUFFIXES)
)  # Blender looks at the last part alone
GLOB = ";".join(f"*{suffix}" for suffix in SUFFIXES)


class NEUROSCENE_OT_import_network(Stepwise, bpy.types.Operator, ImportHelper):
    """Build an editable scene from a neural network's checkpoint file"""

    bl_idname = "neuroscene.import_network"
    bl_label = "Import Network"
    bl_options = {"UNDO", "PRESET"}

    filename_ext = SUFFIXES[0]
    check_extension = False
    filepath: bpy.props.StringProperty(subtype="FILE_PATH", options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: bpy.props.StringProperty(default=GLOB, options={"HIDDEN"})
    input: bpy.props.StringProperty(
        name="Input",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
        description="Choose a PNG, JPEG, .npy or .npz file to run through the network. Cells then show its activations",
    )
    architecture: bpy.props.StringProperty(
        name="Architecture",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
        description="Choose an ONNX model or Keras's JSON that gives the structure for a file with only weights",
    )
    part: bpy.props.StringProperty(
        name="Part",
        options={"SKIP_SAVE"},
        description="Name one of several models in the file, such as a generator or its discriminator. Leave empty "
        "for the most likely one. A wrong name lists all names",
    )
    max_cells: bpy.props.IntProperty(
        name="Cells",
        default=build.MAX_CELLS,
        min=1,
        soft_max=1_000_000,
        description="Limit the cells of the whole scene. Large layers show their strongest units",
    )
    max_connections: bpy.props.IntProperty(
        name="Connections",
        default=build.MAX_CONNECTIONS,
        min=1,
        soft_max=1_000_000,
        description="Limit the connections of the whole scene. The strongest are drawn",
    )
    lines_a_pair: bpy.props.IntProperty(
        name="Per Pair",
        default=build.LINES_A_PAIR,
        min=1,
        soft_max=10_000,
        description="Limit the connections between two layers",
    )
    new_scene: bpy.props.BoolProperty(
        name="New Scene",
        default=True,
        description="Make a new scene with its own camera, lights and look, instead of adding to the open scene",
    )

    direction: bpy.props.EnumProperty(
        name="Direction", items=DIRECTIONS, description="Choose the direction from input to output"
    )
    spacing: bpy.props.FloatProperty(
        name="Spacing", default=1.0, min=0.2, max=4.0, description="Scale the gaps between layers"
    )
    fold_repeats: bpy.props.BoolProperty(
        name="Fold Repeats",
        default=True,
        description="Close the stages of a large network, and of equal blocks all but the first. Unfold builds what is "
        "inside",
    )

    update: bpy.props.BoolProperty(
        name="Update Existing",
        default=True,
        description="Update the network in the open file that was made from this checkpoint. Keeps what you moved, "
        "set, painted and keyframed",
    )
    ask: bpy.props.BoolProperty(
        name="Ask", default=True, options={"HIDDEN", "SKIP_SAVE"}, description="Show the settings before the import"
    )
    samples: bpy.props.StringProperty(
        subtype="FILE_PATH",
        options={"HIDDEN", "SKIP_SAVE"},
        description="Name a .npz file whose samples are plotted, for a network that two numbers place them in",
    )
    doing = "Importing"

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "input")
        layout.prop(self, "architecture")
        layout.prop(self, "part")
        layout.label(text="Draw at Most")
        most = layout.column(align=True)
        for name in ("max_cells", "max_connections", "lines_a_pair"):
            most.prop(self, name)
        layout.prop(self, "update")
        layout.prop(self, "new_scene")
        header, body = layout.panel("NEUROSCENE_import_layout", default_closed=True)
        header.label(text="Layout")
        for name in ("direction", "spacing", "fold_repeats") if body else ():
            body.prop(self, name)

    def invoke(self, context, event):
        for name in ("max_cells", "max_connections", "fold_repeats"):
            if not self.properties.is_property_set(name):
                setattr(self, name, preferences.value(name))
        if not self.ask:
            return self.execute(context)
        if self.properties.is_property_set("filepath"):  # dropped into the window
            title = bpy.path.basename(self.filepath)
            return context.window_manager.invoke_props_dialog(self, title=title, confirm_text="Import")
        return super().invoke(context, event)

    def execute(self, context):
        self._made, known = Made(), reloading.find(self.filepath, self.part)
        given, architecture = bpy.path.abspath(self.input), bpy.path.abspath(self.architecture)
        if known and self.update:
            self._made = None
            return self.start(context, reloading.steps(known, self.filepath, given, architecture, self.part))
        layout = arranging.LayoutSettings(self.direction, self.spacing, arranging.LONGEST)
        settings = build.Settings(
            self.max_cells, self.max_connections, self.lines_a_pair, self.new_scene, self.fold_repeats, layout
        )
        steps = importing.import_steps(
            self.filepath, settings, given or None, architecture=architecture or None, part=self.part
        )
        return self.start(context, self._with_samples(steps))

    def _with_samples(self, steps):
        network = yield from steps
        if self.samples:
            yield from plots.show_steps(network, Path(bpy.path.abspath(self.samples)))
            picture.relabel(network)
        return network

    def done(self, context, result):
        if self._made is None:
            self.report({"INFO"}, f"Updated: {result}")
            return
        if context.window and self.new_scene and not bpy.app.background:
            viewport.show(context.window)
        self.report({"INFO"}, importing.summary(result))

    def undone(self, context):
        if self._made:
            self._made.remove()


class NEUROSCENE_FH_checkpoint(bpy.types.FileHandler):
    """Drop a checkpoint file into a 3D view"""

    bl_idname = "NEUROSCENE_FH_checkpoint"
    bl_label = "Neural network"
    bl_import_operator = NEUROSCENE_OT_import_network.bl_idname
    bl_file_extensions = ";".join(ENDINGS)

    @classmethod
    def poll_drop(cls, context):
        return context.area is not None and context.area.type in {"VIEW_3D", "OUTLINER"}
