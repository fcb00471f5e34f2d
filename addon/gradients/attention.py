# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attention as one operator, written out as the ONNX specification defines it (Vaswani et al. 2017)."""

from __future__ import annotations

from math import sqrt

import numpy as np
from onnx import NodeProto, TensorProto, helper

from .rules import decomposes
from .tape import NoRuleError, Tape, attributes

FAR = -1e9  # of a score that is masked


@decomposes("Attention")
def _attention(tape: Tape, node: NodeProto) -> None:
    """Y = softmax(scale Q K^T + mask) V; (samples, heads, steps, size), or the heads in the last of three axes."""
    inputs: list[str] = [*node.input, *[""] * (4 - len(node.input))]
    query, key, value, mask = inputs[:4]
    past = inputs[4:]
    if any(past) or any(node.output[1:]):
        raise NoRuleError("it keeps what was before")
    given = attributes(node)
    if given.get("softcap", 0.0):
        raise NoRuleError("its scores are capped")
    shape = tape.shape(query)
    flat = len(shape) == 3
    heads = given.get("q_num_heads", 0) if flat else shape[1]
    shared = given.get("kv_num_heads", 0) if flat else tape.shape(key)[1]
    q = _apart(tape, query, heads) if flat else query
    k, v = (_apart(tape, name, shared) if flat else name for name in (key, value))
    samples, steps = shape[0], shape[1] if flat else shape[2]
    size = shape[2] // heads if flat else shape[3]
    others = tape.shape(key)[1 if flat else 2]
    wide = tape.shape(value)[2] // shared if flat else tape.shape(value)[3]
    if shared != heads:
        k = _repeated(tape, k, [samples, shared, others, size], heads)
        v = _repeated(tape, v, [samples, shared, others, wide], heads)
    scale = given.get("scale", 1 / sqrt(size))
    scores = tape.add("MatMul", tape.add("Mul", q, tape.number(scale, query)), tape.transpose(k, [0, 1, 3, 2]))
    dtype = helper.tensor_dtype_to_np_dtype(tape.type(query))
    if given.get("is_causal", 0):
        later = np.triu(np.full((steps, others), FAR), 1).astype(dtype)
        scores = tape.add("Add", scores, tape.constant(later))
    if mask:
        if tape.type(mask) == TensorProto.BOOL:
            zero, far = tape.number(0.0, query), tape.number(FAR, query)
            scores = tape.add("Add", scores, tape.where(mask, zero, far))
        else:
            scores = tape.add("Add", scores, mask)
    made = tape.add("MatMul", tape.add("Softmax", scores, axis=-1), v)
    if flat:
        made = tape.reshape(tape.transpose(made, [0, 2, 1, 3]), [samples, steps, heads * wide])
    tape.write(node.output[0], "Identity", made)


def _apart(tape, name, heads):
    """(samples, steps, heads x size) as (samples, heads, steps, size)."""
    samples, steps, size = tape.shape(name)
    return tape.transpose(tape.reshape(name, [samples, steps, heads, size // heads]), [0, 2, 1, 3])


def _repeated(tape, name, shape, heads):
    """Each head of keys or values as often as queries share it."""
    samples, shared, steps, size = shape
    each = tape.expand(
        tape.reshape(name, [samples, shared, 1, steps, size]), [samples, shared, heads // shared, steps, size]
    )
    return tape.reshape(each, [samples, heads, steps, size])
