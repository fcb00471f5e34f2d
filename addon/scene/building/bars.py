# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bars and class names beside the last layer."""

from __future__ import annotations

from math import pi

import bpy
import numpy as np

from ...inference import Ran
from ...layout import HEIGHT, Shape
from ...network import Layer, Network
from ...nodes.bars import bars_group
from ...nodes.ranges import LEAST
from ...nodes.tree import attach
from ..attributes import forget_steps
from ..camera import framing
from ..entities import Bars, ClassName, NetworkScene
from ..texts.labels import text

MOST = 24  # classes that get a name
LENGTH = 0.34 * HEIGHT


def wanted(layer: Layer) -> bool:
    """Whether a layer has few enough cells for a bar each."""
    return not layer.grid.is_map and 2 <= layer.grid.units <= MOST


def make(
    layer: Layer,
    obj: bpy.types.Object,
    shape: Shape,
    classes: list[str],
    camera: bpy.types.Object,
    materials: dict,
    backwards: bool = False,
):
    """Bars (one object) and class names (one each), children of the layer's object, on its far side."""
    count = layer.grid.units
    mesh = bpy.data.meshes.new(f"{layer.name} bars")
    mesh.vertices.add(count)
    for name in ("value", "winner"):
        mesh.attributes.new(name, "FLOAT", "POINT")
    bars = bpy.data.objects.new(mesh.name, mesh)
    attach(
        bars,
        "Bars",
        bars_group(),
        {
            "Layer": obj,
            "Length": LENGTH,
            "Offset": 0.75 * shape.pitch,
            "Thickness": 0.5 * shape.pitch,
            "Material": materials["bars"],
            "Track Material": materials["track"],
        },
    )
    Bars.make(bars, layer=layer.name)
    names = []
    step = shape.pitch * (1 + shape.unit_gap)
    for index in range(count):
        label = text(
            classes[index] if len(classes) == count else str(index),
            min(0.8 * step, 0.06 * HEIGHT),
            materials["dim"],
            "LEFT",
            "CENTER",
        )
        label.parent = obj
        framing.face(label, camera)
        away = 0.75 * shape.pitch + LENGTH + 0.05 * HEIGHT
        label.location = (away, 0.0, ((count - 1) / 2 - index) * step)
        label.name = f"{layer.name} class {label.data.body}"
        ClassName.make(label, layer=layer.name, index=index)
        names.append(label)
    bars.parent = obj
    for obj in (bars, *names):
        turn(obj, backwards)
    return bars, names


def turn(obj: bpy.types.Object, backwards: bool) -> None:
    """Put bars, or a class name, on the side of their layer to which the signal goes on."""
    if obj.type == "FONT":
        obj.data.align_x = "RIGHT" if backwards else "LEFT"
        obj.location.x = abs(obj.location.x) * (-1 if backwards else 1)
    else:
        obj.rotation_euler.z = pi if backwards else 0.0


def show(collection: bpy.types.Collection, network: Network, ran: Ran) -> None:
    """Let the bars of a network show a new run."""
    scene = NetworkScene(collection)
    for bars in scene.members(Bars):
        values = ran.values.get(network.layer(bars.layer).tensor)
        if values is not None:
            names = [name.obj for name in scene.members(ClassName) if name.layer == bars.layer]
            set_values(bars.obj, names, values.reshape(-1)[: len(bars.obj.data.vertices)], scene.materials)


def set_values(bars: bpy.types.Object, names, values: np.ndarray, materials: dict) -> None:
    """Grow bars to these values (one a class) and light up the winner."""
    forget_steps(bars)
    winner = np.zeros(len(values), np.float32)
    best = np.nan_to_num(values, nan=-np.inf, posinf=np.finfo(np.float32).max)
    winner[int(best.argmax())] = 1.0
    for name, array in (("value", values), ("winner", winner)):
        bars.data.attributes[name].data.foreach_set("value", np.ascontiguousarray(array, np.float32))
    bars.data.update_tag()
    probability = best.min() >= 0 and best.max() <= 1
    Bars(bars).inputs["Range"] = 1.0 if probability else float(max(best.max(), LEAST))
    for label in names:
        material = materials["hot" if winner[ClassName(label).index] else "dim"]
        if label.data.materials[0] != material:
            label.data.materials[0] = material
