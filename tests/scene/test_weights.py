# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The weight on every line is the number of the file at the cells that the line joins."""

import numpy as np
import onnx
import pytest

from scene import look
from scene.stored import File, setting
from unit.make import DATA, model, node, save, seeded

CHECKED = 200
DIMENSIONS = {"groups": "group", "stride": "strides", "pad": "pads", "dilation": "dilations"}


class Sides:
    """Randomly chosen lines of a bundle: the cells at both ends and what the lines carry."""

    def __init__(self, network, source, target, level=None):
        bundle = look.bundles(network)[source, target]
        count = len(bundle.data.curves)
        assert count > 0
        some = np.random.default_rng(count).choice(count, min(count, CHECKED), replace=False)
        self.things = [look.layers(network)[name] for name in (source, target)]
        ends = [
            look.cells_of(thing)[look.values_of(bundle, which)[some]]
            for thing, which in zip(self.things, ("source", "target"), strict=True)
        ]
        self.source, self.target = (end.T for end in ends)  # each unit, row, column
        self.weight, self.magnitude, self.importance = (
            look.values_of(bundle, name)[some] for name in ("weight", "magnitude", "importance")
        )
        self.grain = look.facts(bundle)["grain"]
        assert level in (None, self.grain)

    def shapes(self):
        """The shapes of one sample of both layers."""
        return [look.facts(thing)["shape"] for thing in self.things]


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


