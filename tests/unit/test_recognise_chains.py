# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""What acts on a layer's cells one by one belongs to it, as long as nothing else reads between."""

import re

import numpy as np
import pytest

from unit.make import seeded
from unit.spellings import ATTEND, MAP, SPELLINGS, STORED, VECTOR, WORDS
from unit.written import copied, edges_and_truth, ops, put_together, written

CHAINS = {
    "convolution, normalisation, activation": (
        "c = Conv(x, w); b = BatchNormalization(c, s, o, m, v); y = Relu(b)",
        MAP,
        {"w": (4, 3, 3, 3), **{name: np.ones(4, np.float32) for name in "somv"}},
        [("Conv", "Conv BatchNormalization Relu")],
        "c",
    ),
    "convolution and leaky activation": (
        "c = Conv(x, w); y = LeakyRelu(c)",
        MAP,
        {"w": (4, 3, 3, 3)},
        [("Conv", "Conv LeakyRelu")],
        "c",
    ),
    "convolution and slopes": (
        "c = Conv(x, w); y = PRelu(c, s)",
        MAP,
        {"w": (4, 3, 3, 3), "s": (4, 1, 1)},
        [("Conv", "Conv PRelu")],
        "c",
    ),
    "convolution and SiLU": (
        "c = Conv(x, w); s = Sigmoid(c); y = Mul(c, s)",
        MAP,
        {"w": (4, 3, 3, 3)},
        [("Conv", "Conv Sigmoid Mul")],
        "c",
    ),
    "bias by itself": (
        "m = MatMul(x, w); y = Add(m, b)",
        VECTOR,
        {"w": (6, 4), "b": (4,)},
        [("MatMul", "MatMul Add")],
        "m",
    ),
    "bias first": (
        "m = MatMul(x, w); a = Add(b, m); y = Relu(a)",
        VECTOR,
        {"w": (6, 4), "b": (4,)},
        [("MatMul", "MatMul Add Relu")],
        "m",
    ),
    "bias of a convolution": (
        "c = Conv(x, w); y = Add(c, b)",
        MAP,
        {"w": (4, 3, 3, 3), "b": (4, 1, 1)},
        [("Conv", "Conv Add")],
        "c",
    ),
    "normalisation over a flattened batch": (
        "m = Gemm(x, w, b); n = BatchNormalization(m, s, o, p, v); y = Sigmoid(n)",
        VECTOR,
        {"w": (6, 4), "b": (4,), **{name: np.ones(4, np.float32) for name in "sopv"}},
        [("Gemm", "Gemm BatchNormalization Sigmoid")],
        "m",
    ),
    "reshape between": (
        "r = Reshape(x, [5, 8]); m = Gemm(r, w, b); y = Reshape(m, [1, 5, 4]); z = Relu(y)",
        WORDS,
        {"w": (8, 4), "b": np.zeros(4, np.float32)},
        [("Gemm", "Reshape Gemm Reshape Relu")],
        "m",
    ),
    "dropout and identity": (
        "m = MatMul(x, w); d = Dropout(m); i = Identity(d); y = Tanh(i)",
        VECTOR,
        {"w": (6, 4)},
        [("MatMul", "MatMul Dropout Identity Tanh")],
        "m",
    ),
    "flatten belongs to what it flattens": (
        "c = Conv(x, w); r = Relu(c); f = Flatten(r); y = MatMul(f, v)",
        MAP,
        {"w": (4, 3, 3, 3), "v": (64, 5)},
        [("Conv", "Conv Relu Flatten"), ("MatMul", "MatMul")],
        "y",
    ),
    "normalisation by a word's units": (
        "m = MatMul(x, w); n = LayerNormalization(m, s, b); y = MatMul(n, w)",
        WORDS,
        {"w": (8, 8), "s": np.ones(8, np.float32), "b": (8,)},
        [("MatMul", "MatMul"), ("LayerNormalization", "LayerNormalization"), ("MatMul", "MatMul")],
        "y",
    ),
    "sum and activation": (
        "a = MatMul(x, w); b = MatMul(x, v); s = Add(a, b); y = Relu(s)",
        VECTOR,
        {"w": (6, 4), "v": (6, 4)},
        [("MatMul", "MatMul"), ("MatMul", "MatMul"), ("Add", "Add Relu")],
        "s",
    ),
    "positions": (
        "m = MatMul(x, w); y = Add(m, p)",
        WORDS,
        {"w": (8, 4), "p": (5, 4)},
        [("MatMul", "MatMul"), ("Add", "Add")],
        None,
    ),
    "pool": (
        "c = Conv(x, w); p = MaxPool(c, kernel_shape=[2, 2]); y = Relu(p)",
        MAP,
        {"w": (4, 3, 3, 3)},
        [("Conv", "Conv"), ("MaxPool", "MaxPool"), ("Relu", "Relu")],
        None,
    ),
}


