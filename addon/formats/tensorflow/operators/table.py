# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of TensorFlow's operators: name -> the function that writes it as ONNX."""

from __future__ import annotations

from collections.abc import Callable

from ..graph import Call, Value

Written = Value | list[Value]
OPERATORS: dict[str, Callable[[Call], Written]] = {}


def op(*names: str):
    """Enter a function as the writer of these operators."""

    def enter(function):
        OPERATORS.update(dict.fromkeys(names, function))
        return function

    return enter
