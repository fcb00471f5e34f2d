# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every socket of the group "Neuroscene Layer", set low, half and high, against the formula in NumPy."""

import bpy
import numpy as np
import pytest

from neuroscene.addon import compat
from neuroscene.addon.nodes.block import block_group
from neuroscene.addon.nodes.layer import layer_group
from neuroscene.addon.nodes.network import network_group
from neuroscene.addon.nodes.sockets import LAYER
from neuroscene.addon.nodes.tree import attach
from scene import look
from scene.layer_formula import Expected

MAPS = {
    "Units": 7,
    "Rows": 3,
    "Columns": 4,
    "Unit Columns": 3,
    "Pitch": 0.2,
    "Unit Gap": 1.5,
    "Cell Size": (1.2, 0.7, 1.5),
}
NEURONS = {"Units": 13, "Unit Columns": 2, "Pitch": 0.4, "Unit Gap": 0.3}
MIXED = {"Arrangement": 3.5, "By Hand": 0.3, "Explode": 0.2, "Offset": 0.4}
# Socket: the three values, and what else must be set so that it does something; all other sockets stand as above.
FLOATS = {
    "Arrangement": ((0.0, 2.5, 5.0), {"Line Axis": 0.6}),
    "Line Axis": ((0.0, 0.5, 1.0, 1.5, 2.0), {"Arrangement": 0.0}),
    "Arc Angle": ((0.0, 60.0, 360.0), {"Arrangement": 5.0}),
    "Radius": ((0.0, 0.5, 1.0, 2.0), {"Arrangement": 1.0}),
    "Pitch": ((0.0, 0.5, 1.0), MIXED),
    "Unit Gap": ((0.0, 0.5, 1.0), MIXED),
    "Spacing": ((0.0, 0.5, 1.0), {"Arrangement": 4.0}),
    "Spread": ((0.0, 0.5, 1.0), {}),
    "Offset": ((-2.0, 0.0, 0.5, 1.0), {"Explode": 0.5, "Fold": 0.25}),
    "Size": ((0.0, 0.5, 1.0), {"Fold": 0.5}),
    "Size by Value": ((0.0, 0.5, 1.0), {}),
    "Stretch": ((0.0, 0.5, 3.0), {"Shape": "Ellipsoid"}),
    "Thickness": ((0.0, 0.5, 1.0), {"Arrangement": 0.0}),
    "Relief": ((0.0, 0.5, 1.0), {"Arrangement": 0.0}),
    "Evidence": ((0.0, 0.5, 1.0), {}),
    "Evidence Gain": ((0.5, 1.0, 3.0), {"Evidence": 1.0}),
    "Evidence Relief": ((0.0, 0.5, 4.0), {"Evidence": 0.8}),
    "Fold": ((0.0, 0.5, 1.0), MIXED),
    "Slab": ((0.0, 0.5, 1.0), {"Fold": 0.5}),
    "Reveal": ((0.0, 0.5, 1.0), {}),
    "Softness": ((0.0, 0.5, 1.0), {"Reveal": 0.48}),
    "Threshold": ((0.0, 0.5, 1.0), {}),
    "Prune": ((0.0, 0.5, 1.0), {}),
    "Explode": ((0.0, 0.5, 1.0), {"Offset": 0.3}),
    "By Hand": ((0.0, 0.5, 1.0), {"Arrangement": 1.0}),
    "Range": ((0.5, 1.0, 2.0), {"Fold": 0.5}),
    "Backing": ((0.0, 0.5, 1.0), {"Arrangement": 1.5, "Explode": 0.1}),
    "Margin": ((0.0, 0.5, 1.0), {"Backing": 0.1}),
}
INTS = {
    "Units": ((4, 5, 6), {}),
    "Rows": ((2, 3, 5), {}),
    "Columns": ((2, 3, 5), {}),
    "Unit Columns": ((1, 2, 4), {}),
    "Shown Units": ((0, 1, 5), MIXED | {"Backing": 0.1, "Fold": 0.2}),
}
VECTORS = {
    "Cell Size": (((0.0, 0.5, 1.0), (0.5, 1.0, 0.5), (1.0, 2.0, 3.0)), {"Arrangement": 0.7}),
    "Loose End": (((0.0, 0.0, 0.0), (-3.0, 0.0, 0.0), (1.0, 2.0, 2.5)), {"Fold": 0.5, "Backing": 0.1}),
}
MENUS = {"Shape": ({}, LAYER["Shape"].items), "Reveal By": ({"Reveal": 0.5}, LAYER["Reveal By"].items)}
# Objects and materials, each with a test of its own below; the palette's are in test_palettes.
THINGS = {"Cell", "Palette", "Material", "Evidence Material", "Number Material", "Backing Material", "Block", "Network"}
# How the range in force is found is the matter of test_ranges.
RANGES = {"Range From", "Clip", "Layer Row", "Block Row"}
NUMBERS = FLOATS | INTS | VECTORS


