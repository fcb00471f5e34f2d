# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrices of a few bits a number are drawn as the numbers that they stand for, in files of GPTQ and AWQ."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from neuroscene.addon.checkpoints import safetensors_file
from neuroscene.addon.checkpoints.inferred import infer
from neuroscene.addon.network import summarise

OUTPUTS, INPUTS, GROUPS = 16, 32, 4
ORDER = (0, 2, 4, 6, 1, 3, 5, 7)  # AutoAWQ's: which number of eight comes next in a word


def words(numbers, bits, order=None):
    """Rows of small numbers, several in a word, the first in its lowest bits."""
    each = 32 // bits
    found = []
    for row in numbers.tolist():
        parts = [row[start:start + each] for start in range(0, len(row), each)]
        found.append([sum(part[one] << bits * place for place, one in enumerate(order or range(each)))
                      for part in parts])
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
        tensors |= {"qweight": words(numbers.T, bits).T.copy(), "qzeros": words(zeros - less, bits),
                    "g_idx": group.astype(np.int32)}
    save_file({f"fc.{name}": value for name, value in tensors.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"quantization_config": config or {}}))
    matrix = [[float(scales[group[i], o]) * int(numbers[i, o] - zeros[group[i], o]) for i in range(INPUTS)]
              for o in range(OUTPUTS)]
    return folder / "model.safetensors", np.array(matrix)


@pytest.mark.parametrize(("kind", "bits", "config"), [
    ("gptq", 4, None), ("gptq", 8, None), ("gptq", 2, None), ("gptq", 4, {"checkpoint_format": "gptq_v2"}),
    ("awq", 4, None)])
def test_the_matrix_is_that_which_was_packed(tmp_path, kind, bits, config):
    path, matrix = write(tmp_path, kind, bits, config)
    checkpoint = infer(safetensors_file.read(path))
    found = summarise(checkpoint)
    dense = found.layers[-1]
    assert (dense.op, dense.parameters, found.parameters) == ("Gemm", matrix.size + OUTPUTS, matrix.size + OUTPUTS)
    np.testing.assert_allclose(dense.weights[0].array(), matrix, rtol=1e-6)
    assert f"matrices of {bits} bits a number ({kind.upper()}) are shown as the numbers that they stand for: 1" in \
        checkpoint.notes


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
