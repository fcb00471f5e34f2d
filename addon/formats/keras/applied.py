# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Weights of Keras's layers as they are applied: quantised ones scaled, those of LoRA with what was learnt beside them.

The formulas and the order of variables are those of Keras 3: layers/core/dense.py, embedding.py and quantizers/.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import ml_dtypes
import numpy as np
from onnx import TensorProto

from ...containers.errors import CheckpointError
from ...containers.stored import Stored, numbers
from ..checkpoint import ROUNDING
from .config import Layer
from .graph import Unwritable

if TYPE_CHECKING:
    from .call import Call

MODES = ("int8", "int4", "float8", "gptq", "awq")
# What a layer keeps beside its weight, which is the first, and its bias: by how it is quantised, in Keras's order.
ORDER = {
    "int8": "{0} bias {0}_scale",
    "int4": "{0} bias {0}_scale {0}_zero g_idx",
    "float8": "{0} bias inputs_scale inputs_amax_history {0}_scale {0}_amax_history outputs_grad_scale "
    "outputs_grad_amax_history",
    "gptq": "bias {0} {0}_scale {0}_zero g_idx",
    "awq": "bias {0} {0}_scale {0}_zero awq_scales g_idx",
}
KINDS = {"Dense": "kernel", "EinsumDense": "kernel", "Embedding": "embeddings"}
BESIDE = (
    {f"{weight}_{part}" for weight in ("kernel", "embeddings") for part in ("scale", "zero", "amax_history")}
    | {"g_idx", "awq_scales", "inputs_scale", "inputs_amax_history", "outputs_grad_scale", "outputs_grad_amax_history"}
    | {f"lora_{weight}_{part}" for weight in ("kernel", "embeddings") for part in "ab"}
)
LARGEST_FLOAT8 = 448.0  # of float8_e4m3fn


def mode(layer: Layer) -> str:
    """How a layer is quantised; empty where it is not."""
    policy = layer.config.get("dtype")
    if (
        not isinstance(policy, dict)
        or "Quantized" not in str(policy.get("class_name"))
        and not str(policy.get("class_name")).startswith(("GPTQ", "AWQ", "Int4"))
    ):
        return ""
    config = policy.get("config")
    said = str(config.get("mode", "") if isinstance(config, dict) else "")
    return next((known for known in MODES if said.startswith(known)), said or "unknown")


def names(layer: Layer) -> list[str]:
    """The variables of a quantised layer, in Keras's order; empty where they are those of any."""
    weight, how = KINDS.get(layer.kind), mode(layer)
    if not weight or how not in ORDER:
        return []
    variables = ORDER[how].format(weight).split()
    has_bias = (
        layer.kind != "Embedding"
        and layer.config.get("use_bias", True) is not False
        and (layer.kind == "Dense" or layer.config.get("bias_axes"))
    )
    return [name for name in variables if name != "bias" or has_bias]


def can_write(layer: Layer) -> bool:
    """Whether a layer is not quantised, or in a way that is known here."""
    how = mode(layer)
    return not how or layer.kind == "Dense" and how in MODES or layer.kind == "Embedding" and how in ("int8", "int4")


def weight(call: Call, name: str, shape: tuple[int | None, ...]) -> str:
    """The tensor of a variable as it is applied, float32."""
    if mode(call.layer) and name == KINDS.get(call.layer.kind):
        made = call.graph.weight(_quantised(call, name, shape))
    else:
        made = call.real(call.graph.weight(call.stored(name, *shape)))
    first, second = (call.beside(f"lora_{name}_{part}") for part in "ab")
    rank = call.config.get("lora_rank")
    if first is None or second is None or not isinstance(rank, int) or rank < 1:
        return made
    alpha = call.config.get("lora_alpha")
    factor = alpha / rank if isinstance(alpha, (int, float)) else 1.0
    product = call.node("MatMul", *(call.real(call.graph.weight(matrix)) for matrix in (first, second)))
    if factor != 1:
        product = call.node("Mul", product, call.number(factor))
    return call.node("Add", made, product)


def _quantised(call: Call, name: str, shape: tuple[int | None, ...]) -> Stored:
    """A quantised weight as the numbers that it stands for, (inputs, units) or (words, features)."""
    key = f"{call.place}/{call.prefix}{name}"
    if key in call.graph.applied:
        return call.graph.applied[key]
    held = {name: call.stored(name, *[None] * len(shape))}
    held |= {part: stored for part in BESIDE if (stored := call.beside(part)) is not None}
    units = call.config["units"] if name == "kernel" else call.config["output_dim"]
    made = scaled(mode(call.layer), held, name, units, call.folder)
    if made is None or any(want not in (None, have) for want, have in zip(shape, made.shape, strict=True)):
        raise Unwritable("quantized weights that do not fit their scales")
    for stored in held.values():
        call.graph.writer.use(stored)
    call.graph.applied[key] = made
    return made


def scaled(how: str, held: dict[str, Stored], name: str, units: int, folder: Path) -> Stored | None:
    """A weight from its parts, which lie in files of this folder; None where they do not fit one another."""
    whole = _shape(how, held, name, units)
    if whole is None:
        return None

    def read():
        parts = {part: numbers(stored, folder) for part, stored in held.items()}
        try:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # scales of 0 are the file's
                return np.ascontiguousarray(FORMULAS[how](parts, name, whole), np.float32)
        except IndexError as error:
            raise CheckpointError(
                folder / held[name].file, f"the groups of '{held[name].name}' are not there", "fetch it again"
            ) from error

    return Stored(held[name].name, whole, TensorProto.FLOAT, read=read)


