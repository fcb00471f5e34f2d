# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way back: a network whose export one has, as .glb or imported into the open file, from its checkpoint again."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, fields, replace
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Quaternion, Vector

from ..containers import CheckpointError
from ..scene.building import build, importing, planned
from ..scene.editing import arranging
from ..scene.entities import BlockBox, LayerObject, NetworkScene, Root, kind, marks
from ..structure import open_checkpoint

LARGEST = 1 << 28  # bytes of JSON
UP = Matrix(((1, 0, 0, 0), (0, 0, -1, 0), (0, 1, 0, 0), (0, 0, 0, 1)))  # from glTF's axes to Blender's
DIRECTIONS = ("X", "Y", "Z", "-X", "-Y", "-Z")
APART = 1e-3  # metres that a thing was moved by hand
LONGEST_NAME = 255  # bytes of a file's name
FAR = 1e6  # metres, and factors of size: beyond, single precision draws nothing right
RANGES = {
    "max_cells": (1, 10_000_000),
    "max_connections": (1, 10_000_000),
    "lines_a_pair": (1, 10_000_000),
    "spacing": (0.2, 4.0),
    "longest": (0.0, FAR),
}  # of settings; an export tells no others


@dataclass(frozen=True)
class StoredNetwork:
    """What an export says of a network, and where its layers and blocks stand in their parents, by kind and name."""

    facts: dict
    places: dict[tuple[str, str], Matrix]


def in_file(path: Path) -> list[StoredNetwork]:
    """The networks of a GLB of ours. Raises `CheckpointError`."""
    content = _json(path)
    try:
        nodes = content.get("nodes", [])
        places = [(_facts(node), _place(node)) for node in nodes]
        stored = [
            _found(_below(nodes, index, places))
            for index, (facts, _) in enumerate(places)
            if facts.get("kind") == "network"
        ]
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise CheckpointError(path, "is damaged", "export it again") from error
    if not stored:
        raise CheckpointError(path, "is not an export of a network", "give a .glb that Neuroscene wrote")
    return stored


def in_open_file() -> list[StoredNetwork]:
    """The networks of exports that were imported into the open file."""
    roots = [obj for obj in bpy.data.objects if kind(obj) == "network"]
    trees = [[(_said(obj), obj.matrix_local) for obj in (root, *root.children_recursive)] for root in roots]
    return [stored for tree in trees if (stored := _whole(tree))]


def steps(path: Path, checkpoint: Path | None = None) -> planned.Steps:
    """Build the scene of a network anew. `path` is a .glb, whose checkpoint lies beside it or is given, or else the
    checkpoint of an export that was imported into the open file. Yields and returns as `build.build`.

    What stood elsewhere than the layout puts it, stands there again. Raises `CheckpointError`.
    """
    yield 0.0, "reading what was exported"
    if path.suffix.lower() == ".glb":
        stored = in_file(path)[0]
        name = _name(stored, "source")
        checkpoint = checkpoint or (path.parent / name if name else path.parent)
        if not _there(checkpoint):
            raise CheckpointError(path, f"its checkpoint {name or '(it names none)'} is not beside it", "choose it")
        _check(stored, checkpoint)
    else:
        checkpoint = path
        digest = open_checkpoint(path).sha256()
        stored = next((candidate for candidate in in_open_file() if candidate.facts.get("sha256") == digest), None)
        if stored is None:
            raise CheckpointError(path, "no imported glTF was made of this file", "import the .glb first")
    beside = [path.parent / name if (name := _name(stored, role)) else None for role in ("input", "architecture")]
    given, architecture = (given_path if given_path and _there(given_path) else None for given_path in beside)
    collection = yield from importing.import_steps(checkpoint, *_wanted(path, stored.facts, given), architecture)
    _put(collection, stored)
    return collection


def _check(stored, checkpoint):
    if open_checkpoint(checkpoint).sha256() != stored.facts.get("sha256"):
        raise CheckpointError(
            checkpoint, "is not the file that the glTF was made of", "choose that, or import it again"
        )


def _name(stored, which):
    """The name of a file that an export tells of; never a way to somewhere else. "" if no file can be called so."""
    told = stored.facts.get(which, "")
    name = Path(told).name if isinstance(told, str) else ""
    return name if name.isprintable() and len(name.encode(errors="replace")) <= LONGEST_NAME else ""


