# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file of weights does not tell how large maps are: what is said of sizes holds in the export of the same network."""

import json
from collections import Counter

import numpy as np
import pytest
from safetensors.numpy import save_file

from neuroscene.addon.formats import onnx_file, safetensors_file
from neuroscene.addon.network import summarise
from neuroscene.addon.network.report import report, table
from neuroscene.addon.structure.inferred import infer
from unit.make import DATA, seeded
from unit.test_inferred_truth import NAMES, TRUTH, Owned, opened, probes

STEPS = {"encoder": 7}  # of the sequence in the export; 12 in the others
BATCH_FIRST = [name for name in NAMES if name != "encoder_first"]  # in which steps come before the samples


def pairs(folder, name):
    """Layers of the inferred network and of the export that own the same weights."""
    known = probes(name)
    checkpoint = opened(folder, name)
    open_ones = {dim.dim_param for value in checkpoint.model.graph.input for dim in value.type.tensor_type.shape.dim}
    inferred = summarise(checkpoint, {"sequence": STEPS.get(name, 12)} if "sequence" in open_ones else {})
    found, truth = (Owned.find(one, known) for one in (inferred, summarise(onnx_file.read(TRUTH / f"{name}.onnx"))))
    shared = Counter(weight for one in (*found.of.values(), *truth.of.values()) for weight in one)
    alone = {weight for weight, times in shared.items() if times == 2}  # none that two layers share
    by_weights = {
        weights: truth.network.layer(layer) for layer, weights in truth.of.items() if weights and weights <= alone
    }
    for layer in found.network.layers:
        if found.of[layer.name] in by_weights:
            yield layer, by_weights[found.of[layer.name]]


@pytest.mark.parametrize("name", BATCH_FIRST)
def test_no_size_is_invented(tmp_path, name):
    """Shapes of layers with the same weights: where both have as many axes, a size is the export's or unknown."""
    compared = 0
    for layer, truth in pairs(tmp_path, name):
        if layer.shape is not None and truth.shape is not None and len(layer.shape) == len(truth.shape):
            assert all(size in (None, true) for size, true in zip(layer.shape, truth.shape, strict=True)), layer.name
            compared += 1
    assert compared >= 3


@pytest.mark.parametrize("name", BATCH_FIRST)
def test_no_work_is_invented(tmp_path, name):
    for layer, truth in pairs(tmp_path, name):
        assert layer.multiply_adds in (None, truth.multiply_adds), layer.name


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("resnet", "unet", "convnext"))])
def test_units_are_drawn_all_the_same(tmp_path, name):
    """Of a convolution the file tells the units alone; it is drawn as so many, each with one cell."""
    layers = [layer for layer in summarise(opened(tmp_path, name)).layers if layer.op == "Conv"]
    assert layers
    for layer in layers:
        assert layer.shape == (layer.grid.units, None, None) and layer.multiply_adds is None
        assert (layer.grid.rows, layer.grid.columns) == (1, 1)


def test_a_map_that_a_dense_layer_reads_has_its_size():
    network = summarise(infer(safetensors_file.read(DATA / "crossformat" / "mnist_cnn.safetensors")))
    assert [layer.shape for layer in network.layers] == [
        (1, None, None),
        (8, None, None),
        (16, None, None),
        (16, None, None),
        (16, 7, 7),
        (32,),
        (10,),
    ]
    assert [layer.multiply_adds for layer in network.layers[1:]] == [None, None, None, 0, 784 * 32, 320]
    assert network.inputs[0].shape == (1, 1, None, None) and network.outputs[0].shape == (1, 10)


def test_patches_have_their_number(tmp_path):
    """A vision transformer's table of positions tells them, and with them the size of the picture."""
    network = summarise(opened(tmp_path, "vit_timm"))
    assert network.layers[0].shape == (3, 32, 32) and network.layers[1].shape == (16, 4, 4)
    assert all(None not in layer.shape and layer.multiply_adds is not None for layer in network.layers)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_maps_of_any_number_of_axes(tmp_path, axes):
    kernel = (3,) * axes
    save_file({"a.weight": seeded(40, 64, *kernel), "b.weight": seeded(40, 40, *kernel)}, tmp_path / "a.safetensors")
    network = summarise(infer(safetensors_file.read(tmp_path / "a.safetensors")))
    unknown = (None,) * axes
    assert [layer.shape for layer in network.layers] == [(64, *unknown), (40, *unknown), (40, *unknown)]
    assert [layer.grid.units for layer in network.layers] == [64, 40, 40]


def test_what_inspect_says(tmp_path):
    save_file({"a.weight": np.ones((8, 3, 3, 3), np.float32)}, tmp_path / "a.safetensors")
    network = summarise(infer(safetensors_file.read(tmp_path / "a.safetensors")))
    said = json.loads(json.dumps(report(network)))
    assert [layer["shape"] for layer in said["layers"]] == [[3, None, None], [8, None, None]]
    assert said["layers"][1]["multiply_adds"] is None and said["inputs"][0]["shape"] == [1, 3, None, None]
    text = table(network)
    assert "8 x ? x ?" in text and "an unknown number of multiply-adds" in text.splitlines()[0]
