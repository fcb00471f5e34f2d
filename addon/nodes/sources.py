# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which modules of ours the node groups are built from: those of this room, and all that these import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

ROOM = Path(__file__).parent


def key(room: Path = ROOM) -> str:
    """A name for just this code: 16 hexadecimal digits that differ where a module that groups are built from does."""
    code = sha256()
    for path in sorted(modules(room)):
        code.update(path.relative_to(room.parent).as_posix().encode())
        code.update(sha256(path.read_bytes()).digest())
    return code.hexdigest()[:16]


def modules(room: Path = ROOM) -> set[Path]:
    """The files of the modules in a room, and of those that they import, directly or not, from our package.

    A package that is only passed on the way to a module counts as it is, without what it imports for others.
    """
    followed = set()
    passed = set()
    left = list(room.rglob("*.py"))
    while left:
        path = left.pop()
        if path in followed:
            continue
        followed.add(path)
        for target, name in _imported(path):
            passed |= {init for init in _packages(target, room.parent) if init.is_file()}
            left += _files(target / name) or _files(target)
    return followed | passed


def _imported(path: Path) -> Iterator[tuple[Path, str]]:
    """Where relative imports of a module lead, without suffix, and the name that each brings."""
    for node in _statements(ast.parse(path.read_bytes()).body):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parents[node.level - 1]
            target = base.joinpath(*node.module.split(".")) if node.module else base
            yield from ((target, alias.name) for alias in node.names)


def _statements(body: list) -> Iterator[ast.stmt]:
    """All statements, also those inside others; expressions import nothing and are most of a module."""
    for node in body:
        yield node
        for inner in ("body", "orelse", "finalbody", "handlers", "cases"):
            yield from _statements(getattr(node, inner, ()))


def _files(module: Path) -> list[Path]:
    return [path for path in (module.with_suffix(".py"), module / "__init__.py") if path.is_file()]


def _packages(module: Path, root: Path) -> Iterator[Path]:
    """The packages that Python runs before a module, up to the root."""
    while module != root and root in module.parents:
        yield module / "__init__.py"
        module = module.parent
