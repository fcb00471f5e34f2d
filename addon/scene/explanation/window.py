# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A map of 7 x 7 cells with a window over it, beside any network: what kernel, stride, padding and dilation do."""

from __future__ import annotations

from math import pi

import bpy

from ...nodes import materials as shaders
from ...nodes import window as nodes
from ...nodes.tree import attach
from ..entities import WindowMap, WindowPart
from ..texts import labels
from . import panel as drawing
from .panel import Figure, Panel

SIZE = 0.16  # of letters
BELOW = -2.2  # metres under the middle of the maps is the line of numbers
FORMULA: tuple[str | Figure, ...] = (
    "(",
    Figure(nodes.SIZE, 2, 0),
    "+ 2 ×",
    Figure(nodes.PADDING, 1, 0),
    "−",
    Figure(nodes.DILATION, 1, 0),
    "× (",
    Figure(nodes.KERNEL, 2, 0),
    "− 1 ) − 1 ) ÷",
    Figure(nodes.STRIDE, 1, 0),
    "+ 1, rounded down, =",
    Figure(nodes.MADE, 2, 0, last=True),
)
WORDS = ("size", "padding", "dilation", "kernel", "stride", "made")


def add(scene: bpy.types.Scene) -> bpy.types.Object:
    """Put a window over a map into a scene, at its cursor."""
    panel = Panel("Window")
    panel.bottom = BELOW
    panel.formula(FORMULA, SIZE)
    for (x, _, z), step in zip(panel.places, panel.points["step"], strict=True):
        panel.say("word", WORDS[step], x, z - 1.4 * SIZE, 0.6 * SIZE)
    obj = bpy.data.objects.new("Window", panel.mesh())
    obj.location = scene.cursor.location
    plain = shaders.flat("Window Numbers", "#c9d6ea", 1.0)
    dim = shaders.flat("Window Words", "#7f93b2", 0.8)
    digits = drawing.letters("Window digits", plain)
    attach(
        obj,
        "Window",
        nodes.window_group(),
        {
            "Digits": digits,
            "Cell Material": shaders.tiles("Window Cells"),
            "Padding Material": shaders.flat("Window Padding", "#2b3a55", 0.4),
            "Number Material": plain,
            "Ink Material": plain,
            "Result Material": shaders.flat("Window Frame", "#ffb861", 1.3),
        },
    )
    WindowMap.make(obj)
    collection = scene.collection
    for part in (obj, digits):
        collection.objects.link(part)
    for _, body, x, z, size, _, align in panel.words:
        text = labels.text(body, size, dim, align, "CENTER")
        text.location, text.rotation_euler = (x, 0.0, z), (pi / 2, 0.0, 0.0)
        WindowPart.make(text)
        collection.objects.link(text)
        text.parent = obj
    WindowPart.make(digits)
    digits.parent = obj
    return obj
