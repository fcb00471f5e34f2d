# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How large the planes are as which layers stand, and where: below what a layer gives, above how it comes about.
Metres; a plane is as wide and high as its numbers want, or as the layer has parameters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import ceil, prod

from ..network import Layer, Network
from ..network.covers import PIXELS, columns_of, matrices_of, square_of
from ..network.planes import ABOVE, AHEAD, BELOW, FEW, has_attention, is_tokens
from .height import HEIGHT

WIDE = 0.6 * HEIGHT  # of a sheet with as many features as most have
NARROWEST, WIDEST = 0.3, 2.0  # as a share of that
STOREY = 0.055 * HEIGHT  # free between a sheet and what is above it
UPPER = 0.5 * HEIGHT  # how high all is that is above
UP = HEIGHT / 2 + STOREY + UPPER / 2  # where the middle of that is
BROADEST, SLIMMEST = (
    0.72 * HEIGHT,
    0.8,
)  # what is above attention, metres, and the width of its weights for their height
LEAST_ROOM = 0.3 * HEIGHT  # half the way that the arcs of attention run, at least
BESIDE = 1.02  # of their width are the two planes above attention apart, along the signal
SLIM = 0.4  # of a matrix, the shorter side as a share of the longer
SMALLEST = 0.42  # of the widest plane of weights, one of few
GROWTH = 0.19  # the power of parameters by which the sides of such planes grow
DEEP = 0.02 * HEIGHT  # of a plane, along the signal
STREAM = ("Add", "Sum", "Concat")  # layers of blocks whose sheets are what tokens are, not only on the way
LOOKS_UP = ("Gather",)
APART = 0.66  # of its width is free before a sheet, so that the one before is seen beside it
INPUTS_APART = 0.8  # of the width of inputs that are no pictures is free between them
NAMES = 0.17 * HEIGHT  # free on both sides of the input before the first sheet, for the names of tokens
CLOSE, NEAR = 0.14, 0.3  # before a sheet that only passes on, and on both sides of attention


@dataclass(frozen=True)
class Planes:
    """The planes of a layer by their places: width and height, and where their middles are from that of the layer,
    along the signal and up. `apart` is what of its width is free before it, 0 where its row decides."""

    sizes: dict[str, tuple[float, float]]
    middles: dict[str, tuple[float, float]] = field(default_factory=dict)
    apart: float = 0.0

    @property
    def size(self) -> tuple[float, float, float]:
        """Of the box round all, whose middle is the layer's: along the signal, to the side, up."""
        along = max(abs(self.middles.get(place, (0.0, 0.0))[0]) for place in self.sizes)
        side = max(width for width, _ in self.sizes.values())
        up = max(abs(self.middles.get(place, (0.0, 0.0))[1]) + height / 2 for place, (_, height) in self.sizes.items())
        return DEEP + 2 * along, side, 2 * up


class PlaneSizes:
    """The planes of the layers of a network."""

    def __init__(self, network: Network):
        widths = Counter(layer.shape[-1] for layer in network.layers if is_tokens(layer) and layer.shape)
        self.features: int = (widths.most_common(1)[0][0] if widths else 1) or 1
        self.most = max((layer.parameters for layer in network.layers), default=1) or 1
        self.attends = has_attention(network)
        self.inside = {
            name
            for block in network.blocks
            if len(block.layers) <= FEW and any(network.by_name[name].op == "Attention" for name in block.layers)
            for name in block.layers
        }
        self.attention = {layer.name for layer in network.layers if layer.op == "Attention" and is_tokens(layer)}

    def of(self, layer: Layer) -> Planes:
        """Those of one layer, were it shown so."""
        if is_tokens(layer):
            return self._attention(layer) if layer.op == "Attention" else self._sheet(layer)
        matrices = matrices_of(layer)
        apart = APART if self.attends else 0.0
        grid = layer.grid
        if grid.units > 1 and grid.is_map and None not in (layer.shape or (None,)):
            across = min(max(1, PIXELS // max(1, grid.columns)), square_of(grid.units))
            down = ceil(min(grid.units, across * across) / across)
            high = HEIGHT * min(1.0, down / across * grid.rows / grid.columns)
            return Planes({BELOW: (HEIGHT, high)}, apart=apart)
        side = HEIGHT * max(SMALLEST, min(1.0, (layer.parameters / self.most) ** GROWTH))
        if not matrices:
            return Planes({BELOW: (SMALLEST * HEIGHT, SMALLEST * HEIGHT)}, apart=apart)
        rows, columns = max((matrix.shape for matrix in matrices), key=prod)
        share = max(SLIM, min(1 / SLIM, (columns / max(1, rows)) ** 0.5))
        return Planes({BELOW: (side * min(1.0, share), side / max(1.0, share))}, apart=apart)

    def _width(self, layer: Layer) -> float:
        features = (layer.shape[-1] if layer.shape else None) or self.features
        return WIDE * max(NARROWEST, min(WIDEST, (features / self.features) ** 0.5))

    def _sheet(self, layer: Layer) -> Planes:
        width = self._width(layer)
        sizes, middles = {BELOW: (width, HEIGHT)}, {BELOW: (0.0, 0.0)}
        if matrices_of(layer):
            sizes[ABOVE] = width, UPPER
            middles[ABOVE] = 0.0, UP
        return Planes(sizes, middles, self._apart(layer))

    def _apart(self, layer: Layer) -> float:
        if not self.attends:
            return 0.0
        if not self.attention.isdisjoint(layer.inputs):
            return NEAR
        passes = layer.op in LOOKS_UP or layer.name in self.inside and layer.op not in STREAM
        return CLOSE if passes and not matrices_of(layer) else APART

    def _attention(self, layer: Layer) -> Planes:
        across = columns_of(layer.grid.units)
        wide = min(BROADEST, UPPER * across / ceil(layer.grid.units / across))
        sizes, middles = {AHEAD: (wide, UPPER)}, {AHEAD: (0.0, UP)}
        if matrices := matrices_of(layer):
            tiles = square_of(len(matrices))
            rows, columns = max((matrix.shape for matrix in matrices), key=prod)
            shape = rows * tiles / max(1, columns * ceil(len(matrices) / tiles))
            sizes[ABOVE] = min(BROADEST, UPPER * max(SLIMMEST, shape)), UPPER
            step = max(LEAST_ROOM, (sizes[ABOVE][0] + wide) * BESIDE / 4)
            middles = {ABOVE: (-step, UP), AHEAD: (step, UP)}
        return Planes(sizes, middles, NEAR)
