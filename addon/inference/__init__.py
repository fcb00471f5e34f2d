# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs (pictures, arrays) -> activations of every layer, by onnxruntime. Imports no Blender."""

from .inputs import ARRAYS, Fitted, fit, fit_named, load_array, load_arrays, picture_axes
from .pruning import Pruned, run_pruned
from .session import Ran, Score, by_name, run, top

__all__ = ["ARRAYS", "Fitted", "Pruned", "Ran", "Score", "by_name", "fit", "fit_named", "load_array", "load_arrays",
           "picture_axes", "run", "run_pruned", "top"]
