# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs of modifiers that we set and set again, but never over a designer's own value."""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose

import bpy

from .. import compat
from .entities import WithSockets


def write(entity: WithSockets, values: dict) -> None:
    """Set inputs of an entity's modifier, and remember that these values are ours."""
    entity.inputs.update(values)
    plain = {name: _plain(value) for name, value in values.items() if not isinstance(value, bpy.types.ID | None)}
    entity.given |= plain


def refresh(entity: WithSockets, values: dict) -> None:
    """The same, but what somebody has changed since, keyframed or driven stays as it is."""
    inputs, given = entity.inputs, entity.given
    animated = compat.animated(entity.obj)
    write(
        entity,
        {
            name: value
            for name, value in values.items()
            if name not in given
            or not _unchanged(inputs[name], value)
            and _same(inputs[name], given[name])
            and inputs.path(name) not in animated
        },
    )


def changed(entity: WithSockets, defaults: dict) -> bool:
    """Whether one of these inputs has another value than we have given it, or, where we have not, than it has here."""
    inputs, given = entity.inputs, entity.given
    return any(not _same(inputs[name], given.get(name, value)) for name, value in defaults.items())


def _unchanged(now, value) -> bool:
    """Whether a value stands there already: writing it again would only let Blender work it out again."""
    if isinstance(value, bpy.types.ID | None) or isinstance(now, bpy.types.ID | None):
        return False
    return _plain(now) == _plain(value)


def _plain(value):
    """A value as custom properties hold it."""
    return value if isinstance(value, str | bool | int | float) else [float(number) for number in value]


def _same(now, before) -> bool:
    if isinstance(before, str):
        return now == before
    pairs = zip(now, before, strict=True) if isinstance(before, Sequence) else ((now, before),)
    return all(isclose(*pair, rel_tol=1e-5, abs_tol=1e-9) for pair in pairs)
