# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later

"""Derivatives beside plain runs, pruning beside chance, training."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "tests/data/crossformat/mnist5k_split.npz"
CNN = ROOT / "sample_models/digits_cnn.onnx"
TRAINED = ROOT / "tests/data/crossformat/mnist_cnn.keras"
TORCH = ROOT / "build/torch/bin/python"  # of an environment with PyTorch, where somebody has made one
ROUNDS = 5
PICTURES, EPOCHS, BATCH = 960, 4, 8


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
    """Pictures a second of an epoch of the digits CNN, alone and beside PyTorch's of the same network."""
    from bench import row
    from neuroscene.addon import training as room
    from neuroscene.addon.network import summarise
    from neuroscene.addon.structure import open_checkpoint

    held = np.load(DIGITS)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.npz"
        x, y = held["x_test"], held["y_test"]
        np.savez(data, x_train=x[:PICTURES], y_train=y[:PICTURES], x_test=x[PICTURES:], y_test=y[PICTURES:])
        network = summarise(open_checkpoint(CNN))
        samples = room.load(data, network)
        begin = time.perf_counter()
        _finish(room.train(network, samples, Path(folder) / "run", room.Options(epochs=EPOCHS)))
        seconds = time.perf_counter() - begin
        peer = _of_pytorch(data)
    speed = EPOCHS * PICTURES / seconds
    name = "training the digits CNN"
    rows = [row(name, speed, "pictures/s", "the bound alone, checkpoints and tests with it", 500.0, least=True)]
    if peer is not None:
        said = f"PyTorch, without checkpoints and tests ({peer:,.0f} pictures/s)"
        rows.append(row(f"{name}, to PyTorch", speed / peer, "x", said, 0.7, least=True))
    return rows


def _of_pytorch(data: Path) -> float | None:
    """Pictures a second of PyTorch, None where there is none; of so large a package the project has no need else."""
    if not TORCH.exists():
        print(f"skipped: training beside PyTorch, for there is none in {TORCH.parents[1]}", file=sys.stderr)
        return None
    command = [str(TORCH), str(Path(__file__).parent / "by_torch.py"), str(data), str(EPOCHS)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def training_memory(path: str) -> list[dict]:
    """The peak of a process that trains ResNet-18 with Adam, above what it took before."""
    import onnx
    from memory import peak

    from bench import row
    from neuroscene.addon import training as room
    from neuroscene.addon.network import summarise
    from neuroscene.addon.structure import open_checkpoint

    chance = np.random.default_rng(0)
    x, y = chance.standard_normal((4 * BATCH, 3, 224, 224), np.float32), chance.integers(0, 1000, 4 * BATCH)
    network = summarise(open_checkpoint(path))
    model = onnx.shape_inference.infer_shapes(network.checkpoint.model)  # without numbers
    given = [value.type.tensor_type.shape.dim for value in (*model.graph.value_info, *model.graph.output)]
    sizes = [np.prod([size.dim_value or BATCH for size in shape]) for shape in given]
    activations = 4 * int(sum(sizes))
    weights = 4 * sum(int(np.prod(tensor.dims)) for tensor in model.graph.initializer)
    before = peak()
    with tempfile.TemporaryDirectory() as folder:
        samples = room.DataSet(x, y, x[:BATCH], y[:BATCH])
        _finish(room.train(network, samples, Path(folder) / "run", room.Options(epochs=1, batch=BATCH)))
    taken = peak() - before
    said = f"activations {activations / 1e6:.0f} MB + 3 x weights {weights / 1e6:.0f} MB (taken {taken / 1e6:.0f} MB)"
    name = f"peak memory of training ResNet-18 with Adam at batch {BATCH}"
    return [row(name, taken / (activations + 3 * weights), "x", said, 1.5)]
