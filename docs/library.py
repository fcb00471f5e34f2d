# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Render the previews of the asset library into addon/scene/assets/previews.

.venv/bin/python docs/library.py [KEY ...]    all of them, or those whose keys begin so
"""

from __future__ import annotations

import sys
import tempfile
from math import radians
from pathlib import Path

import bpy
import numpy as np
from PIL import Image

from neuroscene.addon.nodes import materials as shaders
from neuroscene.addon.nodes.layer import layer_group
from neuroscene.addon.nodes.sockets.layer import ARRANGEMENTS
from neuroscene.addon.nodes.tree import attach
from neuroscene.addon.scene.assets.presets import PRESETS
from neuroscene.addon.scene.assets.writing import PREVIEWS, ROLES, SIZE
from neuroscene.addon.scene.building import planned
from neuroscene.addon.scene.camera import framing
from neuroscene.addon.scene.looks import painting
from neuroscene.addon.scene.looks.styles import STYLES
from neuroscene.addon.scene.shots.kinds import KINDS
from neuroscene.addon.scene.texts import labels

GROUND = "#141c2c"  # behind a preview
SAMPLES, LARGER = 32, 2
MAP = (1, 8, 8)
SHOWN = {  # units, rows and columns before and after each operator
    "Conv": (MAP, (3, 8, 8)),
    "DepthwiseConv": ((2, 6, 6), (2, 6, 6)),
    "ConvTranspose": ((1, 4, 4), MAP),
    "MaxPool": (MAP, (1, 4, 4)),
    "AveragePool": (MAP, (1, 4, 4)),
    "GlobalAveragePool": ((4, 5, 5), (4, 1, 1)),
    "Dense": ((9, 1, 1), (6, 1, 1)),
    "Activation": ((1, 6, 6), (1, 6, 6)),
    "BatchNormalization": ((4, 4, 4), (4, 4, 4)),
    "LayerNormalization": ((1, 3, 8), (1, 3, 8)),
    "Dropout": ((1, 6, 6), (1, 6, 6)),
    "Flatten": ((1, 4, 4), (16, 1, 1)),
    "Reshape": ((16, 1, 1), (1, 4, 4)),
    "Add": ((2, 5, 5), (1, 5, 5)),
    "Concat": ((2, 5, 5), (4, 5, 5)),
    "Embedding": ((5, 1, 1), (1, 5, 8)),
    "Attention": ((1, 6, 4), (1, 6, 6)),
    "LSTM": ((1, 6, 4), (8, 1, 1)),
    "GRU": ((1, 6, 4), (6, 1, 1)),
}


def main(wanted: list[str]) -> None:
    """Render the previews that are wanted."""
    PREVIEWS.mkdir(exist_ok=True)
    keys = [*PRESETS, *(f"material/{role}/{name.lower()}" for name in STYLES for role in ROLES)]
    for key in keys:
        if not wanted or any(key.startswith(each) for each in wanted):
            draw(key)
            _save(PREVIEWS / f"{key.replace('/', '-')}.png")
            print(key, flush=True)


def draw(key: str) -> None:
    """The scene of one preview."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    kind, _, name = key.partition("/")
    style, look = STYLES["Cinema"], {}
    azimuth, elevation, flat = radians(38), radians(18), False
    parts = [(16, 4, 4)]
    if kind == "arrangement":
        parts, look = [(24, 1, 1)], {"Arrangement": float(ARRANGEMENTS.index(name)), "Line Axis": 2.0}
    elif kind == "cell":
        parts, look = [(1, 5, 5)], PRESETS[key].inputs | ({"Size": 2.0} if name == "point" else {})
    elif kind == "style":
        style = next(each for each in STYLES.values() if each.name.lower() == name)
        parts = [(1, 6, 6), (3, 4, 4)]
    elif kind == "material":
        style = next(each for each in STYLES.values() if each.name.lower() == name.partition("/")[2])
        parts = [(1, 5, 5)] if name.startswith("cells") else [(6, 1, 1), (6, 1, 1)]
    elif kind == "beside":
        parts, azimuth, elevation = [(1, 5, 5)], radians(20), radians(8)
    elif kind == "operator":
        parts, azimuth = list(SHOWN[PRESETS[key].name]), radians(56)
    elif kind == "shot":
        view = KINDS[name].view
        azimuth, elevation, flat = view.azimuth, view.elevation, view.flat
        style = STYLES.get(KINDS[name].style, style)
        parts = [(1, 6, 6), (2, 5, 5), (3, 3, 3), (6, 1, 1)]
    scene = bpy.context.scene
    materials = {role: make(title) for role, (make, title) in ROLES.items()}
    for role, material in materials.items():
        painting.set_settings(material, style.materials.get(role, {}), True)
    ground = style.backdrop.ground if style.backdrop and hasattr(style.backdrop, "ground") else GROUND
    light = "paper" in key or KINDS.get(name) is not None and KINDS[name].style == "Paper"
    _world(scene, "#f4f5f8" if light else ground if isinstance(ground, str) else GROUND)
    layers = [_layer(number, part, materials, look, style) for number, part in enumerate(parts)]
    bpy.context.view_layer.update()
    for before, after in zip(layers, layers[1:], strict=False):
        _lines(before, after, materials["lines"])
    if kind == "beside":
        _beside(name, materials)
    camera = bpy.data.cameras.new("camera")
    camera.lens = 60.0
    camera.type = "ORTHO" if flat else "PERSP"
    eye = bpy.data.objects.new("camera", camera)
    scene.collection.objects.link(eye)
    scene.camera = eye
    framing.aim(eye, azimuth, elevation)
    bpy.context.view_layer.update()
    corners = [framing.box_corners(obj, bpy.context.view_layer.depsgraph) for obj in scene.objects if obj != eye]
    margins = framing.Margins(0.06, 0.06, 0.06, 0.06)
    framing.fit(eye, np.concatenate([each for each in corners if len(each)]), 1.0, margins)
    sun = bpy.data.objects.new("sun", bpy.data.lights.new("sun", "SUN"))
    sun.data.energy, sun.rotation_euler = 2.5, (radians(50), radians(-20), radians(-60))
    scene.collection.objects.link(sun)


