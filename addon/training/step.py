# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""One step of training as one model: forward, loss, derivatives and the new weights."""

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
LOSS, RIGHT, RATE, CORRECTIONS = (f"{OURS}{name}" for name in ("loss", "right", "rate", "corrections"))
MOMENTUM = 0.9  # of SGD
BETAS, EPSILON = (0.9, 0.999), 1e-8  # of Adam (Kingma and Ba 2015)
STATES = {"sgd": ("velocity",), "adam": ("mean", "square")}


@dataclass(frozen=True)
class Rules:
    """How weights follow derivatives, to which `decay` x the weights are added (L2): "sgd" with momentum, "adam"."""

    optimizer: str = "adam"
    decay: float = 0.0
    momentum: float = MOMENTUM


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
        rules: Rules,
        resting: Collection[str] = (),
    ):
        self.rules = rules
        self.weights = list(weights)
        derivative = derive(checkpoint, {**inputs, **weights}, scores, self.weights, training=True, resting=resting)
        self.masks = derivative.masks
        self.learned = [name for name in self.weights if name in derivative.outputs]
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
        graph.input.append(helper.make_tensor_value_info(RATE, TensorProto.FLOAT, []))
        first = writer.cross_entropy(scores) if classes else writer.mean_square(scores)
        updates = []
        for name in self.learned:
            array = weights[name]
            for state in STATES[rules.optimizer]:
                graph.input.append(
                    helper.make_tensor_value_info(state_of(name, state), TensorProto.FLOAT, list(array.shape))
                )
            updates += writer.update(name, derivative.outputs[name], rules)
        if rules.optimizer == "adam":
            graph.input.append(helper.make_tensor_value_info(CORRECTIONS, TensorProto.FLOAT, [2]))
        for name, (batch, momentum) in derivative.statistics.items():
            updates.append(writer.follow(name, batch, momentum))
        # the seed is worked out from the scores, so before all that reads it
        place = next(i for i, node in enumerate(graph.node) if SEED in node.input)
        for node in reversed(first):
            graph.node.insert(place, node)
        graph.output.extend(helper.make_empty_tensor_value_info(name) for name in (LOSS, scores, *updates))
        self.updates = updates
        self.scores = scores
        self.session = Session(checkpoint, model, optimised=True)

    def run(self, values: Mapping[str, np.ndarray]) -> tuple[float, np.ndarray, dict[str, np.ndarray]]:
        """The loss of a batch, its scores, and the new weights, running numbers and states by their names."""
        loss, scores, *new = self.session.run([LOSS, self.scores, *self.updates], values)
        names = [name.removeprefix(f"{OURS}new/") for name in self.updates]
        return float(loss), scores, dict(zip(names, new, strict=True))


def state_of(weight: str, state: str) -> str:
    """The name of what an optimizer keeps of a weight."""
    return f"{OURS}{state}/{weight}"


class _Writer:
    """Nodes of the loss and of the optimizer."""

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

    def update(self, weight: str, gradient: str, rules: Rules) -> list[str]:
        """The new weight and the new states of the optimizer; their names."""
        new = [f"{OURS}new/{name}" for name in (weight, *(state_of(weight, one) for one in STATES[rules.optimizer]))]
        if rules.decay:
            gradient = self.node("Add", gradient, self.node("Mul", weight, self.number(rules.decay)))
        if rules.optimizer == "sgd":
            kept = self.node("Mul", state_of(weight, "velocity"), self.number(rules.momentum))
            velocity = self.node("Add", kept, gradient, output=new[1])
            self.node("Sub", weight, self.node("Mul", velocity, RATE), output=new[0])
        else:
            powers = (gradient, self.node("Mul", gradient, gradient))
            states = []
            for place, (name, beta, power) in enumerate(zip(STATES["adam"], BETAS, powers, strict=True)):
                kept = self.node("Mul", state_of(weight, name), self.number(beta))
                added = self.node("Mul", power, self.number(1 - beta))
                states.append(self.node("Add", kept, added, output=new[1 + place]))
            corrections = [self.node("Gather", CORRECTIONS, self.number(place, np.int64)) for place in range(2)]
            mean, square = (self.node("Div", state, one) for state, one in zip(states, corrections, strict=True))
            step = self.node("Div", mean, self.node("Add", self.node("Sqrt", square), self.number(EPSILON)))
            self.node("Sub", weight, self.node("Mul", step, RATE), output=new[0])
        self.graph.node.extend(self._flush())
        return new

    def follow(self, name: str, batch: str, momentum: float) -> str:
        """A running number a little nearer to that of the batch; its name."""
        kept = self.node("Mul", name, self.number(momentum))
        added = self.node("Mul", batch, self.number(1 - momentum))
        new = self.node("Add", kept, added, output=f"{OURS}new/{name}")
        self.graph.node.extend(self._flush())
        return new
