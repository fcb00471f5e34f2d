# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the steps of a series come from: each gives a network, and what an input makes of it. Touches no Blender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from ...containers import CheckpointError, stepping
from ...formats import Checkpoint
from ...inference import DataSet, Fitted, Judged, Ran, Runner, followed, judge, note_of, open_data, run_file, top
from ...network import Network, summarise
from ...series import Run, Shifting, Step, find
from ...series.weights import fingerprint, shape_of
from ...structure import open_checkpoint
from ..building.choices import Choices, Reading

SCORES = 5
FEWEST = 2  # steps of a series
MOST_SAMPLES = 1000


class Source(Protocol):
    """The steps of a series. `base` is the step that the scene itself shows."""

    kind: str
    base: int

    def __len__(self) -> int: ...

    def network(self, step: int) -> Network:
        """The network of a step, alike in all but numbers; it holds these until another is asked for."""

    def ran(self, step: int) -> Ran | None:
        """What an input gives in the network of a step, None if none runs."""

    def thinned(self, kept: Sequence[int]) -> Source:
        """The same with some of its steps, the last among them."""


@dataclass
class Checkpoints:
    """The checkpoints of a run, with one input or none. Raises `CheckpointError` where one of them is of another
    shape."""

    run: Run
    steps: list[Step]
    given: Path | None = None
    sizes: dict[str, int] = field(default_factory=dict)
    kind: str = "checkpoints"
    chosen: Choices = field(default_factory=Choices)

    def __post_init__(self):
        last = self.steps[-1].open()
        self._shifting = Shifting.of(last)
        self._print = fingerprint(last)
        self._network = self.chosen.apply(summarise(self._shifting, self.sizes or None))
        self._shape = None
        self._ran: tuple[int, Ran] | None = None
        if self.given:
            self._network, ran = run_file(self.given, self._network)
            self._ran = len(self.steps) - 1, ran
            self.sizes = {f"{assumed.input}:{assumed.axis}": assumed.size for assumed in self._network.assumed}

    @property
    def base(self) -> int:
        return len(self.steps) - 1

    def __len__(self) -> int:
        return len(self.steps)

    def network(self, step: int) -> Network:
        wanted = self.steps[step]
        opened = self._shifting.source if wanted.path == self._shifting.source.path else wanted.open()
        return self.of(wanted.file, opened)

    @property
    def alike(self) -> Network:
        """The network by whose names all are kept."""
        return self._network

    def of(self, path: Path, opened: Checkpoint) -> Network:
        """The network of a checkpoint that is alike; it holds its numbers until another is asked for. Raises
        `CheckpointError` if it is of another shape."""
        if fingerprint(opened) == self._print:
            self._shifting.turn(opened)
            return self._network
        self._shape = self._shape or shape_of(self._network)
        try:
            other = self.chosen.apply(summarise(opened, self.sizes or None))
        except CheckpointError:  # it has no open size of that name
            other = None
        if other is None or shape_of(other) != self._shape:
            raise CheckpointError(
                path, f"has layers of other shapes than {self.steps[-1].file.name}", "leave it out of the run"
            )
        return other

    def thinned(self, kept: Sequence[int]) -> Checkpoints:
        return replace(self, steps=[self.steps[step] for step in kept])

    def ran(self, step: int) -> Ran | None:
        if not self.given:
            return None
        if self._ran is None or self._ran[0] != step:
            self._ran = step, run_file(self.given, self.network(step))[1]
        return self._ran[1]


