# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operators, as the menus and the sidebar call them."""

import bpy
import numpy as np
import pytest

from neuroscene.addon.scene import entities
from scene import look
from unit.make import DATA, model, node, save, seeded


def import_network(path=look.MLP, **options) -> bpy.types.Collection:
    before = set(entities.networks())
    assert bpy.ops.neuroscene.import_network(filepath=str(path), update=False, **options) == {"FINISHED"}
    (network,) = set(entities.networks()) - before
    return network


def numbers(network) -> dict:
    """All that a scene says of an input: attributes, ranges, texts, and which class is lit."""
    found = {}
    for kind, attributes in (
        ("layer", ("value", "importance")),
        ("bars", ("value", "winner")),
        ("connections", ("source", "target", "weight", "magnitude", "importance")),
    ):
        for thing in look.of_kind(network, kind):
            facts = look.facts(thing)
            key = kind, facts.get("layer"), facts.get("source"), facts.get("target")
            found |= {(*key, name): look.values_of(thing, name) for name in attributes}
            found |= {
                (*key, name): value for name, value in look.inputs(thing).items() if isinstance(value, (int, float))
            }
            said = {"name": "", **facts.get("label", {})} | {"name": ""}  # as somebody may have called it
            found[(*key, "facts")] = str(
                sorted((k, v) for k, v in (facts | {"title": "", "called": "", "label": said}).items())
            )
    for kind in ("label", "class", "caption"):
        things = [one for one in look.of_kind(network, kind) if one.type == "FONT"]
        found[kind,] = sorted(
            (
                str(look.facts(one).get("layer") or look.facts(one).get("owner")),
                one.data.body,
                one.data.materials[0].name.split(".")[0],
            )
            for one in things
        )
    return found


def data(found: dict) -> dict:
    """Without the range of the line colours and the texts that go with it."""
    return {
        key: value for key, value in found.items() if key[0] not in ("label", "caption") and key[-1] != "Weight Range"
    }


def check_same(one: dict, other: dict):
    assert one.keys() == other.keys()
    for key, value in one.items():
        assert np.array_equal(value, other[key]), (key, value, other[key])


@pytest.mark.parametrize("path", [look.CNN, look.MLP], ids=lambda path: path.stem)
def test_import(registered, path):
    network = import_network(path, input=str(look.DIGIT))
    assert look.facts(network)["kind"] == "network" and network.name == path.stem
    assert bpy.context.scene == look.scene_of(network)  # the new scene is the one that is shown
    assert look.outside(network) == []


def test_import_options(registered):
    network = import_network(look.CNN, max_cells=900, max_connections=70, lines_a_pair=8)
    assert sum(len(one.data.vertices) for one in look.of_kind(network, "layer")) <= 900
    lines = [len(one.data.curves) for one in look.of_kind(network, "connections")]
    assert sum(lines) <= 70 and max(lines) <= 8


@pytest.mark.parametrize("path", [look.CNN, look.MLP, DATA / "mnist_cnn_tf2onnx.onnx"], ids=lambda path: path.stem)
@pytest.mark.parametrize("first", ["", str(look.DIGIT)], ids=["at rest", "after another input"])
def test_run_input_is_as_a_fresh_import(registered, path, first):
    network = import_network(path, input=first)
    before = numbers(network)
    assert bpy.ops.neuroscene.run_input(filepath=str(look.OTHER_DIGIT)) == {"FINISHED"}
    after = numbers(network)
    changed = {key[0] for key in before if not np.array_equal(before[key], after[key])}
    assert {"layer", "connections", "bars", "caption"} <= changed
    check_same(data(after), data(numbers(import_network(path, input=str(look.OTHER_DIGIT)))))


@pytest.mark.parametrize("path", [look.CNN, look.MLP], ids=lambda path: path.stem)
def test_run_input_looks_as_a_fresh_import(registered, path):
    network = import_network(path)
    bpy.ops.neuroscene.run_input(filepath=str(look.DIGIT))
    check_same(numbers(network), numbers(import_network(path, input=str(look.DIGIT))))


