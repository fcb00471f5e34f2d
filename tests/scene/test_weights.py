# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The weight on every line is the number of the file at the cells that the line joins."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from scene import look
from unit.make import DATA, model, node, save, seeded

CHECKED = 200


class Sides:
    """Randomly chosen lines of a bundle: the cells at both ends and what the lines carry."""

    def __init__(self, network, source, target, level=None):
        things, bundle = look.layers(network), look.bundles(network)[source, target]
        count = len(bundle.data.curves)
        assert count > 0
        some = np.random.default_rng(count).choice(count, min(count, CHECKED), replace=False)
        ends = [look.cells_of(things[name])[look.values_of(bundle, which)[some]]
                for name, which in ((source, "source"), (target, "target"))]
        self.source, self.target = (end.T for end in ends)  # each unit, row, column
        self.weight, self.magnitude, self.importance = (
            look.values_of(bundle, name)[some] for name in ("weight", "magnitude", "importance"))
        self.level = look.facts(bundle)["level"]
        assert level in (None, self.level)


class File:
    """The arrays and nodes of an ONNX file, read by onnx alone."""

    def __init__(self, path):
        loaded = onnx.load(path)
        self.arrays = {one.name: numpy_helper.to_array(one) for one in loaded.graph.initializer}
        self.nodes = {one.output[0]: one for one in loaded.graph.node}

    def weight(self, tensor):
        return self.arrays[self.nodes[tensor].input[1]]

    def setting(self, tensor, name, default):
        return next((onnx.helper.get_attribute_value(one) for one in self.nodes[tensor].attribute
                     if one.name == name), default)


