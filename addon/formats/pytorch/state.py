# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The weights among all that a checkpoint holds: a state dict, one inside a training checkpoint, a pickled module."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

from onnx import TensorProto

from ...containers.errors import CheckpointError
from ...containers.natural_order import brief
from ...containers.pickle.records import Absent, Array, Sparse, Tensor, Thing
from ...containers.stored import Stored
from ..weights import Weights, config_beside
from . import modules, no_network, packed_layers
from .modules import TENSORS
from .saved_files import Saved
from .storages import Storages, UnsupportedError

OF_TRANSFORMERS = re.compile(r"(pytorch|adapter|diffusion_pytorch)_model.*\.bin")  # a config.json beside it is its own
FORMAT, PRODUCER = "pytorch", "PyTorch"
# What holds a model in training checkpoints, the likeliest first; "ema" and the like are smoothed copies of it.
HOLDERS = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "net",
    "network",
    "module",
    "weights",
    "params",
    "parameters",
    "generator",
    "model_ema",
    "ema_state_dict",
    "state_dict_ema",
    "params_ema",
    "ema",
)
# What networks are called that stand beside the model: those that it was trained against, and those of one another.
OPPONENTS = ("d", "dis", "disc", "discriminator", "critic", "critics", "target", "teacher", "q_target", "target_critic")
ALONE = ("g", "gen", "generator", "actor", "policy", "student", "q", "value", "agent")
MOST_SAID = 16  # parts that are named
TRAINING = ("optim", "sched", "scaler", "grad", "momentum", "callback", "rng", "hyper", "args", "config", "loops")
PREFIXES = ("module.", "_orig_mod.")
DEEPEST, MOST_HELD = 4, 1 << 20
LONGEST_KEY = 1000  # characters
COUNTERS = {number for name, number in TensorProto.DataType.items() if "INT" in name}


@dataclass
class Found:
    """Tensors by name, the module that they are of if the file has one, and what was left out.

    `parts` are the models in the file with how many numbers each has, where there are several; `part` is the one that
    this is, "" for what is not one of them alone.
    """

    tensors: dict[str, Tensor | Array | Sparse | Absent]
    module: Thing | None = None
    left: dict[str, tuple[str, int]] = field(default_factory=dict)  # key in the file -> what it is, numbers of tensors
    parts: dict[str, int] = field(default_factory=dict)
    part: str = ""
    chosen: list[_Held] = field(default_factory=list, repr=False)  # what these tensors are of
    unread: int = 0  # bytes of numbers in the file that belong to none of these

    def notes(self) -> list[str]:
        """What of the file is left out or not shown, in words."""
        said = [
            f"{what} left out ({numbers:,} numbers in '{brief(key)}')" for key, (what, numbers) in self.left.items()
        ]
        inside = sorted({brief(name) for name in modules.beside(self.module)}) if self.module else []
        if inside:
            said.append(
                "modules and tensors in plain lists, tuples or dicts, which PyTorch does not count as "
                f"parameters, are shown too: {', '.join(inside[:MOST_SAID])}"
                + (" and more" if len(inside) > MOST_SAID else "")
            )
        loose = modules.loose(self.module) if self.module else []
        if loose:
            said.append(
                f"tensors in attributes of modules, neither parameters nor buffers, are not shown: "
                f"{', '.join(map(brief, loose[:MOST_SAID]))}" + (" and more" if len(loose) > MOST_SAID else "")
            )
        functions = modules.functions(self.module) if self.module else []
        if functions:
            said.append(
                f"functions in attributes of modules, of which the file does not say where they are called: "
                f"{', '.join(map(brief, functions[:MOST_SAID]))}" + (" and more" if len(functions) > MOST_SAID else "")
            )
        if self.unread:
            said.append(f"{self.unread:,} bytes of numbers in the file belong to nothing that is shown or named here")
        return said


def weights(path: Path, saved: Saved, held: Found) -> Weights:
    """The weights that torch.save wrote. Raises `CheckpointError` if there are none."""
    kept, notes = stored_weights(saved.storages, _without_prefix(held.tensors))
    if not kept:
        raise CheckpointError(
            path,
            "holds no tensors that can be shown" if notes else "holds no tensors",
            "is this a checkpoint of a model?",
        )
    notes += held.notes()
    return Weights(
        path,
        FORMAT,
        kept,
        producer=PRODUCER,
        config=config_beside(path, notes) if OF_TRANSFORMERS.fullmatch(path.name) else {},
        notes=notes,
        part=held.part,
        parts=held.parts,
        modules=modules.settings(held.module) if held.module else {},
    )


