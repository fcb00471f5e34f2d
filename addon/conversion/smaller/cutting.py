# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Slices taken out of a graph's weights, and units that stay set to 0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

from .graph_facts import INLINE, GraphFacts, stored
from .holding import can_fold
from .operators import CONSTANT, KEEPS_ZERO, settings, size_from
from .slices import Slices


class Cutting:
    """Changes a graph: first what units give is set to 0, then slices go."""

    def __init__(self, facts: GraphFacts, slices: Slices):
        self.facts = facts
        self.slices = slices
        self.changed: dict[str, Callable[[], np.ndarray]] = {}
        self._numbers = 0

    # set to 0

    def silence(self, tensor: str, axis: int, units: np.ndarray) -> bool:
        """Set the weights to 0 that make these slices (size,) of a tensor. False where others depend on them."""
        name = tensor
        places: list[tuple[tuple[NodeProto, int], int]] = []
        while True:
            node = self.facts.makers.get(name)
            if node is None or name != tensor and (len(self.facts.readers[name]) > 1 or name in self.facts.outputs):
                return False
            ways = self._weights_of(node, axis)
            if ways is not None:
                for weight, own in [*places, *ways]:
                    self._zero(weight, own, units)
                return True
            if node.op_type in KEEPS_ZERO:
                name = node.input[0]
            elif node.op_type == "Clip" and self._clips_round_zero(node):
                name = node.input[0]
            elif node.op_type == "Add" and (shift := self._shift(node, axis)):
                name, place, own = shift
                places.append(((node, place), own))
            else:
                return False

    def _clips_round_zero(self, node: NodeProto) -> bool:
        given = settings(node)
        low, high = given.get("min", -1.0), given.get("max", 1.0)
        for place, bound in ((1, "low"), (2, "high")):
            if len(node.input) > place and node.input[place]:
                held = self.facts.small(node.input[place])
                if held is None:
                    return False
                number = float(np.asarray(held).reshape(-1)[0])
                low, high = (number, high) if bound == "low" else (low, number)
        return low <= 0 <= high

    def _shift(self, node: NodeProto, axis: int) -> tuple[str, int, int] | None:
        """The other input of an addition of a constant for each slice, the place of the constant and its axis."""
        for place in (0, 1):
            name, other = node.input[place], node.input[1 - place]
            if name in self.facts.weights and other not in self.facts.weights:
                own = axis - (self.slices.rank(node.output[0]) - self.slices.rank(name))
                if own >= 0 and self.slices.size(name, own) == self.slices.size(node.output[0], axis):
                    return other, place, own
        return None

    def _weights_of(self, node: NodeProto, axis: int) -> list[tuple[tuple[NodeProto, int], int]] | None:
        """The inputs of an operator that are 0 where its slices are, each with the axis of these; None of others."""
        held = self.facts.weights
        more = [(2, 0)] if len(node.input) > 2 and node.input[2] else []
        if node.op_type == "BatchNormalization" and axis == 1:
            ways = [(1, 0), (2, 0)]
        elif node.op_type == "Conv" and axis == 1:
            ways = [(1, 0), *more]
        elif node.op_type == "ConvTranspose" and axis == 1 and settings(node).get("group", 1) == 1:
            ways = [(1, 1), *more]
        elif node.op_type == "Gemm" and axis == 1:
            ways = [(1, 0 if settings(node).get("transB") else 1)]
            if more:
                last = self.slices.rank(node.input[2]) - 1
                if last < 0 or self.slices.size(node.input[2], last) != self.slices.size(node.output[0], 1):
                    return None
                ways.append((2, last))
        elif node.op_type == "MatMul" and axis == self.slices.rank(node.output[0]) - 1:
            ways = [(1, 1)] if self.slices.rank(node.input[1]) == 2 else []
        else:
            return None
        if not ways or any(node.input[place] not in held for place, _ in ways):
            return None
        return [((node, place), own) for place, own in ways]

    def _zero(self, place: tuple[NodeProto, int], axis: int, units: np.ndarray) -> None:
        node, number = place
        name = self.own(node, number)
        before = self.facts.weights[name]

        def zeroed() -> np.ndarray:
            array = np.array(before())
            array[(slice(None),) * axis + (units,)] = 0
            return array

        self.facts.weights[name] = zeroed
        self.changed[name] = zeroed

    def own(self, node: NodeProto, place: int) -> str:
        """The weight that an operator reads, as one that no other reads."""
        name = node.input[place]
        shared = len(self.facts.readers.get(name, ())) > 1 or list(node.input).count(name) > 1
        if not shared and name not in self.facts.outputs:
            return name
        return self.put(node, place, self.facts.weights[name], self.slices.shapes[name], name)

    def put(self, node: NodeProto, place: int, reader: Callable[[], np.ndarray], shape, like: str) -> str:
        """Let an operator read a new weight. It has the slices of the one that it is like."""
        self._numbers += 1
        name = f"{like}/own {self._numbers}"
        self.facts.weights[name] = self.changed[name] = reader
        self.facts.model.graph.initializer.append(stored(name, reader()))
        old = node.input[place] if place < len(node.input) else ""
        if old:
            self.facts.readers[old] = [reading for reading in self.facts.readers[old] if reading is not node]
        while len(node.input) <= place:
            node.input.append("")
        node.input[place] = name
        self.facts.readers[name] = [node]
        self.slices.shapes[name] = tuple(shape)
        for axis in range(len(shape)):
            if (like, axis) in self.slices.codes:
                self.slices.codes[name, axis] = self.slices.codes[like, axis].copy()
        return name

    def mask(self, tensor: str, factors: np.ndarray, zero: np.ndarray | None) -> None:
        """Multiply a tensor by factors (of its shape, or one number along its other axes) where it is made."""
        graph = self.facts.model.graph
        place, maker = next((place, node) for place, node in enumerate(graph.node) if tensor in node.output)
        whole, mask = f"{tensor}/whole", f"{tensor}/kept"
        maker.output[list(maker.output).index(tensor)] = whole
        made = helper.make_node("And" if factors.dtype == bool else "Mul", [whole, mask], [tensor], name=mask)
        if zero is not None:
            instead = f"{tensor}/zero"
            self._constant(instead, zero)
            factors = factors != 0
            made = helper.make_node("Where", [mask, whole, instead], [tensor], name=mask)
        self._constant(mask, np.ascontiguousarray(factors))
        graph.node.insert(place + 1, made)

    def _constant(self, name: str, array: np.ndarray) -> None:
        self.facts.weights[name] = lambda: array
        self.facts.model.graph.initializer.append(stored(name, array))

    # taken out

    def cut(self) -> None:
        """Take the slices out that may go: of weights, and of what operators say of sizes."""
        nodes = list(self.facts.model.graph.node)
        for node in nodes:
            if node.op_type in ("Conv", "Gemm", "MatMul"):
                self._fold(node)
        for node in nodes:
            if node.op_type == "Conv":
                self._groups(node)
            elif node.op_type == "Reshape":
                self._reshape(node)
            elif node.op_type == "Split":
                self._split(node)
        for name in list(self.facts.weights):
            self._slice(name)
        self._write()

    def _gone(self, tensor: str, axis: int) -> np.ndarray:
        return self.slices.gone(tensor, axis)

    def _fold(self, node: NodeProto) -> None:
        """Put what slices that go would add into the bias of who reads them."""
        axis = self.slices.rank(node.input[0]) - 1 if node.op_type == "MatMul" else 1
        if node.input[0] not in self.slices.shapes or node.input[1] not in self.facts.weights:
            return
        if axis >= self.slices.rank(node.input[0]) or not can_fold(self.slices, self.facts, node):
            return
        numbers = np.where(self._gone(node.input[0], axis), self.slices.numbers(node.input[0], axis), 0.0)
        if not np.nan_to_num(numbers).any():
            return
        numbers = np.nan_to_num(numbers)
        weight = self.facts.weights[node.input[1]]().astype(np.float64)
        if node.op_type == "Conv":
            added = np.einsum("oi,i->o", weight.reshape(*weight.shape[:2], -1).sum(2), numbers)
        else:
            added = numbers @ (weight.T if settings(node).get("transB") else weight) * settings(node).get("alpha", 1.0)
        kind = self.facts.weights[node.input[1]]().dtype
        if node.op_type == "MatMul":
            self._add(node, added.astype(kind))
            return
        bias = node.input[2] if len(node.input) > 2 and node.input[2] else ""
        before = self.facts.weights[bias] if bias else None
        shape = np.broadcast_shapes(added.shape, self.slices.shapes[bias]) if bias else added.shape

        def made() -> np.ndarray:
            return (added if before is None else before().astype(np.float64) + added).astype(kind)

        name = self.put(node, 2, made, shape, bias or f"{node.output[0]}/bias")
        for own in range(len(shape)):
            size = shape[own]
            last = own == len(shape) - 1
            self.slices.codes[name, own] = (
                self.slices.codes[node.output[0], 1].copy() if last and size > 1 else np.ones(size, np.int32)
            )

    def _add(self, node: NodeProto, added: np.ndarray) -> None:
        """Add numbers (n,) to what a product of matrices gives."""
        graph = self.facts.model.graph
        place = next(place for place, other in enumerate(graph.node) if other is node or other == node)
        out = node.output[0]
        node = graph.node[place]
        whole, shift = f"{out}/product", f"{out}/shift"
        node.output[0] = whole
        kept = added[~self._gone(out, self.slices.rank(out) - 1)]
        self._constant(shift, kept)
        graph.node.insert(place + 1, helper.make_node("Add", [whole, shift], [out], name=shift))

    def _groups(self, node: NodeProto) -> None:
        groups = settings(node).get("group", 1)
        if groups == 1 or node.input[0] not in self.slices.shapes:
            return
        gone, weight = self._gone(node.input[0], 1), node.input[1]
        if not gone.any() or weight not in self.facts.weights:
            return
        if groups == len(gone):
            for attribute in node.attribute:
                if attribute.name == "group":
                    attribute.i = int((~gone).sum())
            return
        before = self.facts.weights[weight]
        shape = self.slices.shapes[weight]
        kept = ~gone.reshape(groups, -1)
        each = int(kept[0].sum())

        def taken() -> np.ndarray:
            array = before().reshape(groups, shape[0] // groups, *shape[1:])
            return np.concatenate([array[group][:, kept[group]] for group in range(groups)])

        self.facts.weights[weight] = self.changed[weight] = taken
        self.slices.shapes[weight] = (shape[0], each, *shape[2:])
        self.slices.codes[weight, 1] = np.ones(each, np.int32)

    def _reshape(self, node: NodeProto) -> None:
        out, wanted = node.output[0], node.input[1]
        if out not in self.slices.shapes:
            return
        gone = [int(self._gone(out, axis).sum()) for axis in range(self.slices.rank(out))]
        if not any(gone):
            return
        if wanted not in self.facts.weights:
            fewer = [
                -count if size_from(self.facts, wanted, axis) == CONSTANT else 0 for axis, count in enumerate(gone)
            ]
            if any(fewer):
                graph = self.facts.model.graph
                place = next(place for place, other in enumerate(graph.node) if out in other.output)
                shape, less = f"{out}/shape", f"{out}/fewer"
                self._constant(less, np.array(fewer, np.int64))
                graph.node[place].input[1] = shape
                graph.node.insert(place, helper.make_node("Add", [wanted, less], [shape], name=shape))
            return
        sizes = np.array(self.facts.weights[wanted]())
        for axis, count in enumerate(gone):
            if count and sizes[axis] > 0:
                sizes[axis] -= count
        self.put(node, 1, lambda: sizes, sizes.shape, "")

    def _split(self, node: NodeProto) -> None:
        one = node.input[0]
        if one not in self.slices.shapes:
            return
        axis = settings(node).get("axis", 0) % self.slices.rank(one)
        if not self._gone(one, axis).any():
            return
        sizes = [int((~self._gone(name, axis)).sum()) for name in node.output]
        kept = [attribute for attribute in node.attribute if attribute.name not in ("split", "num_outputs")]
        attributes = [type(attribute).FromString(attribute.SerializeToString()) for attribute in kept]
        del node.attribute[:]
        node.attribute.extend(attributes)
        if self.facts.opset < 13:
            node.attribute.append(helper.make_attribute("split", sizes))
        else:
            self.put(node, 1, lambda: np.array(sizes, np.int64), (len(sizes),), "")

    def _slice(self, name: str) -> None:
        if name not in self.slices.shapes:
            return
        kept = [~self.slices.gone(name, axis) for axis in range(self.slices.rank(name)) if (name, axis) in self.codes]
        if len(kept) != self.slices.rank(name) or all(each.all() for each in kept):
            return
        before = self.facts.weights[name]

        def cut() -> np.ndarray:
            array = before()
            for axis, each in enumerate(kept):
                if not each.all():
                    array = np.compress(each, array, axis)
            return np.ascontiguousarray(array)

        self.facts.weights[name] = self.changed[name] = cut
        self.slices.shapes[name] = tuple(int(each.sum()) for each in kept)

    @property
    def codes(self):
        return self.slices.codes

    def _write(self) -> None:
        """Put changed weights in the place of those that were there."""
        for tensor in self.facts.model.graph.initializer:
            if tensor.name not in self.changed:
                continue
            shape = self.slices.shapes[tensor.name]
            if int(np.prod(shape)) <= INLINE:
                tensor.CopyFrom(
                    numpy_helper.from_array(np.asarray(self.changed[tensor.name](), order="C"), tensor.name)
                )
                continue
            kept = TensorProto(name=tensor.name, data_type=tensor.data_type, dims=shape)
            kept.data_location = TensorProto.EXTERNAL
            tensor.CopyFrom(kept)
