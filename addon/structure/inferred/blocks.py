# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a block of a known family is: residual branches, each added to what it reads; `families` has the table."""

from __future__ import annotations

from dataclasses import dataclass

from .modules import Node

ACTIVATIONS = ("Relu", "Gelu", "GeluTanh", "Swish", "Tanh", "Sigmoid")
BESIDE = ("se", "attn", "aa", "drop_block", "drop_path")  # what variants of a block may have besides
PRE, POST, BY_LAST_NORM = "pre", "post", "by the last norm"


@dataclass(frozen=True)
class Attention:
    """`parts` are the names of queries, keys and values, or of the one matrix for all; `norms` of queries and keys."""

    at: str  # module whose name the products have
    parts: tuple[str, ...]
    out: str
    norms: tuple[str, ...] = ()
    memory: bool = False  # keys and values are of the encoder

    def required(self) -> tuple[str, ...]:
        """The dotted paths of the modules that it must have."""
        return *self.parts, self.out


@dataclass(frozen=True)
class Chain:
    """One module after the other."""

    steps: tuple[str, ...]

    def required(self) -> tuple[str, ...]:
        """The dotted paths of the modules that it must have."""
        return tuple(step for step in self.steps if step not in ACTIVATIONS)


@dataclass(frozen=True)
class Gated:
    """down(activation(gate(x)) * up(x)); `up` is "" where the gate's matrix gives both."""

    gate: str
    activation: str
    up: str
    down: str

    def required(self) -> tuple[str, ...]:
        """The dotted paths of the modules that it must have."""
        return tuple(filter(None, (self.gate, self.up, self.down)))


@dataclass(frozen=True)
class Experts:
    """Mixture of experts: the sum of gated chains, weighed by a router."""

    router: str
    experts: str
    gate: str
    up: str
    down: str
    shared: str = ""  # an expert that counts for every step, and what it is weighed by
    shared_gate: str = ""

    def required(self) -> tuple[str, ...]:
        """The dotted paths of the modules that it must have."""
        return (self.router,)


@dataclass(frozen=True)
class Branch:
    """A branch of a block: what is added to what the block reads."""

    body: Attention | Chain | Gated | Experts
    norm: str = ""  # before the body, or behind the sum in post-norm blocks
    inner: str = ""  # a norm behind the body, before the sum
    scale: str = ""  # a factor of each unit, before the sum
    at: str = ""  # the module in which the sum is
    optional: bool = False

    def fits(self, node: Node) -> bool:
        """Whether a module has what this branch must have."""
        parts = (node.at(name) for name in (*self.body.required(), *filter(None, (self.norm,))))
        return all(part is not None and part.tensors for part in parts)


@dataclass(frozen=True)
class Block:
    """The branches of a block in the order of their calls, by the names of modules inside."""

    family: str
    branches: tuple[Branch, ...]
    order: str = PRE
    parallel: bool = False  # all branches read what enters the block
    shortcut: tuple[str, ...] = ()  # modules on the way round the body
    last: str = ""  # an activation behind the sum
    called: bool = False  # whether the container of such blocks is a layer that is called (Sequential)
    mask: bool = False  # whether the model is given a mask of the words that count
    has: tuple[str, ...] = ()  # modules that tell it from others of the same names
    doubled: tuple[str, ...] = ()  # two modules, of which the first gives twice as much as the second reads
    alone: bool = False  # whether nothing else may be in the module: names that are common in plain networks, too

    def fits(self, node: Node) -> bool:
        """Whether a module has what this block must have."""
        if self.doubled and not self._is_doubled(node):
            return False
        if self.alone and not (node.path and all(name in (*self._names(), *BESIDE) for name in node.children)):
            return False
        return all(map(node.at, self.has)) and all(branch.optional or branch.fits(node) for branch in self.branches)

    def _is_doubled(self, node):
        first, second = (node.at(name) for name in self.doubled)
        shapes = [part.tensors["weight"].shape for part in (first, second) if part and "weight" in part.tensors]
        return len(shapes) == 2 and len(shapes[0]) == len(shapes[1]) == 2 and shapes[0][0] == 2 * shapes[1][1]

    def _names(self):
        """What the modules directly in such a block are called."""
        inside = (name.partition(".")[0] for branch in self.branches for name in branch.body.required())
        return *inside, *self.shortcut
