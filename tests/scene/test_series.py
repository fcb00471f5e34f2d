# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A training run in a scene: its slider shows each checkpoint as it is, and between two their blend."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import onnx
import pytest
import safetensors.numpy
from PIL import Image

from neuroscene.addon import compat, inference
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.gltf import export
from neuroscene.addon.network.drawn import Wish
from neuroscene.addon.network.joins import WEIGHT
from neuroscene.addon.network.network import by_unit
from neuroscene.addon.nodes.series import numbered
from neuroscene.addon.scene import entities
from neuroscene.addon.scene.building import build as builder
from neuroscene.addon.scene.building import importing, kernels, unfolding
from neuroscene.addon.scene.detail import cell_detail
from neuroscene.addon.scene.entities import series_nodes
from neuroscene.addon.scene.series import filling, known, showing
from neuroscene.addon.scene.updating import reloading
from scene import command, look
from scene.glb import Glb
from unit.make import every_tensor

RUN = look.ROOT / "tests" / "data" / "series" / "run"
FILES = sorted(RUN.glob("*.onnx"))
DIGIT = look.SAMPLES / "digits" / "digit_3.png"


def build(given=(RUN,), inputs=(DIGIT,), **settings):
    settings = {"fold_repeats": False} | settings
    return builder.finish(filling.import_steps(list(given), builder.Settings(**settings), list(inputs)))


def tensors(path, picture=DIGIT):
    """Every tensor of a model by onnxruntime alone, for a picture read by Pillow."""
    given = np.asarray(Image.open(picture).convert("L"), np.float32)[None, None] / np.float32(255)
    return every_tensor(path, {onnx.load(path).graph.input[0].name: given})


def stored(path):
    return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """What a Blender without Neuroscene shows of a saved run at some places of the slider, and facts of the scene."""
    folder = tmp_path_factory.mktemp("series")
    look.fresh()
    network = build()
    said = {}
    for name, layer in look.layers(network).items():
        facts = look.facts(layer)
        said[name] = facts["tensor"], look.cells_of(layer), facts["strides"]
    lines = {}
    for bundle in look.of_kind(network, "connections"):
        facts = look.facts(bundle)
        ends = {end: look.values_of(bundle, end) for end in ("source", "target")}
        lines[str(facts["index"])] = facts["source"], facts["target"], facts["grain"], ends
    scene = folder / "run.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(scene))
    output = folder / "numbers.npz"
    places = ["0", "1", "2", "0.5", "1.25", "7", "-1"]
    program = str(Path(__file__).with_name("stock_series.py"))
    subprocess.run([sys.executable, program, str(scene), str(output), "Checkpoint", *places], check=True)
    return dict(np.load(output)), said, lines


def test_every_cell_is_the_checkpoints_own(saved):
    numbers, layers, _ = saved
    for step, path in enumerate(FILES):
        values = tensors(path)
        for name, (tensor, cells, strides) in layers.items():
            flat = values[tensor].reshape(-1)[cells @ np.array(strides)]
            assert np.allclose(numbers[f"{step}|layer|{name}|value"], flat, rtol=0, atol=1e-5), (step, name)


def test_every_line_is_the_files_weight(saved):
    """Dense layers and the first convolution, whose lines join cells: their weights are entries of the file."""
    numbers, layers, lines = saved
    looked_at = 0
    for step, path in enumerate(FILES):
        weights = stored(path)
        for index, (source, target, grain, ends) in lines.items():
            weight = numbers[f"{step}|bundle|{index}|weight"]
            assert len(weight) == len(ends["source"])
            if grain != "cell" or "pool" in target:
                continue
            from_, to = layers[source][1][ends["source"]], layers[target][1][ends["target"]]
            if target.startswith(("/fc1", "/scores")):
                matrix = weights[f"{target.split('/')[1]}.weight"]
                flat = from_ @ np.array(layers[source][2])
                expected = matrix[to[:, 0], flat]
            else:
                kernel = weights[f"{target.split('/')[1]}.weight"]
                tap = from_[:, 1:] - to[:, 1:] + 1
                expected = kernel[to[:, 0], from_[:, 0], tap[:, 0], tap[:, 1]]
            assert np.array_equal(weight, expected), (step, source, target)
            assert np.array_equal(numbers[f"{step}|bundle|{index}|magnitude"], np.abs(expected))
            activation = tensors(path)[layers[source][0]].reshape(-1)[from_ @ np.array(layers[source][2])]
            importance = numbers[f"{step}|bundle|{index}|importance"]
            assert np.allclose(importance, np.abs(expected * activation), rtol=1e-4, atol=1e-5)
            looked_at += len(weight)
    assert looked_at > 3 * 1000