@dataclass
class Samples:
    """Inputs of one network: files, folders, frames of moving pictures, or the samples in arrays. Several run at once
    where the network keeps them apart."""

    model: Network
    data: DataSet
    files: list[Path] = field(default_factory=list)
    places: list[int] = field(default_factory=list)  # of the samples among those of the files
    whole: DataSet | None = None  # all of them, where these are some
    kind: str = "samples"
    base: int = 0
    _runner: Runner | None = field(default=None, repr=False)
    _ahead: dict[int, Ran] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, network: Network, files: Sequence[Path], labels: str | Path | None = None) -> Samples:
        """The inputs in these files and folders; `labels` is a file that says what is right. Raises
        `CheckpointError`."""
        network.checkpoint.check_runs()
        data = open_data(files, network, labels)
        if len(data) > MOST_SAMPLES:
            raise CheckpointError(files[0], f"{len(data):,} inputs, at most {MOST_SAMPLES:,} are shown", "name fewer")
        return cls(followed(network, data.read(0)), data, list(files), list(range(len(data))))

    def __len__(self) -> int:
        return len(self.data)

    def network(self, step: int) -> Network:
        return self.model

    def thinned(self, kept: Sequence[int]) -> Samples:
        places = [self.places[place] for place in kept]
        return Samples(self.model, self.data.some(kept), self.files, places, self.whole or self.data)

    def judged(self) -> Judged | None:
        """What the network says of all samples, None where nobody says what is right."""
        data = self.whole or self.data
        return None if data.answers is None else stepping.finish(judge(self.model, data))

    @property
    def answers(self) -> list[int]:
        """The class that is right for each, -1 where nobody says."""
        return [-1] * len(self) if self.data.answers is None else self.data.answers.tolist()

    def ran(self, step: int) -> Ran:
        if step not in self._ahead:
            if self._runner is None:
                self._runner = Runner(self.model)
            fits = [self._fitted(at) for at in range(step, min(step + self._runner.at_once, len(self)))]
            runs = self._runner.many([{one.name: one.array for one in fitted} for fitted in fits])
            self._ahead = {
                step + at: self._told(step + at, fitted, values)
                for at, (fitted, values) in enumerate(zip(fits, runs, strict=True))
            }
        return self._ahead[step]

    def _fitted(self, step: int) -> list[Fitted]:
        fitted = self.data.read(step)
        if followed(self.model, fitted) is not self.model:
            raise CheckpointError(
                self.data.paths[step], f"has another size than {self.data.names[0]}", "give inputs of one size"
            )
        return fitted

    def _told(self, step: int, fitted: list[Fitted], values) -> Ran:
        path = str(self.data.paths[step].resolve())
        return Ran(self.data.names[step], note_of(fitted), values, top(self.model, values, SCORES), path)


def opened(
    given: Sequence[str | Path],
    inputs: Sequence[str | Path],
    sizes: dict[str, int] | None,
    architecture: str | Path | None,
    reading: Reading,
) -> tuple[Source, Run | None]:
    """The steps of files and inputs: a run of checkpoints, else several inputs of one."""
    paths = [Path(path) for path in given]
    files = [Path(path) for path in inputs]
    run = find(paths, architecture=Path(architecture) if architecture else None)
    if len(run.steps) >= FEWEST:
        if len(files) > 1 or files and files[0].is_dir():
            raise CheckpointError(
                files[-1],
                "is several inputs, and the cells of a series of checkpoints have one number for each checkpoint",
                "give one input, or one checkpoint; Run Input shows another one at every checkpoint",
            )
        return Checkpoints(
            run, run.steps, files[0] if files else None, dict(sizes or {}), chosen=_chosen(run, reading)
        ), run
    network = summarise(open_checkpoint(run.steps[0].path, architecture), sizes)
    Choices.from_file(network, reading.classes, reading.scaling).apply(network)
    samples = Samples.of(network, files, reading.labels) if files else None
    if samples is None or len(samples) < FEWEST:
        raise CheckpointError(
            paths[0], "is one checkpoint, and no series", "name the folder of a training run, or give several inputs"
        )
    return samples, None


def _chosen(run: Run, reading) -> Choices:
    """What was chosen for the networks of a run."""
    if not reading.classes:
        return Choices(reading.scaling)
    return Choices.from_file(summarise(open_checkpoint(run.steps[-1].path)), reading.classes, reading.scaling)
