# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tensors between modules: what kind they are, how wide, and which of them a module can read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import isqrt, prod
from typing import overload

from onnx import TensorProto, helper

from ...containers.stored import FLOATS, Stored
from ...formats.graph_writer import Writer
from ...formats.weights import Weights
from .modules import Node, Tree

INPUTS = {1: "signal", 2: "image", 3: "volume"}  # by the number of spatial axes
LARGEST_FOLD = 1 << 26  # numbers of a matrix that is still turned round or cast, once somebody asks for it
LONGEST_SIDE = 4  # of a flattened map, times the other one
LARGEST_AREA = 1 << 16  # cells of a flattened map
NUMBERS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE)


@dataclass(frozen=True)
class Signal:
    """A tensor on its way: a "map" (1, width, ones), a "vector" (1, width) or a "sequence" (1, steps, width).

    `first` says that the first step stands for the whole (class token); `steps` is 0 where they are not known.
    A width of 0 is that of an input of the model, called `tensor`, which gets its width from the module that reads it;
    one of -1 is that of something of which nothing is known (`LOST`).
    """

    tensor: str
    kind: str
    width: int
    axes: int = 2  # spatial axes of a map
    steps: int = 0
    first: bool = False

    def shape(self) -> tuple[int | str, ...]:
        """(1, width, ones), (1, width) or (1, steps, width); steps that are not known have a name."""
        return {
            "map": (1, self.width, *(1,) * self.axes),
            "vector": (1, self.width),
            "sequence": (1, self.steps or "sequence", self.width),
        }[self.kind]


LOST = Signal("", "map", -1)


