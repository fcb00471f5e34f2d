# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which layers belong together: by the scopes that the exporter left, else by repetition in the graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..containers import stopping
from .network import Block, Layer
from .recognise.groups import MOVES
from .repetition import runs
from .scopes import Scope, common, scopes_of_weights

SAY_LITTLE = ("base_model", "model", "module", "net", "network")
FAR = -(1 << 40)  # in front of any layer


def find(
    layers: Sequence[Layer], weights: Mapping[str, Sequence[str]] | None = None
) -> tuple[list[Block], dict[str, str]]:
    """The blocks, parents before children and in the order of the network; and the innermost block of each layer.

    `weights` names the stored tensors that a layer reads: old exporters left scopes in those alone. Blocks are told by
    their paths, "" for none; those that are put round repeating neighbours are no part of the paths inside.
    """
    inside = [layer for layer in layers if layer.op != "Input"]
    graph = _Graph(inside)
    tree = _named(graph, weights or {})
    inferred = False
    if sum(1 for _ in tree.descendants()) < 2 and (repeated := _repeated(graph)).children:
        tree = repeated
        inferred = True
    innermost = {layer.name: "" for layer in layers} | dict(_innermost(graph, tree, ""))
    numbers: dict[tuple, int] = {}
    for group in tree.children.values():
        _sign(graph, group, numbers)
    _bundle(graph, tree, numbers)
    return list(_blocks(graph, tree, "", "", inferred)), innermost


class _Graph:
    """Layers by their position, inputs of the model by negative ones; `kinds` are equal numbers for layers alike."""

    def __init__(self, layers: Sequence[Layer]):
        self.layers = layers
        position = {layer.name: number for number, layer in enumerate(layers)}
        inputs: dict[str, int] = {}  # the model's, by negative numbers
        self.sources = [
            [
                position[name] if name in position else inputs.setdefault(name, FAR - len(inputs))
                for name in layer.inputs
            ]
            for layer in layers
        ]
        self.readers: list[list[int]] = [[] for _ in layers]
        for number, sources in enumerate(self.sources):
            for source in sources:
                if source >= 0:
                    self.readers[source].append(number)
        kinds: dict[tuple, int] = {}
        self.kinds = [kinds.setdefault(_kind(layer), len(kinds)) for layer in layers]


def _kind(layer: Layer) -> tuple:
    # Without what moves elements: the last of several equal blocks is often read in another way.
    return layer.op, layer.shape, layer.parameters, *(part.op for part in layer.parts if part.op not in MOVES)


def _rough(layer: Layer) -> tuple:
    # The last of several equal blocks often ends in a sum with a norm in the same layer.
    return _kind(layer) if len(layer.inputs) < 2 else (layer.op, layer.shape)


@dataclass(eq=False)
class _Group:
    """A block in the making; `layers` are positions of those directly inside, `all` of those in its children too."""

    name: str
    layers: list[int] = field(default_factory=list)
    children: dict[str, _Group] = field(default_factory=dict)
    all: list[int] = field(default_factory=list)
    signature: int = 0
    repeat: int = 1
    bundle: bool = False  # stands for no module: its name is no part of the paths inside

    def child(self, name: str) -> _Group:
        return self.children.setdefault(name, _Group(name))

    def descendants(self) -> Iterator[_Group]:
        for child in self.children.values():
            yield child
            yield from child.descendants()

    def gather(self) -> None:
        """Fill `all`, and put the children in the order of the network."""
        for child in self.children.values():
            child.gather()
        self.all = sorted([*self.layers, *(item for child in self.children.values() for item in child.all)])
        self.children = dict(sorted(self.children.items(), key=lambda item: item[1].all[0]))


# by name


