# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attributes of cells and lines as arrays."""

from __future__ import annotations

import bpy
import numpy as np

DTYPES = {"INT": np.int32, "FLOAT": np.float32}


def array(obj: bpy.types.Object, name: str) -> np.ndarray:
    """An attribute of whole numbers or floats of a layer's cells or a bundle's lines, (n,)."""
    attribute = obj.data.attributes[name]
    values = np.empty(len(attribute.data), DTYPES[attribute.data_type])
    attribute.data.foreach_get("value", values)
    return values
