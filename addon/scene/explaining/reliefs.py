# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands beside layers while a network explains itself: inputs that are pictures as a relief of their evidence,
and Grad-CAM as a sheet of glass before its maps and before the input."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import bpy
import numpy as np
from mathutils import Matrix

from ...attribution import Explained
from ...inference import Ran, activation
from ...network import Layer, Network
from ...network.network import by_unit
from ...nodes import series as groups
from ...nodes.layer import layer_group
from ...nodes.tree import attach
from .. import removing
from ..building import input_picture, planned
from ..building.paints import paint_of
from ..camera import framing
from ..entities import EvidenceRelief, EvidenceSheet, InputPicture, LayerObject, NetworkScene
from ..texts import labels
from . import putting

RELIEF = 5.2  # pitches
MOST = input_picture.MOST  # pixels of a side
COARSE = 96  # cells under a curve
BELOW = 2.4  # pitches, between a curve and what its numbers count
AWAY = 0.16  # of the longer side of what it lies over: how far before it a sheet stands
NEAR = 0.03  # of one of several, each of which has to lie over what it tells of


def show(collection: bpy.types.Collection, network: Network, ran: Ran | None, told: Sequence[Explained]) -> None:
    """Make reliefs and sheets of these steps, in place of those that there are."""
    hide(collection)
    scene = NetworkScene(collection)
    shown = scene.layers()
    for picture in list(scene.members(InputPicture)):
        layer = network.by_name.get(picture.layer)
        steps = [step.values.get(picture.layer) for step in told]
        if layer is None or picture.layer not in shown or all(values is None for values in steps):
            continue
        _relief(scene, picture, layer, ran, steps)
    cams = [(place, step) for place, step in enumerate(told) if step.cam is not None]
    before: dict[str, list[tuple[float, float, float, float]]] = {}
    for place, step in cams:
        for name in (step.of, *(layer.name for layer in network.layers if layer.op == "Input")):
            if name in shown and not shown[name].is_plane:
                if name not in before:
                    before[name] = _maps(scene, shown[name], network.layer(name))
                _sheet(scene, shown[name], before[name], step, place, len(told))


def hide(collection: bpy.types.Collection) -> None:
    """Take them away; pictures come back."""
    scene = NetworkScene(collection)
    removing.remove([beside.obj for beside in scene.members(EvidenceRelief, EvidenceSheet)])
    for picture in scene.members(InputPicture):
        if picture.away:
            picture.obj.hide_viewport = picture.obj.hide_render = False
            picture.away = False


def _relief(scene: NetworkScene, picture: InputPicture, layer: Layer, ran: Ran | None, steps) -> None:
    """The pixels of a picture as cells that rise by what they count, over their brightness; channels are summed."""
    grid = layer.grid
    _, width, height = input_picture.size_of(layer)
    curve = input_picture.is_waveform(layer)
    step = ceil(max(grid.rows, grid.columns) / (COARSE if curve else MOST))
    rows, columns = ceil(grid.rows / step), ceil(grid.columns / step)
    owner = picture.obj.parent
    mesh = bpy.data.meshes.new(f"{layer.name} evidence")
    mesh.vertices.add(rows * columns)
    held = activation(layer, ran)
    light = np.zeros(rows * columns) if held is None else _pooled(by_unit(held, grid).mean(0), step, np.nanmean)
    attribute = mesh.attributes.new("value", "FLOAT", "POINT")
    low = float(light.min(initial=0))
    attribute.data.foreach_set("value", (light - low).astype(np.float32))
    obj = bpy.data.objects.new(mesh.name, mesh)
    pitch = max(width, height) / max(grid.rows, grid.columns) * step
    attach(
        obj,
        "Layer",
        layer_group(labels.font()),
        {
            "Units": 1,
            "Rows": rows,
            "Columns": columns,
            "Pitch": pitch,
            "Cell": planned.cell_shapes()["tile"],
            "Material": scene.materials["cells"],
            "Range": float(light.max(initial=0)) - low or 1.0,
            "Evidence": 1.0,
            "Evidence Relief": RELIEF,
            "Evidence Material": paint_of(scene, "evidence"),
        },
    )
    EvidenceRelief.make(obj, layer=layer.name)
    shown = [
        np.zeros(rows * columns, np.float32)
        if values is None
        else _pooled(by_unit(values, grid).sum(0), step, np.nansum).astype(np.float32)
        for values in steps
    ]
    putting.put(obj, shown, [putting.extent_of(values, True) for values in shown], scene.root().obj)
    obj.parent = owner
    obj.matrix_parent_inverse = picture.obj.matrix_parent_inverse
    obj.matrix_basis = picture.obj.matrix_basis
    for holder in picture.obj.users_collection:
        holder.objects.link(obj)
    if curve:  # its curve stays, with what counts under it
        obj.matrix_basis @= Matrix.Translation((0.0, 0.0, -height / 2 - BELOW * pitch))
        return
    picture.away = True
    picture.obj.hide_viewport = picture.obj.hide_render = True


