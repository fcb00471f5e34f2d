# SPDX-FileCopyrightText: 2026 Neuroscene developers
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real architectures: layers, what reads what, parameters and blocks, against the files and against torch's word."""

import ast
import json
from collections import Counter
from functools import cache
from math import prod

import numpy as np
import onnx
import pytest

from neuroscene.addon.inference.session import activations
from neuroscene.addon.network import summarise
from neuroscene.addon.network.drawn import share_out
from neuroscene.addon.network.lines import line_limits, strongest
from neuroscene.addon.structure import open_checkpoint
from unit.make import DATA, save, seeded
from unit.written import depending, sound

ZOO = DATA / "zoo"
NAMES = sorted(path.stem for path in ZOO.glob("*.onnx"))
TRUTH = json.loads((ZOO / "truth.json").read_text())
BY_NAME = [name for name in TRUTH if name not in ("bert_unnamed", "resnet18_old")]  # whose nodes carry scopes
MOVES = {
    "Flatten",
    "Reshape",
    "Squeeze",
    "Unsqueeze",
    "Identity",
    "Dropout",
    "Cast",
    "CastLike",
    "Transpose",
    "Slice",
    "Split",
    "Gather",
}


@cache
def opened(name, by_node=False):
    return summarise(open_checkpoint(ZOO / f"{name}.onnx"), by_node=by_node)


@cache
def in_file(name):
    """The graph as it is computed: the file's, and of a file with functions what onnx itself puts in their place."""
    model = onnx.load(ZOO / f"{name}.onnx")
    return onnx.inliner.inline_local_functions(model).graph if model.functions else model.graph


@pytest.mark.parametrize("by_node", [False, True], ids=["layers", "nodes"])
@pytest.mark.parametrize("name", NAMES)
def test_every_node_is_in_one_layer(name, by_node):
    found = sound(opened(name, by_node))
    assert sum(layer.nodes for layer in found.layers) == len(in_file(name).node)
    if by_node:
        assert all(len(layer.parts) == 1 for layer in found.layers if layer.op != "Input")


@pytest.mark.parametrize("name", [name for name in NAMES if name != "functions"])
def test_what_reads_what_is_as_in_the_file(name):
    """The graph of the file, its nodes drawn together to layers, gives the very pairs that the layers name."""
    graph, found = in_file(name), opened(name)
    layer_of = {part.tensor: layer.name for layer in found.layers for part in layer.parts}
    live = depending(graph)
    source = {value.name: value.name for value in graph.input}  # of each tensor; a moved input is still that input
    inputs, pairs = set(source), set()
    for one in graph.node:
        inner = (part for each in one.attribute if each.HasField("g") for part in each.g.node)
        before = {source[tensor] for part in (one, *inner) for tensor in part.input if tensor in live & source.keys()}
        if live & set(one.output):
            mine = layer_of[next(filter(None, one.output))]
            pairs |= {(other, mine) for other in before - {mine}}
            moved = one.op_type in MOVES and before <= inputs and not live & set(one.input[1:])
            source.update(dict.fromkeys(one.output, next(iter(before)) if moved else mine))
    assert pairs == {(other, layer.name) for layer in found.layers for other in layer.inputs}


def folded(name):
    """How many units torch's exporter folded a batch normalisation of into a convolution: it left a bias for each."""
    norms = sum(kind.startswith("BatchNorm") for _, kind in TRUTH[name]["leaves"])
    left = sum(one.op_type == "BatchNormalization" for one in in_file(name).node)
    biases = [one.dims[0] for one in in_file(name).initializer if "::Conv" in one.name and len(one.dims) == 1]
    assert len(biases) == norms - left
    return sum(biases)


@pytest.mark.parametrize("name", TRUTH)
def test_parameters(name):
    """Those of torch: of a folded normalisation's four numbers a unit one is left; a tied matrix is stored twice."""
    norms = sum(kind.startswith("BatchNorm") for _, kind in TRUTH[name]["leaves"])
    expected = TRUTH[name]["parameters"] + (TRUTH[name]["buffers"] - norms if norms else 0) - 3 * folded(name)
    found = opened(name)
    assert found.parameters == expected + (16 * 128 if name == "gpt2" else 0)
    assert sum(layer.parameters for layer in found.layers) >= found.parameters


