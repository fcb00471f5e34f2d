# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order the modules inside a module are called: by what their names say, else by which sizes fit."""

from __future__ import annotations

import heapq
import re
from bisect import bisect
from itertools import pairwise
from os.path import commonprefix

from ...containers.natural_order import DIGITS, natural
from .blocks import Experts
from .families import block_of, wiring_of
from .modules import Node, Tree
from .sizes import widths

MIDDLE = 50
# Names that say at which end of a network a module stands, the first that matches.
RANKS = tuple(
    (rank, re.compile(names))
    for rank, names in (
        (
            0,
            r"^(embeddings?|embed|wte|tok_embeddings|embed_tokens|word_embeddings|shared|patch_embed\w*|conv_proj|"
            r"stem|conv_stem|embedder|input_layer|input|inc|encoder_embed\w*)$",
        ),
        (
            1,
            r"^(token_type_embeddings|segment_embeddings?|cls_token|class_token|class_embedding|dist_token|"
            r"distillation_token|register_tokens|reg_token|mask_token)$",
        ),
        (
            2,
            r"^(wpe|embed_positions|pos_embed|pos_embedding|position_embeddings?|positional_embedding|"
            r"position_embedding_table)$",
        ),
        (3, r"^(ln_pre|pre_layrnorm|embed_norm|norm_pre|layernorm_embedding|word_embeddings_layernorm)$"),
        (4, r"^(proj_in|conv_in|lin(ear)?_in|fc_in|embed_in|in_(conv|layer|proj\w*|block)|inp)$"),
        (30, r"^(conv_reduce|squeeze)$"),
        (40, r"^(encoder|down\w*|enc[0-9]*)$"),
        (45, r"^(bottleneck|mid\w*)$"),
        (47, r"^(decoder|up\w*|dec[0-9]*)$"),
        (85, r"^(pooler|attnpool|pre_classifier|pre_head)$"),
        (
            90,
            r"^(heads?\w*|fc|fc_out|classifier|classification_head|cls|lm_head|score|scores|logits|output\w*|out|outc|"
            r"out_conv|conv_out|embed_out|box|bbox|mask|obj|mu|logvar|z|qa_outputs|predictions?|proj_out|last_linear|final\w*|linear_head)$",
        ),
        (95, r"^(aux\w*|Aux\w*)$"),
    )
)
LAST_NORM = re.compile(
    r"^(norm|ln_f|layer_?norm|final_layer_?norm|ln_final|ln_post|post_layernorm|ln|norm_f|norm5|"
    r"final_norm|fc_norm|LayerNorm)$"
)
DENSE_LAYER = re.compile(r"^dense_?layer[0-9]+$")
BRANCH = re.compile(r"(branch\w*?)(_[0-9]+)?")
LAST_NORM_RANK = 80
PICTURES = (3, 1, 4, 2)  # channels of what a first convolution reads
NORMS = ("batchnorm", "norm")
LAYERS = ("conv", "dense", "depthwise", "separable", "recurrent")
NEAREST = 16  # modules looked at for one place
MOST_DENSE = 256  # layers of a dense block


