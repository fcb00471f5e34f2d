# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks are found by the names of modules, by those of weights, or by repetition."""

import random

from neuroscene.addon.network.blocks import find
from neuroscene.addon.network.network import Grid, Layer, Part
from neuroscene.addon.network.repetition import Run, runs


class Net:
    """Layers one behind the other; `last` is the name of the newest."""

    def __init__(self):
        self.layers = [Layer("input", "Input", "input", (8,), Grid())]

    @property
    def last(self):
        return self.layers[-1].name

    def add(self, op, path="", *inputs, shape=(8,), parameters=0, scope=None):
        """A layer named after its path, or by its number where it has none; it reads the last unless told otherwise."""
        name = f"/{path}/{op}" if path else f"{op}_{len(self.layers)}"
        scope = tuple(path.split("/")) if path else ()
        self.layers.append(
            Layer(
                name,
                op,
                name,
                shape,
                Grid(),
                parts=(Part(name, op, name, scope),),
                inputs=list(inputs or [self.last]),
                parameters=parameters,
            )
        )
        return name

    def find(self, weights=None):
        """Blocks by path, after a check of all that holds for any network."""
        blocks, innermost = find(self.layers, weights)
        by_path = {block.path: block for block in blocks}
        order = [layer.name for layer in self.layers]
        assert len(by_path) == len(blocks) and set(innermost) == set(order)
        seen = {""}
        for block in blocks:
            assert block.parent in seen and len(block.layers) > 1
            seen.add(block.path)
            assert list(block.layers) == sorted(block.layers, key=order.index)
            assert block.children == tuple(one.path for one in blocks if one.parent == block.path)
            inside = {name for name, path in innermost.items() if path == block.path}
            assert set(block.layers) == inside.union(*(by_path[path].layers for path in block.children))
            if block.repeat > 1:
                assert len(block.children) == block.repeat and not inside
                assert len({by_path[path].signature for path in block.children}) == 1
        assert sorted({block.signature for block in blocks}) == list(range(len({b.signature for b in blocks})))
        return by_path, innermost


def basic_block(net, path, units, downsample=False, shape=(8,)):
    def at(name):
        return f"{path}/{name}" if path else ""

    before = net.last
    net.add("Conv", at("conv1"), shape=shape, parameters=units)
    net.add("Relu", at("relu"), shape=shape)
    last = net.add("Conv", at("conv2"), shape=shape, parameters=units)
    if downsample:
        before = net.add("Conv", at("downsample/downsample.0"), before, shape=shape, parameters=units)
    net.add("Add", path, last, before, shape=shape)
    return net.add("Relu", at("relu_1"), shape=shape)


def resnet(layers=(2, 2, 2, 2), named=True):
    net = Net()
    net.add("Conv", "conv1" if named else "", parameters=1)
    net.add("Relu", "relu" if named else "")
    net.add("MaxPool", "maxpool" if named else "", shape=(4,))
    for stage, blocks in enumerate(layers, 1):
        for number in range(blocks):
            path = f"layer{stage}/layer{stage}.{number}" if named else ""
            basic_block(net, path, 100 * stage, stage > 1 and number == 0, (4, stage))
    net.add("GlobalAveragePool", "avgpool" if named else "", shape=(4, 1))
    net.add("Gemm", "fc" if named else "", parameters=10, shape=(10,))
    return net


def test_resnet_18_as_torch_names_it():
    blocks, innermost = resnet().find()
    assert list(blocks) == [
        path
        for name in ("layer1", "layer2", "layer3", "layer4")
        for path in (name, f"{name}/{name}.0", f"{name}/{name}.1")
    ]
    assert {path: one.repeat for path, one in blocks.items() if one.repeat > 1} == {"layer1": 2}
    assert blocks["layer1/layer1.1"].name == "layer1.1" and blocks["layer1/layer1.1"].parent == "layer1"
    assert innermost["/layer2/layer2.0/downsample/downsample.0/Conv"] == "layer2/layer2.0"
    assert innermost["/conv1/Conv"] == innermost["input"] == ""
    assert not any(one.inferred for one in blocks.values())


def test_equal_neighbours_beside_another_get_a_block_of_their_own():
    blocks, innermost = resnet((1, 3)).find()
    assert blocks["layer2"].children == ("layer2/layer2.0", "layer2/layer2.1–2")
    both = blocks["layer2/layer2.1–2"]
    assert (both.name, both.repeat, both.children) == ("layer2.1–2", 2, ("layer2/layer2.1", "layer2/layer2.2"))
    assert innermost["/layer2/layer2.2/Add"] == "layer2/layer2.2"


