# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that belong together become one layer, whatever way an exporter wrote them; others do not."""

import re
from math import erf, sqrt

import numpy as np
import pytest

from unit.make import into, run, seeded, summed
from unit.written import copied, edges_and_truth, ops, put_together, written

VECTOR, MAP, WORDS = {"x": (1, 6)}, {"x": (1, 3, 6, 6)}, {"x": (1, 5, 8)}
ROOT = 1 / sqrt(2)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def normal(x, epsilon=1e-5):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + epsilon)


def root_mean_square(x, epsilon=1e-5):
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + epsilon)


FORMULAS = {
    "Gelu": lambda x: x * (1 + np.vectorize(erf)(x * ROOT)) / 2,
    "Swish": lambda x: x * sigmoid(x),
    "HardSwish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "Mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "LayerNormalization": normal,
    "RMSNormalization": root_mean_square,
    "InstanceNormalization": lambda x: normal(x.reshape(*x.shape[:2], -1)).reshape(x.shape),
    "Softmax": lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True),
    "LpNormalization": lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True),
}

SPELLINGS = {
    "Gelu": {
        "torch": "a = Div(x, 1.41421356); b = Erf(a); c = Add(b, 1.0); d = Mul(x, c); y = Mul(d, 0.5)",
        "half first": "h = Mul(x, 0.5); a = Div(x, 1.41421356); b = Erf(a); c = Add(b, 1.0); y = Mul(h, c)",
        "half last but one": "a = Mul(x, 0.70710678); b = Erf(a); c = Add(b, 1.0); d = Mul(c, 0.5); y = Mul(x, d)",
        "factor, then half": "a = Mul(x, 0.70710678); b = Erf(a); c = Add(1.0, b); d = Mul(c, x); y = Mul(0.5, d)",
        "half twice": "a = Mul(x, 0.70710678); b = Erf(a); c = Mul(b, 0.5); d = Add(c, 0.5); y = Mul(d, x)",
        "half behind": "a = Mul(x, 0.70710678); b = Erf(a); c = Add(b, 1.0); d = Mul(x, c); y = Div(d, 2.0)",
        "tanh, torch": """p = Pow(x, 3.0); q = Mul(p, 0.044715); r = Add(x, q); s = Mul(r, 0.79788456); t = Tanh(s)
                          u = Add(t, 1.0); v = Mul(x, u); y = Mul(v, 0.5)""",
        "tanh, half first": """h = Mul(x, 0.5); p = Pow(x, 3.0); q = Mul(p, 0.044715); r = Add(x, q)
                               s = Mul(r, 0.79788456); t = Tanh(s); u = Add(t, 1.0); y = Mul(h, u)""",
        "tanh, half on the factor": """p = Pow(x, 3.0); q = Mul(p, 0.044715); r = Add(x, q); s = Mul(r, 0.79788456)
                                       t = Tanh(s); u = Add(t, 1.0); v = Mul(u, 0.5); y = Mul(x, v)""",
        "tanh, products": """a = Mul(x, x); b = Mul(a, x); q = Mul(b, 0.044715); r = Add(x, q); s = Mul(r, 0.79788456)
                             t = Tanh(s); u = Add(t, 1.0); v = Mul(x, u); y = Mul(v, 0.5)""",
        "tanh, factored": """a = Mul(x, x); q = Mul(a, 0.044715); r = Add(q, 1.0); m = Mul(x, 0.79788456); s = Mul(m, r)
                             t = Tanh(s); u = Add(t, 1.0); h = Mul(x, 0.5); y = Mul(h, u)""",
    },
    "Swish": {
        "torch": "s = Sigmoid(x); y = Mul(x, s)",
        "other way round": "s = Sigmoid(x); y = Mul(s, x)",
    },
    "HardSwish": {
        "torch": "a = Add(x, 3.0); b = Clip(a, 0.0, 6.0); c = Mul(x, b); y = Div(c, 6.0)",
        "divided before": "a = Add(x, 3.0); b = Clip(a, 0.0, 6.0); c = Div(b, 6.0); y = Mul(x, c)",
        "factor": "a = Add(x, 3.0); b = Clip(a, 0.0, 6.0); c = Mul(b, 0.16666667); y = Mul(c, x)",
        "factor behind": "a = Add(3.0, x); b = Clip(a, 0.0, 6.0); c = Mul(b, x); y = Mul(c, 0.16666667)",
        "hard sigmoid": "a = HardSigmoid(x, alpha=0.16666667, beta=0.5); y = Mul(x, a)",
        "relu and minimum": "a = Add(x, 3.0); b = Relu(a); c = Min(b, 6.0); d = Mul(x, c); y = Div(d, 6.0)",
    },
    "Mish": {
        "torch": "a = Softplus(x); b = Tanh(a); y = Mul(x, b)",
        "softplus by parts": "a = Exp(x); b = Add(a, 1.0); c = Log(b); d = Tanh(c); y = Mul(x, d)",
    },
    "LayerNormalization": {
        "torch": """m = ReduceMean(x, axes=[-1]); d = Sub(x, m); p = Pow(d, 2.0); v = ReduceMean(p, axes=[-1])
                    e = Add(v, 0.00001); r = Sqrt(e); y = Div(d, r)""",
        "product": """m = ReduceMean(x, axes=[-1]); d = Sub(x, m); p = Mul(d, d); v = ReduceMean(p, axes=[-1])
                      e = Add(v, 0.00001); r = Sqrt(e); y = Div(d, r)""",
        "reciprocal": """m = ReduceMean(x, axes=[-1]); d = Sub(x, m); p = Mul(d, d); v = ReduceMean(p, axes=[-1])
                         e = Add(v, 0.00001); r = Sqrt(e); i = Reciprocal(r); y = Mul(d, i)""",
        "power": """m = ReduceMean(x, axes=[-1]); d = Sub(x, m); p = Pow(d, 2.0); v = ReduceMean(p, axes=[-1])
                    e = Add(v, 0.00001); i = Pow(e, -0.5); y = Mul(d, i)""",
        "difference twice": """m = ReduceMean(x, axes=[-1]); d = Sub(x, m); c = Sub(x, m); p = Mul(d, d)
                               v = ReduceMean(p, axes=[-1]); e = Add(v, 0.00001); r = Sqrt(e); y = Div(c, r)""",
        "mean of squares": """m = ReduceMean(x, axes=[-1]); s = Mul(x, x); q = ReduceMean(s, axes=[-1]); n = Mul(m, m)
                              v = Sub(q, n); e = Add(v, 0.00001); r = Sqrt(e); d = Sub(x, m); y = Div(d, r)""",
        "by numbers of half precision": """
            h = Cast(x, to=1); m = ReduceMean(h, axes=[-1]); d = Sub(h, m); c = Cast(d, to=1); p = Pow(c, 2.0)
            v = ReduceMean(p, axes=[-1]); e = Add(v, 0.00001); r = Sqrt(e); y = Div(d, r)""",
    },
    "RMSNormalization": {
        "torch": """p = Pow(x, 2.0); v = ReduceMean(p, axes=[-1]); e = Add(v, 0.00001); r = Sqrt(e); i = Reciprocal(r)
                    y = Mul(x, i)""",
        "division": """p = Mul(x, x); v = ReduceMean(p, axes=[-1]); e = Add(v, 0.00001); r = Sqrt(e); y = Div(x, r)""",
        "one over": """p = Pow(x, 2.0); v = ReduceMean(p, axes=[-1]); e = Add(v, 0.00001); r = Sqrt(e)
                       i = Div(1.0, r); y = Mul(x, i)""",
        "power": """p = Pow(x, 2.0); v = ReduceMean(p, axes=[-1]); e = Add(v, 0.00001); i = Pow(e, -0.5)
                    y = Mul(x, i)""",
    },
    "Softmax": {
        "stable": """m = ReduceMax(x, axes=[-1]); d = Sub(x, m); e = Exp(d); s = ReduceSum(e, [-1]); y = Div(e, s)""",
    },
    "LpNormalization": {
        "torch": """n = ReduceL2(x, axes=[-1]); c = Clip(n, 0.000001); y = Div(x, c)""",
        "maximum": """n = ReduceL2(x, axes=[-1]); c = Max(n, 0.000001); y = Div(x, c)""",
        "squares": """n = ReduceSumSquare(x, axes=[-1]); r = Sqrt(n); y = Div(x, r)""",
    },
}
ALL = [(op, way) for op, ways in SPELLINGS.items() for way in ways]


