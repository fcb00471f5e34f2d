# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries by their indices, and indices as entries."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from ..graph import Call, Unwritable, Value
from .pointwise import noted
from .table import Written, op


@op("Gather", "GatherV2", "ResourceGather", "EmbeddingLookup")
def gather(call: Call) -> Written:
    """Entries along an axis, by their indices."""
    axis = call.integers(2)[0] if call.op == "GatherV2" and call.has(2) else int(call.get("axis", 0))
    if int(call.get("batch_dims", 0)):
        raise Unwritable("indices for each sample")
    made = Value(call.node("Gather", call.plain(call.x), call.plain(call.value(1)), axis=axis))
    numbers, places = call.partly(0), call.partly(1)
    if numbers is None or places is None or None in places.reshape(-1).tolist():
        return made
    return noted(call, made, np.take(numbers, places.astype(np.int64), axis))


@op("GatherNd")
def gather_nd(call: Call) -> Written:
    """Entries by rows of indices."""
    return Value(call.node("GatherND", call.plain(call.x), call.long(1), batch_dims=int(call.get("batch_dims", 0))))


@op("OneHot")
def one_hot(call: Call) -> Written:
    """Indices as rows of zeros with a one."""
    depth = call.long(1)
    values = call.node(
        "Concat",
        *(call.node("Unsqueeze", call.plain(call.value(place)), call.constant([0])) for place in (3, 2)),
        axis=0,
    )
    return Value(call.node("OneHot", call.long(0), depth, values, axis=int(call.get("axis", -1))))


@op("ScatterNd")
def scatter(call: Call) -> Written:
    """Numbers put to places in a tensor of zeros; those at one place are added up."""
    updates = call.plain(call.value(1))
    zeros = call.node("Expand", call.number(0, updates), call.long(2))
    return Value(call.node("ScatterND", zeros, call.long(0), updates, reduction="add"))


@op("Where")
def where(call: Call) -> Written:
    """The places of what is true."""
    x = call.cast(call.plain(call.x), TensorProto.BOOL)
    return Value(call.node("Transpose", call.node("NonZero", x), perm=[1, 0]))