@pytest.fixture(scope="module", autouse=True)
def file():
    """One file for all tests: the group is built but once."""
    look.fresh()


@pytest.fixture
def scene(file):
    yield
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)


@pytest.fixture(params=[MAPS, NEURONS], ids=["maps", "neurons"])
def layer(scene, request):
    return make(request.param)


def make(given) -> bpy.types.Object:
    """A layer of random values, places by hand, orders and ranks."""
    thing = bpy.data.objects.new("layer", bpy.data.meshes.new("layer"))
    attach(thing, "Layer", layer_group(), {"Cell": tile()} | given)
    fill(thing)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def fill(thing):
    """Vertices for the sockets that count them."""
    given = look.inputs(thing)
    units, rows, columns = (given[name] for name in ("Units", "Rows", "Columns"))
    count, random = units * rows * columns, np.random.default_rng(5)
    mesh = thing.data
    mesh.clear_geometry()
    mesh.vertices.add(count)
    mesh.attributes["position"].data.foreach_set("vector", random.normal(size=count * 3).astype(np.float32))
    value = random.normal(size=count).astype(np.float32)
    numbers = {
        "value": value,
        "order": np.argsort(np.argsort(-np.abs(value))) / count,
        "importance_order": random.permutation(count) / count,
        "pruned_at": random.integers(0, 5, count) / 4,
        "evidence": random.normal(size=count),
        "evidence_range": np.full(count, 1.5),
    }
    for name, values in numbers.items():
        mesh.attributes.new(name, "FLOAT", "POINT").data.foreach_set("value", values.astype(np.float32))
    ranks = np.repeat(random.permutation(units), rows * columns).astype(np.int32)
    mesh.attributes.new("unit_rank", "INT", "POINT").data.foreach_set("value", ranks)


def tile() -> bpy.types.Object:
    mesh = bpy.data.meshes.new("tile")
    mesh.from_pydata(
        [(0, -0.5, -0.5), (0, 0.5, -0.5), (0, 0, 0.5), (-1, 0, 0)], [], [(0, 1, 2), (0, 1, 3), (1, 2, 3), (2, 0, 3)]
    )
    return bpy.data.objects.new("tile", mesh)


def evaluate():
    view_layer = bpy.context.scene.view_layers[0]
    view_layer.update()
    return view_layer.depsgraph


def check(thing, **around) -> np.ndarray:
    """All that the layer gives against the formula; returns it as one row of numbers."""
    depsgraph = evaluate()
    given = look.inputs(thing)
    names = ("value", "order", "importance_order", "pruned_at", "unit_rank", "evidence", "evidence_range")
    points = {name: look.values_of(thing, name) for name in names} | {"position": look.values_of(thing, "position")}
    expected = Expected(given, points, **around)
    matrices, which = look.local_instances(thing, depsgraph)
    count = len(thing.data.vertices)
    places, scales = matrices[:, :3, 3], np.linalg.norm(matrices[:, :3, :3], axis=1)
    size = max(1.0, np.abs(expected.places).max())
    assert np.abs(places[:count] - expected.places).max() <= 2e-5 * size
    assert np.abs(scales[:count] - expected.scales).max() <= 2e-5 * size
    assert len(set(which[:count])) == 1
    cloud = thing.evaluated_get(depsgraph).evaluated_geometry()
    attributes = cloud.instances_pointcloud().attributes
    shade = look.array(attributes, "shade")
    assert np.allclose(shade[:count], expected.shade, atol=1e-5)
    assert ("evidence_shade" in attributes) == (given["Evidence"] > 0)
    if given["Evidence"]:
        assert np.allclose(look.array(attributes, "evidence_shade")[:count], expected.counting(), atol=1e-5)
        if expected.single:  # bars grow to the side that they speak for
            across = matrices[:count, 0, 0][expected.counting() != 0]
            assert (np.sign(across) == np.sign(expected.counting()[expected.counting() != 0])).all()
    assert ("hidden" in attributes) == ("hides" in attributes) == expected.hides
    if expected.hides:
        assert np.allclose(look.array(attributes, "hidden")[:count], expected.hidden, atol=1e-4)
        assert (look.array(attributes, "hides")[:count] == 1).all()
    after = []
    if given["Fold"]:
        after.append(expected.slab())
        assert shade[count] == pytest.approx(expected.shade.mean(), abs=1e-5)
    if expected.reduced:
        after.append(expected.number())
    if any(given["Loose End"]):
        after += zip(*expected.dashes(), strict=True)
    if given["Backing"]:
        after += zip(*expected.plates(), strict=True)
    assert len(matrices) == count + len(after)
    for index, (place, scale) in enumerate(after, start=count):
        assert np.allclose(places[index], place, atol=2e-5 * size), index - count
        assert np.allclose(scales[index], scale, atol=2e-5 * size), index - count
    return np.concatenate([places.ravel(), scales.ravel(), shade.ravel()])


