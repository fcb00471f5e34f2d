# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Layers of a composed network by where they stand: one that was moved by hand goes where it was put down, and a line
says between which two layers another one goes."""

from __future__ import annotations

import bpy
import numpy as np

from ...composing import LayerSpec, Specification, editing
from ...containers import CheckpointError
from ...layout.layered import axes
from ..editing import arranging
from ..entities import Bundle, NetworkScene

FAR = 1e6  # metres; before the first and behind the last layer there is no end


def moved(collection: bpy.types.Collection, specification: Specification) -> list[str]:
    """The layers of a specification that somebody has moved by hand."""
    layers = NetworkScene(collection).layers()
    return [
        each.name for each in specification.layers if each.name in layers and arranging.moved(layers[each.name].obj)
    ]


def reordered(collection: bpy.types.Collection, specification: Specification, name: str) -> Specification:
    """The specification with a layer on the connection that is nearest to where it stands, or behind the last; with it
    go those without an object of their own that are drawn as parts of it. Raises `CheckpointError`."""
    places = _places(collection)
    groups = _groups(specification, places)
    members = [layer for layer in specification.layers if groups[layer.name] == name]
    taken = {member.name for member in members}
    if members and members[0].op in editing.SEVERAL:
        raise CheckpointError(specification.name, f"'{name}' joins layers and stays behind them")
    rest = specification
    for member in members:
        rest = editing.remove(rest, member.name)
    here = places[name]
    best: tuple[float, str, str] | None = None
    for source, target in _edges(rest, groups):
        begin, end = places.get(groups[source]), places.get(groups[target])
        if begin is not None and end is not None:
            best = min(best or (np.inf, "", ""), (_away(here, begin, end), source, target))
    last = rest.layers[-1].name
    if (begin := places.get(groups[last])) is not None:
        behind = _away(here, begin, begin + FAR * _way(collection))
        best = min(best or (np.inf, "", ""), (behind, last, ""))
    if best is None:
        return specification
    _, source, target = best
    if (source, target) == _now(specification, members, taken):
        return specification
    for member in members:
        if target:
            rest = editing.between(rest, member, source, target)
        else:
            rest = editing.insert(rest, member, source)
        source = member.name
    return rest


def ends(collection: bpy.types.Collection, specification: Specification, bundle: Bundle) -> tuple[str, str]:
    """The layers of a specification between which a bundle of lines runs: what is read, and who reads it. Raises
    `CheckpointError`."""
    groups = _groups(specification, _places(collection))
    for source, target in _edges(specification, groups):
        if (groups[source], groups[target]) == (bundle.source, bundle.target):
            return source, target
    raise CheckpointError(specification.name, f"has no connection from '{bundle.source}' to '{bundle.target}'")


def _places(collection) -> dict[str, np.ndarray]:
    """Where layers stand in the space of the network, by name."""
    return {name: np.array(arranging.place_of(layer.obj)) for name, layer in NetworkScene(collection).layers().items()}


def _way(collection) -> np.ndarray:
    """Where the signal goes."""
    return axes(arranging.settings_of(collection).direction)[:, 0]


def _groups(specification: Specification, places) -> dict[str, str]:
    """As part of which layer each is drawn, by name: itself, or what it reads."""
    groups = {specification.input: specification.input}
    for layer in specification.layers:
        groups[layer.name] = layer.name if layer.name in places else groups[layer.inputs[0]]
    return groups


def _edges(specification: Specification, groups) -> list[tuple[str, str]]:
    return [
        (read, layer.name)
        for layer in specification.layers
        for read in layer.inputs
        if groups[read] != groups[layer.name]
    ]


def _now(specification: Specification, members: list[LayerSpec], taken: set[str]) -> tuple[str, str]:
    """The connection on which layers are now: what the first reads, and who reads the last."""
    readers = [layer.name for layer in specification.layers if layer.name not in taken and taken & set(layer.inputs)]
    return members[0].inputs[0], readers[0] if readers else ""


def _away(point: np.ndarray, begin: np.ndarray, end: np.ndarray) -> float:
    """How far a point is from the way between two others."""
    way = end - begin
    share = np.clip((point - begin) @ way / max(float(way @ way), 1e-12), 0, 1)
    return float(np.linalg.norm(point - begin - share * way))
