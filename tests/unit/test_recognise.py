# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that belong together become one layer, whatever way an exporter wrote them; others do not."""

import numpy as np
import pytest

from unit.make import into, run, seeded, summed
from unit.spellings import FORMULAS, SPELLINGS, WORDS
from unit.written import copied, edges_and_truth, ops, put_together, written

ALL = [(op, way) for op, ways in SPELLINGS.items() for way in ways]


@pytest.mark.parametrize(("op", "way"), ALL)
def test_what_is_put_together_computes_what_it_is_called(op, way, tmp_path):
    """Alone, on an input: one layer of that name, with every node in it, and its numbers are those of the formula."""
    made = written(SPELLINGS[op][way], {"x": (2, 5, 8)} if op != "Softmax" else {"x": (1, 5, 8)})
    found = put_together(tmp_path, made)
    given = seeded(*found.inputs[0].shape)
    np.testing.assert_allclose(run(made, {"x": given})[0], FORMULAS[op](given), atol=2e-3)
    (layer,) = found.layers[1:]
    assert layer.op == op and len(layer.parts) == len(made.graph.node) and layer.tensor == "y"
    assert layer.inputs == ["x"] and layer.shape == (5, 8)
    edges = into(found, layer.name)[0].join.into(np.arange(40))
    np.testing.assert_array_equal(edges.source, np.arange(40))
    assert (edges.weight == 1).all()


@pytest.mark.parametrize(("op", "way"), [one for one in ALL if one[0] in ("Gelu", "Swish", "HardSwish", "Mish")])
def test_an_activation_belongs_to_what_it_acts_on(op, way, tmp_path):
    made = written(
        f"M = MatMul(A, W); x = Add(M, B); {SPELLINGS[op][way]}; z = MatMul(y, V)",
        {"A": (1, 5, 4)},
        {"W": (4, 8), "B": (8,), "V": (8, 3)},
    )
    found = put_together(tmp_path, made)
    assert [(layer.op, layer.tensor) for layer in found.layers] == [("Input", "A"), ("MatMul", "y"), ("MatMul", "z")]
    assert found.layers[1].parameters == 40 and found.layers[1].bias.name == "B"
    np.testing.assert_allclose(*edges_and_truth(found, made, found.layers[1].name, "M"), atol=1e-5)
    np.testing.assert_allclose(*edges_and_truth(found, made, found.layers[2].name, "z"), atol=1e-4)


@pytest.mark.parametrize(("op", "way"), [one for one in ALL if one[0] in ("LayerNormalization", "RMSNormalization")])
@pytest.mark.parametrize("tail", ["scale and shift", "scale", "nothing"])
def test_a_normalisation_with_scale_and_shift(op, way, tail, tmp_path):
    text, weights = {
        "scale and shift": ("U = Mul(y, S); z = Add(U, B)", {"S": (8,), "B": (8,)}),
        "scale": ("z = Mul(S, y)", {"S": (8,)}),
        "nothing": ("z = Identity(y)", {}),
    }[tail]
    made = written(
        f"x = MatMul(A, W); {SPELLINGS[op][way]}; {text}; o = MatMul(z, W)", {"A": (1, 5, 8)}, {"W": (8, 8)} | weights
    )
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
    made = written(
        f"""
        H = MatMul(A, W)
        x = Cast(H, to=1)
        {SPELLINGS["RMSNormalization"]["torch"]}
        D = Cast(y, to=10)
        n = Mul(S, D)
        o = MatMul(n, W)""",
        {"A": (1, 5, 8)},
        {name: seeded(*shape).astype(np.float16) for name, shape in {"W": (8, 8), "S": (8,)}.items()},
    )
    made.graph.input[0].type.tensor_type.elem_type = made.graph.output[0].type.tensor_type.elem_type = 10
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == ["Input", "MatMul", "RMSNormalization", "MatMul"]
    assert found.layers[2].tensor == "n" and found.layers[2].parameters == 8


def test_the_normalisation_of_each_map_is_of_instances(tmp_path):
    made = written(
        """
        m = ReduceMean(x, axes=[2, 3])
        d = Sub(x, m)
        p = Pow(d, 2.0)
        v = ReduceMean(p, axes=[2, 3])
        e = Add(v, 0.00001)
        r = Sqrt(e)
        y = Div(d, r)""",
        {"x": (1, 3, 4, 5)},
    )
    layer = put_together(tmp_path, made).layers[1]
    given = seeded(1, 3, 4, 5)
    assert layer.op == "InstanceNormalization" and len(layer.parts) == 7
    np.testing.assert_allclose(run(made, {"x": given})[0], FORMULAS[layer.op](given), atol=1e-3)


