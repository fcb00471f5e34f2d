# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Low-rank adapters: for each module that they adapt a matrix to few numbers and one back, and how much they count.

Hu et al. 2021, arXiv:2106.09685: W + (alpha / rank) x up x down. Names are those of kohya's scripts (lora_down,
lora_up), PEFT (lora_A, lora_B) and diffusers (lora.down, lora.up). What one adapts is another module than what the next
does, so none reads another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .graph import Graph
from .graph_state import Signal
from .modules import Node

NAMES = (("lora_down", "lora_up"), ("lora_A", "lora_B"))
WITHIN = (("down", "up"), ("A", "B"))  # of a module that is called after them
BASE, ALPHA = "base_layer", "alpha"


@dataclass(frozen=True)
class Adapter:
    """`down`, `up` and `alpha` (one number) of an adapter; `base` is what it adapts, where that is in the file."""

    down: Node
    up: Node
    alpha: Node | None
    base: Node | None


def adapter_of(node: Node) -> Adapter | None:
    """The adapter that a module is, by the names of its matrices; None for others."""
    names = (*NAMES, *(WITHIN if node.name.lower().split("_")[-1] == "lora" or "lora" in node.name else ()))
    for down, up in names:
        lower, higher = (_matrix(node.children.get(name)) for name in (down, up))
        if lower is not None and higher is not None:
            alpha = node.children.get(ALPHA)
            single = alpha is not None and [stored.shape for stored in alpha] in ([()], [(1,)])
            return Adapter(lower, higher, alpha if single else None, node.children.get(BASE))
    return None


def _matrix(node: Node | None) -> Node | None:
    """The module that has the matrix: PEFT names adapters below."""
    inside = [] if node is None else [part for part in node.walk() if part.kind in ("dense", "conv", "embedding")]
    return inside[0] if len(inside) == 1 else None


def write(graph: Graph, adapter: Adapter, signal: Signal | None) -> Signal | None:
    """What an adapter gives, behind a signal or an input of its own; None where its matrices do not fit."""
    down, up = (
        part if part.kind == "conv" else Node(part.path, part.tensors, kind="dense")
        for part in (adapter.down, adapter.up)
    )
    between = graph.module(down, signal)
    rank = down.tensors["weight"].shape[0 if graph.torch else -1]
    made = graph.module(up, between)
    if made is None or adapter.alpha is None:
        return made
    alpha = next(iter(adapter.alpha))
    factor = graph.op(adapter.alpha.path, "Div", graph.weight(adapter.alpha.path, alpha), graph.number(float(rank)))
    return replace(made, tensor=graph.op(adapter.alpha.path, "Mul", made.tensor, factor))
