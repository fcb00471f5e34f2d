# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The film of a run: its words are true of the run, its signal passes in order, and its storyboard is the user's."""

import re
import subprocess
import sys

import bpy
import numpy as np
import pytest

from neuroscene.addon import compat
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.inference import fit_file
from neuroscene.addon.scene import shots
from neuroscene.addon.scene.building import blocks, importing
from neuroscene.addon.scene.building import build as builder
from neuroscene.addon.scene.entities import arrival_nodes
from neuroscene.addon.scene.explanation import opening
from neuroscene.addon.scene.storyboard import beats, run_facts, writing
from neuroscene.addon.scene.storyboard.sentences import percent
from scene import acting, look, stock_film
from scene.networks import build
from unit.make import every_tensor

OTHER = look.SAMPLES / "digits" / "digit_3.png"
BUTTERFLY = look.SAMPLES / "pictures" / "butterfly.png"
RESNET = look.SAMPLES / "pictures_resnet.onnx"


@pytest.fixture(scope="module")
def film():
    look.fresh()
    network = look.build(look.CNN, look.DIGIT)
    shots.add(network, "forward")
    return network


def parts(network, role):
    return [one for one in look.of_kind(network, "film part") if look.facts(one)["role"].startswith(role)]


@pytest.mark.parametrize(("path", "given"), [(look.CNN, look.DIGIT), (RESNET, BUTTERFLY)])
def test_what_a_run_gave_is_that_of_onnxruntime(blank, path, given):
    network = look.build(path, given)
    model = importing.open_network(path)
    values = every_tensor(path, {spec.name: spec.array for spec in fit_file(given, model)})
    run = run_facts.read(network)
    checked = 0
    for layer in model.layers:
        if layer.tensor not in values or layer.op == "Input":
            continue
        told, array = run.layers[layer.name], values[layer.tensor][0]
        by_unit = array.reshape(told.units, -1)
        means = by_unit.mean(1, dtype=np.float64)
        assert told.bright == -1 or told.bright == int(means.argmax())
        assert told.on == int((by_unit > 0).any(1).sum())
        assert told.off == pytest.approx(float((array == 0).mean()), abs=1e-9)
        assert told.most == pytest.approx(float(array.max()), rel=1e-6)
        checked += 1
    assert checked >= 7
    scores = values[model.outputs[0].name][0]
    assert run.wins == int(scores.argmax()) and run.score == pytest.approx(float(scores.max()), rel=1e-6)
    assert run.sure == (abs(float(scores.sum()) - 1) < 1e-3)


def test_sentences_say_what_the_run_gave(film):
    """Every number in the words is one that onnxruntime gives, or one of the file's shapes."""
    model = importing.open_network(look.CNN)
    values = every_tensor(look.CNN, {spec.name: spec.array for spec in fit_file(look.DIGIT, model)})
    board = beats.read(film)
    said = {beat.about: f"{beat.heading}. {beat.sentence}" for beat in board.beats}
    tensors = {layer.name: layer for layer in model.layers}
    for about, words in said.items():
        if about not in tensors or tensors[about].tensor not in values:
            continue
        layer = tensors[about]
        array = values[layer.tensor][0]
        by_unit = array.reshape(layer.grid.units, -1)
        if match := re.search(r"brightest is no\. (\d+)", words):
            assert int(match[1]) - 1 == int(by_unit.mean(1).argmax()), about
        if match := re.search(r"(\d+) % of its cells are at 0", words):
            assert int(match[1]) == round(100 * float((array == 0).mean())), about
        if match := re.search(r"(\d+) are on", words):
            assert int(match[1]) == int((array > 0).sum()), about
        if match := re.search(r"reads all (\d+) (maps|numbers)", words):
            (source,) = layer.inputs
            grid = tensors[source].grid
            assert int(match[1]) == (grid.units if match[2] == "maps" else grid.size), about
    assert "Of every 2 × 2 cells the largest stays." in said["pool1"]
    assert said["end"].startswith("It says 7.") and "29,066 learned numbers" in said["end"]


def test_shares_that_are_not_whole_are_never_called_so():
    assert percent(0.99997) == "over 99.9 %" and percent(1.0) == "100 %" and percent(0.931) == "93.1 %"


