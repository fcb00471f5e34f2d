# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and shapes that other files have: prefixes, Keras's layout, modules that say what they are, and nonsense."""

import random
from dataclasses import replace
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from onnx import TensorProto
from safetensors.numpy import load_file, save_file

from neuroscene.addon.containers import CheckpointError
from neuroscene.addon.containers.natural_order import natural
from neuroscene.addon.containers.stored import Stored
from neuroscene.addon.formats import keras, pytorch, safetensors_file
from neuroscene.addon.formats.weights import Weights
from neuroscene.addon.network import summarise
from neuroscene.addon.structure.inferred import infer
from unit.make import DATA

TRUTH = DATA / "inferred"


def weights(shapes: dict, layout="torch", **more) -> Weights:
    """Tensors of these shapes, in this order; no numbers are read."""
    return Weights(
        Path("model.pt"),
        "pytorch",
        [
            Stored(name, tuple(shape), TensorProto.FLOAT, read=lambda shape=shape: np.ones(shape, np.float32))
            for name, shape in shapes.items()
        ],
        layout,
        **more,
    )


def network(shapes: dict, layout="torch", **more):
    return summarise(infer(weights(shapes, layout, **more)))


@pytest.mark.parametrize(
    ("name", "kinds", "count"), [("parts", ["Gemm"] * 5, 40 + 28 + 28 + 46 + 90), ("parts_last", ["Conv"], 3 + 72 + 6)]
)
def test_weights_in_parts_are_put_together(name, kinds, count):
    """Normalised or pruned by torch: drawn as they are applied, counted as they are kept."""
    found = summarise(infer(pytorch.read(DATA / "torch" / f"{name}.pt")))
    layers = found.layers[1:]
    assert [layer.op for layer in layers] == kinds and len(chain(found)) == len(kinds) + 1
    whole = np.load(DATA / "torch" / f"{name}.npz")
    for layer, weight in zip(layers, whole.values(), strict=True):
        expected = np.linalg.norm(weight.reshape(len(weight), -1), axis=1)
        np.testing.assert_allclose(layer.strength(), expected, rtol=1e-5)
    assert found.parameters == count


def chain(found) -> list[str]:
    """The names of the layers of a network, each of which must read the one before it."""
    for before, layer in zip(found.layers, found.layers[1:], strict=False):
        assert layer.inputs == [before.name]
    return [layer.name for layer in found.layers]


def reads(found) -> set[tuple]:
    return {(layer.name, *sorted(layer.inputs)) for layer in found.layers}


def renamed(folder, name, change):
    """The network of a file whose tensors are called otherwise."""
    save_file(
        {change(key): value for key, value in load_file(TRUTH / f"{name}.safetensors").items()},
        folder / "model.safetensors",
    )
    return summarise(infer(safetensors_file.read(folder / "model.safetensors")))


# prefixes


@pytest.mark.parametrize(
    "name, change",
    [
        ("resnet18", lambda key: f"module.{key}"),
        ("bert", lambda key: f"module._orig_mod.{key}"),
        ("gpt2", lambda key: f"_orig_mod.{key}"),
    ],
)
def test_wrappers_of_training_change_nothing(tmp_path, name, change):
    assert reads(renamed(tmp_path, name, change)) == reads(renamed(tmp_path, name, lambda key: key))


@pytest.mark.parametrize("name, prefix", [("bert", "bert."), ("gpt2", "transformer."), ("vit_hf", "vit.")])
def test_a_model_without_its_head_has_the_same_blocks(tmp_path, name, prefix):
    whole, bare = (renamed(tmp_path, name, change) for change in (str, lambda key: key.removeprefix(prefix)))
    attention = [[len(layer.inputs) for layer in found.layers if layer.op == "Attention"] for found in (whole, bare)]
    assert attention[0] == attention[1] and len(attention[0]) == 3
    assert whole.parameters == bare.parameters


# plain networks


@pytest.mark.parametrize(
    "names", [("0", "2", "4"), ("fc1", "fc2", "fc3"), ("net.0", "net.2", "net.4"), ("in_layer", "hidden", "out")]
)
def test_mlp(names):
    shapes = {}
    for name, (inputs, units) in zip(names, [(4, 16), (16, 8), (8, 3)], strict=True):
        shapes |= {f"{name}.weight": (units, inputs), f"{name}.bias": (units,)}
    assert len(chain(network(shapes))) == 4
    assert len(chain(network(dict(sorted(shapes.items()))))) == 4  # as safetensors has them


