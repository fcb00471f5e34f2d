# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network learns, seen from near: the two layers between which most changes, with the chart in a corner."""

from __future__ import annotations

from math import pi, radians

import numpy as np
from mathutils import Euler

from ...nodes.series import numbered
from ..attributes import array
from ..camera import framing, picture
from ..entities import Bundle, NetworkScene
from . import film_parts, keys, training
from .stage import Stage
from .training import KIND

BEGIN, HELD = 0.03, 0.88  # shares of the shot between which the network learns
ARC = radians(9), radians(-2)
PUSH = 0.88  # of the distance of the first picture, the last one's
MARGINS = framing.Margins(left=0.06, right=0.06, bottom=0.34, top=0.15)
CROP = 0.6  # of the two layers fills the picture
CHART = 0.05, 0.1, 0.66, 0.18  # left foot, width and height, in shares of the frame's width and height
PLATE, ABOVE = 0.5, 0.26  # of the height: the dark plates behind the chart and behind words


def place(stage: Stage) -> None:
    """Put up chart and words, and move slider and camera."""
    from ..series import known  # here: these build on shots

    training.check(stage.network)
    series = known.read(stage.network)[KIND]
    view = stage.seen()
    scene = NetworkScene(stage.network)
    points = _points(stage, view, len(series))
    camera = stage.camera
    heading = stage.view.azimuth + stage.heading
    training.slide(stage, (BEGIN, HELD))
    stops = []
    for share, turned in ((0.0, 0.0), (HELD, 1.0), (1.0, 1.06)):
        framing.aim(camera, heading + turned * ARC[0], stage.view.elevation + turned * ARC[1])
        framing.fit(camera, points, view.aspect, MARGINS)
        axes = framing.rotation(camera)
        away = float(framing.project(camera, points)[:, 2].mean())
        at = np.array(camera.location) - axes[:, 2] * away * (1 - PUSH) * turned
        stops.append((stage.frame(share), at, np.array(camera.rotation_euler)))
    for axis in range(3):
        keys.set_keys(camera, "location", [(frame, float(at[axis])) for frame, at, _ in stops], index=axis)
        keys.set_keys(camera, "rotation_euler", [(frame, float(turn[axis])) for frame, _, turn in stops], index=axis)
    paints = scene.materials | {"loss": training.blue(scene)}
    training.words_of_steps(stage, series, paints, view.aspect, 0.0)
    _plate(stage, view.aspect, ABOVE, 1.02, pi)
    _chart(stage, series, paints, view.aspect)
    stage.near(view)


def _points(stage: Stage, view: picture.Seen, steps: int) -> np.ndarray:
    """The corners of the layers at the ends of the lines between which most changes."""
    layers = {
        name: layer
        for name, layer in NetworkScene(stage.network).layers().items()
        if len(framing.shown_corners(layer.obj, stage.scene.view_layers[0]))
    }
    bundles = [
        bundle
        for bundle in NetworkScene(stage.network).bundles()
        if layers.keys() >= set(bundle.ends) and bundle.source != bundle.target and bundle.carries == "weight"
    ]
    if not bundles:
        return view.points

    def worth(bundle: Bundle) -> tuple[int, float]:
        ends = [layers[end] for end in bundle.ends]
        return sum(_maps(layer) for layer in ends), changed(layers[bundle.target].obj, steps)

    best = max(bundles, key=worth)
    points = framing.corners([layers[end].obj for end in best.ends], view.depsgraph)
    middle = (points.max(0) + points.min(0)) / 2
    return middle + CROP * (points - middle)


def _maps(layer) -> bool:
    units, rows, columns = layer.grid
    return units > 1 and rows * columns > 1


def changed(obj, steps: int) -> float:
    """How much what a layer shows changes from the first step of a series to the last, in shares of its largest."""
    names = [numbered("value", step) for step in (0, steps - 1)]
    if not all(name in obj.data.attributes for name in names):
        return 0.0
    first, last = (np.nan_to_num(array(obj, name), nan=0.0, posinf=0.0, neginf=0.0) for name in names)
    largest = max(float(np.abs(first).max()), float(np.abs(last).max()), 1e-12)
    return float(np.abs(last - first).mean() / largest)


def _chart(stage: Stage, series, paints, aspect: float) -> None:
    """Hang the chart before the camera, on a plate that is dark at its foot."""
    from ..series import chart

    left, foot, width, height = CHART
    wide = (width - left) * aspect if aspect > 1 else 0.8 * aspect
    root = NetworkScene(stage.network).root().obj
    made = chart.make(f"{stage.network.name} near chart", series, root, paints, wide, height)
    if not made:
        return
    _plate(stage, aspect, PLATE, -0.02, 0.0)
    reach = chart.left_of(series, height) / aspect
    axes = made[0]
    film_parts.hang(stage, axes, left + reach, foot, aspect)
    axes.rotation_euler = Euler((-pi / 2, 0.0, 0.0))
    for obj in made:
        film_parts.take(stage, obj, "chart", [(stage.first, stage.last + 1)])


def _plate(stage: Stage, aspect: float, high: float, at: float, turn: float) -> None:
    """A plate behind words, dark at the edge of the picture."""
    paint = film_parts.paint(stage, "scrim")
    obj = film_parts.plate(f"{stage.network.name} plate", 1.04 * aspect, high, paint)
    film_parts.hang(stage, obj, at, at, aspect, film_parts.BEHIND)
    obj.rotation_euler = Euler((0.0, 0.0, turn))
    film_parts.take(stage, obj, "plate", [(stage.first, stage.last + 1)])
