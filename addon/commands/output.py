# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What commands say while they work, and where they write."""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from ..containers import CheckpointError


@contextmanager
def quiet():
    """Keep what Blender and its libraries say out of our output, yet show it if something breaks.

    Yields a function that shows progress where a person is watching.
    """
    kept = {number: os.dup(number) for number in (1, 2)}
    watched = os.isatty(2)

    def progress(text):
        if watched:
            os.write(kept[2], f"\r\033[K{text}".encode())

    with tempfile.TemporaryFile() as said:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for number in kept:
            os.dup2(said.fileno(), number)
        broken = True
        try:
            yield progress
            broken = False
        except CheckpointError:
            broken = False
            raise
        finally:
            progress("")
            flush()
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            for number, copy in kept.items():
                os.dup2(copy, number)
                os.close(copy)
            if broken:
                said.seek(0)
                sys.stderr.write(said.read().decode(errors="replace"))


def flush():
    """Let Blender's own output go where it is sent now, not later: C keeps what Python knows nothing of."""
    try:
        ctypes.CDLL(None).fflush(None)
    except (OSError, TypeError, AttributeError):  # where the C library is found in another way
        pass


def writable(path: Path):
    """Say at once, before a long render, that an output cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        existed = path.exists()
        with path.open("ab"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        raise CheckpointError(path, f"cannot be written ({error.strerror})", "choose another place") from error
