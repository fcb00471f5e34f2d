# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cells placed by hand: in Edit Mode, with lines that follow, back to the arrangement, and through more detail."""

import bpy
import numpy as np
import pytest
from mathutils import Vector

from neuroscene.addon.network.drawn import Wish
from neuroscene.addon.scene.building import importing
from neuroscene.addon.scene.detail import cell_detail
from neuroscene.addon.scene.editing import by_hand
from scene import look


@pytest.fixture
def network(registered):
    return look.build(look.CNN, look.DIGIT, max_cells=3_000)


def activate(network, name):
    scene = look.scene_of(network)
    bpy.context.window.scene = scene
    thing = look.layers(network)[name]
    view_layer = scene.view_layers[0]
    for one in list(view_layer.objects.selected):
        one.select_set(False, view_layer=view_layer)
    thing.select_set(True, view_layer=view_layer)
    view_layer.objects.active = thing
    return thing


def places(network, thing):
    matrices, _ = look.local_instances(thing, look.evaluate(network))
    return matrices[: len(thing.data.vertices), :3, 3]


def vertices(thing):
    return look.values_of(thing, "position")


def edit(**options):
    assert bpy.ops.neuroscene.edit_cells(**options) == {"FINISHED"}
    assert bpy.context.mode == "EDIT_MESH"


def back(**options):
    assert bpy.ops.neuroscene.back_to_arrangement(**options) == {"FINISHED"}
    assert bpy.context.mode == "OBJECT"


def edited(thing):
    """The module for meshes in Edit Mode, which there is only once bpy is imported, and the mesh of an object."""
    import bmesh

    mesh = bmesh.from_edit_mesh(thing.data)
    mesh.verts.ensure_lookup_table()
    return bmesh, mesh


def drag(network, thing, which, away):
    """Move vertices as an operator of Edit Mode does, and say where all cells are then."""
    bmesh, mesh = edited(thing)
    for index in which:
        mesh.verts[index].co += Vector(away)
    bmesh.update_edit_mesh(thing.data)
    return places(network, thing)


@pytest.mark.parametrize("arrangement", [2.0, 0.7])
@pytest.mark.parametrize("name", ["conv1", "dense1"])
def test_it_begins_where_the_arrangement_is(network, name, arrangement):
    thing = activate(network, name)
    look.set_input(thing, "Arrangement", arrangement)
    before = places(network, thing)
    edit()
    assert look.inputs(thing)["By Hand"] == 1 and look.facts(thing)["by_hand"]
    assert np.allclose(places(network, thing), before, atol=1e-5)
    back()
    assert np.allclose(vertices(thing), before, atol=1e-5)
    assert np.allclose(places(network, thing), before, atol=1e-5)


def test_explode_and_fold_are_not_edited_in(network):
    """What lies after the hand is left out of the places, or it would act twice."""
    thing = activate(network, "conv1")
    before = places(network, thing)
    for name, value in (("Explode", 0.5), ("Fold", 0.3)):
        look.set_input(thing, name, value)
    shown = places(network, thing)
    edit()
    assert np.allclose(places(network, thing), shown, atol=1e-5)
    back()
    assert np.allclose(vertices(thing), before, atol=1e-5)


def test_units_that_are_squares_begin_as_whole_ones(network):
    thing = activate(network, "conv1")
    look.set_input(thing, "Shown Units", 3)
    with_squares = places(network, thing)
    edit()
    assert np.allclose(places(network, thing), with_squares, atol=1e-5)
    back()
    look.set_input(thing, "Shown Units", 0)
    look.set_input(thing, "By Hand", 1.0)
    hidden = look.values_of(thing, "unit_rank") >= 3
    whole = places(network, thing)
    look.set_input(thing, "By Hand", 0.0)
    assert np.allclose(whole[hidden], places(network, thing)[hidden], atol=1e-5)


def test_lines_follow_while_cells_are_dragged(network):
    thing = activate(network, "dense1")
    edit()
    before = places(network, thing)
    after = drag(network, thing, [3, 7], (0.5, -2.0, 1.0))
    away = after - before
    assert np.allclose(away[[3, 7]], (0.5, -2.0, 1.0), atol=1e-5) and (np.abs(away).max(1) > 1e-5).sum() == 2
    look.check_ends(network)
    back()
    assert np.allclose(places(network, thing), before, atol=1e-5)
    look.check_ends(network)


