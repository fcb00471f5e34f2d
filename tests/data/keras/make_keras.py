# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small Keras 3 models with random weights that cover every layer, and what Keras computes for each layer.

    KERAS_BACKEND=torch python make_keras.py
    KERAS_BACKEND=tensorflow python make_keras.py

wrote the files here with Keras 3.15.1, torch 2.13.0 and 2.14.1, and TensorFlow 2.21.0 on a CPU. NAME.npz holds inputs
("in/NAME") and the output of every call of every layer ("LAYER", "LAYER@1" for a second call), in Keras's layout.
"""

import os
import zipfile
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
from keras import Input, Model, Sequential, layers, ops
from keras.src.activations import ALL_OBJECTS_DICT

HERE = Path(__file__).parent
PLAIN = ("convolution", "structure", "built_later")  # archives that are kept as Keras writes them
RANDOM = np.random.default_rng(7)


def settle(model):
    """Random weights; variances and scales are positive."""
    for weight in model.weights:
        numbers = RANDOM.standard_normal(weight.shape) * 0.4
        if "variance" in weight.path:
            numbers = 0.3 + RANDOM.random(weight.shape)
        elif weight.path.endswith(("gamma", "scale")):
            numbers = 0.5 + RANDOM.random(weight.shape)
        weight.assign(numbers.astype("float32"))


def outputs(model):
    """Every call of every layer and operation: name -> tensor."""
    model = getattr(model, "_functional", model)
    nodes = {id(node) for depth in model._nodes_by_depth.values() for node in depth}
    made = {}
    for layer in model.operations:
        for index, node in enumerate(one for one in layer._inbound_nodes if id(one) in nodes):
            for place, tensor in enumerate(node.output_tensors):
                made[layer.name + (f"@{index}" if index else "") + (f":{place}" if place else "")] = tensor
    return made


def pack(path):
    """The archive with its members compressed, as other tools write it; Keras stores them as they are."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)


def save(name, model, *formats, given=None):
    settle(model)
    numbers = given or {
        one._keras_history.operation.name: RANDOM.standard_normal((2, *one.shape[1:])).astype("float32")
        for one in model.inputs
    }
    every = outputs(model)
    given = numbers if len(numbers) > 1 else next(iter(numbers.values()))
    values = Model(model.inputs, every).predict(given, verbose=0)
    for suffix in formats or (".keras",):
        model.save(HERE / f"{name}{suffix}")
    if name not in PLAIN:
        pack(HERE / f"{name}.keras")
    np.savez_compressed(
        HERE / f"{name}.npz",
        **{f"in/{key}": value for key, value in numbers.items()},
        **{key: np.asarray(value) for key, value in values.items() if key not in numbers},
    )


