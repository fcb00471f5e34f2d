# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines drawn together: towards one centre, and by stored offsets to where many run."""

from __future__ import annotations

import bpy

from .paths import chord, each, smooth
from .tree import GroupBuilder, find
from .vectors import mixed, plus, scaled

STORED = "bundle_"  # attributes of points: offsets after so many iterations, "bundle_1", "bundle_2", ...
UNBOUNDED = 1 << 10  # rounds, where nobody knows how many were worked out
LEG = 3 / 7  # of the way: of 8 points the first four make the way to the centre, the others that from it


def towards_centre(group: GroupBuilder, lines, points: list, ends: list, where, extra) -> bpy.types.NodeSocket:
    """Points drawn to the two legs from source to centre and from centre to target (field).

    `extra` is a share besides the bundle's own, a single value; the larger of both is in force.
    """
    share = group.math("MAXIMUM", group["Bundle"], extra)
    means = []
    for end in ends:
        node = group.node("GeometryNodeAttributeStatistic", data_type="FLOAT_VECTOR", domain="CURVE")
        group.put(node.inputs["Geometry"], lines)
        group.put(find(node.inputs, ("Attribute", "VECTOR")), end)
        means.append(find(node.outputs, ("Mean", "VECTOR")))
    centre = mixed(group, group["Bundle Place"], *means)
    there = group.math("MULTIPLY", points[0], 1 / LEG, clamp=True)
    on = group.math("MULTIPLY_ADD", points[0], 1 / LEG, 1 - 1 / LEG, clamp=True)
    legs = plus(
        group,
        each(group, _shares(group, there), ends[0], centre),
        each(
            group,
            _shares(group, on),
            (0.0, 0.0, 0.0),
            group.call("ShaderNodeVectorMath", {0: ends[1], 1: centre}, operation="SUBTRACT"),
        ),
    )
    return group.when(group.math("GREATER_THAN", share, 0.0), mixed(group, share, where, legs), where, "VECTOR")


def _shares(group, way):
    """The share of the way along the signal, and eased across it."""
    eased = group.math("MULTIPLY_ADD", group["Ease"], group.math("SUBTRACT", smooth(group, way), way), way)
    return group.vector(way, eased, eased)


def by_density(group: GroupBuilder, points: list, ends: list, transforms: list, where, extra) -> bpy.types.NodeSocket:
    """Points moved by the stored offsets, which turn and scale with both layers; where the ends come together, in a
    folded block, there are none. `extra` is as above; `transforms` are those of the layers as the lines see them."""
    share = group.math("MAXIMUM", group["Density"], extra)
    rounds = group["Rounds"]
    last = group.when(group.math("GREATER_THAN", rounds, 0.5), rounds, float(UNBOUNDED))
    done = group.math("MINIMUM", group["Iterations"], last)
    low = group.math("FLOOR", done)
    offset = mixed(group, group.math("FRACT", done), _stored(group, low), _stored(group, group.math("ADD", low, 1.0)))
    turned = [
        group.call("FunctionNodeTransformDirection", {"Direction": offset, "Transform": _since(group, now, end)})
        for now, end in zip(transforms, ("Source", "Target"), strict=True)
    ]
    room = group.math(
        "DIVIDE",
        group.math("MULTIPLY", chord(group, ends), 2.0),
        group.math("MAXIMUM", group["Rest Length"], 1e-9),
        clamp=True,
    )
    offset = scaled(group, mixed(group, points[0], *turned), group.math("MULTIPLY", room, share))
    wanted = group.math("MULTIPLY", share, group["Iterations"])
    return group.when(group.math("GREATER_THAN", wanted, 0.0), plus(group, where, offset), where, "VECTOR")


def _stored(group, number):
    """The offsets after a whole number of iterations, 0 where there are none (field)."""
    text = group.call("FunctionNodeValueToString", {("Value", "INT"): number}, data_type="INT")
    join = group.node("GeometryNodeStringJoin")
    # a multi-input socket lists the latest link first
    group.put(join.inputs["Strings"], text)
    group.put(join.inputs["Strings"], group.call("FunctionNodeInputString", {}, string=STORED))
    return group.call(
        "GeometryNodeInputNamedAttribute", {"Name": join.outputs[0]}, "Attribute", data_type="FLOAT_VECTOR"
    )


def _since(group, now, end):
    """How a layer has turned and grown since the lines were bundled, a single matrix."""
    rest = group.call(
        "FunctionNodeCombineTransform",
        {
            "Rotation": group.call("FunctionNodeEulerToRotation", {"Euler": group[f"Rest {end} Rotation"]}),
            "Scale": group[f"Rest {end} Scale"],
        },
    )
    product = group.node("FunctionNodeMatrixMultiply")
    group.put(product.inputs[0], now)
    group.put(product.inputs[1], group.call("FunctionNodeInvertMatrix", {"Matrix": rest}))
    return product.outputs[0]
