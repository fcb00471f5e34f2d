# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges that follow what a layer, its block or the network holds, and the legend that tells them."""

import bpy
import numpy as np
import pytest

from neuroscene.addon.nodes import legend, ranges
from neuroscene.addon.nodes.tree import attach
from neuroscene.addon.scene import entities
from neuroscene.addon.scene.looks import painting
from neuroscene.addon.scene.texts import labels
from scene import look

CLIPS = (50.0, 87.5, 100.0)
NAMES = {"layer": "Range", "connections": "Weight Range"}


def told(thing, depsgraph) -> float:
    """The range in force, as the evaluated thing tells it; all of it tells the same."""
    read = look.on_cells if look.facts(thing)["kind"] == "layer" else look.on_curves
    found = read(thing, depsgraph, "range")
    assert (found == found[0]).all()
    return float(found[0])


def shade(thing, depsgraph):
    kind = look.facts(thing)["kind"]
    if kind == "layer":
        return look.on_cells(thing, depsgraph, "shade"), look.values_of(thing)
    return look.on_curves(thing, depsgraph, "shade"), look.values_of(thing, "weight")


def sizes(things, name="value"):
    every = np.concatenate([np.abs(look.values_of(one, name)) for one in things] or [np.zeros(0)]).astype(np.float64)
    return every[every > 0]


def percentile(every, clip):
    """Between whole percents in a straight line, as the table is read."""
    below = np.floor(clip)
    ends = np.percentile(every, [below, min(below + 1, 100)])
    return ends[0] + (ends[1] - ends[0]) * (clip - below)


def check_range(thing, depsgraph, expected, rtol=1e-5):
    found = told(thing, depsgraph)
    assert np.isclose(found, expected, rtol=rtol), (thing.name, found, expected)
    shown, values = shade(thing, depsgraph)
    assert np.allclose(shown * found, values, rtol=1e-4, atol=1e-6 * found), thing.name


def check_rank(thing, depsgraph, every, clip):
    """Pooled quantiles are good to a hundredth of the ranks."""
    found = told(thing, depsgraph)
    ranks = [np.mean(every < found * (1 - 1e-5)), np.mean(every <= found * (1 + 1e-5))]
    assert ranks[0] - 0.012 <= clip / 100 <= ranks[1] + 0.012, (thing.name, found, ranks)
    shown, values = shade(thing, depsgraph)
    assert np.allclose(shown * found, values, rtol=1e-4, atol=1e-6 * found), thing.name


def follow(network, kind, source, clip):
    for thing in look.of_kind(network, kind):
        look.set_input(thing, "Range From", source)
        look.set_input(thing, "Clip", clip)
    return look.evaluate(network)


@pytest.fixture(scope="module")
def cnn():
    look.fresh()
    return look.build(look.CNN, look.DIGIT)


@pytest.fixture(scope="module")
def blocks():
    """A network of blocks at rest, with lines of all kinds."""
    look.fresh()
    return look.build(look.RESNET)


@pytest.mark.parametrize("clip", CLIPS)
def test_a_layer_follows_its_own_values(cnn, clip):
    depsgraph = follow(cnn, "layer", "Layer", clip)
    for thing in look.of_kind(cnn, "layer"):
        check_range(thing, depsgraph, percentile(sizes([thing]), clip))


@pytest.mark.parametrize("clip", CLIPS)
def test_lines_follow_the_weights_into_their_layer(cnn, clip):
    depsgraph, into = follow(cnn, "connections", "Layer", clip), {}
    for one in look.of_kind(cnn, "connections"):
        if look.facts(one)["carries"] == "weight":
            into.setdefault(look.facts(one)["target"], []).append(one)
    assert len(into) >= 4
    for some in into.values():
        for one in some:
            check_range(one, depsgraph, percentile(sizes(some, "weight"), clip))


