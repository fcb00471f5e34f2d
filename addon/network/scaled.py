# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers of few bits as those that they stand for; the operators of the domain `SCALED`, which no file has."""

from __future__ import annotations

from math import prod

import numpy as np
import onnx
from onnx import helper

SCALED = "neuroscene.scaled"
# The sixteen values of bitsandbytes' types of four bits (its functional.py, and onnxruntime's blockwise_quant).
FP4 = np.array(
    [
        0,
        5.208333333e-03,
        0.66666667,
        1,
        0.33333333,
        0.5,
        0.16666667,
        0.25,
        -0.0,
        -5.208333333e-03,
        -0.66666667,
        -1,
        -0.33333333,
        -0.5,
        -0.16666667,
        -0.25,
    ],
    np.float32,
)
NF4 = np.array(
    [
        -1.0,
        -0.6961928009986877,
        -0.5250730514526367,
        -0.39491748809814453,
        -0.28444138169288635,
        -0.18477343022823334,
        -0.09105003625154495,
        0.0,
        0.07958029955625534,
        0.16093020141124725,
        0.24611230194568634,
        0.33791524171829224,
        0.44070982933044434,
        0.5626170039176941,
        0.7229568362236023,
        1.0,
    ],
    np.float32,
)


def shape_of(node: onnx.NodeProto, shapes: list[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The shape of what a node of the domain gives for inputs of these shapes; None where they do not fit."""
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    if node.op_type == "Scaled":
        return _scaled_shape(shapes, attributes)
    if len(shapes) < 2 or not all(isinstance(attribute, int) for attribute in attributes.values()):
        return None
    inputs, outputs = attributes.get("K", 0), attributes.get("N", 0)
    if min(inputs, outputs) < 1:
        return None
    if node.op_type == "MatMulNBits":
        block, bits = attributes.get("block_size", 0), attributes.get("bits", 4)
        blocks = -(-inputs // block) if block > 0 else 0
        fits = (
            bits in (2, 4, 8)
            and prod(shapes[0]) == outputs * blocks * (block * bits // 8)
            and (prod(shapes[1]) == outputs * blocks)
        )
    else:
        block = attributes.get("block_size", 0)
        fits = (
            block > 0
            and prod(shapes[0]) == -(-inputs * outputs // 2)
            and attributes.get("transB", 1)
            and (prod(shapes[1]) == -(-inputs * outputs // block))
        )
    return (inputs, outputs) if fits else None


def _scaled_shape(shapes, attributes):
    weight = shapes[0]
    axis = attributes["axis"]
    behind = attributes["behind"]
    for part in shapes[1:]:
        along = [place - len(part) for place, size in enumerate(part) if size > 1]
        if len(part) == len(weight) and len(along) > 1:
            if any(size not in (1, whole) for size, whole in zip(part, weight, strict=True)):
                return None
        elif along and (
            len(along) > 1
            or part[along[0]] != weight[axis]
            or len(part) > 1
            and len(part) != len(weight)
            and -along[0] != behind
            or len(part) > 1
            and len(part) == len(weight)
            and -along[0] not in (behind, _end(axis, part))
        ):
            return None
    return weight


def _end(axis, part):
    return -axis if axis < 0 else len(part) - axis


def evaluate(node: onnx.NodeProto, values: list[np.ndarray]) -> list[np.ndarray]:
    """What a node of the domain gives, float32."""
    attributes = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # scales that are no numbers are the file's
        return [np.ascontiguousarray(EVALUATE[node.op_type](values, attributes), np.float32)]


def _scaled(values, attributes):
    weight, scale, zero = [*values, None][:3]
    axis = attributes["axis"]
    made = weight.astype(np.float32)
    if zero is not None:
        made -= _along(zero.astype(np.float32), weight.shape, axis)
    made *= _along(scale.astype(np.float32), weight.shape, axis)
    return made


def _along(part, shape, axis):
    if part.size == 1:
        return part.reshape(())
    if part.ndim == len(shape) and sum(size > 1 for size in part.shape) > 1:
        return part
    whole = [1] * len(shape)
    whole[axis] = part.size
    return part.reshape(whole)


def _bits(packed, bits):
    """Numbers of so many bits from bytes (rows, bytes), the lowest bits first."""
    if bits == 8:
        return packed
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    return (packed[..., None] >> shifts & ((1 << bits) - 1)).reshape(len(packed), -1)


def _few_bits(values, attributes):
    """(K, N) of MatMulNBits: B (N, blocks, bytes), scales (N, blocks), zeros packed along the blocks."""
    inputs, outputs, block = attributes["K"], attributes["N"], attributes["block_size"]
    bits = attributes.get("bits", 4)
    packed, scales, zeros, groups = [*values, None, None][:4]
    blocks = -(-inputs // block)
    numbers = _bits(packed.reshape(outputs, -1).view(np.uint8), bits)[:, : blocks * block].astype(np.float32)
    scales = scales.astype(np.float32).reshape(outputs, blocks)
    if zeros is None:
        zeros = np.full((outputs, blocks), 1 << (bits - 1), np.float32)
    elif zeros.dtype == np.uint8:
        zeros = _bits(zeros.reshape(outputs, -1), bits)[:, :blocks].astype(np.float32)
    else:
        zeros = zeros.astype(np.float32).reshape(outputs, blocks)
    group = np.arange(blocks * block) // block
    if groups is not None and groups.size:
        group[: groups.size] = groups.reshape(-1)[: len(group)].clip(0, blocks - 1)
    return ((numbers - zeros[:, group]) * scales[:, group])[:, :inputs].T


def _four_bits(values, attributes):
    """(K, N) of MatMulBnb4: B (N, K) flat, two numbers a byte, the high half first; a scale for each block."""
    inputs, outputs, block = attributes["K"], attributes["N"], attributes["block_size"]
    packed = values[0].reshape(-1).view(np.uint8)
    scales = values[1].astype(np.float32).reshape(-1)
    numbers = np.stack([packed >> 4, packed & 15], -1).reshape(-1)[: inputs * outputs]
    table = NF4 if attributes.get("quant_type", 1) else FP4
    return (table[numbers] * scales[np.arange(len(numbers)) // block]).reshape(outputs, inputs).T


EVALUATE = {"Scaled": _scaled, "MatMulNBits": _few_bits, "MatMulBnb4": _four_bits}
