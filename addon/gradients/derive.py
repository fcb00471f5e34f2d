# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A model -> a model that also gives the derivatives of one tensor by others, by the chain rule from its last node to
its first (reverse mode, Linnainmaa 1970). onnxruntime computes it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import NodeProto, helper

from ..containers import CheckpointError
from ..containers.natural_order import brief
from ..formats import Checkpoint
from ..inference.session import Session
from . import (
    attention,
    convolution,
    elementwise,
    linear,
    movement,
    normalisation,
    pooling,
    recurrent,
    reductions,
    simplify,
)
from .rules import DECOMPOSED, RULES, TRAINED
from .tape import PREFIX, NoRuleError, Tape

SEED = f"{PREFIX}seed"
FAMILIES = attention, convolution, elementwise, linear, movement, normalisation, pooling, recurrent, reductions
STANDARD = ("", "ai.onnx")
DEEPEST = 8  # how often an operator may stand for others that stand for others


@dataclass
class Derivative:
    """A model with one more input, a seed of the shape of the tensor `of`, that gives the derivatives of the sum of
    `of` x seed by other tensors: `outputs` are their names by those of the tensors. `shape` is that of `of`."""

    checkpoint: Checkpoint
    model: onnx.ModelProto
    of: str
    shape: tuple[int, ...]
    dtype: np.dtype
    outputs: dict[str, str]
    zeros: dict[str, tuple[tuple[int, ...], np.dtype]]  # tensors on which it does not depend
    also: tuple[str, ...] = ()  # further tensors that it gives
    masks: dict[str, tuple[tuple[int, ...], float]] = field(default_factory=dict)  # as of `Tape`
    statistics: dict[str, tuple[str, float]] = field(default_factory=dict)
    _session: Session | None = field(default=None, repr=False)

    def run(self, inputs: Mapping[str, np.ndarray], seed: np.ndarray) -> dict[str, np.ndarray]:
        """The tensor `of` and those of `also`, and the derivatives, by the names of the tensors by which they are."""
        if self._session is None:
            self._session = Session(self.checkpoint, self.model, optimised=True)
        others = [name for name in self.also if name != self.of and name not in self.outputs]
        names = [self.of, *others, *self.outputs.values()]
        values = self._session.run(names, {**inputs, SEED: np.asarray(seed, self.dtype).reshape(self.shape)})
        given = dict(zip([self.of, *others, *self.outputs], values, strict=True))
        return given | {name: np.zeros(shape, dtype) for name, (shape, dtype) in self.zeros.items()}


def derive(
    checkpoint: Checkpoint,
    inputs: Mapping[str, np.ndarray],
    of: str,
    by: Sequence[str],
    relu: str = "gradient",
    also: Sequence[str] = (),
    training: bool = False,
    resting: Collection[str] = (),
) -> Derivative:
    """The derivatives of a tensor `of` by the tensors `by` (inputs, activations, weights), for inputs of these shapes.

    `relu` is what passes a Relu: its derivative, or what *guided* backpropagation and *deconvnet* let pass. `also` are
    tensors that the model gives too. In `training` batch normalisation and dropout do what they do then, and weights
    among `inputs` are inputs of the model; a normalisation whose running numbers are among `resting` does as it does
    otherwise. Raises `CheckpointError`, naming the operator and its node, where it has no
    rule.
    """
    model = simplify.copy(checkpoint)
    _check(checkpoint, model, inputs, of, by)
    del model.graph.output[:]
    _take_weights(model, inputs)
    nodes = _put(model, simplify.leading_to(model.graph.node, {of, *also, *by}))
    simplify.drop_unused(model)
    facts = simplify.facts(checkpoint, model, inputs)
    version = simplify.version_of(model)
    resting = frozenset(resting)
    tape = Tape(facts, version, relu, training)
    trained = TRAINED if training else {}
    masks: dict[str, tuple[tuple[int, ...], float]] = {}
    statistics: dict[str, tuple[str, float]] = {}
    for _ in range(DEEPEST):
        path = [
            node
            for node in _path(nodes, of, by)
            if node.op_type in trained and resting.isdisjoint(node.input) or not _has_rule(node)
        ]
        if not path:
            break
        nodes = _put(model, _written_out(checkpoint, tape, nodes, {id(node) for node in path}))
        model.graph.initializer.extend(tape.initializers)
        masks |= tape.masks
        statistics |= tape.statistics
        model.graph.input.extend(
            helper.make_tensor_value_info(name, tape.type(of), list(shape)) for name, (shape, _) in tape.masks.items()
        )
        ones = {name: np.ones(shape, np.float32) for name, (shape, _) in masks.items()}
        facts = simplify.facts(checkpoint, model, {**inputs, **ones})
        tape = Tape(facts, version, relu, training, count=tape.count)
    seed = tape.name("seed")
    gradients = {of: [seed]}
    path = _path(nodes, of, by)
    depending = simplify.depending_on(nodes, by)
    if of not in depending:
        path = []
    for node in reversed(path):
        _back(checkpoint, tape, node, gradients, depending)
    outputs = {}
    zeros = {}
    for name in dict.fromkeys(by):
        total = _total(tape, gradients, name) if of in depending else None
        if total is None:
            zeros[name] = facts.shapes[name], helper.tensor_dtype_to_np_dtype(tape.type(name))
        else:
            outputs[name] = tape.write(f"{PREFIX}by/{name}", "Identity", total)
    model.graph.node.extend(tape.nodes)
    model.graph.initializer.extend(tape.initializers)
    model.graph.input.append(helper.make_tensor_value_info(SEED, tape.type(of), list(facts.shapes[of])))
    model.graph.node.insert(0, helper.make_node("Identity", [SEED], [seed], name=SEED))
    made = {name for node in nodes for name in node.output} | {value.name for value in model.graph.input}
    model.graph.output.extend(
        helper.make_empty_tensor_value_info(name)
        for name in dict.fromkeys((of, *outputs.values(), *also))
        if name in made or name in outputs.values()
    )
    dtype = helper.tensor_dtype_to_np_dtype(tape.type(of))
    return Derivative(checkpoint, model, of, facts.shapes[of], dtype, outputs, zeros, tuple(also), masks, statistics)


