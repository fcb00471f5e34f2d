# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernels as pictures: the very weights of the file, in their places and colours."""

import bpy
import numpy as np
import onnx
import pytest

from neuroscene.addon.scene import entities
from neuroscene.addon.scene.building import kernels
from scene import look
from unit.make import model, node, save, seeded

FIRST = {look.CNN: "conv1", look.RESNET: None}


def first_of(network, path):
    """The first convolution of a network, and its weights by onnx alone."""
    file = onnx.load(path)
    conv = next(one for one in file.graph.node if one.op_type == "Conv")
    weights = next(onnx.numpy_helper.to_array(one) for one in file.graph.initializer if one.name == conv.input[1])
    thing = min(
        (one for one in look.of_kind(network, "layer") if look.facts(one)["op"] == "Conv"),
        key=lambda one: look.facts(one)["order"],
    )
    return thing, weights


def show(network, *things):
    for one in bpy.data.objects:
        one.select_set(one in things)
    bpy.context.view_layer.objects.active = things[0]
    return bpy.ops.neuroscene.show_kernels("EXEC_DEFAULT", True)


def places(shape, across, pitch, gap):
    """Where taps stand, by loops."""
    units, _, rows, columns = shape
    across, found = min(across, units), []
    down = -(-units // across)
    for unit in range(units):
        for row in range(rows):
            for column in range(columns):
                y = (across * (columns + gap) - gap) / 2 - (unit % across * (columns + gap) + column + 0.5)
                z = (down * (rows + gap) - gap) / 2 - (unit // across * (rows + gap) + row + 0.5)
                found.append((0, y * pitch, z * pitch))
    return np.array(found)


@pytest.mark.parametrize("path", FIRST, ids=lambda path: path.stem)
def test_weights_are_those_of_the_file(registered, path):
    network = look.build(path)
    thing, weights = first_of(network, path)
    assert show(network, thing) == {"FINISHED"}
    shown = look.one_of(network, "kernels")
    found, (unit, row, column) = look.values_of(shown, "weight"), look.cells_of(shown).T
    assert len(found) == weights[:, 0].size and weights.shape[1] in (1, 3)
    assert np.array_equal(found, np.broadcast_to(weights[unit, :, row, column], found.shape))
    assert shown.parent == thing
    colour = look.on_cells(shown, look.evaluate(network), "kernel")[:, :3]
    assert np.allclose(colour, np.clip(0.5 + 0.5 * found / look.inputs(shown)["Range"], 0, 1), atol=1e-5)
    size = np.abs(weights[weights != 0])
    assert np.isclose(look.inputs(shown)["Range"], np.percentile(size, 99) if len(size) > 20 else size.max())


CASES = (
    [("Tile Columns", one) for one in (1, 2, 9)]
    + [("Pitch", one) for one in (0.05, 0.5, 1.0)]
    + [("Gap", one) for one in (0.0, 0.5, 2.0)]
    + [("Thickness", one) for one in (0.1, 0.5, 1.0)]
    + [("Range", one) for one in (0.05, 0.5, 5.0)]
)
DATA = {"Tiles", "Rows", "Columns", "Block", "Material"}  # what the weights and the scene say


@pytest.fixture(scope="module")
def shown():
    look.fresh()
    network = look.build(look.CNN)
    thing, weights = first_of(network, look.CNN)
    return network, kernels.make(network, thing, weights), weights


@pytest.mark.parametrize("socket, value", CASES)
def test_sockets(shown, socket, value):
    network, thing, weights = shown
    before = look.inputs(thing)
    look.set_input(thing, socket, value)
    given, depsgraph = look.inputs(thing), look.evaluate(network)
    matrices, _ = look.local_instances(thing, depsgraph)
    expected = places(weights.shape, given["Tile Columns"], given["Pitch"], given["Gap"])
    assert np.allclose(matrices[:, :3, 3], expected, atol=1e-5)
    scale = np.array([given["Thickness"], 1, 1]) * given["Pitch"]
    assert np.allclose(matrices[:, :3, :3], np.diag(scale), atol=1e-6)
    colour = look.on_cells(thing, depsgraph, "kernel")
    raw = look.values_of(thing, "weight")
    assert np.allclose(colour[:, :3], np.clip(0.5 + 0.5 * raw / given["Range"], 0, 1), atol=1e-5)
    look.set_input(thing, socket, before[socket])


def test_every_socket_is_tried_described_and_bounded(shown):
    items = [
        one
        for one in look.modifier(shown[1]).node_group.interface.items_tree
        if one.item_type == "SOCKET" and one.in_out == "INPUT" and one.socket_type != "NodeSocketGeometry"
    ]
    assert {one.name for one in items} == {name for name, _ in CASES} | DATA
    for one in items:
        assert one.description, one.name
        assert not hasattr(one, "max_value") or one.max_value < 1e31 or one.name == "Range", one.name


def test_the_label_tells_number_size_and_range(shown):
    network, thing, weights = shown
    (label,) = look.of_kind(network, "kernels label")
    look.set_input(thing, "Range", 0.25)
    units, _, rows, columns = weights.shape

    def letters():
        geometry = label.evaluated_get(look.evaluate(network)).evaluated_geometry()
        cloud = geometry.instances_pointcloud()
        return len(cloud.points) - 1 if cloud else 0  # a space stands before the number

    assert letters() == len(f"{units} kernels {rows} × {columns}, clipped at ±0.250")
    look.set_input(thing, "Range", 12.0)
    assert letters() == len(f"{units} kernels {rows} × {columns}, ±12.0")


def test_again_removes_them_and_undo_brings_them_back(registered):
    network = look.build(look.CNN)
    thing, _ = first_of(network, look.CNN)
    before = look.blocks()
    bpy.ops.ed.undo_push(message="built")
    show(network, thing)
    assert len(look.of_kind(network, "kernels")) == 1
    show(network, thing)
    kept = [one for one in look.blocks() if one[0] in ("objects", "meshes")]
    assert kept == [one for one in before if one[0] in ("objects", "meshes")]
    bpy.ops.ed.undo()
    (network,) = entities.networks()
    assert len(look.of_kind(network, "kernels")) == 1 == len(look.of_kind(network, "kernels label"))


def test_a_run_and_folding_do_not_break_them(registered):
    network = look.build(look.RESNET, fold_repeats=False)
    thing = next(one for one in look.of_kind(network, "layer") if look.facts(one)["block"])
    weights = seeded(4, 3, 3, 3)
    shown = kernels.make(network, thing, weights)
    raw = look.values_of(shown, "weight").copy()
    box = look.boxes(network)[look.facts(thing)["block"]]
    (label,) = look.of_kind(network, "kernels label")
    look.set_input(box, "Fold", 1.0)
    depsgraph = look.evaluate(network)
    matrices, _ = look.local_instances(shown, depsgraph)
    assert np.abs(matrices[:, :3, :3]).max() < 1e-6
    assert label.evaluated_get(depsgraph).evaluated_geometry().instances_pointcloud() is None
    look.set_input(box, "Fold", 0.0)
    matrices, _ = look.local_instances(shown, look.evaluate(network))
    assert np.abs(matrices[:, 1, 1] - look.inputs(shown)["Pitch"]).max() < 1e-6
    assert np.array_equal(look.values_of(shown, "weight"), raw)


def test_a_run_leaves_them(registered):
    network = look.build(look.CNN)
    thing, weights = first_of(network, look.CNN)
    show(network, thing)
    assert bpy.ops.neuroscene.run_input(filepath=str(look.DIGIT)) == {"FINISHED"}
    found = look.values_of(look.one_of(network, "kernels"), "weight")
    assert np.array_equal(np.sort(found[:, 0]), np.sort(weights.ravel()))


def test_layers_without_pictures_are_refused(registered):
    network = look.build(look.CNN)
    bpy.context.view_layer.objects.active = look.layers(network)["conv2"]
    with pytest.raises(RuntimeError, match="reads 1 or 3 channels"):
        show(network, look.layers(network)["conv2"], look.layers(network)["dense1"])
    assert not look.of_kind(network, "kernels")


def test_channels_last_and_other_weights(registered, tmp_path):
    """A Transpose before the convolution changes nothing; newer weights are taken over."""
    nodes = [node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]), node("Conv", ["t", "w"], ["y"])]
    weights = seeded(5, 3, 2, 4)
    path = save(tmp_path, model(nodes, {"x": (1, 9, 9, 3)}, {"y": None}, {"w": weights}))
    network = look.build(path)
    (thing,) = (one for one in look.of_kind(network, "layer") if look.facts(one)["op"] == "Conv")
    show(network, thing)
    shown = look.one_of(network, "kernels")
    unit, row, column = look.cells_of(shown).T
    assert np.array_equal(look.values_of(shown, "weight"), weights[unit, :, row, column])
    newer = tmp_path / "newer"
    newer.mkdir()
    newer = save(newer, model(nodes, {"x": (1, 9, 9, 3)}, {"y": None}, {"w": 2 * weights}))
    from neuroscene.addon.scene.building import importing

    kernels.refresh(network, importing.open_network(newer))
    assert np.array_equal(look.values_of(shown, "weight"), 2 * weights[unit, :, row, column])
