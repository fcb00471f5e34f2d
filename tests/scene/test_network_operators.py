# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folding blocks and arranging a network in the scene, and what the sidebar has for it."""

from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from neuroscene.addon import compat
from neuroscene.addon.scene import arranging, picture, tags
from neuroscene.panels.block import NEUROSCENE_PT_block
from neuroscene.panels.layer import NEUROSCENE_PT_detail, NEUROSCENE_PT_layer
from neuroscene.panels.networks import NEUROSCENE_PT_networks
from scene import look
from unit.make import model, node, save, seeded

RESNET, VIT = look.ZOO / "resnet18.onnx", look.ZOO / "vit.onnx"
AXES = {"X": (1, 0, 0), "-X": (-1, 0, 0), "Y": (0, 1, 0), "-Y": (0, -1, 0), "Z": (0, 0, 1), "-Z": (0, 0, -1)}


@pytest.fixture
def resnet(registered):
    return look.build(RESNET)


@pytest.fixture
def vit(registered):
    return look.build(VIT)


def run(name, **options) -> set[str]:
    """An operator so that its own UNDO flag counts, as from a menu."""
    return getattr(bpy.ops.neuroscene, name)("EXEC_DEFAULT", True, **options)


def select(*things):
    for one in bpy.data.objects:
        one.select_set(False)
    for one in things:
        one.select_set(True)
    bpy.context.view_layer.objects.active = things[0] if things else None


def network() -> bpy.types.Collection:
    """The network of the file, also after an undo."""
    (found,) = tags.networks()
    return found


def folded(found) -> set[str]:
    return {path for path, one in look.boxes(found).items() if look.inputs(one)["Fold"] == 1}


def places(found) -> dict[str, np.ndarray]:
    """Where layers and blocks stand in the world."""
    look.evaluate(found)
    return {one.name: np.array(one.matrix_world.translation)
            for one in (*look.of_kind(found, "layer"), *look.of_kind(found, "block"))}


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(np.allclose(one[name], other[name], atol=1e-4) for name in one)


def length(found) -> float:
    """From the first to the last layer that is not in a folded block."""
    hidden = inside(found, *folded(found))
    along = [place[0] for name, place in places(found).items() if facts_of(name).get("layer", "") not in {"", *hidden}]
    return max(along) - min(along)


def facts_of(name) -> dict:
    return look.facts(bpy.data.objects[name])


def geometry(found) -> dict[str, np.ndarray]:
    """Positions of all that is not hidden."""
    return {name: one for name, one in look.geometry(found).items()
            if not bpy.data.objects[name.removesuffix("/matrix")].hide_viewport}


def inside(found, *paths) -> set[str]:
    boxes = look.boxes(found)
    return {name for path in paths for name in look.facts(boxes[path])["layers"]}


def shown(found, of) -> dict[str, str]:
    """What labels say that are not hidden, by their owner."""
    return {owner: parts["name"].data.body for owner, parts in look.labels(found, of).items()
            if not parts["name"].hide_render}


# Folding


@pytest.mark.parametrize("which, expected", [
    ("REPEATS", {f"encoder/layers/encoder_layer_{n}" for n in (1, 2, 3)}), ("GROUPS", {"encoder/layers"}),
    ("ALL", {"encoder"})])
def test_fold_and_unfold(vit, which, expected):
    run("arrange_network", wrap=False)
    run("fold_blocks", which="ALL", fold=False)
    assert not folded(vit)
    opened, long = places(vit), length(vit)
    assert run("fold_blocks", which=which) == {"FINISHED"}
    assert folded(vit) == expected and length(vit) < 0.5 * long
    hidden = {name for path in expected for name in inside(vit, path)}
    assert hidden and not hidden & shown(vit, "layer").keys()
    assert run("fold_blocks", which=which, fold=False) == {"FINISHED"}
    assert not folded(vit) and same(places(vit), opened)


