# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plain data of a network: layers, the tensors between them, and how cells index those tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np
import onnx

from ..checkpoints import Checkpoint
from .constants import Constant
from .joins.base import Join

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Grid:
    """How the cells of a layer lie in its tensor: cell (unit, row, column) is element `cell @ strides`.

    A unit is a neuron, a channel or a head; rows and columns are those of its map. One sample, no batch.
    """

    units: int = 1
    rows: int = 1
    columns: int = 1
    strides: tuple[int, int, int] = (1, 1, 1)

    @classmethod
    def of(cls, shape: Sequence[int], channels: int | None = 0) -> Grid:
        """The grid of a sample of this shape; `channels` is the axis of the units (0, -1, or None for a matrix)."""
        if len(shape) == 0:
            return cls()
        if len(shape) == 1:
            return cls(shape[0])
        if channels is None and len(shape) == 2:
            return cls(1, *shape, strides=(0, shape[1], 1))
        if channels == -1:
            rows, columns, units = prod(shape[:-2]), shape[-2], shape[-1]
            return cls(units, rows, columns, (1, columns * units, units))
        rows, columns = prod(shape[1:-1]), shape[-1]
        return cls(shape[0], rows, columns, (rows * columns, columns, 1))

    @property
    def size(self) -> int:
        return self.units * self.rows * self.columns

    @property
    def is_map(self) -> bool:
        """Whether a unit is more than one cell."""
        return self.rows * self.columns > 1


@dataclass
class Layer:
    """One node of the graph, or one of its inputs (op "Input").

    `shape` is that of one sample (batch left out) and None where it is not known; `tensor` names its first output.
    """

    name: str
    op: str
    tensor: str
    shape: Shape | None
    grid: Grid
    inputs: list[str] = field(default_factory=list)
    parameters: int = 0
    nodes: int = 1
    block: str = ""
    weights: dict[int, Constant] = field(default_factory=dict)
    node: onnx.NodeProto | None = None
    elementwise: bool = False  # keeps the shape of its one input, cell by cell: an activation, a normalisation
    strength: Callable[[], np.ndarray] | None = None  # reads the L2 norm of the weights into each unit
    mean: Callable[[], np.ndarray] | None = None  # reads their mean

    @property
    def size(self) -> int:
        return self.grid.size


@dataclass
class Connection:
    """What one layer reads from another, and by which arithmetic."""

    source: Layer
    target: Layer
    join: Join


@dataclass(frozen=True)
class Assumption:
    """A size that the file leaves open and that was filled in."""

    input: str
    axis: int
    name: str
    size: int
    chosen: bool  # by the user, else a default


@dataclass(frozen=True)
class Spec:
    """An input or output of the model as it is run: the whole shape, batch first."""

    name: str
    shape: Shape | None
    dtype: str


@dataclass
class Network:
    name: str
    checkpoint: Checkpoint
    layers: list[Layer]
    connections: list[Connection]
    inputs: list[Spec]
    outputs: list[Spec]
    parameters: int
    assumed: list[Assumption]
    classes: list[str]

    def layer(self, name: str) -> Layer:
        return next(layer for layer in self.layers if layer.name == name)


def sample_of(array: np.ndarray, grid: Grid) -> np.ndarray:
    """The elements of the first sample, flat, in the order that `Grid.strides` index."""
    return array.reshape(-1)[: grid.size]
