# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many lines are shown and how many there are, whatever sliders have done to them."""

from __future__ import annotations

from math import ceil

import bpy
import numpy as np

from ... import compat
from ...network.joins import WEIGHT
from ..entities import Bundle, NetworkScene, modifier
from ..texts import labels, words
from . import expansion


def in_force(obj: bpy.types.Object) -> float | None:
    """The level that a bundle shows, by its own sockets and its network's; None if it shows chosen lines."""
    inputs = Bundle(obj).inputs
    if not expansion.stored(obj):
        return None
    root = modifier(inputs["Network"])
    if root and compat.get_input(root, "Expand"):
        return compat.get_input(root, "Expansion")
    return None if inputs["Detail"] == "Chosen" else inputs["Expansion"]


def shown(obj: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> tuple[int, int | None]:
    """How many lines a bundle shows, and of how many in all at its level, or None where that is not known."""
    bundle = Bundle(obj)
    level = in_force(obj)
    count = _visible(obj.evaluated_get(depsgraph).data)
    if level is None:
        return count, bundle.total or None
    totals = bundle.counts
    return count, totals[max(1, min(3, ceil(level)))] if totals else None


def _visible(curves) -> int:
    """Curves that are not hidden, by their radius."""
    count = len(curves.curves) if hasattr(curves, "curves") else 0
    radius = curves.attributes.get("radius") if count else None
    if radius is None or len(radius.data) % count:
        return count
    values = np.empty(len(radius.data), np.float32)
    radius.data.foreach_get("value", values)
    return int((values.reshape(count, -1).max(1) > 0).sum())


def tell(network: bpy.types.Collection, depsgraph: bpy.types.Depsgraph) -> None:
    """Let the labels of layers say how many of the weights into them are shown now."""
    into: dict[str, list[Bundle]] = {}
    scene = NetworkScene(network)
    for bundle in scene.bundles():
        if bundle.carries == WEIGHT:
            into.setdefault(bundle.target, []).append(bundle)
    for name, layer in scene.layers().items():
        label = layer.label
        if "notes" in label and name in into:
            texts = [_text(bundle, depsgraph) for bundle in into[name]]
            notes = "\n".join(filter(None, (layer.base, *texts)))
            if notes != label["notes"]:
                labels.say(layer.obj, label | {"notes": notes, "base": layer.base})


def _text(bundle: Bundle, depsgraph) -> str:
    """How much of its lines a bundle shows; nothing if it shows all, or nobody knows how many there are."""
    (count, whole), level = shown(bundle.obj, depsgraph), in_force(bundle.obj)
    if not whole or count >= whole:
        return ""
    what = words.noun(bundle.form, bundle.grain) if level is None else words.LEVEL_NOUNS[ceil(level)]
    return words.part_of(count, whole, what)
