# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evidence and inputs as pictures, by Pillow."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from ..colormaps import EVIDENCE, srgb

TILE, GAP, NAME = 112, 8, 14  # pixels of a sheet: a tile, between two, of a name above one
GROUND, TEXT = "#101828", "#a3b2ca"
LEAST = 448  # pixels of the longer side; small maps are enlarged by whole squares
FULL = 0.995  # of the sizes are below that in full color
POWER = 0.6  # of a number's size, its color: else one pixel would gray the rest


def save_evidence(path: Path, values: np.ndarray) -> None:
    """Save what each number counts for as a picture: green for, magenta against. Channels are summed."""
    _save(path, evidence(values))


def evidence(values: np.ndarray) -> np.ndarray:
    """Colors (rows, columns, 3), 0 to 1, of evidence (channels, rows, columns), (rows, columns) or flat."""
    flat = _map(values)
    finite = np.where(np.isfinite(flat), flat, 0)
    full = float(np.quantile(np.abs(finite), FULL)) or float(np.abs(finite).max()) or 1.0
    shade = np.sign(finite) * np.minimum(np.abs(finite) / full, 1) ** POWER
    places = [2 * place - 1 for place, _ in EVIDENCE]
    colors = np.array([srgb(text) for _, text in EVIDENCE])
    return np.stack([np.interp(shade, places, colors[:, channel]) for channel in range(3)], -1)


def save_input(path: Path, values: np.ndarray) -> None:
    """Save an input (channels, rows, columns), or flat, from 0 to 1 as a picture; where it has other counts of channels
    than 1 and 3, their mean."""
    _save(path, _colors(values))


def _colors(values: np.ndarray) -> np.ndarray:
    """An input as colors (rows, columns, 3)."""
    if values.ndim == 3 and len(values) == 3:
        return np.moveaxis(values, 0, -1)
    gray = values.mean(0) if values.ndim == 3 else _map(values)
    return np.repeat(gray[..., None], 3, -1)


def _pixels(values: np.ndarray) -> np.ndarray:
    return (np.clip(_colors(values), 0, 1) * 255).round().astype(np.uint8)


def save_sheet(path: Path, inputs: Sequence[np.ndarray], names: Sequence[str]) -> None:
    """Save several inputs as one picture, in rows from the left, each with its name above it."""
    tiles = [_pixels(values) for values in inputs]
    high, wide = (max(tile.shape[axis] for tile in tiles) for axis in (0, 1))
    side = max(1, TILE // max(high, wide))
    across = ceil((len(tiles) * 2) ** 0.5)
    down = -(-len(tiles) // across)
    step_x, step_y = side * wide + GAP, side * high + GAP + NAME
    sheet = Image.new("RGB", (across * step_x + GAP, down * step_y + GAP), GROUND)
    pen = ImageDraw.Draw(sheet)
    for place, (tile, name) in enumerate(zip(tiles, names, strict=True)):
        x, y = GAP + place % across * step_x, GAP + place // across * step_y
        pen.text((x, y), name, fill=TEXT)
        sheet.paste(Image.fromarray(tile.repeat(side, 0).repeat(side, 1)), (x, y + NAME))
    sheet.save(path, format="PNG")


def _map(values: np.ndarray) -> np.ndarray:
    """Numbers as (rows, columns)."""
    if values.ndim == 2:
        return values
    if values.ndim > 2:
        return values.reshape(-1, *values.shape[-2:]).sum(0)
    flat = values.reshape(-1)
    columns = ceil(len(flat) ** 0.5)
    return np.pad(flat, (0, -len(flat) % columns)).reshape(-1, columns)


def _save(path, colors):
    pixels = (np.clip(colors, 0, 1) * 255).round().astype(np.uint8)
    side = max(1, LEAST // max(pixels.shape[:2]))
    Image.fromarray(pixels.repeat(side, 0).repeat(side, 1)).save(path, format="PNG")
