# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Long work as a generator of steps, so that a caller can show progress and stop between any two."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

T = TypeVar("T")


def finish(steps: Generator[tuple[float, str], None, T], progress: Callable[[str], None] = lambda text: None) -> T:
    """Run all steps at once and return what they return; `progress` is told the share that is done and what is next."""
    while True:
        try:
            share, text = next(steps)
        except StopIteration as end:
            return end.value
        progress(f"{share:4.0%} {text}")
