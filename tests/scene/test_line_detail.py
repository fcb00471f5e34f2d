# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines open level by level, without Python: each evaluated line against the operator's formula, written as loops."""

import bpy
import numpy as np
import pytest

from neuroscene.addon.network.drawn import Wish
from neuroscene.addon.scene.camera import picture
from neuroscene.addon.scene.detail import cell_detail, counting, expansion, requested_expansion
from scene import look
from unit.brute import cases
from unit.make import model, node, run, save, seeded

CASES = cases()
EVERYTHING = 1_000_000


class Evaluated:
    """The lines of a bundle as they are evaluated: the cells at both ends (unit, row, column) and the weight."""

    def __init__(self, network, bundle):
        self.depsgraph = look.evaluate(network)
        geometry = bundle.evaluated_get(self.depsgraph).evaluated_geometry()  # it owns the curves
        self.attributes = {
            one.name: look.array(geometry.curves.attributes, one.name)
            for one in geometry.curves.attributes
            if one.data_type in look.FIELDS
        }
        things, facts = look.layers(network), look.facts(bundle)
        self.weight = self.attributes["weight"]
        self.index = [self.attributes[end] for end in ("source", "target")]
        self.cells = [
            look.cells_of(things[facts[end]])[index]
            for end, index in zip(("source", "target"), self.index, strict=True)
        ]
        points = self.attributes["position"].astype(np.float64)
        self.points = look.world(bundle, self.depsgraph, points.reshape(len(self.weight), -1, 3))
        self.places = [look.cell_places(things[facts[end]], self.depsgraph) for end in ("source", "target")]

    def links(self):
        """{(source cell, target cell): weight}; no two lines may join the same cells."""
        pairs = [
            tuple(tuple(cell) for cell in pair) for pair in zip(*(one.tolist() for one in self.cells), strict=True)
        ]
        found = dict(zip(pairs, self.weight.tolist(), strict=True))
        assert len(found) == len(pairs)
        return found

    def check_ends(self):
        for end, index, places in zip((0, -1), self.index, self.places, strict=True):
            assert np.abs(self.points[:, end] - places[index]).max() < 1e-4


def opened(folder, made, **settings):
    """The scene of a model, and its bundle into y, which shows a level."""
    network = look.build(save(folder, made), **settings)
    (bundle,) = (one for (_, target), one in look.bundles(network).items() if target == "y")
    for name, value in (("Detail", "Expansion"), ("Most Lines", EVERYTHING)):
        look.set_input(bundle, name, value)
    return network, bundle


def at(network, bundle, level):
    look.set_input(bundle, "Expansion", float(level))
    return Evaluated(network, bundle)


