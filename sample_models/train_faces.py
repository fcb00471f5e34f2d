# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw faces that are happy, sad or surprised, and train a small network to tell by the mouth, with Neuroscene's own
`train`.

Eyes, brows, hair, skin, place, size and light are drawn at random for every mood alike: the mouth alone says what is
right, so one can see whether an explanation finds it. Writes faces_cnn.onnx and a picture of each mood in faces/.

Usage: python train_faces.py, with Neuroscene installed
"""

import json
import tempfile
import time
from math import pi
from pathlib import Path

import numpy as np
import onnx
from PIL import Image, ImageFilter

from draw_pictures import FINE, SIZE, Pen
from neuroscene.addon.composing import compose, parse
from neuroscene.addon.containers.stepping import finish
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from neuroscene.addon.training import Options, load, train

HERE = Path(__file__).parent
SMALL = 64  # pixels of a side
MOODS = ("happy", "sad", "surprised")
TRAIN, TEST = 2400, 600  # faces
SHOWN = 900_000  # the seed of the pictures that are shipped


def _block(number, maps):
    return [
        {"name": f"conv{number}", "op": "Conv", "units": maps, "padding": 1},
        {"name": f"norm{number}", "op": "BatchNormalization", "activation": "Relu"},
    ]


SPECIFICATION = {
    "name": "faces_cnn",
    "seed": 2026,
    "input": {"name": "face", "shape": [3, SMALL, SMALL]},
    "classes": list(MOODS),
    "layers": [
        *_block(1, 8),
        {"name": "pool1", "op": "MaxPool"},
        *_block(2, 16),
        {"name": "pool2", "op": "MaxPool"},
        *_block(3, 24),
        *_block(4, 24),
        {"name": "mean", "op": "GlobalAveragePool"},
        {"name": "mood", "op": "Dense", "units": len(MOODS), "activation": "Softmax"},
    ],
}


def face(mood: int, seed: int) -> np.ndarray:
    """A face of MOODS[mood], uint8 of shape (64, 64, 3)."""
    pen = Pen(np.random.default_rng([seed, mood]))
    random = pen.random
    pen.turn *= 0.5
    pen.scale = random.uniform(0.36, 0.44)
    skin = pen.color(0.85, 0.62, 0.45, 0.2)
    dark = np.array([0.13, 0.09, 0.09])
    hair = pen.any_color() * random.uniform(0.3, 1.0)
    wide = random.uniform(0.72, 0.86)
    pen.oval(0, 0.16, wide * 1.12, 1.02, hair, 0.0, -0.15, pi + 0.15)
    pen.oval(0, 0, wide, 0.98, skin)
    pen.oval(0, 0.34, wide * 0.98, 0.68, hair, 0.0, 0.25 * pi, 0.75 * pi)
    apart, high = random.uniform(0.28, 0.38), random.uniform(0.08, 0.2)
    open_ = random.uniform(0.05, 0.16)
    tilt = random.uniform(-0.12, 0.12)
    look = random.uniform(-0.05, 0.05)
    for side in (-1, 1):
        pen.oval(side * apart, high, 0.15, open_ + 0.03, np.array([0.96, 0.96, 0.94]))
        pen.oval(side * apart + look, high, 0.075, min(0.09, open_), dark)
        brow = high + 0.22 + random.uniform(-0.02, 0.05)
        pen.line([(side * (apart - 0.15), brow - tilt), (side * (apart + 0.15), brow + tilt)], 0.055, hair * 0.5)
    pen.line([(0.0, high - 0.08), (0.06, -0.16), (-0.03, -0.19)], 0.04, skin * 0.7)
    _mouth(pen, mood, skin)
    image = pen.image.filter(ImageFilter.GaussianBlur(FINE * 0.8)).resize((SMALL, SMALL), Image.Resampling.BOX)
    return np.asarray(image)


def _mouth(pen, mood, skin):
    random = pen.random
    lips = np.clip(skin * [0.85, 0.4, 0.42], 0, 1)
    wide, place = random.uniform(0.24, 0.38), random.uniform(-0.56, -0.48)
    if MOODS[mood] == "surprised":
        pen.oval(0, place, random.uniform(0.12, 0.17), random.uniform(0.15, 0.2), lips)
        pen.oval(0, place, 0.085, 0.11, np.array([0.2, 0.05, 0.06]))
        return
    bend = random.uniform(0.12, 0.2) * (1 if MOODS[mood] == "happy" else -1)
    across = np.linspace(-1, 1, 15)
    pen.line([(wide * x, place + bend * (x * x - 0.5)) for x in across], 0.085, lips)


def faces(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Faces (count, 3, 64, 64) float32, 0 to 1, and their moods (count,)."""
    moods = np.arange(count) % len(MOODS)
    drawn = np.stack([face(int(mood), seed + number) for number, mood in enumerate(moods)])
    return (drawn.transpose(0, 3, 1, 2) / np.float32(255)).astype(np.float32), moods.astype(np.uint8)


def main():
    assert SIZE >= SMALL
    begin = time.perf_counter()
    (HERE / "faces").mkdir(exist_ok=True)
    for mood, name in enumerate(MOODS):
        Image.fromarray(face(mood, SHOWN)).save(HERE / "faces" / f"{name}.png", optimize=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (x_train, y_train), (x_test, y_test) = faces(TRAIN, 0), faces(TEST, TRAIN)
        np.savez(folder / "faces.npz", x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
        start = folder / "faces_cnn.onnx"
        start.write_bytes(compose(parse(SPECIFICATION)).model.SerializeToString())
        network = summarise(open_checkpoint(start))
        options = Options(epochs=20, batch=24, rate=0.004, schedule="cosine")
        done = finish(train(network, load(folder / "faces.npz", network), folder / "run", options))
        written = onnx.load(folder / "run" / done[-1].file)
    told = {"held_out_accuracy": f"{done[-1].accuracy:.4f}", "license": "CC0-1.0"}
    known = {entry.key: entry.value for entry in written.metadata_props}
    onnx.helper.set_model_props(written, known | told)
    written.producer_name, written.producer_version = "neuroscene", ""
    onnx.save(written, HERE / "faces_cnn.onnx")
    print(f"faces_cnn.onnx: {json.dumps(told)}, {time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
