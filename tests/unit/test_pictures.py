# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of every kind come in as the numbers that they hold, or are refused in one line; no Blender is needed."""

import json
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.inference import load_picture

RNG = np.random.default_rng(1)
RGB = RNG.integers(0, 256, (5, 7, 3), np.uint8)
GREY = RNG.integers(0, 256, (5, 7), np.uint8)


def saved(tmp_path, image, name="picture.png", **options):
    image.save(tmp_path / name, **options)
    return tmp_path / name


def grey(values):
    return np.dstack([values, values, values, np.ones_like(values)])


def test_colour(tmp_path):
    found = load_picture(saved(tmp_path, Image.fromarray(RGB)))
    assert found.dtype == np.float32 and found.shape == (5, 7, 4)
    np.testing.assert_array_equal(found[..., :3], RGB.astype(np.float32) / np.float32(255))
    assert (found[..., 3] == 1).all()


def test_transparency(tmp_path):
    rgba = np.dstack([RGB, GREY])
    np.testing.assert_allclose(load_picture(saved(tmp_path, Image.fromarray(rgba))), rgba / 255.0, atol=1e-7)


def test_grey(tmp_path):
    np.testing.assert_allclose(load_picture(saved(tmp_path, Image.fromarray(GREY))), grey(GREY / 255.0), atol=1e-7)


def test_sixteen_bits_of_grey(tmp_path):
    deep = RNG.integers(0, 65536, (4, 3), np.uint16)
    np.testing.assert_allclose(load_picture(saved(tmp_path, Image.fromarray(deep))), grey(deep / 65535.0), atol=1e-7)


def test_one_bit(tmp_path):
    bits = GREY > 127
    np.testing.assert_array_equal(load_picture(saved(tmp_path, Image.fromarray(bits))), grey(bits.astype(np.float32)))


def test_a_palette(tmp_path):
    image = Image.fromarray(RGB).quantize(8)
    expected = np.asarray(image.convert("RGB")) / 255.0
    np.testing.assert_allclose(load_picture(saved(tmp_path, image))[..., :3], expected, atol=1e-7)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_jpeg(tmp_path, mode):
    smooth = Image.fromarray(np.tile(np.arange(0, 240, 10, dtype=np.uint8), (24, 1))).convert(mode)
    path = saved(tmp_path, smooth, "picture.jpg", quality=98)
    expected = np.asarray(smooth.convert("RGB")) / 255.0
    assert np.abs(load_picture(path)[..., :3] - expected).max() < 0.03


def refused(path) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_picture(path)
    said = str(caught.value)
    assert "\n" not in said and path.name in said
    return said


def test_what_is_no_picture(tmp_path):
    (tmp_path / "text.png").write_text("hello")
    assert "not a picture that we read" in refused(tmp_path / "text.png")
    saved(tmp_path, Image.fromarray(RGB), "picture.webp")
    assert "not a picture that we read" in refused(tmp_path / "picture.webp")
    assert "check the path" in refused(tmp_path / "none.png")


@pytest.mark.parametrize("name", ["cut.png", "cut.jpg"])
def test_what_is_cut_short(tmp_path, name):
    whole = saved(tmp_path, Image.fromarray(np.tile(RGB, (9, 9, 1))), name).read_bytes()
    for share in (0.3, 0.6, 0.9):
        (tmp_path / name).write_bytes(whole[: int(share * len(whole))])
        assert "picture" in refused(tmp_path / name)


@pytest.mark.parametrize("size", [(20_000, 20_000), (1 << 30, 1 << 30)])
def test_what_says_that_it_is_huge(tmp_path, size):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    path = tmp_path / "huge.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(bytes(100)))
        + chunk(b"IEND", b"")
    )
    assert refused(path)


WITHOUT_BLENDER = """
import importlib.util, sys
sys.modules["bpy"] = sys.modules["mathutils"] = None  # importing them now fails
root, *arguments = sys.argv[1:]
spec = importlib.util.spec_from_file_location("neuroscene", root + "/__init__.py", submodule_search_locations=[root])
sys.modules["neuroscene"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(sys.modules["neuroscene"])
from neuroscene.addon import cli
sys.exit(cli.main(arguments))
"""


@pytest.mark.parametrize("command", ["inspect", "run"])
def test_inspect_and_run_need_no_blender(root, command):
    digit = root / "sample_models" / "digits" / "digit_7.png"
    options = ["--input", str(digit), "--json"] if command == "run" else ["--json"]
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            WITHOUT_BLENDER,
            str(root),
            command,
            str(root / "sample_models" / "digits_cnn.onnx"),
            *options,
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["top"][0]["label"] == "7" if command == "run" else said["parameters"] == 29_066
