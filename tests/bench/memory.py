# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much memory a process took."""

import resource
import sys
from pathlib import Path


def peak() -> int:
    """Bytes of memory that this process held at its most.

    Not getrusage's where it can be helped: on Linux a process begins with the peak of the one that started it, so
    that in a child of a long pytest both a bound and a difference would say nothing.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return 1024 * int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
