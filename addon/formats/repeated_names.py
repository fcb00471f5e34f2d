# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that a graph uses twice. They hinder nobody who reads it; onnxruntime takes no such model."""

import onnx

from .checkpoint import subgraphs


def make_unique(graph: onnx.GraphProto) -> None:
    """Give nodes of one name a number each, and list every output, input and initializer once.

    Of initializers the last counts, as in onnxruntime. Tensors keep their names.
    """
    _number(graph, set(_names(graph)), set())
    for values in (graph.output, graph.input, graph.value_info):
        _once(values)
    graph.initializer.reverse()
    _once(graph.initializer)
    graph.initializer.reverse()


def _names(graph):
    for node in graph.node:
        yield node.name
        for inner in subgraphs(node):
            yield from _names(inner)


def _number(graph, taken, used):
    numbers: dict[str, int] = {}
    for node in graph.node:
        name = node.name
        while name and node.name in used or node.name != name and node.name in taken:
            numbers[name] = numbers.get(name, 1) + 1
            node.name = f"{name} {numbers[name]}"
        used.add(node.name)
        for inner in subgraphs(node):
            _number(inner, taken, used)


def _once(values):
    """Keep the first of each name."""
    known = set()
    repeated = []
    for place, value in enumerate(values):
        if value.name in known:
            repeated.append(place)
        known.add(value.name)
    for place in reversed(repeated):
        del values[place]
