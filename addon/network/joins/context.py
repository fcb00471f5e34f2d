# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a join may ask about its node, and the table of operators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import prod
from typing import TYPE_CHECKING

import onnx

from ...containers.stored import MOST_ELEMENTS

if TYPE_CHECKING:
    from .base import Join

Builder = Callable[["Context", int], "Join | None"]
TABLE: dict[str, Builder] = {}


def joins_for(*operators: str):
    """Register a function (context, input slot) -> Join, or None where it cannot tell."""

    def register(builder: Builder) -> Builder:
        TABLE.update(dict.fromkeys(operators, builder))
        return builder

    return register


class UnknownShapeError(ValueError):
    """A join needs a shape that the file does not give."""


@dataclass(frozen=True)
class Context:
    """One node with the shapes and constants around it. Whole shapes have the batch, sample shapes do not."""

    node: onnx.NodeProto
    shapes: dict
    constants: dict
    opsets: dict[str, int]

    @cached_property
    def concatenated(self) -> tuple[int, list[tuple[int, ...]], list[int]]:
        """Of a Concat: its axis, the shapes of its inputs, and where each begins along the axis."""
        shapes = [self.shape_in(slot) for slot in range(len(self.node.input))]
        axis = range(len(self.shape_out()))[self.attribute("axis", 0)]
        return axis, shapes, list(accumulate((shape[axis] for shape in shapes), initial=0))

    @cached_property
    def split(self) -> tuple[int, dict[str, int]]:
        """Of a Split: its axis, and where each output begins along it."""
        axis = range(len(self.shape_in(0)))[self.attribute("axis", 0)]
        starts = accumulate((self.whole(name)[axis] for name in self.node.output), initial=0)
        return axis, dict(zip(self.node.output, starts, strict=False))

    def attribute(self, name: str, default):
        for attribute in self.node.attribute:
            if attribute.name == name:
                return onnx.helper.get_attribute_value(attribute)
        return default

    def constant(self, slot: int):
        """The constant at this input, or None."""
        return self.constants.get(self.node.input[slot]) if slot < len(self.node.input) else None

    def shape_in(self, slot: int) -> tuple[int, ...]:
        return self.whole(self.node.input[slot])

    def shape_out(self) -> tuple[int, ...]:
        return self.whole(self.node.output[0])

    def sample_in(self, slot: int) -> Sequence[int]:
        return self.shape_in(slot)[1:]

    def sample_out(self) -> Sequence[int]:
        return self.shape_out()[1:]

    def whole(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor; raises `UnknownShapeError`."""
        shape = self.shapes.get(name)
        if shape is None or None in shape or prod(shape) > MOST_ELEMENTS:
            raise UnknownShapeError(name)
        return tuple(shape)
