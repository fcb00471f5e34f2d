# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A series that grows while a training runs, so that its thousandth step costs no more than its tenth: ranges follow
from what the newest step adds, and of a long series every second step goes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import bpy
import numpy as np

from ...colormaps import value_range
from ...nodes.series import numbered
from ..attributes import array
from ..building import connections
from ..entities import Bars, Bundle, NetworkScene
from . import filling, showing
from .known import Known

NONE = np.zeros(0, np.float32)


@dataclass
class Highest:
    """The largest of all numbers of a bundle's steps, as many as it takes to know which has the full width."""

    room: int
    kept: np.ndarray = field(default_factory=lambda: NONE)
    count: int = 0

    def add(self, values: np.ndarray) -> None:
        finite = values[np.isfinite(values)]
        self.count += len(finite)
        every = np.concatenate([self.kept, finite])
        self.kept = np.partition(every, -self.room)[-self.room :] if len(every) > self.room else every

    def with_newest(self, values: np.ndarray) -> float | None:
        """What `showing.high_of` gives of all, and of these."""
        finite = values[np.isfinite(values)]
        count = self.count + len(finite)
        every = np.concatenate([self.kept, finite])
        place = len(every) - (count - showing.rank_of_high(count))
        return float(np.partition(every, place)[place]) if 0 <= place < len(every) else None


@dataclass
class Ranges:
    """What ranges of a growing series follow from: of each layer the range of every step, of each bundle the highest
    importances and of bars the winners of all steps but the newest, which may still give its place to another."""

    count: int = 0
    extents: dict[str, list[float | None]] = field(default_factory=dict)
    highest: dict[int, Highest] = field(default_factory=dict)
    winners: dict[str, set[int]] = field(default_factory=dict)
    _importance: dict[int, np.ndarray] = field(default_factory=dict)
    _winner: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, collection: bpy.types.Collection, count: int, bundles: Collection[int], most: int) -> Ranges:
        """Those of the steps that a network holds, `most` of which there may come to be."""
        made = cls()
        scene = NetworkScene(collection)
        for step in range(count):
            values = {
                name: array(layer.obj, numbered("value", step))
                for name, layer in scene.layers().items()
                if showing.has_steps(layer.obj)
            }
            importance = {
                index: array(obj, numbered("importance", step))
                for index, obj in connections.by_index(collection).items()
                if index in bundles and len(obj.data.curves)
            }
            scores = {
                bars.layer: array(bars.obj, numbered("value", step))
                for bars in scene.members(Bars)
                if showing.has_steps(bars.obj)
            }
            made.add(values, importance, scores, most)
        return made

    def add(
        self,
        values: Mapping[str, np.ndarray],
        importance: Mapping[int, np.ndarray],
        scores: Mapping[str, np.ndarray],
        most: int,
        instead: bool = False,
    ) -> None:
        """Add the newest step, or have it `instead` of the one that was."""
        for name, numbers in values.items():
            steps = self.extents.setdefault(name, [])
            if instead and steps:
                steps.pop()
            steps.append(value_range(numbers) if np.isfinite(numbers).any() and np.any(numbers) else None)
        for index, numbers in importance.items():
            room = int((1 - showing.HIGH) * (most + 1) * len(numbers)) + 2
            highest = self.highest.setdefault(index, Highest(room))
            if not instead:
                highest.add(self._importance.get(index, NONE))
            self._importance[index] = numbers
        for name, numbers in scores.items():
            if not instead and name in self._winner:
                self.winners.setdefault(name, set()).add(self._winner[name])
            self._winner[name] = filling.winner_of(numbers)
        self.count += not instead

    def show(self, collection: bpy.types.Collection) -> None:
        """Let layers, lines and names of classes have what holds for all steps."""
        scene = NetworkScene(collection)
        for name, layer in scene.layers().items():
            if name in self.extents:
                showing.set_lasting(layer, [extent for extent in self.extents[name] if extent is not None])
        for index, obj in connections.by_index(collection).items():
            if index in self.highest:
                showing.set_importance_high(Bundle(obj), self.highest[index].with_newest(self._importance[index]))
        for bars in scene.members(Bars):
            if bars.layer in self._winner:
                winners = self.winners.get(bars.layer, set()) | {self._winner[bars.layer]}
                filling.show_no_winner(scene, bars, len(winners))


def make_room(collection: bpy.types.Collection, place: int, count: int) -> None:
    """Number the steps from a place on anew, so that one is free there."""
    for obj in showing.with_steps(collection) if place < count else ():
        for name in _names(obj):
            for step in range(count - 1, place - 1, -1):
                obj.data.attributes[numbered(name, step)].name = numbered(name, step + 1)


def thin(collection: bpy.types.Collection, series: Known) -> None:
    """Let every second step of a series go, but for the last."""
    count = len(series)
    kept = sorted({*range(0, count, 2), count - 1})
    for obj in showing.with_steps(collection):
        attributes = obj.data.attributes
        for name in _names(obj):
            for step in sorted(set(range(count)) - set(kept)):
                if numbered(name, step) in attributes:
                    attributes.remove(attributes[numbered(name, step)])
            for place, step in enumerate(kept):
                if place != step and numbered(name, step) in attributes:
                    attributes[numbered(name, step)].name = numbered(name, place)
        obj.data.update_tag()
    series.numbers, series.files, series.values, series.top = (
        _some(told, kept) for told in (series.numbers, series.files, series.values, series.top)
    )
    if series.wrong >= 0:
        series.wrong = next(place for place, step in enumerate(kept) if step >= series.wrong)


def _some(told: Sequence, places: Sequence[int]) -> list:
    return [told[place] for place in places if place < len(told)]


def _names(obj: bpy.types.Object) -> set[str]:
    """The attributes that an object holds for steps."""
    return {name.rpartition(".")[0] for name in obj.data.attributes.keys() if showing.is_step(name)}  # noqa: SIM118
