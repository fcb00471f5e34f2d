# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tensors that a program makes itself: filled with one number, ranges, numbers as tensors."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper

from ....containers.pickle.torch_types import OF_NUMBER
from .emitter import Emitter, Open, UnknownError, Value, leaves
from .shaping import size
from .table import OPERATORS, op

LARGEST = 1 << 20  # numbers of a constant that is written into the graph


def _type(dtype, default=TensorProto.FLOAT) -> int:
    return OF_NUMBER.get(dtype, default) or default


def filled(e: Emitter, sizes, number, data_type) -> Value:
    """A tensor of these sizes with one number everywhere."""
    value = helper.make_tensor("value", data_type, [1], [number])
    made = e.node("ConstantOfShape", e.integers(sizes), value=value)
    made.zero = number == 0
    return made


def _maker(number):
    def work(e, sizes, dtype=None, *rest, **more):
        return filled(e, sizes, number, _type(dtype))

    return work


def _maker_like(number):
    def work(e, x, sizes=None, dtype=None, *rest, **more):
        if not isinstance(sizes, (list, tuple)):
            sizes, dtype = size(e, x), sizes if dtype is None else dtype
        return filled(e, sizes, number, _type(dtype, x.type))

    return work


OPERATORS.update(
    {
        "zeros": _maker(0),
        "ones": _maker(1),
        "empty": _maker(0),
        "zeros_like": _maker_like(0),
        "ones_like": _maker_like(1),
        "empty_like": _maker_like(0),
        "new_zeros": _maker_like(0),
        "new_ones": _maker_like(1),
        "new_empty": _maker_like(0),
    }
)


@op("full")
def full(e, sizes, fill_value, *rest, dtype=None, **more):
    """One number everywhere, of a type that follows from it."""
    dtype = rest[0] if rest and dtype is None else dtype
    default = TensorProto.FLOAT if isinstance(fill_value, float) else TensorProto.INT64
    return filled(e, sizes, fill_value, _type(dtype, default))


@op("full_like", "new_full")
def full_like(e, x, *args, dtype=None, **more):
    """One number everywhere, of the type of another tensor."""
    sizes, number = (args[0], args[1]) if len(args) > 1 and isinstance(args[0], list) else (size(e, x), args[0])
    return filled(e, sizes, number, _type(dtype, x.type))


@op("fill", "zero")
def fill(e, x, number=0):
    """x.fill_(number), x.zero_()"""
    return filled(e, size(e, x), number, x.type)


@op("arange")
def arange(e, *args, dtype=None, **more):
    """arange(end, ...), arange(start, end, ...) or arange(start, end, step, ...), then dtype, layout, device, pin."""
    numbers = list(args)
    if len(args) >= 5:  # the last four are no bounds
        numbers, dtype = list(args[:-4]), args[-4]
    start, end, step = [*([0] if len(numbers) == 1 else []), *numbers, 1][:3]
    whole = all(isinstance(bound, int) for bound in (start, end, step))
    kind = _type(dtype, TensorProto.INT64 if whole else TensorProto.FLOAT)
    if any(isinstance(bound, Open) for bound in (start, end, step)):
        return e.cast(e.node("Range", *(e.integer(bound) for bound in (start, end, step))), kind)
    if step == 0 or (end - start) / step > LARGEST:
        raise UnknownError("a long range")
    return e.constant(np.arange(start, end, step), kind)


@op("linspace")
def linspace(e, start, end, steps, dtype=None, *rest, **more):
    """So many numbers between two, both with them."""
    if steps > LARGEST:
        raise UnknownError("a long range")
    return e.constant(np.linspace(start, end, steps), _type(dtype))


@op("tensor", "scalar_tensor", "as_tensor", "asarray")
def tensor(e, value, dtype=None, *rest, **more):
    """A number, or a list of numbers, as a tensor."""
    if isinstance(value, Value):
        return value if dtype is None else e.cast(value, _type(dtype))
    if isinstance(value, Open):
        return e.cast(e.integer(value), _type(dtype, TensorProto.INT64))
    for _ in leaves(value, LARGEST):  # before NumPy takes memory for it
        pass
    array = np.asarray(value)
    if array.dtype.kind not in "bif":
        raise UnknownError("a tensor made of a list")
    default = {"b": TensorProto.BOOL, "i": TensorProto.INT64, "f": TensorProto.FLOAT}[array.dtype.kind]
    return e.constant(array, _type(dtype, default))
