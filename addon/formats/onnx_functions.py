# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Model-local functions put in the place of their calls, with the names of the calls as scopes."""

from __future__ import annotations

from math import inf

import onnx
from onnx import inliner

from .checkpoint import subgraphs

MOST_NODES, FREE_NODES = 1 << 17, 1 << 13  # that functions may grow to; functions that call functions grow fast
MOST_GROWTH = 64  # times the nodes, and the bytes, that the file has
FREE_BYTES = 1 << 24
DEEPEST = 64  # calls inside calls
MOST_SAID = 10**15
SEPARATOR = "/"


def inline(model: onnx.ModelProto) -> tuple[onnx.ModelProto, str]:
    """The model without functions, and why that cannot be, in words: where they call themselves or would grow beyond
    measure their calls stay.

    Nodes are renamed CALL/NODE, so that the hierarchy that the functions made stays in the names.
    """
    if not model.functions:
        return model, ""
    functions = {_key(function): function for function in model.functions}
    written = len(model.graph.node) + sum(len(function.node) for function in model.functions)
    nodes, size = _grown(model.graph.node, functions, {}, ())
    if nodes == inf:
        return model, "its functions call themselves, or each other without end"
    if nodes > min(MOST_NODES, max(FREE_NODES, MOST_GROWTH * written)):
        return model, f"in place of their calls, its functions would make {min(nodes, MOST_SAID):,} nodes or more"
    if size > max(FREE_BYTES, MOST_GROWTH * model.ByteSize()):
        return model, f"in place of their calls, its functions would take {min(size, MOST_SAID):,} bytes or more"
    prepared = onnx.ModelProto()
    prepared.CopyFrom(model)
    del prepared.functions[:]
    _split(prepared, prepared.graph.node, functions, "")
    try:
        inlined = inliner.inline_local_functions(prepared)
    except Exception:  # what the inliner raises is not documented; the calls stay layers
        return model, ""
    _tidy(inlined.graph)
    return inlined, ""


def _key(node: onnx.NodeProto | onnx.FunctionProto) -> tuple[str, str, str]:
    """By what a call finds its function."""
    name = node.op_type if isinstance(node, onnx.NodeProto) else node.name
    return node.domain, name, node.overload


def _grown(nodes, functions, known, above) -> tuple[float, float]:
    """How many nodes and bytes these are with functions in place of their calls; infinite where one calls itself.

    `known` are the counts of functions, `above` those that are being called.
    """
    total: float = 0
    size: float = 0
    for node in nodes:
        key = _key(node)
        total, size = total + (key not in functions), size + node.ByteSize()
        if key in above:
            return inf, inf
        if key in functions:
            if key not in known:
                deep = len(above) >= DEEPEST
                known[key] = (inf, inf) if deep else _grown(functions[key].node, functions, known, (*above, key))
            more, bigger = known[key]
            total, size = total + more, size + bigger + more * len(node.name or node.op_type)
        for graph in subgraphs(node):
            more, bigger = _grown(graph.node, functions, known, above)
            total, size = total + more, size + bigger
    return total, size


def _split(model, nodes, functions, prefix):
    """Give every call a function of its own, whose nodes carry the call's name."""
    for node in nodes:
        for graph in subgraphs(node):
            _split(model, graph.node, functions, prefix)
        called = functions.get(_key(node))
        if called is None:
            continue
        name = node.name or f"{prefix}{node.op_type}"
        copy = model.functions.add()
        copy.CopyFrom(called)
        copy.name, copy.overload = f"{called.name} {len(model.functions)}", ""
        node.op_type, node.overload = copy.name, ""
        inner = f"{name}{SEPARATOR}"
        for part in copy.node:
            part.name = inner + (part.name or part.op_type)
        _split(model, copy.node, functions, inner)


def _tidy(graph):
    """Take away the numbers that the inliner puts behind names."""
    for node in graph.node:
        name = node.name
        end, start = len(name), name.rfind("__")
        while start >= 0 and name[start + 2 : end].isdigit():
            end, start = start, name.rfind("__", 0, start)
        if SEPARATOR in name and end < len(name):
            node.name = name[:end]
