# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network is written in the window: what stands in the scene is at every moment what its specification says."""

import csv
import json
import random
import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import numpy as np
import onnx
import pytest

import neuroscene
from neuroscene.addon import composing
from neuroscene.addon.composing import compose
from neuroscene.addon.network import summarise
from neuroscene.addon.scene.attributes import array
from neuroscene.addon.scene.building import studio
from neuroscene.addon.scene.camera import framing, picture
from neuroscene.addon.scene.composing import changing, choosing, learning
from neuroscene.addon.scene.editing import arranging
from neuroscene.addon.scene.entities import Bundle, NetworkScene, networks
from neuroscene.addon.scene.series import known
from neuroscene.addon.structure import open_checkpoint
from neuroscene.addon.training import Options
from neuroscene.operators import train_network
from unit import by_hand


@pytest.fixture(scope="module", autouse=True)
def registered():
    neuroscene.register()
    yield
    neuroscene.unregister()


@pytest.fixture
def lenet(blank):
    assert bpy.ops.neuroscene.compose_network(template="lenet") == {"FINISHED"}
    (network,) = networks()
    return network


def written(network):
    return json.loads(NetworkScene(network).specification)


def shown(network) -> dict[str, tuple]:
    return {name: tuple(layer.shape) for name, layer in NetworkScene(network).layers().items()}


def agrees(network) -> None:
    """The scene shows what the specification makes: layers, their shapes, every drawn weight of a dense layer."""
    specification = composing.parse(written(network))
    composed = compose(specification)
    source = summarise(open_checkpoint(bpy.path.abspath(NetworkScene(network).source)))
    assert shown(network) == {layer.name: tuple(layer.shape) for layer in source.layers}
    for name, shape in shown(network).items():
        if name in composed.shapes:
            assert tuple(size for size in shape) == composed.shapes[name], name
    edges = {(a, b) for layer in source.layers for b in [layer.name] for a in layer.inputs}
    drawn = {(bundle.source, bundle.target) for bundle in NetworkScene(network).bundles()}
    assert drawn <= edges


def test_a_template_stands_in_the_scene(lenet):
    assert list(shown(lenet)) == ["image", "conv1", "pool1", "conv2", "pool2", "dense1", "answer"]
    agrees(lenet)


def test_fields_are_the_specification_s(lenet):
    fields = lenet.neuroscene_layer
    choosing.choose(lenet, "conv1")
    assert (fields.name, fields.units, fields.kernel, fields.same, fields.activation) == ("conv1", 8, 5, True, "Relu")
    cells = NetworkScene(lenet).layers()["conv1"].obj
    cells.location.z += 2.0
    fields.units = 6
    fields.kernel = 3
    assert written(lenet)["layers"][0]["units"] == 6 and shown(lenet)["conv1"] == (6, 28, 28)
    assert NetworkScene(lenet).layers()["conv1"].obj == cells and cells.location.z > 1.0  # where it was put
    fields.name = "edges"
    assert "edges" in shown(lenet) and NetworkScene(lenet).layers()["edges"].obj == cells
    fields.activation = "NONE"
    assert "activation" not in written(lenet)["layers"][0]
    agrees(lenet)


def test_what_cannot_be_is_said_and_the_network_stays(lenet):
    before = shown(lenet)
    choosing.choose(lenet, "conv2")
    lenet.neuroscene_layer.kernel = 40
    assert changing.problem_of(lenet) == ("conv2", "has a kernel of 40 on a map of 14")
    assert shown(lenet) == before and lenet.neuroscene_layer.kernel == 40  # the draft
    lenet.neuroscene_layer.kernel = 3
    assert changing.problem_of(lenet) == ("", "") and shown(lenet)["conv2"] == (16, 12, 12)
    lenet.neuroscene_layer.kernel = 40
    assert bpy.ops.neuroscene.discard_draft() == {"FINISHED"}
    assert lenet.neuroscene_layer.kernel == 3 and changing.problem_of(lenet) == ("", "")
    agrees(lenet)


