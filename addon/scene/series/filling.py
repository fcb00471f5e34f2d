# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network in a scene gets a series: what each step gives is read, and put on its layers, bundles and bars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import bpy
import numpy as np

from ...colormaps import value_range
from ...containers import stepping
from ...inference import Ran, activation, classes_of
from ...network import Network
from ...network.drawn import Drawn
from ...network.joins import WEIGHT
from ...nodes.series import MOST
from ...series import Run, thinned
from ..background import in_background
from ..building import build, connections, importing, input_picture, kernels, layers, planned, studio
from ..building.choices import Choices, Reading
from ..camera.picture import frame
from ..editing import by_hand
from ..entities import Bars, Book, Bundle, ClassName, Confusion, InputPicture, Kernels, NetworkScene
from . import confusion, faces, known, lines, plots, showing, taps, words
from .faces import Face, Faces
from .known import Known
from .lines import Query
from .sources import FEWEST, Samples, Source, opened

BUDGET = 1 << 26  # numbers of a series: 256 MB
MOST_STEPS = 250  # as many as ten seconds of film have frames
STEPS = "reading the steps"


@dataclass
class Gathered:
    """What the steps give: numbers by layer, by place of the bundle, by layer with bars."""

    values: dict[str, list[np.ndarray]] = field(default_factory=dict)
    weight: dict[int, list[np.ndarray]] = field(default_factory=dict)
    magnitude: dict[int, list[np.ndarray]] = field(default_factory=dict)
    importance: dict[int, list[np.ndarray]] = field(default_factory=dict)
    bars: dict[str, list[np.ndarray]] = field(default_factory=dict)
    taps: dict[int, list[tuple[np.ndarray, np.ndarray]]] = field(default_factory=dict)
    faces: dict[Face, list[dict[str, np.ndarray]]] = field(default_factory=dict)
    pictures: dict[str, list[np.ndarray]] = field(default_factory=dict)
    top: list[list] = field(default_factory=list)
    planes: set[str] = field(default_factory=set)  # inputs whose channels stand apart
    wrong: int = -1
    count: int = 0
    scores: int = 0  # classes of the output that names the winner


def import_steps(
    given: list[str | Path],
    settings: build.Settings,
    inputs: list[str | Path] = [],  # noqa: B006 - never changed
    sizes: dict[str, int] | None = None,
    most: int = 0,
    architecture: str | Path | None = None,
    reading: Reading = Reading(),  # noqa: B008 - never changed
) -> planned.Steps:
    """Build the scene of a training run, or of several inputs of one model, with at most so many steps. `architecture`
    is as for `open_checkpoint`.
    Yields and returns as `build.build`."""
    yield 0.0, "reading the model"
    source, run = yield from in_background(
        lambda: opened(given, inputs, sizes, architecture, reading), "reading the checkpoints"
    )
    collection = yield from build_steps(source, run, settings, most=most)
    scene = NetworkScene(collection)
    network = source.network(source.base)
    Choices(reading.scaling, network.classes if reading.classes else []).keep(scene)
    scene.labels = str(Path(reading.labels).resolve()) if reading.labels else ""
    camera = studio.camera_of(collection)
    if camera and scene.scene and next(scene.members(Confusion), None):  # it is in the picture too
        frame(collection, scene.scene, camera)
    return collection


def build_steps(
    source: Source, run: Run | None, settings: build.Settings, whole: bool = False, most: int = 0
) -> planned.Steps:
    """Build the scene of a series; `whole` and `most` are as for `fill_steps`. Yields and returns as `build.build`."""
    network = source.network(source.base)
    if run is not None:
        network.name = run.folder.resolve().name or network.name
    ran = yield from in_background(lambda: source.ran(source.base), "running the input")
    collection = yield from stepping.part(build.build(network, settings, ran), 0.05, 0.5)
    yield from stepping.part(fill_steps(collection, source, run, whole=whole, most=most), 0.5, 1.0)
    return collection