def test_proportional_editing(network):
    """Blender's own operator, with its falloff; not all cells go along."""
    thing = activate(network, "dense1")
    edit()
    before = places(network, thing)
    bpy.ops.mesh.select_all(action="DESELECT")
    bmesh, mesh = edited(thing)
    mesh.verts[10].select = True
    bmesh.update_edit_mesh(thing.data)
    bpy.ops.transform.translate(
        value=(1, 0, 0),
        orient_type="LOCAL",
        use_proportional_edit=True,
        proportional_size=1.5,
        proportional_edit_falloff="SMOOTH",
    )
    away = np.linalg.norm(places(network, thing) - before, axis=1)
    near = np.linalg.norm(before - before[10], axis=1)
    assert away[10] == pytest.approx(1.0, abs=1e-4)
    assert (away[near > 1.6] < 1e-5).all() and (np.diff(away[np.argsort(near)]) < 1e-4).all()
    assert ((away > 0.01) & (away < 0.99)).sum() >= 2
    look.check_ends(network)


def test_back_and_edit_again_keeps_what_was_placed(network):
    thing = activate(network, "dense1")
    arranged = places(network, thing)
    edit()
    placed = drag(network, thing, [0, 5, 9], (1.0, 2.0, -0.5))
    back()
    assert look.facts(thing)["by_hand"] and look.inputs(thing)["By Hand"] == 0
    for share in (0.25, 0.5):
        look.set_input(thing, "By Hand", share)
        assert np.allclose(places(network, thing), (1 - share) * arranged + share * placed, atol=1e-5)
    edit()
    assert np.allclose(places(network, thing), placed, atol=1e-5)
    look.set_input(thing, "Arrangement", 1.0)
    circle = by_hand.arranged(thing)
    back(reset=True)
    assert not look.facts(thing)["by_hand"]
    assert np.allclose(places(network, thing), circle, atol=1e-5)
    edit()
    assert np.allclose(places(network, thing), circle, atol=1e-5)


def test_one_step_of_undo_each(network):
    activate(network, "dense1")
    bpy.ops.ed.undo_push(message="built")

    def thing():
        return look.layers(bpy.data.collections["digits_cnn"])["dense1"]

    before = vertices(thing())
    look.set_input(thing(), "Arrangement", 1.0)
    bpy.ops.ed.undo_push(message="circle")
    bpy.ops.neuroscene.edit_cells("EXEC_DEFAULT", True)
    assert look.inputs(thing())["By Hand"] == 1 and bpy.context.mode == "EDIT_MESH"
    placed = [tuple(one.co) for one in edited(thing())[1].verts]
    assert np.abs(np.array(placed) - before).max() > 0.1
    bpy.ops.ed.undo()
    assert bpy.context.mode == "OBJECT"
    assert look.inputs(thing())["By Hand"] == 0 and not look.facts(thing()).get("by_hand")
    assert look.inputs(thing())["Arrangement"] == 1 and np.allclose(vertices(thing()), before)
    bpy.ops.neuroscene.edit_cells("EXEC_DEFAULT", True)
    bpy.ops.neuroscene.back_to_arrangement("EXEC_DEFAULT", True)
    assert look.inputs(thing())["By Hand"] == 0
    bpy.ops.ed.undo()
    assert look.inputs(thing())["By Hand"] == 1 and look.facts(thing())["by_hand"]


