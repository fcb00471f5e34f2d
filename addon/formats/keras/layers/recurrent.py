# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recurrent layers: (batch, steps, in) -> (batch, steps, units), or (batch, units) of the last step.

Keras keeps the gates side by side, kernel (in, gates x units): LSTM i f c o, GRU z r h. ONNX has them below one
another, (directions, gates x units, in): LSTM i o f c, GRU z r h, and puts the steps before the batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from onnx import TensorProto

from ..call import Call, values
from ..config import Layer
from ..graph import Unwritable, Value
from ..keras1 import GATES_APART
from .activations import hard_sigmoid, name_of
from .table import LAYERS, Written, writes


@dataclass(frozen=True)
class Kind:
    """ONNX's operator, Keras's gates in order, and ONNX's order of them."""

    op: str
    gates: str
    order: str


KINDS = {"LSTM": Kind("LSTM", "ifco", "iofc"), "GRU": Kind("GRU", "zrh", "zrh"), "SimpleRNN": Kind("RNN", "h", "h")}
KINDS |= {"CuDNNLSTM": KINDS["LSTM"], "CuDNNGRU": KINDS["GRU"]}
CELLS = {f"{name}Cell": name for name in ("LSTM", "GRU", "SimpleRNN")}
ACTIVATIONS = {"tanh": "Tanh", "sigmoid": "Sigmoid", "relu": "Relu", "softsign": "Softsign", "softplus": "Softplus"}
SETTLED = {"elu": ("Elu", 1.0, None), "linear": ("Affine", 1.0, 0.0), "leaky_relu": ("LeakyRelu", 0.2, None)}
LAST = np.iinfo(np.int64).min


@writes(*KINDS)
def recurrent(call: Call) -> Written:
    """LSTM, GRU or SimpleRNN: (batch, steps, features) -> the last step, or all."""
    kind, config = KINDS[call.layer.kind], call.config
    backwards = bool(call.get("go_backwards"))
    weights = _weights(call, kind)
    made = _run(call, kind, [weights], "reverse" if backwards else "forward")
    steps = call.node("Squeeze", made[0], call.constant([1]))
    if config.get("return_sequences"):
        y = _spread(call, call.transpose(steps, 1, 0, 2), backwards, config.get("zero_output_for_mask"))
        if backwards:  # Keras gives the steps in the order in which it took them
            y = call.node("Slice", y, *(call.constant([bound]) for bound in (-1, LAST, 1, -1)))
        y = Value(y, mask=call.x.mask)
    elif call.x.mask:
        y = Value(call.node("Squeeze", made[1], call.constant([0])))
    else:
        y = Value(call.node("Gather", steps, call.constant(0 if backwards else -1), axis=0))
    if not config.get("return_state"):
        return y
    return [y, *(Value(call.node("Squeeze", state, call.constant([0]))) for state in made[1:])]


def _run(call, kind, directions, direction):
    """The operator; its outputs are Y (steps, directions, batch, units), Y_h and, of an LSTM, Y_c."""
    config = call.config
    if config.get("time_major") or config.get("stateful") and _states(call):
        raise Unwritable("steps before the batch")
    x, lengths = _gathered(call, call.real(call.plain(call.x)))
    x = call.transpose(x, 1, 0, 2)
    weights = [
        part if len(parts) == 1 else call.node("Concat", *parts, axis=0)
        for parts in zip(*directions, strict=True)
        for part in parts[:1]
        if part
    ]
    states = [call.node("Unsqueeze", call.plain(state), call.constant([0])) for state in _states(call)]
    bias = weights[2:] or [""]
    given = [x, *weights[:2], *bias, lengths, *states]
    while not given[-1]:
        given.pop()
    names, alphas, betas = _activations(call, kind)
    return call.node(
        kind.op,
        *given,
        outputs=3 if kind.op == "LSTM" else 2,
        hidden_size=config["units"],
        direction=direction,
        activations=names * len(directions),
        activation_alpha=alphas * len(directions) or None,
        activation_beta=betas * len(directions) or None,
        linear_before_reset=1 if kind.op == "GRU" and _resets_after(call.layer) else None,
    )


