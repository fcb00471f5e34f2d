# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence in a scene: what cells and lines count against what `attribute` writes, labels, steps, and the way back."""

import json

import bpy
import numpy as np
import pytest

from neuroscene.addon import cli
from neuroscene.addon.attribution.targets import Unit, target_of
from neuroscene.addon.colormaps import EVIDENCE, linear
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.gltf.colours import paint
from neuroscene.addon.inference import fit_file
from neuroscene.addon.inference.session import activations
from neuroscene.addon.scene.building import build as builder
from neuroscene.addon.scene.building import importing
from neuroscene.addon.scene.building.layers import drawn_of
from neuroscene.addon.scene.entities import EvidenceSheet, Label, NetworkScene, networks, scene_of
from neuroscene.addon.scene.explaining import explaining, known, saying
from neuroscene.addon.scene.explaining.known import NONE, WINNER, Asked
from neuroscene.addon.scene.series import playing
from neuroscene.addon.scene.updating import reloading
from scene import acting, look
from unit.make import model, node, save, seeded

TRAINED = look.ROOT / "tests/data/crossformat/mnist_cnn.keras"
WHOLE = Asked()


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A scene that has been explained, as a .blend."""
    folder = tmp_path_factory.mktemp("evidence")
    look.fresh()
    network = look.build(TRAINED, look.DIGIT)
    explaining.explain(network, WHOLE)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "evidence.blend"))
    return folder / "evidence.blend"


@pytest.fixture
def network(saved):
    bpy.ops.wm.open_mainfile(filepath=str(saved))
    return networks()[0]


def attributed(folder, method, layer=""):
    """What the command line writes of a method, by the input or a layer."""
    path = folder / f"{method} {layer}.npz".replace("/", "_")
    options = ["--layer", layer] if layer else []
    given = ["attribute", str(TRAINED), "--input", str(look.DIGIT), "--method", method, *options, "-o", str(path)]
    assert cli.main(given) == 0
    return np.load(path)


def shown(network, name, attribute="evidence"):
    return look.values_of(look.layers(network)[name], attribute)


def of_drawn(network, name, values):
    """Numbers with channels first as the cells of a layer have them."""
    cells = drawn_of(look.layers(network)[name])
    unit, row, column = cells.cells
    return values.reshape(cells.grid.units, cells.grid.rows, cells.grid.columns)[unit, row, column]


def test_cells_count_what_attribute_says(blank, tmp_path):
    network = look.build(TRAINED, look.DIGIT)
    explaining.explain(network, Asked(("gradient", "integrated", "gradcam"), (WINNER,), NONE))
    for step, method in enumerate(("gradient", "integrated")):
        for name in ("image", "conv3", "pool2", "fc1"):
            told = attributed(tmp_path, method, "" if name == "image" else name)["attribution"]
            counted = shown(network, name, f"evidence.{step:03}")
            tolerance = 1e-5 if method == "gradient" else 0.03  # the command line takes fewer steps
            assert np.abs(counted - of_drawn(network, name, told)).max() <= tolerance * np.abs(told).max(), name
    told = attributed(tmp_path, "gradcam")
    sheets = {sheet.layer: sheet.obj for sheet in NetworkScene(network).members(EvidenceSheet)}
    assert sheets.keys() == {"conv3", "image"}
    for sheet in sheets.values():
        assert np.allclose(look.array(sheet.data.attributes, "evidence"), told["attribution"].ravel(), atol=1e-6)
    counted = shown(network, "conv3", "evidence.002").reshape(16, 14, 14).sum(0)
    assert np.allclose(np.maximum(counted, 0), told["attribution"], atol=1e-5)


def test_every_layer_divides_the_same(network):
    answer = known.read(network)
    assert answer.title == "Why 7 and not 9?" and "the same 9.37 points" in answer.sentence
    sums = {name: float(shown(network, name).astype(np.float64).sum()) for name in answer.sums}
    assert len(sums) == 8 and max(sums.values()) - min(sums.values()) <= 0.01 * 9.37
    for name, text in answer.sums.items():
        plus, minus, equal = (float(each.strip("+= ").replace("\N{MINUS SIGN}", "-")) for each in split(text))
        values = shown(network, name)
        assert plus == pytest.approx(values[values > 0].sum(), rel=6e-3)
        assert minus == pytest.approx(values[values < 0].sum(), rel=6e-3)
        assert equal == pytest.approx(sums[name], rel=6e-3)
        assert look.facts(look.layers(network)[name])["label"]["evidence"] == text


def split(text):
    plus, minus, equal, total = text.split(" ")
    assert equal == "="
    return plus, minus, total


def test_words_have_the_colors_of_what_they_are(network):
    scene = NetworkScene(network)
    paints = scene.materials
    texts = [label.obj for label in scene.members(Label) if label.part == "evidence" and not label.obj.hide_render]
    assert texts
    for text in texts:
        names = [material.name for material in text.data.materials]
        assert names[1:] == [paints["for"].name, paints["against"].name]
        painted = [letter.material_index for letter in text.data.body_format]
        body = text.data.body
        assert painted[0] == 1 and painted[body.index(" ") + 1] == 2 and painted[-1] == 0
    caption = {look.facts(one).get("role"): one for one in network.all_objects if look.kind_of(one) == "caption"}
    assert caption["name"].data.body == "Why 7 and not 9?"
    assert caption["line strip"].hide_render and not caption["cube strip"].hide_render


def test_lines_count_as_much_as_what_they_enter(network):
    """Of a dense layer all lines into a cell together count what that counts, for nothing else enters it."""
    bundle = look.bundles(network)["fc1", "scores"]
    lines = look.values_of(bundle, "evidence").astype(np.float64)
    targets = look.values_of(bundle, "target")
    cells = shown(network, "scores")
    if len(lines) == 320:  # else some are not drawn
        assert np.allclose(np.bincount(targets, lines, 10), cells, atol=0.02 * np.abs(cells).max())
    winner = int(np.abs(cells).argmax())
    assert lines[targets == winner].sum() == pytest.approx(cells[winner], rel=0.25)
    assert not lines[(targets != winner) & (cells[targets] == 0)].any()


def test_steps_are_those_of_the_slider(blank):
    network = look.build(TRAINED, look.DIGIT)
    explaining.explain(network, Asked(("gradient-input",), (7, 2), NONE))
    series = json.loads(NetworkScene(network).series)["evidence"]
    assert series["labels"] == ["7", "2"]
    numbered = [shown(network, "conv1", f"evidence.{step:03}") for step in (0, 1)]
    full = [shown(network, "conv1", f"evidence_range.{step:03}")[0] for step in (0, 1)]
    for place, (counts, extent) in {
        0.0: (numbered[0], full[0]),
        1.0: (numbered[1], full[1]),
        0.5: ((numbered[0] + numbered[1]) / 2, sum(full) / 2),
    }.items():
        playing.go(network, "evidence", place)
        layer = look.layers(network)["conv1"]
        geometry = layer.evaluated_get(look.evaluate(network)).evaluated_geometry()  # it owns the cloud
        cloud = geometry.instances_pointcloud()
        found = look.array(cloud.attributes, "evidence")[: len(counts)]
        assert np.array_equal(found, counts) if place != 0.5 else np.allclose(found, counts, atol=1e-6)
        expected = np.sign(counts) * np.clip(np.abs(counts) / extent, 0, 1) ** 0.6
        assert np.allclose(look.array(cloud.attributes, "evidence_shade")[: len(counts)], expected, atol=2e-5)


def test_hiding_it_leaves_what_was_there(blank):
    network = look.build(TRAINED, look.DIGIT)
    before = acting.geometry(network)
    names = {obj.name for obj in bpy.data.objects if not obj.name.endswith("notes")}
    label = look.facts(look.layers(network)["conv1"])["label"]
    explaining.explain(network, Asked(("integrated", "gradcam"), (WINNER,), NONE))
    assert shown(network, "conv1").any()
    explaining.hide(network)
    assert acting.same(acting.geometry(network), before)
    assert look.facts(look.layers(network)["conv1"])["label"] == label
    assert {obj.name for obj in bpy.data.objects if not obj.name.endswith("notes")} == names
    assert not NetworkScene(network).evidence and not json.loads(NetworkScene(network).series or "{}")


def test_it_follows_the_input_and_a_reload(network):
    before = shown(network, "conv1")
    relief = look.inputs(look.layers(network)["conv1"])["Evidence Relief"]
    look.set_input(look.layers(network)["conv1"], "Evidence Relief", relief + 1)
    look.layers(network)["conv1"].location.z += 1
    for _ in importing.run_steps(network, look.OTHER_DIGIT):
        pass
    assert known.read(network).title.startswith("Why 3 and not ") and known.read(network).given == "digit_3.png"
    other = shown(network, "conv1")
    assert np.abs(other - before).max() > 0.01
    for _ in reloading.steps(network):
        pass
    assert np.array_equal(shown(network, "conv1"), other)
    assert look.inputs(look.layers(network)["conv1"])["Evidence Relief"] == pytest.approx(relief + 1)


def test_the_operator_undoes_in_one_step(registered):
    look.build(TRAINED, look.DIGIT)
    bpy.ops.ed.undo_push(message="before")
    before = acting.geometry(networks()[0])
    assert bpy.ops.neuroscene.explain_answer("EXEC_DEFAULT", True, methods={"gradient"}, rather="NONE") == {"FINISHED"}
    assert known.read(networks()[0]).title == "Why 7?"
    bpy.ops.ed.undo()
    assert known.read(networks()[0]) is None
    assert acting.same(acting.geometry(networks()[0]), before)
    bpy.ops.ed.redo()
    assert known.read(networks()[0]).title == "Why 7?"
    assert bpy.ops.neuroscene.hide_evidence("EXEC_DEFAULT", True) == {"FINISHED"}
    assert acting.same(acting.geometry(networks()[0]), before)


@pytest.mark.parametrize(
    "asked, words",
    [
        (Asked(("integrated",), (99,)), "has no class 99"),
        (Asked(("integrated",), (7,), 7), "why '7' and not the same"),
        (Asked(("none",)), "there is no method 'none'"),
    ],
    ids=["class", "same", "method"],
)
def test_what_cannot_be_asked_leaves_nothing(blank, asked, words):
    network = look.build(TRAINED, look.DIGIT)
    names = {obj.name for obj in bpy.data.objects}
    with pytest.raises(CheckpointError, match=words):
        explaining.explain(network, asked)
    assert {obj.name for obj in bpy.data.objects} == names and not NetworkScene(network).evidence


def test_without_an_input_there_is_no_answer(blank):
    with pytest.raises(CheckpointError, match="no input has run"):
        explaining.explain(look.build(look.MLP), WHOLE)


def test_methods_stand_side_by_side(blank):
    """A plate for each method, in a scene of its own, with the score after its strongest pixels are made black."""
    network = look.build(TRAINED, look.DIGIT)
    scenes = {scene.name for scene in bpy.data.scenes}
    asked = Asked(("gradient", "integrated", "gradcam"), (WINNER,), NONE)
    builder.finish(explaining.explain_steps(network, asked, beside=True))
    (scene,) = (scene for scene in bpy.data.scenes if scene.name not in scenes)
    plates = {one.name.split()[1]: one for one in scene.objects if one.modifiers and len(one.data.vertices) == 784}
    assert plates.keys() == {"gradient", "integrated", "gradcam"}
    counted = look.values_of(plates["integrated"], "evidence")
    assert np.allclose(counted, shown(network, "image", "evidence.001"), atol=1e-6)
    model = importing.open_network(TRAINED)
    (fitted,) = fit_file(look.DIGIT, model)
    target = target_of(model, {fitted.name: fitted.array})
    blanked = fitted.array.copy()
    blanked.reshape(-1)[np.argsort(-np.abs(counted), kind="stable")[:20]] = 0
    score = activations(model.checkpoint, {fitted.name: blanked}, [target.tensor])[target.tensor][0, target.index]
    assert any(one.name.startswith(f"methods {target.value:.1f} → {score:.2f}") for one in scene.objects)
    assert scene.camera.name == "methods" and scene not in {scene_of(network)}
    explaining.hide(network)
    assert {scene.name for scene in bpy.data.scenes} == scenes


def test_exports_show_the_colors_of_evidence(network):
    """Of cells by what they count, not by what they hold."""
    material = NetworkScene(network).materials["evidence"]
    counts = np.array([-1.0, 0.0, 1.0], np.float32)
    given = {"evidence_shade": counts, "shade": np.ones(3, np.float32)}
    colors = paint(material, given.get, 3)
    expected = [linear(color) for _, color in (EVIDENCE[0], EVIDENCE[3], EVIDENCE[-1])]
    assert np.allclose(colors[:, :3], np.array(expected)[:, :3], atol=0.01)


def test_a_unit_of_the_selected_layer(registered):
    """What excites a unit most: evidence before its layer, none behind it, and the question survives another input."""
    network = look.build(TRAINED, look.DIGIT)
    bpy.context.view_layer.objects.active = look.layers(network)["conv2"]
    assert bpy.ops.neuroscene.explain_answer("EXEC_DEFAULT", True, methods={"deconvnet"}, unit=3) == {"FINISHED"}
    network = networks()[0]
    answer = known.read(network)
    assert answer.title == "What excites unit 3 of conv2?" and "the largest of its map" in answer.facts
    assert (answer.question.layer, answer.question.unit) == ("conv2", 3)
    shown = {name for name, layer in look.layers(network).items() if "evidence" in layer.data.attributes}
    assert "conv1" in shown and not shown & {"conv3", "fc1"}
    model = importing.open_network(TRAINED)
    inputs = {one.name: one.array for one in fit_file(look.DIGIT, model)}
    target = Unit("conv2", 3).target(model, inputs)
    assert answer.facts.startswith("digit_7.png: activation " + saying.number(target.value))
    assert bpy.ops.neuroscene.run_input(filepath=str(look.DIGIT.parent / "digit_3.png")) == {"FINISHED"}
    answer = known.read(networks()[0])
    assert answer.title == "What excites unit 3 of conv2?" and answer.given == "digit_3.png"


def test_a_sheet_stands_before_each_channel(blank, tmp_path):
    nodes = [
        node("Conv", ["x", "w"], ["c"], name="conv", pads=[1] * 4, strides=[2, 2]),
        node("Relu", ["c"], ["r"], name="relu"),
        node("GlobalAveragePool", ["r"], ["p"], name="pool"),
        node("Flatten", ["p"], ["f"], name="flat"),
        node("Gemm", ["f", "v"], ["scores"], name="fc"),
    ]
    weights = {"w": seeded(4, 3, 3, 3), "v": seeded(4, 2)}
    path = save(tmp_path, model(nodes, {"x": (1, 3, 8, 8)}, {"scores": (1, 2)}, weights))
    np.save(tmp_path / "x.npy", seeded(1, 3, 8, 8, seed=3))
    network = look.build(path, tmp_path / "x.npy")
    explaining.explain(network, Asked(("gradcam",), (WINNER,), NONE))
    sheets = {sheet.layer: sheet.obj for sheet in NetworkScene(network).members(EvidenceSheet)}
    one, each = (look.array(sheets[name].data.attributes, "evidence") for name in ("conv", "x"))
    assert len(one) == 16 and np.array_equal(each, np.tile(one, 3))
    layer = look.layers(network)["x"]
    matrices, _ = look.local_instances(layer, look.evaluate(network))
    cells = matrices[:192, 1:3, 3].reshape(3, 64, 2)
    half = look.inputs(layer)["Pitch"] / 2
    corners = look.array(sheets["x"].data.attributes, "position")[:, 1:].reshape(3, 25, 2)
    assert np.allclose(corners.min(1), cells.min(1) - half, atol=1e-4)
    assert np.allclose(corners.max(1), cells.max(1) + half, atol=1e-4)
