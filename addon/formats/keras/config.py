# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""The architecture in a Keras file: JSON of every generation -> models, their layers, and the calls that join them.

Keras 1 and 2 name the tensors that a call reads as ["layer", call, tensor]; Keras 3 keeps the call's arguments and puts
{"class_name": "__keras_tensor__"} where a tensor was. Both become `Tensor`s here, a Sequential a chain of calls.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...containers.errors import CheckpointError
from .keras1 import modern

MOST_LAYERS, MOST_OUTPUTS, DEEPEST, LONGEST_NAME = 100_000, 1000, 32, 300
MODELS = ("Model", "Functional", "Sequential")
# Settings that only Keras 1 has.
FIRST = {"border_mode", "dim_ordering", "nb_filter", "init", "inner_init", "W_regularizer", "input_dtype"}


@dataclass(frozen=True)
class Tensor:
    """A tensor of a model: which output of which call of which layer; `shape` where the file says it."""

    layer: str
    call: int = 0
    output: int = 0
    shape: tuple[int | None, ...] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Call:
    """The arguments of one call of a layer; `Tensor`s stand in lists and dicts as they were given."""

    args: tuple = ()
    kwargs: dict = field(default_factory=dict)

    @property
    def tensors(self) -> list[Tensor]:
        """The tensors that the call reads, in order."""
        return tensors([*self.args, self.kwargs])


@dataclass
class Layer:
    """A layer: its class, its settings, its calls in the model that it is of, and the model that it is, if it is one.

    `inner` are layers that a wrapper holds (Bidirectional, TimeDistributed, RNN). `module` is that of the class, and
    `shape` the one that the layer was built for, where the file says it.
    """

    kind: str
    name: str
    config: dict
    calls: list[Call] = field(default_factory=list)
    model: Model | None = None
    inner: list[Layer] = field(default_factory=list)
    module: str = ""
    shape: tuple[int | None, ...] | None = None

    @property
    def function(self) -> bool:
        """Whether this is an operation of keras.ops, which is no layer to Keras."""
        return ".ops" in self.module

    @property
    def trainable(self) -> bool:
        """Whether training changes the layer's weights."""
        return self.config.get("trainable") is not False


@dataclass
class Model:
    """A model; `inputs` and `outputs` are tensors of its layers."""

    name: str
    kind: str
    layers: list[Layer]
    inputs: list[Tensor]
    outputs: list[Tensor]
    version: tuple[int, ...] = (3,)


def tensors(value) -> list[Tensor]:
    """The tensors in an argument, in order."""
    if isinstance(value, Tensor):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [tensor for part in parts for tensor in tensors(part)]


def is_architecture(config: dict) -> bool:
    """Whether a JSON object is the architecture of a Keras model whose layers are listed."""
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, dict) else inner
    return (
        isinstance(config.get("class_name"), str)
        and isinstance(layers, list)
        and all(isinstance(layer, dict) and isinstance(layer.get("class_name"), str) for layer in layers)
    )


def parse(path: Path, config: dict, version: str = "") -> Model:
    """The model of a parsed JSON architecture; `version` is Keras's, where the file says it elsewhere.

    Raises `CheckpointError`.
    """
    try:
        return _Parser(_version(config, version), _ordering(config) or "tf").model(config, 0)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}"[:120]
        raise CheckpointError(path, f"its architecture is damaged ({reason})", "fetch it again") from error


def _version(config, said):
    said = str(config.get("keras_version") or said)
    numbers = tuple(int(number) for number in re.findall(r"\d{1,6}", said)[:3])
    if numbers:
        return numbers
    inner = config["config"]
    layers = inner["layers"] if isinstance(inner, dict) else inner
    if any("module" in layer for layer in layers):
        return (3,)
    return (1,) if any(FIRST & set(_settings(layer)) for layer in layers) else (2,)


def _ordering(config) -> str:
    """The first order of axes that a model of Keras 1 mentions; some of its layers do not say theirs."""
    if isinstance(config, dict) and isinstance(config.get("dim_ordering"), str):
        return config["dim_ordering"]
    parts = config.values() if isinstance(config, dict) else config if isinstance(config, list) else ()
    return next(filter(None, map(_ordering, parts)), "")


def _settings(entry):
    return entry["config"] if isinstance(entry.get("config"), dict) else {}