def convolution():
    x = Input((9, 7, 4), name="image")
    found = [
        layers.Conv2D(6, 3, strides=2, padding="same", activation="relu", name="same")(x),
        layers.Conv2D(6, (2, 3), strides=(3, 2), padding="same", use_bias=False, name="uneven")(x),
        layers.Conv2D(4, 3, dilation_rate=2, padding="same", name="dilated")(x),
        layers.Conv2D(6, 3, groups=2, activation="gelu", name="grouped")(x),
        layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", activation="tanh", name="depthwise")(x),
        layers.SeparableConv2D(5, 3, depth_multiplier=2, strides=2, padding="same", name="separable")(x),
        layers.Conv2DTranspose(5, 3, strides=2, padding="same", name="transposed")(x),
        layers.Conv2DTranspose(5, 2, strides=3, padding="valid", name="wide")(x),
        layers.Conv2DTranspose(5, 3, strides=2, padding="same", output_padding=1, name="padded")(x),
        layers.Conv2DTranspose(5, 4, strides=2, padding="valid", activation="softmax", name="longer")(x),
    ]
    first = Input((4, 9, 7), name="first")
    channels_first = dict(data_format="channels_first")
    found += [
        layers.Conv2D(6, 3, padding="same", activation="relu", name="conv_first", **channels_first)(first),
        layers.SeparableConv2D(6, 3, name="separable_first", **channels_first)(first),
        layers.Conv2DTranspose(6, 3, strides=2, padding="same", name="transposed_first", **channels_first)(first),
        layers.MaxPooling2D(2, name="pool_first", **channels_first)(first),
        layers.GlobalAveragePooling2D(name="mean_first", **channels_first)(first),
        layers.BatchNormalization(axis=1, name="norm_first")(first),
        layers.Flatten(name="flat_first", **channels_first)(first),
        layers.UpSampling2D(2, name="up_first", **channels_first)(first),
        layers.ZeroPadding2D(((1, 2), (0, 3)), name="pad_first", **channels_first)(first),
        layers.Cropping2D(((1, 2), (0, 3)), name="crop_first", **channels_first)(first),
    ]
    save("convolution", Model([x, first], found, name="convolution"), ".keras")

    line, box = Input((11, 3), name="line"), Input((4, 5, 6, 2), name="box")
    found = [
        layers.Conv1D(5, 3, padding="causal", dilation_rate=2, name="causal")(line),
        layers.Conv1D(5, 4, strides=2, padding="same", activation="silu", name="conv1d")(line),
        layers.DepthwiseConv1D(3, depth_multiplier=2, name="depthwise1d")(line),
        layers.SeparableConv1D(4, 3, name="separable1d")(line),
        layers.Conv1DTranspose(4, 3, strides=2, name="transposed1d")(line),
        layers.Conv3D(3, 2, strides=2, padding="same", name="conv3d")(box),
        layers.Conv3DTranspose(3, 3, strides=2, padding="same", name="transposed3d")(box),
        layers.MaxPooling1D(3, strides=2, padding="same", name="max1d")(line),
        layers.AveragePooling1D(2, name="mean1d")(line),
        layers.MaxPooling3D(2, padding="same", name="max3d")(box),
        layers.AveragePooling3D(2, padding="same", name="mean3d")(box),
        layers.GlobalMaxPooling1D(name="globalmax1d")(line),
        layers.GlobalAveragePooling1D(keepdims=True, name="globalmean1d")(line),
        layers.GlobalMaxPooling3D(name="globalmax3d")(box),
        layers.UpSampling1D(2, name="up1d")(line),
        layers.UpSampling3D((1, 2, 2), name="up3d")(box),
        layers.ZeroPadding1D((1, 2), name="pad1d")(line),
        layers.ZeroPadding3D(1, name="pad3d")(box),
        layers.Cropping1D((1, 2), name="crop1d")(line),
        layers.Cropping3D(((1, 0), (0, 2), (1, 1)), name="crop3d")(box),
    ]
    save("lines_and_boxes", Model([line, box], found, name="lines_and_boxes"))


def maps():
    """Pooling, reshaping and merging of maps, which stay in ONNX's layout as long as they can."""
    x = Input((8, 6, 4), name="image")
    y = layers.Conv2D(4, 3, padding="same", name="conv")(x)
    flat = layers.Flatten(name="flat")(y)
    gate = layers.Dense(4, "sigmoid", name="gate")(layers.GlobalAveragePooling2D(name="squeeze")(y))
    found = [
        layers.MaxPooling2D(3, strides=2, padding="same", name="max")(y),
        layers.AveragePooling2D((2, 3), padding="same", name="mean")(y),
        layers.AdaptiveAveragePooling2D((4, 3), name="adaptive")(y),
        layers.GlobalMaxPooling2D(keepdims=True, name="globalmax")(y),
        layers.Reshape((6, 32), name="reshape")(y),
        layers.Reshape((-1, 2), name="open")(y),
        layers.Permute((3, 1, 2), name="permute")(y),
        layers.RepeatVector(3, name="repeat")(flat),
        layers.UpSampling2D(2, interpolation="bilinear", name="bilinear")(y),
        layers.UpSampling2D((2, 3), name="nearest")(y),
        layers.ZeroPadding2D(((1, 0), (2, 1)), name="pad")(y),
        layers.Cropping2D(((1, 0), (2, 1)), name="crop")(y),
        layers.Add(name="add")([x, y]),
        layers.Subtract(name="subtract")([x, y]),
        layers.Average(name="average")([x, y, x]),
        layers.Maximum(name="maximum")([x, y]),
        layers.Minimum(name="minimum")([x, y]),
        layers.Concatenate(name="concat")([y, x]),
        layers.Concatenate(axis=1, name="below")([y, y]),
        layers.Multiply(name="excite")([y, layers.Reshape((1, 1, 4), name="gates")(gate)]),
        layers.Multiply(name="scaled")([y, x, x]),
        layers.Dense(5, name="on_maps")(y),
        layers.Dropout(0.5, name="drop")(y),
        layers.SpatialDropout2D(0.5, name="spatial")(y),
        layers.GaussianNoise(0.5, name="noise")(y),
        layers.GaussianDropout(0.5, name="gaussian")(y),
        layers.AlphaDropout(0.5, name="alpha")(y),
        layers.ActivityRegularization(0.1, name="regular")(y),
        layers.Identity(name="same")(y),
        layers.Softmax(axis=1, name="softmax_rows")(y),
        layers.PReLU(shared_axes=[1, 2], name="prelu")(y),
        layers.PReLU(name="prelu_each")(y),
        layers.Dot(1, name="dot")([gate, gate]),
        layers.Dot((1, 2), normalize=True, name="cosine")(
            [
                layers.Reshape((4, 6), name="left")(layers.Dense(24, name="fc")(gate)),
                layers.Reshape((3, 4), name="right")(layers.Dense(12, name="fc2")(gate)),
            ]
        ),
    ]
    save("maps", Model(x, found, name="maps"))


