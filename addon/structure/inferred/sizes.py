# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How wide the input and the output of a module are, from the shapes of its weights."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...containers.stored import Stored
from .modules import Node, Tree

TRANSPOSED = re.compile(r"transpose|deconv|up_?conv|convt|^up[0-9]*$|up_?sampl|^ups$")
GATES = {4: "LSTM", 3: "GRU", 1: "RNN"}


def widths(tree: Tree, node: Node, torch: bool) -> tuple[int | None, int | None]:
    """(inputs, units) of one module; None where it takes any, or gives what it gets."""
    weight = node.tensors.get("weight")
    if node.kind == "dense":
        return matrix_sizes(tree, node, torch)[:2]
    if node.kind == "conv":
        units, inputs = weight.shape[:2] if torch else weight.shape[:-3:-1]
        if TRANSPOSED.search(node.name):
            return units, inputs
        depthwise = inputs == 1 and torch and max(weight.shape[2:], default=1) > 1
        return units if depthwise else inputs, units
    if node.kind in ("depthwise", "separable"):
        weight = node.tensors.get("depthwise")
        units = node.tensors["pointwise"].shape[-1] if node.kind == "separable" else weight.shape[-2] * weight.shape[-1]
        return weight.shape[-2], units
    if node.kind in ("norm", "batchnorm"):
        (width,) = (weight or node.tensors["mean"]).shape[-1:] or (1,)
        return width, width
    if node.kind == "embedding":
        return None, weight.shape[1]
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
    one, other = node.tensors["weight"].shape[:2] if torch else node.tensors["weight"].shape[:-3:-1]
    if TRANSPOSED.search(node.name):
        return width is None or one == width or other != width
    return False


def directions(roles: Mapping[str, Stored], layer: int) -> list[str]:
    """The suffixes of torch's names for a layer of a recurrent module: one, or one for each direction."""
    found = [
        suffix
        for suffix in (f"_l{layer}", f"_l{layer}_reverse")
        if f"weight_ih{suffix}" in roles and f"weight_hh{suffix}" in roles
    ]
    return [""] if not found and not layer and "weight_ih" in roles and "weight_hh" in roles else found


def gates_of(part: tuple, torch: bool) -> tuple[str, int, int]:
    """(operator, inputs, hidden units) of a direction: weight, recurrent weight, biases. "" where they fit none."""
    weight, again = (one.shape if torch else one.shape[::-1] for one in part[:2])
    if len(weight) != 2 or len(again) != 2 or weight[0] != again[0] or not again[1] or again[0] % again[1]:
        return "", weight[-1] if weight else 1, again[-1] if again else 1
    op, wide = GATES.get(again[0] // again[1], ""), again[0]
    fits = all(one is None or one.shape == (wide,) or not torch and one.shape == (2, wide) for one in part[2:])
    return op if fits else "", weight[1], again[1]
