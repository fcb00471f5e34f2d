# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""GGUF's block types as real numbers. Each function takes blocks (blocks, bytes) and gives (blocks, numbers), float32.

Layouts: ggml's block structures (ggml-common.h). A block has one or two scales of 16 bits and integers of few bits;
those of 256 numbers (K and IQ types) have scales of parts of it besides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .grids import grid

FOURTHS = np.array([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113], np.float32)
E2M1 = np.array([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12], np.float32)  # doubled
Blocks = np.ndarray


@dataclass(frozen=True)
class BlockType:
    """A block type: its name, numbers and bytes of a block, and how they are read."""

    name: str
    numbers: int
    bytes: int
    read: Callable[[Blocks], np.ndarray]


def _half(blocks: Blocks, at: int) -> np.ndarray:
    """A float16 of each block as (blocks, 1) float32."""
    return np.ascontiguousarray(blocks[:, at : at + 2]).view("<f2").astype(np.float32)


def _words(blocks: Blocks, at: int, count: int, kind: str) -> np.ndarray:
    size = np.dtype(kind).itemsize
    return np.ascontiguousarray(blocks[:, at : at + count * size]).view(kind)


def _nibbles(packed: np.ndarray) -> np.ndarray:
    """(..., n) bytes as (..., 2 n) numbers: all low halves, then all high ones."""
    return np.concatenate([packed & 15, packed >> 4], -1)


def _fifth_bits(blocks: Blocks, at: int) -> np.ndarray:
    return np.unpackbits(blocks[:, at : at + 4], axis=1, bitorder="little")


def _q4_0(blocks):
    return (_nibbles(blocks[:, 2:]).astype(np.float32) - 8) * _half(blocks, 0)


def _q4_1(blocks):
    return _nibbles(blocks[:, 4:]) * _half(blocks, 0) + _half(blocks, 2)


def _q5_0(blocks):
    whole = _nibbles(blocks[:, 6:]) | _fifth_bits(blocks, 2) << 4
    return (whole.astype(np.float32) - 16) * _half(blocks, 0)


def _q5_1(blocks):
    return (_nibbles(blocks[:, 8:]) | _fifth_bits(blocks, 4) << 4) * _half(blocks, 0) + _half(blocks, 2)


def _q8_0(blocks):
    return blocks[:, 2:].view(np.int8) * _half(blocks, 0)


def _q8_1(blocks):
    return np.ascontiguousarray(blocks[:, 8:]).view(np.int8) * _words(blocks, 0, 1, "<f4")


def _q8_k(blocks):
    return np.ascontiguousarray(blocks[:, 4:260]).view(np.int8) * _words(blocks, 0, 1, "<f4")


def _two_bits(packed: np.ndarray) -> np.ndarray:
    """(blocks, 64) bytes as (blocks, 256): of each 32 bytes the lowest two bits of all, then the next two."""
    parts = packed.reshape(-1, 2, 1, 32) >> np.array([0, 2, 4, 6], np.uint8).reshape(1, 1, 4, 1) & 3
    return parts.reshape(-1, 256)


