# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""A picture or an array -> the tensor a model reads, with a note of all that was done to it."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt, prod
from pathlib import Path

import numpy as np
import onnx

from ..containers import CheckpointError, zip_archive
from ..network import Assumption, Network, Spec
from ..network.scaling import Scaling
from . import sound

LARGEST = 1 << 28  # bytes of an array, and of a picture's tensor
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
ARRAYS = (".npy", ".npz")
SAVE = "save one sample with numpy.save"


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
        return _numbers(path, path.read_bytes())
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror})", "check the path") from error


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a .npz file by their names, none of them unpickled. Raises `CheckpointError`."""
    try:
        archive = zip_archive.archive(path)
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror})", "check the path") from error
    names = [name for name in archive.members if name.endswith(".npy")]
    if sum(archive.members[name].size for name in names) > LARGEST:
        raise CheckpointError(path, f"larger than {LARGEST >> 20} MiB", "give one sample")
    return {name[:-4]: _numbers(path, archive.read(name, LARGEST), f"'{name[:-4]}' is ") for name in names}


def _numbers(path, data: bytes, which=""):
    """The array of a .npy file's bytes, which the header has to account for to the last."""
    file = io.BytesIO(data)
    try:
        with warnings.catch_warnings(action="ignore"):  # of a damaged header
            shape, turned, dtype = HEADERS[np.lib.format.read_magic(file)](file)
    except Exception as error:  # NumPy's reader of the header raises many types
        raise CheckpointError(path, f"{which}not a readable .npy file", SAVE) from error
    if dtype.kind not in "fiub" or not prod(shape):
        raise CheckpointError(path, f"{which}not an array of numbers", SAVE)
    if min(shape, default=1) < 0 or prod(shape) * dtype.itemsize != len(data) - file.tell():
        raise CheckpointError(path, f"{which}damaged, or cut short: it says shape {list(shape)}", SAVE)
    return np.frombuffer(data, dtype, offset=file.tell()).reshape(shape, order="F" if turned else "C")


def fit_named(path: Path, arrays: Mapping[str, np.ndarray], network: Network) -> list[Fitted]:
    """Fit the arrays of a .npz file to the inputs of a network, each to that of its name.

    One array may have any name where there is one input. Raises `CheckpointError`.
    """
    wanted = [spec.name for spec in network.inputs]
    if len(wanted) == len(arrays) == 1:
        arrays = {wanted[0]: next(iter(arrays.values()))}
    for name in wanted:
        if name not in arrays:
            raise CheckpointError(
                path,
                f"holds no array '{name}', which the model reads",
                f"save one for each of its inputs with numpy.savez: {', '.join(wanted)}",
            )
    return [fit(path, arrays[spec.name], spec, network.assumed) for spec in network.inputs]


def fit(
    path: Path, content: np.ndarray, spec: Spec, assumed: Sequence[Assumption] = (), scaling: Scaling | None = None
) -> Fitted:
    """Fit a file's content to a model input of shape (1, ...).

    `content` is a picture (height, width, 4) of floats 0 to 1 (RGBA, straight alpha) for a picture file, else the
    array of a .npy or .npz file. `scaling` says what becomes of pixels. Raises `CheckpointError` where it cannot fit.
    """
    shape = spec.shape
    is_array = path.suffix.lower() in ARRAYS
    if spec.kind and not spec.kind.startswith("optional(tensor"):
        raise CheckpointError(path, f"the model's input '{spec.name}' takes {spec.kind}, which no file of ours holds")
    if shape is None and is_array:
        return Fitted(spec.name, _as(path, content, spec), "as it is; the model takes any shape")
    if shape is None or None in shape:
        raise CheckpointError(
            path,
            f"the model does not say the shape of its input '{spec.name}'",
            "give a .npy file of the shape that it needs",
        )
    if is_array:
        array, note = _fit_array(path, content, shape, {a.axis for a in assumed if a.input == spec.name})
    else:
        array, note = _fit_picture(path, content, shape, spec.dtype, scaling or Scaling())
    return Fitted(spec.name, _as(path, array, spec), note)


def _as(path, array, spec) -> np.ndarray:
    """An array in the number type that an input takes."""
    try:
        return np.require(array, np.dtype(spec.dtype), "C")  # keeps an array without axes as it is
    except TypeError as error:
        raise CheckpointError(path, f"the model's input '{spec.name}' takes {spec.dtype}, not numbers") from error


def _fit_array(path, array, shape, open_axes):
    if array.shape == shape[1:]:
        array = array[None]
    alike = len(array.shape) == len(shape) and all(
        a == b or axis in open_axes for axis, (a, b) in enumerate(zip(array.shape, shape, strict=True))
    )
    if alike and array.shape[0] != 1 and 0 in open_axes:
        return array[:1], f"first of {array.shape[0]} samples"
    if alike:
        return array, "as it is"
    if array.size == prod(shape):
        return array.reshape(shape), f"reshaped from {list(array.shape)} to {list(shape)}"
    raise CheckpointError(
        path, f"an array of shape {list(array.shape)}, the model reads {list(shape)}", "save one sample of that shape"
    )


def fit_sound(path: Path, spec: Spec, assumed: Sequence[Assumption] = ()) -> Fitted:
    """Fit a WAV file to a model input of shape (1, ...) with one long axis; where that is open it gets the length of
    the sound. Raises `CheckpointError`."""
    waveform, rate = sound.load_sound(path)
    shape = list(spec.shape or ())
    free = [one.axis for one in assumed if one.input == spec.name and one.axis]
    if free and all((size or 1) == 1 for size in shape):
        shape[free[-1]] = len(waveform)
    if not shape or None in shape:
        raise CheckpointError(
            path, f"the model does not say the shape of its input '{spec.name}'", "choose it as --dim"
        )
    array, note = sound.fit_sound(path, waveform, rate, tuple(size or 1 for size in shape))
    return Fitted(spec.name, _as(path, array, spec), note)


def _fit_picture(path, picture, shape, dtype, scaling: Scaling):
    place = picture_axes(shape)
    if place is None:
        raise CheckpointError(
            path,
            f"a picture cannot be fitted to the model's input of shape {list(shape)}",
            "give a .npy file of that shape",
        )
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
    notes.append("pixels 0 to 255" if whole else scaling.says(channels))
    colour = np.rint(colour * 255) if whole else scaling.apply(colour)
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

    helper = onnx.helper
    floats = onnx.TensorProto.FLOAT
    node = helper.make_node("Resize", ["x", "", "", "sizes"], ["y"], mode="linear", antialias=1)
    sizes = helper.make_tensor("sizes", onnx.TensorProto.INT64, [4], [1, picture.shape[2], height, width])
    graph = helper.make_graph(
        [node],
        "resize",
        [helper.make_tensor_value_info("x", floats, [1, None, None, None])],
        [helper.make_tensor_value_info("y", floats, None)],
        [sizes],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    picture = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)
    return session.run(None, {"x": picture})[0][0].transpose(1, 2, 0)
