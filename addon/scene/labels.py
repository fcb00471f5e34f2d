# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text in the scene: a label under each layer, class names beside the outputs."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from ..network import Connection, Layer, Network
from ..network.drawn import Drawn
from ..network.joins import WEIGHT
from ..network.lines import Lines
from . import framing, tags

EM = 0.021  # of the picture's height, the size of a layer's name
SECOND, THIRD = 0.78, 0.62  # sizes of the shape under it and of the notes under that
GAP = 0.022  # of the picture's height, between a layer and its label
SAMPLES = 400  # places across the picture at which its lower edge is looked up
LETTER = 0.56  # mean width of a letter of Inter, in ems
DEEPEST = 8.0  # ems; a label that would have to go further down for want of room is hidden
LONGEST = 22  # characters of a name


def font() -> bpy.types.VectorFont:
    """Inter, packed so that the file shows the same everywhere.

    The copy beside this module is Blender's own, cut down and not compressed: Blender opens a font anew for every
    glyph, which takes 6.5 ms with the one it ships and 0.2 ms with this.
    """
    known = next((one for one in bpy.data.fonts if one.packed_file and tags.kind(one) == "font"), None)
    if known:
        return known
    found = bpy.data.fonts.load(str(Path(__file__).parent / "fonts" / "Inter.ttf"))
    found.pack()
    tags.write(found, "font")
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
    if (len(drawn.rows), len(drawn.columns)) != (grid.rows, grid.columns):
        words.append(f"{len(drawn.rows):,} × {len(drawn.columns):,} of {grid.rows:,} × {grid.columns:,} cells")
    return "\n".join(words)


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
    curve.resolution_u = 3  # the default of 12 costs four times as long, and nobody sees it
    curve.materials.append(material)
    thing = bpy.data.objects.new(body, curve)
    for ray in ("diffuse", "glossy", "shadow", "transmission", "volume_scatter"):
        setattr(thing, f"visible_{ray}", False)
    return thing


def notes(network: Network, layer: Layer, drawn: Drawn, lines: list[tuple[Connection, Lines]]) -> str:
    """The small print of a label: what is left out of its cells and connections, and what stands close behind it."""
    parts = [left_out(layer, drawn)]
    for connection, chosen in lines:
        if connection.target is layer and connection.join.carries == WEIGHT and len(chosen) < chosen.total:
            what = "kernels" if chosen.level == "unit" else "connections"
            parts.append(f"{len(chosen):,} of {count_text(chosen.total)} {what}")
    behind = " · ".join(one.op for one in followers(network, layer))
    return "\n".join(filter(None, [*parts, f"then {behind}" if behind else ""]))


def count_text(count: int) -> str:
    return f"{count:,}" if count < 1_000_000 else f"{count / 1e6:.1f} M" if count < 1e9 else f"{count / 1e9:.1f} G"


def make(layer: Layer, small: str, materials: dict) -> list[bpy.types.Object]:
    """The label of a layer: its name, its shape, and its notes in small."""
    things, down = [], 0.0
    for part, body, size, material in (("name", short_name(layer), 1.0, "label"),
                                       ("shape", shape_text(layer), SECOND, "dim"), ("notes", small, THIRD, "dim")):
        thing = text(body, size, materials[material])
        thing.name = f"{layer.name} {part}"  # a layer's own name is for the layer
        thing.data.space_line, thing.data.offset_y = 1.2, -down
        tags.write(thing, "label", layer=layer.name, part=part, above=down)
        write(thing, body)
        down = tags.read(thing)["height"]
        thing.hide_viewport = True  # until it has a place: text takes long to evaluate
        things.append(thing)
    return things


def write(thing: bpy.types.Object, body: str) -> None:
    """Change what a part of a label says."""
    facts, size = tags.read(thing), thing.data.size
    thing.data.body = body
    wide = LETTER * size * max(len(line) for line in body.split("\n"))
    height = facts["above"] + (size * 1.2 * (body.count("\n") + 1) + 0.1 if body else 0.0)
    tags.write(thing, **(facts | {"width": wide, "height": height}))