def test_a_small_network_of_convolutions_whose_names_are_sorted():
    shapes = {
        "bn1.bias": (8,),
        "bn1.num_batches_tracked": (),
        "bn1.running_mean": (8,),
        "bn1.running_var": (8,),
        "bn1.weight": (8,),
        "bn2.bias": (16,),
        "bn2.running_mean": (16,),
        "bn2.running_var": (16,),
        "bn2.weight": (16,),
        "conv1.weight": (8, 3, 5, 5),
        "conv2.weight": (16, 8, 3, 3),
        "fc1.bias": (20,),
        "fc1.weight": (20, 16 * 25),
        "fc2.bias": (5,),
        "fc2.weight": (5, 20),
    }
    tensors = weights(shapes).tensors
    tensors[1] = replace(tensors[1], data_type=TensorProto.INT64)
    found = summarise(infer(Weights(Path("a.pt"), "pytorch", tensors)))
    assert chain(found) == ["image", "/conv1/Conv", "/conv2/Conv", "/Expand", "/fc1/Gemm", "/fc2/Gemm"]
    assert found.layers[1].steps == ("Conv", "BatchNormalization") and found.layers[3].shape == (16, 5, 5)
    assert all(one.join.carries != "unknown" for one in found.connections)


def test_unknown_names_are_joined_where_their_sizes_fit():
    """Sorted names that say nothing: the chain is the only one whose sizes fit."""
    found = network({"a.weight": (5, 7), "b.weight": (7, 3), "c.weight": (2, 11), "d.weight": (11, 5)})
    assert chain(found) == ["input", "/b/Gemm", "/a/Gemm", "/d/Gemm", "/c/Gemm"]


def test_a_branch_reads_the_earlier_tensor_that_fits():
    found = network({"stem.weight": (8, 3, 3, 3), "deep.weight": (32, 8, 3, 3), "aside.weight": (4, 8, 1, 1)})
    assert found.layer("/aside/Conv").inputs == ["/stem/Conv"]


def test_what_two_layers_give_together_is_put_side_by_side():
    found = network({"one.weight": (8, 3, 3, 3), "two.weight": (5, 8, 3, 3), "three.weight": (4, 13, 1, 1)})
    assert found.layer("/Concat").inputs == ["/one/Conv", "/two/Conv"]
    assert found.layer("/three/Conv").inputs == ["/Concat"]


def test_what_fits_nowhere_is_a_layer_of_its_own_and_counts():
    shapes = {"fc1.weight": (8, 4), "odd.table": (3, 5, 7), "lonely.scale": (9,), "single": (), "fc2.weight": (2, 6)}
    found = network(shapes)
    assert found.parameters == 8 * 4 + 3 * 5 * 7 + 9 + 1 + 2 * 6
    assert all(layer.open and not layer.inputs for layer in found.layers if "odd" in layer.name)
    assert found.layer("/fc2/Gemm").shape == (2,) and found.layer("/fc2/Gemm").open


# what is not known is open


def conv(name, units, inputs, size=3):
    return {f"{name}.weight": (units, inputs, size, size)}


def open_ones(found) -> set[str]:
    """The layers that read what nobody knows; such a layer reads nothing else here."""
    assert all(not layer.inputs for layer in found.layers if layer.open)
    return {layer.name for layer in found.layers if layer.open}


def test_towers_side_by_side_are_no_chain():
    shapes = {}
    for tower in ("tower1", "tower2", "tower3"):
        shapes |= conv(f"{tower}.0", 16, 3) | conv(f"{tower}.2", 32, 16)
    found = network(shapes | {"head.weight": (10, 96)})
    assert open_ones(found) == {"/tower2/tower2.0/Conv", "/tower3/tower3.0/Conv"}
    assert found.layer("/tower3/tower3.2/Conv").inputs == ["/tower3/tower3.0/Conv"]
    assert found.layer("/Concat").inputs == [f"/tower{n}/tower{n}.2/Conv" for n in (1, 2, 3)]


