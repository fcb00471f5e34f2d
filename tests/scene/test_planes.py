# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers that stand as planes and the attention of tokens as arcs: every number as it is evaluated, against onnxruntime
or the file, and how they go with what a designer does."""

from types import SimpleNamespace

import bpy
import numpy as np
import onnx
import pytest
import safetensors.numpy

import neuroscene
from neuroscene.addon.gltf import export
from neuroscene.addon.inference import activation, run_file
from neuroscene.addon.network.drawn import Wish
from neuroscene.addon.scene import shots
from neuroscene.addon.scene.building import build, importing
from neuroscene.addon.scene.detail import cell_detail
from neuroscene.addon.scene.entities import Arcs, Book, NetworkScene
from neuroscene.addon.scene.looks import painting, saved_styles
from neuroscene.addon.scene.updating import reloading
from scene import exported, look
from scene.glb import Glb
from scene.shelf import COVER, FRAME, PLATE, faces
from unit.test_books import rms_in_bins, run, weights_of
from unit.test_planes import IDS

GPT2 = look.ZOO / "gpt2.onnx"
TOKENS = IDS.shape[1]
ATTENTION = "transformer/h.0/attn"
HIDDEN = "/transformer/h.0/mlp/c_fc/Gemm"


def sentence(folder):
    np.save(folder / "ids.npy", IDS)
    return folder / "ids.npy"


def transformer(folder, given=True):
    look.fresh()
    network = look.build(GPT2, sentence(folder) if given else None, fold_repeats=True)
    return SimpleNamespace(network=network, model=importing.reopen(network), values=run(GPT2, input_ids=IDS))


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory):
    return transformer(tmp_path_factory.mktemp("gpt2"))


@pytest.fixture
def registered(blank):
    neuroscene.register()
    yield
    neuroscene.unregister()


def planes_of(network) -> dict[tuple[str, str], bpy.types.Object]:
    """The planes of layers by layer and place."""
    books = NetworkScene(network).members(Book)
    return {(book.layer, book.place): book.obj for book in books if book.layer}


def arcs_of(network) -> dict[str, bpy.types.Object]:
    return {arcs.layer: arcs.obj for arcs in NetworkScene(network).members(Arcs)}


def check_numbers(shown):
    """Every cell of every plane is a number of the run or of the file."""
    weights = weights_of(GPT2)
    count = 0
    for (name, place), obj in planes_of(shown.network).items():
        layer = shown.model.layer(name)
        made, _ = faces(shown, obj)
        mine = made["part"] == COVER
        at = tuple(made[axis][mine] for axis in ("unit", "row", "column"))
        if place == "above":
            names = [matrix.constant.name for matrix in layer.matrices if matrix.constant.name in weights]
            if len(names) == 1:
                expected = np.abs(weights[names[0]]).T  # rows are outputs, as in the attributes
                assert np.array_equal(made["value"][mine], expected[at[1:]]), name
                count += 1
            continue
        tensor = shown.values(layer).reshape(layer.grid.units, layer.grid.rows, layer.grid.columns)
        assert mine.sum() == tensor.size and np.allclose(made["value"][mine], tensor[at], rtol=1e-4, atol=1e-5), name
        count += 1
    return count


def test_every_cell_is_a_number_of_the_run_or_of_the_file(gpt2):
    planes = planes_of(gpt2.network)
    assert {place for _, place in planes} == {"below", "above", "ahead"}
    assert (ATTENTION, "ahead") in planes and (HIDDEN, "above") in planes and (HIDDEN, "below") in planes
    assert check_numbers(gpt2) >= 12


def test_a_plane_is_one_object_without_instances(gpt2):
    depsgraph = look.evaluate(gpt2.network)
    for name, obj in planes_of(gpt2.network).items():
        geometry = obj.evaluated_get(depsgraph).evaluated_geometry()
        assert geometry.instances_pointcloud() is None and len(geometry.mesh.polygons), name
        layer = obj.parent
        assert len(layer.data.vertices) == 1
        assert np.allclose(np.ptp(look.box_points(layer, depsgraph), axis=0), 0)  # its own cell is not seen


def test_arcs_are_the_attention_of_the_run(gpt2):
    depsgraph = look.evaluate(gpt2.network)
    ((name, obj),) = arcs_of(gpt2.network).items()
    assert name == ATTENTION
    pattern = gpt2.values(gpt2.model.layer(name)).reshape(4, TOKENS, TOKENS).mean(0, dtype=np.float64)
    source, target, value, shade = (
        look.on_curves(obj, depsgraph, one) for one in ("source", "target", "value", "shade")
    )
    assert len(value) == np.count_nonzero(pattern)
    assert np.allclose(value, pattern[target, source], rtol=1e-5)
    followed = look.inputs(look.one_of(gpt2.network, "root"))["Followed Token"]
    given = look.inputs(obj)
    share = np.clip(value / given["Range"], 0, 1)
    bright = np.where(target == followed, 1.0, given["Dim"])
    assert np.allclose(shade, (0.12 + 0.88 * share) * bright, atol=1e-5)
    assert (target == followed).any()


def test_arcs_end_at_the_rows_of_their_tokens(gpt2):
    depsgraph = look.evaluate(gpt2.network)
    obj = arcs_of(gpt2.network)[ATTENTION]
    points = look.curve_places(obj, depsgraph)
    for end, attribute, side in ((0, "source", 1), (-1, "target", -1)):
        book = look.inputs(obj)[attribute.capitalize()]
        made, corners = faces(gpt2, book)
        rows = look.world(book, depsgraph, corners[made["part"] == COVER])
        row_of = made["row"][made["part"] == COVER]
        tokens = look.on_curves(obj, depsgraph, attribute)
        for token in range(TOKENS):
            mine = rows[row_of == token]
            middle = (mine[..., 2].min() + mine[..., 2].max()) / 2
            edge = mine[..., 1].max() if side > 0 else mine[..., 1].min()
            at = points[tokens == token, end]
            assert np.allclose(at[:, 2], middle, atol=0.02) and np.allclose(at[:, 1], edge, atol=0.1), (
                attribute,
                token,
            )


def test_the_row_of_the_followed_token_is_framed_on_every_sheet(gpt2):
    root = look.one_of(gpt2.network, "root")
    before = look.inputs(root)["Followed Token"]
    for token in (3.0, -1.0, 200.0):
        look.set_input(root, "Followed Token", token)
        for (name, place), obj in planes_of(gpt2.network).items():
            made, corners = faces(gpt2, obj)
            frame = corners[made["part"] == FRAME]
            assert bool(len(frame)) == (place == "below" and token == 3.0), (name, place, token)
            if len(frame):
                rows = corners[(made["part"] == COVER) & (made["row"] == 3)]
                assert abs(frame[..., 2].mean() - (rows[..., 2].min() + rows[..., 2].max()) / 2) < 0.01
    for book in NetworkScene(gpt2.network).members(Book):
        look.set_input(root, "Followed Token", 3.0)
        made, _ = faces(gpt2, book.obj)
        assert (made["part"] == FRAME).any() == (book.shows == "sheet")
    look.set_input(root, "Followed Token", before)


def test_a_keyframed_token_is_followed_without_python(gpt2):
    root = look.one_of(gpt2.network, "root")
    before = look.inputs(root)["Followed Token"]
    path = NetworkScene(gpt2.network).root().inputs.path("Followed Token")
    for frame, token in ((1, 2.0), (11, 4.0)):
        look.set_input(root, "Followed Token", token)
        root.keyframe_insert(path, frame=frame)
    scene = look.scene_of(gpt2.network)
    obj = arcs_of(gpt2.network)[ATTENTION]
    for frame, token in ((1, 2), (11, 4)):
        scene.frame_set(frame)
        depsgraph = look.evaluate(gpt2.network)
        followed, target = (look.on_curves(obj, depsgraph, one) for one in ("followed", "target"))
        assert np.array_equal(followed == 1, target == token)
    root.animation_data_clear()
    scene.frame_set(1)
    look.set_input(root, "Followed Token", before)


def test_planes_go_with_their_layer_and_its_block(gpt2):
    obj = planes_of(gpt2.network)[HIDDEN, "below"]
    box = look.boxes(gpt2.network)["transformer/h.0"]
    whole = np.ptp(faces(gpt2, obj)[1].reshape(-1, 3), axis=0)
    arcs = arcs_of(gpt2.network)[ATTENTION]
    for fold, left in ((0.25, 0.75), (1.0, 0.0), (0.0, 1.0)):
        look.set_input(box, "Fold", fold)
        _, corners = faces(gpt2, obj)
        seen = np.ptp(corners.reshape(-1, 3), axis=0) if len(corners) else np.zeros(3)
        assert np.allclose(seen, left * whole, rtol=1e-3, atol=1e-5)
        radius = look.on_curves(arcs, look.evaluate(gpt2.network), "radius").max()
        assert (radius > 0) == (left > 0)
    look.set_input(obj.parent, "Reveal", 0.0)
    assert not len(faces(gpt2, obj)[1])
    look.set_input(obj.parent, "Reveal", 1.0)


def test_export_has_cells_and_arcs_in_their_colors(gpt2, tmp_path):
    export.export(tmp_path / "out.glb")
    file = Glb(tmp_path / "out.glb")
    for (name, place), obj in planes_of(gpt2.network).items():
        made, _ = faces(gpt2, obj)
        mine = made["part"] == COVER
        facts = file.facts(obj.name)
        assert (facts["kind"], facts["layer"], facts["place"], facts["cells"]) == ("book", name, place, mine.sum())
        for attribute in ("value", "unit", "row", "column"):
            assert np.array_equal(file.instanced(obj.name, f"_{attribute.upper()}"), made[attribute][mine])
        colors = exported.ramp(look.inputs(obj)["Cover Material"], made["shade"][mine])
        assert np.abs(file.instanced(obj.name, "_COLOR_0")[:, :3] - colors).max() <= exported.HALF
    arcs = arcs_of(gpt2.network)[ATTENTION]
    facts = file.facts(arcs.name)
    assert (facts["kind"], facts["layer"], facts["heads"], facts["tokens"]) == ("arcs", ATTENTION, 4, TOKENS)
    for suffix in (".html", ".usdc", ".obj"):
        export.export(tmp_path / f"out{suffix}")


def test_names_of_tokens_stand_beside_their_rows(gpt2):
    (heading,) = [one for one in look.of_kind(gpt2.network, "heading") if look.facts(one)["part"] == "tokens"]
    lines = heading.data.body.split("\n")
    assert lines == [f"token {number}" for number in range(TOKENS)]
    depsgraph = look.evaluate(gpt2.network)
    made, corners = faces(gpt2, heading.parent)
    rows = look.world(heading.parent, depsgraph, corners[made["part"] == COVER])
    first, last = (rows[made["row"][made["part"] == COVER] == token][..., 2] for token in (0, TOKENS - 1))
    box = look.world(heading, depsgraph, np.array(heading.evaluated_get(depsgraph).bound_box))
    assert abs(box[:, 2].max() - first.mean()) < np.ptp(first) and abs(box[:, 2].min() - last.mean()) < np.ptp(last)


def test_each_ramp_has_a_bar_of_its_own(gpt2):
    texts = {look.facts(one).get("role"): one for one in look.of_kind(gpt2.network, "caption")}
    heads = {role: texts[role].data.body for role in ("cover", "heads", "norms")}
    assert heads == {"cover": "size of activation", "heads": "attention", "norms": "size of weights"}
    kept = NetworkScene(gpt2.network).materials
    for role, material in (("cover strip", "maps"), ("heads strip", "heads"), ("norms strip", "norms")):
        assert list(texts[role].data.materials) == [kept[material]] and not texts[role].hide_render


def test_without_an_input_there_is_no_activation_anywhere(tmp_path):
    shown = transformer(tmp_path, given=False)
    assert not arcs_of(shown.network) and look.inputs(look.one_of(shown.network, "root"))["Followed Token"] == -1
    for book in NetworkScene(shown.network).members(Book):
        assert book.shows in ("", "norms", "kernels") and not book.heads, book.obj.name
        if not book.shows:  # an empty frame, no plate
            made, _ = faces(shown, book.obj)
            assert (made["part"] == FRAME).sum() == 4 and not (made["part"] == PLATE).any()
    assert (HIDDEN, "above") in planes_of(shown.network)
    said = [look.facts(one).get("role") for one in look.of_kind(shown.network, "caption")]
    assert "explanation" in said
    explanation = next(
        one for one in look.of_kind(shown.network, "caption") if look.facts(one).get("role") == "explanation"
    )
    assert "Run Input shows activations" in explanation.data.body


def test_a_run_is_shown_in_place_and_a_newer_checkpoint_too(tmp_path):
    shown = transformer(tmp_path, given=False)
    before = {key: obj.name for key, obj in planes_of(shown.network).items()}
    importing.run_in_scene(shown.network, sentence(tmp_path))
    assert {key: obj.name for key, obj in planes_of(shown.network).items()}.items() >= before.items()
    assert check_numbers(shown) >= 12 and arcs_of(shown.network).keys() == {ATTENTION}
    look.set_input(look.one_of(shown.network, "root"), "Followed Token", 5.0)
    build.finish(reloading.steps(shown.network))
    assert check_numbers(shown) >= 12
    assert look.inputs(look.one_of(shown.network, "root"))["Followed Token"] == 5.0  # as somebody has chosen


def test_saved_and_loaded_all_is_there(tmp_path):
    shown = transformer(tmp_path)
    name = shown.network.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    shown.network = bpy.data.collections[name]
    assert check_numbers(shown) >= 12
    depsgraph = look.evaluate(shown.network)
    value = look.on_curves(arcs_of(shown.network)[ATTENTION], depsgraph, "value")
    assert len(value) == TOKENS * (TOKENS + 1) // 2 and (value > 0).all()


def test_shots_see_sheets_from_where_the_signal_leaves(tmp_path):
    shown = transformer(tmp_path)
    camera = look.one_of(shown.network, "camera")
    hero = look.facts(camera)["view"]
    shots.add(shown.network, "unfold")
    shots.add(shown.network, "hero")
    views = {look.facts(one)["shot"]: look.facts(one)["view"] for one in look.of_kind(shown.network, "camera")}
    assert views["hero"] == views["unfold"] == hero and hero["azimuth"] > np.pi / 2


def test_styles_paint_planes_and_arcs(tmp_path):
    shown = transformer(tmp_path)
    paper = saved_styles.every()[0]["Paper"]
    saved_styles.apply("Paper", painting.part_of(bpy.context, shown.network))
    kept = NetworkScene(shown.network).materials
    assert painting.settings_of(kept["heads"])["Map"] == paper.materials["heads"]["Map"]
    for (_, place), obj in planes_of(shown.network).items():
        role = {"below": "maps", "above": "norms", "ahead": "heads"}[place]
        assert look.inputs(obj)["Cover Material"] == kept[role]
        assert look.inputs(obj)["Follow Material"] == kept["followed"]
    assert look.inputs(arcs_of(shown.network)[ATTENTION])["Material"] == kept["heads"]


def test_a_layer_becomes_a_sheet_of_its_weights_and_cells_again(blank):
    network = look.build(look.MLP)
    name = next(name for name in look.layers(network) if look.facts(look.layers(network)[name])["op"] == "Gemm")
    obj = look.layers(network)[name]
    count = len(obj.data.vertices)
    cell_detail.set_detail(network, [name], Wish("sheet"))
    shown = SimpleNamespace(network=network)
    ((key, plane),) = planes_of(network).items()
    assert key == (name, "below") and look.facts(obj)["detail"] == "sheet" and len(obj.data.vertices) == 1
    made, _ = faces(shown, plane)
    mine = made["part"] == COVER
    (matrix,) = importing.reopen(network).layer(name).matrices
    expected = np.abs(matrix.read())
    if mine.sum() == expected.size:
        assert np.allclose(made["value"][mine], expected[made["row"][mine], made["column"][mine]], rtol=1e-6)
    else:
        rows, columns = look.facts(plane)["bins"]
        for value, row, column in zip(*(made[one][mine] for one in ("value", "row", "column")), strict=True):
            part = expected[row : row + rows, column : column + columns].astype(np.float64)
            assert np.isclose(value, np.sqrt((part**2).mean()), rtol=1e-5)
    look.check_ends(network)
    cell_detail.set_detail(network, [name], Wish())
    assert not planes_of(network) and len(obj.data.vertices) == count and not look.inputs(obj)["Plane"]
    look.check_ends(network)


def test_a_layer_becomes_a_cover_of_its_maps(blank):
    network = look.build(look.CNN, look.DIGIT)
    model = importing.reopen(network)
    cell_detail.set_detail(network, ["conv2"], Wish("cover"))
    (plane,) = planes_of(network).values()
    made, corners = faces(SimpleNamespace(network=network), plane)
    mine = made["part"] == COVER
    layer = model.layer("conv2")
    tensor = activation(layer, run_file(look.DIGIT, model)[1])
    maps = tensor.reshape(layer.grid.units, layer.grid.rows, layer.grid.columns)
    at = tuple(made[one][mine] for one in ("unit", "row", "column"))
    assert mine.sum() == maps.size and np.array_equal(made["value"][mine], maps[at])
    normal = np.cross(corners[mine][0][1] - corners[mine][0][0], corners[mine][0][3] - corners[mine][0][0])
    depsgraph = look.evaluate(network)
    camera = np.array(look.scene_of(network).camera.evaluated_get(depsgraph).matrix_world)[:3, 3]
    matrix = np.array(plane.evaluated_get(depsgraph).matrix_world)
    assert (matrix[:3, :3] @ normal) @ (camera - matrix[:3, 3]) > 0  # it faces the camera
    said = look.facts(look.layers(network)["conv2"])["label"]
    assert said["shape"] == f"{layer.grid.units} maps" and said["notes"].endswith("all shown")


def test_setting_a_plane_is_one_step_of_undo(registered):
    network = look.build(look.CNN, look.DIGIT)
    bpy.ops.ed.undo_push(message="before")
    name, before = network.name, look.blocks()
    scene = look.scene_of(network)
    obj = look.layers(network)["conv2"]
    with bpy.context.temp_override(scene=scene, view_layer=scene.view_layers[0], object=obj, selected_objects=[obj]):
        scene.view_layers[0].objects.active = obj
        obj.select_set(True, view_layer=scene.view_layers[0])
        bpy.ops.ed.undo_push(message="selected")
        assert bpy.ops.neuroscene.set_detail(detail="COVER") == {"FINISHED"}
    bpy.ops.ed.undo_push(message="cover")
    assert len(planes_of(bpy.data.collections[name])) == 1
    bpy.ops.ed.undo()
    network = bpy.data.collections[name]
    assert not planes_of(network) and look.blocks() == before
    assert look.facts(look.layers(network)["conv2"])["detail"] == "cells"


def test_small_networks_keep_their_look(blank):
    for path, given in ((look.CNN, look.DIGIT), (look.CNN, None), (look.MLP, None)):
        assert not planes_of(look.build(path, given, fold_repeats=True))


def test_all_layers_of_a_network_at_once(registered):
    network = look.build(look.MLP)
    cells = {name: len(obj.data.vertices) for name, obj in look.layers(network).items()}
    assert bpy.ops.neuroscene.set_network_detail(detail="SHEET") == {"FINISHED"}
    layers = look.layers(network)
    inputs = {name for name, obj in layers.items() if look.facts(obj)["op"] == "Input"}
    assert {name for name, _ in planes_of(network)} == layers.keys() - inputs and inputs
    assert bpy.ops.neuroscene.set_network_detail(detail="AUTO") == {"FINISHED"}
    assert not planes_of(network)
    assert {name: len(obj.data.vertices) for name, obj in look.layers(network).items()} == cells
    look.check_ends(network)


def test_a_network_that_never_runs_opens_with_its_weights(blank, tmp_path):
    file = onnx.load(look.MLP)
    weights = {one.name: onnx.numpy_helper.to_array(one) for one in file.graph.initializer}
    named = {}
    for number, name in enumerate(name for name, array in weights.items() if array.ndim == 2):
        matrix = weights[name] if weights[name].shape[0] < weights[name].shape[1] else weights[name].T
        named[f"layers.{number}.weight"] = np.ascontiguousarray(matrix)
        named[f"layers.{number}.bias"] = np.zeros(matrix.shape[0], np.float32)
    safetensors.numpy.save_file(named, tmp_path / "mlp.safetensors")
    network = look.build(tmp_path / "mlp.safetensors", fold_repeats=True)
    shown = planes_of(network)
    assert len(shown) == len(named) // 2 and look.facts(network)["structure"] == "inferred"
    for (name, place), obj in shown.items():
        made, _ = faces(SimpleNamespace(network=network), obj)
        mine = made["part"] == COVER
        key = next(key for key in named if key.removesuffix(".weight") in name.split("/"))
        expected, step = rms_in_bins(named[key], 128)
        assert place == "below" and look.facts(obj)["shows"] == "norms" and tuple(look.facts(obj)["bins"]) == step
        at = tuple(made[axis][mine] // size for axis, size in zip(("row", "column"), step, strict=True))
        assert mine.sum() == expected.size and np.allclose(made["value"][mine], expected[at], rtol=1e-5)


def test_a_cover_stays_through_another_input_a_reload_and_a_file(blank, tmp_path):
    network = look.build(look.CNN, look.DIGIT)
    model = importing.reopen(network)
    layer = model.layer("conv2")
    cell_detail.set_detail(network, ["conv2"], Wish("cover"))
    (plane,) = planes_of(network).values()
    look.set_input(plane, "Gamma", 0.31)  # by hand

    def check(digit):
        (plane,) = planes_of(network).values()
        made, _ = faces(SimpleNamespace(network=network), plane)
        mine = made["part"] == COVER
        maps = activation(layer, run_file(digit, model)[1]).reshape(layer.grid.units, layer.grid.rows, -1)
        assert np.array_equal(made["value"][mine], maps[tuple(made[one][mine] for one in ("unit", "row", "column"))])
        assert np.isclose(look.inputs(plane)["Gamma"], 0.31)

    check(look.DIGIT)
    importing.run_in_scene(network, look.OTHER_DIGIT)
    check(look.OTHER_DIGIT)
    build.finish(reloading.steps(network))
    check(look.OTHER_DIGIT)
    name = network.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    network = bpy.data.collections[name]
    check(look.OTHER_DIGIT)
    assert look.facts(look.layers(network)["conv2"])["wish"]["detail"] == "cover"
