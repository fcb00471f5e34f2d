# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attention by its parts, as network/recognise puts them together again.

softmax(queries keys^T / sqrt(width) + mask) values: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.
"""

from __future__ import annotations

from math import sqrt

from onnx import TensorProto

from ..call import Call, values
from ..graph import Unwritable, Value
from .table import Written, writes

HIDDEN = -1e9  # the score of what a mask hides


@writes("MultiHeadAttention")
def multi_head(call: Call) -> Written:
    """Attention of many heads: (batch, steps, features) -> the same."""
    config = call.config
    return _heads(
        call, config["num_heads"], config["num_heads"], config["key_dim"], call.get("value_dim", config["key_dim"])
    )


@writes("GroupQueryAttention", "GroupedQueryAttention")
def grouped_query(call: Call) -> Written:
    """Several heads of queries share one of keys and values."""
    config = call.config
    return _heads(
        call, config["num_query_heads"], config["num_key_value_heads"], config["head_dim"], config["head_dim"]
    )


def _heads(call, heads, shared, width, value_width):
    query, value = (call.argument(name, place) for place, name in enumerate(("query", "value")))
    query, value = (values(query) + [None, None])[:2] if value is None else (query, value)
    key = call.argument("key", 2, value)
    named = [call.plain(given) if isinstance(given, Value) else "" for given in (query, value, key)]
    if not all(named) or any(len(call.graph.shape(name)) != 3 for name in named):
        raise Unwritable("attention over other axes than one of steps")
    if call.get("attention_axes", [1]) not in ([1], 1) or call.get("sliding_window"):
        raise Unwritable("attention over other axes than one of steps, or over a window")
    queries = _projected(call, "query", named[0], heads, width)
    keys = _projected(call, "key", named[2], shared, width)
    those = _projected(call, "value", named[1], shared, value_width)
    if heads != shared:
        keys, those = (_repeated(call, name, heads // shared) for name in (keys, those))
    scaled = call.node("Mul", call.transpose(queries, 0, 2, 1, 3), call.number(1 / sqrt(width)))
    scores = call.node("MatMul", scaled, call.transpose(keys, 0, 2, 3, 1))
    scores = _masked(call, scores, value, 2)
    pattern = call.node("Softmax", scores, axis=-1)
    mixed = call.transpose(call.node("MatMul", pattern, call.transpose(those, 0, 2, 1, 3)), 0, 2, 1, 3)
    if call.get("use_gate"):
        mixed = call.node("Mul", mixed, call.node("Sigmoid", _projected(call, "gate", named[0], heads, value_width)))
    joined = call.reshape(mixed, 0, 0, heads * value_width)
    y = _output(call, joined, heads, value_width)
    y = Value(y, mask=query.mask)
    return [y, Value(pattern)] if call.argument("return_attention_scores") else y


def _projected(call, name, x, heads, width):
    """(batch, steps, in) -> (batch, steps, heads, width)."""
    x = call.real(x)
    inputs = call.graph.shape(x)[-1]
    kernel = call.weight(f"{name}/kernel", inputs, heads, width)
    inputs = call.graph.shape(kernel)[0]
    y = call.node("MatMul", x, call.reshape(kernel, inputs, heads * width))
    if call.get("use_bias", True):
        y = call.node("Add", y, call.reshape(call.weight(f"{name}/bias", heads, width), heads * width))
    return call.reshape(y, 0, 0, heads, width)


def _repeated(call, x, times):
    """Every head of (batch, steps, heads, width) so many times."""
    _, _, heads, width = call.graph.shape(x)
    x = call.node("Unsqueeze", x, call.constant([3]))
    return call.reshape(call.node("Tile", x, call.constant([1, 1, 1, times, 1])), 0, 0, heads * times, width)


def _output(call, x, heads, width):
    kernel = call.weight("attention_output/kernel", *[None] * 2, None)
    shape = call.graph.shape(kernel)
    if shape[:2] != (heads, width):
        raise Unwritable("an output of several axes")
    y = call.node("MatMul", x, call.reshape(kernel, heads * width, shape[2]))
    return call.node("Add", y, call.weight("attention_output/bias", shape[2])) if call.get("use_bias", True) else y


def _masked(call, scores, value, axes):
    """Scores, far below where a mask hides; masks are (batch, queries, keys), `axes` stand before the queries."""
    masks = []
    given = call.argument("attention_mask")
    if isinstance(given, Value):
        name = call.plain(given)
        if call.graph.types.get(name) != TensorProto.BOOL:
            name = call.node("Cast", name, to=TensorProto.BOOL)
        short = len(call.graph.shape(name)) < axes + 2
        masks.append(call.node("Unsqueeze", name, call.constant([1])) if short else name)
    if isinstance(value, Value) and value.mask:
        masks.append(call.node("Unsqueeze", value.mask, call.constant(list(range(1, 1 + axes)))))
    if call.argument("use_causal_mask") or call.get("causal"):
        masks.append(_causal(call, scores))
    if not masks:
        return scores
    mask = masks[0]
    for other in masks[1:]:
        mask = call.node("And", mask, other)
    return call.node("Where", mask, scores, call.number(HIDDEN))


def _causal(call, scores):
    """Whether a key comes no later than its query: (queries, keys)."""

    def places(axis):
        size = call.node("Squeeze", call.node("Shape", scores, start=axis, end=axis + 1), call.constant([0]))
        return call.node("Range", call.constant(0), size, call.constant(1))

    rank = len(call.graph.shape(scores))
    rows = call.node("Unsqueeze", places(rank - 2), call.constant([1]))
    return call.node("GreaterOrEqual", rows, places(rank - 1))


@writes("Attention")
def dot_product(call: Call) -> Written:
    """Luong's attention: arXiv:1508.04025."""
    query, value, key, maker = _three(call)
    if call.get("score_mode", "dot") == "dot":
        rank = len(call.graph.shape(key))
        scores = call.node("MatMul", query, call.transpose(key, *range(rank - 2), rank - 1, rank - 2))
        scores = call.node("Mul", scores, call.weight("scale")) if call.get("use_scale") else scores
    else:
        scores = _sums(call, query, key, call.weight("scale") if call.get("use_scale") else None)
        scores = call.node("Mul", scores, call.weight("concat_score_weight"))
    return _applied(call, scores, value, maker)


