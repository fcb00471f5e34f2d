# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keras's attention (MultiHeadAttention, GroupedQueryAttention) by its projections, which have an axis for the heads.

Kernels are (inputs, heads, size), biases (heads, size); that of the output is (heads, size, units).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from ...containers.stored import Stored
from .attention import Heads
from .modules import Node

PARTS, OUT = ("query", "key", "value"), ("attention_output", "output")


@dataclass(frozen=True)
class KerasAttention:
    """Projections as dense modules, and how they are cut into heads."""

    parts: tuple[Node, ...]
    out: Node
    heads: Heads


def attention_of(node: Node) -> KerasAttention | None:
    """The attention that a module is; None for others, and where heads of queries and values differ in size."""
    out = next((node.children[name] for name in OUT if name in node.children), None)
    parts = [node.children[name] for name in PARTS if name in node.children]
    if out is None or len(parts) < len(PARTS):
        return None
    cut = [_stored(part) for part in (*parts, out)]
    if not all(cut) or any(len(held[0].shape) != 3 for held in cut):
        return None
    (_, queries, size), (_, keys, _), _, (heads, width, _) = (held[0].shape for held in cut)
    same = all(held[0].shape[2] == size for held in cut[:3]) and cut[1][0].shape[1] == cut[2][0].shape[1]
    if not same or (heads, width) != (queries, size) or not keys or queries % keys:
        return None
    made = (_dense(part, held, flat_last=part is not out) for part, held in zip((*parts, out), cut, strict=True))
    dense = [projection for projection in made if projection is not None]
    return KerasAttention(tuple(dense[:3]), dense[3], Heads(queries, keys, size)) if len(dense) == 4 else None


def _stored(node) -> list[Stored]:
    """Kernel and bias of a projection, be they its own or in modules of numbers."""
    held = [stored for inner in node.walk() for stored in inner]
    return sorted(held, key=lambda stored: -len(stored.shape)) if len(held) in (1, 2) else []


def _dense(node, held, flat_last) -> Node | None:
    """The projection as one of matrices, of the same numbers in the same order."""
    kernel, *bias = held
    shape = (kernel.shape[0], prod(kernel.shape[1:])) if flat_last else (prod(kernel.shape[:2]), kernel.shape[2])
    if bias and prod(bias[0].shape) != shape[1]:
        return None
    tensors = {"weight": _reshaped(kernel, shape)} | ({"bias": _reshaped(bias[0], shape[1:])} if bias else {})
    return Node(node.path, tensors, kind="dense")


def _reshaped(stored: Stored, shape: tuple[int, ...]) -> Stored:
    read = stored.read
    return replace(stored, shape=shape, read=read and (lambda: read().reshape(shape)))
