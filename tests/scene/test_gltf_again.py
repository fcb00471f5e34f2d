# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an export back to its network: its checkpoint is found, and what was moved by hand stands where it stood."""

import json
import shutil
import struct

import bpy
import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.gltf import attach, export
from neuroscene.addon.scene.building import build
from scene import look

FACTS = "neuroscene"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model, its input, and an export of what a designer has moved, beside one another."""
    folder = tmp_path_factory.mktemp("again")
    for one in (look.CNN, look.DIGIT):
        shutil.copy(one, folder)
    look.fresh()
    network = look.build(folder / look.CNN.name, folder / look.DIGIT.name, max_cells=1_200)
    look.layers(network)["conv2"].location.x += 2
    look.layers(network)["conv2"].rotation_euler.z = 0.3
    look.one_of(network, "root").location = (1, 2, 3)
    export.export(folder / "out.glb")
    (folder / "places.json").write_text(json.dumps(places(network)))
    return folder


def places(network) -> dict:
    look.evaluate(network)
    return {name: np.array(one.matrix_world).tolist() for name, one in look.layers(network).items()}


def check_same(folder, network):
    wanted, found = json.loads((folder / "places.json").read_text()), places(network)
    assert wanted.keys() == found.keys()
    for name, matrix in found.items():
        assert np.allclose(matrix, wanted[name], atol=1e-4), name
    assert sum(len(one.data.vertices) for one in look.of_kind(network, "layer")) <= 1_200  # its settings hold again
    assert look.facts(network)["input"] == look.DIGIT.name


def again(*arguments):
    return build.finish(attach.steps(*arguments))


def test_of_a_file(blank, folder):
    check_same(folder, again(folder / "out.glb"))


def test_of_an_import(blank, folder):
    """Blender's own importer keeps the extras; the checkpoint tells which of its networks is meant."""
    bpy.ops.import_scene.gltf(filepath=str(folder / "out.glb"))
    scenes = set(bpy.data.scenes)
    network = again(folder / look.CNN.name)
    check_same(folder, network)
    assert look.scene_of(network) not in scenes


def test_operator(registered, folder):
    assert bpy.ops.neuroscene.attach_gltf(filepath=str(folder / "out.glb")) == {"FINISHED"}
    assert len([one for one in bpy.data.collections if look.facts(one).get("kind") == "network"]) == 1


def test_a_checkpoint_that_lies_elsewhere(blank, folder, tmp_path):
    shutil.copy(folder / "out.glb", tmp_path)
    with pytest.raises(CheckpointError, match="digits_cnn.onnx is not beside it"):
        again(tmp_path / "out.glb")
    with pytest.raises(CheckpointError, match="is not the file that the glTF was made of"):
        again(tmp_path / "out.glb", look.MLP)
    assert look.of_kind(again(tmp_path / "out.glb", look.CNN), "layer")


def test_another_checkpoint_than_was_imported(blank, folder):
    bpy.ops.import_scene.gltf(filepath=str(folder / "out.glb"))
    with pytest.raises(CheckpointError, match="no imported glTF was made of this file"):
        again(look.MLP)


def changed(folder, tmp_path, change):
    """The export with other JSON."""
    data = (folder / "out.glb").read_bytes()
    size = struct.unpack("<I", data[12:16])[0]
    content = json.loads(data[20 : 20 + size])
    network = next(one for one in content["nodes"] if one.get("extras", {}).get(FACTS, {}).get("kind") == "network")
    change(content, network)
    text = json.dumps(content).encode()
    text += b" " * (-len(text) % 4)
    (tmp_path / "changed.glb").write_bytes(data[:8] + struct.pack("<II", 20 + len(text), len(text)) + b"JSON" + text)
    for one in (look.CNN, look.DIGIT):
        shutil.copy(one, tmp_path)
    return tmp_path / "changed.glb"


HOSTILE = {
    "no nodes": lambda content, network: content.update(nodes=[]),
    "no objects": lambda content, network: content.update(nodes=[1, 2]),
    "a circle": lambda content, network: network.update(children=[content["nodes"].index(network)]),
    "a child that is not there": lambda content, network: network.update(children=[10**9]),
    "a place of words": lambda content, network: network.update(translation=["a", "b", "c"]),
    "no facts": lambda content, network: network["extras"].update(neuroscene=[]),
    "settings of words": lambda content, network: network["extras"][FACTS].update(settings={"max_cells": "many"}),
    "no direction": lambda content, network: network["extras"][FACTS]["settings"]["layout"].update(direction="Q"),
    "sizes of words": lambda content, network: network["extras"][FACTS].update(sizes={"x:0": "y"}),
    "no source": lambda content, network: network["extras"][FACTS].pop("source"),
    "another place": lambda content, network: network["extras"][FACTS].update(source="../../etc/passwd"),
}


def facts(**values):
    """Other facts of the network."""
    return lambda content, network: network["extras"][FACTS].update(values)


def layout(**values):
    return facts(settings={"layout": values})


def twice(content, network):
    """Thirty nodes, each twice below the one before: a thousand million ways down."""
    first = len(content["nodes"])
    network["children"] = [first, first]
    content["nodes"] += [{"children": [first + step + 1] * 2} for step in range(30)] + [{}]


NONE, ENDLESS = float("nan"), float("inf")
HOSTILE |= {
    "a name that is too long": facts(source="a" * 5_000),
    "an empty name": facts(source=""),
    "a null in a name": facts(source="a\0b"),
    "a list as name": facts(source=["a"]),
    "too many cells": facts(settings={"max_cells": 10**15}),
    "no cells": facts(settings={"max_cells": 0}),
    "endless cells": facts(settings={"max_cells": ENDLESS}),
    "negative lines": facts(settings={"lines_a_pair": -1}),
    "spacing that is no number": layout(spacing=NONE),
    "endless spacing": layout(spacing=ENDLESS),
    "no spacing": layout(spacing=0.0),
    "rows of no length": layout(longest=NONE),
    "an enormous size": facts(sizes={"image:0": 10**15}),
    "a negative size": facts(sizes={"image:0": -1}),
    "a list of sizes": facts(sizes=[1]),
    "two parents": twice,
    "a place that is no number": lambda content, network: network.update(translation=[NONE] * 3),
    "a place too far": lambda content, network: network.update(translation=[1e39, 0, 0]),
    "endless scale": lambda content, network: network.update(scale=[ENDLESS, 1, 1]),
    "a turn that is no number": lambda content, network: network.update(rotation=[NONE, 0, 0, 1]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_damaged(blank, folder, tmp_path, name):
    with pytest.raises(CheckpointError) as caught:
        again(changed(folder, tmp_path, HOSTILE[name]))
    assert len(str(caught.value)) < 1_000 and "\n" not in str(caught.value)


def test_files_beside_it_that_cannot_be(blank, folder, tmp_path):
    """Without its input and its architecture it is still the network."""
    longest = "a" * 5_000
    assert look.layers(again(changed(folder, tmp_path, facts(input=longest, architecture=longest))))


@pytest.mark.parametrize(
    "data",
    [b"", b"glTF", b"x" * 40, b"glTF\2\0\0\0\0\0\0\0\xff\xff\xff\xffJSON{}", b"glTF\2\0\0\0\x18\0\0\0\4\0\0\0JSON[1] "],
)
def test_no_glb(blank, tmp_path, data):
    (tmp_path / "out.glb").write_bytes(data)
    with pytest.raises(CheckpointError, match=r"glTF 2\.0 file|not an export"):
        again(tmp_path / "out.glb")
    with pytest.raises(CheckpointError, match="cannot be read"):
        again(tmp_path / "nothing.glb")