@pytest.mark.parametrize(("op", "way"), ALL)
def test_what_is_put_together_computes_what_it_is_called(op, way, tmp_path):
    """Alone, on an input: one layer of that name, with every node in it, and its numbers are those of the formula."""
    made = written(SPELLINGS[op][way], {"x": (2, 5, 8)} if op != "Softmax" else {"x": (1, 5, 8)})
    found = put_together(tmp_path, made)
    given = seeded(*found.inputs[0].shape)
    np.testing.assert_allclose(run(made, {"x": given})[0], FORMULAS[op](given), atol=2e-3)
    layer, = found.layers[1:]
    assert layer.op == op and len(layer.parts) == len(made.graph.node) and layer.tensor == "y"
    assert layer.inputs == ["x"] and layer.shape == (5, 8)
    edges = into(found, layer.name)[0].join.into(np.arange(40))
    np.testing.assert_array_equal(edges.source, np.arange(40))
    assert (edges.weight == 1).all()


@pytest.mark.parametrize(("op", "way"), [one for one in ALL if one[0] in ("Gelu", "Swish", "HardSwish", "Mish")])
def test_an_activation_belongs_to_what_it_acts_on(op, way, tmp_path):
    made = written(f"M = MatMul(A, W); x = Add(M, B); {SPELLINGS[op][way]}; z = MatMul(y, V)", {"A": (1, 5, 4)},
                   {"W": (4, 8), "B": (8,), "V": (8, 3)})
    found = put_together(tmp_path, made)
    assert [(layer.op, layer.tensor) for layer in found.layers] == [("Input", "A"), ("MatMul", "y"), ("MatMul", "z")]
    assert found.layers[1].parameters == 40 and found.layers[1].bias.name == "B"
    np.testing.assert_allclose(*edges_and_truth(found, made, found.layers[1].name, "M"), atol=1e-5)
    np.testing.assert_allclose(*edges_and_truth(found, made, found.layers[2].name, "z"), atol=1e-4)


@pytest.mark.parametrize(("op", "way"), [one for one in ALL if one[0] in ("LayerNormalization", "RMSNormalization")])
@pytest.mark.parametrize("tail", ["scale and shift", "scale", "nothing"])
def test_a_normalisation_with_scale_and_shift(op, way, tail, tmp_path):
    text, weights = {"scale and shift": ("U = Mul(y, S); z = Add(U, B)", {"S": (8,), "B": (8,)}),
                     "scale": ("z = Mul(S, y)", {"S": (8,)}), "nothing": ("z = Identity(y)", {})}[tail]
    made = written(f"x = MatMul(A, W); {SPELLINGS[op][way]}; {text}; o = MatMul(z, W)", {"A": (1, 5, 8)},
                   {"W": (8, 8)} | weights)
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == ["Input", "MatMul", op, "MatMul"]
    layer = found.layers[2]
    assert layer.tensor == "z" and layer.parameters == 8 * len(weights) and layer.inputs == [found.layers[1].name]
    edges = into(found, layer.name)[0].join.into(np.arange(40))
    np.testing.assert_array_equal(edges.source, np.arange(40))
    scale = next((leaf.array() for leaf in layer.weights if leaf.name == "S"), np.ones(8))
    np.testing.assert_array_equal(edges.weight, np.tile(scale, 5))


def test_a_normalisation_of_half_precision(tmp_path):
    """As exporters write it: up to float32, back down, then the scale in half precision."""
    made = written(f"""
        H = MatMul(A, W)
        x = Cast(H, to=1)
        {SPELLINGS["RMSNormalization"]["torch"]}
        D = Cast(y, to=10)
        n = Mul(S, D)
        o = MatMul(n, W)""", {"A": (1, 5, 8)}, {name: seeded(*shape).astype(np.float16)
                                               for name, shape in {"W": (8, 8), "S": (8,)}.items()})
    made.graph.input[0].type.tensor_type.elem_type = made.graph.output[0].type.tensor_type.elem_type = 10
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == ["Input", "MatMul", "RMSNormalization", "MatMul"]
    assert found.layers[2].tensor == "n" and found.layers[2].parameters == 8


def test_the_normalisation_of_each_map_is_of_instances(tmp_path):
    made = written("""
        m = ReduceMean(x, axes=[2, 3])
        d = Sub(x, m)
        p = Pow(d, 2.0)
        v = ReduceMean(p, axes=[2, 3])
        e = Add(v, 0.00001)
        r = Sqrt(e)
        y = Div(d, r)""", {"x": (1, 3, 4, 5)})
    layer = put_together(tmp_path, made).layers[1]
    given = seeded(1, 3, 4, 5)
    assert layer.op == "InstanceNormalization" and len(layer.parts) == 7
    np.testing.assert_allclose(run(made, {"x": given})[0], FORMULAS[layer.op](given), atol=1e-3)