@pytest.mark.parametrize("name", NAMES)
def test_weights_are_those_of_the_file(name):
    stored = {one.name: onnx.numpy_helper.to_array(one) for one in onnx.load(ZOO / f"{name}.onnx").graph.initializer}
    for layer in opened(name).layers:
        for leaf in layer.weights:
            if leaf.name in stored:
                assert leaf.size == stored[leaf.name].size
                np.testing.assert_array_equal(leaf.array(), stored[leaf.name])


def module_of(one):
    """The name that torch gives the module of a node; none for what is no module's."""
    left = next((each.value for each in one.metadata_props if each.key == "pkg.torch.onnx.name_scopes"), None)
    if left is not None:
        return ast.literal_eval(left)[-2]
    return dotted(one.name.strip("/").split("/")[:-1])


def modules(name):
    """Every module that can hold layers: blocks, and what torch has as one (nn.LSTM)."""
    return [*TRUTH[name]["blocks"], *(leaf for leaf, _ in TRUTH[name]["leaves"])]


def dotted(path):
    """layer1/layer1.0/conv1 -> layer1.0.conv1, encoder/layer.0 -> encoder.layer.0."""
    name, before = "", ""
    for part in path:
        name += f".{part.removeprefix(f'{before}.')}" if before else part
        before = part
    return name


def inside(name):
    """For every module of torch the layers that are in it, and those that are at least in part, by names of nodes."""
    module = {next(filter(None, one.output)): f"{module_of(one)}." for one in in_file(name).node}
    found = {}
    for one in modules(name):
        whole, part = set(), set()
        for layer in opened(name).layers[1:]:
            within = [module[each.tensor].startswith(f"{one}.") for each in layer.parts if each.op not in MOVES]
            whole |= {layer.name} if within and all(within) else set()
            part |= {layer.name} if any(within) or not within else set()
        found[one] = whole, part
    return found


@pytest.mark.parametrize("name", BY_NAME)
def test_blocks_are_the_modules_of_torch(name):
    held = inside(name)
    named = list(opened(name).named_blocks)
    every = {dotted(one.path.split("/")): set(one.layers) for one in named}
    assert every and not any(one.inferred for one in named)
    for path in every.keys() - {dotted(one.path.split("/")) for one in named if "–" in one.name}:
        whole, part = held[path]
        assert whole <= every[path] <= part, path
    for module, (whole, part) in held.items():
        # of modules that hold the same, one stands for all
        chain = [
            one
            for path, one in every.items()
            if f"{path}.".startswith(f"{module}.") or f"{module}.".startswith(f"{path}.")
        ]
        assert len(whole) < 2 or any(whole <= one <= part for one in chain), module


@pytest.mark.parametrize("name", NAMES)
def test_blocks_hold_one_another(name):
    found = opened(name)
    blocks = {block.path: block for block in found.blocks}
    assert len(blocks) == len(found.blocks)
    names = [layer.name for layer in found.layers]
    for position, block in enumerate(found.blocks):
        assert len(block.layers) > (not block.stage) and list(block.layers) == [
            one for one in names if one in block.layers
        ]
        assert block.parent in ["", *(one.path for one in found.blocks[:position])]
        if block.parent:
            assert block.path in blocks[block.parent].children and {*block.layers} <= {*blocks[block.parent].layers}
        within = {one for path in block.children for one in blocks[path].layers}
        assert {layer.name for layer in found.layers if layer.block == block.path} == {*block.layers} - within
        if block.repeat > 1:
            assert len(block.children) == block.repeat and within == {*block.layers}
            assert len({blocks[path].signature for path in block.children}) == 1


REPEATS = {
    "resnet18": {("layer1", 2)},
    "resnet18_old": {("layer1", 2)},
    "bert": {("encoder", 12)},
    "bert_unnamed": {("block 1–12", 12)},
    "gpt2": {("transformer/h.0–5", 6)},
    "vit": {("encoder/layers", 4)},
    "mobilenet_v3": {("features/features.5–6", 2), ("features/features.10–11", 2)},
}


@pytest.mark.parametrize("name", TRUTH)
def test_repeats(name):
    found = {(block.path, block.repeat) for block in opened(name).blocks if block.repeat > 1}
    assert found == REPEATS.get(name, set())
    assert sorted(count for _, count in found) == sorted(run[-1] for run in TRUTH[name]["runs"])


def shape_of(found):
    """Layers and blocks by position, without any name."""
    place = {layer.name: i for i, layer in enumerate(found.layers)}
    return [
        (
            layer.op,
            layer.shape,
            layer.parameters,
            layer.nodes,
            tuple(part.op for part in layer.parts),
            tuple(place[one] for one in layer.inputs),
        )
        for layer in found.layers
    ]


