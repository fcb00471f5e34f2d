# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The networks that come with the extension, each with an input."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[1] / "sample_models"


@dataclass(frozen=True)
class Sample:
    """A network to begin with: what it is called, what it does, its file, an input, and a picture of that."""

    name: str
    title: str
    about: str
    file: str
    given: str
    shown: str

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


SAMPLES = (
    Sample(
        "digits_cnn", "Convolutions", "Reads digits, 29,066 weights", "digits_cnn.onnx", *("digits/digit_7.png",) * 2
    ),
    Sample(
        "digits_mlp", "Dense Layers", "Reads digits, 52,650 weights", "digits_mlp.onnx", *("digits/digit_3.png",) * 2
    ),
    Sample(
        "pictures_resnet", "Residual Network", "Names pictures", "pictures_resnet.onnx", *("pictures/fish.png",) * 2
    ),
    Sample("cells_unet", "U-Net", "Finds cells in a picture", "cells_unet.onnx", *("cells/cells.png",) * 2),
    Sample(
        "letters_transformer",
        "Transformer",
        "Sorts letters by attention",
        "letters_transformer.onnx",
        "letters/letters.npy",
        "pictures/tree.png",
    ),
)
