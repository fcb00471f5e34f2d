# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inside of a closed block has no objects until it is unfolded, and then it is as if it had always been there."""

import shutil

import bpy
import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import neuroscene
from neuroscene.addon import compat
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.gltf import export
from neuroscene.addon.inference import activation
from neuroscene.addon.layout.shelf import settings_of_shelf
from neuroscene.addon.network.drawn import Wish
from neuroscene.addon.scene import selection
from neuroscene.addon.scene.building import blocks, build, importing, planned, unfolding
from neuroscene.addon.scene.camera import framing, picture
from neuroscene.addon.scene.detail import cell_detail
from neuroscene.addon.scene.editing import arranging
from neuroscene.addon.scene.entities import NetworkScene
from neuroscene.addon.scene.looks import painting, saved_styles
from neuroscene.addon.scene.shots import reveals
from neuroscene.addon.scene.transaction import Made
from neuroscene.addon.scene.updating import reloading
from scene import look
from scene.glb import Glb
from unit.make import model, node, save, seeded

SHEETS = ("vit",)  # networks that stand as sheets of tokens
SETTINGS = {"max_cells": 2_000, "lines_a_pair": 12}


def zoo(name, closed=True, **settings):
    """A network of the zoo; an open one stands as one that was unfolded."""
    path = settings.pop("path", look.ZOO / f"{name}.onnx")
    layout = (
        {}
        if closed
        else {"layout": settings_of_shelf(arranging.LayoutSettings(longest=arranging.LONGEST), name in SHEETS)}
    )
    return look.build(path, **SETTINGS | {"fold_repeats": closed} | layout | settings)


@pytest.fixture
def registered(blank):
    neuroscene.register()
    yield
    neuroscene.unregister()


def unbuilt(network) -> list[str]:
    return [path for path, box in look.boxes(network).items() if not look.facts(box)["built"]]


def unfold(network, *paths, whole=False) -> int:
    """As the operator does, to the end."""
    paths = paths or tuple(look.boxes(network))
    count = build.finish(unfolding.build_steps(network, paths, whole))
    blocks.fold(network, paths, 0.0)
    arranging.rearrange(network, arranging.settings_of(network))
    picture.relabel(network)
    return count


def operate(network, **options):
    scene = look.scene_of(network)
    with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0]):
        return bpy.ops.neuroscene.fold_blocks(uuid=look.facts(network)["uuid"], **options)


def plain(value):
    if isinstance(value, bpy.types.ID):
        said = look.facts(value)
        return said.get("layer") or said.get("path") or said.get("role") or said.get("kind")
    if isinstance(value, str | bool | int) or value is None:
        return value
    return tuple(np.round(np.asarray(value, np.float64).ravel(), 4))


def attributes(data) -> dict:
    return {
        one.name: look.array(data.attributes, one.name)
        for one in data.attributes
        if one.data_type in look.FIELDS and not one.name.startswith(".")
    }


def holder(thing) -> str:
    (collection,) = thing.users_collection
    return look.facts(collection).get("path") or look.kind_of(collection)


def check_equal(network, fresh):
    """Layers, blocks, bundles, bars and labels of two networks are alike, attribute by attribute."""
    for read in (look.layers, look.boxes, look.bundles, look.joints):
        mine, others = read(network), read(fresh)
        assert mine.keys() == others.keys()
        for name, thing in mine.items():
            other = others[name]
            here, there = attributes(thing.data), attributes(other.data)
            assert here.keys() == there.keys(), name
            for attribute, values in here.items():
                assert np.allclose(values, there[attribute], atol=1e-4, equal_nan=True), (name, attribute)
            given, expected = look.inputs(thing), look.inputs(other)
            assert {key: plain(one) for key, one in given.items()} == {key: plain(one) for key, one in expected.items()}
            assert np.allclose(thing.matrix_basis, other.matrix_basis, atol=1e-4), name
            assert plain(thing.parent) == plain(other.parent) and holder(thing) == holder(other), name
            said, wanted = look.facts(thing), look.facts(other)
            for key in wanted.keys() - {"placed", "size", "axes", "tray"}:
                assert said[key] == wanted[key], (name, key)
    for kind in ("bars", "class"):
        assert sorted(look.facts(one)["layer"] for one in look.of_kind(network, kind)) == sorted(
            look.facts(one)["layer"] for one in look.of_kind(fresh, kind)
        )
    assert np.isclose(look.facts(network)["weight_range"], look.facts(fresh)["weight_range"])
    tables = [look.one_of(one, "root").data for one in (network, fresh)]
    for name, values in attributes(tables[0]).items():
        assert np.allclose(values, look.array(tables[1].attributes, name), atol=1e-4), name


