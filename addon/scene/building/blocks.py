# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blocks: a collection each, and an object: the parent of its layers, their tray, and the box that they fold to."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import bpy
import numpy as np
from mathutils import Vector

from ... import colormaps
from ...layout import Frame
from ...network import Network
from ...network.planes import has_attention
from ...network.visible import Visible
from ...nodes.block import UNBUILT, block_group
from ...nodes.tree import attach
from ..camera import framing
from ..entities import BlockBox, BlockCollection, LayerObject, NetworkScene, objects
from ..texts import words

SHEETS_APART = 0.45  # of the width of a sheet is free before it, where they are closed books
ROOM = 4.5  # widths, that is free before all of these together


def make(
    network: Network,
    frames: dict[str, Frame],
    top: bpy.types.Collection,
    root: bpy.types.Object,
    material: bpy.types.Material,
    shown: Visible,
    known: Mapping[str, bpy.types.Object] = {},
) -> dict[str, tuple]:
    """The collections and objects of all blocks that are `shown`, by path; parents come before children. `known` are
    objects that some of them have already. Those without their inside are closed."""
    level = network.levels
    free = apart(network)
    made = {"": (top, root)}
    orders = {block.path: order for order, block in enumerate(network.blocks)}
    for block in shown.blocks:
        outer, parent = made[block.parent]
        obj = known.get(block.path)
        new = block.path not in known
        title = words.block_name(block.name, block.repeat)
        home = None if new else BlockBox(obj).collection
        if home is None:
            home = BlockCollection.make(bpy.data.collections.new(title), path=block.path)
            outer.children.link(home.id_data)
        collection = home.id_data
        if new:
            obj = bpy.data.objects.new(title, bpy.data.meshes.new(title))
            obj.parent = parent
            attach(
                obj,
                "Block",
                block_group(),
                {
                    "Outer": parent if block.parent else None,
                    "Color": colour(block.signature),
                    "Material": material,
                    "Fold": float(block.path in shown.unbuilt),
                },
            )
            collection.objects.link(obj)
            BlockBox.make(obj)
        BlockBox(obj).tell(
            path=block.path,
            name=block.name,
            parent=block.parent,
            layers=block.layers,
            repeat=block.repeat,
            signature=block.signature,
            inferred=block.inferred,
            stage=block.stage,
            order=orders[block.path],
            level=level.get(block.layers[-1], 0),
            apart=free,
            parameters=network.parameters_in(block),
            built=block.path not in shown.unbuilt,
            first=shown.first(block.path),
            reads=shown.reads(block.path) if block.path in shown.unbuilt else [],
        )
        if new:
            put(obj, frames[block.path], frames.get(block.parent))
        made[block.path] = collection, obj
    return made


def apart(network: Network) -> float:
    """What of the width of books is free before them, 0 where their row decides."""
    if not has_attention(network):
        return 0.0
    return min(SHEETS_APART, ROOM / max(1, len(network.closed)))


def colour(signature: int) -> tuple[float, float, float, float]:
    """The colour of blocks of this structure, linear."""
    return colormaps.linear(colormaps.structure(signature))


def put(obj: bpy.types.Object, frame: Frame, outer: Frame | None) -> None:
    """Give a block its place and size."""
    obj.location = Vector(frame.middle) - Vector(outer.middle if outer else (0.0, 0.0, 0.0))
    BlockBox(obj).placed = obj.location
    form(obj, frame)


def form(obj: bpy.types.Object, frame: Frame, shift: Vector | tuple = (0.0, 0.0, 0.0)) -> None:
    """Give a block its trays, so far from its middle, and its box."""
    mesh = obj.data
    mesh.clear_geometry()
    mesh.vertices.add(len(frame.trays))
    places, sizes = np.array(frame.trays, np.float32).swapaxes(0, 1)
    places = places + np.array(shift, np.float32)
    mesh.attributes["position"].data.foreach_set("vector", np.ascontiguousarray(places).ravel())
    mesh.attributes.new("size", "FLOAT_VECTOR", "POINT").data.foreach_set("vector", np.ascontiguousarray(sizes).ravel())
    box = BlockBox(obj)
    unbuilt = np.full(len(places), 0.0 if box.built else 1.0, np.float32)
    mesh.attributes.new(UNBUILT, "FLOAT", "POINT").data.foreach_set("value", unbuilt)
    box.inputs["Box"] = frame.box
    obj.update_tag()
    box.tell(row=frame.row, tray=(places[0], sizes[0]))


