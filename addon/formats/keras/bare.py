# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keras weights without an architecture: names for them, in the order of the layers."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

from onnx import TensorProto

from ...containers.hdf5.group import Group
from ...containers.stored import Stored
from ..weights import Weights
from . import applied
from .config import Layer
from .variables import OWN, own, said, snake
from .weights import CONTAINERS, LEFT, is_old, left_out, listed, model_weights, ordered, short

# Names of variables, and which of them have more than one axis.
LIKELY = (
    (["kernel"], [True]),
    (["kernel", "bias"], [True, False]),
    (["gamma", "beta"], [False, False]),
    (["kernel", "recurrent_kernel", "bias"], [True, True, False]),
    (["gamma", "beta", "moving_mean", "moving_variance"], [False] * 4),
)
CLASSES = {snake(kind): kind for kind in OWN} | {"lstm_cell": "LSTMCell", "gru_cell": "GRUCell"}


def weights(path: Path, root: Group, format: str, producer: str) -> Weights:
    """The tensors of a file as "conv1/kernel", in the order of the layers. Raises `CheckpointError`."""
    held = _Found()
    if is_old(root):
        group = model_weights(root)
        for layer in group.texts("layer_names"):
            for name, stored in listed(path, group.groups[layer]) if layer in group.groups else ():
                held[held.unique(f"{layer}/{_variable(layer, name)}")] = stored
    else:
        _walk(root, "", held)
    tensors = [replace(stored, name=name) for name, stored in _scaled(held, path.parent).items()]
    return Weights(path, format, tensors, "keras", producer, notes=left_out(root, held))


def _scaled(tensors, folder):
    """With quantised weights as the numbers that they stand for."""
    made = {}
    gone = set()
    for name, stored in tensors.items():
        base, _, last = name.rpartition("/")
        if stored.data_type != TensorProto.INT8 or last not in applied.KINDS.values():
            continue
        held = {part: tensors[key] for part in (last, *applied.BESIDE) if (key := f"{base}/{part}") in tensors}
        scale = held.get(f"{last}_scale")
        units = scale.shape[-1] if scale is not None and last == "kernel" and scale.shape else stored.shape[-1]
        whole = next(
            (whole for how in ("int8", "int4") if (whole := applied.scaled(how, held, last, units, folder))), None
        )
        if whole:
            made[name] = whole
            gone.update(f"{base}/{part}" for part in held if part != last)
    return {name: made.get(name, stored) for name, stored in tensors.items() if name not in gone}


def _variable(layer, name):
    *inner, _ = short(name).split("/")
    inner = inner[1:] if inner[:1] == [layer] else inner
    return "/".join([*inner, said(name)])


class _Found(dict[str, Stored]):
    """Tensors by names that are made unique."""

    def __init__(self):
        super().__init__()
        self._asked = Counter()

    def unique(self, name: str) -> str:
        free = name
        while free in self:
            self._asked[name] += 1
            free = f"{name}_{self._asked[name] + 1}"
        return free


def _walk(group, prefix, tensors):
    """Keras 3: groups as objects hold one another. They were written in order, which their addresses keep."""
    held = ordered(group)
    kind = re.sub(r"_\d+$", "", group.path.rsplit("/", 1)[-1])
    for name, stored in zip(
        _quantised(kind, held) or _names(kind, [stored.shape for stored in held]), held, strict=True
    ):
        tensors[tensors.unique(f"{prefix}{name}")] = stored
    for name, inner in sorted(group.groups.items(), key=lambda item: item[1].address):
        if name == "vars" or name in LEFT:
            continue
        if name in CONTAINERS or name == "cell":
            _walk(inner, prefix, tensors)
        else:
            _walk(inner, f"{prefix}{_part(inner, name)}/", tensors)


def _quantised(kind, held):
    """Names for the variables of a quantised layer, which begin with bytes; none where it is no such layer."""
    if not held or held[0].data_type != TensorProto.INT8:
        return []
    weight = "embeddings" if CLASSES.get(kind) == "Embedding" else "kernel"
    order = applied.ORDER["int4" if len(held) > 3 else "int8"].format(weight).split()
    if len(held) == len(order) - 1:
        order.remove("bias")
    return order if len(order) == len(held) else []


def _names(kind, shapes):
    """Names for the variables of a layer: of its class, else, where a group has another name, as their shapes tell."""
    names = own(Layer(CLASSES.get(kind, kind), "", {}))
    if len(names) > len(shapes):
        names = [name for name in names if name != "bias"]
    if len(names) != len(shapes):
        names = next((likely for likely, ranks in LIKELY if ranks == [len(shape) > 1 for shape in shapes]), [])
    return [*names, *map(str, range(len(names), len(shapes)))]


def _part(group, name):
    """What a group is called: the name of its layer where the file notes it, "query" for a projection query_dense."""
    noted = group.groups["vars"].attributes.get("name") if "vars" in group.groups else None
    if isinstance(noted, str) and noted:
        return noted
    return name.lstrip("_").removesuffix("_dense")
