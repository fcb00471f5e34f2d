# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A training that runs now: each checkpoint that has become whole joins the series of a network in the scene."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import bpy
import numpy as np

from ... import compat
from ...containers import CheckpointError
from ...inference import run_file
from ...network import Network
from ...nodes.series import MOST
from ...series import Arrived, Run, Step
from ...series.scalars import beside
from ..attributes import array
from ..building import build, connections, layers
from ..editing import by_hand
from ..entities import Bars, Book, NetworkScene, networks, series_nodes
from ..updating import reloading
from . import filling, following, growing, known, lines, playing, plots, showing, taps, words
from .faces import Faces, face_of
from .growing import Ranges
from .known import Known
from .sources import Checkpoints

KIND = "checkpoints"
WHOLE = 1e-3  # of a step: so near its end the slider goes on with the training


@dataclass
class Live:
    """A training run and the network that shows it: that with this uuid, else one that the first checkpoint makes.

    Holds no data-block: these may be gone with an undo."""

    folder: Path
    given: Path | None = None
    settings: build.Settings = field(default_factory=build.Settings)
    uuid: str = ""
    data: Path | None = None  # of which a plot shows samples, where there is something to plot
    count: int = 0  # checkpoints that have joined
    left_out: dict[Path, str] = field(default_factory=dict)
    _source: Checkpoints | None = None
    _queries: dict[int, lines.Query] = field(default_factory=dict)
    _faces: Faces = field(default_factory=Faces)
    _ends: dict[int, bytes] = field(default_factory=dict)  # which cells lines join, when they were last looked at
    _ranges: Ranges = field(default_factory=Ranges)
    _reach: plots.Reach | None = None  # of the plot
    _most: int = MOST  # steps that the series holds
    _stride: int = 1  # of so many checkpoints one is kept
    _newest: int = 0  # its place among all that joined behind one another

    def take(self, arrived: Arrived) -> bool:
        """Let a checkpoint join; the first makes the scene. Whether it did: why not is in `left_out`."""
        try:
            if self._source is None:
                self._begin(arrived)
            else:
                self._join(arrived)
        except CheckpointError as error:
            self.left_out[arrived.path] = error.problem
            return False
        self.left_out.pop(arrived.path, None)
        self.count += 1
        return True

    def settle(self) -> None:
        """Say of how many steps each is one, for no more will come; ranges are those of the steps that are kept. Does
        nothing where nothing has joined or the network is gone."""
        collection = next((each for each in networks() if NetworkScene(each).uuid == self.uuid), None)
        series = known.read(collection).get(KIND) if collection is not None and self.count else None
        if series is None:
            return
        Ranges.of(collection, len(series), self._queries, self._most).show(collection)
        words.show(collection, series)

    def network(self) -> bpy.types.Collection:
        """The network that shows the training. Raises `CheckpointError` if somebody has deleted it."""
        shown = next((each for each in networks() if NetworkScene(each).uuid == self.uuid), None)
        if shown is None:
            raise CheckpointError(self.folder, "is shown by no network any more", "watch it again")
        return shown

    def _begin(self, arrived: Arrived) -> None:
        step = _step(arrived, 0)
        run = Run(self.folder, [step], [], arrived.unit)
        beside.fill(run)
        source = Checkpoints(run, [step], self.given)
        if self.uuid:
            collection = self.network()
            following.remove(collection, KIND)
            build.finish(reloading.steps(collection, arrived.path))
            if self.data is not None and plots.fits(source.network(0)):
                build.finish(plots.show_steps(collection, self.data))
            build.finish(filling.fill_steps(collection, source, run, whole=True))
        else:
            collection = build.finish(filling.build_steps(source, run, self.settings, whole=True))
        scene = NetworkScene(collection)
        scene.source = str(arrived.path.resolve())
        self.uuid = scene.uuid
        self._source = source
        ran = source.ran(0)
        self._faces_of(collection, source.network(0)).read(source.network(0), ran)
        self._look(collection, source.network(0))
        self._most = filling.most_steps(collection)
        words.grow(collection, known.read(collection)[KIND], anew=True)

    def _look(self, collection, network: Network) -> None:
        """Learn which edges the lines of a scene are, by the weights that they have now."""
        drawn = _drawn(collection)
        self._queries = {}
        self._ends = _ends(collection)
        for index, obj in connections.by_index(collection).items():
            connection = network.connections[index]
            ends = connection.source.name, connection.target.name
            if showing.has_steps(obj) and drawn.keys() >= set(ends):
                query = lines.query_of(connection, drawn, connections.lines_of(obj))
                if query is not None:
                    self._queries[index] = query

    def _join(self, arrived: Arrived) -> None:
        assert self._source is not None
        collection = self.network()
        series = known.read(collection).get(KIND)
        if series is None:
            raise CheckpointError(arrived.path, "has no series to join: it was removed")
        shown = self._source.of(arrived.path, arrived.checkpoint)
        if _ends(collection) != self._ends:  # detail has changed since
            self._look(collection, shown)
        ran = run_file(self.given, shown)[1] if self.given else None
        network = self._source.alike
        gathered = filling.Gathered()
        filling.read(
            gathered, network, shown, ran, _drawn(collection), self._queries, self._faces_of(collection, network)
        )
        place, new = _place(series, arrived)
        last = len(series) - 1
        at_end = playing.place(collection, KIND) >= last - WHOLE
        behind = new and place > last
        instead = behind and bool(self._newest % self._stride)  # in place of one that is not to be kept
        if instead:
            place, new = last, False
            series.total = max(series.total, last + 1) + 1
        if behind:
            self._newest += 1
        if new:
            growing.make_room(collection, place, last + 1)
        added = self._put(collection, gathered, place)
        self._open(collection, shown, place)
        count = last + 2 if new else last + 1
        growing.join_beside(collection, network, shown, ran, place, count)
        self._reach = plots.join(collection, shown, place, count, self._reach if behind else None)
        _say(series, arrived, gathered, place, new)
        if place == count - 1:
            self._rest(collection, gathered, arrived)
        if count > self._most:
            growing.thin(collection, series)
            self._stride *= 2
        if not behind or len(series) != count or self._ranges.count != last + 1:
            self._ranges = Ranges.of(collection, len(series), self._queries, self._most)
        else:
            self._ranges.add(*added, self._most, instead)
        if len(series) != last + 1:
            _set_last(collection, len(series) - 1)
        self._ranges.show(collection)
        known.write(collection, {KIND: series})
        words.grow(collection, series, anew=not behind or len(series) != count)
        if at_end:
            playing.go(collection, KIND, len(series) - 1)

    def _faces_of(self, collection, network: Network) -> Faces:
        """The books and planes that there are now, with the units that they have shown."""
        faces = Faces.of(collection, network)
        faces.kept.update(self._faces.kept)
        self._faces = faces
        return faces

    def _put(self, collection, gathered: filling.Gathered, place: int):
        """Let everything have what a step gives; returns it by layer, by bundle and by layer with bars."""
        scene = NetworkScene(collection)
        values, importance, scores = {}, {}, {}
        for name, layer in scene.layers().items():
            if name in gathered.values and showing.has_steps(layer.obj):
                values[name] = by_hand.of_vertices(layer.obj, gathered.values[name][0])
                showing.put_step(layer.obj, "value", place, values[name])
        for index, obj in connections.by_index(collection).items():
            for name in ("weight", "magnitude", "importance") if index in self._queries else ():
                showing.put_step(obj, name, place, getattr(gathered, name)[index][0])
            if index in self._queries and len(obj.data.curves):
                importance[index] = gathered.importance[index][0]
        for bars in scene.members(Bars):
            if bars.layer in gathered.bars and showing.has_steps(bars.obj):
                scores[bars.layer] = gathered.bars[bars.layer][0]
                showing.put_step(bars.obj, "value", place, scores[bars.layer])
        for book in scene.members(Book):
            numbers = gathered.faces.get(face_of(book))
            if numbers and showing.has_steps(book.obj) and len(numbers[0]["value"]) == len(book.obj.data.vertices):
                showing.put_step(book.obj, "value", place, numbers[0]["value"])
        return values, importance, scores

    def _open(self, collection, shown: Network, place: int) -> None:
        """The stored lines of expansions have their weights too."""
        drawn = _drawn(collection)
        for index, obj in connections.by_index(collection).items():
            stored = taps.object_of(obj)
            if stored is None or not showing.has_steps(stored):
                continue
            connection = shown.connections[index]
            own = self._source.alike.connections[index] if self._source else connection
            ends = (drawn.get(layer.name) for layer in (own.source, own.target))
            opened = taps.opened(obj, *ends)
            told = taps.read(connection, opened) if opened else None
            if opened and told:
                numbers = (*told, taps.importance(stored, opened.is_tap, told[1]))
                for name, values in zip(("weight", "magnitude", "importance"), numbers, strict=True):
                    showing.put_step(stored, name, place, values)

    def _rest(self, collection, gathered: filling.Gathered, arrived: Arrived) -> None:
        """Let the newest checkpoint be what the network is without its series."""
        scene = NetworkScene(collection)
        for name, layer in scene.layers().items():
            if name in gathered.values:
                values = by_hand.of_vertices(layer.obj, gathered.values[name][0])
                for attribute, numbers in (("value", values), ("importance", np.abs(values))):
                    layer.obj.data.attributes[attribute].data.foreach_set("value", np.ascontiguousarray(numbers))
        for index, obj in connections.by_index(collection).items():
            for name in ("weight", "magnitude", "importance") if index in self._queries else ():
                obj.data.attributes[name].data.foreach_set("value", getattr(gathered, name)[index][0])
        scene.tell(
            source=str(arrived.path.resolve()),
            sha256=arrived.checkpoint.sha256(),
            stat=build.stat_of(arrived.checkpoint.path),
        )


