# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A specification with one thing changed: a layer added, removed, moved, repeated, set. What reads what follows.

Each function gives a new specification. None asks whether the network can be: `compose` says that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from ..containers import CheckpointError
from ..containers.natural_order import brief
from .specification import SETTINGS, SEVERAL, LayerSpec, Specification, parse

AFTER, BEFORE, BESIDE, INSTEAD = "after", "before", "beside", "instead"
DEFAULTS: dict[str, dict[str, Any]] = {  # operator -> settings of a new layer
    "Conv": {"units": 16, "kernel": 3, "padding": "same", "activation": "Relu"},
    "DepthwiseConv": {"kernel": 3, "padding": "same", "activation": "Relu"},
    "ConvTranspose": {"units": 16, "kernel": 2, "stride": 2, "activation": "Relu"},
    "MaxPool": {"kernel": 2},
    "AveragePool": {"kernel": 2},
    "Dense": {"units": 32, "activation": "Relu"},
    "Activation": {"activation": "Relu"},
    "Dropout": {"rate": 0.5},
    "Reshape": {"shape": [1, 28, 28]},
    "Embedding": {"units": 32},
    "Attention": {"heads": 2},
    "LSTM": {"units": 32},
    "GRU": {"units": 32},
}
SHORT = {"BatchNormalization": "norm", "LayerNormalization": "norm", "GlobalAveragePool": "mean", "ConvTranspose": "up"}


def new_layer(specification: Specification, op: str, inputs: Iterable[str] = (), **settings: Any) -> LayerSpec:
    """A layer of an operator with usual settings and a name that is free."""
    given = DEFAULTS.get(op, {}) | settings
    known = {name: value for name, value in given.items() if name in SETTINGS[op]}
    return LayerSpec(free_name(specification, SHORT.get(op, op.lower())), op, known, tuple(inputs))


def free_name(specification: Specification, base: str) -> str:
    """The first of base1, base2 ... that no layer has."""
    taken = {specification.input, *(layer.name for layer in specification.layers)}
    number = 1
    while f"{base}{number}" in taken:
        number += 1
    return f"{base}{number}"


def insert(specification: Specification, layer: LayerSpec, at: str, where: str = AFTER) -> Specification:
    """Put a layer in.

    `after` a layer (or the input) it reads that, and who read that reads it; `before` a layer it reads what that read.
    `beside` a layer it reads the same, and an Add joins both (a Concat where `layer` gives other shapes is for the
    caller). `instead` of a layer it takes its place. Add and Concat also read what came before, as a residual block
    does. Raises `CheckpointError`.
    """
    if where == AFTER and at == specification.input:
        return _with(specification, 0, _joined(layer, (at,), at), at)
    place = _place(specification, at)
    other = specification.layers[place]
    if where == AFTER:
        return _with(specification, place + 1, _joined(layer, (at,), other.inputs[0]), at)
    if where == BEFORE:
        made = _joined(layer, other.inputs[:1], _behind(specification, other.inputs[0]))
        layers = list(specification.layers)
        layers[place] = replace(other, inputs=(layer.name, *other.inputs[1:]))
        return replace(specification, layers=(*layers[:place], made, *layers[place:]))
    if where == BESIDE:
        made = _joined(layer, other.inputs[:1], _behind(specification, other.inputs[0]))
        whole = replace(
            specification, layers=(*specification.layers[: place + 1], made, *specification.layers[place + 1 :])
        )
        join = new_layer(whole, "Add", (at, layer.name))
        return _with(whole, place + 2, join, at)
    if where == INSTEAD:
        made = _joined(layer, other.inputs if layer.op in SEVERAL else other.inputs[:1], other.inputs[0])
        layers = [made if one is other else _reading(one, at, layer.name) for one in specification.layers]
        return _checked(replace(specification, layers=tuple(layers)))
    raise ValueError(f"a layer is put after, before, beside or instead of another, not '{where}'")


def between(specification: Specification, layer: LayerSpec, source: str, target: str) -> Specification:
    """Put a layer on one connection: it reads `source`, and `target` reads it in place of that. Who else reads `source`
    goes on doing so. Raises `CheckpointError`."""
    place = _place(specification, target)
    other = specification.layers[place]
    if source not in other.inputs:
        raise CheckpointError(specification.name, f"'{brief(target)}' does not read '{brief(source)}'")
    made = _joined(layer, (source,), _behind(specification, source))
    layers = list(specification.layers)
    layers[place] = _reading(other, source, layer.name)
    return _checked(replace(specification, layers=(*layers[:place], made, *layers[place:])))


def remove(specification: Specification, name: str) -> Specification:
    """Take a layer out; who read it reads what it read, but for a join, which does without if others read that too. A
    join of which one input is left goes too. Raises `CheckpointError` where it is the only layer."""
    place = _place(specification, name)
    if len(specification.layers) == 1:
        raise CheckpointError(specification.name, f"'{brief(name)}' is its only layer", "add another one first")
    gone = specification.layers[place]
    rest = [one for one in specification.layers if one is not gone]
    shared = gone.inputs[0] == specification.input or any(gone.inputs[0] in one.inputs for one in rest)
    layers = [
        replace(one, inputs=tuple(read for read in one.inputs if read != name))
        if shared and one.op in SEVERAL
        else _reading(one, name, gone.inputs[0])
        for one in rest
    ]
    made = replace(specification, layers=tuple(layers))
    for layer in layers:
        if layer.op in SEVERAL and len(set(layer.inputs)) < 2 and len(layers) > 1:
            return remove(made, layer.name)
    return _checked(made)


