# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which layers of a block are the pages of a book: a convolution, a dense layer, a sum. All else belongs to one of
these."""

from __future__ import annotations

from dataclasses import dataclass

from .network import Block, Layer, Network

LEARNS = {"Conv", "ConvTranspose", "Gemm", "MatMul", "Attention", "LSTM", "GRU", "RNN", "ConvInteger", "MatMulInteger"}
SUMS = {"Add", "Sum"}


@dataclass(frozen=True)
class Page:
    """One page: `layer` is the one that it shows, and `layers` are the names of all that it stands for, in the order of
    the network. `channels` make it thick; `ends_block`: it is the sum at the end of a residual block."""

    layers: tuple[str, ...]
    layer: Layer
    channels: int
    ends_block: bool


def pages(network: Network, block: Block) -> list[Page]:
    """The pages of a block in the order of the network, one at least.

    The sum of a residual block stands for its last convolution and for that on the way round it. What is no page, as
    pooling and normalisations, belongs to the next one; behind the last, to that.
    """
    layers = [network.layer(name) for name in block.layers]
    sums = {layer.name for layer in layers if is_sum(network, layer)}
    largest = max((layer.grid.rows * layer.grid.columns for layer in layers), default=1)
    made: list[Page] = []
    before: list[str] = []
    for layer in layers:
        before.append(layer.name)
        if layer.name in sums or layer.op in LEARNS and not _folded(layer, network.readers, sums, largest):
            made.append(Page(tuple(before), layer, channels_of(layer), layer.name in sums))
            before = []
    if before and made:
        last = made.pop()
        before = [*last.layers, *before]
        made.append(Page(tuple(before), last.layer, last.channels, last.ends_block))
    if not made and layers:
        made.append(Page(tuple(before), layers[-1], channels_of(layers[-1]), False))
    return made


def is_sum(network: Network, layer: Layer) -> bool:
    """Whether a layer adds what two and more others give, all of one shape."""
    read = {name for name in layer.inputs if network.by_name[name].shape == layer.shape}
    return layer.op in SUMS and len(read) > 1


def channels_of(layer: Layer) -> int:
    """The channels of a layer of maps, the units of a vector, the features of tokens."""
    if layer.op == "Attention" and layer.shape and layer.shape[-1]:
        return layer.shape[-1]
    return layer.grid.columns if layer.grid.units == 1 and layer.grid.is_map else layer.grid.units


def _folded(layer, readers, sums, largest) -> bool:
    """Whether a layer only feeds a sum, as the last convolution of a residual block, or is a gate: one number a channel
    among maps."""
    read = readers[layer.name]
    gate = layer.grid.rows * layer.grid.columns == 1 < largest and layer.op in ("Conv", "Gemm", "MatMul")
    return bool(read) and (gate or all(reader.name in sums for reader in read))
