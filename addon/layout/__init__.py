# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where layers stand and how their cells are arranged. Pure functions of the network; imports no Blender."""

from .arrange import Arrangement, Frame, Part, Piece, arrange
from .layered import Place, Settings
from .shapes import HEIGHT, Shape, shapes

__all__ = ["HEIGHT", "Arrangement", "Frame", "Part", "Piece", "Place", "Settings", "Shape", "arrange", "shapes"]