@pytest.mark.parametrize("clip", CLIPS)
def test_layers_follow_the_network(cnn, clip):
    depsgraph = follow(cnn, "layer", "Network", clip)
    every = sizes(look.of_kind(cnn, "layer"))
    for thing in look.of_kind(cnn, "layer"):
        check_rank(thing, depsgraph, every, clip)
    assert len({told(one, depsgraph) for one in look.of_kind(cnn, "layer")}) == 1


def test_without_a_network_the_own_number_counts(cnn):
    thing = look.layers(cnn)["conv2"]
    root = look.inputs(thing)["Network"]
    follow(cnn, "layer", "Network", 99.0)
    look.set_input(thing, "Network", None)
    assert np.isclose(told(thing, look.evaluate(cnn)), look.inputs(thing)["Range"])
    look.set_input(thing, "Network", root)
    assert told(thing, look.evaluate(cnn)) != look.inputs(thing)["Range"]


def test_sockets_are_described_and_bounded(cnn):
    for kind, name in NAMES.items():
        thing = look.of_kind(cnn, kind)[0]
        items = {
            one.name: one for one in look.modifier(thing).node_group.interface.items_tree if one.item_type == "SOCKET"
        }
        for socket in (name, "Range From", "Clip", ranges.LAYER_ROW, ranges.BLOCK_ROW):
            assert items[socket].description, socket
        assert items[ranges.LAYER_ROW].hide_in_modifier and items[ranges.BLOCK_ROW].hide_in_modifier
        assert (items["Clip"].min_value, items["Clip"].max_value) == (50, 100)


@pytest.mark.parametrize("clip", CLIPS)
def test_layers_follow_their_block(blocks, clip):
    depsgraph, seen = follow(blocks, "layer", "Block", clip), set()
    things, boxes = look.layers(blocks), look.boxes(blocks)
    for thing in things.values():
        path = look.facts(thing)["block"]
        names = look.facts(boxes[path])["layers"] if path else list(things)
        every = sizes([things[name] for name in names])
        if len(every):
            check_rank(thing, depsgraph, every, clip)
            seen.add(round(told(thing, depsgraph), 6))
    assert len(seen) >= 4


@pytest.mark.parametrize("clip", CLIPS)
def test_lines_follow_the_network_without_scales_of_normalisations(blocks, clip):
    depsgraph, things = follow(blocks, "connections", "Network", clip), look.layers(blocks)
    weighted = [one for one in look.of_kind(blocks, "connections") if look.facts(one)["carries"] == "weight"]
    kept = [one for one in weighted if "Norm" not in look.facts(things[look.facts(one)["target"]])["op"]]
    every = sizes(kept, "weight")
    for one in weighted:
        check_rank(one, depsgraph, every, clip)


def test_own_is_the_number_in_the_socket(blank):
    network = look.build(look.MLP, look.DIGIT)
    for kind, name in NAMES.items():
        for thing in look.of_kind(network, kind):
            assert look.inputs(thing)["Range From"] == "Own"
            for extent in (0.0, 0.5, 7.0):
                look.set_input(thing, name, extent)
                depsgraph = look.evaluate(network)
                assert np.isclose(told(thing, depsgraph), max(extent, 1e-12))
                if extent:
                    check_range(thing, depsgraph, extent)


def test_of_thinned_out_layers_all_values_count(blank):
    """Which cells are drawn does not change how bright they are."""
    whole = look.build(look.CNN, look.DIGIT)
    every = {name: sizes([one]) for name, one in look.layers(whole).items()}
    look.fresh()
    network = look.build(look.CNN, look.DIGIT, max_cells=3_000)
    depsgraph = follow(network, "layer", "Layer", 90.0)
    drawn = look.layers(network)
    assert any(len(one.data.vertices) < len(every[name]) for name, one in drawn.items())
    for name, one in drawn.items():
        check_range(one, depsgraph, percentile(every[name], 90.0))


