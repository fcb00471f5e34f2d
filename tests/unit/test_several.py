# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that stand twice, types other than plain tensors, several models in one file, weights in plain lists."""

import json

import numpy as np
import pytest
from onnx import TensorProto, helper

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.containers.pickle.records import Name, Storage, Tensor, Thing
from neuroscene.addon.formats.pytorch.saved_files import Saved
from neuroscene.addon.formats.pytorch.state import find
from neuroscene.addon.formats.pytorch.storages import Place, Storages
from neuroscene.addon.inference import fit, fit_named, run
from neuroscene.addon.network import summarise
from neuroscene.addon.network.report import report, table
from neuroscene.addon.structure import open_checkpoint
from unit import make

DATA = make.DATA / "several"


# names that stand twice


def test_nodes_of_one_name_run(tmp_path):
    first, second = make.seeded(4, 4), make.seeded(4, 4, seed=1)
    nodes = [
        make.node("MatMul", ["x", "a"], ["h"], name="q/Linear"),
        make.node("Relu", ["h"], ["r"], name="q/Linear"),
        make.node("MatMul", ["r", "b"], ["s"]),
        make.node("MatMul", ["r", "a"], ["t"]),
        make.node("Add", ["s", "t"], ["y"], name="q/Linear"),
    ]
    network = make.network(
        tmp_path, make.model(nodes, {"x": (1, 4)}, {"y": (1, 4)}, {"a": first, "b": second}), by_node=False
    )
    x = make.seeded(1, 4, seed=2)
    values = run(network, *fit_named(tmp_path / "x.npz", {"x": x}, network))
    hidden = np.maximum(x @ first, 0)
    np.testing.assert_allclose(values["y"], hidden @ second + hidden @ first, rtol=1e-5)
    assert len({layer.name for layer in network.layers}) == len(network.layers)


def test_a_layer_that_is_called_twice_and_gives_two_outputs():
    network, held = summarise(open_checkpoint(DATA / "shared.keras")), np.load(DATA / "shared.npz")
    given = {name[3:]: held[name] for name in held if name.startswith("in ")}
    values = run(network, *fit_named(DATA / "x.npz", given, network))
    for place, spec in enumerate(network.outputs):
        np.testing.assert_allclose(values[spec.name], held[f"out {place}"], rtol=1e-5, atol=1e-6)


def test_overloads_of_a_function_are_functions_of_their_own(tmp_path):
    opsets = [helper.make_opsetid("", 20)]
    bodies = {
        "relu": [make.node("Relu", ["X"], ["Y"])],
        "negtanh": [make.node("Neg", ["X"], ["n"]), make.node("Tanh", ["n"], ["Y"])],
    }
    functions = [
        helper.make_function("f", "act", ["X"], ["Y"], nodes, opsets, overload=overload)
        for overload, nodes in bodies.items()
    ]
    calls = [
        make.node("act", ["h"], ["r"], domain="f", overload="relu", name="a1"),
        make.node("act", ["m"], ["y"], domain="f", overload="negtanh", name="a2"),
    ]
    first, second = make.seeded(4, 4), make.seeded(4, 4, seed=1)
    nodes = [
        make.node("MatMul", ["x", "a"], ["h"], name="m0"),
        calls[0],
        make.node("MatMul", ["r", "b"], ["m"], name="m1"),
        calls[1],
    ]
    network = make.network(
        tmp_path,
        make.model(
            nodes, {"x": (1, 4)}, {"y": (1, 4)}, {"a": first, "b": second}, opset=20, functions=functions, domains=["f"]
        ),
        by_node=False,
    )
    assert [[part.op for part in layer.parts] for layer in network.layers] == [
        [],
        ["MatMul", "Relu"],
        ["MatMul", "Neg", "Tanh"],
    ]
    x = make.seeded(1, 4, seed=2)
    values = run(network, *fit_named(tmp_path / "x.npz", {"x": x}, network))
    np.testing.assert_allclose(values["y"], np.tanh(-(np.maximum(x @ first, 0) @ second)), rtol=1e-4, atol=1e-6)


