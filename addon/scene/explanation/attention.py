# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a token takes from the others in a head of attention: queries, keys, values, scores and shares of a run. Touches
no Blender.

Scaled dot-product attention: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx

from ...containers import CheckpointError
from ...network import Layer, Network
from .nodes_of import nodes
from .terms import MOVES, check

MOST = 1_000_000  # numbers of queries, keys, values or masks
TERMS = 100_000  # products of one query and all keys
BLOCKED = -1e4  # a score below it was masked
ROUNDED = 2e-6  # of a score, what single precision loses of it
STEPS = 12  # operators between two that are sought
SCALES = ("Mul", "Div")
ON_SHARES = ("Where", "Mul", "Dropout", "Cast", "Identity")


@dataclass(frozen=True)
class Attention:
    """One number of what a head of a `layer` takes together: `cell` is head, query and feature.

    `queries` (heads, tokens, size), `keys` (heads, others, size) and `values` (heads, others, features) of a run; a
    score is the product of a query and a key times `factor`, and the `mask`, (1 or heads, tokens, others), which is
    -inf where a token may not look. `taken` is what onnxruntime gave, (heads, tokens, features).
    """

    layer: str
    cell: tuple[int, int, int]
    queries: np.ndarray
    keys: np.ndarray
    values: np.ndarray
    factor: float
    mask: np.ndarray
    taken: np.ndarray

    @property
    def result(self) -> float:
        """What the head gives at the cell."""
        return float(self.taken[self.cell])

    @property
    def shares(self) -> np.ndarray:
        """How much a query takes of each other, (heads, tokens, others) float64."""
        return shares(self.queries, self.keys, self.factor, self.mask)


def shares(queries: np.ndarray, keys: np.ndarray, factor: float, mask: np.ndarray) -> np.ndarray:
    """The softmax of scores, (heads, tokens, others) float64."""
    scores = np.einsum("hqd,hkd->hqk", queries.astype(np.float64), keys.astype(np.float64)) * factor + mask
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def attention(
    network: Network, layer: Layer, cell: tuple[int, int, int] | None, values: Mapping[str, np.ndarray]
) -> Attention:
    """What a head of a layer takes together; `cell` is head, query and feature, without one the largest number. Raises
    `CheckpointError` where an exporter has not written out how, or it does not come to what onnxruntime gave."""
    found = _products(network, layer)
    if found is None:
        raise CheckpointError(
            layer.name, "does its attention in one operator, which cannot be opened", "choose another layer"
        )
    scores, softmax, context, path = found
    given = [values.get(name) for name in (*scores.input[:2], softmax.input[0], context.output[0])]
    looked = next(name for name in context.input if name not in path.behind)
    given.append(values.get(looked))
    if any(array is None for array in given):
        raise CheckpointError(layer.name, "holds numbers that are not known", "choose another layer")
    left, right, before, taken, seen = (_heads(array) for array in given if array is not None)
    queries, keys = left, np.swapaxes(right, 1, 2)
    if max(array.size for array in (queries, keys, seen, before)) > MOST or keys[0].size > TERMS:
        raise CheckpointError(layer.name, "has too many tokens to open", "run a shorter input")
    products = np.einsum("hqd,hkd->hqk", queries.astype(np.float64), keys.astype(np.float64))
    factor = _factor(path.scales, values)
    mask = before - products * factor
    mask = np.where(before < BLOCKED, -np.inf, mask)
    mask[np.abs(mask) < ROUNDED * np.maximum(1.0, np.abs(products * factor))] = 0.0
    if np.allclose(mask, mask[:1], atol=1e-5):  # one for all heads, but for what single precision lost
        mask = mask.mean(0, keepdims=True)
    cells = tuple(int(at) for at in np.unravel_index(int(taken.argmax()), taken.shape))
    made = Attention(layer.name, cell or cells, queries, keys, seen, factor, mask, taken)
    if not all(0 <= at < size for at, size in zip(made.cell, taken.shape, strict=True)):
        told = " x ".join(map(str, taken.shape))
        raise CheckpointError(layer.name, f"has no such head, token and feature {made.cell}", f"it has {told}")
    with np.errstate(invalid="ignore"):
        whole = np.einsum("hqk,hkd->hqd", made.shares, seen.astype(np.float64))
    check(layer, taken.ravel(), whole.ravel(), float(np.abs(seen).max(initial=0.0)))
    return made


@dataclass
class _Path:
    """Nodes that scale scores, and tensors between the softmax and the values."""

    scales: list[onnx.NodeProto]
    behind: set[str]


def _products(network: Network, layer: Layer):
    """The product of queries and keys, the softmax, and the product with the values; None where they are not there."""
    inside = nodes(network, layer)
    made_by = {name: node for node in inside for name in node.output}
    softmax = next((node for node in inside if node.op_type == "Softmax"), None)
    if softmax is None:
        return None
    path = _Path([], {softmax.output[0]})
    tensor, scores = softmax.input[0], None
    for _ in range(STEPS):
        node = made_by.get(tensor)
        if node is None:
            return None
        if node.op_type == "MatMul":
            scores = node
            break
        if node.op_type in SCALES:
            path.scales.append(node)
        tensor = next((name for name in node.input if _leads(made_by, name)), "")
    for _ in range(STEPS):
        reader = next((node for node in inside if path.behind & set(node.input) and node is not softmax), None)
        if reader is None or scores is None:
            return None
        if reader.op_type == "MatMul":
            return scores, softmax, reader, path
        if reader.op_type not in (*ON_SHARES, *MOVES):
            return None
        path.behind |= set(reader.output)
        inside = [node for node in inside if node is not reader]
    return None


def _leads(made_by, tensor: str) -> bool:
    """Whether a product lies behind a tensor, through what acts on scores."""
    for _ in range(STEPS):
        node = made_by.get(tensor)
        if node is None:
            return False
        if node.op_type == "MatMul":
            return True
        tensor = next((name for name in node.input if name in made_by), "")
    return False


def _factor(scales: list[onnx.NodeProto], values: Mapping[str, np.ndarray]) -> float:
    """By what scores are multiplied on their way: what each operator makes of the largest of them."""
    factor = 1.0
    for node in scales:
        after = values.get(node.output[0])
        before = next(
            (values[name] for name in node.input if name in values and values[name].shape == after.shape), None
        )
        if after is None or before is None:
            continue
        at = int(np.abs(np.where(np.isfinite(before), before, 0.0)).argmax())
        factor *= float(np.float64(after.reshape(-1)[at]) / np.float64(before.reshape(-1)[at]))
    return factor


def _heads(array: np.ndarray) -> np.ndarray:
    """A tensor of one sample as (heads, rows, columns)."""
    return np.asarray(array).reshape(-1, *array.shape[-2:])
