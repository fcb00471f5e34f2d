# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inputs (pictures, arrays) -> activations of every layer, by onnxruntime. Imports no Blender."""

from .datasets import DataSet, classes_of, is_data, open_data
from .exciting import excitation, strongest
from .files import SUFFIXES, fit_file, followed, note_of, run_file, run_file_pruned, scaling_of
from .inputs import ARRAYS, Fitted, fit, fit_named, load_array, load_arrays, picture_axes
from .judging import Judged, judge
from .labels import class_names
from .pictures import load_picture
from .pruning import Choice, Pruned, chosen, run_pruned
from .runner import Runner
from .session import Ran, Score, activation, by_name, run, top

__all__ = [
    "ARRAYS",
    "SUFFIXES",
    "Choice",
    "DataSet",
    "Fitted",
    "Judged",
    "Pruned",
    "Ran",
    "Runner",
    "Score",
    "activation",
    "by_name",
    "chosen",
    "class_names",
    "classes_of",
    "excitation",
    "fit",
    "fit_file",
    "fit_named",
    "followed",
    "is_data",
    "judge",
    "load_array",
    "load_arrays",
    "load_picture",
    "note_of",
    "open_data",
    "picture_axes",
    "run",
    "run_file",
    "run_file_pruned",
    "run_pruned",
    "scaling_of",
    "strongest",
    "top",
]
