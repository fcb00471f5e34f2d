# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What two numbers place, as a plot behind a network: the answer at every point of the plane that it reads, with
samples as dots, or samples where a layer of two numbers puts them. Along a training both follow its slider."""

from __future__ import annotations

from dataclasses import dataclass
from math import radians, sin
from pathlib import Path

import bpy
import numpy as np

from ...containers import CheckpointError
from ...layout import HEIGHT
from ...network import Layer, Network
from ...nodes import materials as shaders
from ...nodes.plot import plot_group
from ...nodes.series import numbered
from ...nodes.tree import attach
from ...training import plotted
from ...training.plotted import CODE, SURFACE
from .. import removing
from ..background import in_background
from ..building import bars, importing
from ..building.input_picture import frame_corners, pixel_faces
from ..building.kernels import FACING
from ..building.paints import kept
from ..building.planned import Steps
from ..entities import Bars, NetworkScene, Plot
from ..texts import labels
from ..texts.words import shortened
from . import showing
from .letters import Letters, joined, letters, mesh_of, moved
from .sources import Source

KIND = "checkpoints"
SIDE = 1.15 * HEIGHT  # metres
AWAY = 0.4 * HEIGHT  # behind the names of classes
WIDER = 1.35  # of the width of maps
TURNED = radians(35)  # to the side from which a network is seen
FRAME = 0.012  # of the side
EDGES = 4  # faces of the frame
DARK = (0.06, 0.075, 0.125)  # behind a code, as a screen shows it
DOT = {SURFACE: 0.0085, CODE: 0.0115}  # of the side, the radius of a sample
BEFORE = 0.012  # of the side, that dots stand before the plane
LETTERS = 0.06 * HEIGHT
LONGEST = 10  # letters of the name of a class
POINTS, WORDS = "points", "words"
Reach = list[np.ndarray]  # two points, the lowest and the highest numbers of samples


@dataclass(frozen=True)
class Drawn:
    """What a plot draws, of which layer, and behind which it stands: the samples, the names of the classes that have a
    color, and how far the plane reaches."""

    shows: str
    layer: str
    beside: str
    found: plotted.Samples
    names: list[str]
    reach: float

    def read(self, network: Network) -> np.ndarray:
        """What a network, one of those of the series, gives: colors of faces (n, 4), the last of them those of the
        frame, or places of samples (n, 3)."""
        if self.shows == SURFACE:
            colors = plotted.color_of_shares(plotted.surface(network, self.reach))
            return np.concatenate([colors, np.ones((EDGES, 4), np.float32)])
        layer = _layer_of(network)
        return _flat(plotted.values(network, layer.tensor, self.found.x))


def show_steps(collection: bpy.types.Collection, data: Path) -> Steps:
    """Show what two numbers place in a network, with the samples of a data set, in place of the plot that it has.
    Yields as `build.build`, and changes nothing before the last step; returns a line. Raises `CheckpointError`."""
    from . import following, known  # here: that builds on this

    series = known.read(collection).get(KIND)
    source = None
    if series is not None:
        source, _ = yield from in_background(lambda: following.source_of(collection, series), "reading the steps")
        network = source.network(source.base)
    else:
        network = yield from importing.reopen_steps(collection)
    drawn = yield from in_background(lambda: _drawn(network, data), "reading the samples")
    base = yield from in_background(lambda: drawn.read(network), "running the samples")
    if drawn.beside not in NetworkScene(collection).layers():
        raise CheckpointError(network.checkpoint.path, f"does not show '{drawn.beside}'", "unfold its block")
    steps = (yield from _read_steps(drawn, source)) if source is not None else []
    yield 0.95, "showing the plot"
    hide(collection)
    plot = _make(collection, drawn, data)
    _fill(collection, plot, drawn, base, steps, series is not None and series.growing)
    said = "The answer at every point" if drawn.shows == SURFACE else f"{drawn.layer} of every sample"
    return f"{said}, with {len(drawn.found.x):,} of {drawn.found.total:,} test samples"


def again(collection: bpy.types.Collection, source: Source | None, whole: bool = False) -> Steps:
    """Let the plot of a network have the numbers that it has now, or those of each step of a series. A plot that fits
    the network no more, or whose data is gone, goes too. Yields as `build.build`."""
    plot = of_network(collection)
    if plot is None:
        return
    network = source.network(source.base) if source is not None else (yield from importing.reopen_steps(collection))
    try:
        drawn = yield from in_background(lambda: _drawn(network, Path(plot.data)), "reading the samples")
    except CheckpointError:
        hide(collection)
        return
    points = _part(plot, POINTS)
    if (drawn.shows, drawn.layer) != (plot.shows, plot.layer) or (
        points is not None and len(points.data.vertices) != len(drawn.found.x)
    ):
        hide(collection)
        return
    base = yield from in_background(lambda: drawn.read(network), "running the samples")
    steps = (yield from _read_steps(drawn, source)) if source is not None else []
    _fill(collection, plot, drawn, base, steps, whole)


def join(
    collection: bpy.types.Collection, network: Network, place: int, count: int, reach: Reach | None = None
) -> Reach | None:
    """Let the plot of a network have what a checkpoint gives that has joined its series at a place, one of so many; if
    it is the last the plot shows that without its series. `reach` is how far the samples of all others reach, if that
    is known; returns how far all do. Raises `CheckpointError`."""
    plot = of_network(collection)
    if plot is None:
        return None
    drawn = _drawn(network, Path(plot.data))
    if drawn.shows != plot.shows:
        return None
    values = drawn.read(network)
    obj = _moving(plot)
    name = "picture" if plot.shows == SURFACE else "place"
    if obj is None or len(obj.data.attributes[name].data) != len(values):
        return None
    if showing.has_steps(obj):
        showing.put_step(obj, name, place, values)
    if place == count - 1:
        _rest(obj, name, values)
    if plot.shows != CODE:
        return None
    steps = [values] if reach is not None else [vectors(obj, numbered(name, step)) for step in range(count)]
    reach = plotted.within([*(reach or ()), *(step[:, :2] for step in steps)])
    _set_edges(collection, plot, drawn, *plotted.edges(reach))
    return reach


def hide(collection: bpy.types.Collection) -> None:
    """Take the plot of a network away."""
    removing.remove([each.obj for each in NetworkScene(collection).members(Plot)])


def of_network(collection: bpy.types.Collection) -> Plot | None:
    """The plot of a network, None where there is none."""
    return next((each for each in NetworkScene(collection).members(Plot) if each.shows in (SURFACE, CODE)), None)


def fits(network: Network) -> bool:
    """Whether anything of a network can be drawn in a plane."""
    return plotted.place_of(network) is not None


def vectors(obj: bpy.types.Object, name: str) -> np.ndarray:
    """A vector of each point, (n, 3)."""
    made = np.empty(3 * len(obj.data.vertices), np.float32)
    obj.data.attributes[name].data.foreach_get("vector", made)
    return made.reshape(-1, 3)


def _drawn(network: Network, data: Path) -> Drawn:
    placed = plotted.place_of(network)
    if placed is None:
        raise CheckpointError(
            network.checkpoint.path,
            "has nothing that two numbers place",
            "a network that reads two numbers has, and one with a layer of two",
        )
    shows, layer = placed
    found = plotted.samples(data, network)
    scores = max(2, layer.grid.units) if shows == SURFACE else 0
    count = plotted.count_of(found, scores)
    reach = plotted.reach(found.x.reshape(len(found.x), -1)) if shows == SURFACE else 1.0
    return Drawn(shows, layer.name, plotted.output_of(network).name, found, plotted.names_of(network, count), reach)


def _layer_of(network: Network) -> Layer:
    placed = plotted.place_of(network)
    assert placed is not None
    return placed[1]


def _read_steps(drawn: Drawn, source: Source):
    """What each step of a training gives; nothing of other series, at which a network is one and the same."""
    steps: list[np.ndarray] = []
    for step in range(len(source)) if source.kind == KIND else ():
        yield step / len(source), f"samples at step {step + 1} of {len(source)}"
        steps.append((yield from in_background(lambda step=step: drawn.read(source.network(step)), "samples")))
    source.network(source.base)
    return steps


def _part(plot: Plot, shows: str) -> bpy.types.Object | None:
    return next((child for child in plot.obj.children if Plot.is_one(child) and Plot(child).shows == shows), None)


def _moving(plot: Plot) -> bpy.types.Object | None:
    """The object whose numbers follow the slider."""
    return plot.obj if plot.shows == SURFACE else _part(plot, POINTS)


def _make(collection: bpy.types.Collection, drawn: Drawn, data: Path) -> Plot:
    """The plot without its numbers: a plane in a frame, a child of its layer, with samples and words before it."""
    scene = NetworkScene(collection)
    owner = scene.layers()[drawn.beside]
    obj = bpy.data.objects.new(f"{drawn.layer} {drawn.shows}", _plane(scene, f"{drawn.layer} {drawn.shows}", drawn))
    plot = Plot.make(
        obj,
        layer=drawn.layer,
        shows=drawn.shows,
        data=str(data.resolve()),
        count=len(drawn.found.x),
        total=drawn.found.total,
    )
    points = bpy.data.objects.new(f"{obj.name} samples", bpy.data.meshes.new(f"{obj.name} samples"))
    attach(
        points,
        "Plot",
        plot_group(),
        {"Side": SIDE, "Radius": DOT[drawn.shows] * SIDE, "Material": kept(scene, "kernels", shaders.kernels)},
    )
    mesh = points.data
    mesh.vertices.add(len(drawn.found.x))
    mesh.attributes.new("place", "FLOAT_VECTOR", "POINT")
    color = mesh.attributes.new("kernel", "FLOAT_COLOR", "POINT")
    color.data.foreach_set("color", plotted.color_of_samples(drawn.found, len(drawn.names)).ravel())
    if drawn.found.classes is not None:
        own = mesh.attributes.new("class", "INT", "POINT")
        own.data.foreach_set("value", drawn.found.classes.astype(np.int32))
    Plot.make(points, layer=drawn.layer, shows=POINTS)
    words = bpy.data.objects.new(f"{obj.name} words", bpy.data.meshes.new(f"{obj.name} words"))
    Plot.make(words, layer=drawn.layer, shows=WORDS)
    words.rotation_euler = FACING.to_euler()
    points.parent = words.parent = obj
    points.location.x = words.location.x = -BEFORE * SIDE
    obj.parent = owner.obj
    for made in (obj, points, words):
        labels.seen_by_camera(made)
        for holder in owner.obj.users_collection:
            holder.objects.link(made)
    way = -1.0 if owner.backwards else 1.0
    beside = any(each.layer == owner.name for each in scene.members(Bars))
    far = (bars.LENGTH + 0.18 * HEIGHT if beside else owner.size[0] / 2) + AWAY
    if not beside:  # wide maps would stand before it
        wide = max(each.size[1] for each in [*scene.layers().values()][-2:])
        far += WIDER * wide
        obj.location.y = -way * wide / 2
    obj.rotation_euler.z = way * TURNED
    obj.location.x = way * (far + SIDE / 2 * sin(TURNED))
    return plot


def _plane(scene: NetworkScene, name: str, drawn: Drawn) -> bpy.types.Mesh:
    """A face a point, row by row from the upper left one, and a frame; of a code one dark face."""
    across = plotted.ACROSS if drawn.shows == SURFACE else 1
    y, z, faces = pixel_faces(SIDE, SIDE, across, across)
    edge = FRAME * SIDE
    corners = np.stack([np.zeros_like(y), y, z], -1).reshape(-1, 3)
    points = np.concatenate([corners, frame_corners(SIDE, SIDE, edge, -edge / 4)]).astype(np.float32)
    faces = np.concatenate([faces, len(corners) + np.arange(4 * EDGES).reshape(-1, 4)])
    own = np.r_[np.zeros(across * across, np.int32), np.ones(EDGES, np.int32)]
    mesh = mesh_of(name, Letters(points, faces.ravel().astype(np.int32), np.full(len(faces), 4, np.int32)))
    mesh.materials.append(scene.materials["picture"])
    mesh.materials.append(scene.materials["track"])
    paint = mesh.attributes.get("material_index") or mesh.attributes.new("material_index", "INT", "FACE")
    paint.data.foreach_set("value", own)
    dark = np.ones((len(faces), 4), np.float32)
    dark[:, :3] = DARK
    mesh.attributes.new("picture", "FLOAT_COLOR", "FACE").data.foreach_set("color", dark.ravel())
    return mesh


def _fill(collection, plot: Plot, drawn: Drawn, base: np.ndarray, steps: list[np.ndarray], whole: bool) -> None:
    """Let a plot have these numbers, and those of steps."""
    root = NetworkScene(collection).root().obj
    points = _part(plot, POINTS)
    obj = _moving(plot)
    if drawn.shows == SURFACE and points is not None:
        _rest(points, "place", _flat(drawn.found.x.reshape(len(drawn.found.x), -1)))
    if obj is None:
        return
    name = "picture" if drawn.shows == SURFACE else "place"
    _rest(obj, name, base)
    alike = all(np.array_equal(step, steps[0], equal_nan=True) for step in steps)
    if not steps or not whole and alike:
        showing.put_still(obj)
    elif drawn.shows == SURFACE:
        showing.put_pictures(obj, steps, root, KIND)
    else:
        showing.put_places(obj, steps, root, KIND)
    edges = ([-drawn.reach] * 2, [drawn.reach] * 2)
    if drawn.shows == CODE:
        edges = plotted.edges([step[:, :2] for step in [base, *steps]])
    _set_edges(collection, plot, drawn, *edges)


def _rest(obj: bpy.types.Object, name: str, values: np.ndarray) -> None:
    """Let an object have these numbers without a series."""
    attribute = obj.data.attributes[name]
    attribute.data.foreach_set(showing.FIELDS[attribute.data_type], np.ascontiguousarray(values, np.float32).ravel())
    obj.data.update_tag()


def _flat(numbers: np.ndarray) -> np.ndarray:
    """Two numbers a sample (n, 2) as vectors (n, 3)."""
    return np.pad(numbers.astype(np.float32), ((0, 0), (0, 1)))


def _set_edges(collection, plot: Plot, drawn: Drawn, low: list[float], high: list[float]) -> None:
    """Let the edges of a plot stand for these numbers, and its words say so."""
    points, words = _part(plot, POINTS), _part(plot, WORDS)
    if points is not None:
        Plot(points).inputs.update({"Low": (*low, 0.0), "High": (*high, 0.0)})
    if words is not None and len(words.data.polygons) and (plot.low, plot.high) == (low, high):
        return
    plot.tell(low=low, high=high)
    if words is not None:
        before = words.data
        words.data = _said(NetworkScene(collection), words.name, drawn, low, high, plot.total)
        removing.remove([before])


def _said(
    scene: NetworkScene, name: str, drawn: Drawn, low: list[float], high: list[float], total: int
) -> bpy.types.Mesh:
    """The words under a plot: what it shows, how far it reaches, which color is which class."""
    parts: list[Letters] = []
    colors: list[tuple[float, float, float]] = []
    paint: list[int] = []

    def add(part: Letters, role: int, color: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> None:
        parts.append(part)
        colors.extend([color] * len(part.counts))
        paint.extend([role] * len(part.counts))

    foot = -SIDE / 2 - 1.6 * LETTERS
    count = len(drawn.found.x)
    dots = f"{count:,} test samples" if count == total else f"{count:,} of {total:,} test samples"
    what = "answer at every point" if drawn.shows == SURFACE else f"{drawn.layer} of {dots}"
    add(moved(letters(what, LETTERS, "CENTER", "BOTTOM_BASELINE"), 0.0, foot), 0)
    small = 0.7 * LETTERS
    side = SIDE / 2 + 2.2 * FRAME * SIDE
    for number, align, across, up in (
        (low[0], "LEFT", -SIDE / 2, foot),
        (high[0], "RIGHT", SIDE / 2, foot),
        (low[1], "RIGHT", -side, -SIDE / 2),
        (high[1], "RIGHT", -side, SIDE / 2 - 0.7 * small),
    ):
        text = f"{number:.3g}".replace("-", "\N{MINUS SIGN}")
        add(moved(letters(text, small, align, "BOTTOM_BASELINE"), across, up), 1)
    if drawn.found.classes is not None and drawn.names:
        own = plotted.colors(len(drawn.names))
        texts = [letters(shortened(each, LONGEST), LETTERS, "LEFT", "BOTTOM_BASELINE") for each in drawn.names]
        head = letters(f"{dots} of " if drawn.shows == SURFACE else "", small, "LEFT", "BOTTOM_BASELINE")
        rows = [
            (head, 1, (1.0, 1.0, 1.0)),
            *((text, 2, tuple(map(float, color))) for text, color in zip(texts, own, strict=True)),
        ]
        rows = [row for row in rows if len(row[0].counts)]
        gap = 0.6 * LETTERS
        widths = [float(np.ptp(row[0].corners[:, 0])) for row in rows]
        at = -(sum(widths) + gap * (len(rows) - 1)) / 2
        for (part, role, color), width in zip(rows, widths, strict=True):
            add(moved(part, at - float(part.corners[:, 0].min()), foot - 1.5 * LETTERS), role, color)
            at += width + gap
    mesh = mesh_of(name, joined(parts))
    for role in ("label", "dim", "picture"):
        mesh.materials.append(scene.materials[role])
    mesh.polygons.foreach_set("material_index", np.array(paint, np.int32))
    shades = np.ones((len(colors), 4), np.float32)
    shades[:, :3] = colors
    mesh.attributes.new("picture", "FLOAT_COLOR", "FACE").data.foreach_set("color", shades.ravel())
    return mesh
