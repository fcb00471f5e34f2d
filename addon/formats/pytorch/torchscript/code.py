# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program of a TorchScript archive: the classes and functions in its code/ folder, as syntax trees.

The code is a part of Python's grammar. It is parsed, never run.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, field

from ....containers.errors import CheckpointError
from ..operators.emitter import UndecidedError
from ..saved_files import Zip

LARGEST, MOST_FILES, DEEPEST = 1 << 24, 1 << 14, 200  # bytes of all code, files, levels of brackets or indentation


@dataclass
class Class:
    """A class of the program: its methods, and what its attributes of constant value are."""

    methods: dict[str, ast.FunctionDef] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)
    base: str = ""


@dataclass
class Program:
    """The code of an archive: its classes and functions by their dotted names."""

    classes: dict[str, Class] = field(default_factory=dict)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)


def program(opened: Zip) -> Program:
    """All code of an archive. Raises `CheckpointError`, and `UndecidedError` if it cannot be parsed."""
    program = Program()
    inside = f"{opened.folder}code/"
    members = [
        member for name, member in opened.archive.members.items() if name.startswith(inside) and name.endswith(".py")
    ]
    if len(members) > MOST_FILES or sum(member.size for member in members) > LARGEST:
        raise CheckpointError(opened.archive.path, f"has {len(members):,} files of code", "refused for safety")
    for member in members:
        module = member.name.removeprefix(inside).removesuffix(".py").replace("/", ".")
        _enter(program, module, _parse(opened, member.name))
    return program


def _parse(opened, name) -> ast.Module:
    data = opened.archive.read(name, LARGEST)
    depth = deepest = 0
    for byte in data:
        depth += (byte in b"([{") - (byte in b")]}")
        deepest = max(deepest, depth)
    try:
        if deepest > DEEPEST:
            raise ValueError("brackets are nested too deep")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # strings of the program may hold odd escapes
            return ast.parse(_with_defaults(data.decode()))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UndecidedError(f"its code '{name[-80:]}' cannot be parsed ({str(error)[:80]})") from error


def _with_defaults(text: str) -> str:
    """Give arguments that follow one with a default a default too: older code lacks some, and Python needs them."""
    lines = text.split("\n")
    inside = False
    had = False
    for place, line in enumerate(lines):
        if line.lstrip().startswith("def "):
            inside, had = True, False
        if inside:
            end = ") ->" if ") ->" in line else ","
            if had and "=" not in line:
                lines[place] = f"=None{end}".join(line.rsplit(end, 1))
            had, inside = had or "=" in line, end == ","
    return "\n".join(lines)


def _enter(program, module, tree):
    for part in tree.body:
        if isinstance(part, ast.FunctionDef):
            program.functions[f"{module}.{part.name}"] = part
        elif isinstance(part, ast.ClassDef):
            made = Class(base=next((base.id for base in part.bases if isinstance(base, ast.Name)), ""))
            program.classes[f"{module}.{part.name}"] = made
            for inner in part.body:
                if isinstance(inner, ast.FunctionDef):
                    made.methods[inner.name] = inner
                elif isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name) and inner.value:
                    made.constants[inner.target.id] = inner.value
                elif isinstance(inner, ast.Assign) and isinstance(inner.targets[0], ast.Name):
                    made.constants[inner.targets[0].id] = inner.value