def test_layers_are_put_in_and_taken_out(lenet):
    add = bpy.ops.neuroscene.add_layer
    assert add(operator="BatchNormalization", place="AFTER", layer="conv1") == {"FINISHED"}
    assert add(operator="Dropout", place="BEFORE", layer="answer") == {"FINISHED"}
    assert add(operator="Conv", place="BESIDE", layer="conv1") == {"FINISHED"}
    assert [layer["op"] for layer in written(lenet)["layers"]].count("Concat") == 1
    agrees(lenet)
    assert choosing.chosen(lenet, changing.of_network(lenet)).name == "conv3"
    assert bpy.ops.neuroscene.remove_layer(layer="conv3") == {"FINISHED"}
    assert bpy.ops.neuroscene.duplicate_layer(layer="dense1") == {"FINISHED"}
    assert "dense2" in shown(lenet)
    assert bpy.ops.neuroscene.move_layer(layer="dense2", direction="INPUT") == {"FINISHED"}
    names = [layer["name"] for layer in written(lenet)["layers"]]
    assert names.index("dense2") < names.index("dense1")
    agrees(lenet)


def test_another_seed_gives_other_weights(lenet):
    def weights():
        bundle = next(each for each in NetworkScene(lenet).bundles() if each.target == "answer")
        return array(bundle.obj, "weight").copy()

    before = weights()
    assert bpy.ops.neuroscene.randomize_weights() == {"FINISHED"}
    assert written(lenet)["seed"] == 1 and not np.array_equal(weights(), before)


def test_a_draft_that_cannot_be_built_gets_no_other_weights(lenet, capfd):
    choosing.choose(lenet, "conv2")
    lenet.neuroscene_layer.kernel = 40
    capfd.readouterr()
    assert bpy.ops.neuroscene.randomize_weights() == {"FINISHED"}
    reported = capfd.readouterr().out
    assert "has a kernel of 40" in reported and "Weights of seed" not in reported
    assert not written(lenet).get("seed")


def is_what_is_written_by_hand(network, folder) -> None:
    """Shapes, parameters and edges are those of an ONNX file of the same settings that other code has written."""
    model = by_hand.model_of(written(network))
    onnx.checker.check_model(model, full_check=True)
    inferred = by_hand.shapes_of(model)
    onnx.save(model, folder / "by_hand.onnx")
    expected = summarise(open_checkpoint(folder / "by_hand.onnx"))
    layers = NetworkScene(network).layers()
    assert list(layers) == [layer.name for layer in expected.layers]
    for layer in expected.layers:
        shown = layers[layer.name]
        assert tuple(shown.shape) == tuple(layer.shape), layer.name
        assert layer.name not in inferred or tuple(shown.shape) == inferred[layer.name], layer.name
        assert shown.parameters == layer.parameters, layer.name
    carried = {(edge.source.name, edge.target.name) for edge in expected.connections}
    assert {(bundle.source, bundle.target) for bundle in NetworkScene(network).bundles()} == carried
    held = sum(layer.parameters for layer in layers.values())
    assert held == sum(np.prod(tensor.dims, dtype=int) for tensor in model.graph.initializer)


def test_undo_in_one_step(lenet):
    bpy.ops.ed.undo_push(message="composed")
    bpy.ops.neuroscene.add_layer(operator="Dense", place="BEFORE", layer="answer")
    bpy.ops.ed.undo_push(message="added")
    assert len(written(networks()[0])["layers"]) == 7
    bpy.ops.ed.undo()
    (network,) = networks()
    assert len(written(network)["layers"]) == 6 and "dense2" not in shown(network)
    agrees(network)
    bpy.ops.ed.redo()
    (network,) = networks()
    assert "dense2" in shown(network)
    agrees(network)


@pytest.mark.parametrize(("edits", "seed"), [(25, 0), pytest.param(200, 1, marks=pytest.mark.slow)])
def test_random_edits(lenet, tmp_path, edits, seed):
    """By operators alone, with undo between: the scene is always what a network of the same settings is."""
    chance = random.Random(seed)
    bpy.ops.ed.undo_push(message="begin")
    for number in range(edits):
        (network,) = networks()
        names = [layer["name"] for layer in written(network)["layers"]]
        at = chance.choice(names)
        kind = chance.randrange(6)
        if kind < 2 and len(names) < 12:
            op = chance.choice(["Conv", "MaxPool", "BatchNormalization", "Dense", "Dropout", "Add", "Concat"])
            place = chance.choice(["AFTER", "BEFORE", "BESIDE", "INSTEAD"])
            bpy.ops.neuroscene.add_layer(operator=op, place=place, layer=at)
        elif kind == 2:
            bpy.ops.neuroscene.remove_layer(layer=at)
        elif kind == 3:
            choosing.choose(network, at)
            setting = chance.choice(["units", "kernel", "stride"])
            setattr(network.neuroscene_layer, setting, chance.choice([1, 2, 3, 5, 8]))
        elif kind == 4:
            bpy.ops.neuroscene.move_layer(layer=at, direction=chance.choice(["INPUT", "OUTPUT"]))
        else:
            bpy.ops.ed.undo()
        (network,) = networks()
        if changing.problem_of(network)[0]:
            bpy.ops.neuroscene.discard_draft()
        agrees(network)
        is_what_is_written_by_hand(network, tmp_path)
        bpy.ops.ed.undo_push(message=str(number))


