# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stages of a large network: blocks that part it into few enough pieces to be seen at once.

Of a convolutional network a stage is a run of layers with maps of one size, of others a run of layers of one shape; a
block that somebody named is a stage itself where the two coincide. What repeats, as the layers of a transformer, needs
no other stages than its repeats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil

from .network import Block, Layer

MANY = 30  # layers; a smaller network is shown whole, if it is not a convolutional one of many layers with weights
MANY_WEIGHTED = 12
FEW = 3  # equal blocks; fewer are all shown
MOST = 60  # layers and blocks that are seen before any block is opened
MOST_PAIRS = 200  # of these that are joined
GROUPS = (24, 12, 6, 3)  # into how many pieces the inside of an open block is parted, while more than `MOST` are seen
LONG = 250  # layers one behind the other; a longer run of one shape is parted
STRAY = 4  # layers beside a named block that are no stage of their own
FLAT = (1, 1)  # the size of maps of one cell, and of what is no map
MOSTLY = 0.7  # of a block's layers with a size; if so many share it, it is the block's
SPANS = ("spans",)  # in place of the size of a block of several
CONVOLUTIONS = ("Conv", "ConvTranspose")
DEEPEST = 32  # blocks in one another that are looked into


@dataclass(frozen=True)
class Staged:
    """Blocks with stages among them, the innermost block of each layer, and the blocks that are closed at first."""

    blocks: list[Block]
    innermost: dict[str, str]
    closed: frozenset[str]


def staged(layers: Sequence[Layer], blocks: Sequence[Block], innermost: Mapping[str, str]) -> Staged:
    """The stages of a network, put between its `blocks`, which are parents before children."""
    tree = _Tree(layers, blocks, innermost)
    weighted = [layer for layer in layers if layer.parameters]
    if _is_convolutional(weighted):
        _by_size(tree)
    elif len(layers) > MANY:
        repeated = [block for block in blocks if block.repeat >= FEW]
        if 2 * len({name for block in repeated for name in block.layers}) >= len(layers):
            for block in repeated:
                for path in block.children:
                    tree.items[path].closed = True
            _around(tree)
        else:
            _by_shape(tree)
    if len(layers) > MANY:
        _limit(tree)
    return tree.staged(blocks, innermost)


def _is_convolutional(weighted: Sequence[Layer]) -> bool:
    """Whether this is a deep network of maps that become smaller or larger."""
    convolutions = [layer for layer in weighted if layer.op in CONVOLUTIONS]
    sizes = {size for layer in convolutions if (size := _size(layer)) not in (None, FLAT)}
    return len(weighted) > MANY_WEIGHTED and 4 * len(convolutions) > len(weighted) and len(sizes) > 2


def _size(layer: Layer) -> tuple[int, int] | None:
    """Rows and columns of a layer's maps, `FLAT` where it has none, None where that is not known."""
    if layer.shape is None or None in layer.shape:
        return None
    return (layer.grid.rows, layer.grid.columns) if layer.grid.units > 1 or len(layer.shape) > 2 else FLAT


@dataclass(eq=False)
class _Item:
    """A layer, or a block with what is inside; `layers` are positions."""

    layers: list[int]
    block: Block | None = None
    inside: list[_Item] = field(default_factory=list)
    closed: bool = False
    made: bool = False  # by us, so that it has no block yet
    key: tuple | None = None

    @property
    def is_open(self) -> bool:
        return bool(self.inside) and not self.closed


