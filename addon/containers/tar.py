# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names in tar archives. Only headers are looked at, each once and in order, so that no archive can go on for ever.

The format: POSIX.1-2001, "ustar", with the long names of GNU and of pax.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

BLOCK, MOST_MEMBERS, LONGEST_NAME, LARGEST = 512, 10_000, 1 << 12, 1 << 60
LONG_NAME, PAX = (b"L",), (b"x", b"X")


def names(read: Callable[[int], bytes], skip: Callable[[int], object]) -> Iterator[str]:
    """The names of the members, as far as the headers can be read. `read` and `skip` go on in the archive by so many
    bytes."""
    longer = ""
    for _ in range(MOST_MEMBERS):
        header = read(BLOCK)
        if len(header) < BLOCK or header[257:262] != b"ustar":
            return
        size = _number(header[124:136])
        if size is None:
            return
        kind = header[156:157]
        padded = -(-size // BLOCK) * BLOCK
        if kind in (*LONG_NAME, *PAX):
            text = read(min(padded, LONGEST_NAME))
            skip(padded - min(padded, LONGEST_NAME))
            longer = _text(text[:size]) if kind in LONG_NAME else _path(text[:size])
            continue
        prefix = _text(header[345:500])
        name = longer or (f"{prefix}/" if prefix else "") + _text(header[:100])
        longer = ""
        if name and kind in (b"0", b"\0"):
            yield name
        skip(padded)


def _text(data: bytes) -> str:
    return data.partition(b"\0")[0].decode("utf-8", "replace")


def _path(data: bytes) -> str:
    """The path that a pax header says: lines such as "23 path=a/long/name"."""
    line = next((line for line in data.split(b"\n") if b" path=" in line), b"")
    return line.partition(b" path=")[2].decode("utf-8", "replace")


def _number(data: bytes) -> int | None:
    """A size: octal digits, or in GNU's way the bytes themselves; None where it is neither."""
    if data[:1] == b"\x80":
        size = int.from_bytes(data[1:], "big")
        return size if size < LARGEST else None
    digits = data.strip(b" \0")
    return int(digits or b"0", 8) if len(digits) < 20 and all(48 <= digit < 56 for digit in digits) else None