def test_a_file_that_was_composed_can_be_edited_again(blank, tmp_path):
    path = tmp_path / "mine.onnx"
    onnx.save(compose(composing.template("mlp")).model, path)
    bpy.ops.neuroscene.import_network(filepath=str(path))
    (network,) = networks()
    assert changing.of_network(network) is None
    assert bpy.ops.neuroscene.edit_copy() == {"FINISHED"}
    choosing.choose(network, "dense1")
    network.neuroscene_layer.units = 10
    assert shown(network)["dense1"] == (10,) and path.stat().st_size > 0


def test_a_network_of_a_file_is_edited_as_a_copy(blank, root):
    """Its weights stay what they are, and its file too; what is changed follows."""
    path = root / "sample_models/digits_cnn.onnx"
    before = path.read_bytes()
    bpy.ops.neuroscene.import_network(filepath=str(path))
    (network,) = networks()
    lines = {each.target: array(each.obj, "weight").copy() for each in NetworkScene(network).bundles()}
    cells = NetworkScene(network).layers()["conv3"].obj
    assert bpy.ops.neuroscene.edit_copy() == {"FINISHED"}
    again = {each.target: array(each.obj, "weight") for each in NetworkScene(network).bundles()}
    np.testing.assert_array_equal(lines["dense1"], again["dense1"])
    assert NetworkScene(network).layers()["conv3"].obj == cells
    choosing.choose(network, "conv3")
    network.neuroscene_layer.units = 5
    assert shown(network)["conv3"][0] == 5 and NetworkScene(network).layers()["conv3"].obj == cells
    agrees(network)
    assert path.read_bytes() == before


def test_what_a_specification_cannot_say_is_named(blank, root):
    bpy.ops.neuroscene.import_network(filepath=str(root / "tests/data/zoo/mobilenet_v3.onnx"))
    with pytest.raises(RuntimeError, match="cannot be edited by hand: '.*' .HardSigmoid. is nothing that"):
        bpy.ops.neuroscene.edit_copy()
    assert changing.of_network(networks()[0]) is None


