# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derivatives of what is done to each number by itself; formulas are those of calculus, the functions those of the ONNX
specification."""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt

from onnx import NodeProto

from .rules import Gradients, rule
from .tape import NoRuleError, Tape, attributes

SELU = 1.67326319217681884765625, 1.05070102214813232421875  # alpha, gamma: ONNX's defaults


@rule(
    *("ArgMax", "ArgMin", "BitShift", "Ceil", "ConstantOfShape", "Equal", "EyeLike", "Floor", "Greater"),
    *("GreaterOrEqual", "Hardmax", "IsInf", "IsNaN", "Less", "LessOrEqual", "Not", "And", "Or", "Xor", "NonZero"),
    *("OneHot", "Range", "Round", "Shape", "Sign", "Size", "Constant", "NonMaxSuppression", "Unique"),
)
def _steps(tape: Tape, node: NodeProto, gradients: Gradients, wanted: list[bool]) -> Gradients:
    """Constant between its steps: nothing passes."""
    return [None] * len(node.input)


@rule("Add", "Sub")
def _add(tape, node, gradients, wanted):
    (gradient,) = gradients
    shape = tape.shape(node.output[0])
    given: Gradients = [None, None]
    if wanted[0]:
        given[0] = tape.unbroadcast(gradient, shape, tape.shape(node.input[0]))
    if wanted[1]:
        second = gradient if node.op_type == "Add" else tape.add("Neg", gradient)
        given[1] = tape.unbroadcast(second, shape, tape.shape(node.input[1]))
    return given


@rule("Mul")
def _mul(tape, node, gradients, wanted):
    shape = tape.shape(node.output[0])
    return [
        tape.unbroadcast(tape.add("Mul", gradients[0], node.input[1 - place]), shape, tape.shape(node.input[place]))
        if wanted[place]
        else None
        for place in range(2)
    ]


@rule("Div")
def _div(tape, node, gradients, wanted):
    first, second = node.input
    shape = tape.shape(node.output[0])
    share = tape.add("Div", gradients[0], second)
    given: Gradients = [None, None]
    if wanted[0]:
        given[0] = tape.unbroadcast(share, shape, tape.shape(first))
    if wanted[1]:
        through = tape.add("Neg", tape.add("Mul", share, node.output[0]))
        given[1] = tape.unbroadcast(through, shape, tape.shape(second))
    return given


@rule("Pow")
def _pow(tape, node, gradients, wanted):
    base, exponent = node.input
    shape = tape.shape(node.output[0])
    given: Gradients = [None, None]
    if wanted[0]:
        power = tape.add("Cast", exponent, to=tape.type(base))
        lower = tape.add("Pow", base, tape.add("Sub", power, tape.number(1.0, base)))
        slope = tape.add("Mul", power, lower)
        # 0 to the power of 0 - 1 is infinite, times 0: the derivative of a constant is 0
        zero = tape.number(0.0, base)
        slope = tape.where(tape.add("Equal", power, zero), zero, slope)
        given[0] = tape.unbroadcast(tape.add("Mul", gradients[0], slope), shape, tape.shape(base))
    if wanted[1]:
        zero = tape.number(0.0, base)
        positive = tape.add("Greater", base, zero)
        log = tape.where(positive, tape.add("Log", tape.where(positive, base, tape.number(1.0, base))), zero)
        slope = tape.add("Mul", node.output[0], log)
        given[1] = tape.unbroadcast(tape.add("Mul", gradients[0], slope), shape, tape.shape(exponent))
    return given


@rule("Sum", "Mean")
def _sum(tape, node, gradients, wanted):
    shape = tape.shape(node.output[0])
    gradient = gradients[0]
    if node.op_type == "Mean":
        gradient = tape.add("Mul", gradient, tape.number(1 / len(node.input), node.output[0]))
    return [
        tape.unbroadcast(gradient, shape, tape.shape(name)) if asked else None
        for name, asked in zip(node.input, wanted, strict=True)
    ]


@rule("Max", "Min")
def _extreme(tape, node, gradients, wanted):
    """To the input that is taken; where several are equal, the same to each."""
    shape = tape.shape(node.output[0])
    masks = [tape.cast(tape.add("Equal", name, node.output[0]), node.output[0]) for name in node.input]
    count = tape.add("Sum", *masks) if len(masks) > 1 else masks[0]
    share = tape.add("Div", gradients[0], count)
    return [
        tape.unbroadcast(tape.add("Mul", share, mask), shape, tape.shape(name)) if asked else None
        for name, mask, asked in zip(node.input, masks, wanted, strict=True)
    ]


@rule("Where")
def _where(tape, node, gradients, wanted):
    condition, *values = node.input
    shape = tape.shape(node.output[0])
    zero = tape.number(0.0, node.output[0])
    picked = (condition, gradients[0], zero), (condition, zero, gradients[0])
    given = [
        tape.unbroadcast(tape.where(*pick), shape, tape.shape(name)) if asked else None
        for name, pick, asked in zip(values, picked, wanted[1:], strict=True)
    ]
    return [None, *given]


@rule("Identity", "Dropout")
def _pass(tape, node, gradients, wanted):
    return [gradients[0], *[None] * (len(node.input) - 1)]


@rule("Cast", "CastLike")
def _cast(tape, node, gradients, wanted):
    if not tape.is_float(node.input[0]) or not tape.is_float(node.output[0]):
        return [None] * len(node.input)
    return [tape.cast(gradients[0], node.input[0]), *[None] * (len(node.input) - 1)]


@rule("Clip")
def _clip(tape, node, gradients, wanted):
    """Passes where the number is within the bounds."""
    number, *bounds = node.input
    inside = gradients[0]
    zero = tape.number(0.0, number)
    for bound, beyond in zip(bounds, ("Less", "Greater"), strict=False):
        if bound:
            inside = tape.where(tape.add(beyond, number, bound), zero, inside)
    return [inside, *[None] * len(bounds)]


@rule("Relu")
def _relu(tape, node, gradients, wanted):
    """Its derivative; *guided* lets pass only what is positive itself as well (Springenberg et al. 2015), *deconvnet*
    all that is positive, whatever went in (Zeiler and Fergus 2014)."""
    zero = tape.number(0.0, node.input[0])
    gradient = gradients[0]
    if tape.relu != "gradient":
        gradient = tape.add("Relu", gradient)
    if tape.relu == "deconvnet":
        return [gradient]
    # what comes out is above 0 where what went in is, and is kept anyway
    return [tape.where(tape.add("Greater", node.output[0], zero), gradient, zero)]


@rule("PRelu")
def _prelu(tape, node, gradients, wanted):
    number, slope = node.input
    shape = tape.shape(number)
    zero = tape.number(0.0, number)
    below = tape.add("Less", number, zero)
    given: Gradients = [None, None]
    if wanted[0]:
        given[0] = tape.where(below, tape.add("Mul", gradients[0], slope), gradients[0])
    if wanted[1]:
        through = tape.where(below, tape.add("Mul", gradients[0], number), zero)
        given[1] = tape.unbroadcast(through, shape, tape.shape(slope))
    return given


Slope = Callable[["Curve"], str]


class Curve:
    """A function of one number: its node, what goes in and comes out, and arithmetic on the tape with plain numbers."""

    def __init__(self, tape: Tape, node: NodeProto):
        self.tape = tape
        self.x = node.input[0]
        self.y = node.output[0]
        self.given = attributes(node)

    def _name(self, value: str | float) -> str:
        return value if isinstance(value, str) else self.tape.number(value, self.x)

    def __call__(self, operator: str, *values: str | float) -> str:
        return self.tape.add(operator, *map(self._name, values))

    def when(self, condition: str, yes: str | float, no: str | float) -> str:
        return self.tape.where(condition, self._name(yes), self._name(no))

    def square(self, value: str) -> str:
        return self("Mul", value, value)


def _root_of_one(sign: float) -> Slope:
    """1 / sqrt(1 + sign x^2)."""
    return lambda c: c("Reciprocal", c("Sqrt", c("Add", 1.0, c("Mul", sign, c.square(c.x)))))


def _elu(c: Curve) -> str:
    return c.when(c("Greater", c.x, 0.0), 1.0, c("Add", c.y, c.given.get("alpha", 1.0)))


def _selu(c: Curve) -> str:
    alpha, gamma = (c.given.get(name, value) for name, value in zip(("alpha", "gamma"), SELU, strict=True))
    return c.when(c("Greater", c.x, 0.0), gamma, c("Add", c.y, alpha * gamma))


def _hard_sigmoid(c: Curve) -> str:
    inside = c("And", c("Greater", c.y, 0.0), c("Less", c.y, 1.0))
    return c.when(inside, c.given.get("alpha", 0.2), 0.0)


def _hard_swish(c: Curve) -> str:
    middle = c("Div", c("Add", c("Mul", 2.0, c.x), 3.0), 6.0)
    return c.when(c("Less", c.x, -3.0), 0.0, c.when(c("Greater", c.x, 3.0), 1.0, middle))


def _mish(c: Curve) -> str:
    """y = x tanh(softplus(x)) (Misra 2019)."""
    bent = c("Tanh", c("Softplus", c.x))
    return c("Add", bent, c("Mul", c("Mul", c.x, c("Sigmoid", c.x)), c("Sub", 1.0, c.square(bent))))


def _swish(c: Curve) -> str:
    """y = x sigmoid(alpha x)."""
    alpha = c.given.get("alpha", 1.0)
    bent = c("Sigmoid", c("Mul", alpha, c.x))
    return c("Add", bent, c("Mul", c("Mul", alpha, c.y), c("Sub", 1.0, bent)))


def _gelu(c: Curve) -> str:
    """x times the normal distribution, or its approximation by tanh (Hendrycks and Gimpel 2016)."""
    if c.given.get("approximate", "none") == "tanh":
        inner = c("Mul", sqrt(2 / pi), c("Add", c.x, c("Mul", 0.044715, c("Mul", c.x, c.square(c.x)))))
        bent = c("Tanh", inner)
        slope = c("Mul", sqrt(2 / pi), c("Add", 1.0, c("Mul", 3 * 0.044715, c.square(c.x))))
        half = c("Mul", c("Mul", 0.5, c.x), c("Mul", c("Sub", 1.0, c.square(bent)), slope))
        return c("Add", c("Mul", 0.5, c("Add", 1.0, bent)), half)
    share = c("Mul", 0.5, c("Add", 1.0, c("Erf", c("Mul", sqrt(0.5), c.x))))
    density = c("Mul", 1 / sqrt(2 * pi), c("Exp", c("Mul", -0.5, c.square(c.x))))
    return c("Add", share, c("Mul", c.x, density))


# operator -> dy/dx
SLOPES: dict[str, Slope] = {
    "Abs": lambda c: c("Sign", c.x),
    "Acos": lambda c: c("Neg", _root_of_one(-1.0)(c)),
    "Acosh": lambda c: c("Reciprocal", c("Sqrt", c("Sub", c.square(c.x), 1.0))),
    "Asin": _root_of_one(-1.0),
    "Asinh": _root_of_one(1.0),
    "Atan": lambda c: c("Reciprocal", c("Add", 1.0, c.square(c.x))),
    "Atanh": lambda c: c("Reciprocal", c("Sub", 1.0, c.square(c.x))),
    "Celu": lambda c: c.when(c("Greater", c.x, 0.0), 1.0, c("Exp", c("Div", c.x, c.given.get("alpha", 1.0)))),
    "Cos": lambda c: c("Neg", c("Sin", c.x)),
    "Cosh": lambda c: c("Sinh", c.x),
    "Elu": _elu,
    "Erf": lambda c: c("Mul", 2 / sqrt(pi), c("Exp", c("Neg", c.square(c.x)))),
    "Exp": lambda c: c.y,
    "Gelu": _gelu,
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _hard_swish,
    "LeakyRelu": lambda c: c.when(c("Less", c.x, 0.0), c.given.get("alpha", 0.01), 1.0),
    "Log": lambda c: c("Reciprocal", c.x),
    "Mish": _mish,
    "Reciprocal": lambda c: c("Neg", c.square(c.y)),
    "Selu": _selu,
    "Sigmoid": lambda c: c("Mul", c.y, c("Sub", 1.0, c.y)),
    "Sin": lambda c: c("Cos", c.x),
    "Sinh": lambda c: c("Cosh", c.x),
    "Softplus": lambda c: c("Sigmoid", c.x),
    "Softsign": lambda c: c("Reciprocal", c.square(c("Add", 1.0, c("Abs", c.x)))),
    "Sqrt": lambda c: c("Div", 0.5, c.y),
    "Swish": _swish,
    "Tan": lambda c: c("Add", 1.0, c.square(c.y)),
    "Tanh": lambda c: c("Sub", 1.0, c.square(c.y)),
    "ThresholdedRelu": lambda c: c.when(c("Greater", c.x, c.given.get("alpha", 1.0)), 1.0, 0.0),
}


@rule(*SLOPES)
def _curve(tape, node, gradients, wanted):
    return [tape.add("Mul", gradients[0], SLOPES[node.op_type](Curve(tape, node)))]


@rule("Neg")
def _neg(tape, node, gradients, wanted):
    return [tape.add("Neg", gradients[0])]


@rule("Mod")
def _mod(tape, node, gradients, wanted):
    if wanted[1]:
        raise NoRuleError("no derivative by what a remainder is of")
    return [tape.unbroadcast(gradients[0], tape.shape(node.output[0]), tape.shape(node.input[0])), None]
