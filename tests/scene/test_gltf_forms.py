# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain meshes under a budget, USD and OBJ, compressed files: they show the same."""

import json
import struct
import zipfile

import bpy
import numpy as np
import pytest

from neuroscene.addon.gltf import compact, export, shapes, tubes
from neuroscene.addon.scene import shots
from scene import look
from scene.exported import HALF, cell_colours, check_cells, check_lines, check_meshes, tolerance
from scene.glb import Glb

CORNERS = {"Sphere": 162, "Tile": 8}


@pytest.fixture(scope="module")
def thin(tmp_path_factory):
    """The sample network with few cells, in the open file while these tests run; none of them changes it."""
    look.fresh()
    return look.build(look.CNN, look.DIGIT, max_cells=1_500), tmp_path_factory.mktemp("forms")


def exported(thin, suffix=".glb", **options):
    network, folder = thin
    report = export.export(folder / f"out{suffix}", export.ExportOptions(**options))
    return network, folder / f"out{suffix}", report


def triangles(file):
    return sum(len(file.triangles(name)) for name in file.nodes if "mesh" in file.node(name))


def test_plain_meshes(thin):
    network, path, report = exported(thin, realise=True)
    file = Glb(path)
    check_meshes(network, file, CORNERS)
    check_lines(network, file)
    assert "EXT_mesh_gpu_instancing" not in file.content["extensionsUsed"]
    assert report.triangles == triangles(file) <= export.TRIANGLES


@pytest.mark.parametrize(
    ("budget", "sides", "ball", "tile"), [(80_000, 3, 162, 8), (42_000, 3, 42, 8), (36_000, 3, 12, 4)]
)
def test_budgets_are_met(thin, budget, sides, ball, tile):
    network, path, report = exported(thin, realise=True, triangles=budget)
    file = Glb(path)
    assert report.triangles == triangles(file) <= budget
    check_meshes(network, file, {"Sphere": ball, "Tile": tile}) if tile == 8 else None
    check_lines(network, file, sides)


def test_a_budget_that_cannot_be_met_is_told(thin):
    *_, report = exported(thin, realise=True, triangles=100)
    assert report.triangles > 100 and "more than 100" in str(report)


def test_usd(thin):
    network, path, _ = exported(thin, ".usdc")
    depsgraph = look.evaluate(network)
    expected = {
        one.name: (cell_colours(one), look.cell_places(one, depsgraph)) for one in look.of_kind(network, "layer")
    }
    within, known = tolerance(network, depsgraph), set(bpy.data.objects)
    bpy.ops.wm.usd_import(filepath=str(path))
    new = set(bpy.data.objects) - known
    try:
        for name, (colours, places) in expected.items():
            (layer,) = (
                one
                for one in new
                if "neuroscene" in one
                and json.loads(one["neuroscene"])["kind"] == "layer"
                and json.loads(one["neuroscene"])["name"] == name
            )
            (thing,) = (
                one
                for one in (layer, *layer.children)
                if one.type == "MESH" and (one == layer or "neuroscene" not in one)
            )  # the importer puts both together if it can
            each = 162 if len(thing.data.vertices) == 162 * len(places) else 8
            points = look.array(thing.data.attributes, "position").reshape(len(places), each, 3)
            world = points @ np.array(thing.matrix_world)[:3, :3].T + np.array(thing.matrix_world)[:3, 3]
            back = world.mean(1) if each == 162 else world[:, 4:].mean(1)
            assert np.abs(back - places).max() <= within, name
            shown = look.array(thing.data.attributes, "displayColor").reshape(len(places), each, 4)
            assert np.abs(shown[..., :3] - colours[:, None]).max() <= HALF, name
    finally:
        bpy.data.batch_remove(new)


