# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text in the scene: labels of layers and blocks, and the font of all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import blf
import bpy

from ..entities import Font, Label, LayerObject, TextCurve, layer_or_block
from . import writing_systems

PARTS = {
    "name": (1.0, "label"),
    "shape": (0.78, "dim"),
    "evidence": (0.86, "label"),
    "notes": (0.68, "dim"),
}  # sizes in ems, and materials
FONT = Path(__file__).parent / "fonts" / "Inter.ttf"
LINE = 1.2  # height of a line, in its size
NEAR = 1e-6  # as single numbers are the same
BUILT_IN = 0.83  # how large the built-in font is set, so that its letters are as high as ours
INK = 0.81  # ems of a text object in one of its font: 0.77 to 0.80, by the letters at its ends


def font() -> bpy.types.VectorFont:
    """Inter, packed so that the file shows the same everywhere.

    The copy beside this module is Blender's own, cut down and not compressed: Blender opens a font anew for every
    glyph, which takes 6.5 ms with the one it ships and 0.2 ms with this.
    """
    known = next((font for font in bpy.data.fonts if font.packed_file and Font.is_one(font)), None)
    if known:
        return known
    loaded = bpy.data.fonts.load(str(FONT))
    loaded.pack()
    Font.make(loaded)
    return loaded


def text(body: str, size: float, material: bpy.types.Material, align: str = "CENTER", vertical: str = "TOP"):
    """A text object that only the camera sees."""
    curve = bpy.data.curves.new(body, "FONT")
    curve.size = size
    curve.align_x = align
    curve.align_y = vertical
    curve.font = font()
    curve.resolution_u = 3  # the default of 12 costs four times as long, and nobody sees it
    curve.materials.append(material)
    obj = bpy.data.objects.new(body, curve)
    write_body(obj, body)
    seen_by_camera(obj)
    return obj


def write_body(obj: bpy.types.Object, body: str) -> None:
    """Let a text object show a text in whatever script it is.

    Blender's built-in font falls back to the fonts that come with Blender; it is larger than ours.
    """
    curve = obj.data
    shown = writing_systems.visual(body)
    if curve.body == shown:
        return
    ours = writing_systems.is_latin(shown)
    factor = (1.0 if ours else BUILT_IN) / (1.0 if _is_ours(curve) else BUILT_IN)
    curve.size *= factor
    curve.space_line /= factor
    curve.font = font() if ours else _built_in()
    curve.body = shown
    TextCurve.make(curve, body=body)


def body_of(obj: bpy.types.Object) -> str:
    """What a text object says: as it was given to us, or as somebody has changed it since."""
    curve = TextCurve.of(obj.data)
    known = curve.body if curve else ""
    return known if writing_systems.visual(known) == obj.data.body else obj.data.body


def _is_ours(curve):
    return Font.is_one(curve.font)


def _built_in():
    known = next((font for font in bpy.data.fonts if font.filepath == "<builtin>"), None)
    return known or bpy.data.fonts.load("<builtin>")


def seen_by_camera(obj: bpy.types.Object) -> None:
    """Let only the camera see an object: text throws no shadow."""
    for ray in ("diffuse", "glossy", "shadow", "transmission", "volume_scatter"):
        setattr(obj, f"visible_{ray}", False)


@dataclass(frozen=True)
class Part:
    """A part of a label: what it says, and its room in ems from the top of the label."""

    name: str
    body: str
    above: float
    width: float
    below: float  # the lower edge


def parts(owner: bpy.types.Object) -> list[Part]:
    """The parts of the label of a layer or a block, as it says on it, from top to bottom."""
    said = []
    above = 0.0
    label = layer_or_block(owner).label
    for name, (size, _) in PARTS.items():
        body = label.get(name, "")
        if body:
            below = above + size * LINE * (body.count("\n") + 1) + 0.1
            said.append(Part(name, body, above, size * width_of(body), below))
            above = below
    return said


@cache
def width_of(body: str) -> float:
    """The width of the widest line of a text, in ems."""
    face = blf.load(str(FONT))
    fine = 100
    blf.size(face, fine)
    return INK * max(blf.dimensions(face, line)[0] for line in writing_systems.visual(body).split("\n")) / fine


def say(owner: bpy.types.Object, said: dict[str, str]) -> None:
    """Let the label of a layer or a block say this, by its parts. Its texts are made when there is a place for them.

    `base` is what of the notes stays however many lines are shown.
    """
    label = {name: said[name] for name in PARTS if name in said}
    layer = LayerObject.of(owner)
    if layer is not None:
        layer.base_name = label.get("name", "")
        if layer.title:
            label["name"] = layer.title
    layer_or_block(owner).tell(label=label, base=said.get("base", ""))


def say_name(obj: bpy.types.Object, name: str) -> None:
    """Let the text of a label say a new name, unless somebody has written another text there."""
    if not edited(obj):
        write_body(obj, name)


def edited(obj: bpy.types.Object) -> bool:
    """Whether somebody has written over a text of ours."""
    curve = TextCurve.of(obj.data)
    return curve is not None and writing_systems.visual(curve.body) != obj.data.body


def make(owner: bpy.types.Object, part: Part, materials: dict) -> bpy.types.Object:
    """The text of a part of a label, a child of its owner."""
    size, material = PARTS[part.name]
    obj = text(part.body, size, materials[material])
    entity = layer_or_block(owner)
    called = entity.called if isinstance(entity, LayerObject) else entity.named
    obj.name = f"{called} {part.name}"  # a layer's own name is for the layer
    Label.make(obj, part=part.name, owner=entity.named, of_kind=entity.KIND)
    obj.parent = owner
    return obj


def write(obj: bpy.types.Object, part: Part) -> None:
    """Let a text say what its part does now."""
    if not edited(obj):
        write_body(obj, part.body)
    curve = obj.data
    for name, value in (("space_line", LINE / (1.0 if _is_ours(curve) else BUILT_IN)), ("offset_y", -part.above)):
        if abs(getattr(curve, name) - value) > NEAR * max(1.0, abs(value)):  # Blender makes a text anew in any case
            setattr(curve, name, value)
