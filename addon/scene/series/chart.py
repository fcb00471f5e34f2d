# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A chart of what was measured at the steps of a training: accuracy and loss over epochs or steps, as lines with a dot
and a number that follow the slider.

It stands in its own x-z plane, its left foot at the origin. Axes are fixed for all steps. Between two measurements
lines are straight; a step at which nothing was measured has no point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import floor, isfinite, log10

import bpy
import numpy as np

from ...nodes import series as groups
from ...nodes.tree import attach
from ..texts import labels
from . import words
from .known import ACCURACIES, LOSSES, Known, percent
from .letters import Letters, joined, letters, mesh_of

SIZE = 0.2  # of letters, in the height of the chart
GAP = 1.25 * SIZE  # between the feet of two numbers
TICKS = 11  # along the foot, at most
STEPS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)  # ends of an axis, times a power of ten
THIN = 0.004  # of the height: half the thickness of a line of the grid


@dataclass(frozen=True)
class Measured:
    """A curve: what was measured under a name, `points` by step, and how it is shown."""

    name: str
    points: dict[int, float]
    most: float  # the upper end of its axis
    tick: Callable[[float], str]
    says: Callable[[float], str]
    paint: str


def curves(series: Known) -> list[Measured]:
    """The accuracy and the loss of a series, as far as they were measured at two steps and more; those of held-out data
    before those of the training."""
    made = []
    for chosen, paint in ((ACCURACIES, "hot"), (LOSSES, "loss")):
        for name in chosen:
            points = {
                step: float(number)
                for step, told in enumerate(series.values)
                if (number := told.get(name)) is not None and isfinite(number)
            }
            if len(points) < 2:
                continue
            share = name in ACCURACIES and max(points.values()) <= 1
            most = 1.0 if share else upper(max(points.values()))
            right = "right" if name in ACCURACIES else "loss"
            if share:
                made.append(
                    Measured(
                        name,
                        points,
                        most,
                        lambda value: f"{value:.0%}".replace("%", " %"),
                        lambda value: f"{percent(value)} right",
                        paint,
                    )
                )
            else:
                made.append(
                    Measured(
                        name,
                        points,
                        most,
                        lambda value: f"{value:g}",
                        lambda value, right=right: f"{right} {value:.3g}",
                        paint,
                    )
                )
            break
    return made


def upper(largest: float) -> float:
    """A round number at or above one, the end of an axis."""
    if largest <= 0:
        return 1.0
    power = 10.0 ** floor(log10(largest))
    return next(step * power for step in STEPS if step * power >= largest * (1 - 1e-9))


def across(series: Known) -> np.ndarray:
    """Where each step stands on the foot, 0 to 1: by its number in the training."""
    numbers = np.array(series.numbers, np.float64)
    if len(numbers) < 2 or numbers[-1] <= numbers[0]:
        return np.linspace(0, 1, len(numbers))
    return (numbers - numbers[0]) / (numbers[-1] - numbers[0])


def ticks(series: Known) -> list[int]:
    """The steps that are numbered along the foot."""
    places = across(series)
    kept = [0]
    for step in range(1, len(places)):
        if places[step] - places[kept[-1]] >= 1 / TICKS * 0.95:
            kept.append(step)
    if len(places) - 1 not in kept:
        while len(kept) > 1 and places[-1] - places[kept[-1]] < 1 / TICKS * 0.95:
            kept.pop()
        kept.append(len(places) - 1)
    return kept


def apart(shown: list[Measured], steps: int) -> dict[str, list[float]]:
    """How far the number of each curve is raised at each step, in heights of the chart, so that none hides another."""
    raised = {curve.name: [0.0] * steps for curve in shown}
    for step in range(steps):
        at = sorted((curve.points[step] / curve.most, curve.name) for curve in shown if step in curve.points)
        for (low, below), (high, above) in zip(at, at[1:], strict=False):
            short = GAP - (high - low)
            if short > 0:
                down = min(short / 2, max(0.0, low))  # not below the foot
                raised[below][step] -= down
                raised[above][step] += short - down
    return raised


