# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snappy's raw format, unpacked within bounds (google/snappy, format_description.txt)."""

from __future__ import annotations


def unpack(data: bytes, most: int) -> bytes:
    """The bytes that were packed, at most so many. Raises ValueError."""
    size = shift = at = 0
    while True:
        if at >= len(data) or shift > 28:
            raise ValueError("a packed block without its size")
        byte = data[at]
        at += 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    if size > most:
        raise ValueError(f"a packed block of {size:,} bytes")
    made = bytearray()
    while at < len(data):
        tag = data[at]
        at += 1
        kind = tag & 3
        if kind == 0:
            length = tag >> 2
            if length >= 60:
                more = length - 59
                length = int.from_bytes(data[at : at + more], "little")
                at += more
            length += 1
            piece = data[at : at + length]
            if len(piece) < length or len(made) + length > size:
                raise ValueError("a packed block is damaged")
            made += piece
            at += length
            continue
        wide = {1: 1, 2: 2, 3: 4}[kind]
        low = data[at : at + wide]
        if len(low) < wide:
            raise ValueError("a packed block is cut short")
        at += wide
        if kind == 1:
            length, offset = 4 + (tag >> 2 & 7), (tag >> 5) << 8 | low[0]
        else:
            length, offset = 1 + (tag >> 2), int.from_bytes(low, "little")
        if not 0 < offset <= len(made) or len(made) + length > size:
            raise ValueError("a packed block refers to what is not there")
        start = len(made) - offset
        piece = bytes(made[start : start + length])
        while len(piece) < length:
            piece += piece[: length - len(piece)]
        made += piece
    if len(made) != size:
        raise ValueError("a packed block is cut short")
    return bytes(made)