def normalisation():
    x, line = Input((5, 4, 6), name="image"), Input((7, 6), name="line")
    found = [
        layers.BatchNormalization(name="batch")(x),
        layers.BatchNormalization(axis=1, name="rows")(x),
        layers.BatchNormalization(center=False, scale=False, name="bare")(x),
        layers.BatchNormalization(name="steps")(line),
        layers.LayerNormalization(name="layer")(x),
        layers.LayerNormalization(axis=[2, 3], name="two")(x),
        layers.LayerNormalization(center=False, name="no_center")(line),
        layers.LayerNormalization(scale=False, name="no_scale")(line),
        layers.GroupNormalization(3, name="group")(x),
        layers.GroupNormalization(-1, name="instance")(line),
        layers.UnitNormalization(name="unit")(x),
        layers.UnitNormalization(axis=(1, 2), name="unit_two")(line),
        layers.RMSNormalization(name="rms")(line),
        layers.SpectralNormalization(layers.Conv2D(3, 2, name="inside"), name="spectral")(x),
        layers.SpectralNormalization(layers.Dense(3, name="inside_dense"), name="spectral_dense")(line),
    ]
    save("normalisation", Model([x, line], found, name="normalisation"), ".keras", ".h5")


def recurrent():
    x = Input((6, 4), name="steps")
    rnn = dict(return_sequences=True)
    found = [
        layers.LSTM(5, name="lstm")(x),
        layers.LSTM(5, name="lstm_all", **rnn)(x),
        layers.LSTM(5, go_backwards=True, use_bias=False, name="lstm_back", **rnn)(x),
        layers.LSTM(3, activation="relu", recurrent_activation="hard_sigmoid", name="lstm_other")(x),
        layers.GRU(5, name="gru")(x),
        layers.GRU(5, reset_after=False, name="gru_before", **rnn)(x),
        layers.GRU(5, go_backwards=True, name="gru_back")(x),
        layers.SimpleRNN(5, name="simple")(x),
        layers.SimpleRNN(5, activation="softsign", name="simple_all", **rnn)(x),
        layers.Bidirectional(layers.LSTM(3, **rnn), name="both")(x),
        layers.Bidirectional(layers.GRU(3), merge_mode="sum", name="both_sum")(x),
        layers.Bidirectional(layers.SimpleRNN(3, **rnn), merge_mode="ave", name="both_mean")(x),
        layers.Bidirectional(layers.LSTM(3), merge_mode="mul", name="both_product")(x),
        *layers.Bidirectional(layers.LSTM(3, **rnn), merge_mode=None, name="both_apart")(x),
        layers.RNN(layers.GRUCell(4), name="cell", **rnn)(x),
        layers.RNN([layers.LSTMCell(4), layers.LSTMCell(3)], name="cells")(x),
        layers.TimeDistributed(layers.Dense(3, activation="relu"), name="each")(x),
        layers.TimeDistributed(layers.LayerNormalization(), name="each_norm")(x),
    ]
    states = layers.LSTM(5, return_state=True, name="encoder")(x)
    found.append(layers.LSTM(5, name="decoder", **rnn)(x, initial_state=states[1:]))
    film = Input((3, 6, 5, 2), name="film")
    found.append(layers.TimeDistributed(layers.Conv2D(3, 3, padding="same"), name="each_picture")(film))
    save("recurrent", Model([x, film], found, name="recurrent"), ".keras", ".h5")


