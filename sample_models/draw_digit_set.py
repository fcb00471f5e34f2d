# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw a set of hand-written looking digits to train on: digits/digits.npz.

Every digit is drawn anew from the sketches of draw_digits.py: its pen points are shaken, and its slant, width, size and
place differ, so that no two are alike. 3,000 to train on and 600 to test, as many of each digit, 28 x 28 pixels of
8 bits, white on black.

Usage: python draw_digit_set.py
"""

from pathlib import Path

import numpy as np

import draw_digits
from draw_digits import BOX, SIZE, SKETCHES, ink, smooth

EACH_TRAIN, EACH_TEST = 300, 60
draw_digits.SAMPLES = 3  # sub-pixel samples: enough at this size


def draw(digit, chance):
    """Image of one digit as no other: (SIZE, SIZE) uint8."""
    slant, width, strokes = SKETCHES[digit]
    slant += chance.normal(0, 0.12)
    width *= chance.uniform(0.75, 1.35)
    shaken = [np.asarray(stroke, float) + chance.normal(0, 2.4, (len(stroke), 2)) for stroke in strokes]
    for before, after in zip(shaken, shaken[1:], strict=False):  # strokes that met meet again
        if np.linalg.norm(before[-1] - after[0]) < 12:
            after[0] = before[-1]
    angle = chance.normal(0, 0.1)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    stretch = np.diag([chance.uniform(0.82, 1.15), chance.uniform(0.9, 1.1)])
    lines = [smooth(stroke) @ np.array([[1.0, 0.0], [-slant, 1.0]]) @ turn @ stretch for stroke in shaken]
    low, high = np.vstack(lines).min(axis=0), np.vstack(lines).max(axis=0)
    scale = (BOX * chance.uniform(0.85, 1.1) - width) / (high - low).max()
    middle = SIZE / 2 + chance.normal(0, 0.9, 2)
    lines = [(line - (low + high) / 2) * scale + middle for line in lines]
    return np.round(255 * ink(lines, width)).astype(np.uint8)


def main():
    """Write digits/digits.npz beside this file."""
    chance = np.random.default_rng(2026)
    parts = {}
    for part, each in (("train", EACH_TRAIN), ("test", EACH_TEST)):
        labels = np.repeat(np.arange(10), each)
        chance.shuffle(labels)
        parts[f"x_{part}"] = np.stack([draw(int(label), chance) for label in labels])[:, None]
        parts[f"y_{part}"] = labels.astype(np.uint8)
    np.savez_compressed(Path(__file__).parent / "digits/digits.npz", **parts)


if __name__ == "__main__":
    main()
