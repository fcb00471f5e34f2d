# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where layers stand and how their cells are arranged. Pure functions of the network; imports no Blender."""

from .arrange import Arrangement, BlockPiece, Frame, Piece, arrange
from .layered import LayoutSettings, Place
from .shapes import HEIGHT, Shape, shapes

__all__ = [
    "HEIGHT",
    "Arrangement",
    "Frame",
    "BlockPiece",
    "Piece",
    "Place",
    "LayoutSettings",
    "Shape",
    "arrange",
    "shapes",
]
