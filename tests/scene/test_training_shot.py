# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The film of a training: its chart says what was measured, and the slider moves in that shot alone."""

import json

import bpy
import numpy as np
import pytest

from neuroscene.addon import compat
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.scene import shots
from neuroscene.addon.scene.building import build as builder
from neuroscene.addon.scene.series import chart, filling, known, showing, words
from scene import look

RUN = look.ROOT / "tests" / "data" / "series" / "run"
HISTORY = json.loads((RUN / "training_history.json").read_text())["history"]
MEASURED = [HISTORY[epoch - 1] for epoch in (1, 2, 10)]
DIGIT = look.SAMPLES / "digits" / "digit_3.png"


def build(given=(RUN,), **settings):
    settings = {"fold_repeats": False, "max_cells": 3000} | settings
    return builder.finish(filling.import_steps(list(given), builder.Settings(**settings), [DIGIT]))


@pytest.fixture(scope="module")
def network():
    look.fresh()
    network = build()
    shots.add(network, "training")
    return network


def parts(network, role):
    return [one for one in look.of_kind(network, "film part") if look.facts(one)["role"] == role]


def place(network, at):
    scene = look.scene_of(network)
    modifier = showing.slider(network, "checkpoints")
    root = look.one_of(network, "root")
    root.animation_data_clear()
    compat.set_inputs(modifier, {"Checkpoint": float(at)})
    scene.view_layers[0].update()
    return scene.view_layers[0].depsgraph


def corners(obj, depsgraph):
    return look.array(obj.evaluated_get(depsgraph).data.attributes, "position")


def test_upper_ends_of_axes_are_round_and_above():
    for largest, end in ((2.301, 2.5), (1.503, 2.0), (0.97, 1.0), (0.012, 0.0125), (130.0, 150.0), (1.0, 1.0)):
        assert chart.upper(largest) == pytest.approx(end)


def test_places_on_the_foot_are_those_of_the_training():
    series = known.Known("checkpoints", "epoch", [1, 2, 10], ["a", "b", "c"])
    assert np.allclose(chart.across(series), [0, 1 / 9, 1])
    many = known.Known("checkpoints", "step", list(range(0, 5000, 50)), ["x"] * 100)
    kept = chart.ticks(many)
    assert kept[0] == 0 and kept[-1] == 99 and len(kept) <= chart.TICKS + 1
    assert np.diff(chart.across(many)[kept]).min() > 0.06


def test_points_are_what_was_measured(network):
    lines = {one.name.rpartition(" ")[2]: one for one in parts(network, "chart")[1:]}
    assert set(lines) == {"val_accuracy", "val_loss"}
    height = None
    for name, obj in lines.items():
        points = look.values_of(obj, "position").astype(np.float64)
        assert np.array_equal(look.values_of(obj, "place"), [0, 1, 2])
        measured = np.array([row[name] for row in MEASURED])
        most = 1.0 if name == "val_accuracy" else chart.upper(measured.max())
        height = points[0, 2] / (measured[0] / most)
        assert np.allclose(points[:, 2], measured / most * height, rtol=1e-5)
        assert np.allclose(points[:, 0] / points[-1, 0], [0, 1 / 9, 1], atol=1e-6)


@pytest.mark.parametrize("at", [0.0, 0.5, 1.0, 1.75, 2.0])
def test_the_line_grows_to_the_dot_and_its_number_follows(network, at):
    for obj in parts(network, "chart")[1:]:
        depsgraph = place(network, at)
        points = look.values_of(obj, "position").astype(np.float64)
        low = int(at)
        high = min(low + 1, 2)
        dot = points[low] * (1 - (at - low)) + points[high] * (at - low)
        given = look.inputs(obj)
        found = corners(obj, depsgraph).astype(np.float64)
        ball = found[np.linalg.norm(found - dot, axis=1) < given["Dot"] * 1.001]
        assert np.allclose((ball.max(0) + ball.min(0)) / 2, dot, atol=given["Dot"] * 0.05)
        line = found[np.abs(found[:, 1]) <= given["Dot"] + 1e-5]
        text = given["Words"].data
        wide = float(np.ptp(look.array(text.attributes, "position")[:, 0]))
        assert line[:, 0].max() <= dot[0] + max(given["Dot"], wide * 1.2) + 1e-4
        faces = look.array(text.attributes, "step")
        letters = np.count_nonzero(faces == round(at))
        shown = len(obj.evaluated_get(depsgraph).data.polygons)
        assert letters > 0
        if at == int(at):
            before = len(obj.evaluated_get(place(network, at + (0.2 if at < 2 else -0.2))).data.polygons)
            assert shown >= before + letters - 1


def test_words_are_true_at_every_step(network):
    series = known.read(network)["checkpoints"]
    texts = {role: parts(network, role)[0] for role in ("epoch", "measured", "answer", "sure")}
    assert all(one.parent == shots.shots(network)["training"] for one in texts.values())
    assert series.heads(1) == "epoch 2 of 10"
    for step in range(3):
        depsgraph = place(network, step)
        for obj in texts.values():
            faces = look.array(obj.data.attributes, "step")
            assert len(obj.evaluated_get(depsgraph).data.polygons) == np.count_nonzero(faces == step)


