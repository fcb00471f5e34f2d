# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""In Solid shading each cell has the color of its value: the mesh that it shows there has the color of its level."""

import bpy
import numpy as np
import pytest

from neuroscene.addon import colormaps
from neuroscene.addon.colormaps.value import NOT_FINITE, factor
from neuroscene.addon.nodes import materials
from neuroscene.addon.nodes.sockets.palette import LEVELS
from neuroscene.addon.scene import palettes
from neuroscene.addon.scene.camera import framing
from neuroscene.addon.scene.looks import painting, styles
from scene import look

SHAPES = ("Tile", "Box", "Sphere", "Disc", "Ellipsoid", "Point")


def drawn(obj) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Colors of the meshes that the cells of a layer show (n, 4), the number of vertices of each, and shades (n,)."""
    bpy.context.view_layer.update()
    geometry = obj.evaluated_get(bpy.context.view_layer.depsgraph).evaluated_geometry()
    cloud = geometry.instances_pointcloud()
    _, which = framing.instance_matrices(cloud)
    count = len(obj.data.vertices)
    shade = np.empty(len(which), np.float32)
    cloud.attributes["shade"].data.foreach_get("value", shade)
    references = list(geometry.instance_references())
    colors, sizes = {}, {}
    for index in np.unique(which[:count]):
        mesh = references[index].mesh
        sizes[index] = len(mesh.vertices)
        if "Color" in mesh.color_attributes:
            held = np.empty((len(mesh.vertices), 4), np.float32)
            mesh.color_attributes["Color"].data.foreach_get("color", held.reshape(-1))
            assert (held == held[0]).all()
            colors[index] = held[0]
    none = np.full(4, np.nan)
    return (
        np.array([colors.get(index, none) for index in which[:count]]),
        np.array([sizes[index] for index in which[:count]]),
        shade[:count],
    )


def near(colors, material, shade) -> bool:
    """Whether colors are those of the ramp; at a border between two levels either is right."""
    inputs = materials.node_of(material, materials.VALUE).inputs
    place = factor(shade.astype(np.float64), inputs["Low"].default_value, inputs["Log"].default_value) * (LEVELS - 1)
    sides = [colors_at(material, np.round(place + away)) for away in (-1e-3, 1e-3)]
    return bool((np.minimum(*(np.abs(colors - side).max(1) for side in sides)) < 1e-5).all())


def colors_at(material, level) -> np.ndarray:
    ramp = materials.ramp_of(material)
    return np.array([ramp.evaluate(min(max(each / (LEVELS - 1), 0.0), 1.0))[:] for each in level])


@pytest.fixture
def network(registered):
    return look.build(look.CNN, given=look.DIGIT)


def test_every_cell_has_the_color_of_its_value(network):
    for obj in look.layers(network).values():
        colors, _, shade = drawn(obj)
        assert near(colors, look.inputs(obj)["Material"], shade), obj.name
    assert len(np.unique(drawn(look.layers(network)["conv2"])[0], axis=0)) > 30


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_has_its_colors(network, shape):
    obj = look.layers(network)["conv1"]
    look.set_input(obj, "Shape", shape)
    colors, sizes, shade = drawn(obj)
    look.set_input(obj, "Palette", None)
    plain, alone, _ = drawn(obj)
    assert np.isnan(plain).all() and (sizes == alone).all()
    assert near(colors, look.inputs(obj)["Material"], shade)


@pytest.mark.parametrize("map_", ["Tide and Ember", "Lantern"])
@pytest.mark.parametrize("log", [0.0, 3.0])
def test_it_follows_map_and_scale(network, map_, log):
    part = painting.part_of(bpy.context, network)
    painting.set_map(part, "cells", map_)
    painting.set_scale(part, "cells", colormaps.maps()[map_].low < 0, log)
    obj = look.layers(network)["conv2"]
    colors, _, shade = drawn(obj)
    assert near(colors, look.inputs(obj)["Material"], shade)


def test_what_is_not_finite_is_pink(network):
    obj = look.layers(network)["scores"]
    values = np.array([np.nan, np.inf, *range(8)], np.float32)
    obj.data.attributes["value"].data.foreach_set("value", values)
    obj.data.update_tag()
    colors, _, _ = drawn(obj)
    assert np.allclose(colors[:2], colormaps.linear(NOT_FINITE)) and not np.allclose(colors[2], colors[0])


def test_a_ramp_edited_by_hand_is_followed(network):
    obj = look.layers(network)["conv1"]
    material = look.inputs(obj)["Material"]
    materials.ramp_of(material).elements[0].color = (0.0, 1.0, 0.0, 1.0)
    materials.ramp_of(material).elements[-1].color = (0.0, 1.0, 0.0, 1.0)
    bpy.context.view_layer.update()
    colors, _, shade = drawn(obj)
    assert near(colors, material, shade)


def test_a_part_with_a_map_of_its_own_has_its_palette(network):
    layers = look.layers(network)
    bpy.context.view_layer.objects.active = layers["conv2"]
    layers["conv2"].select_set(True)
    painting.set_map(painting.part_of(bpy.context, network, "SELECTED"), "cells", list(colormaps.maps())[3])
    assert look.inputs(layers["conv1"])["Palette"] != look.inputs(layers["conv2"])["Palette"]
    for obj in layers.values():
        colors, _, shade = drawn(obj)
        assert near(colors, look.inputs(obj)["Material"], shade)


@pytest.mark.parametrize("socket", ["Material", "Cell"])
def test_another_material_or_cell_shows_none_of_it(network, socket):
    """What somebody puts in by hand is what is seen, whether the extension is there or not."""
    obj = look.layers(network)["conv1"]
    if socket == "Material":
        other = bpy.data.materials.new("mine")
    else:
        mesh = bpy.data.meshes.new("mine")
        mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
        other = bpy.data.objects.new("mine", mesh)
    look.set_input(obj, socket, other)
    colors, sizes, _ = drawn(obj)
    assert np.isnan(colors).all()
    if socket == "Cell":
        assert (sizes == 3).all()
    palettes.follow([obj])
    colors, sizes, _ = drawn(obj)
    assert np.isnan(colors).all() == (socket == "Material")
    assert (sizes == 3).all() == (socket == "Cell")


def test_styles_keep_colors_true(network):
    for style in list(styles.STYLES)[:4]:
        styles.apply(styles.STYLES[style], painting.part_of(bpy.context, network))
        obj = look.layers(network)["conv2"]
        colors, _, shade = drawn(obj)
        assert near(colors, look.inputs(obj)["Material"], shade), style


def test_lines_still_end_on_cells(network):
    """They sample instances by their index, whichever mesh each shows."""
    bundle = next(one for one in look.of_kind(network, "connections") if look.facts(one)["target"] == "conv2")
    before = look.curve_places(bundle, look.evaluate(network))
    for obj in look.layers(network).values():
        look.set_input(obj, "Palette", None)
    assert np.array_equal(before, look.curve_places(bundle, look.evaluate(network)))


def test_lines_in_solid_shading_have_the_color_of_no_sign(registered):
    network = look.build(look.CNN, look.DIGIT)
    bundle = next(obj for obj in look.of_kind(network, "connections") if look.facts(obj)["carries"] == "weight")
    for style in ("Cinema", "Paper", "Neon"):
        bpy.ops.neuroscene.apply_style(style=style)
        red, green, blue = look.inputs(bundle)["Material"].diffuse_color[:3]
        assert max(red, green, blue) < 2 * min(red, green, blue), style  # gray
