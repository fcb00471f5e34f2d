# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The attention of tokens as arcs between the sheet that a layer of attention reads and the one that it changes."""

from __future__ import annotations

from collections.abc import Mapping

import bpy
import numpy as np

from ...inference import Ran, activation
from ...layout import books as sizes
from ...network import Network
from ...network.arcs import Arcs as Attention
from ...network.arcs import arcs as attention
from ...network.arcs import ends
from ...network.covers import SHEET
from ...network.planes import BELOW, has_attention
from ...nodes.arcs import arcs_group
from ...nodes.tree import attach
from .. import removing, sockets
from ..entities import Arcs, Book, LayerObject, NetworkScene
from ..texts import headings
from . import connections

FIELDS = {"source": "INT", "target": "INT", "value": "FLOAT"}
NOBODY = -1.0  # the token that is followed where none is


def show(collection: bpy.types.Collection, network: Network, ran: Ran | None) -> None:
    """Let every layer of attention that stands as a plane between two sheets have its arcs, of what ran; without an
    input there are none. Follows a token, unless somebody has chosen another."""
    scene = NetworkScene(collection)
    layers = scene.layers()
    sheets = _sheets(scene)
    there = {arcs.layer: arcs for arcs in scene.members(Arcs)}
    first: Attention | None = None
    for name, layer in layers.items():
        known = network.by_name.get(name)
        if known is None or known.op != "Attention" or not layer.is_plane or name not in network.readers:
            continue
        joined = ends(network, known)
        values = activation(known, ran)
        found = attention(known, values) if values is not None and joined else None
        between = [sheets.get(end) for end in joined or ()]
        if found is None or len(between) < 2 or not all(between):
            continue
        arcs = there.pop(name, None) or _make(scene, layer, name)
        _fill(arcs, found, joined, between)
        first = first or found
    removing.remove([arcs.obj for arcs in there.values()])
    _name_tokens(scene, network, sheets)
    root = scene.any_root()
    if root and "Followed Token" in root.inputs:
        sockets.refresh(root, {"Followed Token": float(first.liveliest) if first else NOBODY})
        root.obj.update_tag()


def _sheets(scene: NetworkScene) -> dict[str, Book]:
    """The sheets of a run by the layer that they show: planes, and covers of closed blocks."""
    sheets = {}
    for book in scene.members(Book):
        if book.shows == SHEET and book.layers and (book.path or book.place == BELOW):
            sheets[book.layers[0]] = book
    return sheets


def _name_tokens(scene: NetworkScene, network: Network, sheets: Mapping[str, Book]) -> None:
    """Name the tokens beside the first sheet of a run, where tokens look at one another."""
    first = next((layer.name for layer in network.layers if layer.name in sheets), None) if sheets else None
    if first and has_attention(network):
        rows, *_ = network.layer(first).shape or (0,)
        headings.tokens(sheets[first], rows or 0, sheets[first].bins[0], scene.materials)


def _make(scene: NetworkScene, layer: LayerObject, name: str) -> Arcs:
    curves = bpy.data.hair_curves.new(f"{layer.obj.name} arcs")
    for field, kind in FIELDS.items():
        curves.attributes.new(field, kind, "CURVE")
    obj = bpy.data.objects.new(curves.name, curves)
    root = scene.root().obj
    attach(obj, "Arcs", arcs_group(), {"Layer": layer.obj, "Network": root, "Material": scene.materials.get("heads")})
    obj.parent = root
    arcs = Arcs.make(obj, layer=name)
    scene.child("connections").objects.link(obj)
    return arcs


def _fill(arcs: Arcs, found: Attention, joined: tuple[str, str], between: list[Book]) -> None:
    curves = arcs.obj.data
    count = len(found)
    curves.remove_curves()
    curves.add_curves([connections.POINTS] * count)
    curves.attributes["position"].data.foreach_set("vector", connections.base_points(count).ravel())
    curves.set_types(type="CATMULL_ROM")
    for field, kind in FIELDS.items():
        attribute = curves.attributes.get(field) or curves.attributes.new(field, kind, "CURVE")
        attribute.data.foreach_set("value", np.ascontiguousarray(getattr(found, field)))
    arcs.tell(
        source=joined[0], target=joined[1], heads=found.heads, tokens=found.tokens, drawn=count, total=found.total
    )
    given: dict = {"Range": found.full}
    for name, book in zip(("Source", "Target"), between, strict=True):
        arcs.inputs[name] = book.obj
        given |= _geometry(name, book)
    sockets.refresh(arcs, given)
    arcs.obj.update_tag()


def _geometry(name: str, book: Book) -> dict:
    """The sockets that say where the rows of a sheet are."""
    known = book.inputs
    thick, gaps, _ = known["Reach"]
    front = (thick * known["Page Thickness"] + gaps * known["Page Gap"]) / 2
    return {
        f"{name} Size": (front + sizes.COVER, known["Cover Width"], known["Cover Height"]),
        f"{name} Rows": (float(known["Tile Rows"]), known["Tile Gap"], float(known["Row Step"])),
    }
