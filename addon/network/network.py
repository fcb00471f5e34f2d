# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plain data of a network: layers, the tensors between them, and how cells index those tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod

import numpy as np

from ..formats import Checkpoint
from .constants import Constant, Leaf
from .joins.base import Join
from .levels import levels
from .matrices import Matrix
from .scaling import Scaling

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
            return cls(1, shape[0], shape[1], (1, shape[1], 1))
        if channels == -1:
            rows = prod(shape[:-2])
            columns = shape[-2]
            units = shape[-1]
            return cls(units, rows, columns, (1, columns * units, units))
        rows = prod(shape[1:-1])
        columns = shape[-1]
        return cls(shape[0], rows, columns, (rows * columns, columns, 1))

    @property
    def size(self) -> int:
        return self.units * self.rows * self.columns

    @property
    def is_map(self) -> bool:
        """Whether a unit is more than one cell."""
        return self.rows * self.columns > 1


@dataclass(frozen=True)
class Part:
    """One node of the file inside a layer."""

    name: str
    op: str
    tensor: str  # its first output
    scope: tuple[str, ...] = ()  # names of the modules round it, outermost first
    whole: bool = False  # whether what it gives is what the framework's layer of the same name gives


@dataclass
class Layer:
    """What a person calls a layer: nodes of the graph that belong together, or an input of the model (op "Input").

    `op` is that of the main part, or of what the parts make up ("Attention", "Gelu"). `tensor` is what the layer gives
    to others; `shown` is the tensor whose cells are drawn, of `grid`: the same, but for attention its pattern.
    `shape` is that of one sample of `tensor` (batch left out) and None where it is not known.
    """

    name: str
    op: str
    tensor: str
    shape: Shape | None
    grid: Grid
    shown: str = ""
    parts: tuple[Part, ...] = ()  # in the order of the graph; constants and shape arithmetic are not listed
    steps: tuple[str, ...] = ()  # what they do in short: ("MatMul", "Add", "Gelu"), however many nodes the Gelu takes
    inner: tuple[tuple[str, tuple[str, ...]], ...] = ()  # subgraphs by name ("body", "then_branch"): their operators
    outputs: tuple[str, ...] = ()  # tensors with the same numbers in the same order, `tensor` and its reshapings
    inputs: list[str] = field(default_factory=list)
    open: bool = False  # whether it reads something of which nobody knows what it is
    parameters: int = 0
    nodes: int = 1  # of the file, those folded into it included
    block: str = ""  # path of the innermost block
    multiply_adds: int | None = 0  # for one sample; None where a shape is not known
    weights: tuple[Leaf, ...] = ()  # stored tensors that are its parameters
    applied: tuple[Constant, ...] = ()  # its matrices and kernels as they are applied: scaled, merged, cut out
    matrices: tuple[Matrix, ...] = ()  # the same, as they are looked at: a row an output, a column an input
    bias: Constant | None = None  # the additive constant of each unit
    strength: Callable[[], np.ndarray] | None = None  # reads the L2 norm of the weights into each unit
    mean: Callable[[], np.ndarray] | None = None  # reads their mean
    scale: Callable[[], np.ndarray] | None = None  # reads by how much a batch normalisation in it multiplies each unit

    @property
    def size(self) -> int:
        return self.grid.size


@dataclass(frozen=True)
class Block:
    """Layers that belong together: a module of the framework, or a part of the graph that repeats.

    `path` is unique; `parent` is the path of the block round it, "" for none. A block with `repeat` n > 1 holds n equal
    blocks one after the other (`children` are their paths, or those of stages of them) and nothing else.
    """

    path: str
    name: str
    parent: str
    layers: tuple[str, ...]  # names, those of blocks inside included, in the order of the network
    children: tuple[str, ...]  # paths of the blocks directly inside
    signature: int  # equal for blocks of identical structure, small numbers from 0
    repeat: int = 1
    inferred: bool = False  # from repetition in the graph, not from names in the file
    stage: bool = False  # a run of layers that we put together: see `stages`


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
    """An input or output of the model as it is run: the whole shape, batch first.

    `kind` is its type in words where it is not a plain tensor: "optional(tensor float32 [1,4])", whose shape and dtype
    are those of the tensor inside, "sequence(tensor float32 [?])", "map(int64, tensor float32)".
    """

    name: str
    shape: Shape | None
    dtype: str
    kind: str = ""


