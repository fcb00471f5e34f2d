# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Caffe and Darknet: the network for digits, written here in both, gives the known scores; lies are refused."""

import struct

import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.formats.checkpoint import OPAQUE
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.digits import CROSS, SCORES, arrays, scores
from unit.make import DATA
from unit.mutated import mutations

W = {
    tensor.name: np.array(checkpoint.array(tensor))
    for checkpoint in [open_checkpoint(CROSS / "mnist_cnn.safetensors")]
    for tensor in checkpoint.model.graph.initializer
    if tensor.data_location
}  # in PyTorch's order of axes
EPSILON = 1e-3


def refused(path) -> str:
    with pytest.raises(CheckpointError) as error:
        open_checkpoint(path)
    assert "\n" not in str(error.value) and len(str(error.value)) < 600
    return str(error.value)


# Caffe


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def part(number: int, content) -> bytes:
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def blob(array, old=False) -> bytes:
    array = np.asarray(array, np.float32)
    sizes = [1] * (4 - array.ndim) + list(array.shape)
    shape = b"".join(part(place + 1, size) for place, size in enumerate(sizes))
    return (shape if old else part(7, part(1, b"".join(map(varint, array.shape))))) + part(5, array.tobytes())


def real(number: int, value: float) -> bytes:
    return varint(number << 3 | 5) + struct.pack("<f", value)


def layer(name, kind, bottom, top, blobs=(), more=b"") -> bytes:
    made = part(1, name) + part(2, kind) + b"".join(part(3, text) for text in bottom) + part(4, top)
    return part(100, made + b"".join(part(7, blob(array)) for array in blobs) + more)


def window(kernel, pad=0, stride=1, count=0, bias=1) -> bytes:
    return part(106, part(1, count) + part(2, bias) + part(3, pad) + part(4, kernel) + part(6, stride))


POOL = part(121, part(1, 0) + part(2, 2) + part(3, 2))
MEAN, VARIANCE = W["bn2.running_mean"], W["bn2.running_var"]
CAFFE = b"".join(
    [
        layer("conv1", "Convolution", ["data"], "conv1", [W["conv1.weight"], W["conv1.bias"]], window(3, 1)),
        layer("relu1", "ReLU", ["conv1"], "conv1"),
        layer("conv2", "Convolution", ["conv1"], "conv2", [W["conv2.weight"]], window(3, 1, bias=0)),
        layer("bn2", "BatchNorm", ["conv2"], "bn2", [MEAN * 2, VARIANCE * 2, [2.0]], part(139, real(3, EPSILON))),
        layer("scale2", "Scale", ["bn2"], "bn2", [W["bn2.weight"], W["bn2.bias"]], part(142, part(4, 1))),
        layer("relu2", "ReLU", ["bn2"], "bn2"),
        layer("pool1", "Pooling", ["bn2"], "pool1", [], POOL),
        layer("conv3", "Convolution", ["pool1"], "conv3", [W["conv3.weight"], W["conv3.bias"]], window(3, 1)),
        layer("relu3", "ReLU", ["conv3"], "conv3"),
        layer("pool2", "Pooling", ["conv3"], "pool2", [], POOL),
        layer("drop", "Dropout", ["pool2"], "pool2"),
        layer("fc1", "InnerProduct", ["pool2"], "fc1", [W["fc1.weight"], W["fc1.bias"]], part(117, part(1, 32))),
        layer("relu4", "ReLU", ["fc1"], "fc1"),
        layer("scores", "InnerProduct", ["fc1"], "scores", [W["scores.weight"], W["scores.bias"]]),
    ]
)
NAME = part(1, "digits")
INPUT = NAME + part(3, "data") + part(8, part(1, b"\x0a\x01\x1c\x1c"))
END = layer("prob", "Softmax", ["scores"], "prob")
DEPLOY = """
name: "digits"  # as text
layer { name: "data" type: "Input" top: "data" input_param { shape: { dim: 10 dim: 1 dim: 28 dim: 28 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
        convolution_param { num_output: 8 pad: 1 kernel_size: 3 stride: 1 } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "conv2" type: "Convolution" bottom: "conv1" top: "conv2"
        convolution_param { num_output: 16 pad_h: 1 pad_w: 1 kernel_h: 3 kernel_w: 3 bias_term: false } }
layer { name: "bn2" type: "BatchNorm" bottom: "conv2" top: "bn2" batch_norm_param { eps: 1e-3 } }
layer { name: "scale2" type: "Scale" bottom: "bn2" top: "bn2" scale_param { bias_term: true } }
layer { name: "relu2" type: "ReLU" bottom: "bn2" top: "bn2" }
layer { name: "pool1" type: "Pooling" bottom: "bn2" top: "pool1" pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "conv3" type: "Convolution" bottom: "pool1" top: "conv3"
        convolution_param { num_output: 16 pad: 1 kernel_size: 3 } }
layer { name: "relu3" type: "ReLU" bottom: "conv3" top: "conv3" }
layer { name: "pool2" type: "Pooling" bottom: "conv3" top: "pool2"
        pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "fc1" type: "InnerProduct" bottom: "pool2" top: "fc1" inner_product_param { num_output: 32 } }
layer { name: "relu4" type: "ReLU" bottom: "fc1" top: "fc1" }
layer { name: "scores" type: "InnerProduct" bottom: "fc1" top: "scores" inner_product_param { num_output: 10 } }
layer { name: "accuracy" type: "Accuracy" bottom: "scores" bottom: "label" top: "accuracy" include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "scores" bottom: "label" top: "loss" include { phase: TRAIN } }
layer { name: "prob" type: "Softmax" bottom: "scores" top: "prob" include { phase: TEST } }
"""