def test_a_group_says_how_often_it_repeats(vit):
    run("fold_blocks", which="ALL", fold=False)
    run("fold_blocks", which="GROUPS")
    picture.frame(vit, look.scene_of(vit), look.one_of(vit, "camera"))
    assert shown(vit, "block")["encoder/layers"] == "layers × 4"
    assert not {path for path in shown(vit, "block") if path.startswith("encoder/layers/")}


def test_fold_leaves_the_camera(vit):
    camera = look.one_of(vit, "camera")
    camera.location.x += 1
    look.evaluate(vit)
    before = camera.matrix_world.copy()
    camera.data.lens = 50
    run("fold_blocks", which="ALL", fold=False)
    run("fold_blocks", which="GROUPS")
    look.evaluate(vit)
    assert camera.matrix_world == before and camera.data.lens == 50


def test_fold_without_making_room(vit):
    before = places(vit)
    run("fold_blocks", which="GROUPS", arrange=False)
    assert same(places(vit), before) and "encoder/layers" in folded(vit)


def test_selected_blocks(resnet):
    boxes = look.boxes(resnet)
    select(boxes["layer2"], boxes["layer3/layer3.1"])
    run("fold_blocks", which="SELECTED")
    assert folded(resnet) == {"layer2", "layer3/layer3.1"}
    select(boxes["layer2"])
    run("fold_blocks", which="SELECTED", fold=False)
    assert folded(resnet) == {"layer3/layer3.1"}


def test_blocks_of_selected_layers(resnet):
    """To fold, the innermost; to unfold, all that hide the layer."""
    things = look.layers(resnet)
    select(things["/layer2/layer2.0/conv1/Conv"], things["/layer2/layer2.0/conv2/Conv"], things["/fc/Gemm"])
    run("fold_blocks", which="SELECTED")
    assert folded(resnet) == {"layer2/layer2.0"}
    run("fold_blocks", which="ALL")
    assert folded(resnet) == {"layer1", "layer2", "layer3", "layer4", "layer2/layer2.0"}
    select(things["/layer2/layer2.0/conv1/Conv"])
    run("fold_blocks", which="SELECTED", fold=False)
    assert folded(resnet) == {"layer1", "layer3", "layer4"}


def test_the_active_block_counts_where_nothing_is_selected(resnet):
    select()
    bpy.context.view_layer.objects.active = look.boxes(resnet)["layer4"]
    run("fold_blocks", which="SELECTED")
    assert folded(resnet) == {"layer4"}


def test_nothing_to_fold(resnet):
    select(look.layers(resnet)["/fc/Gemm"])
    assert run("fold_blocks", which="SELECTED") == {"CANCELLED"}
    assert run("fold_blocks", which="SELECTED", fold=False) == {"CANCELLED"}
    other = look.build(look.MLP)
    assert run("fold_blocks", which="ALL", uuid=look.facts(other)["uuid"]) == {"CANCELLED"}
    assert not folded(resnet)


def test_fold_slider_is_keyframed(resnet):
    """What was folded by the operator can be animated further, and follows its keys."""
    thing = look.boxes(resnet)["layer1"]
    modifier, scene = look.modifier(thing), look.scene_of(resnet)
    identifier = compat.identifiers(modifier.node_group)["Fold"]
    path = f'modifiers["{modifier.name}"].properties.inputs.{identifier}.value' if compat.FIVE_TWO else \
        f'modifiers["{modifier.name}"]["{identifier}"]'
    for frame, value in ((1, 0.0), (11, 1.0)):
        look.set_input(thing, "Fold", value)
        assert thing.keyframe_insert(path, frame=frame)
    shape = []
    for frame in (1, 6, 11):
        scene.frame_set(frame)
        shape.append(np.ptp(look.box_points(thing, look.evaluate(resnet)), axis=0))
    assert shape[0][0] > shape[1][0] > shape[2][0] and np.allclose(shape[2], look.inputs(thing)["Box"], rtol=1e-4)


def test_fold_is_one_step_of_undo(vit):
    bpy.ops.ed.undo_push(message="before")
    before, closed = geometry(vit), folded(vit)
    run("fold_blocks", which="GROUPS")
    after = geometry(network())
    assert folded(network()) != closed
    bpy.ops.ed.undo()
    assert folded(network()) == closed and same(geometry(network()), before)
    bpy.ops.ed.redo()
    assert same(geometry(network()), after)