def sets_of(found):
    place = {layer.name: i for i, layer in enumerate(found.layers)}
    return {tuple(place[one] for one in block.layers): block.repeat for block in found.blocks}


@pytest.mark.parametrize(("name", "copy"), [("bert", "bert_unnamed"), ("resnet18", "resnet18_old")])
def test_names_decide_nothing_about_layers(name, copy):
    assert shape_of(opened(name)) == shape_of(opened(copy))


def test_names_of_weights_alone_tell_the_blocks():
    old, new = opened("resnet18_old"), opened("resnet18")
    assert [block.path for block in old.blocks] == [block.path for block in new.blocks]
    assert sets_of(old) == sets_of(new)


def test_encoders_are_found_by_repetition_alone():
    assert {layers: n for layers, n in sets_of(opened("bert")).items() if len(layers) in (5, 60)} == {
        layers: n for layers, n in sets_of(opened("bert_unnamed")).items() if len(layers) in (5, 60)
    }
    assert all(block.inferred for block in opened("bert_unnamed").blocks)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "functions"])
def test_nonsense_for_names_changes_no_layer(name, tmp_path):
    model = onnx.load(ZOO / f"{name}.onnx")
    names = {}

    def new(old):
        return names.setdefault(old, f"zz{len(names)}") if old else ""

    def rename(graph):
        for number, one in enumerate(graph.node):
            one.name = f"q{number}"
            del one.metadata_props[:]
            one.input[:], one.output[:] = [new(each) for each in one.input], [new(each) for each in one.output]
            for each in one.attribute:
                if each.HasField("g"):
                    rename(each.g)
        for value in (*graph.input, *graph.output, *graph.initializer, *graph.value_info):
            value.name = new(value.name)

    rename(model.graph)
    assert shape_of(sound(summarise(open_checkpoint(save(tmp_path, model))))) == shape_of(opened(name))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["bert_unnamed", "gpt2", "mobilenet_v3", "vit", "inception", "lstm"])
def test_the_order_of_the_file_decides_nothing_about_layers(name, seed, tmp_path):
    """Nodes in any order that respects who reads whom: the same ones are put together."""
    model = onnx.load(ZOO / f"{name}.onnx")
    random = np.random.default_rng(seed)
    made_by = {tensor: i for i, one in enumerate(model.graph.node) for tensor in one.output}
    waits = [{made_by[tensor] for tensor in one.input if tensor in made_by} for one in model.graph.node]
    order, done = [], set()
    ready = [i for i, before in enumerate(waits) if not before]
    readers = [[] for _ in waits]
    for i, before in enumerate(waits):
        for one in before:
            readers[one].append(i)
    while ready:
        i = ready.pop(random.integers(len(ready)))
        order.append(i)
        done.add(i)
        ready += [one for one in readers[i] if one not in done and one not in ready and waits[one] <= done]
    nodes = [model.graph.node[i] for i in order]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    found = sound(summarise(open_checkpoint(save(tmp_path, model))))

    def parts(network):
        return Counter((layer.op, frozenset(part.tensor for part in layer.parts)) for layer in network.layers)

    assert parts(found) == parts(opened(name))


def ops(name, path):
    """The operators of the layers in a block, in order."""
    block = next(block for block in opened(name).blocks if block.path == path)
    return [opened(name).layer(one).op for one in block.layers]


def test_bert_is_embeddings_twelve_encoders_and_a_head():
    found = opened("bert")
    stages = {"", *(block.path for block in found.blocks if block.stage)}
    named = [block for block in found.blocks if not block.stage]
    assert [block.path for block in named if block.parent in stages] == ["embeddings", "encoder"]
    assert ops("bert", "embeddings") == ["Gather", "Gather", "Add", "Add"]
    for number in range(12):
        path = f"encoder/layer.{number}"
        assert ops("bert", path) == ["Attention", "Add", "MatMul", "MatMul", "Add"]
        layers = [found.layer(one) for one in next(block.layers for block in found.blocks if block.path == path)]
        attention, first, up, down, last = layers
        assert attention.name == f"{path}/attention" and attention.grid.units * 16 * 16 == attention.size
        assert [len(layer.inputs) for layer in layers] == [2, 2, 1, 1, 2]
        assert up.shape == (16, 48) and down.shape == (16, 12)
        assert [part.op for part in up.parts] == ["MatMul", "Add", "Div", "Erf", "Add", "Mul", "Mul"]
        for norm in (first, last):
            assert [part.op for part in norm.parts][0] == "Add" and norm.parameters == 24
        assert ops("bert", f"{path}/attention") == ["Attention", "Add"]
        assert ops("bert", f"{path}/output") == ["MatMul", "Add"]
    inside = {name for block in named for name in block.layers}
    behind = [layer for layer in found.layers if layer.op != "Input" and layer.name not in inside]
    assert [layer.op for layer in behind] == ["Sub", "Gemm", "Gemm"] and behind[-1].shape == (2,)


