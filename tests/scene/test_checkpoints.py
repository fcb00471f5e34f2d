# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints of every format in a scene: what is inferred says so, and takes an architecture when one is given."""

import json
import threading
import time

import bpy
import numpy as np
import pytest
from safetensors.numpy import save_file

from neuroscene.addon.containers import CheckpointError, stopping
from neuroscene.addon.formats import SUFFIXES
from neuroscene.addon.network.drawn import Wish
from neuroscene.addon.scene.background import in_background
from neuroscene.addon.scene.building import build, importing
from neuroscene.addon.scene.detail import cell_detail
from scene import look
from scene.command import check_refused, run_many
from unit.make import DATA

CROSS = DATA / "crossformat"
GRAPH, JSON = DATA / "mnist_cnn_torch_unfolded_bn.onnx", CROSS / "mnist_cnn_architecture.json"
GAN = DATA / "several" / "gan.pt"
STATE = CROSS / "mnist_cnn_state_dict.pt"
FILES = {
    "keras-h5": "keras1_2_2/mnist_cnn_functional.h5",
    "keras-v3": "mnist_cnn.keras",
    "torchscript": "mnist_cnn_torchscript_trace.pt",
    "pytorch": "mnist_cnn_training_checkpoint.pt",
    "safetensors": "mnist_cnn.safetensors",
    "keras-weights": "keras1_2_2/mnist_cnn_weights_only.h5",
}


def imported(path, **options):
    assert bpy.ops.neuroscene.import_network(filepath=str(path), update=False, **options) == {"FINISHED"}
    return next(one for one in bpy.data.collections if look.facts(one).get("kind") == "network")


def caption(network) -> str:
    return " ".join(one.data.body for one in look.of_kind(network, "caption") if one.type == "FONT")


@pytest.mark.parametrize("kind", FILES)
def test_import_of_every_format(registered, kind):
    network = imported(CROSS / FILES[kind])
    facts = look.facts(network)
    assert (facts["format"], facts["parameters"]) == (kind, "29066")
    inferred = kind in ("pytorch", "safetensors", "keras-weights")
    assert (facts["structure"] == "inferred") == inferred == ("structure inferred" in caption(network))
    assert ("structure inferred" in importing.summary(network)) == inferred
    assert look.bundles(network) and look.outside(network) == []
    if not inferred:
        assert bpy.ops.neuroscene.run_input(filepath=str(look.DIGIT)) == {"FINISHED"}


def test_weights_in_the_scene_are_those_of_the_file(registered):
    """A dense weight read back from the curves of an inferred network is the entry of the file's matrix."""
    network = imported(STATE)
    ends = next(ends for ends in look.bundles(network) if "scores" in ends[1])
    cell_detail.set_detail(network, list(ends), Wish("cells"))  # it opens with matrices, beside which lines say nothing
    (bundle,) = (one for (_, target), one in look.bundles(network).items() if "scores" in target)
    reference = np.load(CROSS / "mnist_cnn_weights.npz")
    (matrix,) = (reference[name] for name in reference if reference[name].shape == (32, 10))
    source, target, weight = (look.values_of(bundle, name) for name in ("source", "target", "weight"))
    assert len(weight) and np.array_equal(weight, matrix[source, target])


