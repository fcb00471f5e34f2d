# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts as fields of entities: each reads and writes one key of a property group where that lies.

Blender's whole numbers have 32 bits, so a count that may be larger is kept as text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ...containers import CheckpointError

T = TypeVar("T")
NEEDED = object()  # in place of a default


@dataclass(frozen=True)
class Kind(Generic[T]):
    """What a fact can be. Both ways raise `TypeError` or `ValueError` for what is of another kind."""

    name: str
    read: Callable[[Any], T]  # from what lies in the property group to plain Python
    write: Callable[[T], Any]


class Fact(Generic[T]):
    """A fact on a data-block, under a `key`.

    Without a default it must be there: to read it raises `CheckpointError` where somebody has taken it away, or made it
    something of another kind. To write what is of another kind raises `TypeError`.
    """

    def __init__(self, kind: Kind[T], default: Any = NEEDED, key: str = ""):
        self.kind = kind
        self.default = default
        self.key = key

    def __set_name__(self, owner, name):
        self.key = self.key or name

    def __get__(self, entity, owner=None) -> T:
        if entity is None:
            return self
        facts = entity.facts
        value = facts.get(self.key)
        if value is not None:
            try:
                return self.kind.read(value)
            except (TypeError, ValueError):
                pass  # somebody has edited it
        if self.default is NEEDED:
            raise CheckpointError(
                entity.id_data.name,
                f"has lost what it says of itself as '{self.key}'",
                "undo that, or import the network again",
            )
        return self.default.copy() if isinstance(self.default, list | dict) else self.default

    def __set__(self, entity, value: T) -> None:
        try:
            plain = self.kind.write(value)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{type(entity).__name__}: '{self.key}' is {self.kind.name}, not {value!r}") from error
        entity.facts[self.key] = plain

    def __delete__(self, entity) -> None:
        if self.key in entity.facts:
            del entity.facts[self.key]


def _of(*types):
    """Takes values of these types as they are."""

    def check(value):
        if not isinstance(value, types) or isinstance(value, bool) and bool not in types:
            raise TypeError(value)
        return value

    return check


def _each(item, build=list, length: int | None = None):
    """Takes some values, so many if that is said, each by `item`."""

    def check(values):
        if isinstance(values, str | dict):
            raise TypeError(values)
        items = build(map(item, values))
        if length not in (None, len(items)):
            raise ValueError(values)
        return items

    return check


def _whole(value) -> int:
    """Blender gives a whole number back as a fraction where it has more than 32 bits."""
    if isinstance(value, bool) or int(value) != value:
        raise TypeError(value)
    return int(value)


def _count(value) -> int:
    return int(value) if isinstance(value, str) else _whole(value)


def _number(value) -> float:
    if isinstance(value, bool | str):
        raise TypeError(value)
    return float(value)


def _group(value) -> dict:
    if isinstance(value, dict):
        return value
    if not hasattr(value, "to_dict"):
        raise TypeError(value)
    return value.to_dict()


_text = _of(str)
_flag = _of(bool, int)
TEXT = Kind("a text", _text, _text)
FLAG = Kind("true or false", lambda value: bool(_flag(value)), bool)
WHOLE = Kind("a whole number", _whole, _whole)
NUMBER = Kind("a number", _number, _number)
COUNT = Kind("a count", _count, lambda value: str(_whole(value)))
KNOWN_COUNT = Kind(
    "a count or None",
    lambda value: None if value == "" else _count(value),
    lambda value: "" if value is None else str(_whole(value)),
)
TEXTS = Kind("texts", _each(_text), _each(_text))
WHOLES = Kind("whole numbers", _each(_whole), _each(_whole))
NUMBERS = Kind("numbers", _each(_number), _each(_number))
COUNTS = Kind("counts", _each(_count), _each(lambda value: str(_whole(value))))
PLACE = Kind("three numbers", _each(_number, tuple, 3), _each(_number, list, 3))
SPAN = Kind("two whole numbers", _each(_whole, tuple, 2), _each(_whole, list, 2))
BOX = Kind("a place and a size", _each(_each(_number, tuple, 3), tuple, 2), _each(_each(_number, list, 3), list, 2))
GROUP = Kind("a group of named values", _group, lambda value: dict(_group(value)))
