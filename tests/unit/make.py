# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small ONNX models for the tests, and the questions that several of them ask."""

from __future__ import annotations

import json
from math import prod
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from neuroscene.addon.network import Network, summarise
from neuroscene.addon.structure import open_checkpoint

FLOAT = TensorProto.FLOAT
DATA = Path(__file__).resolve().parents[1] / "data"


def info(name, shape, kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs, outputs, **attributes)


def seeded(*shape, seed=0) -> np.ndarray:
    """Normally distributed float32 numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def graph(nodes, inputs, outputs, weights=None, **more) -> onnx.GraphProto:
    """`inputs` and `outputs` map names to shapes; `weights` maps names to arrays or tensors."""
    stored = [
        value if isinstance(value, TensorProto) else numpy_helper.from_array(np.asarray(value), name)
        for name, value in (weights or {}).items()
    ]
    return helper.make_graph(
        nodes,
        "graph",
        [info(*pair) for pair in inputs.items()],
        [info(*pair) for pair in outputs.items()],
        stored,
        **more,
    )


def model(nodes, inputs, outputs, weights=None, opset=17, functions=(), domains=(), **more) -> onnx.ModelProto:
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    made = graph(nodes, inputs, outputs, weights, **more)
    return helper.make_model(made, opset_imports=opsets, functions=list(functions), ir_version=10)


def save(folder: Path, made: onnx.ModelProto | bytes, name: str = "model.onnx") -> Path:
    path = folder / name
    path.write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
    return path


def network(folder: Path, made: onnx.ModelProto, sizes=None, name: str = "model.onnx", by_node=True) -> Network:
    """The network of a model, as a rule with each node as a layer, so that every join is tested by itself."""
    return summarise(open_checkpoint(save(folder, made, name)), sizes, by_node)


def run(made: onnx.ModelProto, inputs: dict[str, np.ndarray], tensors: list[str] | None = None) -> list[np.ndarray]:
    """The outputs by onnxruntime, or these tensors."""
    copy = onnx.ModelProto()
    copy.CopyFrom(made)
    have = {value.name for value in copy.graph.output}
    copy.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in tensors or () if name not in have)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(copy.SerializeToString(), options, ["CPUExecutionProvider"])
    return session.run(tensors, inputs)


def every_tensor(path: Path, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every tensor that the nodes of a model give, and its inputs, by onnxruntime alone."""
    made = onnx.load(path)
    names = [name for node in made.graph.node for name in node.output if name]
    return dict(zip(names, run(made, inputs, names), strict=True)) | inputs


def edges_of(connection):
    """Every edge of a connection."""
    return connection.join.into(np.arange(connection.target.size))


def summed(connections, values: dict[str, np.ndarray]) -> np.ndarray:
    """For each cell of the layer that these connections feed: the sum over its edges of weight x source value."""
    total = np.zeros(connections[0].target.size)
    for connection in connections:
        edges = edges_of(connection)
        source = values[connection.source.shown].ravel().astype(np.float64)
        np.add.at(total, edges.target, edges.weight * source[edges.source])
    return total


def into(found: Network, name: str):
    """The connections that feed a layer."""
    return [one for one in found.connections if one.target.name == name]


def sum_of_edges(folder: Path, made: onnx.ModelProto, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """What the edges into the model's last layer sum up to, and what onnxruntime computes for it, both flat."""
    found = network(folder, made)
    given = {spec.name: seeded(*spec.shape, seed=seed) for spec in found.inputs}
    last = found.layers[-1]
    known = set(given)
    tensors = [layer.tensor for layer in found.layers if layer.tensor not in known]
    values = given | dict(zip(tensors, run(made, given, tensors), strict=True))
    connections = into(found, last.name)
    assert all(one.join.carries != "unknown" for one in connections)
    return summed(connections, values), values[last.tensor].ravel()


LLAMA = {
    "self_attn.q_proj": (4096, 4096),
    "self_attn.k_proj": (1024, 4096),
    "self_attn.v_proj": (1024, 4096),
    "self_attn.o_proj": (4096, 4096),
    "mlp.gate_proj": (11008, 4096),
    "mlp.up_proj": (11008, 4096),
    "mlp.down_proj": (4096, 11008),
    "input_layernorm": (4096,),
    "post_attention_layernorm": (4096,),
}


def llama_shards(folder: Path, layers: int = 40, count: int = 4) -> tuple[Path, int]:
    """The index of a sharded safetensors model of 14.7 GB, and how many bytes its tensors have. The files are sparse:
    they take no room."""
    shapes = {"model.embed_tokens.weight": (32000, 4096), "lm_head.weight": (32000, 4096), "model.norm.weight": (4096,)}
    shapes |= {f"model.layers.{layer}.{name}.weight": shape for layer in range(layers) for name, shape in LLAMA.items()}
    places, total = {}, 0
    for number in range(count):
        file, header, end = f"model-{number + 1:05}-of-{count:05}.safetensors", {}, 0
        for name in sorted(list(shapes)[number::count]):
            begin, end = end, end + 2 * prod(shapes[name])
            header[name] = {"dtype": "BF16", "shape": list(shapes[name]), "data_offsets": [begin, end]}
            places[name] = file
        head = json.dumps(header).encode()
        with (folder / file).open("wb") as opened:
            opened.write(len(head).to_bytes(8, "little") + head)
            opened.truncate(8 + len(head) + end)
        total += end
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": places}))
    return index, total
