# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pickled modules (torch.save of a whole nn.Module): their tree, tensors and settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import packed
from .records import Absent, Array, Sparse, Tensor, Thing

DEEPEST, MOST_MODULES, MOST_SETTING = 64, 1 << 18, 64
PLAIN = (bool, int, float, str)
TENSORS = (Tensor, Array, Sparse, Absent)


def is_module(found: Any) -> bool:
    return isinstance(found, Thing) and isinstance(found.state.get("_modules"), dict) and isinstance(
        found.state.get("_parameters"), dict)


def walk(root: Thing) -> Iterator[tuple[str, Thing]]:
    """Every module of a tree with its path ("layer1.0.conv1"), in the order of the file; each once, so circles end."""
    seen, ahead = set(), [("", root)]
    while ahead and len(seen) < MOST_MODULES:
        path, module = ahead.pop()
        if id(module) in seen or path.count(".") > DEEPEST:
            continue
        seen.add(id(module))
        yield path, module
        inside = [(f"{path}.{name}" if path else str(name), child)
                  for name, child in module.state["_modules"].items() if is_module(child)]
        ahead += reversed(inside)


def tensors(root: Thing) -> dict[str, Tensor | Array | Sparse | Absent]:
    """The parameters and buffers of a tree of modules, by the names that a state dict has for them; those that are
    packed as before they were quantised."""
    found = {}
    for path, module in walk(root):
        for held in (module.state["_parameters"], module.state.get("_buffers")):
            for name, value in held.items() if isinstance(held, dict) else ():
                if isinstance(value, TENSORS):
                    found[f"{path}.{name}" if path else str(name)] = value
        for name, value in (*module.state.items(), *module.state["_modules"].items()):
            if isinstance(value, Thing) and isinstance(name, str):
                found.update(packed.tensors(value, f"{path}.{name}" if path else name))
    return found


def settings(root: Thing) -> dict[str, tuple[str, dict]]:
    """The class of every module, and its attributes that are plain values: numbers, text, tuples of these."""
    return {path: (module.kind.name, {name: value for name, value in module.state.items()
                                      if isinstance(name, str) and not name.startswith("_") and is_plain(value)})
            for path, module in walk(root)}


def is_plain(value) -> bool:
    """Whether a value is a number, a text, nothing, or a short list of these."""
    if isinstance(value, (tuple, list)):
        return len(value) <= MOST_SETTING and all(isinstance(one, PLAIN) for one in value)
    return value is None or isinstance(value, PLAIN)
