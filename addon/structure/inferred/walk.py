# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Goes through the tree of modules and writes each behind those before it: blocks of known families as these are
joined, all else one after the other."""

from __future__ import annotations

import re
from dataclasses import replace
from math import isqrt, prod

from onnx import TensorProto

from ...containers import stopping
from ...containers.natural_order import natural
from ...formats.weights import Weights
from . import adapters
from .adapters import adapter_of
from .attention import attend
from .block_writer import Blocks
from .blocks import Attention, block_of
from .graph import Graph
from .graph_state import Signal
from .keras_attention import attention_of
from .modules import Node, Tree
from .order import Order, branches, is_dense, lists

LONGEST = 200  # characters of a name that says what a table is for
POSITIONS = re.compile(r"^(wpe|\w*pos(ition)?s?(itional)?_?(embed\w*|emb)|embed_positions|pos_emb\w*|positions?)$")
KINDS_OF_WORDS = re.compile(r"^(token_type|segment|type)_?(embed\w*|emb)$|^wtt$")
TOKENS = re.compile(r"^((cls|class|dist|distillation|reg)_token|register_tokens|class_embedding)$")
FIRST_OF_ALL = re.compile(r"^(pooler|pre_classifier|head|head_dist|heads|classifier|visual_projection)$")
OF_EACH_WORD = re.compile(r"^(predictions|lm_head|qa_outputs|score|decoder|embed_out|output|lm_predictions)$")
PATCHES = re.compile(r"patch|conv_proj|^conv1$|^projection$|^proj$")
SQUEEZES = (("fc1", "fc2"), ("conv_reduce", "conv_expand"), ("fc.0", "fc.2"), ("0", "2"))
DEPTHWISE = re.compile(r"^(conv|block|conv_dw|depthwise\w*|dwconv)$")
HEADED = re.compile(r"LMHead|CausalLM|MaskedLM|ConditionalGeneration")
COUNTED = "position_embeddings"  # RoBERTa's name for a table that begins at row 2
LONG_EMBEDDINGS = ("roberta", "xlm-roberta", "camembert", "opt", "bart", "mbart", "longformer")  # begin at row 2


def _counts_places(name: str) -> bool:
    """Whether a table is one of positions by its name. The pattern takes the square of a name's length."""
    return len(name) <= LONGEST and POSITIONS.match(name) is not None


