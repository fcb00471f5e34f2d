# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the operators of a whole network can be called, and what they do with what is not theirs."""

import bpy
import pytest

from scene import look
from scene.acting import folded, inside, places, run, same, select


@pytest.mark.parametrize("name", ["fold_blocks", "arrange_network", "put_back", "select_block"])
def test_only_in_object_mode(resnet, name):
    operator = getattr(bpy.ops.neuroscene, name)
    select(look.layers(resnet)["/fc/Gemm"])
    assert operator.poll()
    bpy.ops.object.mode_set(mode="EDIT")
    assert not operator.poll()
    bpy.ops.object.mode_set(mode="OBJECT")


@pytest.mark.parametrize("name", ["fold_blocks", "arrange_network", "put_back", "select_block"])
def test_of_a_network_that_is_not_there(resnet, name):
    with pytest.raises(RuntimeError, match="No such network"):
        run(name, uuid="none")


def test_one_network_of_two(resnet):
    other = look.build(look.RESNET)
    before = places(resnet)
    run("arrange_network", uuid=look.facts(other)["uuid"], spacing=3.0)
    run("fold_blocks", uuid=look.facts(other)["uuid"], which="ALL")
    assert same(places(resnet), before) and not folded(resnet) and folded(other)


def test_objects_of_others_in_a_network(resnet):
    """A designer's own things may stand in a network's collections, and be selected."""
    mine = bpy.data.objects.new("mine", None)
    resnet.objects.link(mine)
    select(mine, look.boxes(resnet)["layer1"])
    assert run("fold_blocks", which="SELECTED") == {"FINISHED"}
    assert run("put_back") == {"CANCELLED"} and run("arrange_network") == {"FINISHED"}


@pytest.mark.parametrize("gone", ["layer", "last", "block", "layers of a block"])
def test_what_was_deleted_by_hand(resnet, gone):
    things, boxes = look.layers(resnet), look.boxes(resnet)
    bpy.data.batch_remove(
        {
            "layer": [things["/layer2/layer2.0/conv1/Conv"]],
            "last": [things["/fc/Gemm"]],
            "block": [boxes["layer2"]],
            "layers of a block": [things[name] for name in inside(resnet, "layer2/layer2.1")],
        }[gone]
    )
    for call, options in (
        ("arrange_network", {"spacing": 2.0}),
        ("fold_blocks", {"which": "ALL"}),
        ("arrange_network", {"direction": "Y"}),
        ("fold_blocks", {"which": "ALL", "fold": False}),
        ("arrange_network", {"reset": True, "frame": True}),
    ):
        assert run(call, **options) == {"FINISHED"}
    assert look.facts(resnet)["settings"]["layout"]["direction"] == "Y"


def test_select_block(resnet):
    select(look.boxes(resnet)["layer2"])
    assert run("select_block") == {"FINISHED"}
    assert {look.facts(one)["layer"] for one in bpy.context.selected_objects} == inside(resnet, "layer2")
    select(look.layers(resnet)["/fc/Gemm"])
    assert run("select_block") == {"CANCELLED"}
