# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The colors of cells in *Solid* shading: a palette for each material of cells, which follows its color map."""

from __future__ import annotations

from collections.abc import Iterable

import bpy
import numpy as np

from ..colormaps import linear
from ..colormaps.value import NOT_FINITE
from ..nodes import materials as shaders
from ..nodes import palette
from ..nodes.sockets.palette import LEVELS
from ..nodes.tree import attach
from .entities import Inputs, LayerCopy, LayerObject, Palette, nodes


def of(material: bpy.types.Material | None, cell: bpy.types.Object | None) -> bpy.types.Object | None:
    """The palette of a material for this cell, made if there is none; None where the material has no color map."""
    if cell is None or shaders.ramp_of(material) is None or shaders.node_of(material, shaders.VALUE) is None:
        return None
    for known in _all():
        if known.inputs["Material"] == material and known.inputs["Cell"] == cell:
            return known.obj
    mesh = bpy.data.meshes.new(f"{material.name} Palette")
    mesh.vertices.add(LEVELS + 1)
    mesh.color_attributes.new(palette.COLOR, "FLOAT_COLOR", "POINT")
    mesh.color_attributes.active_color_index = mesh.color_attributes.render_color_index = 0
    obj = bpy.data.objects.new(mesh.name, mesh)
    attach(obj, "Palette", palette.palette_group(), {"Material": material, "Cell": cell})
    Palette.make(obj)
    refresh(material)
    return obj


def refresh(material: bpy.types.Material) -> None:
    """Let the palettes of a material show its color map as it is now."""
    for known in _all():
        if known.inputs["Material"] != material:
            continue
        ramp, value = shaders.ramp_of(material), shaders.node_of(material, shaders.VALUE)
        if ramp is None or value is None:
            continue
        wanted = np.array(
            [*(ramp.evaluate(level / (LEVELS - 1)) for level in range(LEVELS)), linear(NOT_FINITE)], np.float32
        )
        data = known.obj.data
        held = np.empty_like(wanted)
        data.attributes[palette.COLOR].data.foreach_get("color", held.reshape(-1))
        if not np.array_equal(held, wanted):
            data.attributes[palette.COLOR].data.foreach_set("color", wanted.ravel())
            data.update_tag()
        given = {name: value.inputs[name].default_value for name in ("Low", "Log")}
        if any(known.inputs[name] != number for name, number in given.items()):
            known.inputs.update(given)


def follow(objs: Iterable[bpy.types.Object]) -> None:
    """Let layers among these objects have the palette of the material and the cell that they have now."""
    for obj in objs:
        layer = LayerObject.of(obj) or LayerCopy.of(obj)
        if layer is None or "Palette" not in layer.inputs:
            continue
        wanted = of(layer.inputs["Material"], layer.inputs["Cell"])
        if layer.inputs["Palette"] != wanted:
            layer.inputs["Palette"] = wanted


def tint(objs: Iterable[bpy.types.Object]) -> None:
    """Give objects the color of their material, which 4.5 shows beside the colors of values. 5.2 asks the material."""
    for obj in objs:
        entity = LayerObject.of(obj)
        if entity:
            material = entity.inputs["Backing Material"]
        elif nodes(obj) and "Material" in Inputs(nodes(obj)):
            material = Inputs(nodes(obj))["Material"]
        else:
            material = next(iter(getattr(obj.data, "materials", ())), None)
        if material and tuple(obj.color[:3]) != tuple(material.diffuse_color[:3]):
            obj.color = (*material.diffuse_color[:3], obj.color[3])  # films fade texts by the fourth


def _all() -> list[Palette]:
    return [known for known in map(Palette.of, bpy.data.objects) if known and known.modifier]