def test_bars_inside_a_folded_block(registered, tmp_path):
    """Bars and class names beside the last layer go with its block, but what was hidden by hand stays hidden."""
    names = ["/stem/Gemm", "/tail/one/Gemm", "/head/fc1/Gemm", "/head/fc2/Gemm"]
    nodes = [node("Gemm", [f"t{i}", "w"], [f"t{i + 1}"], name=name) for i, name in enumerate(names)]
    found = look.build(save(tmp_path, model(nodes, {"t0": (1, 6)}, {"t4": (1, 6)}, {"w": seeded(6, 6)})))
    things = [*look.of_kind(found, "bars"), *look.of_kind(found, "class")]
    assert len(things) == 7 and look.boxes(found)
    things[1].hide_render = True
    run("fold_blocks", which="ALL")
    assert all(one.hide_render for one in things)
    run("fold_blocks", which="ALL", fold=False)
    assert [one.hide_render for one in things] == [False, True, *[False] * 5]


# Labels and the camera


def label_places(found):
    look.evaluate(found)
    return {one.name: np.array(one.matrix_world.translation) for one in look.of_kind(found, "label")
            if not one.hide_render}


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


# Arranging


@pytest.mark.parametrize("direction", AXES)
def test_direction(resnet, direction):
    assert run("arrange_network", direction=direction, wrap=False) == {"FINISHED"}
    look.evaluate(resnet)
    things = {name: np.array(one.matrix_world.translation) for name, one in look.layers(resnet).items()}
    way = things["/fc/Gemm"] - things["image"]
    assert (np.array(AXES[direction]) @ way) > 0.9 * np.linalg.norm(way)
    for (source, target) in look.bundles(resnet):
        assert np.array(AXES[direction]) @ (things[target] - things[source]) > 0, (source, target)


def test_spacing(resnet):
    run("arrange_network", wrap=False, spacing=1.0)
    once = length(resnet)
    run("arrange_network", spacing=3.0)
    assert length(resnet) > 1.5 * once


def test_rows(resnet):
    run("arrange_network", wrap=True, longest=30.0, snake=True)
    rows = {look.facts(one)["row"] for one in look.layers(resnet).values()}
    backwards = {look.facts(one)["row"] for one in look.layers(resnet).values() if look.facts(one)["backwards"]}
    assert len(rows) > 1 and backwards == {row for row in rows if row % 2}
    run("arrange_network", snake=False)
    assert not any(look.facts(one)["backwards"] for one in look.layers(resnet).values())
    run("arrange_network", wrap=False)
    assert {look.facts(one)["row"] for one in look.layers(resnet).values()} == {0}


def test_bars_stand_where_the_signal_goes_on(registered):
    found = look.build(look.CNN, look.DIGIT)
    bars, name = look.one_of(found, "bars"), look.of_kind(found, "class")[0]
    assert bars.rotation_euler.z == 0 and name.location.x > 0 and name.data.align_x == "LEFT"
    run("arrange_network", wrap=True, longest=10.0)
    backwards = look.facts(look.layers(found)["scores"])["backwards"]
    run("arrange_network", wrap=True, longest=10.0, snake=not backwards)
    for snake in (True, False):
        run("arrange_network", wrap=True, longest=10.0, snake=snake)
        sign = -1 if look.facts(look.layers(found)["scores"])["backwards"] else 1
        assert np.sign(name.location.x) == sign and name.data.align_x == ("RIGHT" if sign < 0 else "LEFT")
        assert np.isclose(np.cos(bars.rotation_euler.z), sign)


def test_lines_are_led_round_what_they_skip(resnet):
    """Also where a new arrangement gives lines something to skip: these need curves that bend."""
    for direction in ("X", "Y", "-Z"):
        run("arrange_network", direction=direction, wrap=False)
        for thing in look.of_kind(resnet, "connections"):
            lift = np.array(look.inputs(thing)["Lift"])
            types = look.array(thing.data.attributes, "curve_type") if "curve_type" in thing.data.attributes else [0]
            assert (types[0] == 1) != lift.any()  # 1 is POLY, 0 CATMULL_ROM
            if direction == "Y":
                assert lift[0] == lift[1] == 0


