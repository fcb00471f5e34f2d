# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody did by hand to a network is still there, value by value, after its checkpoint has come anew."""

import shutil

import bpy
import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from neuroscene.addon import compat
from neuroscene.addon.scene.building import build, importing
from neuroscene.addon.scene.editing import by_hand
from neuroscene.addon.scene.updating import reloading
from scene import look
from scene.stored import File
from unit.make import model, node, save, seeded


def trained(path, target, seed=1):
    """The same model with other weights, as after another epoch."""
    made, random = onnx.load(path), np.random.default_rng(seed)
    for tensor in made.graph.initializer:
        array = numpy_helper.to_array(tensor)
        if array.dtype == np.float32 and array.ndim:
            noise = 1 + 0.3 * random.standard_normal(array.shape).astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(array * np.abs(noise), tensor.name))
    onnx.save(made, target)
    return target


def reload(network, path=""):
    return build.finish(reloading.steps(network, path))


def plain(value):
    """A value of Blender's as one that can be compared."""
    if isinstance(value, bpy.types.ID):
        return value.name_full
    if isinstance(value, str | bool | int) or value is None:
        return value
    return tuple(np.round(np.asarray(value, np.float64).ravel(), 6))


class Hand:
    """More than thirty things that a designer does to a network; `read` gives them as they are now."""

    def __init__(self, network):
        self.uuid = look.facts(network)["uuid"]
        things, bundles = look.layers(network), look.bundles(network)
        self.names = [name for name, one in things.items() if look.facts(one)["detail"] == "cells"][1:7]
        self.pairs = [pair for pair in bundles if things[pair[0]] is not None][:5]
        self.own = bpy.data.materials.new("Mine").name
        self.do(network)

    def do(self, network):
        things, bundles = look.layers(network), look.bundles(network)
        for number, name in enumerate(self.names):  # 6 moved, 6 turned or scaled
            things[name].location = (1.5 * number, 0.3 - number, 0.25 * number)
            things[name].rotation_euler.x = 0.1 * number
            things[name].scale.y = 1 + 0.1 * number
        first, second, third, *_ = (things[name] for name in self.names)
        for thing, socket, value in (
            (first, "Pitch", 0.123),
            (first, "Range", 0.77),
            (second, "Unit Gap", 1.25),
            (second, "Relief", 3.0),
            (third, "Size", 0.5),
            (third, "Unit Columns", 3),
        ):
            look.set_input(thing, socket, value)
        for thing, socket, value in (
            (first, "Arrangement", 3.5),
            (second, "Shape", "Disc"),
            (third, "Fold", 0.25),
            (second, "Reveal", 0.7),
            (third, "Explode", 0.4),
        ):
            look.set_input(thing, socket, value)
        by_hand.begin(second)
        for vertex in second.data.vertices:
            vertex.co.x += 0.1 * vertex.index
        look.set_input(second, "By Hand", 0.8)
        look.set_input(bundles[self.pairs[2]], "Bundle", 0.4)
        look.set_input(bundles[self.pairs[3]], "Detail", "Expansion")
        look.set_input(first, "Material", bpy.data.materials[self.own])
        for number, pair in enumerate(self.pairs):
            look.set_input(bundles[pair], "Ease", 0.1 * number)
        look.set_input(bundles[self.pairs[0]], "Weight Range", 0.33)
        look.set_input(bundles[self.pairs[1]], "Importance Range", 0.44)
        look.set_input(look.one_of(network, "root"), "Prune", 0.2)
        ramp = bpy.data.materials[look.inputs(third)["Material"].name].node_tree.nodes["Ramp"].color_ramp
        ramp.elements[1].color, ramp.elements[2].position = (0.1, 0.9, 0.3, 1.0), 0.41
        second.keyframe_insert("location", frame=1)
        second.location.z += 2
        second.keyframe_insert("location", frame=20)
        second.location.z -= 2  # as the first frame has it
        third.keyframe_insert(compat.input_path(look.modifier(third), "Relief"), frame=5)
        second["note"], second.name, second.hide_render = "mine", "my layer", True
        first.modifiers.new("Wave", "WAVE").height = 0.9
        constraint = third.constraints.new("LIMIT_LOCATION")
        constraint.max_x, constraint.use_max_x = 9.0, True
        light = bpy.data.objects.new("my lamp", bpy.data.lights.new("my lamp", "POINT"))
        network.objects.link(light)
        light.parent, light.location = first, (1.0, 2.0, 3.0)

    def read(self) -> dict:
        network = next(one for one in bpy.data.collections if look.facts(one).get("uuid") == self.uuid)
        things, bundles, found = look.layers(network), look.bundles(network), {}
        for name in self.names:
            one = things[name]
            for field in ("location", "rotation_euler", "scale", "name", "hide_render"):
                found[f"{name}.{field}"] = plain(getattr(one, field))
            found |= {
                f"{name}.{socket}": plain(value)
                for socket, value in look.inputs(one).items()
                if socket not in ("Range", "Network", "Block")
            }
            found[f"{name}.modifiers"] = [(each.name, each.type) for each in one.modifiers]
            found[f"{name}.constraints"] = [(each.type, each.max_x) for each in one.constraints]
            found[f"{name}.children"] = sorted(each.name for each in one.children if not look.facts(each))
            found[f"{name}.animated"] = sorted(compat.animated(one))
        found["cells"] = plain(look.array(things[self.names[1]].data.attributes, "position"))
        found["range"] = plain(look.inputs(things[self.names[0]])["Range"])
        second = things[self.names[1]]
        found["note"] = second["note"]
        found["keys"] = [
            [round(value, 5) for value in each.co] for curve in _curves(second) for each in curve.keyframe_points
        ]
        for pair in self.pairs:
            found |= {
                f"{pair}.{socket}": plain(look.inputs(bundles[pair])[socket]) for socket in ("Ease", "Bundle", "Detail")
            }
        found["weight range"] = plain(look.inputs(bundles[self.pairs[0]])["Weight Range"])
        found["importance range"] = plain(look.inputs(bundles[self.pairs[1]])["Importance Range"])
        found["prune"] = plain(look.inputs(look.one_of(network, "root"))["Prune"])
        ramp = look.inputs(things[self.names[2]])["Material"].node_tree.nodes["Ramp"].color_ramp
        found["ramp"] = [(round(one.position, 5), plain(one.color)) for one in ramp.elements]
        lamp = bpy.data.objects["my lamp"]
        found["lamp"] = lamp.parent.name, plain(lamp.location)
        return found


