# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dropout in a graph of training, which a prediction leaves out.

`tf.nn.dropout` writes x / keep times floor(keep + noise), or, since TensorFlow 1.13, x times a scale where noise is at
least the rate. Whoever feeds keep = 1, as predictions do, gets x.
"""

from __future__ import annotations

from .flat import Flat, Place, readers_of

NOISE = ("RandomUniform", "StatelessRandomUniformV2", "StatelessRandomUniform")
SCALING = ("Add", "AddV2", "Sub", "Mul", "Identity", "Cast")  # of noise to its range, and of a mask to a type
DECIDING = ("Floor", "GreaterEqual")  # which numbers stay


def leave_out(graph: Flat) -> None:
    """Put what dropout reads in the place of what it gives."""
    if not any(node.op in NOISE for node in graph.nodes.values()):
        return
    noise, masks = _from_noise(graph)
    sizes = {at[0] for node in graph.nodes.values() if node.op in NOISE for at in node.reads[:1]}
    unread = {*noise, *masks, *(sizes & graph.nodes.keys())}
    left = 0
    for node in graph.nodes.values():
        scaled = _scaled(graph, node, masks)
        maker = graph.nodes.get(scaled[0]) if scaled else None
        if maker is None or maker.op not in ("RealDiv", "Mul") or maker.name in noise or len(maker.reads) != 2:
            continue
        node.op, node.reads = "Identity", maker.reads[:1]
        unread.add(maker.name)
        left += 1
    if left:
        _drop(graph, unread)
        graph.notes.append("shown as it predicts: dropout is left out")


def _drop(graph, names: set[str]) -> None:
    """Take nodes away that nobody outside of these reads."""
    read = {at for name, node in graph.nodes.items() if name not in names for at, _ in node.reads}
    while kept := read & names:
        names = names - kept
        read = {at for name in kept for at, _ in graph.nodes[name].reads}
    for name in names:
        del graph.nodes[name]


def _scaled(graph, node, masks: set[str]) -> Place | None:
    """Where what dropout has scaled comes from, if a node is the last of a dropout."""
    if node.op in ("SelectV2", "Select") and len(node.reads) == 3 and node.reads[0][0] in masks:
        return node.reads[1]
    if node.op == "Mul" and len(node.reads) == 2 and node.name not in masks:
        for scaled, mask in (node.reads, node.reads[::-1]):
            if mask[0] in masks:
                return scaled
    return None


def _from_noise(graph: Flat) -> tuple[set[str], set[str]]:
    """The nodes that only scale noise, and those that say by it which numbers stay."""
    readers = readers_of(graph.nodes)
    noise: set[str] = set()
    masks: set[str] = set()
    ahead = [(name, False) for name, node in graph.nodes.items() if node.op in NOISE]
    while ahead:
        name, decided = ahead.pop()
        reached = masks if decided else noise
        if name in reached:
            continue
        reached.add(name)
        for reader in readers.get(name, ()):
            op = graph.nodes[reader].op
            if op in DECIDING and not decided:
                ahead.append((reader, True))
            elif op in ("Identity", "Cast") or op in SCALING and not decided:
                ahead.append((reader, decided))
    return noise, masks
