# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shader group "Neuroscene Value", pixel by pixel: what Cycles makes of it is what export takes it for."""

import bpy
import numpy as np
import pytest

from neuroscene.addon import colormaps, compat
from neuroscene.addon.gltf import colours
from neuroscene.addon.nodes import materials, value
from neuroscene.addon.nodes.tree import TreeBuilder
from scene import look

SHADES = np.array([-1.5, -1.0, -0.6, -0.2, -0.01, 0.0, 0.003, 0.05, 0.3, 0.7, 1.0, 1.4], np.float32)
GIVEN = {
    "Low": -1.0,
    "Log": 0.0,
    "Emission": 0.2,
    "Emission by Magnitude": 0.0,
    "Strength": 0.0,
    "Emission by Strength": 0.0,
    "Opacity": 1.0,
    "Opacity by Magnitude": 0.0,
    "Importance": 1.0,
    "Opacity by Importance": 0.0,
    "Density": 1.0,
    "Opacity by Density": 0.0,
    "Near": 0.0,
    "Far": 100.0,
    "Opacity by Distance": 0.0,
    "Pulse": 0.0,
}
AWAY = 1.0  # metres, of the camera that is orthographic, from the squares under its middle
# Every socket at its low, middle and high end, and some together
CASES = [
    {name: one}
    for name, some in {
        "Low": (-1.0, -0.5, 0.0),
        "Log": (0.0, 2.0, 8.0),
        "Emission": (0.0, 1.0, 4.0),
        "Emission by Magnitude": (0.0, 0.85, 3.0),
        "Opacity": (0.0, 0.5, 1.0),
        "Opacity by Magnitude": (0.0, 0.5, 1.0),
        "Pulse": (0.0, 0.5, 5.0),
    }.items()
    for one in some
]
CASES += [{"Strength": one, "Emission by Strength": 1.5} for one in (0.0, 0.5, 1.0)]
CASES += [{"Emission by Strength": one, "Strength": 1.0} for one in (0.0, 0.5, 2.0)]
CASES += [
    {name: share, f"Opacity by {name}": by}
    for name in ("Importance", "Density")
    for share in (0.0, 0.4, 1.0)
    for by in (0.0, 0.5, 1.0)
]
CASES += [
    {"Near": near, "Far": far, "Opacity by Distance": by}
    for near, far in ((0.0, 100.0), (3.0, 6.0), (2.0, 2.0))
    for by in (0.0, 0.6, 1.0)
]
CASES += [{"Low": 0.0, "Log": 3.0, "Emission by Magnitude": 1.0, "Opacity": 0.7, "Opacity by Magnitude": 0.9}]


def expected(case, shade):
    """Factor, emission strength and alpha by the formulas, written out here once more, (n, 3)."""
    given = GIVEN | case
    size = np.minimum(np.abs(shade.astype(np.float64)), 1)
    if given["Log"]:
        reach = 10 ** given["Log"] - 1
        size = np.log1p(reach * size) / np.log1p(reach)
    factor = np.clip((np.sign(shade) * size - given["Low"]) / (1 - given["Low"]), 0, 1)
    light = (
        given["Emission"]
        + given["Emission by Magnitude"] * size**2
        + given["Strength"] * given["Emission by Strength"]
        + given["Pulse"]
    )
    alpha = given["Opacity"] * (1 - given["Opacity by Magnitude"] * (1 - size))
    for name in ("Importance", "Density"):
        alpha = alpha * (1 - given[f"Opacity by {name}"] * (1 - given[name]))
    aside = np.arange(len(shade)) + 0.5 - len(shade) / 2 - 0.125  # of the pixel that is read, from the camera's axis
    distance = np.hypot(np.hypot(aside, 0.125), AWAY)
    far = np.clip((distance - given["Near"]) / max(given["Far"] - given["Near"], 1e-3), 0, 1)
    return np.stack([factor, light, alpha * (1 - given["Opacity by Distance"] * far)], -1)


def patches(material, samples, attributes):
    """A row of squares, one metre each, with attributes on their faces, seen from above; what it looks like, (n, 3)."""
    count = len(next(iter(attributes.values())))
    mesh = bpy.data.meshes.new("patches")
    corners = [(x + dx, dy, 0) for x in range(count) for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1))]
    mesh.from_pydata(corners, [], [range(4 * one, 4 * one + 4) for one in range(count)])
    for name, values in attributes.items():
        mesh.attributes.new(name, "FLOAT", "FACE").data.foreach_set("value", np.asarray(values, np.float32))
    mesh.materials.append(material)
    scene = bpy.context.scene
    for one in list(scene.objects):
        bpy.data.objects.remove(one)
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    camera.data.type, camera.data.ortho_scale = "ORTHO", count
    camera.location = (count / 2, 0.5, 1)
    for one in (bpy.data.objects.new("patches", mesh), camera):
        scene.collection.objects.link(one)
    scene.camera, scene.world = camera, None
    look.plain_render(scene, samples)
    scene.cycles.pixel_filter_type, scene.cycles.transparent_max_bounces = "BOX", 8
    render = scene.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = count * 4, 4, 100
    render.image_settings.file_format, render.image_settings.color_depth = "OPEN_EXR", "32"
    return count, scene


def pixels(path, material, samples=4, **attributes):
    count, scene = patches(material, samples, attributes)
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name = "Non-Color"
    found = np.array(image.pixels[:]).reshape(4, count * 4, -1)
    bpy.data.images.remove(image)
    return found[1, 1::4, :3]


