# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks are collections and objects: parents of their layers, trays under them, and boxes that they fold to."""

import numpy as np
import pytest

from neuroscene.addon import compat
from scene import look


def zoo(name, **settings):
    return look.build(look.ZOO / f"{name}.onnx", **{"max_cells": 4_000} | settings)


@pytest.fixture
def network(blank):
    """A network of nested blocks, all open, with skip connections."""
    return zoo("resnet18")


def inside(network, path):
    """The objects of the layers and of the blocks in a block, by name and by path."""
    layers = {
        name: one
        for name, one in look.layers(network).items()
        if name in look.facts(look.boxes(network)[path])["layers"]
    }
    return layers, {name: one for name, one in look.boxes(network).items() if name.startswith(f"{path}/")}


def sizes(thing, depsgraph):
    """The edge lengths (n, 3) of the cells of a layer."""
    return np.linalg.norm(look.local_instances(thing, depsgraph)[0][: len(thing.data.vertices), :3, :3], axis=1)


def snapshot(network):
    """What is seen of all layers and blocks: where cells are and how large, and the corners of trays and boxes."""
    depsgraph = look.evaluate(network)
    return (
        {name: (look.cell_places(one, depsgraph), sizes(one, depsgraph)) for name, one in look.layers(network).items()},
        {path: look.box_points(one, depsgraph) for path, one in look.boxes(network).items()},
    )


def fold(network, **values):
    for path, value in values.items():
        look.set_input(look.boxes(network)[path], "Fold", value)


@pytest.mark.parametrize("name", ["resnet18", "gpt2", "mobilenet_v3"])
def test_collections_nest_as_the_blocks_do(blank, name):
    network = zoo(name)
    boxes, collections = look.boxes(network), {}

    def walk(collection, path):
        for child in collection.children:
            if look.facts(child)["kind"] == "block":
                assert look.facts(boxes[look.facts(child)["path"]])["parent"] == path
                collections[look.facts(child)["path"]] = child
                walk(child, look.facts(child)["path"])

    walk(network, "")
    assert collections.keys() == boxes.keys() and len(boxes) > 4
    layers = look.layers(network)
    for path, collection in collections.items():
        directly = {one for one in layers.values() if look.facts(one)["block"] == path}
        assert set(collection.objects) == directly | {boxes[path]}, path
        every = {one.name for one in collection.all_objects if look.facts(one)["kind"] == "layer"}
        assert every == {layers[name].name for name in look.facts(boxes[path])["layers"]}, path
    free = next(one for one in network.children if look.facts(one)["kind"] == "layers")
    assert set(free.objects) == {one for one in layers.values() if not look.facts(one)["block"]}


def test_a_block_stands_under_its_layers(network):
    """Its first tray is below all its layers of that row and reaches beyond them."""
    depsgraph = look.evaluate(network)
    rows = {name: look.facts(one)["row"] for name, one in look.layers(network).items()}
    for path, box in look.boxes(network).items():
        tray, row = look.box_points(box, depsgraph)[:8], look.facts(box)["row"]
        for name, one in inside(network, path)[0].items():
            if rows[name] == row:
                corners = look.corners(one, depsgraph).reshape(-1, 3)
                assert (corners[:, :2].min(0) > tray[:, :2].min(0)).all(), (path, name)
                assert (corners[:, :2].max(0) < tray[:, :2].max(0)).all(), (path, name)
                assert corners[:, 2].min() > tray[:, 2].max(), (path, name)


@pytest.mark.parametrize("path", ["layer2", "layer2/layer2.0"])
def test_a_block_takes_its_layers_along(network, path):
    box, before = look.boxes(network)[path], snapshot(network)
    old = np.array(box.evaluated_get(look.evaluate(network)).matrix_world)
    box.location.z += 4
    box.rotation_euler, box.scale = (0.2, -0.1, 0.5), (0.5, 1.5, 1.2)
    look.check_ends(network)
    after, new = snapshot(network), np.array(box.evaluated_get(look.evaluate(network)).matrix_world)
    turn = new @ np.linalg.inv(old)
    layers, blocks = inside(network, path)
    assert layers
    for name, (places, _) in before[0].items():
        expected = places @ turn[:3, :3].T + turn[:3, 3] if name in layers else places
        assert np.allclose(after[0][name][0], expected, atol=1e-4), name
    for name, points in before[1].items():
        expected = points @ turn[:3, :3].T + turn[:3, 3] if name in blocks or name == path else points
        assert np.allclose(after[1][name], expected, atol=1e-4), name


