# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network that is copied, appended or linked goes on working, and its original does too."""

import bpy
import numpy as np
import pytest

from neuroscene.addon.scene import entities
from neuroscene.addon.scene.building import build
from neuroscene.addon.scene.updating import reloading
from scene import look


@pytest.fixture
def file(registered, tmp_path):
    """A .blend with the sample network, and the places of all that is in it."""
    network = look.build(look.CNN, look.DIGIT, max_cells=3_000)
    look.layers(network)["conv2"].location.z = 5.0
    look.set_input(look.layers(network)["dense1"], "Size", 0.5)
    path = tmp_path / "network.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    geometry = look.geometry(network)
    bpy.ops.wm.read_factory_settings(use_empty=True)
    return path, geometry


def bring(path, link: bool):
    with bpy.data.libraries.load(str(path), link=link) as (there, here):
        here.collections = [name for name in there.collections if name == "digits_cnn"]
    (network,) = here.collections
    bpy.context.scene.collection.children.link(network)
    bpy.context.view_layer.update()
    return network


def check_geometry(network, geometry):
    found = look.geometry(network)
    assert found.keys() == geometry.keys()
    assert all(np.allclose(found[name], geometry[name], atol=1e-5) for name in geometry)


def test_appended(file):
    path, geometry = file
    network = bring(path, link=False)
    check_geometry(network, geometry)
    before = look.values_of(look.layers(network)["dense1"]).copy()
    assert bpy.ops.neuroscene.run_input(filepath=str(look.OTHER_DIGIT)) == {"FINISHED"}
    assert not np.array_equal(look.values_of(look.layers(network)["dense1"]), before)
    build.finish(reloading.steps(network))
    assert look.layers(network)["conv2"].location.z == 5.0
    assert look.inputs(look.layers(network)["dense1"])["Size"] == 0.5
    look.check_ends(network)


def test_appended_twice(file):
    """Two copies live side by side: an operator on one leaves the other alone."""
    path, geometry = file
    first, second = bring(path, link=False), bring(path, link=False)
    assert first != second and not set(first.all_objects) & set(second.all_objects)
    check = look.values_of(look.layers(first)["dense1"]).copy()
    bpy.context.view_layer.objects.active = look.layers(second)["dense1"]
    uuid = look.facts(second)["uuid"]  # both have it
    assert bpy.ops.neuroscene.run_input(filepath=str(look.OTHER_DIGIT), uuid=uuid) == {"FINISHED"}
    assert np.array_equal(look.values_of(look.layers(first)["dense1"]), check)
    assert not np.array_equal(look.values_of(look.layers(second)["dense1"]), check)
    for one in (first, second):
        for bundle in look.of_kind(one, "connections"):
            assert {look.inputs(bundle)["Source"], look.inputs(bundle)["Target"]} <= set(look.layers(one).values())


def test_linked(file):
    """It is seen as it is, and what would change it says in one line why it cannot."""
    path, geometry = file
    network = bring(path, link=True)
    check_geometry(network, geometry)
    bpy.context.view_layer.objects.active = look.layers(network)["dense1"]
    for operator in (
        bpy.ops.neuroscene.reload_checkpoint,
        bpy.ops.neuroscene.arrange_network,
        bpy.ops.neuroscene.frame_network,
        bpy.ops.neuroscene.set_detail,
    ):
        with pytest.raises(RuntimeError, match="is linked from .*network.blend"):
            operator()
    with pytest.raises(RuntimeError, match="is linked from .*network.blend"):
        bpy.ops.neuroscene.run_input(filepath=str(look.OTHER_DIGIT))
    assert bpy.ops.neuroscene.import_network(filepath=str(look.CNN), max_cells=500) == {"FINISHED"}  # beside it
    assert len(entities.networks()) == 2
    check_geometry(network, geometry)


def test_library_override(file):
    """A linked network that is overridden can be moved, and its lines follow."""
    path, _ = file
    network = bring(path, link=True)
    made = network.override_hierarchy_create(bpy.context.scene, bpy.context.view_layer, do_fully_editable=True)
    bpy.context.scene.collection.children.unlink(network)
    assert made and entities.kind(made) == "network"
    look.layers(made)["conv2"].location.x += 3.0
    look.set_input(look.layers(made)["conv3"], "Unit Columns", 2)
    look.check_ends(made)


def test_copied_layer(registered):
    """A layer that was duplicated stands on its own; the network goes on with the original."""
    network = look.build(look.CNN, look.DIGIT, max_cells=3_000)
    bpy.context.window.scene = look.scene_of(network)
    original = look.layers(network)["dense1"]
    names = set(bpy.data.objects.keys())
    bpy.ops.object.select_all(action="DESELECT")
    original.select_set(True)
    bpy.context.view_layer.objects.active = original
    bpy.ops.object.duplicate()
    (copy,) = (bpy.data.objects[name] for name in set(bpy.data.objects.keys()) - names)
    copy.location.z += 4.0
    before = look.values_of(copy).copy()
    assert bpy.ops.neuroscene.run_input(filepath=str(look.OTHER_DIGIT)) == {"FINISHED"}
    assert not np.array_equal(look.values_of(original), before) and np.array_equal(look.values_of(copy), before)
    bundle = look.bundles(network)["dense1", "scores"]
    assert look.inputs(bundle)["Source"] == original
    build.finish(reloading.steps(network))
    assert copy.location.z == original.location.z + 4.0
    assert entities.network_of(copy) == network
