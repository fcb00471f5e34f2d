# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opened cells as a Blender without the extension draws them."""

import json
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np

AXES = ("Unit", "Row", "Column")


def elsewhere(tmp_path, moves):
    """What a Blender without the extension draws of opened cells that are moved: by name of their object and the number
    of the move, numbers by attribute."""
    scene, listed, numbers_path = tmp_path / "scene.blend", tmp_path / "moves.json", tmp_path / "numbers.npz"
    bpy.ops.wm.save_as_mainfile(filepath=str(scene))
    listed.write_text(json.dumps(moves))
    stock = Path(__file__).with_name("stock_opened.py")
    told = subprocess.run(
        [sys.executable, str(stock), str(scene), str(listed), str(numbers_path)], capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    assert "OURS []" in told.stdout
    read = np.load(numbers_path)
    made: dict = {}
    for key in read.files:
        name, number, attribute = key.rsplit("/", 2)
        made.setdefault((name, int(number)), {})[attribute] = read[key]
    return made


def written(found) -> dict[int, tuple[float, int]]:
    """The numbers of the line under a panel by what they are: as they are written, with how many digits."""
    line = found["part"] == 16
    rows = zip(found["step"][line], found["number"][line], found["decimals"][line], strict=True)
    return {int(step): (round(float(number), int(fine)), int(fine)) for step, number, fine in rows}


def adds_up(total: tuple[float, int], by_hand: float) -> None:
    """What comes of the written numbers is what is written of it, but for one in its last digit."""
    number, fine = total
    assert abs(by_hand - number) <= 1.001 * 10.0**-fine, (by_hand, number)