def masked():
    words, steps = Input((6,), dtype="int32", name="words"), Input((5, 3), name="steps")
    x = layers.Embedding(9, 4, mask_zero=True, name="embedding")(words)
    found = [
        layers.LSTM(5, name="lstm")(x),
        layers.Bidirectional(layers.GRU(3), name="both")(x),
        layers.GlobalAveragePooling1D(name="mean")(x),
        layers.MultiHeadAttention(2, 3, name="heads")(layers.Dense(4, name="query")(steps), x),
        layers.LSTM(3, name="after_masking")(layers.Masking(0.5, name="masking")(steps)),
    ]
    y = layers.Embedding(9, 4, mask_zero=True, name="other")(words)  # calls of MultiHeadAttention take masks away
    found.append(layers.Attention(name="attention")([y, y]))
    numbers = {
        "words": np.array([[3, 1, 8, 2, 0, 0], [4, 4, 1, 0, 0, 0]], "int32"),
        "steps": RANDOM.standard_normal((2, 5, 3)).astype("float32"),
    }
    numbers["steps"][0, 3:] = 0.5
    save("masked", Model([words, steps], found, name="masked"), given=numbers)


def padded():
    """Sequences that are filled up in front, as pad_sequences does it, in between or behind."""
    words = Input((6,), dtype="int32", name="words")
    x = layers.Embedding(9, 4, mask_zero=True, name="embedding")(words)
    rnn = dict(return_sequences=True)
    found = [
        layers.LSTM(5, name="lstm")(x),
        layers.LSTM(3, name="second")(layers.GRU(4, name="first", **rnn)(x)),
        layers.LSTM(4, name="zeros", zero_output_for_mask=True, **rnn)(x),
        layers.SimpleRNN(4, go_backwards=True, name="back", **rnn)(x),
        layers.GRU(4, go_backwards=True, name="up")(x),
        layers.Bidirectional(layers.LSTM(3, **rnn), name="both")(x),
        layers.Bidirectional(layers.GRU(3), merge_mode="sum", name="both_last")(x),
        *layers.Bidirectional(layers.GRU(3, **rnn), merge_mode=None, name="apart")(x),
    ]
    rows = [[0, 0, 3, 1, 8, 2], [4, 0, 1, 0, 0, 7], [5, 6, 0, 0, 0, 0]]
    save("padded", Model(words, found, name="padded"), given={"words": np.array(rows, "int32")})


