# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain Blender that moves the slider of a saved scene: run as a program, it imports nothing of Neuroscene.

python stock_series.py SCENE.blend NUMBERS.npz SLIDER PLACE [PLACE ...]
"""

import sys

import bpy
import numpy as np


def facts(obj):
    found = obj.get("neuroscene")
    return found.to_dict() if found else {}


def slider(name):
    """The root's modifier with an input of this name, and the input's identifier."""
    for obj in bpy.data.objects:
        for modifier in obj.modifiers if facts(obj).get("kind") == "root" else ():
            for item in modifier.node_group.interface.items_tree:
                if item.item_type == "SOCKET" and item.in_out == "INPUT" and item.name == name:
                    return obj, modifier, item.identifier
    raise KeyError(name)


def floats(attributes, name):
    values = np.empty(len(attributes[name].data), np.float32)
    attributes[name].data.foreach_get("value", values)
    return values


def read(depsgraph, place, found):
    for obj in bpy.data.objects:
        said = facts(obj)
        kind = said.get("kind")
        if kind in ("layer", "bars"):
            geometry = obj.evaluated_get(depsgraph).evaluated_geometry()
            count = len(obj.data.vertices)
            attributes = geometry.instances_pointcloud().attributes
            which = slice(-count, None) if kind == "bars" else slice(count)  # a track for each comes after the bars
            found[f"{place}|{kind}|{said['layer']}|value"] = floats(attributes, "value")[which]
            if kind == "bars":
                found[f"{place}|bars|{said['layer']}|winner"] = floats(attributes, "winner")[which]
        elif kind == "connections":
            geometry = obj.evaluated_get(depsgraph).evaluated_geometry()
            for name in ("weight", "magnitude", "importance"):
                found[f"{place}|bundle|{said['index']}|{name}"] = floats(geometry.curves.attributes, name)


def main(scene, output, name, *places):
    bpy.ops.wm.open_mainfile(filepath=scene, use_scripts=False)
    root, modifier, identifier = slider(name)
    found = {}
    for place in places:
        if bpy.app.version >= (5, 2, 0):
            getattr(modifier.properties.inputs, identifier).value = float(place)
        else:
            modifier[identifier] = float(place)
        root.update_tag()
        view_layer = bpy.context.scene.view_layers[0]
        view_layer.update()
        read(view_layer.depsgraph, place, found)
    assert not [module for module in sys.modules if "neuroscene" in module.split(".")]
    np.savez(output, **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
