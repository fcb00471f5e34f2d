# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The input of a network as the picture or waveform that it is, in a frame; before anything ran the frame is empty."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

import bpy
import numpy as np

from ...inference import Ran, activation
from ...layout import HEIGHT
from ...network import Layer, Network
from ...network.network import by_unit
from .. import sockets
from ..attributes import forget_steps
from ..entities import InputPicture, LayerObject, NetworkScene
from . import waveform
from .waveform import is_waveform

CHANNELS = (1, 3)
SIDE = 0.78 * HEIGHT  # metres, of the longer side
LONG = 1.25 * HEIGHT  # metres, of a waveform
DEEP = 0.02 * HEIGHT  # metres, of the room that it takes along the signal
FRAME = 0.012  # of the longer side, its width
MOST = 224  # pixels of a side; of more the mean of some is shown
RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))  # of usual pixels, the first that holds all of them counts
NEAR = 0.01  # of such a range may pixels lie beyond it
EMPTY = 0.06
APART = 0.34  # of the longer side, between channels
HUES = ((1.0, 0.12, 0.1), (0.1, 1.0, 0.16), (0.16, 0.3, 1.0))  # of channels that stand apart


def is_picture(layer: Layer) -> bool:
    """Whether a layer is an input of a gray or colored picture, or of a waveform."""
    grid = layer.grid
    pixels = layer.op == "Input" and grid.units in CHANNELS and grid.rows > 1 and grid.columns > 1
    return pixels or is_waveform(layer)


def stands_so(layer: Layer, on_shelf: bool) -> bool:
    """Whether an input is drawn as a picture where nobody has wished otherwise: before books, or else as a waveform."""
    return is_waveform(layer) or on_shelf and is_picture(layer)


def size_of(layer: Layer) -> tuple[float, float, float]:
    """What the picture takes along the signal, to the side and up, in metres."""
    grid = layer.grid
    if is_waveform(layer):
        return DEEP, LONG, waveform.height(grid, LONG)
    longer = max(grid.rows, grid.columns)
    return DEEP, SIDE * grid.columns / longer, SIDE * grid.rows / longer


def _pixels_of(layer: Layer) -> tuple[int, int]:
    """Rows and columns of the picture."""
    grid = layer.grid
    if is_waveform(layer):
        return waveform.pixels_of(grid)
    rows, columns = (ceil(size / ceil(size / MOST)) for size in (grid.rows, grid.columns))
    return rows, columns


def make(
    layer: Layer, layer_obj: bpy.types.Object, ran: Ran | None, materials: Mapping[str, bpy.types.Material]
) -> bpy.types.Object:
    """The picture of an input layer, a child of the layer's object; the layer's own cells are hidden."""
    _, width, height = size_of(layer)
    mesh = bpy.data.meshes.new(f"{layer_obj.name} picture")
    obj = bpy.data.objects.new(mesh.name, mesh)
    for role in ("picture", "label"):
        mesh.materials.append(materials[role])
    InputPicture.make(obj, layer=layer.name)
    _form(mesh, width, height, _pixels_of(layer))
    _write(obj, layer, ran)
    obj.parent = layer_obj
    shown = LayerObject(layer_obj)
    inputs = shown.inputs
    InputPicture(obj).before = {
        "size": list(shown.size),
        "reveal": float(inputs["Reveal"]),
        "backing": float(inputs["Backing"]),
        "pitch": float(inputs["Pitch"]),
    }
    shown.size = size_of(layer)
    if is_waveform(layer):  # cells, hardly seen, stay on its middle, so that lines begin where their number stands
        sockets.write(shown, {"Pitch": width / layer.grid.columns, "Backing": 0.0})
    else:
        sockets.write(shown, {"Reveal": 0.0, "Backing": 0.0})
    return obj


def stand(picture: InputPicture, layer: Layer, ran: Ran | None, planes: bool) -> None:
    """Let the channels of a picture stand apart, red first, each in its own color; or let it be one picture again."""
    if picture.planes == planes:
        return
    _, width, height = size_of(layer)
    mesh = picture.obj.data
    mesh.clear_geometry()
    picture.planes = planes
    _form(mesh, width, height, _pixels_of(layer), layer.grid.units if planes else 1)
    _write(picture.obj, layer, ran)


def cells_again(picture: InputPicture) -> LayerObject:
    """The layer of a picture as it was before, with its cells; the picture itself is still to be removed."""
    shown = LayerObject(picture.obj.parent)
    before = picture.before
    if before:
        shown.size = tuple(before["size"])
        sockets.write(shown, {name.title(): before[name] for name in ("reveal", "backing", "pitch")})
    return shown


def show(collection: bpy.types.Collection, network: Network, ran: Ran | None) -> None:
    """Let the pictures of a network's inputs show what runs now."""
    for picture in NetworkScene(collection).members(InputPicture):
        layer = network.by_name.get(picture.layer)
        if layer and is_picture(layer):
            _write(picture.obj, layer, ran)


