# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Series of inputs: their numbers against onnxruntime's own, labels, what is right, and how they are read."""

import json

import bpy
import numpy as np
import pytest
from PIL import Image

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.scene.building import build, importing, looking
from neuroscene.addon.scene.building.choices import Reading
from neuroscene.addon.scene.building.layers import drawn_of
from neuroscene.addon.scene.entities import Confusion, LayerObject, NetworkScene, networks
from neuroscene.addon.scene.series import filling, known, playing
from scene import acting, look
from unit.make import every_tensor

CELLS = 500
MODELS = {
    "cnn": look.CNN,
    "unet": look.SAMPLES / "cells_unet.onnx",
    "lstm": look.ZOO / "lstm.onnx",
    "transformer": look.SAMPLES / "letters_transformer.onnx",
}


def inputs_of(path, folder, count=3):
    """Random inputs of a model, each in a file of its own."""
    random = np.random.default_rng(3)
    made = []
    for number in range(count):
        arrays = {}
        for spec in importing.open_network(path).inputs:
            shape = [size or 1 for size in spec.shape]
            whole = np.dtype(spec.dtype).kind in "iu"
            arrays[spec.name] = (random.integers(0, 5, shape) if whole else random.random(shape)).astype(spec.dtype)
        file = folder / f"{number}.npz"
        np.savez(file, **arrays)
        made.append((file, arrays))
    return made


@pytest.mark.parametrize("name", MODELS)
def test_cells_are_what_onnxruntime_gives(blank, tmp_path, name):
    """500 random cells of a series of three inputs."""
    given = inputs_of(MODELS[name], tmp_path)
    settings = build.Settings(max_cells=20_000, fold_repeats=False)
    network = build.finish(filling.import_steps([MODELS[name]], settings, [path for path, _ in given]))
    shown = {layer: obj for layer, obj in look.layers(network).items() if LayerObject(obj).detail == "cells"}
    model = importing.open_network(MODELS[name])
    random = np.random.default_rng(7)
    sizes = {layer: len(obj.data.vertices) for layer, obj in shown.items()}
    picked = random.integers(0, sum(sizes.values()), CELLS)
    starts = np.cumsum([0, *sizes.values()])
    for step, (_, arrays) in enumerate(given):
        tensors = every_tensor(MODELS[name], arrays)
        playing.go(network, "samples", step)
        look.evaluate(network)
        depsgraph = bpy.context.scene.view_layers[0].depsgraph
        for place, (layer, obj) in enumerate(shown.items()):
            cells = picked[(picked >= starts[place]) & (picked < starts[place + 1])] - starts[place]
            if not len(cells):
                continue
            geometry = obj.evaluated_get(depsgraph).evaluated_geometry()  # it owns the cloud
            values = look.array(geometry.instances_pointcloud().attributes, "value")[cells]
            tensor = tensors[model.layer(layer).shown or model.layer(layer).tensor]
            expected = tensor.ravel()[drawn_of(obj).flat[cells]]
            assert np.abs(values - expected).max() <= 1e-5 * max(1.0, np.abs(expected).max()), layer


def words_of(network):
    return next(one for one in network.all_objects if look.facts(one).get("role") == "series")


def test_labels_say_what_is_right_and_what_is_wrong(blank, tmp_path):
    labels = tmp_path / "labels.csv"
    digits = look.SAMPLES / "digits"
    labels.write_text(
        "file,label\n" + "".join(f"digit_{digit}.png,{(digit + (digit == 4)) % 10}\n" for digit in range(10))
    )
    reading = Reading(labels=labels)
    network = build.finish(filling.import_steps([look.CNN], build.Settings(max_cells=3000), [digits], reading=reading))
    series = known.read(network)["samples"]
    assert series.answers(4).startswith("digit_4.png → 4 (true: 5)") and series.is_wrong(4)
    assert "(true: 7)" in series.answers(7) and not series.is_wrong(7) and series.counted() == "9 of 10 right"
    (matrix,) = (each for each in NetworkScene(network).members(Confusion) if each.classes)
    assert matrix.right == 9 and matrix.total == 10 and matrix.classes == 10
    counts = look.values_of(matrix.obj, "count").reshape(10, 10)
    expected = np.eye(10)
    expected[4, 4], expected[5, 4] = 0, 0
    expected[5, 4] = 1
    assert np.array_equal(counts, expected)  # rows are what is right, columns what was said
    assert (look.values_of(matrix.obj, "material_index").reshape(10, 10) == 1 - np.eye(10)).all()
    mesh = words_of(network).data
    material = look.values_of(words_of(network), "material_index") if "material_index" in mesh.attributes else []
    step = look.values_of(words_of(network), "step")
    assert set(step[np.asarray(material) == 1]) == {4}
    assert mesh.materials[1] == NetworkScene(network).materials["wrong"]