@pytest.mark.parametrize("name", ["image", "dense1"])
def test_detail_keeps_what_is_still_drawn(network, name):
    thing = activate(network, name)
    edit()
    drag(network, thing, [0, 4], (0.0, 0.0, 3.0))
    back()
    look.set_input(thing, "By Hand", 1.0)
    before = dict(zip(map(tuple, look.cells_of(thing).tolist()), vertices(thing), strict=True))
    count = len(before)

    cell_detail.set_detail(network, [name], Wish("cells", count))  # the same cells
    assert len(thing.data.vertices) == count
    assert np.allclose(vertices(thing), list(before.values()), atol=1e-6)

    cell_detail.set_detail(network, [name], Wish("cells", count // 3))
    cells = list(map(tuple, look.cells_of(thing).tolist()))
    fewer = dict(zip(cells, vertices(thing), strict=True))
    assert 0 < len(fewer) < count and look.facts(thing)["by_hand"] and look.inputs(thing)["By Hand"] == 1
    assert all(np.allclose(place, before[cell], atol=1e-6) for cell, place in fewer.items())

    cell_detail.set_detail(network, [name], Wish("cells", 1_000))
    arranged, known = by_hand.arranged(thing), 0
    for cell, place, own in zip(map(tuple, look.cells_of(thing).tolist()), vertices(thing), arranged, strict=True):
        known += cell in fewer
        assert np.allclose(place, fewer.get(cell, own), atol=1e-5)
    assert known == len(fewer) < len(thing.data.vertices)

    cell_detail.set_detail(network, [name], Wish("box"))  # there is nothing left of it
    assert look.inputs(thing)["By Hand"] == 0 and not look.facts(thing)["by_hand"]


def test_a_run_keeps_what_was_placed(network):
    thing = activate(network, "dense1")
    edit()
    drag(network, thing, [0, 4], (0.0, 0.0, 3.0))
    back()
    before = vertices(thing)
    importing.run_in_scene(network, look.OTHER_DIGIT)
    assert np.array_equal(vertices(thing), before)


def test_deleted_cells(network):
    """They are not shown, nor is what would now be in the wrong place; their number comes back with the detail."""
    thing = activate(network, "dense1")
    count = len(thing.data.vertices)
    edit()
    bmesh, mesh = edited(thing)
    bmesh.ops.delete(mesh, geom=mesh.verts[:3], context="VERTS")
    bmesh.update_edit_mesh(thing.data)
    back()
    assert not by_hand.whole(thing) and not bpy.ops.neuroscene.edit_cells.poll()
    importing.run_in_scene(network, look.OTHER_DIGIT)
    matrices, _ = look.local_instances(thing, look.evaluate(network))
    assert len(matrices) == count and np.abs(matrices[:, :3, :3]).max() == 0
    cell_detail.set_detail(network, ["dense1"], Wish("cells", 10**4))
    assert by_hand.whole(thing) and len(thing.data.vertices) == count
    matrices, _ = look.local_instances(thing, look.evaluate(network))
    assert np.abs(matrices[:, :3, :3]).max((1, 2)).min() > 0


def test_values_of_cells_that_are_left(network):
    """After some were deleted, each of the others still has its own value."""
    thing = activate(network, "conv1")
    edit()
    bmesh, mesh = edited(thing)
    bmesh.ops.delete(mesh, geom=[mesh.verts[index] for index in (0, 5, 17)], context="VERTS")
    bmesh.update_edit_mesh(thing.data)
    back()
    before = dict(zip(map(tuple, look.cells_of(thing).tolist()), look.values_of(thing), strict=True))
    importing.run_in_scene(network, look.DIGIT)
    after = dict(zip(map(tuple, look.cells_of(thing).tolist()), look.values_of(thing), strict=True))
    assert before == pytest.approx(after)


def test_polls(network):
    assert not bpy.ops.neuroscene.back_to_arrangement.poll()
    activate(network, "dense1")
    assert bpy.ops.neuroscene.edit_cells.poll() and not bpy.ops.neuroscene.back_to_arrangement.poll()
    edit()
    assert not bpy.ops.neuroscene.edit_cells.poll() and bpy.ops.neuroscene.back_to_arrangement.poll()
    back()
    bpy.context.view_layer.objects.active = look.one_of(network, "camera")
    assert not bpy.ops.neuroscene.edit_cells.poll()


def test_order_and_ranks_are_those_of_the_values(network):
    for thing in look.layers(network).values():
        value, unit = np.abs(look.values_of(thing)).astype(np.float64), look.cells_of(thing)[:, 0]
        order = look.values_of(thing, "order")
        stronger = (value[None] > value[:, None]).sum(1) / len(value)
        equal = (value[None] == value[:, None]).sum(1) / len(value)
        assert (order >= stronger - 1e-6).all() and (order <= stronger + equal).all() and len(set(order)) == len(order)
        assert np.array_equal(look.values_of(thing, "importance_order"), order)
        ranks, total = look.values_of(thing, "unit_rank"), np.bincount(unit, value)
        by_unit = {int(one): int(rank) for one, rank in zip(unit, ranks, strict=True)}
        assert sorted(by_unit.values()) == list(range(len(by_unit)))
        sums = [total[one] for one in sorted(by_unit, key=by_unit.get)]
        assert (np.diff(sums) <= 1e-4).all()


def test_only_the_active_layer_is_edited(network):
    """Of several that are selected: Blender would let a person edit the others' cells unseen."""
    things = look.layers(network)
    bpy.context.window.scene = look.scene_of(network)
    for one in things.values():
        one.select_set(True)
    active = bpy.context.view_layer.objects.active = things["dense1"]
    assert bpy.ops.neuroscene.edit_cells() == {"FINISHED"}
    assert [one for one in bpy.context.view_layer.objects if one.mode == "EDIT"] == [active]
    bpy.ops.object.mode_set(mode="OBJECT")
