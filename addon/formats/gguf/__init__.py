# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""GGUF, the files of llama.cpp, of versions 2 and 3: named tensors without a graph, most of them in blocks of few bits.

A file is a header with facts (architecture, heads, context, words), the list of tensors, and their numbers. Blocks
become real numbers when somebody asks for a tensor. The format: ggml's docs/gguf.md.
"""

from __future__ import annotations

import mmap
import re
import struct
from collections import Counter
from functools import partial
from math import prod
from pathlib import Path

import numpy as np
from onnx import TensorProto

from ...containers import stopping
from ...containers.errors import CheckpointError
from ...containers.natural_order import brief, natural
from ...containers.stored import ITEM_SIZE, MOST_ELEMENTS, Stored
from ..weights import Weights
from .quantised import BLOCKS, BlockType

FORMAT = "gguf"
MOST_TENSORS, MOST_FACTS, MOST_AXES = 1 << 17, 1 << 16, 8
LONGEST_NAME, LARGEST_TEXT = 1 << 12, 1 << 24
NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
TEXT, LIST = 8, 9
DEEPEST = 4  # lists in lists
PIECE = 1 << 16  # blocks that are worked out in one go
PLAIN = {
    0: TensorProto.FLOAT,
    1: TensorProto.FLOAT16,
    24: TensorProto.INT8,
    25: TensorProto.INT16,
    26: TensorProto.INT32,
    27: TensorProto.INT64,
    28: TensorProto.DOUBLE,
    30: TensorProto.BFLOAT16,
}
NAMES = {0: "F32", 1: "F16", 28: "F64", 30: "BF16"} | {number: block.name for number, block in BLOCKS.items()}
# Facts of an architecture -> what config.json of transformers calls them.
FACTS = {
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "attention.key_length": "head_dim",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
    "attention.layer_norm_epsilon": "layer_norm_eps",
    "embedding_length": "hidden_size",
    "block_count": "num_hidden_layers",
    "context_length": "max_position_embeddings",
    "expert_count": "num_local_experts",
}
FIRST = ("token_embd", "position_embd", "token_types", "token_embd_norm")
LAST = ("output_norm", "cls", "output")
NO_WEIGHTS = re.compile(r"(^|\.)(rope_freqs|rope_factors_long|rope_factors_short)\.weight$")


class _Header:
    """Reads the header, within the file."""

    def __init__(self, path: Path, data: memoryview):
        self.path, self.data, self.at = path, data, 4
        self.version = self.number("I")

    def fail(self, problem: str) -> CheckpointError:
        return CheckpointError(self.path, f"a GGUF file that is damaged or cut short ({problem})", "fetch it again")

    def number(self, how: str):
        """A number of this type of `struct`."""
        size = struct.calcsize(f"<{how}")
        if self.at + size > len(self.data):
            raise self.fail(f"byte {self.at:,} lies behind its end")
        (value,) = struct.unpack_from(f"<{how}", self.data, self.at)
        self.at += size
        return value

    def text(self, most: int = LARGEST_TEXT) -> str:
        """A text: its length, then its bytes."""
        length = self.number("Q")
        if length > most or self.at + length > len(self.data):
            raise self.fail(f"a text of {length:,} bytes at byte {self.at:,}")
        self.at += length
        return bytes(self.data[self.at - length : self.at]).decode("utf-8", "replace")

    def value(self, kind: int, depth: int = 0):
        """A fact; of a list how many entries it has, and the first of them."""
        if kind in NUMBERS:
            return self.number(NUMBERS[kind])
        if kind == TEXT:
            return self.text()
        if kind != LIST or depth >= DEEPEST:
            raise self.fail(f"a fact of the unknown type {kind}")
        inner, count = self.number("I"), self.number("Q")
        if inner in NUMBERS:
            size = struct.calcsize(f"<{NUMBERS[inner]}")
            if self.at + size * count > len(self.data):
                raise self.fail(f"a list of {count:,} numbers")
            first = np.frombuffer(self.data, np.dtype(f"<{NUMBERS[inner]}"), min(count, 1024), self.at).tolist()
            self.at += size * count
            return first
        if count * 8 > len(self.data) - self.at:
            raise self.fail(f"a list of {count:,} entries")
        for index in range(count):
            if index % 4096 == 0:
                stopping.check()
            if inner == TEXT:
                length = self.number("Q")
                if self.at + length > len(self.data):
                    raise self.fail(f"a text of {length:,} bytes at byte {self.at:,}")
                self.at += length
            else:
                self.value(inner, depth + 1)
        return [count]


def read(path: Path) -> Weights:
    """Open a file; only its header is read. Raises `CheckpointError`."""
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    if bytes(data[:4]) == b"FUGG":
        raise CheckpointError(path, "a GGUF file of a machine with the other byte order", "convert it anew")
    header = _Header(path, data)
    if header.version not in (2, 3):
        raise CheckpointError(path, f"a GGUF file of version {header.version:,}", "2 and 3 are read: convert it anew")
    count, facts_count = header.number("Q"), header.number("Q")
    if count > min(MOST_TENSORS, len(data) // 24) or facts_count > min(MOST_FACTS, len(data) // 13):
        raise header.fail(f"it names {count:,} tensors and {facts_count:,} facts")
    facts: dict = {}
    for _ in range(facts_count):
        key = header.text(LONGEST_NAME)
        facts[key] = header.value(header.number("I"))
    entries = [_entry(header) for _ in range(count)]
    alignment = facts.get("general.alignment", 32)
    if type(alignment) is not int or not 0 < alignment <= 1 << 20:
        raise header.fail("an alignment that cannot be")
    begin = -(-header.at // alignment) * alignment
    notes = _notes(facts, entries)
    tensors = _tensors(path, header, entries, begin, notes)
    if not tensors:
        raise CheckpointError(path, "a GGUF file that holds no tensor", "is this the whole file?")
    return Weights(
        path, FORMAT, tensors, "torch", f"GGUF {header.version}", config=_config(facts, tensors), notes=notes
    )


def _entry(header) -> tuple[str, tuple[int, ...], int, int]:
    """(name, shape as NumPy has it, ggml's type, offset) of a tensor."""
    name, axes = header.text(LONGEST_NAME), header.number("I")
    if axes > MOST_AXES:
        raise header.fail(f"'{brief(name)}' has {axes:,} axes")
    shape = tuple(header.number("Q") for _ in range(axes))[::-1]
    kind, offset = header.number("I"), header.number("Q")
    if prod(max(1, size) for size in shape) > MOST_ELEMENTS:
        raise header.fail(f"'{brief(name)}' has an absurd shape")
    return name, shape, kind, offset


def _tensors(path, header, entries, begin, notes) -> list[Stored]:
    length = len(header.data)
    held: dict[str, Stored] = {}
    unknown: Counter[str] = Counter()
    for name, shape, kind, offset in entries:
        if name in held:
            raise header.fail(f"'{brief(name)}' is there twice")
        block = BLOCKS.get(kind)
        if kind not in PLAIN and block is None:
            unknown[f"type {kind}"] += 1
            continue
        count = prod(shape)
        if block is not None and (not shape or shape[-1] % block.numbers):
            raise header.fail(f"rows of '{brief(name)}' are no whole blocks of {block.numbers}")
        size = count // block.numbers * block.bytes if block else count * ITEM_SIZE[PLAIN[kind]]
        if begin + offset + size > length:
            raise CheckpointError(
                path,
                f"'{brief(name)}' needs bytes {begin + offset:,} to {begin + offset + size:,} of {length:,}",
                "the file is cut short: fetch it again",
            )
        if NO_WEIGHTS.search(name):
            continue
        if block is None:
            held[name] = Stored(name, shape, PLAIN[kind], path.name, begin + offset)
        else:
            numbers = partial(_numbers, header.data, begin + offset, size, block, shape)
            held[name] = Stored(name, shape, TensorProto.FLOAT, read=numbers)
    if unknown:
        notes.append(f"tensors left out, of types that are not known: {', '.join(sorted(unknown))}")
    return sorted(held.values(), key=lambda stored: _order(stored.name))


def _numbers(data: memoryview, begin: int, size: int, block: BlockType, shape) -> np.ndarray:
    """The numbers of a tensor in blocks, float32; worked out row by row, in pieces."""
    packed = np.frombuffer(data, np.uint8, size, begin).reshape(-1, block.bytes)
    made = np.empty((len(packed), block.numbers), np.float32)
    with np.errstate(all="ignore"):  # a damaged scale gives what it gives
        for start in range(0, len(packed), PIECE):
            made[start : start + PIECE] = block.read(packed[start : start + PIECE])
    return made.reshape(shape)


def _order(name: str) -> tuple:
    """Words first, then the blocks, then what gives words again."""
    first = name.partition(".")[0]
    place = FIRST.index(first) - 9 if first in FIRST else LAST.index(first) + 1 if first in LAST else 0
    return place, natural(name) if not place else ()


def _config(facts: dict, tensors: list[Stored]) -> dict:
    """The facts of the architecture, as transformers' config.json has them."""
    architecture = facts.get("general.architecture")
    config: dict = {"model_type": architecture} if isinstance(architecture, str) else {}
    for fact, name in FACTS.items():
        value = facts.get(f"{architecture}.{fact}")
        if isinstance(value, list) and value and len(set(map(str, value))) == 1:
            value = value[0]
        if isinstance(value, (int, float)):
            config[name] = value
    if config.get("model_type") not in (None, "bert", "nomic-bert", "jina-bert-v2"):
        config["architectures"] = ["LMHeadModel"]
        config["tie_word_embeddings"] = not any(stored.name == "output.weight" for stored in tensors)
    return config


def _notes(facts: dict, entries) -> list[str]:
    """What the header says of the model, in one line."""
    architecture = facts.get("general.architecture")
    said = [str(facts[key])[:60] for key in ("general.name",) if isinstance(facts.get(key), str)]
    if isinstance(architecture, str):
        said.append(f"architecture {brief(architecture, 40)}")
    for fact, what in (
        ("block_count", "blocks"),
        ("attention.head_count", "heads"),
        ("attention.head_count_kv", "heads of keys and values"),
        ("context_length", "tokens of context"),
    ):
        value = facts.get(f"{architecture}.{fact}")
        if type(value) is int:
            said.append(f"{value:,} {what}")
    kinds = Counter(NAMES.get(kind, f"type {kind}") for _, shape, kind, _ in entries if len(shape) > 1)
    if kinds:
        said.append("matrices in " + ", ".join(name for name, _ in kinds.most_common(4)))
    return ["; ".join(said)] if said else []
