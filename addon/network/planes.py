# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A layer as a plane of true numbers: its activations, and above them how they come about, the weights and the heads of
attention. These are the numbers of the covers of books."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from .covers import KERNELS, PIXELS, Cover, Values, heads_of, is_maps, maps_of, matrices_of, sheet_of, weights_of
from .drawn import COVER, SHEET
from .network import Layer, Network
from .norms import NormReader

CELLS = PIXELS * PIXELS  # of a plane
FINEST = 128  # rows and columns of a matrix
LONGEST = 64, 384  # rows and columns of a sheet
LINES = 360  # between two layers
FEW, SHORT = 20, 3  # layers; a larger block of attention, or a stage, is not open at first
BELOW, ABOVE, AHEAD = "below", "above", "ahead"  # places of planes of a layer; ahead is above and farther on


@dataclass(frozen=True)
class Plane:
    """What is seen at one place of a layer; without a `cover` an empty frame. `turned`: of each matrix a column is an
    output, as of the sheet below it."""

    place: str
    cover: Cover | None
    turned: bool = False


def is_tokens(layer: Layer) -> bool:
    """Whether a layer gives tokens x features."""
    shape = layer.shape
    known = shape is not None and len(shape) == 2 and None not in shape and min(size or 0 for size in shape) > 1
    return known and layer.op != "Input" and (layer.op == "Attention" or layer.grid.units == 1)


def has_attention(network: Network) -> bool:
    """Whether a network lets tokens look at one another."""
    return any(layer.op == "Attention" and is_tokens(layer) for layer in network.layers)


def never_runs(network: Network) -> bool:
    """Whether no input can run: how the weights are joined is inferred, or nobody knows how large all is that they
    give."""
    inferred = network.checkpoint.structure == "inferred"
    return inferred or any(layer.shape is None or None in layer.shape for layer in network.layers)


def closed_at_first(network: Network) -> frozenset[str]:
    """The blocks that are closed at first. Where tokens look at one another the first with attention is open, and so
    are stages of few layers; of a small network what repeats it is closed."""
    if not has_attention(network):
        return network.closed
    attends = {layer.name for layer in network.layers if layer.op == "Attention" and is_tokens(layer)}
    repeated = {path for block in network.blocks if block.repeat > 1 for path in block.children}
    closed = network.closed or repeated
    blocks = [block for block in network.blocks if block.path in closed]
    if not network.closed:
        blocks = [block for block in blocks if not attends.isdisjoint(block.layers)]
    first = next((block for block in blocks if not attends.isdisjoint(block.layers)), None)
    opened = {first.path} if first and len(first.layers) <= FEW else set()
    opened |= {block.path for block in blocks if block.stage and len(block.layers) <= SHORT}
    return frozenset(block.path for block in blocks) - opened


def _is_small(network: Network) -> bool:
    """Whether a line a pair of units shows all weights between any two layers."""
    matrices = [matrix for layer in network.layers for matrix in matrices_of(layer)]
    return all(prod(matrix.shape) <= LINES for matrix in matrices)


def default_details(
    network: Network, shelf: bool, ran: bool, bars: Collection[str], whole: bool = False
) -> dict[str, str]:
    """Which layers are planes as long as nobody has chosen, and of which detail: on a shelf of books those that give
    tokens or maps, and without an input, where cells would show nothing but biases, those with weights. Those with
    `bars` beside them stay cells, where an input can run; and so do all of a network beside no books that is wanted
    `whole`, or whose weights are few enough that lines show them all."""
    never = never_runs(network)
    if not shelf and (whole or not never or _is_small(network)):
        return {}
    details = {}
    for layer in network.layers:
        unknown = layer.shape is None or None in layer.shape
        if layer.op == "Input" and not unknown or layer.name in bars and not never:
            continue
        if is_tokens(layer):
            details[layer.name] = SHEET
        elif layer.grid.is_map and (shelf or not ran):
            details[layer.name] = COVER
        elif not ran and (matrices_of(layer) or unknown):
            details[layer.name] = COVER
    return details


def planes(
    network: Network, layer: Layer, detail: str, values: Values, reader: NormReader | None = None
) -> list[Plane]:
    """What a layer shows at the detail of sheets or of covers.

    Tokens x features: below, what a run gives, else an empty frame; above, the weights. Attention has the weights and
    the patterns of its heads above. Of all others there is one plane: at the detail of covers the maps of a run, and
    without one, or at that of sheets, the weights. Raises `CheckpointError`.
    """
    ran = values(layer) if layer.grid.size else None
    if ran is not None and detail == COVER and not is_tokens(layer):
        return [Plane(BELOW, _given(network, layer, ran, values))]  # reads no weight
    weights = weights_of(network, [layer.name], CELLS, reader or NormReader(), FINEST)
    above = [Plane(ABOVE, turned(weights), True)] if weights else []
    if not is_tokens(layer):
        given = _given(network, layer, ran, values) if ran is not None and weights is None else None
        return [Plane(BELOW, weights or given)]
    if layer.op != "Attention":
        return [Plane(BELOW, Cover(sheet_of(layer, ran, CELLS, LONGEST)) if ran is not None else None), *above]
    heads = heads_of(network, [layer.name], values, CELLS)
    return [*above, Plane(AHEAD, Cover(heads))] if heads else above or [Plane(AHEAD, None)]


def _given(network: Network, layer: Layer, ran: np.ndarray, values: Values) -> Cover:
    """What a layer that gives no tokens has given in a run."""
    heads = heads_of(network, [layer.name], values, CELLS) if layer.op == "Attention" else None
    if heads:
        return Cover(heads)
    return Cover(maps_of(layer, ran, CELLS) if is_maps(layer.grid) else sheet_of(layer, ran, CELLS))


def turned(cover: Cover) -> Cover:
    """Matrices with a column an output, in place of a row; kernels stay as they are."""
    picture = cover.picture
    if picture.shows == KERNELS:
        return cover
    parts = np.split(picture.values, picture.first[1:-1])
    cells = [part.reshape(shape).T.ravel() for part, shape in zip(parts, picture.shape, strict=True)]
    sides = {name: getattr(picture, name)[:, ::-1] for name in ("shape", "bins", "whole")}
    return replace(cover, picture=replace(picture, values=np.concatenate(cells), **sides))
