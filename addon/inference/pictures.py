# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""PNG and JPEG files as arrays, by Pillow."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from ..containers import CheckpointError

LARGEST = 1 << 26  # pixels
SUFFIXES = (".png", ".jpg", ".jpeg")
FORMATS = ("PNG", "JPEG")
GREY = {"1": 1.0, "L": 255.0, "I;16": 65535.0, "I": 65535.0}  # modes of one channel, and what is white in them


def load_picture(path: Path) -> np.ndarray:
    """A PNG or JPEG as floats 0 to 1 of shape (height, width, 4), RGBA, top row first. Raises `CheckpointError`.

    The numbers are those of the file; a color profile in it is left alone. 16 bits a channel are kept where the picture
    is grey, and come out as 8 where it is not.
    """
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=FORMATS) as image:
            width, height = image.size  # from the header, before any memory is taken for pixels
            if width * height > LARGEST:
                raise CheckpointError(path, f"a picture of {width:,} x {height:,} pixels is too large")
            return _rgba(path, image)
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise CheckpointError(path, "not a PNG or JPEG picture", "give a .png, .jpg, .npy or .npz file") from error
    except FileNotFoundError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror})", "check the path") from error


def _rgba(path, image) -> np.ndarray:
    try:
        if image.mode in GREY and "transparency" not in image.info:
            grey = np.asarray(image, np.float32) / GREY[image.mode]
            return np.dstack([grey, grey, grey, np.ones_like(grey)])
        return np.asarray(image.convert("RGBA"), np.float32) / 255.0
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # Pillow's readers of damaged pictures raise them all
        raise CheckpointError(path, "the picture is damaged or cut short") from error
