# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hero shot of networks of all proportions in all formats: everything in the picture, no text on another."""

from itertools import combinations

import numpy as np
import pytest

from neuroscene.addon.scene.camera import picture
from neuroscene.addon.scene.texts import labels
from scene import look
from scene.networks import FORMATS, NETWORKS, build

GLYPH = 0.94  # ems from the top of an H to the foot of a g in Inter
SHOWN = ("layer", "block", "connections", "bars", "class", "label")


@pytest.fixture(scope="module", params=NETWORKS)
def network(request, tmp_path_factory):
    """A network; the tests change the format of its picture, and no more."""
    return build(request.param, tmp_path_factory.mktemp("framing"))


@pytest.fixture(scope="module", params=FORMATS)
def framed(request, network):
    """The network framed for a format."""
    scene = look.scene_of(network)
    scene.render.resolution_x, scene.render.resolution_y = FORMATS[request.param]
    picture.frame(network, scene, look.one_of(network, "camera"))
    return network


def overlaps(boxes):
    """Pairs of names whose boxes share an area of the picture."""
    return [
        (a, b)
        for (a, one), (b, other) in combinations(boxes.items(), 2)
        if (np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]) > 1e-4).all()
    ]


def test_everything_is_in_the_picture(framed):
    assert look.outside(framed, SHOWN) == []


def test_the_caption_is_in_the_picture(framed):
    texts = captions(framed)
    assert len(texts) >= 10
    assert [name for name, box in texts.items() if box.min() < 0 or box.max() > 1] == []


def captions(network):
    """The boxes of the texts of the caption."""
    depsgraph, found = look.evaluate(network), {}
    for thing in look.of_kind(network, "caption"):
        live = "One" in look.inputs(thing) if thing.type == "MESH" and thing.modifiers else False
        if live and thing.evaluated_get(depsgraph).evaluated_geometry().instances_pointcloud() is None:
            continue  # it has nothing to say
        if thing.type == "FONT" and thing.data.body or live:
            corners = _letters(thing, depsgraph) if live else look.corners(thing, depsgraph)
            points = look.seen(network, depsgraph, corners).reshape(-1, 2)
            found[thing.name] = np.concatenate([points.min(0), points.max(0)])
    return found


def _letters(thing, depsgraph):
    """World corners of all letters of a text that is made by nodes."""
    geometry = thing.evaluated_get(depsgraph).evaluated_geometry()
    matrices, which = look.local_instances(thing, depsgraph)
    points = []
    for index, reference in enumerate(geometry.instance_references()):  # it owns the mesh
        mesh = getattr(reference, "mesh", None)
        if mesh and len(mesh.vertices):
            mine, corners = matrices[which == index], look.array(mesh.attributes, "position")
            points.append((np.einsum("nij,kj->nki", mine[:, :3, :3], corners) + mine[:, None, :3, 3]).reshape(-1, 3))
    return look.world(thing, depsgraph, np.concatenate(points))


def test_the_subject_is_large(framed):
    boxes = np.array(list(look.pictures(framed, SHOWN).values()))
    assert max(boxes[:, 2:].max(0) - boxes[:, :2].min(0)) >= 0.55


def test_labels_are_as_wide_as_was_reckoned_with(framed):
    for owners in (look.labels(framed), look.labels(framed, "block")):
        for texts in owners.values():
            for one in texts.values():
                part = next(part for part in labels.parts(one.parent) if part.name == look.facts(one)["part"])
                wide = one.evaluated_get(look.evaluate(framed)).dimensions.x / one.scale.x
                assert one.hide_render or part.width - 0.2 <= wide <= part.width, (one.name, wide, part.width)


def test_labels_do_not_overlap(framed):
    assert overlaps(look.pictures(framed, ("label", "class"))) == []


def test_texts_do_not_overlap_with_the_caption(framed):
    assert overlaps(look.pictures(framed, ("label", "class")) | captions(framed)) == []


def test_labels_stand_below_their_layers(framed):
    boxes, named = look.pictures(framed, ("layer", "label")), look.layers(framed)
    for name, texts in look.labels(framed).items():
        for label in texts.values():
            assert label.hide_render or boxes[label.name][3] < boxes[named[name].name][1], label.name