def test_a_layer_that_reads_itself(registered):
    found = look.build(look.ZOO / "lstm.onnx")
    loops = [one for one in look.of_kind(found, "connections")
             if look.facts(one)["source"] == look.facts(one)["target"]]
    assert loops
    def lifts():
        """In the network's space."""
        return [np.array(one.rotation_euler.to_matrix()) @ look.inputs(one)["Lift"] for one in loops]

    before = lifts()
    run("arrange_network", direction="-X")
    assert all(np.allclose(now, -lift, atol=1e-5) and np.abs(lift).max() > 0.1
               for now, lift in zip(lifts(), before, strict=True))


def test_settings_are_kept(resnet):
    run("arrange_network", direction="-Y", spacing=2.0, wrap=False, snake=False)
    assert look.facts(resnet)["settings"]["layout"] == {
        "direction": "-Y", "spacing": 2.0, "longest": 0.0, "snake": False}
    before = places(resnet)
    run("arrange_network")
    assert same(places(resnet), before)
    run("fold_blocks", which="ALL")
    run("fold_blocks", which="ALL", fold=False)
    assert same(places(resnet), before)
    run("arrange_network", spacing=1.0)
    assert look.facts(resnet)["settings"]["layout"]["direction"] == "-Y"
    assert look.facts(resnet)["settings"]["max_cells"] == 150_000


def test_import_with_a_layout(registered):
    options = {"direction": "Y", "spacing": 2.0, "fold_repeats": False}
    bpy.ops.neuroscene.import_network(filepath=str(VIT), **options)
    found = network()
    assert not folded(found)
    assert {name: look.facts(found)["settings"]["layout"][name] for name in ("direction", "spacing")} == {
        "direction": "Y", "spacing": 2.0}
    before = places(found)
    run("arrange_network")
    assert same(places(found), before)


def test_arrange_is_one_step_of_undo(resnet):
    bpy.ops.ed.undo_push(message="before")
    before = geometry(resnet)
    run("arrange_network", direction="Z", spacing=2.0)
    after = geometry(network())
    assert not same(after, before)
    bpy.ops.ed.undo()
    assert same(geometry(network()), before)
    assert look.facts(network())["settings"]["layout"]["direction"] == "X"
    bpy.ops.ed.redo()
    assert same(geometry(network()), after)


def test_frame_is_an_option(resnet):
    camera = look.one_of(resnet, "camera")
    before = tuple(camera.location)
    run("arrange_network", direction="Z", wrap=False)
    assert tuple(camera.location) == before and look.outside(resnet)
    run("arrange_network", frame=True)
    assert tuple(camera.location) != before and not look.outside(resnet)


@pytest.mark.parametrize("direction", ["-X", "Y", "-Y"])
def test_the_picture_is_the_same_in_every_level_direction(resnet, direction):
    """Camera, lights and labels go round with the network."""
    before = look.pictures(resnet, ("layer", "label"))
    lights = [one.matrix_basis.copy() for one in look.of_kind(resnet, "light")]
    run("arrange_network", direction=direction, frame=True)
    after = look.pictures(resnet, ("layer", "label"))
    assert before.keys() == after.keys() and not look.outside(resnet)
    assert all(np.allclose(before[name], after[name], atol=2e-3) for name in before)
    fresh = look.build(RESNET, layout=arranging.Settings(direction, longest=arranging.LONGEST))
    for here, there, old in zip(look.of_kind(resnet, "light"), look.of_kind(fresh, "light"), lights, strict=True):
        assert np.allclose(here.matrix_basis, there.matrix_basis, atol=1e-4)
        assert not np.allclose(here.matrix_basis, old, atol=1e-1)


# Moved by hand


