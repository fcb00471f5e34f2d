# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of torch.export compute what torch computed; weights are the archive's bytes; lists that lie are refused."""

import io
import json
import zipfile

import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.formats.checkpoint import OPAQUE
from neuroscene.addon.inference.session import activations
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA
from unit.mutated import mutations

EXPORTED = DATA / "exported"
VALUES = dict(np.load(EXPORTED / "values.npz"))
NAMES = sorted(path.stem for path in EXPORTED.glob("*.pt2"))


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_those_of_torch(name):
    """As exported, and in the core set of operators."""
    checkpoint = open_checkpoint(EXPORTED / f"{name}.pt2")
    assert (checkpoint.format, checkpoint.structure) == ("torch-export", "graph")
    assert checkpoint.producer == "PyTorch 2.14.1" and not checkpoint.notes
    outputs = [value.name for value in checkpoint.model.graph.output]
    made = activations(checkpoint, {checkpoint.model.graph.input[0].name: VALUES[f"{name}/in0"]}, outputs)
    for place, output in enumerate(outputs):
        np.testing.assert_allclose(made[output], VALUES[f"{name}/out{place}"], atol=1e-5)
    assert f"{name}/out{len(outputs)}" not in VALUES


def test_names_and_weights():
    """Layers have the names of modules, weights those of parameters, the batch stays open."""
    checkpoint = open_checkpoint(EXPORTED / "pictures.pt2")
    names = {tensor.name for tensor in checkpoint.model.graph.initializer if tensor.data_location}
    assert {"stem.0.weight", "stem.1.running_var", "deep.bias", "up.weight", "head.bias"} <= names
    network = summarise(checkpoint)
    assert any(layer.name.startswith("/stem/stem.0/Conv") for layer in network.layers)
    assert checkpoint.model.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert all(layer.shape and None not in layer.shape for layer in network.layers)


def changed(path, change, name="series"):
    """A copy whose program or list of weights is another."""
    made = io.BytesIO()
    with zipfile.ZipFile(EXPORTED / f"{name}.pt2") as old, zipfile.ZipFile(made, "w") as new:
        members = {item.filename: old.read(item) for item in old.infolist()}
        program = next(key for key in members if key.endswith("models/model.json"))
        weights = next(key for key in members if key.endswith("model_weights_config.json"))
        said = {"program": json.loads(members[program]), "weights": json.loads(members[weights]), "members": members}
        change(said)
        if program in members:
            members[program] = json.dumps(said["program"]).encode()
        members[weights] = json.dumps(said["weights"]).encode()
        for key, data in members.items():
            new.writestr(key, data)
    path.write_bytes(made.getvalue())
    return path


def nodes(said):
    return said["program"]["graph_module"]["graph"]["nodes"]


def meta(said):
    return said["weights"]["config"]["conv.weight"]["tensor_meta"]


def gone(said, ending):
    said["members"].pop(next(key for key in said["members"] if key.endswith(ending)))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda said: gone(said, "weight_0"), "not in the archive"),
        (lambda said: meta(said).update(sizes=[{"as_int": 1 << 40}], strides=[{"as_int": 1}]), "bytes and has"),
        (lambda said: meta(said).update(sizes=[{"as_int": -1}], strides=[{"as_int": 1}]), "a shape that cannot be"),
        (lambda said: meta(said).update(storage_offset={"as_int": 1 << 50}), "bytes and has"),
        (lambda said: said["weights"]["config"]["conv.weight"].update(use_pickle=True), "in a pickle, which is not"),
        (lambda said: nodes(said).insert(0, nodes(said)[-1]), "is damaged"),
        (lambda said: nodes(said)[0].pop("target"), "is damaged"),
        (lambda said: said["program"].pop("graph_module"), "is damaged"),
        (lambda said: gone(said, "model.json"), "of an early"),
    ],
)  # fmt: skip
def test_damaged(change, problem, tmp_path):
    with pytest.raises(CheckpointError) as error:
        open_checkpoint(changed(tmp_path / "m.pt2", change))
    assert problem in str(error.value) and "\n" not in str(error.value)


def test_an_unknown_operator_is_opaque(tmp_path):
    def change(said):
        node = next(node for node in nodes(said) if "gelu" in node["target"])
        node["target"] = "torch.ops.mine.gelu_of_mine.default"

    checkpoint = open_checkpoint(changed(tmp_path / "m.pt2", change))
    assert "gelu_of_mine" in [node.op_type for node in checkpoint.model.graph.node if node.domain == OPAQUE]
    assert checkpoint.notes == ["'gelu_of_mine' (1 times) is shown as it is named: what it computes is not known here"]
    assert summarise(checkpoint).parameters > 70


@pytest.mark.slow
def test_mutations(tmp_path):
    assert mutations("torch-export", tmp_path) > 20
