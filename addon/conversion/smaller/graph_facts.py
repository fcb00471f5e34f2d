# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A model as units can be taken out of it: what is constant stands in it as numbers, every shape is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, helper, numpy_helper

from ...formats import Checkpoint
from ...formats.checkpoint import captured, subgraphs
from ...formats.repeated_names import make_unique
from ...inference.session import opened

RANDOM = {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli"}
QUANTISED = {"DequantizeLinear"}  # weights behind these stay the small numbers that they are
INLINE = 1 << 10  # elements of a weight that stands in the graph itself
MOST_MADE = 1 << 16  # elements of a constant that is made of less, as one number repeated


@dataclass
class GraphFacts:
    """A copy of a model. `shapes` and `kinds` are by tensor those of one run, `values` the numbers of small
    tensors, `makers` the node that makes a tensor, `readers` those that read it, `weights` read initializers, `outputs`
    what the model gives.
    """

    checkpoint: Checkpoint
    model: onnx.ModelProto
    shapes: dict[str, tuple[int, ...]]
    kinds: dict[str, np.dtype]
    values: dict[str, np.ndarray] = field(repr=False)
    weights: dict[str, Callable[[], np.ndarray]] = field(repr=False)
    makers: dict[str, NodeProto] = field(default_factory=dict, repr=False)
    readers: dict[str, list[NodeProto]] = field(default_factory=dict, repr=False)
    outputs: set[str] = field(default_factory=set)

    def index(self) -> None:
        """Find makers and readers anew."""
        self.makers = {name: node for node in self.model.graph.node for name in node.output if name}
        self.readers = {}
        for node in self.model.graph.node:
            for name in {*filter(None, node.input), *captured(node)}:
                self.readers.setdefault(name, []).append(node)
        self.outputs = {value.name for value in self.model.graph.output}

    def small(self, name: str) -> np.ndarray | None:
        """The numbers of a tensor, where they do not depend on what goes in."""
        if name in self.weights:
            return self.weights[name]()
        return None

    @property
    def opset(self) -> int:
        return next((opset.version for opset in self.model.opset_import if opset.domain in ("", "ai.onnx")), 1)


def facts_of(checkpoint: Checkpoint, inputs: Mapping[str, np.ndarray]) -> GraphFacts:
    """The model of a checkpoint as units can be taken out of it, its shapes from one run. Raises `CheckpointError`."""
    model = onnx.ModelProto()
    model.CopyFrom(checkpoint.model)
    make_unique(model.graph)
    made = [name for node in model.graph.node for name in node.output if name]
    session, names = opened(checkpoint, made)
    values = {
        name: value
        for name, value in zip(names, session.run(names, inputs), strict=True)
        if isinstance(value, np.ndarray)
    }
    held = {tensor.name: tensor for tensor in checkpoint.model.graph.initializer}
    given = {value.name for value in model.graph.input} - held.keys()
    shapes = {name: value.shape for name, value in values.items()}
    shapes |= {name: tuple(tensor.dims) for name, tensor in held.items()}
    shapes |= {name: array.shape for name, array in inputs.items()}
    weights: dict[str, Callable[[], np.ndarray]] = {
        name: partial(checkpoint.array, tensor) for name, tensor in held.items()
    }
    small = {name: value for name, value in values.items() if value.size <= 64}
    kinds = {name: value.dtype for name, value in values.items()}
    facts = GraphFacts(checkpoint, model, shapes, kinds, small, weights)
    _put_constants(facts, values, given)
    facts.index()
    return facts


def _put_constants(facts: GraphFacts, values: Mapping[str, np.ndarray], given: set[str]) -> None:
    """Numbers in the place of nodes that only work on constants."""
    graph = facts.model.graph
    known = set(facts.weights)
    kept = []
    for node in graph.node:
        outputs = [name for name in node.output if name]
        inputs = [name for name in node.input if name]
        sizes = sum(values[name].size if name in values else 1 << 62 for name in outputs)
        before = sum(int(np.prod(facts.shapes.get(name, ()))) for name in inputs)
        constant = (
            all(name in known for name in inputs)
            and not any(subgraphs(node))
            and node.op_type not in RANDOM | QUANTISED
            and sizes < max(MOST_MADE, 2 * before)
        )
        if not constant:
            kept.append(node)
            continue
        for name in outputs:
            known.add(name)
            facts.weights[name] = partial(np.asarray, values[name])
            graph.initializer.append(stored(name, values[name]))
    nodes = [NodeProto.FromString(node.SerializeToString()) for node in kept]
    del graph.node[:]
    graph.node.extend(nodes)


def stored(name: str, array: np.ndarray) -> TensorProto:
    """An initializer, whose numbers a checkpoint's reader gives where they are many."""
    if array.size <= INLINE:
        return numpy_helper.from_array(np.asarray(array, order="C"), name)
    kind = helper.np_dtype_to_tensor_dtype(array.dtype)
    tensor = TensorProto(name=name, data_type=kind, dims=array.shape, data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="")
    return tensor


def remade(facts: GraphFacts) -> Checkpoint:
    """A checkpoint of the model as it is now."""
    graph = facts.model.graph
    read = {name for node in graph.node for name in (*node.input, *captured(node))} | facts.outputs
    known = {tensor.name: tensor for tensor in graph.initializer if tensor.name in read}
    readers = {
        name: facts.weights[name] for name, tensor in known.items() if tensor.data_location == TensorProto.EXTERNAL
    }
    tensors = [TensorProto.FromString(tensor.SerializeToString()) for tensor in known.values()]
    del graph.initializer[:]
    graph.initializer.extend(tensors)
    inputs = [value for value in graph.input if value.name not in facts.weights]
    copied = onnx.GraphProto(input=inputs)
    del graph.input[:]
    graph.input.extend(copied.input)
    del graph.value_info[:]
    new = copy(facts.checkpoint)
    new.model, new.readers, new.notes = facts.model, readers, list(facts.checkpoint.notes)
    return new
