# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of magnitudes that ranges may follow: quantiles of the values and the weights of a network, of each of its
blocks and of each of its layers, on the mesh of its root object. See `nodes.ranges`.
"""

from __future__ import annotations

from collections.abc import Iterable

import bpy
import numpy as np

from ... import compat
from ...colormaps import PERCENTS, pooled, quantiles
from ...nodes.ranges import TABLES
from ...nodes.sockets.ranges import BLOCK_ROW, LAYER_ROW
from ..attributes import array
from ..entities import BlockBox, Bundle, LayerObject, NetworkScene, modifier

NOTE = "neuroscene_quantiles"  # on a mesh: those of all values of a layer, of which it may draw a part


def note(obj: bpy.types.Object, values: np.ndarray | None) -> None:
    """Remember how all values of a layer are spread, or with None forget it: then what it draws counts."""
    if values is None:
        obj.data.pop(NOTE, None)
    else:
        row, count = quantiles(values)
        obj.data[NOTE] = [*map(float, row), float(count)]


def fill(network: bpy.types.Collection) -> None:
    """Work out the table of a network anew, and tell its layers and bundles which rows are theirs.

    Scales of normalisations are near 1 and would dim all other weights: what pools layers leaves them out if it can.
    """
    scene = NetworkScene(network)
    root = scene.any_root()
    if root is None:
        return
    blocks = {"": None} | {box.path: box.layers for box in scene.members(BlockBox)}
    layers = {layer.name: layer for layer in scene.members(LayerObject)}
    bundles = scene.bundles()
    row_of = {name: len(blocks) + number for number, name in enumerate(layers)}
    norms = {name for name, layer in layers.items() if "norm" in layer.op.lower()}
    spread = {
        "value_quantile": {name: _values(layer.obj) for name, layer in layers.items()},
        "weight_quantile": _weights(bundles),
    }
    tables = {}
    for attribute, quantiles_of in spread.items():
        rows = []
        for names in blocks.values():
            some = [name for name in (layers if names is None else names) if name in quantiles_of]
            if attribute == TABLES["Weight Range"]:
                some = [name for name in some if name not in norms] or some
            rows.append(pooled([quantiles_of[name] for name in some])[0])
        rows += [quantiles_of[name][0] if name in quantiles_of else np.zeros(PERCENTS) for name in layers]
        tables[attribute] = np.concatenate(rows).astype(np.float32)
    _put(root.obj, tables)
    places = {path: row for row, path in enumerate(blocks)}
    for entity, name in (
        *((layer, name) for name, layer in layers.items()),
        *((bundle, bundle.target) for bundle in bundles),
    ):
        if name in layers:
            entity.inputs.keep({LAYER_ROW: row_of[name], BLOCK_ROW: places.get(layers[name].block, 0)})


def _put(root: bpy.types.Object, tables: dict[str, np.ndarray]) -> None:
    """Let the root have these tables; where it has them already nothing that reads them is worked out again."""
    mesh = root.data
    there = mesh.attributes
    if all(name in there and array(root, name).tobytes() == table.tobytes() for name, table in tables.items()):
        return
    mesh.clear_geometry()
    mesh.vertices.add(len(next(iter(tables.values()))))
    for name, table in tables.items():
        there.new(name, "FLOAT", "POINT").data.foreach_set("value", table)
    mesh.update_tag()


def set_source(objs: Iterable[bpy.types.Object], source: str, clip: float) -> int:
    """Let the ranges of layers and bundles come from "Own", "Layer", "Block" or "Network"; returns how many did."""
    count = 0
    for obj in objs:
        compat.set_inputs(modifier(obj), {"Range From": source, "Clip": clip})
        obj.update_tag()
        count += 1
    return count


def _values(obj):
    kept = obj.data.get(NOTE)
    if kept is not None:
        return np.array(kept[:PERCENTS], np.float32), int(kept[PERCENTS])
    return quantiles(array(obj, "value"))


def _weights(bundles: list[Bundle]) -> dict[str, tuple]:
    """Quantiles of the weights into each layer, as far as they are drawn."""
    into: dict[str, list[np.ndarray]] = {}
    for bundle in bundles:
        if bundle.carries == "weight" and len(bundle.obj.data.curves):
            into.setdefault(bundle.target, []).append(array(bundle.obj, "weight"))
    return {name: quantiles(np.concatenate(some)) for name, some in into.items()}