def test_keras_layer_normalisation(tmp_path):
    """x * (gamma / deviation) + (beta - mean * gamma / deviation)."""
    made = written("""
        x = MatMul(a, w)
        m = ReduceMean(x, axes=[-1])
        d = Sub(x, m)
        p = Mul(d, d)
        v = ReduceMean(p, axes=[-1])
        e = Add(v, 0.001)
        r = Sqrt(e)
        i = Reciprocal(r)
        g = Mul(i, gamma)
        l = Mul(x, g)
        n = Mul(m, g)
        o = Sub(beta, n)
        y = Add(l, o)
        z = MatMul(y, w)""", {"a": (1, 5, 8)}, {"w": (8, 8), "gamma": (8,), "beta": (8,)})
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == ["Input", "MatMul", "LayerNormalization", "MatMul"]
    assert found.layers[2].parameters == 16 and found.layers[2].tensor == "y"


@pytest.mark.parametrize("noise", ["N = Relu(x)", "K = Exp(x); N = Neg(K)", "N = ReduceMean(x, axes=[-1])"])
@pytest.mark.parametrize("op", SPELLINGS)
def test_another_reader_of_the_same_tensor_between(op, noise, tmp_path):
    """A fork whose other branches are none of it."""
    first, rest = next(iter(SPELLINGS[op].values())).split(";", 1)
    made = written(f"x = MatMul(A, W); {first}; {noise}; {rest}", {"A": (1, 5, 8)}, {"W": (8, 8)}, outputs=("y", "N"))
    found = put_together(tmp_path, made)
    assert next(layer for layer in found.layers if layer.tensor == "y").op == op


def test_two_normalisations_of_one_tensor(tmp_path):
    norm = SPELLINGS["LayerNormalization"]["torch"]
    second = copied(norm, "_")
    made = written(f"x = MatMul(A, W); {norm}; {second}; f = MatMul(y, W); g = MatMul(y_, W); z = Add(f, g)",
                   {"A": (1, 5, 8)}, {"W": (8, 8)})
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == [
        "Input", "MatMul", *["LayerNormalization"] * 2, *["MatMul"] * 2, "Add"]


CHAINS = {
    "convolution, normalisation, activation": (
        "c = Conv(x, w); b = BatchNormalization(c, s, o, m, v); y = Relu(b)", MAP,
        {"w": (4, 3, 3, 3), **{name: np.ones(4, np.float32) for name in "somv"}},
        [("Conv", "Conv BatchNormalization Relu")], "c"),
    "convolution and leaky activation": (
        "c = Conv(x, w); y = LeakyRelu(c)", MAP, {"w": (4, 3, 3, 3)}, [("Conv", "Conv LeakyRelu")], "c"),
    "convolution and slopes": (
        "c = Conv(x, w); y = PRelu(c, s)", MAP, {"w": (4, 3, 3, 3), "s": (4, 1, 1)}, [("Conv", "Conv PRelu")], "c"),
    "convolution and SiLU": (
        "c = Conv(x, w); s = Sigmoid(c); y = Mul(c, s)", MAP, {"w": (4, 3, 3, 3)}, [("Conv", "Conv Sigmoid Mul")], "c"),
    "bias by itself": (
        "m = MatMul(x, w); y = Add(m, b)", VECTOR, {"w": (6, 4), "b": (4,)}, [("MatMul", "MatMul Add")], "m"),
    "bias first": (
        "m = MatMul(x, w); a = Add(b, m); y = Relu(a)", VECTOR, {"w": (6, 4), "b": (4,)},
        [("MatMul", "MatMul Add Relu")], "m"),
    "bias of a convolution": (
        "c = Conv(x, w); y = Add(c, b)", MAP, {"w": (4, 3, 3, 3), "b": (4, 1, 1)}, [("Conv", "Conv Add")], "c"),
    "normalisation over a flattened batch": (
        "m = Gemm(x, w, b); n = BatchNormalization(m, s, o, p, v); y = Sigmoid(n)", VECTOR,
        {"w": (6, 4), "b": (4,), **{name: np.ones(4, np.float32) for name in "sopv"}},
        [("Gemm", "Gemm BatchNormalization Sigmoid")], "m"),
    "reshape between": (
        "r = Reshape(x, [5, 8]); m = Gemm(r, w, b); y = Reshape(m, [1, 5, 4]); z = Relu(y)", WORDS,
        {"w": (8, 4), "b": np.zeros(4, np.float32)}, [("Gemm", "Reshape Gemm Reshape Relu")], "m"),
    "dropout and identity": (
        "m = MatMul(x, w); d = Dropout(m); i = Identity(d); y = Tanh(i)", VECTOR, {"w": (6, 4)},
        [("MatMul", "MatMul Dropout Identity Tanh")], "m"),
    "flatten belongs to what it flattens": (
        "c = Conv(x, w); r = Relu(c); f = Flatten(r); y = MatMul(f, v)", MAP, {"w": (4, 3, 3, 3), "v": (64, 5)},
        [("Conv", "Conv Relu Flatten"), ("MatMul", "MatMul")], "y"),
    "normalisation by a word's units": (
        "m = MatMul(x, w); n = LayerNormalization(m, s, b); y = MatMul(n, w)", WORDS,
        {"w": (8, 8), "s": np.ones(8, np.float32), "b": (8,)},
        [("MatMul", "MatMul"), ("LayerNormalization", "LayerNormalization"), ("MatMul", "MatMul")], "y"),
    "sum and activation": (
        "a = MatMul(x, w); b = MatMul(x, v); s = Add(a, b); y = Relu(s)", VECTOR, {"w": (6, 4), "v": (6, 4)},
        [("MatMul", "MatMul"), ("MatMul", "MatMul"), ("Add", "Add Relu")], "s"),
    "positions": (
        "m = MatMul(x, w); y = Add(m, p)", WORDS, {"w": (8, 4), "p": (5, 4)}, [("MatMul", "MatMul"), ("Add", "Add")],
        None),
    "pool": (
        "c = Conv(x, w); p = MaxPool(c, kernel_shape=[2, 2]); y = Relu(p)", MAP, {"w": (4, 3, 3, 3)},
        [("Conv", "Conv"), ("MaxPool", "MaxPool"), ("Relu", "Relu")], None),
}


