# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which variables a Keras layer has, by Keras's names and in the order in which Keras saves them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from . import applied
from .config import Layer
from .keras1 import GATES_APART

OWN = {
    "Dense": "kernel bias",
    "EinsumDense": "kernel bias",
    "Embedding": "embeddings",
    "ReversibleEmbedding": "embeddings reverse_embeddings",
    "PReLU": "alpha",
    **dict.fromkeys(
        ("Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), "kernel bias"
    ),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), "depthwise_kernel bias"),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), "depthwise_kernel pointwise_kernel bias"),
    **dict.fromkeys(("LocallyConnected1D", "LocallyConnected2D"), "kernel bias"),
    "BatchNormalization": "gamma beta moving_mean moving_variance",
    "LayerNormalization": "gamma beta",
    "GroupNormalization": "gamma beta",
    "LayerScale": "gamma",
    "RMSNormalization": "scale",
    "Normalization": "mean variance count",
    "SpectralNormalization": "vector_u",
    "AdditiveAttention": "scale",
    "Attention": "scale concat_score_weight",
    **dict.fromkeys(
        ("LSTMCell", "GRUCell", "SimpleRNNCell", "ConvLSTM2D", "CuDNNLSTM", "CuDNNGRU", "ConvLSTMCell"),
        "kernel recurrent_kernel bias",
    ),
}
UNTRAINED = applied.BESIDE | {"moving_mean", "moving_variance", "mean", "variance", "count", "vector_u"}
CELLS = {
    "LSTM": "LSTMCell",
    "GRU": "GRUCell",
    "SimpleRNN": "SimpleRNNCell",
    "ConvLSTM1D": "ConvLSTMCell",
    "ConvLSTM2D": "ConvLSTMCell",
    "ConvLSTM3D": "ConvLSTMCell",
}
# Keras 1 kept the gates of a recurrent layer apart, in this order.
GATES = {"LSTM": "icfo", "GRU": "zrh"}
PROJECTIONS = {"query": "query_dense", "key": "key_dense", "value": "value_dense", "attention_output": "output_dense"}

# A variable is there unless the setting is False (True for those of the second table).
ABSENT = {"bias": "use_bias", "beta": "center", "gamma": "scale", "reverse_embeddings": "untied"}
NAMES = {name for names in OWN.values() for name in names.split()} | applied.BESIDE
ALIASES = {
    "W": "kernel",
    "b": "bias",
    "U": "recurrent_kernel",
    "running_mean": "moving_mean",
    "running_std": "moving_variance",
    "alphas": "alpha",
}
# A variable's name at the end of a weight's, with the gate of Keras 1 or a number behind it.
ENDS = re.compile(rf"(?:^|_)({'|'.join(sorted({*NAMES, *ALIASES}, key=len, reverse=True))})(_[icfozrh])?(?:_\d+)?$")


@dataclass(frozen=True)
class Part:
    """A layer inside a layer: what goes before its variables' names, and which groups of a file it may be in."""

    prefix: str
    groups: tuple[str, ...]
    layer: Layer


def own(layer: Layer) -> list[str]:
    """The names of a layer's own variables, in Keras's order."""
    kind, config = layer.kind, layer.config
    if quantised := applied.names(layer):
        return quantised
    if config.get(GATES_APART) and kind in GATES:
        return [f"{name}_{gate}" for gate in GATES[kind] for name in ("kernel", "recurrent_kernel", "bias")]
    names = OWN.get(kind, "").split()
    if kind == "Normalization" and config.get("mean") is not None:
        return []
    if kind == "LayerNormalization" and config.get("rms_scaling"):
        return ["gamma"]
    if kind == "AdditiveAttention":
        return names if config.get("use_scale", True) else []
    if kind == "Attention":
        return names[not config.get("use_scale") : 1 + (config.get("score_mode") == "concat")]
    if kind == "ReversibleEmbedding":
        return names[: 1 + (not config.get("tie_weights", True))]
    return [name for name in names if config.get(ABSENT.get(name, ""), True) is not False]


def parts(layer: Layer) -> list[Part]:
    """The layers inside a layer, in Keras's order."""
    kind, inner = layer.kind, layer.inner
    if kind in CELLS and not layer.config.get(GATES_APART):
        return [Part("", ("cell",), Layer(CELLS[kind], "", layer.config))]
    if kind in ("MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention"):
        names = dict(PROJECTIONS)
        if layer.config.get("use_gate"):
            names = {"query": "query_dense", "key": "key_dense", "gate": "gate_dense"} | names
        return [
            Part(name, (group, f"_{group}"), Layer("EinsumDense", name, {"use_bias": layer.config.get("use_bias")}))
            for name, group in names.items()
        ]
    if kind == "Bidirectional" and inner:
        return [Part("forward", ("forward_layer",), inner[0]), Part("backward", ("backward_layer",), inner[-1])]
    if kind == "StackedRNNCells":
        return [
            Part(f"cell_{index}", (f"cells/{name}",), cell)
            for index, (cell, name) in enumerate(zip(inner, numbered(inner), strict=True))
        ]
    return [Part("", ("layer", "cell"), inner[0])] if len(inner) == 1 else []


def variables(layer: Layer) -> Iterator[tuple[str, bool]]:
    """Every variable of a layer and of what is in it: its name, and whether it is trained."""
    for name in own(layer):
        yield name, layer.trainable and name not in UNTRAINED
    for part in parts(layer):
        for name, trained in variables(part.layer):
            yield f"{part.prefix}/{name}" if part.prefix else name, trained and layer.trainable
    for inner in layer.model.layers if layer.model else ():
        for name, trained in variables(inner):
            yield f"{inner.name}/{name}", trained and layer.trainable


def snake(kind: str) -> str:
    """The name that Keras 3 gives the group of a layer of this class: Conv2D -> conv2d, LSTMCell -> lstm_cell."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", kind.rpartition(">")[2]))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def numbered(layers: list[Layer]) -> list[str]:
    """The names of the groups of these layers in a Keras 3 file: conv2d, conv2d_1, dense."""
    counts: dict[str, int] = {}
    names = []
    for layer in layers:
        name = snake(layer.kind)
        counts[name] = counts.get(name, -1) + 1
        names.append(f"{name}_{counts[name]}" if counts[name] else name)
    return names


def said(name: str) -> str:
    """The name of a variable at the end of a weight's name: "conv1/kernel:0", "dense_1/bias_2", "conv1_W:0"."""
    last = re.sub(r":\d+$", "", name.rsplit("/", 1)[-1])
    match = ENDS.search(last)
    return ALIASES.get(match[1], match[1]) + (match[2] or "") if match else last
