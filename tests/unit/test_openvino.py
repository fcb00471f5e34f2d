# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenVINO's networks compute what OpenVINO computed; constants are the .bin's bytes; files that lie are refused."""

import shutil

import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.formats.checkpoint import OPAQUE
from neuroscene.addon.inference.session import activations
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.digits import SCORES, arrays, scores
from unit.make import DATA
from unit.mutated import mutations

OPENVINO = DATA / "openvino"
VALUES = dict(np.load(OPENVINO / "values.npz"))
NAMES = sorted(path.stem for path in OPENVINO.glob("*.xml"))


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_those_of_openvino(name):
    checkpoint = open_checkpoint(OPENVINO / f"{name}.xml")
    assert (checkpoint.format, checkpoint.producer, checkpoint.notes) == ("openvino", "OpenVINO IR 11", [])
    prefix = f"{name}/in/"
    given = {key.removeprefix(prefix): value for key, value in VALUES.items() if key.startswith(prefix)}
    outputs = [value.name for value in checkpoint.model.graph.output]
    made = activations(checkpoint, given, outputs)
    for place, output in enumerate(outputs):
        np.testing.assert_allclose(made[output], VALUES[f"{name}/out/{place}"], atol=1e-5)


@pytest.mark.parametrize(("name", "atol"), [("digits.xml", 1e-5), ("digits.bin", 1e-5), ("digits_fp16.xml", 1e-3)])
def test_the_known_scores(name, atol):
    """By either file; weights of 16 bits are those of the file."""
    checkpoint = open_checkpoint(OPENVINO / name)
    np.testing.assert_allclose(scores(checkpoint), SCORES, atol=atol)
    (kernel,) = (value for value in arrays(checkpoint).values() if value.shape == (8, 1, 3, 3))
    assert kernel.dtype == (np.float16 if "fp16" in name else np.float32)
    assert {layer.name for layer in summarise(checkpoint).layers} >= {"image"}


def copied(folder, change=lambda text: text, weights=True):
    shutil.copy(OPENVINO / "digits.bin", folder / "m.bin")
    if not weights:
        (folder / "m.bin").unlink()
    (folder / "m.xml").write_text(change((OPENVINO / "digits.xml").read_text()))
    return folder / "m.xml"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[:5000], "damaged or cut short"),
        (lambda text: text.replace('offset="0"', 'offset="999999999"'), "the .bin is cut short"),
        (lambda text: text.replace('size="288"', 'size="287"'), "needs 288 bytes and has 287"),
        (lambda text: text.replace("<dim>8</dim>", "<dim>x</dim>", 1), "is no number"),
        (lambda text: text.replace('from-layer="1"', 'from-layer="99999"'), "reads a layer that is not there"),
        (lambda text: text.replace("</edges>", '<edge from-layer="5" from-port="1" to-layer="4" to-port="0"/></edges>'),
         "a network with a loop"),
        (lambda text: text.replace("<?xml version=\"1.0\"?>", "<!DOCTYPE n [<!ENTITY a 'b'>]>"), "refused for safety"),
        (lambda text: text.replace('element_type="f32" shape="8, 1, 3, 3"', 'element_type="x9" shape="8, 1, 3, 3"'),
         "is of the type x9"),
    ],
)  # fmt: skip
def test_damaged(change, said, tmp_path):
    path = copied(tmp_path, change)
    with pytest.raises(CheckpointError) as error:
        open_checkpoint(path)
    assert said in str(error.value) and "\n" not in str(error.value)


def test_without_its_weights(tmp_path):
    with pytest.raises(CheckpointError, match=r"without its weights; put m\.bin beside it"):
        open_checkpoint(copied(tmp_path, weights=False))


def test_an_unknown_operator_is_opaque(tmp_path):
    path = copied(tmp_path, lambda text: text.replace('type="MaxPool"', 'type="PoolOfMine"', 1))
    checkpoint = open_checkpoint(path)
    (node,) = (node for node in checkpoint.model.graph.node if node.domain == OPAQUE)
    assert node.op_type == "PoolOfMine"
    assert summarise(checkpoint).layer(node.name).shape == (16, 14, 14)


@pytest.mark.slow
def test_mutations(tmp_path):
    assert mutations("openvino", tmp_path) > 20
