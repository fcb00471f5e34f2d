# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show why a network says what it says of its input, and go back to values."""

import bpy

from ..addon.scene.entities import LayerObject
from ..addon.scene.explaining import explaining
from ..addon.scene.explaining.known import NAMES, NONE, RUNNER_UP, WINNER, Asked
from .bases.of_network import ChangesNetwork, RefusedError
from .bases.stepwise import Stepwise

ABOUT = {
    "integrated": "Divides the difference to a black input among all cells of every layer",
    "gradient": "Shows how the score changes with each number",
    "gradient-input": "Multiplies the gradient by the number itself",
    "guided": "Follows only paths that help. Hardly depends on the class",
    "smoothgrad": "Averages gradients of noisy copies",
    "deconvnet": "Leads what is positive back through every Relu. Hardly depends on the class",
    "gradcam": "Shows where the last maps speak for the class, as a sheet of glass",
    "occlusion": "Shows how far the score falls under a black patch. Takes longer",
}
METHODS = [
    (method, name[0].upper() + name[1:], ABOUT[method], 1 << place)
    for place, (method, name) in enumerate(NAMES.items())
]


class NEUROSCENE_OT_explain_answer(Stepwise, ChangesNetwork, bpy.types.Operator):
    """Show on every cell how much it counts for the answer, in green for it and in magenta against it"""

    bl_idname = "neuroscene.explain_answer"
    bl_label = "Explain Answer"
    bl_options = {"REGISTER", "UNDO"}
    doing = "Explaining"

    methods: bpy.props.EnumProperty(
        name="Methods",
        items=METHODS,
        default={"integrated"},
        options={"ENUM_FLAG"},
        description="Choose how. Several become steps of the slider Evidence on the root",
    )
    index: bpy.props.IntProperty(
        name="Class",
        default=WINNER,
        min=WINNER,
        description="Explain the score of this class, counted from 0. -1 takes the winner",
    )
    rather: bpy.props.EnumProperty(
        name="Rather Than",
        items=[
            ("AUTO", "Automatic", "Take the second best with integrated gradients alone, none with other methods"),
            ("SECOND", "Second Best", "Explain what makes the score higher than the second best"),
            ("CLASS", "Class", "Explain what makes the score higher than that of another class"),
            ("NONE", "None", "Explain the score alone"),
        ],
        description="Choose what the score is compared with",
    )
    other: bpy.props.IntProperty(
        name="Other Class", min=0, description="Compare the score with that of this class, counted from 0"
    )

    unit: bpy.props.IntProperty(
        name="Unit",
        default=-1,
        min=-1,
        options={"SKIP_SAVE"},
        description="Explain what this unit of the active layer gives at the most, counted from 0. -1 explains a class",
    )
    beside: bpy.props.BoolProperty(
        name="Side by Side",
        options={"SKIP_SAVE"},
        description="Also show the answers of several methods beside one another, in a scene of their own",
    )

    def invoke(self, context, event):
        return context.window_manager.invoke_props_dialog(self, confirm_text="Explain")

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.column().prop(self, "methods")
        if LayerObject.is_one(context.object):
            layout.prop(self, "unit")
        for name in ("index", "rather", *(["other"] if self.rather == "CLASS" else [])):
            row = layout.row()
            row.enabled = self.unit < 0
            row.prop(self, name)
        row = layout.row()
        row.enabled = len(self.methods) > 1
        row.prop(self, "beside")

    def run(self, context, network):
        methods = tuple(method for method in NAMES if method in self.methods)
        if not methods:
            raise RefusedError("Choose at least one method", "ERROR")
        against = {"SECOND": RUNNER_UP, "NONE": NONE, "CLASS": self.other}.get(self.rather)
        if against is None:
            against = RUNNER_UP if methods == ("integrated",) else NONE
        asked = Asked(methods, (self.index,), against)
        if self.unit >= 0:
            if not LayerObject.is_one(context.object):
                raise RefusedError("Select the layer of the unit first", "ERROR")
            asked = Asked(methods, (WINNER,), NONE, LayerObject(context.object).name, self.unit)
        return self.start(context, explaining.explain_steps(network, asked, self.beside and len(methods) > 1))

    def done(self, context, answer):
        self.report({"INFO"}, f"{answer.title} {answer.sentence}")


class NEUROSCENE_OT_hide_evidence(ChangesNetwork, bpy.types.Operator):
    """Let cells and lines show values and weights again"""

    bl_idname = "neuroscene.hide_evidence"
    bl_label = "Hide Evidence"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context, network):
        explaining.hide(network)
