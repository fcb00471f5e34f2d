# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Graphs of every kind open: subgraphs, functions, unknown operators, missing names, several outputs, folding."""

import numpy as np
import pytest
from onnx import TensorProto, helper

from neuroscene.addon.network.drawn import share_out
from neuroscene.addon.network.lines import strongest
from unit.make import edges_of, graph, info, into, model, network, node, seeded, sum_of_edges, summed


def sound(found):
    """Names are unique, every input names an earlier layer, and everything can be drawn."""
    names = [layer.name for layer in found.layers]
    assert len(set(names)) == len(names) and all(names)
    for position, layer in enumerate(found.layers):
        assert all(source in names[:position] for source in layer.inputs)
    drawn = share_out(found, 500)
    for one in found.connections:
        for values in (None, np.ones(one.source.size, np.float32)):
            strongest(one, drawn[one.source.name], drawn[one.target.name], 20, (values, None))
    return found


def test_unsorted_nodes_are_put_in_order(tmp_path):
    nodes = [node("Add", ["h", "g"], ["y"]), node("Neg", ["h"], ["g"]), node("Relu", ["x"], ["h"])]
    found = sound(network(tmp_path, model(nodes, {"x": (1, 3)}, {"y": (1, 3)})))
    assert [(layer.name, layer.inputs) for layer in found.layers] == [
        ("x", []),
        ("h", ["x"]),
        ("g", ["h"]),
        ("y", ["h", "g"]),
    ]


def test_if_reads_what_its_branches_capture(tmp_path):
    nodes = [
        node("Relu", ["x"], ["h"]),
        node(
            "If",
            ["c"],
            ["y"],
            name="choice",
            then_branch=graph([node("MatMul", ["h", "w"], ["t"])], {}, {"t": (1, 4)}),
            else_branch=graph([node("MatMul", ["h", "v"], ["e"])], {}, {"e": (1, 4)}, {"v": seeded(4, 4)}),
        ),
    ]
    made = model(nodes, {"x": (1, 4)}, {"y": (1, 4)}, {"w": seeded(4, 4), "c": np.array(True)})
    found = sound(network(tmp_path, made))
    assert found.layer("choice").inputs == ["h"]
    assert found.parameters == found.layer("choice").parameters == 32


def test_loop(tmp_path):
    body = helper.make_graph(
        [node("Identity", ["go"], ["on"]), node("MatMul", ["s", "w"], ["next"])],
        "body",
        [info("i", [], TensorProto.INT64), info("go", [], TensorProto.BOOL), info("s", [1, 4])],
        [info("on", [], TensorProto.BOOL), info("next", [1, 4])],
    )
    made = model(
        [node("Loop", ["n", "", "x"], ["y"], body=body)],
        {"x": (1, 4)},
        {"y": (1, 4)},
        {"n": np.int64(3), "w": seeded(4, 4)},
    )
    found = sound(network(tmp_path, made))
    assert found.layer("y").inputs == ["x"] and found.parameters == 16


def test_scan(tmp_path):
    body = graph(
        [node("Add", ["s", "e"], ["t"]), node("Mul", ["t", "w"], ["o"])],
        {"s": (4,), "e": (4,)},
        {"t": (4,), "o": (4,)},
        {"w": seeded(4)},
    )
    made = model(
        [node("Scan", ["z", "x"], ["last", "all"], body=body, num_scan_inputs=1)],
        {"x": (5, 4)},
        {"all": (5, 4)},
        {"z": np.zeros(4, np.float32)},
    )
    found = sound(network(tmp_path, made))
    assert [layer.op for layer in found.layers] == ["Input", "Scan"] and found.parameters == 8


def test_local_functions(tmp_path):
    inner = [node("MatMul", ["a", "b"], ["m"]), node("Relu", ["m"], ["o"])]
    function = helper.make_function("home", "Dense", ["a", "b"], ["o"], inner, [helper.make_opsetid("", 17)])
    nodes = [node("Dense", ["x", "w"], ["h"], domain="home"), node("Dense", ["h", "v"], ["y"], domain="home")]
    made = model(
        nodes,
        {"x": (1, 4)},
        {"y": (1, 3)},
        {"w": seeded(4, 5), "v": seeded(5, 3)},
        functions=[function],
        domains=["home"],
    )
    found = sound(network(tmp_path, made))
    assert not found.checkpoint.model.functions
    assert found.parameters == 35 and sum(layer.nodes for layer in found.layers) == 4
    assert [(layer.op, layer.shape) for layer in found.layers] == [
        ("Input", (4,)),
        ("MatMul", (5,)),
        ("Relu", (5,)),
        ("MatMul", (3,)),
        ("Relu", (3,)),
    ]
    given = {"x": seeded(1, 4)}
    first = into(found, found.layers[1].name)
    expected = given["x"] @ seeded(4, 5)
    np.testing.assert_allclose(summed(first, given), expected.ravel(), atol=1e-5)
    merged = sound(network(tmp_path, made, by_node=False))
    assert [(layer.op, layer.nodes, layer.parameters) for layer in merged.layers] == [
        ("Input", 0, 0),
        ("MatMul", 2, 20),
        ("MatMul", 2, 15),
    ]


