# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of every format -> an ONNX model (`Checkpoint`), or `Weights` where a file does not say how they are joined."""

from .checkpoint import Checkpoint
from .table import SUFFIXES

__all__ = ["SUFFIXES", "Checkpoint"]
