# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small files that are built to grow: they open, or are refused in one line, within seconds and little memory."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from onnx import NodeProto, TensorProto, helper, numpy_helper

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.containers.stopping import StoppedError, stoppable
from neuroscene.addon.formats.graph_writer import Writer
from neuroscene.addon.formats.repeated_names import make_unique
from neuroscene.addon.network import summarise
from neuroscene.addon.network.report import report, table
from neuroscene.addon.structure import open_checkpoint
from unit import make

TESTS = Path(__file__).resolve().parents[1]
SECONDS, MEMORY = 60, 3 << 30  # generous: each of these takes a few seconds, and took minutes or all memory
OPEN = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
sys.path.insert(0, {str(TESTS)!r})
import conftest
from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.structure import open_checkpoint
from neuroscene.addon.network import summarise
from neuroscene.addon.network.report import report, table
try:
    network = summarise(open_checkpoint(sys.argv[1]))
    report(network), table(network)
    print("opened", *network.checkpoint.notes)
except CheckpointError as error:
    print("refused", error)
"""
LONG = 100_000


def nested(depth, calls=2, size=1, name=""):
    """Functions, each of which calls the one before so many times."""
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("f", 1)]
    value = numpy_helper.from_array(np.zeros(size, np.float32))
    functions = [
        helper.make_function(
            "f",
            "F0",
            ["a"],
            ["b"],
            [make.node("Constant", [], ["c"], value=value), make.node("Relu", ["a"], ["b"])],
            opsets[:1],
        )
    ]
    for level in range(1, depth):
        names = ["a", *(f"t{number}" for number in range(1, calls)), "b"]
        nodes = [
            make.node(f"F{level - 1}", [read], [given], domain="f")
            for read, given in zip(names, names[1:], strict=False)
        ]
        functions.append(helper.make_function("f", f"F{level}", ["a"], ["b"], nodes, opsets))
    call = make.node(f"F{depth - 1}", ["x"], ["y"], domain="f", name=name)
    return make.model([call], {"x": (1, 4)}, {"y": (1, 4)}, functions=functions, domains=["f"], opset=18)


def doubled(times):
    """A shape that is put behind itself again and again."""
    nodes = [make.node("Shape", ["x"], ["s0"])]
    nodes += [make.node("Concat", [f"s{n}"] * 2, [f"s{n + 1}"], axis=0) for n in range(times)]
    nodes.append(make.node("ConstantOfShape", [f"s{times}"], ["y"]))
    return make.model(nodes, {"x": (1, 4)}, {"y": None})


def product_for_a_shape():
    """A shape that takes the product of two large matrices of integers."""
    one = numpy_helper.from_array(np.array([1], np.int64))
    nodes = [
        make.node("ConstantOfShape", ["size"], ["a"], value=one),
        make.node("MatMul", ["a", "a"], ["b"]),
        make.node("MatMul", ["b", "a"], ["c"]),
        make.node("ReduceMax", ["c"], ["d"], keepdims=0),
        make.node("Reshape", ["d", "one"], ["e"]),
        make.node("ConstantOfShape", ["e"], ["f"]),
        make.node("Add", ["x", "f"], ["y"]),
    ]
    return make.model(nodes, {"x": (1, 4)}, {"y": None}, {"size": np.array([4096, 4096]), "one": np.array([1])})


def product_for_axes():
    """The axes of a mean that take the same product."""
    made = product_for_a_shape()
    del made.graph.node[5:]
    made.graph.node.append(make.node("Sub", ["e", "e"], ["axes"]))
    made.graph.node.append(make.node("ReduceMean", ["x", "axes"], ["y"]))
    made.opset_import[0].version = 18
    return made


def classes():
    made = make.model([make.node("Relu", ["x"], ["y"])], {"x": (1, 4)}, {"y": (1, 4)})
    made.metadata_props.add(key="names", value="[" + "[1]," * 2_000_000 + "]")
    return made


def safetensors(*names):
    header, end = {}, 0
    for name in names:
        header[name] = {"dtype": "F32", "shape": [4, 4], "data_offsets": [end, end + 64]}
        end += 64
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(end)


FILES = {
    "functions that double": lambda: nested(40),
    "functions that call fifty": lambda: nested(30, 50),
    "a constant in all of them": lambda: nested(13, 2, 50_000),
    "functions 3,000 deep": lambda: nested(3000, 1),
    "a shape that doubles": lambda: doubled(30),
    "a product for a shape": product_for_a_shape,
    "a product for axes": product_for_axes,
    "numbers behind a name": lambda: nested(3, name="a/" + "__1" * LONG + "x"),
    "class names": classes,
    "a long name": lambda: safetensors("n" * LONG + ".weight"),
    "numbers": lambda: safetensors("1" * LONG),
    "underscores": lambda: safetensors("_1" * LONG + "_x.weight"),
    "positions": lambda: safetensors("pos_embed" * LONG + "!.weight"),
    "parts": lambda: safetensors("parametrizations." * LONG + "weight.originalX"),
    "scopes": lambda: safetensors(*("a." * LONG + f"b{n}.weight" for n in range(3))),
}


@pytest.mark.parametrize("kind", FILES)
def test_opens_or_is_refused_soon(tmp_path, kind):
    made = FILES[kind]()
    path = make.save(tmp_path, made, "model.safetensors" if isinstance(made, bytes) else "model.onnx")
    done = subprocess.run([sys.executable, "-c", OPEN, path], capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr[-1000:]
    assert done.stdout.startswith(("opened", "refused")) and len(done.stdout.splitlines()) == 1


def test_functions_that_grow_too_far_are_one_layer_and_never_run(tmp_path):
    network = make.network(tmp_path, nested(40), by_node=False)
    assert [layer.op for layer in network.layers] == ["Input", "F39"]
    (note,) = network.checkpoint.notes
    assert "549,755,813,888 nodes" in note or "would make" in note
    with pytest.raises(CheckpointError, match="functions"):
        network.checkpoint.check_runs()


def test_functions_within_the_budget_are_opened_up(tmp_path):
    network = make.network(tmp_path, nested(7))
    assert [layer.op for layer in network.layers] == ["Input", *["Relu"] * 64] and not network.checkpoint.notes


def test_a_long_way_of_moves_ends_where_it_began(tmp_path):
    """Each weight joins the cell of the input that 3,000 transposes lead back to."""
    weights = make.seeded(2, 3)
    nodes = [make.node("Transpose", [f"t{n}" if n else "x"], [f"t{n + 1}"], perm=[0, 2, 1]) for n in range(3001)]
    nodes += [make.node("MatMul", ["t3001", "w"], ["y"])]
    network = make.network(
        tmp_path, make.model(nodes, {"x": (1, 2, 4)}, {"y": (1, 4, 3)}, {"w": weights}), by_node=False
    )
    (connection,) = network.connections
    edges = connection.join.into(np.arange(12))
    wanted = {
        (row * 4 + column, column * 3 + unit): weights[row, unit]
        for row in range(2)
        for column in range(4)
        for unit in range(3)
    }
    assert {
        (s, t): w for s, t, w in zip(edges.source.tolist(), edges.target.tolist(), edges.weight, strict=True)
    } == pytest.approx(wanted)


def test_names_stay_apart_however_often_they_are_asked_for():
    writer = Writer()
    names = [writer.unique(name) for name in (*["a"] * 20_000, "a 3", "a 20002", "a")]
    assert len(set(names)) == len(names) and names[:3] == ["a", "a 2", "a 3"]


def test_a_table_cuts_names_down_and_json_keeps_them(tmp_path):
    name = "n" * 50_000
    network = summarise(open_checkpoint(make.save(tmp_path, safetensors(f"{name}.weight"), "model.safetensors")))
    assert len(table(network)) < 2_000 and "…" in table(network)
    assert name in report(network)["layers"][-1]["name"]


@pytest.mark.parametrize("kind", ["onnx", "safetensors"])
def test_opening_can_be_stopped(tmp_path, kind):
    made = nested(6) if kind == "onnx" else safetensors("a.weight", "b.weight")
    path, stop = make.save(tmp_path, made, f"model.{kind}"), threading.Event()
    with stoppable(stop):
        summarise(open_checkpoint(path))
        stop.set()
        with pytest.raises(StoppedError):
            summarise(open_checkpoint(path))
    summarise(open_checkpoint(path))


def test_names_that_a_graph_uses_twice():
    nodes = [
        NodeProto(op_type="Relu", name=name, input=["x"], output=[f"y{place}"])
        for place, name in enumerate(("a", "a", "", "", "a 2", "a"))
    ]
    made = helper.make_graph(
        nodes,
        "g",
        [make.info("x", (1,))],
        [make.info("y0", (1,)), make.info("y0", (1,))],
        [numpy_helper.from_array(np.float32([number]), "w") for number in (1, 2)],
    )
    make_unique(made)
    assert [node.name for node in made.node] == ["a", "a 3", "", "", "a 2", "a 4"]
    assert [value.name for value in made.output] == ["y0"]
    (weight,) = made.initializer
    assert numpy_helper.to_array(weight) == 2 and weight.data_type == TensorProto.FLOAT
