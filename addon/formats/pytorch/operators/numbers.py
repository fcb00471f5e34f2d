# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What PyTorch programs do with numbers, texts and lists. Sizes that are open stay so."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

from ....containers.pickle.torch_types import OF_NUMBER
from .emitter import FLOATS, Emitter, MismatchError, Open, UndecidedError, UnknownError, Value
from .table import op

LONGEST = 1 << 16  # entries of a list, characters of a text
LARGEST = 1 << 62


def _arithmetic(function, of_sizes=""):
    def work(e: Emitter, number, other, alpha=1):
        other = other if alpha == 1 else NUMBERS["mul"](e, other, alpha)
        try:
            result = function(_flat(number), _flat(other))
        except (TypeError, ArithmeticError, ValueError) as error:
            raise UnknownError(f"numbers that cannot be worked with ({error})") from error
        if (
            isinstance(result, int)
            and abs(result) > LARGEST
            or isinstance(result, (list, str))
            and len(result) > LONGEST
        ):
            raise UnknownError("a number that is too large")
        if of_sizes and type(result) is int and (isinstance(number, Open) or isinstance(other, Open)):
            return Open(result, of_sizes, number, other)
        return result

    return work


def _flat(value):
    """A value as it may be compared or added: lists in lists hold no more lists, or comparing them might never end."""
    if isinstance(value, (list, tuple)) and any(
        isinstance(part, (list, tuple, dict)) and any(isinstance(inner, (list, tuple, dict)) for inner in part)
        for part in value
    ):
        raise ValueError("lists that are nested too deep")
    return value


def _remainder(number, other):
    if isinstance(number, str):
        raise ValueError("a text that is formatted")
    return number % other


def _power(base, exponent):
    if isinstance(base, int) and isinstance(exponent, int) and abs(exponent) > 64:
        raise ValueError("a large power")
    return math.pow(base, exponent) if isinstance(base, float) or isinstance(exponent, float) else base**exponent


def _product(number, other):
    if any(isinstance(part, (list, str)) for part in (number, other)):
        raise ValueError("a repeated list")
    return number * other


def _unary(function):
    def work(e: Emitter, value, *rest):
        try:
            return function(value)
        except (TypeError, ArithmeticError, ValueError) as error:
            raise UnknownError(f"a number that cannot be worked with ({error})") from error

    return work


def _divide(e, number, other, rounding_mode=None):
    return (_FLOOR if rounding_mode else _TRUE)(e, number, other)


_FLOOR, _TRUE = _arithmetic(operator.floordiv, "Div"), _arithmetic(operator.truediv)
# For numbers, texts and lists; tensors have operators of the same names.
NUMBERS: dict[str, Callable] = {
    "add": _arithmetic(operator.add, "Add"),
    "sub": _arithmetic(operator.sub, "Sub"),
    "mul": _arithmetic(_product, "Mul"),
    "floordiv": _FLOOR,
    "floor_divide": _FLOOR,
    "div": _divide,
    "sum": _unary(sum),
    "rsub": lambda e, number, other, alpha=1: NUMBERS["sub"](e, other, number, alpha),
    "remainder": _arithmetic(_remainder, "Mod"),
    "pow": _arithmetic(_power),
    "eq": _arithmetic(operator.eq),
    "ne": _arithmetic(operator.ne),
    "lt": _arithmetic(operator.lt),
    "le": _arithmetic(operator.le),
    "gt": _arithmetic(operator.gt),
    "ge": _arithmetic(operator.ge),
    "__and__": _arithmetic(operator.and_),
    "__or__": _arithmetic(operator.or_),
    "__xor__": _arithmetic(operator.xor),
    "min": _arithmetic(min, "Min"),
    "max": _arithmetic(max, "Max"),
    "sqrt": _unary(math.sqrt),
    "floor": _unary(math.floor),
    "ceil": _unary(math.ceil),
    "log": _unary(math.log),
    "exp": _unary(math.exp),
    "neg": _unary(operator.neg),
    "abs": _unary(abs),
    "round": _unary(round),
    "isinf": _unary(math.isinf),
    "isnan": _unary(math.isnan),
    "sin": _unary(math.sin),
    "cos": _unary(math.cos),
    "any": _unary(any),
    "all": _unary(all),
    "slice": lambda e, values, start=None, end=None, step=1: values[start:end:step],
}


@op("__is__")
def is_(e, value, other):
    """Whether two are the same object, as programs ask of None."""
    return value is other


@op("__isnot__")
def is_not(e, value, other):
    """Whether two are not the same object."""
    return value is not other


@op("__not__")
def not_(e, value):
    """Truth turned round."""
    if isinstance(value, Value):
        raise UndecidedError("a decision depends on what a run computes")
    return not value


@op("__contains__")
def contains(e, holder, key):
    """Whether a key or a value is in a list or a dict."""
    return _flat(key) in _flat(holder)


