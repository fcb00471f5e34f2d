# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""ONNX model -> ONNX model with derivatives; one module a family of operators."""

from .derive import SEED, Derivative, derive

__all__ = ["SEED", "Derivative", "derive"]