def test_what_is_not_known_is_open_and_said(registered, tmp_path):
    """Two towers side by side: nobody knows what the second reads; no line enters it, its label says so, and dashes
    lead from it against the signal, beyond its cells."""
    shapes = {"img.0": (8, 3, 3, 3), "img.2": (16, 8, 3, 3), "aud.0": (8, 1, 3, 3), "aud.2": (16, 8, 3, 3)}
    weights = {f"{name}.weight": np.ones(shape, np.float32) for name, shape in (shapes | {"head": (5, 32)}).items()}
    save_file(weights, tmp_path / "towers.safetensors")
    network = imported(tmp_path / "towers.safetensors")
    assert "1 input open: nobody knows what is read" in caption(network)
    assert all(target != "/aud/aud.0/Conv" for _, target in look.bundles(network))
    said = {name: look.facts(layer)["label"] for name, layer in look.layers(network).items()}
    assert [name for name, label in said.items() if "input unknown" in str(label)] == ["/aud/aud.0/Conv"]
    loose = {name: look.inputs(layer)["Loose End"] for name, layer in look.layers(network).items()}
    assert [name for name, way in loose.items() if any(way)] == ["/aud/aud.0/Conv"]
    tower, depsgraph = look.layers(network)["/aud/aud.0/Conv"], look.evaluate(network)
    matrices, _ = look.local_instances(tower, depsgraph)
    dashes = look.world(tower, depsgraph, matrices[len(tower.data.vertices) :, :3, 3])
    ends = [look.layers(network)[f"/aud/aud.{number}/Conv"].matrix_world.translation for number in (0, 2)]
    signal = np.array(ends[1] - ends[0]) / (ends[1] - ends[0]).length
    assert len(dashes) == 6 and ((dashes - np.array(ends[0])) @ signal < -0.05).all()


def test_an_inferred_network_cannot_be_run(registered):
    imported(STATE)
    with pytest.raises(RuntimeError, match="attach its architecture"):
        bpy.ops.neuroscene.run_input(filepath=str(look.DIGIT))


def weighted(network):
    """The layers that have weights."""
    return [one for one in look.layers(network).values() if look.facts(one)["parameters"] != "0"]


@pytest.mark.parametrize("architecture", [GRAPH, JSON], ids=["ONNX", "Keras"])
def test_attach_an_architecture(registered, architecture):
    """What was done by hand stays on the layers that both have, whatever they are called and though the weights alone
    do not tell the sizes of maps; the network then runs, and one undo takes it back."""
    network = imported(STATE)
    for thing in weighted(network):
        thing.location.z += 3.0
    bpy.context.view_layer.update()
    bpy.ops.ed.undo_push(message="moved")
    places = sorted(tuple(one.location) for one in weighted(network))
    assert len(places) == 5
    assert bpy.ops.neuroscene.attach_architecture("EXEC_DEFAULT", True, filepath=str(architecture)) == {"FINISHED"}
    network = next(one for one in bpy.data.collections if look.facts(one).get("kind") == "network")
    facts = look.facts(network)
    assert facts["structure"] == "graph" and facts["architecture"] == str(architecture)
    assert "structure inferred" not in caption(network)
    assert sorted(tuple(one.location) for one in weighted(network)) == places
    assert bpy.ops.neuroscene.run_input(filepath=str(look.DIGIT)) == {"FINISHED"}
    assert "→ 7" in caption(network)
    bpy.ops.ed.undo()
    network = next(one for one in bpy.data.collections if look.facts(one).get("kind") == "network")
    assert look.facts(network)["structure"] == "inferred" and "structure inferred" in caption(network)


def test_import_with_an_architecture_and_reload(registered):
    network = imported(STATE, architecture=str(GRAPH), input=str(look.DIGIT))
    assert look.facts(network)["architecture"] == str(GRAPH)
    assert bpy.ops.neuroscene.reload_checkpoint("EXEC_DEFAULT", uuid=look.facts(network)["uuid"]) == {"FINISHED"}
    assert look.facts(network)["structure"] == "graph"


def test_an_architecture_that_does_not_fit_changes_nothing(registered):
    network = imported(STATE)
    before = look.blocks(), look.facts(network)
    with pytest.raises(RuntimeError, match="does not fit"):
        bpy.ops.neuroscene.attach_architecture("EXEC_DEFAULT", filepath=str(DATA / "digits_mlp_skl2onnx.onnx"))
    assert (look.blocks(), look.facts(network)) == before


