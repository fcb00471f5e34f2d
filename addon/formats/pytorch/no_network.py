# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pickles that hold numbers and no network: models of other libraries, states of optimizers, curves of a training."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...containers.errors import CheckpointError
from ...containers.natural_order import brief
from ...containers.pickle.records import Absent, Array, Sparse, Tensor, Thing
from ..foreign import pickles
from ..foreign.magic import PADDLE

OF_PADDLE = "StructuredToParameterName@@"
OPTIMIZER_KEYS = {"state", "param_groups"}
# What numbers of a training are called, at the end of their names.
MEASURE = re.compile(
    r"(.*[_.\- ])?(loss(es)?|acc(uracy|uracies)?|lrs?|learning_rates?|epochs?|steps?|iterations?|metrics?|history|"
    r"errors?|auc|f1|psnr|ssim|mae|mse|rmse|iou|bleu|rewards?|returns?|times?|perplexity)(_?\d+|_?(curve|history|list|log)s?)?",
    re.IGNORECASE,
)
OPEN_THE_MODEL = "open the checkpoint of the model"
MOST_LOOKED_AT = 1000  # values of a dict or list


def check(path: Path, data: Any) -> None:
    """Raises `CheckpointError` for what is known to be no network of PyTorch: an object of another library, weights of
    PaddlePaddle, the state of an optimizer."""
    for value in (data, *_inside(data)):
        if isinstance(value, Thing) and (kind := pickles.known(value.kind.module, value.kind.name)):
            if value is data or not any(_is_tensors(other) for other in _inside(data)):
                raise CheckpointError(path, kind.name, kind.advice)
    if isinstance(data, dict) and OF_PADDLE in data:
        raise CheckpointError(path, PADDLE.name, PADDLE.advice)
    if is_optimizer(data):
        raise of_optimizer(path)


def of_optimizer(path: Path) -> CheckpointError:
    """The error for a file whose numbers are those of an optimizer."""
    return CheckpointError(path, "the state of an optimizer, not a network", OPEN_THE_MODEL)


def is_optimizer(data: Any) -> bool:
    """Whether a value is an optimizer, or what `optimizer.state_dict()` gives."""
    held = data.state if isinstance(data, Thing) else data
    return isinstance(held, dict) and OPTIMIZER_KEYS <= held.keys()


def check_lists(path: Path, data: Any) -> None:
    """Raises `CheckpointError` for measurements of a training in lists of numbers."""
    names = [key for key, value in data.items() if _is_list(value)] if isinstance(data, dict) else []
    if names and all(isinstance(name, str) and MEASURE.fullmatch(name) for name in names):
        raise CheckpointError(path, f"measurements of a training ({_few(names)}), not a network", OPEN_THE_MODEL)


def _is_list(value) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(part, (int, float)) for part in value)


def check_tensors(path: Path, tensors: Mapping[str, Tensor | Array | Sparse | Absent]) -> None:
    """Raises `CheckpointError` where all that there is are measurements of a training: rows of numbers that are called
    "train_loss", "val_acc"."""
    shown = [name for name, tensor in tensors.items() if not isinstance(tensor, Absent)]
    if not shown or any(not is_measure(name, tensors[name]) for name in shown):
        return
    raise CheckpointError(path, f"measurements of a training ({_few(shown)}), not a network", OPEN_THE_MODEL)


def is_measure(name: str, tensor) -> bool:
    """Whether a tensor is a number or a row of them, and called as what a training measures or counts."""
    return len(getattr(tensor, "shape", ())) < 2 and any(MEASURE.fullmatch(part) for part in name.split("."))


def _few(names: Iterable[str]) -> str:
    names = [brief(name, 40) for name in names]
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _inside(data) -> Iterator[Any]:
    values = data.values() if isinstance(data, dict) else data if isinstance(data, (list, tuple)) else ()
    yield from list(values)[:MOST_LOOKED_AT]


def _is_tensors(value) -> bool:
    """Whether a value is a tensor, a module, or holds such."""
    if isinstance(value, Thing):
        return "_parameters" in value.state
    return isinstance(value, (Tensor, Array, Sparse)) or any(
        isinstance(part, (Tensor, Array)) for part in _inside(value)
    )
