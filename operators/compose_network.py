# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Add > Neural Network: a network to write by hand."""

import bpy

from ..addon import composing
from ..addon.composing import Specification
from ..addon.scene.building import build, importing
from ..addon.scene.camera import viewport
from ..addon.scene.composing import changing
from .bases.of_network import ChangesNetwork, RefusedError
from .bases.stepwise import Stepwise

TEMPLATES = (
    ("mlp", "Dense Layers", "Three dense layers that read a digit"),
    ("lenet", "LeNet", "Two convolutions with pools and two dense layers, after LeCun et al. 1998"),
    ("resnet", "Small ResNet", "Three residual blocks, after He et al. 2016"),
    ("unet", "U-Net", "Down and up again with skips between, after Ronneberger et al. 2015"),
    ("gpt", "Tiny GPT", "Two blocks of a transformer that predicts letters"),
    ("spiral-shallow", "Spiral, Shallow", "One wide layer that reads a point: does it need depth?"),
    ("spiral-deep", "Spiral, Deep", "Three narrow layers of as many weights that read a point"),
    ("autoencoder", "Autoencoder", "A digit as two numbers, and drawn again, after Hinton and Salakhutdinov 2006"),
    ("sorter", "Sorter", "A tiny GPT that sorts six letters, one after the other"),
    ("image", "Empty: Image", "One dense layer that reads a picture of 28 x 28"),
    ("vector", "Empty: Vector", "One dense layer that reads two numbers"),
    ("sequence", "Empty: Sequence", "One recurrent layer that reads sixteen steps of four numbers"),
)
EMPTY = {
    "image": {
        "shape": [1, 28, 28],
        "layers": [{"name": "answer", "op": "Dense", "units": 10, "activation": "Softmax"}],
    },
    "vector": {"shape": [2], "layers": [{"name": "answer", "op": "Dense", "units": 2, "activation": "Softmax"}]},
    "sequence": {
        "shape": [16, 4],
        "layers": [
            {"name": "lstm1", "op": "LSTM", "units": 16},
            {"name": "answer", "op": "Dense", "units": 2, "activation": "Softmax"},
        ],
    },
}


def specification_of(template: str) -> Specification:
    """The specification of a template. Raises `CheckpointError`."""
    if template not in EMPTY:
        return composing.template(template)
    held = EMPTY[template]
    return composing.parse(
        {"name": f"{template}_network", "input": {"name": template, "shape": held["shape"]}, "layers": held["layers"]}
    )


class NEUROSCENE_OT_compose_network(Stepwise, bpy.types.Operator):
    """Add a network that you write by hand: change its layers in the sidebar and train it"""

    bl_idname = "neuroscene.compose_network"
    bl_label = "Compose Network"
    bl_options = {"REGISTER", "UNDO"}
    doing = "Composing"

    template: bpy.props.EnumProperty(name="Template", items=TEMPLATES, description="Choose what to begin with")
    new_scene: bpy.props.BoolProperty(
        name="New Scene",
        default=True,
        description="Make a new scene with its own camera, lights and look, instead of adding to the open scene",
    )

    @classmethod
    def poll(cls, context):
        if context.mode != "OBJECT":
            cls.poll_message_set("Works in Object Mode")
            return False
        return True

    def execute(self, context):
        settings = build.Settings(new_scene=self.new_scene)
        return self.start(context, changing.add_steps(specification_of(self.template), settings))

    def done(self, context, result):
        if context.window and self.new_scene and not bpy.app.background:
            viewport.show(context.window)
        self.report({"INFO"}, importing.summary(result))

    def undone(self, context):
        self._there.remove()


class NEUROSCENE_OT_edit_copy(Stepwise, ChangesNetwork, bpy.types.Operator):
    """Edit a copy of this network by hand: its layers as fields, its weights as they are. The file stays as it is"""

    bl_idname = "neuroscene.edit_copy"
    bl_label = "Edit Layers"
    bl_options = {"REGISTER", "UNDO"}

    doing = "Reading"

    def run(self, context, network):
        if changing.of_network(network) is not None:
            raise RefusedError(f"{network.name} can be edited already: see the panel Compose")
        self.collection = network.name
        return self.start(context, changing.take_over_steps(network))

    def done(self, context, result):
        self.report({"INFO"}, f"{self.collection} can be edited: see the panel Compose")
