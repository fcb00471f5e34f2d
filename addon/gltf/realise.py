# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network as plain coloured meshes, for glTF by Blender's own exporter.

The exporter takes neither instances of geometry nodes nor curves, and no colour that comes through a ramp. So every
layer and bundle is made real for a moment: corners as they are evaluated, with the ramp's colour at each in a named
colour attribute, wired to a Background shader, which the exporter turns into an unlit material.
"""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from .. import compat
from ..checkpoints import CheckpointError
from ..nodes import materials
from ..nodes.tree import Tree
from ..nodes.value import places
from ..scene import framing, tags
from ..scene.transaction import Made

COLOUR = "Color"
SIDES = 4  # of a line's tube
SMALLEST = 1e-6  # metres, of what is written
STEPS = 1024  # of the table that a ramp is read into
CUBE = np.array([[x, y, z] for x in (-1.0, 0.0) for y in (-0.5, 0.5) for z in (-0.5, 0.5)], np.float32)
CUBE_FACES = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])


def export(output: Path) -> dict[str, int]:
    """Write the networks of the open file as a GLB; returns counts of what was written. Raises `CheckpointError`."""
    networks = tags.networks()
    if not networks:
        raise CheckpointError(bpy.data.filepath or output, "holds no network", "import a model first")
    scenes = {one: scene for one in networks if (scene := tags.scene_of(one))}
    if not scenes:
        raise CheckpointError(bpy.data.filepath or output, "the network is in no scene")
    made, renamed = Made(), []
    try:
        stage = bpy.data.scenes.new("glTF")
        counts = {"layers": 0, "cells": 0, "connections": 0}
        paint = _vertex_colour_material()
        for network, scene in scenes.items():
            view_layer = scene.view_layers[0]
            view_layer.update()
            copies = _realise(network, stage, view_layer.depsgraph, paint, counts)
            # Names are unique in a file: while it is written, the copies have those that the GLB is to show.
            for copy, thing in copies:
                renamed.append((thing, thing.name))
                thing.name = "exported"
                copy.name = renamed[-1][1]
        output.parent.mkdir(parents=True, exist_ok=True)
        _write(stage, output)
    finally:
        made.remove()
        for thing, name in renamed:
            thing.name = name
    return counts


def colours_of(shade: np.ndarray, material: bpy.types.Material) -> np.ndarray:
    """Linear RGBA (n, 4) of shades under a material's ramp as it stands."""
    ramp = materials.ramp_of(material)
    colours = np.array([ramp.evaluate(i / (STEPS - 1)) for i in range(STEPS)], np.float32)
    place = places(materials.node_of(material, materials.VALUE), shade) * (STEPS - 1)
    before = np.minimum(place.astype(np.int64), STEPS - 2)
    share = (place - before)[:, None]
    return colours[before] * (1 - share) + colours[before + 1] * share


def _realise(network, stage, depsgraph, paint, counts):
    """Copies of a network's objects in the stage, as pairs of copy and original."""
    root = _place(stage, bpy.data.objects.new(network.name, None), None)
    pairs = [(root, one) for one in tags.members(network, "root")]
    root["neuroscene"] = {key: value for key, value in tags.read(network).items()
                          if key in ("kind", "uuid", "sha256", "format", "parameters", "input")}
    for thing in network.all_objects:
        kind = tags.kind(thing)
        if kind not in ("layer", "block", "connections", "label", "class", "bars") or thing.hide_render:
            continue
        evaluated = thing.evaluated_get(depsgraph)
        if kind == "layer":
            mesh = _instances(thing, evaluated, "shade")
            counts["layers"] += 1
            counts["cells"] += len(thing.data.vertices)
        elif kind == "connections":
            mesh = _tubes(thing, evaluated)
            counts["connections"] += len(evaluated.data.curves)  # those of the level that is shown
        elif kind == "bars":
            mesh = _instances(thing, evaluated, "winner")
        elif kind == "block":
            mesh = _block(thing, evaluated)
        else:
            mesh = bpy.data.meshes.new_from_object(evaluated, depsgraph=depsgraph)
            if not len(mesh.vertices):
                continue  # a text that says nothing
            mesh = _coloured(thing.name, *_mesh_arrays(mesh), _paint(thing.data.materials[0], np.zeros(1)))
        if mesh is None:
            continue
        mesh.materials.clear()
        mesh.materials.append(paint)
        copy = _place(stage, bpy.data.objects.new(thing.name, mesh), root)
        copy.matrix_world = evaluated.matrix_world
        copy["neuroscene"] = {key: value for key, value in tags.read(thing).items()
                              if key not in ("strides", "sockets")}
        pairs.append((copy, thing))
    return pairs


