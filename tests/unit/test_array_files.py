# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights as arrays: NumPy's archives and Flax's MessagePack."""

import io
import pickle
import shutil
import struct
import zipfile

import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.formats.flax_file import read as read_flax
from neuroscene.addon.formats.numpy_file import read
from neuroscene.addon.structure import open_checkpoint
from unit.digits import CROSS, SCORES, arrays, scores
from unit.make import DATA
from unit.mutated import mutations

FLAX = DATA / "flax"


def refused(path) -> str:
    with pytest.raises(CheckpointError) as error:
        open_checkpoint(path)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_an_archive_alone(tmp_path):
    """Names tell Keras's order of axes; numbers are the file's, in place."""
    shutil.copy(CROSS / "epochs" / "epoch_03.npz", tmp_path / "w.npz")
    checkpoint = open_checkpoint(tmp_path / "w.npz")
    assert (checkpoint.format, checkpoint.structure) == ("npz", "inferred")
    held = arrays(checkpoint)
    expected = np.load(CROSS / "epochs" / "epoch_03.npz")
    assert {name: value.tobytes() for name, value in held.items()} == {
        name.replace(".", "/"): expected[name].tobytes() for name in expected
    }
    assert all(stored.read is None for stored in read(tmp_path / "w.npz").tensors)


def test_an_archive_with_its_architecture():
    checkpoint = open_checkpoint(CROSS / "mnist_cnn_weights.npz", CROSS / "mnist_cnn_architecture.json")
    np.testing.assert_allclose(scores(checkpoint), SCORES, atol=1e-5)


def test_every_kind_of_array(tmp_path):
    """Packed, turned, of the other byte order, empty, without axes; what is no number is left out and never run."""
    held = {
        "a.weight": np.arange(12, dtype=np.float32).reshape(3, 4),
        "b.weight": np.asfortranarray(np.arange(12, dtype=np.float64).reshape(4, 3)),
        "c.weight": np.arange(6, dtype=">f4").reshape(2, 3),
        "d.weight": np.arange(6, dtype=np.float16).reshape(3, 2),
        "e.bias": np.zeros(0, np.float32),
        "f.scale": np.float32(3),
        "g.text": np.array(["word"]),
        "h.object": np.array([print], object),
    }
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "w.npz", **held)
        found = {stored.name: stored for stored in read(tmp_path / "w.npz").tensors}
        assert sorted(found) == sorted(held)[:6]
        for name, stored in found.items():
            value = (
                stored.read()
                if stored.read
                else np.fromfile(tmp_path / "w.npz", held[name].dtype, held[name].size, offset=stored.offset).reshape(
                    held[name].shape
                )
            )
            np.testing.assert_array_equal(value, held[name])
            assert value.dtype == held[name].dtype.newbyteorder("=")
        assert "arrays left out: 'g.text' is of the type <U4" in read(tmp_path / "w.npz").notes[0]


def test_one_array(tmp_path):
    np.save(tmp_path / "kernel.npy", np.ones((3, 4), np.float32))
    (stored,) = read(tmp_path / "kernel.npy").tensors
    assert (stored.name, stored.shape) == ("kernel", (3, 4))
    assert open_checkpoint(tmp_path / "kernel.npy").format == "npz"
    np.save(tmp_path / "labels.npy", np.arange(9))
    assert "arrays of NumPy that are no weights" in refused(tmp_path / "labels.npy")


def test_arrays_beside_a_model_are_not_meant(tmp_path):
    shutil.copy(DATA / "mnist_cnn_tf2onnx.onnx", tmp_path / "m.onnx")
    np.savez(tmp_path / "inputs.npz", x=np.ones((3, 4), np.float32))
    assert open_checkpoint(tmp_path).path.name == "m.onnx"


def member(header: bytes, data: bytes = bytes(64)) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        # A name has the date of 1980, so that the bytes are the same in every process.
        written = zipfile.ZipInfo("w.npy")
        archive.writestr(written, b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + data)
    return made.getvalue()


def said(shape, descr="'<f4'", order="False") -> bytes:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (member(said("(4, 4, 4)")), "needs 256 bytes and has 64"),
        (member(said("(1 << 70,)")), "is damaged"),
        (member(said("(-1,)")), "its shape cannot be"),
        (member(said("(9999999999999, 9999999999999)")), "its shape cannot be"),
        (member(said("(2,)", "__import__('os')")), "is damaged"),
        (member(b"(" * 60_000), "is damaged"),
        (member(b"x" * 3)[:60], "zip archive"),
        (member(said("(2,)", "'|O'"), pickle.dumps([print])), "are no weights"),
        (b"\x93NUMPY\x09\0" + bytes(80), "is damaged"),
    ],
    ids=["short", "formula", "negative", "huge", "call", "brackets", "cut", "pickle", "version"],
)
def test_damaged_archives(data, problem, tmp_path):
    (tmp_path / "w.npz").write_bytes(data)
    assert problem in refused(tmp_path / "w.npz")


