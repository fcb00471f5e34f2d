# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""HDF5 files are read as h5py writes them, and what is damaged or leads elsewhere is refused in one plain line."""

import random
import struct
import sys
import zipfile

import h5py
import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.containers.hdf5 import by_h5py, reader
from neuroscene.addon.containers.zip_archive import archive
from neuroscene.addon.formats import keras
from neuroscene.addon.formats.checkpoint import Checkpoint
from unit.keras_models import CROSSFORMAT, KERAS
from unit.make import seeded


def array(path, stored):
    """The numbers of a tensor, from where it says that they are."""
    if stored.read:
        return stored.read()
    from onnx import helper

    dtype, count = helper.tensor_dtype_to_np_dtype(stored.data_type), int(np.prod(stored.shape))
    return np.fromfile(path.parent / stored.file, dtype, count, offset=stored.offset).reshape(stored.shape)


def written(tmp_path, fill, **settings):
    path = tmp_path / "file.h5"
    with h5py.File(path, "w", **settings) as file:
        fill(file)
    return path


def refused(path, match):
    with pytest.raises(CheckpointError, match=match) as caught:
        reader.read(path)
    assert "\n" not in str(caught.value)


FILES = [*sorted(KERAS.glob("*.h5")), *sorted(CROSSFORMAT.glob("**/*.h5"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_dataset_and_attribute_is_what_h5py_reads(path):
    root, seen = reader.read(path), []

    def compare(name, thing):
        if isinstance(thing, h5py.Dataset):
            seen.append(name)
            assert array(path, root.tensor(name)).tobytes() == thing[()].tobytes(), name
            return
        group = root
        for part in name.split("/"):
            group = group.groups[part]
        for key in ("weight_names", "layer_names"):
            if key in thing.attrs:
                assert group.texts(key) == [one.decode() if isinstance(one, bytes) else one for one in thing.attrs[key]]

    with h5py.File(path) as file:
        file.visititems(compare)
        for key in ("model_config", "keras_version"):
            if key in file.attrs:
                value = file.attrs[key]
                assert root.attributes[key] == (value.decode() if isinstance(value, bytes) else value)
    assert len(root.all()) == len(seen) > 0


@pytest.mark.parametrize("settings", [{}, {"track_order": True}, {"libver": "latest"}, {"libver": "v108"}], ids=str)
def test_layouts_of_h5py(settings, tmp_path):
    numbers = {f"n{index}": seeded(index + 1, 3, seed=index) for index in range(6)}

    def fill(file):
        group = file.create_group("layers/inner")
        for name, value in numbers.items():
            group.create_dataset(name, data=value)
        group.attrs["weight_names"] = list(numbers)
        group.attrs["name"] = "größe"

    path = written(tmp_path, fill, **settings)
    group = reader.read(path).groups["layers"].groups["inner"]
    assert group.texts("weight_names") == list(numbers)
    assert group.attributes["name"] == "größe"
    assert {name: array(path, one).tobytes() for name, one in group.tensors.items()} == {
        name: value.tobytes() for name, value in numbers.items()
    }


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "u1", "i2", "i4", "i8", "u8", ">f4", ">i8", "?"])
def test_number_types(dtype, tmp_path):
    numbers = (seeded(4, 5) * 40).astype(dtype)
    path = written(tmp_path, lambda file: file.create_dataset("x", data=numbers))
    stored = reader.read(path).tensors["x"]
    found = array(path, stored)
    assert found.dtype == numbers.dtype.newbyteorder("=")
    assert (found == numbers).all()
    assert (stored.read is not None) == dtype.startswith(">")


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (7,), (5, 6, 7)])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"compression": "gzip"},
        {"chunks": True, "shuffle": True, "fletcher32": True},
        {"compression": "gzip", "shuffle": True},
    ],
    ids=str,
)
def test_chunks_and_compression(shape, settings, tmp_path):
    settings = settings if np.prod(shape) and shape else {}
    numbers = seeded(*shape) if shape else np.float32(3)
    path = written(tmp_path, lambda file: file.create_dataset("x", data=numbers, **settings))
    assert (array(path, reader.read(path).tensors["x"]) == numbers).all()