def test_old_exports_by_the_names_of_their_weights():
    net, weights = resnet(), {}
    expected = net.find()
    new = {layer.name: f"{layer.op}_{number}" for number, layer in enumerate(net.layers)}
    for layer in net.layers:
        scopes = [part.scope for part in layer.parts]
        if layer.parameters:
            module = scopes[0][-1] if len(scopes[0]) == 1 else ".".join((*scopes[0][1:2], *scopes[0][2:]))
            module = module.replace("downsample.downsample", "downsample")
            weights[new[layer.name]] = [f"{module}.weight", "onnx::Conv_12"]
        layer.name, layer.inputs = new[layer.name], [new[name] for name in layer.inputs]
        layer.parts = tuple(Part(layer.name, part.op, part.tensor) for part in layer.parts)
    blocks, innermost = net.find(weights)
    assert list(blocks) == list(expected[0])
    assert innermost == {new[name]: path for name, path in expected[1].items()}


def encoder(net, path, mask=(), width=8):
    def at(name):
        return f"{path}/{name}" if path else ""

    before = net.last
    heads = [net.add("MatMul", at(f"attention/self/{name}"), before, parameters=width) for name in ("query", "key")]
    net.add("Attention", at("attention/self"), *heads, *mask)
    net.add("MatMul", at("attention/output/dense"), parameters=width)
    before = net.add("Add", at("attention/output"), net.last, before)
    net.add("MatMul", at("intermediate/dense"), parameters=width)
    net.add("MatMul", at("output/dense"), parameters=width)
    return net.add("Add", at("output"), net.last, before)


def bert(named=True):
    net = Net()
    net.layers.append(Layer("mask", "Input", "mask", (8,), Grid()))
    for name in ("word", "position"):
        net.add("Gather", f"embeddings/{name}" if named else "", "input", parameters=9 if name == "word" else 3)
    net.add("Add", "embeddings" if named else "", *(layer.name for layer in net.layers[-2:]))
    for number in range(12):
        encoder(net, f"encoder/layer.{number}" if named else "", ["mask"])
    net.add("Gemm", "pooler/dense" if named else "", parameters=5)
    net.add("Gemm", "classifier" if named else "", parameters=7)
    return net


def test_bert():
    blocks, innermost = bert().find()
    assert [path for path, one in blocks.items() if not one.parent] == ["embeddings", "encoder"]
    assert blocks["encoder"].repeat == 12 and blocks["encoder"].children[11] == "encoder/layer.11"
    assert innermost["/encoder/layer.3/attention/self/key/MatMul"] == "encoder/layer.3/attention/self"
    assert innermost["/encoder/layer.3/intermediate/dense/MatMul"] == "encoder/layer.3"


def test_a_root_round_everything_is_no_block():
    for prefix in ("model", "StatefulPartitionedCall/bert"):
        net = bert()
        for layer in net.layers:
            layer.parts = tuple(
                Part(one.name, one.op, one.tensor, (*prefix.split("/"), *one.scope)) for one in layer.parts
            )
        net.add("Cast")  # put in by the converter, outside the root
        assert list(net.find()[0]) == list(bert().find()[0])


def test_containers_that_hold_one_module_are_that_module():
    net = Net()
    for path in ("a/model/body", "a/model/body/inner", *["b/model/left"] * 2, *["b/model/right"] * 2):
        net.add("Gemm", path)
        net.layers[-1].name += str(len(net.layers))
    assert list(net.find()[0]) == ["a", "b", "b/left", "b/right"]
    net.add("Gemm", "b")
    assert list(net.find()[0]) == ["a", "b", "b/model", "b/model/left", "b/model/right"]


def test_stray_nodes_go_where_their_neighbours_are():
    net = bert()
    dense = next(layer for layer in net.layers if layer.name == "/encoder/layer.5/output/dense/MatMul")
    dense.parts = (Part("MatMul__7", "MatMul", dense.tensor),)
    assert net.find()[1][dense.name] == "encoder/layer.5"


def test_a_layer_of_several_nodes_belongs_to_its_main_part():
    net = Net()
    net.add("Gemm", "a/first")
    net.add("Add", "a")
    net.add("Gemm", "b/first")
    last = net.add("Gemm", "b/second")
    norm = Part("/norm/LayerNormalization", "LayerNormalization", "n", ("norm",))
    net.layers[2].parts += (norm,)
    net.layers[4].op = "Composite"
    net.layers[4].parts += (Part("/b/Reshape", "Reshape", "r", ("c",)), Part("Mul_3", "Mul", "m"))
    innermost = net.find()[1]
    assert innermost["/a/Add"] == "a" and innermost[last] == "b"


def test_nodes_at_the_top_of_torch_stay_there():
    net = Net()
    for name in ("a/x", "a/y", "b/x", "b/y"):
        net.add("Gemm", name)
        if name == "a/y":
            net.add("Relu")
    assert net.find()[1]["Relu_3"] == "a"
    net.layers[3].parts = (Part("/Relu", "Relu", "r"),)
    assert net.find()[1]["Relu_3"] == ""


