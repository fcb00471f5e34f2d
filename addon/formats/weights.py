# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tensors of a file that does not say how they are joined."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..containers import bounded_json
from ..containers.errors import CheckpointError
from ..containers.stored import Stored


@dataclass
class Weights:
    """The tensors of a file that does not say how they are joined, in the order of the file.

    `layout` tells how the framework orders the axes of a kernel: "torch" (out, in, rows, columns; dense (out, in)) or
    "keras" (rows, columns, in, out; dense (in, out)). `config` is what a config.json beside the file says
    (transformers). `modules` are the modules of a pickled model by their path: class name, and the attributes that are
    plain values. `notes` say what was left out; `part` and `parts` are as of a `Checkpoint`.
    """

    path: Path
    format: str
    tensors: list[Stored]
    layout: str = "torch"
    producer: str = ""
    config: dict = field(default_factory=dict)
    modules: dict[str, tuple[str, dict]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    part: str = ""
    parts: dict[str, int] = field(default_factory=dict)


def config_beside(path: Path, notes: list[str]) -> dict:
    """What a config.json beside a file says (transformers); where it cannot be read, `notes` get why."""
    beside = path.parent / "config.json"
    if not beside.is_file():
        return {}
    try:
        return bounded_json.read(beside, "config.json")
    except CheckpointError as error:
        notes.append(f"config.json beside the file is not used: {error.problem}")
        return {}
