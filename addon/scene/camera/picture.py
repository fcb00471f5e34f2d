# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of a network: where its camera stands, and its labels and caption with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace

import bpy
import numpy as np
from mathutils import Vector

from ...layout.layered import axes
from ..building import blocks, studio
from ..detail import counting
from ..editing import arranging
from ..entities import (
    Bars,
    BlockBox,
    Book,
    CaptionPart,
    ClassName,
    Confusion,
    EvidenceRelief,
    Floor,
    Heading,
    Histogram,
    InputPicture,
    Kernels,
    Label,
    LayerObject,
    Leader,
    NetworkScene,
    ObjectEntity,
    Plot,
    ProofChart,
    Scrim,
    ShotCamera,
    Title,
    objects,
    scene_of,
)
from ..texts import caption, labelling, labels, leaders
from . import framing

SERIES = 0.045  # of the picture's height, that the words of a step take above the caption
PASSING = 0.15  # of its width is free before a sheet that only passes on


@dataclass(frozen=True)
class Seen:
    """What of a network is in the picture as its scene is now: layers and blocks with their labels, and the corners
    (n, 3) of all boxes in the world, of crests of lines too."""

    aspect: float
    depsgraph: bpy.types.Depsgraph
    labelled: list[labelling.Labelled]
    points: np.ndarray
    texts: tuple[np.ndarray, ...] = ()  # boxes of names of classes

    def __add__(self, other: Seen) -> Seen:
        """Both networks in one picture, the other in rows of its own."""
        rows = 1 + max((obj.row for obj in self.labelled), default=0)
        objs = [replace(obj, row=obj.row + rows) for obj in other.labelled]
        return replace(
            self,
            labelled=[*self.labelled, *objs],
            points=np.concatenate([self.points, other.points]),
            texts=self.texts + other.texts,
        )


def seen(network: bpy.types.Collection, scene: bpy.types.Scene) -> Seen:
    """Look at a network, after what stands beside folded layers is hidden and what labels count is counted."""
    _hide_beside(network)
    view_layer = scene.view_layers[0]
    view_layer.update()
    depsgraph = view_layer.depsgraph
    counting.tell(network, depsgraph)
    objs = _labelled(network, depsgraph)
    beside = framing.corners(
        (
            member.obj
            for member in NetworkScene(network).members(
                Bars, Book, ClassName, Confusion, Heading, Histogram, Kernels, Plot, ProofChart, Title
            )
            if not member.obj.hide_render
        ),
        depsgraph,
    )
    crests = _crests(network, {obj.obj.name: obj.box for obj in objs})
    points = np.concatenate([*(obj.box for obj in objs), beside, crests])
    return Seen(_aspect(scene), depsgraph, objs, points, _class_names(network, depsgraph))


def _class_names(network, depsgraph) -> tuple[np.ndarray, ...]:
    """The boxes (8, 3) of the names of classes that are shown."""
    names = (name.obj for name in NetworkScene(network).members(ClassName))
    boxes = (framing.box_corners(obj, depsgraph) for obj in names if not obj.hide_render)
    return tuple(box for box in boxes if len(box))


def anything(network: bpy.types.Collection, scene: bpy.types.Scene) -> bool:
    """Whether a layer or block of a network shows itself in a scene; changes nothing."""
    view_layer = scene.view_layers[0]
    view_layer.update()
    return any(
        len(framing.shown_corners(member.obj, view_layer))
        for member in NetworkScene(network).members(LayerObject, BlockBox)
    )


def frame(
    network: bpy.types.Collection,
    scene: bpy.types.Scene,
    camera: bpy.types.Object,
    beside: Sequence[bpy.types.Collection] = (),
) -> None:
    """Put the camera, the labels and the caption in their places for the scene's picture format; other networks
    `beside` it are in the picture too. Where nothing is left to be seen, the camera stays where it is."""
    aim(network, camera)
    face(network, camera)
    view = seen(network, scene)
    for other in beside:
        face(other, camera)
        view += seen(other, scene)
    if not len(view.points):
        return
    mine = _maker(network, camera)
    others = {obj: _maker(other, camera) for other in beside for obj in objects(other)}
    ground(network, view)
    text_points = np.zeros((0, 3))

    def make(owner, part):
        return others.get(owner, mine)(owner, part)

    if in_row(network, camera):
        for rows in (1, 2):
            free = margins_of_row(network, view.aspect, rows)
            framing.fit(camera, view.points, view.aspect, free)
            _lower(camera, view, free.bottom)
            if name_in_row(network, camera, view, make) <= rows:
                break
    else:
        for _ in range(3):  # labels move with the camera, and it with them
            framing.fit(camera, np.concatenate([view.points, text_points]), view.aspect, margins(network, view.aspect))
            text_points = labelling.arrange(
                view.labelled, camera, view.aspect, view.depsgraph, make, _level(network), view.texts
            )
    settle(network, camera, view)
    if shot := ShotCamera.of(camera):
        shot.framed = _standing(camera)


