# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shots: what is in the picture, what moves, and that a designer's own work stays."""

import json
from itertools import combinations

import bpy
import numpy as np
import pytest

from neuroscene.addon import compat
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.scene import shots
from neuroscene.addon.scene.building import build as builder
from neuroscene.addon.scene.building import studio
from neuroscene.addon.scene.updating import reloading
from scene import look
from scene.networks import FORMATS, build
from unit.make import DATA

WHOLE = ("elevation", "plan", "turntable", "unfold")  # shots in which all is in the picture, in every frame
SHOWN = ("layer", "block", "connections", "bars")
EVERY = [
    name for name in shots.KINDS if name not in ("before-after", "training", "training-close", "opened")
]  # for these a pair or a run


def seen(network, points):
    """World points (n, 3) in the picture of the scene's camera now, 0 to 1, and how far ahead of it they are."""
    scene = look.scene_of(network)
    depsgraph = look.evaluate(network)
    matrix = look.projection(network, depsgraph, scene.camera)
    into = np.linalg.inv(np.array(scene.camera.evaluated_get(depsgraph).matrix_world))  # the camera looks along -z
    ahead = -(points @ into[2, :3] + into[2, 3])
    clip = points @ matrix[:, :3].T + matrix[:, 3]
    return np.concatenate([(clip[:, :2] / clip[:, 3:] + 1) / 2, ahead[:, None]], axis=1)


