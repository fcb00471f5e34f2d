# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes recurrent layers and a layer normalisation of Keras as SavedModels, and adds to values.npz what TensorFlow
makes of them: python make_recurrent.py, after make_tensorflow.py, once with TensorFlow 2.12.1 (Keras 2) and with 2.21.0
(Keras 3.15.1).

Functions that nothing calls, as those of gradients and of GPUs, are taken out of the files.
"""

import shutil
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

HERE = Path(__file__).resolve().parent
CHANCE = np.random.default_rng(0)
L = tf.keras.layers
KERAS2 = tf.keras.__version__.startswith("2")


def called(attributes) -> set[str]:
    """The functions that a node names."""
    held = {value.func.name for value in attributes.values() if value.HasField("func")}
    return held | {one.name for value in attributes.values() for one in value.list.func}


def stripped(path: Path) -> None:
    """Leave only the functions that the graph calls."""
    model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    graph = model.meta_graphs[0].graph_def
    functions = {function.signature.name: function for function in graph.library.function}
    wanted, ahead = set(), [name for node in graph.node for name in called(node.attr)]
    while ahead:
        name = ahead.pop()
        if name in functions and name not in wanted:
            wanted.add(name)
            ahead += [other for node in functions[name].node_def for other in called(node.attr)]
    kept = [function for name, function in functions.items() if name in wanted]
    del graph.library.function[:], graph.library.gradient[:], graph.library.registered_gradients[:]
    graph.library.function.extend(kept)
    model.meta_graphs[0].ClearField("object_graph_def") if not wanted else None
    path.write_bytes(model.SerializeToString())


def write(name: str, layers: list, x: np.ndarray) -> None:
    tf.keras.utils.set_random_seed(0)
    model = tf.keras.Sequential(layers)
    expected = model(x).numpy()
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save(folder) if KERAS2 else model.export(folder, verbose=False)
    for spare in ("assets", "keras_metadata.pb", "fingerprint.pb"):
        shutil.rmtree(folder / spare) if (folder / spare).is_dir() else (folder / spare).unlink(missing_ok=True)
    stripped(folder / "saved_model.pb")
    VALUES[f"{name}/in0"], VALUES[f"{name}/out0"] = x, expected


VALUES = dict(np.load(HERE / "values.npz"))
series = CHANCE.normal(size=(2, 7, 4)).astype(np.float32)
words = CHANCE.integers(0, 20, (2, 7)).astype(np.int32)
if KERAS2:
    both = L.Bidirectional(L.LSTM(5))
    write("keras2_lstm", [L.Input((None,), dtype="int32"), L.Embedding(20, 4), both, L.Dense(3)], words)
    write("keras2_gru", [L.Input((7, 4)), L.GRU(5, return_sequences=True), L.LayerNormalization(), L.GRU(3)], series)
else:
    steps = [L.GRU(5, return_sequences=True), L.SimpleRNN(6, activation="relu", return_sequences=True)]
    write("keras3_recurrent", [L.Input((7, 4)), *steps, L.Bidirectional(L.LSTM(4)), L.Dense(3)], series)
np.savez_compressed(HERE / "values.npz", **VALUES)
