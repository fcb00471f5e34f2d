# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""GGUF: every block type is the numbers that its own library makes of it; names are blocks; lies are refused."""

import os
import struct
import time

import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.formats.gguf import read
from neuroscene.addon.formats.gguf.quantised import BLOCKS
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA
from unit.mutated import mutations

GGUF = DATA / "gguf"
JUDGED = dict(np.load(GGUF / "quantised.npz"))
KINDS = [key.removesuffix("/blocks") for key in JUDGED if key.endswith("/blocks")]


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_of_blocks(kind):
    """Random blocks, number for number as the package gguf has them."""
    number, name = kind.split("/")
    block = BLOCKS[int(number)]
    packed = JUDGED[f"{kind}/blocks"]
    assert block.name == name and packed.shape[1] == block.bytes
    made = block.read(packed)
    assert made.dtype == np.float32 and made.shape == (len(packed), block.numbers)
    np.testing.assert_array_equal(made, JUDGED[f"{kind}/numbers"])


def test_types_without_a_judge():
    """Eight bits with a scale of 32, and one bit, by their definitions."""
    chance = np.random.default_rng(0)
    whole = chance.integers(-128, 128, 256).astype(np.int8)
    packed = np.concatenate([np.array([0.5], "<f4").view(np.uint8), whole.view(np.uint8), np.zeros(32, np.uint8)])
    np.testing.assert_array_equal(BLOCKS[15].read(packed[None])[0], whole * np.float32(0.5))
    packed = np.concatenate([np.array([0.5, 9], "<f4").view(np.uint8), whole[:32].view(np.uint8)])
    np.testing.assert_array_equal(BLOCKS[9].read(packed[None])[0], whole[:32] * np.float32(0.5))
    bits = chance.integers(0, 2, 128).astype(np.uint8)
    packed = np.concatenate([np.array([0.25], "<f2").view(np.uint8), np.packbits(bits, bitorder="little")])
    np.testing.assert_array_equal(BLOCKS[41].read(packed[None])[0], np.where(bits, 0.25, -0.25))


def test_a_llama():
    """Names, shapes and numbers are the file's, blocks and heads as its header has them."""
    checkpoint = open_checkpoint(GGUF / "llama.gguf")
    assert (checkpoint.format, checkpoint.producer, checkpoint.structure) == ("gguf", "GGUF 3", "inferred")
    values = {key.removeprefix("llama/"): value for key, value in np.load(GGUF / "values.npz").items()}
    values.pop("rope_freqs.weight")  # no weight
    held = {
        tensor.name: checkpoint.array(tensor) for tensor in checkpoint.model.graph.initializer if tensor.data_location
    }
    assert held.keys() == values.keys()
    for name, value in values.items():
        np.testing.assert_array_equal(held[name].astype(np.float32), value.astype(held[name].dtype).astype(np.float32))
    network = summarise(checkpoint)
    assert network.parameters == sum(value.size for value in values.values())
    assert "architecture llama; 2 blocks; 4 heads; 2 heads of keys and values; 512 tokens" in checkpoint.notes[0]
    assert {block.path for block in network.blocks} >= {"blk.0", "blk.1"}
    shapes = {"blk.0/attn_norm": [], "blk.0": ["blk.0/attn_norm"], "output_norm": ["/blk.1/Add_1"]}
    for name, inputs in shapes.items():
        assert not inputs or network.layer(name).inputs == inputs
    assert network.layer("/blk.0/Mul_2").inputs == ["/blk.0/ffn_gate/MatMul", "/blk.0/ffn_up/MatMul"]
    assert network.layer("/blk.0/Add_1").inputs == ["/blk.0/Add", "/blk.0/ffn_down/MatMul"]
    assert network.layer("blk.0").op == "Attention" and network.layer("blk.0").grid.units == 4


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("llama", "Llama"),
        ("qwen3", "Llama"),
        ("gemma3", "Gemma"),
        ("phi3", "Phi-3"),
        ("gpt2", "GPT-2"),
        ("bert", "BERT"),
    ],
)
def test_families(name, family):
    """Known by their names, with nothing left open and a residual sum behind each branch."""
    checkpoint = open_checkpoint(GGUF / f"{name}.gguf")
    assert any(f"which are those of {family};" in note for note in checkpoint.notes)
    network = summarise(checkpoint)
    assert not any(layer.open for layer in network.layers)
    sums = [layer for layer in network.layers if "Add" in layer.op and len(layer.inputs) == 2]
    assert len(sums) >= 4
    assert sum(layer.op == "Attention" for layer in network.layers) == 2


