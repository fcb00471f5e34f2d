# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pickles, read without Python's unpickler: a stack machine that makes plain values and inert records only.

The operations and what they do are those that `pickletools` documents; it also takes their arguments apart.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .. import stopping
from ..errors import CheckpointError
from . import callables
from .records import Name, Tensor, Thing

MOST_OPERATIONS = 4_000_000  # a tensor takes about 40
LARGEST = 1 << 28  # bytes of a pickle
LARGEST_INTEGER = 1 << 60  # as a key; Python's hash of a larger one can be made to meet others
MOST_KEY_PARTS = 16
LONGEST_NAME = 1000  # characters of a class in classes
MOST_COPIED = 1 << 28  # bytes that calls may copy from lists, dicts and texts
ENTRY = {str: 1, bytes: 1, bytearray: 1, list: 8, tuple: 8, dict: 100}  # bytes of an entry in these
_MARK = object()


def load(
    path: Path, data: bytes, persistent: Callable[[Any], Any] = callables.storage, what: str = "the pickle"
) -> Any:
    """What a pickle holds. `what` names it in errors. Raises `CheckpointError`."""
    return load_next(path, io.BytesIO(data), persistent, what)


def load_next(
    path: Path, file: io.BufferedIOBase | io.RawIOBase, persistent=callables.storage, what: str = "the pickle"
) -> Any:
    """What the next pickle in a file holds; the file then stands behind it. Raises `CheckpointError`."""
    try:
        return _Machine(path, persistent).run(file)
    except (ValueError, OverflowError, IndexError, EOFError) as error:
        reason = "an operation lacks what it needs" if isinstance(error, IndexError) else str(error)[:120]
        raise CheckpointError(path, f"{what} is damaged or cut short ({reason})", "fetch it again") from error


class _Machine:
    def __init__(self, path: Path, persistent: Callable[[Any], Any]):
        self.path, self.persistent = path, persistent
        self.stack: list = []
        self.memo: dict[int, Any] = {}
        self.copied = 0

    def run(self, file):
        for count, (operation, argument, _) in enumerate(pickletools.genops(file)):
            if count > MOST_OPERATIONS:
                raise CheckpointError(
                    self.path, f"a pickle of more than {MOST_OPERATIONS:,} operations", "refused for safety"
                )
            if count % 1024 == 0:
                stopping.check()
            if operation.name == "STOP":
                return self.pop()
            if operation.name in _VALUES:
                self.stack.append(argument)
            else:
                _OPERATIONS[operation.name](self, argument)
        raise ValueError("it does not end")

    def pop(self):
        value = self.stack.pop()
        if value is _MARK:
            raise ValueError("a mark where a value should be")
        return value

    def top(self):
        if self.stack[-1] is _MARK:
            raise ValueError("a mark where a value should be")
        return self.stack[-1]

    def marked(self) -> list:
        """The values above the last mark, which goes too."""
        for place in range(len(self.stack) - 1, -1, -1):
            if self.stack[place] is _MARK:
                values = self.stack[place + 1 :]
                del self.stack[place:]
                return values
        raise ValueError("a mark is missing")

    def push(self, value):
        self.stack.append(value)

    def name(self, module, name):
        if not isinstance(module, str) or not isinstance(name, str):
            raise ValueError("a name that is no text")
        return self.allowed(Name(module, name))

    def allowed(self, callee: Name) -> Name:
        """A name that a checkpoint may have. Raises `CheckpointError` for others."""
        if callables.is_refused(callee):
            raise self.refusal(callee)
        return callee

    def refusal(self, callee: Name) -> CheckpointError:
        """The error that names what a file wants to call."""
        return CheckpointError(self.path, f"wants to call {str(callee)[:80]} when it is opened", "refused for safety")

    def call(self, function, args):
        """Put what a callable would give onto the stack. TorchScript writes the one argument of an enum by itself."""
        args = args if isinstance(args, tuple) else (args,)
        self.account(*args)
        if isinstance(function, Name) and str(function) in callables.GETATTR:
            self.push(self.attribute(function, args))
            return
        self.push(callables.call(function, args) if isinstance(function, Name) else Thing(_kind(function), args))

    def attribute(self, function: Name, args: tuple) -> Name | Thing:
        """The attribute of a class or of an object of the file. Raises `CheckpointError` for those of other values."""
        if len(args) < 2 or not isinstance(args[0], (Name, Thing, Tensor)) or not isinstance(args[1], str):
            raise self.refusal(function)
        if len(args[1]) > LONGEST_NAME or isinstance(args[0], Name) and len(args[0].name) > LONGEST_NAME:
            raise ValueError("a name that is too long")
        made = callables.attribute(args[0], args[1])
        return self.allowed(made) if isinstance(made, Name) else made

    def build(self, state):
        """Give attributes to the record on top of the stack."""
        self.account(*(state if isinstance(state, tuple) else (state,)))
        callables.build(self.top(), state)

    def account(self, *values):
        """Count what a call may copy, so that one list is not copied without end."""
        self.copied += sum(len(value) * ENTRY[type(value)] for value in values if type(value) in ENTRY)
        if self.copied > MOST_COPIED:
            raise CheckpointError(self.path, "copies its own lists without end", "refused for safety")

    def add(self, values):
        """Put values into the list or set on top of the stack."""
        holder = self.top()
        if isinstance(holder, Thing):
            holder.items = holder.items if isinstance(holder.items, list) else []
            holder = holder.items
        if not isinstance(holder, list):
            raise ValueError("values are added to what is no list")
        holder.extend(values)

    def enter(self, pairs):
        """Put keys and values, in turn, into the dict on top of the stack."""
        holder = self.top()
        if isinstance(holder, Thing):
            holder.items = holder.items if isinstance(holder.items, dict) else {}
            holder = holder.items
        if not isinstance(holder, dict) or len(pairs) % 2:
            raise ValueError("keys are set in what is no dict")
        holder.update((_key(key), value) for key, value in zip(pairs[::2], pairs[1::2], strict=True))


