# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plots of samples and histograms in exported files: read back by other code, and held against what onnxruntime answers
and the weights of the file."""

import numpy as np
import onnx
import onnxruntime
import pytest

from neuroscene.addon.gltf import export
from neuroscene.addon.network import histograms as counting
from neuroscene.addon.scene.building import build, histograms, importing, studio
from neuroscene.addon.scene.camera.picture import frame
from neuroscene.addon.scene.entities import Histogram, NetworkScene, Plot
from neuroscene.addon.scene.series import filling, plots
from neuroscene.addon.training import plotted
from scene import browser, look
from scene.glb import Glb
from scene.test_gltf_readers import PACKAGES, read
from scene.test_viewer import needs_browser, opened, page_of, pixels

SAMPLES = look.ROOT / "sample_models"
SPIRAL, POINTS = SAMPLES / "spiral_deep.onnx", SAMPLES / "points" / "spiral.npz"
CODES, DIGITS = SAMPLES / "digits_autoencoder.onnx", SAMPLES / "digits" / "digits.npz"
RUN = look.ROOT / "tests/data/series/run"
GAMMA = 2.2  # of colors that are given as a screen shows them


def spiral():
    """The spiral with its plot, in the picture."""
    look.fresh()
    network = look.build(SPIRAL)
    build.finish(plots.show_steps(network, POINTS))
    frame(network, NetworkScene(network).scene, studio.camera_of(network))
    look.evaluate(network)
    return network


def answers(points):
    """The shares of both classes at points (n, 2), by onnxruntime alone."""
    session = onnxruntime.InferenceSession(SPIRAL, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: points.astype(np.float32)})[0].reshape(len(points), -1)


@pytest.fixture(scope="module")
def plot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plot")
    spiral()
    export.export(folder / "plot.glb")
    return Glb(folder / "plot.glb"), folder


def shown(glb, kind, shows):
    (name,) = (name for name in glb.of_kind(kind) if glb.facts(name)["shows"] == shows)
    return name


def test_the_plane_has_the_answer_at_every_point(plot):
    glb, _ = plot
    name = shown(glb, "plot", "surface")
    facts = glb.facts(name)
    test = np.load(POINTS)["x_test"]
    half = facts["high"][0]
    assert half == pytest.approx(1.1 * np.abs(test).max()) and facts["low"] == [-half, -half]
    assert facts["data"] == "spiral.npz" and facts["total"] == len(test) and glb.parent(name) == facts["layer"]
    count = plotted.ACROSS**2
    corners = glb.local(name)[: 4 * count].reshape(count, 4, 3)
    colours = glb.colours(name)[: 4 * count].reshape(count, 4, -1)[:, 0, :3]
    points = corners.mean(1)[:, 1:] * [-1, 1] / (plots.SIDE / 2) * half
    shares = answers(points)
    assert np.allclose(shares.sum(1), 1, atol=1e-5)
    expected = (shares @ plotted.colors(2, deep=True)) ** GAMMA
    assert np.abs(colours - expected).max() < 4e-3
    assert len(np.unique(points.round(5), axis=0)) == count and np.ptp(colours, 0).max() > 0.3


def test_samples_stand_where_they_are_in_the_colors_of_their_classes(plot):
    glb, _ = plot
    name = shown(glb, "plot", "points")
    data = np.load(POINTS)
    half = glb.facts(glb.parent(name))["high"][0]
    to_plane = np.linalg.inv(glb.world(glb.parent(name)))
    places = (to_plane @ glb.instances(name))[:, :3, 3]
    order = [
        int(np.abs(data["x_test"] - point).sum(1).argmin()) for point in places[:, 1:] * [-1, 1] * half / plots.SIDE * 2
    ]
    assert sorted(order) == list(range(len(data["x_test"])))
    assert np.allclose(places[:, 1:] * [-1, 1] * half / plots.SIDE * 2, data["x_test"][order], atol=1e-4)
    assert (places[:, 0] < 0).all()  # before the plane
    classes = data["y_test"][order]
    assert np.array_equal(glb.instanced(name, "_CLASS"), classes)
    expected = plotted.colors(2)[classes] ** GAMMA
    assert np.abs(glb.instanced(name, "_COLOR_0")[:, :3] - expected).max() < 4e-3


def test_words_are_there_and_no_path_is(plot):
    glb, folder = plot
    name = shown(glb, "plot", "words")
    assert len(glb.triangles(name)) > 1000
    colours = np.unique(glb.colours(name)[:, :3].round(3), axis=0)
    assert len(colours) == 4  # what it shows, numbers at edges, the two classes
    for own in plotted.colors(2) ** GAMMA:
        assert np.abs(colours - own).max(1).min() < 4e-3
    assert str(SAMPLES).encode() not in (folder / "plot.glb").read_bytes()


def heights(glb, name, width):
    """The highest point of each bin above the axis, in the space of the histogram."""
    points = glb.local(name)
    points = points[points[:, 2] > 1e-6]
    bins = ((0.5 - points[:, 1] / width) * counting.BINS).astype(int)
    made = np.zeros(counting.BINS)
    np.maximum.at(made, bins, points[:, 2])
    return made


@pytest.mark.parametrize("options", [export.ExportOptions(), export.ExportOptions(realise=True)])
def test_bars_of_histograms_are_as_high_as_their_counts(blank, tmp_path, options):
    network = look.build(look.CNN, look.DIGIT, max_cells=2000, max_connections=500)
    histograms.toggle(network, ["conv2", "dense1"], ("values", "weights"))
    look.evaluate(network)
    report = export.export(tmp_path / "h.glb", options)
    assert report.cells == sum(len(layer.data.vertices) for layer in look.layers(network).values())
    glb = Glb(tmp_path / "h.glb")
    held = {each.name: onnx.numpy_helper.to_array(each) for each in onnx.load(look.CNN).graph.initializer}
    made = {(each.layer, each.shows): each for each in NetworkScene(network).members(Histogram)}
    for name in glb.of_kind("histogram"):
        facts = glb.facts(name)
        if facts["shows"] == "words":
            assert glb.facts(glb.parent(name))["kind"] == "histogram" and len(glb.triangles(name)) > 100
            continue
        assert glb.parent(name) == facts["layer"]
        counts = np.array(facts["counts"])
        inputs = made[facts["layer"], facts["shows"]].inputs
        share = np.minimum(counts / facts["total"] / inputs["Most"], 1) * inputs["Height"]
        assert np.allclose(heights(glb, name, inputs["Width"]), share, atol=1e-5)
        if facts["shows"] == "weights":
            weight = held[f"{facts['layer']}.weight"]
            some = np.clip(weight[weight != 0].astype(np.float64), facts["low"], facts["high"])
            expected = np.histogram(some, counting.BINS, (facts["low"], facts["high"]))[0]
            assert np.abs(np.cumsum(counts - expected)).max() <= 2
            middle = glb.colours(name)[:, :3]
            assert np.ptp(middle[:, 0]) > 0.3 and np.ptp(middle[:, 2]) > 0.3  # from blue to red


def test_rows_of_weights_over_time(blank, tmp_path):
    sources = sorted(RUN.glob("epoch_*.onnx"))
    network = build.finish(filling.import_steps(sources, build.Settings(max_cells=3000, fold_repeats=False)))
    layer = next(name for name, each in NetworkScene(network).layers().items() if each.op == "Gemm")
    histograms.toggle(network, [layer], ("time",))
    look.evaluate(network)
    export.export(tmp_path / "t.glb")
    glb = Glb(tmp_path / "t.glb")
    name = shown(glb, "histogram", "time")
    assert len(glb.triangles(name)) == 2 * counting.BINS * (len(sources) + 1)
    depth = np.unique(glb.local(name)[:, 0].round(6))
    assert len(depth) == len(sources)


def test_a_code_has_its_samples_where_onnxruntime_puts_them(blank, tmp_path):
    network = look.build(CODES)
    build.finish(plots.show_steps(network, DIGITS))
    look.evaluate(network)
    export.export(tmp_path / "code.glb")
    glb = Glb(tmp_path / "code.glb")
    plane, name = shown(glb, "plot", "code"), shown(glb, "plot", "points")
    facts = glb.facts(plane)
    low, high = (np.array(facts[end]) for end in ("low", "high"))
    places = (np.linalg.inv(glb.world(plane)) @ glb.instances(name))[:, 1:3, 3] * [-1, 1]
    codes = (places / plots.SIDE + 0.5) * (high - low) + low
    model = onnx.load(CODES)
    tensor = next(each.tensor for each in importing.open_network(CODES).layers if each.name == facts["layer"])
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(tensor))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    digits = np.load(DIGITS)
    x = digits["x_test"].astype(np.float32) / 255
    given = session.get_inputs()[0]
    x = x.reshape(len(x), *given.shape[1:])
    expected = session.run([tensor], {given.name: x})[0]
    assert facts["count"] == len(codes) == len(expected)
    assert np.allclose(codes, expected.reshape(-1, 2), atol=1e-3 * np.abs(expected).max())
    assert np.array_equal(glb.instanced(name, "_CLASS"), digits["y_test"])


def test_plain_meshes_and_other_readers(plot, tmp_path):
    spiral()
    for suffix in (".usdc", ".obj"):
        assert export.export(tmp_path / f"plot{suffix}").triangles > 2 * plotted.ACROSS**2
    export.export(tmp_path / "plain.glb", export.ExportOptions(realise=True))
    glb = Glb(tmp_path / "plain.glb")
    assert len(glb.triangles(shown(glb, "plot", "points"))) == 80 * len(np.load(POINTS)["x_test"])
    if PACKAGES.exists():
        files = [plot[1] / "plot.glb", tmp_path / "plain.glb"]
        assert not any(one["wrong"] for one in read(*files))


def test_what_is_hidden_is_not_in_the_file(blank, tmp_path):
    network = spiral()
    (plane,) = (each.obj for each in NetworkScene(network).members(Plot) if each.shows == "surface")
    plane.hide_render = True
    look.evaluate(network)
    export.export(tmp_path / "hidden.glb")
    kinds = [Glb(tmp_path / "hidden.glb").facts(name)["shows"] for name in Glb(tmp_path / "hidden.glb").of_kind("plot")]
    assert "surface" not in kinds


@needs_browser
def test_the_page_shows_the_plane_and_keeps_its_labels(blank, tmp_path):
    """What stands behind a layer is not in the way of its label, and is seen in its own colors."""
    network = spiral()
    glb = page_of(tmp_path, network, "spiral")
    surface = Glb(tmp_path / "out.glb")
    name = shown(surface, "plot", "surface")
    count = plotted.ACROSS**2
    corners = surface.positions(name)[: 4 * count].reshape(count, 4, 3).mean(1)
    dots = surface.instances(shown(surface, "plot", "points"))[:, :3, 3]
    colours = surface.colours(name)[: 4 * count].reshape(count, 4, -1)[:, 0, :3] ** (1 / GAMMA)
    size = (960, 540)
    with browser.Browser() as chromium:
        page = opened(chromium, glb, size)
        page.screenshot(tmp_path / "page.png")
        places = {
            each["name"]: each["y"]
            for each in page.evaluate(
                """[...document.querySelectorAll(".label")].map((one) => ({
                name: one.querySelector(".name").textContent, y: one.getBoundingClientRect().y}))"""
            )
        }
        assert page.complaints() == [] and page.requests() == []
        page.close()
    depsgraph = look.evaluate(network)
    to_page = lambda points: look.seen(network, depsgraph, points) * [size[0], -size[1]] + [0, size[1]]  # noqa: E731
    at, dots_at = to_page(corners), to_page(dots)
    picture = pixels(tmp_path / "page.png")
    free = np.flatnonzero([np.abs(dots_at - place).max(1).min() > 8 for place in at])
    free = free[(at[free] > 20).all(1) & (at[free, 0] < 940) & (at[free, 1] < 400)][::37]
    seen = picture[at[free, 1].astype(int), at[free, 0].astype(int)]
    assert len(free) > 40 and np.median(np.abs(seen - colours[free]).max(1)) < 0.06
    assert set(places) == set(look.layers(network))
    cells = {name: to_page(look.corners(obj, depsgraph).reshape(-1, 3)) for name, obj in look.layers(network).items()}
    for name, y in places.items():
        assert cells[name][:, 1].max() - 5 < y < cells[name][:, 1].max() + 60, name
