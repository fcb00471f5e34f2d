# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Readings that were pinned: objects of their own that render, move, export, and follow what they read."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ...network.fields import flat
from ...network.network import Grid
from ...nodes.annotation import annotation_group
from ...nodes.tree import attach
from ..attributes import array
from ..camera import framing
from ..entities import Annotation, Bundle, LayerObject, NetworkScene, network_of
from ..texts import labels
from . import hits
from .reading import Reading, drawn_cells

EM = 0.025  # of the picture's height
AWAY = 0.05, 0.2  # of half the picture, to the right of what is read and above it
EDGE = 0.95  # of half the picture, within which the text stays
MOST_DECIMALS = 5


@dataclass(frozen=True)
class Look:
    """From where one looks when something is pinned: the `eye` (3,), `axes` (3, 3) whose columns are right, up and
    towards the viewer, and half the width and height of the picture as slopes, or in metres where it is `flat`."""

    eye: np.ndarray
    axes: np.ndarray
    half: tuple[float, float]
    is_flat: bool = False

    @classmethod
    def of_camera(cls, camera: bpy.types.Object, aspect: float) -> Look:
        """Through a camera, of a picture with this width by height."""
        matrix = np.array(camera.matrix_world)
        half = framing.slopes(camera.data, aspect)
        return cls(matrix[:3, 3], matrix[:3, :3], half, camera.data.type == "ORTHO")

    @classmethod
    def of_view(cls, view: bpy.types.RegionView3D) -> Look:
        """As a 3D view shows it."""
        matrix = np.array(view.view_matrix.inverted())
        window = np.array(view.window_matrix)
        half = 1 / abs(window[0, 0]), 1 / abs(window[1, 1])
        return cls(matrix[:3, 3], matrix[:3, :3], half, not view.is_perspective)

    def project(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 3) in shares of half the picture to the right and up, and their depth in metres."""
        x, y, z = ((points - self.eye) @ self.axes).T
        apart = np.ones_like(z) if self.is_flat else -z
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.stack([x / apart / self.half[0], y / apart / self.half[1], -z], -1)

    def place(self, right: float, up: float, depth: float) -> np.ndarray:
        """The way back."""
        apart = 1.0 if self.is_flat else depth
        return self.eye + self.axes @ np.array([right * self.half[0] * apart, up * self.half[1] * apart, -depth])

    def height(self, depth: float) -> float:
        """Metres that the picture is high at a depth."""
        return 2 * self.half[1] * (1.0 if self.is_flat else depth)


def pin(
    reading: Reading, look: Look, depsgraph: bpy.types.Depsgraph, camera: bpy.types.Object | None = None
) -> bpy.types.Object | None:
    """An annotation of a cell or a line, beside it and in front of what stands there. It keeps turned to the `camera`,
    if there is one. None of what has no number of its own."""
    read = reading.hit.obj
    if read is None or reading.hit.kind not in (hits.CELL, hits.LINE):
        return None
    network = network_of(read)
    scene = NetworkScene(network)
    is_line = reading.hit.kind == hits.LINE
    number = reading.facts.get("weight" if is_line else "value")
    text = words_of(reading)
    place, depth = _room(scene, look, np.array(reading.place), labels.width_of(text), depsgraph)
    obj = bpy.data.objects.new(f"{reading.title} Annotation", bpy.data.meshes.new(f"{reading.title} Annotation"))
    attach(
        obj,
        "Annotation",
        annotation_group(labels.font()),
        {
            "Of": read,
            "Reads": "Line" if is_line else "Cell",
            "Index": reading.hit.index,
            "Text": text,
            "Number": number is not None and reading.facts.get("value_is") != "none",
            "Decimals": decimals(number),
            "Size": EM * look.height(depth),
            "Text Material": scene.materials.get("label"),
            "Number Material": scene.materials.get("followed"),
        },
    )
    facts = reading.facts
    if is_line:
        source, target = Bundle(read).layers
        Annotation.make(
            obj,
            layer=facts["target"],
            source=facts["source"],
            start=_place(source, facts["source_cell"]),
            end=_place(target, facts["target_cell"]),
        )
    else:
        Annotation.make(obj, layer=facts["layer"], unit=facts["unit"], row=facts["row"], column=facts["column"])
    scene.child("labels").objects.link(obj)
    root = scene.root().obj
    obj.parent = root
    matrix = Matrix(look.axes.tolist()).to_4x4()
    matrix.translation = Vector(place)
    obj.matrix_local = root.matrix_world.inverted_safe() @ matrix
    if camera is not None:
        framing.face(obj, camera)
    labels.seen_by_camera(obj)
    return obj


def _room(scene: NetworkScene, look: Look, place: np.ndarray, ems: float, depsgraph) -> tuple[np.ndarray, float]:
    """Where the text goes: to the upper right of a place, inside the picture, before all that it would hide in."""
    ((right, up, depth),) = look.project(place[None])
    wide, tall = 2 * EM * ems * look.half[1] / look.half[0], 2 * EM * 3.2
    right = float(np.clip(right + AWAY[0], -EDGE, EDGE - wide))
    up = float(np.clip(up + AWAY[1], -EDGE, EDGE - tall))
    nearest = depth
    for obj in scene.members(LayerObject, Bundle):
        corners = framing.box_corners(obj.obj, depsgraph)
        if not len(corners):
            continue
        seen = look.project(corners)
        if seen[:, 2].min() <= 0:
            continue
        low, high = seen[:, :2].min(0), seen[:, :2].max(0)
        if low[0] < right + wide and high[0] > right and low[1] < up + tall and high[1] > up - tall / 3:
            nearest = min(nearest, seen[:, 2].min())
    depth = max(0.98 * nearest, 0.3 * depth)
    return look.place(right, up, depth), depth


def words_of(reading: Reading) -> str:
    """The line under the number: at most a name and where."""
    said = dict(reading.rows)
    if reading.hit.kind == hits.LINE:
        return reading.title
    unit = next(
        (f"{word.lower()} {said[word].split(' of ')[0]}" for word in ("Map", "Unit", "Head") if word in said), ""
    )
    place = said.get("Row, Column", "")
    row, _, column = place.partition(", ")
    return ", ".join(filter(None, (reading.title, unit, f"row {row}, column {column}" if place else "")))


def decimals(number: float | None) -> int:
    """How many decimals a number needs for three digits that count."""
    if not number or not np.isfinite(number):
        return 3
    return int(min(MOST_DECIMALS, max(0, 2 - np.floor(np.log10(abs(number))))))


def follow(network: bpy.types.Collection) -> None:
    """Let annotations read the same cells and lines where others are drawn now; those whose cell is not drawn any more
    are hidden, and come back with it."""
    scene = NetworkScene(network)
    layers = scene.layers()
    for note in scene.members(Annotation):
        index = _line_of(scene, note, layers) if note.source else _cell_of(note, layers)
        hide = index is None
        if not hide:
            of, at = index
            note.inputs.update({"Of": of, "Index": at})
        if note.obj.hide_render != hide:
            note.obj.hide_render = note.obj.hide_viewport = hide


def _cell_of(note, layers):
    layer = layers.get(note.layer)
    if layer is None or layer.detail not in ("cells", "maps"):
        return None
    if layer.detail == "maps":
        at = np.flatnonzero(array(layer.obj, "unit") == note.unit)
    else:
        grid = Grid(*layer.grid, tuple(layer.strides))
        at = np.flatnonzero(drawn_cells(layer.obj) == flat(grid, note.unit, note.row, note.column))
    return (layer.obj, int(at[0])) if len(at) else None


def _line_of(scene, note, layers):
    for bundle in scene.bundles():
        if bundle.source != note.source or bundle.target != note.layer:
            continue
        ends = [layers.get(name) for name in bundle.ends]
        if None in ends:
            continue
        cells = [
            drawn_cells(layer.obj)[array(bundle.obj, name)]
            for layer, name in zip(ends, ("source", "target"), strict=True)
        ]
        at = np.flatnonzero((cells[0] == note.start) & (cells[1] == note.end))
        if len(at):
            return bundle.obj, int(at[0])
    return None


def _place(layer: LayerObject | None, index: int) -> int:
    """The place of a drawn cell in its layer's tensor, -1 if there is no such layer."""
    if layer is None:
        return -1
    cells = drawn_cells(layer.obj)
    return int(cells[index]) if 0 <= index < len(cells) else -1
