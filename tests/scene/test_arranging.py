# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arranging anew: as a fresh import would, but for what was moved by hand; and no two layers meet."""

from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np
import pytest

from neuroscene.addon.layout.shelf import settings_of_shelf
from neuroscene.addon.scene.building import blocks, build, unfolding
from neuroscene.addon.scene.editing import arranging
from scene import look

MODELS = sorted(path.stem for path in look.ZOO.glob("*.onnx"))
DIRECTIONS = {"X": (0, 1), "-X": (0, -1), "Y": (1, 1), "-Y": (1, -1), "Z": (2, 1), "-Z": (2, -1)}
ONE_ROW = arranging.LayoutSettings(longest=0)


def zoo(name, layout=None, **settings):
    layout = {"layout": layout} if layout else {}
    known = {"max_cells": 3_000, "lines_a_pair": 12, "fold_repeats": True}
    return look.build(look.ZOO / f"{name}.onnx", **known | layout | settings)


def arrange(network, **changes) -> int:
    return arranging.rearrange(network, replace(arranging.settings_of(network), **changes))


def matrices(network, kinds=("layer", "block")) -> dict[tuple[str, str], np.ndarray]:
    """Where layers and blocks are in the world as they are evaluated, by kind and by name or path."""
    depsgraph = look.evaluate(network)
    named = {("layer", name): one for name, one in look.layers(network).items()} | {
        ("block", path): one for path, one in look.boxes(network).items()
    }
    return {key: np.array(one.evaluated_get(depsgraph).matrix_world) for key, one in named.items() if key[0] in kinds}


def check_same(network, expected: dict, but=()):
    found = matrices(network)
    for key, matrix in expected.items():
        if key[1] not in but:
            assert np.allclose(found[key], matrix, atol=1e-4), key


def check_as_imported(network, fresh):
    """Layers, trays, boxes and the lines between them are all where they are in the other network."""
    check_same(network, matrices(fresh))
    here, there = look.evaluate(network), look.evaluate(fresh)
    for path, box in look.boxes(network).items():
        expected = look.box_points(look.boxes(fresh)[path], there)
        assert np.allclose(look.box_points(box, here), expected, atol=1e-4), path
    for ends, bundle in look.bundles(network).items():
        expected = look.curve_places(look.bundles(fresh)[ends], there)
        assert np.allclose(look.curve_places(bundle, here), expected, atol=1e-3), ends


def check_apart(network, but=()):
    """No two boxes of layers, or of folded blocks, meet."""
    depsgraph, boxes = look.evaluate(network), {}
    for name, thing in look.layers(network).items():
        if name not in but and not look.folded(network, look.facts(thing)["block"]):
            boxes[name] = look.corners(thing, depsgraph).reshape(-1, 3)
    for path, box in look.boxes(network).items():
        if look.inputs(box)["Fold"] == 1 and not look.folded(network, look.facts(box)["parent"]):
            boxes[path] = look.box_points(box, depsgraph)
    assert len(boxes) > 3
    ends = {name: (points.min(0), points.max(0)) for name, points in boxes.items()}
    for (one, (low, high)), (other, (bottom, top)) in combinations(ends.items(), 2):
        room = np.maximum(low - top, bottom - high).max()
        assert room > 0, (one, other, room)


@pytest.mark.parametrize("name", MODELS)
def test_no_two_layers_meet(blank, name):
    """At import, and after each turn of the whole; and all lines still end on their cells."""
    network = zoo(name)
    check_apart(network)
    for direction in [*DIRECTIONS, "X"] if name in ("unet", "gpt2") else ["-Y", "Z", "X"]:
        assert arrange(network, direction=direction) == 0
        check_apart(network)
        look.check_ends(network)


@pytest.mark.parametrize("name", ["unet", "gpt2"])
def test_directions_are_those_of_a_fresh_import(blank, name):
    network = zoo(name)
    for direction in DIRECTIONS:
        check_direction(network, name, direction)