def test_a_model_of_caffe(tmp_path):
    (tmp_path / "m.caffemodel").write_bytes(INPUT + CAFFE + END)
    checkpoint = open_checkpoint(tmp_path / "m.caffemodel")
    assert (checkpoint.format, checkpoint.structure, checkpoint.notes) == ("caffe", "graph", [])
    np.testing.assert_allclose(scores(checkpoint), SCORES, atol=1e-5)
    held = arrays(checkpoint)
    for name in ("conv1", "conv2", "conv3", "fc1", "scores"):
        assert held[f"{name}/weight"].tobytes() == W[f"{name}.weight"].tobytes()
    names = [layer.name for layer in summarise(checkpoint).layers]
    assert names[:3] == ["data", "conv1", "conv2"] and {"pool1", "fc1", "scores"} <= set(names)


def test_a_network_of_caffe_as_text_with_its_weights(tmp_path):
    (tmp_path / "deploy.prototxt").write_text(DEPLOY)
    (tmp_path / "m.caffemodel").write_bytes(NAME + CAFFE)
    for name in ("deploy.prototxt", "m.caffemodel"):
        np.testing.assert_allclose(scores(open_checkpoint(tmp_path / name)), SCORES, atol=1e-5)


def test_a_training_network_of_caffe(tmp_path):
    """Data layers become inputs, the loss a softmax; what counts in training alone is left away."""
    data = part(100, part(1, "mnist") + part(2, "Data") + part(4, "data") + part(4, "label") + part(8, part(1, 0)))
    test = part(
        100,
        part(1, "mnist")
        + part(2, "Data")
        + part(4, "data")
        + part(4, "label")
        + part(8, part(1, 1))
        + part(100, part(3, 28)),
    )
    loss = part(
        100, part(1, "loss") + part(2, "SoftmaxWithLoss") + part(3, "scores") + part(3, "label") + part(4, "loss")
    )
    (tmp_path / "m.caffemodel").write_bytes(NAME + data + test + CAFFE + loss)
    checkpoint = open_checkpoint(tmp_path / "m.caffemodel")
    np.testing.assert_allclose(scores(checkpoint), SCORES, atol=1e-5)


def test_a_network_of_caffe_without_weights(tmp_path):
    (tmp_path / "deploy.prototxt").write_text(DEPLOY)
    checkpoint = open_checkpoint(tmp_path / "deploy.prototxt")
    assert "without its weights" in checkpoint.notes[0]
    assert [node.op_type for node in checkpoint.model.graph.node if node.domain == OPAQUE][0] == "Convolution"
    assert "conv1" in [layer.name for layer in summarise(checkpoint).layers]


