# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was measured beside a run: files of loggers near its checkpoints, and which of their numbers belong to which."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from ...containers import CheckpointError
from ..names import measure
from . import events, tables
from .curves import Curve, Curves

if TYPE_CHECKING:
    from ..run import Run, Step

MOST_FILES, MOST_ENTRIES, MOST_FOLDERS, DEEPEST = 64, 4096, 16, 3
OF_CHECKPOINTS = ("checkpoints", "checkpoint", "ckpt", "ckpts", "weights", "models", "saved_models", "model", "epochs")
HELD_OUT = ("validation", "val", "valid", "eval", "test", "dev")
TABLES = (".csv", ".tsv", ".jsonl", ".json", ".log")


def fill(run: Run) -> tuple[list[str], set[Path]]:
    """Give the steps of a run what was measured at each, by files beside it. Returns what could not be read, and the
    files in which something was measured."""
    notes: list[str] = []
    used = set()
    folders = dict.fromkeys((run.folder, *((step.origin or step.path).parent for step in run.steps)))
    every = (path for folder in [*folders][:MOST_FOLDERS] for path in near(folder))
    for path in dict.fromkeys(every):
        try:
            read = of_file(path)
        except CheckpointError:
            continue  # a file of another kind
        for curve in sorted(read.curves, key=lambda curve: curve.unit != run.unit):  # what counts alike says it nearer
            put(run.steps, run.unit, named(curve, path))
        if read.curves:
            notes += read.notes
            used.add(path)
    return notes, used


def of_file(path: Path) -> Curves:
    """The curves of a file of any logger. Raises `CheckpointError` where it is none."""
    if "tfevents" in path.name:
        return events.read(path)
    return tables.read(path)


def near(folder: Path) -> list[Path]:
    """Files of loggers in a folder and in those inside it, and beside a folder of nothing but checkpoints."""
    found = _below(folder, DEEPEST)
    if folder.name.lower() in OF_CHECKPOINTS:
        found += [Path(entry.path) for entry in _entries(folder.resolve().parent) if _is_log(entry)]
    return found[:MOST_FILES]


def _below(folder: Path, depth: int) -> list[Path]:
    entries = _entries(folder)
    found = [Path(entry.path) for entry in entries if _is_log(entry)]
    if depth:
        for inner in entries:
            if inner.is_dir() and len(found) < MOST_FILES:
                found += _below(Path(inner.path), depth - 1)
    return found


def _entries(folder: Path) -> list[os.DirEntry]:
    try:
        with os.scandir(folder) as found:
            entries = [entry for entry in islice(found, MOST_ENTRIES) if entry.name[:1] != "."]
    except OSError:
        return []
    return sorted(entries, key=lambda entry: entry.name)


def _is_log(entry: os.DirEntry) -> bool:
    name = entry.name.lower()
    if not ("tfevents" in name or name.endswith(TABLES)):
        return False
    return not name.endswith((".index.json", "config.json", "tokenizer.json", "vocab.json")) and entry.is_file()


def named(curve: Curve, path: Path) -> Curve:
    """A curve under the name that is alike for all loggers; events in a folder "validation", or "loss_val", are of
    held-out data."""
    held_out = "tfevents" in path.name and path.parent.name.lower().rpartition("_")[2] in HELD_OUT
    name = measure(curve.name)
    name = f"val_{name}" if held_out and not name.startswith("val_") else name
    return Curve(name, curve.unit, curve.points, curve.counts_from_0)


def put(steps: list[Step], unit: str, curve: Curve) -> int:
    """Give each step the number that was measured at it, where it has none of this name. Returns how many have one."""
    count = 0
    shift = _shift(steps, unit, curve)
    gap = _gap(curve)
    for step in steps:
        number = _at(step, unit, curve, shift, gap)
        if number is not None:
            step.values.setdefault(curve.name, number)
            count += 1
    return count


def _at(step: Step, unit: str, curve: Curve, shift: int, gap: float) -> float | None:
    """What a curve says of a step: by epochs exactly; by steps the last that was logged, if it was then."""
    by_epoch = curve.unit == "epoch" or not curve.unit and unit != "step"
    if by_epoch:
        epoch = step.epoch if step.epoch is not None or unit == "step" else step.number
        if epoch is not None and epoch - shift in curve.points:
            return curve.points[epoch - shift]
    if curve.unit == "epoch" or unit == "epoch":
        return None
    if step.number in curve.points:
        return curve.points[step.number]
    before = max((place for place in curve.points if place <= step.number), default=None)
    return curve.points[before] if before is not None and step.number - before < gap else None


def _shift(steps: list[Step], unit: str, curve: Curve) -> int:
    """1 where a curve calls the first epoch 0 and the names of the checkpoints call it 1, as Keras does, else 0."""
    epochs = [step.epoch if step.epoch is not None else step.number for step in steps]
    if curve.unit != "epoch" or not curve.points or min(curve.points) != 0 or not epochs:
        return 0
    last = max(curve.points)
    if max(epochs) == last + 1:
        return 1
    return int(curve.counts_from_0 and max(epochs) != last and min(epochs) > 0)


def _gap(curve: Curve) -> float:
    """How far apart the places of a curve are, as a rule."""
    places = sorted(curve.points)
    return median(b - a for a, b in zip(places, places[1:], strict=False)) if len(places) > 1 else 1.0
