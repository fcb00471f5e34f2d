# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw ten hand-written looking digits and save them as 28x28 greyscale PNG files.

Each digit is a few pen strokes laid down as points on a free sketch grid (x to the right, y down; only proportions
matter). A smooth curve runs through the points of a stroke, the whole digit is slanted, fitted into a box of
20x20 pixels and moved so that its centre of mass lies at the centre of the image, as MNIST does.

Usage: python draw_digits.py
"""

import struct
import zlib
from pathlib import Path

import numpy as np

SIZE = 28  # image side, pixels
BOX = 20.0  # longest side of the inked area, pixels
SAMPLES = 6  # sub-pixel samples per pixel side, for smooth edges
STEPS = 16  # straight pieces per curve segment

# digit: (slant, pen width in pixels, strokes). Slant is the shift to the right per unit of height.
# A stroke that repeats the previous end point goes on from there with a sharp corner.
SKETCHES = {
    0: (
        0.14,
        2.7,
        [
            [
                (56, 4),
                (40, 3),
                (24, 16),
                (14, 38),
                (14, 64),
                (24, 88),
                (40, 96),
                (58, 88),
                (70, 66),
                (72, 38),
                (63, 15),
                (46, 8),
                (34, 14),
            ]
        ],
    ),
    1: (0.15, 2.8, [[(30, 20), (38, 13), (46, 2)], [(46, 2), (47, 34), (46, 66), (43, 98)]]),
    2: (
        0.10,
        2.6,
        [
            [(14, 25), (20, 10), (37, 2), (56, 7), (63, 24), (56, 46), (40, 67), (22, 84), (8, 94)],
            [(8, 94), (22, 89), (38, 91), (56, 96), (74, 92)],
        ],
    ),
    3: (
        0.08,
        2.6,
        [
            [(14, 14), (26, 4), (44, 2), (59, 10), (61, 25), (51, 38), (32, 45)],
            [(32, 45), (50, 47), (65, 57), (68, 74), (57, 91), (37, 98), (18, 94), (7, 84)],
        ],
    ),
    4: (
        0.10,
        2.6,
        [
            [(27, 3), (21, 22), (13, 42), (8, 55)],
            [(8, 55), (28, 57), (50, 54), (76, 49)],
            [(58, 22), (57, 46), (55, 72), (56, 98)],
        ],
    ),
    5: (
        0.10,
        2.6,
        [
            [(25, 6), (22, 24), (19, 43)],
            [(19, 43), (34, 37), (52, 40), (64, 53), (65, 72), (53, 90), (34, 98), (16, 94), (6, 85)],
            [(25, 6), (42, 8), (57, 6), (72, 2)],
        ],
    ),
    6: (
        0.08,
        2.6,
        [
            [
                (56, 2),
                (38, 14),
                (23, 35),
                (15, 58),
                (17, 80),
                (29, 95),
                (46, 97),
                (60, 87),
                (65, 71),
                (57, 57),
                (42, 54),
                (27, 62),
                (17, 78),
            ]
        ],
    ),
    7: (0.10, 2.7, [[(8, 12), (24, 9), (42, 9), (68, 4)], [(68, 4), (56, 28), (45, 52), (38, 76), (35, 98)]]),
    8: (
        0.14,
        2.5,
        [
            [
                (62, 14),
                (50, 3),
                (32, 3),
                (20, 14),
                (23, 30),
                (39, 44),
                (57, 60),
                (63, 78),
                (52, 94),
                (33, 97),
                (18, 86),
                (20, 69),
                (36, 52),
                (54, 36),
                (64, 22),
                (60, 11),
            ]
        ],
    ),
    9: (
        0.08,
        2.6,
        [
            [(64, 14), (50, 3), (32, 5), (17, 19), (13, 37), (23, 50), (40, 48), (56, 35), (64, 14)],
            [(64, 14), (63, 40), (60, 68), (53, 98)],
        ],
    ),
}


def smooth(points):
    """Run a Catmull-Rom curve through `points` (n, 2); returns a fine polyline ((n - 1) * STEPS + 1, 2)."""
    points = np.asarray(points, dtype=float)
    # Mirrored end points let the curve start and stop without a kink.
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, STEPS, endpoint=False)[:, None]
    pieces = [
        b + t * (c - a) / 2 + t**2 * (2 * a - 5 * b + 4 * c - d) / 2 + t**3 * (3 * (b - c) + d - a) / 2
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    return np.vstack([*pieces, points[-1:]])


def ink(lines, width):
    """Coverage (SIZE, SIZE), 0 to 1, of a round pen `width` pixels wide moved along polylines given in pixels."""
    axis = (np.arange(SIZE * SAMPLES) + 0.5) / SAMPLES
    grid = np.stack(np.meshgrid(axis, axis), axis=-1)  # (rows, columns, xy)
    covered = np.zeros(grid.shape[:2], dtype=bool)
    for line in lines:
        # The pen lands and leaves lightly: a stroke is a little thinner at both ends.
        press = 0.8 + 0.2 * np.sin(np.linspace(0, np.pi, len(line))) ** 0.5
        for start, end, strength in zip(line, line[1:], press, strict=False):
            step = end - start
            along = np.clip((grid - start) @ step / max(step @ step, 1e-9), 0, 1)[..., None]
            covered |= np.linalg.norm(grid - start - along * step, axis=-1) <= strength * width / 2
    return covered.reshape(SIZE, SAMPLES, SIZE, SAMPLES).mean(axis=(1, 3))


def draw(digit):
    """Image of one digit: (SIZE, SIZE) uint8, white ink on black."""
    slant, width, strokes = SKETCHES[digit]
    lines = [smooth(stroke) @ np.array([[1.0, 0.0], [-slant, 1.0]]) for stroke in strokes]
    low, high = np.vstack(lines).min(axis=0), np.vstack(lines).max(axis=0)
    scale = (BOX - width) / (high - low).max()
    lines = [(line - (low + high) / 2) * scale + SIZE / 2 for line in lines]

    first = ink(lines, width)
    centres = np.arange(SIZE) + 0.5
    mass = np.array([first.sum(axis=0) @ centres, first.sum(axis=1) @ centres]) / first.sum()
    return np.round(255 * ink([line + SIZE / 2 - mass for line in lines], width)).astype(np.uint8)


def write_png(path, image):
    """Write a (rows, columns) uint8 array as an 8-bit greyscale PNG file."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows, columns = image.shape
    header = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    # Every PNG row starts with its filter type; 0 means plain bytes.
    data = b"".join(b"\0" + row.tobytes() for row in image)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")
    )


def main():
    """Write digits/digit_0.png to digits/digit_9.png beside this file."""
    folder = Path(__file__).parent / "digits"
    folder.mkdir(exist_ok=True)
    for digit in SKETCHES:
        write_png(folder / f"digit_{digit}.png", draw(digit))


if __name__ == "__main__":
    main()