CHAINS |= {
    "channels shuffled": (
        """a = Conv(x, w, group=2); b = Reshape(a, [1, 2, 2, 6, 6]); c = Transpose(b, perm=[0, 2, 1, 3, 4])
           d = Reshape(c, [1, 4, 6, 6]); y = Conv(d, w, group=2)""", {"x": (1, 4, 6, 6)}, {"w": (4, 2, 1, 1)},
        [("Conv", "Conv Reshape Transpose Reshape"), ("Conv", "Conv")], "y"),
    "halves that go different ways": (
        """a = Conv(x, w); s = Sigmoid(a); b = Mul(a, s); c, d = Split(b, axis=1); e = Conv(d, v); g = Add(d, e)
           y = Concat(c, d, g, axis=1)""", {"x": (1, 4, 6, 6)}, {"w": (4, 4, 1, 1), "v": (2, 2, 1, 1)},
        [("Conv", "Conv Sigmoid Mul Split"), ("Conv", "Conv"), ("Add", "Add"), ("Concat", "Concat")], "y"),
    "normalisation of groups": (
        """a = Conv(x, w); r = Reshape(a, [1, 2, -1]); n = InstanceNormalization(r, one, zero)
           c = Reshape(n, [1, 4, 6, 6]); m = Mul(c, s); t = Add(m, s); y = Relu(t)""", MAP,
        {"w": (4, 3, 1, 1), "one": np.ones(2, np.float32), "zero": np.zeros(2, np.float32), "s": (4, 1, 1)},
        [("Conv", "Conv Reshape InstanceNormalization Reshape Mul Add Relu")], "a"),
    "channels last within": (
        """a = Conv(x, w, group=3); t = Transpose(a, perm=[0, 2, 3, 1]); n = LayerNormalization(t, s, s)
           m = MatMul(n, v); r = Relu(m); l = MatMul(r, u); g = Mul(l, s); q = Transpose(g, perm=[0, 3, 1, 2])
           y = Add(x, q)""", MAP,
        {"w": (3, 1, 1, 1), "s": (3,), "v": (3, 8), "u": (8, 3)},
        [("Conv", "Conv Transpose"), ("LayerNormalization", "LayerNormalization"), ("MatMul", "MatMul Relu"),
         ("MatMul", "MatMul Mul Transpose"), ("Add", "Add")], "y"),
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
        ("Conv", "c", ["x"]), ("Relu", "r", ["c"]), ("Conv", "d", ["r"]), ("Add", "y", ["c", "d"])]


def test_nothing_is_merged_over_an_output(tmp_path):
    made = written("c = Conv(x, w); y = Relu(c); z = Neg(y)", MAP, {"w": (3, 3, 1, 1)}, outputs=("z", "c"))
    found = put_together(tmp_path, made)
    assert ops(found) == [("Conv", "Conv"), ("Relu", "Relu Neg")]


@pytest.mark.parametrize("inner", ["s", "y"])
def test_no_activation_over_an_output(inner, tmp_path):
    made = written("c = Conv(x, w); s = Sigmoid(c); y = Mul(c, s); z = Neg(y)", MAP, {"w": (3, 3, 1, 1)},
                   outputs=("z", inner))
    expected = [("Conv", "Conv"), ("Sigmoid", "Sigmoid"), ("Mul", "Mul Neg")]
    assert ops(put_together(tmp_path, made)) == (expected if inner == "s" else [("Conv", "Conv Sigmoid Mul"),
                                                                               ("Neg", "Neg")])


@pytest.mark.parametrize("op", ["LayerNormalization", "RMSNormalization"])
def test_a_scale_behind_an_output_is_a_layer_of_its_own(op, tmp_path):
    made = written(f"{SPELLINGS[op]['torch']}; z = Mul(y, S); o = MatMul(z, W)", WORDS, {"S": (8,), "W": (8, 8)},
                   outputs=("o", "y"))
    found = put_together(tmp_path, made)
    assert [(layer.op, layer.tensor) for layer in found.layers] == [("Input", "x"), (op, "y"), ("Mul", "z"),
                                                                   ("MatMul", "o")]


APART = {
    "difference to the mean": "m = ReduceMean(x, axes=[-1]); y = Sub(x, m)",
    "division by the mean square": "p = Pow(x, 2.0); m = ReduceMean(p, axes=[-1]); e = Add(m, 0.1); y = Div(x, e)",
    "product with itself": "y = Mul(x, x)",
    "sum of activations": "a = Sigmoid(x); b = Tanh(x); y = Add(a, b)",
    "gate by another function": "a = Tanh(x); y = Mul(x, a)",
    "residual": "a = Relu(x); y = Add(x, a)",
    "clipped sum": "a = Add(x, 3.0); b = Clip(a, 0.0, 6.0); y = Add(x, b)",
    "squeeze and excitation": """p = ReduceMean(x, axes=[1]); f = MatMul(p, w); r = Relu(f); g = MatMul(r, w)
                                 s = Sigmoid(g); y = Mul(x, s)""",
    "two gates": "u = MatMul(x, w); s = Sigmoid(u); y = Mul(x, s)",
}


@pytest.mark.parametrize("case", APART)
def test_what_is_none_of_these(case, tmp_path):
    made = written(APART[case], WORDS, {"w": (8, 8)})
    found = put_together(tmp_path, made)
    assert not {layer.op for layer in found.layers} & FORMULAS.keys()


@pytest.mark.parametrize("pool", ["GlobalAveragePool(x)", "ReduceMean(x, axes=[2, 3])"])
def test_squeeze_and_excitation_stays_a_gate(pool, tmp_path):
    made = written(f"""
        x = Conv(i, w)
        p = {pool}
        f = Conv(p, v)
        r = Relu(f)
        g = Conv(r, v)
        s = Sigmoid(g)
        y = Mul(x, s)""", {"i": (1, 3, 6, 6)}, {"w": (4, 3, 1, 1), "v": (4, 4, 1, 1)})
    found = put_together(tmp_path, made)
    assert [op for op, _ in ops(found)] == ["Conv", pool.split("(")[0], "Conv", "Conv", "Mul"]
    assert set(found.layers[-1].inputs) == {"x", "g"}


def test_a_gated_unit_keeps_its_two_branches(tmp_path):
    """SwiGLU: one branch with an activation, one without, and their product."""
    made = written("g = MatMul(x, w); s = Sigmoid(g); a = Mul(g, s); u = MatMul(x, v); p = Mul(a, u); y = MatMul(p, o)",
                   WORDS, {"w": (8, 6), "v": (8, 6), "o": (6, 8)})
    found = put_together(tmp_path, made)
    assert ops(found) == [("MatMul", "MatMul Sigmoid Mul"), ("MatMul", "MatMul"), ("Mul", "Mul"), ("MatMul", "MatMul")]
    assert found.layers[3].inputs == ["g", "u"]