@dataclass
class Network:
    """What a checkpoint holds: layers in the order in which they run, and what joins them."""

    name: str
    checkpoint: Checkpoint
    layers: list[Layer]
    connections: list[Connection]
    inputs: list[Spec]
    outputs: list[Spec]
    parameters: int
    assumed: list[Assumption]
    classes: list[str]
    samples: int = 1  # that the inputs hold; the layers are those of the first
    blocks: list[Block] = field(default_factory=list)  # parents before children
    closed: frozenset[str] = frozenset()  # paths of the blocks of a large network that are closed at first
    scales: dict[str, tuple[Constant, Constant | None]] = field(default_factory=dict)  # see `real`
    scaling: Scaling | None = None  # of the pixels of an input, where somebody has chosen it
    looked: dict[str, str] = field(default_factory=dict)  # by layer, the tensor inside it whose numbers are shown

    @cached_property
    def by_name(self) -> dict[str, Layer]:
        return {layer.name: layer for layer in self.layers}

    @cached_property
    def readers(self) -> dict[str, list[Layer]]:
        """The layers that read each layer, by its name, each once."""
        readers: dict[str, list[Layer]] = {layer.name: [] for layer in self.layers}
        for layer in self.layers:
            for name in dict.fromkeys(layer.inputs):
                if name in readers:
                    readers[name].append(layer)
        return readers

    @cached_property
    def levels(self) -> dict[str, int]:
        """The level of each layer of a U-Net by name, empty of others."""
        return levels(self)

    @cached_property
    def block_by_path(self) -> dict[str, Block]:
        return {block.path: block for block in self.blocks}

    def layer(self, name: str) -> Layer:
        return self.by_name[name]

    def look(self, name: str, tensor: str) -> bool:
        """Let a layer show a tensor of a node in it, as before its activation, or what it gives ("" or its own);
        whether it can: the tensor has as many numbers."""
        layer = self.by_name.get(name)
        if layer is None:
            return False
        if tensor in ("", layer.tensor):
            if self.looked.pop(name, ""):
                layer.shown = layer.tensor
            return True
        if layer.shown not in ("", layer.tensor) and name not in self.looked:  # attention shows its pattern
            return False
        if tensor not in {part.tensor for part in layer.parts}:
            return False
        layer.shown = self.looked[name] = tensor
        return True

    def take_choices(self, other: Network) -> None:
        """Take what somebody has chosen for another network of the same file: names of classes, scaling, tensors."""
        self.classes, self.scaling = other.classes, other.scaling
        for name, tensor in other.looked.items():
            self.look(name, tensor)

    @property
    def layer_count(self) -> int:
        """How many layers there are but for inputs."""
        return sum(layer.op != "Input" for layer in self.layers)

    @property
    def open_inputs(self) -> int:
        """How many layers read something of which nobody knows what it is."""
        return sum(layer.open for layer in self.layers)

    def real(self, tensor: str, value: np.ndarray) -> np.ndarray:
        """The numbers that those of a quantised tensor stand for, by its scale and zero point; of another its own."""
        if tensor not in self.scales or value.dtype.kind not in "iu":
            return value
        scale, zero = self.scales[tensor]
        made = value.astype(np.float32)
        if zero is not None:
            made -= np.float32(zero.array().reshape(-1)[0])
        return made * np.float32(scale.array().reshape(-1)[0])

    @property
    def named_blocks(self) -> Iterator[Block]:
        """The blocks that are no stages, in the order in which they are without these, and as if there were none."""
        named = {
            block.path: replace(block, parent=self.named_block(block.parent))
            for block in self.blocks
            if not block.stage
        }
        inside: dict[str, list[str]] = {}
        for path, block in named.items():
            inside.setdefault(block.parent, []).append(path)
        place = {layer.name: number for number, layer in enumerate(self.layers)}
        ahead = [""]
        while ahead:
            path = ahead.pop()
            if path:
                yield named[path]
            ahead += sorted(inside.get(path, ()), key=lambda inner: -place[named[inner].layers[0]])

    def named_block(self, path: str) -> str:
        """The path of the innermost block at or round a path that is no stage, "" for none."""
        while path and self.block_by_path[path].stage:
            path = self.block_by_path[path].parent
        return path

    def parameters_in(self, block: Block) -> int:
        """How many weights the layers of a block have; those that several share count once."""
        return count_of(leaf for name in block.layers for leaf in self.by_name[name].weights)


def count_of(leaves: Iterable[Leaf]) -> int:
    """How many numbers these tensors have, those that several share once."""
    distinct = set(leaves)
    parts: dict[Leaf, int] = {}
    for leaf in distinct:
        if leaf.whole is not None and leaf.whole not in distinct:
            parts[leaf.whole] = parts.get(leaf.whole, 0) + leaf.size
    return sum(leaf.size for leaf in distinct if leaf.whole is None) + sum(
        min(size, whole.size) for whole, size in parts.items()
    )


def sample_of(array: np.ndarray, grid: Grid) -> np.ndarray:
    """The elements of the first sample, flat, in the order that `Grid.strides` index."""
    return array.reshape(-1)[: grid.size]


def by_unit(values: np.ndarray, grid: Grid) -> np.ndarray:
    """The elements of the first sample (flat or in any shape) as (units, rows, columns)."""
    flat = sample_of(values, grid)
    if grid.strides == (grid.rows * grid.columns, grid.columns, 1):
        return flat.reshape(grid.units, grid.rows, grid.columns)
    unit, row, column = (np.arange(size) for size in (grid.units, grid.rows, grid.columns))
    steps = grid.strides
    return flat[unit[:, None, None] * steps[0] + row[:, None] * steps[1] + column * steps[2]]