@op("len")
def length(e, value):
    """How many entries; of a tensor its first size."""
    return e.size(value, 0) if isinstance(value, Value) else len(value)


@op("append")
def append(e, values, value):
    """One value more at the end of a list."""
    if len(values) > LONGEST:
        raise UnknownError("a list that is too long")
    values.append(value)
    return values


@op("extend")
def extend(e, values, others):
    """A list with another behind it."""
    if len(values) + len(others) > LONGEST:
        raise UnknownError("a list that is too long")
    values.extend(others)


@op("insert")
def insert(e, values, place, value):
    """One value more in a list, at a place."""
    values.insert(place, value)


@op("pop")
def pop(e, values, place=-1):
    """An entry taken out of a list."""
    return values.pop(place)


@op("keys")
def keys(e, values):
    """The keys of a dict."""
    return list(values)


@op("values")
def values_(e, values):
    """The values of a dict."""
    return list(values.values())


@op("items")
def items(e, values):
    """Keys and values of a dict, in pairs."""
    return list(values.items())


@op("list", "copy")
def copy(e, values):
    """A list of its own."""
    return list(values)


@op("__getitem__", "get")
def get_item(e, values, key, default=None):
    """An entry by its key or place."""
    if isinstance(values, dict):
        return values.get(key, default)
    return values[key]


@op("dict")
def dict_(e, *pairs):
    """A dict of pairs."""
    return dict(*pairs)


@op("_set_item")
def set_item(e, values, key, value):
    """An entry set by its key or place."""
    values[key] = value
    return values


@op("__range_length")
def range_length(e, first, last, step):
    """How many turns a loop has."""
    return len(range(first, last, step))


@op("__derive_index")
def derive_index(e, place, first, step):
    """The number of a loop's turn."""
    return first + place * step


@op("Int", "IntImplicit", "int")
def int_(e, value):
    """A number as a whole one."""
    return value if isinstance(value, (Value, Open)) else int(value)


@op("Float", "FloatImplicit", "ScalarImplicit", "float", "item", "tolist")
def float_(e, value):
    """A number as a real one."""
    return value if isinstance(value, (Value, Open)) else float(value)


@op("Bool", "bool")
def bool_(e, value):
    """A number as truth."""
    if isinstance(value, Value):
        raise UndecidedError("a decision depends on what a run computes")
    return bool(value)


@op("format", "percentFormat", "str")
def format_(e, text, *values):
    """The text as it stands: messages are not put together."""
    return text[:LONGEST] if isinstance(text, str) else ""


@op("warn", "manual_seed", "_set_grad_enabled", "_assert", "_assert_async")
def nothing(e, *args, **more):
    """Calls that change nothing in a graph: warnings, hints."""
    return None


@op("RaiseException")
def raise_(e, message="", *rest):
    """The program ends here: it does not take what it is given."""
    said = message[:100] if isinstance(message, str) else ""
    raise MismatchError(f"the program raises '{said}'", deep="dim" in said.lower())


@op(
    "NumToTensor",
    "unchecked_unwrap_optional",
    "unchecked_cast",
    "data",
    "rangelist",
    "detach",
    "contiguous",
    "dropout",
    "feature_dropout",
    "alpha_dropout",
    "feature_alpha_dropout",
    "dropout2d",
    "dropout3d",
    "requires_grad_",
    "alias",
    "lift_fresh",
    "cpu",
    "cuda",
    "resolve_conj",
    "resolve_neg",
    "positive",
    "_assert_tensor_metadata",
)
def same(e, value, *rest, **more):
    """What changes no number: kinds of values, devices, dropout in a network that is not trained."""
    return value


@op("is_floating_point")
def is_floating_point(e, value):
    """Whether a value is of a real type."""
    return value.type in FLOATS


@op(
    "is_autocast_enabled",
    "is_autocast_cpu_enabled",
    "is_cuda",
    "is_quantized",
    "is_nested",
    "is_sparse",
    "is_mkldnn",
    "is_complex",
    "is_conj",
    "is_neg",
    "is_inference",
    "is_meta",
    "is_xla",
)
def never(e, *args):
    """Questions that are always answered with no."""
    return False


# Whether gradients are wanted: then transformer layers take the way by single operators, which shows more.
@op("is_contiguous", "is_scripting", "is_leaf", "requires_grad", "is_grad_enabled")
def always(e, *args, **more):
    """Questions that are always answered with yes."""
    return True


@op("device", "type")
def device(e, *args):
    """Everything lies on the processor."""
    return "cpu"


@op("layout")
def layout(e, *args):
    """Every tensor is strided."""
    return 0


@op("dtype")
def dtype(e, value):
    """The number that PyTorch has for a tensor's type."""
    return next((number for number, kind in OF_NUMBER.items() if kind == value.type), 6)
