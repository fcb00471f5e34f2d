# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A series goes on where its network has changed: with another input, with new cells or layers, after a reload."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy

from ...containers import CheckpointError
from ...series import Run, Step
from .. import removing
from ..background import in_background
from ..building import importing
from ..building.choices import Choices
from ..building.planned import Steps
from ..entities import CaptionPart, NetworkScene
from . import filling, known, showing, words
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


def steps(collection: bpy.types.Collection) -> Steps:
    """Read the series of a network again, for cells or lines of it are others now. Where its files are gone, or are no
    more those of the network, it goes too. Yields as `build.build`; returns whether there is a series."""
    from ..explaining import explaining  # here: that builds on this

    for kind, series in known.read(collection).items():
        if kind == "evidence":
            continue
        try:
            source, run = yield from in_background(
                lambda series=series: _source(collection, series), "reading the steps"
            )
            yield from filling.fill_steps(collection, source, run, series.total, series.growing, len(series))
        except CheckpointError:
            remove(collection, kind)
            return False
    yield from explaining.again(collection)
    return bool(known.read(collection))


def remove(collection: bpy.types.Collection, kind: str) -> None:
    """Take a series away; the network shows the step that it was made with."""
    if kind == "evidence":
        from ..explaining import explaining  # here: that builds on this

        explaining.hide(collection)
        return
    showing.remove(collection, kind)
    removing.remove(
        [part.obj for part in NetworkScene(collection).members(CaptionPart) if part.role in (words.ROLE, words.NOTE)]
    )
    known.write(collection, {name: series for name, series in known.read(collection).items() if name != kind})


def _source(collection, series: Known) -> tuple[Source, Run | None]:
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