def arrange(labels: dict[str, list], boxes: dict[str, np.ndarray], layers: dict[str, bpy.types.Object],
            camera: bpy.types.Object, aspect: float, depsgraph: bpy.types.Depsgraph) -> np.ndarray:
    """Put every label under what is seen above it, all of one size in the picture and none on another.

    `boxes` are the world corners (8, 3) of the layers. Where there is no room a label is hidden; it can be shown
    again by hand. Returns the world corners (n, 3) of the labels that are shown.
    """
    _, up = framing.slopes(camera.data, aspect)
    names = [name for name in layers if len(boxes[name])]
    corners = [np.zeros((0, 3))]
    if not names:
        return corners[0]
    seen = framing.project(camera, np.concatenate([boxes[name] for name in names])).reshape(-1, 8, 3)
    rows = np.array([tags.read(layers[name]).get("row", 0) for name in names])
    at = np.linspace(seen[:, :, 0].min(), seen[:, :, 0].max(), SAMPLES)
    outline = {row: _outline(seen[rows == row], at) for row in np.unique(rows)}
    middles, depths = _visible_middles(seen, rows, at), seen[:, :, 2].mean(1)
    low_corner, high_corner = seen[:, :, :2].min(1), seen[:, :, :2].max(1)
    taken: list[tuple[float, float, float, float]] = []  # left, right, bottom, top of the labels so far
    em = EM * 2 * up
    order = sorted((i for i, name in enumerate(names) if name in labels), key=lambda i: -middles[i])
    for index in order:
        name, centre, depth = names[index], middles[index], depths[index]
        size = [tags.read(thing) for thing in labels[name]]
        wide, tall = (em * max(one[side] for one in size) for side in ("width", "height"))
        left, right = centre - wide / 2 - em * 0.4, centre + wide / 2 + em * 0.4
        over = outline[rows[index]][(at >= left) & (at <= right)]
        wanted = top = float(min(over.min(initial=np.inf), seen[index, :, 1].min())) - GAP * 2 * up
        for begin, end, low, high in sorted(taken, key=lambda one: -one[3]):
            if begin < right and left < end and top > low and top - tall < high:
                top = low - em * 0.3
        on_others = (low_corner < (right, top)).all(1) & (high_corner > (left, top - tall)).all(1)
        crowded = wanted - top > DEEPEST * em or bool((on_others & (rows != rows[index])).any())
        for thing in labels[name]:
            thing.hide_viewport = thing.hide_render = crowded
        if crowded:
            continue
        taken.append((left, right, top - tall, top))
        corners += [[framing.unproject(camera, x, y, depth)] for x in (left, right) for y in (top - tall, top)]
        place = framing.unproject(camera, centre, top, depth)
        for thing in labels[name]:
            framing.place(thing, place, layers[name], depsgraph)
            thing.scale = (em * depth,) * 3
            if not thing.constraints:
                framing.face(thing, camera)
    return np.concatenate(corners)


def _outline(seen: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The lowest points of the picture of all boxes at these places across (infinite for none).

    `seen` are projected corners (boxes, 8, 3). A box's lower edge is the lowest line between two of its corners.
    """
    first, second = np.triu_indices(8, 1)
    lowest = np.full(len(at), np.inf)
    for box in seen:
        near = slice(*np.searchsorted(at, (box[:, 0].min(), box[:, 0].max())))
        (x1, y1), (x2, y2) = box[first, :2].T, box[second, :2].T
        across = x2 - x1
        share = (at[near, None] - x1) / np.where(across == 0, np.inf, across)
        height = np.where((share >= 0) & (share <= 1) & (across != 0), y1 + share * (y2 - y1), np.inf)
        lowest[near] = np.minimum(lowest[near], height.min(1))
    return lowest


def _visible_middles(seen: np.ndarray, rows: np.ndarray, at: np.ndarray) -> np.ndarray:
    """For each box the middle of the widest part of it that no nearer box of its row stands before."""
    left, right, depth = seen[:, :, 0].min(1), seen[:, :, 0].max(1), seen[:, :, 2].mean(1)
    middles = (left + right) / 2
    for index in range(len(seen)):
        nearer = (depth < depth[index]) & (seen[:, :, 1].max(1) > seen[index, :, 1].min()) & (rows == rows[index])
        inside = at[(at >= left[index]) & (at <= right[index])]
        hidden = ((inside[:, None] >= left[nearer]) & (inside[:, None] <= right[nearer])).any(1)
        runs = np.split(np.arange(len(inside)), np.flatnonzero(np.diff(hidden.astype(int))) + 1)
        widest = max((run for run in runs if len(run) and not hidden[run[0]]), key=len, default=None)
        if widest is not None:
            middles[index] = inside[widest].mean()
    return middles