def test_gpt2_has_a_last_norm_of_its_own():
    one = ["LayerNormalization", "Attention", "Add", "LayerNormalization", "Gemm", "Gemm", "Add"]
    for number in range(6):
        assert ops("gpt2", f"transformer/h.{number}") == one
    assert [layer.op for layer in opened("gpt2").layers] == [
        "Input",
        "Gather",
        "Add",
        *one * 6,
        "LayerNormalization",
        "MatMul",
    ]
    assert opened("gpt2").layers[-2].name == "transformer/ln_f"


def test_vit_has_a_last_norm_of_its_own():
    one = ["LayerNormalization", "Attention", "Add", "LayerNormalization", "MatMul", "MatMul", "Add"]
    for number in range(4):
        assert ops("vit", f"encoder/layers/encoder_layer_{number}") == one
    assert [layer.op for layer in opened("vit").layers] == [
        "Input",
        "Conv",
        "Concat",
        "Add",
        *one * 4,
        "LayerNormalization",
        "Gemm",
    ]


def test_resnet_is_convolutions_and_sums():
    found = opened("resnet18")
    assert Counter(layer.op for layer in found.layers) == {
        "Input": 1,
        "Conv": 20,
        "Add": 8,
        "MaxPool": 1,
        "GlobalAveragePool": 1,
        "Gemm": 1,
    }
    for layer in found.layers:
        parts = [part.op for part in layer.parts]
        assert layer.op != "Conv" or parts in (["Conv", "BatchNormalization", "Relu"], ["Conv", "BatchNormalization"])
        assert layer.op != "Add" or parts == ["Add", "Relu"] and len(layer.inputs) == 2


def test_control_flow_and_functions():
    assert [layer.op for layer in opened("control").layers][1:] == ["ReduceMean", "If", "Gemm", "Loop", "Scan", "Gemm"]
    found = opened("functions")
    assert [(layer.op, layer.inputs, [part.op for part in layer.parts]) for layer in found.layers[1:]] == [
        *(("MatMul", [source.name], ["MatMul", "Add", "Relu"]) for source in found.layers[:3]),
        ("Gemm", [found.layers[3].name], ["Gemm"]),
    ]
    assert found.parameters == sum(prod(one.dims) for one in in_file("functions").initializer)


@pytest.mark.parametrize("by_node", [False, True], ids=["layers", "nodes"])
@pytest.mark.parametrize("name", NAMES)
def test_everything_can_be_drawn_and_run(name, by_node):
    found = opened(name, by_node)
    given = {
        spec.name: (seeded(*spec.shape) if "float" in spec.dtype else np.ones(spec.shape, spec.dtype))
        for spec in found.inputs
    }
    values = activations(
        found.checkpoint,
        given,
        [tensor for layer in found.layers for tensor in (layer.tensor, layer.shown, *layer.outputs)],
    )
    for layer in found.layers:
        value = values[layer.tensor]
        assert layer.shape in (value.shape, value.shape[1:]), layer.name
        assert values[layer.shown].size % layer.size == 0
        for same in layer.outputs:
            np.testing.assert_array_equal(values[same].ravel(), value.ravel())
    drawn = share_out(found, 5000)
    limits = line_limits(found.connections, 50, 5000)
    for one, limit in zip(found.connections, limits, strict=True):
        source = values[one.source.shown].ravel()[: one.source.size]
        for active in (None, source.astype(np.float32)):
            lines = strongest(one, drawn[one.source.name], drawn[one.target.name], limit, (active, None))
            assert len(lines) <= limit and np.isfinite(lines.weight).all()
            assert (lines.source < drawn[one.source.name].size).all()
            assert (lines.target < drawn[one.target.name].size).all()
