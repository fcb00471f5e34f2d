# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A picture or an array -> the tensor a model reads, with a note of all that was done to it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import isqrt, prod
from pathlib import Path

import numpy as np
import onnx

from ..checkpoints import CheckpointError
from ..network import Assumption, Spec

LARGEST = 1 << 28  # bytes of a .npy file, and of a picture's tensor
MAGIC = np.lib.format.MAGIC_PREFIX


@dataclass(frozen=True)
class Fitted:
    """The tensor for one model input and, in words, how the file became it."""

    name: str
    array: np.ndarray
    note: str


def load_array(path: Path) -> np.ndarray:
    """A .npy file of numbers; never unpickled. Raises `CheckpointError`."""
    try:
        if path.stat().st_size > LARGEST:
            raise CheckpointError(path, f"larger than {LARGEST >> 20} MiB", "give one sample")
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise CheckpointError(path, "not a .npy file", "save one sample with numpy.save")
        with warnings.catch_warnings(action="ignore"):  # of a damaged header
            array = np.load(path, mmap_mode="r", allow_pickle=False)
    except CheckpointError:
        raise
    except Exception as error:  # NumPy's reader of the header raises many types
        raise CheckpointError(path, f"not a readable .npy file ({error})") from error
    if array.dtype.kind not in "fiub" or not array.size:
        raise CheckpointError(path, "not an array of numbers", "save one sample with numpy.save")
    return np.array(array)


def fit(path: Path, content: np.ndarray, spec: Spec, assumed: list[Assumption] = ()) -> Fitted:
    """Fit a file's content to a model input of shape (1, ...).

    `content` is a picture (height, width, 4) of floats 0 to 1 (RGBA, straight alpha) for a picture file, else the
    array of a .npy file. Raises `CheckpointError` where it cannot fit.
    """
    shape = spec.shape
    if shape is None or None in shape:
        raise CheckpointError(path, f"the model does not say the shape of its input '{spec.name}'")
    if path.suffix.lower() == ".npy":
        array, note = _fit_array(path, content, shape, {a.axis for a in assumed if a.input == spec.name})
    else:
        array, note = _fit_picture(path, content, shape, spec.dtype)
    try:
        return Fitted(spec.name, np.ascontiguousarray(array, np.dtype(spec.dtype)), note)
    except TypeError as error:
        raise CheckpointError(path, f"the model's input '{spec.name}' takes {spec.dtype}, not numbers") from error


def _fit_array(path, array, shape, open_axes):
    if array.shape == shape[1:]:
        array = array[None]
    alike = len(array.shape) == len(shape) and all(
        a == b or axis in open_axes for axis, (a, b) in enumerate(zip(array.shape, shape, strict=True)))
    if alike and array.shape[0] != 1 and 0 in open_axes:
        return array[:1], f"first of {array.shape[0]} samples"
    if alike:
        return array, "as it is"
    if array.size == prod(shape):
        return array.reshape(shape), f"reshaped from {list(array.shape)} to {list(shape)}"
    raise CheckpointError(path, f"an array of shape {list(array.shape)}, the model reads {list(shape)}",
                          "save one sample of that shape")


def _fit_picture(path, picture, shape, dtype):
    place = picture_axes(shape)
    if place is None:
        raise CheckpointError(path, f"a picture cannot be fitted to the model's input of shape {list(shape)}",
                              "give a .npy file of that shape")
    if prod(shape) * 4 > LARGEST:
        raise CheckpointError(path, f"the model's input of shape {list(shape)} is too large for a picture")
    channels, height, width, last = place
    colour = picture[..., :3] * picture[..., 3:]  # on black
    notes = []
    if colour.shape[:2] != (height, width):
        notes.append(f"resized from {colour.shape[1]} x {colour.shape[0]} to {width} x {height}")
        colour = resize(colour, height, width)
    if channels == 1:
        grey = np.ptp(colour, axis=-1).max() < 1e-6
        notes += [] if grey else ["turned to grey (Rec. 601)"]
        colour = colour[..., :1] if grey else colour @ np.array([[0.299], [0.587], [0.114]], np.float32)
    elif channels == 4:
        colour = np.concatenate([colour, np.ones_like(colour[..., :1])], -1)
    whole = np.dtype(dtype).kind in "iu"
    notes.append("pixels 0 to 255" if whole else "pixels 0 to 1")
    colour = np.rint(colour * 255) if whole else colour
    return (colour if last else colour.transpose(2, 0, 1)).reshape(shape), ", ".join(notes)


def picture_axes(shape) -> tuple[int, int, int, bool] | None:
    """(channels, height, width, channels last) of a batch of one picture, or None. A square vector is grey."""
    sample = tuple(shape[1:]) if len(shape) > 1 else tuple(shape)
    if len(sample) == 3 and sample[0] in (1, 3, 4):
        return sample[0], sample[1], sample[2], False
    if len(sample) == 3 and sample[2] in (1, 3, 4):
        return sample[2], sample[0], sample[1], True
    if len(sample) == 2 and min(sample) > 4:
        return 1, sample[0], sample[1], False
    if len(sample) == 1 and isqrt(sample[0]) ** 2 == sample[0] and sample[0] >= 16:
        return 1, isqrt(sample[0]), isqrt(sample[0]), False
    return None


def resize(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """(h, w, c) floats -> (height, width, c), linear with antialiasing, by ONNX's own Resize operator."""
    import onnxruntime

    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    node = helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], mode="linear", antialias=1)
    sizes = helper.make_tensor("sizes", onnx.TensorProto.INT64, [4], [1, picture.shape[2], height, width])
    graph = helper.make_graph([node], "resize", [helper.make_tensor_value_info("x", floats, [1, None, None, None])],
                              [helper.make_tensor_value_info("y", floats, None)], [sizes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    picture = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)
    return session.run(None, {"x": picture})[0][0].transpose(1, 2, 0)
