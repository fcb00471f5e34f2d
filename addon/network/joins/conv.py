# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Convolutions: Conv and ConvTranspose of any rank, with groups, strides, dilations and every kind of padding."""

from __future__ import annotations

from math import prod

import numpy as np

from .base import WEIGHT, Edges, Join, lengths
from .context import Context, joins_for
from .window import LARGEST, Window


class Conv(Join):
    """y[o] = sum over channels and taps. The weight is (o, c/groups, taps), transposed (c, o/groups, taps)."""

    carries = WEIGHT

    def __init__(self, weight, window: Window, channels: int, units: int, groups: int):
        self.weight, self.window, self.groups = weight, window, groups
        self.channels, self.units = channels, units
        self.taps, self.per_group = prod(window.kernel), channels // groups
        self.fan_in = self.per_group * self.taps

    def into(self, targets, sources=None):
        area = prod(self.window.source)
        unit, place = np.divmod(targets, prod(self.window.target))
        sample, unit = np.divmod(unit, self.units)  # several where frames or crops were folded into the batch
        position, valid = self.window.read(place)
        channel = self._channels(unit, None if sources is None else np.unique(sources // area % self.channels))
        weight = self._kernels(unit, channel)  # (n, channels, taps)
        source = (sample[:, None, None] * self.channels + channel[:, :, None]) * area + position[:, None, :]
        keep = np.broadcast_to(valid[:, None, :] & (channel >= 0)[:, :, None], source.shape).ravel()
        return Edges.of(source, targets[:, None, None], weight).take(keep)

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
    weight = context.constant(1) if slot == 0 else None
    if weight is None:
        return None
    transposed = context.node.op_type == "ConvTranspose"
    window, groups = Window.of(context, weight.shape[2:], transposed), context.attribute("group", 1)
    channels, units = context.sample_in(0)[0], context.sample_out()[0]
    shape = (channels, units // groups) if transposed else (units, channels // groups)
    if weight.shape[:2] != shape or channels % groups or units % groups or prod(weight.shape[1:]) > LARGEST:
        return None
    return Conv(weight.array, window, channels, units, groups)
