# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks to begin with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..containers import CheckpointError
from ..containers.natural_order import brief
from .specification import Specification, parse

DIGITS = [str(digit) for digit in range(10)]
DEEP, SHALLOW = (10, 10, 10), 54  # units of hidden layers: 272 weights in both
IMAGE = {"name": "image", "shape": [1, 28, 28]}


def _mlp() -> dict[str, Any]:
    return {
        "input": IMAGE,
        "classes": DIGITS,
        "layers": [
            {"name": "dense1", "op": "Dense", "units": 64, "activation": "Relu"},
            {"name": "dense2", "op": "Dense", "units": 32, "activation": "Relu"},
            {"name": "answer", "op": "Dense", "units": 10, "activation": "Softmax"},
        ],
    }


def _lenet() -> dict[str, Any]:
    """After LeCun et al. 1998."""
    return {
        "input": IMAGE,
        "classes": DIGITS,
        "layers": [
            {"name": "conv1", "op": "Conv", "units": 8, "kernel": 5, "padding": "same", "activation": "Relu"},
            {"name": "pool1", "op": "MaxPool", "kernel": 2},
            {"name": "conv2", "op": "Conv", "units": 16, "kernel": 5, "activation": "Relu"},
            {"name": "pool2", "op": "MaxPool", "kernel": 2},
            {"name": "dense1", "op": "Dense", "units": 32, "activation": "Relu"},
            {"name": "answer", "op": "Dense", "units": 10, "activation": "Softmax"},
        ],
    }


def _resnet() -> dict[str, Any]:
    """After He et al. 2016: three stages of one block."""
    layers: list[dict[str, Any]] = [
        {"name": "conv1", "op": "Conv", "units": 8, "padding": "same", "bias": False},
        {"name": "norm1", "op": "BatchNormalization", "activation": "Relu"},
    ]
    before, width = "norm1", 8
    for stage, units in enumerate((8, 16, 32), 1):
        name = f"stage{stage}"
        stride = 1 if stage == 1 else 2
        layers += [
            {
                "name": f"{name}.conv1",
                "op": "Conv",
                "units": units,
                "stride": stride,
                "padding": 1,
                "bias": False,
                "inputs": [before],
            },
            {"name": f"{name}.norm1", "op": "BatchNormalization", "activation": "Relu"},
            {"name": f"{name}.conv2", "op": "Conv", "units": units, "padding": 1, "bias": False},
            {"name": f"{name}.norm2", "op": "BatchNormalization"},
        ]
        around = before
        if units != width or stride > 1:
            around = f"{name}.around"
            layers.append(
                {"name": around, "op": "Conv", "units": units, "kernel": 1, "stride": stride, "inputs": [before]}
            )
        layers.append({"name": f"{name}.sum", "op": "Add", "inputs": [f"{name}.norm2", around], "activation": "Relu"})
        before, width = f"{name}.sum", units
    layers += [
        {"name": "average", "op": "GlobalAveragePool"},
        {"name": "answer", "op": "Dense", "units": 10, "activation": "Softmax"},
    ]
    return {"input": IMAGE, "classes": DIGITS, "layers": layers}


def _unet() -> dict[str, Any]:
    """After Ronneberger et al. 2015."""
    conv = {"op": "Conv", "padding": "same", "activation": "Relu"}
    return {
        "input": {"name": "image", "shape": [1, 64, 64]},
        "layers": [
            {"name": "down1", "units": 8, **conv},
            {"name": "pool1", "op": "MaxPool"},
            {"name": "down2", "units": 16, **conv},
            {"name": "pool2", "op": "MaxPool"},
            {"name": "bottom", "units": 32, **conv},
            {"name": "grow2", "op": "ConvTranspose", "units": 16},
            {"name": "joined2", "op": "Concat", "inputs": ["down2", "grow2"]},
            {"name": "up2", "units": 16, **conv},
            {"name": "grow1", "op": "ConvTranspose", "units": 8},
            {"name": "joined1", "op": "Concat", "inputs": ["down1", "grow1"]},
            {"name": "up1", "units": 8, **conv},
            {"name": "answer", "op": "Conv", "units": 1, "kernel": 1, "activation": "Sigmoid"},
        ],
    }


