# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Matrices of a few bits a number, as GPTQ and AWQ keep them: several numbers in one of 32 bits.

"fc.qweight", "fc.qzeros" and "fc.scales" (and "fc.g_idx") make "fc.weight" = scale x (number - zero), with a scale and
a zero for every output and group of inputs. GPTQ packs along the inputs, its first version keeps zeros less one; AWQ
packs along the outputs, in an order of its own. These are the formats of the tools AutoGPTQ and AutoAWQ.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from onnx import TensorProto

from ...containers.stored import Stored, numbers
from ...formats.weights import Weights

WORD = 32  # bits
PARTS = ("qweight", "qzeros", "scales", "g_idx")
INTERLEAVED = (0, 4, 1, 5, 2, 6, 3, 7)  # where AWQ has the numbers of a word


def unpack(weights: Weights) -> Weights:
    """The same with matrices in place of their packed parts; their numbers are worked out when they are read."""
    by_name = {tensor.name: tensor for tensor in weights.tensors}
    made: dict[str, Stored] = {}
    gone: set[str] = set()
    kinds: Counter[str] = Counter()
    for name in by_name:
        base = name.removesuffix("qweight")
        parts = {part: by_name[base + part] for part in PARTS if base + part in by_name}
        if base != name and (kind := _kind(parts)):
            matrix = _Matrix(weights.path.parent, parts, kind == "AWQ", _kept_less_one(weights.config))
            made[name] = Stored(f"{base}weight", matrix.shape, TensorProto.FLOAT, read=partial(matrix.numbers))
            gone.update(base + part for part in parts)
            kinds[f"{matrix.bits} bits a number ({kind})"] += 1
    tensors = [
        made.get(tensor.name, tensor) for tensor in weights.tensors if tensor.name in made or tensor.name not in gone
    ]
    notes = [
        f"matrices of {kind} are shown as the numbers that they stand for: {count:,}" for kind, count in kinds.items()
    ]
    return replace(weights, tensors=tensors, notes=[*weights.notes, *notes]) if made else weights


def _kept_less_one(config) -> bool:
    said = config.get("quantization_config")
    return not (isinstance(said, dict) and said.get("checkpoint_format") == "gptq_v2")


def _kind(parts) -> str:
    """Who packed a matrix, which its shapes tell; "" where they make none."""
    if (
        not set(PARTS[:3]) <= set(parts)
        or any(len(parts[part].shape) != 2 for part in PARTS[:3])
        or any(tensor.data_type != TensorProto.INT32 for part, tensor in parts.items() if part != "scales")
    ):
        return ""
    (rows, columns), (groups, outputs) = parts["qweight"].shape, parts["scales"].shape
    bits = WORD * parts["qzeros"].shape[1] / max(1, outputs)
    if bits not in (2, 4, 8) or parts["qzeros"].shape[0] != groups or not rows:
        return ""
    inputs = rows * WORD // int(bits) if columns == outputs else rows
    fits = "g_idx" in parts and parts["g_idx"].shape == (inputs,) or groups and inputs % groups == 0
    if not fits or columns not in (outputs, outputs * bits / WORD):
        return ""
    return "GPTQ" if columns == outputs else "AWQ" if bits == 4 else ""


class _Matrix:
    def __init__(self, folder: Path, parts: dict[str, Stored], interleaved: bool, less_one: bool):
        self.folder, self.parts, self.interleaved, self.less_one = folder, parts, interleaved, less_one
        self.groups, outputs = parts["scales"].shape
        self.bits = WORD * parts["qzeros"].shape[1] // outputs
        rows = parts["qweight"].shape[0]
        self.shape = outputs, rows if interleaved else rows * WORD // self.bits

    def numbers(self) -> np.ndarray:
        """(outputs, inputs), float32."""
        packed = self._read("qweight")
        zeros = self._apart(self._read("qzeros"))
        if self.interleaved:
            whole = self._apart(packed)
        else:
            whole = self._apart(packed.T).T
            zeros = zeros + self.less_one
        inputs = self.shape[1]
        group = self._read("g_idx") if "g_idx" in self.parts else np.arange(inputs) // (inputs // self.groups)
        group = group.clip(0, self.groups - 1)
        with np.errstate(over="ignore", invalid="ignore"):  # scales that are no numbers are the file's
            scales = self._read("scales").astype(np.float32)
            return np.ascontiguousarray((scales[group] * (whole - zeros[group])).T, np.float32)

    def _apart(self, words):
        """Numbers of a few bits from words (rows, columns), along the columns."""
        apart = words[..., None] >> np.arange(0, WORD, self.bits, dtype=np.int32) & (1 << self.bits) - 1
        if self.interleaved:
            apart = apart[..., INTERLEAVED]
        return apart.reshape(len(words), -1)

    def _read(self, part):
        return numbers(self.parts[part], self.folder)