def _layer(number, part, materials, look, style):
    units, rows, columns = part
    count = units * rows * columns
    mesh = bpy.data.meshes.new("layer")
    mesh.vertices.add(count)
    index = np.arange(count)
    unit, row, column = index // (rows * columns), index // columns % rows, index % columns
    if rows * columns == 1:
        value = 0.5 + 0.6 * np.sin(1.9 * unit + number)
    else:  # a ring, brighter on one side
        up, across = (row + 0.5) / rows * 2 - 1, (column + 0.5) / columns * 2 - 1
        ring = np.exp(-((np.hypot(up, across) - 0.6) ** 2) / 0.06)
        value = 1.25 * ring * (0.6 + 0.4 * np.cos(np.arctan2(up, across) - 2.1 * unit - number)) - 0.12
    value = value.astype(np.float32)
    order = np.empty(count, np.float32)
    order[np.argsort(-np.abs(value))] = np.arange(count) / count
    for name, given, kind in (
        ("unit", unit, "INT"),
        ("row", row, "INT"),
        ("column", column, "INT"),
        ("value", value, "FLOAT"),
        ("importance", np.abs(value), "FLOAT"),
        ("order", order, "FLOAT"),
        ("importance_order", order, "FLOAT"),
    ):
        dtype = np.int32 if kind == "INT" else np.float32
        attribute = mesh.attributes.new(name, kind, "POINT")
        attribute.data.foreach_set("value", np.ascontiguousarray(given, dtype))
    obj = bpy.data.objects.new("layer", mesh)
    single = rows * columns == 1
    given = {
        "Units": units,
        "Rows": rows,
        "Columns": columns,
        "Unit Columns": max(1, round(units**0.5)) if not single or "Arrangement" in look else 1,
        "Pitch": 0.16 if single else 0.1,
        "Unit Gap": 0.0 if single else 1.0,
        "Cell": planned.cell_shapes()["tile"],
        "Material": materials["cells"],
        "Backing": 0.0 if single else 0.012,
        "Backing Material": shaders.plate("Plate"),
        "Shape": "Sphere" if single else "Tile",
        "Size": 0.9,
        "Relief": 1.0,
    }
    known = {name: value for name, value in style.layers.items() if name not in ("Arrangement",)}
    attach(obj, "Layer", layer_group(), given | known | look)
    obj.location.x = 1.0 * number
    bpy.context.scene.collection.objects.link(obj)
    return obj