def _gathered(call, x):
    """The steps that count before those that do not, and how many they are; ONNX knows no other mask."""
    if not call.x.mask:
        return x, ""
    counts = call.node("Cast", call.x.mask, to=TensorProto.INT32)
    steps = call.graph.shape(call.x.mask)[1]
    size = call.node("Shape", call.x.mask, start=1, end=2) if steps is None else call.constant([steps])
    _, order = call.node("TopK", counts, size, outputs=2, axis=1)  # what is equal keeps its order
    x = call.node("GatherND", x, call.node("Unsqueeze", order, call.constant([2])), batch_dims=1)
    return x, call.node("ReduceSum", counts, call.constant([1]), keepdims=0)


def _spread(call, y, backwards, zeros):
    """Outputs (batch, steps, units) where their steps were. A step that does not count has the output of the one taken
    before it, or with `zeros` none."""
    if not call.x.mask:
        return y
    counts = call.node("Cast", call.x.mask, to=TensorProto.INT64)
    axis = call.constant(1)
    place = call.node("CumSum", counts, axis, exclusive=int(backwards))
    if not backwards:
        place = call.node("Max", call.node("Sub", place, axis), call.constant(0))
    y = call.node("GatherND", y, call.node("Unsqueeze", place, call.constant([2])), batch_dims=1)
    taken = call.x.mask if zeros else call.node("CumSum", counts, axis, reverse=int(backwards))
    taken = call.node("Cast", call.node("Cast", taken, to=TensorProto.BOOL), to=TensorProto.FLOAT)
    return call.node("Mul", y, call.node("Unsqueeze", taken, call.constant([2])))


def _states(call):
    given = values(call.argument("initial_state")) or call.inputs[1:]
    return given


def _resets_after(layer):
    return layer.kind == "CuDNNGRU" or bool(layer.config.get("reset_after", False))


def _activations(call, kind):
    config = call.config
    inner = config.get("recurrent_activation", "sigmoid") if "CuDNN" not in call.layer.kind else "sigmoid"
    outer = config.get("activation", "tanh") if "CuDNN" not in call.layer.kind else "tanh"
    wanted = {"LSTM": [inner, outer, outer], "GRU": [inner, outer], "RNN": [outer]}[kind.op]
    settled = SETTLED | {"hard_sigmoid": ("HardSigmoid", *hard_sigmoid(call.version))}
    names, alphas, betas = [], [], []
    for name in map(name_of, wanted):
        if name not in ACTIVATIONS and name not in settled:
            raise Unwritable(f"the activation {name!r} in a recurrent layer"[:80])
        op, alpha, beta = settled.get(name, (ACTIVATIONS.get(name), None, None))
        names.append(op)
        alphas += [] if alpha is None else [alpha]
        betas += [] if beta is None else [beta]
    return names, alphas, betas


def _weights(call: Call, kind: Kind) -> list[str]:
    """W (1, gates x units, in), R (1, gates x units, units) and B (1, 2 x gates x units) of one direction."""
    units, inputs, gates = call.config["units"], call.shape(call.x)[-1], len(kind.gates)
    if call.torch:
        raise Unwritable("a recurrent layer with weights in torch's order")
    if call.get(GATES_APART):
        kernels = [_apart(call, kind, name, size) for name, size in (("kernel", inputs), ("recurrent_kernel", units))]
        biases = [call.weight(f"bias_{gate}", units) for gate in kind.order]
        biases.append(call.filled(0, gates * units))
    else:
        kernels = [
            _ordered(call, kind, call.transpose(call.weight(name, size, gates * units), 1, 0))
            for name, size in (("kernel", inputs), ("recurrent_kernel", units))
        ]
        biases = _biases(call, kind, units)
    bias = call.node("Concat", *biases, axis=0) if biases else ""
    return [call.node("Unsqueeze", name, call.constant([0])) if name else "" for name in (*kernels, bias)]


def _apart(call, kind, name, size):
    """Keras 1: a kernel for each gate."""
    units = call.config["units"]
    kernels = [call.transpose(call.weight(f"{name}_{gate}", size, units), 1, 0) for gate in kind.order]
    return call.node("Concat", *kernels, axis=0)


