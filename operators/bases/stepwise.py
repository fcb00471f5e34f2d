# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What operators share whose work takes long: it goes on step by step, is shown, and can be stopped."""

import bpy

from ...addon.containers import CheckpointError
from .whole import Whole

LONGEST = 100  # characters of what is said of a step


class Stepwise(Whole):
    """Runs a generator of (share done, what is next), from a timer where there is a window, else at once.

    A subclass tells in `doing` what it does, and what to do in `done` when it has ended and in `undone` to leave
    nothing behind when it is stopped or fails.
    """

    doing = "Working"
    _timer = None

    def done(self, context, result):
        """All steps are done; `result` is what the generator returned."""

    def undone(self, context):
        """The work was stopped, or has failed."""

    def start(self, context, steps):
        """Begin; what `execute` returns."""
        self._steps = steps
        if context.window and not bpy.app.background and self.options.is_invoke:
            self._timer = context.window_manager.event_timer_add(0.01, window=context.window)
            context.window_manager.progress_begin(0, 100)
            context.window_manager.modal_handler_add(self)
            return {"RUNNING_MODAL"}
        while (state := self._step(context)) == {"RUNNING_MODAL"}:
            pass
        return state

    def modal(self, context, event):
        if event.type == "ESC":
            self._stop(context)
            self.report({"WARNING"}, f"{self.bl_label} cancelled; nothing has changed")
            return self.settled({"CANCELLED"})
        return self._step(context) if event.type == "TIMER" else {"RUNNING_MODAL"}

    def cancel(self, context):
        if hasattr(self, "_steps"):
            self._stop(context)

    def _step(self, context):
        try:
            share, text = next(self._steps)
        except StopIteration as end:
            self._end(context)
            self.done(context, end.value)
            return {"FINISHED"}
        except CheckpointError as error:
            self._stop(context)
            self.report({"ERROR"}, str(error))
            return self.settled({"CANCELLED"})
        except Exception:  # a fault of ours: it is shown as it is, and leaves nothing behind either
            self._stop(context)
            raise
        if self._timer:
            context.window_manager.progress_update(100 * share)
            context.workspace.status_text_set(f"{self.doing}: {text[:LONGEST]} ({share:.0%}).  Esc cancels")
        return {"RUNNING_MODAL"}

    def _stop(self, context):
        self._steps.close()
        self.undone(context)
        self._end(context)

    def _end(self, context):
        if self._timer:
            context.window_manager.event_timer_remove(self._timer)
            context.window_manager.progress_end()
            context.workspace.status_text_set(None)
            self._timer = None
