# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Connections": curves whose ends sit on the cells of two layers."""

import bpy

from . import ranges
from .tree import Group, find, reuse

NAME = "Neuroscene Connections"
POINTS = 8  # a curve


def connections_group() -> bpy.types.NodeTree:
    """The connections' geometry.

    The base curves have their points already: x is the way along the curve (0 to 1), y the same smoothed, z how far a
    point is from both ends (0 at the ends, near 1 between). That is all the shape needs, so a moved layer costs two
    look-ups a curve and a mix a point.
    """
    return reuse(NAME, _build)


def _build():
    group = Group(NAME)
    group.in_panel("Ends")
    group.socket("Source", "Object", about="The layer whose cells the lines leave")
    group.socket("Target", "Object", about="The layer whose cells the lines enter")
    group.in_panel("Lines")
    group.socket("Ease", "Float", 0.75, 0.0, 1.0, about="0 is a straight line, 1 a full S-curve", subtype="FACTOR")
    group.socket("Lift", "Vector", (0.0, 0.0, 0.0), about="How far the middle is led round what the lines skip",
                 subtype="TRANSLATION")
    group.socket("Radius", "Float", 0.008, 0.0, about="Radius of the most important line", subtype="DISTANCE")
    group.socket("Thin End", "Float", 0.35, 0.0, 1.0, about="Radius of the least important line, as a share",
                 subtype="FACTOR")
    group.socket("Width Power", "Float", 1.5, 0.1, 8.0, about="How fast lines thin out with importance")
    group.socket("Material", "Material", about="Colours lines by 'shade' (weight / Weight Range) and 'strength'")
    group.in_panel("Range")
    ranges.declare(group, "Weight Range", "The weight that has the full colour")
    group.socket("Importance Range", "Float", 1.0, 0.0, about="The importance that has the full width and brightness")

    curves, ends, position = between(group, group["Geometry"])
    size = group.call("ShaderNodeVectorMath", {0: group["Lift"]}, "Value", operation="LENGTH")
    placed = [group.call("GeometryNodeSetPosition", {"Geometry": curves, "Position": position, "Offset": offset})
              for offset in ((0.0, 0.0, 0.0), _lift(group, ends, size))]
    # a switch works out only what it gives: most bundles have no lift, and need not pay for it
    curves = group.call("GeometryNodeSwitch", {"Switch": group.math("GREATER_THAN", size, 0.0), "False": placed[0],
                                               "True": placed[1]}, input_type="GEOMETRY")
    share = group.math("DIVIDE", group.number(group.attribute("importance")),
                       group.math("MAXIMUM", group["Importance Range"], 1e-12), clamp=True)
    curves = group.store(curves, "strength", group.math("POWER", share, group["Width Power"]), "CURVE")
    shade = group.math("DIVIDE", group.number(group.attribute("weight")),
                       ranges.in_force(group, "Weight Range"))
    curves = group.store(curves, "shade", shade, "CURVE")
    thin = group["Thin End"]
    width = group.math("MULTIPLY_ADD", group.attribute("strength"), group.math("SUBTRACT", 1.0, thin), thin)
    curves = group.call("GeometryNodeSetCurveRadius",
                        {"Curve": curves, "Radius": group.math("MULTIPLY", width, group["Radius"])})
    return group.finish(group.call("GeometryNodeSetMaterial", {"Geometry": curves, "Material": group["Material"]}))


def between(group: Group, curves: bpy.types.NodeSocket) -> tuple:
    """Curves, their ends on the instances `source` and `target` of the two layers, and where their points go."""
    ends = []
    for name in ("Source", "Target"):
        info = group.node("GeometryNodeObjectInfo", transform_space="RELATIVE")
        group.put(info.inputs["Object"], group[name])
        end = group.call("GeometryNodeSampleIndex", {
            "Geometry": info.outputs["Geometry"], "Value": group.call("GeometryNodeInputPosition", {}),
            "Index": group.attribute(name.lower(), "INT")}, data_type="FLOAT_VECTOR", domain="INSTANCE")
        capture = group.node("GeometryNodeCaptureAttribute", domain="CURVE")
        capture.capture_items.new("VECTOR", name)
        group.put(capture.inputs["Geometry"], curves)
        group.put(capture.inputs[name], end)
        curves = capture.outputs["Geometry"]
        ends.append(capture.outputs[name])
    along, smooth, _ = group.separate(group.call("GeometryNodeInputPosition", {}))
    eased = group.math("MULTIPLY_ADD", group["Ease"], group.math("SUBTRACT", smooth, along), along)
    mix = group.node("ShaderNodeMix", data_type="VECTOR", factor_mode="NON_UNIFORM", clamp_factor=False)
    group.put(find(mix.inputs, ("Factor", "VECTOR")), group.vector(along, eased, eased))
    group.put(find(mix.inputs, ("A", "VECTOR")), ends[0])
    group.put(find(mix.inputs, ("B", "VECTOR")), ends[1])
    return curves, ends, find(mix.outputs, ("Result", "VECTOR"))


def _lift(group, ends, size):
    """How far each point is led off; where both ends come together, in a folded block, not at all."""
    _, _, swell = group.separate(group.call("GeometryNodeInputPosition", {}))
    apart = group.call("ShaderNodeVectorMath", {0: ends[0], 1: ends[1]}, "Value", operation="DISTANCE")
    share = group.math("DIVIDE", group.math("MULTIPLY", apart, 2.0), group.math("MAXIMUM", size, 1e-9), clamp=True)
    return group.call("ShaderNodeVectorMath", {0: group["Lift"], "Scale": group.math("MULTIPLY", swell, share)},
                      operation="SCALE")
