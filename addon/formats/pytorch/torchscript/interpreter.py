# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follows a TorchScript program: what it computes of tensors becomes ONNX nodes, all else is worked out on the way.

Nothing is run: a call is looked up in the program or in the tables of `operators`, and what is in neither becomes an
opaque node. Calls, loops and steps are bounded.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ....containers.pickle.records import Thing
from ..operators import NUMBERS, OPERATORS
from ..operators.emitter import (
    Emitter,
    MismatchError,
    ShapelessError,
    UndecidedError,
    UnknownError,
    UnpackedError,
    Value,
    leaves,
)
from .evaluator import CAUGHT, Evaluator

DEEPEST, MOST_ARGUMENTS = 60, 1 << 16  # calls inside one another, entries of lists that are arguments
OF_SHAPE = ("size", "dim", "numel", "len", "shape", "ndimension", "unbind", "split", "chunk")


class _ReturnError(Exception):
    def __init__(self, value):
        super().__init__()
        self.value = value


class _JumpError(Exception):
    """break or continue"""

    def __init__(self, again: bool):
        super().__init__()
        self.again = again


@dataclass
class Interpreter(Evaluator):
    """`paths` are those of the modules by their ids; `learn` is shown every call of an operator before it is made."""

    emitter: Emitter = field(kw_only=True)
    paths: dict[int, str] = field(kw_only=True)
    learn: Callable[[str, list, dict, Interpreter], None] = field(kw_only=True)
    modules: list[Thing] = field(default_factory=list)  # those whose forward is being followed, outermost first
    opaque: dict[str, int] = field(default_factory=dict)  # what became an opaque node, how often
    _calls: int = 0

    def forward(self, module: Thing, args: list) -> Any:
        """What a module gives for these arguments."""
        return self.method(module, "forward", args, {})

    # calls

    def method(self, of: Thing, name: str, args: list, more: dict):
        kind = self.program.classes.get(str(of.kind))
        function = kind.methods.get(name) if kind else None
        if function is None:
            raise UndecidedError(f"the method '{name}' of {of.kind.name} is not in the code")
        if not name.startswith("forward"):
            return self._call_function(function, [of, *args], more)
        with self._inside(of):
            return self._call_function(function, [of, *args], more)

    def function(self, path: str, args: list, more: dict):
        if path in self.program.functions:
            return self._call_function(self.program.functions[path], args, more)
        if path in self.program.classes and self.program.classes[path].base == "NamedTuple":
            return (*args, *more.values())
        for prefix in ("torch.", "ops."):
            if path.startswith(prefix):
                return self.operator(path.removeprefix(prefix), args, more)
        raise UndecidedError(f"'{path[:80]}' is not in the code")

    @contextmanager
    def _inside(self, module):
        """Nodes are written into the scope of this module, as torch's exporter names it.

        Where the program cannot be followed, `modules` are left as they stood.
        """
        path = self.paths.get(id(module), "")
        scope = list(self.emitter.scope)
        if self.modules and path:
            self.emitter.enter(_short(path))
        self.modules.append(module)
        yield
        self.modules.pop()
        self.emitter.scope = scope

    def _call_function(self, function: ast.FunctionDef, args, more):
        if self._calls >= DEEPEST:
            raise UndecidedError("calls are nested too deep")
        names = [argument.arg for argument in function.args.args]
        defaults = function.args.defaults
        if len(args) > len(names) or not set(more) <= set(names):
            raise UndecidedError(f"'{function.name}' is called with other arguments than it has")
        known = dict(zip(names, args, strict=False)) | more
        for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            if name not in known:
                known[name] = self.value(default, {})
        if len(known) < len(names):
            raise UndecidedError(f"'{function.name}' is called without all arguments")
        self._calls += 1
        try:
            self._block(function.body, known)
        except _ReturnError as returned:
            return returned.value
        finally:
            self._calls -= 1
        return None

    def operator(self, name: str, args: list, more: dict):
        """A call of PyTorch's own: "conv2d", "relu_", "quantized.conv2d"."""
        values = [leaf for leaf in leaves([*args, *more.values()], MOST_ARGUMENTS) if isinstance(leaf, Value)]
        plain = name.rpartition(".")[2]
        in_place = plain.endswith("_") and not plain.endswith("__")
        if in_place:  # copy_(tensor) has nothing to do with the copy of a list
            plain = {"copy_": "_copy_into"}.get(plain, plain.removesuffix("_"))
        of_tensors = any(isinstance(argument, Value) for argument in args)
        table = OPERATORS if of_tensors or plain not in NUMBERS else NUMBERS
        own = name.count(".") == 0 or name.startswith(("aten.", "prim."))
        function = table.get(plain) if own else OPERATORS.get(name)  # "quantized.linear"
        self.learn(plain, args, more, self)
        try:
            if function is None:
                raise UnknownError(name)
            made = function(self.emitter, *args, **more)
        except ShapelessError as missing:
            if missing.value.input:
                raise
            if plain in OF_SHAPE:
                after = f", after {', '.join(self.opaque)}" if self.opaque else ""
                raise UndecidedError(f"the shape of '{missing.value.name}' is asked for{after}") from missing
            made = self._unknown(name, values)
        except UnknownError:
            made = self._unknown(name, values)
        except CAUGHT as error:
            raise UndecidedError(f"'{name}' is called in a way that is not known ({str(error)[:80]})") from error
        if isinstance(made, (list, str)):
            self.step(len(made) // 8)
        if in_place and isinstance(made, Value) and args and isinstance(args[0], Value):
            return args[0].become(made)
        return made

    def _unknown(self, name, values):
        if not values:
            raise UndecidedError(f"'{name}' is not known")
        self.opaque[name] = self.opaque.get(name, 0) + 1
        return self.emitter.opaque(name.rpartition(".")[2].strip("_") or name, *values)

    # statements

    def _block(self, statements, known):
        for statement in statements:
            self.step()
            handler = _STATEMENTS.get(type(statement))
            if handler is None:
                raise UndecidedError(f"the code has a statement of the kind {type(statement).__name__}")
            handler(self, statement, known)

    def _assign(self, statement, known):
        value = self.value(statement.value, known)
        for target in statement.targets:
            self.bind(target, value, known)

    def _annotated(self, statement, known):
        if statement.value is not None:
            self.bind(statement.target, self.value(statement.value, known), known)

    def bind(self, target, value, known):
        if isinstance(target, ast.Name):
            known[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            if isinstance(value, Value):  # of an operator that is not known, all that it gives is one tensor
                value = [value] * len(target.elts)
            if not isinstance(value, (tuple, list)) or len(value) != len(target.elts):
                raise UnpackedError(len(target.elts))
            for part, item in zip(target.elts, value, strict=True):
                self.bind(part, item, known)
        elif isinstance(target, ast.Attribute) and isinstance(holder := self.value(target.value, known), Thing):
            self.changed.setdefault(id(holder), {})[target.attr] = value
        elif isinstance(target, ast.Subscript):
            self._set(self.value(target.value, known), self.value(target.slice, known), value)
        else:
            raise UndecidedError("a value is kept where that is not known")

    def _set(self, holder, key, value):
        if isinstance(holder, (list, dict)):
            try:
                holder[key] = value
            except CAUGHT as error:
                raise UndecidedError("an entry is set that is not there") from error
        else:
            raise UndecidedError("a part of a tensor is set")

    def _if(self, statement, known):
        self._block(statement.body if self.decide(statement.test, known) else statement.orelse, known)

    def _for(self, statement, known):
        values = self.value(statement.iter, known)
        if not isinstance(values, (list, tuple, range)):
            raise UndecidedError("a loop over what is no list")
        for value in values:
            self.step()
            self.bind(statement.target, value, known)
            if not self._turn(statement, known):
                break

    def _while(self, statement, known):
        while self.decide(statement.test, known):
            self.step()
            if not self._turn(statement, known):
                break

    def _turn(self, statement, known) -> bool:
        """One turn of a loop; whether there may be another."""
        try:
            self._block(statement.body, known)
        except _JumpError as jump:
            return jump.again
        return True

    def _return(self, statement, known):
        raise _ReturnError(None if statement.value is None else self.value(statement.value, known))

    def _expression(self, statement, known):
        self.value(statement.value, known)

    def _jump(self, statement, known):
        raise _JumpError(isinstance(statement, ast.Continue))

    def _nothing(self, statement, known):
        pass

    def _assert(self, statement, known):
        if not self.decide(statement.test, known):
            raise MismatchError("an assertion of the program does not hold")


def _short(path: str) -> str:
    """layer1.0.conv1 -> conv1, layer1.0 -> layer1.0: children of containers carry the container's name."""
    parts = path.split(".")
    first = len(parts) - 1
    while first and parts[first].isdigit():
        first -= 1
    return ".".join(parts[first:])


_STATEMENTS = {
    ast.Assign: Interpreter._assign,
    ast.AnnAssign: Interpreter._annotated,
    ast.If: Interpreter._if,
    ast.For: Interpreter._for,
    ast.While: Interpreter._while,
    ast.Return: Interpreter._return,
    ast.Expr: Interpreter._expression,
    ast.Pass: Interpreter._nothing,
    ast.Break: Interpreter._jump,
    ast.Continue: Interpreter._jump,
    ast.Assert: Interpreter._assert,
}
