# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A part of a large group as a group of its own.

It is easier to read so, and much faster to build: Blender looks a whole tree through for each node and link in it.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count as count_from

import bpy

from .tree import GroupBuilder, TreeBuilder

KINDS = {
    "VALUE": "Float",
    "INT": "Int",
    "BOOLEAN": "Bool",
    "VECTOR": "Vector",
    "RGBA": "Color",
    "GEOMETRY": "Geometry",
    "OBJECT": "Object",
    "MATERIAL": "Material",
    "ROTATION": "Rotation",
    "STRING": "String",
    "MATRIX": "Matrix",
}


class GroupPart(GroupBuilder):
    """A group inside another one; `part["Name"]` is the outer group's socket of that name, which it hands on."""

    def __init__(self, name: str, outer: GroupBuilder):
        TreeBuilder.__init__(self, bpy.data.node_groups.new(name, "GeometryNodeTree"))
        self.outer = outer
        self._menus = {}
        self._from: dict[str, bpy.types.NodeSocket] = {}
        self._begin = self.node("NodeGroupInput")

    def __getitem__(self, name: str) -> bpy.types.NodeSocket:
        return self.take(name, self.outer[name])

    def take(self, name: str, value: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
        """A value of the outer group, inside."""
        if name not in self._from:
            self.tree.interface.new_socket(name, in_out="INPUT", socket_type=f"NodeSocket{KINDS[value.type]}")
            self._from[name] = value
        return self._begin.outputs[name]

    def picked(self, name: str) -> bpy.types.NodeSocket:
        return self.take(f"{name} Number", self.outer.picked(name))

    def give(self, **values: bpy.types.NodeSocket) -> list[bpy.types.NodeSocket]:
        """Close the part; its values in the outer group."""
        end = self.node("NodeGroupOutput")
        for name, value in values.items():
            name = name.replace("_", " ").capitalize()
            self.tree.interface.new_socket(name, in_out="OUTPUT", socket_type=f"NodeSocket{KINDS[value.type]}")
            self.put(end.inputs[name], value)
        self.arrange()
        return self.again()

    def again(self, **values: bpy.types.NodeSocket) -> list[bpy.types.NodeSocket]:
        """What the closed part gives once more, for these values in place of what it took under their names."""
        node = self.outer.node("GeometryNodeGroup")
        node.node_tree = self.tree
        node.label = self.tree.name
        for name, value in self._from.items():
            self.outer.put(node.inputs[name], values.get(name, value))
        return list(node.outputs)


def within(group: GroupBuilder, name: str, build: Callable, *values) -> bpy.types.NodeSocket:
    """What `build` returns for a part of this name and these values of the group, sockets or lists of them."""
    part = GroupPart(name, group)
    count = count_from(1)

    def taken(value):
        if isinstance(value, list):
            return [taken(item) for item in value]
        return part.take(f"Value {next(count)}", value) if isinstance(value, bpy.types.NodeSocket) else value

    return part.give(result=build(part, *map(taken, values)))[0]