def test_the_table_follows_a_run_and_more_detail(registered):
    network = look.build(look.CNN, look.DIGIT)
    follow(network, "layer", "Layer", 95.0)
    assert bpy.ops.neuroscene.run_input(filepath=str(look.OTHER_DIGIT)) == {"FINISHED"}
    depsgraph = look.evaluate(network)
    for thing in look.of_kind(network, "layer"):
        check_range(thing, depsgraph, percentile(sizes([thing]), 95.0))
    thing = look.layers(network)["conv2"]
    before = told(thing, depsgraph)
    for one in bpy.data.objects:
        one.select_set(one == thing)
    bpy.context.view_layer.objects.active = thing
    assert bpy.ops.neuroscene.set_detail(detail="MAPS") == {"FINISHED"}
    assert np.isclose(told(thing, look.evaluate(network)), before)


# The legend


def said(thing, depsgraph) -> tuple:
    """The letters of a line of text as they are evaluated, from left to right: where each stands, and how many corners
    it has. Spaces do not count."""
    geometry = thing.evaluated_get(depsgraph).evaluated_geometry()
    cloud = geometry.instances_pointcloud()
    if cloud is None:
        return np.zeros((0, 3)), ()
    places, which = look.local_instances(thing, depsgraph)
    corners = [len(one.mesh.vertices) if getattr(one, "mesh", None) else 0 for one in geometry.instance_references()]
    order = [one for one in np.argsort(places[:, 0, 3]) if corners[which[one]]]
    return places[order, :3, 3], tuple(corners[which[one]] for one in order)


def check_says(network, role, text):
    """That a line of the legend looks as this text does."""
    (thing,) = (one for one in look.of_kind(network, "caption") if look.facts(one).get("role") == role)
    other = bpy.data.objects.new("expected", bpy.data.meshes.new("expected"))
    attach(
        other,
        "Text",
        legend.text_group(labels.font()),
        {"Text": text, "Size": look.inputs(look.inputs(thing)["One"])["Size"], "Align": look.inputs(thing)["Align"]},
    )
    look.scene_of(network).collection.objects.link(other)
    depsgraph = look.evaluate(network)
    found, expected = said(thing, depsgraph), said(other, depsgraph)
    bpy.data.objects.remove(other)
    assert len(expected[1]) == len(text.replace(" ", ""))
    assert found[1] == expected[1], (role, text)
    size = look.inputs(look.inputs(thing)["One"])["Size"]
    assert np.abs(found[0] - expected[0]).max() < 0.02 * size, (role, text)


def lines_of(network):
    return [one for one in look.of_kind(network, "connections") if look.facts(one)["carries"] == "weight"]


def plain(extent):
    """Three digits."""
    power = int(np.floor(np.log10(extent)))
    return f"{extent:.{max(2 - power, 0)}f}" if -4 < power < 5 else f"{extent / 10.0**power:.2f}e{power}"


def test_the_legend_of_lines_is_live(blank):
    network = look.build(look.MLP, look.DIGIT)
    first, *rest = lines_of(network)
    extent = look.inputs(first)["Weight Range"]
    check_says(network, "line", "line: weight")
    check_says(network, "line high", f"≥ {plain(extent)}")  # some are beyond it
    look.set_input(first, "Weight Range", 2 * extent)
    check_says(network, "line", "line: weight, by layer, clipped")
    check_says(network, "line low", "negative")
    for number in (1.0, 0.0123, 45.6, 12345.0, 2.5e-6, 7.5e7):
        for one in (first, *rest):
            look.set_input(one, "Weight Range", number)
        clipped = max(sizes(lines_of(network), "weight")) > number
        check_says(network, "line low", f"{'≤ −' if clipped else '−'}{plain(number)}")
        check_says(network, "line high", f"{'≥ ' if clipped else '+'}{plain(number)}")


def test_the_legend_of_cells_is_live(blank):
    network = look.build(look.MLP, look.DIGIT)
    check_says(network, "cube", "cube: activation, range by layer, clipped")
    check_says(network, "cube low", "negative")
    depsgraph = follow(network, "layer", "Network", 99.0)
    extent = told(look.of_kind(network, "layer")[0], depsgraph)
    check_says(network, "cube", "cube: activation")
    check_says(network, "cube high", f"≥ {plain(extent)}")
    follow(network, "layer", "Network", 80.0)
    extent = told(look.of_kind(network, "layer")[0], look.evaluate(network))
    check_says(network, "cube low", f"≤ −{plain(extent)}")