def _place(stage, thing, parent):
    stage.collection.objects.link(thing)
    thing.parent = parent
    return thing


def _instances(thing, evaluated, attribute):
    """All instances of a layer or of bars as one mesh, coloured by an attribute through their own materials."""
    geometry = evaluated.evaluated_geometry()
    cloud = geometry.instances_pointcloud()
    if cloud is None:
        return None
    matrix, which = framing.instance_matrices(cloud)
    values = np.zeros(len(which), np.float32)
    cloud.attributes[attribute].data.foreach_get("value", values)
    points, faces, colours = [], [], []
    for index, reference in enumerate(geometry.instance_references()):
        mine = (which == index) & _seen(matrix)
        if mine.any() and reference.mesh:
            material = next((one for one in reference.mesh.materials if one), None)
            _repeat(_shape(reference.mesh, thing), matrix[mine], _paint(material, values[mine]), points, faces, colours)
    return _joined(thing.name, points, faces, colours)


def _seen(matrix):
    """Which instances have a size; those of layers in a folded block have none, (n,)."""
    return np.abs(matrix[:, :3, :3]).max((1, 2)) > SMALLEST


def _block(thing, evaluated):
    """The trays of a block, or the box that it is folded to."""
    geometry = evaluated.evaluated_geometry()
    cloud = geometry.instances_pointcloud()
    matrix, _ = framing.instance_matrices(cloud) if cloud else (np.zeros((0, 4, 4)), None)
    points, faces, colours = [], [], []
    for reference, placed in zip(geometry.instance_references(), matrix[_seen(matrix)], strict=False):
        colour = np.array(compat.get_input(tags.modifier(thing), "Colour"))
        _repeat(_mesh_arrays(reference.mesh), placed[None], colour, points, faces, colours)
    return _joined(thing.name, points, faces, colours)


def _shape(mesh, thing):
    """Corners and faces of an instance; our bevelled tile becomes a plain box, an eighth of its triangles."""
    modifier = tags.modifier(thing)
    cell = compat.get_input(modifier, "Cell") if modifier else None
    ours = cell and tags.read(cell).get("cell") == "tile" and len(mesh.vertices) == len(cell.data.vertices)
    return (CUBE, CUBE_FACES) if ours else _mesh_arrays(mesh)


def _paint(material, values):
    """Linear RGBA (n, 4) of attribute values: through the material's ramp or its two colours, else its one colour."""
    nodes = material.node_tree.nodes if material and material.node_tree else ()
    if materials.ramp_of(material) and materials.VALUE in nodes:
        return colours_of(values, material)
    if materials.SECOND in nodes:
        low, high = (np.array(nodes[name].outputs[0].default_value) for name in (materials.COLOUR, materials.SECOND))
        return low + (high - low) * np.clip(values, 0, 1)[:, None]
    return np.tile(_flat_colour(nodes), (len(values), 1))


def _tubes(thing, evaluated):
    """Every curve as a tube of four sides, in its evaluated place and width."""
    geometry = evaluated.evaluated_geometry()
    curves = geometry.curves
    if curves is None or not len(curves.curves):
        return None
    count = len(curves.curves)
    each = len(curves.points) // count
    centre = np.empty(count * each * 3, np.float32)
    curves.attributes["position"].data.foreach_get("vector", centre)
    centre = centre.reshape(count, each, 3)
    radius, shade = np.empty(count * each, np.float32), np.empty(count, np.float32)
    curves.attributes["radius"].data.foreach_get("value", radius)
    curves.attributes["shade"].data.foreach_get("value", shade)
    seen = radius.reshape(count, each).max(1) > 0  # those of hidden cells are not
    long = seen & (np.ptp(centre, 1).max(1) > SMALLEST)  # those in a folded block are not
    if not long.any():
        return None
    centre, radius, shade, count = centre[long], radius.reshape(count, each)[long], shade[long], int(long.sum())
    along = np.gradient(centre, axis=1)
    along /= np.maximum(np.linalg.norm(along, axis=2, keepdims=True), 1e-9)
    side = np.cross(along, np.where(np.abs(along[..., 2:]) < 0.9, [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]))
    side /= np.maximum(np.linalg.norm(side, axis=2, keepdims=True), 1e-9)
    up = np.cross(side, along)
    turn = np.arange(SIDES) * 2 * np.pi / SIDES
    ring = np.cos(turn)[:, None] * side[:, :, None] + np.sin(turn)[:, None] * up[:, :, None]
    points = centre[:, :, None] + ring * radius.reshape(count, each, 1, 1)
    step, corner = np.meshgrid(np.arange(each - 1), np.arange(SIDES), indexing="ij")
    here, there = step * SIDES + corner, step * SIDES + (corner + 1) % SIDES
    quads = np.stack([here, there, there + SIDES, here + SIDES], -1).reshape(-1, 4)
    faces = (quads[None] + np.arange(count)[:, None, None] * each * SIDES).reshape(-1, 4)
    colour = _paint(compat.get_input(tags.modifier(thing), "Material"), shade)
    return _coloured(thing.name, points.reshape(-1, 3), faces, np.repeat(colour, each * SIDES, axis=0))