def check_direction(network, name, direction):
    arrange(network, direction=direction, snake=False, longest=0)
    fresh = zoo(name, arranging.LayoutSettings(direction=direction, snake=False, longest=0))
    check_as_imported(network, fresh)
    assert arranging.settings_of(network) == arranging.settings_of(fresh)
    axis, sign = DIRECTIONS[direction]
    places = {name: sign * matrix[axis, 3] for (_, name), matrix in matrices(network, ("layer",)).items()}
    layers = look.layers(network)
    closed = {name for name, one in layers.items() if look.folded(network, look.facts(one)["block"])}
    for source, target in look.bundles(network):
        if source != target and not {source, target} & closed:
            assert places[source] < places[target], (source, target)


def test_every_direction_is_the_same_turned(blank):
    network = look.build(look.CNN, max_cells=3_000, layout=ONE_ROW)
    along = np.array([matrix[0, 3] for matrix in matrices(network).values()])
    for direction, (axis, sign) in DIRECTIONS.items():
        arrange(network, direction=direction)
        found = np.array([matrix[:3, 3] for matrix in matrices(network).values()])
        assert np.allclose(found[:, axis], sign * along, atol=1e-4)
        assert np.allclose(np.delete(found, axis, 1), 0, atol=1e-4)
        for matrix in matrices(network).values():
            assert np.isclose(np.linalg.det(matrix[:3, :3]), 1)  # nothing is mirrored


def test_spacing_is_a_factor_on_the_gaps(blank):
    network = look.build(look.CNN, max_cells=3_000, layout=ONE_ROW)

    def gaps():
        arranged = [look.facts(one) for one in look.layers(network).values()]
        places = [matrix[0, 3] for matrix in matrices(network).values()]
        return [
            b - a - (one["size"][0] + other["size"][0]) / 2
            for a, b, one, other in zip(places, places[1:], arranged, arranged[1:], strict=False)
        ]

    before = gaps()
    assert min(before) > 0
    for factor in (0.5, 2.0):
        arrange(network, spacing=factor)
        assert np.allclose(gaps(), np.multiply(before, factor), atol=1e-4)
        check_apart(network)
        look.check_ends(network)


def test_rows(blank):
    """A long network wraps; the next row is below, and runs to and fro or all from the left."""
    network = zoo("gpt2", fold_repeats=False)

    def rows():
        found = {}
        for name, one in look.layers(network).items():
            found.setdefault(look.facts(one)["row"], []).append(matrices(network)["layer", name][:3, 3])
        return [np.array(places) for _, places in sorted(found.items())]

    for snake in (True, False):
        arrange(network, longest=60.0, snake=snake)
        check_apart(network)
        found = rows()
        assert len(found) > 2
        for number, (row, after) in enumerate(zip(found, found[1:], strict=False)):
            assert row[:, 2].min() > after[:, 2].max()
            assert np.sign(row[-1, 0] - row[0, 0]) == (-1 if snake and number % 2 else 1)
    arrange(network, longest=0.0)
    assert len(rows()) == 1
    check_as_imported(network, zoo("gpt2", ONE_ROW, fold_repeats=False))


def test_arranging_again_changes_nothing(blank):
    for name in ("bert", "mobilenet_v3", "unet"):
        network = zoo(name)
        before = look.geometry(network)
        assert arrange(network) == 0
        after = look.geometry(network)
        assert before.keys() == after.keys()
        assert all(np.allclose(before[one], after[one], atol=1e-4) for one in before)


@cache
def fresh_matrices(direction, spacing) -> dict[tuple[str, str], np.ndarray]:
    """Of an import with these settings."""
    settings = arranging.LayoutSettings(direction=direction, spacing=spacing, longest=arranging.LONGEST)
    return matrices(zoo("resnet18", settings, fold_repeats=False))


