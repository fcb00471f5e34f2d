# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator that lays a network out anew."""

import bpy
import numpy as np
import pytest

from neuroscene.addon.scene.editing import arranging
from scene import look
from scene.acting import folded, geometry, length, network, places, run, same

AXES = {"X": (1, 0, 0), "-X": (-1, 0, 0), "Y": (0, 1, 0), "-Y": (0, -1, 0), "Z": (0, 0, 1), "-Z": (0, 0, -1)}


@pytest.mark.parametrize("direction", AXES)
def test_direction(resnet, direction):
    assert run("arrange_network", direction=direction, wrap=False) == {"FINISHED"}
    look.evaluate(resnet)
    things = {name: np.array(one.matrix_world.translation) for name, one in look.layers(resnet).items()}
    way = things["/fc/Gemm"] - things["image"]
    assert (np.array(AXES[direction]) @ way) > 0.9 * np.linalg.norm(way)
    for source, target in look.bundles(resnet):
        assert np.array(AXES[direction]) @ (things[target] - things[source]) > 0, (source, target)


def test_spacing(resnet):
    run("arrange_network", wrap=False, spacing=1.0)
    once = length(resnet)
    run("arrange_network", spacing=3.0)
    assert length(resnet) > 1.5 * once


def test_rows(resnet):
    run("arrange_network", wrap=True, longest=30.0, snake=True)
    rows = {look.facts(one)["row"] for one in look.layers(resnet).values()}
    backwards = {look.facts(one)["row"] for one in look.layers(resnet).values() if look.facts(one)["backwards"]}
    assert len(rows) > 1 and backwards == {row for row in rows if row % 2}
    run("arrange_network", snake=False)
    assert not any(look.facts(one)["backwards"] for one in look.layers(resnet).values())
    run("arrange_network", wrap=False)
    assert {look.facts(one)["row"] for one in look.layers(resnet).values()} == {0}


def test_bars_stand_where_the_signal_goes_on(registered):
    found = look.build(look.CNN, look.DIGIT)
    bars, name = look.one_of(found, "bars"), look.of_kind(found, "class")[0]
    assert bars.rotation_euler.z == 0 and name.location.x > 0 and name.data.align_x == "LEFT"
    run("arrange_network", wrap=True, longest=10.0)
    backwards = look.facts(look.layers(found)["scores"])["backwards"]
    run("arrange_network", wrap=True, longest=10.0, snake=not backwards)
    for snake in (True, False):
        run("arrange_network", wrap=True, longest=10.0, snake=snake)
        sign = -1 if look.facts(look.layers(found)["scores"])["backwards"] else 1
        assert np.sign(name.location.x) == sign and name.data.align_x == ("RIGHT" if sign < 0 else "LEFT")
        assert np.isclose(np.cos(bars.rotation_euler.z), sign)


def test_lines_are_led_round_what_they_skip(resnet):
    """Also where a new arrangement gives lines something to skip: these need curves that bend."""
    for direction in ("X", "Y", "-Z"):
        run("arrange_network", direction=direction, wrap=False)
        for thing in look.of_kind(resnet, "connections"):
            lift = np.array(look.inputs(thing)["Lift"])
            types = look.array(thing.data.attributes, "curve_type") if "curve_type" in thing.data.attributes else [0]
            assert (types[0] == 1) != lift.any()  # 1 is POLY, 0 CATMULL_ROM
            if direction == "Y":
                assert lift[0] == lift[1] == 0


def test_a_layer_that_reads_itself(registered):
    found = look.build(look.ZOO / "lstm.onnx")
    loops = [
        one for one in look.of_kind(found, "connections") if look.facts(one)["source"] == look.facts(one)["target"]
    ]
    assert loops

    def lifts():
        """In the network's space."""
        return [np.array(one.rotation_euler.to_matrix()) @ look.inputs(one)["Lift"] for one in loops]

    before = lifts()
    run("arrange_network", direction="-X")
    assert all(
        np.allclose(now, -lift, atol=1e-5) and np.abs(lift).max() > 0.1
        for now, lift in zip(lifts(), before, strict=True)
    )


def test_settings_are_kept(resnet):
    run("arrange_network", direction="-Y", spacing=2.0, wrap=False, snake=False)
    assert look.facts(resnet)["settings"]["layout"] == {
        "direction": "-Y",
        "spacing": 2.0,
        "longest": 0.0,
        "snake": False,
        "slant": 0.0,
    }
    before = places(resnet)
    run("arrange_network")
    assert same(places(resnet), before)
    run("fold_blocks", which="ALL")
    run("fold_blocks", which="ALL", fold=False)
    assert same(places(resnet), before)
    run("arrange_network", spacing=1.0)
    assert look.facts(resnet)["settings"]["layout"]["direction"] == "-Y"
    assert look.facts(resnet)["settings"]["max_cells"] == 150_000


def test_import_with_a_layout(registered):
    options = {"direction": "Y", "spacing": 2.0, "fold_repeats": False}
    bpy.ops.neuroscene.import_network(filepath=str(look.VIT), **options)
    found = network()
    assert not folded(found)
    assert {name: look.facts(found)["settings"]["layout"][name] for name in ("direction", "spacing")} == {
        "direction": "Y",
        "spacing": 2.0,
    }
    before = places(found)
    run("arrange_network")
    assert same(places(found), before)


def test_arrange_is_one_step_of_undo(resnet):
    bpy.ops.ed.undo_push(message="before")
    before = geometry(resnet)
    run("arrange_network", direction="Z", spacing=2.0)
    after = geometry(network())
    assert not same(after, before)
    bpy.ops.ed.undo()
    assert same(geometry(network()), before)
    assert look.facts(network())["settings"]["layout"]["direction"] == "X"
    bpy.ops.ed.redo()
    assert same(geometry(network()), after)


def test_frame_is_an_option(resnet):
    camera = look.one_of(resnet, "camera")
    before = tuple(camera.location)
    run("arrange_network", direction="Z", wrap=False)
    assert tuple(camera.location) == before and look.outside(resnet)
    run("arrange_network", frame=True)
    assert tuple(camera.location) != before and not look.outside(resnet)


@pytest.mark.parametrize("direction", ["-X", "Y", "-Y"])
def test_the_picture_is_the_same_in_every_level_direction(resnet, direction):
    """Camera, lights and labels go round with the network."""
    before = look.pictures(resnet, ("layer", "label"))
    lights = [one.matrix_basis.copy() for one in look.of_kind(resnet, "light")]
    run("arrange_network", direction=direction, frame=True)
    after = look.pictures(resnet, ("layer", "label"))
    assert before.keys() == after.keys() and not look.outside(resnet)
    assert all(np.allclose(before[name], after[name], atol=2e-3) for name in before)
    fresh = look.build(look.RESNET, layout=arranging.LayoutSettings(direction, longest=arranging.LONGEST))
    for here, there, old in zip(look.of_kind(resnet, "light"), look.of_kind(fresh, "light"), lights, strict=True):
        assert np.allclose(here.matrix_basis, there.matrix_basis, atol=1e-4)
        assert not np.allclose(here.matrix_basis, old, atol=1e-1)