# Files that lie


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def header(tensors=1, facts=0, version=3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, tensors, facts)


def tensor(name="w.weight", shape=(4, 4), kind=0, offset=0) -> bytes:
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


def padded(data: bytes, more: int = 64) -> bytes:
    return data + bytes(-len(data) % 32) + bytes(more)


SOUND = padded(header() + tensor())


def test_a_sound_one_opens(tmp_path):
    (tmp_path / "m.gguf").write_bytes(SOUND)
    assert [(one.name, one.shape) for one in read(tmp_path / "m.gguf").tensors] == [("w.weight", (4, 4))]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (header(1 << 62), "it names 4,611,686,018,427,387,904 tensors"),
        (header(1, 1 << 62), "and 4,611,686,018,427,387,904 facts"),
        (header(version=1) + bytes(99), "of version 1; 2 and 3 are read"),
        (b"FUGG" + bytes(99), "with the other byte order"),
        (b"GGUF\x03\0", "damaged or cut short"),
        (padded(header() + tensor(shape=(1 << 40, 1 << 40))), "has an absurd shape"),
        (padded(header() + tensor(shape=(1 << 30, 4))), "the file is cut short"),
        (padded(header() + tensor(offset=1 << 62)), "the file is cut short"),
        (padded(header() + tensor(shape=(1,) * 9)), "has 9 axes"),
        (padded(header() + tensor(kind=2)), "are no whole blocks of 32"),
        (padded(header(2) + tensor() + tensor()), "is there twice"),
        (padded(header() + tensor(kind=77)), "holds no tensor"),
        (header() + struct.pack("<Q", 1 << 62) + bytes(99), "a text of 4,611,686,018,427,387,904 bytes"),
        (header(0, 1) + text("k") + struct.pack("<IIQ", 9, 8, 1 << 60) + bytes(99), "a list of"),
        (header(0, 1) + text("k") + struct.pack("<IIQ", 9, 4, 1 << 60) + bytes(99), "a list of"),
        (header(0, 1) + text("k") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 9 + bytes(99), "unknown type 9"),
        (header(0, 1) + text("k") + struct.pack("<I", 99) + bytes(99), "unknown type 99"),
        (
            header(1, 1) + text("general.alignment") + struct.pack("<II", 4, 0) + tensor() + bytes(99),
            "an alignment that cannot be",
        ),
    ],
)
def test_damaged(data, said, tmp_path):
    (tmp_path / "m.gguf").write_bytes(data)
    with pytest.raises(CheckpointError) as error:
        open_checkpoint(tmp_path / "m.gguf")
    assert said in str(error.value) and "\n" not in str(error.value)


@pytest.mark.slow
def test_mutations(tmp_path):
    assert mutations("gguf", tmp_path) > 20


def test_opening_reads_no_numbers(tmp_path):
    """A Llama of 32 blocks in a sparse file of 4 GB opens by its header."""
    shapes = {"attn_q": (4096, 4096), "attn_k": (1024, 4096), "attn_v": (1024, 4096), "attn_output": (4096, 4096)}
    shapes |= {"ffn_gate": (14336, 4096), "ffn_up": (14336, 4096), "ffn_down": (4096, 14336)}
    parts, at = [], 0
    named = {"token_embd.weight": (32000, 4096), "output.weight": (32000, 4096), "output_norm.weight": (4096,)}
    for block in range(32):
        named |= {f"blk.{block}.{name}.weight": shape for name, shape in shapes.items()}
        named |= {f"blk.{block}.{name}.weight": (4096,) for name in ("attn_norm", "ffn_norm")}
    for name, shape in named.items():
        kind = 12 if len(shape) == 2 else 0
        parts.append(tensor(name, shape[::-1], kind, at))
        at += int(np.prod(shape)) // 256 * 144 if kind else 4 * shape[0]
        at += -at % 32
    whole = header(len(named)) + b"".join(parts)
    path = tmp_path / "m.gguf"
    path.write_bytes(whole)
    os.truncate(path, len(whole) + 31 + at)
    assert path.stat().st_size > 3.9e9
    began = time.monotonic()
    network = summarise(open_checkpoint(path))
    assert time.monotonic() - began < 10
    assert network.parameters == sum(int(np.prod(shape)) for shape in named.values())