CLOSED = {
    "resnet18": ["stage 1", "stage 2", "layer2", "layer3", "layer4"],
    "unet": ["inc", "down1", "down2", "down3", "up1", "up2", "up3", "stage 1"],
    "vit": [
        *(f"encoder/layers/encoder_layer_{number}" for number in (1, 2, 3))  # the first with attention is open
    ],
    "mobilenet_v3": ["features/stage 1", "features/features.1", *(f"features/stage {number}" for number in (2, 3, 4))],
}


@pytest.mark.parametrize("name", CLOSED)
def test_a_closed_block_has_nothing_inside(blank, name):
    network = zoo(name)
    assert sorted(unbuilt(network)) == sorted(CLOSED[name])
    hidden = {layer for path in CLOSED[name] for layer in look.facts(look.boxes(network)[path])["layers"]}
    assert hidden and hidden.isdisjoint(look.layers(network))
    model = importing.reopen(network)
    assert {layer.name for layer in model.layers} == hidden | look.layers(network).keys()
    for box in map(look.boxes(network).get, CLOSED[name]):
        assert {look.kind_of(child) for child in box.children} <= {"label", "leader", "book"}
        inside = [look.kind_of(one) for one in box.users_collection[0].all_objects]
        assert sorted(inside) == ["block", "book"] and not box.users_collection[0].children
    assert f"{len(model.layers)} layers ({len(hidden)} in closed blocks)" in importing.summary(network)


@pytest.mark.parametrize("name", CLOSED)
def test_every_connection_is_there_as_a_bundle_or_at_a_block(blank, name):
    network = zoo(name)
    model = importing.reopen(network)
    inside = {layer: f"[{path}]" for path in CLOSED[name] for layer in model.block_by_path[path].layers}
    pairs = {
        (inside.get(one.source.name, one.source.name), inside.get(one.target.name, one.target.name))
        for one in model.connections
    }
    shown = look.bundles(network).keys() | look.joints(network).keys()
    assert shown == {pair for pair in pairs if pair[0] != pair[1] or pair[0][0] != "["}
    for joint in look.joints(network).values():
        said = look.facts(joint)
        assert (said["carries"], said["grain"], said["index"]) == ("unknown", "unknown", -1)
        assert not look.values_of(joint, "weight").any()


def test_lines_end_on_the_box_of_a_closed_block(blank):
    network = zoo("resnet18")
    depsgraph = look.evaluate(network)
    things = look.layers(network) | {f"[{path}]": box for path, box in look.boxes(network).items()}
    for ends, joint in look.joints(network).items():
        points = look.curve_places(joint, depsgraph)
        for end, name in ((0, ends[0]), (-1, ends[1])):
            if name[0] == "[":
                middle = np.array(things[name].evaluated_get(depsgraph).matrix_world)[:3, 3]
                assert np.allclose(points[:, end], middle, atol=1e-3)


def test_an_unbuilt_block_stays_closed_whatever_its_slider_says(blank):
    network = zoo("resnet18")
    box = look.boxes(network)["layer2"]
    (book,) = [child for child in box.children if look.kind_of(child) == "book"]
    closed = framing.box_corners(book, look.evaluate(network))
    assert (np.ptp(closed, axis=0) <= np.abs(look.inputs(box)["Box"]) + 0.25).all()  # the plate is a little larger
    for value in (0.0, 0.4):
        look.set_input(box, "Fold", value)
        assert np.allclose(framing.box_corners(book, look.evaluate(network)), closed)
        assert blocks.folded(NetworkScene(network).blocks()) == set(CLOSED["resnet18"])


@pytest.mark.parametrize("name", ["resnet18", "unet", "vit", "densenet"])
def test_unfolded_it_is_as_an_open_import(blank, name):
    network = zoo(name)
    model = importing.reopen(network)
    assert unfold(network, whole=True) == len(model.layers) - len(look.layers(zoo(name)))
    assert not unbuilt(network) and not look.joints(network)
    check_equal(network, zoo(name, closed=False))
    look.check_ends(network)