def _there(path):
    """Whether there is such a file; a path that cannot be, as a too long one, is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _wanted(path, facts, given):
    """Settings, input and sizes of the import that was exported."""
    try:
        settings = dict(facts.get("settings", {}))
        layout = _like(arranging.LayoutSettings(), settings.pop("layout", {}))
        if layout.direction not in DIRECTIONS:
            raise ValueError
        settings = replace(_like(build.Settings(), settings), layout=layout, new_scene=True)
        sizes = {str(name): int(size) for name, size in facts.get("sizes", {}).items()}
        if not all(0 < size < 1 << 31 for size in sizes.values()):
            raise ValueError
        return settings, given, sizes
    except (AttributeError, OverflowError, TypeError, ValueError) as error:
        raise CheckpointError(path, "has settings that make no sense", "import the checkpoint itself") from error


def _like(default, given):
    """A dataclass with the values of a dict, as far as it has such, each of the kind of its default. Raises `TypeError`
    or `ValueError` for one of another kind, or that nobody can choose."""
    known = {field.name: getattr(default, field.name) for field in fields(default)}
    values = {name: type(known[name])(value) for name, value in given.items() if name in known}
    for name, value in values.items():
        low, high = RANGES.get(name, (value, value))
        if not low <= value <= high:  # nor is NaN
            raise ValueError(name)
    return replace(default, **values)


def _put(collection, stored):
    """Let layers, blocks and the whole stand where they stood, if that is elsewhere."""
    for member in NetworkScene(collection).members(LayerObject, BlockBox, Root):
        place = stored.places.get((member.KIND, getattr(member, "named", "")))
        obj = member.obj
        if place and np.abs(np.array(place - obj.matrix_basis)).max() > APART:
            obj.matrix_basis = place


def _said(obj: bpy.types.Object) -> dict:
    """What an object that was imported from an export says of itself."""
    facts = marks.facts(obj)
    return {} if facts is None else facts.to_dict()


def _whole(tree) -> StoredNetwork | None:
    """The same as `_found`, but None where what the nodes say of themselves is damaged."""
    try:
        return _found(tree)
    except (KeyError, TypeError):
        return None


def _found(tree) -> StoredNetwork:
    """`tree` are facts and places of a network's node and of all below it."""
    names = {"layer": "name", "block": "path"}
    places = {
        (facts["kind"], facts[names[facts["kind"]]]): place for facts, place in tree if facts.get("kind") in names
    }
    facts, place = tree[0]
    return StoredNetwork(facts, places | {("root", ""): place})


def _below(nodes, index, places):
    """Facts and places of a node and of all below it. Raises `ValueError` where one is below two, as in a circle."""
    order = [index]
    for at in order:
        order += nodes[at].get("children", ())
        if len(order) > len(nodes):
            raise ValueError("its nodes are not a tree")
    return [places[at] for at in order]


def _facts(node):
    facts = node.get("extras", {}).get(marks.KEY, {})
    return facts if isinstance(facts, dict) else {}


def _place(node):
    x, y, z, w = node.get("rotation", (0, 0, 0, 1))
    moved, scale = (Vector(node.get(name, (default,) * 3)) for name, default in (("translation", 0), ("scale", 1)))
    if not all(abs(value) <= FAR for value in (*moved, *scale, x, y, z, w)):  # nor is NaN
        raise ValueError
    local = Matrix.LocRotScale(moved, Quaternion((w, x, y, z)), scale)
    return UP @ local @ UP.inverted()


def _json(path: Path) -> dict:
    """The first chunk of a GLB (glTF 2.0, section 4.4)."""
    try:
        with path.open("rb") as file:
            head = file.read(20)
            magic, version, _, size, kind = struct.unpack("<4sIII4s", head)
            if (magic, version, kind) != (b"glTF", 2, b"JSON") or size > LARGEST:
                raise ValueError
            content = json.loads(file.read(size))
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror})", "check the path") from error
    except (struct.error, ValueError, RecursionError) as error:
        raise CheckpointError(path, "is not a binary glTF 2.0 file", "give a .glb that Neuroscene wrote") from error
    return content if isinstance(content, dict) else {}
