# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A panel above a layer: the points that its node group reads, its words, its table, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import pi

import bpy
import numpy as np

from ... import colormaps, compat
from ...layout import HEIGHT
from ...nodes import legend, opened, opened_parts
from ...nodes import materials as shaders
from ...nodes.tree import attach
from ..attributes import array
from ..building.paints import kept
from ..camera import framing
from ..entities import (
    Arcs,
    Bars,
    Book,
    Bundle,
    InputPicture,
    Kernels,
    Label,
    LayerCopy,
    LayerObject,
    NetworkScene,
    Opened,
    OpenedPart,
)
from ..texts import labels

NUMBER, WORD = 0.042 * HEIGHT, 0.042 * HEIGHT
DIGIT = 0.58 * WORD
ROW_GAP = 0.024 * HEIGHT
ABOVE = 0.55 * HEIGHT  # between a layer and what is opened above it
BESIDE = 0.25  # of its width, that is kept free on both sides
AROUND = (LayerObject, LayerCopy, Bundle, Book, Label, Bars, Kernels, Arcs, InputPicture)
FRAME = 0.006 * HEIGHT  # the radius of a frame
LAST = 1 << 20  # the row of what is in none
WHOLES = ("part", "row", "slot", "step", "key", "gate", "again")


@dataclass(frozen=True)
class Figure:
    """A number in a line of words: which `step` it is, how many digits it has before the point and behind it, whether a
    plus is written, and whether it is the last, what all comes to."""

    step: int
    digits: int
    decimals: int
    plus: bool = False
    last: bool = False

    def width(self, size: float) -> float:
        """How wide it is at the most."""
        point = opened_parts.POINT_WIDE + self.decimals * opened_parts.DIGIT if self.decimals else 0.0
        return size * ((self.digits + 1) * opened_parts.DIGIT + point)


def digits(largest: float) -> int:
    """How many digits numbers have before the point."""
    return len(str(int(abs(largest)))) if np.isfinite(largest) else 1


def decimals(largest: float, most: int = opened_parts.DECIMALS) -> int:
    """How many digits behind the point tell a number of this size by four."""
    return int(np.clip(3 - np.floor(np.log10(max(abs(largest), 1e-9))), 0, most))


def finer(behind: int, factor: float, most: int = opened_parts.DECIMALS) -> int:
    """How many digits behind the point a number needs whose product with a factor is to have so many right."""
    return int(np.clip(behind + 1 + max(0, np.ceil(np.log10(max(abs(factor), 1e-9)))), 0, most))


