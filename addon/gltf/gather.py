# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is seen of a network as a tree of parts: the network, its blocks, layers and bundles, and what belongs to them.

All is read as it is evaluated: folded, pruned, hidden, moved and coloured as the viewport shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix

from .. import compat
from ..scene.camera import framing
from ..scene.entities import (
    BlockBox,
    Book,
    CellShape,
    Inputs,
    LayerCopy,
    LayerObject,
    NetworkScene,
    kind,
    nodes,
    objects,
)
from ..scene.texts import labels
from . import books, charts, facts, shapes
from .charts import CHARTS
from .colours import paint
from .evaluated import arrays, copies, joined, painted, reader
from .shapes import BALL, TILE, CellCopies, Curves, Surface

DRAWN = ("block", "layer", "copy", "annotation", "book", "connections", "arcs", "bars", "kernels", "picture")
DRAWN += CHARTS  # each below the layer that it is of
# Kinds of text, and what they are called after what they are below.
TEXTS = {"label": "labels", "class": "classes", "heading": "headings"}
PLACES = ("location", "rotation", "scale", "delta_", "constraints", "hide_", "eval_time", "offset")  # data paths
SHORT = 1e-4  # metres; a shorter line joins two layers in one folded block
Content = Surface | CellCopies | Curves


@dataclass(eq=False)
class ScenePart:
    """A node to be: where it stands in the world, what it shows there, and what it says of itself."""

    name: str
    facts: dict
    matrix: np.ndarray
    parent: ScenePart | None = None
    content: Content | None = None
    camera: bpy.types.Object | None = None
    obj: bpy.types.Object | None = None  # that it moves with

    @property
    def local(self) -> np.ndarray:
        """Its place in its parent (4, 4)."""
        return np.linalg.inv(self.parent.matrix) @ self.matrix if self.parent else self.matrix


