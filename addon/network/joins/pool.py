# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pooling and reductions: many cells into one, by the largest or by the mean."""

from __future__ import annotations

from math import prod

import numpy as np

from .base import COPY, Edges, Join
from .context import Context, joins_for
from .kernels import Sliding, alike, inside, is_plain
from .window import Window


class Pool(Join):
    """Each target cell reads a window of its own channel. The coefficient is 1 for a maximum and 1/n for a mean."""

    carries = COPY

    def __init__(self, window: Window, largest: bool, mean: bool, whole: bool = False):
        self.window = window
        self.largest = largest
        self.mean = mean
        self.whole = whole  # the mean counts padding too
        self.fan_in = self.taps = prod(window.kernel)

    def into(self, targets, sources=None):
        source, weight = self.slots(targets)
        return Edges.of(source, targets[:, None], weight).take(source.ravel() >= 0)

    def slots(self, targets):
        unit, place = np.divmod(targets, prod(self.window.target))
        position, valid = self.window.read(place)
        weight = np.ones(len(targets))
        if self.mean:
            weight = 1.0 / np.maximum(1, self.window.padded_taps(place) if self.whole else valid.sum(-1))
        source = unit[:, None] * prod(self.window.source) + position
        return np.where(valid, source, -1), np.broadcast_to(weight[:, None].astype(np.float32), valid.shape)

    def strength(self, edges, activation):
        return rank_largest(edges, activation) if self.largest else super().strength(edges, activation)

    def kernels_between(self, source, target):
        if source.units != target.units or source.units * prod(self.window.source) != source.size:
            return None
        window = Sliding.of(self.window, ("window" if self.whole else "cells") if self.mean else "")
        taps = self.fan_in
        reached = window.inside() if window else inside(self.window)
        straight = (
            window
            and is_plain(source)
            and is_plain(target)
            and ((source.rows, source.columns), (target.rows, target.columns)) == (window.source, window.target)
        )
        return alike(window if straight else None, source, target, 1.0 / taps if self.mean else 1.0, taps, reached)


class Reduce(Join):
    """Reduce* and global pooling: each target cell reads all cells along the reduced axes of the whole shape."""

    carries = COPY

    def __init__(self, shape: tuple[int, ...], axes: tuple[int, ...], coefficient: float, largest: bool):
        self.shape = shape
        self.axes = axes
        self.coefficient = coefficient
        self.largest = largest
        self.kept = [axis for axis in range(len(shape)) if axis not in axes]
        self.fan_in = prod(shape[axis] for axis in axes)

    def into(self, targets, sources=None):
        if sources is not None:
            return self._from(sources, targets)
        strides = [prod(self.shape[axis + 1 :]) for axis in range(len(self.shape))]
        kept = np.unravel_index(targets, [self.shape[axis] for axis in self.kept] or [1])
        base = sum((cell * strides[axis] for cell, axis in zip(kept, self.kept, strict=False)), np.zeros_like(targets))
        inner = np.unravel_index(np.arange(self.fan_in), [self.shape[axis] for axis in self.axes])
        offset = sum(cell * strides[axis] for cell, axis in zip(inner, self.axes, strict=True))
        return Edges.of(base[:, None] + offset[None, :], targets[:, None], self.coefficient)

    def _from(self, sources, targets):
        """The edges from these source cells alone: each feeds one target cell."""
        cells = np.unravel_index(sources, self.shape)
        target = sum(
            (cells[axis] * prod(self.shape[i] for i in self.kept if i > axis) for axis in self.kept),
            np.zeros_like(sources),
        )
        fed = np.flatnonzero(np.isin(target, targets))
        fed = fed[np.argsort(target[fed], kind="stable")]
        return Edges.of(sources[fed], target[fed], self.coefficient)

    def strength(self, edges, activation):
        return rank_largest(edges, activation) if self.largest else super().strength(edges, activation)

    def kernels_between(self, source, target):
        """A mean or maximum over whole maps."""
        area = source.rows * source.columns
        if target.is_map or source.units != target.units or self.fan_in != area or target.size * area != source.size:
            return None
        edges = self.into(np.array([target.units - 1]))
        if not (edges.source // source.strides[0] % source.units == target.units - 1).all():
            return None
        window = Sliding(source=(source.rows, source.columns), kernel=(source.rows, source.columns))
        return alike(window, source, target, self.coefficient, area, area)


def rank_largest(edges: Edges, activation: np.ndarray) -> np.ndarray:
    """Strengths that order edges by signed activation, as a maximum does; above 0 for the very cell it picks."""
    value = activation[edges.source]
    return value - min(0.0, float(value.min(initial=0.0))) if len(value) else value


@joins_for("MaxPool", "AveragePool", "LpPool")
def pool(context: Context, slot: int) -> Join | None:
    """Pooling over a window."""
    window = Window.of(context, tuple(context.attribute("kernel_shape", ())))
    op = context.node.op_type
    return Pool(window, op == "MaxPool", op == "AveragePool", bool(context.attribute("count_include_pad", 0)))


@joins_for("GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool")
def global_pool(context: Context, slot: int) -> Join | None:
    """Pooling over whole maps."""
    shape = context.shape_in(0)
    return _reduce(shape, tuple(range(2, len(shape))), context.node.op_type)


@joins_for(
    "ReduceMean",
    "ReduceSum",
    "ReduceMax",
    "ReduceMin",
    "ReduceL1",
    "ReduceL2",
    "ReduceProd",
    "ReduceSumSquare",
    "ReduceLogSum",
    "ReduceLogSumExp",
)
def reduction(context: Context, slot: int) -> Join | None:
    """A mean, sum or extreme over axes that are known."""
    shape = context.shape_in(0)
    given = context.constant(1)
    if given and not given.is_quick:
        return None
    axes = given.array().tolist() if given else context.attribute("axes", None)
    dynamic = given is None and any(context.node.input[1:])
    if slot or dynamic or not axes and context.attribute("noop_with_empty_axes", 0):
        return None
    axes = tuple(sorted({range(len(shape))[axis] for axis in axes})) if axes else tuple(range(len(shape)))
    if prod(context.shape_out()) * prod(shape[axis] for axis in axes) != prod(shape):
        return None
    return _reduce(shape, axes, context.node.op_type)


def _reduce(shape, axes, op):
    count = prod(shape[axis] for axis in axes) if op in ("ReduceMean", "GlobalAveragePool") else 1
    return Reduce(shape, axes, 1.0 / count, op.endswith(("Max", "MaxPool")))
