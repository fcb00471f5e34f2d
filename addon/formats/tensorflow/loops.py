# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loops of TensorFlow 1: Enter -> Merge -> Switch -> what is repeated -> NextIteration -> Merge.

ONNX has no such cycle. What is repeated is drawn once; the Merge stays an operator of which only the name is known, so
that nobody takes the one pass for the whole.
"""

from __future__ import annotations

from .flat import Flat


def open_up(graph: Flat) -> None:
    """Let each Merge of a loop read only what enters the loop."""
    behind = {name for name, node in graph.nodes.items() if node.op == "NextIteration"}
    loops = 0
    for node in graph.nodes.values():
        if node.op in ("Merge", "RefMerge") and any(at[0] in behind for at in node.reads):
            node.reads = [at for at in node.reads if at[0] not in behind]
            loops += 1
    if loops:
        graph.notes.append("a loop is drawn as one pass through it")