def pixel_faces(width: float, height: float, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where corners of pixels are, y and z (rows + 1, columns + 1) in metres, and the four of each pixel, (pixels, 4),
    from the upper left one on. As the cells of a layer they face -X, columns along -Y."""
    across = np.linspace(width / 2, -width / 2, columns + 1)
    down = np.linspace(height / 2, -height / 2, rows + 1)
    z, y = np.meshgrid(down, across, indexing="ij")
    corner = np.arange((rows + 1) * (columns + 1)).reshape(rows + 1, columns + 1)
    faces = np.stack([corner[1:, :-1], corner[1:, 1:], corner[:-1, 1:], corner[:-1, :-1]], -1).reshape(-1, 4)
    return y, z, faces


def frame_corners(width: float, height: float, edge: float, x: float) -> np.ndarray:
    """The corners (16, 3) of a frame round a picture, four of each of its four faces; `x` is how far behind it stands,
    in metres as all."""
    corners = []
    for low_y, high_y, low_z, high_z in (
        (-width / 2 - edge, width / 2 + edge, height / 2, height / 2 + edge),
        (-width / 2 - edge, width / 2 + edge, -height / 2 - edge, -height / 2),
        (-width / 2 - edge, -width / 2, -height / 2, height / 2),
        (width / 2, width / 2 + edge, -height / 2, height / 2),
    ):
        corners += [(x, low_y, low_z), (x, high_y, low_z), (x, high_y, high_z), (x, low_y, high_z)]
    return np.array(corners)


def _form(mesh, width, height, pixels: tuple[int, int], planes: int = 1) -> None:
    """A face a pixel, from the upper left one on, then the frame, for each plane, the first in front. As the cells of a
    layer it faces -X, columns along -Y."""
    y, z, faces = pixel_faces(width, height, *pixels)
    points = np.stack([np.zeros_like(y), y, z], -1).reshape(-1, 3)
    edge = FRAME * max(width, height)
    frame = frame_corners(width, height, edge, -edge)
    begin = len(points)
    points = np.concatenate([points, frame]).astype(np.float32)
    faces = np.concatenate([faces, begin + np.arange(16).reshape(4, 4)]).astype(np.int32)
    own = np.r_[np.zeros(len(faces) - 4, np.int32), np.ones(4, np.int32)]
    apart = APART * max(width, height)
    shifts = [(place - (planes - 1) / 2) * apart for place in range(planes)]
    count = len(points)
    points = np.concatenate([points + np.array([by, 0, 0], np.float32) for by in shifts])
    faces = np.concatenate([faces + place * count for place in range(planes)])
    mesh.vertices.add(len(points))
    mesh.vertices.foreach_set("co", points.ravel())
    mesh.loops.add(faces.size)
    mesh.loops.foreach_set("vertex_index", faces.ravel())
    mesh.polygons.add(len(faces))
    mesh.polygons.foreach_set("loop_start", np.arange(0, faces.size, 4, dtype=np.int32))
    mesh.update(calc_edges=True)
    mesh.attributes.new("picture", "FLOAT_COLOR", "FACE")
    paint = mesh.attributes.get("material_index") or mesh.attributes.new("material_index", "INT", "FACE")
    paint.data.foreach_set("value", np.tile(own, planes))


def _write(obj: bpy.types.Object, layer: Layer, ran: Ran | None) -> None:
    """Write the pixels of a run, 0 to 1 as a screen shows them, or of none an even dark."""
    colors, low, high = colors_of(layer, ran, InputPicture(obj).planes)
    forget_steps(obj)
    attribute = obj.data.attributes.get("picture")
    if attribute is None or len(attribute.data) != len(colors):  # somebody has changed the mesh
        return
    attribute.data.foreach_set("color", colors.ravel())
    obj.data.update_tag()
    InputPicture(obj).tell(low=low, high=high)


def colors_of(layer: Layer, ran: Ran | None, planes: bool = False) -> tuple[np.ndarray, float, float]:
    """Colors (faces, 4) of the picture of a run with its frame, or of its channels each with its own, and the values
    that are black and white."""
    pixels, low, high = _pixels(layer, ran)
    if planes:
        every = []
        for channel in range(layer.grid.units):
            shown = np.ones((len(pixels) + 4, 4), np.float32)
            shown[:-4, :3] = pixels[:, channel : channel + 1] * np.array(HUES[channel], np.float32)
            every.append(shown)
        return np.concatenate(every), low, high
    colors = np.ones((len(pixels) + 4, 4), np.float32)
    colors[:-4, :3] = pixels
    return colors, low, high


def _pixels(layer: Layer, ran: Ran | None) -> tuple[np.ndarray, float, float]:
    """Colors (pixels, 3), and the values that are black and white; both 0 where nothing ran."""
    grid = layer.grid
    rows, columns = _pixels_of(layer)
    value = activation(layer, ran)
    if value is None:
        return np.full((rows * columns, 3), EMPTY, np.float32), 0.0, 0.0
    if is_waveform(layer):
        drawn, low, high = waveform.draw(by_unit(value, grid)[:, 0], grid)
        return drawn.reshape(-1, 3), low, high
    shown = np.nan_to_num(by_unit(value, grid), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = _range(shown)
    for axis in (1, 2):
        starts = np.arange(0, shown.shape[axis], ceil(shown.shape[axis] / MOST))
        sizes = np.diff(np.r_[starts, shown.shape[axis]])
        shown = np.add.reduceat(shown, starts, axis) / sizes.reshape([-1 if axis == place else 1 for place in range(3)])
    shown = np.clip((shown - low) / ((high - low) or 1.0), 0, 1)
    return np.broadcast_to(shown.reshape(grid.units, -1).T, (rows * columns, 3)), low, high


def _range(values: np.ndarray) -> tuple[float, float]:
    """The values that are black and white: those of a usual range of pixels that holds all, else the least and most."""
    low, high = float(values.min()), float(values.max())
    for begin, end in RANGES:
        if low >= begin - NEAR * (end - begin) and high <= end + NEAR * (end - begin):
            return begin, end
    return low, high
