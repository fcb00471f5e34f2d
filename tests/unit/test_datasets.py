# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many samples with what is right: read from folders, arrays and lists, run at once, counted against NumPy."""

import json
import struct
import threading
import time
import wave
import zlib

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from neuroscene.addon import cli
from neuroscene.addon.containers import CheckpointError, stopping
from neuroscene.addon.containers.stepping import finish
from neuroscene.addon.inference import (
    Runner,
    class_names,
    fit_file,
    judge,
    load_picture,
    open_data,
    run_file,
    runner,
    scaling_of,
)
from neuroscene.addon.inference.labels import answers, read_labels
from neuroscene.addon.inference.sound import load_sound
from neuroscene.addon.network import summarise
from neuroscene.addon.network.scaling import IMAGENET, PRESETS, own
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA, model, node, save, seeded

SAMPLES = DATA.parents[1] / "sample_models"
CNN = SAMPLES / "digits_cnn.onnx"
TRAINED = DATA / "crossformat/mnist_cnn.keras"
SPLIT = DATA / "crossformat/mnist5k_split.npz"


def network(path=CNN):
    return summarise(open_checkpoint(path))


def refused(function, *given) -> str:
    with pytest.raises(CheckpointError) as caught:
        function(*given)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# what is right


def test_a_data_set_is_counted_as_numpy_counts_it():
    trained = network(TRAINED)
    data = open_data([SPLIT], trained)
    judged = finish(judge(trained, data))
    held = np.load(SPLIT)
    x, y = held["x_test"].reshape(-1, 28, 28, 1), held["y_test"]
    x = x.astype(np.float32) / (255 if x.dtype == np.uint8 else 1)
    said = []
    alone = Runner(trained)
    for sample in x[:60]:
        given = sample.reshape(trained.inputs[0].shape)
        said.append(int(alone.one({trained.inputs[0].name: given})[trained.outputs[0].name].argmax()))
    assert judged.said[:60].tolist() == said
    assert judged.accuracy == pytest.approx((judged.said == y).mean())
    expected = np.zeros((10, 10), int)
    np.add.at(expected, (y, judged.said), 1)
    assert np.array_equal(judged.confusion, expected) and len(judged.names) == len(y)


