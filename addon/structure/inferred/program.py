# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follows the program of a module: which modules inside are called on what.

A program is text in Python's grammar of which only the few forms below are known; it is interpreted here and never
executed. `x` is what enters. A name that was given no value is a module inside, by its dotted path, and calling it
writes it behind what it is given; a module that the file does not have gives what it gets. Names with a capital are
the functions of `calls`. The value of the last line is what the module gives.

    h = norm(x)
    for layer in layers: h = layer(h)
    x + proj(Gelu(h)) if proj else h
"""

from __future__ import annotations

import ast
from functools import cache
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from ...containers import stopping
from .calls import FUNCTIONS, MISSING, is_lost, is_nothing, several
from .graph_state import LOST, Signal
from .modules import Node
from .wiring import Wiring

if TYPE_CHECKING:
    from .walk import Walk

MOST_STEPS = 1 << 16  # statements of one program, loops unrolled
LONGEST_NUMBER = 9  # digits of a name that is a number


@cache
def _parsed(program: str) -> ast.Module:
    return ast.parse(dedent(program))


class Program:
    """The program of one module on its way; `values` are those of its names.

    Values are signals, lists of them, modules, or `MISSING` for a module that is not in the file.
    """

    def __init__(self, walk: Walk, node: Node, wiring: Wiring, given: tuple, otherwise: Signal | None):
        """`given` are the values of `x` and of the arguments; those that are left out are `otherwise`."""
        self.walk, self.graph, self.node = walk, walk.graph, node
        names = ("x", *wiring.arguments.split())
        self.values: dict[str, Any] = dict.fromkeys(names, otherwise)
        self.values.update(zip(names, given, strict=False))
        number = node.name if node.name.isdecimal() else ""
        self.values["number"] = int(number[:LONGEST_NUMBER]) if number else MISSING
        self.steps = 0
        self.tree = _parsed(wiring.program)

    def run(self) -> Any:
        """What the module gives: a signal, or several in a list."""
        return self._body(self.tree.body)

    def _body(self, statements):
        value = None
        for statement in statements:
            stopping.check()
            value = self._statement(statement)
        return value

    def _statement(self, statement):
        self.steps += 1
        if self.steps > MOST_STEPS:
            return None
        if isinstance(statement, ast.Assign):
            return self._assign(statement.targets[0], self._value(statement.value))
        if isinstance(statement, ast.AugAssign):
            name = statement.target.id
            self.values[name] = [*several(self.values.get(name)), *several(self._value(statement.value))]
            return None
        if isinstance(statement, ast.For):
            for item in several(self._value(statement.iter)):
                self._assign(statement.target, item)
                self._body(statement.body)
            return None
        if isinstance(statement, ast.If):
            return self._body(statement.body if self._is_true(statement.test) else statement.orelse)
        return self._value(statement.value)

    def _assign(self, target, value):
        if isinstance(target, ast.Name):
            self.values[target.id] = value
            return value
        parts = list(several(value)) or [value]
        for place, part in enumerate(target.elts):
            self.values[part.id] = parts[place] if place < len(parts) else MISSING
        return value

    def _is_true(self, expression):
        value = self._value(expression)
        return not is_nothing(value) and value != [] and value != 0

    def _value(self, expression):
        if isinstance(expression, ast.Constant):
            return expression.value
        if isinstance(expression, ast.Name):
            return self._named(expression.id)
        if isinstance(expression, ast.Attribute):
            return self._inside(self._value(expression.value), expression.attr)
        if isinstance(expression, ast.Subscript):
            return self._item(self._value(expression.value), self._value(expression.slice))
        if isinstance(expression, (ast.List, ast.Tuple)):
            return [self._value(part) for part in expression.elts]
        if isinstance(expression, ast.IfExp):
            return self._value(expression.body if self._is_true(expression.test) else expression.orelse)
        if isinstance(expression, ast.BoolOp):
            return self._either(expression) if isinstance(expression.op, ast.Or) else self._both(expression)
        if isinstance(expression, ast.UnaryOp):  # not
            return None if self._is_true(expression.operand) else True
        if isinstance(expression, ast.BinOp):
            op = "Mul" if isinstance(expression.op, ast.Mult) else "Add"
            return self._joined(op, self._value(expression.left), self._value(expression.right))
        return self._called(expression)

    def _either(self, expression):
        return next((value for value in map(self._value, expression.values) if not is_nothing(value)), None)

    def _both(self, expression):
        return all(map(self._is_true, expression.values)) or None

    def _named(self, name):
        if name in self.values:
            return self.values[name]
        return self.node if name == "self" else self._inside(self.node, name)

    def _inside(self, node, name):
        return (node.children.get(name) or MISSING) if isinstance(node, Node) else MISSING

    def _item(self, value, place):
        if isinstance(value, Node):
            return value.children.get(str(place)) or MISSING
        return value[place] if isinstance(value, list) and -len(value) <= place < len(value) else MISSING

    def _joined(self, op, left, right):
        """The sum or product of two signals, or of a signal and the numbers of a module."""
        left, right = (None if value is MISSING else value for value in (left, right))
        if left is None or right is None:
            return right if left is None else left
        if isinstance(right, Node) or isinstance(left, Node):
            signal, node = (left, right) if isinstance(right, Node) else (right, left)
            return LOST if is_lost(signal) else self.graph.with_weight(node, signal, op)
        if is_lost(left) or is_lost(right) or left.width != right.width and 1 not in (left.width, right.width):
            return LOST
        wide, narrow = (left, right) if left.width >= right.width else (right, left)
        return self.graph.add(self.node.path, wide, narrow, op=op)

    def _called(self, call):
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        given = [self._value(argument) for argument in call.args]
        if name in FUNCTIONS and name not in self.values and name not in self.node.children:
            return FUNCTIONS[name](self, *given, **{word.arg: self._value(word.value) for word in call.keywords})
        module = self._value(call.func)
        if not isinstance(module, Node):
            return given[0] if given else None
        first, *more = given or (None,)
        first = LOST if first is MISSING else first
        return self.walk.visit(module, first, *(None if value is MISSING else value for value in more))
