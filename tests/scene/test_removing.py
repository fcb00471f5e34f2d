# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes, goes so that Blender evaluates nothing that still reads it. Processes of their own, for they may crash."""

import subprocess
import sys
from pathlib import Path

import bpy
import pytest

from neuroscene import operators
from neuroscene.addon import compat
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.scene import entities, removing, shots
from neuroscene.addon.scene.detail import expansion
from neuroscene.addon.scene.shots import making
from neuroscene.operators.bases.whole import Whole
from scene import look
from scene.acting import run, select

BEGIN = f"""
import sys
sys.path.insert(0, {str(Path(__file__).resolve().parents[1])!r})
import conftest, bpy, faulthandler
import neuroscene
from neuroscene.addon import compat
from neuroscene.addon.scene import entities, removing
from neuroscene.addon.scene.detail import expansion
from scene import look
from scene.acting import run, select
faulthandler.enable()
look.fresh()
neuroscene.register()
network = look.build(look.CNN, max_cells=1500, max_connections=300)
bundle = look.bundles(network)["conv1", "conv2"]


def update():
    bpy.context.view_layer.update()


update()
"""
SURVIVED = """
update()
neuroscene.unregister()
print("SURVIVED")
"""
ACTIONS = {
    "store again": """
        select(bundle)
        for _ in range(3):
            run("store_expansion")
            update()""",
    "store, undo, redo": """
        select(bundle)
        bpy.ops.ed.undo_push(message="before")
        run("store_expansion")
        for _ in range(3):
            bpy.ops.ed.undo()
            update()
            bpy.ops.ed.redo()
            update()""",
    "another detail": """
        select(look.layers(network)["conv2"])
        for level in ("BOX", "CELLS", "MAPS", "AUTO"):
            run("set_detail", detail=level)
            update()""",
    "a layer goes": """
        removing.remove([look.layers(network)["conv1"]])
        update()""",
    "kernels come and go": """
        select(look.layers(network)["conv1"])
        for _ in range(4):
            run("show_kernels")
            update()""",
    "shots come and go": """
        for name in ("turntable", "fly-through", "dolly"):
            run("add_shot", shot=name)
            update()
            run("remove_shot", shot=name)
            update()""",
    "reload another network": """
        for path in (look.MLP, look.CNN):
            run("reload_checkpoint", filepath=str(path))
            update()""",
    "a socket that is set by itself": """
        other = bpy.data.objects.new("other", bpy.data.hair_curves.new("other"))
        update()
        compat.set_inputs(entities.modifier(bundle), {"Taps": other})
        update()
        compat.set_inputs(entities.modifier(bundle), {"Taps": None})
        removing.remove([other])""",
    "a scene that is shown": """
        removing.remove([bpy.context.scene])""",
    "a refusal after something was made": """
        from neuroscene.operators.bases.of_network import ChangesNetwork

        class NEUROSCENE_OT_refuse(ChangesNetwork, bpy.types.Operator):
            bl_idname, bl_label, bl_options = "neuroscene.refuse", "Refuse", {"UNDO"}

            def execute(self, context):
                made = bpy.data.objects.new("made", None)
                for bundle in entities.NetworkScene(self.network(context)).members(entities.Bundle):
                    bundle.obj.parent = made
                return {"CANCELLED"}

        bpy.utils.register_class(NEUROSCENE_OT_refuse)
        parent, name = bundle.parent.name, bundle.name
        bpy.ops.ed.undo_push(message="before")
        for _ in range(3):
            run("refuse")
            assert "made" not in bpy.data.objects
            update()
            bpy.ops.ed.undo()
            update()
            assert bpy.data.objects[name].parent.name == parent
        bpy.utils.unregister_class(NEUROSCENE_OT_refuse)""",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ACTIONS)
def test_blender_survives(name):
    program = BEGIN + _plain(ACTIONS[name]) + SURVIVED
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0 and "SURVIVED" in done.stdout, (done.returncode, done.stdout, done.stderr[-3000:])


def _plain(action):
    lines = action.strip("\n").splitlines()
    return "\n".join(line[8:] for line in lines)


def test_what_is_set_is_evaluated(registered):
    network = look.build(look.MLP)
    thing = look.layers(network)["dense1"]
    view_layer = bpy.context.view_layer
    view_layer.update()
    compat.set_inputs(look.modifier(thing), {"Range": 3.0})
    view_layer.update()
    evaluated = thing.evaluated_get(view_layer.depsgraph)
    assert compat.get_input(evaluated.modifiers[0], "Range") == 3.0


def test_a_duplicate_keeps_what_it_shares(registered):
    """Levels that two bundles show, and data that two objects have, stay as long as one of them needs it."""
    network = look.build(look.MLP)
    bundle = next(entities.NetworkScene(network).members(entities.Bundle)).obj
    select(bundle)
    run("store_expansion")
    copy = bundle.copy()
    bpy.context.scene.collection.objects.link(copy)
    kept = compat.get_input(entities.modifier(bundle), "Taps").name
    expansion.drop(bundle)
    assert compat.get_input(entities.modifier(copy), "Taps").name == kept
    expansion.drop(copy)
    assert kept not in bpy.data.objects
    data = bundle.data.name
    removing.remove([bundle])
    assert copy.data.name == data
    removing.remove([copy])
    assert data not in bpy.data.hair_curves


def test_an_object_that_lost_its_nodes_is_none_of_ours(registered):
    network = look.build(look.MLP)
    layer = look.layers(network)["dense1"]
    assert entities.kind(layer) == "layer"
    layer.modifiers.clear()
    layers = [layer.obj for layer in entities.NetworkScene(network).members(entities.LayerObject)]
    assert entities.kind(layer) == "" and layer not in layers


