# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checkpoints of one training run: which belong to it, in which order, and what was measured at each."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from ..containers import CheckpointError, stopping
from ..containers.natural_order import brief, natural
from ..formats import Checkpoint
from ..network import summarise
from ..structure import open_checkpoint
from . import listing, metadata, names
from .listing import Candidates
from .names import Named
from .scalars import beside
from .weights import fingerprint, shape_of

MOST_KEPT = 64  # opened checkpoints; of longer runs each is opened again when it is needed
FRESH = 10.0  # seconds since it was changed, in which a file that cannot be read may still be being written
# What readers say of a file that ends too early, or is not yet what it will be.
NOT_WHOLE = re.compile(
    r"cut short|damaged|empty|ends |end early|more than there are|not there|changes|archive|not an ONNX"
)


@dataclass
class Step:
    """One checkpoint. `number` is its place in the training: steps where all of the run say so, else epochs (`unit`
    of the run says which); `epoch` is its epoch where that is known. `values` are what was measured there, by name.
    `origin` is the file of which `path` is a copy, if it is one; `architecture` is as for `open_checkpoint`."""

    path: Path
    number: int
    epoch: int | None = None
    values: dict[str, float] = field(default_factory=dict)
    opened: Checkpoint | None = field(default=None, repr=False, compare=False)
    origin: Path | None = None
    architecture: Path | None = None

    @property
    def file(self) -> Path:
        """Where it comes from."""
        return (self.origin or self.path).resolve()

    def open(self) -> Checkpoint:
        """The checkpoint. Raises `CheckpointError`."""
        return self.opened or open_checkpoint(self.path, self.architecture)


@dataclass(frozen=True)
class LeftOut:
    """A file beside the run, and why it does not belong to it."""

    path: Path
    why: str


@dataclass
class Run:
    """The checkpoints of one training run in the order of training. `unit` is what their numbers count: "step",
    "epoch", or "checkpoint" where only their order is known. `notes` say what was taken for what."""

    folder: Path
    steps: list[Step]
    left_out: list[LeftOut]
    unit: str
    notes: list[str] = field(default_factory=list)

    def told(self) -> dict:
        """The object that `series --json` prints."""
        return {
            "steps": [
                {"step": step.number, "file": str(step.path), "values": _finite(step.values)} for step in self.steps
            ],
            "left_out": [{"file": str(left.path), "why": left.why} for left in self.left_out],
        }


def _finite(values: dict[str, float]) -> dict[str, float | None]:
    """Numbers as JSON has them, which knows no NaN."""
    return {name: number if isfinite(number) else None for name, number in values.items()}


def find(given: Iterable[str | Path], fewest: int = 1, architecture: Path | None = None) -> Run:
    """The run whose checkpoints are these files, or in these folders, or match these patterns. `architecture` says how
    the weights of weights-only files are joined, as for `open_checkpoint`.

    Raises `CheckpointError` where there are fewer than `fewest`, and where they are of two different networks.
    """
    given = list(given)
    try:
        found = listing.candidates(given)
    except OSError as error:
        raise CheckpointError(error.filename or given[0], f"cannot be read ({error.strerror})") from error
    left_out = dict(found.left_out)
    if not found.paths:
        raise CheckpointError(given[0], "no checkpoints are there", "name the folder that a training saves them to")
    opened = _open(found, left_out, architecture)
    if not opened:
        why = next((left_out[path] for path in found.paths if path in left_out), "there is none")
        raise CheckpointError(
            given[0], f"no checkpoints that can be read are there ({why})", "name the files themselves"
        )
    kept = _of_one_network(given[0], opened, left_out)
    steps, unit, notes = _in_order(found, kept, left_out)
    if len(steps) < fewest:
        raise CheckpointError(
            given[0], f"only {len(steps)} checkpoint of a run is there", f"a series needs {fewest}: name more files"
        )
    run = Run(found.folder, steps, [], unit, notes)
    measured, used = beside.fill(run)
    run.notes += measured
    left_out |= {path: "not a model" for path in found.others if path not in used}
    run.left_out = [LeftOut(path, left_out[path]) for path in sorted(left_out, key=lambda path: natural(str(path)))]
    for step in steps:
        step.architecture = architecture
        if len(steps) > MOST_KEPT:
            step.opened = None
    return run


@dataclass
class _Opened:
    checkpoint: Checkpoint
    print: str
    noted: Named = Named()  # what an ONNX file says of itself


def _open(found: Candidates, left_out: dict[Path, str], architecture: Path | None) -> dict[Path, _Opened]:
    """Those that can be read; in place of one that cannot, the same in another format."""
    opened: dict[Path, _Opened] = {}
    few = len(found.paths) <= MOST_KEPT
    known: dict[str, Checkpoint] = {}
    for wanted in found.paths:
        for path in (wanted, *found.instead.get(wanted, ())):
            stopping.check()
            try:
                opened[path] = _opened(path, architecture)
            except CheckpointError as error:
                left_out[path] = _why(path, error.problem)
                continue
            except OSError as error:
                left_out[path] = f"cannot be read ({error.strerror or error})"
                continue
            left_out.pop(path, None)
            first = known.setdefault(opened[path].print, opened[path].checkpoint)
            if not few:
                opened[path].checkpoint = first  # for what it is, not for its numbers
            break
    return opened


