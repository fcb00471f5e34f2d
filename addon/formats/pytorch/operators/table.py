# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of PyTorch's operators: name -> the function that writes it as ONNX."""

from __future__ import annotations

from collections.abc import Callable

OPERATORS: dict[str, Callable] = {}


def op(*names: str):
    """Enter a function under these names. It gets the `Emitter` and the arguments as PyTorch's schema orders them."""

    def enter(function: Callable) -> Callable:
        OPERATORS.update((name, function) for name in names)
        return function

    return enter


def pair(value, count: int) -> list[int]:
    """A size for each of `count` axes, where one may stand for all."""
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    return values * count if len(values) == 1 else values
