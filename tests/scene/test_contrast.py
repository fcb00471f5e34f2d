# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a picture says can be read on what it stands on, in every style: measured in rendered pixels."""

import bpy
import numpy as np
import pytest

from neuroscene.addon.scene import shots
from neuroscene.addon.scene.looks import painting, saved_styles, styles
from neuroscene.addon.scene.output import rendering
from scene import look

SIZE = (1920, 1080)
LEAST = 4.5  # of WCAG 2.2, success criterion 1.4.3


@pytest.fixture(scope="module")
def network():
    look.fresh()
    found = look.build(look.CNN, look.DIGIT)
    scene = look.scene_of(found)
    look.plain_render(scene, 8)
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    shots.refit(found, "hero")
    return found


def luminance(pixels) -> np.ndarray:
    """Relative luminance of sRGB pixels (..., 3) of 0 to 255, after WCAG 2.2."""
    share = pixels / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def around(network, thing, path) -> np.ndarray:
    """The pixels round a text, rendered alone."""
    scene, depsgraph = look.scene_of(network), look.evaluate(network)
    low, high = (
        look.seen(network, depsgraph, np.array(look.corners(thing, depsgraph)).reshape(-1, 3)).min(0),
        look.seen(network, depsgraph, np.array(look.corners(thing, depsgraph)).reshape(-1, 3)).max(0),
    )
    render = scene.render
    render.use_border = render.use_crop_to_border = True
    render.border_min_x, render.border_min_y, render.border_max_x, render.border_max_y = (
        low[0] - 0.003,
        low[1] - 0.003,
        high[0] + 0.003,
        high[1] + 0.003,
    )
    rendering.render(path, rendering.Options())
    render.use_border = render.use_crop_to_border = False
    return look.png(path)


@pytest.mark.parametrize("style", styles.STYLES)
def test_texts_stand_out(network, style, tmp_path):
    saved_styles.apply(style, painting.part_of(bpy.context, network))
    said = look.labels(network)["pool1"]["name"], look.labels(network)["scores"]["notes"]
    said += tuple(
        one
        for one in look.of_kind(network, "caption")
        if one.type == "FONT" and look.facts(one)["role"] in ("sentence", "cube zero")
    )
    assert len(said) == 4
    for thing in said:
        values = luminance(around(network, thing, tmp_path / "text.png").astype(float))
        ground = np.median(values)
        ink = max((np.percentile(values, share) for share in (1, 99)), key=lambda value: abs(value - ground))
        contrast = (max(ink, ground) + 0.05) / (min(ink, ground) + 0.05)
        assert contrast >= LEAST, (thing.name, contrast)
