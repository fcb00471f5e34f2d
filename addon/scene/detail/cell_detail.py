# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""More or less detail of single layers that stand in a scene: their detail, how many cells, how many lines.

The lines into a layer are part of its detail; those out of it are part of the detail of the layers that read it. So
raising a layer reads its own weights and no others.
"""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np

from ...inference import Ran, activation
from ...layout import shapes
from ...layout.layered import axes
from ...layout.planes import PlaneSizes
from ...network import Connection
from ...network.drawn import CELLS, FEW_CELLS, PLANES, Drawn, Wish, allocate, choose
from ...network.joins import WEIGHT, Unknown
from ...network.lines import Lines
from ...network.visible import Shares
from ..building import arcs, build, connections, importing, layers, planes, planned
from ..building.unfolding import is_whole
from ..editing import arranging, pruning, ranges
from ..entities import NetworkScene
from ..texts import caption
from . import expansion


def set_detail(network: bpy.types.Collection, names: list[str], wish: Wish, lines: int = 0) -> str:
    """Draw these layers at another detail, each with up to `lines` lines from each that it reads (0: as many
    as before, or with an empty detail as many as the network's settings give).

    If an input has run, it runs again. Returns one line on what was done; raises `CheckpointError`, and then nothing
    has changed.
    """
    return build.finish(detail_steps(network, names, wish, lines))


def detail_steps(network: bpy.types.Collection, names: list[str], wish: Wish, lines: int = 0) -> planned.Steps:
    """As `set_detail`, step by step; nothing changes before the last step. Yields as `build.build`."""
    model = yield from importing.reopen_steps(network)
    ran = yield from importing.ran_steps(network, model)
    shown = NetworkScene(network).layers()
    before = {name: layers.drawn_of(layer_object.obj) for name, layer_object in shown.items()}
    share = _share(network, model, wish.detail)
    settings = arranging.settings_of(network)
    shelf = bool(settings.slant)
    default = planned.defaults(model, shelf, ran, is_whole(NetworkScene(network))) if not wish.detail else {}
    shares = Shares(model, NetworkScene(network).settings["max_cells"], known=before)
    for name in names:
        detail = default[name].detail if name in default else wish.detail
        shares.chosen[name] = choose(model.layer(name), wish.cells or share[name], shares, detail)
    drawn = shares.sized([])  # some layers may have been deleted, or are in blocks without their inside
    formed = shapes(model, drawn, shelf)
    details = {name: drawn[name].detail for name in names if drawn[name].detail in PLANES}
    seen = planes.read(model, [model.layer(name) for name in details], details, ran)
    cells = planned.cell_shapes()
    resting = {}
    for place, name in enumerate(names):
        yield place / len(names) / 2, f"values of {name}"
        layer = model.layer(name)
        if activation(layer, ran) is None:
            resting[name] = layers.resting_values(layer, drawn[name])
    wished = {name: lines or (shown[name].wish.get("lines", 0) if wish.detail else 0) for name in names}
    chosen = yield from _choose(network, model, set(names), before, drawn, ran, wished)
    forms = PlaneSizes(model)
    for name in names:
        layer = model.layer(name)
        layer_object = shown[name]
        obj = layer_object.obj
        turned = layer_object.turn, layer_object.is_plane
        layers.show(obj, layer, drawn[name], formed[name], cells)
        if turned != (layer_object.turn, layer_object.is_plane):  # else it may have been turned by hand
            layers.face(obj, axes(settings.direction), shelf)
        if name not in details:
            planes.drop(obj)
        layer_object.apart = forms.of(layer).apart if name in details else 0.0
        if name in resting:
            layers.set_values(obj, *resting[name])
        else:
            layers.set_activation(obj, drawn[name], activation(layer, ran))
        pruning.put(obj, drawn[name])
        layer_object.wish = {"detail": wish.detail, "cells": wish.cells, "lines": wished[name]}
    objs = {name: shown[name].obj for name in details}
    planes.show(model, objs, seen, NetworkScene(network).materials, planes.way_of(settings.slant))
    _draw(network, chosen, set(names), drawn, len(model.connections))
    arcs.show(network, model, ran)
    ranges.fill(network)
    caption.follow(network)
    into = [(connection, lines) for _, connection, lines in chosen if connection.target.name in names]
    importing.say(network, model, {name: shown[name].obj for name in names}, drawn, into)
    from ..series import following  # here: that builds on this

    yield from following.steps(network)
    return _summary([drawn[name] for name in names], _bare(chosen, set(names), drawn))


def _share(network, model, detail) -> dict[str, int]:
    """The cells of each layer under the network's budget; who asks for cells gets some, however small the budget."""
    room = allocate([layer.size for layer in model.layers], NetworkScene(network).settings["max_cells"])
    least = FEW_CELLS if detail == CELLS else 1
    return {layer.name: max(cells, least) for layer, cells in zip(model.layers, room, strict=True)}


def _choose(network, model, names, before, drawn, ran, wished) -> planned.Steps:
    """(place among the connections, connection, lines) of the bundles into and out of these layers: chosen anew into
    them, followed out of them."""
    bundles = connections.by_index(network)
    limits = build.limits(network, model, wished)
    chosen: list[tuple[int, Connection, Lines]] = []
    for index, (connection, limit) in enumerate(zip(model.connections, limits, strict=True)):
        source = connection.source.name
        target = connection.target.name
        if index not in bundles or not {source, target} <= before.keys() or not {source, target} & names:
            continue
        yield 0.5 + index / len(limits) / 2, f"connections into {target}"
        if target in names:
            lines = planned.choose(connection, drawn, limit, ran)
        else:
            kept = connections.lines_of(bundles[index])
            lines = _followed(connection, kept, before[source], drawn, limit, ran)
        chosen.append((index, connection, lines))
    return chosen


def _draw(network, chosen, names, drawn, count: int) -> None:
    """Let bundles have these lines; what levels of those into the layers hold is worked out anew. `count` is how many
    connections the network has."""
    bundles = connections.by_index(network)
    for index, connection, lines in chosen:
        source = connection.source.name
        target = connection.target.name
        if target in names:
            expansion.refresh(bundles[index], connection, drawn[source], drawn[target], count)
        else:
            expansion.drop(bundles[index])
        connections.set_lines(bundles[index], lines)


def _bare(chosen, names, drawn) -> list[str]:
    """The layers whose lines have lost their weights."""
    return sorted(
        {
            connection.target.name
            for _, connection, lines in chosen
            if connection.target.name not in names
            and lines.grain == "unknown"
            and connection.join.carries == WEIGHT
            and not drawn[connection.target.name].has_one_cell
        }
    )


def _followed(
    connection: Connection, lines: Lines, before: Drawn, drawn: dict[str, Drawn], limit: int, ran: Ran | None
) -> Lines:
    """The same lines from the same cells of a layer that is drawn in another way.

    Where some of them have no cell any more, others are chosen. But while a layer is raised the weights of those that
    read it are not read: then its lines are only those that can follow, and if none can, lines without weights.
    """
    now = drawn[connection.source.name]
    source = _places(lines, before, now)
    known = source >= 0
    if known.all():
        return replace(lines, source=source.astype(np.int32))
    if now.size < before.size or connection.join.carries != WEIGHT:
        return planned.choose(connection, drawn, limit, ran)
    if not known.any():
        bare = replace(connection, join=Unknown(connection.source.size, connection.target.size))
        return planned.choose(bare, drawn, limit, None)
    rest = (getattr(lines, name)[known] for name in ("target", "weight", "magnitude", "importance"))
    return Lines(lines.grain, source[known].astype(np.int32), *rest, lines.total)


def _places(lines: Lines, before: Drawn, now: Drawn) -> np.ndarray:
    """The vertices from which lines start now, -1 where that cannot be told."""
    nowhere = np.full(len(lines), -1)
    if before.has_one_cell or now.has_one_cell or lines.grain == "unknown":
        return nowhere
    if lines.source.max(initial=-1) >= before.size:  # somebody has deleted cells
        return nowhere
    units = before.cells[0][lines.source].astype(np.int64)
    if lines.grain == "unit":  # a kernel stands for its whole map
        return np.where(np.isin(units, now.units), now.middle(units), -1)
    if before.detail != CELLS and now.detail == CELLS:  # which cell of the map is not known
        return nowhere
    return now.find(before.flat[lines.source])


def _summary(drawn: list[Drawn], bare: list[str]) -> str:
    count = sum(layer.size for layer in drawn)
    text = f"{len(drawn):,} layer{'' if len(drawn) == 1 else 's'}, {count:,} cell{'' if count == 1 else 's'}"
    if bare:
        named = ", ".join(bare[:3]) + (" and more" if len(bare) > 3 else "")
        text += f"; lines into {named} show no weights until {'their' if len(bare) > 1 else 'its'} detail is set too"
    return text
