# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""safetensors: what the library wrote is read bit for bit, shards too; to open a file nothing but headers is read."""

import json
import random
import shutil
import struct
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.formats import safetensors_file
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from neuroscene.addon.structure.inferred import infer
from unit.make import DATA, llama_shards

CROSS = DATA / "crossformat"
DIGITS = CROSS / "mnist_cnn.safetensors"

# Names of the thirteen reference arrays in Keras's order of axes -> in torch's.
NAMES = {
    "conv1.kernel": "conv1.weight",
    "conv1.bias": "conv1.bias",
    "conv2.kernel": "conv2.weight",
    "bn2.gamma": "bn2.weight",
    "bn2.beta": "bn2.bias",
    "bn2.moving_mean": "bn2.running_mean",
    "bn2.moving_variance": "bn2.running_var",
    "conv3.kernel": "conv3.weight",
    "conv3.bias": "conv3.bias",
    "fc1.kernel": "fc1.weight",
    "fc1.bias": "fc1.bias",
    "scores.kernel": "scores.weight",
    "scores.bias": "scores.bias",
}


def raw(header: dict | bytes, numbers: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + numbers


def entry(shape, begin, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def written(folder, data: bytes, name="model.safetensors"):
    path = folder / name
    path.write_bytes(data)
    return path


def arrays(path) -> dict[str, np.ndarray]:
    """Every weight as the checkpoint gives it."""
    checkpoint = infer(safetensors_file.read(path))
    return {one.name: checkpoint.array(one) for one in checkpoint.model.graph.initializer if one.external_data}


def references() -> dict[str, np.ndarray]:
    """The reference arrays as torch has them; fc1 reads channels, then rows and columns."""
    found = {}
    for name, value in np.load(CROSS / "mnist_cnn_weights.npz").items():
        name = name.replace("/", ".")
        if name == "fc1.kernel":
            value = value.reshape(7, 7, 16, 32).transpose(2, 0, 1, 3).reshape(784, 32)
        found[NAMES[name]] = value.transpose(3, 2, 0, 1) if value.ndim == 4 else value.T
    return found


@pytest.mark.parametrize(
    "file, dtype", [("mnist_cnn", np.float32), ("mnist_cnn_fp16", np.float16), ("mnist_cnn_bf16", ml_dtypes.bfloat16)]
)
def test_weights_are_those_of_the_reference_bit_for_bit(file, dtype):
    found, expected = arrays(CROSS / f"{file}.safetensors"), references()
    assert found.keys() == expected.keys() and len(found) == 13
    for name, value in expected.items():
        assert found[name].dtype == dtype
        assert found[name].tobytes() == value.astype(dtype).tobytes()


def test_dense_weights_are_joined_to_the_cells_that_they_read():
    """fc1 reads 7 x 7 cells of each of 16 channels: an edge's weight is that of its channel, row and column."""
    network = summarise(infer(safetensors_file.read(DIGITS)))
    into = next(one for one in network.connections if one.target.name == "/fc1/Gemm")
    assert into.source.shape == (16, 7, 7)
    edges, weight = into.join.into(np.arange(32)), references()["fc1.weight"]
    assert len(edges) == 784 * 32
    assert (edges.weight == weight[edges.target, edges.source]).all()


TYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "BF16": ml_dtypes.bfloat16,
    "F8_E4M3": ml_dtypes.float8_e4m3fn,
    "F8_E5M2": ml_dtypes.float8_e5m2,
    "I64": np.int64,
    "I32": np.int32,
    "I16": np.int16,
    "I8": np.int8,
    "U64": np.uint64,
    "U32": np.uint32,
    "U16": np.uint16,
    "U8": np.uint8,
    "BOOL": np.bool_,
}


@pytest.mark.parametrize("dtype", TYPES)
def test_types(tmp_path, dtype):
    value = (np.arange(6) % 2).astype(TYPES[dtype]).reshape(2, 3)
    path = written(tmp_path, raw({"a.weight": entry([2, 3], 0, value.nbytes, dtype)}, value.tobytes()))
    (tensor,) = safetensors_file.read(path).tensors
    assert tensor.shape == (2, 3)
    from neuroscene.addon.formats.checkpoint import Checkpoint

    found = Checkpoint(path, "safetensors", None).array(tensor.proto())
    assert found.dtype == value.dtype and (found == value).all()


def test_types_that_onnx_has_not_are_left_out_and_said(tmp_path):
    path = written(tmp_path, raw({"a.weight": entry([4], 0, 16), "b.weight": entry([4], 16, 19, "F6_E2M3")}, bytes(19)))
    weights = safetensors_file.read(path)
    assert [one.name for one in weights.tensors] == ["a.weight"]
    assert any("F6_E2M3" in note for note in weights.notes)


def test_four_bit_numbers_are_packed(tmp_path):
    path = written(tmp_path, raw({"a.weight": entry([2, 4], 0, 4, "F4")}, bytes([0x21, 0x43, 0x65, 0x07])))
    found = arrays(path)["a.weight"]
    assert found.astype(np.float32).tolist() == [[0.5, 1, 1.5, 2], [3, 4, 6, 0]]


def test_names_are_in_natural_order_if_their_order_says_nothing(tmp_path):
    one = np.ones((2, 2), np.float32)
    save_file({f"layers.{number}.weight": one for number in range(12)}, tmp_path / "a.safetensors")
    assert [tensor.name for tensor in safetensors_file.read(tmp_path / "a.safetensors").tensors] == [
        f"layers.{number}.weight" for number in range(12)
    ]


def test_an_order_of_the_writers_own_stays(tmp_path):
    names = ["stem.weight", "body.weight", "head.weight"]
    header = {name: entry([1], 4 * place, 4 * place + 4) for place, name in enumerate(names)}
    path = written(tmp_path, raw(header, bytes(12)))
    assert [tensor.name for tensor in safetensors_file.read(path).tensors] == names


@pytest.mark.parametrize("said, layout", [("pt", "torch"), ("tf", "keras"), ("flax", "keras"), (None, "torch")])
def test_layout(tmp_path, said, layout):
    metadata = {"format": said} if said else {"by": "somebody"}
    save_file({"a.weight": np.ones((2, 2), np.float32)}, tmp_path / "a.safetensors", metadata)
    assert safetensors_file.read(tmp_path / "a.safetensors").layout == layout


def shards(folder, count=3):
    """A chain of dense layers, one a shard."""
    places = {}
    for number in range(count):
        file = f"model-{number + 1:05}-of-{count:05}.safetensors"
        save_file({f"layers.{number}.weight": np.full((4, 4), number, np.float32)}, folder / file)
        places[f"layers.{number}.weight"] = file
    return index(folder, places)


def index(folder, places, name="model.safetensors.index.json"):
    path = folder / name
    path.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": places}))
    return path


def test_shards(tmp_path):
    found = arrays(shards(tmp_path))
    assert [value[0, 0] for value in found.values()] == [0, 1, 2]
    assert len(summarise(open_checkpoint(tmp_path / "model.safetensors.index.json")).layers) == 4


def test_one_shard_alone_says_so(tmp_path):
    shards(tmp_path)
    (note,) = safetensors_file.read(tmp_path / "model-00002-of-00003.safetensors").notes
    assert note == "one of 3 shards: open model.safetensors.index.json to see all"


def test_a_missing_shard_is_named(tmp_path):
    path = shards(tmp_path)
    (tmp_path / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(CheckpointError, match="'model-00002-of-00003.safetensors' is not there; put all shards"):
        safetensors_file.read(path)


def test_a_tensor_that_its_shard_lacks_is_named(tmp_path):
    shards(tmp_path)
    path = index(tmp_path, {"layers.9.weight": "model-00001-of-00003.safetensors"})
    with pytest.raises(CheckpointError, match="'layers.9.weight' should be in 'model-00001-of-00003.safetensors'"):
        safetensors_file.read(path)


def in_a_cache(folder, count=3):
    """The shards as a download cache keeps them: under their hash, with links to that in a folder of names."""
    names, blobs = folder / "snapshots" / "main", folder / "blobs"
    names.mkdir(parents=True)
    blobs.mkdir()
    shards(folder, count)
    for number, path in enumerate(sorted(folder.glob("*.safetensors*"))):
        path.rename(blobs / f"{number:064}")
        (names / path.name).symlink_to(f"../../blobs/{number:064}")
    return names / "model.safetensors.index.json"


def test_shards_that_are_links(tmp_path):
    path = in_a_cache(tmp_path)
    assert [value[0, 0] for value in arrays(path).values()] == [0, 1, 2]
    network = summarise(open_checkpoint(path))
    assert [layer.parameters for layer in network.layers] == [0, 16, 16, 16]
    edges = network.connections[1].join.into(np.arange(4))
    assert (edges.weight == 1).all() and len(edges) == 16


def test_a_shard_alone_that_is_a_link(tmp_path):
    path = in_a_cache(tmp_path).parent / "model-00003-of-00003.safetensors"
    (value,) = arrays(path).values()
    assert (value == 2).all()


def test_a_link_to_a_shard_that_is_gone(tmp_path):
    path = in_a_cache(tmp_path)
    (tmp_path / "blobs" / f"{1:064}").unlink()
    with pytest.raises(CheckpointError, match="'model-00002-of-00003.safetensors' is not there"):
        safetensors_file.read(path)


def test_links_do_not_take_the_index_out_of_its_folder(tmp_path):
    """The names are those of the user's folder: one that leads elsewhere is refused, whatever stands there."""
    path = in_a_cache(tmp_path)
    path.unlink()
    index(path.parent, {"layers.0.weight": f"../../blobs/{0:064}"})
    with pytest.raises(CheckpointError, match="refused for safety"):
        safetensors_file.read(path)


@pytest.mark.parametrize("place", ["../secret.safetensors", "/etc/passwd", "a/b.safetensors", "..", "", "a\0b", "a\\b"])
def test_a_shard_outside_the_folder_is_refused(tmp_path, place):
    with pytest.raises(CheckpointError, match="refused for safety|not there"):
        safetensors_file.read(index(tmp_path, {"a.weight": place}))


@pytest.mark.parametrize("text", ["{}", '{"weight_map": 3}', '{"weight_map": {"a": 1}}', '{"weight_map": {}}', "{"])
def test_a_json_file_that_is_no_index(tmp_path, text):
    path = tmp_path / "model.safetensors.index.json"
    path.write_text(text)
    with pytest.raises(CheckpointError):
        open_checkpoint(path)


def test_the_configuration_beside_it_is_read(tmp_path):
    shutil.copy(DIGITS, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text('{"model_type": "bert", "num_attention_heads": 12}')
    assert safetensors_file.read(tmp_path / "model.safetensors").config["num_attention_heads"] == 12


@pytest.mark.parametrize("text", ["{", "[]", "\xff"])
def test_a_broken_configuration_is_said_and_left(tmp_path, text):
    shutil.copy(DIGITS, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_bytes(text.encode("latin-1"))
    weights = safetensors_file.read(tmp_path / "model.safetensors")
    assert not weights.config and "config.json" in weights.notes[0]


BAD = {
    "a header of 2^62 bytes": (raw({}, length=1 << 62), "4,611,686,018,427,387,904 bytes"),
    "a header longer than the file": (raw({"a": entry([1], 0, 4)}, bytes(4), length=10_000), "10,000 bytes"),
    "a header that is a list": (raw(b"[1, 2, 3]"), "not a JSON object"),
    "a header that is not text": (raw(b'{"\xff\xff": 1}'), "cannot be read"),
    "half a surrogate pair": (raw(b'{"\\ud800": 1}'), "cannot be read"),
    "nesting": (raw(b"{" + b'"a":[' * 50_000), "cannot be read"),
    "a name twice": (
        raw(
            b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},'
            b'"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
            bytes(8),
        ),
        "stands in it twice",
    ),
    "a negative offset": (raw({"a": entry([1], -4, 0)}), "offsets that cannot be"),
    "an end before the beginning": (raw({"a": entry([1], 4, 0)}, bytes(4)), "offsets that cannot be"),
    "an offset that is no number": (raw({"a": entry([1], 0, 4.0)}, bytes(4)), "offsets that cannot be"),
    "an end behind the file": (raw({"a": entry([100], 0, 400)}, bytes(4)), "400 bytes of numbers and has 4"),
    "too few bytes": (raw({"a": entry([2], 0, 4)}, bytes(4)), "needs 8 bytes and has 4"),
    "a shape of 2^120": (raw({"a": entry([1 << 60, 1 << 60], 0, 4)}, bytes(4)), "shape that cannot be"),
    "an axis of 2^80": (raw({"a": entry([1 << 80], 0, 4)}, bytes(4)), "shape that cannot be"),
    "a negative size": (raw({"a": entry([-1], 0, 4)}, bytes(4)), "shape that cannot be"),
    "True for a size": (raw({"a": entry([True], 0, 4)}, bytes(4)), "shape that cannot be"),
    "99 axes": (raw({"a": entry([1] * 99, 0, 4)}, bytes(4)), "shape that cannot be"),
    "no shape": (raw({"a": {"dtype": "F32", "data_offsets": [0, 4]}}, bytes(4)), "shape that cannot be"),
    "an unknown type": (raw({"a": entry([1], 0, 4, "Q9")}, bytes(4)), "unknown type 'Q9'"),
    "a type that is a list": (raw({"a": entry([1], 0, 4, ["F32"])}, bytes(4)), "unknown type"),
    "no entry": (raw({"a": 3}, bytes(4)), "no entry of its own"),
    "an overlap": (raw({"a": entry([2], 0, 8), "b": entry([2], 4, 12)}, bytes(12)), "a tensor on another"),
    "a gap": (raw({"a": entry([1], 0, 4), "b": entry([1], 8, 12)}, bytes(12)), "a gap"),
    "numbers left over": (raw({"a": entry([1], 0, 4)}, bytes(8)), "4 bytes of numbers and has 8"),
    "metadata that are numbers": (raw({"__metadata__": {"a": 1}, "b": entry([1], 0, 4)}, bytes(4)), "not text"),
    "no tensor": (raw({"__metadata__": {"a": "b"}}), "holds no tensor"),
    "only integers": (raw({"a": entry([1], 0, 8, "I64")}, bytes(8)), "holds no weights"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_files(tmp_path, what):
    data, problem = BAD[what]
    with pytest.raises(CheckpointError) as caught:
        infer(safetensors_file.read(written(tmp_path, data)))
    assert problem in str(caught.value) and "\n" not in str(caught.value)


def test_cut_short_anywhere(tmp_path):
    data = DIGITS.read_bytes()
    for length in random.Random(0).sample(range(8, len(data)), 50):
        with pytest.raises(CheckpointError):
            safetensors_file.read(written(tmp_path, data[:length]))


@pytest.mark.slow
def test_mutations_open_or_are_refused_in_one_line(tmp_path):
    data, chance, opened = DIGITS.read_bytes(), random.Random(0), 0
    header = 8 + int.from_bytes(data[:8], "little")
    for _ in range(300):
        changed = bytearray(data)
        for _ in range(chance.choice((1, 1, 2, 8))):
            changed[chance.randrange(8, header)] = chance.choice(b'0123456789{}[]",:aF.')
        try:
            summarise(infer(safetensors_file.read(written(tmp_path, bytes(changed)))))
            opened += 1
        except CheckpointError as error:
            assert "\n" not in str(error)
    assert 10 < opened < 290


@pytest.mark.slow
def test_a_hundred_thousand_tensors(tmp_path):
    header = {f"{number}.weight": entry([1, 1], 4 * number, 4 * number + 4) for number in range(100_000)}
    path = written(tmp_path, raw(header, bytes(400_000)))
    assert len(safetensors_file.read(path).tensors) == 100_000


MEASURE = """
import sys
sys.path[:0] = [sys.argv[1]]
import conftest
from bench import memory
from neuroscene.addon.formats import safetensors_file
from neuroscene.addon.structure.inferred import infer
from neuroscene.addon.network import summarise
from pathlib import Path
before = memory.peak()
network = summarise(infer(safetensors_file.read(Path(sys.argv[2]))))
print(network.parameters, memory.peak() - before)
"""


@pytest.mark.slow
def test_a_model_of_14_gigabytes_opens_by_its_headers(tmp_path):
    """Sparse files, so that the test writes next to nothing. Memory is that of a process of its own."""
    path, total = llama_shards(tmp_path)
    assert total > 10 << 30
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, DATA.parent, path], capture_output=True, text=True, check=True
    )
    parameters, grown = map(int, done.stdout.split())
    assert parameters == total // 2
    assert grown < 300e6
