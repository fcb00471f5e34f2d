# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loss, optimizer and a data set -> checkpoints, by onnxruntime alone."""

from .data import DataSet, load
from .run import Epoch, Options, frozen, train

__all__ = ["DataSet", "Epoch", "Options", "frozen", "load", "train"]