def follow(network: bpy.types.Collection) -> None:
    """Let the picture follow a network that has become larger or smaller: a camera that still stands where it was
    put to show all is put so again, and any other stays. Labels come into their places."""
    scene, camera = scene_of(network), studio.camera_of(network)
    shot = ShotCamera.of(camera) if camera else None
    moves = camera is None or camera.animation_data or camera.constraints or camera.parent
    if scene is None or shot is None or moves or shot.framed != _standing(camera):
        relabel(network)
        return
    _hide_beside(network)
    scene.view_layers[0].update()
    counting.tell(network, scene.view_layers[0].depsgraph)
    frame(network, scene, camera)


def _standing(camera: bpy.types.Object) -> list[float]:
    """Where a camera stands, how it is turned and how wide it sees, as it is kept in a fact."""
    return [float(number) for number in (*camera.location, *camera.rotation_euler, camera.data.lens)]


def _lower(camera: bpy.types.Object, view: Seen, bottom: float) -> None:
    """Let what is seen come down by half of the room that is free under it, for its names hang there."""
    _, up = framing.slopes(camera.data, view.aspect)
    places = framing.project(camera, view.points)
    free = float(places[:, 1].min()) - up * (2 * bottom - 1)
    if free > 0:
        depth = float(places[:, 2].mean())
        camera.location += Vector(framing.rotation(camera)[:, 1]) * (free / 2 * depth)


def in_row(network: bpy.types.Collection, camera: bpy.types.Object) -> bool:
    """Whether the names of what a camera sees stand in a row under it: of books in a row, seen in depth."""
    rows = {member.row for member in NetworkScene(network).members(BlockBox, LayerObject)}
    return bool(arranging.settings_of(network).slant) and len(rows) == 1 and camera.data.type != "ORTHO"


def margins_of_row(network: bpy.types.Collection, aspect: float, rows: int) -> framing.Margins:
    """What stays free of a picture with a caption and so many rows of names."""
    return framing.Margins(
        left=0.03, right=0.03, bottom=caption.form_of(network).band(aspect) + leaders.room(rows), top=0.04
    )


def name_in_row(network, camera, view: Seen, make) -> int:
    """Put the names of what is seen into a row, or two; how many these are."""
    foot = caption.form_of(network).band(view.aspect)
    return leaders.arrange(view.labelled, camera, view.aspect, view.depsgraph, make, _level(network), foot)


def ground(network: bpy.types.Collection, view: Seen) -> None:
    """Lay the floor under all that is seen."""
    for floor in NetworkScene(network).members(Floor) if len(view.points) else ():
        studio.ground(floor.obj, view.points)


def _level(network) -> float:
    """How high the floor is; without limit down where there is none."""
    floors = [floor.obj for floor in NetworkScene(network).members(Floor)]
    return max((floor.location.z for floor in floors if not floor.hide_render), default=-np.inf)


def margins(network: bpy.types.Collection, aspect: float) -> framing.Margins:
    """What stays free of a picture with a caption."""
    words = SERIES if NetworkScene(network).series else 0.0
    return framing.Margins(bottom=caption.form_of(network).band(aspect) + words + 0.03)


def aim(network: bpy.types.Collection, camera: bpy.types.Object) -> None:
    """Turn a camera as its view asks for, whatever way the signal runs."""
    view = studio.view_of(camera)
    framing.aim(camera, view.azimuth + heading(network), view.elevation)


