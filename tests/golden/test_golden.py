# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample network as it was last approved, pixel by pixel. `pytest tests/golden --write-golden` approves anew."""

from pathlib import Path

import bpy
import numpy as np
import pytest

from neuroscene.addon.scene import rendering
from scene import look

SIZE, SAMPLES = 128, 16
PIXEL, IMAGE = 4, 0.01  # of 255 a channel, and the share of pixels that may differ more
# a Blender of another series renders another picture
VERSION = "{}.{}".format(*bpy.app.version)


def render(path: Path, given) -> np.ndarray:
    network = look.build(look.CNN, given)
    look.plain_render(look.scene_of(network), SAMPLES)
    rendering.render(path, rendering.Options(size=(SIZE, SIZE)))
    return look.png(path)


@pytest.mark.parametrize("given", [look.DIGIT, None], ids=["digit_7", "at_rest"])
def test_golden(blank, request, tmp_path, given):
    name = f"digits_cnn_{given.stem if given else 'at_rest'}_{VERSION}.png"
    golden = Path(__file__).with_name(name)
    found = render(tmp_path / name, given)
    if request.config.getoption("--write-golden"):
        golden.write_bytes((tmp_path / name).read_bytes())
        pytest.skip(f"wrote {name}")
    if not golden.is_file():
        pytest.skip(f"no picture of Blender {VERSION} was approved")
    expected = look.png(golden)
    assert found.shape == expected.shape == (SIZE, SIZE, 3)
    away = np.abs(found.astype(int) - expected.astype(int)).max(-1)
    share = float((away > PIXEL).mean())
    assert share <= IMAGE, f"{share:.1%} of the pixels differ, by up to {away.max()}; the picture is {tmp_path / name}"
