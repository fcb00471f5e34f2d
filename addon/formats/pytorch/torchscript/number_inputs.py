# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs of a program that are no tensors, as a sampling rate: what is likely to be given for them.

What a program compares an argument with is what it is made for; else its name tells what is usual.
"""

from __future__ import annotations

import ast

# By what is in the name of a whole number.
USUAL = (
    (("sr", "rate"), 16000),
    (("height", "width", "size"), 224),
    (("pos", "offset", "start", "idx", "index", "step", "past"), 0),
)
ELSE: dict[str, list] = {"int": [1, 0, 2], "float": [1.0, 0.5], "number": [1, 1.0], "bool": [False, True], "str": []}
MOST, LARGEST = 4, 1 << 31


def likely(forward: ast.FunctionDef, name: str, kind: str) -> list:
    """Values for an argument of this name and type, the likeliest first; none for a type that is not known here."""
    if kind.startswith("Optional["):
        return [None]
    if kind not in ELSE:
        return []
    compared = [value for value in _compared(forward, name) if type(value).__name__ == kind]
    if kind != "int":
        return list(dict.fromkeys([*compared, *ELSE[kind]]))[:MOST]
    usual: list[int] = [number for words, number in USUAL if any(_has(name, word) for word in words)]
    fitting = [number for number in usual if number in compared]
    return list(dict.fromkeys([*fitting, *compared, *usual, *ELSE[kind]]))[:MOST]


def _has(name: str, word: str) -> bool:
    """Whether a word is one of those in a name: "sr", "sample_rate"."""
    return word in name.lower().split("_") or len(word) > 3 and word in name.lower()


def _compared(forward: ast.FunctionDef, name: str) -> list:
    """The constants that stand beside an argument in calls: torch.eq(sr, 16000), torch.__contains__([8000], sr)."""
    values = []
    for call in ast.walk(forward):
        if isinstance(call, ast.Call) and any(isinstance(part, ast.Name) and part.id == name for part in call.args):
            for part in (inner for argument in call.args for inner in ast.walk(argument)):
                if isinstance(part, ast.Constant) and not (type(part.value) is int and not 1 < part.value < LARGEST):
                    values.append(part.value)
    return values
