# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checkpoints of a training: how they are written, and what is measured at each."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from ..containers import CheckpointError
from ..formats import Checkpoint
from ..inference.session import Session, open_batch
from ..network import Network
from ..written import replacing
from .data import DataSet

TESTED, LARGEST_TEST = 256, 1 << 26  # samples at once, and bytes of what all layers make of them
COLUMNS = ("epoch", "loss", "accuracy")
STEP, EPOCH = "step", "epoch"  # in the metadata of checkpoints, where there are some within epochs


@dataclass(frozen=True)
class Measured:
    """What was measured at a checkpoint, `step` batches after the start: the share of test samples that are right, None
    where nothing is a class, and the mean of `losses`. These are those of all batches of the epoch that ends with it,
    else (`within`) of the batches since the checkpoint before; of the first checkpoint the loss is that of the test
    samples."""

    epoch: int
    step: int
    loss: float
    accuracy: float | None
    file: str
    losses: tuple[float, ...] = ()
    within: bool = False


class HeldOut:
    """The test samples of a data set, and a network as it is used; its weights, those that a training changes, are
    given each time, so that it is opened once and holds none of them."""

    def __init__(self, network: Network, data: DataSet, scores: str, weights: Mapping[str, np.ndarray], batch: int):
        self.checkpoint = network.checkpoint
        self.data = data
        self.scores = scores
        (spec,) = network.inputs
        self.input = spec.name
        size = 4 * sum(layer.size for layer in network.layers)
        self.at_once = max(min(TESTED, LARGEST_TEST // max(1, size)), min(TESTED, batch))
        model = onnx.ModelProto()
        model.CopyFrom(self.checkpoint.model)
        graph = model.graph
        others = [tensor for tensor in graph.initializer if tensor.name not in weights]
        del graph.initializer[:]
        graph.initializer.extend(others)
        told = {value.name for value in graph.input}  # of old files also weights
        graph.input.extend(
            onnx.helper.make_tensor_value_info(name, TensorProto.FLOAT, list(array.shape))
            for name, array in weights.items()
            if name not in told
        )
        model.ir_version = max(model.ir_version, 4)
        if scores not in {value.name for value in graph.output}:
            graph.output.append(onnx.helper.make_empty_tensor_value_info(scores))
        open_batch(model, self.input)
        self.session = Session(self.checkpoint, model, optimised=True, lean=True)

    def run(self, weights: Mapping[str, np.ndarray]) -> tuple[float, float | None]:
        """The loss, and the share that is right, None where nothing is a class. Raises `CheckpointError`."""
        data = self.data
        largest = int(max(data.y_train.max(), data.y_test.max())) if data.classes else 0
        total, right, count, asked = 0.0, 0, len(data.x_test), 0
        for begin in range(0, count, self.at_once):
            rows = slice(begin, begin + self.at_once)
            (value,) = self.session.run([self.scores], {**weights, self.input: data.x_test[rows]})
            value, wanted = value.astype(np.float64), data.y_test[rows]
            if not data.classes:
                total += float(((value - wanted.reshape(value.shape)) ** 2).mean(tuple(range(1, value.ndim))).sum())
                continue
            if largest >= value.shape[-1]:
                raise CheckpointError(
                    self.checkpoint.path,
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


@dataclass
class Checkpoints:
    """What writes the checkpoints of a training, and keeps what was measured at each."""

    checkpoint: Checkpoint
    folder: Path
    test: HeldOut
    every: int
    written: Callable[[Path], None] | None = None
    done: list[Measured] = field(default_factory=list)

    def write(self, values, epoch: int, step: int, losses: Sequence[tuple[float, int]] = (), within=False) -> None:
        """Write a checkpoint and measure it on the test samples. `losses` are those of batches, and how many samples
        each had. Raises `CheckpointError` where it cannot be written; no part of it is there then."""
        path = self.folder / (f"epoch_{epoch:02}_step_{step:06}.onnx" if within else f"epoch_{epoch:02}.onnx")
        loss, accuracy = self.test.run(values)
        if losses:
            loss = sum(each * rows for each, rows in losses) / sum(rows for _, rows in losses)
        try:
            self._save(path, values, epoch, step)
            own = tuple(each for each, _ in losses)
            self.done.append(Measured(epoch, step, loss, accuracy, path.name, own, within))
            self._write_metrics()
        except CheckpointError as error:
            if not self.done:
                raise
            kept = f"{self.done[-1].file} is the last good checkpoint"
            raise CheckpointError(error.path, error.problem, f"{error.advice}; {kept}") from error
        if self.written is not None:
            self.written(path)

    def _save(self, path: Path, values: Mapping[str, np.ndarray], epoch: int, step: int) -> None:
        model = _with_weights(self.checkpoint, values)
        if self.every:  # names of the ends of epochs do not say it
            onnx.helper.set_model_props(model, _noted(model) | {EPOCH: str(epoch), STEP: str(step)})
        with replacing(path) as part:  # makes the folder too
            part.write_bytes(model.SerializeToString())

    def _write_metrics(self) -> None:
        columns = (STEP, *COLUMNS) if self.every else COLUMNS
        with replacing(self.folder / "metrics.csv") as part, part.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            for each in self.done:
                given = {name: getattr(each, name) for name in columns}
                writer.writerow("" if value is None else value for value in given.values())


def _noted(model: onnx.ModelProto) -> dict[str, str]:
    """The metadata of a model, but for what an earlier training says of where it stood."""
    return {entry.key: entry.value for entry in model.metadata_props if entry.key not in (STEP, EPOCH)}


def _with_weights(checkpoint: Checkpoint, values: Mapping[str, np.ndarray]) -> onnx.ModelProto:
    """The model with these weights, all of them in it."""
    model = onnx.ModelProto()
    model.CopyFrom(checkpoint.model)
    onnx.helper.set_model_props(model, _noted(model))
    for tensor in model.graph.initializer:
        if tensor.name in values:
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values[tensor.name]), tensor.name))
        elif tensor.data_location == TensorProto.EXTERNAL or tensor.name in checkpoint.readers:
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(checkpoint.array(tensor)), tensor.name))
    return model
