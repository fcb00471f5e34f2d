# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any checkpoint file -> one ONNX model. `open_checkpoint` is the way in."""

from .checkpoint import Checkpoint
from .errors import CheckpointError
from .readers import SUFFIXES, open_checkpoint

__all__ = ["Checkpoint", "CheckpointError", "SUFFIXES", "open_checkpoint"]
