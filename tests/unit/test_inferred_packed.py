# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrices of a few bits a number are drawn as the numbers that they stand for, in files of GPTQ and AWQ."""

import json
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from onnx import TensorProto, helper
from safetensors.numpy import load_file, save_file

from neuroscene.addon.containers.stored import Stored
from neuroscene.addon.formats import safetensors_file
from neuroscene.addon.formats.weights import Weights
from neuroscene.addon.network import summarise
from neuroscene.addon.network.statistics import statistics
from neuroscene.addon.structure.inferred import infer

OUTPUTS, INPUTS, GROUPS = 16, 32, 4
ORDER = (0, 2, 4, 6, 1, 3, 5, 7)  # AutoAWQ's: which number of eight comes next in a word


def words(numbers, bits, order=None):
    """Rows of small numbers, several in a word, the first in its lowest bits."""
    each = 32 // bits
    found = []
    for row in numbers.tolist():
        parts = [row[start : start + each] for start in range(0, len(row), each)]
        found.append(
            [sum(part[one] << bits * place for place, one in enumerate(order or range(each))) for part in parts]
        )
    return np.array(found, np.uint32).view(np.int32)


def write(folder, kind, bits=4, config=None):
    """A file with one dense layer; returns its path and the layer's matrix (outputs, inputs)."""
    random = np.random.default_rng(5)
    numbers, zeros = random.integers(0, 1 << bits, (INPUTS, OUTPUTS)), random.integers(1, 1 << bits, (GROUPS, OUTPUTS))
    scales = random.uniform(0.5, 2, (GROUPS, OUTPUTS)).astype(np.float16)
    group = np.arange(INPUTS) // (INPUTS // GROUPS)
    tensors = {"scales": scales, "bias": np.zeros(OUTPUTS, np.float16)}
    if kind == "awq":
        tensors |= {"qweight": words(numbers, bits, ORDER), "qzeros": words(zeros, bits, ORDER)}
    else:
        group = random.permutation(group)
        less = 0 if config else 1
        tensors |= {
            "qweight": words(numbers.T, bits).T.copy(),
            "qzeros": words(zeros - less, bits),
            "g_idx": group.astype(np.int32),
        }
    save_file({f"fc.{name}": value for name, value in tensors.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"quantization_config": config or {}}))
    matrix = [
        [float(scales[group[i], o]) * int(numbers[i, o] - zeros[group[i], o]) for i in range(INPUTS)]
        for o in range(OUTPUTS)
    ]
    return folder / "model.safetensors", np.array(matrix)


@pytest.mark.parametrize(
    ("kind", "bits", "config"),
    [
        ("gptq", 4, None),
        ("gptq", 8, None),
        ("gptq", 2, None),
        ("gptq", 4, {"checkpoint_format": "gptq_v2"}),
        ("awq", 4, None),
    ],
)
def test_the_matrix_is_that_which_was_packed(tmp_path, kind, bits, config):
    path, matrix = write(tmp_path, kind, bits, config)
    checkpoint = infer(safetensors_file.read(path))
    found = summarise(checkpoint)
    dense = found.layers[-1]
    assert (dense.op, dense.parameters, found.parameters) == ("Gemm", matrix.size + OUTPUTS, matrix.size + OUTPUTS)
    np.testing.assert_allclose(dense.weights[0].array(), matrix, rtol=1e-6)
    assert (
        f"matrices of {bits} bits a number ({kind.upper()}) are shown as the numbers that they stand for: 1"
        in checkpoint.notes
    )


@pytest.mark.filterwarnings("error")
def test_scales_that_are_no_numbers_say_nothing_on_the_way(tmp_path):
    path, _ = write(tmp_path, "gptq")
    tensors = load_file(path)
    tensors["fc.scales"] = np.full((GROUPS, OUTPUTS), np.inf, np.float16)
    save_file(tensors, path)
    assert not np.isfinite(summarise(infer(safetensors_file.read(path))).layers[-1].weights[0].array()).all()


def test_parts_that_do_not_fit_stay_as_they_are(tmp_path):
    path, _ = write(tmp_path, "gptq")
    weights = safetensors_file.read(path)
    tensors = [one for one in weights.tensors if not one.name.endswith("qzeros")]
    weights.tensors[:] = tensors
    assert not [note for note in infer(weights).notes if "bits a number" in note]


@pytest.mark.parametrize(
    ("named", "shape", "dtype"),
    [
        (".scale", (OUTPUTS,), np.int8),
        (".scale", (), np.uint8),
        ("_scale", (OUTPUTS, 1), np.int8),
        ("_scale", (1,), ml_dtypes.float8_e4m3fn),
        ("_scale_inv", (2, 3), ml_dtypes.float8_e4m3fn),
        ("SCB", (OUTPUTS,), np.int8),
    ],
)
@pytest.mark.parametrize("shifted", [False, True])
def test_scales_beside_a_matrix(named, shape, dtype, shifted):
    size = (200, 300) if named == "_scale_inv" else (OUTPUTS, INPUTS)
    matrix = np.random.default_rng(1).integers(0, 100, size).astype(dtype)
    scale = np.random.default_rng(2).uniform(0.1, 2, shape).astype(np.float32)
    spread = scale if scale.size == 1 else scale.reshape(-1, 1)
    if named == "_scale_inv":
        spread = np.kron(scale, np.ones((128, 128)))[:200, :300]
    values = {"fc.weight": matrix, ("fc." if named == "SCB" else "fc.weight") + named: scale}
    zero = 7 if shifted and named in (".scale", "_scale") else 0
    if zero:
        values[f"fc.weight{named.replace('scale', 'zero_point')}"] = np.array(zero, np.int64)
    tensors = [
        Stored(name, value.shape, helper.np_dtype_to_tensor_dtype(value.dtype), read=lambda value=value: value)
        for name, value in values.items()
    ]
    found = summarise(infer(Weights(Path("q.pt"), "pytorch", tensors)))
    expected = (matrix.astype(np.float32) - zero) * spread / (127 if named == "SCB" else 1)
    edges = found.connections[0].join.into(np.arange(size[0]))
    np.testing.assert_allclose(edges.weight.reshape(size), expected, rtol=1e-5)
    have = statistics(found.layers[-1])
    assert found.parameters == have.count == matrix.size
    assert (have.minimum, have.maximum) == pytest.approx((expected.min(), expected.max()), rel=1e-5)


def test_bytes_without_a_scale_are_no_weights():
    matrix = np.arange(12, dtype=np.int8).reshape(4, 3)
    tensors = [
        Stored("fc.weight", (4, 3), TensorProto.INT8, read=lambda: matrix),
        Stored("out.weight", (2, 4), TensorProto.FLOAT, read=lambda: np.ones((2, 4), np.float32)),
    ]
    found = summarise(infer(Weights(Path("q.pt"), "pytorch", tensors)))
    raw = next(one for one in found.layers if one.parameters == 12)
    assert statistics(raw) is None and found.parameters == 20
    assert all(one.join.carries != "weight" for one in found.connections if one.target is raw)
