# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Weights that a file of torch keeps in parts: weight normalisation, spectral normalisation, pruning.

torch.nn.utils writes the parts as "fc.weight_g", torch.nn.utils.parametrizations as
"fc.parametrizations.weight.original0"; the formulas are those of their documentation.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...containers.stored import Stored

MARK = "parametrizations."
NEW = ("original", "original0", "original1", "0._u", "0._v")
OLD = ("g", "v", "orig", "u", "mask")
PARTS = {
    "original": "whole",
    "orig": "whole",
    "original0": "length",
    "g": "length",
    "original1": "direction",
    "v": "direction",
    "0._u": "left",
    "u": "left",
    "0._v": "right",
    "mask": "mask",
}
# The parts that make a weight, the one that has its shape first.
KINDS = (("direction", "length"), ("whole", "left", "right"), ("whole", "mask"))


@dataclass(frozen=True)
class Parts:
    """A weight in parts, by what they are; `name` is what it is called as a whole."""

    name: str
    of: dict[str, Stored]

    def write(self, graph, path: tuple[str, ...], made: dict[str, str]) -> str:
        """The weight as operators on its parts, whose tensors are `made`; returns its tensor."""
        if "mask" in self.of:
            return graph.op(path, "Mul", made["whole"], made["mask"])
        if "length" in self.of:
            axes = [axis for axis, size in enumerate(self.of["length"].shape) if size == 1]
            norm = graph.op(path, "ReduceL2", made["direction"], *([graph.ints(*axes)] if axes else []))
            return graph.op(path, "Mul", graph.op(path, "Div", made["direction"], norm), made["length"])
        rows = self.of["left"].shape[0]  # sigma = u' W v
        matrix = graph.op(path, "Reshape", made["whole"], graph.ints(rows, -1))
        sigma = graph.op(path, "MatMul", made["left"], graph.op(path, "MatMul", matrix, made["right"]))
        return graph.op(path, "Div", made["whole"], sigma)


def find(tensors: dict[str, Stored]) -> dict[str, Parts]:
    """The weights in parts, by the name of the tensor that has the weight's shape."""
    held: dict[str, dict[str, Stored]] = {}
    for name, tensor in tensors.items():
        said = _part(name)
        if said:
            held.setdefault(said[0], {})[said[1]] = tensor
    weights = {}
    for name, parts in held.items():
        if "whole" in parts and "direction" in parts:  # the vector v of the older spectral normalisation
            parts["right"] = parts.pop("direction")
        kind = next((kind for kind in KINDS if set(kind) == set(parts)), None)
        if kind and _fits(parts) and name not in tensors:
            weights[parts[kind[0]].name] = Parts(name, parts)
    return weights


def _part(name: str) -> tuple[str, str] | None:
    """The weight that a tensor is a part of by its name, and which part; None for a whole one."""
    above, last = next(
        ((name[: -len(end)], end) for end in ("0._u", "0._v") if name.endswith(f".{end}")),
        (name[: name.rfind(".") + 1], name[name.rfind(".") + 1 :]),
    )
    if last in NEW:
        outer, mark, weight = above[:-1].rpartition(MARK)
        fits = mark and "." not in weight and weight.isidentifier() and (not outer or not is_letter(outer[-1]))
        return (outer + weight, PARTS[last]) if fits else None
    weight, mark, part = name.rpartition("_")
    return (weight, PARTS[part]) if part in OLD and weight and is_letter(weight[-1]) else None


def is_letter(character: str) -> bool:
    """Whether it can stand in an identifier."""
    return character.isalnum() or character == "_"


def _fits(parts):
    if "length" in parts:
        shape, lengths = parts["direction"].shape, parts["length"].shape
        return len(shape) == len(lengths) and all(have in (1, size) for have, size in zip(lengths, shape, strict=True))
    if "mask" in parts:
        return parts["mask"].shape == parts["whole"].shape
    rows = parts["left"].shape
    return len(rows) == 1 and parts["whole"].shape[:1] == rows and len(parts["right"].shape) == 1
