# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attention by its projections: queries, keys and values, each by itself or all in one matrix.

Vaswani et al. 2017, arXiv:1706.03762; groups of queries that share keys and values: Ainslie et al. 2023,
arXiv:2305.13245.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod

from .graph import Graph
from .graph_state import Signal
from .modules import Node
from .sizes import matrix_sizes

HEADS = ("num_attention_heads", "n_head", "num_heads", "n_heads", "encoder_attention_heads", "decoder_attention_heads")
MOST_HEADS = 1 << 12
HEAD_SIZES = (64, 32, 80, 96, 128)  # of a head, in most published models


@dataclass(frozen=True)
class Heads:
    """How the projections are cut: queries, keys and values of so many heads, each of `size`."""

    queries: int
    keys: int
    size: int


def attend(
    graph: Graph,
    at: Node,
    heads: Heads,
    projections: list[Node],
    out: Node | None,
    norms: list[Node],
    signal: Signal,
    memory: Signal | None = None,
    added: Sequence[str] = (),
    scale: Node | None = None,
) -> Signal:
    """What an attention gives: one matrix for all `projections`, or queries, keys and values.

    Keys and values are of `memory`, where given, else of the signal itself. `norms` are those of queries and keys;
    `added` are tensors that are added to the scores, `scale` has a factor of each head for them, and `at` is the module
    that the operators are in.
    """
    inside = at.path
    if len(projections) == 1:
        parts = _cut(graph, inside, graph.module(projections[0], signal), heads, projections[0])
    else:
        sources = signal, memory or signal, memory or signal
        counts = heads.queries, heads.keys, heads.keys
        parts = []
        for place, (node, source, count) in enumerate(zip(projections, sources, counts, strict=True)):
            made = graph.module(node, source).tensor
            made = graph.op(inside, "Reshape", made, graph.ints(0, 0, count, heads.size))
            if place < len(norms):
                made = _normed(graph, norms[place], made, heads.size)
            parts.append(made)
    queries, keys, values = parts
    perms = [0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]
    queries, keys, values = (
        graph.op(inside, "Transpose", part, perm=perm)
        for part, perm in zip((queries, keys, values), perms, strict=True)
    )
    if heads.keys < heads.queries:
        places = graph.ints(*(place * heads.keys // heads.queries for place in range(heads.queries)))
        keys, values = (graph.op(inside, "Gather", part, places, axis=1) for part in (keys, values))
    scores = graph.op(inside, "MatMul", queries, keys)
    stored = next(iter(scale), None) if scale is not None else None
    if scale is not None and stored is not None and prod(stored.shape) == heads.queries:
        factor = graph.op(scale.path, "Reshape", graph.weight(scale.path, stored), graph.ints(1, heads.queries, 1, 1))
        scores = graph.op(inside, "Mul", scores, graph.op(scale.path, "Exp", factor))
    else:
        scores = graph.op(inside, "Mul", scores, graph.number(heads.size**-0.5))
    for tensor in added:
        scores = graph.op(inside, "Add", scores, tensor)
    mixed = graph.op(inside, "MatMul", graph.op(inside, "Softmax", scores, axis=-1), values)
    mixed = graph.op(inside, "Transpose", mixed, perm=[0, 2, 1, 3])
    width = heads.queries * heads.size
    mixed = graph.op(inside, "Reshape", mixed, graph.ints(0, 0, width))
    read = replace(signal, tensor=mixed, width=width)
    return graph.module(out, read) if out is not None else read


def _normed(graph, norm, tensor, size):
    weight, bias = norm.tensors.get("weight"), norm.tensors.get("bias")
    if weight is None or weight.shape != (size,) or bias is not None and bias.shape != (size,):
        return tensor
    scale = graph.weight(norm.path, weight)
    if bias is None:
        return graph.root_mean_square(norm.path, tensor, scale, 1e-6)
    return graph.op(norm.path, "LayerNormalization", tensor, scale, graph.weight(norm.path, bias), axis=-1)


def attend_loosely(
    graph: Graph,
    at: Node,
    projections: list[Node],
    out: Node | None,
    norms: list[Node],
    signal: Signal,
    memory: Signal | None = None,
) -> Signal:
    """The same where nobody knows how projections are cut into heads: what is between them and `out` stays one node."""
    sources = (signal, memory or signal, memory or signal)
    parts = [graph.module(node, source) for node, source in zip(projections, sources, strict=False)]
    wide = matrix_sizes(graph.tree, out, graph.torch)[0] if out is not None and out.kind == "dense" else parts[-1].width
    rows = [graph.weight(norm.path, stored) for norm in norms for stored in norm]
    made = graph.writer.opaque(
        "Attention",
        [*(part.tensor for part in parts), *rows],
        graph.name(at.path, "Attention"),
        shape=(1, signal.steps or "sequence", wide),
        data_type=graph.data_type,
    )
    given = Signal(made, "sequence", wide, steps=signal.steps)
    return given if out is None else graph.module(out, given)


def _cut(graph, inside, signal, heads, node):
    """Queries, keys and values, (1, steps, heads, size), of one matrix for all."""
    tensor = signal.tensor
    if node.name == "query_key_value" and heads.keys == heads.queries:  # GPT-NeoX: the three of a head side by side
        tensor = graph.op(inside, "Reshape", tensor, graph.ints(0, 0, heads.queries, 3 * heads.size))
        sizes = (heads.size,) * 3
        axis = 3
    else:
        sizes = tuple(count * heads.size for count in (heads.queries, heads.keys, heads.keys))
        axis = 2
    parts = graph.writer.node("Split", [tensor, graph.ints(*sizes)], graph.name(inside, "Split"), outputs=3, axis=axis)
    if axis == 3:
        return parts
    return [
        graph.op(inside, "Reshape", part, graph.ints(0, 0, size // heads.size, heads.size))
        for part, size in zip(parts, sizes, strict=True)
    ]


def heads_of(
    graph: Graph, at: Node, projections: list[Node], out: Node | None, norms: list[Node], hint: int = 0
) -> Heads | None:
    """How projections are cut into heads: as the module or the configuration says, else the hint, else as is usual.

    `norms` of queries and keys may be as wide as a head, and what `out` reads is as wide as all queries. None if the
    projections cannot be cut.
    """
    if len(projections) not in (1, 3) or any(projection.kind != "dense" for projection in projections):
        return None
    wide = matrix_sizes(graph.tree, out, graph.torch)[0] if out is not None and out.kind == "dense" else 0
    sizes = {prod(norm.tensors["weight"].shape) for norm in norms if "weight" in norm.tensors}
    cut = _cut_of(graph, at, projections, hint, wide, sizes.pop() if len(sizes) == 1 else 0)
    fits = cut is not None and cut.queries <= MOST_HEADS and wide in (0, cut.queries * cut.size)
    return cut if fits else None


def _cut_of(graph, at, projections, hint, wide, normed):
    units = [matrix_sizes(graph.tree, projection, graph.torch)[1] for projection in projections]
    inputs = matrix_sizes(graph.tree, projections[0], graph.torch)[0]
    config = graph.weights.config
    said = _said(graph.attributes(at), HEADS) or _said(config, HEADS) or hint
    # Falcon says more besides, which then does not count.
    shared = config.get("multi_query") is True and not config.get("new_decoder_architecture")
    keys = 1 if shared else _said(config, ("num_key_value_heads", "num_kv_heads"))
    size = _said(config, ("head_dim",))
    if len(units) == 1:
        return _of_fused(graph, units[0], inputs, said, keys, size, wide)
    width, shared, values = units
    if not said and normed and width % normed == 0 and shared % normed == 0:
        said = width // normed
    if shared != values or width < shared:
        return None
    if not said:
        size = size if size and width % size == 0 and shared % size == 0 else _guess(graph, width, shared)
        said = width // size
    elif width % said:
        return None
    size = width // said
    return None if shared % size or said % (shared // size) else Heads(said, shared // size, size)


def _of_fused(graph, units, inputs, said, keys, size, wide):
    if units == 3 * inputs and (not said or not keys or keys == said):
        if said and inputs % said:
            return None
        said = said or inputs // _guess(graph, inputs, inputs)
        return Heads(said, said, inputs // said)
    if not said:
        shared = (units - wide) // 2
        if not wide or shared < 1 or wide + 2 * shared != units or wide % shared:
            return None
        size = _guess(graph, wide, shared)
        return Heads(wide // size, shared // size, size)
    keys = keys or said
    size = size or units // (said + 2 * keys)
    return Heads(said, keys, size) if units == size * (said + 2 * keys) and said % keys == 0 else None


def _guess(graph, width, shared):
    size = next((size for size in HEAD_SIZES if width % size == 0 and shared % size == 0), min(width, shared))
    size = size if width % size == 0 and shared % size == 0 else width
    graph.say(f"heads of {size:,}")
    return size


def _said(config, keys) -> int:
    return next((config[key] for key in keys if type(config.get(key)) is int and 0 < config[key] < 1 << 16), 0)
