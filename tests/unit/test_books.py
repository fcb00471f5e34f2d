# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What books show of blocks: every number against onnxruntime or the file, binned anew by NumPy."""

from math import ceil, sqrt
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from neuroscene.addon.layout import HEIGHT, books
from neuroscene.addon.network import Block, summarise
from neuroscene.addon.network.covers import PIXELS, columns_of, cover, last
from neuroscene.addon.network.norms import norms
from neuroscene.addon.network.page_bars import BARS, bars
from neuroscene.addon.network.pages import pages
from neuroscene.addon.structure import open_checkpoint
from unit.make import model, node, save, seeded

ZOO = Path(__file__).resolve().parents[1] / "data" / "zoo"


def opened(path):
    return summarise(open_checkpoint(path))


def block_of(network, path):
    return next(block for block in network.blocks if block.path == path)


def nothing(layer):
    return None


def run(path, **given):
    """What a layer gives, flat, by onnxruntime alone; {layer: array} made as it is asked for."""
    file = onnx.load(path)
    feeds = {
        one.name: given.get(one.name, seeded(*(side.dim_value or 1 for side in one.type.tensor_type.shape.dim)))
        for one in file.graph.input
    }
    made = {}

    def values(layer):
        if layer.op == "Input":
            return feeds[layer.shown].ravel()
        if layer.shown not in made:
            asked = onnx.load(path)
            asked.graph.output.append(onnx.helper.make_empty_tensor_value_info(layer.shown))
            session = onnxruntime.InferenceSession(asked.SerializeToString(), providers=["CPUExecutionProvider"])
            made[layer.shown] = session.run([layer.shown], feeds)[0].ravel()
        return made[layer.shown]

    return values


def weights_of(path):
    return {one.name: onnx.numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer}


def rms_in_bins(matrix, most):
    """Bins of equal size, by loops."""
    step = [ceil(size / most) for size in matrix.shape]
    made = np.empty([ceil(size / one) for size, one in zip(matrix.shape, step, strict=True)])
    for row in range(made.shape[0]):
        for column in range(made.shape[1]):
            part = matrix[row * step[0] : (row + 1) * step[0], column * step[1] : (column + 1) * step[1]]
            made[row, column] = sqrt((part.astype(np.float64) ** 2).mean())
    return made, tuple(step)


# pages


def test_pages_of_residual_blocks():
    network = opened(ZOO / "resnet18.onnx")
    made = pages(network, block_of(network, "layer2"))
    assert [(page.layer.op, page.channels, page.ends_block) for page in made] == [
        ("Conv", 8, False),
        ("Add", 8, True),
        ("Conv", 8, False),
        ("Add", 8, True),
    ]
    assert made[1].layers == (
        "/layer2/layer2.0/conv2/Conv",
        "/layer2/layer2.0/downsample/downsample.0/Conv",
        "/layer2/layer2.0/Add",
    )


def test_pages_of_a_transformer_are_as_thick_as_it_has_features():
    network = opened(ZOO / "vit.onnx")
    made = pages(network, block_of(network, "encoder/layers/encoder_layer_1"))
    assert [(page.layer.op, page.channels, page.ends_block) for page in made] == [
        ("Add", 32, True),
        ("MatMul", 128, False),
        ("Add", 32, True),
    ]


def test_gates_are_no_pages():
    network = opened(ZOO / "mobilenet_v3.onnx")
    made = pages(network, block_of(network, "features/features.5"))
    assert [(page.layer.op, page.channels) for page in made] == [("Conv", 48), ("Conv", 48), ("Add", 8)]


@pytest.mark.parametrize("name", ["resnet18", "vit", "mobilenet_v3", "unet", "bert", "lstm", "densenet", "inception"])
def test_every_layer_of_a_block_is_on_one_page(name):
    network = opened(ZOO / f"{name}.onnx")
    for block in network.blocks:
        made = pages(network, block)
        assert [layer for page in made for layer in page.layers] == list(block.layers)
        assert all(page.layer.name in page.layers and page.channels > 0 for page in made)


# covers that ran


@pytest.mark.parametrize("path", ["layer1", "layer3", "layer4"])
def test_maps_are_those_of_the_last_layer(path):
    network = opened(ZOO / "resnet18.onnx")
    block = block_of(network, path)
    values = run(ZOO / "resnet18.onnx")
    picture = cover(network, block, values).picture
    layer = network.layer(block.layers[-1])
    tensor = values(layer).reshape(layer.grid.units, layer.grid.rows, layer.grid.columns)
    assert picture.layers == (layer.name,) and picture.meaning == "activation" and not picture.chosen
    tile, row, column = picture.cells
    assert np.array_equal(picture.values, tensor[picture.unit[tile], row, column])
    assert picture.full == np.percentile(tensor[tensor > 0], 97)


