# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a ray meets in a scene: the cell, line, tray, plane or text of a network that is nearest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import bpy
import numpy as np

from ..camera import framing
from ..entities import (
    Annotation,
    Arcs,
    Bars,
    BlockBox,
    Book,
    Bundle,
    CaptionPart,
    ClassName,
    Heading,
    InputPicture,
    Kernels,
    KernelsLabel,
    Label,
    LayerCopy,
    LayerObject,
    Leader,
    NetworkScene,
    kind,
    network_of,
    networks,
    objects,
)
from . import kept, shapes
from .rays import Ray

CELL, LINE, LAYER, BLOCK, PLANE, TEXT, BESIDE = "cell", "line", "layer", "block", "plane", "text", "beside"
ROUND = ("Sphere", "Ellipsoid", "Point")
TEXTS = (Label, Leader, ClassName, Heading, KernelsLabel, CaptionPart)
CLOSE = 1e-3  # of its distance may a line end inside the cell that it ends on


@dataclass(frozen=True)
class Hit:
    """What a ray meets: its kind, the name of its object, the index of the cell, line or face (-1 for none), and at
    which distance, in metres. `target` is the name of the object that it belongs to: of a label its layer."""

    kind: str
    object: str
    index: int
    depth: float
    target: str

    @property
    def obj(self) -> bpy.types.Object | None:
        """Its object, None if that is gone or was renamed."""
        return bpy.data.objects.get(self.object)

    @property
    def target_obj(self) -> bpy.types.Object | None:
        """The layer, block, bundle or root that it belongs to."""
        return bpy.data.objects.get(self.target)


def pick(
    view_layer: bpy.types.ViewLayer, ray: Ray, prefer: str = "CELLS", view: bpy.types.SpaceView3D | None = None
) -> Hit | None:
    """What a ray meets of the networks that a view layer shows; of what lies behind one another the nearest.

    Lines are thin and many: with "CELLS" one is met only where no cell, tray or plane is, with "LINES" it comes first
    however deep it lies, with "NEAREST" where nothing hides it.
    """
    depsgraph = view_layer.depsgraph
    solid: Hit | None = None
    line: tuple[float, Hit] | None = None
    text: Hit | None = None
    beside: list[tuple] = []
    bundles = []
    for obj in _shown(view_layer, view):
        entity = _entity(obj)
        if isinstance(entity, Bundle | Arcs):
            bundles.append(obj)
        elif isinstance(entity, TEXTS):
            hit = _text(obj, depsgraph, ray)
            if hit and (text is None or hit.depth < text.depth):
                text = hit
        elif entity is not None:
            for hit in _solid(obj, entity, depsgraph, ray, beside):
                if solid is None or hit.depth < solid.depth:
                    solid = hit
    small = _small(ray, beside) if solid is None else None
    if prefer != "CELLS" or solid is None and small is None:  # else no line is chosen
        for obj in bundles:
            near = _line(obj, depsgraph, ray)
            if near and (line is None or near[0] < line[0]):
                line = near
    return _choose(solid, line[1] if line else None, text, small, prefer)


def _choose(solid, line, text, small, prefer):
    if line and (
        prefer == "LINES" or prefer == "NEAREST" and (solid is None or line.depth < solid.depth * (1 - CLOSE))
    ):
        return line
    if text and not CaptionPart.is_one(text.obj) and (solid is None or text.depth < solid.depth):
        return text
    return solid or small or line or text


def _shown(view_layer, view) -> Iterator[bpy.types.Object]:
    for network in networks():
        for obj in objects(network):
            if obj.visible_get(view_layer=view_layer, viewport=view):
                yield obj


ENTITIES = (LayerObject, Bundle, BlockBox, Book, *TEXTS, Bars, InputPicture, Kernels, Arcs, LayerCopy, Annotation)


BY_KIND = {entity.KIND: entity for entity in ENTITIES}


def _entity(obj):
    entity = BY_KIND.get(kind(obj))
    return entity.of(obj) if entity else None


def _matrix(obj, depsgraph) -> np.ndarray:
    return np.array(obj.evaluated_get(depsgraph).matrix_world, np.float64)


