# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every join has: the edges into given cells, and whether they carry a weight of the file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from .kernels import Kernels, Sliding

if TYPE_CHECKING:
    from ..network import Grid

WEIGHT = "weight"  # the edge's weight is a number of the file
COPY = "copy"  # the operator moves or combines values; the weight is its own coefficient (1, or 1/n for a mean)
PROBES = 12  # positions of a map at which a copy is looked at
SMALL, LARGE = 1e-15, 1e15  # norms whose squares single precision holds well
UNKNOWN = "unknown"  # which cell feeds which is not known; the edge only says that the layers are joined


@dataclass(frozen=True)
class Edges:
    """Parallel arrays, one entry an edge. Cells are flat indices into the tensors (one sample)."""

    source: np.ndarray  # int64
    target: np.ndarray  # int64
    weight: np.ndarray  # float32, signed
    magnitude: np.ndarray  # float32, >= 0

    @classmethod
    def of(cls, source, target, weight, magnitude=None) -> Edges:
        source, target = np.broadcast_arrays(source, target)
        weight = np.broadcast_to(np.asarray(weight, np.float32), source.shape).ravel()
        magnitude = np.abs(weight) if magnitude is None else np.asarray(magnitude, np.float32).ravel()
        return cls(source.ravel(), target.ravel(), weight, magnitude)

    def take(self, which) -> Edges:
        """The edges at these indices, or where this mask is true."""
        return Edges(*(getattr(self, field.name)[which] for field in fields(self)))

    @classmethod
    def joined(cls, several: list[Edges]) -> Edges:
        kinds = {"source": np.int64, "target": np.int64, "weight": np.float32, "magnitude": np.float32}
        return cls(
            *(
                np.concatenate([np.zeros(0, kind), *(getattr(edges, name) for edges in several)])
                for name, kind in kinds.items()
            )
        )

    def __len__(self):
        return len(self.source)


def lengths(rows: np.ndarray) -> np.ndarray:
    """L2 norms of rows (n, k), (n,); also of numbers whose squares single precision cannot hold."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        norms = np.sqrt(np.einsum("nk,nk->n", rows, rows))
    lost = ~((norms > SMALL) & (norms < LARGE))
    if lost.any():
        exact = rows[lost].astype(np.float64)
        norms[lost] = np.sqrt(np.einsum("nk,nk->n", exact, exact)).clip(max=np.finfo(np.float32).max)
    return norms


def squares_by_unit(strength: np.ndarray, units: np.ndarray, count: int) -> np.ndarray | None:
    """The sum of squares of strengths, one a source cell or one a unit, for each of `count` units; `units` tells of
    which unit each cell is. None where the strengths are of something else."""
    square = np.square(strength.astype(np.float64))
    if len(square) == len(units):
        return np.bincount(units, square, count)
    return square if len(square) == count else None


class Join(ABC):
    """How the cells of one layer feed those of another."""

    carries = UNKNOWN
    grain = "cell"  # what an edge's weight is: see `lines.Lines`
    fan_in = 1  # edges into one cell, about
    taps = 1  # edges into one cell from one unit of the source, about
    form = ""  # of its weights: "kernels" (then it has the method `kernels`), a "matrix", or neither
    channels = 0  # units of the source and of the target, where the form is "kernels"
    units = 0
    ranks = False  # whether its weights tell how strong units are: then it has `unit_strength` and `unit_mean`
    reaches = False  # and whether they tell what is made of a source: then it has `outgoing`

    @abstractmethod
    def into(self, targets: np.ndarray, sources: np.ndarray | None = None) -> Edges:
        """Every edge that ends in one of these target cells; `sources` is a hint: other sources may be left out."""

    def slots(self, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Every edge into each target cell at a place of its own, (n, slots): sources, -1 where there is none, and
        weights. A slot is the same tap of the same channel for every target where a join has taps."""
        edges = self.into(targets)
        order = np.argsort(targets, kind="stable")
        row = order[np.searchsorted(targets, edges.target, sorter=order)]
        counts = np.bincount(row, minlength=len(targets))
        by_row = np.argsort(row, kind="stable")
        slot = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        sources = np.full((len(targets), max(counts.tolist(), default=0)), -1, np.int64)
        weights = np.zeros(sources.shape, np.float32)
        sources[row[by_row], slot] = edges.source[by_row]
        weights[row[by_row], slot] = edges.weight[by_row]
        return sources, weights

    def strongest_into(self, targets: np.ndarray, count: int, activation: np.ndarray | None = None) -> Edges:
        """Of the edges into these target cells at least the `count` strongest and the strongest into each cell, those
        into one cell in one run. `activation` is that of the source (flat, one sample), where strength takes it in."""
        return self.into(targets)

    @abstractmethod
    def kernels_between(self, source: Grid, target: Grid) -> Kernels | None:
        """The join as kernels between whole units of two layers with these grids; None where it has none."""

    def outgoing(self, units: np.ndarray, count: int) -> np.ndarray | None:
        """The sum of squares of the weights that read each of `count` units of the source, (count,); None if unknown.

        `units` tells the unit of each cell of the source, (cells,).
        """
        return None

    @property
    def inner(self) -> Join:
        """The operator's own join, without the moves before it."""
        return self

    def strength(self, edges: Edges, activation: np.ndarray) -> np.ndarray:
        """How much each edge matters while the source layer holds this activation (flat, one sample)."""
        return np.abs(edges.weight * activation[edges.source])