def test_where_not_all_have_room_those_that_vary_most_are_shown(tmp_path):
    weights = seeded(70, 3, 1, 1)
    weights[::2] *= 5
    path = save(
        tmp_path, model([node("Conv", ["x", "w"], ["y"])], {"x": (1, 3, 40, 30)}, {"y": None}, {"w": weights}), "a.onnx"
    )
    network = opened(path)
    values = run(path)
    block = Block("all", "all", "", (network.layers[-1].name,), (), 0)
    picture = cover(network, block, values).picture
    maps = values(network.layers[-1]).reshape(70, 40, 30)
    assert picture.across == PIXELS // 30 and picture.down == PIXELS // 40 and picture.tiles == 35
    assert (picture.units, picture.chosen) == (70, True)
    assert np.array_equal(picture.unit, np.sort(np.argsort(-maps.std((1, 2)), kind="stable")[:35]))
    assert np.array_equal(picture.values.reshape(35, 40, 30), maps[picture.unit])


def test_maps_wider_than_the_cover_are_binned_by_the_largest(tmp_path):
    path = save(
        tmp_path,
        model([node("Conv", ["x", "w"], ["y"])], {"x": (1, 1, 300, 500)}, {"y": None}, {"w": seeded(2, 1, 1, 1)}),
        "a.onnx",
    )
    network = opened(path)
    values = run(path)
    block = Block("all", "all", "", (network.layers[-1].name,), (), 0)
    picture = cover(network, block, values).picture
    maps = values(network.layers[-1]).reshape(2, 300, 500)
    assert picture.meaning == "largest activation" and len(picture.values) <= PIXELS * PIXELS
    (high, wide), (rows, columns) = picture.bins[0], picture.shape[0]
    tile, row, column = picture.cells
    for place in range(0, len(picture.values), 97):
        part = maps[picture.unit[tile[place]]][
            row[place] * high : (row[place] + 1) * high, column[place] * wide : (column[place] + 1) * wide
        ]
        assert abs(picture.values[place]) == np.abs(part).max() and picture.values[place] in part
    assert (rows, columns) == (ceil(300 / high), ceil(500 / wide))


@pytest.mark.parametrize("cells", [1, 7, 300, 50_176])
def test_a_cover_keeps_to_its_budget(cells):
    for name in ("resnet18", "vit", "unet"):
        network = opened(ZOO / f"{name}.onnx")
        values = run(ZOO / f"{name}.onnx")
        for block in network.blocks[:3]:
            for given in (values, nothing):
                made = cover(network, block, given, cells)
                matrices = sum(len(network.layer(one).matrices) for one in block.layers)
                if made is None:  # a sum alone has no weights to look at
                    assert given is nothing
                    continue
                assert len(made.picture.values) <= max(cells, matrices)
                assert made.heads is None or len(made.heads.values) <= max(cells, len(made.heads.unit))


def test_tokens_and_heads():
    network = opened(ZOO / "vit.onnx")
    block = block_of(network, "encoder/layers/encoder_layer_1")
    values = run(ZOO / "vit.onnx")
    made = cover(network, block, values)
    layer = network.layer(block.layers[-1])
    assert (made.picture.shows, made.picture.layers, made.picture.tiles) == ("sheet", (layer.name,), 17)
    assert np.array_equal(made.picture.values, values(layer))
    attention = network.layer("encoder/layers/encoder_layer_1/self_attention")
    assert made.heads.layers == (attention.name,) and made.heads.meaning == "attention"
    assert np.array_equal(made.heads.values, values(attention))
    assert np.allclose(made.heads.values.reshape(4, 17, 17).sum(2), 1, atol=1e-5)


def test_long_sheets_are_binned_by_the_largest(tmp_path):
    path = save(
        tmp_path,
        model([node("MatMul", ["x", "w"], ["y"])], {"x": (1, 100, 8)}, {"y": None}, {"w": seeded(8, 500)}),
        "a.onnx",
    )
    network = opened(path)
    values = run(path)
    block = Block("all", "all", "", (network.layers[-1].name,), (), 0)
    picture = cover(network, block, values).picture
    tensor = values(network.layers[-1]).reshape(100, 500)
    assert picture.meaning == "largest activation" and tuple(picture.bins[0]) == (2, 3)
    shown = picture.values.reshape(50, 167)
    for row in range(50):
        for column in range(167):
            part = tensor[2 * row : 2 * row + 2, 3 * column : 3 * column + 3]
            assert abs(shown[row, column]) == np.abs(part).max() and shown[row, column] in part


