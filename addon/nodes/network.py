# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Network": sliders for a whole network, on the object that is the parent of all.

It gives one instance that carries their values as attributes. Layers and bundles look them up there, so that a slider
moved here is seen everywhere without Python.
"""

from __future__ import annotations

import bpy

from .sockets.network import NETWORK
from .tree import GroupBuilder, reuse


def network_group() -> bpy.types.NodeTree:
    """The sliders of a network; what its mesh holds is passed on."""
    return reuse(NETWORK.name, _build)


def _build():
    group = GroupBuilder(NETWORK.name)
    group.declare(NETWORK)
    # a mesh with nothing in it gives an instance that nobody sees
    empty = group.call("GeometryNodeMeshLine", {"Count": 0})
    carrier = group.call(
        "GeometryNodeInstanceOnPoints", {"Points": group.call("GeometryNodePoints", {"Count": 1}), "Instance": empty}
    )
    for name in NETWORK.names:
        carrier = group.store(carrier, name.lower(), group[name], "INSTANCE")
    both = group.node("GeometryNodeJoinGeometry")
    group.put(both.inputs[0], group["Geometry"])
    group.put(both.inputs[0], carrier)
    return group.finish(both.outputs[0])


def of_network(group: GroupBuilder, *attributes: str) -> list[bpy.types.NodeSocket]:
    """Values that the object in the socket Network, its root, holds for all; 0 where there is none. No fields."""
    instance = group.near(group["Network"])
    return [group.sample(instance, group.attribute(name), 0) for name in attributes]