# types


def of_any_shape(tmp_path, sizes=None):
    made = make.model([make.node("MatMul", ["x", "w"], ["y"])], {"x": None}, {"y": None}, {"w": make.seeded(4, 3)})
    made.graph.input[0].type.tensor_type.ClearField("shape")
    return make.network(tmp_path, made, sizes)


def test_an_input_of_any_shape_is_said_and_runs(tmp_path):
    network, x = of_any_shape(tmp_path), make.seeded(1, 4)
    said = report(network)
    assert said["inputs"] == [{"name": "x", "shape": None, "dtype": "float32"}]
    assert said["layers"][0]["shape"] is None and not said["layers"][0]["shape_known"]
    assert "input 'x': tensor float32, shape ?" in table(network)
    fitted = fit(tmp_path / "x.npy", x.astype(np.float64), network.inputs[0])
    np.testing.assert_allclose(run(network, fitted)["y"], x @ make.seeded(4, 3), rtol=1e-5)
    with pytest.raises(CheckpointError, match="npy"):
        fit(tmp_path / "x.png", np.zeros((2, 2, 4), np.float32), network.inputs[0])


def test_sizes_for_an_input_of_any_shape(tmp_path):
    network = of_any_shape(tmp_path, {"x:0": 1, "x:1": 4})
    assert network.inputs[0].shape == (1, 4) and network.layers[-1].shape == (3,)


def typed(kind, tmp_path):
    value = helper.make_value_info("o", kind)
    graph = helper.make_graph([make.node("Identity", ["o"], ["y"])], "g", [value], [helper.make_value_info("y", kind)])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return make.network(tmp_path, made)


TENSOR = helper.make_tensor_type_proto(TensorProto.FLOAT, (1, 4))
OPEN = helper.make_tensor_type_proto(TensorProto.INT64, (None, "n"))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (helper.make_optional_type_proto(TENSOR), "optional(tensor float32 [1,4])"),
        (helper.make_sequence_type_proto(OPEN), "sequence(tensor int64 [?,n])"),
        (
            helper.make_optional_type_proto(helper.make_sequence_type_proto(TENSOR)),
            "optional(sequence(tensor float32 [1,4]))",
        ),
        (
            helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, None)),
            "map(string, tensor float32 ?)",
        ),
    ],
)
def test_other_types_are_named(tmp_path, kind, text):
    network = typed(kind, tmp_path)
    (said,) = report(network)["inputs"]
    assert said["dtype"] == text and f"input 'o': {text}" in table(network)
    assert said["shape"] == ([1, 4] if text == "optional(tensor float32 [1,4])" else None)
    if not text.startswith("optional(tensor"):
        with pytest.raises(CheckpointError, match="takes"):
            fit(tmp_path / "x.npy", np.zeros((1, 4)), network.inputs[0])


def test_an_optional_input_takes_an_array(tmp_path):
    value = helper.make_value_info("o", helper.make_optional_type_proto(TENSOR))
    graph = helper.make_graph(
        [make.node("OptionalGetElement", ["o"], ["e"]), make.node("Relu", ["e"], ["y"])],
        "g",
        [value],
        [make.info("y", (1, 4))],
    )
    network = make.network(
        tmp_path, helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    )
    x = make.seeded(1, 4)
    assert np.array_equal(run(network, fit(tmp_path / "x.npy", x, network.inputs[0]))["y"], np.maximum(x, 0))


def test_metadata_that_are_null(tmp_path):
    header = {"__metadata__": None, "fc.weight": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]}}
    text = json.dumps(header).encode()
    content = len(text).to_bytes(8, "little") + text + np.arange(12, dtype=np.float32).tobytes()
    network = summarise(open_checkpoint(make.save(tmp_path, content, "model.safetensors")))
    weights = report(network)["layers"][-1]["weights"]
    assert network.parameters == 12 and (weights["min"], weights["max"]) == (0, 11)


# several models


