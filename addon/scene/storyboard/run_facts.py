# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run gave of each layer, in few numbers, and how each reads what is before it: what films say in words.

They are worked out where all activations are at hand and stay with the network, for a scene has but the cells that are
drawn, and its file may be gone.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from math import prod

import bpy
import numpy as np

from ...inference import Ran, activation
from ...network import Layer, Network
from ...network.joins import base, conv, dense, pool
from ...network.network import by_unit
from ..entities import NetworkScene

FILTERS, ENLARGES, LARGEST, MEAN, WHOLE_MEAN, WHOLE_LARGEST, DENSE, ROWS = (
    "filters",
    "enlarges",
    "largest",
    "mean",
    "whole mean",
    "whole largest",
    "dense",
    "rows",
)
PICTURES = (".png", ".jpg", ".jpeg")
SAME = 1e-4  # of the largest mean: two that differ by less are alike
UNIT_SUM = 1e-3  # by how much probabilities may miss the sum of 1


@dataclass
class Told:
    """A layer in few numbers. Its cells are `units` of `rows` x `columns`. `how` it reads its first source (one of the
    names above, "" if another way), `reads` numbers or maps of which there are `of`; a `window` of rows and columns,
    with `strides`, `padded` at the edges. `source` is that source, and `sources` is how many layers it reads.

    Of the run: `bright` is the unit with the largest mean, -1 where several have about that; `on` how many units are
    above 0 somewhere, `off` the share of cells that are exactly 0, `least` and `most` its smallest and largest number.
    All are None where nobody knows, also where a number is not finite.
    """

    op: str
    units: int
    rows: int
    columns: int
    parameters: int = 0
    how: str = ""
    reads: int = 0
    of: int = 0
    window: list[int] = field(default_factory=list)
    strides: list[int] = field(default_factory=list)
    padded: bool = False
    source: str = ""
    sources: int = 1
    bright: int | None = None
    on: int | None = None
    off: float | None = None
    least: float | None = None
    most: float | None = None

    @property
    def size(self) -> int:
        """How many numbers it gives."""
        return self.units * self.rows * self.columns

    @property
    def is_map(self) -> bool:
        """Whether a unit is more than one number."""
        return self.rows * self.columns > 1

    def without_run(self) -> Told:
        """What it is, without what a run gave."""
        kept = asdict(self) | dict.fromkeys(("bright", "on", "off", "least", "most"))
        return Told(**kept)


@dataclass
class Run:
    """What a run gave: its layers by name in the order of the network, and what comes out: the `answer` with its
    `score`, "" where the network does not choose among classes; `sure`: scores are probabilities. `picture`: what goes
    in is one. `wins` is the class's number."""

    layers: dict[str, Told]
    answer: str = ""
    score: float = 0.0
    wins: int = -1
    sure: bool = False
    picture: bool = False


def remember(collection: bpy.types.Collection, network: Network, ran: Ran | None) -> None:
    """Let a network in the scene keep what a run gave of its layers; nothing where none ran."""
    scene = NetworkScene(collection)
    if ran is None:
        scene.run = ""
        return
    told = {layer.name: _told(network, layer, ran) for layer in network.layers}
    best = ran.scores[0] if ran.scores else None
    run = Run(told, picture=ran.file.lower().endswith(PICTURES))
    if best is not None and np.isfinite(best.score):
        run.answer, run.score, run.wins = best.label, float(best.score), best.index
        run.sure = _are_probabilities(network, ran)
    scene.run = json.dumps(asdict(run))


def _are_probabilities(network: Network, ran: Ran) -> bool:
    """Whether the scores are shares of 1."""
    for spec in network.outputs:
        value = ran.values.get(spec.name)
        if value is not None and value.dtype.kind == "f" and value.size >= 2 and value[0].ndim == 1:
            return bool(value[0].min() >= 0 and abs(float(value[0].sum()) - 1) < UNIT_SUM)
    return False


def read(collection: bpy.types.Collection) -> Run | None:
    """What the present run of a network gave, None where none ran. Of a series only what all cells of a layer tell
    now."""
    from ..series import known, playing  # here: these build on shots

    scene = NetworkScene(collection)
    try:
        plain = json.loads(scene.run) if scene.run else None
        if plain is None:
            return None
        run = Run(**(plain | {"layers": {name: Told(**told) for name, told in plain["layers"].items()}}))
    except (ValueError, TypeError, AttributeError, KeyError):  # somebody has written over it
        return None
    series = known.read(collection)
    if not series:
        return run
    objs = scene.layers()
    for name, told in run.layers.items():
        run.layers[name] = told.without_run()
        if name in objs and len(objs[name].obj.data.vertices) == told.size and told.size > 1:
            values = playing.shown(collection, objs[name].obj, "value")
            _of_values(run.layers[name], values.reshape(told.units, told.rows, told.columns))
    run.answer, run.wins = "", -1
    for kind, one in series.items():
        place = playing.place(collection, kind)
        step = round(place)
        if place == step and step < len(one.top) and one.top[step]:
            run.answer, run.score = str(one.top[step][0]), float(one.top[step][1])
    return run


def _told(network: Network, layer: Layer, ran: Ran) -> Told:
    grid = layer.grid
    told = Told(layer.op, grid.units, grid.rows, grid.columns, layer.parameters)
    into = [connection for connection in network.connections if connection.target is layer]
    told.sources = len({connection.source.name for connection in into})
    if into:
        told.source = into[0].source.name
        _how(told, into[0].join.inner, into[0].source)
    values = activation(layer, ran)
    if values is not None:
        _of_values(told, by_unit(values, grid))
    return told


def _how(told: Told, join: base.Join, source: Layer) -> None:
    """How a layer reads the first of its sources."""
    if isinstance(join, conv.Conv):
        told.how = ENLARGES if join.window.transposed else FILTERS
        told.reads, told.of = join.per_group, join.channels
        _window(told, join.window)
    elif isinstance(join, pool.Pool):
        told.how = LARGEST if join.largest else MEAN if join.mean else ""
        told.reads = prod(join.window.kernel)
        _window(told, join.window)
        if join.window.kernel == join.window.source and not told.is_map:
            told.how = WHOLE_LARGEST if join.largest else WHOLE_MEAN if join.mean else ""
    elif isinstance(join, pool.Reduce):
        whole = source.grid.is_map and join.fan_in == source.grid.rows * source.grid.columns and not told.is_map
        mean = abs(join.coefficient * join.fan_in - 1) < 1e-6
        told.how = (WHOLE_LARGEST if join.largest else WHOLE_MEAN if mean else "") if whole else ""
        told.reads = join.fan_in
    elif isinstance(join, dense.Dense):
        told.how = ROWS if told.is_map else DENSE
        told.reads = join.inputs


def _window(told: Told, window) -> None:
    told.window = [int(size) for size in window.kernel]
    told.strides = [int(size) for size in window.strides]
    told.padded = any(window.begin) or any(window.end)


def _of_values(told: Told, values: np.ndarray) -> None:
    """What the numbers of a layer tell, (units, rows, columns)."""
    if not np.isfinite(values).all() or not values.size:
        return
    means = values.reshape(len(values), -1).mean(1, dtype=np.float64)
    best = int(means.argmax())
    near = means >= means[best] - SAME * abs(means[best])
    told.bright = best if near.sum() == 1 else -1
    told.on = int((values.reshape(len(values), -1) > 0).any(1).sum())
    told.off = float((values == 0).mean())
    told.least, told.most = float(values.min()), float(values.max())
