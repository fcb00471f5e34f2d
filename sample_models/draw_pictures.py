# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw pictures of ten kinds, 128 x 128 pixels in colour: what the residual sample network was trained on.

Every picture is another: place, size, turn, colours and background are drawn at random from its seed.

Usage: python draw_pictures.py     saves one picture of each kind in pictures/
"""

from math import cos, pi, sin
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = 128  # pixels of a side
FINE = 3  # as many times finer it is drawn, for smooth edges
KINDS = ("apple", "balloon", "boat", "butterfly", "fish", "flower", "house", "mushroom", "sun", "tree")


class Pen:
    """Draws shapes given in units from -1 to 1, moved, turned and scaled, onto a picture."""

    def __init__(self, random: np.random.Generator):
        self.random = random
        low, high = (random.uniform(0, 1, 3) * scale for scale in (0.35, 0.6))
        if random.random() < 0.4:
            low, high = 0.55 + 0.4 * low, 0.6 + 0.5 * high
        down = np.linspace(0, 1, SIZE * FINE)[:, None, None]
        ground = np.broadcast_to(low * (1 - down) + high * down, (SIZE * FINE, SIZE * FINE, 3))
        ground = ground + random.normal(0, 0.02, ground.shape)
        self.image = Image.fromarray((np.clip(ground, 0, 1) * 255).astype(np.uint8))
        self.draw = ImageDraw.Draw(self.image)
        self.scale = random.uniform(0.27, 0.4)
        self.turn = random.uniform(-0.35, 0.35)
        self.middle = random.uniform(0.42, 0.58, 2)

    def points(self, points):
        x, y = np.asarray(points, float).T
        along, across = cos(self.turn), sin(self.turn)
        place = np.stack([x * along - y * across, -(x * across + y * along)], -1) * self.scale + self.middle
        return [tuple(point) for point in place * SIZE * FINE]

    def shape(self, points, color):
        """A filled polygon."""
        self.draw.polygon(self.points(points), fill=_rgb(color))

    def oval(self, x, y, wide, high, color, turn=0.0, from_=0.0, to=2 * pi):
        """A filled ellipse about (x, y), or the part of it between two angles."""
        angle = np.linspace(from_, to, 40)
        across, up = wide * np.cos(angle), high * np.sin(angle)
        self.shape(
            np.stack([x + across * cos(turn) - up * sin(turn), y + across * sin(turn) + up * cos(turn)], -1), color
        )

    def line(self, points, width, color):
        """A line of this width."""
        pixels = max(1, round(width * self.scale * SIZE * FINE))
        self.draw.line(self.points(points), fill=_rgb(color), width=pixels, joint="curve")

    def color(self, red, green, blue, spread=0.16):
        """About this color."""
        return np.clip(np.array([red, green, blue]) + self.random.uniform(-spread, spread, 3), 0, 1)

    def any_color(self):
        """A strong color of any hue."""
        hue = self.random.uniform(0, 6)
        return np.clip(np.abs((hue + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1) * 0.75 + 0.2


def _rgb(color):
    return tuple(int(round(255 * float(part))) for part in color)


def apple(pen):
    color = pen.color(0.8, 0.15, 0.1) if pen.random.random() < 0.7 else pen.color(0.45, 0.75, 0.15)
    for side in (-0.3, 0.3):
        pen.oval(side, -0.1, 0.62, 0.8, color)
    pen.line([(0, 0.5), (0.08, 0.95)], 0.12, pen.color(0.35, 0.22, 0.1, 0.05))
    pen.oval(0.35, 0.85, 0.3, 0.13, pen.color(0.25, 0.6, 0.2), 0.5)
    pen.oval(-0.45, 0.2, 0.12, 0.22, color * 0.5 + 0.5, 0.4)


def balloon(pen):
    color = pen.any_color()
    pen.line([(0, -0.45), (0.1, -0.75), (-0.05, -1.0), (0.08, -1.25)], 0.05, (0.85, 0.85, 0.85))
    pen.oval(0, 0.25, 0.62, 0.75, color)
    pen.shape([(0, -0.45), (-0.12, -0.62), (0.12, -0.62)], color * 0.8)
    pen.oval(-0.22, 0.5, 0.1, 0.2, color * 0.4 + 0.6, -0.4)


def boat(pen):
    hull = pen.any_color()
    pen.shape([(-1, -0.4), (1, -0.4), (0.65, -0.85), (-0.65, -0.85)], hull)
    pen.line([(0, -0.4), (0, 1)], 0.08, pen.color(0.4, 0.3, 0.2, 0.08))
    sail = pen.color(0.9, 0.9, 0.85, 0.1)
    pen.shape([(0.08, 0.95), (0.08, -0.25), (0.85, -0.25)], sail)
    pen.shape([(-0.08, 0.75), (-0.08, -0.25), (-0.6, -0.25)], sail * 0.85)


def butterfly(pen):
    color = pen.any_color()
    for side in (-1, 1):
        pen.oval(side * 0.52, 0.32, 0.5, 0.4, color, side * 0.6)
        pen.oval(side * 0.42, -0.38, 0.38, 0.3, color * 0.75, -side * 0.6)
        pen.oval(side * 0.58, 0.36, 0.2, 0.16, color * 0.3 + 0.65, side * 0.6)
        pen.line([(0, 0.5), (side * 0.25, 0.95)], 0.05, (0.12, 0.1, 0.1))
    pen.oval(0, 0, 0.1, 0.6, (0.15, 0.12, 0.12))


def fish(pen):
    color = pen.any_color()
    side = pen.random.choice((-1, 1))
    pen.shape([(side * 0.5, 0), (side * 1.05, 0.45), (side * 1.05, -0.45)], color * 0.8)
    pen.oval(0, 0, 0.75, 0.45, color)
    for place in (-0.1, 0.15, 0.4):
        pen.line([(side * place, 0.3), (side * (place + 0.08), 0), (side * place, -0.3)], 0.06, color * 0.6)
    pen.oval(-side * 0.45, 0.12, 0.11, 0.11, (0.95, 0.95, 0.95))
    pen.oval(-side * 0.47, 0.12, 0.05, 0.05, (0.05, 0.05, 0.08))


def flower(pen):
    color = pen.any_color()
    rings = pen.random.integers(2, 5)
    count = pen.random.integers(9, 15)
    for ring in range(rings):
        reach = 1 - 0.75 * ring / rings
        for petal in range(count):
            angle = 2 * pi * (petal + ring / 2) / count
            shade = color * (0.75 + 0.4 * ring / rings) * (0.9 + 0.1 * (petal % 2))
            x, y = reach * 0.62 * cos(angle), reach * 0.62 * sin(angle)
            pen.oval(x, y, reach * 0.4, reach * 0.17, np.clip(shade, 0, 1), angle)
    pen.oval(0, 0, 0.17, 0.17, pen.color(0.9, 0.75, 0.2, 0.1))


def house(pen):
    wall = pen.color(0.8, 0.7, 0.55)
    pen.shape([(-0.75, -0.9), (0.75, -0.9), (0.75, 0.2), (-0.75, 0.2)], wall)
    pen.shape([(-0.95, 0.2), (0.95, 0.2), (0, 0.95)], pen.color(0.65, 0.2, 0.15))
    pen.shape([(-0.18, -0.9), (0.18, -0.9), (0.18, -0.3), (-0.18, -0.3)], pen.color(0.35, 0.22, 0.12, 0.08))
    for x in (-0.5, 0.5):
        pen.shape([(x - 0.16, -0.3), (x + 0.16, -0.3), (x + 0.16, 0.02), (x - 0.16, 0.02)], (0.75, 0.9, 1.0))


def mushroom(pen):
    pen.shape([(-0.22, 0.05), (0.22, 0.05), (0.3, -0.9), (-0.3, -0.9)], pen.color(0.92, 0.88, 0.78, 0.06))
    cap = pen.color(0.8, 0.15, 0.12)
    pen.oval(0, 0, 0.95, 0.85, cap, 0.0, 0.0, pi)
    for x, y, size in ((-0.5, 0.25, 0.12), (0.05, 0.55, 0.14), (0.5, 0.28, 0.11), (-0.1, 0.2, 0.09)):
        pen.oval(x, y, size, size * 0.85, (0.97, 0.95, 0.92))


def sun(pen):
    color = pen.color(0.95, 0.8, 0.15, 0.1)
    count = pen.random.integers(8, 15)
    for ray in range(count):
        angle = 2 * pi * ray / count
        tip = np.array([cos(angle), sin(angle)])
        side = np.array([-tip[1], tip[0]]) * 0.12
        pen.shape([tip * 0.55 + side, tip * 1.05, tip * 0.55 - side], color * 0.92)
    pen.oval(0, 0, 0.52, 0.52, color)


def tree(pen):
    pen.shape([(-0.12, -1), (0.12, -1), (0.1, -0.1), (-0.1, -0.1)], pen.color(0.4, 0.26, 0.14, 0.06))
    leaf = pen.color(0.2, 0.5, 0.15)
    if pen.random.random() < 0.5:
        for level in range(3):
            y = -0.45 + 0.45 * level
            wide = 0.75 - 0.18 * level
            pen.shape([(-wide, y), (wide, y), (0, y + 0.75)], leaf * (0.85 + 0.12 * level))
    else:
        for x, y, size in ((-0.4, 0.1, 0.42), (0.4, 0.1, 0.42), (0, 0.5, 0.5), (0, 0.1, 0.45)):
            pen.oval(x, y, size, size, leaf * pen.random.uniform(0.85, 1.1))


def picture(kind: int, seed: int) -> np.ndarray:
    """A picture of KINDS[kind], uint8 of shape (128, 128, 3)."""
    pen = Pen(np.random.default_rng([seed, kind]))
    globals()[KINDS[kind]](pen)
    image = pen.image.filter(ImageFilter.GaussianBlur(FINE * 0.4)).resize((SIZE, SIZE), Image.Resampling.BOX)
    return np.asarray(image)


def main():
    folder = Path(__file__).parent / "pictures"
    folder.mkdir(exist_ok=True)
    for kind, name in enumerate(KINDS):
        Image.fromarray(picture(kind, 1_000_000)).save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
