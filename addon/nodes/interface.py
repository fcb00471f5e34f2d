# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node group of ours asks for: each socket is declared once, with the roles that it plays elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby


@dataclass(frozen=True)
class Socket:
    """An input of a group. `kind` and `subtype` are Blender's: "Float" stands for "NodeSocketFloat".

    The first of a menu's `items` is its default.
    """

    name: str
    kind: str
    default: float | bool | tuple | None = None
    low: float | None = None
    high: float | None = None
    about: str = ""
    subtype: str = "NONE"
    items: tuple[str, ...] = ()
    panel: str = ""
    extent: bool = False  # by some value of it a layer reaches farther than it did: Arrange makes room
    look: bool = False  # styles may set it, and Copy Look takes it
    moves: bool = False  # takes cells away from where the arrangement has them, unless it has its default
    boxed: bool = False  # a layer that is drawn as one box keeps its own, whatever look it is given
    follows: bool = False  # we set it by what is in the file, and anew when that has changed
    paint: str = ""  # the role of the material of a style that stands in it
    hidden: bool = False  # not shown in the modifier
    first: tuple[int, int] | None = None  # in the sidebar, of what is changed most: the group of rows, the row
    brief: bool = False  # in the sidebar also where several objects share it

    @property
    def initial(self):
        """What it has before anybody sets it."""
        return self.items[0] if self.items else self.default


@dataclass(frozen=True)
class Interface:
    """All inputs of the group of this name, in order; a panel's stand together."""

    name: str
    sockets: tuple[Socket, ...]

    def __iter__(self) -> Iterator[Socket]:
        return iter(self.sockets)

    def __contains__(self, name: str) -> bool:
        return any(socket.name == name for socket in self.sockets)

    def __getitem__(self, name: str) -> Socket:
        return next(socket for socket in self.sockets if socket.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(socket.name for socket in self.sockets)

    def having(self, role: str) -> tuple[str, ...]:
        """The names of the sockets that have a role, in order; those that are `first` as the sidebar has them."""
        some = [socket for socket in self.sockets if getattr(socket, role)]
        if role == "first":
            some.sort(key=lambda socket: socket.first)
        return tuple(socket.name for socket in some)

    def rows(self) -> list[list[str]]:
        """The names of the sockets that the sidebar shows, by groups of rows."""
        return [list(names) for _, names in groupby(self.having("first"), lambda name: self[name].first[0])]


def internal(interface: Interface, *names: str) -> Interface:
    """The same with these sockets hidden: we set them, and nobody else needs to."""
    missing = set(names) - set(interface.names)
    if missing:
        raise ValueError(f"{interface.name} has no {', '.join(sorted(missing))}")
    sockets = (replace(socket, hidden=True) if socket.name in names else socket for socket in interface)
    return Interface(interface.name, tuple(sockets))


def panel(name: str, *sockets: Socket) -> tuple[Socket, ...]:
    """Sockets that stand in a panel."""
    return tuple(replace(socket, panel=name) for socket in sockets)
