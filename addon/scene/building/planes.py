# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Layers that stand as planes of true numbers: sheets, covers, weights, heads of attention. Each plane is a book
without pages, a child of the layer's object, whose own cell nobody sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import pi, tan

import bpy
from mathutils import Vector

from ...inference import Ran, activation
from ...layout import HEIGHT
from ...layout.planes import PlaneSizes
from ...network import Layer, Network
from ...network.covers import NORMS
from ...network.norms import NormReader
from ...network.planes import BELOW, Plane, planes
from ...nodes import book as group
from .. import removing, sockets
from ..entities import Book, LayerObject, NetworkScene
from ..texts import headings, labels, words
from . import books

MARGIN = 0.006 * HEIGHT  # of a plane round its cells
FRAME = 0.006 * HEIGHT
GAP = 0.035  # of the width of a plane, between matrices
Shown = dict[str, list[Plane]]


def read(network: Network, layers: Iterable[Layer], details: Mapping[str, str], ran: Ran | None) -> Shown:
    """What these layers show at these details, by name. Raises `CheckpointError`."""
    reader = NormReader()

    def values(layer: Layer):
        return activation(layer, ran)

    return {layer.name: planes(network, layer, details[layer.name], values, reader) for layer in layers}


def show(
    network: Network,
    objs: Mapping[str, bpy.types.Object],
    shown: Shown,
    materials: Mapping[str, bpy.types.Material],
    way: Vector | None = None,
) -> None:
    """Let layers (objects by name) have these planes and no others; those that are there stay, with what somebody has
    done to them. `way` is where the signal runs, in the space of a layer."""
    sized = PlaneSizes(network)
    gone: list[Book] = []
    for name, layer_planes in shown.items():
        layer_obj = objs[name]
        there = {book.place: book for book in of_layer(layer_obj)}
        form = sized.of(network.layer(name))
        for plane in layer_planes:
            size = form.sizes.get(plane.place) or next(iter(form.sizes.values()))
            book = there.pop(plane.place, None)
            if book is None:
                book = _make(layer_obj, name, plane.place, materials)
                ahead, up = form.middles.get(plane.place, (0.0, 0.0))
                book.obj.location = (way or Vector((1.0, 0.0, 0.0))) * ahead + Vector((0.0, 0.0, up))
            _fill(book, plane, size, materials)
            if plane.place != BELOW and plane.cover:
                said = words.heading_of_plane(network.layer(name), book)
                headings.over(book, said, HEIGHT, materials)
        gone += there.values()
        labels.say(layer_obj, words.of_plane(network, network.layer(name), of_layer(layer_obj)))
    _remove(gone)


def of_layer(layer_obj: bpy.types.Object) -> list[Book]:
    """The planes of a layer."""
    return [book for book in map(Book.of, layer_obj.children) if book and book.layer]


def by_layer(scene: NetworkScene) -> dict[str, list[Book]]:
    """The planes of all layers of a network, by the name of the layer."""
    shown: dict[str, list[Book]] = {}
    for book in scene.members(Book):
        if book.layer:
            shown.setdefault(book.layer, []).append(book)
    return shown


def drop(layer_obj: bpy.types.Object) -> None:
    """Take the planes of a layer away, which shows its cells again."""
    _remove(of_layer(layer_obj))


def _remove(gone: Iterable[Book]) -> None:
    """Remove planes, and what is written on them."""
    gone = list(gone)
    removing.remove([obj for book in gone for obj in (*book.obj.children, book.obj)])


def refresh(collection: bpy.types.Collection, network: Network, ran: Ran | None) -> None:
    """Let the planes of a network show a new run, or a newer checkpoint. Raises `CheckpointError`, and then nothing has
    changed."""
    scene = NetworkScene(collection)
    for layer in list(scene.members(LayerObject)):
        if not layer.is_plane:
            drop(layer.obj)
    objs = {name: layer for name, layer in scene.layers().items() if layer.is_plane and name in network.by_name}
    details = {name: layer.detail for name, layer in objs.items()}
    shown = read(network, [network.layer(name) for name in objs], details, ran)
    way = way_of(scene.settings["layout"].get("slant", 0.0))
    show(network, {name: layer.obj for name, layer in objs.items()}, shown, scene.materials, way)


def way_of(slant: float) -> Vector:
    """Where the signal runs in the space of a layer, a metre of its way: layers in a row with a `slant` are turned
    about, to be looked at from where the signal leaves."""
    return Vector((-1.0, -tan(slant), 0.0)) if slant else Vector((1.0, 0.0, 0.0))


def _make(layer_obj, name, place, materials) -> Book:
    given = {"Margin": MARGIN, "Frame": FRAME, "Arches": False, "Reach": (0.0, 0.0, 0.0)}
    book = books.new(f"{layer_obj.name} {place}", layer_obj, materials, given, layer=name, place=place)
    book.obj.rotation_euler = (0.0, 0.0, pi)  # covers face +X, layers -X
    return book


def _fill(book: Book, plane: Plane, size: tuple[float, float], materials) -> None:
    cover = plane.cover
    width, height = size
    given = {"Cover Width": width, "Cover Height": height, "Empty": cover is None, "Token Rows": False}
    parts = []
    is_turned = plane.turned and cover is not None and cover.picture.shows == NORMS
    if cover:
        picture = cover.picture
        parts = [books.points_of(group.COVER, picture, is_turned)]
        given |= books.shape_of(picture, width, height)
        if picture.shows == NORMS:
            given["Tile Gap"] = GAP if picture.tiles > 1 else 0.0
    books.write(book.obj.data, parts)
    book.tell(turned=is_turned, **books.told_of(cover))
    sockets.refresh(book, given)
    books.paint(book, materials)
    book.obj.update_tag()
