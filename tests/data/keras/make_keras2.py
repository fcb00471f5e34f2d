# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Models of Keras 2, of its first years and of its last.

    python make_keras2.py

wrote keras2_2_* with Keras 2.2.4, TensorFlow 1.15.5 and Python 3.7.16, and keras2_15_* with TensorFlow 2.15.1, its
Keras 2.15 and Python 3.11.7, and keras2_21_* with TensorFlow 2.21.0 and tf_keras 2.21.0; see make_keras.py for what
is in them.
"""

import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf

OLD, LAST = tf.__version__.startswith("1."), tf.__version__.startswith("2.21")
if OLD:
    from keras import layers
    from keras.models import Model, Sequential
elif LAST:
    from tf_keras import Model, Sequential, layers
else:
    from tensorflow.keras import Model, Sequential, layers

HERE = os.path.dirname(os.path.abspath(__file__))
RANDOM = np.random.RandomState(7)
PREFIX, SUFFIXES = (
    ("keras2_2", [".h5"]) if OLD else ("keras2_21", [".keras", ".h5"]) if LAST else ("keras2_15", [".keras"])
)


def settle(model):
    for layer in model.layers:
        if hasattr(layer, "layers"):
            settle(layer)
            continue
        numbers = layer.get_weights()
        for index, weight in enumerate(layer.weights):
            positive = "variance" in weight.name
            numbers[index] = 0.3 + RANDOM.rand(*weight.shape) if positive else RANDOM.randn(*weight.shape) * 0.4
        layer.set_weights(numbers)


def save(name, model, kept):
    """`kept` are tensors by the name of the call that gives them."""
    settle(model)
    given = {
        one.name.split(":")[0]: RANDOM.randn(2, *[int(size) for size in one.shape[1:]]).astype("float32")
        for one in model.inputs
    }
    if "words" in given:
        given["words"] = RANDOM.randint(0, 9, (2, 5)).astype("float32")
    values = Model(model.inputs, list(kept.values())).predict(list(given.values()))
    values = values if isinstance(values, list) else [values]
    path = os.path.join(HERE, PREFIX + "_" + name)
    for suffix in SUFFIXES:
        model.save(path + suffix)
    numbers = {"in/" + key: value for key, value in given.items()}
    numbers.update(zip(kept, values))  # noqa: B905
    np.savez_compressed(path + ".npz", **numbers)


def several():
    """Recurrent layers, maps, and what only older versions have."""
    words, steps, image = (
        layers.Input((5,), name="words"),
        layers.Input((5, 3), name="steps"),
        layers.Input((6, 7, 4), name="image"),
    )
    x = layers.Embedding(9, 4, name="embedding")(words)
    made = {
        "embedding": x,
        "lstm": layers.LSTM(4, name="lstm")(x),
        "lstm_hard": layers.LSTM(4, recurrent_activation="hard_sigmoid", return_sequences=True, name="lstm_hard")(x),
        "gru": layers.GRU(4, name="gru")(x),
        "gru_before": layers.GRU(4, reset_after=False, name="gru_before")(x),
        "gru_after": layers.GRU(4, reset_after=True, recurrent_activation="sigmoid", name="gru_after")(x),
        "simple": layers.SimpleRNN(4, name="simple")(x),
        "both": layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both")(x),
        "both_sum": layers.Bidirectional(layers.GRU(3), merge_mode="sum", name="both_sum")(x),
        "each": layers.TimeDistributed(layers.Dense(3, activation="relu"), name="each")(x),
        "hard": layers.Activation("hard_sigmoid", name="hard")(x),
        "elu": layers.ELU(0.5, name="elu")(x),
        "leaky": layers.LeakyReLU(0.2, name="leaky")(x),
        "causal": layers.Conv1D(4, 2, padding="causal", name="causal")(steps),
        "separable1d": layers.SeparableConv1D(4, 2, name="separable1d")(steps),
        "separable": layers.SeparableConv2D(5, 3, depth_multiplier=2, padding="same", name="separable")(image),
        "depthwise": layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise")(image),
        "transposed": layers.Conv2DTranspose(5, 3, strides=2, padding="same", name="transposed")(image),
        "bn": layers.BatchNormalization(name="bn")(image),
        "prelu": layers.PReLU(shared_axes=[1, 2], name="prelu")(image),
        "mean": layers.AveragePooling2D(3, strides=2, padding="same", name="mean")(image),
        "dot": layers.Dot(2, name="dot")([x, layers.Dense(4, name="four")(steps)]),
    }
    if OLD:
        del made["hard"], made["leaky"]
    else:
        made["heads"] = layers.MultiHeadAttention(2, 3, name="heads")(x, x)
        made["norm"] = layers.LayerNormalization(name="norm")(x)
        made["luong"] = layers.Attention(name="luong")([x, x])
        made["tf.math.multiply"] = made["norm"] * 2.0
        made["tf.__operators__.add"] = made["norm"] + made["heads"]
        made["tf.nn.relu"] = tf.nn.relu(made["tf.math.multiply"])
        made["tf.__operators__.getitem"] = made["norm"][:, 1:, -1]
        made["tf.math.reduce_mean"] = tf.reduce_mean(made["norm"], axis=[1])
    save("several", Model([words, steps, image], list(made.values())), made)


def structure():
    """Shared layers, models in models, several inputs and outputs; one inner layer is frozen."""
    tower = Sequential(
        [
            layers.Conv2D(4, 3, name="conv", activation="relu", input_shape=(8, 8, 2)),
            layers.BatchNormalization(name="bn"),
            layers.GlobalAveragePooling2D(name="pool"),
        ],
        name="tower",
    )
    inner = layers.Input((4,), name="inner")
    y = layers.Dense(4, activation="relu", name="fc", trainable=False)(inner)
    body = Model(inner, [layers.Add(name="join")([inner, y]), layers.Dense(3, name="side")(y)], name="body")
    left, right = layers.Input((8, 8, 2), name="left"), layers.Input((8, 8, 2), name="right")
    shared = layers.Dense(4, name="shared")
    one, other = shared(tower(left)), shared(tower(right))
    a, b = body(one), body(other)
    merged = layers.Concatenate(name="merged")([a[0], b[0], a[1]])
    first = layers.Dense(2, activation="softmax", name="first")(merged)
    second = layers.Dense(1, name="second")(b[1])
    save(
        "structure",
        Model([left, right], [first, second]),
        {"shared": one, "shared@1": other, "merged": merged, "first": first, "second": second},
    )


def functions():
    """Functions of TensorFlow between layers, names with a slash, and a layer without a writer before a dense one."""
    image = layers.Input((6, 6, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same", name="Stem/Conv")(image)
    x = layers.BatchNormalization(name="Stem/Conv/BatchNorm")(x)
    found = [
        tf.image.resize(x, (9, 8)),
        tf.concat([x, x * 2], -1),
        *tf.split(x, 2, axis=-1),
        tf.unstack(x, axis=1)[0],
        tf.clip_by_value(x, -0.3, 0.4),
        tf.math.l2_normalize(x, axis=-1),
        tf.transpose(x, [0, 2, 1, 3]),
        tf.tile(x, [1, 2, 1, 1]),
        tf.pad(x, [[0, 0], [1, 0], [0, 2], [0, 0]]),
        tf.gather(x, [2, 0], axis=2),
        tf.where(x > 0.1, x, tf.zeros_like(x)),
        tf.one_hot(tf.argmax(x, -1), 4),
        tf.cumsum(x, 1),
        tf.reverse(x, [1]),
        tf.math.reduce_std(x, 1),
        tf.math.reduce_variance(x, [1, 2]),
        tf.nn.leaky_relu(x, 0.3),
        tf.math.log1p(tf.abs(x)),
        tf.math.reduce_logsumexp(x, -1),
        tf.stop_gradient(x),
        tf.norm(x, axis=-1),
    ]
    kept = {"Stem/Conv": x.node.layer.input, "Stem/Conv/BatchNorm": x}
    for one in found:
        kept.setdefault(one.node.layer.name, one)
    save("functions", Model(image, list(kept.values())), kept)


def local():
    x, image = layers.Input((9, 2), name="x"), layers.Input((5, 6, 2), name="image")
    kept = {
        "line": layers.LocallyConnected1D(3, 3, strides=2, activation="relu", name="line")(x),
        "maps": layers.LocallyConnected2D(3, (2, 3), strides=(1, 2), name="maps")(image),
    }
    save("local", Model([x, image], list(kept.values())), kept)


class Wide(layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=(int(shape[-1]), 7))

    def call(self, x):
        return tf.matmul(x, self.kernel)


def own():
    """A class of one's own that gives other sizes than it reads."""
    x = layers.Input((5,), name="x")
    after = layers.Dense(2, name="after")(Wide(name="wide")(x))
    save("own", Model(x, layers.Dense(3, name="last")(after)), {"after": after})


if __name__ == "__main__":
    for make in (functions, local, own) if LAST else (several, structure):
        if not sys.argv[1:] or make.__name__ in sys.argv[1:]:
            make()
