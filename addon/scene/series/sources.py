# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the steps of a series come from: each gives a network, and what an input makes of it. Touches no Blender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from ...containers import CheckpointError
from ...formats import Checkpoint
from ...inference import Fitted, Ran, fit_named, load_arrays, run, run_file, top
from ...network import Network, summarise
from ...series import Run, Shifting, Step
from ...series.weights import fingerprint, shape_of

SCORES = 5
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

    def __post_init__(self):
        last = self.steps[-1].open()
        self._shifting = Shifting.of(last)
        self._print = fingerprint(last)
        self._network = summarise(self._shifting, self.sizes or None)
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
            other = summarise(opened, self.sizes or None)
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
    """Inputs of one network: files, or the samples in the arrays of a .npz file."""

    model: Network
    inputs: list[tuple[Path, list[Fitted] | None]]
    kind: str = "samples"
    base: int = 0

    @classmethod
    def of(cls, network: Network, files: Sequence[Path]) -> Samples:
        """The inputs in these files. Raises `CheckpointError`."""
        inputs: list[tuple[Path, list[Fitted] | None]] = []
        for path in files:
            inputs += _samples(path, network)
        if len(inputs) > MOST_SAMPLES:
            raise CheckpointError(files[0], f"{len(inputs):,} inputs, at most {MOST_SAMPLES:,} are shown", "name fewer")
        shown, _ = run_file(files[0], network) if inputs[0][1] is None else (network, None)
        return cls(shown, inputs)

    def __len__(self) -> int:
        return len(self.inputs)

    def network(self, step: int) -> Network:
        return self.model

    def thinned(self, kept: Sequence[int]) -> Samples:
        return replace(self, inputs=[self.inputs[step] for step in kept])

    def ran(self, step: int) -> Ran:
        path, fitted = self.inputs[step]
        if fitted is None:
            followed, ran = run_file(path, self.model)
            if [layer.shape for layer in followed.layers] != [layer.shape for layer in self.model.layers]:
                raise CheckpointError(
                    path, f"has another size than {self.inputs[0][0].name}", "give inputs of one size"
                )
            return ran
        values = run(self.model, *fitted)
        best = top(self.model, values, SCORES)
        return Ran(f"{path.name} {step + 1}", fitted[0].note, values, best, str(path.resolve()))


def _samples(path: Path, network: Network) -> list[tuple[Path, list[Fitted] | None]]:
    """A file as one input, or as many where its arrays have many samples along their first axis."""
    if path.suffix.lower() != ".npz":
        return [(path, None)]
    if not path.is_file():
        raise CheckpointError(path, "no such file", "check the path of the input")
    arrays = load_arrays(path)
    shapes = {spec.name: spec.shape for spec in network.inputs}
    if len(shapes) == len(arrays) == 1:
        arrays = dict(zip(shapes, arrays.values(), strict=True))
    counts = {
        len(array)
        for name, array in arrays.items()
        if (shape := shapes.get(name)) and array.ndim in (len(shape), len(shape) - 1) and _many(array, shape)
    }
    if len(counts) != 1:
        return [(path, None)]
    (count,) = counts
    if count > MOST_SAMPLES:
        raise CheckpointError(path, f"{count:,} samples, at most {MOST_SAMPLES:,} are shown", "save fewer")
    return [
        (path, fit_named(path, {name: np.ascontiguousarray(array[at]) for name, array in arrays.items()}, network))
        for at in range(count)
    ]


def _many(array: np.ndarray, shape) -> bool:
    """Whether an array holds several samples of an input of this shape (batch first)."""
    sample = tuple(shape[1:])
    return len(array) > 1 and array.shape[1:] in (sample, tuple(size for size in sample if size != 1))
