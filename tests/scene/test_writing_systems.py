# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of layers and classes in any script: every letter has a picture, in the order and form that readers expect."""

import struct

import bpy
import numpy as np
import pytest

from neuroscene.addon.gltf import export
from neuroscene.addon.scene.texts import labels, words, writing_systems
from scene import look
from scene.glb import Glb
from unit.make import model, node, save, seeded

SCRIPTS = {
    "Chinese": "卷积层一",
    "Japanese": "日本語カナ",
    "Korean": "한국어",
    "Arabic": "العربية",
    "Hebrew": "עברית",
    "Thai": "ไทย",
    "Hindi": "हिन्दी",
    "emoji": "😀🚀🙂",
    "Greek": "λύση",
    "Cyrillic": "свёртка",
    "signs": "✓ ≠ ∑",
}


def outline(text: str, font=None) -> np.ndarray:
    """The vertices (n, 3) of a text object."""
    material = bpy.data.materials.new("ink")
    obj = labels.text(text, 1.0, material)
    if font:
        obj.data.font = font
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.update()
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    points = look.array(evaluated.to_mesh().attributes, "position")
    evaluated.to_mesh_clear()
    return points


def is_box(points: np.ndarray) -> bool:
    """Whether an outline is that of a letter that our font has not, at any size."""
    missing = outline("\u0e01", labels.font())  # 4.5 leaves it out
    if not len(points) or not len(missing):
        return not len(points)
    one, other = ((shape - shape.min(0)) / np.ptp(shape, 0).max() for shape in (points, missing))
    return len(one) == len(other) and np.allclose(one, other, atol=1e-3)


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_every_letter_has_a_picture(blank, text):
    shapes = [outline(letter) for letter in writing_systems.visual(text).replace(" ", "")]
    assert not any(is_box(points) for points in shapes)
    assert len({len(points) for points in shapes}) > 1 or len(shapes) == 1


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_letters_are_as_large_as_those_of_our_own_font(blank, text):
    wide, high, _ = np.ptp(outline(text), 0)
    _, latin, _ = np.ptp(outline("Hxg"), 0)
    assert 0.55 * latin < high < 1.4 * latin
    assert wide == pytest.approx(labels.width_of(text), rel=0.25)  # the room that the label is given


def test_latin_text_keeps_our_font_and_a_text_may_change_its_script(blank):
    obj = labels.text("conv1 × 3", 0.5, bpy.data.materials.new("ink"))
    assert obj.data.font == labels.font() and obj.data.size == 0.5
    labels.write_body(obj, "卷积层")
    assert obj.data.font.filepath == "<builtin>" and obj.data.size < 0.5
    labels.write_body(obj, "conv1")
    assert obj.data.font == labels.font() and obj.data.size == pytest.approx(0.5)


def test_right_to_left(blank):
    visual = writing_systems.visual
    assert visual("conv 3 × 3") == "conv 3 × 3"
    assert visual("עברית") == "תירבע"
    assert visual("שכבה 12") == "12 הבכש"  # a number keeps its order
    assert visual("conv שכבה out") == "conv הבכש out"
    assert visual("(שכבה)") == "(הבכש)"  # brackets are mirrored
    assert visual("مرحبا") == "\ufe8e\ufe92\ufea3\ufeae\ufee3"  # initial m, final r, initial h, medial b, final a
    assert visual("سلام") == "\ufee1\ufefc\ufeb3"  # lam and alef are one sign
    assert visual("e\u0301") == "e\u0301"


def test_what_no_font_has_is_told_by_its_number(blank):
    assert writing_systems.visual("a\ue000b") == "aU+E000b"
    assert writing_systems.visual("\u200bx\ufe0f") == "x"
    assert writing_systems.visual("a\tb\x07") == "a bU+0007"


def test_the_list_of_letters_is_that_of_the_font():
    data = labels.FONT.read_bytes()
    tables = {
        data[12 + 16 * i : 16 + 16 * i]: struct.unpack(">II", data[20 + 16 * i : 28 + 16 * i])
        for i in range(struct.unpack(">H", data[4:6])[0])
    }
    start, _ = tables[b"cmap"]
    count = struct.unpack(">H", data[start + 2 : start + 4])[0]
    found = set()
    for record in range(count):
        place = start + struct.unpack(">I", data[start + 8 + 8 * record : start + 12 + 8 * record])[0]
        kind = struct.unpack(">H", data[place : place + 2])[0]
        if kind == 4:
            half = struct.unpack(">H", data[place + 6 : place + 8])[0] // 2
            ends = struct.unpack(f">{half}H", data[place + 14 : place + 14 + 2 * half])
            starts = struct.unpack(f">{half}H", data[place + 16 + 2 * half : place + 16 + 4 * half])
            found.update(code for first, last in zip(starts, ends, strict=True) for code in range(first, last + 1))
    assert {ord(letter) for letter in writing_systems.letters()} - {10} == found - {0xFFFF}


NAMES = ["層 一", "🙂", "طبقة", "<b>bold</b>"]


@pytest.fixture
def network(blank, tmp_path):
    nodes, last = [], "x"
    for index, name in enumerate(NAMES):
        nodes.append(node("MatMul", [last, f"w{index}"], [name], name=name))
        last = name
    weights = {f"w{index}": seeded(4, 4) for index in range(len(NAMES))}
    return look.build(save(tmp_path, model(nodes, {"x": (1, 4)}, {last: (1, 4)}, weights)))


def test_labels_of_layers(network):
    said = {name: look.labels(network)[name]["name"] for name in NAMES}
    for name, label in said.items():
        assert labels.body_of(label) == name, name
        assert label.data.body == writing_systems.visual(name)


def test_a_name_that_is_a_tag_stays_as_it_is(network):
    layer = look.layers(network)["<b>bold</b>"]
    assert look.facts(layer)["label"]["name"] == "<b>bold</b>"
    assert words.SEPARATOR.split("/block/conv") == ["", "block", "conv"]


def test_the_export_tells_names_as_they_are_written(network, tmp_path):
    export.export(tmp_path / "out.glb", export.ExportOptions())
    file = Glb(tmp_path / "out.glb")
    said = {line for name in file.of_kind("label") for line in file.facts(name)["text"]}
    assert {*NAMES} <= said
