# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON in checkpoint files, read within bounds."""

from __future__ import annotations

import json
from pathlib import Path

from .errors import CheckpointError

LARGEST = 1 << 26  # bytes of a JSON text


def parse(path: Path, text: bytes | str, what: str) -> dict:
    """A JSON object; `what` names it in the error ("its architecture"). Raises `CheckpointError`."""
    parsed = _parsed(path, text, what)
    if not isinstance(parsed, dict):
        raise CheckpointError(path, f"{what} is not a JSON object", "fetch it again")
    return parsed


def _parsed(path, text, what):
    if len(text) > LARGEST:
        raise CheckpointError(path, f"{what} has {len(text):,} bytes", "refused for safety")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(path, f"{what} cannot be read ({str(error)[:100]})", "fetch it again") from error


def read(path: Path, what: str) -> dict:
    """The JSON object in a file. Raises `CheckpointError`."""
    return parse(path, _content(path), what)


def read_any(path: Path, what: str) -> dict | list:
    """The JSON object or list in a file. Raises `CheckpointError`."""
    parsed = _parsed(path, _content(path), what)
    if not isinstance(parsed, (dict, list)):
        raise CheckpointError(path, f"{what} is neither a JSON object nor a list", "fetch it again")
    return parsed


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror or error})") from error
