# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Weights that PyTorch's quantised layers keep packed: a matrix of few bits and its bias in one object.

A state dict has them as the tuple "fc._packed_params._packed_params", a pickled module as an object of its own, an
archive of TorchScript as an object of torch.classes.quantized. They are called "fc.weight" and "fc.bias", as in the
layer before it was quantised.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...containers.pickle.records import STATE, Array, Tensor, Thing

PACKED, DEEPEST = "_packed_params", 4


def tensors(packed: Any, path: str) -> dict[str, Tensor]:
    """The weight and the bias in a packed object, or in the state of a quantised layer; empty where it is none.

    `path` is that of the object, "fc._packed_params._packed_params".
    """
    if isinstance(packed, Thing):
        state = packed.state.get(STATE)
        if (
            state is None
            or not packed.kind.name.endswith(("PackedParamsBase", "ScriptObject"))
            and (".quantized." not in packed.kind.module)
        ):
            return {}
    elif path.rpartition(".")[2] == PACKED and isinstance(packed, (tuple, list)):
        state = packed
    else:
        return {}
    held = list(_all(state))
    place = next((place for place, tensor in enumerate(held) if tensor.scale is not None), None)
    if place is None:
        return {}
    base = ".".join(part for part in path.split(".") if part != PACKED)
    layer = {"weight": held[place]}
    bias = next((tensor for tensor in held[place + 1 :] if len(tensor.shape) == 1), None)
    if bias is not None:
        layer["bias"] = bias
    return {f"{base}.{name}" if base else name: tensor for name, tensor in layer.items()}


def _all(state, depth: int = 0) -> Iterator[Tensor]:
    for value in state:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (list, tuple)) and depth < DEEPEST:
            yield from _all(value, depth + 1)


def without_settings(tensors: dict) -> dict:
    """Tensors by name without the scales and zero points of what quantised layers give, which are no weights."""
    if not any(isinstance(tensor, Tensor) and tensor.scale is not None for tensor in tensors.values()):
        return tensors
    bases = [name.removesuffix("zero_point") for name in tensors if name.endswith("zero_point")]
    gone = {
        base + part
        for base in bases
        for part in ("scale", "zero_point")
        if all(
            isinstance(setting := tensors.get(base + each), (Tensor, Array)) and max(setting.shape, default=1) == 1
            for each in ("scale", "zero_point")
        )
    }
    return {name: tensor for name, tensor in tensors.items() if name not in gone}
