# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the models of this folder and what TensorFlow computes for them: python make_tensorflow.py

TensorFlow 2.21.0, Keras 3.15.1, Python 3.11. Weights are random. Of each Keras model there is a SavedModel or
TensorFlow Lite files of every kind; values.npz holds inputs and outputs, those of a .tflite by its own interpreter.
"""

import os
import shutil
import tempfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

HERE = Path(__file__).resolve().parent
CHANCE = np.random.default_rng(0)
VALUES: dict[str, np.ndarray] = {}


def randomised(model):
    """Random weights; variances above 0."""
    model.set_weights(
        [
            np.abs(CHANCE.normal(0, 0.3, weight.shape)) + 0.5
            if "variance" in variable.path
            else CHANCE.normal(0, 0.3, weight.shape)
            if weight.ndim
            else weight
            for weight, variable in zip(model.get_weights(), model.weights, strict=True)
        ]
    )
    return model


def save(name, model, x, saved=True, kinds=("float", "dynamic", "int8", "int16")):
    """A model as a SavedModel and in these kinds of TensorFlow Lite."""
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, verbose=False)
        if saved:
            shutil.rmtree(HERE / name, ignore_errors=True)
            shutil.copytree(folder, HERE / name, ignore=shutil.ignore_patterns("fingerprint.pb", "assets"))
            VALUES[f"{name}/in0"], VALUES[f"{name}/out0"] = x, np.asarray(model(x, training=False))
        for kind in kinds:
            converter = tf.lite.TFLiteConverter.from_saved_model(folder)
            if kind != "float":
                converter.optimizations = [tf.lite.Optimize.DEFAULT]
            if kind in ("int8", "int16"):
                converter.representative_dataset = lambda: ([x[i : i + 1]] for i in range(len(x)))
            if kind == "int16":
                converter.target_spec.supported_ops = [
                    tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
                    tf.lite.OpsSet.TFLITE_BUILTINS,
                ]
            lite(f"{name}_{kind}.tflite", converter.convert(), x)


def lite(name, content, x):
    """A TensorFlow Lite file, and what its interpreter makes of x."""
    (HERE / name).write_bytes(content)
    interpreter = tf.lite.Interpreter(
        str(HERE / name),
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    detail = interpreter.get_input_details()[0]
    interpreter.resize_tensor_input(detail["index"], x.shape)
    interpreter.allocate_tensors()
    scale, zero = detail["quantization"]
    given = np.clip(np.round(x / scale) + zero, -128, 127) if detail["dtype"] == np.int8 else x
    interpreter.set_tensor(detail["index"], given.astype(detail["dtype"]))
    interpreter.invoke()
    detail = interpreter.get_output_details()[0]
    made = interpreter.get_tensor(detail["index"])
    if detail["dtype"] == np.int8:
        scale, zero = detail["quantization"]
        made = (made.astype(np.float32) - zero) * scale
    VALUES[f"{name}/in0"], VALUES[f"{name}/out0"] = x, made


def pictures():
    x = layers.Input((24, 20, 3))
    y = layers.Conv2D(8, 3, strides=2, padding="same")(x)
    y = layers.ReLU(6.0)(layers.BatchNormalization()(y))
    z = layers.Conv2D(8, 1, use_bias=False)(layers.DepthwiseConv2D(3, padding="same")(y))
    y = layers.ReLU()(layers.Add()([y, layers.BatchNormalization()(z)]))
    y = layers.MaxPooling2D(3, 2, padding="same")(y)
    a = layers.Conv2D(4, 3, dilation_rate=2, padding="same", activation="relu")(y)
    b = layers.AveragePooling2D(2, 1, padding="same")(y)
    y = layers.Conv2DTranspose(6, 3, strides=2, padding="same")(layers.Concatenate()([a, b]))
    y = layers.ZeroPadding2D(1)(layers.LeakyReLU(negative_slope=0.1)(y))
    y = layers.Conv2D(4, 3)(y)
    g = layers.Conv2D(4, 1, activation="sigmoid")(layers.GlobalAveragePooling2D(keepdims=True)(y))
    y = layers.Dense(7, activation="softmax")(layers.GlobalMaxPooling2D()(layers.Multiply()([y, g])))
    return randomised(keras.Model(x, y)), CHANCE.random((6, 24, 20, 3), dtype=np.float32)


def words():
    x = layers.Input((12,), dtype="int32")
    y = layers.Embedding(30, 16)(x)
    y = layers.LayerNormalization()(layers.Add()([y, layers.MultiHeadAttention(4, 4)(y, y)]))
    z = layers.Dense(16)(layers.Dense(32, activation="gelu")(y))
    y = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(layers.Add()([y, z])))
    y = layers.Dense(5, activation="softmax")(y)
    return randomised(keras.Model(x, y)), CHANCE.integers(0, 30, (6, 12)).astype(np.int32)


def series():
    x = layers.Input((16, 6))
    y = layers.MaxPooling1D(2)(layers.Conv1D(8, 3, padding="causal", activation="elu")(x))
    y = layers.SeparableConv1D(6, 3)(layers.Conv1D(8, 3, padding="same", activation="swish")(y))
    y = layers.Dense(64, activation="tanh")(layers.Flatten()(y))
    y = layers.Dense(3, activation="softplus")(y)
    return randomised(keras.Model(x, y)), CHANCE.random((6, 16, 6), dtype=np.float32)


def shapes():
    x = layers.Input((9, 9, 4))
    y = ops.image.resize(x, (14, 13)) + ops.image.resize(x, (14, 13), interpolation="nearest")
    y = ops.mean(y, axis=-1, keepdims=True) * y
    y = layers.Permute((2, 1, 3))(y)[:, 1:-1, ::2, :]
    y = ops.split(y, 2, axis=-1)
    y = ops.concatenate([y[1], ops.exp(y[0] * 0.1)], axis=-1)
    y = ops.clip(ops.max(y, axis=(1, 2)), -1.0, 2.7) + ops.sum(y, axis=(1, 2)) * 0.01
    return keras.Model(x, y), CHANCE.random((6, 9, 9, 4), dtype=np.float32)


def first_version():
    """A training graph of TensorFlow 1: a variable in parts, labels, dropout by a placeholder, a moving mean."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, (None, 6), "x")
        label = v1.placeholder(tf.int64, (None,), "label")
        training = v1.placeholder(tf.bool, (), "is_training")
        with v1.variable_scope("hidden", partitioner=v1.fixed_size_partitioner(3)):
            kernel = v1.get_variable("kernel", (6, 9), initializer=v1.random_normal_initializer(seed=1))
            kernel = tf.convert_to_tensor(kernel)
        bias = v1.get_variable("hidden/bias", (9,), initializer=v1.random_normal_initializer(seed=2))
        y = tf.nn.relu(tf.nn.bias_add(tf.matmul(x, kernel), bias))
        y = v1.cond(training, lambda: tf.nn.dropout(y, rate=0.5), lambda: tf.identity(y))
        kernel = v1.get_variable("scores/kernel", (9, 4), initializer=v1.random_normal_initializer(seed=3))
        logits = tf.matmul(y, kernel, name="scores/MatMul")
        scores = tf.nn.softmax(logits, name="scores/Softmax")
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=logits))
        v1.train.MomentumOptimizer(0.1, 0.9).minimize(loss, v1.train.get_or_create_global_step())
        v1.summary.scalar("loss", loss)
        session.run(v1.global_variables_initializer())
        given = CHANCE.random((6, 6), dtype=np.float32)
        VALUES["first.ckpt-0.index/in0"] = given
        VALUES["first.ckpt-0.index/out0"] = session.run(scores, {x: given, training: False})
        v1.train.Saver(sharded=False).save(session, str(HERE / "first.ckpt"), 0)
        reader = tf.train.load_checkpoint(str(HERE / "first.ckpt-0"))
        VALUES["first.ckpt-0.index/hidden/kernel"] = reader.get_tensor("hidden/kernel")
    (HERE / "checkpoint").unlink(missing_ok=True)


def main():
    save("pictures", *pictures(), kinds=("float", "dynamic", "int8"))
    save("words", *words(), kinds=("float", "int8"))
    save("series", *series(), saved=False)
    save("shapes", *shapes(), kinds=("float",))
    model, x = series()
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([x[i : i + 1]] for i in range(len(x)))
        converter.inference_input_type = converter.inference_output_type = tf.int8
        lite("series_whole_int8.tflite", converter.convert(), x)
    first_version()
    np.savez_compressed(HERE / "values.npz", **VALUES)


main()
