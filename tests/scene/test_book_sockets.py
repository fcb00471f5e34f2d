# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A book with heads of attention: its numbers, every socket against its formula, and how it goes with its block."""

import numpy as np
import pytest

from neuroscene.addon.scene.entities import Book
from scene import look
from scene.shelf import ARCH, BAR, COVER, FRAME, HEADS, PAGE, PLATE, faces, scene_with_books

STEPS = 32
FOLLOWED = 3.5  # between two tokens


@pytest.fixture(scope="module")
def vit(tmp_path_factory):
    paths = ("encoder/layers/encoder_layer_0", "encoder/layers/encoder_layer_1")
    shown = scene_with_books(tmp_path_factory.mktemp("vit"), look.VIT, paths)
    look.set_input(look.one_of(shown.network, "root"), "Followed Token", FOLLOWED)
    return shown


def test_tokens_and_heads_are_those_of_the_run(vit):
    for path, obj in vit.books.items():
        made, _ = faces(vit, obj)
        block = vit.blocks[path]
        last = vit.model.layer(block.layers[-1])
        tensor = vit.values(last).reshape(17, 32)
        mine = made["part"] == COVER
        assert np.allclose(made["value"][mine], tensor[made["row"][mine], made["column"][mine]], rtol=1e-4, atol=1e-5)
        attention = next(vit.model.layer(name) for name in block.layers if vit.model.layer(name).op == "Attention")
        patterns = vit.values(attention).reshape(4, 17, 17)
        mine = made["part"] == HEADS
        place = tuple(made[name][mine] for name in ("unit", "row", "column"))
        assert mine.sum() == patterns.size and np.allclose(made["value"][mine], patterns[place], atol=1e-5)
        assert Book(obj).heads == attention.name


# sockets

CASES = (
    [("Open", one) for one in (0.0, 0.4, 1.0)]
    + [("Spread", one) for one in (0.1, 2.0)]
    + [("Page Thickness", one) for one in (0.0, 0.01, 0.2)]
    + [("Page Gap", one) for one in (0.0, 0.3)]
    + [("Show Bars", one) for one in (True, False)]
    + [("Page Gamma", one) for one in (0.5, 2.0)]
    + [("Cover Width", one) for one in (3.0, 12.0)]
    + [("Cover Height", one) for one in (3.0, 12.0)]
    + [("Tile Rows", one) for one in (17, 20)]
    + [("Tile Aspect", one) for one in (0.0, 0.05)]
    + [("Tile Gap", one) for one in (0.0, 0.02)]
    + [("Rim", one) for one in (0.0, 0.3)]
    + [("Rim Up To", one) for one in (0, 16, 32)]
    + [("Range", one) for one in (0.3, 5.0)]
    + [("Gamma", one) for one in (0.4, 2.0)]
    + [("Magnitude", one) for one in (True, False)]
    + [("Margin", one) for one in (0.0, 0.7)]
    + [("Heads Rows", one) for one in (0, 2, 3)]
    + [("Heads Width", one) for one in (1.0, 8.0)]
    + [("Heads Distance", one) for one in (0.0, 3.0)]
    + [("Heads Gap", one) for one in (0.0, 0.2)]
    + [("Heads Range", one) for one in (0.01, 0.75)]
    + [("Heads Gamma", one) for one in (0.4, 2.0)]
    + [("Arches", one) for one in (True, False)]
    + [("Arch Width", one) for one in (0.0, 1.0)]
    + [("Arch Rise", one) for one in (0.0, 2.0)]
    + [("Arch Rise by Span", one) for one in (0.0, 1.0)]
    + [("Reach", one) for one in ((30.0, 6.0, 3.0),)]
    + [("Empty", one) for one in (True, False)]
    + [("Token Rows", one) for one in (True, False)]
    + [("Row Step", one) for one in (1, 2)]
    + [("Frame", one) for one in (0.0, 0.5)]
)
MATERIALS = {f"{name} Material" for name in ("Cover", "Heads", "Page", "Plate", "Arch", "Follow", "Empty")}


def points(obj):
    names = ("part", "value", "low", "reach", "unit", "row", "column", "position", "far")
    return {name: look.values_of(obj, name).astype(np.float64) for name in names}