def test_one_of_two_models_is_drawn_and_the_other_can_be_chosen():
    network = summarise(open_checkpoint(DATA / "gan.pt"))
    said = report(network)
    assert (said["parameters"], said["part"]) == (46, "generator")
    assert said["parts"] == [{"name": "generator", "numbers": 46}, {"name": "discriminator", "numbers": 37}]
    assert "discriminator" in table(network)
    other = summarise(open_checkpoint(DATA / "gan.pt", part="discriminator"))
    assert other.parameters == 37 and other.checkpoint.part == "discriminator"
    assert any("46 numbers in 'generator'" in note for note in other.checkpoint.notes)


def test_a_part_that_is_not_there_names_those_that_are():
    with pytest.raises(CheckpointError, match="has no part 'x'; its parts are: generator, discriminator"):
        open_checkpoint(DATA / "gan.pt", part="x")
    with pytest.raises(CheckpointError, match="it is one model"):
        open_checkpoint(DATA / "lora.safetensors", part="x")


def saved(folder, data, counts):
    """What a pickle holds, and storages of so many floats."""
    places = {key: Place(4 * count) for key, count in counts.items()}
    return Saved(data, Storages(folder / "model.pt", places))


def matrix(key, rows, columns):
    return Tensor(Storage(key, TensorProto.FLOAT, rows * columns), TensorProto.FLOAT, 0, (rows, columns), (columns, 1))


def module(parameters=(), modules=(), **attributes):
    return Thing(
        Name("mine", "Net"),
        (),
        {"_parameters": dict(parameters), "_buffers": {}, "_modules": dict(modules), **attributes},
    )


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        (("netG", "netD"), ["netG", "netD"]),
        (("G_state_dict", "D_state_dict"), ["G_state_dict", "D_state_dict"]),
        (("actor", "critic"), ["actor", "critic"]),
        (("model", "ema"), ["model", "ema"]),
    ],
)
def test_models_that_stand_beside_each_other(tmp_path, keys, shown):
    data = {key: {"fc.weight": matrix(str(place), 3 + place, 4)} for place, key in enumerate(keys)} | {
        "optimizer": {"param_groups": [], "state": {0: {"exp_avg": matrix("2", 3, 4)}}}
    }
    counts = {"0": 12, "1": 16, "2": 12}
    found = find(tmp_path / "model.pt", saved(tmp_path, data, counts))
    assert list(found.tensors) == ["fc.weight"] and found.part == keys[0] and list(found.parts) == shown
    other = find(tmp_path / "model.pt", saved(tmp_path, data, counts), keys[1])
    assert other.tensors["fc.weight"].shape == (4, 4) and other.part == keys[1]


def test_parts_below_other_keys(tmp_path):
    data = {"state": {"generator": {"w": matrix("0", 3, 4)}, "discriminator": {"w": matrix("1", 4, 4)}}}
    found = find(tmp_path / "model.pt", saved(tmp_path, data, {"0": 12, "1": 16}), "state.discriminator")
    assert list(found.parts) == ["state.generator", "state.discriminator"] and found.tensors["w"].shape == (4, 4)


# plain lists


def test_modules_in_a_plain_list_are_drawn_and_said():
    network = summarise(open_checkpoint(DATA / "plain_list.pt"))
    assert network.parameters == 36
    assert any("plain lists" in note and "layers_" in note for note in network.checkpoint.notes)
    assert [layer.inputs for layer in network.layers[1:]] == [[before.name] for before in network.layers[:-1]]


def test_modules_and_tensors_in_lists_tuples_and_dicts(tmp_path):
    parts = [module({"weight": matrix(str(place), 4, 4)}) for place in range(3)]
    shared = module({"weight": matrix("3", 4, 4)})
    root = module(
        modules={"head": shared},
        tower=[parts[0], (parts[1],)],
        experts={"a": parts[2]},
        again=[shared],
        tables=[matrix("4", 4, 4)],
        mean=matrix("5", 1, 4),
        _hidden=[matrix("6", 4, 4)],
    )
    counts = {str(place): 16 for place in range(7)} | {"5": 4}
    found = find(tmp_path / "model.pt", saved(tmp_path, root, counts))
    assert set(found.tensors) == {"head.weight", "tower.0.weight", "tower.1.0.weight", "experts.a.weight", "tables.0"}
    notes = " ".join(found.notes())
    assert "experts, tables, tower" in notes and "mean" in notes
    assert f"{4 * 16 + 4 * 4:,} bytes" in notes  # those of `mean` and `_hidden`