def _named(graph: _Graph, weights: Mapping[str, Sequence[str]]) -> _Group:
    """The tree of scopes. One with a single layer, and one round a single other, are left out."""
    known = _known(graph, weights)
    scopes = _placed(graph, _shared(known))
    root = _Group("")
    for position, scope in enumerate(_shared(scopes)):
        group = root
        for name in scope or ():
            group = group.child(name)
        group.layers.append(position)
    while len(root.children) == 1 and all(known[position] is None for position in root.layers):
        (only,) = root.children.values()  # round all that has a scope
        root = _Group("", root.layers + only.layers, only.children)
    _collapse(root)
    root.gather()
    return root


def _known(graph, weights) -> list[Scope | None]:
    """The scope of each layer, by whichever names say more; None where they say nothing."""
    stored = [scopes_of_weights(weights.get(layer.name, ())) or None for layer in graph.layers]
    named = [_scope(layer) for layer in graph.layers]
    if sum(map(bool, stored)) > sum(map(bool, named)):
        return stored
    # torch's exporters name every node: one without a scope stands at the top of the model.
    marks = tuple(
        mark
        for mark in ("/", "node_")
        if any(part.scope and part.name.startswith(mark) for layer in graph.layers for part in layer.parts)
    )
    return [
        () if scope is None and any(part.name.startswith(marks) for part in layer.parts) else scope
        for layer, scope in zip(graph.layers, named, strict=True)
    ]


def _scope(layer: Layer) -> Scope | None:
    """The scope of the main part, or that round all parts of a layer that none of them names."""
    parts = [part for part in layer.parts if part.scope]
    main = (
        [part for part in parts if part.op == layer.op][:1] or [part for part in parts if part.op not in MOVES] or parts
    )
    return common(part.scope for part in main) if main else None


def _shared(scopes: Sequence[Scope | None]) -> list[Scope | None]:
    """Each scope up to the last module that holds more layers than one."""
    held = Counter(scope[:depth] for scope in scopes if scope for depth in range(1, len(scope) + 1))
    return [scope and scope[: sum(held[scope[:depth]] > 1 for depth in range(1, len(scope) + 1))] for scope in scopes]


def _placed(graph: _Graph, scopes: list[Scope | None]) -> list[Scope]:
    """A scope for every layer; for those without, the innermost that fits what they read and what reads them."""
    if not any(scopes):
        return [()] * len(scopes)
    ahead: list = list(scopes)  # the scope that all readers share
    for position in reversed(range(len(scopes))):
        if ahead[position] is None:
            ahead[position] = common(ahead[reader] for reader in graph.readers[position])
    around = [
        {
            scope
            for place in (position, *graph.readers[position])
            if (known := scopes[place])
            for scope in _prefixes(known)
        }
        for position in range(len(scopes))
    ]  # the scopes that a layer is in, and those that it enters
    placed: list = list(scopes)
    for position, sources in enumerate(graph.sources):
        stopping.check()
        if placed[position] is not None:
            continue
        sources = [source for source in sources if source >= 0]
        before = [placed[source] for source in sources]
        fits = [(), *(common((scope, ahead[position])) for scope in before)]
        if len(sources) > 1:  # a sum at the end of a block reads its last layer, and what the block itself reads
            fits += [
                scope
                for scope in set.intersection(*(around[source] for source in sources))
                if any(scope_before[: len(scope)] == scope for scope_before in before)
            ]
        elif sources and graph.layers[sources[0]].shape == graph.layers[position].shape:
            fits += before  # an activation
        placed[position] = max(fits, key=len)
        around[position].update(_prefixes(placed[position]))
    return placed


def _prefixes(scope: Scope) -> Iterator[Scope]:
    return (scope[:depth] for depth in range(1, len(scope) + 1))


def _collapse(group: _Group) -> None:
    """Make one of a block and the only block in it, if that holds all its layers."""
    for child in list(group.children.values()):
        while not child.layers and len(child.children) == 1:
            (only,) = child.children.values()
            child.layers, child.children = only.layers, only.children
            if child.name in SAY_LITTLE and only.name not in group.children:
                del group.children[child.name]
                child.name = only.name
                group.children[child.name] = child
        _collapse(child)


# by repetition


