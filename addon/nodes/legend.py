# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a legend says without Python.

The groups "Neuroscene ... Ranges" find out whether all layers or all bundles of a network have one range in force, and
"Neuroscene Number" shows one text and that range, or another text if they differ. Text is slow, a millisecond for a few
letters, and ranges are looked at whenever anything moves: so "Neuroscene Text" makes each text once, on an object that
never changes, and numbers are put together from digits that are there already.
"""

from __future__ import annotations

import bpy

from .. import compat
from .choice import LARGEST
from .ranges import CLIPPED, LEAST, SAME, TOLD
from .sockets.legend import ALIGN, EACH, KINDS, NUMBER, RANGES, TEXT
from .tree import GroupBuilder, reuse
from .vectors import switch

GLYPHS = "0123456789.e- "  # the text of the object that numbers are made from
SLOTS = 9  # letters of a number at most
ROUNDING = 2e-6  # of a logarithm: that of a power of ten may come out a little below its whole number


def ranges_group(kind: str) -> bpy.types.NodeTree:
    """Looks at up to `EACH` layers or bundles; its one instance carries the least and the largest range so far, and
    whether one of them holds something beyond its range."""
    return reuse(RANGES[kind].name, lambda: _ranges(kind))


def text_group(font: bpy.types.VectorFont) -> bpy.types.NodeTree:
    """A line of text, an instance a letter; every modifier that has it makes its own."""
    return reuse(TEXT.name, _text, font)


def number_group() -> bpy.types.NodeTree:
    """One text and the range that all share, or another text."""
    return reuse(NUMBER.name, _number)


def _ranges(kind):
    group = GroupBuilder(RANGES[kind].name)
    group.declare(RANGES[kind])
    names = [f"{kind.lower()}_{end}" for end in ("low", "high", "clipped")]
    low, high, clipped = (group.sample(group["Geometry"], group.attribute(name), 0) for name in names)
    for number in range(EACH):
        obj = group.call("GeometryNodeObjectInfo", {"Object": group[f"Object {number + 1}"]}, "Geometry")
        told = group.sample(obj, group.attribute(TOLD), 0, domain=KINDS[kind])
        high = group.math("MAXIMUM", high, told)
        clipped = group.math("MAXIMUM", clipped, group.sample(obj, group.attribute(CLIPPED), 0, domain=KINDS[kind]))
        # nothing is told by what shows nothing
        first = group.when(group.math("GREATER_THAN", told, 0.0), told, LARGEST)
        low = group.math("MINIMUM", group.when(group.math("GREATER_THAN", low, 0.0), low, LARGEST), first)
    low = group.when(group.math("LESS_THAN", low, LARGEST), low, 0.0)
    point = group.call(
        "GeometryNodeInstanceOnPoints",
        {
            "Points": group.call("GeometryNodePoints", {"Count": 1}),
            "Instance": group.call("GeometryNodeMeshLine", {"Count": 0}),
        },
    )
    had = group.call(
        "GeometryNodeAttributeDomainSize", {"Geometry": group["Geometry"]}, "Instance Count", component="INSTANCES"
    )
    instance = group.when(had, group["Geometry"], point, "GEOMETRY")
    for attribute, value in zip(names, (low, high, clipped), strict=True):
        instance = group.store(instance, attribute, value, "INSTANCE")
    return group.finish(instance)


def _text():
    group = GroupBuilder(TEXT.name)
    group.declare(TEXT)
    lines = [_letters(group, side) for side in ALIGN]
    picked = group.picked("Align")
    letters = group.when(
        group.same(picked, 0), lines[0], group.when(group.same(picked, 1), lines[1], lines[2], "GEOMETRY"), "GEOMETRY"
    )
    # three steps a curve of a letter: the default of 12 costs four times as long, and nobody sees it
    letters = group.call("GeometryNodeSetSplineResolution", {0: letters, "Resolution": 3})
    letters = group.call("GeometryNodeFillCurve", {"Curve": letters})
    return group.finish(group.call("GeometryNodeSetMaterial", {"Geometry": letters, "Material": group["Material"]}))


def _letters(group, side):
    curves = group.call("GeometryNodeStringToCurves", {"String": group["Text"], "Size": group["Size"]})
    compat.align_letters(curves.node, side)
    return curves


def _number():
    group = GroupBuilder(NUMBER.name)
    group.declare(NUMBER)
    weights = group.same(group.picked("Shows"), list(KINDS).index("Weights"))
    known = group.near(group["Of"])
    low, high, clipped = (
        group.when(
            weights, *(group.sample(known, group.attribute(f"{kind}_{name}"), 0) for kind in ("weights", "values"))
        )
        for name in ("low", "high", "clipped")
    )
    apart = group.math("GREATER_THAN", group.math("SUBTRACT", high, low), group.math("MULTIPLY", high, SAME))
    same = group.math("MULTIPLY", group.math("LESS_THAN", apart, 0.5), group.math("GREATER_THAN", high, 0.0))
    digits = group.call("GeometryNodeObjectInfo", {"Object": group["Digits"]}, "Geometry")
    single, several = (
        group.call(
            "GeometryNodeObjectInfo",
            {"Object": group.when(clipped, *(group[name] for name in names), "OBJECT")},
            "Geometry",
        )
        for names in (("Clipped", "One"), ("Several Clipped", "Several"))
    )
    followed = _followed(group, single, digits, _written(group, high))
    return group.finish(
        group.when(same, group.when(group["Number"], followed, single, "GEOMETRY"), several, "GEOMETRY")
    )


def _followed(group, text, digits, number):
    """A text and a number after it, from where the text's last letter stands, as a whole aligned."""
    count = group.call("GeometryNodeAttributeDomainSize", {"Geometry": text}, "Instance Count", component="INSTANCES")
    letters = group.node("FunctionNodeInputString", string=GLYPHS).outputs[0]
    way = _along(group, text, group.math("SUBTRACT", count, 1.0))
    glyphs, places = [], []
    for slot in range(SLOTS):
        letter = group.call("FunctionNodeSliceString", {"String": number, "Position": slot, "Length": 1})
        glyph = group.call("FunctionNodeFindInString", {"String": letters, "Search": letter}, "First Found")
        here, after = (_along(group, digits, place) for place in (glyph, group.math("ADD", glyph, 1.0)))
        glyphs.append(glyph)
        places.append(group.math("SUBTRACT", way, here))
        way = group.math("ADD", way, group.math("SUBTRACT", after, here))
    length = group.call("FunctionNodeStringLength", {"String": number})
    index = group.call("GeometryNodeInputIndex", {})
    line = group.call(
        "GeometryNodePoints",
        {"Count": length, "Position": group.vector(switch(group, index, places, "FLOAT"), 0.0, 0.0)},
    )
    shown = group.call(
        "GeometryNodeInstanceOnPoints",
        {
            "Points": line,
            "Instance": digits,
            "Pick Instance": True,
            "Instance Index": switch(group, index, glyphs, "INT"),
        },
    )
    both = group.node("GeometryNodeJoinGeometry")
    for geometry in (shown, text):
        group.put(both.inputs[0], geometry)
    # what comes after the last letter counted as the first digit, which is as wide as any
    missing = group.math("MULTIPLY", group.math("SUBTRACT", float(SLOTS), length), _along(group, digits, 1))
    width = group.math("SUBTRACT", way, missing)
    share = group.math("MULTIPLY", group.picked("Align"), -0.5)
    return group.call(
        "GeometryNodeTransform",
        {"Geometry": both.outputs[0], "Translation": group.vector(group.math("MULTIPLY", width, share), 0.0, 0.0)},
    )


