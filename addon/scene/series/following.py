# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A series goes on where its network has changed: with another input, with new cells or layers, after a reload."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy

from ...containers import CheckpointError, stepping
from ...inference import excitation, open_data, strongest
from ...inference.pictures import frames_of
from ...network import Network
from ...network.scaling import Scaling
from ...series import Run, Step
from ..background import in_background
from ..building import histograms, importing
from ..building.choices import Choices
from ..building.planned import Steps
from ..entities import NetworkScene
from . import confusion, filling, known, playing, plots, showing, words
from .known import Known
from .sources import Checkpoints, Samples, Source


def with_input(collection: bpy.types.Collection, given: str | Path) -> Steps:
    """Let another input run through every checkpoint of a network's series. Yields and returns as
    `importing.run_steps`; nothing changes before the last step. Raises `CheckpointError`."""
    series = known.read(collection)["checkpoints"]
    asked = replace(series, given=[str(given)])
    scene = NetworkScene(collection)
    sizes, architecture, chosen = scene.sizes, importing.architecture_of(scene), Choices.of(scene)
    source, run = yield from in_background(
        lambda: of_checkpoints(asked, sizes, architecture, chosen), "running the input"
    )
    ran = source.ran(source.base)
    yield from filling.fill_steps(collection, source, run, series.total, series.growing, len(series))
    return ran


def run_inputs(
    collection: bpy.types.Collection,
    given: list[Path],
    labels: str | Path = "",
    classes: str | Path = "",
    scaling: Scaling | str | None = "",
) -> Steps:
    """Run an input through a network in the scene, or several, a folder or a moving picture as a series of samples.
    `labels` and `classes` are files, "" for none or as before; `scaling` is None where it is to be guessed, "" as
    before. Yields as `build.build` and returns a line; nothing changes before the last step. Raises
    `CheckpointError`."""
    from ..explaining import explaining  # here: that builds on this

    scene = NetworkScene(collection)
    before = Choices.of(scene)
    network = yield from importing.reopen_steps(collection)
    named = Choices.from_file(network, classes).classes if classes else before.classes
    chosen = replace(before, classes=named, scaling=before.scaling if isinstance(scaling, str) else scaling)
    network.scaling = chosen.scaling
    if named:
        network.classes = list(named)
    several = len(given) > 1 or given[0].is_dir() or frames_of(given[0]) > 1 or _holds_many(given[0], network)
    if not several:
        if labels:
            raise CheckpointError(labels, "says what is right for several inputs", "choose these too, or their folder")
        kept = before
        chosen.keep(scene)
        try:
            ran = yield from importing.run_steps(collection, given[0])
        except BaseException:
            kept.keep(scene)
            raise
        importing.name_classes(collection, network)
        best = f": {ran.scores[0].label} ({ran.scores[0].score:.3g})" if ran.scores else ""
        return f"{ran.file}{best} [{ran.note}]"
    if "checkpoints" in known.read(collection):
        raise CheckpointError(
            given[0],
            "is several inputs, and the cells of a series of checkpoints have one number for each checkpoint",
            "choose one input; it runs through every checkpoint",
        )
    source = yield from in_background(
        lambda: Samples.of(chosen.apply(network), given, labels or None), "reading the inputs"
    )
    shown = yield from importing.reopen_steps(collection)
    if [layer.shape for layer in source.model.layers] != [layer.shape for layer in shown.layers]:
        raise CheckpointError(
            given[0], "has a different size from what the scene was made for", "import the model with these inputs"
        )
    yield from filling.fill_steps(collection, source)
    chosen.keep(scene)
    scene.labels = str(Path(labels).resolve()) if labels else ""
    importing.name_classes(collection, network)
    yield from explaining.again(collection)
    yield from histograms.again(collection)
    series = known.read(collection)["samples"]
    return ", ".join(filter(None, (f"{len(series):,} inputs", series.counted(), series.thinned())))


