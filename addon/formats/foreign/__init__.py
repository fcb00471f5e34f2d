# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a file is that no reader takes: its format by its content, and what to do with it.

`refuse` raises the error that says so; `named` tells it alone. Nothing is unpacked, and of a file only its beginning,
its end and the top of its tree are looked at.
"""

from __future__ import annotations

from pathlib import Path

from ...containers.errors import CheckpointError
from . import archives, magic, messages, pickles, texts
from .kind import HEAD, Kind

__all__ = ["HEAD", "Kind", "named", "refuse"]

ASKED = (magic.kind, texts.kind, pickles.kind, archives.kind, messages.kind)


def named(head: bytes, path: Path) -> Kind | None:
    """The kind of a file by its first bytes and what else has to be looked at; None for what is not known here."""
    return next((kind for ask in ASKED if (kind := ask(head, path)) is not None), None)


def refuse(head: bytes, path: Path) -> None:
    """Raises `CheckpointError` for a file of a kind that is known and not read."""
    kind = named(head, path)
    if kind is not None:
        raise CheckpointError(path, kind.name, kind.advice)
