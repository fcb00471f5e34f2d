# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Picture files as arrays: PNG, JPEG, TIFF, BMP and GIF by Pillow, Radiance and OpenEXR by `light`."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from ..containers import CheckpointError
from . import light

LARGEST = 1 << 26  # pixels
SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", *light.SUFFIXES)
FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF")
GREY = {"1": 1.0, "L": 255.0, "I;16": 65535.0, "I;16B": 65535.0, "I": 65535.0, "F": 1.0}  # modes, and what is white
MOST_FRAMES = 1000


def load_picture(path: Path, frame: int = 0) -> np.ndarray:
    """A picture as floats 0 to 1 of shape (height, width, 4), RGBA, top row first; of a moving one that frame. Raises
    `CheckpointError`.

    The numbers are those of the file; a color profile in it is left alone. 16 bits a channel are kept where the picture
    is grey, and come out as 8 where it is not. Linear light is cut at white and shown as sRGB. The size is read from
    the header, before any memory is taken for pixels.
    """
    try:
        if path.suffix.lower() in light.SUFFIXES:
            colors = light.shown(light.load_light(path, LARGEST))
            return np.dstack([colors, np.ones_like(colors[..., :1])])
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=FORMATS) as image:
            light.check_size(path, image.width, image.height, LARGEST)
            if frame:
                _seek(path, image, frame)
            return _rgba(path, image)
    except Image.DecompressionBombError as error:
        many = re.search(r"\d+", str(error))
        said = f"{int(many[0]):,}" if many else "too many"
        raise CheckpointError(path, f"a picture of {said} pixels is too large", "make it smaller") from error
    except UnidentifiedImageError as error:
        raise CheckpointError(
            path, "not a picture that we read", "give a PNG, JPEG, TIFF, BMP, GIF, .hdr or .exr file"
        ) from error
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror or error})", "check the path") from error


def frames_of(path: Path) -> int:
    """How many frames a moving GIF or a TIFF of several pages has; 1 of other pictures, and of what is none."""
    if path.suffix.lower() not in (".gif", ".tif", ".tiff"):
        return 1
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=FORMATS) as image:
            return min(int(getattr(image, "n_frames", 1)), MOST_FRAMES)
    except Exception:  # what is wrong is said where the picture is read
        return 1


def _seek(path, image, frame: int) -> None:
    try:
        image.seek(frame)
        light.check_size(path, image.width, image.height, LARGEST)
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise CheckpointError(path, f"has no frame {frame + 1}, or that is damaged") from error


def _rgba(path, image) -> np.ndarray:
    try:
        if image.mode in GREY and "transparency" not in image.info:
            grey = np.asarray(image, np.float32) / GREY[image.mode]
            return np.dstack([grey, grey, grey, np.ones_like(grey)])
        return np.asarray(image.convert("RGBA"), np.float32) / 255.0
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # Pillow's readers of damaged pictures raise them all
        raise CheckpointError(path, "the picture is damaged or cut short") from error