def fill_steps(
    collection: bpy.types.Collection,
    source: Source,
    run: Run | None = None,
    total: int = 0,
    whole: bool = False,
    most: int = 0,
) -> planned.Steps:
    """Give a network in a scene this series, of `total` steps before it was thinned; the network shows its base from
    then on. With `whole` also what is alike at all steps has numbers for each, for more steps will come; of more than
    `most` steps some are left out, evenly. Yields as `build.build`, and changes nothing before the last step."""
    network = source.network(source.base)
    count = len(source)
    total = max(total, count)
    objs = NetworkScene(collection).layers()
    drawn = {name: layers.drawn_of(layer.obj) for name, layer in objs.items() if name in network.by_name}
    judged = None
    if isinstance(source, Samples):
        judged = yield from in_background(source.judged, "counting what is right")
    kept = thinned(count, most_steps(collection, most))
    if len(kept) < count:
        source = source.thinned(kept)
    network = source.network(source.base)
    ran = yield from in_background(lambda: source.ran(source.base), "running the input")
    covers = Faces.of(collection, network)
    covers.read(network, ran)  # the scene shows the units that are kept now
    chosen, queries = yield from stepping.part(_choose(collection, network, drawn, source, ran), 0.0, 0.3)
    gathered = yield from stepping.part(
        _gather(network, drawn, queries, source, covers, _planes(collection)), 0.3, 0.85
    )
    network = source.network(source.base)
    yield 0.85, "showing the steps"
    series = _known(source, run, total, gathered)
    series.growing = whole
    if judged is not None and judged.confusion is not None:
        series.judged = [int(np.trace(judged.confusion)), int(judged.confusion.sum())]
    known.write(collection, {source.kind: series})
    importing.show(collection, network, ran, chosen)
    _show(collection, source, gathered, queries, whole)
    if source.kind == "checkpoints":
        yield from stepping.part(_open(collection, network, source), 0.9, 0.99)
    if source.kind == "samples":
        confusion.show(collection, judged)
    yield from stepping.part(plots.again(collection, source, whole), 0.97, 1.0)
    words.show(collection, series)
    return collection