@pytest.mark.parametrize("name", NUMBERS)
def test_number(layer, name):
    values, others = NUMBERS[name]
    for other, value in others.items():
        look.set_input(layer, other, value)
    found = []
    for value in values:
        look.set_input(layer, name, value)
        if name in ("Units", "Rows", "Columns"):
            fill(layer)
        found.append(check(layer))
    idle = name in ("Spread",) and look.inputs(layer)["Rows"] == 1  # one cell has nothing to be spread from
    if not idle:  # or there is nothing that the formula was compared with
        assert all(len(one) != len(found[0]) or np.abs(one - found[0]).max() > 1e-3 for one in found[1:])


@pytest.mark.parametrize("name", MENUS)
def test_menu(layer, name):
    others, items = MENUS[name]
    assert look.inputs(layer)[name] == items[0]
    found = []
    for other, value in others.items():
        look.set_input(layer, other, value)
    for item in items:
        look.set_input(layer, name, item)
        found.append(check(layer))
    if name == "Reveal By":
        assert all(np.abs(one - found[0]).max() > 1e-3 for one in found[1:])


def test_every_arrangement_and_all_between(layer):
    for number in np.linspace(0, 5, 21):
        look.set_input(layer, "Arrangement", float(number))
        check(layer)


@pytest.mark.parametrize("given", [MAPS, NEURONS], ids=["maps", "neurons"])
@pytest.mark.parametrize("units", [1, 2, 3, 4, 5, 8, 40])
def test_neighbours_do_not_touch(scene, given, units):
    thing = make(given | {"Units": units, "Unit Gap": 0.0})
    cell = np.array(look.inputs(thing)["Cell Size"]) * given["Pitch"]
    area = given.get("Columns", 1) * given.get("Rows", 1)
    size = cell[1:] * [given.get("Columns", 1), given.get("Rows", 1)]
    for number in range(5):  # an arc may be as round as to meet itself
        look.set_input(thing, "Arrangement", float(number))
        matrices, _ = look.local_instances(thing, evaluate())
        middle = matrices[: units * area, :3, 3].reshape(units, area, 3).mean(1)
        away = np.abs(middle[:, None] - middle[None])
        apart = (away[..., 1] > size[0] * 0.999) | (away[..., 2] > size[1] * 0.999) | (away[..., 0] > cell[0] * 0.999)
        if number in (1, 2, 4):
            assert (away[..., 0] < 1e-5).all()
        assert (apart | np.eye(units, dtype=bool)).all() or number == 3 and units < 4, number


def test_sockets_together(layer):
    """Several at once, at random, so that no socket forgets the others."""
    random = np.random.default_rng(11)
    for _ in range(12):
        given = {
            name: float(random.uniform(0, 1))
            for name in (
                "Fold",
                "Reveal",
                "Threshold",
                "Prune",
                "Explode",
                "By Hand",
                "Spread",
                "Size by Value",
                "Softness",
            )
        }
        given |= {
            "Arrangement": float(random.uniform(0, 5)),
            "Line Axis": float(random.uniform(0, 2)),
            "Shown Units": int(random.integers(0, 9)),
            "Offset": float(random.normal()),
            "Backing": float(random.integers(0, 2) * 0.1),
            "Shape": str(random.choice(["Tile", "Sphere", "Ellipsoid", "Point"])),
        }
        compat.set_inputs(look.modifier(layer), given)
        layer.update_tag()
        check(layer)


