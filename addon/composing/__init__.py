# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network written by hand: a specification <-> ONNX, with the shapes of every layer."""

from . import editing
from .build import Composed, LayerError, carry, compose
from .specification import ACTIVATIONS, SETTINGS, LayerSpec, Specification, parse, read
from .templates import TEMPLATES, template

__all__ = [
    "ACTIVATIONS",
    "SETTINGS",
    "TEMPLATES",
    "Composed",
    "LayerError",
    "LayerSpec",
    "Specification",
    "carry",
    "compose",
    "editing",
    "parse",
    "read",
    "template",
]