def test_towers_of_other_inputs_are_no_chain():
    """A picture of three channels and one of one channel: the head reads what both towers give."""
    shapes = conv("img.0", 8, 3) | conv("img.2", 16, 8) | conv("aud.0", 8, 1) | conv("aud.2", 16, 8)
    found = network(shapes | {"head.weight": (5, 32), "head.bias": (5,)})
    assert open_ones(found) == {"/aud/aud.0/Conv"}
    assert sorted(found.layer("/Concat").inputs) == ["/aud/aud.2/Conv", "/img/img.2/Conv"]


@pytest.mark.parametrize("order", [str, lambda name: name[::-1]])
def test_independent_heads_are_no_chain(order):
    shapes = {f"lin{n}.model.1.weight": (1, width, 1, 1) for n, width in enumerate((64, 128, 256, 512, 512))}
    found = network(dict(sorted(shapes.items(), key=lambda pair: order(pair[0]))))
    heads = [layer for layer in found.layers if layer.op == "Conv"]
    assert len(heads) == 5 and all(name == "image" for layer in heads for name in layer.inputs)


def test_branches_of_the_same_width_read_the_same():
    shapes = conv("stem", 64, 3)
    for branch in "abcd":
        shapes |= conv(branch, 64, 64)
    found = network(shapes | {"fc.weight": (10, 256)})
    assert all(found.layer(f"/{branch}/Conv").inputs == ["/stem/Conv"] for branch in "abcd")
    assert found.layer("/fc/Gemm").inputs == ["/Concat"]


def test_of_equal_modules_with_names_without_order_none_reads_another():
    """Nothing tells which of them comes first, or whether they are called one after the other at all."""
    shapes = {f"{name}.weight": (8, 8) for name in ("red", "green", "blue")}
    found = network({"inp.weight": (8, 4), **shapes, "out.weight": (2, 8)})
    names = {f"/{name}/Gemm" for name in ("red", "green", "blue")}
    assert not any(names & set(layer.inputs) for layer in found.layers if layer.name in names)


@pytest.mark.parametrize("shape", [(1, 1, 4, 4), (64, 1, 4, 4)])
def test_a_kernel_of_another_width_reads_nothing(shape):
    """One input channel, and 512 before it, of which it cannot be the groups."""
    found = network(conv("conv1", 512, 3) | {"blur.weight": shape} | conv("conv2", 3, 512))
    assert len(open_ones(found)) == 1 and "blur" in next(iter(open_ones(found)))
    assert found.layer("/conv2/Conv").inputs == ["/conv1/Conv"]


def test_a_dense_layer_reads_flattened_maps_of_likely_sizes():
    found = network(conv("conv", 8, 3) | {"fc.weight": (4, 8 * 125)})
    assert open_ones(found) == {"/fc/Gemm"}
    found = network(conv("conv", 8, 3) | {"fc.weight": (4, 8 * 120)})
    assert not open_ones(found) and found.layers[2].shape == (8, 10, 12)


def test_names_of_a_family_do_not_override_widths():
    """A residual block by its names, whose second convolution cannot read the first."""
    shapes = conv("stem", 8, 3) | conv("layer1.0.conv1", 8, 8) | conv("layer1.0.conv2", 8, 24)
    shapes |= {
        f"layer1.0.bn{n}.{end}": (8,) for n in (1, 2) for end in ("weight", "bias", "running_mean", "running_var")
    }
    found = network(shapes)
    assert open_ones(found) == {"/layer1/layer1.0/conv2/Conv"}


def test_common_names_alone_make_no_family():
    """A convolution and its normalisation, called as in EfficientNet, and a layer that no program calls."""
    shapes = conv("stem", 8, 3) | conv("body.conv", 8, 8) | {"body.extra.weight": (4, 8, 1, 1)}
    shapes |= {f"body.bn1.{end}": (8,) for end in ("weight", "bias", "running_mean", "running_var")}
    found = network(shapes)
    assert "Parameter" not in {layer.op for layer in found.layers}
    assert found.layer("/body/extra/Conv").inputs == ["/body/conv/Conv"]


