# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks that are folded to boxes, and opened again."""

import bpy
import numpy as np
import pytest

from neuroscene.addon import compat
from neuroscene.addon.scene.camera import picture
from scene import look
from scene.acting import folded, geometry, inside, length, network, places, run, same, select, shown
from unit.make import model, node, save, seeded


@pytest.mark.parametrize(
    "which, expected",
    [
        ("REPEATS", {f"encoder/layers/encoder_layer_{n}" for n in (1, 2, 3)}),
        ("GROUPS", {"encoder/layers"}),
        ("ALL", {"encoder", "stage 1"}),
    ],
)
def test_fold_and_unfold(vit, which, expected):
    run("arrange_network", wrap=False)
    run("fold_blocks", which="ALL", fold=False)
    assert not folded(vit)
    opened, long = places(vit), length(vit)
    assert run("fold_blocks", which=which) == {"FINISHED"}
    assert folded(vit) == expected and length(vit) < 0.5 * long
    hidden = {name for path in expected for name in inside(vit, path)}
    assert hidden and not hidden & shown(vit, "layer").keys()
    assert run("fold_blocks", which=which, fold=False) == {"FINISHED"}
    assert not folded(vit) and same(places(vit), opened)


def test_a_group_says_how_often_it_repeats(vit):
    run("fold_blocks", which="ALL", fold=False)
    run("fold_blocks", which="GROUPS")
    picture.frame(vit, look.scene_of(vit), look.one_of(vit, "camera"))
    assert shown(vit, "block")["encoder/layers"] == "layers × 4"
    assert not {path for path in shown(vit, "block") if path.startswith("encoder/layers/")}


def test_fold_leaves_the_camera(vit):
    camera = look.one_of(vit, "camera")
    camera.location.x += 1
    look.evaluate(vit)
    before = camera.matrix_world.copy()
    camera.data.lens = 50
    run("fold_blocks", which="ALL", fold=False)
    run("fold_blocks", which="GROUPS")
    look.evaluate(vit)
    assert camera.matrix_world == before and camera.data.lens == 50


def test_fold_without_making_room(vit):
    before = places(vit)
    run("fold_blocks", which="GROUPS", arrange=False)
    assert same(places(vit), before) and "encoder/layers" in folded(vit)


def test_selected_blocks(resnet):
    boxes = look.boxes(resnet)
    select(boxes["layer2"], boxes["layer3/layer3.1"])
    run("fold_blocks", which="SELECTED")
    assert folded(resnet) == {"layer2", "layer3/layer3.1"}
    select(boxes["layer2"])
    run("fold_blocks", which="SELECTED", fold=False)
    assert folded(resnet) == {"layer3/layer3.1"}


def test_blocks_of_selected_layers(resnet):
    """To fold, the innermost; to unfold, all that hide the layer."""
    things = look.layers(resnet)
    select(things["/layer2/layer2.0/conv1/Conv"], things["/layer2/layer2.0/conv2/Conv"], things["/fc/Gemm"])
    run("fold_blocks", which="SELECTED")
    assert folded(resnet) == {"layer2/layer2.0"}
    run("fold_blocks", which="ALL")
    assert folded(resnet) == {"stage 1", "stage 2", "layer2", "layer3", "layer4", "layer2/layer2.0"}
    select(things["/layer2/layer2.0/conv1/Conv"])
    run("fold_blocks", which="SELECTED", fold=False)
    assert folded(resnet) == {"stage 1", "stage 2", "layer3", "layer4"}


def test_the_active_block_counts_where_nothing_is_selected(resnet):
    select()
    bpy.context.view_layer.objects.active = look.boxes(resnet)["layer4"]
    run("fold_blocks", which="SELECTED")
    assert folded(resnet) == {"layer4"}


def test_nothing_to_fold(resnet):
    select(look.layers(resnet)["/fc/Gemm"])
    assert run("fold_blocks", which="SELECTED") == {"CANCELLED"}
    assert run("fold_blocks", which="SELECTED", fold=False) == {"CANCELLED"}
    other = look.build(look.MLP)
    assert run("fold_blocks", which="ALL", uuid=look.facts(other)["uuid"]) == {"CANCELLED"}
    assert not folded(resnet)


def test_fold_slider_is_keyframed(resnet):
    """What was folded by the operator can be animated further, and follows its keys."""
    thing = look.boxes(resnet)["layer1"]
    modifier, scene = look.modifier(thing), look.scene_of(resnet)
    identifier = compat.identifiers(modifier.node_group)["Fold"]
    path = (
        f'modifiers["{modifier.name}"].properties.inputs.{identifier}.value'
        if compat.FIVE_TWO
        else f'modifiers["{modifier.name}"]["{identifier}"]'
    )
    for frame, value in ((1, 0.0), (11, 1.0)):
        look.set_input(thing, "Fold", value)
        assert thing.keyframe_insert(path, frame=frame)
    shape = []
    for frame in (1, 6, 11):
        scene.frame_set(frame)
        shape.append(np.ptp(look.box_points(thing, look.evaluate(resnet)), axis=0))
    assert shape[0][0] > shape[1][0] > shape[2][0] and np.allclose(shape[2], look.inputs(thing)["Box"], rtol=1e-4)


def test_fold_is_one_step_of_undo(vit):
    bpy.ops.ed.undo_push(message="before")
    before, closed = geometry(vit), folded(vit)
    run("fold_blocks", which="GROUPS")
    after = geometry(network())
    assert folded(network()) != closed
    bpy.ops.ed.undo()
    assert folded(network()) == closed and same(geometry(network()), before)
    bpy.ops.ed.redo()
    assert same(geometry(network()), after)


def test_bars_inside_a_folded_block(registered, tmp_path):
    """Bars and class names beside the last layer go with its block, but what was hidden by hand stays hidden."""
    names = ["/stem/Gemm", "/tail/one/Gemm", "/head/fc1/Gemm", "/head/fc2/Gemm"]
    nodes = [node("Gemm", [f"t{i}", "w"], [f"t{i + 1}"], name=name) for i, name in enumerate(names)]
    found = look.build(save(tmp_path, model(nodes, {"t0": (1, 6)}, {"t4": (1, 6)}, {"w": seeded(6, 6)})))
    things = [*look.of_kind(found, "bars"), *look.of_kind(found, "class")]
    assert len(things) == 7 and look.boxes(found)
    things[1].hide_render = True
    run("fold_blocks", which="ALL")
    assert all(one.hide_render for one in things)
    run("fold_blocks", which="ALL", fold=False)
    assert [one.hide_render for one in things] == [False, True, *[False] * 5]
