# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a designer moved stays when the network is arranged anew, until it is put back."""

import numpy as np
import pytest

from neuroscene.addon.scene.editing import arranging
from scene import look
from scene.acting import inside, places, run, same, select


def test_a_moved_layer_stays(resnet):
    thing = look.layers(resnet)["/layer2/layer2.1/conv1/Conv"]
    thing.location.z += 7
    there = places(resnet)[thing.name]
    for options in ({"spacing": 2.0}, {"direction": "Y"}, {"direction": "-X", "spacing": 0.5}, {"direction": "X"}):
        run("arrange_network", **options)
        assert np.allclose(places(resnet)[thing.name], there, atol=1e-4)
        assert arranging.moved(thing) and arranging.by_hand(resnet) == [thing]


def test_a_block_whose_layers_were_all_moved(resnet):
    """Its tray goes round them; they are pinned all the same."""
    names = inside(resnet, "layer4/layer4.1")
    things = [look.layers(resnet)[name] for name in names]
    for one in things:
        one.location.y += 20
    there = places(resnet)
    for spacing in (1.0, 1.5, 2.0):
        run("arrange_network", spacing=spacing)
        assert all(np.allclose(places(resnet)[one.name], there[one.name], atol=1e-4) for one in things)
        assert all(map(arranging.moved, things))
    assert not arranging.moved(look.boxes(resnet)["layer4/layer4.1"])


def test_a_folded_block_stands_as_if_no_layer_in_it_was_moved(resnet):
    """Unfolded again, the layer is where it was put."""
    box, thing = look.boxes(resnet)["layer3"], look.layers(resnet)["/layer3/layer3.0/Add"]
    select(box)
    run("fold_blocks", which="SELECTED")
    there = places(resnet)[box.name]
    run("fold_blocks", which="SELECTED", fold=False)
    thing.location.z += 30
    moved = places(resnet)[thing.name]
    run("fold_blocks", which="SELECTED")
    assert np.allclose(places(resnet)[box.name], there, atol=1e-4)
    run("fold_blocks", which="SELECTED", fold=False)
    assert np.allclose(places(resnet)[thing.name], moved, atol=1e-4) and arranging.by_hand(resnet) == [thing]


@pytest.mark.parametrize("path", ["layer3", "layer3/layer3.0"])
def test_a_moved_block_stays_with_all_that_is_in_it(resnet, path):
    box = look.boxes(resnet)[path]
    box.location.y -= 12
    mine = {look.layers(resnet)[name].name for name in inside(resnet, path)} | {box.name}
    there = places(resnet)
    for options in ({"spacing": 2.0}, {"direction": "Y"}, {"direction": "X", "spacing": 1.0}):
        run("arrange_network", **options)
        now = places(resnet)
        assert all(np.allclose(now[name], there[name], atol=1e-4) for name in mine)
        assert arranging.by_hand(resnet) == [box]
    for which in ("REPEATS", "ALL"):
        run("fold_blocks", which=which)
        now = places(resnet)
        assert all(np.allclose(now[name], there[name], atol=1e-4) for name in mine)
        run("fold_blocks", which=which, fold=False)


def test_trays_lie_under_layers_that_were_moved(resnet):
    box, thing = look.boxes(resnet)["layer3"], look.layers(resnet)["/layer3/layer3.0/Add"]
    box.location.y -= 12
    thing.location.y -= 4
    run("arrange_network", direction="X")
    depsgraph = look.evaluate(resnet)
    tray = look.box_points(box, depsgraph)
    for name in inside(resnet, "layer3"):
        cells = look.cell_places(look.layers(resnet)[name], depsgraph)
        assert (cells[:, :2] > tray[:, :2].min(0)).all() and (cells[:, :2] < tray[:, :2].max(0)).all(), name


def test_reset_puts_back_all(resnet):
    before = places(resnet)
    look.layers(resnet)["/layer2/layer2.1/conv1/Conv"].location.z += 7
    look.boxes(resnet)["layer3"].location.y -= 12
    look.layers(resnet)["/layer3/layer3.0/Add"].location.y += 3
    for one in inside(resnet, "layer1/layer1.0"):
        look.layers(resnet)[one].location.y += 5
    run("arrange_network")
    assert not same(places(resnet), before)
    run("arrange_network", reset=True)
    assert same(places(resnet), before) and not arranging.by_hand(resnet)


def test_put_back(resnet):
    before = places(resnet)
    first, second = (look.layers(resnet)[name] for name in ("/layer2/layer2.1/conv1/Conv", "/fc/Gemm"))
    first.location.z += 7
    second.location.z += 7
    run("arrange_network")
    select(first)
    assert run("put_back") == {"FINISHED"}
    assert arranging.by_hand(resnet) == [second]
    select(second)
    assert run("put_back") == {"FINISHED"} and same(places(resnet), before)
    assert run("put_back") == {"CANCELLED"}


def test_put_back_a_layer_of_a_moved_block(resnet):
    """It goes to its place in the block, where the block is now."""
    box, thing = look.boxes(resnet)["layer3"], look.layers(resnet)["/layer3/layer3.0/Add"]
    box.location.y -= 12
    there = places(resnet)
    thing.location.y += 3
    select(thing)
    run("put_back")
    assert same(places(resnet), there) and arranging.by_hand(resnet) == [box]


def test_report_of_what_stays(resnet, capfd):
    look.layers(resnet)["/fc/Gemm"].location.z += 7
    capfd.readouterr()
    run("arrange_network", spacing=1.2)
    assert "1 layer stays where put by hand" in capfd.readouterr().out
