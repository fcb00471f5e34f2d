# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tensors between layers that hold integers, and the scale and zero point of the numbers that they stand for."""

from __future__ import annotations

from .constants import Constant
from .operators import Operators
from .quantised_operators import KEEPS_SCALE, MICROSOFT, PLAIN

# Operator -> the inputs that are scale and zero point of what it gives.
OF_OUTPUT = {
    "QuantizeLinear": (1, 2),
    "QLinearConv": (6, 7),
    "QLinearMatMul": (6, 7),
    "QGemm": (7, 8),
    "QLinearAdd": (6, 7),
    "QLinearMul": (6, 7),
    "QLinearConcat": (0, 1),
    **dict.fromkeys(
        (
            "QLinearLeakyRelu",
            "QLinearSigmoid",
            "QLinearSoftmax",
            "QLinearReduceMean",
            "QLinearAveragePool",
            "QLinearGlobalAveragePool",
        ),
        (3, 4),
    ),
}


def scales(graph: Operators) -> dict[str, tuple[Constant, Constant | None]]:
    """Scale and zero point of the tensors that have one of each; the zero point is None where it is 0."""
    scale_of: dict[str, tuple[Constant, Constant | None]] = {}
    for operator in graph:
        node = operator.of or operator.node
        if node.domain not in (*PLAIN, MICROSOFT):
            continue
        if node.op_type in OF_OUTPUT:
            parts = [
                graph.known.get(node.input[slot]) if slot < len(node.input) else None
                for slot in OF_OUTPUT[node.op_type]
            ]
            if parts[0] is not None and all(part is None or part.size == 1 for part in parts):
                scale_of[node.output[0]] = parts[0], parts[1]
        elif node.op_type in KEEPS_SCALE and node.input and node.input[0] in scale_of:
            scale_of.update(dict.fromkeys(filter(None, node.output), scale_of[node.input[0]]))
    return scale_of
