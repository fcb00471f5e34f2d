# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Large networks as books on a shelf: what the hero shows, its names and lines, and whether they are true."""

import bpy
import numpy as np
import pytest

from neuroscene.addon.gltf import export
from neuroscene.addon.inference import run_file
from neuroscene.addon.scene.building import importing, input_picture, skips
from neuroscene.addon.scene.camera import picture
from neuroscene.addon.scene.entities import BlockBox, Book, InputPicture, LayerObject, Leader, NetworkScene
from neuroscene.addon.scene.texts import caption, leaders
from scene import exported, look
from scene.acting import run
from scene.glb import Glb
from scene.networks import FORMATS
from scene.test_framing import captions, overlaps
from unit.make import model, node, save, seeded

FLOWER = look.SAMPLES / "pictures/flower.png"
PIXELS = 1080  # of a picture's height, at which words are measured
SMALLEST = 14  # pixels, of a letter's em


def deep(folder):
    """A residual network of more than a hundred layers in four sizes of maps, with a dense layer behind."""
    nodes, weights = [], {}
    width = [8, 12, 16, 24]
    last = "x"
    channels = 3
    for stage, out in enumerate(width):
        for block in range(9):
            name = f"s{stage}b{block}"
            stride = 2 if block == 0 and stage else 1
            weights[f"{name}w1"] = seeded(out, channels, 3, 3, seed=stage)
            weights[f"{name}w2"] = seeded(out, out, 3, 3, seed=block)
            nodes.append(node("Conv", [last, f"{name}w1"], [f"{name}c1"], pads=[1] * 4, strides=[stride] * 2))
            nodes.append(node("Relu", [f"{name}c1"], [f"{name}r1"]))
            nodes.append(node("Conv", [f"{name}r1", f"{name}w2"], [f"{name}c2"], pads=[1] * 4))
            around = last
            if channels != out or stride > 1:
                weights[f"{name}w3"] = seeded(out, channels, 1, 1, seed=7)
                nodes.append(node("Conv", [last, f"{name}w3"], [f"{name}c3"], strides=[stride] * 2))
                around = f"{name}c3"
            nodes.append(node("Add", [f"{name}c2", around], [f"{name}s"]))
            last, channels = f"{name}s", out
    nodes.append(node("GlobalAveragePool", [last], ["pool"]))
    nodes.append(node("Flatten", ["pool"], ["flat"]))
    weights["wd"] = seeded(channels, 10)
    nodes.append(node("MatMul", ["flat", "wd"], ["y"]))
    return save(folder, model(nodes, {"x": (1, 3, 32, 32)}, {"y": (1, 10)}, weights), "deep.onnx")


NETWORKS = {
    "deep": deep,
    **{
        name: lambda _, name=name: look.ZOO / f"{name}.onnx"
        for name in ("resnet18", "densenet", "inception", "mobilenet_v3", "unet", "vit")
    },
    "letters": lambda _: look.SAMPLES / "letters_transformer.onnx",
    "cells": lambda _: look.SAMPLES / "cells_unet.onnx",
    "pictures": lambda _: look.SAMPLES / "pictures_resnet.onnx",
    "gpt2": lambda _: look.ZOO / "gpt2.onnx",
    "bert": lambda _: look.ZOO / "bert.onnx",
}
GIVEN = {
    "letters": look.SAMPLES / "letters" / "letters.npy",
    "cells": look.SAMPLES / "cells" / "cells.png",
    **dict.fromkeys(("pictures", "gpt2", "bert")),  # as they are before they have seen anything
}
US = "unet", "cells_unet"


@pytest.fixture(params=NETWORKS)
def network(request, tmp_path_factory):
    look.fresh()
    folder = tmp_path_factory.mktemp(request.param)
    return look.build(NETWORKS[request.param](folder), GIVEN.get(request.param, FLOWER), fold_repeats=True)


def boxes(network, depsgraph):
    """What is seen of each layer and book, as corners in the picture (8, 2) and its distance, by its owner's name."""
    scene = NetworkScene(network)
    books = {book.path: book.obj for book in scene.members(Book) if book.path}
    pictures = {shown.layer: shown.obj for shown in scene.members(InputPicture)}
    planes = sorted((book for book in scene.members(Book) if book.layer), key=lambda book: book.place == "below")
    pictures |= {book.layer: book.obj for book in planes}  # what is below stands for its layer
    camera = look.one_of(network, "camera")
    seen = {}
    for key, obj in [
        *((("block", path), obj) for path, obj in books.items()),
        *((("layer", layer.name), pictures.get(layer.name, layer.obj)) for layer in scene.members(LayerObject)),
    ]:
        points = picture.framing.box_corners(obj, depsgraph)
        if len(points):
            away = np.linalg.norm(points.mean(0) - np.array(camera.matrix_world.translation))
            seen[key] = look.seen(network, depsgraph, points), away
    return seen


