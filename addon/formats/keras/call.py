# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call of a layer, as the functions see it that write layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from onnx import TensorProto

from ...containers.stored import Stored
from . import applied
from .config import Layer
from .graph import Graph, Shape, Unwritable, Value

MOST_CONSTANT = 1 << 20  # numbers of a constant that settings ask for


class Finder(Protocol):
    """Gives the stored tensor of a layer's variable, as `keras.write` describes it."""

    def __call__(self, layer: str, name: str, shape: tuple[int | None, ...]) -> Stored: ...


@dataclass(frozen=True)
class Call:
    """A layer that is called on values.

    `path` names the call ("encoder/conv1@1"), `place` the layer whose weights it reads ("encoder/conv1"); `prefix` goes
    before the names of variables, for a layer inside a layer. `version` is Keras's. `run` calls a model: (model,
    values, path, place) -> values.
    """

    graph: Graph
    find: Finder
    layer: Layer
    path: str
    place: str
    version: tuple[int, ...]
    args: tuple = ()
    kwargs: dict | None = None
    prefix: str = ""
    run: Callable | None = None

    @property
    def config(self) -> dict:
        """The layer's settings as its file has them."""
        return self.layer.config

    @property
    def torch(self) -> bool:
        """Whether weights lie as torch has them: (out, in, rows, columns)."""
        return getattr(self.find, "layout", "keras") == "torch"

    @property
    def inputs(self) -> list[Value]:
        """The values that the layer is called on, one or a list of them."""
        return values(self.args[:1])

    @property
    def x(self) -> Value:
        """The first value that the layer is called on. Raises `Unwritable` where there is none."""
        inputs = self.inputs
        if not inputs:
            raise Unwritable("it reads nothing")
        return inputs[0]

    def get(self, name: str, default=None):
        """A setting; None in the file is the default too."""
        value = self.config.get(name)
        return default if value is None else value

    def argument(self, name: str, place: int | None = None, default=None):
        """An argument of the call, by name or by its place."""
        if self.kwargs and self.kwargs.get(name) is not None:
            return self.kwargs[name]
        return self.args[place] if place is not None and len(self.args) > place else default

    def inner(self, layer: Layer, args: tuple, prefix: str = "") -> Call:
        """The call of a layer that is inside this one."""
        prefix = f"{self.prefix}{prefix}/" if prefix else self.prefix
        return replace(self, layer=layer, args=args, kwargs={}, prefix=prefix)

    # writing

    def node(self, op: str, *inputs: str, outputs: int = 1, **attributes):
        """A node of this call; its output tensor, or the list of them."""
        return self.graph.node(op, inputs, self.path, outputs, **attributes)

    def constant(self, value, dtype=np.int64) -> str:
        """A small constant of the settings. Raises `Unwritable` for a large one, and for text where numbers belong."""
        if np.size(value) > MOST_CONSTANT:
            raise Unwritable("its settings ask for a large table")
        if dtype is np.int64 and np.size(value) and np.asarray(value).dtype.kind not in "iu":
            raise Unwritable("its settings have something else where whole numbers belong")
        return self.graph.constant(value, dtype, f"{self.path}/constant")

    def number(self, value) -> str:
        """A constant that is computed with."""
        return self.constant(value, np.float32)

    def filled(self, value: float, *shape: int) -> str:
        """One number everywhere, which is no weight of the file."""
        return self.node("Expand", self.number(value), self.constant(shape))

    def stored(self, name: str, *shape: int | None):
        """The stored tensor of a variable, of this shape (None: any)."""
        return self.find(self.place, f"{self.prefix}{name}", shape)

    def weight(self, name: str, *shape: int | None) -> str:
        """The tensor of a variable as it is applied, of this shape (None: any), as float32."""
        return applied.weight(self, name, shape)

    def beside(self, name: str) -> Stored | None:
        """A tensor that the layer keeps beside its weights, None where it has none of this name."""
        place = f"{self.place}/{self.prefix}"
        held = getattr(self.find, "tensors", {})
        return held.get(f"{place}{name}") or next(
            (stored for key, stored in held.items() if key.startswith(place) and key.rpartition("/")[2] == name), None
        )

    @property
    def folder(self) -> Path:
        """Where the files of the weights lie. Raises `Unwritable` for weights of another framework."""
        path = getattr(self.find, "path", None)
        if path is None:
            raise Unwritable("quantized weights of another framework")
        return path.parent

    def real(self, name: str) -> str:
        """A tensor as float32, in which all layers are computed."""
        kind = self.graph.types.get(name, TensorProto.FLOAT)
        if kind == TensorProto.STRING:
            raise Unwritable("it reads text")
        return name if kind == TensorProto.FLOAT else self.node("Cast", name, to=TensorProto.FLOAT)

    def reshape(self, name: str, *shape: int) -> str:
        """A tensor in this shape: -1 for the size that follows, 0 for one that stays."""
        return self.node("Reshape", name, self.constant(shape))

    def transpose(self, name: str, *axes: int) -> str:
        """A tensor with its axes in this order."""
        return self.graph.moved(name, axes, self.path)

    # layouts

    @property
    def first(self) -> bool:
        """Whether Keras has the channels before the space."""
        return self.get("data_format", "channels_last") == "channels_first"

    def rank(self, value: Value) -> int:
        """How many axes a value has."""
        return len(self.graph.shape(value.name))

    def shape(self, value: Value) -> Shape:
        """The shape that Keras gives the tensor."""
        sizes = self.graph.shape(value.name)
        return (sizes[0], *sizes[2:], sizes[1]) if value.maps else sizes

    def plain(self, value: Value) -> str:
        """A tensor in Keras's own order of axes."""
        return self.graph.plain(value, self.path)

    def maps(self, value: Value) -> str:
        """The tensor as (batch, channels, ...), by the layer's own `data_format`."""
        return self.plain(value) if self.first else self.graph.as_maps(value, self.path)

    def as_value(self, name: str) -> Value:
        """What the layer gives where it has computed on `maps`."""
        return Value(name, not self.first)

    def axis(self, value: Value, axis: int) -> int:
        """Where an axis of Keras's tensor is in the graph's."""
        return value.axis(axis, self.rank(value))

    def alike(self, given: list[Value]) -> tuple[list[str], bool]:
        """Tensors of one rank in one layout, and whether it is that of maps."""
        maps = any(value.maps for value in given) and len({self.rank(value) for value in given}) == 1
        return [self.graph.as_maps(value, self.path) if maps else self.plain(value) for value in given], maps


def values(argument) -> list[Value]:
    """The values in an argument, in order."""
    if isinstance(argument, Value):
        return [argument]
    parts = argument.values() if isinstance(argument, dict) else argument if isinstance(argument, (list, tuple)) else ()
    return [value for part in parts for value in values(part)]


def known(sizes: Sequence[int | None], reason: str = "open sizes") -> tuple[int, ...]:
    """Sizes that are all known. Raises `Unwritable` where one stays open."""
    closed = tuple(size for size in sizes if size is not None)
    if len(closed) < len(sizes):
        raise Unwritable(reason)
    return closed


def tuple_of(value, count: int) -> tuple[int, ...]:
    """A setting that is one number or one for each axis."""
    sizes = tuple(value) if isinstance(value, (list, tuple)) else (value,) * count
    if len(sizes) != count or not all(isinstance(size, int) for size in sizes):
        raise Unwritable(f"{value!r} is not {count} whole numbers"[:80])
    return sizes
