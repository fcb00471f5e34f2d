# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a model ends: heads that read the first step or all of them, those that share the words' table, decoders."""

from __future__ import annotations

import re

from .blocks import Attention
from .entrances import Entrances, counts_places, is_sequence
from .families import block_of
from .graph import Graph
from .graph_state import Signal
from .modules import Node, Tree

FIRST_OF_ALL = re.compile(r"^(pooler|pre_classifier|head|head_dist|heads|classifier|visual_projection)$")
OF_EACH_WORD = re.compile(r"^(predictions|lm_head|qa_outputs|score|decoder|embed_out|output|lm_predictions)$")
HEADED = re.compile(r"LMHead|CausalLM|MaskedLM|ConditionalGeneration")
WRAPPERS = ("transformer", "model", "backbone")  # modules that a language model has beside its head


class Outputs:
    """What the heads of a model and its decoders read."""

    def __init__(self, graph: Graph, tree: Tree, entrances: Entrances):
        self.graph, self.tree, self.entrances = graph, tree, entrances
        self.pooled: Signal | None = None  # the sequence of which a first step was read

    def read_by(self, child: Node, signal: Signal | None) -> Signal | None:
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

    def begins_decoder(self, node: Node) -> bool:
        """Whether a module is a decoder that reads words by the table that its encoder has."""
        return (
            node.name == "decoder"
            and self.entrances.words is not None
            and not node.tensors
            and any(
                branch.body.memory and branch.fits(part)
                for part in node.walk()
                if (block := block_of(part))
                for branch in block.branches
                if isinstance(branch.body, Attention)
            )
        )

    def words_of_decoder(self, node: Node) -> Signal | None:
        """What a decoder reads: None where it has a table of its own."""
        own = next(
            (child for child in node.children.values() if child.kind == "embedding" and not counts_places(child.name)),
            None,
        )
        if own:
            return None
        graph = self.graph
        words = self.entrances.words
        if words is None:
            return None
        made = graph.op(
            (*node.path, words.name),
            "Gather",
            graph.weight(words.path, words.tensors["weight"]),
            graph.words("decoder_input_ids"),
            axis=0,
        )
        return Signal(made, "sequence", words.tensors["weight"].shape[1])

    def is_tied(self, node: Node) -> bool:
        """Whether all that a module has itself is the bias of a head that shares the embedding of the words."""
        bias = node.tensors.get("bias")
        return (
            self.entrances.words is not None
            and bias is not None
            and len(node.tensors) == 1
            and bias.shape == self.entrances.words.tensors["weight"].shape[:1]
        )

    def shared_head(self, node: Node, signal: Signal | None) -> Signal | None:
        """A head that has a bias of its own alone."""
        if self.entrances.words is None:
            return signal
        table = self.entrances.words.tensors["weight"]
        self.graph.say("a head that shares the weights of the word embedding")
        head = Node((*node.path, "decoder"), {"weight": table, "bias": node.tensors["bias"]}, kind="dense")
        return self.graph.module(head, signal)

    def tied_head(self, signal: Signal | None) -> Signal | None:
        """A head that shares the embedding of the words, where the configuration or a mere wrapper says so."""
        if self.entrances.words is None or signal is None or not is_sequence(signal):
            return signal
        config = self.graph.weights.config
        table = self.entrances.words.tensors["weight"]
        heads = [node for node in self.tree.root.walk() if OF_EACH_WORD.match(node.name) and node.tensors]
        said = any(isinstance(name, str) and HEADED.search(name) for name in _texts(config.get("architectures")))
        wrapped = len(self.tree.root.children) == 1 and next(iter(self.tree.root.children)) in WRAPPERS
        if heads or config.get("tie_word_embeddings") is False or not (said or wrapped and not config):
            return signal
        if table.shape[1] != signal.width:
            return signal
        self.graph.say("a head that shares the weights of the word embedding")
        node = Node(("lm_head",), {"weight": table}, kind="dense")
        return self.graph.module(node, signal)


def _texts(value):
    return value if isinstance(value, list) else []
