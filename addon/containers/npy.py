# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arrays of NumPy (.npy, and .npz, a zip archive of them): their shapes and types, and where their numbers lie.

The format: numpy.lib.format, versions 1.0 to 3.0.
"""

from __future__ import annotations

import ast
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from math import prod
from pathlib import Path
from typing import IO

import numpy as np
from onnx import TensorProto, helper

from .errors import CheckpointError
from .natural_order import brief
from .stored import MOST_AXES, MOST_ELEMENTS, Stored
from .zip_archive import LARGEST, Archive

MAGIC = b"\x93NUMPY"
SUFFIX = ".npy"
LONGEST_HEADER = 1 << 16  # bytes
TYPES = {
    np.dtype(helper.tensor_dtype_to_np_dtype(number)).str: number
    for number in (
        TensorProto.FLOAT,
        TensorProto.FLOAT16,
        TensorProto.DOUBLE,
        TensorProto.INT8,
        TensorProto.INT16,
        TensorProto.INT32,
        TensorProto.INT64,
        TensorProto.UINT8,
        TensorProto.UINT16,
        TensorProto.UINT32,
        TensorProto.UINT64,
        TensorProto.BOOL,
    )
}


def read(path: Path) -> Stored | str:
    """The array of a .npy file, or in words why it is none of numbers. Raises `CheckpointError`."""
    with path.open("rb") as file:
        shape, dtype, turned, begin = header(path, file)
    return _stored(path, path.stem, shape, dtype, turned, path.stat().st_size, (begin, begin), lambda: path.open("rb"))


def members(path: Path, opened: Archive) -> dict[str, Stored | str]:
    """The arrays of an archive by name, or in words why one is none of numbers. Raises `CheckpointError`."""
    held: dict[str, Stored | str] = {}
    for member in opened.members.values():
        if not member.name.endswith(SUFFIX):
            continue
        name = member.name.removesuffix(SUFFIX)
        with opened.open(member.name) as file:
            shape, dtype, turned, begin = header(path, file)
        packed = member.offset is None
        places = begin, (member.offset or 0) + begin
        opening = partial(opened.open, member.name)
        held[name] = _stored(path, name, shape, dtype, turned, member.size, places, opening, packed)
    return held


def header(path: Path, file: IO[bytes]) -> tuple[tuple[int, ...], str, bool, int]:
    """(shape, type as NumPy writes it, whether the first axis runs fastest, where the numbers begin) of an array.

    Raises `CheckpointError`.
    """
    try:
        start = file.read(8)
        if start[:6] != MAGIC or start[6:7] not in (b"\1", b"\2", b"\3"):
            raise ValueError("it does not begin as an array of NumPy")
        how = "<H" if start[6] == 1 else "<I"
        size = struct.calcsize(how)
        (length,) = struct.unpack(how, file.read(size))
        if length > LONGEST_HEADER:
            raise ValueError(f"its header has {length:,} bytes")
        text = file.read(length)
        if len(text) < length:
            raise ValueError("its header is cut short")
        said = ast.literal_eval(text.decode("utf-8" if start[6] == 3 else "latin-1").strip())
        shape, descr, turned = said["shape"], said["descr"], said["fortran_order"]
        if (
            not isinstance(shape, tuple)
            or len(shape) > MOST_AXES
            or not all(type(part) is int and 0 <= part for part in shape)
        ):
            raise ValueError("its shape cannot be")
        if prod(max(1, part) for part in shape) > MOST_ELEMENTS:
            raise ValueError("its shape cannot be")
    except (ValueError, KeyError, TypeError, SyntaxError, MemoryError, RecursionError, struct.error) as error:
        problem = f"an array in it is damaged ({str(error)[:80] or type(error).__name__})"
        raise CheckpointError(path, problem, "fetch it again") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise CheckpointError(
            path, f"an array in it cannot be unpacked ({brief(str(error))})", "fetch it again"
        ) from error
    return shape, descr if isinstance(descr, str) else "a record", bool(turned), 8 + size + length


def _stored(path, name, shape, dtype, turned, size_there, places, opened: Callable[[], IO[bytes]], packed=False):
    """`places` are where the numbers begin in the array's own file, and in the file that it lies in."""
    kind = TYPES.get(dtype)
    other = TYPES.get(dtype.replace(">", "<")) if kind is None else None  # the other byte order
    if kind is None and other is None:
        return f"'{brief(name)}' is of the type {brief(dtype, 20)}"
    size = np.dtype(dtype).itemsize
    begin, at = places
    needed, there = prod(shape) * size, size_there - begin
    if needed > there:
        raise CheckpointError(
            path,
            f"the array '{brief(name)}' needs {needed:,} bytes and has {max(0, there):,}",
            "the file is cut short: fetch it again",
        )
    if needed > LARGEST and packed:
        raise CheckpointError(path, f"the array '{brief(name)}' would unpack to {needed:,} bytes", "refused for safety")
    if not packed and kind is not None and (not turned or len(shape) < 2):
        return Stored(name, shape, kind, path.name, at)
    read_it = partial(_read, path, name, shape, dtype, turned, begin, needed, opened)
    return Stored(name, shape, kind or other or 0, read=read_it)


def _read(path, name, shape, dtype, turned, begin, needed, opened) -> np.ndarray:
    """The numbers of an array that is compressed, or lies in another order than ours."""
    try:
        with opened() as file:
            if file.seekable() and isinstance(file, io.BufferedReader):
                file.seek(begin)
            else:
                file.read(begin)
            data = file.read(needed)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise CheckpointError(
            path, f"the array '{brief(name)}' cannot be unpacked ({brief(str(error))})", "fetch it again"
        ) from error
    if len(data) < needed:
        raise CheckpointError(path, f"the array '{brief(name)}' is cut short", "fetch it again")
    array = np.frombuffer(data, dtype, prod(shape)).reshape(shape, order="F" if turned else "C")
    return np.ascontiguousarray(array, np.dtype(dtype).newbyteorder("<"))
