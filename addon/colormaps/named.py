# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The named colour maps, as the stops of a ramp whose colours are mixed in linear RGB, as Blender's is.

All but the two defaults, that of evidence and those of books are worked out here in Oklab so that equal steps of a
value look equal, lightness only rises (away from the middle, if it is a diverging map), and no kind of colour blindness
makes one arm look like the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from . import oklab

Stops = tuple[tuple[float, str], ...]
DIVERGING, SEQUENTIAL = "diverging", "sequential"
DARK, LIGHT = "dark", "light"  # the ground that a map is for: its middle, or its low end, goes under in that

# Cells on dark: -1 .. 0 .. +1 of the layer's range lie at 0 .. 0.5 .. 1. Negative values are violet, 0 is slate.
ACTIVATION: Stops = (
    (0.0, "#a06ad8"),
    (0.20, "#6a4bae"),
    (0.40, "#36366e"),
    (0.50, "#2a3a5c"),
    (0.545, "#2f4d80"),
    (0.64, "#3f78b5"),
    (0.77, "#8cc4dd"),
    (0.88, "#f3dcae"),
    (1.0, "#fff6e2"),
)
# Lines on dark: the middle of a diverging map must be dark there. Blue subtracts, orange adds.
WEIGHT: Stops = ((0.0, "#2a8cff"), (0.30, "#1f63d6"), (0.5, "#1b2436"), (0.70, "#e0481c"), (1.0, "#ff6a26"))
# What speaks against something and for it: a pair that no other map of a scene uses, told apart with any kind of color
# vision (CIE76 of the ends 145, deutan 57, protan 90, tritan 111).
EVIDENCE: Stops = (
    (0.0, "#ee63e4"),
    (0.14, "#c62fbc"),
    (0.34, "#661c70"),
    (0.5, "#233050"),
    (0.66, "#12684e"),
    (0.86, "#2fcf92"),
    (1.0, "#5df0b2"),
)
# Of books on dark, where nothing is below 0: maps and sheets, bars on the edges of pages, attention, sizes of weights.
_BOOKS = {
    "Lantern": (
        ("night blue", "ivory"),
        (
            (0.0, "#22304e"),
            (0.12, "#2a4673"),
            (0.35, "#3f78b5"),
            (0.60, "#8cc4dd"),
            (0.80, "#f3dcae"),
            (1.0, "#fff6e2"),
        ),
    ),
    "Slate": (("night blue", "light blue"), ((0.0, "#16223c"), (0.5, "#27508a"), (1.0, "#6fb0d6"))),
    "Brass": (("night blue", "gold"), ((0.0, "#141d33"), (0.25, "#3a3f5e"), (0.6, "#c98a4a"), (1.0, "#ffd9a0"))),
    "Pewter": (("night blue", "white"), ((0.0, "#121a2c"), (0.4, "#3d4c70"), (0.75, "#93a3c8"), (1.0, "#eef2fd"))),
}


@dataclass(frozen=True)
class ColorMap:
    """A colour map: `low` is the shade at its first stop, -1 of a diverging and 0 of a sequential one.

    `colours` are those of its two ends in words, as a legend says them.
    """

    name: str
    colours: tuple[str, str]
    kind: str
    ground: str
    stops: Stops

    @property
    def low(self) -> float:
        return -1.0 if self.kind == DIVERGING else 0.0


