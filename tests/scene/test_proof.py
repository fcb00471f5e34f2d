# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chart of how well a network does without units: its curves are what was measured, its dot follows Prune, and what
Prune hides is what was proven."""

import json

import bpy
import numpy as np
import pytest

from neuroscene.addon.attribution import prove_all
from neuroscene.addon.containers.stepping import finish
from neuroscene.addon.network import summarise
from neuroscene.addon.scene.building import importing
from neuroscene.addon.scene.editing import proof as proofs
from neuroscene.addon.scene.entities import NetworkScene, ProofChart, networks
from neuroscene.addon.structure import open_checkpoint
from scene import look

BY = "activations"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """120 digits of the sample set with their classes: half of them rank."""
    folder = tmp_path_factory.mktemp("proof")
    held = np.load(look.DIGIT.parent / "digits.npz")
    x, y = held["x_test"], held["y_test"]
    path = folder / "digits.npz"
    np.savez(path, x=x[:120], y=y[:120])
    return path


@pytest.fixture
def proven(registered, data):
    look.build(look.CNN, look.DIGIT, max_cells=1_500)
    assert bpy.ops.neuroscene.prove_pruning(filepath=str(data), by=BY) == {"FINISHED"}
    return networks()[0]


def charts(network):
    return {chart.part: chart.obj for chart in NetworkScene(network).members(ProofChart)}


def counts():
    return [len(getattr(bpy.data, kind)) for kind in ("objects", "meshes", "materials", "node_groups")]


def line_of(network):
    """Shares and what is right, as the points of the line hold them."""
    mesh = charts(network)["line"].data
    return np.array([[one.value for one in mesh.attributes[name].data] for name in ("place", "right")])


def dot_of(network):
    """Where the middle of the dot is, in shares of the chart, and the words beside it (step of their faces)."""
    obj = charts(network)["line"]
    look.evaluate(network)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    mesh = obj.evaluated_get(depsgraph).to_mesh()
    points = np.array([vertex.co[:] for vertex in mesh.vertices])
    corners = np.array([vertex.co[:] for vertex in obj.data.vertices])
    width, height = corners[-1, 0], corners[0, 2] / line_of(network)[1][0]
    radius = 0.08 * height  # of the dot
    for place, corner in enumerate(corners):
        shell = np.abs(np.linalg.norm(points - corner, axis=1) - radius) < 0.02 * radius
        if shell.sum() >= 100:  # of an icosphere of three subdivisions
            return place, corner[0] / width, corner[2] / height
    return None


def test_the_curves_are_what_was_measured(proven, data):
    curve = finish(prove_all(summarise(open_checkpoint(look.CNN)), data, BY))
    shares, right = line_of(proven)
    np.testing.assert_allclose(shares, curve.shares, atol=1e-6)
    np.testing.assert_allclose(right, curve.ours, atol=1e-6)
    told = json.loads(NetworkScene(proven).proof)
    np.testing.assert_allclose(told["weights"], curve.weights, atol=1e-6)
    np.testing.assert_allclose([told["low"], told["high"]], [curve.chance.min(0), curve.chance.max(0)], atol=1e-6)
    assert (told["ranked"], told["tested"], told["index"]) == (60, 60, -1)
    line = charts(proven)["line"].data
    axes = charts(proven)["axes"]
    assert charts(proven)["line"].parent is axes and axes.parent is NetworkScene(proven).root().obj
    corners = np.array([vertex.co[:] for vertex in line.vertices])
    height = corners[0, 2] / right[0]
    np.testing.assert_allclose(corners[:, 2] / height, right, atol=1e-5)


def test_the_dot_stands_on_what_prune_has_reached(proven):
    shares, right = line_of(proven)
    root = look.one_of(proven, "root")
    for share in (0.0, 0.3, 0.5, 1.0):
        look.set_input(root, "Prune", share)
        place, across, up = dot_of(proven)
        last = int(np.nonzero(shares <= share + 1e-5)[0][-1])
        assert place == last
        assert (across, up) == (pytest.approx(shares[last], abs=1e-4), pytest.approx(right[last], abs=1e-4))


def test_prune_hides_what_was_proven(proven, data):
    """The units that are hidden at half are those of the order, and the scores are those without them."""
    curve = finish(prove_all(summarise(open_checkpoint(look.CNN)), data, BY))
    look.set_input(look.one_of(proven, "root"), "Prune", 0.5)
    depsgraph = look.evaluate(proven)
    for name, places in curve.order.items():
        thing = look.layers(proven)[name]
        size = np.abs(look.local_instances(thing, depsgraph)[0][: len(thing.data.vertices), :3, :3]).max((1, 2))
        unit = look.cells_of(thing)[:, 0]
        seen = {one for one in np.unique(unit) if (size[unit == one] > 0).any()}
        drawn = set(np.unique(unit))
        assert seen == {one for one, place in enumerate(places) if place >= len(places) // 2} & drawn, name
    network = summarise(open_checkpoint(look.CNN))
    ran = importing.run_file_pruned(look.DIGIT, network, 0.5, 1, order=curve.order)[2]
    assert importing.pruned_score(proven).startswith(f"{ran.scores[0].label} ({ran.scores[0].score:.3g}) without 36")


def test_a_new_input_keeps_the_order(proven):
    before = proofs.order_of(proven)
    conv = look.layers(proven)["conv1"]
    units = list(conv.data["pruned_at"])
    assert bpy.ops.neuroscene.run_input(filepath=str(look.DIGIT.parent / "digit_3.png")) == {"FINISHED"}
    network = networks()[0]
    assert proofs.order_of(network) == before and list(look.layers(network)["conv1"].data["pruned_at"]) == units
    assert len(charts(network)) == 2


def test_undo_save_and_hide(proven, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    network = networks()[0]
    assert len(charts(network)) == 2 and proofs.read(network).by == BY
    look.set_input(look.one_of(network, "root"), "Prune", 0.5)
    assert dot_of(network)[0] == proofs.read(network).at(0.5)
    meshes = len(bpy.data.meshes)
    assert bpy.ops.neuroscene.hide_proof() == {"FINISHED"}
    network = networks()[0]
    assert not charts(network) and not NetworkScene(network).proof and len(bpy.data.meshes) == meshes - 3


def test_undone_in_one_step(registered, data):
    look.build(look.CNN, max_cells=800)
    bpy.ops.ed.undo_push(message="before")
    given = {"filepath": str(data), "by": "weights"}
    assert bpy.ops.neuroscene.prove_pruning("EXEC_DEFAULT", True, **given) == {"FINISHED"}
    assert len(charts(networks()[0])) == 2
    bpy.ops.ed.undo()
    (network,) = networks()
    assert not charts(network) and not NetworkScene(network).proof
    assert not proofs.order_of(network)


def test_one_class_and_decisions_of_its_own(registered, data, tmp_path):
    network = look.build(look.CNN, max_cells=800)
    assert bpy.ops.neuroscene.prove_pruning(filepath=str(data), by="weights", index=7) == {"FINISHED"}
    told = proofs.read(networks()[0])
    right = np.load(data)["y"][60:]
    assert (told.label, told.tested) == ("7", int((right == 7).sum()))
    np.savez(tmp_path / "x.npz", x=np.load(data)["x"][:40])
    assert bpy.ops.neuroscene.prove_pruning(filepath=str(tmp_path / "x.npz"), by="weights") == {"FINISHED"}
    told = proofs.read(networks()[0])
    assert told.own and told.ours[0] == 1.0 and len(charts(networks()[0])) == 2
    assert network


@pytest.mark.parametrize(
    ("arrays", "index", "said"),
    [
        ({"z": np.zeros(3)}, -1, "holds no array 'x'"),
        ({"x": np.zeros((8, 28, 28), np.float32), "y": np.zeros(8, int)}, 3, "has no sample of class 3"),
    ],
)
def test_bad_data_leaves_nothing(registered, tmp_path, arrays, index, said):
    look.build(look.CNN, max_cells=500)
    np.savez(tmp_path / "bad.npz", **arrays)
    before = counts()
    with pytest.raises(RuntimeError, match=said):
        bpy.ops.neuroscene.prove_pruning(filepath=str(tmp_path / "bad.npz"), by="weights", index=index)
    assert counts() == before
    assert not NetworkScene(networks()[0]).proof