def test_the_subject_fills_the_picture(network):
    depsgraph = look.evaluate(network)
    points = np.concatenate([corners for corners, _ in boxes(network, depsgraph).values()])
    low, high = points.min(0), points.max(0)
    assert low[0] > 0 and high[0] < 1 and high[1] < 1
    names = look.pictures(network, ("label",))
    foot = min(box[1] for box in names.values())
    band = caption.form_of(network).band(16 / 9)
    assert foot > band - 0.01, "names come into the caption"
    assert high[0] - low[0] > 0.75
    least = 0.48 if network.name == "bert" else 0.5  # twelve books in a row, and one block open
    assert (high[1] - low[1]) / (1 - foot) > least


@pytest.mark.slow
@pytest.mark.parametrize("size", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize("name", ["resnet18", "unet", "vit"])
def test_in_every_format_all_is_in_the_picture_and_apart(registered, name, size):
    look.fresh()
    network = look.build(look.ZOO / f"{name}.onnx", FLOWER if name != "unet" else look.DIGIT, fold_repeats=True)
    scene = look.scene_of(network)
    scene.render.resolution_x, scene.render.resolution_y = size
    picture.frame(network, scene, look.one_of(network, "camera"))
    texts = captions(network)
    assert len(texts) >= 10
    assert [name for name, box in texts.items() if box.min() < 0 or box.max() > 1] == []
    labels = look.pictures(network, ("label", "class"))
    assert [name for name, box in labels.items() if box.min() < 0 or box.max() > 1] == []
    assert overlaps(texts | labels) == []


def test_names_are_few_large_and_apart(network):
    names = {name: box for name, box in look.pictures(network, ("label",)).items()}
    owners = {look.facts(obj)["owner"] for obj in look.of_kind(network, "label") if not obj.hide_render}
    assert 3 <= len(owners) <= leaders.MOST
    listed = list(names.values())
    for place, first in enumerate(listed):
        for other in listed[place + 1 :]:
            apart = (first[:2] >= other[2:] - 1e-4) | (other[:2] >= first[2:] - 1e-4)
            assert apart.any(), (first, other)
    depsgraph = look.evaluate(network)
    camera = look.one_of(network, "camera")
    for obj in look.of_kind(network, "label"):
        if not obj.hide_render:
            matrix = obj.evaluated_get(depsgraph).matrix_world
            em = obj.data.size * matrix.to_scale().y
            depth = -(camera.matrix_world.inverted() @ matrix.translation).z
            height = 2 * depth * picture.framing.slopes(camera.data, 16 / 9)[1]
            assert em / height * PIXELS >= SMALLEST, (obj.name, em / height * PIXELS)


def test_each_line_ends_on_the_visible_part_of_its_own(network):
    depsgraph = look.evaluate(network)
    seen = boxes(network, depsgraph)
    lines = [line for line in NetworkScene(network).members(Leader) if not line.obj.hide_render]
    assert bool(lines) != (network.name in US), "names of a U stand under what they name"
    for line in lines:
        points = look.world(line.obj, depsgraph, look.values_of(line.obj, "position"))
        end = look.seen(network, depsgraph, points[4:]).mean(0)
        own, away = seen[line.of_kind, line.owner]
        assert (own.min(0) - 0.02 < end).all() and (end < own.max(0) + 0.02).all(), line.owner
        for key, (corners, distance) in seen.items():
            if key != (line.of_kind, line.owner) and distance < away:
                inside = (corners.min(0) + 0.004 < end) & (end < corners.max(0) - 0.02)
                assert not inside.all(), (line.owner, "ends on", key)


def test_a_u_has_a_line_a_map(registered):
    look.fresh()
    network = look.build(look.ZOO / "unet.onnx", look.DIGIT, fold_repeats=True)
    scene = NetworkScene(network)
    ran = run_file(look.DIGIT, importing.reopen(network))
    model_of, values = ran[0], ran[1].values
    across = 0
    for bundle in scene.bundles():
        source, target = BlockBox.of(bundle.source_object), BlockBox.of(bundle.target_object)
        if not source or not target or len(bundle.obj.data.curves) < 2:
            continue
        read = [
            connection.source
            for connection in model_of.connections
            if connection.source.name in source.layers and connection.target.name in target.layers
        ][-1]
        maps = values[read.shown][0]
        assert len(bundle.obj.data.curves) == len(maps) <= skips.MOST
        mean = np.abs(maps.mean((1, 2)))
        np.testing.assert_allclose(look.values_of(bundle.obj, "importance"), mean / mean.max(), rtol=1e-4)
        across += 1
    assert across == 3
    assert "then grows back" in next(
        obj.data.body for obj in look.of_kind(network, "caption") if look.facts(obj).get("role") == "sentence"
    )


def test_the_input_is_seen_as_it_is(registered):
    look.fresh()
    network = look.build(look.ZOO / "resnet18.onnx", FLOWER, fold_repeats=True)
    (shown,) = NetworkScene(network).members(InputPicture)
    _, ran = run_file(FLOWER, importing.reopen(network))
    (given,) = (ran.values[layer.shown] for layer in importing.reopen(network).layers if layer.op == "Input")
    assert (shown.low, shown.high) == (0.0, 1.0)
    colors = look.array(shown.obj.data.attributes, "picture")[:-4, :3]
    np.testing.assert_allclose(colors.reshape(64, 64, 3), np.moveaxis(given[0], 0, -1), atol=2e-3)
    # the first pixel is the upper left one of the picture
    depsgraph = look.evaluate(network)
    points = look.seen(network, depsgraph, look.world(shown.obj, depsgraph, look.values_of(shown.obj, "position")))
    whole = points[:-16]
    assert points[0][0] < whole[:, 0].mean() and points[0][1] > whole[:, 1].mean()


def test_the_input_leaves_as_it_is(registered, tmp_path):
    """Its pixels in a GLB, linear, in its place; other files are written too."""
    look.fresh()
    network = look.build(look.SAMPLES / "pictures_resnet.onnx", FLOWER, fold_repeats=True)
    (shown,) = NetworkScene(network).members(InputPicture)
    export.export(tmp_path / "out.glb")
    file = Glb(tmp_path / "out.glb")
    assert file.of_kind("picture") == [shown.obj.name] and file.facts(shown.obj.name)["layer"] == "image"
    pixels = look.png(FLOWER).reshape(-1, 3) / 255
    colors = file.colours(shown.obj.name).reshape(-1, 4, 4)
    assert len(colors) == len(pixels) + 4 and np.ptp(colors, axis=1).max() == 0  # and four of the frame
    np.testing.assert_allclose(colors[:-4, 0, :3], pixels**2.2, atol=exported.HALF)
    points = file.positions(shown.obj.name).reshape(-1, 4, 3)[:-4]
    expected = look.world(shown.obj, look.evaluate(network), look.values_of(shown.obj, "position")[:-16])
    np.testing.assert_allclose([points.min((0, 1)), points.max((0, 1))], [expected.min(0), expected.max(0)], atol=1e-3)
    for suffix in (".html", ".usdc"):
        export.export(tmp_path / f"out{suffix}")


def test_another_input_changes_covers_lines_and_picture(registered):
    look.fresh()
    network = look.build(look.ZOO / "unet.onnx", fold_repeats=True)
    scene = NetworkScene(network)
    (shown,) = scene.members(InputPicture)
    assert shown.high == 0.0 and all(book.shows in ("norms", "kernels") for book in scene.members(Book))
    assert run("run_input", filepath=str(look.DIGIT)) == {"FINISHED"}
    assert {book.shows for book in scene.members(Book)} == {"maps"} and shown.high == 1.0
    labels = [obj.data.body for obj in look.of_kind(network, "label") if look.facts(obj)["part"] == "notes"]
    assert any("all shown" in body for body in labels)


def test_is_picture_by_shape(root):
    names = {"resnet18": True, "unet": True, "bert": False, "lstm": False}
    for name, is_picture in names.items():
        made = importing.open_network(look.ZOO / f"{name}.onnx")
        given = next(layer for layer in made.layers if layer.op == "Input")
        assert input_picture.is_picture(given) is is_picture, name


def test_other_shots_name_as_they_do(registered):
    """A flat shot names what is seen under it, and no line is left."""
    look.fresh()
    network = look.build(look.ZOO / "resnet18.onnx", fold_repeats=True)
    assert any(not line.obj.hide_render for line in NetworkScene(network).members(Leader))
    assert run("add_shot", shot="elevation") == {"FINISHED"}
    assert all(line.obj.hide_render for line in NetworkScene(network).members(Leader))
    assert run("set_shot", shot="hero") == {"FINISHED"}
    assert any(not line.obj.hide_render for line in NetworkScene(network).members(Leader))
    assert bpy.context.scene.camera
