# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the network for digits as Core ML's files: python make_coreml.py (coremltools 9.0)"""

import json
from pathlib import Path

import coremltools as ct
import numpy as np
from coremltools.converters.mil import Builder

HERE = Path(__file__).resolve().parent
DATA = (HERE.parent / "crossformat" / "mnist_cnn.safetensors").read_bytes()
HEAD = 8 + int.from_bytes(DATA[:8], "little")
W = {
    name: np.frombuffer(DATA[HEAD + said["data_offsets"][0] : HEAD + said["data_offsets"][1]], "<f4").reshape(
        said["shape"]
    )
    for name, said in json.loads(DATA[8:HEAD]).items()
    if name != "__metadata__" and said["dtype"] == "F32"
}
NEWEST = ct.target.iOS15


def program():
    @Builder.program(input_specs=[Builder.TensorSpec(shape=(1, 1, 28, 28))], opset_version=NEWEST)
    def made(image):
        x = Builder.conv(x=image, weight=W["conv1.weight"], bias=W["conv1.bias"], pad_type="same", name="conv1")
        x = Builder.relu(x=x, name="relu1")
        x = Builder.conv(x=x, weight=W["conv2.weight"], pad_type="custom", pad=[1, 1, 1, 1], name="conv2")
        norm = {"mean": "running_mean", "variance": "running_var", "gamma": "weight", "beta": "bias"}
        parts = {name: W[f"bn2.{key}"] for name, key in norm.items()}
        x = Builder.relu(x=Builder.batch_norm(x=x, **parts, epsilon=np.float32(1e-3), name="bn2"), name="relu2")
        x = Builder.max_pool(x=x, kernel_sizes=[2, 2], strides=[2, 2], pad_type="valid", name="pool1")
        x = Builder.conv(x=x, weight=W["conv3.weight"], bias=W["conv3.bias"], pad_type="same", name="conv3")
        x = Builder.relu(x=x, name="relu3")
        x = Builder.max_pool(x=x, kernel_sizes=[2, 2], strides=[2, 2], pad_type="valid", name="pool2")
        x = Builder.reshape(x=x, shape=[1, -1], name="flatten")
        x = Builder.relu(x=Builder.linear(x=x, weight=W["fc1.weight"], bias=W["fc1.bias"], name="fc1"), name="relu4")
        x = Builder.linear(x=x, weight=W["scores.weight"], bias=W["scores.bias"], name="logits")
        return Builder.softmax(x=x, axis=-1, name="scores")

    return made


ct.convert(program(), convert_to="neuralnetwork").save(str(HERE / "digits.mlmodel"))
for name, precision in (("digits", ct.precision.FLOAT32), ("digits_fp16", ct.precision.FLOAT16)):
    model = ct.convert(program(), convert_to="mlprogram", compute_precision=precision, minimum_deployment_target=NEWEST)
    model.save(str(HERE / f"{name}.mlpackage"))
