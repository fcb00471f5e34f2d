# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checkpoints as they come while a training runs: each once, when it is whole.

A file is looked at when its size and time have stayed the same between two looks. It is then copied, so that nobody
can write over what is being read, and opened from there; if it opens and has not changed meanwhile, it has arrived. One
that does not open is not whole, and is waited for until it changes. A file that was written over arrives again.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from bisect import bisect_left
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice, takewhile
from pathlib import Path

from ..containers import CheckpointError
from ..formats import Checkpoint
from ..structure import open_checkpoint
from . import listing, metadata, names
from .names import Named

LARGEST_COPY = 1 << 32  # bytes; a larger checkpoint is read where it lies
Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Arrived:
    """A checkpoint that is whole. `read_from` is the file to read; `number` is what its name or itself says of its
    place in the training, None if nothing."""

    path: Path
    read_from: Path
    checkpoint: Checkpoint
    named: Named

    @property
    def number(self) -> int | None:
        return next((told for told in (self.named.step, self.named.epoch, self.named.bare) if told is not None), None)

    @property
    def unit(self) -> str:
        """What its number counts."""
        return "step" if self.named.step is not None else "epoch" if self.named.epoch is not None else "checkpoint"


def arrived(path: Path) -> Arrived:
    """A checkpoint of which its writer says that it is whole. Raises `CheckpointError`."""
    (named,) = names.told([path.name])
    return _told(Arrived(path, path, open_checkpoint(path), named), named)


def _told(arrived: Arrived, named: Named) -> Arrived:
    """The same, by what its name says and the file itself."""
    if named.order is None or arrived.path.suffix.lower() == metadata.ONNX:
        own = metadata.told_by(arrived.read_from, arrived.checkpoint.model)
        if named.order is None:
            named = Named(own.step, own.epoch, None, own.values | named.values)
        else:
            named = metadata.with_step(named, own)
    return Arrived(arrived.path, arrived.read_from, arrived.checkpoint, named)


class Watch:
    """Looks at a folder again and again."""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self._known: dict[Path, Stamp] = {}  # what has arrived, or will not
        self._before: dict[Path, Stamp] = {}  # as it was at the last look
        self._held: Set[str] = set()  # the names in the folder
        self._paths: list[Path] = []
        self.waiting: dict[Path, str] = {}  # what is there and not whole, and why

    @contextmanager
    def arrivals(self) -> Iterator[list[Arrived]]:
        """What has become whole since the last look, in the order of the training. The files to read are gone behind
        this block."""
        with tempfile.TemporaryDirectory(prefix="neuroscene-watch-", ignore_cleanup_errors=True) as place:
            yield self._look(Path(place))

    def again(self, arrived: Arrived) -> None:
        """Let a checkpoint arrive once more."""
        self._known.pop(arrived.path, None)

    def _look(self, place: Path) -> list[Arrived]:
        try:
            paths = self._candidates()
        except (CheckpointError, OSError):  # it is not there yet
            return []
        arrived = []
        beside = _Beside()
        for number, path in enumerate(paths):
            try:
                stamp = _stamp(_files(path, beside))
            except OSError:
                continue  # it went away
            if self._known.get(path) == stamp:
                continue
            if self._before.get(path) != stamp:
                self._before[path] = stamp
                self.waiting[path] = "it changes"
                continue
            made = self._arrive(path, stamp, place / str(number))
            if made is not None:
                arrived.append(made)
        told = names.told([listing.relative(each.path, self.folder) for each in arrived])
        ordered = [_told(each, named) for each, named in zip(arrived, told, strict=True)]
        return sorted(ordered, key=lambda each: (each.number is None, each.number or 0, str(each.path)))

    def _candidates(self) -> list[Path]:
        """What may be checkpoints; of a folder of files alone, as long as it holds the same names, what was before."""
        with os.scandir(self.folder) as entries:
            held = {entry.name: entry.is_dir() for entry in entries}
        if any(held.values()) or held.keys() != self._held:
            self._paths = listing.candidates([self.folder]).paths
            self._held = held.keys()
        return self._paths

    def _arrive(self, path: Path, stamp: Stamp, place: Path) -> Arrived | None:
        try:
            read_from = path
            if sum(size for _, size, _ in stamp) <= LARGEST_COPY:
                read_from = _copy(path, place)
            opened = open_checkpoint(read_from)
            whole = stamp_of(path) == stamp
        except CheckpointError as error:
            self._known[path] = stamp  # until it changes
            self.waiting[path] = error.problem
            return None
        except OSError as error:
            self.waiting[path] = str(error.strerror or error)
            return None
        if not whole:
            self._before.pop(path, None)
            return None
        self._known[path] = stamp
        self.waiting.pop(path, None)
        return Arrived(path, read_from, opened, Named())


def stamp_of(path: Path) -> Stamp:
    """Names, sizes and times of the files of a checkpoint, by which one sees that it is another. Raises `OSError`."""
    return _stamp(_files(path, _Beside()))


def _stamp(files: list[Path]) -> Stamp:
    stamps = []
    for file in files:
        stat = file.stat()
        stamps.append((file.name, stat.st_size, stat.st_mtime_ns))
    if not stamps:
        raise FileNotFoundError(2, "went away")
    return tuple(sorted(stamps))


class _Beside:
    """The names in folders, each of which is listed once: a run has thousands of files, and each may lie in several."""

    def __init__(self):
        self._names: dict[Path, list[str]] = {}

    def begin_so(self, folder: Path, stem: str) -> list[str]:
        """The names in a folder that begin so."""
        if folder not in self._names:
            with os.scandir(folder) as entries:
                self._names[folder] = sorted(entry.name for entry in entries)
        names = self._names[folder]
        first = bisect_left(names, stem)
        return list(takewhile(lambda name: name.startswith(stem), islice(names, first, None)))


def _files(path: Path, beside: _Beside) -> list[Path]:
    """The files of a checkpoint: itself with those that its data lie in, or all that are in its folder."""
    if path.is_dir():
        return [file for file in path.iterdir() if file.is_file()]
    names = beside.begin_so(path.parent, listing.stem(path))
    parts = [name for name in names if listing.SHARD.fullmatch(name) or name.startswith(f"{path.name}.")]
    return [path, *(file for name in parts if (file := path.with_name(name)).is_file())]


def _copy(path: Path, place: Path) -> Path:
    place.mkdir()
    into = place
    if path.is_dir():
        into = place / path.name
        into.mkdir()
    for file in _files(path, _Beside()):
        shutil.copyfile(file, into / file.name)
    return into if path.is_dir() else place / path.name
