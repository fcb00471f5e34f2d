# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""By what a text or a picture enters a model: tables of words and positions, patches, and tokens before them."""

from __future__ import annotations

import re
from dataclasses import replace
from math import isqrt, prod

from onnx import TensorProto

from .graph import Graph
from .graph_state import LOST, Signal
from .modules import Node, Tree
from .order import Order

LONGEST = 200  # characters of a name that says what a table is for
POSITIONS = re.compile(
    r"^(wpe|\w*pos(ition)?s?(itional)?_?(embed\w*|emb)|embed_positions|pos_emb\w*|positions?|position_embd)$"
)
KINDS_OF_WORDS = re.compile(r"^(token_type|segment|type)_?(embed\w*|emb)$|^wtt$|^token_types$")
TOKENS = re.compile(r"^((cls|class|dist|distillation|reg)_token|register_tokens|class_embedding)$")
PATCHES = re.compile(r"patch|conv_proj|^conv1$|^projection$|^proj$")
COUNTED = "position_embeddings"  # RoBERTa's name for a table that begins at row 2
LONG_EMBEDDINGS = ("roberta", "xlm-roberta", "camembert", "opt", "bart", "mbart", "longformer")  # begin at row 2


def counts_places(name: str) -> bool:
    """Whether a table is one of positions by its name. The pattern takes the square of a name's length."""
    return len(name) <= LONGEST and POSITIONS.match(name) is not None


def is_sequence(signal: Signal | None) -> bool:
    """Whether it is known what enters, and that it has steps."""
    return signal is not None and signal.kind == "sequence" and signal.width > 0


