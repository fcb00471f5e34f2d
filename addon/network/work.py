# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many multiply-adds an operator takes: those of matrices and kernels; what works cell by cell is not counted."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from .joins.recurrent import GATES
from .operators import Operator


class _UnknownError(Exception):
    """A shape that is needed is not known."""


def multiply_adds(operator: Operator, shapes: dict) -> int | None:
    """For the whole batch, from shapes alone; None where one is not known. Formulas: ONNX operator specifications."""
    count = TABLE.get(operator.op)
    if count is None or operator.node.domain not in ("", "ai.onnx", "ai.onnx.ml"):
        return 0
    try:
        return count(operator, lambda name: _whole(shapes, name))
    except (_UnknownError, IndexError):
        return None


def _whole(shapes, name):
    shape = shapes.get(name)
    if shape is None or None in shape:
        raise _UnknownError(name)
    return shape


def _conv(operator: Operator, shape: Callable) -> int:
    kernel = prod(shape(operator.node.input[1])[1:])
    each = operator.node.input[0] if operator.op == "ConvTranspose" else operator.node.output[0]
    return prod(shape(each)) * kernel


def _product(operator: Operator, shape: Callable) -> int:
    first = shape(operator.node.input[0])
    inner = first[-2] if operator.attribute("transA", 0) else first[-1]
    return prod(shape(operator.node.output[0])) * inner


def _recurrent(operator: Operator, shape: Callable) -> int:
    directions, rows, width = shape(operator.node.input[1])
    hidden = rows // GATES[operator.op]
    steps, batch = shape(operator.node.input[0])[:2]  # or the other way round, with layout 1
    return steps * batch * directions * rows * (width + hidden)


def _vectors(operator: Operator, shape: Callable) -> int:
    """A support vector machine: what it reads times each vector, then times the coefficients."""
    return sum(prod(shape(name)) for name in operator.node.input[1:3])


TABLE = {
    "Conv": _conv,
    "ConvTranspose": _conv,
    "ConvInteger": _conv,
    "Gemm": _product,
    "MatMul": _product,
    "MatMulInteger": _product,
    "LSTM": _recurrent,
    "GRU": _recurrent,
    "RNN": _recurrent,
    "SVMClassifier": _vectors,
    "SVMRegressor": _vectors,
}
