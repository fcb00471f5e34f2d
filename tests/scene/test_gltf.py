# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The GLB shows what the scene shows: the same cells and lines in the same places and colours."""

import bpy
import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.gltf import export
from neuroscene.addon.scene.building import kernels
from neuroscene.addon.scene.looks import painting, styles
from scene import look
from scene.exported import HALF, check_cells, check_lines, linear, nodes_of, write
from scene.glb import Glb
from unit.make import model, node, save, seeded


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The sample network, thinned out to be quick; no test changes it."""
    return write(tmp_path_factory.mktemp("plain"), max_cells=4_000)


def test_the_tree_says_what_everything_is(plain):
    network, file = plain
    (scene,) = file.content["scenes"]
    known = scene["extras"]["neuroscene"]
    assert known["camera"] == look.scene_of(network).camera.name and "camera" in file.node(known["camera"])
    assert np.allclose(known["background"][0], linear("#2a3a5a"), atol=1e-6) and known["view"] == "AgX"
    facts, wanted = file.facts(network.name), look.facts(network)
    for fact in ("uuid", "sha256", "format", "producer", "structure"):
        assert facts[fact] == wanted[fact]
    assert np.allclose(facts["text"]["label"], linear("#dbe4f3"), atol=1e-6)
    assert (facts["source"], facts["input"]) == (look.CNN.name, look.DIGIT.name)
    assert facts["parameters"] == int(wanted["parameters"])
    assert facts["scores"][0]["label"] == "7" and 0.99 < facts["scores"][0]["score"] <= 1
    for name, thing in look.layers(network).items():
        facts, wanted = file.facts(thing.name), look.facts(thing)
        assert file.parent(thing.name) == network.name
        assert facts["name"] == name and facts["parameters"] == int(wanted["parameters"])
        for fact in ("kind", "op", "shape", "value_is", "grid", "detail", "label"):
            assert facts[fact] == wanted[fact], (name, fact)
    for bundle in look.of_kind(network, "connections"):
        facts, wanted = file.facts(bundle.name), look.facts(bundle)
        for fact in ("source", "target", "carries", "grain", "drawn", "total"):
            assert facts[fact] == wanted[fact], (bundle.name, fact)
        assert np.isclose(facts["range"], look.inputs(bundle)["Weight Range"])
    assert str(look.ROOT) not in str(file.content)  # nor any other folder of whoever exported it


def test_cells(plain):
    assert check_cells(*plain) == {"Tile", "Sphere"}


def test_lines(plain):
    network, file = plain
    assert check_lines(network, file) == sum(len(one.data.curves) for one in look.of_kind(network, "connections"))


def test_cameras_see_what_they_saw(plain):
    network, file = plain
    camera = look.one_of(network, "camera")
    render = look.scene_of(network).render
    matrix = np.array(camera.evaluated_get(look.evaluate(network)).matrix_world)
    assert np.allclose(file.world(camera.name), matrix, atol=1e-5)
    lens = file.content["cameras"][file.node(camera.name)["camera"]]["perspective"]
    assert np.isclose(lens["aspectRatio"], render.resolution_x / render.resolution_y)
    high = camera.data.sensor_width / 2 / camera.data.lens / lens["aspectRatio"]
    assert np.isclose(lens["yfov"], 2 * np.arctan(high), atol=1e-5)


def test_what_stands_beside_the_cells(plain):
    network, file = plain
    depsgraph = look.evaluate(network)
    for thing in look.layers(network).values():
        plates = [name for name in file.of_kind("backing") if file.parent(name) == thing.name]
        assert len(plates) == bool(look.inputs(thing)["Backing"]), thing.name
        corners = look.corners(thing, depsgraph)[len(thing.data.vertices) :].reshape(-1, 3)
        for name in plates:
            points = file.positions(name)
            assert np.allclose([points.min(0), points.max(0)], [corners.min(0), corners.max(0)], atol=1e-3)
            assert np.abs(file.colours(name)[:, :3] - linear("#1a2745")).max() <= HALF
    texts = [one for one in look.of_kind(network, "label") if one.data.body and not one.hide_render]
    (label,) = file.of_kind("label")  # one mesh for all
    assert sorted(file.facts(label)["text"]) == sorted(one.data.body for one in texts) and len(texts) > 8
    points = file.positions(label)
    for text in texts:
        box = look.corners(text, depsgraph).reshape(-1, 3)
        inside = ((points > box.min(0) - 1e-3) & (points < box.max(0) + 1e-3)).all(1)
        assert inside.sum() > 4 * len(text.data.body.replace(" ", "")), text.name
    bars = look.one_of(network, "bars")
    ends, points = look.corners(bars, depsgraph).reshape(-1, 3), file.positions(bars.name)
    assert np.allclose([points.min(0), points.max(0)], [ends.min(0), ends.max(0)], atol=1e-3)
    (classes,) = file.of_kind("class")
    assert file.facts(classes)["text"] == [str(one) for one in range(10)]


def test_few_draws_and_unlit(plain):
    network, file = plain
    assert file.content["extensionsUsed"] == ["EXT_mesh_gpu_instancing", "KHR_materials_unlit"] or set(
        file.content["extensionsUsed"]
    ) == {"EXT_mesh_gpu_instancing", "KHR_materials_unlit"}
    assert "extensionsRequired" not in file.content and "images" not in file.content
    shown = [name for name in file.nodes if "mesh" in file.node(name)]
    for name in shown:
        triangles = file.triangles(name)
        assert triangles.max() == len(file.local(name)) - 1  # no vertex more than is used
        assert "KHR_materials_unlit" in file.material(name)["extensions"], name
    drawn = [file.facts(one)["kind"] for one in shown]
    assert len(drawn) <= 3 * drawn.count("layer") + len(("label", "bars", "class"))


@pytest.mark.parametrize("style", styles.STYLES)
def test_light_is_that_of_the_style(tmp_path, style):
    def wear(network):
        styles.apply(styles.STYLES[style], painting.part_of(bpy.context, network))

    network, file = write(tmp_path, look.MLP, edit=wear, max_cells=200)
    lit = {
        file.facts(one)["kind"]
        for one in file.nodes
        if "mesh" in file.node(one) and "extensions" not in file.material(one)
    }
    assert lit == ({"layer", "backing"} if style == "Clay" else set())  # there alone no cell glows and lamps shine
    known = file.content["scenes"][0]["extras"]["neuroscene"]
    assert known["view"] == styles.STYLES[style].backdrop.view
    assert np.allclose(known["background"][0], linear(styles.STYLES[style].backdrop.background[0]), atol=1e-6)


def test_names_are_unique(plain):
    _, file = plain
    assert len(file.nodes) == len(file.content["nodes"])


def edit_ramps(network):
    """As a designer would: other colours and places, another range of a layer, of the lines and of the material."""
    for kind in ("layer", "connections"):
        materials = {
            look.inputs(one)["Material"]
            for one in look.of_kind(network, kind)
            if look.facts(one).get("carries", "weight") == "weight"
        }
        for material in materials:
            value, found = nodes_of(material)
            value.inputs["Low"].default_value, value.inputs["Log"].default_value = -0.4, 1.5
            found.elements[1].position, found.elements[1].color = 0.33, (0.1, 0.9, 0.2, 1)
            found.elements[-1].color = (1.0, 0.0, 0.5, 1)
            found.elements.new(0.61).color = (0.02, 0.3, 0.8, 1)
    look.set_input(look.layers(network)["conv2"], "Range", 0.1)
    look.set_input(look.layers(network)["dense1"], "Range", 50.0)
    look.set_input(look.bundles(network)["pool2", "dense1"], "Weight Range", 3.0)


def test_hand_edited_colours(tmp_path):
    network, file = write(tmp_path, edit=edit_ramps, max_cells=1_500)
    check_cells(network, file)
    check_lines(network, file)


def edit_places(network):
    root, things = look.one_of(network, "root"), look.layers(network)
    root.location, root.rotation_euler, root.scale = (4, -6, 2), (0.2, 0.1, 0.8), (1.5, 1.5, 1.5)
    things["conv2"].location, things["conv2"].rotation_euler = (9, 3, 4), (0.5, 0.6, 0.7)
    things["scores"].scale = (0.5, 1.4, 2.0)
    look.set_input(things["dense1"], "Pitch", 0.9)


def test_hand_moved_layers(tmp_path):
    network, file = write(tmp_path, edit=edit_places, max_cells=1_500)
    check_cells(network, file)
    check_lines(network, file)


def squash(network):
    """A layer that is turned in a network that is flattened."""
    look.layers(network)["conv2"].rotation_euler = (0.5, 0.6, 0.7)
    look.one_of(network, "root").scale = (1.0, 0.4, 1.0)


def test_flattened_networks(tmp_path):
    check_cells(*write(tmp_path, edit=squash, max_cells=1_500))


def shear(network):
    """No translation, rotation and scale gives this."""
    look.layers(network)["conv2"].matrix_parent_inverse[1][2] = 0.7


def test_sheared_layers_become_meshes(tmp_path):
    network, file = write(tmp_path, edit=shear, max_cells=1_500)
    depsgraph, thing = look.evaluate(network), look.layers(network)["conv2"]
    assert "extensions" not in file.node(thing.name)
    corners = look.corners(thing, depsgraph)[: len(thing.data.vertices)]
    found = file.positions(thing.name).reshape(len(corners), 8, 3)
    assert np.allclose(found.mean(1), corners.mean(1), atol=1e-3)


@pytest.mark.parametrize("name", ["unet", "gpt2"])
def test_zoo(tmp_path, name):
    """Lines that are led round others, tiles a map, blocks that are folded."""
    network, file = write(tmp_path, look.ZOO / f"{name}.onnx", None, max_cells=3_000, lines_a_pair=90)
    check_cells(network, file)
    check_lines(network, file)
    depsgraph = look.evaluate(network)
    for path, box in look.boxes(network).items():  # trays, and boxes of what is folded
        corners, hidden = look.box_points(box, depsgraph), look.folded(network, look.facts(box)["parent"])
        hidden = hidden or not np.ptp(corners, 0).any()  # a block of nearly all layers has no tray
        assert file.facts(box.name)["path"] == path and ("mesh" in file.node(box.name)) != hidden, path
        inside = [one for one in look.layers(network).values() if look.facts(one)["block"] == path]
        assert all(file.parent(one.name) == box.name for one in inside)
        if not hidden:
            found = file.positions(box.name)
            assert np.allclose([found.min(0), found.max(0)], [corners.min(0), corners.max(0)], atol=1e-3), path
            assert np.abs(file.colours(box.name)[:, :3] - look.inputs(box)["Color"][:3]).max() <= HALF, path


def test_network_without_an_input(tmp_path):
    network, file = write(tmp_path, given=None, max_cells=1_500)
    check_cells(network, file)
    check_lines(network, file)
    assert file.facts(network.name)["scores"] == []


def test_values_that_are_not_finite(tmp_path):
    nodes = [node("Log", ["x"], ["l"]), node("Gemm", ["l", "w"], ["y"])]
    path = save(tmp_path, model(nodes, {"x": (1, 50)}, {"y": (1, 6)}, {"w": seeded(50, 6)}))
    np.save(tmp_path / "x.npy", np.linspace(-1, 3, 50, dtype=np.float32)[None])
    network, file = write(tmp_path, path, tmp_path / "x.npy")
    wrong = 0
    for thing in look.of_kind(network, "layer"):
        assert np.isfinite(file.instances(thing.name)).all()
        for name in ("_COLOR_0", "_VALUE"):
            assert np.isfinite(file.instanced(thing.name, name)).all(), (thing.name, name)
        wrong += file.facts(thing.name).get("not_finite", 0)
    assert wrong == sum((~np.isfinite(look.values_of(one))).sum() for one in look.of_kind(network, "layer")) > 0


def test_many_lines_are_bare(tmp_path):
    path = save(
        tmp_path, model([node("Gemm", ["x", "w"], ["y"])], {"x": (1, 120)}, {"y": (1, 120)}, {"w": seeded(120, 120)})
    )
    network, file = write(tmp_path, path, None, max_connections=14_400, lines_a_pair=14_400)
    assert check_lines(network, file, sides=0) == 14_400
    (bundle,) = look.of_kind(network, "connections")
    assert file.primitive(bundle.name)["mode"] == 1 and file.material(bundle.name)["alphaMode"] == "BLEND"
    width = look.on_curves(bundle, look.evaluate(network), "radius").reshape(14_400, -1).max(1)
    faint = file.colours(bundle.name).reshape(14_400, -1, 4)[..., 3]  # as thin as it was, so faint is a line
    assert np.abs(faint - (width[:, None] / width.max()) ** 2).max() <= HALF


def test_kernels(tmp_path):
    network, file = write(tmp_path, given=None, max_cells=500, edit=lambda network: kernels.toggle(network, ["conv1"]))
    (thing,) = look.of_kind(network, "kernels")
    assert file.facts(thing.name) == {"kind": "kernels", "layer": "conv1"}
    weights = look.values_of(thing, "weight")
    shown = np.clip(0.5 + 0.5 * weights / look.inputs(thing)["Range"], 0, 1) ** 2.2  # as its material has it
    assert np.abs(file.colours(thing.name).reshape(len(weights), -1, 4)[..., :3] - shown[:, None]).max() <= HALF


def test_opacity(tmp_path):
    def fade(network):
        value, _ = nodes_of(look.inputs(look.layers(network)["conv1"])["Material"])
        value.inputs["Opacity"].default_value, value.inputs["Opacity by Magnitude"].default_value = 0.8, 0.5

    network, file = write(tmp_path, edit=fade, max_cells=500)
    thing = look.layers(network)["conv1"]
    size = np.minimum(np.abs(look.values_of(thing) / look.inputs(thing)["Range"]), 1)
    assert np.abs(file.instanced(thing.name, "_COLOR_0")[:, 3] - 0.8 * (1 - 0.5 * (1 - size))).max() <= HALF
    assert file.material(thing.name)["alphaMode"] == "BLEND"


def test_levels_that_are_open(tmp_path):
    """Lines of a level that was opened are those that are shown."""
    network, file = write(
        tmp_path, look.MLP, None, edit=lambda network: look.set_input(look.one_of(network, "root"), "Expand", True)
    )
    depsgraph = look.evaluate(network)
    for bundle in look.of_kind(network, "connections"):
        shown = (look.on_curves(bundle, depsgraph, "radius").reshape(-1, 8).max(1) > 0).sum()
        assert len(file.attribute(bundle.name, "_WEIGHT")) % shown == 0


def test_nothing_is_left(blank, tmp_path):
    look.build(look.MLP, look.DIGIT)
    before, scene, addons = look.blocks(), bpy.context.window.scene, list(bpy.context.preferences.addons.keys())
    for suffix in ("glb", "glb", "usdc", "obj"):
        names = sorted(one.name for one in bpy.data.objects)
        export.export(tmp_path / f"out.{suffix}")
        assert look.blocks() == before and bpy.context.window.scene == scene
        assert sorted(one.name for one in bpy.data.objects) == names
        assert list(bpy.context.preferences.addons.keys()) == addons
    (tmp_path / "file").write_text("")
    for suffix in ("glb", "usdc", "obj", "html"):
        with pytest.raises(CheckpointError, match="cannot be written"):
            export.export(tmp_path / "file" / f"out.{suffix}")
        assert look.blocks() == before and bpy.context.window.scene == scene


def test_hidden_layers_stay_out(blank, tmp_path):
    network = look.build(look.MLP, look.DIGIT)
    look.layers(network)["dense2"].hide_render = True
    look.layers(network)["image"].scale = (0, 0, 0)
    look.layers(network)["dense1"].hide_set(True, view_layer=look.scene_of(network).view_layers[0])
    export.export(tmp_path / "out.glb")
    file = Glb(tmp_path / "out.glb")
    assert [file.facts(one)["name"] for one in file.of_kind("layer")] == ["scores"]


def test_two_networks(blank, tmp_path):
    networks = [look.build(look.MLP, look.DIGIT), look.build(look.MLP, look.OTHER_DIGIT)]
    scene = bpy.context.window.scene
    look.scene_of(networks[0]).collection.children.unlink(networks[0])
    scene.collection.children.link(networks[0])
    export.export(tmp_path / "out.glb")
    file = Glb(tmp_path / "out.glb")
    assert len(file.of_kind("network")) == 2
    for network in networks:
        check_cells(network, file)
        check_lines(network, file)


def test_without_a_network(blank, tmp_path):
    with pytest.raises(CheckpointError, match="holds no network"):
        export.export(tmp_path / "out.glb")
