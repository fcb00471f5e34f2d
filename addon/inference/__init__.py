# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs (pictures, arrays) -> activations of every layer, by onnxruntime. Imports no Blender."""

from .inputs import Fitted, fit, load_array, picture_axes
from .session import Ran, Score, by_name, run, top

__all__ = ["Fitted", "Ran", "Score", "by_name", "fit", "load_array", "picture_axes", "run", "top"]