def corners(network, kinds=SHOWN):
    """World corners of all that is shown of these kinds."""
    depsgraph, found = look.evaluate(network), []
    for kind in kinds:
        for thing in look.of_kind(network, kind):
            if not thing.hide_render:
                found.append(np.asarray(look.corners(thing, depsgraph)).reshape(-1, 3))
    points = np.concatenate(found)
    hull = np.concatenate([points[points[:, axis].argsort()[[0, -1]]] for axis in range(3)])
    step = max(1, len(points) // 1500)
    return np.concatenate([hull, points[::step]])


def plain(inputs) -> dict:
    """The inputs of a modifier, vectors as tuples: Blender 4.5 gives arrays that equal nothing."""
    return {
        name: tuple(value) if hasattr(value, "__len__") and not isinstance(value, str) else value
        for name, value in inputs.items()
    }


def add(network, name, form="16:9"):
    scene = look.scene_of(network)
    scene.render.resolution_x, scene.render.resolution_y = FORMATS[form]
    return shots.add(network, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cnn", "tall", "resnet18", "bert"])
def test_all_is_in_the_picture_of_every_frame(name, tmp_path):
    network = build(name, tmp_path)
    scene = look.scene_of(network)
    forms = FORMATS if name in ("cnn", "tall") else ("21:9", "9:16")  # large networks in the extremes alone
    for shot in WHOLE:
        for form in forms:
            add(network, shot, form)
            frames = np.linspace(scene.frame_start, scene.frame_end, 7 if shot == "turntable" else 2).astype(int)
            fills = []
            for frame in frames:
                scene.frame_set(int(frame))
                places = seen(network, corners(network))
                assert places[:, :2].min() >= 0 and places[:, :2].max() <= 1, (shot, form, frame)
                assert places[:, 2].min() > 0
                fills.append(np.ptp(places[:, :2], axis=0).max())
            # what turns is narrow from one side, and what unfolds is small before; at its best it fills the picture
            assert max(fills) >= 0.55, (shot, form, fills)


@pytest.mark.parametrize("shot", EVERY)
def test_a_shot_is_a_camera_with_marker_and_collection(blank, shot):
    network = look.build(look.CNN, look.DIGIT)
    scene = look.scene_of(network)
    hero = scene.camera
    camera = shots.add(network, shot)
    assert scene.camera == camera and look.facts(camera)["shot"] == shot
    marker = next(one for one in scene.timeline_markers if one.name == shot)
    assert marker.camera == camera and marker.frame == scene.frame_start
    if shots.KINDS[shot].length is None:
        assert scene.frame_end - scene.frame_start + 1 == shots.KINDS[shot].frames
    shelf = next(one for one in camera.users_collection)
    assert look.facts(shelf) == {"kind": "shot", "shot": shot}
    if shot == "hero":
        return
    shots.switch(network, "hero")
    assert scene.camera == hero and scene.frame_start == 1
    shots.remove(network, shot)
    assert shot not in shots.shots(network) and [one.name for one in scene.timeline_markers] == ["hero"]


def test_shots_have_frames_of_their_own(blank):
    network = look.build(look.CNN)
    for name in ("turntable", "plan", "unfold"):
        shots.add(network, name)
    spans = [tuple(look.facts(one)["frames"]) for one in shots.shots(network).values()]
    assert spans == sorted(spans) and all(one[1] < other[0] for one, other in zip(spans, spans[1:], strict=False))


@pytest.mark.parametrize("shot", ["dolly", "unfold", "macro"])
def test_sockets_move_only_in_their_shot(blank, shot):
    """Outside a shot's frames every value is what it was; inside, cells and lines appear."""
    network = look.build(look.CNN, look.DIGIT)
    scene = look.scene_of(network)
    things = [*look.layers(network).values(), *look.bundles(network).values(), *look.of_kind(network, "bars")]
    scene.frame_set(1)
    before = {one.name: look.inputs(one) for one in things}
    shots.add(network, shot)
    first, last = scene.frame_start, scene.frame_end
    inside = []
    for frame in (1, first - 1, last + 1, last + 50):
        scene.frame_set(frame)
        for one in things:
            now = look.inputs(one.evaluated_get(look.evaluate(network)))
            changed = {
                name
                for name, value in now.items()
                if isinstance(value, (int, float)) and abs(value - before[one.name][name]) > 1e-6
            }
            assert not changed - {"Pulse"}, (frame, one.name, changed)
    scene.frame_set(first)
    name = {"dolly": "Reveal", "unfold": "Fold", "macro": "Most"}[shot]
    moved = look.bundles(network) if shot == "macro" else look.layers(network)
    for one in moved.values():
        inside.append(look.inputs(one)[name] != before[one.name][name])
    # the input of a dolly is lit from the beginning, and a macro looks at one bundle
    assert sum(inside) == 1 if shot == "macro" else sum(inside) >= len(inside) - 1
    shots.remove(network, shot)
    assert all(plain(look.inputs(one)) == plain(before[one.name]) for one in things)
    assert not any(compat.animated(one) for one in things)


def test_a_designer_s_keyframes_stay(blank):
    network = look.build(look.CNN, look.DIGIT)
    thing = look.layers(network)["conv2"]
    path = compat.input_path(look.modifier(thing), "Fold")
    for frame, value in ((150, 0.25), (170, 0.75)):
        look.set_input(thing, "Fold", value)
        thing.keyframe_insert(path, frame=frame)
    shots.add(network, "unfold")
    (curve,) = (one for some in compat.curves_of(thing) for one in some if one.data_path == path)
    assert [tuple(one.co) for one in curve.keyframe_points] == [(150, 0.25), (170, 0.75)]


def test_values_and_transforms_by_hand_survive_shots(blank):
    network = look.build(look.CNN, look.DIGIT)
    thing = look.layers(network)["conv2"]
    thing.location.z += 2.0
    look.set_input(thing, "Spread", 1.3)
    place = tuple(thing.location)
    for name in EVERY:
        shots.add(network, name)
    shots.switch(network, "hero")
    assert tuple(thing.location) == place and look.inputs(thing)["Spread"] == pytest.approx(1.3)


def test_a_shot_of_white_paper_gives_the_look_back(blank):
    """The elevation asks for its style; what the network looked like before comes back with the next shot."""
    network = look.build(look.CNN, look.DIGIT)
    scene = look.scene_of(network)
    cells = look.facts(network)["materials"]["cells"]
    ramp = next(one for one in cells.node_tree.nodes if one.type == "VALTORGB").color_ramp
    ramp.elements[0].color = (0.1, 0.9, 0.2, 1.0)  # by hand
    view, strength = scene.view_settings.view_transform, _backdrop(scene)
    shots.add(network, "elevation")
    assert look.facts(network)["style"] == "Paper" and scene.view_settings.view_transform == "Standard"
    assert min(_backdrop(scene)) > 0.9
    shots.switch(network, "hero")
    assert scene.view_settings.view_transform == view and np.allclose(_backdrop(scene), strength, atol=1e-4)
    assert np.allclose(ramp.elements[0].color, (0.1, 0.9, 0.2, 1.0))


def _backdrop(scene):
    ramp = scene.world.node_tree.nodes[studio.BACKDROP].color_ramp
    return [channel for one in ramp.elements for channel in one.color[:3]]


def test_a_world_and_lights_of_the_user_stay(blank):
    scene = bpy.context.scene
    scene.world = bpy.data.worlds.new("Mine")
    light = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    light.data.energy = 7.5
    scene.collection.objects.link(light)
    network = look.build(look.CNN, look.DIGIT, new_scene=False)
    for name in ("elevation", "macro", "hero"):
        shots.add(network, name) if name != "hero" else shots.switch(network, name)
        assert scene.world.name == "Mine" and light.data.energy == 7.5 and not light.hide_render


def test_texts_belong_to_their_shot(blank):
    network = look.build(look.CNN, look.DIGIT)

    def shown(kind):
        return sum(not one.hide_render for one in look.of_kind(network, kind))

    for name, label, classes, caption in (
        ("turntable", False, True, True),
        ("fly-through", False, True, True),
        ("plan", True, False, True),
        ("macro", False, True, False),
        ("hero", True, True, True),
    ):
        shots.add(network, name) if name != "hero" else shots.switch(network, name)
        assert (shown("label") > 0, shown("class") > 0, shown("caption") > 0) == (label, classes, caption), name
        for one in look.of_kind(network, "label"):
            assert all(each.target == look.scene_of(network).camera for each in one.constraints)


def test_what_one_shot_keyframes_is_hidden_in_another(blank):
    """Class names appear in a dolly; in a plan there are none, at whatever frame."""
    network = look.build(look.CNN, look.DIGIT)
    scene = look.scene_of(network)
    for name in ("dolly", "unfold", "plan"):
        shots.add(network, name)
    scene.frame_set(scene.frame_end)
    assert all(one.evaluated_get(look.evaluate(network)).hide_render for one in look.of_kind(network, "class"))
    shots.switch(network, "turntable") if "turntable" in shots.shots(network) else shots.add(network, "turntable")
    scene.frame_set(scene.frame_end)
    assert all(one.evaluated_get(look.evaluate(network)).hide_render for one in look.of_kind(network, "label"))


def test_names_appear_with_what_they_name(blank):
    network = look.build(look.CNN, look.DIGIT)
    scene = look.scene_of(network)
    rest = {one.name: tuple(one.delta_scale) for one in network.all_objects}
    shots.add(network, "unfold")
    texts = [texts["name"] for texts in look.labels(network).values() if "name" in texts]

    def sizes(frame):
        scene.frame_set(frame)
        depsgraph = look.evaluate(network)
        return [one.evaluated_get(depsgraph).matrix_world.to_scale().length for one in texts]

    first, half, last = (
        sizes(frame) for frame in (scene.frame_start, (scene.frame_start + scene.frame_end) // 2, scene.frame_end)
    )
    assert max(first) == min(half) == 0 and min(last) > 0.1 and np.isclose(half, last).sum() >= 2
    shots.remove(network, "unfold")
    assert all(np.allclose(one.delta_scale, rest[one.name]) for one in network.all_objects)


def test_a_layer_that_has_not_appeared_shows_no_plate(blank):
    network = look.build(look.CNN, look.DIGIT)
    thing = look.layers(network)["conv2"]
    assert "conv2" in look.layers(network) and len(look.corners(thing, look.evaluate(network)))
    look.set_input(thing, "Reveal", 0.0)
    geometry = thing.evaluated_get(look.evaluate(network)).evaluated_geometry()
    matrices = look.local_instances(thing, look.evaluate(network))[0]
    assert geometry and np.abs(np.linalg.det(matrices[:, :3, :3])).max(initial=0.0) < 1e-9


@pytest.mark.parametrize("name", ["cnn", "mobilenet_v3", "gpt2"])
def test_a_dolly_is_where_the_signal_is(name, tmp_path):
    """When a layer begins to appear it is in the picture, also in rows that run to and fro, and past folded blocks."""
    network = build(name, tmp_path)
    scene = look.scene_of(network)
    shots.add(network, "dolly")
    things = [one for one in look.layers(network).values() if one.animation_data]
    for thing in things[:: max(1, len(things) // 12)]:
        (curve,) = (one for some in compat.curves_of(thing) for one in some)
        scene.frame_set(int(curve.keyframe_points[-4].co.x) + 3)
        depsgraph = look.evaluate(network)
        points = np.asarray(look.corners(thing, depsgraph)).reshape(-1, 3)
        if len(points):
            across, up, _ = seen(network, points).mean(0)
            assert 0 < across < 1 and 0 < up < 1, (thing.name, across, up)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cnn", "resnet18", "mobilenet_v3"])
def test_all_stands_on_the_floor(name, tmp_path):
    """The floor is under the network, and no label under the floor, whatever the format."""
    network = build(name, tmp_path)
    (floor,) = look.of_kind(network, "floor")
    for form in FORMATS:
        for shot in ("hero", "turntable"):
            add(network, shot, form)
            depsgraph, level = look.evaluate(network), floor.location.z
            assert level < corners(network, (*SHOWN, "class"))[:, 2].min() < level + 1, (shot, form)
            for one in look.of_kind(network, "label"):
                if one.type == "FONT" and one.data.body and not one.hide_render:
                    assert look.corners(one, depsgraph)[..., 2].min() > level, (shot, form, one.name)


def test_no_floor_under_a_plan_or_in_a_scene_that_is_not_ours(blank):
    network = look.build(look.MLP, look.DIGIT)
    surface = look.facts(network)["materials"]["floor"].node_tree.nodes["Neuroscene Value"]
    assert surface.inputs["Opacity"].default_value == 1.0
    shots.add(network, "elevation")
    assert surface.inputs["Opacity"].default_value == 0.0
    other = look.build(look.MLP, look.DIGIT, new_scene=False)
    assert look.of_kind(other, "floor") == []


def test_nothing_of_ours_is_needed_to_play_them(blank):
    network = look.build(look.CNN, look.DIGIT)
    for name in EVERY:
        shots.add(network, name)
    for some in (bpy.data.objects, bpy.data.cameras, bpy.data.scenes):
        for one in some:
            assert one.animation_data is None or not len(one.animation_data.drivers)
    handlers = [getattr(bpy.app.handlers, name) for name in dir(bpy.app.handlers)]
    assert not [
        one
        for some in handlers
        if isinstance(some, list)
        for one in some
        if "neuroscene" in getattr(one, "__module__", "")
    ]


def test_fitting_again_changes_nothing(blank):
    network = look.build(look.CNN, look.DIGIT)
    scene = look.scene_of(network)
    for name in EVERY:
        camera = shots.add(network, name) if name != "hero" else shots.shots(network)["hero"]
        shots.switch(network, name)
        before = [np.array(camera.evaluated_get(look.evaluate(network)).matrix_world)]
        shots.refit(network, name)
        shots.switch(network, name)
        after = np.array(camera.evaluated_get(look.evaluate(network)).matrix_world)
        assert np.allclose(before[0], after, atol=0.1), name  # texts turn to the camera
        assert scene.camera == camera


def test_a_shot_that_is_not_there(blank):
    network = look.build(look.MLP)
    for act, name in ((shots.add, "aerial"), (shots.switch, "plan"), (shots.add, "before-after")):
        with pytest.raises(CheckpointError):
            act(network, name)
    assert list(shots.shots(network)) == ["hero"] and bpy.context.scene is not None


def _box(network, text):
    """The lower left and the upper right corner of a text in the picture."""
    places = seen(network, look.corners(text, look.evaluate(network)).reshape(-1, 3))[:, :2]
    return places.min(0), places.max(0)


def test_two_checkpoints_in_one_scene(registered, tmp_path):
    """They stand one above the other in the same ranges; one undo takes the second away."""
    assert bpy.ops.neuroscene.import_network(filepath=str(look.CNN), input=str(look.DIGIT)) == {"FINISHED"}
    first = next(one for one in bpy.data.collections if look.facts(one).get("kind") == "network")
    other = DATA / "crossformat" / "mnist_cnn.keras"
    bpy.ops.ed.undo_push(message="before")
    blocks = len(bpy.data.objects)
    assert bpy.ops.neuroscene.compare_checkpoints("EXEC_DEFAULT", True, filepath=str(other)) == {"FINISHED"}
    first, second = sorted(
        (one for one in bpy.data.collections if look.facts(one).get("kind") == "network"),
        key=lambda one: "beside" in look.facts(one),
    )
    scene = look.scene_of(first)
    assert look.scene_of(second) == scene and look.facts(scene.camera)["shot"] == "before-after"
    assert look.facts(second)["input"] == look.facts(first)["input"]
    depsgraph = look.evaluate(first)
    low, high = (
        np.concatenate([look.cell_places(one, depsgraph) for one in look.layers(each).values()])
        for each in (second, first)
    )
    assert low[:, 2].max() < high[:, 2].min()
    for name in ("pool1", "conv3"):
        assert look.inputs(look.layers(first)[name])["Range"] == look.inputs(look.layers(second)[name])["Range"]
    points = np.concatenate([corners(one) for one in (first, second)])
    places = seen(first, points)
    assert places[:, :2].min() >= 0 and places[:, :2].max() <= 1
    boxes = [
        (one.name, _box(first, one))
        for each in (first, second)
        for kind in ("title", "label")
        for one in look.of_kind(each, kind)
        if not one.hide_render
    ]
    for (title, one), (name, other) in combinations(boxes, 2):
        assert (np.minimum(one[1], other[1]) <= np.maximum(one[0], other[0])).any(), (title, name)
        assert one[0].min() >= 0 and one[1].max() <= 1
    titles = [one.data.body for each in (first, second) for one in look.of_kind(each, "title")]
    assert titles == ["digits_cnn", "mnist_cnn"]
    bpy.ops.ed.undo()
    assert len(bpy.data.objects) == blocks


@pytest.mark.parametrize(("path", "size"), [(look.MLP, (1280, 720)), (look.CNN, (720, 900))])
def test_three_checkpoints_stand_together(blank, tmp_path, path, size):
    """All are in the picture, none in another, each is called what its file is called now."""
    files = [tmp_path / f"epoch_{number:02d}.onnx" for number in (1, 2, 10, 20)]
    for file in files:
        file.write_bytes(path.read_bytes())
    network = look.build(files[0], look.DIGIT, max_cells=2000)
    scene = look.scene_of(network)
    bpy.context.window.scene = scene
    scene.render.resolution_x, scene.render.resolution_y = size
    second = builder.finish(shots.compared(network, files[1]))
    builder.finish(shots.compared(second, files[2]))  # whichever of them is chosen
    shots.add(network, "before-after")
    three = [network, *shots.compare.others(network)]
    assert len(three) == 3
    boxes = []
    for each in three:
        points = corners(each)
        places = seen(network, points)
        assert places[:, :2].min() >= 0 and places[:, :2].max() <= 1 and places[:, 2].min() > 0
        boxes.append((points.min(0), points.max(0)))
    for one, other in combinations(boxes, 2):
        assert (np.minimum(one[1], other[1]) <= np.maximum(one[0], other[0])).any()

    def titles():
        return [one.data.body for each in three for one in look.of_kind(each, "title")]

    assert titles() == ["epoch_01", "epoch_02", "epoch_10"]
    for each in three:
        for title in look.of_kind(each, "title"):
            low, high = _box(network, title)
            assert low.min() >= 0 and high.max() <= 1
    builder.finish(reloading.steps(three[1], files[3]))
    assert titles() == ["epoch_01", "epoch_20", "epoch_10"]
    title = look.of_kind(three[0], "title")[0]
    title.data.body = "before"  # by hand
    builder.finish(reloading.steps(three[0]))
    assert titles() == ["before", "epoch_20", "epoch_10"]


def test_operators(registered):
    assert bpy.ops.neuroscene.import_network(filepath=str(look.MLP)) == {"FINISHED"}
    network = next(one for one in bpy.data.collections if look.facts(one).get("kind") == "network")
    scene = look.scene_of(network)
    assert bpy.ops.neuroscene.add_shot(shot="turntable") == {"FINISHED"}
    assert bpy.ops.neuroscene.set_shot(shot="hero") == {"FINISHED"}
    assert look.facts(scene.camera)["shot"] == "hero"
    assert bpy.ops.neuroscene.remove_shot(shot="turntable") == {"FINISHED"}
    with pytest.raises(RuntimeError, match="has no shot"):
        bpy.ops.neuroscene.set_shot(shot="turntable")
    assert bpy.ops.neuroscene.render_quality(quality="preview") == {"FINISHED"}
    assert scene.render.resolution_percentage == 50 and scene.cycles.samples <= 32


def test_frames_are_kept_when_somebody_changes_them(blank):
    network = look.build(look.MLP)
    scene = look.scene_of(network)
    shots.add(network, "turntable")
    scene.frame_end += 40
    end = scene.frame_end
    shots.switch(network, "hero")
    shots.switch(network, "turntable")
    assert scene.frame_end == end
    assert json.dumps(look.facts(shots.shots(network)["turntable"])["frames"]) == f"[101, {end}]"
