# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which operators make up one layer to a person. Every operator belongs to exactly one group."""

from __future__ import annotations

import heapq
from math import prod

from ...containers import stopping
from ..joins.elementwise import NORMAL, SEVERAL, UNARY
from ..joins.recurrent import GATES
from ..operators import Operators
from .attention import attentions
from .composites import ACTIVATIONS, NORMALISATIONS, composites
from .groups import OperatorGroup, is_bias, is_move, is_reshape, keeps_shape

__all__ = ["RECURRENT", "OperatorGroup", "group", "is_move", "is_reshape", "single"]

# Layers of their own: what follows is not part of them.
ALONE = (
    "Concat",
    "MaxPool",
    "AveragePool",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Gather",
    "Pad",
    "Resize",
    "Upsample",
    "If",
    "Loop",
    "Scan",
    "TopK",
    "NonMaxSuppression",
    "ArgMax",
    "ArgMin",
    "Expand",
    "Tile",
)
SUMS = ("Add", "Sum")
RECURRENT = tuple(GATES)
PICK = ("Gather", "Slice", "Split")
LENGTHS = 4  # the input of a recurrent operator that says how many steps count
MASKING = ("TopK", "GatherND", "CumSum", "Cast", "Sub", "Max", "Unsqueeze", "Mul")
ON_SUMS = (*NORMALISATIONS, "SkipLayerNormalization")  # part of a sum before it ("add and norm"), of nothing else


def single(graph: Operators) -> list[OperatorGroup]:
    """Each operator as a layer of its own."""
    return [OperatorGroup.of(operator) for operator in graph]


def groups(graph: Operators) -> list[OperatorGroup]:
    """The layers of a graph, each behind all that it reads; should that ever be impossible, each operator alone."""
    gathered = _Grouping(graph).groups()
    return gathered if sum(len(group.members) for group in gathered) == len(graph.all) else single(graph)