def test_what_is_not_finite_is_kept():
    network = opened(ZOO / "resnet18.onnx")
    block = block_of(network, "layer1")
    values = run(ZOO / "resnet18.onnx")

    def wrong(layer):
        made = values(layer).copy()
        made[5], made[300] = np.nan, np.inf
        return made

    picture = cover(network, block, wrong).picture
    assert np.isnan(picture.values[5]) and np.isinf(picture.values[300]) and np.isfinite(picture.full)
    made = bars(network, pages(network, block), wrong)
    assert np.isnan(made.value[0]) and np.isfinite(made.ranges).all()


# covers without an input


@pytest.mark.parametrize("most", [3, 5, 64])
def test_norms_of_kernels_in_bins(most):
    network = opened(ZOO / "resnet18.onnx")
    weights = weights_of(ZOO / "resnet18.onnx")
    for name in ("layer1.0.conv1.weight", "layer4.0.conv1.weight", "layer2.0.downsample.0.weight"):
        (matrix,) = (one for layer in network.layers for one in layer.matrices if one.constant.name == name)
        made = norms(matrix, most)
        kernels = np.sqrt((weights[name].astype(np.float64) ** 2).sum((2, 3)))
        expected, bins = rms_in_bins(kernels, most)
        assert made.bins == bins and np.allclose(made.cells, expected, rtol=1e-5)
        assert np.allclose(made.means, kernels.mean(1), rtol=1e-5)


def test_norms_read_in_parts_are_the_same(monkeypatch):
    network = opened(ZOO / "resnet18.onnx")
    matrix = network.layer("/layer4/layer4.1/conv1/Conv").matrices[0]
    whole = norms(matrix, 5)
    monkeypatch.setattr("neuroscene.addon.network.norms.AT_ONCE", 100)
    parts = norms(matrix, 5)
    assert np.allclose(parts.cells, whole.cells, rtol=1e-6) and np.allclose(parts.means, whole.means, rtol=1e-6)


def test_of_large_matrices_one_output_in_several_is_looked_at(monkeypatch):
    monkeypatch.setattr("neuroscene.addon.network.norms.MOST_OF_ONE", 3000)
    network = opened(ZOO / "resnet18.onnx")
    matrix = network.layer("/layer4/layer4.1/conv1/Conv").matrices[0]
    kernels = np.sqrt((weights_of(ZOO / "resnet18.onnx")["layer4.1.conv1.weight"].astype(np.float64) ** 2).sum((2, 3)))
    made = norms(matrix, 4)
    assert matrix.constant.size == 9216 and made.every == 4 and made.bins == (8, 8)
    expected = [
        [sqrt((kernels[row : row + 8 : 4, column : column + 8] ** 2).mean()) for column in range(0, 32, 8)]
        for row in range(0, 32, 8)
    ]
    assert np.allclose(made.cells, expected, rtol=1e-5)
    assert np.allclose(made.means, kernels[::4].mean(1), rtol=1e-5)
    assert norms(matrix, 64).every == 1  # a bin is at least one output
    picture = cover(network, block_of(network, "layer4/layer4.1"), nothing, 32).picture
    assert picture.every == 4 and picture.meaning == "RMS of kernel norms"


def test_without_an_input_a_tile_is_a_matrix_of_weights():
    network = opened(ZOO / "resnet18.onnx")
    weights = weights_of(ZOO / "resnet18.onnx")
    block = block_of(network, "layer3")
    picture = cover(network, block, nothing).picture
    assert (picture.shows, picture.meaning, picture.tiles) == ("norms", "kernel norm", 5)
    names = [matrix.constant.name for name in block.layers for matrix in network.layer(name).matrices]
    for place, name in enumerate(names):
        shown = picture.values[picture.first[place] : picture.first[place + 1]].reshape(picture.shape[place])
        assert np.allclose(shown, np.sqrt((weights[name] ** 2).sum((2, 3))), rtol=1e-5)
        low, reach = picture.ranges[place]
        assert np.allclose([low, low + reach], np.percentile(shown, [3, 99.5]), rtol=1e-5)


def test_without_an_input_a_first_layer_shows_its_kernels():
    network = opened(ZOO / "resnet18.onnx")
    weights = weights_of(ZOO / "resnet18.onnx")["conv1.weight"]
    block = Block("first", "first", "", ("/conv1/Conv",), (), 0)
    picture = cover(network, block, nothing).picture
    assert (picture.shows, picture.meaning, picture.tiles) == ("kernels", "RMS of weights", 4)
    assert np.allclose(picture.values.reshape(4, 7, 7), np.sqrt((weights**2).mean(1)), rtol=1e-5)


@pytest.mark.parametrize("filler", [0.0, 0.25])
def test_weights_that_only_fill_a_place_are_not_shown(tmp_path, filler):
    path = save(
        tmp_path,
        model(
            [node("Conv", ["x", "w"], ["y"], pads=[1] * 4)],
            {"x": (1, 4, 8, 8)},
            {"y": None},
            {"w": np.full((4, 4, 3, 3), filler, np.float32)},
        ),
        "a.onnx",
    )
    network = opened(path)
    block = Block("all", "all", "", (network.layers[-1].name,), (), 0)
    assert cover(network, block, nothing) is None
    made = bars(network, pages(network, block), nothing)
    assert made.meanings == ("none",) and not made.value.any()


