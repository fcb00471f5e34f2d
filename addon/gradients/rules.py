# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of rules: for each operator, how a derivative goes from its outputs to its inputs."""

from __future__ import annotations

from collections.abc import Callable

from onnx import NodeProto

from .tape import Tape

Gradients = list[str | None]
# (tape, node, derivatives by its outputs, whether each input is asked for) -> derivatives by its inputs
Rule = Callable[[Tape, NodeProto, Gradients, list[bool]], Gradients]
RULES: dict[str, Rule] = {}
# One node in place of which others are written that have rules.
DECOMPOSED: dict[str, Callable[[Tape, NodeProto], None]] = {}


# The same, while a network trains.
TRAINED: dict[str, Callable[[Tape, NodeProto], None]] = {}


def rule(*operators: str) -> Callable[[Rule], Rule]:
    """Enter a function as the rule of these operators of the standard domain."""

    def enter(function: Rule) -> Rule:
        for operator in operators:
            RULES[operator] = function
        return function

    return enter


def decomposes(*operators: str, training: bool = False):
    """Enter a function that writes simpler nodes in place of these operators, always or while a network trains."""

    def enter(function):
        for operator in operators:
            (TRAINED if training else DECOMPOSED)[operator] = function
        return function

    return enter