def _spread(scales: np.ndarray, numbers: int) -> np.ndarray:
    """Scales of parts as scales of numbers."""
    return np.repeat(scales, numbers // scales.shape[1], 1)


def _q2_k(blocks):
    scales = blocks[:, :16]
    low = _spread((scales & 15) * _half(blocks, 80), 256)
    return low * _two_bits(blocks[:, 16:80]) - _spread((scales >> 4) * _half(blocks, 82), 256)


def _q3_k(blocks):
    high = np.unpackbits(blocks[:, :32].reshape(-1, 32, 1), axis=2, bitorder="little")  # a bit for each 32 numbers
    high = high.transpose(0, 2, 1).reshape(-1, 256)
    whole = _two_bits(blocks[:, 32:96]).astype(np.int8) - ((high ^ 1) << 2).astype(np.int8)
    packed = blocks[:, 96:108]
    low = np.concatenate([packed[:, :8] & 15, packed[:, :8] >> 4], 1)
    top = packed[:, None, 8:] >> np.array([0, 2, 4, 6], np.uint8)[:, None] & 3
    scales = (low | top.reshape(-1, 16) << 4).astype(np.float32) - 32
    return _spread(scales * _half(blocks, 108), 256) * whole


def _six_bits(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eight scales and eight minima of six bits in twelve bytes."""
    first, second, third = packed[:, :4], packed[:, 4:8], packed[:, 8:]
    scales = np.concatenate([first & 63, third & 15 | first >> 6 << 4], 1)
    return scales, np.concatenate([second & 63, third >> 4 | second >> 6 << 4], 1)


def _q4_k(blocks):
    scales, lows = _six_bits(blocks[:, 4:16])
    whole = _nibbles(blocks[:, 16:].reshape(-1, 4, 32)).reshape(-1, 256)
    return _spread(scales * _half(blocks, 0), 256) * whole - _spread(lows * _half(blocks, 2), 256)


def _q5_k(blocks):
    scales, lows = _six_bits(blocks[:, 4:16])
    high = np.unpackbits(blocks[:, 16:48].reshape(-1, 32, 1), axis=2, bitorder="little")
    high = high.transpose(0, 2, 1).reshape(-1, 256)
    whole = _nibbles(blocks[:, 48:].reshape(-1, 4, 32)).reshape(-1, 256) | high << 4
    return _spread(scales * _half(blocks, 0), 256) * whole - _spread(lows * _half(blocks, 2), 256)


def _q6_k(blocks):
    low = _nibbles(blocks[:, :128].reshape(-1, 2, 64)).reshape(-1, 256)
    high = _two_bits(blocks[:, 128:192])
    whole = (low | high << 4).astype(np.int8) - 32
    scales = np.ascontiguousarray(blocks[:, 192:208]).view(np.int8)
    return _spread(scales * _half(blocks, 208), 256) * whole


def _iq4_nl(blocks):
    return FOURTHS[_nibbles(blocks[:, 2:])] * _half(blocks, 0)


def _iq4_xs(blocks):
    high = _words(blocks, 2, 1, "<u2") >> np.arange(0, 16, 2, dtype=np.uint16) & 3
    low = np.stack([blocks[:, 4:8] & 15, blocks[:, 4:8] >> 4], 2).reshape(-1, 8)
    scales = (low | high << 4).astype(np.float32) - 32
    whole = FOURTHS[_nibbles(blocks[:, 8:].reshape(-1, 8, 16))].reshape(-1, 256)
    return _spread(scales * _half(blocks, 0), 256) * whole


def _mxfp4(blocks):
    exponent = blocks[:, :1].astype(np.float32) - 128
    return E2M1[_nibbles(blocks[:, 1:])] * np.exp2(exponent)


def _nvfp4(blocks):
    """Scales are unsigned floats of four bits for the exponent and three for the rest."""
    scales = blocks[:, :4]
    exponent, rest = (scales >> 3 & 15).astype(np.float32), (scales & 7).astype(np.float32)
    value = np.where(exponent == 0, rest * 2.0**-9, (1 + rest / 8) * np.exp2(exponent - 7))
    value = np.where((scales == 0) | (scales == 0x7F), 0, value * 0.5).astype(np.float32)
    whole = E2M1[_nibbles(blocks[:, 4:].reshape(-1, 4, 8))].reshape(-1, 64)
    return _spread(value, 64) * whole


def _q1_0(blocks):
    signs = np.unpackbits(blocks[:, 2:], axis=1, bitorder="little").astype(np.float32)
    return (2 * signs - 1) * _half(blocks, 0)


def _thirds(packed: np.ndarray, count: int) -> np.ndarray:
    """Digits of base three, the highest first, of numbers that are fractions of 256: (blocks, count x bytes)."""
    powers = np.array([1, 3, 9, 27, 81], np.uint8)[:count]
    turned = packed[:, None, :] * powers[:, None]  # what overflows are the digits before
    return ((turned.astype(np.uint16) * 3) >> 8).reshape(len(packed), -1)


def _tq1_0(blocks):
    digits = [_thirds(blocks[:, :32], 5), _thirds(blocks[:, 32:48], 5), _thirds(blocks[:, 48:52], 4)]
    return (np.concatenate(digits, 1).astype(np.float32) - 1) * _half(blocks, 52)


def _tq2_0(blocks):
    return (_two_bits(blocks[:, :64]).astype(np.float32) - 1) * _half(blocks, 64)


def _signs(numbers: np.ndarray) -> np.ndarray:
    """Seven bits as eight signs, of which an even count is negative: (...,) -> (..., 8)."""
    seven = numbers.astype(np.uint8) & 127
    bits = seven[..., None] >> np.arange(7, dtype=np.uint8) & 1
    last = bits.sum(-1, keepdims=True) & 1
    return 1 - 2 * np.concatenate([bits, last], -1).astype(np.float32)


def _all_signs(packed: np.ndarray) -> np.ndarray:
    """Bytes as eight signs each."""
    return 1 - 2 * (packed[..., None] >> np.arange(8, dtype=np.uint8) & 1).astype(np.float32)


SEVENS = np.array([0, 7, 14, 21], np.uint32)


def _iq2_xxs(blocks):
    words = _words(blocks, 2, 16, "<u4").reshape(-1, 8, 2)
    places = np.ascontiguousarray(words[..., 0:1]).view(np.uint8)  # four points for each 32 numbers
    scales = _half(blocks, 0) * (0.5 + (words[..., 1] >> 28)).astype(np.float32) * 0.25
    whole = grid("IQ2_XXS")[places] * _signs(words[..., 1:] >> SEVENS & 127)
    return (whole * scales[..., None, None]).reshape(-1, 256)


def _iq2_xs(blocks):
    words = _words(blocks, 2, 32, "<u2")
    scales = blocks[:, 66:74]
    each = np.stack([scales & 15, scales >> 4], 2).reshape(-1, 16)
    factors = _half(blocks, 0) * (0.5 + each).astype(np.float32) * 0.25
    whole = grid("IQ2_XS")[words & 511] * _signs(words >> 9)
    return _spread(factors, 256) * whole.reshape(-1, 256)


def _iq2_s(blocks):
    high = blocks[:, 66:74, None] >> np.array([0, 2, 4, 6], np.uint8) & 3
    places = blocks[:, 2:34].astype(np.uint16) | high.reshape(-1, 32).astype(np.uint16) << 8
    scales = blocks[:, 74:82]
    each = np.stack([scales & 15, scales >> 4], 2).reshape(-1, 16)
    factors = _half(blocks, 0) * (0.5 + each).astype(np.float32) * 0.25
    whole = grid("IQ2_S")[places] * _all_signs(blocks[:, 34:66])
    return _spread(factors, 256) * whole.reshape(-1, 256)


def _iq3_xxs(blocks):
    words = _words(blocks, 66, 8, "<u4")
    scales = _half(blocks, 0) * (0.5 + (words >> 28)).astype(np.float32) * 0.5
    whole = grid("IQ3_XXS")[blocks[:, 2:66]].reshape(-1, 8, 4, 8) * _signs(words[..., None] >> SEVENS & 127)
    return (whole * scales[..., None, None]).reshape(-1, 256)


def _iq3_s(blocks):
    high = np.unpackbits(blocks[:, 66:74], axis=1, bitorder="little")
    places = blocks[:, 2:66].astype(np.uint16) | high.astype(np.uint16) << 8
    scales = blocks[:, 106:110]
    each = np.stack([scales & 15, scales >> 4], 2).reshape(-1, 8)
    factors = _half(blocks, 0) * (1 + 2 * each).astype(np.float32)
    whole = grid("IQ3_S")[places].reshape(-1, 32, 8) * _all_signs(blocks[:, 74:106])
    return _spread(factors, 256) * whole.reshape(-1, 256)


def _iq1_s(blocks):
    words = _words(blocks, 34, 8, "<u2")
    scales = _half(blocks, 0) * (2 * (words >> 12 & 7) + 1).astype(np.float32)
    shift = np.where(words & 0x8000, -0.125, 0.125).astype(np.float32)
    high = words[..., None] >> np.array([0, 3, 6, 9], np.uint16) & 7
    places = blocks[:, 2:34].astype(np.uint16) | high.reshape(-1, 32) << 8
    whole = grid("IQ1_S")[places].reshape(-1, 8, 32) + shift[..., None]
    return (whole * scales[..., None]).reshape(-1, 256)


def _iq1_m(blocks):
    words = _words(blocks, 48, 4, "<u2")
    bits = words[:, 0] >> 12 | words[:, 1] >> 8 & 0xF0 | words[:, 2] >> 4 & 0xF00 | words[:, 3] & 0xF000
    whole_scale = np.ascontiguousarray(bits.astype("<u2")).view("<f2").astype(np.float32)[:, None]
    each = (words[..., None] >> np.array([0, 3, 6, 9], np.uint16) & 7).reshape(-1, 16)
    scales = whole_scale * (2 * each + 1).astype(np.float32)
    half = np.stack([blocks[:, 32:48] & 15, blocks[:, 32:48] >> 4], 2).reshape(-1, 32)
    places = blocks[:, :32].astype(np.uint16) | (half & 7).astype(np.uint16) << 8
    shift = np.where(half & 8, -0.125, 0.125).astype(np.float32)
    whole = grid("IQ1_S")[places] + shift[..., None]
    return _spread(scales, 256) * whole.reshape(-1, 256)


# By ggml's numbers.
BLOCKS = {
    2: BlockType("Q4_0", 32, 18, _q4_0),
    3: BlockType("Q4_1", 32, 20, _q4_1),
    6: BlockType("Q5_0", 32, 22, _q5_0),
    7: BlockType("Q5_1", 32, 24, _q5_1),
    8: BlockType("Q8_0", 32, 34, _q8_0),
    9: BlockType("Q8_1", 32, 40, _q8_1),
    10: BlockType("Q2_K", 256, 84, _q2_k),
    11: BlockType("Q3_K", 256, 110, _q3_k),
    12: BlockType("Q4_K", 256, 144, _q4_k),
    13: BlockType("Q5_K", 256, 176, _q5_k),
    14: BlockType("Q6_K", 256, 210, _q6_k),
    15: BlockType("Q8_K", 256, 292, _q8_k),
    16: BlockType("IQ2_XXS", 256, 66, _iq2_xxs),
    17: BlockType("IQ2_XS", 256, 74, _iq2_xs),
    18: BlockType("IQ3_XXS", 256, 98, _iq3_xxs),
    19: BlockType("IQ1_S", 256, 50, _iq1_s),
    20: BlockType("IQ4_NL", 32, 18, _iq4_nl),
    21: BlockType("IQ3_S", 256, 110, _iq3_s),
    22: BlockType("IQ2_S", 256, 82, _iq2_s),
    23: BlockType("IQ4_XS", 256, 136, _iq4_xs),
    29: BlockType("IQ1_M", 256, 56, _iq1_m),
    34: BlockType("TQ1_0", 256, 54, _tq1_0),
    35: BlockType("TQ2_0", 256, 66, _tq2_0),
    39: BlockType("MXFP4", 32, 17, _mxfp4),
    40: BlockType("NVFP4", 64, 36, _nvfp4),
    41: BlockType("Q1_0", 128, 18, _q1_0),
}
