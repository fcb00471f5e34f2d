# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes single modules as ONNX operators, and joins them where their sizes fit.

The size of a map is not in the file: maps are of one cell a channel, and stay so through every convolution (padding as
for SAME, stride 1). Only where a dense layer reads a flattened map is its size known.
"""

from __future__ import annotations

from dataclasses import replace
from math import gcd, prod
from typing import overload

from ...containers.stored import Stored
from .graph_state import LARGEST_FOLD, LOST, Signal, Signals
from .modules import Node
from .recurrent import recurrent
from .sizes import is_transposed, matrix_sizes


class Graph(Signals):
    """What a module reads is a `Signal`, or None where nothing comes before it."""

    @overload
    def module(self, node: Node, signal: Signal) -> Signal: ...

    @overload
    def module(self, node: Node, signal: Signal | None) -> Signal | None: ...

    def module(self, node: Node, signal: Signal | None) -> Signal | None:
        """Write a module behind a signal; without one it reads an input of the model."""
        if not node.kind:
            return signal
        if signal is not None and signal.width == 0:
            self.asked = signal.tensor
            signal = None
        made = getattr(self, f"_{node.kind}")(node, signal)
        self.asked = ""
        return made

    def _parameter(self, node, signal):
        return self.opaque(node, signal)

    def _scale(self, node, signal):
        weight = next(iter(node))
        if signal is None or prod(weight.shape) != signal.width:
            return self.opaque(node, signal)
        factor = self.weight(node.path, weight)
        if signal.kind == "map" or len(weight.shape) > 1:
            ones = (1,) * signal.axes if signal.kind == "map" else ()
            factor = self.op(node.path, "Reshape", factor, self.ints(signal.width, *ones))
        return replace(signal, tensor=self.op(node.path, "Mul", signal.tensor, factor))

    def _dense(self, node, signal):
        weight, bias = node.tensors["weight"], node.tensors.get("bias")
        inputs, units, turned = matrix_sizes(self.tree, node, self.torch)
        source = (
            self.fit(signal, "vector sequence", inputs, path=node.path)
            if signal
            else self.input("sequence" if self.steps else "vector", inputs)
        )
        if bias is not None and bias.shape != (units,):
            return self.opaque(node, source, "Dense", units)
        matrix = self.weight(node.path, weight)
        adds = [self.weight(node.path, bias)] if bias is not None else []
        # Gemm turns a matrix round by itself, and its bias counts even where it is a single number.
        large = source.kind == "sequence" and (turned and inputs * units > LARGEST_FOLD or units == 1)
        tensor = source.tensor
        if large:
            tensor = self.op(node.path, "Reshape", tensor, self.ints(-1, inputs))
        if large or source.kind == "vector":
            made = self.op(node.path, "Gemm", tensor, matrix, *adds, transB=int(turned))
            if large:
                made = self.op(node.path, "Reshape", made, self.ints(1, -1, units))
        else:
            if turned:
                matrix = self.op(node.path, "Transpose", matrix, perm=[1, 0])
            made = self.op(node.path, "MatMul", tensor, matrix)
            if adds:
                made = self.op(node.path, "Add", made, *adds)
        return replace(source, tensor=made, width=units)

    def _conv(self, node, signal):
        weight, bias = node.tensors["weight"], node.tensors.get("bias")
        rank = len(weight.shape) - 2
        if rank < 1:
            return self.opaque(node, signal)
        turned = is_transposed(node, signal and signal.width, self.torch, self.weights.modules)
        kernel = weight.shape[2:] if self.torch else weight.shape[:rank]
        outer, inner = weight.shape[:2] if self.torch else weight.shape[:-3:-1]  # (out, in), transposed (in, out)
        units, inputs = (inner, outer) if turned else (outer, inner)
        attributes = self.attributes(node)
        groups = _whole(attributes.get("groups"), 1)
        if signal is None:
            source = self.input("map", inputs * groups if not turned else inputs, rank)
        else:
            groups = groups_of(signal, inputs, units, groups) if not turned else groups
            source = self.fit(signal, "map", inputs * groups if not turned else inputs, rank, node.path)
        units = units * groups if turned else units
        if units % groups or bias is not None and bias.shape != (units,):
            return self.opaque(node, source, "Conv", units)
        tensor = self.weight(node.path, weight)
        if not self.torch:
            tensor = self.op(node.path, "Transpose", tensor, perm=[rank + 1, rank, *range(rank)])
        tensors = [source.tensor, tensor] + ([self.weight(node.path, bias)] if bias is not None else [])
        op = "ConvTranspose" if turned else "Conv"
        made = self.op(node.path, op, *tensors, **_window(kernel, attributes, groups))
        return Signal(made, "map", units, rank)

    def patches(self, node: Node, picture: Signal, kernel: tuple[int, ...]) -> Signal:
        """The patches of a picture, none over another: a convolution whose stride is its kernel."""
        weight = self.weight(node.path, node.tensors["weight"])
        bias = node.tensors.get("bias")
        if not self.torch:
            weight = self.op(node.path, "Transpose", weight, perm=[3, 2, 0, 1])
        units = node.tensors["weight"].shape[0 if self.torch else -1]
        tensors = [picture.tensor, weight] + ([self.weight(node.path, bias)] if bias is not None else [])
        made = self.op(node.path, "Conv", *tensors, kernel_shape=list(kernel), strides=list(kernel))
        return Signal(made, "map", units)

    def _depthwise(self, node, signal):
        """Keras's kernel (rows, columns, in, multiplier) as (in x multiplier, 1, rows, columns)."""
        weight = node.tensors["depthwise"]
        rank = len(weight.shape) - 2
        channels, multiplier = weight.shape[-2:]
        source = self.fit(signal, "map", channels, rank, node.path) if signal else self.input("map", channels, rank)
        if rank < 1:
            return self.opaque(node, source, "Conv", channels * multiplier)
        tensor = self.op(node.path, "Transpose", self.weight(node.path, weight), perm=[rank, rank + 1, *range(rank)])
        shape = channels * multiplier, 1, *weight.shape[:rank]
        tensors = [source.tensor, self.op(node.path, "Reshape", tensor, self.ints(*shape))]
        bias = node.tensors.get("bias") if "pointwise" not in node.tensors else None
        if bias is not None and bias.shape == shape[:1]:
            tensors.append(self.weight(node.path, bias))
        made = self.op(node.path, "Conv", *tensors, **_window(weight.shape[:rank], {}, channels))
        return Signal(made, "map", channels * multiplier, rank)

    def _separable(self, node, signal):
        between = self._depthwise(node, signal)
        roles = {"weight": node.tensors["pointwise"]} | {k: v for k, v in node.tensors.items() if k == "bias"}
        return self._conv(Node(node.path, roles, kind="conv"), between)

    def _norm(self, node, signal):
        weight, bias = node.tensors["weight"], node.tensors.get("bias")
        width = prod(weight.shape)
        source = (
            self.fit(signal, f"{signal.kind} sequence vector map", width, signal.axes, node.path)
            if signal
            else self.input("sequence" if self.steps else "vector", width)
        )
        if bias is not None and bias.shape != weight.shape:
            return self.opaque(node, source, "Normalization", width)
        eps = self._epsilon(node)
        scale = self._row(node, weight)
        shift = self._row(node, bias) if bias is not None else None
        if source.kind == "map" and self.norms_channels and shift:
            made = self._channel_norm(node, source, scale, shift, eps)
        elif source.kind == "map":
            made = self._group_norm(node, source, scale, shift, eps)
        elif shift:
            made = self.op(node.path, "LayerNormalization", source.tensor, scale, shift, axis=-1, epsilon=eps)
        elif "LayerNorm" in self.weights.modules.get(".".join(node.path), ("",))[0]:
            made = self.op(node.path, "LayerNormalization", source.tensor, scale, axis=-1, epsilon=eps)
        else:
            made = self.root_mean_square(node.path, source.tensor, scale, eps)
        return replace(source, tensor=made)

    def _row(self, node, stored) -> str:
        """A weight with an axis for the units alone, whatever axes of one place it has besides."""
        made = self.weight(node.path, stored)
        return made if len(stored.shape) == 1 else self.op(node.path, "Reshape", made, self.ints(-1))

    def _prelu(self, node, signal):
        """A slope for each unit, or for all of them."""
        weight = node.tensors["weight"]
        count = prod(weight.shape)
        if signal is None or signal.width < 1:
            signal = self.open("map", count) if count > 1 else LOST
        if signal.width < 1:
            return self.opaque(node, signal)
        source = signal if count == 1 else self.fit(signal, f"{signal.kind} map", count, signal.axes, node.path)
        slope = self._row(node, weight)
        if source.kind == "map" and count > 1:
            slope = self.op(node.path, "Reshape", slope, self.ints(count, *(1,) * source.axes))
        return replace(source, tensor=self.op(node.path, "PRelu", source.tensor, slope))

    def root_mean_square(self, path, tensor, scale, eps) -> str:
        """RMS normalisation by its parts, as exporters write it: ONNX has it only from opset 23."""
        square = self.op(path, "Pow", tensor, self.number(2.0))
        mean = self.op(path, "ReduceMean", square, self.ints(-1))
        root = self.op(path, "Sqrt", self.op(path, "Add", mean, self.number(eps)))
        return self.op(path, "Mul", self.op(path, "Div", tensor, root), scale)

    def _channel_norm(self, node, source, scale, shift, eps) -> str:
        """Layer normalisation of the channels of each cell of a map."""
        last = [0, *range(2, 2 + source.axes), 1]
        made = self.op(node.path, "Transpose", source.tensor, perm=last)
        made = self.op(node.path, "LayerNormalization", made, scale, shift, axis=-1, epsilon=eps)
        return self.op(node.path, "Transpose", made, perm=[last.index(axis) for axis in range(len(last))])

    def _group_norm(self, node, source, scale, shift, eps):
        groups = _whole(self.attributes(node).get("num_groups"), 0)
        if not groups:
            groups = gcd(32, source.width)
            self.say("the number of groups of group normalisations")
        if shift is None:
            shift = self.op(node.path, "Mul", scale, self.number(0.0))
        groups = groups if source.width % groups == 0 else 1
        return self.op(node.path, "GroupNormalization", source.tensor, scale, shift, num_groups=groups, epsilon=eps)

    def _batchnorm(self, node, signal):
        mean = node.tensors["mean"]
        width = prod(mean.shape)
        source = (
            self.fit(signal, f"{signal.kind} map vector", width, signal.axes, node.path)
            if signal
            else self.input("vector", width)
        )
        roles = [node.tensors.get(role) for role in ("weight", "bias", "mean", "variance")]
        if roles[3] is None or any(stored is not None and stored.shape != (width,) for stored in roles):
            return self.opaque(node, source, "BatchNormalization", width)
        tensors = [
            self.weight(node.path, stored) if stored is not None else self._same(width, float(place == 0))
            for place, stored in enumerate(roles)
        ]
        tensor = source.tensor
        if source.kind == "sequence":
            tensor = self.op(node.path, "Transpose", tensor, perm=[0, 2, 1])
        tensor = self.op(node.path, "BatchNormalization", tensor, *tensors, epsilon=self._epsilon(node))
        if source.kind == "sequence":
            tensor = self.op(node.path, "Transpose", tensor, perm=[0, 2, 1])
        return replace(source, tensor=tensor)

    def _same(self, count, value):
        """A tensor of equal numbers, for a scale or shift that the file does not have."""
        shape = self.ints(count)
        made = self.writer.node(
            "Expand", [self._constant(("one", value), [value], self.dtype), shape], self.name((), "Expand")
        )
        return made

    def _epsilon(self, node):
        for key in ("eps", "epsilon", "variance_epsilon"):
            if isinstance(self.attributes(node).get(key), float):
                return self.attributes(node)[key]
        said = self.weights.config.get("layer_norm_eps", self.weights.config.get("rms_norm_eps"))
        return said if isinstance(said, float) and 0 < said < 1 else 1e-5

    def _embedding(self, node, signal):
        table = node.tensors["weight"]
        ids = self.words(f"{node.name} ids" if signal else "input_ids")
        made = self.op(node.path, "Gather", self.weight(node.path, table), ids, axis=0)
        return Signal(made, "sequence", table.shape[1])

    def add(self, path, *signals: Signal, op: str = "Add") -> Signal:
        """The sum, or what another operator makes of them."""
        kinds = ("map", "sequence", "vector")
        signals = tuple(sorted(signals, key=lambda signal: kinds.index(signal.kind)))  # a vector counts everywhere
        first = signals[0]
        signals = (
            first,
            *(
                self.as_kind(signal, first.kind, first.axes, (*path, ""))
                if signal.width in (1, first.width) or first.width == 1
                else self.open(first.kind, first.width, first.axes)
                for signal in signals[1:]
            ),
        )
        return replace(signals[0], tensor=self.op(path, op, *(signal.tensor for signal in signals)))

    def concat(self, path, *signals: Signal) -> Signal:
        """Signals put side by side, unit by unit."""
        if len(signals) == 1:
            return signals[0]
        first = signals[0]
        signals = first, *(self.as_kind(signal, first.kind, first.axes, (*path, "")) for signal in signals[1:])
        axis = -1 if signals[0].kind == "sequence" else 1
        made = self.op(path, "Concat", *(signal.tensor for signal in signals), axis=axis)
        return replace(signals[0], tensor=made, width=sum(signal.width for signal in signals))

    def split(self, path: tuple[str, ...], signal: Signal, widths: list[int]) -> list[Signal]:
        """Parts of so many units each."""
        axis = -1 if signal.kind == "sequence" else 1
        made = self.writer.node(
            "Split", [signal.tensor, self.ints(*widths)], self.name(path, "Split"), outputs=len(widths), axis=axis
        )
        made = made if len(widths) > 1 else [made]
        return [replace(signal, tensor=tensor, width=width) for tensor, width in zip(made, widths, strict=True)]

    def mean(self, path: tuple[str, ...], signal: Signal) -> Signal:
        """The mean over all steps or cells."""
        if signal.kind != "sequence":
            return self.as_kind(signal, "vector", path=(*path, ""))
        made = self.op(path, "ReduceMean", signal.tensor, self.ints(1), keepdims=0)
        return Signal(made, "vector", signal.width)

    def rows(self, path: tuple[str, ...], stored: Stored) -> Signal:
        """The numbers of a tensor as a sequence, a row a step."""
        width = stored.shape[-1]
        steps = prod(stored.shape) // width
        made = self.op(path, "Reshape", self.weight(path, stored), self.ints(1, steps, width))
        return Signal(made, "sequence", width, steps=steps)

    def along(self, path: tuple[str, ...], *signals: Signal) -> Signal:
        """Signals of the same width one behind the other, step by step."""
        signals = tuple(self.as_kind(signal, "sequence", path=(*path, "")) for signal in signals)
        made = self.op(path, "Concat", *(signal.tensor for signal in signals), axis=1)
        steps = sum(signal.steps for signal in signals) if all(signal.steps for signal in signals) else 0
        return replace(signals[0], tensor=made, steps=steps)

    def mixed(self, path: tuple[str, ...], like: Signal, *signals: Signal, kind: str = "Mixed") -> Signal:
        """What is worked out of signals in a way that no operator stands for, of the shape of another."""
        tensors = [signal.tensor for signal in signals]
        name = self.name(path, kind)
        made = self.writer.opaque(kind, tensors, name, shape=like.shape(), data_type=self.data_type)
        if like.kind == "map":
            self.writer.unsized.add(made)
        return replace(like, tensor=made)

    def with_weight(self, node: Node, signal: Signal, op: str) -> Signal:
        """What "Add", "Mul" or "Concat" (of steps) makes of a signal and the numbers of a module."""
        stored, *more = node
        count = prod(stored.shape)
        if op == "Concat" and signal.kind == "sequence" and stored.shape[-1:] == (signal.width,):
            steps = count // signal.width
            row = self.op(node.path, "Reshape", self.weight(node.path, stored), self.ints(1, steps, signal.width))
            made = self.op(node.path, "Concat", row, signal.tensor, axis=1)
            steps = signal.steps and signal.steps + steps
            return replace(signal, tensor=made, steps=steps, first=True)
        if op != "Concat" and not more and count in (1, signal.width):
            ones = (1,) * signal.axes if signal.kind == "map" else ()
            row = self.op(node.path, "Reshape", self.weight(node.path, stored), self.ints(count, *ones))
            return replace(signal, tensor=self.op(node.path, op, signal.tensor, row))
        return self.opaque(node, signal, op, signal.width)

    def known(self, signal: Signal, kind: str, width: int, axes: int = 2) -> Signal:
        """The signal; where its width is not known, an input of the model or a loose end of this width."""
        if signal.width > 0:
            return signal
        if signal.width < 0:
            return self.open(kind, width, axes)
        self.asked = signal.tensor
        made = self.input(kind, width, axes)
        self.asked = ""
        return made

    def _recurrent(self, node, signal):
        return recurrent(self, node, signal)


def groups_of(signal: Signal, inputs: int, units: int, said: int) -> int:
    """How many groups a kernel has that reads so many channels of the signal's."""
    if said > 1 or inputs == signal.width or signal.kind == "vector" or signal.width < 1 or signal.width % inputs:
        return said
    groups = signal.width // inputs
    return groups if units % groups == 0 and (inputs == 1 or units == signal.width) else said


def _whole(value, default: int) -> int:
    return value if type(value) is int and 0 < value < 1 << 31 else default


def _window(kernel, attributes, groups) -> dict:
    """Attributes of a convolution that keeps a map of one cell as it is."""
    axes = len(kernel)
    steps = attributes.get("stride"), attributes.get("dilation")
    strides, dilations = (
        [_whole(size, 1) for size in (said if isinstance(said, (tuple, list)) else (said,) * axes)] for said in steps
    )
    extent = [(size - 1) * (dilations[axis] if len(dilations) == axes else 1) for axis, size in enumerate(kernel)]
    return {
        "kernel_shape": list(kernel),
        "group": groups,
        "strides": strides if len(strides) == axes else None,
        "dilations": dilations if len(dilations) == axes else None,
        "pads": [size // 2 for size in extent] + [size - size // 2 for size in extent],
    }
