# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checksum CRC-32C (Castagnoli, reflected polynomial 0x82F63B78; RFC 3720, appendix B.4).

It is linear: many lanes of the data are worked out side by side, and joined by what so many zeros behind a lane do.
"""

from __future__ import annotations

from functools import cache

import numpy as np

POLYNOMIAL, MASK_DELTA = 0x82F63B78, 0xA282EAD8
LANES = 1 << 12


@cache
def _table() -> np.ndarray:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = (table >> np.uint32(1)) ^ np.where(table & 1, np.uint32(POLYNOMIAL), np.uint32(0))
    return table


@cache
def _small() -> list[int]:
    return [int(number) for number in _table()]


def crc32c(data: bytes | memoryview) -> int:
    """The checksum of bytes."""
    length = len(data) // LANES
    head = length * LANES
    crc = 0xFFFFFFFF
    if length > 64:
        crc = _joined(np.frombuffer(data, np.uint8, head).reshape(LANES, length), crc)
        data = memoryview(data)[head:]
    table = _small()
    for byte in bytes(data):
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def _joined(lanes: np.ndarray, first: int) -> int:
    """The register behind lanes (lanes, bytes), one after the other; before them it was `first`."""
    table = _table()
    states = np.zeros(len(lanes), np.uint32)
    states[0] = first
    for column in np.ascontiguousarray(lanes.T):
        states = (states >> np.uint32(8)) ^ table[(states ^ column) & np.uint32(0xFF)]
    bits = np.uint32(1) << np.arange(32, dtype=np.uint32)  # what zeros behind do to each bit of the register
    for _ in range(lanes.shape[1]):
        bits = (bits >> np.uint32(8)) ^ table[bits & np.uint32(0xFF)]
    while len(states) > 1:
        states = _applied(bits, states[0::2]) ^ states[1::2]
        bits = _applied(bits, bits)
    return int(states[0])


def _applied(bits: np.ndarray, states: np.ndarray) -> np.ndarray:
    """A linear map, given by what it does to each bit, of registers."""
    chosen = (states[:, None] >> np.arange(32, dtype=np.uint32)) & np.uint32(1)
    mapped: np.ndarray = np.bitwise_xor.reduce(np.where(chosen != 0, bits[None, :], np.uint32(0)), 1)  # type: ignore
    return mapped


def unmasked(stored: int) -> int:
    """A checksum as files keep it, turned round and raised so that it is no checksum of itself."""
    turned = (stored - MASK_DELTA) & 0xFFFFFFFF
    return ((turned >> 17) | (turned << 15)) & 0xFFFFFFFF
