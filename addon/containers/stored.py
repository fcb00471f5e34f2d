# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tensor of a checkpoint file: its shape and type, and where its numbers lie or who reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper

# The fixed sizes of ONNX's number types in bytes; types below one byte and strings are not listed.
ITEM_SIZE = {
    number: np.dtype(helper.tensor_dtype_to_np_dtype(number)).itemsize
    for number in TensorProto.DataType.values()
    if number not in (TensorProto.UNDEFINED, TensorProto.STRING)
    and not TensorProto.DataType.Name(number).endswith(("INT4", "INT2", "4E2M1"))
}
MOST_AXES, MOST_ELEMENTS = 32, 1 << 60  # of a tensor; NumPy's flat indices are int64
FLOATS = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE} | {
    number for name, number in TensorProto.DataType.items() if name.startswith(("FLOAT8", "FLOAT4"))
}


@dataclass(frozen=True)
class Stored:
    """A tensor in a checkpoint file.

    `data_type` is a `TensorProto.DataType`. Where its numbers lie in the file as one plain run (little-endian, C order,
    nothing compressed), `file` (relative to the checkpoint's folder) and `offset` (bytes) say where; else `read` gives
    the array, in the tensor's own dtype and shape.
    """

    name: str
    shape: tuple[int, ...]
    data_type: int
    file: str = ""
    offset: int | None = None
    read: Callable[[], np.ndarray] | None = field(default=None, compare=False, repr=False)

    def proto(self) -> TensorProto:
        """The initializer that refers to the numbers."""
        tensor = TensorProto(
            name=self.name, dims=self.shape, data_type=self.data_type, data_location=TensorProto.EXTERNAL
        )
        if self.read is None:
            tensor.external_data.add(key="location", value=self.file)
            tensor.external_data.add(key="offset", value=str(self.offset))
        else:
            tensor.external_data.add(key="location", value=READ)
        return tensor

    def place(self) -> tuple:
        """By what a tensor that several layers share is known again, whatever it is called."""
        return (self.file, self.offset, self.data_type) if self.read is None else ("", id(self.read), self.data_type)


def numbers(stored: Stored, folder: Path) -> np.ndarray:
    """The numbers of a tensor of a checkpoint in this folder, in its own dtype and shape."""
    if stored.read is not None:
        return stored.read()
    dtype = helper.tensor_dtype_to_np_dtype(stored.data_type)
    assert stored.offset is not None  # of what has no reader
    return np.fromfile(folder / stored.file, dtype, prod(stored.shape), offset=stored.offset).reshape(stored.shape)


READ = ":read:"  # the location of tensors whose numbers `Checkpoint.readers` give; no file can be called so
