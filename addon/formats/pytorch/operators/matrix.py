# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Products of matrices, and tables of vectors."""

from __future__ import annotations

import math

from onnx import TensorProto

from .emitter import Emitter, MismatchError, UnknownError, Value
from .pointwise import add, masked_fill, scaled, softmax, where
from .shaping import t, transpose
from .table import op


@op("linear")
def linear(e: Emitter, x, weight, bias=None):
    """x W^T + b: as Gemm for rows, as MatMul and Add for more axes, which is what torch's exporters write."""
    if x.shape is not None and x.sizes[-1:] != weight.shape[1:]:
        wanted, given = weight.shape[1], (x.sizes or (0,))[-1]
        raise MismatchError(f"a linear layer of {wanted:,} inputs gets {given:,}", short=given < wanted)
    if x.shape is not None and x.rank == 2:
        return e.node("Gemm", x, weight, bias, transB=1)
    made = e.node("MatMul", x, e.node("Transpose", weight, perm=[1, 0]))
    return made if bias is None else e.node("Add", bias, made)


@op("matmul", "mm", "bmm", "mv", "dot")
def matmul(e, x, other):
    """The product of matrices, or of stacks of them. Raises `MismatchError` where they do not fit."""
    if (
        x.shape is not None
        and other.shape is not None
        and x.shape[-1:]
        and other.rank > 1
        and (x.sizes[-1] != other.sizes[-2])
    ):
        raise MismatchError(
            f"a product of matrices of {list(x.sizes)} and {list(other.sizes)}", x.sizes[-1] < other.sizes[-2]
        )
    return e.node("MatMul", *e.alike(x, other))


@op("addmm")
def addmm(e, bias, first, second, beta=1, alpha=1):
    """beta bias + alpha (first second), of matrices."""
    if first.sizes[-1] != second.sizes[-2]:
        raise MismatchError(
            f"a product of matrices of {list(first.sizes)} and {list(second.sizes)}", first.sizes[-1] < second.sizes[-2]
        )
    return e.node("Gemm", first, second, bias, alpha=float(alpha), beta=float(beta))


@op("baddbmm", "addbmm")
def baddbmm(e, bias, first, second, beta=1, alpha=1):
    """As `addmm`, of stacks of matrices."""
    made = scaled(e, matmul(e, first, second), float(alpha))
    return made if beta == 0 else add(e, made, scaled(e, bias, float(beta)))


@op("bilinear")
def bilinear(e, first, second, weight, bias=None):
    """For each output o the sum of first_i weight_oij second_j, plus a bias."""
    made = e.node("Einsum", first, weight, second, equation="...i,oij,...j->...o")
    return made if bias is None else e.node("Add", made, bias)


@op("outer")
def outer(e, column, row):
    """Two vectors (n,) and (m,) -> their products (n, m)."""
    return e.node("Mul", e.node("Unsqueeze", column, e.constant([1])), e.node("Unsqueeze", row, e.constant([0])))


@op("embedding")
def embedding(e, weight, indices, *rest):
    """Rows of a table by their indices."""
    return e.node("Gather", weight, indices, axis=0)


@op("one_hot")
def one_hot(e, indices, classes=-1):
    """Indices as rows of zeros with a one."""
    if classes < 0:
        raise UnknownError("as many classes as a run finds")
    return e.node("OneHot", indices, e.constant(classes), e.constant([0, 1]), axis=-1)


@op("cosine_similarity")
def cosine_similarity(e, first, second, dim=1, eps=1e-8):
    """The cosine between vectors along an axis, which goes."""
    first, second = (e.node("LpNormalization", x, axis=dim, p=2) for x in (first, second))
    return e.node("ReduceSum", e.node("Mul", first, second), e.constant([dim]), keepdims=0)


@op("scaled_dot_product_attention")
def attention(
    e: Emitter, query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False
):
    """softmax(Q K^T scale + mask) V, for (..., heads, steps, features)."""
    if enable_gqa:
        raise UnknownError("attention with fewer keys than queries")
    scores = _scores(e, query, key, scale)
    if is_causal:
        steps = e.integers([e.size(query, -2), e.size(key, -2)])
        ones = e.node("ConstantOfShape", steps, value=_one(TensorProto.BOOL))
        attn_mask = e.node("Trilu", ones, upper=0)
    if attn_mask is not None:
        scores = masked(e, scores, attn_mask)
    return e.node("MatMul", softmax(e, scores, -1), value)