def test_a_moved_layer_stays(resnet):
    thing = look.layers(resnet)["/layer2/layer2.1/conv1/Conv"]
    thing.location.z += 7
    there = places(resnet)[thing.name]
    for options in ({"spacing": 2.0}, {"direction": "Y"}, {"direction": "-X", "spacing": 0.5}, {"direction": "X"}):
        run("arrange_network", **options)
        assert np.allclose(places(resnet)[thing.name], there, atol=1e-4)
        assert arranging.moved(thing) and arranging.by_hand(resnet) == [thing]


def test_a_block_whose_layers_were_all_moved(resnet):
    """Its tray goes round them; they are pinned all the same."""
    names = inside(resnet, "layer4/layer4.1")
    things = [look.layers(resnet)[name] for name in names]
    for one in things:
        one.location.y += 20
    there = places(resnet)
    for spacing in (1.0, 1.5, 2.0):
        run("arrange_network", spacing=spacing)
        assert all(np.allclose(places(resnet)[one.name], there[one.name], atol=1e-4) for one in things)
        assert all(map(arranging.moved, things))
    assert not arranging.moved(look.boxes(resnet)["layer4/layer4.1"])


def test_a_folded_block_stands_as_if_no_layer_in_it_was_moved(resnet):
    """Unfolded again, the layer is where it was put."""
    box, thing = look.boxes(resnet)["layer3"], look.layers(resnet)["/layer3/layer3.0/Add"]
    select(box)
    run("fold_blocks", which="SELECTED")
    there = places(resnet)[box.name]
    run("fold_blocks", which="SELECTED", fold=False)
    thing.location.z += 30
    moved = places(resnet)[thing.name]
    run("fold_blocks", which="SELECTED")
    assert np.allclose(places(resnet)[box.name], there, atol=1e-4)
    run("fold_blocks", which="SELECTED", fold=False)
    assert np.allclose(places(resnet)[thing.name], moved, atol=1e-4) and arranging.by_hand(resnet) == [thing]


@pytest.mark.parametrize("path", ["layer3", "layer3/layer3.0"])
def test_a_moved_block_stays_with_all_that_is_in_it(resnet, path):
    box = look.boxes(resnet)[path]
    box.location.y -= 12
    mine = {look.layers(resnet)[name].name for name in inside(resnet, path)} | {box.name}
    there = places(resnet)
    for options in ({"spacing": 2.0}, {"direction": "Y"}, {"direction": "X", "spacing": 1.0}):
        run("arrange_network", **options)
        now = places(resnet)
        assert all(np.allclose(now[name], there[name], atol=1e-4) for name in mine)
        assert arranging.by_hand(resnet) == [box]
    for which in ("REPEATS", "ALL"):
        run("fold_blocks", which=which)
        now = places(resnet)
        assert all(np.allclose(now[name], there[name], atol=1e-4) for name in mine)
        run("fold_blocks", which=which, fold=False)


def test_trays_lie_under_layers_that_were_moved(resnet):
    box, thing = look.boxes(resnet)["layer3"], look.layers(resnet)["/layer3/layer3.0/Add"]
    box.location.y -= 12
    thing.location.y -= 4
    run("arrange_network", direction="X")
    depsgraph = look.evaluate(resnet)
    tray = look.box_points(box, depsgraph)
    for name in inside(resnet, "layer3"):
        cells = look.cell_places(look.layers(resnet)[name], depsgraph)
        assert (cells[:, :2] > tray[:, :2].min(0)).all() and (cells[:, :2] < tray[:, :2].max(0)).all(), name


def test_reset_puts_back_all(resnet):
    before = places(resnet)
    look.layers(resnet)["/layer2/layer2.1/conv1/Conv"].location.z += 7
    look.boxes(resnet)["layer3"].location.y -= 12
    look.layers(resnet)["/layer3/layer3.0/Add"].location.y += 3
    for one in inside(resnet, "layer1/layer1.0"):
        look.layers(resnet)[one].location.y += 5
    run("arrange_network")
    assert not same(places(resnet), before)
    run("arrange_network", reset=True)
    assert same(places(resnet), before) and not arranging.by_hand(resnet)


