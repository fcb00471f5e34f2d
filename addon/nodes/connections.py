# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The group "Neuroscene Connections": curves whose ends sit on the cells of two layers."""

from __future__ import annotations

import bpy

from . import bundling, choice, expansion, paths, ranges
from .network import of_network
from .part import within
from .sockets.connections import CONNECTIONS
from .tree import GroupBuilder, reuse
from .vectors import mixed

NAME = CONNECTIONS.name
POINTS = 8  # a curve


def connections_group() -> bpy.types.NodeTree:
    """The connections' geometry.

    A moved layer costs two look-ups a curve and a mix a point; all else is worked out only where it is wanted.
    """
    return reuse(NAME, _build)


def _build():
    group = GroupBuilder(NAME)
    group.declare(CONNECTIONS)
    *sliders, bundle, density = of_network(group, "expand", "expansion", "bundle", "density")
    infos = [_info(group, name) for name in ("Source", "Target")]
    layers = [info.outputs["Geometry"] for info in infos]
    opened = expansion.opened(group, sliders)
    # what is stored for an expansion has an importance of its own, 1 for the strongest
    extent = group.when(opened.expanded, 1.0, group.math("MAXIMUM", group["Importance Range"], ranges.LEAST))
    full = ranges.in_force(group, "Weight Range")
    curves = within(group, f"{NAME} Choice", choice.chosen, opened.lines, layers[0], full, extent)

    curves, ends = _ends(group, curves, layers, opened)
    share = group.math("DIVIDE", group.attribute("importance"), extent, clamp=True)
    strength = choice.strength(group, group.number(share, 1.0))  # what is not finite is seen
    curves = group.store(curves, "strength", group.math("POWER", strength, group["Width Power"]), "CURVE")
    curves = group.store(curves, "shade", choice.shade(group, layers[0], full, extent), "CURVE")
    curves = ranges.tell(group, curves, "Weight Range", full, "CURVE")
    points = paths.base(group)
    curves = _widened(group, curves, points, _seen(group, layers, opened))
    where = paths.place(group, points, ends)
    where = within(group, f"{NAME} Bends", paths.bent, points, ends, where)
    transforms = [info.outputs["Transform"] for info in infos]
    where = within(group, f"{NAME} Density", bundling.by_density, points, ends, transforms, where, density)
    closing = group.when(opened.expanded, group.math("SUBTRACT", 1.0, opened.expansion, clamp=True), 0.0)
    where = within(
        group,
        f"{NAME} Centre",
        bundling.towards_centre,
        curves,
        points,
        ends,
        where,
        group.math("MAXIMUM", bundle, closing),
    )
    curves = group.call("GeometryNodeSetPosition", {"Geometry": curves, "Position": where})
    material = group.when(choice.shows_evidence(group), group["Evidence Material"], group["Material"], "MATERIAL")
    made = group.call("GeometryNodeSetMaterial", {"Geometry": curves, "Material": material})
    nothing = group.call("GeometryNodePoints", {"Count": 0})
    return group.finish(group.when(_has_both(group, layers), made, nothing, "GEOMETRY"))


def _has_both(group, layers):
    """Whether there are layers at both ends: lines to nowhere go with a layer that was deleted."""
    counts = [
        group.call("GeometryNodeAttributeDomainSize", {"Geometry": layer}, "Instance Count", component="INSTANCES")
        for layer in layers
    ]
    return group.math("GREATER_THAN", group.math("MULTIPLY", *counts), 0.5)


def _info(group, name):
    info = group.node("GeometryNodeObjectInfo", transform_space="RELATIVE")
    group.put(info.inputs["Object"], group[name])
    return info


def _ends(group, curves, layers, opened):
    """Curves, and the places of both their ends (fields on them): on the instances `source` and `target` of the two
    layers, or while lines open on the way there from those that they open from."""
    ends = []
    for name, layer in zip(("source", "target"), layers, strict=True):
        place = group.call("GeometryNodeInputPosition", {})
        to, from_ = (
            group.sample(layer, place, group.attribute(end, "INT"), "FLOAT_VECTOR") for end in (name, f"{name}_from")
        )
        capture = group.node("GeometryNodeCaptureAttribute", domain="CURVE")
        capture.capture_items.new("VECTOR", name)
        group.put(capture.inputs["Geometry"], curves)
        opening = mixed(group, opened.share, from_, to)
        group.put(capture.inputs[name], group.when(opened.expanded, opening, to, "VECTOR"))
        curves = capture.outputs["Geometry"]
        ends.append(capture.outputs[name])
    return curves, ends


def _seen(group, layers, opened):
    """How much is left of each line: none where an end is hidden or where others open in its place (field); and
    whether there is anything of the kind, a single value."""
    hiding = [group.sample(layer, group.attribute("hides"), 0) for layer in layers]
    shown = [
        group.math(
            "SUBTRACT", 1.0, group.sample(layer, group.attribute("hidden"), group.attribute(name, "INT")), clamp=True
        )
        for layer, name in zip(layers, ("source", "target"), strict=True)
    ]
    hides = group.math("GREATER_THAN", group.math("ADD", *hiding), 0.0)
    left = group.when(hides, group.math("MULTIPLY", *shown), 1.0)
    left = group.math("MULTIPLY", expansion.fading(group, opened), left)
    left = group.call("GeometryNodeFieldOnDomain", {("Value", "VALUE"): left}, ("Value", "VALUE"), domain="CURVE")
    trimmed = group.math("GREATER_THAN", group["Trim End"], group["Trim Start"])
    return group.math("MULTIPLY", left, trimmed), group.math(
        "MAXIMUM", group.math("MAXIMUM", hides, opened.expanded), group.math("SUBTRACT", 1.0, trimmed)
    )


def _widened(group, curves, points, seen):
    """Curves with their radius, and with the pulse where there is one."""
    thin = group["Thin End"]
    width = group.math("MULTIPLY_ADD", group.attribute("strength"), group.math("SUBTRACT", 1.0, thin), thin)
    radius = paths.profile(group, points, group.math("MULTIPLY", width, paths.radius(group, curves)))
    left, less = seen
    radius = group.when(less, group.math("MULTIPLY", radius, left), radius)
    bright = group.math("GREATER_THAN", group["Pulse Strength"], 0.0)
    pulsing = group.store(curves, "pulse", paths.pulse(group, points), "POINT")
    grown = group.math("MULTIPLY", radius, group.math("ADD", group.attribute("pulse"), 1.0))
    return group.call(
        "GeometryNodeSetCurveRadius",
        {"Curve": group.when(bright, pulsing, curves, "GEOMETRY"), "Radius": group.when(bright, grown, radius)},
    )
