# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which modules of ours the node groups are built from: those of this room, and all that these import."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

ROOM = Path(__file__).parent
IMPORT = re.compile(r"^[ \t]*from[ \t]+(\.+)([\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)", re.MULTILINE)
COMMENT = re.compile(r"#[^\n]*|\bas[ \t]+\w+")
NAME = re.compile(r"\w+")


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
    root = str(room.parent)
    every = {os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names if name.endswith(".py")}
    followed: set[str] = set()
    passed: set[str] = set()
    left = [path for path in every if path.startswith(f"{room}{os.sep}")]
    while left:
        path = left.pop()
        if path in followed:
            continue
        followed.add(path)
        for target, name in _imported(path):
            passed |= every.intersection(_packages(target, root))
            left += every.intersection(_files(os.path.join(target, name))) or every.intersection(_files(target))
    return {Path(path) for path in followed | passed}


def _imported(path: str) -> Iterator[tuple[str, str]]:
    """Where relative imports of a module lead, without suffix, and the name that each brings.

    By the text, for to parse all these modules takes as long as to open a model; what only looks like an import adds
    a module at most.
    """
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for dots, module, names in IMPORT.findall(text):
        base = path
        for _ in dots:
            base = os.path.dirname(base)
        target = os.path.join(base, *module.split("."))
        yield from ((target, name) for name in NAME.findall(COMMENT.sub("", names)))


def _files(module: str) -> tuple[str, str]:
    return f"{module}.py", os.path.join(module, "__init__.py")


def _packages(module: str, root: str) -> Iterator[str]:
    """The packages that Python runs before a module, up to the root."""
    while module != root and module.startswith(f"{root}{os.sep}"):
        yield os.path.join(module, "__init__.py")
        module = os.path.dirname(module)