# Ground, colours in words, middle (lightness, chroma, hue), lightness of the ends, then chroma and hue half-way and at
# the end of each arm: OKLCH
_DIVERGING = {
    "Tide and Ember": (DARK, ("blue", "orange"), (0.25, 0.02, 265), 0.80, (0.19, 258, 0.11, 235), (0.16, 42, 0.15, 75)),
    "Coral and Lagoon": (
        DARK,
        ("coral", "cyan"),
        (0.24, 0.015, 230),
        0.80,
        (0.19, 20, 0.12, 35),
        (0.10, 215, 0.12, 200),
    ),
    "Orchid and Lime": (
        DARK,
        ("pink", "lime"),
        (0.24, 0.02, 320),
        0.82,
        (0.19, 328, 0.13, 335),
        (0.12, 122, 0.17, 118),
    ),
    "Violet and Jade": (
        DARK,
        ("violet", "green"),
        (0.24, 0.015, 260),
        0.80,
        (0.20, 305, 0.13, 310),
        (0.10, 160, 0.14, 155),
    ),
    "Mint and Straw": (DARK, ("mint", "straw"), (0.42, 0.11, 257), 0.93, (0.10, 218, 0.12, 180), (0.03, 60, 0.13, 92)),
    "Ocean and Rust": (LIGHT, ("blue", "rust"), (0.93, 0.005, 90), 0.50, (0.10, 248, 0.17, 258), (0.14, 48, 0.17, 38)),
    "Wine and Azure": (
        LIGHT,
        ("wine red", "azure"),
        (0.93, 0.005, 90),
        0.40,
        (0.14, 10, 0.15, 15),
        (0.10, 235, 0.12, 248),
    ),
    "Plum and Moss": (
        LIGHT,
        ("plum", "moss green"),
        (0.93, 0.005, 90),
        0.42,
        (0.14, 332, 0.17, 330),
        (0.11, 128, 0.10, 132),
    ),
    "Spruce and Clay": (
        LIGHT,
        ("spruce", "clay"),
        (0.90, 0.012, 80),
        0.42,
        (0.08, 195, 0.08, 205),
        (0.13, 52, 0.13, 38),
    ),
}
# Ground, colours in words, OKLCH on the way from low to high
_SEQUENTIAL = {
    "Abyss": (
        DARK,
        ("night blue", "ivory"),
        ((0.22, 0.04, 265), (0.45, 0.12, 250), (0.72, 0.11, 215), (0.95, 0.04, 95)),
    ),
    "Furnace": (
        DARK,
        ("dark red", "pale yellow"),
        ((0.20, 0.05, 350), (0.45, 0.16, 20), (0.70, 0.17, 55), (0.95, 0.08, 100)),
    ),
    "Aurora": (
        DARK,
        ("dark violet", "pale lime"),
        ((0.22, 0.08, 300), (0.45, 0.10, 220), (0.70, 0.15, 160), (0.95, 0.12, 115)),
    ),
    "Chalk": (
        DARK,
        ("blue", "chalk white"),
        ((0.36, 0.10, 257), (0.55, 0.11, 250), (0.78, 0.07, 235), (0.98, 0.01, 220)),
    ),
    "Ink": (
        LIGHT,
        ("paper", "blue-black"),
        ((0.95, 0.008, 250), (0.70, 0.09, 248), (0.45, 0.13, 255), (0.25, 0.08, 262)),
    ),
    "Terracotta": (
        LIGHT,
        ("plaster", "burnt clay"),
        ((0.93, 0.012, 80), (0.74, 0.09, 60), (0.52, 0.13, 42), (0.28, 0.08, 30)),
    ),
}
ARM, STEPS = 7, 13  # stops of an arm beside the middle, and of a sequential map


@cache
def defaults() -> dict[str, ColorMap]:
    """The maps of every new network by name; the others take a while to be worked out."""
    return {
        "Activation": ColorMap("Activation", ("violet", "ivory"), DIVERGING, DARK, ACTIVATION),
        "Weight": ColorMap("Weight", ("blue", "orange"), DIVERGING, DARK, WEIGHT),
        "Evidence": ColorMap("Evidence", ("magenta", "green"), DIVERGING, DARK, EVIDENCE),
    } | {name: ColorMap(name, colours, SEQUENTIAL, DARK, stops) for name, (colours, stops) in _BOOKS.items()}


def map_named(name: str) -> ColorMap | None:
    """The map of a name, None if there is none."""
    return defaults().get(name) or maps().get(name) if name else None


@cache
def maps() -> dict[str, ColorMap]:
    """Every map by name, the defaults and those of books first."""
    every = list(defaults().values())
    for name, (ground, colours, middle, end, *arms) in _DIVERGING.items():
        low, high = (_arm(middle, end, *arm) for arm in arms)
        every.append(ColorMap(name, colours, DIVERGING, ground, _stops(np.concatenate([low[:0:-1], high]))))
    every.append(ColorMap("Cool and Warm", ("blue", "red"), DIVERGING, LIGHT, _encoded(moreland(2 * ARM + 1))))
    for name, (ground, colours, points) in _SEQUENTIAL.items():
        every.append(ColorMap(name, colours, SEQUENTIAL, ground, _stops(_way(points))))
    helix = oklab.to_lab(oklab.decode(cubehelix(np.linspace(0.12, 0.96, 256))))
    every.append(ColorMap("Cubehelix", ("dark", "light"), SEQUENTIAL, DARK, _stops(oklab.evenly(helix, STEPS))))
    return {map_.name: map_ for map_ in every}


