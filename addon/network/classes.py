# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of a network's classes."""

from __future__ import annotations

import ast
import json

import onnx

LONGEST_CLASSES = 1 << 21  # characters of the list of class names


def class_names(model: onnx.ModelProto) -> list[str]:
    """Class names that an exporter left in the metadata: a JSON list, or a Python dict from index to name."""
    for entry in model.metadata_props:
        if entry.key not in ("classes", "names", "labels", "class_names") or len(entry.value) > LONGEST_CLASSES:
            continue
        for parse in (json.loads, ast.literal_eval):
            try:
                names = parse(entry.value)
                if isinstance(names, dict):
                    names = [names[key] for key in sorted(names, key=int)]
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                continue
            if isinstance(names, list):
                return [str(name) for name in names]
    return []
