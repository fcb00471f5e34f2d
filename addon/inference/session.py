# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a model on one input and keep what every layer gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import onnx

from ..containers import CheckpointError, stopping
from ..formats import Checkpoint
from ..formats.repeated_names import make_unique
from ..network import Layer, Network
from ..network.network import sample_of
from .inputs import Fitted


@dataclass(frozen=True)
class Score:
    """One of the network's scores: a place in its output, the class's name and the number."""

    index: int
    label: str
    score: float


@dataclass(frozen=True)
class Ran:
    """An input that went through a network: its file, what was done to it, every tensor, the best scores."""

    file: str
    note: str
    values: dict[str, np.ndarray] = field(repr=False)
    scores: list[Score]
    path: str = ""


def activation(layer: Layer, ran: Ran | None) -> np.ndarray | None:
    """The activations of one sample of a layer, flat float32, or None if nothing ran or they do not fit its grid."""
    value = ran.values.get(layer.shown) if ran else None
    if value is None or value.dtype.kind not in "fiub" or value.size < layer.size:
        return None
    return sample_of(value, layer.grid).astype(np.float32)


def activations(
    checkpoint: Checkpoint,
    inputs: dict[str, np.ndarray],
    tensors: list[str],
    masks: Mapping[str, np.ndarray] = {},
    zeros: Mapping[str, np.ndarray] = {},
) -> dict[str, np.ndarray]:
    """The values of these tensors, exactly as onnxruntime computes them with graph optimisation switched off.

    `masks` are factors for some of the tensors, of their shape and type, that all who read these get too. Of tensors
    of integers `zeros` are what stands for 0, which they have where the factor is 0. Raises `CheckpointError` where the
    model cannot be run.
    """
    session, names = opened(checkpoint, tensors, masks, zeros)
    values = session.run(names, inputs)
    arrays = {name: value for name, value in zip(names, values, strict=True) if isinstance(value, np.ndarray)}
    return inputs | arrays


def opened(
    checkpoint: Checkpoint,
    tensors: list[str],
    masks: Mapping[str, np.ndarray] = {},
    zeros: Mapping[str, np.ndarray] = {},
    batch: Iterable[str] = (),
) -> tuple[Session, list[str]]:
    """A session that gives those of these tensors that there are, and their names. The inputs in `batch` have any count
    of samples; for `masks` and `zeros` see `activations`. Raises `CheckpointError`."""
    checkpoint.check_runs()
    model = onnx.ModelProto()
    model.CopyFrom(checkpoint.model)
    make_unique(model.graph)
    for name, mask in masks.items():
        _mask(model.graph, name, mask, zeros.get(name))
    outputs = {value.name for value in model.graph.output}
    made = {name for node in model.graph.node for name in node.output}
    model.graph.output.extend(
        onnx.helper.make_empty_tensor_value_info(name) for name in dict.fromkeys(tensors) if name in made - outputs
    )
    for name in batch:
        open_batch(model, name)
    return Session(checkpoint, model), [name for name in tensors if name in made | outputs]


def reader(checkpoint: Checkpoint, tensor: str) -> Callable[[Mapping[str, np.ndarray]], np.ndarray]:
    """A function of inputs that gives a tensor for them, as often as it is asked. Raises `CheckpointError`."""
    session, names = opened(checkpoint, [tensor])
    if not names:
        return lambda inputs: inputs[tensor]
    return lambda inputs: session.run(names, inputs)[0]


def open_batch(model: onnx.ModelProto, name: str) -> None:
    """Let an input of a model, and all outputs, have any count of samples."""
    values = (value for value in model.graph.input if value.name == name)
    for value in (*values, *model.graph.output):
        if value.type.tensor_type.shape.dim:
            value.type.tensor_type.shape.dim[0].Clear()


class Session:
    """A model made of a checkpoint's, with its weights where they lie, ready to run.

    `optimised`: onnxruntime may put other operators in place of some. `lean`: it gives memory back as soon as nobody
    reads it, for what is run a few times and large. Raises `CheckpointError` where it cannot be run.
    """

    def __init__(self, checkpoint: Checkpoint, model: onnx.ModelProto, optimised: bool = False, lean: bool = False):
        import onnxruntime

        self.checkpoint = checkpoint
        levels = onnxruntime.GraphOptimizationLevel
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
        options.log_severity_level = 4
        options.enable_mem_pattern = not lean
        options.enable_cpu_mem_arena = not lean
        options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(checkpoint.folder))
        with self._refusing():
            read = _read(checkpoint, model)
            options.add_external_initializers(list(read), list(read.values()))
            self.session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])

    def run(self, names: list[str], inputs: Mapping[str, np.ndarray]) -> list:
        """The values of these outputs; inputs that the model does not read are left out."""
        import onnxruntime

        given = {tensor.name for tensor in self.session.get_inputs()}
        options = onnxruntime.RunOptions()
        options.log_severity_level = 4  # that it was stopped is no error

        def end() -> None:
            options.terminate = True

        stopping.check()
        with self._refusing(), stopping.ending(end):
            return self.session.run(names, {name: value for name, value in inputs.items() if name in given}, options)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # onnxruntime's own exception types share no base but Exception
            stopping.check()  # it was stopped half-way
            reason = str(error).split("\n")[0].split(" : ", 2)[-1]
            raise CheckpointError(self.checkpoint.path, f"cannot be run ({reason[:200]})") from error