def _scores(e, query, key, scale=None):
    scores = e.node("MatMul", query, transpose(e, key, -2, -1))
    return scaled(e, scores, 1 / math.sqrt(query.sizes[-1]) if scale is None else float(scale))


def masked(e, scores, mask):
    """Add a mask of numbers; a mask of truth values says where attention may look."""
    if mask.type == TensorProto.BOOL:
        return where(e, mask, scores, float("-inf"))
    return add(e, scores, mask)


def _one(data_type):
    from onnx import helper

    return helper.make_tensor("value", data_type, [1], [1])


def _heads(e: Emitter, x: Value, count: int) -> Value:
    """(batch, steps, features) -> (batch, heads, steps, features of a head)"""
    wide = e.node("Reshape", x, e.constant([0, 0, count, x.sizes[-1] // count]))
    return e.node("Transpose", wide, perm=[0, 2, 1, 3])


@op("_native_multi_head_attention")
def multi_head_attention(
    e,
    query,
    key,
    value,
    embed_dim,
    num_head,
    qkv_weight,
    qkv_bias,
    proj_weight,
    proj_bias,
    mask=None,
    need_weights=True,
    average_attn_weights=True,
    mask_type=None,
):
    """Self-attention in one call: (batch, steps, features), and the pattern or the mean of those of all heads.

    The mask says where attention may not look: of all samples (type 0), of each (1), or of each head of each (2).
    """
    if query is not key:
        raise UnknownError("attention between two sequences in one call")
    parts = e.node("Split", linear(e, query, qkv_weight, qkv_bias), outputs=3, axis=-1, num_outputs=3)
    queries, keys, values = (_heads(e, part, num_head) for part in parts)
    scores = _scores(e, queries, keys)
    if mask is not None:
        hidden = e.node("Unsqueeze", mask, e.constant([1, 2])) if mask_type == 1 else mask
        scores = masked_fill(e, scores, hidden, float("-inf"))
    pattern = softmax(e, scores, -1)
    joined = e.node("MatMul", pattern, values)
    flat = e.node("Reshape", e.node("Transpose", joined, perm=[0, 2, 1, 3]), e.constant([0, 0, embed_dim]))
    made = linear(e, flat, proj_weight, proj_bias)
    if not need_weights:
        return made, None
    return made, e.node("ReduceMean", pattern, e.constant([1]), keepdims=0) if average_attn_weights else pattern


@op("_transformer_encoder_layer_fwd")
def encoder_layer(
    e,
    src,
    embed_dim,
    num_heads,
    qkv_weight,
    qkv_bias,
    proj_weight,
    proj_bias,
    use_gelu,
    norm_first,
    eps,
    norm1_weight,
    norm1_bias,
    norm2_weight,
    norm2_bias,
    ffn_weight_1,
    ffn_bias_1,
    ffn_weight_2,
    ffn_bias_2,
    mask=None,
    mask_type=None,
):
    """nn.TransformerEncoderLayer in one call."""

    def norm(x, weight, bias):
        return e.node("LayerNormalization", x, weight, bias, axis=-1, epsilon=float(eps))

    def attend(x):
        return multi_head_attention(
            e, x, x, x, embed_dim, num_heads, qkv_weight, qkv_bias, proj_weight, proj_bias, mask, False
        )[0]

    def feed(x):
        inner = e.node("Gelu" if use_gelu else "Relu", linear(e, x, ffn_weight_1, ffn_bias_1))
        return linear(e, inner, ffn_weight_2, ffn_bias_2)

    if norm_first:
        src = e.node("Add", src, attend(norm(src, norm1_weight, norm1_bias)))
        return e.node("Add", src, feed(norm(src, norm2_weight, norm2_bias)))
    src = norm(e.node("Add", src, attend(src)), norm1_weight, norm1_bias)
    return norm(e.node("Add", src, feed(src)), norm2_weight, norm2_bias)


@op("chain_matmul")
def chain(e, matrices):
    """The product of several matrices."""
    made = matrices[0]
    for matrix in matrices[1:]:
        made = matmul(e, made, matrix)
    return made


@op("T")
def turned(e, x):
    """A matrix with its axes swapped."""
    return t(e, x)


@op("einsum")
def einsum(e, equation, tensors, path=None):
    """Sums of products, as an equation says."""
    return e.node("Einsum", *tensors, equation=equation.replace(" ", ""))
