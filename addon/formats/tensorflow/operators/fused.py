# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operators that stand for several: a product or convolution, then a bias, a normalisation, an activation."""

from __future__ import annotations

from dataclasses import replace

from ..graph import Call, Unwritable, Value
from .table import OPERATORS, Written, op

FIRST = {"_FusedConv2D": "Conv2D", "FusedDepthwiseConv2dNative": "DepthwiseConv2dNative", "_FusedMatMul": "MatMul"}
MORE = {"BiasAdd": 1, "Prelu": 1, "FusedBatchNorm": 4}  # how many further inputs each reads
NAMES = {"FusedBatchNorm": "BatchNormInference"}


@op(*FIRST)
def fused(call: Call) -> Written:
    """What it is made of, in the order that it says."""
    made = OPERATORS[FIRST[call.op]](replace(call, op=FIRST[call.op], inputs=call.inputs[:2]))
    value = made if isinstance(made, Value) else made[0]
    at = 2
    for name in call.get("fused_ops", []):
        count = MORE.get(name, 0)
        target = NAMES.get(name, name)
        if target not in OPERATORS:
            raise Unwritable(f"{name} within another operator")
        settings = call.settings | {"alpha": call.get("leakyrelu_alpha")}
        inputs: list[Value | None] = [value, *(call.value(place) for place in range(at, at + count))]
        behind = OPERATORS[target](replace(call, op=target, inputs=inputs, settings=settings, readers=1))
        value = behind if isinstance(behind, Value) else behind[0]
        at += count
    return value
