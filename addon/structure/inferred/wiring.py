# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the modules inside a module of a published family are called, as a small program (see `program`)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .modules import Node

NAMES = re.compile(r"\w+")


@dataclass(frozen=True)
class Wiring:
    """A module of a family: the modules that it must have and must not have, by dotted paths, and the program.

    `arguments` are the names of what it is given behind `x`. `name` is a part of the module's own name, where others
    have the same modules inside, and `kinds` ("norm1:norm") are those that modules inside must be of. `alone` says that
    no other modules may be inside than the program calls, since those names are common elsewhere, too.
    """

    family: str
    has: str
    program: str
    lacks: str = ""
    arguments: str = ""
    name: str = ""
    kinds: str = ""
    alone: bool = False

    def fits(self, node: Node) -> bool:
        """Whether a module has what this one must have, and has weights in it."""
        return (
            self.name in node.name
            and all(_is_there(node, path) for path in self.has.split())
            and not any(_is_there(node, path) for path in self.lacks.split())
            and all(_is_of(node, *said.split(":")) for said in self.kinds.split())
            and (not self.alone or node.children.keys() <= set(NAMES.findall(self.program)))
        )


def _is_there(node, path):
    part = node.at(path)
    return part is not None and bool(part.tensors or part.children)


def _is_of(node, path, kind):
    part = node.at(path)
    return part is not None and part.kind == kind