def clean(name) -> str:
    """A name as it can stand in an ONNX graph."""
    if not isinstance(name, str):
        raise ValueError(f"the name {str(name)[:40]!r} is not text")
    return name[:LONGEST_NAME].encode("utf-8", "replace").decode()


class _Parser:
    def __init__(self, version, ordering):
        self.version, self.ordering, self.count = version, ordering, 0

    def model(self, config, depth) -> Model:
        kind, inner = clean(config["class_name"]), config["config"]
        if depth > DEEPEST:
            raise ValueError("models nested too deeply")
        inner = {"layers": inner} if isinstance(inner, list) else inner
        name = clean(inner.get("name") or config.get("name") or "model")
        # A class derived from Model that keeps the graph of a functional model has the same configuration.
        made = self._functional if "output_layers" in inner else self._sequential
        layers, inputs, outputs = made(inner, depth)
        if len({layer.name for layer in layers}) != len(layers):
            raise ValueError("two layers of one name")
        return Model(name, kind, layers, inputs, outputs, self.version)

    def _functional(self, inner, depth):
        layers = [self.layer(entry, depth) for entry in inner["layers"]]
        inputs, outputs = (tensors(_legacy(inner[end])) for end in ("input_layers", "output_layers"))
        models = {layer.name: len(layer.calls) for layer in layers if layer.model}
        used = tensors([[call.args, call.kwargs] for layer in layers for call in layer.calls]) + outputs
        # Keras 2.2 counts the call by which a nested model came to be, and does not list it.
        late = {tensor.layer for tensor in used if tensor.call >= models.get(tensor.layer, tensor.call + 1)}

        def shifted(value):
            if isinstance(value, Tensor):
                return replace(value, call=value.call - 1) if value.layer in late else value
            if isinstance(value, dict):
                return {key: shifted(part) for key, part in value.items()}
            return type(value)(shifted(part) for part in value) if isinstance(value, (list, tuple)) else value

        for layer in layers if late else ():
            layer.calls = [Call(shifted(call.args), shifted(call.kwargs)) for call in layer.calls]
        return layers, inputs, shifted(outputs)

    def _sequential(self, inner, depth):
        entries = list(inner["layers"])
        layers = []
        if entries and entries[0]["class_name"] == "Merge" and "layers" in _settings(entries[0]):
            return self._merged(entries, depth)
        first = self.layer(entries[0], depth) if entries else None
        if first is None or first.kind != "InputLayer":
            shape = _input_shape(first, inner) if first else None
            layers.append(
                Layer(
                    "InputLayer",
                    f"{clean(entries[0]['config'].get('name', 'model'))}_input" if first else "input",
                    {"shape": shape, "dtype": first and first.config.get("dtype")},
                )
            )
        for entry in entries:
            layer = self.layer(entry, depth)
            if layers:
                layer.calls = [Call((Tensor(layers[-1].name),))]
            layers.append(layer)
        return layers, [Tensor(layers[0].name)], [Tensor(layers[-1].name)]

    def _merged(self, entries, depth):
        """Keras 1: a Sequential that begins with a merge of other Sequentials."""
        branches = [self.model(entry, depth + 1) for entry in entries[0]["config"]["layers"]]
        layers = [layer for branch in branches for layer in branch.layers]
        merge = self.layer(entries[0], depth)
        merge.calls = [Call(([output for branch in branches for output in branch.outputs],))]
        layers.append(merge)
        for entry in entries[1:]:
            layer = self.layer(entry, depth)
            layer.calls = [Call((Tensor(layers[-1].name),))]
            layers.append(layer)
        return layers, [tensor for branch in branches for tensor in branch.inputs], [Tensor(layers[-1].name)]

    def layer(self, entry, depth) -> Layer:
        self.count += 1
        if self.count > MOST_LAYERS:
            raise ValueError(f"more than {MOST_LAYERS:,} layers")
        kind, config = clean(entry["class_name"]), entry["config"]
        calls = [_call(node) for node in entry.get("inbound_nodes", ())]
        if kind in MODELS or isinstance(config, dict) and is_architecture(entry) and kind != "Merge":
            model = self.model(entry, depth + 1)
            name = clean(entry.get("name") or model.name)
            return Layer(kind, name, config if isinstance(config, dict) else {}, calls, model)
        if not isinstance(config, dict):
            raise ValueError(f"the settings of a {kind} are {type(config).__name__}")
        if self.version[0] == 1:
            kind, config = modern(kind, config, self.ordering)
        module = str(entry.get("module") or "")
        registered = str(entry.get("registered_name") or "")
        if ">" in registered and "keras" not in module.partition(".")[0]:
            kind = clean(registered)  # a class of one's own, whatever its name
        name = clean(entry.get("name") or config.get("name") or kind.lower())
        held = config.get("cells", config.get("cell", config.get("layer")))
        held = held if isinstance(held, list) else [held, config.get("backward_layer")]
        inner = (
            [self.layer(part, depth + 1) for part in held if isinstance(part, dict) and "class_name" in part]
            if depth < DEEPEST
            else []
        )
        build = entry.get("build_config")
        return Layer(
            kind,
            name,
            config,
            calls,
            None,
            inner,
            module,
            _shape(build.get("input_shape")) if isinstance(build, dict) else None,
        )


