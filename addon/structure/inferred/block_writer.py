# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the blocks of known families, branch by branch."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from onnx import TensorProto

from .attention import attend, attend_loosely, heads_of
from .blocks import BY_LAST_NORM, POST, PRE, Attention, Block, Branch, Chain, Experts, Gated
from .graph import Graph
from .graph_state import Signal
from .modules import Node, Tree
from .order import LAST_NORM, Order

ACTIVATIONS = {
    "gelu": "Gelu",
    "gelu_new": "GeluTanh",
    "gelu_pytorch_tanh": "GeluTanh",
    "gelu_fast": "GeluTanh",
    "quick_gelu": "Swish",
    "relu": "Relu",
    "silu": "Swish",
    "swish": "Swish",
    "tanh": "Tanh",
}
DISTANCES = ("relative_attention_bias", "relative_position_bias_table")  # between steps: see `_bias_of_positions`


class Blocks:
    """`memory` is what an encoder gives to a decoder."""

    def __init__(self, graph: Graph, tree: Tree, order: Order):
        self.graph, self.tree, self.order, self.config = graph, tree, order, graph.weights.config
        self.memory: Signal | None = None
        self.position_bias = 0, ""  # how many heads have it, and what is added to the scores of a stack's attentions
        self.mask = ""
        self.normed: dict[tuple, Signal] = {}
        self.ended: dict[tuple, bool] = {}

    def write(self, node: Node, block: Block, signal: Signal) -> Signal:
        """Write a block behind a signal; returns what it gives."""
        order = block.order
        if order == BY_LAST_NORM:
            order = PRE if self._has_last_norm(node) else POST
        if block.mask and not self.mask:
            self.mask = self._attention_mask()
        if signal.kind != "sequence" and any(isinstance(branch.body, Attention) for branch in block.branches):
            signal = self.graph.as_kind(signal, "sequence", path=(*node.path, ""))
        branches = [branch for branch in block.branches if not branch.optional or branch.fits(node)]
        if block.parallel:
            made = [
                self._body(node, branch.body, self._normed(node.at(branch.norm), signal), block) for branch in branches
            ]
            signal = self.graph.add(node.path, signal, self.graph.add(node.path, *made))
        else:
            for branch in branches:
                signal = self._branch(node, block, branch, order, signal)
        return self.graph.rest(node.walk(), signal)

    def _branch(self, node, block, branch: Branch, order, signal):
        norm = branch.norm and node.at(branch.norm)
        read = self._normed(norm, signal) if norm and order == PRE else signal
        made = self._body(node, branch.body, read, block)
        around = self._shortcut(node, block, signal)
        fits = made.width == around.width
        if fits:
            made = self.graph.as_kind(made, around.kind, around.axes, (*node.path, ""))
        for name in filter(None, (branch.inner, branch.scale)):
            for part in (inner for inner in (node.at(name) or Node()).walk() if inner.tensors):
                made = self.graph.module(part, made)
        if not fits:
            return made
        path = (*node.path, *branch.at.split(".")) if branch.at else node.path
        joined = self.graph.add(path, *((made, around) if block.shortcut or order == POST else (around, made)))
        if block.last:
            joined = self.activate(path, block.last, joined)
        return self._normed(norm, joined) if norm and order == POST else joined

    def _normed(self, norm, signal):
        key = norm.path, signal.tensor
        if key not in self.normed:
            self.normed[key] = self.graph.module(norm, signal)
        return self.normed[key]

    def _shortcut(self, node, block, signal):
        for name in block.shortcut:
            for part in (inner for inner in (node.at(name) or Node()).walk() if inner.tensors):
                signal = self.graph.module(part, signal)
        return signal

    def _body(self, node, body, signal, block):
        if isinstance(body, Attention):
            return self._attention(node, body, signal)
        if isinstance(body, Chain):
            return self._steps(node, body.steps, signal)
        if isinstance(body, Gated):
            up = node.at(body.up) if body.up else None
            return self._gated(node.at(body.gate), up, node.at(body.down), body.activation, signal)
        return self._experts(node, body, signal)

    def _steps(self, node, steps, signal):
        at = node.path
        for step in steps:
            if part := node.at(step):
                at = part.path[:-1]
                if part.kind == "dense" and signal.kind == "map":  # of the channels of each cell
                    signal = self.graph.as_kind(signal, "sequence", path=part.path)
                signal = self.graph.module(part, signal)
            else:
                signal = self.activate(at, step, signal)
        return signal

    def activate(self, path: tuple[str, ...], name: str, signal: Signal) -> Signal:
        """What an activation gives; which one it is between words a configuration may say."""
        said = next(
            (
                self.config[key]
                for key in ("hidden_act", "activation_function", "hidden_activation")
                if isinstance(self.config.get(key), str)
            ),
            "",
        )
        name = ACTIVATIONS.get(said, name) if signal.kind == "sequence" else name
        graph = self.graph
        if name == "Swish":
            made = graph.op(path, "Mul", signal.tensor, graph.op(path, "Sigmoid", signal.tensor))
        elif name == "GeluTanh":
            made = graph.op(path, "Gelu", signal.tensor, approximate="tanh")
        else:
            made = graph.op(path, name, signal.tensor)
        return replace(signal, tensor=made)

    def _gated(self, gate, up, down, activation, signal):
        graph = self.graph
        path = gate.path[:-1]
        opened = graph.module(gate, signal)
        if up is None:
            half = opened.width // 2
            parts = graph.writer.node(
                "Split",
                [opened.tensor, graph.ints(half, opened.width - half)],
                graph.name(path, "Split"),
                outputs=2,
                axis=-1,
            )
            opened, lifted = (replace(opened, tensor=part, width=half) for part in parts)
        else:
            lifted = graph.module(up, signal)
        opened = self.activate(path, activation, opened)
        if opened.width != lifted.width:
            return graph.module(down, opened)
        made = graph.op(path, "Mul", opened.tensor, lifted.tensor)
        return graph.module(down, replace(opened, tensor=made))

    def _experts(self, node, body: Experts, signal):
        graph = self.graph
        experts = node.at(body.experts) or Node(node.path)
        path = experts.path
        router = graph.module(node.at(body.router), signal)
        made = []
        for expert in self.order.of(experts):
            gate, up, down = (expert.at(name) for name in (body.gate, body.up, body.down))
            if gate and up and down and gate.tensors and up.tensors and down.tensors:
                made.append(self._gated(gate, up, down, "Swish", signal))
        made = [expert for expert in made if expert.width == signal.width]
        if not made:
            return router
        chosen = graph.writer.opaque(
            "TopExperts",
            [router.tensor, *(expert.tensor for expert in made)],
            graph.name(path, "TopExperts"),
            shape=(1, "sequence", signal.width),
            data_type=graph.data_type,
        )
        return self._with_shared(node, body, signal, replace(signal, tensor=chosen))

    def _with_shared(self, node, body, signal, made):
        """What experts give, and an expert that counts for every step."""
        shared = (node.at(body.shared) if body.shared else None) or Node()
        gate, up, down = (shared.at(name) for name in (body.gate, body.up, body.down))
        if not (gate and up and down and gate.tensors and up.tensors and down.tensors):
            return made
        graph = self.graph
        whole = self._gated(gate, up, down, "Swish", signal)
        weigher = node.at(body.shared_gate)
        if weigher is not None and weigher.tensors:
            share = self.activate(node.path, "Sigmoid", graph.module(weigher, signal))
            whole = graph.add(node.path, whole, share, op="Mul")
        return graph.add(node.path, made, whole)

    def _attention(self, node, body: Attention, signal):
        graph = self.graph
        parts = [node.at(name) for name in body.parts]
        out = node.at(body.out)
        at = node.at(body.at) or node
        norms = [norm for name in body.norms if (norm := node.at(name))]
        memory = (self.memory or signal) if body.memory else None
        tables = [table for name in DISTANCES if (table := at.at(name)) is not None]
        hint = next((stored.shape[-1] for table in tables for stored in table if stored.shape), self.position_bias[0])
        heads = heads_of(graph, at, parts, out, norms, hint) if signal.kind == "sequence" else None
        if heads is not None:
            for table in tables:
                self.position_bias = heads.queries, self._bias_of_positions(table, heads)
            biased = not body.memory and self.position_bias[0] == heads.queries
            added = [text for text in (self.position_bias[1] if biased else "", self.mask) if text]
            return attend(graph, at, heads, parts, out, norms, signal, memory, added)
        signal = graph.as_kind(signal, "sequence", path=(*node.path, ""))
        return attend_loosely(graph, at, parts, out, norms, signal, memory)

    def attend(
        self,
        node: Node,
        projections: list[Node],
        out: Node | None,
        norms: list[Node],
        signal: Signal,
        memory: Signal | None = None,
        scale: Node | None = None,
    ) -> Signal:
        """What the attention that a module is gives, by its projections: one matrix for all, or three.

        Keys and values are of `memory`, where given; `scale` has a factor for the scores of each head.
        """
        graph = self.graph
        hint = 0
        if scale is not None and scale.tensors:
            hint = prod(next(iter(scale)).shape)
        signal = graph.known(signal, "sequence", self.order.ends(projections[0])[0] or 1)
        signal = graph.as_kind(signal, "sequence", path=(*node.path, ""))
        if memory is not None:
            memory = graph.known(memory, "sequence", self.order.ends(projections[-1])[0] or 1)
            memory = graph.as_kind(memory, "sequence", path=(*node.path, ""))
        heads = heads_of(graph, node, projections, out, norms, hint)
        if heads is not None:
            return attend(graph, node, heads, projections, out, norms, signal, memory, scale=scale)
        return attend_loosely(graph, node, projections, out, norms, signal, memory)

    def _bias_of_positions(self, node, heads):
        """A row of a table for each distance between two steps, a column for each head: that of no distance for all."""
        graph = self.graph
        table = next(iter(node), None)
        if table is None or heads.queries == 1 or table.shape[1:] != (heads.queries,):
            return ""
        row = graph.op(node.path, "Slice", graph.weight(node.path, table), graph.ints(0), graph.ints(1), graph.ints(0))
        return graph.op(node.path, "Reshape", row, graph.ints(1, heads.queries, 1, 1))

    def _attention_mask(self):
        """1 where a word counts, 0 where not -> what is added to the scores, (1, 1, 1, steps)."""
        graph = self.graph
        if not graph.ids:
            return ""
        given = graph.writer.input("attention_mask", (1, "sequence"), TensorProto.INT64)
        wide = graph.op((), "Cast", graph.op((), "Unsqueeze", given, graph.ints(1, 2)), to=graph.data_type)
        return graph.op((), "Mul", graph.op((), "Sub", graph.number(1.0), wide), graph.number(-10000.0))

    def _has_last_norm(self, node):
        """Whether a norm stands behind the blocks of which this is one."""
        path = node.path[:-2]
        if path not in self.ended:
            above = self.tree.root.at(".".join(path)) if path else self.tree.root
            self.ended[path] = any(
                child.kind == "norm" and LAST_NORM.match(child.name) for child in above.children.values()
            )
        return self.ended[path]