def test_what_was_not_measured_has_no_point(blank, tmp_path):
    for path in sorted(RUN.glob("*.onnx")):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "log.csv").write_text("epoch,loss\n2,0.5\n10,0.25\n")
    network = build([tmp_path])
    shots.add(network, "training")
    (line,) = parts(network, "chart")[1:]
    assert np.array_equal(look.values_of(line, "place"), [1, 2])
    depsgraph = place(network, 0.0)
    assert not len(line.evaluated_get(depsgraph).data.polygons)
    assert len(line.evaluated_get(place(network, 1.0)).data.polygons)


def test_no_number_lies_on_another(blank, tmp_path):
    for path in sorted(RUN.glob("*.onnx")):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "log.csv").write_text("epoch,loss,accuracy\n1,1.0,0.5\n2,0.02,0.04\n10,2.0,1.0\n")
    network = build([tmp_path])
    shots.add(network, "training")
    lines = parts(network, "chart")[1:]
    assert len(lines) == 2
    for step in range(3):
        spans = []
        for line in lines:
            mesh = look.inputs(line)["Words"].data
            faces = np.flatnonzero(look.array(mesh.attributes, "step") == step)
            corners = [corner for face in faces for corner in mesh.polygons[face].vertices]
            up = look.array(mesh.attributes, "position")[corners, 2] + look.values_of(line, "position")[step, 2]
            spans.append((up.min(), up.max()))
        lower, higher = sorted(spans)
        assert lower[1] < higher[0], step
        assert lower[0] > -0.05 * (higher[1] - higher[0]), step


def test_the_slider_moves_in_the_shot_alone(blank):
    network = build()
    scene = look.scene_of(network)
    before = compat.get_input(showing.slider(network, "checkpoints"), "Checkpoint")
    shots.add(network, "training")
    first, last = scene.frame_start, scene.frame_end
    assert last - first + 1 == shots.KINDS["training"].frames
    root = look.one_of(network, "root")
    (curves,) = [list(curves) for curves in compat.curves_of(root)]
    places = [curves[0].evaluate(frame) for frame in range(first, last + 1)]
    assert places[0] == 0 and places[-1] == 2 and min(np.diff(places)) >= -1e-6
    for step in range(3):
        assert places.count(step) > 2, step
    for frame in (first - 50, last + 50):
        assert curves[0].evaluate(frame) == before
    shots.remove(network, "training")
    assert not look.of_kind(network, "film part")
    assert not any(list(curves) for curves in compat.curves_of(look.one_of(network, "root")))


def test_parts_of_the_film_are_seen_in_it_alone(blank):
    network = build()
    shots.add(network, "training")
    shots.switch(network, "hero")
    assert all(one.hide_viewport for one in look.of_kind(network, "film part"))
    look.scene_of(network).frame_set(10)
    assert all(one.hide_render for one in look.of_kind(network, "film part"))
    shots.switch(network, "training")
    assert not any(one.hide_viewport for one in look.of_kind(network, "film part"))
    bpy.context.view_layer.update()


@pytest.mark.parametrize("size", [(1280, 720), (720, 720), (2100, 900)])
def test_network_chart_and_words_are_in_the_picture(blank, size):
    network = build()
    scene = look.scene_of(network)
    scene.render.resolution_x, scene.render.resolution_y = size
    shots.add(network, "training")
    for share in (0.3, 0.6, 1.0):
        scene.frame_set(round(scene.frame_start + share * (scene.frame_end - scene.frame_start)))
        depsgraph = look.evaluate(network)
        matrix = look.projection(network, depsgraph, scene.camera)
        for kind in ("layer", "bars", "film part"):
            for obj in look.of_kind(network, kind):
                if kind == "film part" and look.facts(obj)["role"] in ("title", "subtitle"):
                    continue
                evaluated = obj.evaluated_get(depsgraph)
                if kind == "film part":
                    points = look.world(obj, depsgraph, corners(obj, depsgraph).astype(np.float64))
                else:
                    points = look.corners(obj, depsgraph).reshape(-1, 3)
                if len(points):
                    seen = look.projected(matrix, points)
                    assert seen.min() >= 0 and seen.max() <= 1, (share, obj.name, evaluated.name)


def test_a_network_without_a_run_is_refused(blank):
    network = look.build(look.CNN)
    before = look.blocks()
    with pytest.raises(CheckpointError, match="no series"):
        shots.add(network, "training")
    assert look.blocks() == before


def test_the_answer_is_that_of_the_bars_between_steps_too(blank):
    """The words change where the blend of the scores does."""
    network = build()
    shots.add(network, "training")
    series = known.read(network)["checkpoints"]
    (bars,) = look.of_kind(network, "bars")
    names = [f"value.{step:03d}" for step in range(3)]
    chance = np.random.default_rng(5).random((3, 10)).astype(np.float32)
    for name, scores in zip(names, chance, strict=True):
        bars.data.attributes[name].data.foreach_set("value", scores)
    starts = words.begins(network, series)
    assert starts == sorted(starts)
    for at in np.linspace(0.01, 1.99, 60):
        low = int(at)
        blend = chance[low] * (1 - (at - low)) + chance[low + 1] * (at - low)
        said = max(step for step in range(3) if starts[step] <= at or step == 0)
        winners = {int(chance[step].argmax()) for step in (low, low + 1)}
        if int(blend.argmax()) in winners:  # else a third one wins meanwhile
            assert int(chance[said].argmax()) == int(blend.argmax()), at
