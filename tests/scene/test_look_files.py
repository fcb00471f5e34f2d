# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The looks, shapes and shots of a network as a file, for another network."""

import json

import bpy
import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.scene import shots
from neuroscene.addon.scene.entities import Bundle, LayerObject, NetworkScene
from neuroscene.addon.scene.looks import look_files, painting, styles
from scene import look
from scene.acting import run
from scene.command import check_refused, run_many


def dressed(model=look.CNN):
    """A network with a style, sockets of one layer and of the lines into one, a slider, an arrangement and a shot."""
    network = look.build(model)
    scene = NetworkScene(network)
    styles.apply(styles.BLUEPRINT, painting.part_of(bpy.context, network))
    layers = scene.layers()
    layers["conv1"].inputs.update({"Arrangement": 1.0, "Relief": 4.0, "Shape": "Disc"})
    next(bundle for bundle in scene.bundles() if bundle.target == "conv2").inputs.update({"Arc": 0.4, "Radius": 0.02})
    scene.root().inputs["Bundle"] = 0.25
    run("arrange_network", spacing=1.6)
    shots.add(network, "turntable")
    return network


def test_a_network_of_another_file_gets_all_of_it(registered, tmp_path):
    path = tmp_path / "look.json"
    given = look_files.taken(dressed())
    path.write_text(json.dumps(given))
    assert path.stat().st_size < 40_000
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    network = look.build(look.MLP)
    before = {layer.name: look.values_of(layer.obj) for layer in NetworkScene(network).members(LayerObject)}
    count, problems = look_files.apply(look_files.load(path), network)
    assert count > 5 and not problems
    scene = NetworkScene(network)
    assert scene.style == "Blueprint"
    assert scene.root().inputs["Bundle"] == 0.25 and scene.settings["layout"]["spacing"] == pytest.approx(1.6)
    assert list(shots.shots(network)) == ["hero", "turntable"]
    for layer in scene.members(LayerObject):  # what it shows has not changed
        np.testing.assert_array_equal(look.values_of(layer.obj), before[layer.name])


def test_the_same_network_looks_the_same(registered):
    given = look_files.taken(dressed())
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    network = look.build(look.CNN)
    look_files.apply(given, network)
    again = look_files.taken(network)
    assert again["layers"] == given["layers"] and again["connections"] == given["connections"]
    assert again["network"] == given["network"] and again["arrangement"] == given["arrangement"]
    assert again["style"] == given["style"] and again["shots"] == given["shots"]


def test_layers_of_other_names_go_by_their_operator(registered):
    given = look_files.taken(dressed())
    for entry in given["layers"]:
        entry["name"] += " of another"
    for entry in given["connections"]:
        entry["target"] += " of another"
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    network = look.build(look.CNN)
    look_files.apply(given, network)
    layers = NetworkScene(network).layers()
    assert layers["conv1"].inputs["Shape"] == "Disc" and layers["conv3"].inputs["Relief"] == 4.0
    assert layers["dense1"].inputs["Shape"] != "Disc"
    weights = [bundle for bundle in NetworkScene(network).members(Bundle) if bundle.carries == "weight"]
    assert weights


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(form="other"),
        lambda data: data.update(version=99),
        lambda data: data.update(layers=3),
        lambda data: data["layers"].append({"name": 1}),
        lambda data: data.pop("style"),
        lambda data: data.update(shots=[7]),
    ],
)
def test_what_is_no_look(registered, tmp_path, change):
    data = look_files.taken(look.build(look.MLP))
    change(data)
    path = tmp_path / "look.json"
    path.write_text(json.dumps(data))
    with pytest.raises(CheckpointError, match="no look of Neuroscene"):
        look_files.load(path)


def test_values_that_do_not_fit_are_left(registered):
    network = look.build(look.MLP)
    data = look_files.taken(network)
    wanted = look_files.taken(network)
    data["layers"][0]["sockets"] |= {"Shape": "Banana", "Relief": "high", "Size": True, "Nothing": 3, "Units": 999}
    for entry in data["layers"]:
        entry["sockets"] |= {"Shape": "Banana", "Relief": "high", "Size": True, "Nothing": 3, "Units": 999}
    look_files.apply(data, network)
    assert look_files.taken(network)["layers"] == wanted["layers"]


def test_operators_and_undo(registered, tmp_path):
    path = tmp_path / "look.json"
    dressed()
    assert run("save_look", filepath=str(path)) == {"FINISHED"}
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    look.build(look.MLP)
    bpy.ops.ed.undo_push(message="built")
    assert run("load_look", filepath=str(path)) == {"FINISHED"}
    bpy.ops.ed.undo()
    (network,) = [NetworkScene(one) for one in bpy.data.collections if NetworkScene.is_one(one)]
    assert network.style != "Blueprint" and list(shots.shots(network.collection)) == ["hero"]


def test_without_a_name_nothing_is_saved(registered):
    look.build(look.MLP)
    with pytest.raises(RuntimeError, match="give the file a name"):
        run("save_look")
    with pytest.raises(RuntimeError, match="is no look of Neuroscene"):
        run("load_look")


def test_command_line(tmp_path):
    scene, path, other = tmp_path / "a.blend", tmp_path / "look.json", tmp_path / "b.blend"
    empty = tmp_path / "empty.json"
    empty.write_text("{}")
    *done, refused, missing = run_many(
        [
            ["build", look.MLP, "-o", scene],
            ["look", scene, "-o", path],
            ["build", look.CNN, "-o", other, "--look", path],
            ["build", look.CNN, "-o", other, "--look", empty],
            ["look", look.CNN, "-o", path],
        ]
    )
    assert [one.status for one in done] == [0, 0, 0], done
    check_refused(refused, "empty.json", "no look of Neuroscene")
    check_refused(missing, "is no saved scene")
