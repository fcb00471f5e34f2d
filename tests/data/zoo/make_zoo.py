# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the zoo beside this file: small ONNX files with random weights, and truth.json with facts about them.

Every file is checked by onnx.checker and run by onnxruntime; what it computes is held against the torch module.

Usage: python make_zoo.py [name ...]   (torch 2.13, onnx, onnxscript and onnxruntime; no name: all of them)
"""

import json
import sys
import tempfile
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import by_hand
import language
import numpy as np
import onnx
import onnxruntime
import torch
import vision
from torch import nn

HERE = Path(__file__).parent
SCOPES = {"namespace", "pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy"}


@dataclass
class Export:
    """A module, an input for each of its arguments, and the exporter's settings."""

    module: type[nn.Module]
    inputs: dict[str, tuple]  # name: shape of a float input, or (shape, how many ids) of an integer one
    opset: int = 17
    dynamo: bool = False
    keep_norm: bool = False
    dynamic: dict[int, str] = field(default_factory=dict)


IMAGE = {"image": (1, 3, 64, 64)}
TEXT = {0: "batch", 1: "sequence"}
EXPORTS = {
    "resnet18": Export(vision.ResNet, IMAGE, keep_norm=True),
    "vit": Export(vision.VisionTransformer, {"image": (1, 3, 32, 32)}, opset=20, dynamo=True),
    "bert": Export(
        language.BertModel,
        {"input_ids": ((2, 7), 100), "attention_mask": ((2, 7), 2), "token_type_ids": ((2, 7), 2)},
        opset=12,
        dynamic=TEXT,
    ),
    "gpt2": Export(language.GPT2LMHeadModel, {"input_ids": ((2, 7), 128)}, opset=14, dynamic=TEXT),
    "unet": Export(vision.UNet, {"image": (1, 1, 64, 64)}),
    "mobilenet_v3": Export(vision.MobileNetV3, {"image": (1, 3, 96, 96)}, opset=13),
    "lstm": Export(language.Tagger, {"tokens": ((1, 7), 50)}, dynamic={1: "sequence"}),
    "densenet": Export(vision.DenseNet, IMAGE),
    "inception": Export(vision.GoogLeNet, IMAGE),
}
COPIES = {"bert_unnamed": "bert", "resnet18_old": "resnet18"}
BY_HAND = {"control": by_hand.control, "functions": by_hand.functions}


def build(export: Export) -> nn.Module:
    """The module in evaluation mode; its normalisations have statistics other than 0 and 1."""
    torch.manual_seed(0)
    module = export.module()
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.weight.uniform_(0.8, 1.2)
                part.bias.normal_(0, 0.1)
                part.running_mean.normal_(0, 0.1)
                part.running_var.uniform_(0.5, 1.5)
            elif isinstance(part, nn.LayerNorm):
                part.weight.uniform_(0.8, 1.2)
                part.bias.normal_(0, 0.1)
    return module.eval()


def example(export: Export) -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    return {
        name: torch.randint(shape[1], shape[0]) if isinstance(shape[0], tuple) else torch.randn(shape)
        for name, shape in export.inputs.items()
    }


def write(export: Export, module: nn.Module) -> onnx.ModelProto:
    inputs = example(export)
    axes = {name: export.dynamic for name in (*inputs, "output")} if export.dynamic else None
    settings = (
        {"dynamo": True, "external_data": False}
        if export.dynamo
        else {
            "dynamo": False,
            "dynamic_axes": axes,
            # Evaluation mode folds a normalisation into the convolution before it; to preserve the mode does not.
            "training": torch.onnx.TrainingMode.PRESERVE if export.keep_norm else torch.onnx.TrainingMode.EVAL,
        }
    )
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "model.onnx"
        torch.onnx.export(
            module,
            tuple(inputs.values()),
            path,
            input_names=list(inputs),
            output_names=["output"],
            opset_version=export.opset,
            **settings,
        )
        return onnx.load(path)


def _only_scopes(part) -> None:
    kept = [(prop.key, prop.value) for prop in part.metadata_props if prop.key in SCOPES]
    del part.metadata_props[:]
    for key, value in kept:
        part.metadata_props.add(key=key, value=value)


def tidy(model: onnx.ModelProto, keep_scopes=True) -> None:
    """Drop documentation, stack traces and all other metadata but the exporter's scopes."""
    graph = model.graph
    for part in (
        model,
        graph,
        *model.functions,
        *graph.node,
        *graph.initializer,
        *graph.value_info,
        *graph.input,
        *graph.output,
    ):
        part.ClearField("doc_string")
        if keep_scopes and isinstance(part, onnx.NodeProto):
            _only_scopes(part)
        else:
            part.ClearField("metadata_props")