@pytest.mark.slow
@pytest.mark.parametrize("order", [(3, 1, 0, 2), (0, 1, 2, 3)])
def test_one_after_the_other_in_any_order(blank, order):
    network = zoo("resnet18")
    unfold(network, "stage 1")
    for number in order:
        path = ("layer1", "layer2", "layer3", "layer4")[number]
        if path == "layer1":
            unfold(network, "stage 2")
            path = "stage 2"
            continue
        names = look.facts(look.boxes(network)[path])["layers"]
        assert unfold(network, path) == len(names)
        assert set(names) <= look.layers(network).keys() and path not in unbuilt(network)
        look.check_ends(network)
    check_equal(network, zoo("resnet18", closed=False))


def test_a_large_block_opens_with_the_blocks_inside_closed(blank):
    network = zoo("mobilenet_v3")
    unfold(network, "features/stage 3")
    inner = [path for path in unbuilt(network) if look.facts(look.boxes(network)[path])["parent"] == "features/stage 3"]
    assert len(inner) > 2 and not any(
        look.facts(one)["block"].startswith(tuple(inner)) for one in look.layers(network).values()
    )
    unfold(network, inner[0])
    assert inner[0] not in unbuilt(network) and inner[1] in unbuilt(network)
    unfold(network, whole=True)
    check_equal(network, zoo("mobilenet_v3", closed=False))


def test_what_was_folded_again_stays_built(registered):
    network = zoo("resnet18")
    operate(network, which="ALL", fold=False)
    built = {one.name for one in look.layers(network).values()}
    operate(network, which="ALL", fold=True)
    assert {one.name for one in look.layers(network).values()} == built and not unbuilt(network)
    assert all(look.inputs(look.boxes(network)[path])["Fold"] == 1 for path in CLOSED["resnet18"])


def test_unfolding_is_one_step_of_undo(registered):
    network = zoo("resnet18")
    bpy.ops.ed.undo_push(message="before")
    name, before, geometry = network.name, look.blocks(), look.geometry(network)
    assert operate(network, which="ALL", fold=False) == {"FINISHED"}
    bpy.ops.ed.undo_push(message="unfolded")
    assert len(look.layers(bpy.data.collections[name])) == 32
    bpy.ops.ed.undo()
    network = bpy.data.collections[name]
    assert unbuilt(network) == CLOSED["resnet18"] and look.blocks() == before
    assert all(np.array_equal(one, geometry[key]) for key, one in look.geometry(network).items())
    assert operate(network, which="ALL", fold=False) == {"FINISHED"}
    look.check_ends(network)


def test_a_stop_at_any_step_leaves_nothing(blank):
    network = zoo("resnet18")
    before, geometry = look.blocks(), look.geometry(network)
    facts = {path: look.facts(box) for path, box in look.boxes(network).items()}
    count = 0
    while True:
        made = Made()
        steps = unfolding.build_steps(network, CLOSED["resnet18"])
        try:
            for _ in range(count + 1):
                next(steps)
        except StopIteration:
            break
        steps.close()
        made.remove()
        assert look.blocks() == before, count
        count += 1
        if count > 6 and count % 4:
            continue
        now = look.geometry(network)
        assert all(np.array_equal(one, now[key]) for key, one in geometry.items()), count
        assert {path: look.facts(box) for path, box in look.boxes(network).items()} == facts
    assert count > 8 and not unbuilt(network)


def test_without_its_file_it_refuses_in_one_line(registered, tmp_path):
    path = shutil.copy(look.RESNET, tmp_path / "gone.onnx")
    network = zoo("", path=path)
    before = look.blocks()
    path.unlink()
    with pytest.raises(RuntimeError) as error:
        operate(network, which="ALL", fold=False)
    assert str(path) in str(error.value) and "\n" not in str(error.value).strip().removeprefix("Error: ")
    assert look.blocks() == before and unbuilt(network) == CLOSED["resnet18"]


