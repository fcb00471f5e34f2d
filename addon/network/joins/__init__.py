# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which weight joins which cells: one module a family of operators, all entered in one table."""

from __future__ import annotations

from . import conv, dense, elementwise, movement, pool, recurrent  # noqa: F401 - they enter their operators in the table
from .base import COPY, UNKNOWN, WEIGHT, Edges, Join, Map, Unknown
from .context import TABLE, Context
from .movement import move
from .recurrent import again
from .through import through

__all__ = [
    "COPY",
    "UNKNOWN",
    "WEIGHT",
    "Context",
    "Edges",
    "Join",
    "Map",
    "Unknown",
    "again",
    "join",
    "move",
    "through",
]


def join(context: Context, slot: int, source_size: int, target_size: int) -> Join:
    """How the tensor at this input feeds the node's first output; `Unknown` where the operator is not one of ours."""
    builder = TABLE.get(context.node.op_type) if context.node.domain in ("", "ai.onnx") else None
    built: Join | None = None
    if builder:
        try:
            built = builder(context, slot)
        except (ValueError, IndexError, TypeError, AttributeError, ZeroDivisionError):
            built = None  # attributes and shapes that contradict one another: the model still opens
    return built or Unknown(source_size, target_size)