@pytest.mark.parametrize("count", [legend.EACH - 1, legend.EACH, 3 * legend.EACH + 2])
def test_one_that_differs_among_many_is_found(blank, count):
    network = look.build(look.MLP)
    holder = bpy.data.objects.new("many", bpy.data.meshes.new("many"))
    look.scene_of(network).collection.objects.link(holder)
    things = []
    for _ in range(count):
        curves = bpy.data.hair_curves.new("one")
        curves.add_curves([2])
        curves.attributes.new("range", "FLOAT", "CURVE").data[0].value = 0.5
        things.append(bpy.data.objects.new("one", curves))
        look.scene_of(network).collection.objects.link(things[-1])
    for first in range(0, count, legend.EACH):
        some = things[first : first + legend.EACH]
        attach(
            holder,
            f"{first}",
            legend.ranges_group("Weights"),
            {f"Object {number + 1}": one for number, one in enumerate(some)},
        )

    def known():
        geometry = holder.evaluated_get(look.evaluate(network)).evaluated_geometry()
        cloud = geometry.instances_pointcloud()
        return [float(look.array(cloud.attributes, f"weights_{end}")[0]) for end in ("low", "high")]

    assert known() == [0.5, 0.5]
    for thing, extent in ((things[0], 0.25), (things[-1], 0.75)):
        thing.data.attributes["range"].data[0].value = extent
        thing.data.update_tag()
    assert known() == [0.25, 0.75]
    for thing in things:
        bpy.data.objects.remove(thing)  # nothing that is gone counts
    assert known() == [0.0, 0.0]


def test_colour_range_of_a_part(registered):
    """One undo step; a block alone changes alone, and has materials of its own then."""
    network = look.build(look.RESNET)
    bpy.ops.ed.undo_push(message="built")
    block = look.boxes(network)["layer1"]
    bpy.context.view_layer.objects.active = block
    inside = set(look.facts(block)["layers"])
    cells = look.facts(network)["materials"]["cells"]
    assert bpy.ops.neuroscene.set_colors(
        "EXEC_DEFAULT", True, part="BLOCK", shown="CELLS", source="BLOCK", clip=90.0, symmetric=False, log=2.0
    ) == {"FINISHED"}
    for name, thing in look.layers(network).items():
        given = look.inputs(thing)
        assert (given["Range From"], given["Clip"]) == (("Block", 90.0) if name in inside else ("Own", 99.0))
        assert (given["Material"] == cells) == (name not in inside)
    own = look.inputs(look.layers(network)[sorted(inside)[0]])["Material"]
    assert painting.settings_of(own)["Low"] == 0 and painting.settings_of(own)["Log"] == 2
    assert painting.settings_of(cells)["Low"] == -1 and painting.settings_of(cells)["Log"] == 0
    bpy.ops.ed.undo()
    (network,) = entities.networks()
    assert {look.inputs(one)["Range From"] for one in look.of_kind(network, "layer")} == {"Own"}


def test_the_legend_tells_of_one_sided_and_log_ranges(registered):
    network = look.build(look.MLP, look.DIGIT)
    assert bpy.ops.neuroscene.set_colors(shown="BOTH", source="NETWORK", symmetric=False, log=3.0) == {"FINISHED"}
    look.evaluate(network)
    check_says(network, "cube", "cube: activation, log 3 decades")
    check_says(network, "line low", "0")
    texts = {
        look.facts(one).get("role"): one.data.body for one in look.of_kind(network, "caption") if one.type == "FONT"
    }
    assert texts["line zero"] == texts["cube zero"] == ""
    assert bpy.ops.neuroscene.set_colors(shown="BOTH", source="OWN", symmetric=True, log=0.0) == {"FINISHED"}
    check_says(network, "cube", "cube: activation, range by layer, clipped")
