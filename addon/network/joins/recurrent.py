# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""LSTM, GRU and RNN: what a hidden unit reads from the input of its step, and from the units of the step before.

A line is all gates between two units: the signed sum of their weights, magnitude their L2 norm. Layouts: the ONNX
operator specifications, W (directions, gates x hidden, inputs), R (directions, gates x hidden, hidden), X and Y with
the steps first.
"""

from __future__ import annotations

from math import prod

import numpy as np

from .base import WEIGHT, Edges, Join
from .context import Context, joins_for

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


class Recurrent(Join):
    """Cell (step, direction, unit) of the output reads all inputs of its step.

    With `again` it reads the units of its own direction one step earlier, in the reverse direction one later: then
    source and target are the same layer, of so many `steps`.
    """

    carries = WEIGHT
    grain = "unit"
    ranks = True

    def __init__(self, weight, shape: tuple[int, int, int, int], again: bool, first_backwards: bool, steps: int):
        self.weight = weight
        self.shape = shape  # of the weight: directions, gates, hidden, inputs
        self.again = again
        self.first_backwards = first_backwards
        self.steps = steps
        self.fan_in = shape[3]

    def into(self, targets, sources=None):
        directions, _, hidden, inputs = self.shape
        step, unit = np.divmod(targets, directions * hidden)
        direction, unit = np.divmod(unit, hidden)
        kernel = np.asarray(self.weight().reshape(self.shape)[direction, :, unit], np.float32)
        if self.again:
            backwards = (direction == 1) | self.first_backwards
            step = np.where(backwards, step + 1, step - 1)
            first = (step * directions + direction) * hidden
        else:
            first = step * inputs
        edges = Edges.of(
            first[:, None] + np.arange(inputs), targets[:, None], kernel.sum(1), np.sqrt(np.square(kernel).sum(1))
        )
        return edges.take(np.repeat((step >= 0) & (step < self.steps), inputs))

    def kernels_between(self, source, target):
        return None

    def unit_strength(self):
        """L2 norm of the weights into each unit, all gates together, (units of all directions,)."""
        kernel = np.asarray(self.weight(), np.float32).reshape(self.shape)
        return np.sqrt(np.square(kernel).sum((1, 3))).ravel()

    def unit_mean(self):
        """Mean of the weights into each unit, all gates together, (units of all directions,)."""
        return np.asarray(self.weight(), np.float32).reshape(self.shape).mean((1, 3)).ravel()


@joins_for(*GATES)
def recurrent(context: Context, slot: int) -> Join | None:
    """What an RNN, GRU or LSTM reads at each step: the sum over its gates."""
    return _of(context, 1, False) if slot == 0 else None


def again(context: Context, size: int) -> Join | None:
    """How a recurrent layer of so many cells reads itself; None where that cannot be told."""
    try:
        return _of(context, 2, True) if prod(context.shape_out()) == size else None
    except (ValueError, IndexError):  # shapes that are not known or contradict one another
        return None


def _of(context, slot, itself):
    constant = context.constant(slot)
    gates = GATES[context.node.op_type]
    if constant is None or len(constant.shape) != 3 or context.attribute("layout", 0):
        return None
    directions, rows, inputs = constant.shape
    steps, batch, width = context.shape_in(0)
    whole = (steps, directions, batch, rows // gates)
    fits = batch == 1 and rows % gates == 0 and context.shape_out() == whole and (itself or inputs == width)
    backwards = context.attribute("direction", b"forward") == b"reverse"
    shape = directions, gates, rows // gates, inputs
    return Recurrent(constant.array, shape, itself, backwards, steps) if fits else None
