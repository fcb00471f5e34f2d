# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Training: epochs of steps over a data set, with a checkpoint after each, and within if that is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnx import TensorProto

from ..attribution.targets import before_shares
from ..containers import CheckpointError, memory
from ..containers.natural_order import brief
from ..formats import Checkpoint
from ..network import Network
from .checkpoints import Checkpoints, HeldOut, Measured
from .data import DataSet
from .optimizer import Optimizer, Rules
from .step import RIGHT, Step

BATCH, EPOCHS, SEED = 32, 5, 0
LARGE = 1 << 26  # bytes that all layers give for a batch, from which memory is given back
HIDDEN = -1e4  # of a mask; a learned number is never so low
RATES = {"sgd": 0.01, "adam": 1e-3}
SCHEDULES = ("constant", "cosine")


@dataclass(frozen=True)
class Options:
    """`rate` is the optimizer's own unless said; with the schedule "cosine" it falls to 0 by half a cosine (Loshchilov
    and Hutter 2017). `frozen` are what stays: layers by their names, or weights by the beginnings of theirs. `every`
    is after how many batches of an epoch a checkpoint is written within it, 0 for none."""

    epochs: int = EPOCHS
    batch: int = BATCH
    rate: float = 0.0
    seed: int = SEED
    rules: Rules = Rules()
    frozen: tuple[str, ...] = ()
    schedule: str = "constant"
    every: int = 0


