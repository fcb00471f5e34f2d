# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The weights of a layer as matrices to look at: as they are applied, a row an output, a column an input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np

from .constants import Constant

WEIGHTS, KERNELS, TABLE = "weights", "kernels", "table"


@dataclass(frozen=True)
class Matrix:
    """A constant of a layer as a matrix. `form` says what a cell is: a weight, the L2 norm of a kernel, an entry of a
    table that is looked up or added. `turned`: the file has inputs before outputs; `factor` multiplies every weight.
    """

    constant: Constant
    form: str
    turned: bool = False
    factor: float = 1.0

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        shape = self.constant.shape
        if self.form == KERNELS:
            return (shape[1], shape[0]) if self.turned else (shape[0], shape[1])
        *before, rows, columns = shape
        return (prod(before) * columns, rows) if self.turned else (prod(before) * rows, columns)

    def read(self) -> np.ndarray:
        """All of it, a row of the matrix a row, and of kernels the taps as a third axis. Raises `CheckpointError`."""
        array = self.constant.array()
        if self.form == KERNELS:
            return array.swapaxes(0, 1) if self.turned else array
        if self.turned:
            array = array.swapaxes(-1, -2)
        return array.reshape(-1, array.shape[-1]) if array.ndim > 2 else array

    def cells(self, rows: np.ndarray) -> np.ndarray:
        """The cells of some rows that were read, (rows, columns) float32."""
        if self.form == KERNELS:
            taps = np.asarray(rows, np.float64).reshape(*rows.shape[:2], -1)
            with np.errstate(over="ignore", invalid="ignore"):  # weights that are not finite are shown as that
                return np.sqrt(np.square(taps).sum(2)).astype(np.float32)
        numbers = np.asarray(rows, np.float32)
        return numbers if self.factor == 1.0 else numbers * np.float32(self.factor)


def matrix_of(op: str, slot: int, constant: Constant, attribute: Callable) -> Matrix:
    """A constant of two and more axes that is an input of an operator as a matrix; `attribute` reads the operator's,
    with a default."""
    if op in ("Conv", "ConvTranspose"):
        return Matrix(constant, KERNELS, op == "ConvTranspose")
    if op == "Gemm":
        stored = attribute("transA" if slot == 0 else "transB", 0)
        return Matrix(constant, WEIGHTS, bool(stored) == (slot == 0), float(attribute("alpha", 1.0)))
    if op == "MatMul":
        return Matrix(constant, WEIGHTS, slot == 1)
    return Matrix(constant, WEIGHTS if op in ("LSTM", "GRU", "RNN") else TABLE)
