# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pictures by Blender's own readers."""

from __future__ import annotations

import struct
from pathlib import Path

import bpy
import numpy as np

from ..containers import CheckpointError

LARGEST = 1 << 26  # pixels
SUFFIXES = (".png", ".jpg", ".jpeg")


def load_picture(path: Path) -> np.ndarray:
    """A PNG or JPEG as floats 0 to 1 of shape (height, width, 4), RGBA, top row first. Raises `CheckpointError`."""
    size = _size(path)
    if size is None:
        raise CheckpointError(path, "not a PNG or JPEG picture", "give a .png, .jpg, .npy or .npz file")
    if size[0] * size[1] > LARGEST:
        raise CheckpointError(path, f"a picture of {size[0]:,} x {size[1]:,} pixels is too large")
    try:
        image = bpy.data.images.load(str(path.resolve()))
    except RuntimeError as error:
        raise CheckpointError(path, "the picture cannot be read") from error
    try:
        image.colorspace_settings.name = "Non-Color"
        image.alpha_mode = "STRAIGHT"
        if tuple(image.size) != size or not image.has_data:
            raise CheckpointError(path, "the picture is damaged or cut short")
        pixels = np.empty(size[0] * size[1] * 4, np.float32)
        image.pixels.foreach_get(pixels)
    finally:
        bpy.data.images.remove(image)
    return pixels.reshape(size[1], size[0], 4)[::-1]


def _size(path: Path) -> tuple[int, int] | None:
    """Width and height from the file's header, before any memory is taken for its pixels."""
    try:
        data = path.read_bytes()[: 1 << 20]
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror})", "check the path") from error
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        return struct.unpack(">II", data[16:24])
    at = 2
    while data.startswith(b"\xff\xd8") and at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None
