# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the data of the teaching samples and train them with Neuroscene's own `train`, on two cores in a few minutes.

Writes points/spiral.npz, points/moons.npz, letters/sorting.npz; spiral_shallow.onnx, spiral_deep.onnx,
moons_shallow.onnx, digits_autoencoder.onnx, letters_sorter.onnx; and an input for each.

Usage: python train_teaching.py [NAME ...], with Neuroscene installed
"""

import itertools
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from PIL import Image, ImageDraw, ImageFont

from neuroscene.addon.composing import compose, template
from neuroscene.addon.containers.stepping import finish
from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from neuroscene.addon.training import Options, load, plotted, train

SEED = 2026
HERE = Path(__file__).parent
SHOWN = "CBABBC"  # the letters that the sorter is shown with
TURNS, SIZE, NOISE = 2.0, 5.0, 0.02  # of an arm of the spiral; its radius; of each point, in radii
MOONS_NOISE = 0.1
TRAIN, TEST = 800, 400  # points
ICON = 160  # pixels of a side


def spiral(count, random):
    """Two arms that wind round one another, from -5 to 5: points (count, 2) float32 and arms (count,)."""
    arm = np.arange(count) % 2
    along = np.sqrt(random.uniform(0.02, 1, count))
    angle = 2 * np.pi * TURNS * along + np.pi * arm
    points = 0.95 * along[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    return SIZE * (points + random.normal(0, NOISE, (count, 2))).astype(np.float32), arm.astype(np.uint8)


def moons(count, random):
    """Two half circles that reach into one another, from -5 to 5: points (count, 2) float32 and moons (count,)."""
    moon = np.arange(count) % 2
    angle = np.pi * random.uniform(0, 1, count)
    x = np.where(moon, 1 - np.cos(angle), np.cos(angle)) - 0.5
    y = np.where(moon, 0.5 - np.sin(angle), np.sin(angle)) - 0.25
    points = np.stack([x, y], 1) + random.normal(0, MOONS_NOISE, (count, 2))
    return (SIZE / 1.75 * points).astype(np.float32), moon.astype(np.uint8)


def draw_points(name, draw):
    """Write points/NAME.npz, to train on and to test."""
    random = np.random.default_rng(SEED)
    (x_train, y_train), (x_test, y_test) = draw(TRAIN, random), draw(TEST, random)
    path = HERE / f"points/{name}.npz"
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(path, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def draw_letters():
    """Write letters/sorting.npz: all 729 texts of six letters, a fifth of them held out.

    A sample is the text and the first five letters of the sorted one; what is right at a place is the letter that comes
    next, which nobody asks for within the text (-1).
    """
    texts = np.array(list(itertools.product(range(3), repeat=6)), np.int64)
    np.random.default_rng(SEED).shuffle(texts)
    ordered = np.sort(texts, 1)
    x = np.concatenate([texts, ordered[:, :5]], 1)
    y = np.concatenate([np.full((len(texts), 5), -1), ordered], 1)
    held = len(texts) // 5
    parts = {"x_train": x[held:], "y_train": y[held:], "x_test": x[:held], "y_test": y[:held]}
    np.savez_compressed(HERE / "letters/sorting.npz", **{name: part.astype(np.int8) for name, part in parts.items()})


def shown(session, name, x):
    return session.run(None, {name: x})[0]


def sorts(session, texts):
    """The texts (n, 6) as the network sorts them, which reads on what it has said itself."""
    given = np.concatenate([texts, np.zeros((len(texts), 5), np.int64)], 1)
    for place in range(6):
        said = shown(session, "tokens_in", given)[:, 5 + place].argmax(-1)
        if place < 5:
            given[:, 6 + place] = said
    return np.concatenate([given[:, 6:], said[:, None]], 1)


def nearest_class(codes, classes, tested, right, count=15):
    """The share of codes whose nearest neighbors are mostly of their class."""
    away = ((tested[:, None] - codes[None]) ** 2).sum(2)
    near = classes[np.argsort(away, 1)[:, :count]]
    said = np.array([np.bincount(row, minlength=10).argmax() for row in near])
    return float((said == right).mean())


def of_two_components(train_x, test_x):
    """The mean square error of the two best linear numbers (Pearson 1901) on samples (n, ...)."""
    flat, held = train_x.reshape(len(train_x), -1), test_x.reshape(len(test_x), -1)
    mean = flat.mean(0)
    _, _, axes = np.linalg.svd(flat - mean, full_matrices=False)
    back = (held - mean) @ axes[:2].T @ axes[:2] + mean
    return float(((held - back) ** 2).mean())


def fast(epochs, batch, rate):
    return Options(epochs=epochs, batch=batch, rate=rate, schedule="cosine")


SAMPLES = {  # file -> template, data, settings
    "spiral_shallow": ("spiral-shallow", "points/spiral.npz", fast(200, 50, 0.01)),
    "spiral_deep": ("spiral-deep", "points/spiral.npz", fast(200, 50, 0.01)),
    "moons_shallow": ("spiral-shallow", "points/moons.npz", fast(40, 50, 0.01)),
    "digits_autoencoder": ("autoencoder", "digits/digits.npz", fast(100, 50, 0.002)),
    "letters_sorter": ("sorter", "letters/sorting.npz", fast(120, 32, 0.003)),
}


def learn(name, seed=0):
    """Train a sample and write NAME.onnx with what was measured on samples that it has never seen."""
    chosen, data_file, options = SAMPLES[name]
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        start = Path(folder) / f"{name}.onnx"
        start.write_bytes(compose(template(chosen, seed)).model.SerializeToString())
        network = summarise(open_checkpoint(start))
        data = load(HERE / data_file, network, reconstruct=chosen == "autoencoder")
        done = finish(train(network, data, Path(folder) / "run", options))
        last = done[-1]
        written = onnx.load(Path(folder) / "run" / last.file)
        shutil.rmtree(Path(folder) / "run")
    path = HERE / f"{name}.onnx"
    told = {"held_out_loss": f"{last.loss:.4f}"} if last.accuracy is None else {}
    if last.accuracy is not None:
        told["held_out_accuracy"] = f"{last.accuracy:.4f}"
    session = onnxruntime.InferenceSession(written.SerializeToString())
    if chosen == "sorter":
        right = (sorts(session, data.x_test[:, :6]) == np.sort(data.x_test[:, :6], 1)).all(1)
        told["held_out_texts_sorted"] = f"{right.mean():.4f}"
    if chosen == "autoencoder":
        with_code = onnx.ModelProto()
        with_code.CopyFrom(written)
        with_code.graph.output.append(onnx.helper.make_empty_tensor_value_info("code"))
        both = onnxruntime.InferenceSession(with_code.SerializeToString())
        codes, held = (both.run(["code"], {"image": x})[0] for x in (data.x_train, data.x_test))
        back = shown(session, "image", data.x_test)
        arrays = np.load(HERE / data_file)
        told["held_out_loss"] = f"{((back - data.x_test) ** 2).mean():.4f}"
        told["held_out_loss_of_two_principal_components"] = f"{of_two_components(data.x_train, data.x_test):.4f}"
        near = nearest_class(codes, arrays["y_train"], held, arrays["y_test"])
        told["held_out_nearest_class_of_code"] = f"{near:.4f}"
    known = {entry.key: entry.value for entry in written.metadata_props}
    onnx.helper.set_model_props(written, known | told | {"license": "CC0-1.0"})
    written.producer_name, written.producer_version = "neuroscene", ""
    onnx.save(written, path)
    weights = sum(int(np.prod(tensor.dims)) for tensor in written.graph.initializer if tensor.data_type == 1)
    print(f"{path.name}: {weights:,} weights, {json.dumps(told)}, {time.perf_counter() - begin:.0f} s", flush=True)


def on_paper(points, colors, low, high, ground):
    """A picture of points (n, 2) with their colors (n, 3), 0 to 1, on a ground (size, size, 3)."""
    pixels = np.clip(255 * ground, 0, 255).astype(np.uint8)
    picture = Image.fromarray(pixels).resize((4 * ICON, 4 * ICON), Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(picture)
    places = (points - low) / (np.asarray(high) - low) * [1, -1] + [0, 1]
    for (x, y), color in zip(4 * ICON * places, colors, strict=True):
        pen.ellipse([x - 7, y - 7, x + 7, y + 7], tuple(int(255 * part) for part in color))
    return picture.resize((ICON, ICON), Image.Resampling.LANCZOS)


def icon(name):
    """Write points/NAME.png: what the network says of every point, or where it puts the test samples."""
    chosen, data_file, _ = SAMPLES[name]
    network = summarise(open_checkpoint(HERE / f"{name}.onnx"))
    found = plotted.samples(HERE / data_file, network)
    if chosen == "autoencoder":
        points = plotted.values(network, "code", found.x)
        low, high = plotted.edges([points])
        ground, count = np.full((1, 1, 3), 0.05), 10
    else:
        points = found.x
        high = plotted.reach(points)
        low, count = -high, 2
        side = plotted.ACROSS
        ground = plotted.color_of_shares(plotted.surface(network, high))[:, :3].reshape(side, side, 3)
    colors = plotted.color_of_samples(found, count)[:, :3]
    on_paper(points, colors, low, high, ground).save(HERE / f"points/{name}.png", optimize=True)


def icon_of_letters():
    """Write letters/sorting.png: the text that is shown, and what it is when sorted."""
    picture = Image.new("RGB", (ICON, ICON), (13, 15, 24))
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(26)
    colors = {"A": (120, 220, 205), "B": (245, 190, 90), "C": (190, 150, 255)}
    for row, text in enumerate((SHOWN, "".join(sorted(SHOWN)))):
        for place, letter in enumerate(text):
            pen.text((16 + 25.6 * place, 52 + 56 * row), letter, colors[letter], font, anchor="mm")
    picture.save(HERE / "letters/sorting.png", optimize=True)


def main():
    draw_points("spiral", spiral)
    draw_points("moons", moons)
    draw_letters()
    np.save(HERE / "points/point.npy", np.array([[2.0, 1.0]], np.float32))
    text = np.array([["ABC".index(letter) for letter in SHOWN]], np.int64)
    np.save(HERE / "letters/sorting.npy", np.concatenate([text, np.sort(text, 1)[:, :5]], 1))
    icon_of_letters()
    for name in sys.argv[1:] or SAMPLES:
        learn(name)
        if name != "letters_sorter":
            icon(name)


if __name__ == "__main__":
    main()
