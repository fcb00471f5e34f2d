# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A folder, a pattern or several files -> what may be checkpoints of one run, and what surely is none."""

from __future__ import annotations

import glob
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ..containers import CheckpointError
from ..containers.natural_order import natural
from ..formats import SUFFIXES
from . import names
from .names import SUFFIX

MOST = 10_000  # files of a run
LARGEST_LIST = 1 << 22  # bytes of TensorFlow's list of checkpoints
ENDS = (*SUFFIXES, ".ckpt", ".tar", ".index", ".tflite", ".pb", ".npz")
PICTURED = (".keras", ".onnx", ".h5", ".hdf5", ".pt", ".pth", ".ckpt", ".safetensors", ".bin", ".index", ".tflite")
SHARD = re.compile(r".*\.data-\d{5}-of-\d{5}|.*-\d{5}-of-\d{5}\.\w+|.*\.ckpt(-\d+)?\.meta", re.IGNORECASE)
TRAINING = re.compile(
    r"(optimizer|optim|scheduler|training_args|scaler|rng_state|random_states)\b.*|.*_optim_states\.pt", re.IGNORECASE
)
UNFINISHED = re.compile(r".*(\.(tmp|temp|part|partial|incomplete|crdownload|lock)|~|\.tempstate\w*)(\.\w+)?", re.I)
MEASURED = re.compile(r".*\.(csv|tsv|jsonl|json|log|txt|yaml|yml|md)|.*tfevents.*", re.IGNORECASE)
IN_FOLDER = ("*.safetensors", "*.bin", "*.keras", "*.h5", "*.pt", "*.pth", "*.onnx", "*.index", "saved_model.pb")
TF_LIST = re.compile(r'^all_model_checkpoint_paths: "((?:[^"\\]|\\.)*)"$', re.MULTILINE)
MOST_BESIDE, DEEPEST = 16, 3  # folders in a folder, and how deep the one with the checkpoints may be


@dataclass
class Candidates:
    """What may be checkpoints, `folder` round them; `left_out` says of others why. `order` is that in which a list of
    TensorFlow's names them, by stem; `instead` are the same checkpoints in other formats,
    `others` what may be a log of the training."""

    folder: Path
    paths: list[Path]
    left_out: dict[Path, str] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)
    instead: dict[Path, list[Path]] = field(default_factory=dict)
    others: list[Path] = field(default_factory=list)


def candidates(given: Iterable[str | Path]) -> Candidates:
    """What may be checkpoints of one run among these files, folders and patterns. Raises `CheckpointError`."""
    listed: list[Path] = []
    folders: list[Path] = []
    asked = [Path(path) for path in given]
    for path in asked:
        if path.is_dir() and (len(asked) == 1 or not _model_folder(path)):
            inside = _inside(path)
            folders.append(inside)
            listed += _entries(inside)
        elif path.exists():
            listed.append(path)
        elif glob.has_magic(str(path)):
            listed += _matching(path)
        else:
            raise CheckpointError(path, "no such file or folder", "check the path")
    if len(listed) > MOST:
        raise CheckpointError(asked[0], f"more than {MOST:,} files", "name fewer, as by a pattern: 'run/epoch_*0.onnx'")
    listed = sorted(dict.fromkeys(listed), key=lambda path: natural(str(path)))
    folder = folders[0] if folders else common(listed or asked)
    found = Candidates(folder, [])
    for path in listed:
        _sort_in(found, path, path.parent in folders)
    for place in {folder, *folders, *(path.parent for path in listed)}:
        found.order |= _tf_list(place / "checkpoint")
    _one_format(found)
    return found


def is_run(path: Path) -> bool:
    """Whether a path is a pattern, or a folder of several checkpoints whose names count something."""
    if not path.is_dir():
        return glob.has_magic(str(path)) and not path.exists()
    try:
        found = candidates([path])
    except (CheckpointError, OSError):
        return False
    numbered = [told for told in names.told([each.name for each in found.paths]) if told.order is not None]
    return len(numbered) > 1


def common(paths: list[Path]) -> Path:
    """The innermost folder that all of these are in; that of the first, where it is the root."""
    first = paths[0].parent
    inside = (folder for folder in (first, *first.parents) if all(path.is_relative_to(folder) for path in paths))
    shared = next(inside, first)
    return shared if shared.name else first