def test_a_module_under_two_names_is_one_layer():
    shapes = conv("conv1", 8, 1) | conv("conv2", 4, 8)
    held = weights(shapes).tensors
    held += [replace(tensor, name=f"sequential.{2 * place}.weight") for place, tensor in enumerate(held)]
    checkpoint = infer(Weights(Path("alias.pt"), "pytorch", held))
    found = summarise(checkpoint)
    assert chain(found) == ["image", "/sequential/sequential.0/Conv", "/sequential/sequential.2/Conv"]
    assert found.parameters == sum(layer.parameters for layer in found.layers) == 8 * 9 + 4 * 8 * 9
    assert any("conv1 is sequential.0" in note for note in checkpoint.notes)


# kinds by names and shapes together


@pytest.mark.parametrize("name, count", [("prelu", 8), ("act1", 8), ("1", 1), ("relu", 8)])
def test_a_slope_is_no_normalisation(name, count):
    found = network(conv("conv", 8, 3) | {f"{name}.weight": (count,)} | conv("out", 2, 8))
    steps = [step for layer in found.layers for step in layer.steps]
    assert "PRelu" in steps and not any("Normal" in step for step in steps)


def test_a_dense_layer_called_embedding_reads_no_ids():
    for rows, columns in ((64, 31), (32, 32)):
        found = network({"patch_embedding.weight": (rows, columns), "net.weight": (2, rows), "net.bias": (2,)})
        assert chain(found) == ["input", "/patch_embedding/Gemm", "/net/Gemm"]
    found = network({"time_embedding.weight": (64, 31), "net.weight": (2, 64), "net.bias": (2,)})
    assert "Gather" not in {layer.op for layer in found.layers}
    found = network({"word_embedding.weight": (64, 32), "net.weight": (2, 32), "net.bias": (2,)})
    assert [layer.op for layer in found.layers][:2] == ["Input", "Gather"]


@pytest.mark.parametrize("shape", [(1, 8), (8, 1), (1, 1, 8)])
def test_a_normalisation_with_axes_of_one_place(shape):
    found = network({"fc.weight": (8, 4), "ln.weight": shape, "ln.bias": shape, "out.weight": (2, 8)})
    assert [layer.op for layer in found.layers] == ["Input", "Gemm", "LayerNormalization", "Gemm"]
    assert len(chain(found)) == 4


# convolutions


@pytest.mark.parametrize(
    "modules, op, group",
    [
        ({}, "Conv", 1),
        ({"b": ("ConvTranspose2d", {})}, "ConvTranspose", 1),
        ({"b": ("ConvTranspose2d", {"groups": 2})}, "ConvTranspose", 2),
        ({"b": ("Conv2d", {"groups": 1})}, "Conv", 1),
    ],
)
def test_modules_say_what_they_are(modules, op, group):
    checkpoint = infer(weights({"a.weight": (8, 3, 3, 3), "b.weight": (8, 8, 2, 2)}, modules=modules))
    node = checkpoint.model.graph.node[1]
    assert node.op_type == op and {one.name: one.i for one in node.attribute}["group"] == group


def test_strides_groups_and_epsilon_of_modules_are_used():
    modules = {
        "a": ("Conv2d", {"stride": (2, 2), "dilation": (1, 1)}),
        "n": ("GroupNorm", {"num_groups": 4, "eps": 0.5}),
    }
    graph = infer(weights({"a.weight": (8, 3, 3, 3), "n.weight": (8,), "n.bias": (8,)}, modules=modules)).model.graph
    found = [{one.name: one for one in node.attribute} for node in graph.node]
    assert list(found[0]["strides"].ints) == [2, 2]
    assert found[1]["num_groups"].i == 4 and found[1]["epsilon"].f == 0.5


def test_depthwise_convolution():
    found = network({"stem.weight": (8, 3, 3, 3), "dw.weight": (8, 1, 3, 3), "pw.weight": (16, 8, 1, 1)})
    assert chain(found)[1:] == ["/stem/Conv", "/dw/Conv", "/pw/Conv"]
    edges = found.connections[1].join.kernels(np.arange(8), np.arange(8))
    assert (edges.source == edges.target).all() and len(edges) == 8


