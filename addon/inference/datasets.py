# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many samples: files, a folder of them (by class in folders of their own), or arrays; with what is right for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..containers import CheckpointError, zip_archive
from ..containers.natural_order import natural
from ..network import Network
from . import labels as of_labels
from . import pictures, sound
from .files import SUFFIXES, fit_file
from .inputs import ARRAYS, Fitted, fit_named, load_arrays
from .samples import answers_of, samples_of

PAIRS = (("x", "y"), ("x_test", "y_test"), ("images", "labels"), ("x_train", "y_train"))
MOST = 100_000  # files of a folder
KINDS_OF_FILES = (pictures.SUFFIXES, sound.SUFFIXES, ARRAYS)
BESIDE = ("labels.csv", "labels.txt", "labels.json", "labels.tsv")


@dataclass(frozen=True)
class DataSet:
    """Samples by their `names`; `paths` say from which file each comes. `answers` (n,) int64 are classes, None where
    nobody says what is right. `read` gives one as a network reads it."""

    path: Path
    names: list[str]
    paths: list[Path]
    read: Callable[[int], list[Fitted]] = field(repr=False)
    answers: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.names)

    def batch(self, begin: int, count: int) -> list[dict[str, np.ndarray]]:
        """What a network reads of so many samples from one on, as far as there are, by the names of its inputs."""
        places = range(begin, min(begin + count, len(self)))
        return [{fitted.name: fitted.array for fitted in self.read(place)} for place in places]

    def some(self, kept: Sequence[int]) -> DataSet:
        """The same with these samples."""
        read = self.read
        return DataSet(
            self.path,
            [self.names[place] for place in kept],
            [self.paths[place] for place in kept],
            lambda place: read(kept[place]),
            None if self.answers is None else self.answers[list(kept)],
        )


def is_data(path: Path) -> bool:
    """Whether a file or folder holds a data set, by its names alone: a folder, frames, or arrays called x."""
    if path.is_dir():
        return True
    if path.suffix.lower() != ".npz" or not path.is_file():
        return path.is_file() and pictures.frames_of(path) > 1
    try:
        names = {name.removesuffix(".npy") for name in zip_archive.archive(path).members}
    except (CheckpointError, OSError):  # said where it is read
        return False
    return any(pair[0] in names for pair in PAIRS)


def scores_spec(network: Network):
    """The first output of one vector of floats a sample, None where there is none."""
    for spec in network.outputs:
        if np.dtype(spec.dtype).kind == "f" and spec.shape and len(spec.shape) == 2 and (spec.shape[-1] or 0) > 1:
            return spec
    return None


def classes_of(network: Network) -> tuple[int, list[str]]:
    """How many classes a network gives, 0 if it gives no scores; and their names, if it says them."""
    spec = scores_spec(network)
    count = int(spec.shape[-1]) if spec else 0
    return count, network.classes if len(network.classes) == count else []


def open_data(given: Sequence[str | Path], network: Network, labels: str | Path | None = None) -> DataSet:
    """The samples of files and folders in order. `labels` is a file that says what is right (see `labels`); else a
    .npz with y, folders named by classes, or a file labels.csv (.txt, .json) in a folder does. Raises
    `CheckpointError`."""
    paths = [Path(path) for path in given]
    parts = [_of_folder(path, network) if path.is_dir() else _of_file(path, network) for path in paths]
    starts = np.cumsum([0, *(len(part) for part in parts)])

    def read(place: int) -> list[Fitted]:
        which = int(np.searchsorted(starts, place, "right")) - 1
        return parts[which].read(place - int(starts[which]))

    names = [name for part in parts for name in part.names]
    known = [part.answers for part in parts if part.answers is not None]
    answers = np.concatenate(known) if len(known) == len(parts) else None
    if not names:
        raise CheckpointError(paths[0], "holds no samples", "put pictures or arrays into it")
    if labels:
        answers = _answers(Path(labels), names, network)
    return DataSet(paths[0], names, [path for part in parts for path in part.paths], read, answers)


def _answers(path: Path, names: Sequence[str], network: Network) -> np.ndarray:
    count, classes = classes_of(network)
    if not count:
        raise CheckpointError(network.checkpoint.path, "gives no scores of classes, so labels say nothing")
    return of_labels.answers(path, of_labels.read_labels(path), names, classes, count)


def _of_file(path: Path, network: Network) -> DataSet:
    if path.suffix.lower() == ".npz" and path.is_file():
        made = _of_arrays(path, network)
        if made is not None:
            return made
    frames = pictures.frames_of(path) if path.is_file() else 1
    names = [path.name] if frames == 1 else [f"{path.name} {frame + 1}" for frame in range(frames)]
    return DataSet(path, names, [path] * frames, lambda frame: fit_file(path, network, frame))


