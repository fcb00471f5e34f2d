# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of a TorchScript archive: its tree of modules, with the names of their tensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....containers.errors import CheckpointError
from ....containers.pickle.records import STATE, Array, Tensor, Thing
from .. import packed_layers
from ..modules import DEEPEST, MOST_MODULES, is_plain


@dataclass
class Tree:
    """`paths` are those of the modules by their ids ("layer1.0.conv1"), `names` those of the tensors by theirs."""

    root: Thing
    paths: dict[int, str] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    modules: list[Thing] = field(default_factory=list)
    tensors: dict[str, Tensor | Array] = field(default_factory=dict)
    settings: dict[str, tuple[str, dict]] = field(default_factory=dict)


def tree(path: Path, root: Any) -> Tree:
    """Raises `CheckpointError` if the archive holds no module."""
    if not _is_object(root):
        raise CheckpointError(path, "a TorchScript archive without a module")
    found, ahead = Tree(root), [("", root)]
    while ahead and len(found.paths) < MOST_MODULES:
        name, module = ahead.pop()
        if id(module) in found.paths or name.count(".") > DEEPEST:
            continue
        found.paths[id(module)] = name
        found.modules.append(module)
        _enter(found, name, module)
        ahead += reversed([(_join(name, key), child) for key, child in module.state.items() if _is_object(child)])
    return found


def _is_object(found) -> bool:
    return isinstance(found, Thing) and found.kind.module.startswith("__torch__")


def _enter(found, path, module):
    plain = {}
    for name, value in packed_layers.tensors(module, path).items():
        found.tensors[name] = value
        found.names[id(value)] = name
    for key, value in module.state.items():
        if key == STATE:
            continue
        name = _join(path, key)
        if isinstance(value, (Tensor, Array)):
            found.tensors[name] = value
            found.names.setdefault(id(value), name)
        elif isinstance(value, (list, tuple)):
            found.names.update(
                (id(one), f"{name}.{place}") for place, one in enumerate(value) if isinstance(one, (Tensor, Array))
            )
        if isinstance(key, str) and not key.startswith("_") and is_plain(value):
            plain[key] = value
    found.settings[path] = module.kind.name, plain


def _join(path, key) -> str:
    return f"{path}.{key}" if path else str(key)
