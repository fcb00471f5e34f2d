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

from ..operators import NUMBERS, OPERATORS
from ..operators.emitter import Emitter, MismatchError, ShapelessError, UndecidedError, UnknownError, Value
from ..records import Array, Tensor, Thing
from .code import Program

MOST_STEPS, DEEPEST, LONGEST_TEXT = 2_000_000, 60, 1 << 16
BINARY = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.FloorDiv: "floordiv", ast.Mod: "remainder",
    ast.Pow: "pow", ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
    ast.Is: "__is__", ast.IsNot: "__isnot__", ast.MatMult: "matmul",
}  # fmt: skip
OF_SHAPE = ("size", "dim", "numel", "len", "shape", "ndimension", "unbind", "split", "chunk")
CAUGHT = (TypeError, ValueError, IndexError, KeyError, AttributeError, ArithmeticError)


class _ReturnError(Exception):
    def __init__(self, value):
        super().__init__()
        self.value = value


class _JumpError(Exception):
    """break or continue"""

    def __init__(self, again: bool):
        super().__init__()
        self.again = again


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
class Interpreter:
    """`tensor` turns a stored tensor of the archive into a `Value`; `paths` are the modules' by their ids."""

    program: Program
    emitter: Emitter
    tensor: Callable[[Tensor | Array], Value]
    paths: dict[int, str]
    constants: list = field(default_factory=list)
    learn: Callable[[str, list, dict, Interpreter], None] = lambda *args: None
    modules: list[Thing] = field(default_factory=list)  # those whose forward is being followed, outermost first
    opaque: dict[str, int] = field(default_factory=dict)  # what became an opaque node, how often
    _steps: int = 0
    _calls: int = 0

    def forward(self, module: Thing, args: list) -> Any:
        return self._call_method(_Method(module, "forward"), args, {})

    # calls

    def _call_method(self, method: _Method, args, more):
        found = self.program.classes.get(str(method.of.kind))
        function = found and found.methods.get(method.name)
        if function is None:
            raise UndecidedError(f"the method '{method.name}' of {method.of.kind.name} is not in the code")
        if not method.name.startswith("forward"):
            return self._call_function(function, [method.of, *args], more)
        with self._inside(method.of):
            return self._call_function(function, [method.of, *args], more)

    @contextmanager
    def _inside(self, module):
        """Nodes are written into the scope of this module, as torch's exporter names it."""
        path, scope = self.paths.get(id(module), ""), list(self.emitter.scope)
        if self.modules and path:
            self.emitter.enter(_short(path))
        self.modules.append(module)
        yield
        self.modules.pop()
        self.emitter.scope = scope

    def _call_function(self, function: ast.FunctionDef, args, more):
        if self._calls >= DEEPEST:
            raise UndecidedError("calls are nested too deep")
        names = [one.arg for one in function.args.args]
        defaults = function.args.defaults
        if len(args) > len(names) or not set(more) <= set(names):
            raise UndecidedError(f"'{function.name}' is called with other arguments than it has")
        known = dict(zip(names, args, strict=False)) | more
        for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            if name not in known:
                known[name] = self._value(default, {})
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

    def _operator(self, name: str, args: list, more: dict):
        """A call of PyTorch's own: "conv2d", "relu_", "quantized.conv2d"."""
        values = [one for one in _flat([*args, *more.values()]) if isinstance(one, Value)]
        plain = name.rpartition(".")[2]
        in_place = plain.endswith("_") and not plain.endswith("__")
        if in_place:  # copy_(tensor) has nothing to do with the copy of a list
            plain = {"copy_": "_copy_into"}.get(plain, plain.removesuffix("_"))
        of_tensors = any(isinstance(one, Value) for one in args)
        table = OPERATORS if of_tensors or plain not in NUMBERS else NUMBERS
        function = table.get(plain) if name.count(".") == 0 or name.startswith(("aten.", "prim.")) else None
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
            self._step(len(made) // 8)
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
            self._step()
            handler = _STATEMENTS.get(type(statement))
            if handler is None:
                raise UndecidedError(f"the code has a statement of the kind {type(statement).__name__}")
            handler(self, statement, known)

    def _step(self, much: int = 1):
        self._steps += much
        if self._steps > MOST_STEPS:
            raise UndecidedError("the program is too long")

    def _assign(self, statement, known):
        value = self._value(statement.value, known)
        for target in statement.targets:
            self._bind(target, value, known)

    def _annotated(self, statement, known):
        if statement.value is not None:
            self._bind(statement.target, self._value(statement.value, known), known)

    def _bind(self, target, value, known):
        if isinstance(target, ast.Name):
            known[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            if isinstance(value, Value):  # of an operator that is not known, all that it gives is one tensor
                value = [value] * len(target.elts)
            if not isinstance(value, (tuple, list)) or len(value) != len(target.elts):
                raise UndecidedError("values are unpacked that are not as many")
            for part, one in zip(target.elts, value, strict=True):
                self._bind(part, one, known)
        elif isinstance(target, ast.Attribute) and isinstance(holder := self._value(target.value, known), Thing):
            self.changed(holder)[target.attr] = value
        elif isinstance(target, ast.Subscript):
            self._set(self._value(target.value, known), self._value(target.slice, known), value)
        else:
            raise UndecidedError("a value is kept where that is not known")

    def changed(self, holder: Thing) -> dict:
        """What the program set on an object; the records of the file stay as they are."""
        return self._set_on.setdefault(id(holder), {})

    def __post_init__(self):
        self._set_on: dict[int, dict] = {}

    def _set(self, holder, key, value):
        if isinstance(holder, (list, dict)):
            try:
                holder[key] = value
            except CAUGHT as error:
                raise UndecidedError("an entry is set that is not there") from error
        else:
            raise UndecidedError("a part of a tensor is set")

    def _if(self, statement, known):
        self._block(statement.body if self._decide(statement.test, known) else statement.orelse, known)

    def _decide(self, test, known) -> bool:
        found = self._value(test, known)
        if isinstance(found, Value):
            raise UndecidedError("a decision depends on what a run computes")
        return bool(found)

    def _for(self, statement, known):
        values = self._value(statement.iter, known)
        if not isinstance(values, (list, tuple, range)):
            raise UndecidedError("a loop over what is no list")
        for value in values:
            self._step()
            self._bind(statement.target, value, known)
            if not self._turn(statement, known):
                break

    def _while(self, statement, known):
        while self._decide(statement.test, known):
            self._step()
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
        raise _ReturnError(None if statement.value is None else self._value(statement.value, known))

    def _expression(self, statement, known):
        self._value(statement.value, known)

    def _jump(self, statement, known):
        raise _JumpError(isinstance(statement, ast.Continue))

    def _nothing(self, statement, known):
        pass

    def _assert(self, statement, known):
        if not self._decide(statement.test, known):
            raise MismatchError("an assertion of the program does not hold")

    # expressions

    def _value(self, node, known):
        self._step()
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
        holder = self._value(node.value, known)
        if isinstance(holder, _Path):
            found = self.program.classes.get(holder.text)
            if found and found.base == "Enum" and node.attr in found.constants:
                return holder.text, self._value(found.constants[node.attr], {})
            return _Path(f"{holder.text}.{node.attr}")
        return self._read(holder, node.attr)

    def _read(self, holder, name):
        if holder is self.constants and name[1:].isdigit() and int(name[1:]) < len(holder):
            return self._known(holder[int(name[1:])])
        if not isinstance(holder, Thing):
            raise UndecidedError(f"the attribute '{name}' of a {type(holder).__name__}")
        if name == "training":
            return False
        own = self._set_on.get(id(holder), {})
        if name in own:
            return own[name]
        if name in holder.state:
            return self._known(holder.state[name])
        found = self.program.classes.get(str(holder.kind))
        if found and name in found.methods:
            return _Method(holder, name)
        if found and name in found.constants:
            return self._value(found.constants[name], {})
        raise UndecidedError(f"{holder.kind.name} has no '{name}'")

    def setting(self, holder: Thing, name: str):
        """An attribute of an object, None if it has none."""
        try:
            return self._read(holder, name)
        except UndecidedError:
            return None

    def _known(self, found):
        """A value of the archive: stored tensors become `Value`s, inside lists too."""
        if isinstance(found, (Tensor, Array)):
            return self.tensor(found)
        if isinstance(found, Thing) and found.args and str(found.kind) in self.program.classes:
            return str(found.kind), found.args[0]  # a member of an enum
        if isinstance(found, (list, tuple)) and any(isinstance(one, (Tensor, Array, list, tuple)) for one in found):
            return [self.tensor(one) if isinstance(one, (Tensor, Array)) else one for one in found]
        return found

    def _subscript(self, node, known):
        holder = self._value(node.value, known)
        if isinstance(holder, _Path):
            return holder  # List[int]: a type
        if isinstance(node.slice, ast.Slice):
            start, stop, step = (None if part is None else self._value(part, known)
                                 for part in (node.slice.lower, node.slice.upper, node.slice.step))
            if isinstance(holder, (list, tuple, str)):
                self._step(len(holder) // 8)
                return holder[start:stop:step]
            raise UndecidedError("a slice of what is no list")
        key = self._value(node.slice, known)
        if isinstance(holder, Value):
            return self._operator("select", [holder, 0, key], {})
        try:
            return holder[key]
        except CAUGHT as error:
            raise UndecidedError(f"an entry that is not there ({str(error)[:60]})") from error

    def _list(self, node, known):
        return [self._value(one, known) for one in node.elts]

    def _tuple(self, node, known):
        return tuple(self._value(one, known) for one in node.elts)

    def _dict(self, node, known):
        try:
            return {self._value(key, known): self._value(value, known)
                    for key, value in zip(node.keys, node.values, strict=True)}
        except TypeError as error:
            raise UndecidedError("a key that cannot be one") from error

    def _unary(self, node, known):
        value = self._value(node.operand, known)
        return self._operator({ast.USub: "neg", ast.Not: "__not__"}.get(type(node.op), "positive"), [value], {})

    def _binary(self, node, known):
        name = BINARY.get(type(node.op))
        if name is None:
            raise UndecidedError(f"the operation {type(node.op).__name__}")
        return self._operator(name, [self._value(node.left, known), self._value(node.right, known)], {})

    def _compare(self, node, known):
        name = BINARY.get(type(node.ops[0]))
        if name is None or len(node.ops) > 1:
            raise UndecidedError("a comparison of several values")
        return self._operator(name, [self._value(node.left, known), self._value(node.comparators[0], known)], {})

    def _boolean(self, node, known):
        wanted = isinstance(node.op, ast.Or)
        return next((wanted for one in node.values if self._decide(one, known) is wanted), not wanted)

    def _choice(self, node, known):
        return self._value(node.body if self._decide(node.test, known) else node.orelse, known)

    def _comprehension(self, node, known):
        if len(node.generators) != 1 or node.generators[0].ifs:
            raise UndecidedError("a list of several loops")
        made, inner = [], dict(known)
        for value in self._value(node.generators[0].iter, known):
            self._step()
            self._bind(node.generators[0].target, value, inner)
            made.append(self._value(node.elt, inner))
        return made

    def _call(self, node, known):
        if any(isinstance(one, ast.Starred) for one in node.args) or any(one.arg is None for one in node.keywords):
            raise UndecidedError("a call with a list of arguments")
        if isinstance(node.func, ast.Name) and node.func.id not in known and node.func.id in _BUILTINS:
            return _BUILTINS[node.func.id](self, node.args, known)
        function = self._value(node.func, known)
        args = [self._value(one, known) for one in node.args]
        more = {one.arg: self._value(one.value, known) for one in node.keywords}
        if isinstance(function, _Method):
            return self._call_method(function, args, more)
        if isinstance(function, Thing):
            return self._call_method(_Method(function, "forward"), args, more)
        if not isinstance(function, _Path):
            raise UndecidedError(f"a call of a {type(function).__name__}")
        return self._call_path(function.text, args, more)

    def _call_path(self, path, args, more):
        if path in self.program.functions:
            return self._call_function(self.program.functions[path], args, more)
        if path in self.program.classes and self.program.classes[path].base == "NamedTuple":
            return (*args, *more.values())
        for prefix in ("torch.", "ops."):
            if path.startswith(prefix):
                return self._operator(path.removeprefix(prefix), args, more)
        raise UndecidedError(f"'{path[:80]}' is not in the code")


def _short(path: str) -> str:
    """layer1.0.conv1 -> conv1, layer1.0 -> layer1.0: children of containers carry the container's name."""
    parts = path.split(".")
    first = len(parts) - 1
    while first and parts[first].isdigit():
        first -= 1
    return ".".join(parts[first:])


def _flat(values, depth=3):
    for value in values:
        if isinstance(value, (list, tuple)) and depth:
            yield from _flat(value, depth - 1)
        else:
            yield value


def _typed(interpreter, args, known):
    """annotate(T, x), unchecked_cast(T, x)"""
    return interpreter._value(args[-1], known)


def _number(name):
    return lambda interpreter, args, known: interpreter._operator(name, [interpreter._value(args[0], known)], {})


def _range(interpreter, args, known):
    bounds = [interpreter._value(one, known) for one in args]
    if not all(type(one) is int or isinstance(one, int) for one in bounds):
        raise UndecidedError("a loop whose length depends on what a run computes")
    return range(*bounds)


def _uninitialized(interpreter, args, known):
    return None


def _get_attribute(interpreter, args, known):
    holder, name = (interpreter._value(one, known) for one in args[:2])
    return interpreter._read(holder, str(name))


def _is_instance(interpreter, args, known):
    """isinstance(x, Tensor), isinstance(x, NoneType): all that programs ask in practice."""
    value, kind = interpreter._value(args[0], known), ast.unparse(args[1])
    kinds = {"Tensor": Value, "int": int, "float": float, "str": str, "bool": bool, "NoneType": type(None)}
    return isinstance(value, kinds.get(kind, (list, tuple, dict)))


_BUILTINS = {
    "annotate": _typed, "unchecked_cast": _typed, "int": _number("Int"), "float": _number("Float"),
    "bool": _number("Bool"), "len": _number("len"), "str": _number("str"), "range": _range,
    "uninitialized": _uninitialized, "getattr": _get_attribute, "isinstance": _is_instance,
}  # fmt: skip
_STATEMENTS = {
    ast.Assign: Interpreter._assign, ast.AnnAssign: Interpreter._annotated, ast.If: Interpreter._if,
    ast.For: Interpreter._for, ast.While: Interpreter._while, ast.Return: Interpreter._return,
    ast.Expr: Interpreter._expression, ast.Pass: Interpreter._nothing, ast.Break: Interpreter._jump,
    ast.Continue: Interpreter._jump, ast.Assert: Interpreter._assert,
}  # fmt: skip
_EXPRESSIONS = {
    ast.Constant: Interpreter._constant, ast.Name: Interpreter._name, ast.Attribute: Interpreter._attribute,
    ast.Subscript: Interpreter._subscript, ast.List: Interpreter._list, ast.Tuple: Interpreter._tuple,
    ast.Dict: Interpreter._dict, ast.UnaryOp: Interpreter._unary, ast.BinOp: Interpreter._binary,
    ast.Compare: Interpreter._compare, ast.BoolOp: Interpreter._boolean, ast.IfExp: Interpreter._choice,
    ast.ListComp: Interpreter._comprehension, ast.Call: Interpreter._call,
}  # fmt: skip