@pytest.mark.parametrize("free", ["image", "/layer2/layer2.1/conv1/Conv"], ids=["outside", "in a block"])
def test_a_layer_moved_by_hand_stays(blank, free):
    network = zoo("resnet18", fold_repeats=False)
    look.layers(network)[free].location.y -= 7.0
    look.layers(network)[free].location.z += 12.0
    by_hand = matrices(network)["layer", free]
    others = [key for key in matrices(network, ("layer",)) if key[1] != free]
    for direction, spacing in (("X", 1.7), ("Y", 1.0), ("-X", 1.0)):
        assert arrange(network, direction=direction, spacing=spacing) == 1
        found = matrices(network)
        assert np.allclose(found["layer", free][:3, 3], by_hand[:3, 3], atol=1e-4)
        fresh = fresh_matrices(direction, spacing)
        assert all(np.allclose(found[key], fresh[key], atol=1e-4) for key in others)
        check_apart(network, [free])
        look.check_ends(network)


def test_a_block_moved_by_hand_stays_with_its_layers(blank):
    network = zoo("resnet18", fold_repeats=False)
    box = look.boxes(network)["layer2"]
    box.location.z += 25.0
    inside = set(look.facts(box)["layers"])
    before = matrices(network)
    for changes in ({"direction": "Y"}, {"direction": "X", "spacing": 1.5}, {"spacing": 1.0}):
        assert arrange(network, **changes) == len(inside)
        found = matrices(network)
        for name in inside:
            assert np.allclose(found["layer", name][:3, 3], before["layer", name][:3, 3], atol=1e-4), name
        look.check_ends(network)
        settings = arranging.settings_of(network)
        fresh = matrices(zoo("resnet18", settings, fold_repeats=False))
        for key in found:
            if key[0] == "layer" and key[1] not in inside:
                assert np.allclose(found[key], fresh[key], atol=1e-4), key
    check_apart(network, inside)


def test_what_was_moved_can_be_put_back(blank):
    network = zoo("resnet18", fold_repeats=False)
    before = matrices(network)
    look.boxes(network)["layer3"].location.y += 9
    look.layers(network)["image"].location.z += 4
    look.layers(network)["/layer3/layer3.0/Add"].location.x -= 3
    assert arrange(network) > 1
    assert arranging.rearrange(network, arranging.settings_of(network), arranging.by_hand(network)) == 0
    check_same(network, before)
    assert arranging.by_hand(network) == []


@pytest.mark.parametrize("path", ["layer2", "layer2/layer2.1"])
def test_folding_closes_the_gap(blank, path):
    network = zoo("resnet18", arranging.LayoutSettings(longest=0), fold_repeats=False)
    before, geometry = matrices(network), look.geometry(network)

    def length():
        found = matrices(network)
        return found["layer", "/fc/Gemm"][0, 3] - found["layer", "image"][0, 3]

    whole = length()
    look.set_input(look.boxes(network)[path], "Fold", 1.0)
    check_same(network, before)  # until it is arranged anew
    assert arrange(network) == 0
    assert length() < whole - 5.0
    check_apart(network)
    look.check_ends(network)
    assert np.allclose(matrices(network)["layer", "image"], before["layer", "image"], atol=1e-4)
    look.set_input(look.boxes(network)[path], "Fold", 0.0)
    assert arrange(network) == 0
    check_same(network, before)
    after = look.geometry(network)
    assert all(np.allclose(after[name], geometry[name], atol=1e-3) for name in geometry)


def test_unfolding_the_repeats_gives_the_whole_network(blank):
    """The layers of folded blocks stand where they would; opened and arranged, all is as if nothing had been folded."""
    network = zoo("vit")
    paths = list(look.boxes(network))
    build.finish(unfolding.build_steps(network, paths))
    blocks.fold(network, paths, 0.0)
    arrange(network)
    check_as_imported(network, zoo("vit", settings_of_shelf(build.Settings().layout, sheets=True), fold_repeats=False))
    check_apart(network)


def test_a_moved_and_turned_root_does_not_matter(blank):
    network = zoo("unet")
    root = look.one_of(network, "root")
    root.location, root.rotation_euler, root.scale = (4, 5, -6), (0.3, -0.2, 1.0), (1.5, 1.5, 1.5)
    before = matrices(network)
    arrange(network, direction="Y")
    arrange(network, direction="X")
    check_same(network, before)
    look.check_ends(network)
