# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The materials of a network, of a block or of some layers: which they are, colour maps, and their settings.

Our materials are marked with the role that they play ("cells", "lines", "copies", "plate", "bars", ...). A part of a
network gets copies of its own, and a material that somebody made himself stays where he put it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import bpy

from ... import compat
from ...colormaps import ColorMap, linear, maps
from ...nodes import materials as shaders
from ...nodes.sockets import OF, VALUE
from .. import palettes
from ..building import blocks, connections
from ..entities import Arcs, Bars, BlockBox, Book, Bundle, LayerObject, NetworkScene, RoleMaterial, kind, nodes, objects
from ..texts import caption

PARTS = {
    "NETWORK": ("Network", "All of the network"),
    "BLOCK": ("Block", "The block of the active object"),
    "SELECTED": ("Selected", "The selected layers, blocks and connections"),
}
SLOTS = {kind: {socket.name: socket.paint for socket in interface if socket.paint} for kind, interface in OF.items()}
BOOKS = ("maps", "norms", "pages", "heads", "boards", "arches")
ROLES = ("cells", "plate", "lines", "copies", "blocks", "bars", "track", *BOOKS)
GROUP = VALUE.having("look")
SURFACE = {"Roughness": "Roughness", "Metallic": "Metallic", "Specular": "Specular IOR Level"}
COLOURS = (shaders.COLOUR, shaders.SECOND)


@dataclass(frozen=True)
class Part:
    """A network or some of it: what of it can be painted."""

    network: bpy.types.Collection
    name: str
    objects: tuple[bpy.types.Object, ...]
    whole: bool = False

    def of_kind(self, wanted: str) -> list[bpy.types.Object]:
        """Its "layer", "connections", "block", "book" or "bars" objects."""
        return [obj for obj in self.objects if kind(obj) == wanted]


def part_of(context: bpy.types.Context, network: bpy.types.Collection, which: str = "NETWORK") -> Part | None:
    """The network, the block of the active object with all in it, or what is selected; None if that is nothing.

    The lines into a layer belong to it.
    """
    every = [obj for obj in objects(network) if kind(obj) in ("layer", "connections", "arcs", "block", "bars", "book")]
    if which == "NETWORK":
        return Part(network, network.name, tuple(every), True)
    objs = set()
    paths = set()
    name = "Selected"
    if which == "BLOCK":
        active = context.view_layer.objects.active
        layer = LayerObject.of(active)
        box = BlockBox.of(active)
        book = Book.of(active)
        if book and book.layer:
            layer = LayerObject.of(active.parent)
        name = box.path if box else layer.block if layer else book.path if book else ""
        paths = {name} - {""}
    else:
        objs = set(context.view_layer.objects.selected) or {context.view_layer.objects.active}
        paths = {entity.path for entity in (*map(BlockBox.of, objs), *map(Book.of, objs)) if entity} - {""}
        objs |= {obj.parent for obj in objs if (book := Book.of(obj)) and book.layer}
    for path, box in NetworkScene(network).blocks().items():  # parents come first
        paths |= {path} if box.parent in paths else set()
    objs |= {box.obj for box in map(BlockBox.of, every) if box and box.path in paths}
    objs |= {book.obj for book in map(Book.of, every) if book and book.path in paths}
    objs |= set(blocks.layers_in(network, paths))
    names = {layer.name for layer in map(LayerObject.of, objs) if layer}
    objs |= {obj for obj in every if _layer_of(obj) in names}
    inside = tuple(obj for obj in every if obj in objs)
    return Part(network, name, inside) if inside else None


def _layer_of(obj: bpy.types.Object) -> str | None:
    """The name of the layer that an object is or belongs to: of a bundle, the one that it enters; None of the book of a
    block."""
    if bundle := Bundle.of(obj):
        return bundle.target
    layer = LayerObject.of(obj)
    beside = Bars.of(obj) or Arcs.of(obj) or Book.of(obj)
    return layer.name if layer else (beside.layer or None) if beside else None


def slots(obj: bpy.types.Object) -> Iterator[tuple[bpy.types.NodesModifier, str, str]]:
    """The sockets of an object that take a material of ours: its modifier, the socket's name, the role."""
    modifier = nodes(obj)
    known = SLOTS.get(kind(obj), {})
    if Bundle.is_one(obj):
        known = {"Material": "lines" if connections.shows_weights(obj) else "copies"}
    if book := Book.of(obj):
        known = known | {"Cover Material": book.cover_role}
    return ((modifier, socket, role) for socket, role in known.items() if modifier)


def role_of(material: bpy.types.Material | None) -> str:
    """What a material of ours is for, "" of others."""
    entity = RoleMaterial.of(material)
    return entity.role if entity else ""


def claim(part: Part, *roles: str) -> dict[str, bpy.types.Material]:
    """The materials of these roles (all, if none is given) that a part has to itself.

    The whole network has those that were made with it, and what had its own comes back to them. Another part gets
    copies, the first time.
    """
    kept = {role: material for role, material in NetworkScene(part.network).materials.items() if material}
    wanted, users = {}, {}
    for obj in objects(part.network):
        for modifier, socket, role in slots(obj):
            current = compat.get_input(modifier, socket)
            if current is None or role_of(current) != role or roles and role not in roles:
                continue
            users.setdefault(current, set()).add(obj)
            if obj in part.objects:
                wanted.setdefault(role, []).append((obj, modifier, socket, current))
    own = {role: material for role, material in kept.items() if not roles or role in roles} if part.whole else {}
    for role, places in wanted.items():
        material = own.get(role) or _own(part, role, places, users, kept)
        own[role] = material
        for obj, modifier, socket, current in places:
            if current != material:
                compat.set_inputs(modifier, {socket: material})
                obj.update_tag()
    palettes.follow(part.objects)
    return own


