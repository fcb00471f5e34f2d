# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cells are drawn: a fair share for every layer, and exact indices."""

import numpy as np
import pytest

from neuroscene.addon.network import Grid
from neuroscene.addon.network.drawn import CELLS, FEW_CELLS, FEW_TILES, LEVELS, MAPS, Wish, allocate, share_out
from unit.make import model, network, node, seeded


@pytest.mark.parametrize("seed", range(20))
def test_allocation_is_fair(seed):
    random = np.random.default_rng(seed)
    sizes = [int(size) for size in random.integers(1, 10 ** random.integers(1, 7), random.integers(1, 30))]
    limit = int(random.integers(0, 10 ** random.integers(1, 7)))
    room = allocate(sizes, limit)
    assert all(1 <= share <= size for share, size in zip(room, sizes, strict=True))
    assert sum(room) <= max(limit, len(sizes))
    cut = [share for share, size in zip(room, sizes, strict=True) if share < size]
    whole = [share for share, size in zip(room, sizes, strict=True) if share == size]
    if cut:
        assert max(cut) == min(cut)
        assert max(whole, default=0) <= max(cut)  # who got all needed no more than the others got
        assert sum(room) >= limit - len(sizes)


def test_allocation_does_not_depend_on_the_order():
    sizes = [5, 100, 7, 3000, 1]
    room = allocate(sizes, 200)
    assert allocate(sizes[::-1], 200) == room[::-1]
    assert allocate(sizes, 10_000) == sizes


SHAPES = [(1, 300), (1, 64, 40, 30), (1, 3, 100, 100), (1, 2000, 3, 3), (1, 50, 70), (1, 2, 8, 9, 10), (1, 90, 90, 3)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("limit", [1, 2, 50, 1000, 10**6])
def test_thinned_layers_keep_exact_indices(shape, limit, tmp_path):
    found = network(tmp_path, model([node("Relu", ["x"], ["y"])], {"x": shape}, {"y": shape}))
    for layer, drawn in zip(found.layers, share_out(found, limit).values(), strict=True):
        size, room = int(np.prod(shape)), max(1, limit // 2)
        maps = layer.grid.is_map and layer.grid.units > 1
        assert layer.size == size
        assert drawn.size <= room and drawn.whole == (size <= room)
        assert (drawn.detail == CELLS) == (size <= room or room >= (FEW_CELLS if maps else FEW_TILES))
        assert drawn.detail != MAPS or maps and room >= min(FEW_TILES, layer.grid.units)
        check(layer, drawn)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("cells", [1, 7, 400, 10**6])
def test_a_wish_is_granted(shape, level, cells, tmp_path):
    found = network(tmp_path, model([node("Relu", ["x"], ["y"])], {"x": shape}, {"y": shape}))
    layer = found.layer("y")
    drawn = share_out(found, 1000, {"y": Wish(level, cells)})["y"]
    assert drawn.detail == (CELLS if level == MAPS and not layer.grid.is_map else level)
    assert drawn.size <= cells
    check(layer, drawn)


def check(layer, drawn):
    """Drawn cells are cells of the layer; each element is found at the one that shows it, and sampled with it."""
    size = layer.size
    unit, row, column = (one.astype(np.int64) for one in drawn.cells)
    assert 1 <= len(unit) == drawn.size == len(np.unique(drawn.flat))
    np.testing.assert_array_equal(drawn.flat, np.stack([unit, row, column], 1) @ np.array(layer.grid.strides))
    assert drawn.flat.min() >= 0 and drawn.flat.max() < size
    np.testing.assert_array_equal(drawn.find(drawn.flat), np.arange(drawn.size))
    np.testing.assert_array_equal(unit[drawn.middle(drawn.units)], drawn.units)
    of = unit_of(layer.grid)
    shown_at = {CELLS: np.arange(size), MAPS: of}.get(drawn.detail, np.zeros(size, int))
    shown = {CELLS: drawn.flat, MAPS: drawn.units}.get(drawn.detail, np.zeros(1, int))
    expected = np.full(size, -1)
    expected[shown] = np.arange(len(shown))
    np.testing.assert_array_equal(drawn.find(np.arange(size)), expected[shown_at])
    values = seeded(size).astype(np.float64)
    means = np.bincount(shown_at, values) / np.maximum(1, np.bincount(shown_at))
    np.testing.assert_allclose(drawn.sample(values), means[shown], atol=1e-12)


def unit_of(grid):
    """The unit of every element, by way of its cell."""
    cells = np.stack(np.meshgrid(*map(np.arange, (grid.units, grid.rows, grid.columns)), indexing="ij"), -1)
    cells = cells.reshape(-1, 3)
    found = np.empty(grid.size, int)
    found[cells @ np.array(grid.strides)] = cells[:, 0]
    return found


@pytest.mark.parametrize("shape", [(5,), (4, 6), (3, 4, 5), (3, 2, 4, 5), (2, 2, 3, 4, 5)])
@pytest.mark.parametrize("channels", [0, -1, None])
def test_a_grid_reaches_every_element_once(shape, channels):
    if channels is None and len(shape) != 2:
        channels = 0
    grid = Grid.of(shape, channels)
    cells = np.stack(np.meshgrid(*map(np.arange, (grid.units, grid.rows, grid.columns)), indexing="ij"), -1)
    flat = cells.reshape(-1, 3) @ np.array(grid.strides)
    assert sorted(flat) == list(range(int(np.prod(shape))))
    if channels == -1 and len(shape) > 1:
        assert grid.units == shape[-1] and grid.columns == shape[-2]


def test_a_picture_with_colours_last_has_its_colours_as_units(tmp_path):
    nodes = [node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]), node("Relu", ["t"], ["y"])]
    found = network(tmp_path, model(nodes, {"x": (1, 8, 9, 3)}, {"y": None}))
    assert [(one.grid.units, one.grid.rows, one.grid.columns) for one in found.layers] == [(3, 8, 9)] * 3
    assert found.layers[0].grid.strides == (1, 27, 3) and found.layers[1].grid.strides == (72, 9, 1)


def test_a_layer_too_large_shows_its_strongest_units(tmp_path):
    weight = seeded(40, 200)
    weight[:, [3, 77, 150]] *= 100
    nodes = [node("MatMul", ["x", "w"], ["m"]), node("Relu", ["m"], ["y"])]
    found = network(tmp_path, model(nodes, {"x": (1, 40)}, {"y": (1, 200)}, {"w": weight}))
    drawn = share_out(found, 40)
    assert set(drawn["m"].units) >= {3, 77, 150}
    np.testing.assert_array_equal(drawn["m"].units, drawn["y"].units)


@pytest.mark.parametrize("limit", [1, 10, 500])
def test_every_layer_gets_a_cell_and_small_ones_get_all(limit, tmp_path):
    nodes = [node("Gemm", ["x", "w"], ["small"]), node("Gemm", ["small", "v"], ["large"])]
    found = network(tmp_path, model(nodes, {"x": (1, 9)}, {"large": None}, {"w": seeded(9, 3), "v": seeded(3, 5000)}))
    drawn = share_out(found, limit)
    assert all(one.size >= 1 for one in drawn.values())
    assert sum(one.size for one in drawn.values()) <= max(3, limit)
    assert drawn["small"].whole == (limit >= 10)
