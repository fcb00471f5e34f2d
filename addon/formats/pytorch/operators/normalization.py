# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Normalisation: by stored statistics, over groups of channels, over the last axes."""

from __future__ import annotations

from math import prod

import numpy as np
from onnx import TensorProto

from .emitter import Emitter, MismatchError, UnknownError
from .pointwise import inverse_root
from .table import op

MOST_CHANNELS = 1 << 20


def _filled(e: Emitter, value, count, fill, like):
    if value is None and count > MOST_CHANNELS:
        raise UnknownError(f"{count:,} channels")
    return value if value is not None else e.constant(np.full(count, fill), like.type)


@op("batch_norm", "_batch_norm_impl_index", "cudnn_batch_norm", "native_batch_norm")
def batch_norm(e, x, weight, bias, running_mean, running_var, training, momentum, eps, *rest):
    """By the stored statistics, also where the program was saved in training mode."""
    if running_mean is None:
        if x.sizes[0] != 1:
            raise UnknownError("batch normalisation by the statistics of the batch")
        return instance_norm(e, x, weight, bias, None, None, True, momentum, eps)  # of weights, as of one sample
    channels = running_mean.shape[0]
    if x.shape is not None and (x.rank < 2 or x.sizes[1] != channels):
        raise MismatchError(f"batch normalisation of {channels} channels gets the shape {list(x.sizes)}")
    return e.node(
        "BatchNormalization",
        x,
        _filled(e, weight, channels, 1, x),
        _filled(e, bias, channels, 0, x),
        running_mean,
        running_var,
        epsilon=float(eps),
    )


@op("instance_norm")
def instance_norm(e, x, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, cudnn=False):
    """By the statistics of each channel of each sample."""
    if not use_input_stats:
        return batch_norm(e, x, weight, bias, running_mean, running_var, False, momentum, eps)
    channels = x.sizes[1]
    return e.node(
        "InstanceNormalization",
        x,
        _filled(e, weight, channels, 1, x),
        _filled(e, bias, channels, 0, x),
        epsilon=float(eps),
    )


@op("group_norm")
def group_norm(e, x, num_groups, weight=None, bias=None, eps=1e-5, cudnn=True):
    """By the statistics of groups of channels."""
    channels = x.sizes[1]
    if channels % num_groups:
        raise MismatchError(f"{num_groups} groups of {channels} channels")
    return e.node(
        "GroupNormalization",
        x,
        _filled(e, weight, channels, 1, x),
        _filled(e, bias, channels, 0, x),
        epsilon=float(eps),
        num_groups=num_groups,
    )


@op("layer_norm")
def layer_norm(e, x, normalized_shape, weight=None, bias=None, eps=1e-5, cudnn=True):
    """By the mean and variance of the last axes."""
    shape = tuple(normalized_shape)
    if x.shape is not None and x.sizes[-len(shape) :] != shape:
        raise MismatchError(f"layer normalisation over {list(shape)} gets the shape {list(x.sizes)}")
    if weight is None:
        weight = e.constant(np.ones(shape), x.type) if prod(shape) < 1 << 20 else None
    return e.node("LayerNormalization", x, weight, bias, axis=-len(shape), epsilon=float(eps))


@op("rms_norm")
def rms_norm(e, x, normalized_shape, weight=None, eps=None):
    """By the root mean square of the last axes."""
    axes = list(range(-len(normalized_shape), 0))
    mean = e.node("ReduceMean", e.node("Mul", x, x), e.constant(axes), keepdims=1)
    small = np.finfo(np.float32).eps if eps is None else eps
    made = e.node("Mul", x, inverse_root(e, e.node("Add", mean, e.tensor(float(small), x))))
    return made if weight is None else e.node("Mul", made, weight)


@op("_weight_norm")
def weight_norm(e, v, g, dim=0):
    """A kernel as its direction v / |v| and its length g, along one axis."""
    axes = [axis for axis in range(v.rank) if axis != v.axis(dim)]
    return e.node("Mul", v, e.node("Div", g, e.node("ReduceL2", v, e.constant(axes), keepdims=1)))


@op("normalize")
def normalize(e, x, p=2.0, dim=1, eps=1e-12):
    """Vectors along an axis with the length 1."""
    return e.node("LpNormalization", x, axis=dim, p=int(p))


@op("local_response_norm")
def local_response_norm(e, x, size, alpha=1e-4, beta=0.75, k=1.0):
    """By the squares of neighbouring channels."""
    if x.type != TensorProto.FLOAT:
        raise UnknownError("local response normalisation of other than float32")
    return e.node("LRN", x, size=size, alpha=float(alpha), beta=float(beta), bias=float(k))
