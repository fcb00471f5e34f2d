# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of classes, and what is right for samples: from .txt, .json and .csv files."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..containers import CheckpointError
from ..containers.natural_order import brief

LARGEST = 1 << 24  # bytes
SUFFIXES = (".txt", ".json", ".csv", ".tsv")
HEADS = {"label", "labels", "class", "y", "target", "name", "file", "filename", "image", "path", "id", "index"}

Labels = list[str] | dict[str, str]


def read_labels(path: str | Path) -> Labels:
    """The labels of a file: in order, or by the name of the sample. Raises `CheckpointError`.

    A .txt has a label a line; a .json a list, or an object from name to label; a .csv a column of labels, or names and
    labels.
    """
    path = Path(path)
    text = _text(path)
    if path.suffix.lower() == ".json":
        try:
            told = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise CheckpointError(path, "not readable as JSON", "save a list of labels") from error
        if isinstance(told, dict) and all(isinstance(value, str | int) for value in told.values()):
            if told and all(str(key).isdigit() for key in told):
                return [str(told[key]) for key in sorted(told, key=int)]
            return {str(key): str(value) for key, value in told.items()}
        if isinstance(told, list) and all(isinstance(value, str | int) for value in told):
            return [str(value) for value in told]
        raise CheckpointError(path, "holds no list of labels", "save a list, or an object from file to label")
    if path.suffix.lower() in (".csv", ".tsv"):
        rows = [row for row in csv.reader(text.splitlines(), delimiter="," if path.suffix == ".csv" else "\t") if row]
        if rows and {cell.strip().lower() for cell in rows[0]} & HEADS:
            rows = rows[1:]
        if any(len(row) != len(rows[0]) for row in rows):
            raise CheckpointError(path, "has lines of several lengths", "save names and labels as two columns")
        if rows and len(rows[0]) > 1:
            return {row[0].strip(): row[1].strip() for row in rows}
        return [row[0].strip() for row in rows]
    return [line.strip() for line in text.splitlines() if line.strip()]


def class_names(path: str | Path, count: int) -> list[str]:
    """The names of so many classes. Raises `CheckpointError` where there are fewer or more."""
    told = read_labels(path)
    names = list(told.values()) if isinstance(told, dict) else told
    if len(names) != count:
        raise CheckpointError(path, f"has {len(names):,} labels, and the network gives {count:,} classes")
    return names


def answers(path: str | Path, told: Labels, names: Sequence[str], classes: Sequence[str], count: int) -> np.ndarray:
    """The class (n,) int64 of each of these samples, by its name or in order; `classes` are names of `count` classes,
    or none. Raises `CheckpointError`."""
    if isinstance(told, dict):
        by_name = {Path(name).name: label for name, label in told.items()}
        missing = next((name for name in names if name not in told and Path(name).name not in by_name), None)
        if missing is not None:
            raise CheckpointError(path, f"says nothing of '{brief(missing)}'", "add a line for it")
        wanted = [told.get(name, by_name.get(Path(name).name, "")) for name in names]
    else:
        if len(told) != len(names):
            raise CheckpointError(path, f"has {len(told):,} labels, and there are {len(names):,} samples")
        wanted = told
    known = places_of(classes)
    return np.array([class_of(path, label, known, count) for label in wanted], np.int64)


def places_of(classes: Sequence[str]) -> dict[str, int]:
    """The number of each class by its name, of which the case does not count."""
    return {name.casefold(): index for index, name in enumerate(classes)}


def class_of(path: str | Path, label: str, known: Mapping[str, int], count: int) -> int:
    """The class of a label: by its name, of which `places_of` knows, else its number. Raises `CheckpointError`."""
    if label.casefold() in known:
        return known[label.casefold()]
    if label.lstrip("-").isdigit() and 0 <= int(label) < count:
        return int(label)
    raise CheckpointError(
        path, f"has the label '{brief(label)}', and the network gives no such class", f"it gives {count:,} classes"
    )


def _text(path: Path) -> str:
    if path.suffix.lower() not in SUFFIXES:
        raise CheckpointError(path, "not a kind of labels we read", "give a .txt, .json or .csv file")
    try:
        if path.stat().st_size > LARGEST:
            raise CheckpointError(path, f"larger than {LARGEST >> 20} MiB", "give a list of labels")
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CheckpointError(path, "not text", "save the labels as UTF-8") from error
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror})", "check the path") from error
