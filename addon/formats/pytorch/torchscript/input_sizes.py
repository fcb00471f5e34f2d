# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the sizes of the inputs for which a program can be followed, and follows it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

import onnx
from onnx import TensorProto

from ....containers.pickle.records import Array, Tensor
from ...graph_writer import Writer
from ..operators.emitter import Emitter, MismatchError, ShapelessError, UndecidedError, UnpackedError, Value, leaves
from ..saved_files import Saved
from ..storages import Storages, UnsupportedError
from .code import Program
from .inputs import COMMON, PREFERRED, PREFERRED_VOLUMES, SIDES, USUAL, Assumed, LearntError, guess, learn, said, usual
from .interpreter import Interpreter
from .number_inputs import likely
from .objects import Tree

MOST_TRIES, LARGEST_SIDE, MOST_OUTPUTS, MOST_CHOICES = 24, 2048, 64, 8


@dataclass
class Followed:
    """The graph, and which operators in it are opaque, how often.

    `sizes` are those by which open axes were followed, by the names of the axes; `numbers` what was taken for inputs
    that are no tensors. `searched` tells that the usual sizes did not fit.
    """

    writer: Writer
    opaque: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, Any] = field(default_factory=dict)
    searched: bool = False


class Follower:
    """`constants` are the tensors that the code calls CONSTANTS, `told` what the program was traced with."""

    def __init__(
        self, program: Program, tree: Tree, storages: Storages, constants: Saved | None = None, told: Any = None
    ):
        self.program, self.tree, self.storages, self.constants = program, tree, storages, constants
        self.choices: dict[str, list] = {}  # of arguments that are no tensors: what may be taken for each
        self.arguments = self._arguments()
        self.numbers = {name: values[0] for name, values in self.choices.items()}
        self.assumed: dict[str, Assumed | None] = {name: None for name in self.arguments}
        self._told = said(told, len(self.arguments))

    def follow(self) -> Followed:
        """The graph of the program. Raises `UndecidedError` or `MismatchError` if there is no way through it."""
        if self._told and (followed := self._as_traced(self._told)):
            return followed
        first: UndecidedError | MismatchError | None = None
        for values in islice(product(*self.choices.values()), MOST_CHOICES):
            self.numbers = dict(zip(self.choices, values, strict=True))
            self.assumed = {name: None for name in self.arguments}
            try:
                return self._sized()
            except (UndecidedError, MismatchError) as error:
                first = first or error
        assert first is not None  # without such arguments there is one try
        raise first

    # what the file tells

    def _arguments(self) -> list[str]:
        """The arguments of `forward` that are tensors and have to be given; for the others there are `choices`."""
        root = self.program.classes.get(str(self.tree.root.kind))
        forward = root.methods.get("forward") if root else None
        if forward is None:
            raise UndecidedError("it has no 'forward'")
        given = forward.args.args[1 : len(forward.args.args) - len(forward.args.defaults)]
        for argument in given:
            kind = ast.unparse(argument.annotation) if argument.annotation else "Tensor"
            if kind in ("Tensor", "Optional[Tensor]"):
                continue
            values = likely(forward, argument.arg, kind)
            if not values:
                raise UndecidedError(f"its input '{argument.arg}' is a {kind[:80]}")
            self.choices[argument.arg] = values
        self._order = [argument.arg for argument in given]
        return [name for name in self._order if name not in self.choices]

    def _as_traced(self, shapes: list[Assumed]) -> Followed | None:
        """With the shapes that the program was traced with, for any number of samples if it takes that."""
        told = dict(zip(self.arguments, shapes, strict=True))
        self.assumed = {name: shape.sized({"batch": USUAL["batch"]}) for name, shape in told.items()}
        followed = self._try()
        if followed and self._same(followed, {"batch"}):
            return followed
        self.assumed = {name: shape.fixed("batch") for name, shape in told.items()}
        followed = self._try()
        if not followed:
            self.assumed = {name: None for name in self.arguments}
        return followed

    # sizes that have to be found

    def _sized(self) -> Followed:
        low = 1
        high = LARGEST_SIDE
        followed = None
        tried = []
        last = ""
        for _ in range(MOST_TRIES):
            try:
                followed = self._once()
                break
            except LearntError as learnt:
                self.assumed[learnt.name] = learnt.assumed.sized(self._pictures())
            except UnpackedError as unpacked:
                if unpacked.wanted != 3 or not self._lengthen():
                    raise
            except MismatchError as mismatch:
                if mismatch.deep and self._narrow():
                    continue
                side = self._side()
                last = str(mismatch)
                tried.append(side)
                if mismatch.short is not None:
                    low, high = (max(low, side + 1), high) if mismatch.short else (low, min(high, side - 1))
                order = PREFERRED_VOLUMES if self._is_volume() else PREFERRED
                side = _between(low, high, tried, mismatch.short is None, order) if side else 0
                if not side:
                    raise
                self._resize(side)
        if followed is None:
            raise UndecidedError(f"the sizes of its inputs cannot be told ({last})")
        followed = self._checked(followed)
        followed.searched = bool(tried)
        followed.sizes = self._sizes(followed.searched)
        return followed

    def _pictures(self) -> dict[str, int]:
        """The height and width of pictures, where a module says them."""
        for _, settings in self.tree.settings.values():
            for name in ("img_size", "image_size", "input_size"):
                value = settings.get(name)
                pair = list(value) if isinstance(value, (list, tuple)) and len(value) == 2 else [value, value]
                sides = [side for side in pair if isinstance(side, int) and 0 < side <= LARGEST_SIDE]
                if len(sides) == 2:
                    return dict(zip(("height", "width"), sides, strict=True))
        return {}

    def _lengthen(self) -> bool:
        """Take rows of features for sequences of them, which a dense layer reads as well; whether there are any."""
        rows = {name: shape for name, shape in self.assumed.items() if shape and shape.names == ("batch", "")}
        self.assumed |= {
            name: usual("batch", "length", shape.shape[1], data_type=shape.data_type) for name, shape in rows.items()
        }
        return bool(rows)

    def _narrow(self) -> bool:
        """Take sounds and pictures of one channel for those without an axis of channels; whether there are any."""
        alone = {name: shape for name, shape in self.assumed.items() if shape and shape.one_channel}
        self.assumed |= {name: shape.without(1) for name, shape in alone.items()}
        return bool(alone)

    def _side(self) -> int:
        """The size that is assumed for pictures or sequences; 0 if there is none."""
        return next(
            (
                size
                for shape in self.assumed.values()
                if shape
                for name, size in zip(shape.names, shape.shape, strict=True)
                if name in SIDES
            ),
            0,
        )

    def _resize(self, side):
        sizes = dict.fromkeys(SIDES, side)
        self.assumed = {name: shape and shape.sized(sizes) for name, shape in self.assumed.items()}

    def _is_volume(self) -> bool:
        return any("depth" in shape.names for shape in self.assumed.values() if shape)

    def _sizes(self, solved: bool) -> dict[str, int]:
        """The sizes that open axes have to be near: those that were looked for, and of sounds, which have many."""
        return {
            self._axis(name, axis): size
            for name, shape in self.assumed.items()
            if shape
            for axis, size in zip(shape.names, shape.shape, strict=True)
            if axis in SIDES and (solved or axis == "samples")
        }

    def _checked(self, followed) -> Followed:
        """Close the axes for which the graph is another one with other sizes."""
        names = {name for shape in self.assumed.values() if shape for name in shape.names if name}
        close: list[str] = []
        for group in ({"batch"} & names, names - {"batch"}):
            if group and not self._same(followed, group):
                close += group
        if not close:
            return followed
        alone = {"batch": 1} if "batch" in close else {}
        self.assumed = {name: shape and shape.sized(alone).fixed(*close) for name, shape in self.assumed.items()}
        return self._once()

    def _same(self, followed, names) -> bool:
        """Whether the graph is the same one for twice the sizes of these axes."""
        before = self.assumed
        self.assumed = {name: shape and shape.doubled(names) for name, shape in before.items()}
        other = self._try()
        self.assumed = before
        return other is not None and _program(other) == _program(followed)

    def _try(self) -> Followed | None:
        try:
            return self._once()
        except (MismatchError, UndecidedError, LearntError):
            return None

    # one walk through the program

    def _once(self) -> Followed:
        emitter = Emitter(Writer(self.tree.root.kind.name))
        interpreter = Interpreter(
            self.program, self._tensor(emitter), self._constants(), emitter=emitter, paths=self.tree.paths, learn=learn
        )
        inputs = [self.numbers[name] if name in self.numbers else self._input(emitter, name) for name in self._order]
        try:
            made = interpreter.forward(self.tree.root, inputs)
        except ShapelessError as missing:
            raise LearntError(
                missing.value.input, guess(interpreter.modules, self.tree.modules, interpreter.setting)
            ) from missing
        except RecursionError as error:
            raise UndecidedError("it is nested too deep") from error
        outputs = [leaf for leaf in leaves(made, MOST_OUTPUTS * 16) if isinstance(leaf, Value)]
        if not outputs or len(outputs) > MOST_OUTPUTS:
            raise UndecidedError("it does not give tensors")
        for place, value in enumerate(outputs):
            emitter.writer.output(value.name, "output" if not place else f"output_{place}", data_type=value.type)
        _prune(emitter.writer.graph)
        return Followed(emitter.writer, interpreter.opaque, numbers=self.numbers)

    def _constants(self) -> list:
        held = self.constants and self.constants.data
        return list(held) if isinstance(held, (list, tuple)) else []

    def _input(self, emitter, name) -> Value | None:
        shape = self.assumed[name]
        if shape is None:
            made = emitter.writer.input(name, [])
            emitter.writer.graph.input[-1].type.tensor_type.ClearField("shape")
            return Value(made, TensorProto.FLOAT, None, input=name)
        open_ones = [
            self._axis(name, axis) if axis else size for axis, size in zip(shape.names, shape.shape, strict=True)
        ]
        return Value(emitter.writer.input(name, open_ones, shape.data_type), shape.data_type, shape.shape)

    def _axis(self, name: str, axis: str) -> str:
        """What an open axis of an input is called: onnxruntime takes sizes of one name for equal."""
        return axis if axis == "batch" or name == self.arguments[0] else f"{axis} of {name}"

    def _tensor(self, emitter):
        places = {id(constant): place for place, constant in enumerate(self._constants())}

        def tensor(held: Tensor | Array) -> Value | float:
            place = places.get(id(held))
            storages = self.constants.storages if self.constants and place is not None else self.storages
            name = self.tree.names.get(id(held), "tensor") if place is None else f"constants.{place}"
            try:
                if place is not None and not held.shape:  # a number that the tracer wrapped
                    return storages.number(name, held)
                return emitter.weight(storages.stored(name, held))
            except UnsupportedError as error:
                raise UndecidedError(f"the tensor '{name}' is {error}") from error

        return tensor


def _prune(graph: onnx.GraphProto) -> None:
    """Take out what leads to no output, such as the last states of a recurrent layer that nobody reads."""
    needed = {value.name for value in graph.output}
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    weights = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(weights)


def _program(followed: Followed) -> bytes:
    """The graph without its inputs."""
    graph = onnx.GraphProto(node=followed.writer.graph.node, initializer=followed.writer.graph.initializer)
    return graph.SerializeToString(deterministic=True)


def _between(low: int, high: int, tried: list[int], blind: bool, order: list[int]) -> int:
    """The size to try next: the common one in the middle of a range, else its middle; 0 if there is none left.

    `blind`: nothing tells whether larger or smaller; then the common ones are tried in this order.
    """
    common = [size for size in COMMON if low <= size <= high and size not in tried]
    if common:
        return min(common, key=order.index) if blind else common[len(common) // 2]
    return (low + high) // 2 if low <= high and not blind else 0
