# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured during a training, by the files that loggers write: TensorBoard, CSV, JSON."""

from .curves import Curve, Curves

__all__ = ["Curve", "Curves"]