def _drawn(collection):
    return {name: layers.drawn_of(layer.obj) for name, layer in NetworkScene(collection).layers().items()}


def _ends(collection) -> dict[int, bytes]:
    """Which cells the lines of each bundle join."""
    return {
        index: array(obj, "source").tobytes() + array(obj, "target").tobytes()
        for index, obj in connections.by_index(collection).items()
    }


def _step(arrived: Arrived, before: int) -> Step:
    number = arrived.number if arrived.number is not None else before
    return Step(
        arrived.read_from, number, arrived.named.epoch, dict(arrived.named.values), arrived.checkpoint, arrived.path
    )


def _place(series: Known, arrived: Arrived) -> tuple[int, bool]:
    """At which place a checkpoint belongs, and whether it is a new one there: one of the same number takes the place of
    that."""
    number = arrived.number
    if number is None:
        return len(series), True
    if number in series.numbers:
        return series.numbers.index(number), False
    return sum(other < number for other in series.numbers), True


def _say(series: Known, arrived: Arrived, gathered: filling.Gathered, place: int, new: bool) -> None:
    """Let a series know of a checkpoint, and of what was measured by now."""
    number = arrived.number if arrived.number is not None else series.numbers[-1] + 1
    top = gathered.top[0] if gathered.top else []
    told = filling.plain(dict(arrived.named.values))
    entries = (
        (series.numbers, number),
        (series.files, str(arrived.path.resolve())),
        (series.values, told),
        (series.top, top),
    )
    for kept, entry in entries:
        if new:
            kept.insert(place, entry)
        elif place < len(kept):
            kept[place] = entry
    series.total = max(series.total + new, len(series))
    if gathered.wrong >= 0:
        series.wrong = place if series.wrong < 0 else min(series.wrong, place)
    elif new and series.wrong >= place:
        series.wrong += 1
    steps = [
        Step(Path(file), number, None, {name: value for name, value in values.items() if value is not None})
        for file, number, values in zip(series.files, series.numbers, series.values, strict=True)
    ]
    beside.fill(Run(Path(series.files[0]).parent, steps, [], series.unit))
    series.values = [filling.plain(step.values) for step in steps]


def _set_last(collection, last: int) -> None:
    for obj in showing.parts(collection):
        for modifier in series_nodes(obj):
            compat.set_inputs(modifier, {"Last": last})
