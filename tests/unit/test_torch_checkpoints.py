# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tensors of a PyTorch file are the model: in state dicts, training checkpoints and pickled modules."""

import json

import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.containers.stored import numbers
from neuroscene.addon.formats import table
from neuroscene.addon.formats.pytorch import read
from neuroscene.addon.inference.session import activations
from unit.make import DATA
from unit.test_torch_bad_files import archive, tensor
from unit.test_torch_tensors import arrays

TORCH = DATA / "torch"
VERSIONS = sorted(path.name.split("_")[1] for path in TORCH.glob("old_*_module.pth"))
STATE = dict(np.load(TORCH / "checkpoints.npz"))
WEIGHTS = {name: value for name, value in STATE.items() if not name.endswith("num_batches_tracked")}


@pytest.mark.parametrize(("file", "prefix"), [("lightning.ckpt.pt", "model."), ("fairseq.pt", ""), ("wrapped.pth", "")])
def test_state_dict_inside_a_training_checkpoint(file, prefix):
    """With a Namespace, an unknown class, dtypes, devices and NumPy values round it."""
    found = arrays(TORCH / file)
    assert list(found) == [prefix + name for name in WEIGHTS]
    for name, value in WEIGHTS.items():
        np.testing.assert_array_equal(found[prefix + name], value)


@pytest.mark.parametrize(
    ("file", "key"),
    [("lightning.ckpt.pt", "optimizer_states"), ("fairseq.pt", "last_optimizer_state"), ("wrapped.pth", "optimizer")],
)
def test_optimizer_state_is_left_out_and_said(file, key):
    """Adam keeps two numbers for each parameter, and a step for each tensor."""
    trained = [value for name, value in WEIGHTS.items() if "running" not in name]
    numbers = sum(2 * value.size + 1 for value in trained)
    assert f"optimizer state left out ({numbers:,} numbers in '{key}')" in read(TORCH / file).notes


def test_two_networks_in_one_file_keep_their_names():
    found = read(TORCH / "two_networks.pt")
    assert [one.name for one in found.tensors] == ["encoder.weight", "encoder.bias", "decoder.weight", "decoder.bias"]
    assert len(found.notes) == 1 and "'opt_g'" in found.notes[0]


def test_pickled_module():
    """The tensors by the names of a state dict, and what each module is."""
    found = read(TORCH / "module.pt")
    names = [one.name for one in found.tensors]
    assert names[:6] == [
        "conv1.weight",
        "bn1.weight",
        "bn1.bias",
        "bn1.running_mean",
        "bn1.running_var",
        "layer1.0.conv1.weight",
    ]
    assert names[-2:] == ["fc.weight", "fc.bias"] and "layer2.0.downsample.0.weight" in names
    kind, settings = found.modules["layer2.0.conv1"]
    assert kind == "Conv2d" and settings["stride"] == (2, 2) and settings["groups"] == 1
    assert found.modules[""][0] == "Residual" and found.modules["layer1.0"][0] == "Block"
    assert found.modules["maxpool"][1]["kernel_size"] == 3


@pytest.mark.parametrize("file", ["held_2.pt", "held_4.pt", "held_legacy.pt"])
def test_classes_in_classes_functions_and_methods_are_names(file):
    """The tensors are there, the functions are named, and nothing is called."""
    found, state = arrays(TORCH / file), dict(np.load(TORCH / "held.npz"))
    assert list(found) == list(state) == ["inner.deep.weight", "inner.deep.bias", "last.weight", "last.bias"]
    for name, value in state.items():
        np.testing.assert_array_equal(found[name], value)
    held = read(TORCH / file)
    assert any("act (tanh), then (relu)" in note and "norm" not in note for note in held.notes)
    assert held.modules["inner.deep"][0].endswith("Deep") and held.modules["inner.deep"][1]["in_features"] == 4


