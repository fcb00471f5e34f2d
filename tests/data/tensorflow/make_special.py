# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes an LSTM of integers and an operator of MediaPipe's as TensorFlow Lite files, and adds to values.npz what
TensorFlow makes of them: python make_special.py, after make_tensorflow.py (TensorFlow 2.12.1)."""

from pathlib import Path

import flatbuffers
import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

HERE = Path(__file__).resolve().parent
CHANCE = np.random.default_rng(4)


def lstm_int8() -> tuple[np.ndarray, np.ndarray]:
    """Fused by the converter, with states of 16 bits, and limits of 10 for them."""
    tf.keras.utils.set_random_seed(1)
    x = tf.keras.Input((12, 4), batch_size=1)
    model = tf.keras.Model(x, tf.keras.layers.Dense(3)(tf.keras.layers.LSTM(8)(x)))
    samples = CHANCE.normal(size=(32, 1, 12, 4)).astype(np.float32)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([sample] for sample in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    data = converter.convert()
    (HERE / "lstm_int8.tflite").write_bytes(data)
    run = tf.lite.Interpreter(model_content=data)
    run.allocate_tensors()
    run.set_tensor(run.get_input_details()[0]["index"], samples[0])
    run.invoke()
    return samples[0], run.get_tensor(run.get_output_details()[0]["index"])


def transposed_with_bias() -> tuple[np.ndarray, np.ndarray]:
    """Convolution2DTransposeBias, which MediaPipe registers: what TensorFlow's own operators give."""
    x, weight, bias = (CHANCE.normal(size=shape).astype(np.float32) for shape in ((1, 5, 6, 3), (4, 3, 2, 3), (4,)))
    expected = tf.nn.conv2d_transpose(x, weight.transpose(1, 2, 0, 3), (1, 10, 12, 4), 2, "SAME") + bias
    model, graph, code, call = schema.ModelT(), schema.SubGraphT(), schema.OperatorCodeT(), schema.OperatorT()
    model.version, model.description, model.buffers, model.subgraphs = 3, b"custom", [schema.BufferT()], [graph]
    code.builtinCode = schema.BuiltinOperator.CUSTOM
    code.deprecatedBuiltinCode, code.customCode, code.version = code.builtinCode, b"Convolution2DTransposeBias", 1
    model.operatorCodes, graph.name, graph.tensors = [code], b"main", []
    for name, shape, data in (
        ("x", x.shape, None),
        ("w", weight.shape, weight),
        ("b", (4,), bias),
        ("y", expected.shape, None),
    ):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = name.encode(), np.array(shape, np.int32), schema.TensorType.FLOAT32
        tensor.buffer = 0
        if data is not None:
            held = schema.BufferT()
            held.data = np.frombuffer(data.tobytes(), np.uint8)
            model.buffers.append(held)
            tensor.buffer = len(model.buffers) - 1
        graph.tensors.append(tensor)
    call.opcodeIndex, call.inputs, call.outputs = 0, np.array([0, 1, 2], np.int32), np.array([3], np.int32)
    call.customOptions = np.frombuffer(np.array([1, 2, 2], "<i4").tobytes(), np.uint8)
    graph.operators, graph.inputs, graph.outputs = [call], np.array([0], np.int32), np.array([3], np.int32)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    (HERE / "transposed_float.tflite").write_bytes(bytes(builder.Output()))
    return x, expected.numpy()


VALUES = dict(np.load(HERE / "values.npz"))
for name, make in (("lstm_int8", lstm_int8), ("transposed_float", transposed_with_bias)):
    VALUES[f"{name}.tflite/in0"], VALUES[f"{name}.tflite/out0"] = make()
np.savez_compressed(HERE / "values.npz", **VALUES)
