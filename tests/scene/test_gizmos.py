# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arrows of a layer stand where it ends, and what they drag is a socket."""

from math import radians

import bpy
import numpy as np
import pytest

from neuroscene.operators import drag_socket
from scene import look


@pytest.fixture
def layer(registered):
    network = look.build(look.MLP)
    bpy.context.window.scene = look.scene_of(network)
    obj = (
        look.layers(network)["hidden1"] if "hidden1" in look.layers(network) else list(look.layers(network).values())[1]
    )
    bpy.context.view_layer.objects.active = obj
    return obj


@pytest.mark.parametrize(
    "socket, value, kept", [("Spacing", 2.5, 2.5), ("Spacing", -1, 0), ("Fold", 0.4, 0.4), ("Fold", 7, 1)]
)
def test_a_drag_sets_a_socket_within_its_limits(layer, socket, value, kept):
    bpy.ops.neuroscene.drag_socket(socket=socket, value=value)
    assert look.inputs(layer)[socket] == pytest.approx(kept)


def test_only_an_active_layer_has_them(layer):
    bpy.context.view_layer.objects.active = layer.parent
    assert not bpy.ops.neuroscene.drag_socket.poll()


@pytest.mark.parametrize("turn", [0.0, 70.0])
@pytest.mark.parametrize("socket, axis", [("Spacing", 1), ("Fold", 2)])
def test_arrows_stand_on_the_box_of_the_layer(layer, turn, socket, axis):
    """Beside it and above it, in the layer's own axes, and as long as its half."""
    layer.rotation_euler.z += radians(turn)
    look.set_input(layer, "Spacing", 1.7)
    bpy.context.view_layer.update()
    depsgraph = bpy.context.view_layer.depsgraph
    begin, end = drag_socket.ends(layer, depsgraph, socket)
    along = np.array(layer.matrix_world.to_3x3())[:, axis]
    along /= np.linalg.norm(along)
    places = look.cell_places(layer, depsgraph) @ along
    sign = -1 if socket == "Spacing" else 1
    assert (end - begin) @ along * sign == pytest.approx(np.linalg.norm(end - begin))
    reach = (places * sign).max()
    assert begin @ along * sign >= reach - 1e-4
    assert begin @ along * sign < reach + look.inputs(layer)["Pitch"]  # half a cell
