# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes fused LSTMs as TensorFlow Lite files, and in lstm.npz what its interpreter makes of them: python make_lstm.py

The converter fuses them for few models only, so that they are put together by its schema (TensorFlow 2.21.0).
"""

from pathlib import Path

import flatbuffers
import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

HERE = Path(__file__).resolve().parent
STEPS, BATCH, INPUTS, UNITS = 5, 2, 4, 6
GATES = ("input", "forget", "cell", "output")
VALUES = {}


def make(name, time_major, peepholes):
    chance = np.random.default_rng(1)
    graph, model, code, call = schema.SubGraphT(), schema.ModelT(), schema.OperatorCodeT(), schema.OperatorT()
    model.version, model.description, model.buffers, model.subgraphs = 3, b"lstm", [schema.BufferT()], [graph]
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.UNIDIRECTIONAL_SEQUENCE_LSTM
    code.version, model.operatorCodes, graph.name, graph.tensors = 1, [code], b"main", []

    def tensor(name, shape, data=None, variable=False):
        made = schema.TensorT()
        made.name, made.shape, made.type, made.isVariable, made.buffer = (
            name, np.array(shape, np.int32), schema.TensorType.FLOAT32, variable, 0,
        )  # fmt: skip
        if data is not None:
            held = schema.BufferT()
            held.data = np.frombuffer(data.astype("<f4").tobytes(), np.uint8)
            model.buffers.append(held)
            made.buffer = len(model.buffers) - 1
        graph.tensors.append(made)
        return len(graph.tensors) - 1

    def weight(name, *shape):
        return tensor(name, shape, chance.normal(size=shape) * 0.5)

    outer = (STEPS, BATCH) if time_major else (BATCH, STEPS)
    inputs = [tensor("x", (*outer, INPUTS))]
    inputs += [weight(f"inner_{gate}", UNITS, INPUTS) for gate in GATES]
    inputs += [weight(f"recurrent_{gate}", UNITS, UNITS) for gate in GATES]
    inputs += [weight(f"peephole_{gate}", UNITS) if peepholes else -1 for gate in ("input", "forget", "output")]
    inputs += [weight(f"bias_{gate}", UNITS) for gate in GATES]
    inputs += [-1, -1, tensor("h", (BATCH, UNITS), variable=True), tensor("c", (BATCH, UNITS), variable=True)]
    inputs += [-1] * 4
    output = tensor("y", (*outer, UNITS))
    call.opcodeIndex, call.inputs, call.outputs = 0, np.array(inputs, np.int32), np.array([output], np.int32)
    call.builtinOptionsType = schema.BuiltinOptions.UnidirectionalSequenceLSTMOptions
    call.builtinOptions = schema.UnidirectionalSequenceLSTMOptionsT()
    call.builtinOptions.fusedActivationFunction = schema.ActivationFunctionType.TANH
    call.builtinOptions.timeMajor = time_major
    graph.operators, graph.inputs, graph.outputs = [call], np.array([0], np.int32), np.array([output], np.int32)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    data = bytes(builder.Output())
    (HERE / name).write_bytes(data)
    run = tf.lite.Interpreter(model_content=data)
    run.allocate_tensors()
    VALUES[f"{name}/in0"] = chance.normal(size=(*outer, INPUTS)).astype(np.float32)
    run.set_tensor(run.get_input_details()[0]["index"], VALUES[f"{name}/in0"])
    run.invoke()
    VALUES[f"{name}/out0"] = run.get_tensor(run.get_output_details()[0]["index"])


make("lstm_steps.tflite", True, False)
make("lstm_peepholes.tflite", False, True)
np.savez_compressed(HERE / "lstm.npz", **VALUES)
