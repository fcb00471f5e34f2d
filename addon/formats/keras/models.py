# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Keras model, its layers called in order, as an ONNX graph."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from onnx import TensorProto

from ...containers.errors import CheckpointError
from . import applied
from .call import Call, Finder, values
from .config import Layer, Model, Tensor, is_shape
from .graph import Graph, Shape, Unwritable, Value
from .layers import LAYERS, OPERATIONS
from .weights import Misfit

MOST_CALLS = 100_000
# What settings that contradict one another, or are of the wrong type, make the writers of layers raise.
CONTRADICTIONS = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError, AssertionError)
# Layers that hand on which steps count.
HANDS_ON = {
    "Dropout",
    "SpatialDropout1D",
    "GaussianDropout",
    "GaussianNoise",
    "AlphaDropout",
    "Activation",
    "Dense",
    "LayerNormalization",
    "BatchNormalization",
    "UnitNormalization",
    "TimeDistributed",
    "Softmax",
    "ReLU",
    "LeakyReLU",
    "ELU",
    "PReLU",
    "EinsumDense",
    "ActivityRegularization",
    "RMSNormalization",
    "Identity",
    "Add",
    "Rescaling",
}
# Every float is computed as float32.
TYPES = {
    kind: TensorProto.DataType.Value(kind.upper())
    for kind in ("string", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
}


class Walk:
    """Writes a model; `find` gives the tensors of its layers, `notes` say what could not be written."""

    def __init__(self, path: Path, graph: Graph, find: Finder, model: Model):
        self.path, self.graph, self.find, self.model = path, graph, find, model
        self.outputs = {output.layer for output in model.outputs}
        self.notes: list[str] = []
        self.calls = 0

    def write(self) -> None:
        """The whole model, with its inputs and outputs."""
        model = self.model
        layers = {layer.name: layer for layer in model.layers}
        absent = next((tensor for tensor in model.inputs if tensor.layer not in layers), None)
        if absent:
            self._damaged(f"the input '{absent.layer}' is not there")
        given = [self._input(layers[tensor.layer]) for tensor in model.inputs]
        for output, value in zip(model.outputs, self.run(model, given, "", ""), strict=True):
            self.graph.output(value, output.layer)

    def _damaged(self, problem):
        raise CheckpointError(self.path, f"its architecture is damaged: {problem}"[:300], "fetch it again")

    def _input(self, layer: Layer) -> Value:
        config = layer.model.layers[0].config if layer.model else layer.config
        shape = config.get("batch_shape", config.get("batch_input_shape", config.get("shape")))
        if shape is None:
            shape = self._input_of_weights()
        dtype = config.get("dtype") or config.get("input_dtype")
        if not is_shape(shape):
            self._damaged(f"the input '{layer.name}' has the shape {shape}")
        kind = TYPES.get(dtype, TensorProto.FLOAT) if isinstance(dtype, str) else TensorProto.FLOAT
        return self.graph.input(layer.name, list(shape), kind)

    def _input_of_weights(self) -> Shape:
        """The shape of an input that the file leaves open, from the first layer with weights."""
        for layer in self.model.layers:
            axes = next((int(digit) for digit in layer.kind if digit.isdigit()), 0)
            if layer.kind.startswith("Conv") and axes:
                inputs = self.find(layer.name, "kernel", (None,) * (axes + 2)).shape[axes]
                return (None,) * (axes + 1) + (inputs,)
            if layer.kind == "Dense":
                return None, self.find(layer.name, "kernel", (None, None)).shape[0]
            if layer.kind in ("LSTM", "GRU", "SimpleRNN"):
                return None, None, self.find(layer.name, "kernel", (None, None)).shape[0]
        raise CheckpointError(self.path, "does not say what shape its input has", "save the model after it was built")

    def run(self, model: Model, given: list[Value], path: str, place: str) -> list[Value]:
        """A model called on values; its outputs. `path` and `place` go before the names of its layers."""
        if len(given) != len(model.inputs):
            self._damaged(f"'{model.name}' has {len(model.inputs)} inputs and is given {len(given)}")
        made = {(tensor.layer, tensor.call): [value] for tensor, value in zip(model.inputs, given, strict=True)}
        shapes = _said_shapes(model)

        def resolved(argument):
            if isinstance(argument, Tensor):
                outputs = made[argument.layer, argument.call]
                if not 0 <= argument.output < len(outputs):
                    self._damaged(f"'{argument.layer}' has no output {argument.output}")
                return outputs[argument.output]
            if isinstance(argument, dict):
                return {key: resolved(part) for key, part in argument.items()}
            return type(argument)(map(resolved, argument)) if isinstance(argument, (list, tuple)) else argument

        for layer, index in self._order(model, set(made)):
            self.calls += 1
            if self.calls > MOST_CALLS:
                raise CheckpointError(self.path, f"it calls more than {MOST_CALLS:,} layers", "refused for safety")
            node = layer.calls[index]
            name = f"{layer.name}@{index}" if index else layer.name
            args, kwargs = _masked(resolved(node.args), resolved(node.kwargs))
            if layer.model:
                inner = values([*args, kwargs])
                made[layer.name, index] = self.run(layer.model, inner, f"{path}{name}/", f"{place}{layer.name}/")
            else:
                call = Call(
                    self.graph,
                    self.find,
                    layer,
                    f"{path}{name}",
                    f"{place}{layer.name}",
                    model.version,
                    args,
                    kwargs,
                    run=self.run,
                )
                made[layer.name, index] = self._layer(call, shapes.get((layer.name, index), {}))
        return [resolved(output) for output in model.outputs]

    def _order(self, model, made) -> Iterable[tuple[Layer, int]]:
        """The calls, each behind those that it reads, otherwise in the order of the file (Kahn's algorithm)."""
        calls = [
            (layer, index)
            for layer in model.layers
            for index in range(len(layer.calls))
            if (layer.name, index) not in made
        ]
        place = {(layer.name, index): number for number, (layer, index) in enumerate(calls)}
        waits: list[int] = []
        feeds: dict[int, list[int]] = {}
        for number, (layer, index) in enumerate(calls):
            before = {(tensor.layer, tensor.call) for tensor in layer.calls[index].tensors} - made
            for source in before:
                if source not in place:
                    self._damaged(f"layer '{layer.name}' reads '{source[0]}', which is not there")
                feeds.setdefault(place[source], []).append(number)
            waits.append(len(before))
        absent = next(
            (output for output in model.outputs if (output.layer, output.call) not in made | set(place)), None
        )
        if absent:
            self._damaged(f"the output '{absent.layer}' is not there")
        ready = [number for number, count in enumerate(waits) if not count]
        ordered = []
        while ready:
            number = heapq.heappop(ready)
            ordered.append(calls[number])
            for after in feeds.get(number, ()):
                waits[after] -= 1
                if not waits[after]:
                    heapq.heappush(ready, after)
        if len(ordered) < len(calls):
            self._damaged("layers read one another in a circle")
        return ordered

    def _layer(self, call: Call, shapes: dict[int, Shape | None]) -> list[Value]:
        mark = self.graph.mark()
        try:
            outputs = self._written(call)
        except Unwritable as reason:
            outputs = self._opaque(call, mark, shapes, str(reason))
        except CONTRADICTIONS as error:
            contradiction = f"its settings cannot be read ({type(error).__name__}: {error})"[:120]
            outputs = self._opaque(call, mark, shapes, contradiction)
        except Misfit:
            if not self.notes:
                raise
            outputs = self._opaque(call, mark, shapes, "what it reads is of another shape than was guessed")
        outputs = outputs if isinstance(outputs, list) else [outputs]
        first = self.graph.call(outputs[0], call.path, mark, not (outputs[0].maps and call.path in self.outputs))
        given = call.inputs
        if given and given[0].mask and not first.mask and call.layer.kind in HANDS_ON:
            first = Value(first.name, first.maps, given[0].mask)
        return [first, *(first if output.name == outputs[0].name else output for output in outputs[1:])]

    def _written(self, call):
        kind, write = call.layer.kind, _writer(call)
        if write is None:
            raise Unwritable("a function of one's own" if kind == "Lambda" else "a class that is not known")
        if not applied.can_write(call.layer):
            raise Unwritable("quantized weights")
        outputs = write(call)
        for output in outputs if isinstance(outputs, list) else [outputs]:
            if output.maps:
                self.graph.shape(output.name)  # whoever puts its channels last again needs the number of axes
        return outputs

    def _opaque(self, call: Call, mark, shapes: dict[int, Shape | None], reason: str) -> list[Value]:
        """A node that only says which layer stands there, with all its weights."""
        self.graph.undo(mark)
        given = values([*call.args, call.kwargs or {}])
        rest = getattr(self.find, "rest", None)
        weights = [self.graph.weight(stored) for stored in (rest(call.place) if rest else ())]
        kind = re.sub(r"\W", "", call.layer.kind.rpartition(">")[2]) or "Layer"
        names = [call.plain(value) for value in given]
        if 0 not in shapes:
            shapes = shapes | {0: _guess(call, names, self.graph)}
        self.notes.append(f"layer '{call.path}' ({call.layer.kind}) is shown and cannot be run: {reason}")
        made = self.graph.opaque(
            kind, [*names, *weights], call.path, [shapes.get(output) for output in range(max(shapes) + 1)]
        )
        return [Value(name) for name in made]


def _writer(call):
    """Who writes a call. The .h5 files of Keras 3 do not say what is a layer and what an operation of the same name;
    layers get several tensors as one list."""
    layer = call.layer
    either = not layer.module and call.version[0] >= 3 and layer.kind in OPERATIONS
    if layer.function or either and (layer.kind not in LAYERS or len(call.args) > 1 or "newshape" in layer.config):
        return OPERATIONS.get(layer.kind)
    return LAYERS.get(layer.kind)


def _masked(args, kwargs):
    """Arguments with the mask that is given beside them on the first."""
    mask = kwargs.get("mask")
    if isinstance(mask, Value) and args and isinstance(args[0], Value):
        args = (replace(args[0], mask=mask.name), *args[1:])
    return args, kwargs


def _guess(call, names, graph) -> Shape | None:
    """The shape of what a layer gives that nothing tells: its settings, else that of what it reads."""
    said = call.config.get("output_shape")
    if is_shape(said):
        return (None, *said)
    shape = graph.shapes.get(names[0]) if names else None
    if shape and isinstance(call.config.get("filters"), int):
        return (shape[0], *[None] * (len(shape) - 2), call.config["filters"])
    return (*shape[:-1], call.config["units"]) if shape and isinstance(call.config.get("units"), int) else shape


def _said_shapes(model) -> dict[tuple[str, int], dict[int, Shape | None]]:
    """Shapes of outputs as the layers that read them say: by (layer, call), then by output."""
    said: dict[tuple[str, int], dict[int, Shape | None]] = {}
    reads = [(call.tensors, layer.shape) for layer in model.layers for call in layer.calls]
    for read, built_for in [*reads, (model.outputs, None)]:
        for tensor in read:
            shape = tensor.shape or (built_for if len(read) == 1 else None)
            outputs = said.setdefault((tensor.layer, tensor.call), {})
            if shape or tensor.output:
                outputs.setdefault(tensor.output, shape)
    return said
