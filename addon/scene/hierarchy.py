# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network as a tree of blocks and layers, in the order of the network."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from .entities import BlockBox, LayerCopy, LayerObject, NetworkScene
from .texts import words

LONGEST = 30  # letters of a name


@dataclass(frozen=True)
class Row:
    """A row of the tree: the name of its object, what it is called there, at which depth, what it does ("block" of a
    block), its parameters, what a search finds it by, and the place of the row of the block round it, -1 for none."""

    obj: str
    text: str
    depth: int
    op: str
    parameters: int
    sought: str
    parent: int


def rows(network: bpy.types.Collection) -> list[Row]:
    """The rows of a network from top to bottom: a block before what is in it, at the place of its first layer."""
    scene = NetworkScene(network)
    layers = scene.layers()
    boxes = scene.blocks()
    order = {name: layer.order for name, layer in layers.items()}
    inside: dict[str, list[tuple[int, int, LayerObject | BlockBox]]] = {}
    for layer in layers.values():
        inside.setdefault(_shown(layer.block, boxes), []).append((layer.order, 1, layer))
    for box in boxes.values():
        first = min((order[name] for name in box.layers if name in order), default=box.first)
        inside.setdefault(_shown(box.parent, boxes), []).append((first, 0, box))
    for copy in sorted(scene.members(LayerCopy), key=lambda copy: copy.obj.name):
        inside.setdefault("", []).append((copy.order, 2, copy))
    made: list[Row] = []
    _add(made, inside, "", 0, -1)
    return made


def _shown(path: str, boxes) -> str:
    """The innermost of the blocks at or round a path that is there."""
    while path and path not in boxes:
        path = path.rpartition("/")[0]
    return path


def _add(made, inside, path, depth, parent) -> None:
    for _, _, entity in sorted(inside.get(path, ()), key=lambda item: item[:2]):
        if isinstance(entity, BlockBox):
            name = words.block_name(entity.name, entity.repeat)
            parameters = entity.parameters if entity.has("parameters") else 0
            made.append(
                Row(entity.obj.name, name, depth, "block", parameters, f"{name}\n{entity.path}".lower(), parent)
            )
            _add(made, inside, entity.path, depth + 1, len(made) - 1)
            continue
        name = entity.called if not isinstance(entity, LayerCopy) else entity.obj.name
        op = entity.op if not isinstance(entity, LayerCopy) else entity.way.capitalize()
        sought = "\n".join([entity.obj.name, entity.name, entity.op, *entity.parts, entity.block]).lower()
        made.append(Row(entity.obj.name, tail(name), depth, op, entity.parameters, sought, parent))


def tail(name: str) -> str:
    """The end of a long path, by which layers differ."""
    name = name.lstrip("/")
    while len(name) > LONGEST and "/" in name:
        name = name.partition("/")[2]
    return name


def counted(number: int) -> str:
    """A count in at most five letters: "29.1k"."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            text = f"{number / size:.3g}"
            return f"{text if 'e' not in text else int(number / size)}{unit}"
    return f"{number}" if number else ""