def test_shapes_follow_from_the_text_of_caffe(tmp_path):
    (tmp_path / "deploy.prototxt").write_text(DEPLOY)
    network = summarise(open_checkpoint(tmp_path / "deploy.prototxt"))
    shapes = {layer.name: tuple(layer.shape) for layer in network.layers}
    assert network.parameters == 0 and shapes["conv3"][-3:] == (16, 14, 14)
    assert shapes["fc1"][-1] == 32 and shapes["scores"][-1] == 10


@pytest.mark.parametrize("sizes", [(6,), (6, 4, 5)])
def test_a_slope_for_each_channel_in_caffe(sizes, tmp_path):
    """Of maps and, where nothing is behind the channels, of dense layers."""
    from neuroscene.addon.inference.session import activations

    chance = np.random.default_rng(0)
    slope = chance.normal(size=6).astype(np.float32)
    dims = b"".join(varint(1 << 3) + varint(size) for size in (1, *sizes))
    (tmp_path / "m.caffemodel").write_bytes(
        NAME + part(3, "data") + part(8, dims) + layer("act", "PReLU", ["data"], "act", [slope])
    )
    checkpoint = open_checkpoint(tmp_path / "m.caffemodel")
    x = chance.normal(size=(3, *sizes)).astype(np.float32)
    (output,) = (value.name for value in checkpoint.model.graph.output)
    made = activations(checkpoint, {"data": x}, [output])[output]
    column = slope.reshape(-1, *[1] * (len(sizes) - 1))
    np.testing.assert_allclose(made, np.where(x > 0, x, x * column), rtol=1e-6)


def test_settings_of_a_training_by_caffe_are_no_network(tmp_path):
    (tmp_path / "solver.prototxt").write_text('net: "lenet_train.prototxt"\nbase_lr: 0.01\nmax_iter: 10000\n')
    assert "settings of a training by Caffe, not a network; open lenet_train" in refused(tmp_path / "solver.prototxt")


def test_the_first_layers_of_caffe(tmp_path):
    """Layers by numbers, blobs of four axes."""
    dense = part(2, "data") + part(3, "ip") + part(4, "ip") + part(5, 14)
    weights = np.arange(8, dtype=np.float32).reshape(1, 1, 2, 4)
    dense += part(6, blob(weights, old=True)) + part(6, blob(np.ones((1, 1, 1, 2)), old=True))
    relu = part(2, "ip") + part(3, "ip") + part(4, "relu") + part(5, 18)
    net = (
        part(1, "old")
        + part(3, "data")
        + b"".join(part(4, size) for size in (1, 4, 1, 1))
        + part(2, dense)
        + part(2, relu)
    )
    (tmp_path / "m.caffemodel").write_bytes(net)
    checkpoint = open_checkpoint(tmp_path / "m.caffemodel")
    from neuroscene.addon.inference.session import activations

    x = np.array([1, -2, 3, 0.5], np.float32).reshape(1, 4, 1, 1)
    made = activations(checkpoint, {"data": x}, ["ip"])["ip"]
    np.testing.assert_allclose(made, np.maximum(x.reshape(1, 4) @ weights.reshape(2, 4).T + 1, 0))