def reference(thing, index):
    """The mesh that an instance shows."""
    depsgraph = evaluate()
    _, which = look.local_instances(thing, depsgraph)
    geometry = thing.evaluated_get(depsgraph).evaluated_geometry()  # it owns the references, and they the mesh
    references = geometry.instance_references()
    mesh = references[which[index]].mesh
    points = look.array(mesh.attributes, "position")
    smooth = all(one.use_smooth for one in mesh.polygons)
    return points, [one.name for one in mesh.materials if one], smooth, len(mesh.polygons)


def test_shapes_are_one_metre_wide(layer):
    boxes = {
        "Box": (-1.0, 0.0),
        "Disc": (-1.0, 0.0),
        "Sphere": (-0.5, 0.5),
        "Ellipsoid": (-0.5, 0.5),
        "Tile": (-1.0, 0.0),
        "Own": (-1.0, 0.0),
    }
    for shape, (back, front) in boxes.items():
        look.set_input(layer, "Shape", shape)
        points, _, smooth, faces = reference(layer, 0)
        low, high = points.min(0), points.max(0)
        assert np.allclose([low[0], high[0]], [back, front], atol=1e-3)
        assert np.allclose(high[1:] - low[1:], 1.0, atol=0.02), shape
        if shape in ("Sphere", "Ellipsoid"):
            assert smooth and faces <= 400 and np.allclose(np.linalg.norm(points, axis=1), 0.5, atol=1e-4)
        if shape == "Disc":
            assert np.linalg.norm(points[:, 1:], axis=1).max() == pytest.approx(0.5, abs=1e-4)
        if shape in ("Tile", "Own"):
            assert np.allclose(points, look.values_of(look.inputs(layer)["Cell"], "position"))


def test_materials(layer):
    painted = {name: bpy.data.materials.new(name) for name in ("Material", "Number Material", "Backing Material")}
    compat.set_inputs(look.modifier(layer), painted | {"Fold": 0.5, "Shown Units": 3, "Backing": 0.1})
    layer.update_tag()
    count = len(layer.data.vertices)
    for index, name in (
        (0, "Material"),
        (count, "Material"),
        (count + 1, "Number Material"),
        (count + 2, "Backing Material"),
    ):
        assert reference(layer, index)[1] == [painted[name].name]
    other = bpy.data.materials.new("Evidence Material")
    compat.set_inputs(look.modifier(layer), {"Evidence": 0.5, "Evidence Material": other})
    layer.update_tag()
    assert reference(layer, 0)[1] == [other.name]


def test_the_number_of_squares_is_a_text_that_faces_the_reader(layer):
    """Measured against a text object of Blender's own that says the same."""
    units = look.inputs(layer)["Units"]
    for shown in (1, 3):
        look.set_input(layer, "Shown Units", shown)
        text = bpy.data.objects.new("text", bpy.data.curves.new("text", "FONT"))
        bpy.context.scene.collection.objects.link(text)
        points, *_ = reference(layer, len(layer.data.vertices))
        given = look.inputs(layer)
        values = {
            name: look.values_of(layer, name)
            for name in (
                *("value", "order", "importance_order", "pruned_at", "unit_rank", "evidence", "evidence_range"),
                "position",
            )
        }
        text.data.body, text.data.size = f"+ {units - shown}", Expected(given, values).strip()[3]
        box = np.array(text.evaluated_get(evaluate()).bound_box)
        assert np.allclose(np.ptp(points, axis=0), np.ptp(box, axis=0), rtol=0.02, atol=1e-4)
        assert np.allclose(points.max(0) + points.min(0), 0, atol=1e-4)
        matrices, _ = look.local_instances(layer, evaluate())
        turned = matrices[len(layer.data.vertices), :3, :3]
        assert np.allclose(turned, [[0, 0, -1], [-1, 0, 0], [0, 1, 0]], atol=1e-5)  # right is -Y, up is Z


def test_block(layer):
    """What folds with its block goes to the block's place and shrinks, whatever its own sockets say."""
    mesh = bpy.data.meshes.new("block")
    mesh.from_pydata([(0, 0, 0)], [], [])
    mesh.attributes.new("size", "FLOAT_VECTOR", "POINT").data.foreach_set("vector", (1.0, 1.0, 1.0))
    block = bpy.data.objects.new("block", mesh)
    block.location = 1.0, -2.0, 0.5
    bpy.context.scene.collection.objects.link(block)
    attach(block, "Block", block_group(), {})
    compat.set_inputs(look.modifier(layer), MIXED | {"Block": block, "Backing": 0.1, "Shown Units": 4, "Fold": 0.3})
    for fold in (0.0, 0.5, 1.0):
        look.set_input(block, "Fold", fold)
        check(layer, fold=fold, anchor=(1.0, -2.0, 0.5))


