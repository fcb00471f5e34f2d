# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every socket of arcs against its formula."""

from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from neuroscene.addon.scene.entities import Arcs, NetworkScene
from neuroscene.panels.arcs import NEUROSCENE_PT_arcs
from scene import look
from scene.test_panels import draw
from scene.test_planes import transformer

CASES = (
    [("Range", one) for one in (0.05, 1.0)]
    + [("Radius", one) for one in (0.0, 0.5)]
    + [("Thin End", one) for one in (0.0, 1.0)]
    + [("Dim", one) for one in (0.0, 1.0)]
    + [("Ease", one) for one in (0.0, 1.0)]
    + [(f"{end} Size", one) for end in ("Source", "Target") for one in ((0.3, 4.0, 8.0),)]
    + [(f"{end} Rows", one) for end in ("Source", "Target") for one in ((8.0, 0.02, 2.0),)]
)
OTHERS = {"Source", "Target", "Layer", "Network", "Material"}
SMOOTH = 8  # points


@pytest.fixture(scope="module")
def arcs(tmp_path_factory):
    shown = transformer(tmp_path_factory.mktemp("gpt2"))
    (obj,) = (one.obj for one in NetworkScene(shown.network).members(Arcs))
    return SimpleNamespace(network=shown.network, obj=obj)


def row_of(token, given, end):
    """How high over the middle of a sheet the row of each token is."""
    _, width, height = given[f"{end} Size"]
    rows, gap, step = given[f"{end} Rows"]
    high = (height - width * gap * (rows - 1)) / rows
    return (height - high) / 2 - np.floor((token + 0.5) / step) * (high + width * gap)


@pytest.mark.parametrize("socket, value", CASES, ids=lambda one: str(one))
def test_sockets(arcs, socket, value):
    obj, root = arcs.obj, look.one_of(arcs.network, "root")
    before = look.inputs(obj)
    look.set_input(root, "Followed Token", 6.5)  # between two
    look.set_input(obj, socket, value)
    given = look.inputs(obj)
    depsgraph = look.evaluate(arcs.network)
    names = ("source", "target", "value", "shade", "radius", "followed")
    source, target, attention, shade, radius, followed = (look.on_curves(obj, depsgraph, name) for name in names)
    share = np.clip(attention / given["Range"], 0, 1)
    mine = np.clip(1 - np.abs(6.5 - target), 0, 1)
    bright = given["Dim"] + (1 - given["Dim"]) * mine
    assert np.allclose(followed, mine) and np.allclose(shade, (0.12 + 0.88 * share) * bright, atol=1e-5)
    width = given["Radius"] * (given["Thin End"] + (1 - given["Thin End"]) * share) * bright
    assert np.allclose(radius.reshape(-1, SMOOTH), width[:, None], atol=1e-6)
    points = look.curve_places(obj, depsgraph)
    ends = []
    for end, token, side in (("Source", source, 0.5), ("Target", target, -0.5)):
        front, wide, _ = given[f"{end} Size"]
        local = np.stack([np.full(len(token), front), np.full(len(token), side * wide), row_of(token, given, end)], -1)
        ends.append(look.world(given[end], depsgraph, local))
    way = np.linspace(0, 1, SMOOTH)
    eased = way + given["Ease"] * (3 * way**2 - 2 * way**3 - way)
    shares = np.stack([way, way, eased], -1)[None]
    expected = ends[0][:, None] * (1 - shares) + ends[1][:, None] * shares
    assert np.allclose(points, expected, atol=1e-3), socket
    look.set_input(obj, socket, before[socket])


def test_every_socket_is_tried_described_and_bounded(arcs):
    items = [
        one
        for one in look.modifier(arcs.obj).node_group.interface.items_tree
        if one.item_type == "SOCKET" and one.in_out == "INPUT" and one.socket_type != "NodeSocketGeometry"
    ]
    assert {one.name for one in items} == {name for name, _ in CASES} | OTHERS
    for one in items:
        assert one.description, one.name


def test_the_panel_says_whose_they_are(arcs):
    bpy.context.view_layer.objects.active = arcs.obj
    drawn = draw(NEUROSCENE_PT_arcs, arcs.obj)
    assert {"mean of 4 heads", "all 136"} <= set(drawn.texts)
    layer = look.layers(arcs.network)[look.facts(arcs.obj)["layer"]]
    assert draw(NEUROSCENE_PT_arcs, layer).texts == drawn.texts
    assert not NEUROSCENE_PT_arcs.poll(SimpleNamespace(object=next(iter(look.layers(arcs.network).values()))))
