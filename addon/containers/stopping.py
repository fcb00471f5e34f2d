# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opening a file can be stopped: whoever goes through much of it asks now and then whether it should go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event, Thread

_ASKED: ContextVar[Event | None] = ContextVar("stop", default=None)
_TOLD: ContextVar[Callable[[float, str], None] | None] = ContextVar("told", default=None)
PATIENCE = 0.05  # seconds between two looks at whether somebody wants to stop


class StoppedError(Exception):
    """Nobody waits for the result any more."""


@contextmanager
def stoppable(stop: Event, told: Callable[[float, str], None] | None = None) -> Iterator[None]:
    """What is done inside ends with `StoppedError` soon after `stop` is set; `told` is called with what `tell` says."""
    token, other = _ASKED.set(stop), _TOLD.set(told)
    try:
        yield
    finally:
        _ASKED.reset(token)
        _TOLD.reset(other)


def tell(share: float, text: str) -> None:
    """Say which share of the work is done, 0 to 1, and what is next; asks whether to go on, as `check` does."""
    check()
    told = _TOLD.get()
    if told is not None:
        told(share, text)


@contextmanager
def ending(end: Callable[[], None]) -> Iterator[None]:
    """`end` is called from another thread soon after the work inside should stop, for what looks at nothing itself."""
    stop = _ASKED.get()
    if stop is None:
        yield
        return
    over = Event()

    def wait() -> None:
        while not over.wait(PATIENCE):
            if stop.is_set():
                end()
                return

    Thread(target=wait, name="Neuroscene stop", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def check() -> None:
    """Raise `StoppedError` where the work should stop."""
    stop = _ASKED.get()
    if stop is not None and stop.is_set():
        raise StoppedError