class Order:
    """In which order modules are called, and how wide what they read and give is."""

    def __init__(self, tree: Tree, torch: bool):
        self.tree, self.torch = tree, torch
        self._ends: dict[int, tuple[int | None, int | None]] = {}
        self._called: dict[tuple[int, int | None], list[Node]] = {}  # what `of` gave
        self._pictures: dict[int, int | None] = {}  # what `_first_conv` gave

    def rank(self, node: Node) -> int:
        """At which end of a network the name of a module puts it, small numbers first."""
        if LAST_NORM.match(node.name) and node.kind in NORMS:
            return LAST_NORM_RANK
        return next((rank for rank, names in RANKS if names.match(node.name)), MIDDLE)

    def of(self, node: Node, width: int | None = None) -> list[Node]:
        """The modules inside, as they are called behind a signal of this width."""
        key = id(node), width
        if key not in self._called:
            self._called[key] = self._of(node, width)
        return self._called[key]

    def _of(self, node, width):
        children = list(node.children.values())
        if len(children) < 2:
            return children
        if _is_numbered(node):
            return sorted(children, key=lambda child: natural(child.name))
        ranks = {id(child): self.rank(child) for child in children}
        if not self.tree.sorted:  # the order of the file is that in which the modules were made
            children.sort(key=lambda child: min(ranks[id(child)], MIDDLE) if ranks[id(child)] < 5 else MIDDLE)
            return self._norms_first(children)
        children = sorted(children, key=lambda child: (ranks[id(child)], child.place))
        around, taken = self._attached(children)
        chain = self._chain([child for child in children if id(child) not in taken], ranks, width)
        return [module for child in chain for module in around.get(id(child), (child,))]

    def ends(self, node: Node) -> tuple[int | None, int | None]:
        """(inputs, units) of a module with all inside."""
        if id(node) not in self._ends:
            self._ends[id(node)] = None, None  # against endless recursion
            if node.kind and node.kind != "parameter":
                ends = widths(self.tree, node, self.torch)
            elif wiring_of(node):
                ends = None, None  # its program says
            elif block := block_of(node):
                ends = self._ends_of_block(node, block)
            else:
                ends = self._ends_of(node)
            self._ends[id(node)] = ends
        return self._ends[id(node)]

    def tells(self, node: Node) -> bool:
        """Whether names, or the order of the file, tell in which order the modules inside are called."""
        if not self.tree.sorted or _is_numbered(node):
            return True
        layers = [child for child in node.children.values() if self.ends(child)[0] and child.kind not in NORMS]
        return len({DIGITS.sub("", child.name) for child in layers if self.rank(child) == MIDDLE}) < 2

    def first(self, node: Node) -> Node | None:
        """The module with weights that is called first inside, itself if it has some."""
        inner: Node | None = node
        while inner is not None and not inner.kind:
            inner = next((child for child in self.of(inner) if self.ends(child)[0]), None)
        return inner

    def _ends_of_block(self, node, block):
        first, last = (branch.body.required() for branch in (block.branches[0], block.branches[-1]))
        inputs = self.ends(node.at(first[0]))[0]
        units = self.ends(node.at(last[-1]) or node.at(first[-1]))[1]
        return inputs, inputs if isinstance(block.branches[-1].body, Experts) else units

    def _ends_of(self, node):
        called = [child for child in self.of(node) if child.kind != "parameter"]
        inside = [self.ends(child) for child in called]
        inputs = next((size for child, (size, _) in zip(called, inside, strict=True) if size or not child.kind), None)
        if is_dense(node) and inputs:
            return inputs, inputs + sum(units or 0 for _, units in inside)
        if apart := branches(node):
            return inputs, sum(self.ends(row[-1])[1] or 0 for row in apart) or None
        return inputs, next((units for _, units in reversed(inside) if units), None)

    def _norms_first(self, children):
        """A normalisation made after a layer, and of the width that this reads and does not give, is called before."""
        for place, (layer, norm) in enumerate(pairwise(children)):
            if layer.kind in LAYERS and norm.kind in NORMS:
                inputs, units = self.ends(layer)
                if self.ends(norm)[0] == inputs != units:
                    children[place : place + 2] = norm, layer
        return children

    def _attached(self, children):
        """(layer by its id: the layer with the normalisations round it, ids of these). A normalisation goes with the
        layer that has its number, else with that of the most similar name."""
        layers: dict[int, list[tuple[int, Node]]] = {}  # by width, with their places
        numbered: dict[tuple, list[Node]] = {}  # by width and the numbers in their names
        for place, child in enumerate(children):
            if child.kind in LAYERS:
                for width in dict.fromkeys(self.ends(child)):
                    layers.setdefault(width, []).append((place, child))
                    numbered.setdefault((width, *DIGITS.findall(child.name)), []).append(child)
        pairs = []
        votes = 0
        for place, norm in enumerate(children):
            if norm.kind not in NORMS:
                continue
            width = self.ends(norm)[0]
            row = layers.get(width, [])
            middle = bisect(row, place, key=lambda entry: entry[0])
            near = numbered.get((width, *DIGITS.findall(norm.name)), [])[:NEAREST]
            near += [layer for _, layer in row[max(0, middle - NEAREST) : middle + NEAREST]]
            best = max(near, key=lambda layer: _alike(layer.name, norm.name), default=None)
            only_reads = bool(near) and all(self.ends(layer)[1] != width for layer in near)
            if (
                best is None
                or not only_reads
                and (self.rank(norm) != MIDDLE or len(row) > 1 and _alike(best.name, norm.name) == (False, 0))
            ):
                continue
            reads, gives = (size == width for size in self.ends(best))
            votes += reads - gives
            pairs.append((norm, best, gives, reads))
        around = {}
        for norm, best, gives, reads in pairs:
            row = around.setdefault(id(best), [best])
            row.insert(len(row) if gives and row[-1] is best and not (reads and votes > 0) else 0, norm)
        return around, {id(norm) for norm, *_ in pairs}

    def _chain(self, children, ranks, width):
        """One after the other such that each reads what the one before gives, as far as there is such a one."""
        waiting: dict[int | None, list] = {}
        for place, child in enumerate(children):
            heapq.heappush(waiting.setdefault(self.ends(child)[0], []), (place, id(child)))
        by_id = {id(child): child for child in children}
        left = set(by_id)
        ordered = []
        next_place = 0
        begins = width is None
        while left:
            while id(children[next_place]) not in left:
                next_place += 1
            first = children[next_place]
            chosen = first if not begins or ranks[id(first)] < 5 else self._start(children, first)
            if ranks[id(chosen)] >= 5:
                chosen = self._next(chosen, ordered, waiting.get(width, []), left, by_id, ranks, width)
            begins = begins and ranks[id(chosen)] < 5
            left.discard(id(chosen))
            ordered.append(chosen)
            width = self.ends(chosen)[1] or width
        return ordered

    def _next(self, first, ordered, waiting, left, by_id, ranks, width):
        """The first module, or one that fits better: that reads the width at all, is no second normalisation in a row,
        and, where no number in the names says otherwise, keeps the width before others leave it."""
        near = []
        while waiting and len(near) < NEAREST:
            entry = heapq.heappop(waiting)
            if entry[1] in left:
                near.append(entry)
        for entry in near:
            heapq.heappush(waiting, entry)
        near = [by_id[entry[1]] for entry in near if ranks[entry[1]] <= ranks[id(first)]]
        fits = self._fits(first, width)
        never = NORMS if ordered and ordered[-1].kind in NORMS else () if ordered else NORMS[:1]
        best = next((child for child in near if child.kind not in never), None)
        if not fits or first.kind in never and best is not None:
            first = best or (near[0] if near and not fits else first)
        if self.ends(first)[1] != width and not DIGITS.search(first.name):
            return next(
                (child for child in near if self.ends(child) == (width, width) and child.kind not in NORMS), first
            )
        return first

    def _fits(self, child, width):
        inputs = self.ends(child)[0]
        return width is None or inputs is None or inputs == width

    def _start(self, children, first):
        """The module that reads the input of the model: one that reads pictures, or what no other module gives."""
        same = [child for child in children if self.rank(child) == self.rank(first)]
        given = {self.ends(child)[1] for child in children}
        for channels in PICTURES:
            for child in same:
                if channels not in given and self._first_conv(child) == channels:
                    return child
        return next((child for child in same if self.ends(child)[0] not in (None, *given)), first)

    def _first_conv(self, node):
        """How many channels the first convolution in a module reads."""
        if id(node) not in self._pictures:
            first = node
            while first is not None and not first.kind:
                first = next(iter(self.of(first)), None)
            shape = first.tensors["weight"].shape if first is not None and first.kind == "conv" else ()
            self._pictures[id(node)] = (shape[1] if self.torch else shape[-2]) if shape else None
        return self._pictures[id(node)]


