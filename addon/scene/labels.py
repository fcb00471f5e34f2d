# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text in the scene: a label under each layer, class names beside the outputs."""

from __future__ import annotations

import bpy
import numpy as np

from ..network import Layer, Network
from ..network.drawn import Drawn
from . import framing, tags

EM = 0.021  # of the picture's height, the size of a layer's name
SECOND, THIRD = 0.78, 0.62  # sizes of the shape under it and of the notes under that
GAP = 0.022  # of the picture's height, between a layer and its label
LONGEST = 22  # characters of a name


def font() -> bpy.types.VectorFont:
    """Inter, which ships with Blender, packed so that the file shows the same everywhere."""
    name = "Inter.woff2"
    path = f"{bpy.utils.system_resource('DATAFILES')}/fonts/{name}"
    found = bpy.data.fonts.load(path, check_existing=True)
    if not found.packed_file:
        found.pack()
    return found


def short_name(layer: Layer) -> str:
    """What to call a layer on screen: the last part of its name that is not just its operator."""
    parts = [part for part in layer.name.split("/") if part] or [layer.name]
    last = parts[-1].split(":")[0]
    generic = (layer.op.lower(), "biasadd", "matmul", "conv2d", "convolution")
    if len(parts) > 1 and last.lower().rstrip("_0123456789") in generic:
        last = parts[-2]
    last = last.removeprefix("node_")
    return last if len(last) <= LONGEST else f"{last[: LONGEST // 2 - 1]}…{last[-LONGEST // 2 :]}"


def shape_text(layer: Layer) -> str:
    if layer.shape is None:
        return "shape not known"
    return " × ".join("?" if size is None else f"{size:,}" for size in layer.shape) or "1"


def left_out(layer: Layer, drawn: Drawn) -> str:
    """What of a layer is not drawn, in words; empty if all is."""
    if drawn.whole:
        return ""
    words, grid = [], drawn.grid
    if len(drawn.units) < grid.units:
        words.append(f"{len(drawn.units):,} of {grid.units:,} {'channels' if grid.is_map else 'units'}")
    if len(drawn.rows) < grid.rows:
        words.append(f"{len(drawn.rows):,} of {grid.rows:,} rows")
    if len(drawn.columns) < grid.columns:
        words.append(f"{len(drawn.columns):,} of {grid.columns:,} columns")
    return ", ".join(words)


def followers(network: Network, layer: Layer) -> list[Layer]:
    """The activations and normalisations that stand close behind a layer and share its label."""
    chain, current = [], layer
    while len(after := [one for one in network.layers if current.name in one.inputs and one.elementwise]) == 1:
        current = after[0]
        chain.append(current)
    return chain


def text(body: str, size: float, material: bpy.types.Material, align: str = "CENTER", vertical: str = "TOP"):
    """A text object that only the camera sees."""
    curve = bpy.data.curves.new(body, "FONT")
    curve.body, curve.size, curve.align_x, curve.align_y, curve.font = body, size, align, vertical, font()
    curve.materials.append(material)
    thing = bpy.data.objects.new(body, curve)
    for ray in ("diffuse", "glossy", "shadow", "transmission", "volume_scatter"):
        setattr(thing, f"visible_{ray}", False)
    return thing


def make(network: Network, layer: Layer, drawn: dict[str, Drawn], notes: list[str], materials: dict):
    """The label of a layer: its name, its shape, and in small what is left out and what stands close behind it."""
    behind = " · ".join(one.op for one in followers(network, layer))
    small = [left_out(layer, drawn[layer.name]), *notes, f"then {behind}" if behind else ""]
    lines = ((short_name(layer), 1.0, "label"), (shape_text(layer), SECOND, "dim"),
             ("\n".join(filter(None, small)), THIRD, "dim"))
    things, down = [], 0.0
    for body, size, material in lines:
        if not body:
            continue
        thing = text(body, size, materials[material])
        thing.data.space_line = 1.2
        thing.data.offset_y = -down
        down += size * 1.2 * (body.count("\n") + 1) + 0.1
        tags.write(thing, "label", layer=layer.name, height=down)
        things.append(thing)
    return things


def arrange(labels: dict[str, list], layers: dict[str, bpy.types.Object], camera: bpy.types.Object, aspect: float,
            depsgraph: bpy.types.Depsgraph) -> None:
    """Put every label under what is seen above it, all of one size in the picture and none on another."""
    _, up = framing.slopes(camera.data, aspect)
    boxes = {name: framing.project(camera, framing.box_corners(thing, depsgraph)) for name, thing in layers.items()}
    taken: list[tuple[float, float, float, float]] = []  # left, right, bottom, top of the labels so far
    em = EM * 2 * up
    order = sorted((name for name in labels if len(boxes[name])), key=lambda name: -boxes[name][:, 0].mean())
    for name in order:
        centre, depth = _visible_middle(name, boxes), boxes[name][:, 2].mean()
        wide = max(thing.dimensions.x / max(thing.scale.x, 1e-9) for thing in labels[name]) * em
        tall = em * max(tags.read(thing)["height"] for thing in labels[name])
        left, right = centre - wide / 2 - em * 0.4, centre + wide / 2 + em * 0.4
        # the lower outline of everything that is seen at this place
        top = min(float(_outline(other, left, right)) for other in boxes.values() if len(other)) - GAP * 2 * up
        for begin, end, low, high in sorted(taken, key=lambda one: -one[3]):
            if begin < right and left < end and top > low and top - tall < high:
                top = low - em * 0.3
        taken.append((left, right, top - tall, top))
        for thing in labels[name]:
            framing.place(thing, framing.unproject(camera, centre, top, depth), layers[name])
            thing.scale = (em * depth,) * 3
            if not thing.constraints:
                framing.face(thing, camera)


def _visible_middle(name: str, boxes: dict[str, np.ndarray]) -> float:
    """The middle of the widest part of a layer that no nearer layer stands before."""
    box = boxes[name]
    low, high, depth = box[:, 0].min(), box[:, 0].max(), box[:, 2].mean()
    at = np.linspace(low, high, 64)
    seen = np.ones(64, bool)
    for other in boxes.values():
        if len(other) and other[:, 2].mean() < depth and other[:, 1].max() > box[:, 1].min():
            seen &= (at < other[:, 0].min()) | (at > other[:, 0].max())
    runs = np.split(np.arange(64), np.flatnonzero(np.diff(seen.astype(int))) + 1)
    widest = max((run for run in runs if seen[run[0]]), key=len, default=np.arange(64))
    return float(at[widest].mean())


def _outline(box: np.ndarray, left: float, right: float) -> float:
    """The lowest point of a box's picture between two verticals; infinite where it is not between them."""
    x, y = box[:, 0], box[:, 1]
    low, high = max(left, x.min()), min(right, x.max())
    if low > high:
        return np.inf
    a, b = np.meshgrid(np.arange(8), np.arange(8))
    (xa, xb), (ya, yb) = (x[a], x[b]), (y[a], y[b])
    lowest = []
    for at in (low, high):
        crossing = (xa <= at) & (at <= xb) & (xb > xa)
        share = (at - xa[crossing]) / (xb - xa)[crossing]
        lowest += list(ya[crossing] + share * (yb - ya)[crossing])
    inside = y[(x >= low) & (x <= high)]
    return min([*lowest, *inside], default=np.inf)