def test_a_function_that_calls_itself(tmp_path):
    inner = [node("F", ["a"], ["b"], domain="home")]
    function = helper.make_function("home", "F", ["a"], ["b"], inner, [helper.make_opsetid("home", 1)])
    made = model(
        [node("F", ["x"], ["y"], domain="home")], {"x": (1, 4)}, {"y": (1, 4)}, functions=[function], domains=["home"]
    )
    assert len(sound(network(tmp_path, made)).layers) == 2


@pytest.mark.parametrize("attributes", [{"domain": "some.where"}, {}], ids=["domain", "operator"])
def test_unknown_operators(attributes, tmp_path):
    nodes = [
        node("Relu", ["x"], ["h"]),
        node("Nonsense", ["h", "w"], ["u"], name="n", **attributes),
        node("Relu", ["u"], ["y"]),
    ]
    made = model(nodes, {"x": (1, 4)}, {"y": None}, {"w": seeded(3, 7)}, domains=["some.where"])
    found = sound(network(tmp_path, made))
    assert found.layer("n").shape is None and found.layer("n").size == 1 and found.layer("n").parameters == 21
    assert into(found, "n")[0].join.carries == "unknown"


def test_a_shape_that_only_the_file_knows(tmp_path):
    nodes = [node("Nonsense", ["x"], ["u"], domain="some.where"), node("Relu", ["u"], ["y"])]
    made = model(nodes, {"x": (1, 4)}, {"y": None}, domains=["some.where"], value_info=[info("u", (1, 9))])
    assert [layer.shape for layer in network(tmp_path, made).layers] == [(4,), (9,), (9,)]


@pytest.mark.parametrize("declared", [("N", "M"), (7, 8), ("N", "S")])
def test_what_is_worked_out_goes_before_what_the_file_says_of_an_output(declared, tmp_path):
    """As exporters write outputs that they were told to name wrongly; also where shapes must be computed first."""
    nodes = [
        node("Shape", ["x"], ["s"]),
        node("Slice", ["s", "one", "two"], ["n"]),
        node("Concat", ["minus", "n"], ["t"], axis=0),
        node("Reshape", ["x", "t"], ["r"]),
        node("MatMul", ["r", "w"], ["y"]),
    ]
    made = model(
        nodes,
        {"x": ("N", "S")},
        {"y": declared},
        {"one": np.array([1]), "two": np.array([2]), "minus": np.array([-1]), "w": seeded(6, 2)},
    )
    found = sound(network(tmp_path, made, {"S": 6}))
    assert found.layers[-1].shape == (2,) and found.outputs[0].shape == (1, 2)


def test_names_missing_and_doubled(tmp_path):
    nodes = [
        node("Relu", ["x"], ["a"]),
        node("Relu", ["a"], ["b"], name="same"),
        node("Relu", ["b"], ["c"], name="same"),
        node("Relu", ["c"], ["d"], name="same 2"),
        node("Relu", ["d"], ["e"], name="x"),
        node("Print", ["e"], [], domain="some.where"),
        node("Print", ["e"], [], domain="some.where"),
        node("Clip", ["e", "", "top"], ["y"]),
    ]
    made = model(nodes, {"x": (1, 4)}, {"y": (1, 4)}, {"top": np.float32(6)}, domains=["some.where"])
    found = sound(network(tmp_path, made))
    assert len(found.layers) == 9 and found.layers[-1].inputs == [found.layers[5].name]
    assert [layer.name for layer in found.layers][:4] == ["x", "a", "same", "same 2"]


def test_several_outputs(tmp_path):
    nodes = [
        node("Split", ["x"], ["a", "b"], axis=2),
        node("Relu", ["b"], ["h"]),
        node("LSTM", ["h", "w", "r"], ["", "", "cell"], hidden_size=3),
        node("Relu", ["cell"], ["y"]),
    ]
    made = model(nodes, {"x": (5, 1, 8)}, {"y": None, "a": None}, {"w": seeded(1, 12, 4), "r": seeded(1, 12, 3)})
    found = sound(network(tmp_path, made))
    assert found.layer("cell").tensor == "cell" and found.parameters == 12 * 7
    assert found.layer("y").inputs == ["cell"] and found.layer("cell").inputs == ["h"]
    assert found.layer("h").inputs == ["a"] and into(found, "h")[0].join.carries == "unknown"


