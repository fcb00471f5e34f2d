# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""WAV files as waveforms."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from ..containers import CheckpointError

LARGEST = 1 << 28  # bytes
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
SUFFIXES = (".wav",)


def load_sound(path: Path) -> tuple[np.ndarray, int]:
    """A WAV file as floats -1 to 1 of shape (samples,), channels averaged, and its samples a second.

    Integers of 8, 16, 24 and 32 bits and floats are read (Multimedia Programming Interface 1.0; RFC 2361). Raises
    `CheckpointError`.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise CheckpointError(path, f"larger than {LARGEST >> 20} MiB", "give a shorter sound")
        data = path.read_bytes()
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror})", "check the path") from error
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise CheckpointError(path, "not a WAV file", "give a .wav file, or its numbers as .npy")
    form = None
    at = 12
    while at + 8 <= len(data):
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + length]
        if name == b"fmt " and len(body) >= 16:
            kind, channels, rate, _, block, bits = struct.unpack_from("<HHIIHH", body)
            if kind == EXTENSIBLE and len(body) >= 26:
                kind = int.from_bytes(body[24:26], "little")
            form = kind, channels, rate, block, bits
        elif name == b"data" and form:
            if len(body) < length:
                raise CheckpointError(path, "the sound is cut short", "copy it again")
            return _numbers(path, body, *form)
        at += 8 + length + length % 2
    raise CheckpointError(path, "holds no sound", "give another .wav file")


def _numbers(path, body, kind, channels, rate, block, bits) -> tuple[np.ndarray, int]:
    width = bits // 8
    known = kind == PCM and bits in (8, 16, 24, 32) or kind == FLOAT and bits in (32, 64)
    if not known or not channels or block != channels * width or not rate:
        raise CheckpointError(path, f"a WAV file of kind {kind} with {bits} bits", "save it as 16-bit PCM")
    count = len(body) // block
    if not count:
        raise CheckpointError(path, "holds no sound", "give another .wav file")
    body = body[: count * block]
    if kind == FLOAT:
        values: np.ndarray = np.frombuffer(body, f"<f{width}").astype(np.float32)
    elif bits == 8:
        values = (np.frombuffer(body, np.uint8).astype(np.float32) - 128) / 128
    elif bits == 24:
        three = np.frombuffer(body, np.uint8).reshape(-1, 3).astype(np.int32)
        whole = (three[:, 0] | three[:, 1] << 8 | three[:, 2] << 16) << 8 >> 8
        values = whole.astype(np.float32) / (1 << 23)
    else:
        values = (np.frombuffer(body, f"<i{width}") / float(1 << bits - 1)).astype(np.float32)
    return np.ascontiguousarray(values.reshape(count, channels).mean(1), np.float32), rate


def fit_sound(path: Path, waveform: np.ndarray, rate: int, shape: tuple[int, ...]) -> tuple[np.ndarray, str]:
    """A waveform (samples,) as an input of this shape with one long axis; cut or filled with silence at the end. Raises
    `CheckpointError`."""
    long = [axis for axis, size in enumerate(shape) if size > 1]
    if len(long) != 1:
        raise CheckpointError(
            path,
            f"a waveform cannot be fitted to the model's input of shape {list(shape)}",
            "give a .npy file of what the model reads, such as a spectrogram",
        )
    wanted = shape[long[0]]
    have = len(waveform)
    said = f"{rate:,} samples a second, as the file has them"
    if have > wanted:
        said = f"the first {wanted:,} of {have:,} samples, {said}"
    elif have < wanted:
        waveform = np.pad(waveform, (0, wanted - have))
        said = f"{have:,} samples and silence up to {wanted:,}, {said}"
    return waveform[:wanted].reshape(shape), said
