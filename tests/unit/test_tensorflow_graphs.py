# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Graphs of TensorFlow that leave something open: shapes, dropout, loops, the order of their fields."""

from pathlib import Path

import numpy as np
import pytest

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.containers.protobuf import fields, varint
from neuroscene.addon.containers.stepping import finish
from neuroscene.addon.conversion.onnx_model import steps
from neuroscene.addon.formats.checkpoint import OPAQUE
from neuroscene.addon.inference.session import activations
from neuroscene.addon.structure import open_checkpoint

SAVED = Path(__file__).resolve().parents[1] / "data/tensorflow/pictures"
FLOAT = 'attr { key: "dtype" value { type: DT_FLOAT } }'


def placeholder(name, shape="unknown_rank: true"):
    return (
        f'node {{ name: "{name}" op: "Placeholder" {FLOAT} attr {{ key: "shape" value {{ shape {{ {shape} }} }} }} }}'
    )


def constant(name, numbers):
    array = np.asarray(numbers, np.float32)
    sizes = " ".join(f"dim {{ size: {size} }}" for size in array.shape)
    held = " ".join(f"float_val: {number}" for number in array.reshape(-1))
    tensor = f"tensor {{ dtype: DT_FLOAT tensor_shape {{ {sizes} }} {held} }}"
    return f'node {{ name: "{name}" op: "Const" {FLOAT} attr {{ key: "value" value {{ {tensor} }} }} }}'


def node(name, op, *reads, attributes=""):
    inputs = " ".join(f'input: "{read}"' for read in reads)
    return f'node {{ name: "{name}" op: "{op}" {inputs} {attributes} }}'


def opened(tmp_path, *nodes):
    path = tmp_path / "graph.pbtxt"
    path.write_text("\n".join(nodes))
    return open_checkpoint(path)


def run(checkpoint, **given):
    (output,) = (value.name for value in checkpoint.model.graph.output)
    return activations(checkpoint, given, [output])[output]


def unknown(checkpoint):
    return {made.op_type for made in checkpoint.model.graph.node if made.domain == OPAQUE}


def test_numbers_are_added_whatever_the_rank_is(tmp_path):
    checkpoint = opened(tmp_path, placeholder("x"), constant("three", 3.0), node("y", "Add", "x", "three"))
    assert not unknown(checkpoint)
    for shape in ((), (4,), (2, 3, 4)):
        x = np.arange(np.prod(shape, dtype=int), dtype=np.float32).reshape(shape)
        np.testing.assert_array_equal(run(checkpoint, x=x), x + 3)
    with pytest.raises(CheckpointError, match="does not say how many axes its input 'x' has"):
        finish(steps(checkpoint, tmp_path / "out.onnx"))
    assert not (tmp_path / "out.onnx").exists()


STRIDES = 'attr { key: "strides" value { list { i: 1 i: 1 i: 1 i: 1 } } } attr { key: "padding" value { s: "VALID" } }'


def test_what_follows_an_unknown_operator_is_known(tmp_path):
    kernel = np.random.default_rng(0).normal(size=(2, 2, 3, 5))
    checkpoint = opened(
        tmp_path,
        placeholder("x", " ".join(f"dim {{ size: {size} }}" for size in (1, 6, 6, 3))),
        node("strange", "NobodyKnows", "x"),
        constant("kernel", kernel),
        node("y", "Conv2D", "strange", "kernel", attributes=STRIDES),
        node("z", "Relu", "y"),
    )
    assert unknown(checkpoint) == {"NobodyKnows"}
    assert [made.op_type for made in checkpoint.model.graph.node if made.op_type == "Conv"] == ["Conv"]


def test_a_rank_that_an_operator_needs_is_the_input_s(tmp_path):
    weight = np.random.default_rng(0).normal(size=(3, 2)).astype(np.float32)
    checkpoint = opened(tmp_path, placeholder("x"), constant("w", weight), node("y", "MatMul", "x", "w"))
    (given,) = checkpoint.model.graph.input
    assert len(given.type.tensor_type.shape.dim) == 2
    finish(steps(checkpoint, tmp_path / "out.onnx"))
    x = np.ones((4, 3), np.float32)
    np.testing.assert_allclose(run(checkpoint, x=x), x @ weight, rtol=1e-5)


OLD = (node("d/div", "RealDiv", "h", "keep"), node("d/add", "Add", "keep", "d/noise"), node("d/mask", "Floor", "d/add"))
NEWER = (
    node("d/div", "Mul", "h", "scale"),
    node("d/less", "GreaterEqual", "d/noise", "rate"),
    node("d/mask", "Cast", "d/less", attributes='attr { key: "DstT" value { type: DT_FLOAT } }'),
)


