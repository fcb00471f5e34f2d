# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What two numbers place: every color and every place is what onnxruntime gives, at each step of a training too."""

import bpy
import numpy as np
import onnx
import onnxruntime
import pytest

import neuroscene
from neuroscene.addon import compat, composing
from neuroscene.addon.composing import compose
from neuroscene.addon.nodes.series import numbered
from neuroscene.addon.scene.composing import choosing
from neuroscene.addon.scene.entities import Plot, networks
from neuroscene.addon.scene.series import plots, showing
from neuroscene.addon.training import plotted
from scene import look


@pytest.fixture(scope="module", autouse=True)
def registered():
    neuroscene.register()
    yield
    neuroscene.unregister()


@pytest.fixture
def data(root):
    return root / "sample_models/points/spiral.npz"


def run(path, tensor, x):
    """What onnxruntime gives for a tensor, of a whole batch."""
    model = onnx.load(path)
    if tensor not in {value.name for value in model.graph.output}:
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(tensor))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run([tensor], {session.get_inputs()[0].name: x})[0]


def part(network, shows) -> bpy.types.Object:
    (obj,) = (each for each in look.of_kind(network, "plot") if look.facts(each)["shows"] == shows)
    return obj


def evaluated(network, obj, name, step=None, kind="color", width=4):
    """An attribute of a mesh as Blender evaluates it, with the slider at a step."""
    if step is not None:
        compat.set_inputs(showing.slider(network, "checkpoints"), {"Checkpoint": float(step)})
    mesh = obj.evaluated_get(look.evaluate(network)).data
    made = np.empty(width * len(mesh.attributes[name].data), np.float32)
    mesh.attributes[name].data.foreach_get(kind, made)
    return made.reshape(-1, width)


def middles(obj, count):
    """The middles of the first faces of a plane, right and up, from -1 to 1."""
    corners = np.empty(3 * len(obj.data.vertices), np.float32)
    obj.data.attributes["position"].data.foreach_get("vector", corners)
    faces = np.empty(4 * len(obj.data.polygons), np.int32)
    obj.data.polygons.foreach_get("vertices", faces)
    middle = corners.reshape(-1, 3)[faces.reshape(-1, 4)[:count]].mean(1)
    return middle[:, 1:] * [-1, 1] / (plots.SIDE / 2)


def test_the_plane_shows_the_answer_at_every_point_of_each_step(blank, tmp_path, data):
    bpy.ops.neuroscene.compose_network(template="spiral-deep")
    run_folder = tmp_path / "run"
    done = bpy.ops.neuroscene.train_network(data="SPIRAL", epochs=3, batch=100, rate=0.02, directory=str(run_folder))
    assert done == {"FINISHED"}
    (network,) = networks()
    plane = part(network, "surface")
    test = np.load(data)["x_test"]
    half = 1.1 * np.abs(test).max()
    count = plotted.ACROSS**2
    points = (half * middles(plane, count)).astype(np.float32)
    two = plotted.colors(2, deep=True)
    exact = []
    for step in range(4):
        share = run(run_folder / f"epoch_{step:02}.onnx", "answer", points)
        exact.append(share @ two)
        held = evaluated(network, plane, "picture", step)[:count]
        np.testing.assert_allclose(held[:, :3], exact[-1], atol=2e-5)
    assert not np.allclose(exact[0], exact[3], atol=0.01)
    between = evaluated(network, plane, "picture", 1.5)[:count, :3]
    np.testing.assert_allclose(between, (exact[1] + exact[2]) / 2, atol=2e-5)
    showing.remove(network, "checkpoints")  # what it shows without its series is the last
    np.testing.assert_allclose(evaluated(network, plane, "picture")[:count, :3], exact[3], atol=2e-5)


def test_samples_stand_where_they_are(blank, root, data):
    bpy.ops.neuroscene.import_network(filepath=str(root / "sample_models/spiral_deep.onnx"))
    (network,) = networks()
    assert bpy.ops.neuroscene.show_plot(data="SPIRAL") == {"FINISHED"}
    dots = part(network, "points")
    held = np.load(data)
    half = 1.1 * np.abs(held["x_test"]).max()
    places = look.local_instances(dots, look.evaluate(network))[0][:, :3, 3]
    np.testing.assert_allclose(places[:, 1:] * [-1, 1], held["x_test"] / half * plots.SIDE / 2, atol=1e-5)
    assert np.array_equal(look.values_of(dots, "class"), held["y_test"])
    color = look.on_cells(dots, look.evaluate(network), "kernel")
    np.testing.assert_allclose(color[:, :3], plotted.colors(2)[held["y_test"]], atol=1e-5)
    facts = look.facts(part(network, "surface"))
    assert (int(facts["count"]), int(facts["total"])) == (400, 400)
    assert bpy.ops.neuroscene.hide_plot() == {"FINISHED"}
    assert not look.of_kind(network, "plot")