# Attention: two heads of four units over five words. Capitals are weights.
STORED = {name: (8, 8) for name in "QKVO"} | {
    "B": (8,), "G": (8,), "F": (8, 24), "K1": (8, 4), "V1": (8, 4), "COS": (5, 4), "SIN": (5, 4), "M": (1, 1, 5, 5),
    "SEEN": np.tri(5, dtype=bool)[None, None], "C1": (8, 8, 1, 1), "C2": (8, 8, 1, 1), "C3": (8, 8, 1, 1),
    "C4": (8, 8, 1, 1)}
GIVEN = WORDS | {"z": (1, 7, 8), "mask": (1, 1, 1, 5), "picture": (1, 8, 5, 6)}
PROJECTED = "q = MatMul(x, Q); k = MatMul(x, K); v = MatMul(x, V)"
HEADS = """
    q1 = Reshape(q, [1, 5, 2, 4]); q2 = Transpose(q1, perm=[0, 2, 1, 3])
    k1 = Reshape(k, [1, -1, 2, 4]); k2 = Transpose(k1, perm=[0, 2, 3, 1])
    v1 = Reshape(v, [1, -1, 2, 4]); v2 = Transpose(v1, perm=[0, 2, 1, 3])
"""
PATTERN = "s = MatMul(q2, k2); d = Div(s, 2.0); p = Softmax(d, axis=-1)"
SIDE = "c1 = Transpose(c, perm=[0, 2, 1, 3]); c2 = Reshape(c1, [1, 5, 8])"
OUT = f"c = MatMul(p, v2); {SIDE}; o = MatMul(c2, O)"
ATTEND = f"{PROJECTED}; {HEADS}; {PATTERN}; {OUT}"
ROTATED = """a = Slice(t, [2], [4], [3]); b = Slice(t, [0], [2], [3]); n = Neg(a); h = Concat(n, b, axis=-1)
             c = Mul(t, COS); s = Mul(h, SIN); r = Add(c, s)"""
ATTENTIONS = {
    "three projections": ATTEND,
    "biases": f"""
        q0 = MatMul(x, Q); q = Add(B, q0); k0 = MatMul(x, K); k = Add(k0, B); v0 = MatMul(x, V); v = Add(v0, B)
        {HEADS}; {PATTERN}; {OUT.replace("o =", "o0 =")}; o = Add(o0, B)""",
    "fused, split": f"f = MatMul(x, F); q, k, v = Split(f, axis=-1); {HEADS}; {PATTERN}; {OUT}",
    "fused, sliced": f"""
        f = MatMul(x, F); q = Slice(f, [0], [8], [2]); k = Slice(f, [8], [16], [2]); v = Slice(f, [16], [24], [2])
        {HEADS}; {PATTERN}; {OUT}""",
    "fused, gathered": f"""
        f = MatMul(x, F); r = Reshape(f, [1, 5, 3, 2, 4]); t = Transpose(r, perm=[2, 0, 3, 1, 4])
        q2 = Gather(t, 0, axis=0); k = Gather(t, 1, axis=0); v2 = Gather(t, 2, axis=0)
        k2 = Transpose(k, perm=[0, 1, 3, 2]); {PATTERN}; {OUT}""",
    "scaled before": f"""
        {PROJECTED}; {HEADS}; e = Mul(q2, 0.7); g = Mul(k2, 0.7); s = MatMul(e, g); p = Softmax(s, axis=-1); {OUT}""",
    "stored mask": f"""
        {PROJECTED}; {HEADS}; s = MatMul(q2, k2); d = Div(s, 2.0); m = Add(d, M); p = Softmax(m, axis=-1); {OUT}""",
    "causal": f"""
        {PROJECTED}; {HEADS}; s = MatMul(q2, k2); m = Where(SEEN, s, -10000.0); p = Softmax(m, axis=-1); {OUT}""",
    "rows without a word": f"""
        {PROJECTED}; {HEADS}; {PATTERN}; n = IsNaN(p); w = Where(n, 0.0, p); {OUT.replace("(p,", "(w,")}""",
    "half precision": f"""
        {PROJECTED}; {HEADS}; {PATTERN.replace("p =", "t =")}; u = Cast(t, to=10); p = Cast(u, to=1); {OUT}""",
    "summation convention": f"""
        {PROJECTED}; q1 = Reshape(q, [1, 5, 2, 4]); k1 = Reshape(k, [1, 5, 2, 4]); v1 = Reshape(v, [1, 5, 2, 4])
        s = Einsum(q1, k1, equation="bqhd,bkhd->bhqk"); p = Softmax(s, axis=-1)
        c = Einsum(p, v1, equation="bhqk,bkhd->bqhd"); c2 = Reshape(c, [1, 5, 8]); o = MatMul(c2, O)""",
    "dropout": f"{PROJECTED}; {HEADS}; {PATTERN}; w = Dropout(p); {OUT.replace('(p,', '(w,')}",
    "rotary embedding": f"""
        {PROJECTED}; {HEADS}; k3 = Transpose(k2, perm=[0, 1, 3, 2]); {copied(ROTATED, "q", t="q2")}
        {copied(ROTATED, "k", t="k3")}; k4 = Transpose(rk, perm=[0, 1, 3, 2]); s = MatMul(rq, k4)
        p = Softmax(s, axis=-1); {OUT}""",
    "normalised queries": f"""
        q0 = MatMul(x, Q); {copied(SPELLINGS["RMSNormalization"]["torch"], "0", x="q0")}; q = Mul(y0, G)
        k = MatMul(x, K); v = MatMul(x, V); {HEADS}; {PATTERN}; {OUT}""",
    "shared keys": f"""
        q = MatMul(x, Q); k = MatMul(x, K1); v = MatMul(x, V1)
        q1 = Reshape(q, [1, 5, 2, 4]); q2 = Transpose(q1, perm=[0, 2, 1, 3])
        k1 = Reshape(k, [1, 5, 1, 4]); k3 = Transpose(k1, perm=[0, 2, 1, 3]); k4 = Unsqueeze(k3, [2])
        k5 = Expand(k4, [1, 1, 2, 5, 4]); k6 = Reshape(k5, [1, 2, 5, 4]); k2 = Transpose(k6, perm=[0, 1, 3, 2])
        v1 = Reshape(v, [1, 5, 1, 4]); v3 = Transpose(v1, perm=[0, 2, 1, 3]); v4 = Unsqueeze(v3, [2])
        v5 = Expand(v4, [1, 1, 2, 5, 4]); v2 = Reshape(v5, [1, 2, 5, 4]); {PATTERN}; {OUT}""",
    "two sources": f"q = MatMul(x, Q); k = MatMul(z, K); v = MatMul(z, V); {HEADS}; {PATTERN}; {OUT}",
    "mask as an input": f"""
        {PROJECTED}; {HEADS}; s = MatMul(q2, k2); m = Add(s, mask); p = Softmax(m, axis=-1); {OUT}""",
    "no output projection": f"{PROJECTED}; {HEADS}; {PATTERN}; c = MatMul(p, v2); {SIDE}",
    "one head": f"""
        {PROJECTED}; k1 = Transpose(k, perm=[0, 2, 1]); s = MatMul(q, k1); d = Mul(s, 0.3); p = Softmax(d, axis=-1)
        c = MatMul(p, v); o = MatMul(c, O)""",
    "convolutions": """
        q = Conv(picture, C1); k = Conv(picture, C2); v = Conv(picture, C3)
        q1 = Reshape(q, [1, 8, 30]); q2 = Transpose(q1, perm=[0, 2, 1]); k1 = Reshape(k, [1, 8, 30])
        v1 = Reshape(v, [1, 8, 30]); s = MatMul(q2, k1); p = Softmax(s, axis=-1); t = Transpose(p, perm=[0, 2, 1])
        c = MatMul(v1, t); r = Reshape(c, [1, 8, 5, 6]); o = Conv(r, C4)""",
}