def test_modules_in_a_row_are_a_graph():
    """Whatever wraps them, and with the names of torch's exporter; what the checkpoint holds besides is said."""
    found, values = read(TORCH / "sequential.pt"), np.load(TORCH / "sequential.npz")
    assert (found.format, found.structure) == ("pytorch", "graph")
    assert [node.name for node in found.model.graph.node] == [
        "/features/features.0/Conv",
        "/features/features.1/BatchNormalization",
        "/features/features.2/Relu",
        "/features/features.3/MaxPool",
        "/features/features.4/Conv",
        "/features/features.5/PRelu",
        "/features/features.6/AveragePool",
        "/flatten/Flatten",
        "/fc1/Gemm",
        "/act/Gelu",
        "/out/Gemm",
        "output",
    ]
    made = activations(found, {"x": values["x"]}, ["output"])["output"]
    np.testing.assert_allclose(made, values["y"], atol=1e-6)
    assert len(found.notes) == 1 and "optimizer state left out" in found.notes[0]


def test_modules_in_a_row_inside_an_older_file():
    found = read(TORCH / "module_legacy.pt")
    names = [node.name for node in found.model.graph.node]
    assert names == ["/fc1/Gemm", "/bn/BatchNormalization", "/fc2/Gemm", "output"]
    assert [one.name for one in found.model.graph.initializer] == list(WEIGHTS)


@pytest.mark.parametrize("version", VERSIONS)
def test_older_versions(version):
    """Modules with their source code beside them, as torch saved them before 1.6, and text of Python 2."""
    expected = np.load(TORCH / f"old_{version}_values.npz")
    found = arrays(TORCH / f"old_{version}_module.pth")
    names = [name for name in expected.files if name not in ("x", "y") and not name.endswith("num_batches_tracked")]
    assert sorted(found) == sorted(names)
    for name in names:
        np.testing.assert_array_equal(found[name], expected[name])
    kinds = {path: kind for path, (kind, _) in read(TORCH / f"old_{version}_module.pth").modules.items()}
    assert kinds["features.0"] == "Conv2d" and kinds["lstm"] == "LSTM" and kinds[""] == "Net"


def test_what_cannot_be_shown_is_said():
    found = read(TORCH / "odd.pt")
    assert [one.name for one in found.tensors] == ["sparse", "array", "columns", "big", "scalar", "weight"]
    notes = "; ".join(found.notes)
    for name, reason in (("complex", "complex"), ("meta", "meta"), ("objects", "NumPy's type")):
        assert f"'{name}' is not shown: it is" in notes and reason in notes
    values = arrays(TORCH / "odd.pt")
    np.testing.assert_array_equal(values["sparse"], np.eye(3))
    np.testing.assert_array_equal(values["array"], np.arange(6).reshape(2, 3))
    np.testing.assert_array_equal(values["columns"], np.arange(6).reshape(2, 3))
    np.testing.assert_array_equal(values["big"], range(3))
    assert values["scalar"] == 2.5 and all(value.dtype.isnative for value in values.values())


def test_tensors_in_lists():
    assert [(one.name, one.shape) for one in read(TORCH / "list.pt").tensors] == [("0", (2,)), ("1.0", (3, 1))]


def test_numbers_beside_a_state_dict():
    """The best score so far is a tensor in many a checkpoint, and no model."""
    found = read(TORCH / "scored.pt")
    assert [one.name for one in found.tensors] == list(WEIGHTS)


def test_shards_and_their_index(tmp_path):
    """pytorch_model.bin.index.json: the tensors in the order of the index, with the settings beside; links too."""
    for place, name in enumerate((b"w", b"v"), 1):
        one = tensor().replace(b"X\x01\0\0\0w", b"X\x01\0\0\0" + name)
        archive(tmp_path / f"blob{place}", one, {"model/data/0": np.full(4, place, np.float32).tobytes()})
        (tmp_path / f"pytorch_model-0000{place}-of-00002.bin").symlink_to(tmp_path / f"blob{place}")
    places = {"v": "pytorch_model-00002-of-00002.bin", "w": "pytorch_model-00001-of-00002.bin"}
    index = tmp_path / "pytorch_model.bin.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": places}))
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    found = table.read(index)
    assert [tensor.name for tensor in found.tensors] == ["v", "w"] and found.config == {"model_type": "bert"}
    assert [numbers(tensor, tmp_path).tolist() for tensor in found.tensors] == [[2.0] * 4, [1.0] * 4]
    index.write_text(json.dumps({"weight_map": places | {"gone": places["v"]}}))
    with pytest.raises(CheckpointError, match="'gone' should be in"):
        table.read(index)