def test_the_signal_arrives_in_order_and_values_are_themselves_at_rest(film):
    """Before its time a layer is 0, after it bit for bit what it is without the film."""
    scene = look.scene_of(film)
    board = beats.read(film)
    objs = look.layers(film)
    at = {beat.about: beat.frame for beat in board.layers}
    assert list(at) == ["image", "conv1", "conv2", "pool1", "conv3", "pool2", "dense1", "scores"]

    def shades(obj):
        geometry = obj.evaluated_get(look.evaluate(film)).evaluated_geometry()
        count = len(obj.data.vertices)
        return look.array(geometry.instances_pointcloud().attributes, "shade")[:count]

    own = {name: look.values_of(obj, "value") for name, obj in objs.items()}
    scene.frame_set(scene.frame_end)
    last = {name: shades(obj) for name, obj in objs.items()}
    for obj in objs.values():
        assert arrival_nodes(obj) is not None
    for name, obj in list(objs.items())[1:]:
        scene.frame_set(scene.frame_start + at[name] - 20)
        assert not shades(obj).any(), name
        scene.frame_set(scene.frame_start + at[name] + 20)
        assert np.array_equal(shades(obj), last[name]), name
        assert np.array_equal(look.values_of(obj, "value"), own[name])
    for frame in (1, scene.frame_end + 50):
        scene.frame_set(frame)
        for name, obj in objs.items():
            assert np.array_equal(shades(obj), last[name]), (frame, name)


@pytest.mark.parametrize("size", [(1280, 720), (720, 900)])
def test_the_words_and_what_they_speak_of_are_in_the_picture(blank, size):
    network = look.build(look.CNN, look.DIGIT)
    scene = look.scene_of(network)
    scene.render.resolution_x, scene.render.resolution_y = size
    shots.add(network, "forward")
    objs = look.layers(network)
    for beat in beats.read(network).beats:
        scene.frame_set(scene.frame_start + beat.frame + min(beat.hold, 12))
        depsgraph = look.evaluate(network)
        matrix = look.projection(network, depsgraph, scene.camera)
        shown = [obj for obj in look.of_kind(network, "film part") if not obj.evaluated_get(depsgraph).hide_render]
        for obj in shown:
            if look.facts(obj)["role"].startswith(("beat", "title", "name")):
                seen = look.projected(matrix, look.corners(obj, depsgraph).reshape(-1, 3))
                assert seen.min() >= 0 and seen.max() <= 1, (beat.about, obj.name)
        if beat.about in objs:
            seen = look.projected(matrix, look.corners(objs[beat.about], depsgraph).reshape(-1, 3))
            assert seen[:, 0].min() > -0.01 and seen[:, 0].max() < 1.01 and seen[:, 1].min() > 0.2, beat.about


@pytest.mark.parametrize("seconds", [6.0, 12.0, 45.0])
def test_the_pace_fits_the_length(blank, seconds):
    network = look.build(look.CNN, look.DIGIT)
    scene = look.scene_of(network)
    shots.add(network, "forward", seconds)
    assert scene.frame_end - scene.frame_start + 1 == round(seconds * 24)
    board = beats.read(network)
    frames = [beat.frame for beat in board.beats]
    assert frames == sorted(frames) and frames[-1] < board.length and board.layers[-1].about == "scores"
    assert len(board.layers) <= 8


@pytest.mark.parametrize("name", ["mobilenet_v3", "resnet18"])
def test_a_long_network_has_as_few_beats(name, tmp_path, blank):
    network = build(name, tmp_path)
    model = importing.open_network(look.facts(network)["source"])
    shape = [1 if size is None else size for size in model.inputs[0].shape]
    np.save(tmp_path / "given.npy", np.random.default_rng(3).random(shape, np.float32))
    importing.run_in_scene(network, tmp_path / "given.npy")
    shots.add(network, "forward")
    board = beats.read(network)
    assert 2 <= len(board.layers) <= 8
    assert all(beat.heading for beat in board.beats)
    scene = look.scene_of(network)
    for frame in (scene.frame_start, scene.frame_end):
        scene.frame_set(frame)
        look.evaluate(network)


def test_closed_blocks_that_have_an_inside_open_and_close_again(blank):
    network = look.build(RESNET, BUTTERFLY, fold_repeats=False)
    blocks.fold(network, ["layer2"], 1.0)
    shots.add(network, "forward")
    scene = look.scene_of(network)
    box = next(one for one in look.of_kind(network, "block") if look.facts(one)["path"] == "layer2")
    board = beats.read(network)
    at = {beat.about: beat.frame for beat in board.beats}
    path = compat.input_path(look.modifier(box), "Fold")
    (curve,) = (one for some in compat.curves_of(box) for one in some if one.data_path == path)
    start = scene.frame_start
    assert curve.evaluate(start) == 1 and curve.evaluate(start + at["block/layer2"] + 2) == 0
    assert curve.evaluate(scene.frame_end) == 1
    shots.remove(network, "forward")
    assert look.inputs(box)["Fold"] == 1


def test_without_a_run_there_is_one_line(blank):
    network = look.build(look.CNN)
    before = look.blocks()
    with pytest.raises(CheckpointError, match="run an input first"):
        shots.add(network, "forward")
    assert look.blocks() == before


