# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""PyTorch's number types, by the names of its dtypes and of its storage classes."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper

OF_DTYPE = {
    "float32": TensorProto.FLOAT,
    "float": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "double": TensorProto.DOUBLE,
    "float16": TensorProto.FLOAT16,
    "half": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "float8_e4m3fn": TensorProto.FLOAT8E4M3FN,
    "float8_e4m3fnuz": TensorProto.FLOAT8E4M3FNUZ,
    "float8_e5m2": TensorProto.FLOAT8E5M2,
    "float8_e5m2fnuz": TensorProto.FLOAT8E5M2FNUZ,
    "int8": TensorProto.INT8,
    "int16": TensorProto.INT16,
    "short": TensorProto.INT16,
    "int32": TensorProto.INT32,
    "int": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "long": TensorProto.INT64,
    "uint8": TensorProto.UINT8,
    "uint16": TensorProto.UINT16,
    "uint32": TensorProto.UINT32,
    "uint64": TensorProto.UINT64,
    "bool": TensorProto.BOOL,
    "complex64": TensorProto.COMPLEX64,
    "cfloat": TensorProto.COMPLEX64,
    "complex128": TensorProto.COMPLEX128,
    "cdouble": TensorProto.COMPLEX128,
    "qint8": TensorProto.INT8,
    "quint8": TensorProto.UINT8,
    "qint32": TensorProto.INT32,
}
OF_STORAGE = {
    "FloatStorage": TensorProto.FLOAT,
    "DoubleStorage": TensorProto.DOUBLE,
    "HalfStorage": TensorProto.FLOAT16,
    "BFloat16Storage": TensorProto.BFLOAT16,
    "CharStorage": TensorProto.INT8,
    "ShortStorage": TensorProto.INT16,
    "IntStorage": TensorProto.INT32,
    "LongStorage": TensorProto.INT64,
    "ByteStorage": TensorProto.UINT8,
    "BoolStorage": TensorProto.BOOL,
    "ComplexFloatStorage": TensorProto.COMPLEX64,
    "ComplexDoubleStorage": TensorProto.COMPLEX128,
    "QInt8Storage": TensorProto.INT8,
    "QUInt4x2Storage": TensorProto.UINT4,
    "QUInt8Storage": TensorProto.UINT8,
    "QInt32Storage": TensorProto.INT32,
    "UntypedStorage": TensorProto.UNDEFINED,
}
# c10::ScalarType: how TorchScript's code writes a dtype.
OF_NUMBER = dict(
    enumerate(
        (
            TensorProto.UINT8,
            TensorProto.INT8,
            TensorProto.INT16,
            TensorProto.INT32,
            TensorProto.INT64,
            TensorProto.FLOAT16,
            TensorProto.FLOAT,
            TensorProto.DOUBLE,
            None,
            TensorProto.COMPLEX64,
            TensorProto.COMPLEX128,
            TensorProto.BOOL,
            None,
            None,
            None,
            TensorProto.BFLOAT16,
        )
    )
)
COMPLEX = (TensorProto.COMPLEX64, TensorProto.COMPLEX128)


def dtype_of(data_type: int) -> np.dtype:
    """NumPy's type of an ONNX number type; ml_dtypes has those that NumPy has not."""
    return np.dtype(helper.tensor_dtype_to_np_dtype(data_type))