@pytest.fixture
def encoder(blank, tmp_path, root):
    """Two checkpoints of an autoencoder, and some digits."""
    digits = np.load(root / "sample_models/digits/digits.npz")
    np.savez(tmp_path / "few.npz", **{name: digits[name][:60] for name in digits})
    assert bpy.ops.neuroscene.compose_network(template="autoencoder") == {"FINISHED"}
    return networks()[0], tmp_path


def test_a_code_moves_with_the_slider(encoder):
    network, folder = encoder
    given = {"data": "FILE", "file": str(folder / "few.npz"), "directory": str(folder / "run")}
    assert bpy.ops.neuroscene.train_network(reconstruct=True, epochs=2, batch=20, **given) == {"FINISHED"}
    (network,) = networks()
    dots = part(network, "points")
    x = np.load(folder / "few.npz")["x_test"].astype(np.float32) / 255
    codes = [run(folder / f"run/epoch_{step:02}.onnx", "code", x) for step in range(3)]
    given = look.inputs(dots)
    low, high = (np.array(given[name])[:2] for name in ("Low", "High"))
    every = np.concatenate(codes)
    assert (low < every.min(0)).all() and (high > every.max(0)).all()
    for place, code in ((0, codes[0]), (1, codes[1]), (2, codes[2]), (0.5, (codes[0] + codes[1]) / 2)):
        compat.set_inputs(showing.slider(network, "checkpoints"), {"Checkpoint": float(place)})
        stands = look.local_instances(dots, look.evaluate(network))[0][:, :3, 3]
        expected = ((code - low) / (high - low) - 0.5) * plots.SIDE
        np.testing.assert_allclose(stands[:, 1:] * [-1, 1], expected, atol=1e-4)
    stored = plots.vectors(dots, numbered("place", 1))[:, :2]
    np.testing.assert_allclose(stored, codes[1], atol=1e-5)


def test_a_plot_goes_when_nothing_places_samples_any_more(encoder):
    network, folder = encoder
    assert bpy.ops.neuroscene.show_plot(data="FILE", file=str(folder / "few.npz")) == {"FINISHED"}
    dots = part(network, "points")
    before = plots.vectors(dots, "place")
    choosing.choose(network, "wide1")
    network.neuroscene_layer.units = 20
    after = plots.vectors(part(network, "points"), "place")
    assert before.shape == after.shape and not np.array_equal(before, after)
    choosing.choose(network, "code")
    network.neuroscene_layer.units = 3
    assert not look.of_kind(network, "plot")


def test_what_has_nothing_to_plot_is_refused(blank, root):
    bpy.ops.neuroscene.import_network(filepath=str(root / "sample_models/digits_cnn.onnx"))
    with pytest.raises(RuntimeError, match="has nothing that two numbers place"):
        bpy.ops.neuroscene.show_plot(data="DIGITS")
    with pytest.raises(RuntimeError, match="was not chosen"):
        bpy.ops.neuroscene.show_plot(data="FILE")
    assert not look.of_kind(networks()[0], "plot")


def test_numbers_that_are_not_finite_are_pink_and_no_place(blank, tmp_path, data):
    model = compose(composing.template("spiral-shallow")).model
    weight = next(tensor for tensor in model.graph.initializer if tensor.name == "answer.weight")
    array = onnx.numpy_helper.to_array(weight).copy()
    array[0, 0] = np.nan
    weight.CopyFrom(onnx.numpy_helper.from_array(array, weight.name))
    onnx.save(model, tmp_path / "nan.onnx")
    bpy.ops.neuroscene.import_network(filepath=str(tmp_path / "nan.onnx"), samples=str(data))
    colors = evaluated(networks()[0], part(networks()[0], "surface"), "picture")
    pink = np.array([0xFF, 0x2B, 0xD6]) / 255
    np.testing.assert_allclose(
        colors[: plotted.ACROSS**2, :3], np.broadcast_to(pink, (plotted.ACROSS**2, 3)), atol=1e-5
    )


@pytest.mark.parametrize("name", ["spiral_deep", "spiral_shallow", "moons_shallow", "digits_autoencoder"])
def test_samples_open_with_their_plot(blank, name):
    bpy.ops.neuroscene.open_sample(sample=name)
    assert Plot(part(networks()[0], "code" if "auto" in name else "surface")).count in (400, 600)