def test_it_learns_in_the_scene(blank, tmp_path):
    """Each checkpoint is a step of the series, bit for bit, and what is shown in the end is the last."""
    x = np.random.default_rng(0).normal(size=(240, 2)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(np.int64)
    np.savez(tmp_path / "data.npz", x_train=x[:200], y_train=y[:200], x_test=x[200:], y_test=y[200:])
    bpy.ops.neuroscene.compose_network(template="vector")
    bpy.ops.neuroscene.add_layer(operator="Dense", place="BEFORE", layer="answer")
    done = bpy.ops.neuroscene.train_network(
        data="FILE", file=str(tmp_path / "data.npz"), epochs=4, rate=0.02, directory=str(tmp_path / "run")
    )
    assert done == {"FINISHED"}
    (network,) = networks()
    series = known.read(network)["checkpoints"]
    assert len(series) == 5 and [round(each["accuracy"] * 40) for each in series.values][-1] > 20
    bundle = next(each for each in NetworkScene(network).bundles() if each.target == "answer")
    for step in range(5):
        model = onnx.load(tmp_path / f"run/epoch_{step:02}.onnx")
        held = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
        weight = held["answer.weight"]
        drawn = array(bundle.obj, f"weight.{step:03}")
        sources, targets = array(bundle.obj, "source"), array(bundle.obj, "target")
        exact = weight[targets, sources] if weight.shape[0] == 2 else weight[sources, targets]
        assert drawn.tobytes() == exact.astype(np.float32).tobytes()
    assert changing.of_network(network) is not None  # it can be edited on, with what it has learned
    choosing.choose(network, "dense1")
    network.neuroscene_layer.activation = "Tanh"
    agrees(network)


def test_it_learns_in_the_scene_within_epochs(blank, tmp_path):
    """A step of the series after every four batches, in order, with what was measured there; undone in one step."""
    bpy.ops.neuroscene.compose_network(template="spiral-deep")
    bpy.ops.ed.undo_push(message="composed")
    given = {"data": "SPIRAL", "epochs": 2, "batch": 100, "every": 4, "directory": str(tmp_path / "run")}
    assert bpy.ops.neuroscene.train_network(**given) == {"FINISHED"}
    (network,) = networks()
    series = known.read(network)["checkpoints"]
    count = len(np.load(learning.data_of("SPIRAL", ""))["x_train"]) // 100
    ends = (0, count, 2 * count)
    assert series.unit == "step"
    assert series.numbers == sorted({*ends, *range(4, count, 4), *range(count + 4, 2 * count, 4)})
    files = [Path(file).name for file in series.files]
    assert [name for name in files if "step" not in name] == ["epoch_00.onnx", "epoch_01.onnx", "epoch_02.onnx"]
    rows = {int(row["step"]): row for row in csv.DictReader((tmp_path / "run/metrics.csv").open())}
    assert [each["accuracy"] for each in series.values] == [float(rows[step]["accuracy"]) for step in series.numbers]
    bundle = next(each for each in NetworkScene(network).bundles() if each.target == "hidden1")
    for place, file in enumerate(series.files):
        held = {each.name: onnx.numpy_helper.to_array(each) for each in onnx.load(file).graph.initializer}
        weight = held["hidden1.weight"]
        drawn = array(bundle.obj, f"weight.{place:03}")
        sources, targets = array(bundle.obj, "source"), array(bundle.obj, "target")
        exact = weight[targets, sources] if weight.shape[1] == 2 else weight[sources, targets]
        assert drawn.tobytes() == exact.astype(np.float32).tobytes()
    bpy.ops.ed.undo()
    assert not known.read(networks()[0])


def test_the_window_has_time_to_itself_while_it_learns(blank, tmp_path):
    """At most one checkpoint joins at a look, and then none for as long as that took; all have joined in the end."""
    bpy.ops.neuroscene.compose_network(template="spiral-deep")
    (network,) = networks()
    taught = learning.begin(network, learning.data_of("SPIRAL", ""), tmp_path / "run", Options(epochs=12, batch=300))
    taught.lesson.wait(60.0)
    assert len(taught.lesson.written) == 13 and not taught.over
    ended = []
    operator = SimpleNamespace(taught=taught, _next=0.0, _leave=lambda context: None, _end=ended.append)
    context = SimpleNamespace(
        screen=SimpleNamespace(areas=[]),
        view_layer=bpy.context.view_layer,
        workspace=SimpleNamespace(status_text_set=lambda text: None),
    )
    event = SimpleNamespace(type="TIMER", value="NOTHING")
    busy = free = 0
    while not ended:
        before, begin = taught.live.count, time.perf_counter()
        train_network.NEUROSCENE_OT_train_network.modal(operator, context, event)
        joined = taught.live.count - before
        assert joined <= 1
        if joined and not ended:
            took = time.perf_counter() - begin
            assert operator._next >= begin + 1.5 * took
            busy += 1
        else:
            free += 1
            time.sleep(0.005)
    assert taught.live.count == 13 and busy == 12 and free > busy
    assert known.read(networks()[0])["checkpoints"].numbers == list(range(13))


def test_what_cannot_be_trained_is_said(blank, tmp_path):
    bpy.ops.neuroscene.compose_network(template="vector")
    for given, said in (
        ({"data": "FILE"}, "Choose the data to learn from"),
        ({"data": "FILE", "file": str(tmp_path / "none.npz")}, "no such file"),
        ({}, "and the network reads"),  # digits
    ):
        with pytest.raises(RuntimeError, match=said):
            bpy.ops.neuroscene.train_network(directory=str(tmp_path / "run"), epochs=1, **given)
    assert not list(tmp_path.glob("run/*"))


@pytest.mark.parametrize(
    ("given", "said", "kept"),
    [
        ({"broken": 33}, "not finite at step .* is the last good checkpoint", True),
        ({"classes": 9}, "gives 2 scores, and the data has a class 9", False),
        ({"wide": 3}, "and the network reads", False),
    ],
)
def test_a_training_that_fails_leaves_what_was_good(blank, tmp_path, given, said, kept):
    """A loss that is not finite, labels out of range, samples of another shape: one line, and the scene goes on."""
    chance = np.random.default_rng(0)
    x = chance.normal(size=(60, given.get("wide", 2))).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64) * given.get("classes", 1)
    if "broken" in given:  # not the first of its epoch
        x[given["broken"]] = np.nan
    np.savez(tmp_path / "data.npz", x_train=x[:40], y_train=y[:40], x_test=x[40:], y_test=y[40:])
    bpy.ops.neuroscene.compose_network(template="spiral-deep")
    (network,) = networks()
    before = NetworkScene(network).source
    folder = tmp_path / "run"
    options = {"data": "FILE", "file": str(tmp_path / "data.npz"), "directory": str(folder), "epochs": 30, "batch": 8}
    with pytest.raises(RuntimeError, match=said) as raised:
        bpy.ops.neuroscene.train_network(**options, every=1)
    assert len(str(raised.value).strip().splitlines()) == 1
    (network,) = networks()
    files = sorted(folder.glob("*.onnx")) if folder.exists() else []
    assert bool(files) == kept == bool(known.read(network)) and not list(tmp_path.rglob("*.part*"))
    for path in files:
        stored = [onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer]
        assert all(np.isfinite(numbers).all() for numbers in stored)
    if kept:
        series = known.read(network)["checkpoints"]
        assert len(series) == len(files) and series.files[-1] == NetworkScene(network).source
        assert str(raised.value).count(Path(series.files[-1]).name) == 1
    else:
        assert NetworkScene(network).source == before