def test_whole_kernels_join_maps_of_one_cell():
    from neuroscene.addon.network.drawn import share_out
    from neuroscene.addon.network.lines import strongest

    found = network({"a.weight": (8, 3, 5, 5), "b.weight": (4, 8, 3, 3)})
    drawn = share_out(found, 1000)
    lines = strongest(found.connections[1], drawn["/a/Conv"], drawn["/b/Conv"], 100)
    assert lines.grain == "unit" and len(lines) == 32
    assert (lines.weight == 9).all() and (lines.magnitude == 3).all()


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_any_number_of_spatial_axes(axes):
    found = network({"a.weight": (4, 2, *(3,) * axes), "up.weight": (4, 5, *(2,) * axes), "fc.weight": (2, 5 * 4)})
    assert len(chain(found)) == 5 and found.layers[3].size == 20
    assert all(one.join.carries != "unknown" for one in found.connections)


# Keras's layout


def test_keras_reads_maps_cell_by_cell():
    """In a Keras file fc1 reads the 16 channels of a cell before those of the next."""
    found = summarise(infer(keras.read(DATA / "crossformat" / "mnist_cnn_keras3.weights.h5")))
    assert chain(found)[3:] == ["/conv3/Conv", "/Expand", "/fc1/Gemm", "/scores/Gemm"]
    into = next(one for one in found.connections if one.target.name == "/fc1/Gemm")
    kernel = np.load(DATA / "crossformat" / "mnist_cnn_weights.npz")
    kernel = kernel[next(name for name in kernel if name.replace("/", ".") == "fc1.kernel")]
    edges = into.join.into(np.arange(32))
    channel, cell = np.divmod(edges.source, 49)
    assert len(edges) == 784 * 32 and (edges.weight == kernel[cell * 16 + channel, edges.target]).all()
    assert found.parameters == 29_066


def test_layers_of_keras():
    found = network(
        {
            "conv/kernel": (3, 3, 3, 8),
            "dw/depthwise_kernel": (3, 3, 8, 2),
            "sep/depthwise_kernel": (3, 3, 16, 1),
            "sep/pointwise_kernel": (1, 1, 16, 12),
            "sep/bias": (12,),
            "up_transpose/kernel": (2, 2, 6, 12),
            "bn/gamma": (6,),
            "bn/beta": (6,),
            "bn/moving_mean": (6,),
            "bn/moving_variance": (6,),
            "fc/kernel": (6, 4),
            "fc/bias": (4,),
        },
        "keras",
    )
    assert [layer.op for layer in found.layers] == ["Input", "Conv", "Conv", "Conv", "Conv", "ConvTranspose", "Gemm"]
    assert len(chain(found)) == 7 and found.parameters == 216 + 144 + 144 + 192 + 12 + 288 + 24 + 28
    assert all(one.join.carries == "weight" for one in found.connections)


def test_residual_blocks_of_keras_applications():
    shapes = {"conv1_conv/kernel": (7, 7, 3, 4), "conv1_bn/gamma": (4,), "conv1_bn/beta": (4,)}
    shapes |= {f"conv1_bn/moving_{one}": (4,) for one in ("mean", "variance")}
    for block in (1, 2):
        steps = [("1", 4 if block == 1 else 8, 4, 1), ("2", 4, 4, 3), ("3", 4, 8, 1)]
        for step, inputs, units, size in ([("0", 4, 8, 1)] if block == 1 else []) + steps:
            shapes[f"conv2_block{block}_{step}_conv/kernel"] = size, size, inputs, units
            shapes |= {
                f"conv2_block{block}_{step}_bn/{one}": (units,)
                for one in ("gamma", "beta", "moving_mean", "moving_variance")
            }
    found = network(shapes | {"predictions/kernel": (8, 10), "predictions/bias": (10,)}, "keras")
    sums = [layer for layer in found.layers if layer.op == "Add"]
    assert [sorted(layer.inputs) for layer in sums] == [
        ["/conv2_block1/0_conv/Conv", "/conv2_block1/3_conv/Conv"],
        ["/conv2_block1/Add", "/conv2_block2/3_conv/Conv"],
    ]
    assert {block.name for block in found.blocks} == {"conv2_block1", "conv2_block2"}


# words, steps, numbers in few bits