class _Tree:
    def __init__(self, layers: Sequence[Layer], blocks: Sequence[Block], innermost: Mapping[str, str]):
        self.layers = layers
        self.position = {layer.name: number for number, layer in enumerate(layers)}
        self.sources = [[self.position[name] for name in layer.inputs if name in self.position] for layer in layers]
        self.read = {source for sources in self.sources for source in sources}
        self.root = _Item(list(range(len(layers))))
        self.items = {"": self.root}
        for block in blocks:
            item = self.items[block.path] = _Item([self.position[name] for name in block.layers], block)
            self.items[block.parent].inside.append(item)
        for position, layer in enumerate(layers):
            self.items[innermost.get(layer.name, "")].inside.append(_Item([position]))
        for item in self.items.values():
            item.inside.sort(key=lambda inner: inner.layers[0])

    def is_input(self, item: _Item) -> bool:
        return not item.inside and self.layers[item.layers[0]].op == "Input"

    def is_output(self, item: _Item) -> bool:
        return not item.inside and item.layers[0] not in self.read

    def close(self, container: _Item, groups: Iterable[Sequence[_Item]], alone: bool = False) -> None:
        """Make a stage of each group of items of one block; a block alone is the stage itself, and so is a layer if
        `alone` is set, else it stays."""
        grouped: set[int] = set()
        for group in groups:
            if len(group) == 1 and (group[0].inside or not alone):
                group[0].closed = bool(group[0].inside)
                continue
            layers = sorted(position for item in group for position in item.layers)
            container.inside.append(_Item(layers, inside=list(group), closed=True, made=True))
            grouped.update(map(id, group))
        container.inside = [item for item in container.inside if id(item) not in grouped]

    def containers(self) -> Iterator[_Item]:
        """The blocks that are open, the whole network among them."""
        ahead = [self.root]
        while ahead:
            item = ahead.pop()
            yield item
            ahead += [inner for inner in item.inside if inner.is_open]

    def seen(self) -> dict[int, int]:
        """Which layer or closed block is seen for each layer, by numbers."""
        shown: dict[int, int] = {}
        for container in self.containers():
            for item in container.inside:
                if not item.is_open:
                    shown |= dict.fromkeys(item.layers, id(item))
        return shown

    def staged(self, blocks: Sequence[Block], innermost: Mapping[str, str]) -> Staged:
        """The blocks as they are now, parents before children."""
        taken = {block.path for block in blocks}
        signature = max((block.signature for block in blocks), default=-1)
        made: list[Block] = []
        closed: set[str] = set()
        where = dict(innermost)
        number = 0
        ahead = [(self.root, "", "")]  # with the path of its block, and of the named block round it
        while ahead:
            item, path, named = ahead.pop()
            item.inside.sort(key=lambda inner: inner.layers[0])
            inner_blocks: list[tuple[_Item, str, str]] = []
            for inner in item.inside:
                if not inner.inside:
                    if item.made:
                        where[self.layers[inner.layers[0]].name] = path
                    continue
                if inner.block is None:
                    number += 1
                    own = f"{named}/stage {number}" if named else f"stage {number}"
                    name = _name(inner) or f"stage {number}"
                    while own in taken:
                        own += "′"
                    taken.add(own)
                    names = tuple(self.layers[position].name for position in inner.layers)
                    inner.block = Block(own, name, path, names, (), signature + number, inferred=True, stage=True)
                else:
                    inner.block = replace(inner.block, parent=path)
                own = inner.block.path
                inner_blocks.append((inner, own, named if inner.made else own))
                if inner.closed:
                    closed.add(own)
            if item.block:
                made.append(replace(item.block, children=tuple(own for _, own, _ in inner_blocks)))
            ahead += reversed(inner_blocks)
        return Staged(made, where, frozenset(closed))


def _name(stage: _Item) -> str:
    """The name of the block that is at least half of a stage, "" where there is none."""
    largest = max(stage.inside, key=lambda item: len(item.layers))
    named = largest.block
    return named.name if named and not named.inferred and 2 * len(largest.layers) >= len(stage.layers) else ""


def _around(tree: _Tree) -> None:
    """Make stages of what stands before, between and behind blocks that are closed: runs of layers and small blocks."""
    for container in list(tree.containers()):
        runs: list[list[_Item]] = [[]]
        for item in container.inside:
            beside = not item.inside or not item.closed and not _holds_closed(item)
            if beside and not tree.is_input(item) and not tree.is_output(item):
                runs[-1].append(item)
            elif runs[-1]:
                runs.append([])
        tree.close(container, [run for run in runs if run], alone=True)


def _holds_closed(item: _Item) -> bool:
    """Whether a block is closed or holds one that is."""
    return item.closed or any(_holds_closed(inner) for inner in item.inside)


