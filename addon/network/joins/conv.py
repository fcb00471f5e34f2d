# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Convolutions: Conv and ConvTranspose of any rank, with groups, strides, dilations and every kind of padding."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from .base import WEIGHT, Edges, Join, lengths, squares_by_unit
from .context import Context, joins_for
from .kernels import Kernels, Sliding, inside, is_plain
from .window import LARGEST, Window

if TYPE_CHECKING:
    from ..network import Grid


class Conv(Join):
    """y[o] = sum over channels and taps. The weight is (o, c/groups, taps), transposed (c, o/groups, taps)."""

    carries = WEIGHT
    form = "kernels"
    ranks = True
    reaches = True

    def __init__(self, weight, window: Window, channels: int, units: int, groups: int):
        self.weight = weight
        self.window = window
        self.groups = groups
        self.channels = channels
        self.units = units
        self.taps = prod(window.kernel)
        self.per_group = channels // groups
        self.fan_in = self.per_group * self.taps

    def into(self, targets, sources=None):
        among = None if sources is None else np.unique(sources // prod(self.window.source) % self.channels)
        source, weight = self._windows(targets, among)
        return Edges.of(source, targets[:, None, None], weight).take(source.ravel() >= 0)

    def slots(self, targets):
        source, weight = self._windows(targets)
        return source.reshape(len(targets), -1), weight.reshape(len(targets), -1)

    def _windows(self, targets, among=None):
        """Sources, -1 beside the map and in channels that are not `among` those asked for, and weights of each target
        cell, (n, channels, taps)."""
        area = prod(self.window.source)
        unit, place = np.divmod(targets, prod(self.window.target))
        sample, unit = np.divmod(unit, self.units)  # several where frames or crops were folded into the batch
        position, valid = self.window.read(place)
        channel = self._channels(unit, among)
        weight = self._kernels(unit, channel)
        source = (sample[:, None, None] * self.channels + channel[:, :, None]) * area + position[:, None, :]
        return np.where(valid[:, None, :] & (channel >= 0)[:, :, None], source, -1), weight

    def kernels(self, units: np.ndarray, channels: np.ndarray) -> Edges:
        """One edge a kernel between these units: the signed sum of its taps, magnitude its L2 norm."""
        channel = self._channels(units, np.sort(channels))
        weight = self._kernels(units, channel)
        with np.errstate(over="ignore", invalid="ignore"):  # weights that are not finite
            edges = Edges.of(channel, units[:, None], weight.sum(-1), lengths(weight.reshape(-1, self.taps)))
        return edges.take(channel.ravel() >= 0)

    def unit_strength(self):
        """L2 norm of the weights into each output unit, (units,)."""
        weight = np.asarray(self.weight(), np.float32)
        if not self.window.transposed:
            return lengths(weight.reshape(self.units, -1))
        square = np.square(weight).sum(axis=tuple(range(2, weight.ndim)))
        return np.sqrt(square.reshape(self.groups, self.per_group, -1).sum(1).ravel())

    def unit_mean(self):
        """Mean of the weights into each output unit, (units,)."""
        weight = np.asarray(self.weight(), np.float32)
        if not self.window.transposed:
            return weight.reshape(self.units, -1).mean(1)
        mean = weight.reshape(*weight.shape[:2], -1).mean(2)
        return mean.reshape(self.groups, self.per_group, -1).mean(1).ravel()

    def source_strength(self):
        """L2 norm of the weights out of each channel, (channels,)."""
        weight = np.asarray(self.weight(), np.float32)
        if self.window.transposed:
            return lengths(weight.reshape(self.channels, -1))
        flat = weight.reshape(self.groups, self.units // self.groups, self.per_group, -1)
        return np.sqrt(np.einsum("gock,gock->gc", flat, flat).ravel())

    def outgoing(self, units, count):
        return squares_by_unit(self.source_strength(), units, count)

    def kernels_between(self, source, target):
        if source.units != self.channels or target.units != self.units:
            return None
        window = Sliding.of(self.window)
        straight = window is not None and is_plain(source) and (source.rows, source.columns) == window.source
        return self.kernels_of_channels(source, target, np.arange(self.channels), self.kernels, straight)

    def kernels_of_channels(
        self, source: Grid, target: Grid, channel_of: np.ndarray, kernels: Callable, straight: bool
    ) -> Kernels:
        """The kernels where `channel_of` (units of the source,) tells which channel each unit is, `kernels` gives the
        edges between units, and `straight` says whether the source's cells lie as the window reads them."""
        window = Sliding.of(self.window)
        straight = straight and is_plain(target) and (target.rows, target.columns) == (window and window.target)
        reached = window.inside() if window else inside(self.window)

        def pairs(units, among):
            edges = kernels(units, among)
            return edges.target, edges.source, edges.weight, edges.magnitude

        def taps(units, sources):
            weight = self.weight()
            channel = channel_of[sources]
            picked = (
                weight[channel, units % (self.units // self.groups)]
                if self.window.transposed
                else weight[units, channel % self.per_group]
            )
            return np.asarray(picked, np.float32).reshape(len(units), self.taps)

        return Kernels(
            pairs,
            taps,
            self.units * self.per_group,
            source.units + target.units,
            window if straight else None,
            self.taps,
            reached,
        )

    def _channels(self, unit, among):
        """The source channels that each unit reads, (n, channels); -1 where one is not among those asked for."""
        first = unit // (self.units // self.groups) * self.per_group
        if among is not None and self.groups == 1:
            return np.broadcast_to(among, (len(unit), len(among)))
        channel = first[:, None] + np.arange(self.per_group)
        return channel if among is None else np.where(np.isin(channel, among), channel, -1)

    def _kernels(self, unit, channel):
        inside = np.maximum(channel, 0) % self.per_group
        weight = self.weight()
        if self.window.transposed:
            picked = weight[np.maximum(channel, 0), (unit % (self.units // self.groups))[:, None]]
        else:
            picked = weight[unit[:, None], inside]
        return np.asarray(picked, np.float32).reshape(*channel.shape, self.taps)


@joins_for("Conv", "ConvTranspose", "ConvInteger")
def conv(context: Context, slot: int) -> Join | None:
    """Conv and ConvTranspose of a constant weight."""
    weight = context.constant(1) if slot == 0 else None
    if weight is None:
        return None
    transposed = context.node.op_type == "ConvTranspose"
    window = Window.of(context, weight.shape[2:], transposed)
    groups = context.attribute("group", 1)
    channels = context.sample_in(0)[0]
    units = context.sample_out()[0]
    shape = (channels, units // groups) if transposed else (units, channels // groups)
    if weight.shape[:2] != shape or channels % groups or units % groups or prod(weight.shape[1:]) > LARGEST:
        return None
    return Conv(weight.array, window, channels, units, groups)