def stored_weights(
    storages: Storages, tensors: dict[str, Tensor | Array | Sparse | Absent]
) -> tuple[list[Stored], list[str]]:
    """Tensors as they are stored, counters left out; and what is not shown, in words. Raises `CheckpointError`."""
    kept, notes = [], []
    for name, tensor in packed_layers.without_settings(tensors).items():
        try:
            kept += _stored(storages, name, tensor)
        except UnsupportedError as reason:
            notes.append(f"'{name[:80]}' is not shown: it is {reason}")
    return kept, _few(notes)


def _few(notes, most=5):
    return notes if len(notes) <= most else [*notes[:most], f"{len(notes) - most:,} more tensors are not shown"]


def _stored(storages, name, tensor) -> list[Stored]:
    """A tensor; nothing for a counter."""
    if isinstance(tensor, Absent):
        raise UnsupportedError(tensor.reason)
    stored = storages.stored(name, tensor)
    return [] if not stored.shape and stored.data_type in COUNTERS else [stored]


def find(path: Path, saved: Saved, part: str = "") -> Found:
    """The weights in what torch.save was given; of several models in it this `part`, or the likeliest.

    Raises `CheckpointError` where there is no such part.
    """
    no_network.check(path, saved.data)
    held = _held(saved.data)
    if held is None:
        if part:
            raise CheckpointError(path, f"has no part '{brief(part)}'", "it has no parts")
        no_network.check_lists(path, saved.data)
        return Found({}, unread=saved.storages.unread([]))
    if held.of_optimizers:
        raise no_network.of_optimizer(path)
    parts = dict(_parts(held))
    if part and part not in parts:
        raise CheckpointError(
            path,
            f"has no part '{brief(part)}'",
            f"its parts are: {', '.join(map(brief, list(parts)[:MOST_SAID]))}" if parts else "it has no parts",
        )
    model = _find(parts[part] if part else held)
    if part:
        chosen = parts[part]
        model.left = {f"{part}.{key}": more for key, more in model.left.items()}
        model.left |= {name: (other.what(name), other.numbers) for name, other in parts.items() if other is not chosen}
    elif len(model.chosen) == 1:
        part = next((name for name, inner in parts.items() if inner is model.chosen[0]), "")
    if len(parts) > 1 or parts and not part:
        model.parts, model.part = {name: inner.numbers for name, inner in parts.items()}, part
    no_network.check_tensors(path, model.tensors)
    model.unread = saved.storages.unread(held.all())
    return model


def _parts(held: _Held, path: str = "") -> Iterator[tuple[str, _Held]]:
    """The models in what a checkpoint holds, by the keys that lead to them."""
    for key, inner in held.inside.items():
        name = f"{path}.{key}" if path else key
        if inner.is_training(key) or not inner.is_model:
            continue
        inside = [] if inner.tensors or inner.module else list(_parts(inner, name))
        if len(inside) > 1:
            yield from inside
        else:
            yield name, inside[0][1] if inside else inner


def _find(held: _Held) -> Found:
    chosen = _choose(held)
    if not chosen:
        left = {key: (inner.what(key), inner.numbers) for key, inner in held.inside.items()}
        return Found(held.tensors, held.module, left, chosen=[held])
    joined = Found(dict(held.tensors) if isinstance(held.data, (list, tuple)) else {})
    left = {}
    for key, value in held.inside.items():
        if key not in chosen:
            left[key] = value.what(key), value.numbers
            continue
        inner = _find(value)
        prefix = f"{key}." if len(chosen) > 1 or joined.tensors else ""
        joined.tensors.update((prefix + name, tensor) for name, tensor in inner.tensors.items())
        joined.module = inner.module if len(chosen) == 1 else None
        joined.chosen += inner.chosen
        left.update((f"{key}.{name}", more) for name, more in inner.left.items())
    return Found(
        joined.tensors, joined.module, {key: more for key, more in left.items() if more[1]}, chosen=joined.chosen
    )


def _choose(held: _Held) -> list[str]:
    """Which entries of a checkpoint are the model: the likeliest by its key, else all that are not of the training.

    None if it is a state dict itself: if most of its numbers lie in tensors that are its own.
    """
    keys = {key.lower(): key for key in held.inside}
    likely = next((keys[name] for name in HOLDERS if name in keys), None)
    own = sum(prod(tensor.shape) for tensor in held.tensors.values() if not isinstance(tensor, Absent))
    if likely is not None and own <= held.inside[likely].numbers:
        return [likely]
    able = [key for key, inner in held.inside.items() if not inner.is_training(key)]
    if held.is_dict and own >= sum(held.inside[key].numbers for key in able):
        return []
    chosen, shapes = [], []
    for key in able or list(held.inside):
        same = held.inside[key].signature()
        if same not in shapes:  # else a copy, as of a moving average
            chosen.append(key)
            shapes.append(same)
    if len(chosen) > 1 and any(_stands_alone(key, held.inside[key]) for key in chosen):
        fitting = [key for key in chosen if not is_opponent(key)] or chosen
        return [max(fitting, key=lambda key: held.inside[key].numbers)]
    return chosen