def test_the_command_prints_accuracy_and_confusion(capsys):
    assert cli.main(["run", str(TRAINED), "--data", str(SPLIT), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    confusion = np.array(told["confusion"])
    assert told["samples"] == confusion.sum() and told["accuracy"] == pytest.approx(
        np.trace(confusion) / confusion.sum()
    )
    first = told["predictions"][0]
    assert first.keys() == {"sample", "index", "label", "score", "true"}


def test_folders_by_class_and_lists_of_labels(tmp_path):
    cnn = network()
    for digit in (7, 3):
        (tmp_path / "classes" / str(digit)).mkdir(parents=True)
        Image.open(SAMPLES / f"digits/digit_{digit}.png").save(tmp_path / "classes" / str(digit) / "a.png")
    data = open_data([tmp_path / "classes"], cnn)
    assert data.answers.tolist() == [3, 7] and finish(judge(cnn, data)).accuracy == 1.0
    lists = {
        "l.txt": "3\n8",
        "l.json": '["3", "8"]',
        "l.csv": "file,label\n7/a.png,8\n3/a.png,3\n",
        "n.json": '{"3/a.png": 3, "7/a.png": 8}',
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
        assert open_data([tmp_path / "classes"], cnn, tmp_path / name).answers.tolist() == [3, 8], name
    (tmp_path / "short.txt").write_text("3")
    assert "has 1 labels, and there are 2 samples" in refused(
        open_data, [tmp_path / "classes"], cnn, tmp_path / "short.txt"
    )
    (tmp_path / "wrong.txt").write_text("3\n77")
    assert "label '77'" in refused(open_data, [tmp_path / "classes"], cnn, tmp_path / "wrong.txt")
    assert "has 1 labels, and the network gives 10 classes" in refused(class_names, tmp_path / "short.txt", 10)


def test_labels_by_the_names_of_classes(tmp_path):
    path = tmp_path / "l.txt"
    path.write_text("Cat\n1\n")
    assert answers(path, read_labels(path), ["a", "b"], ["cat", "dog"], 2).tolist() == [0, 1]
    (tmp_path / "bad.json").write_text("{")
    assert "not readable as JSON" in refused(read_labels, tmp_path / "bad.json")


# several at once


@pytest.mark.parametrize("name", ["resnet18", "unet", "lstm", "vit"])
def test_samples_at_once_give_what_each_gives_alone(name):
    """Also where a model takes only one, or mixes what lies along its first axis."""
    shown = network(DATA / f"zoo/{name}.onnx")
    random = np.random.default_rng(0)
    samples = [
        {spec.name: random.random([size or 1 for size in spec.shape]).astype(spec.dtype) for spec in shown.inputs}
        for _ in range(3)
    ]
    tensors = [layer.tensor for layer in shown.layers]
    session = onnxruntime.InferenceSession(str(DATA / f"zoo/{name}.onnx"), providers=["CPUExecutionProvider"])
    for sample, made in zip(samples, Runner(shown).many(samples), strict=True):
        assert set(tensors) <= made.keys()
        for spec, value in zip(session.get_outputs(), session.run(None, sample), strict=True):
            assert np.abs(made[spec.name] - value).max() <= 1e-4 * max(1.0, np.abs(value).max())


def test_large_activations_come_in_groups_and_lie_in_files(monkeypatch):
    shown = network()
    given = {one.name: one.array for one in fit_file(SAMPLES / "digits/digit_7.png", shown)}
    whole = Runner(shown).one(given)
    monkeypatch.setattr(runner, "GROUP", 20_000)
    monkeypatch.setattr(runner, "KEPT", 50_000)
    parts = Runner(shown).one(given)
    assert len(runner._groups(Runner(shown)._asked, Runner(shown)._bytes)) > 3
    assert parts.keys() == whole.keys() and all(np.array_equal(parts[name], whole[name]) for name in whole)
    assert any(isinstance(value, np.memmap) for value in parts.values())


def test_a_run_stops_half_way(tmp_path):
    """A chain of products that takes seconds ends soon after somebody asks for it."""
    size = 1200
    nodes = [node("MatMul", [f"t{step}" if step else "x", "w"], [f"t{step + 1}"]) for step in range(400)]
    made = model(nodes, {"x": (size, size)}, {"t400": (size, size)}, {"w": seeded(size, size) / size})
    shown = network(save(tmp_path, made))
    alone = Runner(shown, ["t400"])
    stop = threading.Event()
    threading.Timer(0.4, stop.set).start()
    begin = time.monotonic()
    with pytest.raises(stopping.StoppedError), stopping.stoppable(stop):
        for _ in range(100):
            alone.one({"x": np.ones((size, size), np.float32)})
    assert time.monotonic() - begin < 60


# inputs


def test_pictures_of_all_kinds(tmp_path):
    colors = np.random.default_rng(1).integers(0, 256, (6, 5, 3), np.uint8)
    for suffix in ("png", "bmp", "tif"):
        Image.fromarray(colors).save(tmp_path / f"p.{suffix}")
        assert np.allclose(load_picture(tmp_path / f"p.{suffix}")[..., :3], colors / 255, atol=1e-6), suffix
    frames = [Image.fromarray(np.full((4, 4), level, np.uint8)) for level in (0, 255)]
    frames[0].save(tmp_path / "m.gif", save_all=True, append_images=frames[1:])
    assert load_picture(tmp_path / "m.gif", 0)[..., 0].max() < 0.01 and load_picture(tmp_path / "m.gif", 1).min() > 0.99
    assert len(open_data([tmp_path / "m.gif"], network())) == 2
    light = np.array([[[0.0, 0.5, 1.0], [0.25, 4.0, 0.0031]]], np.float32).repeat(3, 0)
    for name, data in (("l.exr", exr(light)), ("z.exr", exr(light, True)), ("l.hdr", hdr(light))):
        (tmp_path / name).write_bytes(data)
        cut = np.clip(light, 0, 1)
        expected = np.where(cut <= 0.0031308, 12.92 * cut, 1.055 * cut ** (1 / 2.4) - 0.055)
        assert np.allclose(load_picture(tmp_path / name)[..., :3], expected, atol=0.05 if name == "l.hdr" else 1e-4), (
            name
        )
        for share in (0.2, 0.5, 0.9):
            (tmp_path / f"cut_{name}").write_bytes(data[: int(len(data) * share)])
            refused(load_picture, tmp_path / f"cut_{name}")
    (tmp_path / "huge.hdr").write_bytes(b"#?RADIANCE\n\n-Y 20000 +X 20000\n")
    assert "20,000 x 20,000 pixels is too large" in refused(load_picture, tmp_path / "huge.hdr")


def exr(light, packed=False) -> bytes:
    """A scanline OpenEXR of three float channels (file layout of the Academy Software Foundation)."""
    rows, columns, _ = light.shape

    def attribute(name, kind, body):
        return name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(body)) + body

    channels = b"".join(name.encode() + b"\0" + struct.pack("<iIii", 2, 0, 1, 1) for name in "BGR") + b"\0"
    box = struct.pack("<4i", 0, 0, columns - 1, rows - 1)
    head = b"\x76\x2f\x31\x01" + struct.pack("<i", 2)
    head += attribute("channels", "chlist", channels) + attribute(
        "compression", "compression", bytes([3 if packed else 0])
    )
    head += attribute("dataWindow", "box2i", box) + attribute("displayWindow", "box2i", box) + b"\0"
    chunks = []
    every = 16 if packed else 1
    for begin in range(0, rows, every):
        body = b"".join(
            np.ascontiguousarray(light[row, :, "RGB".index(name)], "<f4").tobytes()
            for row in range(begin, min(begin + every, rows))
            for name in "BGR"
        )
        if packed:
            raw = np.frombuffer(body, np.uint8)
            split = np.concatenate([raw[::2], raw[1::2]]).astype(np.int64)
            steps = split.copy()
            steps[1:] = (split[1:] - split[:-1] + 128) % 256
            body = zlib.compress(steps.astype(np.uint8).tobytes())
        chunks.append(struct.pack("<ii", begin, len(body)) + body)
    return head + bytes(8 * len(chunks)) + b"".join(chunks)


def hdr(light) -> bytes:
    """A flat Radiance picture (Ward 1991)."""
    rows, columns, _ = light.shape
    most = light.max(-1)
    mantissa, exponent = np.frexp(most)
    scale = np.where(most > 1e-32, mantissa * 256 / np.maximum(most, 1e-32), 0)
    rgbe = np.dstack([light * scale[..., None], np.where(most > 1e-32, exponent + 128, 0)]).astype(np.uint8)
    return b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n" + f"-Y {rows} +X {columns}\n".encode() + rgbe.tobytes()


def test_sounds(tmp_path):
    waveform = (np.sin(np.arange(400) / 9) * 20000).astype("<i2")
    with wave.open(str(tmp_path / "s.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(np.repeat(waveform, 2).tobytes())
    sound, rate = load_sound(tmp_path / "s.wav")
    assert rate == 8000 and np.allclose(sound, waveform / 32768, atol=1e-6)
    made = model([node("Relu", ["x"], ["y"])], {"x": (1, 1, 300)}, {"y": (1, 1, 300)}, {})
    path = save(tmp_path, made)
    (fitted,) = fit_file(tmp_path / "s.wav", network(path))
    assert np.allclose(fitted.array.ravel(), sound[:300]) and "the first 300 of 400 samples, 8,000" in fitted.note
    (tmp_path / "cut.wav").write_bytes((tmp_path / "s.wav").read_bytes()[:200])
    assert "cut short" in refused(load_sound, tmp_path / "cut.wav")
    assert "cannot be fitted" in refused(fit_file, tmp_path / "s.wav", network())


def test_pixels_are_scaled_as_said():
    cnn = network()
    path = SAMPLES / "digits/digit_7.png"
    (plain,) = fit_file(path, cnn)
    assert "guessed" in plain.note
    for scaling in (PRESETS["-1-1"], PRESETS["0-255"], own([0.5], [0.25])):
        cnn.scaling = scaling
        (fitted,) = fit_file(path, cnn)
        assert np.allclose(fitted.array, (plain.array - scaling.mean[0]) / scaling.std[0], rtol=1e-5, atol=1e-5)
        assert fitted.note == scaling.says(1)
        assert np.allclose(scaling.undone(fitted.array[0]), plain.array[0], atol=1e-6)
    colors = np.random.default_rng(0).random((4, 4, 3)).astype(np.float32)
    for scaling in (IMAGENET, PRESETS["caffe"]):
        made = scaling.apply(colors)
        back = made[..., ::-1] if scaling.order == "BGR" else made
        assert np.allclose(back, (colors - np.array(scaling.mean)) / np.array(scaling.std), atol=1e-3)


def test_what_the_model_does_itself_is_seen(tmp_path):
    nodes = [node("Div", ["x", "d"], ["s"]), node("Relu", ["s"], ["y"])]
    given = model(nodes, {"x": (1, 3, 8, 8)}, {"y": (1, 3, 8, 8)}, {"d": np.array(255.0, np.float32)})
    shown = network(save(tmp_path, given))
    assert scaling_of(shown).name == "0-255" and "divides by 255" in scaling_of(shown).says()
    _, ran = run_file(SAMPLES / "pictures/apple.png", shown)
    assert ran.values["y"].max() <= 1.0 and ran.values[shown.inputs[0].name].max() > 100
