# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network written by hand: a specification <-> ONNX, with the shapes of every layer."""

from .build import Composed, compose
from .specification import LayerSpec, Specification, parse, read
from .templates import TEMPLATES, template

__all__ = ["TEMPLATES", "Composed", "LayerSpec", "Specification", "compose", "parse", "read", "template"]
