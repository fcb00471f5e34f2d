# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Activations and normalisations that an exporter wrote out by their parts: GELU, SiLU, LayerNormalization, ...

All have one shape: a tensor forks, its branches join again, and only small operators lie between. So one search finds
the fork and its join, and the operators between say what it is.

GELU: Hendrycks and Gimpel 2016, arXiv:1606.08415. Swish: Ramachandran et al. 2017, arXiv:1710.05941. Hard swish: Howard
et al. 2019, arXiv:1905.02244. Mish: Misra 2019, arXiv:1908.08681. Layer normalisation: Ba et al. 2016,
arXiv:1607.06450. RMS normalisation: Zhang and Sennrich 2019, arXiv:1910.07467. Names are those of ONNX's operators.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ...containers import stopping
from ..operators import Operator, Operators

SMALL = frozenset(
    (
        "Abs",
        "Add",
        "Cast",
        "Clip",
        "Div",
        "Erf",
        "Exp",
        "Expand",
        "HardSigmoid",
        "Identity",
        "Log",
        "Max",
        "Min",
        "Mul",
        "Neg",
        "Pow",
        "Reciprocal",
        "ReduceL2",
        "ReduceMax",
        "ReduceMean",
        "ReduceSum",
        "ReduceSumSquare",
        "Relu",
        "Sigmoid",
        "Softplus",
        "Sqrt",
        "Sub",
        "Tanh",
    )
)
MOST = 16  # operators between a fork and its join
FARTHEST = 64  # operators looked at behind a fork
QUIET = ("Cast", "Identity", "Expand")
ACTIVATIONS = ("Gelu", "Swish", "HardSwish", "Mish", "Softmax")
NORMALISATIONS = ("LayerNormalization", "RMSNormalization", "InstanceNormalization", "LpNormalization")


@dataclass(frozen=True, eq=False)
class Composite:
    """Operators from the fork of `source` to `out` that make up one `op`."""

    op: str
    source: str
    out: str
    members: tuple[Operator, ...]
    scale: Operator | None = None  # the product with a constant of each unit, if there is one


def composites(graph: Operators) -> Iterator[Composite]:
    """Every composite of the graph; none shares an operator with another."""
    taken: set[int] = set()
    forks = [value.name for value in graph.inputs]
    forks += [name for operator in graph for name in operator.node.output if name]
    reads = Counter(name for operator in graph for name in operator.inputs)
    for name in forks:
        stopping.check()
        if reads[name] > 1:
            yield from _from(graph, name, taken)


def _from(graph: Operators, source: str, taken: set[int]) -> Iterator[Composite]:
    """Grow from a fork, operator by operator in the order of the graph, to joins that make sense."""
    between: dict[str, frozenset[int]] = {source: frozenset()}  # tensor -> operators from the fork to it
    ahead = [reader.index for reader in graph.readers[source]]
    heapq.heapify(ahead)
    seen = set(ahead)
    for _ in range(FARTHEST):
        if not ahead:
            return
        operator = graph.all[heapq.heappop(ahead)]
        if operator.op not in SMALL or operator.index in taken or not all(name in between for name in operator.inputs):
            continue
        indices = frozenset((operator.index,)).union(*(between[name] for name in operator.inputs))
        if len(indices) > MOST:
            continue
        members = [graph.all[index] for index in sorted(indices)]
        if len(operator.reads) > 1 and _joined(graph, members, operator) and (op := _what(graph, members)):
            composite = _with_tail(graph, op, source, members)
            taken.update(member.index for member in composite.members)
            yield composite
            continue
        between.update(dict.fromkeys(operator.node.output, indices))
        for reader in graph.readers.get(operator.tensor, ()):
            if reader.index not in seen:
                seen.add(reader.index)
                heapq.heappush(ahead, reader.index)


def _joined(graph, members, last):
    """Whether all that the members make is read by members, but for what the last one gives."""
    inside = {member.index for member in members}
    return all(
        member is last
        or not graph.is_output(member.tensor)
        and graph.readers.get(member.tensor)
        and all(reader.index in inside for reader in graph.readers[member.tensor])
        for member in members
    )


