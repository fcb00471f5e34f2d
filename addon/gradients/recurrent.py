# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recurrent layers written out step by step, by the equations of the ONNX specification, so that derivatives go through
every step (backpropagation through time, Werbos 1990)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from onnx import NodeProto, helper

from .rules import decomposes
from .tape import NoRuleError, Tape, attributes

MOST = 4096  # steps of all directions together that are written out
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
USUAL = {"LSTM": ["Sigmoid", "Tanh", "Tanh"], "GRU": ["Sigmoid", "Tanh"], "RNN": ["Tanh"]}
PLAIN = ("Sigmoid", "Tanh", "Relu", "Softsign", "Softplus")


@dataclass
class Cell:
    """One direction of a layer: its weights, and the functions of its gates. States are (samples, hidden)."""

    tape: Tape
    hidden: int
    recurrent: str  # (hidden, gates * hidden)
    bias: list[str]  # of the input and of the state, (gates * hidden,) each; empty if there is none
    functions: list[Callable[[str], str]]
    after: bool  # of a GRU: whether the reset comes after the product with the state

    def parts(self, name: str, count: int) -> list[str]:
        """The gates of a tensor (samples, count * hidden)."""
        size = self.hidden
        return [self.tape.slice(name, [size * k], [size * (k + 1)], [1]) for k in range(count)]

    def product(self, state: str, first: int, last: int) -> str:
        """A state times the recurrent weights of some gates."""
        size = self.hidden
        weights = self.tape.slice(self.recurrent, [size * first], [size * last], [1])
        return self.tape.add("MatMul", state, weights)

    def biases(self, first: int, last: int) -> list[str]:
        size = self.hidden
        return [self.tape.slice(bias, [size * first], [size * last], [0]) for bias in self.bias]

    def plus(self, *names: str) -> str:
        return self.tape.add("Sum", *names) if len(names) > 1 else names[0]


def _rnn(cell: Cell, given: str, state: str, memory: str) -> tuple[str, str]:
    total = cell.plus(given, cell.product(state, 0, 1), *cell.bias)
    return cell.functions[0](total), memory


def _lstm(cell: Cell, given: str, state: str, memory: str) -> tuple[str, str]:
    """Gates in ONNX's order: input, output, forget, cell (Hochreiter and Schmidhuber 1997)."""
    f, g, h = cell.functions
    total = cell.plus(given, cell.product(state, 0, 4), *cell.bias)
    enters, leaves, keeps, new = cell.parts(total, 4)
    add, multiply = (lambda *names, operator=operator: cell.tape.add(operator, *names) for operator in ("Add", "Mul"))
    memory = add(multiply(f(keeps), memory), multiply(f(enters), g(new)))
    return multiply(f(leaves), h(memory)), memory


def _gru(cell: Cell, given: str, state: str, memory: str) -> tuple[str, str]:
    """Gates in ONNX's order: update, reset, hidden (Cho et al. 2014)."""
    f, g = cell.functions
    tape = cell.tape
    update, reset, new = cell.parts(given, 3)
    both = cell.plus(tape.add("Concat", update, reset, axis=1), cell.product(state, 0, 2), *cell.biases(0, 2))
    update, reset = map(f, cell.parts(both, 2))
    own, bias = (cell.biases(2, 3) or ["", ""]) if cell.bias else ("", "")
    if cell.after:
        inner = tape.add("Mul", reset, cell.plus(*filter(None, (cell.product(state, 2, 3), bias))))
        new = g(cell.plus(*filter(None, (new, own, inner))))
    else:
        inner = cell.product(tape.add("Mul", reset, state), 2, 3)
        new = g(cell.plus(*filter(None, (new, own, inner, bias))))
    rest = tape.add("Sub", tape.number(1.0, state), update)
    return tape.add("Add", tape.add("Mul", rest, new), tape.add("Mul", update, state)), memory


STEPS = {"LSTM": _lstm, "GRU": _gru, "RNN": _rnn}


