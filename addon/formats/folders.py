# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders that are given in place of a file: a model's own folder stands for its model."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from ..containers import stopping
from ..containers.errors import CheckpointError
from ..containers.natural_order import brief, natural
from . import foreign

# What holds the model in a folder of Hugging Face's libraries, the likeliest first.
USUAL = (
    "model.safetensors.index.json",
    "model.safetensors",
    "pytorch_model.bin.index.json",
    "pytorch_model.bin",
    "diffusion_pytorch_model.safetensors.index.json",
    "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model.bin",
    "adapter_model.safetensors",
    "adapter_model.bin",
    "model.keras",
    "model.weights.h5",
    "tf_model.h5",
)
SETTINGS = ("config.json", "adapter_config.json", "model_index.json", "metadata.json")
TF_LIST = "checkpoint"  # of TensorFlow, which says which of a folder is the last
TFJS = "model.json"  # of TensorFlow.js, with shards beside it
ARRAYS = "network.json"  # of `export --arrays`, with weights and activations beside it
SAVED_MODEL = ("saved_model.pb", "saved_model.pbtxt")
# Files of a training that are no models, and shards, for which their index stands.
BESIDE = re.compile(
    r"(optimizer|scheduler|training_args|scaler|rng_state|random_states).*|.*-\d{5}-of-\d{5}(\..*)?|.*\.meta",
    re.IGNORECASE,
)
ARRAYS_ALONE = (".npz", ".npy")
MOST_LOOKED_AT, MOST_SAID, MOST_ASKED = 4096, 8, 64


def model_in(folder: Path, is_model: Callable[[Path], bool]) -> Path:
    """The one model in a folder. `is_model` tells whether a file can be opened.

    Raises `CheckpointError` where the folder is a model of another kind, and where it holds none or several models:
    these are listed.
    """
    package = folder / "Data" / "com.apple.CoreML" / "model.mlmodel"
    if package.is_file() and is_model(package):
        return package
    _refuse_others(folder)
    inside = _files(folder)
    names = {path.name: path for path in inside}
    whole = next(
        (names[name] for name in (*SAVED_MODEL, TF_LIST, TFJS) if name in names and is_model(names[name])), None
    )
    if whole is not None:
        return whole
    if ARRAYS in names and is_model(names[ARRAYS]):
        return names[ARRAYS]
    if any(name in names for name in SETTINGS):
        usual = next((names[name] for name in USUAL if name in names and is_model(names[name])), None)
        if usual is not None:
            return usual
    models = [path for path in inside if not BESIDE.fullmatch(path.name) and is_model(path)]
    models = [path for path in models if path.suffix.lower() not in ARRAYS_ALONE] or models
    if len(models) == 1:
        return models[0]
    below = [] if models else [path for path in _below(folder) if not BESIDE.fullmatch(path.name) and is_model(path)]
    listed = [str(path.relative_to(folder)) for path in models or below]
    if not listed:
        _refuse_foreign(folder, inside)
        raise CheckpointError(folder, "a folder without a model that can be opened", "name the file itself")
    said = ", ".join(map(brief, listed[:MOST_SAID])) + (
        f" and {len(listed) - MOST_SAID:,} more" if len(listed) > MOST_SAID else ""
    )
    problem = "a folder of several models" if len(listed) > 1 else "a folder with a model in a folder of it"
    raise CheckpointError(folder, problem, f"open one of {said}" if len(listed) > 1 else f"open {said}")


def _refuse_others(folder):
    if (folder / "Data" / "com.apple.CoreML").is_dir():
        raise CheckpointError(folder, "a Core ML model without its model.mlmodel", "fetch it again")
    if (folder / "coremldata.bin").is_file():
        raise CheckpointError(folder, "a Core ML model that is compiled", "open the .mlpackage that it was made of")


def _refuse_foreign(folder, inside):
    """Raises `CheckpointError` for a folder with a model of another format, which is named."""
    for path in inside[:MOST_ASKED]:
        with path.open("rb") as file:
            head = file.read(foreign.HEAD)
        try:
            kind = foreign.named(head, path) if head else None
        except CheckpointError:
            continue
        if kind is not None and kind.is_model:
            raise CheckpointError(folder, f"a folder with {brief(path.name)}, {kind.name}", kind.advice)


def _files(folder) -> list[Path]:
    """The files in a folder, in their natural order; hidden ones are left out."""
    return [path for path in _entries(folder) if path.is_file()]


def _entries(folder) -> list[Path]:
    """What is in a folder, in its natural order, as far as it is looked at; what is hidden is left out."""
    held = islice(folder.iterdir(), MOST_LOOKED_AT)
    return sorted((path for path in held if path.name[:1] != "."), key=lambda path: natural(path.name))


def _below(folder) -> list[Path]:
    """The files in the folders of a folder, as pipelines of several networks have them."""
    held: list[Path] = []
    for inner in _entries(folder):
        stopping.check()
        if inner.is_dir() and len(held) < MOST_LOOKED_AT:
            held += _files(inner)
    return held