def _what(graph, members) -> str:
    ops = Counter(member.op for member in members)
    for quiet in QUIET:
        del ops[quiet]
    has = ops.keys()
    if has <= {"Div", "Mul", "Erf", "Add"} and has >= {"Erf", "Mul", "Add"}:
        return "Gelu"
    if has <= {"Pow", "Mul", "Add", "Tanh", "Div"} and has >= {"Tanh", "Mul", "Add"} and len(members) > 5:
        return "Gelu"
    if has <= {"Sigmoid", "Mul"} and has >= {"Sigmoid", "Mul"}:
        return "Swish"
    if has == {"HardSigmoid", "Mul"} or has >= {"Add", "Clip", "Mul"} and has <= {"Add", "Clip", "Mul", "Div"}:
        return "HardSwish"
    if has >= {"Add", "Relu", "Min", "Mul"} and has <= {"Add", "Relu", "Min", "Mul", "Div"}:
        return "HardSwish"
    if has in ({"Softplus", "Tanh", "Mul"}, {"Exp", "Add", "Log", "Tanh", "Mul"}):
        return "Mish"
    root = any(_is_root(graph, member) for member in members) and has & {"Div", "Mul", "Reciprocal"}
    if has <= {"ReduceMean", "Sub", "Pow", "Mul", "Add", "Sqrt", "Div", "Reciprocal", "Abs"} and root:
        if ops["ReduceMean"] >= 2 and "Sub" in has:
            return "LayerNormalization" if _along_last(graph, members) else "InstanceNormalization"
        if ops["ReduceMean"] == 1 and "Sub" not in has:
            return "RMSNormalization"
    if has >= {"Exp", "ReduceSum", "Div"} and has <= {"ReduceMax", "Sub", "Exp", "ReduceSum", "Div"}:
        return "Softmax"
    if (
        has & {"ReduceL2", "ReduceSumSquare"}
        and "Div" in has
        and has <= {"ReduceL2", "ReduceSumSquare", "Div", "Clip", "Max", "Add", "Sqrt"}
    ):
        return "LpNormalization"
    return ""


def _is_root(graph, operator):
    """Whether an operator takes a root, as far as can be told without computing its exponent."""
    exponent = graph.constant(operator) if operator.op == "Pow" else None
    if exponent is None or exponent.size != 1 or exponent.runs:
        return operator.op in ("Sqrt", "Pow")
    return abs(exponent.array().item()) < 1


def _along_last(graph, members):
    """Whether the means go along the last axis."""
    for member in members:
        if member.op == "ReduceMean":
            before, after = graph.shapes.get(member.inputs[0]), graph.shapes.get(member.tensor)
            if before and after:
                return before[:-1] == after[: len(before) - 1]
    return True


def _with_tail(graph, op, source, members) -> Composite:
    """Add what follows by right: the factor of an activation that is still to come, scale and shift of a norm."""
    out = members[-1].tensor
    scale = None
    tail = []

    def next_is(*ops):
        after = graph.only_reader(out)
        fits = after is not None and after.op in ops and graph.constant(after) is not None
        return after if fits else None

    def scalar(value):
        constant = graph.constant(value)
        return constant is not None and constant.size == 1

    if op in ("Gelu", "HardSwish"):
        factors = [member for member in members if member.op in ("Mul", "Div") and scalar(member)]
        wanted = {"Gelu": 2 + sum(member.op == "Tanh" for member in members), "HardSwish": 1}[op]
        after = next_is("Mul", "Div")
        whole = op == "HardSwish" and any(member.op == "HardSigmoid" for member in members)
        if after and scalar(after) and len(factors) < wanted and not whole:
            tail.append(after)
    elif op in NORMALISATIONS:
        while (after := next_is("Cast")) or (after := graph.only_reader(out)) and after.op == "Cast":
            tail.append(after)
            out = after.tensor
        if after := next_is("Mul"):
            scale = after
            tail.append(after)
            out = after.tensor
        if after := next_is("Add"):
            tail.append(after)
    if tail:
        out = tail[-1].tensor
    return Composite(op, source, out, (*members, *tail), scale)