def _opened(path: Path, architecture: Path | None) -> _Opened:
    before = path.stat()
    checkpoint = open_checkpoint(path, architecture)
    after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise CheckpointError(path, "changes while it is read")
    noted = metadata.told_by(path, checkpoint.model) if path.suffix.lower() == metadata.ONNX else Named()
    return _Opened(checkpoint, fingerprint(checkpoint), noted)


def _why(path: Path, problem: str) -> str:
    """Why a file cannot be read; what was changed a moment ago may not be whole yet."""
    problem = brief(" ".join(problem.split()), 200)
    try:
        fresh = path.is_file() and time.time() - path.stat().st_mtime < FRESH
    except OSError:
        return "went away"
    return f"is still being written, or damaged: {problem}" if fresh and NOT_WHOLE.search(problem) else problem


def _of_one_network(asked: str | Path, opened: dict[Path, _Opened], left_out: dict[Path, str]) -> dict[Path, _Opened]:
    """Those of the network that most are of; a single other is left out.

    Raises `CheckpointError` where there are two networks of several checkpoints each.
    """
    shapes: dict[str, tuple] = {}
    groups: dict[tuple, list[Path]] = {}
    for path, kept in list(opened.items()):
        try:
            if kept.print not in shapes:
                shapes[kept.print] = shape_of(summarise(kept.checkpoint))
        except CheckpointError as error:
            left_out[path] = _why(path, error.problem)
            continue
        groups.setdefault(shapes[kept.print], []).append(path)
    if not groups:
        raise CheckpointError(asked, "no checkpoints that can be read are there", "name the files themselves")
    largest, *others = sorted(groups.values(), key=len, reverse=True)
    if others and (len(others[0]) > 1 or len(others[0]) == len(largest)):
        raise CheckpointError(
            asked,
            f"holds two different networks ({_named(largest)}; {_named(others[0])})",
            "name the files of one of them, as by a pattern",
        )
    for paths in others:
        for path in paths:
            left_out[path] = f"another network, not that of {largest[0].name}: its layers have other shapes"
    return {path: opened[path] for path in largest}


def _named(paths: list[Path]) -> str:
    return f"{len(paths):,} like {brief(paths[0].name)}" if len(paths) > 1 else brief(paths[0].name)


def _in_order(found: Candidates, kept: dict[Path, _Opened], left_out: dict[Path, str]):
    """The steps in the order of training, what their numbers count, and what was taken for what."""
    paths = sorted(kept, key=lambda path: natural(str(path)))
    root = listing.common(paths)
    said = dict(zip(paths, names.told([listing.relative(path, root) for path in paths]), strict=True))
    notes: list[str] = []
    for path, named in said.items():
        said[path] = named = metadata.with_step(named, kept[path].noted)
        unknown = named.step is None and named.epoch is None  # what its number counts
        if not unknown and not path.is_dir() or named.bare is not None and len(paths) > MOST_KEPT:
            continue
        own = kept[path].noted
        if path.suffix.lower() != metadata.ONNX:
            own = metadata.told_by(path, kept[path].checkpoint.model)
        values = own.values | named.values
        if named.order is None or path.is_dir():
            if own.order is not None:
                said[path] = Named(own.step, own.epoch, named.bare, values)
        elif named.bare in (own.step, own.epoch):
            step, epoch = (told if named.bare == told else None for told in (own.step, own.epoch))
            said[path] = Named(step, epoch if step is None else own.epoch, None, values)
    numbered = {path: number for path in paths if (number := _number(said[path])) is not None}
    unit = _unit(list(said.values()))
    if unit == "checkpoint" and not numbered:
        order = {listing.stem(path): found.order.get(path.name, found.order.get(listing.stem(path))) for path in paths}
        if len(paths) > 1 and all(place is not None for place in order.values()):
            paths = sorted(paths, key=lambda path: order[listing.stem(path)] or 0)
            notes.append("names tell no step: in the order of TensorFlow's list")
        elif len(paths) > 1:
            notes.append("names tell no step: in the order of their names")
        steps = [Step(path, place, None, said[path].values, kept[path].checkpoint) for place, path in enumerate(paths)]
        return steps, unit, notes
    of_unit = {"step": lambda named: named.step, "epoch": lambda named: named.epoch}.get(unit, _number)
    steps = []
    taken: dict[int, Path] = {}
    for path in sorted(paths, key=lambda path: (of_unit(said[path]) is None, of_unit(said[path]) or 0)):
        number = of_unit(said[path])
        if number is None:
            left_out[path] = f"says no {'number' if unit == 'checkpoint' else unit}, in its name or itself"
        elif number in taken:
            left_out[path] = f"of the same {unit} as {taken[number].name}"
        else:
            taken[number] = path
            steps.append(Step(path, number, said[path].epoch, dict(said[path].values), kept[path].checkpoint))
    return steps, unit, notes


def _number(named: Named) -> int | None:
    """A number that stands for the place in training, whatever it counts."""
    return next((number for number in (named.step, named.epoch, named.bare) if number is not None), None)


def _unit(said: list[Named]) -> str:
    """What most names of a run count."""
    count = {
        "step": sum(named.step is not None for named in said),
        "epoch": sum(named.epoch is not None for named in said),
        "checkpoint": sum(named.bare is not None for named in said),
    }
    if 2 * count["step"] >= max(1, len(said)):
        return "step"  # the finer
    best = max(count, key=lambda unit: count[unit])
    return best if count[best] else "checkpoint"
