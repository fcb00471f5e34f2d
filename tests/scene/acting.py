# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calling operators as a person does, and what that has done to a network."""

import bpy
import numpy as np

from neuroscene.addon.scene import entities
from scene import look


def run(name, **options) -> set[str]:
    """An operator so that its own UNDO flag counts, as from a menu."""
    return getattr(bpy.ops.neuroscene, name)("EXEC_DEFAULT", True, **options)


def select(*things):
    for one in bpy.data.objects:
        one.select_set(False)
    for one in things:
        one.select_set(True)
    bpy.context.view_layer.objects.active = things[0] if things else None


def network() -> bpy.types.Collection:
    """The network of the file, also after an undo."""
    (found,) = entities.networks()
    return found


def folded(found) -> set[str]:
    return {path for path, one in look.boxes(found).items() if look.inputs(one)["Fold"] == 1}


def places(found) -> dict[str, np.ndarray]:
    """Where layers and blocks stand in the world."""
    look.evaluate(found)
    return {
        one.name: np.array(one.matrix_world.translation)
        for one in (*look.of_kind(found, "layer"), *look.of_kind(found, "block"))
    }


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(np.allclose(one[name], other[name], atol=1e-4) for name in one)


def length(found) -> float:
    """From the first to the last layer that is not in a folded block."""
    hidden = inside(found, *folded(found))
    along = [place[0] for name, place in places(found).items() if facts_of(name).get("layer", "") not in {"", *hidden}]
    return max(along) - min(along)


def facts_of(name) -> dict:
    return look.facts(bpy.data.objects[name])


def geometry(found) -> dict[str, np.ndarray]:
    """Positions of all that is not hidden."""
    return {
        name: one
        for name, one in look.geometry(found).items()
        if not bpy.data.objects[name.removesuffix("/matrix")].hide_viewport
    }


def inside(found, *paths) -> set[str]:
    boxes = look.boxes(found)
    return {name for path in paths for name in look.facts(boxes[path])["layers"]}


def shown(found, of) -> dict[str, str]:
    """What labels say that are not hidden, by their owner."""
    return {
        owner: parts["name"].data.body
        for owner, parts in look.labels(found, of).items()
        if not parts["name"].hide_render
    }