def _gpt(tokens: int = 10, length: int = 12) -> dict[str, Any]:
    """After Radford et al. 2018: two blocks over so many tokens."""
    layers: list[dict[str, Any]] = [{"name": "tokens", "op": "Embedding", "units": 32}]
    before = "tokens"
    for number in range(2):
        name = f"block{number}"
        layers += [
            {"name": f"{name}.norm1", "op": "LayerNormalization", "inputs": [before]},
            {"name": f"{name}.attention", "op": "Attention", "heads": 4, "causal": True},
            {"name": f"{name}.sum1", "op": "Add", "inputs": [before, f"{name}.attention"]},
            {"name": f"{name}.norm2", "op": "LayerNormalization"},
            {"name": f"{name}.wide", "op": "Dense", "units": 64, "activation": "Gelu"},
            {"name": f"{name}.narrow", "op": "Dense", "units": 32},
            {"name": f"{name}.sum2", "op": "Add", "inputs": [f"{name}.sum1", f"{name}.narrow"]},
        ]
        before = f"{name}.sum2"
    layers += [
        {"name": "norm", "op": "LayerNormalization"},
        {"name": "answer", "op": "Dense", "units": tokens, "activation": "Softmax"},
    ]
    return {"input": {"name": "tokens_in", "shape": [length], "tokens": tokens}, "layers": layers}


def _sorter() -> dict[str, Any]:
    """Sorts six letters, each A, B or C, by saying the next letter: it reads them and what it has sorted so far, which
    is at most five of the six."""
    return {**_gpt(3, 11), "classes": ["A", "B", "C"]}


def _spiral(widths: Sequence[int]) -> dict[str, Any]:
    """Two numbers to one of two classes, by dense layers of these widths."""
    hidden = [
        {"name": f"hidden{number}", "op": "Dense", "units": width, "activation": "Tanh"}
        for number, width in enumerate(widths, 1)
    ]
    answer = {"name": "answer", "op": "Dense", "units": 2, "activation": "Softmax"}
    return {"input": {"name": "point", "shape": [2]}, "classes": ["A", "B"], "layers": [*hidden, answer]}


def _autoencoder() -> dict[str, Any]:
    """After Hinton and Salakhutdinov 2006, with convolutions: a digit as two numbers, and out of these again."""
    return {
        "input": IMAGE,
        "layers": [
            {"name": "look1", "op": "Conv", "units": 8, "stride": 2, "padding": 1, "activation": "Elu"},
            {"name": "look2", "op": "Conv", "units": 16, "stride": 2, "padding": 1, "activation": "Elu"},
            {"name": "wide1", "op": "Dense", "units": 32, "activation": "Elu"},
            {"name": "code", "op": "Dense", "units": 2},
            {"name": "wide2", "op": "Dense", "units": 32, "activation": "Elu"},
            {"name": "maps", "op": "Dense", "units": 392, "activation": "Elu"},
            {"name": "small", "op": "Reshape", "shape": [8, 7, 7]},
            {"name": "draw1", "op": "ConvTranspose", "units": 12, "kernel": 4, "padding": 1, "activation": "Elu"},
            {"name": "picture", "op": "ConvTranspose", "units": 1, "kernel": 4, "padding": 1, "activation": "Sigmoid"},
        ],
    }


TEMPLATES: dict[str, Callable[[], dict[str, Any]]] = {
    "mlp": _mlp,
    "lenet": _lenet,
    "resnet": _resnet,
    "unet": _unet,
    "gpt": _gpt,
    "spiral-shallow": lambda: _spiral([SHALLOW]),
    "spiral-deep": lambda: _spiral(DEEP),
    "autoencoder": _autoencoder,
    "sorter": _sorter,
}


def template(name: str, seed: int = 0) -> Specification:
    """A template of `TEMPLATES`. Raises `CheckpointError`."""
    if name not in TEMPLATES:
        raise CheckpointError(brief(name), "is no template", f"the templates are: {', '.join(TEMPLATES)}")
    return parse({"name": name, "seed": seed, **TEMPLATES[name]()}, name)
