# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small training in NumPy that writes a checkpoint after each epoch, at random moments and in random ways.

python trainer.py FOLDER FIRST LAST SEED [KILL]   KILL: an epoch in the middle of whose file the program ends
"""

import os
import sys
import time
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

SIZES = 16, 12, 4


def model(weights) -> bytes:
    names = [f"w{place}" for place in range(len(weights))]
    nodes = [
        helper.make_node("MatMul", ["x", "w0"], ["h"]),
        helper.make_node("Relu", ["h"], ["a"]),
        helper.make_node("MatMul", ["a", "w1"], ["y"]),
    ]
    given, made = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, size])
        for name, size in (("x", SIZES[0]), ("y", SIZES[2]))
    )
    stored = [onnx.numpy_helper.from_array(weight, name) for name, weight in zip(names, weights, strict=True)]
    graph = helper.make_graph(nodes, "mlp", [given], [made], stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def main(folder, first, last, seed, kill=-1):
    folder = Path(folder)
    chance = np.random.default_rng(seed)
    truth = np.random.default_rng(7)
    data = truth.normal(size=(256, SIZES[0])).astype(np.float32)
    wanted = np.tanh(data @ truth.normal(size=(SIZES[0], SIZES[2]))).astype(np.float32)
    weights = [
        (truth.normal(size=pair) / pair[0] ** 0.5).astype(np.float32) for pair in zip(SIZES, SIZES[1:], strict=False)
    ]
    for epoch in range(last + 1):
        hidden = np.maximum(data @ weights[0], 0)
        error = hidden @ weights[1] - wanted
        back = error @ weights[1].T * (hidden > 0)
        weights = [
            weights[0] - np.float32(0.05 / len(data)) * data.T @ back,
            weights[1] - np.float32(0.05 / len(data)) * hidden.T @ error,
        ]
        if epoch < first:
            continue
        time.sleep(float(chance.uniform(0.05, 0.5)))
        whole = model(weights)
        path = folder / f"epoch_{epoch:02d}.onnx"
        np.savez(folder.parent / f"truth_{epoch:02d}.npz", *weights)
        way = 2 if epoch == kill else chance.integers(3)
        if way == 0:  # beside it, then renamed
            part = path.with_suffix(".onnx.tmp")
            part.write_bytes(whole)
            part.replace(path)
            continue
        with path.open("wb") as file:
            pieces = 1 if way == 1 else 4
            for begin in np.array_split(np.arange(len(whole)), pieces):
                file.write(whole[begin[0] : begin[-1] + 1])
                file.flush()
                if epoch == kill:
                    os._exit(1)
                if pieces > 1:
                    time.sleep(float(chance.uniform(0.05, 0.3)))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
