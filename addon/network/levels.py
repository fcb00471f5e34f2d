# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The levels of a U-Net: how often the maps of a layer are smaller than the largest."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .network import Layer, Network

FEWEST = 3  # sizes of maps; with fewer it is no U worth drawing as one


def levels(network: Network) -> dict[str, int]:
    """The level of each layer by name, 0 where maps are largest; empty if the network is no U: if its maps do not
    shrink and then grow again, with connections from the way down to maps of the same size on the way up."""
    places = {layer.name: place for place, layer in enumerate(network.layers)}
    areas = [_area(layer) for layer in network.layers]
    sizes = sorted({area for area in areas if area}, reverse=True)
    if len(sizes) < FEWEST:
        return {}
    bottom = max(place for place, area in enumerate(areas) if area == sizes[-1])
    across = {
        areas[places[source]]
        for place, layer in enumerate(network.layers)
        for source in layer.inputs
        if places.get(source, place) < bottom < place and areas[places[source]] == areas[place] > sizes[-1]
    }
    if len(across) < FEWEST - 1:
        return {}
    known = {}
    level = 0
    for layer, area in zip(network.layers, areas, strict=True):
        level = sizes.index(area) if area else level
        known[layer.name] = level
    return known


def _area(layer: Layer) -> int:
    """How many cells a map of a layer has, 0 of what has no maps or no known size."""
    if layer.shape is None or None in layer.shape or not layer.grid.is_map:
        return 0
    return layer.grid.rows * layer.grid.columns
