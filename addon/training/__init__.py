# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loss, optimizer and a data set -> checkpoints, by onnxruntime alone."""

from .checkpoints import Measured
from .data import DataSet, load
from .run import Options, frozen, train

__all__ = ["DataSet", "Measured", "Options", "frozen", "load", "train"]