def test_inputs_that_are_weights_too(tmp_path):
    made = model([node("Gemm", ["x", "w"], ["y"])], {"w": (4, 3), "x": (1, 4)}, {"y": (1, 3)}, {"w": seeded(4, 3)})
    made.ir_version = 3
    found = sound(network(tmp_path, made))
    assert [spec.name for spec in found.inputs] == ["x"] and found.parameters == 12
    np.testing.assert_allclose(*sum_of_edges(tmp_path, made), atol=1e-5)


def test_an_output_that_is_an_input_and_one_that_is_constant(tmp_path):
    nodes = [node("Constant", [], ["k"], value_floats=[1.0, 2.0]), node("Relu", ["x"], ["y"])]
    made = model(nodes, {"x": (1, 4)}, {"y": (1, 4), "x": (1, 4), "k": (2,)})
    found = sound(network(tmp_path, made))
    assert [spec.name for spec in found.outputs] == ["y", "x", "k"] and len(found.layers) == 3


def test_arithmetic_of_shapes_is_folded(tmp_path):
    """Reshape to (batch of x, -1), as exporters write it, with one node whose result nobody uses."""
    nodes = [
        node("Conv", ["x", "w"], ["c"]),
        node("Shape", ["x"], ["shape"]),
        node("Gather", ["shape", "zero"], ["n"], axis=0),
        node("Constant", [], ["rest"], value_ints=[-1]),
        node("Concat", ["n", "rest"], ["wanted"], axis=0),
        node("Cast", ["wanted"], ["cast"], to=7),
        node("Reshape", ["c", "cast"], ["f"]),
        node("Shape", ["c"], ["unused"]),
        node("Relu", ["f"], ["y"]),
    ]
    made = model(nodes, {"x": ("N", 2, 5, 5)}, {"y": None}, {"w": seeded(3, 2, 3, 3), "zero": np.array([0])})
    found = sound(network(tmp_path, made))
    assert [(layer.op, layer.nodes) for layer in found.layers] == [
        ("Input", 0),
        ("Conv", 2),
        ("Reshape", 6),
        ("Relu", 1),
    ]
    assert found.parameters == 54 and found.layer("f").shape == (27,)
    merged = sound(network(tmp_path, made, by_node=False))
    assert [(layer.op, layer.nodes, layer.shape) for layer in merged.layers] == [
        ("Input", 0, (2, 5, 5)),
        ("Conv", 9, (27,)),
    ]


def test_each_node_is_counted_once(tmp_path):
    """One constant feeds two folded nodes, and these feed two layers each."""
    nodes = [
        node("Constant", [], ["k"], value_floats=[1.0, 2.0, 3.0]),
        node("Neg", ["k"], ["a"]),
        node("Abs", ["k"], ["b"]),
        node("Add", ["a", "b"], ["s"]),
        node("Split", ["s"], ["p", "q"], axis=0, num_outputs=2),
        node("Add", ["x", "a"], ["h"]),
        node("Mul", ["h", "s"], ["i"]),
        node("Mul", ["i", "b"], ["j"]),
        node("Mul", ["j", "q"], ["y"]),
    ]
    found = sound(network(tmp_path, model(nodes, {"x": (1, 3)}, {"y": (1, 3)}, opset=18)))
    assert sum(layer.nodes for layer in found.layers) == len(nodes)


@pytest.mark.slow
def test_long_chains_of_constants(tmp_path):
    nodes = [node("Add", [f"c{i}", f"c{i}"], [f"c{i + 1}"]) for i in range(3000)]
    made = model([*nodes, node("Mul", ["x", "c3000"], ["y"])], {"x": (1, 3)}, {"y": (1, 3)}, {"c0": seeded(3)})
    sound(network(tmp_path, made))
    near = model([*nodes[:6], node("Mul", ["x", "c6"], ["y"])], {"x": (1, 3)}, {"y": (1, 3)}, {"c0": seeded(3)})
    found = network(tmp_path, near)
    assert len(found.layers) == 2 and found.layer("y").nodes == 7
    (leaf,) = found.layer("y").weights
    np.testing.assert_array_equal(leaf.array(), seeded(3))
    np.testing.assert_allclose(edges_of(into(found, "y")[0]).weight, seeded(3) * 64, rtol=1e-6)


def test_blocks_are_the_folders_of_a_name(tmp_path):
    names = ["/encoder/0/Relu", "/encoder/0/Neg", "/encoder/1/Abs", "/decoder/Relu", "/decoder/Exp"]
    nodes = [node(name.split("/")[-1], [f"t{i}"], [f"t{i + 1}"], name=name) for i, name in enumerate(names)]
    nodes.append(node("ReduceMean", ["t5"], ["y"], name="plain"))
    found = network(tmp_path, model(nodes, {"t0": (1, 3)}, {"y": (1, 1)}))
    assert [layer.block for layer in found.layers] == ["", *["encoder/0"] * 2, "encoder", *["decoder"] * 2, ""]
