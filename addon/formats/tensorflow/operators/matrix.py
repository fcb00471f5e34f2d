# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Products of matrices."""

from __future__ import annotations

from ..graph import Call, Value
from .table import Written, op


@op("MatMul")
def matmul(call: Call) -> Written:
    """The product of two matrices, either of them turned first."""
    for place in (0, 1):
        call.assume_rank(call.value(place), 2)
    left, right = (call.plain(call.value(place)) for place in (0, 1))
    left = call.transpose(left, 1, 0) if call.get("transpose_a") else left
    right = call.transpose(right, 1, 0) if call.get("transpose_b") else right
    return Value(call.node("MatMul", left, right))


@op("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
def products(call: Call) -> Written:
    """Products of matrices, side by side."""
    left, right = (call.plain(call.value(place)) for place in (0, 1))
    left = _swapped(call, left) if call.get("adj_x") else left
    right = _swapped(call, right) if call.get("adj_y") else right
    return Value(call.node("MatMul", left, right))


def _swapped(call, name):
    rank = len(call.graph.shape(name))
    return call.transpose(name, *range(rank - 2), rank - 1, rank - 2)


@op("Einsum", "XlaEinsum")
def einsum(call: Call) -> Written:
    """Sums of products, as an equation says."""
    names = [call.plain(value) for value in call.inputs if value is not None]
    return Value(call.node("Einsum", *names, equation=str(call.settings["equation"]).replace(" ", "")))


@op("L2Loss")
def half_square(call: Call) -> Written:
    """Half the sum of squares."""
    x = call.plain(call.x)
    total = call.node("ReduceSumSquare", x, keepdims=0)
    return Value(call.node("Mul", total, call.number(0.5, x)))
