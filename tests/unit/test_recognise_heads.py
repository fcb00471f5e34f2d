# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attention written out by its parts is one layer, from its projections to the one behind it."""

import numpy as np
import pytest

from unit.make import into, run, seeded
from unit.spellings import ATTEND, GIVEN, HEADS, OUT, PATTERN, PROJECTED, ROTATED, SIDE, SPELLINGS, STORED, WORDS
from unit.written import copied, put_together, written

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
    (layer,) = found.layers[len(made.graph.input) :]
    assert layer.op == "Attention" and set(layer.inputs) == {value.name for value in made.graph.input}
    assert len(layer.parts) == len(made.graph.node)
    used = {one.name for one in made.graph.initializer} & STORED.keys() - {"SEEN"}
    assert layer.parameters == sum(int(np.prod(STORED[name])) for name in used)
    assert all(one.join.carries == "unknown" for one in into(found, layer.name))
    # what is drawn is the pattern, for each head; what others read is the last tensor
    (pattern,) = (one.tensor for one in layer.parts if one.op == "Softmax")
    given = {spec.name: seeded(*spec.shape) for spec in found.inputs}
    shown, out = run(made, given, [layer.shown, layer.tensor])
    assert layer.shown == pattern and layer.size == shown.size and layer.shape == out.shape[1:]
    assert layer.grid.units == (shown.shape[1] if shown.ndim == 4 else 1)
    assert layer.tensor == {"no output projection": "c"}.get(case, "o")


def test_the_mask_is_no_part_of_the_attention(tmp_path):
    """As in BERT: worked out once from an input, read by every attention."""
    attention = f"{PROJECTED}; {HEADS}; s = MatMul(q2, k2); m = Add(s, bias); p = Softmax(m, axis=-1); {OUT}"
    again = copied(attention, "_", x="o")
    made = written(
        f"u = Unsqueeze(mask, [1, 2]); i = Sub(1.0, u); bias = Mul(i, -10000.0); {attention}; {again}",
        WORDS | {"mask": (1, 5)},
        STORED,
    )
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == ["Input", "Input", "Sub", "Attention", "Attention"]
    mask, first, second = found.layers[2:]
    assert mask.inputs == ["mask"] and [part.op for part in mask.parts] == ["Unsqueeze", "Sub", "Mul"]
    assert set(first.inputs) == {"x", mask.name} and set(second.inputs) == {first.name, mask.name}


def test_angles_are_no_part_of_the_attention(tmp_path):
    """As in Llama: cosines and sines are worked out from the positions, once for all attentions."""
    turned = [copied(ROTATED, name, t=f"{name}3", COS="COS1", SIN="SIN1") for name in "qk"]
    made = written(
        f"""
        e = Unsqueeze(positions, [2]); f = MatMul(e, ANGLES); g = Concat(f, f, axis=-1)
        g1 = Cos(g); COS1 = Unsqueeze(g1, [1]); g2 = Sin(g); SIN1 = Unsqueeze(g2, [1])
        {PROJECTED}; {HEADS}; q3 = Identity(q2); k3 = Transpose(k2, perm=[0, 1, 3, 2]); {turned[0]}
        {turned[1]}; k4 = Transpose(rk, perm=[0, 1, 3, 2]); s = MatMul(rq, k4); p = Softmax(s, axis=-1); {OUT}""",
        WORDS | {"positions": (1, 5)},
        STORED | {"ANGLES": (1, 2)},
    )
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
    made = written(
        f"""
        t = Transpose(x, perm=[0, 2, 1]); i = Identity(t); y = Add(t, SQUARE)
        {copied(ATTEND.replace("MatMul(x, K)", "MatMul(i, K)"), "", x="y")}""",
        {"x": (1, 8, 5)},
        STORED | {"SQUARE": (5, 8)},
    )
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == ["Input", "Add", "Attention"]
    assert [set(layer.inputs) for layer in found.layers] == [set(), {"x"}, {"x", "y"}]


def test_a_pattern_that_is_given_out(tmp_path):
    made = written(ATTEND, WORDS, STORED, outputs=("o", "p"))
    found = put_together(tmp_path, made)
    assert found.outputs[1].name == "p" and [layer.tensor for layer in found.layers][-1] == "o"


def test_layers_stand_behind_what_they_read(tmp_path):
    """The second branch, later in the file, feeds a layer that begins earlier in it."""
    made = written(
        f"""
        q = MatMul(x, Q); e = MatMul(x, K); r = Relu(e); k = MatMul(r, K); v = MatMul(r, V)
        {HEADS}; {PATTERN}; {OUT}""",
        WORDS,
        STORED,
    )
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == ["Input", "MatMul", "Attention"]
