# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operators that make up one layer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..operators import Operator, Operators

# Order and number of the elements stay the same, so that flat indices do; on a tensor of the input, not of shapes.
RESHAPES = ("Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Cast", "CastLike")
MOVES = (*RESHAPES, "Transpose", "Slice", "Split", "Gather")  # each element of the output is one of the input


@dataclass(eq=False)
class OperatorGroup:
    """The operators of one layer.

    `op` names what they make up, `out` is the tensor that they give, `shown` the one that is drawn. What enters goes
    through `main` to the cells of `out`; where `opaque`, it does not, and which cell feeds which is not known. What is
    `aside` puts the steps of a sequence that count in front of `main` and back into their places: for who reads whom it
    is not there.
    """

    members: list[Operator]
    main: Operator
    op: str
    out: str
    shown: str = ""
    source: str = ""  # the tensor at whose fork a composite begins
    opaque: bool = False
    named: tuple[Operator, ...] = ()  # those after whose scope it is called; without, it is called after `main`
    aside: tuple[Operator, ...] = ()
    moves: list[Operator] = field(default_factory=list)  # members that only move elements of the layer's output
    steps: list[str] = field(default_factory=list)  # what is done, in order: operators, and what several make up

    @classmethod
    def of(cls, operator: Operator) -> OperatorGroup:
        return cls([operator], operator, operator.op, operator.tensor, steps=[operator.op])

    def take(self, operators: Iterable[Operator]) -> None:
        self.members.extend(operators)


def is_move(operator: Operator) -> bool:
    """Whether an operator only moves elements of the one tensor that it reads, in a way known from constants alone."""
    if operator.op not in MOVES or operator.node.domain not in ("", "ai.onnx"):
        return False
    return len(operator.reads) == 1 and operator.reads[0][0] == 0


def is_reshape(operator: Operator) -> bool:
    """Whether an operator only gives another shape to the same elements in the same order."""
    return operator.op in RESHAPES and is_move(operator)


def is_bias(graph: Operators, operator: Operator) -> bool:
    """Whether an operator adds a constant that belongs to the units, not to single cells."""
    constant = graph.constant(operator)
    if operator.op != "Add" or constant is None:
        return False
    return sum(size > 1 for size in constant.shape) <= 1 and keeps_shape(graph, operator)


def keeps_shape(graph: Operators, operator: Operator) -> bool:
    """Whether an operator gives a tensor of the shape that it reads."""
    shapes = graph.shapes.get(operator.inputs[0]), graph.shapes.get(operator.tensor)
    return shapes[0] is not None and shapes[0] == shapes[1]


def closed(graph: Operators, members: list[Operator]) -> bool:
    """Whether nothing outside reads a tensor of these operators and feeds them again."""
    inside = {member.index for member in members}
    last = max(inside)
    tainted = set()
    for operator in graph.all[min(inside) : last + 1]:
        if operator.index in inside:
            if any(name in tainted for name in operator.inputs):
                return False
        elif any(
            name in tainted or (maker := graph.made_by.get(name)) and maker.index in inside for name in operator.inputs
        ):
            tainted.update(operator.node.output)
    return True
