# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What moves, folds and changes its values over the frames of a scene does so in the GLB."""

import bpy
import numpy as np
import pytest

from neuroscene.addon import compat
from neuroscene.addon.gltf import export
from neuroscene.addon.scene import shots
from scene import look
from scene.exported import ramp, write
from scene.glb import UP, placed

RATE = 24


def keyed(network):
    """A layer that moves and turns, and a camera on a rig that follows it; over 25 frames, from frame 1 on."""
    scene = look.scene_of(network)
    scene.frame_start, scene.frame_end = 1, 25
    thing, camera = look.layers(network)["conv2"], look.one_of(network, "camera")
    for frame, place, angle in ((1, 0.0, 0.0), (13, 3.0, 2.0), (25, -1.0, 4.5)):
        thing.location.z, thing.rotation_euler.z = place, angle
        thing.keyframe_insert("location", frame=frame)
        thing.keyframe_insert("rotation_euler", frame=frame)
    rig = bpy.data.objects.new("rig", None)
    scene.collection.objects.link(rig)
    camera.parent = rig
    for frame in (1, 25):
        rig.rotation_euler.z = 0.1 * frame
        rig.keyframe_insert("rotation_euler", frame=frame)
    scene.frame_set(7)


def at(file, name, time, clip="") -> np.ndarray:
    """A node's own matrix (4, 4) at a time, Y up, by linear interpolation as the specification has it (but for small
    turns between frames)."""
    node, found = file.node(name), []
    for path, default in (("translation", (0, 0, 0)), ("rotation", (0, 0, 0, 1)), ("scale", (1, 1, 1))):
        times, values = file.channels(path, clip).get(name, (np.zeros(1), np.array([node.get(path, default)], float)))
        found.append(np.array([np.interp(time, times, values[:, i]) for i in range(values.shape[1])])[None])
    found[1] /= np.linalg.norm(found[1])
    return placed(*found)[0]


def test_moves(tmp_path):
    network, file = write(tmp_path, edit=keyed, max_cells=1_000)
    scene = look.scene_of(network)
    assert scene.frame_current == 7
    for frame in (1, 4, 7, 18, 25):
        scene.frame_set(frame)
        depsgraph, time = look.evaluate(network), (frame - 1) / RATE
        thing, camera = look.layers(network)["conv2"], look.one_of(network, "camera")
        root = file.matrix(file.nodes[network.name])
        matrix = np.array(thing.evaluated_get(depsgraph).matrix_world)
        assert np.allclose(UP @ root @ at(file, thing.name, time) @ UP.T, matrix, atol=1e-4), frame
        matrix = np.array(camera.evaluated_get(depsgraph).matrix_world)
        assert np.allclose(UP @ at(file, camera.name, time), matrix, atol=1e-4), frame
    moving = set().union(*(file.channels(path) for path in ("translation", "rotation", "scale")))
    assert moving == {thing.name, camera.name}  # and nothing that stands still
    assert np.allclose(file.world(thing.name), UP @ root @ at(file, thing.name, 6 / RATE) @ UP.T, atol=1e-4)


def test_nothing_moves(tmp_path):
    network, file = write(tmp_path, path=look.MLP)
    assert "animations" not in file.content and not look.scene_of(network).animation_data


def test_modifiers_are_shown_again(tmp_path):
    network, _ = write(tmp_path, edit=keyed, max_cells=1_000)
    look.modifier(look.layers(network)["conv1"]).show_viewport = False
    export.export(tmp_path / "out.glb")
    shown = {one.name: look.modifier(one).show_viewport for one in look.of_kind(network, "layer")}
    assert [name for name, one in shown.items() if not one] == ["conv1"]


def folding(network):
    """Layers that fold, arrange themselves anew and get another range, over 9 frames."""
    scene = look.scene_of(network)
    scene.frame_start, scene.frame_end = 1, 9
    for name, socket, keys in (
        ("conv1", "Fold", (0.0, 1.0)),
        ("conv2", "Arrangement", (2.0, 3.0)),
        ("dense1", "Range", (1.0, 8.0)),
    ):
        thing = look.layers(network)[name]
        for frame, value in zip((1, 9), keys, strict=True):
            look.set_input(thing, socket, value)
            thing.keyframe_insert(compat.input_path(look.modifier(thing), socket), frame=frame)
    scene.frame_set(1)