def test_between_two_checkpoints_is_their_blend(saved):
    numbers, _, _ = saved
    some = [key.split("|", 1)[1] for key in numbers if key.startswith("0|") and "winner" not in key]
    for place, low, share in (("0.5", 0, 0.5), ("1.25", 1, 0.25)):
        share = np.float32(share)
        for key in some:
            first, second = numbers[f"{low}|{key}"], numbers[f"{low + 1}|{key}"]
            assert np.array_equal(numbers[f"{place}|{key}"], first * (1 - share) + second * share), (place, key)
    for key in some:  # beyond its ends a slider stands at them
        assert np.array_equal(numbers[f"7|{key}"], numbers[f"2|{key}"])
        assert np.array_equal(numbers[f"-1|{key}"], numbers[f"0|{key}"])


def test_bars_and_their_winner(saved):
    numbers, _, _ = saved
    for step, path in enumerate(FILES):
        values = tensors(path)
        scores = next(value for value in reversed(list(values.values())) if value.shape == (1, 10)).ravel()
        bars = numbers[f"{step}|bars|/scores/Gemm|value"]
        assert bars.shape == (10,)
        winner = numbers[f"{step}|bars|/scores/Gemm|winner"]
        assert winner.sum() == 1 and winner.argmax() == bars.argmax()
        assert any(np.allclose(bars, value.ravel(), atol=1e-5) for value in values.values() if value.size == 10), scores


@pytest.fixture
def network(registered):
    return build(max_cells=4000)


def evaluated(network, place):
    modifier = showing.slider(network, "checkpoints")
    compat.set_inputs(modifier, {"Checkpoint": float(place)})
    depsgraph = look.evaluate(network)
    values = {name: look.on_cells(layer, depsgraph, "value") for name, layer in look.layers(network).items()}
    lines = {
        look.facts(bundle)["index"]: look.on_curves(bundle, depsgraph, "weight")
        for bundle in look.of_kind(network, "connections")
    }
    return values, lines


def test_lines_that_change_are_half_of_all(blank):
    network = build()
    for bundle in look.of_kind(network, "connections"):
        names = {one.name for one in bundle.data.attributes}
        if numbered("weight", 0) not in names or look.facts(bundle)["drawn"] < 100:
            continue
        first, last = (look.values_of(bundle, numbered("weight", step)) for step in (0, len(FILES) - 1))
        strong = np.sort(np.abs(last))
        change = np.abs(last - first)
        assert len(first) == look.facts(bundle)["drawn"] <= 360
        if look.facts(bundle)["target"] in ("/fc1/Gemm", "/conv3/Conv"):
            assert np.mean(change > 0.5 * np.abs(last)) > 0.25
            assert strong[-1] > 0
        ends = [look.values_of(bundle, end).tolist() for end in ("source", "target")]
        pairs = set(zip(*ends, strict=True))
        assert len(pairs) == len(first)


def test_ranges_hold_for_all_steps(network):
    for name, layer in look.layers(network).items():
        if not series_nodes(layer):
            continue
        extents = [np.abs(look.values_of(layer, numbered("value", step))).max() for step in range(3)]
        assert look.inputs(layer)["Range"] >= 0.1 * max(extents), name


def test_modifiers_of_a_series_come_first_and_are_nobodys_own(network):
    for layer in look.layers(network).values():
        own = [one for one in layer.modifiers if one not in series_nodes(layer)]
        assert len(own) == 1 and own[0].name == "Layer" and layer.modifiers[-1] == own[0]
    root = look.one_of(network, "root")
    assert [one.name for one in root.modifiers] == ["Checkpoint", "Network"]


def test_without_its_numbers_an_object_shows_what_it_has(network):
    """A run of another input puts it in place of the steps; see `following`."""
    layer = look.layers(network)["/conv1/Conv"]
    before = look.values_of(layer)
    for name in [one.name for one in layer.data.attributes if one.name.startswith("value.")]:
        layer.data.attributes.remove(layer.data.attributes[name])
    values, _ = evaluated(network, 0)
    assert np.array_equal(values["/conv1/Conv"], before)


