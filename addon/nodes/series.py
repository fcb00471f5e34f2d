# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups that show one step of a series, or the blend of two: each a modifier before an object's own.

What step k holds lies in numbered attributes ("value.003"). A slider on the root of the network is stored as an
attribute of the root's points, where all others read it. At a whole number the attribute of that step is taken as it
is, bit for bit; in between a (1 - s) + b s. No group of ours that comes after needs to know of it.
"""

from __future__ import annotations

import bpy

from . import vectors
from .sockets import series as sockets
from .tree import MARK, GroupBuilder, Value, find, reuse

DIGITS = 3  # of a number in the name of an attribute
MOST = 10**DIGITS  # steps of a series
NEAR = 0.06  # of the way to the next step, within which words of a step are shown
# Groups that come before the own one of an object; words and curves have no other.
BEFORE = {
    interface.name
    for interface in (
        sockets.CELLS,
        sockets.EVIDENCE,
        sockets.LINES,
        sockets.BARS,
        sockets.PICTURE,
        sockets.KERNELS,
        sockets.PLACES,
        *sockets.OF_KIND.values(),
    )
}


def numbered(name: str, step: int) -> str:
    """The attribute in which a step holds what `name` is then."""
    return f"{name}.{step:0{DIGITS}d}"


def is_of_series(tree: bpy.types.NodeTree) -> bool:
    """Whether a group is one of those that come before an object's own."""
    return tree.get(MARK) in BEFORE


def slider_group(kind: str) -> bpy.types.NodeTree:
    """The slider of a kind of series, for the root."""
    interface = sockets.OF_KIND[kind]
    return reuse(interface.name, lambda: _slider(kind, interface))


def cells_group() -> bpy.types.NodeTree:
    """Overwrites `value` of points."""
    return reuse(sockets.CELLS.name, _cells)


def evidence_group() -> bpy.types.NodeTree:
    """Overwrites `evidence` and `evidence_range` of points."""
    return reuse(sockets.EVIDENCE.name, _evidence)


def lines_group() -> bpy.types.NodeTree:
    """Overwrites `weight`, `magnitude` and `importance` of curves."""
    return reuse(sockets.LINES.name, _lines)


def bars_group() -> bpy.types.NodeTree:
    """Overwrites `value` of the points of bars, and says anew which is the `winner`."""
    return reuse(sockets.BARS.name, _bars)


def picture_group() -> bpy.types.NodeTree:
    """Overwrites the color `picture` of faces."""
    return reuse(sockets.PICTURE.name, _picture)


def kernels_group() -> bpy.types.NodeTree:
    """Overwrites the vector `weight` of points."""
    return reuse(sockets.KERNELS.name, lambda: _vectors(sockets.KERNELS, "weight"))


def places_group() -> bpy.types.NodeTree:
    """Overwrites the vector `place` of points."""
    return reuse(sockets.PLACES.name, lambda: _vectors(sockets.PLACES, "place"))


def words_group() -> bpy.types.NodeTree:
    """Keeps the faces between whose `begin` and `end` the slider stands."""
    return reuse(sockets.WORDS.name, _words)


def curve_group() -> bpy.types.NodeTree:
    """A line through measured points that grows to where the slider stands, with a dot and its number there."""
    return reuse(sockets.CURVE.name, _curve)


def _slider(kind, interface):
    group = GroupBuilder(interface.name)
    group.declare(interface)
    at = group.math("MINIMUM", group.math("MAXIMUM", group[sockets.SLIDERS[kind]], 0.0), group["Last"])
    return group.finish(group.store(group["Geometry"], sockets.attribute(kind), at))


