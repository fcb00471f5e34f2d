# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Histograms above layers: of the values that a layer shows, of its weights, and of its weights at every checkpoint."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ...colormaps import value_range
from ...containers import CheckpointError
from ...inference import activation
from ...layout import HEIGHT
from ...network import Layer, Network
from ...network.histograms import BINS, Histogram, count, weights
from ...nodes import histogram as groups
from ...nodes.tree import attach
from .. import removing
from ..background import in_background
from ..entities import Histogram as HistogramObject
from ..entities import NetworkScene
from ..texts import labels
from . import build, importing
from .kernels import FACING
from .planned import Steps

VALUES, WEIGHTS, TIME = "values", "weights", "time"
KINDS = (VALUES, WEIGHTS, TIME)
WIDE = 0.42 * HEIGHT  # metres at least
HIGH = 0.27 * HEIGHT
CLEAR = 0.13 * HEIGHT  # between a layer and its first histogram, with the words in between
APART = 0.2 * HEIGHT  # between two, with the words of both
DEEP = 0.012 * HEIGHT
LETTERS = 0.05 * HEIGHT
ROWS_DEEP = 0.3 * HEIGHT  # that all rows of a ridge take
FAR, CUT, MOST_CUT = 1.6, 1.25, 6.0  # times the second highest bar: what is far, where it is cut; how much at most


@dataclass(frozen=True)
class Counted:
    """The histogram of a layer at every step, in one range for all; `extent` is the number in full color."""

    layer: str
    of: str
    extent: float
    steps: list[Histogram]


def toggle(collection: bpy.types.Collection, names: Sequence[str], kinds: Sequence[str]) -> str:
    """As `toggle_steps`, at once."""
    return build.finish(toggle_steps(collection, names, kinds))


def toggle_steps(collection: bpy.types.Collection, names: Sequence[str], kinds: Sequence[str]) -> Steps:
    """Show these histograms of layers, or if all that can be are shown, hide them. Yields as `build.build`, and changes
    nothing before the last step; returns a line. Raises `CheckpointError`."""
    scene = NetworkScene(collection)
    shown = [each for each in scene.members(HistogramObject) if each.layer in names and each.shows in kinds]
    if shown:
        _remove(shown)
        return f"{len(shown):,} histogram{'' if len(shown) == 1 else 's'} removed"
    counted = yield from _count_steps(collection, names, kinds)
    if not counted:
        raise CheckpointError(scene.source, "has no such numbers in these layers", "run an input, or choose weights")
    yield 0.95, "showing the histograms"
    for each in counted:
        _make(collection, each)
    return f"{len(counted):,} histogram{'' if len(counted) == 1 else 's'}"


def again(collection: bpy.types.Collection) -> Steps:
    """Count again after numbers have changed. Histograms of layers that are gone, or of what nobody knows any more, go.
    Yields as `build.build`."""
    scene = NetworkScene(collection)
    shown = list(scene.members(HistogramObject))
    if not shown:
        return
    wanted = {(each.layer, each.shows) for each in shown if each.shows in KINDS}
    try:
        counted = yield from _count_steps(
            collection, sorted({name for name, _ in wanted}), sorted({of for _, of in wanted})
        )
    except CheckpointError:
        counted = []
    made = {(each.layer, each.of): each for each in counted if (each.layer, each.of) in wanted}
    shown = [each for each in scene.members(HistogramObject) if each.shows in KINDS]
    for each in shown:
        if (each.layer, each.shows) in made:
            _fill(collection, each, made[each.layer, each.shows])
    _remove([each for each in shown if (each.layer, each.shows) not in made])