def _solid(obj, entity, depsgraph, ray, beside: list[tuple]) -> Iterator[Hit]:
    """What is met of cells, trays and planes; `beside` takes the cells of layers of which none is met."""
    if isinstance(entity, Book | InputPicture):
        hit = _mesh(obj, depsgraph, ray, PLANE if isinstance(entity, Book) else BESIDE)
        if hit:
            yield hit
        return
    matrix = _matrix(obj, depsgraph)
    if abs(np.linalg.det(matrix)) < 1e-18:
        return
    origin, direction = ray.inside(matrix)
    if isinstance(entity, Annotation):
        hit = _mesh(obj, depsgraph, ray, TEXT)
        if hit:
            yield hit
        return
    parts = kept.of(obj, depsgraph, "boxes", lambda: _parts(obj, entity, depsgraph))
    if parts is None:
        return
    other = BLOCK if isinstance(entity, BlockBox) else LAYER if _has_cells(entity) else BESIDE
    if parts.cells is not None:
        meets = shapes.balls if parts.is_round else shapes.boxes
        depth = meets(origin, direction, *parts.cells)
        at = int(depth.argmin())
        if np.isfinite(depth[at]):
            yield Hit(CELL, obj.name, at, float(depth[at]), obj.name)
        else:
            beside.append((obj, matrix, *parts.cells))
    if len(parts.index):
        depth = shapes.boxes(origin, direction, *parts.rest)
        at = int(depth.argmin())
        if np.isfinite(depth[at]):
            yield Hit(other, obj.name, int(parts.index[at]) if other == BESIDE else -1, float(depth[at]), owner_of(obj))


@dataclass(frozen=True, eq=False)
class _Parts:
    """Middles and half sizes (3, n) of the cells of an object, if it has any, and of its other instances, with the
    index (n,) of each of these."""

    cells: tuple[np.ndarray, np.ndarray] | None
    is_round: bool
    index: np.ndarray
    rest: tuple[np.ndarray, np.ndarray]


def _has_cells(entity) -> bool:
    return isinstance(entity, LayerObject | LayerCopy) and len(entity.obj.data.vertices) > 0


def _parts(obj, entity, depsgraph) -> _Parts | None:
    """All instances of an object as boxes in its space; None if there are none."""
    geometry = framing.geometry_of(obj, depsgraph)
    cloud = geometry.instances_pointcloud() if geometry else None
    if cloud is None or not len(cloud.points):
        return None
    matrices, which = framing.instance_matrices(cloud)
    references = list(geometry.instance_references())  # they own the meshes
    meshes = [getattr(reference, "mesh", None) for reference in references]
    count = min(len(obj.data.vertices), len(which)) if _has_cells(entity) else 0
    cells, is_round = None, False
    if count and meshes[which[0]] is not None:  # all have one shape
        inputs = entity.inputs
        grown = np.ones(3, np.float32)
        if inputs["Shape"] == "Tile":
            grown[1:] = 1 / max(0.5, min(1.0, inputs["Size"]))  # the gaps between tiles belong to them
        cells, is_round = _boxes(matrices[:count], meshes[which[0]], grown), inputs["Shape"] in ROUND
    found = []
    for number in np.unique(which[count:]):
        if meshes[number] is not None:
            rest = count + np.flatnonzero(which[count:] == number)
            found.append((rest, *_boxes(matrices[rest], meshes[number], np.ones(3, np.float32))))
    if not found:
        return _Parts(cells, is_round, np.zeros(0, int), (np.zeros((3, 0), np.float32),) * 2)
    index, middle, half = zip(*found, strict=True)
    return _Parts(cells, is_round, np.concatenate(index), (np.concatenate(middle, 1), np.concatenate(half, 1)))


def _boxes(matrices, mesh, grown) -> tuple[np.ndarray, np.ndarray]:
    """Middles and half sizes (3, n) of instances (n, 4, 4), which are moved and scaled but not turned, of a mesh."""
    points = framing.mesh_points(mesh)
    low, high = points.min(0), points.max(0)
    flat = matrices.swapaxes(1, 2).reshape(-1, 16).T
    scale, place = np.abs(flat[[0, 5, 10]]), flat[[12, 13, 14]]
    half = scale * ((high - low) / 2 * grown).astype(np.float32)[:, None]
    scale *= ((low + high) / 2).astype(np.float32)[:, None]
    place += scale
    return place, half


def _small(ray, beside: list[tuple]) -> Hit | None:
    """The cell that a ray passes nearest, of layers of which it meets none."""
    best: tuple[float, Hit] | None = None
    for obj, matrix, middle, half in beside:
        near = _beside(ray, matrix, middle, half)
        if near and (best is None or near[1] < best[0]):
            best = near[1], Hit(CELL, obj.name, near[0], near[2], obj.name)
    return best[1] if best else None


def _beside(ray, matrix, middle, half):
    """The small cell that a ray passes nearest: index, share of the reach, and distance; None beyond the reach."""
    widest = half.max(0)
    sized = widest > 0
    turn, shift = ray.frame @ matrix[:3, :3], ray.frame @ (matrix[:3, 3] - ray.origin)
    x, y, depth = turn.astype(np.float32) @ middle + shift.astype(np.float32)[:, None]
    scale = np.cbrt(abs(np.linalg.det(matrix[:3, :3])))
    with np.errstate(divide="ignore", invalid="ignore"):
        away = (np.hypot(x, y) - widest * scale) / ray.reach(depth)
    away[(depth <= 0) | ~sized | ~np.isfinite(away)] = np.inf
    at = int(away.argmin())
    return (at, float(away[at]), float(depth[at])) if away[at] <= 1 else None


