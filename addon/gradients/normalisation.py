# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Normalisations: one at inference is a scale; the others are written out by simpler operators, as the ONNX
specification defines them."""

from __future__ import annotations

from math import prod

import numpy as np
from onnx import helper

from .rules import Gradients, decomposes, rule
from .tape import NoRuleError, Tape, attributes


@rule("BatchNormalization")
def _batch_normalization(tape, node, gradients, wanted):
    """Y = (X - mean) scale / sqrt(variance + epsilon) + bias, each by channel (Ioffe and Szegedy 2015)."""
    maps, scale, _, mean, variance = node.input
    given = attributes(node)
    if given.get("training_mode", 0):
        raise NoRuleError("it normalises by the numbers at hand, as in training")
    shape = tape.shape(maps)
    channels = [1, shape[1], *[1] * (len(shape) - 2)]
    others = [0, *range(2, len(shape))]
    epsilon = tape.number(given.get("epsilon", 1e-5), variance)
    inverse = tape.add("Reciprocal", tape.add("Sqrt", tape.add("Add", variance, epsilon)))
    made: Gradients = [None] * 5
    if wanted[0]:
        factor = tape.reshape(tape.add("Mul", scale, inverse), channels)
        made[0] = tape.add("Mul", gradients[0], factor)
    if wanted[1]:
        centred = tape.add("Sub", maps, tape.reshape(mean, channels))
        normal = tape.add("Mul", centred, tape.reshape(inverse, channels))
        made[1] = tape.sum_over(tape.add("Mul", gradients[0], normal), others, keep=False)
    if wanted[2]:
        made[2] = tape.sum_over(gradients[0], others, keep=False)
    if wanted[3] or wanted[4]:
        raise NoRuleError("no derivative by its running statistics is known")
    return made


@decomposes("BatchNormalization", training=True)
def _batch_normalization_in_training(tape, node):
    """By the mean and variance of the batch; its running numbers follow, the variance as that of a sample."""
    maps, scale, bias, mean, variance = node.input
    given = attributes(node)
    shape = tape.shape(maps)
    channels = [1, shape[1], *[1] * (len(shape) - 2)]
    axes = [0, *range(2, len(shape))]
    middle = tape.mean_over(maps, axes)
    centred = tape.add("Sub", maps, middle)
    spread = tape.mean_over(tape.add("Mul", centred, centred), axes)
    epsilon = tape.number(given.get("epsilon", 1e-5), maps)
    deviation = tape.add("Sqrt", tape.add("Add", spread, epsilon))
    factor = tape.add("Div", tape.reshape(scale, channels), deviation)  # so that of all maps these alone are kept
    tape.write(node.output[0], "Add", tape.add("Mul", centred, factor), tape.reshape(bias, channels))
    count = prod(shape[axis] for axis in axes)
    sample = tape.add("Mul", tape.reshape(spread, [shape[1]]), tape.number(count / max(count - 1, 1), maps))
    momentum = given.get("momentum", 0.9)
    tape.statistics[mean] = tape.reshape(middle, [shape[1]]), momentum
    tape.statistics[variance] = sample, momentum


@decomposes("Dropout", training=True)
def _dropout_in_training(tape, node):
    """A mask that is given for each batch, with what is kept enlarged (Srivastava et al. 2014)."""
    given = attributes(node)
    ratio = given.get("ratio", 0.5)
    if len(node.input) > 1 and node.input[1]:
        ratio = float(tape.value(node.input[1]))
    if not ratio:
        tape.write(node.output[0], "Identity", node.input[0])
        return
    mask = tape.name("mask")
    tape.masks[mask] = tape.shape(node.input[0]), 1 - ratio
    tape.write(node.output[0], "Mul", node.input[0], mask)


def _normal(tape: Tape, name: str, axes, epsilon: float, like: str, centred: bool = True) -> str:
    """A tensor with a mean of 0, if that is wanted, and a mean square of 1 over these axes."""
    if centred:
        name = tape.add("Sub", name, tape.mean_over(name, axes))
    square = tape.mean_over(tape.add("Mul", name, name), axes)
    return tape.add("Div", name, tape.add("Sqrt", tape.add("Add", square, tape.number(epsilon, like))))


@decomposes("LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization")
def _layer_normalization(tape, node):
    """Over the last axes (Ba et al. 2016); RMS without taking the mean away (Zhang and Sennrich 2019)."""
    name, scale, *bias = node.input
    given = attributes(node)
    if any(node.output[1:]):
        raise NoRuleError("its mean or deviation is read too")
    rank = len(tape.shape(name))
    axes = list(range(given.get("axis", -1) % rank, rank))
    normal = _normal(tape, name, axes, given.get("epsilon", 1e-5), name, node.op_type == "LayerNormalization")
    if bias and bias[0]:
        tape.write(node.output[0], "Add", tape.add("Mul", normal, scale), bias[0])
    else:
        tape.write(node.output[0], "Mul", normal, scale)


@decomposes("InstanceNormalization")
def _instance_normalization(tape, node):
    """Over the places of each map (Ulyanov et al. 2016)."""
    name, scale, bias = node.input
    shape = tape.shape(name)
    channels = [1, shape[1], *[1] * (len(shape) - 2)]
    epsilon = attributes(node).get("epsilon", 1e-5)
    normal = _normal(tape, name, range(2, len(shape)), epsilon, name)
    scaled = tape.add("Mul", normal, tape.reshape(scale, channels))
    tape.write(node.output[0], "Add", scaled, tape.reshape(bias, channels))


@decomposes("GroupNormalization")
def _group_normalization(tape, node):
    """Over the places of the maps of each group (Wu and He 2018); before version 21 a scale and bias a group."""
    name, scale, bias = node.input
    shape = tape.shape(name)
    given = attributes(node)
    groups = given["num_groups"]
    inside = shape[1] // groups
    apart = tape.reshape(name, [shape[0], groups, inside * prod(shape[2:])])
    normal = tape.reshape(_normal(tape, apart, [2], given.get("epsilon", 1e-5), name), shape)
    channels = [1, shape[1], *[1] * (len(shape) - 2)]

    def spread(weights):
        if tape.shape(weights)[0] == shape[1]:
            return tape.reshape(weights, channels)
        each = tape.expand(tape.reshape(weights, [groups, 1]), [groups, inside])
        return tape.reshape(each, channels)

    tape.write(node.output[0], "Add", tape.add("Mul", normal, spread(scale)), spread(bias))


@decomposes("MeanVarianceNormalization")
def _mean_variance_normalization(tape, node):
    axes = attributes(node).get("axes", [0, 2, 3])
    tape.write(node.output[0], "Identity", _normal(tape, node.input[0], axes, 1e-9, node.input[0]))


@decomposes("LpNormalization")
def _lp_normalization(tape, node):
    name = node.input[0]
    given = attributes(node)
    axis = given.get("axis", -1) % len(tape.shape(name))
    if given.get("p", 2) == 1:
        length = tape.sum_over(tape.add("Abs", name), [axis])
    else:
        length = tape.add("Sqrt", tape.sum_over(tape.add("Mul", name, name), [axis]))
    tape.write(node.output[0], "Div", name, length)


@decomposes("LRN")
def _local_response_normalization(tape, node):
    """Y = X / (bias + alpha / size * squares of near channels) ^ beta (Krizhevsky et al. 2012)."""
    name = node.input[0]
    samples, channels, *places = tape.shape(name)
    given = attributes(node)
    size = given["size"]
    dtype = helper.tensor_dtype_to_np_dtype(tape.type(name))
    ones = tape.constant(np.ones((1, 1, size, 1), dtype))
    square = tape.reshape(tape.add("Mul", name, name), [samples, 1, channels, prod(places)])
    ahead = (size - 1) // 2
    near = tape.add("Conv", square, ones, pads=[ahead, 0, size - 1 - ahead, 0])
    near = tape.reshape(near, tape.shape(name))
    alpha = given.get("alpha", 1e-4)
    scaled = tape.add("Mul", near, tape.number(alpha / size, name))
    base = tape.add("Add", scaled, tape.number(given.get("bias", 1.0), name))
    tape.write(node.output[0], "Div", name, tape.add("Pow", base, tape.number(given.get("beta", 0.75), name)))
