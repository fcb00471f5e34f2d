# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Graphs written down as Python, and what holds for every network that is made of one."""

import ast

import numpy as np
import onnx

from neuroscene.addon.network.drawn import share_out
from neuroscene.addon.network.lines import strongest
from unit.make import into, model, network, node, run, seeded, summed


def written(text, inputs, weights=None, opset=17, outputs=None) -> onnx.ModelProto:
    """A model from lines such as `y = Mul(x, 0.5)` or `a, b = Split(x, axis=1)`; numbers are constants.

    `inputs` maps names to shapes, `weights` to arrays or to shapes of random ones; those that no line reads are left
    out. Without `outputs` the last tensor is the output.
    """
    lines, nodes = _lines(text), []
    read = {one.id for line in lines for one in ast.walk(line.value) if isinstance(one, ast.Name)}
    inputs = {name: shape for name, shape in inputs.items() if name in read}
    weights = {name: value for name, value in (weights or {}).items() if name in read}
    weights = {
        name: seeded(*value, seed=1 + i) if isinstance(value, tuple) else value
        for i, (name, value) in enumerate(weights.items())
    }
    for line in lines:
        call, target = line.value, line.targets[0]
        names = [one.id for one in getattr(target, "elts", [target])]
        given = []
        for one in call.args:
            if isinstance(one, ast.Name):
                given.append("" if one.id == "_" else one.id)
                continue
            value = ast.literal_eval(one)
            given.append(f"const{len(weights)}")
            weights[given[-1]] = np.asarray(value, np.float32 if isinstance(value, float) else np.int64)
        more = {one.arg: ast.literal_eval(one.value) for one in call.keywords}
        nodes.append(node(call.func.id, given, names, **more))
    return model(nodes, inputs, dict.fromkeys(outputs or [nodes[-1].output[0]]), weights, opset)


def _lines(text):
    return ast.parse("\n".join(line.strip() for line in text.replace(";", "\n").split("\n"))).body


def copied(text, suffix, **renamed) -> str:
    """The same lines with the suffix behind every tensor that they make, or another name for it."""
    lines = _lines(text)
    names = [one for line in lines for one in ast.walk(line) if isinstance(one, ast.Name)]
    made = {one.id: one.id + suffix for one in names if isinstance(one.ctx, ast.Store)} | renamed
    for one in names:
        one.id = made.get(one.id, one.id)
    return "\n".join(map(ast.unparse, lines))


def random_inputs(found, seed=1) -> dict[str, np.ndarray]:
    """Something for every input: small whole numbers, or normally distributed ones."""
    kinds = {"float32": lambda shape: seeded(*shape, seed=seed)}
    return {
        spec.name: kinds.get(spec.dtype, lambda shape, kind=spec.dtype: np.ones(shape, kind))(spec.shape)
        for spec in found.inputs
    }


def depending(graph) -> set[str]:
    """The tensors whose numbers, and not only whose shapes, depend on an input: worked out from the file alone."""
    stored = {one.name for one in graph.initializer}
    found = {value.name for value in graph.input} - stored
    for one in graph.node:
        inner = {name for each in one.attribute if each.HasField("g") for part in each.g.node for name in part.input}
        read = one.input[:1] if one.op_type == "CastLike" else one.input  # of the other only the type
        if one.op_type not in ("Shape", "Size") and found & {*read, *inner}:
            found.update(filter(None, one.output))
    return found


def sound(found):
    """Every node is in one layer, layers come behind what they read, and all of it can be drawn."""
    graph = found.checkpoint.model.graph
    names = [layer.name for layer in found.layers]
    assert len(set(names)) == len(names) and all(names)
    for position, layer in enumerate(found.layers):
        assert all(source in names[:position] for source in layer.inputs), layer.name
    assert {(one.source.name, one.target.name) for one in found.connections if one.source is not one.target} == {
        (source, layer.name) for layer in found.layers for source in layer.inputs
    }
    assert all(one.source is not one.target or one.source.op in ("LSTM", "GRU", "RNN") for one in found.connections)
    assert sum(layer.nodes for layer in found.layers) == len(graph.node)
    parts = [part.tensor for layer in found.layers for part in layer.parts]
    assert len(set(parts)) == len(parts)
    live = depending(graph)
    for one in graph.node:
        tensor = next(filter(None, one.output), "")
        assert (tensor in parts) == (tensor in live) or tensor in {value.name for value in graph.output}, one.name
    for layer in found.layers:
        assert layer.op == "Input" or layer.tensor in {part.tensor for part in layer.parts}
        assert layer.op == "Input" or layer.shown in {part.tensor for part in layer.parts}
    drawn = share_out(found, 500)
    for one in found.connections:
        strongest(one, drawn[one.source.name], drawn[one.target.name], 20)
    return found


def put_together(folder, made):
    """The sound network of a model, with what belongs together in one layer."""
    return sound(network(folder, made, by_node=False))


def ops(found) -> list[tuple[str, str]]:
    """Each layer's operator and those of its parts."""
    return [(layer.op, " ".join(part.op for part in layer.parts)) for layer in found.layers if layer.op != "Input"]


def edges_and_truth(found, made, layer, tensor=None):
    """What the edges into a layer sum up to, and what onnxruntime computes for its main operator's `tensor`."""
    given = random_inputs(found)
    connections = into(found, layer)
    assert connections and all(one.join.carries != "unknown" for one in connections)
    wanted = [one.source.tensor for one in connections if one.source.tensor not in given]
    tensor = tensor or found.layer(layer).tensor
    *values, expected = run(made, given, [*wanted, tensor])
    return summed(connections, given | dict(zip(wanted, values, strict=True))), expected.ravel()
