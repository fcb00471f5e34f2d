# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged and malicious files of TensorFlow: one plain line, in little time and memory."""

import shutil
import struct

import pytest

from neuroscene.addon.containers import CheckpointError, flatbuffers
from neuroscene.addon.containers.crc32c import MASK_DELTA, crc32c
from neuroscene.addon.containers.sorted_table import MAGIC
from neuroscene.addon.structure import open_checkpoint
from unit.digits import CROSS
from unit.mutated import mutations


def refused(path) -> str:
    with pytest.raises(CheckpointError) as error:
        open_checkpoint(path)
    assert "\n" not in str(error.value) and len(str(error.value)) < 600
    return str(error.value)


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


# Checkpoints


def block(entries: dict[bytes, bytes]) -> bytes:
    made = b"".join(
        varint(0) + varint(len(key)) + varint(len(value)) + key + value for key, value in sorted(entries.items())
    )
    return made + struct.pack("<II", 0, 1)


def sealed(content: bytes, kind: int = 0, wrong: bool = False) -> bytes:
    """A block with its kind and its masked checksum."""
    crc = crc32c(content + bytes([kind])) ^ wrong
    masked = ((crc >> 15 | crc << 17) + MASK_DELTA) & 0xFFFFFFFF
    return content + bytes([kind]) + struct.pack("<I", masked)


def table(entries: dict[bytes, bytes], kind: int = 0, content: bytes | None = None, wrong: bool = False) -> bytes:
    """A table of one block, as it is or with other bytes in its place."""
    content = block(entries) if content is None else content
    made = sealed(content, kind, wrong)
    index_at = len(made)
    index = block({b"\xff": varint(0) + varint(len(content))})
    made += sealed(index)
    footer = varint(0) + varint(0) + varint(index_at) + varint(len(index))
    return made + footer.ljust(40, b"\0") + struct.pack("<Q", MAGIC)


def entry(shape=(2,), offset=0, size=8, shard=0, dtype=1) -> bytes:
    sizes = b"".join(field(2, field(1, part)) for part in shape)
    return field(1, dtype) + field(2, sizes) + field(3, shard) + field(4, offset) + field(5, size)


def checkpoint(folder, entries, data=bytes(64), shards=1, **more):
    header = field(1, shards)
    (folder / "m.index").write_bytes(table({b"": header, **entries}, **more))
    if data is not None:
        (folder / f"m.data-00000-of-{shards:05}").write_bytes(data)
    return folder / "m.index"


def test_a_sound_one_opens(tmp_path):
    path = checkpoint(tmp_path, {b"dense/kernel": entry((2, 2), 0, 16), b"dense/bias": entry((2,), 16, 8)})
    assert {tensor.name for tensor in open_checkpoint(path).model.graph.initializer} >= {"dense/kernel", "dense/bias"}


def test_a_packed_index_opens(tmp_path):
    """The block packed by Snappy, as one literal."""
    content = block({b"": field(1, 1), b"dense/kernel": entry((2, 2), 0, 16), b"dense/bias": entry((2,), 16, 8)})
    packed = varint(len(content)) + bytes([61 << 2]) + struct.pack("<H", len(content) - 1) + content
    path = checkpoint(tmp_path, {}, kind=1, content=packed)
    assert any(tensor.name == "dense/kernel" for tensor in open_checkpoint(path).model.graph.initializer)


ONE = {b"a/kernel": entry()}


