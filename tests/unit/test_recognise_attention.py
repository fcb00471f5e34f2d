# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attention as torch's own modules are exported, with one matrix for all projections, and as one operator."""

from time import process_time

import numpy as np
import pytest

from neuroscene.addon.network import summarise
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA, into, model, node, run, save, seeded
from unit.written import put_together, sound, written

STORED = {
    "F": (8, 24),
    "G": (24,),
    "O": (8, 8),
    "B": (8,),
    "K0": (1, 1, 8),
    "V0": (1, 1, 8),
    "Q": (8, 8),
    "K": (8, 8),
    "V": (8, 8),
    "MASK": (1, 5, 5),
    "SIZE": np.array([5.0], np.float32),
    "COS": (5, 2),
    "SIN": (5, 2),
}
WORDS = {"x": (1, 5, 8)}
# The shape of f with 3 x 8 in place of its last axis; behind that axis nothing of the shape is left.
UNFLATTENED = "h = Shape(f); a = Slice(h, [0], [2]); b = Slice(h, [3], [99]); n = Concat(a, [3, 8], b, axis=0)"
PACKED = f"""
    t = Transpose(x, perm=[1, 0, 2]); f0 = MatMul(t, F); f = Add(G, f0); {UNFLATTENED}; r = Reshape(f, n)
    u = Unsqueeze(r, [0]); w = Transpose(u, perm=[3, 1, 2, 0, 4]); z = Squeeze(w, [3])
    q = Gather(z, 0, axis=0); k = Gather(z, 1, axis=0); v = Gather(z, 2, axis=0)"""
HEADS = """
    q1 = Reshape(q, [5, 2, 4]); q2 = Transpose(q1, perm=[1, 0, 2])
    k1 = Reshape(k, [-1, 2, 4]); k2 = Transpose(k1, perm=[1, 2, 0])
    v1 = Reshape(v, [-1, 2, 4]); v2 = Transpose(v1, perm=[1, 0, 2])"""
SCALED = "e0 = Sqrt(SIZE); e = Div(1.0, e0); q3 = Mul(q2, e); k3 = Mul(k2, e)"  # both of them, by constants
OUT = """
    c = MatMul(p, v2); c1 = Transpose(c, perm=[1, 0, 2]); c2 = Reshape(c1, [5, 8]); o = Gemm(c2, O, B, transB=1)
    o1 = Reshape(o, [5, 1, 8]); y = Transpose(o1, perm=[1, 0, 2])"""
CASES = {
    "batch first": f"{PACKED}; {HEADS}; {SCALED}; s = MatMul(q3, k3); p = Softmax(s, axis=-1); {OUT}",
    "masked": f"{PACKED}; {HEADS}; {SCALED}; s0 = MatMul(q3, k3); s = Add(s0, MASK); p = Softmax(s, axis=-1); {OUT}",
    "sequence first": f"""
        {PACKED.replace("t = Transpose(x, perm=[1, 0, 2])", "t = Identity(x)")}; {HEADS}; {SCALED}
        s = MatMul(q3, k3); p = Softmax(s, axis=-1); {OUT}""",
    "mask and scores in one product": f"""
        {PACKED}; {HEADS}; s = MatMul(q2, k2); d = Mul(s, 0.5); m = Add(MASK, d); p = Softmax(m, axis=-1); {OUT}""",
    "learnt keys and values": f"""
        {PACKED}; kk = Concat(k, K0, axis=0); vv = Concat(v, V0, axis=0)
        {HEADS.replace("(k,", "(kk,").replace("(v,", "(vv,")}; {SCALED}; s = MatMul(q3, k3)
        p = Softmax(s, axis=-1); {OUT}""",
    "types as those of others": f"""
        {PACKED}; {HEADS}; e = CastLike(0.7, q2); q3 = Mul(q2, e); s = MatMul(q3, k2)
        p = Softmax(s, axis=-1); {OUT}""",
}


