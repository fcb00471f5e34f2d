# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is under the mouse: random cells and lines, whatever was done to their layers, against file, run and scene."""

import bpy
import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from neuroscene.addon.inference import activation, run_file
from neuroscene.addon.network.fields import receptive_fields
from neuroscene.addon.network.network import by_unit
from neuroscene.addon.scene.building import importing
from neuroscene.addon.scene.entities import Annotation, LayerObject, NetworkScene
from neuroscene.addon.scene.picking import annotations, evidence, hits, models, reading
from neuroscene.addon.scene.picking.rays import Ray
from scene import look
from scene.acting import run, select

RANDOM = np.random.default_rng(7)


def view_layer(network):
    look.evaluate(network)
    return look.scene_of(network).view_layers[0]


def pick_cell(network, layer, index):
    """What a ray meets that goes straight onto the face of a cell, from just before it."""
    layers = view_layer(network)
    place = look.cell_places(layer, layers.depsgraph)[index]
    away = np.array(layer.matrix_world.to_3x3().normalized()) @ (-0.4, 0.0, 0.0)
    return hits.pick(layers, Ray.towards(place + away, place))


def read_cell(network, layer, index):
    """The reading of a cell, of a layer that is folded that of the one that has come before it."""
    hit = pick_cell(network, layer, index)
    if look.inputs(layer)["Fold"]:
        index = hit.index
    assert hit and (hit.kind, hit.object, hit.index, hit.target) == ("cell", layer.name, index, layer.name), hit
    return reading.read(hit, view_layer(network))


def change(network, way):
    """Layers moved, turned, folded, in another arrangement."""
    for number, layer in enumerate(look.layers(network).values()):
        if way == "moved":
            layer.location += layer.location.__class__((0.0, 3.0 * number, 1.0))
            layer.rotation_euler.z += 0.3 * number
            layer.scale = (1.0, 1.2, 0.8)
        elif way == "folded":
            look.set_input(layer, "Fold", 0.4)
        elif way == "spiral":
            look.set_input(layer, "Arrangement", 4.0)


@pytest.fixture
def cnn(registered):
    return look.build(look.CNN, look.DIGIT)


@pytest.mark.parametrize("way", ("as built", "moved", "folded", "spiral"))
def test_cells_say_what_ran(cnn, way):
    change(cnn, way)
    model, ran = run_file(look.DIGIT, importing.open_network(look.CNN))
    names = list(look.layers(cnn))
    for number in range(40 if way == "as built" else 16):
        name = names[number % len(names)]
        layer = look.layers(cnn)[name]
        reading_ = read_cell(cnn, layer, int(RANDOM.integers(len(layer.data.vertices))))
        told, index = reading_.facts, reading_.hit.index
        values = by_unit(activation(model.by_name[name], ran), model.by_name[name].grid)
        assert told["layer"] == name and told["value_is"] == "activation"
        assert told["value"] == np.float32(values[told["unit"], told["row"], told["column"]])
        assert (told["unit"], told["row"], told["column"]) == tuple(look.cells_of(layer)[index])
        assert told["value"] == look.on_cells(layer, look.evaluate(cnn), "value")[index]


def test_cells_say_what_the_file_has(cnn):
    arrays = {one.name: numpy_helper.to_array(one) for one in onnx.load(look.CNN).graph.initializer}
    conv, dense = (read_cell(cnn, look.layers(cnn)[name], 5).facts for name in ("conv3", "scores"))
    weights = {node.name: [arrays.get(name) for name in node.input[1:]] for node in onnx.load(look.CNN).graph.node}
    kernel, bias = weights["conv3"][:2]
    assert conv["kernel"] == (kernel[0].min(), kernel[0].max()) and conv["bias"] == bias[0]
    assert conv["sources"] == {"pool1": 16 * 4 + 16 * 2}  # on the first row, column 5 of 14: six taps a channel
    matrix, bias = weights["scores"][:2]
    row = matrix[5] if matrix.shape[0] == 10 else matrix[:, 5]
    assert dense["kernel"] == (row.min(), row.max()) and dense["bias"] == bias[5] and dense["sources"] == {"dense1": 32}