def duplicate(specification: Specification, names: Iterable[str]) -> tuple[Specification, list[str]]:
    """Repeat layers behind the last of them; the names of the copies too. Raises `CheckpointError`."""
    wanted = set(names)
    chosen = [layer for layer in specification.layers if layer.name in wanted]
    if not chosen:
        raise CheckpointError(specification.name, "has no layers of these names")
    last = chosen[-1]
    copies: dict[str, str] = {}
    place = _place(specification, last.name) + 1
    before = {one for layer in chosen for one in layer.inputs} - wanted
    copied: list[LayerSpec] = []
    for layer in chosen:
        whole = replace(specification, layers=(*specification.layers, *copied))
        name = free_name(whole, layer.name.rstrip("0123456789") or layer.name)
        inputs = tuple(copies.get(one, last.name if one in before else one) for one in layer.inputs)
        copied.append(replace(layer, name=name, inputs=inputs))
        copies[layer.name] = name
    rest = [_reading(layer, last.name, copied[-1].name) for layer in specification.layers[place:]]
    made = replace(specification, layers=(*specification.layers[:place], *copied, *rest))
    return _checked(made), [one.name for one in copied]


def move(specification: Specification, name: str, after: str) -> Specification:
    """Take a layer out of its place and put it after another one, or the input. Raises `CheckpointError`."""
    layer = specification.layers[_place(specification, name)]
    if name == after:
        return specification
    if layer.op in SEVERAL:
        raise CheckpointError(specification.name, f"'{brief(name)}' joins layers and stays behind them")
    return insert(remove(specification, name), layer, after)


def change(specification: Specification, name: str, setting: str, value: Any) -> Specification:
    """Give a setting of a layer another value; None for its usual one. Raises `CheckpointError`."""
    place = _place(specification, name)
    layer = specification.layers[place]
    if setting not in SETTINGS[layer.op]:
        known = ", ".join(SETTINGS[layer.op]) or "none"
        raise CheckpointError(specification.name, f"{layer.op} has no setting '{setting}'", f"it has: {known}")
    settings = {key: own for key, own in layer.settings.items() if key != setting}
    if value is not None:
        settings[setting] = value
    layers = list(specification.layers)
    layers[place] = replace(layer, settings=settings)
    return _checked(replace(specification, layers=tuple(layers)))


def rename(specification: Specification, name: str, new: str) -> Specification:
    """Give a layer another name. Raises `CheckpointError`."""
    _place(specification, name)
    layers = [
        _reading(replace(layer, name=new) if layer.name == name else layer, name, new) for layer in specification.layers
    ]
    return _checked(replace(specification, layers=tuple(layers)))


def first_that_fits(candidates: Iterable[Specification], fits: Callable[[Specification], Any]) -> Specification:
    """The first specification that `fits` without a `CheckpointError`; where none does, the first error is raised."""
    first: CheckpointError | None = None
    for candidate in candidates:
        try:
            fits(candidate)
            return candidate
        except CheckpointError as error:
            first = first or error
    assert first is not None
    raise first


def with_joins(specification: Specification) -> list[Specification]:
    """A specification as it is, and with its last added Add as a Concat, for what has other shapes."""
    made = [specification]
    for place, layer in enumerate(specification.layers):
        if layer.op == "Add":
            layers = list(specification.layers)
            layers[place] = replace(layer, op="Concat")
            made.append(replace(specification, layers=tuple(layers)))
    return made


def _place(specification: Specification, name: str) -> int:
    for place, layer in enumerate(specification.layers):
        if layer.name == name:
            return place
    raise CheckpointError(specification.name, f"has no layer '{brief(name)}'")


def _behind(specification: Specification, name: str) -> str:
    """What a layer reads, or the input itself."""
    return next((layer.inputs[0] for layer in specification.layers if layer.name == name), specification.input)


def _joined(layer: LayerSpec, inputs: tuple[str, ...], other: str) -> LayerSpec:
    """A layer with these inputs; one that joins reads another one too."""
    if layer.op in SEVERAL and len(inputs) < 2:
        inputs = (*inputs, other)
    return replace(layer, inputs=inputs)


def _reading(layer: LayerSpec, old: str, new: str) -> LayerSpec:
    return replace(layer, inputs=tuple(new if one == old else one for one in layer.inputs))


def _with(specification: Specification, place: int, layer: LayerSpec, at: str) -> Specification:
    """A layer at a place, read by those behind it that read `at`."""
    before = specification.layers[:place]
    rest = [_reading(one, at, layer.name) for one in specification.layers[place:]]
    return _checked(replace(specification, layers=(*before, layer, *rest)))


def _checked(specification: Specification) -> Specification:
    return parse(json.loads(specification.to_json()), specification.name)
