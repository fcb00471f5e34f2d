# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `series` says of a run, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from ..containers.natural_order import brief
from .run import Run

MOST_NAMES, MOST_LEFT_OUT = 6, 20
FIRST = ("loss", "val_loss", "accuracy", "val_accuracy")  # columns, as far as they are there


def table(run: Run) -> str:
    """A row a checkpoint, then what was left out and why."""
    names = shown(run)
    rows = [[run.unit, *names, "file"]]
    for step in run.steps:
        numbers = [f"{step.values[name]:.5g}" if name in step.values else "" for name in names]
        rows.append([f"{step.number:,}", *numbers, brief(str(step.path))])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
    if run.left_out:
        lines.append(f"left out: {len(run.left_out):,}")
        lines += [f"  {brief(str(left.path))}: {left.why}" for left in run.left_out[:MOST_LEFT_OUT]]
        if len(run.left_out) > MOST_LEFT_OUT:
            lines.append(f"  and {len(run.left_out) - MOST_LEFT_OUT:,} more")
    return "\n".join([*lines, *(f"note: {brief(note, 200)}" for note in run.notes)])


def shown(run: Run) -> list[str]:
    """The names of what was measured that are worth a column, losses and accuracies first."""
    every = dict.fromkeys(name for step in run.steps for name in step.values)
    first = [name for name in FIRST if name in every]
    return [*first, *(name for name in every if name not in FIRST)][:MOST_NAMES]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Numbers to the right, the file to the left."""
    return [text.rjust(width) for text, width in zip(row[:-1], widths[:-1], strict=True)] + [row[-1]]
