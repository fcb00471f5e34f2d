# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one cell of a layer is made of: the cells that it reads, their weights, and what happens to the sum. Touches no
Blender.

It is worked out from the numbers of the file and of a run, in double precision, and held against what onnxruntime gave
for the cell: an explanation that does not add up is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import onnx

from ...containers import CheckpointError
from ...network import Connection, Layer, Network
from ...network.joins import conv, dense, pool
from ...network.network import by_unit, sample_of

SUM, LARGEST, MEAN, SOFTMAX = "sum", "largest", "mean", "softmax"
CLOSE = 1e-5  # of the largest term, or of 1, by which a sum may miss what onnxruntime gives
MOVES = ("Flatten", "Reshape", "Identity", "Dropout", "Transpose", "Squeeze", "Unsqueeze", "Cast")


@dataclass(frozen=True)
class Step:
    """What is done to a number: the operator's name, and the number after it."""

    op: str
    value: float


@dataclass(frozen=True)
class Terms:
    """A cell (unit, row, column) of a `layer`, and the cells of `source` that it reads: flat places in the tensor of
    that, (n,), with their `values` and `weights`, and of each its unit, row and column (n, 3).

    `how` they come together: a sum of products with a `bias` where there is one, the largest, the mean, or the share
    of one in a softmax. `before` is what comes of that, `steps` what is done to it, the last of which is what the layer
    gives.
    """

    layer: str
    op: str
    cell: tuple[int, int, int]
    source: str
    how: str
    places: np.ndarray
    values: np.ndarray
    weights: np.ndarray
    cells: np.ndarray
    before: float
    bias: float | None = None
    steps: tuple[Step, ...] = field(default_factory=tuple)

    @property
    def products(self) -> np.ndarray:
        """Values times weights, (n,) float64."""
        return self.values.astype(np.float64) * self.weights.astype(np.float64)

    @property
    def result(self) -> float:
        """What the layer gives at the cell."""
        return self.steps[-1].value if self.steps else self.before


def strongest(layer: Layer, values: Mapping[str, np.ndarray]) -> tuple[int, int, int]:
    """The unit, row and column of the largest number of a layer."""
    array = by_unit(values[layer.shown], layer.grid)
    return tuple(int(at) for at in np.unravel_index(int(np.nan_to_num(array, nan=-np.inf).argmax()), array.shape))


def terms(network: Network, layer: Layer, cell: tuple[int, int, int], values: Mapping[str, np.ndarray]) -> Terms:
    """What a cell of a layer is made of in a run, whose `values` hold every part's tensor.

    Raises `CheckpointError` where the layer is none of those that can be opened, the cell is not in it, or the terms do
    not come to what onnxruntime gave.
    """
    check_cell(layer, cell)
    grid = layer.grid
    flat = int(np.dot(cell, grid.strides))
    last = layer.parts[-1] if layer.parts else None
    if last is not None and last.op == "Softmax" and not grid.is_map and grid.units > 1:
        return _softmax(layer, cell, values)
    connection = joined(network, layer)
    if connection is not None:
        return _joined(network, connection, cell, flat, values)
    raise CheckpointError(
        layer.name,
        f"is {layer.op}, which cannot be opened",
        "choose a convolution, a pooling, a dense or recurrent layer, a softmax, a normalization or attention",
    )


def check_cell(layer: Layer, cell: tuple[int, int, int]) -> None:
    """Raises `CheckpointError` where a layer has no such cell."""
    grid = layer.grid
    if not all(0 <= at < size for at, size in zip(cell, (grid.units, grid.rows, grid.columns), strict=True)):
        raise CheckpointError(layer.name, f"has no cell {cell}", f"it has {grid.units} x {grid.rows} x {grid.columns}")


def joined(network: Network, layer: Layer) -> Connection | None:
    """The connection whose terms make up the cells of a layer, None where there is none that can be opened."""
    kinds = conv.Conv | dense.Dense | pool.Pool | pool.Reduce
    into = (connection for connection in network.connections if connection.target is layer)
    return next((connection for connection in into if isinstance(connection.join.inner, kinds)), None)


def _joined(network: Network, connection: Connection, cell, flat: int, values: Mapping[str, np.ndarray]) -> Terms:
    layer, source, join = connection.target, connection.source, connection.join
    edges = join.into(np.array([flat]))
    given = values.get(source.tensor)
    if given is None or given.size < source.grid.size:
        raise CheckpointError(source.name, "has no numbers of this run", "run the input again")
    read = sample_of(given, source.grid).reshape(-1)[edges.source].astype(np.float32)
    cells = cells_of(source, edges.source)
    how = SUM
    inner = join.inner
    if isinstance(inner, pool.Pool | pool.Reduce):
        how = LARGEST if inner.largest else MEAN
        if isinstance(inner, pool.Reduce) and not inner.largest and abs(inner.coefficient * inner.fan_in - 1) > 1e-6:
            raise CheckpointError(layer.name, f"is {layer.op}, which cannot be opened", "choose a mean or a maximum")
    weights = edges.weight.astype(np.float32) if how == SUM else np.ones(len(read), np.float32)
    products = read.astype(np.float64) * weights
    bias = None
    steps = [Step(op, float(numbers[flat])) for op, numbers in stages(layer, values)]
    if how == LARGEST:
        before = float(read.max())
    elif how == MEAN:
        before = float((read.astype(np.float64) * edges.weight).sum())
    else:
        before = float(products.sum())
        known = _bias(network, layer, cell)
        first = steps[0].value if steps else before
        # the constant of a layer may be the shift of a normalisation, which is a step of its own
        if known is not None and abs(before + known - first) < abs(before - first):
            bias, before = known, before + known
    first = steps[0].value if steps else before
    check(layer, np.array([first]), np.array([before]), float(np.abs(products).max(initial=0.0)))
    named = (layer.name, layer.op, cell, source.name, how, edges.source, read, weights, cells)
    return Terms(*named, before, bias, tuple(steps[1:]))


