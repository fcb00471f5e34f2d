# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Curves: numbers that were measured at steps or epochs of a training."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

MOST_POINTS = 1 << 20  # of all curves of a file


@dataclass
class Curve:
    """What was measured under one name: `points` are numbers by place. `unit` is what places count, "step", "epoch", or
    "" where the file does not say. `counts_from_0`: whether its writer calls the first epoch 0."""

    name: str
    unit: str
    points: dict[int, float] = field(default_factory=dict)
    counts_from_0: bool = False


@dataclass
class Curves:
    """The curves of one file. `notes` say what of it could not be read."""

    path: Path
    curves: list[Curve] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, unit: str, place: int, number: float, counts_from_0: bool = False) -> None:
        """Add a point; of two at one place the later stays."""
        for curve in self.curves:
            if (curve.name, curve.unit) == (name, unit):
                break
        else:
            curve = Curve(name, unit, {}, counts_from_0)
            self.curves.append(curve)
        curve.points[place] = number
