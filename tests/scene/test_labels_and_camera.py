# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels stand under their layers in the picture, wherever the camera is."""

import bpy
import numpy as np
import pytest

from neuroscene.addon.scene.camera import picture
from scene import look
from scene.acting import folded, run, same


def label_places(found):
    look.evaluate(found)
    return {
        one.name: np.array(one.matrix_world.translation) for one in look.of_kind(found, "label") if not one.hide_render
    }


def test_labels_where_the_camera_has_not_moved(resnet):
    before = label_places(resnet)
    picture.relabel(resnet)
    assert same(label_places(resnet), before)


@pytest.mark.parametrize("rig", ["moved", "parent", "constraint"])
def test_labels_for_a_camera_that_somebody_has_moved(resnet, rig):
    """They stand under their layers in its picture, however it came where it is."""
    camera = look.one_of(resnet, "camera")
    away = bpy.data.objects.new("away", None)
    look.scene_of(resnet).collection.objects.link(away)
    away.location, away.rotation_euler.z = (25, -70, 25), 0.35
    if rig == "moved":
        camera.location.x += 30
        camera.location.z += 30
        camera.rotation_euler.x -= 0.25
    elif rig == "parent":
        camera.parent = away
    else:
        camera.constraints.new("COPY_TRANSFORMS").target = away
        away.rotation_euler.x = 1.2
    picture.relabel(resnet)
    depsgraph = look.evaluate(resnet)
    pictures, count = look.pictures(resnet, ("layer", "label")), 0
    for owner, parts in look.labels(resnet).items():
        text = parts["name"]
        if not text.hide_render:
            layer, label = pictures[look.layers(resnet)[owner].name], pictures[text.name]
            middle = (label[0] + label[2]) / 2
            assert layer[0] - 0.02 < middle < layer[2] + 0.02 and label[3] < layer[3], owner
            count += 1
    assert count > 4, depsgraph


def test_labels_behind_the_camera_stay(resnet):
    before = label_places(resnet)
    camera = look.one_of(resnet, "camera")
    camera.rotation_euler.z += np.pi
    picture.relabel(resnet)
    assert same(label_places(resnet), before)


def test_labels_without_a_camera(resnet):
    bpy.data.objects.remove(look.one_of(resnet, "camera"))
    run("fold_blocks", which="ALL")
    assert folded(resnet)
