# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures and arrays become the tensor that a model reads, or are refused in one line."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.inference import fit, fit_named, load_array, load_arrays, picture_axes
from neuroscene.addon.network import Assumption, Spec, summarise
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA

PICTURE, ARRAY = Path("picture.png"), Path("array.npy")
OPEN = [Assumption("x", 0, "N", 1, False)]


def spec(*shape, dtype="float32"):
    return Spec("x", shape, dtype)


def picture(height=28, width=28, alpha=1.0, seed=0):
    pixels = np.random.default_rng(seed).random((height, width, 4), np.float32)
    pixels[..., 3] = alpha
    return pixels


def luma(pixels):
    return pixels[..., 0] * 0.299 + pixels[..., 1] * 0.587 + pixels[..., 2] * 0.114


def refused(path, content, wanted, assumed=()):
    with pytest.raises(CheckpointError) as caught:
        fit(path, content, wanted, assumed)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("channels_last", [False, True])
def test_colour(channels_last):
    given = picture()
    found = fit(PICTURE, given, spec(1, 28, 28, 3) if channels_last else spec(1, 3, 28, 28))
    expected = given[..., :3] if channels_last else given[..., :3].transpose(2, 0, 1)
    np.testing.assert_allclose(found.array[0], expected)
    assert found.name == "x" and found.array.dtype == np.float32 and found.array.flags.c_contiguous


@pytest.mark.parametrize("shape", [(1, 1, 28, 28), (1, 28, 28, 1), (1, 28, 28), (1, 784), (784,)])
def test_grey(shape):
    given = picture()
    found = fit(PICTURE, given, spec(*shape))
    assert found.array.shape == shape
    np.testing.assert_allclose(found.array.ravel(), luma(given).ravel(), atol=1e-6)
    assert "grey" in found.note


def test_a_grey_picture_keeps_its_very_values():
    given = picture()
    given[..., 1] = given[..., 2] = given[..., 0]
    found = fit(PICTURE, given, spec(1, 1, 28, 28))
    np.testing.assert_array_equal(found.array[0, 0], given[..., 0])
    assert "grey" not in found.note


def test_four_channels_are_colour_on_black_and_opaque():
    given = picture(alpha=0.5)
    found = fit(PICTURE, given, spec(1, 4, 28, 28)).array[0]
    np.testing.assert_allclose(found[:3], given[..., :3].transpose(2, 0, 1) / 2)
    assert (found[3] == 1).all()


@pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0])
def test_transparent_pixels_lie_on_black(alpha):
    given = picture(alpha=alpha)
    np.testing.assert_allclose(fit(PICTURE, given, spec(1, 28, 28, 3)).array[0], given[..., :3] * alpha)


def test_whole_numbers_are_pixels_to_255():
    given = picture()
    found = fit(PICTURE, given, spec(1, 28, 28, 3, dtype="uint8"))
    assert found.array.dtype == np.uint8 and "255" in found.note
    np.testing.assert_array_equal(found.array[0], np.rint(given[..., :3] * 255))


@pytest.mark.parametrize(("height", "width"), [(56, 56), (14, 14), (100, 30), (1, 1)])
def test_other_sizes_are_resized(height, width):
    given = picture(height, width)
    given[..., :3] = [0.2, 0.4, 0.8]
    found = fit(PICTURE, given, spec(1, 3, 28, 28))
    np.testing.assert_allclose(found.array[0, :, 5, 7], [0.2, 0.4, 0.8], atol=1e-5)
    assert f"{width} x {height} to 28 x 28" in found.note


def test_halving_is_smooth_and_keeps_the_mean():
    given = picture(64, 64)
    found = fit(PICTURE, given, spec(1, 3, 32, 32)).array[0]
    expected = given[..., :3].transpose(2, 0, 1)
    np.testing.assert_allclose(found.mean((1, 2)), expected.mean((1, 2)), atol=0.01)
    assert found.std() < expected.std() * 0.7


@pytest.mark.parametrize("shape", [(1, 7, 28, 28), (1, 10), (1, 2, 3, 4, 5), (1, 17), (1,)])
def test_a_picture_fits_no_such_input(shape):
    assert "array.npy" not in refused(PICTURE, picture(), spec(*shape))
    assert picture_axes(shape) is None


def test_a_picture_for_a_gigantic_input_is_refused():
    assert "too large" in refused(PICTURE, picture(), spec(1, 3, 1 << 20, 1 << 20))


def test_an_input_without_a_shape():
    assert "shape" in refused(PICTURE, picture(), Spec("x", None, "float32"))
    assert "shape" in refused(ARRAY, np.zeros(3), spec(1, None))


@pytest.mark.parametrize("dtype", ["string", "unknown"])
def test_an_input_that_takes_no_numbers(dtype):
    assert dtype in refused(ARRAY, np.zeros((1, 3)), spec(1, 3, dtype=dtype))


@pytest.mark.parametrize("shape", [(3, 4), (1, 3, 4), (12,), (1, 12), (4, 3)])
def test_arrays_with_and_without_a_batch(shape):
    given = np.arange(12.0).reshape(shape)
    found = fit(ARRAY, given, spec(1, 3, 4))
    assert found.array.shape == (1, 3, 4) and found.array.dtype == np.float32
    np.testing.assert_array_equal(found.array.ravel(), np.arange(12))
    assert ("reshaped" in found.note) == (shape not in ((3, 4), (1, 3, 4)))


def test_first_of_several_samples():
    found = fit(ARRAY, np.arange(30.0).reshape(5, 6), spec(1, 6), OPEN)
    np.testing.assert_array_equal(found.array, [np.arange(6)])
    assert "first of 5" in found.note


