# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every join has: the edges into given cells, and whether they carry a weight of the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from math import prod

import numpy as np

WEIGHT = "weight"  # the edge's weight is a number of the file
COPY = "copy"  # the operator moves or combines values; the weight is its own coefficient (1, or 1/n for a mean)
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
        return Edges(*(getattr(self, one.name)[which] for one in fields(self)))

    @classmethod
    def joined(cls, several: list[Edges]) -> Edges:
        kinds = {"source": np.int64, "target": np.int64, "weight": np.float32, "magnitude": np.float32}
        return cls(*(np.concatenate([np.zeros(0, kind), *(getattr(one, name) for one in several)])
                     for name, kind in kinds.items()))

    def __len__(self):
        return len(self.source)


def lengths(rows: np.ndarray) -> np.ndarray:
    """L2 norms of rows (n, k), (n,); also of numbers whose squares single precision cannot hold."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        found = np.sqrt(np.einsum("nk,nk->n", rows, rows))
    lost = ~((found > SMALL) & (found < LARGE))
    if lost.any():
        exact = rows[lost].astype(np.float64)
        found[lost] = np.sqrt(np.einsum("nk,nk->n", exact, exact)).clip(max=np.finfo(np.float32).max)
    return found


class Join:
    """How the cells of one layer feed those of another."""

    carries = UNKNOWN
    level = "cell"  # what an edge's weight is: see `lines.Lines`
    fan_in = 1  # edges into one cell, about
    taps = 1  # edges into one cell from one unit of the source, about

    def into(self, targets: np.ndarray, sources: np.ndarray | None = None) -> Edges:
        """Every edge that ends in one of these target cells; `sources` is a hint: other sources may be left out."""
        raise NotImplementedError

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


class Map(Join):
    """At most one source cell a target cell: copies, permutations, elementwise operators.

    `source_of` maps target cells to source cells (-1: none). `weight_of`, where the operator multiplies by a
    number of the file, gives that number for each target cell; else the weight is the operator's `coefficient`.
    """

    def __init__(self, source_of: Callable = lambda targets: targets, weight_of: Callable | None = None,
                 coefficient: float = 1.0):
        self.source_of, self.weight_of, self.coefficient = source_of, weight_of, coefficient
        self.carries = WEIGHT if weight_of else COPY

    def into(self, targets, sources=None):
        source = self.source_of(targets)
        targets, source = targets[source >= 0], source[source >= 0]
        return Edges.of(source, targets, self.weight_of(targets) if self.weight_of else self.coefficient)


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
