# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""PyTorch's operators as ONNX nodes: `OPERATORS` for tensors, `NUMBERS` for numbers, texts and lists alone."""

from . import (
    convolution,
    creation,
    matrix,
    normalization,
    numbers,
    pointwise,
    quantized,
    recurrent,
    reductions,
    shaping,
)
from .numbers import NUMBERS
from .table import OPERATORS

__all__ = [
    "NUMBERS",
    "OPERATORS",
    "convolution",
    "creation",
    "matrix",
    "normalization",
    "numbers",
    "pointwise",
    "quantized",
    "recurrent",
    "reductions",
    "shaping",
]