def test_one_of_several_models_in_a_file(registered):
    """The part that was asked for is drawn, and is what the file shows when it is read again."""
    network = imported(GAN, part="discriminator")
    assert look.facts(network)["parameters"] == "37" and "also holds generator" in importing.summary(network)
    assert bpy.ops.neuroscene.reload_checkpoint("EXEC_DEFAULT", uuid=look.facts(network)["uuid"]) == {"FINISHED"}
    assert look.facts(network)["parameters"] == "37"
    assert importing.reopen(network).parameters == 37
    assert bpy.ops.neuroscene.import_network(filepath=str(GAN), part="generator") == {"FINISHED"}  # beside it
    networks = [one for one in bpy.data.collections if look.facts(one).get("kind") == "network"]
    assert sorted(look.facts(one)["parameters"] for one in networks) == ["37", "46"]
    before = look.blocks()
    with pytest.raises(RuntimeError, match="its parts are: generator, discriminator"):
        bpy.ops.neuroscene.import_network(filepath=str(GAN), part="x")
    assert look.blocks() == before


def test_what_goes_on_beside_the_window_can_be_cancelled():
    """Closing the steps stops the work at its next look; without a window it is done at once."""
    begun, ended = threading.Event(), threading.Event()

    def work():
        begun.set()
        try:
            while True:
                stopping.check()
                time.sleep(0.001)
        finally:
            ended.set()

    steps = in_background(work, "reading", beside=True)
    assert next(steps) == (0.0, "reading") and begun.wait(10)
    steps.close()
    assert ended.wait(10)
    assert build.finish(in_background(lambda: 3, "reading", beside=True)) == 3
    assert build.finish(in_background(lambda: 4, "reading", beside=False)) == 4

    def fail():
        raise CheckpointError("model.onnx", "is damaged")

    with pytest.raises(CheckpointError, match="is damaged"):
        build.finish(in_background(fail, "reading", beside=True))


def test_the_command_line_takes_a_part(tmp_path):
    said, built, refused, plain = run_many(
        [
            ["inspect", GAN, "--json", "--part", "discriminator"],
            ["build", GAN, "-o", tmp_path / "gan.blend", "--part", "discriminator"],
            ["inspect", GAN, "--part", "other"],
            ["inspect", GRAPH, "--part", "other"],
        ]
    )
    assert json.loads(said.out)["parameters"] == 37 and built.status == 0
    assert (tmp_path / "gan.blend").is_file() and "generator" in built.out
    check_refused(refused, "generator, discriminator")
    check_refused(plain, "it is one model")


def test_dialogs_and_dropping_take_every_suffix(registered):
    handler = bpy.types.NEUROSCENE_FH_checkpoint
    taken = set(handler.bl_file_extensions.split(";"))
    assert {f".{one.rpartition('.')[2]}" for one in SUFFIXES} == taken
    assert {".onnx", ".h5", ".hdf5", ".keras", ".pt", ".pth", ".bin", ".safetensors"} <= taken
    importer = bpy.ops.neuroscene.import_network.get_rna_type().properties["filter_glob"].default
    assert {f"*{one}" for one in SUFFIXES} == set(importer.split(";"))


def test_the_command_line_takes_an_architecture():
    ran, alone, attached, refused = run_many(
        [
            ["run", STATE, "--architecture", GRAPH, "--input", look.DIGIT, "--json"],
            ["inspect", STATE, "--json"],
            ["inspect", STATE, "--json", "--architecture", GRAPH],
            ["run", STATE, "--input", look.DIGIT],
        ]
    )
    assert ran.status == 0 and json.loads(ran.out)["top"][0]["index"] == 7
    said = json.loads(alone.out)
    assert (said["structure"], said["parameters"]) == ("inferred", 29_066) and said["notes"]
    said = json.loads(attached.out)
    assert (said["structure"], said["architecture"]) == ("graph", GRAPH.name)
    check_refused(refused, "architecture")