def middles(obj, given):
    """The middle and the extent (n, 3) of every face of a book by its part, and its shade, from its points."""
    known = points(obj)
    some = {part: {name: values[known["part"] == part] for name, values in known.items()} for part in range(5)}
    scale = np.array([given["Page Thickness"], given["Page Gap"], given["Open"] * given["Spread"]])
    deep = np.array(given["Reach"]) @ scale
    width, height = given["Cover Width"], given["Cover Height"]
    made = {}

    def along(vectors):
        return vectors @ scale - deep / 2

    def shade(mine, full, gamma, magnitude=False):
        size = np.abs(mine["value"]) if magnitude else mine["value"]
        return np.clip((size - mine["low"]) / np.maximum(mine["reach"] * full, 1e-44), 0, 1) ** gamma

    def tiles(mine, wide, high, down, aspect, gap):
        across, line, count = mine["position"].T
        columns, rows, _ = mine["far"].T
        between = gap * wide
        tile_wide = (wide - between * (count - 1)) / count
        tile_high = tile_wide * aspect if aspect > 0 else (high - between * (down - 1)) / down * np.ones(len(count))
        whole = down * tile_high + (down - 1) * between
        y = np.floor(across) * (tile_wide + between) + across % 1 * tile_wide - wide / 2
        z = whole / 2 - np.floor(line) * (tile_high + between) - line % 1 * tile_high
        left = 1 - given["Rim"] * (np.maximum(rows, columns) <= given["Rim Up To"])
        middle = np.stack([np.full(len(y), deep / 2 + 0.015), y, z], -1)
        return middle, np.stack([0 * y, tile_wide / columns * left, tile_high / rows * left], -1), whole

    mine = some[COVER]
    middle, size, _ = tiles(mine, width, height, given["Tile Rows"], given["Tile Aspect"], given["Tile Gap"])
    made[COVER] = middle, size, shade(mine, given["Range"], given["Gamma"], given["Magnitude"])
    plates = [((deep / 2, 0, 0), (0, width + 2 * given["Margin"], height + 2 * given["Margin"]))]
    plates = [] if given["Empty"] else plates
    if given["Empty"] or given["Token Rows"]:
        thick, down = given["Frame"], given["Tile Rows"]
        between = given["Tile Gap"] * width
        high = (height - between * (down - 1)) / down
        up = height / 2 - high / 2 - FOLLOWED / given["Row Step"] * (high + between)
        up, high = (0.0, height) if given["Empty"] else (up, high)
        strips = [
            *(
                ((deep / 2 + 0.045, 0, up + side * (high + thick) / 2), (0, width + 2 * thick, thick))
                for side in (-1, 1)
            ),
            *(((deep / 2 + 0.045, side * (width + thick) / 2, up), (0, thick, high + 2 * thick)) for side in (-1, 1)),
        ]
        made[FRAME] = *map(np.array, zip(*strips, strict=True)), None
    if given["Heads Rows"]:
        mine = some[HEADS]
        heads = given["Heads Width"]
        middle, size, whole = tiles(mine, heads, 0, given["Heads Rows"], 1.0, given["Heads Gap"])
        up = (height + whole[0]) / 2 + given["Heads Distance"]
        made[HEADS] = middle + [0, 0, up], size, shade(mine, given["Heads Range"], given["Heads Gamma"])
        plates.append(((deep / 2, 0, up), (0, heads + 2 * given["Margin"], whole[0] + 2 * given["Margin"])))
    made[PLATE] = *map(np.array, zip(*plates, strict=True)), np.zeros(len(plates))
    mine = some[BAR]
    near, far = along(mine["position"]), along(mine["far"])
    sides = np.array([(0, -width / 2, 0), (0, width / 2, 0), (0, 0, height / 2), (0, 0, -height / 2)])
    wide = np.array([(0, 0, height), (0, 0, height), (0, width, 0), (0, width, 0)])
    deeper = np.stack([far - near, 0 * near, 0 * near], -1)[:, None]
    middle = np.stack([(near + far) / 2, 0 * near, 0 * near], -1)[:, None] + sides
    lit = given["Show Bars"] * np.repeat(shade(mine, 1, given["Page Gamma"]), 4)
    made[BAR] = middle.reshape(-1, 3), (deeper + wide).reshape(-1, 3), lit
    mine = some[PAGE]
    ends = np.stack([along(mine["position"]), along(mine["far"])], 1).ravel()
    lit = given["Show Bars"] * np.repeat(shade(mine, 1, given["Page Gamma"]), 2)
    middle = np.stack([ends, 0 * ends, 0 * ends], -1)
    made[PAGE] = middle, np.broadcast_to([0, width, height], middle.shape), lit
    if given["Arches"]:
        mine = some[ARCH]
        near, far = along(mine["position"])[:, None], along(mine["far"])[:, None]
        share = np.linspace(0, 1, STEPS + 1)
        x = near + (far - near) * share
        rise = given["Arch Rise"] + given["Arch Rise by Span"] * (far - near)
        z = height / 2 + 0.01 + rise * (1 - (2 * share - 1) ** 4)
        middle = np.stack([(x[:, 1:] + x[:, :-1]) / 2, 0 * x[:, 1:] - 0.44 * width, (z[:, 1:] + z[:, :-1]) / 2], -1)
        size = np.stack([x[:, 1:] - x[:, :-1], 0 * x[:, 1:] + given["Arch Width"], np.abs(z[:, 1:] - z[:, :-1])], -1)
        made[ARCH] = middle.reshape(-1, 3), size.reshape(-1, 3), None
    return made


