# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain Blender that opens a saved scene and moves opened cells: run as a program, it imports nothing of Neuroscene.

python stock_opened.py SCENE.blend MOVES.json NUMBERS.npz

MOVES maps names of objects to lists of inputs by name; NUMBERS has, by "object/number of the move/attribute", what is
on the instances that are drawn.
"""

import json
import sys

import bpy
import numpy as np

NAMES = ("part", "step", "row", "number", "sum", "slot", "key", "share", "gate", "gate_value", "whole", "decimals")


def put(obj, values):
    """Set inputs of the modifier by the names of their sockets."""
    modifier = next(one for one in obj.modifiers if one.type == "NODES")
    for item in modifier.node_group.interface.items_tree:
        if item.item_type == "SOCKET" and item.in_out == "INPUT" and item.name in values:
            if bpy.app.version >= (5, 2, 0):
                getattr(modifier.properties.inputs, item.identifier).value = values[item.name]
            else:
                modifier[item.identifier] = values[item.name]
    obj.update_tag()


def drawn(obj, scene):
    scene.view_layers[0].update()
    geometry = obj.evaluated_get(scene.view_layers[0].depsgraph).evaluated_geometry()
    cloud = geometry.instances_pointcloud()
    made = {}
    for name in NAMES:
        attribute = cloud.attributes.get(name)
        if attribute is not None:
            values = np.empty(len(attribute.data), np.int32 if attribute.data_type == "INT" else np.float32)
            attribute.data.foreach_get("value", values)
            made[name] = values
    return made


def main(scene_path, moves_path, numbers_path):
    bpy.ops.wm.open_mainfile(filepath=scene_path)
    made = {}
    with open(moves_path, encoding="utf-8") as file:
        moves = json.load(file)
    for name, every in moves.items():
        obj = bpy.data.objects[name]
        scene = next(one for one in bpy.data.scenes if name in one.objects)
        bpy.context.window.scene = scene
        for number, values in enumerate(every):
            put(obj, values)
            made |= {f"{name}/{number}/{key}": array for key, array in drawn(obj, scene).items()}
    np.savez(numbers_path, **made)
    print("OURS", [name for name in sys.modules if "neuroscene" in name.split(".")])


if __name__ == "__main__":
    main(*sys.argv[1:])
