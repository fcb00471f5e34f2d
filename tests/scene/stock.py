# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain Blender that opens a saved scene: run as a program, it imports nothing of Neuroscene.

python stock.py SCENE.blend GEOMETRY.npz PICTURE.png
"""

import json
import sys

import bpy
import numpy as np


def matrices(geometry):
    cloud = geometry.instances_pointcloud()
    found = np.empty(len(cloud.points) * 16, np.float32)
    cloud.attributes["instance_transform"].data.foreach_get("value", found)
    return found.reshape(-1, 4, 4).swapaxes(1, 2)


def points(geometry, matrix):
    curves = geometry.curves
    found = np.empty(len(curves.points) * 3, np.float32)
    curves.attributes["position"].data.foreach_get("vector", found)
    matrix = np.array(matrix, np.float64)
    placed = found.astype(np.float64).reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]
    return placed.reshape(len(curves.curves), -1, 3)


def box(geometry, matrix):
    reference = geometry.instance_references()[0]  # it owns the mesh
    found = np.empty(len(reference.mesh.vertices) * 3, np.float32)
    reference.mesh.attributes["position"].data.foreach_get("vector", found)
    for one in (matrices(geometry)[0], np.array(matrix)):
        one = one.astype(np.float64)
        found = found.reshape(-1, 3) @ one[:3, :3].T + one[:3, 3]
    return found


def main(scene_path, geometry_path, picture_path):
    bpy.ops.wm.open_mainfile(filepath=scene_path)
    scene, found = bpy.context.scene, {}
    scene.view_layers[0].update()
    depsgraph = scene.view_layers[0].depsgraph
    for thing in scene.objects:
        evaluated = thing.evaluated_get(depsgraph)
        kind = (thing.get("neuroscene") or {}).get("kind")
        if kind in ("layer", "bars", "block", "connections"):
            geometry = evaluated.evaluated_geometry()
            found[thing.name] = (
                points(geometry, evaluated.matrix_world)
                if kind == "connections"
                else box(geometry, evaluated.matrix_world)
                if kind == "block"
                else matrices(geometry)
            )
        found[f"{thing.name}/matrix"] = np.array(evaluated.matrix_world)
    np.savez(geometry_path, **found)
    scene.render.filepath = picture_path
    bpy.ops.render.render(write_still=True)
    ids = [
        one
        for name in dir(bpy.data)
        if isinstance(getattr(bpy.data, name), bpy.types.bpy_prop_collection)
        for one in getattr(bpy.data, name)
        if isinstance(one, bpy.types.ID)
    ]
    trees = [tree for one in ids for tree in [getattr(one, "node_tree", None)] if tree]
    drivers = [
        one.name for one in [*ids, *trees] if getattr(one, "animation_data", None) and len(one.animation_data.drivers)
    ]
    files = [
        one.filepath
        for one in (*bpy.data.images, *bpy.data.fonts, *bpy.data.libraries, *bpy.data.sounds)
        if getattr(one, "filepath", "") not in ("", "<builtin>") and not getattr(one, "packed_file", None)
    ]
    print(
        "RESULT",
        json.dumps(
            {
                "scene": scene.name,
                "camera": scene.camera.name,
                "drivers": drivers,
                "texts": len(bpy.data.texts),
                "libraries": len(bpy.data.libraries),
                "files": files,
                "ours": [name for name in sys.modules if "neuroscene" in name.split(".")],
                "scripts": [
                    t.name
                    for t in ids
                    if any(
                        one.bl_idname in ("ScriptNode", "ShaderNodeScript")
                        for one in getattr(getattr(t, "node_tree", None), "nodes", ())
                    )
                ],
            }
        ),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