def test_saved_and_loaded_it_unfolds(registered, tmp_path):
    network = zoo("resnet18")
    name = network.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    network = bpy.data.collections[name]
    assert unbuilt(network) == CLOSED["resnet18"]
    operate(network, which="ALL", fold=False)
    check_equal(network, zoo("resnet18", closed=False))


def other_weights(path, target):
    made = onnx.load(path)
    for tensor in made.graph.initializer:
        array = numpy_helper.to_array(tensor)
        if array.dtype == np.float32 and array.ndim > 1:
            tensor.CopyFrom(numpy_helper.from_array((1.5 * array[::-1]).copy(), tensor.name))
    onnx.save(made, target)


@pytest.mark.slow
@pytest.mark.parametrize("opened", [(), ("layer2",), ("layer1", "layer3")])
def test_a_newer_checkpoint_comes_to_what_is_built_and_what_is_not(blank, tmp_path, opened):
    path = shutil.copy(look.RESNET, tmp_path / "net.onnx")
    network = zoo("", path=path)
    if opened:
        unfold(network, *opened)
    other_weights(look.RESNET, path)
    changes = build.finish(reloading.steps(network))
    assert not changes.lines()
    assert unbuilt(network) == [one for one in CLOSED["resnet18"] if one not in opened]
    for ends, bundle in look.bundles(network).items():
        model = importing.reopen(network)
        lines = planned.choose(
            model.connections[look.facts(bundle)["index"]],
            {name: build.layers.drawn_of(one) for name, one in look.layers(network).items()},
            build.limits(network, model)[look.facts(bundle)["index"]],
            None,
        )
        assert np.array_equal(look.values_of(bundle, "weight"), lines.weight), ends
    unfold(network, whole=True)
    fresh = zoo("", path=path, closed=False)
    for name, thing in look.layers(network).items():
        assert look.facts(thing).get("statistics") == look.facts(look.layers(fresh)[name]).get("statistics"), name


def chain(path, count, maps=(16, 8, 4)):
    """Convolutions of so many layers a size of map."""
    nodes, weights, last = [], {}, "x"
    for size in maps:
        for number in range(count):
            name = f"c{size}_{number}"
            stride = 2 if number == 0 and size != maps[0] else 1
            weights[name] = seeded(4, 4, 3, 3, seed=len(weights))
            nodes.append(node("Conv", [last, name], [f"{name}_out"], pads=[1] * 4, strides=[stride] * 2, name=name))
            last = f"{name}_out"
    return save(path.parent, model(nodes, {"x": (1, 4, maps[0], maps[0])}, {last: None}, weights), path.name)


@pytest.mark.slow
def test_layers_that_come_and_go_inside_a_closed_block(blank, tmp_path):
    path = chain(tmp_path / "chain.onnx", 5)
    network = zoo("", path=path)
    assert unbuilt(network) == ["stage 1", "stage 2", "stage 3", "stage 4"]  # the last layer by itself
    unfold(network, "stage 1")
    chain(path, 6)
    changes = build.finish(reloading.steps(network))
    assert changes.lines() == ["new: c16_5", "new: c8_5", "new: c4_5"]
    assert unbuilt(network) == ["stage 2", "stage 3", "stage 4"] and "c16_5" in look.layers(network)
    assert look.facts(look.boxes(network)["stage 2"])["layers"] == [f"c8_{number}" for number in range(6)]
    look.check_ends(network)
    unfold(network, "stage 2", "stage 3", "stage 4")
    assert len(look.layers(network)) == 19
    look.check_ends(network)
    chain(path, 4)
    changes = build.finish(reloading.steps(network))
    assert len(changes.removed) == 6 and len(look.layers(network)) == 13


def test_a_block_whose_slider_is_keyframed_is_built_on_reload(blank):
    network = zoo("resnet18")
    box = look.boxes(network)["layer2"]
    modifier = look.modifier(box)
    for frame, value in ((1, 1.0), (20, 0.0)):
        look.set_input(box, "Fold", value)
        assert box.keyframe_insert(compat.input_path(modifier, "Fold"), frame=frame)
    build.finish(reloading.steps(network))
    assert unbuilt(network) == ["stage 1", "stage 2", "layer3", "layer4"]
    assert set(look.facts(box)["layers"]) <= look.layers(network).keys()
    look.check_ends(network)


