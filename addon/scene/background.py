# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work without Blender's data that goes on beside the window, so that the window can cancel it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from threading import Event, Thread
from typing import Any

import bpy

from ..containers.stopping import StoppedError, stoppable

PATIENCE = 0.02  # seconds between two looks at the window


def in_background(work: Callable[[], Any], text: str, beside: bool | None = None) -> Generator[tuple[float, str]]:
    """What `work` returns or raises; yields (0, text) until then, or what it says with `stopping.tell`. `work` must not
    touch `bpy`.

    Without a window (`beside` False) it is done at once. When the generator is closed, the work stops at its next look
    at `containers.stopping`.
    """
    if bpy.app.background if beside is None else not beside:
        return work()
    stop = Event()
    outcome = {}
    said = [(0.0, text)]

    def told(share: float, now: str) -> None:
        said[0] = share, now

    def run():
        try:
            with stoppable(stop, told):
                outcome["result"] = work()
        except StoppedError:
            pass
        except BaseException as error:  # is raised where somebody waits for it
            outcome["error"] = error

    thread = Thread(target=run, name="Neuroscene", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(PATIENCE)
            yield said[0]
    finally:
        stop.set()
    if "error" in outcome:
        raise outcome["error"]
    return outcome["result"]
