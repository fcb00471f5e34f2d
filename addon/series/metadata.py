# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a checkpoint itself says of when it was saved: beside its weights, or in a file of its trainer beside it."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any

import onnx

from ..containers import CheckpointError, bounded_json
from ..formats.pytorch import saved_files
from .names import EPOCHS, Named, measure

ONNX = ".onnx"
TRAINER = "trainer_state.json"  # of Hugging Face's Trainer, beside each of its checkpoints
STEPS = ("global_step", "step", "steps", "iteration", "iter", "iterations", "num_updates")
LARGEST_HEADER = 1 << 24
MOST_NOTED = 64


def told_by(path: Path, model: onnx.ModelProto | None = None) -> Named:
    """What a file, or a folder of one, says of its step. What cannot be read says nothing."""
    try:
        if path.is_dir():
            return _named(_of_trainer(path))
        if path.suffix.lower() == ".safetensors":
            return _named(_of_safetensors(path))
        if path.suffix.lower() in (".pt", ".pth", ".ckpt", ".bin", ".tar"):
            return _named(_of_torch(path))
        if model is not None:
            return _named({entry.key: entry.value for entry in model.metadata_props[:MOST_NOTED]})
    except (CheckpointError, OSError, ValueError):
        pass
    return Named()


def with_step(named: Named, own: Named) -> Named:
    """What a name says, with the step that the file itself tells, where the name tells an epoch alone, and the same."""
    if named.step is None and named.epoch is not None and own.epoch == named.epoch:
        return replace(named, step=own.step)
    return named


def _named(said: Mapping[str, Any]) -> Named:
    numbers = {}
    for key, value in said.items():
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            continue
        try:
            number = float(value)
        except ValueError:
            continue
        if isinstance(key, str) and isfinite(number) and abs(number) < 1 << 53:
            numbers[key.lower()] = number
    step = next((int(numbers[key]) for key in STEPS if key in numbers), None)
    epoch = next((int(numbers[key]) for key in sorted(EPOCHS) if key in numbers), None)
    values = {measure(key): number for key, number in numbers.items() if "loss" in key or "acc" in key}
    return Named(step=step, epoch=epoch, values=values)


def _of_trainer(folder: Path) -> dict:
    state = bounded_json.read(folder / TRAINER, TRAINER)
    return {key: state.get(key) for key in ("global_step", "epoch")}


def _of_safetensors(path: Path) -> dict:
    with path.open("rb") as file:
        head = file.read(8)
        size = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
        if not 0 < size <= LARGEST_HEADER:
            return {}
        header = json.loads(file.read(size))
    noted = header.get("__metadata__", {}) if isinstance(header, dict) else {}
    return noted if isinstance(noted, dict) else {}


def _of_torch(path: Path) -> dict:
    """The plain numbers at the top of what torch.save was given."""
    zipped = saved_files.is_zip(path)
    opened = saved_files.Zip.open(path) if zipped else None
    if opened is not None and opened.has("constants.pkl"):
        return {}
    data = (opened.load() if opened is not None else saved_files.load_legacy(path)).data
    return dict(_numbers(data)) if isinstance(data, dict) else {}


def _numbers(data: dict) -> Iterator[tuple[str, float]]:
    for key, value in list(data.items())[:MOST_NOTED]:
        if isinstance(key, str) and isinstance(value, (int, float)):
            yield key, value