def _kind(function) -> Name:
    return function.kind if isinstance(function, Thing) else Name("", type(function).__name__)


def _key(key):
    """A key as it can stand in a dict: hashing nests no deeper than one tuple, and integers are of usual size."""
    if isinstance(key, tuple):
        if len(key) > MOST_KEY_PARTS or any(isinstance(part, tuple) for part in key):
            raise ValueError("a key of a dict is a tuple of tuples")
        return tuple(map(_key, key))
    if isinstance(key, (list, dict, bytearray)) or isinstance(key, int) and abs(key) > LARGEST_INTEGER:
        raise ValueError("a key of a dict that cannot be one")
    return key


def _get(machine, number):
    if number not in machine.memo:
        raise ValueError("it refers to what it has not made")
    machine.push(machine.memo[number])


def _put(machine, number):
    machine.memo[number if number is not None else len(machine.memo)] = machine.top()


def _stack_global(machine, _):
    name, module = machine.pop(), machine.pop()
    machine.push(machine.name(module, name))


def _reduce(machine, _):
    args, function = machine.pop(), machine.pop()
    machine.call(function, args)


def _instance(machine, argument):
    args = tuple(machine.marked())
    machine.call(machine.name(*argument.split(" ", 1)), args)


def _object(machine, _):
    function, *args = machine.marked()
    machine.call(function, tuple(args))


def _new(machine, _):
    args, kind = machine.pop(), machine.pop()
    machine.call(kind, args)


def _new_with_keywords(machine, _):
    machine.pop()
    _new(machine, None)


def _build(machine, _):
    machine.build(machine.pop())


def _append(machine, _):
    machine.add([machine.pop()])


def _appends(machine, _):
    values = machine.marked()
    machine.add(values)


def _set_item(machine, _):
    value, key = machine.pop(), machine.pop()
    machine.enter([key, value])


def _set_items(machine, _):
    values = machine.marked()
    machine.enter(values)


def _dict(machine, _):
    pairs = machine.marked()
    machine.push({})
    machine.enter(pairs)


def _tuple_of(count):
    def make(machine, _):
        values = [machine.pop() for _ in range(count)]
        machine.push(tuple(reversed(values)))

    return make


def _push(make):
    return lambda machine, argument: machine.push(make())


def _persistent(machine, argument):
    machine.push(machine.persistent(argument if argument is not None else machine.pop()))


def _ignore(machine, argument):
    pass


def _cannot(machine, argument):
    raise ValueError("it uses out-of-band buffers or extension codes, which no checkpoint has")


# Operations that push their argument.
_VALUES = {
    "INT",
    "BININT",
    "BININT1",
    "BININT2",
    "LONG",
    "LONG1",
    "LONG4",
    "STRING",
    "BINSTRING",
    "SHORT_BINSTRING",
    "BINBYTES",
    "SHORT_BINBYTES",
    "BINBYTES8",
    "BYTEARRAY8",
    "UNICODE",
    "SHORT_BINUNICODE",
    "BINUNICODE",
    "BINUNICODE8",
    "FLOAT",
    "BINFLOAT",
}
_OPERATIONS: dict[str, Callable[[_Machine, Any], Any]] = {
    "PROTO": _ignore,
    "FRAME": _ignore,
    "MARK": _push(lambda: _MARK),
    "NONE": _push(lambda: None),
    "NEWTRUE": _push(lambda: True),
    "NEWFALSE": _push(lambda: False),
    "EMPTY_LIST": _push(list),
    "EMPTY_DICT": _push(dict),
    "EMPTY_TUPLE": _push(tuple),
    "EMPTY_SET": _push(list),
    "POP": lambda machine, _: machine.stack.pop(),
    "POP_MARK": lambda machine, _: machine.marked(),
    "DUP": lambda machine, _: machine.push(machine.top()),
    "LIST": lambda machine, _: machine.push(machine.marked()),
    "FROZENSET": lambda machine, _: machine.push(machine.marked()),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.marked())),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "DICT": _dict,
    "APPEND": _append,
    "APPENDS": _appends,
    "ADDITEMS": _appends,
    "SETITEM": _set_item,
    "SETITEMS": _set_items,
    "GET": _get,
    "BINGET": _get,
    "LONG_BINGET": _get,
    "PUT": _put,
    "BINPUT": _put,
    "LONG_BINPUT": _put,
    "MEMOIZE": _put,
    "GLOBAL": lambda machine, text: machine.push(machine.name(*text.split(" ", 1))),
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _reduce,
    "INST": _instance,
    "OBJ": _object,
    "NEWOBJ": _new,
    "NEWOBJ_EX": _new_with_keywords,
    "BUILD": _build,
    "PERSID": _persistent,
    "BINPERSID": _persistent,
    "NEXT_BUFFER": _cannot,
    "READONLY_BUFFER": _cannot,
    "EXT1": _cannot,
    "EXT2": _cannot,
    "EXT4": _cannot,
}