@pytest.mark.parametrize("socket, value", CASES, ids=lambda one: str(one))
def test_sockets(vit, socket, value):
    obj = vit.books["encoder/layers/encoder_layer_1"]
    before = look.inputs(obj)
    look.set_input(obj, "Open", 0.5)
    look.set_input(obj, socket, value)
    made, corners = faces(vit, obj)
    expected = middles(obj, look.inputs(obj))
    assert {int(part) for part in np.unique(made["part"])} == expected.keys()
    for part, (middle, size, shade) in expected.items():
        mine = made["part"] == part
        low, high = corners[mine].min(1), corners[mine].max(1)
        if part in (PLATE, FRAME):
            order, of_expected = (np.lexsort(np.round(found, 3).T) for found in ((low + high) / 2, middle))
            low, high, middle, size = low[order], high[order], middle[of_expected], size[of_expected]
        assert np.allclose((low + high) / 2, middle, atol=2e-5), (part, socket)
        assert np.allclose(high - low, size, atol=2e-5), (part, socket)
        if shade is not None and part != PLATE:
            assert np.allclose(made["shade"][mine], shade, atol=1e-4), (part, socket)
    for name in {"Open", socket}:
        look.set_input(obj, name, before[name])


def test_faces_look_outwards(vit):
    made, corners = faces(vit, vit.books["encoder/layers/encoder_layer_1"])
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 3] - corners[:, 0])
    for part in (COVER, HEADS, PLATE, FRAME):
        assert (normal[made["part"] == part, 0] > 0).all()
    bars = made["part"] == BAR
    assert (np.einsum("ij,ij->i", normal[bars], corners[bars].mean(1) * [0, 1, 1]) > 0).all()


def test_every_socket_is_tried_described_and_bounded(vit):
    items = [
        one
        for one in look.modifier(vit.books["encoder/layers/encoder_layer_1"]).node_group.interface.items_tree
        if one.item_type == "SOCKET" and one.in_out == "INPUT" and one.socket_type != "NodeSocketGeometry"
    ]
    assert {one.name for one in items} == {name for name, _ in CASES} | MATERIALS | {"Block", "Network"}
    for one in items:
        assert one.description, one.name


def test_a_book_is_there_as_far_as_its_block_is_closed(vit):
    path = "encoder/layers/encoder_layer_0"
    obj = vit.books[path]
    boxes = look.boxes(vit.network)
    whole = np.ptp(faces(vit, obj)[1].reshape(-1, 3), axis=0)
    for fold in (0.25, 1.0):
        look.set_input(boxes[path], "Fold", fold)
        assert np.allclose(np.ptp(faces(vit, obj)[1].reshape(-1, 3), axis=0), fold * whole, rtol=1e-4)
    look.set_input(boxes[path], "Fold", 0.0)
    assert not len(faces(vit, obj)[1])
    look.set_input(boxes[path], "Fold", 1.0)
    look.set_input(boxes["encoder"], "Fold", 1.0)  # then the box round it is what is seen
    assert not len(faces(vit, obj)[1])
    look.set_input(boxes["encoder"], "Fold", 0.0)
    points = look.box_points(boxes[path], look.evaluate(vit.network))
    assert np.allclose(np.ptp(points, axis=0), 0, atol=1e-6)  # and no box where there is a book