def _alike(name: str, other: str) -> tuple[bool, int]:
    """How much two names belong together: the same numbers in them, then how long they are the same."""
    return DIGITS.findall(name) == DIGITS.findall(other) != [], len(commonprefix((name, other)))


def is_dense(node: Node) -> bool:
    """Whether every module inside reads what enters and what all before it give (DenseNet)."""
    return 1 < len(node.children) <= MOST_DENSE and all(DENSE_LAYER.match(name) for name in node.children)


def branches(node: Node) -> list[list[Node]]:
    """The branches of a module that holds nothing else, each a row of modules; none if it is no such module."""
    rows: dict[str, list[Node]] = {}
    for name in sorted(node.children, key=natural):
        if not (said := BRANCH.fullmatch(name)):
            return []
        rows.setdefault(said[1], []).append(node.children[name])
    return list(rows.values()) if len(rows) > 1 else []


def lists(root: Node) -> set[tuple[str, ...]]:
    """The paths of modules that are mere lists: not called themselves, and in no name of an exporter. Those are lists
    of blocks, and lists inside a block."""
    paths: set[tuple[str, ...]] = set()
    for node in root.walk():
        block = block_of(node)
        if block is not None and not block.called:
            paths.update(child.path for child in node.children.values() if _is_numbered(child))
            if node.name.isdigit():
                paths.add(node.path[:-1])
    return paths


def _is_numbered(node: Node) -> bool:
    return bool(node.children) and not node.kind and all(name.isdigit() for name in node.children)