def attention():
    x, memory = Input((6, 8), name="x"), Input((5, 8), name="memory")
    mask = Input((6, 5), dtype="bool", name="mask")
    heads = layers.MultiHeadAttention(2, 4, value_dim=3, name="heads")
    found = [
        heads(x, memory),
        layers.MultiHeadAttention(4, 2, use_bias=False, name="causal")(x, x, use_causal_mask=True),
        layers.MultiHeadAttention(2, 4, name="hidden")(x, memory, attention_mask=mask),
        layers.MultiHeadAttention(2, 4, output_shape=5, name="narrow")(x, value=memory, key=memory),
        layers.MultiHeadAttention(2, 4, use_gate=True, name="gated")(x, memory),
        layers.GroupQueryAttention(4, 4, 2, name="grouped")(x, memory),
        layers.GroupQueryAttention(4, 4, 2, use_gate=True, name="grouped_gate")(x, memory),
        layers.Attention(name="luong")([x, memory]),
        layers.Attention(use_scale=True, name="scaled")([x, memory, memory]),
        layers.Attention(score_mode="concat", name="sums")([x, memory]),
        layers.AdditiveAttention(name="bahdanau")([x, memory]),
        layers.EinsumDense("abc,cd->abd", output_shape=(None, 5), bias_axes="d", activation="relu", name="einsum")(x),
        layers.EinsumDense("abc,cde->abde", output_shape=(None, 2, 5), bias_axes="de", name="einsum_heads")(x),
        layers.EinsumDense("...x,xy->...y", output_shape=3, bias_axes="y", name="einsum_any")(x),
    ]
    numbers = {
        "x": RANDOM.standard_normal((2, 6, 8)).astype("float32"),
        "memory": RANDOM.standard_normal((2, 5, 8)).astype("float32"),
        "mask": RANDOM.random((2, 6, 5)) > 0.4,
    }
    numbers["mask"][:, :, 0] = True
    save("attention", Model([x, memory, mask], found, name="attention"), ".keras", ".h5", given=numbers)


def activation():
    x = Input((3, 8), name="x")
    names = sorted(set(ALL_OBJECTS_DICT) - {"threshold"})
    found = [layers.Activation(name, name=f"a_{name}")(x) for name in names]
    found += [
        layers.ReLU(name="relu_plain")(x),
        layers.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2, name="relu_all")(x),
        layers.ReLU(max_value=0.5, name="relu_most")(x),
        layers.ReLU(negative_slope=0.2, name="relu_slope")(x),
        layers.LeakyReLU(negative_slope=0.15, name="leaky")(x),
        layers.ELU(alpha=0.7, name="elu_half")(x),
        layers.Softmax(name="softmax_layer")(x),
        layers.Dense(4, activation=layers.LeakyReLU(negative_slope=0.3), name="dense_leaky")(x),
    ]
    save("activations", Model(x, found, name="activations"))


def preprocessing():
    x, words, line = Input((6, 8, 3), name="image"), Input((4,), dtype="int64", name="words"), Input((5,), name="line")
    norm = layers.Normalization(name="norm")
    norm.adapt(RANDOM.standard_normal((50, 5)).astype("float32") * 3 + 1)
    found = [
        layers.Rescaling(1 / 127.5, offset=-1, name="rescaling")(x),
        layers.Rescaling([0.1, 0.2, 0.3], offset=[1.0, 2.0, 3.0], name="each")(layers.Conv2D(3, 1, name="conv")(x)),
        norm(line),
        layers.Normalization(mean=[1.0, 2, 3], variance=[4.0, 5, 6], name="given")(x),
        layers.Normalization(mean=3.0, variance=2.0, invert=True, name="back")(line),
        layers.Resizing(9, 5, name="resizing")(x),
        layers.Resizing(12, 16, interpolation="nearest", name="double")(x),
        layers.CenterCrop(4, 5, name="crop")(x),
        layers.RandomFlip(name="flip")(x),
        layers.RandomRotation(0.2, name="rotation")(x),
        layers.CategoryEncoding(7, output_mode="multi_hot", name="multi_hot")(words),
        layers.CategoryEncoding(7, output_mode="count", name="count")(words),
        layers.Discretization([-1.0, 0.0, 0.5], name="bins")(line),
    ]
    numbers = {
        "image": RANDOM.random((2, 6, 8, 3)).astype("float32") * 255,
        "words": RANDOM.integers(0, 7, (2, 4)),
        "line": RANDOM.standard_normal((2, 5)).astype("float32"),
    }
    save("preprocessing", Model([x, words, line], found, name="preprocessing"), given=numbers)