def posed(file, name, weights, attribute="POSITION"):
    """A mesh with its morph targets at these weights; places are in its own space, Z up."""
    found = file.local(name) if attribute == "POSITION" else file.colours(name)
    for index, weight in enumerate(weights):
        if attribute in file.primitive(name)["targets"][index]:
            found = found + weight * file.target(name, index, attribute)
    return found


def test_poses(tmp_path):
    network, file = write(tmp_path, edit=folding, options=export.ExportOptions(poses=5), max_cells=1_000)
    scene, tracks = look.scene_of(network), file.channels("weights")
    times, _ = tracks["conv1"]
    assert np.allclose(times, np.arange(0, 9, 2) / RATE)
    for index, frame in enumerate(range(1, 10, 2)):
        scene.frame_set(frame)
        depsgraph = look.evaluate(network)
        for name in ("conv1", "conv2", "dense1"):
            thing = look.layers(network)[name]
            weights = tracks[name][1][index] if name in tracks else ()
            assert sum(weights) == 1
            count = len(thing.data.vertices)
            cells = posed(file, name, weights).reshape(count, -1, 3)
            matrices, _ = look.local_instances(thing, depsgraph)
            centre = np.array([0.0 if name == "dense1" else -0.5, 0.0, 0.0])
            expected = matrices[:count, :3, :3] @ centre + matrices[:count, :3, 3]
            assert np.allclose(cells.mean(1), expected, atol=1e-4), (name, frame)
        given = look.inputs(thing)  # of dense1
        colours = posed(file, name, weights, "COLOR_0").reshape(count, -1, 4)[..., :3]
        shade = np.clip(look.on_cells(thing, depsgraph, "shade"), -1, 1)
        assert np.abs(colours - ramp(given["Material"], shade)[:, None]).max() <= 1 / 255, frame
    assert scene.frame_current == 9 and "scores" not in tracks and "image" not in tracks


def test_what_is_there_only_at_times(tmp_path):
    """The slab of a layer, which is there while that is folded, is a point in all other poses."""
    network, file = write(tmp_path, edit=folding, options=export.ExportOptions(poses=3), max_cells=1_000)
    tracks, slabs = file.channels("weights"), []
    for name in file.of_kind("backing"):
        if file.facts(name)["layer"] == "conv1" and name in tracks:
            slabs.append([float(np.ptp(posed(file, name, row), axis=0).max()) for row in tracks[name][1]])
            assert "pose" not in name or np.ptp(file.local(name), axis=0).max() < 1e-6
    assert slabs and sorted(max(one[0], 1e-9) for one in slabs)[0] < 1e-6  # not there at first
    assert max(one[2] for one in slabs) > 1  # there at the end


def test_the_size_of_poses_is_told_before(tmp_path):
    network, file = write(tmp_path, edit=folding, max_cells=1_000)
    report, told = export.export(tmp_path / "out.glb"), []
    assert "3 objects keep what they have at frame 1" in str(report) and "at most" in str(report)
    plain = (tmp_path / "out.glb").stat().st_size
    export.export(tmp_path / "out.glb", export.ExportOptions(poses=12), told.append)
    (said,) = told
    most = float(said.rpartition("at most ")[2].partition(" ")[0].replace(",", "")) * 1e6
    assert plain < (tmp_path / "out.glb").stat().st_size and f"at most {most / 1e6:,.0f} MB" in str(report)
    assert (tmp_path / "out.glb").stat().st_size - plain < most + 5e6