def _along(group, letters, index):
    """How far along the line a letter stands."""
    return group.separate(group.sample(letters, group.call("GeometryNodeInputPosition", {}), index, "FLOAT_VECTOR"))[0]


def _written(group, value):
    """A number above 0 with three digits; very small and very large ones by powers of ten."""
    power = group.math("LOGARITHM", group.math("MAXIMUM", value, LEAST), 10.0)
    power = group.math("FLOOR", group.math("ADD", power, ROUNDING))
    decimals = group.math("MAXIMUM", group.math("SUBTRACT", 2.0, power), 0.0)
    plain = group.call("FunctionNodeValueToString", {"Value": value, "Decimals": decimals})
    mantissa = group.call(
        "FunctionNodeValueToString",
        {"Value": group.math("DIVIDE", value, group.math("POWER", 10.0, power)), "Decimals": 2},
    )
    exponent = group.call("FunctionNodeValueToString", {"Value": power, "Decimals": 0})
    far = group.math("GREATER_THAN", group.math("ABSOLUTE", group.math("SUBTRACT", power, 0.5)), 3.9)
    return group.when(far, _joined(group, mantissa, "e", exponent), plain, "STRING")


def _joined(group, *texts):
    node = group.node("GeometryNodeStringJoin")
    for text in reversed(texts):  # a multi-input socket lists the latest link first
        if isinstance(text, str):
            constant = group.node("FunctionNodeInputString", string=text)
            text = constant.outputs[0]
        group.put(node.inputs["Strings"], text)
    return node.outputs[0]
