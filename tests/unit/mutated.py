# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged files of a format, opened in a process of its own: bounded in time and memory, refused in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from unit.make import DATA

PATHS = [str(DATA.parent / "bench"), str(DATA.parent), *sys.path]
MEMORY = 3 << 30  # bytes of address space
CODE = """
import random, resource, shutil, sys, time
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
sys.path[:0] = {paths!r}
import conftest, fuzz
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.network import summarise
from neuroscene.addon.network.statistics import statistics
from neuroscene.addon.structure import open_checkpoint
chosen, refused = random.Random(0), 0
for turn in range({turns}):
    sample = chosen.choice({samples!r})
    path = fuzz._place(Path({folder!r}), sample)
    path.write_bytes(fuzz.damage((fuzz.DATA / sample).read_bytes(), chosen))
    began = time.monotonic()
    try:
        for layer in summarise(open_checkpoint(path)).layers:
            statistics(layer)
    except CheckpointError as error:
        refused += 1
        assert chr(10) not in str(error) and len(str(error)) < 700
    assert time.monotonic() - began < 10, turn
print(refused)
"""


def mutations(format: str, folder: Path, turns: int = 200) -> int:
    """Opens so many damaged files of the samples that tests/bench/fuzz.py has of a format; how many were refused."""
    sys.path[:0] = PATHS[:1]
    from fuzz import SAMPLES

    code = CODE.format(
        memory=MEMORY, paths=PATHS, turns=turns, folder=str(folder), samples=[str(one) for one in SAMPLES[format]]
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout)