class Steps:
    """The two steps between which the slider stands, single values."""

    def __init__(self, group: GroupBuilder):
        self.group = group
        root = group.call("GeometryNodeObjectInfo", {"Object": group["Network"]}, "Geometry")
        now = group.sample(root, group.attribute(group["Slider"]), 0, domain="POINT")
        self.now = group.math("MINIMUM", group.math("MAXIMUM", now, 0.0), group["Last"])
        low = group.math("FLOOR", self.now)
        self.share = group.math("SUBTRACT", self.now, low)
        self.between = group.math("GREATER_THAN", self.share, 0.0)
        high = group.math("MINIMUM", group.math("ADD", low, 1.0), group["Last"])
        self.numbers = [self._digits(step) for step in (low, high)]

    def _digits(self, step):
        """3 -> "003": 1003 as text without its first letter."""
        group = self.group
        text = group.call(
            "FunctionNodeValueToString", {"Value": group.math("ADD", step, float(MOST)), "Decimals": 0}, 0
        )
        return group.call("FunctionNodeSliceString", {"String": text, "Position": 1, "Length": DIGITS})

    def both(self, name: str, kind: str = "FLOAT") -> list[tuple[bpy.types.NodeSocket, bpy.types.NodeSocket]]:
        """An attribute at both steps (fields), each with whether it is there."""
        group = self.group
        ends = []
        for digits in self.numbers:
            text = group.call("FunctionNodeReplaceString", {"String": f"{name}.#", "Find": "#", "Replace": digits})
            node = group.node("GeometryNodeInputNamedAttribute", data_type=kind)
            group.put(node.inputs["Name"], text)
            outputs = [output for output in node.outputs if output.enabled]
            ends.append((outputs[0], next(output for output in outputs if output.name == "Exists")))
        return ends

    def pair(self, name: str, kind: str):
        """An attribute at both steps, and whether it is there."""
        (first, there), (second, _) = self.both(name, kind)
        return first, second, there

    def stored(self, geometry, name: str, value: Value, there: Value, kind: str, domain: str) -> bpy.types.NodeSocket:
        """Geometry with an attribute where there are numbers of steps for it."""
        return self.group.call(
            "GeometryNodeStoreNamedAttribute",
            {"Geometry": geometry, "Selection": there, "Name": name, "Value": value},
            data_type=kind,
            domain=domain,
        )

    def mixed(self, first: Value, second: Value) -> bpy.types.NodeSocket:
        """Of two numbers the first where the slider stands at a whole number, else their blend. To multiply what is not
        finite by 0 would spoil the other."""
        group = self.group
        node = group.node("ShaderNodeMix", data_type="FLOAT", clamp_factor=True)
        for place, value in ((0, self.share), (2, first), (3, second)):
            group.put(node.inputs[place], value)
        return group.when(self.between, node.outputs[0], first)

    def overwritten(self, geometry, name: str, domain: str, of: str = "", absolute: bool = False):
        """Geometry with an attribute as it is now, taken from the numbered ones of `of`; where there are none it stays
        as it was."""
        group = self.group
        (first, there), (second, _) = self.both(of or name)
        if absolute:
            first, second = group.math("ABSOLUTE", first), group.math("ABSOLUTE", second)
        return self.stored(geometry, name, self.mixed(first, second), there, "FLOAT", domain)


def _cells():
    group = GroupBuilder(sockets.CELLS.name)
    group.declare(sockets.CELLS)
    return group.finish(Steps(group).overwritten(group["Geometry"], "value", "POINT"))


def _evidence():
    group = GroupBuilder(sockets.EVIDENCE.name)
    group.declare(sockets.EVIDENCE)
    steps = Steps(group)
    counts = steps.overwritten(group["Geometry"], "evidence", "POINT")
    return group.finish(steps.overwritten(counts, "evidence_range", "POINT"))


def _lines():
    group = GroupBuilder(sockets.LINES.name)
    group.declare(sockets.LINES)
    steps = Steps(group)
    before = group["Geometry"]
    weighted = steps.overwritten(before, "weight", "CURVE")
    own = steps.overwritten(weighted, "magnitude", "CURVE")
    same = steps.overwritten(weighted, "magnitude", "CURVE", of="weight", absolute=True)
    weighted = group.when(group["Own Magnitude"], own, same, "GEOMETRY")
    lines = group.when(group["Own Weights"], weighted, before, "GEOMETRY")
    important = steps.overwritten(lines, "importance", "CURVE")
    same = group.store(lines, "importance", group.attribute("magnitude"), "CURVE")
    same = group.when(group["Own Weights"], same, lines, "GEOMETRY")
    return group.finish(group.when(group["Own Importance"], important, same, "GEOMETRY"))


def _bars():
    group = GroupBuilder(sockets.BARS.name)
    group.declare(sockets.BARS)
    points = Steps(group).overwritten(group["Geometry"], "value", "POINT")
    value = group.attribute("value")
    known = group.number(value, -3e38)
    most = group.call(
        "GeometryNodeAttributeStatistic",
        {"Geometry": points, ("Attribute", "VALUE"): known},
        ("Max", "VALUE"),
        data_type="FLOAT",
        domain="POINT",
    )
    index = group.call("GeometryNodeInputIndex", {})
    best = group.call(
        "GeometryNodeSwitch",
        {
            "Switch": group.call(
                "FunctionNodeCompare",
                {("A", "VALUE"): known, ("B", "VALUE"): most},
                data_type="FLOAT",
                operation="GREATER_EQUAL",
            ),
            "False": 1e9,
            "True": index,
        },
        input_type="FLOAT",
    )
    first = group.call(
        "GeometryNodeAttributeStatistic",
        {"Geometry": points, ("Attribute", "VALUE"): best},
        ("Min", "VALUE"),
        data_type="FLOAT",
        domain="POINT",
    )
    winner = group.math("COMPARE", index, first, 0.5)
    return group.finish(group.store(points, "winner", winner))


def _picture():
    group = GroupBuilder(sockets.PICTURE.name)
    group.declare(sockets.PICTURE)
    steps = Steps(group)
    first, second, there = steps.pair("picture", "FLOAT_COLOR")
    node = group.node("ShaderNodeMix", data_type="RGBA")
    group.put(find(node.inputs, ("Factor", "VALUE")), steps.share)
    group.put(find(node.inputs, ("A", "RGBA")), first)
    group.put(find(node.inputs, ("B", "RGBA")), second)
    mixed = group.when(steps.between, find(node.outputs, ("Result", "RGBA")), first, "RGBA")
    return group.finish(steps.stored(group["Geometry"], "picture", mixed, there, "FLOAT_COLOR", "FACE"))


