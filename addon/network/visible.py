# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a network is there while the inside of some blocks is not: layers, blocks, and what joins them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from .drawn import Drawn, Wish, allocate, choose
from .network import Block, Connection, Grid, Layer, Network


@dataclass(frozen=True)
class Joint:
    """Two that are joined of which one at least is a block without its inside: the name of a layer, or the path of such
    a block, at each end; the other is ""."""

    source: str = ""
    target: str = ""
    source_block: str = ""
    target_block: str = ""


class Visible:
    """A network with some blocks `unbuilt`: of those in one another the outermost counts."""

    def __init__(self, network: Network, unbuilt: Collection[str]):
        self.network = network
        self.within: dict[str, str] = {}  # layer -> the unbuilt block that it is in
        self.blocks: list[Block] = []  # that are there, with or without their inside
        self.unbuilt: dict[str, Block] = {}
        hidden: set[str] = set()
        for block in network.blocks:  # parents come first
            if block.parent in hidden:
                hidden.add(block.path)
                continue
            self.blocks.append(block)
            if block.path in unbuilt:
                hidden.add(block.path)
                self.unbuilt[block.path] = block
                self.within |= dict.fromkeys(block.layers, block.path)
        self.layers: list[Layer] = [layer for layer in network.layers if layer.name not in self.within]

    @cached_property
    def connections(self) -> dict[int, Connection]:
        """Those between layers that are there, by their place among all."""
        return {
            index: connection
            for index, connection in enumerate(self.network.connections)
            if connection.source.name not in self.within and connection.target.name not in self.within
        }

    @cached_property
    def joints(self) -> list[Joint]:
        """What else is joined, each pair once, in the order of the network."""
        pairs: dict[Joint, None] = {}
        for connection in self.network.connections:
            source, target = connection.source.name, connection.target.name
            outer = self.within.get(source, ""), self.within.get(target, "")
            if any(outer) and outer[0] != outer[1]:
                pairs[Joint("" if outer[0] else source, "" if outer[1] else target, *outer)] = None
        return list(pairs)

    def first(self, path: str) -> int:
        """The place among all layers of the first in a block."""
        return self._place[self.network.block_by_path[path].layers[0]]

    @cached_property
    def _place(self) -> dict[str, int]:
        return {layer.name: place for place, layer in enumerate(self.network.layers)}

    def reads(self, path: str) -> list[str]:
        """The layers outside an unbuilt block that it reads."""
        block = self.unbuilt[path]
        inside = set(block.layers)
        read = (name for layer in block.layers for name in self.network.layer(layer).inputs)
        return [name for name in dict.fromkeys(read) if name not in inside]


class Shares(Mapping[str, Drawn]):
    """What of every layer is drawn, under a budget for the whole network as `drawn.share_out` has it; worked out when
    somebody asks for it. `known` are layers that are drawn already."""

    def __init__(self, network: Network, limit: int, wishes: Mapping[str, Wish] = {}, known: Mapping[str, Drawn] = {}):
        self.network = network
        self.wishes = wishes
        self.chosen = dict(known)
        asked = [wishes.get(layer.name, Wish()) for layer in network.layers]
        free = [layer.size for layer, wish in zip(network.layers, asked, strict=True) if not wish.cells]
        room = iter(allocate(free, limit))
        self.cells = {layer.name: wish.cells or next(room) for layer, wish in zip(network.layers, asked, strict=True)}

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self):
        return iter(self.cells)

    def __getitem__(self, name: str) -> Drawn:
        way = [name]
        passed = {name}
        while way:  # what a layer without weights shows is that of the layer before, whose way may be long
            layer = self.network.by_name[way[-1]]
            before = layer.inputs[0] if layer.inputs else ""
            if before in self.cells and before not in self.chosen and before not in passed and self._leans(layer):
                way.append(before)
                passed.add(before)
                continue
            way.pop()
            if layer.name not in self.chosen:
                detail = self.wishes[layer.name].detail if layer.name in self.wishes else ""
                self.chosen[layer.name] = choose(layer, self.cells[layer.name], self.chosen, detail)
        return self.chosen[name]

    def _leans(self, layer: Layer) -> bool:
        return layer.strength is None and self.cells[layer.name] < layer.size

    def sized(self, layers: Sequence[Layer]) -> dict[str, Drawn]:
        """As much of every layer as is drawn; of those that are not among `layers` the number of their cells is right
        alone, so that no weight is read."""
        wanted = {layer.name for layer in layers} | self.chosen.keys()
        alike: dict[tuple[Grid, int, str], Drawn] = {}
        drawn = {}
        for layer in self.network.layers:
            if layer.name in wanted:
                drawn[layer.name] = self[layer.name]
                continue
            detail = self.wishes[layer.name].detail if layer.name in self.wishes else ""
            key = layer.grid, self.cells[layer.name], detail
            if key not in alike:
                alike[key] = choose(replace(layer, strength=None, inputs=[]), key[1], {}, detail)
            drawn[layer.name] = alike[key]
        return drawn
