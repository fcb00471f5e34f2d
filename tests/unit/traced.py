# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reads whom in an inferred graph, traced from weight to weight as tests/data/families/make_truth.py does it."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import onnx
from onnx import TensorProto

from neuroscene.addon.formats import Checkpoint
from unit.make import DATA

FAMILIES = DATA / "families"
SUMS = ("Add", "Sub", "Concat")  # weights among what these put together read nothing
ENDS = ("weight", "bias", "running_mean", "running_var", "in_proj_weight", "in_proj_bias")
MASKS = ("attention_mask",)  # inputs that say what counts, and are no data


def owner_of(name: str) -> str:
    """The module of a tensor; of a number that is a module's only one the tensor itself."""
    above, _, last = name.rpartition(".")
    if last.startswith("in_proj_"):
        return f"{above}.in_proj"
    return above if last in ENDS else name


def edges_of(checkpoint: Checkpoint) -> set[tuple[str, str]]:
    """(source, module that reads it) over all operators without weights; "input" is an input of the model."""
    graph = checkpoint.model.graph
    weights = {
        tensor.name: frozenset((owner_of(tensor.name),))
        for tensor in graph.initializer
        if tensor.data_location == TensorProto.EXTERNAL
    }
    sources = {
        value.name: frozenset(("input",))
        for value in graph.input
        if value.name not in checkpoint.open and not value.name.startswith(MASKS)
    }
    edges, products = set(), {}  # what is read where a matrix is applied whose bias comes after
    for node in graph.node:
        own = frozenset().union(*(weights.get(name, ()) for name in node.input))
        read = frozenset().union(*(sources.get(name, ()) for name in node.input))
        if node.op_type == "Shape":
            own = read = frozenset()
        if own and (read or any(name in checkpoint.open for name in node.input)):
            if node.op_type in SUMS:
                biased = frozenset().union(*(products.get(name, ()) for name in node.input))
                edges |= {(source, owner) for source in biased for owner in own if source != owner}
                read |= own
            else:
                edges |= {(source, owner) for source in read for owner in own if source != owner}
                products.update((name, read) for name in node.output if node.op_type == "MatMul")
                read = own
        for name in node.output:
            sources[name] = read
            weights[name] = frozenset() if read else own
    return edges


def write(path: Path, shapes: Mapping[str, list[int] | None]) -> None:
    """A safetensors file of tensors of these shapes, all zeros and not on the disk; None is a counter."""
    header, offset = {}, 0
    for name, shape in shapes.items():
        size = 4 if shape is not None else 8
        for number in shape or ():
            size *= number
        kind = "F32" if shape is not None else "I64"
        header[name] = {"dtype": kind, "shape": shape or [], "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + offset)


def model_of(folder: Path, name: str) -> tuple[Path, dict]:
    """The weights of a family as a file, with its configuration beside, and what is true of it."""
    truth = json.loads((FAMILIES / f"{name}.json").read_text())
    write(folder / "model.safetensors", dict(sorted(truth["shapes"].items())))
    if truth["config"]:
        (folder / "config.json").write_text(json.dumps(truth["config"]))
    return folder / "model.safetensors", truth


def compared(checkpoint: Checkpoint, truth: dict) -> tuple[float, float, set, set]:
    """Precision and recall of the edges, those that are wrong, and those that are missing.

    Modules that the run in truth did not call, as for an input that it was not given, do not count.
    """
    true = {(truth["layers"][source], truth["layers"][target]) for source, target in truth["edges"]}
    called = {"input", *truth["layers"]}
    made = {edge for edge in edges_of(checkpoint) if called.issuperset(edge)}
    right = true & made
    return len(right) / max(1, len(made)), len(right) / len(true), made - true, true - made


def contradictions(checkpoint: Checkpoint) -> list[str]:
    """Operators that read a tensor whose width is not that of the weights that they read it with."""
    graph = onnx.shape_inference.infer_shapes(checkpoint.model).graph
    shapes = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    for value in (*graph.input, *graph.value_info):
        shapes[value.name] = [dim.dim_value for dim in value.type.tensor_type.shape.dim]  # 0 where it is open
    wrong = []
    for node in (node for node in graph.node if not node.domain):
        data, weight, *_ = (shapes.get(name, []) for name in (*node.input, "", ""))
        attributes = {one.name: one.i for one in node.attribute}
        pairs = []
        if data and weight and node.op_type == "Conv":
            pairs = [(data[1], weight[1] * attributes.get("group", 1))]
        elif data and weight and node.op_type == "ConvTranspose":
            pairs = [(data[1], weight[0])]
        elif data and weight and node.op_type == "Gemm":
            pairs = [(data[1], weight[1 if attributes.get("transB") else 0])]
        elif data and weight and node.op_type == "MatMul":
            pairs = [(data[-1], weight[-2 if len(weight) > 1 else -1])]
        elif data and weight and node.op_type in ("BatchNormalization", "GroupNormalization"):
            pairs = [(data[1], weight[0])]
        elif data and weight and node.op_type in ("LayerNormalization", "LSTM", "GRU", "RNN"):
            pairs = [(data[-1], weight[-1])]
        elif data and weight and node.op_type in ("Add", "Mul", "Sub", "Div", "PRelu"):
            pairs = [pair for pair in zip(reversed(data), reversed(weight), strict=False) if 1 not in pair]
        wrong += [
            f"{node.name} ({node.op_type}): {have} for {want}" for have, want in pairs if have and want and have != want
        ]
    return wrong