def probe(case):
    """A material that shows the three outputs as red, green (a tenth of it) and blue."""
    material = bpy.data.materials.new("probe")
    tree = TreeBuilder(compat.use_nodes(material))
    shade = tree.node("ShaderNodeAttribute", attribute_type="GEOMETRY", attribute_name="shade").outputs["Fac"]
    node = value.add(tree, {"Shade": shade} | case)
    colour = tree.vector(
        node.outputs["Factor"], tree.math("MULTIPLY", node.outputs["Emission Strength"], 0.1), node.outputs["Alpha"]
    )
    glow = tree.call("ShaderNodeEmission", {"Color": colour})
    tree.put(tree.node("ShaderNodeOutputMaterial").inputs["Surface"], glow)
    return material


@pytest.mark.parametrize("case", CASES, ids=str)
def test_value_group(blank, tmp_path, case):
    found = pixels(tmp_path / "probe.exr", probe(case), shade=SHADES) * [1, 10, 1]
    near = 0.02 if case.get("Opacity by Distance") else 2e-4  # four samples lie anywhere in a pixel
    assert np.abs(found - expected(case, SHADES)).max() < near


def test_every_socket_is_tried_described_and_bounded(blank):
    tried = {name for case in CASES for name in case} | {"Shade"}
    items = [one for one in value.value_group().interface.items_tree if one.in_out == "INPUT"]
    assert {one.name for one in items} == tried == GIVEN.keys() | {"Shade"}
    for one in items:
        assert one.description and one.min_value > -1e30 and one.max_value < 1e30, one.name


def edited(ramp):
    """As a designer would: other places, colours and number of stops."""
    ramp.elements[1].position, ramp.elements[1].color = 0.4, (0.1, 0.8, 0.3, 1)
    ramp.elements.new(0.83).color = (0.5, 0.0, 0.9, 1)


@pytest.mark.parametrize("edit", [None, edited], ids=["as made", "edited"])
@pytest.mark.parametrize("name", ["Weight", "Ocean and Rust", "Furnace"])
def test_lines_are_rendered_as_they_are_exported(blank, tmp_path, name, edit):
    shown = colormaps.maps()[name]
    material = materials.lines("lines", shown.stops)
    node = materials.node_of(material, materials.VALUE)
    node.inputs["Low"].default_value, node.inputs["Log"].default_value = shown.low, 1.0 if edit else 0.0
    if edit:
        edit(materials.ramp_of(material))
    found = pixels(tmp_path / "lines.exr", material, shade=SHADES, strength=np.full(len(SHADES), 0.5))
    written = colours.colours_of(SHADES, material)[:, :3]
    assert np.abs(found - written * (0.208 + 1.235 * 0.5)).max() < 2e-3


def test_a_pulse_adds_light(blank, tmp_path):
    pulse = np.array([0.0, 0.5, 2.0])
    found = pixels(tmp_path / "pulse.exr", materials.copies("copies"), strength=np.zeros(3), pulse=pulse)
    assert np.allclose(found / found[0], ((0.208 + pulse) / 0.208)[:, None], rtol=1e-3)


def test_opacity_lets_through_what_lies_behind(blank, tmp_path):
    """Over nothing, which is black, a line of half the opacity is half as bright."""
    material, shade = materials.lines("lines"), np.array([-1.0, 0.5, 1.0])
    solid = pixels(tmp_path / "solid.exr", material, shade=shade)
    inputs = materials.node_of(material, materials.VALUE).inputs
    inputs["Opacity"].default_value, inputs["Opacity by Magnitude"].default_value = 0.5, 1.0
    found = pixels(tmp_path / "half.exr", material, samples=1024, shade=shade)
    assert np.allclose(found, solid * (0.5 * np.abs(shade))[:, None], rtol=0.1, atol=0.01)


@pytest.mark.parametrize("name", colormaps.maps())
def test_ramps_hold_the_maps(blank, name):
    material, one = materials.cells("cells"), colormaps.maps()[name]
    ramp = materials.ramp_of(material)
    materials.set_stops(ramp, materials.linear_stops(one.stops))
    assert [place for place, _ in materials.stops_of(ramp)] == pytest.approx([place for place, _ in one.stops])
    assert np.allclose(
        [colour for _, colour in materials.stops_of(ramp)],
        [colormaps.linear(colour) for _, colour in one.stops],
        atol=1e-6,
    )
    assert materials.map_of(material) == name
    ramp.elements[0].color = (0.3, 0.3, 0.3, 1)
    assert materials.map_of(material) == ""


def test_what_a_material_does_not_read_does_not_fade_in_an_export(blank):
    """Covers of books have no importance: they stay as they are rendered, while cells and lines fade."""
    read = {"shade": np.ones(3), "importance_order": np.array([0.0, 0.25, 1.0])}
    for material, alpha in ((materials.faces("maps", "Lantern", 0.1, 0.9), 1.0), (materials.cells("cells"), None)):
        materials.node_of(material, materials.VALUE).inputs["Opacity by Importance"].default_value = 1.0
        painted = colours.paint(material, read.get, 3)[:, 3]
        assert np.allclose(painted, [1.0, 0.75, 0.0] if alpha is None else alpha)
    line = materials.lines("lines", colormaps.maps()["Weight"].stops)
    materials.node_of(line, materials.VALUE).inputs["Opacity by Density"].default_value = 0.5
    given = {"shade": np.ones(2), "strength": np.ones(2), "density": np.array([0.2, 1.0])}
    assert np.allclose(colours.paint(line, given.get, 2)[:, 3], [0.6, 1.0])