def _curves(thing):
    data = thing.animation_data
    if not compat.FIVE:
        return list(data.action.fcurves)
    return [
        curve
        for layer in data.action.layers
        for strip in layer.strips
        for curve in strip.channelbag(data.action_slot).fcurves
    ]


def same(before: dict, now: dict) -> None:
    assert before.keys() == now.keys()
    assert {key: (before[key], now[key]) for key in before if before[key] != now[key]} == {}


@pytest.fixture(params=[(look.CNN, look.DIGIT), (look.RESNET, None)], ids=["cnn", "resnet18"])
def worked(registered, request, tmp_path):
    """A network in a window's scene from a copy of its file, with hand work, and what that is."""
    path, given = request.param
    file = tmp_path / path.name
    shutil.copy(path, file)
    network = look.build(file, given, max_cells=6_000)
    bpy.context.window.scene = look.scene_of(network)
    hand = Hand(network)
    return hand, file, hand.read()


def find(hand):
    return next(one for one in bpy.data.collections if look.facts(one).get("uuid") == hand.uuid)


def check_weights(network, file):
    """Lines carry what is in the file now: the weights of a dense or convolution layer's lines, whatever the level."""
    stored, checked = File(file), 0
    for (source, target), bundle in look.bundles(network).items():
        facts, thing = look.facts(bundle), look.layers(network)[target]
        if facts["carries"] != "weight" or look.facts(thing)["op"] != "Conv" or facts["grain"] != "unit":
            continue
        weight = stored.weight(stored.chain(thing, "Conv")[0]).sum((2, 3))
        out = look.cells_of(thing)[look.values_of(bundle, "target"), 0]
        into = look.cells_of(look.layers(network)[source])[look.values_of(bundle, "source"), 0]
        if weight.shape[1] == look.facts(look.layers(network)[source])["grid"][0]:
            assert np.allclose(look.values_of(bundle, "weight"), weight[out, into], rtol=1e-4, atol=1e-5)
            checked += 1
    return checked


