# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules that a node or a weight belonged to in its framework, from the names that the exporter left.

A scope is a tuple of names, outermost first, in the style of torch's first exporter: the children of a container carry
its name ("layer1", "layer1.0", "conv1"). A container that is never called itself, such as a ModuleList, is not listed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

import onnx

from ..formats.checkpoint import LAYER

Scope = tuple[str, ...]

LONGEST = 10_000  # characters of a name
DEEPEST = 32  # levels
FILES = {"bin", "h5", "json", "npy", "onnx", "pb", "pt", "pth", "py", "raw", "safetensors", "tflite"}


def scope_of(node: onnx.NodeProto) -> Scope:
    """The names of the modules round a node; empty at the top of the model, and where the exporter left none."""
    left = {prop.key: prop.value for prop in node.metadata_props if len(prop.value) <= LONGEST}
    return (
        tuple(filter(None, left.get(LAYER, "").split("/")[:DEEPEST]))
        or _torch_scopes(left.get("pkg.torch.onnx.name_scopes", ""))
        or _torch_namespace(left.get("namespace", ""))
        or _above(node.name)
        or next((_above(name) for name in node.output if "/" in name), ())
    )


def scopes_of_weights(names: Iterable[str]) -> Scope:
    """The scope that stored tensors share; for nodes without a name of meaning that read weights with one.

    Containers are listed, called or not: a weight's name does not tell.
    """
    return common([scope for name in names if (scope := _above(name))])


def common(scopes: Iterable[Scope]) -> Scope:
    """The longest scope round all of these."""
    scopes = list(scopes)
    first = min(scopes, default=())
    last = max(scopes, default=())
    equal = (part == other for part, other in zip(first, last, strict=False))
    return first[: next((depth for depth, same in enumerate(equal) if not same), min(len(first), len(last)))]


def _above(name: str) -> Scope:
    """The path before the last part of a name, be it "/layer1/layer1.0/Add" or "layer1.0.conv1.weight"."""
    if len(name) > LONGEST:
        return ()
    if "/" in name:
        return tuple(part for part in name.partition(";")[0].split("/") if part)[:-1][:DEEPEST]
    *path, last = name.split(".")
    if last.isdigit() or last.lower() in FILES or not all(part.isidentifier() or part.isdigit() for part in path):
        return ()  # Conv.0, model.onnx, onnx::Conv_497
    return tuple(_short(path[: depth + 1]) for depth in range(min(len(path), DEEPEST)))


def _torch_scopes(value: str) -> Scope:
    """torch.export: "['', 'layer1', 'layer1.0', 'layer1.0.conv1', 'conv2d']"; the last is the node."""
    if not value:
        return ()
    try:
        names = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ()
    return _calls(names[:-1]) if isinstance(names, list) and all(isinstance(name, str) for name in names) else ()


def _torch_namespace(value: str) -> Scope:
    """torch.export: ": ResNet/layer1: Sequential/layer1.0: BasicBlock/relu: aten.relu"; the last is the node."""
    return _calls([part.partition(":")[0].strip() for part in value.split("/")[:-1]])


def _calls(names: list[str]) -> Scope:
    """The scope of modules by their qualified names, each called by the one before it."""
    names = [name.replace("/", ".").strip(".") for name in names]
    return tuple(_short(name.split(".")) for name in names if name)[:DEEPEST]


def _short(path: list[str]) -> str:
    """layer1.0.conv1 -> conv1; layer1.0 -> layer1.0; a second call of a module is layer1.0@1."""
    first = len(path) - 1
    while first and path[first].partition("@")[0].isdigit():
        first -= 1
    return ".".join(path[first:])
