# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of a series: half of them the strongest, half those whose weights change most, and what each weighs at every
step. Touches no Blender."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ...containers import CheckpointError
from ...inference import Ran, activation
from ...network import Connection
from ...network.drawn import CELLS, Drawn
from ...network.joins import WEIGHT, Edges, Join
from ...network.lines import Lines, strongest


@dataclass(frozen=True)
class Query:
    """Which edges of a connection are asked for at every step, always in the same order, and which of them are drawn
    (`places`, one a line; -1 for one without). `kernels`: edges between whole units."""

    kernels: bool
    targets: np.ndarray
    sources: np.ndarray | None
    places: np.ndarray

    def edges(self, join: Join) -> Edges:
        """The edges as a join has them now."""
        return join.kernels(self.targets, self.sources) if self.kernels else join.into(self.targets, self.sources)


class Changed:
    """A join whose weights are by how much those of another change from one step to another."""

    def __init__(self, join: Join, first: Callable[[], Join], last: Callable[[], Join]):
        self._join = join
        self._ends = first, last

    def __getattr__(self, name):
        return getattr(self._join, name)

    def into(self, targets, sources=None) -> Edges:
        """As `Join.into`."""
        return difference(*(end().into(targets, sources) for end in self._ends))

    def strongest_into(self, targets, count, activation=None) -> Edges:
        """As `Join.strongest_into`."""
        return self.into(targets)

    def kernels(self, units, sources) -> Edges:
        """As that of a convolution."""
        return difference(*(end().kernels(units, sources) for end in self._ends))


def difference(first: Edges, last: Edges) -> Edges:
    """By how much each edge changes."""
    if len(first) != len(last):
        return last
    weight = last.weight - first.weight
    return Edges(last.source, last.target, weight, np.maximum(np.abs(weight), np.abs(last.magnitude - first.magnitude)))


def chosen(
    connection: Connection,
    changed: Connection | None,
    drawn: Mapping[str, Drawn],
    limit: int,
    ran: Ran | None,
    choose: Callable[[Connection, dict[str, Drawn], int, Ran | None], Lines],
) -> tuple[Lines, Query | None]:
    """At most `limit` lines of a connection, and how to ask for their weights; None where they carry none.

    Half are the strongest; the others, if the connection is one whose weights change (`changed`), those of `changed`.
    """
    ends = drawn[connection.source.name], drawn[connection.target.name]
    lines = choose(connection, dict(drawn), limit, ran)
    join = connection.join
    if lines.grain == "unknown" or join.carries != WEIGHT or not len(lines):
        return lines, None
    pool = [(lines, False)]
    if changed is not None:
        values = tuple(activation(end, ran) for end in (connection.source, connection.target))
        moving = strongest(changed, *ends, limit, values)
        if moving.grain == lines.grain and len(moving):
            pool = [(_some(lines, limit // 2), False), (moving, True), (lines, False)]
    kernels = lines.grain == "unit" and join.grain != "unit"
    query = _query(kernels, ends, [each for each, _ in pool])
    last = query.edges(join)
    differences = query.edges(changed.join).weight if changed is not None else None
    vertices = _vertices(last, ends, kernels)
    places: list[int] = []
    taken = set()
    for each, of_change in pool:
        found = _found(each, vertices, differences if of_change else last.weight, ends)
        for place in found:
            if place >= 0 and place not in taken and len(places) < limit:
                taken.add(place)
                places.append(int(place))
    order = np.array(places, np.int64)
    query = replace(query, places=order)
    kept = last.take(order)
    source, target = (end[order].astype(np.int32) for end in vertices)
    importance = importance_of(join, query, kept, activation(connection.source, ran))
    made = Lines(
        lines.grain,
        source,
        target,
        kept.weight.astype(np.float32),
        kept.magnitude.astype(np.float32),
        importance,
        lines.total,
    )
    return made, query


def query_of(connection: Connection, drawn: Mapping[str, Drawn], lines: Lines) -> Query | None:
    """How to ask for the weights of lines that are there, by those that they have now; None where they carry none."""
    join = connection.join
    if lines.grain == "unknown" or join.carries != WEIGHT or not len(lines):
        return None
    ends = drawn[connection.source.name], drawn[connection.target.name]
    kernels = lines.grain == "unit" and join.grain != "unit"
    query = _query(kernels, ends, [lines])
    edges = query.edges(join)
    places = _found(lines, _vertices(edges, ends, kernels), edges.weight, ends)
    return None if min(places) < 0 else replace(query, places=np.array(places, np.int64))


def weights(connection: Connection, query: Query) -> Edges:
    """The drawn edges of a connection as they are now. Raises `CheckpointError` where a step has other edges."""
    edges = query.edges(connection.join)
    if len(query.places) and query.places.max() >= len(edges):
        raise CheckpointError(connection.target.name, "has other connections at one step than at the last")
    return edges.take(query.places)


def importance_of(join: Join, query: Query, edges: Edges, values: np.ndarray | None) -> np.ndarray:
    """The importance of drawn edges, as `network.lines` has it, (n,) float32."""
    if query.kernels or values is None:
        return edges.magnitude.astype(np.float32)
    return join.strength(edges, values).astype(np.float32)


def _some(lines: Lines, count: int) -> Lines:
    kept = {name: getattr(lines, name)[:count] for name in ("source", "target", "weight", "magnitude", "importance")}
    return replace(lines, **kept)


def _query(kernels: bool, ends: tuple[Drawn, Drawn], pool: list[Lines]) -> Query:
    source, target = ends
    starts = np.unique(np.concatenate([lines.source for lines in pool]))
    stops = np.unique(np.concatenate([lines.target for lines in pool]))
    none = np.zeros(0, np.int64)
    if kernels:
        return Query(True, np.unique(target.cells[0][stops]), np.unique(source.cells[0][starts]), none)
    hint = np.sort(source.flat[starts]) if source.detail == CELLS else None
    return Query(False, np.unique(target.flat[stops]), hint, none)


def _vertices(edges: Edges, ends: tuple[Drawn, Drawn], kernels: bool) -> tuple[np.ndarray, np.ndarray]:
    """The drawn cells that edges join."""
    source, target = ends
    if kernels:
        return source.middle(edges.source), target.middle(edges.target)
    return source.find(edges.source), target.find(edges.target)


def _found(lines: Lines, vertices, numbers: np.ndarray, ends: tuple[Drawn, Drawn]) -> list[int]:
    """For each line the place of the edge that it is: of those that join the same cells, that with the nearest number.
    Several edges may join the same cells, as where a cell stands for a whole map."""
    size = max(1, ends[0].size)
    keys = vertices[1].astype(np.int64) * size + vertices[0]
    wanted = lines.target.astype(np.int64) * size + lines.source
    known: dict[int, list[int]] = {}
    for place in np.flatnonzero(np.isin(keys, wanted)).tolist():
        known.setdefault(int(keys[place]), []).append(place)
    found = []
    for key, number in zip(wanted.tolist(), lines.weight.tolist(), strict=True):
        left = known.get(key)
        if not left:
            found.append(-1)
            continue
        away = [abs(float(numbers[place]) - number) for place in left]
        found.append(left.pop(int(np.argmin(np.nan_to_num(away, nan=0.0)))))
    return found
