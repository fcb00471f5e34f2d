# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pictures of linear light: Radiance's .hdr and OpenEXR's .exr, as floats.

Of OpenEXR single-part files of scanlines are read, uncompressed or with RLE or ZIP (OpenEXR file layout, Academy
Software Foundation); of Radiance RGBE, flat or run-length encoded (Ward, Real Pixels, 1991).
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np

from ..containers import CheckpointError

SUFFIXES = (".hdr", ".exr")
TYPES: dict[int, np.dtype] = {0: np.dtype("<u4"), 1: np.dtype("<f2"), 2: np.dtype("<f4")}
LINES = {0: 1, 1: 1, 2: 1, 3: 16}  # rows a chunk, by the compression: none, RLE, ZIPS, ZIP
HEADER = 1 << 20
CUT = "the picture is damaged or cut short"


def load_light(path: Path, largest: int) -> np.ndarray:
    """Linear light (height, width, 3) float32, top row first, of a picture of at most `largest` pixels. Raises
    `CheckpointError`."""
    data = path.read_bytes()
    if data[:4] == b"\x76\x2f\x31\x01":
        return _exr(path, data, largest)
    if data[:2] == b"#?":
        return _hdr(path, data, largest)
    raise CheckpointError(path, "not a Radiance or OpenEXR picture", "save it as .png")


def shown(light: np.ndarray) -> np.ndarray:
    """Linear light as a screen shows it (sRGB, IEC 61966-2-1), cut at white."""
    cut = np.clip(np.nan_to_num(light), 0, 1)
    return np.where(cut <= 0.0031308, 12.92 * cut, 1.055 * cut ** (1 / 2.4) - 0.055).astype(np.float32)


def check_size(path: Path, width: int, height: int, largest: int) -> None:
    """Raise `CheckpointError` for a picture without pixels or with too many."""
    if width < 1 or height < 1:
        raise CheckpointError(path, CUT)
    if width * height > largest:
        raise CheckpointError(path, f"a picture of {width:,} x {height:,} pixels is too large", "make it smaller")


def _hdr(path, data, largest) -> np.ndarray:
    end = data.find(b"\n\n", 0, HEADER)
    line = data[end + 2 : data.find(b"\n", end + 2)].split()
    if end < 0 or len(line) != 4 or line[0] != b"-Y" or line[2] != b"+X" or not (line[1] + line[3]).isdigit():
        raise CheckpointError(path, "a Radiance picture in an order of rows that we do not read", "save it as .exr")
    height, width = int(line[1]), int(line[3])
    check_size(path, width, height, largest)
    at = data.find(b"\n", end + 2) + 1
    rgbe = np.zeros((height, width, 4), np.uint8)
    for row in range(height):
        head = data[at : at + 4]
        if len(head) < 4:
            raise CheckpointError(path, CUT)
        if 8 <= width < 1 << 15 and head[:2] == b"\x02\x02" and head[2] << 8 | head[3] == width:
            at += 4
            for channel in range(4):
                at = _runs(path, data, at, rgbe[row, :, channel])
            continue
        if len(data) < at + 4 * width or head[:3] == b"\x01\x01\x01":
            raise CheckpointError(path, CUT)
        rgbe[row] = np.frombuffer(data, np.uint8, 4 * width, at).reshape(width, 4)
        at += 4 * width
    scale = np.where(rgbe[..., 3:] > 0, np.ldexp(1.0, rgbe[..., 3:].astype(int) - 136), 0.0)
    return (rgbe[..., :3] * scale).astype(np.float32)


def _runs(path, data, at, into) -> int:
    place = 0
    while place < len(into):
        if at + 1 >= len(data):
            raise CheckpointError(path, CUT)
        count = data[at]
        run = count > 128
        count = count - 128 if run else count
        if not count or place + count > len(into) or at + 1 + (1 if run else count) > len(data):
            raise CheckpointError(path, CUT)
        into[place : place + count] = data[at + 1] if run else np.frombuffer(data, np.uint8, count, at + 1)
        at += 2 if run else 1 + count
        place += count
    return at