def test_chunks_that_reach_over_the_edge(tmp_path):
    numbers = seeded(50, 33)
    path = written(tmp_path, lambda file: file.create_dataset("x", data=numbers, chunks=(7, 8), compression="gzip"))
    assert (array(path, reader.read(path).tensors["x"]) == numbers).all()


@pytest.mark.slow
def test_many_members_and_long_lists(tmp_path):
    names = [f"layer_with_a_long_name_{index}" for index in range(3000)]

    def fill(file):
        for name in names:
            file.create_group(name).create_dataset("0", data=np.float32(len(name)))
        file.attrs["layer_names0"] = [name.encode() for name in names[:1000]]
        file.attrs["layer_names1"] = [name.encode() for name in names[1000:]]

    root = reader.read(written(tmp_path, fill))
    assert sorted(root.groups) == sorted(names)
    assert root.texts("layer_names") == names


def test_small_floats_that_hdf5_does_not_have(tmp_path):
    import ml_dtypes

    numbers = seeded(3, 4).astype(ml_dtypes.bfloat16)

    def fill(file):
        file.create_dataset("x", data=numbers.view("V2")).attrs["dtype"] = "bfloat16"

    path = written(tmp_path, fill)
    assert (array(path, reader.read(path).tensors["x"]) == numbers).all()


def elsewhere(tmp_path):
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["x"] = np.ones(3)
    return other


@pytest.mark.parametrize(
    ("fill", "match"),
    [
        (lambda file, other: file.__setitem__("x", h5py.ExternalLink(other, "x")), "leads elsewhere"),
        (lambda file, other: file.__setitem__("x", h5py.SoftLink("/y")), "leads elsewhere"),
        (lambda file, other: file.create_dataset("x", (3,), "f8", external=[(str(other), 0, 24)]), "in another file"),
        (lambda file, other: file.create_virtual_dataset("x", virtual(other)), "in another file"),
        (lambda file, other: file.create_group("a").__setitem__("b", file), "hold one another"),
        (lambda file, other: file.create_dataset("x", (1 << 40,), "f4", chunks=(1 << 20,)), "unpack to"),
        (lambda file, other: file.create_dataset("x", data=np.zeros(3, [("a", "f4"), ("b", "i4")])), "no numbers"),
        (lambda file, other: file.create_dataset("x", (2,), h5py.ref_dtype), "no numbers"),
    ],
    ids=["external link", "soft link", "external storage", "virtual", "circle", "huge", "compound", "references"],
)
def test_what_leads_elsewhere(fill, match, tmp_path):
    other = elsewhere(tmp_path)
    refused(written(tmp_path, lambda file: fill(file, other)), match)


# Parts of the format that our own reader does not know: what h5py is asked for.
BEYOND = {
    "dense links": ({"libver": "latest"}, {}, 40),
    "chunks": ({"libver": "latest"}, {"chunks": (2, 3)}, 3),
    "packed chunks": ({"libver": "latest"}, {"chunks": (2, 3), "compression": "gzip", "shuffle": True}, 3),
    "lzf": ({}, {"compression": "lzf"}, 3),
    "scale and offset": ({}, {"scaleoffset": 20}, 3),
    "big-endian": ({"libver": "latest"}, {"dtype": ">f4"}, 40),
}


@pytest.mark.parametrize("case", BEYOND)
def test_what_h5py_knows_beyond_our_reader(case, tmp_path):
    """The same tree, the same numbers, the same order; what lies in the file as it is is mapped, not read by h5py."""
    settings, how, count = BEYOND[case]
    numbers = {f"n{index}": np.round(seeded(4, 6, seed=index), 3) for index in range(count)}

    def fill(file):
        group = file.create_group("layers")
        group.attrs["weight_names"] = list(numbers)
        for index in range(20):
            group.attrs[f"attribute{index}"] = "x" * 50  # too many for the header: they lie in a heap
        for name, value in numbers.items():
            group.create_dataset(name, data=value, **how)

    path = written(tmp_path, fill, **settings)
    group = reader.read(path).groups["layers"]
    assert group.path == "layers" and group.texts("weight_names") == list(numbers)
    assert list(group.tensors) == sorted(numbers)
    for name, stored in group.tensors.items():
        assert stored.name == f"layers/{name}" and stored.shape == (4, 6)
        assert (stored.read is None) == (not how)
        np.testing.assert_allclose(array(path, stored), numbers[name], atol=1e-6)


