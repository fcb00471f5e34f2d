# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What planes and arcs show of layers: every number against onnxruntime or the file, binned anew by NumPy."""

from dataclasses import replace

import numpy as np
import pytest
import safetensors.numpy

from neuroscene.addon.layout import HEIGHT, LayoutSettings, Piece, arrange, shapes
from neuroscene.addon.layout.planes import UP, PlaneSizes
from neuroscene.addon.layout.shelf import settings_of_shelf
from neuroscene.addon.network import Grid
from neuroscene.addon.network.arcs import EACH, arcs, ends
from neuroscene.addon.network.drawn import COVER, SHEET, Wish, share_out
from neuroscene.addon.network.matrices import TABLE
from neuroscene.addon.network.planes import closed_at_first, default_details, has_attention, is_tokens, planes
from unit.make import model, node, save, seeded
from unit.test_books import ZOO, nothing, opened, rms_in_bins, run, weights_of

GPT2, VIT, RESNET = (ZOO / f"{name}.onnx" for name in ("gpt2", "vit", "resnet18"))
IDS = np.array([[5, 17, 33, 60, 61, 9, 17, 33, 60, 61, 2, 3, 8, 8, 1, 7]])


@pytest.fixture(scope="module")
def gpt2():
    return opened(GPT2), run(GPT2, input_ids=IDS)


def test_a_sheet_is_tokens_by_features(gpt2):
    network, values = gpt2
    for layer in network.layers:
        if not is_tokens(layer) or layer.op == "Attention":
            continue
        below = planes(network, layer, SHEET, values)[0]
        assert (below.place, below.cover.picture.shows, below.cover.picture.meaning) == ("below", "sheet", "activation")
        assert np.array_equal(below.cover.picture.values, values(layer)), layer.name


def test_above_a_sheet_a_column_is_an_output(gpt2):
    network, values = gpt2
    weights = weights_of(GPT2)
    shown = 0
    for layer in network.layers:
        learned = [matrix for matrix in layer.matrices if matrix.form != TABLE]
        if not is_tokens(layer) or layer.op == "Attention" or not learned:
            continue
        for given in (values, nothing):
            above = planes(network, layer, SHEET, given)[1]
            (matrix,) = learned
            picture = above.cover.picture
            if matrix.constant.name in weights:  # stored as inputs x outputs, as it is seen here
                assert above.place == "above" and above.turned and picture.meaning == "size of weight"
                assert tuple(picture.whole[0]) == weights[matrix.constant.name].shape
                assert np.array_equal(picture.values, np.abs(weights[matrix.constant.name]).ravel())
                shown += 1
    assert shown >= 12


def test_large_matrices_are_binned_by_their_root_mean_square(tmp_path):
    weights = seeded(300, 500)
    made = model([node("MatMul", ["x", "w"], ["y"])], {"x": (1, 300)}, {"y": None}, {"w": weights})
    network = opened(save(tmp_path, made, "a.onnx"))
    (plane,) = planes(network, network.layers[-1], SHEET, nothing)
    expected, step = rms_in_bins(weights.T, 128)
    picture = plane.cover.picture
    assert (picture.meaning, tuple(picture.bins[0]), tuple(picture.whole[0])) == ("RMS of weights", step, (500, 300))
    assert np.allclose(picture.values.reshape(expected.shape), expected, rtol=1e-5)
    assert (picture.values >= 0).all()  # never signed where it is binned


def test_attention_has_its_weights_and_its_heads_above(gpt2):
    network, values = gpt2
    layer = next(layer for layer in network.layers if layer.op == "Attention")
    weights, heads = planes(network, layer, SHEET, values)
    assert (weights.place, heads.place) == ("above", "ahead")
    assert np.array_equal(heads.cover.picture.values, values(layer)) and heads.cover.picture.meaning == "attention"
    (alone,) = planes(network, layer, SHEET, nothing)
    assert alone.place == "above" and np.array_equal(alone.cover.picture.values, weights.cover.picture.values)


def test_maps_are_those_that_vary_most():
    network, values = opened(RESNET), run(RESNET)
    layer = network.layer("/conv1/Conv")
    (plane,) = planes(network, layer, COVER, values)
    assert (plane.cover.picture.shows, plane.cover.picture.meaning) == ("maps", "activation")
    tensor = values(layer).reshape(layer.grid.units, layer.grid.rows, layer.grid.columns)
    assert np.array_equal(plane.cover.picture.values, tensor[plane.cover.picture.unit].ravel())
    (kernels,) = planes(network, layer, SHEET, values)
    assert kernels.cover.picture.shows == "kernels"


def test_without_an_input_there_is_no_activation():
    for path in (GPT2, VIT, RESNET):
        network = opened(path)
        for layer in network.layers:
            for level in (SHEET, COVER):
                for plane in planes(network, layer, level, nothing):
                    assert plane.cover is None or plane.cover.picture.shows in ("norms", "kernels"), layer.name
    assert all(plane.cover is None for plane in planes(network, network.layer("/maxpool/MaxPool"), COVER, nothing))


def test_arcs_are_the_mean_of_the_heads(gpt2):
    network, values = gpt2
    for layer in network.layers:
        if layer.op != "Attention":
            continue
        made = arcs(layer, values(layer))
        mean = values(layer).reshape(4, 16, 16).mean(0, dtype=np.float64)
        assert np.allclose(made.value, mean[made.target, made.source], rtol=1e-6)
        assert len(made) == np.count_nonzero(mean) == made.total == 136  # no token sees those behind it
        assert made.heads == 4 and (made.source <= made.target).all()
        assert np.isclose(made.full, np.percentile(made.value, 98), rtol=1e-6)
        others = np.where(np.tri(16, k=-1, dtype=bool) & (np.arange(16) > 0), mean, -1)
        assert made.liveliest == np.unravel_index(others.argmax(), others.shape)[0]