def cubehelix(share: np.ndarray, start: float = 0.5, turns: float = -1.5, hue: float = 1.0) -> np.ndarray:
    """sRGB (n, 3) of shares from black to white (Green 2011, "A colour scheme for the display of astronomical
    intensity images", equation 2)."""
    angle = 2 * np.pi * (start / 3 + 1 + turns * share)
    swing = hue * share * (1 - share) / 2
    mix = np.array([[-0.14861, 1.78277], [-0.29227, -0.90649], [1.97294, 0.0]])
    return np.clip(share[:, None] + swing[:, None] * (np.stack([np.cos(angle), np.sin(angle)], -1) @ mix.T), 0, 1)


def moreland(count: int) -> np.ndarray:
    """sRGB (count, 3) from blue over grey to red (Moreland 2009, "Diverging color maps for scientific visualization"):
    straight in Msh, polar CIELAB, with an unsaturated middle and the hue spun away from it."""
    ends = _msh(np.array([[59, 76, 192], [180, 4, 38]]) / 255)
    middle = 88.0
    share = np.linspace(0, 1, count)[:, None]
    near = np.where(share < 0.5, ends[0], ends[1])
    size, angle, hue = near.T
    spin = angle * np.sqrt(middle**2 - size**2) / (size * np.sin(angle))
    grey = np.stack(
        [np.full_like(size, middle), np.zeros_like(size), hue + np.where(hue > -np.pi / 3, spin, -spin)], -1
    )
    return _from_msh(near + (grey - near) * (1 - np.abs(2 * share - 1)))


_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)  # of linear sRGB, D65
_WHITE = np.array([0.95047, 1.0, 1.08883])


def _msh(encoded):
    scaled = oklab.decode(encoded) @ _XYZ.T / _WHITE
    x, y, z = np.where(scaled > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116).T
    lab = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)
    size = np.linalg.norm(lab, axis=-1)
    return np.stack([size, np.arccos(lab[:, 0] / size), np.arctan2(lab[:, 2], lab[:, 1])], -1)


def _from_msh(msh):
    size, angle, hue = msh.T
    y = (size * np.cos(angle) + 16) / 116
    x, z = y + size * np.sin(angle) * np.cos(hue) / 500, y - size * np.sin(angle) * np.sin(hue) / 200
    xyz = np.stack([x, y, z], -1)
    xyz = np.where(xyz > 0.206893, xyz**3, (xyz - 16 / 116) / 7.787) * _WHITE
    return oklab.encode(xyz @ np.linalg.inv(_XYZ).T)


def _arm(middle, end, half_chroma, half_hue, chroma, hue):
    """Oklab (ARM + 1, 3) from the middle to an end: straight over a colour half-way, in equal steps of lightness."""
    light = (middle[0], (middle[0] + end) / 2, end)
    corners = oklab.from_lch([middle, (light[1], half_chroma, half_hue), (light[2], chroma, hue)])
    share = np.linspace(0, 1, ARM + 1)
    # a quadratic through the three, so that there is no kink of hue half-way
    weights = np.stack([(1 - share) * (1 - 2 * share), 4 * share * (1 - share), share * (2 * share - 1)], -1)
    return weights @ corners


def _way(points):
    """Oklab (STEPS, 3) at equal distances along a smooth way through colours of OKLCH."""
    corners = oklab.from_lch(points)
    at = np.linspace(0, len(corners) - 1, 256)
    return oklab.evenly(oklab.to_lab(oklab.shown(_smooth(corners, at))), STEPS)


def _smooth(corners, at):
    """Points of the Catmull-Rom curve through corners (n, 3)."""
    padded = np.concatenate([[2 * corners[0] - corners[1]], corners, [2 * corners[-1] - corners[-2]]])
    first = np.minimum(at.astype(int), len(corners) - 2)
    t = (at - first)[:, None]
    a, b, c, d = (padded[first + step] for step in range(4))
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def _stops(lab) -> Stops:
    return _encoded(oklab.encode(oklab.shown(lab)))


def _encoded(colours) -> Stops:
    numbers = np.round(255 * np.asarray(colours)).astype(int)
    places = np.linspace(0, 1, len(numbers))
    return tuple(
        (float(place), "#{:02x}{:02x}{:02x}".format(*number)) for place, number in zip(places, numbers, strict=True)
    )
