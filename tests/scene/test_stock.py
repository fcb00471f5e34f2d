# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A saved scene is stock Blender: one without Neuroscene shows the same, to the last pixel."""

import json
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

from scene import look

pytestmark = pytest.mark.slow


def chain():
    """The sample network with a digit and a layer that was moved."""
    network = look.build(look.CNN, look.DIGIT, max_cells=10_000)
    thing = look.layers(network)["conv3"]
    thing.rotation_euler.y, thing.location.z = 0.5, 2.0  # by hand, as a designer would
    look.set_input(thing, "Pitch", 1.4 * look.inputs(thing)["Pitch"])
    return network


def blocks():
    """A network with skip connections, of whose blocks one was moved, one is folded and one half folded."""
    network = look.build(look.ZOO / "resnet18.onnx", max_cells=6_000)
    boxes = look.boxes(network)
    boxes["layer1"].location.z += 3.0
    look.set_input(boxes["layer2"], "Fold", 1.0)
    look.set_input(boxes["layer3"], "Fold", 0.5)
    return network


@pytest.fixture(scope="module", params=[chain, blocks], ids=lambda made: made.__name__)
def saved(request, tmp_path_factory):
    """The geometry and picture of a scene in memory, and of its file in a Blender without Neuroscene."""
    folder = tmp_path_factory.mktemp("stock")
    look.fresh()
    network = request.param()
    scene = look.scene_of(network)
    look.plain_render(scene, 4)
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 96, 54, 100
    handlers = {
        name: [f for f in getattr(bpy.app.handlers, name) if "neuroscene" in f.__module__]
        for name in dir(bpy.app.handlers)
        if isinstance(getattr(bpy.app.handlers, name), list)
    }
    geometry = look.geometry(network)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"))
    scene.render.filepath = str(folder / "here.png")
    bpy.ops.render.render(write_still=True, scene=scene.name)
    command = [
        sys.executable,
        Path(__file__).with_name("stock.py"),
        folder / "scene.blend",
        folder / "there.npz",
        folder / "there.png",
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    result = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    with np.load(folder / "there.npz") as there:
        return {
            "here": geometry,
            "there": dict(there),
            "handlers": handlers,
            "name": scene.name,
            "folder": folder,
            "found": json.loads(result.removeprefix("RESULT ")),
        }


def test_nothing_of_ours_was_loaded(saved):
    assert saved["found"]["ours"] == []


def test_the_file_opens_on_the_network(saved):
    assert saved["found"]["scene"] == saved["name"]
    assert saved["found"]["camera"].endswith("Hero")


def test_same_geometry(saved):
    here, there = saved["here"], saved["there"]
    assert set(here) <= set(there) and {"conv3", "layer3"} & set(here)
    for name, numbers in here.items():
        size = max(1.0, np.abs(numbers).max())
        assert np.abs(there[name] - numbers).max() <= 1e-6 * size, name


def test_same_picture(saved):
    here, there = (look.png(saved["folder"] / name).astype(int) for name in ("here.png", "there.png"))
    assert here.shape == there.shape == (54, 96, 3)
    assert np.abs(here - there).max() <= 1
    assert here.std() > 10  # and it is a picture of something


def test_no_code_and_no_other_files(saved):
    found = saved["found"]
    assert not any(saved["handlers"].values())
    for name in ("drivers", "texts", "libraries", "files", "scripts"):
        assert not found[name], (name, found[name])
