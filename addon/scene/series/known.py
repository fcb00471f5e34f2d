# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a network in a scene says of its series: which steps there are, from where, and what was measured at each."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from math import isfinite
from pathlib import Path

import bpy

from ..entities import NetworkScene
from ..texts.words import shortened

ACCURACIES = ("val_accuracy", "accuracy")
LOSSES = ("val_loss", "loss")
LONGEST = 32  # letters of a name


def percent(share: float) -> str:
    """A share as words have it: "93.1 %"."""
    return f"{share:.1%}".replace("%", "\N{NO-BREAK SPACE}%")


@dataclass
class Known:
    """A series in a scene. `numbers` are those of its steps in the training, by `unit`; `files` where each comes from,
    `labels` what it is called, `values` what was measured at each, `total` how many there were before it was thinned,
    `given` the inputs that run. `wrong` says from which step on numbers are not finite, -1 if all are. `top` are class
    and score of the highest output at each step. `growing`: whether more may come, so that all has numbers for each.
    `true` is what is right for each sample, "" where nobody says; `sources` are the files and folders that they come
    from, of which `numbers` says which are shown. `labels` are the names of steps of evidence, `judged` how
    many of all samples are right, and how many there are."""

    kind: str
    unit: str
    numbers: list[int]
    files: list[str]
    values: list[dict[str, float | None]] = field(default_factory=list)
    total: int = 0
    given: list[str] = field(default_factory=list)
    top: list[list] = field(default_factory=list)
    wrong: int = -1
    growing: bool = False
    true: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    judged: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.numbers)

    def measured(self, step: int) -> tuple[str, float] | None:
        """What is said of a step in short: its accuracy, else its loss."""
        values = self.values[step] if step < len(self.values) else {}
        for name in (*ACCURACIES, *LOSSES):
            number = values.get(name)
            if number is not None and isfinite(number):
                return name, number
        return None

    def heads(self, step: int, of: bool = True) -> str:
        """What a step is called: "epoch 4 of 10", or "epoch 4"."""
        if self.kind == "evidence":
            name = self.labels[step] if step < len(self.labels) else ""
            return f"{name} ({step + 1:,} of {len(self):,})"
        if self.kind == "samples":
            return f"input {step + 1:,} of {len(self):,}"
        if self.unit == "checkpoint":
            return f"checkpoint {step + 1:,}" + (f" of {len(self):,}" if of else "")
        return f"{self.unit} {self.numbers[step]:,}" + (f" of {self.numbers[-1]:,}" if of else "")

    def says(self, step: int, of: bool = True) -> str:
        """A line on a step: "epoch 4 of 10 · 93.1 %"."""
        measured = self.measured(step)
        if measured is None:
            return self.heads(step, of)
        name, number = measured
        share = name in ACCURACIES and 0 <= number <= 1
        return f"{self.heads(step, of)} · " + (percent(number) if share else f"loss {number:.3g}")

    def answers(self, step: int) -> str:
        """What comes out at a step: "digit_5.png → 8 (12.1 %)"; "" where nothing runs."""
        best = self.top[step] if step < len(self.top) else []
        if not self.given:
            return ""
        name = shortened(Path(self.given[min(step, len(self.given) - 1)]).name, LONGEST)
        if not best:
            return name
        label, score = best
        share = f" ({percent(score)})" if 0 <= score <= 1 else ""
        if true := self.right(step):
            return f"{name} → {shortened(str(label), LONGEST)} (true: {shortened(true, LONGEST)}){share}"
        return f"{name} → {shortened(str(label), LONGEST)}{share}"

    def right(self, step: int) -> str:
        """What is right for a step, "" where nobody says."""
        return self.true[step] if step < len(self.true) else ""

    def is_wrong(self, step: int) -> bool:
        """Whether something else comes out at a step than is right."""
        best = self.top[step] if step < len(self.top) else []
        return bool(best) and self.right(step) not in ("", str(best[0]))

    def counted(self) -> str:
        """ "9 of 10 right", "" where nobody says what is right."""
        if len(self.judged) != 2:
            return ""
        right, total = self.judged
        return f"{right:,} of {total:,} right"

    def thinned(self) -> str:
        """ "24 of 1,000 checkpoints", "" where all are there."""
        noun = "inputs" if self.kind == "samples" else "checkpoints"
        return f"{len(self):,} of {self.total:,} {noun}" if self.total > len(self) else ""


def read(collection: bpy.types.Collection) -> dict[str, Known]:
    """The series of a network by kind."""
    text = NetworkScene(collection).series
    if not text:
        return {}
    try:
        return {kind: Known(**told) for kind, told in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError):  # somebody has written over it
        return {}


def write(collection: bpy.types.Collection, series: dict[str, Known]) -> None:
    """Let a network say that it has these series."""
    NetworkScene(collection).series = json.dumps({kind: asdict(known) for kind, known in series.items()})