def test_a_model_that_h5py_has_to_read(tmp_path):
    """A whole model saved anew in the newest layout: the same layers, the same outputs."""
    path = tmp_path / "model.h5"
    with h5py.File(KERAS / "structure.h5") as old, h5py.File(path, "w", libver="latest") as new:
        for name in old:
            old.copy(name, new)
        for name, value in old.attrs.items():
            new.attrs[name] = value
        for index in range(20):
            new.attrs[f"more{index}"] = "x" * 50
    found, before = keras.read(path), keras.read(KERAS / "structure.h5")
    assert [node.op_type for node in found.model.graph.node] == [node.op_type for node in before.model.graph.node]
    for one, other in zip(found.model.graph.initializer, before.model.graph.initializer, strict=True):
        assert one.name == other.name and found.array(one).tobytes() == before.array(other).tobytes()


def test_a_member_of_an_archive_that_h5py_has_to_read(tmp_path):
    path = written(
        tmp_path, lambda file: [file.create_dataset(f"n{i}", data=np.full(3, i)) for i in range(40)], libver="latest"
    )
    with zipfile.ZipFile(tmp_path / "model.zip", "w") as made:
        made.writestr("before", b"x" * 1000)
        made.write(path, "model.weights.h5")
    tensors = reader.read_member(archive(tmp_path / "model.zip"), "model.weights.h5").tensors
    assert [array(tmp_path / "model.zip", tensors[f"n{i}"]).tolist() for i in (0, 39)] == [[0] * 3, [39] * 3]


@pytest.mark.parametrize(
    ("fill", "match"),
    [
        (lambda file, other: file.__setitem__("x", h5py.ExternalLink(other, "x")), "leads elsewhere"),
        (lambda file, other: file.__setitem__("x", h5py.SoftLink("/y")), "leads elsewhere"),
        (lambda file, other: file.create_virtual_dataset("x", virtual(other)), "in another file"),
        (lambda file, other: file.create_dataset("x", (2,), "f4", external=[(str(other), 0, 8)]), "in another file"),
        (lambda file, other: file.create_dataset("x", (1 << 40,), "f4", chunks=(1 << 20,)), "unpack to"),
        (lambda file, other: file.create_dataset("x", data=np.zeros(3, [("a", "f4")])), "no numbers"),
    ],
    ids=["external", "soft", "virtual", "raw", "huge", "compound"],
)
def test_what_h5py_is_not_asked_for(fill, match, tmp_path):
    """What leads out of the file, and what would grow, in files of the newest layout."""
    other = elsewhere(tmp_path)

    def full(file):
        fill(file, other)
        for index in range(40):
            file.create_group(f"group{index}")

    refused(written(tmp_path, full, libver="latest"), match)


def test_a_filter_that_h5py_lacks_is_said_when_the_file_is_opened(tmp_path):
    """The number of lzf's filter, which is h5py's own, becomes that of Blosc, which is not in h5py."""
    path = written(tmp_path, lambda file: file.create_dataset("x", data=np.zeros(300), compression="lzf"))
    data = path.read_bytes()
    assert data.count(struct.pack("<H", 32000)) == 1
    path.write_bytes(data.replace(struct.pack("<H", 32000), struct.pack("<H", 32001)))
    refused(path, "'/x' is compressed in a way that h5py does not know .filter 32001.; save it with gzip")


def test_h5py_is_bounded_in_time_and_memory(monkeypatch, tmp_path):
    """One line each: for a worker that takes too long, and for one that may not have the memory that it needs."""
    path = written(tmp_path, lambda file: file.create_dataset("x", data=np.zeros((3000, 1000)), compression="lzf"))
    monkeypatch.setattr(by_h5py, "STARTED", 0.0)
    refused(path, "h5py takes too long")
    monkeypatch.undo()
    stored = reader.read(path).tensors["x"]
    assert not stored.read().any()
    monkeypatch.setattr(by_h5py, "MEMORY", 1 << 20)
    if sys.platform != "win32":
        refused(path, "h5py ended with status|h5py gives no answer|h5py takes too long")  # it may also wait for memory


