# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Network": sliders for a whole network, on the object that is the parent of all.

It gives one instance that carries their values as attributes. Layers and bundles look them up there, so that a slider
moved here is seen everywhere without Python.
"""

from __future__ import annotations

import bpy

from .tree import Group, reuse

NAME = "Neuroscene Network"
SLIDERS = (  # socket, attribute of the instance, most, about
    ("Expansion", "expansion", 3.0, "0 bundled, 1 unit to unit, 2 every weight at one position, 3 at all positions"),
    ("Bundle", "bundle", 1.0, "Draws all lines between two layers together to one point"),
    ("Density", "density", 1.0, "Draws lines together where many run, if they have been bundled"),
    ("Prune", "prune", 1.0, "Hides this share of each hidden layer's units, the least important first"),
)


def network_group() -> bpy.types.NodeTree:
    """The sliders of a network; what its mesh holds is passed on."""
    return reuse(NAME, _build)


def _build():
    group = Group(NAME)
    group.in_panel("Network")
    group.socket("Expand", "Bool", False, about="Let all lines follow Expansion, whatever their own detail is")
    for name, _, most, about in SLIDERS:
        group.socket(name, "Float", 1.0 if name == "Expansion" else 0.0, 0.0, most, about=about, subtype="FACTOR")
    # a mesh with nothing in it gives an instance that nobody sees
    empty = group.call("GeometryNodeMeshLine", {"Count": 0})
    one = group.call("GeometryNodeInstanceOnPoints", {"Points": group.call("GeometryNodePoints", {"Count": 1}),
                                                      "Instance": empty})
    one = group.store(one, "expand", group["Expand"], "INSTANCE")
    for name, attribute, *_ in SLIDERS:
        one = group.store(one, attribute, group[name], "INSTANCE")
    both = group.node("GeometryNodeJoinGeometry")
    group.put(both.inputs[0], group["Geometry"])
    group.put(both.inputs[0], one)
    return group.finish(both.outputs[0])


def of_network(group: Group, *attributes: str) -> list[bpy.types.NodeSocket]:
    """Values that the object in the socket Network, its root, holds for all; 0 where there is none. No fields."""
    instance = group.near(group["Network"])
    return [group.sample(instance, group.attribute(name), 0) for name in attributes]
