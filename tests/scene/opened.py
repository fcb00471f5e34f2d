# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opened cells as a Blender without the extension draws them."""

import json
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np

from scene import look

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


def words_in_the_picture(network) -> None:
    """All words of a panel are in the picture of the scene's camera, and none lies over another."""
    depsgraph = look.evaluate(network)
    matrix = look.projection(network, depsgraph, look.scene_of(network).camera)
    words = [one for one in look.of_kind(network, "opened part") if one.type == "FONT"]
    assert len(words) > 3
    boxes = [(one.data.body, look.projected(matrix, look.corners(one, depsgraph)[0])) for one in words]
    for body, box in boxes:
        assert 0 < box.min() and box.max() < 1, body
    apart = [(body, box.min(0), box.max(0)) for body, box in boxes]
    for number, (body, low, high) in enumerate(apart):
        for other, other_low, other_high in apart[number + 1 :]:
            assert (high < other_low).any() or (other_high < low).any(), (body, other)