def _line(obj, depsgraph, ray) -> tuple[float, Hit] | None:
    """How far beside the ray, in shares of its reach, the nearest line of a bundle is."""
    matrix = _matrix(obj, depsgraph)
    if not _near(obj, depsgraph, ray):
        return None
    lines = kept.of(obj, depsgraph, "lines", lambda: _lines(obj, depsgraph))
    if lines is None:
        return None
    index, away, depth = shapes.nearest_line(ray, lines, matrix)
    return (away, Hit(LINE, obj.name, index, depth, obj.name)) if index >= 0 else None


def _lines(obj, depsgraph) -> shapes.Lines | None:
    """The lines of a bundle that have a width, in its space; None if there are none."""
    geometry = framing.geometry_of(obj, depsgraph)
    curves = geometry.curves if geometry else None
    if curves is None or not len(curves.curves):
        return None
    points = curve_points(curves)
    radius = np.empty(points.shape[:2], np.float32)
    if "radius" in curves.attributes:
        curves.attributes["radius"].data.foreach_get("value", radius.reshape(-1))
    else:
        radius[:] = 1.0
    return shapes.Lines.of(points, radius.max(1) > 0)


def curve_points(curves) -> np.ndarray:
    """Positions (n, k, 3) of the points of evaluated curves, which all have as many."""
    points = np.empty(len(curves.points) * 3, np.float32)
    curves.attributes["position"].data.foreach_get("vector", points)
    return points.reshape(len(curves.curves), -1, 3)


def _near(obj, depsgraph, ray) -> bool:
    """Whether a ray may come near an object, by its box."""
    evaluated = obj.evaluated_get(depsgraph)
    box = kept.of(obj, depsgraph, "box", lambda: np.array(evaluated.bound_box, np.float64))
    matrix = np.array(evaluated.matrix_world)
    corners = (box @ matrix[:3, :3].T + matrix[:3, 3] - ray.origin) @ ray.frame.T
    if not np.isfinite(corners).all() or not box.any():
        return True
    if corners[:, 2].max() <= 0:
        return False
    if ray.spread and corners[:, 2].min() <= 0:
        return True
    reach = ray.reach(corners[:, 2]) + 1e-9
    x, y = corners[:, 0] / reach, corners[:, 1] / reach
    return bool(x.min() <= 1 and x.max() >= -1 and y.min() <= 1 and y.max() >= -1)


def _text(obj, depsgraph, ray) -> Hit | None:
    evaluated = obj.evaluated_get(depsgraph)
    away = np.array(evaluated.matrix_world.translation) - ray.origin
    reach = evaluated.dimensions.length + abs(getattr(obj.data, "offset_y", 0.0)) * max(obj.scale)
    if away @ away - (away @ ray.direction) ** 2 > reach * reach:  # its box takes longer to be asked for
        return None
    box = kept.of(obj, depsgraph, "box", lambda: np.array(evaluated.bound_box, np.float64))
    if not np.ptp(box, axis=0).any():
        return None
    matrix = np.array(evaluated.matrix_world, np.float64)
    if abs(np.linalg.det(matrix)) < 1e-18:
        return None
    depth = shapes.flat(ray, matrix, box.min(0), box.max(0))
    return Hit(TEXT, obj.name, -1, float(depth), owner_of(obj)) if np.isfinite(depth) else None


def _mesh(obj, depsgraph, ray, what) -> Hit | None:
    """What a ray meets of an object of faces; the index is that of the face."""
    evaluated = obj.evaluated_get(depsgraph)
    matrix = np.array(evaluated.matrix_world, np.float64)
    if abs(np.linalg.det(matrix)) < 1e-18 or evaluated.type != "MESH" or not len(evaluated.data.polygons):
        return None
    origin, direction = ray.inside(matrix)
    met, place, _, face = evaluated.ray_cast(origin.tolist(), direction.tolist())
    if not met:
        return None
    depth = float(np.linalg.norm(matrix[:3, :3] @ np.array(place) + matrix[:3, 3] - ray.origin))
    return Hit(what, obj.name, face, depth, owner_of(obj))


def owner_of(obj: bpy.types.Object) -> str:
    """The name of the object that another belongs to: its layer, block or bundle, of a caption the root."""
    if LayerObject.is_one(obj) or BlockBox.is_one(obj) or Bundle.is_one(obj):
        return obj.name
    parent = obj.parent
    while parent is not None:
        if LayerObject.is_one(parent) or BlockBox.is_one(parent):
            return parent.name
        parent = parent.parent
    network = network_of(obj)
    if network is None:
        return obj.name
    scene = NetworkScene(network)
    named = getattr(_entity(obj), "layer", "")
    layer = scene.layers().get(named) if named else None
    root = scene.any_root()
    return layer.obj.name if layer else root.obj.name if root else obj.name
