# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Models of files as specifications: what is built of them gives the same numbers, or the layer is named."""

import numpy as np
import onnxruntime
import pytest

from neuroscene.addon.composing import compose
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.conversion.specification import of_checkpoint
from neuroscene.addon.inference.session import activations
from neuroscene.addon.structure import open_checkpoint
from unit.digits import CROSS, SCORES
from unit.digits import DIGITS as IMAGES
from unit.make import DATA

DIGITS = ["mnist_cnn.keras", "mnist_cnn_torchscript_trace.pt", "mnist_cnn_float32.tflite", "mnist_cnn_frozen_tf2.pb"]


@pytest.mark.parametrize("name", ["digits_cnn", "digits_mlp", "pictures_resnet", "cells_unet"])
def test_a_specification_gives_the_same_numbers(root, name):
    """By onnxruntime, on what nobody has tried before; another network of the same specification has other weights."""
    checkpoint = open_checkpoint(root / f"sample_models/{name}.onnx")
    specification, model = of_checkpoint(checkpoint)
    x = np.random.default_rng(9).random((1, *specification.shape), dtype=np.float32)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    made = session.run(None, {specification.input: x})[0]
    entered, given = (values[0].name for values in (checkpoint.model.graph.input, checkpoint.model.graph.output))
    np.testing.assert_allclose(made, activations(checkpoint, {entered: x}, [given])[given], atol=1e-5)
    assert [tuple(one.dims) for one in compose(specification).model.graph.initializer] == [
        tuple(one.dims) for one in model.graph.initializer
    ]


@pytest.mark.parametrize("name", DIGITS)
def test_of_every_framework(name):
    """Also where the file has its channels last: the known scores."""
    specification, model = of_checkpoint(open_checkpoint(CROSS / name))
    assert specification.shape == (1, 28, 28)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    made = np.concatenate(
        [session.run(None, {specification.input: one[None].transpose(0, 3, 1, 2)})[0] for one in IMAGES]
    )
    np.testing.assert_allclose(made, SCORES, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mobilenet_v3", "HardSigmoid. is nothing that a specification can say"),
        ("bert", "it has 3 inputs"),
        ("gpt2", "its input has open sizes, or is no number"),
        ("inception", "has settings that a specification cannot say"),
    ],
)
def test_what_cannot_be_said_is_named(name, said):
    with pytest.raises(CheckpointError, match=said):
        of_checkpoint(open_checkpoint(DATA / f"zoo/{name}.onnx"))
