# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The expressions of a TorchScript program: each is worked out to a tensor of the graph, or to a plain value."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

from ....containers.pickle.records import STATE, Array, Tensor, Thing
from ..operators.emitter import UndecidedError, Value
from .code import Program

MOST_STEPS, LONGEST_TEXT = 2_000_000, 1 << 16
BINARY = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floordiv",
    ast.Mod: "remainder",
    ast.Pow: "pow",
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
    ast.Is: "__is__",
    ast.IsNot: "__isnot__",
    ast.MatMult: "matmul",
}
CAUGHT = (TypeError, ValueError, IndexError, KeyError, AttributeError, ArithmeticError)


@dataclass(frozen=True)
class _Method:
    """A method of an object of the program."""

    of: Thing
    name: str


@dataclass(frozen=True)
class _Path:
    """A dotted name: torch.conv2d, ops.prim.NumToTensor, __torch__.torch.nn.functional.relu."""

    text: str


@dataclass
class Evaluator(ABC):
    """`tensor` turns a stored tensor of the archive into a `Value`, `constants` are what the code calls CONSTANTS."""

    program: Program
    tensor: Callable[[Tensor | Array], Value]
    constants: list = field(default_factory=list)
    changed: dict[int, dict] = field(default_factory=dict)  # what the program set on objects, by their ids
    _steps: int = 0

    @abstractmethod
    def operator(self, name: str, args: list, more: dict):
        """A call of PyTorch's own."""

    @abstractmethod
    def method(self, of: Thing, name: str, args: list, more: dict):
        """A call of a method of an object of the program."""

    @abstractmethod
    def function(self, path: str, args: list, more: dict):
        """A call of a function by its dotted name."""

    @abstractmethod
    def bind(self, target: ast.expr, value, known: dict) -> None:
        """Give a value to a name."""

    def step(self, much: int = 1) -> None:
        """Count what is worked out. Raises `UndecidedError` where that is too much."""
        self._steps += much
        if self._steps > MOST_STEPS:
            raise UndecidedError("the program is too long")

    def decide(self, test: ast.expr, known: dict) -> bool:
        """Whether a condition holds. Raises `UndecidedError` where only a run can tell."""
        result = self.value(test, known)
        if isinstance(result, Value):
            raise UndecidedError("a decision depends on what a run computes")
        return bool(result)

    def value(self, node, known):
        """What an expression gives. Raises `UndecidedError`."""
        self.step()
        handler = _EXPRESSIONS.get(type(node))
        if handler is None:
            raise UndecidedError(f"the code has an expression of the kind {type(node).__name__}")
        return handler(self, node, known)

    def _constant(self, node, known):
        if isinstance(node.value, str) and len(node.value) > LONGEST_TEXT:
            raise UndecidedError("a long text")
        return node.value

    def _name(self, node, known):
        if node.id in known:
            return known[node.id]
        return {"inf": float("inf"), "nan": float("nan"), "CONSTANTS": self.constants}.get(node.id, _Path(node.id))

    def _attribute(self, node, known):
        holder = self.value(node.value, known)
        if isinstance(holder, _Path):
            kind = self.program.classes.get(holder.text)
            if kind and kind.base == "Enum" and node.attr in kind.constants:
                return holder.text, self.value(kind.constants[node.attr], {})
            return _Path(f"{holder.text}.{node.attr}")
        return self.read(holder, node.attr)

    def read(self, holder, name):
        """An attribute of an object of the program. Raises `UndecidedError` if it has none."""
        if holder is self.constants and name[1:].isdigit() and int(name[1:]) < len(holder):
            return self._known(holder[int(name[1:])])
        if not isinstance(holder, Thing):
            raise UndecidedError(f"the attribute '{name}' of a {type(holder).__name__}")
        if name == "training":
            return False
        if STATE in holder.state and id(holder) not in self.changed:
            self.changed[id(holder)] = {}
            self.method(holder, "__setstate__", [self._known(holder.state[STATE])], {})
        own = self.changed.get(id(holder), {})
        if name in own:
            return own[name]
        if name in holder.state:
            return self._known(holder.state[name])
        kind = self.program.classes.get(str(holder.kind))
        if kind and name in kind.methods:
            return _Method(holder, name)
        if kind and name in kind.constants:
            return self.value(kind.constants[name], {})
        raise UndecidedError(f"{holder.kind.name} has no '{name}'")

    def setting(self, holder: Thing, name: str):
        """An attribute of an object, None if it has none."""
        try:
            return self.read(holder, name)
        except UndecidedError:
            return None

    def _known(self, held):
        """A value of the archive: stored tensors become `Value`s, inside lists too."""
        if isinstance(held, (Tensor, Array)):
            return self.tensor(held)
        if isinstance(held, Thing) and held.kind.name.endswith("PackedParamsBase"):
            return self._known(list(held.state.get(STATE, ())))
        if isinstance(held, Thing) and held.args and str(held.kind) in self.program.classes:
            return str(held.kind), held.args[0]  # a member of an enum
        if isinstance(held, (list, tuple)) and any(isinstance(part, (Tensor, Array, list, tuple)) for part in held):
            return [self.tensor(part) if isinstance(part, (Tensor, Array)) else part for part in held]
        return held

    def _subscript(self, node, known):
        holder = self.value(node.value, known)
        if isinstance(holder, _Path):
            return holder  # List[int]: a type
        if isinstance(node.slice, ast.Slice):
            start, stop, step = (
                None if part is None else self.value(part, known)
                for part in (node.slice.lower, node.slice.upper, node.slice.step)
            )
            if isinstance(holder, (list, tuple, str)):
                self.step(len(holder) // 8)
                return holder[start:stop:step]
            raise UndecidedError("a slice of what is no list")
        key = self.value(node.slice, known)
        if isinstance(holder, Value):
            return self.operator("select", [holder, 0, key], {})
        try:
            return holder[key]
        except CAUGHT as error:
            raise UndecidedError(f"an entry that is not there ({str(error)[:60]})") from error

    def _list(self, node, known):
        return [self.value(elt, known) for elt in node.elts]

    def _tuple(self, node, known):
        return tuple(self.value(elt, known) for elt in node.elts)

    def _dict(self, node, known):
        try:
            return {
                self.value(key, known): self.value(value, known)
                for key, value in zip(node.keys, node.values, strict=True)
            }
        except TypeError as error:
            raise UndecidedError("a key that cannot be one") from error

    def _unary(self, node, known):
        value = self.value(node.operand, known)
        return self.operator({ast.USub: "neg", ast.Not: "__not__"}.get(type(node.op), "positive"), [value], {})

    def _binary(self, node, known):
        name = BINARY.get(type(node.op))
        if name is None:
            raise UndecidedError(f"the operation {type(node.op).__name__}")
        return self.operator(name, [self.value(node.left, known), self.value(node.right, known)], {})

    def _compare(self, node, known):
        name = BINARY.get(type(node.ops[0]))
        if name is None or len(node.ops) > 1:
            raise UndecidedError("a comparison of several values")
        return self.operator(name, [self.value(node.left, known), self.value(node.comparators[0], known)], {})

    def _boolean(self, node, known):
        wanted = isinstance(node.op, ast.Or)
        return next((wanted for value in node.values if self.decide(value, known) is wanted), not wanted)

    def _choice(self, node, known):
        return self.value(node.body if self.decide(node.test, known) else node.orelse, known)

    def _comprehension(self, node, known):
        if len(node.generators) != 1 or node.generators[0].ifs:
            raise UndecidedError("a list of several loops")
        made = []
        inner = dict(known)
        for value in self.value(node.generators[0].iter, known):
            self.step()
            self.bind(node.generators[0].target, value, inner)
            made.append(self.value(node.elt, inner))
        return made

    def _call(self, node, known):
        if any(isinstance(argument, ast.Starred) for argument in node.args) or any(
            keyword.arg is None for keyword in node.keywords
        ):
            raise UndecidedError("a call with a list of arguments")
        if isinstance(node.func, ast.Name) and node.func.id not in known and node.func.id in _BUILTINS:
            return _BUILTINS[node.func.id](self, node.args, known)
        function = self.value(node.func, known)
        args = [self.value(argument, known) for argument in node.args]
        more = {keyword.arg: self.value(keyword.value, known) for keyword in node.keywords}
        if isinstance(function, _Method):
            return self.method(function.of, function.name, args, more)
        if isinstance(function, Thing):
            return self.method(function, "forward", args, more)
        if not isinstance(function, _Path):
            raise UndecidedError(f"a call of a {type(function).__name__}")
        return self.function(function.text, args, more)


def _typed(evaluator, args, known):
    """annotate(T, x), unchecked_cast(T, x)"""
    return evaluator.value(args[-1], known)


def _number(name):
    return lambda evaluator, args, known: evaluator.operator(name, [evaluator.value(args[0], known)], {})


def _range(evaluator, args, known):
    bounds = [evaluator.value(argument, known) for argument in args]
    if not all(type(bound) is int or isinstance(bound, int) for bound in bounds):
        raise UndecidedError("a loop whose length depends on what a run computes")
    return range(*bounds)


def _uninitialized(evaluator, args, known):
    return None


def _get_attribute(evaluator, args, known):
    holder, name = (evaluator.value(argument, known) for argument in args[:2])
    return evaluator.read(holder, str(name))


def _is_instance(evaluator, args, known):
    """isinstance(x, Tensor), isinstance(x, NoneType): all that programs ask in practice."""
    value, kind = evaluator.value(args[0], known), ast.unparse(args[1])
    kinds = {"Tensor": Value, "int": int, "float": float, "str": str, "bool": bool, "NoneType": type(None)}
    return isinstance(value, kinds.get(kind, (list, tuple, dict)))


_BUILTINS = {
    "annotate": _typed,
    "unchecked_cast": _typed,
    "int": _number("Int"),
    "float": _number("Float"),
    "bool": _number("Bool"),
    "len": _number("len"),
    "str": _number("str"),
    "range": _range,
    "uninitialized": _uninitialized,
    "getattr": _get_attribute,
    "isinstance": _is_instance,
}
_EXPRESSIONS = {
    ast.Constant: Evaluator._constant,
    ast.Name: Evaluator._name,
    ast.Attribute: Evaluator._attribute,
    ast.Subscript: Evaluator._subscript,
    ast.List: Evaluator._list,
    ast.Tuple: Evaluator._tuple,
    ast.Dict: Evaluator._dict,
    ast.UnaryOp: Evaluator._unary,
    ast.BinOp: Evaluator._binary,
    ast.Compare: Evaluator._compare,
    ast.BoolOp: Evaluator._boolean,
    ast.IfExp: Evaluator._choice,
    ast.ListComp: Evaluator._comprehension,
    ast.Call: Evaluator._call,
}