def _read(checkpoint: Checkpoint, model: onnx.ModelProto) -> dict:
    """The weights that do not lie in the file as they are, as onnxruntime takes them."""
    from onnxruntime import OrtValue

    return {
        initializer.name: OrtValue.ortvalue_from_numpy_with_onnx_type(
            np.asarray(checkpoint.readers[initializer.name](), order="C"), initializer.data_type
        )
        for initializer in model.graph.initializer
        if initializer.name in checkpoint.readers
    }


def _mask(graph: onnx.GraphProto, tensor: str, factors: np.ndarray, zero: np.ndarray | None) -> None:
    """Multiply a tensor by these factors where it is made; one of integers has this zero where they are 0."""
    place, maker = next((place, node) for place, node in enumerate(graph.node) if tensor in node.output)
    whole, mask = f"{tensor}/unpruned", f"{tensor}/mask"
    maker.output[list(maker.output).index(tensor)] = whole
    made = onnx.helper.make_node("And" if factors.dtype == bool else "Mul", [whole, mask], [tensor])
    if zero is not None:
        factors = factors != 0
        instead = f"{tensor}/zero"
        graph.initializer.append(onnx.numpy_helper.from_array(zero, instead))
        made = onnx.helper.make_node("Where", [mask, whole, instead], [tensor])
    graph.initializer.append(onnx.numpy_helper.from_array(factors, mask))
    graph.node.insert(place + 1, made)


def run(
    network: Network, *fitted: Fitted, parts: bool = False, masks: Mapping[str, np.ndarray] = {}
) -> dict[str, np.ndarray]:
    """Every layer's output (whole shape) by tensor name, for one sample of every input; with `parts` also those of the
    nodes in them. Integers that stand for other numbers are these, but for those that the model gives out.

    `masks` are as for `activations`. Raises `CheckpointError`, also where an input is missing.
    """
    given = {fitted_input.name: fitted_input.array for fitted_input in fitted}
    missing = [spec.name for spec in network.inputs if spec.name not in given]
    if missing:
        raise CheckpointError(
            network.checkpoint.path,
            f"has {len(network.inputs)} inputs, and '{missing[0]}' was not given",
            "give a .npz file with an array for each, by its name",
        )
    if not masks:
        from .runner import Runner  # here: that builds on this

        return Runner(network, parts=parts).one(given)
    tensors = tensors_of(network, parts)
    values = activations(network.checkpoint, given, tensors, masks, zeros_of(network, masks))
    outputs = {spec.name for spec in network.outputs}
    return {name: value if name in outputs else network.real(name, value) for name, value in values.items()}


def tensors_of(network: Network, parts: bool = False) -> list[str]:
    """The tensors that layers give and show, what the model gives, and with `parts` what is inside layers."""
    tensors = [name for layer in network.layers for name in (layer.tensor, layer.shown)]
    tensors += [spec.name for spec in network.outputs]
    return tensors + [part.tensor for layer in network.layers for part in layer.parts if parts]


def zeros_of(network: Network, tensors: Iterable[str]) -> dict[str, np.ndarray]:
    """What stands for 0 in those of these tensors that hold integers."""
    zeros = {}
    for name in tensors:
        if name in network.scales:
            zero = network.scales[name][1]
            zeros[name] = np.zeros((), np.uint8) if zero is None else zero.array().reshape(())
    return zeros


def by_name(network: Network, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What layers give, by their names, and what their parts give by theirs.

    Where both have the same name it is the layer's, unless the framework calls the part so: "conv2" of Keras is what
    its Conv2D gives, be a normalisation drawn as part of it or not.
    """
    parts = [part for layer in network.layers for part in layer.parts if part.tensor in values]
    named = Counter(part.name for part in parts)  # several nodes of one name go by their tensors
    return (
        {part.name if named[part.name] == 1 else part.tensor: values[part.tensor] for part in parts}
        | {layer.name: values[layer.tensor] for layer in network.layers if layer.tensor in values}
        | {part.name: values[part.tensor] for part in parts if part.whole}
    )


def top(network: Network, values: dict[str, np.ndarray], count: int) -> list[Score]:
    """The highest entries of the first output that is a vector of floats, with class names where the file has them."""
    for spec in network.outputs:
        value = values.get(spec.name)
        if value is None or value.dtype.kind != "f" or value.size < 2 or value[0].ndim != 1:
            continue
        scores = value[0]
        names = network.classes if len(network.classes) == len(scores) else [str(i) for i in range(len(scores))]
        best = np.argsort(-scores, kind="stable")[:count]
        return [Score(int(i), names[i], float(scores[i])) for i in best]
    return []
