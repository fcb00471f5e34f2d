# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the nodes of an exported file say of themselves, in `extras["neuroscene"]`: plain JSON, no paths."""

from __future__ import annotations

from math import isfinite
from pathlib import PureWindowsPath

import bpy
import numpy as np

from ..nodes import materials
from ..scene.building import studio
from ..scene.entities import (
    Annotation,
    Arcs,
    Bars,
    BlockBox,
    Book,
    Bundle,
    ClassName,
    Histogram,
    InputPicture,
    Kernels,
    LayerCopy,
    LayerObject,
    NetworkScene,
    Plot,
    ShotCamera,
)
from ..scene.series import playing
from ..scene.texts import labels

NETWORK = ("uuid", "format", "producer", "structure", "sha256", "input", "sizes", "settings")
LAYER = ("layer", "op", "shape", "value_is", "grid", "block", "inputs", "detail", "order", "label")
BOOK = (
    "path",
    "layer",
    "place",
    "turned",
    "pages",
    "operators",
    "channels",
    "ends",
    "bars",
    "shows",
    "layers",
    "units",
    "of",
    "chosen",
    "whole",
    "bins",
    "every",
)
NOUNS = {"maps": "map", "sheet": "", "heads": "head", "kernels": "kernel", "norms": "matrix"}
BLOCK = ("path", "name", "parent", "repeat", "signature", "inferred", "layers", "label")
CONNECTIONS = ("source", "target", "carries", "grain", "form", "drawn", "total")
PLOT, HISTOGRAM = ("count", "total", "low", "high"), ("low", "high", "zeros", "total")
TEXTS = ("label", "dim", "hot")  # materials of text
BEST = 5  # scores that are told
BESIDE = (Bars, InputPicture, Kernels, Annotation, LayerCopy)


def of_network(collection: bpy.types.Collection) -> dict:
    """What a network's node says."""
    network = NetworkScene(collection)
    return _plain(
        {
            "kind": "network",
            "name": collection.name,
            **network.told(NETWORK),
            "parameters": network.parameters,
            "layers": network.layer_count,
            "scores": _scores(network),
            "text": _text_colours(network.materials),
            "source": _file_name(network.source),
            "architecture": _file_name(network.architecture),
        }
    )


def of_layer(obj: bpy.types.Object, extent: float | None, cells) -> dict:
    """What a layer's node says; `extent` is the range of its values in force, `cells` what is seen of them."""
    layer = LayerObject(obj)
    facts = {
        "kind": "layer",
        "name": layer.name,
        **layer.told(LAYER),
        "parameters": layer.parameters,
        "range": extent,
        **_counts(cells),
    }
    return _plain(facts)


def of_connections(obj: bpy.types.Object, extent: float | None, curves) -> dict:
    """What a bundle's node says; `extent` is the range of its weights in force, `curves` what is seen of them."""
    return _plain(
        {
            "kind": "connections",
            **Bundle(obj).told(CONNECTIONS),
            "range": extent,
            "radius": float(curves.radius.max()) if curves else None,
        }
    )


def of_book(obj: bpy.types.Object, cells) -> dict:
    """What the node of a book's cover says; `cells` is what is seen of it. Its `grid` is that of what its cells are of:
    maps, heads or kernels, or matrices, whose layers are `layers`."""
    book = Book(obj)
    matrices = book.units_of if book.layer else len(book.layers)
    count = {"sheet": 1, "norms": matrices}.get(book.shows, book.units_of)
    return _plain(
        {
            "kind": book.KIND,
            "name": book.path or book.layer,
            **book.told(BOOK),
            "value_is": book.meaning,
            "noun": NOUNS.get(book.shows, ""),
            "grid": [count, *(book.whole[::-1] if book.turned else book.whole)] if book.whole else None,
            "range": float(book.inputs["Range"]),
            **_counts(cells),
        }
    )


def of_arcs(obj: bpy.types.Object, curves) -> dict:
    """What the node of arcs says; `curves` is what is seen of them."""
    arcs = Arcs(obj)
    return _plain(
        {
            "kind": arcs.KIND,
            "layer": arcs.layer,
            "source": arcs.source,
            "target": arcs.target,
            "heads": arcs.heads,
            "tokens": arcs.tokens,
            "drawn": arcs.drawn,
            "total": arcs.total,
            "range": float(arcs.inputs["Range"]),
            "radius": float(curves.radius.max()) if curves else None,
        }
    )


def of_heads(obj: bpy.types.Object, cells) -> dict:
    """What the node of the heads above a book says."""
    book = Book(obj)
    return _plain(
        {
            "kind": "heads",
            "name": book.heads,
            "value_is": book.heads_meaning,
            "noun": "head",
            "grid": [book.heads_of, *book.heads_whole],
            "range": float(book.inputs["Heads Range"]),
            **_counts(cells),
        }
    )


def _counts(cells) -> dict:
    """How many cells are seen, and how many of their numbers are not finite."""
    counts = {"cells": len(cells.matrices) if cells else 0}
    if cells and (wrong := int((~np.isfinite(cells.numbers["value"])).sum())):
        counts["not_finite"] = wrong
    return counts


def of_other(obj: bpy.types.Object) -> dict:
    """What the node of a block says, or of bars, kernels, an annotation or a duplicate."""
    if box := BlockBox.of(obj):
        return _plain({"kind": box.KIND, **box.told(BLOCK), "parameters": box.parameters})
    beside = next(entity for entity in BESIDE if entity.is_one(obj))(obj)
    return {"kind": beside.KIND, "layer": beside.layer}


def of_chart(obj: bpy.types.Object) -> dict:
    """What the node of a plot or a histogram says, or that of a part of one."""
    plot = Plot.of(obj)
    chart = plot or Histogram(obj)
    known = {"kind": chart.KIND, "layer": chart.layer, "shows": chart.shows}
    if chart.shows in ("points", "words"):
        return known
    if plot:
        return _plain(known | plot.told(PLOT) | {"data": _file_name(plot.data)})
    return _plain(known | chart.told(HISTOGRAM) | {"counts": [int(number) for number in chart.counts]})


def of_camera(obj: bpy.types.Object) -> dict:
    """What a camera's node says."""
    camera = ShotCamera.of(obj)
    frames = {"frames": list(camera.frames)} if camera and camera.frames else {}
    return {"kind": "camera", "shot": camera.shot if camera else obj.name, **frames}


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


def _scores(network: NetworkScene) -> list[dict]:
    """The best classes of the run that is shown, from its bars."""
    scores = []
    for bars in network.members(Bars):
        values = playing.shown(network.collection, bars.obj, "value")
        names = {
            name.index: labels.body_of(name.obj) for name in network.members(ClassName) if name.layer == bars.layer
        }
        best = np.argsort(-np.nan_to_num(values), kind="stable")[:BEST].tolist() if network.input else ()
        scores += [
            {"index": index, "label": names.get(index, str(index)), "score": float(values[index])} for index in best
        ]
    return scores


def _file_name(path):
    return PureWindowsPath(path.replace("/", "\\")).name


def _plain(value):
    """Without numbers that JSON has not."""
    if isinstance(value, dict):
        return {name: kept for name, item in value.items() if (kept := _plain(item)) is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value
