# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module of no known family reads: what the one before it gives, or another, if that is the only one whose width
fits. Where names and widths leave it open, so does this.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import islice

from ...containers.natural_order import DIGITS
from .graph import Graph, groups_of
from .graph_state import LOST, Signal, sizes_of
from .modules import Node
from .order import MIDDLE, Order
from .sizes import TRANSPOSED

FOLLOW = ("norm", "batchnorm", "prelu", "scale")  # kinds of layers that belong to the one before them
LISTS = re.compile(
    r"^(heads|branches|towers|experts|streams|paths|levels|scales|laterals|\w*_(heads|branches|experts|convs))$"
)
# Names of which those of one row stand side by side, whatever their shapes.
SIDES = tuple(
    re.compile(names)
    for names in (
        r"^[a-h]$|^\w+_[a-zA-Z]$",
        r"^(left|right|top|bottom|front|back|lhs|rhs)\w*$",
        r"^(local|global)\w*$",
        r"^(student|teacher|online|target|momentum|ema)\w*$",
        r"^(query|key|value|[qkv]|to_[qkv]|[qkv]_proj|w[qkv])$",
        r"^(rgb|depth|flow|image|img|picture|vision|visual|text|txt|audio|aud|video|sound|pose|lidar|radar)\w*$",
        r"^(cls|box|bbox|mask|reg|obj|kpt|keypoints?|landmarks?|heatmap|center|offset|size|dim|iou)\w*$",
        r"^(\w+_)?(mu|mean|loc|logvar|log_?var|var|sigma|std|log_?std|z)$",
        r"^(actor|critic|policy|value|advantage|pi|v|q[0-9]?)\w*$",
        r"^(gate|up)(_proj)?$",
        r"^(user|item|movie|product|source|dest\w*)(_\w+)?$",
    )
)
SIDE = re.compile(r"^(head|branch|tower|expert|stream|path|aux|lateral|level|scale|cls|reg|bbox)\w*$")
MOST = 64  # signals of a level that later modules may read


def single(made) -> Signal | None:
    """A signal, the first where a module gave several."""
    return (made[0] if made else None) if isinstance(made, list) else made


