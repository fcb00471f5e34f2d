# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Weights without a graph -> an ONNX model whose structure is inferred from names and shapes.

`modules` makes a tree of the names, `order` says in which order modules are called, `blocks` knows those of published
families, `walk` goes through the tree, and `graph` and `attention` write single modules as ONNX operators.
"""

from ..checkpoint import Checkpoint
from ..errors import CheckpointError
from ..natural import natural
from ..stored import Weights
from .modules import tree
from .walk import Walk


def infer(weights: Weights) -> Checkpoint:
    """The most likely graph of these weights; `notes` say what was taken from where. Raises `CheckpointError`."""
    found = tree(weights, natural)
    if not found.root.children and not found.root.tensors:
        raise CheckpointError(weights.path, "holds no weights (only integers, counters or empty tensors)",
                              "is this the model's own file?")
    walk = Walk(weights, found)
    last = walk.run()
    if last is not None:
        walk.graph.writer.output(last.tensor, "output")
    return walk.graph.writer.checkpoint(weights.path, weights.format, "inferred", weights.producer,
                                        [*weights.notes, *_notes(walk, found)])


def _notes(walk: Walk, found) -> list[str]:
    of = f"of tensors and known blocks ({', '.join(walk.families)})" if walk.families else "and shapes of tensors"
    said = [f"structure inferred from the names {of}; spatial sizes, strides and "
            f"{'most ' if walk.families else ''}activations are not in the file"]
    assumed = list(walk.graph.said)
    if assumed:
        more = f" and {len(assumed) - 4:,} more" if len(assumed) > 4 else ""
        said.append(f"assumed: {'; '.join(assumed[:4])}{more}")
    if found.left_out:
        said.append(f"{found.left_out:,} tensors that are no weights (counters, ids, masks) left out")
    return said