def _beside(name, materials):
    """What an annotation puts beside a layer: words, or bars."""
    color = {"value": "#ffb861", "opened": "#ffb861"}.get(name, "#e6ecf7")
    ink = shaders.flat("ink", color, 1.0)
    if name in ("histogram", "weights"):
        heights = 0.34 * np.exp(-((np.arange(9) - (2.0 if name == "histogram" else 4.0)) ** 2) / 6.0) + 0.02
        for number, height in enumerate(heights.tolist()):
            mesh = bpy.data.meshes.new("bar")
            y = -0.07 * (number - 4)
            corners = [(0, y + a, 0.4 + b * height) for a, b in ((-0.03, 0), (0.03, 0), (0.03, 1), (-0.03, 1))]
            mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
            below, above = ("#2b7ccf", "#f6f7fb") if name == "histogram" else ("#4c92ee", "#ee7440")
            mesh.materials.append(shaders.flat("bar", below if number < 4 else above, 1.0))
            bpy.context.scene.collection.objects.link(bpy.data.objects.new("bar", mesh))
        return
    words = {"value": ["0.87"], "text": ["a note"], "opened": ["x · w + b", "= 0.87"]}[name]
    for number, body in enumerate(reversed(words)):
        obj = labels.text(body, 0.17, ink, "CENTER", "BOTTOM")
        obj.location = (0.0, 0.0, 0.36 + 0.2 * number)
        obj.rotation_euler = (radians(90), 0.0, radians(-70))
        bpy.context.scene.collection.objects.link(obj)


def _lines(before, after, material):
    """Some lines between the cells of two layers."""
    depsgraph = bpy.context.view_layer.depsgraph
    random = np.random.default_rng(1)
    places = []
    for obj in (before, after):
        cloud = obj.evaluated_get(depsgraph).evaluated_geometry()
        matrices, _ = framing.instance_matrices(cloud.instances_pointcloud())
        places.append(matrices[: len(obj.data.vertices), :3, 3] + np.array(obj.location))
    count = min(60, len(places[0]) * len(places[1]))
    ends = [spots[random.integers(0, len(spots), count)] for spots in places]
    share = np.linspace(0, 1, 8)
    smooth = share * share * (3 - 2 * share)
    points = ends[0][:, None] * (1 - smooth[:, None]) + ends[1][:, None] * smooth[:, None]
    points[..., 0] = ends[0][:, None, 0] * (1 - share) + ends[1][:, None, 0] * share
    curves = bpy.data.hair_curves.new("lines")
    curves.add_curves([8] * count)
    curves.set_types(type="POLY")
    curves.attributes["position"].data.foreach_set("vector", points.astype(np.float32).ravel())
    weight = random.uniform(-1, 1, count)
    for name, value in (("radius", 0.004 * np.abs(weight) + 0.001), ("shade", weight), ("strength", np.abs(weight))):
        attribute = curves.attributes.get(name) or curves.attributes.new(name, "FLOAT", "POINT")
        attribute.data.foreach_set("value", np.repeat(value, 8).astype(np.float32))
    curves.materials.append(material)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("lines", curves))


def _world(scene, colour):
    world = bpy.data.worlds.new("world")
    scene.world = world
    shaded = shaders.colormaps.linear(colour)
    tree = shaders.compat.use_nodes(world)
    tree.nodes.clear()
    ground, end = tree.nodes.new("ShaderNodeBackground"), tree.nodes.new("ShaderNodeOutputWorld")
    ground.inputs["Color"].default_value = shaded
    tree.links.new(ground.outputs[0], end.inputs["Surface"])


def _save(path: Path) -> None:
    """Render with some more pixels than the preview has, and write it small."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = SAMPLES, False
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x = scene.render.resolution_y = SIZE * LARGER
    scene.render.resolution_percentage = 100
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = str(Path(folder) / "preview.png")
        bpy.ops.render.render(write_still=True)
        picture = Image.open(scene.render.filepath).convert("RGB")
        picture = picture.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
        picture.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:])
