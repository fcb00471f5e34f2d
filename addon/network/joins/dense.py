# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gemm and MatMul with a constant matrix: every input feeds every output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .base import WEIGHT, Edges, Join, lengths, squares_by_unit
from .context import Context, joins_for
from .kernels import Kernels, Sliding

if TYPE_CHECKING:
    from ..network import Grid


class Dense(Join):
    """y[..., o] = sum_i W[i, o] x[..., i]; with `left`, y[..., o, n] = sum_i W[i, o] x[..., i, n].

    `matrix` reads W as (inputs, outputs); `columns` is n's extent for the left form.
    """

    carries = WEIGHT
    form = "matrix"
    ranks = True
    reaches = True

    def __init__(self, matrix, inputs: int, outputs: int, left: bool = False, columns: int = 1):
        self.matrix = matrix
        self.inputs = inputs
        self.outputs = outputs
        self.left = left
        self.columns = columns
        self.fan_in = inputs

    def into(self, targets, sources=None):
        if self.left:
            row, column = np.divmod(targets, self.columns)
            row, output = np.divmod(row, self.outputs)
        else:
            row, output = np.divmod(targets, self.outputs)
        if sources is None:
            inputs = np.arange(self.inputs)
        else:
            inputs = np.unique((sources // self.columns if self.left else sources) % self.inputs)
        matrix = self.matrix()  # whole rows are read much faster than number by number
        weight = matrix[:, output].T if len(inputs) == self.inputs else matrix[inputs[None, :], output[:, None]]
        source = row[:, None] * self.inputs + inputs[None, :]
        if self.left:
            source = source * self.columns + column[:, None]
        return Edges.of(source, targets[:, None], weight)

    def strongest_into(self, targets, count, activation=None):
        if self.left or targets.max(initial=0) >= self.outputs or self.inputs * len(targets) <= 2 * count:
            return self.into(targets)
        weight = np.asarray(self.matrix()[:, targets], np.float32)
        strength = np.abs(weight if activation is None else weight * activation[: self.inputs, None])
        best = strength.max(0)
        if np.isnan(best).any():
            return self.into(targets)
        # not one entry an edge, but those that may be chosen
        cut = np.partition(strength, -count, None)[-count]
        source, output = np.nonzero((strength >= cut) | (strength == best))
        order = np.lexsort((source, output))
        source, output = source[order], output[order]
        return Edges.of(source, targets[output], weight[source, output])

    def unit_strength(self):
        """L2 norm of the weights into each output, (outputs,)."""
        return lengths(np.asarray(self.matrix(), np.float32).T)

    def unit_mean(self):
        """Mean of the weights into each output, (outputs,)."""
        return np.asarray(self.matrix(), np.float32).mean(0)

    def source_strength(self):
        """L2 norm of the weights out of each input, (inputs,)."""
        return lengths(np.asarray(self.matrix(), np.float32))

    def outgoing(self, units, count):
        return squares_by_unit(self.source_strength(), units, count)

    def kernels_between(self, source, target):
        return self.kernels_of_cells(source, target, np.arange(self.inputs))

    def kernels_of_cells(self, source: Grid, target: Grid, cells: np.ndarray) -> Kernels | None:
        """A matrix that reads flattened maps is a convolution whose kernel is the whole map.

        `cells` are the cells of the source that its inputs read, (inputs,).
        """
        rows = source.rows * source.columns
        if self.left or target.is_map or target.units != self.outputs or source.size != self.inputs:
            return None
        size = self.inputs
        unit, row, column = (
            cells // step % extent if extent > 1 else np.zeros_like(cells)
            for step, extent in zip(source.strides, (source.units, source.rows, source.columns), strict=True)
        )
        places = np.empty(size, np.int64)  # of the inputs, by unit, row and column
        places[(unit * source.rows + row) * source.columns + column] = np.arange(size)
        index = places.reshape(source.units, rows)

        def pairs(outputs, among):
            taken = np.asarray(self.matrix()[index[among].ravel()[:, None], outputs[None, :]], np.float32)
            weight = taken.reshape(len(among), rows, len(outputs))
            with np.errstate(over="ignore", invalid="ignore"):  # weights that are not finite
                total = weight.sum(1)
                norm = lengths(weight.transpose(0, 2, 1).reshape(-1, rows))
            to, from_ = np.meshgrid(outputs, among)
            return to.ravel(), from_.ravel(), total.ravel(), norm.ravel()

        def taps(outputs, units):
            return np.asarray(self.matrix()[index[units], outputs[:, None]], np.float32)

        window = Sliding(source=(source.rows, source.columns), kernel=(source.rows, source.columns))
        return Kernels(pairs, taps, source.units * self.outputs, source.units + target.units, window, rows, rows)


@joins_for("Gemm")
def gemm(context: Context, slot: int) -> Join | None:
    """Gemm of a tensor and a constant matrix, on either side."""
    other = context.constant(1 - slot) if slot < 2 else None
    if other is None or len(other.shape) != 2:
        return None
    flipped = context.attribute("transB" if slot == 0 else "transA", 0)
    if slot == 0 and not context.attribute("transA", 0):
        return _right(context, other, bool(flipped))
    if slot == 1 and not context.attribute("transB", 0):  # y = W x: W is (outputs, inputs)
        return _left(context, other, not flipped)
    return None


@joins_for("MatMul", "MatMulInteger")
def matmul(context: Context, slot: int) -> Join | None:
    """MatMul of a tensor and a constant matrix, on either side."""
    other = context.constant(1 - slot) if slot < 2 else None
    if other is None or len(other.shape) != 2:
        return None
    return _right(context, other, False) if slot == 0 else _left(context, other, True)


def _right(context, matrix, transposed):
    inputs, outputs = matrix.shape[::-1] if transposed else matrix.shape
    fits = context.shape_in(0)[-1] == inputs and context.shape_out()[-1] == outputs
    return Dense(_reader(matrix, transposed), inputs, outputs) if fits else None


def _left(context, matrix, transposed):
    inputs, outputs = matrix.shape[::-1] if transposed else matrix.shape
    columns = context.shape_in(1)[-1]
    fits = context.shape_in(1)[-2] == inputs and context.shape_out()[-2:] == (outputs, columns)
    return Dense(_reader(matrix, transposed), inputs, outputs, True, columns) if fits else None


def _reader(matrix, transposed):
    return (lambda: matrix.array().T) if transposed else matrix.array
