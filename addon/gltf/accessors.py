# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arrays as the glTF objects of Blender's own exporter, which writes them. Y is up, colours are linear."""

from __future__ import annotations

import numpy as np
from io_scene_gltf2.io.com import gltf2_io
from io_scene_gltf2.io.com.gltf2_io_extensions import Extension
from io_scene_gltf2.io.exp.binary_data import BinaryData

from . import shapes
from .poses import Poses
from .shapes import CellCopies, Strands, Surface

INSTANCING, UNLIT = "EXT_mesh_gpu_instancing", "KHR_materials_unlit"
COMPONENTS = {"float32": 5126, "uint32": 5125, "uint16": 5123, "int16": 5122, "uint8": 5121}
TYPES = {1: "SCALAR", 3: "VEC3", 4: "VEC4"}
VERTICES, INDICES = 34962, 34963  # what a buffer view is for
GRID_ROW = 8  # bytes
LINES, TRIANGLES = 1, 4
AXES = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]], np.float64)  # Blender's to those of glTF
LARGEST = np.finfo(np.float32).max


def instancing(cells: CellCopies) -> Extension | None:
    """The extension of a node that shows its mesh at every cell; None if that takes a shear."""
    parts = shapes.parts(AXES @ cells.matrices @ AXES.T)
    if parts is None:
        return None
    places, turns, scales = parts
    attributes = {"TRANSLATION": accessor(places), "SCALE": accessor(scales), "_COLOR_0": _colours(cells.colours)}
    if turns is not None:
        attributes["ROTATION"] = accessor(turns)
    attributes |= {f"_{name.upper()}": _numbers(number, name != "value") for name, number in cells.numbers.items()}
    return Extension(INSTANCING, {"attributes": attributes}, False)


def mesh(
    name: str,
    content: Surface | Strands | CellCopies,
    material: gltf2_io.Material,
    poses: Poses | None = None,
    grid: bool = False,
) -> gltf2_io.Mesh:
    """A mesh of one primitive, with a morph target for each pose; of cells, the shape of one.

    With `grid`, places are whole numbers, of which every fourth is there only to make their rows eight bytes long.
    """
    if isinstance(content, CellCopies):
        attributes = {}
        indices = content.triangles.ravel()
        mode = TRIANGLES
    elif isinstance(content, Surface):
        indices = content.triangles.ravel()
        mode = TRIANGLES
        attributes = _attributes(content.colours, content.numbers)
    else:
        count, each = content.points.shape[:2]
        start = np.arange(count)[:, None] * each + np.arange(each - 1)
        indices = np.stack([start, start + 1], -1).ravel()
        mode = LINES
        repeat = {name: np.repeat(number, each) for name, number in content.numbers.items()}
        attributes = _attributes(np.repeat(content.colours, each, axis=0), repeat, np.uint8)  # they are thin and many
    points = content.points.reshape(-1, 3) @ AXES[:3, :3].T
    places = points.astype(np.int16) if grid else points
    attributes = {"POSITION": accessor(places, VERTICES, bounds=True, padded=grid), **attributes}
    kind = np.uint16 if len(points) < 1 << 16 else np.uint32  # an index of 65,535 would restart a primitive
    targets = _targets(poses) if poses else None
    primitive = gltf2_io.MeshPrimitive(
        attributes, None, None, accessor(indices.astype(kind), INDICES), material, mode, targets
    )
    return gltf2_io.Mesh(None, None, name, [primitive], [0.0] * len(targets) if targets else None)


def _targets(poses):
    targets = [{"POSITION": accessor(place @ AXES[:3, :3].T, VERTICES, bounds=True)} for place in poses.places]
    for target, colours in zip(targets, poses.colours if poses.colours is not None else (), strict=False):
        target["COLOR_0"] = accessor(colours, VERTICES)
    return targets


def material(name: str, lit: bool, clear: bool) -> gltf2_io.Material:
    """What shows the colours of vertices and instances: as they are, or under the light of the viewer (`lit`);
    with `clear` their opacity counts."""
    surface = gltf2_io.MaterialPBRMetallicRoughness(None, None, None, None, 0.0, None, 0.8)
    unlit = None if lit else {UNLIT: Extension(UNLIT, {}, False)}
    return gltf2_io.Material(None, "BLEND" if clear else None, True, None, None, unlit, None, name, None, None, surface)


def _attributes(colours, numbers, kind=np.uint16):
    return {
        "COLOR_0": _colours(colours, VERTICES, kind),
        **{f"_{name.upper()}": accessor(_finite(number), VERTICES) for name, number in numbers.items()},
    }


def _numbers(values, whole):
    """Numbers of instances: whole ones of few bits where they have room, for these are read one by one."""
    small = whole and len(values) and values.min() >= 0 and values.max() < 1 << 16
    return accessor(values.astype(np.uint16) if small else _finite(values))


def _finite(values):
    """As float32; what is not finite has no place in a glTF file: its largest number stands for NaN and infinity."""
    return np.nan_to_num(np.asarray(values, np.float32), nan=LARGEST, posinf=LARGEST, neginf=-LARGEST)


def _colours(colours, target=None, kind=np.uint16):
    """Sixteen bits a channel, as a rule: eight are few for dark colours in linear light."""
    levels = np.rint(np.clip(colours, 0, 1) * np.iinfo(kind).max).astype(kind)
    return accessor(levels, target, normalised=True)


def accessor(
    values: np.ndarray, target: int | None = None, bounds: bool = False, normalised: bool = False, padded: bool = False
) -> gltf2_io.Accessor:
    """Rows of numbers: whole ones of the kinds that glTF has as they are, all others as float32. With `bounds` it tells
    their range; with `padded` a row has room for one more."""
    values = np.ascontiguousarray(values if values.dtype.name in COMPONENTS else values.astype(np.float32))
    rows = values.reshape(len(values), -1)
    stored = np.pad(rows, ((0, 0), (0, 1))) if padded else rows
    low, high = (rows.min(0).tolist(), rows.max(0).tolist()) if bounds else (None, None)
    return gltf2_io.Accessor(
        BinaryData(stored.tobytes(), target),
        None,
        COMPONENTS[values.dtype.name],
        len(rows),
        None,
        None,
        high,
        low,
        None,
        normalised or None,
        None,
        TYPES[rows.shape[1]],
    )
