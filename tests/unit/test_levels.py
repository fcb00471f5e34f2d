# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Levels of a U-Net, and the gaps between books."""

import numpy as np
import pytest

from neuroscene.addon.layout.arrange import Piece, arrange
from neuroscene.addon.layout.layered import LayoutSettings
from neuroscene.addon.layout.shapes import HEIGHT
from neuroscene.addon.layout.shelf import DOWN, SLANT, settings_of_shelf
from neuroscene.addon.network import summarise
from neuroscene.addon.network.levels import levels
from neuroscene.addon.structure import open_checkpoint


def test_a_u_goes_down_and_up(root):
    network = summarise(open_checkpoint(root / "tests/data/zoo/unet.onnx"))
    known = levels(network)
    assert known.keys() == {layer.name for layer in network.layers}
    for layer in network.layers:
        if layer.grid.is_map:
            assert layer.grid.rows == 64 >> known[layer.name], layer.name
    walked = [known[layer.name] for layer in network.layers]
    bottom = walked.index(3)
    assert walked[:bottom] == sorted(walked[:bottom]) and walked[-1] == 0


@pytest.mark.parametrize("name", ["resnet18", "densenet", "inception", "bert", "vit", "lstm", "mobilenet_v3"])
def test_others_are_no_u(root, name):
    assert levels(summarise(open_checkpoint(root / f"tests/data/zoo/{name}.onnx"))) == {}


def row(count, level=lambda number: 0):
    side = (1.0, HEIGHT, HEIGHT)
    return [Piece(f"p{i}", (f"p{i - 1}",) if i else (), side, level=level(i)) for i in range(count)]


@pytest.mark.parametrize("count", [1, 2, 5, 12, 30])
def test_a_row_is_slanted_and_closer_to_the_camera_it_is_closer(count):
    arrangement = arrange(row(count), (), settings_of_shelf(LayoutSettings()))
    places = np.array([arrangement.places[f"p{i}"].location for i in range(count)])
    for number in {place.row for place in arrangement.places.values()}:
        mine = np.array([arrangement.places[f"p{i}"].row == number for i in range(count)])
        along, aside = places[mine, 0], places[mine, 1]
        np.testing.assert_allclose(np.diff(aside), np.diff(along) * np.tan(SLANT), atol=1e-6)
        gaps = np.diff(along) - 1.0
        assert (gaps > 0).all() and (np.diff(gaps) < 1e-6).all()


def test_a_u_stands_in_storeys():
    arrangement = arrange(row(7, lambda number: 3 - abs(number - 3)), (), settings_of_shelf(LayoutSettings()))
    heights = [arrangement.places[f"p{i}"].location[2] for i in range(7)]
    np.testing.assert_allclose(heights, [-DOWN * (3 - abs(i - 3)) for i in range(7)], atol=1e-6)
