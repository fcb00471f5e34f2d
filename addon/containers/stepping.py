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


def part(
    steps: Generator[tuple[float, str], None, T], begin: float, end: float
) -> Generator[tuple[float, str], None, T]:
    """Go through steps as a part, from share to share, of others; returns what they return."""
    while True:
        try:
            share, text = next(steps)
        except StopIteration as last:
            return last.value
        yield begin + (end - begin) * share, text