def test_what_a_scene_says_of_its_steps(network):
    series = known.read(network)["checkpoints"]
    assert (series.unit, series.numbers, series.total) == ("epoch", [1, 2, 10], 3)
    assert [Path(file).name for file in series.files] == [path.name for path in FILES]
    history = json.loads((RUN / "training_history.json").read_text())["history"]
    assert series.says(1) == f"epoch 2 of 10 · {history[1]['val_accuracy']:.1%}".replace("%", "\N{NO-BREAK SPACE}%")
    assert series.thinned() == ""


def test_words_are_those_of_the_nearest_step(network):
    (obj,) = [one for one in look.of_kind(network, "caption") if look.facts(one).get("role") == "series"]
    faces = look.array(obj.data.attributes, "step")
    for place, step in ((0, 0), (0.4, 0), (1.0, 1), (1.6, 2), (2, 2)):
        evaluated(network, place)
        mesh = obj.evaluated_get(look.evaluate(network)).data
        assert len(mesh.polygons) == np.count_nonzero(faces == step) > 0


def test_a_long_run_is_thinned_and_says_so(blank, monkeypatch, tmp_path):
    for number in range(9):
        shutil.copy(FILES[number % 3], tmp_path / f"epoch_{number}.onnx")
    monkeypatch.setattr(filling, "BUDGET", 1)
    network = build([tmp_path], max_cells=2000)
    series = known.read(network)["checkpoints"]
    assert series.numbers == [0, 8] and series.thinned() == "2 of 9 checkpoints"
    assert any(one.type == "FONT" and one.data.body == "2 of 9 checkpoints" for one in look.of_kind(network, "caption"))


def test_not_finite_numbers_are_shown_from_where_they_begin(blank, tmp_path):
    for number in range(3):
        model = onnx.load(FILES[0])
        weights = next(one for one in model.graph.initializer if one.name == "fc1.weight")
        values = onnx.numpy_helper.to_array(weights).copy()
        values[:, :] = np.nan if number == 2 else values
        weights.CopyFrom(onnx.numpy_helper.from_array(values, weights.name))
        onnx.save(model, tmp_path / f"epoch_{number}.onnx")
    network = build([tmp_path], max_cells=2000)
    series = known.read(network)["checkpoints"]
    assert series.wrong == 2
    values, _ = evaluated(network, 1)
    assert np.isfinite(values["/fc1/Gemm"]).all()
    values, _ = evaluated(network, 2)
    assert np.isnan(values["/fc1/Gemm"]).all()
    assert any("from epoch 2" in one.data.body for one in look.of_kind(network, "caption") if one.type == "FONT")


def test_without_an_input_biases_move(blank):
    network = build(inputs=[], max_cells=4000)
    for step, path in enumerate(FILES):
        values, _ = evaluated(network, step)
        bias = stored(path)["conv1.bias"]
        unit = look.values_of(look.layers(network)["/conv1/Conv"], "unit")
        assert np.array_equal(values["/conv1/Conv"], bias[unit])


def test_inputs_as_a_series(blank):
    pictures = [look.SAMPLES / "digits" / f"digit_{digit}.png" for digit in (3, 7)]
    network = build([FILES[-1]], pictures, max_cells=4000)
    modifier = showing.slider(network, "samples")
    for step, picture in enumerate(pictures):
        compat.set_inputs(modifier, {"Sample": float(step)})
        depsgraph = look.evaluate(network)
        values = tensors(FILES[-1], picture)
        for name, layer in look.layers(network).items():
            facts = look.facts(layer)
            flat = values[facts["tensor"]].reshape(-1)[look.cells_of(layer) @ np.array(facts["strides"])]
            assert np.allclose(look.on_cells(layer, depsgraph, "value"), flat, rtol=0, atol=1e-5), name


def test_samples_of_one_file(blank, tmp_path):
    files = [look.SAMPLES / "digits" / f"digit_{digit}.png" for digit in (1, 5, 8)]
    digits = [np.asarray(Image.open(file).convert("L")) for file in files]
    np.savez(tmp_path / "digits.npz", x=(np.stack(digits)[:, None] / 255).astype(np.float32))
    network = build([FILES[-1]], [tmp_path / "digits.npz"], max_cells=2000)
    series = known.read(network)["samples"]
    assert len(series) == 3 and [best[0] for best in series.top] == ["1", "5", "8"]


