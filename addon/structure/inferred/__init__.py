# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Weights without a graph -> an ONNX model whose structure is inferred from names and shapes.

`packed`, `scaled` and `reparametrised` know weights that are kept in parts. `modules` makes a tree of the names,
`order` says in which order modules are called, `walk` goes through the tree, `blocks` knows those of published families
and `joined` writes them; `graph`, `recurrent` and `attention` write single modules as ONNX operators, and `signals` are
the tensors between them.
"""

from onnx import helper

from ...containers.errors import CheckpointError
from ...containers.natural_order import natural
from ...formats.checkpoint import Checkpoint
from ...formats.weights import Weights
from .fitting import open_what_cannot_be
from .modules import tree
from .packed import unpack
from .scaled import scale
from .walk import Walk

MOST_SAID = 4  # assumptions named in the notes


def infer(weights: Weights) -> Checkpoint:
    """The most likely graph of these weights; `notes` say what was taken from where. Raises `CheckpointError`."""
    weights = scale(unpack(weights))
    modules = tree(weights, natural)
    if not modules.root.children and not modules.root.tensors:
        raise CheckpointError(
            weights.path, "holds no weights (only integers, counters or empty tensors)", "is this the model's own file?"
        )
    walk = Walk(weights, modules)
    last = walk.run()
    writer = walk.graph.writer
    open_what_cannot_be(writer, walk.graph.data_type)
    given = dict.fromkeys(end.tensor for end in (*walk.ends, last) if end and end.tensor)
    made = {name for node in writer.graph.node for name in node.output}
    writer.graph.output.extend(
        helper.make_tensor_value_info(tensor, walk.graph.data_type, None) for tensor in given if tensor in made
    )
    return writer.checkpoint(
        weights.path, weights.format, "inferred", weights.producer, [*weights.notes, *_notes(walk, modules.left_out)]
    )


def _notes(walk: Walk, left_out: int) -> list[str]:
    families = ", ".join(walk.families)
    source = f"of tensors, which are those of {families}" if families else "and shapes of tensors"
    said = [
        f"structure inferred from the names {source}; spatial sizes, strides and "
        f"{'most ' if families else ''}activations are not in the file"
    ]
    assumed = list(walk.graph.said)
    if assumed:
        more = f"; and {len(assumed) - MOST_SAID:,} more" if len(assumed) > MOST_SAID else ""
        said.append(f"assumed: {'; '.join(assumed[:MOST_SAID])}{more}")
    if walk.tree.aliases:
        other, kept = next(iter(walk.tree.aliases.items()))
        more = f" (and {len(walk.tree.aliases) - 1:,} more)" if len(walk.tree.aliases) > 1 else ""
        said.append(f"one layer under two names: {other} is {kept}{more}")
    if left_out:
        said.append(f"tensors that are no weights (counters, ids, masks) left out: {left_out:,}")
    return said
