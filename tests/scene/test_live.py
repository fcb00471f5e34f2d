# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A training that runs now, in the scene: each checkpoint joins the series as if all had been imported together."""

import shutil
import subprocess
import sys
import time

import bpy
import numpy as np
import onnx
import pytest
from PIL import Image

from neuroscene.addon import compat
from neuroscene.addon.network import histograms as counting
from neuroscene.addon.network.drawn import Wish
from neuroscene.addon.nodes.series import numbered
from neuroscene.addon.scene import entities
from neuroscene.addon.scene.building import build as builder
from neuroscene.addon.scene.building import histograms, kernels
from neuroscene.addon.scene.detail import cell_detail
from neuroscene.addon.scene.series import filling, known, playing, showing, words
from neuroscene.addon.scene.series.live import Live
from neuroscene.addon.series import Watch
from scene import command, look
from scene.test_series import DIGIT, FILES, evaluated, tensors
from unit import trainer

SETTINGS = builder.Settings(max_cells=3000, fold_repeats=False)


def take(live, watch) -> int:
    with watch.arrivals() as arrived:
        return sum(live.take(each) for each in arrived)


def put(live, watch, folder, path, name=""):
    shutil.copy(path, folder / (name or path.name))
    assert take(live, watch) == 0
    return take(live, watch)