@pytest.mark.parametrize("form", [OLD, NEWER], ids=["floor", "cast"])
def test_dropout_is_left_out(tmp_path, form):
    """Both forms in which TensorFlow 1 wrote it; keep is fed in training alone."""
    weight = np.random.default_rng(0).normal(size=(3, 2)).astype(np.float32)
    checkpoint = opened(
        tmp_path,
        placeholder("x", "dim { size: -1 } dim { size: 3 }"),
        placeholder("keep"),
        constant("scale", 2.0),
        constant("rate", 0.5),
        constant("w", weight),
        node("h", "Relu", "x"),
        node("d/shape", "Shape", "h"),
        node("d/noise", "RandomUniform", "d/shape"),
        *form,
        node("d/out", "Mul", "d/div", "d/mask"),
        node("y", "MatMul", "d/out", "w"),
    )
    assert not unknown(checkpoint) and any("dropout is left out" in note for note in checkpoint.notes)
    assert [value.name for value in checkpoint.model.graph.input] == ["x"]
    x = np.array([[1, -2, 3]], np.float32)
    np.testing.assert_allclose(run(checkpoint, x=x), np.maximum(x, 0) @ weight, rtol=1e-5)


def test_noise_of_a_size_that_is_not_there(tmp_path):
    checkpoint = opened(
        tmp_path,
        placeholder("x", "dim { size: 1 } dim { size: 3 }"),
        node("noise", "RandomUniform", "missing"),
        node("mask", "GreaterEqual", "noise", "x"),
        node("kept", "Cast", "mask"),
        node("scaled", "Mul", "x", "x"),
        node("y", "Mul", "scaled", "kept"),
    )
    assert any("dropout is left out" in note for note in checkpoint.notes)


def test_a_loop_is_drawn_once_and_said(tmp_path):
    checkpoint = opened(
        tmp_path,
        placeholder("x", "dim { size: 1 } dim { size: 3 }"),
        constant("w", np.eye(3)),
        node("enter", "Enter", "x"),
        node("merge", "Merge", "enter", "next"),
        node("step", "MatMul", "merge", "w"),
        node("next", "NextIteration", "step"),
        node("y", "Exit", "step"),
    )
    assert unknown(checkpoint) == {"Merge"}
    assert any("a loop is drawn as one pass" in note for note in checkpoint.notes)
    assert any(made.op_type == "MatMul" for made in checkpoint.model.graph.node)


def test_the_fields_of_a_saved_model_come_in_any_order(tmp_path):
    """What TensorFlow 2.13 and later write: the graph of objects first."""
    data = (SAVED / "saved_model.pb").read_bytes()

    def turned(begin, end):
        parts, last = [], begin
        for _, at, _, stop in fields(memoryview(data), begin, end):
            parts.append(data[at:stop])
            last = stop
        assert last == end
        return b"".join(reversed(parts))

    (begin, end) = next((body, stop) for number, _, body, stop in fields(memoryview(data), 0, len(data)) if number == 2)
    graph = turned(begin, end)
    target = tmp_path / "turned"
    (target / "variables").mkdir(parents=True)
    for path in (SAVED / "variables").iterdir():
        (target / "variables" / path.name).write_bytes(path.read_bytes())
    (target / "saved_model.pb").write_bytes(b"\x08\x01\x12" + varint(len(graph)) + graph)
    made, known = open_checkpoint(target), open_checkpoint(SAVED)
    assert [tuple(one.output) for one in made.model.graph.node] == [tuple(one.output) for one in known.model.graph.node]


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("keras2_lstm", ["LSTM", "LSTM"]),  # functions that say what they implement
        ("keras2_gru", ["GRU", "GRU"]),
        ("keras3_recurrent", ["GRU", "RNN", "LSTM", "LSTM"]),  # loops
    ],
)
def test_recurrent_layers_are_layers(name, kinds):
    """However Keras writes them; test_tensorflow.py holds their numbers."""
    checkpoint = open_checkpoint(SAVED.parent / name)
    assert [made.op_type for made in checkpoint.model.graph.node if made.op_type in ("LSTM", "GRU", "RNN")] == kinds
    assert not unknown(checkpoint)


ITEM = node("item", "TensorListGetItem", "items")


def loop(*body):
    """A graph whose loop has the operators of a recurrent layer, and this body."""
    arguments = " ".join(f'input_arg {{ name: "{name}" type: DT_FLOAT }}' for name in ("items", "kernel", "state"))
    inside = " ".join(made.replace("node {", "node_def {", 1) for made in body)
    call = 'attr { key: "body" value { func { name: "body" } } }'
    return (
        placeholder("x", "dim { size: 1 } dim { size: 3 }"),
        node("y", "While", "x", "x", "x", attributes=call),
        f'library {{ function {{ signature {{ name: "body" {arguments} }} {inside} }} }}',
    )


@pytest.mark.parametrize(
    "start",
    [
        (ITEM, node("first", "MatMul", "round", "kernel"), node("second", "MatMul", "state", "kernel")),  # reads itself
        (ITEM, node("first", "MatMul", "item"), node("second", "MatMul", "state")),  # without its weights
        (
            node("item", "TensorListGetItem"),
            node("first", "MatMul", "item", "kernel"),
            node("second", "MatMul", "state", "kernel"),
        ),
    ],
)
def test_a_loop_that_only_looks_like_a_layer_stays_a_loop(tmp_path, start):
    checkpoint = opened(
        tmp_path,
        *loop(
            *start,
            node("round", "Identity", "around"),
            node("around", "Identity", "round"),
            node("tanh", "Tanh", "first"),
            node("kept", "TensorListSetItem", "items", "tanh"),
        ),
    )
    assert not {made.op_type for made in checkpoint.model.graph.node} & {"LSTM", "GRU", "RNN"}