# by the size of maps


def _by_size(tree: _Tree) -> None:
    """Close the runs of layers with maps of one size."""
    sizes = _sizes(tree)
    ahead = [(tree.root, 0)]
    while ahead:
        container, depth = ahead.pop()
        runs: list[list[_Item]] = []
        current: tuple | None = None
        for item in container.inside:
            if tree.is_input(item):
                continue
            if tree.is_output(item) and len(container.inside) > 1:  # an answer is looked at by itself
                runs.append([item])
                item.key = _size_of(item, sizes, len(tree.layers))
                current = None
                continue
            item.key = _size_of(item, sizes, len(tree.layers)) if depth < DEEPEST else FLAT
            if item.key == SPANS:
                ahead.append((item, depth + 1))
                current = None
            elif runs and current is not None and item.key in (None, current):
                runs[-1].append(item)
            else:
                runs.append([item])
                current = item.key or SPANS  # what has no size before all others stays by itself
        tree.close(container, [stage for run in _smoothed(runs) for stage in _of_run(run)], alone=True)


def _sizes(tree: _Tree) -> list[tuple | None]:
    """The size of each layer's maps, None for what belongs to the maps around it: whose size nobody knows, and what has
    no maps but feeds some, as the gates of channels."""
    sizes = [_size(layer) for layer in tree.layers]
    feeds = [False] * len(sizes)
    for position in reversed(range(len(sizes))):
        if feeds[position] or sizes[position] not in (None, FLAT):
            for source in tree.sources[position]:
                feeds[source] = True
    return [None if size == FLAT and feeds[place] else size for place, size in enumerate(sizes)]