def test_weights_too_many_for_a_picture_are_named(monkeypatch):
    monkeypatch.setattr("neuroscene.addon.network.norms.MOST_READ", 2000)
    network = opened(ZOO / "resnet18.onnx")
    made = cover(network, block_of(network, "layer4"), nothing)
    assert made.picture.tiles == 1 and len(made.too_large) == 4


# bars


def tenths(channels):
    edges = np.linspace(0, len(channels), min(BARS, len(channels)) + 1).astype(int)
    return [channels[a:b].mean() for a, b in zip(edges[:-1], edges[1:], strict=True)]


@pytest.mark.parametrize("name, path", [("resnet18", "layer4"), ("vit", "encoder/layers/encoder_layer_0")])
def test_bars_are_means_of_tenths_of_the_channels(name, path):
    network = opened(ZOO / f"{name}.onnx")
    values = run(ZOO / f"{name}.onnx")
    shown = pages(network, block_of(network, path))
    made = bars(network, shown, values)
    for number, page in enumerate(shown):
        grid = page.layer.grid
        tensor = values(page.layer).astype(np.float64)
        channels = (
            tensor.reshape(grid.rows, grid.columns).mean(0)
            if grid.units == 1
            else tensor.reshape(grid.units, -1).mean(1)
        )
        mine = made.page == number
        assert np.allclose(made.value[mine], tenths(channels), rtol=1e-5, atol=1e-7)
        assert np.array_equal(made.place[mine], np.arange(min(10, page.channels)))
    assert made.meanings == ("mean activation",) * len(shown)


def test_bars_without_an_input_are_means_of_norms():
    network = opened(ZOO / "resnet18.onnx")
    weights = weights_of(ZOO / "resnet18.onnx")
    made = bars(network, pages(network, block_of(network, "layer4/layer4.1")), nothing)
    for number, name in enumerate(("layer4.1.conv1.weight", "layer4.1.conv2.weight")):
        means = np.sqrt((weights[name].astype(np.float64) ** 2).sum((2, 3))).mean(1)
        assert np.allclose(made.value[made.page == number], tenths(means), rtol=1e-5)
    assert made.meanings == ("mean kernel norm",) * 2


def test_channels_last_are_read_in_their_order(tmp_path):
    path = save(
        tmp_path,
        model(
            [node("Transpose", ["x"], ["t"], perm=[0, 2, 3, 1]), node("Relu", ["t"], ["y"])],
            {"x": (1, 6, 5, 4)},
            {"y": None},
        ),
        "a.onnx",
    )
    network = opened(path)
    layer = network.layers[-1]
    values = run(path)
    block = Block("all", "all", "", (layer.name,), (), 0)
    tensor = values(layer)
    picture = cover(network, block, values).picture
    tile, row, column = picture.cells
    flat = np.stack([picture.unit[tile], row, column], -1) @ np.array(layer.grid.strides)
    assert np.array_equal(picture.values, tensor[flat])


# sizes


def test_columns_leave_few_squares_empty():
    assert [columns_of(count) for count in (1, 2, 4, 16, 64, 128, 512, 1024)] == [1, 2, 2, 4, 8, 16, 32, 32]
    for count in range(1, 200):
        across = columns_of(count)
        empty = ceil(count / across) * across - count
        root = ceil(sqrt(count))
        assert empty == min(ceil(count / q) * q - count for q in range(root, max(root + 1, 2 * root)))


def test_the_thickest_book_is_half_as_deep_as_high():
    channels, ends = [256, 256, 512] * 6, [False, False, True] * 6
    thickness = books.page_thickness([([64], [False]), (channels, ends)])
    depth, side, height = books.book_size(channels, ends, thickness)
    assert side == HEIGHT and np.isclose(depth, 0.5 * HEIGHT + books.COVER)
    gaps = (18 + 2.2 * 6) * books.GAP
    assert np.isclose(depth - books.COVER, gaps + thickness * sum(map(sqrt, channels)))
    rise = 0.034 * side + 0.24 * max(
        end.metres(thickness) - begin.metres(thickness) for begin, end in books.arches(channels, ends)
    )
    assert np.isclose(height - side, 2 * (rise + books.ARCH_CLEAR))
    assert books.book_size([64], [False])[2] == HEIGHT
    assert books.page_thickness([([1, 1], [False, False])]) == books.PAGE


def test_the_last_layer_is_one_that_others_read():
    network = opened(ZOO / "resnet18.onnx")
    assert last(network, block_of(network, "layer1/layer1.0")).name == "/layer1/layer1.0/Add"