def sort_samples(collection: bpy.types.Collection, layer: str, unit: int) -> Steps:
    """Put the samples of a series in the order in which they excite a unit of a layer: of all that there are, those
    that excite it most are shown. Yields as `build.build` and returns a line; nothing changes before the last step.
    Raises `CheckpointError`."""
    scene = NetworkScene(collection)
    series = known.read(collection).get("samples")
    if series is None:
        raise CheckpointError(scene.source, "shows no series of inputs", "run several inputs, or their folder")
    count = len(series)

    def work():
        source, _ = source_of(collection, series)
        data = source.whole or source.data
        order = strongest(stepping.finish(excitation(source.model, data, layer, unit)))
        whole = Samples(source.model, data, source.files, list(range(len(data))))
        return whole, order

    whole, order = yield from in_background(work, "running the inputs")
    source = whole.thinned(order[:count])
    yield from filling.fill_steps(collection, source, total=len(whole), most=count)
    playing.go(collection, "samples", 0)
    return f"{source.data.names[0]} excites unit {unit} of {layer} most"


def _holds_many(path: Path, network: Network) -> bool:
    """Whether a file holds several samples."""
    return path.suffix.lower() == ".npz" and len(open_data([path], network)) > 1


def steps(collection: bpy.types.Collection) -> Steps:
    """Read the series of a network again, for cells or lines of it are others now. Where its files are gone, or are no
    more those of the network, it goes too. Yields as `build.build`; returns whether there is a series."""
    from ..explaining import explaining  # here: that builds on this

    for kind, series in known.read(collection).items():
        if kind == "evidence":
            continue
        try:
            source, run = yield from in_background(
                lambda series=series: source_of(collection, series), "reading the steps"
            )
            yield from filling.fill_steps(collection, source, run, series.total, series.growing, len(series))
        except CheckpointError:
            remove(collection, kind)
            yield from plots.again(collection, None)
            return False
    if not known.read(collection):
        yield from plots.again(collection, None)
    yield from explaining.again(collection)
    yield from histograms.again(collection)
    return bool(known.read(collection))


def remove(collection: bpy.types.Collection, kind: str) -> None:
    """Take a series away; the network shows the step that it was made with."""
    if kind == "evidence":
        from ..explaining import explaining  # here: that builds on this

        explaining.hide(collection)
        return
    showing.remove(collection, kind)
    if kind == "samples":
        confusion.hide(collection)
    words.hide(collection)
    known.write(collection, {name: series for name, series in known.read(collection).items() if name != kind})


def source_of(collection: bpy.types.Collection, series: Known) -> tuple[Source, Run | None]:
    """The steps of a series that a network has. Raises `CheckpointError` where its files are gone."""
    scene = NetworkScene(collection)
    sizes, architecture, chosen = scene.sizes, importing.architecture_of(scene), Choices.of(scene)
    if series.kind == "checkpoints":
        if Path(bpy.path.abspath(NetworkScene(collection).source)) != Path(series.files[-1]):
            raise CheckpointError(series.files[-1], "is not what the network shows")
        return of_checkpoints(series, sizes, architecture, chosen)
    network = importing.open_network(bpy.path.abspath(scene.source), sizes, architecture or None)
    files = [Path(path) for path in series.sources or dict.fromkeys(series.given)]
    samples = Samples.of(chosen.apply(network), files, bpy.path.abspath(scene.labels) or None)
    return samples.thinned(series.numbers) if len(series) < len(samples) else samples, None


def of_checkpoints(
    series: Known,
    sizes: dict[str, int],
    architecture: str,
    chosen: Choices = Choices(),  # noqa: B008 - never changed
) -> tuple[Checkpoints, Run]:
    """The steps of a series that is known. Raises `CheckpointError` where a file of it is gone."""
    values = series.values or [{} for _ in series.files]
    made = [
        Step(Path(path), number, None, {name: float("nan") if value is None else value for name, value in told.items()})
        for path, number, told in zip(series.files, series.numbers, values, strict=True)
    ]
    for step in made:
        step.architecture = Path(architecture) if architecture else None
    given = Path(series.given[0]) if series.given else None
    run = Run(Path(series.files[0]).parent, made, [], series.unit)
    return Checkpoints(run, made, given, dict(sizes), chosen=chosen), run