@pytest.mark.parametrize(
    ("entries", "more", "said"),
    [
        (ONE, {"wrong": True}, "the checksum of the block at byte 0 is wrong"),
        (ONE, {"kind": 7}, "packed in the unknown way 7"),
        (ONE, {"kind": 1, "content": b"\xff\xff\xff\xff\x7f"}, "a packed block of"),
        (ONE, {"kind": 1, "content": b"\x08\x01"}, "a packed block"),
        ({b"a/kernel": entry(size=9)}, {}, "needs 8 bytes and has 9"),
        ({b"a/kernel": entry(offset=60)}, {}, "lies behind the end of"),
        ({b"a/kernel": entry((1 << 59, 1 << 59), 0, 8)}, {}, "has an absurd shape"),
        ({b"a/kernel": entry(), b"b/kernel": entry(offset=4)}, {}, "lie on one another"),
        ({b"a/kernel": entry(shard=5)}, {}, "a shard 5 of 1"),
        (ONE, {"data": None}, "the shard 'm.data-00000-of-00001' is not there; put all shards beside"),
        ({b"a/kernel": entry(shard=1)}, {"shards": 3}, "the shard 'm.data-00001-of-00003' is not there"),
        ({b"a/kernel": entry() + field(7, b"")}, {}, "a part of 'a/kernel' is not there"),
        ({b"a/kernel": b"\x08"}, {}, "damaged"),
        ({b"global_step": entry((), 0, 8, dtype=9)}, {}, "holds no weights"),
    ],
)
def test_damaged_checkpoints(entries, more, said, tmp_path):
    assert said in refused(checkpoint(tmp_path, entries, **more))


def test_a_checksum_of_numbers(tmp_path):
    """A byte of the numbers is another: found, as long as they are few enough to look at."""
    for ending in ("index", "data-00000-of-00001"):
        shutil.copy(CROSS / f"tf2_ckpt/mnist_cnn.{ending}", tmp_path / f"m.{ending}")
    data = bytearray((tmp_path / "m.data-00000-of-00001").read_bytes())
    data[150_000] ^= 1
    (tmp_path / "m.data-00000-of-00001").write_bytes(data)
    assert "the checksum of '" in refused(tmp_path / "m.index")


def test_parts_of_a_checkpoint_alone(tmp_path):
    shutil.copy(CROSS / "tf2_ckpt/mnist_cnn.index", tmp_path / "m.index")
    assert "the shard 'm.data-00000-of-00001' is not there" in refused(tmp_path / "m.index")
    (tmp_path / "n.meta").write_bytes((CROSS / "tf1_ckpt_tf221/mnist_cnn.ckpt-630.meta").read_bytes())
    assert "MetaGraphDef" in refused(tmp_path / "n.meta")
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "../../etc/passwd"\n')
    assert "whose last, passwd, is not there" in refused(tmp_path / "checkpoint")


# Graphs


def node(name: str, op: str, *inputs: str, **attributes: bytes) -> bytes:
    made = field(1, name.encode()) + field(2, op.encode()) + b"".join(field(3, text.encode()) for text in inputs)
    return made + b"".join(field(5, field(1, key.encode()) + field(2, value)) for key, value in attributes.items())


FLOAT = field(6, 1)
WEIGHT = field(8, field(1, 1) + field(2, field(2, field(1, 2)) * 2) + field(4, bytes(16)))
INPUT = node("x", "Placeholder", dtype=FLOAT, shape=field(7, field(2, field(1, 2)) * 2))


def graph(*nodes: bytes, library: bytes = b"") -> bytes:
    return b"".join(field(1, one) for one in nodes) + (field(2, library) if library else b"")


def function(name: str, *nodes: bytes) -> bytes:
    signature = field(1, name.encode()) + field(2, field(1, b"a")) + field(3, field(1, b"r"))
    return field(
        1,
        field(1, signature)
        + b"".join(field(3, one) for one in nodes)
        + field(4, field(1, b"r") + field(2, b"z:output:0")),
    )


def called(name: str) -> bytes:
    return field(10, field(1, name.encode()))


SOUND = (INPUT, node("w", "Const", dtype=FLOAT, value=WEIGHT), node("y", "MatMul", "x", "w"))


def test_a_sound_graph_opens(tmp_path):
    (tmp_path / "m.pb").write_bytes(graph(*SOUND))
    assert [one.op_type for one in open_checkpoint(tmp_path / "m.pb").model.graph.node][:1] == ["MatMul"]


