# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The GLB shows what the scene shows: the same cells and lines in the same places and colours."""

import bpy
import numpy as np
import pytest

from neuroscene.addon.checkpoints import CheckpointError
from neuroscene.addon.gltf import realise
from scene import look
from scene.glb import Glb
from unit.make import model, node, save, seeded

HALF = 1 / 255


def export(folder, path=look.CNN, given=look.DIGIT, edit=None, **settings):
    look.fresh()
    network = look.build(path, given, **settings)
    if edit:
        edit(network)
    realise.export(folder / "out.glb")
    return network, Glb(folder / "out.glb")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The sample network, thinned out to be quick; no test changes it."""
    return export(tmp_path_factory.mktemp("plain"), max_cells=4_000)


def nodes_of(material):
    by_kind = {one.type: one for one in material.node_tree.nodes}
    return by_kind["GROUP"], by_kind["VALTORGB"].color_ramp


def ramp(material, shade: np.ndarray) -> np.ndarray:
    """Linear RGB (n, 3) of shades, from the stops of the material and the settings of its value group."""
    value, found = nodes_of(material)
    assert found.interpolation == "LINEAR" and found.color_mode == "RGB"
    low, decades = (value.inputs[name].default_value for name in ("Low", "Log"))
    if decades:
        shade = np.sign(shade) * np.log10(1 + (10**decades - 1) * np.abs(shade)) / decades
    place = np.clip((shade - low) / (1 - low), 0, 1)
    stops = sorted((one.position, tuple(one.color)) for one in found.elements)
    at, colours = [one[0] for one in stops], np.array([one[1] for one in stops])
    return np.stack([np.interp(place, at, colours[:, channel]) for channel in range(3)], -1)


def linear(colour: str) -> np.ndarray:
    """sRGB "#rrggbb" as linear RGB."""
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def check_cells(network, file, round_too=True):
    depsgraph, kinds = look.evaluate(network), set()
    size = look.extent(network, depsgraph)
    for thing in look.of_kind(network, "layer"):
        given, count = look.inputs(thing), len(thing.data.vertices)
        even = given["Shape"] == "Sphere"
        each = 162 if even else 8
        if look.folded(network, look.facts(thing)["block"]):  # at most its plate, which has no size
            points = file.positions(thing.name) if thing.name in file.nodes else np.zeros((1, 3))
            assert np.ptp(points, axis=0).max() < 1e-4, thing.name
            continue
        vertices = file.positions(thing.name)[: count * each].reshape(count, each, 3)
        # a ball's centre is the mean of its corners, a tile's place the middle of its back
        matrices, _ = look.local_instances(thing, depsgraph)
        centre = np.array([0.0 if even else -0.5, 0.0, 0.0])
        middle = matrices[:count, :3, :3] @ centre + matrices[:count, :3, 3]
        expected = look.world(thing, depsgraph, middle)
        assert np.abs(vertices.mean(1) - expected).max() <= 1e-4 * max(1.0, size / 10), thing.name
        # and it is as large as the cell: distances of opposite corners
        reach = np.linalg.norm(np.ptp(vertices, axis=1), axis=-1)
        assert (reach > 0).all() and np.isfinite(reach).all()
        colours = file.colours(thing.name)[: count * each].reshape(count, each, -1)
        assert np.ptp(colours, axis=1).max() <= HALF  # a cell has one colour
        shade = np.clip(look.values_of(thing) / given["Range"], -1, 1)
        assert np.abs(colours[:, 0, :3] - ramp(given["Material"], shade)).max() <= HALF, thing.name
        kinds.add(even)
    assert kinds == {round_too, False}


def check_lines(network, file):
    depsgraph = look.evaluate(network)
    places = {name: look.cell_places(thing, depsgraph) for name, thing in look.layers(network).items()}
    size = look.extent(network, depsgraph)
    for (source, target), bundle in look.bundles(network).items():
        count, given = len(bundle.data.curves), look.inputs(bundle)
        if not count:  # of thinned maps whose cells share no window
            assert bundle.name not in file.nodes
            continue
        blocks = [look.facts(look.layers(network)[name])["block"] for name in (source, target)]
        if all(look.folded(network, block) for block in blocks):  # some have no length, and none is seen
            assert bundle.name not in file.nodes or np.isfinite(file.positions(bundle.name)).all()
            continue
        rings = file.positions(bundle.name).reshape(count, 8, -1, 3)
        for end, name, which in ((0, source, "source"), (-1, target, "target")):
            away = np.abs(rings[:, end].mean(1) - places[name][look.values_of(bundle, which)]).max()
            assert away <= 1e-4 * max(1.0, size / 10), (bundle.name, which)
        scale = np.linalg.det(np.array(bundle.matrix_world)[:3, :3]) ** (1 / 3)
        radius = scale * look.on_curves(bundle, depsgraph, "radius").reshape(count, 8)
        found = np.linalg.norm(rings - rings.mean(2, keepdims=True), axis=-1)
        assert np.allclose(found, radius[..., None], atol=1e-4 * max(1.0, size / 10)), bundle.name
        colours = file.colours(bundle.name).reshape(count, -1, file.colours(bundle.name).shape[-1])
        if look.facts(bundle)["carries"] == "weight":
            shade = np.clip(look.values_of(bundle, "weight") / given["Weight Range"], -1, 1)
            expected = ramp(given["Material"], shade)
        else:
            expected = np.broadcast_to(linear("#8fa6c8"), (count, 3))
        assert np.abs(colours[..., :3] - expected[:, None]).max() <= HALF, bundle.name


def test_layers_are_nodes_with_facts(plain):
    network, file = plain
    for name, thing in look.layers(network).items():
        extras = file.extras(thing.name)["neuroscene"]
        facts = look.facts(thing)
        for fact in ("kind", "layer", "op", "shape", "parameters", "value_is"):
            assert extras[fact] == facts[fact], (name, fact)
    for bundle in look.of_kind(network, "connections"):
        extras = file.extras(bundle.name)["neuroscene"]
        assert (extras["source"], extras["target"]) == tuple(look.facts(bundle)[n] for n in ("source", "target"))
    network_facts = file.extras(network.name)["neuroscene"]
    assert network_facts["uuid"] == look.facts(network)["uuid"] and network_facts["input"] == look.DIGIT.name


def test_cells(plain):
    check_cells(*plain)


def test_lines(plain):
    check_lines(*plain)


def test_labels_and_bars_are_there(plain):
    network, file = plain
    for kind in ("label", "class", "bars"):
        for thing in look.of_kind(network, kind):
            if kind == "bars" or thing.data.body and not thing.hide_render:
                points = file.positions(thing.name)
                assert len(points) and np.isfinite(points).all(), thing.name
            else:
                assert thing.name not in file.nodes
    depsgraph = look.evaluate(network)
    bars = look.one_of(network, "bars")
    ends = look.corners(bars, depsgraph).reshape(-1, 3)
    points = file.positions(bars.name)
    assert np.allclose(points.min(0), ends.min(0), atol=1e-3) and np.allclose(points.max(0), ends.max(0), atol=1e-3)


def test_indices_and_materials(plain):
    _, file = plain
    assert len(file.content["scenes"]) == 1 and "KHR_materials_unlit" in file.content["extensionsUsed"]
    meshes = 0
    for name, index in file.nodes.items():
        if "mesh" in file.content["nodes"][index]:
            triangles = file.triangles(name)
            assert triangles.max() == len(file.positions(name)) - 1  # no vertex more than is used
            assert "KHR_materials_unlit" in file.material(name)["extensions"], name
            assert "baseColorTexture" not in file.material(name)["pbrMetallicRoughness"]
            meshes += 1
    assert meshes > 30


def test_names_are_unique(plain):
    _, file = plain
    assert len(file.nodes) == len(file.content["nodes"])


def edit_ramps(network):
    """As a designer would: other colours and places, another range of a layer, of the lines and of the material."""
    for kind in ("layer", "connections"):
        materials = {look.inputs(one)["Material"] for one in look.of_kind(network, kind)
                     if look.facts(one).get("carries", "weight") == "weight"}
        for material in materials:
            value, found = nodes_of(material)
            value.inputs["Low"].default_value, value.inputs["Log"].default_value = -0.4, 1.5
            found.elements[1].position, found.elements[1].color = 0.33, (0.1, 0.9, 0.2, 1)
            found.elements[-1].color = (1.0, 0.0, 0.5, 1)
            found.elements.new(0.61).color = (0.02, 0.3, 0.8, 1)
    look.set_input(look.layers(network)["conv2"], "Range", 0.1)
    look.set_input(look.layers(network)["dense1"], "Range", 50.0)
    look.set_input(look.bundles(network)["pool2", "dense1"], "Weight Range", 3.0)


def test_hand_edited_colours(tmp_path, plain):
    network, file = export(tmp_path, edit=edit_ramps, max_cells=1_500)
    check_cells(network, file)
    check_lines(network, file)


def edit_places(network):
    root, things = look.one_of(network, "root"), look.layers(network)
    root.location, root.rotation_euler, root.scale = (4, -6, 2), (0.2, 0.1, 0.8), (1.5, 1.5, 1.5)
    things["conv2"].location, things["conv2"].rotation_euler = (9, 3, 4), (0.5, 0.6, 0.7)
    things["scores"].scale = (0.5, 1.4, 2.0)
    look.set_input(things["dense1"], "Pitch", 0.9)


def test_hand_moved_layers(tmp_path):
    network, file = export(tmp_path, edit=edit_places, max_cells=1_500)
    check_cells(network, file)
    check_lines(network, file)


@pytest.mark.parametrize("name", ["unet", "gpt2"])
def test_zoo(tmp_path, name):
    """Lines that are led round others, tiles a map, blocks that are folded."""
    network, file = export(tmp_path, look.ZOO / f"{name}.onnx", None, max_cells=3_000)
    check_cells(network, file, round_too=name == "gpt2")
    check_lines(network, file)
    depsgraph = look.evaluate(network)
    for path, box in look.boxes(network).items():  # trays, and boxes of what is folded
        corners, hidden = look.box_points(box, depsgraph), look.folded(network, look.facts(box)["parent"])
        hidden = hidden or not np.ptp(corners, 0).any()  # a block of nearly all layers has no tray
        assert (box.name in file.nodes) != hidden, path
        if not hidden:
            found = file.positions(box.name)
            assert np.allclose([found.min(0), found.max(0)], [corners.min(0), corners.max(0)], atol=1e-3), path
            assert np.abs(file.colours(box.name)[:, :3] - look.inputs(box)["Colour"][:3]).max() <= HALF, path


def test_network_without_an_input(tmp_path):
    network, file = export(tmp_path, given=None, max_cells=1_500)
    check_cells(network, file)
    check_lines(network, file)


def test_values_that_are_not_finite(tmp_path):
    nodes = [node("Log", ["x"], ["l"]), node("Gemm", ["l", "w"], ["y"])]
    path = save(tmp_path, model(nodes, {"x": (1, 50)}, {"y": (1, 6)}, {"w": seeded(50, 6)}))
    np.save(tmp_path / "x.npy", np.linspace(-1, 3, 50, dtype=np.float32)[None])
    network, file = export(tmp_path, path, tmp_path / "x.npy")
    for thing in look.of_kind(network, "layer"):
        for numbers in (file.positions(thing.name), file.colours(thing.name)):
            assert np.isfinite(numbers).all(), thing.name


def test_nothing_is_left(blank, tmp_path):
    look.build(look.MLP, look.DIGIT)
    before, scene = look.blocks(), bpy.context.window.scene
    for _ in range(2):
        realise.export(tmp_path / "out.glb")
        assert look.blocks() == before and bpy.context.window.scene == scene
    with pytest.raises((CheckpointError, OSError, RuntimeError)):
        (tmp_path / "file").write_text("")
        realise.export(tmp_path / "file" / "out.glb")
    assert look.blocks() == before and bpy.context.window.scene == scene


def test_hidden_layers_stay_out(blank, tmp_path):
    network = look.build(look.MLP, look.DIGIT)
    look.layers(network)["dense2"].hide_render = True
    realise.export(tmp_path / "out.glb")
    file = Glb(tmp_path / "out.glb")
    assert "dense2" not in file.nodes and "dense1" in file.nodes


def test_two_networks(blank, tmp_path):
    networks = [look.build(look.MLP, look.DIGIT), look.build(look.MLP, look.OTHER_DIGIT)]
    realise.export(tmp_path / "out.glb")
    file = Glb(tmp_path / "out.glb")
    for network in networks:
        check_cells(network, file)
        check_lines(network, file)
