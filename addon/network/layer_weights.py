# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of an operator's constants are its weights, and what they do to units."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from onnx import TensorProto

from ..containers.stored import FLOATS
from .constants import SETTINGS, Constant, Leaf
from .joins.elementwise import SEVERAL
from .operators import Operator
from .recognise import OperatorGroup

QUANTIZED = {number for name, number in TensorProto.DataType.items() if name.endswith(("INT8", "INT4", "INT2"))}
BIASES = {"Conv": 2, "ConvTranspose": 2, "Gemm": 2, "BatchNormalization": 2, "LayerNormalization": 2}
KERNELS = ("MatMul", "Gemm", "Conv", "ConvTranspose", "BatchNormalization")
MATRICES = {
    "Conv": (1,),
    "ConvTranspose": (1,),
    "Gemm": (0, 1),
    "MatMul": (0, 1),
    "LSTM": (1, 2),
    "GRU": (1, 2),
    "RNN": (1, 2),
}


def leaves(operator: Operator, only: int | None = None) -> Iterator[Leaf]:
    """The stored tensors that are weights of an operator, or those behind one of its inputs."""
    steering = SETTINGS.get(operator.op, ())
    for slot, constant in operator.constants.items():
        if only is not None and slot != only or slot in steering or constant.data_type not in FLOATS | QUANTIZED:
            continue
        single = not constant.shape or operator.op in SEVERAL and constant.size == 1  # or an epsilon
        for leaf in constant.leaves:
            if leaf.filled and operator.op not in KERNELS:
                continue  # a mask, a state at rest
            likely = not single and (leaf.size > 1 or constant.size == 1)
            if (leaf.scaled or leaf.data_type in FLOATS | QUANTIZED) and (leaf.sure or likely):
                yield leaf


def applied(operator: Operator) -> Iterator[Constant]:
    """The matrices and kernels of an operator, as they are applied; integers of which nobody says what they stand for
    are none."""
    return (constant for _, constant in wide(operator))


def wide(operator: Operator) -> Iterator[tuple[int, Constant]]:
    """The same with the inputs of the operator that they are."""
    matrices = MATRICES.get(operator.op)
    for slot, constant in operator.constants.items():
        spread = slot in matrices if matrices else sum(size > 1 for size in constant.shape) > 1
        if spread and constant.data_type in FLOATS and any(True for _ in leaves(operator, slot)):
            yield slot, constant


def bias(group: OperatorGroup) -> Constant | None:
    """The first additive constant of the units of a layer: a bias, or the shift of a normalisation."""
    for member in group.members:
        slot = next(iter(member.constants), None) if member.op == "Add" else BIASES.get(member.op)
        if slot in member.constants and member.constants[slot].size > 1:
            return member.constants[slot]
    return None


def scale(group: OperatorGroup) -> Callable[[], np.ndarray] | None:
    """By how much a batch normalisation in a layer multiplies each unit: scale / sqrt(variance + epsilon)."""
    member = next((member for member in group.members if member.op == "BatchNormalization"), None)
    if member is None or not {1, 4} <= member.constants.keys():
        return None
    factor, variance = member.constants[1], member.constants[4]

    def read():
        with np.errstate(invalid="ignore", divide="ignore"):  # a variance that is negative is the file's
            return np.asarray(factor.array(), np.float32) / np.sqrt(
                np.asarray(variance.array(), np.float32) + member.attribute("epsilon", 1e-5)
            )

    return read