class Reading:
    """The signals that the modules round the present one have given, level by level."""

    def __init__(self, graph: Graph, order: Order):
        self.graph, self.order = graph, order
        self.levels: list[_Level] = []

    def enter(self, node: Node, children: Sequence[Node], signal: Signal | None) -> None:
        """Begin with the modules inside a module, in the order of their calls; `signal` is what enters it."""
        closed = signal is not None and signal.width < 0
        level = _Level(children, self._beside(node, children), not self.order.tells(node), closed)
        for child in children:
            level.left.setdefault(self.order.ends(child)[0], {})[id(child)] = child
        self.levels.append(level)

    def leave(self) -> None:
        """End with the modules inside a module."""
        self.levels.pop()

    def gave(self, child: Node, source: Signal | None, signal: Signal | None) -> None:
        """Note what a module made of what it read."""
        level = self.levels[-1]
        if child.kind not in FOLLOW:
            level.before = child.name
            level.lifted = child.kind == "conv" and TRANSPOSED.search(child.name) is not None
        if source is not None:
            level.unread.pop(source.tensor, None)
        if signal is None or signal.width < 1 or signal is source:
            return
        if child.kind in FOLLOW and source is not None:
            level.made.pop(source.tensor, None)
        if len(level.made) < MOST:
            level.made[signal.tensor] = signal
        if len(level.unread) <= MOST:
            level.unread[signal.tensor] = signal

    def source(self, child: Node, signal: Signal | None) -> Signal | None:
        """What a module reads, given what the one before it gave; `LOST` where that is open."""
        level = self.levels[-1]
        inputs = self.order.ends(child)[0]
        level.left.get(inputs, {}).pop(id(child), None)
        if inputs is None or child.kind in ("embedding", "parameter"):
            return signal
        beside = id(child) in level.beside
        if beside and not level.apart:
            level.apart.append(signal)
        if signal is None and not level.made:
            return signal if self._begins(child, inputs) else LOST
        if beside:
            before = level.apart[0]
            return before if before is not None and self.fits(child, before) and before.width == inputs else LOST
        signal = signal or LOST
        together = self._together(child, inputs) if signal.width != inputs else None
        if together is not None:
            return together
        if self.fits(child, signal):
            told = child.kind in FOLLOW or not level.vague or level.follows(child)
            known = told or not self._others(child, signal, inputs) and not self._rivals(child, inputs)
            if not known:
                level.unsure.add(inputs)
            return signal if known else LOST
        return self._elsewhere(child, signal, inputs)

    def _begins(self, child, inputs):
        """Whether the input of the model is what a module reads: the order tells it, its name, or that nothing else
        in the file gives what it reads."""
        level = self.levels[-1]
        if not level.vague or self.order.rank(child) < MIDDLE:
            return True
        return all(self.order.ends(other)[1] != inputs for other in level.children if other is not child)

    def _rivals(self, child, inputs):
        """Whether a module that is still to be called might read the same as well, for all that names tell."""
        if inputs in self.levels[-1].unsure:
            return True
        rank = self.order.rank(child)
        stem = DIGITS.sub("", child.name)
        return any(
            self.order.rank(other) == rank
            and other.kind not in FOLLOW
            and (DIGITS.sub("", other.name) != stem or other.name == stem)
            for other in islice(self.levels[-1].left.get(inputs, {}).values(), MOST)
        )

    def _others(self, child, signal, inputs):
        """Whether another signal of this level would fit as well."""
        return [made for made in self.levels[-1].made.values() if made.width == inputs and made.tensor != signal.tensor]

    def _elsewhere(self, child, signal, inputs):
        """The only signal whose width fits, or that does with the one before."""
        first = max((place for place, above in enumerate(self.levels) if above.closed), default=0)
        before = {made.tensor: made for above in self.levels[first:] for made in above.made.values()}
        fits = [made for made in before.values() if made.width == inputs]
        level = self.levels[-1]
        if len(fits) == 1 and not level.lifted:
            return fits[0]
        if signal.width > 0 and (not fits or level.lifted):
            beside = [
                made
                for made in before.values()
                if made.width == inputs - signal.width and made.tensor != signal.tensor and made.kind == signal.kind
            ]
            if len(beside) == 1:
                return self.graph.concat(child.path[:-1], beside[0], signal)
        return LOST

    def _together(self, child, inputs):
        """All that nobody has read yet, put side by side, if that is as wide as what a module reads."""
        level = self.levels[-1]
        unread = list(level.unread.values())
        if not 1 < len(unread) <= MOST or sum(made.width for made in unread) != inputs:
            return None
        if len({made.kind for made in unread}) > 1:
            return None
        if child.kind == "dense":
            unread = [self.graph.as_kind(made, "vector sequence", path=child.path) for made in unread]
        level.unread.clear()
        return self.graph.concat(child.path[:-1], *unread)

    def fits(self, child: Node, signal: Signal) -> bool:
        """Whether a module can read a signal: its width, groups of it, or it flattened."""
        inputs = self.order.ends(child)[0]
        if signal.width < 0:
            return False
        if inputs is None or signal.width in (0, inputs):
            return True
        first = self.order.first(child)
        if first is None or first.kind not in ("conv", "dense"):
            return False
        if first.kind == "dense":
            return bool(sizes_of(signal, inputs))
        weight = first.tensors["weight"].shape
        units, inputs = weight[:2] if self.order.torch else weight[:-3:-1]
        return signal.width == inputs * groups_of(signal, inputs, units, 1)

    def _beside(self, node, children):
        """Modules of the same shapes whose names tell no order: nobody knows that one reads the other."""
        alike = defaultdict(list)
        for child in children:
            if child.kind not in (*FOLLOW, "parameter", "embedding"):
                alike[_shapes(child)].append(child)
        beside = set()
        for names in (SIDE, *SIDES):
            row = [child for child in children if names.match(child.name) and child.kind not in FOLLOW]
            if names is SIDE:
                stems = Counter(DIGITS.sub("", child.name) for child in row)
                row = [child for child in row if stems[DIGITS.sub("", child.name)] > 1]
            if names is SIDES[0]:  # letters may as well be in the order of the alphabet
                reads = Counter(self.order.ends(child)[0] for child in row)
                row = [child for child in row if reads[self.order.ends(child)[0]] > 1]
            beside.update(map(id, row if len(row) > 1 else ()))
        if LISTS.match(node.name) and len(children) > 1:
            beside.update(map(id, children))
        for group in alike.values():
            names = [child.name for child in group]
            stems = {DIGITS.sub("", name) for name in names}
            ranks = {self.order.rank(child) for child in group}
            if len(group) > 1 and len(stems) > 1 and len(ranks) < len(group):
                beside.update(map(id, group))
        return beside


class _Level:
    def __init__(self, children, beside, vague, closed):
        self.children, self.beside, self.vague = children, beside, vague
        self.closed = closed  # whether nobody knows what enters, so that nothing inside reads what is outside
        self.made: dict[str, Signal] = {}
        self.unread: dict[str, Signal] = {}
        self.left: dict[int | None, dict[int, Node]] = {}  # modules that are still to be called, by what they read
        self.apart: list[Signal | None] = []  # what the first of those that stand side by side reads
        self.unsure: set[int] = set()  # widths that modules read of which nobody knows which comes first
        self.lifted = False  # whether that is a transposed convolution, which often meets what is from before
        self.before = ""  # name of the module before, but for a normalisation

    def follows(self, child: Node) -> bool:
        """Whether a module is called as the one before, with another number."""
        return child.name != self.before != "" and DIGITS.sub("", child.name) == DIGITS.sub("", self.before)


def _shapes(node):
    """What makes two modules alike: the shapes of all that is in them."""
    return tuple(
        (part.kind, tuple((role, stored.shape) for role, stored in sorted(part.tensors.items())))
        for part in node.walk()
    )
