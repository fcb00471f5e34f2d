# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of a network: where its camera stands, and its labels and caption with it."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np

from .. import compat
from ..layout.layered import axes
from . import arranging, blocks, caption, counting, framing, labelling, labels, studio, tags


def frame(network: bpy.types.Collection, scene: bpy.types.Scene, camera: bpy.types.Object) -> None:
    """Put the camera, the labels and the caption in their places for the scene's picture format."""
    aspect, view_layer = _aspect(scene), scene.view_layers[0]
    framing.aim(camera, studio.AZIMUTH + _heading(network), studio.ELEVATION)
    margins = framing.Margins(bottom=caption.BAND + 0.03)
    _hide_beside(network)
    view_layer.update()
    depsgraph = view_layer.depsgraph
    counting.tell(network, depsgraph)
    things = _labelled(network, depsgraph)
    beside = framing.corners((one for kind in ("bars", "class", "kernels") for one in
                              tags.members(network, kind) if not one.hide_render), depsgraph)
    crests = _crests(network, {one.thing.name: one.box for one in things})
    points = np.concatenate([*(one.box for one in things), beside, crests])
    make, text_points = _maker(network, camera), np.zeros((0, 3))
    for _ in range(2):
        framing.fit(camera, np.concatenate([points, text_points]), aspect, margins)
        text_points = labelling.arrange(things, camera, aspect, depsgraph, make)
    depth = framing.project(camera, points)[:, 2]
    distance = float(np.quantile(depth, 0.25))
    camera.data.clip_end = max(camera.data.clip_end, 2 * float(depth.max()))
    studio.focus(camera, distance)
    holder = next(tags.members(network, "caption"), None)
    if holder:
        strip = sorted(tags.members(network, "caption"), key=lambda one: one.type != "EMPTY")
        caption.arrange(strip, camera, aspect, distance)


def relabel(network: bpy.types.Collection) -> None:
    """Put the labels in their places for the camera, wherever somebody has put that. Labels of what is not before it
    stay as they are, but nothing inside a folded block has one."""
    _hide_beside(network)
    scene, camera = tags.scene_of(network), next(tags.members(network, "camera"), None)
    if scene is None or camera is None:
        return
    view_layer = scene.view_layers[0]
    view_layer.update()
    depsgraph = view_layer.depsgraph
    counting.tell(network, depsgraph)
    matrix = camera.evaluated_get(depsgraph).matrix_world  # a rig may carry the camera
    eye = SimpleNamespace(data=camera.data, location=matrix.to_translation(), rotation_euler=matrix.to_euler())
    things = [one for one in _labelled(network, depsgraph) if (framing.project(eye, one.box)[:, 2] > 0).all()]
    labelling.arrange(things, eye, _aspect(scene), depsgraph, _maker(network, camera))


def _heading(network) -> float:
    """The direction of the signal, radians from +X round Z; 0 where it runs up or down."""
    x, y, _ = axes(arranging.settings_of(network).direction)[:, 0]
    return float(np.arctan2(y, x))


def _aspect(scene):
    render = scene.render
    return render.resolution_x * render.pixel_aspect_x / (render.resolution_y * render.pixel_aspect_y)


def _maker(network, camera):
    """What makes a text of a label that is not there yet."""
    shelf = next(one for one in network.children if tags.kind(one) == "labels")
    paints = tags.read(network)["materials"]

    def make(owner, part):
        thing = labels.make(owner, part, paints)
        framing.face(thing, camera)
        shelf.objects.link(thing)
        return thing

    return make


def _hide_beside(network):
    """Hide bars and class names where not every unit of their layer has its cell to stand beside."""
    cells, units = ({tags.read(one)["layer"]: len(one.data.vertices) for one in tags.members(network, kind)}
                    for kind in ("layer", "bars"))
    away = {name for name, count in units.items() if cells.get(name) != count}
    boxes = blocks.by_path(network)
    away |= _inside(boxes, blocks.folded(boxes))
    for kind in ("bars", "class"):
        for one in tags.members(network, kind):
            facts = tags.read(one)
            hidden = facts["layer"] in away
            changes = not one.hide_render if hidden else facts.get("away")  # what was hidden by hand stays so
            if changes:
                one.hide_viewport = one.hide_render = hidden
                tags.write(one, **(facts | {"away": hidden}))


def _inside(boxes, closed) -> set[str]:
    """The layers that are inside the closed of these blocks."""
    return {name for path in closed for name in tags.read(boxes[path])["layers"]}


def _labelled(network, depsgraph) -> list[labelling.Labelled]:
    """The blocks and layers of a network with their labels; what is inside a folded block shows none."""
    texts: dict[tuple, dict] = {}
    for one in tags.members(network, "label"):
        facts = tags.read(one)
        texts.setdefault((facts["of"], facts["owner"]), {})[facts["part"]] = one
    boxes = blocks.by_path(network)
    closed, copies = blocks.folded(boxes), blocks.copies(boxes)
    inside, depth, found = _inside(boxes, closed), {"": 0}, []
    for path, thing in boxes.items():
        outer = tags.read(thing)["parent"]
        above = depth.get(outer, 0)  # the block round it may have been deleted
        depth[path] = above + 1 if outer not in closed and above is not None else None
        box = np.zeros((0, 3)) if depth[path] is None else blocks.corners(thing, path in closed, depsgraph)
        quiet = path in closed & copies or not any(tags.read(thing)["tray"][1])
        found.append(labelling.Labelled(thing, texts.get(("block", path), {}), box, depth[path] or 1, quiet))
    for thing in tags.members(network, "layer"):
        name = tags.read(thing)["layer"]
        box = np.zeros((0, 3)) if name in inside else framing.box_corners(thing, depsgraph)
        found.append(labelling.Labelled(thing, texts.get(("layer", name), {}), box))
    return found


def _crests(network, boxes) -> np.ndarray:
    """The highest points of the connections that are led round others, (n, 3); `boxes` are those of objects by name."""
    found = [np.zeros((0, 3))]
    for one in tags.members(network, "connections"):
        modifier = tags.modifier(one)
        lift = np.array(compat.get_input(modifier, "Lift"))
        ends = (compat.get_input(modifier, end) for end in ("Source", "Target")) if lift.any() else ()
        pair = [boxes.get(end.name, ()) for end in ends if end]
        if len(pair) == 2 and all(len(box) for box in pair):
            found.append((pair[0] + pair[1]) / 2 + lift)
    return np.concatenate(found)
