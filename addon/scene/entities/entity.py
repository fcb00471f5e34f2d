# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all entities share: a reference to a data-block, and what that says of itself."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, TypeVar

import bpy
import numpy as np

from ... import compat
from . import marks
from .facts import GROUP, WHOLE, Fact

Some = TypeVar("Some", bound="Entity")


class Entity:
    """A data-block of ours, by what it is. It keeps nothing but the reference, and like that it is dead after an undo.

    Made of what is not one, it raises `TypeError`; `of` gives None.
    """

    __slots__ = ("id_data",)
    KIND: ClassVar[str] = ""
    TYPE: ClassVar[type] = bpy.types.ID

    def __init__(self, id_data: bpy.types.ID):
        if not self.is_one(id_data):
            raise TypeError(f"{getattr(id_data, 'name', id_data)} is no {type(self).__name__}")
        self.id_data = id_data

    @classmethod
    def is_one(cls, id_data: bpy.types.ID | None) -> bool:
        """Whether a data-block is of this kind, and still what we made."""
        return isinstance(id_data, cls.TYPE) and marks.is_kind(id_data, cls.KIND)

    @classmethod
    def of(cls: type[Some], id_data: bpy.types.ID | None) -> Some | None:
        """The entity of a data-block, None if that is not of this kind."""
        if not cls.is_one(id_data):
            return None
        entity = cls.__new__(cls)
        entity.id_data = id_data
        return entity

    @classmethod
    def make(cls: type[Some], id_data: bpy.types.ID, **facts) -> Some:
        """Make a data-block ours, with these facts and no others."""
        marks.mark(id_data, cls.KIND)
        entity = cls(id_data)
        entity.tell(**facts)
        return entity

    @property
    def facts(self):
        """The property group itself; read and write by fields."""
        return marks.facts(self.id_data)

    def tell(self, **facts: Any) -> None:
        """Write several facts; the others stay."""
        for name, value in facts.items():
            if not isinstance(getattr(type(self), name, None), Fact):
                raise TypeError(f"{type(self).__name__} has no fact '{name}'")
            setattr(self, name, value)

    def has(self, name: str) -> bool:
        """Whether there is a fact of this name, not only its default."""
        return getattr(type(self), name).key in self.facts

    def told(self, keys: Collection[str]) -> dict[str, Any]:
        """Facts as plain data by the keys under which they lie, as far as there are such."""
        here = self.facts.keys()
        return {key: getattr(self, name) for key, name in self._fields().items() if key in keys and key in here}

    @classmethod
    def _fields(cls) -> dict[str, str]:
        """The names of the fields by their keys."""
        return {
            field.key: name
            for base in reversed(cls.__mro__)
            for name, field in vars(base).items()
            if isinstance(field, Fact)
        }

    def __eq__(self, other) -> bool:
        return type(other) is type(self) and other.id_data == self.id_data

    def __hash__(self) -> int:
        return hash(self.id_data)


class Inputs:
    """The inputs of a geometry-nodes modifier by the names of their sockets; menus by the names of their items."""

    __slots__ = ("modifier",)

    def __init__(self, modifier: bpy.types.NodesModifier):
        self.modifier = modifier

    def __getitem__(self, name: str) -> Any:
        return compat.get_input(self.modifier, name)

    def __setitem__(self, name: str, value: Any) -> None:
        compat.set_inputs(self.modifier, {name: value})

    def __contains__(self, name: str) -> bool:
        return name in compat.identifiers(self.modifier.node_group)

    def update(self, values: dict[str, Any]) -> None:
        """Set several inputs."""
        compat.set_inputs(self.modifier, values)

    def keep(self, values: dict[str, Any]) -> None:
        """Set those that are others now, if any: what stays the same is not worked out again."""
        others = {name: value for name, value in values.items() if not _stands(self[name], value)}
        if others:
            compat.set_inputs(self.modifier, others)

    def path(self, name: str) -> str:
        """The data path of an input, from its object."""
        return compat.input_path(self.modifier, name)


def _stands(now: Any, value: Any) -> bool:
    """Whether an input has this value already; numbers are single there."""
    if value is None or isinstance(value, bpy.types.ID | str | bool) or isinstance(now, str | bool) or now is None:
        return bool(now == value)
    return bool(np.array_equal(np.asarray(now, np.float32), np.asarray(value, np.float32)))


class ObjectEntity(Entity):
    """An object of ours. `moved_in_shots` are the data paths that were keyframed for a shot, by its name; `hidden_with`
    says in which ways it is hidden because the layer is that it belongs to (see `editing.together`)."""

    __slots__ = ()
    TYPE = bpy.types.Object
    hidden_with: Fact[int] = Fact(WHOLE, 0)
    moved_in_shots: Fact[dict] = Fact(GROUP, {})

    @property
    def obj(self) -> bpy.types.Object:
        """The object."""
        return self.id_data

    @property
    def modifier(self) -> bpy.types.NodesModifier | None:
        """Its geometry-nodes modifier."""
        return marks.nodes(self.id_data)

    @property
    def inputs(self) -> Inputs:
        """The inputs of its modifier."""
        return Inputs(self.modifier)


class Marked(ObjectEntity):
    """Any object that says that it is ours, also one that was converted since and is of no kind any more."""

    __slots__ = ()

    @classmethod
    def is_one(cls, id_data):
        return isinstance(id_data, cls.TYPE) and marks.facts(id_data) is not None


class WithSockets(ObjectEntity):
    """An object whose inputs somebody sets besides us. `given` are the values that we have set, by socket."""

    __slots__ = ()
    given: Fact[dict] = Fact(GROUP, {}, key="sockets")
