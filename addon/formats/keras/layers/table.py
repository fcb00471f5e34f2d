# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of layers: class name -> the function that writes a call of one."""

from __future__ import annotations

from collections.abc import Callable

from ..call import Call
from ..graph import Value

Written = Value | list[Value]
LAYERS: dict[str, Callable[[Call], Written]] = {}


def writes(*kinds: str):
    """Enter a function as the writer of layers of these classes."""

    def enter(function):
        LAYERS.update(dict.fromkeys(kinds, function))
        return function

    return enter