def test_run_input_reads_several_with_names(registered, tmp_path):
    look.build(look.CNN, look.DIGIT, max_cells=3000)
    names = tmp_path / "names.txt"
    names.write_text("\n".join(f"number {digit}" for digit in range(10)))
    digits = look.SAMPLES / "digits"
    bpy.ops.ed.undo_push(message="before")
    assert acting.run("run_input", directory=str(digits), classes=str(names)) == {"FINISHED"}
    network = networks()[0]
    series = json.loads(NetworkScene(network).series)["samples"]
    assert len(series["numbers"]) == 10 and series["top"][3][0] == "number 3"
    texts = {look.facts(one)["index"]: one.data.body for one in look.of_kind(network, "class")}
    assert texts[3] == "number 3"
    bpy.ops.ed.undo()
    network = networks()[0]
    assert not NetworkScene(network).series and not NetworkScene(network).class_names
    names.write_text("too\nfew")
    with pytest.raises(RuntimeError, match="has 2 labels, and the network gives 10 classes"):
        acting.run("run_input", filepath=str(look.DIGIT), classes=str(names))


def test_pixels_are_read_as_chosen_and_stay_so(registered):
    look.build(look.CNN, look.DIGIT)
    network = networks()[0]
    assert "guessed" in NetworkScene(network).input_note
    assert acting.run("run_input", filepath=str(look.DIGIT), scale="-1-1") == {"FINISHED"}
    pixels = np.asarray(Image.open(look.DIGIT).convert("L"), np.float32) / 255
    first = next(name for name, layer in NetworkScene(networks()[0]).layers().items() if layer.op == "Input")
    assert np.allclose(look.values_of(look.layers(networks()[0])[first], "value"), pixels.ravel() * 2 - 1, atol=1e-6)
    assert acting.run("run_input", filepath=str(look.OTHER_DIGIT)) == {"FINISHED"}
    assert NetworkScene(networks()[0]).input_note == "pixels -1 to 1"


def test_what_is_inside_a_layer_can_be_looked_at(blank):
    network = look.build(look.CNN, look.DIGIT)
    tensors = every_tensor(look.CNN, {importing.open_network(look.CNN).inputs[0].name: pixels_of(look.DIGIT)})
    before = look.values_of(look.layers(network)["scores"], "value")
    layer = NetworkScene(network).layers()["scores"]
    (op, tensor), *_ = looking.parts(layer)
    looking.look(network, "scores", tensor)
    now = look.values_of(look.layers(network)["scores"], "value")
    assert np.allclose(now, tensors[tensor].ravel(), atol=1e-5) and np.abs(now - before).max() > 1
    assert layer.value_is == f"activation after {op}"
    conv = NetworkScene(network).layers()["conv1"]
    looking.look(network, "conv1", looking.parts(conv)[0][1])
    assert (look.values_of(look.layers(network)["conv1"], "value") < 0).any()  # before its Relu
    importing.run_in_scene(network, look.OTHER_DIGIT)
    assert (look.values_of(look.layers(network)["conv1"], "value") < 0).any()  # it stays so
    looking.look(network, "conv1", "")
    assert not (look.values_of(look.layers(network)["conv1"], "value") < 0).any()
    with pytest.raises(CheckpointError, match="has no tensor"):
        looking.look(network, "conv1", "nothing")


def pixels_of(path):
    return np.asarray(Image.open(path).convert("L"), np.float32)[None, None] / 255


def test_checkpoints_and_samples_do_not_stand_together(blank):
    run = look.ROOT / "tests/data/series/run"
    with pytest.raises(CheckpointError, match="one number for each checkpoint"):
        build.finish(filling.import_steps([run], build.Settings(), [look.DIGIT, look.OTHER_DIGIT]))


def test_an_input_stands_as_channels_and_as_cells(registered):
    """Each channel in its own color, with the numbers that the network reads, also at every step of a series."""
    flower = look.SAMPLES / "pictures/flower.png"
    look.build(look.SAMPLES / "pictures_resnet.onnx", flower, fold_repeats=True)
    network = networks()[0]
    (picture,) = look.of_kind(network, "picture")
    whole = look.array(picture.data.attributes, "picture").reshape(-1, 4)
    bpy.ops.ed.undo_push(message="before")
    assert acting.run("show_input", how="CHANNELS") == {"FINISHED"}
    (picture,) = look.of_kind(networks()[0], "picture")
    colors = look.array(picture.data.attributes, "picture").reshape(3, -1, 4)
    for channel in range(3):
        assert np.allclose(colors[channel, :-4, channel], whole[:-4, channel], atol=1e-6)
        assert (colors[channel, :-4, channel] >= colors[channel, :-4, (channel + 1) % 3]).all()
    assert acting.run("run_input", directory=str(look.SAMPLES / "pictures")) == {"FINISHED"}
    (picture,) = look.of_kind(networks()[0], "picture")
    assert "picture.009" in picture.data.attributes
    bpy.ops.ed.undo()
    bpy.ops.ed.undo()
    (picture,) = look.of_kind(networks()[0], "picture")
    assert len(picture.data.polygons) == len(whole)
    assert acting.run("show_input", how="CELLS") == {"FINISHED"}
    assert not look.of_kind(networks()[0], "picture")
    name = next(name for name, layer in NetworkScene(networks()[0]).layers().items() if layer.op == "Input")
    assert look.inputs(look.layers(networks()[0])[name])["Reveal"] == 1.0
    assert acting.run("show_input", how="PICTURE") == {"FINISHED"}
    (picture,) = look.of_kind(networks()[0], "picture")
    assert np.allclose(look.array(picture.data.attributes, "picture").reshape(-1, 4), whole)