def _check(checkpoint, model, inputs, of, by):
    known = {name for node in model.graph.node for name in node.output} | {value.name for value in model.graph.input}
    weights = {tensor.name for tensor in model.graph.initializer}
    for name in (of, *by):
        if name not in known | weights:
            raise CheckpointError(checkpoint.path, f"has no tensor '{brief(name)}'")
    for name in by:
        if name in inputs and inputs[name].dtype.kind != "f":
            raise CheckpointError(
                checkpoint.path,
                f"reads whole numbers as '{brief(name)}', and no derivative by these exists",
                "choose a layer after it",
            )


def _take_weights(model: onnx.ModelProto, inputs: Mapping[str, np.ndarray]) -> None:
    """Let weights that are given be inputs, and inputs have the shapes that are given."""
    kept = [tensor for tensor in model.graph.initializer if tensor.name not in inputs]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    others = [value for value in model.graph.input if value.name not in inputs]
    del model.graph.input[:]
    model.graph.input.extend(others)
    model.graph.input.extend(
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), list(array.shape))
        for name, array in inputs.items()
    )


def _put(model: onnx.ModelProto, nodes: Iterable[NodeProto]) -> list[NodeProto]:
    """Let a model have these nodes; they are then other objects."""
    kept = list(nodes)
    del model.graph.node[:]
    model.graph.node.extend(kept)
    del model.graph.value_info[:]
    return list(model.graph.node)


def _has_rule(node: NodeProto) -> bool:
    return node.op_type in RULES and node.domain in STANDARD


def _path(nodes: Sequence[NodeProto], of: str, by: Collection[str]) -> list[NodeProto]:
    """The nodes between the tensors `by` and the tensor `of`, in order."""
    depending = simplify.depending_on(nodes, by)
    return [node for node in simplify.leading_to(nodes, [of]) if depending.intersection(simplify.reads(node))]


def _written_out(checkpoint, tape, nodes, without):
    """The nodes, with simpler ones in place of those that have no rule, by their ids."""
    made = []
    for number, node in enumerate(nodes):
        if id(node) not in without:
            made.append(node)
            continue
        write = (TRAINED if tape.training else {}).get(node.op_type) or DECOMPOSED.get(node.op_type)
        if write:
            with tape.apart() as written:
                try:
                    write(tape, node)
                except NoRuleError as error:
                    raise _refused(checkpoint, node, str(error)) from error
            made.extend(written)
            continue
        body = simplify.inline(node, tape.version, number)
        if body is None:
            raise _refused(checkpoint, node)
        made.extend(body)
    return made


def _back(checkpoint, tape, node, gradients, depending):
    """Let a node hand the derivatives of what it gives to what it reads."""
    given = [_total(tape, gradients, name) if name else None for name in node.output]
    if not any(given):
        return
    wanted = [bool(name) and name in depending and tape.is_float(name) for name in node.input]
    if not any(wanted) and not any(name in depending for name in node.input):
        raise _refused(checkpoint, node, "it has branches of its own")
    if not any(wanted):
        return
    try:
        made = RULES[node.op_type](tape, node, given, wanted)
    except NoRuleError as error:
        raise _refused(checkpoint, node, str(error)) from error
    for name, gradient, asked in zip(node.input, made, wanted, strict=False):
        if asked and gradient is not None:
            gradients.setdefault(name, []).append(gradient)


def _total(tape: Tape, gradients: dict[str, list[str]], name: str) -> str | None:
    """The sum of the derivatives of all who read a tensor."""
    some = gradients.get(name)
    if not some:
        return None
    if len(some) > 1:
        gradients[name] = [tape.add("Sum", *some)]
    return gradients[name][0]


def _refused(checkpoint, node: NodeProto, why: str = "") -> CheckpointError:
    operator = f"{node.domain}.{node.op_type}" if node.domain not in STANDARD else node.op_type
    return CheckpointError(
        checkpoint.path,
        f"no derivative goes through {operator} ('{brief(node.name or node.output[0])}')" + (f": {why}" if why else ""),
        "choose a layer after it",
    )