def _own(part, role, places, users, kept):
    for *_, current in places:
        if current not in kept.values() and users[current] <= set(part.objects) and not _of_style(current):
            return current
    first = places[0][-1]
    copy = (kept[role] if _of_style(first) and role in kept else first).copy()
    copy.name = f"{part.network.name} {role.capitalize()} {part.name}"
    return copy


def _of_style(material):
    """Whether a material came with a style that somebody saved; then its nodes are his."""
    entity = RoleMaterial.of(material)
    return entity is not None and entity.style is not None


def set_map(part: Part, role: str, name: str) -> int:
    """Give the "cells" or "lines" of a part a colour map; returns how many objects show it."""
    shown = maps()[name]
    for material in claim(part, role).values():
        paint(material, shown)
    caption.follow(part.network)
    return sum(wanted == role for obj in part.objects for *_, wanted in slots(obj))


def set_scale(part: Part, role: str, signed: bool, log: float) -> None:
    """Let the ramp of a part begin at -1 or at 0, and tell so many decades apart."""
    for material in claim(part, role).values():
        inputs = shaders.node_of(material, shaders.VALUE).inputs
        inputs["Low"].default_value = -1.0 if signed else 0.0
        inputs["Log"].default_value = log
        palettes.refresh(material)
    caption.follow(part.network)


def scale_of(part: Part, role: str) -> tuple[bool, float] | None:
    """Whether the ramp of a part begins below 0, and how many decades it tells apart; None if there is none."""
    node = shaders.node_of(in_use(part, role), shaders.VALUE)
    return (node.inputs["Low"].default_value < 0, node.inputs["Log"].default_value) if node else None


def paint(material: bpy.types.Material, shown: ColorMap) -> None:
    """Let the ramp of a material be a map."""
    ramp = shaders.ramp_of(material)
    value = shaders.node_of(material, shaders.VALUE)
    if ramp and value:
        shaders.set_stops(ramp, shaders.linear_stops(shown.stops))
        value.inputs["Low"].default_value = shown.low
        if role_of(material) != "lines":  # they have one color in Solid shading, which is that of no sign
            material.diffuse_color = ramp.evaluate(0.85)
        palettes.refresh(material)


def settings_of(material: bpy.types.Material) -> dict:
    """What can be set of a material of ours, as plain data: numbers, colours (linear RGBA), its "Map" or, if that was
    edited, its "Ramp", and the shade at which that begins ("Low")."""
    settings: dict = {}
    value, surface = (shaders.node_of(material, name) for name in (shaders.VALUE, shaders.SURFACE))
    if value:
        settings |= {name: value.inputs[name].default_value for name in GROUP}
    if ramp := shaders.ramp_of(material):
        name = shaders.map_of(material)
        settings |= (
            {"Map": name} if name else {"Ramp": [[place, list(colour)] for place, colour in shaders.stops_of(ramp)]}
        )
        settings["Low"] = value.inputs["Low"].default_value if value else -1.0
    if surface:
        settings |= {
            name: surface.inputs[socket].default_value for name, socket in SURFACE.items() if socket in surface.inputs
        }
        strength = _strength(surface)
        settings |= {} if strength.is_linked else {"Strength": strength.default_value}
    for name in COLOURS:
        if node := shaders.node_of(material, name):
            settings[name] = list(node.outputs[0].default_value)
    return settings


def set_settings(material: bpy.types.Material, wanted: dict, ramps: bool = False) -> None:
    """Set what `settings_of` tells, as far as it is given; a ramp that somebody edited stays unless `ramps`."""
    value, surface = (shaders.node_of(material, name) for name in (shaders.VALUE, shaders.SURFACE))
    ramp = shaders.ramp_of(material)
    for name, setting in wanted.items():
        if name in GROUP and value:
            value.inputs[name].default_value = setting
        elif name in SURFACE and surface and SURFACE[name] in surface.inputs:
            surface.inputs[SURFACE[name]].default_value = setting
        elif name == "Strength" and surface and not _strength(surface).is_linked:
            _strength(surface).default_value = setting
        elif name in COLOURS and (node := shaders.node_of(material, name)):
            node.outputs[0].default_value = linear(setting) if isinstance(setting, str) else setting
            if name == shaders.COLOUR:
                material.diffuse_color = node.outputs[0].default_value
    if ramp and value and (ramps or shaders.map_of(material)):
        if wanted.get("Map") in maps():
            paint(material, maps()[wanted["Map"]])
        elif "Ramp" in wanted:
            shaders.set_stops(ramp, [(place, tuple(colour)) for place, colour in wanted["Ramp"]])
        if "Low" in wanted:
            value.inputs["Low"].default_value = wanted["Low"]
    palettes.refresh(material)


def _strength(surface):
    return surface.inputs["Emission Strength" if "Emission Strength" in surface.inputs else "Strength"]


def in_use(part: Part, role: str) -> bpy.types.Material | None:
    """The material that the first object of a part has in this role, whoever made it."""
    for obj in part.objects:
        for modifier, socket, wanted in slots(obj):
            if wanted == role:
                return compat.get_input(modifier, socket)
    return None
