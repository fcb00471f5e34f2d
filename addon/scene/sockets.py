# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs of modifiers that we set and set again, but never over a designer's own value."""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose

import bpy

from .. import compat
from . import tags


def write(obj: bpy.types.Object, values: dict) -> None:
    """Set inputs of an object's modifier, and remember that these values are ours."""
    compat.set_inputs(tags.modifier(obj), values)
    facts = tags.read(obj)
    kept = {name: _plain(value) for name, value in values.items() if not isinstance(value, bpy.types.ID | None)}
    tags.write(obj, **(facts | {"sockets": facts.get("sockets", {}) | kept}))


def refresh(obj: bpy.types.Object, values: dict) -> None:
    """The same, but what somebody has changed since, keyframed or driven stays as it is."""
    modifier, ours = tags.modifier(obj), tags.read(obj).get("sockets", {})
    animated = compat.animated(obj)
    write(
        obj,
        {
            name: value
            for name, value in values.items()
            if name not in ours
            or _same(compat.get_input(modifier, name), ours[name])
            and compat.input_path(modifier, name) not in animated
        },
    )


def changed(obj: bpy.types.Object, defaults: dict) -> bool:
    """Whether one of these inputs has another value than we have given it, or, where we have not, than it has here."""
    modifier, ours = tags.modifier(obj), tags.read(obj).get("sockets", {})
    return any(not _same(compat.get_input(modifier, name), ours.get(name, value)) for name, value in defaults.items())


def _plain(value):
    """A value as custom properties hold it."""
    return value if isinstance(value, str | bool | int | float) else [float(one) for one in value]


def _same(now, before) -> bool:
    if isinstance(before, str):
        return now == before
    pairs = zip(now, before, strict=True) if isinstance(before, Sequence) else ((now, before),)
    return all(isclose(*pair, rel_tol=1e-5, abs_tol=1e-9) for pair in pairs)
