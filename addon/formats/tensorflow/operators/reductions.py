# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sums, means and the like over axes."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto

from ..graph import Call, Unwritable, Value
from .pointwise import noted
from .table import OPERATORS, Written, op

KINDS = {"Mean": "ReduceMean", "Sum": "ReduceSum", "Max": "ReduceMax", "Min": "ReduceMin", "Prod": "ReduceProd"}
POOLS = {"Mean": "GlobalAveragePool", "Max": "GlobalMaxPool"}


def _reduce(call: Call) -> Written:
    axes = call.integers(1)
    keep = int(bool(call.get("keep_dims", False)))
    x = call.x
    rank = call.rank(x)
    axes = [axis % rank for axis in axes] if rank else []
    if not axes:
        return x
    pictures = rank > 2 and sorted(axes) == list(range(1, rank - 1)) and call.kind(x) == TensorProto.FLOAT
    if call.op in POOLS and pictures and (x.maps or rank > 3):
        made = call.node(POOLS[call.op], call.maps(x))
        if keep:
            return Value(made, True)
        return Value(call.node("Squeeze", made, call.constant(range(2, rank))))
    inside = x.maps and (keep or {1, 2, 3}.issuperset(axes) and axes == list(range(1, rank - 1)))
    name = x.name if inside else call.plain(x)
    along = [call.axis(x, axis) for axis in axes] if inside else axes
    made = Value(call.node(KINDS[call.op], name, call.constant(along), keepdims=keep), bool(inside and keep))
    numbers = call.partly(0)
    if numbers is None or made.maps:
        return made
    function: Any = {"Sum": np.sum, "Prod": np.prod, "Max": np.max, "Min": np.min, "Mean": np.mean}[call.op]
    try:
        return noted(call, made, np.asarray(function(numbers, axis=tuple(axes), keepdims=bool(keep))))
    except TypeError:  # of an open size too
        return noted(call, made, np.full(call.graph.shape(made.name), None, object)) if _open(call, made) else made


def _open(call, made):
    return made.name in call.graph.shapes and None not in call.graph.shapes[made.name]


for _name in KINDS:
    OPERATORS[_name] = _reduce


@op("All", "Any")
def all_or_any(call: Call) -> Written:
    """Whether all or any along axes are true."""
    x = call.node("Cast", call.plain(call.x), to=TensorProto.INT32)
    kind = "ReduceMin" if call.op == "All" else "ReduceMax"
    axes = call.integers(1)
    if not axes:
        return call.x
    made = call.node(kind, x, call.constant(axes), keepdims=int(bool(call.get("keep_dims", False))))
    return Value(call.node("Cast", made, to=TensorProto.BOOL))


@op("ArgMax", "ArgMin")
def best(call: Call) -> Written:
    """The place of the largest or smallest number along an axis."""
    (axis,) = call.integers(1)
    made = call.node(call.op, call.plain(call.x), axis=axis, keepdims=0)
    kind = call.get("output_type", TensorProto.INT64)
    return Value(call.cast(made, kind))


@op("Cumsum")
def running(call: Call) -> Written:
    """The sum of what comes before, along an axis."""
    x, axis = call.plain(call.x), call.long(1)
    settings = {name: int(bool(call.get(name, False))) for name in ("exclusive", "reverse")}
    return Value(call.node("CumSum", x, axis, **settings))


@op("TopKV2")
def top(call: Call) -> Written:
    """The largest numbers along the last axis, and where they are."""
    (count,) = call.integers(1)
    values, places = call.node("TopK", call.plain(call.x), call.constant([count]), outputs=2, axis=-1)
    return [Value(values), Value(call.cast(places, TensorProto.INT32))]


@op("InTopKV2", "InTopK")
def in_top(call: Call) -> Written:
    raise Unwritable("it is no part of a prediction")