class Gatherer:
    """Collects the parts of the networks of a scene, parents before children; names are unique.

    With `whole`, what has no size now is there all the same, so that other frames have the same triangles.
    """

    def __init__(self, scene: bpy.types.Scene, whole: bool = False):
        self.view_layer = scene.view_layers[0]
        self.view_layer.update()
        self.depsgraph = self.view_layer.depsgraph
        self.scene = scene
        self.whole = whole
        self.parts = []
        self.networks = []
        self._names: set[str] = set()

    def network(self, network: bpy.types.Collection) -> None:
        """Add all that is seen of a network."""
        self.networks.append(network)
        entity = NetworkScene(network).any_root()
        root = entity.obj if entity else None
        top = self._add(network.name, facts.of_network(network), root, None)
        owners = {root: top}
        objs = [obj for obj in objects(network) if self._seen(obj)]
        for drawn in DRAWN:
            some = [obj for obj in objs if kind(obj) == drawn]
            if drawn == "block":
                some.sort(key=lambda obj: BlockBox(obj).order)  # parents come first
            if drawn in CHARTS:
                some.sort(key=lambda obj: kind(obj.parent) in CHARTS)
            for obj in some:
                owners[obj] = self._show(obj, drawn, owners.get(obj.parent, top))
        for text, called in TEXTS.items():
            by_holder: dict[ScenePart, list] = {}
            for obj in objs:
                if kind(obj) == text and obj.parent in owners and obj.data.body:
                    own = text == "class" or any(is_keyed(obj) for obj in _line(obj.parent) if obj != root)
                    by_holder.setdefault(owners[obj.parent] if own else top, []).append(obj)
            for holder, texts in by_holder.items():
                self._say(holder, texts, text, called)

    def cameras(self) -> None:
        """Add the cameras of the scene."""
        for obj in self.scene.objects:
            if obj.type == "CAMERA":
                part = self._add(obj.name, facts.of_camera(obj), obj, None)
                part.camera = obj

    def _seen(self, obj):
        evaluated = obj.evaluated_get(self.depsgraph)  # it may be keyframed to be hidden
        return (
            not evaluated.hide_render
            and evaluated.matrix_world.determinant() != 0
            and obj.visible_get(view_layer=self.view_layer)
        )

    def _add(self, name, known, obj, parent, content=None):
        matrix = np.eye(4) if obj is None else np.array(obj.evaluated_get(self.depsgraph).matrix_world, np.float64)
        part = ScenePart(self._unique(name), known, matrix, parent, None, None, obj)
        straighten(part)
        if content is not None:
            fix = np.linalg.inv(part.matrix) @ matrix
            part.content = content if np.allclose(fix, np.eye(4), atol=1e-6) else content.moved(fix)
        self.parts.append(part)
        return part

    def _unique(self, name):
        unique = name
        number = 1
        while unique in self._names:
            unique = f"{name}.{number:03}"
            number = number + 1
        self._names.add(unique)
        return unique

    def _show(self, obj, kind, parent):
        evaluated = obj.evaluated_get(self.depsgraph)
        geometry = evaluated.evaluated_geometry()
        if kind == "connections":
            curves, extent = _curves(obj, geometry, self.whole)
            return self._add(obj.name, facts.of_connections(obj, extent, curves), obj, parent, curves)
        if kind == "arcs":
            curves, _ = _curves(obj, geometry, self.whole, ("value", "source", "target"))
            return self._add(obj.name, facts.of_arcs(obj, curves), obj, parent, curves)
        if kind == "book":
            return self._show_book(obj, geometry.mesh, parent)
        if kind == "picture":
            content = books.picture(geometry.mesh, reader(geometry.mesh.attributes)) if geometry.mesh else None
            return self._add(obj.name, facts.of_other(obj), obj, parent, content)
        if kind in CHARTS:
            return self._add(obj.name, facts.of_chart(obj), obj, parent, charts.content(obj, geometry, self.whole))
        if kind == "annotation":
            return self._add(obj.name, facts.of_other(obj), obj, parent, _surface(geometry.mesh))
        if kind == "copy":
            cells, _, _ = _layer(obj, geometry, self.whole)
            return self._add(obj.name, facts.of_other(obj), obj, parent, cells)
        if kind != "layer":
            return self._add(obj.name, facts.of_other(obj), obj, parent, joined(geometry, self.whole))
        cells, rest, extent = _layer(obj, geometry, self.whole)
        part = self._add(obj.name, facts.of_layer(obj, extent, cells), obj, parent, cells)
        if rest is not None:
            name = f"{obj.name} backing"
            self._add(name, {"kind": "backing", "layer": LayerObject(obj).name}, obj, part, rest)
        return part

    def _show_book(self, obj, mesh, parent):
        """Add the cells of a cover, those of the heads above it, and the pages, plates and arches as one surface."""
        contents = books.contents(mesh, reader(mesh.attributes), self.whole) if mesh else (None, None, None)
        cover, heads, rest = contents
        part = self._add(obj.name, facts.of_book(obj, cover), obj, parent, cover)
        if heads is not None:
            self._add(f"{obj.name} heads", facts.of_heads(obj, heads), obj, part, heads)
        if rest is not None:
            book = Book(obj)
            known = {"kind": "pages", "path": book.path} if book.path else {"kind": "backing", "layer": book.layer}
            self._add(f"{obj.name} pages", known, obj, part, rest)
        return part

    def _say(self, owner, texts, kind, called):
        """Add texts as one surface below a part: below the network, but where a layer or block moves below that."""
        inverse = np.linalg.inv(owner.matrix)
        surfaces = []
        for text in texts:
            evaluated = text.evaluated_get(self.depsgraph)
            points, triangles = arrays(evaluated.to_mesh())
            evaluated.to_mesh_clear()
            colour = paint(text.data.materials[0], lambda name: None, 1)
            matrix = inverse @ np.array(evaluated.matrix_world, np.float64)
            surfaces.append(shapes.repeated(points, triangles, matrix[None], colour))
        said = [labels.body_of(text) for text in texts]
        content = shapes.joined(surfaces)
        if content is not None:
            known = {"kind": kind, "of": owner.facts["kind"], "owner": owner.facts["name"], "text": said}
            part = ScenePart(self._unique(f"{owner.name} {called}"), known, owner.matrix, owner, content, None, None)
            self.parts.append(part)


def is_keyed(obj: bpy.types.Object) -> bool:
    """Whether keyframes or drivers place or hide an object."""
    return any(path.startswith(PLACES) for owner in (obj, obj.data) if owner for path in compat.animated(owner))


def _line(obj):
    """An object and its parents."""
    while obj:
        yield obj
        obj = obj.parent


