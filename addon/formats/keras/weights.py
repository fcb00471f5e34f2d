# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tensor of a Keras file is which variable of which layer.

Two layouts: that of Keras 1 and 2, which whole-model .h5 files of Keras 3 have kept (a group a layer, with the list of
its weights in order: the trained ones first), and that of Keras 3 (groups named by class, as objects hold one another).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from pathlib import Path

from ...containers.errors import CheckpointError
from ...containers.hdf5.group import Group
from ...containers.stored import Stored
from .config import Model
from .variables import NAMES, numbered, own, parts, said, variables

CONTAINERS = ("layers", "_layer_checkpoint_dependencies")
# Variables that some versions name so: Keras 1 had one "W" for all.
SAME = {"kernel": ("depthwise_kernel", "embeddings")}
LEFT = {
    "optimizer": "optimizer weights",
    "optimizer_weights": "optimizer weights",
    "metrics": "metrics",
    "seed_generator": "seeds",
    "loss_tracker": "metrics",
}


class Misfit(CheckpointError):  # noqa: N818 - named as what it says
    """Weights of another shape than their layer asks for."""


@dataclass
class Found:
    """Finds the tensor of a layer's variable; `tensors` are by "layer/variable", in the order of the layers."""

    path: Path
    tensors: dict[str, Stored]
    layout: str = "keras"
    backend: str = ""
    notes: list[str] = field(default_factory=list)

    def __call__(self, layer: str, name: str, shape: tuple[int | None, ...]) -> Stored:
        """The tensor of a variable, as `keras.write` asks for it. Raises `CheckpointError`, or `Misfit`."""
        stored = self.tensors.get(f"{layer}/{name}") or self._shared.get(f"{layer.rpartition('/')[2]}/{name}")
        if stored is None:
            raise CheckpointError(
                self.path,
                f"the weights '{name}' of layer '{layer}' are not in the file",
                "is it the weights of this architecture?",
            )
        fits = len(shape) == len(stored.shape) and all(
            want in (None, have) for want, have in zip(shape, stored.shape, strict=True)
        )
        if not fits:
            raise Misfit(
                self.path,
                f"the weights '{name}' of layer '{layer}' have the shape {list(stored.shape)} and "
                f"should have {list(shape)}",
                "is it the weights of this architecture?",
            )
        return stored

    @cached_property
    def _shared(self) -> dict[str, Stored]:
        """Tensors by "layer/variable" without the models round the layer: of one that two models hold, Keras 3 writes
        only the first."""
        shared: dict[str, Stored] = {}
        for key, tensor in self.tensors.items():
            *_, layer, name = key.split("/") if "/" in key else ("", key)
            shared.setdefault(f"{layer}/{name}", tensor)
        return shared

    def rest(self, layer: str) -> list[Stored]:
        """Every tensor of a layer and of what is in it."""
        return [tensor for name, tensor in self.tensors.items() if name.startswith(f"{layer}/")]


def find(path: Path, root: Group, model: Model) -> Found:
    """The tensors of a model in a file of either layout. Raises `CheckpointError`."""
    tensors: dict[str, Stored] = {}
    if is_old(root):
        _old_model(path, model_weights(root), model, tensors)
    else:
        _new_model(root, model, "", tensors)
    return Found(
        path, {name: replace(tensor, name=name) for name, tensor in tensors.items()}, notes=left_out(root, tensors)
    )


def is_old(root: Group) -> bool:
    """Whether a file has the layout of Keras 1 and 2: a list of its layers' names."""
    return bool(model_weights(root).texts("layer_names"))


def is_of_theano(group: Group) -> bool:
    """Whether Theano was the backend of a file that does not say: names of TensorFlow end with an output's number."""
    names = [name for inner in group.groups.values() for name in inner.texts("weight_names")]
    return bool(names) and not any(re.search(r":\d+$", name) for name in names)


def model_weights(root: Group) -> Group:
    """The group that holds the layers: whole models have one of their own for it."""
    return root.groups.get("model_weights", root)


def left_out(root: Group, tensors: dict[str, Stored]) -> list[str]:
    """What of the file is no weight of the model, in words."""
    used = {id(tensor) for tensor in tensors.values()}
    sizes: dict[str, int] = {}
    for tensor in root.all():
        if id(tensor) not in used:
            kind = next((kind for part in tensor.name.split("/") if (kind := LEFT.get(part))), "other numbers")
            sizes[kind] = sizes.get(kind, 0) + prod(tensor.shape)
    return [f"{kind} left out ({size:,} numbers)" for kind, size in sizes.items()]


def listed(path: Path, group: Group) -> list[tuple[str, Stored]]:
    """The weights of a layer in the layout of Keras 2, with their names, in order."""
    held = []
    for name in group.texts("weight_names"):
        tensor = group.tensor(name)
        if tensor is None:
            raise CheckpointError(path, f"the weights '{name[:80]}' are listed and not there", "fetch it again")
        held.append((name, tensor))
    return held