def _shape(how, held, name, units):
    """The shape of a weight, None where its parts do not fit it."""
    stored, scale = held[name].shape, held.get(f"{name}_scale")
    if scale is None or len(stored) != 2:
        return None
    packed = -(-units // 2)
    if how in ("gptq", "awq"):
        whole = stored[1], units
        fits = (stored[0] == packed or how == "gptq" and stored[0] == units) and _groups(
            held, name, (units, None), stored[1]
        )
    elif how == "int4":
        whole = stored[0], units
        flat = (units,) if name == "kernel" else stored[:1]
        fits = stored[1] == packed and (
            scale.shape == flat or name == "kernel" and _groups(held, name, (None, units), stored[0])
        )
    else:
        whole = stored
        flat = {"float8": ()}.get(how, (units,) if name == "kernel" else stored[:1])
        fits = scale.shape == flat and stored[1] == units
    return whole if fits else None


def _groups(held, name, shape, inputs):
    parts = [held.get(f"{name}_{part}") for part in ("scale", "zero")]
    return all(
        stored is not None
        and len(stored.shape) == 2
        and all(want in (None, have) for want, have in zip(shape, stored.shape, strict=True))
        for stored in parts
    ) and ("g_idx" in held and held["g_idx"].shape == (inputs,))


def _halves(packed, count, axis):
    """Two numbers of four bits from each byte along an axis, the low half first."""
    low, high = packed & 15, packed.view(np.uint8) >> 4
    both = np.stack([low.view(np.uint8), high], axis + 1 if axis >= 0 else packed.ndim)
    shape = list(packed.shape)
    shape[axis] *= 2
    return np.take(both.reshape(shape), np.arange(count), axis)


def _int8(parts, name, shape):
    scale = parts[f"{name}_scale"].astype(np.float32)
    return parts[name].astype(np.float32) / (scale if name == "kernel" else scale[:, None])


def _int4(parts, name, shape):
    made = (_halves(parts[name], shape[1], -1) ^ 8).astype(np.float32) - 8
    scale = parts[f"{name}_scale"].astype(np.float32)
    if scale.ndim == 1:
        return made / (scale if name == "kernel" else scale[:, None])
    group = parts["g_idx"].astype(np.int64)
    return (made - parts[f"{name}_zero"].astype(np.float32)[group]) * scale[group]


def _float8(parts, name, shape):
    scale = parts[f"{name}_scale"].astype(np.float32)
    made = np.clip(parts[name].astype(np.float32) / scale, -LARGEST_FLOAT8, LARGEST_FLOAT8)
    return made.astype(ml_dtypes.float8_e4m3fn).astype(np.float32) * scale


def _gptq(parts, name, shape):
    packed = parts[name]
    made = packed if packed.shape[0] == shape[1] else _halves(packed, shape[1], 0)
    group = parts["g_idx"].astype(np.int64)
    zero, scale = (parts[f"{name}_{part}"].astype(np.float32)[:, group] for part in ("zero", "scale"))
    return ((made.astype(np.float32) - zero) * scale).T


def _awq(parts, name, shape):
    return _gptq(parts, name, shape) / parts["awq_scales"].astype(np.float32)[:, None]


FORMULAS = {"int8": _int8, "int4": _int4, "float8": _float8, "gptq": _gptq, "awq": _awq}


def rounded(call: Call, x: str) -> str:
    """What a quantised layer makes of what it reads: for int8 the nearest of 255 numbers, as far apart as the largest
    of a row asks for; for float8 the nearest of its type."""
    how = mode(call.layer)
    first = len(call.graph.nodes)
    if how == "float8" and (stored := call.beside("inputs_scale")) is not None:
        scale = call.real(call.graph.weight(stored))
        made = call.node("Div", x, scale)
        made = call.node("Clip", made, call.number(-LARGEST_FLOAT8), call.number(LARGEST_FLOAT8))
        made = call.node("Cast", call.node("Cast", made, to=TensorProto.FLOAT8E4M3FN), to=TensorProto.FLOAT)
        made = call.node("Mul", made, scale)
    elif how == "int8" and (said := _quantizer(call)):
        low, high, epsilon = said
        largest = call.node("ReduceMax", call.node("Abs", x), call.constant([-1]), keepdims=1)
        scale = call.node("Div", call.number(high), call.node("Add", largest, call.number(epsilon)))
        made = call.node("Round", call.node("Mul", x, scale))
        made = call.node("Div", call.node("Clip", made, call.number(low), call.number(high)), scale)
    else:
        return x
    for node in call.graph.nodes[first:]:
        node.metadata_props.add(key=ROUNDING, value=x if made in node.output else "")
    return made


def _quantizer(call) -> tuple[float, float, float] | None:
    """The range of integers that inputs are rounded to, and what keeps their scale finite; None for no rounding."""
    config = call.config.get("quantization_config")
    if not isinstance(config, dict):
        return -127.0, 127.0, 1e-7
    said = config.get("config", {}).get("activation_quantizer")
    if said is None:
        return None
    settings = said.get("config", {}) if isinstance(said, dict) else {}
    low, high = settings.get("value_range", (-127, 127))
    if not isinstance(said, dict) or said.get("class_name") != "AbsMaxQuantizer":
        raise Unwritable("inputs that are quantized in a way that is not known")
    return float(low), float(high), float(settings.get("epsilon", 1e-7))