@writes("AdditiveAttention")
def additive(call: Call) -> Written:
    """Bahdanau's attention: arXiv:1409.0473."""
    query, value, key, maker = _three(call)
    width = call.graph.shape(query)[-1]
    inner = _tanh(call, query, key, None)
    if call.get("use_scale", True):
        inner = call.node("Mul", inner, call.weight("scale", width))
    scores = call.node("ReduceSum", inner, call.constant([-1]), keepdims=0)
    return _applied(call, scores, value, maker)


def _three(call):
    inputs = call.inputs
    if len(inputs) < 2 or any(call.rank(given) != 3 for given in inputs):
        raise Unwritable("attention over other axes than one of steps")
    names = [call.real(call.plain(given)) for given in inputs]
    return names[0], names[1], names[2] if len(names) > 2 else names[1], inputs[1]


def _tanh(call, query, key, scale):
    pair = call.node(
        "Add", call.node("Unsqueeze", query, call.constant([2])), call.node("Unsqueeze", key, call.constant([1]))
    )
    return call.node("Tanh", pair if scale is None else call.node("Mul", pair, scale))


def _sums(call, query, key, scale):
    return call.node("ReduceSum", _tanh(call, query, key, scale), call.constant([-1]), keepdims=0)


def _applied(call, scores, value, maker):
    pattern = call.node("Softmax", _masked(call, scores, maker, 1), axis=-1)
    mixed = call.node("MatMul", pattern, value)
    mask = call.inputs[0].mask
    if mask:  # queries that do not count get 0
        mixed = call.node("Where", call.node("Unsqueeze", mask, call.constant([2])), mixed, call.number(0))
    y = Value(mixed, mask=mask)
    return [y, Value(pattern)] if call.argument("return_attention_scores") else y
