# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checkpoints in several files, which an index in JSON names."""

from __future__ import annotations

from pathlib import Path

from .errors import CheckpointError
from .natural_order import natural

MOST = 4096


def named(path: Path, names: set[str]) -> list[Path]:
    """The files of these names beside an index, in their natural order. Raises `CheckpointError`."""
    if len(names) > MOST:
        raise CheckpointError(path, f"an index of {len(names):,} shards", "refused for safety")
    return [_beside(path, name) for name in sorted(names, key=natural)]


def _beside(path, name):
    if Path(name).name != name or "\\" in name or "\0" in name or name in ("", ".", ".."):
        raise CheckpointError(path, f"a shard outside of its folder ({name[:80]!r})", "refused for safety")
    file = path.parent / name
    if not file.is_file():
        raise CheckpointError(path, f"the shard '{name}' is not there", "put all shards beside the index")
    return file