def make(
    name: str, series: Known, root: bpy.types.Object, paints: dict[str, bpy.types.Material], width: float, height: float
) -> list[bpy.types.Object]:
    """The chart of a series: its axes, and a line with its numbers for each curve, children of the axes. Nothing where
    nothing was measured."""
    shown = curves(series)
    if not shown:
        return []
    axes = bpy.data.objects.new(f"{name} axes", _axes(name, series, shown, paints, width, height))
    labels.seen_by_camera(axes)
    made = [axes]
    follow = {"Network": root, "Slider": groups.sockets.attribute(series.kind)}
    size = SIZE * height
    raised = apart(shown, len(series))
    for curve in shown:
        texts = [curve.says(curve.points[step]) if step in curve.points else "" for step in range(len(series))]
        parts = [
            placed_at(standing(text, size, "LEFT"), (0.12 * height, -0.02 * height, (0.1 + up) * height))
            for text, up in zip(texts, raised[curve.name], strict=True)
        ]
        mesh = words.joined(f"{name} {curve.name} numbers", parts)
        numbers = bpy.data.objects.new(mesh.name, mesh)
        line = bpy.data.objects.new(f"{name} {curve.name}", _line(curve, series, width, height))
        attach(
            line,
            "Curve",
            groups.curve_group(),
            follow
            | {
                "Last": len(series) - 1,
                "Words": numbers,
                "Radius": 0.016 * height,
                "Dot": 0.065 * height,
                "Material": paints[curve.paint],
            },
        )
        labels.seen_by_camera(line)
        line.parent = axes
        made.append(line)
    return made


def _line(curve: Measured, series: Known, width: float, height: float) -> bpy.types.Mesh:
    places = across(series)
    steps = sorted(curve.points)
    corners = [(float(places[step]) * width, 0.0, max(curve.points[step], 0.0) / curve.most * height) for step in steps]
    mesh = bpy.data.meshes.new(curve.name)
    mesh.from_pydata(corners, [(at, at + 1) for at in range(len(corners) - 1)], [])
    mesh.attributes.new("place", "FLOAT", "POINT").data.foreach_set("value", np.array(steps, np.float32))
    return mesh


def _axes(name, series, shown, paints, width, height) -> bpy.types.Mesh:
    """Grid, ticks and their numbers: one mesh, a material a color."""
    used = list(dict.fromkeys(["track", "dim", *(curve.paint for curve in shown)]))
    parts: list[Letters] = []
    material: list[int] = []

    def add(part: Letters, paint: str, shift: tuple[float, float, float] = (0, 0, 0)) -> None:
        parts.append(placed_at(part, shift))
        material.extend([used.index(paint)] * len(part.counts))

    size = 0.8 * SIZE * height
    behind = 0.01 * height
    for share in (0.0, 0.5, 1.0):
        thick = THIN * height * (2.0 if share == 0 else 1.0)
        add(box((0.0, behind, share * height), (width, behind, share * height), thick), "track")
    edge = -0.12 * height
    for curve in reversed(shown):
        texts = [standing(curve.tick(share * curve.most), size, "RIGHT") for share in (0.0, 0.5, 1.0)]
        for share, part in zip((0.0, 0.5, 1.0), texts, strict=True):
            add(part, curve.paint, (edge, 0, share * height - 0.36 * size))
        edge -= max(float(np.ptp(part.corners[:, 0])) for part in texts if len(part.corners)) + 0.16 * height
    places = across(series)
    for step in ticks(series):
        x = float(places[step]) * width
        add(box((x, behind, 0.0), (x, behind, -0.045 * height), THIN * height), "track")
        part = standing(f"{series.numbers[step]:,}", size, "CENTER")
        add(part, "dim", (x, 0, -0.26 * height))
    part = standing(series.unit, size, "CENTER")
    add(part, "dim", (width / 2, 0, -0.5 * height))
    mesh = mesh_of(f"{name} axes", joined(parts))
    for paint in used:
        mesh.materials.append(paints[paint])
    mesh.polygons.foreach_set("material_index", np.array(material, np.int32))
    return mesh


def standing(text: str, size: float, align: str) -> Letters:
    """A text in the x-z plane."""
    flat = letters(text, size, align, "BOTTOM_BASELINE")
    return flat._replace(corners=flat.corners[:, [0, 2, 1]] * np.array([1, -1, 1], np.float32))


def placed_at(part: Letters, by: tuple[float, float, float]) -> Letters:
    """The same elsewhere."""
    return part._replace(corners=part.corners + np.array(by, np.float32))


def box(begin, end, half) -> Letters:
    """A thin bar between two points, along x or z, seen from -y."""
    low = np.minimum(begin, end) - half
    high = np.maximum(begin, end) + half
    y = begin[1]
    corners = [(low[0], y, low[2]), (high[0], y, low[2]), (high[0], y, high[2]), (low[0], y, high[2])]
    return Letters(np.array(corners, np.float32), np.arange(4, dtype=np.int32), np.array([4], np.int32))


def left_of(series: Known, height: float) -> float:
    """How far what stands left of the foot reaches, about."""
    return 1.1 * height if len(curves(series)) > 1 else 0.6 * height