def within(points, box, depsgraph) -> bool:
    """Whether world points lie in the box of a folded block."""
    matrix = np.linalg.inv(np.array(box.evaluated_get(depsgraph).matrix_world))
    local = points @ matrix[:3, :3].T + matrix[:3, 3]
    return bool((np.abs(local) <= np.array(look.inputs(box)["Box"]) / 2 + 1e-4).all())


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("path", ["layer2", "layer2/layer2.0"])
def test_a_folded_block_is_one_box(network, path, turned):
    box = look.boxes(network)[path]
    if turned:
        box.location.z, box.rotation_euler = 3.0, (0.4, 0.2, 1.0)
        look.layers(network)["/layer2/layer2.0/conv1/Conv"].rotation_euler.x += 0.5
    before = snapshot(network)
    fold(network, **{path: 1.0})
    after, depsgraph = snapshot(network), look.evaluate(network)
    layers, blocks = inside(network, path)
    for name, (places, size) in after[0].items():
        if name in layers:
            assert np.ptp(look.corners(layers[name], depsgraph), axis=1).max() < 1e-5, name  # also of its plate
            assert within(look.corners(layers[name], depsgraph).reshape(-1, 3), box, depsgraph), name
        else:
            assert np.array_equal(places, before[0][name][0]) and np.array_equal(size, before[0][name][1]), name
    for name, points in after[1].items():
        if name in blocks:
            assert np.abs(points - points[0]).max() < 1e-5 and within(points, box, depsgraph), name
        elif name != path:
            assert np.array_equal(points, before[1][name]), name
    assert within(after[1][path], box, depsgraph)
    edges = np.linalg.norm(after[1][path][:8, None] - after[1][path][None, :8], axis=-1).max()
    assert np.isclose(edges, np.linalg.norm(look.inputs(box)["Box"]), rtol=1e-5)  # from corner to corner
    look.check_ends(network)
    entering = 0
    for (source, target), bundle in look.bundles(network).items():
        points = look.curve_places(bundle, depsgraph)
        for end, name in ((0, source), (-1, target)):
            if name in layers:
                assert within(points[:, end], box, depsgraph), bundle.name
                entering += (source in layers) != (target in layers)
        if {source, target} <= layers.keys():
            assert within(points, box, depsgraph), bundle.name  # what goes on inside is not seen
    assert entering >= 2


@pytest.mark.parametrize("path", ["layer2", "layer2/layer2.0"])
def test_a_block_half_folded_is_half_way(network, path):
    """Cells shrink evenly and come together, trays grow to the box or vanish."""
    seen = []
    for value in (0.0, 0.5, 1.0):
        fold(network, **{path: value})
        seen.append(snapshot(network))
        look.check_ends(network)
    layers, blocks = inside(network, path)
    for name in layers:
        (places, size), (half, half_size), (closed, _) = (one[0][name] for one in seen)
        assert np.allclose(half_size, size / 2, atol=1e-5), name
        if blocks:  # which move as well, so that the way of what is in them is bent
            assert np.linalg.norm(half - closed, axis=-1).max() < np.linalg.norm(places - closed, axis=-1).max(), name
        else:
            assert np.allclose(half, (places + closed) / 2, atol=1e-4), name
    opened, half, closed = (one[1][path] for one in seen)
    assert np.allclose(half, (opened + closed) / 2, atol=1e-4)
    for inner in blocks:
        assert np.ptp(seen[0][1][inner], axis=0).max() > np.ptp(seen[1][1][inner], axis=0).max() > 0