@pytest.mark.slow
def test_an_input_runs_before_or_after(blank, tmp_path):
    given = tmp_path / "input.npy"
    np.save(given, np.random.default_rng(0).random((1, 3, 64, 64), np.float32))
    networks = [zoo("resnet18") for _ in range(2)]
    ran = importing.run_in_scene(networks[0], given)
    for network in networks:
        unfold(network, "layer3", "layer4")
    importing.run_in_scene(networks[1], given)
    model = importing.reopen(networks[0])
    for network in networks:
        assert unbuilt(network) == ["stage 1", "stage 2", "layer2"]
        for name, thing in look.layers(network).items():
            drawn = build.layers.drawn_of(thing)
            expected = drawn.sample(activation(model.layer(name), ran))
            assert np.allclose(look.values_of(thing), expected, atol=1e-6), name
    unfold(networks[0], whole=True)
    layout = settings_of_shelf(arranging.LayoutSettings())
    check_equal(networks[0], look.build(look.RESNET, given, layout=layout, **SETTINGS))


def test_detail_of_a_layer_beside_closed_blocks(blank):
    network = zoo("resnet18")
    cell_detail.set_detail(network, ["/avgpool/GlobalAveragePool"], Wish("cells", 8))
    assert len(look.layers(network)["/avgpool/GlobalAveragePool"].data.vertices) <= 8
    assert unbuilt(network) == CLOSED["resnet18"]
    unfold(network, "stage 2")
    look.check_ends(network)


def test_related_layers_are_found_through_closed_blocks(blank):
    network = zoo("resnet18")
    names = [look.facts(one)["layer"] for one in selection.upstream(network, ["/fc/Gemm"])]
    assert names == [name for name in look.layers(network) if name != "/fc/Gemm"]
    names = [look.facts(one)["layer"] for one in selection.downstream(network, ["image"])]
    assert names == ["/avgpool/GlobalAveragePool", "/fc/Gemm"]


@pytest.mark.parametrize("direction", ["X", "-Y", "Z"])
def test_arranged_anew_closed_blocks_stand_as_imported(blank, direction):
    layout = settings_of_shelf(build.LayoutSettings(direction=direction))
    network = zoo("unet")
    arranging.rearrange(network, layout)
    fresh = zoo("unet", layout=layout)
    for mine, other in ((look.boxes(network), look.boxes(fresh)), (look.layers(network), look.layers(fresh))):
        for name, thing in mine.items():
            assert np.allclose(thing.location, other[name].location, atol=1e-3), name
    here, there = look.evaluate(network), look.evaluate(fresh)
    for path, box in look.boxes(network).items():
        assert np.allclose(look.box_points(box, here), look.box_points(look.boxes(fresh)[path], there), atol=1e-3), path


def test_a_closed_block_that_was_moved_stays_and_opens_there(blank):
    network = zoo("resnet18")
    box = look.boxes(network)["layer2"]
    box.location.z += 20
    place = box.location.copy()
    assert unfold(network, "layer2") == 7
    assert (box.location - place).length < 12
    heights = [
        look.cell_places(look.layers(network)[name], look.evaluate(network))[:, 2].mean()
        for name in look.facts(box)["layers"]
    ]
    assert min(heights) > 10


def test_a_block_that_lost_its_neighbour_unfolds(blank):
    network = zoo("resnet18")
    bpy.data.objects.remove(look.layers(network)["/avgpool/GlobalAveragePool"])
    unfold(network, "layer4")
    assert ("/layer4/layer4.1/Add", "/avgpool/GlobalAveragePool") not in look.bundles(network)
    assert len(look.layers(network)) == 2 + 7


def line(count, path):
    nodes = [node("MatMul", [f"x{number}", f"w{number}"], [f"x{number + 1}"]) for number in range(count)]
    weights = {f"w{number}": seeded(4, 4, seed=number) for number in range(count)}
    return save(path, model(nodes, {"x0": (1, 4)}, {f"x{count}": None}, weights), "line.onnx")


def fan(count, path):
    nodes = [node("MatMul", ["x", f"w{number}"], [f"y{number}"]) for number in range(count)]
    nodes.append(node("Sum", [f"y{number}" for number in range(count)], ["sum"]))
    weights = {f"w{number}": seeded(4, 4, seed=number) for number in range(count)}
    return save(path, model(nodes, {"x": (1, 4)}, {"sum": None}, weights), "fan.onnx")