@dataclass
class Panel:
    """What is drawn of a layer's cell, in metres: x to the right, z up."""

    layer: str
    points: dict[str, list] = field(default_factory=dict)
    places: list[tuple[float, float, float]] = field(default_factory=list)
    words: list[tuple] = field(default_factory=list)
    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0

    def add(self, x: float, z: float, part: int, **numbers: float) -> None:
        """A point of a part; numbers that are not said are 0."""
        for name in numbers:
            self.points.setdefault(name, [0] * len(self.places))
        self.points.setdefault("part", [])
        self.places.append((x, 0.0, z))
        for name, column in self.points.items():
            column.append(part if name == "part" else numbers.get(name, 0))

    def say(self, part: str, body: str, x: float, z: float, size=WORD, role="dim", align="CENTER") -> None:
        """Words in the middle of whose height is z."""
        self.words.append((part, body, x, z, size, role, align))
        wide = size * labels.width_of(body)
        begin = {"LEFT": 0.0, "CENTER": 0.5, "RIGHT": 1.0}[align]
        self.reach(x - begin * wide, z - 0.7 * size)
        self.reach(x + (1 - begin) * wide, z + 0.7 * size)

    def reach(self, x: float, z: float) -> None:
        """Let the panel reach to here."""
        self.left, self.right = min(self.left, x), max(self.right, x)
        self.bottom, self.top = min(self.bottom, z), max(self.top, z)

    def title(self, name: str, counts, x: float, z: float, part: int, words=("map", "row", "column")) -> None:
        """The name of the layer, and under it the place of the cell in words and numbers, those alone of which there
        are several; `counts` are how many units, rows and columns there are."""
        self.say("title", name, x, z + 2.3 * WORD, 1.5 * WORD, "label", "LEFT")
        for step, (word, count) in enumerate(zip(words, counts, strict=True)):
            if count <= 1:
                continue
            self.say("place", word, x, z, WORD, "dim", "LEFT")
            x += WORD * (labels.width_of(word) + 0.35)
            wide = DIGIT * len(str(count))
            self.add(x + wide / 2, z, part, step=step, size=WORD, row=LAST)
            x += wide + 0.7 * WORD

    def formula(self, tokens: Sequence[str | Figure], size: float = WORD) -> None:
        """A line of words and numbers under all that is there, in the middle."""
        widths = [size * labels.width_of(t) if isinstance(t, str) else t.width(size) for t in tokens]
        gap = 0.45 * size
        x = (self.left + self.right - sum(widths) - gap * (len(tokens) - 1)) / 2
        z = self.bottom - 1.6 * size
        for token, wide in zip(tokens, widths, strict=True):
            if isinstance(token, str):
                self.say("formula", token, x, z, size, "dim", "LEFT")
            else:
                told = {"decimals": token.decimals, "plus": float(token.plus), "last": float(token.last)}
                self.add(x + wide / 2, z, opened_parts.FORMULA, step=token.step, size=size, row=LAST, **told)
                self.reach(x + wide, z - 0.7 * size)
            x += wide + gap

    def mesh(self) -> bpy.types.Mesh:
        """The points as a mesh."""
        return mesh_of(f"{self.layer} opened", self.points, WHOLES, np.array(self.places, np.float32))


def mesh_of(name: str, columns: Mapping[str, list | np.ndarray], wholes=(), places: np.ndarray | None = None):
    """Vertices with attributes, those among `wholes` whole numbers; columns that are shorter end with 0."""
    count = len(places) if places is not None else max(map(len, columns.values()), default=0)
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(count)
    if places is not None:
        mesh.vertices.foreach_set("co", np.ascontiguousarray(places, np.float32).ravel())
    for column, values in columns.items():
        kind = np.int32 if column in wholes else np.float32
        numbers = np.zeros(count, kind)
        numbers[: len(values)] = values
        attribute = mesh.attributes.new(column, "INT" if column in wholes else "FLOAT", "POINT")
        attribute.data.foreach_set("value", numbers)
    return mesh


def stand(
    scene: NetworkScene,
    layer: LayerObject,
    panel: Panel,
    table: bpy.types.Mesh,
    group: bpy.types.NodeTree,
    inputs: Mapping[str, object],
    cell: tuple[int, int, int],
) -> bpy.types.Object:
    """The object of a panel, a child of its layer's, with its words, its table and its letters; `inputs` are those of
    its group besides the cell and what all panels have."""
    paints = scene.materials
    shelf = scene.child("labels")
    obj = bpy.data.objects.new(f"{panel.layer} opened", panel.mesh())
    digits = _hidden(letters(f"{panel.layer} digits", paints["label"]), panel.layer, "digits")
    numbers = _hidden(bpy.data.objects.new(table.name, table), panel.layer, "table")
    for part in (digits, numbers):
        shelf.objects.link(part)
    given = {
        "Table": numbers,
        "Digits": digits,
        "Unit": cell[0] + 1,
        "Row": cell[1] + 1,
        "Column": cell[2] + 1,
        "Number Material": paints["label"],
        "Ink Material": kept(scene, "ink", lambda name: shaders.flat(name, "#05080f", 0.2)),
        "Result Material": paints["hot"],
        "Cell Material": cells_material(scene),
        "Term Material": kept(scene, "products", lambda name: shaders.tiles(name, colormaps.WEIGHT)),
    }
    known = compat.identifiers(group)
    attach(obj, "Opened", group, {name: value for name, value in (given | dict(inputs)).items() if name in known})
    extent = [panel.left, panel.right, panel.bottom, panel.top]
    Opened.make(obj, layer=panel.layer, cell=list(cell), extent=extent)
    shelf.objects.link(obj)
    obj.parent = layer.obj
    for part, body, x, z, size, role, align in panel.words:
        text = labels.text(body, size, paints[role], align, "CENTER")
        text.location = (x, 0.0, z)
        text.rotation_euler = (pi / 2, 0.0, 0.0)
        OpenedPart.make(text, layer=panel.layer, part=part)
        shelf.objects.link(text)
        text.parent = obj
    around = (member.obj for member in scene.members(*AROUND) if not member.obj.hide_render)
    _place(obj, layer, panel, [each for each in around if each != layer.obj])
    return obj