def _exr(path, data, largest) -> np.ndarray:
    flags = int.from_bytes(data[4:8], "little")
    if flags & 0x1A00:
        raise CheckpointError(path, "an OpenEXR picture of tiles or several parts", "save it as scanlines, or as .png")
    facts, at = _attributes(path, data)
    try:
        low_x, low_y, high_x, high_y = struct.unpack("<4i", facts["dataWindow"])
        channels = _channels(facts["channels"])
        compression = facts["compression"][0]
    except (KeyError, struct.error, IndexError, ValueError) as error:
        raise CheckpointError(path, CUT) from error
    width, height = high_x - low_x + 1, high_y - low_y + 1
    check_size(path, width, height, largest)
    if compression not in LINES:
        raise CheckpointError(path, "an OpenEXR picture in a compression that we do not read", "save it with ZIP")
    if any(kind not in TYPES or step != (1, 1) for _, kind, step in channels) or not channels:
        raise CheckpointError(path, "an OpenEXR picture with channels of another size", "save it as RGB")
    each = LINES[compression]
    of_row = width * sum(TYPES[kind].itemsize for _, kind, _ in channels)
    found = {name: np.zeros((height, width), np.float32) for name, _, _ in channels}
    at += 8 * -(-height // each)  # the table of offsets: chunks follow one another
    for _ in range(-(-height // each)):
        if at + 8 > len(data):
            raise CheckpointError(path, CUT)
        row, length = struct.unpack_from("<ii", data, at)
        row -= low_y
        rows = min(each, height - row)
        if not 0 <= row < height or length < 0 or at + 8 + length > len(data):
            raise CheckpointError(path, CUT)
        body = _unpacked(path, data[at + 8 : at + 8 + length], compression, rows * of_row)
        at += 8 + length
        place = 0
        for line in range(row, row + rows):
            for name, kind, _ in channels:
                found[name][line] = np.frombuffer(body, TYPES[kind], width, place)
                place += width * TYPES[kind].itemsize
    single = next((found[name] for name in ("Y", "Z") if name in found), next(iter(found.values())))
    return np.dstack([found.get(name, single if "R" not in found else np.zeros_like(single)) for name in "RGB"])


def _attributes(path, data) -> tuple[dict[str, bytes], int]:
    facts: dict[str, bytes] = {}
    at = 8
    while at < min(len(data), HEADER):
        if data[at] == 0:
            return facts, at + 1
        name = data[at : at + 256].partition(b"\0")[0]
        begin = at + len(name) + 1
        stop = data.find(b"\0", begin, begin + 256) + 1
        length = int.from_bytes(data[stop : stop + 4], "little")
        if not stop or stop + 4 + length > len(data):
            break
        facts[name.decode("latin-1")] = data[stop + 4 : stop + 4 + length]
        at = stop + 4 + length
    raise CheckpointError(path, CUT)


def _channels(body: bytes) -> list[tuple[str, int, tuple[int, int]]]:
    """Name, type and steps of each channel, in the order of the file."""
    channels = []
    at = 0
    while body[at] != 0:
        stop = body.index(b"\0", at)
        kind, _, across, down = struct.unpack_from("<iIii", body, stop + 1)
        channels.append((body[at:stop].decode("latin-1"), kind, (across, down)))
        at = stop + 17
    return channels


def _unpacked(path, body: bytes, compression: int, size: int) -> bytes:
    """Bytes of a chunk; those that do not get smaller are stored as they are."""
    if compression == 0 or len(body) == size:
        if len(body) != size:
            raise CheckpointError(path, CUT)
        return body
    if compression == 1:
        packed = _rle(path, body, size)
    else:
        try:
            packed = zlib.decompressobj().decompress(body, size)
        except zlib.error as error:
            raise CheckpointError(path, CUT) from error
    if len(packed) != size:
        raise CheckpointError(path, CUT)
    steps = np.frombuffer(packed, np.uint8).astype(np.int64)
    steps[1:] -= 128
    whole = np.cumsum(steps).astype(np.uint8)
    made = np.empty(size, np.uint8)
    half = (size + 1) // 2
    made[::2], made[1::2] = whole[:half], whole[half:]
    return made.tobytes()


def _rle(path, body: bytes, size: int) -> bytes:
    made = bytearray()
    at = 0
    while at + 1 < len(body) and len(made) < size:
        count = body[at] - 256 if body[at] > 127 else body[at]
        if count < 0:
            made += body[at + 1 : at + 1 - count]
            at += 1 - count
        else:
            made += body[at + 1 : at + 2] * (count + 1)
            at += 2
    return bytes(made[:size])