def test_a_plane_in_place_of_a_layer_leaves_cells_no_size(layer):
    """They stay where they are, for lines end on them."""
    before, _ = look.local_instances(layer, evaluate())
    look.set_input(layer, "Plane", True)
    after, _ = look.local_instances(layer, evaluate())
    count = len(layer.data.vertices)
    assert np.allclose(after[:count, :3, 3], before[:count, :3, 3], atol=1e-5)
    assert np.abs(after[:count, :3, :3]).max() < 1e-6 < np.abs(before[:count, :3, :3]).max()
    look.set_input(layer, "Plane", False)
    check(layer)


def test_network(layer):
    root = bpy.data.objects.new("root", bpy.data.meshes.new("root"))
    bpy.context.scene.collection.objects.link(root)
    attach(root, "Network", network_group(), {})
    look.set_input(layer, "Network", root)
    for prune in (0.0, 0.5, 1.0):
        look.set_input(root, "Prune", prune)
        check(layer, prune=prune)
        look.set_input(layer, "Prune", 0.25)  # the larger counts
        check(layer, prune=prune)
        look.set_input(layer, "Prune", 0.0)


def test_attributes_that_are_missing(layer):
    """Nothing is pruned or reduced wrongly where nobody has ranked the cells."""
    for name in ("pruned_at", "unit_rank", "order"):
        layer.data.attributes.remove(layer.data.attributes[name])
    compat.set_inputs(look.modifier(layer), {"Prune": 1.0, "Shown Units": 3})
    layer.update_tag()
    assert (look.on_cells(layer, evaluate(), "hidden") == 0).all()
    matrices, _ = look.local_instances(layer, evaluate())
    area = len(layer.data.vertices) // look.inputs(layer)["Units"]
    sizes = np.abs(matrices[: len(layer.data.vertices), :3, :3]).max((1, 2)).reshape(-1, area)
    assert (sizes[:3] > 0).all() and (sizes[3:, 0] > 0).all() and (sizes[3:, 1:] == 0).all()


def test_a_mesh_that_has_lost_cells_shows_no_wrong_ones(layer):
    """All cells are there for the lines, which vanish with them; the layer comes back with its cells."""
    count = len(layer.data.vertices)
    before = check(layer)
    for vertices in (count - 1, count + 1, 0):
        layer.data.clear_geometry()
        layer.data.vertices.add(vertices)
        layer.data.update_tag()
        matrices, _ = look.local_instances(layer, evaluate())
        assert len(matrices) == count and np.abs(matrices[:, :3, :3]).max() == 0
        geometry = layer.evaluated_get(evaluate()).evaluated_geometry()
        for name in ("hidden", "hides"):
            assert (look.array(geometry.instances_pointcloud().attributes, name) == 1).all()
    fill(layer)
    assert np.allclose(check(layer), before)


def test_every_socket_is_tested_described_and_bounded():
    assert {*LAYER.names} == {*NUMBERS, *MENUS, *THINGS, *RANGES, "Plane"}
    for socket in LAYER:
        assert socket.about and socket.panel, socket.name
        if socket.kind in ("Float", "Int"):
            assert socket.low > -1e6 and (socket.subtype != "FACTOR" or socket.high < 1e6), socket.name


def test_lines_end_on_the_cells_whatever_these_do(blank):
    """In a network: folded, exploded, reduced, in another arrangement, by hand, also when its layer is turned."""
    network = look.build(look.CNN, look.DIGIT, max_cells=2_000)
    things = look.layers(network)
    for name, given in {
        "image": {"Fold": 0.7},
        "conv1": {"Shown Units": 3, "Explode": 0.4},
        "conv2": {"Fold": 1.0},
        "pool1": {"Arrangement": 3.4},
        "conv3": {"By Hand": 0.5, "Arrangement": 1.0, "Offset": 0.3},
        "pool2": {"Shown Units": 5, "Fold": 0.5},
        "dense1": {"Arrangement": 4.0, "Spacing": 0.5},
        "scores": {"Fold": 0.4, "Arrangement": 5.0},
    }.items():
        before = look.cell_places(things[name], look.evaluate(network))
        compat.set_inputs(look.modifier(things[name]), given)
        things[name].rotation_euler.z += 0.3
        things[name].update_tag()
        assert np.abs(look.cell_places(things[name], look.evaluate(network)) - before).max() > 0.1
    look.check_ends(network)
