# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which layer of a new checkpoint is which layer of a scene, and what has changed in the structure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from ...network import Network
from ..entities import LayerObject


@dataclass(frozen=True)
class Changes:
    """What a new checkpoint changes in the structure of a network; names are those of layers."""

    pairs: dict[str, str]  # name in the scene -> name in the new model
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    reshaped: tuple[str, ...] = ()  # new names

    @property
    def renamed(self) -> dict[str, str]:
        return {old: new for old, new in self.pairs.items() if old != new}

    def lines(self) -> list[str]:
        """What has changed, a line a layer."""
        return [
            *(f"new: {name}" for name in self.added),
            *(f"gone: {name}" for name in self.removed),
            *(f"other shape: {name}" for name in self.reshaped),
            *(f"renamed: {old} to {new}" for old, new in self.renamed.items()),
        ]

    def __str__(self):
        counts = (
            (len(self.added), "new"),
            (len(self.removed), "gone"),
            (len(self.reshaped), "of another shape"),
            (len(self.renamed), "renamed"),
        )
        said = [f"{count:,} {what}" for count, what in counts if count]
        return "layers: " + ", ".join(said) if said else "same structure"


def compare(
    old: Mapping[str, LayerObject], network: Network, within: Collection[str] = (), inside: Collection[str] = ()
) -> Changes:
    """Match the layers of a scene (by name, in their order) with those of a model: by name; the others in the
    order of the network, by operator and shape; what is left, for a file of weights may not tell shapes, by operator
    and number of parameters.

    Of layers in blocks without their inside, `within` of the model and `inside` of the scene, the names are compared
    and nothing else.
    """
    new = {layer.name: layer for layer in network.layers if layer.name not in within}
    pairs = {name: name for name in old if name in new and old[name].op == new[name].op}
    for sign in (_by_shape, _by_parameters):
        rest = [name for name in old if name not in pairs]
        taken = set(pairs.values())
        others = [name for name in new if name not in taken]
        before = [sign(old[name].op, old[name].shape, old[name].parameters) for name in rest]
        now = [sign(new[name].op, new[name].shape or (), new[name].parameters) for name in others]
        for begin, other, count in SequenceMatcher(None, before, now, autojunk=False).get_matching_blocks():
            pairs |= dict(zip(rest[begin : begin + count], others[other : other + count], strict=True))
    known = set(pairs.values())
    inside = set(inside)
    return Changes(
        pairs,
        (*_without(_without(new, known), inside), *_without(within, {*inside, *old})),
        (*(name for name in old if name not in pairs), *_without(inside, network.by_name)),
        tuple(pair for name, pair in pairs.items() if not _same_grid(old[name], new[pair].grid)),
    )


def _without(names: Collection[str], known: Collection[str]) -> list[str]:
    return [name for name in names if name not in known]


def _by_shape(op, shape, parameters):
    return op, tuple(int(size or 0) for size in shape)


def _by_parameters(op, shape, parameters):
    return (op, parameters) if parameters else object()  # which is like no other


def _same_grid(layer: LayerObject, grid) -> bool:
    return layer.grid == [grid.units, grid.rows, grid.columns] and layer.strides == list(grid.strides)
