# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What commands say while they work, and where they write."""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import replace
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


def read_as_asked(network, options) -> None:
    """Let a network have the names of classes and read pictures as the options of a command say."""
    from ..inference import class_names, classes_of

    network.scaling = scaling(options)
    if getattr(options, "classes", None):
        count, _ = classes_of(network)
        network.classes = class_names(options.classes, count)


def scaling(options):
    """What the options of a command make of pixels, None where they say nothing."""
    from ..network.scaling import PRESETS, own

    name, mean, std, order = (getattr(options, key, None) for key in ("scale", "mean", "std", "order"))
    if not (name or mean or std or order):
        return None
    base = PRESETS[name or "0-1"]
    if mean or std:
        if any(value == 0 for value in std or ()):
            raise CheckpointError(options.model, "cannot read pixels divided by 0", "give another --std")
        return own(mean or base.mean, std or base.std, order or base.order)
    return replace(base, order=order or base.order)