@pytest.mark.parametrize("case", ATTENTIONS)
def test_attention_is_one_layer(case, tmp_path):
    made = written(ATTENTIONS[case], GIVEN, STORED)
    found = put_together(tmp_path, made)
    layer, = found.layers[len(made.graph.input):]
    assert layer.op == "Attention" and set(layer.inputs) == {value.name for value in made.graph.input}
    assert len(layer.parts) == len(made.graph.node)
    used = {one.name for one in made.graph.initializer} & STORED.keys() - {"SEEN"}
    assert layer.parameters == sum(int(np.prod(STORED[name])) for name in used)
    assert all(one.join.carries == "unknown" for one in into(found, layer.name))
    # what is drawn is the pattern, for each head; what others read is the last tensor
    pattern, = (one.tensor for one in layer.parts if one.op == "Softmax")
    given = {spec.name: seeded(*spec.shape) for spec in found.inputs}
    shown, out = run(made, given, [layer.shown, layer.tensor])
    assert layer.shown == pattern and layer.size == shown.size and layer.shape == out.shape[1:]
    assert layer.grid.units == (shown.shape[1] if shown.ndim == 4 else 1)
    assert layer.tensor == {"no output projection": "c"}.get(case, "o")


def test_the_mask_is_no_part_of_the_attention(tmp_path):
    """As in BERT: worked out once from an input, read by every attention."""
    attention = f"{PROJECTED}; {HEADS}; s = MatMul(q2, k2); m = Add(s, bias); p = Softmax(m, axis=-1); {OUT}"
    again = copied(attention, "_", x="o")
    made = written(f"u = Unsqueeze(mask, [1, 2]); i = Sub(1.0, u); bias = Mul(i, -10000.0); {attention}; {again}",
                   WORDS | {"mask": (1, 5)}, STORED)
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == ["Input", "Input", "Sub", "Attention", "Attention"]
    mask, first, second = found.layers[2:]
    assert mask.inputs == ["mask"] and [part.op for part in mask.parts] == ["Unsqueeze", "Sub", "Mul"]
    assert set(first.inputs) == {"x", mask.name} and set(second.inputs) == {first.name, mask.name}


def test_angles_are_no_part_of_the_attention(tmp_path):
    """As in Llama: cosines and sines are worked out from the positions, once for all attentions."""
    turned = [copied(ROTATED, name, t=f"{name}3", COS="COS1", SIN="SIN1") for name in "qk"]
    made = written(f"""
        e = Unsqueeze(positions, [2]); f = MatMul(e, ANGLES); g = Concat(f, f, axis=-1)
        g1 = Cos(g); COS1 = Unsqueeze(g1, [1]); g2 = Sin(g); SIN1 = Unsqueeze(g2, [1])
        {PROJECTED}; {HEADS}; q3 = Identity(q2); k3 = Transpose(k2, perm=[0, 1, 3, 2]); {turned[0]}
        {turned[1]}; k4 = Transpose(rk, perm=[0, 1, 3, 2]); s = MatMul(rq, k4); p = Softmax(s, axis=-1); {OUT}""",
        WORDS | {"positions": (1, 5)}, STORED | {"ANGLES": (1, 2)})
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers[2:]] == ["MatMul", "Concat", "Cos", "Sin", "Attention"]
    assert set(found.layers[-1].inputs) == {"x", "g1", "g2"} and found.layers[-1].parameters == 256


NOT_ATTENTION = {
    "softmax alone": "m = MatMul(x, Q); y = Softmax(m, axis=-1)",
    "a mask that the queries make": f"""
        {PROJECTED}; {HEADS}; g = ReduceMean(q2, axes=[-1]); s = MatMul(q2, k2); m = Add(s, g); p = Softmax(m, axis=-1)
        {OUT}""",
    "mixture of experts": "g = MatMul(x, Q); p = Softmax(g, axis=-1); u = MatMul(x, K); y = Mul(p, u)",
    "pattern times itself": """t = Transpose(x, perm=[0, 2, 1]); s = MatMul(x, t); p = Softmax(s, axis=-1)
                               y = MatMul(p, p)""",
    "product of two without projections": """t = Transpose(x, perm=[0, 2, 1]); s = MatMul(x, t); p = Softmax(s, axis=-1)
                                             y = MatMul(p, x)""",
}


@pytest.mark.parametrize("case", NOT_ATTENTION)
def test_what_is_no_attention(case, tmp_path):
    found = put_together(tmp_path, written(NOT_ATTENTION[case], WORDS, STORED))
    assert "Attention" not in [layer.op for layer in found.layers]


def test_an_input_that_is_moved_for_several_readers(tmp_path):
    """The move stands in one of them, and the other still does not wait for it."""
    made = written(f"""
        t = Transpose(x, perm=[0, 2, 1]); i = Identity(t); y = Add(t, SQUARE)
        {copied(ATTEND.replace("MatMul(x, K)", "MatMul(i, K)"), "", x="y")}""", {"x": (1, 8, 5)},
        STORED | {"SQUARE": (5, 8)})
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == ["Input", "Add", "Attention"]
    assert [set(layer.inputs) for layer in found.layers] == [set(), {"x"}, {"x", "y"}]


