# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person puts beside a layer: its largest value, a text."""

import bpy
import numpy as np
import pytest

from neuroscene.addon.inference import activation, run_file
from neuroscene.addon.network.network import by_unit
from neuroscene.addon.scene.building import importing
from neuroscene.addon.scene.camera import framing
from neuroscene.addon.scene.entities import Annotation, Note
from scene import look
from scene.acting import select


@pytest.fixture
def network(registered):
    network = look.build(look.CNN, look.DIGIT)
    bpy.context.window.scene = look.scene_of(network)
    bpy.context.view_layer.update()
    return network


@pytest.mark.parametrize("name", ["conv2", "pool1", "dense1"])
def test_the_largest_value_is_pinned(network, name):
    select(look.layers(network)[name])
    assert bpy.ops.neuroscene.pin_largest() == {"FINISHED"}
    note = Annotation(bpy.context.view_layer.objects.active)
    model, ran = run_file(look.DIGIT, importing.open_network(look.CNN))
    layer = next(each for each in model.layers if each.name == name)
    values = by_unit(activation(layer, ran), layer.grid)
    assert values[note.unit, note.row, note.column] == values.max() and note.layer == name


def test_a_layer_without_values_says_so(registered, capfd):
    network = look.build(look.CNN)
    bpy.context.window.scene = look.scene_of(network)
    select(look.layers(network)["pool1"])
    before = look.blocks()
    assert bpy.ops.neuroscene.pin_largest() == {"CANCELLED"}
    assert "pool1 shows no values: run an input first" in capfd.readouterr().out
    assert look.blocks() == before


def test_a_text_stands_above_its_layer_and_goes_with_it(network):
    layer = look.layers(network)["conv2"]
    before = look.blocks()
    select(layer)
    assert bpy.ops.neuroscene.add_text(text="Edges") == {"FINISHED"}
    note = bpy.context.view_layer.objects.active
    assert Note(note).layer == "conv2" and note.data.body == "Edges"
    depsgraph = look.evaluate(network)
    top = framing.box_corners(layer, depsgraph)[:, 2].max()
    assert framing.box_corners(note, depsgraph)[:, 2].min() > top
    camera = look.scene_of(network).camera
    turned = [np.array(obj.evaluated_get(depsgraph).matrix_world.to_quaternion()) for obj in (note, camera)]
    assert abs(turned[0] @ turned[1]) == pytest.approx(1, abs=1e-5)
    layer.location.x += 2
    place = note.matrix_world.translation.x
    bpy.context.view_layer.update()
    assert note.matrix_world.translation.x == pytest.approx(place + 2, abs=1e-5)
    layer.location.x -= 2
    select(layer)
    bpy.ops.neuroscene.delete_layers()
    assert not [obj for obj in bpy.data.objects if Note.is_one(obj)]
    assert not set(look.blocks()) - set(before)
