# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Training: epochs of steps over a data set, with a checkpoint after each."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from ..attribution.targets import before_shares
from ..containers import CheckpointError
from ..containers.natural_order import brief
from ..formats import Checkpoint
from ..inference.session import Session, open_batch
from ..network import Network
from ..written import replacing
from .data import DataSet
from .step import BETAS, CORRECTIONS, RATE, RIGHT, STATES, Rules, Step, state_of

BATCH, EPOCHS, SEED = 32, 5, 0
TESTED = 256  # samples at once
RATES = {"sgd": 0.01, "adam": 1e-3}
SCHEDULES = ("constant", "cosine")
COLUMNS = ("epoch", "loss", "accuracy")


@dataclass(frozen=True)
class Options:
    """`rate` is the optimizer's own unless said; with the schedule "cosine" it falls to 0 by half a cosine (Loshchilov
    and Hutter 2017). `frozen` are what stays: layers by their names, or weights by the beginnings of theirs."""

    epochs: int = EPOCHS
    batch: int = BATCH
    rate: float = 0.0
    seed: int = SEED
    rules: Rules = Rules()
    frozen: tuple[str, ...] = ()
    schedule: str = "constant"


@dataclass(frozen=True)
class Epoch:
    """What was measured after an epoch: the mean loss of its steps (of epoch 0 the loss of the test samples), the share
    of test samples that are right, None where nothing is a class, and the loss of each step."""

    epoch: int
    loss: float
    accuracy: float | None
    file: str
    steps: tuple[float, ...] = ()