def rename_values(graph: onnx.GraphProto, new) -> None:
    """Give every value of a graph without subgraphs the name `new(old)`; the empty name stays empty."""
    for node in graph.node:
        node.input[:] = [new(name) if name else "" for name in node.input]
        node.output[:] = [new(name) if name else "" for name in node.output]
    for value in (*graph.input, *graph.output, *graph.initializer, *graph.value_info):
        value.name = new(value.name)


def unnamed(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with names that say nothing: n0, n1 ... for nodes, t0, t1 ... for tensors."""
    names = {}
    rename_values(model.graph, lambda name: names.setdefault(name, f"t{len(names)}"))
    for number, node in enumerate(model.graph.node):
        node.name = f"n{number}"
    model.graph.name = "graph"
    tidy(model, keep_scopes=False)
    return model


def old(model: onnx.ModelProto) -> onnx.ModelProto:
    """Names as torch wrote them before 1.13: nodes Conv_0, Relu_2, numbers for values; weights keep their names."""
    graph, names = model.graph, {}
    kept = {value.name for value in (*graph.input, *graph.output, *graph.initializer)}
    first = 1 + len(kept)
    rename_values(graph, lambda name: name if name in kept else names.setdefault(name, str(first + len(names))))
    for number, node in enumerate(graph.node):
        node.name = f"{node.op_type}_{number}"
    graph.name = "torch-jit-export"
    return model


def _leaves(module: nn.Module) -> list[list[str]]:
    return [[name, type(part).__name__] for name, part in module.named_modules() if not any(part.children())]


def _alike(module: nn.Module) -> tuple:
    return repr(module), tuple((name, tuple(value.shape)) for name, value in module.named_parameters())


def _runs(module: nn.Module) -> list[list[str]]:
    """[parent, first child, last child, how many] for every run of equal neighbours that hold modules themselves."""
    found = []
    for parent, part in module.named_modules():
        children = [(name, _alike(child)) for name, child in part.named_children() if any(child.children())]
        start = 0
        for end in range(1, len(children) + 1):
            if end == len(children) or children[end][1] != children[start][1]:
                if end - start > 1:
                    found.append([parent, children[start][0], children[end - 1][0], end - start])
                start = end
    return found


def truth(module: nn.Module) -> dict:
    """What the torch module says of itself: sizes, module names and classes, equal neighbours."""
    runs = _runs(module)
    repeats = {}
    for parent, _, _, count in runs:
        repeats[parent] = max(count, repeats.get(parent, 0))
    return {
        "parameters": sum(value.numel() for value in module.parameters()),
        "buffers": sum(value.numel() for value in module.buffers()),
        "blocks": [name for name, part in module.named_modules() if name and len(_leaves(part)) > 1],
        "repeats": repeats,
        "runs": runs,
        "leaves": _leaves(module),
    }


def run(model: onnx.ModelProto, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    outputs = session.run(None, inputs)
    assert all(np.isfinite(output).all() for output in outputs)
    return outputs


def check(model: onnx.ModelProto, export: Export, module: nn.Module) -> None:
    """Raise unless onnxruntime gets what the torch module gets."""
    inputs = example(export)
    arrays = dict(zip((value.name for value in model.graph.input), (x.numpy() for x in inputs.values()), strict=True))
    with torch.no_grad():
        expected = module(*inputs.values()).numpy()
    np.testing.assert_allclose(run(model, arrays)[0], expected, rtol=1e-3, atol=1e-4)


def check_by_hand(model: onnx.ModelProto) -> None:
    for shift in (-1, 1):  # both branches of an If
        run(
            model,
            {
                value.name: np.full([dim.dim_value or 2 for dim in value.type.tensor_type.shape.dim], shift, np.float32)
                for value in model.graph.input
            },
        )


def save(name: str, model: onnx.ModelProto) -> None:
    path = HERE / f"{name}.onnx"
    onnx.save(model, path)
    nodes = model.graph.node
    counts = ", ".join(f"{op} {count}" for op, count in Counter(node.op_type for node in nodes).most_common())
    print(f"{path.name}: {path.stat().st_size // 1000} kB, {len(nodes)} nodes: {counts}")


def main(names: list[str]) -> None:
    facts = {}
    for name, export in EXPORTS.items():
        module = build(export)
        facts[name] = truth(module)
        wanted = {name, *(copy for copy, of in COPIES.items() if of == name)} & set(names or (*EXPORTS, *COPIES))
        if not wanted:
            continue
        model = write(export, module)
        tidy(model)
        for each in (name, *COPIES):
            if each in wanted:
                done = {"bert_unnamed": unnamed, "resnet18_old": old}.get(each, lambda model: model)(model)
                check(done, export, module)
                save(each, done)
    for name, make in BY_HAND.items():
        if not names or name in names:
            model = make()
            check_by_hand(model)
            save(name, model)
    facts |= {copy: facts[of] for copy, of in COPIES.items()}
    lines = (f" {json.dumps(name)}: {json.dumps(fact)}" for name, fact in facts.items())
    (HERE / "truth.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