def test_put_back(resnet):
    before = places(resnet)
    first, second = (look.layers(resnet)[name] for name in ("/layer2/layer2.1/conv1/Conv", "/fc/Gemm"))
    first.location.z += 7
    second.location.z += 7
    run("arrange_network")
    select(first)
    assert run("put_back") == {"FINISHED"}
    assert arranging.by_hand(resnet) == [second]
    select(second)
    assert run("put_back") == {"FINISHED"} and same(places(resnet), before)
    assert run("put_back") == {"CANCELLED"}


def test_put_back_a_layer_of_a_moved_block(resnet):
    """It goes to its place in the block, where the block is now."""
    box, thing = look.boxes(resnet)["layer3"], look.layers(resnet)["/layer3/layer3.0/Add"]
    box.location.y -= 12
    there = places(resnet)
    thing.location.y += 3
    select(thing)
    run("put_back")
    assert same(places(resnet), there) and arranging.by_hand(resnet) == [box]


def test_report_of_what_stays(resnet, capfd):
    look.layers(resnet)["/fc/Gemm"].location.z += 7
    capfd.readouterr()
    run("arrange_network", spacing=1.2)
    assert "1 layer stays where put by hand" in capfd.readouterr().out


# When they can be called


@pytest.mark.parametrize("name", ["fold_blocks", "arrange_network", "put_back", "select_block"])
def test_only_in_object_mode(resnet, name):
    operator = getattr(bpy.ops.neuroscene, name)
    select(look.layers(resnet)["/fc/Gemm"])
    assert operator.poll()
    bpy.ops.object.mode_set(mode="EDIT")
    assert not operator.poll()
    bpy.ops.object.mode_set(mode="OBJECT")


@pytest.mark.parametrize("name", ["fold_blocks", "arrange_network", "put_back", "select_block"])
def test_of_a_network_that_is_not_there(resnet, name):
    with pytest.raises(RuntimeError, match="No such network"):
        run(name, uuid="none")


def test_one_network_of_two(resnet):
    other = look.build(RESNET)
    before = places(resnet)
    run("arrange_network", uuid=look.facts(other)["uuid"], spacing=3.0)
    run("fold_blocks", uuid=look.facts(other)["uuid"], which="ALL")
    assert same(places(resnet), before) and not folded(resnet) and folded(other)


def test_objects_of_others_in_a_network(resnet):
    """A designer's own things may stand in a network's collections, and be selected."""
    mine = bpy.data.objects.new("mine", None)
    resnet.objects.link(mine)
    select(mine, look.boxes(resnet)["layer1"])
    assert run("fold_blocks", which="SELECTED") == {"FINISHED"}
    assert run("put_back") == {"CANCELLED"} and run("arrange_network") == {"FINISHED"}


@pytest.mark.parametrize("gone", ["layer", "last", "block", "layers of a block"])
def test_what_was_deleted_by_hand(resnet, gone):
    things, boxes = look.layers(resnet), look.boxes(resnet)
    bpy.data.batch_remove({
        "layer": [things["/layer2/layer2.0/conv1/Conv"]], "last": [things["/fc/Gemm"]], "block": [boxes["layer2"]],
        "layers of a block": [things[name] for name in inside(resnet, "layer2/layer2.1")]}[gone])
    for call, options in (("arrange_network", {"spacing": 2.0}), ("fold_blocks", {"which": "ALL"}),
                          ("arrange_network", {"direction": "Y"}), ("fold_blocks", {"which": "ALL", "fold": False}),
                          ("arrange_network", {"reset": True, "frame": True})):
        assert run(call, **options) == {"FINISHED"}
    assert look.facts(resnet)["settings"]["layout"]["direction"] == "Y"


def test_select_block(resnet):
    select(look.boxes(resnet)["layer2"])
    assert run("select_block") == {"FINISHED"}
    assert {look.facts(one)["layer"] for one in bpy.context.selected_objects} == inside(resnet, "layer2")
    select(look.layers(resnet)["/fc/Gemm"])
    assert run("select_block") == {"CANCELLED"}


# The sidebar


