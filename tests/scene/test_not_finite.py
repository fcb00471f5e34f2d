# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""NaN and infinities are seen: a colour of their own, a line in the caption, the sidebar and the page; and numbers near
the ends of single precision have the shades that they should."""

import bpy
import numpy as np
import pytest

from neuroscene.addon import colormaps
from neuroscene.addon.colormaps.value import LEAST_NOT_FINITE, NOT_FINITE
from neuroscene.addon.gltf import export
from neuroscene.addon.gltf.colours import colours_of
from neuroscene.addon.scene.looks import styles
from neuroscene.addon.scene.looks.painting import part_of
from scene import look
from scene.glb import Glb
from unit.make import model, node, save, seeded

WRONG = {(0, 0): np.nan, (1, 1): np.inf, (2, 2): -np.inf, **{(3, column): np.nan for column in range(6)}}
PINK = np.array(colormaps.linear(NOT_FINITE))


def matrix():
    weight = seeded(8, 6)
    for place, number in WRONG.items():
        weight[place] = number
    return weight


@pytest.fixture
def network(blank, tmp_path):
    """A layer with nine weights that are not finite, and one without."""
    nodes = [node("MatMul", ["x", "a"], ["fc0"], name="fc0"), node("MatMul", ["fc0", "b"], ["fc1"], name="fc1")]
    return look.build(save(tmp_path, model(nodes, {"x": (1, 8)}, {"fc1": (1, 4)}, {"a": matrix(), "b": seeded(6, 4)})))


def shades(thing, depsgraph):
    read = look.on_curves if thing.type == "CURVES" else look.on_cells
    return read(thing, depsgraph, "shade")


def test_lines_show_them_first_and_in_their_colour(network):
    (bundle,) = (one for one in look.of_kind(network, "connections") if look.facts(one)["target"] == "fc0")
    weight, source, target = (look.values_of(bundle, name) for name in ("weight", "source", "target"))
    assert np.array_equal(weight, matrix()[source, target], equal_nan=True)
    wrong = ~np.isfinite(weight)
    assert wrong.sum() == len(WRONG)
    depsgraph = look.evaluate(network)
    shade = shades(bundle, depsgraph)
    assert np.array_equal(shade > LEAST_NOT_FINITE, wrong)
    colours = colours_of(shade, look.inputs(bundle)["Material"])
    assert np.allclose(colours[wrong], PINK) and not np.isclose(colours[~wrong], PINK).all(1).any()
    strength = look.on_curves(bundle, depsgraph, "strength")
    assert (strength[wrong] == 1.0).all()


def test_few_lines_show_them_before_all_others(blank, tmp_path):
    path = save(tmp_path, model([node("MatMul", ["x", "a"], ["y"])], {"x": (1, 8)}, {"y": (1, 6)}, {"a": matrix()}))
    network = look.build(path, lines_a_pair=9)
    (bundle,) = look.of_kind(network, "connections")
    assert (~np.isfinite(look.values_of(bundle, "weight"))).sum() >= 6  # each neuron has one line at least
    look.set_input(bundle, "Most", 6)
    kept = look.on_curves(bundle, look.evaluate(network), "weight")
    assert len(kept) == 6 and not np.isfinite(kept).any()


def test_the_strongest_kernels_are_those_that_are_not_finite(blank, tmp_path):
    weight = seeded(40, 3, 3, 3)
    weight[17, 1, 1, 1] = np.nan
    path = save(
        tmp_path, model([node("Conv", ["x", "w"], ["y"])], {"x": (1, 3, 8, 8)}, {"y": (1, 40, 6, 6)}, {"w": weight})
    )
    network = look.build(path, max_cells=300, lines_a_pair=5)
    layer = look.layers(network)["y"]
    assert 17 in look.values_of(layer, "unit")
    (bundle,) = look.of_kind(network, "connections")
    assert np.isnan(look.values_of(bundle, "weight")[0])


@pytest.mark.parametrize("style", [None, *styles.STYLES])
def test_cells_show_them_under_every_style(blank, tmp_path, style):
    nodes = [node("Log", ["x"], ["l"]), node("MatMul", ["l", "w"], ["y"])]
    path = save(tmp_path, model(nodes, {"x": (1, 8)}, {"y": (1, 4)}, {"w": seeded(8, 4)}))
    np.save(tmp_path / "x.npy", np.array([[0, -1, 2, 3, 0.5, 7, 9, 1]], np.float32))
    network = look.build(path, tmp_path / "x.npy")
    if style:
        styles.apply(styles.STYLES[style], part_of(bpy.context, network, "NETWORK"))
    layer = look.layers(network)["l"]
    values = look.values_of(layer)
    shade = shades(layer, look.evaluate(network))[: len(values)]
    wrong = ~np.isfinite(values)
    assert wrong.sum() == 2 and np.array_equal(shade > LEAST_NOT_FINITE, wrong)
    assert np.allclose(colours_of(shade, look.inputs(layer)["Material"])[wrong], PINK)
    said = {look.facts(one).get("role"): one for one in look.of_kind(network, "caption")}
    assert said["not finite"].data.body == "In this color: values that are not finite (NaN or infinite), from l on."


def test_a_map_that_is_one_tile_shows_them(blank, tmp_path):
    path = save(tmp_path, model([node("Log", ["x"], ["y"])], {"x": (1, 8, 16, 16)}, {"y": (1, 8, 16, 16)}))
    given = np.ones((1, 8, 16, 16), np.float32)
    given[0, 5, 3, 3] = -1.0
    np.save(tmp_path / "x.npy", given)
    network = look.build(path, tmp_path / "x.npy", max_cells=16)
    layer = look.layers(network)["y"]
    shade = shades(layer, look.evaluate(network))[: len(look.values_of(layer))]
    assert np.array_equal(look.values_of(layer, "unit")[shade > LEAST_NOT_FINITE], [5])


def test_a_folded_layer_shows_that_some_are_not_finite(network):
    layer = look.layers(network)["fc0"]
    look.set_input(layer, "Fold", 1.0)
    geometry = layer.evaluated_get(look.evaluate(network)).evaluated_geometry()
    shade = look.array(geometry.instances_pointcloud().attributes, "shade")
    assert len(shade) == len(look.values_of(layer)) + 1 and shade[-1] > LEAST_NOT_FINITE  # the slab


def test_the_caption_counts_them_and_tells_where(network):
    said = {look.facts(one).get("role"): one for one in look.of_kind(network, "caption")}
    text = said["not finite"].data
    assert text.body == "In this color: 9 weights are not finite (NaN or infinite), first in fc0."
    assert np.allclose(text.materials[0].node_tree.nodes["Color"].outputs[0].default_value, PINK)
    assert said["sentence"].data.body == ""
    assert look.facts(network)["not_finite"].startswith("9 weights are not finite")
    assert look.facts(look.layers(network)["fc0"])["statistics"]["not_finite"] == "9"


def test_a_sound_network_does_not_speak_of_it(blank):
    network = look.build(look.MLP, look.DIGIT)
    said = {look.facts(one).get("role"): one for one in look.of_kind(network, "caption")}
    assert said["not finite"].data.body == "" and said["sentence"].data.body.startswith("Each cube is one number")


def test_kernels_show_them(registered, tmp_path):
    weight = seeded(4, 3, 3, 3)
    weight[2, 1, 0, 2] = np.nan
    path = save(
        tmp_path, model([node("Conv", ["x", "w"], ["y"])], {"x": (1, 3, 8, 8)}, {"y": (1, 4, 6, 6)}, {"w": weight})
    )
    network = look.build(path)
    bpy.context.view_layer.objects.active = look.layers(network)["y"]
    assert bpy.ops.neuroscene.show_kernels() == {"FINISHED"}
    (kernels,) = look.of_kind(network, "kernels")
    colours = look.on_cells(kernels, look.evaluate(network), "kernel")
    (place,) = np.flatnonzero(np.isclose(colours[:, :3], colormaps.srgb(NOT_FINITE), atol=1e-6).all(1))
    assert [look.values_of(kernels, name)[place] for name in ("unit", "row", "column")] == [2, 0, 2]
    assert np.isfinite(colours).all()


def test_a_glb_has_their_colour_and_no_number_for_them(network, tmp_path):
    export.export(tmp_path / "out.glb", export.ExportOptions())
    file = Glb(tmp_path / "out.glb")
    (bundle,) = (one for one in look.of_kind(network, "connections") if look.facts(one)["target"] == "fc0")
    weight, colours = file.attribute(bundle.name, "_WEIGHT"), file.colours(bundle.name)
    wrong = np.abs(weight) >= np.finfo(np.float32).max
    assert wrong.any() and np.allclose(colours[wrong][:, :3], PINK[:3], atol=1e-3)


@pytest.mark.parametrize("scale", [1e-30, 1e-13, 1e13, 1e31])
def test_kernels_of_tiny_and_huge_numbers_are_told_apart(blank, tmp_path, scale):
    weight = np.ones((4, 1, 3, 3)) * np.array([1.0, 0.5, 0.25, 0.0]).reshape(4, 1, 1, 1)
    path = save(
        tmp_path,
        model(
            [node("Conv", ["x", "w"], ["y"])],
            {"x": (1, 1, 8, 8)},
            {"y": (1, 4, 6, 6)},
            {"w": (weight * scale).astype(np.float32)},
        ),
    )
    network = look.build(path)
    (bundle,) = look.of_kind(network, "connections")
    magnitude = np.sort(look.values_of(bundle, "magnitude"))[::-1] / scale
    assert np.allclose(magnitude[:3], [3.0, 1.5, 0.75], rtol=1e-5)
    assert look.on_curves(bundle, look.evaluate(network), "strength").max() > 0.9


@pytest.mark.parametrize("scale", [1e-44, 1e-38, 1e-30, 1e-13, 1e13, 1e31, 1e38])
def test_shades_are_relative_however_small_or_large_the_numbers(blank, tmp_path, scale):
    weight = (np.array([[1.0, 0.5], [-0.25, 0.0]]) * scale).astype(np.float32)
    path = save(tmp_path, model([node("MatMul", ["x", "w"], ["y"])], {"x": (1, 2)}, {"y": (1, 2)}, {"w": weight}))
    network = look.build(path)
    (bundle,) = look.of_kind(network, "connections")
    drawn, extent = look.values_of(bundle, "weight"), look.inputs(bundle)["Weight Range"]
    shade = shades(bundle, look.evaluate(network))
    assert len(drawn) >= 3 and np.abs(drawn).max() == np.abs(weight).max()
    coarse = 0.2 if scale < 1e-40 else 1e-3
    assert np.allclose(shade, drawn.astype(np.float64) / extent, rtol=coarse, atol=1e-6)
    assert 0.9 < np.abs(shade).max() <= 1.1 and np.isfinite(extent) and extent > 0
    strength = look.on_curves(bundle, look.evaluate(network), "strength")
    assert strength.max() > 0.9 and (np.diff(strength[np.argsort(np.abs(drawn))]) >= 0).all()