@pytest.mark.parametrize("make, count", [(line, 1_000), (fan, 2_000)])
def test_thousands_of_layers_are_few_objects(blank, tmp_path, make, count):
    network = zoo("", path=make(count, tmp_path))
    assert len(network.all_objects) <= 400 and len(look.layers(network)) + len(unbuilt(network)) <= 60
    assert sum(len(look.facts(look.boxes(network)[path])["layers"]) for path in unbuilt(network)) >= count - 1
    assert f"{count + (make is fan) + 1:,} layers" in importing.summary(network)


def test_a_model_of_other_blocks_refuses(blank, tmp_path):
    path = chain(tmp_path / "chain.onnx", 5)
    network = zoo("", path=path)
    NetworkScene(network).blocks()["stage 1"].layers = ["another"]
    with pytest.raises(CheckpointError, match="has no block 'stage 1' as the scene has it"):
        unfold(network, "stage 1")


def test_what_is_unfolded_has_the_style_of_the_network(blank):
    network = zoo("resnet18")
    saved_styles.apply("Paper", painting.part_of(bpy.context, network))
    unfold(network, whole=True)
    fresh = zoo("resnet18", closed=False)
    saved_styles.apply("Paper", painting.part_of(bpy.context, fresh))
    arranging.rearrange(fresh, arranging.settings_of(fresh))  # a style changes how much room layers take
    for read in (look.layers, look.boxes, look.bundles):
        for name, thing in read(network).items():
            given, expected = look.inputs(thing), look.inputs(read(fresh)[name])
            assert {key: plain(one) for key, one in given.items()} == {key: plain(one) for key, one in expected.items()}


def test_the_signal_passes_closed_blocks_in_their_turn(blank):
    times = reveals.arrivals(zoo("resnet18"))
    names = [name.removeprefix("\0") for name in times]
    assert names[:1] == ["image"] and names[1:6] == CLOSED["resnet18"]
    assert list(times.values()) == sorted(times.values())


def test_a_closed_block_is_exported_as_its_box(blank, tmp_path):
    network = zoo("resnet18")
    for ending in ("glb", "html", "usdc"):
        assert export.export(tmp_path / f"net.{ending}")
    file = Glb(tmp_path / "net.glb")
    assert [file.facts(name)["path"] for name in file.of_kind("block")] == CLOSED["resnet18"]
    assert len(file.of_kind("layer")) == 3
    assert len(file.of_kind("connections")) == len(look.bundles(network)) + len(look.joints(network))


def test_another_model_comes_with_its_stages_closed(blank, tmp_path):
    path = shutil.copy(look.CNN, tmp_path / "model.onnx")
    network = zoo("", path=path)
    shutil.copy(look.RESNET, path)
    build.finish(reloading.steps(network))
    assert sorted(unbuilt(network)) == sorted(CLOSED["resnet18"]) and len(look.layers(network)) == 3
    shown = look.bundles(network).keys() | look.joints(network).keys()
    fresh = zoo("resnet18")
    assert shown == look.bundles(fresh).keys() | look.joints(fresh).keys()
    unfold(network, "layer3")
    look.check_ends(network)
    shutil.copy(look.CNN, path)
    build.finish(reloading.steps(network))
    assert not look.boxes(network) and not look.joints(network)
    look.check_ends(network)


def test_a_scene_from_before_stages_gets_them_open(blank, tmp_path):
    """As one of a version that made none: all layers are there, in no block."""
    path = chain(tmp_path / "chain.onnx", 5)
    network = zoo("", path=path, closed=False)
    for thing in look.layers(network).values():
        look.set_input(thing, "Block", None)
        thing.parent = look.one_of(network, "root")
    bpy.data.batch_remove(list(look.boxes(network).values()))
    names = {one.name for one in look.layers(network).values()}
    build.finish(reloading.steps(network))
    assert {one.name for one in look.layers(network).values()} == names and not unbuilt(network)
    stages = [f"stage {number}" for number in range(1, 5)]
    assert list(look.boxes(network)) == stages
    parents = {look.facts(one.parent)["path"] for one in look.layers(network).values() if one.name != "x"}
    assert parents == set(stages)
    look.check_ends(network)