def _size_of(item: _Item, sizes: Sequence[tuple | None], total: int) -> tuple | None:
    """The size of maps in a layer or a block; that of a small block of several is that of its last layer."""
    known = Counter(size for position in item.layers if (size := sizes[position]) is not None)
    if not known:
        return None
    size, count = known.most_common(1)[0]
    if count >= MOSTLY * known.total():
        return size
    if len(item.layers) < max(2 * STRAY, total // 20):
        return next(size for position in reversed(item.layers) if (size := sizes[position]) is not None)
    return SPANS


def _smoothed(runs: Sequence[list[_Item]]) -> list[list[_Item]]:
    """Runs without the short ones between two of one size, as where one of several branches shrinks its maps first."""
    kept: list[list[_Item]] = []
    for run in runs:
        while len(kept) > 1 and _key(kept[-2]) == _key(run) and 4 * _count(kept[-1]) <= _count(kept[-2]) + _count(run):
            run = [*kept[-2], *kept[-1], *run]
            del kept[-2:]
        kept.append(run)
    return kept


def _key(run: Sequence[_Item]) -> tuple | None:
    return run[0].key


def _count(items: Sequence[_Item]) -> int:
    return sum(len(item.layers) for item in items)


def _of_run(run: list[_Item]) -> Iterator[list[_Item]]:
    """The stages of a run: all of it, or the block that somebody named and that is nearly all of it."""
    count = _count(run)
    if _key(run) in (FLAT, None) and count <= MANY_WEIGHTED:
        return
    largest = max(range(len(run)), key=lambda place: len(run[place].layers))
    named = run[largest].block
    if named is None or named.inferred or 4 * len(run[largest].layers) < 3 * count:
        yield run
        return
    strays = count - len(run[largest].layers)
    if 0 < strays <= STRAY:  # as a pooling before it
        yield run
        return
    yield [run[largest]]
    yield from (beside for beside in (run[:largest], run[largest + 1 :]) if beside)


# by shape


def _by_shape(tree: _Tree) -> None:
    """Close all blocks but those of more than half of all layers, and the runs of layers of one shape between them."""
    ahead = [(tree.root, 0)]
    while ahead:
        container, depth = ahead.pop()
        for item in container.inside:
            if item.inside and 2 * len(item.layers) > len(tree.layers) and depth < DEEPEST:
                ahead.append((item, depth + 1))
            else:
                item.closed = bool(item.inside)
        runs = _runs(tree, container, _depths(tree, container))
        tree.close(container, [run for run in runs if not run[0].inside])


def _runs(tree: _Tree, container: _Item, depths: Mapping[int, int]) -> list[list[_Item]]:
    """The items of a block in the order of the signal, neighbours of one kind together; inputs and open blocks are
    left out."""
    items = sorted(container.inside, key=lambda item: (depths[id(item)], item.layers[0]))
    runs: list[list[_Item]] = []
    last: tuple | None = None
    for item in items:
        key = _kind(tree, item)
        if item.is_open or tree.is_input(item):
            last = None
            continue
        if key == last:
            runs[-1].append(item)
        else:
            runs.append([item])
        last = key
    return [part for run in runs for part in _parted(run, depths, len(container.inside))]


def _kind(tree: _Tree, item: _Item) -> tuple:
    layer = tree.layers[item.layers[0]]
    if item.inside:
        return ("block", item.block.signature if item.block else -1)
    return ("layer", layer.shape, len(layer.inputs) > 2 * STRAY)  # what joins many is not one of them


def _parted(run: list[_Item], depths: Mapping[int, int], total: int) -> Iterator[list[_Item]]:
    """A run in pieces, if many of it stand one behind the other."""
    long = max(LONG, ceil(total / 40))
    behind = len({depths[id(item)] for item in run})
    if len(run) > MOSTLY * total:  # one piece of nearly all would say nothing
        long = min(long, max(STRAY, ceil(behind / 4)))
    step = len(run) if behind <= long else ceil(len(run) / ceil(behind / long))
    return (run[begin : begin + step] for begin in range(0, len(run), step))


def _depths(tree: _Tree, container: _Item) -> dict[int, int]:
    """How many items of a block stand before each on the longest way; where they read one another in a circle, by the
    first layer of each."""
    of: dict[int, _Item] = {position: item for item in container.inside for position in item.layers}
    reads = {
        id(item): {
            id(of[source])
            for position in item.layers
            for source in tree.sources[position]
            if source in of and of[source] is not item and of[source].layers[0] < item.layers[0]
        }
        for item in container.inside
    }
    depths: dict[int, int] = {}
    for item in sorted(container.inside, key=lambda item: item.layers[0]):
        depths[id(item)] = 1 + max((depths[source] for source in reads[id(item)]), default=-1)
    return depths


# few enough


def _limit(tree: _Tree) -> None:
    """Close more, until few enough layers and blocks are seen."""
    for most in GROUPS:
        for container in sorted(tree.containers(), key=lambda item: -len(item.inside)):
            if _is_few(tree):
                return
            if len(container.inside) > most:
                _group(tree, container, most)
    for item in tree.root.inside:
        item.closed = item.closed or bool(item.inside)
    if not _is_few(tree):
        _group(tree, tree.root, GROUPS[0])


def _is_few(tree: _Tree) -> bool:
    shown = tree.seen()
    pairs = {
        (shown[source], shown[position])
        for position, sources in enumerate(tree.sources)
        for source in sources
        if shown[source] != shown[position]
    }
    return len(set(shown.values())) <= MOST and len(pairs) <= MOST_PAIRS


def _group(tree: _Tree, container: _Item, most: int) -> None:
    """Put what is inside a block into so many stages; blocks in it that are open stay so."""
    inputs = [item for item in container.inside if tree.is_input(item)]
    groups = [inputs] if len(inputs) > 2 * STRAY else []
    depths = _depths(tree, container)
    runs = _runs(tree, container, depths)
    least = ceil(sum(map(len, runs)) / most)
    group: list[_Item] = []
    for run in runs:
        if run[0].inside and len(run) > least:  # equal blocks: those beside one another, else a few of them each
            behind = len({depths[id(item)] for item in run})
            step = len(run) if behind < FEW else ceil(len(run) / (0.75 * most))
            groups += [group] * bool(group) + [run[begin : begin + step] for begin in range(0, len(run), step)]
            group = []
            continue
        group += run
        if len(group) >= least:
            groups.append(group)
            group = []
    tree.close(container, groups + [group] * bool(group))