def check(layer: Layer, given: np.ndarray, made: np.ndarray, largest: float = 0.0) -> None:
    """Raises `CheckpointError` where what was `made` of terms is not what onnxruntime has `given`; `largest` is the
    largest of the terms."""
    if not len(given):
        return
    apart = np.abs(np.asarray(given, np.float64) - made)
    worst = int(np.nan_to_num(apart, nan=np.inf).argmax())
    if not apart[worst] <= CLOSE * max(1.0, largest, abs(float(made[worst]))):
        raise CheckpointError(
            layer.name, f"gives {given[worst]:.7g} there, and its terms come to {made[worst]:.7g}", "report this"
        )


def cells_of(source: Layer, places: np.ndarray) -> np.ndarray:
    """Unit, row and column of flat places in a layer's tensor, (n, 3)."""
    grid = source.grid
    return np.stack(
        [places // step % size for step, size in zip(grid.strides, (grid.units, grid.rows, grid.columns), strict=True)],
        -1,
    )


def _bias(network: Network, layer: Layer, cell: tuple[int, int, int]) -> float | None:
    """The additive constant of a unit, of a row of features that of its column; None where the layer has none."""
    bias = biases(network, layer)
    at = cell[2] if layer.grid.units == 1 and len(bias) == layer.grid.columns else cell[0]
    return float(bias[at % len(bias)]) if len(bias) else None


def biases(network: Network, layer: Layer) -> np.ndarray:
    """The additive constants of a layer, one a unit, of a row of features one a column; (0,) where it has none."""
    if layer.bias is not None:
        return np.asarray(layer.bias.array()).reshape(-1)
    return _third_input(network, layer)  # of a layer of one unit nobody asks for it


def _third_input(network: Network, layer: Layer) -> np.ndarray:
    """The bias that the first operator of a layer reads, (0,) where it reads none of the file."""
    checkpoint = network.checkpoint
    first = layer.parts[0].tensor if layer.parts else ""
    node = next((node for node in checkpoint.model.graph.node if first in node.output), None)
    name = node.input[2] if node is not None and len(node.input) > 2 else ""
    if name and name in checkpoint.readers:
        return np.asarray(checkpoint.readers[name]()).reshape(-1)
    stored = next((each for each in checkpoint.model.graph.initializer if each.name == name), None)
    if stored is None:
        return np.zeros(0)
    return onnx.numpy_helper.to_array(stored, str(checkpoint.folder)).reshape(-1)


def stages(layer: Layer, values: Mapping[str, np.ndarray]) -> list[tuple[str, np.ndarray]]:
    """The operator and the numbers (flat) of each part of a layer, one behind the other; moves of numbers left out."""
    made: list[tuple[str, np.ndarray]] = []
    for part in layer.parts:
        value = values.get(part.tensor)
        if value is None or value.dtype.kind != "f" or value.size < layer.grid.size or part.op in MOVES:
            continue
        numbers = value.reshape(-1)
        if part.op == "Add" and made and made[-1][0] in ("MatMul", "Gemm"):  # a bias on its own
            made[-1] = (made[-1][0], numbers)
        else:
            made.append((part.op, numbers))
    return made


def scores_of(layer: Layer, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """The numbers before a softmax, (units,). Raises `CheckpointError` where the layer has none."""
    for part in reversed(layer.parts[:-1]):
        before = values.get(part.tensor)
        if before is not None and before.size >= layer.grid.units:
            return before.reshape(-1)[: layer.grid.units].astype(np.float32)
    raise CheckpointError(layer.name, "has no scores before its softmax", "choose the layer before it")


def _softmax(layer: Layer, cell, values: Mapping[str, np.ndarray]) -> Terms:
    """The scores before a softmax, of which the shares are made."""
    shares = values[layer.parts[-1].tensor].reshape(-1)[: layer.grid.units]
    scores = scores_of(layer, values)
    raised = np.exp(scores.astype(np.float64) - scores.max())
    share = float(raised[cell[0]] / raised.sum())
    given = float(shares[cell[0]])
    check(layer, np.array([given]), np.array([share]))
    count = len(scores)
    cells = np.stack([np.arange(count), np.zeros(count, int), np.zeros(count, int)], -1)
    ones = np.ones(count, np.float32)
    named = (layer.name, "Softmax", cell, layer.name, SOFTMAX, np.arange(count), scores, ones, cells)
    return Terms(*named, float(scores[cell[0]]), None, (Step("Softmax", given),))