def cells_material(scene: NetworkScene) -> bpy.types.Material:
    """The material of cells on a panel, in the colors that cells of the network have."""
    material = kept(scene, "opened cells", shaders.tiles)
    ramp, own = shaders.ramp_of(scene.materials["cells"]), shaders.ramp_of(material)
    if ramp is not None and own is not None:
        shaders.set_stops(own, shaders.stops_of(ramp))
    return material


def drawn_cells(layer: LayerObject | None) -> dict[tuple[int, int, int], int]:
    """The number of each drawn cell by its unit, row and column."""
    if layer is None or layer.has_one_cell:
        return {}
    cells = np.stack([array(layer.obj, name) for name in ("unit", "row", "column")], -1)
    return {tuple(cell): number for number, cell in enumerate(cells.tolist())}


def drawn(layer: LayerObject | None, cells: np.ndarray) -> np.ndarray:
    """The numbers of cells (n, 3) among the drawn ones, (n,), -1 where one is not drawn."""
    known = drawn_cells(layer)
    return np.array([known.get(tuple(cell), -1) for cell in cells.tolist()], np.int64).reshape(-1)


def letters(name: str, material: bpy.types.Material) -> bpy.types.Object:
    """The letters that numbers are made of; nobody sees them."""
    obj = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    given = {"Text": opened.GLYPHS, "Size": 1.0, "Material": material, "Align": "Left"}
    attach(obj, "Text", legend.text_group(labels.font()), given)
    return _unseen(obj)


def _hidden(obj: bpy.types.Object, layer: str, part: str) -> bpy.types.Object:
    """An object of which a panel reads."""
    OpenedPart.make(obj, layer=layer, part=part)
    return _unseen(obj)


def _unseen(obj: bpy.types.Object) -> bpy.types.Object:
    """An object of which others read, and that nobody sees."""
    obj.hide_render = True
    obj.hide_select = True
    obj.display_type = "BOUNDS"
    obj.scale = (1e-3,) * 3
    return obj


def _place(obj: bpy.types.Object, layer: LayerObject, panel: Panel, others: Iterable[bpy.types.Object]) -> None:
    """Put the panel above its layer, in its middle, above and before all that is there."""
    scene = next(iter(obj.users_scene), None)
    if scene is None:
        return
    scene.view_layers[0].update()
    inverse = np.array(layer.obj.matrix_world.inverted())

    def box(shown: bpy.types.Object) -> np.ndarray:
        corners = framing.box_corners(shown, scene.view_layers[0].depsgraph)
        return corners @ inverse[:3, :3].T + inverse[:3, 3]

    own = box(layer.obj)
    own = own if len(own) else np.zeros((1, 3))
    left = float(own[:, 0].mean()) - (panel.left + panel.right) / 2
    aside = BESIDE * (panel.right - panel.left)
    span = left + panel.left - aside, left + panel.right + aside
    near = [own]
    for other in others:
        corners = box(other)
        if len(corners) and corners[:, 0].min() < span[1] and corners[:, 0].max() > span[0]:
            near.append(corners)
    below = np.concatenate(near)
    obj.location = (left, float(below[:, 1].min()), float(below[:, 2].max()) + ABOVE - panel.bottom)
