# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write NAME.json for models that people download: the names and shapes of their weights, and who reads whom in truth.

Each model is that of its own library, made small, with the names that its published files have. It runs once, and what
is traced are the operators that PyTorch calls: a module reads another if what the other made with its own weights
reaches it by operators that have none. Weights that are added or put beside as they are (a token,
a position) read nothing; "input" is whatever enters the model.

Usage: python make_truth.py [name ...]
(torch 2.13, torchvision 0.28, transformers 4.57, timm 1.0.31, diffusers 0.39, ultralytics 8.4)
"""

import json
import sys
from pathlib import Path

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


SUMS = ("aten::add", "aten::sub", "aten::cat", "aten::stack")  # weights among what these put together read nothing
CHOICES = ("aten::index", "aten::index_select", "aten::index_add")  # what they choose by is no data
FRESH = (
    "aten::ones_like",
    "aten::zeros_like",
    "aten::empty_like",
    "aten::full_like",
    "aten::new_zeros",
    "aten::new_ones",
)


class Trace(TorchDispatchMode):
    """Which modules' numbers are in which tensor."""

    def __init__(self, owners: dict[int, str]):
        super().__init__()
        self.owners, self.kept = owners, []  # what is kept keeps its identity
        self.weights: dict[int, frozenset] = {}
        self.sources: dict[int, frozenset] = {}
        self.edges: set[tuple[str, str]] = set()

    def known(self, tensor):
        if id(tensor) in self.owners:
            return frozenset((self.owners[id(tensor)],)), frozenset()
        return self.weights.get(id(tensor), frozenset()), self.sources.get(id(tensor), frozenset())

    def enter(self, tensor):
        self.kept.append(tensor)
        self.sources[id(tensor)] = frozenset(("input",))

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        name = func._schema.name.removesuffix("_")
        if name in FRESH:
            return made
        if name in CHOICES and not self.known(args[0])[0]:
            args = (args[0], *args[3:]) if name == "aten::index_add" else args[:1]
        read = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]
        weights, sources = (
            (frozenset().union(*each) for each in zip(*map(self.known, read), strict=True)) if read else ((),) * 2
        )
        if sources and weights:
            if name in SUMS:
                sources |= weights
            else:
                self.edges |= {(source, owner) for source in sources for owner in weights if source != owner}
                sources = weights
        for leaf in tree_leaves(made):
            if isinstance(leaf, torch.Tensor) and id(leaf) not in self.owners:
                self.kept.append(leaf)
                self.sources[id(leaf)] = frozenset(sources)
                self.weights[id(leaf)] = frozenset() if sources else frozenset(weights)
        return made


def owner_of(name: str) -> str:
    """The module of a tensor; of one that is a module's only number, as a token, the tensor itself."""
    above, _, last = name.rpartition(".")
    if last.startswith("in_proj_"):
        return f"{above}.in_proj"
    return (
        above if last in ("weight", "bias", "running_mean", "running_var", "in_proj_weight", "in_proj_bias") else name
    )


def traced(module, call) -> tuple[dict, list]:
    """(shapes by name, edges) of a module; `call` gets a function that notes what enters."""
    module = module.eval()
    state = module.state_dict(keep_vars=True)
    owners = {}
    for name, tensor in state.items():
        owners.setdefault(id(tensor), owner_of(name))
    floats = {id(tensor) for tensor in state.values() if tensor.is_floating_point()}
    owners = {key: name for key, name in owners.items() if key in floats}
    trace = Trace(owners)

    def given(*shape, ids=0):
        made = torch.randint(0, ids, shape) if ids else torch.randn(*shape)
        trace.enter(made)
        return made

    with torch.no_grad(), trace:
        call(module, given)
    shapes, seen = {}, set()
    tied = getattr(module, "_tied_weights_keys", None) or []
    for name, tensor in state.items():
        if id(tensor) in seen and tied:
            continue
        seen.add(id(tensor))
        shapes[name] = [*tensor.shape] if tensor.is_floating_point() else None
    return shapes, sorted(trace.edges)


def save(
    name: str, module, call, config: dict | None = None, rename=lambda name: name, reshape=lambda name, shape: shape
) -> None:
    shapes, edges = traced(module, call)
    shapes = {rename(key): shape for key, shape in shapes.items()}
    shapes = {key: reshape(key, shape) for key, shape in shapes.items()}
    names = {owner: owner if owner == "input" else owner_of(rename(f"{owner}.weight")) for owner in sum(edges, ())}
    layers = sorted(set(names.values()))
    place = {layer: number for number, layer in enumerate(layers)}
    pairs = sorted({(place[names[source]], place[names[target]]) for source, target in edges})
    made = {"config": config or {}, "shapes": shapes, "layers": layers, "edges": pairs}
    text = json.dumps(made, separators=(",", ":"))
    (HERE / f"{name}.json").write_text(text + "\n")
    unread = sorted({owner_of(key) for key, shape in shapes.items() if shape is not None} - set(layers))
    print(f"{name}: {len(shapes)} tensors, {len(pairs)} edges, {len(text) // 1000} kB, not called: {unread[:6]}")


def main(names: list[str]) -> None:
    torch.backends.mha.set_fastpath_enabled(False)  # which would hide what is inside an attention
    from models import MODELS

    for name in names or MODELS:
        torch.manual_seed(0)
        MODELS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