def test_removing_the_film_leaves_nothing(blank):
    network = look.build(look.CNN, look.DIGIT)
    before = look.blocks()
    inputs = {obj.name: look.inputs(obj) for obj in look.layers(network).values()}
    shots.add(network, "forward")
    shots.remove(network, "forward")
    left = set(look.blocks()) - set(before)
    kinds = {"all_ids", "node_groups", "collections", "actions"}  # groups and the collection of shots are kept
    assert {kind for kind, *_ in left} <= kinds, left
    left = [name for kind, name, _ in left if kind == "all_ids"]
    assert not any("Film" in name for name in left), left
    for obj in look.layers(network).values():
        assert arrival_nodes(obj) is None
        assert look.inputs(obj).keys() == inputs[obj.name].keys()


def test_words_follow_another_input_and_those_of_the_user_stay(blank):
    network = look.build(look.CNN, look.DIGIT)
    shots.add(network, "forward")
    board = beats.read(network)
    board.beats[0].heading = "Mine"
    beats.write(network, board)
    shots.refit(network, "forward")
    importing.run_in_scene(network, OTHER)
    run = run_facts.read(network)
    assert run.answer == "3"
    texts = {look.facts(one)["role"]: one.data.body for one in parts(network, "") if one.type == "FONT"}
    assert texts["title label"] == "Mine"
    end = len(board.beats) - 1
    assert texts[f"beat {end} hot"] == "It says 3." and texts[f"beat {end - 1} dim"].startswith("3 ")
    written = beats.read(network)
    assert [beat.heading for beat in written.beats][0] == "Mine"
    fresh = writing.write(network)
    assert [beat.sentence for beat in written.beats] == [beat.sentence for beat in fresh.beats]


def test_the_storyboard_is_edited_applied_saved_and_undone(registered, tmp_path):
    assert bpy.ops.neuroscene.import_network(filepath=str(look.CNN), input=str(look.DIGIT)) == {"FINISHED"}

    def network():
        return next(one for one in bpy.data.collections if look.facts(one).get("kind") == "network")

    assert bpy.ops.neuroscene.apply_storyboard() == {"CANCELLED"}
    assert bpy.ops.neuroscene.add_shot(shot="forward", seconds=10.0) == {"FINISHED"}
    state = network().neuroscene_state
    assert state.film_seconds == pytest.approx(10.0) and len(state.beats) == len(beats.read(network()).beats)
    state.beats[2].sentence = "My own words."
    state.beat = 3
    gone = state.beats[3].about
    bpy.ops.ed.undo_push(message="edited")
    assert bpy.ops.neuroscene.remove_beat() == {"FINISHED"}
    network().neuroscene_state.film_seconds = 15.0
    assert bpy.ops.neuroscene.apply_storyboard() == {"FINISHED"}
    scene = look.scene_of(network())
    assert scene.frame_end - scene.frame_start + 1 == 15 * 24
    board = beats.read(network())
    assert gone not in [beat.about for beat in board.beats] and board.beats[2].sentence == "My own words."
    bodies = [one.data.body for one in parts(network(), "beat 2")]
    assert "My own words." in bodies
    bpy.context.view_layer.objects.active = look.layers(network())[gone]
    network().neuroscene_state.beat = 2
    assert bpy.ops.neuroscene.add_beat() == {"FINISHED"}
    assert network().neuroscene_state.beats[3].about == gone
    bpy.ops.ed.undo_push(message="before apply")
    assert acting.run("apply_storyboard") == {"FINISHED"}
    assert gone in [beat.about for beat in beats.read(network()).beats]
    bpy.ops.ed.undo()
    assert gone not in [beat.about for beat in beats.read(network()).beats]
    assert bpy.ops.neuroscene.new_storyboard(seconds=8.0) == {"FINISHED"}
    assert beats.read(network()).length == 8 * 24
    network().neuroscene_state.beats[0].heading = "Mine"
    path = tmp_path / "film.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.open_mainfile(filepath=str(path))
    assert network().neuroscene_state.beats[0].heading == "Mine"


def test_a_blender_without_neuroscene_plays_the_same(blank, tmp_path):
    network = look.build(look.CNN, look.DIGIT, max_cells=5000)
    shots.add(network, "forward", 6.0)
    builder.finish(opening.steps(network, "dense1"))
    scene = look.scene_of(network)
    frames = np.linspace(scene.frame_start, scene.frame_end, 5).astype(int).tolist()
    expected = stock_film.numbers(frames)
    path = tmp_path / "film.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    output = tmp_path / "numbers.npz"
    subprocess.run([sys.executable, stock_film.__file__, str(path), str(output), *map(str, frames)], check=True)
    found = np.load(output)
    assert set(found.files) == set(expected) and any("opened" in name for name in found.files)
    assert len({int(found[f"{frame}|texts"]) for frame in frames}) > 1
    for name, values in expected.items():
        assert np.array_equal(found[name], values), name