def _count_steps(collection, names: Sequence[str], kinds: Sequence[str]) -> Generator[tuple[float, str], None, Any]:
    """Count what the layers of these names have, at all steps of the series if there is one."""
    from ..series import following, known  # here: those build on this

    scene = NetworkScene(collection)
    shown = scene.layers()
    series = {kind: told for kind, told in known.read(collection).items() if kind != "evidence"}
    extents = {name: float(shown[name].inputs["Range"]) for name in names if name in shown}
    source = None
    if series:
        told = next(iter(series.values()))
        source, _ = yield from in_background(lambda: following.source_of(collection, told), "reading the steps")
    elif TIME in kinds and tuple(kinds) == (TIME,):
        raise CheckpointError(scene.source, "shows one checkpoint", "import a training run")
    if source is None:
        network = yield from importing.reopen_steps(collection)
        ran = yield from importing.ran_steps(collection, network)
        steps: list[Any] = [(network, ran)]
    else:
        steps = list(range(len(source)))
    numbers: dict[tuple[str, str], list] = {}
    ranges: dict[tuple[str, str], tuple[float, bool]] = {}
    base = steps[-1] if source is None or source.base else steps[0]

    def at(step):
        if source is None:
            return step
        return source.network(step), source.ran(step)

    def layer_of(own: Network, first: Network, name: str) -> Layer:
        place = next(place for place, layer in enumerate(first.layers) if layer.name == name)
        return own.layers[place]

    first, ran = yield from in_background(lambda: at(base), "reading the numbers")
    for name in names:
        layer = first.by_name.get(name)
        if layer is None or name not in shown:
            continue
        values = activation(layer, ran)
        if VALUES in kinds and values is not None:
            ranges[name, VALUES] = extents[name], bool((values < 0).any())
        if layer.applied and (WEIGHTS in kinds or TIME in kinds):
            extent = yield from in_background(lambda layer=layer: _extent(layer), f"weights of {name}")
            for of in (WEIGHTS, TIME):
                if of in kinds and (of != TIME or source is not None and source.kind == "checkpoints"):
                    ranges[name, of] = extent, True
    for place, step in enumerate(steps):
        yield place / len(steps), f"step {place + 1} of {len(steps)}"

        def work(step=step):
            own, ran = at(step)
            made = {}
            for (name, of), (extent, signed) in ranges.items():
                layer = layer_of(own, first, name)
                parts = [activation(layer, ran)] if of == VALUES else weights(layer)
                made[name, of] = count((part for part in parts if part is not None), extent, signed)
            return made

        for key, made in (yield from in_background(work, "counting")).items():
            numbers.setdefault(key, []).append(made)
    return [Counted(name, of, ranges[name, of][0], made) for (name, of), made in numbers.items()]


def _extent(layer: Layer) -> float:
    """The weight in full color: that of most weights of the layer."""
    return max((value_range(part) for part in weights(layer)), default=1.0)


def _make(collection: bpy.types.Collection, counted: Counted) -> HistogramObject:
    scene = NetworkScene(collection)
    layer = scene.layers()[counted.layer]
    mesh = bpy.data.meshes.new(f"{counted.layer} {counted.of}")
    obj = bpy.data.objects.new(mesh.name, mesh)
    width = max(WIDE, min(layer.size[1], 2.5 * WIDE))
    sizes = {"Width": width, "Height": HIGH, "Bins": BINS, "Depth": DEEP}
    if counted.of == TIME:
        rows = ROWS_DEEP / max(1, len(counted.steps) - 1)
        given = {"Network": scene.root().obj, "Slider": "checkpoint", "Last": len(counted.steps) - 1, "Depth": rows}
        attach(obj, "Ridge", groups.ridge_group(), sizes | given | {"Material": scene.materials["lines"]})
    else:
        of_lines = counted.of == WEIGHTS
        material = scene.materials["lines" if of_lines else "cells"]
        attach(obj, "Histogram", groups.histogram_group(), sizes | {"Of Lines": of_lines, "Material": material})
    made = HistogramObject.make(obj, layer=counted.layer, shows=counted.of)
    labels.seen_by_camera(obj)
    obj.parent = layer.obj
    mine = [each for each in scene.members(HistogramObject) if each.layer == counted.layer and each.shows in KINDS]
    others = [each for each in mine if each.obj != obj]
    obj.location.z = layer.size[2] / 2 + CLEAR + (HIGH + APART) * len(others)
    for holder in layer.obj.users_collection:
        holder.objects.link(obj)
    _fill(collection, made, counted)
    return made


def _fill(collection: bpy.types.Collection, made: HistogramObject, counted: Counted) -> None:
    """Let a histogram have these numbers, and its words say them."""
    from ..series import showing  # here: that builds on this

    scene = NetworkScene(collection)
    mesh = made.obj.data
    mesh.clear_geometry()
    base = counted.steps[-1]
    most = _most(counted)
    if counted.of == TIME:
        _ridge(mesh, counted)
        made.inputs.update({"Last": len(counted.steps) - 1})
    else:
        series = _series_kind(collection)
        base = counted.steps[0] if series == "samples" else base
        mesh.vertices.add(BINS)
        for name, values in (("bin", base.middles), ("value", base.shares)):
            mesh.attributes.new(name, "FLOAT", "POINT").data.foreach_set("value", values)
        if len(counted.steps) > 1:
            steps = [step.shares for step in counted.steps]
            showing.put(made.obj, scene.root().obj, series, {"value": steps})
        else:
            showing.put_still(made.obj)
    made.inputs.update({"Range": counted.extent, "Most": most})
    made.tell(
        counts=[str(number) for number in base.counts.tolist()],
        low=base.low,
        high=base.high,
        zeros=base.zeros,
        total=base.total,
    )
    mesh.update_tag()
    _say(scene, made, counted, base)


