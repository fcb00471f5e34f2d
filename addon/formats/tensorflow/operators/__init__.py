# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""TensorFlow's operators as ONNX nodes, a module a family. Formulas: the documentation of tf.raw_ops."""

from . import convolution, fused, images, matrix, pointwise, recurrent, reductions, selecting, shaping
from .table import OPERATORS

__all__ = [
    "OPERATORS",
    "convolution",
    "fused",
    "images",
    "matrix",
    "pointwise",
    "recurrent",
    "reductions",
    "selecting",
    "shaping",
]
