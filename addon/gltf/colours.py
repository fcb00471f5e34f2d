# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The colours that materials, as they stand, give to attribute values: linear, and without any light."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np

from .. import colormaps
from ..colormaps import value
from ..nodes import materials
from ..nodes.value import NOT_FINITE, places

STEPS = 1024  # of the table that a ramp is read into
GAMMA = 2.2  # of kernels, as in their material
Read = Callable[[str], "np.ndarray | None"]  # an attribute by its name, one row an element


def paint(material: bpy.types.Material | None, read: Read, count: int) -> np.ndarray:
    """Linear RGBA (count, 4) of elements whose attributes `read` gives, in a material of ours or of anybody."""
    nodes = material.node_tree.nodes if material and material.node_tree else ()
    if materials.ramp_of(material) and materials.VALUE in nodes:
        colours = colours_of(_given(read(_shown(material)), count), material)
        colours[:, 3] *= _left(material, read, count)
        return colours
    if materials.SECOND in nodes:
        low, high = (np.array(nodes[name].outputs[0].default_value) for name in (materials.COLOUR, materials.SECOND))
        return low + (high - low) * np.clip(_given(read("winner"), count), 0, 1)[:, None]
    for node in nodes:
        colour = read(node.attribute_name) if node.type == "ATTRIBUTE" else None
        if colour is not None and colour.ndim == 2:
            return np.column_stack([np.clip(colour[:, :3], 0, 1) ** _gamma(nodes), np.ones(count)])
    return np.tile(_flat(nodes), (count, 1))


def _shown(material: bpy.types.Material) -> str:
    """The attribute that a material of ours shows by its ramp: `shade`, or `evidence_shade`."""
    socket = materials.node_of(material, materials.VALUE).inputs["Shade"]
    node = socket.links[0].from_node if socket.is_linked else None
    return node.attribute_name if node is not None and node.type == "ATTRIBUTE" else "shade"


def colours_of(shade: np.ndarray, material: bpy.types.Material) -> np.ndarray:
    """Linear RGBA (n, 4) of shades under a material's ramp as it stands; A is the opacity."""
    ramp = materials.ramp_of(material)
    node = materials.node_of(material, materials.VALUE)
    table = np.array([ramp.evaluate(i / (STEPS - 1)) for i in range(STEPS)], np.float32)
    place = places(node, shade) * (STEPS - 1)
    before = np.minimum(place.astype(np.int64), STEPS - 2)
    share = (place - before)[:, None]
    colours = table[before] * (1 - share) + table[before + 1] * share
    wrong = value.not_finite(shade)
    if wrong.any():
        node_of = materials.node_of(material, NOT_FINITE)
        colours[wrong] = node_of.outputs[0].default_value if node_of else colormaps.linear(value.NOT_FINITE)
    colours[:, 3] = value.alpha(
        shade, *(node.inputs[name].default_value for name in ("Opacity", "Opacity by Magnitude", "Log"))
    )
    return colours


def _left(material, read, count):
    """What is left of the opacity by importance and density; by distance nothing is lost, for a viewer may stand
    anywhere."""
    inputs = materials.node_of(material, materials.VALUE).inputs
    kept = np.ones(count)
    for name in ("Importance", "Density"):
        by = inputs[f"Opacity by {name}"].default_value if f"Opacity by {name}" in inputs else 0.0
        if by > 0:
            kept *= value.left(_share(inputs[name], read, count), by)
    return kept


def _share(socket, read, count):
    """What a material's importance or density is, as it is read from attributes; of one that reads none its value."""
    if not socket.is_linked:
        return np.full(count, socket.default_value)
    if socket.name == "Importance" and (order := read("importance_order")) is not None:
        return 1 - _given(order, count)
    return _given(read("strength" if socket.name == "Importance" else "density"), count)


def _given(values, count):
    return np.zeros(count, np.float32) if values is None else np.nan_to_num(values)


def _gamma(nodes):
    return GAMMA if any(node.type == "GAMMA" for node in nodes) else 1.0


def _flat(nodes):
    """The one colour of a material without a ramp; white if it has none."""
    if materials.COLOUR in nodes:
        return np.array(nodes[materials.COLOUR].outputs[0].default_value)
    sockets = (tensor for node in nodes for tensor in node.inputs if tensor.type == "RGBA" and not tensor.is_linked)
    return next(
        (np.array(socket.default_value) for socket in sockets if socket.name in ("Base Color", "Color")), np.ones(4)
    )