def test_bad_input_leaves_nothing(blank, tmp_path):
    before = look.blocks()
    shutil.copy(FILES[0], tmp_path / "epoch_1.onnx")
    shutil.copy(look.ROOT / "tests" / "data" / "digits_mlp_skl2onnx.onnx", tmp_path / "epoch_2.onnx")
    for given, inputs in (([tmp_path], []), ([tmp_path / "gone"], []), ([FILES[0]], []), ([RUN], [DIGIT, DIGIT])):
        with pytest.raises(CheckpointError):
            build(given, inputs)
    assert look.blocks() == before


def test_carriers_of_weights_all_move(network):
    """No bundle that carries weights stays at those of the last checkpoint."""
    model = importing.open_network(FILES[-1])
    for bundle in look.of_kind(network, "connections"):
        facts = look.facts(bundle)
        if model.connections[facts["index"]].join.carries == WEIGHT and facts["grain"] != "unknown":
            assert numbered("weight", 2) in {one.name for one in bundle.data.attributes}


def fcurve(network):
    root = look.one_of(network, "root")
    ((curve,),) = [list(curves) for curves in compat.curves_of(root)]
    return curve


@pytest.mark.parametrize("way", ["EASED", "STEPS", "SECONDS"])
def test_playing_writes_keyframes_that_pass_every_step(network, way):
    scene = look.scene_of(network)
    bpy.context.window.scene = scene
    scene.frame_set(10)
    assert bpy.ops.neuroscene.play_series(way=way, seconds=4.0) == {"FINISHED"}
    curve = fcurve(network)
    points = [tuple(point.co) for point in curve.keyframe_points]
    assert points[0] == (10, 0) and points[-1][1] == 2 and scene.frame_end >= points[-1][0]
    if way == "SECONDS":
        assert points == [(10, 0), (10 + 4 * scene.render.fps, 2)]
    if way == "STEPS":
        assert points == [(10 + step * scene.render.fps, step) for step in range(3)]
    if way == "EASED":
        for step in range(3):  # it rests at each
            first, last = (frame for frame, value in points if value == step)
            assert last > first and all(curve.evaluate(frame) == step for frame in np.linspace(first, last, 5))
    stale = known.read(network)["checkpoints"]
    for step in range(3):
        frame = next((frame for frame, value in points if value == step), 10 + 2 * scene.render.fps)
        scene.frame_set(int(frame))
        layer = look.layers(network)["/conv1/Conv"]
        values = look.on_cells(layer, look.evaluate(network), "value")
        assert np.array_equal(values, look.values_of(layer, numbered("value", step)))
    assert len(stale) == 3
    assert bpy.ops.neuroscene.play_series(way=way, seconds=4.0) == {"FINISHED"}  # in place of the others
    assert len(fcurve(network).keyframe_points) == len(points)


def test_next_and_previous(network):
    bpy.context.window.scene = look.scene_of(network)
    modifier = showing.slider(network, "checkpoints")
    for begin, forward, end in (
        (0.4, True, 1),
        (1, True, 2),
        (2, True, 2),
        (2, False, 1),
        (0.3, False, 0),
        (0, False, 0),
    ):
        compat.set_inputs(modifier, {"Checkpoint": float(begin)})
        assert bpy.ops.neuroscene.step_series(forward=forward) == {"FINISHED"}
        assert compat.get_input(modifier, "Checkpoint") == end


def test_removing_is_undone_in_one_step(network):
    bpy.context.window.scene = look.scene_of(network)
    name = network.name
    before, _ = evaluated(network, 0)
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.neuroscene.remove_series() == {"FINISHED"}
    network = bpy.data.collections[name]
    assert not known.read(network) and not any(series_nodes(one) for one in network.all_objects)
    assert not any(
        one.name.startswith("value.") for layer in look.layers(network).values() for one in layer.data.attributes
    )
    bpy.ops.ed.undo_push(message="removed")
    bpy.ops.ed.undo()
    network = bpy.data.collections[name]
    after, _ = evaluated(network, 0)
    assert before.keys() == after.keys() and all(np.array_equal(before[key], after[key]) for key in before)


