# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layered drawings: order, straight chains, branches side by side, skips led round, rows, and no two boxes meet."""

import random
from itertools import combinations

import numpy as np
import pytest

from neuroscene.addon.layout import BlockPiece, Piece, arrange
from neuroscene.addon.layout.layered import Item, LayoutSettings, axes, layered
from neuroscene.addon.layout.skyline import NEAR, smooth, swell

ONE_ROW = LayoutSettings(longest=0)
GAP = 2.0


def gap(one, other):
    return GAP


class Net(list):
    """Items, added by name. `chain` adds several, one behind the other, and gives the last name."""

    def add(self, name, *inputs, size=(1.0, 4.0, 4.0), block=""):
        self.append(Item(name, inputs, size, block))
        return name

    def chain(self, before, *names, **more):
        for name in names:
            before = self.add(name, *([before] if before else []), **more)
        return before


def residual(blocks, items=4):
    net = Net()
    end = net.add("in")
    for block in range(blocks):
        path = f"stage{block // 4}/block{block}"
        inner = net.chain(end, *(f"{block}.{item}" for item in range(items)), block=path)
        end = net.add(f"{block}.sum", end, inner, block=path)
    return net


def resnet():
    """With a convolution on the way past every fourth block."""
    net = Net()
    end = net.chain(None, "in", "stem", size=(1.0, 9.0, 9.0))
    for block in range(12):
        high = 8.0 * 0.8 ** (block // 4)
        size, path = (1.5, high, high), f"stage{block // 4}/block{block}"
        inner = net.chain(end, *(f"{block}.{item}" for item in range(5)), size=size, block=path)
        short = net.add(f"{block}.down", end, size=size, block=path) if block % 4 == 0 else end
        end = net.add(f"{block}.sum", inner, short, size=size, block=path)
    return net


def inception():
    net = Net()
    fork = net.chain(None, "in", "fork")
    ends = [
        net.chain(fork, *(f"{branch}.{item}" for item in range(items)))
        for branch, items in (("a", 1), ("b", 2), ("c", 3), ("d", 2))
    ]
    net.chain(net.add("join", *ends), "out")
    return net


def unet(levels=4):
    net = Net()
    end, skips = net.add("in", size=(1.0, 9.0, 9.0)), []
    for level in range(levels):
        high = 9.0 * 0.75**level
        end = net.chain(end, f"down{level}.0", f"down{level}.1", size=(1.5, high, high))
        skips.append((end, high))
        end = net.add(f"pool{level}", end, size=(1.0, 0.75 * high, 0.75 * high))
    for level, (skip, high) in reversed([*enumerate(skips)]):
        end = net.add(f"up{level}", end, size=(1.0, high, high))
        end = net.add(f"cat{level}", end, skip, size=(1.0, high, high))
        end = net.chain(end, f"conv{level}.0", f"conv{level}.1", size=(1.5, high, high))
    return net


def densenet(layers=8):
    net = Net()
    made = [net.add("in")]
    for layer in range(layers):
        joined = net.add(f"cat{layer}", *made, size=(0.5, 5.0, 5.0))
        made.append(net.chain(joined, f"conv{layer}", f"relu{layer}"))
    net.add("out", *made)
    return net


def yolo():
    """A backbone, ways up and down again, and three heads of two branches."""
    net = Net()
    ends = [net.add("in", size=(1.0, 9.0, 9.0))]
    for level, high in enumerate((8.0, 7.0, 6.0, 5.0)):
        ends.append(net.chain(ends[-1], f"conv{level}", f"stage{level}", size=(2.0, high, high)))
    p4 = net.add("p4", net.add("cat4", net.add("up4", ends[4]), ends[3]))
    p3 = net.add("p3", net.add("cat3", net.add("up3", p4), ends[2]))
    n4 = net.add("n4", net.add("cat5", net.add("down3", p3), p4))
    n5 = net.add("n5", net.add("cat6", net.add("down4", n4), ends[4]))
    heads = []
    for end in (p3, n4, n5):
        parts = [net.chain(end, f"{end} {part} 0", f"{end} {part} 1") for part in ("box", "class")]
        heads.append(net.add(f"{end} head", *parts))
    net.add("out", *heads)
    return net


def chance(seed, most=60):
    """A random graph: long or wide, of many parts or few, with items of any size."""
    draw = random.Random(seed)
    net, count, back, many = Net(), draw.randrange(2, most), draw.choice((2, 5, 1000)), draw.choice((1, 2, 6))
    for number in range(count):
        before = range(max(0, number - back), number)
        inputs = draw.sample(before, min(len(before), draw.choice((0, 1, 1, 1, many))))
        size = tuple(draw.choice((0.1, 1.0, draw.uniform(0.1, 9))) for _ in range(3))
        block = "/".join(draw.choice("ab") for _ in range(draw.randrange(3)))
        net.add(str(number), *map(str, inputs), size=size, block=block)
    return net


NETS = {
    "residual": residual(8),
    "resnet": resnet(),
    "inception": inception(),
    "unet": unet(),
    "densenet": densenet(),
    "yolo": yolo(),
    **{f"random {seed}": chance(seed) for seed in range(60)},
}
SETTINGS = [
    ONE_ROW,
    LayoutSettings(longest=20),
    LayoutSettings(longest=20, snake=False, spacing=0.4),
    LayoutSettings("-Y", longest=30),
]


def local(net, places, settings):
    """Centres and sizes as (items, 3): along the signal of the first row, to the side, up."""
    turn = axes(settings.direction)
    return (np.array([places[item.name].location for item in net]) @ turn, np.array([item.size for item in net]))


def curve(net, places, routes, one, other, points=64):
    """Shares of the way, (points,), and where a connection along X then is, (points, 3)."""
    way = np.linspace(0, 1, points)
    start, end = np.array(places[one].location), np.array(places[other].location)
    line = start + np.column_stack([way, way, smooth(way)]) * (end - start)
    return way, line + swell(way)[:, None] * routes[one, other].lift


def hits(net, places, routes, one, other):
    """Items that a connection meets, but for what is close to its ends."""
    way, line = curve(net, places, routes, one, other)
    line = line[(way >= NEAR) & (way <= 1 - NEAR)]
    found = set()
    for item in net:
        if item.name not in (one, other):
            apart = np.abs(line - places[item.name].location) - np.array(item.size) / 2
            found |= {item.name} if (apart.max(1) < 0).any() else set()
    return found


def skips(routes):
    return {ends: route.lift[2] for ends, route in routes.items() if any(route.lift)}


@pytest.mark.parametrize("direction", ["X", "Y", "Z", "-X", "-Y", "-Z"])
def test_axes_are_a_rotation(direction):
    turn = axes(direction)
    assert np.array_equal(turn @ turn.T, np.eye(3)) and np.linalg.det(turn) == 1
    along = {"X": 0, "Y": 1, "Z": 2}[direction[-1]]
    assert turn[along, 0] == (-1 if direction[0] == "-" else 1)
    if along < 2:
        assert turn[2, 2] == 1


def test_axes_turn_about_z():
    assert np.array_equal(axes("X"), np.eye(3))
    assert np.array_equal(axes("-X"), np.diag((-1, -1, 1)))
    assert np.array_equal(axes("Y"), [[0, -1, 0], [1, 0, 0], [0, 0, 1]])


def test_none_and_one():
    assert layered([], LayoutSettings(), gap) == ({}, {})
    places, routes = layered([Item("only", (), (1, 2, 3))], LayoutSettings(), gap)
    assert places["only"].location == (0, 0, 0) and not routes


def test_boxes_without_size_or_gaps_between_them():
    net = [Item(item.name, item.inputs, (0, 0, 0)) for item in yolo()]
    for settings in (ONE_ROW, LayoutSettings(longest=1e-3)):
        assert len(layered(net, settings, lambda one, other: 0.0)[0]) == len(net)


def test_a_chain_is_a_straight_line():
    net = Net()
    net.chain(None, *"abcd")
    places, routes = layered(net, LayoutSettings(spacing=0.5), gap)
    assert [place.location for place in places.values()] == [(2.0 * n, 0, 0) for n in range(4)]
    assert {place.lane for place in places.values()} == {0} and not skips(routes)


def test_a_residual_block():
    net = residual(1)
    places, routes = layered(net, ONE_ROW, gap)
    assert {place.location[2] for place in places.values()} == {0}
    ((ends, lift),) = skips(routes).items()
    assert ends == ("in", "0.sum") and lift > 2.0


def test_inception_has_a_lane_for_each_branch():
    net = inception()
    places, routes = layered(net, ONE_ROW, gap)
    branches = [[places[item.name] for item in net if item.name.startswith(f"{branch}.")] for branch in "abcd"]
    assert [{place.lane for place in branch} for branch in branches] == [{1}, {-1}, {0}, {2}]
    assert all(len({place.location[2] for place in branch}) == 1 for branch in branches)
    x = {name: place.location[0] for name, place in places.items()}
    assert x["a.0"] == pytest.approx((x["fork"] + x["join"]) / 2)
    assert np.ptp(np.diff([x[name] for name in ("fork", "b.0", "b.1", "join")])) == pytest.approx(0)


def test_the_skips_of_a_unet_are_nested_arches():
    net = unet()
    _, routes = layered(net, ONE_ROW, gap)
    lifts = [routes[f"down{level}.1", f"cat{level}"].lift[2] for level in range(4)]
    assert lifts == sorted(lifts, reverse=True) and min(-np.diff(lifts)) > 0.1 and len(skips(routes)) == 4


def test_of_two_inputs_the_later_stands_close_to_its_reader():
    net = Net()
    net.add("join", net.chain(None, *"abcde"), net.chain(None, "x", "y"))
    places, _ = layered(net, ONE_ROW, gap)
    x = {name: place.location[0] for name, place in places.items()}
    assert x["join"] - x["y"] == x["y"] - x["x"] == GAP + 1
    assert places["x"].lane == places["y"].lane == 1 and places["join"].lane == 0


def test_outputs_stand_close_behind_what_they_read():
    net = Net()
    net.chain(net.chain(None, *"abc"), *"defgh")
    net.chain("c", "p", "q")
    net.chain("c", "r")
    places, _ = layered(net, ONE_ROW, gap)
    x = {name: place.location[0] for name, place in places.items()}
    assert x["p"] == x["r"] == x["d"] and x["q"] == x["e"]
    assert {places["p"].lane, places["r"].lane} == {1, -1}


def test_the_main_line_is_the_longest_path_and_of_equal_ones_the_larger():
    net = Net()
    end = net.add("in")
    ends = [net.chain(end, f"{size}.0", f"{size}.1", size=(1, size, size)) for size in (2, 5, 3)]
    net.add("join", *ends)
    places, _ = layered(net, ONE_ROW, gap)
    assert places["5.0"].lane == places["5.1"].lane == 0 and places["2.0"].lane and places["3.0"].lane


def test_a_branch_is_as_near_as_what_it_stands_beside_allows():
    def height(high):
        net = Net()
        net.chain(None, "a", "b", size=(1, 2, 2))
        net.add("beside", "b", size=(1, high, high))
        net.add("branch", "b", size=(1, 1, 1))
        net.chain(net.add("join", "beside", "branch"), *(f"huge{number}" for number in range(9)), size=(1, 30, 30))
        return layered(net, ONE_ROW, lambda one, other: 20.0)[0]["branch"].location[2]

    assert 0 < height(2) < height(4) < height(8) < 15


def test_branches_of_a_branch_stand_beyond_it():
    net = Net()
    near = net.chain(None, *(f"near{number}" for number in range(9)))
    far = net.chain(None, *(f"far{number}" for number in range(5)))
    side = net.chain("far1", "side")
    net.add("join", near, net.add("far sum", far, side))
    up = {name: place.location[2] for name, place in layered(net, ONE_ROW, gap)[0].items()}
    assert up["near0"] == 0 and abs(up["side"]) > abs(up["far1"]) > 0 and up["side"] * up["far1"] > 0


@pytest.mark.parametrize("name", ["residual", "resnet", "inception", "unet", "densenet", "yolo"])
@pytest.mark.parametrize("settings", [ONE_ROW, LayoutSettings(longest=20)], ids=["row", "rows"])
def test_connections_are_clear_of_what_stands_between(name, settings):
    net = NETS[name]
    places, routes = layered(net, settings, gap)
    for one, other in routes:
        if places[one].row == places[other].row:
            assert not hits(net, places, routes, one, other), (one, other)
        else:
            assert not any(routes[one, other].lift)


@pytest.mark.parametrize("name", ["residual", "unet", "densenet", "yolo"])
def test_overlapping_skips_have_heights_of_their_own(name):
    net = NETS[name]
    places, routes = layered(net, ONE_ROW, gap)
    ways = [
        (places[one].location[0], places[other].location[0], lift)
        for (one, other), lift in skips(routes).items()
        if places[one].lane == places[other].lane == 0
    ]
    for (a, b, first), (c, d, second) in combinations(ways, 2):
        if max(a, c) < min(b, d):
            assert abs(first - second) > 0.01
            if a <= c and d <= b and first * second > 0:
                assert abs(first) > abs(second)


def test_many_overlapping_skips_need_few_heights():
    net = Net()
    net.chain(None, "0", "1")
    for number in range(2, 200):
        net.add(str(number), str(number - 1), str(number - 2))
    lifts = skips(layered(net, ONE_ROW, gap)[1]).values()
    assert len(lifts) == 198 and len({round(lift, 3) for lift in lifts}) <= 3 and max(map(abs, lifts)) < 12


@pytest.mark.parametrize("settings", SETTINGS, ids=["row", "rows", "to the right", "-Y"])
@pytest.mark.parametrize("name", NETS)
def test_no_boxes_meet_and_all_stand_behind_what_they_read(name, settings):
    net = NETS[name]
    places, routes = layered(net, settings, gap)
    centres, sizes = local(net, places, settings)
    apart = np.abs(centres[:, None] - centres) - (sizes[:, None] + sizes) / 2
    np.fill_diagonal(apart[:, :, 0], 1)
    assert (apart.max(2) > -1e-6).all()
    assert np.allclose(centres[:, 1], 0)
    where = {item.name: (centre, item) for centre, item in zip(centres, net, strict=True)}
    assert set(routes) == {(one, item.name) for item in net for one in item.inputs}
    for one, other in routes:
        if places[one].row == places[other].row:
            (first, before), (second, after) = where[one], where[other]
            way = (second - first)[0] * (-1 if places[one].backwards else 1)
            assert way >= (before.size[0] + after.size[0]) / 2 + GAP * settings.spacing - 1e-6
        else:
            assert places[one].row < places[other].row
    assert layered(net, settings, gap) == (places, routes)
    assert np.isfinite(centres).all() and np.abs(centres).max() < 1e4


def test_a_long_network_wraps_into_rows():
    net = residual(24)
    places, _ = layered(net, LayoutSettings(longest=50), gap)
    centres, sizes = local(net, places, LayoutSettings())
    row = np.array([places[item.name].row for item in net])
    boxes = [
        ((centres - sizes / 2)[row == number].min(0), (centres + sizes / 2)[row == number].max(0))
        for number in range(row.max() + 1)
    ]
    assert len(boxes) > 2
    assert all(above[0][2] > below[1][2] for above, below in zip(boxes, boxes[1:], strict=False))
    lengths = [high[0] - low[0] for low, high in boxes]
    assert max(lengths) < 1.4 * min(lengths)
    extent = np.max([high for _, high in boxes], 0) - np.min([low for low, _ in boxes], 0)
    assert 1.2 < extent[0] / extent[2] < 3.2
    firsts = [next(item for item in net if places[item.name].row == r) for r in range(1, row.max() + 1)]
    assert all(item.name.endswith(".0") for item in firsts)  # rows begin with a block
    assert not any(layered(net, ONE_ROW, gap)[0][item.name].row for item in net)


def test_rows_break_between_blocks_at_the_top():
    net = Net()
    end = net.add("in", block="0")
    for number in range(1, 60):
        end = net.add(str(number), end, block=f"{sum(number >= start for start in (14, 28, 46))}/{number // 2}")
    places, _ = layered(net, LayoutSettings(longest=50), gap)
    blocks = [
        {item.block.split("/")[0] for item in net if places[item.name].row == row}
        for row in range(1 + max(place.row for place in places.values()))
    ]
    assert len(blocks) > 1 and not any(one & other for one, other in combinations(blocks, 2))


def test_rows_run_to_and_fro_or_all_to_the_right():
    net = Net()
    net.chain(None, *map(str, range(60)))
    for snake in (True, False):
        places = [*layered(net, LayoutSettings(longest=50, snake=snake), gap)[0].values()]
        rows = [[place for place in places if place.row == row] for row in range(1 + places[-1].row)]
        for number, row in enumerate(rows):
            steps = np.diff([place.location[0] for place in row])
            assert all(steps < 0) if snake and number % 2 else all(steps > 0)
            assert {place.backwards for place in row} == {snake and number % 2 == 1}
        for before, row in zip(rows, rows[1:], strict=False):
            assert row[0].location[0] == pytest.approx((before[-1] if snake else rows[0][0]).location[0])
            assert row[0].location[2] < before[0].location[2]


def test_directions_turn_the_whole():
    net = yolo()
    straight, lifted = layered(net, LayoutSettings(longest=40), gap)
    for direction in ("Y", "Z", "-X", "-Y", "-Z"):
        places, routes = layered(net, LayoutSettings(direction, longest=40), gap)
        turn = axes(direction)
        assert all(np.allclose(places[name].location, turn @ one.location) for name, one in straight.items())
        assert all(np.allclose(routes[ends].lift, turn @ one.lift) for ends, one in lifted.items())


@pytest.mark.slow
def test_ten_thousand_items():
    chain, wide = Net(), Net()
    chain.chain(None, *map(str, range(10_000)))
    wide.add("in")
    wide.add("out", *[wide.add(str(number), "in") for number in range(10_000)])
    for net in (chain, wide, residual(2_000)):
        for settings in (ONE_ROW, LayoutSettings()):
            assert len(layered(net, settings, gap)[0]) == len(net)


def test_a_folded_block_that_is_read_by_what_it_reads():
    """Folded it stands before and behind what is between its layers; nothing is lost and nothing meets."""
    names = "abcd"
    pieces = [
        Piece(name, (names[place - 1],) if place else (), (2.0, 2.0, 2.0), "") for place, name in enumerate(names)
    ]
    found = arrange(pieces, [BlockPiece("block", "", ("a", "c"))], folded=["block"])
    assert found.places.keys() == set(names) and found.frames.keys() == {"block"}
    middles = [found.frames["block"].middle, found.places["b"].location, found.places["d"].location]
    assert all(np.abs(np.subtract(*pair)).max() >= 2.0 for pair in combinations(middles, 2))


def test_a_folded_block_is_as_wide_and_high_as_its_largest_layer():
    """And of one depth, however many layers are in it."""
    pieces = [
        Piece("a", (), (1.0, 2.0, 3.0), "small"),
        Piece("b", ("a",), (4.0, 1.0, 5.0), "small"),
        *(Piece(f"c{i}", (f"c{i - 1}" if i else "b",), (1.0, 7.0, 6.0), "large") for i in range(9)),
    ]
    parts = [BlockPiece("small", "", ("a", "b")), BlockPiece("large", "", tuple(f"c{i}" for i in range(9)))]
    frames = arrange(pieces, parts, folded=["small", "large"]).frames
    assert frames["small"].box[1:] == (2.0, 5.0) and frames["large"].box[1:] == (7.0, 6.0)
    assert frames["small"].box[0] == frames["large"].box[0]
