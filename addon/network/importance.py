# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much each unit of a hidden layer matters, and which of them a pruned network does without.

A unit matters by how large its numbers are times how much is made of them: importance = size x reach.

- size: the root mean square of its activations where an input has run, else the L2 norm of the weights into it
  (Li et al. 2017, Pruning Filters for Efficient ConvNets) times the scale of a batch normalisation behind them
  (Liu et al. 2017, Learning Efficient Convolutional Networks through Network Slimming);
- reach: the L2 norm of the weights that read it, through layers that only pass it on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .joins import COPY
from .network import Connection, Layer, Network
from .recognise import RECURRENT

LARGEST = 1 << 28  # weights; those of a larger layer are not read to tell how much it makes of its inputs


@dataclass(frozen=True)
class Ranking:
    """The units of a layer by importance. `axis` is that of a cell's indices along which the units go: 0, or 2 for the
    columns of a matrix. `leader` is the layer whose units they are, where this one only passes them on."""

    importance: np.ndarray  # (units,) float32
    axis: int
    leader: str

    @property
    def pruned_at(self) -> np.ndarray:
        """The smallest share of its units that a layer has to lose before each of them goes, (units,), above 0."""
        place = np.empty(len(self.importance))
        place[np.argsort(np.nan_to_num(self.importance, nan=-1.0), kind="stable")] = np.arange(1, len(place) + 1)
        return (place / len(place)).astype(np.float32)

    def kept(self, share: float) -> np.ndarray:
        """Which units are left when this share of them, rounded down, is pruned, (units,) bool."""
        return self.pruned_at > np.float32(share) + 1e-6


def rank(
    network: Network, values: Mapping[str, np.ndarray] = {}, names: Collection[str] | None = None
) -> dict[str, Ranking]:
    """Every hidden layer that has units of its own, and the layers that only pass these on; or of these the ones with
    these `names`, for which alone weights are read.

    `values` are tensors by name from one input, if any has run. Layers that give an output of the network, and those
    whose units cannot be told (attention, recurrent layers), are left alone.
    """
    return _Ranker(network, values).rankings(names)


def ordered(ranks: Mapping[str, Ranking], order: Mapping[str, Sequence[int]]) -> dict[str, Ranking]:
    """The same layers, their units in another order where one is known: by layer the place of each unit in it."""
    return {
        name: replace(ranking, importance=np.array(order[ranking.leader], np.float32))
        if len(order.get(ranking.leader, ())) == len(ranking.importance)
        else ranking
        for name, ranking in ranks.items()
    }


class _Ranker:
    def __init__(self, network: Network, values: Mapping[str, np.ndarray]):
        self.network = network
        self.values = values
        self.outputs = {spec.name for spec in network.outputs}
        self.readers: dict[str, list[Connection]] = {}
        self.reads: dict[str, list[Connection]] = {}
        for connection in network.connections:
            self.readers.setdefault(connection.source.name, []).append(connection)
            self.reads.setdefault(connection.target.name, []).append(connection)
        self.known: dict[str, np.ndarray | None] = {}

    def rankings(self, names: Collection[str] | None) -> dict[str, Ranking]:
        ranks: dict[str, Ranking] = {}
        last = self._last()
        wanted = None if names is None else self._with_leaders(names)
        for layer in self.network.layers:
            if layer.name in last or wanted is not None and layer.name not in wanted:
                continue
            before = self.reads.get(layer.name, [])
            if layer.strength is not None and self._plain(layer):
                strength = layer.strength()
                if (axis := axis_of(layer, len(strength))) is not None:
                    importance = self._size(layer, strength, axis) * self._reach(layer, axis)
                    ranks[layer.name] = Ranking(importance.astype(np.float32), axis, layer.name)
            elif len(before) == 1 and self._passes(before[0]) and before[0].source.name in ranks:
                led = ranks[before[0].source.name]
                ranks[layer.name] = Ranking(led.importance, led.axis, led.leader)
        return ranks if names is None else {name: ranked for name, ranked in ranks.items() if name in names}

    def _with_leaders(self, names: Collection[str]) -> set[str]:
        """These layers, and those whose units they only pass on."""
        wanted: set[str] = set()
        for name in names:
            while name not in wanted:
                wanted.add(name)
                before = self.reads.get(name, [])
                if len(before) == 1 and self._passes(before[0]):
                    name = before[0].source.name
        return wanted

    def _last(self) -> set[str]:
        """The layers that give the network's outputs, and those whose units these only pass on."""
        reached = set()
        todo = [layer_at_end for layer_at_end in self.network.layers if self.outputs.intersection(layer_at_end.outputs)]
        while todo:
            layer = todo.pop()
            if layer.name not in reached:
                reached.add(layer.name)
                todo += [connection.source for connection in self.reads.get(layer.name, []) if self._passes(connection)]
        return reached

    def _plain(self, layer):
        """Whether the cells of a layer are those of its tensor, one unit beside the other."""
        return layer.shown == layer.tensor and layer.op not in RECURRENT and layer.op != "Attention"

    def _passes(self, connection: Connection) -> bool:
        """Whether a layer only passes on the units of another, each to the unit of the same number."""
        source, target = connection.source, connection.target
        alike = source.grid.units == target.grid.units and (source.grid.units > 1 or source.grid == target.grid)
        return connection.join.carries == COPY and alike and self._plain(target) and target.strength is None

    def _size(self, layer, strength, axis):
        values = self.values.get(layer.tensor)
        if values is not None and values.dtype.kind == "f" and values.size == layer.size:
            squares = np.square(values.reshape(-1).astype(np.float32))
            mean = np.bincount(units_of(layer, axis), squares, len(strength)) / (layer.size // len(strength))
            return np.sqrt(mean)
        scale = layer.scale() if layer.scale else None
        return strength * np.abs(scale) if scale is not None and len(scale) == len(strength) else strength

    def _reach(self, layer, axis) -> np.ndarray:
        """L2 norm of the weights that read each unit; 1 for all where that cannot be told."""
        count = (layer.grid.units, 1, layer.grid.columns)[axis]
        square = self._squares(layer, axis, count)
        return np.ones(count) if square is None or not square.any() else np.sqrt(square)

    def _squares(self, layer, axis, count) -> np.ndarray | None:
        if layer.name not in self.known:
            self.known[layer.name] = None  # meanwhile, should layers read one another in a circle
            total = np.zeros(count)
            for connection in self.readers.get(layer.name, []):
                if connection.join.reaches:
                    square = _outgoing(connection, axis, count)
                else:
                    square = self._squares(connection.target, axis, count) if self._passes(connection) else None
                if square is None or len(square) != count:
                    return None
                total += square
            self.known[layer.name] = total
        return self.known[layer.name]


def _outgoing(connection: Connection, axis: int, count: int) -> np.ndarray | None:
    """The sum of the squares of the weights that a layer has for each unit of another; None if that cannot be told."""
    if sum(leaf.size for leaf in connection.target.weights) > LARGEST:
        return None
    return connection.join.outgoing(units_of(connection.source, axis), count)


def axis_of(layer: Layer, count: int) -> int | None:
    """Along which of a cell's indices so many numbers go: the units, or the columns of a matrix."""
    if count == layer.grid.units:
        return 0
    return 2 if layer.grid.units == 1 and count == layer.grid.columns else None


def units_of(layer: Layer, axis: int) -> np.ndarray:
    """The index along an axis (see `Ranking`) of each element of a layer's tensor, one sample, flat."""
    size = (layer.grid.units, layer.grid.rows, layer.grid.columns)[axis]
    return np.arange(layer.size) // layer.grid.strides[axis] % size
