# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a prediction begins and ends in a graph that does not say so, as one that was kept while it trained."""

from __future__ import annotations

from collections.abc import Iterator

from .flat import FIRST_INPUTS, QUEUES, TRAINING, UPDATES, VARIABLES, Flat, Place, readers_of


def guessed(made: Flat) -> tuple[list[str], list[Place]]:
    """The inputs and outputs of a prediction in a graph that does not say them: from placeholders (or what a queue
    gives) that weights are applied to, to what nobody reads once training is left away."""
    updating = _updating(made)
    kept = {
        name: node
        for name, node in made.nodes.items()
        if name not in updating
        and not TRAINING.match(node.op)
        and not name.startswith(("gradients/", "save/", "save_1/", "report_uninit"))
    }
    readers = readers_of(kept)
    starts = [name for name, node in kept.items() if node.op in FIRST_INPUTS or QUEUES.search(node.op)]
    weighted = {
        name for name, node in kept.items() if node.op in WEIGHTED and any(_is_stored(made, at) for at in node.reads)
    }
    reach = {name: set(_down(name, readers)) for name in starts}
    inputs = [name for name in starts if reach[name] & weighted and not _is_scalar(kept[name])]
    inputs = inputs or [name for name in starts if not _is_scalar(kept[name])]
    inside = set().union(*(reach[name] for name in inputs)) if inputs else set(kept)
    outside = set().union(*(reach[name] for name in starts if name not in inputs and not _is_scalar(kept[name])), ())
    inside -= outside
    last = [name for name in kept if name in inside and not any(reader in inside for reader in readers.get(name, ()))]
    last = [name for name in last if kept[name].op not in ("NoOp", "Const", *FIRST_INPUTS)]
    real = [name for name in last if not _is_choice(made, name)]
    chosen = real or [made.nodes[name].reads[0][0] for name in last if made.nodes[name].reads]
    if any(made.nodes[name].op == "Softmax" for name in chosen):  # beside it a loss or a measure may stand
        chosen = [name for name in chosen if made.nodes[name].op not in ("Mean", "Sum", "L2Loss", "Equal")]
    return inputs, [(name, 0) for name in dict.fromkeys(chosen)]


def _updating(made: Flat) -> set[str]:
    """What only serves to change variables, as moving means, or to write down what they are."""
    readers = readers_of(made.nodes)
    found = {name for name, node in made.nodes.items() if UPDATES.match(node.op)}
    ahead = list(found)
    while ahead:
        for read, _ in made.nodes[ahead.pop()].reads:
            if read in made.nodes and read not in found and all(reader in found for reader in readers[read]):
                found.add(read)
                ahead.append(read)
    return found


WEIGHTED = (
    "Conv2D",
    "Conv3D",
    "DepthwiseConv2dNative",
    "Conv2DBackpropInput",
    "MatMul",
    "BatchMatMul",
    "BatchMatMulV2",
    "Einsum",
    "Gather",
    "GatherV2",
    "ResourceGather",
    "FusedBatchNorm",
    "FusedBatchNormV2",
    "FusedBatchNormV3",
    "_FusedConv2D",
    "FusedDepthwiseConv2dNative",
    "_FusedMatMul",
)


def _is_stored(made, at) -> bool:
    name, _ = made.source(at)
    node = made.nodes.get(name)
    return node is not None and (node.op in VARIABLES or node.op == "Const")


def _is_scalar(node) -> bool:
    shape = node.setting("shape")
    kind = node.setting("dtype")
    return isinstance(shape, dict) and not shape.get("dim") and not shape.get("unknown_rank") or kind == 10


def _is_choice(made, name) -> bool:
    node = made.nodes[name]
    for _ in range(8):
        if node.op in ("ArgMax", "ArgMin", "Equal"):
            return True
        if node.op not in ("Identity", "Cast") or not node.reads or node.reads[0][0] not in made.nodes:
            return False
        node = made.nodes[node.reads[0][0]]
    return False


def _down(name, readers) -> Iterator[str]:
    seen = {name}
    ahead = [name]
    while ahead:
        current = ahead.pop()
        yield current
        for reader in readers.get(current, ()):
            if reader not in seen:
                seen.add(reader)
                ahead.append(reader)
