# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The range in force: the value that has the full colour."""

from __future__ import annotations

import bpy

from .tree import Group


def declare(group: Group, name: str, about: str) -> None:
    """The sockets of a range in the panel that is open; `name` is that of the range itself."""
    group.socket(name, "Float", 1.0, 0.0, about=about)


def in_force(group: Group, name: str) -> bpy.types.NodeSocket:
    """The range to divide by, above 0; no field."""
    return group.math("MAXIMUM", group[name], 1e-12)
