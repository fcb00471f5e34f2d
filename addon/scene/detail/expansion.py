# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of every level of a bundle, stored once beside it: a Curves object that is in no collection."""

from __future__ import annotations

import bpy
import numpy as np

from ...network import Connection
from ...network.drawn import Drawn
from ...network.expand import TAP, Expanded, budget, counts, expand
from ...nodes.sockets.connections import MEANS
from .. import removing, sockets
from ..attributes import forget_steps, has_steps
from ..building import connections
from ..entities import Bundle, Taps

ATTRIBUTES = {
    "detail": "INT",
    "source_unit": "INT",
    "target_unit": "INT",
    "tap_row": "INT",
    "tap_column": "INT",
    "weight": "FLOAT",
    "magnitude": "FLOAT",
    "importance": "FLOAT",
}
HIGH = 0.995  # of the magnitudes of a level, by rank: the one that has the full width
MOST = 48  # connections; of a larger network the levels are stored on request
LARGEST = 1 << 21  # weights of a connection whose levels are stored without a request


def store(obj: bpy.types.Object, connection: Connection, source: Drawn, target: Drawn, kernels: int, taps: int) -> bool:
    """Store the levels of a bundle between layers that are drawn so, up to so many kernels and taps; whether there
    are any."""
    lines = expand(connection, source, target, kernels, taps)
    if lines is None or not len(lines):
        drop(obj)
        return False
    bundle = Bundle(obj)
    kept = bundle.inputs["Taps"]
    if kept is None or not Taps.is_one(kept) or kept.library or kept.users > 1:  # of a duplicate, too
        drop(obj)
        curves = bpy.data.hair_curves.new(f"{obj.name} Taps")
        for name, kind in ATTRIBUTES.items():
            curves.attributes.new(name, kind, "CURVE")
        kept = Taps.make(bpy.data.objects.new(curves.name, curves)).obj
    values = {name: getattr(lines, name) for name in ATTRIBUTES if name != "importance"}
    values["importance"] = _importance(lines)
    if has_steps(kept) or not connections.holds(kept.data, len(lines), values):
        forget_steps(kept)
        connections.fill(kept.data, len(lines), values)
        kept.data.set_types(type="POLY")
    maps = _window(lines, source, target)
    bundle.inputs.keep({"Taps": kept} | maps)
    sockets.refresh(
        bundle, {f"Position {name}": int(maps["Target Map"][axis]) // 2 for axis, name in enumerate(("Row", "Column"))}
    )
    return True


def refresh(obj: bpy.types.Object, connection: Connection, source: Drawn, target: Drawn, bundles: int) -> None:
    """Say how many lines a bundle has at each level, and store the levels anew if they are stored, or if they are few
    in a network of few bundles: else it takes a third of the time of an import."""
    totals = counts(connection) or ()
    Bundle(obj).counts = totals
    if stored(obj) or bundles <= MOST and totals and totals[2] <= LARGEST:
        store(obj, connection, source, target, *budget(bundles))


def drop(obj: bpy.types.Object) -> None:
    """Forget the levels of a bundle: its cells are others now."""
    inputs = Bundle(obj).inputs
    kept = inputs["Taps"]
    if kept is not None:
        inputs["Taps"] = None
        if Taps.is_one(kept) and not kept.users and not kept.library:  # a duplicate of the bundle may have it
            removing.remove([kept])


def stored(obj: bpy.types.Object) -> bool:
    """Whether the levels of a bundle are stored."""
    return Bundle(obj).inputs["Taps"] is not None


def _importance(lines: Expanded) -> np.ndarray:
    """Magnitudes as shares of what is large at their level, (n,) float32."""
    importance = lines.magnitude.copy()
    taps = lines.detail == TAP
    for part in (taps, ~taps):
        size = lines.magnitude[part]
        size = np.sort(size[np.isfinite(size)])
        if len(size):
            importance[part] /= size[int(HIGH * (len(size) - 1))] or 1.0
    return importance


def _window(lines: Expanded, source: Drawn, target: Drawn) -> dict:
    """The sockets that tell which cells a tap joins."""
    window = lines.window
    flat = window.source == window.target == (1, 1)  # only whole units are joined, by the middles of their maps
    maps = [(len(end.rows), len(end.columns)) for end in (source, target)] if flat else [window.source, window.target]
    steps = [
        (1, 1) if flat else (_step(end.rows, end.grid.rows), _step(end.columns, end.grid.columns))
        for end in (source, target)
    ]
    pairs = {
        "Kernel": window.kernel,
        "Stride": window.stride,
        "Padding": window.padding,
        "Padding End": window.padding_end,
        "Dilation": window.dilation,
        "Source Map": maps[0],
        "Target Map": maps[1],
        "Source Step": steps[0],
        "Target Step": steps[1],
    }
    return {name: (*map(float, pair), 0.0) for name, pair in pairs.items()} | {
        "Transposed": window.transposed,
        "Mean": MEANS[("", "cells", "window").index(window.mean)],
    }


def _step(drawn, size) -> int:
    """Every how manieth row or column is drawn."""
    return int(drawn[1] - drawn[0]) if len(drawn) > 1 else size