def _most(counted: Counted) -> float:
    """The share that has the full height: the largest, but where one bar is far higher than all others it is cut."""
    largest = second = 0.0
    for step in counted.steps:
        *_, before, last = np.sort(step.shares).tolist()
        largest, second = max(largest, last), max(second, before)
    return max(largest if largest <= FAR * second else CUT * second, largest / MOST_CUT) or 1.0


def _series_kind(collection) -> str:
    from ..series import known  # here: that builds on this

    return next((kind for kind in known.read(collection) if kind != "evidence"), "")


def _ridge(mesh: bpy.types.Mesh, counted: Counted) -> None:
    """A face a bin and step, from 0 to the line through the shares, and a face a bin for the axis (step -1)."""
    corners, faces, bins, steps = [], [], [], []
    edges = np.linspace(0, 1, BINS + 1)
    middles = counted.steps[0].middles
    for step, histogram in enumerate([None, *counted.steps]):
        number = step - 1
        shares = np.ones(BINS) if histogram is None else histogram.shares
        inner = (shares[1:] + shares[:-1]) / 2
        tops = np.ones(BINS + 1) if histogram is None else np.r_[shares[0] / 2, inner, shares[-1] / 2]
        begin = 2 * (BINS + 1) * step
        corners += [(x, 0.0, number) for x in edges] + [
            (x, top, number) for x, top in zip(edges, tops.tolist(), strict=True)
        ]
        first = begin + np.arange(BINS)
        faces.append(np.stack([first, first + 1, first + BINS + 2, first + BINS + 1], -1))
        bins.append(middles)
        steps.append(np.full(BINS, number))
    mesh.from_pydata(np.array(corners).tolist(), [], np.concatenate(faces).tolist())
    mesh.attributes.new("bin", "FLOAT", "FACE").data.foreach_set("value", np.concatenate(bins).astype(np.float32))
    mesh.attributes.new("step", "INT", "FACE").data.foreach_set("value", np.concatenate(steps).astype(np.int32))


def _say(scene: NetworkScene, made: HistogramObject, counted: Counted, base: Histogram) -> None:
    """The words of a histogram: what it is of, and the ends of its axis."""
    from ..series.letters import joined, letters, mesh_of, moved  # here: that builds on this

    removing.remove([child for child in made.obj.children if HistogramObject.is_one(child)])
    width = float(made.inputs["Width"])
    parts = []

    def add(text: str, size: float, align: str, across: float, up: float) -> None:
        parts.append(moved(letters(text, size, align, "BOTTOM_BASELINE"), across, up))

    head = _head(counted, base, float(made.inputs["Most"]))
    add(head, min(LETTERS, 1.15 * width / labels.width_of(head)), "CENTER", 0.0, HIGH + 0.45 * LETTERS)
    under = -HIGH * (groups.STRIP + groups.BELOW) - 1.15 * LETTERS
    sign = ("≤ ", "≥ ") if base.beyond else ("", "")
    small = 0.85 * LETTERS
    low = f"{sign[0]}\N{MINUS SIGN}{base.high:.3g}" if base.low < 0 else "0"
    add(low, small, "LEFT", -width / 2, under)
    add(f"{sign[1]}{base.high:.3g}", small, "RIGHT", width / 2, under)
    if base.low < 0:
        add("0", small, "CENTER", 0.0, under)
    mesh = mesh_of(f"{made.obj.name} words", joined(parts))
    mesh.materials.append(scene.materials["dim"])
    obj = bpy.data.objects.new(mesh.name, mesh)
    HistogramObject.make(obj, layer=counted.layer, shows="words")
    labels.seen_by_camera(obj)
    obj.parent = made.obj
    obj.rotation_euler = FACING.to_euler()
    obj.location.x = -0.6 * DEEP
    for holder in made.obj.users_collection:
        holder.objects.link(obj)


def _head(counted: Counted, base: Histogram, most: float) -> str:
    noun = {VALUES: "values", WEIGHTS: "weights", TIME: "weights"}[counted.of]
    said = f"{base.total:,} {noun}"
    if counted.of == TIME:
        return f"{said} at {len(counted.steps):,} checkpoints"
    if len(counted.steps) > 1:
        return said
    if base.zeros:
        said += f", {base.zeros / base.total:.0%} are 0".replace("%", "\N{NO-BREAK SPACE}%")
    highest = float(base.shares.max(initial=0))
    if highest > most * 1.001:
        said += f", one bar cut: {highest:.0%}".replace("%", "\N{NO-BREAK SPACE}%")
    return said + (f", {base.not_finite:,} not finite" if base.not_finite else "")


def _remove(some: Sequence[HistogramObject]) -> None:
    removing.remove([obj for each in some for obj in (*each.obj.children, each.obj)])