def test_labels_stand_below_the_trays_of_their_blocks(framed):
    boxes, depsgraph = look.pictures(framed, ("label",)), look.evaluate(framed)
    for path, texts in look.labels(framed, "block").items():
        corners = look.box_points(look.boxes(framed)[path], depsgraph)[:8]  # the first tray, or the box that it becomes
        steps = np.linspace(0, 1, 200)[:, None]
        edges = np.concatenate([one * (1 - steps) + other * steps for one, other in combinations(corners, 2)])
        across, up = look.seen(framed, depsgraph, edges).T
        for left, _, right, top in (boxes[one.name] for one in texts.values() if not one.hide_render):
            above = (across > left) & (across < right)
            assert above.any() and top < up[above].min(), path


def test_labels_that_have_room_are_shown(framed):
    texts = look.of_kind(framed, "label")
    shown = {(look.facts(one)["of"], look.facts(one)["owner"]) for one in texts if not one.hide_render}
    assert len([1 for of, _ in shown if of == "layer"]) >= 2
    assert any(of == "block" for of, _ in shown) or not look.boxes(framed)
    assert all(one.hide_render == one.hide_viewport for one in texts)


def test_what_is_folded_away_has_no_label(framed):
    boxes = look.boxes(framed)
    closed = [path for path, one in boxes.items() if look.inputs(one)["Fold"] == 1]
    inside = {name for path in closed for name in look.facts(boxes[path])["layers"]}
    for one in look.of_kind(framed, "label"):
        owner = look.facts(one)["owner"]
        assert one.hide_render or owner not in inside and not any(owner.startswith(f"{path}/") for path in closed)


def test_wide_pictures_of_the_samples_have_all_labels(blank):
    for path in (look.CNN, look.MLP):
        network = look.build(path, look.DIGIT)
        for name, thing in look.layers(network).items():
            parts = {part for part, said in look.facts(thing)["label"].items() if said}
            assert parts == {part for part, one in look.labels(network)[name].items() if not one.hide_render}, name


def test_the_projection_of_these_tests_is_blenders(blank):
    from bpy_extras.object_utils import world_to_camera_view  # found only once bpy is imported
    from mathutils import Vector

    network = look.build(look.MLP, look.DIGIT)
    depsgraph, camera = look.evaluate(network), look.one_of(network, "camera")
    scene = look.scene_of(network)
    points = look.cell_places(look.layers(network)["dense1"], depsgraph)
    expected = [world_to_camera_view(scene, camera, Vector(point))[:2] for point in points]
    assert np.allclose(look.seen(network, depsgraph, points), expected, atol=1e-5)


@pytest.mark.parametrize("path", [look.CNN, look.ZOO / "resnet18.onnx"], ids=lambda path: path.stem)
def test_framing_again_changes_nothing(blank, path):
    network = look.build(path)
    before = look.pictures(network)
    picture.frame(network, look.scene_of(network), look.one_of(network, "camera"))
    after = look.pictures(network)
    assert before.keys() == after.keys()
    assert all(np.allclose(before[name], after[name], atol=1e-4) for name in before)


def test_texts_are_large_enough_to_read(framed):
    """Of a picture 1,080 pixels high or wide, whichever is less: a line of every text, from the top of an H to the foot
    of a g, is 14 pixels high."""
    scene, depsgraph = look.scene_of(framed), look.evaluate(framed)
    width, height = scene.render.resolution_x, scene.render.resolution_y
    pixels = 1080 / min(width, height) * height
    for kind in ("label", "caption"):
        for one in look.of_kind(framed, kind):
            if one.type != "FONT" or one.hide_render or not one.data.body:
                continue
            up = np.array(one.evaluated_get(depsgraph).matrix_world)[:3, 1]
            foot = np.array(one.evaluated_get(depsgraph).matrix_world.translation)
            tall = GLYPH * one.data.size * up
            low, high = look.seen(framed, depsgraph, np.stack([foot, foot + tall]))
            assert (high[1] - low[1]) * pixels >= 14, (one.name, (high[1] - low[1]) * pixels)
