# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arithmetic with vectors, and choices between values, as nodes."""

from __future__ import annotations

import bpy

from .tree import GroupBuilder, TreeBuilder, Value, find

Socket = bpy.types.NodeSocket


def mixed(tree: TreeBuilder, factor: Value, first: Value, second: Value) -> Socket:
    """The vector between two vectors."""
    mix = tree.node("ShaderNodeMix", data_type="VECTOR")
    tree.put(find(mix.inputs, ("Factor", "VALUE")), factor)
    tree.put(find(mix.inputs, ("A", "VECTOR")), first)
    tree.put(find(mix.inputs, ("B", "VECTOR")), second)
    return find(mix.outputs, ("Result", "VECTOR"))


def scaled(tree: TreeBuilder, vector: Value, factor: Value) -> Socket:
    """A vector times a number."""
    return tree.call("ShaderNodeVectorMath", {0: vector, "Scale": factor}, operation="SCALE")


def switch(group: GroupBuilder, index: Value, values: list[Value], kind: str = "VECTOR") -> Socket:
    """One of these values; where the index is one value the others are never worked out."""
    node = group.node("GeometryNodeIndexSwitch", data_type=kind)
    while len(node.index_switch_items) < len(values):
        node.index_switch_items.new()
    group.put(node.inputs["Index"], index)
    for number, value in enumerate(values):
        group.put(node.inputs[str(number)], value)
    return node.outputs[0]


def plus(group: GroupBuilder, first: Value, second: Value) -> Socket:
    """The sum of two vectors."""
    return group.call("ShaderNodeVectorMath", {0: first, 1: second}, operation="ADD")


def minus(group: GroupBuilder, first: Value, second: Value) -> Socket:
    """The difference of two vectors."""
    return group.call("ShaderNodeVectorMath", {0: first, 1: second}, operation="SUBTRACT")


def times(group: GroupBuilder, first: Value, second: Value, added: Value | None = None) -> Socket:
    """The product of two vectors, axis by axis, and what is added to it."""
    if added is None:
        return group.call("ShaderNodeVectorMath", {0: first, 1: second}, operation="MULTIPLY")
    return group.call("ShaderNodeVectorMath", {0: first, 1: second, 2: added}, operation="MULTIPLY_ADD")


def only(group: GroupBuilder, condition: Value, geometry: Socket) -> Socket:
    """A geometry where the condition holds, else nothing."""
    return group.call("GeometryNodeSwitch", {"Switch": condition, "True": geometry}, input_type="GEOMETRY")
