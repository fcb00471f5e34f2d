# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attributes of cells and lines as arrays."""

from __future__ import annotations

import re

import bpy
import numpy as np

DTYPES = {"INT": np.int32, "FLOAT": np.float32}
OF_STEP = re.compile(r"(?!evidence).+\.[0-9]{3}")  # what a step of a series holds (see `nodes.series`), but evidence


def array(obj: bpy.types.Object, name: str) -> np.ndarray:
    """An attribute of whole numbers or floats of a layer's cells or a bundle's lines, (n,)."""
    return array_of(obj.data, name)


def array_of(data: bpy.types.Mesh | bpy.types.HairCurves, name: str) -> np.ndarray:
    """The same, of a data-block."""
    attribute = data.attributes[name]
    values = np.empty(len(attribute.data), DTYPES[attribute.data_type])
    attribute.data.foreach_get("value", values)
    return values


def forget_steps(obj: bpy.types.Object) -> None:
    """Let go of what an object holds for the steps of a series: its cells or lines are others now, which it shows."""
    forget_steps_of(obj.data)


def has_steps(obj: bpy.types.Object) -> bool:
    """Whether an object holds something for the steps of a series."""
    return any(OF_STEP.fullmatch(attribute.name) for attribute in obj.data.attributes)


def forget_steps_of(data: bpy.types.Mesh | bpy.types.HairCurves) -> None:
    """The same, of a data-block."""
    attributes = data.attributes
    for name in [attribute.name for attribute in attributes if OF_STEP.fullmatch(attribute.name)]:
        attributes.remove(attributes[name])