def test_numbers_that_belong_to_nothing_are_said(tmp_path):
    deep = Thing(Name("mine", "Box"), (), {"deep": [[[[[[matrix("1", 5, 4)]]]]]]})
    data = {"weight": matrix("0", 3, 4), "other": deep}
    found = find(tmp_path / "model.pt", saved(tmp_path, data, {"0": 12, "1": 20}))
    assert any("80 bytes" in note for note in found.notes())


def test_a_package_opens_without_running_its_code():
    network = summarise(open_checkpoint(DATA / "package.pt"))
    assert network.parameters == 67 and [layer.name for layer in network.layers] == ["input", "/a/Gemm", "/b/Gemm"]
    assert not any("bytes" in note for note in network.checkpoint.notes)


# weights that do not stand in a row


def test_adapters_are_pairs_of_their_own():
    network = summarise(open_checkpoint(DATA / "lora.safetensors"))
    layers = network.layers[4:]
    assert network.parameters == 132 and [layer.op for layer in network.layers[:4]] == ["Input"] * 4
    for place in range(0, 8, 2):
        down, up = layers[place : place + 2]
        assert down.inputs == [network.layers[place // 2].name] and up.inputs == [down.name]
        assert "lora_down" in down.name and "lora_up" in up.name
        assert (down.parameters, up.parameters) == (16, 17)  # with alpha
    assert len(network.outputs) == 4


@pytest.mark.parametrize(
    "names",
    [
        ("lora_A.weight", "lora_B.weight"),
        ("lora_A.default.weight", "lora_B.default.weight"),
        ("lora.down.weight", "lora.up.weight"),
        ("lora_down.weight", "lora_up.weight"),
    ],
)
def test_names_of_adapters(tmp_path, names):
    header, end = {}, 0
    for place in range(2):
        for name, shape in zip(names, ((2, 8), (6, 2)), strict=True):
            size = 4 * shape[0] * shape[1]
            header[f"model.{place}.to_q.{name}"] = {"dtype": "F32", "shape": shape, "data_offsets": [end, end + size]}
            end += size
    text = json.dumps(header).encode()
    network = summarise(
        open_checkpoint(make.save(tmp_path, len(text).to_bytes(8, "little") + text + bytes(end), "model.safetensors"))
    )
    read = {layer.name: layer.inputs for layer in network.layers}
    assert sum(not inputs for inputs in read.values()) == 2 and network.parameters == 56
    assert all(len(inputs) == 1 for inputs in read.values() if inputs) and len(network.layers) == 6


def test_attention_of_keras_reads_in_parallel():
    network = summarise(open_checkpoint(DATA / "attention.weights.h5"))
    attention = [layer for layer in network.layers if layer.op == "Attention"]
    assert network.parameters == 1186 and [layer.parameters for layer in attention] == [288, 288]
    assert [layer.inputs for layer in attention] == [["/blk0/ln/LayerNormalization"], ["/blk1/ln/LayerNormalization"]]
    nodes = {node.name: node for node in network.checkpoint.model.graph.node}
    read = {nodes[f"/blk0/mha/{part}/MatMul"].input[0] for part in ("query", "key", "value")}
    assert len(read) == 1  # all the same
    cut = [node for node in network.checkpoint.model.graph.node if node.name.startswith("/blk0/mha/Reshape")]
    sizes = {
        tensor.name: np.frombuffer(tensor.raw_data, np.int64).tolist()
        for tensor in network.checkpoint.model.graph.initializer
        if tensor.data_type == TensorProto.INT64
    }
    assert [0, 0, 2, 4] in [sizes[node.input[1]] for node in cut]