def structure():
    """Shared layers, models in models, several inputs and outputs."""
    tower = Sequential(
        [
            Input((8, 8, 2)),
            layers.Conv2D(4, 3, name="conv", activation="relu"),
            layers.BatchNormalization(name="bn"),
            layers.GlobalAveragePooling2D(name="pool"),
        ],
        name="tower",
    )
    inner = Input((4,), name="inner")
    y = layers.Dense(4, activation="relu", name="fc")(inner)
    body = Model(inner, [layers.Add(name="join")([inner, y]), layers.Dense(3, name="side")(y)], name="body")
    left, right = Input((8, 8, 2), name="left"), Input((8, 8, 2), name="right")
    one, other = tower(left), tower(right)
    shared = layers.Dense(4, name="shared")
    a, b = body(shared(one)), body(shared(other))
    merged = layers.Concatenate(name="merged")([a[0], b[0], a[1]])
    found = [layers.Dense(2, activation="softmax", name="first")(merged), layers.Dense(1, name="second")(b[1])]
    body.get_layer("fc").trainable = False
    save("structure", Model([left, right], found, name="structure"), ".keras", ".h5")


def shared_inside():
    """One layer in two models, of which a .keras file has the weights once."""
    layer = layers.Dense(3, name="twice")
    bodies = []
    for name in ("one", "other"):
        x = Input((4,), name=f"{name}_input")
        bodies.append(Model(x, layers.Dense(2, name=f"{name}_out")(layer(x)), name=name))
    x = Input((4,), name="x")
    save(
        "shared_inside",
        Model(x, layers.Add(name="sum")([body(x) for body in bodies]), name="shared_inside"),
        ".keras",
        ".h5",
    )


def operations():
    x = Input((6, 4), name="x")
    y = layers.Dense(4, name="dense")(x)
    found = [
        x + y,
        1.0 - y,
        y * 2.0,
        y / (ops.abs(x) + 1.0),
        -y,
        y**2,
        ops.matmul(x, ops.transpose(y, (0, 2, 1))),
        x[:, 1:4],
        y[:, -1],
        y[..., ::2],
        y[:, None, :, 0],
        ops.mean(y, axis=1),
        ops.sum(y, axis=-1, keepdims=True),
        ops.max(y, axis=(1, 2)),
        ops.reshape(y, (-1, 24)),
        ops.expand_dims(y, 1),
        ops.squeeze(y[:, :1], 1),
        ops.concatenate([x, y], axis=-1),
        ops.stack([x, y], axis=1),
        ops.relu(y),
        ops.sigmoid(y),
        ops.tanh(y),
        ops.softmax(y, axis=1),
        ops.gelu(y),
        ops.silu(y),
        ops.sqrt(ops.square(y)),
        ops.exp(y),
        ops.maximum(x, y),
        ops.minimum(y, 0.5),
        ops.cast(y, "int32"),
        ops.rsqrt(ops.abs(y) + 1.0),
        ops.swapaxes(y, 1, 2),
    ]
    save("operations", Model(x, found, name="operations"), ".keras", ".h5")


def arranging():
    """Operations that pick, order, repeat and fill, and models inside of layers."""
    x, y = Input((6, 4), name="x"), Input((6, 4), name="y")
    film = Input((3, 6, 6, 2), name="film")
    eye = Sequential(
        [
            Input((6, 6, 2)),
            layers.Conv2D(3, 3, activation="relu", name="look"),
            layers.MaxPooling2D(name="pool"),
            layers.Flatten(name="flat"),
        ],
        name="eye",
    )
    found = [
        ops.clip(x, -0.5, 0.5),
        ops.where(x > 0, x, y),
        *ops.split(x, 2, axis=1),
        *ops.split(x, [1, 3], axis=1),
        *ops.unstack(x, axis=2),
        ops.take(x, [0, 2], axis=1),
        ops.tile(x, (1, 2, 1)),
        ops.repeat(x, 2, axis=1),
        ops.flip(x, axis=1),
        ops.roll(x, 2, axis=1),
        ops.pad(x, ((0, 0), (1, 2), (0, 1))),
        ops.pad(x, ((0, 0), (2, 1), (0, 0)), mode="reflect"),
        ops.ones_like(x),
        ops.full_like(x, 3.0),
        ops.one_hot(ops.argmax(x, axis=-1), 4),
        ops.argmin(x, axis=1),
        ops.cumsum(x, axis=1),
        ops.einsum("bij,bkj->bik", x, y),
        ops.var(x, axis=1),
        ops.std(x, axis=-1, keepdims=True),
        ops.norm(x, axis=-1),
        ops.norm(x, ord=1, axis=1, keepdims=True),
        ops.normalize(x, axis=-1),
        ops.leaky_relu(x, 0.1),
        ops.elu(x, 0.7),
        ops.celu(x, 1.3),
        ops.log1p(ops.abs(x)),
        ops.expm1(x),
        ops.floor_divide(x, 0.3),
        ops.logsumexp(x, axis=1),
        ops.sign(x),
        ops.sinh(x),
        ops.arctan(x),
        ops.stop_gradient(x),
        x + np.arange(24, dtype="float32").reshape(6, 4),
        layers.GRU(3, name="watch")(layers.TimeDistributed(eye, name="eyes")(film)),
    ]
    save("arranging", Model([x, y, film], found, name="arranging"), ".keras", ".h5")


