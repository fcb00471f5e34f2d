# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a network is made of, as a person writes it: layers, their settings, what reads what, and a seed.

    {"name": "lenet", "input": {"name": "image", "shape": [1, 28, 28]}, "seed": 0, "layers": [
        {"name": "conv1", "op": "Conv", "units": 8, "kernel": 3, "padding": "same", "activation": "Relu"},
        {"name": "pool1", "op": "MaxPool", "kernel": 2},
        {"name": "dense1", "op": "Dense", "units": 10, "activation": "Softmax"}]}

A layer reads the one before it, unless its `inputs` name others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..containers import CheckpointError, bounded_json
from ..containers.natural_order import brief

MOST_LAYERS, LARGEST_SIZE = 10_000, 1 << 20
INPUT_KEYS = ("name", "shape", "tokens")
SETTINGS = {  # operator -> settings that it knows
    "Conv": ("units", "kernel", "stride", "padding", "dilation", "groups", "bias", "activation"),
    "DepthwiseConv": ("kernel", "stride", "padding", "dilation", "bias", "activation"),
    "ConvTranspose": ("units", "kernel", "stride", "padding", "bias", "activation"),
    "MaxPool": ("kernel", "stride", "padding"),
    "AveragePool": ("kernel", "stride", "padding"),
    "GlobalAveragePool": (),
    "Dense": ("units", "bias", "activation"),
    "Activation": ("activation",),
    "BatchNormalization": ("activation",),
    "LayerNormalization": ("activation",),
    "Dropout": ("rate",),
    "Flatten": (),
    "Reshape": ("shape",),
    "Add": ("activation",),
    "Concat": ("activation",),
    "Embedding": ("units", "tokens", "places"),
    "Attention": ("heads", "causal"),
    "LSTM": ("units", "sequence"),
    "GRU": ("units", "sequence"),
}
SEVERAL = ("Add", "Concat")  # read two or more
ACTIVATIONS = ("Relu", "LeakyRelu", "Elu", "Gelu", "Sigmoid", "Tanh", "Softplus", "HardSwish", "Softmax")


@dataclass(frozen=True)
class LayerSpec:
    """A layer: its name, operator, settings by name, and the names of the layers or the input that it reads."""

    name: str
    op: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Specification:
    """`shape` is that of one sample of the input; `tokens` how many tokens it knows, 0 where it reads numbers."""

    name: str
    input: str
    shape: tuple[int, ...]
    layers: tuple[LayerSpec, ...]
    tokens: int = 0
    classes: tuple[str, ...] = ()
    seed: int = 0

    def to_json(self) -> str:
        """The same as text."""
        layers = []
        before = self.input
        for layer in self.layers:
            own = {"name": layer.name, "op": layer.op, **layer.settings}
            if layer.inputs != (before,):
                own["inputs"] = list(layer.inputs)
            layers.append(own)
            before = layer.name
        whole: dict[str, Any] = {"name": self.name, "input": {"name": self.input, "shape": list(self.shape)}}
        if self.tokens:
            whole["input"]["tokens"] = self.tokens
        if self.classes:
            whole["classes"] = list(self.classes)
        return json.dumps(whole | {"seed": self.seed, "layers": layers}, indent=1)


def read(path: str | Path) -> Specification:
    """The specification of a JSON file. Raises `CheckpointError`."""
    return parse(bounded_json.read(Path(path), "the specification"), path)


def parse(content: Any, path: str | Path = "specification") -> Specification:
    """The specification of plain data, checked. Raises `CheckpointError`."""
    checked = _Checker(path)
    whole = checked.group(content, "the specification", ("name", "input", "layers", "seed", "classes"))
    given = checked.group(whole.get("input"), "'input'", INPUT_KEYS)
    shape = tuple(checked.count(size, "a size of the input") for size in checked.items(given.get("shape"), "the shape"))
    if not 1 <= len(shape) <= 4:
        raise checked.refused("an input has 1 to 4 axes", "leave the batch out of its shape")
    name = checked.text(given.get("name", "input"), "the name of the input")
    known = {name}
    before = name
    layers = []
    for number, item in enumerate(checked.items(whole.get("layers"), "'layers'"), 1):
        layer = checked.layer(item, number, before, known)
        known.add(layer.name)
        before = layer.name
        layers.append(layer)
    if not layers:
        raise checked.refused("there are no layers", "write at least one")
    tokens = checked.count(given["tokens"], "'tokens'") if "tokens" in given else 0
    classes = tuple(checked.text(one, "a class") for one in checked.items(whole.get("classes", []), "'classes'"))
    seed = whole.get("seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 1 << 63:
        raise checked.refused("the seed is no whole number from 0 on")
    named = checked.text(whole.get("name", "network"), "the name")
    return Specification(named, name, shape, tuple(layers), tokens, classes, seed)


class _Checker:
    def __init__(self, path):
        self.path = path

    def refused(self, what: str, advice: str = "") -> CheckpointError:
        return CheckpointError(self.path, f"is no specification that can be built: {what}", advice)

    def group(self, value, what, keys) -> dict:
        if not isinstance(value, dict):
            raise self.refused(f"{what} is missing, or is not a group of named values")
        unknown = [key for key in value if key not in keys]
        if unknown:
            raise self.refused(f"{what} has '{brief(str(unknown[0]))}'", f"it may have: {', '.join(keys)}")
        return value

    def items(self, value, what) -> list:
        if not isinstance(value, list) or len(value) > MOST_LAYERS:
            raise self.refused(f"{what} is missing, or is not a list of at most {MOST_LAYERS:,}")
        return value

    def text(self, value, what) -> str:
        if not isinstance(value, str) or not value or len(value) > 200:
            raise self.refused(f"{what} is not a short text")
        return value

    def count(self, value, what) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= LARGEST_SIZE:
            raise self.refused(f"{what} is not a whole number from 1 to {LARGEST_SIZE:,}")
        return value

    def layer(self, item, number, before, known) -> LayerSpec:
        op = item.get("op") if isinstance(item, dict) else None
        if op not in SETTINGS:
            raise self.refused(f"layer {number} has no operator that we know", f"'op' is one of {', '.join(SETTINGS)}")
        keys = ("name", "op", "inputs", *SETTINGS[op])
        given = self.group(item, f"layer {number} ({op})", keys)
        name = self.text(given.get("name", f"{op.lower()}{number}"), f"the name of layer {number}")
        if name in known:
            raise self.refused(f"two layers are called '{brief(name)}'")
        inputs = tuple(self.text(one, f"an input of '{brief(name)}'") for one in given.get("inputs", [before]))
        missing = [one for one in inputs if one not in known]
        if missing:
            raise self.refused(f"'{brief(name)}' reads '{brief(missing[0])}', which is not before it")
        if op in SEVERAL and len(inputs) < 2 or op not in SEVERAL and len(inputs) != 1:
            wanted = "two or more layers" if op in SEVERAL else "one layer"
            raise self.refused(f"'{brief(name)}' ({op}) reads {len(inputs)}, and needs {wanted}", "write its 'inputs'")
        settings = {key: value for key, value in given.items() if key not in ("name", "op", "inputs")}
        if settings.get("activation") not in (None, *ACTIVATIONS):
            raise self.refused(
                f"'{brief(name)}' has an activation that we do not know", f"it is one of {', '.join(ACTIVATIONS)}"
            )
        return LayerSpec(name, op, settings, inputs)
