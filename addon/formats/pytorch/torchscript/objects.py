# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of a TorchScript archive: its tree of modules, with the names of their tensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....containers.errors import CheckpointError
from ....containers.pickle.records import STATE, Absent, Array, Sparse, Tensor, Thing
from .. import packed_layers
from ..modules import DEEPEST, MOST_MODULES, is_plain


@dataclass
class Tree:
    """`paths` are those of the modules by their ids ("layer1.0.conv1"), `names` those of the tensors by theirs."""

    root: Thing
    paths: dict[int, str] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    modules: list[Thing] = field(default_factory=list)
    tensors: dict[str, Tensor | Array | Sparse | Absent] = field(default_factory=dict)
    settings: dict[str, tuple[str, dict]] = field(default_factory=dict)


def tree(path: Path, root: Any) -> Tree:
    """Raises `CheckpointError` if the archive holds no module."""
    if not _is_object(root):
        raise CheckpointError(path, "a TorchScript archive without a module")
    made = Tree(root)
    ahead = [("", root)]
    while ahead and len(made.paths) < MOST_MODULES:
        name, module = ahead.pop()
        if id(module) in made.paths or name.count(".") > DEEPEST:
            continue
        made.paths[id(module)] = name
        made.modules.append(module)
        _enter(made, name, module)
        ahead += reversed([(_join(name, key), child) for key, child in module.state.items() if _is_object(child)])
    return made


def _is_object(value) -> bool:
    return isinstance(value, Thing) and value.kind.module.startswith("__torch__")


def _enter(made, path, module):
    plain = {}
    for name, value in packed_layers.tensors(module, path).items():
        made.tensors[name] = value
        made.names[id(value)] = name
    for key, value in module.state.items():
        if key == STATE:
            continue
        name = _join(path, key)
        if isinstance(value, (Tensor, Array)):
            made.tensors[name] = value
            made.names.setdefault(id(value), name)
        elif isinstance(value, (list, tuple)):
            made.names.update(
                (id(tensor), f"{name}.{place}")
                for place, tensor in enumerate(value)
                if isinstance(tensor, (Tensor, Array))
            )
        if isinstance(key, str) and not key.startswith("_") and is_plain(value):
            plain[key] = value
    made.settings[path] = module.kind.name, plain


def _join(path, key) -> str:
    return f"{path}.{key}" if path else str(key)