def check_taps(sides, weight, groups=1, stride=1, pad=0, dilation=1, transposed=False):
    """Lines of a Conv between single cells: W[o, i, y, x] of the tap that the two cells' places leave."""
    (near, *from_), (unit, *to) = sides.source, sides.target
    if transposed:
        reach = [t + pad - s * stride for s, t in zip(from_, to, strict=True)]
        channels, per_group = weight.shape[0] // groups, weight.shape[1]
        assert (near // channels == unit // per_group).all()
        inside = near, unit % per_group
    else:
        reach = [s + pad - t * stride for s, t in zip(from_, to, strict=True)]
        units, per_group = weight.shape[0] // groups, weight.shape[1]
        assert (near // per_group == unit // units).all()
        inside = unit, near % per_group
    taps = [np.divmod(one, dilation) for one in reach]
    assert all((rest == 0).all() and (tap >= 0).all() for tap, rest in taps)
    expected = weight[(*inside, *(tap for tap, _ in taps))]
    assert np.array_equal(sides.weight, expected)
    assert np.array_equal(sides.magnitude, np.abs(expected))


def check_kernels(sides, weight, groups=1):
    """Lines of a Conv between units: the signed sum over the taps, and the taps' L2 norm."""
    unit, inside = sides.target[0], sides.source[0] % weight.shape[1]
    assert (sides.source[0] // weight.shape[1] == unit // (weight.shape[0] // groups)).all()
    taps = weight[unit, inside].reshape(len(unit), -1).astype(np.float64)
    assert np.allclose(sides.weight, taps.sum(-1), rtol=1e-5, atol=1e-6)
    assert np.allclose(sides.magnitude, np.sqrt((taps**2).sum(-1)), rtol=1e-5)
    assert np.array_equal(sides.importance, sides.magnitude)


def check_dense(sides, weight):
    """Lines of a Dense layer, W as (inputs, outputs)."""
    expected = weight[sides.source[0], sides.target[0]]
    assert np.array_equal(sides.weight, expected)
    assert np.array_equal(sides.magnitude, np.abs(expected))


def check_network(network, path) -> set[str]:
    """Every bundle of a network that carries weights; returns the operators that were checked."""
    file, checked = File(path), set()
    tensors = {name: look.facts(thing)["tensor"] for name, thing in look.layers(network).items()}
    for (source, target), bundle in look.bundles(network).items():
        if look.facts(bundle)["carries"] != "weight":
            continue
        tensor, sides = tensors[target], Sides(network, source, target)
        op, weight = file.nodes[tensor].op_type, file.weight(tensor)
        if op == "Conv" and sides.level == "unit":
            check_kernels(sides, weight)
        elif op == "Conv":
            check_taps(sides, weight, pad=file.setting(tensor, "pads", [0])[0])
        elif op in ("Gemm", "MatMul"):
            check_dense(sides, weight.T if file.setting(tensor, "transB", 0) else weight)
        elif op == "BatchNormalization":
            assert np.array_equal(sides.source, sides.target)
            assert np.array_equal(sides.weight, weight[sides.target[0]])
        else:
            raise AssertionError(f"{op} carries weights and is not checked")
        checked.add(f"{op} {sides.level}")
    return checked


@pytest.mark.parametrize("given", [None, look.DIGIT])
@pytest.mark.parametrize("cells", [150_000, 2_500])
def test_sample_network(blank, given, cells):
    checked = check_network(look.build(look.CNN, given, max_cells=cells), look.CNN)
    conv = "Conv cell" if given else "Conv unit"
    assert checked == {conv, "Gemm cell", "BatchNormalization cell"}


@pytest.mark.parametrize("given", [None, look.DIGIT])
def test_tensorflow_network(blank, given):
    path = DATA / "mnist_cnn_tf2onnx.onnx"
    checked = check_network(look.build(path, given), path)
    assert checked == {"Conv cell" if given else "Conv unit", "MatMul cell"}


CONVS = {
    "plain": {"channels": 5, "units": 7, "kernel": 3, "pad": 1},
    "strided": {"channels": 3, "units": 4, "kernel": 5, "stride": 2, "pad": 2},
    "dilated": {"channels": 2, "units": 3, "kernel": 3, "dilation": 2},
    "grouped": {"channels": 6, "units": 8, "kernel": 3, "groups": 2, "pad": 1},
    "depthwise": {"channels": 6, "units": 6, "kernel": 3, "groups": 6, "pad": 1},
    "multiplied": {"channels": 3, "units": 6, "kernel": 3, "groups": 3, "pad": 1},
}


def conv(folder, channels, units, kernel, groups=1, stride=1, pad=0, dilation=1, transposed=False):
    shape = (channels, units // groups) if transposed else (units, channels // groups)
    weight = seeded(*shape, kernel, kernel, seed=kernel + units)
    op = node("ConvTranspose" if transposed else "Conv", ["x", "w"], ["y"], group=groups, strides=[stride] * 2,
              pads=[pad] * 4, dilations=[dilation] * 2)
    made = model([op], {"x": (1, channels, 11, 11)}, {"y": (1, units, None, None)}, {"w": weight})
    np.save(folder / "x.npy", seeded(1, channels, 11, 11, seed=5))
    return save(folder, made), weight


@pytest.mark.parametrize("kind", CONVS)
def test_taps(blank, tmp_path, kind):
    path, weight = conv(tmp_path, **CONVS[kind])
    network = look.build(path, tmp_path / "x.npy")
    geometry = {name: CONVS[kind][name] for name in ("groups", "stride", "pad", "dilation") if name in CONVS[kind]}
    check_taps(Sides(network, "x", "y", "cell"), weight, **geometry)


@pytest.mark.parametrize("kind", CONVS)
def test_kernels(blank, tmp_path, kind):
    path, weight = conv(tmp_path, **CONVS[kind])
    network, groups = look.build(path), CONVS[kind].get("groups", 1)
    sides = Sides(network, "x", "y", "unit")
    check_kernels(sides, weight, groups)
    # at least every kernel is there, once
    assert len(sides.weight) == min(CHECKED, weight.shape[0] * weight.shape[1])
    assert len(set(zip(sides.source[0], sides.target[0], strict=True))) == len(sides.weight)


@pytest.mark.parametrize("groups", [1, 2])
def test_taps_of_a_transposed_convolution(blank, tmp_path, groups):
    settings = {"groups": groups, "stride": 2, "pad": 1}
    path, weight = conv(tmp_path, channels=4, units=6, kernel=4, transposed=True, **settings)
    network = look.build(path, tmp_path / "x.npy")
    check_taps(Sides(network, "x", "y", "cell"), weight, transposed=True, **settings)


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("op", ["Gemm", "MatMul"])
def test_dense_after_flatten(blank, tmp_path, op, given):
    weight = seeded(60, 9)
    dense = node(op, ["f", "w"], ["y"])
    path = save(tmp_path, model([node("Flatten", ["x"], ["f"]), dense], {"x": (1, 3, 4, 5)}, {"y": (1, 9)},
                                {"w": weight}))
    np.save(tmp_path / "x.npy", seeded(1, 3, 4, 5))
    network = look.build(path, tmp_path / "x.npy" if given else None)
    check_dense(Sides(network, "f", "y", "cell"), weight)
    copies = Sides(network, "x", "f")
    assert np.array_equal(np.ravel_multi_index(copies.source, (3, 4, 5)), copies.target[0])


def test_flatten_of_channels_last(blank):
    """TensorFlow transposes before it flattens: unit row x width x channels + column x channels + channel."""
    network = look.build(DATA / "mnist_cnn_tf2onnx.onnx", look.DIGIT)
    turned, flat = Sides(network, "pool2", "pool2__28"), Sides(network, "pool2__28", "flatten")
    assert np.array_equal(turned.source, turned.target)
    channel, row, column = flat.source
    assert np.array_equal((row * 7 + column) * 16 + channel, flat.target[0])


def test_strongest_line_of_the_file_is_drawn(blank):
    network, file = look.build(look.MLP), File(look.MLP)
    for source, target in (("flatten", "dense1"), ("relu1", "dense2"), ("relu2", "scores")):
        weight = file.weight(target)
        weight = weight.T if file.setting(target, "transB", 0) else weight
        drawn = look.values_of(look.bundles(network)[source, target], "magnitude")
        assert drawn.max() == np.abs(weight).max()