HUGE = field(8, field(1, 1) + field(2, field(2, field(1, 1 << 40))) + field(5, struct.pack("<f", 1)))
SHORT = field(8, field(1, 1) + field(2, field(2, field(1, 2)) * 2) + field(4, bytes(15)))
FIRST = function("f0", node("z", "Relu", "a"))
TWICE = [
    function(f"f{level}", node("y", f"f{level - 1}", "a"), node("z", f"f{level - 1}", "y:r:0"))
    for level in range(1, 40)
]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (graph(INPUT, node("w", "Const", dtype=FLOAT, value=HUGE), node("y", "Mul", "x", "w")), "equal numbers"),
        (graph(INPUT, node("w", "Const", dtype=FLOAT, value=SHORT), node("y", "MatMul", "x", "w")), "needs 16 bytes"),
        (graph(INPUT, node("a", "AddV2", "x", "b"), node("b", "Relu", "a"), node("y", "Relu", "b")), "has a loop"),
        (graph(*SOUND, node("c", "f", "y"), library=function("f", node("z", "f", "a"))), "call themselves"),
        (graph(INPUT, node("c", "f39", "x"), library=FIRST + b"".join(TWICE)), "more than 131,072 nodes"),
        (graph(*SOUND)[:-9], "TensorFlow"),
    ],
)  # fmt: skip
def test_damaged_graphs(made, said, tmp_path):
    (tmp_path / "m.pb").write_bytes(made)
    assert said in refused(tmp_path / "m.pb")


@pytest.mark.parametrize(
    "text",
    [
        "node { name: " * 5000,
        'node { name: "x" op: "Placeholder" attr { key: "k" value ' + "{ list " * 2000,
        'node { name: "x" op: "Relu"',
        'node { name: "x" op: @ }',
    ],
)
def test_damaged_texts(text, tmp_path):
    (tmp_path / "m.pbtxt").write_text(text.replace("node {", 'node {  op: "a" ', 1))
    refused(tmp_path / "m.pbtxt")


# TensorFlow Lite


def test_tables_lead_nowhere():
    """Offsets out of the file, tables that are their own, lists longer than the file."""
    for data in (b"", b"\xff\xff\xff\x7f", struct.pack("<IiI", 4, 0, 0), struct.pack("<Ii", 4, 1 << 30)):
        with pytest.raises(flatbuffers.FlatBufferError):
            flatbuffers.root(memoryview(data))
    # a table at byte 12, whose vtable at byte 4 has one field, 4 bytes behind: a list at byte 20
    head = struct.pack("<IHHHHiI", 12, 6, 8, 4, 0, 8, 4)
    root = flatbuffers.root(memoryview(head + struct.pack("<I", 1 << 30)))
    with pytest.raises(flatbuffers.FlatBufferError, match="entries, more than the file"):
        root.span(0, 1)
    with pytest.raises(flatbuffers.FlatBufferError, match="leads out of the file"):
        list(flatbuffers.root(memoryview(head + struct.pack("<II", 1, 1 << 20))).tables(0))


@pytest.mark.parametrize("length", [9, 100, 5000, 20_000, 36_000])
def test_cut_short(length, tmp_path):
    whole = (CROSS / "mnist_cnn_int8.tflite").read_bytes()
    (tmp_path / "m.tflite").write_bytes(whole[:length])
    assert "TensorFlow Lite" in refused(tmp_path / "m.tflite")


def test_a_scale_for_each_place(tmp_path):
    """A list of scales that is not as long as the axis."""
    whole = bytearray((CROSS / "mnist_cnn_int8.tflite").read_bytes())
    import numpy as np

    data = memoryview(bytes(whole))
    graph = next(flatbuffers.root(data).tables(2))
    scaled = next(t for t in graph.tables(0) if t.table(4) and len(t.table(4).numbers(2, "<f4")) == 16)
    begin, count = scaled.table(4).span(2, 4)
    assert count == 16
    whole[begin - 4 : begin] = np.uint32(15).tobytes()
    (tmp_path / "m.tflite").write_bytes(whole)
    assert "has 15 scales for 16 places" in refused(tmp_path / "m.tflite")


@pytest.mark.slow
@pytest.mark.parametrize(
    "format", ["tflite", "frozen-graph", "graph-text", "tf1-checkpoint", "tf2-checkpoint", "saved-model"]
)
def test_mutations(format, tmp_path):
    assert mutations(format, tmp_path) > 20