def settle(network: bpy.types.Collection, camera: bpy.types.Object, view: Seen, distance: float = 0.0) -> None:
    """Focus a camera that stands in its place, and hang the caption before it; without a distance both at that of the
    nearer part of what is seen."""
    depth = framing.project(camera, view.points)[:, 2]
    distance = distance or float(np.quantile(depth, 0.25))
    camera.data.clip_end = max(camera.data.clip_end, 2 * float(depth.max()))
    studio.focus(camera, distance)
    hang(network, camera, view.aspect, distance)


def hang(network: bpy.types.Collection, camera: bpy.types.Object, aspect: float, distance: float) -> None:
    """Hang the caption of a network before a camera."""
    parts = [part.obj for part in NetworkScene(network).members(CaptionPart, Scrim)]
    strip = sorted(parts, key=lambda part: part.type != "EMPTY")
    if strip:
        caption.arrange(strip, camera, aspect, distance)
        if shot := ShotCamera.of(camera):
            shot.caption = distance


def rehang(network: bpy.types.Collection, camera: bpy.types.Object, scene: bpy.types.Scene) -> None:
    """Hang the caption before a camera as it was when that was put in its place."""
    shot = ShotCamera.of(camera)
    if shot and shot.caption:
        hang(network, camera, _aspect(scene), shot.caption)


def let_go(network: bpy.types.Collection, camera: bpy.types.Object) -> None:
    """Take from a camera that goes away what hangs on it."""
    shown = NetworkScene(network)
    other = next((shot.obj for shot in shown.members(ShotCamera) if shot.obj != camera), None)
    for part in shown.members(CaptionPart):
        if part.obj.parent == camera:
            part.obj.parent = other
    if other:
        face(network, other)


def face(network: bpy.types.Collection, camera: bpy.types.Object) -> None:
    """Turn all texts to this camera."""
    for member in NetworkScene(network).members(Label, Leader, ClassName, Title):
        for constraint in member.obj.constraints:
            if constraint.type == "COPY_ROTATION":
                constraint.target = camera
    for chart in NetworkScene(network).members(ProofChart):
        if chart.part == "axes":
            chart.obj.rotation_euler.z = camera.rotation_euler.z


def hide(network: bpy.types.Collection, kind: type[ObjectEntity], hidden: bool = True) -> None:
    """Hide all objects of a kind, such as `Label`, or show them again."""
    for member in NetworkScene(network).members(kind):
        member.obj.hide_viewport = member.obj.hide_render = hidden


def relabel(network: bpy.types.Collection) -> None:
    """Put the labels in their places for the camera, wherever somebody has put that. Labels of what is not before it
    stay as they are, but nothing inside a folded block has one."""
    _hide_beside(network)
    scene = scene_of(network)
    camera = studio.camera_of(network)
    if scene is None or camera is None:
        return
    view_layer = scene.view_layers[0]
    view_layer.update()
    depsgraph = view_layer.depsgraph
    counting.tell(network, depsgraph)
    matrix = camera.evaluated_get(depsgraph).matrix_world  # a rig may carry the camera
    eye = SimpleNamespace(data=camera.data, location=matrix.to_translation(), rotation_euler=matrix.to_euler())
    objs = [obj for obj in _labelled(network, depsgraph) if (framing.project(eye, obj.box)[:, 2] > 0).all()]
    if in_row(network, camera):
        view = Seen(_aspect(scene), depsgraph, objs, np.zeros((0, 3)))
        name_in_row(network, eye, view, _maker(network, camera))
        return
    names = [box for box in _class_names(network, depsgraph) if (framing.project(eye, box)[:, 2] > 0).all()]
    labelling.arrange(objs, eye, _aspect(scene), depsgraph, _maker(network, camera), _level(network), names)


def heading(network) -> float:
    """The direction of the signal, radians from +X round Z; 0 where it runs up or down."""
    settings = arranging.settings_of(network)
    x, y, _ = axes(settings.direction)[:, 0]
    return float(np.arctan2(y, x)) + settings.slant


def _aspect(scene):
    render = scene.render
    return render.resolution_x * render.pixel_aspect_x / (render.resolution_y * render.pixel_aspect_y)


def _maker(network, camera):
    """What makes a text of a label that is not there yet."""
    shelf = NetworkScene(network).child("labels")
    paints = NetworkScene(network).materials

    def make(owner, part):
        obj = labels.make(owner, part, paints) if part else leaders.line(owner, paints)
        framing.face(obj, camera)
        shelf.objects.link(obj)
        return obj

    return make