@pytest.mark.parametrize("size", [5, 6, 7, 8])
def test_pooling_rounds_up(size, tmp_path):
    """Windows that reach over the end are there, unless they lie in the padding alone."""
    from math import ceil

    from neuroscene.addon.inference.session import activations

    pool = part(121, part(1, 0) + part(2, 3) + part(3, 2) + part(4, 1))
    shape = part(8, part(1, bytes([1, 1, size, size])))
    net = part(1, "p") + part(3, "data") + shape + layer("pool", "Pooling", ["data"], "pool", [], pool)
    (tmp_path / "m.caffemodel").write_bytes(net)
    x = np.random.default_rng(0).normal(size=(1, 1, size, size)).astype(np.float32)
    made = activations(open_checkpoint(tmp_path / "m.caffemodel"), {"data": x}, ["pool"])["pool"]
    count = ceil((size + 2 - 3) / 2) + 1
    count -= (count - 1) * 2 >= size + 1
    padded = np.pad(x[0, 0], 1, constant_values=-np.inf)
    padded = np.pad(padded, ((0, 3), (0, 3)), constant_values=-np.inf)
    expected = [[padded[2 * i : 2 * i + 3, 2 * j : 2 * j + 3].max() for j in range(count)] for i in range(count)]
    np.testing.assert_array_equal(made[0, 0], np.array(expected, np.float32))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ((INPUT + CAFFE)[:-40], "damaged or cut short"),
        (INPUT + CAFFE + layer("x", "ReLU", ["nowhere"], "x"), "reads 'nowhere', which nothing makes"),
        (INPUT + CAFFE + part(100, part(1, "b") + part(2, "ReLU") + part(3, "scores") + part(4, "b")
         + part(7, part(7, part(1, varint(1 << 40))) + part(5, bytes(8)))), "bytes and has 8"),
        (INPUT + CAFFE + part(100, part(1, "b") + part(2, "ReLU") + part(3, "scores") + part(4, "b")
         + part(7, part(7, part(1, varint(1 << 62) * 2)) + part(5, bytes(8)))), "absurd shape"),
    ],
)  # fmt: skip
def test_damaged_caffe(data, said, tmp_path):
    (tmp_path / "m.caffemodel").write_bytes(data)
    assert said in refused(tmp_path / "m.caffemodel")


# Darknet

CFG = """
[net]
batch=1
height=28
width=28
channels=1

[convolutional]
filters=8
size=3
stride=1
pad=1
activation=relu

[convolutional]  # normalised
batch_normalize=1
filters=16
size=3
stride=1
pad=1
activation=relu

[maxpool]
size=2
stride=2
padding=0

[convolutional]
filters=16
size=3
stride=1
pad=1
activation=relu

[maxpool]
size=2
stride=2
padding=0

[dropout]
probability=.3

[connected]
output=32
activation=relu

[connected]
output=10
activation=linear

[softmax]
"""
ROW = [
    W["conv1.bias"],
    W["conv1.weight"],
    W["bn2.bias"],
    W["bn2.weight"],
    W["bn2.running_mean"],
    W["bn2.running_var"] + np.float32(EPSILON - 1e-6),
    W["conv2.weight"],
    W["conv3.bias"],
    W["conv3.weight"],
    W["fc1.bias"],
    W["fc1.weight"],
    W["scores.bias"],
    W["scores.weight"],
]
WEIGHTS = struct.pack("<iiiQ", 0, 2, 5, 99) + b"".join(np.ascontiguousarray(one, "<f4").tobytes() for one in ROW)


@pytest.mark.parametrize("name", ["m.cfg", "m.weights"])
def test_darknet(name, tmp_path):
    (tmp_path / "m.cfg").write_text(CFG)
    (tmp_path / "m.weights").write_bytes(WEIGHTS)
    checkpoint = open_checkpoint(tmp_path / name)
    assert (checkpoint.format, checkpoint.structure, checkpoint.notes) == ("darknet", "graph", [])
    np.testing.assert_allclose(scores(checkpoint), SCORES, atol=1e-5)
    assert arrays(checkpoint)["convolutional_0/weights"].tobytes() == W["conv1.weight"].tobytes()
    assert summarise(checkpoint).parameters == 29_066


YOLO = """
[net]
width=16
height=16
channels=3
[convolutional]
batch_normalize=1
filters=4
size=3
stride=2
pad=1
activation=leaky
[convolutional]
filters=4
size=1
activation=mish
[shortcut]
from=-2
activation=linear
[upsample]
stride=2
[route]
layers=-1
groups=2
group_id=1
[maxpool]
size=2
stride=1
[route]
layers=-1,-2
[convolutional]
size=1
filters=14
activation=linear
[yolo]
mask=0,1
classes=2
"""


