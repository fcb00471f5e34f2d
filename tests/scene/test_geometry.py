# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cells stand where the modifier's inputs say, and every line ends on its two cells, whatever a designer moves."""

from math import radians

import bpy
import numpy as np
import pytest
from mathutils import Matrix

from scene import look
from unit.make import model, node, save, seeded


@pytest.fixture
def network(blank):
    """The sample network with a digit, thinned out to be quick."""
    return look.build(look.CNN, look.DIGIT, max_cells=4_000)


@pytest.fixture(params=["unet", "resnet18", "mobilenet_v3", "gpt2"])
def zoo(blank, request):
    """Networks with blocks, skip connections and cells of all levels, some blocks folded."""
    return look.build(look.ZOO / f"{request.param}.onnx", max_cells=8_000)


def formula(thing) -> np.ndarray:
    """Where the cells of a layer should stand in its own space, (n, 3), from the inputs of its modifier."""
    given = look.inputs(thing)
    # ranks among what is drawn
    unit, row, column = (np.unique(one, return_inverse=True)[1] for one in look.cells_of(thing).T)
    across = min(given["Unit Columns"], given["Units"])
    down = -(-given["Units"] // across)
    _, width, height = given["Cell Size"]
    place = np.zeros((len(unit), 3))
    for axis, maps, map_, cells, cell, size in (
        (1, across, unit % across, given["Columns"], column, width),
        (2, down, unit // across, given["Rows"], row, height),
    ):
        step = cells * size + given["Unit Gap"]
        whole = maps * step - given["Unit Gap"]
        place[:, axis] = (whole / 2 - (map_ * step + (cell + 0.5) * size)) * given["Pitch"]
    return place


def check_places(network):
    depsgraph = look.evaluate(network)
    for name, thing in look.layers(network).items():
        block = look.boxes(network).get(look.facts(thing)["block"])
        if block and look.folded(network, look.facts(block)["path"]):
            continue
        found = look.local_instances(thing, depsgraph)[0][: len(thing.data.vertices), :3, 3]
        expected = formula(thing)
        assert np.abs(found - expected).max() <= 1e-5 * max(1.0, np.abs(expected).max()), name


def rotate(thing, _):
    thing.rotation_euler = (0.3, -0.7, 1.9)


def move(thing, _):
    thing.location = (3.0, -4.0, 5.0)


def scale(thing, _):
    thing.scale = (1.7,) * 3


def stretch(thing, _):
    thing.rotation_euler.x = 0.4
    thing.scale = (0.4, 2.5, 1.3)


def adopt(thing, network):
    """Another parent: turned, stretched, and itself a child of the root."""
    empty = bpy.data.objects.new("fold", None)
    network.objects.link(empty)
    empty.parent = look.one_of(network, "root")
    empty.location, empty.rotation_euler, empty.scale = (1, 2, 3), (radians(40), 0, radians(70)), (1.0, 0.5, 1.2)
    thing.parent, thing.matrix_parent_inverse = empty, Matrix.Identity(4)


def release(thing, _):
    thing.parent = None


def widen(thing, _):
    look.set_input(thing, "Pitch", 2.5 * look.inputs(thing)["Pitch"])


def rearrange(thing, _):
    look.set_input(thing, "Unit Columns", look.inputs(thing)["Unit Columns"] + 3)


def spread(thing, _):
    look.set_input(thing, "Unit Gap", look.inputs(thing)["Unit Gap"] + 1.5)


EDITS = (rotate, move, scale, stretch, adopt, release, widen, rearrange, spread)


def test_as_built(network):
    look.check_ends(network)
    check_places(network)


def test_zoo_as_built(zoo):
    look.check_ends(zoo)
    check_places(zoo)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_lines_follow_an_edited_layer(network, edit):
    root = look.one_of(network, "root")
    root.location, root.rotation_euler = (5.0, -2.0, 1.0), (0.0, 0.0, 0.3)  # so that a lost parent shows
    for name in ("conv1", "dense1"):
        thing = look.layers(network)[name]
        before = look.cell_places(thing, look.evaluate(network))
        edit(thing, network)
        after = look.cell_places(thing, look.evaluate(network))
        assert np.abs(after - before).max() > 0.1, name  # or there would be nothing to follow
    look.check_ends(network)
    check_places(network)


def test_lines_follow_the_root(network):
    root = look.one_of(network, "root")
    depsgraph = look.evaluate(network)
    before = {name: look.cell_places(thing, depsgraph) for name, thing in look.layers(network).items()}
    root.location, root.rotation_euler, root.scale = (10.0, 20.0, -3.0), (0.2, 0.4, 2.0), (2.0, 2.0, 2.0)
    depsgraph = look.evaluate(network)
    turn = np.array(root.matrix_world)
    for name, thing in look.layers(network).items():
        expected = before[name] @ turn[:3, :3].T + turn[:3, 3]
        assert np.allclose(look.cell_places(thing, depsgraph), expected, atol=1e-4), name
    look.check_ends(network)


def test_lines_follow_a_cell_moved_by_hand(network):
    """By hand a cell is where its vertex is; that is at first where the arrangement has it."""
    thing = look.layers(network)["dense1"]
    look.set_input(thing, "By Hand", 1.0)
    check_places(network)
    bundle = look.bundles(network)["dense1", "scores"]
    which = int(look.values_of(bundle, "source")[0])
    before = look.cell_places(thing, look.evaluate(network))
    thing.data.vertices[which].co.x += 7.0
    thing.data.update_tag()
    away = np.abs(look.cell_places(thing, look.evaluate(network)) - before).max(-1)
    assert away[which] > 0.1 and np.count_nonzero(away) == 1
    look.check_ends(network)


def curve(bundle, ends, matrix, count=8) -> np.ndarray:
    """Where points (curves, count, 3) of a bundle should stand in the world, from its inputs and its ends (curves, 2).

    Along the straight way evenly, across it by the ease: 0 straight, else the blend with 3t^2 - 2t^3. The lift is added
    between the ends, less of it where they are close to each other.
    """
    given, steps = look.inputs(bundle), np.linspace(0, 1, count)
    eased = steps + given["Ease"] * (steps * steps * (3 - 2 * steps) - steps)
    local = np.linalg.inv(matrix)
    ends = ends @ local[:3, :3].T + local[:3, 3]
    share, lift = np.stack([steps, eased, eased], -1)[None], np.array(given["Lift"])
    apart = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=-1)
    led = np.minimum(1, 2 * apart / max(np.linalg.norm(lift), 1e-9))[:, None] * (1 - (2 * steps - 1) ** 4)
    points = ends[:, :1] * (1 - share) + ends[:, 1:] * share + led[..., None] * lift
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def check_curves(network) -> int:
    """All lines against the formula; how many bundles are led round others."""
    depsgraph, lifted = look.evaluate(network), 0
    for bundle in look.bundles(network).values():
        points = look.curve_places(bundle, depsgraph)
        expected = curve(bundle, points[:, [0, -1]], np.array(bundle.matrix_world))
        assert np.abs(points - expected).max() < 1e-4 * max(1.0, np.abs(expected).max() / 10), bundle.name
        lifted += any(look.inputs(bundle)["Lift"])
    return lifted


@pytest.mark.parametrize("ease", [0.0, 0.75])
def test_lines_run_in_a_smooth_curve_between_their_ends(network, ease):
    look.set_input(look.bundles(network)["conv1", "conv2"], "Ease", ease)
    assert check_curves(network) == 0


def test_lines_of_skips_are_led_round_what_they_skip(zoo):
    assert check_curves(zoo) > 0
    root = look.one_of(zoo, "root")
    root.location, root.rotation_euler, root.scale = (5, -2, 1), (0.3, 0.1, 1.2), (1.5, 1.5, 1.5)
    look.evaluate(zoo)
    check_curves(zoo)
    look.check_ends(zoo)


def test_lines_of_skips_keep_clear_of_what_they_skip(zoo):
    """The middle line of a bundle, but near its ends, goes through no layer or folded block that it does not join."""
    depsgraph, things, boxes = look.evaluate(zoo), look.layers(zoo), look.boxes(zoo)
    solid = {
        one: look.corners(one, depsgraph).reshape(-1, 3)
        for one in things.values()
        if not look.folded(zoo, look.facts(one)["block"])
    }
    solid |= {
        one: look.box_points(one, depsgraph)
        for path, one in boxes.items()
        if look.inputs(one)["Fold"] == 1 and not look.folded(zoo, look.facts(one)["parent"])
    }
    for ends, bundle in look.bundles(zoo).items():
        joined = [things[name] for name in ends]
        if any(look.inputs(bundle)["Lift"]) and set(joined) <= solid.keys():
            middles = np.array([look.world(one, depsgraph, np.zeros(3)) for one in joined])
            line = curve(bundle, middles[None], np.array(bundle.matrix_world), 200)[0, 16:-16]
            for one in solid.keys() - set(joined):
                low, high = solid[one].min(0), solid[one].max(0)
                assert not ((line > low) & (line < high)).all(-1).any(), (bundle.name, one.name)


@pytest.mark.parametrize("path", [look.CNN, look.MLP], ids=lambda path: path.stem)
def test_scale_by_value(blank, path):
    network = look.build(path, look.DIGIT, max_cells=4_000)
    depsgraph, kinds = look.evaluate(network), set()
    for name, thing in look.layers(network).items():
        given, count = look.inputs(thing), len(thing.data.vertices)
        found = np.linalg.norm(look.local_instances(thing, depsgraph)[0][:count, :3, :3], axis=1)
        shade = np.clip(look.values_of(thing) / given["Range"], 0, 1)
        width = given["Pitch"] * given["Size"]
        if given["Shape"] == "Sphere":
            expected = (width * (0.62 + 0.38 * shade))[:, None].repeat(3, axis=1)
        else:
            rise = given["Pitch"] * (given["Thickness"] + given["Relief"] * shade)
            expected = np.stack([rise, np.full(count, width), np.full(count, width)], -1) * given["Cell Size"]
        assert np.allclose(found, expected, rtol=1e-4), name
        assert np.allclose(look.on_cells(thing, depsgraph, "shade"), look.values_of(thing) / given["Range"], atol=1e-6)
        kinds.add(given["Shape"])
    assert kinds == {"Tile", "Sphere"}


def test_cells_come_before_the_plate(network):
    depsgraph, plates = look.evaluate(network), 0
    for name, thing in look.layers(network).items():
        matrices, which = look.local_instances(thing, depsgraph)
        count, has_plate = len(thing.data.vertices), look.inputs(thing)["Backing"] > 0
        assert len(matrices) == count + has_plate, name
        assert not has_plate or which[-1] not in which[:count], name
        geometry = thing.evaluated_get(depsgraph).evaluated_geometry()  # it owns the meshes
        references = list(geometry.instance_references())
        shapes = {look.array(references[each].mesh.attributes, "position").tobytes() for each in set(which[:count])}
        assert len(shapes) == 1, name  # in as many colors as Solid shading shows
        plates += has_plate
    assert 0 < plates < len(look.layers(network))


def test_blender_itself_sees_the_same_instances(blank):
    """What the render engines iterate over, against the positions that the other tests read."""
    network = look.build(look.MLP, look.DIGIT)
    depsgraph = look.evaluate(network)
    found = {}
    for one in depsgraph.object_instances:
        if one.is_instance:
            found.setdefault(one.parent.original.name, []).append(tuple(one.matrix_world.translation))
    for thing in look.layers(network).values():
        expected = look.cell_places(thing, depsgraph)
        assert np.allclose(np.array(found[thing.name])[: len(expected)], expected, atol=1e-4), thing.name


def test_everything_is_finite(network):
    for name, numbers in look.geometry(network).items():
        assert np.isfinite(numbers).all(), name


def test_activations_that_are_not_finite(blank, tmp_path):
    """Log of 0 and of negative numbers: the cells are there, and no line or bar becomes infinite."""
    nodes = [node("Log", ["x"], ["l"]), node("Gemm", ["l", "w"], ["y"])]
    path = save(tmp_path, model(nodes, {"x": (1, 12)}, {"y": (1, 6)}, {"w": seeded(12, 6)}))
    given = np.array([[0.0, -1.0, 2.0, 3.0, 0.5, 7.0, 9.0, 1.0, 2.0, 0.1, 0.2, 4.0]], np.float32)
    np.save(tmp_path / "x.npy", given)
    network = look.build(path, tmp_path / "x.npy")
    assert not np.isfinite(look.values_of(look.layers(network)["l"])).all()
    depsgraph = look.evaluate(network)
    for name, numbers in look.geometry(network).items():
        assert np.isfinite(numbers).all(), name
    for bundle in look.bundles(network).values():
        for name in ("radius", "strength", "shade"):
            assert np.isfinite(look.on_curves(bundle, depsgraph, name)).all(), (bundle.name, name)


def test_weights_that_are_not_finite(blank, tmp_path):
    weight = seeded(12, 6)
    weight[3, 2], weight[5, 1] = np.nan, np.inf
    path = save(tmp_path, model([node("Gemm", ["x", "w"], ["y"])], {"x": (1, 12)}, {"y": (1, 6)}, {"w": weight}))
    network = look.build(path)
    depsgraph = look.evaluate(network)
    for name, numbers in look.geometry(network).items():
        assert np.isfinite(numbers).all(), name
    for bundle in look.bundles(network).values():
        assert np.isfinite(look.on_curves(bundle, depsgraph, "radius")).all()
        assert np.isfinite(look.inputs(bundle)["Weight Range"])
