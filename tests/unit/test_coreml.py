# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Core ML: the network for digits as a neural network and as programs gives the known scores; files that lie are
refused."""

import shutil

import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.formats.checkpoint import OPAQUE
from neuroscene.addon.inference.session import activations
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.digits import CROSS, DIGITS, SCORES, arrays
from unit.make import DATA
from unit.mutated import mutations

COREML = DATA / "coreml"
INSIDE = "Data/com.apple.CoreML"
BITS = {
    checkpoint.array(tensor).tobytes()
    for checkpoint in [open_checkpoint(CROSS / "mnist_cnn.safetensors")]
    for tensor in checkpoint.model.graph.initializer
    if tensor.data_location
}


@pytest.mark.parametrize(
    ("name", "atol"),
    [
        ("digits.mlmodel", 1e-5),
        ("digits.mlpackage", 1e-5),
        (f"digits.mlpackage/{INSIDE}/model.mlmodel", 1e-5),
        ("digits_fp16.mlpackage", 1e-3),
    ],
)
def test_the_known_scores(name, atol):
    checkpoint = open_checkpoint(COREML / name)
    assert (checkpoint.format, checkpoint.producer, checkpoint.notes) == ("coreml", "coremltools 9.0", [])
    (output,) = (value.name for value in checkpoint.model.graph.output)
    made = [activations(checkpoint, {"image": digit[None].transpose(0, 3, 1, 2)}, [output])[output] for digit in DIGITS]
    np.testing.assert_allclose(np.concatenate(made), SCORES, atol=atol)
    assert summarise(checkpoint).parameters == 29_018
    if atol == 1e-5:
        assert len({value.tobytes() for value in arrays(checkpoint).values()} & BITS) == 8  # coremltools folds norms


def copied(folder, change=lambda data: data, weights=lambda data: data):
    made = folder / "m.mlpackage"
    shutil.copytree(COREML / "digits.mlpackage", made)
    for place, work in ((f"{INSIDE}/model.mlmodel", change), (f"{INSIDE}/weights/weight.bin", weights)):
        (made / place).write_bytes(work((made / place).read_bytes()))
    return made


@pytest.mark.parametrize(
    ("change", "weights", "said"),
    [
        (lambda data: data[:3000], None, "damaged or cut short"),
        (lambda data: data.replace(b"path/weights/", b"path/../ghts/"), None, "lie outside of its folder"),
        (lambda data: data.replace(b"path/weights/", b"path//eights/"), None, "lie outside of its folder"),
        (lambda data: data.replace(b"/weight.bin", b"/weighs.bin"), None, "are not there; open the whole .mlpackage"),
        (lambda data: data.replace(b"conv1", b"convX", 1), None, "which nothing makes"),
        (None, lambda data: data[:50_000], "cut short"),
        (None, lambda data: data.replace(b"\xef\xbe\xad\xde", b"\xef\xbe\xad\xdf"), "are not where they should be"),
    ],
)  # fmt: skip
def test_damaged(change, weights, said, tmp_path):
    same = bytes
    with pytest.raises(CheckpointError) as error:
        open_checkpoint(copied(tmp_path, change or same, weights or same))
    assert said in str(error.value) and "\n" not in str(error.value)


def test_a_network_whose_weights_are_short(tmp_path):
    path = tmp_path / "m.mlmodel"
    whole = (COREML / "digits.mlmodel").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="damaged or cut short"):
        open_checkpoint(path)


def test_an_unknown_operator_is_opaque(tmp_path):
    checkpoint = open_checkpoint(copied(tmp_path, lambda data: data.replace(b"max_pool", b"axepool_", 1)))
    (node,) = (node for node in checkpoint.model.graph.node if node.domain == OPAQUE)
    assert node.op_type == "axepool_"
    assert summarise(checkpoint).layer(node.name).shape == (16, 14, 14)


def test_a_folder_without_its_model(tmp_path):
    made = copied(tmp_path)
    (made / INSIDE / "model.mlmodel").unlink()
    with pytest.raises(CheckpointError, match=r"a Core ML model without its model\.mlmodel"):
        open_checkpoint(made)


@pytest.mark.slow
def test_mutations(tmp_path):
    assert mutations("coreml", tmp_path) > 20
