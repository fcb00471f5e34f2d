# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tree of modules that the names of tensors tell, and what kind of layer each module is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from onnx import TensorProto

from ...containers.stored import FLOATS, Stored
from ...formats.weights import Weights
from . import reparametrised
from .reparametrised import Parts

DEEPEST = 24  # levels of modules; what is below stays one name
WRAPPERS = ("module", "_orig_mod", "_model")  # put round a whole model by training, and said by every name
BYTES = (TensorProto.INT8, TensorProto.UINT8)
BUFFERS = re.compile(r"(^|[./])(inv_freq|masked_bias|position_ids|attn_mask|relative_position_index)$")
CAUSAL = re.compile(r"(^|[./])(attn|attention|self_attn|mask)([./])bias$")

# The last part of a tensor's name -> its role in its module.
ROLES = {
    "weight": "weight",
    "kernel": "weight",
    "weight_v": "weight",
    "embeddings": "weight",
    "gamma": "weight",
    "scale": "weight",
    "w": "weight",
    "bias": "bias",
    "beta": "bias",
    "b": "bias",
    "running_mean": "mean",
    "running_var": "variance",
    "moving_mean": "mean",
    "moving_variance": "variance",
    "weight_g": "norm",
    "depthwise_kernel": "depthwise",
    "pointwise_kernel": "pointwise",
    "recurrent_kernel": "recurrent",
    "in_proj_weight": "weight",
    "in_proj_bias": "bias",
}
FLAT_BLOCK = re.compile(r"(conv[0-9]+_block[0-9]+|block_[0-9]+)_(\w+)")  # of keras.applications
RECURRENT = re.compile(r"(weight|bias)_(ih|hh|hr)(_l[0-9]+(_reverse)?)?")
EMBEDDING = re.compile(r"embed|^wte$|^wpe$|^wtt$|^shared$|^emb$|vocab|lookup")
NO_EMBEDDING = re.compile(r"embed_out|unembed|embed_dense|embed_proj|_proj$|^proj|mapping")
SCALES = re.compile(r"^(gamma(_[0-9])?|lambda[0-9]?|layer_scale(_parameter)?)$")


@dataclass(eq=False)
class Node:
    """A module: its tensors by their role, and the modules inside. A tensor whose name tells no role is a module."""

    path: tuple[str, ...] = ()
    tensors: dict[str, Stored] = field(default_factory=dict)
    children: dict[str, Node] = field(default_factory=dict)
    place: int = 0  # of its first tensor in the file
    kind: str = ""

    @property
    def name(self) -> str:
        return self.path[-1] if self.path else ""

    def child(self, name: str, place: int) -> Node:
        if name not in self.children:
            self.children[name] = Node((*self.path, name), place=place)
        return self.children[name]

    def at(self, path: str) -> Node | None:
        """The module at a dotted path below this one."""
        found = self
        for name in path.split("."):
            found = found and found.children.get(name)
        return found

    def walk(self) -> Iterator[Node]:
        """This module and all below, in the order of the file."""
        yield self
        for child in self.children.values():
            yield from child.walk()

    def __iter__(self) -> Iterator[Stored]:
        return iter(self.tensors.values())


@dataclass
class Tree:
    """All modules of a file; `parts` are those that a weight is made of, by its name."""

    root: Node
    parts: dict[str, Parts]
    left_out: int  # tensors that are no weights
    sorted: bool  # whether names are in their natural order, so that it says nothing about that of the layers
    flipped: bool  # whether modules called c_... keep (inputs, units), as GPT-2's Conv1D does


