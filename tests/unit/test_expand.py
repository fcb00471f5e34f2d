# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a connection opens: the numbers of lines at each level by the operator's own arithmetic, and their weights."""

from math import prod

import numpy as np
import pytest

from neuroscene.addon.network import summarise
from neuroscene.addon.network.drawn import BOX, MAPS, Wish, share_out
from neuroscene.addon.network.expand import ALONE, OPENS, STAYS, TAP, budget, counts, expand
from neuroscene.addon.structure import open_checkpoint
from unit.brute import cases
from unit.make import into, model, network, node, save, seeded

CASES = cases()


def connection(folder, made):
    """The connection of a model to y, and what is drawn of both layers."""
    found = summarise(open_checkpoint(save(folder, made)))
    (one,) = into(found, "y")
    drawn = share_out(found, 100_000)
    return one, drawn[one.source.name], drawn[one.target.name]


def kernels(links):
    """Weights of the taps by the units that they join."""
    found = {}
    for (source, target), weight in links.items():
        found.setdefault((source[0], target[0]), {}).setdefault(target[1:], []).append(weight)
    return found


@pytest.mark.parametrize("case", CASES)
def test_counts(case, tmp_path):
    made, links, taps = CASES[case]
    by_unit = kernels(links)
    ends = sum(len({pair[end] for pair in by_unit}) for end in (0, 1))
    assert counts(connection(tmp_path, made)[0]) == (ends, len(by_unit), len(by_unit) * taps, len(links))


@pytest.mark.parametrize("case", CASES)
def test_kernels_and_taps(case, tmp_path):
    """A kernel is the signed sum of its taps and their L2 norm; every tap is there once, in the kernel's order."""
    made, links, taps = CASES[case]
    found = expand(*connection(tmp_path, made))
    by_unit, whole = kernels(links), found.detail != TAP
    pairs = list(zip(found.source_unit[whole].tolist(), found.target_unit[whole].tolist(), strict=True))
    assert sorted(pairs) == sorted(by_unit)
    assert set(found.detail[whole]) == ({STAYS} if case == "neurons" else {OPENS})
    assert (np.diff(found.magnitude[whole]) <= 1e-6).all(), "the strongest first"
    for number, pair in enumerate(pairs):
        mine = found.detail == TAP
        mine &= (found.source_unit == pair[0]) & (found.target_unit == pair[1])
        assert mine.sum() == (0 if case == "neurons" else taps)
        if not mine.any():
            (weight,) = next(iter(by_unit[pair].values()))
            assert found.weight[number] == weight
            continue
        values = found.weight[mine].astype(np.float64)
        assert np.isclose(found.weight[number], values.sum(), atol=1e-5)
        assert np.isclose(found.magnitude[number], np.linalg.norm(values), rtol=1e-5)
        tap = np.stack([found.tap_row[mine], found.tap_column[mine]], -1)
        assert len(np.unique(tap, axis=0)) == taps and prod(found.window.kernel) == taps
        fullest = max(by_unit[pair].values(), key=len)  # a position whose taps all lie on the map, if there is one
        if len(fullest) == taps and not found.window.mean:
            assert np.array_equal(np.sort(values), np.sort(np.array(fullest, np.float32)))


def test_three_axes_have_kernels_only(tmp_path):
    nodes = [node("Conv", ["x", "w"], ["y"], strides=[1, 2, 1], pads=[1, 0, 0, 0, 1, 1], group=2)]
    weight = seeded(6, 2, 2, 3, 2)
    made = model(nodes, {"x": (1, 4, 4, 5, 6)}, {"y": None}, {"w": weight})
    one, *drawn = connection(tmp_path, made)
    found = expand(one, *drawn)
    assert set(found.detail) == {STAYS} and len(found) == 12
    assert np.allclose(found.weight, weight[found.target_unit, found.source_unit % 2].reshape(12, -1).sum(1), atol=1e-5)
    edges = one.join.into(np.arange(one.target.size))
    assert counts(one) == (10, 12, 144, len(edges))


