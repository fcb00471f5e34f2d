# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network whose hidden units can be switched off, run on many samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper

from ..containers import CheckpointError
from ..gradients import Derivative, derive
from ..inference.session import Session, open_batch
from ..network import Layer, Network
from ..network.importance import rank, units_of
from .targets import before_shares

BATCH = 64  # samples at once


@dataclass(frozen=True)
class Hidden:
    """A hidden layer with `count` units of its own; `units` (size,) is the unit of each element of its tensor."""

    layer: Layer
    count: int
    units: np.ndarray

    def mask(self, kept: np.ndarray) -> np.ndarray:
        """Factors of the shape of its tensor, one sample, by which units are kept (count,)."""
        return kept.astype(np.float32)[self.units].reshape(1, *(self.layer.shape or ()))


class Masked:
    """A network with a mask behind each hidden layer. `kept` are by layer the units that are left, (count,) bool.

    Raises `CheckpointError` where the network has no hidden units, or no output of classes.
    """

    def __init__(self, network: Network):
        network.checkpoint.check_runs()
        self.ranks = rank(network)
        self.hidden = {
            name: Hidden(network.layer(name), len(ranking.importance), units_of(network.layer(name), ranking.axis))
            for name, ranking in self.ranks.items()
            if ranking.leader == name and network.layer(name).shape is not None
        }
        if not self.hidden:
            raise CheckpointError(network.checkpoint.path, "has no hidden units that could be pruned")
        if len(network.inputs) != 1 or not network.outputs:
            raise CheckpointError(
                network.checkpoint.path, "cannot be tried on data: it has not one input and an output"
            )
        self.input = network.inputs[0].name
        self.scores = before_shares(network, network.outputs[0].name)
        self.checkpoint = copy(network.checkpoint)
        self.checkpoint.model = _with_masks(network.checkpoint.model, self.hidden, self.scores)
        self._session: Session | None = None
        self._derivatives: dict[int, Derivative] = {}

    def all_kept(self) -> dict[str, np.ndarray]:
        return {name: np.ones(hidden.count, bool) for name, hidden in self.hidden.items()}

    def scores_of(self, samples: np.ndarray, kept: Mapping[str, np.ndarray]) -> np.ndarray:
        """The scores (n, classes) of samples (n, ...)."""
        if self._session is None:
            self._session = self._opened()
        masks = self._masks(kept)
        parts = [
            self._session.run([self.scores], {**masks, self.input: samples[begin : begin + BATCH]})[0]
            for begin in range(0, len(samples), BATCH)
        ]
        whole = np.concatenate(parts)
        return whole.reshape(len(whole), -1)

    def taylor(self, samples: np.ndarray, answers: np.ndarray, kept: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """By layer how much the loss is expected to change without each unit (count,): the mean over samples of
        the size of the sum of derivative x activation over its map (Molchanov et al. 2017, 2019)."""
        totals = {name: np.zeros(hidden.count) for name, hidden in self.hidden.items()}
        masks = self._masks(kept)
        tensors = {name: hidden.layer.tensor for name, hidden in self.hidden.items()}
        for begin in range(0, len(samples), BATCH):
            batch = samples[begin : begin + BATCH]
            given = {**masks, self.input: batch}
            scores = self.scores_of(batch, kept)
            share = np.exp(scores - scores.max(1, keepdims=True))
            share /= share.sum(1, keepdims=True)
            share[np.arange(len(batch)), answers[begin : begin + BATCH]] -= 1
            if len(batch) not in self._derivatives:
                self._derivatives[len(batch)] = derive(
                    self.checkpoint, given, self.scores, list(tensors.values()), also=self._values()
                )
            made = self._derivatives[len(batch)].run(given, share)
            for name, hidden in self.hidden.items():
                product = made[_value(tensors[name])] * made[tensors[name]]
                flat = product.reshape(len(batch), -1).astype(np.float64)
                sums = np.stack([np.bincount(hidden.units, row, hidden.count) for row in flat])
                totals[name] += np.abs(sums).sum(0)
        return {name: total / len(samples) for name, total in totals.items()}

    def activations(self, samples: np.ndarray, kept: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """By layer the root mean square of what each unit gives, (count,)."""
        totals = {name: np.zeros(hidden.count) for name, hidden in self.hidden.items()}
        session = self._opened(self._values())
        masks = self._masks(kept)
        for begin in range(0, len(samples), BATCH):
            values = session.run(self._values(), {**masks, self.input: samples[begin : begin + BATCH]})
            for hidden, (name, total), value in zip(self.hidden.values(), totals.items(), values, strict=True):
                square = np.square(value.reshape(len(value), -1).astype(np.float64)).sum(0)
                totals[name] = total + np.bincount(hidden.units, square, hidden.count)
        return {name: np.sqrt(total / len(samples)) for name, total in totals.items()}

    def _opened(self, tensors: Sequence[str] = ()) -> Session:
        """A session for any count of samples that gives these tensors too."""
        model = onnx.ModelProto()
        model.CopyFrom(self.checkpoint.model)
        model.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in tensors)
        open_batch(model, self.input)
        return Session(self.checkpoint, model, optimised=True)

    def _values(self) -> list[str]:
        return [_value(hidden.layer.tensor) for hidden in self.hidden.values()]

    def _masks(self, kept: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {_mask(hidden.layer.tensor): hidden.mask(kept[name]) for name, hidden in self.hidden.items()}


def _mask(tensor: str) -> str:
    return f"mask/{tensor}"


def _value(tensor: str) -> str:
    """A tensor behind its mask once more, so that it can be asked for beside the derivative by it."""
    return f"masked/{tensor}"


def _with_masks(model: onnx.ModelProto, hidden: Mapping[str, Hidden], scores: str) -> onnx.ModelProto:
    made = onnx.ModelProto()
    made.CopyFrom(model)
    graph = made.graph
    wanted = {one.layer.tensor: one for one in hidden.values()}
    nodes = []
    for node in graph.node:
        nodes.append(node)
        for place, name in enumerate(node.output):
            if name in wanted:
                node.output[place] = f"whole/{name}"
                nodes.append(helper.make_node("Mul", [f"whole/{name}", _mask(name)], [name], name=_mask(name)))
                nodes.append(helper.make_node("Identity", [name], [_value(name)], name=_value(name)))
    kept = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(kept)
    graph.input.extend(
        helper.make_tensor_value_info(_mask(name), onnx.TensorProto.FLOAT, [1, *(one.layer.shape or ())])
        for name, one in wanted.items()
    )
    if scores not in {value.name for value in graph.output}:
        graph.output.append(helper.make_empty_tensor_value_info(scores))
    return made


def accuracy(scores: np.ndarray, answers: np.ndarray) -> float:
    """The share of samples whose highest score is right."""
    return float((scores.argmax(1) == answers).mean())


def loss(scores: np.ndarray, answers: np.ndarray) -> float:
    """The mean cross-entropy."""
    shifted = scores.astype(np.float64) - scores.max(1, keepdims=True)
    log = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return float(-log[np.arange(len(log)), answers].mean())
