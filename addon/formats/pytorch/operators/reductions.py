# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operators along axes: sums, means, extremes, norms, variances, and the order of numbers."""

from __future__ import annotations

import math

from onnx import TensorProto

from .emitter import FLOATS, Emitter, UnknownError, Value
from .pointwise import scaled, subtract
from .table import OPERATORS, op

REDUCTIONS = {
    "mean": "ReduceMean",
    "sum": "ReduceSum",
    "prod": "ReduceProd",
    "amax": "ReduceMax",
    "amin": "ReduceMin",
    "logsumexp": "ReduceLogSumExp",
}


def _reduction(kind):
    def work(e: Emitter, x, *args, dtype=None):
        """x, axes and keepdim in PyTorch's order; without axes all are taken."""
        axes = args[0] if args else None
        keep = bool(args[1]) if len(args) > 1 else False
        if x.type not in FLOATS and kind == "ReduceSum":
            x = e.cast(x, TensorProto.INT64)
        axes = [axes] if isinstance(axes, int) else axes
        return e.node(kind, x, e.constant(list(axes)) if axes else None, keepdims=int(keep))

    return work


OPERATORS.update({name: _reduction(kind) for name, kind in REDUCTIONS.items()})


def _extreme(kind, index, binary):
    def work(e: Emitter, x, *args):
        """Of all numbers; along an axis, with the places; or of two tensors."""
        if not args:
            return e.node(kind, x, keepdims=0)
        if isinstance(args[0], Value):
            return e.node(binary, *e.alike(x, args[0]))
        keep = int(bool(args[1])) if len(args) > 1 else 0
        return (e.node(kind, x, e.constant([args[0]]), keepdims=keep), e.node(index, x, axis=args[0], keepdims=keep))

    return work


OPERATORS.update({"max": _extreme("ReduceMax", "ArgMax", "Max"), "min": _extreme("ReduceMin", "ArgMin", "Min")})


@op("argmax")
def argmax(e, x, dim=None, keepdim=False):
    """The place of the largest number along an axis, or of all."""
    if dim is None:
        x, dim = e.node("Reshape", x, e.constant([-1])), 0
    return e.node("ArgMax", x, axis=dim, keepdims=int(keepdim))


@op("argmin")
def argmin(e, x, dim=None, keepdim=False):
    """The place of the smallest number along an axis, or of all."""
    if dim is None:
        x, dim = e.node("Reshape", x, e.constant([-1])), 0
    return e.node("ArgMin", x, axis=dim, keepdims=int(keepdim))


@op("norm", "linalg_vector_norm", "frobenius_norm")
def norm(e, x, p=2, dim=None, keepdim=False, dtype=None):
    """The length of vectors along axes, of order 1 or 2."""
    if p not in (1, 2):
        raise UnknownError(f"the norm of order {p}")
    axes = None if dim is None else e.constant([dim] if isinstance(dim, int) else list(dim))
    return e.node("ReduceL1" if p == 1 else "ReduceL2", x, axes, keepdims=int(keepdim))


def _variance(root):
    def work(e: Emitter, x, dim=None, unbiased=True, keepdim=False, correction=None):
        axes = [dim] if isinstance(dim, int) else list(range(x.rank)) if dim is None else list(dim)
        count = math.prod(x.sizes[axis] for axis in axes)
        less = int(unbiased) if correction is None else correction
        centred = subtract(e, x, e.node("ReduceMean", x, e.constant(axes), keepdims=1))
        made = e.node("ReduceMean", e.node("Mul", centred, centred), e.constant(axes), keepdims=int(keepdim))
        if less and count > less:
            made = scaled(e, made, count / (count - less))
        return e.node("Sqrt", made) if root else made

    return work


OPERATORS.update({"var": _variance(False), "std": _variance(True)})


@op("cumsum")
def cumulative_sum(e, x, dim, dtype=None):
    """Along an axis, the sum up to each place."""
    return e.node("CumSum", x if x.type in FLOATS else e.cast(x, TensorProto.INT64), e.constant(dim))


@op("diff")
def difference(e, x, n=1, dim=-1, prepend=None, append=None):
    """Along an axis, each number less the one before."""
    if n != 1:
        raise UnknownError("differences of a higher order")
    parts = [part for part in (prepend, x, append) if part is not None]
    x = e.node("Concat", *e.alike(*parts), axis=dim) if len(parts) > 1 else x
    first, last, axis, end = (e.constant([number]) for number in (0, -1, dim, (1 << 63) - 1))
    return e.node("Sub", e.node("Slice", x, e.constant([1]), end, axis), e.node("Slice", x, first, last, axis))


@op("topk")
def topk(e, x, k, dim=-1, largest=True, sorted=True):
    """The k largest or smallest along an axis, and their places."""
    return tuple(e.node("TopK", x, e.integers([k]), outputs=2, axis=dim, largest=int(largest), sorted=int(sorted)))


@op("sort")
def sort(e, x, dim=-1, descending=False, stable=None):
    """Numbers in order along an axis, and their places."""
    if isinstance(dim, bool):  # sort(x, stable=..., dim, descending) has its arguments the other way
        dim, descending = descending if type(descending) is int else -1, bool(stable)
    return topk(e, x, e.size(x, dim), dim, descending)


@op("argsort")
def argsort(e, x, dim=-1, descending=False):
    """The places of numbers in their order along an axis."""
    return sort(e, x, dim, descending)[1]