def _vectors(interface, name):
    group = GroupBuilder(interface.name)
    group.declare(interface)
    steps = Steps(group)
    first, second, there = steps.pair(name, "FLOAT_VECTOR")
    mixed = group.when(steps.between, vectors.mixed(group, steps.share, first, second), first, "VECTOR")
    return group.finish(steps.stored(group["Geometry"], name, mixed, there, "FLOAT_VECTOR", "POINT"))


def _words():
    group = GroupBuilder(sockets.WORDS.name)
    group.declare(sockets.WORDS)
    steps = Steps(group)
    begun = group.math("SUBTRACT", 1.0, group.math("LESS_THAN", steps.now, group.attribute("begin")))
    shown = group.math("MULTIPLY", begun, group.math("LESS_THAN", steps.now, group.attribute("end")))
    kept = group.call(
        "GeometryNodeSeparateGeometry", {"Geometry": group["Geometry"], "Selection": shown}, domain="FACE"
    )
    return group.finish(kept)


def _curve():
    """The points of the mesh are what was measured, one behind the other; `place` tells at which step."""
    group = GroupBuilder(sockets.CURVE.name)
    group.declare(sockets.CURVE)
    now = Steps(group).now
    points = group["Geometry"]
    place = group.attribute("place")
    index = group.call("GeometryNodeInputIndex", {})
    passed = group.math("LESS_THAN", place, group.math("ADD", now, 1e-4))
    last = _largest(group, points, group.when(passed, index, -1.0))
    there = group.math("GREATER_THAN", last, -0.5)
    end = _largest(group, points, index)
    ends = (group.math("MAXIMUM", last, 0.0), group.math("MINIMUM", group.math("ADD", last, 1.0), end))
    where = group.call("GeometryNodeInputPosition", {})
    first, second = (group.sample(points, where, at, "FLOAT_VECTOR", "POINT") for at in ends)
    begin, stop = (group.sample(points, place, at, domain="POINT") for at in ends)
    way = group.math("MAXIMUM", group.math("SUBTRACT", stop, begin), 1e-6)
    share = group.math("DIVIDE", group.math("SUBTRACT", now, begin), way, clamp=True)
    dot = vectors.mixed(group, share, first, second)
    ahead = group.math("SUBTRACT", 1.0, group.math("MAXIMUM", passed, group["Whole"]))
    grown = group.call("GeometryNodeSetPosition", {"Geometry": points, "Selection": ahead, "Position": dot})
    profile = group.call("GeometryNodeCurvePrimitiveCircle", {"Resolution": 8, "Radius": group["Radius"]})
    line = group.call(
        "GeometryNodeCurveToMesh",
        {"Curve": group.call("GeometryNodeMeshToCurve", {"Mesh": grown}), "Profile Curve": profile},
    )
    marks = group.call(
        "GeometryNodeInstanceOnPoints",
        {
            "Points": group.call("GeometryNodeMeshToPoints", {"Mesh": grown}),
            "Instance": _ball(group, group.math("MULTIPLY", group["Radius"], 1.8), 2),
        },
    )
    ball = group.call("GeometryNodeTransform", {"Geometry": _ball(group, group["Dot"], 3), "Translation": dot})
    near = group.math("ROUND", now)
    text = group.call("GeometryNodeObjectInfo", {"Object": group["Words"]}, "Geometry")
    own = group.math("COMPARE", group.attribute("step", "INT"), near, 0.5)
    text = group.call("GeometryNodeSeparateGeometry", {"Geometry": text, "Selection": own}, domain="FACE")
    text = group.call("GeometryNodeTransform", {"Geometry": text, "Translation": dot})
    empty = group.call("GeometryNodeMeshLine", {"Count": 0})
    text = group.when(group.math("COMPARE", now, near, NEAR), text, empty, "GEOMETRY")
    both = group.node("GeometryNodeJoinGeometry")
    for geometry in (line, marks, ball, text):
        group.put(both.inputs[0], geometry)
    shown = group.when(there, both.outputs[0], empty, "GEOMETRY")
    return group.finish(group.call("GeometryNodeSetMaterial", {"Geometry": shown, "Material": group["Material"]}))


def _ball(group, radius, fine):
    return group.call("GeometryNodeMeshIcoSphere", {"Radius": radius, "Subdivisions": fine})


def _largest(group, geometry, value):
    """The largest of a field on points, one value."""
    return group.call(
        "GeometryNodeAttributeStatistic",
        {"Geometry": geometry, ("Attribute", "VALUE"): value},
        ("Max", "VALUE"),
        data_type="FLOAT",
        domain="POINT",
    )