def train(
    network: Network, data: DataSet, folder: Path, options: Options = Options()
) -> Generator[tuple[float, str], None, list[Epoch]]:
    """Train a network and write folder/epoch_00.onnx (as it was), epoch_01.onnx ... and metrics.csv.

    Equal seeds give equal weights on one machine. Yields (share done, what is next). Raises `CheckpointError`, also
    where a loss is not finite: then the checkpoints of the epochs before are kept.
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
    rules = options.rules
    rate = options.rate or RATES[rules.optimizer]
    steps_in_all = options.epochs * -(-count // size)
    steps: dict[int, Step] = {}
    values: dict[str, np.ndarray] = {name: checkpoint.array(tensor) for name, tensor in weights.items()}
    random = np.random.default_rng(options.seed)
    yield 0.0, "the network as it is"
    running = {name: tensor for name, tensor in _running(checkpoint).items() if name not in resting}
    values |= {name: checkpoint.array(tensor) for name, tensor in running.items()}
    done = [_measured(checkpoint, data, folder, values, 0, None, scores, spec.name)]
    number = 0
    for epoch in range(1, options.epochs + 1):
        order = random.permutation(count)
        losses = []
        for begin in range(0, count, size):
            rows = order[begin : begin + size]
            yield (epoch - 1 + begin / count) / options.epochs, f"epoch {epoch} of {options.epochs}"
            if len(rows) not in steps:
                batch = {spec.name: data.x_train[rows]}
                known = {name: values[name] for name in (*weights, *running)}
                steps[len(rows)] = Step(checkpoint, batch, known, scores, data.classes, rules, resting)
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
            given[RATE] = np.asarray(rate * _slowed(options.schedule, (number - 1) / steps_in_all), np.float32)
            given |= _states(step, values, rules, number)
            for name, (shape, kept) in step.masks.items():
                given[name] = ((random.random(shape) < kept) / kept).astype(np.float32)
            loss, _, new = step.run(given)
            if not np.isfinite(loss):
                raise CheckpointError(
                    checkpoint.path,
                    f"its loss is not finite at step {number} (epoch {epoch})",
                    f"choose a lower rate than {rate:g}; {done[-1].file} is the last good checkpoint",
                )
            values |= new
            losses.append((loss, len(rows)))
        mean = sum(loss * rows for loss, rows in losses) / count
        measured = _measured(checkpoint, data, folder, values, epoch, mean, scores, spec.name)
        done.append(replace(measured, steps=tuple(loss for loss, _ in losses)))
        _write_metrics(folder, done)
    _write_metrics(folder, done)
    return done


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
    """The weights of floats that a training changes, but for running numbers of normalisations and what rests; by
    name."""
    graph = network.checkpoint.model.graph
    running = _running(network.checkpoint)
    own = {leaf.name for layer in network.layers for leaf in layer.weights}
    return {
        tensor.name: tensor
        for tensor in graph.initializer
        if tensor.name in own
        and tensor.data_type == TensorProto.FLOAT
        and tensor.name not in running
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


def _scores_of(network: Network, data: DataSet) -> str:
    if not network.outputs:
        raise CheckpointError(network.checkpoint.path, "has no output")
    output = network.outputs[0].name
    return before_shares(network, output) if data.classes else output


def _states(step: Step, values, rules: Rules, number: int) -> dict[str, np.ndarray]:
    """What the optimizer keeps, zeros at first."""
    made = {}
    for weight in step.learned:
        for state in STATES[rules.optimizer]:
            name = state_of(weight, state)
            made[name] = values.get(name, np.zeros_like(values[weight]))
    if rules.optimizer == "adam":
        made[CORRECTIONS] = np.array([1 - beta**number for beta in BETAS], np.float32)
    return made


def _measured(checkpoint, data: DataSet, folder: Path, values, epoch, loss, scores, name) -> Epoch:
    """Write a checkpoint and measure it on the test samples."""
    path = folder / f"epoch_{epoch:02}.onnx"
    model = _with_weights(checkpoint, values)
    own, accuracy = _tested(checkpoint, model, data, scores, name)
    with replacing(path) as part:  # makes the folder too
        part.write_bytes(model.SerializeToString())
    return Epoch(epoch, own if loss is None else loss, accuracy, path.name)


def _with_weights(checkpoint: Checkpoint, values: Mapping[str, np.ndarray]) -> onnx.ModelProto:
    """The model with these weights, all of them in it."""
    model = onnx.ModelProto()
    model.CopyFrom(checkpoint.model)
    for tensor in model.graph.initializer:
        if tensor.name in values:
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values[tensor.name]), tensor.name))
        elif tensor.data_location == TensorProto.EXTERNAL or tensor.name in checkpoint.readers:
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(checkpoint.array(tensor)), tensor.name))
    return model


def _tested(checkpoint, whole: onnx.ModelProto, data: DataSet, scores: str, name: str) -> tuple[float, float | None]:
    """The loss and the share that is right of a model, over all test samples."""
    model = onnx.ModelProto()
    model.CopyFrom(whole)
    if scores not in {value.name for value in model.graph.output}:
        model.graph.output.append(onnx.helper.make_empty_tensor_value_info(scores))
    open_batch(model, name)
    session = Session(checkpoint, model, optimised=True)
    largest = int(max(data.y_train.max(), data.y_test.max())) if data.classes else 0
    total, right, count = 0.0, 0, len(data.x_test)
    asked = 0
    for begin in range(0, count, TESTED):
        value = session.run([scores], {name: data.x_test[begin : begin + TESTED]})[0].astype(np.float64)
        wanted = data.y_test[begin : begin + TESTED]
        if not data.classes:
            total += float(((value - wanted.reshape(value.shape)) ** 2).mean(tuple(range(1, value.ndim))).sum())
            continue
        if largest >= value.shape[-1]:
            raise CheckpointError(
                checkpoint.path,
                f"gives {value.shape[-1]:,} scores, and the data has a class {largest}",
                "check the labels",
            )
        flat = value.reshape(-1, value.shape[-1])
        shifted = flat - flat.max(1, keepdims=True)
        log = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
        known = np.flatnonzero(wanted.reshape(-1) >= 0)  # of tokens some are not asked for
        answers = wanted.reshape(-1)[known]
        total -= float(log[known, answers].sum())
        right += int((flat.argmax(1)[known] == answers).sum())
        asked += len(known)
    count = asked if data.classes else count
    return total / max(1, count), right / max(1, count) if data.classes else None


def _write_metrics(folder: Path, done: list[Epoch]) -> None:
    with replacing(folder / "metrics.csv") as part, part.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows((one.epoch, one.loss, "" if one.accuracy is None else one.accuracy) for one in done)
