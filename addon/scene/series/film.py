# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A still of each checkpoint while a training runs, without a window."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import bpy

from ...series import Watch
from ..building import build
from ..output import rendering
from .live import Live

LOOKS = 0.25  # seconds between two looks at the folder


def watch(
    folder: Path, output: Path, options: Namespace, progress: Callable[[str], None]
) -> tuple[int, dict[Path, str]]:
    """Render each checkpoint that becomes whole to the next number in a folder, until nothing has come for `idle`
    seconds, or until somebody stops it. Returns how many stills there are, and what was left out and why.

    `options` are `input`, `idle`, `max_cells` and those of a picture. Raises `CheckpointError`.
    """
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    settings = build.Settings(max_cells=options.max_cells or build.MAX_CELLS)
    live = Live(folder, options.input, settings)
    looking = Watch(folder)
    wanted = rendering.Options(None, options.engine, options.samples, options.size, None, options.quality)
    count = 0
    came = time.monotonic()
    try:
        while not options.idle or time.monotonic() - came < options.idle:
            with looking.arrivals() as arrived:
                for each in arrived:
                    if live.take(each):
                        count += 1
                        progress(f"{each.path.name}: still {count}")
                        rendering.render(output / f"{count:04d}.png", wanted)
                    came = time.monotonic()
            progress(f"{count} stills; waiting for a checkpoint")
            time.sleep(LOOKS)
    except KeyboardInterrupt:  # how one ends it
        pass
    return count, live.left_out
