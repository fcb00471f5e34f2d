# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random trees of modules as people write them: the names and shapes of their weights, and who reads whom in truth."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

WIDTHS = (4, 6, 8, 12, 16, 20, 24, 32)
SETS = (
    ("left", "right"),
    ("a", "b", "c"),
    ("tower_a", "tower_b", "tower_c"),
    ("rgb", "depth"),
    ("encoder_q", "encoder_k"),
    ("branch1", "branch2", "branch3"),
    ("student", "teacher"),
    ("local", "global_"),
)
WORDS = (
    "stem",
    "body",
    "neck",
    "trunk",
    "features",
    "net",
    "backbone",
    "mixer",
    "block",
    "core",
    "extra",
    "x",
    "m",
    "fuse",
)


@dataclass
class Value:
    """A tensor on its way: its width, whether it is a map, and the modules whose numbers are in it."""

    width: int
    is_map: bool
    sources: frozenset[str]


@dataclass
class Tree:
    """The shapes of weights by name, in the order in which the modules were made, and the edges between modules."""

    chance: random.Random
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    edges: set[tuple[str, str]] = field(default_factory=set)
    shared: dict[str, str] = field(default_factory=dict)  # another name of a module -> its own

    def leaf(self, path: str, value: Value, units: int, kind: str = "") -> Value:
        """A layer with weights that reads a value."""
        kind = kind or ("conv" if value.is_map else "dense")
        self.edges |= {(source, path) for source in value.sources}
        if kind == "norm":
            ends = ("weight", "bias", *(("running_mean", "running_var") if value.is_map else ()))
            self.shapes |= {f"{path}.{end}": (value.width,) for end in ends}
        else:
            size = self.chance.choice((1, 3, 3, 5))
            self.shapes[f"{path}.weight"] = (units, value.width, *((size, size) if kind == "conv" else ()))
            if self.chance.random() < 0.7:
                self.shapes[f"{path}.bias"] = (units,)
        return Value(units, value.is_map, frozenset((path,)))

    def flat(self, value: Value) -> Value:
        return Value(value.width, False, value.sources)

    def width(self) -> int:
        return self.chance.choice(WIDTHS)

    # modules with others inside

    def chain(self, path: str, value: Value, last: int = 0) -> Value:
        """Layers one after the other: in a Sequential, or with numbers in their names."""
        count, numbered = self.chance.randint(1, 4), self.chance.random() < 0.5
        place = 0
        for number in range(1, count + 1):
            units = last if last and number == count else self.width()
            stem = "conv" if value.is_map else "fc"
            value = self.leaf(_at(path, str(place) if numbered else f"{stem}{number}"), value, units)
            place += 1
            if self.chance.random() < 0.5:
                norm = str(place) if numbered else f"{'bn' if value.is_map else 'norm'}{number}"
                value = self.leaf(_at(path, norm), value, value.width, "norm")
                place += 1
            place += self.chance.random() < 0.6  # an activation
        return value

    def nested(self, path: str, value: Value, depth: int) -> Value:
        """Modules of other modules, called one after the other."""
        words = self.chance.sample(WORDS, self.chance.randint(2, 3))
        for word in words:
            value = self.module(_at(path, word), value, depth - 1)
        return value

    def parallel(self, path: str, value: Value, depth: int) -> Value:
        """Towers that read the same or nothing of one another, and what they give put side by side or added."""
        names = self.chance.choice(SETS)
        added, made = self.chance.random() < 0.4, []
        units = self.width()
        for name in names:
            made.append(self.chain(_at(path, name), value, units if added else 0))
        sources = frozenset().union(*(one.sources for one in made))
        return Value(units if added else sum(one.width for one in made), value.is_map, sources)

    def residual(self, path: str, value: Value) -> Value:
        made = self.chain(path, value, value.width)
        return Value(value.width, value.is_map, value.sources | made.sources)

    def stack(self, path: str, value: Value) -> Value:
        """Equal modules in a list, one after the other."""
        for number in range(self.chance.randint(2, 3)):
            value = self.leaf(_at(path, f"layers.{number}"), value, value.width)
        return value

    def module(self, path: str, value: Value, depth: int) -> Value:
        kinds = [self.chain, self.chain, self.residual, self.stack]
        if depth > 0:
            kinds += [self.nested, self.parallel]
        kind = self.chance.choice(kinds)
        return kind(path, value, depth) if kind in (self.nested, self.parallel) else kind(path, value)

    def network(self) -> None:
        """A whole network: what reads the input, modules, heads."""
        chance = self.chance
        is_map = chance.random() < 0.6
        value = Value(chance.choice((1, 3)) if is_map else self.width(), is_map, frozenset(("input",)))
        if chance.random() < 0.25:
            value = self.parallel("", value, 1)
        else:
            value = self.leaf(chance.choice(("stem", "conv1", "inp", "embed_in")), value, self.width())
            for word in chance.sample(WORDS[1:], chance.randint(1, 3)):
                value = self.module(word, value, 2)
        value = self.flat(value)
        heads = chance.choice((1, 1, 1, 2, 3))
        names = (
            ("head",)
            if heads == 1
            else chance.choice((("cls", "box", "mask"), ("heads.0", "heads.1", "heads.2"), ("mu", "logvar", "z")))
        )
        for name in names[:heads]:
            self.leaf(name, value, self.width())
        if chance.random() < 0.2:  # a module under a second name
            own = chance.choice([name for name in self.shapes if name.endswith("weight")]).rpartition(".")[0]
            self.shared["same"] = own


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def tree(seed: int) -> Tree:
    """The tree of a seed; its tensors are in natural order for even seeds, else in that in which they were made."""
    made = Tree(random.Random(seed))
    made.network()
    return made
