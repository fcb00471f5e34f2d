# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Books in a scene: their faces against the run and the file, and what becomes of them."""

from types import SimpleNamespace

import numpy as np
import pytest

from neuroscene.addon.colormaps.value import LEAST_NOT_FINITE
from neuroscene.addon.gltf import export
from neuroscene.addon.layout import HEIGHT
from neuroscene.addon.layout import books as sizes
from neuroscene.addon.network.covers import cover
from neuroscene.addon.network.page_bars import bars
from neuroscene.addon.network.pages import pages
from neuroscene.addon.scene.building import books
from neuroscene.addon.scene.entities import Book
from neuroscene.addon.scene.looks import painting, styles
from neuroscene.addon.scene.texts import words
from scene import exported, look
from scene.glb import Glb
from scene.shelf import BAR, COVER, PAGE, faces, scene_with_books


@pytest.fixture
def resnet(tmp_path):
    return scene_with_books(tmp_path, look.RESNET, ("layer1", "layer2", "layer4"))


# numbers


def test_every_cell_is_a_number_of_the_run(resnet):
    for path, obj in resnet.books.items():
        made, _ = faces(resnet, obj)
        layer = resnet.model.layer(resnet.blocks[path].layers[-1])
        tensor = resnet.values(layer).reshape(layer.grid.units, layer.grid.rows, layer.grid.columns)
        mine = made["part"] == COVER
        place = tuple(made[name][mine] for name in ("unit", "row", "column"))
        assert mine.sum() == layer.size and len({*zip(*place, strict=True)}) == layer.size
        assert np.allclose(made["value"][mine], tensor[place], rtol=1e-4, atol=1e-5)
        facts = Book(obj)
        assert (facts.shows, facts.meaning, facts.layers) == ("maps", "activation", [layer.name])
        assert (facts.units, facts.units_of, facts.chosen) == (layer.grid.units, layer.grid.units, False)
        side = layer.grid.rows
        assert words.of_cover(facts) == f"all {layer.grid.units} maps, {side} × {side}"
        assert facts.pages == [page.layer.name for page in pages(resnet.model, resnet.blocks[path])]
        assert np.isclose(look.inputs(obj)["Range"], np.percentile(tensor[tensor > 0], 97), rtol=1e-4)


def test_every_bar_is_a_mean_of_the_run(resnet):
    obj, block = resnet.books["layer4"], resnet.blocks["layer4"]
    made, _ = faces(resnet, obj)
    for number, page in enumerate(pages(resnet.model, block)):
        channels = resnet.values(page.layer).reshape(page.channels, -1).mean(1, dtype=np.float64)
        edges = np.linspace(0, page.channels, 11).astype(int)
        means = [channels[a:b].mean() for a, b in zip(edges[:-1], edges[1:], strict=True)]
        mine = (made["part"] == BAR) & (made["unit"] == number)
        assert np.allclose(made["value"][mine], np.repeat(means, 4), rtol=1e-4, atol=1e-6)
        assert np.array_equal(made["row"][mine], np.repeat(np.arange(10), 4))
        leaves = made["value"][(made["part"] == PAGE) & (made["unit"] == number)]
        assert np.allclose(leaves, np.mean(means), rtol=1e-4, atol=1e-6) and len(leaves) == 2


def test_without_an_input_there_is_no_activation(tmp_path):
    shown = scene_with_books(tmp_path, look.RESNET, ("layer3",), given=False)
    obj, block = shown.books["layer3"], shown.blocks["layer3"]
    made, _ = faces(shown, obj)
    expected = cover(shown.model, block, lambda layer: None).picture
    mine = made["part"] == COVER
    assert np.array_equal(made["value"][mine], expected.values)
    tile, row, column = expected.cells
    assert np.array_equal(made["unit"][mine], expected.layer[tile])
    assert np.array_equal(made["row"][mine], row) and np.array_equal(made["column"][mine], column)
    facts = Book(obj)
    assert (facts.shows, facts.meaning, facts.heads) == ("norms", "kernel norm", "")
    assert set(facts.bars) == {"mean kernel norm"} and words.of_cover(facts) == "weights of 5 layers"
    assert look.facts(look.inputs(obj)["Cover Material"])["role"] == "norms"
    edges = bars(shown.model, pages(shown.model, block), lambda layer: None)
    assert np.allclose(made["value"][made["part"] == BAR], np.repeat(edges.value, 4))


def test_a_run_is_shown_in_place(tmp_path):
    shown = scene_with_books(tmp_path, look.RESNET, ("layer3",), given=False)
    obj, block = shown.books["layer3"], shown.blocks["layer3"]
    look.set_input(obj, "Gamma", 0.5)  # a designer's own
    books.show(obj, shown.model, block, shown.ran)
    made, _ = faces(shown, obj)
    layer = shown.model.layer(block.layers[-1])
    assert (made["part"] == COVER).sum() == layer.size and Book(obj).shows == "maps"
    assert np.allclose(made["value"][made["part"] == COVER], shown.values(layer), rtol=1e-4, atol=1e-5)
    assert look.facts(look.inputs(obj)["Cover Material"])["role"] == "maps"
    assert look.inputs(obj)["Gamma"] == 0.5
    books.show(obj, shown.model, block, None)
    assert Book(obj).shows == "norms" and look.facts(look.inputs(obj)["Cover Material"])["role"] == "norms"


