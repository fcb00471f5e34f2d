# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the first axis of a model's inputs runs over samples that have nothing to do with one another.

It is followed through the graph, operator by operator. Where one of them mixes what lies along it, or moves it to
another place, the inputs are one sample as a whole: an axis of time, of windows, of tokens.
"""

from __future__ import annotations

from math import prod

import numpy as np

from .operators import Operator, Operators
from .recognise import RECURRENT

# Operators that work along their attribute or input `axis`; others keep the first axis as long as it keeps its size.
ALONG = (
    "Softmax",
    "LogSoftmax",
    "Hardmax",
    "LpNormalization",
    "LayerNormalization",
    "RMSNormalization",
    "CumSum",
    "CumProd",
    "Concat",
    "Compress",
    "TopK",
    "ArgMax",
    "ArgMin",
    "GatherElements",
    "ScatterElements",
)
PRODUCTS = ("MatMul", "MatMulInteger", "QLinearMatMul", "FusedMatMul")
ELEMENTWISE = (
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Pow",
    "Min",
    "Max",
    "Mean",
    "Sum",
    "Where",
    "Mod",
    "PRelu",
    "And",
    "Or",
    "Xor",
    "Equal",
    "Greater",
    "Less",
    "GreaterOrEqual",
    "LessOrEqual",
)


def samples(graph: Operators) -> tuple[int, set[str]]:
    """How many samples the inputs hold, and the tensors whose first axis runs over them; else 1 and no tensors."""
    shapes = [tuple(graph.shapes.get(value.name) or ()) for value in graph.inputs]
    sizes = {shape[0] for shape in shapes if len(shape) > 1}
    count = max((size for size in sizes if size), default=1)
    if count < 2:
        return 1, set()
    batched = {value.name for value in graph.inputs if _begins_with(graph.shapes.get(value.name), count)}
    for operator in graph:
        if batched.isdisjoint(operator.inputs):
            continue
        if not _keeps(operator, graph, batched):
            return 1, set()
        for name in filter(None, operator.node.output):
            shape = graph.shapes.get(name)
            if shape is None:
                continue
            if not shape or shape[0] != count:
                return 1, set()
            if len(shape) > 1:
                batched.add(name)
    return count, batched


def _begins_with(shape, size) -> bool:
    return bool(shape) and len(shape) > 1 and shape[0] == size


def _keeps(operator: Operator, graph: Operators, batched: set[str]) -> bool:
    """Whether an operator leaves samples apart and in their place, apart from what the size of its outputs tells."""
    op = operator.op
    read = list(operator.node.input)
    held = [slot for slot, name in enumerate(read) if name in batched]
    shapes = [graph.shapes.get(name) or () for name in read]
    if op == "Transpose":
        return list(operator.attribute("perm", range(len(shapes[0]))[::-1]))[:1] == [0]
    if op in RECURRENT:
        return bool(operator.attribute("layout", 0)) or held != [0]
    if op in PRODUCTS:
        return all(len(shapes[slot]) > 2 or slot == 0 and len(shapes[slot]) == 2 for slot in held if slot < 2)
    if op in ("Gemm", "QGemm"):
        return not operator.attribute("transA", 0) and 1 not in held
    if op == "Gather":
        return _axis(operator, shapes[0]) != 0 if 0 in held else True
    if op in ELEMENTWISE:
        rank = len(graph.shapes.get(operator.tensor) or ())
        return all(len(shapes[slot]) == rank for slot in held)
    if op == "Reshape" or op == "Flatten":
        before = shapes[0]
        after = graph.shapes.get(operator.tensor) or ()
        return not before or not after or None in (*before, *after) or prod(before[1:]) == prod(after[1:])
    if op == "Slice":
        return _steps_of_first(operator, len(shapes[0])) != -1
    if op == "ReverseSequence":
        return operator.attribute("time_axis", 0) != 0
    if op in ALONG:
        return _axis(operator, shapes[held[0]]) != 0
    return True


def _axis(operator: Operator, shape) -> int:
    """The axis along which an operator works, from 0; -1 where it is not told. Defaults: the ONNX specification."""
    default = {
        "Concat": 0,
        "Gather": 0,
        "ArgMax": 0,
        "ArgMin": 0,
        "GatherElements": 0,
        "ScatterElements": 0,
        "CumSum": 0,
        "CumProd": 0,
    }.get(operator.op, -1)
    given = operator.constants.get(1) if operator.op in ("CumSum", "CumProd") else None
    if given is not None and not given.is_quick:
        return 0
    axis = int(np.asarray(given.array()).ravel()[0]) if given is not None else operator.attribute("axis", default)
    return axis % len(shape) if shape else axis


def _steps_of_first(operator: Operator, rank: int) -> int:
    """The step by which a slice goes along the first axis; 1 where it leaves that alone."""
    axes, steps = (operator.constants.get(slot) for slot in (3, 4))
    if steps is None:
        return 1
    if not steps.is_quick or axes is not None and not axes.is_quick:
        return -1
    step = np.asarray(steps.array()).ravel()
    axis = np.asarray(axes.array()).ravel() % rank if axes is not None else np.arange(len(step))
    return int(next((each for place, each in zip(axis, step, strict=False) if place == 0), 1))
