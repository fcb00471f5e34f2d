# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scene promises to whoever opens it: collections, parents, properties, attributes, materials, budgets."""

import hashlib
import re

import bpy
import numpy as np
import pytest

from scene import look
from unit.make import DATA, model, node, save, seeded

LAYER_ATTRIBUTES = {"unit": "INT", "row": "INT", "column": "INT", "value": "FLOAT", "importance": "FLOAT"}
LINE_ATTRIBUTES = {"source": "INT", "target": "INT", "weight": "FLOAT", "magnitude": "FLOAT", "importance": "FLOAT"}


@pytest.mark.parametrize(
    "path, given", [(look.CNN, look.DIGIT), (look.ZOO / "resnet18.onnx", None)], ids=["flat", "blocks"]
)
def test_collections_and_parents(blank, path, given):
    network = look.build(path, given)
    assert look.facts(network)["kind"] == "network"
    kinds = [look.facts(one)["kind"] for one in network.children if look.facts(one)["kind"] != "block"]
    assert sorted(kinds) == ["connections", "labels", "layers", "studio"]
    root, boxes, named = look.one_of(network, "root"), look.boxes(network), look.layers(network)
    assert root.type == "MESH" and root.parent is None
    assert bool(boxes) == (path != look.CNN)
    for one in named.values():
        assert one.parent == boxes.get(look.facts(one)["block"], root)
    for one in boxes.values():
        assert one.parent == boxes.get(look.facts(one)["parent"], root)
    assert all(one.parent == root for one in look.of_kind(network, "connections"))
    for one in look.of_kind(network, "label"):
        facts = look.facts(one)
        assert one.parent == {"layer": named, "block": boxes}[facts["of"]][facts["owner"]]
    assert look.of_kind(network, "class") and look.of_kind(network, "label")
    assert all(one.parent == named[look.facts(one)["layer"]] for one in look.of_kind(network, "class"))
    assert look.one_of(network, "camera").type == "CAMERA"
    assert look.facts(look.one_of(network, "camera"))["shot"] == "hero"
    # everything that the scene shows of the network is in the network's collection
    shown = {one.name for one in look.scene_of(network).objects}
    assert shown == {one.name for one in network.all_objects}


def test_facts_of_the_network(blank):
    first, second = look.build(look.CNN, look.DIGIT, max_cells=9_000), look.build(look.CNN)
    facts = look.facts(first)
    assert facts["source"] == str(look.CNN) and facts["format"] == "onnx" and facts["structure"] == "graph"
    assert facts["sha256"] == hashlib.sha256(look.CNN.read_bytes()).hexdigest()
    assert facts["settings"]["max_cells"] == 9_000 and facts["input"] == look.DIGIT.name
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", facts["uuid"])
    assert facts["uuid"] != look.facts(second)["uuid"]
    assert look.facts(second)["input"] == ""


def test_layers_have_one_vertex_a_cell(blank):
    network = look.build(look.CNN, look.DIGIT, max_cells=5_000)
    for name, thing in look.layers(network).items():
        attributes = thing.data.attributes
        for attribute, kind in LAYER_ATTRIBUTES.items():
            assert (attributes[attribute].domain, attributes[attribute].data_type) == ("POINT", kind), name
        assert look.modifier(thing).name == "Layer"
        given, facts = look.inputs(thing), look.facts(thing)
        assert len(thing.data.vertices) == given["Units"] * given["Rows"] * given["Columns"], name
        cells = look.cells_of(thing)
        assert len(np.unique(cells, axis=0)) == len(cells), name
        assert (cells >= 0).all() and (cells.max(0) < facts["grid"]).all(), name
        assert np.prod(facts["shape"]) == np.prod(facts["grid"]), name