# Flax


def test_flax():
    """Collections become one tree; the optimizer is left out; numbers are Flax's."""
    weights = read_flax(FLAX / "small.msgpack")
    values = dict(np.load(FLAX / "values.npz"))
    names = {
        name.partition("/")[2]
        .replace("BatchNorm_0/mean", "BatchNorm_0/moving_mean")
        .replace("BatchNorm_0/var", "BatchNorm_0/moving_variance"): value
        for name, value in values.items()
    }
    assert {stored.name for stored in weights.tensors} == set(names)
    checkpoint = open_checkpoint(FLAX / "small.msgpack")
    assert (checkpoint.format, checkpoint.structure) == ("flax-msgpack", "inferred")
    for name, value in arrays(checkpoint).items():
        assert value.tobytes() == names[name].tobytes(), name
    assert "the state of the optimizer is left out" in checkpoint.notes


def pack(value) -> bytes:
    """MessagePack, as far as Flax uses it."""
    if isinstance(value, dict):
        return b"\xdf" + struct.pack(">I", len(value)) + b"".join(pack(part) for pair in value.items() for part in pair)
    if isinstance(value, (list, tuple)):
        return b"\xdd" + struct.pack(">I", len(value)) + b"".join(map(pack, value))
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, str):
        return bytes([0xD9, len(value)]) + value.encode()
    if isinstance(value, bytes):
        return b"\xc6" + struct.pack(">I", len(value)) + value
    if isinstance(value, np.ndarray):
        inner = pack([list(value.shape), value.dtype.name, value.tobytes()])
        return b"\xc9" + struct.pack(">I", len(inner)) + b"\x01" + inner
    return b"\xd3" + struct.pack(">q", value)


def test_flax_in_chunks(tmp_path):
    """Large arrays are kept in parts."""
    whole = np.arange(30, dtype=np.float32).reshape(5, 6)
    parts = {"0": whole.reshape(-1)[:13], "1": whole.reshape(-1)[13:]}
    chunked = {"__msgpack_chunked_array__": True, "shape": {"0": 5, "1": 6}, "chunks": parts}
    (tmp_path / "m.msgpack").write_bytes(pack({"params": {"Dense_0": {"kernel": chunked}}}))
    (stored,) = read_flax(tmp_path / "m.msgpack").tensors
    np.testing.assert_array_equal(stored.read(), whole)


ONES = np.ones((2, 2), np.float32)


def wrong_array(shape, dtype="float32", data=bytes(16)) -> bytes:
    inner = pack([shape, dtype, data])
    whole = pack({"params": {"kernel": 0}})[:-9]
    return whole + b"\xc9" + struct.pack(">I", len(inner)) + b"\x01" + inner


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (pack({"params": {"kernel": ONES}})[:-3], "it ends too early"),
        (wrong_array([2, 3]), "needs 24 bytes and has 16"),
        (wrong_array([1 << 60, 1 << 60]), "has a shape that cannot be"),
        (wrong_array([-2]), "has a shape that cannot be"),
        (wrong_array(7), "has a shape that cannot be"),
        (wrong_array([2, 2], "object"), "holds no weights"),
        (b"\x81\xa6params" + b"\x81\xa1a" * 100 + b"\xc0", "too deep"),
        (b"\x81\xa6params\xdf\xff\xff\xff\xff", "a map of 4,294,967,295 entries"),
        (b"\x81\xa6params\xdd\xff\xff\xff\xff", "a list of 4,294,967,295 entries"),
        (pack({"params": {"step": 3}}), "holds no weights"),
    ],
)
def test_damaged_flax(data, problem, tmp_path):
    (tmp_path / "m.msgpack").write_bytes(data.replace(b"\xdf\0\0\0\1\xdb\0\0\0\6params", b"\x81\xa6params", 1))
    assert problem in refused(tmp_path / "m.msgpack")


@pytest.mark.slow
@pytest.mark.parametrize("format", ["npz", "flax-msgpack"])
def test_mutations(format, tmp_path):
    assert mutations(format, tmp_path) > 20