def test_hand_work_survives_new_weights(worked):
    hand, file, before = worked
    trained(file, file)
    changes = reload(find(hand))
    assert str(changes) == "same structure" and not changes.lines()
    same(before, hand.read())
    if file.name == look.RESNET.name:
        assert check_weights(find(hand), file) > 3
    look.check_ends(find(hand))


def test_hand_work_survives_import_of_the_same_file(worked):
    """File > Import of a file whose network is in the scene brings that up to date."""
    hand, file, before = worked
    trained(file, file)
    assert bpy.ops.neuroscene.import_network(filepath=str(file)) == {"FINISHED"}
    assert len([one for one in bpy.data.collections if look.facts(one).get("kind") == "network"]) == 1
    same(before, hand.read())
    assert look.facts(find(hand))["stat"] == f"{file.stat().st_size} {file.stat().st_mtime_ns}"


def test_hand_work_survives_undo_and_redo_of_reloading(worked):
    hand, file, before = worked
    trained(file, file)
    bpy.ops.ed.undo_push(message="before")
    weights = {name: look.values_of(one).copy() for name, one in look.layers(find(hand)).items()}
    assert bpy.ops.neuroscene.reload_checkpoint("EXEC_DEFAULT", True, uuid=hand.uuid) == {"FINISHED"}
    after = {name: look.values_of(one).copy() for name, one in look.layers(find(hand)).items()}
    assert any(not np.array_equal(weights[name], after[name]) for name in weights)
    bpy.ops.ed.undo()
    same(before, hand.read())
    for name, one in look.layers(find(hand)).items():
        assert np.array_equal(look.values_of(one), weights[name])
    bpy.ops.ed.redo()
    same(before, hand.read())
    for name, one in look.layers(find(hand)).items():
        assert np.array_equal(look.values_of(one), after[name])


def test_hand_work_survives_saving_and_loading(worked, tmp_path):
    hand, file, before = worked
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    same(before, hand.read())
    trained(file, file)
    reload(find(hand))
    same(before, hand.read())


def test_new_weights_are_shown(worked):
    """Cells and lines are those of a scene built from the new file."""
    hand, file, _ = worked
    trained(file, file)
    network = find(hand)
    reload(network)
    given = look.DIGIT if look.facts(network)["input_path"] else None
    shown = {name: (look.cells_of(one), look.values_of(one)) for name, one in look.layers(network).items()}
    weights = {pair: np.sort(look.values_of(one, "weight")) for pair, one in look.bundles(network).items()}
    fresh = look.build(file, given, max_cells=6_000)
    for name, one in look.layers(fresh).items():
        cells, values = shown[name]
        if np.array_equal(cells, look.cells_of(one)):
            assert np.allclose(values, look.values_of(one), rtol=1e-6, atol=1e-7), name
    alike = [
        pair
        for pair, one in look.bundles(fresh).items()
        if np.array_equal(weights[pair], np.sort(look.values_of(one, "weight")))
    ]
    assert len(alike) > 0.6 * len(weights)  # where other units are the strongest now, others are drawn


def _input(modifier, name):
    names = compat.identifiers(modifier.node_group)
    return compat.get_input(modifier, name) if name in names else None


def chain(folder, units=(6, 5, 4), extra=False, names=("a", "b", "c")):
    """Gemms one after the other, with a Tanh between if there is more in it."""
    nodes, weights, tensor, size = [], {}, "x", 8
    for number, (name, count) in enumerate(zip(names, units, strict=True)):
        weights[f"{name}.weight"] = seeded(size, count, seed=number)
        nodes.append(node("Gemm", [tensor, f"{name}.weight"], [name], name=name))
        tensor, size = name, count
        if extra and number == 0:
            weights["d.weight"] = seeded(size, size, seed=9)
            nodes.append(node("Gemm", [tensor, "d.weight"], ["d"], name="d"))
            tensor = "d"
    return save(folder, model(nodes, {"x": (1, 8)}, {tensor: (1, size)}, weights))