@pytest.mark.parametrize("way", ("as built", "moved"))
def test_lines_say_what_they_carry(cnn, way):
    change(cnn, way)
    bundles = list(look.bundles(cnn).values())
    model, ran = run_file(look.DIGIT, importing.open_network(look.CNN))
    met = 0
    for number in range(40 if way == "as built" else 14):
        bundle = bundles[number % len(bundles)]
        layers = view_layer(cnn)
        points = look.curve_places(bundle, layers.depsgraph)
        index = int(RANDOM.integers(len(points)))
        aside = points[index, 4] + (0.0, 0.02, 0.02)
        hit = hits.pick(layers, Ray.towards(aside, points[index, 4], width=0.002), "LINES")
        assert hit and hit.kind == "line"
        if (hit.object, hit.index) != (bundle.name, index):  # another runs through the same place
            other = look.curve_places(bpy.data.objects[hit.object], layers.depsgraph)[hit.index]
            way_there = np.linspace(other[:-1], other[1:], 200).reshape(-1, 3)
            assert np.linalg.norm(way_there - points[index, 4], axis=1).min() < 0.04
            continue
        met += 1
        told = reading.read(hit, layers).facts
        assert told["weight"] == look.values_of(bundle, "weight")[index]
        source, target = (look.layers(cnn)[told[end]] for end in ("source", "target"))
        ends = [int(look.values_of(bundle, end)[index]) for end in ("source", "target")]
        assert [told["source_cell"], told["target_cell"]] == ends
        values = by_unit(activation(model.by_name[told["source"]], ran), model.by_name[told["source"]].grid)
        activated = values[tuple(look.cells_of(source)[ends[0]])]
        assert told["activation"] == activated and told["product"] == np.float32(told["weight"]) * activated
        join = next(one.join for one in model.connections if one.target.name == told["target"])
        into = join.into(np.array([reading.drawn_cells(target)[ends[1]]]))
        weight = into.weight[into.source == reading.drawn_cells(source)[ends[0]]]
        assert weight == told["weight"]
    assert met >= (25 if way == "as built" else 8)


@pytest.mark.parametrize("detail", ("MAPS", "BOX"))
def test_details(cnn, detail):
    layer = look.layers(cnn)["conv2"]
    select(layer)
    run("set_detail", detail=detail)
    layer = look.layers(cnn)["conv2"]
    told = read_cell(cnn, layer, len(layer.data.vertices) - 1)
    model, ran = run_file(look.DIGIT, importing.open_network(look.CNN))
    values = by_unit(activation(model.by_name["conv2"], ran), model.by_name["conv2"].grid)
    expected = values.mean() if detail == "BOX" else values[-1].mean()
    assert np.isclose(told.facts["value"], expected, rtol=1e-5) and told.facts["value_is"] == "mean activation"
    assert "Row, Column" not in dict(told.rows)


def test_blocks_trays_and_texts(resnet):
    layers = view_layer(resnet)
    box = look.boxes(resnet)["layer2"]
    corners = look.box_points(box, layers.depsgraph)
    low, high = corners.min(0), corners.max(0)
    under = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2] - 0.5])
    hit = hits.pick(layers, Ray.towards(under, under + (0, 0, 1)))
    assert hit.kind == "block" and reading.read(hit, layers).facts["block"] == look.facts(hit.target_obj)["path"]
    camera = np.array(look.one_of(resnet, "camera").matrix_world.translation)
    seen = 0
    for owner, parts in list(look.labels(resnet).items())[:12]:
        if "name" in parts and not parts["name"].hide_viewport:
            middle = look.corners(parts["name"], layers.depsgraph)[0].mean(0)
            hit = hits.pick(layers, Ray.towards(camera, middle))
            assert hit.target == look.layers(resnet)[owner].name
            seen += 1
    assert seen > 3
    inside = next(name for name, one in look.layers(resnet).items() if look.facts(one)["block"] == "layer2/layer2.0")
    assert read_cell(resnet, look.layers(resnet)[inside], 0).facts["block"] == "layer2/layer2.0"