@pytest.mark.parametrize(("lit", "socket"), [(False, "Emission Color"), (True, "Base Color")])
def test_a_package_of_usd_has_the_material_that_shows_its_colors(thin, lit, socket):
    _, path, _ = exported(thin, ".usdz", lit=lit)
    with zipfile.ZipFile(path) as package:
        first, second = package.infolist()
        assert (first.filename, second.filename) == ("network.usda", "meshes.usdc")
        for info in (first, second):
            head = path.read_bytes()[info.header_offset : info.header_offset + 30]
            begin = info.header_offset + 30 + sum(struct.unpack("<HH", head[26:30]))
            assert info.compress_type == zipfile.ZIP_STORED and begin % 64 == 0
    known, painted = set(bpy.data.objects), set(bpy.data.materials)
    bpy.ops.wm.usd_import(filepath=str(path))
    new = set(bpy.data.objects) - known
    (material,) = set(bpy.data.materials) - painted
    try:
        meshes = [obj for obj in new if obj.type == "MESH"]
        assert len(meshes) > 10
        assert all([slot.material for slot in obj.material_slots] == [material] for obj in meshes)
        assert all("displayColor" in obj.data.attributes for obj in meshes)
        surface = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
        assert surface.inputs[socket].is_linked
    finally:
        bpy.data.batch_remove([*new, material])


def test_obj(thin):
    network, path, report = exported(thin, ".obj")
    depsgraph = look.evaluate(network)
    text = path.read_text().splitlines()
    points, name, faces = {}, "", 0
    for line in text:
        name = line[2:] if line.startswith("o ") else name
        if line.startswith("v "):
            points.setdefault(name, []).append([float(one) for one in line.split()[1:]])
        faces += line.startswith("f ")
    assert faces == report.triangles
    for thing in look.of_kind(network, "layer"):
        found, places = np.array(points[thing.name.replace(" ", "_")]), look.cell_places(thing, depsgraph)
        each = len(found) // len(places)
        x, y, z = found[:, :3].reshape(len(places), each, 3).transpose(2, 0, 1)  # Y is up
        centre = np.stack([x, -z, y], -1)[:, 0 if each == 162 else 4 :].mean(1)
        assert np.abs(centre - places).max() <= tolerance(network, depsgraph), thing.name
        encoded = found[:, 3:].reshape(len(places), each, 3)
        shown = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
        assert np.abs(shown - cell_colours(thing)[:, None]).max() <= HALF, thing.name


def test_places_in_sixteen_bits(thin, monkeypatch):
    """Where there is no Draco; and a file without it is larger."""
    monkeypatch.setattr(compact, "has_draco", lambda: False)
    network, path, report = exported(thin, small=True)
    small = path.stat().st_size
    file = Glb(path)
    assert "16 bits" in str(report) and file.content["extensionsRequired"] == ["KHR_mesh_quantization"]
    check_cells(network, file)
    check_lines(network, file)
    assert small < exported(thin)[1].stat().st_size


def test_draco(thin):
    """Decoded by Blender, meshes have the corners that they have without; the order of corners is Draco's own."""
    network, path, report = exported(thin, small=True, realise=True)
    if not compact.has_draco():
        assert "16 bits" in str(report)
        pytest.skip("this Blender has no Draco")
    packed, known = path.read_bytes(), set(bpy.data.objects)
    plain = Glb(exported(thin, realise=True)[1])
    assert len(packed) < 0.5 * path.stat().st_size
    path.write_bytes(packed)
    bpy.ops.import_scene.gltf(filepath=str(path))
    bpy.context.view_layer.update()
    new = set(bpy.data.objects) - known
    try:
        for thing in (one for one in new if look.facts(one).get("kind") == "layer"):
            name, matrix = look.facts(thing)["name"], np.array(thing.matrix_world)
            points = look.array(thing.data.attributes, "position") @ matrix[:3, :3].T + matrix[:3, 3]
            found, expected = points, plain.positions(name)
            assert np.allclose([found.min(0), found.max(0)], [expected.min(0), expected.max(0)], atol=1e-3), name
            assert len(found) == len(expected) and np.allclose(found.mean(0), expected.mean(0), atol=1e-3), name
    finally:
        bpy.data.batch_remove(new)


def test_quaternions_are_the_rotations():
    random = np.random.default_rng(0)
    turns = np.linalg.qr(random.normal(size=(200, 3, 3)))[0]
    turns *= np.sign(np.linalg.det(turns))[:, None, None]
    turns = np.concatenate([turns, [np.eye(3), np.diag([1, -1, -1]), np.diag([-1, 1, -1]), np.diag([-1, -1, 1])]])
    for turn, (x, y, z, w) in zip(turns, shapes.quaternions(turns), strict=True):
        vector = random.normal(size=3)
        axis = np.array([x, y, z])
        cross = np.cross(axis, vector)
        assert np.allclose(turn @ vector, vector + 2 * (w * cross + np.cross(axis, cross)), atol=1e-9)