def _biases(call, kind, units):
    """The bias of the input and that of the state, one behind the other; Keras has the second only for some GRUs."""
    if not call.get("use_bias", True):
        return []
    size = len(kind.gates) * units
    if call.layer.kind.startswith("CuDNN"):
        return [
            _ordered(call, kind, half)
            for half in call.node("Split", call.weight("bias", 2 * size), outputs=2, num_outputs=2)
        ]
    if kind.op == "GRU" and _resets_after(call.layer):
        pair = call.node("Split", call.weight("bias", 2, size), outputs=2, num_outputs=2)
        return [call.node("Squeeze", half, call.constant([0])) for half in pair]
    return [_ordered(call, kind, call.weight("bias", size)), call.filled(0, size)]


def _ordered(call, kind, name):
    """The gates along the first axis in ONNX's order."""
    if kind.gates == kind.order:
        return name
    parts = call.node("Split", name, outputs=len(kind.gates), axis=0, num_outputs=len(kind.gates))
    return call.node("Concat", *(parts[kind.gates.index(gate)] for gate in kind.order), axis=0)


# How the two directions become one: the operator over the axis of directions.
MERGES = {"sum": "ReduceSum", "ave": "ReduceMean", "mul": "ReduceProd"}


@writes("Bidirectional")
def bidirectional(call: Call) -> Written:
    """Both directions in one operator; the backward one's steps are put back into the order of time."""
    forward, backward = call.layer.inner[0], call.layer.inner[-1]
    kind = KINDS.get(forward.kind)
    if kind is None or backward.kind != forward.kind or _states(call):
        raise Unwritable("directions of other kinds than LSTM, GRU and SimpleRNN")
    inner = [call.inner(layer, call.args, side) for layer, side in ((forward, "forward"), (backward, "backward"))]
    made = _run(inner[0], kind, [_weights(side, kind) for side in inner], "bidirectional")
    y = _both(call, made, forward.config.get("return_sequences"))
    if not forward.config.get("return_state"):
        return y
    states = [call.node("Gather", state, call.constant(side), axis=0) for side in (0, 1) for state in made[1:]]
    return [*(y if isinstance(y, list) else [y]), *map(Value, states)]


def _both(call, made, sequences):
    axis = 2 if sequences else 1  # of the directions
    y = call.transpose(made[0], 2, 0, 1, 3) if sequences else call.transpose(made[1], 1, 0, 2)
    mode = call.config.get("merge_mode", "concat")
    if mode is None:
        merged = [call.node("Gather", y, call.constant(side), axis=axis) for side in (0, 1)]
    elif mode == "concat":
        width = call.graph.shape(y)[-1]
        merged = [call.reshape(y, *((0, 0) if sequences else (0,)), 2 * width)]
    elif mode in MERGES:
        merged = [call.node(MERGES[mode], y, call.constant([axis]), keepdims=0)]
    else:
        raise Unwritable(f"the merge mode {mode!r}"[:60])
    if sequences:  # Keras gives no numbers for steps that do not count
        outputs = [Value(_spread(call, tensor, False, True), mask=call.x.mask) for tensor in merged]
    else:
        outputs = [Value(tensor) for tensor in merged]
    return outputs if mode is None else outputs[0]


@writes("RNN")
def of_cells(call: Call) -> Written:
    """A recurrent layer made of cells: one, or several on top of one another."""
    cell = call.layer.inner[0]
    cells = cell.inner if cell.kind == "StackedRNNCells" else [cell]
    if any(inner.kind not in CELLS for inner in cells) or call.config.get("return_state") and len(cells) > 1:
        raise Unwritable("cells of a class of its own")
    y = call.args[0]
    for index, inner in enumerate(cells):
        last = index == len(cells) - 1
        settings = {name: call.config.get(name) for name in ("go_backwards", "return_state", "return_sequences")}
        if not last:
            settings |= {"return_sequences": True, "return_state": False}
        elif index:
            settings["go_backwards"] = False  # the first has turned the steps round
        layer = Layer(CELLS[inner.kind], inner.name, inner.config | settings)
        y = LAYERS[layer.kind](call.inner(layer, (y,), f"cell_{index}" if len(cells) > 1 else ""))
    return y
