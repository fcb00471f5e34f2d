# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chart of how well a network does without units, above it: what is right against the share that is pruned, by the
ranking, by weights alone, and a band for orders of chance. A dot follows the slider *Prune* of the root.

It stands in its own x-z plane, its left foot at the origin, and is turned to the camera.
"""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Vector

from ...nodes.proof import proof_group
from ...nodes.tree import attach
from .. import removing
from ..building import studio
from ..building.paints import paint_of
from ..camera import picture
from ..editing.proof import NAMES, Proof
from ..entities import NetworkScene, ProofChart
from ..series import words
from ..series.chart import THIN, box, placed_at, standing
from ..series.known import percent
from ..series.letters import Letters, joined, mesh_of
from ..texts import labels

WIDE = 0.68  # of the network, the chart
HIGH = 0.15  # of its width
GAP = 0.045  # of its width, between network and chart
KEY = 0.05  # of its width, from its right edge to the names of the curves
LARGE, SMALL = 0.27, 0.21  # of the height, letters
LINE = 0.016  # of the height: half the thickness of a line
PAINTS = ("track", "dim", "label", "hot", "alone", "chance")


def remove(collection: bpy.types.Collection) -> None:
    """Take the chart of a network away."""
    shown = [each.obj for each in NetworkScene(collection).members(ProofChart)]
    numbers = [obj for obj in bpy.data.objects if obj.parent in shown and obj not in shown and ProofChart.is_one(obj)]
    removing.remove([*shown, *numbers])


def show(collection: bpy.types.Collection, proof: Proof) -> None:
    """Put the chart above a network."""
    scene = NetworkScene(collection)
    root = scene.root().obj
    camera = studio.camera_of(collection)
    turn = float(camera.rotation_euler.z) if camera is not None else 0.0
    points = _points(collection)
    right = np.array([np.cos(turn), np.sin(turn), 0.0])
    along = points @ right
    width = WIDE * float(np.ptp(along)) or 1.0
    height = HIGH * width
    name = f"{collection.name} proof"
    paints = {role: scene.materials.get(role) or paint_of(scene, role) for role in PAINTS}
    axes = bpy.data.objects.new(f"{name} axes", _axes(name, proof, paints, width, height))
    ProofChart.make(axes, part="axes")
    texts = [
        f"{percent(value)} {_right(proof)} at {100 * share:.3g}\N{NO-BREAK SPACE}%"
        for share, value in zip(proof.shares, proof.ours, strict=True)
    ]
    size = LARGE * height
    beside = (0.12 * height, -0.03 * height, 0.1 * height)
    parts = [placed_at(standing(text, size, "LEFT"), beside) for text in texts]
    mesh = words.joined(f"{name} numbers", parts)
    numbers = bpy.data.objects.new(mesh.name, mesh)
    ProofChart.make(numbers, part="numbers")
    line = bpy.data.objects.new(f"{name} line", _line(name, proof, width, height))
    ProofChart.make(line, part="line")
    given = {"Network": root, "Words": numbers, "Radius": 0.022 * height, "Dot": 0.08 * height}
    attach(line, "Proof", proof_group(), given | {"Material": paints["hot"]})
    line.parent, numbers.parent = axes, line
    for obj in (axes, line):
        labels.seen_by_camera(obj)
        for holder in root.users_collection:
            holder.objects.link(obj)
    middle = (points.max(0) + points.min(0)) / 2
    reach = width * (1 + KEY) + 3.2 * height  # with the names of the curves
    left = middle + right * ((along.max() + along.min() - reach) / 2 - middle @ right)
    axes.parent = root
    axes.location = Vector((*left[:2], float(points[:, 2].max()) + GAP * width + 0.34 * height))
    axes.rotation_euler = (0.0, 0.0, turn)


def _points(collection) -> np.ndarray:
    """The corners of all that is seen of a network, (n, 3)."""
    scene = NetworkScene(collection).scene
    if scene is None:
        return np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 1.0]])
    points = picture.seen(collection, scene).points
    return points if len(points) else np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 1.0]])


def _right(proof: Proof) -> str:
    return "as the whole network" if proof.own else "right"


def _line(name: str, proof: Proof, width: float, height: float) -> bpy.types.Mesh:
    mesh = bpy.data.meshes.new(f"{name} line")
    points = [(share * width, 0.0, value * height) for share, value in zip(proof.shares, proof.ours, strict=True)]
    mesh.from_pydata(points, [(at, at + 1) for at in range(len(points) - 1)], [])
    for attribute, values in (("place", proof.shares), ("right", proof.ours)):
        mesh.attributes.new(attribute, "FLOAT", "POINT").data.foreach_set("value", np.array(values, np.float32))
    return mesh


def _axes(name: str, proof: Proof, paints, width: float, height: float) -> bpy.types.Mesh:
    """Grid, ticks, the band of chance, the line of the weights and all words: one mesh, a material a color."""
    parts: list[Letters] = []
    material: list[int] = []

    def add(part: Letters, paint: str, *by: float) -> None:
        parts.append(part._replace(corners=part.corners + np.array(by or (0, 0, 0), np.float32)))
        material.extend([PAINTS.index(paint)] * len(part.counts))

    size = SMALL * height
    behind = 0.03 * height
    for share in (0.0, 0.5, 1.0):
        thick = THIN * height * (2.0 if share == 0 else 1.0)
        add(box((0.0, behind, share * height), (width, behind, share * height), thick), "track")
        add(standing(f"{share * 100:.0f} %", size, "RIGHT"), "dim", -0.12 * height, 0, share * height - 0.36 * size)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        add(box((share * width, behind, 0.0), (share * width, behind, -0.05 * height), THIN * height), "track")
        add(standing(f"{share * 100:.0f} %", size, "CENTER"), "dim", share * width, 0, -0.34 * height)
    add(standing("of each layer's units pruned", size, "LEFT"), "dim", width * (1 + KEY), 0, -0.34 * height)
    few = np.array(proof.few) * width
    low, high, middle = (np.array(values) * height for values in (proof.low, proof.high, proof.middle))
    add(_band(few, low, high, 0.02 * height), "chance")
    add(_ribbon(few, middle, 0.6 * LINE * height, 0.015 * height), "dim")
    add(
        _ribbon(np.array(proof.shares) * width, np.array(proof.weights) * height, LINE * height, 0.01 * height), "alone"
    )
    add(standing("How much can go?", 1.25 * LARGE * height, "LEFT"), "label", 0.0, 0, 1.82 * height)
    add(standing(_tested(proof), SMALL * height, "LEFT"), "dim", 0.0, 0, 1.5 * height)
    beside = width * (1 + KEY)
    for place, (text, paint) in enumerate(_key(proof)):
        up = (0.9 - 0.34 * place) * height
        thick = (3.2 if paint == "chance" else 1.6) * LINE * height
        add(box((beside, 0.0, up), (beside + 0.3 * height, 0.0, up), thick), paint)
        add(
            standing(text, size, "LEFT"),
            "dim" if paint == "chance" else paint,
            beside + 0.42 * height,
            0,
            up - 0.36 * size,
        )
    mesh = mesh_of(f"{name} axes", joined(parts))
    for paint in PAINTS:
        mesh.materials.append(paints[paint])
    mesh.polygons.foreach_set("material_index", np.array(material, np.int32))
    return mesh


def _key(proof: Proof) -> list[tuple[str, str]]:
    """What each curve is, with its color, from the top."""
    ranked = [(NAMES[proof.by], "hot")]
    if proof.by != "weights":
        ranked.append(("by weights alone", "alone"))
    return [*ranked, ("in 20 orders of chance", "chance")]


def _tested(proof: Proof) -> str:
    """Of which samples the curves tell, in words."""
    of = f" of “{proof.label}”" if proof.index >= 0 else ""
    against = "decided as the whole network does" if proof.own else "right"
    ranked = "" if proof.by == "weights" else f", ranked on {proof.ranked:,} others"
    return f"{against}, of {proof.tested:,} samples{of} in {proof.data}{ranked}"


def _ribbon(x: np.ndarray, z: np.ndarray, half: float, y: float) -> Letters:
    """A flat line through points, seen from -y."""
    along = np.stack([np.gradient(x), np.gradient(z)], 1)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    across = np.stack([-along[:, 1], along[:, 0]], 1) * half
    return _strip(np.stack([x, z], 1) - across, np.stack([x, z], 1) + across, y)


def _band(x: np.ndarray, low: np.ndarray, high: np.ndarray, y: float) -> Letters:
    """What lies between two curves, seen from -y."""
    return _strip(np.stack([x, low], 1), np.stack([x, high], 1), y)


def _strip(below: np.ndarray, above: np.ndarray, y: float) -> Letters:
    """Faces between two rows of points (n, 2), one behind the other."""
    count = len(below)
    flat = np.concatenate([below, above])
    corners = np.stack([flat[:, 0], np.full(2 * count, y), flat[:, 1]], 1).astype(np.float32)
    begin = np.arange(count - 1)
    loops = np.stack([begin, begin + 1, begin + 1 + count, begin + count], 1)
    return Letters(corners, loops.ravel().astype(np.int32), np.full(count - 1, 4, np.int32))