def test_the_strongest_are_stored_under_a_budget(tmp_path):
    made, links, taps = CASES["plain"]
    one, source, target = connection(tmp_path, made)
    whole, part = expand(one, source, target), expand(one, source, target, 5, 2 * taps + 3)
    assert part.detail.tolist() == [OPENS] * 2 + [ALONE] * 3 + [TAP] * 2 * taps
    assert np.array_equal(part.magnitude[:5], whole.magnitude[:5])
    assert np.array_equal(part.weight[5:], whole.weight[len(whole.detail) - np.sum(whole.detail == TAP) :][: 2 * taps])


def test_drawn_units_alone(tmp_path):
    """Of a layer that is drawn in part, units are counted among those that are."""
    weight = seeded(12, 9, 3, 3)
    made = model([node("Conv", ["x", "w"], ["y"], pads=[1] * 4)], {"x": (1, 9, 20, 20)}, {"y": None}, {"w": weight})
    found = network(tmp_path, made)
    drawn = share_out(found, 3000, {"y": Wish("", 1200)})
    one = into(found, "y")[0]
    source, target = drawn["x"], drawn["y"]
    assert len(target.units) < 12 and target.units[0] > 0 or len(target.rows) < 20
    opened = expand(one, source, target)
    taps = opened.detail == TAP
    expected = weight[
        target.units[opened.target_unit[taps]],
        source.units[opened.source_unit[taps]],
        opened.tap_row[taps],
        opened.tap_column[taps],
    ]
    assert np.array_equal(opened.weight[taps], expected)


@pytest.mark.parametrize("level", [MAPS, BOX])
def test_tiles_have_kernels_and_boxes_nothing(level, tmp_path):
    made = model([node("Conv", ["x", "w"], ["y"])], {"x": (1, 6, 20, 20)}, {"y": None}, {"w": seeded(12, 6, 3, 3)})
    found = network(tmp_path, made)
    drawn = share_out(found, 100_000, {"y": Wish(level)})
    opened = expand(into(found, "y")[0], drawn["x"], drawn["y"])
    assert opened is None if level == BOX else set(opened.detail) == {STAYS} and len(opened) == 72


def test_copies_lead_each_unit_to_its_own(tmp_path):
    """A sum reads every cell from the same place; a concatenation puts units behind others."""
    nodes = [node("Relu", ["x"], ["a"]), node("Add", ["x", "a"], ["s"]), node("Concat", ["x", "s"], ["y"], axis=1)]
    found = network(tmp_path, model(nodes, {"x": (1, 3, 4, 5)}, {"y": (1, 6, 4, 5)}))
    drawn = share_out(found, 10_000)
    for name, source, first in (("s", "a", 0), ("y", "x", 0), ("y", "s", 3)):
        one = next(one for one in into(found, name) if one.source.name == source)
        opened = expand(one, drawn[source], drawn[name])
        assert counts(one)[1:] == (3, 3, 60)
        whole = opened.detail == OPENS
        assert opened.target_unit[whole].tolist() == [first, first + 1, first + 2]
        assert opened.source_unit[whole].tolist() == [0, 1, 2] and (opened.weight == 1).all()


def test_what_moves_cells_about_has_no_kernels(tmp_path):
    nodes = [node("Transpose", ["x"], ["y"], perm=[0, 1, 3, 2])]
    found = network(tmp_path, model(nodes, {"x": (1, 3, 4, 4)}, {"y": (1, 3, 4, 4)}))
    one = into(found, "y")[0]
    drawn = share_out(found, 10_000)
    assert counts(one) is None and expand(one, drawn["x"], drawn["y"]) is None


def test_a_network_of_many_connections_stores_less_of_each():
    assert budget(5) == budget(24) > budget(60) > budget(1000) == budget(10_000) and min(budget(10_000)) > 100
