# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How wide the input and the output of a module are, from the shapes of its weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod

from ...containers.stored import Stored
from .modules import Node, Tree

TRANSPOSED = re.compile(r"transpose|deconv|up_?conv|convt|^up[0-9]*$|up_?sampl|^ups$|up_?scal")
GATES = {4: "LSTM", 3: "GRU", 1: "RNN"}


def widths(tree: Tree, node: Node, torch: bool) -> tuple[int | None, int | None]:
    """(inputs, units) of one module; None where it takes any, or gives what it gets."""
    if node.kind == "dense":
        return matrix_sizes(tree, node, torch)[:2]
    if node.kind == "conv":
        weight = node.tensors["weight"]
        units, inputs = weight.shape[:2] if torch else weight.shape[:-3:-1]
        if TRANSPOSED.search(node.name):
            return units, inputs
        depthwise = inputs == 1 and torch and max(weight.shape[2:], default=1) > 1
        return units if depthwise else inputs, units
    if node.kind in ("depthwise", "separable"):
        weight = node.tensors["depthwise"]
        units = node.tensors["pointwise"].shape[-1] if node.kind == "separable" else weight.shape[-2] * weight.shape[-1]
        return weight.shape[-2], units
    if node.kind in ("norm", "batchnorm"):
        width = prod(node.tensors["weight" if "weight" in node.tensors else "mean"].shape)
        return width, width
    if node.kind == "prelu":
        width = prod(node.tensors["weight"].shape)
        return (width, width) if width > 1 else (None, None)
    if node.kind == "embedding":
        return None, node.tensors["weight"].shape[1]
    if node.kind == "recurrent":
        first = node.tensors.get("weight") or next(iter(node))
        return (first.shape[-1] if torch else first.shape[0]) if len(first.shape) == 2 else None, None
    return None, None


def matrix_sizes(tree: Tree, node: Node, torch: bool) -> tuple[int, int, bool]:
    """(inputs, units, whether the matrix is (units, inputs)) of a dense layer. A bias says which axis is the units'."""
    rows, columns = node.tensors["weight"].shape
    turned = torch and not (tree.flipped and node.name.startswith("c_"))
    bias = node.tensors.get("bias")
    if bias is not None and rows != columns and bias.shape in ((rows,), (columns,)):
        turned = bias.shape == (rows,)
    return (columns, rows, True) if turned else (rows, columns, False)


def is_transposed(node: Node, width: int | None, torch: bool, modules: Mapping) -> bool:
    """Whether a kernel is of a transposed convolution: by the class, the name, or because nothing else fits."""
    said = modules.get(".".join(node.path), ("",))[0]
    if said.startswith("Conv"):
        return "Transpose" in said
    outer, inner = node.tensors["weight"].shape[:2] if torch else node.tensors["weight"].shape[:-3:-1]
    if TRANSPOSED.search(node.name):
        return width is None or outer == width or inner != width
    if node.name.isdigit() and TRANSPOSED.search("".join(node.path[-2:-1])):
        return outer == width != inner
    kernel = node.tensors["weight"].shape[2:] if torch else node.tensors["weight"].shape[:-2]
    return width == outer != inner > 1 and outer % inner > 0 and all(size in (2, 4) for size in kernel)


def directions(roles: Mapping[str, Stored], layer: int) -> list[str]:
    """The suffixes of torch's names for a layer of a recurrent module: one, or one for each direction."""
    suffixes = [
        suffix
        for suffix in (f"_l{layer}", f"_l{layer}_reverse")
        if f"weight_ih{suffix}" in roles and f"weight_hh{suffix}" in roles
    ]
    return [""] if not suffixes and not layer and "weight_ih" in roles and "weight_hh" in roles else suffixes


def gates_of(part: tuple, torch: bool) -> tuple[str, int, int]:
    """(operator, inputs, hidden units) of a direction: weight, recurrent weight, biases. "" where they fit none."""
    weight, again = (stored.shape if torch else stored.shape[::-1] for stored in part[:2])
    if len(weight) != 2 or len(again) != 2 or weight[0] != again[0] or not again[1] or again[0] % again[1]:
        return "", weight[-1] if weight else 1, again[-1] if again else 1
    op = GATES.get(again[0] // again[1], "")
    wide = again[0]
    shapes = ((wide,),) if torch else ((wide,), (2, wide))
    fits = all(stored is None or stored.shape in shapes for stored in part[2:])
    return op if fits else "", weight[1], again[1]
