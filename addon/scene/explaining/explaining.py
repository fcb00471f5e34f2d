# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network in a scene explains its answer; the evidence stays on its cells until it is hidden."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np

from ...containers import CheckpointError
from ...inference import Fitted, Ran, fit_file, followed, note_of, run
from ...inference.session import reader
from ...network import Network
from ...network.network import by_unit
from ..background import in_background
from ..building import build, connections, importing
from ..building.planned import Steps
from ..camera import picture
from ..entities import NetworkScene
from ..series import known as known_series
from ..series import playing, words
from ..texts import caption
from . import asking, board, known, putting, reliefs, saying
from .asking import Bundled
from .known import Answer, Asked


def explain(collection: bpy.types.Collection, asked: Asked) -> Answer:
    """Let a network in the scene say why. Raises `CheckpointError`, and then nothing has changed."""
    return build.finish(explain_steps(collection, asked))


def explain_steps(collection: bpy.types.Collection, asked: Asked, beside: bool = False) -> Steps:
    """As `explain`, step by step, beside the window; nothing changes before the last step. With `beside` several
    answers of one class also stand side by side in a scene of their own. Yields as `build.build`."""
    scene = NetworkScene(collection)
    scene.root()
    if not scene.input_path:
        raise CheckpointError(scene.source, "no input has run, so there is no answer to explain", "run an input first")
    network = yield from importing.reopen_steps(collection)
    path, place, files, labels = _given(collection)
    drawn = putting.drawn_of(collection)
    bundles = []
    for index, obj in connections.by_index(collection).items():
        lines = connections.lines_of(obj)
        if len(lines) and {each.name for each in _ends(network, index)} <= drawn.keys():
            bundles.append(Bundled(index, lines.source, lines.target, lines.weight))

    def work():
        shown, fitted, name = _fitted(network, path, place, files, labels)
        ran = Ran(name, note_of(fitted), run(shown, *fitted), [], str(path))
        told, indices = asking.answer(shown, fitted, asked, bundles, drawn)
        return shown, ran, name, told, indices, _plates(shown, fitted, told) if beside else None

    shown, ran, name, told, indices, plates = yield from in_background(work, "explaining")
    if beside and plates is None:
        raise CheckpointError(scene.source, "reads no picture, or was asked in one way", "ask by several methods")
    yield 0.95, "showing the evidence"
    lines_of = {index: [step.edges[at] for step in told[:1] if step.edges] for at, index in enumerate(indices)}
    answer = saying.words(shown, told, asked, name)
    putting.hide(collection)
    known.write(collection, answer)
    putting.show(collection, told, lines_of, drawn)
    reliefs.show(collection, shown, ran, told)
    _series(collection, answer)
    saying.tell(collection, answer)
    caption.follow(collection)
    picture.relabel(collection)
    saying.color(collection)
    if plates:
        board.show(collection, answer, *plates)
    return answer


def _plates(network: Network, fitted: list[Fitted], told):
    """What stands on the plates of a board, for the first input that is a picture; None where there is none."""
    for one in fitted:
        layer = next((layer for layer in network.layers if layer.tensor == one.name), None)
        if layer is None or not layer.grid.is_map or layer.grid.units > 4 or len(told) < 2:
            continue
        value = reader(network.checkpoint, told[0].target.tensor)
        inputs = {each.name: each.array for each in fitted}

        def score(array, name=one.name, inputs=inputs, value=value):
            return float((value({**inputs, name: array}).astype(float) * told[0].target.seed).sum())

        made, chance = board.plates(told, layer, one.array, score)
        light = by_unit(one.array, layer.grid).mean(0)
        span = float(np.ptp(light)) or 1.0
        return made, chance, (light - light.min()) / span
    return None


def _ends(network: Network, index: int):
    connection = network.connections[index]
    return connection.source, connection.target


def _given(collection) -> tuple[Path, int, list[Path], str]:
    """The input that a network shows: its file; of a series of samples where the slider stands, and all its files."""
    scene = NetworkScene(collection)
    series = known_series.read(collection).get("samples")
    path = Path(bpy.path.abspath(scene.input_path))
    if series is None:
        return path, -1, [], ""
    place = min(max(0, round(playing.place(collection, "samples"))), len(series) - 1)
    return Path(series.files[place]), series.numbers[place], [Path(each) for each in series.sources], scene.labels


def _fitted(network: Network, path: Path, place: int, files: list[Path], labels: str):
    """The network in the sizes of the input, what it reads, and the name of that."""
    if place < 0:
        fitted: list[Fitted] = fit_file(path, network)
        return followed(network, fitted), fitted, path.name
    from ...inference import open_data

    data = open_data(files, network, labels or None)
    fitted = data.read(place)
    return followed(network, fitted), fitted, data.names[place]


def _series(collection, answer: Answer) -> None:
    """Let the network have the steps of the evidence as a series, where there are several."""
    series = {kind: told for kind, told in known_series.read(collection).items() if kind != "evidence"}
    if len(answer.labels) > 1:
        series["evidence"] = known_series.Known(
            "evidence",
            "answer",
            list(range(len(answer.labels))),
            [answer.given] * len(answer.labels),
            labels=answer.labels,
        )
    known_series.write(collection, series)
    if len(answer.labels) > 1 and len(series) == 1:
        words.show(collection, series["evidence"])


def hide(collection: bpy.types.Collection) -> None:
    """Let a network show its values and weights again."""
    if known.read(collection) is None and not NetworkScene(collection).evidence:
        return
    board.hide(collection)
    reliefs.hide(collection)
    putting.hide(collection)
    series = known_series.read(collection)
    if series.pop("evidence", None) is not None:
        known_series.write(collection, series)
        if not series:
            words.hide(collection)
    known.write(collection, None)
    saying.untell(collection)
    caption.forget_evidence(collection)
    picture.relabel(collection)


def again(collection: bpy.types.Collection) -> Steps:
    """Explain anew after cells, weights or the input have changed, if the network shows evidence; where that cannot be
    any more, it is hidden. Yields as `build.build`; returns whether there is evidence."""
    answer = known.read(collection)
    if answer is None:
        return False
    try:
        yield from explain_steps(collection, answer.question)
    except CheckpointError:
        hide(collection)
        return False
    return True