class Layout:
    """Takes down what a panel draws."""

    def __init__(self):
        self.texts, self.buttons, self.fields = [], [], []

    def label(self, text="", **_):
        self.texts.append(text)

    def operator(self, name, **options):
        assert getattr(bpy.ops.neuroscene, name.removeprefix("neuroscene.")).get_rna_type()
        self.buttons.append((name.removeprefix("neuroscene."), pressed := SimpleNamespace(**options)))
        return pressed

    def prop(self, data, name, text=None, **_):
        data.path_resolve(name)
        self.fields.append(text)

    def template_list(self, *_, **__):
        pass

    def split(self, **_):
        return self

    row = column = box = split


def draw(panel, thing) -> Layout:
    layout, context = Layout(), SimpleNamespace(object=thing)
    assert not hasattr(panel, "poll") or panel.poll(context)
    mine = SimpleNamespace(layout=layout)
    if panel is NEUROSCENE_PT_networks:
        mine._network = lambda *given: panel._network(mine, *given)
    panel.draw(mine, context)
    return layout


def test_block_panel_of_a_block(vit):
    drawn = draw(NEUROSCENE_PT_block, look.boxes(vit)["encoder/layers"])
    assert drawn.texts[0] == "layers × 4" and "28" in drawn.texts and "encoder/layers" in drawn.texts
    assert drawn.fields == ["Fold", "Fold encoder"]
    parameters = sum(int(look.facts(look.layers(vit)[name])["parameters"]) for name in inside(vit, "encoder/layers"))
    assert f"{parameters:,}" in drawn.texts and parameters > 0
    assert [name for name, _ in drawn.buttons] == ["fold_blocks", "fold_blocks", "select_block"]


def test_block_panel_of_a_layer(resnet):
    drawn = draw(NEUROSCENE_PT_block, look.layers(resnet)["/layer2/layer2.1/conv1/Conv"])
    assert drawn.texts[0] == "layer2.1" and drawn.fields == ["Fold", "Fold layer2"]
    for other in (None, look.layers(resnet)["image"], look.one_of(resnet, "camera")):
        assert not NEUROSCENE_PT_block.poll(SimpleNamespace(object=other))


def test_block_panel_of_one_found_by_repetition(registered):
    found = look.build(look.ZOO / "bert_unnamed.onnx")
    inferred = next(one for one in look.boxes(found).values() if look.facts(one)["inferred"])
    assert "by its repetition" in draw(NEUROSCENE_PT_block, inferred).texts


def test_panels_tell_what_was_moved(resnet):
    layer, box = look.layers(resnet)["/fc/Gemm"], look.boxes(resnet)["layer2"]
    for panel, thing in ((NEUROSCENE_PT_layer, layer), (NEUROSCENE_PT_block, box)):
        assert "Moved by hand" not in draw(panel, thing).texts
        thing.location.z += 1
        drawn = draw(panel, thing)
        assert "Moved by hand" in drawn.texts and "put_back" in {name for name, _ in drawn.buttons}


def test_detail_panel(resnet):
    thing = look.layers(resnet)["/conv1/Conv"]
    select(thing)
    levels = {pressed.text: pressed for name, pressed in draw(NEUROSCENE_PT_detail, thing).buttons}
    assert list(levels) == ["Auto", "Box", "Maps", "Cells", ""] and levels["Auto"].depress
    run("set_detail", level="MAPS")
    levels = {pressed.text: pressed for name, pressed in draw(NEUROSCENE_PT_detail, thing).buttons}
    assert levels["Maps"].depress and not levels["Auto"].depress


def test_networks_panel(resnet):
    buttons = draw(NEUROSCENE_PT_networks, None).buttons
    mine = [(name, getattr(pressed, "which", "")) for name, pressed in buttons]
    assert {("arrange_network", ""), ("fold_blocks", "REPEATS"), ("fold_blocks", "ALL")} <= set(mine)
    bpy.data.batch_remove(list(resnet.all_objects))
    bpy.data.collections.remove(resnet)
    look.build(look.MLP)
    assert "fold_blocks" not in {name for name, _ in draw(NEUROSCENE_PT_networks, None).buttons}