@pytest.mark.parametrize("gates, op", [(4, "LSTM"), (3, "GRU"), (1, "RNN")])
@pytest.mark.parametrize("both", [False, True])
def test_recurrent_layers_of_torch(gates, op, both):
    shapes = {"embedding.weight": (50, 6)}
    for layer, inputs in enumerate((6, 10 if both else 5)):
        for suffix in ("", "_reverse") if both else ("",):
            end = f"_l{layer}{suffix}"
            shapes |= {
                f"rnn.weight_ih{end}": (gates * 5, inputs),
                f"rnn.weight_hh{end}": (gates * 5, 5),
                f"rnn.bias_ih{end}": (gates * 5,),
                f"rnn.bias_hh{end}": (gates * 5,),
            }
    found = network(shapes | {"head.weight": (3, 10 if both else 5), "head.bias": (3,)})
    assert [layer.op for layer in found.layers] == ["Input", "Gather", op, op, "MatMul"]
    assert found.parameters == sum(int(np.prod(shape)) for shape in shapes.values()) + 3 * (11 if both else 6)
    assert all(one.join.carries == "weight" for one in found.connections if one.target.op == op)


def test_gates_are_put_in_the_order_of_onnx():
    """torch keeps input, forget, cell, output; ONNX input, output, forget, cell."""
    hidden, inputs = 2, 3
    number = np.arange(4 * hidden * inputs, dtype=np.float32).reshape(4 * hidden, inputs)
    found = weights({"lstm.weight_ih_l0": (8, 3), "lstm.weight_hh_l0": (8, 2)})
    found.tensors[0] = replace(found.tensors[0], read=lambda: number)
    network_ = summarise(infer(found))
    join = next(one.join for one in network_.connections if one.source.op == "Input")
    assert (join.join.weight()[0] == number.reshape(4, hidden, inputs)[[0, 3, 1, 2]].reshape(8, 3)).all()


@pytest.mark.parametrize("rows, columns, turned", [(48, 16, True), (16, 48, False)])
def test_which_axis_is_the_units_a_bias_says(rows, columns, turned):
    """GPT-2's Conv1D keeps (inputs, units), a Linear of the same name (units, inputs)."""
    found = network({"c_fc.weight": (rows, columns), "c_fc.bias": (48,)})
    assert found.layers[0].shape == (16,) and found.layers[1].shape == (48,)


def test_eight_bit_floats_beside_wider_norms():
    """Matrices of 8 bits are cast when they are read, and joined as others are."""
    found = weights({"fc1.weight": (4, 3), "norm.weight": (4,), "fc2.weight": (2, 4)})
    value = np.array([[0.5, 1, 2], [0, 4, 8], [1, 1, 1], [3, 2, 1]], ml_dtypes.float8_e4m3fn)
    found.tensors[0] = replace(found.tensors[0], data_type=TensorProto.FLOAT8E4M3FN, read=lambda: value)
    network_ = summarise(infer(found))
    edges = network_.connections[0].join.into(np.arange(4))
    assert network_.parameters == 24 and [layer.shape for layer in network_.layers] == [(3,), (4,), (4,), (2,)]
    assert (edges.weight == value.astype(np.float32)[edges.target, edges.source]).all()


def test_quantised_weights_count_once():
    tensors = weights({"fc.weight": (4, 3), "fc.weight.scale": (4,), "fc.weight.zero_point": (4,)}).tensors
    tensors += weights({"fc.bias": (4,)}).tensors
    for place, value in enumerate((np.full((4, 3), 2, np.int8), np.full(4, 0.25, np.float32), np.zeros(4, np.int8))):
        number = TensorProto.FLOAT if place == 1 else TensorProto.INT8
        tensors[place] = replace(tensors[place], data_type=number, read=lambda value=value: value)
    found = summarise(infer(Weights(Path("q.pt"), "pytorch", tensors)))
    assert found.parameters == 4 * 3 + 4
    assert (found.connections[0].join.into(np.arange(4)).weight == 0.5).all()


def test_integers_are_no_weights_and_that_is_said():
    found = weights({"fc.weight": (4, 3), "position_ids": (1, 9), "steps": ()})
    found.tensors[2] = replace(found.tensors[2], data_type=TensorProto.INT64)
    checkpoint = infer(found)
    assert summarise(checkpoint).parameters == 12
    assert any("left out: 2" in note for note in checkpoint.notes)