def straighten(part: ScenePart) -> None:
    """Let the place of a part in its parent be a translation, rotation and scale, as a node's must; what it lacks of a
    shear is left to its content."""
    local = Matrix(part.local).decompose()
    matrix = np.array(Matrix.LocRotScale(*local), np.float64)
    part.matrix = part.parent.matrix @ matrix if part.parent else matrix


def _layer(obj, geometry, whole):
    """The cells of a layer, what else it shows as one surface (each None if there is nothing), and its range."""
    cloud = geometry.instances_pointcloud()
    if cloud is None or not len(cloud.points):
        return None, None, None
    read = reader(cloud.attributes)
    matrices, which = framing.instance_matrices(cloud)
    count = len(obj.data.vertices)
    extent = read("range")
    cells = np.arange(len(which)) < count  # they have one shape, in viewports in several colors
    of_cell = int(which[0]) if count else -1
    sized = shapes.sized(matrices) | whole
    rest = []
    cells_of_layer = None
    for index, reference in enumerate(geometry.instance_references()):
        if reference.mesh is None:
            continue
        if index == of_cell and sized[cells].any():
            cells_of_layer = _cells(obj, reference.mesh, matrices[cells], cells, read)
        others = (which == index) & sized & ~cells
        if others.any():
            rest.append(copies(reference.mesh, matrices[others], others, read))
    return cells_of_layer, shapes.joined(rest), float(extent[0]) if extent is not None and len(extent) else None


def _cells(obj, mesh, matrices, mine, read):
    inputs = (LayerCopy.of(obj) or LayerObject(obj)).inputs
    cell = CellShape.of(inputs["Cell"])
    shape = inputs["Shape"]
    tile = shape == "Tile" and cell is not None and cell.shape == "tile"
    points, triangles = shapes.tile(shapes.TILE_STEPS[0]) if tile else arrays(mesh)
    numbers = {
        name: numbers_of_cells[mine]
        for name in ("value", "unit", "row", "column")
        if (numbers_of_cells := read(name)) is not None
    }
    return CellCopies(
        points,
        triangles,
        matrices.astype(np.float64),
        painted(mesh, mine, read),
        numbers,
        BALL if shape == "Sphere" else TILE if tile else "",
    )


def _surface(mesh):
    """A mesh as it is, in the colours of its materials, or None."""
    if mesh is None or not len(mesh.polygons):
        return None
    points, triangles = arrays(mesh)
    materials = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("material_index", materials)
    of_face = np.empty(len(mesh.loop_triangles), np.int32)
    mesh.loop_triangles.foreach_get("polygon_index", of_face)
    parts = []
    for index, material in enumerate(mesh.materials):
        mine = triangles[materials[of_face] == index]
        if len(mine):
            used, faces = np.unique(mine, return_inverse=True)
            colour = paint(material, lambda name: None, 1)
            parts.append(shapes.repeated(points[used], faces.reshape(-1, 3), np.eye(4)[None], colour))
    return shapes.joined(parts)


def _curves(obj, geometry, whole, told=("weight", "source", "target")):
    """The lines of a bundle that have a length and a width, or all, or None; and the range in force."""
    curves = geometry.curves
    if curves is None or not len(curves.curves):
        return None, None
    count = len(curves.curves)
    read = reader(curves.attributes)
    each = len(curves.points) // count
    points = read("position").reshape(count, each, 3).astype(np.float64)
    radius = read("radius").reshape(count, each).astype(np.float64)
    seen = (radius.max(1) > 0) & (np.ptp(points, 1).max(1) > SHORT) | whole
    extent = read("range")
    extent = float(extent[0]) if extent is not None else None
    if not seen.any():
        return None, extent
    given = Inputs(nodes(obj))
    evidence = "Evidence" in given and given["Evidence"] > 0
    material = given["Evidence Material" if evidence else "Material"]
    colours = paint(material, read, count)
    numbers = {name: numbers_of_lines[seen] for name in told if (numbers_of_lines := read(name)) is not None}
    kind = read("curve_type")  # there is none where all are of the first kind, Catmull-Rom
    smooth = kind is None or not kind.any()
    return Curves(points[seen], colours[seen], numbers, radius[seen], smooth), extent