@pytest.mark.parametrize("case", CASES)
def test_one_matrix_for_all_projections(case, tmp_path):
    made = written(CASES[case], {"x": (5, 1, 8)} if case == "sequence first" else WORDS, STORED, 19)
    found = put_together(tmp_path, made)
    (layer,) = found.layers[1:]
    assert layer.op == "Attention" and layer.tensor == "o" and layer.shown == "p"
    used = {one.name for one in made.graph.initializer} & STORED.keys() - {"SIZE"}
    assert layer.parameters == sum(int(np.prod(STORED[name])) for name in used)
    (shown,) = run(made, {"x": seeded(*found.inputs[0].shape)}, ["p"])
    assert (layer.grid.units, layer.grid.rows, layer.grid.columns) == shown.shape


def test_weights_that_others_read_stay_the_attentions(tmp_path):
    """torch's module gives the pattern as well, as the mean of its heads: that layer reads the pattern cell by cell."""
    made = written(
        f"""{CASES["batch first"]}; g = Reshape(p, [1, 2, 5, 5]); mean = ReduceMean(g, axes=[1], keepdims=0)
                       """,
        WORDS,
        STORED,
        outputs=("y", "mean"),
    )
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == ["Input", "Attention", "ReduceMean"]
    (connection,) = into(found, "mean")
    assert connection.source.name == found.layers[1].name and connection.join.carries != "unknown"
    edges = connection.join.into(np.arange(25))
    pattern, mean = run(made, {"x": seeded(1, 5, 8)}, ["p", "mean"])
    total = np.zeros(25)
    np.add.at(total, edges.target, edges.weight * pattern.ravel()[edges.source])
    np.testing.assert_allclose(total, mean.ravel(), rtol=1e-5)


def test_two_products_of_one_pattern_are_no_attention(tmp_path):
    made = written(f"""{CASES["batch first"]}; again = MatMul(p, q2)""", WORDS, STORED, outputs=("y", "again"))
    assert "Attention" not in [layer.op for layer in put_together(tmp_path, made).layers]


def test_ways_that_part_and_meet_again_and_again(tmp_path):
    """There are 2^40 ways through them, before the scores as behind the pattern: not all are walked."""
    before = "; ".join(f"l{i} = Identity(x{i}); r{i} = Identity(x{i}); x{i + 1} = Add(l{i}, r{i})" for i in range(40))
    behind = "; ".join(f"v{i} = Identity(p{i}); w{i} = Identity(p{i}); p{i + 1} = Mul(v{i}, w{i})" for i in range(40))
    made = written(
        f"""x0 = Identity(x); {before}; t = Transpose(x40, perm=[0, 2, 1]); s = MatMul(x40, t)
                       p0 = Softmax(s, axis=-1); {behind}; y = MatMul(p40, x)""",
        WORDS,
    )
    begun = process_time()
    found = summarise(open_checkpoint(save(tmp_path, made)))
    assert process_time() - begun < 10 and "Attention" not in [layer.op for layer in found.layers]


PROJECTED = "q = MatMul(x, Q); k = MatMul(x, K); v = MatMul(x, V)"
SPLIT = "f0 = MatMul(x, F); f = Add(f0, G); q, k, v = Split(f, axis=-1, num_outputs=3)"
BY_HEADS = " ".join(
    f"{one}1 = Reshape({one}, [1, 5, 2, 4]); {one}2 = Transpose({one}1, perm=[0, 2, 1, 3]);" for one in "qkv"
)
IN_ONE = {
    "opset 23, by heads": f"""{SPLIT}; {BY_HEADS} c = Attention(q2, k2, v2); c1 = Transpose(c, perm=[0, 2, 1, 3])
                              c2 = Reshape(c1, [1, 5, 8]); o0 = MatMul(c2, O); o = Add(o0, B)""",
    "opset 23, side by side": f"{PROJECTED}; c = Attention(q, k, v, q_num_heads=2, kv_num_heads=2); o = MatMul(c, O)",
    "opset 23, masked": f"""{PROJECTED}; {BY_HEADS} c = Attention(q2, k2, v2, MASK)
                            c1 = Transpose(c, perm=[0, 2, 1, 3]); c2 = Reshape(c1, [1, 5, 8]); o = MatMul(c2, O)""",
    "opset 23, rotary": f"""{PROJECTED}; {BY_HEADS} COS1 = Unsqueeze(COS, [0])
                            SIN1 = Unsqueeze(SIN, [0])
                            q3 = RotaryEmbedding(q2, COS1, SIN1); k3 = RotaryEmbedding(k2, COS1, SIN1)
                            c = Attention(q3, k3, v2); c1 = Transpose(c, perm=[0, 2, 1, 3])
                            c2 = Reshape(c1, [1, 5, 8]); o = MatMul(c2, O)""",
}