def resizing():
    """As TensorFlow does it; torch puts the nearest pixels elsewhere."""
    x = Input((6, 5, 2), name="x")
    found = [
        layers.Resizing(*size, interpolation=way, name=f"{way}_{size[0]}")(x)
        for way in ("nearest", "bilinear")
        for size in ((9, 8), (3, 2))
    ]
    found.append(layers.UpSampling2D(2, interpolation="bicubic", name="twice")(x))
    save("resizing", Model(x, found, name="resizing"))


@keras.saving.register_keras_serializable("own")
class Own(layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], 5))
        self.offset = self.add_weight(name="offset", shape=(5,))

    def call(self, x):
        return ops.matmul(x, self.kernel) + self.offset


@keras.saving.register_keras_serializable("own")
class Pair(layers.Layer):
    """Weights of its own, and layers inside."""

    def build(self, shape):
        self.scale = self.add_weight(name="scale", shape=(1,))
        self.dense, self.norm = layers.Dense(shape[-1]), layers.BatchNormalization()
        self.dense.build(shape)
        self.norm.build(shape)

    def call(self, x):
        return x + self.scale * self.norm(self.dense(x))


@keras.saving.register_keras_serializable("own")
class Cut(layers.Layer):
    """Several outputs."""

    def call(self, x):
        return x[:, :2], x[:, 2:5], x[:, 5:]


@keras.saving.register_keras_serializable("own")
class Subclass(Model):
    def __init__(self, **settings):
        super().__init__(**settings)
        self.conv = layers.Conv2D(3, 2, name="conv")
        self.norm = layers.BatchNormalization(name="norm")
        self.head = layers.Dense(4, name="head")

    def call(self, x):
        return self.head(layers.Flatten()(self.norm(self.conv(x))))


def unknown():
    """Layers of one's own, functions of one's own, and a model without a list of layers."""
    x = Input((6, 4), name="x")
    y = Own(name="own")(layers.Dense(4, name="before")(x))
    z = layers.Lambda(lambda t: t * 2 + 1, output_shape=(6, 5), name="function")(y)
    save("unknown", Model(x, layers.Dense(3, name="after")(z), name="unknown"), ".keras", ".h5")
    y = Pair(name="first")(Pair(name="second")(x))
    *_, last = Cut(name="cut")(y)
    save("unknown_inside", Model(x, last, name="unknown_inside"), ".keras", ".h5")
    model = Subclass(name="subclass")
    model(np.zeros((1, 4, 4, 2), "float32"))
    settle(model)
    model.save(HERE / "subclass.keras")
    model.save_weights(HERE / "subclass.weights.h5")


def sequential():
    """Without an input layer, and in half precision, of which only the weights are kept as they are."""
    model = Sequential(
        [
            layers.Conv2D(3, 2, activation="relu", name="conv"),
            layers.MaxPooling2D(name="pool"),
            layers.Flatten(name="flat"),
            layers.Dense(4, name="fc"),
        ],
        name="built_later",
    )
    model.build((None, 6, 6, 2))
    save("built_later", model)
    for policy in ("bfloat16", "mixed_float16"):
        keras.config.set_dtype_policy(policy)
        model = Sequential(
            [Input((6,), name="x"), layers.Dense(5, "relu", name="a"), layers.Dense(3, name="b")], name=policy
        )
        keras.config.set_dtype_policy("float32")
        settle(model)
        model.save(HERE / f"{policy}.keras")
        if policy == "bfloat16":
            model.save(HERE / f"{policy}.h5")
        kept = {one.path: keras.ops.convert_to_numpy(keras.ops.cast(one, "float32")) for one in model.weights}
        np.savez_compressed(HERE / f"{policy}.npz", **kept)