def test_planes_say_their_numbers(registered):
    network = look.build(look.SAMPLES / "letters_transformer.onnx", fold_repeats=True)
    layers = view_layer(network)
    met = 0
    for book in look.of_kind(network, "book"):
        mesh = book.evaluated_get(layers.depsgraph).data
        parts = look.array(mesh.attributes, "part") if "part" in mesh.attributes else np.zeros(0)
        faces = np.flatnonzero(parts == 0)
        if not len(faces) or not book.visible_get(view_layer=layers):
            continue
        face = int(faces[len(faces) // 2])
        matrix = np.array(book.matrix_world)
        middle = matrix @ (*mesh.polygons[face].center, 1.0)
        normal = matrix[:3, :3] @ np.array(mesh.polygons[face].normal)
        hit = hits.pick(layers, Ray.towards(middle[:3] + 0.01 * normal, middle[:3]))
        if hit and (hit.kind, hit.object) == ("plane", book.name) and hit.index == face:
            told = reading.read(hit, layers).facts
            if "value" in told:
                assert told["value"] == look.array(mesh.attributes, "value")[face]
                met += 1
    assert met > 3


def test_fields_are_those_of_numbers_that_matter(cnn):
    """A cell's receptive field on the image: outside of it nothing changes the cell, at its corners something does."""
    model = models.of(cnn)
    layer = model.by_name["conv3"]
    cell = int(5 * layer.grid.strides[0] + 6 * layer.grid.strides[1] + 7)
    seen = receptive_fields(model, layer, cell)["image"]
    assert seen.size == (10, 10) and seen.rows[0] == 2 * 6 - 4 and seen.columns[0] == 2 * 7 - 4
    told = read_cell(cnn, look.layers(cnn)["conv3"], cell)
    lit = evidence.of(told, view_layer(cnn))
    assert lit.total == 144 and sum(map(len, lit.lines)) <= 144 and len(lit.frames) == 16 + 16 + 8 + 1
    ends = np.concatenate(lit.lines)[:, -1]
    assert np.allclose(ends, told.place, atol=1e-4)


def pinned(network, name="conv2", index=300):
    camera = look.one_of(network, "camera")
    told = read_cell(network, look.layers(network)[name], index)
    seen = annotations.Look.of_camera(camera, 16 / 9)
    return annotations.pin(told, seen, look.evaluate(network), camera), told


def leader_end(network, note):
    """Where the leader ends in the world: the middle of its dot."""
    graph = look.evaluate(network)
    geometry = note.evaluated_get(graph).evaluated_geometry()  # it owns the mesh
    points = look.array(geometry.mesh.attributes, "position")
    dot = points[:114]  # 16 segments, 8 rings
    return look.world(note, graph, (dot.max(0) + dot.min(0))[None] / 2)[0]


def test_annotations_follow_their_cell(cnn):
    note, told = pinned(cnn)
    layer = look.layers(cnn)["conv2"]
    assert np.allclose(leader_end(cnn, note), told.place, atol=1e-3)
    layer.location.z += 2.0
    layer.rotation_euler.z += 0.5
    look.set_input(layer, "Arrangement", 1.0)
    assert np.allclose(leader_end(cnn, note), look.cell_places(layer, look.evaluate(cnn))[300], atol=1e-3)
    # another input: the number is read anew
    importing.run_in_scene(cnn, look.OTHER_DIGIT)
    # fewer cells: the same cell, or none
    select(layer)
    run("set_detail", detail="BOX")
    assert note.hide_render
    select(layer)
    run("set_detail", detail="AUTO")
    assert not note.hide_render
    entity = Annotation(note)
    drawn = look.cells_of(look.layers(cnn)["conv2"])[entity.inputs["Index"]]
    assert tuple(drawn) == (told.facts["unit"], told.facts["row"], told.facts["column"])


def test_annotations_are_kept_and_exported(cnn, tmp_path):
    note, _ = pinned(cnn)
    name = note.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "pinned.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "pinned.blend"))
    note = bpy.data.objects[name]
    assert Annotation(note).layer == "conv2" and note in list(bpy.data.collections["digits_cnn"].all_objects)
    bpy.ops.neuroscene.export_gltf(filepath=str(tmp_path / "pinned.glb"))
    assert name.encode() in (tmp_path / "pinned.glb").read_bytes()


def test_lights_camera_and_floor_are_not_clicked(cnn):
    for kind in ("light", "camera", "floor"):
        assert all(one.hide_select for one in look.of_kind(cnn, kind)), kind
    assert LayerObject.is_one(look.layers(cnn)["conv1"]) and NetworkScene.is_one(cnn)


def test_a_bias_that_a_cell_shows_is_told_once(registered):
    network = look.build(look.CNN)
    layer = look.layers(network)["conv1"]
    told = read_cell(network, layer, 300)
    assert [name for name, _ in told.rows].count("Bias") == 1
    biases = numpy_helper.to_array(
        next(each for each in onnx.load(look.CNN).graph.initializer if each.name == "conv1.bias")
    )
    assert told.facts["bias"] == told.facts["value"] == float(biases[told.facts["unit"]])
