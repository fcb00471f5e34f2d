# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Watch a training that runs elsewhere."""

import time
from pathlib import Path

import bpy

from ..addon.scene.building import build
from ..addon.scene.series.live import Live
from ..addon.series import Watch

LOOKS = 0.25  # seconds between two looks at the folder
watched: list["NEUROSCENE_OT_watch_folder"] = []  # that run now; they end with Blender


class NEUROSCENE_OT_watch_folder(bpy.types.Operator):
    """Show each checkpoint of a training that runs elsewhere as soon as it is whole. Escape or a button ends it"""

    bl_idname = "neuroscene.watch_folder"
    bl_label = "Watch Folder"
    bl_options = {"REGISTER"}  # each checkpoint would be an undo step: there is one in the end

    directory: bpy.props.StringProperty(name="Folder", subtype="DIR_PATH", description="Name the folder of checkpoints")
    input: bpy.props.StringProperty(
        name="Input", subtype="FILE_PATH", description="Run this picture or array through every checkpoint"
    )
    idle: bpy.props.FloatProperty(
        name="Idle",
        default=0.0,
        min=0.0,
        description="End when no checkpoint has come for so many seconds. 0 goes on until it is stopped",
    )
    max_cells: bpy.props.IntProperty(
        name="Cells", default=build.MAX_CELLS, min=1, description="Limit the cells that are drawn"
    )

    def invoke(self, context, event):
        if self.directory:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context):
        folder = Path(bpy.path.abspath(self.directory))
        if not folder.is_dir():
            self.report({"ERROR"}, f"{folder}: no such folder; choose where a training saves its checkpoints")
            return {"CANCELLED"}
        given = Path(bpy.path.abspath(self.input)) if self.input else None
        self.live = Live(folder, given, build.Settings(max_cells=self.max_cells))
        self._watch = Watch(folder)
        self._came = time.monotonic()
        self.stopped = False
        if context.window and not bpy.app.background:
            watched.append(self)
            self._timer = context.window_manager.event_timer_add(LOOKS, window=context.window)
            context.window_manager.modal_handler_add(self)
            return {"RUNNING_MODAL"}
        if not self.idle:
            self.report({"ERROR"}, "Without a window it needs a time after which it ends: set Idle")
            return {"CANCELLED"}
        while not self._over():
            self._look()
            time.sleep(LOOKS)
        return self._end()

    def modal(self, context, event):
        if event.type == "ESC" or self.stopped or self._over():
            watched.remove(self)
            context.window_manager.event_timer_remove(self._timer)
            context.workspace.status_text_set(None)
            return self._end()
        if event.type == "TIMER":
            self._look()
            waits = f", {len(self._watch.waiting):,} not whole yet" if self._watch.waiting else ""
            context.workspace.status_text_set(
                f"Watching {self.live.folder.name}: {self.live.count:,} checkpoints{waits}.  Esc ends it"
            )
            for area in context.screen.areas:
                area.tag_redraw()
        return {"PASS_THROUGH"}

    def _look(self):
        with self._watch.arrivals() as arrived:
            for each in arrived:
                self.live.take(each)
                self._came = time.monotonic()

    def _over(self) -> bool:
        return bool(self.idle) and time.monotonic() - self._came > self.idle

    def _end(self):
        live = self.live
        out = f", {len(live.left_out):,} left out: {next(iter(live.left_out.values()))}" if live.left_out else ""
        self.report({"INFO"}, f"{live.count:,} checkpoints of {live.folder.name}{out}")
        if live.count:
            live.settle()
            bpy.ops.ed.undo_push(message=self.bl_label)
        return {"FINISHED"}


class NEUROSCENE_OT_stop_watching(bpy.types.Operator):
    """End watching folders. What has come stays"""

    bl_idname = "neuroscene.stop_watching"
    bl_label = "Stop Watching"
    bl_options = {"REGISTER"}

    @classmethod
    def poll(cls, context):
        return bool(watched)

    def execute(self, context):
        for each in watched:
            each.stopped = True
        return {"FINISHED"}
