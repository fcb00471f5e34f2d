# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs (pictures, arrays) -> activations of every layer, by onnxruntime. Imports no Blender."""

from .files import fit_file, run_file, run_file_pruned
from .inputs import ARRAYS, Fitted, fit, fit_named, load_array, load_arrays, picture_axes
from .pictures import load_picture
from .pruning import Pruned, run_pruned
from .session import Ran, Score, activation, by_name, run, top

__all__ = [
    "ARRAYS",
    "Fitted",
    "Pruned",
    "Ran",
    "Score",
    "activation",
    "by_name",
    "fit",
    "fit_file",
    "fit_named",
    "load_array",
    "load_arrays",
    "load_picture",
    "picture_axes",
    "run",
    "run_file",
    "run_file_pruned",
    "run_pruned",
    "top",
]