def most_steps(collection: bpy.types.Collection, most: int = 0) -> int:
    """How many steps a series of a network holds, of `most` that are asked for."""
    scene = NetworkScene(collection)
    cells = sum(layers.drawn_of(layer.obj).size for layer in scene.layers().values())
    cells += sum(len(book.obj.data.vertices) for book in scene.members(Book))
    bundles = scene.bundles()
    lines_drawn = sum(bundle.drawn for bundle in bundles)
    lines_drawn += sum(len(each.data.curves) for bundle in bundles if (each := taps.object_of(bundle.obj)))
    return int(np.clip(BUDGET // max(1, cells + 2 * lines_drawn), FEWEST, min(MOST, most or MOST_STEPS)))


def _choose(collection, network: Network, drawn, source: Source, ran: Ran | None):
    """The lines of each connection that is drawn, and how to ask for their weights, by its place."""
    limits = build.limits(collection, network)
    bundles = connections.by_index(collection)
    chosen, queries = {}, {}
    for index, (connection, limit) in enumerate(zip(network.connections, limits, strict=True)):
        if index not in bundles or not {connection.source.name, connection.target.name} <= drawn.keys():
            continue
        yield index / len(limits), f"connections into {connection.target.name}"
        changed = None
        if source.kind == "checkpoints":

            def at(step, index=index):
                return lambda: source.network(step).connections[index].join

            changed = replace(connection, join=lines.Changed(connection.join, at(0), at(source.base)))
        source.network(source.base)
        chosen[index], query = lines.chosen(connection, changed, drawn, limit, ran, planned.choose)
        if query is not None:
            queries[index] = query
    source.network(source.base)
    return chosen, queries


def _planes(collection: bpy.types.Collection) -> set[str]:
    """The inputs whose channels stand apart."""
    return {each.layer for each in NetworkScene(collection).members(InputPicture) if each.planes}


def _gather(
    network: Network,
    drawn: Mapping[str, Drawn],
    queries: Mapping[int, Query],
    source: Source,
    covers: Faces,
    planes: set[str],
):
    """What every step gives. Yields as `build.build`."""
    gathered = Gathered(planes=planes)
    for step in range(len(source)):
        yield step / len(source), f"step {step + 1} of {len(source)}"
        ran = yield from in_background(lambda step=step: source.ran(step), f"step {step + 1} of {len(source)}")
        read(gathered, network, source.network(step), ran, drawn, queries, covers)
    return gathered


def read(
    gathered: Gathered,
    network: Network,
    shown: Network,
    ran: Ran | None,
    drawn: Mapping[str, Drawn],
    queries: Mapping[int, Query],
    covers: Faces,
) -> None:
    """Add what a step gives: `shown` is its network, alike to `network`, by whose names it is kept, in all but
    numbers."""
    numbers = []
    for own, layer in zip(network.layers, shown.layers, strict=True):
        if own.name not in drawn:
            continue
        values = activation(layer, ran)
        cells = drawn[own.name]
        taken = layers.resting_values(layer, cells)[0] if values is None else cells.sample(values)
        gathered.values.setdefault(own.name, []).append(np.ascontiguousarray(taken, np.float32))
        numbers.append(taken)
    for index, query in queries.items():
        connection = shown.connections[index]
        edges = lines.weights(connection, query)
        importance = lines.importance_of(connection.join, query, edges, activation(connection.source, ran))
        for name, given in (("weight", edges.weight), ("magnitude", edges.magnitude), ("importance", importance)):
            getattr(gathered, name).setdefault(index, []).append(given.astype(np.float32))
        numbers.append(edges.weight)
    for face, given_numbers in covers.read(shown, ran).items():
        gathered.faces.setdefault(face, []).append(given_numbers)
    if gathered.wrong < 0 and not all(np.isfinite(each).all() for each in numbers):
        gathered.wrong = gathered.count
    gathered.count += 1
    if ran is None:
        return
    for own, layer in zip(network.layers, shown.layers, strict=True):
        if input_picture.is_picture(layer):
            planes = own.name in gathered.planes
            gathered.pictures.setdefault(own.name, []).append(input_picture.colors_of(layer, ran, planes)[0])
    for layer in planned.last(shown):
        own = network.layers[next(place for place, each in enumerate(shown.layers) if each is layer)]
        scores = np.asarray(ran.values[layer.tensor], np.float32).reshape(-1)[: layer.grid.units]
        gathered.bars.setdefault(own.name, []).append(scores)
    best = ran.scores[0] if ran.scores else None
    gathered.scores = classes_of(shown)[0]
    gathered.top.append([best.label, best.score] if best else [])


def _show(collection, source: Source, gathered: Gathered, queries: Mapping[int, Query], whole: bool) -> None:
    scene = NetworkScene(collection)
    root = scene.root().obj
    showing.add_slider(collection, source.kind, len(source), float(source.base))
    follow = {"root": root, "kind": source.kind}
    for name, layer in scene.layers().items():
        if name not in gathered.values:
            continue
        steps = [by_hand.of_vertices(layer.obj, values) for values in gathered.values[name]]
        if not len(steps[0]) or not whole and all(np.array_equal(step, steps[0], equal_nan=True) for step in steps):
            showing.put_still(layer.obj)
            continue
        showing.put(layer.obj, arrays={"value": steps}, **follow)
        showing.set_range(layer, steps)
    every = []
    for index, obj in connections.by_index(collection).items():
        if index not in queries:
            showing.put_still(obj)
            continue
        weight, magnitude, importance = (
            getattr(gathered, name)[index] for name in ("weight", "magnitude", "importance")
        )
        arrays = {"weight": weight} if source.kind == "checkpoints" else {}
        flags = {
            "Own Weights": bool(arrays),
            "Own Magnitude": bool(arrays) and (whole or not _same(magnitude, [np.abs(each) for each in weight])),
            "Own Importance": whole or not _same(importance, magnitude),
        }
        arrays |= {"magnitude": magnitude} if flags["Own Magnitude"] else {}
        arrays |= {"importance": importance} if flags["Own Importance"] else {}
        if arrays and len(weight[0]):
            showing.put(obj, arrays=arrays, **follow, **flags)
        bundle = Bundle(obj)
        showing.set_importance_range(bundle, importance)
        every.append(np.abs(np.concatenate(weight)))
    _share_range(scene, every)
    _show_bars(scene, gathered, follow)
    for picture in scene.members(InputPicture) if source.kind == "samples" else ():
        steps = gathered.pictures.get(picture.layer, [])
        if len(steps) == len(source) and len(steps[0]) == len(picture.obj.data.polygons):
            showing.put_pictures(picture.obj, steps, **follow)
    for book in scene.members(Book):
        faces.show(book, gathered.faces.get(faces.face_of(book), []), len(source), whole, follow)


def _open(collection, network: Network, source: Source):
    """Let the stored lines of expansions have the weights of each step. Yields as `build.build`."""
    drawn = _drawn(collection)
    follow = {"root": NetworkScene(collection).root().obj, "kind": source.kind}
    stored = {}
    for index, obj in connections.by_index(collection).items():
        connection = network.connections[index]
        if connection.join.carries == WEIGHT and {connection.source.name, connection.target.name} <= drawn.keys():
            opened = taps.opened(obj, drawn[connection.source.name], drawn[connection.target.name])
            if opened is not None:
                stored[index] = taps.object_of(obj), opened
    steps: dict[int, list] = {index: [] for index in stored}
    pictured = [each for each in NetworkScene(collection).members(Kernels) if each.layer in network.by_name]
    place = {layer.name: number for number, layer in enumerate(network.layers)}
    of_kernels: dict[str, list] = {each.layer: [] for each in pictured}
    for step in range(len(source)):
        yield step / len(source), "lines of expansions"
        shown = source.network(step)
        for index, (_, opened) in stored.items():
            steps[index].append(taps.read(shown.connections[index], opened))
        for name, told in of_kernels.items():
            told.append(kernels.weights_of(shown, shown.layers[place[name]].name))
    source.network(source.base)
    for index, (obj, opened) in stored.items():
        if all(told is not None for told in steps[index]):
            put_taps(obj, opened, steps[index], follow)

    for each in pictured:
        told = of_kernels[each.layer]
        if all(weights is not None and list(weights.shape) == each.shape for weights in told):
            showing.put_kernels(each.obj, [kernels.taps_of(weights) for weights in told], **follow)
            each.inputs["Range"] = showing.lasting([value_range(weights) for weights in told])


def put_taps(obj: bpy.types.Object, opened: taps.Opened, steps: list, follow: dict) -> None:
    """Let the stored lines of a bundle follow the slider, by weights and magnitudes of each step."""
    weight, magnitude = ([told[place] for told in steps] for place in (0, 1))
    importance = [taps.importance(obj, opened.is_tap, each) for each in magnitude]
    arrays = {"weight": weight, "magnitude": magnitude, "importance": importance}
    flags = dict.fromkeys(("Own Weights", "Own Magnitude", "Own Importance"), True)
    showing.put(obj, arrays=arrays, **follow, **flags)


def _drawn(collection) -> dict[str, Drawn]:
    return {name: layers.drawn_of(layer.obj) for name, layer in NetworkScene(collection).layers().items()}


def _same(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return all(np.array_equal(*pair, equal_nan=True) for pair in zip(first, second, strict=True))


def _share_range(scene: NetworkScene, weights: list[np.ndarray]) -> None:
    """One weight range for all steps, where it is larger than that of the step that the scene was made with."""
    pool = np.concatenate([*weights, np.zeros(0)])
    pool = pool[np.isfinite(pool)]
    if not len(pool):
        return
    extent = max(float(np.percentile(pool, 98)), scene.weight_range)
    for bundle in scene.bundles():
        connections.follow_range(bundle.obj, scene.weight_range, extent)
    scene.weight_range = extent


def _show_bars(scene: NetworkScene, gathered: Gathered, follow) -> None:
    for bars in scene.members(Bars):
        steps = gathered.bars.get(bars.layer)
        if not steps or len(steps[0]) != len(bars.obj.data.vertices):
            continue
        showing.put(bars.obj, arrays={"value": steps}, **follow)
        finite = [step[np.isfinite(step)] for step in steps]
        most = max((float(step.max()) for step in finite if len(step)), default=1.0)
        least = min((float(step.min()) for step in finite if len(step)), default=0.0)
        bars.inputs["Range"] = 1.0 if least >= 0 and most <= 1 else max(most, 1e-9)
        show_no_winner(scene, bars, len(set(map(winner_of, steps))))


def show_no_winner(scene: NetworkScene, bars: Bars, winners: int) -> None:
    """Let no name of a class stand out where not every step has the same winner, for that changes with the slider;
    `winners` is how many there are."""
    if winners > 1:
        for label in scene.members(ClassName):
            if label.layer == bars.layer:
                label.obj.data.materials[0] = scene.materials["label"]


def winner_of(scores: np.ndarray) -> int:
    """Which of the classes of a step wins."""
    return int(np.argmax(np.nan_to_num(scores, nan=-np.inf)))


def _known(source: Source, run, total: int, gathered: Gathered) -> Known:
    if source.kind == "samples":
        names = source.network(0).classes
        true = ["" if answer < 0 else _named(names, answer, gathered.scores) for answer in source.answers]
        return Known(
            "samples",
            "input",
            list(source.places),
            [str(path.resolve()) for path in source.data.paths],
            [],
            total,
            list(source.data.names),
            gathered.top,
            gathered.wrong,
            true=true,
            sources=[str(path.resolve()) for path in source.files],
        )
    steps = source.steps
    return Known(
        "checkpoints",
        run.unit,
        [step.number for step in steps],
        [str(step.file) for step in steps],
        [plain(step.values) for step in steps],
        total,
        [str(Path(source.given).resolve())] if source.given else [],
        gathered.top,
        gathered.wrong,
    )


def _named(names: list[str], index: int, scores: int) -> str:
    """The name of a class, as scores have it."""
    return names[index] if len(names) == scores and index < len(names) else str(index)


def plain(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: number if np.isfinite(number) else None for name, number in values.items()}