def _old_model(path, root, model, tensors):
    named = {name: _below(root, name) for name in root.texts("layer_names")}  # "Conv/BatchNorm" is a group in a group
    groups = {name: listed(path, group) for name, group in named.items() if group}
    wanted = {layer.name: list(variables(layer)) for layer in model.layers}
    for layer, weights in _pairs(model, wanted, groups):
        tensors.update(
            {f"{layer.name}/{name}": tensor for name, tensor in _matched(wanted[layer.name], weights).items()}
        )


def _pairs(model, wanted, groups):
    """Layers with their weights: by name, else, where other names were given by chance, in order."""
    named = [(layer, groups[layer.name]) for layer in model.layers if layer.name in groups]
    if len(named) == len(model.layers) or all(layer.name in groups or not wanted[layer.name] for layer in model.layers):
        return named
    full = [weights for weights in groups.values() if weights]
    layers = [layer for layer in model.layers if wanted[layer.name]]
    return list(zip(layers, full, strict=False)) if len(full) == len(layers) else named


def _matched(wanted, weights):
    """The weights of one group by the names of the variables; those of which nothing is known by their own."""
    order = [name for trained in (True, False) for name, kind in wanted if kind is trained]
    if len(order) == len(weights) and all(
        _agree(name, said(weight)) for name, (weight, _) in zip(order, weights, strict=True)
    ):
        return {name: tensor for name, (_, tensor) in zip(order, weights, strict=True)}
    left = dict(weights)
    matched = {}
    for name in order:
        *inner, last = name.split("/")
        fits = [
            weight
            for weight in left
            if said(weight) == last
            and (not inner or inner[-1] in re.split(r"[/:]", weight) or f"{inner[-1]}_" in weight)
        ]
        if fits:
            matched[name] = left.pop(fits[0])
    return matched | {short(weight): tensor for weight, tensor in left.items()}


def _agree(name, said):
    """Whether a variable can be the one that a weight's name says; old names say little."""
    last = name.rsplit("/", 1)[-1]
    return said not in NAMES or said == last or last in SAME.get(said, ()) or last.startswith(f"{said}_")


def short(weight: str) -> str:
    """A weight's name without the layer before it and the number behind."""
    parts = re.sub(r":\d+$", "", weight).split("/")
    return "/".join(parts[1:] if len(parts) > 1 else parts) or "weight"


def _new_model(group, model, prefix, tensors):
    container = next((group.groups[name] for name in CONTAINERS if name in group.groups), group)
    layers = [
        layer
        for layer in model.layers
        if not layer.function and not (model.kind == "Sequential" and layer.kind == "InputLayer")
    ]
    by_name = _names(container)
    for layer, name in zip(layers, numbered(layers), strict=True):
        inner = by_name.get(layer.name) or container.groups.get(name)
        if inner is not None:
            _new_layer(inner, layer, f"{prefix}{layer.name}/", tensors)


def _names(container):
    """Groups by the names of their layers, which newer files note."""
    groups: dict[str, Group | None] = {}
    for group in container.groups.values():
        name = group.groups["vars"].attributes.get("name") if "vars" in group.groups else None
        if isinstance(name, str):
            groups[name] = None if name in groups else group
    return groups


def _new_layer(group, layer, prefix, tensors):
    if layer.model:
        _new_model(group, layer.model, prefix, tensors)
    held, names, inside = ordered(group), own(layer), parts(layer)
    if not (layer.model or names or inside):  # a class that is not known, or one without weights
        tensors.update(
            {
                f"{prefix}{tensor.name.removeprefix(f'{group.path}/').replace('vars/', '')}": tensor
                for tensor in group.all()
                if not set(tensor.name.split("/")) & set(LEFT)
            }
        )
        return
    if inside and len(held) > len(names) > 0:  # a wrapper holds the kernel of its layer too, before what is its own
        held = held[-len(names) :]
    if len(names) != len(held):
        names = [said for said, _ in zip(names, held, strict=False)] + [str(i) for i in range(len(names), len(held))]
    tensors.update({f"{prefix}{name}": tensor for name, tensor in zip(names, held, strict=True)})
    for part in inside:
        inner = next((below for path in part.groups if (below := _below(group, path))), None)
        if inner is not None:
            _new_layer(inner, part.layer, f"{prefix}{part.prefix}/" if part.prefix else prefix, tensors)


def _below(group, path):
    for name in path.split("/"):
        group = group and group.groups.get(name)
    return group


def ordered(group: Group) -> list[Stored]:
    """The variables of a group in the layout of Keras 3, which numbers them."""
    held = group.groups["vars"].tensors if "vars" in group.groups else {}
    return [held[name] for name in sorted(held, key=lambda name: (not name.isdecimal(), len(name), name))]