@pytest.mark.parametrize(
    "path, given, led_round", [(look.CNN, look.DIGIT, 0), (look.ZOO / "unet.onnx", None, 3)], ids=["chain", "skips"]
)
def test_connections_have_eight_points_a_curve(blank, path, given, led_round):
    """Poly curves but for those that are led round others: their few lines are smooth."""
    network = look.build(path, given)
    things = look.layers(network)
    assert sum(any(look.inputs(one)["Lift"]) for one in look.of_kind(network, "connections")) == led_round
    for (source, target), bundle in look.bundles(network).items():
        curves = bundle.data
        assert isinstance(curves, bpy.types.Curves) and len(curves.points) == 8 * len(curves.curves) > 0
        poly = "curve_type" in curves.attributes and set(look.array(curves.attributes, "curve_type")) == {1}
        assert poly != any(look.inputs(bundle)["Lift"])  # else Catmull-Rom, which is 0 or no attribute
        for attribute, kind in LINE_ATTRIBUTES.items():
            found = curves.attributes[attribute]
            assert (found.domain, found.data_type) == ("CURVE", kind), bundle.name
        assert look.modifier(bundle).name == "Connections"
        given = look.inputs(bundle)
        assert (given["Source"], given["Target"]) == (things[source], things[target])
        for name, which in ((source, "source"), (target, "target")):
            index = look.values_of(bundle, which)
            assert index.min() >= 0 and index.max() < len(things[name].data.vertices)
        facts = look.facts(bundle)
        assert facts["drawn"] == len(curves.curves) <= facts["total"]


def upstream(socket):
    """The node that feeds an input, through reroutes."""
    assert socket.is_linked, socket.name
    node_ = socket.links[0].from_node
    return upstream(node_.inputs[0]) if node_.type == "REROUTE" else node_


@pytest.mark.parametrize("kind", ["layer", "connections"])
def test_colour_is_attribute_value_ramp(blank, kind):
    network = look.build(look.CNN, look.DIGIT)
    weighted = [one for one in look.of_kind(network, kind) if look.facts(one).get("carries", "weight") == "weight"]
    for material in {look.inputs(one)["Material"] for one in weighted}:
        nodes = material.node_tree.nodes
        (output,) = (one for one in nodes if one.type == "OUTPUT_MATERIAL")
        surface = upstream(output.inputs["Surface"])
        if surface.type == "MIX_SHADER":  # of a line, with what lies behind it
            surface = upstream(surface.inputs[2])
        coloured = ("Base Color", "Emission Color") if kind == "layer" else ("Color",)
        for name in coloured:
            mix = upstream(surface.inputs[name])
            shown = {one.name: upstream(one) for one in mix.inputs if one.is_linked}
            assert shown["B"].name == shown["Factor"].outputs["Not Finite"].name == "Not Finite"
            ramp = shown["A"]
            assert ramp.type == "VALTORGB"
            value = upstream(ramp.inputs[0])
            assert value.node_tree.name == "Neuroscene Value" and not value.inputs["Low"].is_linked
            source = upstream(value.inputs["Shade"])
            assert (source.type, source.attribute_name) == ("ATTRIBUTE", "shade")
            assert source.attribute_type == ("INSTANCER" if kind == "layer" else "GEOMETRY")


def test_modifier_inputs_are_named_described_and_bounded(blank):
    network = look.build(look.MLP, look.DIGIT)
    for kind in ("layer", "connections", "bars"):
        thing = look.of_kind(network, kind)[0]
        for item in look.modifier(thing).node_group.interface.items_tree:
            if item.item_type == "SOCKET" and item.socket_type in ("NodeSocketFloat", "NodeSocketInt"):
                assert item.description or item.subtype == "DISTANCE", item.name
                assert item.min_value > -1e6, item.name


def drawn(network):
    cells = sum(len(one.data.vertices) for one in look.of_kind(network, "layer"))
    return cells, sum(len(one.data.curves) for one in look.of_kind(network, "connections"))


@pytest.mark.parametrize("given", [None, look.DIGIT])
@pytest.mark.parametrize("limit", [8, 15, 100, 1_000, 2_500, 20_000])
def test_budget_of_cells(blank, given, limit):
    network = look.build(look.CNN, given, max_cells=limit)
    cells, tiled = drawn(network)[0], False
    for thing in look.layers(network).values():  # a tile a channel is all that fits between too few and too many
        units = len(np.unique(look.cells_of(thing)[:, 0]))
        tiled |= look.facts(thing)["detail"] == "maps" and units == look.facts(thing)["grid"][0]
    assert cells <= limit and (limit / 3 < cells or tiled)


