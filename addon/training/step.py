# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""One step of training as one model: forward, loss and its derivatives by the weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ..formats import Checkpoint
from ..gradients import SEED, derive
from ..inference.session import Session

OURS = "training/"
LOSS, RIGHT = (f"{OURS}{name}" for name in ("loss", "right"))


@dataclass(frozen=True)
class Computed:
    """What a step gives: the loss of a batch and its scores, the derivatives of the loss by weights, and of running
    numbers what the batch has, with the share of them that stays (`momentum`)."""

    loss: float
    scores: np.ndarray
    gradients: dict[str, np.ndarray]
    statistics: dict[str, tuple[np.ndarray, float]]


class Step:
    """A step for batches of one size.

    `scores` is the tensor before the last Softmax, `weights` those that are trained and those that follow the batch
    alone; `resting` are running numbers that stay, by which their layer goes on normalising. What is right are classes,
    or numbers of the shape of the scores.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        inputs: Mapping[str, np.ndarray],
        weights: Mapping[str, np.ndarray],
        scores: str,
        classes: bool,
        resting: Collection[str] = (),
    ):
        derivative = derive(checkpoint, {**inputs, **weights}, scores, list(weights), training=True, resting=resting)
        self.masks = derivative.masks
        self.learned = {name: derivative.outputs[name] for name in weights if name in derivative.outputs}
        self.followed = derivative.statistics
        model = derivative.model
        graph = model.graph
        kept = [value for value in graph.input if value.name != SEED]
        del graph.input[:]
        graph.input.extend(kept)
        del graph.output[:]
        writer = _Writer(graph, derivative.shape)
        self.right_shape = derivative.shape[:-1] if classes else derivative.shape
        kind = TensorProto.INT64 if classes else TensorProto.FLOAT
        graph.input.append(helper.make_tensor_value_info(RIGHT, kind, list(self.right_shape)))
        first = writer.cross_entropy(scores) if classes else writer.mean_square(scores)
        # the seed is worked out from the scores, so before all that reads it
        place = next(i for i, node in enumerate(graph.node) if SEED in node.input)
        for node in reversed(first):
            graph.node.insert(place, node)
        batch = (name for name, _ in self.followed.values())
        self.outputs = list(dict.fromkeys((LOSS, scores, *self.learned.values(), *batch)))
        graph.output.extend(helper.make_empty_tensor_value_info(name) for name in self.outputs)
        self.scores = scores
        self.session = Session(checkpoint, model, optimised=True, lean=True)

    def run(self, values: Mapping[str, np.ndarray]) -> Computed:
        """What a batch gives; `values` are the inputs, weights, running numbers and masks by name, and `RIGHT`."""
        made = dict(zip(self.outputs, self.session.run(self.outputs, values), strict=True))
        return Computed(
            float(made[LOSS]),
            made[self.scores],
            {weight: made[name] for weight, name in self.learned.items()},
            {name: (made[batch], momentum) for name, (batch, momentum) in self.followed.items()},
        )


class _Writer:
    """Nodes of the loss."""

    def __init__(self, graph: onnx.GraphProto, shape: Sequence[int]):
        self.graph = graph
        self.shape = tuple(shape)
        self.count = 0
        self.held: list[onnx.NodeProto] = []

    def node(self, operator: str, *inputs: str, output: str = "", **attributes) -> str:
        self.count += 1
        name = output or f"{OURS}{operator}.{self.count}"
        self.held.append(
            helper.make_node(operator, inputs, [name], name=f"{OURS}{operator}.{self.count}", **attributes)
        )
        return name

    def number(self, value, kind=np.float32) -> str:
        self.count += 1
        name = f"{OURS}number.{self.count}"
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def _flush(self) -> list[onnx.NodeProto]:
        held, self.held = self.held, []
        return held

    def cross_entropy(self, scores: str) -> list[onnx.NodeProto]:
        """The mean of -log softmax at the class that is right; its derivative is (softmax - 1 there) / n. Of classes of
        tokens, those below 0 are not asked for."""
        if len(self.shape) > 2:
            return self._cross_entropy_of_tokens(scores)
        classes = self.shape[-1]
        flat = self.node("Reshape", scores, self.number([-1, classes], np.int64))
        log = self.node("LogSoftmax", flat, axis=-1)
        right = self.node("OneHot", RIGHT, self.number(classes, np.int64), self.number([0, 1]), axis=-1)
        count = self.number(float(self.shape[0]))
        self.node("Div", self._total(self.node("Neg", self.node("Mul", right, log))), count, output=LOSS)
        share = self.node("Div", self.node("Sub", self.node("Exp", log), right), count)
        self.node("Reshape", share, self.number(list(self.shape), np.int64), output=SEED)
        return self._flush()

    def _cross_entropy_of_tokens(self, scores: str) -> list[onnx.NodeProto]:
        classes = self.shape[-1]
        flat = self.node("Reshape", scores, self.number([-1, classes], np.int64))
        log = self.node("LogSoftmax", flat, axis=-1)
        wanted = self.node("Reshape", RIGHT, self.number([-1], np.int64))
        asked = self.node("GreaterOrEqual", wanted, self.number(0, np.int64))
        asked = self.node("Unsqueeze", self.node("Cast", asked, to=TensorProto.FLOAT), self.number([1], np.int64))
        known = self.node("Max", wanted, self.number(0, np.int64))
        right = self.node("OneHot", known, self.number(classes, np.int64), self.number([0, 1]), axis=-1)
        right = self.node("Mul", right, asked)
        count = self.node("Max", self._total(asked), self.number(1.0))
        self.node("Div", self._total(self.node("Neg", self.node("Mul", right, log))), count, output=LOSS)
        away = self.node("Sub", self.node("Mul", self.node("Exp", log), asked), right)
        self.node("Reshape", self.node("Div", away, count), self.number(list(self.shape), np.int64), output=SEED)
        return self._flush()

    def mean_square(self, scores: str) -> list[onnx.NodeProto]:
        """The mean of the squared distance over all numbers."""
        away = self.node("Sub", scores, RIGHT)
        count = self.number(float(np.prod(self.shape)))
        self.node("Div", self._total(self.node("Mul", away, away)), count, output=LOSS)
        self.node("Div", self.node("Add", away, away), count, output=SEED)
        return self._flush()

    def _total(self, name: str) -> str:
        return self.node("ReduceSum", name, keepdims=0)