class Walk:
    def __init__(self, weights: Weights, tree: Tree):
        self.weights, self.tree = weights, tree
        self.order = Order(tree, weights.layout == "torch")
        self.graph = Graph(weights, tree, self.scopes)
        self.blocks = Blocks(self.graph, tree, self.order)
        self.lists = lists(tree.root)
        self.words: Node | None = None  # the embedding of the words, which a head may share
        self.pooled: Signal | None = None  # the first step of a sequence
        self.ends: list[Signal] = []  # what stands by itself gives
        self.placed: set[int] = set()  # widths of tables of positions
        self.tokens, self.steps = self._positions()
        known = {block.family: block for node in tree.root.walk() if (block := block_of(node))}
        self.graph.steps = any(
            isinstance(branch.body, Attention) for block in known.values() for branch in block.branches
        ) or any(map(attention_of, tree.root.walk()))
        self.graph.norms_channels = "ConvNeXt" in known

    def scopes(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """The names that torch's exporter gives: the children of a container carry its name, lists are left out."""
        names, stem = [], ""
        for depth, name in enumerate(path, 1):
            stem = f"{stem}.{name}" if name.isdigit() and stem else name
            if path[:depth] not in self.lists:
                names.append(stem.replace("/", "."))
        return tuple(names)

    def _positions(self):
        """How many tokens of their own a vision transformer has, and its steps; 0 where the file does not say."""
        tokens, steps = 0, 0
        for node in self.tree.root.walk():
            shape = next(iter(node)).shape if node.tensors else ()
            if TOKENS.match(node.name) and len(shape) <= 3:
                tokens += prod(shape[:-1])
            elif _counts_places(node.name) and len(shape) >= 2:
                steps = steps or prod(shape[:-1])
                self.placed.add(shape[-1])
        return tokens, steps

    # the tree

    def run(self) -> Signal | None:
        signal = self.visit(self.tree.root, None)
        return self._tied_head(signal)

    def visit(self, node: Node, signal: Signal | None) -> Signal | None:
        """Write a module with all inside behind a signal; returns what it gives."""
        stopping.check()
        block = block_of(node)
        if block:
            return self.blocks.write(node, block, signal or self._start(node))
        if adapter := adapter_of(node):
            return self._adapted(node, adapter, signal)
        if found := attention_of(node):
            self.blocks.families["Keras's attention"] = None
            signal = self.graph.as_kind(signal or self._start(found.parts[0]), "sequence", path=(*node.path, ""))
            made = attend(self.graph, node, found.heads, list(found.parts), found.out, [], signal)
            return self.graph.rest(node.walk(), made)
        if signal and is_dense(node):
            return self._dense_block(node, signal)
        if signal and branches(node):
            return self._side_by_side(node, signal)
        tied = self._is_tied(node)
        if node.tensors and not tied:
            signal = self._leaf(node, signal)
        if self._begins_decoder(node):
            self.blocks.memory, self.blocks.position_bias = signal, (0, "")
            signal = self._words_of_decoder(node)
        entered = signal
        for child in self.order.of(node, signal and signal.width):
            signal = self.visit(child, self._read_by(child, signal))
        if signal and entered:
            signal = self._closed(node, entered, signal)
        return self._shared_head(node, signal) if tied else signal

    def _adapted(self, node, adapter, signal):
        """An adapter beside the module that it adapts; where that is not in the file, by itself."""
        self.blocks.families["low-rank adapters"] = None
        if adapter.base is None:
            made, after = adapters.write(self.graph, adapter, None), signal
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
        self.blocks.families["DenseNet"] = None
        found = [signal]
        for child in sorted(node.children.values(), key=lambda child: natural(child.name)):
            found.append(self.visit(child, self.graph.concat(child.path, *found)))
        return self.graph.concat(node.path, *found)

    def _side_by_side(self, node, signal):
        """Inception: branches read the same, and what they give is put side by side."""
        self.blocks.families["Inception"] = None
        found = []
        for branch in branches(node):
            made = signal
            for child in branch:
                made = self.visit(child, made)
            found.append(made)
        same = [one for one in found if one.kind == found[0].kind]
        return self.graph.concat(node.path, *same)

    def _closed(self, node, entered, signal):
        """A squeeze that weighs what entered it, or an inverted bottleneck round which a residual runs."""
        same = (signal.kind, signal.width) == (entered.kind, entered.width) and signal.tensor != entered.tensor
        if same and self._is_squeeze(node):
            return self.graph.add(node.path, entered, signal, op="Mul")
        if same and self._is_inverted(node):
            self.blocks.families["inverted residual"] = None
            return self.graph.add(node.path, entered, signal)
        return signal

    def _is_squeeze(self, node):
        """Two layers that make the channels fewer and as many again (squeeze and excitation)."""
        for names in SQUEEZES:
            parts = [node.at(name) for name in names]
            if all(parts) and sum(1 for one in node.walk() if one.tensors) == 2:
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
        convs = [one for one in node.walk() if one.kind == "conv"]
        return 1 < len(convs) < 8 and any(
            conv.tensors["weight"].shape[1] == 1 < conv.tensors["weight"].shape[0] for conv in convs
        )

    def _start(self, node):
        """An input for a file that begins with a block."""
        first = next((one for one in node.walk() if one.kind in ("conv", "dense", "norm")), None)
        inputs = self.order.ends(first)[0] if first else None
        kind = "map" if first is not None and first.kind == "conv" else "sequence"
        return self.graph.input(kind, inputs or 1)

    def _leaf(self, node, signal):
        if node.kind == "embedding":
            signal = self._embedding(node, signal)
        elif _counts_places(node.name) and self._is_sequence(signal):
            signal = self._add_positions(node, next(iter(node)), signal)
        elif TOKENS.match(node.name) and self._is_sequence(signal):
            if not signal.first:
                signal = self._put_before(node, signal)
        elif node.kind == "conv" and self._is_patches(node, signal):
            signal = self._patches(node)
        else:
            signal = self.graph.module(node, signal)
        return self.graph.rest([node], signal)

    @staticmethod
    def _is_sequence(signal):
        return signal is not None and signal.kind == "sequence"

    def _read_by(self, child, signal):
        """What a head reads: the first step of a sequence, or all of them."""
        if signal is None or block_of(child):
            return signal
        if OF_EACH_WORD.match(child.name) and signal.kind == "vector" and self.pooled:
            return self.pooled
        whole = signal.kind == "sequence" and FIRST_OF_ALL.match(child.name)
        if whole and (signal.first or child.name in ("pooler", "pre_classifier") or child.at("out_proj")):
            self.pooled = signal
            return self.graph.first_step(signal, (*child.path, ""))
        return signal

    # words and patches

    def _embedding(self, node, signal):
        graph, table = self.graph, node.tensors["weight"]
        if _counts_places(node.name) and self._is_sequence(signal) and signal.width == table.shape[1]:
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

    def _add_positions(self, node, table, signal):
        """Add a row of a table to each step; of ids as many rows as there are steps."""
        graph, rows, width = self.graph, prod(table.shape[:-1]), signal.width
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
        said = self.weights.config.get("model_type")
        return said in LONG_EMBEDDINGS if said else rows > 2 and rows - 2 & rows - 3 == 0

    def _is_patches(self, node, signal):
        weight = node.tensors["weight"]
        units = weight.shape[0 if self.weights.layout == "torch" else -1]
        return (
            signal is None
            and self.steps
            and len(weight.shape) == 4
            and PATCHES.search(".".join(node.path[-2:]))
            and units in self.placed
        )

    def _patches(self, node):
        """Patches of a picture as a sequence; their number follows from the table of positions."""
        graph, weight, torch = self.graph, node.tensors["weight"], self.weights.layout == "torch"
        kernel = weight.shape[2:] if torch else weight.shape[:2]
        channels = weight.shape[1] if torch else weight.shape[2]
        count = self.steps - self.tokens if self.steps > self.tokens else self.steps
        side = isqrt(count)
        rows, columns = (side, side) if side * side == count else (1, count)
        picture = graph.input("map", channels, 2, (kernel[0] * rows, kernel[1] * columns))
        made = graph.patches(node, picture, kernel)
        made = graph.op(node.path[:-1], "Reshape", made.tensor, graph.ints(1, made.width, count))
        width = weight.shape[0 if torch else -1]
        made = graph.op(node.path[:-1], "Transpose", made, perm=[0, 2, 1])
        return graph.seen_as(Signal(made, "sequence", width, steps=count))

    def _put_before(self, node, signal):
        """Put the tokens of a vision transformer before the patches, all of them at once."""
        graph, made, steps = self.graph, [], signal.steps
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
        return graph.seen_as(replace(signal, tensor=made, steps=steps, first=True))

    # heads and decoders

    def _begins_decoder(self, node):
        return (
            node.name == "decoder"
            and self.words is not None
            and not node.tensors
            and any(
                branch.body.memory and branch.fits(one)
                for one in node.walk()
                if (block := block_of(one))
                for branch in block.branches
                if isinstance(branch.body, Attention)
            )
        )

    def _words_of_decoder(self, node):
        own = next(
            (child for child in node.children.values() if child.kind == "embedding" and not _counts_places(child.name)),
            None,
        )
        if own:
            return None
        graph, words = self.graph, self.words
        made = graph.op(
            (*node.path, words.name),
            "Gather",
            graph.weight(words.path, words.tensors["weight"]),
            graph.words("decoder_input_ids"),
            axis=0,
        )
        return Signal(made, "sequence", words.tensors["weight"].shape[1])

    def _is_tied(self, node):
        """Whether all that a module has itself is the bias of a head that shares the embedding of the words."""
        bias = node.tensors.get("bias")
        return (
            self.words is not None
            and bias is not None
            and len(node.tensors) == 1
            and bias.shape == self.words.tensors["weight"].shape[:1]
        )

    def _shared_head(self, node, signal):
        table = self.words.tensors["weight"]
        self.graph.say("a head that shares the weights of the word embedding")
        head = Node((*node.path, "decoder"), {"weight": table, "bias": node.tensors["bias"]}, kind="dense")
        return self.graph.module(head, signal)

    def _tied_head(self, signal):
        """A head that shares the embedding of the words, where the configuration or a mere wrapper says so."""
        if self.words is None or signal is None or signal.kind != "sequence":
            return signal
        config, table = self.weights.config, self.words.tensors["weight"]
        heads = [node for node in self.tree.root.walk() if OF_EACH_WORD.match(node.name) and node.tensors]
        said = any(isinstance(name, str) and HEADED.search(name) for name in _texts(config.get("architectures")))
        wrapped = len(self.tree.root.children) == 1 and next(iter(self.tree.root.children)) in ("transformer", "model")
        if heads or config.get("tie_word_embeddings") is False or not (said or wrapped and not config):
            return signal
        if table.shape[1] != signal.width:
            return signal
        self.graph.say("a head that shares the weights of the word embedding")
        node = Node(("lm_head",), {"weight": table}, kind="dense")
        return self.graph.module(node, signal)

    def _above(self, node):
        """The module that holds this one."""
        return self.tree.root.at(".".join(node.path[:-1])) if len(node.path) > 1 else self.tree.root


def _texts(value):
    return value if isinstance(value, list) else []