def _of_arrays(path: Path, network: Network) -> DataSet | None:
    """The samples in the arrays of a file, along their first axis; None where it holds one sample."""
    arrays = load_arrays(path)
    pair = next((pair for pair in PAIRS if pair[0] in arrays), None)
    shapes = {spec.name: spec.shape for spec in network.inputs}
    if pair and pair[0] not in shapes and len(shapes) == 1:
        (spec,) = network.inputs
        x = samples_of(path, pair[0], arrays[pair[0]], spec)
        y = arrays.get(pair[1])
        if y is not None and len(y) != len(x):
            raise CheckpointError(path, f"has {len(x):,} samples in '{pair[0]}', but {len(y):,} answers in '{pair[1]}'")
        answers = None if y is None else _checked(path, answers_of(path, pair[1], y), network)
        note = "pixels of 8 bits over 255" if arrays[pair[0]].dtype == np.uint8 else "as it is"
        return _rows(path, len(x), lambda at: [Fitted(spec.name, x[at : at + 1], note)], answers)
    given = {name: array for name, array in arrays.items() if name in shapes}
    if len(shapes) == len(arrays) == 1:
        given = dict(zip(shapes, arrays.values(), strict=True))
    counts = {
        len(array)
        for name, array in given.items()
        if (shape := shapes[name]) and array.ndim in (len(shape), len(shape) - 1) and _many(array, shape)
    }
    if len(counts) != 1:
        return None
    (count,) = counts
    y = next((arrays[name] for name in ("y", "labels") if name in arrays and name not in shapes), None)
    answers = None if y is None or len(y) != count else _checked(path, answers_of(path, "y", y), network)
    return _rows(
        path,
        count,
        lambda at: fit_named(path, {name: np.ascontiguousarray(array[at]) for name, array in given.items()}, network),
        answers,
    )


def _rows(path, count, read, answers) -> DataSet:
    return DataSet(path, [f"{path.name} {at + 1}" for at in range(count)], [path] * count, read, answers)


def _checked(path, answers: np.ndarray, network: Network) -> np.ndarray | None:
    """Answers that are classes; None where they are other numbers."""
    count, _ = classes_of(network)
    if answers.dtype.kind == "f" and answers.ndim == 2 and answers.shape[1] == count:
        answers = answers.argmax(1)
    if answers.ndim != 1 or answers.dtype.kind != "i" or not count:
        return None
    if answers.max(initial=0) >= count:
        raise CheckpointError(
            path, f"has the class {answers.max()}, and the network gives {count:,}", "check that it is its data"
        )
    return answers


def _many(array: np.ndarray, shape) -> bool:
    """Whether an array holds several samples of an input of this shape (batch first)."""
    sample = tuple(shape[1:])
    return len(array) > 1 and array.shape[1:] in (sample, tuple(size for size in sample if size != 1))


def _of_folder(folder: Path, network: Network) -> DataSet:
    inside = _sorted(folder)
    own = _inputs(inside)
    classes = [(sub, _inputs(_sorted(sub))) for sub in ([] if own else inside) if sub.is_dir()]
    classes = [(sub, files) for sub, files in classes if files]
    files = own or [each for _, some in classes for each in some]
    if len(files) > MOST:
        raise CheckpointError(folder, f"holds {len(files):,} files, at most {MOST:,} are read", "name fewer")
    if not files:
        raise CheckpointError(folder, "holds no samples", "put pictures or arrays into it")
    names = [str(each.relative_to(folder)) for each in files]
    answers = None
    beside = next((folder / name for name in BESIDE if (folder / name).is_file()), None)
    if beside:
        answers = _answers(beside, names, network)
    elif classes:
        count, known = classes_of(network)
        if count:
            order = known or ([sub.name for sub, _ in classes] if len(classes) == count else [])
            places = of_labels.places_of(order)
            each = [of_labels.class_of(folder, sub.name, places, count) for sub, _ in classes]
            answers = np.repeat(np.array(each, np.int64), [len(some) for _, some in classes])
    return DataSet(folder, names, files, lambda place: fit_file(files[place], network), answers)


def _sorted(folder: Path) -> list[Path]:
    """What lies in a folder, in the order in which people count."""
    try:
        inside = [each for each in folder.iterdir() if not each.name.startswith(".")]
    except OSError as error:
        raise CheckpointError(folder, f"cannot be read ({error.strerror})", "check the folder") from error
    return sorted(inside, key=lambda each: natural(each.name))


def _inputs(paths: list[Path]) -> list[Path]:
    """The inputs among these files, all of one kind: where pictures lie beside a file of arrays, that is no picture."""
    files = [each for each in paths if each.suffix.lower() in SUFFIXES and each.is_file()]
    kinds = [[each for each in files if each.suffix.lower() in kind] for kind in KINDS_OF_FILES]
    return max(kinds, key=len)