def corners(obj: bpy.types.Object, closed: bool, depsgraph: bpy.types.Depsgraph) -> np.ndarray:
    """World corners (8, 3) of a block's box if it is closed, else of its first tray."""
    if closed:
        return framing.box_corners(obj, depsgraph)
    place, size = map(np.array, BlockBox(obj).tray)
    return framing.corners_of(obj.evaluated_get(depsgraph), place - size / 2, place + size / 2)


def by_path(network: bpy.types.Collection) -> dict[str, bpy.types.Object]:
    """The block objects of a network, parents before children."""
    return {path: box.obj for path, box in NetworkScene(network).blocks().items()}


def copies(boxes: Mapping[str, BlockBox]) -> set[str]:
    """The paths of the blocks that are one of several equal ones, and not the last."""
    inside: dict[str, list[str]] = {}
    for path, box in boxes.items():
        inside.setdefault(box.parent, []).append(path)
    return {path for outer, box in boxes.items() if box.repeat > 1 for path in inside.get(outer, [])[:-1]}


def folded(boxes: Mapping[str, BlockBox]) -> set[str]:
    """The paths of the blocks that are closed by more than half, or have nothing inside."""
    return {path for path, box in boxes.items() if box.folded}


def fold(network: bpy.types.Collection, paths: Collection[str], value: float) -> None:
    """Fold these blocks: 1 closes them to boxes, 0 opens them."""
    for path, box in NetworkScene(network).blocks().items():
        if path in paths:
            box.inputs["Fold"] = value
            box.obj.update_tag()


def chosen(context: bpy.types.Context, network: bpy.types.Collection, which: str, fold: bool) -> list[str]:
    """The paths of the blocks to fold or to unfold.

    `which` is "REPEATS" (of equal blocks that repeat all but the first), "GROUPS" (those that hold such blocks), "ALL"
    (the outermost; to unfold, all), or "SELECTED": the selected blocks and those around the selected layers, of these
    the innermost, or to unfold the closed ones. Without a selection, the active object counts.
    """
    boxes = NetworkScene(network).blocks()
    groups = [path for path, box in boxes.items() if box.repeat > 1]
    if which == "GROUPS":
        return groups
    if which == "REPEATS":
        inside = {outer: [path for path, box in boxes.items() if box.parent == outer] for outer in groups}
        return [path for some in inside.values() for path in some[1:]]
    if which == "ALL":
        return [path for path, box in boxes.items() if not (fold and box.parent)]
    return _selected(context, network, boxes, fold)


def _selected(context, network, boxes: dict[str, BlockBox], fold) -> list[str]:
    selected = context.view_layer.objects.selected or [context.view_layer.objects.active]
    paths = set()
    closed = folded(boxes)
    for obj in set(objects(network)).intersection(selected):
        if box := BlockBox.of(obj):
            paths.add(box.path)
        path = layer.block if (layer := LayerObject.of(obj)) else ""
        if fold:
            paths.add(path)
        while not fold and path in boxes:
            paths |= {path} & closed
            path = boxes[path].parent
    return [path for path in boxes if path in paths]


def layers_in(network: bpy.types.Collection, paths: Collection[str]) -> list[bpy.types.Object]:
    """The objects of the layers in these blocks, those of blocks inside included, in the order of the network."""
    scene = NetworkScene(network)
    names = {name for path, box in scene.blocks().items() if path in paths for name in box.layers}
    return [layer.obj for name, layer in scene.layers().items() if name in names]