@pytest.mark.parametrize("shape", [(11,), (3, 5), (2, 3, 4), ()])
def test_arrays_of_another_shape(shape):
    assert "shape" in refused(ARRAY, np.zeros(shape), spec(1, 3, 4))


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int8, np.uint16, bool])
def test_any_numbers_are_read(dtype, tmp_path):
    np.save(tmp_path / "x.npy", np.ones((2, 3), dtype))
    found = load_array(tmp_path / "x.npy")
    assert found.dtype == dtype and (found == 1).all()


def save_objects(path):
    np.save(path, np.array([{"a": 1}, None], object), allow_pickle=True)


def save_archive(path):
    with path.open("wb") as file:
        np.savez(file, x=np.zeros(3))


UNREADABLE = {
    "objects": save_objects,
    "archive": save_archive,
    "text": lambda path: np.save(path, np.array(["a", "b"])),
    "complex": lambda path: np.save(path, np.ones(3) * 1j),
    "records": lambda path: np.save(path, np.zeros(3, "f4,i4")),
    "nothing in it": lambda path: np.save(path, np.zeros((0, 3))),
    "empty file": lambda path: path.write_bytes(b""),
    "cut zip": lambda path: path.write_bytes(b"PK\x03\x04" + bytes(50)),
    "magic alone": lambda path: path.write_bytes(b"\x93NUMPY"),
    "broken header": lambda path: path.write_bytes(b"\x93NUMPY\x01\x00\x10\x00{'descr': '(((   "),
    "absurd shape": lambda path: path.write_bytes(
        b"\x93NUMPY\x01\x00\x60\x00"
        + b"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4611686018427387904)}".ljust(96)
    ),
    "absent": lambda path: None,
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_files_that_hold_no_numbers(kind, tmp_path):
    path = tmp_path / "x.npy"
    UNREADABLE[kind](path)
    with pytest.raises(CheckpointError) as caught:
        load_array(path)
    assert "\n" not in str(caught.value)


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "x.npy"
    path.touch()
    os.truncate(path, 1 << 33)
    with pytest.raises(CheckpointError, match="larger"):
        load_array(path)


def test_damaged_files_are_refused_or_read(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.arange(24.0).reshape(2, 3, 4))
    whole = path.read_bytes()
    random = np.random.default_rng(0)
    for _ in range(200):
        damaged = bytearray(whole)
        damaged[random.integers(100)] = random.integers(256)
        path.write_bytes(damaged)
        try:
            assert load_array(path).dtype.kind in "fiub"
        except CheckpointError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_by_their_names(save, tmp_path):
    given = {"a": np.arange(6).reshape(2, 3), "b.1": np.asfortranarray(np.random.default_rng(0).random((3, 4)))}
    save(tmp_path / "x.npz", **given)
    found = load_arrays(tmp_path / "x.npz")
    assert found.keys() == given.keys()
    for name, array in given.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def member(name, data, form=zipfile.ZIP_DEFLATED):
    def write(path):
        with zipfile.ZipFile(path, "w", form) as archive:
            archive.writestr(name, data)

    return write


BAD_ARCHIVES = {
    "objects": lambda path: np.savez(path, x=np.array([None, {}], object), allow_pickle=True),
    "text": lambda path: np.savez(path, x=np.array(["a"])),
    "no archive": lambda path: path.write_bytes(b"nothing"),
    "cut": lambda path: (np.savez(path, x=np.zeros(3)), os.truncate(path, path.stat().st_size - 30)),
    "leads outside": member("../x.npy", b""),
    "no array": member("x.npy", b"text"),
    "a bomb": member("x.npy", bytes(300 << 20)),
    "cut array": member(
        "x.npy",
        b"\x93NUMPY\x01\x00\x46\x00" + b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000,)}".ljust(70),
    ),
    "negative": member(
        "x.npy",
        b"\x93NUMPY\x01\x00\x46\x00"
        + b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1, -2)}".ljust(70)
        + bytes(8),
    ),
    "absent": lambda path: None,
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", BAD_ARCHIVES)
def test_archives_that_hold_no_numbers(kind, tmp_path):
    BAD_ARCHIVES[kind](tmp_path / "x.npz")
    with pytest.raises(CheckpointError) as caught:
        load_arrays(tmp_path / "x.npz")
    assert "\n" not in str(caught.value)


def bert():
    return summarise(open_checkpoint(DATA / "zoo" / "bert.onnx"))


def test_each_input_gets_the_array_of_its_name():
    names = ["input_ids", "attention_mask", "token_type_ids"]
    arrays = {name: np.full((1, 16), number) for number, name in enumerate(reversed(names))}
    found = fit_named(Path("x.npz"), arrays | {"other": np.zeros(3)}, bert())
    assert [one.name for one in found] == names and [int(one.array[0, 0]) for one in found] == [2, 1, 0]
    assert all(one.array.dtype == np.int64 for one in found)


def test_an_array_that_is_missing_is_named():
    with pytest.raises(CheckpointError, match="no array 'token_type_ids'.*input_ids, attention_mask"):
        fit_named(Path("x.npz"), {"input_ids": np.zeros((1, 16)), "attention_mask": np.ones((1, 16))}, bert())


def test_one_array_needs_no_name():
    found = fit_named(
        Path("x.npz"), {"arr_0": np.zeros((28, 28))}, summarise(open_checkpoint(DATA / "mnist_cnn_tf2onnx.onnx"))
    )
    assert len(found) == 1 and found[0].array.shape == (1, 28, 28, 1)
