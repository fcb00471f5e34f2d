# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A window over a small map: how large the map is that it makes, what that holds and what is read are onnxruntime's."""

import bpy
import numpy as np
import pytest

from neuroscene.addon.scene.explanation import window
from scene import acting, look
from unit.make import model, node, run

SETTINGS = {
    "plain": {},
    "strided": {"Stride": 2},
    "padded": {"Padding": 1},
    "dilated": {"Dilation": 2},
    "all": {"Size": 9, "Kernel": 4, "Stride": 3, "Padding": 2, "Dilation": 2},
    "even": {"Kernel": 2, "Stride": 2},
    "one": {"Kernel": 1},
}


def drawn(obj):
    """What is on the instances that a window shows."""
    view_layer = bpy.context.view_layer
    view_layer.update()
    geometry = obj.evaluated_get(view_layer.depsgraph).evaluated_geometry()
    attributes = geometry.instances_pointcloud().attributes
    names = ("inside", "value", "read", "made", "mean", "step", "number", "part")
    return {name: look.array(attributes, name) for name in names if name in attributes}


@pytest.mark.parametrize("name", SETTINGS)
def test_it_does_what_onnxruntime_does(blank, name):
    obj = window.add(bpy.context.scene)
    given = {"Size": 7, "Kernel": 3, "Stride": 1, "Padding": 0, "Dilation": 1} | SETTINGS[name]
    for socket, value in given.items():
        look.set_input(obj, socket, value)
    look.set_input(obj, "Filled", False)
    size, kernel, padding = given["Size"], given["Kernel"], given["Padding"]
    step = 0
    for slide in (0.0, 0.5, 1.0):
        look.set_input(obj, "Slide", slide)
        found = drawn(obj)
        is_input = found["inside"] > 0.5
        assert is_input.sum() == size**2
        values = found["value"][is_input].reshape(1, 1, size, size)
        attributes = {"strides": [given["Stride"]] * 2, "pads": [padding] * 4, "dilations": [given["Dilation"]] * 2}
        conv = model(
            [node("Conv", ["x", "w"], ["y"], **attributes)],
            {"x": (1, 1, size, size)},
            {"y": None},
            {"w": np.full((1, 1, kernel, kernel), 1 / kernel**2, np.float32)},
        )
        (made,) = run(conv, {"x": values})
        wide = made.shape[-1]
        told = (found["part"] == 16) & (found["step"] == 5)
        assert float(found["number"][told][0]) == wide
        step = max(int(np.ceil(slide * wide**2 - 0.01)), 1) - 1
        row, column = divmod(step, wide)
        means = found["mean"][np.isfinite(found["mean"]) & (found["mean"] != 0)]
        assert len(means) == wide**2 and means == pytest.approx(made.ravel(), abs=1e-5)
        taps = [
            at * given["Stride"] + tap * given["Dilation"] - padding for at in (row, column) for tap in range(kernel)
        ]
        rows, columns = (set(half) for half in (taps[:kernel], taps[kernel:]))
        read = found["read"][is_input].reshape(size, size) > 0.5
        assert all(read[r, c] == (r in rows and c in columns) for r in range(size) for c in range(size))


def test_it_is_added_and_undone(registered):
    bpy.ops.ed.undo_push(message="before")
    before = len(bpy.data.objects)
    assert acting.run("add_window") == {"FINISHED"}
    assert look.facts(bpy.context.object)["kind"] == "window map"
    bpy.ops.ed.undo()
    assert len(bpy.data.objects) == before
