# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are written whole or not at all: a disk that is full takes nobody's older file away."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .containers import CheckpointError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
ROOM = 1 << 16  # bytes that must still fit behind a file: Blender's writers do not all tell of a disk that is full


@contextmanager
def replacing(output: Path) -> Iterator[Path]:
    """A path beside an output, to write to: once that is written it takes the output's name, else it goes away.

    Raises `CheckpointError` where it cannot be written.
    """
    part = output.with_name(f"{output.stem}.part{output.suffix}")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        yield part
        settle(part, output)
    except OSError as error:
        raise refused(output, error.strerror or str(error)) from error
    except RuntimeError as error:  # an operator of Blender tells so what went wrong, at times by a whole traceback
        known = re.search(r"\[Errno \d+\] ([^:\n]+)", str(error))
        if "Traceback" in str(error) and not known:
            raise
        raise refused(output, known[1] if known else " ".join(str(error).split())[:100]) from error
    finally:
        with suppress(OSError):  # where there can be no such file, there is none
            part.unlink()


def settle(part: Path, output: Path) -> None:
    """Give a written file its name. Raises `OSError` if it is not there, or the disk is full and may have cut it."""
    size = part.stat().st_size
    with part.open("rb+") as file:
        file.seek(size)
        try:
            file.write(bytes(ROOM))
            file.flush()
        finally:
            file.truncate(size)
        os.fsync(file.fileno())
    part.replace(output)


def refused(output: Path, why: str) -> CheckpointError:
    """The error for a file that cannot be written; `why` is the system's own words."""
    return CheckpointError(output, f"cannot be written ({why})", "make room, or choose another place")
