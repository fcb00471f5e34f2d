# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain Blender that plays a saved film: run as a program, it imports nothing of Neuroscene.

python stock_film.py SCENE.blend NUMBERS.npz FRAME [FRAME ...]
"""

import sys

import bpy
import numpy as np


def facts(obj):
    found = obj.get("neuroscene")
    return found.to_dict() if hasattr(found, "to_dict") else {}


def numbers(frames) -> dict[str, np.ndarray]:
    """What layers show at frames, where the camera is, which texts are seen, and what is written of an opened cell."""
    scene = next(scene for scene in bpy.data.scenes if scene.camera)
    found = {}
    for frame in frames:
        scene.frame_set(frame)
        view_layer = scene.view_layers[0]
        view_layer.update()
        depsgraph = view_layer.depsgraph
        found[f"{frame}|camera"] = np.array(scene.camera.evaluated_get(depsgraph).matrix_world)
        seen = 0
        for obj in scene.objects:
            said = facts(obj)
            evaluated = obj.evaluated_get(depsgraph)
            if said.get("kind") == "film part":
                seen += not evaluated.hide_render
            if said.get("kind") not in ("layer", "opened"):
                continue
            geometry = evaluated.evaluated_geometry()
            attributes = geometry.instances_pointcloud().attributes
            name = "shade" if said["kind"] == "layer" else "number"
            values = np.empty(len(attributes[name].data), np.float32)
            attributes[name].data.foreach_get("value", values)
            count = len(obj.data.vertices) if said["kind"] == "layer" else len(values)
            found[f"{frame}|{obj.name}"] = values[:count]
        found[f"{frame}|texts"] = np.array(seen)
    return found


if __name__ == "__main__":
    bpy.ops.wm.open_mainfile(filepath=sys.argv[1], use_scripts=False)
    np.savez(sys.argv[2], **numbers([int(frame) for frame in sys.argv[3:]]))
