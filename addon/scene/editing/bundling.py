# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of a bundle drawn together where many run; stored as offsets that follow the two layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

import bpy
import numpy as np
from mathutils import Matrix

from ...layout.bundling import DEFAULT, Bundling, bundle, densities
from ...nodes.bundling import STORED
from ..building import connections
from ..camera import framing
from ..entities import Bundle

ITERATIONS = 6
FEWEST = 3  # lines; fewer have nothing to bundle


def store(
    obj: bpy.types.Object, depsgraph: bpy.types.Depsgraph, iterations: int = ITERATIONS, how: Bundling = DEFAULT
) -> int:
    """Work out the offsets of a bundle's lines where they stand now; how many lines were bundled.

    It shows them at once: Density becomes 1 unless it is above 0, Iterations the last.
    """
    connections.drop_offsets(obj)
    inputs = Bundle(obj).inputs
    lines = connections.lines_of(obj)
    layers = [inputs[name] for name in ("Source", "Target")]
    if len(lines) < FEWEST or None in layers:
        return 0
    own = obj.evaluated_get(depsgraph).matrix_world.inverted_safe()
    near = [own @ layer.evaluated_get(depsgraph).matrix_world for layer in layers]
    places = [_cells(layer, depsgraph, matrix) for layer, matrix in zip(layers, near, strict=True)]
    if any(len(place) <= index.max() for place, index in zip(places, (lines.source, lines.target), strict=True)):
        return 0
    ends = np.stack([place[index] for place, index in zip(places, (lines.source, lines.target), strict=True)], 1)
    frame = np.eye(3, dtype=np.float32)
    offsets = bundle(ends, lines.weight, frame, iterations, inputs["Ease"], how)
    for number, offset in enumerate(offsets, 1):
        attribute = obj.data.attributes.new(f"{STORED}{number}", "FLOAT_VECTOR", "POINT")
        attribute.data.foreach_set("vector", np.ascontiguousarray(offset).ravel())
    attributes = obj.data.attributes
    density = attributes.get("density") or attributes.new("density", "FLOAT", "CURVE")
    density.data.foreach_set("value", densities(ends, offsets[-1], frame, inputs["Ease"], how))
    Bundle(obj).bundling = asdict(how)
    values = {
        "Iterations": float(iterations),
        "Rounds": len(offsets),
        "Density": inputs["Density"] or 1.0,
        "Rest Length": float(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=-1).mean()),
    }
    for name, matrix in zip(("Source", "Target"), near, strict=True):
        _, rotation, scale = matrix.decompose()
        values |= {f"Rest {name} Rotation": tuple(rotation.to_euler()), f"Rest {name} Scale": tuple(scale)}
    inputs.update(values)
    obj.update_tag()
    obj.data.update_tag()
    return len(lines)


def held(obj: bpy.types.Object) -> tuple[int, float, float] | None:
    """How the lines of a bundle are bundled: rounds stored, Density, Iterations; None if they are not."""
    count = sum(attribute.name.startswith(STORED) for attribute in obj.data.attributes)
    inputs = Bundle(obj).inputs
    return (count, inputs["Density"], inputs["Iterations"]) if count else None


def restore(obj: bpy.types.Object, depsgraph: bpy.types.Depsgraph, kept: tuple[int, float, float]) -> None:
    """Bundle the lines that a bundle has now, as others were `held`."""
    count, density, iterations = kept
    store(obj, depsgraph, count, Bundling(**Bundle(obj).bundling))
    Bundle(obj).inputs.update({"Density": density, "Iterations": iterations})


def store_all(
    objs: Sequence[bpy.types.Object],
    depsgraph: bpy.types.Depsgraph,
    iterations: int = ITERATIONS,
    progress: Callable[[float], None] = lambda share: None,
    how: Bundling = DEFAULT,
) -> str:
    """Bundle the lines of these bundles; `progress` is told the share that is done. One line on what was done."""
    counts = []
    for number, obj in enumerate(objs):
        progress(number / len(objs))
        counts.append(store(obj, depsgraph, iterations, how))
    return f"{sum(counts):,} lines in {sum(map(bool, counts)):,} of {len(objs):,} bundles drawn together"


def _cells(layer: bpy.types.Object, depsgraph: bpy.types.Depsgraph, matrix: Matrix) -> np.ndarray:
    """Places (n, 3) of a layer's instances, in the space that the matrix leads to."""
    geometry = framing.geometry_of(layer, depsgraph)  # it owns the cloud
    cloud = geometry.instances_pointcloud() if geometry else None
    if cloud is None:
        return np.zeros((0, 3), np.float32)
    place = framing.instance_matrices(cloud)[0][:, :3, 3]
    turn = np.array(matrix, np.float32)
    return (place @ turn[:3, :3].T + turn[:3, 3]).astype(np.float32)