def _repeat(shape, matrices, colour, points, faces, colours):
    corners, polygons = shape
    begin = sum(len(one) for one in points)
    placed = np.einsum("nij,kj->nki", matrices[:, :3, :3], corners) + matrices[:, None, :3, 3]
    points.append(placed.reshape(-1, 3))
    steps = begin + np.arange(len(matrices))[:, None, None] * len(corners)
    faces.append((polygons[None] + steps).reshape(-1, polygons.shape[1]))
    colours.append(np.repeat(np.broadcast_to(colour, (len(matrices), 4)), len(corners), axis=0))


def _joined(name, points, faces, colours):
    if not points:
        return None
    if max(float(np.ptp(one, 0).max()) for one in points) < SMALLEST:
        return None  # folded away
    width = {one.shape[1] for one in faces}
    if len(width) > 1:  # quads beside triangles: split the quads
        faces = [one if one.shape[1] == 3 else np.concatenate([one[:, [0, 1, 2]], one[:, [0, 2, 3]]]) for one in faces]
    return _coloured(name, np.concatenate(points), np.concatenate(faces), np.concatenate(colours))


def _mesh_arrays(mesh):
    """Points (n, 3) and triangles (m, 3) of a mesh."""
    mesh.calc_loop_triangles()
    triangles = np.empty(len(mesh.loop_triangles) * 3, np.int32)
    mesh.loop_triangles.foreach_get("vertices", triangles)
    return framing.mesh_points(mesh), triangles.reshape(-1, 3)


def _coloured(name, points, faces, colours):
    """A mesh with a colour at each vertex; one colour for all may be given as (4,)."""
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(points))
    mesh.attributes["position"].data.foreach_set("vector", np.ascontiguousarray(points, np.float32).ravel())
    mesh.loops.add(faces.size)
    mesh.loops.foreach_set("vertex_index", np.ascontiguousarray(faces, np.int32).ravel())
    mesh.polygons.add(len(faces))
    mesh.polygons.foreach_set("loop_start", np.arange(0, faces.size, faces.shape[1], dtype=np.int32))
    mesh.update(calc_edges=True)
    attribute = mesh.color_attributes.new(COLOUR, "FLOAT_COLOR", "POINT")
    colours = np.ascontiguousarray(np.broadcast_to(colours, (len(points), 4)), np.float32)
    attribute.data.foreach_set("color", colours.ravel())
    mesh.color_attributes.active_color = attribute
    return mesh


def _flat_colour(nodes):
    """The one colour of a material without a ramp; white if it has none."""
    if materials.COLOUR in nodes:
        return np.array(nodes[materials.COLOUR].outputs[0].default_value)
    sockets = (one for node in nodes for one in node.inputs if one.type == "RGBA" and not one.is_linked)
    return next((np.array(one.default_value) for one in sockets if one.name in ("Base Color", "Color")), np.ones(4))


def _vertex_colour_material():
    material = bpy.data.materials.new("Neuroscene glTF")
    tree = Tree(compat.use_nodes(material))
    output, unlit = tree.node("ShaderNodeOutputMaterial"), tree.node("ShaderNodeBackground")
    colour = tree.node("ShaderNodeVertexColor", layer_name=COLOUR)
    tree.put(unlit.inputs["Color"], colour.outputs["Color"])
    tree.put(output.inputs["Surface"], unlit.outputs[0])
    return material


def _write(stage, output):
    options = {"filepath": str(output.resolve()), "export_format": "GLB", "use_active_scene": True,
               "export_extras": True, "export_yup": True, "export_normals": False, "export_texcoords": False,
               "export_animations": False, "export_vertex_color": "MATERIAL", "export_cameras": False,
               "export_lights": False, "export_apply": False}
    with bpy.context.temp_override(scene=stage, view_layer=stage.view_layers[0]):
        bpy.ops.export_scene.gltf(**options)