def test_keras_layer_normalisation(tmp_path):
    """x * (gamma / deviation) + (beta - mean * gamma / deviation)."""
    made = written(
        """
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
        z = MatMul(y, w)""",
        {"a": (1, 5, 8)},
        {"w": (8, 8), "gamma": (8,), "beta": (8,)},
    )
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
    made = written(
        f"x = MatMul(A, W); {norm}; {second}; f = MatMul(y, W); g = MatMul(y_, W); z = Add(f, g)",
        {"A": (1, 5, 8)},
        {"W": (8, 8)},
    )
    found = put_together(tmp_path, made)
    assert [layer.op for layer in found.layers] == [
        "Input",
        "MatMul",
        *["LayerNormalization"] * 2,
        *["MatMul"] * 2,
        "Add",
    ]


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
    made = written(
        f"""
        x = Conv(i, w)
        p = {pool}
        f = Conv(p, v)
        r = Relu(f)
        g = Conv(r, v)
        s = Sigmoid(g)
        y = Mul(x, s)""",
        {"i": (1, 3, 6, 6)},
        {"w": (4, 3, 1, 1), "v": (4, 4, 1, 1)},
    )
    found = put_together(tmp_path, made)
    assert [op for op, _ in ops(found)] == ["Conv", pool.split("(")[0], "Conv", "Conv", "Mul"]
    assert set(found.layers[-1].inputs) == {"x", "g"}


def test_a_gated_unit_keeps_its_two_branches(tmp_path):
    """SwiGLU: one branch with an activation, one without, and their product."""
    made = written(
        "g = MatMul(x, w); s = Sigmoid(g); a = Mul(g, s); u = MatMul(x, v); p = Mul(a, u); y = MatMul(p, o)",
        WORDS,
        {"w": (8, 6), "v": (8, 6), "o": (6, 8)},
    )
    found = put_together(tmp_path, made)
    assert ops(found) == [("MatMul", "MatMul Sigmoid Mul"), ("MatMul", "MatMul"), ("Mul", "Mul"), ("MatMul", "MatMul")]
    assert found.layers[3].inputs == ["g", "u"]


LINES = (
    "{0} = MatMul({1}, W); {0}i = Relu({0})",
    "{0} = Sigmoid({1})",
    "{0} = Add({1}, {2})",
    "{0} = Mul({1}, {2})",
    "{0} = Sub({1}, {2})",
    "{0} = MatMul({1}, {2})",
    "{0} = Add({1}, S)",
    "{0} = Mul({1}, 0.5)",
    "{0} = Transpose({1}, perm=[0, 2, 1])",
    "{0} = Slice({1}, [-1], [-9], [1], [-1])",
    "{0} = Reshape({1}, [1, 8, 8])",
    "{0}i, {0}j = Split({1}, axis=1); {0} = Concat({0}j, {0}i, axis=1)",
    "{0} = LayerNormalization({1}, S, S)",
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
        line = (
            LINES[which].format(f"t{number}", one, other, third)
            if which < len(LINES)
            else copied(ways[which - len(LINES)], str(number), x=one, y=f"t{number}")
        )
        lines.append(line)
        tensors += [f"t{number}i"] * (f"t{number}i =" in line and random.random() < 0.3) + [f"t{number}"]
    outputs = [tensors[-1], *(one for one in tensors[2:-1] if random.random() < 0.1)]
    return written(
        "; ".join(lines), {"x": (1, 8, 8), "z": (1, 8, 8)}, {"W": (8, 8), "S": (8,)}, 17, list(dict.fromkeys(outputs))
    )


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
            main in one.output and one.op_type != "MatMul" and stored & set(one.input) for one in made.graph.node
        )
        connections = into(found, layer.name)
        if linear and all(one.join.carries != "unknown" for one in connections):
            np.testing.assert_allclose(
                summed(connections, values), values[main].ravel(), rtol=1e-3, atol=1e-4 * np.abs(values[main]).max()
            )
