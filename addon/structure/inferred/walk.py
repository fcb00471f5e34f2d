# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Goes through the tree of modules and writes each behind those before it: those of known families as these are joined,
all else behind what it can be told to read.
"""

from __future__ import annotations

import re
from math import prod

from ...containers import stopping
from ...containers.natural_order import natural
from ...formats.weights import Weights
from . import adapters
from .adapters import adapter_of
from .attention import attend
from .block_writer import Blocks
from .blocks import Attention
from .entrances import Entrances
from .families import block_of, wiring_of
from .graph import Graph
from .graph_state import LOST, Signal
from .keras_attention import attention_of
from .modules import Node, Tree
from .order import Order, branches, is_dense, lists
from .outputs import Outputs
from .program import Program
from .reading import Reading, single

SQUEEZES = (("fc1", "fc2"), ("conv_reduce", "conv_expand"), ("fc.0", "fc.2"), ("0", "2"))
DEPTHWISE = re.compile(r"^(conv|block|conv_dw|depthwise\w*|dwconv)$")


class Walk:
    """`families` are those whose modules were written, `ends` what stands by itself gives."""

    def __init__(self, weights: Weights, tree: Tree):
        self.weights, self.tree = weights, tree
        self.order = Order(tree, weights.layout == "torch")
        self.graph = Graph(weights, tree, self.scopes)
        self.blocks = Blocks(self.graph, tree, self.order)
        self.entrances = Entrances(self.graph, tree, self.order)
        self.outputs = Outputs(self.graph, tree, self.entrances)
        self.reading = Reading(self.graph, self.order)
        self.lists = lists(tree.root)
        self.families: dict[str, None] = {}
        self.ends: list[Signal] = []
        self.within = 0  # how many modules with programs are round the present one
        known = {block.family: block for node in tree.root.walk() if (block := block_of(node))}
        self.graph.steps = any(
            isinstance(branch.body, Attention) for block in known.values() for branch in block.branches
        ) or any(map(attention_of, tree.root.walk()))
        self.graph.norms_channels = "ConvNeXt" in known

    def scopes(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """The names that torch's exporter gives: the children of a container carry its name, lists are left out."""
        names: list[str] = []
        stem = ""
        for depth, name in enumerate(path, 1):
            stem = f"{stem}.{name}" if name.isdigit() and stem else name
            if path[:depth] not in self.lists:
                names.append(stem.replace("/", "."))
        return tuple(names)

    def run(self) -> Signal | None:
        """Write all modules; returns what the last of them gives."""
        made = self.visit(self.tree.root, None)
        if isinstance(made, list):
            self.ends.extend(made[1:])
        return self.outputs.tied_head(single(made))

    def visit(self, node: Node, signal, *more, told: bool = True):
        """Write a module with all inside behind a signal; returns what it gives.

        `signal` is None where nothing comes before, and `LOST` where nobody knows what does. `more` are what a module
        of a family is given besides, all of it if that is `told`. Such modules may be given and give lists of signals.
        """
        stopping.check()
        if wiring := wiring_of(node):
            self._note(wiring.family)
            self.within += 1
            made = Program(self, node, wiring, (signal, *more), None if told else LOST).run()
            self.within -= 1
            self.graph.rest(node.walk(), None)
            return made
        signal = single(signal)
        if block := block_of(node):
            self._note(block.family)
            return self.blocks.write(node, block, self._known(node, signal))
        if adapter := adapter_of(node):
            return self._adapted(node, adapter, signal)
        if attention := attention_of(node):
            self._note("Keras's attention")
            signal = self.graph.as_kind(self._known(attention.parts[0], signal), "sequence", path=(*node.path, ""))
            made = attend(self.graph, node, attention.heads, list(attention.parts), attention.out, [], signal)
            return self.graph.rest(node.walk(), made)
        if signal and signal.width > 0 and is_dense(node):
            return self._dense_block(node, signal)
        if signal and signal.width > 0 and branches(node):
            return self._side_by_side(node, signal)
        return self._plain(node, signal)

    def _plain(self, node, signal):
        """A module of no known family: its own weights, then the modules inside, each behind what it can read."""
        tied = self.outputs.is_tied(node)
        if node.tensors and not tied:
            signal = self.entrances.leaf(node, signal)
        if self.outputs.begins_decoder(node):
            self.blocks.memory = signal
            self.blocks.position_bias = (0, "")
            signal = self.outputs.words_of_decoder(node)
        entered = signal
        children = self.order.of(node, signal.width if signal and signal.width > 0 else None)
        self.reading.enter(node, children, signal)
        for child in children:
            source = self.reading.source(child, signal)
            signal = single(self.visit(child, self.outputs.read_by(child, source), told=False))
            self.reading.gave(child, source, signal)
        self.reading.leave()
        if signal and entered and signal.width > 0 < entered.width:
            signal = self._closed(node, entered, signal)
        return self.outputs.shared_head(node, signal) if tied else signal

    def _note(self, family):
        """Families are said of the outermost modules, for those inside may be called as those of others are."""
        if not self.within:
            self.families[family] = None

    def _adapted(self, node, adapter, signal):
        """An adapter beside the module that it adapts; where that is not in the file, by itself."""
        self._note("low-rank adapters")
        if adapter.base is None:
            made = adapters.write(self.graph, adapter, None)
            after = signal
        else:
            after = self.visit(adapter.base, signal)
            made = adapters.write(self.graph, adapter, signal)
            if made and after and (made.kind, made.width) == (after.kind, after.width):
                made = after = self.graph.add(node.path, after, made)
        if made and made is not after:
            self.ends.append(made)
        for child in node.children.values():
            if child is not adapter.base:
                self.graph.rest(child.walk(), None)
        return after

    def _dense_block(self, node, signal):
        """DenseNet: every layer reads what enters the block and what all layers before it give."""
        self._note("DenseNet")
        given = [signal]
        for child in sorted(node.children.values(), key=lambda child: natural(child.name)):
            made = single(self.visit(child, self.graph.concat(child.path, *given)))
            given += [made] if made is not None and made.width > 0 else []
        return self.graph.concat(node.path, *given)

    def _side_by_side(self, node, signal):
        """Inception: branches read the same, and what they give is put side by side."""
        self._note("Inception")
        given = []
        for branch in branches(node):
            made = signal
            for child in branch:
                made = single(self.visit(child, made))
            given += [made] if made is not None and made.width > 0 else []
        same = [made for made in given if made.kind == given[0].kind]
        return self.graph.concat(node.path, *same) if same else LOST

    def _closed(self, node, entered, signal):
        """A squeeze that weighs what entered it, or an inverted bottleneck round which a residual runs."""
        same = (signal.kind, signal.width) == (entered.kind, entered.width) and signal.tensor != entered.tensor
        if same and self._is_squeeze(node):
            return self.graph.add(node.path, entered, signal, op="Mul")
        if same and self._is_inverted(node):
            self._note("inverted residual")
            return self.graph.add(node.path, entered, signal)
        return signal

    def _is_squeeze(self, node):
        """Two layers that make the channels fewer and as many again (squeeze and excitation)."""
        for names in SQUEEZES:
            parts = [node.at(name) for name in names]
            if all(parts) and sum(1 for part in node.walk() if part.tensors) == 2:
                (inputs, less), (again, units) = (self.order.ends(part) for part in parts)
                kernels = (part.tensors["weight"].shape[2:] for part in parts if part.kind == "conv")
                return (
                    inputs == units and less == again and less <= units and all(prod(kernel) == 1 for kernel in kernels)
                )
        return False

    def _is_inverted(self, node):
        """A row of 1 x 1, depthwise and 1 x 1 convolutions, alone in its module."""
        if not any(DEPTHWISE.match(name) for name in node.children):
            return False
        convs = [part for part in node.walk() if part.kind == "conv"]
        return 1 < len(convs) < 8 and any(
            conv.tensors["weight"].shape[1] == 1 < conv.tensors["weight"].shape[0] for conv in convs
        )

    def _known(self, node, signal):
        """What a block reads: an input of the model for one that the file begins with, else what comes before it."""
        if signal is not None and signal.width > 0:
            return signal
        first = next((part for part in node.walk() if part.kind in ("conv", "dense", "norm")), None)
        inputs = self.order.ends(first)[0] if first else None
        kind = "map" if first is not None and first.kind == "conv" else "sequence"
        if signal is None:
            return self.graph.input(kind, inputs or 1)
        return self.graph.known(signal, kind, inputs or 1)
