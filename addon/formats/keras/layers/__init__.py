# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each Keras layer is written in ONNX's operators, a module a family."""

from . import (
    activations,
    arranging,
    attention,
    convolution,
    core,
    merging,
    normalisation,
    operations,
    pooling,
    preprocessing,
    recurrent,
    reshaping,
)
from .operations import OPERATIONS
from .table import LAYERS

__all__ = [
    "LAYERS",
    "OPERATIONS",
    "activations",
    "arranging",
    "attention",
    "convolution",
    "core",
    "merging",
    "normalisation",
    "operations",
    "pooling",
    "preprocessing",
    "recurrent",
    "reshaping",
]