def test_parts_of_maps():
    random = np.random.default_rng(1)
    turns = np.linalg.qr(random.normal(size=(50, 3, 3)))[0]
    sizes = random.uniform(0.1, 3, (50, 3))
    maps = np.tile(np.eye(4), (50, 1, 1))
    maps[:, :3, :3], maps[:, :3, 3] = turns * sizes[:, None], random.normal(size=(50, 3))
    maps[0, :3, :3] = 0  # of a cell that is not seen
    places, found, scales = shapes.parts(maps)
    assert np.allclose(places, maps[:, :3, 3]) and np.allclose(np.abs(scales[1:]), sizes[1:]) and not scales[0].any()
    again = np.stack([np.array(look_turn(one)) for one in found]) * scales[:, None]
    assert np.allclose(again, maps[:, :3, :3], atol=1e-6)
    maps[3, 0, 1] += 0.5
    assert shapes.parts(maps) is None


def look_turn(quaternion):
    from mathutils import Quaternion

    x, y, z, w = quaternion
    return Quaternion((w, x, y, z)).to_matrix()


def test_smooth_curves_run_as_in_blender(blank):
    """Through their points, as Blender evaluates a Catmull-Rom curve."""
    random = np.random.default_rng(2)
    points = random.normal(size=(3, 8, 3)).astype(np.float32)
    curves = bpy.data.hair_curves.new("curves")
    curves.add_curves([8] * 3)
    curves.attributes["position"].data.foreach_set("vector", points.ravel())
    curves.set_types(type="CATMULL_ROM")
    tree = bpy.data.node_groups.new("resample", "GeometryNodeTree")
    for way in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=way, socket_type="NodeSocketGeometry")
    given, found = tree.nodes.new("NodeGroupInput"), tree.nodes.new("NodeGroupOutput")
    mesh = tree.nodes.new("GeometryNodeCurveToMesh")
    resolution = tree.nodes.new("GeometryNodeSetSplineResolution")
    resolution.inputs["Resolution"].default_value = 3
    tree.links.new(given.outputs[0], resolution.inputs[0])
    tree.links.new(resolution.outputs[0], mesh.inputs[0])
    tree.links.new(mesh.outputs[0], found.inputs[0])
    thing = bpy.data.objects.new("curves", curves)
    thing.modifiers.new("n", "NODES").node_group = tree
    bpy.context.scene.collection.objects.link(thing)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    geometry = thing.evaluated_get(depsgraph).evaluated_geometry()  # it owns the mesh
    shown = look.array(geometry.mesh.attributes, "position")
    ours = tubes.resampled(points.astype(np.float64), 3 * 7 + 1, True)
    assert np.allclose(shown.reshape(3, -1, 3), ours, atol=1e-5)


def test_a_camera_moves_in_usd(tmp_path, blank):
    network = look.build(look.MLP, max_cells=200, max_connections=50)
    shots.add(network, "turntable", 2.0)
    scene = look.scene_of(network)
    camera = shots.shots(network)["turntable"]
    export.export(tmp_path / "out.usdc")
    first, last = scene.frame_start, scene.frame_end
    frames = (first, first + 20, last)
    expected = []
    for frame in frames:
        scene.frame_set(frame)
        expected.append(np.array(camera.evaluated_get(look.evaluate(network)).matrix_world))
    name = camera.name
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    bpy.ops.wm.usd_import(filepath=str(tmp_path / "out.usdc"), import_meshes=False)
    found = next(obj for obj in bpy.data.objects if obj.type == "CAMERA" and name.split()[-1] in obj.name)
    assert (bpy.context.scene.frame_start, bpy.context.scene.frame_end) == (first, last)
    for frame, matrix in zip(frames, expected, strict=True):
        bpy.context.scene.frame_set(frame)
        bpy.context.view_layer.update()
        place = np.array(found.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world)
        assert np.allclose(place[:3, 3], matrix[:3, 3], atol=1e-3), frame
