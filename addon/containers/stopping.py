# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opening a file can be stopped: whoever goes through much of it asks now and then whether it should go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event

_ASKED: ContextVar[Event | None] = ContextVar("stop", default=None)


class StoppedError(Exception):
    """Nobody waits for the result any more."""


@contextmanager
def stoppable(stop: Event) -> Iterator[None]:
    """What is done inside ends with `StoppedError` soon after `stop` is set."""
    token = _ASKED.set(stop)
    try:
        yield
    finally:
        _ASKED.reset(token)


def check() -> None:
    """Raise `StoppedError` where the work should stop."""
    stop = _ASKED.get()
    if stop is not None and stop.is_set():
        raise StoppedError
