# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the icon of the tool *Read Cells* as Blender's toolbar wants it: triangles of bytes, then their colours."""

from math import cos, hypot, pi, sin
from pathlib import Path

TO = Path(__file__).resolve().parents[1] / "panels" / "icons" / "neuroscene.read_cells.dat"
GRAY, DIM, ORANGE = (230, 230, 230, 255), (150, 150, 150, 255), (235, 150, 70, 255)
SIDES = 14


def disc(x, y, radius):
    """Triangles of a disc."""
    round_ = [
        (x + radius * cos(turn), y + radius * sin(turn)) for turn in (2 * pi * i / SIDES for i in range(SIDES + 1))
    ]
    return [((x, y), first, second) for first, second in zip(round_, round_[1:], strict=False)]


def bar(x0, y0, x1, y1, half):
    """Triangles of a line."""
    length = hypot(x1 - x0, y1 - y0)
    x, y = -(y1 - y0) / length * half, (x1 - x0) / length * half
    corners = (x0 + x, y0 + y), (x0 - x, y0 - y), (x1 - x, y1 - y), (x1 + x, y1 + y)
    return [(corners[0], corners[1], corners[2]), (corners[0], corners[2], corners[3])]


def main():
    """Three cells, the lines into a fourth, and one of them lit."""
    shapes = [(bar(60, y, 190, 128, 6), DIM) for y in (55, 128)]
    shapes += [(bar(60, 200, 190, 128, 8), ORANGE), *((disc(60, y, 27), GRAY) for y in (55, 128, 200))]
    shapes.append((disc(190, 128, 38), ORANGE))
    triangles = [(triangle, colour) for many, colour in shapes for triangle in many]
    places = b"".join(
        bytes(min(255, max(0, round(part))) for point in triangle for part in point) for triangle, _ in triangles
    )
    TO.write_bytes(b"VCO\0" + bytes((255, 255, 0, 0)) + places + b"".join(bytes(colour) * 3 for _, colour in triangles))


if __name__ == "__main__":
    main()