@pytest.mark.parametrize("case", IN_ONE)
def test_attention_as_one_operator(case, tmp_path):
    made = written(IN_ONE[case], WORDS, STORED, 23)
    found = put_together(tmp_path, made)
    (layer,) = found.layers[1:]
    assert layer.op == "Attention" and layer.tensor == layer.shown == "o" and layer.inputs == ["x"]
    assert len(layer.parts) + ("rotary" in case) * 2 == len(made.graph.node)
    assert layer.parameters == sum(int(np.prod(one.dims)) for one in made.graph.initializer if one.name in STORED)


OF_ONNXRUNTIME = {
    "MultiHeadAttention": ["q", "k", "v"],
    "Attention": ["x", "F", "G"],  # projects by itself
}


@pytest.mark.parametrize("op", OF_ONNXRUNTIME)
def test_attention_of_onnxruntime(op, tmp_path):
    projected = [node("MatMul", ["x", weight], [weight.lower()]) for weight in "QKV"] * (op != "Attention")
    fused = node(op, OF_ONNXRUNTIME[op], ["c"], domain="com.microsoft", num_heads=2)
    weights = {name: seeded(*STORED[name]) for name in ("QKVO" if projected else "FGO")}
    made = model([*projected, fused, node("MatMul", ["c", "O"], ["o"])], WORDS, {"o": (1, 5, 8)}, weights)
    made.opset_import.add(domain="com.microsoft", version=1)
    found = put_together(tmp_path, made)
    (layer,) = found.layers[1:]
    assert layer.op == "Attention" and layer.shape == (5, 8)
    assert layer.parameters == sum(one.size for one in weights.values())


# What torch wrote: file -> attentions, weights and biases of each, and heads where the pattern is in the graph.
FILES = {
    "inferred/encoder.onnx": (2, 16 * 64 + 64, 2),
    "inferred/encoder_first.onnx": (2, 16 * 64 + 64, None),
    "inferred/vit_torchvision.onnx": (3, 16 * 64 + 64, 2),
    "torch/encoder_traced.pt": (2, 8 * 32 + 32, 2),
    "torch/encoder_scripted.pt": (2, 8 * 32 + 32, None),
    "torch/attentive_traced.pt": (2, 8 * 32 + 32, 2),
    "torch/attentive_scripted.pt": (2, 8 * 32 + 32, None),
    "torch/causal_traced.pt": (1, 8 * 32 + 32, 2),
    "torch/causal_scripted.pt": (1, 8 * 32 + 32, 2),
}


@pytest.mark.parametrize("file", FILES)
def test_modules_of_torch(file):
    count, parameters, heads = FILES[file]
    found = sound(summarise(open_checkpoint(DATA / file)))
    layers = [layer for layer in found.layers if layer.op == "Attention"]
    assert len(layers) == count
    for layer in layers:
        assert layer.parameters == parameters and len(layer.inputs) == 1
        assert heads is None or layer.grid.units == heads
    assert not {layer.op for layer in found.layers} & {"Reshape", "Concat", "Slice", "Mul", "Softmax"} - {
        "Concat" if "vit" in file else ""
    }