def test_heads_of_a_configuration():
    shapes = {
        f"layers.0.self_attn.{name}_proj.weight": (units, 16)
        for name, units in {"q": 16, "k": 8, "v": 8, "o": 16}.items()
    }
    shapes |= {
        "layers.0.input_layernorm.weight": (16,),
        "layers.0.post_attention_layernorm.weight": (16,),
        "layers.0.mlp.gate_proj.weight": (24, 16),
        "layers.0.mlp.up_proj.weight": (24, 16),
        "layers.0.mlp.down_proj.weight": (16, 24),
    }
    found = network(shapes, config={"num_attention_heads": 4, "num_key_value_heads": 2})
    attention = next(layer for layer in found.layers if layer.op == "Attention")
    assert attention.grid.units == 4 and attention.parameters == 16 * (16 + 8 + 8 + 16)


# nonsense


def test_only_biases():
    found = network({"a.bias": (3,), "b.bias": (4,)})
    assert found.parameters == 7


def test_nothing_to_draw():
    with pytest.raises(CheckpointError, match="holds no weights"):
        infer(weights({"empty.weight": (0, 3)}))


SILLY = {
    "flat": lambda number: {f"x{number}.weight": (8, 8)},
    "parameters": lambda number: {f"p{number}": (8,)},
    "norms": lambda number: {f"n{number}.weight": (8,)},
    "positions": lambda number: {f"m{number}.pos_embed": (1, 17, 8)},
    "embeddings": lambda number: {f"e{number}_embed.weight": (8, 8)},
    "heads": lambda number: {f"head{number}.weight": (8, 8)},
    "branches": lambda number: {f"b.branch{number}.conv.weight": (8, 8, 1, 1)},
    "dense layers": lambda number: {f"denselayer{number}.conv.weight": (8, 8, 1, 1)},
    "dots": lambda number: {f"{'.' * 300}{number}": (8, 8)},
}


@pytest.mark.slow
@pytest.mark.parametrize("what", SILLY)
def test_many_tensors_with_silly_names(what):
    """Were any of it quadratic, this would take minutes."""
    shapes = {}
    for number in range(4000):
        shapes |= SILLY[what](number)
    assert len(infer(weights(shapes)).model.graph.initializer) >= 4000


ENDS = (
    "weight",
    "bias",
    "running_mean",
    "gamma",
    "beta",
    "kernel",
    "parameter",
    "in_proj_weight",
    "weight_ih_l0",
    "weight_hh_l0",
    "cls_token",
    "pos_embed",
    "recurrent_kernel",
    "depthwise_kernel",
    "pointwise_kernel",
    "moving_mean",
    "weight_g",
    "relative_attention_bias",
)


def changed(tensors, chance):
    """The tensors with one left out, renamed, of another shape or type, or in another order."""
    place, one = chance.choice(list(enumerate(tensors)))
    shape = tuple(chance.choice((0, 1, 2, 3, 8, 16, 1 << 20, 1 << 40)) for _ in range(chance.randrange(6)))
    change = {
        "drop": [],
        "shape": [replace(one, shape=shape, read=lambda: None)],
        "end": [replace(one, name=f"{one.name.rpartition('.')[0]}.{chance.choice(ENDS)}")],
        "name": [replace(one, name=f"{chance.choice(tensors).name}{place}")],
        "type": [replace(one, data_type=chance.choice((1, 2, 3, 7, 9, 10, 16, 17, 23)), read=lambda: None)],
    }[chance.choice(("drop", "shape", "end", "name", "type"))]
    found = {one.name: one for one in [*tensors[:place], *change, *tensors[place + 1 :]]}
    return sorted(found.values(), key=lambda one: natural(one.name)) if chance.random() < 0.9 else list(found.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.stem for path in TRUTH.glob("*.safetensors")))
def test_mutated_models_open_or_are_refused(name):
    whole, chance = safetensors_file.read(TRUTH / f"{name}.safetensors"), random.Random(name)
    for _ in range(30):
        tensors = whole.tensors
        for _ in range(chance.choice((1, 1, 3, 10))):
            tensors = changed(tensors, chance)
        said = chance.choice(({}, {"num_attention_heads": chance.choice((0, 3, -1, "x", None, 1 << 70, True))}))
        try:
            summarise(infer(replace(whole, tensors=tensors, layout=chance.choice(("torch", "keras")), config=said)))
        except CheckpointError as error:
            assert "\n" not in str(error)
