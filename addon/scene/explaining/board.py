# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several answers to one question side by side, in a scene of their own: a plate for each method, with what it says and
what it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, pi, radians

import bpy
import numpy as np
from mathutils import Matrix

from ...attribution import Explained
from ...network import Layer
from ...network.fields import flat
from ...nodes.cells import POWER
from ...nodes.layer import layer_group
from ...nodes.tree import attach
from .. import removing
from ..building import planned, studio
from ..building.paints import paint_of
from ..entities import EvidenceBoard, NetworkScene
from ..series.letters import joined, letters, mesh_of
from . import putting
from .known import NAMES, Answer
from .saying import number

PLATE = 2.8
ACROSS, DOWN = 4.35, 3.45  # metres between plates
LEANS, TURNS = radians(43), radians(15)
RELIEF = 6.5
MOST = 9  # plates
PATCHES = 38  # of color in the legend
COUNTED = 20  # strongest pixels that are made black
DRAWS = 40  # of random ones, beside them
CAMERA = "methods"
SAYS = {
    "integrated": (
        "Divides the score: its parts add up to {sum} of {difference}.",
        "Not free of choice: counted from black.",
    ),
    "gradient": (
        "How the score moves, if a pixel changes a little.",
        "Not what was used: {off} of it lies where all is black.",
    ),
    "gradient-input": (
        "The gradient, times the pixel that is there.",
        "Not a division: it adds up to {sum}, not {difference}.",
    ),
    "guided": ("What helps, if only helping paths are followed back.", "Not made to tell classes apart."),
    "smoothgrad": ("The mean gradient of noisy copies.", "Not what was used: {off} of it lies where all is black."),
    "deconvnet": (
        "What is positive, led back through every Relu.",
        "Not a derivative, nor made to tell classes apart.",
    ),
    "gradcam": ("Where the maps of {layer} speak for it, at {size}.", "Not pixels, and nothing against it."),
    "occlusion": ("How far the score falls under a black {patch} patch.", "Not shares: patches overlap."),
}


@dataclass(frozen=True)
class Plate:
    """What one method says of the pixels of a picture (rows, columns), the score without the strongest, and which share
    of what it says lies where the picture is black."""

    told: Explained
    counts: np.ndarray
    blanked: float
    off: float


def plates(told: Sequence[Explained], layer: Layer, given: np.ndarray, score) -> tuple[list[Plate], float]:
    """The plates of these steps for a picture `given` as the network reads it, (1, ...), and the mean score without as
    many random pixels that are not black. `score` gives that of the class for other numbers."""
    grid = layer.grid
    place = flat(grid, *np.indices((grid.units, grid.rows, grid.columns)))

    def without(pixels: np.ndarray) -> float:
        left = given.copy().reshape(-1)
        left[place.reshape(grid.units, -1)[:, pixels]] = 0
        return score(left.reshape(given.shape))

    ink = np.flatnonzero(np.abs(given.reshape(-1)[place]).sum(0).ravel())
    made = []
    for step in told[:MOST]:
        if step.cam is not None:
            counts = _enlarged(step.cam, (grid.rows, grid.columns))
        elif layer.name in step.values:
            counts = step.values[layer.name][place].sum(0)
        else:
            continue
        order = np.argsort(-np.abs(counts).ravel(), kind="stable")
        size = np.abs(counts).ravel()
        off = float(np.delete(size, ink).sum() / (size.sum() or 1.0))
        made.append(Plate(step, counts, without(order[:COUNTED]), off))
    random = np.random.default_rng(0)
    drawn = [without(random.permutation(ink)[:COUNTED]) for _ in range(DRAWS)] if len(ink) > COUNTED else []
    return made, float(np.mean(drawn)) if drawn else float("nan")


