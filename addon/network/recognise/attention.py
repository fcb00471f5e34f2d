# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attention that an exporter wrote out by its parts: projections to queries, keys and values, scores, softmax, output.

Scaled dot-product attention: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..operators import Operators
from .composites import Composite
from .groups import MOVES, Group, closed, is_bias, is_move

PROJECTIONS = ("MatMul", "Gemm", "Conv")
PRODUCTS = ("MatMul", "Einsum")
ON_SCORES = ("Add", "Sub", "Mul", "Div", "Where", "Clip", "Tanh")  # mask, scale, soft cap
STEPS = 24  # operators between one end and the other


def attentions(graph: Operators, norms: dict[int, Composite]) -> Iterator[Group]:
    """Every attention of the graph as a group; `norms` are the composites by operator, for queries and keys may have
    a normalisation of their own."""
    for operator in graph:
        if operator.op == "Softmax" and operator.reads and (found := _around(graph, operator, norms)):
            yield found


def _around(graph, softmax, norms):
    scores = _scores(graph, softmax)
    context = _context(graph, softmax)
    if scores is None or context is None:
        return None
    members = {one.index: one for one in (softmax, *scores[1], *context[1])}
    values = [name for name in context[0].inputs if name not in context[2]]
    projected = 0
    for tensor in (*scores[0].inputs, *values):
        behind = _behind(graph, tensor, norms)
        if behind:
            projected += 1
            members.update((one.index, one) for one in behind[0])
    if not projected:
        return None
    out, after = _output(graph, context[0].tensor)
    members.update((one.index, one) for one in after)
    ordered = [members[index] for index in sorted(members)]
    if not closed(graph, ordered):
        return None
    return Group(ordered, softmax, "Attention", out, softmax.tensor, opaque=True, named=tuple(ordered),
                 steps=["Attention"])


def _is_product(operator):
    return operator.op in PRODUCTS and len(operator.reads) == 2


def _scores(graph, softmax):
    """The product of queries and keys before a softmax, and the operators from it on."""
    path, tensor = [], softmax.inputs[0]
    for _ in range(STEPS):
        operator = graph.made_by.get(tensor)
        if operator is None:
            return None
        path.append(operator)
        if _is_product(operator):
            return operator, path
        if not (is_move(operator) or operator.op in ON_SCORES):
            return None
        # a mask that is computed has no product behind it
        tensor = next((name for name in operator.inputs if _leads_to_product(graph, name)), None)
        if tensor is None:
            return None
    return None


def _leads_to_product(graph, tensor):
    for _ in range(STEPS):
        operator = graph.made_by.get(tensor)
        if operator is None:
            return False
        if operator.op in PRODUCTS:
            return len(operator.reads) == 2
        if not (is_move(operator) or operator.op in ON_SCORES) or not operator.reads:
            return False
        tensor = operator.inputs[-1 if operator.op == "Where" else 0]
    return False


def _context(graph, softmax):
    """The product of weights and values after a softmax, the operators up to it, and the tensors on the way."""
    path, tensor, way = [], softmax.tensor, {softmax.tensor}
    for _ in range(STEPS):
        readers = graph.readers.get(tensor, [])
        checks = [one for one in readers if one.op == "IsNaN"]  # torch puts 0 where a whole row was masked
        rest = [one for one in readers if one.op != "IsNaN"]
        if len(rest) != 1 or graph.is_output(tensor):
            return None
        path += [*checks, rest[0]]
        if _is_product(rest[0]):
            return rest[0], path, way
        if not (is_move(rest[0]) or rest[0].op in ("Where", "Mul")):
            return None
        tensor = rest[0].tensor
        way.add(tensor)
    return None


def _behind(graph, tensor, norms):
    """The operators from a projection to this tensor, and the projections; None where there is none."""
    members, steps = [], 0
    while steps < STEPS:
        steps += 1
        operator = graph.made_by.get(tensor)
        if operator is None:
            return None
        if norm := norms.get(operator.index):
            members += norm.members
            tensor = norm.source
            continue
        members.append(operator)
        if operator.op in PROJECTIONS and len(operator.reads) == 1:
            return members, {operator.index}
        if len(operator.reads) > 1:
            rotated = _rotated(graph, operator, norms)
            return rotated and ([*members, *rotated[0]], rotated[1])
        if operator.op not in MOVES and operator.op not in ("Add", "Mul", "Div", "Neg", "Expand", "Tile", "Pad",
                                                            "LayerNormalization", "RMSNormalization"):
            return None
        tensor = operator.inputs[0]
    return None


def _rotated(graph, operator, norms):
    """Through a rotary embedding (Su et al. 2021, arXiv:2104.09864): every way back leads to the same projection."""
    if operator.op not in ("Add", "Sub", "Mul", "Concat"):
        return None
    ways = [_behind(graph, name, norms) for name in dict.fromkeys(operator.inputs)]
    found = [way for way in ways if way]
    if not found or operator.op != "Mul" and (len(found) < len(ways) or any(way[1] != found[0][1] for way in found)):
        return None
    return [one for way in found for one in way[0]], set().union(*(way[1] for way in found))


def _output(graph, tensor):
    """The tensor that an attention gives and the operators to it: heads put side by side, and the output projection."""
    path, out, kept = [], tensor, []
    for _ in range(STEPS):
        operator = graph.only_reader(out)
        if operator is None:
            break
        if operator.op in PROJECTIONS and len(operator.reads) == 1:
            kept = [*path, operator]
            out = operator.tensor
            while (after := graph.only_reader(out)) and (is_bias(graph, after) or after.op in ("Dropout", "Identity")):
                kept.append(after)
                out = after.tensor
            return out, kept
        if not (is_move(operator) and operator.op not in ("Slice", "Split", "Gather")):
            break
        path.append(operator)
        out = operator.tensor
    return tensor, []
