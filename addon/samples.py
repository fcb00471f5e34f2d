# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The networks that come with the extension, each with an input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[1] / "sample_models"


@dataclass(frozen=True)
class Sample:
    """A network to begin with: what it is called, what it does, its file, an input, a picture of that, and the file of
    the samples that are plotted beside it, "" for none."""

    name: str
    title: str
    about: str
    file: str
    given: str
    shown: str
    plotted: str = ""

    @property
    def path(self) -> Path:
        """Its file."""
        return HERE / self.file

    @property
    def input(self) -> Path:
        """An input for it."""
        return HERE / self.given

    @property
    def picture(self) -> Path:
        """What its icon shows."""
        return HERE / self.shown

    @property
    def data(self) -> Path | None:
        """Samples that are plotted beside it."""
        return HERE / self.plotted if self.plotted else None


def _of(name: str, title: str, about: str, given: str, shown: str = "", plotted: str = "") -> Sample:
    return Sample(name, title, about, f"{name}.onnx", given, shown or given, plotted)


SAMPLES = (
    _of("digits_cnn", "Convolutions", "Reads digits, 29,066 weights", "digits/digit_7.png"),
    _of("digits_mlp", "Dense Layers", "Reads digits, 52,650 weights", "digits/digit_3.png"),
    _of("pictures_resnet", "Residual Network", "Names pictures", "pictures/fish.png"),
    _of("faces_cnn", "Faces", "Reads a face by its mouth", "faces/surprised.png"),
    _of("cells_unet", "U-Net", "Finds cells in a picture", "cells/cells.png"),
    _of(
        "letters_transformer", "Transformer", "Sorts letters by attention", "letters/letters.npy", "letters/letters.png"
    ),
    _of(
        "spiral_deep",
        "Spiral, Deep",
        "Three layers: 99 % right",
        "points/point.npy",
        "points/spiral_deep.png",
        "points/spiral.npz",
    ),
    _of(
        "spiral_shallow",
        "Spiral, Shallow",
        "One layer: 70 % right",
        "points/point.npy",
        "points/spiral_shallow.png",
        "points/spiral.npz",
    ),
    _of(
        "moons_shallow",
        "Moons",
        "One layer is enough",
        "points/point.npy",
        "points/moons_shallow.png",
        "points/moons.npz",
    ),
    _of(
        "digits_autoencoder",
        "Autoencoder",
        "A digit as two numbers",
        "digits/digit_2.png",
        "points/digits_autoencoder.png",
        "digits/digits.npz",
    ),
    _of("letters_sorter", "Tiny GPT", "Sorts six letters in order", "letters/sorting.npy", "letters/sorting.png"),
)
