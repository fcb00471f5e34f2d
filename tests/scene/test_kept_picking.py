# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What picking keeps of evaluated geometry never outlives it: every hit is that of a look at everything anew."""

import bpy
import numpy as np
import pytest

from neuroscene.addon import compat
from neuroscene.addon.scene.picking import hits, kept, rays
from neuroscene.addon.scene.picking.shapes import Lines, nearest_line
from scene import look

RAYS = 12


@pytest.fixture
def network(registered):
    network = look.build(look.CNN, given=look.DIGIT, max_cells=3000)
    bpy.context.view_layer.update()
    return network


def some_rays(network) -> list[rays.Ray]:
    """Rays at cells and at lines, from beside the network."""
    random = np.random.default_rng(3)
    depsgraph = look.evaluate(network)
    places = [look.cell_places(obj, depsgraph) for obj in look.layers(network).values()]
    places += [look.curve_places(obj, depsgraph).reshape(-1, 3) for obj in look.of_kind(network, "connections")]
    made = []
    for number in range(RAYS):
        of = places[number % len(places)]
        place = of[random.integers(len(of))].astype(np.float64)
        made.append(rays.Ray.towards(place + (-30.0, random.uniform(-20, 20), 8.0), place, spread=0.003))
    return made


def both(network) -> bool:
    """Whether kept geometry and geometry read anew give the same hits; some of both kinds are met."""
    view_layer = bpy.context.view_layer
    answers = []
    for ray in some_rays(network):
        for prefer in ("CELLS", "LINES", "NEAREST"):
            answers.append((ray, prefer, hits.pick(view_layer, ray, prefer)))
    assert kept._kept
    kept.unregister()
    try:
        same = [hits.pick(view_layer, ray, prefer) == hit for ray, prefer, hit in answers]
    finally:
        kept.register()
        for ray, prefer, _ in answers:  # so that something is kept when the scene changes
            hits.pick(view_layer, ray, prefer)
    assert {hit.kind for _, _, hit in answers if hit} >= {hits.CELL, hits.LINE}
    return all(same)


def test_hits_follow_what_changes(network):
    assert both(network)
    layers = look.layers(network)
    layers["conv2"].location.z += 3.0
    bpy.context.view_layer.update()
    assert both(network)
    for name, value in (("Spacing", 2.5), ("Fold", 0.4), ("Shape", "Sphere"), ("Size", 0.5)):
        look.set_input(layers["conv1"], name, value)
        bpy.context.view_layer.update()
        assert both(network), name
    for obj in look.of_kind(network, "connections"):
        look.set_input(obj, "Ease", 0.2)
    bpy.context.view_layer.update()
    assert both(network)


def test_hits_follow_frames(network):
    obj = look.layers(network)["conv1"]
    path = compat.input_path(look.modifier(obj), "Spacing")
    for frame, value in ((1, 1.0), (20, 3.0)):
        look.set_input(obj, "Spacing", value)
        obj.keyframe_insert(path, frame=frame)
    scene = bpy.context.scene
    for frame in (1, 20, 7):
        scene.frame_set(frame)
        assert both(network), frame


@pytest.mark.parametrize("way", ["undo", "another"])
def test_nothing_is_kept_of_another_file_or_state(network, way):
    assert both(network)
    if way == "undo":
        for handler in bpy.app.handlers.undo_post:
            handler(bpy.context.scene)
    else:
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert not kept._kept


@pytest.mark.parametrize("scale", [1.0, 0.2, 7.0])
def test_no_line_near_a_ray_is_left_out(scale):
    """The line that the quick look at ends and bends leads to is that of all points of all lines."""
    random = np.random.default_rng(5)
    begin, end = random.uniform(-5, 5, (2, 400, 1, 3))
    share = np.linspace(0, 1, 8)[None, :, None]
    points = begin + share * (end - begin) + random.normal(0, 0.6, (400, 8, 3)) * np.sin(np.pi * share)
    points = points.astype(np.float32)
    points[7, 3] = np.nan
    seen = random.random(400) > 0.3
    matrix = np.diag([scale, scale * 1.5, scale, 1.0])
    matrix[:3, 3] = (1, 2, 3)
    lines = Lines.of(points, seen)
    met = 0
    for _ in range(60):
        to = points[random.integers(400), random.integers(8)].astype(np.float64)
        to = np.nan_to_num(to) * np.diag(matrix)[:3] + matrix[:3, 3]
        ray = rays.Ray.towards(to + random.normal(0, 20, 3), to, 0.01 * scale, 0.002)
        index, away, depth = nearest_line(ray, lines, matrix)
        every = Lines(lines.index, lines.points, lines.ends, np.full_like(lines.bend, np.inf))
        assert (index, away, depth) == nearest_line(ray, every, matrix)
        met += index >= 0
        assert index < 0 or seen[index]
    assert met > 20