def test_a_layer_more_and_a_layer_less(blank, tmp_path):
    """What is new is made and listed; what is gone is put away with its hand work, and comes back with its layer."""
    network = look.build(chain(tmp_path))
    look.layers(network)["b"].location.z = 7.0
    look.set_input(look.layers(network)["b"], "Size", 0.5)
    chain(tmp_path, extra=True)
    changes = reload(network)
    assert changes.added == ("d",) and not changes.removed and changes.lines() == ["new: d"]
    assert list(look.layers(network)) and set(look.layers(network)) == {"x", "a", "b", "c", "d"}
    assert set(look.bundles(network)) == {("x", "a"), ("a", "d"), ("d", "b"), ("b", "c")}
    assert look.layers(network)["b"].location.z == 7.0
    look.check_ends(network)
    known = {
        value
        for one in look.one_of(network, "ranges").modifiers
        for name in range(1, 99)
        for value in [_input(one, f"Object {name}")]
        if value
    }
    assert known == {*look.layers(network).values(), *look.bundles(network).values()}  # the legend tells their ranges
    look.layers(network)["d"].location.y = 3.0
    look.set_input(look.layers(network)["d"], "Size", 0.25)
    chain(tmp_path)
    changes = reload(network)
    assert changes.removed == ("d",) and list(look.facts(network)["changes"]) == ["gone: d"]
    assert set(look.layers(network)) == {"x", "a", "b", "c"} and ("a", "b") in look.bundles(network)
    (gone,) = look.of_kind(network, "gone")
    assert not gone.visible_get()
    look.check_ends(network)
    chain(tmp_path, extra=True)
    reload(network)
    back = look.layers(network)["d"]
    assert back == gone and back.location.y == 3.0 and look.inputs(back)["Size"] == 0.25
    assert not look.of_kind(network, "gone")
    look.check_ends(network)


def test_other_shapes_and_names(blank, tmp_path):
    network = look.build(chain(tmp_path))
    thing = look.layers(network)["b"]
    thing.location.z = 4.0
    chain(tmp_path, (6, 9, 4))
    changes = reload(network)
    assert set(changes.reshaped) == {"b"} and "other shape: b" in changes.lines()
    assert len(thing.data.vertices) == 9 and thing.location.z == 4.0
    look.check_ends(network)
    chain(tmp_path, (6, 9, 4), names=("a", "middle", "c"))
    changes = reload(network)
    assert changes.renamed == {"b": "middle"} and look.layers(network)["middle"] == thing and thing.location.z == 4.0
    assert set(look.bundles(network)) == {("x", "a"), ("a", "middle"), ("middle", "c")}
    look.check_ends(network)
    importing.summary(network)


def test_blocks_come_and_go(blank, tmp_path):
    """From a network with blocks to one without and back; layers keep their objects where they match."""
    file = tmp_path / "model.onnx"
    shutil.copy(look.RESNET, file)
    network = look.build(file, max_cells=4_000)
    names = set(look.layers(network))
    shutil.copy(look.CNN, file)
    reload(network)
    assert set(look.layers(network)) == {"image", *look.CNN_LAYERS} and not look.boxes(network)
    look.check_ends(network)
    shutil.copy(look.RESNET, file)
    reload(network)
    assert set(look.layers(network)) == names and look.boxes(network)
    look.check_ends(network)


def test_a_broken_file_changes_nothing(blank, tmp_path):
    file = tmp_path / "model.onnx"
    shutil.copy(look.CNN, file)
    network = look.build(file, max_cells=1_000)
    before, geometry = look.blocks(), look.geometry(network)
    file.write_bytes(file.read_bytes()[:2_000])
    with pytest.raises(Exception, match="model.onnx"):
        reload(network)
    after = look.geometry(network)
    assert look.blocks() == before and all(np.array_equal(geometry[name], after[name]) for name in geometry)


def test_stopping_half_way_changes_nothing(blank, tmp_path):
    file = tmp_path / "model.onnx"
    shutil.copy(look.CNN, file)
    network = look.build(file, look.DIGIT, max_cells=1_000)
    before = look.blocks(), {name: look.values_of(one).copy() for name, one in look.layers(network).items()}
    trained(file, file)
    for stop in range(1, 40):
        going = reloading.steps(network)
        steps = sum(1 for _ in zip(range(stop), going, strict=False))
        going.close()
        if steps < stop:
            break  # it has ended
        assert look.blocks() == before[0]
        for name, one in look.layers(network).items():
            assert np.array_equal(look.values_of(one), before[1][name]), (stop, name)
    assert stop > 4 and any(
        not np.array_equal(look.values_of(one), before[1][name]) for name, one in look.layers(network).items()
    )