def test_of_many_tokens_each_keeps_those_that_it_looks_at_most(tmp_path):
    count = EACH + 9
    scores = seeded(1, 3, count, count)
    pattern = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    network = opened(VIT)
    layer = next(layer for layer in network.layers if layer.op == "Attention")
    grid = Grid(3, count, count, (count * count, count, 1))
    made = arcs(replace(layer, grid=grid), pattern.ravel())
    mean = pattern[0].mean(0)
    assert len(made) == count * EACH and made.total == count * count
    for token in range(count):
        kept = set(made.source[made.target == token])
        assert kept == set(np.argsort(-mean[token])[:EACH])


def test_arcs_join_what_attention_reads_and_what_it_changes(gpt2):
    network, _ = gpt2
    layer = next(layer for layer in network.layers if layer.op == "Attention")
    source, target = ends(network, layer)
    assert source in layer.inputs and layer.name in network.layer(target).inputs
    assert network.layer(target).op == "Add"


def test_levels_that_nobody_has_chosen():
    network = opened(GPT2)
    assert default_details(network, False, False, ()) == {}  # a network beside no books keeps its cells
    for ran in (False, True):
        levels = default_details(network, True, ran, ())
        assert {network.layer(name).op for name in levels} >= {"Attention", "Add"}
        assert set(levels.values()) == {SHEET} and "input_ids" not in levels
    network = opened(RESNET)
    at_rest, ran = (default_details(network, True, given, ("/fc/Gemm",)) for given in (False, True))
    assert set(at_rest.values()) == set(ran.values()) == {COVER} and "/fc/Gemm" not in at_rest
    assert {"/conv1/Conv", "/maxpool/MaxPool"} <= ran.keys()
    assert "/fc/Gemm" in default_details(network, True, False, ())  # its cells would show biases alone


def test_the_first_block_with_attention_is_open():
    network = opened(GPT2)
    closed = closed_at_first(network)
    attends = [path for path in network.closed if any("attn" in name for name in network.block_by_path[path].layers)]
    first = min(attends, key=lambda path: network.blocks.index(network.block_by_path[path]))
    assert has_attention(network) and first.endswith("h.0") and closed < network.closed
    others = network.closed - closed - {first}
    assert first not in closed and set(attends) - {first} <= closed
    assert all(network.block_by_path[path].stage and len(network.block_by_path[path].layers) < 4 for path in others)
    for path in (RESNET, ZOO / "unet.onnx"):
        assert closed_at_first(opened(path)) == opened(path).closed


def test_a_small_network_of_tokens_has_its_repeats_closed():
    network = opened(ZOO.parent / "inferred" / "bert.safetensors")
    assert not network.closed and has_attention(network)
    (repeats,) = [block for block in network.blocks if block.repeat > 1]
    assert closed_at_first(network) == set(repeats.children[1:])


def test_planes_are_as_large_as_they_say(gpt2):
    network, _ = gpt2
    sizes = PlaneSizes(network)
    wished = {layer.name: Wish(SHEET) for layer in network.layers}
    drawn = share_out(network, 1000, wished)
    flat = shapes(network, drawn, True)
    for layer in network.layers:
        made = sizes.of(layer)
        if not is_tokens(layer):
            continue
        assert all(0 < side <= 2 * HEIGHT for size in made.sizes.values() for side in size)
        assert drawn[layer.name].size == 1
        deep, wide, high = flat[layer.name].size
        assert wide >= max(width for width, _ in made.sizes.values())
        for place, (_, height) in made.sizes.items():
            along, up = made.middles.get(place, (0.0, 0.0))
            assert abs(up) + height / 2 <= high / 2 + 0.2 and abs(along) <= deep / 2 + 0.2
        if layer.op == "Attention":
            assert made.middles["above"][0] < 0 < made.middles["ahead"][0]
            assert made.middles["above"][1] == made.middles["ahead"][1] == UP
    hidden, narrow = network.layer("/transformer/h.0/mlp/c_fc/Gemm"), network.layer("/transformer/h.0/Add")
    assert sizes.of(hidden).sizes["below"][0] == 2 * sizes.of(narrow).sizes["below"][0]  # four times the features


def test_branches_of_sheets_stand_behind_one_another():
    network = opened(ZOO.parent / "inferred" / "llama.safetensors")
    layers = [layer for layer in network.layers if is_tokens(layer)]
    sizes = PlaneSizes(network)
    pieces = [Piece(one.name, tuple(one.inputs), sizes.of(one).size, apart=sizes.of(one).apart) for one in layers]
    places = arrange(pieces, (), settings_of_shelf(LayoutSettings(longest=0), sheets=True)).places
    assert len({place.lane for place in places.values()}) == 1
    along = [place.location[0] for place in places.values()]
    assert sorted(along) == along and len(set(along)) == len(along)  # in the order of the network


def test_a_network_of_few_weights_keeps_its_cells(tmp_path):
    """Where lines show every weight; one matrix too large, and all open as planes."""
    for width, planes_shown in ((20, False), (41, True)):
        weights = {"a.weight": seeded(width, 9), "b.weight": seeded(5, width), "b.bias": seeded(5)}
        safetensors.numpy.save_file(weights, tmp_path / f"{width}.safetensors")
        network = opened(tmp_path / f"{width}.safetensors")
        assert bool(default_details(network, False, False, ())) == planes_shown