def words(network) -> set[tuple]:
    """What the texts that tell a range say: for one range, where it is clipped, for several."""
    texts = [look.inputs(obj) for obj in network.all_objects if obj.type == "MESH" and len(obj.modifiers) == 1]
    return {
        tuple(look.inputs(inputs[name])["Text"] for name in ("One", "Clipped", "Several", "Several Clipped"))
        for inputs in texts
        if "One" in inputs
    }


def test_run_input_says_what_the_cells_are(registered):
    network = import_network(look.CNN)
    assert any("bias" in text for texts in words(network) for text in texts)
    bpy.ops.neuroscene.run_input(filepath=str(look.DIGIT))
    assert words(network) == words(import_network(look.CNN, input=str(look.DIGIT)))


def test_run_input_moves_the_evaluated_scene(registered):
    network = import_network(look.MLP, input=str(look.DIGIT))
    before = look.geometry(network)
    bpy.ops.neuroscene.run_input(filepath=str(look.OTHER_DIGIT))
    after = look.geometry(network)
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert {"image", "dense1", "scores", "image to dense1"} <= changed


def test_run_input_when_a_layer_reads_another_twice(registered, tmp_path):
    """Both bundles between the same two layers follow, each with its own coefficient."""
    nodes = [node("MatMul", ["x", "w"], ["h"]), node("Sub", ["h", "h"], ["y"])]
    path = save(tmp_path, model(nodes, {"x": (1, 6)}, {"y": (1, 6)}, {"w": seeded(6, 6)}))
    np.save(tmp_path / "x.npy", seeded(1, 6, seed=1))
    network = import_network(path)
    bpy.ops.neuroscene.run_input(filepath=str(tmp_path / "x.npy"))
    again = import_network(path, input=str(tmp_path / "x.npy"))
    seen = [
        [
            look.array(bundle.data.attributes, name)
            for bundle in look.of_kind(one, "connections")
            if look.facts(bundle)["target"] == "y"
            for name in ("weight", "importance")
        ]
        for one in (network, again)
    ]
    assert sorted(one[0] for one in seen[1][::2]) == [-1, 1]
    for here, there in zip(*seen, strict=True):
        assert np.array_equal(here, there)


def test_run_input_of_one_network_of_two(registered):
    first, second = (import_network(look.MLP, input=str(look.DIGIT)) for _ in range(2))
    before = numbers(first), numbers(second)
    uuid = look.facts(second)["uuid"]
    assert bpy.ops.neuroscene.run_input(filepath=str(look.OTHER_DIGIT), uuid=uuid) == {"FINISHED"}
    check_same(before[0], numbers(first))
    assert any(not np.array_equal(before[1][key], value) for key, value in numbers(second).items())


@pytest.mark.parametrize("bad", ["missing.png", "text.png", "wrong.npy", "words.npy", "cut.png"])
def test_run_input_refuses(registered, tmp_path, bad):
    (tmp_path / "text.png").write_text("not a picture")
    np.save(tmp_path / "wrong.npy", np.zeros((3, 3), np.float32))
    np.save(tmp_path / "words.npy", np.array(["a"] * 784))
    (tmp_path / "cut.png").write_bytes(look.DIGIT.read_bytes()[:60])
    network = import_network(look.MLP, input=str(look.DIGIT))
    before, blocks = numbers(network), look.blocks()
    with pytest.raises(RuntimeError, match=bad):
        bpy.ops.neuroscene.run_input(filepath=str(tmp_path / bad))
    check_same(before, numbers(network))
    assert look.blocks() == blocks