def test_a_network_without_its_root_says_so(registered):
    network = look.build(look.MLP)
    removing.remove([look.one_of(network, "root")])
    with pytest.raises(RuntimeError, match="has lost its root"):
        run("arrange_network")


def test_whatever_can_be_undone_is_whole():
    undone = [one for one in operators.CLASSES if "UNDO" in getattr(one, "bl_options", ())]
    assert len(undone) > 20
    single = [one for one in undone if not issubclass(one, bpy.types.Macro)]  # a macro is made of these
    assert [one.__name__ for one in single if not issubclass(one, Whole)] == []


def test_a_shot_of_what_was_just_hidden(registered):
    """Blender keeps what was evaluated of it for a while; every shot is refused all the same, and leaves nothing."""
    network = look.build(look.MLP)
    bpy.context.view_layer.update()
    for one in bpy.context.view_layer.layer_collection.children:
        one.exclude = True
    there = {one.name for kind in ("objects", "collections", "cameras") for one in getattr(bpy.data, kind)}
    for name in shots.KINDS:
        with pytest.raises(CheckpointError, match="shows no layer|is alone|no series"):
            shots.add(network, name)
        left = {one.name for kind in ("objects", "collections", "cameras") for one in getattr(bpy.data, kind)}
        assert left == there, name


def test_a_shot_that_fails_halfway_leaves_nothing(registered, monkeypatch):
    network = look.build(look.MLP)
    there = {one.name for kind in ("objects", "collections", "cameras") for one in getattr(bpy.data, kind)}
    for name in shots.KINDS.keys() - {"hero"}:
        monkeypatch.setattr(making, "check", lambda network, name: None)
        monkeypatch.setattr(making, "refit", _fail)
        with pytest.raises(CheckpointError):
            shots.add(network, name)
        left = {one.name for kind in ("objects", "collections", "cameras") for one in getattr(bpy.data, kind)}
        assert left == there, name
        assert list(shots.shots(network)) == ["hero"] and bpy.context.scene.camera is not None


def _fail(network, name):
    raise CheckpointError(network.name, "shows no layer")


def test_texts_that_lost_their_nodes(registered):
    """Words of the strip and the kernels' label, whose nodes or parts somebody has taken away, are left alone."""
    network = look.build(look.CNN, max_cells=1500, max_connections=300)
    select(look.layers(network)["conv1"])
    run("show_kernels")
    texts = [
        one
        for one in entities.objects(network)
        if entities.kind(one) in ("caption", "kernels label") and one.type == "MESH" and one.modifiers
    ]
    for number, one in enumerate(texts):
        if number % 2:
            one.modifiers.clear()
        else:
            removing.remove(
                [compat.get_input(entities.nodes(one), "Several")]
                if "Several" in compat.identifiers(entities.nodes(one).node_group)
                else []
            )
    run("run_input", filepath=str(look.DIGIT))
    assert run("show_kernels") == {"FINISHED"}
    assert not list(entities.NetworkScene(network).members(entities.Kernels))


def test_an_input_runs_through_layers_without_cells(registered):
    """Somebody has deleted the cells in Edit Mode; there are no lines from them, and the others show what ran."""
    network = look.build(look.CNN, max_cells=1500, max_connections=300)
    for name in ("conv1", "pool2"):
        select(look.layers(network)[name])
        bpy.ops.object.mode_set(mode="EDIT")
        bpy.ops.mesh.select_all(action="SELECT")
        bpy.ops.mesh.delete(type="VERT")
        bpy.ops.object.mode_set(mode="OBJECT")
    assert run("run_input", filepath=str(look.DIGIT)) == {"FINISHED"}
    assert look.facts(look.layers(network)["conv2"])["value_is"] == "mean activation"


@pytest.mark.parametrize("level", ["BOX", "MAPS", "CELLS"])
def test_detail_brings_deleted_cells_back(registered, level):
    network = look.build(look.CNN, max_cells=1500, max_connections=300)
    layer = look.layers(network)["conv1"]
    select(layer)
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.mesh.delete(type="VERT")
    bpy.ops.object.mode_set(mode="OBJECT")
    assert run("set_detail", detail=level, cells=60) == {"FINISHED"}
    assert len(look.layers(network)["conv1"].data.vertices)


def test_a_shot_that_is_not_there(registered):
    look.build(look.MLP)
    for name in ("remove_shot", "set_shot"):
        with pytest.raises(RuntimeError, match="has no shot 'nowhere'") as caught:
            run(name, shot="nowhere")
        assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize("way", ["hide_viewport", "exclude", "unlink"])
def test_detail_of_what_is_hidden(registered, way):
    """Blender evaluates nothing of what is hidden; the other layers get their detail all the same."""
    network = look.build(look.CNN, max_cells=1500, max_connections=300)
    things = look.layers(network)
    holder = bpy.data.collections.new("aside")
    if way != "unlink":
        bpy.context.scene.collection.children.link(holder)
    for name in ("conv1", "pool1"):
        things[name].users_collection[0].objects.unlink(things[name])
        holder.objects.link(things[name])
    network.children.link(holder)
    inner = bpy.context.view_layer.layer_collection
    if way == "hide_viewport":
        holder.hide_viewport = True
    if way == "exclude":
        for one in (*inner.children, *(child for outer in inner.children for child in outer.children)):
            if one.name == "aside":
                one.exclude = True
    if way == "unlink":
        network.children.unlink(holder)
    select(things["conv2"])
    assert run("set_detail", detail="BOX") == {"FINISHED"}
    assert run("frame_network") == {"FINISHED"}
    assert len(things["conv2"].data.vertices) == 1
