# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hero shot of networks of all proportions in all formats: everything in the picture, no text on another."""

from itertools import combinations

import numpy as np
import pytest

from neuroscene.addon.scene import build
from scene import look
from unit.make import model, node, save, seeded

FORMATS = {"16:9": (1600, 900), "1:1": (900, 900), "9:16": (900, 1600), "21:9": (2100, 900)}
SHOWN = ("layer", "bars", "class", "label")


def tall(folder):
    """One layer of many neurons."""
    made = model([node("Gemm", ["x", "w"], ["y"])], {"x": (1, 64)}, {"y": (1, 1000)}, {"w": seeded(64, 1000)})
    return save(folder, made, "tall.onnx")


def chain(folder):
    """Thirty small convolutions."""
    nodes = [node("Conv", [f"x{i}", f"w{i}"], [f"x{i + 1}"], pads=[1] * 4) for i in range(30)]
    weights = {f"w{i}": seeded(4, 4, 3, 3, seed=i) for i in range(30)}
    return save(folder, model(nodes, {"x0": (1, 4, 8, 8)}, {"x30": None}, weights), "chain.onnx")


NETWORKS = {"cnn": lambda _: look.CNN, "mlp": lambda _: look.MLP, "tall": tall, "chain": chain}


@pytest.fixture(scope="module", params=NETWORKS)
def network(request, tmp_path_factory):
    """A network; the tests change the format of its picture, and no more."""
    look.fresh()
    path = NETWORKS[request.param](tmp_path_factory.mktemp("framing"))
    given = look.DIGIT if request.param in ("cnn", "mlp") else None
    return look.build(path, given)


@pytest.fixture(params=FORMATS)
def framed(request, network):
    """The network framed for a format."""
    scene = look.scene_of(network)
    scene.render.resolution_x, scene.render.resolution_y = FORMATS[request.param]
    build.frame(network, scene, look.one_of(network, "camera"))
    return network


def overlaps(boxes):
    """Pairs of names whose boxes share an area of the picture."""
    return [(a, b) for (a, one), (b, other) in combinations(boxes.items(), 2)
            if (np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2]) > 1e-4).all()]


def test_everything_is_in_the_picture(framed):
    assert look.outside(framed, SHOWN) == []


def test_the_caption_is_in_the_picture(framed):
    texts = _caption(framed)
    assert len(texts) >= 10
    assert [name for name, box in texts.items() if box.min() < 0 or box.max() > 1] == []


def _caption(network):
    """The boxes of the texts of the caption."""
    depsgraph, found = look.evaluate(network), {}
    for thing in look.of_kind(network, "caption"):
        if thing.type == "FONT":
            points = look.seen(network, depsgraph, look.corners(thing, depsgraph)).reshape(-1, 2)
            found[thing.name] = np.concatenate([points.min(0), points.max(0)])
    return found


def test_the_subject_is_large(framed):
    boxes = np.array(list(look.pictures(framed, SHOWN).values()))
    assert max(boxes[:, 2:].max(0) - boxes[:, :2].min(0)) >= 0.55


def test_labels_do_not_overlap(framed):
    assert overlaps(look.pictures(framed, ("label", "class"))) == []


def test_texts_do_not_overlap_with_the_caption(framed):
    assert overlaps(look.pictures(framed, ("label", "class")) | _caption(framed)) == []


def test_labels_stand_below_their_layers(framed):
    boxes = look.pictures(framed, ("layer", "label"))
    for name, thing in look.layers(framed).items():
        for label in look.of_kind(framed, "label"):
            if look.facts(label)["layer"] == name and label.name in boxes:
                assert boxes[label.name][3] < boxes[thing.name][1], label.name


def test_labels_that_have_room_are_shown(framed):
    shown = [one for one in look.of_kind(framed, "label") if not one.hide_render and one.data.body]
    assert len({look.facts(one)["layer"] for one in shown}) >= 2
    assert all(one.hide_render == one.hide_viewport for one in look.of_kind(framed, "label"))


def test_wide_pictures_of_the_samples_have_all_labels(blank):
    for path in (look.CNN, look.MLP):
        network = look.build(path, look.DIGIT)
        assert not [one.name for one in look.of_kind(network, "label") if one.hide_render]


def test_the_projection_of_these_tests_is_blenders(blank):
    from bpy_extras.object_utils import world_to_camera_view  # found only once bpy is imported
    from mathutils import Vector

    network = look.build(look.MLP, look.DIGIT)
    depsgraph, camera = look.evaluate(network), look.one_of(network, "camera")
    scene = look.scene_of(network)
    points = look.cell_places(look.layers(network)["dense1"], depsgraph)
    expected = [world_to_camera_view(scene, camera, Vector(point))[:2] for point in points]
    assert np.allclose(look.seen(network, depsgraph, points), expected, atol=1e-5)


def test_framing_again_changes_nothing(blank):
    network = look.build(look.CNN, look.DIGIT)
    before = look.pictures(network)
    build.frame(network, look.scene_of(network), look.one_of(network, "camera"))
    after = look.pictures(network)
    assert before.keys() == after.keys()
    assert all(np.allclose(before[name], after[name], atol=1e-4) for name in before)
