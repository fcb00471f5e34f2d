# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of what was measured: CSV (Keras's CSVLogger, Lightning), JSON lines, and the histories that trainers keep in
one JSON object (Keras: lists by name, or a row an epoch; Hugging Face: `log_history`)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...containers import CheckpointError
from .curves import MOST_POINTS, Curves

LARGEST = 1 << 26  # bytes
PLACES = {
    "step": "step",
    "global_step": "step",
    "iteration": "step",
    "iter": "step",
    "steps": "step",
    "_step": "step",
    "total_steps": "step",
    "epoch": "epoch",
    "ep": "epoch",
    "epochs": "epoch",
}
LISTS = ("history", "log_history", "epochs", "metrics", "log", "logs")


def read(path: Path) -> Curves:
    """The curves of a table, by its content: CSV, JSON lines or JSON. Raises `CheckpointError`."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror})") from error
    if len(data) > LARGEST:
        raise CheckpointError(path, f"has more than {LARGEST >> 20} MiB", "thin the log out")
    text = data.decode("utf-8-sig", "replace")
    curves = Curves(path)
    if text.lstrip()[:1] in ("{", "["):
        _json(curves, text)
    elif path.suffix.lower() in (".csv", ".tsv"):
        _csv(curves, text)
    return curves


def _csv(curves: Curves, text: str) -> None:
    head = text[: text.find("\n") + 1] or text
    delimiter = max(",;\t", key=head.count)
    whole = text if text.endswith("\n") else text[: text.rfind("\n") + 1]
    if whole != text and text.count("\n"):
        last = text[len(whole) :]
        if last.count(delimiter) == head.count(delimiter):
            whole = text  # its last line only has no end
        else:
            curves.notes.append(f"{curves.path.name} is cut short: its last line is left out")
    try:
        rows = csv.DictReader(io.StringIO(whole), delimiter=delimiter)
        _rows(curves, rows, from_keras=head.split(delimiter)[0].strip().lower() == "epoch")
    except csv.Error as error:
        curves.notes.append(f"{curves.path.name} is damaged ({error}): what is before that counts")


def _json(curves: Curves, text: str) -> None:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        _rows(curves, _lines(curves, text))
        return
    if isinstance(told, dict):
        inner = next((told[name] for name in LISTS if isinstance(told.get(name), (list, dict))), None)
        told = told if inner is None else inner
    if isinstance(told, list):
        _rows(curves, (row for row in told if isinstance(row, dict)))
    elif isinstance(told, dict):
        columns = {name: column for name, column in told.items() if isinstance(column, list)}
        if not any(word in name.lower() for name in columns for word in ("loss", "acc")):
            return  # lists of something else
        longest = max((len(column) for column in columns.values()), default=0)
        rows = (
            {name: column[place] for name, column in columns.items() if place < len(column)}
            for place in range(min(longest, MOST_POINTS))
        )
        _rows(curves, rows, from_keras=True)


def _lines(curves: Curves, text: str) -> Iterator[dict]:
    """The objects of JSON lines; a last line that is not whole is left out, and so are others that are no objects."""
    wrong = 0
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            wrong += 1
            continue
        if isinstance(row, dict):
            yield row
    if wrong:
        curves.notes.append(f"{curves.path.name}: {wrong:,} lines cannot be read and are left out")


def _rows(curves: Curves, rows: Iterable[Mapping[str, Any]], from_keras: bool = False) -> None:
    """Add what rows hold: each number under its name, at the place that its row says, else at that of the row."""
    count = 0
    for place, row in enumerate(rows):
        numbers = {str(name).strip(): number for name, value in row.items() if (number := _number(value)) is not None}
        places = {unit: int(numbers[name]) for name in numbers if (unit := PLACES.get(name.lower()))}
        if not places and not any(word in name.lower() for name in numbers for word in ("loss", "acc")):
            continue  # a table of something else
        for name, number in numbers.items():
            if name.lower() in PLACES:
                continue
            count += 1
            if count > MOST_POINTS:
                return
            if not places:
                curves.add(name, "epoch", place, number, True)
            for unit, at in places.items():
                curves.add(name, unit, at, number, unit == "epoch" and from_keras)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None