def test_another_input_runs_through_every_checkpoint(network):
    other = look.SAMPLES / "digits" / "digit_8.png"
    importing.run_in_scene(network, other)
    for step, path in enumerate(FILES):
        values, _ = evaluated(network, step)
        expected = tensors(path, other)
        for name, layer in look.layers(network).items():
            facts = look.facts(layer)
            flat = expected[facts["tensor"]].reshape(-1)[look.cells_of(layer) @ np.array(facts["strides"])]
            assert np.allclose(values[name], flat, rtol=0, atol=1e-5), (step, name)
    assert known.read(network)["checkpoints"].given == [str(other)]


def test_more_detail_has_its_steps_too(network):
    count = len(look.layers(network)["/conv2/Conv"].data.vertices)
    cell_detail.set_detail(network, ["/conv2/Conv"], Wish("cells", 6000))
    layer = look.layers(network)["/conv2/Conv"]
    assert len(layer.data.vertices) > count
    facts = look.facts(layer)
    for step, path in enumerate(FILES):
        values, _ = evaluated(network, step)
        flat = tensors(path)[facts["tensor"]].reshape(-1)[look.cells_of(layer) @ np.array(facts["strides"])]
        assert np.allclose(values["/conv2/Conv"], flat, rtol=0, atol=1e-5)


def test_a_style_and_a_reload_leave_the_steps(network):
    bpy.context.window.scene = look.scene_of(network)
    before = [evaluated(network, step) for step in range(3)]
    assert bpy.ops.neuroscene.apply_style(style="Paper") == {"FINISHED"}
    builder.finish(reloading.steps(network))
    for step in range(3):
        for now, then in zip(evaluated(network, step), before[step], strict=True):
            assert now.keys() == then.keys() and all(np.array_equal(now[key], then[key]) for key in then)


def test_steps_whose_files_are_gone_go_with_the_next_change(blank, tmp_path):
    for path in FILES:
        shutil.copy(path, tmp_path)
    network = build([tmp_path], max_cells=2000)
    (tmp_path / FILES[0].name).unlink()
    cell_detail.set_detail(network, ["/conv2/Conv"], Wish("maps", 0))
    assert not known.read(network) and not any(series_nodes(one) for one in network.all_objects)


def test_the_operator_imports_a_folder_or_some_files(registered):
    assert bpy.ops.neuroscene.import_series(directory=f"{RUN}/", input=str(DIGIT), max_cells=2000) == {"FINISHED"}
    files = [{"name": path.name} for path in FILES[1:]]
    assert bpy.ops.neuroscene.import_series(directory=f"{RUN}/", files=files, max_cells=2000) == {"FINISHED"}
    counts = sorted(len(known.read(network)["checkpoints"]) for network in entities.networks())
    assert counts == [2, 3]
    with pytest.raises(RuntimeError, match="no checkpoints"):
        bpy.ops.neuroscene.import_series(directory=f"{look.SAMPLES / 'digits'}/")


@pytest.fixture(scope="module")
def steps_of_resnet(tmp_path_factory):
    """Three checkpoints of a network that opens as a shelf of books: its weights, scaled and turned a little."""
    folder = tmp_path_factory.mktemp("resnet")
    chance = np.random.default_rng(0)
    for number in range(3):
        model = onnx.load(look.RESNET)
        for tensor in model.graph.initializer:
            values = onnx.numpy_helper.to_array(tensor)
            if values.ndim > 1 and values.dtype.kind == "f":
                moved = values * np.float32(0.6 + 0.2 * number) + chance.normal(0, 0.05, values.shape).astype(
                    np.float32
                )
                tensor.CopyFrom(onnx.numpy_helper.from_array(moved, tensor.name))
        onnx.save(model, folder / f"step_{number}.onnx")
    return folder


