# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python's x[key] as ONNX has it: a Slice, axes that go, and new axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

FAR = (1 << 63) - 1  # in a Slice, to the end


@dataclass
class Cuts:
    """The inputs of a Slice, `gone` the axes that a whole number takes away, and then `new` ones."""

    starts: list[int] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    axes: list[int] = field(default_factory=list)
    strides: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    new: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, key: Sequence[slice | int | None]) -> Cuts:
        """What a key of slices, whole numbers and None for new axes does."""
        cuts = cls()
        axis = 0
        for position, part in enumerate(key):
            if part is None:
                cuts.new.append(position - len(cuts.gone))
                continue
            if isinstance(part, int):
                cuts.gone.append(axis)
                part = slice(part, part + 1 if part != -1 else None)
            step = 1 if part.step is None else part.step
            if (part.start, part.stop, step) != (None, None, 1):
                ends = (0, FAR) if step > 0 else (-1, -FAR)
                cuts.starts.append(ends[0] if part.start is None else part.start)
                cuts.stops.append(ends[1] if part.stop is None else part.stop)
                cuts.axes.append(axis)
                cuts.strides.append(step)
            axis += 1
        return cuts