def test_darknets_other_layers(tmp_path):
    """Held against NumPy's own: a sum, a part of the channels, a window that reaches over the end, boxes."""
    from neuroscene.addon.inference.session import activations

    chance = np.random.default_rng(0)
    parts = {"b0": 4, "s0": 4, "m0": 4, "v0": 4, "w0": (4, 3, 3, 3), "b1": 4, "w1": (4, 4), "b2": 14, "w2": (14, 4)}
    held = {name: chance.normal(0, 0.5, shape).astype(np.float32) for name, shape in parts.items()}
    held["v0"] = np.abs(held["v0"]) + 0.5
    (tmp_path / "y.cfg").write_text(YOLO)
    row = b"".join(one.tobytes() for one in held.values())
    (tmp_path / "y.weights").write_bytes(struct.pack("<iiiQ", 0, 2, 5, 9) + row)
    checkpoint = open_checkpoint(tmp_path / "y.weights")
    x = chance.random((1, 3, 16, 16), dtype=np.float32)
    (output,) = (value.name for value in checkpoint.model.graph.output)
    made = activations(checkpoint, {"image": x}, [output])[output]
    padded = np.pad(x[0], ((0, 0), (1, 1), (1, 1)))
    first = np.stack(
        [
            [(padded[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3] * w).sum() for j in range(8)]
            for w in held["w0"]
            for i in range(8)
        ]
    ).reshape(4, 8, 8)
    column = {name: value.reshape(-1, 1, 1) for name, value in held.items()}
    first = (first - column["m0"]) / np.sqrt(column["v0"] + 1e-6) * column["s0"] + column["b0"]
    first = np.where(first > 0, first, 0.1 * first)
    second = np.einsum("oc,cij->oij", held["w1"], first) + column["b1"]
    second = second * np.tanh(np.log1p(np.exp(second)))
    whole = (first + second).repeat(2, 1).repeat(2, 2)[2:]
    reach = np.pad(whole, ((0, 0), (0, 1), (0, 1)), constant_values=-np.inf)
    pooled = np.max([reach[:, i : i + 16, j : j + 16] for i in (0, 1) for j in (0, 1)], 0)
    joined = np.concatenate([pooled, whole])
    last = (np.einsum("oc,cij->oij", held["w2"], joined) + column["b2"]).reshape(2, 7, 16, 16)
    squeezed = 1 / (1 + np.exp(-last))
    expected = np.concatenate([squeezed[:, :2], last[:, 2:4], squeezed[:, 4:]], 1).reshape(14, 16, 16)
    np.testing.assert_allclose(made[0], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("cfg", "weights", "said"),
    [
        (CFG, WEIGHTS[:5000], "need bytes"),
        (CFG, WEIGHTS[:9], "cut short"),
        (CFG.replace("filters=8", "filters=99999999999"), WEIGHTS, "refused for safety"),
        (CFG.replace("filters=8", "filters=x"), WEIGHTS, "is no number"),
        (CFG.replace("size=3", "size=-3"), WEIGHTS, "settings that cannot be"),
        ("[net]\nheight=4\nwidth=4\n[route]\nlayers=7\n", WEIGHTS, "reads layer 7, which is not before it"),
        ("[net]\nwords without a setting\n", WEIGHTS, "a line that is no setting"),
    ],
)
def test_damaged_darknet(cfg, weights, said, tmp_path):
    (tmp_path / "m.cfg").write_text(cfg)
    if weights is not None:
        (tmp_path / "m.weights").write_bytes(weights)
    assert said in refused(tmp_path / "m.cfg")


def test_a_network_of_darknet_alone(tmp_path):
    """Its layers and the shapes of what they give; no weight is made up."""
    (tmp_path / "m.cfg").write_text(CFG)
    checkpoint = open_checkpoint(tmp_path / "m.cfg")
    assert checkpoint.notes == ["a network without its weights: put m.weights beside it"]
    network = summarise(checkpoint)
    assert network.parameters == 0 and not arrays(checkpoint)
    shapes = {layer.name: tuple(layer.shape) for layer in network.layers}
    assert shapes["convolutional_1"][-3:] == (16, 28, 28) and shapes["connected_7"][-1] == 10


