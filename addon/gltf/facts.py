# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the nodes of an exported file say of themselves, in `extras["neuroscene"]`: plain JSON, no paths."""

from __future__ import annotations

from math import isfinite
from pathlib import PureWindowsPath

import bpy
import numpy as np

from ..nodes import materials
from ..scene import tags
from ..scene.building import studio
from ..scene.texts import labels

NETWORK = ("uuid", "format", "producer", "structure", "sha256", "input", "sizes", "settings")
LAYER = ("layer", "op", "shape", "value_is", "grid", "block", "inputs", "level", "order", "label")
BLOCK = ("path", "name", "parent", "repeat", "signature", "inferred", "layers", "label")
CONNECTIONS = ("source", "target", "carries", "level", "form", "drawn", "total")
TEXTS = ("label", "dim", "hot")  # materials of text
BEST = 5  # scores that are told


def of_network(network: bpy.types.Collection) -> dict:
    """What a glTF tells of a network, in the `extras` of its root."""
    known = tags.read(network)
    return _plain(
        {
            "kind": "network",
            "name": network.name,
            **_some(known, NETWORK),
            "parameters": int(known["parameters"]),
            "scores": _scores(network),
            "text": _text_colours(known.get("materials", {})),
            **{name: _file_name(known.get(name, "")) for name in ("source", "architecture")},
        }
    )


def of_layer(obj: bpy.types.Object, extent: float | None, cells) -> dict:
    """What it tells of a layer; `extent` is the range in force, `cells` what was gathered of them or None."""
    known = tags.read(obj)
    facts = {
        "kind": "layer",
        "name": known["layer"],
        **_some(known, LAYER),
        "parameters": int(known["parameters"]),
        "range": extent,
        "cells": len(cells.matrices) if cells else 0,
    }
    if cells and (wrong := int((~np.isfinite(cells.numbers["value"])).sum())):
        facts["not_finite"] = wrong
    return _plain(facts)


def of_connections(obj: bpy.types.Object, extent: float | None, curves) -> dict:
    """What it tells of a bundle; `extent` is the range in force, `curves` what was gathered of them or None."""
    return _plain(
        {
            "kind": "connections",
            **_some(tags.read(obj), CONNECTIONS),
            "range": extent,
            "radius": float(curves.radius.max()) if curves else None,
        }
    )


def of_other(obj: bpy.types.Object) -> dict:
    """What it tells of a block, and of bars and kernels."""
    known = tags.read(obj)
    kind = known["kind"]
    if kind != "block":
        return {"kind": kind, "layer": known["layer"]}
    return _plain({"kind": kind, **_some(known, BLOCK), "parameters": int(known["parameters"])})


def of_camera(obj: bpy.types.Object) -> dict:
    """What it tells of a camera: its shot and that shot's frames."""
    known = tags.read(obj)
    return {"kind": "camera", "shot": known.get("shot", obj.name), **_some(known, ("frames",))}


def of_scene(scene: bpy.types.Scene, camera: str, first: int) -> dict:
    """`camera`: the name of the active camera's node; `first`: the frame at which animations begin."""
    render = scene.render
    return {
        "kind": "picture",
        "name": scene.name,
        "camera": camera,
        "frame": scene.frame_current,
        "first": first,
        "rate": render.fps / render.fps_base,
        "size": [render.resolution_x, render.resolution_y],
        "background": _background(scene.world),
        "view": scene.view_settings.view_transform,
    }


def _background(world):
    """Linear RGB behind the picture, from its middle outwards."""
    if world is None:
        return [[0.0, 0.0, 0.0]]
    node = world.node_tree.nodes.get(studio.BACKDROP) if world.node_tree else None
    return [list(element.color[:3]) for element in node.color_ramp.elements] if node else [list(world.color)]


def _text_colours(roles):
    """Linear RGB of the texts of a network, by the name of their material."""
    return {
        role: list(node.outputs[0].default_value[:3])
        for role in TEXTS
        if (node := materials.node_of(roles.get(role), materials.COLOUR))
    }


def _scores(network):
    """The best classes of the run that is shown, from its bars."""
    scores = []
    for bars in tags.members(network, "bars"):
        values = np.empty(len(bars.data.vertices), np.float32)
        bars.data.attributes["value"].data.foreach_get("value", values)
        names = {
            tags.read(label)["index"]: labels.body_of(label)
            for label in tags.members(network, "class")
            if tags.read(label)["layer"] == tags.read(bars)["layer"]
        }
        best = np.argsort(-np.nan_to_num(values), kind="stable")[:BEST] if tags.read(network).get("input") else ()
        scores += [
            {"index": int(index), "label": names.get(int(index), str(index)), "score": float(values[index])}
            for index in best
        ]
    return scores


def _file_name(path):
    return PureWindowsPath(path.replace("/", "\\")).name


def _some(known, names):
    return {name: known[name] for name in names if name in known}


def _plain(value):
    """Without numbers that JSON has not."""
    if isinstance(value, dict):
        return {name: kept for name, item in value.items() if (kept := _plain(item)) is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value
