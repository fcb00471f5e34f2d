# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of *Expansion* 1 to 3 at every step: the same kernels and taps, each with the weight that it has there."""

from __future__ import annotations

from dataclasses import dataclass

import bpy
import numpy as np

from ...network import Connection
from ...network.drawn import Drawn
from ...network.expand import TAP, kernels_of
from ..attributes import array
from ..entities import Bundle, Taps


@dataclass(frozen=True)
class Opened:
    """The stored lines of a bundle: whether each is a tap, its target and source unit, and which tap of the kernel."""

    is_tap: np.ndarray
    target: np.ndarray
    source: np.ndarray
    tap: np.ndarray

    def __len__(self) -> int:
        return len(self.tap)


def object_of(bundle_obj: bpy.types.Object) -> bpy.types.Object | None:
    """The object with the stored lines of a bundle, None where there are none."""
    stored = Bundle(bundle_obj).inputs["Taps"]
    return stored if Taps.is_one(stored) and len(stored.data.curves) else None


def opened(bundle_obj: bpy.types.Object, source: Drawn, target: Drawn) -> Opened | None:
    """What is stored of a bundle between layers that are drawn so; None where that is nothing."""
    obj = object_of(bundle_obj)
    if obj is None:
        return None
    wide = max(1, round(Bundle(bundle_obj).inputs["Kernel"][1]))
    starts, stops = (array(obj, f"{end}_unit") for end in ("source", "target"))
    if starts.max(initial=-1) >= len(source.units) or stops.max(initial=-1) >= len(target.units):
        return None  # cells have gone since
    return Opened(
        array(obj, "detail") == TAP,
        target.units[stops],
        source.units[starts],
        array(obj, "tap_row").astype(np.int64) * wide + array(obj, "tap_column"),
    )


def read(connection: Connection, lines: Opened) -> tuple[np.ndarray, np.ndarray] | None:
    """Weights and magnitudes of these lines as a connection has them now, (n,) float32 each; None where it has no such
    kernels."""
    kernels = kernels_of(connection)
    if kernels is None:
        return None
    weight, magnitude = np.zeros(len(lines), np.float32), np.zeros(len(lines), np.float32)
    near = kernels.pairs(np.unique(lines.target), np.unique(lines.source))
    size = int(max(lines.source.max(initial=0), near[1].max(initial=0))) + 1
    keys = near[0].astype(np.int64) * size + near[1]
    order = np.argsort(keys, kind="stable")
    whole = ~lines.is_tap
    wanted = lines.target[whole].astype(np.int64) * size + lines.source[whole]
    if not len(keys):
        return None
    at = order[np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)]
    if not np.array_equal(keys[at], wanted):
        return None
    weight[whole], magnitude[whole] = near[2][at], near[3][at]
    if lines.is_tap.any():
        pairs, which = np.unique(
            np.stack([lines.target[lines.is_tap], lines.source[lines.is_tap]]), axis=1, return_inverse=True
        )
        taps = kernels.taps(pairs[0], pairs[1]).astype(np.float32)
        weight[lines.is_tap] = taps[which.ravel(), lines.tap[lines.is_tap]]
        magnitude[lines.is_tap] = np.abs(weight[lines.is_tap])
    return weight, magnitude


def importance(obj: bpy.types.Object, is_tap: np.ndarray, magnitude: np.ndarray) -> np.ndarray:
    """The importance of stored lines with these magnitudes, by what is large at the step that they were stored with."""
    before, shares = array(obj, "magnitude"), array(obj, "importance")
    made = magnitude.copy()
    for part in (is_tap, ~is_tap):
        known = part & np.isfinite(before) & np.isfinite(shares) & (before > 0) & (shares > 0)
        if known.any():
            made[part] *= np.float32(np.median(shares[known] / before[known]))
    return made