def _hide_beside(network):
    """Hide bars and class names where not every unit of their layer has its cell to stand beside."""
    scene = NetworkScene(network)
    cells = {layer.name: len(layer.obj.data.vertices) for layer in scene.members(LayerObject)}
    units = {bars.layer: len(bars.obj.data.vertices) for bars in scene.members(Bars)}
    away = {name for name, count in units.items() if cells.get(name) != count}
    boxes = scene.blocks()
    inside = _inside(boxes, blocks.folded(boxes))
    away |= inside
    for member in scene.members(Bars, ClassName, Heading):
        obj = member.obj
        hidden = member.layer in (inside if isinstance(member, Heading) else away)
        changes = not obj.hide_render if hidden else member.away  # what was hidden by hand stays so
        if changes:
            obj.hide_viewport = obj.hide_render = hidden
            member.away = hidden


def _inside(boxes: dict[str, BlockBox], closed: set[str]) -> set[str]:
    """The layers that are inside the closed of these blocks."""
    return {name for path in closed for name in boxes[path].layers}


def _labelled(network, depsgraph) -> list[labelling.Labelled]:
    """The blocks and layers of a network with their labels; what is inside a folded block shows none."""
    texts: dict[tuple, dict] = {}
    scene = NetworkScene(network)
    labelled = []
    for label in scene.members(Label, Leader):
        texts.setdefault((label.of_kind, label.owner), {})[label.part] = label.obj
    boxes = scene.blocks()
    closed = blocks.folded(boxes)
    copies = blocks.copies(boxes)
    books = {book.path: book.obj for book in scene.members(Book)}
    inside = _inside(boxes, closed)
    depth = {"": 0}
    for path, block in boxes.items():
        outer = block.parent
        obj = block.obj
        above = depth.get(outer, 0)  # the block round it may have been deleted
        depth[path] = above + 1 if outer not in closed and above is not None else None
        book = books.get(path)
        box = np.zeros((0, 3))
        if depth[path] is not None:
            box = framing.box_corners(book, depsgraph) if book else blocks.corners(obj, path in closed, depsgraph)
        quiet = not book and (path in closed & copies or not any(block.tray[1]))
        said = texts.get(("block", path), {})
        labelled.append(labelling.Labelled(obj, said, box, depth[path] or 1, quiet, block.row, solid=path in closed))
    layers = list(scene.members(LayerObject))
    pictures = {picture.layer: picture.obj for picture in scene.members(InputPicture)}
    pictures |= {relief.layer: relief.obj for relief in scene.members(EvidenceRelief)}  # in their place
    lowest: dict[str, bpy.types.Object] = {}
    above = {book.layer for book in scene.members(Book) if book.place in ("above", "ahead")}
    above -= {book.layer for book in scene.members(Book) if book.place == "below"}
    for book in scene.members(Book):
        if book.layer and (book.layer not in lowest or book.place in ("below", "ahead")):
            lowest[book.layer] = book.obj
    read = {name for layer in layers for name in layer.sources}
    for layer in layers:
        name = layer.name
        box = np.zeros((0, 3))
        if name not in inside:
            standing = pictures.get(name) or (lowest.get(name) if layer.is_plane else None) or layer.obj
            box = framing.box_corners(standing, depsgraph)
        said = texts.get(("layer", name), {})
        # a sheet that only passes on is hidden but for an edge, and what is above says itself what it is
        quiet = layer.is_plane and (0 < layer.apart < PASSING or name in above)
        labelled.append(labelling.Labelled(layer.obj, said, box, row=layer.row, last=name not in read, quiet=quiet))
    return labelled


def _crests(network, boxes) -> np.ndarray:
    """The highest points of the connections that are led round others, (n, 3); `boxes` are those of objects by name."""
    crests = [np.zeros((0, 3))]
    for bundle in NetworkScene(network).bundles():
        lift = np.array(bundle.inputs["Lift"])
        ends = (bundle.source_object, bundle.target_object) if lift.any() else ()
        pair = [boxes.get(end.name, ()) for end in ends if end]
        if len(pair) == 2 and all(len(box) for box in pair):
            crests.append((pair[0] + pair[1]) / 2 + lift)
    return np.concatenate(crests)
