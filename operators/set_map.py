# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Colour maps of cells and lines."""

import bpy

from ..addon import colormaps
from ..addon.scene.looks import painting
from ..addon.scene.texts.words import counted
from .bases.on_part import ROLES, SHOWN, OnPart


def grouped():
    """The colour maps for a menu, under what they are for."""
    items = []
    for kind in (colormaps.DIVERGING, colormaps.SEQUENTIAL):
        for ground in (colormaps.DARK, colormaps.LIGHT):
            items.append(("", f"{kind.capitalize()} on {ground.capitalize()}", ""))
            items += [
                (map_.name, map_.name, f"{map_.colours[0]} to {map_.colours[1]}".capitalize())
                for map_ in colormaps.maps().values()
                if (map_.kind, map_.ground) == (kind, ground)
            ]
    return items


class NEUROSCENE_OT_set_map(OnPart, bpy.types.Operator):
    """Give cells or lines another color map. Replaces ramps that you edited by hand"""

    bl_idname = "neuroscene.set_map"
    bl_label = "Color Map"
    bl_options = {"REGISTER", "UNDO"}

    shown: bpy.props.EnumProperty(
        name="Of", items=[(key, *SHOWN[key][:2]) for key in ("CELLS", "LINES")], description="Choose what to color"
    )
    map: bpy.props.EnumProperty(
        name="Map", items=grouped(), default=next(iter(colormaps.maps())), description="Choose the color map"
    )

    def run_on(self, context, part):
        count = painting.set_map(part, ROLES[self.shown][0], self.map)
        return f"{self.map}: {SHOWN[self.shown][0].lower()} of {counted(count, 'object')}"