def _repeated(graph: _Graph) -> _Group:
    """The tree of equal pieces that follow one another, those inside them included."""
    root = _Group("")
    _fill(graph, [root], [0], len(graph.layers), 2)
    root.gather()
    return root


def _fill(graph, groups, starts, length, levels):
    """Put layers and blocks into equal groups, each `length` layers from its start."""
    begin = starts[-1]  # not the first copy, whose sources may differ
    stretch = slice(begin, begin + length)
    stretches = (
        runs(
            [_rough(layer) for layer in graph.layers[stretch]],
            [[source - begin for source in sources] for sources in graph.sources[stretch]],
        )
        if levels
        else []
    )
    for run in stretches:
        begins = [start + run.start + run.period * copy for start in starts for copy in range(run.copies)]
        inner = [group.child(f"block {len(group.children) + 1}") for group in groups for _ in range(run.copies)]
        _fill(graph, inner, begins, run.period, levels - 1)
    within = {index for run in stretches for index in range(run.start, run.stop)}
    for group, start in zip(groups, starts, strict=True):
        group.layers = [start + index for index in range(length) if index not in within]


# to blocks


def _sign(graph: _Graph, group: _Group, numbers: dict[tuple, int]) -> None:
    """Number the structure of every group: its layers, what they read of each other, and the groups inside."""
    for child in group.children.values():
        _sign(graph, child, numbers)
    local = {position: number for number, position in enumerate(group.all)}
    layers = tuple(
        (graph.kinds[position], *(local.get(source, -1) for source in graph.sources[position]))
        for position in group.all
    )
    inside = tuple((child.signature, *(local[position] for position in child.all)) for child in group.children.values())
    group.signature = numbers.setdefault((layers, inside), len(numbers))


def _bundle(graph: _Graph, group: _Group, numbers: dict[tuple, int]) -> None:
    """Count equal neighbours that read each other; where a group holds more than those, put a bundle round them."""
    bundles: list[list[_Group]] = []
    for child in group.children.values():
        _bundle(graph, child, numbers)
        if bundles and _follows(graph, bundles[-1][-1], child):
            bundles[-1].append(child)
        else:
            bundles.append([child])
    if len(bundles) == 1 and not group.layers and group.name:
        group.repeat = len(group.children)
        return
    children = [run[0] if len(run) == 1 else _bundle_of(run, group.children, numbers) for run in bundles]
    group.children = {child.name: child for child in children}


def _follows(graph, before, after) -> bool:
    layers = set(before.all)
    return before.signature == after.signature and any(
        source in layers for position in after.all for source in graph.sources[position]
    )


def _bundle_of(run: list[_Group], siblings, numbers) -> _Group:
    first = run[0].name
    last = run[-1].name
    stem = first.rstrip("0123456789")
    name = f"{first}–{last.removeprefix(stem)}"
    while name in siblings:
        name += "′"
    return _Group(
        name,
        [],
        {group.name: group for group in run},
        sorted(position for group in run for position in group.all),
        numbers.setdefault((len(run), run[0].signature), len(numbers)),
        len(run),
        bundle=True,
    )


def _blocks(graph: _Graph, group: _Group, path: str, parent: str, inferred: bool) -> Iterator[Block]:
    """The blocks in a group whose children have names below `path`."""
    for child in group.children.values():
        own = f"{path}/{child.name}" if path else child.name
        inner = list(_blocks(graph, child, path if child.bundle else own, own, inferred))
        yield Block(
            own,
            child.name,
            parent,
            tuple(graph.layers[position].name for position in child.all),
            tuple(block.path for block in inner if block.parent == own),
            child.signature,
            child.repeat,
            inferred,
        )
        yield from inner


def _innermost(graph: _Graph, group: _Group, path: str) -> Iterator[tuple[str, str]]:
    """(layer, path of the block directly round it)"""
    for position in group.layers:
        yield graph.layers[position].name, path
    for child in group.children.values():
        yield from _innermost(graph, child, f"{path}/{child.name}" if path else child.name)
