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
from ...inference import Ran, activation
from ...network import Network
from ...network import histograms as counting
from ...nodes.series import numbered
from ..attributes import array
from ..building import connections, histograms, kernels
from ..entities import Bars, Bundle, Histogram, Kernels, NetworkScene
from . import filling, showing
from .known import Known
from .sources import FEWEST

KIND = "checkpoints"
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


def join_beside(
    collection: bpy.types.Collection, network: Network, shown: Network, ran: Ran | None, place: int, count: int
) -> None:
    """Let what stands beside layers, kernels and histograms, have what a step gives at a place, one of so many; `shown`
    is its network, alike to `network`, by whose names layers are known. If it is the last they rest on it."""
    scene = NetworkScene(collection)
    layers = {own.name: layer for own, layer in zip(network.layers, shown.layers, strict=True)}
    for pictures in scene.members(Kernels):
        layer = layers.get(pictures.layer)
        weights = kernels.weights_of(shown, layer.name) if layer else None
        if weights is not None and list(weights.shape) == pictures.shape:
            _join(scene, pictures.obj, "weight", kernels.taps_of(weights), place, count)
    for histogram in scene.members(Histogram):
        layer = layers.get(histogram.layer)
        if layer is None or histogram.shows not in (histograms.VALUES, histograms.WEIGHTS):
            continue
        parts = [activation(layer, ran)] if histogram.shows == histograms.VALUES else counting.weights(layer)
        known = [part for part in parts if part is not None]
        if known:
            counted = counting.count(known, float(histogram.inputs["Range"]), histogram.low < 0)
            _join(scene, histogram.obj, "value", counted.shares, place, count)
            if place == count - 1:
                told = {"counts": [str(number) for number in counted.counts.tolist()]}
                histogram.tell(**told, zeros=counted.zeros, total=counted.total)


def _join(scene: NetworkScene, obj: bpy.types.Object, name: str, values: np.ndarray, place: int, count: int) -> None:
    """Let an object have a step more of an attribute; the second makes a step of what it rested on as well."""
    resting = obj.data.attributes[name]
    field = showing.FIELDS[resting.data_type]
    if values.size != len(resting.data) * (3 if field == "vector" else 1):
        return  # somebody has deleted some of them
    if not showing.has_steps(obj) and count == FEWEST:
        before = np.empty_like(values, np.float32)
        resting.data.foreach_get(field, before.reshape(-1))
        steps = [before, values] if place else [values, before]
        put = showing.put_kernels if field == "vector" else showing.put_numbers
        put(obj, steps, scene.root().obj, KIND)
    elif showing.has_steps(obj):
        showing.put_step(obj, name, place, values)
    if place == count - 1:
        obj.data.attributes[name].data.foreach_set(field, np.ascontiguousarray(values, np.float32).ravel())
        obj.data.update_tag()


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
