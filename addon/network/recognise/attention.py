# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attention with its projections to queries, keys and values and that of the output, whether an exporter wrote scores
and softmax out or left them in one operator.

Scaled dot-product attention: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..operators import Operator, Operators
from .composites import Composite
from .groups import MOVES, OperatorGroup, closed, is_bias, is_move

PROJECTIONS = ("MatMul", "Gemm", "Conv")
PRODUCTS = ("MatMul", "Einsum")
# Operators that are scores, softmax and product with the values in one; onnxruntime's Attention projects as well.
IN_ONE = {
    ("", "Attention"),
    ("com.microsoft", "Attention"),
    ("com.microsoft", "MultiHeadAttention"),
    ("com.microsoft", "GroupQueryAttention"),
}
ON_SCORES = ("Add", "Sub", "Mul", "Div", "Where", "Clip", "Tanh")  # mask, scale, soft cap
# What lies between a projection and the scores besides; Concat puts steps that are learnt behind those that are read.
ON_THE_WAY = (
    *MOVES,
    "Add",
    "Mul",
    "Div",
    "Neg",
    "Expand",
    "Tile",
    "Pad",
    "Concat",
    "LayerNormalization",
    "RMSNormalization",
    "RotaryEmbedding",
)
STEPS = 24  # operators between one end and the other
MOST = 256  # operators looked at on all ways together


@dataclass(frozen=True)
class _Core:
    """What lies between the projections and the output."""

    main: Operator
    members: tuple[Operator, ...]
    queries_and_keys: tuple[str, ...]
    values: tuple[str, ...]
    tensor: str  # what it gives
    pattern: str = ""  # the tensor of the weights, where there is one


def attentions(graph: Operators, norms: dict[int, Composite]) -> Iterator[OperatorGroup]:
    """Every attention of the graph as a group; `norms` are the composites by operator, for queries and keys may have
    a normalisation of their own."""
    for operator in graph:
        if operator.op == "Softmax":
            core = _written_out(graph, operator)
        else:
            core = _in_one(operator)
        if core and (attention := _around(graph, core, norms)):
            yield attention


def _written_out(graph, softmax) -> _Core | None:
    if not softmax.reads:
        return None
    scores = _scores(graph, softmax)
    context = _context(graph, softmax.tensor, iter(range(MOST)))
    if scores is None or context is None:
        return None
    product, path, way = context
    values = tuple(name for name in product.inputs if name not in way)
    return _Core(softmax, (softmax, *scores[1], *path), tuple(scores[0].inputs), values, product.tensor, softmax.tensor)


def _in_one(operator) -> _Core | None:
    domain = "" if operator.node.domain == "ai.onnx" else operator.node.domain
    if (domain, operator.op) not in IN_ONE:
        return None
    by_slot = dict(operator.reads)
    whole = 1 in operator.constants  # the matrix of all projections is its own
    tensors = () if whole else tuple(by_slot[slot] for slot in (0, 1, 2) if by_slot.get(slot))
    return _Core(operator, (operator,), tensors[:2], tensors[2:], operator.tensor)


def _around(graph, core, norms):
    """The group of an attention with the projections round it; None where there are none."""
    members = {member.index: member for member in core.members}
    projected = 1 in core.main.constants and not core.pattern
    for tensor in (*core.queries_and_keys, *core.values):
        if behind := _behind(graph, tensor, norms, iter(range(MOST))):
            projected = True
            members.update((operator.index, operator) for operator in behind[0])
    if not projected:
        return None
    out, after = _output(graph, core.tensor)
    members.update((operator.index, operator) for operator in after)
    ordered = [members[index] for index in sorted(members)]
    if not closed(graph, ordered):
        return None
    return OperatorGroup(
        ordered, core.main, "Attention", out, core.pattern, opaque=True, named=tuple(ordered), steps=["Attention"]
    )


def _is_product(operator):
    return operator.op in PRODUCTS and len(operator.reads) == 2


def _scores(graph, softmax):
    """The product of queries and keys before a softmax, and the operators from it on."""
    path = []
    tensor = softmax.inputs[0]
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


def _context(graph, tensor, left):
    """The product of weights and values behind a tensor, the operators up to it, and the tensors on the way.

    Others may read the weights, but only one reader leads to such a product. `left` counts down for all ways together.
    """
    readers = graph.readers.get(tensor, [])
    if next(left, None) is None or graph.is_output(tensor):
        return None
    checks = [reader for reader in readers if reader.op == "IsNaN"]  # torch puts 0 where a whole row was masked
    onwards = [onward for reader in readers if reader not in checks and (onward := _onward(graph, reader, left))]
    if len(onwards) != 1:
        return None
    product, path, way = onwards[0]
    return product, (*checks, *path), {tensor, *way}


def _onward(graph, operator, left):
    if _is_product(operator):
        return operator, (operator,), set()
    if not (is_move(operator) or operator.op in ("Where", "Mul")):
        return None
    rest = _context(graph, operator.tensor, left)
    return rest and (rest[0], (operator, *rest[1]), rest[2])


def _behind(graph, tensor, norms, left):
    """The operators from a projection to this tensor, and the projections; None where there is none.

    `left` counts down for all ways together: where they part and meet again and again they are too many to walk.
    """
    members = []
    for _ in left:
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
        if len(operator.reads) > 1 and operator.op != "RotaryEmbedding":
            rotated = _rotated(graph, operator, norms, left)
            return rotated and ([*members, *rotated[0]], rotated[1])
        if operator.op not in ON_THE_WAY:
            return None
        tensor = operator.inputs[0]
    return None


def _rotated(graph, operator, norms, left):
    """Through a rotary embedding (Su et al. 2021, arXiv:2104.09864): every way back leads to the same projection."""
    if operator.op not in ("Add", "Sub", "Mul", "Concat"):
        return None
    ways = [_behind(graph, name, norms, left) for name in dict.fromkeys(operator.inputs)]
    turned = [way for way in ways if way]
    if (
        not turned
        or operator.op != "Mul"
        and (len(turned) < len(ways) or any(way[1] != turned[0][1] for way in turned))
    ):
        return None
    return [leaf for way in turned for leaf in way[0]], set().union(*(way[1] for way in turned))


def _output(graph, tensor):
    """The tensor that an attention gives and the operators to it: heads put side by side, and the output projection."""
    path = []
    out = tensor
    kept = []
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