def tree(weights: Weights, key) -> Tree:
    """`key` is the natural order of names."""
    by_name = {tensor.name: tensor for tensor in weights.tensors}
    made, companions = reparametrised.find(by_name), set()
    companions.update(one.name for name, parts in made.items() for one in parts.of.values() if one.name != name)
    scales = {name[:-5] for name in by_name if name.endswith("gamma")}
    scales -= {name[: -len(end)] for name in by_name for end in ("beta", "moving_mean") if name.endswith(end)}
    kept = [tensor for tensor in weights.tensors if tensor.name not in companions and _is_weight(tensor)]
    said = [made[one.name].name if one.name in made else one.name for one in kept]
    paths = _unwrapped([_split(name) for name in said])
    root = Node()
    for place, (one, path) in enumerate(zip(kept, paths, strict=True)):
        _enter(root, path, one, place, one.name.removesuffix("gamma") in scales)
    for node in root.walk():
        raw = any(one.data_type in BYTES for one in node)  # nobody says what they stand for
        node.kind = "parameter" if raw else _kind(node, weights)
    names = [one.name for one in kept]
    return Tree(
        root,
        made,
        len(by_name) - len(companions & by_name.keys()) - len(kept),
        names == sorted(names, key=key),
        _flipped(root),
    )


def _is_weight(one):
    if BUFFERS.search(one.name) or CAUSAL.search(one.name) and len(one.shape) > 2:
        return False
    if one.data_type in BYTES:
        return len(one.shape) > 1 and one.name.endswith(("weight", "kernel"))
    return one.data_type in FLOATS | set(BYTES) and 0 not in one.shape


def _split(name):
    name = name.removesuffix(":0")
    first, *rest = [part for part in name.split("/" if "/" in name else ".", DEEPEST) if part] or ["weight"]
    block = FLAT_BLOCK.fullmatch(first)
    return (*(block.groups() if block and rest else (first,)), *rest)


def _unwrapped(paths):
    """Paths without what all of them begin with, if that is a mere wrapper."""
    while paths and paths[0][0] in WRAPPERS and all(path[0] == paths[0][0] and len(path) > 2 for path in paths):
        paths = [path[1:] for path in paths]
    return paths


def _enter(root, path, one, place, alone):
    *above, last = path
    role = "" if alone else ROLES.get(last) or (last if RECURRENT.fullmatch(last) else "")
    if last.startswith("in_proj_"):
        above.append("in_proj")
    elif not role:
        above.append(last)
    node = root
    for name in above:
        node = node.child(name, place)
    role = role or "parameter"
    if role in node.tensors:  # "weight" and "kernel" in one module
        node, role = node.child(last, place), "parameter"
    node.tensors[role] = one


def _kind(node, weights) -> str:
    """The kind of layer that the roles and ranks of a module's tensors make; "parameter" where they make none."""
    ranks = {role: len(tensor.shape) for role, tensor in node.tensors.items()}
    rank = ranks.get("weight", 0)
    if not ranks:
        return ""
    if "mean" in ranks:
        return "batchnorm" if ranks["mean"] == 1 else "parameter"
    if "recurrent" in ranks:
        return "recurrent" if rank == ranks["recurrent"] == 2 else "parameter"
    if any(RECURRENT.fullmatch(role) for role in ranks):
        return "recurrent"
    if "depthwise" in ranks:
        fits = 3 <= ranks["depthwise"] <= 5 and ranks.get("pointwise") in (None, ranks["depthwise"])
        return "parameter" if not fits else "separable" if "pointwise" in ranks else "depthwise"
    if "parameter" in ranks:
        return "scale" if len(ranks) == 1 and SCALES.match(node.name) else "parameter"
    if rank == 2:
        return "embedding" if _embeds(node, weights) else "dense"
    return "norm" if rank == 1 else "conv" if 3 <= rank <= 5 else "parameter"


def _embeds(node, weights):
    said = weights.modules.get(".".join(node.path), ("", {}))[0]
    named = EMBEDDING.search(node.name) and not NO_EMBEDDING.search(node.name) and "bias" not in node.tensors
    return said == "Embedding" or bool(named) and said != "Linear"


def _flipped(root):
    votes = Counter()
    for node in root.walk():
        if node.kind == "dense" and node.name in ("c_fc", "c_attn"):
            rows, columns = node.tensors["weight"].shape
            bias = node.tensors.get("bias")
            votes[(bias.shape == (columns,) if bias is not None else rows < columns) and rows != columns] += 1
    return votes[True] > votes[False]