def sharded():
    """Weights in several files, and the architecture beside them."""
    model = Sequential(
        [
            Input((6,), name="x"),
            layers.Dense(9, "relu", name="a"),
            layers.Dense(7, name="b"),
            layers.Dense(3, name="c"),
        ],
        name="sharded",
    )
    settle(model)
    folder = HERE / "sharded"
    folder.mkdir(exist_ok=True)
    model.save_weights(folder / "sharded.weights.json", max_shard_size=3e-7)
    (folder / "architecture.json").write_text(model.to_json())
    x = RANDOM.standard_normal((1, 6)).astype("float32")
    np.savez_compressed(folder / "values.npz", x=x, y=model.predict(x, verbose=0))


def applied():
    """Quantised layers, and layers with LoRA: what each answers to an impulse of 1 at each of its inputs is its kernel
    as it is applied."""
    kept, x = {}, RANDOM.standard_normal((1, 6)).astype("float32")
    (HERE / "applied").mkdir(exist_ok=True)

    def keep(name, model, given, layer, impulses):
        rest, answers = (keras.ops.convert_to_numpy(layer(one)) for one in (0 * impulses[:1], impulses))
        kept.update(
            {
                f"{name}/x": given,
                f"{name}/y": keras.ops.convert_to_numpy(model(given)),
                f"{name}/kernel": answers - rest,
            }
        )

    for name, how in (
        ("int8", "int8"),
        ("int4", "int4"),
        ("float8", "float8"),
        ("int4_blocks", keras.quantizers.Int4QuantizationConfig(block_size=2)),
    ):
        model = Sequential(
            [Input((6,), name="x"), layers.Dense(5, name="h"), layers.Dense(3, use_bias=False, name="o")], name=name
        )
        settle(model)
        model.quantize(**{"mode" if isinstance(how, str) else "config": how})
        model.save(HERE / "applied" / f"{name}.keras")
        model.save(HERE / "applied" / f"{name}.h5")
        if name.startswith("int"):
            model.save_weights(HERE / "applied" / f"{name}.weights.h5")
        keep(name, model, x, model.get_layer("h"), np.eye(6, dtype="float32"))
    ids = np.array([[1, 2, 9, 0]], "int32")
    model = Sequential(
        [
            Input((4,), dtype="int32", name="ids"),
            layers.Embedding(10, 3, name="e"),
            layers.Flatten(name="f"),
            layers.Dense(2, name="o"),
        ],
        name="words",
    )
    settle(model)
    model.quantize("int8")
    model.save(HERE / "applied" / "words.keras")
    kept |= {
        "words/x": ids,
        "words/y": keras.ops.convert_to_numpy(model(ids)),
        "words/kernel": keras.ops.convert_to_numpy(model.get_layer("e")(np.arange(10))),
    }
    for name, layer, shape in (
        ("lora", layers.Dense(5, name="h"), (6,)),
        ("lora_maps", layers.Conv2D(4, 3, name="h"), (3, 3, 2)),
    ):
        model = Sequential([Input(shape, name="x"), layer], name=name)
        layer.enable_lora(2, lora_alpha=3)
        settle(model)
        model.save(HERE / "applied" / f"{name}.h5")
        size = int(np.prod(shape))
        keep(
            name,
            model,
            RANDOM.standard_normal((1, *shape)).astype("float32"),
            layer,
            np.eye(size, dtype="float32").reshape(size, *shape),
        )
    np.savez_compressed(HERE / "applied" / "values.npz", **kept)


MAKES = (
    convolution,
    maps,
    normalisation,
    recurrent,
    masked,
    padded,
    attention,
    activation,
    preprocessing,
    structure,
    shared_inside,
    operations,
    arranging,
    unknown,
    sequential,
    sharded,
    applied,
)

if __name__ == "__main__":
    for make in (resizing,) if keras.backend.backend() == "tensorflow" else MAKES:
        make()