def test_run_input_refuses_another_file_in_the_models_place(registered, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(look.MLP.read_bytes())
    import_network(path)
    path.write_bytes(look.CNN.read_bytes())
    with pytest.raises(RuntimeError, match="not the file that this scene was made from"):
        bpy.ops.neuroscene.run_input(filepath=str(look.DIGIT))
    path.unlink()
    with pytest.raises(RuntimeError, match="no such file"):
        bpy.ops.neuroscene.run_input(filepath=str(look.DIGIT))


def test_frame_network_after_moving_layers(registered):
    network = import_network(look.CNN, input=str(look.DIGIT), max_cells=5_000)
    things = look.layers(network)
    things["conv2"].location.z += 12
    things["dense1"].location.y -= 15
    things["scores"].location.x += 20
    look.set_input(things["pool1"], "Pitch", 3 * look.inputs(things["pool1"])["Pitch"])
    assert look.outside(network)
    assert bpy.ops.neuroscene.frame_network() == {"FINISHED"}
    assert look.outside(network) == []


@pytest.mark.parametrize("path", [look.MLP, look.ZOO / "unet.onnx"], ids=lambda path: path.stem)
def test_frame_network_of_a_moved_root(registered, path):
    network, kinds = import_network(path), ("layer", "block", "connections", "label", "class", "bars")
    root = look.one_of(network, "root")
    root.location, root.rotation_euler, root.scale = (10, 30, 10), (0.5, 0.2, 0.3), (2, 2, 2)
    assert look.outside(network, kinds)
    bpy.ops.neuroscene.frame_network()
    assert look.outside(network, kinds) == []


def test_frame_network_without_its_camera(registered):
    network = import_network(look.MLP)
    bpy.data.objects.remove(look.one_of(network, "camera"))
    with pytest.raises(RuntimeError, match="no camera"):
        bpy.ops.neuroscene.frame_network()


def test_export(registered, tmp_path):
    import_network(look.MLP, input=str(look.DIGIT))
    assert bpy.ops.neuroscene.export_gltf(filepath=str(tmp_path / "out.glb")) == {"FINISHED"}
    assert (tmp_path / "out.glb").read_bytes()[:4] == b"glTF"


def test_export_of_the_model(registered, tmp_path):
    """What File > Export writes runs by itself; a network whose structure is inferred leaves nothing."""
    import onnx

    import_network(look.MLP)
    assert bpy.ops.neuroscene.export_onnx(filepath=str(tmp_path / "out.onnx")) == {"FINISHED"}
    onnx.checker.check_model(str(tmp_path / "out.onnx"), full_check=True)
    assert [path.name for path in tmp_path.iterdir()] == ["out.onnx"]


def test_export_without_pruned_units(registered, tmp_path):
    """The file has the weights of the units that Prune leaves, and the scores of the pruned run."""
    import onnx

    network = import_network(look.CNN, input=str(look.DIGIT))
    with pytest.raises(RuntimeError, match="nothing is pruned"):
        bpy.ops.neuroscene.export_onnx(filepath=str(tmp_path / "out.onnx"), pruned=True)
    look.set_input(look.one_of(network, "root"), "Prune", 0.5)
    out = tmp_path / "out.onnx"
    assert bpy.ops.neuroscene.export_onnx(filepath=str(out), pruned=True) == {"FINISHED"}
    shapes = {tuple(tensor.dims) for tensor in onnx.load(out).graph.initializer}
    assert (4, 1, 3, 3) in shapes and (8, 4, 3, 3) in shapes, shapes
    from neuroscene.addon.inference import run_file
    from neuroscene.addon.network import summarise
    from neuroscene.addon.scene.building import importing
    from neuroscene.addon.structure import open_checkpoint

    best = run_file(look.DIGIT, summarise(open_checkpoint(out)), 1)[1].scores[0]
    assert importing.pruned_score(network).startswith(f"{best.label} ({best.score:.3g}) without 36 of 72")


def test_state_survives_a_file(registered, tmp_path):
    """Save, load, and run an input: nothing of a network is kept in Python."""
    import_network(look.MLP)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    look.fresh()
    assert not entities.networks()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    (network,) = entities.networks()
    for thing in network.all_objects:
        if entities.kind(thing) != "layer":  # a layer's name is also what it is called
            thing.name = f"renamed {thing.name}"  # objects are found by their properties
    network.name = "renamed"
    assert bpy.ops.neuroscene.run_input(filepath=str(look.DIGIT)) == {"FINISHED"}
    check_same(data(numbers(network)), data(numbers(import_network(look.MLP, input=str(look.DIGIT)))))


def test_run_input_keeps_to_sizes_of_the_scene(registered, tmp_path):
    """An array of another length needs another scene, and the operator says so."""
    path = save(tmp_path, model([node("Relu", ["x"], ["y"])], {"x": (1, 3, None, 8)}, {"y": None}))
    import_network(path)
    np.save(tmp_path / "x.npy", seeded(1, 3, 9, 8))
    with pytest.raises(RuntimeError, match="a different size"):
        bpy.ops.neuroscene.run_input(filepath=str(tmp_path / "x.npy"))