def train(
    network: Network,
    data: DataSet,
    folder: Path,
    options: Options = Options(),
    written: Callable[[Path], None] | None = None,
) -> Generator[tuple[float, str], None, list[Measured]]:
    """Train a network and write folder/epoch_00.onnx (as it was), epoch_01.onnx ... and metrics.csv; with
    `options.every` also epoch_01_step_000040.onnx ..., whose step counts the batches since the start.

    Equal seeds give equal weights on one machine, however many checkpoints are written; `written` is told of each when
    it is whole. Yields (share done, what is next). Raises `CheckpointError`, also where a loss or a weight is not
    finite: then the checkpoints before are kept.
    """
    checkpoint = network.checkpoint
    checkpoint.check_runs()
    (spec,) = network.inputs
    scores = _scores_of(network, data)
    resting = frozen(network, options.frozen)
    weights = trainable(network, resting)
    if not weights:
        raise CheckpointError(checkpoint.path, "has no weights that could be trained")
    count = len(data.x_train)
    size = min(options.batch, count)
    optimizer = Optimizer(options.rules)
    rate = options.rate or RATES[options.rules.optimizer]
    large = 4 * size * sum(layer.size for layer in network.layers) > LARGE
    steps_in_all = options.epochs * -(-count // size)
    steps: dict[int, Step] = {}
    values = {name: np.array(checkpoint.array(tensor)) for name, tensor in weights.items()}
    random = np.random.default_rng(options.seed)
    yield 0.0, "the network as it is"
    running = {name: tensor for name, tensor in _running(checkpoint).items() if name not in resting}
    values |= {name: np.array(checkpoint.array(tensor)) for name, tensor in running.items()}
    checkpoint.put_down()
    test = HeldOut(network, data, scores, values, size)
    writer = Checkpoints(checkpoint, folder, test, options.every, written)
    writer.write(values, 0, 0)
    number = 0
    for epoch in range(1, options.epochs + 1):
        order = random.permutation(count)
        losses: list[tuple[float, int]] = []
        since = 0  # of them, those up to the last checkpoint
        for place, begin in enumerate(range(0, count, size), 1):
            rows = order[begin : begin + size]
            yield (epoch - 1 + begin / count) / options.epochs, f"epoch {epoch} of {options.epochs}"
            if len(rows) not in steps:
                batch = {spec.name: data.x_train[rows]}
                known = {name: values[name] for name in (*weights, *running)}
                steps[len(rows)] = Step(checkpoint, batch, known, scores, data.classes, resting)
            step = steps[len(rows)]
            number += 1
            answers = data.y_train[rows]
            if answers.size != math.prod(step.right_shape):
                raise CheckpointError(
                    checkpoint.path,
                    f"gives scores for {list(step.right_shape[1:]) or 'one class'} a sample, and the data has "
                    f"answers of {list(answers.shape[1:]) or 'one class'}",
                    "check the labels",
                )
            given = {**values, spec.name: data.x_train[rows], RIGHT: answers.reshape(step.right_shape)}
            for name, (shape, kept) in step.masks.items():
                given[name] = ((random.random(shape) < kept) / kept).astype(np.float32)
            with memory.given_back(large):
                made = step.run(given)
            loss = made.loss
            if not np.isfinite(loss):
                raise _not_finite(writer, "loss is", epoch, number, rate)
            slowed = rate * _slowed(options.schedule, (number - 1) / steps_in_all)
            optimizer.follow(values, made.gradients, slowed)
            for name, (now, momentum) in made.statistics.items():
                values[name] *= np.float32(momentum)
                values[name] += now * np.float32(1 - momentum)
            del given, made
            losses.append((loss, len(rows)))
            within = begin + size < count
            if within and not (options.every and place % options.every == 0):
                continue
            if not all(np.isfinite(value).all() for value in values.values()):
                raise _not_finite(writer, "weights are", epoch, number, rate)
            writer.write(values, epoch, number, losses[since:] if within else losses, within)
            since = len(losses)
    return writer.done


def _not_finite(writer: Checkpoints, what: str, epoch: int, step: int, rate: float) -> CheckpointError:
    return CheckpointError(
        writer.checkpoint.path,
        f"its {what} not finite at step {step} (epoch {epoch})",
        f"choose a lower rate than {rate:g}; {writer.done[-1].file} is the last good checkpoint",
    )


def _slowed(schedule: str, share: float) -> float:
    """By what the rate is multiplied when this share of the steps is done."""
    return (1 + math.cos(math.pi * share)) / 2 if schedule == "cosine" else 1.0


def frozen(network: Network, names: Iterable[str]) -> frozenset[str]:
    """The weights and running numbers that stay, by name: those of layers and blocks that are called so, else those
    whose names begin so. Raises `CheckpointError` where nothing is called so."""
    graph = network.checkpoint.model.graph
    stored = [tensor.name for tensor in graph.initializer]
    read = {node.output[0]: list(node.input) for node in graph.node if node.output}
    made: set[str] = set()
    for name in names:
        within = f"{name}.", f"{name}/"
        own = {tensor for tensor in stored if tensor.startswith(within)}
        for layer in network.layers:
            if layer.name == name or layer.name.startswith(within):
                own |= {leaf.name for leaf in layer.weights}
                for part in layer.parts:
                    own |= {tensor for tensor in read.get(part.tensor, ()) if part.op == "BatchNormalization"}
        own &= set(stored)
        own = own or {tensor for tensor in stored if name and tensor.startswith(name)}
        if not own:
            raise CheckpointError(
                network.checkpoint.path, f"has no layer with weights called '{brief(name)}'", "see inspect for names"
            )
        made |= own
    return frozenset(made)


def trainable(network: Network, resting: Collection[str] = ()) -> dict[str, TensorProto]:
    """The weights of floats that a training changes, but for running numbers of normalisations, masks, and what rests;
    by name."""
    graph = network.checkpoint.model.graph
    fixed = _running(network.checkpoint).keys() | _masks(network.checkpoint)
    own = {leaf.name for layer in network.layers for leaf in layer.weights}
    return {
        tensor.name: tensor
        for tensor in graph.initializer
        if tensor.name in own
        and tensor.data_type == TensorProto.FLOAT
        and tensor.name not in fixed
        and tensor.name not in resting
    }


def _running(checkpoint: Checkpoint) -> dict[str, TensorProto]:
    """The running means and variances of batch normalisations."""
    names = {
        name
        for node in checkpoint.model.graph.node
        if node.op_type == "BatchNormalization" and not node.domain
        for name in node.input[3:5]
    }
    return {tensor.name: tensor for tensor in checkpoint.model.graph.initializer if tensor.name in names}


def _masks(checkpoint: Checkpoint) -> set[str]:
    """The names of tensors that say what an attention may look at: a Softmax reads the sum with them, and they hold
    numbers so low that nothing is left of a share."""
    graph = checkpoint.model.graph
    shared = {name for node in graph.node if node.op_type == "Softmax" for name in node.input}
    added = {name for node in graph.node if node.op_type == "Add" and shared & set(node.output) for name in node.input}
    return {
        tensor.name
        for tensor in graph.initializer
        if tensor.name in added
        and tensor.data_type == TensorProto.FLOAT
        and checkpoint.array(tensor).min(initial=0.0) <= HIDDEN
    }


def _scores_of(network: Network, data: DataSet) -> str:
    if not network.outputs:
        raise CheckpointError(network.checkpoint.path, "has no output")
    output = network.outputs[0].name
    return before_shares(network, output) if data.classes else output
