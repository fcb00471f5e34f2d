# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derivatives of products of matrices."""

from __future__ import annotations

from string import ascii_letters

from .rules import Gradients, rule
from .tape import NoRuleError, attributes


@rule("MatMul")
def _matmul(tape, node, gradients, wanted):
    """NumPy's matmul: Y = A B, so A' = Y' B^T and B' = A^T Y', summed over what was broadcast."""
    first, second = node.input
    shapes = [tape.shape(first), tape.shape(second)]
    rows = (1, *shapes[0]) if len(shapes[0]) == 1 else shapes[0]
    columns = (*shapes[1], 1) if len(shapes[1]) == 1 else shapes[1]
    matrices = [
        tape.reshape(name, shape) if shape != was else name
        for name, shape, was in zip(node.input, (rows, columns), shapes, strict=True)
    ]
    outer = _broadcast(rows[:-2], columns[:-2])
    shape = (*outer, rows[-2], columns[-1])
    gradient = gradients[0] if shape == tape.shape(node.output[0]) else tape.reshape(gradients[0], shape)
    given: Gradients = [None, None]
    if wanted[0]:
        whole = tape.add("MatMul", gradient, _turned(tape, matrices[1], len(columns)))
        given[0] = _fitted(tape, whole, (*outer, *rows[-2:]), rows, shapes[0])
    if wanted[1]:
        whole = tape.add("MatMul", _turned(tape, matrices[0], len(rows)), gradient)
        given[1] = _fitted(tape, whole, (*outer, *columns[-2:]), columns, shapes[1])
    return given


def _broadcast(first, second):
    longer = max(len(first), len(second))
    pairs = zip((1,) * (longer - len(first)) + first, (1,) * (longer - len(second)) + second, strict=True)
    return tuple(max(pair) if 0 not in pair else 0 for pair in pairs)


def _fitted(tape, gradient, given, wanted, shape):
    summed = tape.unbroadcast(gradient, given, wanted)
    return summed if wanted == shape else tape.reshape(summed, shape)


def _turned(tape, name, rank):
    return tape.transpose(name, [*range(rank - 2), rank - 1, rank - 2])


@rule("Gemm")
def _gemm(tape, node, gradients, wanted):
    """Y = alpha A B + beta C, either matrix turned or not."""
    first, second = node.input[:2]
    given = attributes(node)
    alpha, beta = given.get("alpha", 1.0), given.get("beta", 1.0)
    turned = given.get("transA", 0), given.get("transB", 0)
    gradient = gradients[0]
    made: Gradients = [None] * len(node.input)
    scaled = gradient if alpha == 1.0 else tape.add("Mul", gradient, tape.number(alpha, first))
    if wanted[0]:
        pair = (second, scaled) if turned[0] else (scaled, second)
        flags = (turned[1], 1) if turned[0] else (0, 1 - turned[1])
        made[0] = tape.add("Gemm", *pair, transA=flags[0], transB=flags[1])
    if wanted[1]:
        pair = (scaled, first) if turned[1] else (first, scaled)
        flags = (1, turned[0]) if turned[1] else (1 - turned[0], 0)
        made[1] = tape.add("Gemm", *pair, transA=flags[0], transB=flags[1])
    if len(node.input) > 2 and node.input[2] and wanted[2]:
        bias = gradient if beta == 1.0 else tape.add("Mul", gradient, tape.number(beta, first))
        made[2] = tape.unbroadcast(bias, tape.shape(node.output[0]), tape.shape(node.input[2]))
    return made


@rule("Einsum")
def _einsum(tape, node, gradients, wanted):
    """The derivative by an operand is the sum over the others and the derivative by the result, with the operand's
    letters as the result's; a letter that only the operand has is spread evenly."""
    shapes = [tape.shape(name) for name in node.input]
    operands, result = _letters(attributes(node)["equation"].replace(" ", ""), [len(shape) for shape in shapes])
    sizes = {
        letter: size
        for letters, shape in zip(operands, shapes, strict=True)
        for letter, size in zip(letters, shape, strict=True)
        if size != 1
    }
    given: Gradients = []
    for place, (letters, shape) in enumerate(zip(operands, shapes, strict=True)):
        if not wanted[place]:
            given.append(None)
            continue
        if len(set(letters)) < len(letters):
            raise NoRuleError("a letter stands twice in one operand")
        others = [other for number, other in enumerate(operands) if number != place]
        known = set(result).union(*others)
        kept = "".join(letter for letter in letters if letter in known)
        names = [name for number, name in enumerate(node.input) if number != place]
        made = tape.add("Einsum", *names, gradients[0], equation=f"{','.join([*others, result])}->{kept}")
        full = [sizes.get(letter, 1) for letter in letters]
        narrow = [size if letter in known else 1 for letter, size in zip(letters, full, strict=True)]
        if narrow != full:
            made = tape.expand(tape.reshape(made, narrow), full)
        given.append(tape.unbroadcast(made, full, shape))
    return given


def _letters(equation: str, ranks: list[int]) -> tuple[list[str], str]:
    """The letters of each operand and of the result, with letters in place of dots."""
    before, arrow, result = equation.partition("->")
    operands = before.split(",")
    spare = [letter for letter in ascii_letters if letter not in equation]
    dotted = [rank - len(letters) + 3 for letters, rank in zip(operands, ranks, strict=True) if "..." in letters]
    dots = spare[: max(dotted, default=0)]
    operands = [
        letters.replace("...", "".join(dots[len(dots) - (rank - len(letters) + 3) :])) if "..." in letters else letters
        for letters, rank in zip(operands, ranks, strict=True)
    ]
    if not arrow:
        every = "".join(operands)
        single = sorted(letter for letter in set(every) - set(dots) if every.count(letter) == 1)
        result = "".join([*dots, *single])
    return operands, result.replace("...", "".join(dots))