@pytest.mark.parametrize("given", [None, look.DIGIT])
@pytest.mark.parametrize("limit", [3, 14, 16, 100, 1_500])
def test_budget_of_connections(blank, given, limit):
    _, lines = drawn(look.build(look.CNN, given, max_cells=5_000, max_connections=limit))
    assert limit / 3 < lines <= limit


def test_budget_of_connections_of_unlike_layers(blank, tmp_path):
    """One large bundle beside many small ones: each keeps a line, and the sum keeps to the limit."""
    nodes = [node("Gemm", ["x", "w"], ["h"]), *(node("Relu", [f"h{i}" if i else "h"], [f"h{i + 1}"]) for i in range(5))]
    path = save(tmp_path, model(nodes, {"x": (1, 200)}, {"h5": None}, {"w": seeded(200, 2)}))
    for limit in (6, 7, 9, 40):
        assert drawn(look.build(path, max_connections=limit))[1] <= limit


def said(thing):
    """All that the label of a layer or a block says."""
    return "\n".join(look.facts(thing)["label"].values())


@pytest.mark.parametrize("cells, expected", [(20, {"box"}), (600, {"maps", "cells"}), (4_000, {"cells"})])
def test_labels_say_what_is_left_out(blank, cells, expected):
    network, levels = look.build(look.CNN, max_cells=cells), set()
    for name, thing in look.layers(network).items():
        (units, rows, columns), text = look.facts(thing)["grid"], said(thing)
        shown, level = [len(np.unique(one)) for one in look.cells_of(thing).T], look.facts(thing)["detail"]
        word, whole = "channels" if rows * columns > 1 else "units", f"{rows:,} × {columns:,}"
        sentences = {
            f"a box for {units * rows * columns:,} cells": level == "box",
            f"{shown[0]:,} of {units:,} {word}": level != "box" and shown[0] < units,
            f"a tile for {whole} cells": level == "maps",
            f"{shown[1]:,} × {shown[2]:,} of {whole} cells": level == "cells" and shown[1:] != [rows, columns],
        }
        assert {one for one in sentences if one in text} == {one for one, left in sentences.items() if left}, name
        levels |= {level} if any(sentences.values()) else set()
    assert levels == expected


def test_labels_say_nothing_of_what_is_whole(blank):
    network = look.build(look.MLP, look.DIGIT)
    for thing in look.layers(network).values():
        assert len(thing.data.vertices) == np.prod(look.facts(thing)["grid"])
        assert not re.search(r"of [\d,× ]+ (channels|units|cells)|tile|box", said(thing))


def test_labels_count_the_lines(blank):
    network, counted = look.build(look.MLP, look.DIGIT), 0
    for (_, target), bundle in look.bundles(network).items():
        facts = look.facts(bundle)
        assert facts["carries"] == "weight"
        expected = f"{len(bundle.data.curves):,} of {facts['total']:,} weights"
        assert (expected in said(look.layers(network)[target])) == (facts["drawn"] < facts["total"]), target
        counted += facts["drawn"] < facts["total"]
    assert counted == 3


@pytest.mark.parametrize("path", [look.CNN, look.ZOO / "resnet18.onnx"], ids=lambda path: path.stem)
def test_texts_are_those_of_the_label(blank, path):
    """A label is made where there is room for it; its parts say what is written on its layer or block."""
    network = look.build(path)
    for of, owners in (("layer", look.layers(network)), ("block", look.boxes(network))):
        made = look.labels(network, of)
        assert bool(made) == bool(owners)
        for name, parts in made.items():
            said = look.facts(owners[name])["label"]
            assert all(text.data.body == said[part] for part, text in parts.items()), name
            shown = [part for part, text in parts.items() if not text.hide_render]
            # the small print goes before the name does
            assert shown == [part for part, words in said.items() if words][: len(shown)], name


def test_total_of_a_dense_layer_is_its_weights(blank):
    network = look.build(look.MLP)
    for ends, count in {("image", "dense1"): 784 * 64, ("dense1", "dense2"): 64 * 32}.items():
        assert look.facts(look.bundles(network)[ends])["total"] == count


def test_external_data(blank):
    network = look.build(DATA / "onnx_external_data" / "mnist_cnn.onnx", look.DIGIT)
    assert len(look.layers(network)) == 8 and drawn(network)[1] > 0
