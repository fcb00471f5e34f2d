# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network as books on a shelf: a slanted row, so that the cover of each shows behind the next, and a U where the
maps of a network shrink and grow again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import radians

from .layered import Item, LayoutSettings
from .shapes import HEIGHT

SLANT = radians(32)  # of a row whose covers are seen from the side where the signal leaves
LONGEST = 8.0 * HEIGHT  # metres of a row
LONGEST_OF_SHEETS = 14.0 * HEIGHT
FIRST, LAST = 0.62 * HEIGHT, 0.2 * HEIGHT  # metres free before the first and the last item: perspective enlarges that
FLANK = 0.5 * HEIGHT  # metres before each item of a U
ROOM = 2.8 * HEIGHT  # metres that all gaps of a row take together at most
CLOSEST = 0.24 * HEIGHT  # metres between items of a row of many, in the mean
LEAST = 0.045 * HEIGHT  # metres between two items
ENTERING = 1.15  # of the width of an input and a sheet is free between them
DOWN = 0.66 * HEIGHT  # metres, of a level of a U


def settings_of_shelf(settings: LayoutSettings, sheets: bool = False) -> LayoutSettings:
    """Settings in which books are seen from the side where the signal leaves, or `sheets` of tokens beside them."""
    longest = LONGEST_OF_SHEETS if sheets else LONGEST
    return replace(settings, slant=SLANT, longest=min(settings.longest, longest), snake=False)


def in_file(items: Sequence[Item]) -> list[Item]:
    """Items of which those that read nothing stand one behind the other, in place of one above the other."""
    made: list[Item] = []
    first = [item for item in items if not item.inputs]
    behind = {item.name: before.name for before, item in zip(first, first[1:], strict=False)}
    for item in (*first, *(item for item in items if item.inputs)):
        made.append(replace(item, inputs=(behind[item.name],)) if item.name in behind else item)
    return made


def behind(items: Sequence[Item]) -> list[Item]:
    """Items of which each stands behind the one before, also branches that are side by side."""
    ordered = in_file(items)
    before = [(), *((item.name,) for item in ordered[:-1])]
    return [replace(item, inputs=inputs) for item, inputs in zip(ordered, before, strict=True)]


def gaps(items: Sequence[Item], levels: Mapping[str, int]) -> dict[str, float]:
    """The free room in metres before each item by its name, less towards the camera; on a U's flanks, where one hides
    the other less, it is even."""
    count = max(1, len(items) - 1)
    even = len(set(levels.values())) > 1
    wanted = [FLANK if even else FIRST * (LAST / FIRST) ** (index / count) for index in range(len(items))]
    room = max(ROOM, CLOSEST * count)
    share = 1.0 if even else min(1.0, room / max(sum(wanted[1:]), 1e-9))
    return {item.name: max(LEAST, share * gap) for item, gap in zip(items, wanted, strict=True)}


def free(before: Item, item: Item, row: float, enters: bool = False) -> float:
    """The free room in metres before an item: a share of the width of the two where both are sheets or books of them,
    else as the `row` has it. What `enters` such a sheet stands beside the names of its rows."""
    if not (before.apart and item.apart):
        return row
    return max(item.apart, ENTERING * enters) * (before.size[1] + item.size[1]) / 2
