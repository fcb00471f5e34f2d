# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender survives whatever is done in whatever order, and no operator answers with a traceback (see `wandering`)."""

import subprocess
import sys
from pathlib import Path

import pytest

from scene import look

pytestmark = pytest.mark.slow

WALKER = Path(__file__).with_name("wandering.py")
WALKS = {
    "flat": (look.CNN, 1, 120),
    "blocks": (look.RESNET, 1, 60),
    "inferred": (look.ROOT / "tests" / "data" / "inferred" / "tagger.safetensors", 1, 120),
}


def walk(model, seed, steps):
    done = subprocess.run(
        [sys.executable, WALKER, model, str(seed), str(steps)],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=600,
    )
    said = f"{done.stdout[-3000:]}\n{done.stderr[-4000:]}"
    assert done.returncode == 0 and "WALKED" in done.stdout, f"status {done.returncode}\n{said}"


@pytest.mark.parametrize("name", WALKS)
def test_walk(name):
    walk(*WALKS[name])