def test_without_h5py_the_file_is_refused(monkeypatch, tmp_path):
    path = written(tmp_path, lambda file: file.create_dataset("x", data=np.zeros(3), compression="lzf"))
    monkeypatch.setitem(sys.modules, "h5py", None)
    refused(path, "filter 32000")


@pytest.mark.slow
def test_damaged_files_of_the_newest_layout(tmp_path):
    path = tmp_path / "model.h5"
    with h5py.File(path, "w", libver="latest") as file:
        for index in range(40):
            file.create_dataset(f"n{index}", data=seeded(5, 4), chunks=(2, 2), compression="gzip")
    data = path.read_bytes()
    for seed in range(25):
        chance, damaged = random.Random(seed), bytearray(data)
        for _ in range(chance.choice([1, 4, 16])):
            damaged[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(damaged)
        outcome(path)


def virtual(other):
    layout = h5py.VirtualLayout((3,), "f8")
    layout[:] = h5py.VirtualSource(str(other), "x", (3,))
    return layout


def test_texts_are_no_weights(tmp_path):
    def fill(file):
        file["words"] = ["a", "b"]
        file["x"] = np.ones(3, "f4")

    assert list(reader.read(written(tmp_path, fill)).tensors) == ["x"]


@pytest.mark.parametrize("name", ["structure.h5", "structure.keras", "unknown.keras"])
def test_truncations(name, tmp_path):
    data = (KERAS / name).read_bytes()
    path = tmp_path / name
    for length in random.Random(0).sample(range(8, len(data)), 50):
        path.write_bytes(data[:length])
        outcome(path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["structure.h5", "structure.keras", "keras1_merged.h5"])
def test_mutations(name, tmp_path):
    """A few hundred here; tests/bench/fuzz.py does thousands."""
    data, path = (KERAS / name).read_bytes(), tmp_path / name
    for seed in range(200):
        chance, damaged = random.Random(seed), bytearray(data)
        for _ in range(chance.choice([1, 2, 8])):
            place = chance.randrange(min(len(data), chance.choice([4000, len(data)])))
            new = chance.choice(
                [bytes([chance.randrange(256)]), b"\xff" * 8, b"\0" * 8, struct.pack("<Q", chance.randrange(len(data)))]
            )
            damaged[place : place + len(new)] = new
        path.write_bytes(damaged)
        outcome(path)


def outcome(path):
    """It opens, with all its weights there, or is refused in one line."""
    try:
        found = keras.read(path)
        if isinstance(found, Checkpoint):
            for tensor in found.model.graph.initializer:
                found.array(tensor)
    except CheckpointError as error:
        assert "\n" not in str(error)


def test_an_object_that_goes_on_in_itself(tmp_path):
    """The continuation of an object's header is turned back to the header."""
    path = written(tmp_path, lambda file: [file.attrs.__setitem__(f"name{index}", "x" * 50) for index in range(20)])
    data = bytearray(path.read_bytes())
    place = data.index(struct.pack("<HH", 0x10, 16))
    root = struct.unpack_from("<Q", data, 64)[0]
    data[place + 8 : place + 24] = struct.pack("<QQ", root + 16, 400)
    path.write_bytes(data)
    refused(path, "without end|cannot be read")


def test_no_library_for_hdf5_is_needed(monkeypatch, tmp_path):
    """libhdf5 crashes on damaged files, so it is not in the way of any."""
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert keras.read(KERAS / "structure.h5").producer == "Keras 3.15.1"


@pytest.mark.parametrize(
    ("members", "match"),
    [
        ({"config.json": b"{}"}, "without its model.weights.h5"),
        ({"config.json": b"[]", "model.weights.h5": b""}, "not a JSON object"),
        ({"config.json": b"{", "model.weights.h5": b""}, "cannot be read"),
        ({"model.weights.h5": b"x"}, "without its config.json"),
        ({"config.json": b"{}", "model.weights.h5": b"no"}, "HDF5"),
        ({"../config.json": b"{}", "model.weights.h5": b"no"}, "leads outside"),
    ],
)
def test_archives_that_are_no_models(members, match, tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(CheckpointError, match=match):
        keras.read(path)