@pytest.fixture
def live(registered, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    return Live(folder, DIGIT, SETTINGS), Watch(folder), folder


def check(network, paths):
    """At each step the evaluated numbers are those of onnxruntime and of the file."""
    for step, path in enumerate(paths):
        values, weights = evaluated(network, step)
        expected = tensors(path)
        for name, layer in look.layers(network).items():
            facts = look.facts(layer)
            flat = expected[facts["tensor"]].reshape(-1)[look.cells_of(layer) @ np.array(facts["strides"])]
            assert np.allclose(values[name], flat, rtol=0, atol=1e-5), (step, name)
        fresh = [one for one in look.of_kind(network, "connections") if numbered("weight", step) in one.data.attributes]
        assert fresh
        for bundle in fresh:
            own = look.values_of(bundle, numbered("weight", step))
            assert np.array_equal(weights[look.facts(bundle)["index"]], own)


def test_each_checkpoint_joins_the_series(live):
    live, watch, folder = live
    for count, path in enumerate(FILES, 1):
        assert put(live, watch, folder, path) == 1
        assert len(known.read(live.network())["checkpoints"]) == count == live.count
    network = live.network()
    check(network, FILES)
    series = known.read(network)["checkpoints"]
    assert series.numbers == [1, 2, 10] and [name.rpartition("/")[2] for name in series.files] == [
        path.name for path in FILES
    ]
    assert look.facts(network)["source"] == str(folder / FILES[-1].name)


def test_they_are_as_if_they_had_been_imported_together(live):
    live, watch, folder = live
    for path in FILES:
        put(live, watch, folder, path)
    together = builder.finish(filling.import_steps([folder], SETTINGS, [DIGIT]))
    mine, others = look.layers(live.network()), look.layers(together)
    for name, layer in mine.items():
        for step in range(3):
            own = look.values_of(layer, numbered("value", step))
            there = numbered("value", step) if numbered("value", step) in others[name].data.attributes else "value"
            assert np.array_equal(own, look.values_of(others[name], there)), (name, step)


def test_the_slider_goes_on_where_it_stood_at_the_end(live):
    live, watch, folder = live
    put(live, watch, folder, FILES[0])
    put(live, watch, folder, FILES[1])
    assert playing.place(live.network(), "checkpoints") == 1
    playing.go(live.network(), "checkpoints", 0)
    put(live, watch, folder, FILES[2])
    assert playing.place(live.network(), "checkpoints") == 0
    modifier = showing.slider(live.network(), "checkpoints")
    assert compat.get_input(modifier, "Last") == 2


def test_one_that_comes_late_stands_in_its_place(live):
    live, watch, folder = live
    for place in (0, 2, 1):
        put(live, watch, folder, FILES[place])
    assert known.read(live.network())["checkpoints"].numbers == [1, 2, 10]
    check(live.network(), FILES)


def test_one_that_is_written_over_takes_its_own_place(live):
    live, watch, folder = live
    put(live, watch, folder, FILES[0], "epoch_1.onnx")
    put(live, watch, folder, FILES[1], "epoch_2.onnx")
    put(live, watch, folder, FILES[2], "epoch_1.onnx")
    assert known.read(live.network())["checkpoints"].numbers == [1, 2]
    check(live.network(), [FILES[2], FILES[1]])


def test_one_name_for_all_is_a_step_each_time(live):
    live, watch, folder = live
    for path in FILES:
        put(live, watch, folder, path, "last.onnx")
    series = known.read(live.network())["checkpoints"]
    assert len(series) == 3
    check(live.network(), FILES)


def test_another_network_is_left_out(live):
    live, watch, folder = live
    put(live, watch, folder, FILES[0])
    assert put(live, watch, folder, look.ROOT / "tests" / "data" / "digits_mlp_skl2onnx.onnx", "epoch_2.onnx") == 0
    assert "other shapes" in live.left_out[folder / "epoch_2.onnx"]
    assert put(live, watch, folder, FILES[2]) == 1
    check(live.network(), [FILES[0], FILES[2]])


def test_more_detail_while_it_runs(live):
    live, watch, folder = live
    put(live, watch, folder, FILES[0])
    put(live, watch, folder, FILES[1])
    cell_detail.set_detail(live.network(), ["/conv3/Conv"], Wish("cells", 3000))
    put(live, watch, folder, FILES[2])
    values, _ = evaluated(live.network(), 2)
    layer = look.layers(live.network())["/conv3/Conv"]
    facts = look.facts(layer)
    flat = tensors(FILES[2])[facts["tensor"]].reshape(-1)[look.cells_of(layer) @ np.array(facts["strides"])]
    assert np.allclose(values["/conv3/Conv"], flat, rtol=0, atol=1e-5)


def words_at(network, step):
    """What the caption's words of steps show when the slider stands at one: how many letters, by object."""
    playing.go(network, "checkpoints", step)
    bpy.context.view_layer.update()
    graph = bpy.context.evaluated_depsgraph_get()
    parts = [part.obj for part in entities.NetworkScene(network).members(entities.CaptionPart)]
    parts = [obj for obj in parts if obj.type == "MESH" and "step" in obj.data.attributes]
    return [len(obj.evaluated_get(graph).data.polygons) for obj in parts]


def test_words_of_a_training_that_runs_are_those_of_all_steps(live, monkeypatch):
    """They are made piece by piece; each step has its own, once, and afterwards they are as if made together."""
    monkeypatch.setattr(words, "TOGETHER", 4)
    live, watch, folder = live
    for number in range(11):
        put(live, watch, folder, FILES[number % 3], f"epoch_{number}.onnx")
    network = live.network()
    series = known.read(network)["checkpoints"]
    growing = [words_at(network, step) for step in range(11)]
    assert len(growing[0]) == 4  # pieces
    assert all(sum(bool(count) for count in each) == 1 for each in growing)
    live.settle()
    together = [words_at(network, step) for step in range(11)]
    assert all(len(each) == 1 for each in together)
    more = [words.letters(f" of {series.numbers[-1]}", 1.0).counts.size] * 11
    assert [sum(each) - sum(before) for each, before in zip(together, growing, strict=True)] == more


def test_of_a_long_training_every_second_checkpoint_is_kept(live):
    """The first and the newest are always there, each with the numbers of its file, and how many there were is said."""
    live, watch, folder = live
    put(live, watch, folder, FILES[0], "epoch_0.onnx")
    live._most = 6
    expected = [0]
    for number in range(1, 22):
        put(live, watch, folder, FILES[number % 3], f"epoch_{number}.onnx")
        series = known.read(live.network())["checkpoints"]
        expected = series.numbers
        assert expected[0] == 0 and expected[-1] == number and len(expected) <= 6 and series.total == number + 1
        assert playing.place(live.network(), "checkpoints") == len(series) - 1
        gaps = np.diff(expected)
        assert len(set(gaps[:-1])) <= 1 and (not len(gaps[:-1]) or gaps[-1] <= gaps[0])
    network = live.network()
    assert [name.rpartition("_")[2] for name in series.files] == [f"{number}.onnx" for number in expected]
    check(network, [FILES[number % 3] for number in expected])
    for obj in showing.with_steps(network):
        held = {name[-3:] for name in obj.data.attributes.keys() if showing.is_step(name)}
        assert held == {f"{step:03}" for step in range(len(expected))}
    said = [part.obj.data.body for part in entities.NetworkScene(network).members(entities.CaptionPart) if note(part)]
    assert said == [f"{len(expected)} of 22 checkpoints"]


def note(part):
    return part.role == words.NOTE


def test_ranges_of_a_training_that_runs_are_those_of_all_steps(live):
    live, watch, folder = live
    for number in range(7):
        put(live, watch, folder, FILES[number % 3], f"epoch_{number}.onnx")
    network = live.network()
    scene = entities.NetworkScene(network)

    def told():
        layers = {name: layer.inputs["Range"] for name, layer in scene.layers().items()}
        return layers, {bundle.index: bundle.inputs["Importance Range"] for bundle in scene.bundles()}

    before = told()
    for name, layer in scene.layers().items():
        steps = [look.values_of(layer.obj, numbered("value", step)) for step in range(7)]
        assert before[0][name] == pytest.approx(showing.lasting_range(steps), rel=1e-6), name
    live.settle()
    assert told() == before


@pytest.mark.parametrize("shown_at", [1, 2])
def test_kernels_and_histograms_follow_a_training_that_runs(live, shown_at):
    """At each step they have the weights of its file, whenever they were first shown."""
    live, watch, folder = live
    for count, path in enumerate(FILES, 1):
        put(live, watch, folder, path)
        if count == shown_at:
            network = live.network()
            kernels.toggle(network, ["/conv1/Conv"])
            histograms.toggle(network, ["/conv1/Conv"], ("weights", "values"))
    network = live.network()
    pictures = look.one_of(network, "kernels")
    tensor = look.facts(look.layers(network)["/conv1/Conv"])["tensor"]
    made = {each.shows: each for each in entities.NetworkScene(network).members(entities.Histogram)}
    for step, path in enumerate(FILES):
        held = {each.name: onnx.numpy_helper.to_array(each) for each in onnx.load(path).graph.initializer}
        weight = held["conv1.weight"].ravel()
        assert np.array_equal(look.array(pictures.data.attributes, numbered("weight", step))[:, 0], weight)
        for shows, numbers in (("weights", weight), ("values", tensors(path)[tensor].ravel())):
            low, high = made[shows].low, made[shows].high
            some = np.clip(numbers[numbers != 0].astype(np.float64), low, high)
            expected = np.histogram(some, counting.BINS, (low, high))[0] / numbers.size
            own = look.values_of(made[shows].obj, numbered("value", step))
            assert np.abs(np.cumsum(own - expected)).max() <= 2.5 / numbers.size, (shows, step)
    assert np.array_equal(look.array(pictures.data.attributes, "weight")[:, 0], weight)
    assert made["weights"].total == weight.size


@pytest.mark.slow
def test_a_training_that_runs_beside(registered, tmp_path):
    """It is killed once in the middle of a file; every whole checkpoint arrives, none twice, none broken."""
    folder = tmp_path / "run"
    folder.mkdir()
    program = [sys.executable, trainer.__file__, str(folder)]
    live, watch = Live(folder, None, SETTINGS), Watch(folder)
    running = subprocess.Popen([*program, "0", "7", "3", "4"])
    killed = False
    quiet = time.monotonic()
    while time.monotonic() - quiet < 2.0:
        if running.poll() is not None and not killed:
            killed = True
            running = subprocess.Popen([*program, "4", "7", "4"])
        if running.poll() is None:
            quiet = time.monotonic()
        take(live, watch)
        time.sleep(0.1)
    network = live.network()
    assert killed and not live.left_out and live.count == 8
    assert known.read(network)["checkpoints"].numbers == list(range(8))
    bundles = look.bundles(network)
    ((ends, bundle),) = [(ends, one) for ends, one in bundles.items() if look.facts(one)["index"] == 0]
    cells = [look.cells_of(look.layers(network)[end])[:, 0] for end in ends]
    for epoch in range(8):
        truth = np.load(tmp_path / f"truth_{epoch:02d}.npz")["arr_0"]
        _, weights = evaluated(network, epoch)
        source, target = (cells[place][look.values_of(bundle, end)] for place, end in enumerate(("source", "target")))
        assert np.array_equal(weights[0], truth[source, target]), epoch


def test_the_operator_watches_until_nothing_comes(registered, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for path in FILES[:2]:
        shutil.copy(path, folder)
    (folder / "epoch_3.onnx").write_bytes(FILES[2].read_bytes()[:9000])
    done = bpy.ops.neuroscene.watch_folder(directory=str(folder), input=str(DIGIT), idle=1.0, max_cells=2000)
    assert done == {"FINISHED"}
    (network,) = entities.networks()
    assert known.read(network)["checkpoints"].numbers == [1, 2]
    with pytest.raises(RuntimeError, match="no such folder"):
        bpy.ops.neuroscene.watch_folder(directory=str(tmp_path / "gone"), idle=1.0)
    with pytest.raises(RuntimeError, match="set Idle"):
        bpy.ops.neuroscene.watch_folder(directory=str(folder))


@pytest.mark.slow
def test_the_command_renders_a_still_of_each(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    for path in FILES:
        shutil.copy(path, folder)
    film = tmp_path / "film"
    small = ("--size", "96x54", "--samples", 1, "--max-cells", 2000)
    done = command.run("watch", folder, "-o", film, "--input", DIGIT, "--idle", 2, *small)
    assert done.status == 0, done.err
    assert sorted(path.name for path in film.iterdir()) == ["0001.png", "0002.png", "0003.png"]
    pictures = [np.asarray(Image.open(path).convert("RGB"), np.float32) for path in sorted(film.iterdir())]
    assert all(picture.shape == (54, 96, 3) for picture in pictures)
    assert np.abs(pictures[0] - pictures[2]).mean() > 0.5
    assert command.run("watch", tmp_path / "gone", "-o", film).status == 2