CHAINS |= {
    "channels shuffled": (
        """a = Conv(x, w, group=2); b = Reshape(a, [1, 2, 2, 6, 6]); c = Transpose(b, perm=[0, 2, 1, 3, 4])
           d = Reshape(c, [1, 4, 6, 6]); y = Conv(d, w, group=2)""",
        {"x": (1, 4, 6, 6)},
        {"w": (4, 2, 1, 1)},
        [("Conv", "Conv Reshape Transpose Reshape"), ("Conv", "Conv")],
        "y",
    ),
    "halves that go different ways": (
        """a = Conv(x, w); s = Sigmoid(a); b = Mul(a, s); c, d = Split(b, axis=1); e = Conv(d, v); g = Add(d, e)
           y = Concat(c, d, g, axis=1)""",
        {"x": (1, 4, 6, 6)},
        {"w": (4, 4, 1, 1), "v": (2, 2, 1, 1)},
        [("Conv", "Conv Sigmoid Mul Split"), ("Conv", "Conv"), ("Add", "Add"), ("Concat", "Concat")],
        "y",
    ),
    "normalisation of groups": (
        """a = Conv(x, w); r = Reshape(a, [1, 2, -1]); n = InstanceNormalization(r, one, zero)
           c = Reshape(n, [1, 4, 6, 6]); m = Mul(c, s); t = Add(m, s); y = Relu(t)""",
        MAP,
        {"w": (4, 3, 1, 1), "one": np.ones(2, np.float32), "zero": np.zeros(2, np.float32), "s": (4, 1, 1)},
        [("Conv", "Conv Reshape InstanceNormalization Reshape Mul Add Relu")],
        "a",
    ),
    "channels last within": (
        """a = Conv(x, w, group=3); t = Transpose(a, perm=[0, 2, 3, 1]); n = LayerNormalization(t, s, s)
           m = MatMul(n, v); r = Relu(m); l = MatMul(r, u); g = Mul(l, s); q = Transpose(g, perm=[0, 3, 1, 2])
           y = Add(x, q)""",
        MAP,
        {"w": (3, 1, 1, 1), "s": (3,), "v": (3, 8), "u": (8, 3)},
        [
            ("Conv", "Conv Transpose"),
            ("LayerNormalization", "LayerNormalization"),
            ("MatMul", "MatMul Relu"),
            ("MatMul", "MatMul Mul Transpose"),
            ("Add", "Add"),
        ],
        "y",
    ),
}


@pytest.mark.parametrize("case", CHAINS)
def test_chains(case, tmp_path):
    text, inputs, weights, expected, tensor = CHAINS[case]
    made = written(text, inputs, weights)
    found = put_together(tmp_path, made)
    assert ops(found) == expected
    assert found.layers[-1].tensor == made.graph.output[0].name
    if tensor:
        sums, truth = edges_and_truth(found, made, found.layers[-1].name, tensor)
        bias = next((weights[n] for n in ("b",) if "Gemm" in text and n in weights), None)
        if isinstance(bias, tuple):
            bias = seeded(*bias, seed=1 + list(weights).index("b"))
        np.testing.assert_allclose(sums + (0 if bias is None else np.resize(bias, sums.size)), truth, atol=1e-4)


def test_nothing_is_merged_over_a_tensor_that_two_read(tmp_path):
    made = written("c = Conv(x, w); r = Relu(c); d = Conv(r, v); y = Add(c, d)", MAP, dict.fromkeys("wv", (3, 3, 1, 1)))
    found = put_together(tmp_path, made)
    assert [(layer.op, layer.tensor, layer.inputs) for layer in found.layers[1:]] == [
        ("Conv", "c", ["x"]),
        ("Relu", "r", ["c"]),
        ("Conv", "d", ["r"]),
        ("Add", "y", ["c", "d"]),
    ]


def test_nothing_is_merged_over_an_output(tmp_path):
    made = written("c = Conv(x, w); y = Relu(c); z = Neg(y)", MAP, {"w": (3, 3, 1, 1)}, outputs=("z", "c"))
    found = put_together(tmp_path, made)
    assert ops(found) == [("Conv", "Conv"), ("Relu", "Relu Neg")]


@pytest.mark.parametrize("inner", ["s", "y"])
def test_no_activation_over_an_output(inner, tmp_path):
    made = written(
        "c = Conv(x, w); s = Sigmoid(c); y = Mul(c, s); z = Neg(y)", MAP, {"w": (3, 3, 1, 1)}, outputs=("z", inner)
    )
    expected = [("Conv", "Conv"), ("Sigmoid", "Sigmoid"), ("Mul", "Mul Neg")]
    assert ops(put_together(tmp_path, made)) == (
        expected if inner == "s" else [("Conv", "Conv Sigmoid Mul"), ("Neg", "Neg")]
    )


