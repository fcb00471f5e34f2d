# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pickled modules (torch.save of a whole nn.Module): their tree, tensors and settings."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from ...containers.pickle.records import Absent, Array, Name, Sparse, Tensor, Thing
from . import packed_layers

DEEPEST, MOST_MODULES, MOST_SETTING = 64, 1 << 18, 64
DEEPEST_LIST, MOST_KEPT = 4, 1 << 16  # lists in lists, and what is looked at in those of one module
MOST_TENSORS, LONGEST_NAME = 1 << 18, 1000
PLAIN = (bool, int, float, str)
TENSORS = (Tensor, Array, Sparse, Absent)


def is_module(value: Any) -> bool:
    """Whether a value of a pickle is an nn.Module: it has dicts of modules and of parameters."""
    return (
        isinstance(value, Thing)
        and isinstance(value.state.get("_modules"), dict)
        and isinstance(value.state.get("_parameters"), dict)
    )


def walk(root: Thing) -> Iterator[tuple[str, Thing]]:
    """Every module of a tree with its path ("layer1.0.conv1"), in the order of the file; each once, so circles end.

    Behind those that PyTorch knows come those in plain lists, tuples and dicts of theirs ("layers.0").
    """
    seen: dict[int, tuple[str, Thing]] = {}
    yield from _registered(root, "", seen)
    for path, module in (around := list(seen.values())):
        for name, value in _kept(module):
            if is_module(value) and id(value) not in seen:
                before = len(seen)
                yield from _registered(value, _below(path, name), seen)
                around += list(seen.values())[before:]


def _registered(root, path, seen) -> Iterator[tuple[str, Thing]]:
    ahead = [(path, root)]
    while ahead and len(seen) < MOST_MODULES:
        path, module = ahead.pop()
        if id(module) in seen or path.count(".") > DEEPEST:
            continue
        seen[id(module)] = path, module
        yield path, module
        inside = [(_below(path, name), child) for name, child in module.state["_modules"].items() if is_module(child)]
        ahead += reversed(inside)


def _below(path, name) -> str:
    name = str(name)[:LONGEST_NAME]
    return f"{path}.{name}" if path else name


def _kept(module: Thing) -> Iterator[tuple[str, Any]]:
    """Modules and tensors in lists, tuples and dicts that are plain attributes of a module, with their names."""
    ahead = [(key, value, 0) for key, value in module.state.items() if isinstance(key, str) and key[:1] != "_"]
    left = MOST_KEPT
    while ahead and left > 0:
        name, value, depth = ahead.pop(0)
        if isinstance(value, (list, tuple, dict)) and depth < DEEPEST_LIST:
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            inside = [
                (_below(name, key), entry, depth + 1)
                for key, entry in islice(pairs, left)
                if isinstance(entry, (Thing, list, tuple, dict, *TENSORS))
            ]
            left -= len(inside)
            ahead = inside + ahead
        elif depth and (is_module(value) or isinstance(value, TENSORS)):
            yield name, value


def beside(root: Thing) -> set[str]:
    """The attributes of modules in whose lists, tuples and dicts there are modules and tensors."""
    known = {id(module) for _, module in _registered(root, "", {})}
    known.update(id(value) for value in _parameters(root))
    return {
        _below(path, name.partition(".")[0])
        for path, module in walk(root)
        for name, value in _kept(module)
        if id(value) not in known
    }


def loose(root: Thing) -> list[str]:
    """Attributes of modules that are tensors or arrays and neither parameters nor buffers."""
    known = {id(value) for value in _parameters(root)}
    return [
        _below(path, name)
        for path, module in walk(root)
        for name, value in module.state.items()
        if isinstance(name, str) and isinstance(value, (Tensor, Array, Sparse)) and id(value) not in known
    ]


def functions(root: Thing) -> list[str]:
    """Functions of PyTorch's in attributes of modules, with what they are called: "act (tanh)"."""
    return [
        f"{_below(path, name)} ({last})"
        for path, module in walk(root)
        for name, value in module.state.items()
        if isinstance(name, str) and isinstance(value, Name) and value.module.partition(".")[0] == "torch"
        if (last := value.name.rpartition(".")[2])[:1].islower()
    ]


def _parameters(root) -> Iterator[Any]:
    for _, module in walk(root):
        for held in (module.state["_parameters"], module.state.get("_buffers")):
            yield from held.values() if isinstance(held, dict) else ()


def tensors(root: Thing) -> dict[str, Tensor | Array | Sparse | Absent]:
    """The parameters and buffers of a tree of modules, by the names that a state dict has for them, those that are
    packed as before they were quantised; and tensors in plain lists, tuples and dicts."""
    own: dict[str, Tensor | Array | Sparse | Absent] = {}
    plain: dict[str, Tensor | Array | Sparse | Absent] = {}
    known = set()
    registered = {id(module) for _, module in _registered(root, "", {})}
    for path, module in walk(root):
        holder = own if id(module) in registered else plain
        for held in (module.state["_parameters"], module.state.get("_buffers")):
            for name, value in held.items() if isinstance(held, dict) else ():
                if isinstance(value, TENSORS) and len(own) + len(plain) < MOST_TENSORS:
                    holder[_below(path, name)] = value
                    known.add(id(value))
        for name, value in (*module.state.items(), *module.state["_modules"].items()):
            if isinstance(value, Thing) and isinstance(name, str):
                holder.update(packed_layers.tensors(value, _below(path, name)))
    for path, module in walk(root):
        for name, value in _kept(module):
            if isinstance(value, TENSORS) and id(value) not in known and len(own) + len(plain) < MOST_TENSORS:
                plain.setdefault(_below(path, name), value)
    return {**plain, **own} if _leads_to(plain, own) else {**own, **plain}


def _leads_to(before, after) -> bool:
    """Whether the last matrix of some tensors gives as many numbers as the first of others reads."""
    first, last = (
        [tensor.shape for tensor in held.values() if not isinstance(tensor, Absent) and len(tensor.shape) > 1]
        for held in (after, before)
    )
    return bool(first and last) and last[-1][0] == first[0][1]


def settings(root: Thing) -> dict[str, tuple[str, dict]]:
    """The class of every module, and its attributes that are plain values: numbers, text, tuples of these."""
    return {
        path: (
            module.kind.name,
            {
                name: value
                for name, value in module.state.items()
                if isinstance(name, str) and not name.startswith("_") and is_plain(value)
            },
        )
        for path, module in walk(root)
    }


def is_plain(value) -> bool:
    """Whether a value is a number, a text, nothing, or a short list of these."""
    if isinstance(value, (tuple, list)):
        return len(value) <= MOST_SETTING and all(isinstance(part, PLAIN) for part in value)
    return value is None or isinstance(value, PLAIN)
