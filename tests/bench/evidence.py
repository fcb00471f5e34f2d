# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derivatives beside plain runs, pruning beside chance, training."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "tests/data/crossformat/mnist5k_split.npz"
CNN = ROOT / "sample_models/digits_cnn.onnx"
TRAINED = ROOT / "tests/data/crossformat/mnist_cnn.keras"
ROUNDS = 5


def _fastest(function) -> float:
    """Seconds of the fastest of some calls, after one that is not counted."""
    function()
    seconds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def _finish(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def evidence(path: str) -> list[dict]:
    """The rows of the bench for a model of one picture at `path`, and for the networks of digits."""
    import onnxruntime

    from bench import row
    from neuroscene.addon.attribution import prove, visualise
    from neuroscene.addon.attribution.methods import LEAST_STEPS
    from neuroscene.addon.gradients import derive
    from neuroscene.addon.inference import Runner
    from neuroscene.addon.network import summarise
    from neuroscene.addon.structure import open_checkpoint

    checkpoint = open_checkpoint(path)
    network = summarise(checkpoint)
    (spec,) = network.inputs
    inputs = {spec.name: np.random.default_rng(0).random([size or 1 for size in spec.shape]).astype(np.float32)}
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    plain = _fastest(lambda: session.run(None, inputs))
    runner = Runner(network)
    every = _fastest(lambda: runner.one(inputs))
    first = _fastest(lambda: Runner(network).one(inputs))
    output = network.outputs[0].name
    derivative = derive(checkpoint, inputs, output, [spec.name])
    seed = np.ones(derivative.shape)
    gradient = _fastest(lambda: derivative.run(inputs, seed))
    begin = time.perf_counter()
    for step in range(LEAST_STEPS):
        derivative.run({spec.name: inputs[spec.name] * np.float32((step + 0.5) / LEAST_STEPS)}, seed)
    integrated = time.perf_counter() - begin
    digits = summarise(open_checkpoint(CNN))
    begin = time.perf_counter()
    _finish(visualise(digits, "conv2", 3))
    feature = time.perf_counter() - begin
    trained = summarise(open_checkpoint(TRAINED))
    proofs = {by: _finish(prove(trained, DIGITS, 0.5, by)) for by in ("greedy", "taylor-iterative")}
    said = f"a plain run ({1000 * plain:.0f} ms)"
    return [
        row("all activations of ResNet-50, of a network that is open", every / plain, "x", said, 2.0),
        row("all activations of ResNet-50, opening it included", first / plain, "x", said, 3.0),
        row("derivative of ResNet-50 by its input", gradient / plain, "x", said, 4.0),
        row(f"integrated gradients of ResNet-50, {LEAST_STEPS} steps", integrated / plain, "x", said, 40.0),
        row("feature of one channel of the digits CNN", feature, "s", "the bound alone", 10.0),
        *(
            row(
                f"right with half of the units, ranked by {by} on other images",
                proof.accuracy,
                "",
                f"{proof.whole:.3f} with all, {np.mean(proof.chance):.3f} by chance",
                goal,
                least=True,
            )
            for (by, proof), goal in zip(proofs.items(), (0.92, 0.87), strict=True)
        ),
    ]


def training() -> list[dict]:
    """Pictures a second of an epoch of the digits CNN."""
    from bench import row
    from neuroscene.addon import training as room
    from neuroscene.addon.network import summarise
    from neuroscene.addon.structure import open_checkpoint

    held = np.load(DIGITS)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.npz"
        x, y = held["x_test"], held["y_test"]
        np.savez(data, x_train=x[:960], y_train=y[:960], x_test=x[960:], y_test=y[960:])
        network = summarise(open_checkpoint(CNN))
        samples = room.load(data, network)
        begin = time.perf_counter()
        _finish(room.train(network, samples, Path(folder) / "run", room.Options(epochs=4)))
        seconds = time.perf_counter() - begin
    speed = 4 * 960 / seconds
    return [
        row(
            "training the digits CNN",
            speed,
            "pictures/s",
            "the bound alone, checkpoints and tests with it",
            500.0,
            least=True,
        )
    ]