def test_a_pattern_that_is_given_out(tmp_path):
    made = written(ATTEND, WORDS, STORED, outputs=("o", "p"))
    found = put_together(tmp_path, made)
    assert found.outputs[1].name == "p" and [layer.tensor for layer in found.layers][-1] == "o"


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
    """"Add and norm" is one layer; the last norm of a pre-norm network, which reads a sum as well, is its own."""
    post = kind == "add and norm"
    blocks = [copied(ENCODERS[kind], f"_{i}", x=f"y_{i - 1}" if i else "x") for i in range(length)]
    last = f"y_{length - 1}"
    tail = f"z = MatMul({last}, Q)" if post else f"t = LayerNormalization({last}, S3, B3); z = MatMul(t, Q)"
    text = "; ".join((*blocks, tail))
    if parts:
        text = re.sub(r"(\w+) = LayerNormalization\((\w+), (\w+), (\w+)\)", by_parts, text)
    made = written(text, WORDS, STORED | {"I": (8, 12), "J": (12, 8)} | NORMS)
    layers = put_together(tmp_path, made).layers[1:]
    one = ["Attention", "Add", "MatMul", "MatMul", "Add"] if post else [
        "LayerNormalization", "Attention", "Add", "LayerNormalization", "MatMul", "MatMul", "Add"]
    rest = ["MatMul"] if post else ["LayerNormalization", "MatMul"]
    assert [layer.op for layer in layers] == [*one * length, *rest]
    for layer in layers:
        if layer.op == "Add":
            assert (len(layer.parts) > 1) == post and len(layer.inputs) == 2 and layer.parameters == 16 * post