def _enlarged(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A map at another size, each cell a rectangle of one value: nothing is smoothed."""
    rows, columns = (np.arange(wanted) * have // wanted for wanted, have in zip(size, values.shape, strict=True))
    return values[rows[:, None], columns]


def show(
    collection: bpy.types.Collection, answer: Answer, made: Sequence[Plate], chance: float, light: np.ndarray
) -> bpy.types.Scene:
    """The scene of these plates; `light` (rows, columns) is the picture, 0 to 1."""
    hide(collection)
    network = NetworkScene(collection)
    name = f"{collection.name} Methods"
    scene = bpy.data.scenes.new(name)
    camera = bpy.data.objects.new(CAMERA, bpy.data.cameras.new(CAMERA))
    studio.set_up(scene, name, camera)
    EvidenceBoard.make(scene, network=network.uuid)  # not one of the scenes that a network stands in
    shelf = scene.collection
    shelf.objects.link(camera)
    across = min(3, len(made))
    down = ceil(len(made) / across)
    for place, plate in enumerate(made):
        x = (place % across - (across - 1) / 2) * ACROSS
        z = ((down - 1) / 2 - place // across) * DOWN
        shelf.objects.link(_plate(network, plate, light, x, z + 0.55))
        _tell(network, shelf, plate, x - 1.75, z - 0.98)
    foot = -(down / 2) * DOWN - 0.25
    _foot(network, shelf, answer, made, chance, across, foot)
    wide, high = across * ACROSS + 0.6, down * DOWN + 1.5
    aspect = scene.render.resolution_x / scene.render.resolution_y
    camera.data.lens = 110.0
    camera.data.dof.use_dof = False
    size = max(wide, high * aspect)
    camera.location = (0.0, -size * camera.data.lens / camera.data.sensor_width, -0.45)
    camera.rotation_euler = (pi / 2, 0.0, 0.0)
    camera.data.clip_end = 1000.0
    for at, energy, side in (((-6, -9, 8), 900.0, 6.0), ((9, -6, 3), 350.0, 5.0)):
        lamp = bpy.data.objects.new("methods light", bpy.data.lights.new("methods light", "AREA"))
        lamp.data.energy, lamp.data.size, lamp.data.cutoff_distance = energy, side, studio.SHORT
        lamp.location = at
        lamp.rotation_euler = (-Matrix.Translation(at).to_translation()).to_track_quat("-Z", "Y").to_euler()
        shelf.objects.link(lamp)
    return scene


def hide(collection: bpy.types.Collection) -> None:
    """Take the scene of a network's plates away."""
    uuid = NetworkScene(collection).uuid
    for scene in [scene for scene in bpy.data.scenes if (board := EvidenceBoard.of(scene)) and board.network == uuid]:
        objs = list(scene.collection.objects)
        removing.remove([*objs, scene])


def _plate(network: NetworkScene, plate: Plate, light: np.ndarray, x: float, z: float) -> bpy.types.Object:
    rows, columns = plate.counts.shape
    mesh = bpy.data.meshes.new(f"methods {plate.told.method}")
    mesh.vertices.add(rows * columns)
    attribute = mesh.attributes.new("value", "FLOAT", "POINT")
    attribute.data.foreach_set("value", np.ascontiguousarray(light, np.float32).ravel())
    obj = bpy.data.objects.new(mesh.name, mesh)
    pitch = PLATE / max(rows, columns)
    attach(
        obj,
        "Layer",
        layer_group(),
        {
            "Units": 1,
            "Rows": rows,
            "Columns": columns,
            "Pitch": pitch,
            "Cell": planned.cell_shapes()["tile"],
            "Material": network.materials["cells"],
            "Backing": 0.12 * pitch,
            "Backing Material": network.materials["plate"],
            "Evidence": 1.0,
            "Evidence Relief": RELIEF * max(rows, columns) / 28,
            "Evidence Material": paint_of(network, "evidence"),
        },
    )
    counts = plate.counts.ravel().astype(np.float32)
    putting.put(obj, [counts], [putting.extent_of(counts, True)], obj)
    # a layer faces -X; it is to face -Y, leaning back and turned
    obj.rotation_euler = (
        Matrix.Rotation(TURNS, 3, "Z") @ Matrix.Rotation(-LEANS, 3, "X") @ Matrix.Rotation(pi / 2, 3, "Z")
    ).to_euler()
    obj.location = (x, 0.0, z)
    return obj


def _tell(network: NetworkScene, shelf, plate: Plate, x: float, z: float) -> None:
    told = plate.told
    total = float(plate.counts.astype(np.float64).sum())
    patch = told.settings.get("patch", [0, 0])
    facts = {
        "sum": number(total),
        "difference": number(told.difference),
        "off": "",
        "layer": told.of,
        "size": " × ".join(map(str, told.cam.shape)) if told.cam is not None else "",
        "patch": f"{patch[0]} × {patch[-1]}",
    }
    facts["off"] = f"{plate.off:.0%}".replace("%", "\N{NO-BREAK SPACE}%")
    says, lacks = (text.format(**facts) for text in SAYS[told.method])
    _text(network, shelf, NAMES[told.method], "label", 0.24, x, z)
    _text(network, shelf, f"{number(told.scores[0])} → {number(plate.blanked)}", "label", 0.19, x + 3.5, z, "RIGHT")
    _text(network, shelf, says, "label", 0.135, x, z - 0.27)
    _text(network, shelf, lacks, "dim", 0.135, x, z - 0.5)


def _foot(network, shelf, answer: Answer, made, chance: float, across: int, z: float) -> None:
    left, right = -across * ACROSS / 2 + 0.42, across * ACROSS / 2 - 0.42
    _text(network, shelf, f"{_count(len(made))} answers to “{answer.title.lower()}”", "label", 0.3, left, z - 0.3)
    told = made[0].told
    facts = f"{answer.given}: score {number(told.scores[0])}; of black {number(told.black[0])}"
    _text(network, shelf, facts, "dim", 0.15, left, z - 0.58)
    middle = left + 0.34 * (right - left)
    _text(
        network,
        shelf,
        "Same network, same input: each method answers its own question.",
        "label",
        0.165,
        middle,
        z - 0.28,
    )
    random = "" if np.isnan(chance) else f" ({COUNTED} random ones that are not black: {number(chance)})"
    note = f"Right of each name: the score after its {COUNTED} strongest pixels are made black{random}."
    _text(network, shelf, note, "dim", 0.135, middle, z - 0.56)
    _text(network, shelf, answer.low, "against", 0.15, right - 2.9, z - 0.02, "RIGHT")
    _text(network, shelf, answer.high, "for", 0.15, right, z - 0.02, "RIGHT")
    shelf.objects.link(_strip(network, right - 1.85, z + 0.04))


def _strip(network: NetworkScene, x: float, z: float) -> bpy.types.Object:
    """What the colors mean, from all that speaks against it to all that speaks for it."""
    mesh = bpy.data.meshes.new("methods legend")
    mesh.vertices.add(PATCHES)
    mesh.attributes.new("value", "FLOAT", "POINT")
    obj = bpy.data.objects.new(mesh.name, mesh)
    given = {"Units": 1, "Rows": 1, "Columns": PATCHES, "Pitch": 1.9 / PATCHES, "Cell Size": (1.0, 1.0, 2.6)}
    given |= {"Cell": planned.cell_shapes()["tile"], "Size": 1.0, "Evidence": 1.0, "Evidence Relief": 0.0}
    attach(obj, "Layer", layer_group(), given | {"Evidence Material": paint_of(network, "evidence")})
    shades = np.linspace(-1, 1, PATCHES)
    counts = np.sign(shades) * np.abs(shades) ** (1 / POWER)  # even steps of color
    putting.put(obj, [counts.astype(np.float32)], [1.0], obj)
    obj.rotation_euler = (0.0, 0.0, pi / 2)
    obj.location = (x, -2.0, z)
    return obj


def _count(number_of: int) -> str:
    words = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
    return words[number_of] if number_of < len(words) else str(number_of)


def _text(network, shelf, body: str, paint: str, size: float, x: float, z: float, align: str = "LEFT") -> None:
    mesh = mesh_of(f"methods {body[:24]}", joined([letters(body, size, align, "BOTTOM_BASELINE")]))
    mesh.materials.append(network.materials.get(paint) or paint_of(network, paint))
    obj = bpy.data.objects.new(mesh.name, mesh)
    obj.rotation_euler = (pi / 2, 0.0, 0.0)
    obj.location = (x, -2.0, z)
    shelf.objects.link(obj)
