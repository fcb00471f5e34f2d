# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A layer is one: renamed, hidden, duplicated, deleted with all that belongs to it; undone, saved, loaded, reloaded."""

import bpy
import numpy as np
import pytest

from neuroscene.addon.scene.building import build as builder
from neuroscene.addon.scene.building import importing
from neuroscene.addon.scene.editing import together
from neuroscene.addon.scene.entities import LayerCopy, LayerObject, NetworkScene
from neuroscene.addon.scene.updating import reloading
from scene import look
from scene.acting import network as only
from scene.acting import run, select

NETWORKS = {
    "cnn": (look.CNN, look.DIGIT, "conv2", {}),
    "mlp": (look.MLP, None, "hidden2", {}),
    "unet": (look.SAMPLES / "cells_unet.onnx", None, "", {"fold_repeats": True}),
}


@pytest.fixture(params=NETWORKS)
def made(request, registered):
    path, given, name, settings = NETWORKS[request.param]
    network = look.build(path, given, **settings)
    look.evaluate(network)
    names = list(look.layers(network))
    bpy.ops.ed.undo_push(message="built")
    return name if name in names else names[len(names) // 2]


def layer(name) -> bpy.types.Object:
    return look.layers(only())[name]


def lines(name) -> list[bpy.types.Object]:
    return [one for ends, one in look.bundles(only()).items() if name in ends]


def state() -> dict:
    """What every object of the network is called, and how it is hidden."""
    look.evaluate(only())
    return {one.name: (one.hide_get(), one.hide_viewport, one.hide_render) for one in only().all_objects}


def numbers() -> dict:
    """All values and weights."""
    found = {name: look.values_of(one) for name, one in look.layers(only()).items()}
    return found | {str(ends): look.values_of(one, "weight") for ends, one in look.bundles(only()).items()}


def same(one, other) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def reload(path="") -> None:
    builder.finish(reloading.steps(only(), path))
    look.evaluate(only())


def test_a_new_name_is_everywhere(made, tmp_path):
    before = state()
    told = numbers()
    texts = {owner: parts["name"].data.body for owner, parts in look.labels(only()).items() if "name" in parts}
    named = {look.facts(one)["source"]: one.name for one in look.of_kind(only(), "connections")}
    layer(made).name = "Edge Detectors"
    bpy.ops.ed.undo_push(message="renamed")
    look.evaluate(only())

    def check():
        found = layer(made)
        assert found.name == "Edge Detectors" and LayerObject(found).title == "Edge Detectors"
        assert all(one.name.split(".")[0].count("Edge Detectors") == 1 for one in lines(made))
        texts = look.labels(only()).get(made, {})
        assert all(one.name.startswith("Edge Detectors ") for one in texts.values())
        assert "name" not in texts or texts["name"].data.body == "Edge Detectors"
        assert same(numbers(), told)

    check()
    bpy.ops.ed.undo()
    assert state() == before and LayerObject(layer(made)).title == ""
    assert {owner: parts["name"].data.body for owner, parts in look.labels(only()).items() if "name" in parts} == texts
    assert {look.facts(one)["source"]: one.name for one in look.of_kind(only(), "connections")} == named
    bpy.ops.ed.redo()
    check()
    reload()
    check()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "named.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "named.blend"))
    look.evaluate(only())
    check()
    source = look.facts(only())["source"]
    bpy.ops.neuroscene.import_network(filepath=source)
    look.evaluate(only())
    check()
    select(layer(made))
    bpy.ops.neuroscene.rename_layer("EXEC_DEFAULT", True, name="")
    assert state().keys() == before.keys() and LayerObject(layer(made)).title == ""


def test_what_is_hidden_is_hidden_whole(made):
    before = state()
    select(layer(made))
    run("hide_layers")
    own = {one.name for one in together.parts(layer(made))}
    assert len(own) > 2 and {name for name, ways in state().items() if ways[0]} == own
    bpy.ops.ed.undo()
    assert state() == before
    layer(made).hide_set(True)  # as by the eye of the Outliner
    layer(made).hide_render = True
    assert all(ways[0] and ways[2] for name, ways in state().items() if name in own)
    layer(made).hide_set(False)
    layer(made).hide_render = False
    assert state() == before


def test_what_is_deleted_goes_whole(made):
    before, told = state(), numbers()
    own = {one.name for one in together.parts(layer(made))}
    select(layer(made))
    run("delete_layers")
    after = state()
    assert before.keys() - after.keys() == own and not after.keys() - before.keys()
    assert all(after[name] == before[name] for name in after)
    if look.layers(only()):
        look.check_ends(only())
    bpy.ops.ed.undo()
    assert state() == before and same(numbers(), told)
    bpy.ops.ed.redo()
    assert state().keys() == after.keys()


def test_nothing_hangs_where_a_layer_alone_is_deleted(made):
    """As by the Outliner: what is left is hidden, lines show nothing even without us, and all comes back."""
    before = state()
    texts = [one.name for one in look.labels(only()).get(made, {}).values()]
    ends = [one.name for one in lines(made)]
    bpy.ops.ed.undo_push(message="before")
    bpy.data.objects.remove(layer(made))
    bpy.ops.ed.undo_push(message="removed")
    after = state()
    assert all(after[name][1] and after[name][2] for name in [*texts, *ends])
    for name in ends:
        obj = bpy.data.objects[name]
        obj.hide_viewport = False
        geometry = obj.evaluated_get(look.evaluate(only())).evaluated_geometry()
        assert geometry.curves is None or not len(geometry.curves.curves)
    bpy.ops.ed.undo()
    assert state() == before


@pytest.mark.parametrize("follow", (False, True))
def test_duplicates_are_never_the_original(follow, registered):
    look.build(look.CNN, look.DIGIT)
    look.evaluate(only())
    bpy.ops.ed.undo_push(message="built")
    before, told = state(), numbers()
    select(layer("conv2"))
    run("duplicate_layers", follow=follow)
    (copy,) = (one for one in only().all_objects if LayerCopy.is_one(one))
    assert copy.select_get() and not layer("conv2").select_get()
    assert LayerCopy(copy).way == ("follower" if follow else "snapshot") and LayerCopy(copy).shows == "digit_7.png"
    assert state().keys() >= before.keys() and same(numbers(), told)
    assert set(NetworkScene(only()).layers()) == set(look.layers(only())) == set(look.CNN_LAYERS) | {"image"}
    copied = look.values_of(copy).copy()
    extent = look.inputs(copy)["Range"]
    importing.run_in_scene(only(), look.OTHER_DIGIT)
    original = look.values_of(layer("conv2"))
    assert not np.array_equal(original, told["conv2"])
    assert np.array_equal(look.values_of(copy), original if follow else copied)
    assert look.inputs(copy)["Range"] == (look.inputs(layer("conv2"))["Range"] if follow else extent)
    reload()
    assert set(NetworkScene(only()).layers()) == set(look.CNN_LAYERS) | {"image"}
    texts = look.labels(only())["conv2"]
    assert all(one.parent == layer("conv2") for one in texts.values())
    select(copy)
    run("delete_layers")
    assert state().keys() == before.keys()


def test_duplicates_by_blenders_own_are_told(registered):
    look.build(look.CNN, look.DIGIT, max_cells=3_000)
    look.evaluate(only())
    own = {one.name for one in only().all_objects}
    select(*together.parts(layer("conv2")))
    bpy.ops.object.duplicate(linked=False)
    look.evaluate(only())
    new = {one for one in only().all_objects if one.name not in own}
    assert [LayerCopy(one).way for one in new if LayerCopy.is_one(one)] == ["snapshot"]
    kinds = [look.kind_of(one) for one in new]
    assert kinds.count("copy of lines") == 2 and kinds.count("copy of label") == 3
    assert layer("conv2").name == "conv2" and look.labels(only())["conv2"]["name"].parent == layer("conv2")


def test_a_text_that_somebody_wrote_stays(registered):
    look.build(look.CNN, look.DIGIT)
    label = look.labels(only())["conv1"]["name"]
    notes = look.labels(only())["conv1"]["notes"].data.body
    label.data.body = "Strokes"
    reload()
    importing.run_in_scene(only(), look.OTHER_DIGIT)
    assert look.labels(only())["conv1"]["name"].data.body == "Strokes"
    assert look.labels(only())["conv1"]["notes"].data.body == notes