RECURRENT = {
    "both directions": ("""Y = LSTM(x, W, R, hidden_size=3, direction="bidirectional")
                           t = Transpose(Y, perm=[0, 2, 1, 3]); y = Reshape(t, [0, 0, -1]); z = MatMul(y, M)""", 2),
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


MOVES = {
    "transposed": ("t = Transpose(c, perm=[0, 2, 3, 1]); f = Reshape(t, [1, 64]); y = MatMul(f, W)", (64, 5)),
    "sliced": ("t = Slice(c, [1], [3], [2]); f = Flatten(t); y = MatMul(f, W)", (32, 5)),
    "sliced backwards, then transposed": ("s = Slice(c, [-1], [-9], [3], [-2]); t = Transpose(s, perm=[0, 3, 1, 2]); "
                                          "f = Flatten(t); y = MatMul(f, W)", (32, 5)),
    "split": ("a, b = Split(c, axis=1); f = Flatten(b); y = MatMul(f, W)", (32, 5)),
    "split unevenly": ("a, b = Split(c, [1, 3], axis=3); f = Flatten(b); y = MatMul(f, W)", (48, 5)),
    "gathered": ("g = Gather(c, [2, 0, 2], axis=1); f = Flatten(g); y = MatMul(f, W)", (48, 5)),
    "one unit": ("g = Gather(c, 1, axis=1); f = Flatten(g); y = MatMul(f, W)", (16, 5)),
    "widened and narrowed": ("a = Unsqueeze(c, [1, 4]); b = Squeeze(a, [1]); f = Flatten(b); y = MatMul(f, W)",
                             (64, 5)),
}


@pytest.mark.parametrize("case", MOVES)
@pytest.mark.parametrize("source", ["layer", "input"])
def test_edges_behind_moves_are_exact(case, source, tmp_path):
    text, shape = MOVES[case]
    before = "c = Conv(x, C)" if source == "layer" else "c = Identity(x)"
    made = written(f"{before}; {text}; z = Relu(y)", {"x": (1, 4, 4, 4)}, {"C": (4, 4, 1, 1), "W": shape})
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == ["Input", *["Conv"] * (source == "layer"), "MatMul"]
    np.testing.assert_allclose(*edges_and_truth(found, made, found.layers[-1].name, "y"), atol=1e-4)


def test_each_part_of_a_split_feeds_its_own_reader(tmp_path):
    made = written("a, b, c = Split(x, [2, 1, 3], axis=1); d = Relu(a); e = Neg(c); y = Add(b, D)", {"x": (1, 6)},
                   {"D": (1,)}, opset=13, outputs=("d", "e", "y"))
    found = put_together(tmp_path, made)
    given = seeded(1, 6)
    for layer, cells in zip(found.layers[1:], ([0, 1], [3, 4, 5], [2]), strict=True):
        edges = into(found, layer.name)[0].join.into(np.arange(layer.size))
        np.testing.assert_array_equal(edges.source, cells)
    assert run(made, {"x": given}, ["d"])[0].size == 2


def test_hints_are_of_the_layer_before_the_move(tmp_path):
    made = written("c = Conv(x, C); t = Transpose(c, perm=[0, 2, 3, 1]); f = Reshape(t, [1, 64]); y = MatMul(f, W)",
                   {"x": (1, 4, 4, 4)}, {"C": (4, 4, 1, 1), "W": (64, 5)})
    join = into(put_together(tmp_path, made), "y")[0].join
    wanted = np.array([3, 17, 60])
    full, part = join.into(np.arange(5)), join.into(np.arange(5), wanted)
    assert np.isin(full.source, wanted).sum() == np.isin(part.source, wanted).sum() == len(part) == 15
    assert set(zip(part.source, part.target, part.weight, strict=True)) <= set(
        zip(full.source, full.target, full.weight, strict=True))


KERNELS = {
    "colours last": ("t = Transpose(x, perm=[0, 3, 1, 2]); y = Conv(t, W)", (1, 5, 6, 4), (3, 4, 2, 2), range(4), 1),
    "second half": ("a, b = Split(x, axis=1); y = Conv(b, W)", (1, 8, 5, 6), (3, 4, 2, 2), range(4, 8), 1),
    "some channels": ("g = Gather(x, [5, 0, 2, 7], axis=1); y = Conv(g, W)", (1, 8, 5, 6), (3, 4, 2, 2), (5, 0, 2, 7),
                      1),
    "groups": ("t = Transpose(x, perm=[0, 3, 1, 2]); y = Conv(t, W, group=2)", (1, 5, 6, 4), (6, 2, 2, 2), range(4), 2),
    "backwards": ("s = Slice(x, [-1], [-9], [1], [-1]); y = Conv(s, W)", (1, 4, 5, 6), (3, 4, 2, 2), (3, 2, 1, 0), 1),
    "cropped": ("s = Slice(x, [1], [4], [2]); y = Conv(s, W)", (1, 4, 5, 6), (3, 4, 2, 2), range(4), 1),
}


@pytest.mark.parametrize("case", KERNELS)
def test_kernels_behind_moves_join_units_of_the_layer(case, tmp_path):
    text, source, shape, unit_of, groups = KERNELS[case]
    made = written(f"{text}; z = Relu(y)", {"x": source}, {"W": shape})
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == ["Input", "Conv"]
    connection, = found.connections
    np.testing.assert_allclose(*edges_and_truth(found, made, connection.target.name, "y"), atol=1e-4)
    weight, units = seeded(*shape, seed=1), found.layers[0].grid.units
    expected = np.zeros((shape[0], units))
    for unit in range(shape[0]):
        for inside in range(shape[1]):
            channel = unit // (shape[0] // groups) * shape[1] + inside
            expected[unit, unit_of[channel]] += weight[unit, inside].sum()
    edges = connection.join.kernels(np.arange(shape[0]), np.arange(units))
    kernels = np.zeros_like(expected)
    np.add.at(kernels, (edges.target, edges.source), edges.weight)
    np.testing.assert_allclose(kernels, expected, atol=1e-5)
    some = connection.join.kernels(np.array([1]), np.array([unit_of[1], unit_of[0]]))
    assert set(some.source) <= {unit_of[0], unit_of[1]} and set(some.target) == {1}


def test_channels_that_are_no_units_of_the_layer_have_no_kernels(tmp_path):
    """Rows of a picture become channels: edges are exact, kernels between units would not be."""
    made = written("t = Transpose(x, perm=[0, 2, 1, 3]); y = Conv(t, W)", {"x": (1, 2, 4, 5)}, {"W": (3, 4, 1, 1)})
    found = put_together(tmp_path, made)
    assert not hasattr(found.connections[0].join, "kernels")
    np.testing.assert_allclose(*edges_and_truth(found, made, "y"), atol=1e-4)


def test_a_move_that_cannot_be_worked_out_is_unknown(tmp_path):
    made = written("c = Conv(x, C); s = Gather(c, [9], axis=1); y = Flatten(s); z = MatMul(y, W)", {"x": (1, 4, 4, 4)},
                   {"C": (4, 4, 1, 1), "W": (16, 2)})
    found = put_together(tmp_path, made)
    assert len(into(found, found.layers[-1].name)[0].join.into(np.arange(2))) == 0


def test_reshapings_of_a_layer_hold_its_numbers(tmp_path):
    made = written("""
        c = Conv(x, C); f = Flatten(c); y = MatMul(f, W)
        t = Transpose(c, perm=[0, 3, 1, 2]); u = Flatten(t); z = MatMul(u, W)""",
        {"x": (1, 4, 4, 4)}, {"C": (4, 4, 1, 1), "W": (64, 2)}, outputs=("y", "z"))
    found = put_together(tmp_path, made)
    assert found.layers[1].outputs == ("c", "f")


def test_layers_stand_behind_what_they_read(tmp_path):
    """The second branch, later in the file, feeds a layer that begins earlier in it."""
    made = written(f"""
        q = MatMul(x, Q); e = MatMul(x, K); r = Relu(e); k = MatMul(r, K); v = MatMul(r, V)
        {HEADS}; {PATTERN}; {OUT}""", WORDS, STORED)
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == ["Input", "MatMul", "Attention"]


LINES = (
    "{0} = MatMul({1}, W); {0}i = Relu({0})", "{0} = Sigmoid({1})", "{0} = Add({1}, {2})", "{0} = Mul({1}, {2})",
    "{0} = Sub({1}, {2})", "{0} = MatMul({1}, {2})", "{0} = Add({1}, S)", "{0} = Mul({1}, 0.5)",
    "{0} = Transpose({1}, perm=[0, 2, 1])", "{0} = Slice({1}, [-1], [-9], [1], [-1])", "{0} = Reshape({1}, [1, 8, 8])",
    "{0}i, {0}j = Split({1}, axis=1); {0} = Concat({0}j, {0}i, axis=1)", "{0} = LayerNormalization({1}, S, S)",
    "{0}q = MatMul({1}, W); {0}k = MatMul({2}, W); {0}v = MatMul({3}, W); {0}t = Transpose({0}k, perm=[0, 2, 1])\n"
    "{0}s = MatMul({0}q, {0}t); {0}i = Softmax({0}s, axis=-1); {0}c = MatMul({0}i, {0}v); {0} = MatMul({0}c, W)",
)


def any_graph(seed):
    """A random graph of what is recognised and what is not, any tensor of which may be read on or given out."""
    random, tensors, lines = np.random.default_rng(seed), ["x", "z"], []
    ways = [ways["torch"] for op, ways in SPELLINGS.items() if op in ("Gelu", "Swish", "LayerNormalization")]
    for number in range(random.integers(3, 25)):
        one, other, third = (tensors[-1 - min(int(random.exponential(1.5)), len(tensors) - 1)] for _ in range(3))
        which = random.integers(len(LINES) + len(ways))
        line = (LINES[which].format(f"t{number}", one, other, third) if which < len(LINES)
                else copied(ways[which - len(LINES)], str(number), x=one, y=f"t{number}"))
        lines.append(line)
        tensors += [f"t{number}i"] * (f"t{number}i =" in line and random.random() < 0.3) + [f"t{number}"]
    outputs = [tensors[-1], *(one for one in tensors[2:-1] if random.random() < 0.1)]
    return written("; ".join(lines), {"x": (1, 8, 8), "z": (1, 8, 8)}, {"W": (8, 8), "S": (8,)}, 17,
                   list(dict.fromkeys(outputs)))


@pytest.mark.parametrize("seed", range(60))
def test_any_graph_is_put_together_soundly(seed, tmp_path):
    made = any_graph(seed)
    found = put_together(tmp_path, made)
    given = {spec.name: seeded(*spec.shape, seed=seed) for spec in found.inputs}
    tensors = [part.tensor for layer in found.layers for part in layer.parts]
    values = given | dict(zip(tensors, run(made, given, tensors), strict=True))
    stored = {one.name for one in made.graph.initializer}
    for layer in found.layers:
        main = next((part.tensor for part in layer.parts if part.op == layer.op), None)
        linear = layer.op in ("MatMul", "Add", "Sub", "Concat") and not any(
            main in one.output and one.op_type != "MatMul" and stored & set(one.input) for one in made.graph.node)
        connections = into(found, layer.name)
        if linear and all(one.join.carries != "unknown" for one in connections):
            np.testing.assert_allclose(summed(connections, values), values[main].ravel(), rtol=1e-3,
                                       atol=1e-4 * np.abs(values[main]).max())