@pytest.mark.parametrize("shot", ["turntable", "fly-through"])
def test_shots(tmp_path, shot):
    network, file = write(tmp_path, edit=lambda network: shots.add(network, shot), max_cells=500)
    scene = look.scene_of(network)
    camera = shots.shots(network)[shot]
    known = file.content["scenes"][0]["extras"]["neuroscene"]
    assert known["camera"] == camera.name and file.facts(camera.name)["shot"] == shot
    first, last = file.facts(camera.name)["frames"]
    for frame in np.linspace(first, last, 5).astype(int):
        scene.frame_set(int(frame))
        matrix = np.array(camera.evaluated_get(look.evaluate(network)).matrix_world)
        found = UP @ at(file, camera.name, (frame - first) / known["rate"], shot)
        assert np.allclose(found, matrix, atol=2e-4), frame


def test_hidden_at_times(tmp_path):
    def hide(network):
        scene, thing = look.scene_of(network), look.layers(network)["conv2"]
        scene.frame_start, scene.frame_end = 1, 10
        for frame, hidden in ((1, False), (5, True), (9, False)):
            thing.hide_render = hidden
            thing.keyframe_insert("hide_render", frame=frame)
        scene.frame_set(1)

    network, file = write(tmp_path, edit=hide, max_cells=1_000)
    times, sizes = file.channels("scale")["conv2"]
    shown = np.linalg.norm(sizes, axis=1) > 0.1
    assert list(np.flatnonzero(~shown) + 1) == [5, 6, 7, 8]


def test_each_shot_has_a_clip_from_its_own_beginning_on(tmp_path):
    def film(network):
        for shot in ("turntable", "dolly", "forward"):
            shots.add(network, shot, 3.0)

    network, file = write(tmp_path, edit=film, max_cells=500)
    names = [animation["name"] for animation in file.content["animations"]]
    assert sorted(names) == ["dolly", "forward", "turntable"]
    cameras = shots.shots(network)
    scene = look.scene_of(network)
    for shot in names:
        first, last = file.facts(cameras[shot].name)["frames"]
        times = next(iter(file.channels("translation", shot).values()))[0]
        assert times[0] == 0 and times[-1] == pytest.approx((last - first) / RATE)
        for frame in (first, (first + last) // 2, last):
            scene.frame_set(frame)
            matrix = np.array(cameras[shot].evaluated_get(look.evaluate(network)).matrix_world)
            found = UP @ at(file, cameras[shot].name, (frame - first) / RATE, shot)
            assert np.allclose(found, matrix, atol=5e-4), (shot, frame)


def test_lines_and_layers_that_appear_in_a_shot_are_in_the_file(tmp_path):
    """At the frame that the file is of nothing may have appeared; the clip says from when on it is there."""

    def film(network):
        shots.add(network, "dolly", 4.0)
        look.scene_of(network).frame_set(look.scene_of(network).frame_start)

    network, file = write(tmp_path, edit=film, max_cells=500)
    bundles = [one.name for one in look.bundles(network).values()]
    sizes = file.channels("scale", "dolly")
    begins = []
    for name in bundles:
        assert "mesh" in file.node(name), name
        shown = np.linalg.norm(sizes[name][1], axis=1) > 0.1
        assert not shown[0] and shown[-1] and (np.diff(shown.astype(int)) >= 0).all(), name
        begins.append(int(np.argmax(shown)))
    assert sorted(begins) == begins and begins[0] < begins[-1]
    for one in look.bundles(network).values():  # and the scene is as it was
        assert look.inputs(one)["Trim End"] == 0


def test_poses_cover_every_shot(tmp_path):
    def film(network):
        for shot in ("unfold", "dolly"):
            shots.add(network, shot, 2.0)

    _, file = write(tmp_path, edit=film, options=export.ExportOptions(poses=3), max_cells=200, max_connections=20)
    for number, shot in enumerate(("unfold", "dolly")):
        for times, weights in file.channels("weights", shot).values():
            assert times.tolist() == pytest.approx([0.0, 1.0, 47 / RATE], abs=2 / RATE) and weights.shape == (3, 6)
            assert np.array_equal(weights[:, 3 * number : 3 * number + 3], np.eye(3))