def test_outer_and_inner_folds_work_together(network):
    """What is left of a layer is what all blocks round it leave; what is folded inside opens as it was."""
    before = snapshot(network)
    first, second = "layer3/layer3.0", "layer3/layer3.1"
    for outer in (0.0, 0.6, 1.0):
        fold(network, layer3=outer, **{first: 0.5})
        after = snapshot(network)
        for path, left in ((first, 0.5 * (1 - outer)), (second, 1 - outer)):
            for name in inside(network, path)[0]:
                assert np.allclose(after[0][name][1], left * before[0][name][1], atol=1e-5), (name, outer)
        look.check_ends(network)
    fold(network, layer3=0.0, **{first: 0.0})
    after = snapshot(network)
    for name, (places, size) in before[0].items():
        assert np.array_equal(after[0][name][0], places) and np.array_equal(after[0][name][1], size), name


def test_fold_can_be_keyframed(network):
    box, scene = look.boxes(network)["layer2"], look.scene_of(network)
    modifier = look.modifier(box)
    socket = compat.identifiers(modifier.node_group)["Fold"]
    path = (
        f'modifiers["{modifier.name}"].properties.inputs.{socket}.value'
        if compat.FIVE_TWO
        else f'modifiers["{modifier.name}"]["{socket}"]'
    )
    for frame, value in ((1, 0.0), (11, 1.0)):
        look.set_input(box, "Fold", value)
        assert box.keyframe_insert(path, frame=frame)
    thing = inside(network, "layer2")[0]["/layer2/layer2.1/Add"]
    seen = {}
    for frame in (1, 6, 11):
        scene.frame_set(frame)
        seen[frame] = sizes(thing, scene.view_layers[0].depsgraph)
    assert seen[1].min() > 0 and np.abs(seen[11]).max() == 0
    assert (seen[6] < seen[1]).all() and (seen[6] > 0).all()
    scene.frame_set(11)
    look.check_ends(network)


def tints(network):
    """The colour of each block as it is evaluated."""
    depsgraph, found = look.evaluate(network), {}
    for path, box in look.boxes(network).items():
        reference = box.evaluated_get(depsgraph).evaluated_geometry().instance_references()[0]
        colours = look.array(reference.mesh.attributes, "tint")
        assert np.ptp(colours, axis=0).max() == 0
        found[path] = tuple(colours[0].round(5).tolist())
    return found


def test_equal_blocks_have_equal_colours(blank):
    found = tints(zoo("bert"))
    for part in ("", "/attention", "/output"):
        assert len({found[f"encoder/layer.{i}{part}"] for i in range(12)}) == 1
    kinds = ("embeddings", "encoder", "encoder/layer.0", "encoder/layer.0/attention", "encoder/layer.0/output")
    assert len({found[path] for path in kinds}) == len(kinds)


def test_the_colour_is_that_of_the_slider(network):
    box = look.boxes(network)["layer1"]
    look.set_input(box, "Color", (0.9, 0.1, 0.3, 1.0))
    assert np.allclose(tints(network)["layer1"], (0.9, 0.1, 0.3, 1.0))
    nodes = look.inputs(box)["Material"].node_tree.nodes
    tint = next(one for one in nodes if one.type == "ATTRIBUTE")
    assert (tint.attribute_name, tint.attribute_type) == ("tint", "GEOMETRY")
    assert {link.to_socket.name for link in tint.outputs["Color"].links} == {"Base Color", "Emission Color"}


@pytest.mark.parametrize("path", [look.CNN, look.MLP, look.ZOO / "lstm.onnx", look.ZOO / "control.onnx"])
def test_small_networks_are_shown_whole(blank, path):
    network = look.build(path, fold_repeats=True)
    assert not any(look.inputs(box)["Fold"] for box in look.boxes(network).values())
    assert all(look.facts(box)["built"] for box in look.boxes(network).values())
    assert not look.joints(network)


def test_a_layer_released_from_its_block_unfolds(network):
    """Without a block in its socket a layer shows all its cells, whatever is folded."""
    fold(network, layer2=1.0)
    thing = look.layers(network)["/layer2/layer2.1/Add"]
    look.set_input(thing, "Block", None)
    assert sizes(thing, look.evaluate(network)).min() > 0
    thing.parent = look.one_of(network, "root")
    look.check_ends(network)