@pytest.mark.parametrize("given", [True, False], ids=["run", "rest"])
def test_books_and_planes_show_every_step(blank, steps_of_resnet, tmp_path, given):
    """What a book shows at a step is what the network of that checkpoint alone has there, in the same units."""
    network_of_last = importing.open_network(steps_of_resnet / "step_2.onnx")
    inputs = []
    if given:
        shape = network_of_last.inputs[0].shape
        np.save(tmp_path / "x.npy", np.random.default_rng(1).normal(size=shape).astype(np.float32))
        inputs = [tmp_path / "x.npy"]
    network = build([steps_of_resnet], inputs, fold_repeats=True)
    books = look.of_kind(network, "book")
    assert books
    moving = [book for book in books if series_nodes(book)]
    assert len(moving) == len(books)
    alone = [importing.open_network(steps_of_resnet / f"step_{number}.onnx") for number in range(3)]
    runs = [inference.run_file(inputs[0], one)[1] if given else None for one in alone]
    modifier = showing.slider(network, "checkpoints")
    looked_at = 0
    for step in range(3):
        compat.set_inputs(modifier, {"Checkpoint": float(step)})
        look.evaluate(network)
        for book in books:
            own = look.values_of(book, numbered("value", step))
            part = look.values_of(book, "part")
            if look.facts(book)["shows"] != "maps" or not given:
                continue
            layer = alone[step].layer(look.facts(book)["layers"][0])
            maps = by_unit(inference.activation(layer, runs[step]), layer.grid)
            unit, row, column = (look.values_of(book, name) for name in ("unit", "row", "column"))
            cells = part == 0
            if look.facts(book)["meaning"] == "activation":
                assert np.array_equal(own[cells], maps[unit[cells], row[cells], column[cells]])
                looked_at += cells.sum()
    assert looked_at > 1000 or not given


def test_opened_lines_have_the_weights_of_the_step(blank):
    """With *Expand* every line is a kernel, or a tap of one: its weight is the file's at each step."""
    network = build(max_cells=3000)
    root = look.one_of(network, "root")
    modifier = showing.slider(network, "checkpoints")
    bundle = look.bundles(network)["/conv1/Conv", "/conv2/Conv"]
    ends = [look.layers(network)[name] for name in ("/conv1/Conv", "/conv2/Conv")]
    units = [np.unique(look.values_of(end, "unit")) for end in ends]
    for expansion in (1.0, 2.0):
        compat.set_inputs(entities.Root(root).modifier, {"Expand": True, "Expansion": expansion})
        for step, path in enumerate(FILES):
            compat.set_inputs(modifier, {"Checkpoint": float(step)})
            depsgraph = look.evaluate(network)
            weight = look.on_curves(bundle, depsgraph, "weight")
            source, target = (look.on_curves(bundle, depsgraph, f"{end}_unit") for end in ("source", "target"))
            kernel = stored(path)["conv2.weight"][units[1][target], units[0][source]]
            assert len(weight) > 50
            if expansion == 1.0:
                assert np.allclose(weight, kernel.sum((1, 2)), rtol=1e-5, atol=1e-6)
                continue
            detail, row, column = (
                look.on_curves(bundle, depsgraph, name) for name in ("detail", "tap_row", "tap_column")
            )
            taps = detail == 2
            assert taps.sum() > 50
            assert np.array_equal(weight[taps], kernel[taps, row[taps], column[taps]])


def test_the_picture_of_an_input_is_that_of_the_step(blank, tmp_path):
    """On a shelf the input stands there as a picture: it is each of the inputs in turn."""
    model = importing.open_network(look.RESNET)
    shape = model.inputs[0].shape
    arrays = np.random.default_rng(2).random((3, *shape[1:])).astype(np.float32)
    np.savez(tmp_path / "x.npz", x=arrays)
    network = build([look.RESNET], [tmp_path / "x.npz"], fold_repeats=True)
    picture = look.one_of(network, "picture")
    modifier = showing.slider(network, "samples")
    for step in range(3):
        compat.set_inputs(modifier, {"Sample": float(step)})
        mesh = picture.evaluated_get(look.evaluate(network)).data
        colors = look.array(mesh.attributes, "picture")[:-4, :3]
        assert np.allclose(colors, arrays[step].reshape(shape[1], -1).T, atol=1e-6)


def test_what_is_unfolded_has_its_steps_too(blank, steps_of_resnet, tmp_path):
    shape = importing.open_network(look.RESNET).inputs[0].shape
    np.save(tmp_path / "x.npy", np.random.default_rng(1).normal(size=shape).astype(np.float32))
    network = build([steps_of_resnet], [tmp_path / "x.npy"], fold_repeats=True)
    path = next(path for path, box in entities.NetworkScene(network).unbuilt().items())
    before = set(look.layers(network))
    builder.finish(unfolding.build_steps(network, [path]))
    new = set(look.layers(network)) - before
    assert new
    modifier = showing.slider(network, "checkpoints")
    for step in range(3):
        alone = importing.open_network(steps_of_resnet / f"step_{step}.onnx")
        ran = inference.run_file(tmp_path / "x.npy", alone)[1]
        compat.set_inputs(modifier, {"Checkpoint": float(step)})
        depsgraph = look.evaluate(network)
        for name in new:
            layer = look.layers(network)[name]
            if look.facts(layer)["detail"] == "cells":
                own = look.on_cells(layer, depsgraph, "value")
                flat = inference.activation(alone.layer(name), ran)
                assert np.array_equal(own, flat[look.cells_of(layer) @ np.array(look.facts(layer)["strides"])]), name
            else:
                assert any(series_nodes(child) for child in layer.children) or series_nodes(layer), name