def _input_shape(first, inner):
    """The shape of a Sequential's input, which its first layer says, or the model where it was built later."""
    if first.model:
        return first.model.layers[0].config.get("batch_shape", first.model.layers[0].config.get("batch_input_shape"))
    config = first.config
    said = config.get("batch_input_shape"), config.get("batch_shape"), inner.get("build_input_shape"), first.shape
    shape = next((shape for shape in said if _shape(shape)), None)
    if shape:
        return shape
    if config.get("input_shape"):
        return [None, *config["input_shape"]]
    if first.kind == "Embedding":
        length = config.get("input_length")
        return [None, length if isinstance(length, int) else None]
    return [None, config["input_dim"]] if isinstance(config.get("input_dim"), int) else None


def is_shape(value) -> bool:
    """Whether this is a shape: sizes above 0, None where one stays open."""
    return isinstance(value, (list, tuple)) and all(
        size is None or type(size) is int and 0 < size < 1 << 31 for size in value
    )


def _shape(value):
    return tuple(value) if is_shape(value) else None


def _tensor(layer, call, output, shape=None):
    if not 0 <= call < MOST_LAYERS or not 0 <= output < MOST_OUTPUTS:
        raise ValueError(f"there is no output {output} of call {call} of '{layer}'"[:80])
    return Tensor(clean(layer), call, output, shape)


def _call(node) -> Call:
    if isinstance(node, dict) and "args" in node:
        return Call(
            tuple(_modern(argument) for argument in node["args"]),
            {clean(key): _modern(argument) for key, argument in node.get("kwargs", {}).items()},
        )
    entries = [node] if _is_tensor(node) or _is_constant(node) else node
    if isinstance(entries, dict):
        return Call((_legacy(entries),))
    read = [_constant(entry) if _is_constant(entry) else _legacy(entry[:3]) for entry in entries]
    said = next((entry[3] for entry in entries if len(entry) > 3 and isinstance(entry[3], dict)), {})
    kwargs = {clean(key): _legacy(argument) for key, argument in said.items()}
    return Call((read[0],) if len(read) == 1 else (read,) if read else (), kwargs)


def _modern(value):
    """An argument in Keras 3's notation."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            layer, call, output = value["config"]["keras_history"]
            return _tensor(layer, int(call), int(output), _shape(value["config"].get("shape")))
        if value.get("class_name") == "__slice__":
            said = value["config"]
            return slice(
                *(
                    bound if bound is None or isinstance(bound, Tensor) else int(bound)
                    for bound in (_modern(said[end]) for end in ("start", "stop", "step"))
                )
            )
        if value.get("class_name") == "__ellipsis__":
            return ...
        if value.get("class_name") in ("__tensor__", "__numpy__"):
            return value["config"]["value"]
        return {key: _modern(part) for key, part in value.items()}
    return [_modern(part) for part in value] if isinstance(value, (list, tuple)) else value


def _is_tensor(value):
    return (
        isinstance(value, (list, tuple))
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and all(isinstance(number, int) and number >= 0 for number in value[1:3])
    )


def _is_constant(value):
    return isinstance(value, (list, tuple)) and len(value) > 2 and value[0] == "_CONSTANT_VALUE"


def _constant(value):
    return value[2]


def _legacy(value):
    """An argument in the notation of Keras 1 and 2; Keras 3 has kept it for a model's inputs and outputs."""
    if _is_tensor(value):
        return _tensor(*value[:3])
    if _is_constant(value):
        return _constant(value)
    if isinstance(value, dict):
        return {key: _legacy(part) for key, part in value.items()}
    return [_legacy(part) for part in value] if isinstance(value, (list, tuple)) else value
