# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tensors of PyTorch's files are bit for bit those that PyTorch itself reads in them."""

import numpy as np
import pytest
from onnx import TensorProto

from neuroscene.addon.formats.graph_writer import Writer
from neuroscene.addon.formats.pytorch import read
from neuroscene.addon.formats.weights import Weights
from unit.make import DATA

TORCH, CROSS = DATA / "torch", DATA / "crossformat"
STATE_DICTS = (
    "mnist_cnn_state_dict.pt",
    "mnist_cnn_state_dict_legacy_nonzip.pth",
    "mnist_cnn_training_checkpoint.pt",
    "mnist_cnn_whole_module.pt",
    "mnist_cnn_torchscript_trace.pt",
    "mnist_cnn_torchscript_script.pt",
    "epochs/epoch_03.pt",
)
# Reference names of Keras -> PyTorch's, and how PyTorch lays the axes.
ARRAYS = {
    "conv1.kernel": "conv1.weight",
    "conv1.bias": "conv1.bias",
    "conv2.kernel": "conv2.weight",
    "bn2.gamma": "bn2.weight",
    "bn2.beta": "bn2.bias",
    "bn2.moving_mean": "bn2.running_mean",
    "bn2.moving_variance": "bn2.running_var",
    "conv3.kernel": "conv3.weight",
    "conv3.bias": "conv3.bias",
    "fc1.kernel": "fc1.weight",
    "fc1.bias": "fc1.bias",
    "scores.kernel": "scores.weight",
    "scores.bias": "scores.bias",
}


def arrays(path) -> dict[str, np.ndarray]:
    """Every weight of a file by name, as the rest of the project reads it."""
    found = read(path)
    if isinstance(found, Weights):
        writer = Writer()
        for one in found.tensors:
            writer.weight(one)
        found = writer.checkpoint(path, found.format)
    return {one.name: found.array(one) for one in found.model.graph.initializer}


def as_torch(name, array):
    if array.ndim == 4:
        return array.transpose(3, 2, 0, 1)
    if name == "fc1.kernel":  # the flatten before it goes through channels first
        return array.reshape(7, 7, 16, 32).transpose(3, 2, 0, 1).reshape(32, 784)
    return array.T


@pytest.mark.parametrize("file", STATE_DICTS)
def test_every_file_holds_the_reference_weights(file):
    reference = np.load(CROSS / ("epochs/epoch_03.npz" if "epoch" in file else "mnist_cnn_weights.npz"))
    reference = {name.replace("/", "."): reference[name] for name in reference.files}
    found = arrays(CROSS / file)
    assert set(found) == set(ARRAYS.values())
    for name, torch_name in ARRAYS.items():
        expected = as_torch(name, reference[name])
        assert found[torch_name].dtype == np.float32
        assert found[torch_name].tobytes() == np.ascontiguousarray(expected).tobytes(), name


TYPES = {
    "float8_e4m3fn": TensorProto.FLOAT8E4M3FN,
    "float8_e5m2": TensorProto.FLOAT8E5M2,
    "float8_e4m3fnuz": TensorProto.FLOAT8E4M3FNUZ,
    "float8_e5m2fnuz": TensorProto.FLOAT8E5M2FNUZ,
    "bfloat16": TensorProto.BFLOAT16,
    "float16": TensorProto.FLOAT16,
    "bool": TensorProto.BOOL,
    "int16": TensorProto.INT16,
    "uint8": TensorProto.UINT8,
    "float64": TensorProto.DOUBLE,
}


@pytest.mark.parametrize("file", ["tensors.pt", "tensors_legacy.pth", "tensors_big_endian.pt"])
def test_every_type_and_layout(file):
    """Strided, shared, expanded and big-endian tensors too."""
    expected = np.load(TORCH / "tensors.npz")
    found = read(TORCH / file)
    assert [one.name for one in found.tensors] == expected.files
    assert {one.name: one.data_type for one in found.tensors if one.name in TYPES} == TYPES
    values = arrays(TORCH / file)
    for one in found.tensors:
        assert one.shape == expected[one.name].shape
        if one.name in values:
            np.testing.assert_array_equal(values[one.name].astype(np.float64), expected[one.name], one.name)
    assert set(expected.files) - set(values) == {"tied"}


def test_tied_weights_lie_in_one_place():
    found = {one.name: one for one in read(TORCH / "tensors.pt").tensors}
    place = found["float32"].file, found["float32"].offset
    assert place == ("tensors.pt", found["tied"].offset) == ("tensors.pt", found["shared"].offset)
    assert found["transposed"].read is not None


def test_quantised_tensors_are_what_they_stand_for():
    expected = np.load(TORCH / "quantised.npz")
    found = arrays(TORCH / "quantised.pt")
    assert found.keys() == {"tensor", "channel"}
    np.testing.assert_allclose(found["tensor"], (expected["tensor"].astype(np.float32) - 3) * 0.05, rtol=1e-6)
    zeros, scales = np.arange(4)[:, None], expected["scales"][:, None]
    np.testing.assert_allclose(found["channel"], (expected["channel"].astype(np.float32) - zeros) * scales, rtol=1e-6)


@pytest.mark.parametrize("protocol", range(1, 6))
def test_every_protocol_of_pickle(protocol):
    found = arrays(TORCH / f"protocol_{protocol}.pt")
    assert list(found) == ["weight"]
    np.testing.assert_array_equal(found["weight"], range(4))


def test_opening_reads_no_weights(monkeypatch):
    """Neither the storages of an archive nor those behind the pickles of an older file."""
    from neuroscene.addon.formats.pytorch import storages

    monkeypatch.setattr(storages.Storages, "_read", None)
    for file in ("tensors.pt", "tensors_legacy.pth", "residual_traced.pt"):
        read(TORCH / file)


def test_a_link_to_a_file(tmp_path):
    """Download caches keep a file under its hash, and link its name to that."""
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "0123").write_bytes((TORCH / "tensors.pt").read_bytes())
    (tmp_path / "names").mkdir()
    (tmp_path / "names" / "pytorch_model.bin").symlink_to("../blobs/0123")
    assert set(arrays(tmp_path / "names" / "pytorch_model.bin")) == set(arrays(TORCH / "tensors.pt"))