class _Grouping:
    def __init__(self, graph: Operators):
        self.graph = graph
        self.owner: dict[int, OperatorGroup] = {}  # operator -> its group
        self.composite = {member.index: composite for composite in composites(graph) for member in composite.members}
        self.norms_sums = self._norms_sums()

    def groups(self) -> list[OperatorGroup]:
        norms = {index: composite for index, composite in self.composite.items() if composite.op in NORMALISATIONS}
        for attention in attentions(self.graph, norms):
            if not any(member.index in self.owner for member in attention.members):
                self._own(attention, attention.members)
        for attention in {id(owner): owner for owner in self.owner.values()}.values():
            self._follow(attention)
        for operator in self.graph:
            if operator.op in RECURRENT and operator.layer and operator.index not in self.owner:
                self._begin(operator)  # before what its framework does to the steps of a sequence
        for operator in self.graph:
            stopping.check()
            if operator.index not in self.owner and not self._moves_a_layer(operator):
                self._begin(operator)
        self._moves()
        return _in_order(self.graph, list({id(owner): owner for owner in self.owner.values()}.values()), self.owner)

    def _norms_sums(self) -> bool:
        """Whether normalisations act on sums ("add and norm"); else, as in pre-norm networks, on what branches read."""
        norms = [
            (composite.source, composite.members)
            for composite in dict.fromkeys(self.composite.values())
            if composite.op in ON_SUMS
        ]
        norms += [
            (operator.inputs[0], (operator,)) for operator in self.graph if operator.op in ON_SUMS and operator.reads
        ]
        alone = 0
        for tensor, members in norms:
            maker = self.graph.made_by.get(tensor)
            alone += (
                maker is not None
                and maker.op in SUMS
                and all(reader in members for reader in self.graph.readers[tensor])
            )
        return 2 * alone >= len(norms)

    def _own(self, group, operators):
        self.owner.update((operator.index, group) for operator in operators)

    def _moves_a_layer(self, operator):
        """Whether an operator moves elements of a layer, and so belongs to it. Those of an input go to their reader."""
        return is_move(operator) and (operator.inputs[0] in self.graph.made_by or bool(self._readers(operator)))

    def _readers(self, operator):
        return [reader for name in operator.node.output for reader in self.graph.readers.get(name, ())]

    def _begin(self, operator):
        composite = self.composite.get(operator.index)
        if composite and not any(member.index in self.owner for member in composite.members):
            main = composite.scale or operator
            group = OperatorGroup(
                list(composite.members),
                main,
                composite.op,
                composite.out,
                source=composite.source,
                named=composite.members,
                steps=[composite.op],
            )
            self._own(group, composite.members)
        else:
            group = OperatorGroup.of(operator)
            self._own(group, [operator])
        if group.op in RECURRENT:
            self._put_side_by_side(group)
            self._set_aside(group)
        elif group.op not in ALONE:
            self._follow(group)

    def _follow(self, group):
        """Add what acts on a layer's cells one by one, as long as nothing else reads the tensor between."""
        while True:
            after = self._after(group, group.out)
            if not after:
                return
            self._own(group, after)
            group.take(after)
            composite = self.composite.get(after[-1].index)
            group.out = composite.out if composite else after[-1].tensor
            group.steps.append(composite.op if composite else after[-1].op)

    def _put_side_by_side(self, group):
        """Recurrent layers give their directions an axis of its own; what exporters add to join them is part of it."""
        while (after := self.graph.only_reader(group.out)) and after.index not in self.owner and is_move(after):
            if after.op in PICK:
                return  # steps or directions that somebody reads: the layer has them all
            self._own(group, [after])
            group.take([after])
            group.out = after.tensor

    def _set_aside(self, group):
        """What puts the steps that count in front, by a mask, and back again is no layer to anybody."""
        reads = dict(group.main.reads)
        counts = self.graph.made_by.get(reads.get(LENGTHS))
        if counts is None or not counts.layer == group.main.layer != "":
            return
        states = [name for slot, name in reads.items() if slot > LENGTHS]
        inside = (operator for operator in self.graph if operator.layer == counts.layer and operator.op in MASKING)
        group.aside = (
            counts,
            *(operator for operator in inside if operator.index not in self.owner and operator.tensor not in states),
        )
        self._own(group, group.aside)
        group.take(group.aside)
        whole = next((operator.tensor for operator in group.aside if operator.label == operator.layer), group.out)
        if self._count(whole) == self._count(group.out):  # not one direction of two
            group.out = whole

    def _count(self, tensor):
        shape = self.graph.shapes.get(tensor)
        return prod(shape) if shape and None not in shape else 0

    def _after(self, group, out):
        """The operators that come next into a group, through reshapings if need be; none if it ends here."""
        path = []
        while True:
            readers = self.graph.readers.get(out, [])
            if not readers or self.graph.is_output(out) or any(reader.index in self.owner for reader in readers):
                return []
            composite = self.composite.get(readers[0].index)
            if composite and composite.source == out:
                within = {member.index for member in composite.members}
                fits = composite.op in ACTIVATIONS or composite.op in ON_SUMS and group.op in SUMS and self.norms_sums
                alone = all(reader.index in within for reader in readers)
                return [*path, *composite.members] if fits and alone else []
            if len(readers) > 1 or composite:
                return []
            if self._acts(group, readers[0]):
                return [*path, readers[0]]
            if not is_reshape(readers[0]):
                return []
            path.append(readers[0])
            out = readers[0].tensor

    def _acts(self, group, operator):
        """Whether an operator changes the cells of a layer one by one."""
        if len(operator.reads) != 1 or operator.reads[0][0] != 0 and operator.op not in ("Add", "Mul"):
            return False
        if operator.rounds:
            return False  # what it gives is rounded as its input asks for; a layer gives what it had before
        if operator.op in ON_SUMS or operator.op in NORMAL and "Batch" not in operator.op:
            return operator.op == "InstanceNormalization" or group.op in SUMS and self.norms_sums
        if not keeps_shape(self.graph, operator) or group.op == "Attention" and operator.op != "Identity":
            return False
        return operator.op in (*UNARY, *NORMAL) or operator.op in SEVERAL and not self._is_sum_of_cells(operator)

    def _is_sum_of_cells(self, operator):
        """Whether a large constant is added cell by cell, as a table of positions is: that is a layer of its own."""
        constant = self.graph.constant(operator)
        return operator.op == "Add" and not is_bias(self.graph, operator) and constant and constant.size > 1

    def _moves(self):
        """Give every operator that moves elements to the layer that made them; those of an input to their reader."""
        for operator in self.graph:
            if operator.index in self.owner:
                continue
            maker = self.graph.made_by.get(operator.inputs[0])
            if maker is not None and maker.index in self.owner:
                group = self.owner[maker.index]
                group.take([operator])
                group.moves.append(operator)
                self._own(group, [operator])
        for operator in reversed(self.graph.all):
            if operator.index in self.owner:
                continue
            readers = [reader for reader in self._readers(operator) if reader.index in self.owner]
            if readers:
                first = self.owner[min(reader.index for reader in readers)]
                first.take([operator])
                first.moves.append(operator)
                self._own(first, [operator])
            else:
                self._own(OperatorGroup.of(operator), [operator])


def _in_order(graph: Operators, groups: list[OperatorGroup], owner: dict[int, OperatorGroup]) -> list[OperatorGroup]:
    """Groups behind what they read, otherwise in the order of the file (Kahn's algorithm)."""
    for group in groups:
        group.members.sort(key=lambda operator: operator.index)
    waits: dict[int, set[int]] = {id(group): set() for group in groups}
    feeds: dict[int, set[int]] = {id(group): set() for group in groups}
    by_id = {id(group): group for group in groups}
    moves = {move.index for group in groups for move in group.moves}
    moved: dict[
        str, str
    ] = {}  # tensor that moves give -> the tensor that they begin with; of an input no layer is waited for
    for operator in graph:
        if operator.index in moves:
            first = operator.inputs[0]
            moved.update(dict.fromkeys(operator.node.output, moved.get(first, first)))
    for operator in graph:
        mine = id(owner[operator.index])
        for name in operator.inputs if operator.index not in moves else ():
            maker = graph.made_by.get(moved.get(name, name))
            other = id(owner[maker.index]) if maker else mine
            if other != mine:
                waits[mine].add(other)
                feeds[other].add(mine)
    ready = [(by_id[key].members[0].index, key) for key, behind in waits.items() if not behind]
    heapq.heapify(ready)
    ordered = []
    while ready:
        _, key = heapq.heappop(ready)
        ordered.append(by_id[key])
        for after in feeds[key]:
            waits[after].discard(key)
            if not waits[after]:
                heapq.heappush(ready, (by_id[after].members[0].index, after))
    return ordered