@decomposes("LSTM", "GRU", "RNN")
def _recurrent(tape: Tape, node: NodeProto) -> None:
    given = attributes(node)
    kind = node.op_type
    inputs = [*node.input, *[""] * (8 - len(node.input))]
    sequence, weights, recurrent, bias, lengths, first, memory, peepholes = inputs
    _check(tape, given, peepholes, lengths, sequence)
    if given.get("layout", 0):
        raise NoRuleError("its first axis is that of samples")
    steps, samples, _ = tape.shape(sequence)
    directions, rows, hidden = tape.shape(recurrent)
    if steps * directions > MOST:
        raise NoRuleError(f"its sequence is too long: {steps:,} steps")
    functions = given.get("activations", USUAL[kind] * directions)
    functions = [name.decode() if isinstance(name, bytes) else name for name in functions]
    every, last, memories = [], [], []
    for direction in range(directions):
        backwards = direction == 1 or given.get("direction") == "reverse"
        of_this = functions[direction * len(USUAL[kind]) : (direction + 1) * len(USUAL[kind])]
        cell = Cell(
            tape,
            hidden,
            tape.transpose(_of(tape, recurrent, direction), [1, 0]),
            _biases(tape, bias, direction, rows),
            [
                _function(tape, name, given, direction * len(USUAL[kind]) + i, sequence)
                for i, name in enumerate(of_this)
            ],
            bool(given.get("linear_before_reset", 0)),
        )
        product = tape.add("MatMul", sequence, tape.transpose(_of(tape, weights, direction), [1, 0]))
        zero = tape.constant(np.zeros((samples, hidden), helper.tensor_dtype_to_np_dtype(tape.type(sequence))))
        state = _of(tape, first, direction) if first else zero
        kept = _of(tape, memory, direction) if memory else zero
        made = [""] * steps
        for step in reversed(range(steps)) if backwards else range(steps):
            now = tape.reshape(tape.slice(product, [step], [step + 1], [0]), [samples, rows])
            state, kept = STEPS[kind](cell, now, state, kept)
            made[step] = tape.reshape(state, [1, 1, samples, hidden])
        every.append(tape.add("Concat", *made, axis=0))
        last.append(tape.reshape(state, [1, samples, hidden]))
        memories.append(tape.reshape(kept, [1, samples, hidden]))
    for output, parts, axis in zip(node.output, (every, last, memories), (1, 0, 0), strict=False):
        if output:
            tape.write(output, "Concat", *parts, axis=axis)


def _check(tape, given, peepholes, lengths, sequence):
    if peepholes:
        raise NoRuleError("it has peepholes")
    if given.get("clip") or given.get("input_forget"):
        raise NoRuleError("it clips its gates or couples them")
    if lengths and (tape.value(lengths) != tape.shape(sequence)[0]).any():
        raise NoRuleError("its sequences have lengths of their own")


def _function(tape, name, given, place, like):
    """A gate's function by its name; that with settings takes them from the lists of the node, at its place."""
    if name in PLAIN:
        return lambda value: tape.add(name, value)
    if name != "HardSigmoid":
        raise NoRuleError(f"no derivative is known of its gate's '{name}'")
    settings = {}
    for setting, usual in (("alpha", 0.2), ("beta", 0.5)):
        values = given.get(f"activation_{setting}", ())
        settings[setting] = values[place] if len(values) > place else usual
    return lambda value: tape.add("HardSigmoid", value, **settings)


def _of(tape, name, direction):
    """The part of a tensor that belongs to a direction, without that axis."""
    shape = tape.shape(name)
    part = tape.slice(name, [direction], [direction + 1], [0]) if shape[0] > 1 else name
    return tape.reshape(part, shape[1:])


def _biases(tape, bias, direction, rows):
    if not bias:
        return []
    own = _of(tape, bias, direction)
    return [tape.slice(own, [0], [rows], [0]), tape.slice(own, [rows], [2 * rows], [0])]