def relative(path: Path, folder: Path) -> str:
    """A path as its name is read: from the folder that all are in."""
    try:
        return path.relative_to(folder).as_posix()
    except ValueError:
        return path.as_posix()


def stem(path: Path) -> str:
    """A name without what says of which format it is."""
    return SUFFIX.sub("", path.name)


def _entries(folder: Path) -> list[Path]:
    held = list(islice((path for path in folder.iterdir() if path.name[:1] != "."), MOST + 1))
    return held


def _inside(folder: Path) -> Path:
    """The folder that holds the checkpoints: itself, or where it holds none the only one inside that does."""
    for _ in range(DEEPEST):
        entries = _entries(folder)
        inner = [path for path in entries if path.is_dir()]
        if len(inner) > MOST_BESIDE or any(_is_candidate(path) for path in entries):
            break
        holding = [path for path in inner if any(map(_is_candidate, _entries(path)))]
        if len(holding) != 1 and len(inner) != 1:
            break
        folder = (holding or inner)[0]
    return folder


def _is_candidate(path: Path) -> bool:
    if path.is_dir():
        return _model_folder(path) and bool(re.search(r"\d", path.name))
    return path.name.lower().endswith(ENDS) and not path.name.lower().endswith(".json")


def _matching(pattern: Path) -> list[Path]:
    held = list(islice(glob.iglob(str(pattern), recursive=True), MOST + 1))
    if not held:
        raise CheckpointError(pattern, "no file matches this pattern", "check the path")
    return [Path(path) for path in held]


def _sort_in(found: Candidates, path: Path, listed: bool) -> None:
    name = path.name
    if path.is_dir():
        if _model_folder(path):
            found.paths.append(path)
        elif not listed:
            found.left_out[path] = "a folder without a model"
    elif UNFINISHED.fullmatch(name):
        found.left_out[path] = "is still being written, by its name"
    elif SHARD.fullmatch(name):
        pass  # a part of the checkpoint whose index is listed
    elif TRAINING.fullmatch(name):
        found.left_out[path] = "what a training keeps for itself (optimizer, schedule), no model"
    elif name.lower().endswith(ENDS) and not name.lower().endswith(".json"):
        found.paths.append(path)
    elif name == "checkpoint" and listed:
        pass  # TensorFlow's list of checkpoints
    elif MEASURED.fullmatch(name) and listed:
        found.others.append(path)
    elif not path.is_file():
        found.left_out[path] = "not a regular file"
    elif re.search(r"\d", name) and not path.suffix[1:].isalpha():
        found.paths.append(path)  # as "model.ckpt-630" of TensorFlow 1: its content tells
    else:
        found.left_out[path] = "not a model, by its name"


def _model_folder(folder: Path) -> bool:
    """Whether a folder holds a model, as those of Hugging Face and SavedModel do."""
    held = [path.name for path in islice(folder.iterdir(), 1 << 12)]
    return any(Path(name).match(pattern) for pattern in IN_FOLDER for name in held)


def _tf_list(path: Path) -> dict[str, int]:
    """The order in which TensorFlow's list of checkpoints names them."""
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_LIST).decode("utf-8", "replace")
    except OSError:
        return {}
    return {Path(name).name: number for number, name in enumerate(TF_LIST.findall(text)[:MOST])}


def _one_format(found: Candidates) -> None:
    """Of one checkpoint in several formats the format that most are in is kept."""
    alike: dict[tuple[Path, str], list[Path]] = {}
    for path in found.paths:
        alike.setdefault((path.parent, stem(path)), []).append(path)
    count = Counter(_format(path) for path in found.paths)

    def rank(path: Path) -> tuple:
        form = _format(path)
        return -count[form], PICTURED.index(form) if form in PICTURED else len(PICTURED)

    for paths in alike.values():
        best, *others = sorted(paths, key=rank)
        found.instead[best] = others
        for other in others:
            found.paths.remove(other)
            found.left_out[other] = f"the same checkpoint as {best.name}, in another format"


def _format(path: Path) -> str:
    return "/" if path.is_dir() else path.suffix.lower()