@pytest.mark.parametrize("op", ["LayerNormalization", "RMSNormalization"])
def test_a_scale_behind_an_output_is_a_layer_of_its_own(op, tmp_path):
    made = written(
        f"{SPELLINGS[op]['torch']}; z = Mul(y, S); o = MatMul(z, W)",
        WORDS,
        {"S": (8,), "W": (8, 8)},
        outputs=("o", "y"),
    )
    found = put_together(tmp_path, made)
    assert [(layer.op, layer.tensor) for layer in found.layers] == [
        ("Input", "x"),
        (op, "y"),
        ("Mul", "z"),
        ("MatMul", "o"),
    ]


NORMS = {name: np.ones(8, np.float32) for name in ("S1", "S2", "S3", "B1", "B2", "B3")}
FEED = "f = MatMul(n, I); g = Relu(f); h = MatMul(g, J)"
ENCODERS = {
    "add and norm": f"""{ATTEND}; a = Add(x, o); n = LayerNormalization(a, S1, B1); {FEED}; b = Add(n, h)
                        y = LayerNormalization(b, S2, B2)""",
    "pre-norm": f"""l = LayerNormalization(x, S1, B1); {copied(ATTEND, "", x="l")}; a = Add(x, o)
                    n = LayerNormalization(a, S2, B2); {FEED}; y = Add(a, h)""",
}


def by_parts(norm):
    """A LayerNormalization by its parts."""
    text = SPELLINGS["LayerNormalization"]["torch"] + "; u = Mul(y, S); z = Add(u, B)"
    return copied(text, norm[1], z=norm[1], x=norm[2], S=norm[3], B=norm[4])


@pytest.mark.parametrize("length", [1, 3])
@pytest.mark.parametrize("kind", ENCODERS)
@pytest.mark.parametrize("parts", [False, True], ids=["operator", "by parts"])
def test_normalisations_of_sums(kind, parts, length, tmp_path):
    """ "Add and norm" is one layer; the last norm of a pre-norm network, which reads a sum as well, is its own."""
    post = kind == "add and norm"
    blocks = [copied(ENCODERS[kind], f"_{i}", x=f"y_{i - 1}" if i else "x") for i in range(length)]
    last = f"y_{length - 1}"
    tail = f"z = MatMul({last}, Q)" if post else f"t = LayerNormalization({last}, S3, B3); z = MatMul(t, Q)"
    text = "; ".join((*blocks, tail))
    if parts:
        text = re.sub(r"(\w+) = LayerNormalization\((\w+), (\w+), (\w+)\)", by_parts, text)
    made = written(text, WORDS, STORED | {"I": (8, 12), "J": (12, 8)} | NORMS)
    layers = put_together(tmp_path, made).layers[1:]
    one = (
        ["Attention", "Add", "MatMul", "MatMul", "Add"]
        if post
        else ["LayerNormalization", "Attention", "Add", "LayerNormalization", "MatMul", "MatMul", "Add"]
    )
    rest = ["MatMul"] if post else ["LayerNormalization", "MatMul"]
    assert [layer.op for layer in layers] == [*one * length, *rest]
    for layer in layers:
        if layer.op == "Add":
            assert (len(layer.parts) > 1) == post and len(layer.inputs) == 2 and layer.parameters == 16 * post


RECURRENT = {
    "both directions": (
        """Y = LSTM(x, W, R, hidden_size=3, direction="bidirectional")
                           t = Transpose(Y, perm=[0, 2, 1, 3]); y = Reshape(t, [0, 0, -1]); z = MatMul(y, M)""",
        2,
    ),
    "one direction": ("Y = LSTM(x, W, R, hidden_size=3); y = Squeeze(Y, [1]); z = MatMul(y, M)", 1),
}


@pytest.mark.parametrize("case", RECURRENT)
def test_directions_of_a_recurrent_layer_stand_side_by_side(case, tmp_path):
    text, directions = RECURRENT[case]
    weights = {"W": (directions, 12, 4), "R": (directions, 12, 3), "M": (3 * directions, 2)}
    made = written(text, {"x": (5, 1, 4)}, weights)
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == ["Input", "LSTM", "MatMul"]
    layer = found.layers[1]
    assert layer.tensor == "y" and layer.parameters == directions * 12 * 7
    sums, truth = edges_and_truth(found, made, found.layers[2].name)
    np.testing.assert_allclose(sums, truth[: sums.size], atol=1e-5)  # of the first step, which stands for the batch