class Unknown(Join):
    """One edge a target cell, spread evenly over the source cells: the layers are joined, the cells not known."""

    def __init__(self, source_size: int, target_size: int):
        self.sizes = source_size, target_size

    def into(self, targets, sources=None):
        source = (targets / max(1, self.sizes[1]) * self.sizes[0]).astype(np.int64)  # as floats: it may be huge
        return Edges.of(np.minimum(source, self.sizes[0] - 1), targets, 0.0, np.zeros(len(targets)))

    def kernels_between(self, source, target):
        return None


class Map(Join):
    """At most one source cell a target cell: copies, permutations, elementwise operators.

    `source_of` maps target cells to source cells (-1: none). `weight_of`, where the operator multiplies by a
    number of the file, gives that number for each target cell; else the weight is the operator's `coefficient`.
    """

    def __init__(
        self, source_of: Callable = lambda targets: targets, weight_of: Callable | None = None, coefficient: float = 1.0
    ):
        self.source_of = source_of
        self.weight_of = weight_of
        self.coefficient = coefficient
        self.carries = WEIGHT if weight_of else COPY

    def into(self, targets, sources=None):
        source = self.source_of(targets)
        targets = targets[source >= 0]
        source = source[source >= 0]
        return Edges.of(source, targets, self.weight_of(targets) if self.weight_of else self.coefficient)

    def kernels_between(self, source, target):
        """Copies and scales that lead every cell of a unit to the same place of one unit."""
        if (source.rows, source.columns) != (target.rows, target.columns) or self.carries not in (COPY, WEIGHT):
            return None
        area = target.rows * target.columns
        places = np.unique(np.linspace(0, area - 1, PROBES).astype(np.int64))
        row, column = np.divmod(places, target.columns)
        flat = np.arange(target.units)[:, None]
        if target.is_map:
            flat = flat * target.strides[0] + row * target.strides[1] + column * target.strides[2]
        read = self.source_of(flat.ravel()).reshape(flat.shape)
        unit = read // source.strides[0] % source.units
        back = unit * source.strides[0] + (row * source.strides[1] + column * source.strides[2] if source.is_map else 0)
        apart = (unit != unit[:, :1]).any()
        moved = ((read != back) & (read >= 0)).any()
        if apart or moved or ((read < 0) != (read[:, :1] < 0)).any():
            return None
        unit = np.where(read[:, 0] < 0, -1, unit[:, 0])
        weight = np.full(target.units, self.coefficient, np.float32)
        if self.weight_of:
            weights = np.asarray(self.weight_of(flat.ravel()), np.float32).reshape(flat.shape)
            if not np.array_equal(weights, np.broadcast_to(weights[:, :1], weights.shape), equal_nan=True):
                return None
            weight = weights[:, 0]

        def pairs(units, among):
            kept = units[np.isin(unit[units], among)]
            return kept, unit[kept], weight[kept], np.abs(weight[kept])

        window = Sliding((target.rows, target.columns), (target.rows, target.columns))
        return Kernels(
            pairs,
            lambda units, sources: weight[units][:, None],
            int((unit >= 0).sum()),
            len(set(unit[unit >= 0].tolist())) + target.units,
            window,
            1,
            area,
        )


def broadcast(source_shape, target_shape) -> Callable:
    """Target cell -> source cell under ONNX's (NumPy's) broadcasting of whole shapes; ValueError if they do not fit."""
    if tuple(source_shape) == tuple(target_shape):
        return lambda targets: targets
    extent = len(target_shape)
    padded = (1,) * (extent - len(source_shape)) + tuple(source_shape)
    if any(size not in (1, whole) for size, whole in zip(padded, target_shape, strict=True)):
        raise ValueError(f"{source_shape} does not broadcast to {target_shape}")
    steps = [0 if size == 1 else prod(padded[axis + 1 :]) for axis, size in enumerate(padded)]

    def source_of(targets):
        cells = np.unravel_index(targets, target_shape)
        return sum(cell * step for cell, step in zip(cells, steps, strict=True)).astype(np.int64)

    return source_of