def test_an_export_is_of_the_step_that_is_shown(blank, tmp_path):
    network = build(max_cells=2000)
    for step in (0, 2):
        values, weights = evaluated(network, step)
        export.export(tmp_path / f"{step}.glb", export.ExportOptions())
        file = Glb(tmp_path / f"{step}.glb")
        for name in values:
            assert np.allclose(file.instanced(name, "_VALUE"), values[name], atol=1e-6), (step, name)
        (bars,) = look.of_kind(network, "bars")
        scores = look.values_of(bars, numbered("value", step))
        told = file.facts(file.of_kind("network")[0])["scores"]
        assert [one["index"] for one in told] == np.argsort(-scores)[: len(told)].tolist()
        assert np.allclose([one["score"] for one in told], np.sort(scores)[::-1][: len(told)])


def test_kernels_have_the_weights_of_the_step(network):
    kernels.toggle(network, ["/conv1/Conv"])
    (obj,) = look.of_kind(network, "kernels")
    modifier = showing.slider(network, "checkpoints")
    names = [one.name for one in obj.data.attributes]
    assert numbered("weight", 2) in names
    for step, path in enumerate(FILES):
        compat.set_inputs(modifier, {"Checkpoint": float(step)})
        look.evaluate(network)
        own = look.array(obj.data.attributes, numbered("weight", step))
        assert np.array_equal(own[:, 0], stored(path)["conv1.weight"].ravel())
    assert obj.modifiers[0] in series_nodes(obj)


def test_the_command_builds_a_run(tmp_path):
    """Of a folder, of a pattern, thinned, and of several inputs; what cannot be a series is one plain line."""
    small = ("--max-cells", 1000)
    scene = tmp_path / "scene.blend"
    made = command.run_many(
        [
            ["build", RUN, "-o", scene, "--input", DIGIT, *small],
            ["build", RUN / "*.onnx", "-o", tmp_path / "two.blend", "--series", "--max-steps", 2, *small],
            ["build", FILES[0], "-o", tmp_path / "in.blend", "--series", "--input", DIGIT, look.DIGIT, *small],
            ["build", FILES[0], "-o", tmp_path / "no.blend", "--series", *small],
            ["build", tmp_path / "gone*", "-o", tmp_path / "no.blend", "--series", *small],
        ]
    )
    assert [done.status for done in made] == [0, 0, 0, 2, 2], made
    assert not (tmp_path / "no.blend").exists()
    assert all(done.err.count("\n") == 1 for done in made[3:])
    for path, kind, count in (
        (scene, "checkpoints", 3),
        (tmp_path / "two.blend", "checkpoints", 2),
        (tmp_path / "in.blend", "samples", 2),
    ):
        bpy.ops.wm.open_mainfile(filepath=str(path), use_scripts=False)
        assert len(known.read(entities.networks()[0])[kind]) == count


def test_weights_only_files_run_by_an_architecture(blank, tmp_path):
    """The activations are those of the ONNX files with the same weights."""
    folder = tmp_path / "run"
    folder.mkdir()
    for path in FILES:
        weights = {name: array for name, array in stored(path).items() if array.dtype == np.float32}
        safetensors.numpy.save_file(weights, folder / f"{path.stem}.safetensors")
    steps = filling.import_steps([folder], builder.Settings(max_cells=3000), [DIGIT], architecture=FILES[0])
    network = builder.finish(steps)
    for step, path in enumerate(FILES):
        values, _ = evaluated(network, step)
        expected = tensors(path)
        for name, layer in look.layers(network).items():
            facts = look.facts(layer)
            flat = expected[facts["tensor"]].reshape(-1)[look.cells_of(layer) @ np.array(facts["strides"])]
            assert np.allclose(values[name], flat, rtol=0, atol=1e-5), (step, name)
    cell_detail.set_detail(network, ["/conv2/Conv"], Wish("cells", 3000))
    assert len(known.read(network)["checkpoints"]) == 3
