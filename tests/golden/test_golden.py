# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every shot and style of the sample network, and the large ones as books, as they were last approved, pixel by pixel.

`pytest tests/golden --write-golden` approves anew.
"""

from pathlib import Path

import bpy
import numpy as np
import pytest

from neuroscene.addon.scene import shots
from neuroscene.addon.scene.building import build
from neuroscene.addon.scene.looks import painting, saved_styles, styles
from neuroscene.addon.scene.output import rendering
from scene import look
from unit.make import DATA

SIZE, SAMPLES = 128, 16
PIXEL, IMAGE = 4, 0.01  # of 255 a channel, and the share of pixels that may differ more
# a Blender of another series renders another picture
VERSION = "{}.{}".format(*bpy.app.version)


def render(path: Path, given, shot="hero", style="", model=look.CNN) -> None:
    network = look.build(model, given, fold_repeats=model != look.CNN)
    if style:
        saved_styles.apply(style, painting.part_of(bpy.context, network))
    scene = look.scene_of(network)
    scene.render.resolution_x = scene.render.resolution_y = SIZE
    if shot == "before-after":
        bpy.context.window.scene = scene
        build.finish(shots.compared(network, DATA / "crossformat" / "mnist_cnn.keras"))
    look.plain_render(scene, SAMPLES)
    if shot != "hero":
        shots.add(network, shot)
    else:
        shots.refit(network, shot)
    rendering.render(path, rendering.Options(shot=shot))


OTHERS = ("hero", "training", "training-close", "opened")  # of a run, and of what somebody has opened
KINDS = [name for name in shots.KINDS if name not in OTHERS]
PICTURES = {
    "digits_cnn_digit_7": (look.DIGIT,),
    "digits_cnn_at_rest": (None,),
    **{f"digits_cnn_shot_{name.replace('-', '_')}": (look.DIGIT, name) for name in KINDS},
    **{f"digits_cnn_style_{name.lower()}": (look.DIGIT, "hero", name) for name in styles.STYLES if name != "Cinema"},
    **{
        name: (given and look.SAMPLES / given, "hero", "", look.SAMPLES / f"{model}.onnx")
        for name, model, given in (
            ("pictures_resnet", "pictures_resnet", "pictures/butterfly.png"),
            ("pictures_resnet_at_rest", "pictures_resnet", None),
            ("cells_unet", "cells_unet", "cells/cells.png"),
            ("letters_transformer", "letters_transformer", "letters/letters.npy"),
        )
    },
}


@pytest.mark.parametrize("name", PICTURES)
def test_golden(blank, request, tmp_path, name):
    golden, path = Path(__file__).with_name(f"{name}_{VERSION}.png"), tmp_path / f"{name}.png"
    render(path, *PICTURES[name])
    if request.config.getoption("--write-golden"):
        golden.write_bytes(path.read_bytes())
        pytest.skip(f"wrote {golden.name}")
    if not any(golden.parent.glob(f"*_{VERSION}.png")):
        pytest.skip(f"no picture of Blender {VERSION} was approved")
    assert golden.is_file(), f"{golden.name} was never approved: look at {path}, then --write-golden"
    found, expected = look.png(path), look.png(golden)
    assert found.shape == expected.shape == (SIZE, SIZE, 3)
    away = np.abs(found.astype(int) - expected.astype(int)).max(-1)
    share = float((away > PIXEL).mean())
    assert share <= IMAGE, f"{share:.1%} of the pixels differ, by up to {away.max()}; the picture is {path}"
