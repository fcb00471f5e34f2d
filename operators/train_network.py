# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Train a network in the scene, and see it learn."""

import time
from pathlib import Path

import bpy

from ..addon.scene.camera import picture
from ..addon.scene.composing import learning
from ..addon.scene.entities import chosen
from ..addon.training import Options
from ..addon.training.optimizer import Rules
from .bases.of_network import ChangesNetwork, RefusedError

LOOKS = 0.05  # seconds between two looks at what has been computed
FREE = 1.0  # times as long as a checkpoint takes to join, the window has to itself before the next does
WAIT = 0.05  # seconds, without a window
SCHEDULES = (
    ("constant", "Constant", "Learn at one rate"),
    ("cosine", "Cosine", "Learn more and more slowly, by half a cosine"),
)
OPTIMIZERS = (
    ("adam", "Adam", "Steps by the mean and the size of derivatives"),
    ("sgd", "SGD", "Steps along derivatives, with momentum"),
)
running: list["NEUROSCENE_OT_train_network"] = []  # that run now; they end with Blender


class NEUROSCENE_OT_train_network(ChangesNetwork, bpy.types.Operator):
    """Train this network in the background. Its weights, its curve and its answer change while it learns"""

    bl_idname = "neuroscene.train_network"
    bl_label = "Train"
    bl_options = {"REGISTER"}  # each checkpoint would be an undo step: there is one in the end

    data: bpy.props.EnumProperty(name="Data", items=learning.DATA, description="Choose what to learn from")
    file: bpy.props.StringProperty(
        name="File", subtype="FILE_PATH", description="Choose the .npz file of the data, or its folder"
    )
    reconstruct: bpy.props.BoolProperty(
        name="Give Back Input", description="Let the network learn to give back what it reads, as an autoencoder does"
    )
    epochs: bpy.props.IntProperty(
        name="Epochs", default=10, min=1, max=1000, description="Set how often all the data is seen"
    )
    batch: bpy.props.IntProperty(
        name="Batch", default=32, min=1, max=4096, description="Set how many samples go into one step"
    )
    every: bpy.props.IntProperty(
        name="Checkpoint Every",
        default=0,
        min=0,
        max=1_000_000,
        description="Set after how many batches of an epoch a checkpoint is shown. 0 shows one an epoch",
    )
    rate: bpy.props.FloatProperty(
        name="Rate (0 is usual)",
        default=0.0,
        min=0.0,
        max=10.0,
        precision=5,
        description="Set how far a step goes. 0 takes what is usual for the optimizer",
    )
    schedule: bpy.props.EnumProperty(name="Schedule", items=SCHEDULES, description="Choose how the rate goes on")
    optimizer: bpy.props.EnumProperty(
        name="Optimizer", items=OPTIMIZERS, description="Choose how weights follow derivatives"
    )
    seed: bpy.props.IntProperty(
        name="Seed", default=0, min=0, description="Set the order of the samples. Equal seeds give equal weights"
    )
    directory: bpy.props.StringProperty(
        name="Checkpoints",
        subtype="DIR_PATH",
        description="Choose where checkpoints are written. If empty, a new folder of yours is used",
    )

    def invoke(self, context, event):
        network = chosen(context, self.uuid)
        if network is not None:
            for name, value in learning.usual(network).items():
                if not self.properties.is_property_set(name):
                    setattr(self, name, value)
        return context.window_manager.invoke_props_dialog(self, confirm_text="Train")

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "data")
        if self.data in learning.CHOSEN:
            layout.prop(self, "file", text="Folder" if self.data == "FOLDER" else "File")
        for name in ("reconstruct", "epochs", "batch", "every", "optimizer", "rate", "schedule", "seed", "directory"):
            layout.prop(self, name)
        network = chosen(context, self.uuid)
        frozen = learning.frozen(network) if network is not None else []
        if frozen:
            layout.label(text=f"Frozen: {', '.join(frozen)}", icon="LOCKED")

    def run(self, context, network):
        if running:
            raise RefusedError("A training runs already: stop it first")
        if self.data in learning.CHOSEN and not self.file:
            raise RefusedError("Choose the data to learn from", "ERROR")
        data = learning.data_of(self.data, self.file)
        folder = Path(bpy.path.abspath(self.directory)) if self.directory else learning.new_folder(network.name)
        options = Options(
            self.epochs,
            self.batch,
            self.rate,
            self.seed,
            Rules(self.optimizer),
            tuple(learning.frozen(network)),
            self.schedule,
            self.every,
        )
        self.collection = network.name
        self.taught = learning.begin(network, data, folder, options, self.reconstruct)
        if context.window and not bpy.app.background:
            running.append(self)
            self._next = 0.0
            self._timer = context.window_manager.event_timer_add(LOOKS, window=context.window)
            context.window_manager.modal_handler_add(self)
            return {"RUNNING_MODAL"}
        while not self.taught.over:
            self.taught.lesson.wait(WAIT)
            self.taught.look(len(self.taught.lesson.written))
        return self._end(context)

    def modal(self, context, event):
        if event.type == "ESC" and event.value == "PRESS":
            self.taught.lesson.stop()
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        begin = time.perf_counter()
        try:
            came = self.taught.look(1) if begin >= self._next else 0
        except Exception:
            self._leave(context)
            raise
        if came:
            context.view_layer.update()
            now = time.perf_counter()
            self._next = now + FREE * (now - begin)
            for area in context.screen.areas:
                area.tag_redraw()
        if self.taught.over:
            self._leave(context)
            return self._end(context)
        lesson = self.taught.lesson
        context.workspace.status_text_set(f"Training: {lesson.text} ({lesson.share:.0%}).  Esc stops it")
        return {"PASS_THROUGH"}

    def _leave(self, context):
        self.taught.lesson.stop()
        if self in running:
            running.remove(self)
        context.window_manager.event_timer_remove(self._timer)
        context.workspace.status_text_set(None)

    def _end(self, context):
        live, lesson = self.taught.live, self.taught.lesson
        if live.count:
            live.settle()
            picture.follow(live.network())  # words of the steps have come into it
            bpy.ops.ed.undo_push(message=self.bl_label)
        if lesson.problem:
            self.report({"ERROR"}, lesson.problem)
            return {"FINISHED"} if live.count else {"CANCELLED"}
        if live.left_out:
            self.report({"WARNING"}, f"Left out: {next(iter(live.left_out.values()))}")
        self.report({"INFO"}, f"{self.collection}: {live.count:,} checkpoints in {lesson.folder}")
        return {"FINISHED"}


class OfTraining:
    """Works on the trainings that run now. A subclass says in `change` what becomes of each lesson."""

    @classmethod
    def poll(cls, context):
        if not running:
            cls.poll_message_set("Nothing is being trained")
        return bool(running)

    def execute(self, context):
        for training in running:
            self.change(training.taught.lesson)
        return {"FINISHED"}


class NEUROSCENE_OT_stop_training(OfTraining, bpy.types.Operator):
    """End the training after its step. What has been learned stays"""

    bl_idname = "neuroscene.stop_training"
    bl_label = "Stop"
    bl_options = {"REGISTER"}

    def change(self, lesson):
        lesson.stop()


class NEUROSCENE_OT_pause_training(OfTraining, bpy.types.Operator):
    """Let the training wait, or go on"""

    bl_idname = "neuroscene.pause_training"
    bl_label = "Pause"
    bl_options = {"REGISTER"}

    def change(self, lesson):
        lesson.pause(not lesson.paused)
