# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shader group "Neuroscene Value": a shade (value / range) into a place on the ramp, light and opacity.

`colormaps.value` has the same formulas. Everything that is switched off multiplies by a constant 0 or 1, so that Cycles
folds it away: a material whose Opacity is 1 is not transparent to it, and costs what it did without.
"""

from __future__ import annotations

import bpy
import numpy as np

from ..colormaps.value import LEAST_LOG, LEAST_NOT_FINITE, NOT_FINITE_LIGHT, factor
from .sockets.value import VALUE
from .tree import TreeBuilder, Value, declare, reuse

NAME = VALUE.name
NOT_FINITE = "Not Finite"
LEAST_WAY = 1e-3  # metres from Near to Far
OUTPUTS = ("Factor", "Emission Strength", "Alpha", NOT_FINITE)


def value_group() -> bpy.types.NodeTree:
    """The shader group *Neuroscene Value*."""
    return reuse(NAME, _build)


def places(node: bpy.types.Node, shade: np.ndarray) -> np.ndarray:
    """Where shades lie on the ramp behind a node of this group, 0 to 1."""
    return factor(shade, *(node.inputs[name].default_value for name in ("Low", "Log")))


def add(tree: TreeBuilder, values: dict[str, Value]) -> bpy.types.Node:
    """A node of the group, named as it is, with these inputs."""
    node = tree.node("ShaderNodeGroup", node_tree=value_group(), name=NAME, width=200.0)
    for socket in VALUE:
        tree.put(node.inputs[socket.name], values.get(socket.name, socket.default))
    return node


def _build():
    tree = TreeBuilder(bpy.data.node_groups.new(NAME, "ShaderNodeTree"))
    declare(tree.tree, VALUE)
    for name in OUTPUTS:
        tree.tree.interface.new_socket(name, in_out="OUTPUT", socket_type="NodeSocketFloat")
    given = tree.node("NodeGroupInput").outputs
    outputs = tree.node("NodeGroupOutput").inputs

    size = tree.math("MINIMUM", tree.math("ABSOLUTE", given["Shade"]), 1.0)
    # ln(1 + (10^d - 1) s) / (d ln 10); where d is nearly 0, the sum hides what is added to it
    reach = tree.math("SUBTRACT", tree.math("POWER", 10.0, given["Log"]), 1.0)
    bent = tree.math("DIVIDE", tree.math("LOGARITHM", tree.math("MULTIPLY_ADD", reach, size, 1.0), 10.0), given["Log"])
    logged = tree.math("GREATER_THAN", given["Log"], LEAST_LOG)
    size = tree.math(
        "ADD", tree.math("MULTIPLY", bent, logged), tree.math("MULTIPLY", size, tree.math("SUBTRACT", 1.0, logged))
    )
    signed = tree.math("MULTIPLY", tree.math("SIGN", given["Shade"]), size)
    tree.put(
        outputs["Factor"],
        tree.math(
            "DIVIDE", tree.math("SUBTRACT", signed, given["Low"]), tree.math("SUBTRACT", 1.0, given["Low"]), clamp=True
        ),
    )

    light = tree.math(
        "MULTIPLY_ADD", tree.math("MULTIPLY", size, size), given["Emission by Magnitude"], given["Emission"]
    )
    light = tree.math("MULTIPLY_ADD", given["Strength"], given["Emission by Strength"], light)
    wrong = tree.math("GREATER_THAN", given["Shade"], LEAST_NOT_FINITE)
    tree.put(outputs[NOT_FINITE], wrong)
    light = tree.math(
        "MULTIPLY_ADD", tree.math("SUBTRACT", 1.0, wrong), light, tree.math("MULTIPLY", wrong, NOT_FINITE_LIGHT)
    )
    tree.put(outputs["Emission Strength"], tree.math("ADD", light, given["Pulse"]))

    lost = tree.math("MULTIPLY", tree.math("SUBTRACT", 1.0, size), given["Opacity by Magnitude"])
    alpha = tree.math("MULTIPLY", tree.math("SUBTRACT", 1.0, lost), given["Opacity"])
    distance = tree.call("ShaderNodeCameraData", {}, "View Distance")
    way = tree.math("MAXIMUM", tree.math("SUBTRACT", given["Far"], given["Near"]), LEAST_WAY)
    far = tree.math("DIVIDE", tree.math("SUBTRACT", distance, given["Near"]), way, clamp=True)
    less = {name: tree.math("SUBTRACT", 1.0, given[name]) for name in ("Importance", "Density")}
    for name, share in (*less.items(), ("Distance", far)):
        lost = tree.math("MULTIPLY", share, given[f"Opacity by {name}"])
        alpha = tree.math("MULTIPLY", alpha, tree.math("SUBTRACT", 1.0, lost))
    tree.put(outputs["Alpha"], alpha)
    tree.arrange()
    return tree.tree