def _pooled(values: np.ndarray, step: int, how) -> np.ndarray:
    """Squares of a map (rows, columns) as one number each, flat; `how` counts no NaN, which fills what is beyond it."""
    if step == 1:
        return values.ravel()
    rows, columns = (-(-size // step) for size in values.shape)
    padded = np.full((rows * step, columns * step), np.nan)
    padded[: values.shape[0], : values.shape[1]] = values
    blocks = padded.reshape(rows, step, columns, step)
    return how(blocks, (1, 3)).ravel()


def _sheet(
    scene: NetworkScene, shown: LayerObject, before: Sequence[tuple], told: Explained, place: int, count: int
) -> None:
    """A face a cell of Grad-CAM, before all maps of a layer or before each of an input, at its own resolution."""
    cam = told.cam
    assert cam is not None
    rows, columns = cam.shape
    full = putting.extent_of(cam, True)
    shade = np.clip(cam / full, 0, 1) ** 0.8
    points, faces = [], []
    for number, (left, head, width, height) in enumerate(before):
        y, z, corners = input_picture.pixel_faces(width, height, rows, columns)
        away = np.full_like(y, -(AWAY if len(before) == 1 else NEAR) * max(width, height))
        points.append(np.stack([away, y + left, z + head], -1).reshape(-1, 3))
        faces.append(corners + number * y.size)
    mesh = bpy.data.meshes.new(f"{shown.name} Grad-CAM")
    mesh.from_pydata(np.concatenate(points).tolist(), [], np.concatenate(faces).tolist())
    for name, values in (
        ("shade", np.tile(shade.ravel(), len(before))),
        (putting.COUNTS, np.tile(cam.ravel(), len(before))),
        ("begin", np.full(cam.size * len(before), place - 0.5 if place else -1.0)),
        ("end", np.full(cam.size * len(before), place + 0.5 if place < count - 1 else count)),
    ):
        attribute = mesh.attributes.new(name, "FLOAT", "FACE")
        attribute.data.foreach_set("value", np.ascontiguousarray(values, np.float32))
    mesh.materials.append(paint_of(scene, "sheet"))
    obj = bpy.data.objects.new(mesh.name, mesh)
    EvidenceSheet.make(obj, layer=shown.name)
    if count > 1:
        given = {"Network": scene.root().obj, "Slider": groups.sockets.attribute("evidence"), "Last": count - 1}
        attach(obj, "Words", groups.words_group(), given)
    labels.seen_by_camera(obj)
    obj.parent = shown.obj
    for holder in shown.obj.users_collection:
        holder.objects.link(obj)


def _maps(scene: NetworkScene, shown: LayerObject, layer: Layer) -> list[tuple[float, float, float, float]]:
    """Where sheets stand before a layer, in its space: the middle to the side and up, width and height of each. Before
    the channels of an input that stand apart one each, or else one before all."""
    _, width, height = shown.size
    grid = layer.grid
    pictured = any(picture.layer == layer.name for picture in scene.members(InputPicture))
    if layer.op != "Input" or grid.units == 1 or pictured or len(shown.obj.data.vertices) != grid.size:
        return [(0.0, 0.0, width, height)]
    view_layer = scene.scene.view_layers[0]
    view_layer.update()
    geometry = framing.geometry_of(shown.obj, view_layer.depsgraph)
    cloud = geometry.instances_pointcloud() if geometry else None
    if cloud is None or len(cloud.points) < grid.size:
        return [(0.0, 0.0, width, height)]
    matrices, _ = framing.instance_matrices(cloud)
    places = matrices[: grid.size, 1:3, 3].reshape(grid.units, -1, 2)
    half = float(shown.inputs["Pitch"]) / 2
    low, high = places.min(1) - half, places.max(1) + half
    return [
        ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, b[0] - a[0], b[1] - a[1])
        for a, b in zip(low.tolist(), high.tolist(), strict=True)
    ]