def _stands_alone(key: str, held: _Held) -> bool:
    """Whether what a key holds is a network beside others, not a part of one: by what it is called, or since it is a
    list of whole modules."""
    return is_opponent(key) or _plain(key) in ALONE


def is_opponent(key: str) -> bool:
    """Whether a key names a network beside the model: a critic, a teacher, a discriminator."""
    return _plain(key) in OPPONENTS


def _plain(key: str) -> str:
    """A key without what says only that it holds a model: netD_state_dict -> d."""
    name = key.lower()
    for word in ("state_dict", "statedict", "state", "weights", "params", "model", "net", "module"):
        name = name.removesuffix(word).strip("_.-")
        name = name.removeprefix(word).strip("_.-")
    return name.rstrip("0123456789_")


@dataclass
class _Held:
    """What a value of a checkpoint holds: tensors themselves, or others that do."""

    data: Any
    tensors: dict[str, Tensor | Array | Sparse | Absent] = field(default_factory=dict)
    inside: dict[str, _Held] = field(default_factory=dict)
    module: Thing | None = None

    def all(self) -> Iterator[Tensor | Array | Sparse | Absent]:
        """Every tensor in it."""
        yield from self.tensors.values()
        for inner in self.inside.values():
            yield from inner.all()

    @property
    def is_dict(self) -> bool:
        return bool(self.tensors) and not isinstance(self.data, (list, tuple))

    @property
    def numbers(self) -> int:
        own = sum(prod(tensor.shape) for tensor in self.tensors.values() if not isinstance(tensor, Absent))
        return own + sum(inner.numbers for inner in self.inside.values())

    def is_training(self, key: str) -> bool:
        """Whether this is of the training, not of the model."""
        return self.is_optimizer or any(word in key.lower() for word in TRAINING)

    @property
    def is_optimizer(self) -> bool:
        """Whether it is what an optimizer keeps, or an optimizer: its groups of parameters stand beside."""
        return no_network.is_optimizer(self.data)

    @property
    def of_optimizers(self) -> bool:
        """Whether its numbers are those of optimizers, and counts beside them."""
        if self.is_optimizer:
            return True
        beside = all(no_network.is_measure(name, tensor) for name, tensor in self.tensors.items())
        return bool(self.inside) and beside and all(inner.of_optimizers for inner in self.inside.values())

    def what(self, key: str) -> str:
        optimizer = "optim" in key.lower() or self.is_optimizer
        model = self.is_model and not self.is_training(key)
        return "optimizer state" if optimizer else "another model" if model else "what is not the model"

    @property
    def is_model(self) -> bool:
        """Whether it may be one: whether it has a matrix."""
        own = (len(tensor.shape) > 1 for tensor in self.tensors.values() if not isinstance(tensor, Absent))
        return any(own) or any(inner.is_model for inner in self.inside.values())

    def signature(self) -> frozenset:
        own = {(name, getattr(tensor, "shape", ())) for name, tensor in self.tensors.items()}
        return frozenset(own | {(key, inner.signature()) for key, inner in self.inside.items()})


def _held(data, depth: int = 0, budget: list[int] | None = None) -> _Held | None:
    """What a value holds, a few levels deep; None for what holds no tensors."""
    budget = [MOST_HELD] if budget is None else budget
    if isinstance(data, TENSORS):
        return _Held(data, {"tensor": data})
    if modules.is_module(data):
        return _Held(data, modules.tensors(data), module=data)
    if depth > DEEPEST:
        return None
    held = _Held(data)
    for key, value in _entries(data):
        budget[0] -= 1
        if budget[0] < 0:
            break
        if isinstance(value, TENSORS):
            held.tensors[key] = value
        elif parts := packed_layers.tensors(value, key):
            held.tensors.update(parts)
        elif (inner := _held(value, depth + 1, budget)) is not None:
            held.inside[key] = inner
    return held if held.tensors or held.inside else None


def _entries(data) -> Iterator[tuple[str, Any]]:
    if isinstance(data, Thing):
        data = data.items if data.items else data.state
    if isinstance(data, dict):
        yield from ((str(key)[:LONGEST_KEY], value) for key, value in data.items() if isinstance(key, (str, int)))
    elif isinstance(data, (list, tuple)):
        yield from ((str(place), value) for place, value in enumerate(data))


def _without_prefix(tensors: dict) -> dict:
    """Without what wrappers (DataParallel, torch.compile) put before every name."""
    while tensors and (common := [prefix for prefix in PREFIXES if all(name.startswith(prefix) for name in tensors)]):
        tensors = {name.removeprefix(common[0]): tensor for name, tensor in tensors.items()}
    return tensors