def test_keras_sequential():
    net = Net()
    for number in range(4):
        net.add("Conv", parameters=number, shape=(number,))
        net.add("MaxPool", shape=(number, 2))
    assert net.find() == ({}, dict.fromkeys((layer.name for layer in net.layers), ""))


def test_unnamed_transformer():
    blocks, innermost = bert(named=False).find()
    run = blocks["block 1–12"]
    assert (run.repeat, run.name, run.parent, len(run.layers)) == (12, "block 1–12", "", 12 * 8)
    assert len(blocks) == 13 and all(one.inferred for one in blocks.values())
    assert list(innermost.values()).count("") == 2 + 3 + 2 and innermost["MatMul_5"] == "block 1"


def test_the_last_copy_may_end_otherwise():
    net = bert(named=False)
    net.layers[-3].parts += (Part("n", "LayerNormalization", "n"),)
    net.layers[-3].parameters = 16
    blocks, _ = net.find()
    assert blocks["block 1–11"].repeat == 11
    assert blocks["block 12"].signature != blocks["block 11"].signature and not blocks["block 12"].parent


def test_unnamed_resnet():
    blocks, innermost = resnet((3, 4, 2, 1), named=False).find()
    assert {path: one.repeat for path, one in blocks.items() if not one.parent} == {"block 1–3": 3, "block 4–6": 3}
    assert [innermost[name] for name in ("MaxPool_3", "Conv_4", "Relu_8", "Conv_9")] == [
        "",
        "block 1",
        "block 1",
        "block 2",
    ]


def test_repeats_inside_repeats():
    net = Net()
    for _ in range(3):
        for _ in range(4):
            for op in ("Conv", "Relu", "Pool", "Norm"):
                net.add(op)
        net.add("Down")
    blocks, innermost = net.find()
    assert [path for path, one in blocks.items() if not one.parent] == ["block 1–3"]
    assert blocks["block 2/block 1–4"].repeat == 4 and blocks["block 2/block 1–4"].parent == "block 2"
    assert innermost["Norm_4"] == "block 1/block 1" and innermost["Down_17"] == "block 1"


def test_unet_repeats_nothing():
    net, skips = Net(), []
    for level in range(4):
        for number in range(2):
            net.add("Conv", parameters=10 * level + number, shape=(level,))
            net.add("Relu", shape=(level,))
        skips.append(net.last)
        net.add("MaxPool", shape=(level + 1,))
    for level in reversed(range(4)):
        net.add("ConvTranspose", parameters=level, shape=(level,))
        net.add("Concat", "", net.last, skips.pop(), shape=(level, 2))
        net.add("Conv", parameters=100 + level, shape=(level,))
        net.add("Relu", shape=(level,))
    assert net.find()[0] == {}


def test_equal_layers_and_twins_are_no_repeats():
    net = Net()
    for _ in range(9):
        net.add("Gemm")
    assert net.find()[0] == {}
    net.layers.append(Layer("other", "Input", "other", (8,), Grid()))
    for source in ("input", "other"):
        net.add("Conv", "", source)
        for op in ("Relu", "Pool", "Norm"):
            net.add(op)
    assert net.find()[0] == {}


def test_nothing_at_all():
    assert find([]) == ([], {})
    assert Net().find() == ({}, {"input": ""})


def chain(tokens):
    return runs(tokens, [[position - 1] for position in range(len(tokens))])


def test_runs():
    assert chain("xabababy") == [Run(1, 2, 3)]
    assert chain("abab") == chain("abcabcx") == []
    assert chain("abcdabcd") == [Run(0, 4, 2)]
    assert chain("xabcdabcdyefghefghefgh") == [Run(1, 4, 2), Run(10, 4, 3)]
    assert chain("aabbaabb") == [Run(0, 4, 2)]


def test_runs_stop_where_the_edges_differ():
    sources = [[position - 1] for position in range(24)]
    sources[14] = [12]
    assert runs("abcd" * 6, sources) == [Run(2, 4, 3), Run(16, 4, 2)]


def test_runs_of_anything_end():
    chance = random.Random(0)
    for letters in (2, 3, 20):
        tokens = [chance.randrange(letters) for _ in range(400)] * 2
        sources = [
            [chance.randrange(-1, position) for _ in range(chance.randrange(1, 3))] if position else [-1]
            for position in range(800)
        ]
        for found in (chain(tokens), runs(tokens, sources)):
            assert all(one.stop <= other.start for one, other in zip(found, found[1:], strict=False))
            for run in found:
                piece = tokens[run.start : run.start + run.period]
                assert tokens[run.start : run.stop] == piece * run.copies
