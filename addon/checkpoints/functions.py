# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Model-local functions put in the place of their calls, with the names of the calls as scopes."""

from __future__ import annotations

import re

import onnx
from onnx import inliner

from .checkpoint import subgraphs

MOST_NODES = 1 << 17  # that functions may grow to; functions that call functions grow fast
SEPARATOR = "/"


def inline(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model without functions, or the same where they call themselves or grow beyond measure.

    Nodes are renamed CALL/NODE, so that the hierarchy that the functions made stays in the names.
    """
    if not model.functions:
        return model
    functions = {(one.domain, one.name): one for one in model.functions}
    if _grown(model, functions) > MOST_NODES:
        return model
    prepared = onnx.ModelProto()
    prepared.CopyFrom(model)
    del prepared.functions[:]
    _split(prepared, prepared.graph.node, functions, "")
    try:
        found = inliner.inline_local_functions(prepared)
    except Exception:  # what the inliner raises is not documented; the calls stay layers
        return model
    _tidy(found.graph)
    return found


def _grown(model, functions) -> float:
    """How many nodes the graph has without functions; infinite where one calls itself."""
    counts: dict[tuple, float] = {}

    def count(nodes, above):
        total = 0.0
        for node in nodes:
            key = node.domain, node.op_type
            total += 1
            if key in above:
                return float("inf")
            if key in functions:
                if key not in counts:
                    counts[key] = count(functions[key].node, (*above, key)) if len(above) < 64 else float("inf")
                total += counts[key]
            for graph in subgraphs(node):
                total += count(graph.node, above)
        return total

    return count(model.graph.node, ())


def _split(model, nodes, functions, prefix):
    """Give every call a function of its own, whose nodes carry the call's name."""
    for node in nodes:
        for graph in subgraphs(node):
            _split(model, graph.node, functions, prefix)
        called = functions.get((node.domain, node.op_type))
        if called is None:
            continue
        name = node.name or f"{prefix}{node.op_type}"
        copy = model.functions.add()
        copy.CopyFrom(called)
        copy.name = f"{called.name} {len(model.functions)}"
        node.op_type = copy.name
        inner = f"{name}{SEPARATOR}"
        for part in copy.node:
            part.name = inner + (part.name or part.op_type)
        _split(model, copy.node, functions, inner)


def _tidy(graph):
    """Take away the numbers that the inliner puts behind names."""
    for node in graph.node:
        if SEPARATOR in node.name:
            node.name = re.sub(r"(__\d+)+$", "", node.name)
