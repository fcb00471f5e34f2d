# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways in which exporters write one thing as ONNX operators: activations, normalisations, an attention."""

from math import erf, sqrt

import numpy as np

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
    "Swish": {"torch": "s = Sigmoid(x); y = Mul(x, s)", "other way round": "s = Sigmoid(x); y = Mul(s, x)"},
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
        "stable": """m = ReduceMax(x, axes=[-1]); d = Sub(x, m); e = Exp(d); s = ReduceSum(e, [-1]); y = Div(e, s)"""
    },
    "LpNormalization": {
        "torch": """n = ReduceL2(x, axes=[-1]); c = Clip(n, 0.000001); y = Div(x, c)""",
        "maximum": """n = ReduceL2(x, axes=[-1]); c = Max(n, 0.000001); y = Div(x, c)""",
        "squares": """n = ReduceSumSquare(x, axes=[-1]); r = Sqrt(n); y = Div(x, r)""",
    },
}

# Attention: two heads of four units over five words. Capitals are weights.
STORED = {name: (8, 8) for name in "QKVO"} | {
    "B": (8,),
    "G": (8,),
    "F": (8, 24),
    "K1": (8, 4),
    "V1": (8, 4),
    "COS": (5, 4),
    "SIN": (5, 4),
    "M": (1, 1, 5, 5),
    "SEEN": np.tri(5, dtype=bool)[None, None],
    "C1": (8, 8, 1, 1),
    "C2": (8, 8, 1, 1),
    "C3": (8, 8, 1, 1),
    "C4": (8, 8, 1, 1),
}
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
