# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Memory that nobody uses any more goes back to the system."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

MMAP_THRESHOLD = -3  # of mallopt, in glibc's malloc.h
FROM, USUAL = 1 << 20, 1 << 25  # bytes of a block that goes back as soon as it is freed; of which glibc comes to it


@cache
def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None


@contextmanager
def given_back(really: bool = True) -> Iterator[None]:
    """Within this block memory goes back to the system as soon as it is freed: glibc would keep blocks of less than
    32 MiB, in which what is a little larger finds no room. Costs time for each of them. Elsewhere nothing happens."""
    library = _glibc() if really else None
    if library is None:
        yield
        return
    library.malloc_trim(0)
    library.mallopt(MMAP_THRESHOLD, FROM)
    try:
        yield
    finally:
        library.mallopt(MMAP_THRESHOLD, USUAL)