@pytest.mark.parametrize("stride", [1, 2])
def test_numbers_that_darknet_reorganises(stride):
    """As Darknet's own loop has it (reorg_cpu, not forward)."""
    from neuroscene.addon.formats.darknet_maps import reorganise

    c, h, w = 8, 4, 6
    x = np.random.default_rng(0).random((2, c, h, w), dtype=np.float32)
    expected = np.zeros_like(x).reshape(2, -1)
    for k, j, i in np.ndindex(c, h, w):
        out_c = c // stride**2
        offset = k // out_c
        across, down = i * stride + offset % stride, j * stride + offset // stride
        expected[:, i + w * (j + h * k)] = x.reshape(2, -1)[:, across + w * stride * (down + h * stride * (k % out_c))]
    made = written(lambda made, x: reorganise(made, x, stride), x)
    np.testing.assert_array_equal(made, expected.reshape(2, c * stride**2, h // stride, w // stride))


def written(write, x):
    """What a layer gives for an input."""
    from neuroscene.addon.formats.named_layers import Layers
    from neuroscene.addon.inference.session import activations

    layers = Layers(DATA / "layers", "m")
    entered = layers.input("x", [None, *x.shape[1:]])
    (output,) = layers.layer("y", "kind", lambda: write(layers, entered), [entered])
    checkpoint = layers.checkpoint({"y": output}, "darknet")
    (output,) = (value.name for value in checkpoint.model.graph.output)
    return activations(checkpoint, {"x": x}, [output])[output]


@pytest.mark.parametrize(("channels", "wanted", "step"), [(3, 5, 2), (5, 3, 1), (4, 4, 2)])
def test_maps_that_darknets_shortcut_adds(channels, wanted, step):
    from neuroscene.addon.formats.darknet_maps import fitted

    x = np.random.default_rng(0).random((1, channels, 8, 8), dtype=np.float32)

    def write(made, entered):
        like = made.node("Expand", made.number(0), made.constant([1, wanted, 8 // step, 8 // step]))
        return fitted(made, entered, like)

    expected = np.zeros((1, wanted, 8 // step, 8 // step), np.float32)
    count = min(channels, wanted)
    expected[:, :count] = x[:, :count, ::step, ::step]
    np.testing.assert_array_equal(written(write, x), expected)


@pytest.mark.parametrize("softmax", [True, False])
def test_boxes_of_a_region(softmax):
    from neuroscene.addon.formats.darknet_maps import region

    x = np.random.default_rng(0).normal(size=(1, 2 * 8, 3, 3)).astype(np.float32)
    boxes = x.reshape(2, 8, 3, 3)
    squeezed = 1 / (1 + np.exp(-boxes))
    shares = np.exp(boxes[:, 5:]) / np.exp(boxes[:, 5:]).sum(1, keepdims=True) if softmax else squeezed[:, 5:]
    expected = np.concatenate([squeezed[:, :2], boxes[:, 2:4], squeezed[:, 4:5], shares], 1).reshape(1, 16, 3, 3)
    made = written(lambda made, entered: region(made, entered, 2, 3, 4, softmax), x)
    np.testing.assert_allclose(made, expected, atol=1e-6)


def test_the_middle_of_a_picture():
    from neuroscene.addon.formats.darknet_maps import crop

    x = np.random.default_rng(0).random((1, 3, 9, 8), dtype=np.float32)
    made = written(lambda made, entered: crop(made, entered, 6, 4, True), x)
    np.testing.assert_allclose(made, x[:, :, 1:7, 2:6] * 2 - 1, atol=1e-6)


def test_weights_of_darknet_alone(tmp_path):
    (tmp_path / "m.weights").write_bytes(WEIGHTS)
    assert "weights of Darknet without their network; put m.cfg beside it" in refused(tmp_path / "m.weights")


@pytest.mark.parametrize("name", ["digits.caffemodel", "digits.cfg", "digits.weights"])
def test_the_files_of_these_formats(name):
    """As tests/bench/fuzz.py damages them."""
    np.testing.assert_allclose(scores(open_checkpoint(DATA / "layers" / name)), SCORES, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("format", ["caffe", "darknet"])
def test_mutations(format, tmp_path):
    assert mutations(format, tmp_path) > 20
