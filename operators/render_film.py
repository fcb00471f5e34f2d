# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Render the film of a shot, frame by frame, so that it can go on after a stop."""

from pathlib import Path

import bpy
from bpy_extras.io_utils import ExportHelper

from ..addon import compat
from ..addon.containers import CheckpointError
from ..addon.scene.output import film, rendering


class NEUROSCENE_OT_render_film(bpy.types.Operator, ExportHelper):
    """Render the frames of the scene as a film or as pictures. Continues a film that was stopped"""

    bl_idname = "neuroscene.render_film"
    bl_label = "Render Film"

    filename_ext = ".mp4"
    check_extension = None
    filter_glob: bpy.props.StringProperty(default="*.mp4;*.png", options={"HIDDEN"})
    anew: bpy.props.BoolProperty(
        name="Render Anew",
        default=False,
        options={"SKIP_SAVE"},
        description="Render frames again that exist from a stopped film of this shot, size and quality. Use it if "
        "you changed the scene since then",
    )

    _timer = _film = None
    _state = "next"  # "busy" while Blender renders, "rendered" or "stopped" when it has told so
    _there = "", ""  # a file, and how many of its frames there are

    @classmethod
    def poll(cls, context):
        cls.poll_message_set("The scene has no camera")
        return context.scene.camera is not None

    def invoke(self, context, event):
        if not self.filepath:
            folder = Path(bpy.data.filepath).parent if bpy.data.filepath else Path.home()
            self.filepath = str(folder / f"{context.scene.camera.name.lower().replace(' ', '_')}.mp4")
        return super().invoke(context, event)

    def check(self, context):
        path = Path(self.filepath)
        if path.suffix.lower() in (".mp4", ".png"):
            return False
        self.filepath = str(path.with_name(f"{path.name}.mp4"))
        return True

    def draw(self, context):
        if self._there[0] != self.filepath:
            made = self._open(context.scene)
            there = len(made.paths) - len(made.left)
            self._there = self.filepath, f"{there:,} of {len(made.paths):,} frames are there"
        self.layout.label(text=self._there[1], icon="RENDER_ANIMATION")
        self.layout.prop(self, "anew")

    def execute(self, context):
        scene, settings = context.scene, context.scene.render
        self._film = self._open(scene, self.anew)
        self._before = _settings(scene)
        rendering.write_pictures(settings)
        settings.use_stamp_note = True
        if context.window and not bpy.app.background and self.options.is_invoke:
            self._watch(True)
            self._timer = context.window_manager.event_timer_add(0.1, window=context.window)
            context.window_manager.modal_handler_add(self)
            return {"RUNNING_MODAL"}
        try:
            self._film.make(lambda text: None)
            return self._finish(context)
        except CheckpointError as error:
            return self._fail(context, error)

    def modal(self, context, event):
        try:
            return self._go_on(context, event)
        except CheckpointError as error:
            return self._fail(context, error)

    def _go_on(self, context, event):
        if self._state == "stopped" or self._state == "next" and event.type == "ESC":
            left = len(self._film.left)
            self._end(context)
            self.report({"WARNING"}, f"Stopped with {left:,} frames left; Render Film goes on with them")
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        if self._state == "rendered":
            self._film.end()
            self._state = "next"
        if self._state == "next":
            if not self._film.left:
                return self._finish(context)
            context.workspace.status_text_set(f"Film: {self._film.begin()}.  Esc stops; what is rendered is kept")
            begun = bpy.ops.render.render("INVOKE_DEFAULT", write_still=True, scene=self._film.scene.name)
            self._state = "busy" if "RUNNING_MODAL" in begun else "next"  # Blender may still be closing the last one
        return {"PASS_THROUGH"}

    def cancel(self, context):
        if self._film:
            self._end(context)

    def _open(self, scene, anew=False):
        note = rendering.note_of(scene, by_file=False)
        return film.Film(scene, Path(self.filepath), (scene.frame_start, scene.frame_end), note, anew)

    def _finish(self, context):
        written = film.said(self._film.join())
        self._end(context)
        self.report({"INFO"}, f"Wrote {written}")
        return {"FINISHED"}

    def _fail(self, context, error):
        self._end(context)
        self.report({"ERROR"}, str(error))
        return {"CANCELLED"}

    def _end(self, context):
        """Leave the scene as it was."""
        if self._timer:
            context.window_manager.event_timer_remove(self._timer)
            context.workspace.status_text_set(None)
            self._watch(False)
        try:
            scene = self._film.scene
        except CheckpointError:  # it is gone, and what was set in it
            return
        for part, name, value in self._before:
            setattr(scene.path_resolve(part) if part else scene, name, value)
        scene.frame_set(scene.frame_current)

    def _watch(self, on):
        """Hear from Blender when a frame is rendered, or stopped, as long as the film is made."""
        handlers = {"rendered": bpy.app.handlers.render_complete, "stopped": bpy.app.handlers.render_cancel}
        if on:
            self._heard = {name: lambda *_, name=name: setattr(self, "_state", name) for name in handlers}
        for name, some in handlers.items():
            (some.append if on else some.remove)(self._heard[name])


def _settings(scene) -> list[tuple]:
    """What a film changes in a scene while it is made: the part of the scene, name and value."""
    stamped = "filepath", "use_file_extension", "use_stamp_note", "stamp_note_text"
    changed = {"": ("frame_current",), "render": stamped, "render.image_settings": compat.STILL}
    return [
        (part, name, getattr(scene.path_resolve(part) if part else scene, name))
        for part, names in changed.items()
        for name in names
    ]