def check_kernels(sides, weight, groups=1, transposed=False):
    """Lines of a Conv between units: the signed sum over the taps, and the taps' L2 norm."""
    if transposed:
        weight = weight.swapaxes(0, 1)
    unit, inside = sides.target[0], sides.source[0] % weight.shape[1]
    assert (sides.source[0] // weight.shape[1] == unit // (weight.shape[0] // groups)).all()
    taps = weight[unit, inside].reshape(len(unit), -1).astype(np.float64)
    assert np.allclose(sides.weight, taps.sum(-1), rtol=1e-5, atol=1e-6)
    assert np.allclose(sides.magnitude, np.sqrt((taps**2).sum(-1)), rtol=1e-5)
    assert np.array_equal(sides.importance, sides.magnitude)


def check_dense(sides, weight, last=False):
    """Lines of a Dense layer, W as (inputs, outputs): of a vector, of what was flattened, of each row of a matrix or
    of its first. `last` says that channels were put last before they were flattened."""
    (unit, row, column), (before, after) = sides.source, sides.shapes()
    if len(before) == 2:
        assert (row == (sides.target[1] if len(after) == 2 else 0)).all()
        index = column
    elif len(before) == 3 and last:
        index = np.ravel_multi_index((row, column, unit), (*before[1:], before[0]))
    else:
        index = np.ravel_multi_index((unit, row, column)[: len(before)], before)
    expected = weight[index, sides.target[2 if len(after) == 2 else 0]]
    assert np.array_equal(sides.weight, expected)
    assert np.array_equal(sides.magnitude, np.abs(expected))


def check_scale(sides, scale):
    """Lines of a normalisation: each cell to itself, with the scale of its channel, or of the column of a matrix."""
    assert np.array_equal(sides.source, sides.target)
    assert np.array_equal(sides.weight, scale[sides.target[2 if len(sides.shapes()[1]) == 2 else 0]])


def check_network(network, path, last=False) -> set[str]:
    """Every bundle of a network that carries weights; returns the operators that were checked."""
    file, things, checked = File(path), look.layers(network), set()
    for (source, target), bundle in look.bundles(network).items():
        if look.facts(bundle)["carries"] != "weight" or not len(bundle.data.curves):
            continue
        sides, op = Sides(network, source, target), look.facts(things[target])["op"]
        composite = op == "LayerNormalization" and op not in {one.op_type for one in file.nodes.values()}
        main = file.chain(things[target], "Mul" if composite else "")[0]  # the product with the scale
        weight = file.weight(main)
        if "Conv" in op:
            given = {
                name: np.ravel(setting(main, stored, 0 if name == "pad" else 1))[0]
                for name, stored in DIMENSIONS.items()
            } | {"transposed": op == "ConvTranspose"}
            if sides.grain == "unit":
                check_kernels(sides, weight, given["groups"], given["transposed"])
            else:
                check_taps(sides, weight, **given)
        elif op in ("Gemm", "MatMul"):
            check_dense(sides, weight.T if setting(main, "transB", 0) else weight, last)
        elif op in ("BatchNormalization", "LayerNormalization"):
            check_scale(sides, weight)
        else:
            raise AssertionError(f"{op} carries weights and is not checked")
        checked.add(f"{op} {sides.grain}")
    return checked


@pytest.mark.parametrize("given", [None, look.DIGIT])
@pytest.mark.parametrize("cells", [150_000, 2_500])
def test_sample_network(blank, given, cells):
    checked = check_network(look.build(look.CNN, given, max_cells=cells), look.CNN)
    assert checked == {"Conv cell" if given else "Conv unit", "Gemm cell"}


@pytest.mark.parametrize("given", [None, look.DIGIT])
def test_tensorflow_network(blank, given):
    """TensorFlow transposes before it flattens: row x width x channels + column x channels + channel."""
    path = DATA / "mnist_cnn_tf2onnx.onnx"
    checked = check_network(look.build(path, given), path, last=True)
    assert checked == {"Conv cell" if given else "Conv unit", "MatMul cell"}


ZOO = {
    "resnet18": {"Conv", "Gemm"},
    "unet": {"Conv", "ConvTranspose"},
    "mobilenet_v3": {"Conv", "Gemm"},
    "densenet": {"BatchNormalization", "Conv", "Gemm"},
    "vit": {"Conv", "Gemm", "LayerNormalization", "MatMul"},
    "gpt2": {"Gemm", "LayerNormalization", "MatMul"},
    "bert": {"Gemm", "MatMul"},
}


@pytest.mark.parametrize("name", ZOO)
def test_zoo_at_rest(blank, name):
    path = look.ZOO / f"{name}.onnx"
    checked = check_network(look.build(path), path)
    assert {one.split()[0] for one in checked} == ZOO[name]


@pytest.mark.parametrize("name", ["resnet18", "unet", "mobilenet_v3"])
@pytest.mark.parametrize("cells", [150_000, 20_000])
def test_zoo_with_an_input(blank, tmp_path, name, cells):
    path = look.ZOO / f"{name}.onnx"
    (given,) = onnx.load(path).graph.input
    np.save(tmp_path / "x.npy", seeded(*(one.dim_value for one in given.type.tensor_type.shape.dim), seed=2))
    checked = check_network(look.build(path, tmp_path / "x.npy", max_cells=cells), path)
    assert "Conv cell" in checked and {one.split()[0] for one in checked} == ZOO[name]


def check_copy(sides, node, offset):
    """Lines of an operator without weights: from where they come, and the share that each source has."""
    (unit, *from_), (to_unit, *to) = sides.source, sides.target
    expected = 1.0
    if node.op_type == "Concat":
        assert np.array_equal(unit + offset, to_unit) and np.array_equal(from_, to)
    elif node.op_type.endswith("Pool"):
        size = sides.shapes()[0][1:]
        kernel, stride, pad = (
            setting(node, name, default)
            for name, default in (("kernel_shape", size), ("strides", [1, 1]), ("pads", [0, 0]))
        )
        taps = [s + pad[axis] - t * stride[axis] for axis, (s, t) in enumerate(zip(from_, to, strict=True))]
        assert np.array_equal(unit, to_unit)
        assert all((tap >= 0).all() and (tap < kernel[axis]).all() for axis, tap in enumerate(taps))
        expected = 1.0 if node.op_type == "MaxPool" else 1 / np.prod(kernel)
    else:
        assert node.op_type == "Add" and np.array_equal(sides.source, sides.target)
    assert np.allclose(sides.weight, expected)


@pytest.mark.parametrize(
    "name, operators",
    [
        ("resnet18", {"Add", "MaxPool", "GlobalAveragePool"}),
        ("unet", {"Concat", "MaxPool"}),
        ("bert", {"Add"}),
        ("densenet", {"AveragePool", "Concat", "GlobalAveragePool", "MaxPool"}),
    ],
)
@pytest.mark.parametrize("cells", [150_000, 20_000])
def test_copies(blank, name, operators, cells):
    """Sums and concatenations, also those whose lines are led round others, and pools."""
    path = look.ZOO / f"{name}.onnx"
    network, file, checked = look.build(path, max_cells=cells), File(path), set()
    things = look.layers(network)
    giver = {look.facts(thing)["tensor"]: name for name, thing in things.items()}
    for (source, target), bundle in look.bundles(network).items():
        op = look.facts(things[target])["op"]
        copies = look.facts(bundle)["carries"] == "copy" and look.facts(bundle)["grain"] == "cell"
        if copies and (op in ("Add", "Concat") or op.endswith("Pool")):
            node = file.chain(things[target])[0]
            before = [giver.get(tensor) for tensor in node.input]
            offset = (
                sum(look.facts(things[name])["shape"][0] for name in before[: before.index(source)])
                if op == "Concat"
                else 0
            )
            check_copy(Sides(network, source, target), node, offset)
            checked.add(op)
    assert checked == operators


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
    op = node(
        "ConvTranspose" if transposed else "Conv",
        ["x", "w"],
        ["y"],
        group=groups,
        strides=[stride] * 2,
        pads=[pad] * 4,
        dilations=[dilation] * 2,
    )
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
    path = save(
        tmp_path, model([node("Flatten", ["x"], ["f"]), dense], {"x": (1, 3, 4, 5)}, {"y": (1, 9)}, {"w": weight})
    )
    np.save(tmp_path / "x.npy", seeded(1, 3, 4, 5))
    network = look.build(path, tmp_path / "x.npy" if given else None)
    check_dense(Sides(network, "x", "y", "cell"), weight)


def test_strongest_line_of_the_file_is_drawn(blank):
    network, file = look.build(look.MLP), File(look.MLP)
    for source, target in (("image", "dense1"), ("dense1", "dense2"), ("dense2", "scores")):
        weight = file.weight(file.nodes[target])
        drawn = look.values_of(look.bundles(network)[source, target], "magnitude")
        assert drawn.max() == np.abs(weight).max()