def test_frozen_layers_stay_as_they_are(blank, tmp_path):
    """The lock is one step of undo, is drawn, follows a new name, and a training keeps to it."""
    bpy.ops.neuroscene.compose_network(template="spiral-deep")
    bpy.ops.ed.undo_push(message="composed")
    assert bpy.ops.neuroscene.freeze_layers("EXEC_DEFAULT", True, layer="hidden1") == {"FINISHED"}
    assert learning.frozen(networks()[0]) == ["hidden1"]
    bpy.ops.ed.undo()
    assert learning.frozen(networks()[0]) == []
    bpy.ops.ed.redo()
    (network,) = networks()
    choosing.choose(network, "hidden1")
    network.neuroscene_layer.name = "first"
    assert learning.frozen(network) == ["first"]
    assert bpy.ops.neuroscene.freeze_layers(layer="point") == {"CANCELLED"}  # it has no weights
    given = {"data": "SPIRAL", "epochs": 2, "directory": str(tmp_path / "run")}
    assert bpy.ops.neuroscene.train_network(**given) == {"FINISHED"}
    before, after = (
        {
            one.name: onnx.numpy_helper.to_array(one)
            for one in onnx.load(tmp_path / f"run/epoch_0{epoch}.onnx").graph.initializer
        }
        for epoch in (0, 2)
    )
    assert {name for name in before if before[name].tobytes() == after[name].tobytes()} == {
        "first.weight",
        "first.bias",
    }
    assert bpy.ops.neuroscene.freeze_layers(layer="first") == {"FINISHED"}
    assert learning.frozen(networks()[0]) == []


def names(network):
    return [layer["name"] for layer in written(network)["layers"]]


def move(network, name, others, shares):
    """Move a layer by hand to a place between two others; where it stands then, in the network."""
    layers = NetworkScene(network).layers()
    ends = [np.array(arranging.place_of(layers[each].obj)) for each in others]
    place = ends[0] * (1 - shares) + ends[1] * shares
    obj = layers[name].obj
    obj.location = [*(place - arranging.place_of(obj.parent))]
    for each in bpy.data.objects:
        each.select_set(each == obj)
    bpy.context.view_layer.objects.active = obj
    bpy.context.view_layer.update()


