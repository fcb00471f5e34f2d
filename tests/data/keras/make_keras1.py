# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Models of Keras 1.2.2 on Theano, whose kernels are (out, in, rows, columns) and turned round when they are applied.

    KERAS_BACKEND=theano python make_keras1.py

wrote keras1_*.h5 and .npz here with Keras 1.2.2, Theano 1.0.5 and Python 3.6.15; see make_keras.py for what is in them.
"""

import os

os.environ["KERAS_BACKEND"] = "theano"
os.environ.setdefault("THEANO_FLAGS", "optimizer=fast_compile")

import numpy as np
import theano.ifelse  # noqa: F401 - Keras expects it to be there
from keras import backend, layers
from keras.models import Model, Sequential

HERE = os.path.dirname(os.path.abspath(__file__))
RANDOM = np.random.RandomState(7)


def save(name, model):
    for layer in model.layers:
        layer.set_weights(
            [
                0.3 + RANDOM.rand(*one.shape) if "std" in str(weight) else RANDOM.randn(*one.shape) * 0.4
                for weight, one in zip(layer.weights, layer.get_weights())  # noqa: B905
            ]
        )
    given = {one.name: RANDOM.randn(2, *one._keras_shape[1:]).astype("float32") for one in model.inputs}
    if "words" in given:
        given["words"] = RANDOM.randint(0, 9, (2, 5)).astype("float32")
    kept = [layer for layer in model.layers if not layer.name.startswith(("image", "words", "steps", "left", "right"))]
    run = backend.function([backend.learning_phase()] + model.inputs, [one.output for one in kept])
    values = run([0] + [given[one.name] for one in model.inputs])
    model.save(os.path.join(HERE, name + ".h5"))
    np.savez_compressed(
        os.path.join(HERE, name + ".npz"),
        **dict(
            {"in/" + key: value for key, value in given.items()},
            **{layer.name: value for layer, value in zip(kept, values)},  # noqa: B905
        ),
    )


def pictures():
    x = layers.Input((3, 9, 7), name="image")
    th = {"dim_ordering": "th"}
    y = layers.Convolution2D(4, 3, 2, border_mode="same", subsample=(2, 2), activation="relu", name="same", **th)(x)
    found = [
        layers.Convolution2D(4, 3, 2, bias=False, name="valid", **th)(x),
        layers.AtrousConvolution2D(4, 3, 3, atrous_rate=(2, 2), name="atrous", **th)(x),
        layers.BatchNormalization(axis=1, name="norm")(y),
        layers.MaxPooling2D((2, 2), name="max", **th)(y),
        layers.AveragePooling2D((2, 2), name="mean", **th)(y),
        layers.GlobalAveragePooling2D(name="global", **th)(y),
        layers.UpSampling2D((2, 2), name="up", **th)(y),
        layers.ZeroPadding2D((1, 2), name="pad", **th)(y),
        layers.Cropping2D(((1, 0), (1, 1)), name="crop", **th)(y),
        layers.PReLU(name="prelu")(y),
        layers.Dense(5, activation="softmax", name="fc")(layers.Flatten(name="flat")(y)),
        layers.Convolution2D(4, 2, 2, dim_ordering="tf", name="last")(layers.Permute((2, 3, 1), name="permute")(x)),
    ]
    save("keras1_pictures", Model([x], found))


def sequences():
    words, steps = layers.Input((5,), name="words"), layers.Input((5, 3), name="steps")
    four = layers.TimeDistributed(layers.Dense(4, activation="hard_sigmoid"), name="four")
    x = layers.Embedding(9, 4, name="embedding")(words)
    found = [
        layers.LSTM(4, name="lstm")(x),
        layers.LSTM(4, consume_less="gpu", return_sequences=True, name="lstm_gpu")(x),
        layers.GRU(4, name="gru")(x),
        layers.GRU(4, consume_less="gpu", inner_activation="sigmoid", name="gru_gpu")(x),
        layers.SimpleRNN(4, name="simple")(x),
        layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both")(x),
        layers.Convolution1D(4, 3, border_mode="same", name="conv")(steps),
        layers.MaxPooling1D(2, name="max")(steps),
        layers.TimeDistributed(layers.Dense(3), name="each")(x),
        layers.merge([x, four(steps)], mode="sum", name="sum"),
        layers.merge([x, steps], mode="concat", name="concat"),
        layers.Activation("hard_sigmoid", name="hard")(x),
        layers.LeakyReLU(0.2, name="leaky")(x),
        layers.RepeatVector(2, name="repeat")(layers.GlobalMaxPooling1D(name="global")(x)),
    ]
    save("keras1_sequences", Model([words, steps], found))


def merged():
    """A Sequential that begins with two others."""
    branches = [Sequential([layers.Dense(3, input_dim=4, name=name)]) for name in ("left", "right")]
    model = Sequential(
        [layers.Merge(branches, mode="concat", name="join"), layers.Dense(2, activation="softmax", name="out")]
    )
    given = [RANDOM.randn(2, 4).astype("float32") for _ in branches]
    for layer in branches[0].layers + branches[1].layers + model.layers[1:]:
        layer.set_weights([RANDOM.randn(*one.shape) for one in layer.get_weights()])
    model.save(os.path.join(HERE, "keras1_merged.h5"))
    np.savez_compressed(
        os.path.join(HERE, "keras1_merged.npz"),
        out=model.predict(given),
        **{"in/left_input": given[0], "in/right_input": given[1]},
    )


if __name__ == "__main__":
    pictures()
    sequences()
    merged()
