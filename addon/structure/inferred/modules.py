# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tree of modules that the names of tensors tell, and what kind of layer each module is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

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
EMBEDDING = re.compile(r"embed|_embd$|^token_types$|^wte$|^wpe$|^wtt$|^shared$|^emb$|vocab|lookup")
NO_EMBEDDING = re.compile(r"embed_out|unembed|embed_dense|embed_proj|_proj$|^proj|mapping|patch|^embedding_hidden")
TABLE = re.compile(r"word|token|pos|vocab|lookup|^w[tp]e$|^shared$|embed_tokens")  # what it has a row for
HEAD = re.compile(r"head|decoder|classifier|output")  # may share the table of the words
PRELU = re.compile(r"p_?re_?lu|^act(ivation)?s?[0-9_]*$|^relu|_act[0-9]*$|nonlin")
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
        """The last part of the path, "" for the root."""
        return self.path[-1] if self.path else ""

    def child(self, name: str, place: int) -> Node:
        """The module of this name inside, made where there is none; `place` is that of its first tensor."""
        if name not in self.children:
            self.children[name] = Node((*self.path, name), place=place)
        return self.children[name]

    def at(self, path: str) -> Node | None:
        """The module at a dotted path below this one."""
        node: Node | None = self
        for name in path.split("."):
            node = node.children.get(name) if node is not None else None
        return node

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
    aliases: dict[str, str]  # other names of modules: those that have the same tensors


def tree(weights: Weights, key) -> Tree:
    """`key` is the natural order of names."""
    by_name = {tensor.name: tensor for tensor in weights.tensors}
    made = reparametrised.find(by_name)
    companions = {tensor.name for name, parts in made.items() for tensor in parts.of.values() if tensor.name != name}
    scales = {name[:-5] for name in by_name if name.endswith("gamma")}
    scales -= {name[: -len(end)] for name in by_name for end in ("beta", "moving_mean") if name.endswith(end)}
    kept = [tensor for tensor in weights.tensors if tensor.name not in companions and _is_weight(tensor)]
    said = [made[tensor.name].name if tensor.name in made else tensor.name for tensor in kept]
    paths = _unwrapped([_split(name) for name in said])
    root = Node()
    for place, (tensor, path) in enumerate(zip(kept, paths, strict=True)):
        _enter(root, path, tensor, place, tensor.name.removesuffix("gamma") in scales)
    aliases = _without_aliases(root)
    for node in root.walk():
        raw = any(tensor.data_type in BYTES for tensor in node)  # nobody says what they stand for
        node.kind = "parameter" if raw else _kind(node, weights)
    if weights.layout == "torch":
        _correct_embeddings(root)
    names = [tensor.name for tensor in kept]
    return Tree(
        root,
        made,
        len(by_name) - len(companions & by_name.keys()) - len(kept),
        names == sorted(names, key=key),
        _flipped(root),
        aliases,
    )


def _without_aliases(root) -> dict[str, str]:
    """Take out modules whose tensors are all those of another: one module under two names.

    The name in a list of modules is kept, or the deepest, for it says most of the order of calls. Tables of words stay,
    for a head and an embedding may share one. Returns the names left out, each with the one that is kept.
    """
    held: dict[tuple, list[Node]] = {}
    for node in root.walk():
        if node.tensors and not node.children and not EMBEDDING.search(node.name) and not HEAD.search(node.name):
            same = tuple(sorted((role, stored.place(), stored.shape) for role, stored in node.tensors.items()))
            held.setdefault(same, []).append(node)
    aliases = {}
    for nodes in held.values():
        kept = max(nodes, key=lambda node: (node.name.isdigit(), len(node.path)))
        for node in nodes:
            if node is not kept:
                aliases[".".join(node.path)] = ".".join(kept.path)
                _remove(root, node.path)
    return aliases


def _remove(root, path):
    """Take a module out, and those round it that are empty then."""
    way = [root]
    for name in path[:-1]:
        way.append(way[-1].children[name])
    for above, name in zip(reversed(way), reversed(path), strict=True):
        del above.children[name]
        if above.children or above.tensors:
            break


def _is_weight(tensor):
    if BUFFERS.search(tensor.name) or CAUSAL.search(tensor.name) and len(tensor.shape) > 2:
        return False
    if tensor.data_type in BYTES:
        return len(tensor.shape) > 1 and tensor.name.endswith(("weight", "kernel"))
    return tensor.data_type in FLOATS | set(BYTES) and 0 not in tensor.shape


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


def _enter(root, path, tensor, place, alone):
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
        node = node.child(last, place)
        role = "parameter"
    node.tensors[role] = tensor


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
    said = weights.modules.get(".".join(node.path), ("", {}))[0]
    if rank and _is_prelu(node, said):
        return "prelu"
    if rank > 1 and "bias" in ranks and node.tensors["bias"].shape == node.tensors["weight"].shape:
        return "norm" if sum(size > 1 for size in node.tensors["weight"].shape) == 1 else "parameter"
    if rank == 2:
        return "embedding" if _embeds(node, said) else "dense"
    return "norm" if rank == 1 else "conv" if 3 <= rank <= 5 else "parameter"


def _correct_embeddings(root):
    """A matrix whose name says nothing of words, and whose rows others read and not its columns, is a dense layer."""
    reads = {node.tensors["weight"].shape[1] for node in root.walk() if node.kind in ("dense", "conv")}
    reads.update(prod(node.tensors["weight"].shape) for node in root.walk() if node.kind == "norm")
    for node in root.walk():
        if node.kind == "embedding" and not TABLE.search(node.name):
            rows, columns = node.tensors["weight"].shape
            node.kind = "dense" if rows in reads and columns not in reads else "embedding"


def _is_prelu(node, said):
    """Whether a weight is the slope of a PReLU: by its class, its name, or since it is one number for all."""
    weight = node.tensors["weight"].shape
    if len(node.tensors) > 1 or len(weight) != 1 or said and "ReLU" not in said:
        return False
    return bool(said) or weight == (1,) or PRELU.search(node.name.lower()) is not None


def _embeds(node, said):
    """Whether a matrix is a table by its class, else by its name: a square one only if that says what it is for."""
    rows, columns = node.tensors["weight"].shape
    named = EMBEDDING.search(node.name) and not NO_EMBEDDING.search(node.name) and "bias" not in node.tensors
    return (
        said == "Embedding" or bool(named) and said != "Linear" and (rows != columns or bool(TABLE.search(node.name)))
    )


def _flipped(root):
    votes = Counter()
    for node in root.walk():
        if node.kind == "dense" and node.name in ("c_fc", "c_attn"):
            rows, columns = node.tensors["weight"].shape
            bias = node.tensors.get("bias")
            votes[(bias.shape == (columns,) if bias is not None else rows < columns) and rows != columns] += 1
    return votes[True] > votes[False]