class Signals:
    """An ONNX graph in the making, the names in it, and the signals that modules have given so far."""

    def __init__(self, weights: Weights, tree: Tree, scopes: Callable[[tuple[str, ...]], tuple[str, ...]]):
        self.writer = Writer(weights.path.stem)
        self.weights, self.tree, self.scopes = weights, tree, scopes
        self.torch = weights.layout == "torch"
        sizes: Counter[int] = Counter()
        for node in tree.root.walk():
            for stored in node:
                sizes[stored.data_type] += prod(stored.shape)
        self.data_type = max(NUMBERS, key=sizes.__getitem__)
        self.dtype = helper.tensor_dtype_to_np_dtype(self.data_type)
        self.given: dict[tuple[str, int], Signal] = {}  # (name, width) -> an input that several modules read
        self.asked = ""  # the name of the input that the next module reads
        self.ids: dict[str, str] = {}  # inputs of ids by name
        self.steps = False  # whether an input of numbers has steps
        self.norms_channels = False  # whether normalisations of maps are layer normalisations of their channels
        self.said: dict[str, None] = {}  # what was assumed, for the notes
        self.entered: set[str] = set()  # names of the weights that some operator reads
        self._numbers: dict[tuple, str] = {}
        self._names: Counter[str] = Counter()

    # names and constants

    def name(self, path: tuple[str, ...], op: str) -> str:
        """/layer1/layer1.0/conv1/Conv; the second of a name has _1 behind it."""
        name = "/".join(("", *self.scopes(path), op))
        self._names[name] += 1
        count = self._names[name] - 1
        return f"{name}_{count}" if count else name

    def ints(self, *values: int) -> str:
        """The constant of these integers, (count,)."""
        return self._constant(("int", *values), list(values))

    def number(self, value: float) -> str:
        """The constant of a number, of the type of the weights."""
        return self._constant(("float", value), value, self.dtype)

    def _constant(self, key, value, *dtype):
        if key not in self._numbers:
            self._numbers[key] = self.writer.constant(value, *dtype, name=f"constant {len(self._numbers) + 1}")
        return self._numbers[key]

    def op(self, path: tuple[str, ...], op: str, *inputs: str, **attributes):
        """An operator inside a module; returns its output tensor."""
        return self.writer.node(op, inputs, self.name(path, op), **attributes)

    def weight(self, path: tuple[str, ...], stored: Stored) -> str:
        """The tensor of a weight, one in parts put together."""
        if stored.name in self.tree.parts:
            parts = self.tree.parts[stored.name]
            return parts.write(self, path, {part: self._plain(path, stored) for part, stored in parts.of.items()})
        return self._plain(path, stored)

    def _plain(self, path, stored):
        made = self.writer.weight(stored)
        self.entered.add(stored.name)
        small = stored.data_type in FLOATS - set(NUMBERS) and prod(stored.shape) <= LARGEST_FOLD
        return self.op(path, "Cast", made, to=self.data_type) if small else made

    def attributes(self, node: Node) -> dict:
        """What a pickled module says of itself."""
        return self.weights.modules.get(".".join(node.path), ("", {}))[1]

    # signals

    def input(self, kind: str, width: int, axes: int = 2, sizes: tuple[int, ...] = ()) -> Signal:
        """An input of the model; of one that was asked for by its name the one that is there."""
        name = self.asked or (INPUTS.get(axes, "image") if kind == "map" else "input")
        if self.asked and (name, width) in self.given:
            return self.as_kind(self.given[name, width], kind, axes)
        made = Signal("", kind, width, axes)
        shape = (1, width, *sizes) if sizes else made.shape()
        made = replace(made, tensor=self.writer.input(name, shape, self.data_type))
        if kind == "map" and not sizes:
            self.writer.unsized.add(made.tensor)
        if self.asked:
            self.given[name, width] = made
        return made

    def open(self, kind: str, width: int, axes: int = 2) -> Signal:
        """A loose end: what is read there is not known, and shown so."""
        made = Signal("", kind, width, axes)
        made = replace(made, tensor=self.writer.input("open", made.shape(), self.data_type))
        self.writer.open.add(made.tensor)
        if kind == "map":
            self.writer.unsized.add(made.tensor)
        return made

    def words(self, name: str = "input_ids") -> str:
        """An input of ids, a row of them."""
        if name not in self.ids:
            self.ids[name] = self.writer.input(name, (1, "sequence"), TensorProto.INT64)
        return self.ids[name]

    def fit(self, signal: Signal, kinds: str, width: int, axes: int = 2, path: tuple[str, ...] = ()) -> Signal:
        """The signal as one of these kinds and of this width; a loose end where it cannot be that."""
        if signal.width == width:
            return self.as_kind(signal, kinds, axes, path)
        flat = self._flattened(signal, kinds, width, path)
        return self.open(kinds.split()[0], width, axes) if flat is None else flat

    def as_kind(self, signal: Signal, kinds: str, axes: int = 2, path: tuple[str, ...] = ()) -> Signal:
        """The same numbers as one of these kinds."""
        if signal.kind in kinds.split() and (signal.kind != "map" or signal.axes == axes):
            return signal
        kind = kinds.split()[0]
        width = signal.width
        if signal.kind == "sequence" and kind == "vector":
            return self.first_step(signal, path)
        if signal.kind == "sequence":  # to a map over the steps
            made = self.op(path, "Transpose", signal.tensor, perm=[0, 2, 1])
            made = self.op(path, "Unsqueeze", made, self.ints(*range(3, 2 + axes))) if axes > 1 else made
            return Signal(made, "map", width, axes)
        shape = {"map": (1, width, *(1,) * axes), "vector": (1, width), "sequence": (1, 1, width)}[kind]
        if signal.kind == "map" and kind == "vector":
            return Signal(self.op(path, "Flatten", signal.tensor), kind, width)
        if signal.kind == "map" and kind == "sequence":  # a cell a step
            made = self.op(path, "Reshape", signal.tensor, self.ints(1, width, -1))
            made = self.op(path, "Transpose", made, perm=[0, 2, 1])
            return Signal(made, kind, width)
        made = self.op(path, "Reshape", signal.tensor, self.ints(*shape))
        if kind == "map":
            self.writer.unsized.add(made)
        return Signal(made, kind, width, axes)

    def first_step(self, signal: Signal, path: tuple[str, ...]) -> Signal:
        """The first step of a sequence, a vector."""
        first = self.op(path[:-1], "Gather", signal.tensor, self._constant(("first",), 0), axis=1)
        return Signal(first, "vector", signal.width)

    def _flattened(self, signal, kinds, width, path):
        """A map as a vector in which each channel stands several times: its cells, so that its size is known."""
        if "vector" not in kinds or not (sizes := sizes_of(signal, width)):
            return None
        above = path[:-1]
        grown = self.op(above, "Expand", signal.tensor, self.ints(1, signal.width, *sizes))
        self.say(f"maps of {' x '.join(map(str, sizes))} from the {width:,} inputs of {'.'.join(path)}")
        if not self.torch:
            grown = self.op(above, "Transpose", grown, perm=[0, *range(2, 2 + signal.axes), 1])
        return Signal(self.op(above, "Flatten", grown), "vector", width)

    def say(self, text: str) -> None:
        """Note what was assumed."""
        self.said[text] = None

    # what is not understood

    @overload
    def opaque(self, node: Node, signal: Signal, kind: str = "", width: int = 0) -> Signal: ...

    @overload
    def opaque(self, node: Node, signal: None, kind: str = "", width: int = 0) -> Signal | None: ...

    def opaque(self, node: Node, signal: Signal | None, kind: str = "", width: int = 0) -> Signal | None:
        """A module of which only the weights are known. With a width it is on the way of the signal, else beside it:
        then nobody knows what it reads."""
        known = signal if width and signal is not None and signal.width > 0 else self.open("vector", 1)
        inputs = [known.tensor]
        for stored in node:
            made = self.weight(node.path, stored)
            if not stored.shape:  # a single number counts as a weight only with an axis
                made = self.op(node.path, "Reshape", made, self.ints(1))
            inputs.append(made)
        kind = kind or node.kind.capitalize() or "Parameter"
        after = replace(known, width=width)
        shape = after.shape() if width else tuple(next(iter(node)).shape) or (1,)
        made = self.writer.opaque(kind, inputs, self.name(node.path, kind), shape=shape, data_type=self.data_type)
        return replace(after, tensor=made) if width else signal

    @overload
    def rest(self, nodes: Iterable[Node], signal: Signal) -> Signal: ...

    @overload
    def rest(self, nodes: Iterable[Node], signal: Signal | None) -> Signal | None: ...

    def rest(self, nodes: Iterable[Node], signal: Signal | None) -> Signal | None:
        """Tensors of these modules that nothing reads yet stand beside the signal."""
        for node in nodes:
            left = {role: stored for role, stored in node.tensors.items() if stored.name not in self.entered}
            if left:
                self.opaque(Node(node.path, left, kind="parameter"), signal)
        return signal


def sizes_of(signal: Signal, width: int) -> tuple[int, ...]:
    """The sizes of a map that, flattened, is so wide; () where none is likely: two axes are about as long."""
    if signal.kind != "map" or signal.width < 1 or width <= signal.width or width % signal.width:
        return ()
    area = width // signal.width
    if signal.axes == 2:
        rows = next((rows for rows in range(isqrt(area), 0, -1) if area % rows == 0), 1)
        return (rows, area // rows) if 1 < rows and area <= rows * rows * LONGEST_SIDE and area <= LARGEST_AREA else ()
    side = round(area ** (1 / 3)) if signal.axes == 3 else 0
    return (side,) * 3 if side and side**3 == area else (1,) * (signal.axes - 1) + (area,)