def same(found, expected):
    assert found.keys() == expected.keys()
    assert np.allclose([found[one] for one in expected], list(expected.values()), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("case", CASES)
def test_every_level_joins_the_cells_that_the_operator_reads(case, blank, tmp_path):
    made, links, taps = CASES[case]
    network, bundle = opened(tmp_path, made)
    totals = [int(one) for one in look.facts(bundle)["counts"]]
    every = at(network, bundle, 3)
    same(every.links(), links)
    every.check_ends()
    assert len(every.weight) == totals[3] == len(links)
    shown = counting.shown(bundle, every.depsgraph)
    assert shown == (len(links), len(links))

    positions = {target[1:] for _, target in links}
    middle = tuple(size // 2 for size in look.facts(look.layers(network)["y"])["grid"][1:])
    if case == "neurons":
        middle = (0, 0)
    for place in (middle, min(positions), max(positions)):
        if place != middle:
            look.set_input(bundle, "Position Row", place[0])
            look.set_input(bundle, "Position Column", place[1])
        one = at(network, bundle, 2)
        same(one.links(), {pair: weight for pair, weight in links.items() if pair[1][1:] == place})
        one.check_ends()

    units = at(network, bundle, 1)
    assert len(units.weight) == totals[1]
    found = {(int(s[0]), int(t[0])): w for s, t, w in zip(*units.cells, units.weight, strict=True)}
    assert found.keys() == {(s[0], t[0]) for s, t in links}
    for (source, target), weight in found.items():
        stored = expanded(bundle)
        mine = (stored["detail"] == 2) & (stored["source_unit"] == source) & (stored["target_unit"] == target)
        assert not mine.any() and case == "neurons" or np.isclose(weight, stored["weight"][mine].sum(), atol=1e-5)
    for cells, name in zip(units.cells, ("source", "target"), strict=True):
        _, rows, columns = look.facts(look.layers(network)[look.facts(bundle)[name]])["grid"]
        assert (cells[:, 1:] == (rows // 2, columns // 2)).all()
    units.check_ends()


def expanded(bundle):
    """The attributes of what is stored for the levels."""
    stored = look.inputs(bundle)["Taps"].data
    return {name: look.array(stored.attributes, name) for name in expansion.ATTRIBUTES}


def test_all_lines_sum_up_to_what_the_network_computes(blank, tmp_path):
    made, _, _ = CASES["grouped"]
    network, bundle = opened(tmp_path, made)
    given = seeded(1, 6, 4, 5, seed=7)
    every = at(network, bundle, 3)
    total = np.zeros((4, 4, 5))
    for source, target, weight in zip(*every.cells, every.weight, strict=True):
        total[tuple(target)] += float(weight) * given[0][tuple(source)]
    assert np.allclose(total, run(made, {"x": given})[0][0], atol=1e-4)


@pytest.mark.parametrize("level, from_, to", [(1.25, 1, 2), (1.5, 1, 2), (2.5, 2, 3), (2.75, 2, 3)])
def test_between_levels_lines_are_on_their_way(level, from_, to, blank, tmp_path):
    """Ends are mixed of where they come from and where they go: the middle, the chosen position, each line's own."""
    network, bundle = opened(tmp_path, CASES["plain"][0])
    look.set_input(bundle, "Position Row", 2)
    look.set_input(bundle, "Position Column", 3)
    between, share = at(network, bundle, level), level - from_
    assert len(between.weight) == len(at(network, bundle, to).weight)
    before = [between.attributes[f"{end}_from"] for end in ("source", "target")]
    for end, index, old, places in zip((0, -1), between.index, before, between.places, strict=True):
        expected = places[old] * (1 - share) + places[index] * share
        assert np.abs(between.points[:, end] - expected).max() < 1e-4
    cells = [look.cells_of(look.layers(network)[name])[old] for name, old in zip("xy", before, strict=True)]
    if from_ == 1:
        assert (cells[0][:, 1:] == (2, 3)).all() and (cells[1][:, 1:] == (2, 3)).all()
    else:
        tap = [between.attributes[name] for name in ("tap_row", "tap_column")]
        assert (cells[1][:, 1:] == (2, 3)).all()
        assert np.array_equal(cells[0][:, 1:], np.stack([1 + tap[0], 2 + tap[1]], -1))  # 3 by 3 round (2, 3)


def test_a_bundle_closes_below_level_one(blank, tmp_path):
    """At level 0 all lines run through one point, so that there are as many legs as there are units."""
    network, bundle = opened(tmp_path, CASES["plain"][0])
    closed = at(network, bundle, 0)
    legs = {tuple(np.round(leg.ravel(), 3)) for part in (closed.points[:, :4], closed.points[:, 4:]) for leg in part}
    assert len(legs) == int(look.facts(bundle)["counts"][0]) == 3 + 4 < len(closed.weight) == 12
    assert np.abs(closed.points[:, 3:5] - closed.points[0, 3]).max() < 1e-4
    whole, half = at(network, bundle, 1), at(network, bundle, 0.5)
    assert np.allclose(half.points, (closed.points + whole.points) / 2, atol=1e-4)


def test_most_lines_leaves_out_positions_evenly(blank, tmp_path):
    made, links, _ = CASES["pointwise"]  # 18 kernels, 20 positions
    network, bundle = opened(tmp_path, made)
    for most, positions in ((18 * 20, 20), (18 * 7 + 5, 7), (18, 1), (1, 1)):
        look.set_input(bundle, "Most Lines", most)
        found = at(network, bundle, 3)
        assert len(found.weight) == 18 * positions
        assert found.links().items() <= {pair: np.float32(weight) for pair, weight in links.items()}.items()
        place = np.unique(found.cells[1][:, 1] * 5 + found.cells[1][:, 2])
        assert len(place) == positions and np.ptp(np.diff(place, prepend=place[0] - 20 // positions)) <= 1


def test_the_position_stays_on_the_map(blank, tmp_path):
    network, bundle = opened(tmp_path, CASES["plain"][0])
    look.set_input(bundle, "Position Row", 999)
    look.set_input(bundle, "Position Column", 999)
    assert (at(network, bundle, 2).cells[1][:, 1:] == (4, 5)).all()


def test_thinned_maps_show_the_cells_that_are_drawn(blank, tmp_path):
    weight = seeded(8, 6, 3, 3)
    made = model([node("Conv", ["x", "w"], ["y"], pads=[1] * 4)], {"x": (1, 6, 32, 32)}, {"y": None}, {"w": weight})
    network, bundle = opened(tmp_path, made, max_cells=3000)
    things = look.layers(network)
    drawn = [set(map(tuple, look.cells_of(things[name]).tolist())) for name in "xy"]
    steps = [np.diff(np.unique(look.cells_of(things[name])[:, 1])).max() for name in "xy"]
    assert max(steps) > 1
    expected = {
        ((i, r + y - 1, c + x - 1), (o, r, c)): weight[o, i, y, x]
        for o, r, c in drawn[1]
        for i in range(6)
        for y in range(3)
        for x in range(3)
        if (i, r + y - 1, c + x - 1) in drawn[0]
    }
    same(at(network, bundle, 3).links(), expected)


def test_the_network_overrides_the_level(blank, tmp_path):
    network, bundle = opened(tmp_path, CASES["plain"][0])
    look.set_input(bundle, "Detail", "Chosen")
    root = look.one_of(network, "root")
    chosen = Evaluated(network, bundle)
    assert np.array_equal(chosen.weight, look.values_of(bundle, "weight"))
    look.set_input(root, "Expand", True)
    for level, count in ((1.0, 12), (2.0, 108), (3.0, len(CASES["plain"][1]))):
        look.set_input(root, "Expansion", level)
        found = Evaluated(network, bundle)
        assert len(found.weight) == count and counting.in_force(bundle) == level
        assert counting.shown(bundle, found.depsgraph) == (count, count)
    look.set_input(root, "Expand", False)
    assert counting.in_force(bundle) is None
    assert counting.shown(bundle, look.evaluate(network)) == (len(chosen.weight), look.facts(bundle)["total"])


def test_without_levels_the_chosen_lines_stay(blank, tmp_path):
    """What moves cells about has no kernels."""
    nodes = [
        node("Conv", ["x", "w"], ["m"]),
        node("Transpose", ["m"], ["t"], perm=[0, 1, 3, 2]),
        node("Softmax", ["t"], ["y"], axis=-1),
    ]
    made = model(nodes, {"x": (1, 2, 6, 6)}, {"y": None}, {"w": seeded(3, 2, 3, 3)})
    network = look.build(save(tmp_path, made))
    for bundle in look.bundles(network).values():
        if look.inputs(bundle)["Taps"] is None:
            count = len(bundle.data.curves)
            look.set_input(bundle, "Detail", "Expansion")
            assert len(at(network, bundle, 3).weight) == count > 0
            break
    else:
        pytest.fail("every bundle has levels")


def test_kernels_without_taps_fade(blank, tmp_path):
    """Those whose taps are not stored vanish while the others open."""
    network, bundle = opened(tmp_path, CASES["plain"][0])
    network_model = requested_expansion.importing.reopen(network)
    drawn = [requested_expansion.layers.drawn_of(look.layers(network)[name]) for name in "xy"]
    assert expansion.store(bundle, network_model.connections[0], *drawn, 12, 40)
    look.set_input(bundle, "Detail", "Expansion")
    assert [len(at(network, bundle, level).weight) for level in (1, 1.5, 2)] == [12, 8 + 36, 36]
    full = at(network, bundle, 1)
    radius = full.attributes["radius"].reshape(12, 8)
    half = at(network, bundle, 1.5)
    alone = half.attributes["detail"] == 0
    faded = half.attributes["radius"].reshape(-1, 8)[alone]
    kept = full.attributes["detail"] == 0
    assert np.allclose(faded, radius[kept] / 2, rtol=1e-5) and alone.sum() == 8


def test_more_detail_keeps_the_levels_true(blank, tmp_path):
    """The layer that is drawn anew has its levels stored anew; those of what reads it are dropped, and come on
    request."""
    weights = {"w": seeded(8, 3, 3, 3), "v": seeded(4, 8, 3, 3)}
    nodes = [node("Conv", ["x", "w"], ["m"], pads=[1] * 4), node("Conv", ["m", "v"], ["y"], pads=[1] * 4)]
    made = model(nodes, {"x": (1, 3, 24, 24)}, {"y": None}, weights)
    network = look.build(save(tmp_path, made), max_cells=1500)
    cell_detail.set_detail(network, ["m"], Wish("cells", 8 * 24 * 24))
    bundles = look.bundles(network)
    assert look.inputs(bundles["m", "y"])["Taps"] is None
    requested_expansion.store(network, [bundles["m", "y"]])
    for (source, target), name in ((("x", "m"), "w"), (("m", "y"), "v")):
        bundle = bundles[source, target]
        look.set_input(bundle, "Detail", "Expansion")
        found = at(network, bundle, 3)
        assert len(found.weight) > 0
        for (near, far), weight in found.links().items():
            assert weight == weights[name][far[0], near[0], near[1] - far[1] + 1, near[2] - far[2] + 1]


def test_store_expansion_from_the_sidebar(registered):
    network = look.build(look.CNN)
    for bundle in look.of_kind(network, "connections"):
        expansion.drop(bundle)
    assert not [one for one in bpy.data.objects if look.facts(one).get("kind") == "taps"]
    bpy.context.view_layer.objects.active = look.layers(network)["conv2"]
    assert bpy.ops.neuroscene.store_expansion(which="SELECTED") == {"FINISHED"}
    bundles = look.bundles(network)
    assert [ends for ends, one in bundles.items() if expansion.stored(one)] == [("conv1", "conv2")]
    assert bpy.ops.neuroscene.store_expansion(which="ALL") == {"FINISHED"}
    assert all(expansion.stored(one) for one in bundles.values())


def test_labels_count_what_is_shown(blank):
    """Whatever sliders have done to the lines, once the network is framed."""
    network = look.build(look.CNN, look.DIGIT)
    scene, root = look.scene_of(network), look.one_of(network, "root")

    def said():
        picture.frame(network, scene, scene.camera)
        return look.facts(look.layers(network)["conv2"])["label"]["notes"].split("\n")[-1]

    before = said()
    assert before == "360 of 903,168 connections"
    look.set_input(root, "Expand", True)
    look.set_input(root, "Expansion", 2.0)
    shown, whole = counting.shown(look.bundles(network)["conv1", "conv2"], look.evaluate(network))
    assert (shown, whole) == (1152, 1152) and "of" not in said()
    look.set_input(look.bundles(network)["conv1", "conv2"], "Most", 10)
    assert said() == "10 of 1,152 weights"
    look.set_input(root, "Expand", False)
    assert said() == "10 of 903,168 connections"
    look.set_input(look.bundles(network)["conv1", "conv2"], "Most", 0)
    look.set_input(root, "Prune", 0.5)
    evaluated = look.bundles(network)["conv1", "conv2"]
    radius = look.on_curves(evaluated, look.evaluate(network), "radius").reshape(360, -1).max(1)
    assert 0 < (radius > 0).sum() < 360 and said() == f"{(radius > 0).sum():,} of 903,168 connections"
    look.set_input(root, "Prune", 0.0)
    assert said() == before