@pytest.mark.parametrize(
    ("name", "others", "share", "order"),
    [
        ("dense2", ("image", "dense1"), 0.5, ["dense2", "dense1", "answer"]),
        ("dense1", ("dense2", "answer"), 0.4, ["dense2", "dense1", "answer"]),
        ("dense1", ("dense2", "answer"), 1.3, ["dense2", "answer", "dense1"]),
        ("answer", ("image", "dense1"), 0.7, ["answer", "dense1", "dense2"]),
    ],
)
def test_a_layer_that_is_moved_past_another_goes_there(blank, name, others, share, order):
    bpy.ops.neuroscene.compose_network(template="mlp")
    (network,) = networks()
    before = names(network)
    bpy.ops.ed.undo_push(message="composed")
    move(network, name, others, share)
    bpy.ops.ed.undo_push(message="moved")
    assert bpy.ops.neuroscene.reorder_by_place("EXEC_DEFAULT", True) == {"FINISHED"}
    assert names(network) == order
    agrees(network)
    layers = NetworkScene(network).layers()
    assert not any(arranging.moved(layer.obj) for layer in layers.values())  # it stands in the row again
    along = [arranging.place_of(layers[each].obj).x for each in order]
    assert along == sorted(along)
    bpy.ops.ed.undo()
    (network,) = networks()
    assert names(network) == before and arranging.moved(NetworkScene(network).layers()[name].obj)


def test_what_is_drawn_as_one_goes_together_and_a_small_move_changes_nothing(blank):
    bpy.ops.neuroscene.compose_network(template="lenet")
    (network,) = networks()
    bpy.ops.neuroscene.add_layer(operator="BatchNormalization", place="AFTER", layer="conv2")
    before = names(network)
    norm = before[before.index("conv2") + 1]
    assert bpy.ops.neuroscene.reorder_by_place() == {"CANCELLED"}  # nothing was moved
    move(network, "conv2", ("conv2", "dense1"), 0.02)
    assert bpy.ops.neuroscene.reorder_by_place() == {"FINISHED"} and names(network) == before
    assert arranging.moved(NetworkScene(network).layers()["conv2"].obj)
    move(network, "conv2", ("conv1", "pool1"), 0.5)
    assert bpy.ops.neuroscene.reorder_by_place() == {"FINISHED"}
    order = names(network)
    drawn = norm in NetworkScene(network).layers()
    assert order[:2] == ["conv1", "conv2"] and (drawn or order[2] == norm)
    agrees(network)


def test_a_layer_is_put_on_the_connection_whose_lines_are_chosen(blank):
    """Who else reads the same goes on reading it."""
    bpy.ops.neuroscene.compose_network(template="unet")
    (network,) = networks()
    bundles = {(each.source, each.target): each.obj for each in NetworkScene(network).bundles()}
    skip = next(obj for (_, target), obj in bundles.items() if target == "joined1" and Bundle(obj).source == "down1")
    bpy.ops.ed.undo_push(message="composed")
    before = written(network)
    given = {"operator": "DepthwiseConv", "bundle": skip.name}
    assert bpy.ops.neuroscene.insert_here("EXEC_DEFAULT", True, **given) == {"FINISHED"}
    reads = {layer.name: layer.inputs for layer in composing.parse(written(network)).layers}
    (new,) = reads.keys() - {layer["name"] for layer in before["layers"]}
    assert reads[new] == ("down1",) and reads["joined1"] == (new, "grow1") and reads["pool1"] == ("down1",)
    agrees(network)
    bpy.ops.ed.undo()
    (network,) = networks()
    assert written(network) == before
    bpy.context.view_layer.objects.active = NetworkScene(network).layers()["down1"].obj
    assert bpy.ops.neuroscene.insert_here(operator="Dense") == {"CANCELLED"}


def in_frame(network) -> bool:
    """Whether all layers of a network are in the picture of its camera."""
    scene = NetworkScene(network).scene
    camera = studio.camera_of(network)
    view = picture.seen(network, scene)
    places = framing.project(camera, view.points)
    return bool((np.abs(places[:, :2]) <= framing.slopes(camera.data, view.aspect)).all())


def test_the_picture_follows_while_nobody_has_moved_the_camera(lenet):
    camera = studio.camera_of(lenet)
    assert in_frame(lenet)
    place = tuple(camera.location)
    bpy.ops.neuroscene.add_layer(operator="Conv", place="AFTER", layer="image")
    choosing.choose(lenet, "conv3")
    lenet.neuroscene_layer.units = 40
    assert tuple(camera.location) != place and in_frame(lenet)
    camera.location.x += 1.0
    place = tuple(camera.location)
    bpy.ops.neuroscene.remove_layer(layer="conv3")
    assert tuple(camera.location) == place
    bpy.ops.neuroscene.frame_network()
    camera.keyframe_insert("location", frame=1)
    place = tuple(camera.location)
    bpy.ops.neuroscene.add_layer(operator="Conv", place="AFTER", layer="image")
    assert tuple(camera.location) == place