def test_what_is_not_finite_has_the_shade_of_that(resnet):
    block = resnet.blocks["layer1"]
    layer = resnet.model.layer(block.layers[-1])
    wrong = resnet.ran.values[layer.shown].copy()
    wrong.ravel()[3], wrong.ravel()[700] = np.nan, -np.inf
    resnet.ran.values[layer.shown] = wrong
    books.show(resnet.books["layer1"], resnet.model, block, resnet.ran)
    made, _ = faces(resnet, resnet.books["layer1"])
    cells = made["part"] == COVER
    assert np.array_equal(np.nonzero(made["shade"][cells] > LEAST_NOT_FINITE)[0], [3, 700])
    assert np.isnan(made["value"][cells][3]) and made["value"][cells][700] == -np.inf


# in the scene


def test_a_book_is_one_mesh_and_as_large_as_it_says(resnet):
    for path, obj in resnet.books.items():
        shown = pages(resnet.model, resnet.blocks[path])
        depth, side, height = sizes.book_size([one.channels for one in shown], [one.ends_block for one in shown])
        made, corners = faces(resnet, obj)
        assert obj.evaluated_get(look.evaluate(resnet.network)).evaluated_geometry().instances_pointcloud() is None
        low, high = corners.reshape(-1, 3).min(0), corners.reshape(-1, 3).max(0)
        assert np.isclose(high[0] - low[0], depth, atol=1e-4)
        assert np.isclose(high[1] - low[1], side + 0.02 * HEIGHT, atol=1e-4)
        assert np.isclose(high[2], height / 2, atol=0.02 * HEIGHT)
        assert obj.parent == look.boxes(resnet.network)[path]


def test_a_refusal_leaves_nothing(resnet, monkeypatch):
    def refuse(*args):
        raise ValueError("broken")

    before = look.blocks()
    monkeypatch.setattr(books, "cover", refuse)
    with pytest.raises(ValueError, match="broken"):
        books.make(resnet.model, resnet.blocks["layer3"], look.boxes(resnet.network)["layer3"], None, {})
    assert look.blocks() == before


def test_export_has_cells_in_their_places_and_colours(resnet, tmp_path):
    export.export(tmp_path / "out.glb")
    file = Glb(tmp_path / "out.glb")
    for path, obj in resnet.books.items():
        made, corners = faces(resnet, obj)
        mine = made["part"] == COVER
        facts = file.facts(obj.name)
        layer = resnet.model.layer(resnet.blocks[path].layers[-1])
        assert facts["kind"] == "book" and facts["value_is"] == "activation" and facts["cells"] == mine.sum()
        assert facts["grid"] == [layer.grid.units, layer.grid.rows, layer.grid.columns] and facts["noun"] == "map"
        assert np.array_equal(file.instanced(obj.name, "_VALUE"), made["value"][mine])
        for name in ("unit", "row", "column"):
            assert np.array_equal(file.instanced(obj.name, f"_{name.upper()}"), made[name][mine])
        places = look.world(obj, look.evaluate(resnet.network), corners[mine])
        matrices = file.instances(obj.name)
        assert np.allclose(matrices[:, :3, 3], places.mean(1), atol=1e-4)
        square = np.array([[0, y, z] for y in (-0.5, 0.5) for z in (-0.5, 0.5)])
        reached = np.einsum("nij,kj->nki", matrices[:, :3, :3], square) + matrices[:, None, :3, 3]
        assert np.allclose(reached.min(1), places.min(1), atol=1e-4)
        assert np.allclose(reached.max(1), places.max(1), atol=1e-4)
        colours = exported.ramp(look.inputs(obj)["Cover Material"], made["shade"][mine])
        assert np.abs(file.instanced(obj.name, "_COLOR_0")[:, :3] - colours).max() <= exported.HALF
        bars = np.isin(made["part"], (BAR, PAGE))
        rest = file.colours(f"{obj.name} pages")[::4][: len(bars) - mine.sum(), :3]
        colours = exported.ramp(look.inputs(obj)["Page Material"], made["shade"][bars])
        assert np.abs(rest[bars[~mine]] - colours).max() <= exported.HALF
    for suffix in (".html", ".usdc"):
        export.export(tmp_path / f"out{suffix}")


def test_styles_paint_books(resnet):
    part = painting.part_of(SimpleNamespace(), resnet.network)
    styles.apply(styles.STYLES["Paper"], part)
    for obj in resnet.books.values():
        given = look.inputs(obj)
        for socket, role in (("Cover Material", "maps"), ("Page Material", "pages"), ("Plate Material", "boards")):
            known = painting.settings_of(given[socket])
            wanted = styles.STYLES["Paper"].materials[role]
            assert known.get("Map") == wanted.get("Map")
            assert known["Roughness"] == wanted["Roughness"]
