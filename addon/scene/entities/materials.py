# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What networks are drawn with: materials, the mesh that cells show, and its colors in Solid shading."""

from __future__ import annotations

import bpy

from .entity import Entity, ObjectEntity
from .facts import TEXT, Fact


class RoleMaterial(Entity):
    """A material that plays a `role` ("cells", "lines", "plate", ...). `network` is the uuid of the network that it is
    for, where it is for one; `style` the saved style that it came with, if it did."""

    __slots__ = ()
    KIND = "material"
    TYPE = bpy.types.Material
    role: Fact[str] = Fact(TEXT, "")
    network: Fact[str] = Fact(TEXT, "")
    style: Fact[str | None] = Fact(TEXT, None)


class CellShape(ObjectEntity):
    """An object that cells show. `shape` is which of ours it is: "tile"."""

    __slots__ = ()
    KIND = "cell"
    shape: Fact[str] = Fact(TEXT, "", key="cell")


class Palette(ObjectEntity):
    """An object in no collection that has the shapes of cells in every color of the material in its socket."""

    __slots__ = ()
    KIND = "palette"