class Entrances:
    """`words` is the embedding of the words, which a head may share."""

    def __init__(self, graph: Graph, tree: Tree, order: Order):
        self.graph, self.tree, self.order = graph, tree, order
        self.words: Node | None = None
        self.placed: set[int] = set()  # widths of tables of positions
        self.tokens, self.steps = self._positions()

    def leaf(self, node: Node, signal: Signal | None) -> Signal | None:
        """Write a module that has weights itself behind a signal."""
        if node.kind == "embedding":
            made = self._embedding(node, signal)
        elif signal is not None and is_sequence(signal) and counts_places(node.name):
            made = self._add_positions(node, next(iter(node)), signal)
        elif signal is not None and is_sequence(signal) and TOKENS.match(node.name):
            made = signal if signal.first else self._put_before(node, signal)
        elif node.kind == "conv" and self._is_patches(node, signal):
            made = self._patches(node)
        else:
            made = self.graph.module(node, signal)
        return self.graph.rest([node], made)

    def _positions(self):
        """How many tokens of their own a vision transformer has, and its steps; 0 where the file does not say."""
        tokens, steps = 0, 0
        for node in self.tree.root.walk():
            shape = next(iter(node)).shape if node.tensors else ()
            if TOKENS.match(node.name) and len(shape) <= 3:
                tokens += prod(shape[:-1])
            elif counts_places(node.name) and len(shape) >= 2:
                steps = steps or prod(shape[:-1])
                self.placed.add(shape[-1])
        return tokens, steps

    def _embedding(self, node, signal):
        graph = self.graph
        table = node.tensors["weight"]
        if counts_places(node.name) and is_sequence(signal) and signal.width == table.shape[1]:
            return self._add_positions(node, table, signal)
        kind = KINDS_OF_WORDS.match(node.name)
        if signal is None or not kind:
            if self.words is None:
                self.words = node
            return graph.module(node, signal)
        ids = (
            graph.words("token_type_ids")
            if table.shape[0] > 1 or not graph.ids
            else graph.op(node.path, "Mul", self._ids(), graph.ints(0))
        )  # all words are of the one kind
        made = graph.op(node.path, "Gather", graph.weight(node.path, table), ids, axis=0)
        return (
            graph.add(node.path[:-1], signal, replace(signal, tensor=made, width=table.shape[1]))
            if table.shape[1] == signal.width
            else signal
        )

    def positions(self, node: Node, signal: Signal) -> Signal:
        """The signal and the row of a table for each step."""
        return self.graph.rest([node], self._add_positions(node, next(iter(node)), signal))

    def _add_positions(self, node, table, signal):
        """Add a row of a table to each step; of ids as many rows as there are steps."""
        graph = self.graph
        rows = prod(table.shape[:-1])
        width = signal.width
        if table.shape[-1:] != (width,) or len(table.shape) < 2:
            return graph.module(node, signal) if node.kind != "embedding" else signal
        made = graph.weight(node.path, table)
        if signal.steps and signal.steps != rows:
            return graph.opaque(node, signal)
        if len(table.shape) != 2:
            made = graph.op(node.path, "Reshape", made, graph.ints(rows, width))
        if not signal.steps and graph.ids:
            first = 2 if self._begins_at_two(rows) else 0
            if first and node.name == COUNTED:
                made = graph.op(node.path, "Gather", made, self._counted(node.path), axis=0)
                return graph.add(node.path[:-1], signal, replace(signal, tensor=made))
            count = graph.op(node.path, "Shape", self._ids(), start=1, end=2)
            last = graph.op(node.path, "Add", count, graph.ints(first)) if first else count
            made = graph.op(node.path, "Slice", made, graph.ints(first), last, graph.ints(0))
        return graph.add(node.path[:-1], signal, replace(signal, tensor=made))

    def _ids(self):
        return next(iter(self.graph.ids.values()))

    def _counted(self, path):
        """The rows of RoBERTa's positions: words are counted from 2, and what fills up a text (id 1) has row 1."""
        graph = self.graph
        filled = graph.op(path, "Equal", self._ids(), graph.ints(1))
        word = graph.op(path, "Cast", graph.op(path, "Not", filled), to=TensorProto.INT64)
        place = graph.op(path, "Mul", graph.op(path, "CumSum", word, graph.ints(1)), word)
        return graph.op(path, "Add", place, graph.ints(1))

    def _begins_at_two(self, rows):
        said = self.graph.weights.config.get("model_type")
        return said in LONG_EMBEDDINGS if said else rows > 2 and rows - 2 & rows - 3 == 0

    def _is_patches(self, node, signal):
        weight = node.tensors["weight"]
        units = weight.shape[0 if self.graph.torch else -1]
        return (
            signal is None
            and self.steps
            and len(weight.shape) == 4
            and PATCHES.search(".".join(node.path[-2:]))
            and units in self.placed
        )

    def patches_of(self, conv: Node, token: Node | None, table: Node | None, signal: Signal | None) -> Signal:
        """Patches of a picture as a sequence; their number follows from a table of positions with so many tokens."""
        stored = next(iter(table), None) if isinstance(table, Node) else None
        rows = prod(stored.shape[:-1]) if stored is not None else 0
        before = prod(next(iter(token)).shape[:-1]) if token is not None and token.tensors else 0
        if conv.kind != "conv" or len(conv.tensors["weight"].shape) != 4 or rows <= before:
            made = self.graph.module(conv, signal)
            if made is None:
                return LOST
            return self.graph.as_kind(made, "sequence", path=(*conv.path, ""))
        return self.graph.rest([conv], self._patches(conv, rows, before))

    def _patches(self, node, steps=0, tokens=0):
        """Patches of a picture as a sequence; their number follows from the table of positions."""
        graph = self.graph
        weight = node.tensors["weight"]
        torch = self.graph.torch
        kernel = weight.shape[2:] if torch else weight.shape[:2]
        channels = weight.shape[1] if torch else weight.shape[2]
        steps, tokens = (steps, tokens) if steps else (self.steps, self.tokens)
        count = steps - tokens if steps > tokens else steps
        side = isqrt(count)
        rows, columns = (side, side) if side * side == count else (1, count)
        picture = graph.input("map", channels, 2, (kernel[0] * rows, kernel[1] * columns))
        made = graph.patches(node, picture, kernel)
        made = graph.op(node.path[:-1], "Reshape", made.tensor, graph.ints(1, made.width, count))
        width = weight.shape[0 if torch else -1]
        made = graph.op(node.path[:-1], "Transpose", made, perm=[0, 2, 1])
        return Signal(made, "sequence", width, steps=count)

    def _put_before(self, node, signal):
        """Put the tokens of a vision transformer before the patches, all of them at once."""
        graph = self.graph
        made = []
        steps = signal.steps
        for child in self.order.of(self._above(node)):
            token = next(iter(child), None) if TOKENS.match(child.name) else None
            if token is None or token.shape[-1:] != (signal.width,):
                continue
            count = prod(token.shape[:-1])
            made.append(graph.weight(child.path, token))
            if len(token.shape) != 3 or token.shape[0] != 1:
                made[-1] = graph.op(child.path, "Reshape", made[-1], graph.ints(1, count, signal.width))
            steps += count if signal.steps else 0
        if not made:
            return graph.opaque(node, signal)
        made = graph.op(node.path[:-1], "Concat", *made, signal.tensor, axis=1)
        return replace(signal, tensor=made, steps=steps, first=True)

    def _above(self, node):
        """The module that holds this one."""
        return self.tree.root.at(".".join(node.path[:-1])) if len(node.path) > 1 else self.tree.root
